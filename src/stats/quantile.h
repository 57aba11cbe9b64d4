/* What a quantile of whole numbers is: definition 7 of Hyndman & Fan (1996, The American Statistician 50:361-365), the one of R,
 * NumPy, pandas and DuckDB. With n values in order, x[0] … x[n-1], the p % quantile stands at place h = (n-1)·p/100; between two
 * values it is interpolated. The median of an even number is the mean of the two in the middle.
 *
 * In whole numbers throughout, so that it is the same everywhere: the result is rounded to the nearest, halves upwards. */
#pragma once
#include <stdint.h>

/* The place of a quantile: between x[rank] and x[rank + 1], `hundredths` of the way. At 0 the second is not needed. */
struct sj_quantile_place {
    uint64_t rank;
    uint32_t hundredths; /* 0 to 99 */
};

struct sj_quantile_place sj_quantile_place(uint64_t n, unsigned percent);       /* n > 0, percent <= 100 */
int64_t sj_quantile_between(int64_t below, int64_t above, uint32_t hundredths); /* below <= above, neither negative */
