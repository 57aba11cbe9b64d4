/* Compare: what tells two groups of journeys apart. The parts are explained in compare.h.
 *
 * Memory: counters of touchpoints, links, channels and values; every different route of at most SJ_COMPARE_ROUTE_STEPS steps; in the second pass
 * counters of at most SJ_COMPARE_CHECKED_MAX features within all strata, and buckets of times. */
#include "analysis/compare.h"

enum { ARG_GROUP, ARG_OTHER, ARG_TAKERS, ARG_OTHERS, ARG_SINCE, ARG_STRATA, ARG_TOP };

#define STRATA_MAX 1000

static const struct sj_param params[] = {
    {.name = "group", .type = SJ_PARAM_SEGMENT, .help = SJ_T("customers who meet this condition, as in --segment, against the others")},
    {.name = "other", .type = SJ_PARAM_SEGMENT, .help = SJ_T("with group: only against customers who meet this one")},
    {.name = "takers",
     .type = SJ_PARAM_ROUTE,
     .min = 0,
     .max = 1,
     .help = SJ_T("journeys that match this expression, against the others; satisfied against not: '.[score >= 9]'")},
    {.name = "others", .type = SJ_PARAM_ROUTE, .min = 0, .max = 1, .help = SJ_T("with takers: only against journeys that match this one")},
    {.name = "since", .type = SJ_PARAM_TIME, .help = SJ_T("journeys that begin from this time on, against those before")},
    {.name = "strata",
     .type = SJ_PARAM_DIMENSION,
     .help = SJ_T("compare within each channel, or each value of this property; else within all that have few values")},
    {.name = "top",
     .type = SJ_PARAM_COUNT,
     .standard = "30",
     .min = 1,
     .max = 100000,
     .help = SJ_T("how many rows of each table to show"),
     .shows = true},
};

#define ARROW_COLUMN                                                                                                                       \
    {                                                                                                                                      \
        .name = "arrow", .label = SJ_T("Arrow"), .type = SJ_TYPE_TEXT,                                                                     \
        .help = SJ_T("up or down only where the difference is significant (5 %, all that is tested taken together by Benjamini-Hochberg)") \
    }
#define SHARE_COLUMNS(opens)                                                                                                               \
    {.name = "first",                                                                                                                      \
     .label = SJ_T("First group"),                                                                                                         \
     .type = SJ_TYPE_ESTIMATE,                                                                                                             \
     .help = SJ_T("the share of its journeys that have it"),                                                                               \
     .part = (opens)},                                                                                                                     \
    {                                                                                                                                      \
        .name = "second", .label = SJ_T("Second group"), .type = SJ_TYPE_ESTIMATE, .help = SJ_T("the share of its journeys that have it"), \
        .part = (opens)                                                                                                                    \
    }
#define Q_COLUMN                                                                                                                        \
    {                                                                                                                                   \
        .name = "q", .label = SJ_T("q"), .type = SJ_TYPE_NUMBER,                                                                        \
        .help = SJ_T("how surprising it is if the groups do not differ in this, corrected for all that is tested (Benjamini-Hochberg)") \
    }

static const struct sj_column_def group_columns[] = {
    {.name = "group", .label = SJ_T("Group"), .type = SJ_TYPE_TEXT, .help = SJ_T("the first group, then the second")},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("in the group"), .drawn = true},
    {.name = "share", .label = SJ_T("Share"), .type = SJ_TYPE_ESTIMATE, .help = SJ_T("of all journeys")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("with a journey in the group")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("of these journeys")},
    {.name = "mean_events", .label = SJ_T("Events each"), .type = SJ_TYPE_NUMBER, .help = SJ_T("events of a journey, on average")},
};

static const struct sj_column_def difference_columns[] = {
    {.name = "feature",
     .label = SJ_T("Feature"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("what a journey has or has not; links and routes as in the journey language")},
    {.name = "kind", .label = SJ_T("Kind"), .type = SJ_TYPE_TEXT, .help = SJ_T("touchpoint, link, route, channel or property")},
    {.name = "difference",
     .label = SJ_T("Difference"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("the share in the first group less that in the second (Newcombe)"),
     .drawn = true},
    ARROW_COLUMN,
    SHARE_COLUMNS(true),
    {.name = "effect", .label = SJ_T("Effect"), .type = SJ_TYPE_NUMBER, .help = SJ_T("Cohen's h: 0.2 is small, 0.5 medium, 0.8 large")},
    Q_COLUMN,
};

static const struct sj_column_def time_columns[] = {
    {.name = "feature",
     .label = SJ_T("Time"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("from the first event of a journey to the last, or between two touchpoints the first time that they follow each other")},
    {.name = "difference",
     .label = SJ_T("Longer"),
     .type = SJ_TYPE_SCORE,
     .help = SJ_T("Cliff's delta, in points: how much oftener a journey of the first group takes longer than one of the second than the "
                  "other way round; times that differ by less than a hundredth are equal"),
     .drawn = true},
    ARROW_COLUMN,
    {.name = "first_journeys", .label = SJ_T("Journeys, first group"), .type = SJ_TYPE_COUNT, .help = SJ_T("that have the time")},
    {.name = "first_median", .label = SJ_T("Median, first group"), .type = SJ_TYPE_DURATION, .help = SJ_T("half of them take longer")},
    {.name = "second_journeys", .label = SJ_T("Journeys, second group"), .type = SJ_TYPE_COUNT, .help = SJ_T("that have the time")},
    {.name = "second_median", .label = SJ_T("Median, second group"), .type = SJ_TYPE_DURATION, .help = SJ_T("half of them take longer")},
    Q_COLUMN,
};

static const struct sj_column_def reversal_columns[] = {
    {.name = "feature", .label = SJ_T("Feature"), .type = SJ_TYPE_TEXT, .help = SJ_T("what a journey has or has not")},
    {.name = "strata", .label = SJ_T("Within"), .type = SJ_TYPE_TEXT, .help = SJ_T("the property whose first value divides the journeys")},
    {.name = "finding",
     .label = SJ_T("Finding"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T(
         "reverses: surely the other way round within the strata; changes: the sign does, unsurely; vanishes: not sure any more; appears: "
         "only sure there")},
    {.name = "over_all",
     .label = SJ_T("Over all"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("the difference of the table before, as if there were no strata (Newcombe)")},
    {.name = "within",
     .label = SJ_T("Within the strata"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("the differences of the strata put together (Mantel-Haenszel, with the variance of Sato)"),
     .drawn = true},
    {.name = "n_strata", .label = SJ_T("Strata"), .type = SJ_TYPE_COUNT, .nobody = true, .help = SJ_T("that both groups are in")},
    {.name = "q",
     .label = SJ_T("q"),
     .type = SJ_TYPE_NUMBER,
     .help = SJ_T("how surprising the distance of the two is, corrected for all features and strata (Benjamini-Hochberg)")},
};

static const struct sj_column_def stratum_columns[] = {
    {.name = "value", .label = SJ_T("Value"), .type = SJ_TYPE_TEXT, .help = SJ_T("the stratum, of the first row of the reversals")},
    {.name = "difference",
     .label = SJ_T("Difference"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("in this stratum alone (Newcombe)"),
     .drawn = true},
    SHARE_COLUMNS(false),
};

static const struct sj_table_def tables[SJ_N_COMPARE_TABLES] = {
    {.name = "groups", .title = SJ_T("The groups"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(group_columns)},
    {.name = "differences", .title = SJ_T("What differs"), .picture = SJ_PICTURE_DOTS, SJ_COLUMNS(difference_columns)},
    {.name = "times", .title = SJ_T("Who takes longer"), .picture = SJ_PICTURE_DOTS, SJ_COLUMNS(time_columns)},
    {.name = "reversals",
     .title = SJ_T("What changes when like is compared with like"),
     .picture = SJ_PICTURE_DOTS,
     SJ_COLUMNS(reversal_columns)},
    {.name = "strata", .title = SJ_T("The first of these, stratum by stratum"), .picture = SJ_PICTURE_DOTS, SJ_COLUMNS(stratum_columns)},
};

/* ---- the question ---- */

static enum sj_status read_rule(const struct sj_job *job, struct sj_compare_rule *rule, struct sj_error *err) {
    const struct sj_arg *args = job->args;
    const bool segments = args[ARG_GROUP].segment != SJ_NO_CODE, routes = args[ARG_TAKERS].pattern != SJ_NO_CODE;
    const int n = segments + routes + args[ARG_SINCE].given;
    if (n != 1)
        return sj_fail(err, SJ_E_USAGE,
                       "there are %d ways here to make the two groups; expected one of: group (a condition on customers), takers (an "
                       "expression), since (a time)",
                       n);
    if (args[ARG_OTHER].segment != SJ_NO_CODE && !segments)
        return sj_fail(err, SJ_E_USAGE, "other goes with group: it says against which customers");
    if (args[ARG_OTHERS].pattern != SJ_NO_CODE && !routes)
        return sj_fail(err, SJ_E_USAGE, "others goes with takers: it says against which journeys");
    rule->mode = segments ? SJ_COMPARE_SEGMENTS : routes ? SJ_COMPARE_ROUTES : SJ_COMPARE_PERIODS;
    rule->first = segments ? args[ARG_GROUP].segment : args[ARG_TAKERS].pattern;
    rule->other = segments ? args[ARG_OTHER].segment : args[ARG_OTHERS].pattern;
    rule->since_us = args[ARG_SINCE].i64;
    return SJ_OK;
}

static enum sj_status number_slots(const struct sj_job *job, struct sj_compare_plan *plan, struct sj_error *err) {
    uint32_t *slots, *n_values;
    plan->n_touchpoints = job->n_touchpoints;
    plan->n_channels = job->n_channels;
    plan->n_properties = job->n_properties;
    plan->first_property = job->n_dimensions - job->n_properties;
    plan->n_slots = plan->n_touchpoints + plan->n_channels;
    SJ_TRY(sj_arena_new(job->arena, plan->n_properties, sizeof *slots, &slots, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_properties, sizeof *n_values, &n_values, err));
    for (uint32_t d = 0; d < plan->n_properties; d++) {
        slots[d] = plan->n_slots;
        n_values[d] = job->dimensions[plan->first_property + d].n_texts;
        plan->n_slots += n_values[d] + 1;
    }
    plan->property_slots = slots;
    plan->n_values = n_values;
    return SJ_OK;
}

static void add_stratifier(struct sj_compare_plan *plan, uint32_t dimension, uint32_t n_codes) {
    plan->strata[plan->n_strata++] = (struct sj_stratifier){dimension, n_codes, plan->n_places};
    plan->n_places += n_codes;
}

/* The one that was asked for, or channels and all properties. */
static enum sj_status list_strata(const struct sj_job *job, struct sj_compare_plan *plan, struct sj_error *err) {
    const uint32_t asked = plan->stratified_by = job->args[ARG_STRATA].dimension;
    SJ_TRY(sj_arena_new(job->arena, (size_t)plan->n_properties + 1, sizeof *plan->strata, &plan->strata, err));
    if (asked != SJ_NO_CODE) {
        if (job->dimensions[asked].n_texts > STRATA_MAX)
            return sj_fail(err, SJ_E_LIMIT,
                           "\"%.*s\" has %u values; expected at most %d to compare within: choose another property for strata",
                           SJ_ARG(job->dimensions[asked].name), job->dimensions[asked].n_texts, STRATA_MAX);
        add_stratifier(plan, asked, job->dimensions[asked].n_texts + 1);
        return SJ_OK;
    }
    add_stratifier(plan, SJ_NO_CODE, plan->n_channels);
    for (uint32_t d = 0; d < plan->n_properties; d++)
        add_stratifier(plan, plan->first_property + d, plan->n_values[d] + 1);
    return SJ_OK;
}

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct sj_compare_plan *plan;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan->sums, &plan->sums, err));
    plan->pass = 1;
    plan->apart = "";
    plan->top = (size_t)job->args[ARG_TOP].i64;
    SJ_TRY(read_rule(job, &plan->rule, err));
    SJ_TRY(number_slots(job, plan, err));
    SJ_TRY(list_strata(job, plan, err));
    SJ_TRY(sj_name_places(job->arena, job->touchpoints, job->n_touchpoints, &plan->touchpoint_places, err));
    SJ_TRY(sj_name_places(job->arena, job->channels, job->n_channels, &plan->channel_places, err));
    job->plan = plan;
    return SJ_OK;
}

/* ---- the passes ---- */

struct state {
    struct sj_compare_sorter sorter;
    struct sj_compare_counts counts; /* pass 1 */
    struct sj_compare_depth depth;   /* passes 2 and 3 */
};

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_compare_sorter_done(&state->sorter);
    sj_compare_counts_done(&state->counts, job);
    sj_compare_depth_done(&state->depth, job);
    sj_mem_free(job->mem, state);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    struct state *state;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    sj_compare_sorter_init(&state->sorter, job, &plan->rule);
    const enum sj_status status =
        plan->pass == 1 ? sj_compare_counts_init(&state->counts, job, err) : sj_compare_depth_init(&state->depth, job, err);
    if (status == SJ_OK)
        *ret_state = state;
    else
        drop(job, state);
    return status;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    struct state *state = absorbing;
    const uint8_t *groups;
    SJ_TRY(sj_compare_sort(&state->sorter, batch, &groups, err));
    return plan->pass == 1 ? sj_compare_counts_add(&state->counts, job, batch, groups, err)
                           : sj_compare_depth_add(&state->depth, job, batch, groups, err);
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    struct state *state = merged, *other = merging;
    return plan->pass == 1 ? sj_compare_counts_merge(&state->counts, &other->counts, job, err)
                           : sj_compare_depth_merge(&state->depth, &other->depth, job, err);
}

static enum sj_status keep(struct sj_arena *arena, const uint64_t *counts, size_t n, uint64_t **ret_counts, struct sj_error *err) {
    SJ_TRY(sj_arena_new(arena, n, sizeof **ret_counts, ret_counts, err));
    if (n > 0)
        memcpy(*ret_counts, counts, n * sizeof *counts);
    return SJ_OK;
}

static enum sj_status turn_second(struct sj_job *job, struct sj_compare_depth *depth, struct sj_error *err) {
    struct sj_compare_plan *plan = job->plan;
    const size_t n_places = 2 * (size_t)plan->n_places;
    SJ_TRY(keep(job->arena, depth->within, plan->n_checked * n_places, &plan->within, err));
    SJ_TRY(keep(job->arena, depth->within_n, n_places, &plan->within_n, err));
    SJ_TRY(keep(job->arena, depth->within_known, plan->n_properties * n_places, &plan->within_known, err));
    SJ_TRY(sj_histograms_counts(&depth->fine->histograms, job->arena, &plan->times, &plan->n_times, err));
    return sj_quantile_plan_new(&depth->exact->histograms, job->arena, &plan->quantiles, err);
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct sj_compare_plan *plan = job->plan;
    struct state *state = turned;
    *ret_again = plan->pass < 3;
    if (plan->pass == 3)
        return sj_quantiles_new(&state->depth.exact->collector, job->arena, &plan->medians, err);
    if (plan->pass == 2) {
        SJ_TRY(turn_second(job, &state->depth, err));
        plan->pass = 3;
        return SJ_OK;
    }
    *plan->sums = state->counts.sums;
    *ret_again = !job->alone && plan->sums->journeys[0] > 0 && plan->sums->journeys[1] > 0;
    if (!*ret_again && !job->alone)
        return SJ_OK;
    SJ_TRY(sj_compare_features(job, &state->counts, plan, err));
    if (job->alone)
        return sj_compare_take_all(job, err);
    SJ_TRY(sj_compare_choose(job, err));
    plan->pass = 2;
    return SJ_OK;
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    (void)finished; /* turn() has moved everything into the plan */
    return sj_compare_answer(job, tables, result, err);
}

const struct sj_analysis sj_compare = {
    .name = "compare",
    .title = SJ_T("How do two groups differ?"),
    .about = SJ_T(
        "The groups are customers who meet a condition and the others (group), journeys that match an expression and the others "
        "(takers), or journeys before and since a time. What differs most surely comes first; and where a difference turns around "
        "between journeys that are alike in a property or channel, that is said without being asked. A difference need not be a cause."),
    .example = "compare STORE --journey session --takers '.[help_kind=\"guided\"]' --others '.[help_kind=\"articles\"]'",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .tables = tables,
    .n_tables = SJ_N_COMPARE_TABLES,
    .needs = SJ_NEED_TIME | SJ_NEED_CHANNEL | SJ_NEED_PROPERTIES,
    .prepare = prepare,
    .start = start,
    .absorb = absorb,
    .merge = merge,
    .turn = turn,
    .finish = finish,
    .drop = drop,
};
