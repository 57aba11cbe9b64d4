/* Overview: what there is. Events, customers, journeys, touchpoints, channels, activity over time, how long journeys are.
 *
 *   pass 1   all counts; histograms of the lengths and durations of journeys
 *   pass 2   the lengths and durations that the quantiles need
 *
 * Memory: a few counts for each touchpoint, channel and period. */
#include "analysis/common.h"

#include "analysis/spread.h"

enum { ARG_OVER };

static const struct sj_param params[] = {
    {.name = "over",
     .type = SJ_PARAM_CHOICE,
     .standard = "auto",
     .choices = "auto day week month",
     .help = SJ_T("the period of the activity over time; auto chooses by the time range. Weeks begin on Monday")},
};

static const struct sj_column_def summary_columns[] = {
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("events that the lens lets through")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers with an event")},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("as the lens cuts them")},
    {.name = "touchpoints", .label = SJ_T("Touchpoints"), .type = SJ_TYPE_COUNT, .help = SJ_T("different touchpoints"), .nobody = true},
    {.name = "channels",
     .label = SJ_T("Channels"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("different channels, where one is known"),
     .nobody = true},
    {.name = "first_event", .label = SJ_T("First event"), .type = SJ_TYPE_TIME, .help = SJ_T("time of the earliest event")},
    {.name = "last_event", .label = SJ_T("Last event"), .type = SJ_TYPE_TIME, .help = SJ_T("time of the latest event")},
    {.name = "median_events",
     .label = SJ_T("Events per journey, median"),
     .type = SJ_TYPE_NUMBER,
     .help = SJ_T("half of the journeys have fewer events, half more")},
    {.name = "median_duration",
     .label = SJ_T("Duration of a journey, median"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from the first event of a journey to the last; half of the journeys are shorter, half longer")},
};

#define CODE_COLUMNS                                                                                                            \
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many events"), .drawn = true},         \
        {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers with such an event")}, \
        {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("journeys with such an event")}, {  \
        .name = "share", .label = SJ_T("Share of journeys"), .type = SJ_TYPE_ESTIMATE,                                          \
        .help = SJ_T("of all journeys, those with such an event")                                                               \
    }

static const struct sj_column_def touchpoint_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("the touchpoint")},
    CODE_COLUMNS,
};

static const struct sj_column_def channel_columns[] = {
    {.name = "channel", .label = SJ_T("Channel"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("the channel; empty where none is known")},
    CODE_COLUMNS,
};

static const struct sj_column_def activity_columns[] = {
    {.name = "period", .label = SJ_T("From"), .type = SJ_TYPE_TIME, .help = SJ_T("the beginning of the period in the zone of the lens")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("events in the period"), .drawn = true},
    {.name = "customers",
     .label = SJ_T("Active customers"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("customers with an event in the period"),
     .drawn = true},
};

#define QUANTILE_COLUMNS(of)                                                                                                      \
    {.name = "p10", .label = SJ_T("10 %"), .type = (of), .help = SJ_T("one in ten journeys is shorter")},                         \
        {.name = "p25", .label = SJ_T("25 %"), .type = (of), .help = SJ_T("one in four journeys is shorter")},                    \
        {.name = "median", .label = SJ_T("Median"), .type = (of), .help = SJ_T("half of the journeys are shorter, half longer")}, \
        {.name = "p75", .label = SJ_T("75 %"), .type = (of), .help = SJ_T("three in four journeys are shorter")},                 \
        {.name = "p90", .label = SJ_T("90 %"), .type = (of), .help = SJ_T("nine in ten journeys are shorter")}, {                 \
        .name = "max", .label = SJ_T("Longest"), .type = (of), .help = SJ_T("the longest journey")                                \
    }

static const struct sj_column_def length_columns[] = {QUANTILE_COLUMNS(SJ_TYPE_NUMBER)};
static const struct sj_column_def duration_columns[] = {QUANTILE_COLUMNS(SJ_TYPE_DURATION)};

#define RANGE_COLUMNS                                                                                                                \
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("journeys in this range"), .drawn = true}, { \
        .name = "share", .label = SJ_T("Share"), .type = SJ_TYPE_ESTIMATE, .help = SJ_T("of all journeys")                           \
    }

static const struct sj_column_def length_range_columns[] = {
    {.name = "from", .label = SJ_T("At least"), .type = SJ_TYPE_COUNT, .help = SJ_T("at least so many events …")},
    {.name = "to",
     .label = SJ_T("At most"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("… and at most so many; empty: any number"),
     .nobody = true},
    RANGE_COLUMNS,
};

static const struct sj_column_def duration_range_columns[] = {
    {.name = "from", .label = SJ_T("At least"), .type = SJ_TYPE_DURATION, .help = SJ_T("at least this long …")},
    {.name = "to", .label = SJ_T("Below"), .type = SJ_TYPE_DURATION, .help = SJ_T("… and shorter than this; empty: without end")},
    RANGE_COLUMNS,
};

enum {
    TABLE_SUMMARY,
    TABLE_TOUCHPOINTS,
    TABLE_CHANNELS,
    TABLE_ACTIVITY,
    TABLE_LENGTH,
    TABLE_LENGTH_RANGES,
    TABLE_DURATION,
    TABLE_DURATION_RANGES,
    N_TABLES
};
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "summary", .title = SJ_T("What there is"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(summary_columns)},
    {.name = "touchpoints", .title = SJ_T("Touchpoints"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(touchpoint_columns)},
    {.name = "channels", .title = SJ_T("Channels"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(channel_columns)},
    {.name = "activity", .title = SJ_T("Activity over time"), .picture = SJ_PICTURE_LINES, SJ_COLUMNS(activity_columns)},
    {.name = "journey_length", .title = SJ_T("Events per journey"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(length_columns)},
    {.name = "journey_length_ranges",
     .title = SJ_T("Journeys by number of events"),
     .picture = SJ_PICTURE_BARS,
     SJ_COLUMNS(length_range_columns)},
    {.name = "journey_duration", .title = SJ_T("Duration of a journey"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(duration_columns)},
    {.name = "journey_duration_ranges",
     .title = SJ_T("Journeys by duration"),
     .picture = SJ_PICTURE_BARS,
     SJ_COLUMNS(duration_range_columns)},
};

static const uint8_t percents[] = {10, 25, 50, 75, 90, 100};
enum { N_PERCENTS = sizeof percents, MEDIAN = 2 };
enum { LENGTH, DURATION, N_MEASURES };

/* Lengths go through the quantiles in hundredths, so that an interpolated one (2.5 events) is exact. */
#define LENGTH_SCALE 100

/* Where ranges begin; a range ends before the next. */
static const int64_t length_begins[] = {1, 2, 3, 4, 5, 6, 11, 21, 51, 101, 201, 501, 1001};
static const int64_t duration_begins[] = {
    0,
    1,
    SJ_US_MINUTE,
    10 * SJ_US_MINUTE,
    SJ_US_HOUR,
    6 * SJ_US_HOUR,
    SJ_US_DAY,
    3 * SJ_US_DAY,
    7 * SJ_US_DAY,
    14 * SJ_US_DAY,
    30 * SJ_US_DAY,
    90 * SJ_US_DAY,
    180 * SJ_US_DAY,
    365 * SJ_US_DAY,
};
enum { N_LENGTHS = sizeof length_begins / sizeof length_begins[0], N_DURATIONS = sizeof duration_begins / sizeof duration_begins[0] };

/* Of a touchpoint or a channel. A customer's journeys come together, so that who was counted last says who was counted. */
struct code_counts {
    uint64_t events, journeys, customers, last_journey, last_customer;
};

struct period_counts {
    uint64_t events, customers, last_customer;
};

struct counts {
    uint64_t n_events, n_customers, n_journeys;
    int64_t first_us, last_us;
    uint64_t lengths[N_LENGTHS], durations[N_DURATIONS];
};

struct plan {
    bool second;
    struct sj_periods periods;
    struct counts counts;
    struct code_counts *touchpoints, *channels;
    struct period_counts *activity;
    const struct sj_quantile_plan *spread;
    int64_t quantiles[N_MEASURES][N_PERCENTS];
};

struct state {
    struct counts counts;
    struct code_counts *touchpoints, *channels;
    struct period_counts *activity;
    struct sj_spread spread; /* a group for each measure */
};

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct plan *plan;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    SJ_TRY(sj_chosen_periods(job, job->args[ARG_OVER].i64, &plan->periods, err));
    job->plan = plan;
    return SJ_OK;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_mem_free(job->mem, state->touchpoints);
    sj_mem_free(job->mem, state->channels);
    sj_mem_free(job->mem, state->activity);
    sj_spread_done(&state->spread);
    sj_mem_free(job->mem, state);
}

static enum sj_status start_counts(const struct sj_job *job, struct state *state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    SJ_TRY(sj_mem_new(job->mem, job->n_touchpoints, sizeof *state->touchpoints, &state->touchpoints, err));
    SJ_TRY(sj_mem_new(job->mem, job->n_channels, sizeof *state->channels, &state->channels, err));
    return sj_mem_new(job->mem, plan->periods.n, sizeof *state->activity, &state->activity, err);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_quantiles_ask ask = {
        .n_groups = N_MEASURES, .max_value = job->to_us - job->from_us, .unwanted = job->alone, .n_percents = N_PERCENTS};
    struct state *state;
    memcpy(ask.percents, percents, sizeof percents);
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    state->counts.first_us = INT64_MAX;
    state->counts.last_us = INT64_MIN;
    enum sj_status status = sj_spread_init(&state->spread, job->mem, &ask, plan->spread, err);
    if (status == SJ_OK && !plan->second)
        status = start_counts(job, state, err);
    if (status == SJ_OK)
        *ret_state = state;
    else
        drop(job, state);
    return status;
}

static void count_code(struct code_counts *counts, uint64_t journey, uint64_t customer) {
    counts->events++;
    counts->journeys += counts->last_journey != journey;
    counts->last_journey = journey;
    counts->customers += counts->last_customer != customer;
    counts->last_customer = customer;
}

/* All events of one journey. */
static void count_journey(const struct plan *plan, struct state *state, const struct sj_batch *batch, uint32_t j) {
    const uint64_t journey = state->counts.n_journeys + j + 1, customer = state->counts.n_customers + batch->customer[j] + 1;
    uint32_t at = 0;
    for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++) {
        count_code(&state->touchpoints[batch->touchpoint[i]], journey, customer);
        count_code(&state->channels[batch->channel[i]], journey, customer);
        if (plan->periods.n == 0)
            continue;
        at = sj_periods_find(&plan->periods, batch->time_us[i], at);
        struct period_counts *period = &state->activity[at];
        period->events++;
        period->customers += period->last_customer != customer;
        period->last_customer = customer;
    }
}

static enum sj_status add_measures(struct state *state, const struct sj_batch *batch, struct sj_error *err) {
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        const uint32_t first = batch->offsets[j], end = batch->offsets[j + 1];
        SJ_TRY(sj_spread_add(&state->spread, LENGTH, (int64_t)(end - first) * LENGTH_SCALE, err));
        SJ_TRY(sj_spread_add(&state->spread, DURATION, batch->time_us[end - 1] - batch->time_us[first], err));
    }
    return sj_spread_flush(&state->spread, err);
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = absorbing;
    struct counts *counts = &state->counts;
    SJ_TRY(add_measures(state, batch, err));
    for (uint32_t j = 0; j < batch->n_journeys && !plan->second; j++) {
        const uint32_t first = batch->offsets[j], end = batch->offsets[j + 1];
        const int64_t length = end - first, duration_us = batch->time_us[end - 1] - batch->time_us[first];
        counts->lengths[sj_range_of(length_begins, N_LENGTHS, length)]++;
        counts->durations[sj_range_of(duration_begins, N_DURATIONS, duration_us)]++;
        counts->first_us = batch->time_us[first] < counts->first_us ? batch->time_us[first] : counts->first_us;
        counts->last_us = batch->time_us[end - 1] > counts->last_us ? batch->time_us[end - 1] : counts->last_us;
        count_journey(plan, state, batch, j);
    }
    counts->n_events += batch->n_events;
    counts->n_customers += batch->n_customers;
    counts->n_journeys += batch->n_journeys;
    return SJ_OK;
}

static void add_codes(struct code_counts *codes, const struct code_counts *more, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        codes[i].events += more[i].events;
        codes[i].journeys += more[i].journeys;
        codes[i].customers += more[i].customers;
    }
}

static void add_counts(struct counts *counts, const struct counts *more) {
    counts->n_events += more->n_events;
    counts->n_customers += more->n_customers;
    counts->n_journeys += more->n_journeys;
    counts->first_us = more->first_us < counts->first_us ? more->first_us : counts->first_us;
    counts->last_us = more->last_us > counts->last_us ? more->last_us : counts->last_us;
    for (size_t i = 0; i < N_LENGTHS; i++)
        counts->lengths[i] += more->lengths[i];
    for (size_t i = 0; i < N_DURATIONS; i++)
        counts->durations[i] += more->durations[i];
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = merged, *other = merging;
    if (plan->second)
        return sj_spread_merge(&state->spread, &other->spread, err);
    add_counts(&state->counts, &other->counts);
    add_codes(state->touchpoints, other->touchpoints, job->n_touchpoints);
    add_codes(state->channels, other->channels, job->n_channels);
    for (uint32_t i = 0; i < plan->periods.n; i++) {
        state->activity[i].events += other->activity[i].events;
        state->activity[i].customers += other->activity[i].customers;
    }
    return sj_spread_merge(&state->spread, &other->spread, err);
}

static enum sj_status turn_counts(const struct sj_job *job, struct plan *plan, struct state *state, struct sj_error *err) {
    plan->second = true;
    plan->counts = state->counts;
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *plan->touchpoints, &plan->touchpoints, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_channels, sizeof *plan->channels, &plan->channels, err));
    SJ_TRY(sj_arena_new(job->arena, plan->periods.n, sizeof *plan->activity, &plan->activity, err));
    memcpy(plan->touchpoints, state->touchpoints, job->n_touchpoints * sizeof *plan->touchpoints);
    memcpy(plan->channels, state->channels, job->n_channels * sizeof *plan->channels);
    memcpy(plan->activity, state->activity, plan->periods.n * sizeof *plan->activity);
    return sj_quantile_plan_new(&state->spread.histograms, job->arena, &plan->spread, err);
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct plan *plan = job->plan;
    struct state *state = turned;
    *ret_again = !plan->second;
    if (!plan->second)
        return turn_counts(job, plan, state, err);
    struct sj_quantiles quantiles;
    SJ_TRY(sj_quantiles_new(&state->spread.collector, job->arena, &quantiles, err));
    for (uint32_t measure = 0; measure < N_MEASURES; measure++)
        for (size_t i = 0; i < N_PERCENTS; i++)
            sj_quantiles_get(&quantiles, measure, plan->counts.n_journeys, percents[i], &plan->quantiles[measure][i]);
    return SJ_OK;
}

static struct sj_cell quantile_cell(const struct plan *plan, uint32_t measure, size_t i) {
    int64_t value = plan->quantiles[measure][i];
    return measure == DURATION ? sj_cell_i64(value) : sj_cell_f64((double)value / LENGTH_SCALE);
}

static uint32_t count_used(const struct code_counts *codes, const struct sj_str *names, uint32_t n) {
    uint32_t n_used = 0;
    for (uint32_t i = 0; i < n; i++)
        n_used += codes[i].events > 0 && names[i].n > 0;
    return n_used;
}

static enum sj_status give_summary(const struct sj_job *job, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const struct counts *counts = &plan->counts;
    struct sj_table *table;
    struct sj_cell *cells;
    SJ_TRY(sj_result_table(result, &tables[TABLE_SUMMARY], &table, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_i64((int64_t)counts->n_events);
    cells[1] = sj_cell_i64((int64_t)counts->n_customers);
    cells[2] = sj_cell_i64((int64_t)counts->n_journeys);
    cells[3] = sj_cell_i64(count_used(plan->touchpoints, job->touchpoints, job->n_touchpoints));
    cells[4] = sj_cell_i64(count_used(plan->channels, job->channels, job->n_channels));
    if (counts->n_journeys == 0)
        return SJ_OK;
    cells[5] = sj_cell_i64(counts->first_us);
    cells[6] = sj_cell_i64(counts->last_us);
    cells[7] = quantile_cell(plan, LENGTH, MEDIAN);
    cells[8] = quantile_cell(plan, DURATION, MEDIAN);
    return SJ_OK;
}

/* Touchpoints or channels that have an event, the most frequent first, equal ones in the order of names. */
static enum sj_status give_codes(const struct sj_job *job, const struct sj_table_def *def, const struct code_counts *codes,
                                 struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const bool channels = def == &tables[TABLE_CHANNELS];
    const struct sj_str *names = channels ? job->channels : job->touchpoints;
    const uint32_t n = channels ? job->n_channels : job->n_touchpoints, *places;
    struct sj_ranked *ranked;
    struct sj_table *table;
    uint32_t n_used = 0;
    SJ_TRY(sj_result_table(result, def, &table, err));
    SJ_TRY(sj_name_places(job->arena, names, n, &places, err));
    SJ_TRY(sj_arena_new(job->arena, n, sizeof *ranked, &ranked, err));
    for (uint32_t code = 0; code < n; code++)
        if (codes[code].events > 0)
            ranked[n_used++] = (struct sj_ranked){codes[code].events, places[code], code};
    sj_rank(ranked, n_used);
    for (uint32_t i = 0; i < n_used; i++) {
        const struct code_counts *counts = &codes[ranked[i].code];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, names[ranked[i].code], &cells[0], err));
        cells[1] = sj_cell_i64((int64_t)counts->events);
        cells[2] = sj_cell_i64((int64_t)counts->customers);
        cells[3] = sj_cell_i64((int64_t)counts->journeys);
        cells[4] = sj_share_cell(shares, counts->journeys, plan->counts.n_journeys);
    }
    return SJ_OK;
}

/* From the first period with an event to the last; those between without any are shown with zeros. */
static enum sj_status give_activity(const struct plan *plan, struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    uint32_t first = 0, end = plan->periods.n;
    SJ_TRY(sj_result_table(result, &tables[TABLE_ACTIVITY], &table, err));
    while (first < end && plan->activity[first].events == 0)
        first++;
    while (end > first && plan->activity[end - 1].events == 0)
        end--;
    for (uint32_t i = first; i < end; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_i64(plan->periods.starts[i]);
        cells[1] = sj_cell_i64((int64_t)plan->activity[i].events);
        cells[2] = sj_cell_i64((int64_t)plan->activity[i].customers);
    }
    return end - first < 2 ? SJ_OK : sj_cut_periods_note(result);
}

static enum sj_status give_quantiles(const struct plan *plan, uint32_t measure, const struct sj_table_def *def, struct sj_result *result,
                                     struct sj_error *err) {
    struct sj_table *table;
    struct sj_cell *cells;
    SJ_TRY(sj_result_table(result, def, &table, err));
    if (plan->counts.n_journeys == 0)
        return SJ_OK;
    SJ_TRY(sj_result_row(result, table, &cells, err));
    for (size_t i = 0; i < N_PERCENTS; i++)
        cells[i] = quantile_cell(plan, measure, i);
    return SJ_OK;
}

struct ranges {
    const int64_t *begins;
    const uint64_t *counts;
    size_t n;
    int64_t step; /* what lies between the end of a range, as it is shown, and the beginning of the next */
};

/* Up to the last range that has a journey. */
static enum sj_status give_ranges(const struct plan *plan, const struct ranges *ranges, const struct sj_table_def *def,
                                  struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    size_t end = ranges->n;
    SJ_TRY(sj_result_table(result, def, &table, err));
    while (end > 0 && ranges->counts[end - 1] == 0)
        end--;
    for (size_t i = 0; i < end; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_i64(ranges->begins[i]);
        if (i + 1 < ranges->n)
            cells[1] = sj_cell_i64(ranges->begins[i + 1] - ranges->step);
        cells[2] = sj_cell_i64((int64_t)ranges->counts[i]);
        cells[3] = sj_share_cell(shares, ranges->counts[i], plan->counts.n_journeys);
    }
    return SJ_OK;
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    (void)finished; /* turn() has moved everything into the plan */
    const struct plan *plan = job->plan;
    const struct ranges lengths = {length_begins, plan->counts.lengths, N_LENGTHS, 1};
    const struct ranges durations = {duration_begins, plan->counts.durations, N_DURATIONS, 0};
    struct sj_shares shares = {0};
    SJ_TRY(give_summary(job, result, err));
    SJ_TRY(give_codes(job, &tables[TABLE_TOUCHPOINTS], plan->touchpoints, &shares, result, err));
    SJ_TRY(give_codes(job, &tables[TABLE_CHANNELS], plan->channels, &shares, result, err));
    SJ_TRY(give_activity(plan, result, err));
    SJ_TRY(give_quantiles(plan, LENGTH, &tables[TABLE_LENGTH], result, err));
    SJ_TRY(give_ranges(plan, &lengths, &tables[TABLE_LENGTH_RANGES], &shares, result, err));
    SJ_TRY(give_quantiles(plan, DURATION, &tables[TABLE_DURATION], result, err));
    SJ_TRY(give_ranges(plan, &durations, &tables[TABLE_DURATION_RANGES], &shares, result, err));
    return sj_shares_note(&shares, result);
}

const struct sj_analysis sj_overview = {
    .name = "overview",
    .title = SJ_T("What is there: how many customers, journeys and events, where, and when?"),
    .about = SJ_T("Start here. Look for touchpoints and channels that are missing or have two names, for days without events, and for "
                  "how long journeys are: the median says more than the mean, since a few journeys are very long."),
    .example = "overview STORE --over week",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .tables = tables,
    .n_tables = N_TABLES,
    .needs = SJ_NEED_TIME | SJ_NEED_CHANNEL,
    .prepare = prepare,
    .start = start,
    .absorb = absorb,
    .merge = merge,
    .turn = turn,
    .finish = finish,
    .drop = drop,
};
