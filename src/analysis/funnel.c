/* Funnel: how many journeys reach each step of a route, in order and within a time, and how long they take from step to step. What a step
 * is says the journey language (docs/language.md), which match of a journey counts says lens/match.h.
 *
 *   pass 1   journeys by the steps they take; histograms of the times between steps
 *   pass 2   the values that the quantiles need; left out with --quantiles false, and where few different times occur
 *
 * Memory: a few counts for each step, and for each value of the dimension; stats/quantiles.h with a group for each step. */
#include "analysis/common.h"

#include "analysis/funnel_walk.h"
#include "analysis/spread.h"

enum { ARG_STEPS, ARG_WITHIN, ARG_HOLD, ARG_REPEATS, ARG_BY, ARG_BY_STEP, ARG_QUANTILES, ARG_DIALECT };

static const struct sj_param params[] = {
    {.name = "steps",
     .type = SJ_PARAM_ROUTE,
     .min = 1,
     .max = SJ_STEPS_MAX,
     .positional = true,
     .help = SJ_T("the steps: touchpoints in order, or an expression of the journey language in quotes (\"sojourn help language\")")},
    {.name = "within",
     .type = SJ_PARAM_DURATION,
     .standard = "7d",
     .min = 1,
     .max = SJ_WITHIN_MAX,
     .help = SJ_T("the time from the first step within which the others count, its last moment included; the standard gives way to a time "
                  "in the expression")},
    {.name = "hold",
     .type = SJ_PARAM_DIMENSION,
     .help = SJ_T("channel, or a property that must have the same value at all steps; events without a value count for none")},
    {.name = "repeats",
     .type = SJ_PARAM_TRUTH,
     .standard = "false",
     .help = SJ_T("count a journey once for each time that it goes through all steps, one time after the other")},
    {.name = "by",
     .type = SJ_PARAM_DIMENSION,
     .help = SJ_T("break down by the channel or a property, as it is at one of the steps (by_step)")},
    {.name = "by_step",
     .type = SJ_PARAM_COUNT,
     .standard = "1",
     .min = 0,
     .max = SJ_STEPS_MAX,
     .help = SJ_T("the step whose event gives the value for the breakdown: 1 the first, 0 the last that is reached; journeys that do not "
                  "take it have none")},
    {.name = "quantiles",
     .type = SJ_PARAM_TRUTH,
     .standard = "true",
     .shows = true,
     .help = SJ_T("how the times between steps are distributed; without it the answer comes sooner")},
    {.name = "dialect",
     .type = SJ_PARAM_CHOICE,
     .standard = "sojourn",
     .choices = "sojourn clickhouse clickhouse-strict-order posthog mixpanel amplitude",
     .help = SJ_T("count as another product would, to compare with figures from there")},
};

#define COUNT_HELP SJ_T("journeys that reach this step; with repeats, how often it is reached")
#define OF_FIRST_HELP SJ_T("of the journeys that reach the first step")
#define OF_PREVIOUS_HELP SJ_T("of the journeys that reach the step before (that may not be left out)")
#define STEP_HELP SJ_T("the touchpoint, or the step as it was written")

static const struct sj_column_def step_columns[] = {
    {.name = "step", .label = SJ_T("Step"), .type = SJ_TYPE_TEXT, .help = STEP_HELP},
    {.name = "count", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = COUNT_HELP, .drawn = true},
    {.name = "of_first", .label = SJ_T("Of the first"), .type = SJ_TYPE_ESTIMATE, .help = OF_FIRST_HELP},
    {.name = "of_previous", .label = SJ_T("Of the previous"), .type = SJ_TYPE_ESTIMATE, .help = OF_PREVIOUS_HELP},
    {.name = "median",
     .label = SJ_T("Median time"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from the step before, over the journeys that reach this step; half of them are quicker, half slower")},
    {.name = "p90",
     .label = SJ_T("90 %"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from the step before, over the journeys that reach this step; nine in ten of them are quicker")},
    {.name = "customers",
     .label = SJ_T("Customers"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("customers with a journey that reaches this step")},
    {.name = "of_all",
     .label = SJ_T("Of all"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of all journeys that the lens lets through, also those without the first step")},
};

static const struct sj_column_def time_columns[] = {
    {.name = "step",
     .label = SJ_T("Until"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("the step at which the time ends; it begins at the step before that was taken")},
    {.name = "count", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many times there are")},
    {.name = "p10", .label = SJ_T("10 %"), .type = SJ_TYPE_DURATION, .help = SJ_T("one in ten is shorter"), .drawn = true},
    {.name = "p25", .label = SJ_T("25 %"), .type = SJ_TYPE_DURATION, .help = SJ_T("one in four is shorter"), .drawn = true},
    {.name = "median", .label = SJ_T("Median"), .type = SJ_TYPE_DURATION, .help = SJ_T("half are shorter"), .drawn = true},
    {.name = "median_low",
     .label = SJ_T("from"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("lower end of the interval of the median (95 %), by ranks; empty where there are too few"),
     .drawn = true},
    {.name = "median_high",
     .label = SJ_T("to"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("upper end of the interval of the median (95 %), by ranks; empty where there are too few"),
     .drawn = true},
    {.name = "p75", .label = SJ_T("75 %"), .type = SJ_TYPE_DURATION, .help = SJ_T("three in four are shorter"), .drawn = true},
    {.name = "p90", .label = SJ_T("90 %"), .type = SJ_TYPE_DURATION, .help = SJ_T("nine in ten are shorter"), .drawn = true},
};

static const struct sj_column_def by_columns[] = {
    {.name = "value",
     .label = SJ_T("Value"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("the value at the step of the breakdown; \"other\" adds up all but the most frequent")},
    {.name = "values",
     .label = SJ_T("Values"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("how many values the row stands for: 1; 0 where there is none; more than 1 for \"other\""),
     .nobody = true},
    {.name = "step", .label = SJ_T("Step"), .type = SJ_TYPE_TEXT, .help = STEP_HELP},
    {.name = "count", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = COUNT_HELP},
    {.name = "of_first",
     .label = SJ_T("Of the first"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the journeys with this value that reach the first step")},
    {.name = "of_previous",
     .label = SJ_T("Of the previous"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the journeys with this value that reach the step before (that may not be left out)")},
};

enum { TABLE_STEPS, TABLE_TIMES, TABLE_BY, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "steps", .title = SJ_T("How far journeys come"), .picture = SJ_PICTURE_FUNNEL, SJ_COLUMNS(step_columns)},
    {.name = "times", .title = SJ_T("From step to step"), .picture = SJ_PICTURE_BOXES, SJ_COLUMNS(time_columns)},
    {.name = "by", .title = SJ_T("How far they come, by value"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(by_columns)},
};

#define TIMES_KEPT ((size_t)1 << 20) /* different times between steps, 48 MiB a thread: with no more a second pass is spared */

struct plan {
    struct sj_funnel_rule rule;
    const struct sj_pattern *pattern;
    uint32_t previous[SJ_STEPS_MAX]; /* the step before that may not be left out */
    bool has_optional;
    bool second;
    uint32_t n_values; /* of the dimension, and one more for "none"; 0 without a dimension */
    uint64_t n_journeys;
    uint64_t reached[SJ_STEPS_MAX], customers[SJ_STEPS_MAX];
    uint64_t *by_value; /* [value][step]: journeys that reach it */
    const struct sj_quantile_plan *times;
    struct sj_quantiles quantiles;
};

struct state {
    struct sj_funnel_walk walk;
    uint64_t n_journeys;
    uint64_t reached[SJ_STEPS_MAX], customers[SJ_STEPS_MAX];
    uint64_t *by_value;     /* [value][step] */
    struct sj_spread times; /* group k: from the step before to step k; group 0: from the first to the last */
};

static bool wants_quantiles(const struct sj_job *job) { return job->args[ARG_QUANTILES].i64 != 0; }

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    const struct sj_arg *within = &job->args[ARG_WITHIN], *by_step = &job->args[ARG_BY_STEP];
    const struct sj_pattern *pattern = job->patterns[job->args[ARG_STEPS].pattern];
    const uint32_t dimension = job->args[ARG_BY].dimension;
    struct plan *plan;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    if (by_step->i64 > pattern->n_steps)
        return sj_fail(err, SJ_E_USAGE, "by_step is %lld; the route has %u steps", (long long)by_step->i64, pattern->n_steps);
    plan->pattern = pattern;
    plan->rule.dialect = (enum sj_dialect)job->args[ARG_DIALECT].i64;
    plan->rule.match = (struct sj_match_rule){
        .pattern = pattern,
        .within_us = sj_match_within(pattern, within->given, within->i64),
        .hold = job->args[ARG_HOLD].dimension,
        .again = job->args[ARG_REPEATS].i64 != 0,
    };
    for (uint32_t i = 1; i < pattern->n_steps; i++) {
        plan->previous[i] = pattern->steps[i - 1].optional ? plan->previous[i - 1] : i - 1;
        plan->has_optional |= pattern->steps[i].optional;
    }
    if (dimension != SJ_NO_CODE)
        plan->n_values = job->dimensions[dimension].n_texts + 1;
    job->plan = plan;
    return sj_funnel_rule_check(&plan->rule, err);
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_funnel_walk_done(&state->walk);
    sj_spread_done(&state->times);
    sj_mem_free(job->mem, state->by_value);
    sj_mem_free(job->mem, state);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const struct sj_quantiles_ask ask = {
        .n_groups = plan->pattern->n_steps,
        .max_value = plan->rule.match.within_us,
        .unwanted = job->alone,
        .n_exact = TIMES_KEPT,
        .n_percents = 5,
        .percents = {10, 25, 50, 75, 90},
        .bounds_of = 50,
    };
    struct state *state;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    sj_funnel_walk_init(&state->walk, job->mem, &plan->rule);
    enum sj_status status = sj_spread_init(&state->times, job->mem, &ask, plan->times, err);
    if (status == SJ_OK && !plan->second)
        status = sj_mem_new(job->mem, (size_t)plan->n_values * plan->pattern->n_steps, sizeof(uint64_t), &state->by_value, err);
    if (status == SJ_OK)
        *ret_state = state;
    else
        drop(job, state);
    return status;
}

/* ---- the passes ---- */

/* In a dialect where the order is open a step may come before the one before it: no time lies between. */
static enum sj_status add_times(const struct plan *plan, struct state *state, const struct sj_funnel_match *match, struct sj_error *err) {
    const int64_t *times_us = state->walk.batch->time_us;
    uint32_t before = 0;
    for (uint32_t step = 1; step <= match->n_reached; step++) {
        const bool all_the_way = step == match->n_reached;
        if (all_the_way ? step < plan->pattern->n_steps : match->events[step] == SJ_NO_EVENT)
            continue;
        const int64_t time_us = times_us[match->events[all_the_way ? before : step]] - times_us[match->events[all_the_way ? 0 : before]];
        SJ_TRY(sj_spread_add(&state->times, all_the_way ? 0 : step, time_us > 0 ? time_us : 0, err));
        before = all_the_way ? before : step;
    }
    return SJ_OK;
}

static void count_steps(const struct sj_job *job, struct state *state, const struct sj_funnel_match *match) {
    const struct plan *plan = job->plan;
    uint64_t *by_value = NULL;
    if (plan->n_values > 0) {
        const int64_t by_step = job->args[ARG_BY_STEP].i64;
        const uint32_t step = by_step == 0 ? match->n_reached - 1 : (uint32_t)by_step - 1;
        const bool taken = step < match->n_reached && match->events[step] != SJ_NO_EVENT;
        const uint32_t code = taken ? state->walk.batch->codes[job->args[ARG_BY].dimension][match->events[step]] : SJ_NO_CODE;
        by_value = state->by_value + (size_t)(code < plan->n_values ? code : plan->n_values - 1) * plan->pattern->n_steps;
    }
    for (uint32_t step = 0; step < match->n_reached; step++) {
        const bool taken = !plan->has_optional || match->events[step] != SJ_NO_EVENT;
        state->reached[step] += taken;
        if (by_value)
            by_value[step] += taken;
    }
}

/* The steps that are taken, as bits. */
static uint32_t taken_steps(const struct plan *plan, const struct sj_funnel_match *match) {
    uint32_t taken = (uint32_t)((UINT64_C(1) << match->n_reached) - 1);
    for (uint32_t step = 0; plan->has_optional && step < match->n_reached; step++)
        taken &= match->events[step] == SJ_NO_EVENT ? ~(UINT32_C(1) << step) : UINT32_MAX;
    return taken;
}

static void count_customer(struct state *state, uint32_t taken) {
    for (; taken != 0; taken &= taken - 1)
        state->customers[__builtin_ctz(taken)]++;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = absorbing;
    const bool wants_times = wants_quantiles(job), wants_first = plan->has_optional || plan->n_values > 0;
    const uint32_t events_from = wants_first ? 1 : wants_times ? 2 : UINT32_MAX;
    uint32_t customer = 0, taken = 0; /* in hand, and the steps of its journeys */
    struct sj_funnel_match match;
    bool any;
    sj_funnel_walk_begin(&state->walk, batch);
    for (;;) {
        SJ_TRY(sj_funnel_walk_next(&state->walk, events_from, &any, &match, err));
        if (!any)
            break;
        if (match.n_reached == 0)
            continue;
        if (wants_times && match.n_reached > 1)
            SJ_TRY(add_times(plan, state, &match, err));
        if (plan->second)
            continue;
        count_steps(job, state, &match);
        if (batch->customer[match.journey] != customer) {
            count_customer(state, taken);
            customer = batch->customer[match.journey];
            taken = 0;
        }
        taken |= taken_steps(plan, &match);
    }
    count_customer(state, taken);
    state->n_journeys += batch->n_journeys;
    return sj_spread_flush(&state->times, err);
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = merged, *other = merging;
    state->n_journeys += other->n_journeys;
    for (uint32_t i = 0; i < plan->pattern->n_steps; i++) {
        state->reached[i] += other->reached[i];
        state->customers[i] += other->customers[i];
    }
    for (size_t i = 0; !plan->second && i < (size_t)plan->n_values * plan->pattern->n_steps; i++)
        state->by_value[i] += other->by_value[i];
    return sj_spread_merge(&state->times, &other->times, err);
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct plan *plan = job->plan;
    struct state *state = turned;
    bool known;
    *ret_again = !plan->second && wants_quantiles(job);
    if (plan->second)
        return sj_quantiles_new(&state->times.collector, job->arena, &plan->quantiles, err);
    const size_t n_cells = (size_t)plan->n_values * plan->pattern->n_steps;
    plan->second = true;
    plan->n_journeys = state->n_journeys;
    memcpy(plan->reached, state->reached, sizeof plan->reached);
    memcpy(plan->customers, state->customers, sizeof plan->customers);
    SJ_TRY(sj_arena_new(job->arena, n_cells, sizeof *plan->by_value, &plan->by_value, err));
    memcpy(plan->by_value, state->by_value, n_cells * sizeof *plan->by_value);
    if (!wants_quantiles(job))
        return SJ_OK;
    SJ_TRY(sj_quantile_plan_new(&state->times.histograms, job->arena, &plan->times, err));
    SJ_TRY(sj_quantiles_at_once(&state->times.histograms, plan->times, job->arena, &plan->quantiles, &known, err));
    *ret_again = !known;
    return SJ_OK;
}

/* ---- the answer ---- */

/* How many times of a group there are. */
static uint64_t n_times(const struct plan *plan, uint32_t group) { return plan->reached[group == 0 ? plan->pattern->n_steps - 1 : group]; }

static struct sj_cell quantile_cell(const struct plan *plan, uint32_t group, unsigned percent) {
    int64_t value;
    if (plan->times == NULL || !sj_quantiles_get(&plan->quantiles, group, n_times(plan, group), percent, &value))
        return (struct sj_cell){.known = false};
    return sj_cell_i64(value);
}

static enum sj_status give_steps(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &tables[TABLE_STEPS], &table, err));
    for (uint32_t i = 0; i < plan->pattern->n_steps; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, plan->pattern->steps[i].text, &cells[0], err));
        cells[1] = sj_cell_i64((int64_t)plan->reached[i]);
        if (i > 0) {
            cells[2] = sj_share_cell(shares, plan->reached[i], plan->reached[0]);
            cells[3] = sj_share_cell(shares, plan->reached[i], plan->reached[plan->previous[i]]);
            cells[4] = quantile_cell(plan, i, 50);
            cells[5] = quantile_cell(plan, i, 90);
        }
        cells[6] = sj_cell_i64((int64_t)plan->customers[i]);
        if (!plan->rule.match.again)
            cells[7] = sj_share_cell(shares, plan->reached[i], plan->n_journeys);
    }
    return SJ_OK;
}

static enum sj_status give_time(const struct plan *plan, uint32_t group, struct sj_str name, struct sj_table *table,
                                struct sj_result *result, struct sj_error *err) {
    const uint64_t n = n_times(plan, group);
    struct sj_cell *cells;
    int64_t low, high;
    SJ_TRY(sj_result_row(result, table, &cells, err));
    SJ_TRY(sj_name_cell(result, name, &cells[0], err));
    cells[1] = sj_cell_i64((int64_t)n);
    cells[2] = quantile_cell(plan, group, 10);
    cells[3] = quantile_cell(plan, group, 25);
    cells[4] = quantile_cell(plan, group, 50);
    if (sj_quantiles_low(&plan->quantiles, group, n, &low))
        cells[5] = sj_cell_i64(low);
    if (sj_quantiles_high(&plan->quantiles, group, n, &high))
        cells[6] = sj_cell_i64(high);
    cells[7] = quantile_cell(plan, group, 75);
    cells[8] = quantile_cell(plan, group, 90);
    return SJ_OK;
}

/* From step to step, and at the end all the way. */
static enum sj_status give_times(const struct plan *plan, struct sj_result *result, struct sj_error *err) {
    const uint32_t n_steps = plan->pattern->n_steps;
    struct sj_table *table;
    if (n_steps < 2 || plan->times == NULL)
        return SJ_OK;
    SJ_TRY(sj_result_table(result, &tables[TABLE_TIMES], &table, err));
    for (uint32_t i = 1; i < n_steps; i++)
        SJ_TRY(give_time(plan, i, plan->pattern->steps[i].text, table, result, err));
    return n_steps > 2 ? give_time(plan, 0, sj_str(sj_text(result->lang, SJ_T("all the way"))), table, result, err) : SJ_OK;
}

/* One row of the breakdown, for each step. */
static enum sj_status give_value(const struct sj_job *job, const struct sj_value_row *row, struct sj_shares *shares, struct sj_table *table,
                                 struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const uint32_t n_steps = plan->pattern->n_steps;
    uint64_t reached[SJ_STEPS_MAX] = {0};
    for (uint32_t c = 0; c < row->n_codes; c++)
        for (uint32_t i = 0; i < n_steps; i++)
            reached[i] += plan->by_value[(size_t)row->codes[c] * n_steps + i];
    for (uint32_t i = 0; i < n_steps; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, row->text, &cells[0], err));
        cells[1] = sj_cell_i64(row->n_values);
        SJ_TRY(sj_name_cell(result, plan->pattern->steps[i].text, &cells[2], err));
        cells[3] = sj_cell_i64((int64_t)reached[i]);
        if (i == 0)
            continue;
        cells[4] = sj_share_cell(shares, reached[i], reached[0]);
        cells[5] = sj_share_cell(shares, reached[i], reached[plan->previous[i]]);
    }
    return SJ_OK;
}

static enum sj_status give_values(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_value_row *rows;
    struct sj_table *table;
    uint64_t *counts; /* who reaches the first step */
    size_t n;
    SJ_TRY(sj_result_table(result, &tables[TABLE_BY], &table, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_values, sizeof *counts, &counts, err));
    for (uint32_t value = 0; value < plan->n_values; value++)
        counts[value] = plan->by_value[(size_t)value * plan->pattern->n_steps];
    SJ_TRY(sj_value_rows(job, &job->dimensions[job->args[ARG_BY].dimension], counts, result, &rows, &n, err));
    for (size_t i = 0; i < n; i++)
        SJ_TRY(give_value(job, &rows[i], shares, table, result, err));
    return SJ_OK;
}

static enum sj_status give_notes(const struct sj_job *job, struct sj_result *result) {
    const struct plan *plan = job->plan;
    SJ_TRY(sj_dialect_note(plan->rule.dialect, plan->rule.match.within_us, result));
    if (plan->rule.match.again)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "dependent_repeats",
                       "Repeats of one customer depend on each other: the intervals, which take all for independent, are too narrow."));
    return SJ_OK;
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    (void)finished; /* turn() has moved everything into the plan */
    const struct plan *plan = job->plan;
    struct sj_shares shares = {0};
    SJ_TRY(give_steps(job, &shares, result, err));
    SJ_TRY(give_times(plan, result, err));
    if (plan->n_values > 0)
        SJ_TRY(give_values(job, &shares, result, err));
    SJ_TRY(give_notes(job, result));
    return sj_shares_note(&shares, result);
}

const struct sj_analysis sj_funnel = {
    .name = "funnel",
    .title = SJ_T("How many reach each step, and where do they stop?"),
    .about = SJ_T("Counts journeys by the furthest step that they reach in order within a time. Look for the step that loses the most of "
                  "those who reached the one before, and whether that differs by channel or property."),
    .example = "funnel STORE plan_overview add_to_basket checkout_start order_placed --within 30d",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .tables = tables,
    .n_tables = N_TABLES,
    .needs = SJ_NEED_TIME,
    .prepare = prepare,
    .start = start,
    .absorb = absorb,
    .merge = merge,
    .turn = turn,
    .finish = finish,
    .drop = drop,
};
