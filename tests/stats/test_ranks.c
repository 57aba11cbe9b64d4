#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <gsl/gsl_cdf.h>

#include "stats/ranks.h"

/* Ranks from 1 as the literature has them; 0: unbounded. */
static void check(uint64_t n, unsigned percent, uint64_t low, uint64_t high) {
    const struct sj_ranks ranks = sj_quantile_ranks(n, percent);
    assert_int_equal(ranks.has_low ? ranks.low + 1 : 0, low);
    assert_int_equal(ranks.has_high ? ranks.high + 1 : 0, high);
}

static void test_reference_values(void **state) {
    (void)state;
    check(5, 50, 0, 0);
    check(6, 50, 1, 6);
    check(10, 50, 2, 9);
    check(20, 50, 6, 15);
    check(25, 50, 8, 18);
    check(100, 50, 40, 61);
    check(1000, 50, 469, 532);
    check(100, 90, 84, 96);
    check(1000, 95, 936, 964);
}

/* The definition, by the binomial distribution of GSL: the greatest rank that is low enough, the smallest that is high enough. */
static void test_every_rank_equals_the_definition(void **state) {
    (void)state;
    static const unsigned percents[] = {1, 10, 25, 50, 75, 90, 99};
    for (unsigned n = 1; n <= 400; n += n < 60 ? 1 : 17) {
        for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
            const double q = percents[i] / 100.0;
            unsigned low = 0, high = n + 1;
            while (low < n && gsl_cdf_binomial_P(low, q, n) <= 0.025)
                low++;
            while (high > 1 && gsl_cdf_binomial_Q(high - 2, q, n) <= 0.025)
                high--;
            check(n, percents[i], low, high <= n ? high : 0);
        }
    }
}

static void test_many_values(void **state) {
    (void)state;
    const struct sj_ranks ranks = sj_quantile_ranks(UINT64_C(1000000000), 50);
    assert_true(ranks.has_low && ranks.has_high);
    assert_in_range(500000000 - ranks.low, 30980, 31000); /* 1.96 standard deviations of 15,811 */
    assert_in_range(ranks.high - 500000000, 30980, 31000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_values),
        cmocka_unit_test(test_every_rank_equals_the_definition),
        cmocka_unit_test(test_many_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
