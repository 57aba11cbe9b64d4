#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/failing_alloc.h"
#include "base/random.h"
#include "stats/quantiles.h"
#include "stats/ranks.h"

enum { GROUPS = 6, VALUES_MAX = 400, PARTS = 4, BOUNDS_OF = 60 };
static const uint8_t percents[] = {0, 10, 25, 50, 75, 90, 99, 100};

struct samples {
    size_t n;
    struct {
        uint32_t group;
        int64_t value;
    } at[VALUES_MAX];
};

/* Values of all sizes, many equal, groups of very different size; some groups stay empty. */
static void make_samples(struct sj_random *random, struct samples *samples) {
    samples->n = (size_t)sj_random_below(random, VALUES_MAX + 1);
    unsigned bits = 1 + (unsigned)sj_random_below(random, 62);
    for (size_t i = 0; i < samples->n; i++) {
        uint32_t a = (uint32_t)sj_random_below(random, GROUPS), b = (uint32_t)sj_random_below(random, GROUPS);
        int64_t value = (int64_t)(sj_random_u64(random) >> (64 - bits));
        samples->at[i].group = a < b ? a : b;
        samples->at[i].value = sj_random_below(random, 3) == 0 ? value % 7 : value;
    }
}

static int by_value(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static size_t sorted_group(const struct samples *samples, uint32_t group, int64_t out[VALUES_MAX]) {
    size_t n = 0;
    for (size_t i = 0; i < samples->n; i++)
        if (samples->at[i].group == group)
            out[n++] = samples->at[i].value;
    qsort(out, n, sizeof *out, by_value);
    return n;
}

static void check_bounds(const struct sj_quantiles *quantiles, uint32_t group, const int64_t *sorted, size_t n) {
    const struct sj_ranks ranks = n > 0 ? sj_quantile_ranks(n, BOUNDS_OF) : (struct sj_ranks){0};
    int64_t low = -1, high = -1;
    assert_int_equal(sj_quantiles_low(quantiles, group, n, &low), ranks.has_low);
    assert_int_equal(sj_quantiles_high(quantiles, group, n, &high), ranks.has_high);
    assert_int_equal(low, ranks.has_low ? sorted[ranks.low] : -1);
    assert_int_equal(high, ranks.has_high ? sorted[ranks.high] : -1);
}

static void check_answers(const struct samples *samples, const struct sj_quantiles *quantiles, uint32_t scale) {
    for (uint32_t group = 0; group < GROUPS; group++) {
        int64_t sorted[VALUES_MAX], found = -1;
        size_t n = sorted_group(samples, group, sorted);
        for (size_t p = 0; p < sizeof percents; p++) {
            bool known = sj_quantiles_get(quantiles, group * scale, n, percents[p], &found);
            assert_int_equal(known, n > 0);
            if (n == 0)
                continue;
            struct sj_quantile_place place = sj_quantile_place(n, percents[p]);
            int64_t above = place.hundredths > 0 ? sorted[place.rank + 1] : sorted[place.rank];
            assert_int_equal(found, sj_quantile_between(sorted[place.rank], above, place.hundredths));
        }
        check_bounds(quantiles, group * scale, sorted, n);
    }
}

static enum sj_status count_one(struct sj_histograms *histograms, uint32_t group, int64_t value) {
    return sj_histograms_add(histograms, &group, &value, 1, NULL);
}

static enum sj_status collect_one(struct sj_collector *collector, uint32_t group, int64_t value) {
    return sj_collector_add(collector, &group, &value, 1, NULL);
}

/* Both passes, values dealt out over `n_parts` in a new way in each. `scale` spreads the groups so far that no table holds them. */
static enum sj_status run(const struct samples *samples, struct sj_random *random, size_t n_parts, const struct sj_quantiles_ask *ask,
                          uint32_t scale, const struct sj_alloc *mem) {
    struct sj_histograms histograms[PARTS] = {0};
    struct sj_collector collectors[PARTS] = {0};
    struct sj_arena arena;
    const struct sj_quantile_plan *plan;
    struct sj_quantiles quantiles;
    enum sj_status status = SJ_OK;
    sj_arena_init(&arena, mem);
    for (size_t p = 0; p < n_parts; p++)
        sj_counter_init(&histograms[p].sparse, mem);
    for (size_t p = 0; p < n_parts; p++)
        SJ_TRY_CLEAN(sj_histograms_init(&histograms[p], mem, ask, NULL));
    for (size_t i = 0; i < samples->n; i++)
        SJ_TRY_CLEAN(count_one(&histograms[sj_random_below(random, n_parts)], samples->at[i].group * scale, samples->at[i].value));
    for (size_t p = 1; p < n_parts; p++)
        SJ_TRY_CLEAN(sj_histograms_merge(&histograms[0], &histograms[p], NULL));
    SJ_TRY_CLEAN(sj_quantile_plan_new(&histograms[0], &arena, &plan, NULL));
    bool known = false;
    SJ_TRY_CLEAN(sj_quantiles_at_once(&histograms[0], plan, &arena, &quantiles, &known, NULL));
    if (known)
        check_answers(samples, &quantiles, scale);
    assert_true(!known || ask->n_exact > 0);
    for (size_t p = 0; p < n_parts; p++)
        sj_collector_init(&collectors[p], mem, plan);
    for (size_t i = 0; i < samples->n; i++)
        SJ_TRY_CLEAN(collect_one(&collectors[sj_random_below(random, n_parts)], samples->at[i].group * scale, samples->at[i].value));
    for (size_t p = 1; p < n_parts; p++)
        SJ_TRY_CLEAN(sj_collector_merge(&collectors[0], &collectors[p], NULL));
    SJ_TRY_CLEAN(sj_quantiles_new(&collectors[0], &arena, &quantiles, NULL));
    check_answers(samples, &quantiles, scale);
cleanup:
    for (size_t p = 0; p < n_parts; p++) {
        sj_histograms_done(&histograms[p]);
        if (collectors[p].plan != NULL)
            sj_collector_done(&collectors[p]);
    }
    sj_arena_done(&arena);
    return status;
}

static struct sj_quantiles_ask ask_for(int64_t max_value, uint32_t n_groups) {
    struct sj_quantiles_ask ask = {.n_groups = n_groups, .max_value = max_value, .n_percents = sizeof percents, .bounds_of = BOUNDS_OF};
    memcpy(ask.percents, percents, sizeof percents);
    return ask;
}

static void test_random_samples_equal_sorting(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 11);
    for (int round = 0; round < 1500; round++) {
        struct samples samples;
        make_samples(&random, &samples);
        /* The hint may be right, too small or zero: the answer is the same. */
        struct sj_quantiles_ask ask = ask_for((int64_t)(sj_random_u64(&random) >> (1 + sj_random_below(&random, 63))), GROUPS);
        ask.n_exact = round % 2 ? 0 : (size_t)sj_random_below(&random, VALUES_MAX);
        assert_int_equal(run(&samples, &random, 1 + (size_t)(round % PARTS), &ask, 1, sj_alloc_libc()), SJ_OK);
    }
}

static void test_many_groups_equal_sorting(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 12);
    for (int round = 0; round < 500; round++) {
        struct samples samples;
        make_samples(&random, &samples);
        struct sj_quantiles_ask ask = ask_for(INT64_MAX, 4294836225u); /* 65535 squared */
        assert_int_equal(run(&samples, &random, 1 + (size_t)(round % PARTS), &ask, 700000000u, sj_alloc_libc()), SJ_OK);
    }
}

static void check_buckets(unsigned bits) {
    uint32_t last = sj_bucket(INT64_MAX, bits);
    for (uint32_t bucket = 0; bucket <= last; bucket++) {
        uint64_t first = sj_bucket_first(bucket, bits);
        assert_int_equal(sj_bucket(first, bits), bucket);
        if (bucket > 0)
            assert_int_equal(sj_bucket(first - 1, bits), bucket - 1);
    }
}

static void test_buckets_rise_and_begin_where_they_say(void **state) {
    (void)state;
    check_buckets(SJ_BUCKET_BITS);
    check_buckets(SJ_BUCKET_BITS_FINE);
}

/* The counts of fine buckets: every value of a group in order is within 1 % (1/128) of the counted one at its rank; in a table and in none. */
static void check_sketch(struct sj_random *random, const struct samples *samples, uint32_t scale) {
    const struct sj_quantiles_ask ask = {.n_groups = GROUPS * scale, .max_value = INT64_MAX, .fine = true};
    struct sj_histograms parts[2];
    struct sj_counted *counts;
    struct sj_arena arena;
    size_t n_counts, at = 0;
    sj_arena_init(&arena, sj_alloc_libc());
    for (int p = 0; p < 2; p++)
        assert_int_equal(sj_histograms_init(&parts[p], sj_alloc_libc(), &ask, NULL), SJ_OK);
    for (size_t i = 0; i < samples->n; i++)
        assert_int_equal(count_one(&parts[sj_random_below(random, 2)], samples->at[i].group * scale, samples->at[i].value), SJ_OK);
    assert_int_equal(sj_histograms_merge(&parts[0], &parts[1], NULL), SJ_OK);
    assert_int_equal(sj_histograms_counts(&parts[0], &arena, &counts, &n_counts, NULL), SJ_OK);
    for (uint32_t group = 0; group < GROUPS; group++) {
        int64_t sorted[VALUES_MAX];
        const size_t n = sorted_group(samples, group, sorted);
        for (size_t i = 0; i < n; at++) {
            assert_true(at < n_counts && counts[at].group == group * scale &&
                        (at == 0 || counts[at - 1].group < counts[at].group || counts[at - 1].value < counts[at].value));
            for (uint64_t k = 0; k < counts[at].count; k++, i++)
                assert_true(i < n && llabs(counts[at].value - sorted[i]) <= sorted[i] / 128);
        }
    }
    assert_int_equal(at, n_counts);
    sj_arena_done(&arena);
    sj_histograms_done(&parts[0]);
    sj_histograms_done(&parts[1]);
}

static void test_counts_are_a_sketch(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 13);
    for (int round = 0; round < 200; round++) {
        struct samples samples;
        make_samples(&random, &samples);
        check_sketch(&random, &samples, round % 2 ? 1 : 500000000u);
    }
}

/* Counts beyond 32 bits: histograms are added to each other, so that they grow like the numbers of Fibonacci. */
static void test_counts_beyond_32_bits(void **state) {
    (void)state;
    struct sj_quantiles_ask ask = {.n_groups = 1, .max_value = 1000, .n_percents = 2, .percents = {50, 90}};
    struct sj_histograms a, b;
    assert_int_equal(sj_histograms_init(&a, sj_alloc_libc(), &ask, NULL), SJ_OK);
    assert_int_equal(sj_histograms_init(&b, sj_alloc_libc(), &ask, NULL), SJ_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(count_one(&a, 0, 5), SJ_OK);
        assert_int_equal(count_one(&b, 0, 5), SJ_OK);
    }
    assert_int_equal(count_one(&a, 0, 700), SJ_OK);
    assert_int_equal(count_one(&b, 0, 700), SJ_OK);
    uint64_t ones = 1, others = 1;
    for (int i = 0; i < 30; i++) {
        assert_int_equal(sj_histograms_merge(&a, &b, NULL), SJ_OK);
        assert_int_equal(sj_histograms_merge(&b, &a, NULL), SJ_OK);
        ones += others;
        others += ones;
    }
    struct sj_arena arena;
    const struct sj_quantile_plan *plan;
    sj_arena_init(&arena, sj_alloc_libc());
    assert_int_equal(sj_quantile_plan_new(&b, &arena, &plan, NULL), SJ_OK);
    assert_int_equal(plan->n_wanted, 2); /* the median is 5, nine in ten lie in the other */
    assert_int_equal(plan->wanted[0].count, 3 * others);
    assert_int_equal(plan->wanted[1].before, 3 * others);
    assert_int_equal(plan->wanted[1].count, others);
    assert_true(others > UINT64_C(1) << 33);
    sj_arena_done(&arena);
    sj_histograms_done(&a);
    sj_histograms_done(&b);
}

/* Values by the thousand in one call, among them some of no group, in a table and in none; kept as they are, and not. */
static void test_many_values_at_once(void **state) {
    (void)state;
    enum { N = 5000 };
    static uint32_t groups[N];
    static int64_t values[N], sorted[N];
    for (int way = 0; way < 4; way++) {
        const uint32_t n_groups = way % 2 ? 3 : 4000000000u;
        const struct sj_quantiles_ask ask = {
            .n_groups = n_groups, .max_value = 1 << 20, .n_exact = way < 2 ? N : N / 3, .n_percents = 2, .percents = {50, 90}};
        struct sj_histograms histograms;
        struct sj_collector collector;
        struct sj_quantiles quantiles;
        const struct sj_quantile_plan *plan;
        struct sj_random random;
        struct sj_arena arena;
        bool known;
        sj_random_init(&random, 5);
        sj_arena_init(&arena, sj_alloc_libc());
        for (int i = 0; i < N; i++) {
            const uint32_t group = (uint32_t)sj_random_below(&random, 4);
            groups[i] = group == 3 ? n_groups : group; /* 3: none */
            values[i] = (int64_t)sj_random_below(&random, 1 << 21);
        }
        assert_int_equal(sj_histograms_init(&histograms, sj_alloc_libc(), &ask, NULL), SJ_OK);
        assert_int_equal(sj_histograms_add(&histograms, groups, values, N, NULL), SJ_OK);
        assert_int_equal(sj_quantile_plan_new(&histograms, &arena, &plan, NULL), SJ_OK);
        assert_int_equal(sj_quantiles_at_once(&histograms, plan, &arena, &quantiles, &known, NULL), SJ_OK);
        assert_int_equal(known, way < 2);
        sj_collector_init(&collector, sj_alloc_libc(), plan);
        if (!known) {
            assert_int_equal(sj_collector_add(&collector, groups, values, N, NULL), SJ_OK);
            assert_int_equal(sj_quantiles_new(&collector, &arena, &quantiles, NULL), SJ_OK);
        }
        for (uint32_t group = 0; group < 3; group++) {
            size_t n = 0;
            int64_t found;
            for (int i = 0; i < N; i++) {
                if (groups[i] == group)
                    sorted[n++] = values[i];
            }
            qsort(sorted, n, sizeof *sorted, by_value);
            assert_true(sj_quantiles_get(&quantiles, group, n, 50, &found));
            const struct sj_quantile_place place = sj_quantile_place(n, 50);
            const int64_t above = place.hundredths > 0 ? sorted[place.rank + 1] : sorted[place.rank];
            assert_int_equal(found, sj_quantile_between(sorted[place.rank], above, place.hundredths));
        }
        sj_collector_done(&collector);
        sj_histograms_done(&histograms);
        sj_arena_done(&arena);
    }
}

/* The dense table's carry, when one more value makes the low 32 bits zero. */
static void test_carry_when_adding(void **state) {
    (void)state;
    struct sj_quantiles_ask ask = {.n_groups = 1, .max_value = 10, .n_percents = 1, .percents = {50}};
    struct sj_histograms histograms;
    assert_int_equal(sj_histograms_init(&histograms, sj_alloc_libc(), &ask, NULL), SJ_OK);
    histograms.dense[7] = UINT32_MAX;
    assert_int_equal(count_one(&histograms, 0, 7), SJ_OK);
    struct sj_arena arena;
    const struct sj_quantile_plan *plan;
    sj_arena_init(&arena, sj_alloc_libc());
    assert_int_equal(sj_quantile_plan_new(&histograms, &arena, &plan, NULL), SJ_OK);
    assert_int_equal(plan->wanted[0].count, UINT64_C(1) << 32);
    sj_arena_done(&arena);
    sj_histograms_done(&histograms);
}

static void test_running_out_of_memory(void **state) {
    (void)state;
    for (uint32_t scale = 1; scale < 800000000u; scale += 700000000u - 1) {
        enum sj_status status = SJ_E_MEMORY;
        for (size_t n = 0; status != SJ_OK; n++) {
            struct failing_alloc failing = {.n_until_failure = n};
            struct sj_alloc mem = failing_alloc(&failing);
            struct sj_random random;
            struct samples samples;
            sj_random_init(&random, 13);
            do
                make_samples(&random, &samples);
            while (samples.n < 300);
            struct sj_quantiles_ask ask = ask_for(INT64_MAX, scale * GROUPS);
            ask.n_exact = 200;
            status = run(&samples, &random, 2, &ask, scale, &mem);
            assert_true(status == SJ_OK || status == SJ_E_MEMORY);
            assert_int_equal(failing.n_alive, 0);
            assert_true(n < 1000);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_samples_equal_sorting),
        cmocka_unit_test(test_many_groups_equal_sorting),
        cmocka_unit_test(test_buckets_rise_and_begin_where_they_say),
        cmocka_unit_test(test_counts_are_a_sketch),
        cmocka_unit_test(test_counts_beyond_32_bits),
        cmocka_unit_test(test_many_values_at_once),
        cmocka_unit_test(test_carry_when_adding),
        cmocka_unit_test(test_running_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
