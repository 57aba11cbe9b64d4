/* The difference of two independent shares with its 95 % interval: Newcombe (1998, Statistics in Medicine 17:873-890), method 10, made
 * of the two score intervals of Wilson. Compare shares by this and not by whether their intervals overlap, which is far too strict.
 * Pure functions. */
#pragma once
#include <stdbool.h>
#include "stats/wilson.h"

struct sj_difference {
    double value, low, high;
};

/* x1 of n1 less x2 of n2; both n > 0. */
struct sj_difference sj_newcombe(int64_t x1, int64_t n1, int64_t x2, int64_t n2);

/* The same of clustered observations, with the design effect of each group (stats/wilson.h). */
struct sj_difference sj_newcombe_clustered(int64_t x1, int64_t n1, int64_t x2, int64_t n2, const double design[2]);

/* The design effect by which the variance of a difference grows, where both groups scatter alike. */
static inline double sj_common_design(double n1, double n2, const double design[2]) {
    return (design[0] * n2 + design[1] * n1) / (n1 + n2);
}

/* Whether the interval leaves 0 out: only then may it be called a difference. */
static inline bool sj_is_significant(struct sj_difference difference) { return difference.low > 0 || difference.high < 0; }
