/* Exact quantiles of many groups at once, in bounded memory, mergeable: two passes over the same values.
 *
 *   pass 1   every value is counted in a bucket of its group; buckets are as wide as 1/32 of their power of two (below 64: one value)
 *   plan     from the counts: in which buckets the wanted ranks lie
 *   pass 2   only the values in those buckets are kept (equal ones once, with their number); a few in a hundred
 *   result   the wanted ranks, exact
 *
 * Counts are integers and buckets fixed, so the result is the same in whatever order and grouping values come.
 * Memory: pass 1 has a table of n_groups x buckets x 4 bytes where that is at most SJ_HISTOGRAM_BYTES_MAX, else a counter of the
 * buckets that occur; pass 2 the different values in the wanted buckets.
 * Lifetime: histograms and collectors own memory (init/done); plan and result live in the arena given.
 * Threads: a plan is read-only; each thread has its own histograms and collector. */
#pragma once
#include "stats/counter.h"
#include "stats/quantile.h"

#define SJ_PERCENTS_MAX 8
#define SJ_HISTOGRAM_BYTES_MAX ((size_t)64 << 20)

/* What is asked. The same for all passes. */
struct sj_quantiles_ask {
    uint32_t n_groups;
    int64_t max_value; /* a hint that saves memory: larger values are right too, but slower */
    unsigned n_percents;
    uint8_t percents[SJ_PERCENTS_MAX];
};

/* The bucket of a value that is not negative: rises with it. The first value of a bucket is sj_bucket_first(). */
static inline uint32_t sj_bucket(uint64_t value) {
    if (value < 32)
        return (uint32_t)value;
    unsigned power = 63u - (unsigned)__builtin_clzll(value);
    return ((power - 4) << 5) + (uint32_t)((value >> (power - 5)) & 31);
}
static inline uint64_t sj_bucket_first(uint32_t bucket) {
    return bucket < 32 ? bucket : (uint64_t)(32 + (bucket & 31)) << ((bucket >> 5) - 1);
}

/* Pass 1. */
struct sj_histograms {
    struct sj_quantiles_ask ask;
    uint32_t n_buckets;       /* the last one takes all values beyond max_value */
    uint32_t *dense;          /* the low 32 bits of the counts; NULL where the table would be too large */
    struct sj_counter sparse; /* (group, bucket): all counts, or what the dense table could not hold */
};

enum sj_status sj_histograms_init(struct sj_histograms *histograms, const struct sj_alloc *mem, const struct sj_quantiles_ask *ask,
                                  struct sj_error *err);
void sj_histograms_done(struct sj_histograms *histograms);
enum sj_status sj_histograms_merge(struct sj_histograms *histograms, const struct sj_histograms *other, struct sj_error *err);

/* The bucket as the histograms count it. */
static inline uint32_t sj_histograms_bucket(uint32_t n_buckets, int64_t value) {
    uint32_t bucket = sj_bucket((uint64_t)value);
    return bucket < n_buckets ? bucket : n_buckets - 1;
}

static inline enum sj_status sj_histograms_add(struct sj_histograms *histograms, uint32_t group, int64_t value, struct sj_error *err) {
    uint32_t bucket = sj_histograms_bucket(histograms->n_buckets, value);
    if (histograms->dense == NULL)
        return sj_counter_add(&histograms->sparse, group, bucket, 1, err);
    if (++histograms->dense[(size_t)group * histograms->n_buckets + bucket] == 0)
        return sj_counter_add(&histograms->sparse, group, bucket, UINT64_C(1) << 32, err);
    return SJ_OK;
}

/* Between the passes. */
struct sj_quantile_bucket {
    uint32_t group, bucket;
    uint64_t before, count; /* values of the group in lower buckets, and in this one */
};

struct sj_quantile_plan {
    struct sj_quantiles_ask ask;
    uint32_t n_buckets;
    const struct sj_quantile_bucket *wanted; /* by rising (group, bucket) */
    size_t n_wanted;
    const uint16_t *rows; /* dense: `row_width` wanted buckets for each group, the rest no bucket; NULL: ask `sparse` */
    unsigned row_width;
    const uint64_t *sparse; /* open addressing: 1 + (group << 16 | bucket); 0 is free */
    size_t n_sparse;        /* a power of two */
};

enum sj_status sj_quantile_plan_new(const struct sj_histograms *histograms, struct sj_arena *arena,
                                    const struct sj_quantile_plan **ret_plan, struct sj_error *err);
bool sj_quantile_plan_wants_sparse(const struct sj_quantile_plan *plan, uint32_t group, uint32_t bucket);

static inline bool sj_quantile_plan_wants(const struct sj_quantile_plan *plan, uint32_t group, int64_t value) {
    uint32_t bucket = sj_histograms_bucket(plan->n_buckets, value);
    if (plan->rows == NULL)
        return sj_quantile_plan_wants_sparse(plan, group, bucket);
    const uint16_t *row = plan->rows + (size_t)group * plan->row_width;
    bool wants = false;
    for (unsigned i = 0; i < plan->row_width; i++)
        wants |= row[i] == bucket;
    return wants;
}

/* Pass 2. */
struct sj_collector {
    const struct sj_quantile_plan *plan;
    struct sj_counter values; /* (group, value) */
};

void sj_collector_init(struct sj_collector *collector, const struct sj_alloc *mem, const struct sj_quantile_plan *plan);
void sj_collector_done(struct sj_collector *collector);
enum sj_status sj_collector_merge(struct sj_collector *collector, const struct sj_collector *other, struct sj_error *err);

static inline enum sj_status sj_collector_add(struct sj_collector *collector, uint32_t group, int64_t value, struct sj_error *err) {
    return sj_quantile_plan_wants(collector->plan, group, value) ? sj_counter_add(&collector->values, group, value, 1, err) : SJ_OK;
}

/* The answer. */
struct sj_quantiles {
    const struct sj_quantile_plan *plan;
    const struct sj_counted *values; /* by rising (group, value) */
    size_t n_values;
};

enum sj_status sj_quantiles_new(const struct sj_collector *collector, struct sj_arena *arena, struct sj_quantiles *ret_quantiles,
                                struct sj_error *err);
/* False where the group, which has n values, is empty. `percent` is one of those asked for. */
bool sj_quantiles_get(const struct sj_quantiles *quantiles, uint32_t group, uint64_t n, unsigned percent, int64_t *ret_value);
