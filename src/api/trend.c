#include "api/trend.h"

#include "api/trend_answer.h"
#include "api/trend_cut.h"
#include "base/parallel.h"

/* The question for one period. */
struct part {
    struct sj_job job;
    struct sj_arena arena; /* of its plan */
    bool again;            /* wants a pass */
    void **states;         /* by thread; NULL: has not begun */
};

struct trend {
    struct sj_run *run;
    struct sj_periods periods;
    struct part *parts; /* by period */
    struct sj_period_cut cuts[SJ_THREADS_MAX];
    uint32_t first, end; /* periods that are asked now */
};

/* ---- how many at a time ---- */

/* Counts what is asked for. */
struct counting {
    const struct sj_alloc *mem;
    size_t bytes;
};

static void *counted_resize(void *ctx, void *ptr, size_t bytes) {
    struct counting *counting = ctx;
    counting->bytes += bytes;
    return counting->mem->resize(counting->mem->ctx, ptr, bytes);
}

/* By the size of an empty state of the first. */
static enum sj_status count_at_a_time(const struct trend *trend, uint32_t *ret_n, struct sj_error *err) {
    const struct sj_analysis *analysis = trend->run->analysis;
    struct counting counting = {.mem = trend->run->job.mem};
    const struct sj_alloc mem = {counted_resize, &counting};
    struct sj_job job = trend->parts[0].job;
    void *state;
    job.mem = &mem;
    job.arena = &trend->parts[0].arena;
    if (analysis->prepare)
        SJ_TRY(analysis->prepare(&job, err));
    SJ_TRY(analysis->start(&job, &state, err));
    analysis->drop(&job, state);
    sj_arena_done(job.arena);
    const size_t n = SJ_TREND_BYTES / (counting.bytes * trend->run->n_threads + 1);
    *ret_n = n < 1 ? 1 : n < trend->periods.n ? (uint32_t)n : trend->periods.n;
    return SJ_OK;
}

/* ---- passes ---- */

static enum sj_status absorb(void *ctx, unsigned thread, const struct sj_batch *batch, struct sj_error *err) {
    struct trend *trend = ctx;
    const struct sj_analysis *analysis = trend->run->analysis;
    struct sj_period_cut *cut = &trend->cuts[thread];
    struct sj_batch piece;
    SJ_TRY(sj_period_cut_take(cut, batch, err));
    for (uint32_t p = trend->first; p < trend->end; p++) {
        struct part *part = &trend->parts[p];
        if (!part->again || !sj_period_cut_get(cut, p, &piece))
            continue;
        if (!part->states[thread])
            SJ_TRY(analysis->start(&part->job, &part->states[thread], err));
        SJ_TRY(analysis->absorb(&part->job, part->states[thread], &piece, err));
    }
    return SJ_OK;
}

static void drop_states(const struct trend *trend, struct part *part) {
    for (unsigned t = 0; t < trend->run->n_threads; t++) {
        if (part->states[t])
            trend->run->analysis->drop(&part->job, part->states[t]);
        part->states[t] = NULL;
    }
}

/* states[0] is then the merged state. */
static enum sj_status merge_states(const struct trend *trend, struct part *part, struct sj_error *err) {
    const struct sj_analysis *analysis = trend->run->analysis;
    if (!part->states[0])
        SJ_TRY(analysis->start(&part->job, &part->states[0], err));
    for (unsigned t = 1; t < trend->run->n_threads; t++) {
        if (!part->states[t])
            continue;
        SJ_TRY(analysis->merge(&part->job, part->states[0], part->states[t], err));
        analysis->drop(&part->job, part->states[t]);
        part->states[t] = NULL;
    }
    return SJ_OK;
}

static enum sj_status finish_part(const struct trend *trend, uint32_t period, struct sj_trend_figures *figures, enum sj_lang lang,
                                  struct sj_error *err) {
    const struct part *part = &trend->parts[period];
    struct sj_result result;
    sj_result_init(&result, trend->run->job.mem, lang);
    result.analysis = trend->run->analysis->name;
    enum sj_status status = trend->run->analysis->finish(&part->job, part->states[0], &result, err);
    if (status == SJ_OK)
        status = sj_trend_take(figures, &result, period, err);
    sj_result_done(&result);
    return status;
}

/* A pass for all that want one; those that want no more give their figure. */
static enum sj_status pass(struct trend *trend, struct sj_trend_figures *figures, struct sj_answer *answer, bool *ret_again,
                           struct sj_error *err) {
    const struct sj_analysis *analysis = trend->run->analysis;
    SJ_TRY(sj_run_pass(trend->run, absorb, trend, &answer->counts, err));
    *ret_again = false;
    for (uint32_t p = trend->first; p < trend->end; p++) {
        struct part *part = &trend->parts[p];
        if (!part->again)
            continue;
        part->again = false;
        SJ_TRY(merge_states(trend, part, err));
        if (analysis->turn)
            SJ_TRY(analysis->turn(&part->job, part->states[0], &part->again, err));
        if (!part->again)
            SJ_TRY(finish_part(trend, p, figures, answer->result.lang, err));
        drop_states(trend, part);
        *ret_again |= part->again;
    }
    return SJ_OK;
}

static enum sj_status ask_group(struct trend *trend, struct sj_trend_figures *figures, struct sj_answer *answer, struct sj_error *err) {
    bool again = true;
    for (uint32_t p = trend->first; p < trend->end; p++) {
        struct part *part = &trend->parts[p];
        part->again = true;
        if (trend->run->analysis->prepare)
            SJ_TRY(trend->run->analysis->prepare(&part->job, err));
    }
    while (again)
        SJ_TRY(pass(trend, figures, answer, &again, err));
    for (uint32_t p = trend->first; p < trend->end; p++)
        sj_arena_done(&trend->parts[p].arena);
    return SJ_OK;
}

/* ---- all of it ---- */

static enum sj_status choose_periods(const struct sj_run *run, const struct sj_trend_words *words, struct sj_periods *ret_periods,
                                     enum sj_period *ret_by, struct sj_error *err) {
    static const struct sj_str names[] = {{"day", 3}, {"week", 4}, {"month", 5}};
    enum sj_period by = sj_period_for(run->job.from_us, run->job.to_us);
    bool known = sj_str_eq(words->over, SJ_LIT("auto"));
    for (int i = 0; i < 3 && !known; i++) {
        known = sj_str_eq(words->over, names[i]);
        by = known ? (enum sj_period)i : by;
    }
    if (!known)
        return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no period for a trend; expected one of: auto day week month", SJ_ARG(words->over));
    SJ_TRY(sj_periods_new(run->job.arena, run->job.zone, by, run->job.from_us, run->job.to_us, ret_periods, err));
    if (ret_periods->n > SJ_TREND_PERIODS)
        return sj_fail(err, SJ_E_USAGE,
                       "the events cover %u periods, and a trend has at most %d: choose a longer period, or a shorter time range",
                       ret_periods->n, SJ_TREND_PERIODS);
    *ret_by = by;
    return SJ_OK;
}

static enum sj_status make_parts(struct trend *trend, struct sj_error *err) {
    const struct sj_run *run = trend->run;
    SJ_TRY(sj_arena_new(run->job.arena, trend->periods.n, sizeof *trend->parts, &trend->parts, err));
    for (uint32_t p = 0; p < trend->periods.n; p++) {
        struct part *part = &trend->parts[p];
        const int64_t from_us = trend->periods.starts[p], to_us = trend->periods.starts[p + 1];
        SJ_TRY(sj_arena_new(run->job.arena, run->n_threads, sizeof *part->states, (void *)&part->states, err));
        sj_arena_init(&part->arena, run->job.mem);
        part->job = run->job;
        part->job.arena = &part->arena;
        part->job.from_us = from_us > run->job.from_us ? from_us : run->job.from_us;
        part->job.to_us = to_us < run->job.to_us ? to_us : run->job.to_us;
    }
    return SJ_OK;
}

static enum sj_status ask_all(struct trend *trend, struct sj_trend_figures *figures, struct sj_answer *answer, struct sj_error *err) {
    uint32_t at_a_time = 0;
    SJ_TRY(make_parts(trend, err));
    for (unsigned t = 0; t < trend->run->n_threads; t++)
        sj_period_cut_init(&trend->cuts[t], trend->run->job.mem, &trend->periods, trend->run->job.n_dimensions, trend->run->job.n_measures,
                           trend->run->n_conditions);
    if (trend->periods.n > 0)
        SJ_TRY(count_at_a_time(trend, &at_a_time, err));
    for (; trend->end < trend->periods.n; trend->first = trend->end) {
        trend->end = trend->periods.n - trend->end > at_a_time ? trend->end + at_a_time : trend->periods.n;
        SJ_TRY(ask_group(trend, figures, answer, err));
    }
    return SJ_OK;
}

enum sj_status sj_trend(struct sj_run *run, struct sj_answer *answer, struct sj_error *err) {
    struct trend *trend;
    struct sj_trend_figures figures = {
        .words = &answer->question->trend, .from_us = run->job.from_us, .to_us = run->job.to_us, .arena = run->job.arena};
    SJ_TRY(sj_arena_new(run->job.arena, 1, sizeof *trend, &trend, err));
    trend->run = run;
    SJ_TRY(choose_periods(run, figures.words, &trend->periods, &figures.by, err));
    figures.periods = &trend->periods;
    sj_trend_figures_init(&figures, run->job.mem);
    enum sj_status status = ask_all(trend, &figures, answer, err);
    for (uint32_t p = 0; p < trend->periods.n && trend->parts; p++) {
        if (trend->parts[p].states)
            drop_states(trend, &trend->parts[p]);
        if (trend->parts[p].arena.mem)
            sj_arena_done(&trend->parts[p].arena);
    }
    for (unsigned t = 0; t < run->n_threads; t++) {
        if (trend->cuts[t].periods)
            sj_period_cut_done(&trend->cuts[t]);
    }
    if (status == SJ_OK)
        status = sj_trend_give(&figures, &answer->result, err);
    sj_trend_figures_done(&figures);
    return status;
}
