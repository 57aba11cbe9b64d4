/* Superiority against every pair of one value and another, and against an example by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>

#include "base/random.h"
#include "stats/superiority.h"

static const double alone[] = {1, 1}; /* design effects of independent observations */

#define assert_near(found, expected, tolerance) assert_true(fabs((found) - (expected)) <= (tolerance))
enum { VALUES_MAX = 40 };

/* Permeability of membranes at two ages (Hollander and Wolfe 1973, p. 69): W = 35, that is 35 of 50 pairs; no ties. */
static void test_an_example(void **state) {
    (void)state;
    static const int64_t x[] = {73, 80, 83, 104, 138, 145, 146, 164, 189, 191}, y[] = {74, 88, 90, 115, 121};
    struct sj_counted first[10], second[5];
    struct sj_superiority found, back;
    for (size_t i = 0; i < 10; i++)
        first[i] = (struct sj_counted){x[i], 1, 0};
    for (size_t i = 0; i < 5; i++)
        second[i] = (struct sj_counted){y[i], 1, 1};
    assert_true(sj_superiority(first, 10, second, 5, alone, &found));
    assert_near(found.delta, 0.4, 1e-15);
    assert_near(found.p, erfc(9.5 / sqrt(200.0 / 3) / sqrt(2)), 1e-15); /* 0.2446 */
    assert_true(found.low < 0 && found.high > 0.4 && found.high <= 1);
    assert_true(sj_superiority(second, 5, first, 10, alone, &back));
    assert_near(back.delta, -found.delta, 1e-15);
    assert_near(back.low, -found.high, 1e-15);
    assert_near(back.p, found.p, 1e-15);
}

static size_t count(const int64_t *values, size_t n, struct sj_counted *counted) {
    size_t n_counted = 0;
    for (int64_t value = 0; value < 100; value++) {
        struct sj_counted entry = {value, 0, 7};
        for (size_t i = 0; i < n; i++)
            entry.count += values[i] == value;
        if (entry.count > 0)
            counted[n_counted++] = entry;
    }
    return n_counted;
}

/* The mean of the signs of a value less each other one. */
static double sign_of(int64_t value, const int64_t *others, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (value > others[i]) - (value < others[i]);
    return sum / (double)n;
}

static double variance_of(const int64_t *values, size_t n, const int64_t *others, size_t n_others, double mean) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow(sign_of(values[i], others, n_others) - mean, 2);
    return sum / (double)(n - 1) / (double)n;
}

static void test_random_groups(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 71);
    for (int round = 0; round < 3000; round++) {
        int64_t x[VALUES_MAX], y[VALUES_MAX];
        struct sj_counted first[100], second[100];
        struct sj_superiority found;
        const size_t n1 = 2 + sj_random_below(&random, VALUES_MAX - 2), n2 = 2 + sj_random_below(&random, VALUES_MAX - 2);
        const uint64_t most = 1 + sj_random_below(&random, 100);
        double delta = 0;
        for (size_t i = 0; i < n1; i++)
            x[i] = (int64_t)sj_random_below(&random, most);
        for (size_t i = 0; i < n2; i++)
            y[i] = (int64_t)sj_random_below(&random, most);
        for (size_t i = 0; i < n1; i++)
            delta += sign_of(x[i], y, n2) / (double)n1;
        const double half = 1.959963984540054 * sqrt(variance_of(x, n1, y, n2, delta) + variance_of(y, n2, x, n1, -delta));
        const size_t n_first = count(x, n1, first), n_second = count(y, n2, second);
        assert_true(sj_superiority(first, n_first, second, n_second, alone, &found));
        assert_near(found.delta, delta, 1e-12);
        if (fabs(delta) < 1 - 1e-9) {
            assert_near(found.low, fmax(-1, delta - half), 1e-12);
            assert_near(found.high, fmin(1, delta + half), 1e-12);
        } else {
            assert_true(found.high - found.low > 0.01 && found.low >= -1 && found.high <= 1);
        }
        assert_true(found.p >= 0 && found.p <= 1);
    }
}

/* Twelve beyond twelve: the least share s of pairs solves 1 - s = z sqrt(s (1 - s) (1 + 11 (1 - s) / (2 - s) + 11 s / (1 + s)) / 144)
 * (Newcombe 2006, method 5), by halving. As clusters of four they say as little as three and three. */
static void test_all_beyond(void **state) {
    (void)state;
    static const double four[] = {4, 4};
    const struct sj_counted first[] = {{20, 12, 0}}, second[] = {{10, 12, 0}};
    struct sj_superiority found;
    assert_true(sj_superiority(first, 1, second, 1, alone, &found));
    assert_near(found.low, 0.6636522808, 1e-9);
    assert_true(found.delta == 1 && found.high == 1);
    assert_true(sj_superiority(second, 1, first, 1, alone, &found));
    assert_near(found.high, -0.6636522808, 1e-9);
    assert_true(found.delta == -1 && found.low == -1);
    assert_true(sj_superiority(first, 1, second, 1, four, &found));
    assert_near(found.low, 0.0020375214, 1e-9);
}

/* With equal values the test is Kruskal and Wallis's of two groups: the variance of the ranks, by hand. */
static void test_ties(void **state) {
    (void)state;
    const struct sj_counted first[] = {{1, 3, 0}, {2, 2, 0}}, second[] = {{1, 1, 0}, {2, 4, 0}}, same[] = {{5, 4, 0}}, one[] = {{5, 1, 0}};
    struct sj_superiority found;
    /* ranks: four 1s at 2.5, six 2s at 7.5; U = 3 * 0.5 + 2 * 1 + 2 * 4 * 0.5 = 7.5 of 25; ties 4^3-4 + 6^3-6 = 270 */
    assert_true(sj_superiority(first, 2, second, 2, alone, &found));
    assert_near(found.delta, 2 * 7.5 / 25 - 1, 1e-15);
    assert_near(found.p, erfc((12.5 - 7.5 - 0.5) / sqrt(25.0 / 12 * (11 - 270.0 / 90)) / sqrt(2)), 1e-15);
    assert_true(sj_superiority(same, 1, same, 1, alone, &found));
    assert_true(found.delta == 0 && found.low == 0 && found.high == 0 && found.p == 1);
    assert_false(sj_superiority(one, 1, same, 1, alone, &found));
    assert_false(sj_superiority(same, 1, NULL, 0, alone, &found));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_example),
        cmocka_unit_test(test_random_groups),
        cmocka_unit_test(test_all_beyond),
        cmocka_unit_test(test_ties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
