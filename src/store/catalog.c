#include <stdio.h>
#include "store/catalog_sql.h"

#define BUSY_MS 10000
#define CHECKPOINT_PAGES 1000 /* what SQLite takes by default */

/* No indexes: the rows are under a checksum, an index would not be. The first stores have some, which are not used. */
static const char schema_1[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;"
    "CREATE TABLE touchpoints(code INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"
    "CREATE TABLE channels(code INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"
    "CREATE TABLE columns(code INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"
    "CREATE TABLE segments(id INTEGER PRIMARY KEY, first_arrival INTEGER NOT NULL, last_arrival INTEGER NOT NULL,"
    " n_events INTEGER NOT NULL, n_customers INTEGER NOT NULL, n_bytes INTEGER NOT NULL, min_time_us INTEGER NOT NULL,"
    " max_time_us INTEGER NOT NULL) STRICT;"
    "CREATE TABLE inbox(arrival INTEGER PRIMARY KEY, n_events INTEGER NOT NULL, blob BLOB NOT NULL) STRICT;"
    "CREATE TABLE imports(id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, name TEXT NOT NULL, digest BLOB, n_events INTEGER NOT NULL,"
    " n_duplicates INTEGER NOT NULL, n_rejected INTEGER NOT NULL, mapping TEXT NOT NULL) STRICT;";

static const char schema_2[] =
    "ALTER TABLE segments ADD COLUMN homes INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE links(a TEXT, b TEXT, how INTEGER, time_us INTEGER, PRIMARY KEY(a, b, how, time_us)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE saved_segments(name TEXT PRIMARY KEY, condition TEXT NOT NULL, description TEXT NOT NULL, time_us INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE erased(hash BLOB PRIMARY KEY, time_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE erasing(identity TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"
    "CREATE TABLE rules(id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, age_us INTEGER NOT NULL, condition TEXT NOT NULL) STRICT;"
    "CREATE TABLE audit(id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, subject BLOB,"
    " detail TEXT NOT NULL) STRICT;"
    "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END;"
    "CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END;";

static const char *const name_tables[] = {"touchpoints", "channels", "columns"};

/* ---- life ---- */

/* Carries a full log into the catalog. SQLite would do so by itself, but would not tell that a sync failed, and would try again. */
static int after_commit(void *ctx, sqlite3 *db, const char *name, int n_pages) {
    struct sj_catalog *c = ctx;
    if (n_pages >= CHECKPOINT_PAGES && !c->sync_failed)
        sj_sql_note(c, sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
    return SQLITE_OK; /* the commit stands */
}

static enum sj_status open_db(const struct sj_catalog_place *place, const char *path, int flags, struct sj_catalog **ret_catalog,
                              struct sj_error *err) {
    struct sj_catalog *c;
    SJ_TRY(sj_mem_new(place->mem, 1, sizeof *c, &c, err));
    c->mem = place->mem;
    enum sj_status status = SJ_OK;
    if (sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX, place->vfs) != SQLITE_OK)
        status = c->db ? sj_sql_failed(c, err) : sj_fail_memory(err, sizeof *c);
    c->is_reader = flags & SQLITE_OPEN_READONLY;
    if (status == SJ_OK) {
        (void)sqlite3_busy_timeout(c->db, BUSY_MS);
        (void)sqlite3_extended_result_codes(c->db, 1);
        (void)sqlite3_wal_hook(c->db, after_commit, c);
        status =
            sj_sql_run(c, "PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA secure_delete=ON;", err);
    }
    if (status != SJ_OK) {
        sj_catalog_close(c);
        return sj_fail_in(err, status, "%s", path);
    }
    *ret_catalog = c;
    return SJ_OK;
}

void sj_catalog_close(struct sj_catalog *c) {
    if (!c)
        return;
    /* Closing carries the log into the catalog, else: that is the writer's, and not after a sync that failed. */
    if (c->sync_failed || c->is_reader)
        (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    (void)sqlite3_close(c->db);
    sj_mem_free(c->mem, c);
}

/* Readers beside a writer need the write-ahead log, and that needs shared memory, which some network file systems lack. */
static enum sj_status set_wal(struct sj_catalog *c, struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = false;
    SJ_TRY(sj_sql_prepare(c, "PRAGMA journal_mode=WAL", &stmt, err));
    enum sj_status status = sj_sql_next(c, stmt, &row, err);
    if (status == SJ_OK && !(row && sj_str_eq(sj_sql_str(stmt, 0), SJ_LIT("wal"))))
        status = sj_fail(err, SJ_E_IO, "this file system cannot hold a store: the catalog's write-ahead log is not possible on it");
    if (status == SJ_OK)
        status = sj_sql_next(c, stmt, &row, err); /* only the end of the statement commits, and may fail */
    sqlite3_finalize(stmt);
    return status;
}

static enum sj_status fill_new(struct sj_catalog *c, const struct sj_catalog_meta *meta, struct sj_error *err) {
    SJ_TRY(sj_sql_run(c, "PRAGMA auto_vacuum=NONE;", err));
    SJ_TRY(set_wal(c, err));
    SJ_TRY(sj_catalog_begin(c, true, err));
    enum sj_status status = sj_sql_run(c, schema_1, err);
    if (status == SJ_OK)
        status = sj_sql_run(c, schema_2, err);
    if (status == SJ_OK)
        status = sj_catalog_set_meta(c, meta, err);
    if (status == SJ_OK)
        status = sj_catalog_commit(c, err);
    if (status != SJ_OK)
        sj_catalog_rollback(c);
    return status;
}

enum sj_status sj_catalog_create(const struct sj_catalog_place *place, const struct sj_catalog_meta *meta, struct sj_error *err) {
    struct sj_catalog *c;
    SJ_TRY(open_db(place, place->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &c, err));
    const enum sj_status status = fill_new(c, meta, err);
    sj_catalog_close(c);
    return status;
}

/* "file:PATH?immutable=1" for SQLite: bytes that mean something in a URI are written in hexadecimal. */
static enum sj_status immutable_uri(const struct sj_alloc *mem, const char *path, struct sj_buf *uri, struct sj_error *err) {
    sj_buf_init(uri, mem, SIZE_MAX / 2);
    SJ_TRY(sj_buf_print(uri, err, "file:"));
    for (const char *p = path; *p; p++) {
        const bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("/._-", *p);
        SJ_TRY(plain ? sj_buf_append(uri, p, 1, err) : sj_buf_print(uri, err, "%%%02x", (unsigned char)*p));
    }
    SJ_TRY(sj_buf_print(uri, err, "?immutable=1"));
    return sj_buf_append(uri, "", 1, err);
}

static enum sj_status open_immutable(const struct sj_catalog_place *place, struct sj_catalog **ret_catalog, struct sj_error *err) {
    struct sj_buf uri;
    enum sj_status status = immutable_uri(place->mem, place->path, &uri, err);
    if (status == SJ_OK)
        status = open_db(place, (const char *)uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, ret_catalog, err);
    sj_buf_done(&uri);
    return status;
}

/* Writes the log once more over itself, and has that confirmed. Where the disk failed to confirm a part of a log, that part can be read
 * for now and be gone when the power goes, and no later sync tells: what SQLite then carried into the catalog from it, the log's older part
 * would undo for some pages and not for others. Readers that have the log open see the same bytes. */
static enum sj_status confirm_log(struct sj_catalog *c, struct sj_error *err) {
    sqlite3_file *log = NULL;
    sqlite3_int64 n_bytes = 0;
    char piece[65536];
    int64_t format;
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='format'", &format, err)); /* SQLite opens the log with the first look */
    int code = sqlite3_file_control(c->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (code != SQLITE_OK || !log || !log->pMethods)
        return SJ_OK; /* there is none any more */
    code = log->pMethods->xFileSize(log, &n_bytes);
    for (sqlite3_int64 at = 0, n; code == SQLITE_OK && at < n_bytes; at += n) {
        n = n_bytes - at < (sqlite3_int64)sizeof piece ? n_bytes - at : (sqlite3_int64)sizeof piece;
        code = log->pMethods->xRead(log, piece, (int)n, at);
        if (code == SQLITE_OK)
            code = log->pMethods->xWrite(log, piece, (int)n, at);
    }
    if (code == SQLITE_OK)
        code = log->pMethods->xSync(log, SQLITE_SYNC_FULL);
    sj_sql_note(c, code);
    if (code != SQLITE_OK)
        return sj_fail(err, (code & 0xff) == SQLITE_FULL ? SJ_E_FULL : SJ_E_IO,
                       "the catalog's log (catalog.db-wal) cannot be confirmed: %s", sqlite3_errstr(code));
    return SJ_OK;
}

/* Reading beside a writer needs a little shared memory in the store's folder. Where that is not to be had (a read-only or a full disk)
 * and no log waits, nobody writes either, and the file is read as it lies. */
enum sj_status sj_catalog_open(const struct sj_catalog_place *place, bool write, bool has_log, struct sj_catalog **ret_catalog,
                               struct sj_error *err) {
    struct sj_catalog *c;
    int64_t format;
    SJ_TRY(open_db(place, place->path, write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, &c, err));
    if (!write && !has_log && sj_sql_get(c, "SELECT value FROM meta WHERE key='format'", &format, NULL) == SJ_E_IO) {
        sj_catalog_close(c);
        return open_immutable(place, ret_catalog, err);
    }
    const enum sj_status status = write && has_log ? confirm_log(c, err) : SJ_OK;
    if (status != SJ_OK) {
        sj_catalog_close(c);
        return status;
    }
    *ret_catalog = c;
    return SJ_OK;
}

bool sj_catalog_sync_failed(const struct sj_catalog *c) { return c->sync_failed; }

/* A rollback fails when SQLite has no memory for it, so it may have to be done again. */
enum sj_status sj_catalog_begin(struct sj_catalog *c, bool write, struct sj_error *err) {
    sj_catalog_rollback(c);
    return sj_sql_run(c, write ? "BEGIN IMMEDIATE" : "BEGIN", err);
}

enum sj_status sj_catalog_commit(struct sj_catalog *c, struct sj_error *err) { return sj_sql_run(c, "COMMIT", err); }

void sj_catalog_rollback(struct sj_catalog *c) {
    if (!sqlite3_get_autocommit(c->db))
        (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- meta ---- */

static enum sj_status get_secret(struct sj_catalog *c, uint8_t secret[SJ_SECRET_BYTES], struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = false;
    SJ_TRY(sj_sql_prepare(c, "SELECT value FROM meta WHERE key='secret'", &stmt, err));
    enum sj_status status = sj_sql_next(c, stmt, &row, err);
    const struct sj_str bytes = row ? sj_sql_str(stmt, 0) : (struct sj_str){"", 0};
    if (status == SJ_OK && bytes.n != SJ_SECRET_BYTES)
        status = sj_fail(err, SJ_E_CORRUPT, "the catalog lacks an entry (%s)", "secret");
    if (status == SJ_OK)
        memcpy(secret, bytes.p, SJ_SECRET_BYTES);
    sqlite3_finalize(stmt);
    return status;
}

static enum sj_status get_meta_2(struct sj_catalog *c, struct sj_catalog_meta *meta, struct sj_error *err) {
    int64_t links_sum = 0;
    SJ_TRY(get_secret(c, meta->secret, err));
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='homes'", &meta->homes, err));
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='homes_version'", &meta->homes_version, err));
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='links_version'", &meta->links_version, err));
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='n_links'", &meta->n_links, err));
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='links_sum'", &links_sum, err));
    meta->links_sum = (uint64_t)links_sum;
    return SJ_OK;
}

enum sj_status sj_catalog_meta(struct sj_catalog *c, struct sj_catalog_meta *ret_meta, struct sj_error *err) {
    struct sj_catalog_meta meta = {0};
    int64_t seed = 0, currency = 0, checksum = 0;
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='format'", &meta.format, err));
    c->format = meta.format;
    if (meta.format > SJ_FORMAT_VERSION) {
        *ret_meta = meta;
        return SJ_OK; /* the caller refuses it; what else is there is not known */
    }
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='seed'", &seed, err));
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='currency'", &currency, err));
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='as_of_us'", &meta.as_of_us, err));
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='next_segment'", &meta.next_segment, err));
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='next_arrival'", &meta.next_arrival, err));
    SJ_TRY(sj_sql_get(c, "SELECT value FROM meta WHERE key='checksum'", &checksum, err));
    if (meta.format > 1)
        SJ_TRY(get_meta_2(c, &meta, err));
    meta.seed = (uint64_t)seed;
    meta.checksum = (uint64_t)checksum;
    for (int i = 0; i < 3; i++)
        meta.currency[i] = (char)(currency >> 8 * i & 0xff);
    SJ_TRY(sj_catalog_check_sum(c, &meta, err));
    *ret_meta = meta;
    return SJ_OK;
}

static enum sj_status set_i64(struct sj_catalog *c, sqlite3_stmt *stmt, const char *key, int64_t value, struct sj_error *err) {
    sj_sql_bound(c, sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 2, value));
    return sj_sql_change(c, stmt, err);
}

enum sj_status sj_catalog_set_meta(struct sj_catalog *c, const struct sj_catalog_meta *meta, struct sj_error *err) {
    uint64_t sum = 0;
    sqlite3_stmt *stmt;
    const struct {
        const char *key;
        int64_t value;
    } settings[] = {
        {"format", SJ_FORMAT_VERSION},
        {"seed", (int64_t)meta->seed},
        {"currency", meta->currency[0] | (int64_t)meta->currency[1] << 8 | (int64_t)meta->currency[2] << 16},
        {"as_of_us", meta->as_of_us},
        {"next_segment", meta->next_segment},
        {"next_arrival", meta->next_arrival},
        {"homes", meta->homes},
        {"homes_version", meta->homes_version},
        {"links_version", meta->links_version},
        {"n_links", meta->n_links},
        {"links_sum", (int64_t)meta->links_sum},
    };
    SJ_TRY(sj_sql_prepare(c, "INSERT INTO meta VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value=?2", &stmt, err));
    enum sj_status status = SJ_OK;
    for (size_t i = 0; i < sizeof settings / sizeof *settings && status == SJ_OK; i++)
        status = set_i64(c, stmt, settings[i].key, settings[i].value, err);
    if (status == SJ_OK) {
        sj_sql_bound(c, sqlite3_bind_text(stmt, 1, "secret", -1, SQLITE_STATIC));
        sj_sql_bound(c, sqlite3_bind_blob(stmt, 2, meta->secret, SJ_SECRET_BYTES, SQLITE_STATIC));
        status = sj_sql_change(c, stmt, err);
    }
    if (status == SJ_OK)
        status = sj_catalog_sum(c, &sum, err);
    if (status == SJ_OK)
        status = set_i64(c, stmt, "checksum", (int64_t)sum, err);
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_upgrade(struct sj_catalog *c, struct sj_catalog_meta *meta, struct sj_error *err) {
    SJ_TRY(sj_catalog_begin(c, true, err));
    enum sj_status status = sj_sql_run(c, schema_2, err);
    if (status == SJ_OK)
        status = sj_catalog_set_meta(c, meta, err);
    if (status == SJ_OK)
        status = sj_catalog_commit(c, err);
    if (status != SJ_OK) {
        sj_catalog_rollback(c);
        return status;
    }
    c->format = meta->format = SJ_FORMAT_VERSION;
    return SJ_OK;
}

/* ---- names ---- */

enum sj_status sj_catalog_load_names(struct sj_catalog *c, enum sj_name_table table, struct sj_names *names, struct sj_error *err) {
    char sql[96];
    (void)snprintf(sql, sizeof sql, "SELECT code, name FROM %s WHERE code >= %u ORDER BY code", name_tables[table], sj_names_count(names));
    sqlite3_stmt *stmt;
    bool row = true;
    SJ_TRY(sj_sql_prepare(c, sql, &stmt, err));
    enum sj_status status;
    while ((status = sj_sql_next(c, stmt, &row, err)) == SJ_OK && row) {
        uint32_t code = 0;
        const uint32_t expected = sj_names_count(names);
        status = sj_names_add(names, sj_sql_str(stmt, 1), &code, err);
        if (status == SJ_OK && (code != expected || sqlite3_column_int64(stmt, 0) != (int64_t)expected))
            status = sj_fail(err, SJ_E_CORRUPT, "the catalog's %s have no proper codes", name_tables[table]);
        if (status != SJ_OK)
            break;
    }
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_save_names(struct sj_catalog *c, enum sj_name_table table, const struct sj_names *names, uint32_t first,
                                     struct sj_error *err) {
    char sql[64];
    (void)snprintf(sql, sizeof sql, "INSERT INTO %s VALUES(?1, ?2)", name_tables[table]);
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c, sql, &stmt, err));
    enum sj_status status = SJ_OK;
    for (uint32_t code = first; code < sj_names_count(names) && status == SJ_OK; code++) {
        sj_sql_bound(c, sqlite3_bind_int64(stmt, 1, code));
        sj_sql_bind_str(c, stmt, 2, sj_names_at(names, code));
        status = sj_sql_change(c, stmt, err);
    }
    sqlite3_finalize(stmt);
    return status;
}

/* ---- segments ---- */

enum sj_status sj_catalog_segments(struct sj_catalog *c, struct sj_buf *rows, struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = true;
    SJ_TRY(sj_sql_prepare(c,
                          c->format > 1 ? "SELECT * FROM segments NOT INDEXED ORDER BY first_arrival"
                                        : "SELECT *, 0 FROM segments NOT INDEXED ORDER BY first_arrival",
                          &stmt, err));
    enum sj_status status;
    while ((status = sj_sql_next(c, stmt, &row, err)) == SJ_OK && row) {
        const struct sj_segment_row r = {
            .id = sqlite3_column_int64(stmt, 0),
            .first_arrival = sqlite3_column_int64(stmt, 1),
            .last_arrival = sqlite3_column_int64(stmt, 2),
            .n_events = (uint64_t)sqlite3_column_int64(stmt, 3),
            .n_customers = (uint64_t)sqlite3_column_int64(stmt, 4),
            .n_bytes = (uint64_t)sqlite3_column_int64(stmt, 5),
            .min_time_us = sqlite3_column_int64(stmt, 6),
            .max_time_us = sqlite3_column_int64(stmt, 7),
            .homes = sqlite3_column_int64(stmt, 8),
        };
        status = sj_buf_append(rows, &r, sizeof r, err);
        if (status != SJ_OK)
            break;
    }
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_add_segment(struct sj_catalog *c, const struct sj_segment_row *row, struct sj_error *err) {
    const int64_t values[] = {
        row->id,          row->first_arrival, row->last_arrival, (int64_t)row->n_events, (int64_t)row->n_customers, (int64_t)row->n_bytes,
        row->min_time_us, row->max_time_us,   row->homes};
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c, "INSERT INTO segments VALUES(?,?,?,?,?,?,?,?,?)", &stmt, err));
    for (int i = 0; i < (int)(sizeof values / sizeof *values); i++)
        sj_sql_bound(c, sqlite3_bind_int64(stmt, i + 1, values[i]));
    const enum sj_status status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_remove_segment(struct sj_catalog *c, int64_t id, struct sj_error *err) {
    return sj_sql_run_with(c, "DELETE FROM segments WHERE id=?", id, err);
}

/* ---- inbox ---- */

enum sj_status sj_catalog_inbox(struct sj_catalog *c, struct sj_buf *bytes, struct sj_buf *blobs, struct sj_error *err) {
    static const uint8_t zeros[SJ_BLOCK_ALIGN];
    sqlite3_stmt *stmt;
    bool row = true;
    SJ_TRY(sj_sql_prepare(c, "SELECT arrival, n_events, blob FROM inbox ORDER BY arrival", &stmt, err));
    enum sj_status status;
    while ((status = sj_sql_next(c, stmt, &row, err)) == SJ_OK && row) {
        const struct sj_str blob = sj_sql_str(stmt, 2);
        const struct sj_inbox_blob b = {sqlite3_column_int64(stmt, 0), bytes->n, blob.n, (uint64_t)sqlite3_column_int64(stmt, 1)};
        status = sj_buf_append_str(bytes, blob, err);
        if (status == SJ_OK)
            status = sj_buf_append(bytes, zeros, (SJ_BLOCK_ALIGN - bytes->n % SJ_BLOCK_ALIGN) % SJ_BLOCK_ALIGN, err);
        if (status == SJ_OK)
            status = sj_buf_append(blobs, &b, sizeof b, err);
        if (status != SJ_OK)
            break;
    }
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_add_inbox(struct sj_catalog *c, int64_t arrival, uint64_t n_events, struct sj_str blob, struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c, "INSERT INTO inbox VALUES(?,?,?)", &stmt, err));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 1, arrival));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 2, (int64_t)n_events));
    sj_sql_bound(c, sqlite3_bind_blob64(stmt, 3, blob.p, blob.n, SQLITE_STATIC));
    const enum sj_status status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_clear_inbox(struct sj_catalog *c, int64_t last_arrival, struct sj_error *err) {
    return sj_sql_run_with(c, "DELETE FROM inbox WHERE arrival<=?", last_arrival, err);
}

enum sj_status sj_catalog_count_inbox(struct sj_catalog *c, uint64_t *ret_n_loads, uint64_t *ret_n_events, struct sj_error *err) {
    int64_t n_loads = 0, n_events = 0;
    SJ_TRY(sj_sql_get(c, "SELECT count(*) FROM inbox", &n_loads, err));
    SJ_TRY(sj_sql_get(c, "SELECT coalesce(sum(n_events), 0) FROM inbox", &n_events, err));
    *ret_n_loads = (uint64_t)n_loads;
    *ret_n_events = (uint64_t)n_events;
    return SJ_OK;
}

/* ---- imports ---- */

enum sj_status sj_catalog_add_import(struct sj_catalog *c, const struct sj_import_row *row, struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c, "INSERT INTO imports VALUES(NULL,?,?,?,?,?,?,?)", &stmt, err));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 1, row->time_us));
    sj_sql_bind_str(c, stmt, 2, row->import.name);
    if (row->import.has_digest)
        sj_sql_bound(c, sqlite3_bind_blob(stmt, 3, &row->import.digest, sizeof row->import.digest, SQLITE_STATIC));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 4, (int64_t)row->n_events));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 5, (int64_t)row->n_duplicates));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 6, (int64_t)row->import.n_rejected));
    sj_sql_bind_str(c, stmt, 7, row->import.mapping);
    const enum sj_status status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_find_import(struct sj_catalog *c, struct sj_hash128 digest, int64_t *ret_time_us, uint64_t *ret_n_events,
                                      struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = false;
    SJ_TRY(sj_sql_prepare(c, "SELECT time_us, n_events FROM imports NOT INDEXED WHERE digest=? ORDER BY id DESC LIMIT 1", &stmt, err));
    sj_sql_bound(c, sqlite3_bind_blob(stmt, 1, &digest, sizeof digest, SQLITE_STATIC));
    enum sj_status status = sj_sql_next(c, stmt, &row, err);
    if (status == SJ_OK && !row)
        status = sj_fail(err, SJ_E_NOT_FOUND, "no import with this digest");
    if (status == SJ_OK) {
        *ret_time_us = sqlite3_column_int64(stmt, 0);
        *ret_n_events = (uint64_t)sqlite3_column_int64(stmt, 1);
    }
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_count_imports(struct sj_catalog *c, uint64_t *ret_n, struct sj_error *err) {
    int64_t n = 0;
    SJ_TRY(sj_sql_get(c, "SELECT count(*) FROM imports NOT INDEXED", &n, err));
    *ret_n = (uint64_t)n;
    return SJ_OK;
}

enum sj_status sj_catalog_check(struct sj_catalog *c, struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = false;
    SJ_TRY(sj_sql_prepare(c, "PRAGMA integrity_check(1)", &stmt, err));
    enum sj_status status = sj_sql_next(c, stmt, &row, err);
    if (status == SJ_OK && row && !sj_str_eq(sj_sql_str(stmt, 0), SJ_LIT("ok")))
        status = sj_fail(err, SJ_E_CORRUPT, "the catalog is damaged: %.*s", SJ_ARG(sj_sql_str(stmt, 0)));
    sqlite3_finalize(stmt);
    return status;
}
