/* The saved segments of the catalog. */
#include "store/catalog_sql.h"
#include "store/saved.h"

static enum sj_status has_segment(struct sj_catalog *c, struct sj_str name, bool *ret_has, struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c, "SELECT 1 FROM saved_segments WHERE name=?1", &stmt, err));
    sj_sql_bind_str(c, stmt, 1, name);
    const enum sj_status status = sj_sql_next(c, stmt, ret_has, err);
    sqlite3_finalize(stmt);
    return status;
}

static enum sj_status put_segment(struct sj_catalog *c, const struct sj_saved_segment *saved, struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c, "INSERT OR REPLACE INTO saved_segments(name, condition, description, time_us) VALUES(?1, ?2, ?3, ?4)", &stmt,
                          err));
    sj_sql_bind_str(c, stmt, 1, saved->name);
    sj_sql_bind_str(c, stmt, 2, saved->condition);
    sj_sql_bind_str(c, stmt, 3, saved->description);
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 4, saved->time_us));
    const enum sj_status status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_save_segment(struct sj_catalog *c, const struct sj_saved_segment *saved, bool *ret_new, uint64_t *ret_n,
                                       struct sj_error *err) {
    bool has = false;
    int64_t n = 0;
    SJ_TRY(has_segment(c, saved->name, &has, err));
    SJ_TRY(put_segment(c, saved, err));
    SJ_TRY(sj_sql_get(c, "SELECT count(*) FROM saved_segments", &n, err));
    *ret_new = !has;
    *ret_n = (uint64_t)n;
    return SJ_OK;
}

enum sj_status sj_catalog_drop_segment(struct sj_catalog *c, struct sj_str name, bool *ret_found, struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(has_segment(c, name, ret_found, err));
    SJ_TRY(sj_sql_prepare(c, "DELETE FROM saved_segments WHERE name=?1", &stmt, err));
    sj_sql_bind_str(c, stmt, 1, name);
    const enum sj_status status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    return status;
}

/* The text in the arena. */
static enum sj_status read_segments(struct sj_catalog *c, sqlite3_stmt *stmt, struct sj_arena *arena, struct sj_saved_segment *saved,
                                    size_t n, struct sj_error *err) {
    bool row = true;
    for (size_t i = 0; i <= n; i++) {
        SJ_TRY(sj_sql_next(c, stmt, &row, err));
        if (row != (i < n))
            return sj_fail(err, SJ_E_CORRUPT, "the catalog's saved segments cannot be counted");
        if (!row)
            break;
        SJ_TRY(sj_arena_copy(arena, sj_sql_str(stmt, 0), &saved[i].name, err));
        SJ_TRY(sj_arena_copy(arena, sj_sql_str(stmt, 1), &saved[i].condition, err));
        SJ_TRY(sj_arena_copy(arena, sj_sql_str(stmt, 2), &saved[i].description, err));
        saved[i].time_us = sqlite3_column_int64(stmt, 3);
    }
    return SJ_OK;
}

enum sj_status sj_catalog_saved(struct sj_catalog *c, struct sj_arena *arena, const struct sj_saved_segment **ret_saved, size_t *ret_n,
                                struct sj_error *err) {
    struct sj_saved_segment *saved = NULL;
    sqlite3_stmt *stmt;
    int64_t n = 0;
    if (c->format > 1)
        SJ_TRY(sj_sql_get(c, "SELECT count(*) FROM saved_segments", &n, err));
    if (n > 0) {
        SJ_TRY(sj_arena_new(arena, (size_t)n, sizeof *saved, &saved, err));
        SJ_TRY(sj_sql_prepare(c, "SELECT name, condition, description, time_us FROM saved_segments ORDER BY name", &stmt, err));
        const enum sj_status status = read_segments(c, stmt, arena, saved, (size_t)n, err);
        sqlite3_finalize(stmt);
        SJ_TRY(status);
    }
    *ret_saved = saved;
    *ret_n = (size_t)n;
    return SJ_OK;
}
