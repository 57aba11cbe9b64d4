#include "picture/boxes.h"
#include "picture/svg.h"

/* Boxes: a row each, the scale of times above them. */

#define ROWS_MAX 30
#define ROW_LINE 24
#define BOX_HEIGHT 13
#define LABEL_MAX 300
#define TICK_ROOM 64

struct board {
    struct sj_svg *svg;
    struct sj_boxes boxes;
    int left, room; /* of the boxes, in pixels */
};

/* The names before the first figure: "a", or "a → b". */
static struct sj_str label_of(struct sj_svg *svg, const struct sj_table *table, size_t row) {
    const struct sj_str from = sj_svg_cell(svg, table, row, 0);
    if (!sj_type_is_text(table->def->columns[1].type))
        return from;
    const char *text = "";
    const enum sj_status status =
        sj_arena_print(svg->arena, &text, svg->pen.err, "%.*s → %.*s", SJ_ARG(from), SJ_ARG(sj_svg_cell(svg, table, row, 1)));
    if (status != SJ_OK)
        svg->pen.status = status;
    return sj_str(text);
}

/* "3m 20s [3m 10s, 3m 40s] n=120" */
static struct sj_str figure_of(const struct board *board, size_t row) {
    struct sj_svg *svg = board->svg;
    const struct sj_table *table = board->boxes.table;
    const size_t first = board->boxes.first;
    const char *text = "", *list = svg->look->lang == SJ_NL ? ";" : ",";
    const struct sj_str n = sj_svg_cell(svg, table, row, sj_type_is_text(table->def->columns[1].type) ? 2 : 1);
    const struct sj_str median = sj_svg_cell(svg, table, row, first + SJ_BOX_MEDIAN);
    const struct sj_str low = sj_svg_cell(svg, table, row, first + SJ_BOX_LOW), high = sj_svg_cell(svg, table, row, first + SJ_BOX_HIGH);
    const enum sj_status status = low.n > 0 && high.n > 0
                                      ? sj_arena_print(svg->arena, &text, svg->pen.err, "%.*s [%.*s%s %.*s] n=%.*s", SJ_ARG(median),
                                                       SJ_ARG(low), list, SJ_ARG(high), SJ_ARG(n))
                                      : sj_arena_print(svg->arena, &text, svg->pen.err, "~%.*s n=%.*s", SJ_ARG(median), SJ_ARG(n));
    if (status != SJ_OK)
        svg->pen.status = status;
    return sj_str(text);
}

static int x_of(const struct board *board, size_t row, enum sj_box_part part) {
    return board->left + (int)(sj_boxes_place(&board->boxes, sj_boxes_value(&board->boxes, row, part)) * board->room + 0.5);
}

static void draw_scale(const struct board *board, int height) {
    static const int64_t ticks[] = {SJ_US_MS,      10 * SJ_US_MS,     100 * SJ_US_MS, SJ_US_SECOND,   10 * SJ_US_SECOND,
                                    SJ_US_MINUTE,  10 * SJ_US_MINUTE, SJ_US_HOUR,     6 * SJ_US_HOUR, SJ_US_DAY,
                                    7 * SJ_US_DAY, 30 * SJ_US_DAY,    365 * SJ_US_DAY};
    struct sj_svg *svg = board->svg;
    int last = board->left - TICK_ROOM;
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++) {
        if (ticks[i] < board->boxes.least || ticks[i] > board->boxes.most)
            continue;
        char text[SJ_TIME_TEXT_BYTES];
        const int x = board->left + (int)(sj_boxes_place(&board->boxes, ticks[i]) * board->room + 0.5);
        sj_svg_line(svg, x, svg->y, x, svg->y + height, "rule");
        if (x - last < TICK_ROOM)
            continue;
        sj_svg_text(svg, x, svg->y - 4, "tiny soft", SJ_ANCHOR_MIDDLE, (struct sj_str){text, sj_duration_format(ticks[i], text)}, 0);
        last = x;
    }
}

static void draw_row(const struct board *board, size_t row) {
    struct sj_svg *svg = board->svg;
    const int middle = svg->y + ROW_LINE / 2, base = middle + 5;
    sj_svg_text(svg, board->left - 10, base, "body", SJ_ANCHOR_END, label_of(svg, board->boxes.table, row),
                board->left - 10 - SJ_SVG_MARGIN);
    if (!sj_boxes_known(&board->boxes, row, SJ_BOX_P10))
        return;
    const int p25 = x_of(board, row, SJ_BOX_P25), p75 = x_of(board, row, SJ_BOX_P75), median = x_of(board, row, SJ_BOX_MEDIAN);
    const bool bounded = sj_boxes_known(&board->boxes, row, SJ_BOX_LOW) && sj_boxes_known(&board->boxes, row, SJ_BOX_HIGH);
    sj_svg_line(svg, x_of(board, row, SJ_BOX_P10), middle, x_of(board, row, SJ_BOX_P90), middle, "edge");
    sj_svg_rect(svg, p25, middle - BOX_HEIGHT / 2, p75 > p25 ? p75 - p25 : 1, BOX_HEIGHT, "bar thin");
    if (bounded)
        sj_svg_whisker(svg, x_of(board, row, SJ_BOX_LOW), median, x_of(board, row, SJ_BOX_HIGH), middle, "whisker");
    else
        sj_svg_line(svg, median, middle - BOX_HEIGHT / 2, median, middle + BOX_HEIGHT / 2, "whisker");
    sj_svg_text(svg, SJ_SVG_RIGHT, base, "small", SJ_ANCHOR_END, figure_of(board, row), 0);
}

void sj_svg_boxes(struct sj_svg *svg, const struct sj_table *table) {
    const size_t n_rows = table->n_rows < ROWS_MAX ? table->n_rows : ROWS_MAX;
    struct board board = {.svg = svg, .boxes = sj_boxes_of(table, n_rows)};
    int label = 0, figure = 0;
    for (size_t row = 0; row < n_rows; row++) {
        int width = sj_svg_text_width(label_of(svg, table, row), 13);
        label = width > label ? width : label;
        width = sj_svg_text_width(figure_of(&board, row), 12);
        figure = width > figure ? width : figure;
    }
    board.left = SJ_SVG_MARGIN + (label < LABEL_MAX ? label : LABEL_MAX) + 10;
    board.room = SJ_SVG_RIGHT - board.left - figure - 16;
    svg->y += 14;
    draw_scale(&board, (int)n_rows * ROW_LINE);
    for (size_t row = 0; row < n_rows; row++) {
        draw_row(&board, row);
        svg->y += ROW_LINE;
    }
    sj_svg_text(
        svg, board.left, svg->y + 12, "tiny soft", SJ_ANCHOR_START,
        sj_str(sj_text(svg->look->lang, SJ_T("line: from 10 % to 90 %; box: from 25 % to 75 %; mark: the median, with its interval"))), 0);
    svg->y += 18;
    sj_svg_left_out(svg, table->n_rows - n_rows, table->def);
}
