#include "analysis/project.h"

void sj_projection_done(struct sj_projection *projection, const struct sj_alloc *mem) {
    sj_mem_free(mem, projection->cut);
    sj_mem_free(mem, projection->customer);
    sj_mem_free(mem, projection->offsets);
    sj_mem_free(mem, projection->touchpoint);
    sj_mem_free(mem, projection->time_us);
    *projection = (struct sj_projection){.capacity = 0};
}

static enum sj_status make_room(struct sj_projection *projection, const struct sj_alloc *mem, size_t n_events, struct sj_error *err) {
    if (n_events <= projection->capacity)
        return SJ_OK;
    size_t n = n_events + 1; /* offsets have one more; and what is written last may be hidden */
    sj_projection_done(projection, mem);
    SJ_TRY(sj_mem_new(mem, n, sizeof *projection->cut, &projection->cut, err));
    SJ_TRY(sj_mem_new(mem, n, sizeof *projection->customer, &projection->customer, err));
    SJ_TRY(sj_mem_new(mem, n, sizeof *projection->offsets, &projection->offsets, err));
    SJ_TRY(sj_mem_new(mem, n, sizeof *projection->touchpoint, &projection->touchpoint, err));
    SJ_TRY(sj_mem_new(mem, n, sizeof *projection->time_us, &projection->time_us, err));
    projection->capacity = n_events;
    return SJ_OK;
}

/* Every event is written, and counted only if it is to stay: no branch to be guessed wrong. */
enum sj_status sj_project(struct sj_projection *projection, const struct sj_alloc *mem, const struct sj_batch *batch, const bool *hidden,
                          struct sj_error *err) {
    SJ_TRY(make_room(projection, mem, batch->n_events, err));
    uint32_t n_journeys = 0, n_events = 0;
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        uint32_t first = n_events;
        for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++) {
            projection->touchpoint[n_events] = batch->touchpoint[i];
            projection->time_us[n_events] = batch->time_us[i];
            n_events += !hidden[batch->touchpoint[i]];
        }
        if (n_events == first)
            continue;
        projection->customer[n_journeys] = batch->customer[j];
        projection->offsets[n_journeys] = first;
        projection->cut[n_journeys++] = n_events - first < batch->offsets[j + 1] - batch->offsets[j];
    }
    projection->offsets[n_journeys] = n_events;
    projection->batch = (struct sj_batch){
        .n_customers = batch->n_customers,
        .n_journeys = n_journeys,
        .n_events = n_events,
        .customer = projection->customer,
        .offsets = projection->offsets,
        .touchpoint = projection->touchpoint,
        .time_us = projection->time_us,
    };
    return SJ_OK;
}
