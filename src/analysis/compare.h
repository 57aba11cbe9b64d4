/* Compare: what its files share. Which journeys are in which group (compare_groups.c), what is counted of them in the first pass
 * (compare_counts.c) and in those after it (compare_depth.c), and what is said of that (compare_answer.c).
 *
 *   pass 1   journeys of each group that have a touchpoint, link, route, channel or value
 *   turn     features that are worth a test, in order; those to look at within strata, and the links whose times are compared
 *   pass 2   the same counts of the chosen features within strata, and times in buckets
 *   pass 3   the values that exact medians need (analysis/spread.h) */
#pragma once
#include "analysis/common.h"
#include "analysis/route_counts.h"
#include "analysis/spread.h"
#include "lens/match.h"

#include <string.h>

/* ---- the question ---- */

enum sj_compare_mode { SJ_COMPARE_SEGMENTS, SJ_COMPARE_ROUTES, SJ_COMPARE_PERIODS };

/* Two segments, two expressions, or a moment. Without `other` all the rest are in the second group. */
struct sj_compare_rule {
    enum sj_compare_mode mode;
    uint32_t first, other; /* of batch->members, or of job->patterns; other: SJ_NO_CODE where there is none */
    int64_t since_us;
};

/* The place of a journey: 0 or 1, the groups, or */
enum { SJ_COMPARE_NEITHER = 2, SJ_COMPARE_BOTH = 3 };

struct sj_compare_sorter {
    const struct sj_compare_rule *rule;
    struct sj_matcher matchers[2];
    struct sj_buf groups, second; /* uint8_t, by journey */
};
void sj_compare_sorter_init(struct sj_compare_sorter *sorter, const struct sj_job *job, const struct sj_compare_rule *rule);
void sj_compare_sorter_done(struct sj_compare_sorter *sorter);
/* ret_groups[journey]; good until the next call. Errors: those of the matcher. */
enum sj_status sj_compare_sort(struct sj_compare_sorter *sorter, const struct sj_batch *batch, const uint8_t **ret_groups,
                               struct sj_error *err);

struct sj_compare_sums {
    uint64_t journeys[2], customers[2], events[2]; /* of the groups */
    uint64_t squares[2];                           /* of the journeys of each customer in the group, added up */
    uint64_t n_journeys, n_customers, n_both;      /* of all */
};

/* ---- features: what a journey has or has not ---- */

enum sj_feature_kind { SJ_FEATURE_TOUCHPOINT, SJ_FEATURE_LINK, SJ_FEATURE_ROUTE, SJ_FEATURE_CHANNEL, SJ_FEATURE_PROPERTY };

struct sj_feature {
    enum sj_feature_kind kind;
    uint32_t a, b;          /* touchpoint; from and to; index into plan->routes; channel; property and the code of its value */
    uint64_t place;         /* in the order of names, among those of its kind */
    int64_t x[2], n[2];     /* of the n journeys of a group x have it; n of a property: those that have any value of it */
    double low, high, p, q; /* of the difference; q is known at the end */
    bool is_thin;
};

#define SJ_COMPARE_ROUTE_STEPS 12 /* longer routes are not compared: hardly two journeys share one */
#define SJ_COMPARE_ROUTES_MAX 200 /* the most frequent of each group */
#define SJ_COMPARE_CHECKED_MAX 200
#define SJ_COMPARE_TIMED_MAX 50 /* links */
#define SJ_COMPARE_JOURNEYS_MIN 10

/* What journeys are divided by, to look at each part by itself: the first value of a journey that is known. */
struct sj_stratifier {
    uint32_t dimension; /* of the job; SJ_NO_CODE: channels */
    uint32_t n_codes;   /* one more than there are names: the last (of channels the first) is none */
    uint32_t base;      /* place of the first */
};

/* A link that is looked at in the second pass: places in plan->checked and plan->timed, SJ_NO_CODE where it is not there. */
struct sj_compare_link {
    uint32_t key; /* 1 + from * touchpoints + to; 0: a free slot */
    uint32_t checked, timed;
};

struct sj_compare_route {
    const uint16_t *steps;
    uint32_t n_steps, checked; /* checked: as of a link */
    uint64_t hash;
};

/* A time that is compared: of whole journeys, or of a link, between the two touchpoints the first time that they follow each other. */
struct sj_compare_timed {
    uint32_t key; /* of the link; SJ_NO_CODE: whole journeys */
    int64_t n[2];
};

struct sj_compare_plan {
    struct sj_compare_rule rule;
    unsigned pass;
    size_t top; /* rows of a table */
    const uint32_t *touchpoint_places, *channel_places;

    /* Counts of the first pass by slot: touchpoints, channels, then for each property its values and "any". */
    uint32_t n_touchpoints, n_channels, n_properties, first_property; /* of the job's dimensions */
    const uint32_t *property_slots, *n_values;
    uint32_t n_slots;

    double design[2]; /* of each group: so many journeys say as much as a customer's only one, were all journeys of a customer alike */
    struct sj_feature *features; /* that are tested, in the order of what is sure of them */
    size_t n_features, n_apart;
    const char *apart; /* names of what was left out since the groups are made of it */
    struct sj_compare_route *routes;
    uint32_t n_routes, n_route_slots, *route_slots; /* open addressing: 1 + index, 0 is free */

    /* The second pass. Of the features the first n_checked are looked at within strata. */
    size_t n_checked;
    uint32_t *checked_slot; /* by slot of the first pass */
    struct sj_compare_link *links;
    uint32_t links_shift;
    uint32_t stratified_by; /* the dimension that was asked for; SJ_NO_CODE: all that there are */
    struct sj_stratifier *strata;
    size_t n_strata;
    uint32_t n_places;
    struct sj_compare_timed *timed; /* the first: whole journeys */
    size_t n_timed;
    struct sj_quantiles_ask fine, exact; /* of times, in groups 2 * timed + group */
    const struct sj_quantile_plan *quantiles;

    /* What the passes have found. */
    struct sj_compare_sums *sums;
    struct sj_counted *times; /* by group and rising value */
    size_t n_times;
    uint64_t *within, *within_n, *within_known; /* as of struct sj_compare_depth */
    struct sj_quantiles medians;
};

/* ---- pass 1 ---- */

struct sj_compare_links;
struct sj_compare_counts {
    struct sj_compare_sums sums;
    uint64_t serial;          /* of the journey in hand, from 1 */
    uint64_t last[2], n_seen; /* customers */
    uint64_t n_of_last[2];    /* journeys of that customer in the group */
    uint64_t *slots, *marks;  /* two for each slot; by touchpoint and channel: the journey that had it last */
    struct sj_compare_links *links;
    struct sj_route_counts routes[2];
};
enum sj_status sj_compare_counts_init(struct sj_compare_counts *counts, const struct sj_job *job, struct sj_error *err);
void sj_compare_counts_done(struct sj_compare_counts *counts, const struct sj_job *job);
enum sj_status sj_compare_counts_add(struct sj_compare_counts *counts, const struct sj_job *job, const struct sj_batch *batch,
                                     const uint8_t *groups, struct sj_error *err);
enum sj_status sj_compare_counts_merge(struct sj_compare_counts *counts, struct sj_compare_counts *other, const struct sj_job *job,
                                       struct sj_error *err);
/* Fills plan->features with all that occur, of routes the most frequent (with job->alone every one), in no order yet. */
enum sj_status sj_compare_features(const struct sj_job *job, struct sj_compare_counts *counts, struct sj_compare_plan *plan,
                                   struct sj_error *err);

/* ---- passes 2 and 3 ---- */

struct sj_compare_depth {
    uint64_t serial;
    uint64_t *within;              /* by checked feature, place and group: journeys that have it */
    uint64_t *within_n;            /* by place and group: journeys */
    uint64_t *within_known;        /* by property, place and group: journeys with a value of it */
    uint64_t *marks, *timed_marks; /* the journey that had it last */
    uint32_t *places;              /* of the journey in hand, by stratifier */
    struct sj_spread *fine, *exact;
};
enum sj_status sj_compare_depth_init(struct sj_compare_depth *depth, const struct sj_job *job, struct sj_error *err);
void sj_compare_depth_done(struct sj_compare_depth *depth, const struct sj_job *job);
enum sj_status sj_compare_depth_add(struct sj_compare_depth *depth, const struct sj_job *job, const struct sj_batch *batch,
                                    const uint8_t *groups, struct sj_error *err);
enum sj_status sj_compare_depth_merge(struct sj_compare_depth *depth, struct sj_compare_depth *other, const struct sj_job *job,
                                      struct sj_error *err);

/* ---- between the passes, and the end ---- */

/* Chooses what is tested and what the next passes look at. */
enum sj_status sj_compare_choose(const struct sj_job *job, struct sj_error *err);
/* With job->alone: everything is there as it was counted, nothing is tested, and no pass follows. */
enum sj_status sj_compare_take_all(const struct sj_job *job, struct sj_error *err);

/* What is sure of a difference: the bound of its interval that is nearest to nothing. */
static inline double sj_compare_bound(double low, double high) { return low > 0 ? low : high < 0 ? -high : 0; }
static inline double sj_feature_share(const struct sj_feature *feature, size_t group) {
    return (double)feature->x[group] / (double)feature->n[group];
}
#define SJ_COMPARE_SIGNIFICANT 0.05

/* Everything that there is to say; `tables` in this order. */
enum { SJ_COMPARE_GROUPS, SJ_COMPARE_DIFFERENCES, SJ_COMPARE_TIMES, SJ_COMPARE_REVERSALS, SJ_COMPARE_STRATA, SJ_N_COMPARE_TABLES };
enum sj_status sj_compare_answer(const struct sj_job *job, const struct sj_table_def *tables, struct sj_result *result,
                                 struct sj_error *err);
/* The tables of what turns around within strata, the first `top`, with its notes. */
enum sj_status sj_compare_reversals(const struct sj_job *job, const struct sj_table_def *tables, struct sj_result *result,
                                    struct sj_error *err);
/* Names, as a cell: "cart", "cart >> checkout", "^ visit >> cart $", "web", "plan = gold"; and the word for the kind. */
enum sj_status sj_feature_name(const struct sj_job *job, const struct sj_feature *feature, struct sj_arena *arena, struct sj_str *ret_name,
                               struct sj_error *err);
struct sj_str sj_feature_word(enum sj_feature_kind kind);

/* The slot of the route, or the free one where it belongs. */
static inline uint32_t *sj_compare_route_slot(const struct sj_compare_plan *plan, const uint16_t *steps, uint32_t n_steps, uint64_t hash) {
    size_t at = (size_t)hash % plan->n_route_slots;
    for (; plan->route_slots[at] != 0; at = (at + 1) % plan->n_route_slots) {
        const struct sj_compare_route *route = &plan->routes[plan->route_slots[at] - 1];
        if (route->hash == hash && route->n_steps == n_steps && memcmp(route->steps, steps, n_steps * sizeof *steps) == 0)
            break;
    }
    return &plan->route_slots[at];
}

static inline const struct sj_compare_link *sj_compare_find_link(const struct sj_compare_plan *plan, uint32_t key) {
    const uint32_t mask = UINT32_MAX >> plan->links_shift;
    uint32_t at = ((key + 1) * UINT32_C(2654435769)) >> plan->links_shift;
    while (plan->links[at].key != 0 && plan->links[at].key != key + 1)
        at = (at + 1) & mask;
    return plan->links[at].key != 0 ? &plan->links[at] : NULL;
}
