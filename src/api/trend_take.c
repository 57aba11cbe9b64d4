#include "api/trend_answer.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "base/time.h"

void sj_trend_figures_init(struct sj_trend_figures *figures, const struct sj_alloc *mem) {
    sj_names_init(&figures->names, mem, (uint64_t)(uintptr_t)figures);
    sj_buf_init(&figures->series, mem, SIZE_MAX / 2);
    sj_buf_init(&figures->name, mem, SIZE_MAX / 2);
}

void sj_trend_figures_done(struct sj_trend_figures *figures) {
    sj_names_done(&figures->names);
    sj_buf_done(&figures->series);
    sj_buf_done(&figures->name);
}

static bool is_figure(enum sj_type type) {
    return !sj_type_is_text(type) && type != SJ_TYPE_ROUTE && type != SJ_TYPE_TIME && type != SJ_TYPE_TRUTH;
}

/* What is shown where nothing is named: the first estimate of a table, else its first figure. */
static size_t usual_column(const struct sj_table_def *def) {
    size_t first = def->n_columns;
    for (size_t i = 0; i < def->n_columns; i++) {
        if (sj_type_is_estimate(def->columns[i].type))
            return i;
        first = first == def->n_columns && is_figure(def->columns[i].type) ? i : first;
    }
    return first;
}

/* "TABLE.COLUMN", or a column of the first table that has one of that name. */
static bool find_named(const struct sj_result *result, struct sj_str of, const struct sj_table_def **ret_table, size_t *ret_column) {
    const char *dot = memchr(of.p, '.', of.n);
    const struct sj_str table = {of.p, dot ? (size_t)(dot - of.p) : 0};
    const struct sj_str column = dot ? (struct sj_str){dot + 1, of.n - table.n - 1} : of;
    for (size_t t = 0; t < result->n_tables; t++) {
        const struct sj_table_def *def = result->tables[t].def;
        for (size_t c = 0; c < def->n_columns && (!dot || sj_str_eq(table, sj_str(def->name))); c++) {
            if (!sj_str_eq(column, sj_str(def->columns[c].name)) || !is_figure(def->columns[c].type))
                continue;
            *ret_table = def;
            *ret_column = c;
            return true;
        }
    }
    return false;
}

static enum sj_status unknown_figure(const struct sj_trend_figures *figures, const struct sj_result *result, struct sj_error *err) {
    struct sj_str names[256];
    size_t n = 0;
    for (size_t t = 0; t < result->n_tables; t++) {
        const struct sj_table_def *def = result->tables[t].def;
        for (size_t c = 0; c < def->n_columns && n < sizeof names / sizeof *names; c++) {
            const char *name;
            if (!is_figure(def->columns[c].type))
                continue;
            SJ_TRY(sj_arena_print(figures->arena, &name, err, "%s.%s", def->name, def->columns[c].name));
            names[n++] = memchr(figures->words->of.p, '.', figures->words->of.n) ? sj_str(name) : sj_str(def->columns[c].name);
        }
    }
    const size_t near = sj_str_nearest(figures->words->of, names, n);
    if (near < n)
        return sj_fail(err, SJ_E_USAGE, "%s has no figure \"%.*s\"; did you mean \"%.*s\"?", result->analysis, SJ_ARG(figures->words->of),
                       SJ_ARG(names[near]));
    const struct sj_table_def *first = result->tables[0].def; /* every answer has a table, and every table a figure */
    return sj_fail(err, SJ_E_USAGE, "%s has no figure \"%.*s\"; expected TABLE.COLUMN, such as %s.%s", result->analysis,
                   SJ_ARG(figures->words->of), first->name, first->columns[usual_column(first)].name);
}

static enum sj_status find_figure(struct sj_trend_figures *figures, const struct sj_result *result, struct sj_error *err) {
    if (figures->words->of.n > 0)
        return find_named(result, figures->words->of, &figures->table, &figures->column) ? SJ_OK : unknown_figure(figures, result, err);
    for (size_t t = 0; t < result->n_tables; t++) {
        figures->table = result->tables[t].def;
        figures->column = usual_column(figures->table);
        if (figures->column < figures->table->n_columns && figures->table->picture != SJ_PICTURE_LINES)
            return SJ_OK;
    }
    return sj_fail(err, SJ_E_BUG, "%s has no figures", result->analysis);
}

/* How many columns at the beginning of a row tell it from the others: those that its picture goes by, else the texts. */
static size_t n_keys_of(const struct sj_table_def *def) {
    size_t n_texts = 0;
    while (n_texts < def->n_columns && sj_type_is_text(def->columns[n_texts].type))
        n_texts++;
    switch (def->picture) {
    case SJ_PICTURE_MATRIX:
    case SJ_PICTURE_FLOW: return 2;
    case SJ_PICTURE_SANKEY: return 3;
    case SJ_PICTURE_NONE: return n_texts;
    default: return n_texts > 0 ? n_texts : 1;
    }
}

static enum sj_status no_names(const struct sj_trend_figures *figures, struct sj_error *err) {
    return sj_fail(err, SJ_E_USAGE, "the rows of %s have no names, so that they cannot be followed over time; choose another figure",
                   figures->table->name);
}

static enum sj_status put_key(struct sj_trend_figures *figures, const struct sj_cell *cell, enum sj_type type, struct sj_error *err) {
    struct sj_buf *name = &figures->name;
    char text[SJ_TIME_TEXT_BYTES];
    if (name->n > 0)
        SJ_TRY(sj_buf_append_str(name, SJ_LIT(" > "), err));
    if (!cell->known)
        return sj_buf_append_str(name, SJ_LIT("(none)"), err);
    if (sj_type_is_text(type))
        return sj_buf_append_str(name, cell->text, err);
    if (type == SJ_TYPE_COUNT)
        return sj_buf_print(name, err, "%lld", (long long)cell->i64);
    if (type == SJ_TYPE_DURATION)
        return sj_buf_append(name, text, sj_duration_format(cell->i64, text), err);
    for (size_t i = 0; type == SJ_TYPE_ROUTE && i < cell->route.n_steps; i++)
        SJ_TRY(sj_buf_print(name, err, "%s%.*s", i > 0 ? " > " : "", SJ_ARG(cell->route.steps[i])));
    return type == SJ_TYPE_ROUTE ? SJ_OK : no_names(figures, err);
}

/* Into figures->name; empty where figures stand alone. */
static enum sj_status name_row(struct sj_trend_figures *figures, const struct sj_table *table, size_t row, struct sj_error *err) {
    const size_t n_keys = n_keys_of(table->def);
    sj_buf_reset(&figures->name);
    if ((n_keys == 0 && table->n_rows > 1) || figures->column < n_keys)
        return no_names(figures, err);
    for (size_t c = 0; c < n_keys; c++)
        SJ_TRY(put_key(figures, sj_table_cell(table, row, c), table->def->columns[c].type, err));
    return SJ_OK;
}

static bool is_wanted(const struct sj_trend_words *words, struct sj_str name) {
    for (size_t i = 0; i < words->n_rows; i++)
        if (sj_str_eq(words->rows[i], name))
            return true;
    return words->n_rows == 0;
}

/* The series of the name in figures->name, made where it is new. */
static enum sj_status series_of(struct sj_trend_figures *figures, struct sj_trend_series **ret_series, struct sj_error *err) {
    uint32_t code;
    struct sj_trend_series made = {.weight = 0};
    SJ_TRY(sj_names_add(&figures->names, sj_buf_str(&figures->name), &code, err));
    const size_t n_series = figures->series.n / sizeof made;
    if (code == n_series) {
        if (n_series == SJ_TREND_ROWS && figures->words->n_rows == 0)
            return sj_fail(err, SJ_E_USAGE, "%s has more than %d rows: name those to be followed (row)", figures->table->name,
                           SJ_TREND_ROWS);
        made.name = sj_names_at(&figures->names, code);
        if (is_wanted(figures->words, made.name))
            SJ_TRY(sj_arena_new(figures->arena, figures->periods->n, sizeof *made.cells, &made.cells, err));
        SJ_TRY(sj_buf_append(&figures->series, &made, sizeof made, err));
    }
    *ret_series = (struct sj_trend_series *)(void *)figures->series.data + code;
    return SJ_OK;
}

double sj_trend_number(const struct sj_cell *cell, enum sj_type type) {
    return sj_type_is_estimate(type) ? cell->estimate.value : type == SJ_TYPE_NUMBER ? cell->f64 : (double)cell->i64;
}

static enum sj_status take_row(struct sj_trend_figures *figures, const struct sj_table *table, size_t row, uint32_t period,
                               struct sj_error *err) {
    const enum sj_type type = figures->table->columns[figures->column].type;
    const struct sj_cell *cell = sj_table_cell(table, row, figures->column);
    struct sj_trend_series *series;
    SJ_TRY(name_row(figures, table, row, err));
    SJ_TRY(series_of(figures, &series, err));
    if (!series->cells || !cell->known)
        return SJ_OK;
    if (series->cells[period].known)
        return no_names(figures, err); /* two rows of one name */
    series->cells[period] = *cell;
    series->weight += sj_type_is_estimate(type) ? (double)cell->estimate.n : fabs(sj_trend_number(cell, type));
    return SJ_OK;
}

/* Warnings of a period, each code once: the text is that of the first period, with how many periods have it. */
static void take_warnings(struct sj_trend_figures *figures, const struct sj_result *result, uint32_t period) {
    for (size_t i = 0; i < result->n_notes; i++) {
        const struct sj_note *note = &result->notes[i];
        size_t at = 0;
        while (at < figures->n_warnings && strcmp(figures->warnings[at].code, note->code) != 0)
            at++;
        if (note->level != SJ_NOTE_WARNING || at == SJ_TREND_WARNINGS)
            continue;
        struct sj_trend_warning *warning = &figures->warnings[at];
        warning->n_periods++;
        if (at < figures->n_warnings)
            continue;
        figures->n_warnings++;
        warning->code = note->code;
        warning->first = period;
        snprintf(warning->text, sizeof warning->text, "%s", note->text);
    }
}

enum sj_status sj_trend_take(struct sj_trend_figures *figures, const struct sj_result *result, uint32_t period, struct sj_error *err) {
    if (!figures->table) {
        SJ_TRY(find_figure(figures, result, err));
        SJ_TRY(sj_arena_new(figures->arena, figures->periods->n, sizeof *figures->partial, &figures->partial, err));
    }
    assert(figures->table && figures->partial);
    const struct sj_table *table = sj_result_find(result, figures->table->name);
    figures->partial[period] = !table || table->partial;
    for (size_t row = 0; table && row < table->n_rows; row++)
        SJ_TRY(take_row(figures, table, row, period, err));
    take_warnings(figures, result, period);
    return SJ_OK;
}
