/* Exact quantiles of many groups at once, in bounded memory, mergeable: two passes over the same values.
 *
 *   pass 1   every value is counted in a bucket of its group; buckets are as wide as 1/16 of their power of two (below 32: one value)
 *   plan     from the counts: in which buckets the wanted ranks lie
 *   pass 2   only the values in those buckets are kept (equal ones once, with their number); a few in a hundred
 *   result   the wanted ranks, exact
 *
 * The counts of pass 1 alone are a sketch: with fine buckets (ask->fine, 1/64 of their power of two) a value is known from its bucket to
 * within 1/128. That is the DDSketch of Masson, Rim and Lee (2019, PVLDB 12:2195-2205) at 1 %, with their linearly interpolated logarithm.
 *
 * Where few different values are expected (ask->n_exact), pass 1 keeps the values themselves as long as there are no more of them, and
 * pass 2 is not needed.
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
    bool fine;         /* for sj_histograms_counts(); then max_value is no hint: larger ones are taken for it */
    bool unwanted;     /* no quantile will be looked at: no table is made, and none is known */
    size_t n_exact;    /* so many different values are kept as they are; 0: none */
    unsigned n_percents;
    uint8_t percents[SJ_PERCENTS_MAX];
    uint8_t bounds_of; /* a percent of which the interval is wanted too; 0: none */
};

/* The bucket of a value that is not negative: rises with it. Buckets are as wide as 1/2^bits of their power of two, and one value each
 * below 2^(bits + 1). The first value of a bucket is sj_bucket_first(). No branch, so that a loop over many becomes vector code. */
#define SJ_BUCKET_BITS 4
#define SJ_BUCKET_BITS_FINE 6
static inline uint32_t sj_bucket(uint64_t value, unsigned bits) {
    const uint32_t n = UINT32_C(1) << bits, shift = 63u - bits - (uint32_t)__builtin_clzll(value | n);
    return ((shift + 1) << bits) + (uint32_t)((value >> shift) & (n - 1)) - (uint32_t)(value < n) * n;
}
static inline uint64_t sj_bucket_first(uint32_t bucket, unsigned bits) {
    const uint32_t n = UINT32_C(1) << bits;
    return bucket < n ? bucket : (uint64_t)(n + bucket % n) << (bucket / n - 1);
}

/* Pass 1. */
struct sj_histograms {
    struct sj_quantiles_ask ask;
    uint32_t n_buckets;       /* the last one takes all values beyond max_value */
    uint32_t *dense;          /* the low 32 bits of the counts, a row for each group and for none; NULL where it would be too large */
    struct sj_counter sparse; /* (group, bucket): all counts, or what the dense table could not hold */
    bool is_exact;            /* no more than ask.n_exact so far: */
    struct sj_counter exact;  /* (group, value) */
};

enum sj_status sj_histograms_init(struct sj_histograms *histograms, const struct sj_alloc *mem, const struct sj_quantiles_ask *ask,
                                  struct sj_error *err);
void sj_histograms_done(struct sj_histograms *histograms);
enum sj_status sj_histograms_merge(struct sj_histograms *histograms, struct sj_histograms *other, struct sj_error *err);

/* Counts n values of the groups. The group n_groups stands for none: its values are left out (but may be given, since that is
 * quicker than to avoid it). */
enum sj_status sj_histograms_add(struct sj_histograms *histograms, const uint32_t *groups, const int64_t *values, size_t n,
                                 struct sj_error *err);

/* The counts by rising (group, bucket), in the arena; nothing is added to the histograms after that. The value of the counted becomes
 * the one in the middle of its bucket. */
enum sj_status sj_histograms_counts(struct sj_histograms *histograms, struct sj_arena *arena, struct sj_counted **ret_counts, size_t *ret_n,
                                    struct sj_error *err);

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
    const uint64_t *rows;   /* dense, few wanted: a word of four buckets for each group, the rest no bucket */
    const uint64_t *bits;   /* dense, more wanted: bit group * n_buckets + bucket */
    const uint64_t *sparse; /* open addressing: 1 + (group << 16 | bucket); 0 is free */
    size_t n_sparse;        /* a power of two */
};

/* Ends pass 1: nothing is added to the histograms after that. */
enum sj_status sj_quantile_plan_new(struct sj_histograms *histograms, struct sj_arena *arena, const struct sj_quantile_plan **ret_plan,
                                    struct sj_error *err);

/* Pass 2. */
struct sj_collector {
    const struct sj_quantile_plan *plan;
    struct sj_counter values; /* (group, value) */
};

void sj_collector_init(struct sj_collector *collector, const struct sj_alloc *mem, const struct sj_quantile_plan *plan);
void sj_collector_done(struct sj_collector *collector);
enum sj_status sj_collector_merge(struct sj_collector *collector, const struct sj_collector *other, struct sj_error *err);

/* The same values of the same groups as in pass 1, in any order and grouping. */
enum sj_status sj_collector_add(struct sj_collector *collector, const uint32_t *groups, const int64_t *values, size_t n,
                                struct sj_error *err);

/* The answer. */
struct sj_quantiles {
    const struct sj_quantile_plan *plan;
    const struct sj_counted *values; /* by rising (group, value) */
    size_t n_values;
};

enum sj_status sj_quantiles_new(const struct sj_collector *collector, struct sj_arena *arena, struct sj_quantiles *ret_quantiles,
                                struct sj_error *err);
/* The answer without pass 2, where pass 1 could keep all values: *ret_known. */
enum sj_status sj_quantiles_at_once(const struct sj_histograms *histograms, const struct sj_quantile_plan *plan, struct sj_arena *arena,
                                    struct sj_quantiles *ret_quantiles, bool *ret_known, struct sj_error *err);
/* The bounds of the true quantile, by ranks.h, of the percent that they were asked for; false where the group has too few values for one. */
bool sj_quantiles_low(const struct sj_quantiles *quantiles, uint32_t group, uint64_t n, int64_t *ret_low);
bool sj_quantiles_high(const struct sj_quantiles *quantiles, uint32_t group, uint64_t n, int64_t *ret_high);

/* False where the group, which has n values, is empty. `percent` is one of those asked for. */
bool sj_quantiles_get(const struct sj_quantiles *quantiles, uint32_t group, uint64_t n, unsigned percent, int64_t *ret_value);
