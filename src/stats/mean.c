#include "stats/mean.h"

#include <assert.h>

#include "stats/normal.h"
#include "stats/student.h"

#define UNIT 1e6

static sj_wide magnitude(sj_signed_wide value) { return value < 0 ? -(sj_wide)value : (sj_wide)value; }

bool sj_sums_merge(struct sj_sums *sums, const struct sj_sums *other) {
    struct sj_sums both;
    if (__builtin_add_overflow(sums->squares, other->squares, &both.squares) || __builtin_add_overflow(sums->n, other->n, &both.n))
        return false;
    both.sum = sums->sum + other->sum; /* in magnitude at most the root of n times the squares, below 2^96 */
    *sums = both;
    return true;
}

bool sj_sums_add(struct sj_sums *sums, int64_t value) {
    const sj_wide size = magnitude(value);
    const struct sj_sums one = {.n = 1, .sum = value, .squares = size * size};
    return sj_sums_merge(sums, &one);
}

/* The sum of (x - mean)². With |sum| = q n + r, r < n, it is squares - q² n - 2 q r - r²/n. What stands before r²/n is a whole number from
 * 0 to `squares`, so that it comes out right although its parts may not fit; r²/n is taken off as a whole number and a fraction. Where the
 * result is not 0 it is at least 1/2: one of n values is one more than the others. */
static double scatter(const struct sj_sums *sums) {
    const sj_wide n = (sj_wide)sums->n, q = magnitude(sums->sum) / n, r = magnitude(sums->sum) % n;
    const sj_wide whole = sums->squares - q * q * n - 2 * q * r - r * r / n;
    return (double)whole - (double)(r * r % n) / (double)n;
}

bool sj_mean(const struct sj_sums *sums, struct sj_estimate *ret_mean) {
    assert(sums->n >= 0);
    if (sums->n == 0)
        return false;
    const double n = (double)sums->n, mean = (double)sums->sum / n / UNIT;
    const double half = sums->n > 1 ? sj_student_95(sums->n - 1) * sqrt(scatter(sums) / (n - 1) / n) / UNIT : INFINITY;
    *ret_mean = (struct sj_estimate){
        .value = mean,
        .low = mean - half,
        .high = mean + half,
        .n = sums->n,
        .flags = sums->n < SJ_THIN_N ? SJ_FLAG_THIN : 0,
    };
    return true;
}
