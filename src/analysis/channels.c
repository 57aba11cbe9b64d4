/* Channels: where customers are, how they go from one channel to another, how long that takes, and who comes back at once.
 *
 *   pass 1   all counts; histograms of the times to switch
 *   pass 2   the times that the quantiles need
 *
 * An event without a channel is in none: it neither makes nor ends a stay. Memory: a few counts for each channel and each pair. */
#include "analysis/common.h"

#include "analysis/spread.h"

enum { ARG_WITHIN };

static const struct sj_param params[] = {
    {.name = "within",
     .type = SJ_PARAM_DURATION,
     .standard = "24h",
     .min = 0,
     .max = 3650 * SJ_US_DAY,
     .help = SJ_T("a bounce is back in the channel within this time after leaving it")},
};

static const struct sj_column_def summary_columns[] = {
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("those with an event whose channel is known")},
    {.name = "several",
     .label = SJ_T("In several channels"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of these, the journeys with more than one channel")},
    {.name = "switches", .label = SJ_T("Switches"), .type = SJ_TYPE_COUNT, .help = SJ_T("from one channel to another")},
    {.name = "bounces",
     .label = SJ_T("Bounces"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("switches to another channel and back within the time")},
};

static const struct sj_column_def channel_columns[] = {
    {.name = "channel", .label = SJ_T("Channel"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("the channel")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("events in it"), .drawn = true},
    {.name = "of_events",
     .label = SJ_T("Part of the events"),
     .type = SJ_TYPE_NUMBER,
     .help = SJ_T("of all events whose channel is known")},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("journeys with such an event")},
    {.name = "of_journeys",
     .label = SJ_T("Share of journeys"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of all journeys with a known channel")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers with such an event")},
    {.name = "of_customers",
     .label = SJ_T("Share of customers"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of all customers with a known channel")},
    {.name = "only",
     .label = SJ_T("Stay there"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the journeys with it, those with no other channel")},
};

static const struct sj_column_def switch_columns[] = {
    {.name = "from", .label = SJ_T("From"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("the channel that is left")},
    {.name = "to", .label = SJ_T("To"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("the channel of the next event")},
    {.name = "count", .label = SJ_T("Switches"), .type = SJ_TYPE_COUNT, .help = SJ_T("how often")},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("journeys with such a switch")},
    {.name = "share",
     .label = SJ_T("Share"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the journeys with the channel that is left"),
     .drawn = true},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers with such a switch")},
    {.name = "median",
     .label = SJ_T("Median time"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from the last event in the one to the first in the other; half of the switches are quicker")},
    {.name = "p90", .label = SJ_T("90 %"), .type = SJ_TYPE_DURATION, .help = SJ_T("nine in ten switches are quicker")},
};

static const struct sj_column_def bounce_columns[] = {
    {.name = "channel", .label = SJ_T("Channel"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("the channel that is left and come back to")},
    {.name = "via", .label = SJ_T("Via"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("the only channel between")},
    {.name = "count", .label = SJ_T("Bounces"), .type = SJ_TYPE_COUNT, .help = SJ_T("how often, within the time")},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("journeys with such a bounce")},
    {.name = "share",
     .label = SJ_T("Share"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the journeys that switch from the channel to that one"),
     .drawn = true},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers with such a bounce")},
};

enum { TABLE_SUMMARY, TABLE_CHANNELS, TABLE_SWITCHES, TABLE_BOUNCES, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "summary", .title = SJ_T("What there is"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(summary_columns)},
    {.name = "channels", .title = SJ_T("Channels"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(channel_columns)},
    {.name = "switches", .title = SJ_T("From channel to channel"), .picture = SJ_PICTURE_MATRIX, SJ_COLUMNS(switch_columns)},
    {.name = "bounces", .title = SJ_T("To another channel and back"), .picture = SJ_PICTURE_MATRIX, SJ_COLUMNS(bounce_columns)},
};

static const uint8_t percents[] = {50, 90};
enum { N_PERCENTS = sizeof percents };

/* How often, in how many journeys, of how many customers; a customer's journeys come together. */
struct tally {
    uint64_t count, journeys, customers, last_journey, last_customer;
};

struct counts {
    uint64_t n_journeys, n_customers;             /* seen */
    uint64_t n_known_journeys, n_known_customers; /* with a known channel */
    uint64_t n_several, last_known_customer;
};

struct plan {
    bool second;
    uint32_t n; /* channels */
    int64_t within_us;
    struct counts counts;
    struct tally *channels, *switches, *bounces; /* by channel; by from * n + to */
    uint64_t *only;                              /* by channel: journeys with no other */
    const struct sj_quantile_plan *times;
    int64_t (*quantiles)[N_PERCENTS]; /* by pair */
};

struct state {
    struct counts counts;
    struct tally *channels, *switches, *bounces;
    uint64_t *only;
    struct sj_spread times; /* a group for each pair */
};

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct plan *plan;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    plan->n = job->n_channels;
    plan->within_us = job->args[ARG_WITHIN].i64;
    SJ_TRY(sj_arena_new(job->arena, (size_t)plan->n * plan->n, sizeof *plan->quantiles, &plan->quantiles, err));
    job->plan = plan;
    return SJ_OK;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_mem_free(job->mem, state->channels);
    sj_mem_free(job->mem, state->switches);
    sj_mem_free(job->mem, state->bounces);
    sj_mem_free(job->mem, state->only);
    sj_spread_done(&state->times);
    sj_mem_free(job->mem, state);
}

static enum sj_status start_counts(const struct sj_job *job, struct state *state, struct sj_error *err) {
    const size_t n = job->n_channels;
    SJ_TRY(sj_mem_new(job->mem, n, sizeof *state->channels, &state->channels, err));
    SJ_TRY(sj_mem_new(job->mem, n * n, sizeof *state->switches, &state->switches, err));
    SJ_TRY(sj_mem_new(job->mem, n * n, sizeof *state->bounces, &state->bounces, err));
    return sj_mem_new(job->mem, n, sizeof *state->only, &state->only, err);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_quantiles_ask ask = {
        .n_groups = plan->n * plan->n, .max_value = job->to_us - job->from_us, .unwanted = job->alone, .n_percents = N_PERCENTS};
    struct state *state;
    memcpy(ask.percents, percents, sizeof percents);
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    enum sj_status status = sj_spread_init(&state->times, job->mem, &ask, plan->times, err);
    if (status == SJ_OK)
        status = start_counts(job, state, err);
    if (status == SJ_OK)
        *ret_state = state;
    else
        drop(job, state);
    return status;
}

/* ---- both passes ---- */

static void count_one(struct tally *tally, uint64_t journey, uint64_t customer) {
    tally->count++;
    tally->journeys += tally->last_journey != journey;
    tally->last_journey = journey;
    tally->customers += tally->last_customer != customer;
    tally->last_customer = customer;
}

/* Where somebody is in a journey: the stay, and the one before it. */
struct stay {
    uint64_t journey, customer;
    uint32_t channel, before; /* SJ_NO_CODE: none */
    int64_t last_us;          /* of the last event in the stay */
    int64_t left_us;          /* of the last event in the one before */
    bool several;
};

static enum sj_status count_switch(const struct plan *plan, struct state *state, struct stay *stay, uint32_t to, int64_t time_us,
                                   struct sj_error *err) {
    const uint32_t pair = stay->channel * plan->n + to;
    count_one(&state->switches[pair], stay->journey, stay->customer);
    if (to == stay->before && time_us - stay->left_us <= plan->within_us)
        count_one(&state->bounces[to * plan->n + stay->channel], stay->journey, stay->customer);
    stay->before = stay->channel;
    stay->channel = to;
    stay->left_us = stay->last_us;
    stay->several = true;
    return sj_spread_add(&state->times, pair, time_us - stay->left_us, err);
}

static enum sj_status absorb_journey(const struct plan *plan, struct state *state, const struct sj_batch *batch, uint32_t j,
                                     struct sj_error *err) {
    struct stay stay = {.journey = state->counts.n_journeys + j + 1,
                        .customer = state->counts.n_customers + batch->customer[j] + 1,
                        .channel = SJ_NO_CODE,
                        .before = SJ_NO_CODE};
    for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++) {
        const uint32_t channel = batch->channel[i];
        if (channel == 0)
            continue;
        count_one(&state->channels[channel], stay.journey, stay.customer);
        if (stay.channel == SJ_NO_CODE)
            stay.channel = channel;
        else if (stay.channel != channel)
            SJ_TRY(count_switch(plan, state, &stay, channel, batch->time_us[i], err));
        stay.last_us = batch->time_us[i];
    }
    if (stay.channel == SJ_NO_CODE)
        return SJ_OK;
    state->counts.n_known_journeys++;
    state->counts.n_known_customers += state->counts.last_known_customer != stay.customer;
    state->counts.last_known_customer = stay.customer;
    state->counts.n_several += stay.several;
    state->only[stay.channel] += !stay.several;
    return SJ_OK;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    struct state *state = absorbing;
    for (uint32_t j = 0; j < batch->n_journeys; j++)
        SJ_TRY(absorb_journey(job->plan, state, batch, j, err));
    state->counts.n_journeys += batch->n_journeys;
    state->counts.n_customers += batch->n_customers;
    return sj_spread_flush(&state->times, err);
}

static void add_tallies(struct tally *tallies, const struct tally *more, size_t n) {
    for (size_t i = 0; i < n; i++) {
        tallies[i].count += more[i].count;
        tallies[i].journeys += more[i].journeys;
        tallies[i].customers += more[i].customers;
    }
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = merged, *other = merging;
    add_tallies(state->channels, other->channels, plan->n);
    add_tallies(state->switches, other->switches, (size_t)plan->n * plan->n);
    add_tallies(state->bounces, other->bounces, (size_t)plan->n * plan->n);
    for (uint32_t i = 0; i < plan->n; i++)
        state->only[i] += other->only[i];
    state->counts.n_journeys += other->counts.n_journeys;
    state->counts.n_known_journeys += other->counts.n_known_journeys;
    state->counts.n_known_customers += other->counts.n_known_customers;
    state->counts.n_several += other->counts.n_several;
    return sj_spread_merge(&state->times, &other->times, err);
}

static enum sj_status copy(struct sj_arena *arena, const void *items, size_t n, size_t bytes, void *ret_copy, struct sj_error *err) {
    void *made;
    SJ_TRY(sj_arena_new(arena, n, bytes, &made, err));
    memcpy(made, items, n * bytes);
    memcpy(ret_copy, &made, sizeof made);
    return SJ_OK;
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct plan *plan = job->plan;
    struct state *state = turned;
    const size_t n = plan->n;
    *ret_again = !plan->second;
    if (!plan->second) {
        plan->second = true;
        plan->counts = state->counts;
        SJ_TRY(copy(job->arena, state->channels, n, sizeof *plan->channels, &plan->channels, err));
        SJ_TRY(copy(job->arena, state->switches, n * n, sizeof *plan->switches, &plan->switches, err));
        SJ_TRY(copy(job->arena, state->bounces, n * n, sizeof *plan->bounces, &plan->bounces, err));
        SJ_TRY(copy(job->arena, state->only, n, sizeof *plan->only, &plan->only, err));
        return sj_quantile_plan_new(&state->times.histograms, job->arena, &plan->times, err);
    }
    struct sj_quantiles quantiles;
    SJ_TRY(sj_quantiles_new(&state->times.collector, job->arena, &quantiles, err));
    for (uint32_t pair = 0; pair < n * n; pair++)
        for (size_t i = 0; i < N_PERCENTS; i++)
            (void)sj_quantiles_get(&quantiles, pair, plan->switches[pair].count, percents[i], &plan->quantiles[pair][i]);
    return SJ_OK;
}

/* ---- the answer ---- */

/* The two channels of a pair. */
static uint32_t from_of(const struct plan *plan, uint32_t pair) { return plan->n > 0 ? pair / plan->n : 0; }
static uint32_t to_of(const struct plan *plan, uint32_t pair) { return plan->n > 0 ? pair % plan->n : 0; }

static uint64_t sum_of(const struct tally *tallies, size_t n) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += tallies[i].count;
    return sum;
}

/* Those that are there, the most frequent first, equal ones in the order of names; a pair by its first name, then its second. */
static enum sj_status rank(const struct sj_job *job, const struct tally *tallies, size_t n_tallies, struct sj_ranked **ret_ranked,
                           size_t *ret_n, struct sj_error *err) {
    const uint32_t n = job->n_channels, *places;
    struct sj_ranked *ranked;
    size_t used = 0;
    SJ_TRY(sj_name_places(job->arena, job->channels, n, &places, err));
    SJ_TRY(sj_arena_new(job->arena, n_tallies, sizeof *ranked, &ranked, err));
    for (uint32_t i = 0; i < n_tallies; i++) {
        const uint32_t place = n_tallies == n ? places[i] : places[from_of(job->plan, i)] * n + places[to_of(job->plan, i)];
        if (tallies[i].count > 0)
            ranked[used++] = (struct sj_ranked){tallies[i].count, place, i};
    }
    sj_rank(ranked, used);
    *ret_ranked = ranked;
    *ret_n = used;
    return SJ_OK;
}

static enum sj_status give_summary(const struct plan *plan, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    struct sj_cell *cells;
    SJ_TRY(sj_result_table(result, &tables[TABLE_SUMMARY], &table, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_i64((int64_t)plan->counts.n_known_journeys);
    cells[1] = sj_share_cell(shares, plan->counts.n_several, plan->counts.n_known_journeys);
    cells[2] = sj_cell_i64((int64_t)sum_of(plan->switches, (size_t)plan->n * plan->n));
    cells[3] = sj_cell_i64((int64_t)sum_of(plan->bounces, (size_t)plan->n * plan->n));
    return SJ_OK;
}

static enum sj_status give_channels(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const uint64_t n_events = sum_of(plan->channels, plan->n);
    struct sj_ranked *ranked;
    struct sj_table *table;
    size_t n;
    SJ_TRY(sj_result_table(result, &tables[TABLE_CHANNELS], &table, err));
    SJ_TRY(rank(job, plan->channels, plan->n, &ranked, &n, err));
    for (size_t i = 0; i < n; i++) {
        const struct tally *tally = &plan->channels[ranked[i].code];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, job->channels[ranked[i].code], &cells[0], err));
        cells[1] = sj_cell_i64((int64_t)tally->count);
        cells[2] = sj_cell_f64(n_events > 0 ? (double)tally->count / (double)n_events : 0);
        cells[3] = sj_cell_i64((int64_t)tally->journeys);
        cells[4] = sj_share_cell(shares, tally->journeys, plan->counts.n_known_journeys);
        cells[5] = sj_cell_i64((int64_t)tally->customers);
        cells[6] = sj_share_cell(shares, tally->customers, plan->counts.n_known_customers);
        cells[7] = sj_share_cell(shares, plan->only[ranked[i].code], tally->journeys);
    }
    return SJ_OK;
}

static enum sj_status give_switches(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_ranked *ranked;
    struct sj_table *table;
    size_t n;
    SJ_TRY(sj_result_table(result, &tables[TABLE_SWITCHES], &table, err));
    SJ_TRY(rank(job, plan->switches, (size_t)plan->n * plan->n, &ranked, &n, err));
    for (size_t i = 0; i < n; i++) {
        const uint32_t pair = ranked[i].code, from = from_of(plan, pair);
        const struct tally *tally = &plan->switches[pair];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, job->channels[from], &cells[0], err));
        SJ_TRY(sj_name_cell(result, job->channels[to_of(plan, pair)], &cells[1], err));
        cells[2] = sj_cell_i64((int64_t)tally->count);
        cells[3] = sj_cell_i64((int64_t)tally->journeys);
        cells[4] = sj_share_cell(shares, tally->journeys, plan->channels[from].journeys);
        cells[5] = sj_cell_i64((int64_t)tally->customers);
        cells[6] = sj_cell_i64(plan->quantiles[pair][0]);
        cells[7] = sj_cell_i64(plan->quantiles[pair][1]);
    }
    return SJ_OK;
}

static enum sj_status give_bounces(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_ranked *ranked;
    struct sj_table *table;
    size_t n;
    SJ_TRY(sj_result_table(result, &tables[TABLE_BOUNCES], &table, err));
    SJ_TRY(rank(job, plan->bounces, (size_t)plan->n * plan->n, &ranked, &n, err));
    for (size_t i = 0; i < n; i++) {
        const uint32_t pair = ranked[i].code;
        const struct tally *tally = &plan->bounces[pair];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, job->channels[from_of(plan, pair)], &cells[0], err));
        SJ_TRY(sj_name_cell(result, job->channels[to_of(plan, pair)], &cells[1], err));
        cells[2] = sj_cell_i64((int64_t)tally->count);
        cells[3] = sj_cell_i64((int64_t)tally->journeys);
        cells[4] = sj_share_cell(shares, tally->journeys, plan->switches[pair].journeys);
        cells[5] = sj_cell_i64((int64_t)tally->customers);
    }
    return SJ_OK;
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    (void)finished; /* turn() has moved everything into the plan */
    const struct plan *plan = job->plan;
    struct sj_shares shares = {0};
    SJ_TRY(give_summary(plan, &shares, result, err));
    SJ_TRY(give_channels(job, &shares, result, err));
    SJ_TRY(give_switches(job, &shares, result, err));
    SJ_TRY(give_bounces(job, &shares, result, err));
    if (plan->counts.n_journeys > 0 && plan->counts.n_known_journeys == 0)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "no_channel",
                       "no event that is looked at has a channel; import with --channel COLUMN or --set channel=NAME"));
    return sj_shares_note(&shares, result);
}

const struct sj_analysis sj_channels = {
    .name = "channels",
    .title = SJ_T("Which channels do customers use, and how do they go from one to another?"),
    .about =
        SJ_T("A switch is an event in another channel than the one before it in the journey; events without a channel are passed "
             "over. A bounce leaves a channel for one other and is back within the time: there the other channel may not have helped."),
    .example = "channels STORE --within 24h",
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
