/* Live segments: opening them, merging them into a new one. */
#include <stdio.h>
#include "store/internal.h"
#include "store/sieve.h"

static enum sj_status open_one(struct sj_store *store, struct sj_live *live, struct sj_error *err) {
    const struct sj_os *os = store->os;
    sj_file file = -1;
    SJ_TRY(sj_mem_new(store->mem, SJ_PATH_BYTES, 1, &live->path, err));
    sj_store_segment_path(store, live->row.id, false, live->path);
    SJ_TRY(os->open(os->ctx, live->path, SJ_OPEN_READ, &file, err));
    enum sj_status status = os->map(os->ctx, file, &live->map, err);
    os->close(os->ctx, file);
    if (status == SJ_OK)
        status = sj_segment_open(live->map.data, live->map.n, &live->segment, err);
    if (status == SJ_OK && (live->segment.n_events != live->row.n_events || live->map.n != live->row.n_bytes))
        status = sj_fail(err, SJ_E_CORRUPT, "it is not the segment that the catalog names");
    if (status != SJ_OK)
        status = sj_fail_in(err, status, "%s", live->path);
    live->segment.bytes = live->map.data;
    live->segment.n_bytes = live->map.n;
    live->segment.path = live->path;
    return sj_segment_check_disk(&live->segment, os, status, err);
}

enum sj_status sj_lives_open(struct sj_store *store, struct sj_lives *ret_lives, struct sj_error *err) {
    struct sj_buf rows;
    struct sj_lives lives = {0};
    sj_buf_init(&rows, store->mem, SIZE_MAX / 2);
    enum sj_status status = sj_catalog_segments(store->catalog, &rows, err);
    const size_t n = rows.n / sizeof(struct sj_segment_row);
    if (status == SJ_OK)
        status = sj_mem_new(store->mem, n + 1, sizeof *lives.items, &lives.items, err);
    for (size_t i = 0; i < n && status == SJ_OK; i++) {
        lives.items[i].row = ((const struct sj_segment_row *)(const void *)rows.data)[i];
        lives.n = i + 1;
        status = open_one(store, &lives.items[i], err);
    }
    sj_buf_done(&rows);
    if (status != SJ_OK) {
        sj_lives_close(store, &lives);
        return status;
    }
    *ret_lives = lives;
    return SJ_OK;
}

void sj_lives_close(struct sj_store *store, struct sj_lives *lives) {
    for (size_t i = 0; i < lives->n; i++) {
        store->os->unmap(store->os->ctx, lives->items[i].map);
        sj_mem_free(store->mem, lives->items[i].path);
    }
    sj_mem_free(store->mem, lives->items);
    *lives = (struct sj_lives){0};
}

enum sj_status sj_lives_check_disk(const struct sj_store *store, const struct sj_lives *lives, enum sj_status status,
                                   struct sj_error *err) {
    for (size_t i = 0; i < lives->n && status != SJ_E_IO; i++)
        status = sj_segment_check_disk(&lives->items[i].segment, store->os, status, err);
    return status;
}

int64_t sj_store_next_segment(struct sj_store *store) {
    (void)pthread_mutex_lock(&store->names_lock);
    const int64_t id = store->meta.next_segment++;
    (void)pthread_mutex_unlock(&store->names_lock);
    return id;
}

int64_t sj_store_newest_homes(struct sj_store *store) {
    (void)pthread_mutex_lock(&store->names_lock);
    const int64_t id = store->meta.homes;
    (void)pthread_mutex_unlock(&store->names_lock);
    return id;
}

enum sj_status sj_store_lives(struct sj_store *store, struct sj_lives *ret_lives, struct sj_error *err) {
    (void)pthread_mutex_lock(&store->names_lock);
    const enum sj_status status = sj_lives_open(store, ret_lives, err);
    (void)pthread_mutex_unlock(&store->names_lock);
    return status;
}

enum sj_status sj_segment_has_column(const struct sj_segment *segment, uint16_t column, bool *ret_has, struct sj_error *err) {
    bool has = false;
    for (uint64_t i = 0; i < segment->n_blocks && !has; i++) {
        struct sj_block block;
        SJ_TRY(sj_segment_block(segment, i, &block, err));
        for (uint32_t s = 0; s < block.n_sections && !has; s++)
            has = block.sections[s].column == column;
    }
    *ret_has = has;
    return SJ_OK;
}

enum sj_status sj_inbox_open(const uint8_t *bytes, const struct sj_inbox_blob *blobs, size_t n, struct sj_segment *segments,
                             bool *ret_has_ids, struct sj_error *err) {
    bool has_ids = false;
    for (size_t i = 0; i < n; i++) {
        bool has = false;
        SJ_TRY(sj_segment_open(bytes + blobs[i].offset, blobs[i].n_bytes, &segments[i], err));
        if (segments[i].n_events != blobs[i].n_events)
            return sj_fail(err, SJ_E_CORRUPT, "a load in the inbox is not what the catalog says");
        SJ_TRY(sj_segment_has_column(&segments[i], SJ_COLUMN_EVENT_ID, &has, err));
        has_ids = has_ids || has;
    }
    *ret_has_ids = has_ids;
    return SJ_OK;
}

/* ---- merging into a new segment ---- */

static enum sj_status copy_rows(const struct sj_merge_job *job, struct sj_merge *merge, struct sj_segment_writer *writer,
                                struct sj_error *err) {
    const struct sj_rows *rows;
    uint64_t done = 0;
    for (;;) {
        SJ_TRY(sj_merge_next(merge, &rows, err));
        if (!rows)
            return SJ_OK;
        done += rows->n_events;
        struct sj_rows kept = *rows;
        if (job->sieve)
            SJ_TRY(sj_sieve_rows(job->sieve, rows, &kept, err));
        if (kept.n_events > 0)
            SJ_TRY(sj_segment_writer_add(writer, &kept, err));
        if (job->progress)
            job->progress(job->progress_ctx, done, job->n_total);
    }
}

static enum sj_status merge_into(struct sj_store *store, const struct sj_merge_job *job, sj_file file, struct sj_segment_row *row,
                                 uint64_t *ret_dropped, struct sj_error *err) {
    static const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};
    const struct sj_merge_request request = {
        .sources = job->sources,
        .n_sources = job->n_sources,
        .wanted = &all,
        .limits = sj_store_limits(store),
        .distinct = job->distinct,
        .os = store->os,
    };
    struct sj_segment_writer writer;
    struct sj_merge *merge = NULL;
    enum sj_status status = sj_segment_writer_init(&writer, store->mem, store->os, file, err);
    if (status == SJ_OK)
        status = sj_merge_open(store->mem, &request, &merge, err);
    if (status == SJ_OK)
        status = copy_rows(job, merge, &writer, err);
    if (status == SJ_OK)
        status = sj_segment_writer_finish(&writer, err);
    for (size_t i = 0; i < job->n_sources && status != SJ_E_IO; i++)
        status = sj_segment_check_disk(job->sources[i].segment, store->os, status, err);
    if (status == SJ_OK) {
        row->n_events = writer.n_events;
        row->n_customers = writer.n_customers;
        row->n_bytes = writer.n_written;
        row->min_time_us = writer.min_time_us;
        row->max_time_us = writer.max_time_us;
        *ret_dropped = sj_merge_dropped(merge);
    }
    sj_merge_close(merge);
    sj_segment_writer_done(&writer);
    return status;
}

enum sj_status sj_store_merge(struct sj_store *store, const struct sj_merge_job *job, struct sj_segment_row *row, uint64_t *ret_dropped,
                              struct sj_error *err) {
    char path[SJ_PATH_BYTES], final[SJ_PATH_BYTES];
    const struct sj_os *os = store->os;
    sj_file file = -1;
    sj_store_segment_path(store, row->id, true, path);
    sj_store_segment_path(store, row->id, false, final);
    SJ_TRY(os->open(os->ctx, path, SJ_OPEN_CREATE, &file, err));
    enum sj_status status = merge_into(store, job, file, row, ret_dropped, err);
    const bool keep = status == SJ_OK && row->n_events > 0;
    if (keep)
        status = sj_store_publish(store, file, final, err);
    os->close(os->ctx, file);
    if (!keep || status != SJ_OK)
        (void)os->remove(os->ctx, path, NULL);
    return status;
}
