/* The same question for several parts of the journeys, in one go over the events: the periods of a trend, the segments of a breakdown.
 *
 *   batch ─ cut ─┬─ state of part 0 ─ finish ─ take
 *                ├─ state of part 1 ─ finish ─ take
 *                └─ …
 *
 * As many parts at a time as their states fit in SJ_PARTS_BYTES; each group of them is a pass of its own (or as many as the analysis wants).
 * Inside the room. Threads: `begin` and `get` are called on several, each with its number. */
#pragma once
#include "api/run.h"

#define SJ_PARTS_BYTES ((size_t)256 << 20)

struct sj_part {
    struct sj_job job;     /* may be changed before sj_parts_ask() */
    struct sj_arena arena; /* of its plan */
    bool again;            /* wants a pass */
    unsigned n_passes;     /* that it has had */
    void **states;         /* by thread; NULL: has not begun */
};

struct sj_parts_source {
    /* A batch; it is good until the next one of the thread. */
    enum sj_status (*begin)(void *ctx, unsigned thread, const struct sj_batch *batch, struct sj_error *err);
    /* The piece of it that belongs to a part, good until the next call on the thread; *ret_any: there is one. */
    enum sj_status (*get)(void *ctx, unsigned thread, uint32_t part, struct sj_batch *ret_piece, bool *ret_any, struct sj_error *err);
    /* The answer for a part, which may be moved out. In one thread; parts that need fewer passes may come before others. */
    enum sj_status (*finish)(void *ctx, uint32_t part, struct sj_result *result, struct sj_error *err);
    void *ctx;
};

struct sj_parts {
    struct sj_run *run;
    struct sj_parts_source source;
    struct sj_part *items;
    uint32_t n;
    uint32_t first, end; /* those that are asked now */
};

/* In the arena of the run. May be closed also after a failure. */
enum sj_status sj_parts_open(struct sj_parts *parts, struct sj_run *run, uint32_t n, const struct sj_parts_source *source,
                             struct sj_error *err);
enum sj_status sj_parts_ask(struct sj_parts *parts, struct sj_answer *answer, struct sj_error *err);
void sj_parts_close(struct sj_parts *parts);
