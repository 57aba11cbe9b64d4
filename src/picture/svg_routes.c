#include <stdio.h>

#include "base/names.h"
#include "picture/route.h"
#include "picture/svg.h"

/* Routes as rows of chips, one colour a touchpoint, with a bar and its figure on the right. */

#define ROUTES_MAX 25
#define LINE 30
#define CHIP_HEIGHT 20
#define CHIP_PADDING 6
#define CHIP_GAP 5
#define CHIP_TEXT_MAX 150
#define GAP_WIDTH 46
#define CHIPS_RIGHT 640
#define BAR_LEFT 660

static unsigned chip_width(const void *ctx, struct sj_str step) {
    (void)ctx;
    int text = sj_svg_text_width(step, 12);
    return (unsigned)((text < CHIP_TEXT_MAX ? text : CHIP_TEXT_MAX) + 2 * CHIP_PADDING + CHIP_GAP);
}

/* Colours by order of appearance; when they are used up, again with a broken outline. */
static int draw_chip(struct sj_svg *svg, struct sj_names *seen, struct sj_str step, int x) {
    uint32_t code = 0;
    enum sj_status status = sj_names_add(seen, step, &code, svg->pen.err);
    if (status != SJ_OK)
        svg->pen.status = status;
    int width = (int)chip_width(NULL, step) - CHIP_GAP;
    char classes[40];
    unsigned colour = code % SJ_SVG_N_COLOURS;
    snprintf(classes, sizeof classes, "chip f%u s%u%s", colour, colour, code < SJ_SVG_N_COLOURS ? "" : " rare");
    sj_svg_rect(svg, x, svg->y + (LINE - CHIP_HEIGHT) / 2, width, CHIP_HEIGHT, classes);
    sj_svg_text(svg, x + width / 2, svg->y + LINE / 2 + 4, "small", SJ_ANCHOR_MIDDLE, step, width - 4);
    return x + width + CHIP_GAP;
}

static void draw_route(struct sj_svg *svg, struct sj_names *seen, const struct sj_route *route) {
    struct sj_route_part part = sj_route_fit(route, CHIPS_RIGHT - SJ_SVG_MARGIN, GAP_WIDTH, chip_width, NULL);
    int x = SJ_SVG_MARGIN;
    for (size_t i = 0; i < part.n_head; i++)
        x = draw_chip(svg, seen, route->steps[i], x);
    if (part.n_left_out > 0) {
        char text[32];
        snprintf(text, sizeof text, "…+%zu…", part.n_left_out);
        sj_svg_text(svg, x + GAP_WIDTH / 2 - 3, svg->y + LINE / 2 + 4, "small soft", SJ_ANCHOR_MIDDLE, sj_str(text), 0);
        x += GAP_WIDTH;
    }
    for (size_t i = route->n_steps - part.n_tail; i < route->n_steps; i++)
        x = draw_chip(svg, seen, route->steps[i], x);
}

static void draw_measure(struct sj_svg *svg, const struct sj_table *table, size_t row, double most) {
    size_t drawn = sj_svg_drawn(table->def);
    const struct sj_cell *cell = sj_table_cell(table, row, drawn);
    int width = sj_svg_scale(sj_figure_length(cell, table->def->columns[drawn].type), most, SJ_SVG_RIGHT - BAR_LEFT);
    struct sj_str figure = sj_svg_cell(svg, table, row, drawn), share = sj_svg_share(svg, table, row);
    int text_y = svg->y + LINE / 2 - 1;
    sj_svg_rect(svg, BAR_LEFT, svg->y + LINE - 10, width, 5, "bar");
    sj_svg_text(svg, BAR_LEFT, text_y, "strong", SJ_ANCHOR_START, figure, 0);
    if (share.n > 0)
        sj_svg_text(svg, SJ_SVG_RIGHT, text_y, "tiny soft", SJ_ANCHOR_END, share, SJ_SVG_RIGHT - BAR_LEFT - 50);
}

void sj_svg_routes(struct sj_svg *svg, const struct sj_table *table) {
    size_t column = 0, drawn = sj_svg_drawn(table->def);
    while (column < table->def->n_columns && table->def->columns[column].type != SJ_TYPE_ROUTE)
        column++;
    if (column == table->def->n_columns) {
        sj_svg_bars(svg, table);
        return;
    }
    struct sj_names seen;
    sj_names_init(&seen, svg->arena->mem, 0);
    double most = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        double length = sj_figure_length(sj_table_cell(table, row, drawn), table->def->columns[drawn].type);
        most = length > most ? length : most;
    }
    size_t n_rows = table->n_rows < ROUTES_MAX ? table->n_rows : ROUTES_MAX;
    for (size_t row = 0; row < n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(table, row, column);
        if (cell->known && cell->route.n_steps > 0)
            draw_route(svg, &seen, &cell->route);
        else if (cell->known)
            sj_svg_text(svg, SJ_SVG_MARGIN, svg->y + LINE / 2 + 4, "small soft", SJ_ANCHOR_START,
                        sj_str(sj_text(svg->look->lang, SJ_T("(nothing)"))), 0);
        draw_measure(svg, table, row, most);
        svg->y += LINE;
    }
    sj_names_done(&seen);
    sj_svg_left_out(svg, table->n_rows - n_rows, table->def);
}
