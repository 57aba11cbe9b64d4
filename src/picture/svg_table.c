#include "picture/svg.h"

/* Plain tables: figures only. */

#define ROWS_MAX 24
#define LINE 22
#define TILE_HEIGHT 44

/* Columns as wide as they need, figures flush right. Columns that find no room on the page are left out. */
static void draw_columns(struct sj_svg *svg, const struct sj_table *table) {
    size_t n_rows = table->n_rows < ROWS_MAX ? table->n_rows : ROWS_MAX;
    int x = SJ_SVG_MARGIN, top = svg->y + 14;
    for (size_t column = 0; column < table->def->n_columns; column++) {
        const struct sj_column_def *def = &table->def->columns[column];
        char text[SJ_FIGURE_BYTES];
        struct sj_str label = {text, sj_figure_label(def, svg->look, text)};
        int cells = sj_svg_widest(svg, table, column, n_rows), head = sj_svg_text_width(label, 12);
        int width = cells > head ? cells : head;
        bool right = !sj_type_is_text(def->type) && def->type != SJ_TYPE_ROUTE && def->type != SJ_TYPE_TIME;
        if (x + width > SJ_SVG_RIGHT)
            break;
        sj_svg_text(svg, right ? x + width : x, top, "small soft", right ? SJ_ANCHOR_END : SJ_ANCHOR_START, label, 0);
        for (size_t row = 0; row < n_rows; row++)
            sj_svg_text(svg, right ? x + width : x, top + (int)(row + 1) * LINE, column > 0 ? "strong" : "body",
                        right ? SJ_ANCHOR_END : SJ_ANCHOR_START, sj_svg_cell(svg, table, row, column), 0);
        x += width + 28;
    }
    sj_svg_line(svg, SJ_SVG_MARGIN, top + 6, x > SJ_SVG_RIGHT ? SJ_SVG_RIGHT : x - 28, top + 6, "rule");
    svg->y = top + (int)n_rows * LINE + 8;
    sj_svg_left_out(svg, table->n_rows - n_rows, table->def);
}

/* A single row: each figure below its name, in lines as wide as the page. */
static void draw_tiles(struct sj_svg *svg, const struct sj_table *table) {
    int x = SJ_SVG_MARGIN;
    for (size_t column = 0; column < table->def->n_columns; column++) {
        if (!sj_table_cell(table, 0, column)->known)
            continue;
        char text[SJ_FIGURE_BYTES];
        struct sj_str label = {text, sj_figure_label(&table->def->columns[column], svg->look, text)};
        struct sj_str figure = sj_svg_cell(svg, table, 0, column);
        int head = sj_svg_text_width(label, 12), width = sj_svg_text_width(figure, 14);
        width = (head > width ? head : width) + 28;
        if (x > SJ_SVG_MARGIN && x + width - 28 > SJ_SVG_RIGHT) {
            x = SJ_SVG_MARGIN;
            svg->y += TILE_HEIGHT;
        }
        sj_svg_text(svg, x, svg->y + 14, "small soft", SJ_ANCHOR_START, label, 0);
        sj_svg_text(svg, x, svg->y + 32, "strong", SJ_ANCHOR_START, figure, 0);
        x += width;
    }
    svg->y += TILE_HEIGHT;
}

void sj_svg_table(struct sj_svg *svg, const struct sj_table *table) {
    if (table->n_rows == 1)
        draw_tiles(svg, table);
    else
        draw_columns(svg, table);
}
