#include "stats/ranks.h"

#include <assert.h>
#include <math.h>

#define TAIL 0.025
#define NEGLIGIBLE 1e-18 /* of the most probable number: what is farther out adds nothing */

/* The binomial distribution of the number of values below the quantile, from its most probable number outwards. */
struct binomial {
    uint64_t n, mode;
    double q, p_mode;
};

/* lgamma() itself writes to a global variable. */
static double log_factorial(uint64_t n) {
    int sign;
    return lgamma_r((double)n + 1, &sign);
}

static struct binomial binomial_of(uint64_t n, unsigned percent) {
    struct binomial b = {.n = n, .q = percent / 100.0};
    b.mode = (uint64_t)(((double)n + 1) * b.q);
    b.mode = b.mode > n ? n : b.mode;
    b.p_mode = exp(log_factorial(n) - log_factorial(b.mode) - log_factorial(n - b.mode) + (double)b.mode * log(b.q) +
                   (double)(n - b.mode) * log1p(-b.q));
    return b;
}

/* The number k + 1 has this many times the probability of k. */
static double ratio(const struct binomial *b, uint64_t k) { return (double)(b->n - k) / (double)(k + 1) * (b->q / (1 - b->q)); }

/* The smallest number so large that it or a larger one has at most the probability TAIL; n + 1 when there is none. Added up from the far
 * end, the smallest first. */
static uint64_t find_upper(const struct binomial *b) {
    uint64_t k = b->mode;
    double p = b->p_mode, tail = 0;
    for (; k < b->n && p > NEGLIGIBLE * b->p_mode; k++)
        p *= ratio(b, k);
    while ((tail += p) <= TAIL && k > 0)
        p /= ratio(b, --k);
    return k + 1;
}

/* The number of those so small that they or smaller ones have at most the probability TAIL. */
static uint64_t find_lower(const struct binomial *b) {
    uint64_t k = b->mode;
    double p = b->p_mode, tail = 0;
    for (; k > 0 && p > NEGLIGIBLE * b->p_mode; k--)
        p /= ratio(b, k - 1);
    for (; (tail += p) <= TAIL && k < b->n; k++)
        p *= ratio(b, k);
    return k;
}

/* Below the true quantile are at most r - 1 values with probability P(X <= r - 1): the rank r, from 1, is a lower bound when that is small. */
struct sj_ranks sj_quantile_ranks(uint64_t n, unsigned percent) {
    assert(n > 0 && percent > 0 && percent < 100);
    const struct binomial b = binomial_of(n, percent);
    const uint64_t below = find_lower(&b), above = find_upper(&b); /* ranks from 1 */
    return (struct sj_ranks){
        .has_low = below > 0,
        .has_high = above <= n,
        .low = below > 0 ? below - 1 : 0,
        .high = above <= n ? above - 1 : 0,
    };
}
