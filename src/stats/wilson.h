/* Shares with their uncertainty: the score interval of Wilson (1927, JASA 22:209-212), 95 %.
 * Chosen because it never leaves [0, 1] and keeps its coverage for few observations and for shares near 0 and 1, where the
 * textbook interval p ± 1.96·se has no width at all. Pure functions. */
#pragma once
#include "base/result.h"

/* The share x of n, 0 <= x <= n, n > 0. SJ_FLAG_THIN: n < 30, or the interval is wider than 20 points. */
struct sj_estimate sj_wilson(int64_t x, int64_t n);

/* The same where observations come in clusters, such as the journeys of a customer, and are alike there: `design` >= 1 observations say as
 * much as one would by itself (the design effect of Kish 1965, Survey Sampling, 8.2), so that the interval is that of x / design of
 * n / design (Dean and Pagano 2015, Journal of Survey Statistics and Methodology 3:484-503). */
struct sj_estimate sj_wilson_clustered(int64_t x, int64_t n, double design);
