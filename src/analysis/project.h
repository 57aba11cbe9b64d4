/* A batch with some touchpoints taken out: what was before and after a hidden event then follows directly.
 * Journeys of which nothing is left are not in it. Threads: each state has its own. */
#pragma once
#include "base/mem.h"
#include "lens/batch.h"

struct sj_projection {
    struct sj_batch batch; /* touchpoint and time only; good until the next sj_project() */
    bool *cut;             /* by journey of `batch`: something was taken out */
    uint32_t *customer, *offsets;
    uint16_t *touchpoint;
    int64_t *time_us;
    size_t capacity; /* events */
};

void sj_projection_done(struct sj_projection *projection, const struct sj_alloc *mem);

/* hidden[touchpoint]: is it to be taken out? `batch` must have times. Errors: SJ_E_MEMORY. */
enum sj_status sj_project(struct sj_projection *projection, const struct sj_alloc *mem, const struct sj_batch *batch, const bool *hidden,
                          struct sj_error *err);
