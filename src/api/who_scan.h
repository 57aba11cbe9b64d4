/* The customers behind a row: those whose own answer has its figure above 0. Inside the room.
 *
 * A figure is a sum over customers (every column is but those that say `nobody`), so that a batch whose own answer lacks the row is left out
 * whole; else it is halved until single customers are left, and only the left half is asked, since the other has what remains:
 *
 *   batch: 3 ─┬─ left: 1 ─┬─ left: 0
 *             │           └─ right: 1 ─ …
 *             └─ right: 2 ─ …
 *
 * A row that k of n customers are behind takes about k log2(n / k) small answers. Customers come in the order of their keys, which is that of
 * the store and the same every time; once there are enough, no more of the store is read.
 * Threads: sj_who_scan() uses those of the run. */
#pragma once
#include "api/row.h"
#include "api/run.h"

/* The row. Its cells tell it where it is known; else its name does. */
struct sj_who_row {
    struct sj_figure figure;
    const struct sj_table *table; /* of an answer that has the row; NULL: by name */
    size_t row;
    struct sj_str name;
    bool is_named;
};

struct sj_who_ask {
    struct sj_who_row row;
    const sj_key *after; /* begins behind this key; NULL: at the first */
    uint64_t limit;
    enum sj_lang lang;
};

struct sj_who_person {
    struct sj_str identity;
    int64_t figure; /* the customer's part of it */
    int64_t n_events, n_journeys, first_us, last_us;
};

struct sj_who_list {
    struct sj_who_person *people;
    size_t n;
    bool more;      /* there are more behind the last */
    int64_t figure; /* of all that were looked at; all of it where there are no more and none were left out before */
};

/* The analysis asked about one batch alone, which is then not needed any more; NULL: about nothing. The tables and notes are written to
 * `result`; `arena` holds the plan until the caller ends it. */
enum sj_status sj_who_alone(const struct sj_run *run, const struct sj_batch *batch, struct sj_arena *arena, struct sj_result *result,
                            struct sj_error *err);

/* run->job.args are those under which every row is shown. The list lives in the arena. Errors: SJ_E_BUG where figures of customers do not add
 * up to those of a batch. */
enum sj_status sj_who_scan(const struct sj_run *run, struct sj_snapshot *snapshot, const struct sj_who_ask *ask, struct sj_arena *arena,
                           struct sj_who_list *ret_list, struct sj_error *err);
