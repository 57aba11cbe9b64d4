/* Two groups compared within strata (segments, channels, months): the differences of each stratum put together, and whether that says
 * something else than the difference over all, as in Simpson's paradox. Pure functions.
 *
 * The pooled risk difference is that of Mantel and Haenszel with the variance of Sato (1989, Biometrics 45:1323-1324). Whether there is any
 * difference is tested as by Cochran (1954, Biometrics 10:417-451) and Mantel and Haenszel (1959, JNCI 22:719-748). */
#pragma once
#include "stats/difference.h"

struct sj_stratum {
    int64_t x1, n1, x2, n2; /* x1 of n1 in the first group, x2 of n2 in the second; a group may be empty */
};

struct sj_pooled {
    double crude;                /* over the strata that both groups are in, as if they were one */
    struct sj_difference within; /* pooled over these strata */
    double se;                   /* of `within` */
    double expected;             /* how far the number expected in the first group is from the least and the most that the margins allow */
};
#define SJ_MANTEL_FLEISS 5 /* where less is expected the pooled difference says nothing (Mantel and Fleiss 1980, AJE 112:129-134) */

/* `design`: the design effect of each group (stats/wilson.h), by which the variance grows. False where the strata have no two groups to
 * compare. */
bool sj_mantel_haenszel(const struct sj_stratum *strata, size_t n, const double design[2], struct sj_pooled *ret_pooled);

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
