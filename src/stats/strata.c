#include "stats/strata.h"

#include "stats/normal.h"

struct sums {
    double weight, difference, p, q; /* risk difference: Sato's P and Q */
    double x1, n1, x2, n2;
    double expected, least, most; /* of x1, given the margins */
};

static void add(struct sums *sums, const struct sj_stratum *s) {
    const double a = (double)s->x1, n1 = (double)s->n1, b = (double)s->x2, n2 = (double)s->n2, n = n1 + n2;
    sums->weight += n1 * n2 / n;
    sums->difference += (a * n2 - b * n1) / n;
    sums->p += (n1 * n1 * b - n2 * n2 * a + n1 * n2 * (n2 - n1) / 2) / (n * n);
    sums->q += (a * (n2 - b) + b * (n1 - a)) / (2 * n);
    sums->x1 += a;
    sums->n1 += n1;
    sums->x2 += b;
    sums->n2 += n2;
    sums->expected += n1 * (a + b) / n;
    sums->least += fmax(0, a + b - n2);
    sums->most += fmin(n1, a + b);
}

bool sj_mantel_haenszel(const struct sj_stratum *strata, size_t n, const double design[2], struct sj_pooled *ret_pooled) {
    struct sums sums = {0};
    for (size_t i = 0; i < n; i++) {
        if (strata[i].n1 > 0 && strata[i].n2 > 0)
            add(&sums, &strata[i]);
    }
    if (!(sums.weight > 0))
        return false;
    const double value = sums.difference / sums.weight, grows = sj_common_design(sums.n1, sums.n2, design);
    const double se = sqrt(fmax(0, value * sums.p + sums.q) * grows) / sums.weight;
    *ret_pooled = (struct sj_pooled){.expected = fmin(sums.expected - sums.least, sums.most - sums.expected),
                                     .crude = sums.x1 / sums.n1 - sums.x2 / sums.n2,
                                     .within = {value, value - SJ_Z_95 * se, value + SJ_Z_95 * se},
                                     .se = se};
    return true;
}

/* Given its margins, the number x1 of a stratum is hypergeometric: adds how far it is from its mean, and its variance. */
static void add_hypergeometric(const struct sj_stratum *s, double *distance, double *variance) {
    const double n1 = (double)s->n1, n2 = (double)s->n2, n = n1 + n2;
    const double had = (double)s->x1 + (double)s->x2, had_not = (double)(s->n1 - s->x1) + (double)(s->n2 - s->x2);
    *distance += ((double)s->x1 * n2 - (double)s->x2 * n1) / n;
    *variance += n1 / n * (n2 / n) * had * (had_not / (n - 1));
}

bool sj_cochran_mantel_haenszel(const struct sj_stratum *strata, size_t n, struct sj_strata_test *ret_test) {
    double distance = 0, variance = 0;
    for (size_t i = 0; i < n; i++) {
        if (strata[i].n1 > 0 && strata[i].n2 > 0)
            add_hypergeometric(&strata[i], &distance, &variance);
    }
    if (!(variance > 0))
        return false;
    const double z = fabs(distance) / sqrt(variance), corrected = fmax(0, fabs(distance) - 0.5) / sqrt(variance);
    *ret_test = (struct sj_strata_test){z * z, sj_normal_p(z), corrected * corrected, sj_normal_p(corrected)};
    return true;
}
