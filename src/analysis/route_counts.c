#include "analysis/route_counts.h"

#include <stdlib.h>

void sj_route_counts_init(struct sj_route_counts *counts, const struct sj_alloc *mem) {
    sj_route_set_init(&counts->set, mem);
    sj_buf_init(&counts->tallies, mem, SIZE_MAX);
}

void sj_route_counts_done(struct sj_route_counts *counts) {
    sj_route_set_done(&counts->set);
    sj_buf_done(&counts->tallies);
}

/* The tally of a route, made where it is new. */
static enum sj_status find_tally(struct sj_route_counts *counts, const uint16_t *steps, uint32_t n_steps, uint64_t hash,
                                 struct sj_route_tally **ret_tally, struct sj_error *err) {
    uint32_t number;
    SJ_TRY(sj_buf_reserve(&counts->tallies, sizeof(struct sj_route_tally), err));
    SJ_TRY(sj_route_set_add(&counts->set, steps, n_steps, hash, &number, err));
    struct sj_route_tally *tally = (struct sj_route_tally *)counts->tallies.data + number;
    if (number == counts->tallies.n / sizeof *tally) {
        *tally = (struct sj_route_tally){.count = 0};
        counts->tallies.n += sizeof *tally;
    }
    *ret_tally = tally;
    return SJ_OK;
}

enum sj_status sj_route_counts_add(struct sj_route_counts *counts, const uint16_t *steps, uint32_t n_steps, uint64_t hash,
                                   uint64_t customer, struct sj_error *err) {
    struct sj_route_tally *tally;
    SJ_TRY(find_tally(counts, steps, n_steps, hash, &tally, err));
    tally->count++;
    tally->customers += tally->last_customer != customer;
    tally->last_customer = customer;
    return SJ_OK;
}

/* The smaller one is added to the larger one. */
enum sj_status sj_route_counts_merge(struct sj_route_counts *counts, struct sj_route_counts *other, struct sj_error *err) {
    if (sj_route_set_count(&other->set) > sj_route_set_count(&counts->set)) {
        struct sj_route_counts smaller = *counts;
        *counts = *other;
        *other = smaller;
    }
    for (uint32_t number = 0; number < sj_route_set_count(&other->set); number++) {
        const struct sj_route_entry *route = sj_route_set_at(&other->set, number);
        const uint16_t *steps = sj_route_set_steps(&other->set, route);
        struct sj_route_tally *tally;
        SJ_TRY(find_tally(counts, steps, route->n_steps, sj_route_hash(steps, route->n_steps), &tally, err));
        tally->count += sj_route_counts_at(other, number)->count;
        tally->customers += sj_route_counts_at(other, number)->customers;
    }
    return SJ_OK;
}

/* ---- the most frequent ---- */

struct order {
    const struct sj_route_counts *counts;
    const uint32_t *places;
};

static uint32_t place_of(const struct order *order, uint16_t step) { return step == SJ_ROUTE_EDGE ? UINT32_MAX : order->places[step]; }

static int compare_routes(const void *left, const void *right, void *ordering) {
    const struct order *order = ordering;
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const uint64_t a_count = sj_route_counts_at(order->counts, a)->count, b_count = sj_route_counts_at(order->counts, b)->count;
    if (a_count != b_count)
        return a_count > b_count ? -1 : 1;
    const struct sj_route_set *set = &order->counts->set;
    const struct sj_route_entry *a_route = sj_route_set_at(set, a), *b_route = sj_route_set_at(set, b);
    const uint16_t *a_steps = sj_route_set_steps(set, a_route), *b_steps = sj_route_set_steps(set, b_route);
    for (uint32_t i = 0; i < a_route->n_steps && i < b_route->n_steps; i++)
        if (a_steps[i] != b_steps[i])
            return place_of(order, a_steps[i]) < place_of(order, b_steps[i]) ? -1 : 1;
    return (a_route->n_steps > b_route->n_steps) - (a_route->n_steps < b_route->n_steps);
}

/* Gathered until there are twice as many as wanted, then sorted and cut. */
enum sj_status sj_route_counts_top(const struct sj_route_counts *counts, const uint32_t *places, size_t top, struct sj_arena *arena,
                                   uint32_t **ret_numbers, size_t *ret_n, struct sj_error *err) {
    struct order order = {counts, places};
    const uint32_t n_routes = sj_route_set_count(&counts->set);
    const size_t room = top < n_routes ? 2 * top : n_routes;
    size_t n = 0;
    uint32_t *numbers;
    bool cut = false;
    SJ_TRY(sj_arena_new(arena, room + 1, sizeof *numbers, &numbers, err));
    for (uint32_t number = 0; number < n_routes; number++) {
        if (cut && compare_routes(&number, &numbers[top - 1], &order) > 0)
            continue;
        if (n == room) {
            qsort_r(numbers, n, sizeof *numbers, compare_routes, &order);
            n = top;
            cut = true;
        }
        numbers[n++] = number;
    }
    if (n > 1)
        qsort_r(numbers, n, sizeof *numbers, compare_routes, &order);
    *ret_numbers = numbers;
    *ret_n = n < top ? n : top;
    return SJ_OK;
}

/* ---- as cells ---- */

enum sj_status sj_step_names_new(const struct sj_job *job, struct sj_step_names *ret_names, struct sj_error *err) {
    struct sj_step_names names = {.touchpoints = job->touchpoints};
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *names.copies, &names.copies, err));
    *ret_names = names;
    return SJ_OK;
}

static enum sj_status copy_name(struct sj_step_names *names, uint16_t code, struct sj_result *result, struct sj_error *err) {
    return names->copies[code].p ? SJ_OK : sj_result_text(result, names->touchpoints[code], &names->copies[code], err);
}

enum sj_status sj_step_cell(struct sj_step_names *names, uint16_t code, struct sj_result *result, struct sj_cell *ret_cell,
                            struct sj_error *err) {
    SJ_TRY(copy_name(names, code, result, err));
    *ret_cell = sj_cell_text(names->copies[code]);
    return SJ_OK;
}

enum sj_status sj_route_cell(struct sj_step_names *names, const uint16_t *steps, uint32_t n_steps, struct sj_result *result,
                             struct sj_cell *ret_cell, struct sj_error *err) {
    struct sj_str *texts;
    SJ_TRY(sj_arena_new(&result->arena, n_steps, sizeof *texts, &texts, err));
    for (uint32_t i = 0; i < n_steps; i++) {
        SJ_TRY(copy_name(names, steps[i], result, err));
        texts[i] = names->copies[steps[i]];
    }
    *ret_cell = (struct sj_cell){.known = true, .route = {.steps = texts, .n_steps = n_steps}};
    return SJ_OK;
}
