#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>

#include "stats/wilson.h"

/* Newcombe (1998), table I, method 3, and further values of an independent implementation (statsmodels), six decimals. */
static void test_reference_values(void **state) {
    (void)state;
    static const struct {
        int64_t x, n;
        double low, high;
    } cases[] = {
        {81, 263, .255289, .366210}, {15, 148, .062386, .160487},  {0, 20, 0, .161125},      {1, 29, .006113, .171755},
        {8, 10, .490162, .943318},   {450, 500, .870578, .923322}, {3, 4, .300642, .954413}, {0, 1, 0, .793451},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_estimate estimate = sj_wilson(cases[i].x, cases[i].n);
        assert_true(fabs(estimate.low - cases[i].low) < 5.1e-7);
        assert_true(fabs(estimate.high - cases[i].high) < 5.1e-7);
        assert_true(estimate.value == (double)cases[i].x / (double)cases[i].n);
        assert_int_equal(estimate.n, cases[i].n);
    }
}

static void test_ends_are_exact(void **state) {
    (void)state;
    for (int64_t n = 1; n < 2000; n++) {
        assert_true(sj_wilson(0, n).low == 0.0 && sj_wilson(n, n).high == 1.0);
        assert_true(sj_wilson(0, n).high < 1.0 && sj_wilson(n, n).low > 0.0);
    }
}

static void test_interval_holds_the_value_and_narrows(void **state) {
    (void)state;
    for (int64_t n = 2; n < 300; n += 7) {
        for (int64_t x = 0; x <= n; x++) {
            struct sj_estimate estimate = sj_wilson(x, n), tenfold = sj_wilson(10 * x, 10 * n);
            const struct sj_estimate clustered = sj_wilson_clustered(10 * x, 10 * n, 10); /* ten that are alike say as much as one */
            assert_true(fabs(clustered.low - estimate.low) < 1e-12);
            assert_true(fabs(clustered.high - estimate.high) < 1e-12);
            assert_int_equal(clustered.flags, estimate.flags);
            assert_true(clustered.n == 10 * n);
            assert_true(estimate.low <= estimate.value && estimate.value <= estimate.high);
            assert_true(tenfold.high - tenfold.low < estimate.high - estimate.low);
            struct sj_estimate mirrored = sj_wilson(n - x, n);
            assert_true(fabs(mirrored.low - (1 - estimate.high)) < 1e-12);
        }
    }
}

/* Half-widths in the worst case: n = 50: 13.4 points, n = 100: 9.6 points. */
static void test_thin_data_is_flagged(void **state) {
    (void)state;
    assert_int_equal(sj_wilson(0, 29).flags, SJ_FLAG_THIN); /* narrow, but few */
    assert_int_equal(sj_wilson(0, 30).flags, 0);
    assert_int_equal(sj_wilson(25, 50).flags, SJ_FLAG_THIN); /* not few, but wide */
    assert_int_equal(sj_wilson(50, 100).flags, 0);
}

static void test_large_counts(void **state) {
    (void)state;
    struct sj_estimate estimate = sj_wilson(INT64_MAX / 2, INT64_MAX);
    assert_true(estimate.low > 0.4999 && estimate.high < 0.5001 && estimate.low < estimate.high);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_values),
        cmocka_unit_test(test_ends_are_exact),
        cmocka_unit_test(test_interval_holds_the_value_and_narrows),
        cmocka_unit_test(test_thin_data_is_flagged),
        cmocka_unit_test(test_large_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
