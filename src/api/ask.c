#include "api/ask.h"
#include "api/args.h"
#include "base/parallel.h"

#define UNIT_EVENTS_MIN 262144
#define UNITS_PER_THREAD 8

/* One question under way. */
struct run {
    const struct sj_analysis *analysis;
    struct sj_job job;
    struct sj_lens *lens;
    const sj_key *bounds;
    size_t n_units;
    unsigned n_threads;
    void **states;                 /* by thread; NULL: has not begun */
    struct sj_scan_counts *counts; /* by thread */
};

static enum sj_status find_analysis(struct sj_str name, const struct sj_analysis **ret_analysis, struct sj_error *err) {
    struct sj_str names[64];
    size_t n = 0;
    for (; sj_analyses[n] && n < sizeof names / sizeof *names; n++) {
        names[n] = sj_str(sj_analyses[n]->name);
        if (sj_str_eq(names[n], name)) {
            *ret_analysis = sj_analyses[n];
            return SJ_OK;
        }
    }
    const size_t near = sj_str_nearest(name, names, n);
    if (near < n)
        return sj_fail(err, SJ_E_NOT_FOUND, "there is no analysis \"%.*s\"; did you mean \"%.*s\"?", SJ_ARG(name), SJ_ARG(names[near]));
    return sj_fail(err, SJ_E_NOT_FOUND, "there is no analysis \"%.*s\"", SJ_ARG(name));
}

/* ---- passes ---- */

static enum sj_status absorb_unit(void *ctx, size_t task, unsigned thread, struct sj_error *err) {
    struct run *run = ctx;
    struct sj_scan *scan;
    const struct sj_batch *batch;
    if (!run->states[thread])
        SJ_TRY(run->analysis->start(&run->job, &run->states[thread], err));
    const sj_key *hi = task + 1 < run->n_units ? &run->bounds[task + 1] : NULL;
    SJ_TRY(sj_scan_open(run->lens, run->bounds[task], hi, &scan, err));
    enum sj_status status;
    while ((status = sj_scan_next(scan, &batch, err)) == SJ_OK && batch) {
        status = run->analysis->absorb(&run->job, run->states[thread], batch, err);
        if (status != SJ_OK)
            break;
    }
    const struct sj_scan_counts counts = sj_scan_counts(scan);
    struct sj_scan_counts *sum = &run->counts[thread];
    sum->n_events += counts.n_events;
    sum->n_chosen += counts.n_chosen;
    sum->n_without_case += counts.n_without_case;
    sum->n_customers += counts.n_customers;
    sum->n_journeys += counts.n_journeys;
    sj_scan_close(scan);
    return status;
}

static void drop_states(struct run *run) {
    for (unsigned t = 0; t < run->n_threads; t++) {
        if (run->states[t])
            run->analysis->drop(&run->job, run->states[t]);
        run->states[t] = NULL;
    }
}

/* Goes over all journeys once; states[0] is then the merged state. */
static enum sj_status run_pass(struct run *run, struct sj_error *err) {
    memset(run->counts, 0, run->n_threads * sizeof *run->counts);
    SJ_TRY(run->analysis->start(&run->job, &run->states[0], err));
    SJ_TRY(sj_parallel(run->n_threads, run->n_units, absorb_unit, run, err));
    for (unsigned t = 1; t < run->n_threads; t++) {
        if (!run->states[t])
            continue;
        SJ_TRY(run->analysis->merge(&run->job, run->states[0], run->states[t], err));
        run->analysis->drop(&run->job, run->states[t]);
        run->states[t] = NULL;
    }
    return SJ_OK;
}

static enum sj_status run_passes(struct run *run, struct sj_result *result, struct sj_error *err) {
    bool again = true;
    if (run->analysis->prepare)
        SJ_TRY(run->analysis->prepare(&run->job, err));
    while (again) {
        again = false;
        SJ_TRY(run_pass(run, err));
        if (run->analysis->turn)
            SJ_TRY(run->analysis->turn(&run->job, run->states[0], &again, err));
        if (again)
            drop_states(run);
    }
    return run->analysis->finish(&run->job, run->states[0], result, err);
}

/* ---- notes of every answer ---- */

static void sum_counts(const struct run *run, struct sj_scan_counts *ret_counts) {
    *ret_counts = (struct sj_scan_counts){0};
    for (unsigned t = 0; t < run->n_threads; t++) {
        ret_counts->n_events += run->counts[t].n_events;
        ret_counts->n_chosen += run->counts[t].n_chosen;
        ret_counts->n_without_case += run->counts[t].n_without_case;
        ret_counts->n_customers += run->counts[t].n_customers;
        ret_counts->n_journeys += run->counts[t].n_journeys;
    }
}

static enum sj_status note_empty(const struct sj_view *view, const struct sj_answer *answer, struct sj_result *result) {
    char from[SJ_TIME_TEXT_BYTES], to[SJ_TIME_TEXT_BYTES];
    if (view->n_events == 0)
        return sj_note(result, SJ_NOTE_WARNING, "empty_store", "The store has no events yet; import some first.");
    const size_t n_from = sj_time_format(view->min_time_us, from), n_to = sj_time_format(view->max_time_us, to);
    if (answer->counts.n_chosen == 0)
        return sj_note(result, SJ_NOTE_WARNING, "empty_choice",
                       "No event meets the choice (from, to, where). The store's events are from %.*s to %.*s.", (int)n_from, from,
                       (int)n_to, to);
    return sj_note(result, SJ_NOTE_WARNING, "empty_choice", "No chosen event has a value of the property that journeys are made by.");
}

static enum sj_status add_notes(const struct sj_view *view, const struct sj_answer *answer, struct sj_result *result) {
    const struct sj_scan_counts *counts = &answer->counts;
    if (counts->n_journeys == 0)
        return note_empty(view, answer, result);
    if (counts->n_without_case > 0)
        return sj_note(result, SJ_NOTE_INFO, "without_case",
                       "%llu of %llu chosen events have no value of the property that journeys are made by, and belong to no journey.",
                       (unsigned long long)counts->n_without_case, (unsigned long long)counts->n_chosen);
    return SJ_OK;
}

/* ---- ask ---- */

static enum sj_status prepare_run(struct run *run, const struct sj_os *os, struct sj_snapshot *snapshot, const struct sj_question *question,
                                  struct sj_answer *answer, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    struct sj_arena *arena = &answer->result.arena;
    struct sj_typed_args typed;
    sj_key *bounds;
    SJ_TRY(find_analysis(question->analysis, &run->analysis, err));
    SJ_TRY(sj_args_type(run->analysis, question, view, arena, &typed, err));
    const struct sj_lens_request request = {
        .words = &question->lens,
        .dimensions = typed.dimensions,
        .n_dimensions = typed.n_dimensions,
        .measures = typed.measures,
        .n_measures = typed.n_measures,
        .time = run->analysis->needs & SJ_NEED_TIME,
        .channel = run->analysis->needs & SJ_NEED_CHANNEL,
    };
    SJ_TRY(sj_lens_open(os, run->job.mem, snapshot, &request, &run->lens, err));
    const unsigned n_processors = os->n_processors(os->ctx);
    run->n_threads = question->n_threads ? question->n_threads : n_processors;
    run->n_threads = run->n_threads > SJ_THREADS_MAX ? SJ_THREADS_MAX : run->n_threads;
    const uint64_t share = view->n_events / (run->n_threads * (uint64_t)UNITS_PER_THREAD);
    SJ_TRY(sj_snapshot_split(snapshot, share > UNIT_EVENTS_MIN ? share : UNIT_EVENTS_MIN, arena, &bounds, &run->n_units, err));
    SJ_TRY(sj_arena_new(arena, run->n_threads, sizeof *run->states, (void *)&run->states, err));
    SJ_TRY(sj_arena_new(arena, run->n_threads, sizeof *run->counts, &run->counts, err));
    run->bounds = bounds;
    run->job.arena = arena;
    run->job.args = typed.args;
    run->job.touchpoints = view->touchpoints;
    run->job.channels = view->channels;
    run->job.n_touchpoints = view->n_touchpoints;
    run->job.n_channels = view->n_channels;
    run->job.dimensions = sj_lens_dimensions(run->lens);
    run->job.n_dimensions = (uint32_t)typed.n_dimensions;
    run->job.measures = sj_lens_measures(run->lens);
    run->job.n_measures = (uint32_t)typed.n_measures;
    run->job.sessions = sj_lens_cuts_sessions(run->lens);
    run->job.zone = sj_lens_zone(run->lens);
    sj_lens_range(run->lens, &run->job.from_us, &run->job.to_us);
    answer->args = typed.texts;
    answer->n_args = run->analysis->n_params;
    return SJ_OK;
}

enum sj_status sj_ask(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot, const struct sj_question *question,
                      struct sj_answer *answer, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    const int64_t began_us = os->monotonic_us(os->ctx);
    struct run run = {.job.mem = mem};
    answer->question = question;
    answer->n_events = view->n_events;
    answer->as_of_us = view->as_of_us;
    enum sj_status status = sj_arena_print(&answer->result.arena, &answer->currency, err, "%s", view->currency);
    if (status == SJ_OK)
        status = prepare_run(&run, os, snapshot, question, answer, err);
    if (status == SJ_OK) {
        answer->result.analysis = run.analysis->name;
        answer->result.title = run.analysis->title;
        status = run_passes(&run, &answer->result, err);
        sum_counts(&run, &answer->counts);
        drop_states(&run);
    }
    if (status == SJ_OK)
        status = add_notes(view, answer, &answer->result);
    if (status == SJ_E_MEMORY && err != NULL && err->message[0] == '\0') /* notes fail without a word */
        sj_fail(err, status, "there is not enough memory for the notes of the answer. Close other programs and try again");
    sj_lens_close(run.lens);
    answer->elapsed_us = os->monotonic_us(os->ctx) - began_us;
    return status;
}
