/* The checksum of the catalog: that what it says is what was written, and that no row is missing. */
#include "store/catalog_sql.h"

/* The type with the number or the length, then the bytes of a text or a blob. */
static uint64_t add_value(sqlite3_stmt *stmt, int column, uint64_t sum) {
    const int type = sqlite3_column_type(stmt, column);
    if (type == SQLITE_INTEGER) {
        const int64_t value[] = {type, sqlite3_column_int64(stmt, column)};
        return sj_hash64(value, sizeof value, sum);
    }
    const struct sj_str bytes = sj_sql_str(stmt, column);
    const int64_t head[] = {type, (int64_t)bytes.n};
    return sj_hash64(bytes.p, bytes.n, sj_hash64(head, sizeof head, sum));
}

static enum sj_status add_rows(struct sj_catalog *c, const char *sql, uint64_t *sum, struct sj_error *err) {
    sqlite3_stmt *stmt;
    bool row = true;
    SJ_TRY(sj_sql_prepare(c, sql, &stmt, err));
    enum sj_status status;
    while ((status = sj_sql_next(c, stmt, &row, err)) == SJ_OK && row) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++)
            *sum = add_value(stmt, i, *sum);
    }
    sqlite3_finalize(stmt);
    return status;
}

/* After each table its place in the list. */
static enum sj_status add_tables(struct sj_catalog *c, const char *const *tables, int64_t n, uint64_t *sum, struct sj_error *err) {
    for (int64_t i = 0; i < n; i++) {
        SJ_TRY(add_rows(c, tables[i], sum, err));
        *sum = sj_hash64(&i, sizeof i, *sum);
    }
    return SJ_OK;
}

/* A blob of the inbox has checksums of its own. The links may be many, and are not read each time: meta has a sum of them. */
enum sj_status sj_catalog_sum(struct sj_catalog *c, uint64_t *ret_sum, struct sj_error *err) {
    static const char *const tables[] = {
        "SELECT key, value FROM meta WHERE key<>'checksum' ORDER BY key",
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name",
        "SELECT code, name FROM touchpoints NOT INDEXED ORDER BY code",
        "SELECT code, name FROM channels NOT INDEXED ORDER BY code",
        "SELECT code, name FROM columns NOT INDEXED ORDER BY code",
        "SELECT * FROM segments NOT INDEXED ORDER BY id",
        "SELECT arrival, n_events, length(blob) FROM inbox ORDER BY arrival",
        "SELECT id, time_us, name, digest, n_events, n_duplicates, n_rejected, mapping FROM imports NOT INDEXED ORDER BY id",
        "SELECT name, condition, description, time_us FROM saved_segments ORDER BY name",
        "SELECT hash, time_us FROM erased ORDER BY hash",
        "SELECT identity FROM erasing ORDER BY identity",
        "SELECT id, time_us, age_us, condition FROM rules ORDER BY id",
        "SELECT id, time_us, who, action, subject, detail FROM audit ORDER BY id",
    };
    *ret_sum = 0;
    return add_tables(c, tables, (int64_t)(sizeof tables / sizeof *tables), ret_sum, err);
}

/* ---- format 1 ---- */

/* Over the settings, but for next_arrival, and the rows of the segments. */
static enum sj_status settings_sum_1(struct sj_catalog *c, const struct sj_catalog_meta *meta, uint64_t *ret_sum, struct sj_error *err) {
    const int64_t settings[] = {meta->format,      (int64_t)meta->seed, meta->currency[0], meta->currency[1],
                                meta->currency[2], meta->as_of_us,      meta->next_segment};
    struct sj_buf rows, bytes;
    sj_buf_init(&rows, c->mem, SIZE_MAX / 2);
    sj_buf_init(&bytes, c->mem, SIZE_MAX / 2);
    enum sj_status status = sj_catalog_segments(c, &rows, err);
    const struct sj_segment_row *row = (const struct sj_segment_row *)(const void *)rows.data;
    for (size_t i = 0; i < rows.n / sizeof *row && status == SJ_OK; i++)
        status = sj_buf_append(&bytes, &row[i], offsetof(struct sj_segment_row, homes), err);
    if (status == SJ_OK)
        *ret_sum = sj_hash64(bytes.data, bytes.n, sj_hash64(settings, sizeof settings, 0));
    sj_buf_done(&bytes);
    sj_buf_done(&rows);
    return status;
}

static enum sj_status add_tables_1(struct sj_catalog *c, uint64_t *sum, struct sj_error *err) {
    static const char *const tables[] = {
        "SELECT value FROM meta WHERE key='next_arrival'",
        "SELECT rowid, type, name, tbl_name, rootpage, sql FROM sqlite_schema ORDER BY rowid",
        "SELECT code, name FROM touchpoints NOT INDEXED ORDER BY code",
        "SELECT code, name FROM channels NOT INDEXED ORDER BY code",
        "SELECT code, name FROM columns NOT INDEXED ORDER BY code",
        "SELECT arrival, n_events, length(blob) FROM inbox ORDER BY arrival",
        "SELECT id, time_us, name, digest, n_events, n_duplicates, n_rejected, mapping FROM imports NOT INDEXED ORDER BY id",
    };
    return add_tables(c, tables, (int64_t)(sizeof tables / sizeof *tables), sum, err);
}

/* The first writers of format 1 took the sum of the settings only. */
static enum sj_status check_sum_1(struct sj_catalog *c, const struct sj_catalog_meta *meta, uint64_t *sum, struct sj_error *err) {
    SJ_TRY(settings_sum_1(c, meta, sum, err));
    return *sum == meta->checksum ? SJ_OK : add_tables_1(c, sum, err);
}

enum sj_status sj_catalog_check_sum(struct sj_catalog *c, const struct sj_catalog_meta *meta, struct sj_error *err) {
    uint64_t sum = 0;
    SJ_TRY(meta->format == 1 ? check_sum_1(c, meta, &sum, err) : sj_catalog_sum(c, &sum, err));
    return sum == meta->checksum ? SJ_OK : sj_fail(err, SJ_E_CORRUPT, "the catalog (catalog.db) is damaged: its checksum is wrong");
}
