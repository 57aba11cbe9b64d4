/* Whether two shares differ, exactly: the test of Fisher (1935, The Design of Experiments, chapter 2). Where few are expected, the tests that
 * take counts for normal are far too sure. Pure functions. */
#pragma once
#include <stdint.h>

/* Two-sided: how probable, given the margins, a table is that is no more probable than this one (x1 of n1, x2 of n2, 0 <= x <= n).
 * O(min(n1, x1 + x2)). */
double sj_fisher(int64_t x1, int64_t n1, int64_t x2, int64_t n2);
