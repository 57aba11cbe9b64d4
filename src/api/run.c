#include "api/run.h"
#include "api/args.h"
#include "base/parallel.h"

#define UNIT_EVENTS_MIN 262144
#define UNITS_PER_THREAD 8

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

enum sj_status sj_run_split(struct sj_run *run, const struct sj_os *os, struct sj_snapshot *snapshot, unsigned n_threads,
                            struct sj_arena *arena, struct sj_error *err) {
    sj_key *bounds;
    run->n_threads = n_threads ? n_threads : os->n_processors(os->ctx);
    run->n_threads = run->n_threads > SJ_THREADS_MAX ? SJ_THREADS_MAX : run->n_threads;
    const uint64_t share = sj_snapshot_view(snapshot)->n_events / (run->n_threads * (uint64_t)UNITS_PER_THREAD);
    SJ_TRY(sj_snapshot_split(snapshot, share > UNIT_EVENTS_MIN ? share : UNIT_EVENTS_MIN, arena, &bounds, &run->n_units, err));
    run->bounds = bounds;
    return SJ_OK;
}

enum sj_status sj_run_open(struct sj_run *run, const struct sj_os *os, struct sj_snapshot *snapshot, const struct sj_question *question,
                           struct sj_answer *answer, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    struct sj_arena *arena = &answer->result.arena;
    struct sj_typed_args typed;
    SJ_TRY(find_analysis(question->analysis, &run->analysis, err));
    if (question->trend.over.n > 0 && (run->analysis->needs & SJ_NEED_IDENTITY))
        return sj_fail(err, SJ_E_USAGE, "%s lists people, who cannot be followed over time (trend)", run->analysis->name);
    if (question->who.is_asked && (run->analysis->needs & SJ_NEED_IDENTITY))
        return sj_fail(err, SJ_E_USAGE, "%s lists people already: nothing is left to open (who)", run->analysis->name);
    SJ_TRY(sj_args_type(run->analysis, question, view, arena, &typed, err));
    struct sj_str *members;
    run->first_segment = (uint32_t)typed.n_members; /* behind those of the analysis */
    SJ_TRY(sj_arena_new(arena, typed.n_members + run->n_segments + 1, sizeof *members, &members, err));
    for (uint32_t i = 0; i < run->first_segment; i++)
        members[i] = typed.members[i];
    for (uint32_t i = 0; i < run->n_segments; i++)
        members[run->first_segment + i] = run->segments[i].condition;
    const struct sj_lens_request request = {
        .words = &question->lens,
        .dimensions = typed.dimensions,
        .n_dimensions = typed.n_dimensions,
        .measures = typed.measures,
        .n_measures = typed.n_measures,
        .routes = typed.routes,
        .n_routes = typed.n_routes,
        .members = members,
        .n_members = run->first_segment + run->n_segments,
        .time = (run->analysis->needs & SJ_NEED_TIME) || question->trend.over.n > 0 || question->who.is_asked,
        .channel = run->analysis->needs & SJ_NEED_CHANNEL,
        .identity = (run->analysis->needs & SJ_NEED_IDENTITY) || question->who.is_asked,
        .properties = run->analysis->needs & SJ_NEED_PROPERTIES,
    };
    SJ_TRY(sj_lens_open(os, run->job.mem, snapshot, &request, &run->lens, err));
    SJ_TRY(sj_run_split(run, os, snapshot, question->n_threads, arena, err));
    run->cancel = question->cancel;
    run->job.arena = arena;
    run->job.args = typed.args;
    run->job.touchpoints = view->touchpoints;
    run->job.channels = view->channels;
    run->job.n_touchpoints = view->n_touchpoints;
    run->job.n_channels = view->n_channels;
    run->job.dimensions = sj_lens_dimensions(run->lens);
    sj_lens_count_dimensions(run->lens, &run->job.n_dimensions, &run->job.n_properties);
    run->job.measures = sj_lens_measures(run->lens);
    run->job.n_measures = (uint32_t)typed.n_measures;
    run->job.patterns = sj_lens_patterns(run->lens, &run->n_conditions);
    run->job.sessions = sj_lens_cuts_sessions(run->lens);
    run->job.zone = sj_lens_zone(run->lens);
    sj_lens_range(run->lens, &run->job.from_us, &run->job.to_us);
    SJ_TRY(sj_args_times(run->analysis, run->job.zone, &typed, err));
    answer->args = typed.texts;
    answer->n_args = run->analysis->n_params;
    return SJ_OK;
}

void sj_run_close(struct sj_run *run) { sj_lens_close(run->lens); }

/* ---- a pass ---- */

struct pass {
    const struct sj_run *run;
    sj_take_batch take;
    void *ctx;
    struct sj_scan_counts counts[SJ_THREADS_MAX];
};

static void add_counts(struct sj_scan_counts *sum, const struct sj_scan_counts *more) {
    sum->n_events += more->n_events;
    sum->n_chosen += more->n_chosen;
    sum->n_without_case += more->n_without_case;
    sum->n_customers += more->n_customers;
    sum->n_journeys += more->n_journeys;
}

enum sj_status sj_run_check(const struct sj_run *run, struct sj_error *err) {
    if (!run->cancel || !atomic_load_explicit(run->cancel, memory_order_relaxed))
        return SJ_OK;
    return sj_fail(err, SJ_E_CANCELLED, "the question was cancelled");
}

static enum sj_status take_unit(void *ctx, size_t task, unsigned thread, struct sj_error *err) {
    struct pass *pass = ctx;
    const struct sj_run *run = pass->run;
    struct sj_scan *scan;
    const struct sj_batch *batch;
    const sj_key *hi = task + 1 < run->n_units ? &run->bounds[task + 1] : NULL;
    SJ_TRY(sj_scan_open(run->lens, run->bounds[task], hi, &scan, err));
    enum sj_status status;
    while ((status = sj_run_check(run, err)) == SJ_OK && (status = sj_scan_next(scan, &batch, err)) == SJ_OK && batch) {
        status = pass->take(pass->ctx, thread, batch, err);
        if (status != SJ_OK)
            break;
    }
    const struct sj_scan_counts counts = sj_scan_counts(scan);
    add_counts(&pass->counts[thread], &counts);
    sj_scan_close(scan);
    return status;
}

enum sj_status sj_run_pass(const struct sj_run *run, sj_take_batch take, void *ctx, struct sj_scan_counts *ret_counts,
                           struct sj_error *err) {
    struct pass pass = {.run = run, .take = take, .ctx = ctx};
    const enum sj_status status = sj_parallel(run->n_threads, run->n_units, take_unit, &pass, err);
    *ret_counts = (struct sj_scan_counts){0};
    for (unsigned t = 0; t < run->n_threads; t++)
        add_counts(ret_counts, &pass.counts[t]);
    return status;
}

/* ---- all passes ---- */

struct asking {
    struct sj_run *run;
    void *states[SJ_THREADS_MAX]; /* NULL: has not begun */
};

static enum sj_status absorb(void *ctx, unsigned thread, const struct sj_batch *batch, struct sj_error *err) {
    struct asking *asking = ctx;
    const struct sj_analysis *analysis = asking->run->analysis;
    if (!asking->states[thread])
        SJ_TRY(analysis->start(&asking->run->job, &asking->states[thread], err));
    return analysis->absorb(&asking->run->job, asking->states[thread], batch, err);
}

static void drop_states(struct asking *asking) {
    for (unsigned t = 0; t < asking->run->n_threads; t++) {
        if (asking->states[t])
            asking->run->analysis->drop(&asking->run->job, asking->states[t]);
        asking->states[t] = NULL;
    }
}

/* Goes over all journeys once; states[0] is then the merged state. */
static enum sj_status one_pass(struct asking *asking, struct sj_scan_counts *ret_counts, struct sj_error *err) {
    const struct sj_analysis *analysis = asking->run->analysis;
    const struct sj_job *job = &asking->run->job;
    SJ_TRY(analysis->start(job, &asking->states[0], err));
    SJ_TRY(sj_run_pass(asking->run, absorb, asking, ret_counts, err));
    for (unsigned t = 1; t < asking->run->n_threads; t++) {
        if (!asking->states[t])
            continue;
        SJ_TRY(analysis->merge(job, asking->states[0], asking->states[t], err));
        analysis->drop(job, asking->states[t]);
        asking->states[t] = NULL;
    }
    return SJ_OK;
}

static enum sj_status run_passes(struct asking *asking, struct sj_scan_counts *ret_counts, struct sj_result *result, struct sj_error *err) {
    struct sj_run *run = asking->run;
    bool again = true;
    if (run->analysis->prepare)
        SJ_TRY(run->analysis->prepare(&run->job, err));
    while (again) {
        again = false;
        SJ_TRY(one_pass(asking, ret_counts, err));
        if (run->analysis->turn)
            SJ_TRY(run->analysis->turn(&run->job, asking->states[0], &again, err));
        if (again)
            drop_states(asking);
    }
    return run->analysis->finish(&run->job, asking->states[0], result, err);
}

enum sj_status sj_run_once(struct sj_run *run, struct sj_scan_counts *ret_counts, struct sj_result *result, struct sj_error *err) {
    struct asking asking = {.run = run};
    const enum sj_status status = run_passes(&asking, ret_counts, result, err);
    drop_states(&asking);
    return status;
}
