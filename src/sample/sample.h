/* The sample company: the events of a made-up telecom-like subscription company, computed from a seed.
 *
 * It sells mobile plans, devices and bundles through web, app, shop and phone; sends invoices; is called, chatted with and reviewed;
 * renews contracts and loses customers. The period is 2024-07-01 to 2025-12-31 (UTC); days, nights, week-ends and seasons are those of
 * Europe/Amsterdam. Into it seven truths are planted, of which one is that something is NOT there; sj_tally_json() says where
 * to look and what is to be found, counted over the very events that were given out.
 *
 *     options --> customer 0, 1, 2, … --> a life, phase by phase --> sorted by time --> sink --> files, a store, a tally
 *
 * Invariants
 *  1. Same options, same events, on every machine: whole numbers and tables only, one random stream for each customer.
 *  2. A customer's events depend on the seed and the customer's number, never on n_customers: the first k are a prefix.
 *  3. Events come customer by customer, within a customer by time; all lie in [SJ_SAMPLE_FROM_US, SJ_SAMPLE_TO_US).
 *  4. Event ids are unique in a run. Nothing here belongs to a living person: addresses and numbers cannot be reached.
 * Memory: that of one customer, whatever n_customers is. Threads: a run belongs to one thread; runs do not share anything. */
#pragma once
#include "base/buf.h"

#define SJ_SAMPLE_FROM_US (INT64_C(1719792000) * 1000000) /* 2024-07-01T00:00:00Z */
#define SJ_SAMPLE_TO_US (INT64_C(1767225600) * 1000000)   /* 2026-01-01T00:00:00Z, exclusive */
#define SJ_SAMPLE_CUSTOMERS_MAX 100000000u

struct sj_sample_options {
    uint64_t seed;
    uint32_t
        n_customers; /* 1 to SJ_SAMPLE_CUSTOMERS_MAX; about 90 events each (now and then none); one in four looks around and buys nothing */
};

/* What a property's value is. Text stands in `text`, everything else in `number`. */
enum sj_sample_kind {
    SJ_SAMPLE_TEXT,
    SJ_SAMPLE_NUMBER,   /* a whole number */
    SJ_SAMPLE_TRUTH,    /* 0 or 1 */
    SJ_SAMPLE_TIME,     /* microseconds UTC */
    SJ_SAMPLE_MONEY,    /* ten-thousandths of a euro */
    SJ_SAMPLE_DURATION, /* microseconds */
};

/* One column: what the property is called, what it holds, what it means. */
struct sj_sample_column {
    struct sj_str name;
    enum sj_sample_kind kind;
    const char *meaning;
};

/* The one list of touchpoints: where each stands in the journey and on which channel it usually happens. Some happen on
 * several channels (a checkout in web and app): the event's own channel is what counts. */
struct sj_sample_touchpoint {
    struct sj_str name, stage, channel;
};

extern const struct sj_sample_column sj_sample_columns[];
extern const size_t sj_sample_n_columns;
extern const struct sj_sample_touchpoint sj_sample_touchpoints[];
extern const size_t sj_sample_n_touchpoints;

struct sj_sample_property {
    uint32_t column; /* index in sj_sample_columns, which has name and kind */
    struct sj_str text;
    int64_t number;
};

#define SJ_SAMPLE_NONE INT64_MIN /* a number that is not there */

/* Views are good until the sink returns. A text that is not there has length 0, a number is SJ_SAMPLE_NONE. */
struct sj_sample_event {
    struct sj_str customer; /* who it is once all identities are joined: "C000123" */
    int64_t time_us;        /* UTC */
    struct sj_str touchpoint, channel;
    struct sj_str event_id;
    int64_t value, cost; /* ten-thousandths of a euro; revenue is the sum of value, refunds are negative */
    int64_t duration_us;
    int64_t score;                               /* nps 0 to 10, csat 1 to 5, ces 1 to 7 (7 is easy) */
    struct sj_str score_kind, comment;           /* "nps", "csat", "ces"; UTF-8 */
    const struct sj_sample_property *properties; /* each column at most once; identities as this channel knows them */
    size_t n_properties;
};

/* Takes one event. Anything but SJ_OK ends the run, which returns that status. */
typedef enum sj_status (*sj_sample_sink)(void *ctx, const struct sj_sample_event *event, struct sj_error *err);

enum sj_status sj_sample_run(const struct sj_alloc *mem, const struct sj_sample_options *options, sj_sample_sink sink, void *ctx,
                             struct sj_error *err);

/* The tally counts, from events alone, what is to be found in them: add every event in the order in which the run gives them. */
struct sj_tally;
enum sj_status sj_tally_new(const struct sj_alloc *mem, struct sj_tally **ret_tally, struct sj_error *err);
enum sj_status sj_tally_add(struct sj_tally *tally, const struct sj_sample_event *event, struct sj_error *err);
/* Appends truth.json: totals, and for each planted truth its id, claim, where to look, parameters and the counted figures. After
 * it nothing may be added any more. */
enum sj_status sj_tally_json(struct sj_tally *tally, const struct sj_sample_options *options, struct sj_buf *ret_json,
                             struct sj_error *err);
void sj_tally_free(struct sj_tally *tally);

/* truth.json in one call, by a run of its own; who writes the events anyway adds them to a tally and saves that run. */
enum sj_status sj_sample_truth(const struct sj_alloc *mem, const struct sj_sample_options *options, struct sj_buf *ret_json,
                               struct sj_error *err);
