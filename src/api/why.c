#include "api/why.h"

#include "analysis/funnel_walk.h"
#include "api/customer.h"

static const struct sj_column_def journey_columns[] = {
    {.name = "journey", .label = SJ_T("Journey"), .type = SJ_TYPE_COUNT, .help = SJ_T("which one, from 1")},
    {.name = "first", .label = SJ_T("First event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the first event was")},
    {.name = "last", .label = SJ_T("Last event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the last event was")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("that the lens lets through")},
    {.name = "reached", .label = SJ_T("Steps"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many steps are reached")},
};

static const struct sj_column_def step_columns[] = {
    {.name = "step", .label = SJ_T("Step"), .type = SJ_TYPE_TEXT, .help = SJ_T("the touchpoint, or the step as it was written")},
    {.name = "reached", .label = SJ_T("Reached"), .type = SJ_TYPE_TRUTH, .help = SJ_T("yes where the step is reached, and taken")},
    {.name = "time", .label = SJ_T("When"), .type = SJ_TYPE_TIME, .help = SJ_T("when the event was that completes the step")},
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("of that event")},
    {.name = "after", .label = SJ_T("After"), .type = SJ_TYPE_DURATION, .help = SJ_T("how long after the step before that was taken")},
    {.name = "because", .label = SJ_T("Because"), .type = SJ_TYPE_TEXT, .help = SJ_T("why the step is not reached")},
    {.name = "candidate",
     .label = SJ_T("Next candidate"),
     .type = SJ_TYPE_TIME,
     .help = SJ_T("when the first event was that could have been it, but for that")},
    {.name = "took", .label = SJ_T("It took"), .type = SJ_TYPE_DURATION, .help = SJ_T("the time that it took until then")},
    {.name = "limit", .label = SJ_T("Allowed"), .type = SJ_TYPE_DURATION, .help = SJ_T("the time that would have been right")},
};

static const struct sj_column_def dialect_columns[] = {
    {.name = "dialect", .label = SJ_T("Dialect"), .type = SJ_TYPE_TEXT, .help = SJ_T("the product that counts so")},
    {.name = "reached", .label = SJ_T("Steps"), .type = SJ_TYPE_COUNT, .help = SJ_T("how many steps are reached")},
    {.name = "step", .label = SJ_T("Step"), .type = SJ_TYPE_TEXT, .help = SJ_T("the touchpoint, or the step as it was written")},
    {.name = "time", .label = SJ_T("When"), .type = SJ_TYPE_TIME, .help = SJ_T("when the event was that stands for it there")},
};

static const struct sj_table_def journeys_def = {
    .name = "journeys", .title = SJ_T("The journeys of this customer"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(journey_columns)};
static const struct sj_table_def steps_def = {
    .name = "steps", .title = SJ_T("The journey that comes furthest"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(step_columns)};
static const struct sj_table_def dialects_def = {
    .name = "dialects", .title = SJ_T("As other products would count it"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(dialect_columns)};

/* The one customer under a funnel. */
struct proof {
    const struct sj_view *view;
    const struct sj_batch *batch;
    struct sj_funnel_rule rule;
    const struct sj_alloc *mem;
    struct sj_result *result;
    struct sj_match best; /* of all journeys the furthest, the first of equals */
};

/* ---- why not ---- */

/* What keeps an event from being the next: the first condition that fails. */
struct failure {
    const char *because; /* SJ_T(); NULL: nothing does */
    int64_t took_us, limit_us;
    bool has_times;
};

static struct failure too_long(const char *because, int64_t took_us, int64_t limit_us) {
    return (struct failure){because, took_us, limit_us, true};
}

static bool is_excluded_between(const struct proof *proof, unsigned without, uint32_t from, uint32_t to) {
    bool excluded = false;
    for (uint32_t i = from + 1; i < to && without; i++)
        excluded |= (sj_exclusions_of(proof->rule.match.pattern, proof->batch, i) & without) != 0;
    return excluded;
}

/* By an edge from the event `from`; `first` is the first of the match. */
static struct failure edge_failure(const struct proof *proof, const struct sj_position *into, const struct sj_edge *edge, uint32_t from,
                                   uint32_t to) {
    const int64_t *times_us = proof->batch->time_us;
    const uint32_t hold = proof->rule.match.hold, first = proof->best.first;
    const int64_t gap_us = times_us[to] - times_us[from], whole_us = times_us[to] - times_us[first];
    if (hold != SJ_NO_CODE && proof->batch->codes[hold][to] != proof->batch->codes[hold][first])
        return (struct failure){.because = SJ_T("another value of the property that is held")};
    if (whole_us > proof->rule.match.within_us)
        return too_long(SJ_T("too late: more time since the first step than is allowed"), whole_us, proof->rule.match.within_us);
    if (gap_us > edge->arrow.within_us)
        return too_long(SJ_T("too late: more time since the step before than the arrow allows"), gap_us, edge->arrow.within_us);
    if (gap_us < edge->arrow.after_us)
        return too_long(SJ_T("too early: less time since the step before than the arrow asks for"), gap_us, edge->arrow.after_us);
    if (edge->arrow.next && from + 1 != to)
        return (struct failure){.because = SJ_T("other events lie between")};
    if (is_excluded_between(proof, edge->arrow.without, from, to))
        return (struct failure){.because = SJ_T("an excluded event lies between")};
    if (!into->completes)
        return (struct failure){.because = SJ_T("only a part of the step is there, or its time is over")};
    if (proof->rule.match.pattern->to_end && to + 1 != proof->batch->offsets[proof->best.journey + 1])
        return (struct failure){.because = SJ_T("it is not the last event of the journey")};
    return (struct failure){.because = NULL};
}

/* What keeps an event from being the first. */
static struct failure first_failure(const struct proof *proof, const struct sj_position *into, uint32_t event) {
    const uint32_t hold = proof->rule.match.hold;
    if (hold != SJ_NO_CODE && proof->batch->codes[hold][event] == SJ_NO_CODE)
        return (struct failure){.because = SJ_T("it has no value of the property that is held")};
    if (!into->first || !into->completes)
        return (struct failure){.because = SJ_T("only a part of the step is there, or its time is over")};
    return (struct failure){.because = SJ_T("it is not where the expression wants it")};
}

static uint64_t positions_of_step(const struct sj_pattern *pattern, uint32_t step) {
    uint64_t positions = 0;
    for (uint32_t p = 0; p < pattern->n_positions; p++)
        positions |= (uint64_t)(pattern->positions[p].step == step) << p;
    return positions;
}

/* Behind the match: the first event that could have been the step, and what kept it from that. */
static struct failure step_failure(const struct proof *proof, const struct sj_taken *last, uint32_t step, uint32_t *ret_candidate) {
    const struct sj_pattern *pattern = proof->rule.match.pattern;
    const uint32_t lo = proof->batch->offsets[proof->best.journey], end = proof->batch->offsets[proof->best.journey + 1];
    const uint64_t wanted = positions_of_step(pattern, step);
    bool before = false;
    for (uint32_t i = lo; last && i <= last->event; i++)
        before |= (sj_positions_of(pattern, proof->batch, i) & wanted) != 0;
    for (uint32_t i = last ? last->event + 1 : lo; i < end; i++) {
        struct failure failure = {.because = NULL};
        for (uint64_t bits = sj_positions_of(pattern, proof->batch, i) & wanted; bits != 0; bits &= bits - 1) {
            const struct sj_position *into = &pattern->positions[__builtin_ctzll(bits)];
            if (!last)
                failure = first_failure(proof, into, i);
            for (uint32_t e = 0; e < into->n_edges && last && !failure.because; e++)
                if (into->edges[e].from == last->position)
                    failure = edge_failure(proof, into, &into->edges[e], last->event, i);
            *ret_candidate = i;
            return failure.because ? failure
                                   : (struct failure){.because = SJ_T("the step is not complete, or a condition in it is not met")};
        }
    }
    *ret_candidate = SJ_NO_EVENT;
    return (struct failure){.because = before ? SJ_T("there is such an event before, but none after") : SJ_T("there is no such event")};
}

/* ---- tables ---- */

static enum sj_status text_cell(struct sj_result *result, const char *text, struct sj_cell *cell, struct sj_error *err) {
    cell->known = true;
    return sj_result_text(result, sj_str(sj_text(result->lang, text)), &cell->text, err);
}

static enum sj_status name_cell(struct sj_result *result, struct sj_str name, struct sj_cell *cell, struct sj_error *err) {
    cell->known = true;
    return sj_result_text(result, name, &cell->text, err);
}

static enum sj_status give_journeys(struct proof *proof, struct sj_matcher *matcher, struct sj_error *err) {
    const struct sj_batch *batch = proof->batch;
    struct sj_table *table;
    struct sj_match match;
    bool any;
    SJ_TRY(sj_result_table(proof->result, &journeys_def, &table, err));
    sj_matcher_begin(matcher, batch);
    for (;;) {
        struct sj_cell *cells;
        SJ_TRY(sj_matcher_next(matcher, &any, &match, err));
        if (!any)
            return SJ_OK;
        if (match.journey == 0 || match.n_reached > proof->best.n_reached)
            proof->best = match;
        const uint32_t lo = batch->offsets[match.journey], end = batch->offsets[match.journey + 1];
        SJ_TRY(sj_result_row(proof->result, table, &cells, err));
        cells[0] = sj_cell_i64(match.journey + 1);
        cells[1] = sj_cell_i64(batch->time_us[lo]);
        cells[2] = sj_cell_i64(batch->time_us[end - 1]);
        cells[3] = sj_cell_i64(end - lo);
        cells[4] = sj_cell_i64(match.n_reached);
    }
}

static enum sj_status give_reached(const struct proof *proof, uint32_t event, uint32_t before, struct sj_cell *cells,
                                   struct sj_error *err) {
    const struct sj_batch *batch = proof->batch;
    cells[1] = sj_cell_i64(event != SJ_NO_EVENT);
    if (event == SJ_NO_EVENT)
        return text_cell(proof->result, SJ_T("it may be left out, and was"), &cells[5], err);
    cells[2] = sj_cell_i64(batch->time_us[event]);
    SJ_TRY(name_cell(proof->result, proof->view->touchpoints[batch->touchpoint[event]], &cells[3], err));
    if (before != SJ_NO_EVENT)
        cells[4] = sj_cell_i64(batch->time_us[event] - batch->time_us[before]);
    return SJ_OK;
}

static enum sj_status give_missing(const struct proof *proof, const struct sj_taken *last, uint32_t step, struct sj_cell *cells,
                                   struct sj_error *err) {
    uint32_t candidate, before = step; /* the steps before that may not be left out end there */
    while (before > 0 && proof->rule.match.pattern->steps[before - 1].optional)
        before--;
    cells[1] = sj_cell_i64(0);
    if (before > proof->best.n_reached)
        return text_cell(proof->result, SJ_T("the step before is not reached"), &cells[5], err);
    const struct failure failure = step_failure(proof, last, step, &candidate);
    if (candidate != SJ_NO_EVENT)
        cells[6] = sj_cell_i64(proof->batch->time_us[candidate]);
    if (failure.has_times) {
        cells[7] = sj_cell_i64(failure.took_us);
        cells[8] = sj_cell_i64(failure.limit_us);
    }
    return text_cell(proof->result, failure.because, &cells[5], err);
}

static enum sj_status give_steps(const struct proof *proof, struct sj_matcher *matcher, struct sj_error *err) {
    const struct sj_pattern *pattern = proof->rule.match.pattern;
    const struct sj_taken *taken = NULL;
    uint32_t events[SJ_STEPS_MAX], before = SJ_NO_EVENT;
    struct sj_table *table;
    size_t n = 0;
    if (proof->best.n_reached > 0) {
        SJ_TRY(sj_match_steps(matcher, &proof->best, events, err));
        SJ_TRY(sj_match_events(matcher, &proof->best, &taken, &n, err));
    }
    SJ_TRY(sj_result_table(proof->result, &steps_def, &table, err));
    for (uint32_t step = 0; step < pattern->n_steps; step++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(proof->result, table, &cells, err));
        SJ_TRY(name_cell(proof->result, pattern->steps[step].text, &cells[0], err));
        if (step >= proof->best.n_reached) {
            SJ_TRY(give_missing(proof, n > 0 ? &taken[n - 1] : NULL, step, cells, err));
            continue;
        }
        SJ_TRY(give_reached(proof, events[step], before, cells, err));
        before = events[step] == SJ_NO_EVENT ? before : events[step];
    }
    return SJ_OK;
}

/* The journey of the proof, alone. */
static enum sj_status ask_dialect(const struct proof *proof, enum sj_dialect dialect, struct sj_funnel_match *ret_match,
                                  struct sj_error *err) {
    struct sj_funnel_rule rule = proof->rule;
    struct sj_funnel_walk walk;
    enum sj_status status = SJ_OK;
    bool any = true;
    rule.dialect = dialect;
    sj_funnel_walk_init(&walk, proof->mem, &rule);
    sj_funnel_walk_begin(&walk, proof->batch);
    do {
        status = sj_funnel_walk_next(&walk, 1, &any, ret_match, err);
    } while (status == SJ_OK && ret_match->journey < proof->best.journey);
    sj_funnel_walk_done(&walk);
    return status;
}

static enum sj_status give_dialects(const struct proof *proof, struct sj_error *err) {
    static const char *const names[] = {"sojourn", "clickhouse", "clickhouse-strict-order", "posthog", "mixpanel", "amplitude"};
    const struct sj_pattern *pattern = proof->rule.match.pattern;
    struct sj_table *table;
    SJ_TRY(sj_result_table(proof->result, &dialects_def, &table, err));
    for (int dialect = SJ_DIALECT_SOJOURN; dialect <= SJ_DIALECT_AMPLITUDE; dialect++) {
        struct sj_funnel_match match;
        SJ_TRY(ask_dialect(proof, (enum sj_dialect)dialect, &match, err));
        for (uint32_t step = 0; step < (match.n_reached > 0 ? match.n_reached : 1); step++) {
            struct sj_cell *cells;
            SJ_TRY(sj_result_row(proof->result, table, &cells, err));
            SJ_TRY(name_cell(proof->result, sj_str(names[dialect]), &cells[0], err));
            cells[1] = sj_cell_i64(match.n_reached);
            if (match.n_reached == 0)
                continue;
            SJ_TRY(name_cell(proof->result, pattern->steps[step].text, &cells[2], err));
            cells[3] = sj_cell_i64(proof->batch->time_us[match.events[step]]);
        }
        if (match.n_reached != proof->best.n_reached || dialect == SJ_DIALECT_SOJOURN)
            SJ_TRY(sj_dialect_note((enum sj_dialect)dialect, proof->rule.match.within_us, proof->result));
    }
    return SJ_OK;
}

static enum sj_status give(struct proof *proof, struct sj_error *err) {
    struct sj_funnel_rule dialect = proof->rule;
    struct sj_matcher matcher;
    sj_matcher_init(&matcher, proof->mem, &proof->rule.match);
    enum sj_status status = give_journeys(proof, &matcher, err);
    if (status == SJ_OK)
        status = give_steps(proof, &matcher, err);
    sj_matcher_done(&matcher);
    if (status != SJ_OK)
        return status;
    dialect.dialect = SJ_DIALECT_CLICKHOUSE;
    return sj_funnel_rule_check(&dialect, NULL) == SJ_OK ? give_dialects(proof, err)
                                                         : sj_dialect_note(SJ_DIALECT_SOJOURN, proof->rule.match.within_us, proof->result);
}

/* ---- the question ---- */

static enum sj_status read_rule(const struct sj_why_words *words, const struct sj_lens *lens, struct sj_funnel_rule *ret_rule,
                                struct sj_error *err) {
    uint32_t n_conditions;
    const struct sj_pattern *pattern = sj_lens_patterns(lens, &n_conditions)[0];
    int64_t within_us = 7 * SJ_US_DAY;
    if (words->within.n > 0 && (!sj_duration_parse(words->within, &within_us) || within_us == 0 || within_us > SJ_WITHIN_MAX))
        return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no value for %s; expected a time such as 30m, 24h or 7d", SJ_ARG(words->within),
                       "within");
    *ret_rule = (struct sj_funnel_rule){
        .match = {.pattern = pattern, .within_us = sj_match_within(pattern, words->within.n > 0, within_us), .hold = SJ_NO_CODE},
        .dialect = SJ_DIALECT_SOJOURN,
    };
    if (words->hold.n > 0)
        ret_rule->match.hold = 0;
    return SJ_OK;
}

static enum sj_status look(struct proof *proof, const struct sj_lens *lens, sj_key key, struct sj_str identity, struct sj_error *err) {
    struct sj_scan *scan;
    sj_key end;
    SJ_TRY(sj_scan_open(lens, key, sj_key_next(key, &end) ? &end : NULL, &scan, err));
    enum sj_status status = sj_scan_next(scan, &proof->batch, err);
    if (status == SJ_OK && !proof->batch && sj_scan_counts(scan).n_events == 0)
        status = sj_customer_unknown(identity, err);
    else if (status == SJ_OK && !proof->batch)
        status = sj_customer_left_out(identity, err);
    if (status == SJ_OK)
        status = give(proof, err);
    sj_scan_close(scan);
    return status;
}

enum sj_status sj_why_show(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot,
                           const struct sj_why_words *words, struct sj_result *result, struct sj_error *err) {
    const struct sj_lens_request request = {
        .words = &words->lens,
        .dimensions = &words->hold,
        .n_dimensions = words->hold.n > 0,
        .routes = &words->steps,
        .n_routes = 1,
        .time = true,
    };
    struct proof proof = {.view = sj_snapshot_view(snapshot), .mem = mem, .result = result};
    struct sj_lens *lens;
    struct sj_str customer;
    SJ_TRY(sj_lens_open(os, mem, snapshot, &request, &lens, err));
    enum sj_status status = read_rule(words, lens, &proof.rule, err);
    if (status == SJ_OK)
        status = sj_snapshot_customer(snapshot, sj_lens_people(lens), words->identity, &result->arena, &customer, err);
    if (status == SJ_OK)
        status = look(&proof, lens, sj_snapshot_key(snapshot, customer), customer, err);
    sj_lens_close(lens);
    return status;
}
