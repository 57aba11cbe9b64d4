/* Merging: several segments read as one, customer by customer. Reading, flushing, compacting and the end of an import are all this.
 *
 * Sources stand in order of arrival. A customer that stands in one source only is passed on as it is (when a whole block is, without
 * a copy); one that stands in several is merged by (time, arrival). With `distinct`, an event whose (customer, event id) stands in an
 * earlier source is dropped; a silent source gives ids for that, but no events, and counts as earlier than all others.
 * Customers of a source can be hidden; their events come from another source then (store/homes.h). Where a store has links, an event may
 * stand for another identity than its customer's: ties in time are then broken by that, and event ids are told apart by it.
 * The same rows come out whether or not some of the sources had been merged before: that is why answers do not change.
 * Threads: one merge, one thread. */
#pragma once
#include "store/segment.h"

struct sj_source {
    const struct sj_segment *segment;
    bool silent;
    const sj_key *hidden; /* these customers are left out; by key */
    size_t n_hidden;
};

struct sj_merge_request {
    const struct sj_source *sources; /* silent ones first */
    size_t n_sources;
    const struct sj_wanted *wanted;
    struct sj_code_limits limits;
    const struct sj_os *os; /* gives back the memory of mapped blocks that were read; NULL: it stays, for the next reading */
    bool distinct;          /* needs time and all columns to be wanted */
    sj_key lo;
    const sj_key *hi; /* NULL: no end */
};

struct sj_merge;

enum sj_status sj_merge_open(const struct sj_alloc *mem, const struct sj_merge_request *request, struct sj_merge **ret_merge,
                             struct sj_error *err);
/* The next whole customers, about SJ_BLOCK_EVENTS events; NULL at the end. Good until the next call. */
enum sj_status sj_merge_next(struct sj_merge *merge, const struct sj_rows **ret_rows, struct sj_error *err);
uint64_t sj_merge_dropped(const struct sj_merge *merge); /* events so far */
void sj_merge_close(struct sj_merge *merge);
