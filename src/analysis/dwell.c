/* Dwell: how long customers wait after each touchpoint, between two, at one, and for a response; and what that adds up to. How it is
 * counted: dwell_times.h. */
#include "analysis/common.h"
#include "analysis/dwell_times.h"
#include "base/number.h"

enum { ARG_THRESHOLD, ARG_DURATION, ARG_RESPONSE, ARG_REQUEST, ARG_END, ARG_TOP };

static const struct sj_param params[] = {
    {.name = "threshold",
     .type = SJ_PARAM_DURATION,
     .standard = "24h",
     .min = 0,
     .max = 3650 * SJ_US_DAY,
     .help = SJ_T("what is longer than this is too long")},
    {.name = "duration",
     .type = SJ_PARAM_MEASURE,
     .standard = "duration",
     .help = SJ_T("the property that says how long an event itself lasted; a plain number counts as seconds")},
    {.name = "response",
     .type = SJ_PARAM_TOUCHPOINTS,
     .min = 0,
     .max = 32,
     .help = SJ_T("a touchpoint at which the company responds: then also how long customers wait for that")},
    {.name = "request",
     .type = SJ_PARAM_TOUCHPOINTS,
     .min = 0,
     .max = 32,
     .help = SJ_T("a touchpoint after which customers wait for a response; without one, all but the responses and the ends are")},
    {.name = "end",
     .type = SJ_PARAM_TOUCHPOINTS,
     .min = 0,
     .max = 32,
     .help = SJ_T("a touchpoint with which a journey is over: nobody waits after it for what never comes")},
    {.name = "top",
     .type = SJ_PARAM_COUNT,
     .standard = "50",
     .min = 1,
     .max = 100000,
     .shows = true,
     .help = SJ_T("how many links to show, those with the most person-hours")},
};

static const struct sj_column_def summary_columns[] = {
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("as the lens cuts them")},
    {.name = "waits", .label = SJ_T("Waits"), .type = SJ_TYPE_COUNT, .help = SJ_T("from an event to the next of its journey")},
    {.name = "open",
     .label = SJ_T("Open waits"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("after the last event of a journey: at least until the end of the data")},
    {.name = "person_hours",
     .label = SJ_T("Person-hours"),
     .type = SJ_TYPE_NUMBER,
     .help = SJ_T("the time of all waits that ended, over all people")},
};

static const struct sj_column_def touchpoint_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("after which people wait")},
    {.name = "person_hours",
     .label = SJ_T("Person-hours"),
     .type = SJ_TYPE_NUMBER,
     .help = SJ_T("from it to the next event, all waits that ended added up over all people"),
     .drawn = true},
    {.name = "part", .label = SJ_T("Part"), .type = SJ_TYPE_NUMBER, .help = SJ_T("of the person-hours of all touchpoints")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers with such a wait")},
    {.name = "per_customer",
     .label = SJ_T("A customer"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("the time added up, for each of these customers on average")},
    {.name = "count", .label = SJ_T("Waits"), .type = SJ_TYPE_COUNT, .help = SJ_T("that ended")},
    {.name = "open", .label = SJ_T("Open"), .type = SJ_TYPE_COUNT, .help = SJ_T("waits that have not ended")},
};

/* What is said of times, in every table of them. */
#define TIME_COLUMNS                                                                                                                \
    {.name = "count", .label = SJ_T("Times"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many there are")},                           \
        {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("of how many customers")},            \
        {.name = "p10", .label = SJ_T("10 %"), .type = SJ_TYPE_DURATION, .help = SJ_T("one in ten is shorter"), .drawn = true},     \
        {.name = "p25", .label = SJ_T("25 %"), .type = SJ_TYPE_DURATION, .help = SJ_T("one in four is shorter"), .drawn = true},    \
        {.name = "median", .label = SJ_T("Median"), .type = SJ_TYPE_DURATION, .help = SJ_T("half are shorter"), .drawn = true},     \
        {.name = "median_low",                                                                                                      \
         .label = SJ_T("from"),                                                                                                     \
         .type = SJ_TYPE_DURATION,                                                                                                  \
         .help = SJ_T("lower end of the interval of the median (95 %), by ranks; empty where there are too few"),                   \
         .drawn = true},                                                                                                            \
        {.name = "median_high",                                                                                                     \
         .label = SJ_T("to"),                                                                                                       \
         .type = SJ_TYPE_DURATION,                                                                                                  \
         .help = SJ_T("upper end of the interval of the median (95 %), by ranks; empty where there are too few"),                   \
         .drawn = true},                                                                                                            \
        {.name = "p75", .label = SJ_T("75 %"), .type = SJ_TYPE_DURATION, .help = SJ_T("three in four are shorter"), .drawn = true}, \
        {.name = "p90", .label = SJ_T("90 %"), .type = SJ_TYPE_DURATION, .help = SJ_T("nine in ten are shorter"), .drawn = true},   \
        {.name = "spread", .label = SJ_T("Spread"), .type = SJ_TYPE_DURATION, .help = SJ_T("from 10 % to 90 %")},                   \
        {.name = "longer",                                                                                                          \
         .label = SJ_T("Too long"),                                                                                                 \
         .type = SJ_TYPE_ESTIMATE,                                                                                                  \
         .help = SJ_T("of those that ended, the share longer than the threshold")},                                                 \
    {                                                                                                                               \
        .name = "person_hours", .label = SJ_T("Person-hours"), .type = SJ_TYPE_NUMBER,                                              \
        .help = SJ_T("all of them added up over all people")                                                                        \
    }

/* And where some have not ended. */
#define OPEN_COLUMNS                                                                                                                    \
    {.name = "open", .label = SJ_T("Open"), .type = SJ_TYPE_COUNT, .help = SJ_T("waits that have not ended")},                          \
        {.name = "all_median",                                                                                                          \
         .label = SJ_T("Median of all"),                                                                                                \
         .type = SJ_TYPE_DURATION,                                                                                                      \
         .help =                                                                                                                        \
             SJ_T("with the open waits, which are at least so long (Kaplan-Meier, to within 1 %); empty where fewer than half ended")}, \
        {.name = "all_low",                                                                                                             \
         .label = SJ_T("from"),                                                                                                         \
         .type = SJ_TYPE_DURATION,                                                                                                      \
         .help = SJ_T("lower end of its interval (95 %, Brookmeyer-Crowley; by ranks where nothing is open)")},                         \
    {                                                                                                                                   \
        .name = "all_high", .label = SJ_T("to"), .type = SJ_TYPE_DURATION,                                                              \
        .help = SJ_T("upper end of its interval (95 %); empty: not reached, or too few")                                                \
    }

static const struct sj_column_def wait_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("after which people wait")},
    TIME_COLUMNS,
    OPEN_COLUMNS,
};

static const struct sj_column_def link_columns[] = {
    {.name = "from", .label = SJ_T("From"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("the touchpoint of the first event")},
    {.name = "to", .label = SJ_T("To"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("the touchpoint of the next")},
    TIME_COLUMNS,
};

static const struct sj_column_def duration_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("whose events say how long they lasted")},
    TIME_COLUMNS,
};

enum { TABLE_SUMMARY, TABLE_TOUCHPOINTS, TABLE_WAITS, TABLE_LINKS, TABLE_DURATIONS, TABLE_RESPONSES, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "summary", .title = SJ_T("How much waiting there is"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(summary_columns)},
    {.name = "touchpoints", .title = SJ_T("Where the time goes"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(touchpoint_columns)},
    {.name = "waits", .title = SJ_T("From a touchpoint to whatever comes next"), .picture = SJ_PICTURE_BOXES, SJ_COLUMNS(wait_columns)},
    {.name = "links", .title = SJ_T("From one touchpoint to another"), .picture = SJ_PICTURE_BOXES, SJ_COLUMNS(link_columns)},
    {.name = "durations", .title = SJ_T("At a touchpoint"), .picture = SJ_PICTURE_BOXES, SJ_COLUMNS(duration_columns)},
    {.name = "responses", .title = SJ_T("Until the response"), .picture = SJ_PICTURE_BOXES, SJ_COLUMNS(wait_columns)},
};

static enum sj_status mark(struct sj_job *job, const struct sj_arg *arg, const bool **ret_marks, struct sj_error *err) {
    bool *marks;
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *marks, &marks, err));
    for (size_t i = 0; i < arg->n_codes; i++)
        marks[arg->codes[i]] = true;
    *ret_marks = marks;
    return SJ_OK;
}

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct sj_dwell_plan *plan;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    plan->n = job->n_touchpoints;
    plan->threshold_us = job->args[ARG_THRESHOLD].i64;
    plan->measure = job->args[ARG_DURATION].measure;
    plan->n_shown = (size_t)job->args[ARG_TOP].i64;
    plan->wants_responses = job->args[ARG_RESPONSE].n_codes > 0;
    plan->any_requests = job->args[ARG_REQUEST].n_codes == 0;
    plan->any_open = !job->sessions;
    if (!plan->any_requests && !plan->wants_responses)
        return sj_fail(err, SJ_E_USAGE, "request is given, but no response: which touchpoints are one?");
    if (plan->measure != SJ_NO_CODE && job->measures[plan->measure].unit == SJ_UNIT_MONEY)
        return sj_fail(err, SJ_E_USAGE, "\"%.*s\" holds money; expected a property with durations or seconds",
                       SJ_ARG(job->measures[plan->measure].name));
    SJ_TRY(mark(job, &job->args[ARG_RESPONSE], &plan->responds, err));
    SJ_TRY(mark(job, &job->args[ARG_REQUEST], &plan->requests, err));
    SJ_TRY(mark(job, &job->args[ARG_END], &plan->ends, err));
    job->plan = plan;
    return SJ_OK;
}

/* ---- the answer ---- */

static double hours(sj_wide total_us) { return (double)total_us / (double)SJ_US_HOUR; }

/* The cells of TIME_COLUMNS. */
static void fill_times(struct sj_cell *cells, const struct sj_dwell_tally *tally, const struct sj_dwell_times *times,
                       struct sj_shares *shares) {
    static const struct { uint8_t column, quantile; } quantiles[SJ_DWELL_PERCENTS] = {{2, 0}, {3, 1}, {4, SJ_DWELL_MEDIAN}, {7, 3}, {8, 4}};
    cells[0] = sj_cell_i64((int64_t)tally->count);
    cells[1] = sj_cell_i64((int64_t)tally->customers);
    for (size_t i = 0; i < SJ_DWELL_PERCENTS && times->known; i++)
        cells[quantiles[i].column] = sj_cell_i64(times->quantiles[quantiles[i].quantile]);
    if (times->has_low)
        cells[5] = sj_cell_i64(times->low);
    if (times->has_high)
        cells[6] = sj_cell_i64(times->high);
    if (times->known)
        cells[9] = sj_cell_i64(times->quantiles[SJ_DWELL_PERCENTS - 1] - times->quantiles[0]);
    cells[10] = sj_share_cell(shares, tally->longer, tally->count);
    cells[11] = sj_cell_f64(hours(tally->total_us));
}
enum { N_TIME_COLUMNS = 12 };

/* The cells of OPEN_COLUMNS. Where nothing is open, all is what ended. */
static void fill_open(struct sj_cell *cells, const struct sj_dwell_tally *tally, const struct sj_dwell_times *times,
                      const struct sj_survival_median *all) {
    struct sj_survival_median shown = *all;
    if (tally->open == 0)
        shown = (struct sj_survival_median){times->known, times->has_low, times->has_high, times->quantiles[SJ_DWELL_MEDIAN],
                                            times->low,   times->high};
    cells[0] = sj_cell_i64((int64_t)tally->open);
    if (shown.known)
        cells[1] = sj_cell_i64(shown.median);
    if (shown.has_low)
        cells[2] = sj_cell_i64(shown.low);
    if (shown.has_high)
        cells[3] = sj_cell_i64(shown.high);
}

static enum sj_status give_summary(const struct sj_dwell_plan *plan, struct sj_result *result, struct sj_error *err) {
    struct sj_dwell_tally sum = {0};
    struct sj_table *table;
    struct sj_cell *cells;
    for (uint32_t code = 0; code < plan->n; code++) {
        const struct sj_dwell_tally *tally = &plan->tallies[SJ_DWELL_WAIT * plan->n + code];
        sum.count += tally->count;
        sum.open += tally->open;
        sum.total_us += tally->total_us;
    }
    SJ_TRY(sj_result_table(result, &tables[TABLE_SUMMARY], &table, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_i64((int64_t)plan->counts.n_journeys);
    cells[1] = sj_cell_i64((int64_t)sum.count);
    cells[2] = sj_cell_i64((int64_t)sum.open);
    cells[3] = sj_cell_f64(hours(sum.total_us));
    return SJ_OK;
}

/* The touchpoints that are timed in that way, the most time first. */
static enum sj_status rank_touchpoints(const struct sj_job *job, enum sj_dwell_kind kind, struct sj_ranked **ret_ranked, size_t *ret_n,
                                       struct sj_error *err) {
    const struct sj_dwell_plan *plan = job->plan;
    const uint32_t *places;
    struct sj_ranked *ranked;
    size_t n = 0;
    SJ_TRY(sj_name_places(job->arena, job->touchpoints, job->n_touchpoints, &places, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *ranked, &ranked, err));
    for (uint32_t code = 0; code < plan->n; code++) {
        const struct sj_dwell_tally *tally = &plan->tallies[(uint32_t)kind * plan->n + code];
        if (tally->count + tally->open > 0)
            ranked[n++] = (struct sj_ranked){(uint64_t)(tally->total_us / SJ_US_MS), places[code], code};
    }
    sj_rank(ranked, n);
    *ret_ranked = ranked;
    *ret_n = n;
    return SJ_OK;
}

static enum sj_status give_touchpoints(const struct sj_job *job, struct sj_result *result, struct sj_error *err) {
    const struct sj_dwell_plan *plan = job->plan;
    struct sj_ranked *ranked;
    struct sj_table *table;
    sj_wide all_us = 0;
    size_t n;
    SJ_TRY(sj_result_table(result, &tables[TABLE_TOUCHPOINTS], &table, err));
    SJ_TRY(rank_touchpoints(job, SJ_DWELL_WAIT, &ranked, &n, err));
    for (size_t i = 0; i < n; i++)
        all_us += plan->tallies[ranked[i].code].total_us;
    for (size_t i = 0; i < n; i++) {
        const struct sj_dwell_tally *tally = &plan->tallies[ranked[i].code];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, job->touchpoints[ranked[i].code], &cells[0], err));
        cells[1] = sj_cell_f64(hours(tally->total_us));
        if (all_us > 0)
            cells[2] = sj_cell_f64((double)tally->total_us / (double)all_us);
        cells[3] = sj_cell_i64((int64_t)tally->customers);
        if (tally->customers > 0)
            cells[4] = sj_cell_i64((int64_t)((tally->total_us + tally->customers / 2) / tally->customers));
        cells[5] = sj_cell_i64((int64_t)tally->count);
        cells[6] = sj_cell_i64((int64_t)tally->open);
    }
    return SJ_OK;
}

static enum sj_status give_times(const struct sj_job *job, enum sj_dwell_kind kind, const struct sj_table_def *def,
                                 struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct sj_dwell_plan *plan = job->plan;
    struct sj_ranked *ranked;
    struct sj_table *table;
    size_t n;
    SJ_TRY(sj_result_table(result, def, &table, err));
    SJ_TRY(rank_touchpoints(job, kind, &ranked, &n, err));
    for (size_t i = 0; i < n; i++) {
        const uint32_t group = (uint32_t)kind * plan->n + ranked[i].code;
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, job->touchpoints[ranked[i].code], &cells[0], err));
        fill_times(cells + 1, &plan->tallies[group], &plan->group_times[group], shares);
        if (kind < SJ_DWELL_OPEN_KINDS)
            fill_open(cells + 1 + N_TIME_COLUMNS, &plan->tallies[group], &plan->group_times[group], &plan->all[kind][ranked[i].code]);
    }
    return SJ_OK;
}

static enum sj_status give_links(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct sj_dwell_plan *plan = job->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &tables[TABLE_LINKS], &table, err));
    table->partial = plan->n_shown < plan->n_links;
    for (size_t i = 0; i < plan->n_shown; i++) {
        const struct sj_link *link = &plan->links[i];
        const struct sj_dwell_tally tally = {
            .count = link->count, .customers = link->customers, .longer = plan->longer_links[i], .total_us = link->total_us};
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, job->touchpoints[link->from], &cells[0], err));
        SJ_TRY(sj_name_cell(result, job->touchpoints[link->to], &cells[1], err));
        fill_times(cells + 2, &tally, &plan->link_times[i], shares);
    }
    return SJ_OK;
}

static enum sj_status give_notes(const struct sj_job *job, struct sj_result *result) {
    const struct sj_dwell_plan *plan = job->plan;
    char shown[SJ_NUMBER_BYTES], all[SJ_NUMBER_BYTES];
    if (job->sessions)
        SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "sessions_end",
                       "After the last event of a session nobody waits: open waits are known for histories and cases only. A response that "
                       "did not come within the session is open for as long as the session."));
    sj_number_count((int64_t)plan->n_shown, result->lang, shown);
    sj_number_count((int64_t)plan->n_links, result->lang, all);
    if (plan->n_shown < plan->n_links)
        SJ_TRY(sj_note(result, SJ_NOTE_INFO, "hidden_links", "%s of %s links are shown", shown, all));
    sj_number_count((int64_t)plan->counts.n_negative, result->lang, shown);
    if (plan->counts.n_negative > 0)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "negative_durations", "%s events say that they lasted less than no time; they are left out",
                       shown));
    return SJ_OK;
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    (void)finished; /* turn() has moved everything into the plan */
    const struct sj_dwell_plan *plan = job->plan;
    struct sj_shares shares = {0};
    SJ_TRY(give_summary(plan, result, err));
    SJ_TRY(give_touchpoints(job, result, err));
    SJ_TRY(give_times(job, SJ_DWELL_WAIT, &tables[TABLE_WAITS], &shares, result, err));
    SJ_TRY(give_links(job, &shares, result, err));
    SJ_TRY(give_times(job, SJ_DWELL_DURATION, &tables[TABLE_DURATIONS], &shares, result, err));
    if (plan->wants_responses)
        SJ_TRY(give_times(job, SJ_DWELL_RESPONSE, &tables[TABLE_RESPONSES], &shares, result, err));
    SJ_TRY(give_notes(job, result));
    return sj_shares_note(&shares, result);
}

const struct sj_analysis sj_dwell = {
    .name = "dwell",
    .title = SJ_T("Where do customers wait, and what does it add up to?"),
    .about =
        SJ_T("A wait is the time from an event to the next of its journey; what people do meanwhile is not known. Person-hours are the "
             "waits of all people added up: a short wait of many may cost more than a long one of few. The wait after the last event of a "
             "journey has not ended: its median of all counts it as at least so long as until the end of the data. Ask about "
             "sessions or about cases (--journey), or name the touchpoints with which a journey is over (--end)."),
    .example = "dwell STORE --journey \"session 24h\" --threshold 10m",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .tables = tables,
    .n_tables = N_TABLES,
    .needs = SJ_NEED_TIME,
    .prepare = prepare,
    .start = sj_dwell_start,
    .absorb = sj_dwell_absorb,
    .merge = sj_dwell_merge,
    .turn = sj_dwell_turn,
    .finish = finish,
    .drop = sj_dwell_drop,
};
