#include <stdio.h>

#include "picture/svg.h"

/* A funnel: a bar for each step, what falls away between them in words, and each estimate of the table on a track from 0 to 100 %
 * with its interval.
 *
 *   visit       ██████████████████ 12,345   of first ├─•─┤        of previous ├─•─┤
 *               ▒▒▒▒▒▒▒▒▒▒  4,321 (35 %) stop here
 *   cart        ███████████ 8,024 */

#define STEPS_MAX 40
#define BAR_HEIGHT 26
#define FALL_HEIGHT 34
#define LABEL_RIGHT 196
#define BARS_LEFT 208
#define BARS_ROOM 250
#define TRACKS_LEFT 556
#define TRACKS_MAX 2
#define TRACK_GAP 24

static void draw_track(struct sj_svg *svg, const struct sj_cell *cell, int left, int room) {
    int y = svg->y + BAR_HEIGHT / 2 - 5;
    sj_svg_rect(svg, left, y - 4, room, 8, "track");
    if (!cell->known)
        return;
    const struct sj_estimate *e = &cell->estimate;
    int value = sj_svg_scale(e->value, 1, room);
    sj_svg_rect(svg, left, y - 4, value, 8, e->flags & SJ_FLAG_THIN ? "bar thin" : "bar");
    sj_svg_whisker(svg, left + sj_svg_scale(e->low, 1, room), left + value, left + sj_svg_scale(e->high, 1, room), y, "whisker");
    char text[SJ_FIGURE_BYTES];
    size_t n = sj_figure_estimate(e, SJ_TYPE_ESTIMATE, (struct sj_figure_style){0}, svg->look->lang, text);
    sj_svg_text(svg, left, svg->y + BAR_HEIGHT + 7, "tiny soft", SJ_ANCHOR_START, (struct sj_str){text, n}, 0);
}

/* The estimate columns, each with its label above when `row` is the first. */
static void draw_tracks(struct sj_svg *svg, const struct sj_table *table, size_t row) {
    int room = (SJ_SVG_RIGHT - TRACKS_LEFT - TRACK_GAP) / TRACKS_MAX, left = TRACKS_LEFT;
    size_t column = sj_svg_next_estimate(table->def, 0);
    for (int i = 0; i < TRACKS_MAX && column < table->def->n_columns; i++) {
        draw_track(svg, sj_table_cell(table, row, column), left, room);
        left += room + TRACK_GAP;
        column = sj_svg_next_estimate(table->def, column + 1);
    }
}

static void draw_track_labels(struct sj_svg *svg, const struct sj_table *table) {
    int room = (SJ_SVG_RIGHT - TRACKS_LEFT - TRACK_GAP) / TRACKS_MAX, left = TRACKS_LEFT;
    size_t column = sj_svg_next_estimate(table->def, 0);
    for (int i = 0; i < TRACKS_MAX && column < table->def->n_columns; i++) {
        char text[SJ_FIGURE_BYTES];
        size_t n = sj_figure_label(&table->def->columns[column], svg->look, text);
        sj_svg_text(svg, left, svg->y + 12, "small soft", SJ_ANCHOR_START, (struct sj_str){text, n}, room);
        left += room + TRACK_GAP;
        column = sj_svg_next_estimate(table->def, column + 1);
    }
    svg->y += 24;
}

/* The texts before the drawn column: the step, and in a table by groups the group before it. */
static bool same_group(const struct sj_table *table, size_t row, size_t other) {
    size_t n_texts = 0;
    while (n_texts < table->def->n_columns && sj_type_is_text(table->def->columns[n_texts].type))
        n_texts++;
    for (size_t column = 0; column + 1 < n_texts; column++) {
        const struct sj_cell *a = sj_table_cell(table, row, column), *b = sj_table_cell(table, other, column);
        if (a->known != b->known || (a->known && !sj_str_eq(a->text, b->text)))
            return false;
    }
    return true;
}

static size_t step_column(const struct sj_table *table) {
    size_t column = 0;
    while (column + 1 < table->def->n_columns && sj_type_is_text(table->def->columns[column + 1].type))
        column++;
    return column;
}

/* What is lost before the next step, as an area that narrows and in words. */
static void draw_fall(struct sj_svg *svg, double here, double next, double most) {
    int wide = sj_svg_scale(here, most, BARS_ROOM), narrow = sj_svg_scale(next, most, BARS_ROOM);
    int top = svg->y + BAR_HEIGHT, bottom = top + FALL_HEIGHT;
    sj_pen_print(&svg->pen, "<path d=\"M%d %dH%dL%d %dH%dZ\" class=\"fall\"/>\n", BARS_LEFT, top, BARS_LEFT + wide, BARS_LEFT + narrow,
                 bottom, BARS_LEFT);
    if (!(here > 0) || next > here)
        return;
    char count[SJ_FIGURE_BYTES], share[SJ_FIGURE_BYTES], text[3 * SJ_FIGURE_BYTES];
    sj_figure_count((int64_t)(here - next), svg->look->lang, count);
    sj_figure_percent((here - next) / here, svg->look->lang, share);
    snprintf(text, sizeof text, sj_text(svg->look->lang, SJ_T("%s (%s %%) stop here")), count, share);
    sj_svg_text(svg, BARS_LEFT + 8, top + FALL_HEIGHT / 2 + 4, "small soft", SJ_ANCHOR_START, sj_str(text), 0);
}

static void draw_step(struct sj_svg *svg, const struct sj_table *table, size_t row, double most) {
    size_t drawn = sj_svg_drawn(table->def);
    double length = sj_figure_length(sj_table_cell(table, row, drawn), table->def->columns[drawn].type);
    int width = sj_svg_scale(length, most, BARS_ROOM), base = svg->y + BAR_HEIGHT / 2 + 5;
    struct sj_str step = sj_svg_cell(svg, table, row, step_column(table));
    sj_svg_text(svg, LABEL_RIGHT, base, "strong", SJ_ANCHOR_END, step, LABEL_RIGHT - SJ_SVG_MARGIN);
    sj_svg_rect(svg, BARS_LEFT, svg->y, width, BAR_HEIGHT, "bar");
    sj_svg_text(svg, BARS_LEFT + width + 8, base, "strong", SJ_ANCHOR_START, sj_svg_cell(svg, table, row, drawn), 0);
    draw_tracks(svg, table, row);
}

static void draw_group_head(struct sj_svg *svg, const struct sj_table *table, size_t row) {
    if (step_column(table) == 0)
        return;
    struct sj_str group = sj_svg_cell(svg, table, row, step_column(table) - 1);
    svg->y += 8;
    sj_svg_text(svg, SJ_SVG_MARGIN, svg->y + 12, "strong", SJ_ANCHOR_START, group, SJ_SVG_RIGHT - SJ_SVG_MARGIN);
    svg->y += 24;
}

void sj_svg_funnel(struct sj_svg *svg, const struct sj_table *table) {
    size_t drawn = sj_svg_drawn(table->def), n_rows = table->n_rows < STEPS_MAX ? table->n_rows : STEPS_MAX;
    enum sj_type type = table->def->columns[drawn].type;
    double most = 0;
    draw_track_labels(svg, table);
    for (size_t row = 0; row < n_rows; row++) {
        double here = sj_figure_length(sj_table_cell(table, row, drawn), type);
        bool first = row == 0 || !same_group(table, row, row - 1);
        if (first) {
            draw_group_head(svg, table, row);
            most = here;
        }
        draw_step(svg, table, row, most);
        bool last = row + 1 == n_rows || !same_group(table, row, row + 1);
        if (!last)
            draw_fall(svg, here, sj_figure_length(sj_table_cell(table, row + 1, drawn), type), most);
        svg->y += BAR_HEIGHT + (last ? 14 : FALL_HEIGHT);
    }
    sj_svg_left_out(svg, table->n_rows - n_rows, table->def);
}
