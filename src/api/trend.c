#include "api/trend.h"

#include "api/parts.h"
#include "api/trend_answer.h"
#include "api/trend_cut.h"
#include "base/parallel.h"

struct trend {
    struct sj_run *run;
    struct sj_periods periods;
    struct sj_parts parts; /* by period */
    struct sj_period_cut cuts[SJ_THREADS_MAX];
    struct sj_trend_figures *figures;
};

static enum sj_status begin_batch(void *ctx, unsigned thread, const struct sj_batch *batch, struct sj_error *err) {
    struct trend *trend = ctx;
    return sj_period_cut_take(&trend->cuts[thread], batch, err);
}

static enum sj_status get_period(void *ctx, unsigned thread, uint32_t period, struct sj_batch *ret_piece, bool *ret_any,
                                 struct sj_error *err) {
    struct trend *trend = ctx;
    (void)err;
    *ret_any = sj_period_cut_get(&trend->cuts[thread], period, ret_piece);
    return SJ_OK;
}

static enum sj_status take_figure(void *ctx, uint32_t period, struct sj_result *result, struct sj_error *err) {
    const struct trend *trend = ctx;
    return sj_trend_take(trend->figures, result, period, err);
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

static enum sj_status open_parts(struct trend *trend, struct sj_error *err) {
    const struct sj_parts_source source = {begin_batch, get_period, take_figure, trend};
    struct sj_run *run = trend->run;
    SJ_TRY(sj_parts_open(&trend->parts, run, trend->periods.n, &source, err));
    for (uint32_t p = 0; p < trend->periods.n; p++) {
        struct sj_job *job = &trend->parts.items[p].job;
        const int64_t from_us = trend->periods.starts[p], to_us = trend->periods.starts[p + 1];
        job->from_us = from_us > run->job.from_us ? from_us : run->job.from_us;
        job->to_us = to_us < run->job.to_us ? to_us : run->job.to_us;
    }
    for (unsigned t = 0; t < run->n_threads; t++)
        sj_period_cut_init(&trend->cuts[t], run, &trend->periods);
    return SJ_OK;
}

enum sj_status sj_trend(struct sj_run *run, struct sj_answer *answer, struct sj_error *err) {
    struct trend *trend;
    struct sj_trend_figures figures = {
        .words = &answer->question->trend, .from_us = run->job.from_us, .to_us = run->job.to_us, .arena = run->job.arena};
    SJ_TRY(sj_arena_new(run->job.arena, 1, sizeof *trend, &trend, err));
    trend->run = run;
    trend->figures = &figures;
    SJ_TRY(choose_periods(run, figures.words, &trend->periods, &figures.by, err));
    figures.periods = &trend->periods;
    sj_trend_figures_init(&figures, run->job.mem);
    enum sj_status status = open_parts(trend, err);
    if (status == SJ_OK)
        status = sj_parts_ask(&trend->parts, answer, err);
    sj_parts_close(&trend->parts);
    for (unsigned t = 0; t < run->n_threads; t++) {
        if (trend->cuts[t].periods)
            sj_period_cut_done(&trend->cuts[t]);
    }
    if (status == SJ_OK)
        status = sj_trend_give(&figures, &answer->result, err);
    sj_trend_figures_done(&figures);
    return status;
}
