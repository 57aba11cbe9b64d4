#include "api/trend_answer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include "base/json.h"
#include "stats/normal.h"

/* ---- taking figures ---- */

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
            names[n++] = sj_str(name);
        }
    }
    const size_t near = sj_str_nearest(figures->words->of, names, n);
    if (near < n)
        return sj_fail(err, SJ_E_USAGE, "%s has no figure \"%.*s\"; did you mean \"%.*s\"?", result->analysis, SJ_ARG(figures->words->of),
                       SJ_ARG(names[near]));
    return sj_fail(err, SJ_E_USAGE, "%s has no figure \"%.*s\"; expected TABLE.COLUMN, such as %.*s", result->analysis,
                   SJ_ARG(figures->words->of), n > 0 ? (int)names[0].n : 1, n > 0 ? names[0].p : "-");
}

static enum sj_status find_figure(struct sj_trend_figures *figures, const struct sj_result *result, struct sj_error *err) {
    if (figures->words->of.n > 0)
        return find_named(result, figures->words->of, &figures->table, &figures->column) ? SJ_OK : unknown_figure(figures, result, err);
    for (size_t t = 0; t < result->n_tables; t++) {
        figures->table = result->tables[t].def;
        figures->column = usual_column(figures->table);
        if (figures->column < figures->table->n_columns)
            return SJ_OK;
    }
    return sj_fail(err, SJ_E_BUG, "%s has no figures", result->analysis);
}

/* The names at the beginning of a row, joined; the whole number of a count where the first column is one; "" where figures stand alone. In
 * the arena. */
static enum sj_status name_row(const struct sj_trend_figures *figures, const struct sj_table *table, size_t row, struct sj_str *ret_name,
                               struct sj_error *err) {
    const char *name = "";
    const struct sj_cell *first = sj_table_cell(table, row, 0);
    if (table->def->picture != SJ_PICTURE_NONE && table->def->columns[0].type == SJ_TYPE_COUNT && figures->column > 0 && first->known)
        SJ_TRY(sj_arena_print(figures->arena, &name, err, "%lld", (long long)first->i64));
    for (size_t c = 0; c < figures->column && sj_type_is_text(table->def->columns[c].type); c++) {
        const struct sj_cell *cell = sj_table_cell(table, row, c);
        const struct sj_str text = cell->known ? cell->text : SJ_LIT("(none)");
        SJ_TRY(sj_arena_print(figures->arena, &name, err, "%s%s%.*s", name, c > 0 ? " > " : "", SJ_ARG(text)));
    }
    *ret_name = sj_str(name);
    return SJ_OK;
}

static bool is_wanted(const struct sj_trend_words *words, struct sj_str name) {
    for (size_t i = 0; i < words->n_rows; i++)
        if (sj_str_eq(words->rows[i], name))
            return true;
    return words->n_rows == 0;
}

static enum sj_status series_of(struct sj_trend_figures *figures, struct sj_str name, struct sj_trend_series **ret_series,
                                struct sj_error *err) {
    for (size_t i = 0; i < figures->n_series; i++) {
        if (sj_str_eq(figures->series[i].name, name)) {
            *ret_series = &figures->series[i];
            return SJ_OK;
        }
    }
    if (figures->n_series == figures->capacity) {
        struct sj_trend_series *more;
        const size_t capacity = figures->capacity > 0 ? 2 * figures->capacity : 16;
        SJ_TRY(sj_arena_new(figures->arena, capacity, sizeof *more, &more, err));
        if (figures->n_series > 0)
            memcpy(more, figures->series, figures->n_series * sizeof *more);
        figures->series = more;
        figures->capacity = capacity;
    }
    struct sj_trend_series *made = &figures->series[figures->n_series];
    made->name = name;
    SJ_TRY(sj_arena_new(figures->arena, figures->periods->n, sizeof *made->cells, &made->cells, err));
    figures->n_series++;
    *ret_series = made;
    return SJ_OK;
}

static double number_of(const struct sj_cell *cell, enum sj_type type) {
    return sj_type_is_estimate(type) ? cell->estimate.value : type == SJ_TYPE_NUMBER ? cell->f64 : (double)cell->i64;
}

enum sj_status sj_trend_take(struct sj_trend_figures *figures, const struct sj_result *result, uint32_t period, struct sj_error *err) {
    if (!figures->table)
        SJ_TRY(find_figure(figures, result, err));
    assert(figures->table);
    const struct sj_table *table = sj_result_find(result, figures->table->name);
    const enum sj_type type = figures->table->columns[figures->column].type;
    for (size_t row = 0; table && row < table->n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(table, row, figures->column);
        struct sj_trend_series *series;
        struct sj_str name;
        SJ_TRY(name_row(figures, table, row, &name, err));
        if (name.n == 0 && table->n_rows > 1)
            return sj_fail(err, SJ_E_USAGE,
                           "the rows of %s have no names, so that they cannot be followed over time; choose another figure",
                           figures->table->name);
        if (!cell->known || !is_wanted(figures->words, name))
            continue;
        SJ_TRY(series_of(figures, name, &series, err));
        series->cells[period] = *cell;
        series->weight += sj_type_is_estimate(type) ? (double)cell->estimate.n : fabs(number_of(cell, type));
    }
    return SJ_OK;
}

/* ---- what is usual ---- */

struct usual {
    double value, low, high;
    int64_t n; /* periods that it is made of */
};

static int by_number(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median_of(double *values, size_t n) {
    qsort(values, n, sizeof *values, by_number);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* The variance that chance alone gives a figure as large. */
static double chance_of(const struct sj_cell *cell, enum sj_type type, double usual) {
    if (type == SJ_TYPE_COUNT)
        return usual > 1 ? usual : 1;
    if (!sj_type_is_estimate(type) || !isfinite(cell->estimate.high - cell->estimate.low))
        return 0;
    const double error = (cell->estimate.high - cell->estimate.low) / (2 * SJ_Z_95);
    return error * error;
}

static bool is_complete(const struct sj_trend_figures *figures, uint32_t period) {
    return figures->periods->starts[period] >= figures->from_us && figures->periods->starts[period + 1] <= figures->to_us;
}

#define COMPARED_MAX 12
#define COMPARED_MIN 4
/* False where there is too little to compare with. */
static bool find_usual(const struct sj_trend_figures *figures, const struct sj_trend_series *series, uint32_t period, struct usual *ret) {
    static const uint32_t steps[] = {7, 1, 1}, numbers[] = {8, 8, 12};
    const enum sj_type type = figures->table->columns[figures->column].type;
    double values[COMPARED_MAX];
    size_t n = 0;
    for (uint32_t k = 1; k <= numbers[figures->by] && k * steps[figures->by] <= period; k++) {
        const uint32_t before = period - k * steps[figures->by];
        if (series->cells[before].known && is_complete(figures, before))
            values[n++] = number_of(&series->cells[before], type);
    }
    if (n < COMPARED_MIN || !series->cells[period].known || !is_complete(figures, period))
        return false;
    const double usual = median_of(values, n);
    for (size_t i = 0; i < n; i++)
        values[i] = fabs(values[i] - usual);
    const double spread = 1.4826 * median_of(values, n);
    const double half = SJ_Z_95 * sqrt(spread * spread + chance_of(&series->cells[period], type, usual));
    *ret = (struct usual){usual, usual - half, usual + half, (int64_t)n};
    return true;
}

/* ---- the table ---- */

/* By weight, then by name. */
static int by_weight(const void *left, const void *right) {
    const struct sj_trend_series *a = left, *b = right;
    return a->weight != b->weight ? (a->weight > b->weight ? -1 : 1) : sj_str_cmp(a->name, b->name);
}

static void set_column(struct sj_column_def *column, const char *name, const char *label, enum sj_type type, const char *help, bool drawn) {
    *column = (struct sj_column_def){.name = name, .label = label, .type = type, .help = help, .drawn = drawn};
}

enum { N_ALONE_MAX = 9 };
#define USUAL_HELP SJ_T("the median of comparable periods before: the same weekdays, or the weeks or months before; at least four")
#define LOW_HELP SJ_T("lower end of the band in which nineteen of twenty such periods lie, by their spread and by chance")
#define HIGH_HELP SJ_T("upper end of the band")
#define YEAR_HELP SJ_T("the change against the same period a year before (52 weeks, 12 months)")

static bool has_band_of_its_own(enum sj_type type) { return !sj_type_is_estimate(type); }

/* The columns of a single series: what it is, what is usual for it, and how it was a year before. Returns how many. */
static size_t columns_alone(const struct sj_column_def *figure, struct sj_column_def *columns) {
    size_t n = 0;
    set_column(&columns[n++], "period", SJ_T("From"), SJ_TYPE_TIME, SJ_T("when the period begins"), false);
    columns[n] = *figure;
    columns[n++].drawn = true;
    set_column(&columns[n++], "usual", SJ_T("Usual"), figure->type, USUAL_HELP, true);
    if (has_band_of_its_own(figure->type)) {
        set_column(&columns[n++], "usual_low", SJ_T("Usual from"), figure->type, LOW_HELP, true);
        set_column(&columns[n++], "usual_high", SJ_T("Usual to"), figure->type, HIGH_HELP, true);
    }
    set_column(&columns[n++], "arrow", SJ_T("Arrow"), SJ_TYPE_TEXT, SJ_T("up or down where the period lies outside of the band"), false);
    set_column(&columns[n++], "year", SJ_T("Against a year before"), figure->type, YEAR_HELP, false);
    set_column(&columns[n++], "complete", SJ_T("Complete"), SJ_TYPE_TRUTH, SJ_T("no where the events begin or end within the period"),
               false);
    return n;
}

static enum sj_status make_table(struct sj_trend_figures *figures, struct sj_result *result, size_t n_series, struct sj_table **ret_table,
                                 struct sj_error *err) {
    const struct sj_column_def *figure = &figures->table->columns[figures->column];
    struct sj_column_def *columns;
    struct sj_table_def *def;
    size_t n = 0;
    SJ_TRY(sj_arena_new(figures->arena, n_series + N_ALONE_MAX, sizeof *columns, &columns, err));
    SJ_TRY(sj_arena_new(figures->arena, 1, sizeof *def, &def, err));
    if (n_series <= 1) {
        n = columns_alone(figure, columns);
    } else {
        set_column(&columns[n++], "period", SJ_T("From"), SJ_TYPE_TIME, SJ_T("when the period begins"), false);
        for (size_t i = 0; i < n_series; i++)
            set_column(&columns[n++], figures->series[i].name.p, figures->series[i].name.p, figure->type, figure->help, true);
        set_column(&columns[n++], "complete", SJ_T("Complete"), SJ_TYPE_TRUTH, SJ_T("no where the events begin or end within the period"),
                   false);
    }
    *def = (struct sj_table_def){
        .name = "trend", .title = figure->label, .picture = SJ_PICTURE_LINES, .columns = columns, .n_columns = n, .final = "complete"};
    return sj_result_table(result, def, ret_table, err);
}

static struct sj_cell cell_of(double value, enum sj_type type) {
    return type == SJ_TYPE_NUMBER ? sj_cell_f64(value) : sj_cell_i64((int64_t)llround(value));
}

/* The difference of two estimates whose intervals are independent: by the squares of the distances to their bounds, as Newcombe's of two
 * shares (Zou and Donner 2008, Statistics in Medicine 27:1693-1702). */
static struct sj_estimate difference(const struct sj_estimate *a, const struct sj_estimate *b) {
    const double value = a->value - b->value;
    return (struct sj_estimate){value, value - hypot(a->value - a->low, b->high - b->value),
                                value + hypot(a->high - a->value, b->value - b->low), a->n + b->n, a->flags | b->flags};
}

static void fill_year(const struct sj_trend_figures *figures, const struct sj_trend_series *series, uint32_t period, struct sj_cell *cell) {
    static const uint32_t years[] = {364, 52, 12};
    const enum sj_type type = figures->table->columns[figures->column].type;
    if (period < years[figures->by] || !series->cells[period].known || !is_complete(figures, period))
        return;
    const struct sj_cell *now = &series->cells[period], *before = &series->cells[period - years[figures->by]];
    if (!before->known || !is_complete(figures, period - years[figures->by]))
        return;
    *cell = sj_type_is_estimate(type) ? sj_cell_estimate(difference(&now->estimate, &before->estimate))
                                      : cell_of(number_of(now, type) - number_of(before, type), type);
}

static void fill_alone(const struct sj_trend_figures *figures, uint32_t period, struct sj_cell *cells) {
    const struct sj_trend_series *series = &figures->series[0];
    const enum sj_type type = figures->table->columns[figures->column].type;
    struct usual usual;
    size_t n = 2;
    cells[1] = series->cells[period];
    const bool known = find_usual(figures, series, period, &usual);
    if (known && !has_band_of_its_own(type))
        cells[2] = sj_cell_estimate((struct sj_estimate){usual.value, usual.low, usual.high, usual.n, 0});
    else if (known) {
        cells[2] = cell_of(usual.value, type);
        cells[3] = cell_of(usual.low, type);
        cells[4] = cell_of(usual.high, type);
    }
    n += has_band_of_its_own(type) ? 3 : 1;
    if (known) {
        const double value = number_of(&cells[1], type);
        cells[n] = sj_cell_text(value > usual.high ? SJ_LIT("▲") : value < usual.low ? SJ_LIT("▼") : SJ_LIT(""));
    }
    fill_year(figures, series, period, &cells[n + 1]);
}

static enum sj_status give_rows(const struct sj_trend_figures *figures, size_t n_series, struct sj_result *result, struct sj_table *table,
                                struct sj_error *err) {
    uint32_t first = figures->periods->n, end = 0;
    for (uint32_t p = 0; p < figures->periods->n; p++) {
        bool any = false;
        for (size_t i = 0; i < n_series; i++)
            any |= figures->series[i].cells[p].known;
        first = any && p < first ? p : first;
        end = any ? p + 1 : end;
    }
    for (uint32_t p = first; p < end; p++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_i64(figures->periods->starts[p]);
        cells[table->def->n_columns - 1] = sj_cell_i64(is_complete(figures, p));
        for (size_t i = 0; i < n_series && n_series > 1; i++)
            cells[1 + i] = figures->series[i].cells[p];
        if (n_series == 1)
            fill_alone(figures, p, cells);
    }
    return SJ_OK;
}

static enum sj_status give_notes(const struct sj_trend_figures *figures, size_t n_series, struct sj_result *result) {
    SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "trend_rule",
                   "Each period is asked by itself, as with --from and --to: what is cut at its borders counts on both sides."));
    if (n_series == 1)
        SJ_TRY(sj_note(
            result, SJ_NOTE_DEFINITION, "usual",
            "Usual is the median of comparable complete periods before (the same weekday of 8 weeks, 8 weeks or 12 months); the band "
            "has room for their spread and for chance."));
    if (n_series < figures->n_series)
        SJ_TRY(sj_note(result, SJ_NOTE_INFO, "hidden_rows", "%zu of %zu rows are shown; --row names others", n_series, figures->n_series));
    return SJ_OK;
}

enum sj_status sj_trend_give(struct sj_trend_figures *figures, struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    if (!figures->table)
        return SJ_OK; /* no period: the store or the choice is empty, which a note says */
    if (figures->n_series == 0 && figures->words->n_rows > 0)
        return sj_fail(err, SJ_E_USAGE, "%s has no row \"%.*s\" in any period", figures->table->name, SJ_ARG(figures->words->rows[0]));
    if (figures->n_series > 1)
        qsort(figures->series, figures->n_series, sizeof *figures->series, by_weight);
    const size_t most = figures->words->n_rows > 0 ? figures->n_series : SJ_TREND_SERIES;
    const size_t n_series = figures->n_series < most ? figures->n_series : most;
    SJ_TRY(make_table(figures, result, n_series, &table, err));
    SJ_TRY(give_rows(figures, n_series, result, table, err));
    return give_notes(figures, n_series, result);
}
