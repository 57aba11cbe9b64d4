/* The SVG document while it is drawn: each kind of picture draws a table at `y` and moves `y` below it.
 *
 * Coordinates are whole pixels, so that no locale can come between. One look: a system font, the colour-blind safe palette of
 * Okabe and Ito (2008), light and dark by the reader's preference, labels on the marks instead of a legend, and an interval
 * wherever there is an estimate. Style classes stand in svg.c. */
#pragma once
#include "picture/figure.h"
#include "picture/pen.h"

struct sj_svg {
    struct sj_pen pen;
    const struct sj_result *result;
    const struct sj_look *look;
    struct sj_arena *arena;
    int width; /* of the document; a picture that needs more makes it wider */
    int y;     /* the next free pixel row */
};
#define SJ_SVG_WIDTH 960
#define SJ_SVG_MARGIN 32
#define SJ_SVG_RIGHT (SJ_SVG_WIDTH - SJ_SVG_MARGIN)
#define SJ_SVG_N_COLOURS 7

enum sj_anchor { SJ_ANCHOR_START, SJ_ANCHOR_MIDDLE, SJ_ANCHOR_END };

/* About how wide a text is in the fonts that may show it, rather too much than too little. */
int sj_svg_text_width(struct sj_str text, int font_px);
/* The text on the baseline `y`, cut to `room` pixels ("…") when room > 0; the whole text is then its tooltip. */
void sj_svg_text(struct sj_svg *svg, int x, int y, const char *classes, enum sj_anchor anchor, struct sj_str text, int room);
void sj_svg_rect(struct sj_svg *svg, int x, int y, int width, int height, const char *classes);
void sj_svg_line(struct sj_svg *svg, int x1, int y1, int x2, int y2, const char *classes);
/* An interval: a line with short ends, and a point at the value. All in pixels; y is its middle. */
void sj_svg_whisker(struct sj_svg *svg, int low, int value, int high, int y, const char *classes);
/* The cell as a text, also for texts and routes; in the arena. */
struct sj_str sj_svg_cell(struct sj_svg *svg, const struct sj_table *table, size_t row, size_t column);
int sj_svg_widest(struct sj_svg *svg, const struct sj_table *table, size_t column, size_t n_rows); /* of its cells, in pixels */
/* The column of arrows, "▲" and "▼" where a row differs by more than chance; n_columns when there is none. */
size_t sj_svg_arrow(const struct sj_table_def *def);
/* The label of a column above what it labels, as small text at the next line; `y` stays. */
void sj_svg_head(struct sj_svg *svg, const struct sj_table *table, size_t column, int x, enum sj_anchor anchor);
/* "What is shown of more": a line of small text when rows are left out. */
void sj_svg_left_out(struct sj_svg *svg, size_t n_left_out, const struct sj_table_def *def);

/* Where a value in [0, most] lies on `room` pixels; what is more than nothing is at least one pixel. */
static inline int sj_svg_scale(double value, double most, int room) {
    double share = most > 0 && value > 0 ? value / most : 0;
    int pixels = (int)((share > 1 ? 1 : share) * room + 0.5);
    return pixels == 0 && share > 0 ? 1 : pixels;
}
/* The first column with `drawn` and figures; n_columns when there is none. */
size_t sj_svg_drawn(const struct sj_table_def *def);
/* The first estimate after `from`; n_columns when there is none. */
size_t sj_svg_next_estimate(const struct sj_table_def *def, size_t from);
/* The first known estimate of the row as "48.2 % [46.1, 50.3] n=…", or an empty text. In the arena. */
struct sj_str sj_svg_share(struct sj_svg *svg, const struct sj_table *table, size_t row);

void sj_svg_table(struct sj_svg *svg, const struct sj_table *table); /* figures only */
void sj_svg_bars(struct sj_svg *svg, const struct sj_table *table);
void sj_svg_boxes(struct sj_svg *svg, const struct sj_table *table);
void sj_svg_dots(struct sj_svg *svg, const struct sj_table *table);
void sj_svg_lines(struct sj_svg *svg, const struct sj_table *table);
void sj_svg_funnel(struct sj_svg *svg, const struct sj_table *table);
void sj_svg_routes(struct sj_svg *svg, const struct sj_table *table);
void sj_svg_sankey(struct sj_svg *svg, const struct sj_table *table);
void sj_svg_flow(struct sj_svg *svg, const struct sj_table *table);
void sj_svg_matrix(struct sj_svg *svg, const struct sj_table *table);
