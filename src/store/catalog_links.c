/* The links of the catalog. Their number and the sum of their hashes stand in meta, so that adding one does not read the others. */
#include "store/catalog_sql.h"
#include "store/keyed.h"

static uint64_t hash_of(const struct sj_link *link) {
    const int64_t head[] = {(int64_t)link->a.n, (int64_t)link->b.n, link->how, link->time_us};
    return sj_hash64(link->b.p, link->b.n, sj_hash64(link->a.p, link->a.n, sj_hash64(head, sizeof head, 0)));
}

static void bind_link(struct sj_catalog *c, sqlite3_stmt *stmt, const struct sj_link *link) {
    sj_sql_bind_str(c, stmt, 1, link->a);
    sj_sql_bind_str(c, stmt, 2, link->b);
    sj_sql_bound(c, sqlite3_bind_int(stmt, 3, (int)link->how));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 4, link->time_us));
}

static enum sj_status change_link(struct sj_catalog *c, const char *sql, const struct sj_link *link, struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c, sql, &stmt, err));
    bind_link(c, stmt, link);
    const enum sj_status status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    return status;
}

static enum sj_status put_link(struct sj_catalog *c, const struct sj_link *link, struct sj_catalog_meta *meta, struct sj_error *err) {
    SJ_TRY(change_link(c, "INSERT INTO links VALUES(?1, ?2, ?3, ?4)", link, err));
    meta->n_links++;
    meta->links_sum += hash_of(link);
    meta->links_version++;
    return SJ_OK;
}

static enum sj_status take_link(struct sj_catalog *c, const struct sj_link *link, struct sj_catalog_meta *meta, struct sj_error *err) {
    SJ_TRY(change_link(c, "DELETE FROM links WHERE a=?1 AND b=?2 AND how=?3 AND time_us=?4", link, err));
    meta->n_links--;
    meta->links_sum -= hash_of(link);
    meta->links_version++;
    return SJ_OK;
}

/* The row of the same pair and kind; of a statement also of the same time, for each of them is kept. */
static enum sj_status find_link(struct sj_catalog *c, const struct sj_link *link, bool *ret_found, int64_t *ret_time_us,
                                struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c,
                          link->how == SJ_LINK_SEEN ? "SELECT time_us FROM links WHERE a=?1 AND b=?2 AND how=?3 AND ?4=?4"
                                                    : "SELECT time_us FROM links WHERE a=?1 AND b=?2 AND how=?3 AND time_us=?4",
                          &stmt, err));
    bind_link(c, stmt, link);
    const enum sj_status status = sj_sql_next(c, stmt, ret_found, err);
    *ret_time_us = status == SJ_OK && *ret_found ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_add_link(struct sj_catalog *c, const struct sj_link *link, struct sj_catalog_meta *meta, bool *ret_new,
                                   struct sj_error *err) {
    bool found;
    int64_t time_us;
    SJ_TRY(find_link(c, link, &found, &time_us, err));
    *ret_new = !found;
    if (found && time_us <= link->time_us)
        return SJ_OK;
    if (found) {
        struct sj_link later = *link;
        later.time_us = time_us;
        SJ_TRY(take_link(c, &later, meta, err));
    }
    return put_link(c, link, meta, err);
}

enum sj_status sj_catalog_each_link(struct sj_catalog *c,
                                    enum sj_status (*visit)(void *ctx, const struct sj_link *link, struct sj_error *err), void *ctx,
                                    const struct sj_catalog_meta *meta, struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = true;
    int64_t n = 0;
    uint64_t sum = 0;
    SJ_TRY(sj_sql_prepare(c, "SELECT a, b, how, time_us FROM links ORDER BY a, b, how, time_us", &stmt, err));
    enum sj_status status;
    while ((status = sj_sql_next(c, stmt, &row, err)) == SJ_OK && row) {
        const struct sj_link link = {sj_sql_str(stmt, 0), sj_sql_str(stmt, 1), (enum sj_link_how)sqlite3_column_int(stmt, 2),
                                     sqlite3_column_int64(stmt, 3)};
        sum += hash_of(&link);
        n++;
        status = visit(ctx, &link, err);
        if (status != SJ_OK)
            break;
    }
    sqlite3_finalize(stmt);
    if (status == SJ_OK && (n != meta->n_links || sum != meta->links_sum))
        status = sj_fail(err, SJ_E_CORRUPT, "the catalog (catalog.db) is damaged: the checksum of its links is wrong");
    return status;
}

enum sj_status sj_catalog_each_erasing(struct sj_catalog *c,
                                       enum sj_status (*visit)(void *ctx, struct sj_str identity, struct sj_error *err), void *ctx,
                                       struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = true;
    SJ_TRY(sj_sql_prepare(c, "SELECT identity FROM erasing ORDER BY identity", &stmt, err));
    enum sj_status status;
    while ((status = sj_sql_next(c, stmt, &row, err)) == SJ_OK && row) {
        status = visit(ctx, sj_sql_str(stmt, 0), err);
        if (status != SJ_OK)
            break;
    }
    sqlite3_finalize(stmt);
    return status;
}

/* ---- erasing ---- */

enum sj_status sj_catalog_add_erasing(struct sj_catalog *c, struct sj_str identity, const uint8_t *hash, int64_t time_us,
                                      struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(sj_sql_prepare(c, "INSERT OR IGNORE INTO erasing VALUES(?1)", &stmt, err));
    sj_sql_bind_str(c, stmt, 1, identity);
    enum sj_status status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    SJ_TRY(status);
    SJ_TRY(sj_sql_prepare(c, "INSERT OR IGNORE INTO erased VALUES(?1, ?2)", &stmt, err));
    sj_sql_bound(c, sqlite3_bind_blob(stmt, 1, hash, SJ_KEYED_BYTES, SQLITE_STATIC));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 2, time_us));
    status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_clear_erasing(struct sj_catalog *c, struct sj_error *err) { return sj_sql_run(c, "DELETE FROM erasing", err); }

enum sj_status sj_catalog_erased(struct sj_catalog *c, struct sj_buf *hashes, struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = true;
    if (c->format < 2)
        return SJ_OK;
    SJ_TRY(sj_sql_prepare(c, "SELECT hash FROM erased ORDER BY hash", &stmt, err));
    enum sj_status status;
    while ((status = sj_sql_next(c, stmt, &row, err)) == SJ_OK && row) {
        const struct sj_str hash = sj_sql_str(stmt, 0);
        status = hash.n == SJ_KEYED_BYTES ? sj_buf_append_str(hashes, hash, err)
                                          : sj_fail(err, SJ_E_CORRUPT, "the catalog (catalog.db) is damaged: a hash has the wrong length");
        if (status != SJ_OK)
            break;
    }
    sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_catalog_remove_links_of(struct sj_catalog *c, struct sj_str identity, struct sj_catalog_meta *meta,
                                          struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = true;
    SJ_TRY(sj_sql_prepare(c, "SELECT a, b, how, time_us FROM links WHERE a=?1 OR b=?1", &stmt, err));
    sj_sql_bind_str(c, stmt, 1, identity);
    enum sj_status status;
    while ((status = sj_sql_next(c, stmt, &row, err)) == SJ_OK && row) {
        const struct sj_link link = {sj_sql_str(stmt, 0), sj_sql_str(stmt, 1), (enum sj_link_how)sqlite3_column_int(stmt, 2),
                                     sqlite3_column_int64(stmt, 3)};
        meta->n_links--;
        meta->links_sum -= hash_of(&link);
    }
    sqlite3_finalize(stmt);
    SJ_TRY(status);
    meta->links_version++;
    SJ_TRY(sj_sql_prepare(c, "DELETE FROM links WHERE a=?1 OR b=?1", &stmt, err));
    sj_sql_bind_str(c, stmt, 1, identity);
    status = sj_sql_change(c, stmt, err);
    sqlite3_finalize(stmt);
    return status;
}
