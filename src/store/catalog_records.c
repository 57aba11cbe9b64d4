/* The audit record and the rules of retention in the catalog. */
#include "store/catalog_sql.h"

/* ---- the audit record: entries are added and read, nothing else; schema_2 has triggers that refuse the rest ---- */

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

/* ---- rules ---- */

enum sj_status sj_catalog_add_rule(struct sj_catalog *c, const struct sj_rule *rule, int64_t *ret_id, struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c, "INSERT INTO rules VALUES(NULL,?,?,?)", &stmt, err));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 1, rule->time_us));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 2, rule->age_us));
    sj_sql_bind_str(c, stmt, 3, rule->condition);
    const enum sj_status status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    if (status == SJ_OK)
        *ret_id = sqlite3_last_insert_rowid(c->db);
    return status;
}

enum sj_status sj_catalog_remove_rule(struct sj_catalog *c, int64_t id, struct sj_error *err) {
    SJ_TRY(sj_sql_run_with(c, "DELETE FROM rules WHERE id=?", id, err));
    return sqlite3_changes(c->db) > 0 ? SJ_OK : sj_fail(err, SJ_E_NOT_FOUND, "there is no rule %lld", (long long)id);
}

enum sj_status sj_catalog_each_rule(struct sj_catalog *c, sj_rule_visit visit, void *ctx, struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = true;
    if (c->format < 2)
        return SJ_OK;
    SJ_TRY(sj_sql_prepare(c, "SELECT id, time_us, age_us, condition FROM rules ORDER BY id", &stmt, err));
    enum sj_status status;
    while ((status = sj_sql_next(c, stmt, &row, err)) == SJ_OK && row) {
        const struct sj_rule rule = {sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2),
                                     sj_sql_str(stmt, 3)};
        status = visit(ctx, &rule, err);
        if (status != SJ_OK)
            break;
    }
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_each_import(struct sj_catalog *c, sj_import_visit visit, void *ctx, struct sj_error *err) {
    return sj_sql_each_text(c, "SELECT name FROM imports ORDER BY id", visit, ctx, err);
}

/* ---- the log ---- */

enum sj_status sj_catalog_empty_log(struct sj_catalog *c, bool *ret_emptied, struct sj_error *err) {
    if (c->sync_failed)
        return sj_fail(err, SJ_E_IO, "the log of the catalog cannot be emptied: an earlier write of it was not confirmed");
    const int code = sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    *ret_emptied = code == SQLITE_OK;
    return code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY ? SJ_OK : sj_sql_failed(c, err);
}
