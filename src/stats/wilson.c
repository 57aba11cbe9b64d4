#include "stats/wilson.h"

#include <assert.h>

#include "stats/normal.h"

#define THIN_WIDTH 0.20

/* centre ± half, with the ends exact where the interval touches 0 or 1: there rounding would leave a speck. */
struct sj_estimate sj_wilson(int64_t x, int64_t n) {
    assert(n > 0 && x >= 0 && x <= n);
    const double z2 = SJ_Z_95 * SJ_Z_95;
    double part = (double)x, whole = (double)n;
    double centre = (part + z2 / 2) / (whole + z2);
    double half = SJ_Z_95 / (whole + z2) * sqrt(part * ((double)(n - x) / whole) + z2 / 4);
    struct sj_estimate estimate = {
        .value = part / whole,
        .low = x == 0 ? 0.0 : centre - half,
        .high = x == n ? 1.0 : centre + half,
        .n = n,
    };
    if (n < SJ_THIN_N || estimate.high - estimate.low > THIN_WIDTH)
        estimate.flags |= SJ_FLAG_THIN;
    return estimate;
}
