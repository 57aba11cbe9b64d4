#include "picture/dots.h"
#include "picture/svg.h"

/* Dots: a row each, the figure beside it; a line where zero is. */

#define ROWS_MAX 30
#define ROW_LINE 24
#define LABEL_MAX 300
#define HEAD_LINE 16
#define ARROW_ROOM 16

struct board {
    struct sj_svg *svg;
    const struct sj_table *table;
    size_t column, arrow;
    struct sj_dots dots;
    int left, room; /* in pixels */
};

static int x_of(const struct board *board, double value) {
    return board->left + (int)(sj_dots_place(&board->dots, value) * board->room + 0.5);
}

static void draw_row(const struct board *board, size_t row) {
    struct sj_svg *svg = board->svg;
    const struct sj_cell *cell = sj_table_cell(board->table, row, board->column);
    const int middle = svg->y + ROW_LINE / 2, base = middle + 5;
    sj_svg_text(svg, board->left - 12, base, "body", SJ_ANCHOR_END, sj_svg_cell(svg, board->table, row, 0),
                board->left - 12 - SJ_SVG_MARGIN);
    if (!cell->known)
        return;
    sj_svg_whisker(svg, x_of(board, sj_dots_low(&cell->estimate)), x_of(board, cell->estimate.value),
                   x_of(board, sj_dots_high(&cell->estimate)), middle, cell->estimate.flags & SJ_FLAG_THIN ? "edge" : "whisker");
    sj_svg_text(svg, SJ_SVG_RIGHT - ARROW_ROOM, base, "small", SJ_ANCHOR_END, sj_svg_cell(svg, board->table, row, board->column), 0);
    if (board->arrow < board->table->def->n_columns)
        sj_svg_text(svg, SJ_SVG_RIGHT, base, "small", SJ_ANCHOR_END, sj_svg_cell(svg, board->table, row, board->arrow), 0);
}

void sj_svg_dots(struct sj_svg *svg, const struct sj_table *table) {
    const size_t n_rows = table->n_rows < ROWS_MAX ? table->n_rows : ROWS_MAX, column = sj_svg_drawn(table->def);
    struct board board = {
        .svg = svg, .table = table, .column = column, .arrow = sj_svg_arrow(table->def), .dots = sj_dots_of(table, column, n_rows)};
    const int label = sj_svg_widest(svg, table, 0, n_rows);
    board.left = SJ_SVG_MARGIN + (label < LABEL_MAX ? label : LABEL_MAX) + 12;
    board.room = SJ_SVG_RIGHT - board.left - sj_svg_widest(svg, table, column, n_rows) - ARROW_ROOM - 16;
    sj_svg_head(svg, table, column, SJ_SVG_RIGHT - ARROW_ROOM, SJ_ANCHOR_END);
    svg->y += HEAD_LINE;
    if (board.dots.least < 0 && board.dots.most > 0)
        sj_svg_line(svg, x_of(&board, 0), svg->y, x_of(&board, 0), svg->y + (int)n_rows * ROW_LINE, "rule");
    for (size_t row = 0; row < n_rows; row++) {
        draw_row(&board, row);
        svg->y += ROW_LINE;
    }
    sj_svg_left_out(svg, table->n_rows - n_rows, table->def);
}
