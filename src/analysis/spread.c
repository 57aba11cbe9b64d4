#include "analysis/spread.h"

enum sj_status sj_spread_init(struct sj_spread *spread, const struct sj_alloc *mem, const struct sj_quantiles_ask *ask,
                              const struct sj_quantile_plan *plan, struct sj_error *err) {
    spread->n = 0;
    spread->second = plan != NULL;
    sj_counter_init(&spread->histograms.sparse, mem);
    if (!plan)
        return sj_histograms_init(&spread->histograms, mem, ask, err);
    sj_collector_init(&spread->collector, mem, plan);
    return SJ_OK;
}

void sj_spread_done(struct sj_spread *spread) {
    if (spread->second)
        sj_collector_done(&spread->collector);
    else
        sj_histograms_done(&spread->histograms);
}

enum sj_status sj_spread_add_all(struct sj_spread *spread, const uint32_t *groups, const int64_t *values, size_t n, struct sj_error *err) {
    if (spread->second ? spread->collector.plan->ask.unwanted : spread->histograms.ask.unwanted)
        return SJ_OK;
    return spread->second ? sj_collector_add(&spread->collector, groups, values, n, err)
                          : sj_histograms_add(&spread->histograms, groups, values, n, err);
}

enum sj_status sj_spread_flush(struct sj_spread *spread, struct sj_error *err) {
    const size_t n = spread->n;
    spread->n = 0;
    return sj_spread_add_all(spread, spread->groups, spread->values, n, err);
}

enum sj_status sj_spread_merge(struct sj_spread *spread, struct sj_spread *other, struct sj_error *err) {
    return spread->second ? sj_collector_merge(&spread->collector, &other->collector, err)
                          : sj_histograms_merge(&spread->histograms, &other->histograms, err);
}
