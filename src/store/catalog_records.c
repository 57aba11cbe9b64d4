/* The audit record in the catalog. Entries are added and read, nothing else: schema_2 has triggers that refuse the rest. */
#include "store/catalog_sql.h"

enum sj_status sj_catalog_add_audit(struct sj_catalog *c, const struct sj_audit_entry *entry, struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c, "INSERT INTO audit VALUES(NULL,?,?,?,?,?)", &stmt, err));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 1, entry->time_us));
    sj_sql_bind_str(c, stmt, 2, entry->who);
    sj_sql_bind_str(c, stmt, 3, entry->action);
    if (entry->has_subject)
        sj_sql_bound(c, sqlite3_bind_blob(stmt, 4, entry->subject, SJ_KEYED_BYTES, SQLITE_STATIC));
    sj_sql_bind_str(c, stmt, 5, entry->detail);
    const enum sj_status status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    return status;
}

static enum sj_status visit_row(sqlite3_stmt *stmt, sj_audit_visit visit, void *ctx, struct sj_error *err) {
    const struct sj_str subject = sj_sql_str(stmt, 4);
    struct sj_audit_entry entry = {
        .id = sqlite3_column_int64(stmt, 0),
        .time_us = sqlite3_column_int64(stmt, 1),
        .who = sj_sql_str(stmt, 2),
        .action = sj_sql_str(stmt, 3),
        .has_subject = subject.n == SJ_KEYED_BYTES,
        .detail = sj_sql_str(stmt, 5),
    };
    if (entry.has_subject)
        memcpy(entry.subject, subject.p, SJ_KEYED_BYTES);
    return visit(ctx, &entry, err);
}

enum sj_status sj_catalog_each_audit(struct sj_catalog *c, sj_audit_visit visit, void *ctx, struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = true;
    if (c->format < 2)
        return SJ_OK;
    SJ_TRY(sj_sql_prepare(c, "SELECT id, time_us, who, action, subject, detail FROM audit ORDER BY id", &stmt, err));
    enum sj_status status;
    while ((status = sj_sql_next(c, stmt, &row, err)) == SJ_OK && row) {
        status = visit_row(stmt, visit, ctx, err);
        if (status != SJ_OK)
            break;
    }
    sqlite3_finalize(stmt);
    return status;
}
