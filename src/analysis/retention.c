/* Retention: who comes back, and when? Cohorts by the period of a customer's start, and how many of each come back in which period
 * after it; and by periods of the calendar how many customers are new, returning, resurrecting, dormant.
 *
 *   a customer's events   ──S────x──x──────────────x──▶      S the start
 *   calendar              │ 0  │ 1  │ 2  │ 3  │ 4  │         the periods of the calendar, 0 the one of the start
 *   rolling                 │ 0  │ 1  │ 2  │ 3  │ 4  │       windows of equal length from the customer's own start
 *
 * On: a return event in that very period; on or after: in that or any later one (unbounded retention). Periods are numbered, bounded
 * and marked as incomplete as in the products that define the field (Amplitude, Mixpanel and PostHog, "retention"; the four states
 * of the lifecycle are PostHog's, with "new" by the first event).
 *
 * One pass. Journeys of a customer may overlap in time, so that a customer is looked at as a whole: the start is the earliest of all
 * journeys, and each period counts once. Memory: cohorts x periods shown, and a few numbers for each period. */
#include "analysis/common.h"

#include <stdlib.h>

#include "analysis/periods.h"
#include "base/buf.h"
#include "base/number.h"

enum { ARG_OVER, ARG_START, ARG_RETURN, ARG_MODE, ARG_ROLLING, ARG_PERIODS };
enum { MODE_ON, MODE_ON_OR_AFTER };

#define PERIODS_SHOWN_MAX 1000
#define CELLS_MAX 1000000

static const struct sj_param params[] = {
    {.name = "over",
     .type = SJ_PARAM_CHOICE,
     .standard = "week",
     .choices = "day week month",
     .help = SJ_T("the length of a period. Weeks begin on Monday")},
    {.name = "start",
     .type = SJ_PARAM_TOUCHPOINTS,
     .min = 0,
     .max = 64,
     .help = SJ_T("a customer starts with the first event at one of these; none: with the first event")},
    {.name = "return",
     .type = SJ_PARAM_TOUCHPOINTS,
     .min = 0,
     .max = 64,
     .help = SJ_T("only an event at one of these counts as coming back; none: any event")},
    {.name = "mode",
     .type = SJ_PARAM_CHOICE,
     .standard = "on",
     .choices = "on on-or-after",
     .help = SJ_T("on: came back in that very period; on-or-after: in that or any later one")},
    {.name = "rolling",
     .type = SJ_PARAM_TRUTH,
     .standard = "false",
     .compares = "curve",
     .help = SJ_T("periods of 24 hours, 7 days or 30 days from the customer's own start, instead of those of the calendar")},
    {.name = "periods",
     .type = SJ_PARAM_COUNT,
     .standard = "12",
     .min = 1,
     .max = PERIODS_SHOWN_MAX,
     .help = SJ_T("how many periods are shown, that of the start (0) included")},
};

#define COHORT_COLUMN                                                              \
    {                                                                              \
        .name = "cohort", .label = SJ_T("Start from"), .type = SJ_TYPE_TIME,       \
        .help = SJ_T("the beginning of the period in which these customers start") \
    }
#define FINAL_COLUMN(means) \
    { .name = "complete", .label = SJ_T("Complete"), .type = SJ_TYPE_TRUTH, .help = (means) }

static const struct sj_column_def cell_columns[] = {
    COHORT_COLUMN,
    {.name = "period", .label = SJ_T("Periods later"), .type = SJ_TYPE_COUNT, .help = SJ_T("0 is the period of the start")},
    {.name = "customers", .label = SJ_T("Came back"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers of the cohort who came back")},
    {.name = "share",
     .label = SJ_T("Share who came back"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the customers of the cohort"),
     .drawn = true},
    FINAL_COLUMN(SJ_T("no: the period has not ended for all of the cohort by the end of the data, so the figure can still change")),
};

static const struct sj_column_def curve_columns[] = {
    {.name = "period", .label = SJ_T("Periods later"), .type = SJ_TYPE_COUNT, .help = SJ_T("0 is the period of the start")},
    {.name = "at_risk", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers of all cohorts whose cell is complete")},
    {.name = "returned", .label = SJ_T("Came back"), .type = SJ_TYPE_COUNT, .help = SJ_T("those of them who came back")},
    {.name = "share",
     .label = SJ_T("Share"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of these customers, all cohorts together"),
     .drawn = true},
};

static const struct sj_column_def cohort_columns[] = {
    COHORT_COLUMN,
    {.name = "size", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers who start in the period"), .drawn = true},
    FINAL_COLUMN(SJ_T("no: the period has not ended by the end of the data, so the figures can still change")),
};

static const struct sj_column_def lifecycle_columns[] = {
    {.name = "period", .label = SJ_T("From"), .type = SJ_TYPE_TIME, .help = SJ_T("the beginning of the period in the zone of the lens")},
    {.name = "active", .label = SJ_T("Active customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("new, returning and resurrecting together")},
    {.name = "new", .label = SJ_T("New"), .type = SJ_TYPE_COUNT, .help = SJ_T("have their first event in the period"), .drawn = true},
    {.name = "returning",
     .label = SJ_T("Returning"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("active in the period and in the one before"),
     .drawn = true},
    {.name = "resurrecting",
     .label = SJ_T("Resurrecting"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("active in the period, not in the one before, but earlier"),
     .drawn = true},
    {.name = "dormant",
     .label = SJ_T("Dormant"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("active in the period before, and not in this one; not part of the active"),
     .drawn = true},
    FINAL_COLUMN(SJ_T("no: the period has not ended by the end of the data, so the figures can still change")),
};

enum { TABLE_CELLS, TABLE_CURVE, TABLE_COHORTS, TABLE_LIFECYCLE, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "cells",
     .title = SJ_T("Who comes back, by cohort"),
     .picture = SJ_PICTURE_MATRIX,
     SJ_COLUMNS(cell_columns),
     .final = "complete"},
    {.name = "curve", .title = SJ_T("Who comes back, all cohorts together"), .picture = SJ_PICTURE_LINES, SJ_COLUMNS(curve_columns)},
    {.name = "cohorts", .title = SJ_T("Who starts when"), .picture = SJ_PICTURE_LINES, SJ_COLUMNS(cohort_columns), .final = "complete"},
    {.name = "lifecycle",
     .title = SJ_T("New, returning, resurrecting and dormant customers"),
     .picture = SJ_PICTURE_LINES,
     SJ_COLUMNS(lifecycle_columns),
     .final = "complete"},
};

struct plan {
    struct sj_periods periods;
    uint32_t n_columns;              /* of the cells: periods shown, no more than the range can have */
    int64_t window_us;               /* rolling; 0: by the calendar */
    bool on_or_after;                /* else on */
    const uint8_t *starts, *returns; /* 1 for each touchpoint that counts; NULL: all do */
};

struct cohort {
    uint64_t size;
    int64_t first_us, last_us; /* of the starts of its customers */
};

enum { LIFE_NEW, LIFE_RETURNING, LIFE_RESURRECTING, LIFE_DORMANT, N_LIVES };
struct life {
    uint64_t counts[N_LIVES];
};

struct state {
    uint64_t n_customers, n_started;
    struct cohort *cohorts; /* by period */
    struct life *life;      /* by period */
    uint64_t *cells;        /* periods x n_columns; on or after: by the last period, which finish() sums up */
    struct sj_buf room;
    uint32_t *periods; /* of the batch's events, in `room` */
    /* of the customer at hand: */
    uint32_t *active, n_active;    /* the different periods with an event, rising; room for one more */
    uint64_t *seen, *seen_returns; /* by period and by column: the last customer who was seen there */
};

static enum sj_status mark_touchpoints(struct sj_job *job, const struct sj_arg *arg, const uint8_t **ret_marked, struct sj_error *err) {
    uint8_t *marked;
    *ret_marked = NULL;
    if (arg->n_codes == 0)
        return SJ_OK;
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *marked, &marked, err));
    for (size_t i = 0; i < arg->n_codes; i++)
        marked[arg->codes[i]] = 1;
    *ret_marked = marked;
    return SJ_OK;
}

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    static const int window_days[] = {[SJ_PERIOD_DAY] = 1, [SJ_PERIOD_WEEK] = 7, [SJ_PERIOD_MONTH] = 30};
    const enum sj_period by = (enum sj_period)job->args[ARG_OVER].i64;
    struct plan *plan;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    SJ_TRY(sj_periods_new(job->arena, job->zone, by, job->from_us, job->to_us, &plan->periods, err));
    SJ_TRY(mark_touchpoints(job, &job->args[ARG_START], &plan->starts, err));
    SJ_TRY(mark_touchpoints(job, &job->args[ARG_RETURN], &plan->returns, err));
    plan->window_us = job->args[ARG_ROLLING].i64 != 0 ? window_days[by] * SJ_US_DAY : 0;
    plan->on_or_after = job->args[ARG_MODE].i64 == MODE_ON_OR_AFTER;
    const int64_t shown = job->args[ARG_PERIODS].i64;
    const int64_t most = plan->window_us > 0 ? (job->to_us - job->from_us) / plan->window_us + 1 : plan->periods.n;
    plan->n_columns = (uint32_t)(shown < most ? shown : most);
    job->plan = plan;
    if ((uint64_t)plan->n_columns * plan->periods.n <= CELLS_MAX)
        return SJ_OK;
    return sj_fail(
        err, SJ_E_USAGE,
        "%u cohorts with %u periods each are more than the %d cells that can be counted: choose a longer period (over), fewer of "
        "them (periods), or a shorter time range",
        plan->periods.n, plan->n_columns, CELLS_MAX);
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_mem_free(job->mem, state->cohorts);
    sj_mem_free(job->mem, state->life);
    sj_mem_free(job->mem, state->cells);
    sj_mem_free(job->mem, state->active);
    sj_mem_free(job->mem, state->seen);
    sj_mem_free(job->mem, state->seen_returns);
    sj_buf_done(&state->room);
    sj_mem_free(job->mem, state);
}

static enum sj_status start_counts(const struct sj_job *job, struct state *state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const size_t n = plan->periods.n;
    SJ_TRY(sj_mem_new(job->mem, n, sizeof *state->cohorts, &state->cohorts, err));
    SJ_TRY(sj_mem_new(job->mem, n, sizeof *state->life, &state->life, err));
    SJ_TRY(sj_mem_new(job->mem, n * plan->n_columns, sizeof *state->cells, &state->cells, err));
    SJ_TRY(sj_mem_new(job->mem, n + 1, sizeof *state->active, &state->active, err));
    SJ_TRY(sj_mem_new(job->mem, n, sizeof *state->seen, &state->seen, err));
    SJ_TRY(sj_mem_new(job->mem, plan->n_columns, sizeof *state->seen_returns, &state->seen_returns, err));
    for (size_t i = 0; i < n; i++) {
        state->cohorts[i].first_us = INT64_MAX;
        state->cohorts[i].last_us = INT64_MIN;
    }
    return SJ_OK;
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    struct state *state;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    sj_buf_init(&state->room, job->mem, SIZE_MAX / 2);
    enum sj_status status = start_counts(job, state, err);
    if (status == SJ_OK)
        *ret_state = state;
    else
        drop(job, state);
    return status;
}

/* ---- one customer: the journeys [first, end) of a batch ---- */

struct customer {
    const struct sj_batch *batch;
    uint32_t first, end;
    uint64_t number; /* from 1, within the state */
};

static int by_period(const void *left, const void *right) {
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* The different periods of a journey, which rise. */
static uint32_t distinct(const uint32_t *periods, uint32_t n_events, uint32_t *active) {
    uint32_t n = 1;
    active[0] = periods[0];
    for (uint32_t i = 1; i < n_events; i++) {
        active[n] = periods[i];
        n += periods[i] != periods[i - 1];
    }
    return n;
}

/* Fills state->active: of one journey its periods, of several those of all. */
static void find_active(struct state *state, const struct customer *customer) {
    const struct sj_batch *batch = customer->batch;
    const uint32_t lo = batch->offsets[customer->first], hi = batch->offsets[customer->end];
    if (customer->end - customer->first == 1) {
        state->n_active = distinct(state->periods + lo, hi - lo, state->active);
        return;
    }
    state->n_active = 0;
    for (uint32_t i = lo; i < hi; i++) {
        const uint32_t at = state->periods[i];
        if (state->seen[at] != customer->number)
            state->active[state->n_active++] = at;
        state->seen[at] = customer->number;
    }
    qsort(state->active, state->n_active, sizeof *state->active, by_period);
}

/* Without a branch on whether somebody stayed away, which nobody can guess. */
static void count_life(const struct plan *plan, struct state *state) {
    state->life[state->active[0]].counts[LIFE_NEW]++;
    for (uint32_t i = 1; i < state->n_active; i++) {
        const uint32_t period = state->active[i], before = state->active[i - 1];
        const bool stayed = before + 1 == period;
        state->life[period].counts[stayed ? LIFE_RETURNING : LIFE_RESURRECTING]++;
        state->life[before + 1].counts[LIFE_DORMANT] += !stayed;
    }
    const uint32_t last = state->active[state->n_active - 1];
    if (last + 1 < plan->periods.n)
        state->life[last + 1].counts[LIFE_DORMANT]++;
}

/* The time of the first start; false: there is none. */
static bool find_start(const struct plan *plan, const struct customer *customer, int64_t *ret_start_us) {
    const struct sj_batch *batch = customer->batch;
    int64_t start_us = INT64_MAX;
    for (uint32_t j = customer->first; j < customer->end; j++) {
        const uint32_t end = batch->offsets[j + 1];
        uint32_t i = batch->offsets[j];
        while (plan->starts != NULL && i < end && !plan->starts[batch->touchpoint[i]])
            i++;
        if (i < end && batch->time_us[i] < start_us)
            start_us = batch->time_us[i];
    }
    *ret_start_us = start_us;
    return start_us != INT64_MAX;
}

/* Where a customer's returns are counted: the row of the cohort. */
struct returns {
    uint64_t *cells, *seen, number;
    uint32_t n_columns, cohort;
    int64_t start_us;
    int64_t last; /* the last period with a return; -1: none */
};

static void add_return(const struct plan *plan, struct returns *returns, int64_t period) {
    returns->last = period > returns->last ? period : returns->last;
    if (plan->on_or_after || period >= returns->n_columns || returns->seen[period] == returns->number)
        return;
    returns->seen[period] = returns->number;
    returns->cells[period]++;
}

/* The period after the start in which an event lies, and the time at which it ends. */
static int64_t period_of(const struct plan *plan, const struct returns *returns, int64_t time_us, int64_t *ret_until_us) {
    if (plan->window_us > 0) {
        const int64_t period = (time_us - returns->start_us) / plan->window_us;
        *ret_until_us = returns->start_us + (period + 1) * plan->window_us;
        return period;
    }
    const uint32_t at = sj_periods_find(&plan->periods, time_us, returns->cohort);
    *ret_until_us = plan->periods.starts[at + 1];
    return (int64_t)at - returns->cohort;
}

static void add_returns(const struct plan *plan, struct returns *returns, const struct sj_batch *batch, uint32_t j) {
    int64_t until_us = returns->start_us;
    for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++) {
        const int64_t time_us = batch->time_us[i];
        if (time_us < until_us || (plan->returns != NULL && !plan->returns[batch->touchpoint[i]]))
            continue;
        add_return(plan, returns, period_of(plan, returns, time_us, &until_us));
    }
}

/* The active periods from the start on. */
static void count_active_returns(const struct plan *plan, const struct state *state, struct returns *returns) {
    uint32_t i = 0;
    while (i < state->n_active && state->active[i] < returns->cohort)
        i++;
    if (i < state->n_active)
        returns->last = (int64_t)state->active[state->n_active - 1] - returns->cohort;
    for (; i < state->n_active && !plan->on_or_after && state->active[i] - returns->cohort < returns->n_columns; i++)
        returns->cells[state->active[i] - returns->cohort]++;
}

/* Where any event is a return and periods are the calendar's, the returns are the active periods from the start on. */
static void count_returns(const struct plan *plan, struct state *state, const struct customer *customer, struct returns *returns) {
    if (plan->returns == NULL && plan->window_us == 0) {
        count_active_returns(plan, state, returns);
    } else {
        for (uint32_t j = customer->first; j < customer->end; j++)
            add_returns(plan, returns, customer->batch, j);
    }
    if (plan->on_or_after && returns->last >= 0)
        returns->cells[returns->last < returns->n_columns ? returns->last : returns->n_columns - 1]++;
}

static void count_customer(const struct plan *plan, struct state *state, const struct customer *customer) {
    int64_t start_us;
    find_active(state, customer);
    count_life(plan, state);
    if (!find_start(plan, customer, &start_us))
        return;
    const uint32_t at = sj_periods_find(&plan->periods, start_us, state->active[0]);
    struct cohort *cohort = &state->cohorts[at];
    state->n_started++;
    cohort->size++;
    cohort->first_us = start_us < cohort->first_us ? start_us : cohort->first_us;
    cohort->last_us = start_us > cohort->last_us ? start_us : cohort->last_us;
    struct returns returns = {.cells = state->cells + (size_t)at * plan->n_columns,
                              .seen = state->seen_returns,
                              .number = customer->number,
                              .n_columns = plan->n_columns,
                              .cohort = at,
                              .start_us = start_us,
                              .last = -1};
    count_returns(plan, state, customer, &returns);
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = absorbing;
    SJ_TRY(sj_buf_reserve(&state->room, batch->n_events * sizeof *state->periods, err));
    state->periods = (uint32_t *)(void *)state->room.data;
    sj_periods_of(&plan->periods, batch->time_us, batch->n_events, state->periods);
    for (uint32_t j = 0; j < batch->n_journeys;) {
        struct customer customer = {batch, j, j, ++state->n_customers};
        while (customer.end < batch->n_journeys && batch->customer[customer.end] == batch->customer[j])
            customer.end++;
        count_customer(job->plan, state, &customer);
        j = customer.end;
    }
    return SJ_OK;
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    (void)err;
    const struct plan *plan = job->plan;
    struct state *state = merged;
    const struct state *other = merging;
    state->n_customers += other->n_customers;
    state->n_started += other->n_started;
    for (uint32_t i = 0; i < plan->periods.n; i++) {
        struct cohort *cohort = &state->cohorts[i];
        const struct cohort *more = &other->cohorts[i];
        cohort->size += more->size;
        cohort->first_us = more->first_us < cohort->first_us ? more->first_us : cohort->first_us;
        cohort->last_us = more->last_us > cohort->last_us ? more->last_us : cohort->last_us;
        for (int k = 0; k < N_LIVES; k++)
            state->life[i].counts[k] += other->life[i].counts[k];
    }
    for (size_t i = 0; i < (size_t)plan->periods.n * plan->n_columns; i++)
        state->cells[i] += other->cells[i];
    return SJ_OK;
}

/* ---- the answer ---- */

/* What the tables and the notes have in common. */
struct giving {
    const struct sj_job *job;
    const struct plan *plan;
    const struct state *state;
    struct sj_result *result;
    struct sj_shares shares;
    uint64_t n_cells, n_open, n_returns; /* open: not complete */
    uint64_t *counts;                    /* by column, of the cohort at hand */
    uint64_t *at_risk, *returned;        /* by column, over the complete cells */
};

static bool has_ended(const struct giving *giving, uint32_t period) {
    return giving->plan->periods.starts[period + 1] <= giving->job->to_us;
}

/* Whether the period has begun for anyone of the cohort, and has ended for all of it. */
static bool has_begun(const struct giving *giving, uint32_t cohort, uint32_t column) {
    const struct plan *plan = giving->plan;
    if (plan->window_us == 0)
        return cohort + column < plan->periods.n;
    return giving->state->cohorts[cohort].first_us + column * plan->window_us < giving->job->to_us;
}
static bool is_complete(const struct giving *giving, uint32_t cohort, uint32_t column) {
    const struct plan *plan = giving->plan;
    if (plan->window_us == 0)
        return has_ended(giving, cohort + column);
    const int64_t last_us = giving->state->cohorts[cohort].last_us;
    return has_ended(giving, cohort) && last_us + (column + 1) * plan->window_us <= giving->job->to_us;
}

/* Fills giving->counts: how many of the cohort came back, by column. */
static void count_row(struct giving *giving, uint32_t cohort) {
    const struct plan *plan = giving->plan;
    const uint64_t *cells = giving->state->cells + (size_t)cohort * plan->n_columns;
    uint64_t later = 0;
    for (uint32_t column = plan->n_columns; column-- > 0;) {
        giving->counts[column] = cells[column] + later;
        later = plan->on_or_after ? giving->counts[column] : 0;
    }
}

static enum sj_status give_cell(struct giving *giving, struct sj_table *table, uint32_t cohort, uint32_t column, struct sj_error *err) {
    const uint64_t size = giving->state->cohorts[cohort].size, count = giving->counts[column];
    const bool complete = is_complete(giving, cohort, column);
    struct sj_cell *cells;
    SJ_TRY(sj_result_row(giving->result, table, &cells, err));
    cells[0] = sj_cell_i64(giving->plan->periods.starts[cohort]);
    cells[1] = sj_cell_i64(column);
    cells[2] = sj_cell_i64((int64_t)count);
    cells[3] = sj_share_cell(&giving->shares, count, size);
    cells[4] = sj_cell_i64(complete);
    giving->n_cells++;
    giving->n_open += !complete;
    giving->n_returns += count;
    giving->at_risk[column] += complete ? size : 0;
    giving->returned[column] += complete ? count : 0;
    return SJ_OK;
}

static enum sj_status give_cells(struct giving *giving, struct sj_error *err) {
    const struct plan *plan = giving->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(giving->result, &tables[TABLE_CELLS], &table, err));
    for (uint32_t cohort = 0; cohort < plan->periods.n; cohort++) {
        count_row(giving, cohort);
        for (uint32_t column = 0; giving->state->cohorts[cohort].size > 0 && column < plan->n_columns; column++)
            if (has_begun(giving, cohort, column))
                SJ_TRY(give_cell(giving, table, cohort, column, err));
    }
    return SJ_OK;
}

static enum sj_status give_curve(struct giving *giving, struct sj_error *err) {
    struct sj_table *table;
    SJ_TRY(sj_result_table(giving->result, &tables[TABLE_CURVE], &table, err));
    for (uint32_t column = 0; column < giving->plan->n_columns; column++) {
        struct sj_cell *cells;
        if (giving->at_risk[column] == 0)
            continue;
        SJ_TRY(sj_result_row(giving->result, table, &cells, err));
        cells[0] = sj_cell_i64(column);
        cells[1] = sj_cell_i64((int64_t)giving->at_risk[column]);
        cells[2] = sj_cell_i64((int64_t)giving->returned[column]);
        cells[3] = sj_share_cell(&giving->shares, giving->returned[column], giving->at_risk[column]);
    }
    return SJ_OK;
}

/* From the first cohort with a customer to the last; those between without any are shown with zeros. */
static enum sj_status give_cohorts(struct giving *giving, struct sj_error *err) {
    const struct cohort *cohorts = giving->state->cohorts;
    struct sj_table *table;
    uint32_t first = 0, end = giving->plan->periods.n;
    SJ_TRY(sj_result_table(giving->result, &tables[TABLE_COHORTS], &table, err));
    while (first < end && cohorts[first].size == 0)
        first++;
    while (end > first && cohorts[end - 1].size == 0)
        end--;
    for (uint32_t i = first; i < end; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(giving->result, table, &cells, err));
        cells[0] = sj_cell_i64(giving->plan->periods.starts[i]);
        cells[1] = sj_cell_i64((int64_t)cohorts[i].size);
        cells[2] = sj_cell_i64(has_ended(giving, i));
    }
    return SJ_OK;
}

/* From the first period with a customer to the last of the range, so that who went is seen. */
static enum sj_status give_lifecycle(struct giving *giving, struct sj_error *err) {
    struct sj_table *table;
    uint32_t first = 0;
    SJ_TRY(sj_result_table(giving->result, &tables[TABLE_LIFECYCLE], &table, err));
    while (first < giving->plan->periods.n && giving->state->life[first].counts[LIFE_NEW] == 0)
        first++;
    for (uint32_t i = first; i < giving->plan->periods.n; i++) {
        const struct life *life = &giving->state->life[i];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(giving->result, table, &cells, err));
        cells[0] = sj_cell_i64(giving->plan->periods.starts[i]);
        cells[1] = sj_cell_i64((int64_t)(life->counts[LIFE_NEW] + life->counts[LIFE_RETURNING] + life->counts[LIFE_RESURRECTING]));
        cells[2] = sj_cell_i64((int64_t)life->counts[LIFE_NEW]);
        cells[3] = sj_cell_i64((int64_t)life->counts[LIFE_RETURNING]);
        cells[4] = sj_cell_i64((int64_t)life->counts[LIFE_RESURRECTING]);
        cells[5] = sj_cell_i64((int64_t)life->counts[LIFE_DORMANT]);
        cells[6] = sj_cell_i64(has_ended(giving, i));
    }
    return SJ_OK;
}

static enum sj_status note_rule(struct giving *giving) {
    const struct plan *plan = giving->plan;
    char window[SJ_TIME_TEXT_BYTES];
    sj_duration_format(plan->window_us, window);
    if (plan->window_us > 0 && plan->on_or_after)
        return sj_note(giving->result, SJ_NOTE_DEFINITION, "retention_rule",
                       "Came back: with a return event in that window of %s since the customer's own start, or in any later one. Later "
                       "events can still raise every share, and older cohorts have had more time",
                       window);
    if (plan->window_us > 0)
        return sj_note(giving->result, SJ_NOTE_DEFINITION, "retention_rule",
                       "Came back: with a return event in that very window of %s since the customer's own start. The start itself counts "
                       "in window 0 where it is such an event",
                       window);
    if (plan->on_or_after)
        return sj_note(giving->result, SJ_NOTE_DEFINITION, "retention_rule",
                       "Came back: with a return event in that period of the calendar or in any later one, not before the start. Later "
                       "events can still raise every share, and older cohorts have had more time");
    return sj_note(giving->result, SJ_NOTE_DEFINITION, "retention_rule",
                   "Came back: with a return event in that very period of the calendar, not before the start. The start itself counts in "
                   "period 0 where it is such an event");
}

static enum sj_status note_starts(struct giving *giving) {
    const struct state *state = giving->state;
    char without[SJ_NUMBER_BYTES], all[SJ_NUMBER_BYTES];
    sj_number_count((int64_t)(state->n_customers - state->n_started), giving->result->lang, without);
    sj_number_count((int64_t)state->n_customers, giving->result->lang, all);
    if (state->n_started == 0)
        return sj_note(giving->result, SJ_NOTE_WARNING, "no_start",
                       "None of the %s customers of this choice has an event at a start touchpoint, so there are no cohorts", all);
    if (giving->n_returns == 0)
        SJ_TRY(sj_note(giving->result, SJ_NOTE_WARNING, "no_return",
                       "Nobody came back: no customer has an event at a return touchpoint at or after the start"));
    if (giving->plan->starts != NULL)
        return sj_note(giving->result, SJ_NOTE_INFO, "without_start",
                       "%s of %s customers have no event at a start touchpoint, and belong to no cohort", without, all);
    return sj_note(
        giving->result, SJ_NOTE_INFO, "first_seen",
        "A customer starts with the first event that the lens lets through: whoever was a customer before the events begin counts as "
        "new, most of all in the first cohort");
}

static enum sj_status note_open(struct giving *giving) {
    char open[SJ_NUMBER_BYTES], all[SJ_NUMBER_BYTES], end[SJ_TIME_TEXT_BYTES];
    if (giving->n_open == 0)
        return SJ_OK;
    sj_number_count((int64_t)giving->n_open, giving->result->lang, open);
    sj_number_count((int64_t)giving->n_cells, giving->result->lang, all);
    const size_t n = sj_time_format(giving->job->to_us - 1, end);
    return sj_note(giving->result, SJ_NOTE_INFO, "incomplete",
                   "%s of %s cells are not complete: their period has not ended for all of the cohort when the data end (%.*s). They can "
                   "still change, and are left out of the curve",
                   open, all, (int)n, end);
}

static enum sj_status give_notes(struct giving *giving) {
    if (giving->state->n_customers == 0)
        return SJ_OK;
    SJ_TRY(note_rule(giving));
    SJ_TRY(note_starts(giving));
    SJ_TRY(note_open(giving));
    SJ_TRY(sj_note(giving->result, SJ_NOTE_DEFINITION, "pooled",
                   "All cohorts together: customers are added up, so large cohorts weigh more, and late periods rest on the oldest cohorts "
                   "only"));
    SJ_TRY(sj_note(giving->result, SJ_NOTE_DEFINITION, "lifecycle",
                   "New, returning, resurrecting and dormant are by any event that the lens lets through and by the calendar. Active = new "
                   "+ returning + resurrecting; active in the period before = returning + dormant"));
    return sj_shares_note(&giving->shares, giving->result);
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    struct giving giving = {.job = job, .plan = job->plan, .state = finished, .result = result};
    SJ_TRY(sj_arena_new(job->arena, giving.plan->n_columns, sizeof *giving.counts, &giving.counts, err));
    SJ_TRY(sj_arena_new(job->arena, giving.plan->n_columns, sizeof *giving.at_risk, &giving.at_risk, err));
    SJ_TRY(sj_arena_new(job->arena, giving.plan->n_columns, sizeof *giving.returned, &giving.returned, err));
    SJ_TRY(give_cells(&giving, err));
    SJ_TRY(give_curve(&giving, err));
    SJ_TRY(give_cohorts(&giving, err));
    SJ_TRY(give_lifecycle(&giving, err));
    return give_notes(&giving);
}

const struct sj_analysis sj_retention = {
    .name = "retention",
    .title = SJ_T("Who comes back, and when?"),
    .about = SJ_T("Read a row to see how one cohort fades, and a column to see whether later cohorts come back more. Period 0 is that of "
                  "the start. Compare only complete cells: a period that has not ended looks worse than it is."),
    .example = "retention STORE --over month --start order_placed",
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
