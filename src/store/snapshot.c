/* Snapshots: a view of the store that never changes, and cursors over it. */
#include "store/people.h"
#include <stdlib.h>

#define OPEN_TRIES 20

static enum sj_status read_names(struct sj_snapshot *s, struct sj_error *err) {
    for (int i = 0; i < SJ_N_NAME_TABLES; i++)
        SJ_TRY(sj_catalog_load_names(s->store->catalog, (enum sj_name_table)i, &s->names[i], err));
    return SJ_OK;
}

/* Everything that the catalog says at one moment: in one transaction. */
static enum sj_status read_catalog(struct sj_snapshot *s, struct sj_error *err) {
    struct sj_catalog *catalog = s->store->catalog;
    SJ_TRY(sj_catalog_begin(catalog, false, err));
    enum sj_status status = sj_catalog_meta(catalog, &s->meta, err);
    if (status == SJ_OK)
        status = read_names(s, err);
    if (status == SJ_OK)
        status = sj_catalog_inbox(catalog, &s->inbox_bytes, &s->inbox_blobs, err);
    if (status == SJ_OK)
        status = sj_catalog_count_imports(catalog, &s->n_imports, err);
    if (status == SJ_OK)
        status = sj_catalog_saved(catalog, &s->arena, &s->saved, &s->n_saved, err);
    if (status == SJ_OK)
        status = sj_lives_open(s->store, &s->lives, err);
    if (status == SJ_OK && s->meta.format > 1)
        status = sj_people_read(s->people, INT64_MAX, err);
    sj_catalog_rollback(catalog);
    return status;
}

static void forget(struct sj_snapshot *s) {
    sj_people_done(s->people);
    s->people->snapshot = s;
    sj_lives_close(s->store, &s->lives);
    sj_buf_reset(&s->inbox_bytes);
    sj_buf_reset(&s->inbox_blobs);
}

/* A compaction of another process may remove a file between our reading its name and opening it: then there is a newer state. */
static enum sj_status read_state(struct sj_snapshot *s, struct sj_error *err) {
    enum sj_status status = SJ_E_NOT_FOUND;
    for (int i = 0; i < OPEN_TRIES && status == SJ_E_NOT_FOUND; i++) {
        (void)pthread_mutex_lock(&s->store->names_lock);
        status = read_catalog(s, err);
        (void)pthread_mutex_unlock(&s->store->names_lock);
        s->n_kinds = sj_column_kinds(&s->names[SJ_TABLE_COLUMNS], 0, s->kinds);
        if (status == SJ_OK)
            status = sj_people_see(s->people, err);
        if (status == SJ_E_NOT_FOUND)
            forget(s);
    }
    if (status == SJ_E_NOT_FOUND)
        return sj_fail_in(err, SJ_E_CORRUPT, "the catalog names a segment that is not there");
    return status;
}

/* Where nothing is linked it has no values, and is not looked at. */
uint16_t sj_snapshot_identity_column(const struct sj_snapshot *s) {
    return s->meta.n_links == 0 && s->meta.homes == 0 ? 0 : sj_identity_column(&s->names[SJ_TABLE_COLUMNS]);
}

uint64_t sj_snapshot_seed(const struct sj_snapshot *s) { return s->meta.seed; }

struct sj_code_limits sj_snapshot_limits(const struct sj_snapshot *s) {
    return (struct sj_code_limits){
        .n_touchpoints = sj_names_count(&s->names[SJ_TABLE_TOUCHPOINTS]),
        .n_channels = sj_names_count(&s->names[SJ_TABLE_CHANNELS]),
        .n_columns = s->n_kinds,
        .kinds = s->kinds,
        .identity_column = sj_snapshot_identity_column(s),
    };
}

/* ---- the inbox as one more segment, in memory ---- */

/* The blobs as these people are seen, and before them, silent, the segments: what of an event id is there already. */
struct inbox {
    struct sj_sight sight;
    struct sj_segment *blobs;
    size_t n_blobs;
    bool has_ids;
};

static enum sj_status merge_inbox(struct sj_snapshot *s, const struct sj_merge_request *request, struct sj_error *err) {
    struct sj_merge *merge;
    const struct sj_rows *rows;
    SJ_TRY(sj_merge_open(s->store->mem, request, &merge, err));
    enum sj_status status;
    while ((status = sj_merge_next(merge, &rows, err)) == SJ_OK && rows) {
        status = sj_segment_writer_add(&s->inbox, rows, err);
        if (status != SJ_OK)
            break;
    }
    sj_merge_close(merge);
    if (status == SJ_OK)
        status = sj_segment_writer_finish(&s->inbox, err);
    return status;
}

static enum sj_status build_inbox(struct sj_snapshot *s, struct inbox *inbox, struct sj_error *err) {
    static const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};
    SJ_TRY(sj_inbox_open(s->inbox_bytes.data, (const struct sj_inbox_blob *)(const void *)s->inbox_blobs.data, inbox->n_blobs, inbox->blobs,
                         &inbox->has_ids, err));
    for (size_t i = 0; inbox->has_ids && i < s->people->sight.n_sources; i++) {
        struct sj_source source = s->people->sight.sources[i];
        source.silent = true;
        sj_sight_add_source(&inbox->sight, source);
    }
    for (size_t i = 0; i < inbox->n_blobs; i++)
        SJ_TRY(sj_sight_add(&inbox->sight, &inbox->blobs[i], NULL, 0, false, err));
    const struct sj_merge_request request = {
        .sources = inbox->sight.sources,
        .n_sources = inbox->sight.n_sources,
        .wanted = &all,
        .limits = sj_snapshot_limits(s),
        .distinct = inbox->has_ids,
    };
    SJ_TRY(merge_inbox(s, &request, err));
    SJ_TRY(sj_segment_open(s->inbox.out.data, s->inbox.out.n, &s->inbox_segment, err));
    sj_sight_add_source(&s->people->sight, (struct sj_source){.segment = &s->inbox_segment});
    return SJ_OK;
}

static enum sj_status open_inbox(struct sj_snapshot *s, struct sj_error *err) {
    const struct sj_alloc *mem = s->store->mem;
    struct inbox inbox = {.n_blobs = s->inbox_blobs.n / sizeof(struct sj_inbox_blob)};
    if (inbox.n_blobs == 0)
        return SJ_OK;
    sj_people_rehome_init(s->people, &inbox.sight.rehome);
    enum sj_status status = sj_mem_new(mem, inbox.n_blobs, sizeof *inbox.blobs, &inbox.blobs, err);
    if (status == SJ_OK)
        status = sj_sight_open(&inbox.sight, inbox.n_blobs + s->people->sight.n_sources, err);
    if (status == SJ_OK)
        status = build_inbox(s, &inbox, err);
    sj_sight_done(&inbox.sight);
    sj_mem_free(mem, inbox.blobs);
    return status;
}

/* ---- the view ---- */

static enum sj_status fill_columns(struct sj_snapshot *s, struct sj_error *err) {
    const struct sj_names *names = &s->names[SJ_TABLE_COLUMNS];
    struct sj_column_info *columns;
    if (s->n_kinds < sj_names_count(names))
        return sj_fail(err, SJ_E_CORRUPT, "the catalog has more than %d columns", SJ_PROPERTIES_MAX);
    SJ_TRY(sj_arena_new(&s->arena, s->n_kinds + 1, sizeof *columns, &columns, err));
    for (uint32_t i = 0; i < s->n_kinds; i++) {
        const struct sj_str text = sj_names_at(names, i);
        if (text.n < 2 || s->kinds[i] >= SJ_N_KINDS)
            return sj_fail(err, SJ_E_CORRUPT, "the catalog has a column without a kind");
        columns[i] = (struct sj_column_info){{text.p, text.n - 1}, (enum sj_kind)s->kinds[i]};
    }
    s->view.columns = columns;
    s->view.n_columns = s->n_kinds;
    return SJ_OK;
}

static enum sj_status fill_view(struct sj_snapshot *s, struct sj_error *err) {
    struct sj_view *view = &s->view;
    *view = (struct sj_view){.min_time_us = INT64_MAX, .max_time_us = INT64_MIN, .as_of_us = s->meta.as_of_us};
    view->touchpoints = sj_names_all(&s->names[SJ_TABLE_TOUCHPOINTS]);
    view->n_touchpoints = sj_names_count(&s->names[SJ_TABLE_TOUCHPOINTS]);
    view->channels = sj_names_all(&s->names[SJ_TABLE_CHANNELS]);
    view->n_channels = sj_names_count(&s->names[SJ_TABLE_CHANNELS]);
    view->currency = s->meta.currency;
    view->saved = s->saved;
    view->n_saved = s->n_saved;
    SJ_TRY(fill_columns(s, err));
    for (size_t i = 0; i < s->lives.n; i++)
        s->segments[s->n_segments++] = &s->lives.items[i].segment;
    if (s->inbox_segment.n_events > 0)
        s->segments[s->n_segments++] = &s->inbox_segment;
    for (size_t i = 0; i < s->n_segments; i++) {
        const struct sj_segment *segment = s->segments[i];
        view->n_events += segment->n_events;
        for (uint64_t b = 0; b < segment->n_blocks; b++) {
            const struct sj_disk_entry *entry = &segment->blocks[b];
            view->min_time_us = entry->min_time_us < view->min_time_us ? entry->min_time_us : view->min_time_us;
            view->max_time_us = entry->max_time_us > view->max_time_us ? entry->max_time_us : view->max_time_us;
        }
    }
    view->n_events -= s->people->sight.n_left_out;
    view->n_segments = (uint32_t)s->n_segments;
    return SJ_OK;
}

enum sj_status sj_snapshot_open(struct sj_store *store, struct sj_snapshot **ret_snapshot, struct sj_error *err) {
    struct sj_snapshot *s;
    SJ_TRY(sj_mem_new(store->mem, 1, sizeof *s, &s, err));
    s->store = store;
    sj_arena_init(&s->arena, store->mem);
    sj_buf_init(&s->inbox_bytes, store->mem, SIZE_MAX / 2);
    sj_buf_init(&s->inbox_blobs, store->mem, SIZE_MAX / 2);
    for (int i = 0; i < SJ_N_NAME_TABLES; i++)
        sj_names_init(&s->names[i], store->mem, store->meta.seed);
    enum sj_status status = sj_segment_writer_init(&s->inbox, store->mem, NULL, -1, err);
    if (status == SJ_OK)
        status = sj_mem_new(store->mem, 1, sizeof *s->people, &s->people, err);
    if (status == SJ_OK) {
        s->people->snapshot = s;
        status = read_state(s, err);
    }
    if (status == SJ_OK)
        status = open_inbox(s, err);
    if (status == SJ_OK)
        status = sj_arena_new(&s->arena, s->lives.n + 1, sizeof *s->segments, (void *)&s->segments, err);
    if (status == SJ_OK)
        status = fill_view(s, err);
    status = sj_lives_check_disk(store, &s->lives, status, err);
    if (status != SJ_OK) {
        sj_snapshot_close(s);
        return status;
    }
    *ret_snapshot = s;
    return SJ_OK;
}

void sj_snapshot_close(struct sj_snapshot *s) {
    if (!s)
        return;
    sj_people_close(s->people);
    sj_lives_close(s->store, &s->lives);
    sj_segment_writer_done(&s->inbox);
    sj_buf_done(&s->inbox_bytes);
    sj_buf_done(&s->inbox_blobs);
    for (int i = 0; i < SJ_N_NAME_TABLES; i++)
        sj_names_done(&s->names[i]);
    sj_arena_done(&s->arena);
    sj_mem_free(s->store->mem, s);
}

const struct sj_view *sj_snapshot_view(const struct sj_snapshot *s) { return &s->view; }

sj_key sj_snapshot_key(const struct sj_snapshot *s, struct sj_str identity) { return sj_hash128(identity.p, identity.n, s->meta.seed); }

/* ---- units of work ---- */

static int by_key(const void *a, const void *b) { return sj_key_cmp(*(const sj_key *)a, *(const sj_key *)b); }

/* Unit bounds are first keys of blocks: of all blocks sorted, every k-th, where k blocks hold about n_events events. */
enum sj_status sj_snapshot_split(const struct sj_snapshot *s, uint64_t n_events, struct sj_arena *arena, sj_key **ret_bounds,
                                 size_t *ret_n_units, struct sj_error *err) {
    size_t n_blocks = 0, n_units = 0;
    sj_key *keys;
    for (size_t i = 0; i < s->n_segments; i++)
        n_blocks += s->segments[i]->n_blocks;
    SJ_TRY(sj_arena_new(arena, n_blocks + 1, sizeof *keys, &keys, err));
    size_t n = 0;
    for (size_t i = 0; i < s->n_segments; i++) {
        for (uint64_t b = 0; b < s->segments[i]->n_blocks; b++)
            keys[n++] = (sj_key){s->segments[i]->blocks[b].first_key_hi, s->segments[i]->blocks[b].first_key_lo};
    }
    qsort(keys, n, sizeof *keys, by_key);
    const uint64_t wanted = s->view.n_events / (n_events > 0 ? n_events : 1) + 1;
    const size_t every = n_blocks / wanted + 1;
    for (size_t i = 0; i < n; i += every)
        keys[n_units++] = keys[i];
    if (n_units > 0)
        keys[0] = (sj_key){0, 0};
    *ret_bounds = keys;
    *ret_n_units = n_units;
    return SJ_OK;
}

/* ---- texts ---- */

static enum sj_status gather_texts(const struct sj_snapshot *s, uint16_t column, size_t n_max, struct sj_shelf *shelf, struct sj_names *all,
                                   struct sj_error *err) {
    for (size_t i = 0; i < s->n_segments; i++) {
        for (uint64_t b = 0; b < s->segments[i]->n_blocks; b++) {
            struct sj_block block;
            const struct sj_str *texts;
            size_t n = 0;
            uint32_t code;
            sj_shelf_reset(shelf);
            SJ_TRY(sj_segment_block(s->segments[i], b, &block, err));
            SJ_TRY(sj_block_texts(&block, column, shelf, &texts, &n, err));
            for (size_t t = 0; t < n; t++)
                SJ_TRY(sj_names_add(all, texts[t], &code, err));
            if (sj_names_count(all) > n_max)
                return sj_fail(err, SJ_E_LIMIT, "a property has more than %zu different values", n_max);
        }
    }
    return SJ_OK;
}

enum sj_status sj_snapshot_texts(const struct sj_snapshot *s, uint16_t column, size_t n_max, struct sj_arena *arena,
                                 struct sj_str **ret_texts, size_t *ret_n_texts, struct sj_error *err) {
    struct sj_shelf shelf;
    struct sj_names all;
    struct sj_str *texts = NULL;
    sj_shelf_init(&shelf, s->store->mem);
    sj_names_init(&all, s->store->mem, s->meta.seed);
    enum sj_status status = gather_texts(s, column, n_max, &shelf, &all, err);
    status = sj_lives_check_disk(s->store, &s->lives, status, err);
    const uint32_t n = sj_names_count(&all);
    if (status == SJ_OK)
        status = sj_arena_new(arena, n + 1, sizeof *texts, &texts, err);
    for (uint32_t i = 0; i < n && status == SJ_OK; i++)
        status = sj_arena_copy(arena, sj_names_at(&all, i), &texts[i], err);
    if (status == SJ_OK) {
        qsort(texts, n, sizeof *texts, sj_str_order);
        *ret_texts = texts;
        *ret_n_texts = n;
    }
    sj_names_done(&all);
    sj_shelf_done(&shelf);
    return status;
}

/* ---- cursors ---- */

struct sj_cursor {
    const struct sj_snapshot *snapshot;
    const struct sj_alloc *mem;
    struct sj_merge *merge;
};

enum sj_status sj_cursor_open(const struct sj_snapshot *s, const struct sj_wanted *wanted, sj_key lo, const sj_key *hi,
                              struct sj_cursor **ret_cursor, struct sj_error *err) {
    const struct sj_people *people = wanted->people ? wanted->people : s->people;
    struct sj_cursor *cursor;
    SJ_TRY(sj_mem_new(s->store->mem, 1, sizeof *cursor, &cursor, err));
    cursor->snapshot = s;
    cursor->mem = s->store->mem;
    const struct sj_merge_request request = {
        .sources = people->sight.sources,
        .n_sources = people->sight.n_sources,
        .wanted = wanted,
        .limits = sj_snapshot_limits(s),
        .lo = lo,
        .hi = hi,
    };
    enum sj_status status = sj_merge_open(cursor->mem, &request, &cursor->merge, err);
    status = sj_lives_check_disk(s->store, &s->lives, status, err);
    if (status != SJ_OK) {
        sj_cursor_close(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return SJ_OK;
}

/* The rows of the call before point into the maps, so that at the end all has been asked for that was handed out. */
enum sj_status sj_cursor_next(struct sj_cursor *cursor, const struct sj_rows **ret_rows, struct sj_error *err) {
    const struct sj_rows *rows = NULL;
    const struct sj_snapshot *s = cursor->snapshot;
    const enum sj_status status = sj_merge_next(cursor->merge, &rows, err);
    SJ_TRY(sj_lives_check_disk(s->store, &s->lives, status, err));
    *ret_rows = rows;
    return SJ_OK;
}

void sj_cursor_close(struct sj_cursor *cursor) {
    if (!cursor)
        return;
    sj_merge_close(cursor->merge);
    sj_mem_free(cursor->mem, cursor);
}
