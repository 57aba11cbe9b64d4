/* Loads: events come in, are sorted in runs, and are committed as one segment (bulk) or one row of the inbox (stream). */
#include <stdio.h>
#include "base/time.h"
#include "store/builder.h"
#include "store/erase.h"
#include "store/keyed.h"
#include "store/new_links.h"
#include "store/rehome.h"

#define INBOX_BLOB_BYTES_MAX ((size_t)256 << 20)

/* A sorted part of a load that did not fit in memory: a segment in a temporary file of no name in the catalog. */
struct run {
    char *path;
    struct sj_map map;
    struct sj_segment segment;
};

struct sj_writer {
    struct sj_store *store;
    enum sj_load load;
    uint64_t number; /* of the writer, for the names of its files */
    struct sj_builder *builder;
    struct sj_buf runs;  /* struct run */
    struct sj_buf kinds; /* uint8_t: enum sj_kind by column code */
    bool has_ids, broken;
    uint64_t n_added, n_duplicates;
    struct sj_home_map map; /* by which the events of the load stand */
    int64_t map_id;
    struct sj_buf erased; /* hashes of who is blocked */
    uint64_t n_blocked;
    struct sj_new_links links;
};

/* Only what becomes a segment in any case stands by a map: the inbox holds identities as they come. */
static enum sj_status open_parts(struct sj_writer *w, struct sj_error *err) {
    struct sj_store *store = w->store;
    const int64_t id = w->load == SJ_LOAD_BULK ? sj_store_newest_homes(store) : 0;
    SJ_TRY(sj_home_map_read(store, id, &w->map, err));
    w->map_id = id;
    sj_buf_init(&w->erased, store->mem, SIZE_MAX / 2);
    (void)pthread_mutex_lock(&store->names_lock);
    const enum sj_status status = sj_buf_append(&w->erased, store->erased.data, store->erased.n, err);
    (void)pthread_mutex_unlock(&store->names_lock);
    SJ_TRY(status);
    return sj_builder_new(store->mem, store->meta.seed, store->identity_column, &w->builder, err);
}

enum sj_status sj_writer_open(struct sj_store *store, enum sj_load load, struct sj_writer **ret_writer, struct sj_error *err) {
    struct sj_writer *w;
    SJ_TRY(sj_store_check_writable(store, err));
    SJ_TRY(sj_mem_new(store->mem, 1, sizeof *w, &w, err));
    w->store = store;
    w->load = load;
    sj_new_links_init(&w->links, store->mem, store->meta.seed);
    sj_buf_init(&w->runs, store->mem, SIZE_MAX / 2);
    sj_buf_init(&w->kinds, store->mem, SIZE_MAX / 2);
    (void)pthread_mutex_lock(&store->names_lock);
    w->number = store->n_writers++;
    (void)pthread_mutex_unlock(&store->names_lock);
    const enum sj_status status = open_parts(w, err);
    if (status != SJ_OK) {
        sj_writer_close(w);
        return status;
    }
    *ret_writer = w;
    return SJ_OK;
}

static void drop_runs(struct sj_writer *w) {
    const struct sj_os *os = w->store->os;
    struct run *runs = (struct run *)(void *)w->runs.data;
    for (size_t i = 0; i < w->runs.n / sizeof *runs; i++) {
        os->unmap(os->ctx, runs[i].map);
        (void)os->remove(os->ctx, runs[i].path, NULL);
        sj_mem_free(w->store->mem, runs[i].path);
    }
    sj_buf_reset(&w->runs);
}

void sj_writer_close(struct sj_writer *w) {
    if (!w)
        return;
    drop_runs(w);
    sj_builder_free(w->builder);
    sj_buf_done(&w->runs);
    sj_buf_done(&w->kinds);
    sj_home_map_done(&w->map);
    if (w->erased.mem)
        sj_buf_done(&w->erased);
    sj_new_links_done(&w->links);
    sj_mem_free(w->store->mem, w);
}

/* ---- names ---- */

static enum sj_status add_name(struct sj_writer *w, enum sj_name_table table, struct sj_str name, uint32_t max, uint32_t *ret_code,
                               struct sj_error *err) {
    static const char *const full[] = {
        SJ_T("the store has %u touchpoints already, and no more are possible; \"%.*s\" would be one more"),
        SJ_T("the store has %u channels already (the empty one among them), and no more are possible; \"%.*s\" would be one more"),
        SJ_T("the store has %u properties already, and no more are possible; \"%.*s\" would be one more"),
    };
    struct sj_store *store = w->store;
    enum sj_status status = SJ_OK;
    const struct sj_str shown = {name.p, name.n - (table == SJ_TABLE_COLUMNS)}; /* without the kind */
    (void)pthread_mutex_lock(&store->names_lock);
    struct sj_names *names = &store->names[table];
    if (!sj_names_find(names, name, ret_code)) {
        status = sj_names_count(names) >= max ? sj_fail(err, SJ_E_LIMIT, full[table], max, SJ_ARG(shown))
                                              : sj_names_add(names, name, ret_code, err);
    }
    (void)pthread_mutex_unlock(&store->names_lock);
    return status;
}

static enum sj_status check_name(struct sj_str name, struct sj_error *err) {
    if (name.n > SJ_NAME_BYTES_MAX)
        return sj_fail(err, SJ_E_INPUT, "a name (of a touchpoint, channel or property) is %zu bytes long; at most %d are possible", name.n,
                       SJ_NAME_BYTES_MAX);
    if (!sj_str_is_utf8(name) || memchr(name.p, 0, name.n))
        return sj_fail(err, SJ_E_INPUT, "a name (of a touchpoint, channel or property) is not valid UTF-8 text");
    return SJ_OK;
}

enum sj_status sj_writer_touchpoint(struct sj_writer *w, struct sj_str name, uint16_t *ret_code, struct sj_error *err) {
    uint32_t code = 0;
    if (name.n == 0)
        return sj_fail(err, SJ_E_INPUT, "the touchpoint is empty");
    SJ_TRY(check_name(name, err));
    SJ_TRY(add_name(w, SJ_TABLE_TOUCHPOINTS, name, SJ_TOUCHPOINTS_MAX, &code, err));
    *ret_code = (uint16_t)code;
    return SJ_OK;
}

enum sj_status sj_writer_channel(struct sj_writer *w, struct sj_str name, uint8_t *ret_code, struct sj_error *err) {
    uint32_t code = 0;
    SJ_TRY(check_name(name, err));
    SJ_TRY(add_name(w, SJ_TABLE_CHANNELS, name, SJ_CHANNELS_MAX + 1, &code, err));
    *ret_code = (uint8_t)code;
    return SJ_OK;
}

enum sj_status sj_writer_column(struct sj_writer *w, struct sj_str name, enum sj_kind kind, uint16_t *ret_code, struct sj_error *err) {
    char text[SJ_NAME_BYTES_MAX + 1];
    uint32_t code = 0;
    if (name.n == 0)
        return sj_fail(err, SJ_E_INPUT, "the name of a property is empty");
    SJ_TRY(check_name(name, err));
    if (sj_str_eq(name, SJ_LIT(SJ_IDENTITY_COLUMN)))
        return sj_fail(err, SJ_E_INPUT, "a property cannot be called \"%s\": that is whose an event was before identities were linked",
                       SJ_IDENTITY_COLUMN);
    memcpy(text, name.p, name.n);
    text[name.n] = (char)('0' + kind);
    SJ_TRY(add_name(w, SJ_TABLE_COLUMNS, (struct sj_str){text, name.n + 1}, SJ_PROPERTIES_MAX, &code, err));
    if (w->kinds.n <= code) {
        const size_t more = code + 1 - w->kinds.n;
        SJ_TRY(sj_buf_reserve(&w->kinds, more, err));
        memset(w->kinds.data + w->kinds.n, SJ_N_KINDS, more);
        w->kinds.n += more;
    }
    w->kinds.data[code] = (uint8_t)kind;
    *ret_code = (uint16_t)code;
    return SJ_OK;
}

bool sj_writer_has_column(struct sj_writer *w, struct sj_str name, enum sj_kind kind) {
    char text[SJ_NAME_BYTES_MAX + 1];
    uint32_t code;
    if (name.n > SJ_NAME_BYTES_MAX)
        return false;
    memcpy(text, name.p, name.n);
    text[name.n] = (char)('0' + kind);
    (void)pthread_mutex_lock(&w->store->names_lock);
    const bool has = sj_names_find(&w->store->names[SJ_TABLE_COLUMNS], (struct sj_str){text, name.n + 1}, &code);
    (void)pthread_mutex_unlock(&w->store->names_lock);
    return has;
}

/* ---- adding ---- */

static enum sj_status check_value(const struct sj_writer *w, const struct sj_value *value, struct sj_error *err) {
    if (value->column >= w->kinds.n || w->kinds.data[value->column] >= SJ_N_KINDS)
        return sj_fail(err, SJ_E_BUG, "a value was given for a column that this load has not asked for");
    if (w->kinds.data[value->column] == SJ_KIND_NUMBER && !(value->f64 - value->f64 == 0))
        return sj_fail(err, SJ_E_INPUT, "a number is not finite");
    if (w->kinds.data[value->column] == SJ_KIND_TRUTH && value->i64 != 0 && value->i64 != 1)
        return sj_fail(err, SJ_E_INPUT, "a truth is %lld; expected 0 or 1", (long long)value->i64);
    if (w->kinds.data[value->column] == SJ_KIND_TIME && (value->i64 < SJ_TIME_MIN || value->i64 > SJ_TIME_MAX))
        return sj_fail(err, SJ_E_INPUT, "the time is outside the years 1 to 9999");
    if (w->kinds.data[value->column] != SJ_KIND_TEXT)
        return SJ_OK;
    if (value->text.n > SJ_TEXT_BYTES_MAX)
        return sj_fail(err, SJ_E_INPUT, "a text is %zu bytes long; at most %d are possible", value->text.n, SJ_TEXT_BYTES_MAX);
    if (!sj_str_is_utf8(value->text))
        return sj_fail(err, SJ_E_INPUT, "a text is not valid UTF-8");
    return SJ_OK;
}

static enum sj_status check_event(const struct sj_writer *w, const struct sj_event *event, struct sj_error *err) {
    if (event->customer.n == 0)
        return sj_fail(err, SJ_E_INPUT, "the customer is empty");
    if (event->customer.n > SJ_IDENTITY_BYTES_MAX)
        return sj_fail(err, SJ_E_INPUT, "the customer's identity is %zu bytes long; at most %d are possible", event->customer.n,
                       SJ_IDENTITY_BYTES_MAX);
    if (!sj_str_is_utf8(event->customer) || memchr(event->customer.p, 0, event->customer.n))
        return sj_fail(err, SJ_E_INPUT, "the customer's identity is not valid UTF-8 text");
    if (event->time_us < SJ_TIME_MIN || event->time_us > SJ_TIME_MAX)
        return sj_fail(err, SJ_E_INPUT, "the time is outside the years 1 to 9999");
    if (event->n_values > SJ_PROPERTIES_MAX)
        return sj_fail(err, SJ_E_INPUT, "the event has %zu values; at most %d are possible", event->n_values, SJ_PROPERTIES_MAX);
    uint64_t seen[SJ_PROPERTIES_MAX / 64] = {0};
    for (size_t i = 0; i < event->n_values; i++) {
        const uint16_t column = event->values[i].column;
        SJ_TRY(check_value(w, &event->values[i], err));
        if (seen[column / 64] >> column % 64 & 1)
            return sj_fail(err, SJ_E_INPUT, "the event has two values of one property");
        seen[column / 64] |= UINT64_C(1) << column % 64;
    }
    return SJ_OK;
}

static enum sj_status write_run(struct sj_writer *w, struct run *run, struct sj_error *err) {
    const struct sj_os *os = w->store->os;
    struct sj_segment_writer writer;
    sj_file file = -1;
    SJ_TRY(os->open(os->ctx, run->path, SJ_OPEN_CREATE, &file, err));
    enum sj_status status = sj_segment_writer_init(&writer, w->store->mem, os, file, err);
    if (status == SJ_OK)
        status = sj_builder_write(w->builder, &writer, err);
    if (status == SJ_OK)
        status = sj_segment_writer_finish(&writer, err);
    sj_segment_writer_done(&writer);
    os->close(os->ctx, file);
    if (status == SJ_OK)
        status = os->open(os->ctx, run->path, SJ_OPEN_READ, &file, err);
    if (status == SJ_OK) {
        status = os->map(os->ctx, file, &run->map, err);
        os->close(os->ctx, file);
    }
    if (status == SJ_OK)
        status = sj_segment_open(run->map.data, run->map.n, &run->segment, err);
    run->segment.bytes = run->map.data;
    run->segment.n_bytes = run->map.n;
    run->segment.path = run->path;
    return sj_segment_check_disk(&run->segment, os, status, err);
}

/* What is in memory becomes a run on disk. */
static enum sj_status spill(struct sj_writer *w, struct sj_error *err) {
    struct run run = {0};
    SJ_TRY(sj_buf_reserve(&w->runs, sizeof run, err));
    SJ_TRY(sj_mem_new(w->store->mem, SJ_PATH_BYTES, 1, &run.path, err));
    (void)snprintf(run.path, SJ_PATH_BYTES, "%s/segments/load-%llu-%zu.tmp", w->store->path, (unsigned long long)w->number,
                   w->runs.n / sizeof run);
    const enum sj_status status = write_run(w, &run, err);
    (void)sj_buf_append(&w->runs, &run, sizeof run, NULL); /* reserved above; drop_runs() removes it in any case */
    w->load = SJ_LOAD_BULK;
    return status;
}

static enum sj_status put(struct sj_writer *w, const struct sj_event *event, const enum sj_kind *kinds, struct sj_error *err) {
    bool is_new = false;
    SJ_TRY(sj_builder_add(w->builder, event, kinds, &is_new, err));
    w->n_added += is_new;
    w->n_duplicates += !is_new;
    return sj_builder_bytes(w->builder) > w->store->memory_bytes ? spill(w, err) : SJ_OK;
}

/* The event of an identity that is somebody's: it becomes the customer's, and says whose it was. */
static enum sj_status put_at_home(struct sj_writer *w, const struct sj_event *event, const struct sj_home *home, enum sj_kind *kinds,
                                  struct sj_error *err) {
    struct sj_value values[SJ_PROPERTIES_MAX + 1];
    struct sj_event moved = *event;
    if (event->n_values > 0)
        memcpy(values, event->values, event->n_values * sizeof *values);
    values[event->n_values] = (struct sj_value){.column = w->store->identity_column, .text = event->customer};
    kinds[event->n_values] = SJ_KIND_TEXT;
    moved.customer = sj_home_text(&w->map.homes, home);
    moved.values = values;
    moved.n_values++;
    return put(w, &moved, kinds, err);
}

static bool is_blocked(const struct sj_writer *w, struct sj_str identity) {
    return sj_erased_has(w->erased.data, w->erased.n / SJ_KEYED_BYTES, w->store->meta.secret, identity);
}

enum sj_status sj_writer_add(struct sj_writer *w, const struct sj_event *event, struct sj_error *err) {
    enum sj_kind kinds[SJ_PROPERTIES_MAX + 1];
    SJ_TRY(check_event(w, event, err));
    if (w->broken)
        return sj_fail(err, SJ_E_BUG, "the load has failed before and takes no more events");
    for (size_t i = 0; i < event->n_values; i++) {
        kinds[i] = (enum sj_kind)w->kinds.data[event->values[i].column];
        w->has_ids = w->has_ids || event->values[i].column == SJ_COLUMN_EVENT_ID;
    }
    if (is_blocked(w, event->customer)) {
        w->n_blocked++;
        return SJ_OK;
    }
    const struct sj_home *home = NULL;
    if (w->map.homes.n > 0)
        home = sj_homes_find(&w->map.homes, sj_hash128(event->customer.p, event->customer.n, w->store->meta.seed));
    const enum sj_status status = home ? put_at_home(w, event, home, kinds, err) : put(w, event, kinds, err);
    w->broken = status != SJ_OK;
    return status;
}

enum sj_status sj_writer_link(struct sj_writer *w, struct sj_str a, struct sj_str b, int64_t time_us, struct sj_error *err) {
    if (is_blocked(w, a) || is_blocked(w, b))
        return SJ_OK;
    return sj_new_links_add(&w->links, (struct sj_link){a, b, SJ_LINK_SEEN, time_us}, err);
}

/* ---- events that are gathered from segments ---- */

enum sj_status sj_writer_gather(void *ctx, const struct sj_event *event, const enum sj_kind *kinds, struct sj_error *err) {
    return put(ctx, event, kinds, err);
}

enum sj_status sj_writer_seal(struct sj_writer *w, struct sj_error *err) {
    if (sj_builder_count(w->builder) > 0)
        SJ_TRY(spill(w, err));
    sj_builder_free(w->builder);
    w->builder = NULL;
    return SJ_OK;
}

size_t sj_writer_runs(const struct sj_writer *w) { return w->runs.n / sizeof(struct run); }

const struct sj_segment *sj_writer_run(const struct sj_writer *w, size_t i) {
    return &((const struct run *)(const void *)w->runs.data)[i].segment;
}

/* ---- commit as a segment ---- */

struct bulk {
    struct sj_segment_row row;
    const struct sj_new_links *links;
    size_t n_new_links;
    struct sj_import_row import;
    bool has_import;
};

/* The links of a load, and one entry of the audit record for those that are new. */
static enum sj_status save_links(struct sj_store *store, const struct sj_new_links *links, size_t *ret_n_new, struct sj_error *err) {
    char detail[32];
    SJ_TRY(sj_new_links_save(links, store, ret_n_new, err));
    if (*ret_n_new == 0)
        return SJ_OK;
    const int n = snprintf(detail, sizeof detail, "links=%zu", *ret_n_new);
    return sj_store_audit_in(store, "link", (struct sj_str){"", 0}, (struct sj_str){detail, (size_t)n}, err);
}

static enum sj_status bulk_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    struct bulk *bulk = ctx;
    if (bulk->row.n_events > 0) {
        bulk->row.first_arrival = bulk->row.last_arrival = store->meta.next_arrival++;
        SJ_TRY(sj_catalog_add_segment(store->catalog, &bulk->row, err));
    }
    SJ_TRY(save_links(store, bulk->links, &bulk->n_new_links, err));
    return bulk->has_import ? sj_catalog_add_import(store->catalog, &bulk->import, err) : SJ_OK;
}

/* The runs as they are seen by the newest map, and before them, silent, the segments: what of an event id is there already. */
static enum sj_status see_runs(struct sj_writer *w, const struct sj_lives *lives, struct sj_sight *sight, struct sj_error *err) {
    const size_t n_runs = sj_writer_runs(w);
    const bool same = sight->rehome.to_id == w->map_id;
    SJ_TRY(sj_sight_open(sight, lives->n + n_runs, err));
    for (size_t i = 0; i < lives->n; i++)
        SJ_TRY(sj_sight_add(sight, &lives->items[i].segment, NULL, lives->items[i].row.homes, true, err));
    for (size_t i = 0; i < n_runs; i++)
        SJ_TRY(sj_sight_add(sight, sj_writer_run(w, i), same ? NULL : &w->map.homes, w->map_id, false, err));
    return SJ_OK;
}

/* Merges the runs; events that the live segments have are left out. */
static enum sj_status merge_runs(struct sj_writer *w, struct sj_segment_row *row, uint64_t *ret_dropped, struct sj_error *err) {
    struct sj_sight sight = {.n_parts = 0};
    struct sj_lives lives = {0};
    struct sj_home_map map;
    SJ_TRY(sj_home_map_read(w->store, row->homes, &map, err));
    sj_rehome_init(&sight.rehome, w->store, &map.homes, row->homes);
    sight.rehome.limits = sj_store_limits(w->store);
    enum sj_status status = w->has_ids ? sj_store_lives(w->store, &lives, err) : SJ_OK;
    if (status == SJ_OK)
        status = see_runs(w, &lives, &sight, err);
    const struct sj_merge_job job = {.sources = sight.sources, .n_sources = sight.n_sources, .distinct = w->has_ids};
    if (status == SJ_OK)
        status = sj_store_merge(w->store, &job, row, ret_dropped, err);
    sj_sight_done(&sight);
    sj_home_map_done(&map);
    sj_lives_close(w->store, &lives);
    return status;
}

/* Writes the builder's events straight into the final file: for a load that fits in memory and has no event ids. */
static enum sj_status write_direct(struct sj_writer *w, struct sj_segment_row *row, struct sj_error *err) {
    struct sj_store *store = w->store;
    const struct sj_os *os = store->os;
    struct sj_segment_writer writer;
    char path[SJ_PATH_BYTES], final[SJ_PATH_BYTES];
    sj_file file = -1;
    sj_store_segment_path(store, row->id, true, path);
    sj_store_segment_path(store, row->id, false, final);
    SJ_TRY(os->open(os->ctx, path, SJ_OPEN_CREATE, &file, err));
    enum sj_status status = sj_segment_writer_init(&writer, store->mem, os, file, err);
    if (status == SJ_OK)
        status = sj_builder_write(w->builder, &writer, err);
    if (status == SJ_OK)
        status = sj_segment_writer_finish(&writer, err);
    if (status == SJ_OK)
        status = sj_store_publish(store, file, final, err);
    row->n_events = writer.n_events;
    row->n_customers = writer.n_customers;
    row->n_bytes = writer.n_written;
    row->min_time_us = writer.min_time_us;
    row->max_time_us = writer.max_time_us;
    sj_segment_writer_done(&writer);
    os->close(os->ctx, file);
    if (status != SJ_OK)
        (void)os->remove(os->ctx, path, NULL);
    return status;
}

static enum sj_status make_segment(struct sj_writer *w, struct sj_segment_row *row, uint64_t *ret_dropped, struct sj_error *err) {
    *ret_dropped = 0;
    if (w->n_added == 0)
        return SJ_OK;
    row->id = sj_store_next_segment(w->store);
    row->homes = sj_store_newest_homes(w->store);
    const bool direct = w->runs.n == 0 && !w->has_ids && row->homes == w->map_id;
    if (direct)
        return write_direct(w, row, err);
    if (sj_builder_count(w->builder) > 0)
        SJ_TRY(spill(w, err));
    return merge_runs(w, row, ret_dropped, err);
}

/* Whether somebody was erased since the load began, whose events it may hold. The caller holds `committing`. */
static bool is_late(struct sj_store *store, size_t n_erased_bytes) {
    (void)pthread_mutex_lock(&store->names_lock);
    const bool late = n_erased_bytes != store->erased.n;
    (void)pthread_mutex_unlock(&store->names_lock);
    return late;
}

static enum sj_status fail_late(struct sj_error *err) {
    return sj_fail(err, SJ_E_BUSY, "somebody was erased while this was loaded: load it once more");
}

static enum sj_status commit_bulk(struct sj_writer *w, const struct sj_import *import, struct sj_commit *ret_commit, struct sj_error *err) {
    struct sj_store *store = w->store;
    struct bulk bulk = {.links = &w->links, .has_import = import != NULL};
    uint64_t dropped = 0;
    (void)pthread_mutex_lock(&store->committing);
    enum sj_status status = is_late(store, w->erased.n) ? fail_late(err) : SJ_OK;
    if (status == SJ_OK)
        status = sj_store_flush(store, err); /* segments stand in order of arrival */
    if (status == SJ_OK)
        status = make_segment(w, &bulk.row, &dropped, err);
    if (status == SJ_OK) {
        struct sj_commit commit = {bulk.row.n_events, w->n_duplicates + dropped, w->n_blocked, 0};
        if (import)
            bulk.import = (struct sj_import_row){store->os->now_us(store->os->ctx), commit.n_events, commit.n_duplicates, *import};
        status = sj_store_transaction(store, bulk_body, &bulk, err);
        commit.n_links = bulk.n_new_links;
        if (status == SJ_OK)
            *ret_commit = commit;
        else if (bulk.row.n_events > 0)
            sj_store_unpublish(store, bulk.row.id, status);
    }
    (void)pthread_mutex_unlock(&store->committing);
    return status;
}

/* ---- commit to the inbox: threads that come together share one transaction ---- */

struct sj_pending {
    struct sj_str blob;
    uint64_t n_events;
    const struct sj_new_links *links;
    size_t n_new_links, n_erased_bytes;
    bool has_import, is_late, done;
    struct sj_import_row import;
    enum sj_status status;
    struct sj_error error;
    struct sj_pending *next;
};

static enum sj_status stream_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    for (struct sj_pending *p = ctx; p; p = p->next) {
        if (p->is_late)
            continue;
        if (p->n_events > 0)
            SJ_TRY(sj_catalog_add_inbox(store->catalog, store->meta.next_arrival++, p->n_events, p->blob, err));
        SJ_TRY(save_links(store, p->links, &p->n_new_links, err));
        if (p->has_import)
            SJ_TRY(sj_catalog_add_import(store->catalog, &p->import, err));
    }
    return SJ_OK;
}

static struct sj_pending *reverse(struct sj_pending *list) {
    struct sj_pending *reversed = NULL;
    while (list) {
        struct sj_pending *next = list->next;
        list->next = reversed;
        reversed = list;
        list = next;
    }
    return reversed;
}

/* Commits everything that waits now, this thread's own load among it; what comes meanwhile is the next leader's. Called with queue_lock
 * held, and returns so. */
static void lead(struct sj_store *store) {
    struct sj_pending *group = reverse(store->pending);
    store->pending = NULL;
    (void)pthread_mutex_unlock(&store->queue_lock);
    struct sj_error error = {.lang = group->error.lang};
    (void)pthread_mutex_lock(&store->committing);
    for (struct sj_pending *p = group; p; p = p->next)
        p->is_late = is_late(store, p->n_erased_bytes);
    const enum sj_status status = sj_store_transaction(store, stream_body, group, &error);
    (void)pthread_mutex_unlock(&store->committing);
    (void)pthread_mutex_lock(&store->queue_lock);
    for (struct sj_pending *p = group, *next; p; p = next) {
        next = p->next; /* p belongs to its thread again as soon as it is done */
        store->n_inbox_loads += p->n_events > 0;
        store->n_inbox_events += p->n_events;
        p->status = status;
        if (status != SJ_OK)
            p->error = error;
        else if (p->is_late)
            p->status = fail_late(&p->error);
        p->done = true;
    }
}

static enum sj_status share_commit(struct sj_store *store, struct sj_pending *mine, struct sj_error *err) {
    mine->error.lang = err ? err->lang : SJ_EN;
    (void)pthread_mutex_lock(&store->queue_lock);
    mine->next = store->pending;
    store->pending = mine;
    while (!mine->done) {
        if (store->has_leader) {
            (void)pthread_cond_wait(&store->queue_done, &store->queue_lock);
            continue;
        }
        store->has_leader = true;
        lead(store);
        store->has_leader = false;
        (void)pthread_cond_broadcast(&store->queue_done);
    }
    (void)pthread_mutex_unlock(&store->queue_lock);
    if (mine->status != SJ_OK && err)
        *err = mine->error;
    return mine->status;
}

bool sj_store_wants_flush(struct sj_store *store) {
    (void)pthread_mutex_lock(&store->queue_lock);
    const bool full = store->n_inbox_loads >= SJ_INBOX_LOADS || store->n_inbox_events >= SJ_INBOX_EVENTS;
    if (full)
        store->n_inbox_loads = store->n_inbox_events = 0;
    (void)pthread_mutex_unlock(&store->queue_lock);
    return full;
}

static bool begin_flushing(struct sj_store *store) {
    (void)pthread_mutex_lock(&store->queue_lock);
    const bool begins = !store->is_flushing;
    store->is_flushing = true;
    (void)pthread_mutex_unlock(&store->queue_lock);
    return begins;
}

/* Empties a full inbox, by the thread that finds it full. */
static void flush_if_full(struct sj_store *store) {
    if (store->flushes_itself || !sj_store_wants_flush(store) || !begin_flushing(store))
        return;
    (void)sj_store_compact(store, false, NULL, NULL, NULL);
    (void)pthread_mutex_lock(&store->queue_lock);
    store->is_flushing = false;
    (void)pthread_mutex_unlock(&store->queue_lock);
}

static enum sj_status commit_stream(struct sj_writer *w, const struct sj_import *import, struct sj_commit *ret_commit,
                                    struct sj_error *err) {
    struct sj_store *store = w->store;
    struct sj_segment_writer writer;
    struct sj_pending mine = {.n_events = w->n_added, .links = &w->links, .n_erased_bytes = w->erased.n, .has_import = import != NULL};
    enum sj_status status = sj_segment_writer_init(&writer, store->mem, NULL, -1, err);
    if (status == SJ_OK && w->n_added > 0)
        status = sj_builder_write(w->builder, &writer, err);
    if (status == SJ_OK)
        status = sj_segment_writer_finish(&writer, err);
    if (status == SJ_OK) {
        mine.blob = sj_buf_str(&writer.out);
        if (import)
            mine.import = (struct sj_import_row){store->os->now_us(store->os->ctx), w->n_added, w->n_duplicates, *import};
        status = share_commit(store, &mine, err);
    }
    sj_segment_writer_done(&writer);
    SJ_TRY(status);
    *ret_commit = (struct sj_commit){w->n_added, w->n_duplicates, w->n_blocked, mine.n_new_links};
    flush_if_full(store);
    return SJ_OK;
}

enum sj_status sj_writer_commit(struct sj_writer *w, const struct sj_import *import, struct sj_commit *ret_commit, struct sj_error *err) {
    if (w->broken)
        return sj_fail(err, SJ_E_BUG, "a load that has failed cannot be committed");
    w->broken = true; /* a writer commits once */
    const bool stream = w->load == SJ_LOAD_STREAM && sj_builder_count(w->builder) <= SJ_STREAM_EVENTS &&
                        sj_builder_bytes(w->builder) <= INBOX_BLOB_BYTES_MAX;
    return stream ? commit_stream(w, import, ret_commit, err) : commit_bulk(w, import, ret_commit, err);
}
