#include "stats/difference.h"

#include <math.h>

struct sj_difference sj_newcombe(int64_t x1, int64_t n1, int64_t x2, int64_t n2) {
    static const double none[2] = {1, 1};
    return sj_newcombe_clustered(x1, n1, x2, n2, none);
}

struct sj_difference sj_newcombe_clustered(int64_t x1, int64_t n1, int64_t x2, int64_t n2, const double design[2]) {
    const struct sj_estimate a = sj_wilson_clustered(x1, n1, design[0]), b = sj_wilson_clustered(x2, n2, design[1]);
    const double value = a.value - b.value;
    return (struct sj_difference){
        .value = value,
        .low = value - hypot(a.value - a.low, b.high - b.value),
        .high = value + hypot(a.high - a.value, b.value - b.low),
    };
}
