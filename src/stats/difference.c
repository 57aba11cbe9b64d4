#include "stats/difference.h"

#include <math.h>

struct sj_difference sj_newcombe(int64_t x1, int64_t n1, int64_t x2, int64_t n2) {
    const struct sj_estimate a = sj_wilson(x1, n1), b = sj_wilson(x2, n2);
    const double value = a.value - b.value;
    return (struct sj_difference){
        .value = value,
        .low = value - hypot(a.value - a.low, b.high - b.value),
        .high = value + hypot(a.high - a.value, b.value - b.low),
    };
}
