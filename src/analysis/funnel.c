/* Funnel: how many journeys reach each of some steps, in order and within a time, and how long they take from step to step. The rule
 * is that of match.h.
 *
 *   pass 1   journeys by the furthest step they reach; histograms of the times between steps
 *   pass 2   the values that the medians need; left out with --quantiles false
 *
 * Memory: a few counts for each step, and for each value of the dimension; stats/quantiles.h with a group for each step. */
#include "analysis/common.h"

#include "analysis/match.h"
#include "stats/quantiles.h"

enum { ARG_STEPS, ARG_WITHIN, ARG_BY, ARG_QUANTILES };

static const struct sj_param params[] = {
    {.name = "steps",
     .type = SJ_PARAM_TOUCHPOINTS,
     .min = 1,
     .max = SJ_STEPS_MAX,
     .positional = true,
     .help = SJ_T("the touchpoints that are to be passed, in order")},
    {.name = "within",
     .type = SJ_PARAM_DURATION,
     .standard = "7d",
     .min = 1,
     .max = SJ_WITHIN_MAX,
     .help = SJ_T("the time from the first step within which the others count, its last moment included")},
    {.name = "by",
     .type = SJ_PARAM_DIMENSION,
     .help = SJ_T("break down by the channel or a property, as it is at the event that counts as the first step")},
    {.name = "quantiles",
     .type = SJ_PARAM_TRUTH,
     .standard = "true",
     .help = SJ_T("median and p90 of the time between steps; without them the answer comes sooner")},
};

#define COUNT_HELP SJ_T("journeys that reach this step")
#define OF_FIRST_HELP SJ_T("of the journeys that reach the first step")
#define OF_PREVIOUS_HELP SJ_T("of the journeys that reach the step before")

static const struct sj_column_def step_columns[] = {
    {.name = "step", .label = SJ_T("Step"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("the touchpoint")},
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

static const struct sj_column_def by_columns[] = {
    {.name = "value",
     .label = SJ_T("Value"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("the value at the event that counts as the first step; \"other\" adds up all but the most frequent")},
    {.name = "values",
     .label = SJ_T("Values"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("how many values the row stands for: 1; 0 where there is none; more than 1 for \"other\"")},
    {.name = "step", .label = SJ_T("Step"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("the touchpoint")},
    {.name = "count", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = COUNT_HELP},
    {.name = "of_first",
     .label = SJ_T("Of the first"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the journeys with this value that reach the first step")},
    {.name = "of_previous",
     .label = SJ_T("Of the previous"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the journeys with this value that reach the step before")},
};

enum { TABLE_STEPS, TABLE_BY, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "steps", .title = SJ_T("How far journeys come"), .picture = SJ_PICTURE_FUNNEL, SJ_COLUMNS(step_columns)},
    {.name = "by", .title = SJ_T("How far they come, by value"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(by_columns)},
};

#define TIMES_PIECE 1024
#define TIMES_KEPT ((size_t)1 << 20) /* different times between steps, 48 MiB a thread: with no more a second pass is spared */

struct plan {
    struct sj_steps steps;
    bool second;
    uint32_t n_values; /* of the dimension, and one more for "none"; 0 without a dimension */
    uint64_t n_journeys;
    uint64_t reached[SJ_STEPS_MAX], customers[SJ_STEPS_MAX];
    uint64_t *by_value; /* [value][step]: journeys that reach it */
    const struct sj_quantile_plan *times;
    struct sj_quantiles quantiles;
};

struct state {
    uint64_t n_journeys;
    uint64_t furthest[SJ_STEPS_MAX + 1];           /* journeys by the number of steps reached */
    uint64_t customers_furthest[SJ_STEPS_MAX + 1]; /* customers by that of their best journey */
    uint64_t *by_value;                            /* [value][number of steps reached - 1] */
    struct sj_histograms times;                    /* pass 1; group k: from step k - 1 to step k */
    struct sj_collector values;                    /* pass 2 */
};

static bool wants_quantiles(const struct sj_job *job) { return job->args[ARG_QUANTILES].i64 != 0; }

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    const struct sj_arg *asked = &job->args[ARG_STEPS];
    const uint32_t dimension = job->args[ARG_BY].dimension;
    struct plan *plan;
    uint32_t *at;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *at, &at, err));
    if (asked->n_codes < 1 || asked->n_codes > SJ_STEPS_MAX)
        return sj_fail(err, SJ_E_USAGE, "a funnel has 1 to %d steps; %zu were given", SJ_STEPS_MAX, asked->n_codes);
    plan->steps = (struct sj_steps){.n_steps = (uint32_t)asked->n_codes, .within_us = job->args[ARG_WITHIN].i64, .at = at};
    for (uint32_t i = 0; i < plan->steps.n_steps; i++) {
        plan->steps.touchpoint[i] = asked->codes[i];
        at[asked->codes[i]] |= UINT32_C(1) << i;
    }
    if (dimension != SJ_NO_CODE)
        plan->n_values = job->dimensions[dimension].n_texts + 1;
    job->plan = plan;
    return SJ_OK;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_mem_free(job->mem, state->by_value);
    sj_histograms_done(&state->times);
    sj_collector_done(&state->values);
    sj_mem_free(job->mem, state);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const struct sj_quantiles_ask ask = {
        .n_groups = plan->steps.n_steps,
        .max_value = plan->steps.within_us,
        .n_exact = TIMES_KEPT,
        .n_percents = 2,
        .percents = {50, 90},
    };
    struct state *state;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    sj_counter_init(&state->times.sparse, job->mem);
    sj_collector_init(&state->values, job->mem, plan->times);
    enum sj_status status = SJ_OK;
    if (!plan->second) {
        SJ_TRY_CLEAN(sj_mem_new(job->mem, (size_t)plan->n_values * plan->steps.n_steps, sizeof(uint64_t), &state->by_value, err));
        SJ_TRY_CLEAN(sj_histograms_init(&state->times, job->mem, &ask, err));
    }
    *ret_state = state;
    return SJ_OK;
cleanup:
    drop(job, state);
    return status;
}

/* Times between steps, a piece at a time: many at once are looked up faster. */
struct times {
    size_t n;
    uint32_t steps[TIMES_PIECE];
    int64_t times_us[TIMES_PIECE];
};

/* They go into the histograms, or, in pass 2, to the collector. */
static enum sj_status give_times(const struct plan *plan, struct state *state, struct times *times, struct sj_error *err) {
    const size_t n = times->n;
    times->n = 0;
    return plan->second ? sj_collector_add(&state->values, times->steps, times->times_us, n, err)
                        : sj_histograms_add(&state->times, times->steps, times->times_us, n, err);
}

static enum sj_status add_times(const struct plan *plan, struct state *state, const struct sj_batch *batch, const struct sj_match *match,
                                struct times *times, struct sj_error *err) {
    uint32_t events[SJ_STEPS_MAX];
    if (times->n + SJ_STEPS_MAX > TIMES_PIECE)
        SJ_TRY(give_times(plan, state, times, err));
    sj_match_events(&plan->steps, batch, match, events);
    for (uint32_t step = 1; step < match->n_reached; step++) {
        times->steps[times->n] = step;
        times->times_us[times->n++] = batch->time_us[events[step]] - batch->time_us[events[step - 1]];
    }
    return SJ_OK;
}

static void count_value(const struct sj_job *job, struct state *state, const struct sj_batch *batch, const struct sj_match *match) {
    const struct plan *plan = job->plan;
    uint32_t code = batch->codes[job->args[ARG_BY].dimension][match->first];
    uint32_t value = code < plan->n_values ? code : plan->n_values - 1; /* SJ_NO_CODE is the last */
    state->by_value[(size_t)value * plan->steps.n_steps + match->n_reached - 1]++;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = absorbing;
    const bool wants_times = wants_quantiles(job);
    uint32_t best = 0; /* of the customer */
    struct sj_matches matches;
    struct times times;
    times.n = 0;
    sj_matches_begin(&matches, &plan->steps, batch);
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        struct sj_match match;
        sj_matches_next(&matches, &match);
        if (match.n_reached > 1 && wants_times)
            SJ_TRY(add_times(plan, state, batch, &match, &times, err));
        if (plan->second)
            continue;
        state->furthest[match.n_reached]++;
        if (match.n_reached > 0 && plan->n_values > 0)
            count_value(job, state, batch, &match);
        best = match.n_reached > best ? match.n_reached : best;
        if (j + 1 == batch->n_journeys || batch->customer[j + 1] != batch->customer[j]) {
            state->customers_furthest[best]++;
            best = 0;
        }
    }
    state->n_journeys += batch->n_journeys;
    return give_times(plan, state, &times, err);
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = merged, *other = merging;
    state->n_journeys += other->n_journeys;
    if (plan->second)
        return sj_collector_merge(&state->values, &other->values, err);
    for (uint32_t i = 0; i <= plan->steps.n_steps; i++) {
        state->furthest[i] += other->furthest[i];
        state->customers_furthest[i] += other->customers_furthest[i];
    }
    for (size_t i = 0; i < (size_t)plan->n_values * plan->steps.n_steps; i++)
        state->by_value[i] += other->by_value[i];
    return sj_histograms_merge(&state->times, &other->times, err);
}

/* From "came exactly so far" to "came at least so far". */
static void add_from_the_end(uint64_t *counts, uint32_t n) {
    for (uint32_t i = n; i-- > 1;)
        counts[i - 1] += counts[i];
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct plan *plan = job->plan;
    struct state *state = turned;
    bool known;
    *ret_again = !plan->second && wants_quantiles(job);
    if (plan->second)
        return sj_quantiles_new(&state->values, job->arena, &plan->quantiles, err);
    const uint32_t n_steps = plan->steps.n_steps;
    const size_t n_cells = (size_t)plan->n_values * n_steps;
    plan->second = true;
    plan->n_journeys = state->n_journeys;
    memcpy(plan->reached, state->furthest + 1, n_steps * sizeof plan->reached[0]);
    memcpy(plan->customers, state->customers_furthest + 1, n_steps * sizeof plan->customers[0]);
    add_from_the_end(plan->reached, n_steps);
    add_from_the_end(plan->customers, n_steps);
    SJ_TRY(sj_arena_new(job->arena, n_cells, sizeof *plan->by_value, &plan->by_value, err));
    memcpy(plan->by_value, state->by_value, n_cells * sizeof *plan->by_value);
    for (uint32_t value = 0; value < plan->n_values; value++)
        add_from_the_end(plan->by_value + (size_t)value * n_steps, n_steps);
    if (!wants_quantiles(job))
        return SJ_OK;
    SJ_TRY(sj_quantile_plan_new(&state->times, job->arena, &plan->times, err));
    SJ_TRY(sj_quantiles_at_once(&state->times, plan->times, job->arena, &plan->quantiles, &known, err));
    *ret_again = !known;
    return SJ_OK;
}

static struct sj_cell quantile_cell(const struct plan *plan, uint32_t step, unsigned percent) {
    int64_t value;
    if (plan->times == NULL || step == 0 || !sj_quantiles_get(&plan->quantiles, step, plan->reached[step], percent, &value))
        return (struct sj_cell){.known = false};
    return sj_cell_i64(value);
}

static enum sj_status give_steps(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &tables[TABLE_STEPS], &table, err));
    for (uint32_t i = 0; i < plan->steps.n_steps; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, job->touchpoints[plan->steps.touchpoint[i]], &cells[0], err));
        cells[1] = sj_cell_i64((int64_t)plan->reached[i]);
        if (i > 0) {
            cells[2] = sj_share_cell(shares, plan->reached[i], plan->reached[0]);
            cells[3] = sj_share_cell(shares, plan->reached[i], plan->reached[i - 1]);
        }
        cells[4] = quantile_cell(plan, i, 50);
        cells[5] = quantile_cell(plan, i, 90);
        cells[6] = sj_cell_i64((int64_t)plan->customers[i]);
        cells[7] = sj_share_cell(shares, plan->reached[i], plan->n_journeys);
    }
    return SJ_OK;
}

/* One row of the breakdown, for each step. */
static enum sj_status give_value(const struct sj_job *job, const struct sj_value_row *row, struct sj_shares *shares, struct sj_table *table,
                                 struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    uint64_t reached[SJ_STEPS_MAX] = {0};
    for (uint32_t c = 0; c < row->n_codes; c++)
        for (uint32_t i = 0; i < plan->steps.n_steps; i++)
            reached[i] += plan->by_value[(size_t)row->codes[c] * plan->steps.n_steps + i];
    for (uint32_t i = 0; i < plan->steps.n_steps; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, row->text, &cells[0], err));
        cells[1] = sj_cell_i64(row->n_values);
        SJ_TRY(sj_name_cell(result, job->touchpoints[plan->steps.touchpoint[i]], &cells[2], err));
        cells[3] = sj_cell_i64((int64_t)reached[i]);
        if (i == 0)
            continue;
        cells[4] = sj_share_cell(shares, reached[i], reached[0]);
        cells[5] = sj_share_cell(shares, reached[i], reached[i - 1]);
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
        counts[value] = plan->by_value[(size_t)value * plan->steps.n_steps];
    SJ_TRY(sj_value_rows(job, &job->dimensions[job->args[ARG_BY].dimension], counts, result, &rows, &n, err));
    for (size_t i = 0; i < n; i++)
        SJ_TRY(give_value(job, &rows[i], shares, table, result, err));
    return SJ_OK;
}

static enum sj_status note_rule(const struct sj_job *job, struct sj_result *result) {
    const struct plan *plan = job->plan;
    char within[SJ_TIME_TEXT_BYTES];
    sj_duration_format(plan->steps.within_us, within);
    return sj_note(result, SJ_NOTE_DEFINITION, "funnel_rule",
                   "A journey counts at the furthest step it reaches: the steps later one after another, anything may lie between, all "
                   "within %s of the first step, that moment included. A later first step may start again. Each event counts for one "
                   "step. Of several ways the longest counts, then the one that is complete first, then the one that starts last; from "
                   "there each step at its first event, and times are taken between these. Events of the same time stand in order of "
                   "arrival.",
                   within);
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    (void)finished; /* turn() has moved everything into the plan */
    const struct plan *plan = job->plan;
    struct sj_shares shares = {0};
    SJ_TRY(give_steps(job, &shares, result, err));
    if (plan->n_values > 0)
        SJ_TRY(give_values(job, &shares, result, err));
    SJ_TRY(note_rule(job, result));
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
