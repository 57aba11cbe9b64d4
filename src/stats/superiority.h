/* Two groups of values compared by rank: how much more probable it is that a value of the first is the larger one than that one of the second
 * is. That is the delta of Cliff (1993, Psychological Bulletin 114:494-509), from -1 (all of the first are smaller) over 0 to 1 (all are
 * larger), whatever the shape of the values. Of a yes or no it is the difference of the shares, so that the two can be ranked together.
 *
 * The interval, 95 %, is from the variance of DeLong, DeLong and Clarke-Pearson (1988, Biometrics 44:837-845), which does not ask that the
 * groups scatter alike; the test is that of Mann and Whitney (1947), with ties (Lehmann 1975, Nonparametrics, 1.4) and the correction for
 * continuity. Where all values of one group lie beyond those of the other that variance is nothing, and the interval is the fifth of Newcombe
 * (2006, Statistics in Medicine 25:559-573), which is never so. Pure functions. */
#pragma once
#include <stdbool.h>
#include "stats/counter.h"

struct sj_superiority {
    double delta, low, high;
    double p; /* two-sided; 1 where all values are equal */
};

/* Values by rising value, each once, with their numbers (groups are not looked at). `design`: the design effect of each group
 * (stats/wilson.h). O(n_first + n_second). False where a group has fewer than two values. */
bool sj_superiority(const struct sj_counted *first, size_t n_first, const struct sj_counted *second, size_t n_second,
                    const double design[2], struct sj_superiority *ret_superiority);
