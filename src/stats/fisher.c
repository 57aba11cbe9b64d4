#include "stats/fisher.h"

#include <math.h>

#define ALIKE 1e-7 /* tables whose probabilities differ by less, relatively, are equally probable */

static double log_factorial(double n) {
    int sign;
    return lgamma_r(n + 1, &sign);
}

static double log_choose(double n, double k) { return log_factorial(n) - log_factorial(k) - log_factorial(n - k); }

double sj_fisher(int64_t x1, int64_t n1, int64_t x2, int64_t n2) {
    const int64_t x = x1 + x2, lo = x > n2 ? x - n2 : 0, hi = n1 < x ? n1 : x;
    const double all = log_choose((double)n1 + (double)n2, (double)x);
    const double seen = log_choose((double)n1, (double)x1) + log_choose((double)n2, (double)x2) - all;
    double log_p = log_choose((double)n1, (double)lo) + log_choose((double)n2, (double)(x - lo)) - all, sum = 0;
    for (int64_t k = lo; k <= hi; k++) {
        if (log_p <= seen + ALIKE)
            sum += exp(log_p);
        log_p += log((double)(n1 - k) * (double)(x - k)) - log((double)(k + 1) * (double)(n2 - x + k + 1));
    }
    return fmin(1, sum);
}
