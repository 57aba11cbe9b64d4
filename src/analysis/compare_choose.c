#include "analysis/compare.h"

#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "stats/fisher.h"
#include "stats/normal.h"
#include "stats/strata.h"

#define APART_NAMED 5
#define FEW 5
#define LINK_SLOTS_SHIFT 22 /* 1024 slots for at most 250 links */

/* ---- each feature by itself ---- */

/* Less than FEW independent journeys are expected in a corner of the table, if the groups do not differ. */
static bool is_rare(const struct sj_feature *feature, const double design[2]) {
    const double n1 = (double)feature->n[0] / design[0], n2 = (double)feature->n[1] / design[1], n = n1 + n2;
    const double x = (double)feature->x[0] / design[0] + (double)feature->x[1] / design[1];
    return fmin(n1, n2) * fmin(x, n - x) / n < FEW;
}

static int64_t independent(int64_t n, double design) { return llround((double)n / design); }

/* A difference with its interval, and the chi-square of the test divided by the design effect (Rao and Scott 1981, JASA 76:221-230); where
 * few are expected (Cochran 1954, section 2), the exact test of so many independent journeys. */
static void compare_shares(struct sj_feature *feature, const double design[2]) {
    const struct sj_stratum stratum = {feature->x[0], feature->n[0], feature->x[1], feature->n[1]};
    struct sj_strata_test test;
    feature->p = feature->q = 1;
    if (feature->n[0] == 0 || feature->n[1] == 0)
        return;
    const struct sj_difference difference = sj_newcombe_clustered(stratum.x1, stratum.n1, stratum.x2, stratum.n2, design);
    feature->low = difference.low;
    feature->high = difference.high;
    feature->is_thin =
        ((sj_wilson_clustered(stratum.x1, stratum.n1, design[0]).flags | sj_wilson_clustered(stratum.x2, stratum.n2, design[1]).flags) &
         SJ_FLAG_THIN) != 0;
    if (is_rare(feature, design))
        feature->p = sj_fisher(independent(stratum.x1, design[0]), independent(stratum.n1, design[0]), independent(stratum.x2, design[1]),
                               independent(stratum.n2, design[1]));
    else if (sj_cochran_mantel_haenszel(&stratum, 1, &test))
        feature->p = sj_normal_p(sqrt(test.corrected_chi_square / sj_common_design((double)stratum.n1, (double)stratum.n2, design)));
}

/* What is not seen often enough, or hardly ever missed, cannot differ: that does not depend on who is in which group. */
static bool is_testable(const struct sj_feature *feature) {
    const int64_t x = feature->x[0] + feature->x[1], n = feature->n[0] + feature->n[1];
    return feature->n[0] > 0 && feature->n[1] > 0 && x >= SJ_COMPARE_JOURNEYS_MIN && n - x >= SJ_COMPARE_JOURNEYS_MIN;
}

static double value_of(const struct sj_feature *feature) { return fabs(sj_feature_share(feature, 0) - sj_feature_share(feature, 1)); }

static int by_bound(const void *left, const void *right) {
    const struct sj_feature *a = left, *b = right;
    const double a_bound = sj_compare_bound(a->low, a->high), b_bound = sj_compare_bound(b->low, b->high);
    if (a_bound != b_bound)
        return a_bound > b_bound ? -1 : 1;
    if (value_of(a) != value_of(b))
        return value_of(a) > value_of(b) ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* ---- what the groups are made of ---- */

/* Touchpoints and properties that make the groups what they are. */
struct apart {
    bool *touchpoints, *properties;
    bool any_touchpoint;
};

/* All of one group have it, and none of the other. */
static bool separates(const struct sj_feature *feature) {
    return is_testable(feature) &&
           ((feature->x[0] == feature->n[0] && feature->x[1] == 0) || (feature->x[0] == 0 && feature->x[1] == feature->n[1]));
}

/* Touchpoints that an expression asks for by name. A position that most touchpoints may stand for, as with . and !, names none. */
static enum sj_status mark_named(const struct sj_job *job, uint32_t place, bool *named, struct sj_error *err) {
    const struct sj_pattern *pattern = job->patterns[place];
    uint32_t *counts;
    SJ_TRY(sj_arena_new(job->arena, SJ_POSITIONS_MAX, sizeof *counts, &counts, err));
    for (uint32_t t = 0; t < job->n_touchpoints; t++)
        for (uint64_t bits = pattern->positions_at[t]; bits != 0; bits &= bits - 1)
            counts[__builtin_ctzll(bits)]++;
    for (uint32_t t = 0; t < job->n_touchpoints; t++)
        for (uint64_t bits = pattern->positions_at[t]; bits != 0; bits &= bits - 1)
            named[t] |= 2 * counts[__builtin_ctzll(bits)] <= job->n_touchpoints;
    return SJ_OK;
}

static enum sj_status find_apart(const struct sj_job *job, struct apart *apart, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    const uint32_t patterns[2] = {plan->rule.first, plan->rule.other};
    bool *named;
    SJ_TRY(sj_arena_new(job->arena, plan->n_touchpoints, 1, &named, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_touchpoints, 1, &apart->touchpoints, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_properties, 1, &apart->properties, err));
    for (size_t i = 0; plan->rule.mode == SJ_COMPARE_ROUTES && i < 2 && patterns[i] != SJ_NO_CODE; i++)
        SJ_TRY(mark_named(job, patterns[i], named, err));
    for (size_t i = 0; i < plan->n_features; i++) {
        const struct sj_feature *feature = &plan->features[i];
        const bool all_of_one = (feature->x[0] == feature->n[0]) != (feature->x[1] == feature->n[1]);
        if (feature->kind == SJ_FEATURE_TOUCHPOINT)
            apart->touchpoints[feature->a] = separates(feature) || (named[feature->a] && all_of_one);
        if (feature->kind == SJ_FEATURE_PROPERTY)
            apart->properties[feature->a] |= separates(feature);
    }
    for (uint32_t t = 0; t < plan->n_touchpoints; t++)
        apart->any_touchpoint |= apart->touchpoints[t];
    return SJ_OK;
}

static bool is_apart(const struct apart *apart, const struct sj_feature *feature) {
    switch (feature->kind) {
    case SJ_FEATURE_TOUCHPOINT: return apart->touchpoints[feature->a];
    case SJ_FEATURE_LINK: return apart->touchpoints[feature->a] || apart->touchpoints[feature->b] || separates(feature);
    case SJ_FEATURE_ROUTE: return apart->any_touchpoint || separates(feature);
    case SJ_FEATURE_PROPERTY: return apart->properties[feature->a];
    default: return separates(feature);
    }
}

/* Leaves out what is apart; the order stays. */
static enum sj_status keep_tested(const struct sj_job *job, const struct apart *apart, struct sj_error *err) {
    struct sj_compare_plan *plan = job->plan;
    struct sj_buf names;
    enum sj_status status = SJ_OK;
    size_t n = 0;
    sj_buf_init(&names, job->mem, SIZE_MAX / 2);
    for (size_t i = 0; i < plan->n_features && status == SJ_OK; i++) {
        const struct sj_feature *feature = &plan->features[i];
        struct sj_str name;
        if (!is_apart(apart, feature)) {
            plan->features[n++] = *feature;
            continue;
        }
        if (plan->n_apart++ >= APART_NAMED)
            continue;
        status = sj_feature_name(job, feature, job->arena, &name, err);
        if (status == SJ_OK)
            status = sj_buf_print(&names, err, "%s%.*s", names.n > 0 ? ", " : "", SJ_ARG(name));
    }
    if (status == SJ_OK)
        status = sj_arena_print(job->arena, &plan->apart, err, "%.*s%s", (int)names.n, names.n > 0 ? (const char *)names.data : "",
                                plan->n_apart > APART_NAMED ? ", …" : "");
    sj_buf_done(&names);
    plan->n_features = n;
    return status;
}

/* ---- times ---- */

struct candidate {
    int64_t count;
    uint64_t place;
    struct sj_compare_timed timed;
};

static int by_count(const void *left, const void *right) {
    const struct candidate *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* Whole journeys, and the links that most journeys have, at least so many of each group. */
static enum sj_status choose_timed(const struct sj_job *job, int64_t n_least, size_t n_most, struct sj_error *err) {
    struct sj_compare_plan *plan = job->plan;
    struct candidate *candidates;
    size_t n = 0;
    SJ_TRY(sj_arena_new(job->arena, plan->n_features, sizeof *candidates, &candidates, err));
    for (size_t i = 0; i < plan->n_features; i++) {
        const struct sj_feature *f = &plan->features[i];
        if (f->kind == SJ_FEATURE_LINK && f->x[0] >= n_least && f->x[1] >= n_least)
            candidates[n++] = (struct candidate){f->x[0] + f->x[1], f->place, {f->a * plan->n_touchpoints + f->b, {f->x[0], f->x[1]}}};
    }
    if (n > 1)
        qsort(candidates, n, sizeof *candidates, by_count);
    n = n < n_most ? n : n_most;
    SJ_TRY(sj_arena_new(job->arena, n + 1, sizeof *plan->timed, &plan->timed, err));
    plan->timed[0] = (struct sj_compare_timed){SJ_NO_CODE, {(int64_t)plan->sums->journeys[0], (int64_t)plan->sums->journeys[1]}};
    for (size_t i = 0; i < n; i++)
        plan->timed[i + 1] = candidates[i].timed;
    plan->n_timed = n + 1;
    const uint32_t n_groups = 2 * (uint32_t)plan->n_timed;
    const int64_t longest_us = job->to_us - job->from_us;
    plan->fine = (struct sj_quantiles_ask){.n_groups = n_groups, .max_value = longest_us, .fine = true};
    plan->exact = (struct sj_quantiles_ask){.n_groups = n_groups, .max_value = longest_us, .n_percents = 1, .percents = {50}};
    return SJ_OK;
}

/* ---- where the next pass finds what it looks at ---- */

static struct sj_compare_link *link_of(struct sj_compare_plan *plan, uint32_t key) {
    const uint32_t mask = UINT32_MAX >> plan->links_shift;
    uint32_t at = ((key + 1) * UINT32_C(2654435769)) >> plan->links_shift;
    while (plan->links[at].key != 0 && plan->links[at].key != key + 1)
        at = (at + 1) & mask;
    if (plan->links[at].key == 0)
        plan->links[at] = (struct sj_compare_link){key + 1, SJ_NO_CODE, SJ_NO_CODE};
    return &plan->links[at];
}

static enum sj_status place_chosen(const struct sj_job *job, struct sj_error *err) {
    struct sj_compare_plan *plan = job->plan;
    plan->links_shift = LINK_SLOTS_SHIFT;
    SJ_TRY(sj_arena_new(job->arena, (size_t)(UINT32_MAX >> plan->links_shift) + 1, sizeof *plan->links, &plan->links, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_slots, sizeof *plan->checked_slot, &plan->checked_slot, err));
    for (uint32_t i = 0; i < plan->n_slots; i++)
        plan->checked_slot[i] = SJ_NO_CODE;
    for (uint32_t t = 1; t < plan->n_timed; t++)
        link_of(plan, plan->timed[t].key)->timed = t;
    for (uint32_t k = 0; k < plan->n_checked; k++) {
        const struct sj_feature *f = &plan->features[k];
        switch (f->kind) {
        case SJ_FEATURE_TOUCHPOINT: plan->checked_slot[f->a] = k; break;
        case SJ_FEATURE_CHANNEL: plan->checked_slot[plan->n_touchpoints + f->a] = k; break;
        case SJ_FEATURE_PROPERTY: plan->checked_slot[plan->property_slots[f->a] + f->b] = k; break;
        case SJ_FEATURE_ROUTE: plan->routes[f->a].checked = k; break;
        default: link_of(plan, f->a * plan->n_touchpoints + f->b)->checked = k;
        }
    }
    return SJ_OK;
}

enum sj_status sj_compare_choose(const struct sj_job *job, struct sj_error *err) {
    struct sj_compare_plan *plan = job->plan;
    struct apart apart = {.any_touchpoint = false};
    for (size_t g = 0; g < 2; g++)
        plan->design[g] = plan->sums->journeys[g] > 0 ? (double)plan->sums->squares[g] / (double)plan->sums->journeys[g] : 1;
    for (size_t i = 0; i < plan->n_features; i++)
        compare_shares(&plan->features[i], plan->design);
    SJ_TRY(find_apart(job, &apart, err));
    SJ_TRY(choose_timed(job, SJ_COMPARE_JOURNEYS_MIN, SJ_COMPARE_TIMED_MAX, err));
    size_t n = 0;
    for (size_t i = 0; i < plan->n_features; i++)
        if (is_testable(&plan->features[i]))
            plan->features[n++] = plan->features[i];
    plan->n_features = n;
    if (n > 1)
        qsort(plan->features, n, sizeof *plan->features, by_bound);
    SJ_TRY(keep_tested(job, &apart, err));
    plan->n_checked = plan->n_features < SJ_COMPARE_CHECKED_MAX ? plan->n_features : SJ_COMPARE_CHECKED_MAX;
    return place_chosen(job, err);
}

enum sj_status sj_compare_take_all(const struct sj_job *job, struct sj_error *err) {
    struct sj_compare_plan *plan = job->plan;
    plan->design[0] = plan->design[1] = 1;
    return choose_timed(job, 0, plan->n_features, err);
}
