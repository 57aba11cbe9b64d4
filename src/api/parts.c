#include "api/parts.h"

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
static enum sj_status count_at_a_time(const struct sj_parts *parts, uint32_t *ret_n, struct sj_error *err) {
    const struct sj_analysis *analysis = parts->run->analysis;
    struct counting counting = {.mem = parts->run->job.mem};
    const struct sj_alloc mem = {counted_resize, &counting};
    struct sj_job job = parts->items[0].job;
    void *state;
    job.mem = &mem;
    job.arena = &parts->items[0].arena;
    if (analysis->prepare)
        SJ_TRY(analysis->prepare(&job, err));
    SJ_TRY(analysis->start(&job, &state, err));
    analysis->drop(&job, state);
    sj_arena_done(job.arena);
    const size_t n = SJ_PARTS_BYTES / (counting.bytes * parts->run->n_threads + 1);
    *ret_n = n < 1 ? 1 : n < parts->n ? (uint32_t)n : parts->n;
    return SJ_OK;
}

/* ---- passes ---- */

static enum sj_status absorb(void *ctx, unsigned thread, const struct sj_batch *batch, struct sj_error *err) {
    struct sj_parts *parts = ctx;
    const struct sj_analysis *analysis = parts->run->analysis;
    struct sj_batch piece;
    SJ_TRY(parts->source.begin(parts->source.ctx, thread, batch, err));
    for (uint32_t p = parts->first; p < parts->end; p++) {
        struct sj_part *part = &parts->items[p];
        bool any = false;
        if (part->again)
            SJ_TRY(parts->source.get(parts->source.ctx, thread, p, &piece, &any, err));
        if (!any)
            continue;
        if (!part->states[thread])
            SJ_TRY(analysis->start(&part->job, &part->states[thread], err));
        SJ_TRY(analysis->absorb(&part->job, part->states[thread], &piece, err));
    }
    return SJ_OK;
}

static void drop_states(const struct sj_parts *parts, struct sj_part *part) {
    for (unsigned t = 0; t < parts->run->n_threads; t++) {
        if (part->states[t])
            parts->run->analysis->drop(&part->job, part->states[t]);
        part->states[t] = NULL;
    }
}

/* states[0] is then the merged state. */
static enum sj_status merge_states(const struct sj_parts *parts, struct sj_part *part, struct sj_error *err) {
    const struct sj_analysis *analysis = parts->run->analysis;
    if (!part->states[0])
        SJ_TRY(analysis->start(&part->job, &part->states[0], err));
    for (unsigned t = 1; t < parts->run->n_threads; t++) {
        if (!part->states[t])
            continue;
        SJ_TRY(analysis->merge(&part->job, part->states[0], part->states[t], err));
        analysis->drop(&part->job, part->states[t]);
        part->states[t] = NULL;
    }
    return SJ_OK;
}

static enum sj_status finish_part(const struct sj_parts *parts, uint32_t p, enum sj_lang lang, struct sj_error *err) {
    const struct sj_part *part = &parts->items[p];
    struct sj_result result;
    sj_result_init(&result, parts->run->job.mem, lang);
    result.analysis = parts->run->analysis->name;
    enum sj_status status = parts->run->analysis->finish(&part->job, part->states[0], &result, err);
    if (status == SJ_OK)
        status = parts->source.finish(parts->source.ctx, p, &result, err);
    sj_result_done(&result);
    return status;
}

/* A pass for all that want one; those that want no more give their answer. */
static enum sj_status pass(struct sj_parts *parts, struct sj_answer *answer, bool *ret_again, struct sj_error *err) {
    const struct sj_analysis *analysis = parts->run->analysis;
    SJ_TRY(sj_run_pass(parts->run, absorb, parts, &answer->counts, err));
    *ret_again = false;
    for (uint32_t p = parts->first; p < parts->end; p++) {
        struct sj_part *part = &parts->items[p];
        if (!part->again)
            continue;
        part->again = false;
        part->n_passes++;
        SJ_TRY(merge_states(parts, part, err));
        if (analysis->turn)
            SJ_TRY(analysis->turn(&part->job, part->states[0], &part->again, err));
        if (!part->again)
            SJ_TRY(finish_part(parts, p, answer->result.lang, err));
        drop_states(parts, part);
        *ret_again |= part->again;
    }
    return SJ_OK;
}

static enum sj_status ask_group(struct sj_parts *parts, struct sj_answer *answer, struct sj_error *err) {
    bool again = true;
    for (uint32_t p = parts->first; p < parts->end; p++) {
        struct sj_part *part = &parts->items[p];
        part->again = true;
        if (parts->run->analysis->prepare)
            SJ_TRY(parts->run->analysis->prepare(&part->job, err));
    }
    while (again)
        SJ_TRY(pass(parts, answer, &again, err));
    for (uint32_t p = parts->first; p < parts->end; p++)
        sj_arena_done(&parts->items[p].arena);
    return SJ_OK;
}

/* ---- all of them ---- */

enum sj_status sj_parts_open(struct sj_parts *parts, struct sj_run *run, uint32_t n, const struct sj_parts_source *source,
                             struct sj_error *err) {
    *parts = (struct sj_parts){.run = run, .source = *source};
    SJ_TRY(sj_arena_new(run->job.arena, n, sizeof *parts->items, &parts->items, err));
    for (; parts->n < n; parts->n++) {
        struct sj_part *part = &parts->items[parts->n];
        SJ_TRY(sj_arena_new(run->job.arena, run->n_threads, sizeof *part->states, (void *)&part->states, err));
        sj_arena_init(&part->arena, run->job.mem);
        part->job = run->job;
        part->job.arena = &part->arena;
    }
    return SJ_OK;
}

enum sj_status sj_parts_ask(struct sj_parts *parts, struct sj_answer *answer, struct sj_error *err) {
    uint32_t at_a_time = 0;
    if (parts->n > 0)
        SJ_TRY(count_at_a_time(parts, &at_a_time, err));
    for (; parts->end < parts->n; parts->first = parts->end) {
        parts->end = parts->n - parts->end > at_a_time ? parts->end + at_a_time : parts->n;
        SJ_TRY(ask_group(parts, answer, err));
    }
    return SJ_OK;
}

void sj_parts_close(struct sj_parts *parts) {
    for (uint32_t p = 0; p < parts->n; p++) {
        drop_states(parts, &parts->items[p]);
        sj_arena_done(&parts->items[p].arena);
    }
}
