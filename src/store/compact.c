/* Flush (the inbox becomes a segment) and compaction (neighbouring segments become one). */
#include "store/internal.h"

/* ---- flush ---- */

static enum sj_status flush_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    const struct sj_segment_row *row = ctx;
    if (row->n_events > 0)
        SJ_TRY(sj_catalog_add_segment(store->catalog, row, err));
    return sj_catalog_clear_inbox(store->catalog, row->last_arrival, err);
}

static enum sj_status flush_blobs(struct sj_store *store, const struct sj_lives *lives, struct sj_str bytes,
                                  const struct sj_inbox_blob *blobs, size_t n_blobs, struct sj_error *err) {
    struct sj_source *sources = NULL;
    struct sj_segment *segments = NULL;
    enum sj_status status;
    SJ_TRY_CLEAN(sj_mem_new(store->mem, lives->n + n_blobs, sizeof *sources, &sources, err));
    SJ_TRY_CLEAN(sj_mem_new(store->mem, n_blobs, sizeof *segments, &segments, err));
    bool has_ids = false;
    for (size_t i = 0; i < n_blobs; i++) {
        bool has = false;
        SJ_TRY_CLEAN(sj_segment_open((const uint8_t *)bytes.p + blobs[i].offset, blobs[i].n_bytes, &segments[i], err));
        if (segments[i].n_events != blobs[i].n_events)
            SJ_TRY_CLEAN(sj_fail(err, SJ_E_CORRUPT, "a load in the inbox is not what the catalog says"));
        SJ_TRY_CLEAN(sj_segment_has_column(&segments[i], SJ_COLUMN_EVENT_ID, &has, err));
        has_ids = has_ids || has;
    }
    size_t n = 0;
    for (size_t i = 0; has_ids && i < lives->n; i++)
        sources[n++] = (struct sj_source){&lives->items[i].segment, true};
    for (size_t i = 0; i < n_blobs; i++)
        sources[n++] = (struct sj_source){&segments[i], false};
    const struct sj_merge_job job = {.sources = sources, .n_sources = n, .distinct = has_ids};
    struct sj_segment_row row = {
        .id = sj_store_next_segment(store),
        .first_arrival = blobs[0].arrival,
        .last_arrival = blobs[n_blobs - 1].arrival,
    };
    uint64_t dropped;
    SJ_TRY_CLEAN(sj_store_merge(store, &job, &row, &dropped, err));
    status = sj_store_transaction(store, flush_body, &row, err);
    if (row.n_events > 0)
        sj_store_unpublish(store, row.id, status);

cleanup:
    sj_mem_free(store->mem, sources);
    sj_mem_free(store->mem, segments);
    return status;
}

enum sj_status sj_store_flush(struct sj_store *store, struct sj_error *err) {
    struct sj_buf bytes, blobs;
    struct sj_lives lives = {0};
    sj_buf_init(&bytes, store->mem, SIZE_MAX / 2);
    sj_buf_init(&blobs, store->mem, SIZE_MAX / 2);
    (void)pthread_mutex_lock(&store->names_lock);
    enum sj_status status = sj_catalog_inbox(store->catalog, &bytes, &blobs, err);
    if (status == SJ_OK && blobs.n > 0)
        status = sj_lives_open(store, &lives, err);
    (void)pthread_mutex_unlock(&store->names_lock);
    if (status == SJ_OK && blobs.n > 0)
        status = flush_blobs(store, &lives, sj_buf_str(&bytes), (const struct sj_inbox_blob *)(const void *)blobs.data,
                             blobs.n / sizeof(struct sj_inbox_blob), err);
    sj_lives_close(store, &lives);
    sj_buf_done(&bytes);
    sj_buf_done(&blobs);
    return status;
}

/* ---- compaction ---- */

struct replacement {
    const struct sj_live *old;
    size_t n_old;
    struct sj_segment_row row;
};

static enum sj_status replace_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    const struct replacement *r = ctx;
    for (size_t i = 0; i < r->n_old; i++)
        SJ_TRY(sj_catalog_remove_segment(store->catalog, r->old[i].row.id, err));
    return sj_catalog_add_segment(store->catalog, &r->row, err);
}

static enum sj_status merge_neighbours(struct sj_store *store, const struct sj_live *old, size_t n_old, sj_progress progress,
                                       void *progress_ctx, struct sj_error *err) {
    struct sj_source *sources;
    struct replacement r = {.old = old, .n_old = n_old};
    struct sj_merge_job job = {.n_sources = n_old, .progress = progress, .progress_ctx = progress_ctx};
    SJ_TRY(sj_mem_new(store->mem, n_old, sizeof *sources, &sources, err));
    for (size_t i = 0; i < n_old; i++) {
        sources[i] = (struct sj_source){&old[i].segment, false};
        job.n_total += old[i].row.n_events;
    }
    job.sources = sources;
    r.row.id = sj_store_next_segment(store);
    r.row.first_arrival = old[0].row.first_arrival;
    r.row.last_arrival = old[n_old - 1].row.last_arrival;
    uint64_t dropped;
    enum sj_status status = sj_store_merge(store, &job, &r.row, &dropped, err);
    if (status == SJ_OK) {
        status = sj_store_transaction(store, replace_body, &r, err);
        sj_store_unpublish(store, r.row.id, status);
    }
    for (size_t i = 0; i < n_old && status == SJ_OK; i++)
        (void)store->os->remove(store->os->ctx, old[i].path, NULL); /* else it is swept at the next opening */
    sj_mem_free(store->mem, sources);
    return status;
}

/* Segments of tier t hold fewer than SJ_TIER_SEGMENTS^(t + 5) events. */
static int tier_of(const struct sj_live *live) {
    int tier = 0;
    for (uint64_t n = live->row.n_events >> 15; n > 0; n /= SJ_TIER_SEGMENTS)
        tier++;
    return tier;
}

/* The first run of neighbours, SJ_TIER_SEGMENTS or more of them, that are all of the lowest possible tier or below. */
static size_t find_run(const struct sj_lives *lives, size_t *ret_first) {
    for (int tier = 0; tier < 16; tier++) {
        size_t n = 0;
        for (size_t i = 0; i <= lives->n; i++) {
            if (i < lives->n && tier_of(&lives->items[i]) <= tier) {
                n++;
                continue;
            }
            if (n >= SJ_TIER_SEGMENTS) {
                *ret_first = i - n;
                return n;
            }
            n = 0;
        }
    }
    return 0;
}

static enum sj_status compact_once(struct sj_store *store, bool all, sj_progress progress, void *progress_ctx, bool *ret_again,
                                   struct sj_error *err) {
    struct sj_lives lives;
    size_t first = 0;
    SJ_TRY(sj_store_lives(store, &lives, err));
    const size_t n = all ? lives.n : find_run(&lives, &first);
    enum sj_status status = SJ_OK;
    if (n > 1)
        status = merge_neighbours(store, lives.items + first, n, progress, progress_ctx, err);
    *ret_again = n > 1 && !all;
    sj_lives_close(store, &lives);
    return status;
}

enum sj_status sj_store_compact(struct sj_store *store, bool all, sj_progress progress, void *progress_ctx, struct sj_error *err) {
    SJ_TRY(sj_store_check_writable(store, err));
    (void)pthread_mutex_lock(&store->compacting);
    (void)pthread_mutex_lock(&store->committing);
    enum sj_status status = sj_store_flush(store, err);
    (void)pthread_mutex_unlock(&store->committing);
    bool again = true;
    while (status == SJ_OK && again)
        status = compact_once(store, all, progress, progress_ctx, &again, err);
    (void)pthread_mutex_unlock(&store->compacting);
    return status;
}
