/* The Net Promoter Score: promoters (9, 10) less detractors (0 to 6) of all answers, in points from -100 to 100.
 * The interval is the adjusted Wald one, with three quarters more of both and three more answers (Rocks 2016, see
 * measuringu.com/nps-confidence-intervals): the best of those compared there, also with few answers. The value stays that of the answers
 * themselves, so that it is not quite the middle of its interval. Pure functions. */
#pragma once
#include "stats/difference.h"

struct sj_nps_answers {
    int64_t promoters, detractors, n; /* promoters + detractors <= n, n > 0 */
};

/* SJ_FLAG_THIN: n < 30, or the interval is wider than 20 points. */
struct sj_estimate sj_nps(struct sj_nps_answers answers);

/* a less b, of different people; the interval is around the adjusted difference. *ret_p: how probable a difference as large is when there
 * is none. */
struct sj_difference sj_nps_difference(struct sj_nps_answers a, struct sj_nps_answers b, double *ret_p);
