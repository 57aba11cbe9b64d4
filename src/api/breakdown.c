#include "api/breakdown.h"

#include "api/breakdown_answer.h"
#include "api/member_cut.h"
#include "api/parts.h"
#include "base/parallel.h"

struct tally {
    int64_t n_customers, n_journeys, n_events;
};

struct breakdown {
    struct sj_run *run;
    struct sj_parts parts;
    struct sj_member_cut cuts[SJ_THREADS_MAX];
    const struct sj_batch *batches[SJ_THREADS_MAX]; /* in hand */
    struct tally *tallies[SJ_THREADS_MAX];          /* by part */
    int64_t n_in_none[SJ_THREADS_MAX], n_in_several[SJ_THREADS_MAX];
    struct sj_result *results; /* by part */
};

/* ---- passes ---- */

static enum sj_status begin_batch(void *ctx, unsigned thread, const struct sj_batch *batch, struct sj_error *err) {
    struct breakdown *breakdown = ctx;
    const struct sj_run *run = breakdown->run;
    (void)err;
    breakdown->batches[thread] = batch;
    for (uint32_t c = 0; breakdown->parts.items[0].n_passes == 0 && c < batch->n_customers; c++) {
        unsigned n = 0;
        for (uint32_t i = 0; i < run->n_segments; i++)
            n += batch->members[run->first_segment + i][c];
        breakdown->n_in_none[thread] += n == 0;
        breakdown->n_in_several[thread] += n > 1;
    }
    return SJ_OK;
}

static enum sj_status get_part(void *ctx, unsigned thread, uint32_t part, struct sj_batch *ret_piece, bool *ret_any, struct sj_error *err) {
    struct breakdown *breakdown = ctx;
    const struct sj_batch *batch = breakdown->batches[thread];
    struct tally *tally = &breakdown->tallies[thread][part];
    SJ_TRY(sj_member_cut(&breakdown->cuts[thread], batch, batch->members[breakdown->run->first_segment + part], ret_piece, ret_any, err));
    if (!*ret_any || breakdown->parts.items[part].n_passes > 0)
        return SJ_OK; /* later passes see the same */
    tally->n_customers += ret_piece->n_customers;
    tally->n_journeys += ret_piece->n_journeys;
    tally->n_events += ret_piece->n_events;
    return SJ_OK;
}

static enum sj_status take_answer(void *ctx, uint32_t part, struct sj_result *result, struct sj_error *err) {
    struct breakdown *breakdown = ctx;
    (void)err;
    breakdown->results[part] = *result; /* the answers are put together when all are there */
    sj_result_init(result, breakdown->run->job.mem, result->lang);
    return SJ_OK;
}

static struct sj_breakdown_part part_of(const struct breakdown *breakdown, uint32_t part) {
    const struct sj_run *run = breakdown->run;
    struct sj_breakdown_part ret = {.segment = &run->segments[part], .result = &breakdown->results[part]};
    for (unsigned t = 0; t < run->n_threads; t++) {
        ret.n_customers += breakdown->tallies[t][part].n_customers;
        ret.n_journeys += breakdown->tallies[t][part].n_journeys;
        ret.n_events += breakdown->tallies[t][part].n_events;
    }
    return ret;
}

static enum sj_status open_tallies(struct breakdown *breakdown, struct sj_error *err) {
    const struct sj_run *run = breakdown->run;
    SJ_TRY(sj_arena_new(run->job.arena, run->n_segments, sizeof *breakdown->results, &breakdown->results, err));
    for (uint32_t i = 0; i < run->n_segments; i++)
        sj_result_init(&breakdown->results[i], run->job.mem, SJ_EN);
    for (unsigned t = 0; t < run->n_threads; t++) {
        SJ_TRY(sj_arena_new(run->job.arena, run->n_segments, sizeof **breakdown->tallies, &breakdown->tallies[t], err));
        breakdown->cuts[t].run = run;
        sj_shelf_init(&breakdown->cuts[t].shelf, run->job.mem);
    }
    return SJ_OK;
}

static enum sj_status give(const struct breakdown *breakdown, struct sj_answer *answer, struct sj_error *err) {
    const struct sj_run *run = breakdown->run;
    struct sj_breakdown_part *parts;
    struct sj_breakdown_whole whole = {.n_customers = (int64_t)answer->counts.n_customers};
    SJ_TRY(sj_arena_new(run->job.arena, run->n_segments, sizeof *parts, &parts, err));
    for (uint32_t i = 0; i < run->n_segments; i++)
        parts[i] = part_of(breakdown, i);
    for (unsigned t = 0; t < run->n_threads; t++) {
        whole.n_in_none += breakdown->n_in_none[t];
        whole.n_in_several += breakdown->n_in_several[t];
    }
    return sj_breakdown_give(parts, run->n_segments, &whole, &answer->result, err);
}

enum sj_status sj_breakdown(struct sj_run *run, struct sj_answer *answer, struct sj_error *err) {
    struct breakdown *breakdown;
    SJ_TRY(sj_arena_new(run->job.arena, 1, sizeof *breakdown, &breakdown, err));
    const struct sj_parts_source source = {begin_batch, get_part, take_answer, breakdown};
    breakdown->run = run;
    enum sj_status status = open_tallies(breakdown, err);
    if (status == SJ_OK)
        status = sj_parts_open(&breakdown->parts, run, run->n_segments, &source, err);
    for (uint32_t i = 0; i < run->n_segments && status == SJ_OK; i++)
        breakdown->parts.items[i].job.arena = run->job.arena; /* what an answer points to stays until all are put together */
    if (status == SJ_OK)
        status = sj_parts_ask(&breakdown->parts, answer, err);
    sj_parts_close(&breakdown->parts);
    if (status == SJ_OK)
        status = give(breakdown, answer, err);
    for (unsigned t = 0; t < run->n_threads; t++)
        if (breakdown->cuts[t].run)
            sj_shelf_done(&breakdown->cuts[t].shelf);
    for (uint32_t i = 0; i < run->n_segments && breakdown->results; i++)
        sj_result_done(&breakdown->results[i]);
    return status;
}
