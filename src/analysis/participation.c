/* Participation: what share of customers takes a route (or has a touchpoint), and how that changes over time.
 *
 * One pass. A route is taken with the event that completes it; then looking begins anew, so that it can be taken several times. Unlike the
 * funnel's rule (match.h), which looks for the best match of a journey, this one takes every one as soon as it is complete.
 * Memory: a few counts for each period. */
#include "analysis/common.h"

#include "analysis/match.h"

enum { ARG_STEPS, ARG_WITHIN, ARG_OVER };

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
    uint32_t n_steps;
    int64_t within_us;
    const uint32_t *at; /* by touchpoint: bit i is set when it is step i */
    struct sj_periods periods;
};

struct period_counts {
    uint64_t customers, participants, times, last_customer, last_participant;
};

struct state {
    uint64_t n_customers, n_journeys;
    uint64_t n_participants, n_taken_journeys, n_times, last_participant;
    struct period_counts *periods;
};

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    const struct sj_arg *asked = &job->args[ARG_STEPS];
    struct plan *plan;
    uint32_t *at;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *at, &at, err));
    plan->n_steps = (uint32_t)asked->n_codes;
    plan->within_us = job->args[ARG_WITHIN].i64;
    plan->at = at;
    for (uint32_t i = 0; i < plan->n_steps; i++)
        at[asked->codes[i]] |= UINT32_C(1) << i;
    SJ_TRY(sj_chosen_periods(job, job->args[ARG_OVER].i64, &plan->periods, err));
    job->plan = plan;
    return SJ_OK;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_mem_free(job->mem, state->periods);
    sj_mem_free(job->mem, state);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    const enum sj_status status = sj_mem_new(job->mem, plan->periods.n, sizeof *state->periods, &state->periods, err);
    if (status == SJ_OK)
        *ret_state = state;
    else
        drop(job, state);
    return status;
}

/* ---- the pass ---- */

/* How far a journey has come: for each step the latest time of a first step from which it was reached within the time; a later start
 * leaves more of it. */
struct progress {
    int64_t begun_us[SJ_STEPS_MAX];
    bool reached[SJ_STEPS_MAX];
};

/* An event at the steps of `mask`; whether it completes the route. From the last step to the first, so that it stands for one only. */
static bool advance(const struct plan *plan, struct progress *progress, uint32_t mask, int64_t time_us) {
    for (uint32_t step = plan->n_steps; step-- > 0;) {
        if (!(mask >> step & 1) || (step > 0 && !progress->reached[step - 1]))
            continue;
        const int64_t begun_us = step > 0 ? progress->begun_us[step - 1] : time_us;
        if (time_us - begun_us > plan->within_us)
            continue;
        if (step + 1 == plan->n_steps)
            return true;
        progress->reached[step] = true;
        progress->begun_us[step] = begun_us;
    }
    return false;
}

static void count_taken(struct state *state, struct period_counts *period, uint64_t customer) {
    state->n_times++;
    state->n_participants += state->last_participant != customer;
    state->last_participant = customer;
    period->times++;
    period->participants += period->last_participant != customer;
    period->last_participant = customer;
}

static void absorb_journey(const struct plan *plan, struct state *state, const struct sj_batch *batch, uint32_t j) {
    const uint64_t customer = state->n_customers + batch->customer[j] + 1, before = state->n_times;
    struct progress progress = {.reached = {false}};
    uint32_t at = 0;
    for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++) {
        at = sj_periods_find(&plan->periods, batch->time_us[i], at);
        struct period_counts *period = &state->periods[at];
        period->customers += period->last_customer != customer;
        period->last_customer = customer;
        const uint32_t mask = plan->at[batch->touchpoint[i]];
        if (mask == 0 || !advance(plan, &progress, mask, batch->time_us[i]))
            continue;
        count_taken(state, period, customer);
        memset(progress.reached, 0, sizeof progress.reached);
    }
    state->n_taken_journeys += state->n_times > before;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    (void)err;
    struct state *state = absorbing;
    for (uint32_t j = 0; j < batch->n_journeys; j++)
        absorb_journey(job->plan, state, batch, j);
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
                   "The route is taken when its steps come one after another in a journey, anything may lie between, all within the time; "
                   "then looking begins anew. A period counts who completes it in that period."));
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
