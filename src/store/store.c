/* Making, opening and closing a store; the lock; paths; the transaction that every change ends in. */
#include <stdio.h>
#include "base/time.h"
#include "store/homes.h"

#define SJ_STORE_PATH_MAX (SJ_PATH_BYTES - 104)
#define MEMORY_BYTES ((size_t)512 << 20)

const struct sj_builtin_column sj_builtin_columns[SJ_N_BUILTIN] = {
    [SJ_COLUMN_VALUE] = {"value", SJ_KIND_MONEY},          [SJ_COLUMN_COST] = {"cost", SJ_KIND_MONEY},
    [SJ_COLUMN_DURATION] = {"duration", SJ_KIND_DURATION}, [SJ_COLUMN_SCORE] = {"score", SJ_KIND_NUMBER},
    [SJ_COLUMN_SCORE_KIND] = {"score_kind", SJ_KIND_TEXT}, [SJ_COLUMN_COMMENT] = {"comment", SJ_KIND_TEXT},
    [SJ_COLUMN_EVENT_ID] = {"event_id", SJ_KIND_TEXT},
};

const char *sj_kind_name(enum sj_kind kind) {
    static const char *const names[SJ_N_KINDS] = {"text", "number", "truth", "time", "money", "duration"};
    return names[kind];
}

/* ---- paths ---- */

static enum sj_status check_path(const char *path, struct sj_error *err) {
    if (path[0] == '\0')
        return sj_fail(err, SJ_E_USAGE, "the path of the store is empty");
    if (strlen(path) > SJ_STORE_PATH_MAX - 32)
        return sj_fail(err, SJ_E_LIMIT, "the path of the store is longer than %d bytes", SJ_STORE_PATH_MAX - 32);
    return SJ_OK;
}

static void path_of(const char *store, const char *name, char out[SJ_PATH_BYTES]) {
    (void)snprintf(out, SJ_PATH_BYTES, "%.*s/%s", SJ_STORE_PATH_MAX, store, name);
}

void sj_store_segment_path(const struct sj_store *store, int64_t id, bool temporary, char out[SJ_PATH_BYTES]) {
    (void)snprintf(out, SJ_PATH_BYTES, "%s/segments/%lld.seg%s", store->path, (long long)id, temporary ? ".tmp" : "");
}

void sj_store_homes_path(const struct sj_store *store, int64_t id, char out[SJ_PATH_BYTES]) {
    (void)snprintf(out, SJ_PATH_BYTES, "%s/segments/%lld.homes", store->path, (long long)id);
}

bool sj_store_exists(const struct sj_store_options *options, const char *path) {
    char catalog[SJ_PATH_BYTES];
    if (check_path(path, NULL) != SJ_OK)
        return false;
    path_of(path, "catalog.db", catalog);
    return options->os->exists(options->os->ctx, catalog);
}

/* ---- create ---- */

/* Stores of format 1 have it only once they have been opened for writing. */
static enum sj_status add_identity_column(struct sj_store *store, struct sj_error *err) {
    uint32_t code;
    struct sj_names *names = &store->names[SJ_TABLE_COLUMNS];
    if (sj_names_count(names) >= SJ_PROPERTIES_MAX && sj_identity_column(names) == 0)
        return SJ_OK; /* nothing can be linked here */
    SJ_TRY(sj_names_add(names, SJ_LIT(SJ_IDENTITY_COLUMN "0"), &code, err));
    store->identity_column = (uint16_t)code;
    return SJ_OK;
}

static enum sj_status add_first_names(struct sj_store *store, struct sj_error *err) {
    uint32_t code;
    SJ_TRY(sj_names_add(&store->names[SJ_TABLE_CHANNELS], SJ_LIT(""), &code, err));
    for (size_t i = 0; i < SJ_N_BUILTIN; i++) {
        char text[32];
        const int n = snprintf(text, sizeof text, "%s%c", sj_builtin_columns[i].name, '0' + sj_builtin_columns[i].kind);
        SJ_TRY(sj_names_add(&store->names[SJ_TABLE_COLUMNS], (struct sj_str){text, (size_t)n}, &code, err));
    }
    return add_identity_column(store, err);
}

static enum sj_status no_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    (void)store;
    (void)ctx;
    (void)err;
    return SJ_OK;
}

static enum sj_status save_first_names(const struct sj_store_options *options, const char *path, struct sj_error *err) {
    struct sj_store *store;
    SJ_TRY(sj_store_open(options, path, true, &store, err));
    enum sj_status status = add_first_names(store, err);
    if (status == SJ_OK)
        status = sj_store_transaction(store, no_body, NULL, err);
    sj_store_close(store);
    return status;
}

static enum sj_status check_currency(const char *currency, struct sj_error *err) {
    bool good = strlen(currency) == 3;
    for (int i = 0; good && i < 3; i++)
        good = currency[i] >= 'A' && currency[i] <= 'Z';
    return good ? SJ_OK : sj_fail(err, SJ_E_USAGE, "\"%s\" is no currency; expected three capital letters, such as EUR", currency);
}

/* Everything of a new store, in the folder `path`. */
static enum sj_status fill_folder(const struct sj_store_options *options, const char *path, const struct sj_catalog_meta *meta,
                                  struct sj_error *err) {
    const struct sj_os *os = options->os;
    char name[SJ_PATH_BYTES];
    path_of(path, "segments", name);
    SJ_TRY(os->make_dir(os->ctx, name, err));
    path_of(path, "catalog.db", name);
    const struct sj_catalog_place place = {options->mem, name, os->sqlite_vfs};
    SJ_TRY(sj_catalog_create(&place, meta, err));
    SJ_TRY(save_first_names(options, path, err));
    return os->sync_dir(os->ctx, path, err);
}

static void remove_folder(const struct sj_os *os, const char *path) {
    static const char *const names[] = {"catalog.db-journal", "catalog.db-wal", "catalog.db-shm", "catalog.db", "writer.lock", "segments"};
    char name[SJ_PATH_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        path_of(path, names[i], name);
        (void)os->remove(os->ctx, name, NULL);
    }
    (void)os->remove(os->ctx, path, NULL);
}

/* The folder that `path` stands in. */
static void parent_of(const char *path, char out[SJ_PATH_BYTES]) {
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    while (n > 0 && path[n - 1] != '/')
        n--;
    (void)snprintf(out, SJ_PATH_BYTES, "%.*s", n > 0 ? (int)n : 1, n > 0 ? path : ".");
}

/* The name of a folder that is not a store yet, or no more. */
static void temporary_of(const char *path, uint64_t seed, char out[SJ_PATH_BYTES]) {
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    (void)snprintf(out, SJ_PATH_BYTES, "%.*s.new-%08x", (int)n, path, (unsigned)(seed >> 32));
}

/* Takes the store's name away, durably, before anything in it: removals may reach the disk in any order, and half a store is none. */
static void take_away(const struct sj_os *os, const char *path, uint64_t seed) {
    char temporary[SJ_PATH_BYTES], parent[SJ_PATH_BYTES];
    temporary_of(path, seed, temporary);
    parent_of(path, parent);
    if (os->rename(os->ctx, path, temporary, NULL) == SJ_OK && os->sync_dir(os->ctx, parent, NULL) == SJ_OK)
        remove_folder(os, temporary);
}

enum sj_status sj_store_create(const struct sj_store_options *options, const char *path, const char *currency, struct sj_error *err) {
    const struct sj_os *os = options->os;
    struct sj_catalog_meta meta = {.format = SJ_FORMAT_VERSION, .next_segment = 1, .next_arrival = 1, .as_of_us = os->now_us(os->ctx)};
    char temporary[SJ_PATH_BYTES], parent[SJ_PATH_BYTES];
    SJ_TRY(check_path(path, err));
    SJ_TRY(check_currency(currency ? currency : "EUR", err));
    memcpy(meta.currency, currency ? currency : "EUR", 3);
    SJ_TRY(os->random(os->ctx, &meta.seed, sizeof meta.seed, err));
    SJ_TRY(os->random(os->ctx, meta.secret, sizeof meta.secret, err));
    meta.seed |= 1; /* never 0 */
    if (sj_store_exists(options, path))
        return sj_fail(err, SJ_E_EXISTS, "there is a store at %s already", path);
    if (os->exists(os->ctx, path))
        return sj_fail(err, SJ_E_EXISTS, "cannot make a store at %s: something else is there", path);
    /* The folder gets its name when it is complete, so that there is a store or none. */
    temporary_of(path, meta.seed, temporary);
    parent_of(path, parent);
    SJ_TRY(os->make_dir(os->ctx, temporary, err));
    enum sj_status status = fill_folder(options, temporary, &meta, err);
    if (status == SJ_OK)
        status = os->rename(os->ctx, temporary, path, err);
    if (status != SJ_OK) {
        remove_folder(os, temporary);
        return status;
    }
    status = os->sync_dir(os->ctx, parent, err);
    if (status != SJ_OK)
        take_away(os, path, meta.seed);
    return status;
}

/* ---- the lock ---- */

static enum sj_status lock_busy(struct sj_store *store, const char *lock_path, struct sj_error *err) {
    struct sj_buf holder;
    sj_buf_init(&holder, store->mem, (size_t)1 << 20);
    (void)sj_os_read_file(store->os, lock_path, &holder, NULL);
    const struct sj_str text = sj_str_trim(sj_buf_str(&holder));
    const enum sj_status status =
        text.n > 0
            ? sj_fail(err, SJ_E_BUSY, "the store %s is being written by %.*s; wait until it is done, or stop it", store->path, SJ_ARG(text))
            : sj_fail(err, SJ_E_BUSY, "the store %s is being written by another process; wait until it is done", store->path);
    sj_buf_done(&holder);
    return status;
}

static enum sj_status take_lock(struct sj_store *store, struct sj_error *err) {
    char path[SJ_PATH_BYTES], text[256], now[SJ_TIME_TEXT_BYTES];
    const struct sj_os *os = store->os;
    path_of(store->path, "writer.lock", path);
    SJ_TRY(os->open(os->ctx, path, SJ_OPEN_LOCK, &store->lock_file, err));
    enum sj_status status = os->lock(os->ctx, store->lock_file, err);
    if (status == SJ_E_BUSY)
        status = lock_busy(store, path, err);
    else if (status != SJ_OK)
        status = sj_fail_in(err, status, "%s", path);
    if (status == SJ_OK) {
        now[sj_time_format(os->now_us(os->ctx) / SJ_US_SECOND * SJ_US_SECOND, now)] = '\0';
        const int n = snprintf(text, sizeof text, "%s (process %d, since %s)\n", store->program ? store->program : "sojourn",
                               os->process_id(os->ctx), now);
        (void)os->replace(os->ctx, store->lock_file, text, (size_t)n, NULL); /* for people; on a full disk it may be missing */
    }
    if (status != SJ_OK) {
        os->close(os->ctx, store->lock_file);
        store->lock_file = -1;
    }
    return status;
}

/* ---- open and close ---- */

static enum sj_status load_names(struct sj_store *store, struct sj_error *err) {
    for (int i = 0; i < SJ_N_NAME_TABLES; i++) {
        SJ_TRY(sj_catalog_load_names(store->catalog, (enum sj_name_table)i, &store->names[i], err));
        store->n_saved[i] = sj_names_count(&store->names[i]);
    }
    return SJ_OK;
}

struct sweep {
    struct sj_store *store;
    struct sj_buf rows;
    bool only_maps;
};

static bool is_named(const char *name, int64_t id, const char *kind) {
    char live[32];
    (void)snprintf(live, sizeof live, "%lld.%s", (long long)id, kind);
    return strcmp(name, live) == 0;
}

/* Removes a file of the segments folder that the catalog does not name. That it cannot be removed now does no harm. */
static enum sj_status sweep_file(void *arg, const char *name) {
    const struct sweep *sweep = arg;
    const struct sj_segment_row *rows = (const struct sj_segment_row *)(const void *)sweep->rows.data;
    const char *dot = strrchr(name, '.');
    char path[SJ_PATH_BYTES];
    if (is_named(name, sweep->store->meta.homes, "homes") || (sweep->only_maps && (!dot || strcmp(dot, ".homes") != 0)))
        return SJ_OK;
    for (size_t i = 0; i < sweep->rows.n / sizeof *rows; i++) {
        if (is_named(name, rows[i].id, "seg") || is_named(name, rows[i].homes, "homes"))
            return SJ_OK;
    }
    if (snprintf(path, sizeof path, "%s/segments/%s", sweep->store->path, name) < (int)sizeof path)
        (void)sweep->store->os->remove(sweep->store->os->ctx, path, NULL);
    return SJ_OK;
}

static enum sj_status sweep(struct sj_store *store, bool only_maps, struct sj_error *err) {
    struct sweep s = {.store = store, .only_maps = only_maps};
    char path[SJ_PATH_BYTES];
    sj_buf_init(&s.rows, store->mem, SIZE_MAX / 2);
    path_of(store->path, "segments", path);
    enum sj_status status = sj_catalog_segments(store->catalog, &s.rows, err);
    if (status == SJ_OK)
        status = store->os->list(store->os->ctx, path, sweep_file, &s, err);
    sj_buf_done(&s.rows);
    return status;
}

enum sj_status sj_store_sweep_maps(struct sj_store *store, struct sj_error *err) {
    (void)pthread_mutex_lock(&store->names_lock);
    const enum sj_status status = sweep(store, true, err);
    (void)pthread_mutex_unlock(&store->names_lock);
    return status;
}

/* Whether SQLite's log beside the catalog has anything in it. */
static bool has_log(const struct sj_store *store) {
    const struct sj_os *os = store->os;
    char path[SJ_PATH_BYTES];
    sj_file file = -1;
    uint64_t n_bytes = 1;
    path_of(store->path, "catalog.db-wal", path);
    const enum sj_status status = os->open(os->ctx, path, SJ_OPEN_READ, &file, NULL);
    if (status != SJ_OK)
        return status != SJ_E_NOT_FOUND;
    (void)os->size(os->ctx, file, &n_bytes, NULL);
    os->close(os->ctx, file);
    return n_bytes > 0;
}

static enum sj_status upgrade(struct sj_store *store, struct sj_error *err) {
    if (store->meta.format == SJ_FORMAT_VERSION)
        return SJ_OK;
    SJ_TRY(store->os->random(store->os->ctx, store->meta.secret, sizeof store->meta.secret, err));
    SJ_TRY(sj_catalog_upgrade(store->catalog, &store->meta, err));
    store->sync_failed = sj_catalog_sync_failed(store->catalog);
    return SJ_OK;
}

static enum sj_status open_catalog(struct sj_store *store, struct sj_error *err) {
    char path[SJ_PATH_BYTES];
    path_of(store->path, "catalog.db", path);
    const struct sj_catalog_place place = {store->mem, path, store->os->sqlite_vfs};
    SJ_TRY(sj_catalog_open(&place, store->write, has_log(store), &store->catalog, err));
    SJ_TRY(sj_catalog_begin(store->catalog, false, err));
    const enum sj_status status = sj_catalog_meta(store->catalog, &store->meta, err);
    sj_catalog_rollback(store->catalog);
    SJ_TRY(status);
    if (store->meta.format > SJ_FORMAT_VERSION)
        return sj_fail(err, SJ_E_VERSION,
                       "the store %s was written by a newer Sojourn (format %lld; this one reads format %d): use that version", store->path,
                       (long long)store->meta.format, SJ_FORMAT_VERSION);
    for (int i = 0; i < SJ_N_NAME_TABLES; i++)
        sj_names_init(&store->names[i], store->mem, store->meta.seed);
    if (!store->write)
        return SJ_OK;
    /* The name of SQLite's log is new. SQLite syncs it with its first commit, but tells nobody when that fails. */
    SJ_TRY(store->os->sync_dir(store->os->ctx, store->path, err));
    SJ_TRY(upgrade(store, err));
    SJ_TRY(load_names(store, err));
    if (sj_names_count(&store->names[SJ_TABLE_COLUMNS]) > 0)
        SJ_TRY(add_identity_column(store, err));
    SJ_TRY(sj_store_load_erased(store, err));
    SJ_TRY(sj_catalog_count_inbox(store->catalog, &store->n_inbox_loads, &store->n_inbox_events, err));
    return sweep(store, false, err);
}

/* Says in words why there is no store that could be opened. */
static enum sj_status check_store(const struct sj_store_options *options, const char *path, struct sj_error *err) {
    const struct sj_os *os = options->os;
    char catalog[SJ_PATH_BYTES];
    sj_file file = -1;
    path_of(path, "catalog.db", catalog);
    const enum sj_status status = os->open(os->ctx, catalog, SJ_OPEN_READ, &file, err);
    if (status == SJ_OK)
        os->close(os->ctx, file);
    if (status != SJ_E_NOT_FOUND)
        return status;
    if (os->exists(os->ctx, path))
        return sj_fail(err, SJ_E_NOT_FOUND, "%s is no store: it has no catalog.db", path);
    return sj_fail(err, SJ_E_NOT_FOUND, "there is no store at %s", path);
}

enum sj_status sj_store_open(const struct sj_store_options *options, const char *path, bool write, struct sj_store **ret_store,
                             struct sj_error *err) {
    struct sj_store *store;
    SJ_TRY(check_path(path, err));
    SJ_TRY(check_store(options, path, err));
    SJ_TRY(sj_mem_new(options->mem, 1, sizeof *store, &store, err));
    *store = (struct sj_store){
        .os = options->os,
        .mem = options->mem,
        .memory_bytes = options->memory_bytes ? options->memory_bytes : MEMORY_BYTES,
        .flushes_itself = options->flushes_itself,
        .write = write,
        .lock_file = -1,
    };
    sj_arena_init(&store->arena, options->mem);
    (void)pthread_mutex_init(&store->compacting, NULL);
    (void)pthread_mutex_init(&store->committing, NULL);
    (void)pthread_mutex_init(&store->flushing, NULL);
    (void)pthread_mutex_init(&store->names_lock, NULL);
    (void)pthread_mutex_init(&store->queue_lock, NULL);
    (void)pthread_cond_init(&store->queue_done, NULL);
    enum sj_status status = sj_arena_print(&store->arena, &store->path, err, "%s", path);
    if (status == SJ_OK)
        status = sj_arena_print(&store->arena, &store->program, err, "%s", options->program ? options->program : "sojourn");
    if (status == SJ_OK && write)
        status = take_lock(store, err);
    if (status == SJ_OK)
        status = open_catalog(store, err);
    if (status != SJ_OK) {
        sj_store_close(store);
        return status;
    }
    *ret_store = store;
    return SJ_OK;
}

void sj_store_close(struct sj_store *store) {
    if (!store)
        return;
    if (store->catalog) {
        for (int i = 0; i < SJ_N_NAME_TABLES; i++)
            sj_names_done(&store->names[i]);
    }
    sj_catalog_close(store->catalog);
    if (store->erased.mem)
        sj_buf_done(&store->erased);
    if (store->lock_file >= 0)
        store->os->close(store->os->ctx, store->lock_file);
    (void)pthread_mutex_destroy(&store->compacting);
    (void)pthread_mutex_destroy(&store->committing);
    (void)pthread_mutex_destroy(&store->flushing);
    (void)pthread_mutex_destroy(&store->names_lock);
    (void)pthread_mutex_destroy(&store->queue_lock);
    (void)pthread_cond_destroy(&store->queue_done);
    sj_arena_done(&store->arena);
    sj_mem_free(store->mem, store);
}

static bool holds_nothing(struct sj_store *store) {
    struct sj_buf rows;
    uint64_t n_imports = 1;
    sj_buf_init(&rows, store->mem, SIZE_MAX / 2);
    const bool nothing = sj_catalog_segments(store->catalog, &rows, NULL) == SJ_OK && rows.n == 0 && store->n_inbox_loads == 0 &&
                         sj_catalog_count_imports(store->catalog, &n_imports, NULL) == SJ_OK && n_imports == 0;
    sj_buf_done(&rows);
    return nothing;
}

void sj_store_discard(const struct sj_store_options *options, const char *path) {
    struct sj_store *store;
    if (sj_store_open(options, path, true, &store, NULL) != SJ_OK)
        return;
    if (holds_nothing(store)) {
        sj_catalog_close(store->catalog);
        store->catalog = NULL;
        for (int i = 0; i < SJ_N_NAME_TABLES; i++)
            sj_names_done(&store->names[i]);
        take_away(options->os, path, store->meta.seed); /* under the lock: nobody can have begun to write */
    }
    sj_store_close(store);
}

/* ---- changing ---- */

enum sj_status sj_store_check_writable(const struct sj_store *store, struct sj_error *err) {
    if (!store->write)
        return sj_fail(err, SJ_E_BUG, "the store %s is open for reading only", store->path);
    if (store->sync_failed)
        return sj_fail(err, SJ_E_IO,
                       "the disk failed to confirm an earlier write, so the store %s takes no more; check the disk, then open it anew",
                       store->path);
    return SJ_OK;
}

uint32_t sj_column_kinds(const struct sj_names *columns, uint32_t first, uint8_t kinds[SJ_PROPERTIES_MAX]) {
    const uint32_t n = sj_names_count(columns) < SJ_PROPERTIES_MAX ? sj_names_count(columns) : SJ_PROPERTIES_MAX;
    for (uint32_t i = first; i < n; i++) {
        const struct sj_str text = sj_names_at(columns, i);
        kinds[i] = text.n > 0 ? (uint8_t)(text.p[text.n - 1] - '0') : SJ_N_KINDS;
    }
    return n;
}

uint16_t sj_identity_column(const struct sj_names *columns) {
    uint32_t code;
    return sj_names_find(columns, SJ_LIT(SJ_IDENTITY_COLUMN "0"), &code) ? (uint16_t)code : 0;
}

struct sj_code_limits sj_store_limits(struct sj_store *store) {
    (void)pthread_mutex_lock(&store->names_lock);
    store->n_kinds = sj_column_kinds(&store->names[SJ_TABLE_COLUMNS], store->n_kinds, store->kinds);
    const struct sj_code_limits limits = {
        .n_touchpoints = sj_names_count(&store->names[SJ_TABLE_TOUCHPOINTS]),
        .n_channels = sj_names_count(&store->names[SJ_TABLE_CHANNELS]),
        .n_columns = store->n_kinds,
        .kinds = store->kinds,
        .identity_column = store->identity_column,
    };
    (void)pthread_mutex_unlock(&store->names_lock);
    return limits;
}

static enum sj_status in_transaction(struct sj_store *store, sj_transaction_body body, void *ctx, struct sj_catalog_meta *meta,
                                     struct sj_error *err) {
    for (int i = 0; i < SJ_N_NAME_TABLES; i++)
        SJ_TRY(sj_catalog_save_names(store->catalog, (enum sj_name_table)i, &store->names[i], store->n_saved[i], err));
    SJ_TRY(body(store, ctx, err));
    *meta = store->meta;
    meta->as_of_us = store->os->now_us(store->os->ctx);
    SJ_TRY(sj_catalog_set_meta(store->catalog, meta, err));
    return sj_catalog_commit(store->catalog, err);
}

enum sj_status sj_store_transaction(struct sj_store *store, sj_transaction_body body, void *ctx, struct sj_error *err) {
    struct sj_catalog_meta meta;
    (void)pthread_mutex_lock(&store->names_lock);
    struct sj_catalog_meta before = store->meta;
    enum sj_status status = sj_store_check_writable(store, err);
    if (status == SJ_OK)
        status = sj_catalog_begin(store->catalog, true, err);
    if (status == SJ_OK) {
        status = in_transaction(store, body, ctx, &meta, err);
        if (status != SJ_OK)
            sj_catalog_rollback(store->catalog);
    }
    if (status == SJ_OK) {
        store->meta.as_of_us = meta.as_of_us;
        for (int i = 0; i < SJ_N_NAME_TABLES; i++)
            store->n_saved[i] = sj_names_count(&store->names[i]);
    }
    if (status != SJ_OK) {
        before.next_segment = store->meta.next_segment; /* a number is not given twice */
        before.next_arrival = store->meta.next_arrival;
        store->meta = before;
    }
    if (status == SJ_E_IO || sj_catalog_sync_failed(store->catalog))
        store->sync_failed = true;
    (void)pthread_mutex_unlock(&store->names_lock);
    return status;
}

enum sj_status sj_store_publish(struct sj_store *store, sj_file file, const char *path, struct sj_error *err) {
    char from[SJ_PATH_BYTES + 4], dir[SJ_PATH_BYTES];
    const struct sj_os *os = store->os;
    (void)snprintf(from, sizeof from, "%s.tmp", path);
    path_of(store->path, "segments", dir);
    enum sj_status status = os->sync(os->ctx, file, err);
    if (status == SJ_OK)
        status = os->rename(os->ctx, from, path, err);
    if (status == SJ_OK)
        status = os->sync_dir(os->ctx, dir, err);
    if (status != SJ_OK)
        store->sync_failed = true;
    return status;
}

void sj_store_unpublish(struct sj_store *store, int64_t id, enum sj_status status) {
    char path[SJ_PATH_BYTES];
    if (status == SJ_OK || status == SJ_E_IO)
        return;
    sj_store_segment_path(store, id, false, path);
    (void)store->os->remove(store->os->ctx, path, NULL);
}

bool sj_store_empty_log(struct sj_store *store) {
    bool emptied = false;
    (void)pthread_mutex_lock(&store->names_lock);
    const enum sj_status status = sj_catalog_empty_log(store->catalog, &emptied, NULL);
    store->sync_failed = store->sync_failed || sj_catalog_sync_failed(store->catalog);
    (void)pthread_mutex_unlock(&store->names_lock);
    return status == SJ_OK && emptied;
}

enum sj_status sj_store_find_import(struct sj_store *store, struct sj_hash128 digest, int64_t *ret_time_us, uint64_t *ret_n_events,
                                    struct sj_error *err) {
    (void)pthread_mutex_lock(&store->names_lock);
    const enum sj_status status = sj_catalog_find_import(store->catalog, digest, ret_time_us, ret_n_events, err);
    (void)pthread_mutex_unlock(&store->names_lock);
    return status;
}
