/* Sessions: how often customers visit, how long, and where they leave.
 *
 *   pass 1   all counts; histograms of the lengths and durations of sessions
 *   pass 2   the values that the quantiles need
 *
 * Sessions are cut within journeys: a pause longer than the gap ends one, and so does an event that would make it longer than the cap;
 * midnight does not. Memory: a few counts for each touchpoint, period and value of the dimension. */
#include "analysis/common.h"

#include "analysis/spread.h"
#include "base/pauses.h"
#include "base/shelf.h"
#include "base/wide.h"

enum { ARG_GAP, ARG_CAP, ARG_ENGAGED, ARG_OVER, ARG_BY };

static const struct sj_param params[] = {
    {.name = "gap",
     .type = SJ_PARAM_DURATION,
     .standard = "30m",
     .min = 1,
     .max = 3650 * SJ_US_DAY,
     .help = SJ_T("a pause longer than this ends a session")},
    {.name = "cap",
     .type = SJ_PARAM_DURATION,
     .standard = "24h",
     .min = 1,
     .max = 3650 * SJ_US_DAY,
     .help = SJ_T("a session is at most this long; what comes later begins a new one")},
    {.name = "engaged",
     .type = SJ_PARAM_DURATION,
     .standard = "10s",
     .min = 0,
     .max = 3650 * SJ_US_DAY,
     .help = SJ_T("a session of at least this time, or with two different touchpoints, is an engaged one")},
    {.name = "over",
     .type = SJ_PARAM_CHOICE,
     .standard = "auto",
     .choices = "auto day week month",
     .help = SJ_T("the period of the sessions over time; auto chooses by the time range. Weeks begin on Monday")},
    {.name = "by",
     .type = SJ_PARAM_DIMENSION,
     .help = SJ_T("break down by the channel or a property, as it is at the first event of the session")},
};

#define BOUNCE_HELP SJ_T("of the sessions, those with a single event (the classic definition)")
#define ENGAGED_HELP \
    SJ_T("of the sessions, the engaged ones: long enough, or with two different touchpoints; the rest are bounces in the newer sense")
#define MEAN_DURATION_HELP \
    SJ_T("from the first event to the last, over all sessions; those with a single event count as 0 (the classic definition)")

static const struct sj_column_def summary_columns[] = {
    {.name = "sessions", .label = SJ_T("Sessions"), .type = SJ_TYPE_COUNT, .help = SJ_T("as cut by the gap and the cap")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers with a session: unique visitors")},
    {.name = "returning",
     .label = SJ_T("Come back"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the customers, those with more than one session")},
    {.name = "per_customer", .label = SJ_T("Sessions per customer"), .type = SJ_TYPE_NUMBER, .help = SJ_T("sessions divided by customers")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("events that the lens lets through")},
    {.name = "events_per_session", .label = SJ_T("Events per session"), .type = SJ_TYPE_NUMBER, .help = SJ_T("events divided by sessions")},
    {.name = "median_events",
     .label = SJ_T("Events, median"),
     .type = SJ_TYPE_NUMBER,
     .help = SJ_T("half of the sessions have fewer events, half more")},
    {.name = "bounces", .label = SJ_T("Bounced sessions"), .type = SJ_TYPE_COUNT, .help = SJ_T("sessions with a single event")},
    {.name = "bounce_rate", .label = SJ_T("Bounce rate"), .type = SJ_TYPE_ESTIMATE, .help = BOUNCE_HELP},
    {.name = "engagement_rate", .label = SJ_T("Engaged"), .type = SJ_TYPE_ESTIMATE, .help = ENGAGED_HELP},
    {.name = "mean_duration", .label = SJ_T("Mean duration"), .type = SJ_TYPE_DURATION, .help = MEAN_DURATION_HELP},
    {.name = "median_duration",
     .label = SJ_T("Median duration"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("half of the sessions are shorter, half longer")},
    {.name = "p90_duration", .label = SJ_T("Duration, 90 %"), .type = SJ_TYPE_DURATION, .help = SJ_T("nine in ten sessions are shorter")},
    {.name = "engaged_bounce_rate",
     .label = SJ_T("Bounce rate, newer"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the sessions, those that are not engaged (the newer definition)")},
};

static const struct sj_column_def touchpoint_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("the touchpoint")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many events")},
    {.name = "sessions", .label = SJ_T("Sessions"), .type = SJ_TYPE_COUNT, .help = SJ_T("sessions with it")},
    {.name = "entries", .label = SJ_T("Entries"), .type = SJ_TYPE_COUNT, .help = SJ_T("sessions that begin with it")},
    {.name = "exits", .label = SJ_T("Exits"), .type = SJ_TYPE_COUNT, .help = SJ_T("sessions that end with it"), .drawn = true},
    {.name = "exit_rate", .label = SJ_T("Exit rate"), .type = SJ_TYPE_ESTIMATE, .help = SJ_T("exits among its events")},
    {.name = "bounces", .label = SJ_T("Bounced sessions"), .type = SJ_TYPE_COUNT, .help = SJ_T("sessions with this event only")},
    {.name = "bounce_rate", .label = SJ_T("Bounce rate"), .type = SJ_TYPE_ESTIMATE, .help = SJ_T("of the sessions that begin with it")},
};

static const struct sj_column_def period_columns[] = {
    {.name = "period", .label = SJ_T("From"), .type = SJ_TYPE_TIME, .help = SJ_T("the beginning of the period in the zone of the lens")},
    {.name = "sessions",
     .label = SJ_T("Sessions"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("sessions that begin in the period"),
     .drawn = true},
    {.name = "customers",
     .label = SJ_T("Visitors"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("customers with such a session: unique visitors"),
     .drawn = true},
    {.name = "new", .label = SJ_T("New"), .type = SJ_TYPE_COUNT, .help = SJ_T("of these, those whose first session it is")},
    {.name = "returning", .label = SJ_T("Returning"), .type = SJ_TYPE_COUNT, .help = SJ_T("of these, those who had one before the period")},
    {.name = "bounce_rate", .label = SJ_T("Bounce rate"), .type = SJ_TYPE_ESTIMATE, .help = BOUNCE_HELP},
};

static const struct sj_column_def range_columns[] = {
    {.name = "from", .label = SJ_T("At least"), .type = SJ_TYPE_DURATION, .help = SJ_T("at least this long …")},
    {.name = "to", .label = SJ_T("Below"), .type = SJ_TYPE_DURATION, .help = SJ_T("… and shorter than this; empty: without end")},
    {.name = "sessions", .label = SJ_T("Sessions"), .type = SJ_TYPE_COUNT, .help = SJ_T("sessions in this range"), .drawn = true},
    {.name = "share", .label = SJ_T("Share"), .type = SJ_TYPE_ESTIMATE, .help = SJ_T("of all sessions")},
};

static const struct sj_column_def by_columns[] = {
    {.name = "value",
     .label = SJ_T("Value"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("the value at the first event of the session; \"other\" adds up all but the most frequent")},
    {.name = "values",
     .label = SJ_T("Values"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("how many values the row stands for: 1; 0 where there is none; more than 1 for \"other\""),
     .nobody = true},
    {.name = "sessions", .label = SJ_T("Sessions"), .type = SJ_TYPE_COUNT, .help = SJ_T("sessions that begin with it"), .drawn = true},
    {.name = "events_per_session", .label = SJ_T("Events per session"), .type = SJ_TYPE_NUMBER, .help = SJ_T("events divided by sessions")},
    {.name = "bounce_rate", .label = SJ_T("Bounce rate"), .type = SJ_TYPE_ESTIMATE, .help = BOUNCE_HELP},
    {.name = "engagement_rate", .label = SJ_T("Engaged"), .type = SJ_TYPE_ESTIMATE, .help = ENGAGED_HELP},
    {.name = "mean_duration", .label = SJ_T("Mean duration"), .type = SJ_TYPE_DURATION, .help = MEAN_DURATION_HELP},
};

enum { TABLE_SUMMARY, TABLE_TOUCHPOINTS, TABLE_PERIODS, TABLE_RANGES, TABLE_BY, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "summary", .title = SJ_T("What there is"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(summary_columns)},
    {.name = "touchpoints", .title = SJ_T("Where sessions begin and end"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(touchpoint_columns)},
    {.name = "periods", .title = SJ_T("Over time"), .picture = SJ_PICTURE_LINES, SJ_COLUMNS(period_columns)},
    {.name = "duration_ranges", .title = SJ_T("Sessions by duration"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(range_columns)},
    {.name = "by", .title = SJ_T("Sessions by value"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(by_columns)},
};

static const uint8_t percents[] = {50, 90};
enum { N_PERCENTS = sizeof percents, MEDIAN = 0, P90 = 1 };
enum { LENGTH, DURATION, N_MEASURES };
#define LENGTH_SCALE 100 /* lengths go through the quantiles in hundredths, so that an interpolated one is exact */

/* Where ranges begin; a range ends before the next. */
static const int64_t range_begins[] = {
    0,
    1,
    10 * SJ_US_SECOND,
    30 * SJ_US_SECOND,
    SJ_US_MINUTE,
    3 * SJ_US_MINUTE,
    10 * SJ_US_MINUTE,
    30 * SJ_US_MINUTE,
    SJ_US_HOUR,
    3 * SJ_US_HOUR,
    12 * SJ_US_HOUR,
};
enum { N_RANGES = sizeof range_begins / sizeof range_begins[0] };

struct session_counts {
    uint64_t sessions, events, bounces, engaged;
    sj_wide duration_us;
};

struct touchpoint_counts {
    uint64_t events, sessions, entries, exits, bounces, last_session;
};

struct period_counts {
    uint64_t sessions, customers, new_customers, bounces, last_customer;
};

struct counts {
    struct session_counts all;
    uint64_t n_customers, n_returning;
    uint64_t ranges[N_RANGES];
};

struct plan {
    bool second;
    int64_t gap_us, cap_us, engaged_us;
    uint32_t dimension, n_values; /* SJ_NO_CODE, 0: none; one value more than the dimension has stands for none */
    struct sj_periods periods;
    const struct sj_quantile_plan *spread;
    int64_t quantiles[N_MEASURES][N_PERCENTS];
    struct counts counts;
    struct touchpoint_counts *touchpoints;
    struct period_counts *over_time;
    struct session_counts *by_value;
};

struct state {
    struct counts counts;
    struct touchpoint_counts *touchpoints;
    struct period_counts *over_time;
    struct session_counts *by_value;
    struct sj_spread spread; /* a group for each measure */
    struct sj_shelf shelf;   /* of the batch in hand: */
    uint8_t *begins;         /* by event: 1 where a session begins */
    uint32_t *starts, *changes;
};

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct plan *plan;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    plan->gap_us = job->args[ARG_GAP].i64;
    plan->cap_us = job->args[ARG_CAP].i64;
    plan->engaged_us = job->args[ARG_ENGAGED].i64;
    if (plan->cap_us < plan->gap_us)
        return sj_fail(err, SJ_E_USAGE,
                       "cap is shorter than gap, so that no pause would be what ends a session; give a cap of at least the gap");
    plan->dimension = job->args[ARG_BY].dimension;
    plan->n_values = plan->dimension == SJ_NO_CODE ? 0 : job->dimensions[plan->dimension].n_texts + 1;
    SJ_TRY(sj_chosen_periods(job, job->args[ARG_OVER].i64, &plan->periods, err));
    job->plan = plan;
    return SJ_OK;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_mem_free(job->mem, state->touchpoints);
    sj_mem_free(job->mem, state->over_time);
    sj_mem_free(job->mem, state->by_value);
    sj_spread_done(&state->spread);
    sj_shelf_done(&state->shelf);
    sj_mem_free(job->mem, state);
}

static enum sj_status start_counts(const struct sj_job *job, struct state *state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    SJ_TRY(sj_mem_new(job->mem, job->n_touchpoints, sizeof *state->touchpoints, &state->touchpoints, err));
    SJ_TRY(sj_mem_new(job->mem, plan->periods.n, sizeof *state->over_time, &state->over_time, err));
    return sj_mem_new(job->mem, plan->n_values, sizeof *state->by_value, &state->by_value, err);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_quantiles_ask ask = {.n_groups = N_MEASURES, .max_value = plan->cap_us, .unwanted = job->alone, .n_percents = N_PERCENTS};
    struct state *state;
    memcpy(ask.percents, percents, sizeof percents);
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    sj_shelf_init(&state->shelf, job->mem);
    enum sj_status status = sj_spread_init(&state->spread, job->mem, &ask, plan->spread, err);
    if (status == SJ_OK)
        status = start_counts(job, state, err);
    if (status == SJ_OK)
        *ret_state = state;
    else
        drop(job, state);
    return status;
}

/* ---- both passes ---- */

/* A session: events [first, end) of a batch. */
struct session {
    uint32_t first, end;
    uint64_t customer; /* a number from 1 */
    bool is_first;     /* of the customer */
};

/* Sessions end also where they would become longer than the cap. Returns whether there were such. */
static bool mark_caps(const struct plan *plan, const struct sj_batch *batch, const uint32_t *starts, uint32_t n, uint8_t *begins) {
    bool any = false;
    for (uint32_t k = 0; k < n; k++) {
        if (batch->time_us[starts[k + 1] - 1] - batch->time_us[starts[k]] <= plan->cap_us)
            continue;
        any = true;
        for (uint32_t first = starts[k], i = first + 1; i < starts[k + 1]; i++) {
            begins[i] = batch->time_us[i] - batch->time_us[first] > plan->cap_us;
            first = begins[i] ? i : first;
        }
    }
    return any;
}

/* The sessions of a batch, in its order: session k is events [starts[k], starts[k + 1]). */
static enum sj_status find_sessions(const struct plan *plan, struct state *state, const struct sj_batch *batch, uint32_t *ret_n,
                                    struct sj_error *err) {
    sj_shelf_reset(&state->shelf);
    SJ_TRY(sj_shelf_take(&state->shelf, batch->n_events, 1, &state->begins, err));
    SJ_TRY(sj_shelf_take(&state->shelf, (size_t)batch->n_events + 1, sizeof *state->starts, &state->starts, err));
    SJ_TRY(sj_shelf_take(&state->shelf, batch->n_events, sizeof *state->changes, &state->changes, err));
    sj_pauses_mark(batch->time_us, batch->n_events, plan->gap_us, state->begins);
    for (uint32_t j = 0; j < batch->n_journeys; j++)
        state->begins[batch->offsets[j]] = 1;
    *ret_n = sj_pauses_list(state->begins, batch->n_events, state->starts);
    if (mark_caps(plan, batch, state->starts, *ret_n, state->begins))
        *ret_n = sj_pauses_list(state->begins, batch->n_events, state->starts);
    return SJ_OK;
}

static void add_session(struct session_counts *counts, uint32_t n_events, int64_t duration_us, bool is_engaged) {
    counts->sessions++;
    counts->events += n_events;
    counts->bounces += n_events == 1;
    counts->engaged += is_engaged;
    counts->duration_us += (uint64_t)duration_us;
}

/* What is counted by event; and after each event how often the touchpoint has changed so far, so that a session with different ones is
 * known by its ends. */
static void count_events(struct state *state, const struct sj_batch *batch) {
    uint64_t session = state->counts.all.sessions;
    uint32_t changes = 0;
    for (uint32_t i = 0; i < batch->n_events; i++) {
        struct touchpoint_counts *counts = &state->touchpoints[batch->touchpoint[i]];
        session += state->begins[i];
        counts->events++;
        counts->sessions += counts->last_session != session;
        counts->last_session = session;
        changes += i > 0 && batch->touchpoint[i] != batch->touchpoint[i - 1];
        state->changes[i] = changes;
    }
}

static void count_ends(struct state *state, const struct sj_batch *batch, const struct session *session) {
    struct touchpoint_counts *entry = &state->touchpoints[batch->touchpoint[session->first]];
    entry->entries++;
    entry->bounces += session->end - session->first == 1;
    state->touchpoints[batch->touchpoint[session->end - 1]].exits++;
}

static void count_over_time(const struct plan *plan, struct state *state, const struct sj_batch *batch, const struct session *session,
                            uint32_t *period) {
    *period = sj_periods_find(&plan->periods, batch->time_us[session->first], *period);
    struct period_counts *counts = &state->over_time[*period];
    counts->sessions++;
    counts->bounces += session->end - session->first == 1;
    counts->customers += counts->last_customer != session->customer;
    counts->last_customer = session->customer;
    counts->new_customers += session->is_first;
}

static enum sj_status absorb_session(const struct plan *plan, struct state *state, const struct sj_batch *batch,
                                     const struct session *session, uint32_t *period, struct sj_error *err) {
    const uint32_t n_events = session->end - session->first;
    const int64_t duration_us = batch->time_us[session->end - 1] - batch->time_us[session->first];
    SJ_TRY(sj_spread_add(&state->spread, LENGTH, (int64_t)n_events * LENGTH_SCALE, err));
    SJ_TRY(sj_spread_add(&state->spread, DURATION, duration_us, err));
    if (plan->second)
        return SJ_OK;
    const bool differ = state->changes[session->end - 1] != state->changes[session->first];
    const bool is_engaged = differ | (duration_us >= plan->engaged_us);
    count_ends(state, batch, session);
    count_over_time(plan, state, batch, session, period);
    state->counts.ranges[sj_range_of(range_begins, N_RANGES, duration_us)]++;
    add_session(&state->counts.all, n_events, duration_us, is_engaged);
    if (plan->n_values > 0) {
        const uint32_t code = batch->codes[plan->dimension][session->first];
        add_session(&state->by_value[code == SJ_NO_CODE ? plan->n_values - 1 : code], n_events, duration_us, is_engaged);
    }
    return SJ_OK;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = absorbing;
    uint32_t last = UINT32_MAX, n_of_customer = 0, period = 0, journey = 0, n = 0;
    SJ_TRY(find_sessions(plan, state, batch, &n, err));
    if (!plan->second)
        count_events(state, batch);
    for (uint32_t k = 0; k < n; k++) {
        while (batch->offsets[journey + 1] <= state->starts[k])
            journey++;
        n_of_customer = batch->customer[journey] == last ? n_of_customer + 1 : 0;
        last = batch->customer[journey];
        state->counts.n_returning += n_of_customer == 1;
        const struct session session = {state->starts[k], state->starts[k + 1], state->counts.n_customers + last + 1, n_of_customer == 0};
        SJ_TRY(absorb_session(plan, state, batch, &session, &period, err));
    }
    state->counts.n_customers += batch->n_customers;
    return sj_spread_flush(&state->spread, err);
}

/* ---- between ---- */

static void add_sessions(struct session_counts *counts, const struct session_counts *more) {
    counts->sessions += more->sessions;
    counts->events += more->events;
    counts->bounces += more->bounces;
    counts->engaged += more->engaged;
    counts->duration_us += more->duration_us;
}

static void add_counts(struct counts *counts, const struct counts *more) {
    add_sessions(&counts->all, &more->all);
    counts->n_customers += more->n_customers;
    counts->n_returning += more->n_returning;
    for (size_t i = 0; i < N_RANGES; i++)
        counts->ranges[i] += more->ranges[i];
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = merged, *other = merging;
    add_counts(&state->counts, &other->counts);
    for (uint32_t i = 0; i < job->n_touchpoints; i++) {
        struct touchpoint_counts *counts = &state->touchpoints[i];
        const struct touchpoint_counts *more = &other->touchpoints[i];
        counts->events += more->events;
        counts->sessions += more->sessions;
        counts->entries += more->entries;
        counts->exits += more->exits;
        counts->bounces += more->bounces;
    }
    for (uint32_t i = 0; i < plan->periods.n; i++) {
        struct period_counts *counts = &state->over_time[i];
        const struct period_counts *more = &other->over_time[i];
        counts->sessions += more->sessions;
        counts->customers += more->customers;
        counts->new_customers += more->new_customers;
        counts->bounces += more->bounces;
    }
    for (uint32_t i = 0; i < plan->n_values; i++)
        add_sessions(&state->by_value[i], &other->by_value[i]);
    return sj_spread_merge(&state->spread, &other->spread, err);
}

/* The counts move from the state, which is dropped, into the plan. */
static enum sj_status keep_counts(const struct sj_job *job, struct plan *plan, const struct state *state, struct sj_error *err) {
    plan->counts = state->counts;
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *plan->touchpoints, &plan->touchpoints, err));
    SJ_TRY(sj_arena_new(job->arena, plan->periods.n, sizeof *plan->over_time, &plan->over_time, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_values, sizeof *plan->by_value, &plan->by_value, err));
    memcpy(plan->touchpoints, state->touchpoints, job->n_touchpoints * sizeof *plan->touchpoints);
    memcpy(plan->over_time, state->over_time, plan->periods.n * sizeof *plan->over_time);
    memcpy(plan->by_value, state->by_value, plan->n_values * sizeof *plan->by_value);
    return SJ_OK;
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct plan *plan = job->plan;
    struct state *state = turned;
    *ret_again = !plan->second;
    if (!plan->second) {
        plan->second = true;
        SJ_TRY(keep_counts(job, plan, state, err));
        return sj_quantile_plan_new(&state->spread.histograms, job->arena, &plan->spread, err);
    }
    struct sj_quantiles quantiles;
    SJ_TRY(sj_quantiles_new(&state->spread.collector, job->arena, &quantiles, err));
    for (uint32_t measure = 0; measure < N_MEASURES; measure++)
        for (size_t i = 0; i < N_PERCENTS; i++)
            (void)sj_quantiles_get(&quantiles, measure, plan->counts.all.sessions, percents[i], &plan->quantiles[measure][i]);
    return SJ_OK;
}

/* ---- the answer ---- */

static struct sj_cell ratio(uint64_t x, uint64_t n) {
    return n > 0 ? sj_cell_f64((double)x / (double)n) : (struct sj_cell){.known = false};
}

static struct sj_cell mean_duration(const struct session_counts *counts) {
    if (counts->sessions == 0)
        return (struct sj_cell){.known = false};
    return sj_cell_i64((int64_t)((counts->duration_us + counts->sessions / 2) / counts->sessions));
}

static enum sj_status give_summary(const struct plan *plan, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct session_counts *all = &plan->counts.all;
    struct sj_table *table;
    struct sj_cell *cells;
    SJ_TRY(sj_result_table(result, &tables[TABLE_SUMMARY], &table, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_i64((int64_t)all->sessions);
    cells[1] = sj_cell_i64((int64_t)plan->counts.n_customers);
    cells[2] = sj_share_cell(shares, plan->counts.n_returning, plan->counts.n_customers);
    cells[3] = ratio(all->sessions, plan->counts.n_customers);
    cells[4] = sj_cell_i64((int64_t)all->events);
    cells[5] = ratio(all->events, all->sessions);
    cells[7] = sj_cell_i64((int64_t)all->bounces);
    cells[8] = sj_share_cell(shares, all->bounces, all->sessions);
    cells[9] = sj_share_cell(shares, all->engaged, all->sessions);
    cells[10] = mean_duration(all);
    cells[13] = sj_share_cell(shares, all->sessions - all->engaged, all->sessions);
    if (all->sessions == 0)
        return SJ_OK;
    cells[6] = sj_cell_f64((double)plan->quantiles[LENGTH][MEDIAN] / LENGTH_SCALE);
    cells[11] = sj_cell_i64(plan->quantiles[DURATION][MEDIAN]);
    cells[12] = sj_cell_i64(plan->quantiles[DURATION][P90]);
    return SJ_OK;
}

static enum sj_status give_touchpoints(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const uint32_t *places;
    struct sj_ranked *ranked;
    struct sj_table *table;
    size_t n = 0;
    SJ_TRY(sj_result_table(result, &tables[TABLE_TOUCHPOINTS], &table, err));
    SJ_TRY(sj_name_places(job->arena, job->touchpoints, job->n_touchpoints, &places, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *ranked, &ranked, err));
    for (uint32_t code = 0; code < job->n_touchpoints; code++) {
        if (plan->touchpoints[code].events > 0)
            ranked[n++] = (struct sj_ranked){plan->touchpoints[code].exits, places[code], code};
    }
    sj_rank(ranked, n);
    for (size_t i = 0; i < n; i++) {
        const struct touchpoint_counts *counts = &plan->touchpoints[ranked[i].code];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, job->touchpoints[ranked[i].code], &cells[0], err));
        cells[1] = sj_cell_i64((int64_t)counts->events);
        cells[2] = sj_cell_i64((int64_t)counts->sessions);
        cells[3] = sj_cell_i64((int64_t)counts->entries);
        cells[4] = sj_cell_i64((int64_t)counts->exits);
        cells[5] = sj_share_cell(shares, counts->exits, counts->events);
        cells[6] = sj_cell_i64((int64_t)counts->bounces);
        cells[7] = sj_share_cell(shares, counts->bounces, counts->entries);
    }
    return SJ_OK;
}

/* From the first period with a session to the last. */
static enum sj_status give_periods(const struct plan *plan, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    uint32_t first = 0, end = plan->periods.n;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &tables[TABLE_PERIODS], &table, err));
    while (first < end && plan->over_time[first].sessions == 0)
        first++;
    while (end > first && plan->over_time[end - 1].sessions == 0)
        end--;
    for (uint32_t i = first; i < end; i++) {
        const struct period_counts *counts = &plan->over_time[i];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_i64(plan->periods.starts[i]);
        cells[1] = sj_cell_i64((int64_t)counts->sessions);
        cells[2] = sj_cell_i64((int64_t)counts->customers);
        cells[3] = sj_cell_i64((int64_t)counts->new_customers);
        cells[4] = sj_cell_i64((int64_t)(counts->customers - counts->new_customers));
        cells[5] = sj_share_cell(shares, counts->bounces, counts->sessions);
    }
    return end - first < 2 ? SJ_OK : sj_cut_periods_note(result);
}

/* All ranges up to the longest session. */
static enum sj_status give_ranges(const struct plan *plan, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    size_t n = N_RANGES;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &tables[TABLE_RANGES], &table, err));
    while (n > 0 && plan->counts.ranges[n - 1] == 0)
        n--;
    for (size_t i = 0; i < n; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_i64(range_begins[i]);
        if (i + 1 < N_RANGES)
            cells[1] = sj_cell_i64(range_begins[i + 1]);
        cells[2] = sj_cell_i64((int64_t)plan->counts.ranges[i]);
        cells[3] = sj_share_cell(shares, plan->counts.ranges[i], plan->counts.all.sessions);
    }
    return SJ_OK;
}

static enum sj_status give_values(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_value_row *rows;
    struct sj_table *table;
    uint64_t *sessions;
    size_t n;
    SJ_TRY(sj_result_table(result, &tables[TABLE_BY], &table, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_values, sizeof *sessions, &sessions, err));
    for (uint32_t value = 0; value < plan->n_values; value++)
        sessions[value] = plan->by_value[value].sessions;
    SJ_TRY(sj_value_rows(job, &job->dimensions[plan->dimension], sessions, result, &rows, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct session_counts counts = {0};
        struct sj_cell *cells;
        for (uint32_t c = 0; c < rows[i].n_codes; c++)
            add_sessions(&counts, &plan->by_value[rows[i].codes[c]]);
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, rows[i].text, &cells[0], err));
        cells[1] = sj_cell_i64(rows[i].n_values);
        cells[2] = sj_cell_i64((int64_t)counts.sessions);
        cells[3] = ratio(counts.events, counts.sessions);
        cells[4] = sj_share_cell(shares, counts.bounces, counts.sessions);
        cells[5] = sj_share_cell(shares, counts.engaged, counts.sessions);
        cells[6] = mean_duration(&counts);
    }
    return SJ_OK;
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    (void)finished; /* turn() has moved everything into the plan */
    const struct plan *plan = job->plan;
    struct sj_shares shares = {0};
    SJ_TRY(give_summary(plan, &shares, result, err));
    SJ_TRY(give_touchpoints(job, &shares, result, err));
    SJ_TRY(give_periods(plan, &shares, result, err));
    SJ_TRY(give_ranges(plan, &shares, result, err));
    if (plan->n_values > 0)
        SJ_TRY(give_values(job, &shares, result, err));
    SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "session_rule",
                   "A session ends with a pause longer than the gap, when it would be longer than the cap, and with its journey; midnight "
                   "does not end it. Products that measure pages call a session engaged with two page views; here it takes two different "
                   "touchpoints. "
                   "Sessions of a customer depend on each other, so that intervals of rates over sessions are rather too narrow."));
    return sj_shares_note(&shares, result);
}

const struct sj_analysis sj_sessions = {
    .name = "sessions",
    .title = SJ_T("How do people visit: how often, how long, and where do they leave?"),
    .about =
        SJ_T("Cuts journeys into sessions by pauses. A touchpoint with many exits is where people leave; whether that is a loss or the "
             "goal depends on what it is. Bounces are given by both definitions in use, which differ."),
    .example = "sessions STORE --by channel",
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
