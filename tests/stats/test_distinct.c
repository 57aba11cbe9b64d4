#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/random.h"
#include "stats/distinct.h"

#define STANDARD_ERROR (1.0389617614136892 / 128) /* sqrt(3 ln 2 - 1) / sqrt(2^14) */

static struct sj_distinct *new_distinct(void) { return calloc(1, sizeof(struct sj_distinct)); }

/* Up to 256 the number is exact, whatever comes again. */
static void test_few_are_exact(void **state) {
    (void)state;
    struct sj_distinct *distinct = new_distinct();
    struct sj_random random;
    sj_random_init(&random, 31);
    assert_true(sj_distinct_count(distinct).value == 0);
    uint64_t hashes[257] = {0, UINT64_MAX};
    for (size_t i = 2; i < 257; i++)
        hashes[i] = sj_random_u64(&random);
    for (int64_t n = 1; n <= 256; n++) {
        sj_distinct_add(distinct, hashes[n - 1]);
        sj_distinct_add(distinct, hashes[sj_random_below(&random, (uint64_t)n)]);
        const struct sj_estimate count = sj_distinct_count(distinct);
        assert_true(count.value == (double)n && count.low == count.value && count.high == count.value && count.n == n && count.flags == 0);
    }
    sj_distinct_add(distinct, hashes[256]);
    const struct sj_estimate count = sj_distinct_count(distinct);
    assert_true(count.low == 257 && count.high > count.value);
    assert_true(fabs(count.value - 257) < 257 * 4 * STANDARD_ERROR);
    free(distinct);
}

/* From 1 to a million, at every tenth part more: within four standard errors, and nearly always within the interval. */
static void test_error(void **state) {
    (void)state;
    int n_checked = 0, n_held = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct sj_distinct *distinct = new_distinct();
        struct sj_random random;
        sj_random_init(&random, 3200 + seed);
        int64_t n = 0;
        for (int64_t next = 1; next <= 1000000; next += next / 10 + 1) {
            for (; n < next; n++)
                sj_distinct_add(distinct, sj_random_u64(&random));
            const struct sj_estimate count = sj_distinct_count(distinct);
            assert_true(fabs(count.value - (double)n) <= 4 * STANDARD_ERROR * (double)n);
            assert_true(count.low <= count.value && count.value <= count.high && count.n == llround(count.value));
            n_checked += n > SJ_DISTINCT_EXACT;
            n_held += n > SJ_DISTINCT_EXACT && count.low <= (double)n && (double)n <= count.high;
        }
        free(distinct);
    }
    assert_true(n_checked > 1500);
    assert_true(n_held > n_checked * 93 / 100);
}

/* Over many independent samples: no bias, and the standard error that is stated. */
static void test_standard_error(void **state) {
    (void)state;
    enum { SAMPLES = 400, N = 100000 };
    double sum = 0, squares = 0;
    int n_held = 0;
    for (uint64_t seed = 0; seed < SAMPLES; seed++) {
        struct sj_distinct *distinct = new_distinct();
        struct sj_random random;
        sj_random_init(&random, 3300 + seed);
        for (int i = 0; i < N; i++)
            sj_distinct_add(distinct, sj_random_u64(&random));
        const struct sj_estimate count = sj_distinct_count(distinct);
        const double error = count.value / N - 1;
        assert_true(fabs(count.value / count.low - 1 - 1.959963984540054 * STANDARD_ERROR) < 1e-10);
        assert_true(fabs(1 - count.value / count.high - 1.959963984540054 * STANDARD_ERROR) < 1e-10);
        sum += error;
        squares += error * error;
        n_held += count.low <= N && N <= count.high;
        free(distinct);
    }
    assert_true(fabs(sum / SAMPLES) < 4 * STANDARD_ERROR / sqrt(SAMPLES));
    assert_true(fabs(sqrt(squares / SAMPLES) / STANDARD_ERROR - 1) < 4 / sqrt(2.0 * SAMPLES));
    assert_in_range(n_held, 0.95 * SAMPLES - 18, 0.95 * SAMPLES + 18); /* four standard deviations of 4.4 */
}

/* What the registers are, bit by bit: the number of zeros after the first 14 bits, and one. */
static void test_registers(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 34);
    for (int round = 0; round < 2000; round++) {
        struct sj_distinct *distinct = new_distinct();
        const unsigned n_zeros = (unsigned)sj_random_below(&random, 51);
        const uint64_t first = sj_random_below(&random, SJ_DISTINCT_REGISTERS) << 50;
        const uint64_t top = n_zeros == 50 ? 0 : UINT64_C(1) << (49 - n_zeros);
        const uint64_t below = top > 0 ? sj_random_below(&random, top) : 0;
        sj_distinct_add(distinct, first | top | below);
        for (size_t i = 0; i < SJ_DISTINCT_REGISTERS; i++)
            assert_int_equal(distinct->registers[i], i == first >> 50 ? n_zeros + 1 : 0);
        free(distinct);
    }
}

/* Parts that share hashes, merged in two orders, are what all of them make at once; also where all or none of it is exact. */
static void test_merge_is_the_union(void **state) {
    (void)state;
    static const size_t sizes[][2] = {{0, 0},     {0, 5},    {100, 156}, {200, 100},    {200, 300},
                                      {256, 257}, {300, 10}, {5000, 40}, {20000, 30000}};
    struct sj_random random;
    sj_random_init(&random, 35);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct sj_distinct *a = new_distinct(), *b = new_distinct(), *whole = new_distinct();
        for (size_t side = 0; side < 2; side++) {
            for (size_t k = 0; k < sizes[i][side]; k++) {
                const uint64_t number = sj_random_below(&random, i % 2 == 0 ? UINT64_MAX : 1000),
                               hash = sj_hash64(&number, sizeof number, 1);
                sj_distinct_add(side == 0 ? a : b, hash);
                sj_distinct_add(whole, hash);
            }
        }
        struct sj_distinct *back = new_distinct();
        sj_distinct_merge(back, b);
        sj_distinct_merge(back, a);
        sj_distinct_merge(a, b);
        sj_distinct_merge(a, a);
        assert_memory_equal(a, whole, sizeof *whole);
        assert_memory_equal(back, whole, sizeof *whole);
        free(a);
        free(b);
        free(whole);
        free(back);
    }
}

/* SplitMix64 (Steele, Lea and Flood 2014): a hash that is written down in three lines everywhere. */
static uint64_t mix(uint64_t x) {
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* The numbers from 0 on, beside another program that was written from the paper and adds the series up in 40 decimals (Python, mpmath). */
static void test_equals_another_program(void **state) {
    (void)state;
    static const struct {
        uint64_t n;
        int64_t n_zero, sum;
        double value;
    } cases[] = {
        {300, 16088, 595, 298.70784703891665979},
        {5000, 12090, 8983, 4977.9982107768753892},
        {100000, 35, 64926, 101356.06991917179961},
        {3000000, 0, 145044, 2998766.6943149416808},
    };
    struct sj_distinct *distinct = new_distinct();
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (; number < cases[i].n; number++)
            sj_distinct_add(distinct, mix(number));
        int64_t n_zero = 0, sum = 0;
        for (size_t at = 0; at < SJ_DISTINCT_REGISTERS; at++) {
            n_zero += distinct->registers[at] == 0;
            sum += distinct->registers[at];
        }
        assert_int_equal(n_zero, cases[i].n_zero);
        assert_int_equal(sum, cases[i].sum);
        assert_true(fabs(sj_distinct_count(distinct).value / cases[i].value - 1) < 1e-14);
    }
    free(distinct);
}

/* Registers as no hashes are likely to leave them: 10,000 as large as can be and the others at 45, beside the program above; and all as large
 * as can be, where the number stays a number. */
static void test_full_registers(void **state) {
    (void)state;
    struct sj_distinct *distinct = new_distinct();
    for (uint64_t i = 0; i < SJ_DISTINCT_REGISTERS; i++)
        sj_distinct_add(distinct, i << 50 | (i < 10000 ? 0 : 1 << 5));
    assert_true(fabs(sj_distinct_count(distinct).value / 1052364142334750963.3 - 1) < 1e-14);
    for (uint64_t i = 0; i < SJ_DISTINCT_REGISTERS; i++)
        sj_distinct_add(distinct, i << 50);
    const struct sj_estimate count = sj_distinct_count(distinct);
    assert_true(count.value == 0x1p62 && count.n == INT64_C(1) << 62 && isfinite(count.high));
    free(distinct);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_are_exact),          cmocka_unit_test(test_error),
        cmocka_unit_test(test_standard_error),         cmocka_unit_test(test_registers),
        cmocka_unit_test(test_equals_another_program), cmocka_unit_test(test_full_registers),
        cmocka_unit_test(test_merge_is_the_union),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
