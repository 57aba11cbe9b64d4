#include <math.h>
#include <stdio.h>

#include "picture/svg.h"

/* Lines over time: columns of the same type share a panel; each line is labelled at its end, an estimate has its band. */

#define PANEL_HEIGHT 190
#define LEFT 100
#define LABELS 150 /* kept free on the right for the lines' names */
#define RIGHT (SJ_SVG_RIGHT - LABELS)
#define TICKS_MAX 8
#define LINES_MAX 8

struct panel {
    const struct sj_table *table;
    enum sj_type type;
    bool over_time;     /* the first column is a time; else rows stand at equal distances */
    int64_t from, to;   /* of the first column */
    double least, most; /* the least is below 0 for scores only */
    int top;
};

static double x_of(const struct panel *panel, size_t row) {
    const struct sj_cell *cell = sj_table_cell(panel->table, row, 0);
    double span = (double)(panel->to - panel->from);
    double at = panel->over_time ? (double)(cell->i64 - panel->from) : (double)row;
    return LEFT + (span > 0 ? at / span : 0.5) * (RIGHT - LEFT);
}

static double y_of(const struct panel *panel, double value) {
    double share = panel->most > panel->least ? (value - panel->least) / (panel->most - panel->least) : 0;
    return panel->top + PANEL_HEIGHT * (1 - (share < 0 ? 0 : share > 1 ? 1 : share));
}

/* Tenths of a pixel, written without the locale's decimal point. */
static void draw_point(struct sj_pen *pen, char command, double x, double y) {
    long x10 = lround(x * 10), y10 = lround(y * 10);
    sj_pen_print(pen, "%c%ld.%ld %ld.%ld", command, x10 / 10, x10 % 10, y10 / 10, y10 % 10);
}

/* 1, 2 or 5 times a power of ten: at most five steps up to `most`; whole numbers for counts. */
static double nice_step(double most, bool whole) {
    double step = whole ? 1 : 1e-9;
    for (int i = 0; step * 5 < most && i < 90; i++)
        step *= i % 3 == 1 ? 2.5 : 2;
    return step;
}

/* Durations go by units that people count in. */
static double duration_step(double most) {
    static const int64_t steps[] = {1000,
                                    10000,
                                    100000,
                                    SJ_US_SECOND,
                                    5 * SJ_US_SECOND,
                                    15 * SJ_US_SECOND,
                                    SJ_US_MINUTE,
                                    5 * SJ_US_MINUTE,
                                    15 * SJ_US_MINUTE,
                                    SJ_US_HOUR,
                                    3 * SJ_US_HOUR,
                                    6 * SJ_US_HOUR,
                                    SJ_US_DAY,
                                    2 * SJ_US_DAY,
                                    7 * SJ_US_DAY,
                                    30 * SJ_US_DAY,
                                    90 * SJ_US_DAY};
    size_t n = sizeof steps / sizeof steps[0], i = 0;
    while (i + 1 < n && (double)steps[i] * 5 < most)
        i++;
    double step = (double)steps[i];
    while (step * 5 < most)
        step *= 2;
    return step;
}

static struct sj_cell cell_of(double value, enum sj_type type) {
    if (type == SJ_TYPE_NUMBER || type == SJ_TYPE_SCORE)
        return sj_cell_f64(value);
    return sj_cell_i64((int64_t)llround(value));
}

static void draw_value_ticks(struct sj_svg *svg, struct panel *panel) {
    bool estimate = panel->type == SJ_TYPE_ESTIMATE, money = panel->type == SJ_TYPE_MONEY;
    double unit = money ? 10000 : 1;
    const bool whole = !sj_type_is_estimate(panel->type) && panel->type != SJ_TYPE_NUMBER;
    const double range = panel->most - panel->least;
    double step = panel->type == SJ_TYPE_DURATION ? duration_step(panel->most) : unit * nice_step(range / unit, whole);
    unsigned decimals = 0;
    for (double least = step; least < 0.999 && decimals < 9; decimals++)
        least *= 10;
    panel->most = range > 0 ? ceil(panel->most / step - 1e-9) * step : step;
    const int first = (int)floor(panel->least / step + 1e-9);
    panel->least = first * step;
    for (int i = first; i * step <= panel->most + step * 0.0001; i++) {
        char text[SJ_FIGURE_BYTES];
        int y = (int)lround(y_of(panel, i * step));
        struct sj_cell cell = cell_of(i * step, panel->type);
        if (estimate && step >= 0.01)
            snprintf(text, sizeof text, "%ld %%", lround(i * step * 100));
        else if (estimate)
            snprintf(text + sj_figure_percent(i * step, svg->look->lang, text), 8, " %%");
        else
            sj_figure_cell(&cell, panel->type == SJ_TYPE_SCORE ? SJ_TYPE_NUMBER : panel->type,
                           (struct sj_figure_style){.decimals = decimals}, svg->look, text);
        sj_svg_line(svg, LEFT, y, RIGHT, y, "rule");
        sj_svg_text(svg, LEFT - 10, y + 4, "tiny soft", SJ_ANCHOR_END, sj_str(text), 0);
    }
}

/* How far apart ticks of the time axis stand: by the calendar. */
struct tick_step {
    enum { BY_HOURS, BY_DAYS, BY_MONTHS } by;
    int n;
    int64_t about_us;
};

static const struct tick_step *choose_ticks(int64_t span_us) {
    static const struct tick_step steps[] = {
        {BY_HOURS, 1, SJ_US_HOUR},          {BY_HOURS, 6, 6 * SJ_US_HOUR},        {BY_DAYS, 1, SJ_US_DAY},
        {BY_DAYS, 7, 7 * SJ_US_DAY},        {BY_MONTHS, 1, 30 * SJ_US_DAY},       {BY_MONTHS, 3, 91 * SJ_US_DAY},
        {BY_MONTHS, 6, 182 * SJ_US_DAY},    {BY_MONTHS, 12, 365 * SJ_US_DAY},     {BY_MONTHS, 60, 1826 * SJ_US_DAY},
        {BY_MONTHS, 240, 7305 * SJ_US_DAY}, {BY_MONTHS, 1200, 36524 * SJ_US_DAY}, {BY_MONTHS, 12000, 365240 * SJ_US_DAY},
    };
    size_t i = 0;
    while (i + 1 < sizeof steps / sizeof steps[0] && span_us / steps[i].about_us > TICKS_MAX)
        i++;
    return &steps[i];
}

/* The first tick at or after local time `at`. Weeks begin on Mondays. */
static int64_t first_tick(const struct tick_step *step, int64_t at) {
    int64_t unit = step->by == BY_HOURS ? step->n * SJ_US_HOUR : SJ_US_DAY;
    int64_t down = at - ((at % unit) + unit) % unit, tick = down < at ? down + unit : down;
    if (step->by == BY_DAYS && step->n == 7)
        tick += (7 - sj_weekday(tick)) % 7 * SJ_US_DAY;
    if (step->by != BY_MONTHS)
        return tick;
    struct sj_civil day = sj_civil_of_time(at);
    int month = day.year * 12 + day.month - 1;
    month = month / step->n * step->n;
    struct sj_civil first = {.year = month / 12, .month = month % 12 + 1, .day = 1};
    while (first.year < 1 || sj_time_of_civil(&first) < at) {
        month += step->n;
        first = (struct sj_civil){.year = month / 12, .month = month % 12 + 1, .day = 1};
    }
    return sj_time_of_civil(&first);
}

static int64_t next_tick(const struct tick_step *step, int64_t tick) {
    if (step->by == BY_HOURS)
        return tick + step->n * SJ_US_HOUR;
    if (step->by == BY_DAYS)
        return tick + step->n * SJ_US_DAY;
    struct sj_civil day = sj_civil_of_time(tick);
    int month = day.year * 12 + day.month - 1 + step->n;
    day.year = month / 12;
    day.month = month % 12 + 1;
    return day.year > 9999 ? SJ_TIME_MAX : sj_time_of_civil(&day);
}

static void draw_time_tick(struct sj_svg *svg, const struct panel *panel, int64_t tick, int64_t utc, const struct tick_step *step) {
    struct sj_civil c = sj_civil_of_time(tick);
    char text[48];
    if (step->by == BY_HOURS)
        snprintf(text, sizeof text, "%02d-%02d %02d:%02d", c.month, c.day, c.hour, c.minute);
    else if (step->by == BY_DAYS)
        snprintf(text, sizeof text, "%04d-%02d-%02d", c.year, c.month, c.day);
    else if (step->n < 12)
        snprintf(text, sizeof text, "%04d-%02d", c.year, c.month);
    else
        snprintf(text, sizeof text, "%04d", c.year);
    double span = (double)(panel->to - panel->from);
    int x = LEFT + (int)lround((double)(utc - panel->from) / span * (RIGHT - LEFT));
    int bottom = panel->top + PANEL_HEIGHT;
    sj_svg_line(svg, x, bottom, x, bottom + 5, "rule");
    sj_svg_text(svg, x, bottom + 18, "tiny soft", SJ_ANCHOR_MIDDLE, sj_str(text), 0);
}

static void draw_time_ticks(struct sj_svg *svg, const struct panel *panel) {
    if (panel->to <= panel->from)
        return;
    const struct sj_zone *zone = svg->look->zone;
    const struct tick_step *step = choose_ticks(panel->to - panel->from);
    int64_t local = panel->from + (zone != NULL ? sj_zone_offset_us(zone, panel->from) : 0);
    for (int64_t tick = first_tick(step, local); tick < SJ_TIME_MAX; tick = next_tick(step, tick)) {
        int64_t utc = zone != NULL ? sj_zone_to_utc(zone, tick) : tick;
        if (utc > panel->to)
            break;
        draw_time_tick(svg, panel, tick, utc, step);
    }
}

static void draw_row_ticks(struct sj_svg *svg, const struct panel *panel) {
    size_t n = panel->table->n_rows, every = n / TICKS_MAX + 1;
    for (size_t row = 0; row < n; row += every)
        sj_svg_text(svg, (int)x_of(panel, row), panel->top + PANEL_HEIGHT + 18, "tiny soft", SJ_ANCHOR_MIDDLE,
                    sj_svg_cell(svg, panel->table, row, 0), (RIGHT - LEFT) / TICKS_MAX);
}

/* A piece of line for every run of rows with a value: what is not known leaves a gap. A single value is a point.
 * `open` draws what leads to rows that are not final, dotted; else all others. */
static void draw_line(struct sj_svg *svg, const struct panel *panel, size_t column, unsigned colour, bool open) {
    const struct sj_table *table = panel->table;
    sj_pen_print(&svg->pen, "<path class=\"line s%u%s\" d=\"", colour, open ? " later" : "");
    bool drawing = false;
    for (size_t row = 0; row < table->n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(table, row, column);
        const struct sj_cell *before = row > 0 ? sj_table_cell(table, row - 1, column) : NULL;
        const bool draws = cell->known && sj_row_is_final(table, row) != open;
        if (draws && open && !drawing && before != NULL && before->known) {
            draw_point(&svg->pen, 'M', x_of(panel, row - 1), y_of(panel, sj_figure_length(before, panel->type)));
            drawing = true;
        }
        if (draws) {
            draw_point(&svg->pen, drawing ? 'L' : 'M', x_of(panel, row), y_of(panel, sj_figure_length(cell, panel->type)));
            sj_pen_text(&svg->pen, drawing ? "" : "h0");
        }
        drawing = draws;
    }
    sj_pen_text(&svg->pen, "\"/>\n");
}

/* The interval around an estimate, over the rows from..to that are known: up along the high ends, back along the low ones. */
static void draw_band_part(struct sj_svg *svg, const struct panel *panel, size_t column, size_t from, size_t to) {
    char command = 'M';
    for (size_t row = from; row < to; row++, command = 'L')
        draw_point(&svg->pen, command, x_of(panel, row), y_of(panel, sj_table_cell(panel->table, row, column)->estimate.high));
    for (size_t row = to; row-- > from;)
        draw_point(&svg->pen, 'L', x_of(panel, row), y_of(panel, sj_table_cell(panel->table, row, column)->estimate.low));
    sj_pen_text(&svg->pen, "Z");
}

static bool has_bounds(const struct sj_cell *cell) { return cell->known && isfinite(cell->estimate.low) && isfinite(cell->estimate.high); }

static void draw_band(struct sj_svg *svg, const struct panel *panel, size_t column, unsigned colour) {
    sj_pen_print(&svg->pen, "<path class=\"band f%u\" d=\"", colour);
    for (size_t row = 0; row < panel->table->n_rows; row++) {
        size_t from = row;
        while (row < panel->table->n_rows && has_bounds(sj_table_cell(panel->table, row, column)))
            row++;
        if (row > from)
            draw_band_part(svg, panel, column, from, row);
    }
    sj_pen_text(&svg->pen, "\"/>\n");
}

static double last_y(const struct panel *panel, size_t column) {
    for (size_t row = panel->table->n_rows; row-- > 0;) {
        const struct sj_cell *cell = sj_table_cell(panel->table, row, column);
        if (cell->known)
            return y_of(panel, sj_figure_length(cell, panel->type));
    }
    return panel->top;
}

/* Names at the lines' ends, moved apart where they would meet, and up where they would leave the panel. */
static void draw_names(struct sj_svg *svg, const struct panel *panel, const size_t *columns, size_t n_columns) {
    size_t order[LINES_MAX];
    double at[LINES_MAX];
    for (size_t i = 0; i < n_columns; i++) {
        double y = last_y(panel, columns[i]);
        size_t place = i;
        for (; place > 0 && at[place - 1] > y; place--) {
            at[place] = at[place - 1];
            order[place] = order[place - 1];
        }
        at[place] = y;
        order[place] = i;
    }
    for (size_t i = 1; i < n_columns; i++)
        at[i] = at[i] < at[i - 1] + 16 ? at[i - 1] + 16 : at[i];
    for (size_t i = n_columns; i-- > 0;) {
        const double lowest = panel->top + PANEL_HEIGHT - 16 * (double)(n_columns - 1 - i);
        at[i] = at[i] > lowest ? lowest : at[i];
        unsigned colour = (unsigned)(order[i] % SJ_SVG_N_COLOURS);
        char text[SJ_FIGURE_BYTES], classes[8];
        size_t n = sj_figure_label(&panel->table->def->columns[columns[order[i]]], svg->look, text);
        snprintf(classes, sizeof classes, "f%u", colour);
        sj_svg_rect(svg, RIGHT + 8, (int)at[i] - 2, 10, 4, classes);
        sj_svg_text(svg, RIGHT + 24, (int)at[i] + 4, "small", SJ_ANCHOR_START, (struct sj_str){text, n}, LABELS - 24);
    }
}

/* Arrows above the points of the first line that lie outside of what is usual, or differ from the time before by more than chance. */
static void draw_arrows(struct sj_svg *svg, const struct panel *panel, size_t column) {
    const size_t arrow = sj_svg_arrow(panel->table->def);
    for (size_t row = 0; row < panel->table->n_rows && arrow < panel->table->def->n_columns; row++) {
        const struct sj_cell *cell = sj_table_cell(panel->table, row, column), *sign = sj_table_cell(panel->table, row, arrow);
        if (cell->known && sign->known && sign->text.n > 0)
            sj_svg_text(svg, (int)lround(x_of(panel, row)), (int)lround(y_of(panel, sj_figure_length(cell, panel->type))) - 7, "tiny",
                        SJ_ANCHOR_MIDDLE, sign->text, 0);
    }
}

static void draw_panel(struct sj_svg *svg, struct panel *panel, const size_t *columns, size_t n_columns) {
    bool estimate = sj_type_is_estimate(panel->type);
    for (size_t i = 0; i < n_columns; i++) {
        for (size_t row = 0; row < panel->table->n_rows; row++) {
            const struct sj_cell *cell = sj_table_cell(panel->table, row, columns[i]);
            double value = estimate && cell->known ? cell->estimate.high : sj_figure_length(cell, panel->type);
            panel->most = isfinite(value) && value > panel->most ? value : panel->most;
            if (panel->type == SJ_TYPE_SCORE && cell->known && cell->estimate.low < panel->least && isfinite(cell->estimate.low))
                panel->least = cell->estimate.low;
        }
    }
    panel->top = svg->y + 12;
    draw_value_ticks(svg, panel);
    if (panel->over_time)
        draw_time_ticks(svg, panel);
    else
        draw_row_ticks(svg, panel);
    for (size_t i = 0; i < n_columns; i++) {
        unsigned colour = (unsigned)(i % SJ_SVG_N_COLOURS);
        if (estimate)
            draw_band(svg, panel, columns[i], colour);
        draw_line(svg, panel, columns[i], colour, false);
        if (panel->table->def->final != NULL)
            draw_line(svg, panel, columns[i], colour, true);
    }
    if (columns[0] == sj_svg_drawn(panel->table->def))
        draw_arrows(svg, panel, columns[0]);
    draw_names(svg, panel, columns, n_columns);
    svg->y = panel->top + PANEL_HEIGHT + 30;
}

static void set_range(struct panel *panel) {
    const struct sj_table *table = panel->table;
    panel->over_time = table->def->columns[0].type == SJ_TYPE_TIME;
    for (size_t row = 0; row < table->n_rows && panel->over_time; row++)
        panel->over_time = sj_table_cell(table, row, 0)->known;
    panel->from = panel->over_time ? sj_table_cell(table, 0, 0)->i64 : 0;
    panel->to = panel->over_time ? sj_table_cell(table, table->n_rows - 1, 0)->i64 : (int64_t)table->n_rows - 1;
}

void sj_svg_lines(struct sj_svg *svg, const struct sj_table *table) {
    for (int type = SJ_TYPE_COUNT; type <= SJ_TYPE_SCORE; type++) {
        size_t columns[LINES_MAX], n_columns = 0;
        if (sj_type_is_text((enum sj_type)type) || type == SJ_TYPE_ROUTE)
            continue;
        for (size_t i = 1; i < table->def->n_columns && n_columns < LINES_MAX; i++)
            if (table->def->columns[i].drawn && table->def->columns[i].type == (enum sj_type)type)
                columns[n_columns++] = i;
        struct panel panel = {.table = table, .type = (enum sj_type)type};
        set_range(&panel);
        if (n_columns > 0)
            draw_panel(svg, &panel, columns, n_columns);
    }
}
