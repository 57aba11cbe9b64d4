/* SQLite in our terms. Between the files of the catalog. */
#pragma once
#include <sqlite3.h>
#include "store/catalog.h"

struct sj_catalog {
    const struct sj_alloc *mem;
    sqlite3 *db;
    bool bind_failed; /* a value of the statement in hand could not be given */
    bool sync_failed, is_reader;
    int64_t format; /* once the settings have been read */
};

void sj_sql_note(struct sj_catalog *c, int code); /* keeps in mind that a sync failed */
enum sj_status sj_sql_failed(struct sj_catalog *c, struct sj_error *err);
enum sj_status sj_sql_run(struct sj_catalog *c, const char *sql, struct sj_error *err);
enum sj_status sj_sql_run_with(struct sj_catalog *c, const char *sql, int64_t value, struct sj_error *err); /* one number, at place 1 */
enum sj_status sj_sql_get(struct sj_catalog *c, const char *sql, int64_t *ret_value, struct sj_error *err); /* of one row */

/* The caller finalizes. */
enum sj_status sj_sql_prepare(struct sj_catalog *c, const char *sql, sqlite3_stmt **ret_stmt, struct sj_error *err);
/* What a sqlite3_bind_…() gave; the next step fails when it was not SQLITE_OK. */
void sj_sql_bound(struct sj_catalog *c, int code);
void sj_sql_bind_str(struct sj_catalog *c, sqlite3_stmt *stmt, int place, struct sj_str s);                /* s outlives the step */
enum sj_status sj_sql_next(struct sj_catalog *c, sqlite3_stmt *stmt, bool *ret_row, struct sj_error *err); /* a row, or the end */
/* A step of a statement that changes something and gives nothing; the statement can be bound anew. */
enum sj_status sj_sql_change(struct sj_catalog *c, sqlite3_stmt *stmt, struct sj_error *err);
/* The first column of each row, a text that is good until visit returns. */
enum sj_status sj_sql_each_text(struct sj_catalog *c, const char *sql,
                                enum sj_status (*visit)(void *ctx, struct sj_str text, struct sj_error *err), void *ctx,
                                struct sj_error *err);
struct sj_str sj_sql_str(sqlite3_stmt *stmt, int column); /* good until the next step */

/* The checksum over the catalog as it stands, but for meta's own entry of it. */
enum sj_status sj_catalog_sum(struct sj_catalog *c, uint64_t *ret_sum, struct sj_error *err);
/* SJ_E_CORRUPT when what is written is not it; of each format that there is. */
enum sj_status sj_catalog_check_sum(struct sj_catalog *c, const struct sj_catalog_meta *meta, struct sj_error *err);
