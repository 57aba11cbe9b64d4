/* A table made ready for a terminal: every cell a text, every column a width.
 *
 *   touchpoint   customers                    share
 *   ───────────────────────────────────────────────────────────────
 *   visit           12,345  ██████████   48.2 % [46.1, 50.3] n=2,134
 *                           bar of the drawn column, right of it
 *
 * Widths are in columns of the terminal (base/str.h). A grid that would be too wide first shortens its routes and texts, then leaves
 * out its bars, then columns from the right.
 * Lifetime: everything lives in the arena that was given. */
#pragma once
#include "picture/boxes.h"
#include "picture/dots.h"

struct sj_grid_column {
    const struct sj_column_def *def;
    struct sj_str label;
    unsigned width; /* of the widest cell and the longest word of the label */
    bool right;     /* flush right: figures */
};

struct sj_grid {
    const struct sj_table *table;
    const struct sj_look *look;
    struct sj_arena *arena;
    struct sj_grid_column *columns;
    struct sj_str *cells;     /* n_rows x n_columns */
    size_t n_rows, n_columns; /* shown */
    size_t n_all;             /* columns; those after n_columns found no room */
    size_t bar_column;        /* n_columns: there is none; for boxes the one before the first drawn */
    unsigned bar_width;       /* 0: no bars */
    double bar_most;          /* the length of a full bar */
    struct sj_boxes boxes;    /* drawn instead of bars where the table's picture is one of these */
    struct sj_dots dots;
};
#define SJ_GRID_GAP 2 /* between columns */

enum sj_status sj_grid_make(const struct sj_table *table, const struct sj_look *look, struct sj_arena *arena, struct sj_grid *ret_grid,
                            struct sj_error *err);
