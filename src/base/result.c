#include "base/result.h"

#include <stdio.h>

#include "base/buf.h"

#define ROWS_FIRST ((size_t)16)

const char *sj_type_name(enum sj_type type) {
    static const char *const names[] = {
        [SJ_TYPE_COUNT] = "count",     [SJ_TYPE_NUMBER] = "number", [SJ_TYPE_DURATION] = "duration", [SJ_TYPE_TIME] = "time",
        [SJ_TYPE_MONEY] = "money",     [SJ_TYPE_TRUTH] = "truth",   [SJ_TYPE_TEXT] = "text",         [SJ_TYPE_TOUCHPOINT] = "touchpoint",
        [SJ_TYPE_CHANNEL] = "channel", [SJ_TYPE_ROUTE] = "route",   [SJ_TYPE_ESTIMATE] = "estimate", [SJ_TYPE_SCORE] = "score",
    };
    return names[type];
}

void sj_result_init(struct sj_result *result, const struct sj_alloc *mem, enum sj_lang lang) {
    *result = (struct sj_result){.lang = lang};
    sj_arena_init(&result->arena, mem);
}

void sj_result_done(struct sj_result *result) {
    const struct sj_alloc *mem = result->arena.mem;
    sj_arena_done(&result->arena);
    sj_result_init(result, mem, result->lang);
}

enum sj_status sj_result_table(struct sj_result *result, const struct sj_table_def *def, struct sj_table **ret_table,
                               struct sj_error *err) {
    if (result->n_tables == SJ_TABLES_MAX)
        return sj_fail(err, SJ_E_LIMIT, "the table \"%s\" cannot be added: an answer holds at most %d tables", def->name, SJ_TABLES_MAX);
    struct sj_table *table = &result->tables[result->n_tables++];
    *table = (struct sj_table){.def = def};
    *ret_table = table;
    return SJ_OK;
}

const struct sj_table *sj_result_find(const struct sj_result *result, const char *name) {
    for (size_t i = 0; i < result->n_tables; i++)
        if (strcmp(result->tables[i].def->name, name) == 0)
            return &result->tables[i];
    return NULL;
}

/* Doubles the room for rows. The old cells stay in the arena until its end: at most as much again as the table. */
static enum sj_status grow_table(struct sj_result *result, struct sj_table *table, struct sj_error *err) {
    size_t capacity, row_bytes = table->def->n_columns * sizeof(struct sj_cell);
    if (sj_mul_overflows(table->capacity_rows, 2, &capacity))
        return sj_fail_memory(err, SIZE_MAX);
    if (capacity < ROWS_FIRST)
        capacity = ROWS_FIRST;
    struct sj_cell *cells;
    SJ_TRY(sj_arena_new(&result->arena, capacity, row_bytes, &cells, err));
    if (table->n_rows > 0)
        memcpy(cells, table->cells, table->n_rows * row_bytes);
    table->cells = cells;
    table->capacity_rows = capacity;
    return SJ_OK;
}

enum sj_status sj_result_row(struct sj_result *result, struct sj_table *table, struct sj_cell **ret_cells, struct sj_error *err) {
    if (table->n_rows == table->capacity_rows)
        SJ_TRY(grow_table(result, table, err));
    *ret_cells = table->cells + table->n_rows * table->def->n_columns; /* zero, since the arena's memory is: not known */
    table->n_rows++;
    return SJ_OK;
}

enum sj_status sj_result_text(struct sj_result *result, struct sj_str text, struct sj_str *ret_copy, struct sj_error *err) {
    return sj_arena_copy(&result->arena, text, ret_copy, err);
}

static bool has_note(const struct sj_result *result, const char *code) {
    for (size_t i = 0; i < result->n_notes; i++)
        if (strcmp(result->notes[i].code, code) == 0)
            return true;
    return false;
}

/* `code` is kept as it is: a literal. */
enum sj_status sj_note(struct sj_result *result, enum sj_note_level level, const char *code, const char *format, ...) {
    if (has_note(result, code))
        return SJ_OK;
    if (result->n_notes == SJ_NOTES_MAX)
        return SJ_E_LIMIT;
    const char *translated = sj_text(result->lang, format);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, translated, args);
    va_end(args);
    if (n < 0)
        return SJ_E_BUG;
    char *text;
    SJ_TRY(sj_arena_new(&result->arena, (size_t)n + 1, 1, &text, NULL));
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, translated, args);
    va_end(args);
    result->notes[result->n_notes++] = (struct sj_note){.level = level, .code = code, .text = text};
    return SJ_OK;
}

bool sj_row_is_final(const struct sj_table *table, size_t row) {
    const struct sj_table_def *def = table->def;
    for (size_t column = 0; def->final != NULL && column < def->n_columns; column++)
        if (strcmp(def->columns[column].name, def->final) == 0) {
            const struct sj_cell *cell = sj_table_cell(table, row, column);
            return !cell->known || cell->i64 != 0;
        }
    return true;
}
