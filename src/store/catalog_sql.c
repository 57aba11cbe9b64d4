#include "store/catalog_sql.h"

void sj_sql_note(struct sj_catalog *c, int code) {
    c->sync_failed = c->sync_failed || code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

static enum sj_status status_of(int code) {
    switch (code & 0xff) {
    case SQLITE_FULL: return SJ_E_FULL;
    case SQLITE_NOMEM: return SJ_E_MEMORY;
    case SQLITE_BUSY: return SJ_E_BUSY;
    case SQLITE_ERROR: /* a statement of ours fits no table: the schema is not what we have made */
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return SJ_E_CORRUPT;
    case SQLITE_TOOBIG: return SJ_E_LIMIT;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
    case SQLITE_RANGE: return SJ_E_BUG;
    default: return SJ_E_IO;
    }
}

enum sj_status sj_sql_failed(struct sj_catalog *c, struct sj_error *err) {
    sj_sql_note(c, sqlite3_extended_errcode(c->db));
    return sj_fail(err, status_of(sqlite3_errcode(c->db)), "the catalog (catalog.db) failed: %s", sqlite3_errmsg(c->db));
}

enum sj_status sj_sql_run(struct sj_catalog *c, const char *sql, struct sj_error *err) {
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? SJ_OK : sj_sql_failed(c, err);
}

enum sj_status sj_sql_prepare(struct sj_catalog *c, const char *sql, sqlite3_stmt **ret_stmt, struct sj_error *err) {
    return sqlite3_prepare_v2(c->db, sql, -1, ret_stmt, NULL) == SQLITE_OK ? SJ_OK : sj_sql_failed(c, err);
}

void sj_sql_bound(struct sj_catalog *c, int code) { c->bind_failed = c->bind_failed || code != SQLITE_OK; }

/* Says so when a value could not be given to the statement. */
static enum sj_status check_bound(struct sj_catalog *c, struct sj_error *err) {
    if (!c->bind_failed)
        return SJ_OK;
    c->bind_failed = false;
    return sj_fail(err, SJ_E_LIMIT, "a value is too large for the catalog");
}

enum sj_status sj_sql_next(struct sj_catalog *c, sqlite3_stmt *stmt, bool *ret_row, struct sj_error *err) {
    SJ_TRY(check_bound(c, err));
    const int code = sqlite3_step(stmt);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return sj_sql_failed(c, err);
    *ret_row = code == SQLITE_ROW;
    return SJ_OK;
}

enum sj_status sj_sql_change(struct sj_catalog *c, sqlite3_stmt *stmt, struct sj_error *err) {
    SJ_TRY(check_bound(c, err));
    const enum sj_status status = sqlite3_step(stmt) == SQLITE_DONE ? SJ_OK : sj_sql_failed(c, err);
    sqlite3_reset(stmt);
    return status;
}

struct sj_str sj_sql_str(sqlite3_stmt *stmt, int column) {
    const char *p = sqlite3_column_blob(stmt, column);
    return (struct sj_str){p ? p : "", (size_t)sqlite3_column_bytes(stmt, column)};
}

void sj_sql_bind_str(struct sj_catalog *c, sqlite3_stmt *stmt, int place, struct sj_str s) {
    sj_sql_bound(c, sqlite3_bind_text64(stmt, place, s.n ? s.p : "", s.n, SQLITE_STATIC, SQLITE_UTF8));
}

enum sj_status sj_sql_each_text(struct sj_catalog *c, const char *sql,
                                enum sj_status (*visit)(void *ctx, struct sj_str text, struct sj_error *err), void *ctx,
                                struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = true;
    SJ_TRY(sj_sql_prepare(c, sql, &stmt, err));
    enum sj_status status;
    while ((status = sj_sql_next(c, stmt, &row, err)) == SJ_OK && row) {
        status = visit(ctx, sj_sql_str(stmt, 0), err);
        if (status != SJ_OK)
            break;
    }
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_sql_get(struct sj_catalog *c, const char *sql, int64_t *ret_value, struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = false;
    SJ_TRY(sj_sql_prepare(c, sql, &stmt, err));
    enum sj_status status = sj_sql_next(c, stmt, &row, err);
    if (status == SJ_OK && row)
        *ret_value = sqlite3_column_int64(stmt, 0);
    else if (status == SJ_OK)
        status = sj_fail(err, SJ_E_CORRUPT, "the catalog lacks an entry (%s)", sql);
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_sql_run_with(struct sj_catalog *c, const char *sql, int64_t value, struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c, sql, &stmt, err));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 1, value));
    const enum sj_status status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    return status;
}
