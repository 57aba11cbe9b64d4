#include "stats/wilson.h"

#include <assert.h>

#include "stats/normal.h"

#define THIN_WIDTH 0.20

/* centre ± half, with the ends exact where the interval touches 0 or 1: there rounding would leave a speck. */
struct sj_estimate sj_wilson_clustered(int64_t x, int64_t n, double design) {
    assert(n > 0 && x >= 0 && x <= n && design >= 1);
    const double z2 = SJ_Z_95 * SJ_Z_95;
    double part = (double)x / design, whole = (double)n / design;
    double centre = (part + z2 / 2) / (whole + z2);
    double half = SJ_Z_95 / (whole + z2) * sqrt(part * ((double)(n - x) / design / whole) + z2 / 4);
    struct sj_estimate estimate = {
        .value = (double)x / (double)n,
        .low = x == 0 ? 0.0 : centre - half,
        .high = x == n ? 1.0 : centre + half,
        .n = n,
    };
    if (whole < SJ_THIN_N || estimate.high - estimate.low > THIN_WIDTH)
        estimate.flags |= SJ_FLAG_THIN;
    return estimate;
}

struct sj_estimate sj_wilson(int64_t x, int64_t n) {
    return sj_wilson_clustered(x, n, 1);
}
