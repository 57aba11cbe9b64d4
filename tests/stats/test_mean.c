#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "base/random.h"
#include "stats/mean.h"
#include "stats/student.h"

#define assert_near(found, expected, tolerance) assert_true(fabs((found) - (expected)) <= (tolerance))

/* By the incomplete beta function in 30 decimals (mpmath): both methods, and the place where one takes over from the other. */
static void test_student_reference_values(void **state) {
    (void)state;
    static const struct {
        int64_t df;
        double t;
    } cases[] = {
        {1, 12.7062047361747046},   {2, 4.30265272974946385},    {3, 3.18244630528370959},     {4, 2.77644510519779436},
        {5, 2.57058183563631551},   {9, 2.26215716279820554},    {10, 2.22813885198627475},    {52, 2.00664680506168834},
        {399, 1.96592729592088206}, {400, 1.96591234322946316},  {401, 1.9658974653365165},    {402, 1.96588266168219226},
        {100, 1.98397151852355229}, {1000, 1.96233908082640848}, {10000, 1.96020123989062626},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_near(sj_student_95(cases[i].df), cases[i].t, 1e-13 * cases[i].t);
}

static void test_student_equals_gsl(void **state) {
    (void)state;
    for (int64_t df = 1; df <= 10000; df++) {
        const double t = sj_student_95(df), expected = gsl_cdf_tdist_Pinv(0.975, (double)df);
        assert_near(t, expected, 1e-12 * expected);
        assert_true(df == 1 || t < sj_student_95(df - 1));
    }
    assert_near(sj_student_95(INT64_MAX), 1.959963984540054, 1e-15);
}

static struct sj_sums sums_of(const int64_t *values, size_t n) {
    struct sj_sums sums = {0};
    for (size_t i = 0; i < n; i++)
        assert_true(sj_sums_add(&sums, values[i]));
    return sums;
}

/* Student's own data, the hours of sleep that ten patients gained by the first of two drugs (R's `sleep`; t.test: mean 0.75, interval
 * -0.5297804 to 2.0297804) and by the second (2.33, 0.8976775 to 3.7623225). */
static void test_sleep(void **state) {
    (void)state;
    static const int64_t first[] = {700000, -1600000, -200000, -1200000, -100000, 3400000, 3700000, 800000, 0, 2000000};
    static const int64_t second[] = {1900000, 800000, 1100000, 100000, -100000, 4400000, 5500000, 1600000, 4600000, 3400000};
    struct sj_estimate mean;
    struct sj_sums sums = sums_of(first, 10);
    assert_true(sj_mean(&sums, &mean));
    assert_true(mean.value == 0.75 && mean.n == 10 && mean.flags == SJ_FLAG_THIN);
    assert_near(mean.low, -0.5297804, 5.1e-8);
    assert_near(mean.high, 2.0297804, 5.1e-8);
    sums = sums_of(second, 10);
    assert_true(sj_mean(&sums, &mean));
    assert_near(mean.value, 2.33, 1e-15);
    assert_near(mean.low, 0.8976775, 5.1e-8);
    assert_near(mean.high, 3.7623225, 5.1e-8);
}

static void test_few_values(void **state) {
    (void)state;
    struct sj_sums sums = {0};
    struct sj_estimate mean = {.value = 7};
    assert_false(sj_mean(&sums, &mean));
    assert_true(mean.value == 7);
    assert_true(sj_sums_add(&sums, -4000000));
    assert_true(sj_mean(&sums, &mean));
    assert_true(mean.value == -4 && mean.low == -INFINITY && mean.high == INFINITY && mean.n == 1 && mean.flags == SJ_FLAG_THIN);
    assert_true(sj_sums_add(&sums, -4000000));
    assert_true(sj_mean(&sums, &mean));
    assert_true(mean.value == -4 && mean.low == -4 && mean.high == -4 && mean.n == 2);
    while (sums.n < 30)
        assert_true(sj_sums_add(&sums, 1));
    assert_true(sj_mean(&sums, &mean));
    assert_int_equal(mean.flags, 0);
}

/* GSL from the values themselves; any two parts merged are the whole, bit for bit. */
static void test_equals_gsl(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 11);
    for (int round = 0; round < 3000; round++) {
        int64_t values[200];
        double units[200];
        const size_t n = 2 + (size_t)sj_random_below(&random, 199), cut = (size_t)sj_random_below(&random, n + 1);
        const uint64_t range = round % 3 == 0 ? 2 : round % 3 == 1 ? 11000000 : UINT64_C(1000000000000);
        for (size_t i = 0; i < n; i++) {
            values[i] = (int64_t)sj_random_below(&random, range) - (int64_t)(range / 2);
            units[i] = (double)values[i] / 1e6;
        }
        const struct sj_sums whole = sums_of(values, n), right = sums_of(values + cut, n - cut);
        struct sj_sums left = sums_of(values, cut);
        assert_true(sj_sums_merge(&left, &right));
        assert_true(left.n == whole.n && left.sum == whole.sum && left.squares == whole.squares);
        struct sj_estimate mean;
        assert_true(sj_mean(&left, &mean));
        const double half = gsl_cdf_tdist_Pinv(0.975, (double)n - 1) * gsl_stats_sd(units, 1, n) / sqrt((double)n);
        const double tolerance = 1e-12 * (double)range / 1e6;
        assert_near(mean.value, gsl_stats_mean(units, 1, n), tolerance);
        assert_near(mean.low, mean.value - half, tolerance);
        assert_near(mean.high, mean.value + half, tolerance);
    }
}

/* A mean that is 10^12 times its scatter: in floating point, squares less the square of the sum would be noise. */
static void test_nothing_cancels_out(void **state) {
    (void)state;
    static const int64_t base[] = {1, 2, 3, 4, 6};
    for (int sign = -1; sign <= 1; sign += 2) {
        int64_t values[5];
        for (size_t i = 0; i < 5; i++)
            values[i] = sign * (INT64_C(4000000000000) + base[i]);
        const struct sj_sums sums = sums_of(values, 5);
        struct sj_estimate mean;
        assert_true(sj_mean(&sums, &mean));
        assert_near(mean.value, sign * 4e6, 1e-5);
        struct sj_sums near_zero = sums_of(base, 5);
        struct sj_estimate expected;
        assert_true(sj_mean(&near_zero, &expected));
        assert_near(mean.high - mean.low, expected.high - expected.low, 3e-9); /* as fine as doubles are there */
    }
}

/* One value in n is one more than the others: the scatter is 1 - 1/n, the smallest there is. */
static void test_smallest_scatter(void **state) {
    (void)state;
    for (int64_t n = 2; n < INT64_C(1) << 40; n = n * 3 + 1) {
        for (int64_t base = -1000000; base <= 1000000; base += 1000000) {
            struct sj_sums sums = {n, (sj_signed_wide)base * n + 1, (sj_wide)(base * base) * (sj_wide)n + (sj_wide)(2 * base + 1)};
            struct sj_estimate mean;
            assert_true(sj_mean(&sums, &mean));
            const double half = sj_student_95(n - 1) / (double)n / 1e6; /* sqrt((1 - 1/n) / (n - 1) / n) = 1/n */
            assert_near(mean.value, (double)base / 1e6 + 1 / (double)n / 1e6, 1e-15);
            assert_near(mean.high - mean.low, 2 * half, 1e-15 + 1e-14 * half);
        }
    }
}

static void test_largest_values(void **state) {
    (void)state;
    struct sj_sums sums = {0};
    struct sj_estimate mean;
    for (int i = 0; i < 3; i++)
        assert_true(sj_sums_add(&sums, INT64_MIN));
    struct sj_sums before = sums;
    assert_false(sj_sums_add(&sums, INT64_MIN)); /* 4 · 2^126 does not fit */
    assert_false(sj_sums_merge(&sums, &before));
    assert_true(sums.n == before.n && sums.sum == before.sum && sums.squares == before.squares);
    assert_true(sj_mean(&sums, &mean));
    assert_true(mean.value == (double)INT64_MIN / 1e6 && mean.low == mean.value && mean.high == mean.value);
    sums = (struct sj_sums){0};
    for (int i = 0; i < 4; i++)
        assert_true(sj_sums_add(&sums, INT64_MAX));
    assert_true(sj_sums_add(&sums, 0));
    assert_true(sj_mean(&sums, &mean));
    assert_near(mean.value, 0.8 * (double)INT64_MAX / 1e6, 1e-2);
    const struct sj_sums full = {.n = INT64_MAX};
    before = sums;
    assert_false(sj_sums_merge(&sums, &full));
    assert_true(sums.n == before.n && sums.sum == before.sum && sums.squares == before.squares);
    /* As many as there can be, half of them 1 and half of them 0. */
    sums = (struct sj_sums){INT64_MAX, INT64_MAX / 2, INT64_MAX / 2};
    assert_true(sj_mean(&sums, &mean));
    assert_near(mean.value, 5e-7, 1e-20);
    assert_near(mean.high - mean.low, 1.959963984540054 / sqrt((double)INT64_MAX) / 1e6, 1e-21);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student_reference_values),
        cmocka_unit_test(test_student_equals_gsl),
        cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_few_values),
        cmocka_unit_test(test_equals_gsl),
        cmocka_unit_test(test_nothing_cancels_out),
        cmocka_unit_test(test_smallest_scatter),
        cmocka_unit_test(test_largest_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
