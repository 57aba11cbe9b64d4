#include "api/different.h"

#include "base/shelf.h"
#include "stats/distinct.h"

struct counting {
    struct sj_distinct *distincts; /* by column */
    struct sj_shelf shelf;
    uint64_t seed;
};

/* Of a text its bytes, once for each entry of the dictionary that occurs. */
static enum sj_status count_texts(struct counting *counting, const struct sj_rows_column *column, struct sj_error *err) {
    bool *occurs;
    SJ_TRY(sj_shelf_take(&counting->shelf, column->n_texts, sizeof *occurs, &occurs, err));
    memset(occurs, 0, column->n_texts * sizeof *occurs);
    for (uint32_t i = 0; i < column->n; i++)
        occurs[column->values[i]] = true;
    for (uint32_t i = 0; i < column->n_texts; i++) {
        if (occurs[i])
            sj_distinct_add(&counting->distincts[column->code], sj_hash64(column->texts[i].p, column->texts[i].n, counting->seed));
    }
    return SJ_OK;
}

static enum sj_status count_rows(struct counting *counting, const struct sj_rows *rows, struct sj_error *err) {
    sj_shelf_reset(&counting->shelf);
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        if (column->kind == SJ_KIND_TEXT)
            SJ_TRY(count_texts(counting, column, err));
        for (uint32_t i = 0; i < column->n && column->kind != SJ_KIND_TEXT; i++)
            sj_distinct_add(&counting->distincts[column->code], sj_hash64(&column->values[i], sizeof column->values[i], counting->seed));
    }
    return SJ_OK;
}

static enum sj_status count_all(struct counting *counting, struct sj_snapshot *snapshot, struct sj_arena *arena, struct sj_error *err) {
    const uint32_t n = sj_snapshot_view(snapshot)->n_columns;
    uint16_t *columns;
    struct sj_cursor *cursor;
    const struct sj_rows *rows;
    SJ_TRY(sj_arena_new(arena, n, sizeof *columns, &columns, err));
    for (uint32_t i = 0; i < n; i++)
        columns[i] = (uint16_t)i;
    const struct sj_wanted wanted = {.columns = columns, .n_columns = n};
    SJ_TRY(sj_cursor_open(snapshot, &wanted, (sj_key){0, 0}, NULL, &cursor, err));
    enum sj_status status;
    while ((status = sj_cursor_next(cursor, &rows, err)) == SJ_OK && rows) {
        status = count_rows(counting, rows, err);
        if (status != SJ_OK)
            break;
    }
    sj_cursor_close(cursor);
    return status;
}

enum sj_status sj_count_different(const struct sj_alloc *mem, struct sj_snapshot *snapshot, struct sj_arena *arena,
                                  struct sj_estimate **ret_counts, struct sj_error *err) {
    const uint32_t n = sj_snapshot_view(snapshot)->n_columns;
    struct counting counting = {.seed = sj_snapshot_key(snapshot, SJ_LIT("different")).hi};
    struct sj_estimate *counts;
    SJ_TRY(sj_arena_new(arena, n, sizeof *counts, &counts, err));
    SJ_TRY(sj_mem_new(mem, n, sizeof *counting.distincts, &counting.distincts, err));
    sj_shelf_init(&counting.shelf, mem);
    const enum sj_status status = count_all(&counting, snapshot, arena, err);
    for (uint32_t i = 0; i < n && status == SJ_OK; i++)
        counts[i] = sj_distinct_count(&counting.distincts[i]);
    sj_shelf_done(&counting.shelf);
    sj_mem_free(mem, counting.distincts);
    if (status == SJ_OK)
        *ret_counts = counts;
    return status;
}
