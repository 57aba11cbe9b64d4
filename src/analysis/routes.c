/* Routes: what people do next, or before: from the start of journeys or from a touchpoint onwards, or back from one, step by step.
 *
 *   pass 1   each route of up to --steps touchpoints beside the anchor, with its count
 *   finish   the routes taken most; and, from all routes, the links between one step and the next, and who is where at each step
 *
 * Links and the matrix are made from the counts of whole routes, so that every step adds up to all that are followed. A route that ends
 * (looking back: that begins) before all steps are there has SJ_ROUTE_EDGE in the place of the next one.
 * Memory: every different route (route_counts.h), bounded by the number of anchors, not by that of events. */
#include "analysis/common.h"

#include "analysis/route_counts.h"
#include "analysis/route_steps.h"

enum { ARG_AFTER, ARG_BEFORE, ARG_END, ARG_STEPS, ARG_COUNT, ARG_FOLD, ARG_TOP, ARG_WIDTH };
enum { COUNT_JOURNEYS, COUNT_CUSTOMERS, COUNT_OCCURRENCES };

static const struct sj_param params[] = {
    {.name = "after", .type = SJ_PARAM_TOUCHPOINTS, .max = 1, .help = SJ_T("what comes after this touchpoint; else after the start")},
    {.name = "before", .type = SJ_PARAM_TOUCHPOINTS, .max = 1, .help = SJ_T("what comes before this touchpoint; with --after: up to it")},
    {.name = "end", .type = SJ_PARAM_TRUTH, .standard = "false", .help = SJ_T("what comes before the end of the journey")},
    {.name = "steps",
     .type = SJ_PARAM_COUNT,
     .standard = "5",
     .min = 1,
     .max = SJ_ROUTE_STEPS_MAX,
     .help = SJ_T("how many touchpoints are followed")},
    {.name = "count",
     .type = SJ_PARAM_CHOICE,
     .standard = "journeys",
     .choices = "journeys customers occurrences",
     .help = SJ_T("what is counted: the first time in each journey, the first time of each customer, or every time")},
    {.name = "fold", .type = SJ_PARAM_TRUTH, .standard = "false", .help = SJ_T("the same touchpoint several times in a row counts once")},
    {.name = "top",
     .type = SJ_PARAM_COUNT,
     .standard = "20",
     .min = 1,
     .max = 100000,
     .shows = true,
     .help = SJ_T("how many routes to list")},
    {.name = "width",
     .type = SJ_PARAM_COUNT,
     .standard = "7",
     .min = 1,
     .max = 100,
     .shows = true,
     .help = SJ_T("how many touchpoints are told apart at each step; the rest are together as other")},
};

static const struct sj_column_def summary_columns[] = {
    {.name = "count", .label = SJ_T("Followed"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many are followed, in the unit of --count")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many customers these are")},
    {.name = "routes", .label = SJ_T("Different routes"), .type = SJ_TYPE_COUNT, .help = SJ_T("of at most so many steps"), .nobody = true},
    {.name = "arrived",
     .label = SJ_T("Arrived"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of all that are followed, those that reach the touchpoint of --before within the steps; empty without --after and "
                  "--before")},
};

static const struct sj_column_def route_columns[] = {
    {.name = "route", .label = SJ_T("Route"), .type = SJ_TYPE_ROUTE, .help = SJ_T("the touchpoints in order, without the anchor")},
    {.name = "count",
     .label = SJ_T("Count"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("how many take it, in the unit of --count"),
     .drawn = true},
    {.name = "share", .label = SJ_T("Share"), .type = SJ_TYPE_ESTIMATE, .help = SJ_T("of all that are followed")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many customers take it at least once")},
    {.name = "ended",
     .label = SJ_T("Ends there"),
     .type = SJ_TYPE_TRUTH,
     .help = SJ_T("whether the journey ends there (looking back: begins) before all steps are there")},
};

/* The cells of these two are made in route_steps.c. */
static const struct sj_column_def link_columns[] = {
    {.name = "step", .label = SJ_T("Step"), .type = SJ_TYPE_COUNT, .help = SJ_T("counted from the anchor; looking back below zero")},
    {.name = "from", .label = SJ_T("From"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("where they were before")},
    {.name = "to", .label = SJ_T("To"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("where they are then")},
    {.name = "kind",
     .label = SJ_T("What it is"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("of the side that is farther from the anchor: touchpoint, other (rarer touchpoints together), start or end (of the "
                  "journey)")},
    {.name = "count", .label = SJ_T("Count"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many, in the unit of --count"), .drawn = true},
    {.name = "share", .label = SJ_T("Share"), .type = SJ_TYPE_ESTIMATE, .help = SJ_T("of all that are followed")},
};

static const struct sj_column_def matrix_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("where they are")},
    {.name = "step", .label = SJ_T("Step"), .type = SJ_TYPE_COUNT, .help = SJ_T("counted from the anchor; looking back below zero")},
    {.name = "count", .label = SJ_T("Count"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many, in the unit of --count")},
    {.name = "share",
     .label = SJ_T("Share"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of all that are followed; each step adds up to all"),
     .drawn = true},
    {.name = "kind",
     .label = SJ_T("What it is"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("touchpoint, other (rarer touchpoints together), arrived, start or end (their journey began or ended before)")},
};

enum { TABLE_SUMMARY, TABLE_ROUTES, TABLE_LINKS, TABLE_MATRIX, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "summary", .title = SJ_T("What is followed"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(summary_columns)},
    {.name = "routes", .title = SJ_T("The routes taken most"), .picture = SJ_PICTURE_ROUTES, SJ_COLUMNS(route_columns)},
    {.name = "links", .title = SJ_T("From step to step"), .picture = SJ_PICTURE_SANKEY, SJ_COLUMNS(link_columns)},
    {.name = "matrix", .title = SJ_T("Who is where at each step"), .picture = SJ_PICTURE_MATRIX, SJ_COLUMNS(matrix_columns)},
};

struct plan {
    uint32_t after, before; /* SJ_NO_CODE: none */
    bool back, fold;
    int64_t count;
    uint32_t n_steps;
};

struct state {
    uint64_t n_customers; /* seen */
    uint64_t n_followed, n_followed_customers, last_followed;
    struct sj_route_counts routes;
    struct sj_buf folded; /* uint16_t: a journey */
};

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    const struct sj_arg *after = &job->args[ARG_AFTER], *before = &job->args[ARG_BEFORE];
    const bool end = job->args[ARG_END].i64 != 0;
    struct plan *plan;
    if (end && (after->n_codes > 0 || before->n_codes > 0))
        return sj_fail(err, SJ_E_USAGE, "--end looks back from the end of the journey; it cannot be given with --after or --before");
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    plan->after = after->n_codes > 0 ? after->codes[0] : SJ_NO_CODE;
    plan->before = before->n_codes > 0 ? before->codes[0] : SJ_NO_CODE;
    plan->back = end || (before->n_codes > 0 && after->n_codes == 0);
    plan->fold = job->args[ARG_FOLD].i64 != 0;
    plan->count = job->args[ARG_COUNT].i64;
    plan->n_steps = (uint32_t)job->args[ARG_STEPS].i64;
    job->plan = plan;
    return SJ_OK;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_route_counts_done(&state->routes);
    sj_buf_done(&state->folded);
    sj_mem_free(job->mem, state);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    struct state *state;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    sj_route_counts_init(&state->routes, job->mem);
    sj_buf_init(&state->folded, job->mem, SIZE_MAX);
    *ret_state = state;
    return SJ_OK;
}

/* ---- pass 1 ---- */

struct journey {
    const uint16_t *steps;
    uint32_t n;
};

static enum sj_status fold(struct state *state, struct journey *journey, struct sj_error *err) {
    state->folded.n = 0;
    SJ_TRY(sj_buf_reserve(&state->folded, journey->n * sizeof(uint16_t), err));
    uint16_t *steps = (uint16_t *)state->folded.data;
    uint32_t n = 0;
    for (uint32_t i = 0; i < journey->n; i++) {
        if (n == 0 || steps[n - 1] != journey->steps[i])
            steps[n++] = journey->steps[i];
    }
    *journey = (struct journey){steps, n};
    return SJ_OK;
}

/* The route from `at` on, into `route`; its length. */
static uint32_t route_onwards(const struct plan *plan, const struct journey *journey, uint32_t at, uint16_t *route) {
    const uint32_t left = journey->n - at, n = left < plan->n_steps ? left : plan->n_steps;
    for (uint32_t i = 0; i < n; i++) {
        route[i] = journey->steps[at + i];
        if (route[i] == plan->before)
            return i + 1;
    }
    if (n < plan->n_steps)
        route[n] = SJ_ROUTE_EDGE;
    return n + (n < plan->n_steps);
}

/* The route that leads up to `at`, which is not in it. */
static uint32_t route_back(const struct plan *plan, const struct journey *journey, uint32_t at, uint16_t *route) {
    const uint32_t n = at < plan->n_steps ? at : plan->n_steps, edge = n < plan->n_steps;
    route[0] = SJ_ROUTE_EDGE;
    memcpy(route + edge, journey->steps + at - n, n * sizeof *route);
    return n + edge;
}

static enum sj_status follow(const struct plan *plan, struct state *state, const struct journey *journey, uint32_t at, uint64_t customer,
                             struct sj_error *err) {
    uint16_t route[SJ_ROUTE_STEPS_MAX];
    const uint32_t n = plan->back ? route_back(plan, journey, at, route) : route_onwards(plan, journey, at, route);
    state->n_followed++;
    state->n_followed_customers += state->last_followed != customer;
    state->last_followed = customer;
    return sj_route_counts_add(&state->routes, route, n, sj_route_hash(route, n), customer, err);
}

static enum sj_status follow_touchpoint(const struct plan *plan, struct state *state, const struct journey *journey, uint64_t customer,
                                        struct sj_error *err) {
    const uint32_t anchor = plan->back ? plan->before : plan->after;
    for (uint32_t i = 0; i < journey->n; i++) {
        if (journey->steps[i] != anchor)
            continue;
        SJ_TRY(follow(plan, state, journey, plan->back ? i : i + 1, customer, err));
        if (plan->count != COUNT_OCCURRENCES)
            break;
    }
    return SJ_OK;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = absorbing;
    const bool at_edge = (plan->back ? plan->before : plan->after) == SJ_NO_CODE;
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        struct journey journey = {batch->touchpoint + batch->offsets[j], batch->offsets[j + 1] - batch->offsets[j]};
        const uint64_t customer = state->n_customers + batch->customer[j] + 1;
        if (plan->count == COUNT_CUSTOMERS && state->last_followed == customer)
            continue;
        if (plan->fold)
            SJ_TRY(fold(state, &journey, err));
        SJ_TRY(at_edge ? follow(plan, state, &journey, plan->back ? journey.n : 0, customer, err)
                       : follow_touchpoint(plan, state, &journey, customer, err));
    }
    state->n_customers += batch->n_customers;
    return SJ_OK;
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    (void)job;
    struct state *state = merged, *other = merging;
    state->n_followed += other->n_followed;
    state->n_followed_customers += other->n_followed_customers;
    return sj_route_counts_merge(&state->routes, &other->routes, err);
}

/* ---- the answer ---- */

static uint64_t count_arrived(const struct plan *plan, const struct state *state) {
    uint64_t n = 0;
    for (uint32_t number = 0; number < sj_route_set_count(&state->routes.set); number++) {
        const struct sj_route_entry *route = sj_route_set_at(&state->routes.set, number);
        const uint16_t last = sj_route_set_steps(&state->routes.set, route)[route->n_steps - 1];
        n += last == plan->before ? sj_route_counts_at(&state->routes, number)->count : 0;
    }
    return n;
}

static enum sj_status give_summary(const struct plan *plan, const struct state *state, struct sj_shares *shares, struct sj_result *result,
                                   struct sj_error *err) {
    struct sj_table *table;
    struct sj_cell *cells;
    SJ_TRY(sj_result_table(result, &tables[TABLE_SUMMARY], &table, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_i64((int64_t)state->n_followed);
    cells[1] = sj_cell_i64((int64_t)state->n_followed_customers);
    cells[2] = sj_cell_i64(sj_route_set_count(&state->routes.set));
    if (!plan->back && plan->before != SJ_NO_CODE)
        cells[3] = sj_share_cell(shares, count_arrived(plan, state), state->n_followed);
    return SJ_OK;
}

static enum sj_status give_routes(const struct sj_job *job, const struct state *state, const uint32_t *places, struct sj_shares *shares,
                                  struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    struct sj_step_names names;
    uint32_t *numbers;
    size_t n;
    SJ_TRY(sj_result_table(result, &tables[TABLE_ROUTES], &table, err));
    SJ_TRY(sj_step_names_new(job, &names, err));
    SJ_TRY(sj_route_counts_top(&state->routes, places, (size_t)job->args[ARG_TOP].i64, job->arena, &numbers, &n, err));
    table->partial = n < sj_route_set_count(&state->routes.set);
    for (size_t i = 0; i < n; i++) {
        const struct sj_route_entry *route = sj_route_set_at(&state->routes.set, numbers[i]);
        const struct sj_route_tally *tally = sj_route_counts_at(&state->routes, numbers[i]);
        const uint16_t *steps = sj_route_set_steps(&state->routes.set, route);
        const bool begins = steps[0] == SJ_ROUTE_EDGE, ends = begins || steps[route->n_steps - 1] == SJ_ROUTE_EDGE;
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_route_cell(&names, steps + begins, route->n_steps - ends, result, &cells[0], err));
        cells[1] = sj_cell_i64((int64_t)tally->count);
        cells[2] = sj_share_cell(shares, tally->count, state->n_followed);
        cells[3] = sj_cell_i64((int64_t)tally->customers);
        cells[4] = sj_cell_i64(ends);
    }
    return SJ_OK;
}

static enum sj_status note_what(const struct plan *plan, const struct state *state, struct sj_result *result) {
    if (plan->count == COUNT_JOURNEYS)
        SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "unit", "Counted is the first time in each journey."));
    if (plan->count == COUNT_CUSTOMERS)
        SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "unit", "Counted is the first time of each customer."));
    if (plan->count == COUNT_OCCURRENCES) {
        SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "unit", "Counted is every time, also several times in a journey."));
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "dependent_counts",
                       "several counts of one journey depend on each other, so that the intervals are too narrow"));
    }
    if (state->n_followed > 0)
        return SJ_OK;
    return sj_note(result, SJ_NOTE_WARNING, "nothing_followed", "no journey that is looked at has this touchpoint, so there is no route");
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const struct state *state = finished;
    const uint32_t *places;
    struct sj_shares shares = {0};
    struct sj_route_steps steps = {.counts = &state->routes,
                                   .n_followed = state->n_followed,
                                   .anchor = plan->back ? plan->before : plan->after,
                                   .goal = plan->back ? SJ_NO_CODE : plan->before,
                                   .back = plan->back,
                                   .n_steps = plan->n_steps,
                                   .width = (uint32_t)job->args[ARG_WIDTH].i64};
    SJ_TRY(sj_name_places(job->arena, job->touchpoints, job->n_touchpoints, &places, err));
    steps.places = places;
    SJ_TRY(give_summary(plan, state, &shares, result, err));
    SJ_TRY(give_routes(job, state, places, &shares, result, err));
    SJ_TRY(sj_route_steps_give(job, &steps, &tables[TABLE_LINKS], &tables[TABLE_MATRIX], &shares, result, err));
    SJ_TRY(note_what(plan, state, result));
    return sj_shares_note(&shares, result);
}

const struct sj_analysis sj_routes = {
    .name = "routes",
    .title = SJ_T("What do customers do next, or before, step by step?"),
    .about =
        SJ_T("Follows journeys from their start, from a touchpoint (--after), or back from a touchpoint (--before) or the end (--end). "
             "At every step all that are followed are somewhere: at a touchpoint, at one of the others, or their journey has ended."),
    .example = "routes STORE --after add_to_basket --steps 3",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .tables = tables,
    .n_tables = N_TABLES,
    .prepare = prepare,
    .start = start,
    .absorb = absorb,
    .merge = merge,
    .finish = finish,
    .drop = drop,
};
