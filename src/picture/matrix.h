/* A table as a matrix: its first column names the row, its second the column, its drawn column is what stands there.
 *
 *   a  x  1          x  y
 *   a  y  2       a  1  2
 *   b  x  3       b  3  .      no row of the table: nothing stands there
 *
 * Rows stand in the order in which the table has them, and so do columns that are named by texts; columns that are named by figures
 * stand by size. Lifetime: everything lives in the arena that was given. */
#pragma once
#include "picture/figure.h"
#include "picture/pen.h"

#define SJ_MATRIX_STEPS 8 /* of shade */

struct sj_matrix {
    const struct sj_table *table;
    const struct sj_look *look;
    size_t drawn;             /* the column of the table that is the shade */
    size_t n_rows, n_columns; /* shown */
    size_t n_all_rows, n_all_columns;
    const size_t *rows, *columns; /* a row of the table that has the name */
    const size_t *cells;          /* n_rows x n_columns: the row of the table; SJ_MATRIX_NONE: nothing */
    double most;                  /* the value of the darkest shade; larger ones have it too */
    bool exceeds;                 /* there are larger ones */
    bool any_open;                /* there are cells that are not final */
};
#define SJ_MATRIX_NONE SIZE_MAX

/* At most so many rows and columns are shown. The drawn column is there. */
enum sj_status sj_matrix_make(const struct sj_table *table, const struct sj_look *look, size_t rows_max, size_t columns_max,
                              struct sj_arena *arena, struct sj_matrix *ret_matrix, struct sj_error *err);

/* Of a row of the table. */
bool sj_matrix_is_open(const struct sj_matrix *matrix, size_t table_row);  /* can still change */
bool sj_matrix_is_thin(const struct sj_matrix *matrix, size_t table_row);  /* rests on little data */
unsigned sj_matrix_step(const struct sj_matrix *matrix, size_t table_row); /* 0, the lightest, to SJ_MATRIX_STEPS - 1 */
/* The figure: of an estimate its value, "~" before it where it is thin, without the sign for percent. */
size_t sj_matrix_figure(const struct sj_matrix *matrix, size_t table_row, char out[SJ_FIGURE_BYTES]);
/* What all estimates of a row of the matrix are a part of; 0 where they differ or are none. */
int64_t sj_matrix_n(const struct sj_matrix *matrix, size_t row);
/* The label of the drawn column, with "%" where it holds shares. */
size_t sj_matrix_label(const struct sj_matrix *matrix, char out[SJ_FIGURE_BYTES]);

/* On a terminal: a grid of figures, each with its shade as a block; the table has rows. */
enum sj_status sj_matrix_draw(struct sj_pen *pen, const struct sj_table *table, const struct sj_look *look, struct sj_arena *arena);
