#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "stats/quantile.h"

static int64_t quantile(const int64_t *sorted, size_t n, unsigned percent) {
    struct sj_quantile_place place = sj_quantile_place(n, percent);
    assert_true(place.rank < n && (place.hundredths == 0 || place.rank + 1 < n));
    int64_t above = place.hundredths > 0 ? sorted[place.rank + 1] : sorted[place.rank];
    return sj_quantile_between(sorted[place.rank], above, place.hundredths);
}

static void test_by_hand(void **state) {
    (void)state;
    static const int64_t x[] = {10, 20, 30, 40};
    assert_int_equal(quantile(x, 4, 0), 10);
    assert_int_equal(quantile(x, 4, 50), 25); /* between the two in the middle */
    assert_int_equal(quantile(x, 3, 50), 20);
    assert_int_equal(quantile(x, 4, 90), 37); /* h = 2.7 */
    assert_int_equal(quantile(x, 4, 100), 40);
    assert_int_equal(quantile(x, 1, 90), 10);
    static const int64_t halves[] = {0, 1};
    assert_int_equal(quantile(halves, 2, 50), 1); /* 0.5 is rounded upwards */
    assert_int_equal(quantile(halves, 2, 10), 0);
}

static int by_value(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* GSL has the same definition, in floating point. */
static void test_equals_gsl(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 7);
    for (int round = 0; round < 2000; round++) {
        int64_t x[40];
        double doubles[40];
        size_t n = 1 + (size_t)sj_random_below(&random, 40);
        for (size_t i = 0; i < n; i++)
            x[i] = (int64_t)sj_random_below(&random, round % 2 ? 50 : 1000000000);
        qsort(x, n, sizeof *x, by_value);
        for (size_t i = 0; i < n; i++)
            doubles[i] = (double)x[i];
        unsigned percent = (unsigned)sj_random_below(&random, 101);
        double expected = gsl_stats_quantile_from_sorted_data(doubles, 1, n, percent / 100.0);
        assert_true(fabs((double)quantile(x, n, percent) - expected) <= 0.5 + 1e-6);
    }
}

static void test_nothing_overflows(void **state) {
    (void)state;
    struct sj_quantile_place place = sj_quantile_place(UINT64_MAX, 99);
    assert_true(place.rank == UINT64_C(18262276632972456097) && place.hundredths == 86);
    assert_int_equal(sj_quantile_between(0, INT64_MAX, 50), INT64_MAX / 2 + 1);
    assert_int_equal(sj_quantile_between(INT64_MAX, INT64_MAX, 99), INT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_equals_gsl),
        cmocka_unit_test(test_nothing_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
