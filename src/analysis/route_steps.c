#include "analysis/route_steps.h"

#include <stdlib.h>

#include "stats/counter.h"

/* Where one can be at a step: at a touchpoint (its code), or: */
enum { OTHER = 0x10000, ARRIVED, EDGE, ANCHOR, NOWHERE };
#define PLACE_BITS 20

struct link {
    uint32_t step, from, to; /* `from` is nearer to the anchor */
    uint64_t count;
};

struct grid {
    const struct sj_job *job;
    const struct sj_route_steps *steps;
    struct sj_shares *shares;
    struct sj_result *result;
    struct sj_step_names names;
    uint64_t *counts; /* [step][touchpoint]: how many are there; step 0 is not used */
    bool *kept;       /* the same: not among the others */
};

static size_t at(const struct grid *grid, uint32_t step, uint32_t code) { return (size_t)step * grid->job->n_touchpoints + code; }

/* Where the route is at a step, which counts from 1 at the anchor. */
static uint32_t place_at(const struct sj_route_steps *steps, const uint16_t *route, uint32_t n, uint32_t step) {
    if (step > n)
        return NOWHERE;
    const uint16_t code = steps->back ? route[n - step] : route[step - 1];
    return code == SJ_ROUTE_EDGE ? EDGE : code;
}

static uint32_t n_routes(const struct grid *grid) { return sj_route_set_count(&grid->steps->counts->set); }

static const uint16_t *route_of(const struct grid *grid, uint32_t number, uint32_t *ret_n, uint64_t *ret_count) {
    const struct sj_route_counts *counts = grid->steps->counts;
    const struct sj_route_entry *route = sj_route_set_at(&counts->set, number);
    *ret_n = route->n_steps;
    *ret_count = sj_route_counts_at(counts, number)->count;
    return sj_route_set_steps(&counts->set, route);
}

static void count_places(struct grid *grid) {
    for (uint32_t number = 0; number < n_routes(grid); number++) {
        uint32_t n;
        uint64_t count;
        const uint16_t *route = route_of(grid, number, &n, &count);
        for (uint32_t step = 1; step <= n; step++) {
            const uint32_t place = place_at(grid->steps, route, n, step);
            if (place < OTHER)
                grid->counts[at(grid, step, place)] += count;
        }
    }
}

/* The touchpoints with counts, the most frequent first. */
static size_t rank(const struct grid *grid, const uint64_t *counts, struct sj_ranked *ret_ranked) {
    size_t n = 0;
    for (uint32_t code = 0; code < grid->job->n_touchpoints; code++) {
        if (counts[code] > 0)
            ret_ranked[n++] = (struct sj_ranked){counts[code], grid->steps->places[code], code};
    }
    sj_rank(ret_ranked, n);
    return n;
}

static enum sj_status keep_most_frequent(struct grid *grid, struct sj_error *err) {
    struct sj_ranked *ranked;
    SJ_TRY(sj_arena_new(grid->job->arena, grid->job->n_touchpoints, sizeof *ranked, &ranked, err));
    for (uint32_t step = 1; step <= grid->steps->n_steps; step++) {
        const size_t n = rank(grid, &grid->counts[at(grid, step, 0)], ranked);
        for (size_t i = 0; i < n && i < grid->steps->width; i++)
            grid->kept[at(grid, step, ranked[i].code)] = true;
    }
    return SJ_OK;
}

/* "other" and "end" in the language of the answer: a name can be no machine's word. */
static enum sj_status label_cell(struct grid *grid, uint32_t place, struct sj_cell *ret_cell, struct sj_error *err) {
    const bool back = grid->steps->back;
    const char *text = place == OTHER              ? SJ_T("(other)")
                       : place == ARRIVED          ? SJ_T("(arrived)")
                       : (place == ANCHOR) == back ? SJ_T("(end)")
                                                   : SJ_T("(start)");
    if (place == ANCHOR && grid->steps->anchor != SJ_NO_CODE)
        place = grid->steps->anchor;
    if (place < OTHER)
        return sj_step_cell(&grid->names, (uint16_t)place, grid->result, ret_cell, err);
    *ret_cell = sj_cell_text(sj_str(sj_text(grid->result->lang, text)));
    return SJ_OK;
}

static struct sj_cell kind_cell(const struct grid *grid, uint32_t place) {
    const char *edge = grid->steps->back ? "start" : "end";
    return sj_cell_text(sj_str(place == OTHER ? "other" : place == ARRIVED ? "arrived" : place == EDGE ? edge : "touchpoint"));
}

/* ---- links ---- */

static enum sj_status count_links(const struct grid *grid, struct sj_counter *links, struct sj_error *err) {
    for (uint32_t number = 0; number < n_routes(grid); number++) {
        uint32_t n, from = ANCHOR;
        uint64_t count;
        const uint16_t *route = route_of(grid, number, &n, &count);
        for (uint32_t step = 1; step <= n; step++) {
            uint32_t to = place_at(grid->steps, route, n, step);
            if (to < OTHER && !grid->kept[at(grid, step, to)])
                to = OTHER;
            SJ_TRY(sj_counter_add(links, step, (int64_t)from << PLACE_BITS | to, count, err));
            from = to;
        }
    }
    return SJ_OK;
}

static int compare_places(const struct grid *grid, uint32_t a, uint32_t b) {
    const uint32_t x = a < OTHER ? grid->steps->places[a] : a, y = b < OTHER ? grid->steps->places[b] : b;
    return (x > y) - (x < y);
}

/* By step, the most frequent first, then by name; what is no touchpoint last. */
static int compare_links(const void *left, const void *right, void *comparing) {
    const struct link *a = left, *b = right;
    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    const int order = compare_places(comparing, a->from, b->from);
    return order != 0 ? order : compare_places(comparing, a->to, b->to);
}

static enum sj_status give_link(struct grid *grid, const struct link *link, struct sj_table *table, struct sj_error *err) {
    const bool back = grid->steps->back;
    struct sj_cell *cells;
    SJ_TRY(sj_result_row(grid->result, table, &cells, err));
    cells[0] = sj_cell_i64(back ? -(int64_t)link->step : (int64_t)link->step);
    SJ_TRY(label_cell(grid, link->from, &cells[back ? 2 : 1], err));
    SJ_TRY(label_cell(grid, link->to, &cells[back ? 1 : 2], err));
    cells[3] = kind_cell(grid, link->to);
    cells[4] = sj_cell_i64((int64_t)link->count);
    cells[5] = sj_share_cell(grid->shares, link->count, grid->steps->n_followed);
    return SJ_OK;
}

static enum sj_status sort_links(struct grid *grid, const struct sj_counter *counter, struct link **ret_links, struct sj_error *err) {
    const struct sj_counted *entries;
    struct link *links;
    SJ_TRY(sj_counter_sorted(counter, grid->job->arena, (struct sj_counted **)&entries, err));
    SJ_TRY(sj_arena_new(grid->job->arena, counter->n_used, sizeof *links, &links, err));
    for (size_t i = 0; i < counter->n_used; i++)
        links[i] = (struct link){entries[i].group, (uint32_t)(entries[i].value >> PLACE_BITS),
                                 (uint32_t)entries[i].value & ((1u << PLACE_BITS) - 1), entries[i].count};
    if (counter->n_used > 1)
        qsort_r(links, counter->n_used, sizeof *links, compare_links, grid);
    *ret_links = links;
    return SJ_OK;
}

static enum sj_status give_links(struct grid *grid, const struct sj_table_def *def, struct sj_error *err) {
    struct sj_counter counter;
    struct sj_table *table;
    struct link *links;
    SJ_TRY(sj_result_table(grid->result, def, &table, err));
    sj_counter_init(&counter, grid->job->mem);
    enum sj_status status = count_links(grid, &counter, err);
    if (status == SJ_OK)
        status = sort_links(grid, &counter, &links, err);
    for (size_t i = 0; status == SJ_OK && i < counter.n_used; i++) {
        table->partial |= links[i].from == OTHER || links[i].to == OTHER;
        status = give_link(grid, &links[i], table, err);
    }
    sj_counter_done(&counter);
    return status;
}

/* ---- the matrix ---- */

/* By step, those who are not at a touchpoint that has a row. */
struct rest {
    uint64_t other[SJ_ROUTE_STEPS_MAX + 1], arrived[SJ_ROUTE_STEPS_MAX + 1], ended[SJ_ROUTE_STEPS_MAX + 1];
};

static enum sj_status give_row(struct grid *grid, struct sj_table *table, uint32_t place, const uint64_t *by_step, size_t stride,
                               struct sj_error *err) {
    for (uint32_t step = 1; step <= grid->steps->n_steps; step++) {
        const uint64_t count = by_step[step * stride];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(grid->result, table, &cells, err));
        SJ_TRY(label_cell(grid, place, &cells[0], err));
        cells[1] = sj_cell_i64(grid->steps->back ? -(int64_t)step : (int64_t)step);
        cells[2] = sj_cell_i64((int64_t)count);
        cells[3] = sj_share_cell(grid->shares, count, grid->steps->n_followed);
        cells[4] = kind_cell(grid, place);
    }
    return SJ_OK;
}

/* Who has arrived, or whose journey has ended, is so at all later steps. */
static void count_gone(const struct grid *grid, struct rest *rest) {
    const struct sj_route_steps *steps = grid->steps;
    for (uint32_t number = 0; number < n_routes(grid); number++) {
        uint32_t n;
        uint64_t count;
        const uint16_t *route = route_of(grid, number, &n, &count);
        const uint32_t last = place_at(steps, route, n, n);
        if (last == EDGE)
            rest->ended[n] += count;
        else if (last == steps->goal && n < steps->n_steps)
            rest->arrived[n + 1] += count;
    }
    for (uint32_t step = 2; step <= steps->n_steps; step++) {
        rest->ended[step] += rest->ended[step - 1];
        rest->arrived[step] += rest->arrived[step - 1];
    }
}

static enum sj_status give_matrix(struct grid *grid, const struct sj_table_def *def, struct sj_error *err) {
    const struct sj_route_steps *steps = grid->steps;
    const uint32_t n_touchpoints = grid->job->n_touchpoints;
    struct rest rest = {{0}, {0}, {0}};
    struct sj_ranked *ranked;
    uint64_t *totals;
    struct sj_table *table;
    SJ_TRY(sj_result_table(grid->result, def, &table, err));
    SJ_TRY(sj_arena_new(grid->job->arena, n_touchpoints, sizeof *totals, &totals, err));
    SJ_TRY(sj_arena_new(grid->job->arena, n_touchpoints, sizeof *ranked, &ranked, err));
    for (uint32_t code = 0; code < n_touchpoints; code++) {
        bool kept = false;
        for (uint32_t step = 1; step <= steps->n_steps; step++) {
            kept = kept || grid->kept[at(grid, step, code)];
            totals[code] += grid->counts[at(grid, step, code)];
        }
        for (uint32_t step = 1; step <= steps->n_steps && !kept; step++)
            rest.other[step] += grid->counts[at(grid, step, code)];
        table->partial |= !kept && totals[code] > 0;
        totals[code] = kept ? totals[code] : 0;
    }
    const size_t n = rank(grid, totals, ranked);
    for (size_t i = 0; i < n; i++)
        SJ_TRY(give_row(grid, table, ranked[i].code, &grid->counts[ranked[i].code], n_touchpoints, err));
    if (steps->n_followed == 0)
        return SJ_OK;
    count_gone(grid, &rest);
    SJ_TRY(give_row(grid, table, OTHER, rest.other, 1, err));
    if (steps->goal != SJ_NO_CODE)
        SJ_TRY(give_row(grid, table, ARRIVED, rest.arrived, 1, err));
    return give_row(grid, table, EDGE, rest.ended, 1, err);
}

enum sj_status sj_route_steps_give(const struct sj_job *job, const struct sj_route_steps *steps, const struct sj_table_def *links,
                                   const struct sj_table_def *matrix, struct sj_shares *shares, struct sj_result *result,
                                   struct sj_error *err) {
    struct grid grid = {.job = job, .steps = steps, .shares = shares, .result = result};
    const size_t n = (size_t)(steps->n_steps + 1) * job->n_touchpoints;
    SJ_TRY(sj_step_names_new(job, &grid.names, err));
    SJ_TRY(sj_arena_new(job->arena, n, sizeof *grid.counts, &grid.counts, err));
    SJ_TRY(sj_arena_new(job->arena, n, sizeof *grid.kept, &grid.kept, err));
    count_places(&grid);
    SJ_TRY(keep_most_frequent(&grid, err));
    SJ_TRY(give_links(&grid, links, err));
    return give_matrix(&grid, matrix, err);
}
