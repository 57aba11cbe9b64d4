/* A batch cut at the borders of periods: what of each journey lies in a period is a journey of that period's own batch.
 *
 *   journeys     a a | a b b | b b c c          --> time, | between two periods
 *   period 0     a a
 *   period 1     a, b b
 *   period 2     b b, c c
 *
 * That is the batch which the lens would give for the period's --from and --to. Threads: each has its own. */
#pragma once
#include "analysis/periods.h"
#include "api/run.h"
#include "base/shelf.h"
#include "lens/batch.h"

struct sj_period_cut {
    const struct sj_periods *periods;
    uint32_t n_dimensions, n_measures, n_conditions, n_members;
    struct sj_shelf shelf;
    struct sj_batch all;                                     /* the events of all periods, one period after the other */
    const uint32_t *event_base, *journey_base, *n_customers; /* by period */
    const uint32_t **codes;                                  /* of the batch given last */
    const int64_t **amounts;
    const uint8_t **meets, **members;
};

/* Of batches with so many dimensions, measures, conditions and segments as the run's. */
void sj_period_cut_init(struct sj_period_cut *cut, const struct sj_run *run, const struct sj_periods *periods);
void sj_period_cut_done(struct sj_period_cut *cut);

/* The batch has times; it is not needed any more afterwards. */
enum sj_status sj_period_cut_take(struct sj_period_cut *cut, const struct sj_batch *batch, struct sj_error *err);
/* The part that lies in a period, good until the next call of either; false where there is nothing. */
bool sj_period_cut_get(struct sj_period_cut *cut, uint32_t period, struct sj_batch *ret_batch);
