#include "picture/svg.h"

/* Bars: rows below each other, labels on the left, figures on the right of what they measure. */

#define BARS_MAX 30
#define HEAD_LINE 16
#define BAR_LINE 24
#define BAR_HEIGHT 15
#define LABEL_MAX 260

/* What the bar is called: the first column, or the first two where they are the ends of a range: "6 – 10", "365 d –". */
static struct sj_str label_of(struct sj_svg *svg, const struct sj_table *table, size_t row) {
    const struct sj_column_def *columns = table->def->columns;
    struct sj_str from = sj_svg_cell(svg, table, row, 0);
    if (sj_svg_drawn(table->def) < 2 || columns[0].type != columns[1].type || sj_type_is_text(columns[0].type))
        return from;
    const struct sj_cell *ends[] = {sj_table_cell(table, row, 0), sj_table_cell(table, row, 1)};
    if (columns[0].type == SJ_TYPE_DURATION && ends[1]->known && ends[1]->i64 == ends[0]->i64 + 1)
        return from; /* a single value */
    struct sj_str to = sj_svg_cell(svg, table, row, 1);
    const char *text = "";
    enum sj_status status = SJ_OK;
    if (!sj_str_eq(from, to))
        status = sj_arena_print(svg->arena, &text, svg->pen.err, "%.*s –%s%.*s", SJ_ARG(from), to.n > 0 ? " " : "", SJ_ARG(to));
    if (status != SJ_OK)
        svg->pen.status = status;
    return sj_str_eq(from, to) ? from : sj_str(text);
}

/* How far the pictures reach: of estimates the upper end of the interval. */
static double most_of(const struct sj_table *table, size_t column, size_t n_rows) {
    double most = 0;
    enum sj_type type = table->def->columns[column].type;
    for (size_t row = 0; row < n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(table, row, column);
        double length = type == SJ_TYPE_ESTIMATE && cell->known ? cell->estimate.high : sj_figure_length(cell, type);
        most = length > most ? length : most;
    }
    return most;
}

struct bars {
    size_t drawn;
    int left, room; /* of the bars, in pixels */
    double most;
};

static void draw_bar(struct sj_svg *svg, const struct sj_table *table, const struct bars *bars, size_t row) {
    enum sj_type type = table->def->columns[bars->drawn].type;
    const struct sj_cell *cell = sj_table_cell(table, row, bars->drawn);
    int top = svg->y + (BAR_LINE - BAR_HEIGHT) / 2, base = svg->y + BAR_LINE / 2 + 5;
    sj_svg_text(svg, bars->left - 10, base, "body", SJ_ANCHOR_END, label_of(svg, table, row), bars->left - 10 - SJ_SVG_MARGIN);
    int width = sj_svg_scale(sj_figure_length(cell, type), bars->most, bars->room), end = width;
    bool thin = type == SJ_TYPE_ESTIMATE && cell->known && (cell->estimate.flags & SJ_FLAG_THIN);
    sj_svg_rect(svg, bars->left, top, width, BAR_HEIGHT, thin ? "bar thin" : "bar");
    if (type == SJ_TYPE_ESTIMATE && cell->known) {
        end = sj_svg_scale(cell->estimate.high, bars->most, bars->room);
        sj_svg_whisker(svg, bars->left + sj_svg_scale(cell->estimate.low, bars->most, bars->room), bars->left + width, bars->left + end,
                       top + BAR_HEIGHT / 2, "whisker");
    }
    struct sj_str figure = sj_svg_cell(svg, table, row, bars->drawn), share = sj_svg_share(svg, table, row);
    sj_svg_text(svg, bars->left + end + 8, base, "body", SJ_ANCHOR_START, figure, 0);
    if (share.n > 0)
        sj_svg_text(svg, SJ_SVG_RIGHT, base, "small soft", SJ_ANCHOR_END, share, 0);
}

void sj_svg_bars(struct sj_svg *svg, const struct sj_table *table) {
    size_t n_rows = table->n_rows < BARS_MAX ? table->n_rows : BARS_MAX;
    struct bars bars = {.drawn = sj_svg_drawn(table->def)};
    int label = 0, share = 0;
    for (size_t row = 0; row < n_rows; row++) {
        int width = sj_svg_text_width(sj_svg_share(svg, table, row), 12) + 16;
        share = width > share ? width : share;
        width = sj_svg_text_width(label_of(svg, table, row), 13);
        label = width > label ? width : label;
    }
    bars.left = SJ_SVG_MARGIN + (label < LABEL_MAX ? label : LABEL_MAX) + 10;
    bars.room = SJ_SVG_RIGHT - bars.left - sj_svg_widest(svg, table, bars.drawn, n_rows) - 12 - share;
    bars.most = most_of(table, bars.drawn, n_rows);
    sj_svg_head(svg, table, bars.drawn, bars.left, SJ_ANCHOR_START);
    if (share > 16)
        sj_svg_head(svg, table, sj_svg_next_estimate(table->def, 0), SJ_SVG_RIGHT, SJ_ANCHOR_END);
    svg->y += HEAD_LINE;
    sj_svg_line(svg, bars.left, svg->y, bars.left, svg->y + (int)n_rows * BAR_LINE, "rule");
    for (size_t row = 0; row < n_rows; row++) {
        draw_bar(svg, table, &bars, row);
        svg->y += BAR_LINE;
    }
    sj_svg_left_out(svg, table->n_rows - n_rows, table->def);
}
