/* How sure a quantile is: of n values in order, those between which the true quantile lies with at least 95 % confidence. By the binomial
 * distribution alone, whatever the distribution of the values (Conover, Practical Nonparametric Statistics, 3.2). Pure functions. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct sj_ranks {
    bool has_low, has_high; /* false: with so few values there is no bound on that side */
    uint64_t low, high;     /* from 0: x[low] and x[high] */
};

/* n > 0, 0 < percent < 100. O(sqrt(n)). */
struct sj_ranks sj_quantile_ranks(uint64_t n, unsigned percent);
