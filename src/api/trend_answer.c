#include "api/trend_answer.h"

#include <math.h>
#include <stdlib.h>

#include "stats/normal.h"

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

/* How far chance alone puts a figure as large from what it is, with one standard deviation. */
static double chance_of(const struct sj_cell *cell, enum sj_type type, double usual) {
    if (type == SJ_TYPE_COUNT)
        return sqrt(usual > 1 ? usual : 1);
    if (!sj_type_is_estimate(type) || !isfinite(cell->estimate.high - cell->estimate.low))
        return 0;
    return (cell->estimate.high - cell->estimate.low) / (2 * SJ_Z_95);
}

/* So many times their spread (1.4826 times the median absolute deviation) does the next of normal values lie from the median of n before
 * it, in nineteen of twenty cases: by simulation of two million each (tests/api/test_trend.c tries them). */
#define COMPARED_MIN 4
#define COMPARED_MAX 12
double sj_trend_band(size_t n) {
    static const double factors[] = {6.57, 5.99, 4.22, 4.05, 3.42, 3.35, 3.05, 3.00, 2.82};
    return factors[n - COMPARED_MIN];
}

static bool is_complete(const struct sj_trend_figures *figures, uint32_t period) {
    return figures->periods->starts[period] >= figures->from_us && figures->periods->starts[period + 1] <= figures->to_us;
}

/* False where there is too little to compare with. */
static bool find_usual(const struct sj_trend_figures *figures, const struct sj_trend_series *series, uint32_t period, struct usual *ret) {
    static const uint32_t steps[] = {7, 1, 1}, numbers[] = {8, 8, 12};
    const enum sj_type type = figures->figure.table->columns[figures->figure.column].type;
    double values[COMPARED_MAX];
    size_t n = 0;
    for (uint32_t k = 1; k <= numbers[figures->by] && k * steps[figures->by] <= period; k++) {
        const uint32_t before = period - k * steps[figures->by];
        if (series->cells[before].known && is_complete(figures, before))
            values[n++] = sj_trend_number(&series->cells[before], type);
    }
    if (n < COMPARED_MIN || !series->cells[period].known || !is_complete(figures, period))
        return false;
    const double usual = median_of(values, n);
    for (size_t i = 0; i < n; i++)
        values[i] = fabs(values[i] - usual);
    const double by_spread = sj_trend_band(n) * 1.4826 * median_of(values, n);
    const double by_chance = SJ_Z_95 * sqrt(1 + acos(-1) / (2 * (double)n)) * chance_of(&series->cells[period], type, usual);
    const double half = by_spread > by_chance ? by_spread : by_chance;
    *ret = (struct usual){usual, usual - half, usual + half, (int64_t)n};
    if ((type == SJ_TYPE_COUNT || type == SJ_TYPE_DURATION || type == SJ_TYPE_ESTIMATE) && ret->low < 0)
        ret->low = 0;
    if (type == SJ_TYPE_ESTIMATE && ret->high > 1)
        ret->high = 1;
    return true;
}

/* ---- the table ---- */

/* By weight, then by name. */
static int by_weight(const void *left, const void *right) {
    const struct sj_trend_series *a = left, *b = right;
    return a->weight != b->weight ? (a->weight > b->weight ? -1 : 1) : sj_str_cmp(a->name, b->name);
}

static struct sj_trend_series *series_at(const struct sj_trend_figures *figures, size_t i) {
    return (struct sj_trend_series *)(void *)figures->series.data + i;
}

static void set_column(struct sj_column_def *column, const char *name, const char *label, enum sj_type type, const char *help, bool drawn) {
    *column = (struct sj_column_def){.name = name, .label = label, .type = type, .help = help, .drawn = drawn};
}

enum { N_ALONE_MAX = 9 };
#define USUAL_HELP SJ_T("the median of comparable periods before: the same weekdays, or the weeks or months before; at least four")
#define LOW_HELP SJ_T("lower end of the band in which nineteen of twenty such periods would lie if nothing changed")
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

/* A name for machines that no other column has. */
static enum sj_status free_name(const struct sj_trend_figures *figures, const struct sj_column_def *columns, size_t n, struct sj_str wanted,
                                const char **ret_name, struct sj_error *err) {
    static const char *const taken[] = {"period", "usual", "usual_low", "usual_high", "arrow", "year", "complete"};
    const char *name;
    SJ_TRY(sj_arena_print(figures->arena, &name, err, "%.*s", SJ_ARG(wanted)));
    for (bool is_free = false; !is_free;) {
        is_free = true;
        for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
            is_free = is_free && strcmp(name, taken[i]) != 0;
        for (size_t i = 0; i < n; i++)
            is_free = is_free && strcmp(name, columns[i].name) != 0;
        if (!is_free)
            SJ_TRY(sj_arena_print(figures->arena, &name, err, "%s_", name));
    }
    *ret_name = name;
    return SJ_OK;
}

static enum sj_status make_table(struct sj_trend_figures *figures, struct sj_result *result, size_t n_series, struct sj_table **ret_table,
                                 struct sj_error *err) {
    const struct sj_column_def *figure = &figures->figure.table->columns[figures->figure.column];
    struct sj_column_def *columns;
    struct sj_table_def *def;
    size_t n = 0;
    SJ_TRY(sj_arena_new(figures->arena, n_series + N_ALONE_MAX, sizeof *columns, &columns, err));
    SJ_TRY(sj_arena_new(figures->arena, 1, sizeof *def, &def, err));
    if (n_series <= 1) {
        n = columns_alone(figure, columns);
        SJ_TRY(free_name(figures, columns, 0, sj_str(figure->name), &columns[1].name, err));
    } else {
        set_column(&columns[n++], "period", SJ_T("From"), SJ_TYPE_TIME, SJ_T("when the period begins"), false);
        for (size_t i = 0; i < n_series; i++, n++) {
            const struct sj_str name = series_at(figures, i)->name;
            const char *label;
            SJ_TRY(sj_arena_print(figures->arena, &label, err, "%.*s", SJ_ARG(name)));
            set_column(&columns[n], "", label, figure->type, figure->help, true);
            columns[n].is_data = true;
            SJ_TRY(free_name(figures, columns, n, name, &columns[n].name, err));
        }
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
    const enum sj_type type = figures->figure.table->columns[figures->figure.column].type;
    if (period < years[figures->by] || !series->cells[period].known || !is_complete(figures, period))
        return;
    const struct sj_cell *now = &series->cells[period], *before = &series->cells[period - years[figures->by]];
    if (!before->known || !is_complete(figures, period - years[figures->by]))
        return;
    *cell = sj_type_is_estimate(type) ? sj_cell_estimate(difference(&now->estimate, &before->estimate))
                                      : cell_of(sj_trend_number(now, type) - sj_trend_number(before, type), type);
}

static void fill_alone(const struct sj_trend_figures *figures, uint32_t period, struct sj_cell *cells) {
    const struct sj_trend_series *series = series_at(figures, 0);
    const enum sj_type type = figures->figure.table->columns[figures->figure.column].type;
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
        const double value = sj_trend_number(&cells[1], type);
        cells[n] = sj_cell_text(value > usual.high ? SJ_LIT("▲") : value < usual.low ? SJ_LIT("▼") : SJ_LIT(""));
    }
    fill_year(figures, series, period, &cells[n + 1]);
}

/* All periods: one without the figure is seen as such. */
static enum sj_status give_rows(const struct sj_trend_figures *figures, size_t n_series, struct sj_result *result, struct sj_table *table,
                                struct sj_error *err) {
    for (uint32_t p = 0; p < figures->periods->n; p++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_i64(figures->periods->starts[p]);
        cells[table->def->n_columns - 1] = sj_cell_i64(is_complete(figures, p));
        for (size_t i = 0; i < n_series && n_series > 1; i++)
            cells[1 + i] = series_at(figures, i)->cells[p];
        if (n_series == 1)
            fill_alone(figures, p, cells);
    }
    return SJ_OK;
}

static enum sj_status give_warnings(const struct sj_trend_figures *figures, struct sj_result *result) {
    char from[SJ_TIME_TEXT_BYTES];
    for (size_t i = 0; i < figures->n_warnings; i++) {
        const struct sj_trend_warning *warning = &figures->warnings[i];
        const size_t n = sj_time_format(figures->periods->starts[warning->first], from);
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, warning->code, "in %u of %u periods; in that from %.*s: %s", warning->n_periods,
                       figures->periods->n, (int)n, from, warning->text));
    }
    return SJ_OK;
}

static enum sj_status give_notes(const struct sj_trend_figures *figures, size_t n_series, size_t n_followed, struct sj_result *result) {
    SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "trend_rule",
                   "Each period is asked by itself, as with --from and --to: what is cut at its borders counts on both sides."));
    if (n_series == 1)
        SJ_TRY(sj_note(
            result, SJ_NOTE_DEFINITION, "usual",
            "Usual is the median of comparable complete periods before (the same weekday of 8 weeks, 8 weeks or 12 months); the band "
            "has room for their spread and for chance."));
    if (n_series == 0)
        SJ_TRY(
            sj_note(result, SJ_NOTE_WARNING, "no_figure",
                    "The figure is not known in any period: it may need more time than a period has, or another parameter. Choose longer "
                    "periods, or another figure (of)."));
    if (n_series < n_followed && figures->words->n_rows == 0)
        SJ_TRY(sj_note(result, SJ_NOTE_INFO, "hidden_rows", "%zu of %zu rows are shown; --row names others", n_series, n_followed));
    return give_warnings(figures, result);
}

/* Every row that was asked for must have been there. */
static enum sj_status check_rows(const struct sj_trend_figures *figures, struct sj_error *err) {
    const struct sj_trend_words *words = figures->words;
    const struct sj_str *names = sj_names_all(&figures->names);
    const size_t n = sj_names_count(&figures->names);
    for (size_t i = 0; i < words->n_rows; i++) {
        uint32_t code;
        if (sj_names_find(&figures->names, words->rows[i], &code))
            continue;
        const size_t near = n > 0 ? sj_str_nearest(words->rows[i], names, n) : n;
        if (near < n)
            return sj_fail(err, SJ_E_USAGE, "%s has no row \"%.*s\" in any period; did you mean \"%.*s\"?", figures->figure.table->name,
                           SJ_ARG(words->rows[i]), SJ_ARG(names[near]));
        return sj_fail(err, SJ_E_USAGE, "%s has no row \"%.*s\" in any period", figures->figure.table->name, SJ_ARG(words->rows[i]));
    }
    return SJ_OK;
}

/* Of counts a row that is not there is none, where all rows are there: the series has a zero. Moves the series that have a figure to the front. */
static size_t end_series(struct sj_trend_figures *figures) {
    const enum sj_type type = figures->figure.table->columns[figures->figure.column].type;
    size_t n = 0;
    for (size_t i = 0; i < figures->series.n / sizeof(struct sj_trend_series); i++) {
        const struct sj_trend_series series = *series_at(figures, i);
        bool any = false;
        for (uint32_t p = 0; series.cells && p < figures->periods->n; p++)
            any |= series.cells[p].known;
        for (uint32_t p = 0; any && type == SJ_TYPE_COUNT && p < figures->periods->n; p++)
            series.cells[p] = series.cells[p].known || figures->partial[p] ? series.cells[p] : sj_cell_i64(0);
        if (any)
            *series_at(figures, n++) = series;
    }
    return n;
}

enum sj_status sj_trend_give(struct sj_trend_figures *figures, struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    if (!figures->figure.table)
        return SJ_OK; /* no period: the store or the choice is empty, which a note says */
    SJ_TRY(check_rows(figures, err));
    const size_t n_followed = end_series(figures);
    if (n_followed > 1)
        qsort(series_at(figures, 0), n_followed, sizeof(struct sj_trend_series), by_weight);
    const size_t most = figures->words->n_rows > 0 ? n_followed : SJ_TREND_SERIES, n_series = n_followed < most ? n_followed : most;
    SJ_TRY(make_table(figures, result, n_series, &table, err));
    if (n_series > 0)
        SJ_TRY(give_rows(figures, n_series, result, table, err));
    return give_notes(figures, n_series, n_followed, result);
}
