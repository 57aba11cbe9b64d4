#include <stdio.h>

#include "picture/matrix.h"
#include "picture/svg.h"

/* A heat map. Eight shades of one hue, which all eyes tell apart by their lightness; the figure stands in each cell, and the cell's
 * whole estimate is its tooltip. What rests on little data is pale; what is not final too, with a dashed outline.
 *
 *                periods later
 *                   0     1     2
 *   2025-01  n=761 ▓100.0▒ 34.2░ 19.4
 *   2025-02  n=812 ▓100.0▒ 30.1                    nothing there: blank
 *   ░▒▓ 0 to 34.2 %   ┆ ┆ not complete */

#define ROWS_MAX 60
#define COLUMNS_MAX 60
#define CELL_HEIGHT 26
#define CELL_MIN 44
#define CELL_MOST 110
#define NAME_MOST 220
#define LEGEND_STEP 22
#define INK_STEP 5 /* from here on the figure is written light on dark (in the dark: dark on light) */

struct map {
    struct sj_svg *svg;
    struct sj_matrix matrix;
    int left, cell; /* where the cells begin, and how wide each is */
    int names;      /* the room of the rows' names */
};

static int figure_width(const struct map *map, size_t table_row) {
    char figure[SJ_FIGURE_BYTES];
    return sj_svg_text_width((struct sj_str){figure, sj_matrix_figure(&map->matrix, table_row, figure)}, 13);
}

static int clamp(int value, int least, int most) { return value < least ? least : value > most ? most : value; }

static void measure(struct map *map) {
    const struct sj_matrix *matrix = &map->matrix;
    int cell = 0, names = 0, n = 0;
    char text[SJ_FIGURE_BYTES];
    for (size_t row = 0; row < matrix->n_rows; row++) {
        const int name = sj_svg_text_width(sj_svg_cell(map->svg, matrix->table, matrix->rows[row], 0), 13);
        names = name > names ? name : names;
        const struct sj_str figure = {text, sj_figure_count(sj_matrix_n(matrix, row), map->svg->look->lang, text)};
        const int width = sj_matrix_n(matrix, row) > 0 ? sj_svg_text_width(figure, 11) + 22 : 0;
        n = width > n ? width : n;
    }
    for (size_t column = 0; column < matrix->n_columns; column++) {
        const int name = sj_svg_text_width(sj_svg_cell(map->svg, matrix->table, matrix->columns[column], 1), 12);
        cell = name > cell ? name : cell;
    }
    for (size_t i = 0; i < matrix->n_rows * matrix->n_columns; i++) {
        const int width = matrix->cells[i] != SJ_MATRIX_NONE ? figure_width(map, matrix->cells[i]) : 0;
        cell = width > cell ? width : cell;
    }
    map->names = clamp(names, 40, NAME_MOST);
    map->left = SJ_SVG_MARGIN + map->names + 12 + n + (n > 0 ? 12 : 0);
    map->cell = clamp(cell + 12, CELL_MIN, CELL_MOST);
    const int right = map->left + (int)matrix->n_columns * map->cell + SJ_SVG_MARGIN;
    map->svg->width = right > map->svg->width ? right : map->svg->width;
}

static void draw_head(const struct map *map) {
    const struct sj_table *table = map->matrix.table;
    struct sj_svg *svg = map->svg;
    char text[SJ_FIGURE_BYTES];
    size_t n = sj_figure_label(&table->def->columns[1], svg->look, text);
    sj_svg_text(svg, map->left, svg->y + 12, "small soft", SJ_ANCHOR_START, (struct sj_str){text, n}, 0);
    n = sj_figure_label(&table->def->columns[0], svg->look, text);
    sj_svg_text(svg, SJ_SVG_MARGIN, svg->y + 30, "small soft", SJ_ANCHOR_START, (struct sj_str){text, n}, map->left - SJ_SVG_MARGIN - 8);
    for (size_t column = 0; column < map->matrix.n_columns; column++)
        sj_svg_text(svg, map->left + (int)column * map->cell + map->cell / 2, svg->y + 30, "small soft", SJ_ANCHOR_MIDDLE,
                    sj_svg_cell(svg, table, map->matrix.columns[column], 1), map->cell - 4);
    svg->y += 38;
}

static void draw_cell(const struct map *map, size_t table_row, int x) {
    struct sj_svg *svg = map->svg;
    const unsigned step = sj_matrix_step(&map->matrix, table_row);
    const bool open = sj_matrix_is_open(&map->matrix, table_row), thin = sj_matrix_is_thin(&map->matrix, table_row);
    char classes[16], figure[SJ_FIGURE_BYTES];
    snprintf(classes, sizeof classes, "h%u%s", step, open ? " open" : thin ? " thin" : "");
    sj_pen_text(&svg->pen, "<g><title>");
    sj_pen_xml(&svg->pen, sj_svg_cell(svg, map->matrix.table, table_row, map->matrix.drawn));
    sj_pen_text(&svg->pen, "</title>\n");
    sj_svg_rect(svg, x + 1, svg->y + 1, map->cell - 2, CELL_HEIGHT - 2, classes);
    const size_t n = sj_matrix_figure(&map->matrix, table_row, figure);
    sj_svg_text(svg, x + map->cell / 2, svg->y + 17, !open && !thin && step >= INK_STEP ? "small ink" : "small", SJ_ANCHOR_MIDDLE,
                (struct sj_str){figure, n}, 0);
    sj_pen_text(&svg->pen, "</g>\n");
}

static void draw_row(const struct map *map, size_t row) {
    const struct sj_matrix *matrix = &map->matrix;
    struct sj_svg *svg = map->svg;
    const int64_t n = sj_matrix_n(matrix, row);
    sj_svg_text(svg, SJ_SVG_MARGIN, svg->y + 17, "body", SJ_ANCHOR_START, sj_svg_cell(svg, matrix->table, matrix->rows[row], 0),
                map->names);
    if (n > 0) {
        char figure[SJ_FIGURE_BYTES], text[SJ_FIGURE_BYTES];
        sj_figure_count(n, svg->look->lang, figure);
        const int length = snprintf(text, sizeof text, "n=%.40s", figure);
        sj_svg_text(svg, map->left - 12, svg->y + 17, "tiny soft", SJ_ANCHOR_END, (struct sj_str){text, (size_t)length}, 0);
    }
    for (size_t column = 0; column < matrix->n_columns; column++) {
        const size_t at = matrix->cells[row * matrix->n_columns + column];
        if (at != SJ_MATRIX_NONE)
            draw_cell(map, at, map->left + (int)column * map->cell);
    }
    svg->y += CELL_HEIGHT;
}

/* The largest figure of the scale, as it is written in cells. */
static size_t most_text(const struct map *map, char out[SJ_FIGURE_BYTES]) {
    const struct sj_look *look = map->svg->look;
    const enum sj_type type = map->matrix.table->def->columns[map->matrix.drawn].type;
    if (type == SJ_TYPE_ESTIMATE)
        return sj_figure_percent(map->matrix.most, look->lang, out);
    const struct sj_cell cell = type == SJ_TYPE_NUMBER ? sj_cell_f64(map->matrix.most) : sj_cell_i64((int64_t)map->matrix.most);
    return sj_figure_cell(&cell, type, (struct sj_figure_style){.decimals = 2}, look, out);
}

static void draw_legend(const struct map *map) {
    struct sj_svg *svg = map->svg;
    char text[2 * SJ_FIGURE_BYTES], most[SJ_FIGURE_BYTES], classes[8];
    int x = map->left;
    svg->y += 10;
    const size_t n = sj_matrix_label(&map->matrix, most);
    sj_svg_text(svg, x, svg->y + 12, "small soft", SJ_ANCHOR_START, (struct sj_str){most, n}, 0);
    x += sj_svg_text_width((struct sj_str){most, n}, 12) + 14;
    sj_svg_text(svg, x, svg->y + 12, "small soft", SJ_ANCHOR_START, SJ_LIT("0"), 0);
    x += 12;
    for (unsigned step = 0; step < SJ_MATRIX_STEPS; step++, x += LEGEND_STEP) {
        snprintf(classes, sizeof classes, "h%u", step);
        sj_svg_rect(svg, x, svg->y + 1, LEGEND_STEP, 14, classes);
    }
    most_text(map, most);
    snprintf(text, sizeof text, sj_text(svg->look->lang, map->matrix.exceeds ? SJ_T("%s and more") : "%s"), most);
    sj_svg_text(svg, x + 8, svg->y + 12, "small soft", SJ_ANCHOR_START, sj_str(text), 0);
    x += 8 + sj_svg_text_width(sj_str(text), 12) + 24;
    if (map->matrix.any_open) {
        sj_svg_rect(svg, x, svg->y + 1, LEGEND_STEP, 14, "h3 open");
        sj_svg_text(svg, x + LEGEND_STEP + 8, svg->y + 12, "small soft", SJ_ANCHOR_START,
                    sj_str(sj_text(svg->look->lang, SJ_T("not complete: can still change"))), 0);
    }
    svg->y += 28;
}

static void draw_left_out(const struct map *map) {
    const struct sj_matrix *matrix = &map->matrix;
    struct sj_svg *svg = map->svg;
    char figure[SJ_FIGURE_BYTES], text[2 * SJ_FIGURE_BYTES];
    sj_svg_left_out(svg, matrix->n_all_rows - matrix->n_rows, matrix->table->def);
    if (matrix->n_columns == matrix->n_all_columns)
        return;
    sj_figure_count((int64_t)(matrix->n_all_columns - matrix->n_columns), svg->look->lang, figure);
    snprintf(text, sizeof text, sj_text(svg->look->lang, SJ_T("… and %s columns more (table %s)")), figure, matrix->table->def->name);
    sj_svg_text(svg, SJ_SVG_MARGIN, svg->y + 14, "small soft", SJ_ANCHOR_START, sj_str(text), 0);
    svg->y += 24;
}

void sj_svg_matrix(struct sj_svg *svg, const struct sj_table *table) {
    struct map map = {.svg = svg};
    if (svg->pen.status == SJ_OK)
        svg->pen.status = sj_matrix_make(table, svg->look, ROWS_MAX, COLUMNS_MAX, svg->arena, &map.matrix, svg->pen.err);
    if (svg->pen.status != SJ_OK)
        return;
    measure(&map);
    draw_head(&map);
    for (size_t row = 0; row < map.matrix.n_rows; row++)
        draw_row(&map, row);
    draw_legend(&map);
    draw_left_out(&map);
}
