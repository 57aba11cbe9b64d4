/* The links of the catalog. Their number and the sum of their hashes stand in meta, so that adding one does not read the others. */
#include "store/catalog_sql.h"
#include "store/keyed.h"

static uint64_t hash_of(const struct sj_link *link) {
    const int64_t head[] = {(int64_t)link->a.n, (int64_t)link->b.n, link->how, link->time_us};
    return sj_hash64(link->b.p, link->b.n, sj_hash64(link->a.p, link->a.n, sj_hash64(head, sizeof head, 0)));
}

/* What adding and removing links takes of SQLite: prepared once for them all. */
struct changing {
    struct sj_catalog *catalog;
    struct sj_catalog_meta *meta;
    sqlite3_stmt *find_seen, *find_stated, *insert, *remove;
};

static enum sj_status start_changing(struct changing *changing, struct sj_error *err) {
    struct sj_catalog *c = changing->catalog;
    SJ_TRY(sj_sql_prepare(c, "SELECT time_us FROM links WHERE a=?1 AND b=?2 AND how=?3 AND ?4=?4", &changing->find_seen, err));
    SJ_TRY(sj_sql_prepare(c, "SELECT time_us FROM links WHERE a=?1 AND b=?2 AND how=?3 AND time_us=?4", &changing->find_stated, err));
    SJ_TRY(sj_sql_prepare(c, "INSERT INTO links VALUES(?1, ?2, ?3, ?4)", &changing->insert, err));
    return sj_sql_prepare(c, "DELETE FROM links WHERE a=?1 AND b=?2 AND how=?3 AND time_us=?4", &changing->remove, err);
}

static void end_changing(struct changing *changing) {
    sqlite3_stmt *const all[] = {changing->find_seen, changing->find_stated, changing->insert, changing->remove};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
}

static void bind_link(struct sj_catalog *c, sqlite3_stmt *stmt, const struct sj_link *link) {
    sj_sql_bind_str(c, stmt, 1, link->a);
    sj_sql_bind_str(c, stmt, 2, link->b);
    sj_sql_bound(c, sqlite3_bind_int(stmt, 3, (int)link->how));
    sj_sql_bound(c, sqlite3_bind_int64(stmt, 4, link->time_us));
}

static enum sj_status put_link(const struct changing *changing, const struct sj_link *link, struct sj_error *err) {
    bind_link(changing->catalog, changing->insert, link);
    SJ_TRY(sj_sql_change(changing->catalog, changing->insert, err));
    changing->meta->n_links++;
    changing->meta->links_sum += hash_of(link);
    changing->meta->links_version++;
    return SJ_OK;
}

static enum sj_status take_link(const struct changing *changing, const struct sj_link *link, struct sj_error *err) {
    bind_link(changing->catalog, changing->remove, link);
    SJ_TRY(sj_sql_change(changing->catalog, changing->remove, err));
    changing->meta->n_links--;
    changing->meta->links_sum -= hash_of(link);
    changing->meta->links_version++;
    return SJ_OK;
}

/* The row of the same pair and kind; of a statement also of the same time, for each of them is kept. */
static enum sj_status find_link(const struct changing *changing, const struct sj_link *link, bool *ret_found, int64_t *ret_time_us,
                                struct sj_error *err) {
    sqlite3_stmt *stmt = link->how == SJ_LINK_SEEN ? changing->find_seen : changing->find_stated;
    bind_link(changing->catalog, stmt, link);
    const enum sj_status status = sj_sql_next(changing->catalog, stmt, ret_found, err);
    *ret_time_us = status == SJ_OK && *ret_found ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_reset(stmt);
    return status;
}

static enum sj_status add_link(const struct changing *changing, const struct sj_link *link, size_t *n_new, struct sj_error *err) {
    bool found;
    int64_t time_us;
    SJ_TRY(find_link(changing, link, &found, &time_us, err));
    *n_new += !found;
    if (found && time_us <= link->time_us)
        return SJ_OK;
    if (found) {
        struct sj_link later = *link;
        later.time_us = time_us;
        SJ_TRY(take_link(changing, &later, err));
    }
    return put_link(changing, link, err);
}

enum sj_status sj_catalog_add_links(struct sj_catalog *c, const struct sj_link *links, size_t n, struct sj_catalog_meta *meta,
                                    size_t *ret_n_new, struct sj_error *err) {
    struct changing changing = {.catalog = c, .meta = meta};
    *ret_n_new = 0;
    enum sj_status status = start_changing(&changing, err);
    for (size_t i = 0; i < n && status == SJ_OK; i++)
        status = add_link(&changing, &links[i], ret_n_new, err);
    end_changing(&changing);
    return status;
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
    return sj_sql_each_text(c, "SELECT identity FROM erasing ORDER BY identity", visit, ctx, err);
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

/* Links go by the way they came, once all have been read: a table that is read is not changed. */
struct going {
    const struct sj_names *identities;
    struct sj_arena arena;
    struct sj_buf links; /* struct sj_link */
};

static enum sj_status note_going(void *ctx, const struct sj_link *link, struct sj_error *err) {
    struct going *going = ctx;
    struct sj_link copy = *link;
    uint32_t code;
    if (!sj_names_find(going->identities, link->a, &code) && !sj_names_find(going->identities, link->b, &code))
        return SJ_OK;
    SJ_TRY(sj_arena_copy(&going->arena, copy.a, &copy.a, err));
    SJ_TRY(sj_arena_copy(&going->arena, copy.b, &copy.b, err));
    return sj_buf_append(&going->links, &copy, sizeof copy, err);
}

static enum sj_status remove_noted(struct sj_catalog *c, const struct going *going, struct sj_catalog_meta *meta, struct sj_error *err) {
    const struct sj_link *links = (const struct sj_link *)(const void *)going->links.data;
    struct changing changing = {.catalog = c, .meta = meta};
    enum sj_status status = start_changing(&changing, err);
    for (size_t i = 0; i < going->links.n / sizeof *links && status == SJ_OK; i++)
        status = take_link(&changing, &links[i], err);
    end_changing(&changing);
    return status;
}

enum sj_status sj_catalog_remove_links_of(struct sj_catalog *c, const struct sj_names *identities, struct sj_catalog_meta *meta,
                                          struct sj_error *err) {
    struct going going = {.identities = identities};
    sj_arena_init(&going.arena, c->mem);
    sj_buf_init(&going.links, c->mem, SIZE_MAX / 2);
    enum sj_status status = sj_catalog_each_link(c, note_going, &going, meta, err);
    if (status == SJ_OK)
        status = remove_noted(c, &going, meta, err);
    sj_buf_done(&going.links);
    sj_arena_done(&going.arena);
    return status;
}
