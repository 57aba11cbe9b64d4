/* Variants: the distinct whole routes, how many journeys take each, and how many of them it takes to cover most journeys.
 *
 *   pass 1   every different route with its count                        -> the most frequent ones, which are shown
 *   pass 2   the durations of the journeys that take a route that is shown -> medians
 *
 * Memory: pass 1 holds every different route (routes.h) and 24 bytes each; pass 2 the different durations of what is shown. Both
 * are bounded by the number of journeys, not by that of events. */
#include "analysis/common.h"

#include <stdlib.h>

#include "analysis/route_counts.h"
#include "base/number.h"
#include "stats/counter.h"
#include "stats/quantile.h"

enum { ARG_TOP };

static const struct sj_param params[] = {
    {.name = "top",
     .type = SJ_PARAM_COUNT,
     .standard = "20",
     .min = 1,
     .max = 100000,
     .shows = true,
     .help = SJ_T("how many variants to show, the most frequent first")},
};

static const struct sj_column_def variant_columns[] = {
    {.name = "route", .label = SJ_T("Route"), .type = SJ_TYPE_ROUTE, .help = SJ_T("the touchpoints of the whole journey, in order")},
    {.name = "count",
     .label = SJ_T("Journeys"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("how many journeys take exactly this route"),
     .drawn = true},
    {.name = "share", .label = SJ_T("Share"), .type = SJ_TYPE_ESTIMATE, .help = SJ_T("of all journeys")},
    {.name = "median_duration",
     .label = SJ_T("Median duration"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from the first event of the journey to the last; half of the journeys are shorter, half longer")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many customers take it at least once")},
};

static const struct sj_column_def coverage_columns[] = {
    {.name = "covered",
     .label = SJ_T("Part of the journeys"),
     .type = SJ_TYPE_NUMBER,
     .help = SJ_T("at least this part of all journeys …")},
    {.name = "variants",
     .label = SJ_T("Variants"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("… takes one of this many variants, the most frequent ones"),
     .nobody = true},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many journeys these are"), .nobody = true},
};

enum { TABLE_VARIANTS, TABLE_COVERAGE, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "variants", .title = SJ_T("The routes taken most"), .picture = SJ_PICTURE_ROUTES, SJ_COLUMNS(variant_columns)},
    {.name = "coverage", .title = SJ_T("How many variants cover most journeys"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(coverage_columns)},
};

static const unsigned coverage_percents[] = {50, 80, 95, 100};
enum { N_COVERAGE = sizeof coverage_percents / sizeof coverage_percents[0] };

struct shown {
    const uint16_t *steps; /* in the arena */
    uint32_t n_steps;
    uint64_t hash, count, customers;
    int64_t median_us;
};

struct coverage {
    uint64_t n_variants, n_journeys;
};

struct plan {
    bool second;
    const uint32_t *places; /* of the touchpoints' names */
    uint64_t n_journeys, n_variants;
    struct coverage coverage[N_COVERAGE];
    struct shown *shown; /* the most frequent first */
    size_t n_shown;
    uint32_t *slots;  /* open addressing by hash: 1 + index into `shown`, 0 is free */
    size_t n_slots;   /* a power of two */
    uint32_t longest; /* steps of the longest that is shown */
};

struct state {
    uint64_t n_journeys, n_customers;
    struct sj_route_counts routes;
    struct sj_counter durations; /* pass 2: (index into plan->shown, microseconds) */
};

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct plan *plan;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    SJ_TRY(sj_name_places(job->arena, job->touchpoints, job->n_touchpoints, &plan->places, err));
    job->plan = plan;
    return SJ_OK;
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    struct state *state;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    sj_route_counts_init(&state->routes, job->mem);
    sj_counter_init(&state->durations, job->mem);
    *ret_state = state;
    return SJ_OK;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_route_counts_done(&state->routes);
    sj_counter_done(&state->durations);
    sj_mem_free(job->mem, state);
}

/* Journeys are hashed some at a time, so that the table's memory is on its way when it is looked at. */
#define AHEAD 32

static enum sj_status count_routes(struct state *state, const struct sj_batch *batch, struct sj_error *err) {
    for (uint32_t first = 0; first < batch->n_journeys; first += AHEAD) {
        uint64_t hashes[AHEAD];
        const uint32_t n = batch->n_journeys - first < AHEAD ? batch->n_journeys - first : AHEAD;
        const uint32_t *offsets = batch->offsets + first;
        for (uint32_t j = 0; j < n; j++) {
            hashes[j] = sj_route_hash(batch->touchpoint + offsets[j], offsets[j + 1] - offsets[j]);
            sj_route_set_prefetch(&state->routes.set, hashes[j]);
        }
        for (uint32_t j = 0; j < n; j++) {
            const uint64_t customer = state->n_customers + batch->customer[first + j] + 1;
            SJ_TRY(
                sj_route_counts_add(&state->routes, batch->touchpoint + offsets[j], offsets[j + 1] - offsets[j], hashes[j], customer, err));
        }
    }
    return SJ_OK;
}

static bool find_shown(const struct plan *plan, const uint16_t *steps, uint32_t n_steps, uint32_t *ret_idx) {
    if (n_steps > plan->longest)
        return false;
    uint64_t hash = sj_route_hash(steps, n_steps);
    size_t at = (size_t)hash & (plan->n_slots - 1);
    for (; plan->slots[at] != 0; at = (at + 1) & (plan->n_slots - 1)) {
        const struct shown *shown = &plan->shown[plan->slots[at] - 1];
        if (shown->hash == hash && shown->n_steps == n_steps && memcmp(shown->steps, steps, n_steps * sizeof *steps) == 0) {
            *ret_idx = plan->slots[at] - 1;
            return true;
        }
    }
    return false;
}

static enum sj_status collect_durations(const struct plan *plan, struct state *state, const struct sj_batch *batch, struct sj_error *err) {
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        uint32_t first = batch->offsets[j], end = batch->offsets[j + 1], idx;
        if (find_shown(plan, batch->touchpoint + first, end - first, &idx))
            SJ_TRY(sj_counter_add(&state->durations, idx, batch->time_us[end - 1] - batch->time_us[first], 1, err));
    }
    return SJ_OK;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = absorbing;
    if (plan->second)
        return collect_durations(plan, state, batch, err);
    SJ_TRY(count_routes(state, batch, err));
    state->n_journeys += batch->n_journeys;
    state->n_customers += batch->n_customers;
    return SJ_OK;
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = merged, *other = merging;
    if (plan->second)
        return sj_counter_merge(&state->durations, &other->durations, err);
    state->n_journeys += other->n_journeys;
    return sj_route_counts_merge(&state->routes, &other->routes, err);
}

static enum sj_status copy_shown(struct sj_arena *arena, const struct state *state, uint32_t number, struct shown *ret_shown,
                                 struct sj_error *err) {
    const struct sj_route_entry *route = sj_route_set_at(&state->routes.set, number);
    uint16_t *steps;
    SJ_TRY(sj_arena_new(arena, route->n_steps, sizeof *steps, &steps, err));
    memcpy(steps, sj_route_set_steps(&state->routes.set, route), route->n_steps * sizeof *steps);
    *ret_shown = (struct shown){
        .steps = steps,
        .n_steps = route->n_steps,
        .hash = sj_route_hash(steps, route->n_steps),
        .count = sj_route_counts_at(&state->routes, number)->count,
        .customers = sj_route_counts_at(&state->routes, number)->customers,
    };
    return SJ_OK;
}

static enum sj_status choose_shown(struct sj_job *job, struct plan *plan, const struct state *state, struct sj_error *err) {
    const size_t top = (size_t)job->args[ARG_TOP].i64;
    uint32_t *numbers;
    SJ_TRY(sj_route_counts_top(&state->routes, plan->places, top, job->arena, &numbers, &plan->n_shown, err));
    for (plan->n_slots = 16; plan->n_slots < 2 * plan->n_shown;)
        plan->n_slots *= 2;
    SJ_TRY(sj_arena_new(job->arena, plan->n_shown, sizeof *plan->shown, &plan->shown, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_slots, sizeof *plan->slots, &plan->slots, err));
    for (size_t i = 0; i < plan->n_shown; i++) {
        struct shown *shown = &plan->shown[i];
        SJ_TRY(copy_shown(job->arena, state, numbers[i], shown, err));
        size_t at = (size_t)shown->hash & (plan->n_slots - 1);
        while (plan->slots[at] != 0)
            at = (at + 1) & (plan->n_slots - 1);
        plan->slots[at] = (uint32_t)i + 1;
        plan->longest = shown->n_steps > plan->longest ? shown->n_steps : plan->longest;
    }
    return SJ_OK;
}

/* Adds `n_variants` variants of `count` journeys each, which must come from the most frequent to the rarest. */
static void cover(struct plan *plan, struct coverage *so_far, uint64_t count, uint64_t n_variants) {
    for (size_t i = 0; i < N_COVERAGE; i++) {
        uint64_t percent = coverage_percents[i];
        uint64_t wanted = plan->n_journeys / 100 * percent + (plan->n_journeys % 100 * percent + 99) / 100;
        if (so_far->n_journeys >= wanted || wanted - so_far->n_journeys > count * n_variants)
            continue;
        uint64_t needed = (wanted - so_far->n_journeys + count - 1) / count;
        plan->coverage[i] = (struct coverage){so_far->n_variants + needed, so_far->n_journeys + needed * count};
    }
    so_far->n_variants += n_variants;
    so_far->n_journeys += count * n_variants;
}

static int larger_first(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a < b) - (a > b);
}

/* Most variants are rare. Those with the same small count are counted together, so that only the frequent ones are sorted. */
#define RARE 1024

static enum sj_status find_coverage(struct plan *plan, const struct state *state, struct sj_arena *arena, struct sj_error *err) {
    const uint32_t n_variants = sj_route_set_count(&state->routes.set);
    uint64_t *rare, *frequent;
    size_t n_frequent = 0;
    SJ_TRY(sj_arena_new(arena, RARE, sizeof *rare, &rare, err));
    SJ_TRY(sj_arena_new(arena, (size_t)(state->n_journeys / RARE), sizeof *frequent, &frequent, err));
    for (uint32_t number = 0; number < n_variants; number++) {
        uint64_t count = sj_route_counts_at(&state->routes, number)->count;
        if (count < RARE)
            rare[count]++;
        else
            frequent[n_frequent++] = count;
    }
    if (n_frequent > 1)
        qsort(frequent, n_frequent, sizeof *frequent, larger_first);
    struct coverage so_far = {0, 0};
    for (size_t i = 0; i < n_frequent; i++)
        cover(plan, &so_far, frequent[i], 1);
    for (uint64_t count = RARE - 1; count > 0; count--)
        if (rare[count] > 0)
            cover(plan, &so_far, count, rare[count]);
    return SJ_OK;
}

static enum sj_status find_medians(struct plan *plan, const struct state *state, struct sj_arena *arena, struct sj_error *err) {
    struct sj_counted *values;
    SJ_TRY(sj_counter_sorted(&state->durations, arena, &values, err));
    for (size_t i = 0, at = 0; i < plan->n_shown; i++) {
        struct sj_quantile_place place = sj_quantile_place(plan->shown[i].count, 50);
        uint64_t before = 0;
        size_t below = at;
        for (; before + values[below].count <= place.rank; below++)
            before += values[below].count;
        size_t above = place.rank + (place.hundredths > 0) < before + values[below].count ? below : below + 1;
        plan->shown[i].median_us = sj_quantile_between(values[below].value, values[above].value, place.hundredths);
        while (at < state->durations.n_used && values[at].group == i)
            at++;
    }
    return SJ_OK;
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct plan *plan = job->plan;
    const struct state *state = turned;
    *ret_again = !plan->second && state->n_journeys > 0;
    if (plan->second)
        return find_medians(plan, state, job->arena, err);
    plan->second = true;
    plan->n_journeys = state->n_journeys;
    plan->n_variants = sj_route_set_count(&state->routes.set);
    SJ_TRY(choose_shown(job, plan, state, err));
    return find_coverage(plan, state, job->arena, err);
}

static enum sj_status give_variants(const struct sj_job *job, struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_table *table;
    struct sj_step_names names;
    SJ_TRY(sj_result_table(result, &tables[TABLE_VARIANTS], &table, err));
    table->partial = plan->n_shown < plan->n_variants;
    SJ_TRY(sj_step_names_new(job, &names, err));
    for (size_t i = 0; i < plan->n_shown; i++) {
        const struct shown *shown = &plan->shown[i];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_route_cell(&names, shown->steps, shown->n_steps, result, &cells[0], err));
        cells[1] = sj_cell_i64((int64_t)shown->count);
        cells[2] = sj_share_cell(shares, shown->count, plan->n_journeys);
        cells[3] = sj_cell_i64(shown->median_us);
        cells[4] = sj_cell_i64((int64_t)shown->customers);
    }
    return SJ_OK;
}

static enum sj_status give_coverage(const struct plan *plan, struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &tables[TABLE_COVERAGE], &table, err));
    for (size_t i = 0; plan->n_journeys > 0 && i < N_COVERAGE; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_f64(coverage_percents[i] / 100.0);
        cells[1] = sj_cell_i64((int64_t)plan->coverage[i].n_variants);
        cells[2] = sj_cell_i64((int64_t)plan->coverage[i].n_journeys);
    }
    return SJ_OK;
}

static enum sj_status note_shown(const struct plan *plan, struct sj_result *result) {
    uint64_t n_covered = 0;
    char shown[SJ_NUMBER_BYTES], variants[SJ_NUMBER_BYTES], covered[SJ_NUMBER_BYTES], journeys[SJ_NUMBER_BYTES], share[SJ_NUMBER_BYTES];
    for (size_t i = 0; i < plan->n_shown; i++)
        n_covered += plan->shown[i].count;
    if (plan->n_shown == plan->n_variants)
        return SJ_OK;
    sj_number_count((int64_t)plan->n_shown, result->lang, shown);
    sj_number_count((int64_t)plan->n_variants, result->lang, variants);
    sj_number_count((int64_t)n_covered, result->lang, covered);
    sj_number_count((int64_t)plan->n_journeys, result->lang, journeys);
    sj_number_percent((double)n_covered / (double)plan->n_journeys, result->lang, share);
    return sj_note(result, SJ_NOTE_INFO, "shown", "%s of %s variants are shown; they cover %s of %s journeys (%s %%)", shown, variants,
                   covered, journeys, share);
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    (void)finished; /* turn() has moved everything into the plan */
    struct sj_shares shares = {0};
    SJ_TRY(give_variants(job, &shares, result, err));
    SJ_TRY(give_coverage(job->plan, result, err));
    SJ_TRY(note_shown(job->plan, result));
    return sj_shares_note(&shares, result);
}

const struct sj_analysis sj_variants = {
    .name = "variants",
    .title = SJ_T("Which whole routes do journeys take, and how many differ?"),
    .about = SJ_T("Two journeys are of the same variant when they have the same touchpoints in the same order, repetitions included; "
                  "times and channels may differ. Many variants for half of the journeys: there is no usual way."),
    .example = "variants STORE --journey \"session 30m\" --top 10",
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
