/* The times of dwell: waits, waits for a response, durations, and links, counted in one pass and timed exactly in a second. For dwell.c.
 *
 *   pass 1   all counts and sums; histograms of the times; a sketch of the waits that ended and of those that are still open
 *   pass 2   the times that the quantiles need
 *
 * The functions are those of the analysis (analysis.h); job->plan is a plan of this header, whose first part prepare() fills. Memory: a
 * few counts for each touchpoint and each link that occurs, and what quantiles take (quantiles.h). */
#pragma once
#include "analysis/analysis.h"
#include "analysis/links.h"
#include "stats/quantiles.h"
#include "stats/survival.h"

/* 10, 25, 50, 75 and 90 %. */
enum { SJ_DWELL_PERCENTS = 5, SJ_DWELL_MEDIAN = 2 };

/* What is timed at a touchpoint. A group of times is one of these and a touchpoint: kind * n_touchpoints + code. */
enum sj_dwell_kind { SJ_DWELL_WAIT, SJ_DWELL_RESPONSE, SJ_DWELL_DURATION, SJ_DWELL_KINDS };
#define SJ_DWELL_OPEN_KINDS 2 /* the first two may be open */

struct sj_dwell_tally {
    uint64_t count, customers, longer, open, last_customer;
    sj_wide total_us;
};

struct sj_dwell_times {
    int64_t quantiles[SJ_DWELL_PERCENTS], low, high;
    bool known, has_low, has_high;
};

struct sj_dwell_counts {
    uint64_t n_journeys, n_customers, n_negative;
};

struct sj_dwell_plan {
    bool second;
    uint32_t n; /* touchpoints */
    int64_t threshold_us;
    uint32_t measure;
    const bool *responds, *requests, *ends; /* by touchpoint */
    bool wants_responses, any_requests;
    bool any_open;  /* a journey waits on after its last event */
    size_t n_shown; /* links that are asked for; after pass 1, that there are */

    /* After pass 1, and the times after pass 2: */
    struct sj_dwell_counts counts;
    struct sj_dwell_tally *tallies;                      /* by group */
    struct sj_survival_median *all[SJ_DWELL_OPEN_KINDS]; /* by touchpoint */
    struct sj_link *links;                               /* the most person-hours first */
    uint64_t *longer_links;
    size_t n_links;
    const struct sj_quantile_plan *group_plan, *link_plan;
    struct sj_dwell_times *group_times, *link_times;
};

enum sj_status sj_dwell_start(const struct sj_job *job, void **ret_state, struct sj_error *err);
enum sj_status sj_dwell_absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err);
enum sj_status sj_dwell_merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err);
/* Fills the rest of the plan. */
enum sj_status sj_dwell_turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err);
void sj_dwell_drop(const struct sj_job *job, void *dropped);
