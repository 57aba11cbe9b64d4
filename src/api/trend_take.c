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

static enum sj_status find_figure(struct sj_trend_figures *figures, const struct sj_result *result, struct sj_error *err) {
    struct sj_figure *figure = &figures->figure;
    if (figures->words->of.n > 0)
        return sj_figure_find(result, figures->words->of, figures->arena, figure, err);
    for (size_t t = 0; t < result->n_tables; t++) {
        figure->table = result->tables[t].def;
        figure->column = sj_figure_usual(figure->table);
        if (figure->column < figure->table->n_columns && figure->table->picture != SJ_PICTURE_LINES)
            return SJ_OK;
    }
    return sj_fail(err, SJ_E_BUG, "%s has no figures", result->analysis);
}

static enum sj_status no_names(const struct sj_trend_figures *figures, struct sj_error *err) {
    return sj_fail(err, SJ_E_USAGE, "the rows of %s have no names, so that they cannot be followed over time; choose another figure",
                   figures->figure.table->name);
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
            return sj_fail(err, SJ_E_USAGE, "%s has more than %d rows: name those to be followed (row)", figures->figure.table->name,
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
    const enum sj_type type = figures->figure.table->columns[figures->figure.column].type;
    const struct sj_cell *cell = sj_table_cell(table, row, figures->figure.column);
    struct sj_trend_series *series;
    bool named;
    SJ_TRY(sj_row_name(table, &figures->figure, row, (struct sj_row_times){SJ_ROW_TIMES_NONE, NULL}, &figures->name, &named, err));
    if (!named)
        return no_names(figures, err);
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
    if (!figures->figure.table) {
        SJ_TRY(find_figure(figures, result, err));
        SJ_TRY(sj_arena_new(figures->arena, figures->periods->n, sizeof *figures->partial, &figures->partial, err));
    }
    assert(figures->figure.table && figures->partial);
    const struct sj_table *table = sj_result_find(result, figures->figure.table->name);
    figures->partial[period] = !table || table->partial;
    for (size_t row = 0; table && row < table->n_rows; row++)
        SJ_TRY(take_row(figures, table, row, period, err));
    take_warnings(figures, result, period);
    return SJ_OK;
}
