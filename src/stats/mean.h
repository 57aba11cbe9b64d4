/* The mean of whole numbers from three exact sums, with the interval of Student's t, 95 %. For figures on a short scale (satisfaction,
 * effort) and for amounts; where few values are far larger than the rest, a median says more.
 *
 * The sums are integers, so that they are the same in whatever order and grouping values come; from them the mean and the scatter around
 * it are found in whole numbers too, and rounded once: nothing cancels out, however large the mean beside its scatter.
 * Pure functions; the sums are the caller's. */
#pragma once
#include <stdbool.h>
#include "base/result.h"
#include "base/wide.h"

/* All zero: no values yet. n never falls below 0, and n times `squares` is never less than the square of `sum`. */
struct sj_sums {
    int64_t n;
    sj_signed_wide sum;
    sj_wide squares;
};

/* False where the sum of squares does not fit any more; `sums` is unchanged then. There is room for four of the largest values, and for
 * 2^34 (17 thousand million) below 2^47, which are 140 million in millionths. */
bool sj_sums_add(struct sj_sums *sums, int64_t value);
bool sj_sums_merge(struct sj_sums *sums, const struct sj_sums *other);

/* Values are in millionths, the mean is in units. False, and nothing is written, where there are no values: the mean is not known.
 * Of one value the mean is known and how sure it is is not: the interval is from -INFINITY to INFINITY, which JSON gives as null.
 * SJ_FLAG_THIN: n < 30. (How wide is too wide only the caller can say, who knows the scale.) */
bool sj_mean(const struct sj_sums *sums, struct sj_estimate *ret_mean);
