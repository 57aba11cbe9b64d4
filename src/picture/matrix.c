#include "picture/matrix.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- names ---- */

/* Rows of the table that have the same name in a column. */
struct names {
    size_t *of;     /* by row of the table: its name, an index into `firsts` */
    size_t *firsts; /* by name: the first row that has it */
    size_t n;
};

struct naming {
    const struct sj_table *table;
    size_t column;
};

static int cmp_f64(double a, double b) { return (a > b) - (a < b); }
static int cmp_i64(int64_t a, int64_t b) { return (a > b) - (a < b); }

/* Names that no figure or text gives (routes, estimates) are all different. */
static int cmp_names(const struct naming *naming, size_t a, size_t b) {
    const struct sj_cell *left = sj_table_cell(naming->table, a, naming->column), *right = sj_table_cell(naming->table, b, naming->column);
    const enum sj_type type = naming->table->def->columns[naming->column].type;
    if (!left->known || !right->known)
        return left->known - right->known;
    if (sj_type_is_text(type))
        return sj_str_cmp(left->text, right->text);
    if (type == SJ_TYPE_NUMBER)
        return cmp_f64(left->f64, right->f64);
    if (type == SJ_TYPE_ROUTE || type == SJ_TYPE_ESTIMATE)
        return (a > b) - (a < b);
    return cmp_i64(left->i64, right->i64);
}

static int by_name(const void *left, const void *right, void *naming) {
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    const int order = cmp_names(naming, a, b);
    return order != 0 ? order : (a > b) - (a < b);
}

static int by_size(const void *left, const void *right) {
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

/* In the order in which the table has them, or by size. O(n log n). */
static enum sj_status find_names(const struct sj_table *table, size_t column, bool sorted, struct sj_arena *arena, struct names *ret_names,
                                 struct sj_error *err) {
    struct naming naming = {table, column};
    struct names names = {.n = 0};
    size_t *order, *places;
    SJ_TRY(sj_arena_new(arena, table->n_rows, sizeof *order, &order, err));
    SJ_TRY(sj_arena_new(arena, table->n_rows, sizeof *places, &places, err));
    SJ_TRY(sj_arena_new(arena, table->n_rows, sizeof *names.of, &names.of, err));
    SJ_TRY(sj_arena_new(arena, table->n_rows, sizeof *names.firsts, &names.firsts, err));
    for (size_t i = 0; i < table->n_rows; i++)
        order[i] = i;
    qsort_r(order, table->n_rows, sizeof *order, by_name, &naming);
    for (size_t i = 0, first = 0; i < table->n_rows; i++) {
        const bool is_new = i == 0 || cmp_names(&naming, order[i - 1], order[i]) != 0;
        first = is_new ? order[i] : first;
        names.of[order[i]] = first; /* for the time being the first row itself */
        if (is_new)
            names.firsts[names.n++] = first;
    }
    if (!sorted)
        qsort(names.firsts, names.n, sizeof *names.firsts, by_size);
    for (size_t i = 0; i < names.n; i++)
        places[names.firsts[i]] = i;
    for (size_t i = 0; i < table->n_rows; i++)
        names.of[i] = places[names.of[i]];
    *ret_names = names;
    return SJ_OK;
}

/* ---- the matrix ---- */

/* The largest value of the cells; of shares only those below one, and none that rest on little data, where `some`. */
static double largest_of(const struct sj_matrix *matrix, bool some) {
    const enum sj_type type = matrix->table->def->columns[matrix->drawn].type;
    double largest = 0;
    for (size_t i = 0; i < matrix->n_rows * matrix->n_columns; i++) {
        if (matrix->cells[i] == SJ_MATRIX_NONE)
            continue;
        const double value = sj_figure_length(sj_table_cell(matrix->table, matrix->cells[i], matrix->drawn), type);
        const bool counts = !some || type != SJ_TYPE_ESTIMATE || (value < 1 && !sj_matrix_is_thin(matrix, matrix->cells[i]));
        largest = counts && value > largest ? value : largest;
    }
    return largest;
}

/* Shares of everything (a period in which all are there by definition) and shares of a few would leave no shade for the others. */
static void set_scale(struct sj_matrix *matrix) {
    const double largest = largest_of(matrix, false), most = largest_of(matrix, true);
    matrix->most = most > 0 ? most : largest;
    matrix->exceeds = largest > matrix->most;
    for (size_t i = 0; i < matrix->n_rows * matrix->n_columns; i++)
        if (matrix->cells[i] != SJ_MATRIX_NONE)
            matrix->any_open = matrix->any_open || sj_matrix_is_open(matrix, matrix->cells[i]);
}

enum sj_status sj_matrix_make(const struct sj_table *table, const struct sj_look *look, size_t rows_max, size_t columns_max,
                              struct sj_arena *arena, struct sj_matrix *ret_matrix, struct sj_error *err) {
    struct sj_matrix matrix = {.table = table, .look = look};
    struct names rows, columns;
    size_t *cells;
    while (!table->def->columns[matrix.drawn].drawn)
        matrix.drawn++;
    SJ_TRY(find_names(table, 0, false, arena, &rows, err));
    SJ_TRY(find_names(table, 1, !sj_type_is_text(table->def->columns[1].type), arena, &columns, err));
    matrix.n_rows = rows.n < rows_max ? rows.n : rows_max;
    matrix.n_columns = columns.n < columns_max ? columns.n : columns_max;
    matrix.n_all_rows = rows.n;
    matrix.n_all_columns = columns.n;
    SJ_TRY(sj_arena_new(arena, matrix.n_rows * matrix.n_columns, sizeof *cells, &cells, err));
    for (size_t i = 0; i < matrix.n_rows * matrix.n_columns; i++)
        cells[i] = SJ_MATRIX_NONE;
    for (size_t i = 0; i < table->n_rows; i++)
        if (rows.of[i] < matrix.n_rows && columns.of[i] < matrix.n_columns && sj_table_cell(table, i, matrix.drawn)->known)
            cells[rows.of[i] * matrix.n_columns + columns.of[i]] = i;
    matrix.rows = rows.firsts;
    matrix.columns = columns.firsts;
    matrix.cells = cells;
    set_scale(&matrix);
    *ret_matrix = matrix;
    return SJ_OK;
}

bool sj_matrix_is_open(const struct sj_matrix *matrix, size_t table_row) { return !sj_row_is_final(matrix->table, table_row); }

bool sj_matrix_is_thin(const struct sj_matrix *matrix, size_t table_row) {
    return matrix->table->def->columns[matrix->drawn].type == SJ_TYPE_ESTIMATE &&
           (sj_table_cell(matrix->table, table_row, matrix->drawn)->estimate.flags & SJ_FLAG_THIN) != 0;
}

unsigned sj_matrix_step(const struct sj_matrix *matrix, size_t table_row) {
    const struct sj_cell *cell = sj_table_cell(matrix->table, table_row, matrix->drawn);
    const double length = sj_figure_length(cell, matrix->table->def->columns[matrix->drawn].type);
    const double share = matrix->most > 0 && length > 0 ? length / matrix->most : 0;
    return share >= 1 ? SJ_MATRIX_STEPS - 1 : (unsigned)(share * SJ_MATRIX_STEPS);
}

size_t sj_matrix_figure(const struct sj_matrix *matrix, size_t table_row, char out[SJ_FIGURE_BYTES]) {
    const struct sj_cell *cell = sj_table_cell(matrix->table, table_row, matrix->drawn);
    const enum sj_type type = matrix->table->def->columns[matrix->drawn].type;
    if (type != SJ_TYPE_ESTIMATE)
        return sj_figure_cell(cell, type, (struct sj_figure_style){.decimals = type == SJ_TYPE_NUMBER ? 2 : 0}, matrix->look, out);
    char value[SJ_FIGURE_BYTES];
    sj_figure_percent(cell->estimate.value, matrix->look->lang, value);
    return (size_t)snprintf(out, SJ_FIGURE_BYTES, "%s%.30s", sj_matrix_is_thin(matrix, table_row) ? "~" : "", value);
}

int64_t sj_matrix_n(const struct sj_matrix *matrix, size_t row) {
    int64_t n = 0;
    if (matrix->table->def->columns[matrix->drawn].type != SJ_TYPE_ESTIMATE)
        return 0;
    for (size_t i = 0; i < matrix->n_columns; i++) {
        const size_t at = matrix->cells[row * matrix->n_columns + i];
        if (at == SJ_MATRIX_NONE)
            continue;
        const int64_t of = sj_table_cell(matrix->table, at, matrix->drawn)->estimate.n;
        if (n != 0 && of != n)
            return 0;
        n = of;
    }
    return n;
}

size_t sj_matrix_label(const struct sj_matrix *matrix, char out[SJ_FIGURE_BYTES]) {
    const struct sj_column_def *drawn = &matrix->table->def->columns[matrix->drawn];
    size_t n = sj_figure_label(drawn, matrix->look, out);
    if (drawn->type == SJ_TYPE_ESTIMATE && n + 5 < SJ_FIGURE_BYTES)
        n += (size_t)snprintf(out + n, SJ_FIGURE_BYTES - n, " (%%)");
    return n;
}
