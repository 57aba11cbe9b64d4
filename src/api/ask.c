#include "api/ask.h"
#include "api/breakdown.h"
#include "api/run.h"
#include "api/trend.h"
#include "base/parallel.h"

/* ---- passes ---- */

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
static enum sj_status run_pass(struct asking *asking, struct sj_scan_counts *ret_counts, struct sj_error *err) {
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

static enum sj_status run_passes(struct asking *asking, struct sj_answer *answer, struct sj_error *err) {
    struct sj_run *run = asking->run;
    bool again = true;
    if (run->analysis->prepare)
        SJ_TRY(run->analysis->prepare(&run->job, err));
    while (again) {
        again = false;
        SJ_TRY(run_pass(asking, &answer->counts, err));
        if (run->analysis->turn)
            SJ_TRY(run->analysis->turn(&run->job, asking->states[0], &again, err));
        if (again)
            drop_states(asking);
    }
    return run->analysis->finish(&run->job, asking->states[0], &answer->result, err);
}

/* ---- notes of every answer ---- */

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

static enum sj_status ask_once(struct sj_run *run, struct sj_answer *answer, struct sj_error *err) {
    struct asking asking = {.run = run};
    const enum sj_status status = run_passes(&asking, answer, err);
    drop_states(&asking);
    return status;
}

enum sj_status sj_ask(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot, const struct sj_question *question,
                      struct sj_answer *answer, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    const int64_t began_us = os->monotonic_us(os->ctx);
    struct sj_run run = {.job.mem = mem};
    answer->question = question;
    answer->n_events = view->n_events;
    answer->as_of_us = view->as_of_us;
    enum sj_status status = sj_arena_print(&answer->result.arena, &answer->currency, err, "%s", view->currency);
    if (status == SJ_OK && question->trend.over.n == 0 && (question->trend.of.n > 0 || question->trend.n_rows > 0))
        status = sj_fail(err, SJ_E_USAGE, "of and row go with trend, which follows one figure over time");
    if (status == SJ_OK && question->trend.over.n > 0 && question->breakdown.n > 0)
        status = sj_fail(err, SJ_E_USAGE, "trend and breakdown do not go together: ask for the trend of one segment (segment) at a time");
    if (status == SJ_OK && question->breakdown.n > 0)
        status = sj_breakdown_open(&run, os, snapshot, question, answer, err);
    if (status == SJ_OK)
        status = sj_run_open(&run, os, snapshot, question, answer, err);
    if (status == SJ_OK) {
        answer->result.analysis = run.analysis->name;
        answer->result.title = run.analysis->title;
        status = question->trend.over.n > 0  ? sj_trend(&run, answer, err)
                 : question->breakdown.n > 0 ? sj_breakdown(&run, answer, err)
                                             : ask_once(&run, answer, err);
    }
    if (status == SJ_OK)
        status = add_notes(view, answer, &answer->result);
    if (status == SJ_E_MEMORY && err != NULL && err->message[0] == '\0') /* notes fail without a word */
        sj_fail(err, status, "there is not enough memory for the notes of the answer. Close other programs and try again");
    sj_run_close(&run);
    answer->elapsed_us = os->monotonic_us(os->ctx) - began_us;
    return status;
}
