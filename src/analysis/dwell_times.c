#include "analysis/dwell_times.h"

#include "analysis/common.h"
#include "analysis/spread.h"

static const uint8_t percents[SJ_DWELL_PERCENTS] = {10, 25, 50, 75, 90};

/* A customer waits for a response since then. */
struct waiting {
    uint64_t journey; /* in which; 0: in none */
    int64_t since_us;
};

struct state {
    struct sj_dwell_counts counts;
    struct sj_dwell_tally *tallies; /* by group, and one for no group */
    struct sj_links links;
    struct sj_counter longer_links; /* (key of the link, 0) */
    struct sj_spread group_times, link_times;
    struct sj_spread lengths; /* pass 1: a sketch, a group for each kind, whether open, and touchpoint */
    struct waiting *waiting;  /* by touchpoint */
    uint16_t *waiting_list;   /* touchpoints at which somebody waits now */
    uint32_t n_waiting;
};

/* ---- begin and end ---- */

void sj_dwell_drop(const struct sj_job *job, void *dropped) {
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
    const struct sj_dwell_plan *plan = job->plan;
    struct sj_quantiles_ask ask = {
        .max_value = job->to_us - job->from_us, .unwanted = job->alone, .n_percents = SJ_DWELL_PERCENTS, .bounds_of = 50};
    memcpy(ask.percents, percents, sizeof percents);
    ask.n_groups = SJ_DWELL_KINDS * plan->n;
    SJ_TRY(sj_spread_init(&state->group_times, job->mem, &ask, plan->group_plan, err));
    ask.n_groups = plan->n * plan->n;
    SJ_TRY(sj_spread_init(&state->link_times, job->mem, &ask, plan->link_plan, err));
    const struct sj_quantiles_ask sketch = {.n_groups = plan->second ? 0 : 2 * SJ_DWELL_OPEN_KINDS * plan->n,
                                            .max_value = job->to_us - job->from_us,
                                            .fine = true,
                                            .unwanted = job->alone};
    return sj_spread_init(&state->lengths, job->mem, &sketch, NULL, err);
}

enum sj_status sj_dwell_start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    struct state *state;
    enum sj_status status = SJ_OK;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    sj_counter_init(&state->longer_links, job->mem);
    SJ_TRY_CLEAN(start_times(job, state, err));
    SJ_TRY_CLEAN(sj_links_init(&state->links, job->mem, job->n_touchpoints, err));
    SJ_TRY_CLEAN(sj_mem_new(job->mem, (size_t)SJ_DWELL_KINDS * job->n_touchpoints + 1, sizeof *state->tallies, &state->tallies, err));
    SJ_TRY_CLEAN(sj_mem_new(job->mem, job->n_touchpoints, sizeof *state->waiting, &state->waiting, err));
    SJ_TRY_CLEAN(sj_mem_new(job->mem, job->n_touchpoints, sizeof *state->waiting_list, &state->waiting_list, err));
    *ret_state = state;
    return SJ_OK;
cleanup:
    sj_dwell_drop(job, state);
    return status;
}

/* ---- both passes ---- */

static uint32_t length_group(const struct sj_dwell_plan *plan, enum sj_dwell_kind kind, bool open, uint16_t code) {
    return ((uint32_t)kind * 2 + open) * plan->n + code;
}

/* A time that ended. */
static enum sj_status add_time(const struct sj_dwell_plan *plan, struct state *state, enum sj_dwell_kind kind, uint16_t code,
                               int64_t time_us, uint64_t customer, struct sj_error *err) {
    const uint32_t group = (uint32_t)kind * plan->n + code;
    if (!plan->second) {
        struct sj_dwell_tally *tally = &state->tallies[group];
        tally->count++;
        tally->longer += time_us > plan->threshold_us;
        tally->total_us += (uint64_t)time_us;
        tally->customers += tally->last_customer != customer;
        tally->last_customer = customer;
        if (kind == SJ_DWELL_RESPONSE)
            SJ_TRY(sj_spread_add(&state->lengths, length_group(plan, kind, false, code), time_us, err));
    }
    return sj_spread_add(&state->group_times, group, time_us, err);
}

static enum sj_status add_open(const struct sj_dwell_plan *plan, struct state *state, enum sj_dwell_kind kind, uint16_t code,
                               int64_t time_us, struct sj_error *err) {
    state->tallies[(uint32_t)kind * plan->n + code].open++;
    return sj_spread_add(&state->lengths, length_group(plan, kind, true, code), time_us, err);
}

/* A response ends all waiting for one; a request begins it where it had not begun. */
static enum sj_status follow_responses(const struct sj_dwell_plan *plan, struct state *state, uint16_t code, int64_t time_us,
                                       uint64_t journey, uint64_t customer, struct sj_error *err) {
    if (!plan->responds[code]) {
        if (((plan->any_requests && !plan->ends[code]) || plan->requests[code]) && state->waiting[code].journey != journey) {
            state->waiting[code] = (struct waiting){journey, time_us};
            state->waiting_list[state->n_waiting++] = code;
        }
        return SJ_OK;
    }
    for (uint32_t i = 0; i < state->n_waiting; i++) {
        struct waiting *waiting = &state->waiting[state->waiting_list[i]];
        SJ_TRY(add_time(plan, state, SJ_DWELL_RESPONSE, state->waiting_list[i], time_us - waiting->since_us, customer, err));
        waiting->journey = 0;
    }
    state->n_waiting = 0;
    return SJ_OK;
}

/* After its last event a journey that is neither over nor a session waits on; in one that is, what was waited for had not come until
 * then. */
static enum sj_status end_journey(const struct sj_job *job, struct state *state, uint16_t code, int64_t time_us, struct sj_error *err) {
    const struct sj_dwell_plan *plan = job->plan;
    const bool waits = plan->any_open && !plan->ends[code];
    const int64_t until_us = waits ? job->to_us : time_us;
    if (waits && !plan->second)
        SJ_TRY(add_open(plan, state, SJ_DWELL_WAIT, code, until_us - time_us, err));
    for (uint32_t i = 0; i < state->n_waiting && !plan->second; i++) {
        const uint16_t waited = state->waiting_list[i];
        SJ_TRY(add_open(plan, state, SJ_DWELL_RESPONSE, waited, until_us - state->waiting[waited].since_us, err));
    }
    state->n_waiting = 0;
    return SJ_OK;
}

/* What an event itself says, and until when customers wait for a response. */
static enum sj_status absorb_journey(const struct sj_job *job, struct state *state, const struct sj_batch *batch, uint32_t j,
                                     const int64_t *durations, struct sj_error *err) {
    const struct sj_dwell_plan *plan = job->plan;
    const uint64_t journey = state->counts.n_journeys + j + 1, customer = state->counts.n_customers + batch->customer[j] + 1;
    const uint32_t end = batch->offsets[j + 1];
    for (uint32_t i = batch->offsets[j]; i < end && (durations || plan->wants_responses); i++) {
        const uint16_t code = batch->touchpoint[i];
        if (durations && durations[i] >= 0)
            SJ_TRY(add_time(plan, state, SJ_DWELL_DURATION, code, durations[i], customer, err));
        else if (durations && durations[i] != SJ_NO_AMOUNT)
            state->counts.n_negative++;
        if (plan->wants_responses)
            SJ_TRY(follow_responses(plan, state, code, batch->time_us[i], journey, customer, err));
    }
    return end_journey(job, state, batch->touchpoint[end - 1], batch->time_us[end - 1], err);
}

/* The durations of the batch; NULL where there are none. */
static const int64_t *durations_of(const struct sj_dwell_plan *plan, const struct sj_batch *batch) {
    const int64_t *durations = plan->measure != SJ_NO_CODE ? batch->amounts[plan->measure] : NULL;
    int64_t any = 0;
    for (uint32_t i = 0; durations && i < batch->n_events; i++)
        any |= durations[i] ^ SJ_NO_AMOUNT;
    return any ? durations : NULL;
}

/* The waits before the events of a piece, by the touchpoint after which: `groups`, where the first event of a journey has none. */
static void tally_waits(const struct sj_dwell_plan *plan, struct state *state, const struct sj_pairs *pairs, const uint32_t *groups,
                        uint64_t *customer) {
    for (uint32_t i = 0; i < pairs->n; i++) {
        struct sj_dwell_tally *tally = &state->tallies[groups[i]];
        *customer += pairs->new_customer[i];
        tally->count++;
        tally->longer += pairs->gaps_us[i] > plan->threshold_us;
        tally->total_us += (uint64_t)pairs->gaps_us[i];
        tally->customers += tally->last_customer != *customer;
        tally->last_customer = *customer;
    }
}

static enum sj_status count_longer_links(const struct sj_dwell_plan *plan, struct state *state, const struct sj_pairs *pairs,
                                         struct sj_error *err) {
    for (uint32_t i = 0; i < pairs->n; i++) {
        if (pairs->gaps_us[i] > plan->threshold_us && pairs->keys[i] != plan->n * plan->n)
            SJ_TRY(sj_counter_add(&state->longer_links, pairs->keys[i], 0, 1, err));
    }
    return SJ_OK;
}

static enum sj_status absorb_waits(const struct sj_dwell_plan *plan, struct state *state, const struct sj_batch *batch,
                                   struct sj_error *err) {
    uint32_t groups[SJ_PAIRS_MAX], lengths[SJ_PAIRS_MAX];
    uint64_t customer = state->counts.n_customers;
    struct sj_pairs pairs;
    sj_pairs_begin(&pairs, batch, plan->n);
    while (sj_pairs_next(&pairs)) {
        const uint32_t first = pairs.event - pairs.n;
        for (uint32_t i = 0; i < pairs.n; i++) {
            const bool none = pairs.keys[i] == plan->n * plan->n;
            const uint32_t before = batch->touchpoint[first + i - (first + i > 0)];
            groups[i] = none ? SJ_DWELL_KINDS * plan->n : before;
            lengths[i] = none ? 2 * SJ_DWELL_OPEN_KINDS * plan->n : before;
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

enum sj_status sj_dwell_absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    struct state *state = absorbing;
    const struct sj_dwell_plan *plan = job->plan;
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

enum sj_status sj_dwell_merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct sj_dwell_plan *plan = job->plan;
    struct state *state = merged, *other = merging;
    SJ_TRY(sj_spread_merge(&state->group_times, &other->group_times, err));
    SJ_TRY(sj_spread_merge(&state->link_times, &other->link_times, err));
    if (plan->second)
        return SJ_OK;
    for (uint32_t i = 0; i < SJ_DWELL_KINDS * plan->n; i++) {
        struct sj_dwell_tally *tally = &state->tallies[i];
        const struct sj_dwell_tally *more = &other->tallies[i];
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

static enum sj_status find_medians_of_all(const struct sj_job *job, struct sj_dwell_plan *plan, struct state *state, struct sj_error *err) {
    struct sj_counted *counts;
    struct sj_survival_row *rows;
    size_t n;
    SJ_TRY(sj_histograms_counts(&state->lengths.histograms, job->arena, &counts, &n, err));
    SJ_TRY(sj_arena_new(job->arena, n, sizeof *rows, &rows, err));
    for (int kind = 0; kind < SJ_DWELL_OPEN_KINDS; kind++) {
        size_t ended = 0, open = 0;
        SJ_TRY(sj_arena_new(job->arena, plan->n, sizeof *plan->all[kind], &plan->all[kind], err));
        for (uint32_t code = 0; code < plan->n; code++) {
            const size_t ended_end = entries_of(counts, n, length_group(plan, (enum sj_dwell_kind)kind, false, (uint16_t)code), &ended);
            const size_t open_end = entries_of(counts, n, length_group(plan, (enum sj_dwell_kind)kind, true, (uint16_t)code), &open);
            const size_t n_rows = join_lengths(counts + ended, ended_end - ended, counts + open, open_end - open, rows);
            plan->all[kind][code] = sj_survival_median(rows, n_rows);
        }
    }
    return SJ_OK;
}

/* By time added up; the list is in order of count and names, which decides between equal ones. */
static enum sj_status rank_links(const struct sj_job *job, struct sj_dwell_plan *plan, struct sj_link *links, size_t n,
                                 struct sj_error *err) {
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

static enum sj_status turn_counts(const struct sj_job *job, struct sj_dwell_plan *plan, struct state *state, struct sj_error *err) {
    const uint32_t *places;
    struct sj_link *links;
    size_t n;
    plan->second = true;
    plan->counts = state->counts;
    SJ_TRY(sj_arena_new(job->arena, (size_t)SJ_DWELL_KINDS * plan->n, sizeof *plan->tallies, &plan->tallies, err));
    memcpy(plan->tallies, state->tallies, (size_t)SJ_DWELL_KINDS * plan->n * sizeof *plan->tallies);
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

static struct sj_dwell_times times_of(const struct sj_quantiles *quantiles, uint32_t group, uint64_t n) {
    struct sj_dwell_times times = {.known = n > 0};
    for (size_t i = 0; i < SJ_DWELL_PERCENTS && times.known; i++)
        (void)sj_quantiles_get(quantiles, group, n, percents[i], &times.quantiles[i]);
    times.has_low = sj_quantiles_low(quantiles, group, n, &times.low);
    times.has_high = sj_quantiles_high(quantiles, group, n, &times.high);
    return times;
}

static enum sj_status turn_times(const struct sj_job *job, struct sj_dwell_plan *plan, const struct state *state, struct sj_error *err) {
    struct sj_quantiles quantiles;
    SJ_TRY(sj_quantiles_new(&state->group_times.collector, job->arena, &quantiles, err));
    SJ_TRY(sj_arena_new(job->arena, (size_t)SJ_DWELL_KINDS * plan->n, sizeof *plan->group_times, &plan->group_times, err));
    for (uint32_t group = 0; group < SJ_DWELL_KINDS * plan->n; group++)
        plan->group_times[group] = times_of(&quantiles, group, plan->tallies[group].count);
    SJ_TRY(sj_quantiles_new(&state->link_times.collector, job->arena, &quantiles, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_shown, sizeof *plan->link_times, &plan->link_times, err));
    for (size_t i = 0; i < plan->n_shown; i++) {
        const struct sj_link *link = &plan->links[i];
        plan->link_times[i] = times_of(&quantiles, link->from * plan->n + link->to, link->count);
    }
    return SJ_OK;
}

enum sj_status sj_dwell_turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct sj_dwell_plan *plan = job->plan;
    *ret_again = !plan->second;
    return plan->second ? turn_times(job, plan, turned, err) : turn_counts(job, plan, turned, err);
}
