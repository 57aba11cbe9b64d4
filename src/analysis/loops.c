/* Loops (rework): which touchpoints come again in a journey, for how many, and what it costs in time and contacts.
 *
 *   pass 1   all counts; histograms of the times from one occurrence to the next
 *   pass 2   the times that the quantiles need
 *
 * Memory: a few counts for each touchpoint, and what quantiles take (quantiles.h). */
#include "analysis/common.h"

#include "analysis/spread.h"
#include "base/wide.h"

static const struct sj_column_def summary_columns[] = {
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("as the lens cuts them")},
    {.name = "with_repeat",
     .label = SJ_T("With a repeat"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of all journeys, those in which some touchpoint comes again")},
    {.name = "repeats",
     .label = SJ_T("Repeats"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("events whose touchpoint was in the same journey before")},
    {.name = "direct", .label = SJ_T("Directly again"), .type = SJ_TYPE_COUNT, .help = SJ_T("of these, those with nothing between")},
};

static const struct sj_column_def touchpoint_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("the touchpoint")},
    {.name = "repeats",
     .label = SJ_T("Repeats"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("how often it comes again in a journey that had it before"),
     .drawn = true},
    {.name = "direct", .label = SJ_T("Directly again"), .type = SJ_TYPE_COUNT, .help = SJ_T("of these, those with nothing between")},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("journeys in which it comes again")},
    {.name = "share",
     .label = SJ_T("Share"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the journeys that have it, those in which it comes again")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers with such a journey")},
    {.name = "between",
     .label = SJ_T("Contacts between"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("events between one occurrence and the next, all together: the detour in contacts")},
    {.name = "mean",
     .label = SJ_T("Mean time"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from one occurrence to the next; times the repeats it is the time in the loop")},
    {.name = "median",
     .label = SJ_T("Median time"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from one occurrence to the next; half of the repeats come sooner")},
    {.name = "p90",
     .label = SJ_T("90 %"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from one occurrence to the next; nine in ten repeats come sooner")},
};

enum { TABLE_SUMMARY, TABLE_TOUCHPOINTS, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "summary", .title = SJ_T("How much comes again"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(summary_columns)},
    {.name = "touchpoints", .title = SJ_T("What comes again"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(touchpoint_columns)},
};

static const uint8_t percents[] = {50, 90};
enum { N_PERCENTS = sizeof percents };

struct tally {
    uint64_t journeys, repeats, direct, between, repeat_journeys, repeat_customers;
    sj_wide time_us; /* from one occurrence to the next, all together */
    uint64_t last_journey, last_repeat_journey, last_repeat_customer;
    int64_t last_us;
    uint32_t last_event; /* its place in the batch */
};

struct counts {
    uint64_t n_journeys, n_customers, n_with_repeat;
};

struct plan {
    bool second;
    struct counts counts;
    struct tally *tallies; /* by touchpoint */
    const struct sj_quantile_plan *times;
    int64_t (*quantiles)[N_PERCENTS];
};

struct state {
    struct counts counts;
    struct tally *tallies;
    struct sj_spread times; /* a group for each touchpoint */
};

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct plan *plan;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *plan->quantiles, &plan->quantiles, err));
    job->plan = plan;
    return SJ_OK;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_mem_free(job->mem, state->tallies);
    sj_spread_done(&state->times);
    sj_mem_free(job->mem, state);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_quantiles_ask ask = {
        .n_groups = job->n_touchpoints, .max_value = job->to_us - job->from_us, .unwanted = job->alone, .n_percents = N_PERCENTS};
    struct state *state;
    memcpy(ask.percents, percents, sizeof percents);
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    enum sj_status status = sj_spread_init(&state->times, job->mem, &ask, plan->times, err);
    if (status == SJ_OK)
        status = sj_mem_new(job->mem, job->n_touchpoints, sizeof *state->tallies, &state->tallies, err);
    if (status == SJ_OK)
        *ret_state = state;
    else
        drop(job, state);
    return status;
}

/* ---- both passes ---- */

static void count_repeat(struct tally *tally, uint32_t event, int64_t time_us, uint64_t journey, uint64_t customer) {
    tally->repeats++;
    tally->direct += event == tally->last_event + 1;
    tally->between += event - tally->last_event - 1;
    tally->time_us += (uint64_t)(time_us - tally->last_us);
    tally->repeat_journeys += tally->last_repeat_journey != journey;
    tally->last_repeat_journey = journey;
    tally->repeat_customers += tally->last_repeat_customer != customer;
    tally->last_repeat_customer = customer;
}

static enum sj_status absorb_journey(struct state *state, const struct sj_batch *batch, uint32_t j, struct sj_error *err) {
    const uint64_t journey = state->counts.n_journeys + j + 1, customer = state->counts.n_customers + batch->customer[j] + 1;
    bool repeats = false;
    for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++) {
        struct tally *tally = &state->tallies[batch->touchpoint[i]];
        if (tally->last_journey == journey) {
            repeats = true;
            SJ_TRY(sj_spread_add(&state->times, batch->touchpoint[i], batch->time_us[i] - tally->last_us, err));
            count_repeat(tally, i, batch->time_us[i], journey, customer);
        }
        tally->journeys += tally->last_journey != journey;
        tally->last_journey = journey;
        tally->last_us = batch->time_us[i];
        tally->last_event = i;
    }
    state->counts.n_with_repeat += repeats;
    return SJ_OK;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    (void)job;
    struct state *state = absorbing;
    for (uint32_t j = 0; j < batch->n_journeys; j++)
        SJ_TRY(absorb_journey(state, batch, j, err));
    state->counts.n_journeys += batch->n_journeys;
    state->counts.n_customers += batch->n_customers;
    return sj_spread_flush(&state->times, err);
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = merged, *other = merging;
    if (plan->second)
        return sj_spread_merge(&state->times, &other->times, err);
    for (uint32_t i = 0; i < job->n_touchpoints; i++) {
        struct tally *tally = &state->tallies[i];
        const struct tally *more = &other->tallies[i];
        tally->journeys += more->journeys;
        tally->repeats += more->repeats;
        tally->direct += more->direct;
        tally->between += more->between;
        tally->time_us += more->time_us;
        tally->repeat_journeys += more->repeat_journeys;
        tally->repeat_customers += more->repeat_customers;
    }
    state->counts.n_journeys += other->counts.n_journeys;
    state->counts.n_with_repeat += other->counts.n_with_repeat;
    return sj_spread_merge(&state->times, &other->times, err);
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct plan *plan = job->plan;
    struct state *state = turned;
    *ret_again = !plan->second;
    if (!plan->second) {
        plan->second = true;
        plan->counts = state->counts;
        SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *plan->tallies, &plan->tallies, err));
        memcpy(plan->tallies, state->tallies, job->n_touchpoints * sizeof *plan->tallies);
        return sj_quantile_plan_new(&state->times.histograms, job->arena, &plan->times, err);
    }
    struct sj_quantiles quantiles;
    SJ_TRY(sj_quantiles_new(&state->times.collector, job->arena, &quantiles, err));
    for (uint32_t code = 0; code < job->n_touchpoints; code++)
        for (size_t i = 0; i < N_PERCENTS; i++)
            (void)sj_quantiles_get(&quantiles, code, plan->tallies[code].repeats, percents[i], &plan->quantiles[code][i]);
    return SJ_OK;
}

/* ---- the answer ---- */

static enum sj_status give_summary(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_table *table;
    struct sj_cell *cells;
    uint64_t repeats = 0, direct = 0;
    for (uint32_t i = 0; i < job->n_touchpoints; i++) {
        repeats += plan->tallies[i].repeats;
        direct += plan->tallies[i].direct;
    }
    SJ_TRY(sj_result_table(result, &tables[TABLE_SUMMARY], &table, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_i64((int64_t)plan->counts.n_journeys);
    cells[1] = sj_share_cell(shares, plan->counts.n_with_repeat, plan->counts.n_journeys);
    cells[2] = sj_cell_i64((int64_t)repeats);
    cells[3] = sj_cell_i64((int64_t)direct);
    return SJ_OK;
}

static enum sj_status give_touchpoint(const struct sj_job *job, uint32_t code, struct sj_shares *shares, struct sj_table *table,
                                      struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const struct tally *tally = &plan->tallies[code];
    struct sj_cell *cells;
    SJ_TRY(sj_result_row(result, table, &cells, err));
    SJ_TRY(sj_name_cell(result, job->touchpoints[code], &cells[0], err));
    cells[1] = sj_cell_i64((int64_t)tally->repeats);
    cells[2] = sj_cell_i64((int64_t)tally->direct);
    cells[3] = sj_cell_i64((int64_t)tally->repeat_journeys);
    cells[4] = sj_share_cell(shares, tally->repeat_journeys, tally->journeys);
    cells[5] = sj_cell_i64((int64_t)tally->repeat_customers);
    cells[6] = sj_cell_i64((int64_t)tally->between);
    cells[7] = sj_cell_i64((int64_t)((tally->time_us + tally->repeats / 2) / tally->repeats));
    cells[8] = sj_cell_i64(plan->quantiles[code][0]);
    cells[9] = sj_cell_i64(plan->quantiles[code][1]);
    return SJ_OK;
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    (void)finished; /* turn() has moved everything into the plan */
    const struct plan *plan = job->plan;
    const uint32_t *places;
    struct sj_shares shares = {0};
    struct sj_ranked *ranked;
    struct sj_table *table;
    size_t n = 0;
    SJ_TRY(give_summary(job, &shares, result, err));
    SJ_TRY(sj_result_table(result, &tables[TABLE_TOUCHPOINTS], &table, err));
    SJ_TRY(sj_name_places(job->arena, job->touchpoints, job->n_touchpoints, &places, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *ranked, &ranked, err));
    for (uint32_t code = 0; code < job->n_touchpoints; code++) {
        if (plan->tallies[code].repeats > 0)
            ranked[n++] = (struct sj_ranked){plan->tallies[code].repeats, places[code], code};
    }
    sj_rank(ranked, n);
    for (size_t i = 0; i < n; i++)
        SJ_TRY(give_touchpoint(job, ranked[i].code, &shares, table, result, err));
    if (plan->counts.n_journeys > 0 && n == 0)
        SJ_TRY(sj_note(result, SJ_NOTE_INFO, "no_repeats", "no touchpoint comes again in any journey"));
    return sj_shares_note(&shares, result);
}

const struct sj_analysis sj_loops = {
    .name = "loops",
    .title = SJ_T("What do customers have to do again, and what does it cost?"),
    .about =
        SJ_T("A repeat is an event whose touchpoint was in the same journey before, with or without others between. Whether that is "
             "rework or a habit the journey's rule decides: ask about sessions or about cases (--journey), not about whole histories."),
    .example = "loops STORE --journey \"session 30m\"",
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
