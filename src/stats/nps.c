#include "stats/nps.h"

#include <assert.h>

#include "stats/normal.h"

#define THIN_WIDTH 20.0

/* Centre and variance of the mean of +1, 0 and -1, with 3/4 promoters and 3/4 detractors more, and 3 answers. */
struct adjusted {
    double centre, variance;
};

static struct adjusted adjust(struct sj_nps_answers answers) {
    assert(answers.n > 0 && answers.promoters >= 0 && answers.detractors >= 0 && answers.promoters + answers.detractors <= answers.n);
    const double n = (double)answers.n + 3;
    const double p = ((double)answers.promoters + 0.75) / n, d = ((double)answers.detractors + 0.75) / n;
    return (struct adjusted){p - d, (p + d - (p - d) * (p - d)) / n};
}

static double score(struct sj_nps_answers answers) { return 100 * (double)(answers.promoters - answers.detractors) / (double)answers.n; }

struct sj_estimate sj_nps(struct sj_nps_answers answers) {
    const struct adjusted adjusted = adjust(answers);
    const double half = SJ_Z_95 * sqrt(adjusted.variance);
    const double value = score(answers);
    struct sj_estimate estimate = {
        .value = value,
        .low = fmin(value, fmax(-100, 100 * (adjusted.centre - half))),
        .high = fmax(value, fmin(100, 100 * (adjusted.centre + half))),
        .n = answers.n,
    };
    if (answers.n < SJ_THIN_N || estimate.high - estimate.low > THIN_WIDTH)
        estimate.flags |= SJ_FLAG_THIN;
    return estimate;
}

struct sj_difference sj_nps_difference(struct sj_nps_answers a, struct sj_nps_answers b, double *ret_p) {
    const struct adjusted x = adjust(a), y = adjust(b);
    const double centre = x.centre - y.centre, se = sqrt(x.variance + y.variance);
    *ret_p = sj_normal_p(centre / se);
    return (struct sj_difference){
        .value = score(a) - score(b),
        .low = 100 * (centre - SJ_Z_95 * se),
        .high = 100 * (centre + SJ_Z_95 * se),
    };
}
