/* Spread: exact quantiles of values by group in an analysis of two passes (stats/quantiles.h): pass 1 counts them, pass 2 keeps those that
 * the quantiles need. The same calls in both passes; values are gathered and sent on by the thousand.
 *
 *   pass 1   init (plan NULL), add …, flush, merge …, then sj_quantile_plan_new() on `histograms`
 *   pass 2   init (with the plan), add …, flush, merge …, then sj_quantiles_new() on `collector`
 *
 * Threads: one at a time. */
#pragma once
#include "stats/quantiles.h"

enum { SJ_SPREAD_PIECE = 1024 };

struct sj_spread {
    bool second;
    struct sj_histograms histograms;
    struct sj_collector collector;
    uint32_t groups[SJ_SPREAD_PIECE];
    int64_t values[SJ_SPREAD_PIECE];
    size_t n;
};

/* May be ended also after a failure. */
enum sj_status sj_spread_init(struct sj_spread *spread, const struct sj_alloc *mem, const struct sj_quantiles_ask *ask,
                              const struct sj_quantile_plan *plan, struct sj_error *err);
void sj_spread_done(struct sj_spread *spread);

/* Sends on what is gathered; to be called before a batch's absorb() returns. */
enum sj_status sj_spread_flush(struct sj_spread *spread, struct sj_error *err);

/* A value that is not negative. */
static inline enum sj_status sj_spread_add(struct sj_spread *spread, uint32_t group, int64_t value, struct sj_error *err) {
    spread->groups[spread->n] = group;
    spread->values[spread->n++] = value;
    return spread->n == SJ_SPREAD_PIECE ? sj_spread_flush(spread, err) : SJ_OK;
}

/* The same for many at once; the group n_groups stands for none. */
enum sj_status sj_spread_add_all(struct sj_spread *spread, const uint32_t *groups, const int64_t *values, size_t n, struct sj_error *err);

/* Both are of the same pass. */
enum sj_status sj_spread_merge(struct sj_spread *spread, struct sj_spread *other, struct sj_error *err);
