/* Route steps: from the counts of whole routes, the links between one step and the next, and who is where at each step, for routes.c.
 *
 *   routes, counted      links: step 1                step 2              matrix:  1   2
 *   a b    3             (start) -> a  4              a -> b      3            a   4   1
 *   a END  1             (start) -> b  2              a -> (end)  1            b   2   3
 *   b a    1                                          b -> a      1          (end) 0   2
 *   b END  1                                          b -> (end)  1
 *
 * Every step adds up to all that are followed, less those whose journey has ended (or who have arrived) before; in the matrix these
 * are in rows of their own. Touchpoints beyond the `width` most frequent of a step are together as other. */
#pragma once
#include "analysis/common.h"
#include "analysis/route_counts.h"

#define SJ_ROUTE_STEPS_MAX 20

struct sj_route_steps {
    const struct sj_route_counts *counts;
    const uint32_t *places; /* sj_name_places() of the touchpoints */
    uint64_t n_followed;
    uint32_t anchor, goal; /* touchpoints; SJ_NO_CODE: the edge of the journey, none */
    bool back;             /* step 1 is the last of a route */
    uint32_t n_steps, width;
};

/* Adds both tables. Links have the columns step (negative when looking back), from, to, kind ("touchpoint", "other", "start", "end": of
 * the side that is farther from the anchor), count, share; the matrix has touchpoint, step, count, share, kind. */
enum sj_status sj_route_steps_give(const struct sj_job *job, const struct sj_route_steps *steps, const struct sj_table_def *links,
                                   const struct sj_table_def *matrix, struct sj_shares *shares, struct sj_result *result,
                                   struct sj_error *err);
