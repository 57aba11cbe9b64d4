/* Participation: what share of customers takes a route (or has a touchpoint), and how that changes over time.
 *
 * One pass. A route is an expression of the journey language; it is taken with the event that completes it, and then looking begins anew, so that
 * it can be taken several times (lens/match.h, with `again`).
 * Memory: a few counts for each period. */
#include "analysis/common.h"

#include "lens/match.h"

enum { ARG_STEPS, ARG_WITHIN, ARG_OVER };

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
    {.name = "over",
     .type = SJ_PARAM_CHOICE,
     .standard = "auto",
     .choices = "auto day week month",
     .help = SJ_T("the period of the shares over time; auto chooses by the time range. Weeks begin on Monday")},
};

static const struct sj_column_def summary_columns[] = {
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers with an event")},
    {.name = "participants",
     .label = SJ_T("Participants"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("customers who take the route at least once")},
    {.name = "share", .label = SJ_T("Share of customers"), .type = SJ_TYPE_ESTIMATE, .help = SJ_T("participants among the customers")},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("as the lens cuts them")},
    {.name = "of_journeys",
     .label = SJ_T("Share of journeys"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of all journeys, those that take the route")},
    {.name = "times", .label = SJ_T("Times"), .type = SJ_TYPE_COUNT, .help = SJ_T("how often the route is taken, one after the other")},
};

static const struct sj_column_def period_columns[] = {
    {.name = "period", .label = SJ_T("From"), .type = SJ_TYPE_TIME, .help = SJ_T("the beginning of the period in the zone of the lens")},
    {.name = "share",
     .label = SJ_T("Share of customers"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the customers who are active in the period, those who complete the route in it"),
     .drawn = true},
    {.name = "participants",
     .label = SJ_T("Participants"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("customers who complete the route in the period")},
    {.name = "customers", .label = SJ_T("Active customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers with an event in the period")},
    {.name = "times", .label = SJ_T("Times"), .type = SJ_TYPE_COUNT, .help = SJ_T("how often the route is completed in the period")},
};

enum { TABLE_SUMMARY, TABLE_PERIODS, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "summary", .title = SJ_T("Who takes part"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(summary_columns)},
    {.name = "periods", .title = SJ_T("Over time"), .picture = SJ_PICTURE_LINES, SJ_COLUMNS(period_columns)},
};

struct plan {
    struct sj_match_rule rule;
    struct sj_periods periods;
};

struct period_counts {
    uint64_t customers, participants, times, last_customer, last_participant;
};

struct state {
    struct sj_matcher matcher;
    uint64_t n_customers, n_journeys;
    uint64_t n_participants, n_taken_journeys, n_times, last_participant;
    struct period_counts *periods;
};

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct plan *plan;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    plan->rule = (struct sj_match_rule){.pattern = job->patterns[job->args[ARG_STEPS].pattern], .hold = SJ_NO_CODE, .again = true};
    plan->rule.within_us = sj_match_within(plan->rule.pattern, job->args[ARG_WITHIN].given, job->args[ARG_WITHIN].i64);
    SJ_TRY(sj_chosen_periods(job, job->args[ARG_OVER].i64, &plan->periods, err));
    job->plan = plan;
    return SJ_OK;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_matcher_done(&state->matcher);
    sj_mem_free(job->mem, state->periods);
    sj_mem_free(job->mem, state);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    sj_matcher_init(&state->matcher, job->mem, &plan->rule);
    const enum sj_status status = sj_mem_new(job->mem, plan->periods.n, sizeof *state->periods, &state->periods, err);
    if (status == SJ_OK)
        *ret_state = state;
    else
        drop(job, state);
    return status;
}

/* ---- the pass ---- */

static void count_active(const struct plan *plan, struct state *state, const struct sj_batch *batch, uint32_t j, uint64_t customer) {
    uint32_t at = 0;
    for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++) {
        at = sj_periods_find(&plan->periods, batch->time_us[i], at);
        struct period_counts *period = &state->periods[at];
        period->customers += period->last_customer != customer;
        period->last_customer = customer;
    }
}

static void count_taken(struct state *state, struct period_counts *period, uint64_t customer) {
    state->n_times++;
    state->n_participants += state->last_participant != customer;
    state->last_participant = customer;
    period->times++;
    period->participants += period->last_participant != customer;
    period->last_participant = customer;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = absorbing;
    uint32_t last_journey = SJ_NO_CODE, period = 0;
    bool any;
    struct sj_match match;
    for (uint32_t j = 0; j < batch->n_journeys; j++)
        count_active(plan, state, batch, j, state->n_customers + batch->customer[j] + 1);
    sj_matcher_begin(&state->matcher, batch);
    for (;;) {
        SJ_TRY(sj_matcher_next(&state->matcher, &any, &match, err));
        if (!any)
            break;
        if (match.n_reached < plan->rule.pattern->n_steps)
            continue;
        period = sj_periods_find(&plan->periods, batch->time_us[match.last], period);
        count_taken(state, &state->periods[period], state->n_customers + batch->customer[match.journey] + 1);
        state->n_taken_journeys += match.journey != last_journey;
        last_journey = match.journey;
    }
    state->n_customers += batch->n_customers;
    state->n_journeys += batch->n_journeys;
    return SJ_OK;
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    (void)err;
    const struct plan *plan = job->plan;
    struct state *state = merged;
    const struct state *other = merging;
    state->n_customers += other->n_customers;
    state->n_journeys += other->n_journeys;
    state->n_participants += other->n_participants;
    state->n_taken_journeys += other->n_taken_journeys;
    state->n_times += other->n_times;
    for (uint32_t i = 0; i < plan->periods.n; i++) {
        state->periods[i].customers += other->periods[i].customers;
        state->periods[i].participants += other->periods[i].participants;
        state->periods[i].times += other->periods[i].times;
    }
    return SJ_OK;
}

/* ---- the answer ---- */

static enum sj_status give_summary(const struct state *state, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    struct sj_cell *cells;
    SJ_TRY(sj_result_table(result, &tables[TABLE_SUMMARY], &table, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_i64((int64_t)state->n_customers);
    cells[1] = sj_cell_i64((int64_t)state->n_participants);
    cells[2] = sj_share_cell(shares, state->n_participants, state->n_customers);
    cells[3] = sj_cell_i64((int64_t)state->n_journeys);
    cells[4] = sj_share_cell(shares, state->n_taken_journeys, state->n_journeys);
    cells[5] = sj_cell_i64((int64_t)state->n_times);
    return SJ_OK;
}

/* From the first period with an event to the last. */
static enum sj_status give_periods(const struct plan *plan, const struct state *state, struct sj_shares *shares, struct sj_result *result,
                                   struct sj_error *err) {
    uint32_t first = 0, end = plan->periods.n;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &tables[TABLE_PERIODS], &table, err));
    while (first < end && state->periods[first].customers == 0)
        first++;
    while (end > first && state->periods[end - 1].customers == 0)
        end--;
    for (uint32_t i = first; i < end; i++) {
        const struct period_counts *period = &state->periods[i];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_i64(plan->periods.starts[i]);
        cells[1] = sj_share_cell(shares, period->participants, period->customers);
        cells[2] = sj_cell_i64((int64_t)period->participants);
        cells[3] = sj_cell_i64((int64_t)period->customers);
        cells[4] = sj_cell_i64((int64_t)period->times);
    }
    return end - first < 2 ? SJ_OK : sj_cut_periods_note(result);
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    const struct state *state = finished;
    struct sj_shares shares = {0};
    SJ_TRY(give_summary(state, &shares, result, err));
    SJ_TRY(give_periods(job->plan, state, &shares, result, err));
    SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "participation_rule",
                   "The route is taken when its steps come one after another in a journey, as the arrows between them say, all within the "
                   "time; then looking begins anew. A period counts who completes it in that period."));
    return sj_shares_note(&shares, result);
}

const struct sj_analysis sj_participation = {
    .name = "participation",
    .title = SJ_T("What share of customers takes part, and how does that change?"),
    .about = SJ_T("Takes a touchpoint or several in order, and says how many of the customers have taken that route: of all, and in each "
                  "period of those who were active in it."),
    .example = "participation STORE add_to_basket order_placed --within 1d",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .tables = tables,
    .n_tables = N_TABLES,
    .needs = SJ_NEED_TIME,
    .prepare = prepare,
    .start = start,
    .absorb = absorb,
    .merge = merge,
    .finish = finish,
    .drop = drop,
};
