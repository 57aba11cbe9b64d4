#include "stats/quantiles.h"

#include <assert.h>
#include <string.h>
#include "base/buf.h"
#include "base/vector.h"
#include "stats/ranks.h"

#define PIECE 1024

/* The buckets as the histograms count them. */
SJ_VECTOR static void find_buckets(const int64_t *values, size_t n, uint32_t n_buckets, uint32_t *buckets) {
    for (size_t i = 0; i < n; i++) {
        const uint32_t bucket = sj_bucket((uint64_t)values[i], SJ_BUCKET_BITS);
        buckets[i] = bucket < n_buckets ? bucket : n_buckets - 1;
    }
}

SJ_VECTOR static void find_fine_buckets(const int64_t *values, size_t n, uint32_t n_buckets, uint32_t *buckets) {
    for (size_t i = 0; i < n; i++) {
        const uint32_t bucket = sj_bucket((uint64_t)values[i], SJ_BUCKET_BITS_FINE);
        buckets[i] = bucket < n_buckets ? bucket : n_buckets - 1;
    }
}

static unsigned bits_of(const struct sj_histograms *histograms) { return histograms->ask.fine ? SJ_BUCKET_BITS_FINE : SJ_BUCKET_BITS; }

enum sj_status sj_histograms_init(struct sj_histograms *histograms, const struct sj_alloc *mem, const struct sj_quantiles_ask *ask,
                                  struct sj_error *err) {
    assert(ask->n_percents <= SJ_PERCENTS_MAX && !(ask->fine && ask->n_exact > 0));
    struct sj_histograms made = {
        .ask = *ask,
        .n_buckets = sj_bucket((uint64_t)(ask->max_value < 0 ? 0 : ask->max_value), ask->fine ? SJ_BUCKET_BITS_FINE : SJ_BUCKET_BITS) + 1,
        .is_exact = ask->n_exact > 0,
    };
    sj_counter_init(&made.sparse, mem);
    sj_counter_init(&made.exact, mem);
    size_t cells = ((size_t)ask->n_groups + 1) * made.n_buckets; /* at most 2^32 x 2^11 */
    if (!ask->unwanted && cells <= SJ_HISTOGRAM_BYTES_MAX / sizeof *made.dense)
        SJ_TRY(sj_mem_new(mem, cells, sizeof *made.dense, &made.dense, err));
    *histograms = made;
    return SJ_OK;
}

void sj_histograms_done(struct sj_histograms *histograms) {
    sj_mem_free(histograms->sparse.mem, histograms->dense);
    histograms->dense = NULL;
    sj_counter_done(&histograms->sparse);
    sj_counter_done(&histograms->exact);
}

static enum sj_status add_count(struct sj_histograms *histograms, uint32_t group, uint32_t bucket, uint64_t count, struct sj_error *err) {
    if (histograms->dense != NULL) {
        uint32_t *low = &histograms->dense[(size_t)group * histograms->n_buckets + bucket];
        count += *low;
        *low = (uint32_t)count;
        count &= ~(uint64_t)UINT32_MAX;
    }
    return count > 0 ? sj_counter_add(&histograms->sparse, group, bucket, count, err) : SJ_OK;
}

/* Counts the values that were kept as they are. */
static enum sj_status add_exact(struct sj_histograms *histograms, const struct sj_counter *exact, struct sj_error *err) {
    for (size_t i = 0; i < exact->n_slots; i++) {
        const struct sj_counted *kept = &exact->slots[i];
        uint32_t bucket;
        find_buckets(&kept->value, 1, histograms->n_buckets, &bucket);
        if (kept->count > 0)
            SJ_TRY(add_count(histograms, kept->group, bucket, kept->count, err));
    }
    return SJ_OK;
}

static enum sj_status give_up_exact(struct sj_histograms *histograms, struct sj_error *err) {
    if (!histograms->is_exact)
        return SJ_OK;
    SJ_TRY(add_exact(histograms, &histograms->exact, err));
    histograms->is_exact = false;
    sj_counter_done(&histograms->exact);
    return SJ_OK;
}

static enum sj_status add_exact_piece(struct sj_histograms *histograms, const uint32_t *groups, const int64_t *values, size_t n,
                                      struct sj_error *err) {
    for (size_t i = 0; i < n; i++)
        sj_counter_prefetch(&histograms->exact, groups[i], values[i]);
    for (size_t i = 0; i < n; i++) {
        if (groups[i] != histograms->ask.n_groups)
            SJ_TRY(sj_counter_add(&histograms->exact, groups[i], values[i], 1, err));
    }
    return histograms->exact.n_used > histograms->ask.n_exact ? give_up_exact(histograms, err) : SJ_OK;
}

static enum sj_status add_dense_piece(struct sj_histograms *histograms, const uint32_t *groups, const uint32_t *buckets, size_t n,
                                      struct sj_error *err) {
    for (size_t i = 0; i < n; i++) {
        if (++histograms->dense[(size_t)groups[i] * histograms->n_buckets + buckets[i]] == 0)
            SJ_TRY(sj_counter_add(&histograms->sparse, groups[i], buckets[i], UINT64_C(1) << 32, err));
    }
    return SJ_OK;
}

static enum sj_status add_sparse_piece(struct sj_histograms *histograms, const uint32_t *groups, const uint32_t *buckets, size_t n,
                                       struct sj_error *err) {
    for (size_t i = 0; i < n; i++)
        sj_counter_prefetch(&histograms->sparse, groups[i], buckets[i]);
    for (size_t i = 0; i < n; i++) {
        if (groups[i] != histograms->ask.n_groups)
            SJ_TRY(sj_counter_add(&histograms->sparse, groups[i], buckets[i], 1, err));
    }
    return SJ_OK;
}

enum sj_status sj_histograms_add(struct sj_histograms *histograms, const uint32_t *groups, const int64_t *values, size_t n,
                                 struct sj_error *err) {
    uint32_t buckets[PIECE];
    for (size_t at = 0, m; at < n; at += m) {
        m = n - at < PIECE ? n - at : PIECE;
        if (histograms->is_exact) {
            SJ_TRY(add_exact_piece(histograms, groups + at, values + at, m, err));
            continue;
        }
        if (histograms->ask.fine)
            find_fine_buckets(values + at, m, histograms->n_buckets, buckets);
        else
            find_buckets(values + at, m, histograms->n_buckets, buckets);
        SJ_TRY(histograms->dense != NULL ? add_dense_piece(histograms, groups + at, buckets, m, err)
                                         : add_sparse_piece(histograms, groups + at, buckets, m, err));
    }
    return SJ_OK;
}

enum sj_status sj_histograms_merge(struct sj_histograms *histograms, struct sj_histograms *other, struct sj_error *err) {
    if (histograms->is_exact && other->is_exact) {
        SJ_TRY(sj_counter_merge(&histograms->exact, &other->exact, err));
        return histograms->exact.n_used > histograms->ask.n_exact ? give_up_exact(histograms, err) : SJ_OK;
    }
    SJ_TRY(give_up_exact(histograms, err));
    SJ_TRY(give_up_exact(other, err));
    SJ_TRY(sj_counter_merge(&histograms->sparse, &other->sparse, err));
    for (size_t group = 0; histograms->dense != NULL && group < histograms->ask.n_groups; group++) {
        const uint32_t *row = other->dense + group * histograms->n_buckets;
        for (uint32_t bucket = 0; bucket < histograms->n_buckets; bucket++) {
            if (row[bucket] > 0)
                SJ_TRY(add_count(histograms, (uint32_t)group, bucket, row[bucket], err));
        }
    }
    return SJ_OK;
}

/* The ranks that are wanted of a group of n: two for each percent, where the second may be the first, and those of the bounds. */
#define RANKS_MAX (2 * SJ_PERCENTS_MAX + 2)
static unsigned wanted_ranks(const struct sj_quantiles_ask *ask, uint64_t n, uint64_t ranks[RANKS_MAX]) {
    unsigned n_ranks = 0;
    for (unsigned i = 0; i < ask->n_percents; i++) {
        const struct sj_quantile_place place = sj_quantile_place(n, ask->percents[i]);
        ranks[n_ranks++] = place.rank;
        ranks[n_ranks++] = place.hundredths > 0 ? place.rank + 1 : place.rank;
    }
    if (ask->bounds_of > 0) {
        const struct sj_ranks bounds = sj_quantile_ranks(n, ask->bounds_of);
        ranks[n_ranks++] = bounds.low;
        ranks[n_ranks++] = bounds.high;
    }
    return n_ranks;
}

/* Appends the wanted buckets of one group to `wanted`: those in which one of the wanted ranks lies. */
static enum sj_status add_group(const struct sj_quantiles_ask *ask, struct sj_buf *wanted, const struct sj_counted *counts, size_t n_counts,
                                struct sj_error *err) {
    uint64_t ranks[RANKS_MAX], n = 0, before = 0;
    for (size_t i = 0; i < n_counts; i++)
        n += counts[i].count;
    const unsigned n_ranks = n > 0 ? wanted_ranks(ask, n, ranks) : 0;
    for (size_t i = 0; i < n_counts; before += counts[i++].count) {
        bool wants = false;
        for (unsigned r = 0; r < n_ranks; r++)
            wants |= ranks[r] >= before && ranks[r] - before < counts[i].count;
        const struct sj_quantile_bucket bucket = {counts[i].group, (uint32_t)counts[i].value, before, counts[i].count};
        if (wants)
            SJ_TRY(sj_buf_append(wanted, &bucket, sizeof bucket, err));
    }
    return SJ_OK;
}

/* The counts of one group in a dense table, by rising bucket; those that are zero are left out. */
static size_t read_row(const struct sj_histograms *histograms, uint32_t group, struct sj_counted *counts) {
    const uint32_t *row = histograms->dense + (size_t)group * histograms->n_buckets;
    size_t n = 0;
    for (uint32_t bucket = 0; bucket < histograms->n_buckets; bucket++) {
        uint64_t carried = histograms->sparse.n_used > 0 ? sj_counter_get(&histograms->sparse, group, bucket) : 0;
        if (row[bucket] + carried > 0)
            counts[n++] = (struct sj_counted){.value = bucket, .count = row[bucket] + carried, .group = group};
    }
    return n;
}

static enum sj_status add_dense(const struct sj_histograms *histograms, struct sj_arena *arena, struct sj_buf *wanted,
                                struct sj_error *err) {
    struct sj_counted *row;
    SJ_TRY(sj_arena_new(arena, histograms->n_buckets, sizeof *row, &row, err));
    for (uint32_t group = 0; group < histograms->ask.n_groups; group++)
        SJ_TRY(add_group(&histograms->ask, wanted, row, read_row(histograms, group, row), err));
    return SJ_OK;
}

static enum sj_status add_sparse(const struct sj_histograms *histograms, struct sj_arena *arena, struct sj_buf *wanted,
                                 struct sj_error *err) {
    struct sj_counted *counts;
    SJ_TRY(sj_counter_sorted(&histograms->sparse, arena, &counts, err));
    for (size_t i = 0, end; i < histograms->sparse.n_used; i = end) {
        for (end = i + 1; end < histograms->sparse.n_used && counts[end].group == counts[i].group;)
            end++;
        SJ_TRY(add_group(&histograms->ask, wanted, counts + i, end - i, err));
    }
    return SJ_OK;
}

static enum sj_status all_counts(const struct sj_histograms *histograms, struct sj_arena *arena, struct sj_buf *found,
                                 struct sj_error *err) {
    struct sj_counted *row;
    SJ_TRY(sj_arena_new(arena, histograms->n_buckets, sizeof *row, &row, err));
    for (uint32_t group = 0; group < histograms->ask.n_groups; group++) {
        const size_t n = read_row(histograms, group, row);
        SJ_TRY(sj_buf_append(found, row, n * sizeof *row, err));
    }
    return SJ_OK;
}

/* In a dense table they are gathered row by row. */
static enum sj_status dense_counts(const struct sj_histograms *histograms, struct sj_arena *arena, struct sj_counted **ret_counts,
                                   size_t *ret_n, struct sj_error *err) {
    struct sj_counted *counts;
    struct sj_buf found;
    sj_buf_init(&found, arena->mem, SIZE_MAX / 2);
    enum sj_status status = all_counts(histograms, arena, &found, err);
    if (status == SJ_OK)
        status = sj_arena_new(arena, found.n / sizeof *counts, sizeof *counts, &counts, err);
    if (status == SJ_OK) {
        if (found.n > 0)
            memcpy(counts, found.data, found.n);
        *ret_counts = counts;
        *ret_n = found.n / sizeof *counts;
    }
    sj_buf_done(&found);
    return status;
}

enum sj_status sj_histograms_counts(struct sj_histograms *histograms, struct sj_arena *arena, struct sj_counted **ret_counts, size_t *ret_n,
                                    struct sj_error *err) {
    const unsigned bits = bits_of(histograms);
    SJ_TRY(give_up_exact(histograms, err));
    if (histograms->dense != NULL) {
        SJ_TRY(dense_counts(histograms, arena, ret_counts, ret_n, err));
    } else {
        SJ_TRY(sj_counter_sorted(&histograms->sparse, arena, ret_counts, err));
        *ret_n = histograms->sparse.n_used;
    }
    for (size_t i = 0; i < *ret_n; i++) {
        const uint32_t bucket = (uint32_t)(*ret_counts)[i].value;
        const uint64_t first = sj_bucket_first(bucket, bits), next = sj_bucket_first(bucket + 1, bits);
        (*ret_counts)[i].value = (int64_t)(first + (next - 1 - first) / 2);
    }
    return SJ_OK;
}

/* Fills plan->wanted. */
static enum sj_status find_wanted(const struct sj_histograms *histograms, struct sj_arena *arena, struct sj_quantile_plan *plan,
                                  struct sj_error *err) {
    struct sj_quantile_bucket *wanted;
    struct sj_buf found;
    sj_buf_init(&found, arena->mem, SIZE_MAX / 2);
    enum sj_status status =
        histograms->dense != NULL ? add_dense(histograms, arena, &found, err) : add_sparse(histograms, arena, &found, err);
    plan->n_wanted = found.n / sizeof *wanted;
    if (status == SJ_OK)
        status = sj_arena_new(arena, plan->n_wanted, sizeof *wanted, &wanted, err);
    if (status == SJ_OK && found.n > 0)
        memcpy(wanted, found.data, found.n);
    if (status == SJ_OK)
        plan->wanted = wanted;
    sj_buf_done(&found);
    return status;
}

/* A place that no bucket has: the row of a group without values wants nothing. */
#define NO_BUCKET UINT16_MAX
#define ROW_WORD 4 /* buckets in a word of 64 bits */

/* The most buckets that are wanted of a group. */
static size_t widest(const struct sj_quantile_plan *plan) {
    size_t width = 0;
    for (size_t i = 0, run = 0; i < plan->n_wanted; i++) {
        run = i > 0 && plan->wanted[i].group == plan->wanted[i - 1].group ? run + 1 : 1;
        width = run > width ? run : width;
    }
    return width;
}

static enum sj_status make_rows(struct sj_quantile_plan *plan, struct sj_arena *arena, struct sj_error *err) {
    uint64_t *rows;
    SJ_TRY(sj_arena_new(arena, (size_t)plan->ask.n_groups + 1, sizeof *rows, &rows, err));
    memset(rows, 0xff, ((size_t)plan->ask.n_groups + 1) * sizeof *rows); /* NO_BUCKET */
    for (size_t i = 0, at = 0; i < plan->n_wanted; i++) {
        at = i > 0 && plan->wanted[i].group == plan->wanted[i - 1].group ? at + 1 : 0;
        rows[plan->wanted[i].group] ^= (uint64_t)(NO_BUCKET ^ plan->wanted[i].bucket) << (at * 16);
    }
    plan->rows = rows;
    return SJ_OK;
}

static size_t bit_of(const struct sj_quantile_plan *plan, uint32_t group, uint32_t bucket) {
    return (size_t)group * plan->n_buckets + bucket;
}

static enum sj_status make_bits(struct sj_quantile_plan *plan, struct sj_arena *arena, struct sj_error *err) {
    uint64_t *bits;
    SJ_TRY(sj_arena_new(arena, bit_of(plan, plan->ask.n_groups + 1, 0) / 64 + 1, sizeof *bits, &bits, err));
    for (size_t i = 0; i < plan->n_wanted; i++) {
        const size_t bit = bit_of(plan, plan->wanted[i].group, plan->wanted[i].bucket);
        bits[bit / 64] |= UINT64_C(1) << (bit % 64);
    }
    plan->bits = bits;
    return SJ_OK;
}

/* Whether one of the four buckets of a word is the one asked for: whether a lane of the difference is zero. (Which lane cannot be
 * told by this; Warren, "Hacker's Delight", section 6-1.) */
static inline bool word_has(uint64_t word, uint32_t bucket) {
    const uint64_t ones = UINT64_C(0x0001000100010001), difference = word ^ (ones * bucket);
    return ((difference - ones) & ~difference & (ones << 15)) != 0;
}

static uint64_t sparse_key(uint32_t group, uint32_t bucket) { return ((uint64_t)group << 16 | bucket) + 1; }

static size_t sparse_place(uint64_t key, size_t n_slots) {
    uint64_t x = key * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(x ^ (x >> 32)) & (n_slots - 1);
}

static enum sj_status make_sparse(struct sj_quantile_plan *plan, struct sj_arena *arena, struct sj_error *err) {
    size_t n_slots = 16;
    while (n_slots < plan->n_wanted * 2)
        n_slots *= 2;
    uint64_t *slots;
    SJ_TRY(sj_arena_new(arena, n_slots, sizeof *slots, &slots, err));
    for (size_t i = 0; i < plan->n_wanted; i++) {
        uint64_t key = sparse_key(plan->wanted[i].group, plan->wanted[i].bucket);
        size_t at = sparse_place(key, n_slots);
        while (slots[at] != 0)
            at = (at + 1) & (n_slots - 1);
        slots[at] = key;
    }
    plan->sparse = slots;
    plan->n_sparse = n_slots;
    return SJ_OK;
}

static bool wants_sparse(const struct sj_quantile_plan *plan, uint32_t group, uint32_t bucket) {
    uint64_t key = sparse_key(group, bucket);
    size_t at = sparse_place(key, plan->n_sparse);
    while (plan->sparse[at] != 0 && plan->sparse[at] != key)
        at = (at + 1) & (plan->n_sparse - 1);
    return plan->sparse[at] == key;
}

enum sj_status sj_quantile_plan_new(struct sj_histograms *histograms, struct sj_arena *arena, const struct sj_quantile_plan **ret_plan,
                                    struct sj_error *err) {
    struct sj_quantile_plan *plan;
    SJ_TRY(sj_arena_new(arena, 1, sizeof *plan, &plan, err));
    *plan = (struct sj_quantile_plan){.ask = histograms->ask, .n_buckets = histograms->n_buckets};
    if (histograms->is_exact)
        SJ_TRY(add_exact(histograms, &histograms->exact, err));
    SJ_TRY(find_wanted(histograms, arena, plan, err));
    if (histograms->dense == NULL)
        SJ_TRY(make_sparse(plan, arena, err));
    else
        SJ_TRY(widest(plan) <= ROW_WORD ? make_rows(plan, arena, err) : make_bits(plan, arena, err));
    *ret_plan = plan;
    return SJ_OK;
}

void sj_collector_init(struct sj_collector *collector, const struct sj_alloc *mem, const struct sj_quantile_plan *plan) {
    collector->plan = plan;
    sj_counter_init(&collector->values, mem);
}

void sj_collector_done(struct sj_collector *collector) { sj_counter_done(&collector->values); }

static inline bool wants(const struct sj_quantile_plan *plan, uint32_t group, uint32_t bucket) {
    if (plan->rows != NULL)
        return word_has(plan->rows[group], bucket);
    if (plan->bits == NULL)
        return group != plan->ask.n_groups && wants_sparse(plan, group, bucket);
    const size_t bit = bit_of(plan, group, bucket);
    return (plan->bits[bit / 64] >> (bit % 64) & 1) != 0;
}

/* Which of the values are wanted: their places in `hits`. Every place is written, and counted only if it is a hit. */
static size_t find_hits(const struct sj_quantile_plan *plan, const uint32_t *groups, const uint32_t *buckets, size_t n, uint16_t *hits) {
    size_t n_hits = 0;
    for (size_t i = 0; i < n; i++) {
        hits[n_hits] = (uint16_t)i;
        n_hits += wants(plan, groups[i], buckets[i]);
    }
    return n_hits;
}

enum sj_status sj_collector_add(struct sj_collector *collector, const uint32_t *groups, const int64_t *values, size_t n,
                                struct sj_error *err) {
    uint32_t buckets[PIECE];
    uint16_t hits[PIECE] = {0};
    for (size_t at = 0, m; at < n; at += m) {
        m = n - at < PIECE ? n - at : PIECE;
        find_buckets(values + at, m, collector->plan->n_buckets, buckets);
        const size_t n_hits = find_hits(collector->plan, groups + at, buckets, m, hits);
        for (size_t i = 0; i < n_hits; i++)
            sj_counter_prefetch(&collector->values, groups[at + hits[i]], values[at + hits[i]]);
        for (size_t i = 0; i < n_hits; i++)
            SJ_TRY(sj_counter_add(&collector->values, groups[at + hits[i]], values[at + hits[i]], 1, err));
    }
    return SJ_OK;
}

enum sj_status sj_collector_merge(struct sj_collector *collector, const struct sj_collector *other, struct sj_error *err) {
    return sj_counter_merge(&collector->values, &other->values, err);
}

/* Pass 2 over the values that were kept. */
static enum sj_status collect_exact(const struct sj_histograms *histograms, struct sj_collector *collector, struct sj_error *err) {
    for (size_t i = 0; i < histograms->exact.n_slots; i++) {
        const struct sj_counted *kept = &histograms->exact.slots[i];
        uint32_t bucket;
        find_buckets(&kept->value, 1, histograms->n_buckets, &bucket);
        if (kept->count > 0 && wants(collector->plan, kept->group, bucket))
            SJ_TRY(sj_counter_add(&collector->values, kept->group, kept->value, kept->count, err));
    }
    return SJ_OK;
}

enum sj_status sj_quantiles_at_once(const struct sj_histograms *histograms, const struct sj_quantile_plan *plan, struct sj_arena *arena,
                                    struct sj_quantiles *ret_quantiles, bool *ret_known, struct sj_error *err) {
    *ret_known = histograms->is_exact;
    if (!histograms->is_exact)
        return SJ_OK;
    struct sj_collector collector;
    sj_collector_init(&collector, histograms->exact.mem, plan);
    enum sj_status status = collect_exact(histograms, &collector, err);
    if (status == SJ_OK)
        status = sj_quantiles_new(&collector, arena, ret_quantiles, err);
    sj_collector_done(&collector);
    return status;
}

enum sj_status sj_quantiles_new(const struct sj_collector *collector, struct sj_arena *arena, struct sj_quantiles *ret_quantiles,
                                struct sj_error *err) {
    struct sj_counted *values;
    SJ_TRY(sj_counter_sorted(&collector->values, arena, &values, err));
    *ret_quantiles = (struct sj_quantiles){collector->plan, values, collector->values.n_used};
    return SJ_OK;
}

/* The wanted bucket of `group` that holds `rank`. */
static const struct sj_quantile_bucket *bucket_of_rank(const struct sj_quantile_plan *plan, uint32_t group, uint64_t rank) {
    size_t lo = 0, hi = plan->n_wanted;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct sj_quantile_bucket *at = &plan->wanted[mid];
        if (at->group < group || (at->group == group && at->before + at->count <= rank))
            lo = mid + 1;
        else
            hi = mid;
    }
    assert(lo < plan->n_wanted && plan->wanted[lo].group == group && plan->wanted[lo].before <= rank);
    return &plan->wanted[lo];
}

static size_t first_value(const struct sj_quantiles *quantiles, uint32_t group, int64_t value) {
    size_t lo = 0, hi = quantiles->n_values;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct sj_counted *at = &quantiles->values[mid];
        if (at->group < group || (at->group == group && at->value < value))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int64_t value_of_rank(const struct sj_quantiles *quantiles, uint32_t group, uint64_t rank) {
    const struct sj_quantile_bucket *bucket = bucket_of_rank(quantiles->plan, group, rank);
    size_t at = first_value(quantiles, group, (int64_t)sj_bucket_first(bucket->bucket, SJ_BUCKET_BITS));
    uint64_t left = rank - bucket->before;
    while (left >= quantiles->values[at].count)
        left -= quantiles->values[at++].count;
    assert(at < quantiles->n_values && quantiles->values[at].group == group);
    return quantiles->values[at].value;
}

bool sj_quantiles_low(const struct sj_quantiles *quantiles, uint32_t group, uint64_t n, int64_t *ret_low) {
    const struct sj_ranks bounds =
        n > 0 && !quantiles->plan->ask.unwanted ? sj_quantile_ranks(n, quantiles->plan->ask.bounds_of) : (struct sj_ranks){0};
    if (bounds.has_low)
        *ret_low = value_of_rank(quantiles, group, bounds.low);
    return bounds.has_low;
}

bool sj_quantiles_high(const struct sj_quantiles *quantiles, uint32_t group, uint64_t n, int64_t *ret_high) {
    const struct sj_ranks bounds =
        n > 0 && !quantiles->plan->ask.unwanted ? sj_quantile_ranks(n, quantiles->plan->ask.bounds_of) : (struct sj_ranks){0};
    if (bounds.has_high)
        *ret_high = value_of_rank(quantiles, group, bounds.high);
    return bounds.has_high;
}

bool sj_quantiles_get(const struct sj_quantiles *quantiles, uint32_t group, uint64_t n, unsigned percent, int64_t *ret_value) {
    if (n == 0 || quantiles->plan->ask.unwanted)
        return false;
    struct sj_quantile_place place = sj_quantile_place(n, percent);
    int64_t below = value_of_rank(quantiles, group, place.rank);
    int64_t above = place.hundredths > 0 ? value_of_rank(quantiles, group, place.rank + 1) : below;
    *ret_value = sj_quantile_between(below, above, place.hundredths);
    return true;
}
