/* Flow: the directly-follows graph. For each pair of touchpoints how often the second directly follows the first within a journey,
 * and the time between; where journeys start and end.
 *
 *   TOUCHPOINTS  only when some are to be hidden: in how many journeys is each?         -> which are kept
 *   LINKS        counts, sums, customers; histograms of the time between               -> which links are kept; plan of the medians
 *   DETAIL       only when there are medians or a choice to account for: the values the medians need; journeys entirely shown
 *
 * Hidden touchpoints are taken out of the journeys before links are counted, so that what flows into a touchpoint still flows out
 * of it. A share of the links keeps the most frequent ones, and always those without which a touchpoint would hang in the air
 * (links.h, backbone). Memory: links.h and stats/quantiles.h. */
#include "analysis/common.h"

#include <math.h>
#include "analysis/links.h"
#include "analysis/project.h"
#include "base/number.h"
#include "stats/quantiles.h"

enum { ARG_TOUCHPOINTS, ARG_LINKS, ARG_QUANTILES };

static const struct sj_param params[] = {
    {.name = "touchpoints",
     .type = SJ_PARAM_SHARE,
     .standard = "100%",
     .compares = "",
     .help = SJ_T("how many of the touchpoints to keep, those in most journeys first; the others are taken out of the journeys")},
    {.name = "links",
     .type = SJ_PARAM_SHARE,
     .standard = "100%",
     .shows = true,
     .help = SJ_T("how many of the links to keep, the most frequent first; no touchpoint is left without a way in and out")},
    {.name = "quantiles",
     .type = SJ_PARAM_TRUTH,
     .standard = "true",
     .shows = true,
     .help = SJ_T("median and p90 of the time between; without them the answer comes sooner")},
};

static const struct sj_column_def link_columns[] = {
    {.name = "from", .label = SJ_T("From"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("the touchpoint before")},
    {.name = "to", .label = SJ_T("To"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("the touchpoint that directly follows in the journey")},
    {.name = "count", .label = SJ_T("Count"), .type = SJ_TYPE_COUNT, .help = SJ_T("how often it follows"), .drawn = true},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many customers did so")},
    {.name = "mean", .label = SJ_T("Mean"), .type = SJ_TYPE_DURATION, .help = SJ_T("mean of the time between the two")},
    {.name = "median",
     .label = SJ_T("Median"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("half of the times between are shorter, half longer; of an even number, the mean of the two in the middle")},
    {.name = "p90", .label = SJ_T("90 %"), .type = SJ_TYPE_DURATION, .help = SJ_T("nine in ten of the times between are shorter")},
};

static const struct sj_column_def end_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("the touchpoint")},
    {.name = "count", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many journeys start or end here"), .drawn = true},
    {.name = "share",
     .label = SJ_T("Share"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the journeys that have a touchpoint that is shown")},
};

static const struct sj_column_def touchpoint_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("the touchpoint")},
    {.name = "count", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many events it has"), .drawn = true},
};

enum { TABLE_LINKS, TABLE_STARTS, TABLE_ENDS, TABLE_TOUCHPOINTS, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "links", .title = SJ_T("What follows what"), .picture = SJ_PICTURE_FLOW, SJ_COLUMNS(link_columns)},
    {.name = "starts", .title = SJ_T("Where journeys start"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(end_columns)},
    {.name = "ends", .title = SJ_T("Where journeys end"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(end_columns)},
    {.name = "touchpoints", .title = SJ_T("Touchpoints shown"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(touchpoint_columns)},
};

enum stage { TOUCHPOINTS, LINKS, DETAIL };

struct plan {
    enum stage stage;
    const uint32_t *places;                     /* of the touchpoints' names */
    bool *hidden;                               /* by touchpoint; NULL: none is */
    uint32_t n_touchpoints, n_touchpoints_kept; /* that occur */
    uint64_t n_journeys, n_shown;               /* all; with an event that is shown */
    struct sj_link *links;
    size_t n_links, n_links_kept;
    uint64_t *starts, *ends;
    struct sj_link_set kept;
    const struct sj_quantile_plan *gaps;
    uint64_t n_whole; /* journeys entirely shown */
};

struct state {
    struct sj_projection projection;
    uint64_t n_journeys, n_shown;
    uint64_t *journeys, *last_journey; /* TOUCHPOINTS, by touchpoint */
    struct sj_links links;             /* LINKS */
    uint64_t *starts, *ends;           /* LINKS, by touchpoint */
    struct sj_histograms gaps;         /* LINKS, with quantiles; the group is the link's key */
    struct sj_collector values;        /* DETAIL, with quantiles */
    uint64_t n_whole;                  /* DETAIL */
};

static bool wants_quantiles(const struct sj_job *job) { return job->args[ARG_QUANTILES].i64 != 0; }
static bool hides(const struct sj_job *job) { return job->args[ARG_TOUCHPOINTS].f64 < 1 || job->args[ARG_LINKS].f64 < 1; }

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct plan *plan;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    plan->stage = job->args[ARG_TOUCHPOINTS].f64 < 1 ? TOUCHPOINTS : LINKS;
    SJ_TRY(sj_name_places(job->arena, job->touchpoints, job->n_touchpoints, &plan->places, err));
    job->plan = plan;
    return SJ_OK;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    sj_projection_done(&state->projection, job->mem);
    sj_mem_free(job->mem, state->journeys);
    sj_mem_free(job->mem, state->last_journey);
    sj_mem_free(job->mem, state->starts);
    sj_mem_free(job->mem, state->ends);
    sj_links_done(&state->links);
    sj_histograms_done(&state->gaps);
    sj_collector_done(&state->values);
    sj_mem_free(job->mem, state);
}

static enum sj_status start_links(const struct sj_job *job, struct state *state, struct sj_error *err) {
    SJ_TRY(sj_links_init(&state->links, job->mem, job->n_touchpoints, err));
    SJ_TRY(sj_mem_new(job->mem, job->n_touchpoints, sizeof *state->starts, &state->starts, err));
    SJ_TRY(sj_mem_new(job->mem, job->n_touchpoints, sizeof *state->ends, &state->ends, err));
    if (!wants_quantiles(job))
        return SJ_OK;
    struct sj_quantiles_ask ask = {
        .n_groups = job->n_touchpoints * job->n_touchpoints,
        .max_value = job->to_us - job->from_us,
        .unwanted = job->alone,
        .n_percents = 2,
        .percents = {50, 90},
    };
    return sj_histograms_init(&state->gaps, job->mem, &ask, err);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    sj_counter_init(&state->gaps.sparse, job->mem);
    sj_collector_init(&state->values, job->mem, plan->gaps);
    enum sj_status status = SJ_OK;
    if (plan->stage == TOUCHPOINTS) {
        SJ_TRY_CLEAN(sj_mem_new(job->mem, job->n_touchpoints, sizeof *state->journeys, &state->journeys, err));
        SJ_TRY_CLEAN(sj_mem_new(job->mem, job->n_touchpoints, sizeof *state->last_journey, &state->last_journey, err));
    } else if (plan->stage == LINKS) {
        SJ_TRY_CLEAN(start_links(job, state, err));
    }
    *ret_state = state;
    return SJ_OK;
cleanup:
    drop(job, state);
    return status;
}

static void absorb_touchpoints(struct state *state, const struct sj_batch *batch) {
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        uint64_t journey = ++state->n_journeys;
        for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++) {
            uint16_t touchpoint = batch->touchpoint[i];
            state->journeys[touchpoint] += state->last_journey[touchpoint] != journey;
            state->last_journey[touchpoint] = journey;
        }
    }
}

static enum sj_status count_links(const struct sj_job *job, struct state *state, const struct sj_batch *batch, struct sj_error *err) {
    struct sj_pairs pairs;
    sj_pairs_begin(&pairs, batch, job->n_touchpoints);
    while (sj_pairs_next(&pairs)) {
        SJ_TRY(sj_links_add(&state->links, &pairs, err));
        if (wants_quantiles(job))
            SJ_TRY(sj_histograms_add(&state->gaps, pairs.keys, pairs.gaps_us, pairs.n, err));
    }
    return SJ_OK;
}

static enum sj_status absorb_links(const struct sj_job *job, struct state *state, const struct sj_batch *batch, struct sj_error *err) {
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        state->starts[batch->touchpoint[batch->offsets[j]]]++;
        state->ends[batch->touchpoint[batch->offsets[j + 1] - 1]]++;
    }
    state->n_shown += batch->n_journeys;
    return count_links(job, state, batch, err);
}

static enum sj_status collect_gaps(const struct sj_job *job, struct state *state, const struct sj_batch *batch, struct sj_error *err) {
    struct sj_pairs pairs;
    sj_pairs_begin(&pairs, batch, job->n_touchpoints);
    while (sj_pairs_next(&pairs))
        SJ_TRY(sj_collector_add(&state->values, pairs.keys, pairs.gaps_us, pairs.n, err));
    return SJ_OK;
}

/* A journey is entirely shown when nothing was taken out of it and all its links are kept. `cut` may be NULL. */
static void count_whole(const struct sj_job *job, struct state *state, const struct sj_batch *batch, const bool *cut) {
    const struct plan *plan = job->plan;
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        bool whole = cut == NULL || !cut[j];
        for (uint32_t i = batch->offsets[j] + 1; whole && i < batch->offsets[j + 1]; i++)
            whole = sj_link_set_has(&plan->kept, batch->touchpoint[i - 1] * job->n_touchpoints + batch->touchpoint[i]);
        state->n_whole += whole;
    }
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = absorbing;
    if (plan->stage == TOUCHPOINTS) {
        absorb_touchpoints(state, batch);
        return SJ_OK;
    }
    const uint32_t n_journeys = batch->n_journeys;
    const bool *cut = NULL;
    if (plan->hidden != NULL) {
        SJ_TRY(sj_project(&state->projection, job->mem, batch, plan->hidden, err));
        batch = &state->projection.batch;
        cut = state->projection.cut;
    }
    if (plan->stage == LINKS) {
        SJ_TRY(absorb_links(job, state, batch, err));
    } else {
        if (wants_quantiles(job))
            SJ_TRY(collect_gaps(job, state, batch, err));
        if (hides(job))
            count_whole(job, state, batch, cut);
    }
    state->n_journeys += n_journeys;
    return SJ_OK;
}

static void add_counts(uint64_t *counts, const uint64_t *more, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        counts[i] += more[i];
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = merged;
    struct state *other = merging;
    state->n_journeys += other->n_journeys;
    state->n_shown += other->n_shown;
    state->n_whole += other->n_whole;
    if (plan->stage == TOUCHPOINTS) {
        add_counts(state->journeys, other->journeys, job->n_touchpoints);
    } else if (plan->stage == LINKS) {
        add_counts(state->starts, other->starts, job->n_touchpoints);
        add_counts(state->ends, other->ends, job->n_touchpoints);
        SJ_TRY(sj_links_merge(&state->links, &other->links, err));
        if (wants_quantiles(job))
            SJ_TRY(sj_histograms_merge(&state->gaps, &other->gaps, err));
    } else {
        SJ_TRY(sj_collector_merge(&state->values, &other->values, err));
    }
    return SJ_OK;
}

/* How many a share of `n` is: rounded up, at least one of what there is. The speck keeps 7 % of 100 at 7. */
static size_t share_of(double share, size_t n) {
    double wanted = ceil(share * (double)n - 1e-9);
    return n == 0 ? 0 : wanted < 1 ? 1 : wanted >= (double)n ? n : (size_t)wanted;
}

/* The touchpoints with a count, the largest first, equal ones in the order of names. */
static enum sj_status rank_touchpoints(const struct sj_job *job, const uint64_t *counts, struct sj_ranked **ret_ranked, uint32_t *ret_n,
                                       struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_ranked *ranked;
    uint32_t n = 0;
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *ranked, &ranked, err));
    for (uint32_t code = 0; code < job->n_touchpoints; code++)
        if (counts[code] > 0)
            ranked[n++] = (struct sj_ranked){counts[code], plan->places[code], code};
    sj_rank(ranked, n);
    *ret_ranked = ranked;
    *ret_n = n;
    return SJ_OK;
}

static enum sj_status turn_touchpoints(const struct sj_job *job, struct plan *plan, const struct state *state, struct sj_error *err) {
    struct sj_ranked *ranked;
    SJ_TRY(rank_touchpoints(job, state->journeys, &ranked, &plan->n_touchpoints, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *plan->hidden, &plan->hidden, err));
    plan->n_touchpoints_kept = (uint32_t)share_of(job->args[ARG_TOUCHPOINTS].f64, plan->n_touchpoints);
    for (uint32_t i = plan->n_touchpoints_kept; i < plan->n_touchpoints; i++)
        plan->hidden[ranked[i].code] = true;
    plan->stage = LINKS;
    return SJ_OK;
}

static enum sj_status copy_counts(struct sj_arena *arena, const uint64_t *counts, uint32_t n, uint64_t **ret_copy, struct sj_error *err) {
    SJ_TRY(sj_arena_new(arena, n, sizeof **ret_copy, ret_copy, err));
    if (n > 0)
        memcpy(*ret_copy, counts, n * sizeof *counts);
    return SJ_OK;
}

static enum sj_status keep_links(const struct sj_job *job, struct plan *plan, struct sj_error *err) {
    size_t n_wanted = share_of(job->args[ARG_LINKS].f64, plan->n_links);
    struct sj_link_graph graph = {plan->links, plan->n_links, plan->starts, plan->ends, job->n_touchpoints};
    if (n_wanted < plan->n_links)
        SJ_TRY(sj_links_keep_backbone(&graph, job->arena, err));
    for (size_t i = 0; i < n_wanted; i++)
        plan->links[i].kept = true;
    for (size_t i = 0; i < plan->n_links; i++)
        plan->n_links_kept += plan->links[i].kept;
    return sj_link_set_new(plan->links, plan->n_links, job->n_touchpoints, job->arena, &plan->kept, err);
}

static enum sj_status turn_links(const struct sj_job *job, struct plan *plan, struct state *state, bool *ret_again, struct sj_error *err) {
    plan->n_journeys = plan->n_whole = state->n_journeys;
    plan->n_shown = state->n_shown;
    SJ_TRY(copy_counts(job->arena, state->starts, job->n_touchpoints, &plan->starts, err));
    SJ_TRY(copy_counts(job->arena, state->ends, job->n_touchpoints, &plan->ends, err));
    SJ_TRY(sj_links_list(&state->links, plan->places, job->arena, &plan->links, &plan->n_links, err));
    SJ_TRY(keep_links(job, plan, err));
    if (wants_quantiles(job))
        SJ_TRY(sj_quantile_plan_new(&state->gaps, job->arena, &plan->gaps, err));
    *ret_again = wants_quantiles(job) || hides(job);
    plan->stage = DETAIL;
    return SJ_OK;
}

static enum sj_status turn_detail(const struct sj_job *job, struct plan *plan, const struct state *state, struct sj_error *err) {
    if (hides(job))
        plan->n_whole = state->n_whole;
    if (!wants_quantiles(job))
        return SJ_OK;
    struct sj_quantiles quantiles;
    SJ_TRY(sj_quantiles_new(&state->values, job->arena, &quantiles, err));
    for (size_t i = 0; i < plan->n_links; i++) {
        struct sj_link *link = &plan->links[i];
        uint32_t key = link->from * job->n_touchpoints + link->to;
        sj_quantiles_get(&quantiles, key, link->count, 50, &link->median_us);
        sj_quantiles_get(&quantiles, key, link->count, 90, &link->p90_us);
    }
    return SJ_OK;
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct plan *plan = job->plan;
    *ret_again = plan->stage == TOUCHPOINTS;
    switch (plan->stage) {
    case TOUCHPOINTS: return turn_touchpoints(job, plan, turned, err);
    case LINKS: return turn_links(job, plan, turned, ret_again, err);
    case DETAIL: break;
    }
    return turn_detail(job, plan, turned, err);
}

static enum sj_status give_links(const struct sj_job *job, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &tables[TABLE_LINKS], &table, err));
    table->partial = plan->hidden != NULL || plan->n_links_kept < plan->n_links;
    for (size_t i = 0; i < plan->n_links; i++) {
        const struct sj_link *link = &plan->links[i];
        if (!link->kept)
            continue;
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, job->touchpoints[link->from], &cells[0], err));
        SJ_TRY(sj_name_cell(result, job->touchpoints[link->to], &cells[1], err));
        cells[2] = sj_cell_i64((int64_t)link->count);
        cells[3] = sj_cell_i64((int64_t)link->customers);
        cells[4] = sj_cell_i64(link->mean_us);
        if (wants_quantiles(job)) {
            cells[5] = sj_cell_i64(link->median_us);
            cells[6] = sj_cell_i64(link->p90_us);
        }
    }
    return SJ_OK;
}

/* A table of touchpoints with their counts; with their shares of `n_all` where it has such a column. */
static enum sj_status give_touchpoints(const struct sj_job *job, const struct sj_table_def *def, const uint64_t *counts,
                                       struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_table *table;
    struct sj_ranked *ranked;
    uint32_t n;
    SJ_TRY(sj_result_table(result, def, &table, err));
    SJ_TRY(rank_touchpoints(job, counts, &ranked, &n, err));
    table->partial = plan->hidden != NULL;
    for (uint32_t i = 0; i < n; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(sj_name_cell(result, job->touchpoints[ranked[i].code], &cells[0], err));
        cells[1] = sj_cell_i64((int64_t)ranked[i].count);
        if (shares != NULL)
            cells[2] = sj_share_cell(shares, ranked[i].count, plan->n_shown);
    }
    return SJ_OK;
}

/* Events by touchpoint: an event starts its journey, or a link leads to it. */
static enum sj_status count_events(const struct sj_job *job, const struct plan *plan, uint64_t **ret_counts, struct sj_error *err) {
    SJ_TRY(copy_counts(job->arena, plan->starts, job->n_touchpoints, ret_counts, err));
    for (size_t i = 0; i < plan->n_links; i++)
        (*ret_counts)[plan->links[i].to] += plan->links[i].count;
    return SJ_OK;
}

static enum sj_status note_hidden(const struct sj_job *job, struct sj_result *result) {
    const struct plan *plan = job->plan;
    char shown[SJ_NUMBER_BYTES], all[SJ_NUMBER_BYTES], share[SJ_NUMBER_BYTES];
    sj_number_count(plan->n_touchpoints_kept, result->lang, shown);
    sj_number_count(plan->n_touchpoints, result->lang, all);
    if (plan->hidden != NULL)
        SJ_TRY(sj_note(result, SJ_NOTE_INFO, "hidden_touchpoints",
                       "%s of %s touchpoints are kept; the others are taken out of the journeys, so that a link may lead over them", shown,
                       all));
    sj_number_count((int64_t)plan->n_links_kept, result->lang, shown);
    sj_number_count((int64_t)plan->n_links, result->lang, all);
    if (plan->n_links_kept < plan->n_links)
        SJ_TRY(sj_note(result, SJ_NOTE_INFO, "hidden_links", "%s of %s links are shown", shown, all));
    if (!hides(job) || plan->n_journeys == 0)
        return SJ_OK;
    sj_number_count((int64_t)plan->n_whole, result->lang, shown);
    sj_number_count((int64_t)plan->n_journeys, result->lang, all);
    sj_number_percent((double)plan->n_whole / (double)plan->n_journeys, result->lang, share);
    return sj_note(result, SJ_NOTE_INFO, "shown", "%s of %s journeys (%s %%) are entirely shown", shown, all, share);
}

static enum sj_status note_thin(const struct plan *plan, struct sj_result *result) {
    size_t n_thin = 0;
    char thin[SJ_NUMBER_BYTES], kept[SJ_NUMBER_BYTES];
    for (size_t i = 0; i < plan->n_links; i++)
        n_thin += plan->links[i].kept && plan->links[i].count < 30;
    if (n_thin == 0)
        return SJ_OK;
    sj_number_count((int64_t)n_thin, result->lang, thin);
    sj_number_count((int64_t)plan->n_links_kept, result->lang, kept);
    return sj_note(result, SJ_NOTE_WARNING, "thin_links",
                   "%s of %s links were taken fewer than 30 times: their times say little about other journeys", thin, kept);
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    (void)finished; /* turn() has moved everything into the plan */
    const struct plan *plan = job->plan;
    struct sj_shares shares = {0};
    uint64_t *events;
    SJ_TRY(give_links(job, result, err));
    SJ_TRY(give_touchpoints(job, &tables[TABLE_STARTS], plan->starts, &shares, result, err));
    SJ_TRY(give_touchpoints(job, &tables[TABLE_ENDS], plan->ends, &shares, result, err));
    SJ_TRY(count_events(job, plan, &events, err));
    SJ_TRY(give_touchpoints(job, &tables[TABLE_TOUCHPOINTS], events, NULL, result, err));
    SJ_TRY(note_hidden(job, result));
    SJ_TRY(note_thin(plan, result));
    return sj_shares_note(&shares, result);
}

const struct sj_analysis sj_flow = {
    .name = "flow",
    .title = SJ_T("What do customers do next, and how long does it take?"),
    .about = SJ_T("A link counts each time the second touchpoint directly follows the first within a journey; events of the same time "
                  "stand in order of arrival. Look at links that are frequent and slow, and at links back to where a journey has been."),
    .example = "flow STORE --journey \"session 30m\" --links 30%",
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
