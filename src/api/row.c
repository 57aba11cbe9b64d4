#include "api/row.h"

#include <math.h>
#include <string.h>

#include "base/time.h"

bool sj_is_figure(enum sj_type type) {
    return !sj_type_is_text(type) && type != SJ_TYPE_ROUTE && type != SJ_TYPE_TIME && type != SJ_TYPE_TRUTH;
}

size_t sj_figure_usual(const struct sj_table_def *def) {
    size_t first = def->n_columns;
    for (size_t i = 0; i < def->n_columns; i++) {
        if (sj_type_is_estimate(def->columns[i].type))
            return i;
        first = first == def->n_columns && sj_is_figure(def->columns[i].type) ? i : first;
    }
    return first;
}

static bool find_named(const struct sj_result *result, struct sj_str of, struct sj_figure *ret_figure) {
    const char *dot = memchr(of.p, '.', of.n);
    const struct sj_str table = {of.p, dot ? (size_t)(dot - of.p) : 0};
    const struct sj_str column = dot ? (struct sj_str){dot + 1, of.n - table.n - 1} : of;
    for (size_t t = 0; t < result->n_tables; t++) {
        const struct sj_table_def *def = result->tables[t].def;
        for (size_t c = 0; c < def->n_columns && (!dot || sj_str_eq(table, sj_str(def->name))); c++) {
            if (!sj_str_eq(column, sj_str(def->columns[c].name)) || !sj_is_figure(def->columns[c].type))
                continue;
            *ret_figure = (struct sj_figure){def, c};
            return true;
        }
    }
    return false;
}

enum sj_status sj_figure_find(const struct sj_result *result, struct sj_str of, struct sj_arena *arena, struct sj_figure *ret_figure,
                              struct sj_error *err) {
    struct sj_str names[256];
    size_t n = 0;
    if (find_named(result, of, ret_figure))
        return SJ_OK;
    for (size_t t = 0; t < result->n_tables; t++) {
        const struct sj_table_def *def = result->tables[t].def;
        for (size_t c = 0; c < def->n_columns && n < sizeof names / sizeof *names; c++) {
            const char *name;
            if (!sj_is_figure(def->columns[c].type))
                continue;
            SJ_TRY(sj_arena_print(arena, &name, err, "%s.%s", def->name, def->columns[c].name));
            names[n++] = memchr(of.p, '.', of.n) ? sj_str(name) : sj_str(def->columns[c].name);
        }
    }
    const size_t near = sj_str_nearest(of, names, n);
    if (near < n)
        return sj_fail(err, SJ_E_USAGE, "%s has no figure \"%.*s\"; did you mean \"%.*s\"?", result->analysis, SJ_ARG(of),
                       SJ_ARG(names[near]));
    const struct sj_table_def *first = result->tables[0].def; /* every answer has a table, and every table a figure */
    return sj_fail(err, SJ_E_USAGE, "%s has no figure \"%.*s\"; expected TABLE.COLUMN, such as %s.%s", result->analysis, SJ_ARG(of),
                   first->name, first->columns[sj_figure_usual(first)].name);
}

int64_t sj_cell_count(const struct sj_cell *cell, enum sj_type type) {
    if (!cell->known)
        return 0;
    return type == SJ_TYPE_ESTIMATE ? llround(cell->estimate.value * (double)cell->estimate.n) : cell->i64;
}

uint64_t sj_row_keys(const struct sj_table_def *def) {
    uint64_t texts = 0;
    size_t n_texts = 0;
    while (n_texts < def->n_columns && sj_type_is_text(def->columns[n_texts].type))
        n_texts++;
    switch (def->picture) {
    case SJ_PICTURE_MATRIX:
    case SJ_PICTURE_FLOW: return 3;
    case SJ_PICTURE_SANKEY: return 7;
    case SJ_PICTURE_NONE:
        for (size_t c = 0; c < def->n_columns; c++)
            texts |= (uint64_t)sj_type_is_text(def->columns[c].type) << c;
        return texts;
    default: return n_texts > 0 ? (UINT64_C(1) << n_texts) - 1 : 1;
    }
}

static enum sj_status put_time(struct sj_buf *name, int64_t time_us, struct sj_row_times times, struct sj_error *err) {
    char text[SJ_TIME_TEXT_BYTES];
    if (times.how == SJ_ROW_TIMES_ISO)
        return sj_buf_append(name, text, sj_time_format(time_us, text), err);
    const struct sj_civil at = sj_civil_of_time(time_us + (times.zone ? sj_zone_offset_us(times.zone, time_us) : 0));
    SJ_TRY(sj_buf_print(name, err, "%04d-%02d-%02d", at.year, at.month, at.day));
    return at.hour + at.minute > 0 ? sj_buf_print(name, err, " %02d:%02d", at.hour, at.minute) : SJ_OK;
}

static enum sj_status put_key(const struct sj_cell *cell, enum sj_type type, struct sj_buf *name, struct sj_error *err) {
    char text[SJ_TIME_TEXT_BYTES];
    if (!cell->known)
        return sj_buf_append_str(name, SJ_LIT("(none)"), err);
    if (sj_type_is_text(type))
        return sj_buf_append_str(name, cell->text, err);
    if (type == SJ_TYPE_DURATION)
        return sj_buf_append(name, text, sj_duration_format(cell->i64, text), err);
    if (type != SJ_TYPE_ROUTE)
        return sj_buf_print(name, err, "%lld", (long long)cell->i64);
    for (size_t i = 0; i < cell->route.n_steps; i++)
        SJ_TRY(sj_buf_print(name, err, "%s%.*s", i > 0 ? " > " : "", SJ_ARG(cell->route.steps[i])));
    return SJ_OK;
}

enum sj_status sj_row_name(const struct sj_table *table, const struct sj_figure *figure, size_t row, struct sj_row_times times,
                           struct sj_buf *name, bool *ret_named, struct sj_error *err) {
    const uint64_t keys = sj_row_keys(table->def);
    bool named = keys != 0 || table->n_rows <= 1;
    sj_buf_reset(name);
    named = named && (keys >> figure->column & 1) == 0;
    for (size_t c = 0, n = 0; named && c < table->def->n_columns; c++) {
        const enum sj_type type = table->def->columns[c].type;
        const struct sj_cell *cell = sj_table_cell(table, row, c);
        if ((keys >> c & 1) == 0)
            continue;
        if (n++ > 0)
            SJ_TRY(sj_buf_append_str(name, SJ_LIT(" > "), err));
        if (type == SJ_TYPE_TIME && cell->known && times.how != SJ_ROW_TIMES_NONE)
            SJ_TRY(put_time(name, cell->i64, times, err));
        else
            SJ_TRY(put_key(cell, type, name, err));
        named = type != SJ_TYPE_TIME || times.how != SJ_ROW_TIMES_NONE;
    }
    *ret_named = named;
    return SJ_OK;
}
