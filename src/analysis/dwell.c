/* Dwell: how long customers wait after each touchpoint, between two, at one, and for a response; and what that adds up to.
 *
 *   pass 1   all counts and sums; histograms of the times; a sketch of the waits that ended and of those that are still open
 *   pass 2   the times that the quantiles need
 *
 * Memory: a few counts for each touchpoint and each link that occurs, and what quantiles take (quantiles.h). */
#include "analysis/common.h"
#include "analysis/links.h"
#include "analysis/spread.h"
#include "base/number.h"
#include "stats/survival.h"

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
     .help = SJ_T("a touchpoint after which customers wait for a response; without one, all but the responses are")},
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
         .help = SJ_T("lower end of its interval (95 %, Brookmeyer-Crowley)")},                                                         \
    {                                                                                                                                   \
        .name = "all_high", .label = SJ_T("to"), .type = SJ_TYPE_DURATION,                                                              \
        .help = SJ_T("upper end of its interval (95 %); empty: not reached")                                                            \
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

static const uint8_t percents[] = {10, 25, 50, 75, 90};
enum { N_PERCENTS = sizeof percents, MEDIAN = 2 };

/* What is timed at a touchpoint. A group of times is one of these and a touchpoint: kind * n_touchpoints + code. */
enum kind { WAIT, RESPONSE, DURATION, N_KINDS };
#define N_OPEN_KINDS 2 /* the first two may be open */

struct tally {
    uint64_t count, customers, longer, open, last_customer;
    sj_wide total_us;
};

struct times {
    int64_t quantiles[N_PERCENTS], low, high;
    bool known, has_low, has_high;
};

struct counts {
    uint64_t n_journeys, n_customers, n_negative;
};

struct plan {
    bool second;
    uint32_t n; /* touchpoints */
    int64_t threshold_us;
    uint32_t measure;
    const bool *responds, *requests, *ends; /* by touchpoint */
    bool wants_responses, any_requests;
    bool any_open;  /* a journey waits on after its last event */
    size_t n_shown; /* links, after pass 1 */

    struct counts counts;
    struct tally *tallies;                        /* by group */
    struct sj_survival_median *all[N_OPEN_KINDS]; /* by touchpoint */
    struct sj_link *links;                        /* the most person-hours first */
    uint64_t *longer_links;
    size_t n_links;
    const struct sj_quantile_plan *group_plan, *link_plan;
    struct times *group_times, *link_times;
};

/* A customer waits for a response since then. */
struct waiting {
    uint64_t journey; /* in which; 0: in none */
    int64_t since_us;
};

struct state {
    struct counts counts;
    struct tally *tallies; /* by group, and one for no group */
    struct sj_links links;
    struct sj_counter longer_links; /* (key of the link, 0) */
    struct sj_spread group_times, link_times;
    struct sj_spread lengths; /* pass 1: a sketch, a group for each kind, whether open, and touchpoint */
    struct waiting *waiting;  /* by touchpoint */
    uint16_t *waiting_list;   /* touchpoints at which somebody waits now */
    uint32_t n_waiting;
};

/* ---- begin and end ---- */

static enum sj_status mark(struct sj_job *job, const struct sj_arg *arg, const bool **ret_marks, struct sj_error *err) {
    bool *marks;
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *marks, &marks, err));
    for (size_t i = 0; i < arg->n_codes; i++)
        marks[arg->codes[i]] = true;
    *ret_marks = marks;
    return SJ_OK;
}

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct plan *plan;
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

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_mem_free(job->mem, state->tallies);
    sj_mem_free(job->mem, state->waiting);
    sj_mem_free(job->mem, state->waiting_list);
    sj_links_done(&state->links);
    sj_counter_done(&state->longer_links);
    sj_spread_done(&state->group_times);
    sj_spread_done(&state->link_times);
    sj_spread_done(&state->lengths);
    sj_mem_free(job->mem, state);
}

static enum sj_status start_times(const struct sj_job *job, struct state *state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_quantiles_ask ask = {.max_value = job->to_us - job->from_us, .n_percents = N_PERCENTS, .bounds_of = 50};
    memcpy(ask.percents, percents, sizeof percents);
    ask.n_groups = N_KINDS * plan->n;
    SJ_TRY(sj_spread_init(&state->group_times, job->mem, &ask, plan->group_plan, err));
    ask.n_groups = plan->n * plan->n;
    SJ_TRY(sj_spread_init(&state->link_times, job->mem, &ask, plan->link_plan, err));
    const struct sj_quantiles_ask sketch = {
        .n_groups = plan->second ? 0 : 2 * N_OPEN_KINDS * plan->n, .max_value = job->to_us - job->from_us, .fine = true};
    return sj_spread_init(&state->lengths, job->mem, &sketch, NULL, err);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    struct state *state;
    enum sj_status status = SJ_OK;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    sj_counter_init(&state->longer_links, job->mem);
    SJ_TRY_CLEAN(start_times(job, state, err));
    SJ_TRY_CLEAN(sj_links_init(&state->links, job->mem, job->n_touchpoints, err));
    SJ_TRY_CLEAN(sj_mem_new(job->mem, (size_t)N_KINDS * job->n_touchpoints + 1, sizeof *state->tallies, &state->tallies, err));
    SJ_TRY_CLEAN(sj_mem_new(job->mem, job->n_touchpoints, sizeof *state->waiting, &state->waiting, err));
    SJ_TRY_CLEAN(sj_mem_new(job->mem, job->n_touchpoints, sizeof *state->waiting_list, &state->waiting_list, err));
    *ret_state = state;
    return SJ_OK;
cleanup:
    drop(job, state);
    return status;
}

/* ---- both passes ---- */

static uint32_t length_group(const struct plan *plan, enum kind kind, bool open, uint16_t code) {
    return ((uint32_t)kind * 2 + open) * plan->n + code;
}

/* A time that ended. */
static enum sj_status add_time(const struct plan *plan, struct state *state, enum kind kind, uint16_t code, int64_t time_us,
                               uint64_t customer, struct sj_error *err) {
    const uint32_t group = (uint32_t)kind * plan->n + code;
    if (!plan->second) {
        struct tally *tally = &state->tallies[group];
        tally->count++;
        tally->longer += time_us > plan->threshold_us;
        tally->total_us += (uint64_t)time_us;
        tally->customers += tally->last_customer != customer;
        tally->last_customer = customer;
        if (kind == RESPONSE && plan->any_open)
            SJ_TRY(sj_spread_add(&state->lengths, length_group(plan, kind, false, code), time_us, err));
    }
    return sj_spread_add(&state->group_times, group, time_us, err);
}

static enum sj_status add_open(const struct plan *plan, struct state *state, enum kind kind, uint16_t code, int64_t time_us,
                               struct sj_error *err) {
    state->tallies[(uint32_t)kind * plan->n + code].open++;
    return sj_spread_add(&state->lengths, length_group(plan, kind, true, code), time_us, err);
}

/* A response ends all waiting for one; a request begins it where it had not begun. */
static enum sj_status follow_responses(const struct plan *plan, struct state *state, uint16_t code, int64_t time_us, uint64_t journey,
                                       uint64_t customer, struct sj_error *err) {
    if (!plan->responds[code]) {
        if ((plan->any_requests || plan->requests[code]) && state->waiting[code].journey != journey) {
            state->waiting[code] = (struct waiting){journey, time_us};
            state->waiting_list[state->n_waiting++] = code;
        }
        return SJ_OK;
    }
    for (uint32_t i = 0; i < state->n_waiting; i++) {
        struct waiting *waiting = &state->waiting[state->waiting_list[i]];
        SJ_TRY(add_time(plan, state, RESPONSE, state->waiting_list[i], time_us - waiting->since_us, customer, err));
        waiting->journey = 0;
    }
    state->n_waiting = 0;
    return SJ_OK;
}

/* After its last event a journey that is neither over nor a session waits on. */
static enum sj_status end_journey(const struct sj_job *job, struct state *state, uint16_t code, int64_t time_us, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const bool open = plan->any_open && !plan->second && !plan->ends[code];
    if (open)
        SJ_TRY(add_open(plan, state, WAIT, code, job->to_us - time_us, err));
    for (uint32_t i = 0; i < state->n_waiting && open; i++) {
        const uint16_t waited = state->waiting_list[i];
        SJ_TRY(add_open(plan, state, RESPONSE, waited, job->to_us - state->waiting[waited].since_us, err));
    }
    state->n_waiting = 0;
    return SJ_OK;
}

/* What an event itself says, and until when customers wait for a response. */
static enum sj_status absorb_journey(const struct sj_job *job, struct state *state, const struct sj_batch *batch, uint32_t j,
                                     const int64_t *durations, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const uint64_t journey = state->counts.n_journeys + j + 1, customer = state->counts.n_customers + batch->customer[j] + 1;
    const uint32_t end = batch->offsets[j + 1];
    for (uint32_t i = batch->offsets[j]; i < end && (durations || plan->wants_responses); i++) {
        const uint16_t code = batch->touchpoint[i];
        if (durations && durations[i] >= 0)
            SJ_TRY(add_time(plan, state, DURATION, code, durations[i], customer, err));
        else if (durations && durations[i] != SJ_NO_AMOUNT)
            state->counts.n_negative++;
        if (plan->wants_responses)
            SJ_TRY(follow_responses(plan, state, code, batch->time_us[i], journey, customer, err));
    }
    return end_journey(job, state, batch->touchpoint[end - 1], batch->time_us[end - 1], err);
}

/* The durations of the batch; NULL where there are none. */
static const int64_t *durations_of(const struct plan *plan, const struct sj_batch *batch) {
    const int64_t *durations = plan->measure != SJ_NO_CODE ? batch->amounts[plan->measure] : NULL;
    int64_t any = 0;
    for (uint32_t i = 0; durations && i < batch->n_events; i++)
        any |= durations[i] ^ SJ_NO_AMOUNT;
    return any ? durations : NULL;
}

/* The waits before the events of a piece, by the touchpoint after which: `groups`, where the first event of a journey has none. */
static void tally_waits(const struct plan *plan, struct state *state, const struct sj_pairs *pairs, const uint32_t *groups,
                        uint64_t *customer) {
    for (uint32_t i = 0; i < pairs->n; i++) {
        struct tally *tally = &state->tallies[groups[i]];
        *customer += pairs->new_customer[i];
        tally->count++;
        tally->longer += pairs->gaps_us[i] > plan->threshold_us;
        tally->total_us += (uint64_t)pairs->gaps_us[i];
        tally->customers += tally->last_customer != *customer;
        tally->last_customer = *customer;
    }
}

static enum sj_status count_longer_links(const struct plan *plan, struct state *state, const struct sj_pairs *pairs, struct sj_error *err) {
    for (uint32_t i = 0; i < pairs->n; i++) {
        if (pairs->gaps_us[i] > plan->threshold_us && pairs->keys[i] != plan->n * plan->n)
            SJ_TRY(sj_counter_add(&state->longer_links, pairs->keys[i], 0, 1, err));
    }
    return SJ_OK;
}

static enum sj_status absorb_waits(const struct plan *plan, struct state *state, const struct sj_batch *batch, struct sj_error *err) {
    uint32_t groups[SJ_PAIRS_MAX], lengths[SJ_PAIRS_MAX];
    uint64_t customer = state->counts.n_customers;
    struct sj_pairs pairs;
    sj_pairs_begin(&pairs, batch, plan->n);
    while (sj_pairs_next(&pairs)) {
        const uint32_t first = pairs.event - pairs.n;
        for (uint32_t i = 0; i < pairs.n; i++) {
            const bool none = pairs.keys[i] == plan->n * plan->n;
            const uint32_t before = batch->touchpoint[first + i - (first + i > 0)];
            groups[i] = none ? N_KINDS * plan->n : before;
            lengths[i] = none ? 2 * N_OPEN_KINDS * plan->n : before;
        }
        SJ_TRY(sj_spread_add_all(&state->link_times, pairs.keys, pairs.gaps_us, pairs.n, err));
        SJ_TRY(sj_spread_add_all(&state->group_times, groups, pairs.gaps_us, pairs.n, err));
        if (plan->second)
            continue;
        if (plan->any_open)
            SJ_TRY(sj_spread_add_all(&state->lengths, lengths, pairs.gaps_us, pairs.n, err));
        tally_waits(plan, state, &pairs, groups, &customer);
        SJ_TRY(sj_links_add(&state->links, &pairs, err));
        SJ_TRY(count_longer_links(plan, state, &pairs, err));
    }
    return SJ_OK;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    struct state *state = absorbing;
    const struct plan *plan = job->plan;
    const int64_t *durations = durations_of(plan, batch);
    if (durations || plan->wants_responses || (plan->any_open && !plan->second)) {
        for (uint32_t j = 0; j < batch->n_journeys; j++)
            SJ_TRY(absorb_journey(job, state, batch, j, durations, err));
    }
    SJ_TRY(absorb_waits(plan, state, batch, err));
    state->counts.n_journeys += batch->n_journeys;
    state->counts.n_customers += batch->n_customers;
    SJ_TRY(sj_spread_flush(&state->lengths, err));
    return sj_spread_flush(&state->group_times, err);
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = merged, *other = merging;
    SJ_TRY(sj_spread_merge(&state->group_times, &other->group_times, err));
    SJ_TRY(sj_spread_merge(&state->link_times, &other->link_times, err));
    if (plan->second)
        return SJ_OK;
    for (uint32_t i = 0; i < N_KINDS * plan->n; i++) {
        struct tally *tally = &state->tallies[i];
        const struct tally *more = &other->tallies[i];
        tally->count += more->count;
        tally->customers += more->customers;
        tally->longer += more->longer;
        tally->open += more->open;
        tally->total_us += more->total_us;
    }
    state->counts.n_journeys += other->counts.n_journeys;
    state->counts.n_negative += other->counts.n_negative;
    SJ_TRY(sj_links_merge(&state->links, &other->links, err));
    SJ_TRY(sj_counter_merge(&state->longer_links, &other->longer_links, err));
    return sj_spread_merge(&state->lengths, &other->lengths, err);
}

/* ---- between the passes ---- */

/* The entries of one group among the counts; *at is moved behind them. */
static size_t entries_of(const struct sj_counted *counts, size_t n, uint32_t group, size_t *at) {
    while (*at < n && counts[*at].group < group)
        ++*at;
    size_t end = *at;
    while (end < n && counts[end].group == group)
        end++;
    return end;
}

/* The waits of a touchpoint that ended and those that are open, put together by length. */
static size_t join_lengths(const struct sj_counted *ended, size_t n_ended, const struct sj_counted *open, size_t n_open,
                           struct sj_survival_row *rows) {
    size_t n = 0;
    for (size_t e = 0, o = 0; e < n_ended || o < n_open; n++) {
        const bool takes_ended = e < n_ended && (o == n_open || ended[e].value <= open[o].value);
        const bool takes_open = o < n_open && (e == n_ended || open[o].value <= ended[e].value);
        rows[n] = (struct sj_survival_row){.time = takes_ended ? ended[e].value : open[o].value};
        if (takes_ended)
            rows[n].n_ended = ended[e++].count;
        if (takes_open)
            rows[n].n_open = open[o++].count;
    }
    return n;
}

static enum sj_status find_medians_of_all(const struct sj_job *job, struct plan *plan, struct state *state, struct sj_error *err) {
    struct sj_counted *counts;
    struct sj_survival_row *rows;
    size_t n;
    SJ_TRY(sj_histograms_counts(&state->lengths.histograms, job->arena, &counts, &n, err));
    SJ_TRY(sj_arena_new(job->arena, n, sizeof *rows, &rows, err));
    for (int kind = 0; kind < N_OPEN_KINDS; kind++) {
        size_t ended = 0, open = 0;
        SJ_TRY(sj_arena_new(job->arena, plan->n, sizeof *plan->all[kind], &plan->all[kind], err));
        for (uint32_t code = 0; code < plan->n; code++) {
            const size_t ended_end = entries_of(counts, n, length_group(plan, kind, false, (uint16_t)code), &ended);
            const size_t open_end = entries_of(counts, n, length_group(plan, kind, true, (uint16_t)code), &open);
            const size_t n_rows = join_lengths(counts + ended, ended_end - ended, counts + open, open_end - open, rows);
            plan->all[kind][code] = sj_survival_median(rows, n_rows);
        }
    }
    return SJ_OK;
}

/* By time added up; the list is in order of count and names, which decides between equal ones. */
static enum sj_status rank_links(const struct sj_job *job, struct plan *plan, struct sj_link *links, size_t n, struct sj_error *err) {
    struct sj_ranked *ranked;
    SJ_TRY(sj_arena_new(job->arena, n, sizeof *ranked, &ranked, err));
    for (size_t i = 0; i < n; i++)
        ranked[i] = (struct sj_ranked){(uint64_t)(links[i].total_us / SJ_US_MS), (uint32_t)i, (uint32_t)i};
    sj_rank(ranked, n);
    plan->n_links = n;
    plan->n_shown = plan->n_shown < n ? plan->n_shown : n;
    SJ_TRY(sj_arena_new(job->arena, plan->n_shown, sizeof *plan->links, &plan->links, err));
    for (size_t i = 0; i < plan->n_shown; i++)
        plan->links[i] = links[ranked[i].code];
    return SJ_OK;
}

static enum sj_status turn_counts(const struct sj_job *job, struct plan *plan, struct state *state, struct sj_error *err) {
    const uint32_t *places;
    struct sj_link *links;
    size_t n;
    plan->second = true;
    plan->counts = state->counts;
    SJ_TRY(sj_arena_new(job->arena, (size_t)N_KINDS * plan->n, sizeof *plan->tallies, &plan->tallies, err));
    memcpy(plan->tallies, state->tallies, (size_t)N_KINDS * plan->n * sizeof *plan->tallies);
    SJ_TRY(sj_name_places(job->arena, job->touchpoints, job->n_touchpoints, &places, err));
    SJ_TRY(sj_links_list(&state->links, places, job->arena, &links, &n, err));
    SJ_TRY(rank_links(job, plan, links, n, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_shown, sizeof *plan->longer_links, &plan->longer_links, err));
    for (size_t i = 0; i < plan->n_shown; i++)
        plan->longer_links[i] = sj_counter_get(&state->longer_links, plan->links[i].from * plan->n + plan->links[i].to, 0);
    SJ_TRY(find_medians_of_all(job, plan, state, err));
    SJ_TRY(sj_quantile_plan_new(&state->group_times.histograms, job->arena, &plan->group_plan, err));
    return sj_quantile_plan_new(&state->link_times.histograms, job->arena, &plan->link_plan, err);
}

static struct times times_of(const struct sj_quantiles *quantiles, uint32_t group, uint64_t n) {
    struct times times = {.known = n > 0};
    for (size_t i = 0; i < N_PERCENTS && times.known; i++)
        (void)sj_quantiles_get(quantiles, group, n, percents[i], &times.quantiles[i]);
    times.has_low = sj_quantiles_low(quantiles, group, n, &times.low);
    times.has_high = sj_quantiles_high(quantiles, group, n, &times.high);
    return times;
}

static enum sj_status turn_times(const struct sj_job *job, struct plan *plan, const struct state *state, struct sj_error *err) {
    struct sj_quantiles quantiles;
    SJ_TRY(sj_quantiles_new(&state->group_times.collector, job->arena, &quantiles, err));
    SJ_TRY(sj_arena_new(job->arena, (size_t)N_KINDS * plan->n, sizeof *plan->group_times, &plan->group_times, err));
    for (uint32_t group = 0; group < N_KINDS * plan->n; group++)
        plan->group_times[group] = times_of(&quantiles, group, plan->tallies[group].count);
    SJ_TRY(sj_quantiles_new(&state->link_times.collector, job->arena, &quantiles, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_shown, sizeof *plan->link_times, &plan->link_times, err));
    for (size_t i = 0; i < plan->n_shown; i++) {
        const struct sj_link *link = &plan->links[i];
        plan->link_times[i] = times_of(&quantiles, link->from * plan->n + link->to, link->count);
    }
    return SJ_OK;
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct plan *plan = job->plan;
    *ret_again = !plan->second;
    return plan->second ? turn_times(job, plan, turned, err) : turn_counts(job, plan, turned, err);
}

/* ---- the answer ---- */

static double hours(sj_wide total_us) { return (double)total_us / (double)SJ_US_HOUR; }

/* The cells of TIME_COLUMNS. */
static void fill_times(struct sj_cell *cells, const struct tally *tally, const struct times *times, struct sj_shares *shares) {
    static const struct { uint8_t column, quantile; } quantiles[N_PERCENTS] = {{2, 0}, {3, 1}, {4, MEDIAN}, {7, 3}, {8, 4}};
    cells[0] = sj_cell_i64((int64_t)tally->count);
    cells[1] = sj_cell_i64((int64_t)tally->customers);
    for (size_t i = 0; i < N_PERCENTS && times->known; i++)
        cells[quantiles[i].column] = sj_cell_i64(times->quantiles[quantiles[i].quantile]);
    if (times->has_low)
        cells[5] = sj_cell_i64(times->low);
    if (times->has_high)
        cells[6] = sj_cell_i64(times->high);
    if (times->known)
        cells[9] = sj_cell_i64(times->quantiles[N_PERCENTS - 1] - times->quantiles[0]);
    cells[10] = sj_share_cell(shares, tally->longer, tally->count);
    cells[11] = sj_cell_f64(hours(tally->total_us));
}
enum { N_TIME_COLUMNS = 12 };

/* The cells of OPEN_COLUMNS. Where nothing is open, all is what ended. */
static void fill_open(struct sj_cell *cells, const struct tally *tally, const struct times *times, const struct sj_survival_median *all) {
    struct sj_survival_median shown = *all;
    if (tally->open == 0)
        shown =
            (struct sj_survival_median){times->known, times->has_low, times->has_high, times->quantiles[MEDIAN], times->low, times->high};
    cells[0] = sj_cell_i64((int64_t)tally->open);
    if (shown.known)
        cells[1] = sj_cell_i64(shown.median);
    if (shown.has_low)
        cells[2] = sj_cell_i64(shown.low);
    if (shown.has_high)
        cells[3] = sj_cell_i64(shown.high);
}

static enum sj_status give_summary(const struct plan *plan, struct sj_result *result, struct sj_error *err) {
    struct tally sum = {0};
    struct sj_table *table;
    struct sj_cell *cells;
    for (uint32_t code = 0; code < plan->n; code++) {
        const struct tally *tally = &plan->tallies[WAIT * plan->n + code];
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
static enum sj_status rank_touchpoints(const struct sj_job *job, enum kind kind, struct sj_ranked **ret_ranked, size_t *ret_n,
                                       struct sj_error *err) {
    const struct plan *plan = job->plan;
    const uint32_t *places;
    struct sj_ranked *ranked;
    size_t n = 0;
    SJ_TRY(sj_name_places(job->arena, job->touchpoints, job->n_touchpoints, &places, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *ranked, &ranked, err));
    for (uint32_t code = 0; code < plan->n; code++) {
        const struct tally *tally = &plan->tallies[(uint32_t)kind * plan->n + code];
        if (tally->count + tally->open > 0)
            ranked[n++] = (struct sj_ranked){(uint64_t)(tally->total_us / SJ_US_MS), places[code], code};
    }
    sj_rank(ranked, n);
    *ret_ranked = ranked;
    *ret_n = n;
    return SJ_OK;
}

static enum sj_status give_touchpoints(const struct sj_job *job, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_ranked *ranked;
    struct sj_table *table;
    sj_wide all_us = 0;
    size_t n;
    SJ_TRY(sj_result_table(result, &tables[TABLE_TOUCHPOINTS], &table, err));
    SJ_TRY(rank_touchpoints(job, WAIT, &ranked, &n, err));
    for (size_t i = 0; i < n; i++)
        all_us += plan->tallies[ranked[i].code].total_us;
    for (size_t i = 0; i < n; i++) {
        const struct tally *tally = &plan->tallies[ranked[i].code];
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

static enum sj_status give_times(const struct sj_job *job, enum kind kind, const struct sj_table_def *def, struct sj_shares *shares,
                                 struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
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
        if (kind < N_OPEN_KINDS)
            fill_open(cells + 1 + N_TIME_COLUMNS, &plan->tallies[group], &plan->group_times[group], &plan->all[kind][ranked[i].code]);
    }
    return SJ_OK;
}

static enum sj_status give_links(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &tables[TABLE_LINKS], &table, err));
    for (size_t i = 0; i < plan->n_shown; i++) {
        const struct sj_link *link = &plan->links[i];
        const struct tally tally = {
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
    const struct plan *plan = job->plan;
    char shown[SJ_NUMBER_BYTES], all[SJ_NUMBER_BYTES];
    if (job->sessions)
        SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "sessions_end",
                       "After the last event of a session nobody waits: open waits are known for histories and cases only."));
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
    const struct plan *plan = job->plan;
    struct sj_shares shares = {0};
    SJ_TRY(give_summary(plan, result, err));
    SJ_TRY(give_touchpoints(job, result, err));
    SJ_TRY(give_times(job, WAIT, &tables[TABLE_WAITS], &shares, result, err));
    SJ_TRY(give_links(job, &shares, result, err));
    SJ_TRY(give_times(job, DURATION, &tables[TABLE_DURATIONS], &shares, result, err));
    if (plan->wants_responses)
        SJ_TRY(give_times(job, RESPONSE, &tables[TABLE_RESPONSES], &shares, result, err));
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
    .start = start,
    .absorb = absorb,
    .merge = merge,
    .turn = turn,
    .finish = finish,
    .drop = drop,
};
