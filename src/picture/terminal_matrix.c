#include <stdio.h>

#include "picture/matrix.h"
#include "picture/route.h"

/* A matrix on a terminal: the figures, and behind each its shade as a block from ▁ to █. What is not final has a star instead.
 *
 *   Start from  n      0       1      2
 *   2025-01-06  761  100.0█  34.2▅  19.4*  */

#define GAP 2
#define NAME_COLUMNS 40
#define FAINT "\033[2m"
#define CYAN "\033[36m"
#define PLAIN "\033[0m"

struct board {
    struct sj_pen *pen;
    struct sj_matrix matrix;
    struct sj_arena *arena;
    unsigned name, n, cell; /* widths: of the rows' names, of what a row's shares are of (0: not shown), of a cell without its shade */
    size_t n_columns;       /* for which there is room */
};

static void colour(const struct board *board, const char *code) {
    if (board->matrix.look->colour)
        sj_pen_text(board->pen, code);
}

static void put(const struct board *board, struct sj_str text, unsigned width, bool right) {
    const size_t used = sj_str_columns(text), pad = used < width ? width - used : 0;
    sj_pen_repeat(board->pen, " ", right ? pad : 0);
    sj_pen_str(board->pen, text);
    sj_pen_repeat(board->pen, " ", right ? 0 : pad);
}

/* The name of a row or a column: the cell of the table, cut to what a name may have. */
static enum sj_status name_of(const struct board *board, size_t table_row, size_t column, struct sj_str *ret_name) {
    const struct sj_table *table = board->matrix.table;
    const struct sj_cell *cell = sj_table_cell(table, table_row, column);
    const struct sj_column_def *def = &table->def->columns[column];
    char figure[SJ_FIGURE_BYTES];
    struct sj_str text = sj_figure_absent(def, board->matrix.look->lang);
    if (cell->known && sj_type_is_text(def->type))
        text = cell->text;
    else if (cell->known)
        text = (struct sj_str){
            figure, sj_figure_cell(cell, def->type, sj_figure_style(table, column, board->matrix.look), board->matrix.look, figure)};
    return sj_text_cut(text, NAME_COLUMNS, board->arena, ret_name, board->pen->err);
}

static unsigned wider(unsigned width, size_t columns) { return columns > width ? (unsigned)columns : width; }

static enum sj_status measure(struct board *board) {
    const struct sj_matrix *matrix = &board->matrix;
    struct sj_str name;
    char figure[SJ_FIGURE_BYTES];
    sj_figure_label(&matrix->table->def->columns[0], matrix->look, figure);
    board->name = wider(0, sj_str_columns(sj_str(figure)));
    for (size_t row = 0; row < matrix->n_rows; row++) {
        SJ_TRY(name_of(board, matrix->rows[row], 0, &name));
        board->name = wider(board->name, sj_str_columns(name));
        const int64_t n = sj_matrix_n(matrix, row);
        board->n = n > 0 ? wider(board->n, sj_figure_count(n, matrix->look->lang, figure)) : board->n;
    }
    for (size_t column = 0; column < matrix->n_columns; column++) {
        SJ_TRY(name_of(board, matrix->columns[column], 1, &name));
        board->cell = wider(board->cell, sj_str_columns(name));
    }
    for (size_t i = 0; i < matrix->n_rows * matrix->n_columns; i++)
        if (matrix->cells[i] != SJ_MATRIX_NONE)
            board->cell = wider(board->cell, sj_matrix_figure(matrix, matrix->cells[i], figure));
    const size_t before = board->name + (board->n > 0 ? board->n + GAP : 0), each = board->cell + 1 + GAP;
    const size_t width = matrix->look->width, fit = width > before ? (width - before) / each : 0;
    board->n_columns = width == 0 || fit > matrix->n_columns ? matrix->n_columns : fit > 0 ? fit : 1;
    return SJ_OK;
}

static enum sj_status draw_head(const struct board *board) {
    const struct sj_matrix *matrix = &board->matrix;
    char label[SJ_FIGURE_BYTES];
    struct sj_str name;
    sj_matrix_label(matrix, label);
    colour(board, FAINT);
    sj_pen_print(board->pen, "%s; ", label);
    sj_figure_label(&matrix->table->def->columns[1], matrix->look, label);
    sj_pen_print(board->pen, "→ %s", label);
    colour(board, PLAIN);
    sj_pen_text(board->pen, "\n");
    sj_figure_label(&matrix->table->def->columns[0], matrix->look, label);
    put(board, sj_str(label), board->name, false);
    if (board->n > 0) {
        sj_pen_repeat(board->pen, " ", GAP);
        put(board, SJ_LIT("n"), board->n, true);
    }
    unsigned total = board->name + (board->n > 0 ? board->n + GAP : 0);
    for (size_t column = 0; column < board->n_columns; column++) {
        SJ_TRY(name_of(board, matrix->columns[column], 1, &name));
        sj_pen_repeat(board->pen, " ", column > 0 ? GAP + 1 : GAP);
        put(board, name, board->cell, true);
        total += board->cell + 1 + GAP;
    }
    sj_pen_text(board->pen, "\n");
    colour(board, FAINT);
    sj_pen_repeat(board->pen, "─", total);
    colour(board, PLAIN);
    sj_pen_text(board->pen, "\n");
    return board->pen->status;
}

static void draw_cell(const struct board *board, size_t table_row) {
    static const char *const blocks[SJ_MATRIX_STEPS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    char figure[SJ_FIGURE_BYTES];
    const size_t n = sj_matrix_figure(&board->matrix, table_row, figure);
    const bool open = sj_matrix_is_open(&board->matrix, table_row);
    colour(board, open ? FAINT : "");
    put(board, (struct sj_str){figure, n}, board->cell, true);
    colour(board, open ? "" : CYAN);
    sj_pen_text(board->pen, open ? "*" : blocks[sj_matrix_step(&board->matrix, table_row)]);
    colour(board, PLAIN);
}

/* Up to the last cell there is, so that no line ends with spaces. */
static enum sj_status draw_row(const struct board *board, size_t row) {
    const struct sj_matrix *matrix = &board->matrix;
    const size_t *cells = matrix->cells + row * matrix->n_columns;
    struct sj_str name;
    char figure[SJ_FIGURE_BYTES];
    size_t end = board->n_columns;
    while (end > 0 && cells[end - 1] == SJ_MATRIX_NONE)
        end--;
    SJ_TRY(name_of(board, matrix->rows[row], 0, &name));
    put(board, name, end > 0 ? board->name : 0, false);
    if (board->n > 0 && end > 0) {
        const int64_t n = sj_matrix_n(matrix, row);
        sj_pen_repeat(board->pen, " ", GAP);
        put(board, (struct sj_str){figure, n > 0 ? sj_figure_count(n, matrix->look->lang, figure) : 0}, board->n, true);
    }
    for (size_t column = 0; column < end; column++) {
        sj_pen_repeat(board->pen, " ", GAP);
        if (cells[column] != SJ_MATRIX_NONE)
            draw_cell(board, cells[column]);
        else
            sj_pen_repeat(board->pen, " ", board->cell + 1);
    }
    sj_pen_text(board->pen, "\n");
    return board->pen->status;
}

static void draw_foot(const struct board *board) {
    const struct sj_matrix *matrix = &board->matrix;
    const enum sj_lang lang = matrix->look->lang;
    char figure[SJ_FIGURE_BYTES];
    colour(board, FAINT);
    if (matrix->any_open)
        sj_pen_print(board->pen, "* %s\n", sj_text(lang, SJ_T("not complete: can still change")));
    if (matrix->n_rows < matrix->n_all_rows) {
        sj_figure_count((int64_t)(matrix->n_all_rows - matrix->n_rows), lang, figure);
        sj_pen_print(board->pen, sj_text(lang, SJ_T("… and %s rows more: --rows N shows them, or --format csv --table %s")), figure,
                     matrix->table->def->name);
        sj_pen_text(board->pen, "\n");
    }
    if (board->n_columns < matrix->n_all_columns) {
        sj_figure_count((int64_t)(matrix->n_all_columns - board->n_columns), lang, figure);
        sj_pen_print(board->pen, sj_text(lang, SJ_T("… no room for %s columns more: --format csv --table %s gives them")), figure,
                     matrix->table->def->name);
        sj_pen_text(board->pen, "\n");
    }
    colour(board, PLAIN);
}

enum sj_status sj_matrix_draw(struct sj_pen *pen, const struct sj_table *table, const struct sj_look *look, struct sj_arena *arena) {
    struct board board = {.pen = pen, .arena = arena};
    const size_t rows_max = look->rows_max > 0 ? look->rows_max : SJ_ROWS_SHOWN;
    SJ_TRY(sj_matrix_make(table, look, rows_max, 400, arena, &board.matrix, pen->err));
    SJ_TRY(measure(&board));
    SJ_TRY(draw_head(&board));
    for (size_t row = 0; row < board.matrix.n_rows; row++)
        SJ_TRY(draw_row(&board, row));
    draw_foot(&board);
    return pen->status;
}
