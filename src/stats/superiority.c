#include "stats/superiority.h"

#include <math.h>

#include "stats/difference.h"
#include "stats/normal.h"

static double total(const struct sj_counted *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i].count;
    return sum;
}

/* How a value stands to those of the other group: 1 for each that is smaller, 1/2 for each that is equal. */
struct placing {
    const struct sj_counted *others;
    size_t n_others, at;
    double below; /* values before `at` */
};

/* For rising values. */
static double place(struct placing *placing, int64_t value) {
    while (placing->at < placing->n_others && placing->others[placing->at].value < value)
        placing->below += (double)placing->others[placing->at++].count;
    const bool is_equal = placing->at < placing->n_others && placing->others[placing->at].value == value;
    return placing->below + (is_equal ? (double)placing->others[placing->at].count / 2 : 0);
}

/* The mean place of the values among the others, as a share of one, and the variance of the mean. */
static double mean_place(const struct sj_counted *values, size_t n, const struct sj_counted *others, size_t n_others,
                         double *ret_variance) {
    const double n_values = total(values, n), n_all = total(others, n_others);
    struct placing first = {.others = others, .n_others = n_others}, second = first;
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        mean += (double)values[i].count * (place(&first, values[i].value) / n_all);
    mean /= n_values;
    for (size_t i = 0; i < n; i++) {
        const double distance = place(&second, values[i].value) / n_all - mean;
        squares += (double)values[i].count * distance * distance;
    }
    *ret_variance = squares / (n_values - 1) / n_values;
    return mean;
}

/* The sum of t^3 - t over values that t observations of both groups share. */
static double ties(const struct sj_counted *first, size_t n_first, const struct sj_counted *second, size_t n_second) {
    double sum = 0;
    for (size_t i = 0, k = 0; i < n_first || k < n_second;) {
        const bool takes_first = i < n_first && (k == n_second || first[i].value <= second[k].value);
        const bool takes_second = k < n_second && (i == n_first || second[k].value <= first[i].value);
        const double t = (takes_first ? (double)first[i].count : 0) + (takes_second ? (double)second[k].count : 0);
        sum += t * t * t - t;
        i += takes_first;
        k += takes_second;
    }
    return sum;
}

/* Variance of the share of pairs, were it `share`, of groups of m and n. */
static double variance_at(double share, double m, double n) {
    const double mean = (m + n) / 2 - 1;
    return share * (1 - share) * (1 + mean * (1 - share) / (2 - share) + mean * share / (1 + share)) / (m * n);
}

/* The smallest share of pairs that all pairs do not speak against. */
static double least_share(double m, double n) {
    double lo = 0, hi = 1;
    for (int i = 0; i < 60; i++) {
        const double share = (lo + hi) / 2;
        if (1 - share > SJ_Z_95 * sqrt(variance_at(share, m, n)))
            lo = share;
        else
            hi = share;
    }
    return lo;
}

bool sj_superiority(const struct sj_counted *first, size_t n_first, const struct sj_counted *second, size_t n_second,
                    const double design[2], struct sj_superiority *ret_superiority) {
    const double n1 = total(first, n_first), n2 = total(second, n_second), n = n1 + n2;
    double variance_first, variance_second;
    if (n1 < 2 || n2 < 2)
        return false;
    const double mean = mean_place(first, n_first, second, n_second, &variance_first);
    mean_place(second, n_second, first, n_first, &variance_second);
    const double delta = 2 * mean - 1, spread = variance_first * design[0] + variance_second * design[1];
    double half = SJ_Z_95 * 2 * sqrt(spread);
    if (fabs(delta) == 1)
        half = 2 - 2 * least_share(n1 / design[0], n2 / design[1]);
    const double variance =
        sj_common_design(n1, n2, design) * n1 * n2 / 12 * (n + 1 - ties(first, n_first, second, n_second) / (n * (n - 1)));
    const double distance = fmax(0, fabs(mean - 0.5) * n1 * n2 - 0.5);
    *ret_superiority = (struct sj_superiority){.delta = delta,
                                               .low = fmax(-1, delta - half),
                                               .high = fmin(1, delta + half),
                                               .p = variance > 0 ? sj_normal_p(distance / sqrt(variance)) : 1};
    return true;
}
