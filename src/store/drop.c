#include "store/drop.h"

#include "store/internal.h"
#include "store/records.h"
#include "store/sieve.h"

/* ---- rows without some of their events ---- */

/* place[i]: where event i stands among those that stay. */
static enum sj_status keep_customers(struct sj_sieve *sieve, const struct sj_rows *rows, const uint8_t *drop, uint32_t *place,
                                     struct sj_rows *kept, struct sj_error *err) {
    sj_key *keys;
    struct sj_str *identities;
    uint32_t *offsets;
    SJ_TRY(sj_shelf_take(&sieve->shelf, rows->n_customers, sizeof *keys, &keys, err));
    SJ_TRY(sj_shelf_take(&sieve->shelf, rows->n_customers, sizeof *identities, &identities, err));
    SJ_TRY(sj_shelf_take(&sieve->shelf, (size_t)rows->n_customers + 1, sizeof *offsets, &offsets, err));
    uint32_t n_customers = 0, n_events = 0;
    offsets[0] = 0;
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1]; i++) {
            place[i] = n_events;
            n_events += drop[i] == 0;
        }
        if (n_events == offsets[n_customers])
            continue;
        keys[n_customers] = rows->keys[c];
        identities[n_customers] = rows->identities[c];
        offsets[++n_customers] = n_events;
    }
    kept->keys = keys;
    kept->identities = identities;
    kept->offsets = offsets;
    kept->n_customers = n_customers;
    kept->n_events = n_events;
    return SJ_OK;
}

static enum sj_status keep_events(struct sj_sieve *sieve, const struct sj_rows *rows, const uint8_t *drop, struct sj_rows *kept,
                                  struct sj_error *err) {
    uint16_t *touchpoint;
    uint8_t *channel;
    int64_t *time_us;
    SJ_TRY(sj_shelf_take(&sieve->shelf, kept->n_events, sizeof *touchpoint, &touchpoint, err));
    SJ_TRY(sj_shelf_take(&sieve->shelf, kept->n_events, sizeof *channel, &channel, err));
    SJ_TRY(sj_shelf_take(&sieve->shelf, kept->n_events, sizeof *time_us, &time_us, err));
    for (uint32_t i = 0, n = 0; i < rows->n_events; i++) {
        if (drop[i])
            continue;
        touchpoint[n] = rows->touchpoint[i];
        channel[n] = rows->channel[i];
        time_us[n++] = rows->time_us[i];
    }
    kept->touchpoint = touchpoint;
    kept->channel = channel;
    kept->time_us = time_us;
    return SJ_OK;
}

static enum sj_status keep_values(struct sj_sieve *sieve, const struct sj_rows_column *from, const uint8_t *drop, const uint32_t *place,
                                  struct sj_rows_column *to, struct sj_error *err) {
    uint32_t *rows = NULL, n = 0;
    int64_t *values;
    if (from->rows)
        SJ_TRY(sj_shelf_take(&sieve->shelf, from->n, sizeof *rows, &rows, err));
    SJ_TRY(sj_shelf_take(&sieve->shelf, from->n, sizeof *values, &values, err));
    for (uint32_t v = 0; v < from->n; v++) {
        const uint32_t event = from->rows ? from->rows[v] : v;
        if (drop[event])
            continue;
        if (rows)
            rows[n] = place[event];
        values[n++] = from->values[v];
    }
    *to = *from; /* texts that no value points to any more are not written */
    to->n = n;
    to->rows = rows;
    to->values = values;
    return SJ_OK;
}

static enum sj_status sieve_some(struct sj_sieve *sieve, const struct sj_rows *rows, const uint8_t *drop, struct sj_rows *kept,
                                 struct sj_error *err) {
    uint32_t *place;
    struct sj_rows_column *columns;
    *kept = *rows;
    SJ_TRY(sj_shelf_take(&sieve->shelf, rows->n_events, sizeof *place, &place, err));
    SJ_TRY(sj_shelf_take(&sieve->shelf, rows->n_columns, sizeof *columns, &columns, err));
    SJ_TRY(keep_customers(sieve, rows, drop, place, kept, err));
    SJ_TRY(keep_events(sieve, rows, drop, kept, err));
    kept->columns = columns;
    kept->n_columns = 0;
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        SJ_TRY(keep_values(sieve, &rows->columns[c], drop, place, &columns[kept->n_columns], err));
        kept->n_columns += columns[kept->n_columns].n > 0;
    }
    return SJ_OK;
}

enum sj_status sj_sieve_rows(struct sj_sieve *sieve, const struct sj_rows *rows, struct sj_rows *ret_kept, struct sj_error *err) {
    uint8_t *drop;
    uint32_t n = 0;
    sj_shelf_reset(&sieve->shelf);
    SJ_TRY(sj_shelf_take(&sieve->shelf, rows->n_events, 1, &drop, err));
    memset(drop, 0, rows->n_events);
    SJ_TRY(sieve->drop->mark(sieve->drop->ctx, rows, drop, err));
    for (uint32_t i = 0; i < rows->n_events; i++)
        n += drop[i] != 0;
    sieve->n_dropped += n;
    if (n == 0) {
        *ret_kept = *rows;
        return SJ_OK;
    }
    return sieve_some(sieve, rows, drop, ret_kept, err);
}

/* ---- segments ---- */

struct dropping {
    struct sj_sieve sieve;
    const struct sj_live **old;  /* n of them */
    struct sj_segment_row *rows; /* what stands in their place; n_events 0: nothing */
    size_t n;
};

static enum sj_status find_any(struct sj_store *store, const struct sj_live *live, struct sj_sieve *sieve, bool *ret_any,
                               struct sj_error *err) {
    static const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};
    const struct sj_source source = {.segment = &live->segment};
    const struct sj_merge_request request = {
        .sources = &source, .n_sources = 1, .wanted = &all, .limits = sj_store_limits(store), .os = store->os};
    const uint64_t before = sieve->n_dropped;
    const struct sj_rows *rows = NULL;
    struct sj_rows kept;
    struct sj_merge *merge;
    SJ_TRY(sj_merge_open(store->mem, &request, &merge, err));
    enum sj_status status;
    while ((status = sj_merge_next(merge, &rows, err)) == SJ_OK && rows && sieve->n_dropped == before) {
        status = sj_sieve_rows(sieve, rows, &kept, err);
        if (status != SJ_OK)
            break;
    }
    *ret_any = sieve->n_dropped > before;
    sieve->n_dropped = before;
    sj_merge_close(merge);
    return sj_segment_check_disk(&live->segment, store->os, status, err);
}

static enum sj_status rewrite(struct sj_store *store, const struct sj_live *live, struct dropping *d, struct sj_error *err) {
    const struct sj_source source = {.segment = &live->segment};
    const struct sj_merge_job job = {.sources = &source, .n_sources = 1, .sieve = &d->sieve};
    struct sj_segment_row *row = &d->rows[d->n];
    uint64_t dropped;
    *row = live->row;
    row->id = sj_store_next_segment(store);
    SJ_TRY(sj_store_merge(store, &job, row, &dropped, err));
    d->old[d->n++] = live;
    return SJ_OK;
}

static enum sj_status rewrite_all(struct sj_store *store, const struct sj_lives *lives, struct dropping *d, struct sj_error *err) {
    for (size_t i = 0; i < lives->n; i++) {
        bool any = false;
        if (lives->items[i].row.min_time_us >= d->sieve.drop->before_us)
            continue;
        SJ_TRY(find_any(store, &lives->items[i], &d->sieve, &any, err));
        if (any)
            SJ_TRY(rewrite(store, &lives->items[i], d, err));
    }
    return SJ_OK;
}

static enum sj_status replace_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    const struct dropping *d = ctx;
    struct sj_buf detail;
    for (size_t i = 0; i < d->n; i++) {
        SJ_TRY(sj_catalog_remove_segment(store->catalog, d->old[i]->row.id, err));
        if (d->rows[i].n_events > 0)
            SJ_TRY(sj_catalog_add_segment(store->catalog, &d->rows[i], err));
    }
    sj_buf_init(&detail, store->mem, SIZE_MAX / 2);
    enum sj_status status =
        sj_buf_print(&detail, err, "events=%llu %.*s", (unsigned long long)d->sieve.n_dropped, SJ_ARG(d->sieve.drop->detail));
    if (status == SJ_OK)
        status = sj_store_audit_in(store, d->sieve.drop->action, (struct sj_str){"", 0}, sj_buf_str(&detail), err);
    sj_buf_done(&detail);
    return status;
}

static enum sj_status drop_from(struct sj_store *store, const struct sj_lives *lives, struct dropping *d, struct sj_error *err) {
    SJ_TRY(sj_mem_new(store->mem, lives->n + 1, sizeof *d->old, (void *)&d->old, err));
    SJ_TRY(sj_mem_new(store->mem, lives->n + 1, sizeof *d->rows, &d->rows, err));
    enum sj_status status = rewrite_all(store, lives, d, err);
    if (status == SJ_OK && d->n > 0)
        status = sj_store_transaction(store, replace_body, d, err);
    for (size_t i = 0; i < d->n; i++) {
        if (d->rows[i].n_events > 0)
            sj_store_unpublish(store, d->rows[i].id, status);
        if (status == SJ_OK)
            (void)store->os->remove(store->os->ctx, d->old[i]->path, NULL); /* else it is swept at the next opening */
    }
    return status;
}

/* Loads wait meanwhile: what they brought might be what is to go. */
static enum sj_status drop_locked(struct sj_store *store, const struct sj_drop *drop, struct sj_dropped *ret_dropped,
                                  struct sj_error *err) {
    struct dropping d = {.sieve = {.drop = drop}};
    struct sj_lives lives = {0};
    struct sj_dropped dropped = {0};
    sj_shelf_init(&d.sieve.shelf, store->mem);
    enum sj_status status = sj_store_flush(store, err);
    if (status == SJ_OK)
        status = sj_store_lives(store, &lives, err);
    if (status == SJ_OK)
        status = drop_from(store, &lives, &d, err);
    dropped.n_events = d.sieve.n_dropped;
    sj_lives_close(store, &lives);
    sj_mem_free(store->mem, (void *)d.old);
    sj_mem_free(store->mem, d.rows);
    sj_shelf_done(&d.sieve.shelf);
    if (status != SJ_OK)
        return status;
    dropped.log_kept = !sj_store_empty_log(store);
    *ret_dropped = dropped;
    return SJ_OK;
}

enum sj_status sj_store_drop(struct sj_store *store, const struct sj_drop *drop, struct sj_dropped *ret_dropped, struct sj_error *err) {
    SJ_TRY(sj_store_check_writable(store, err));
    (void)pthread_mutex_lock(&store->compacting);
    (void)pthread_mutex_lock(&store->committing);
    const enum sj_status status = drop_locked(store, drop, ret_dropped, err);
    (void)pthread_mutex_unlock(&store->committing);
    (void)pthread_mutex_unlock(&store->compacting);
    return status;
}
