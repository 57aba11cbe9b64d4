/* What lives of a store in tests of losses are made of: loads whose contents are a function of their number, and the question what is
 * there. Nothing here asserts, so that it can be asked in the middle of a call. */
#pragma once
#include "model.h"

enum { LIFE_LOADS = 32, LIFE_EVENTS_MAX = 16, LIFE_SERIALS = LIFE_LOADS * LIFE_EVENTS_MAX };

struct life_load {
    enum sj_load load;
    unsigned n_events;
    bool has_ids;
    unsigned again, n_again; /* so many events of load `again` once more: the first ones */
    unsigned comment_bytes;  /* of each event */
    bool saves;              /* no load: a saved segment, which stands for its one event */
    bool is_person;          /* all events are of one customer, whom no other load has */
};

/* Event i of load l has the serial number l * LIFE_EVENTS_MAX + i. */
struct life_there {
    bool events[LIFE_SERIALS];
};

/* Gives a load to a writer; writes one whole. */
enum sj_status life_fill(struct sj_writer *writer, const struct life_load *loads, unsigned load, struct sj_error *err);
enum sj_status life_write(struct sj_store *store, const struct life_load *loads, unsigned load, struct sj_error *err);

/* Reads everything. SJ_E_BUG where an event is not as written or stands twice. */
enum sj_status life_read(struct sj_store *store, const struct life_load *loads, struct life_there *ret_there, struct sj_error *err);

/* Lets the store check itself: SJ_E_CORRUPT with the first finding. */
enum sj_status life_verify(struct sj_store *store, struct sj_error *err);

/* What a caller of the store knows of its loads. */
struct life_belief {
    bool begun[LIFE_LOADS], acked[LIFE_LOADS];
    bool going[LIFE_LOADS]; /* acknowledged, and are being dropped, all in one */
    bool gone;              /* that was acknowledged */
};

/* Says that the persons of two loads are one. Erases the persons of the loads that are `going`. */
enum sj_status life_link(struct sj_store *store, unsigned a, unsigned b, struct sj_error *err);
enum sj_status life_erase(struct sj_store *store, const bool going[LIFE_LOADS], struct sj_error *err);

/* Drops the loads that are `going`. */
enum sj_status life_drop(struct sj_store *store, const bool going[LIFE_LOADS], struct sj_error *err);

/* Of the loads that go all are there or none, and none once that was acknowledged. Of the others: acknowledged loads are there whole, begun ones whole or not at all, others not at all. SJ_E_BUG names the load that is not so. */
enum sj_status life_compare(const struct life_load *loads, const struct life_belief *belief, const struct life_there *there,
                            struct sj_error *err);
