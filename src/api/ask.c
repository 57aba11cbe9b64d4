#include "api/ask.h"
#include "api/breakdown.h"
#include "api/run.h"
#include "api/trend.h"
#include "api/who.h"

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

static enum sj_status check_words(const struct sj_question *question, struct sj_error *err) {
    const struct sj_trend_words *trend = &question->trend;
    const struct sj_who_words *who = &question->who;
    if (who->is_asked && trend->over.n > 0)
        return sj_fail(err, SJ_E_USAGE,
                       "who opens a figure of the whole time; for that of one period give its from and to instead of trend");
    if (!who->is_asked && (who->limit != 0 || who->after.n > 0))
        return sj_fail(err, SJ_E_USAGE, "who-limit and who-after go with who, which lists the customers behind a figure");
    if (!who->is_asked && trend->over.n == 0 && (trend->of.n > 0 || trend->n_rows > 0))
        return sj_fail(err, SJ_E_USAGE,
                       "of and row go with trend, which follows one figure over time, or with who, which lists the customers behind it");
    if (question->breakdown.n > 0 && (trend->over.n > 0 || who->is_asked))
        return sj_fail(err, SJ_E_USAGE, "breakdown does not go together with trend or who: ask these of one segment (segment) at a time");
    if (who->limit < 0 || who->limit > SJ_WHO_LIMIT_MAX)
        return sj_fail(err, SJ_E_USAGE, "who-limit is %lld; expected a whole number from 1 to %d", (long long)who->limit, SJ_WHO_LIMIT_MAX);
    return SJ_OK;
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
    if (status == SJ_OK)
        status = check_words(question, err);
    if (status == SJ_OK && question->breakdown.n > 0)
        status = sj_breakdown_open(&run, os, snapshot, question, answer, err);
    if (status == SJ_OK)
        status = sj_run_open(&run, os, snapshot, question, answer, err);
    if (status == SJ_OK) {
        answer->result.analysis = run.analysis->name;
        answer->result.title = run.analysis->title;
        status = question->who.is_asked       ? sj_who(&run, snapshot, answer, err)
                 : question->trend.over.n > 0 ? sj_trend(&run, answer, err)
                 : question->breakdown.n > 0  ? sj_breakdown(&run, answer, err)
                                              : sj_run_once(&run, &answer->counts, &answer->result, err);
    }
    if (status == SJ_OK)
        status = add_notes(view, answer, &answer->result);
    if (status == SJ_E_MEMORY && err != NULL && err->message[0] == '\0') /* notes fail without a word */
        sj_fail(err, status, "there is not enough memory for the notes of the answer. Close other programs and try again");
    sj_run_close(&run);
    answer->elapsed_us = os->monotonic_us(os->ctx) - began_us;
    return status;
}
