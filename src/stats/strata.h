/* Two groups compared within strata (segments, channels, months): the differences of each stratum put together, and whether that says
 * something else than the difference over all, as in Simpson's paradox. Pure functions.
 *
 * The pooled risk difference is that of Mantel and Haenszel with the variance of Sato (1989, Biometrics 45:1323-1324); the pooled odds ratio
 * is Mantel and Haenszel's (1959) with the interval of Robins, Breslow and Greenland (1986, Biometrics 42:311-323). Whether there is any
 * difference is tested as by Cochran (1954, Biometrics 10:417-451) and Mantel and Haenszel (1959, JNCI 22:719-748). */
#pragma once
#include "stats/difference.h"

struct sj_stratum {
    int64_t x1, n1, x2, n2; /* x1 of n1 in the first group, x2 of n2 in the second; a group may be empty */
};

struct sj_pooled {
    struct sj_difference crude;  /* over all, as if there were no strata: Newcombe */
    struct sj_difference within; /* pooled over the strata */
    double se;                   /* of `within` */
    double odds_ratio, odds_low, odds_high;
    bool is_simpson; /* the signs differ by more than two standard errors, or only one of the two is significant */
};

/* False where the strata have no two groups to compare. */
bool sj_mantel_haenszel(const struct sj_stratum *strata, size_t n, struct sj_pooled *ret_pooled);

/* How surprising the strata together are if within each of them the groups do not differ. */
struct sj_strata_test {
    double chi_square, p;                     /* one degree of freedom */
    double corrected_chi_square, corrected_p; /* with the correction for continuity: closer to the exact test with few observations */
};

/* The test of Cochran, Mantel and Haenszel, of n strata with 0 <= x <= n in each group. O(n). It asks for a difference in the same
 * direction in all strata: opposite ones cancel out. The correction takes 1/2 from the distance between what is observed and what is
 * expected in the first group, and never more than there is. False where no stratum can tell: both groups and both outcomes must occur
 * in one. */
bool sj_cochran_mantel_haenszel(const struct sj_stratum *strata, size_t n, struct sj_strata_test *ret_test);
