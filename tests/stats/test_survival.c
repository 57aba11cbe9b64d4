/* The product-limit estimate: the textbook's example, and a plain way that goes over everybody at every time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>

#include "base/random.h"
#include "stats/survival.h"

enum { PEOPLE_MAX = 60, TIMES = 12 };

/* Leukaemia patients with and without maintained chemotherapy (Miller 1981; the data set `aml` of R's survival): medians by survfit(). */
static void test_medians_of_the_textbook(void **state) {
    (void)state;
    static const struct sj_survival_row maintained[] = {{9, 1, 0},  {13, 1, 1}, {18, 1, 0}, {23, 1, 0}, {28, 0, 1},
                                                        {31, 1, 0}, {34, 1, 0}, {45, 0, 1}, {48, 1, 0}, {161, 0, 1}};
    static const struct sj_survival_row stopped[] = {{5, 2, 0},  {8, 2, 0},  {12, 1, 0}, {16, 0, 1}, {23, 1, 0},
                                                     {27, 1, 0}, {30, 1, 0}, {33, 1, 0}, {43, 1, 0}, {45, 1, 0}};
    const struct sj_survival_median one = sj_survival_median(maintained, sizeof maintained / sizeof *maintained);
    const struct sj_survival_median two = sj_survival_median(stopped, sizeof stopped / sizeof *stopped);
    assert_true(one.known && one.median == 31);
    assert_true(two.known && two.median == 23);
    assert_true(one.has_low && one.low < 31 && two.has_low && two.low < 23);
    assert_true(!one.has_high || one.high > 31);
}

static void test_what_cannot_be_known(void **state) {
    (void)state;
    const struct sj_survival_row all_open[] = {{5, 0, 4}}, most_open[] = {{5, 4, 0}, {9, 0, 6}}, one[] = {{7, 1, 0}};
    assert_false(sj_survival_median(NULL, 0).known);
    assert_false(sj_survival_median(all_open, 1).known);
    assert_false(sj_survival_median(most_open, 2).known);
    const struct sj_survival_median found = sj_survival_median(one, 1);
    assert_true(found.known && found.median == 7 && !found.has_low && !found.has_high);
}

struct person {
    int64_t time;
    bool open;
};

/* The share that lasts longer than `at`, and its bound, each time from the beginning. */
static double plain_share(const struct person *people, size_t n, int64_t at, double *ret_variance) {
    double share = 1, variance = 0;
    for (int64_t time = 0; time <= at; time++) {
        double at_risk = 0, ended = 0;
        for (size_t i = 0; i < n; i++) {
            at_risk += people[i].time >= time;
            ended += people[i].time == time && !people[i].open;
        }
        if (ended > 0) {
            share *= 1 - ended / at_risk;
            variance += ended / (at_risk * (at_risk - ended));
        }
    }
    *ret_variance = variance;
    return share;
}

static void check_people(const struct person *people, size_t n, const struct sj_survival_median *found) {
    const double z = 1.959963984540054;
    int64_t median = -1, low = -1, high = -1;
    for (int64_t time = 0; time < TIMES; time++) {
        double variance;
        const double share = plain_share(people, n, time, &variance);
        if (median < 0 && share <= 0.5 + 1e-12)
            median = time;
        if (share <= 1e-12 || share >= 1)
            continue;
        const double theta = log(-log(share)), error = sqrt(variance) / fabs(log(share));
        if (low < 0 && exp(-exp(theta + z * error)) <= 0.5)
            low = time;
        if (high < 0 && exp(-exp(theta - z * error)) <= 0.5)
            high = time;
    }
    assert_int_equal(found->known ? found->median : -1, median);
    assert_int_equal(found->has_low ? found->low : -1, low);
    assert_int_equal(found->has_high ? found->high : -1, high);
}

static void test_random_people(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 5);
    for (int round = 0; round < 3000; round++) {
        struct person people[PEOPLE_MAX];
        struct sj_survival_row rows[TIMES] = {{0}};
        const size_t n = (size_t)sj_random_below(&random, PEOPLE_MAX + 1);
        const uint64_t often_open = 1 + sj_random_below(&random, 5);
        for (int i = 0; i < TIMES; i++)
            rows[i].time = i;
        for (size_t i = 0; i < n; i++) {
            people[i] = (struct person){(int64_t)sj_random_below(&random, TIMES), sj_random_below(&random, 6) < often_open};
            rows[people[i].time].n_open += people[i].open;
            rows[people[i].time].n_ended += !people[i].open;
        }
        const struct sj_survival_median found = sj_survival_median(rows, TIMES);
        check_people(people, n, &found);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_medians_of_the_textbook),
        cmocka_unit_test(test_what_cannot_be_known),
        cmocka_unit_test(test_random_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
