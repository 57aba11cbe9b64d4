/* Results made by hand for the tests of pictures: one of every kind, with every type of cell. */
#pragma once
#include <math.h>
#include <stdio.h>

#include "base/result.h"
#include "base/time.h"

#define MADE(call)                                                     \
    do {                                                               \
        if ((call) != SJ_OK) {                                         \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #call); \
            abort();                                                   \
        }                                                              \
    } while (0)

static inline struct sj_cell made_count(int64_t value) { return sj_cell_i64(value); }
static inline struct sj_cell made_text(const char *text) { return sj_cell_text(sj_str(text)); }

/* A share of n, with an interval that is good enough to be drawn. */
static inline struct sj_cell made_share(int64_t part, int64_t n) {
    double p = (double)part / (double)n, half = 1.96 * sqrt(p * (1 - p) / (double)n) + 0.5 / (double)n;
    return sj_cell_estimate((struct sj_estimate){
        .value = p, .low = p - half < 0 ? 0 : p - half, .high = p + half > 1 ? 1 : p + half, .n = n, .flags = n < 30 ? SJ_FLAG_THIN : 0});
}

/* "a b c" as a route; the steps live in the result. */
static inline struct sj_cell made_route(struct sj_result *result, const char *words) {
    size_t n = 1, at = 0;
    for (const char *p = words; *p != '\0'; p++)
        n += *p == ' ';
    struct sj_str *steps;
    MADE(sj_arena_new(&result->arena, n, sizeof *steps, &steps, NULL));
    for (size_t i = 0; i < n; i++) {
        const char *space = strchr(words + at, ' ');
        size_t length = space != NULL ? (size_t)(space - words) - at : strlen(words + at);
        steps[i] = (struct sj_str){words + at, length};
        at += length + 1;
    }
    return (struct sj_cell){.known = true, .route = {steps, n}};
}

static inline struct sj_cell *made_row(struct sj_result *result, struct sj_table *table) {
    struct sj_cell *cells;
    MADE(sj_result_row(result, table, &cells, NULL));
    return cells;
}

static inline struct sj_table *made_table(struct sj_result *result, const struct sj_table_def *def) {
    struct sj_table *table;
    MADE(sj_result_table(result, def, &table, NULL));
    return table;
}

static const struct sj_column_def made_bar_columns[] = {
    {.name = "touchpoint", .label = "Touchpoint", .type = SJ_TYPE_TOUCHPOINT},
    {.name = "events", .label = "Events", .type = SJ_TYPE_COUNT, .drawn = true},
    {.name = "share", .label = "Share of journeys", .type = SJ_TYPE_ESTIMATE},
};
static const struct sj_table_def made_bars_def = {
    .name = "touchpoints", .title = "Touchpoints", .picture = SJ_PICTURE_BARS, SJ_COLUMNS(made_bar_columns)};

static inline void made_bars(struct sj_result *result) {
    static const struct {
        const char *name;
        int64_t events, journeys;
    } rows[] = {{"visit", 12345, 2134}, {"购物车", 8024, 1030}, {"checkout <b>&", 512, 400}, {"café ☕", 7, 5}, {"return", 0, 0}};
    struct sj_table *table = made_table(result, &made_bars_def);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_cell *cells = made_row(result, table);
        cells[0] = made_text(rows[i].name);
        cells[1] = made_count(rows[i].events);
        cells[2] = rows[i].events == 7 ? made_share(5, 21) : made_share(rows[i].journeys, 2134);
    }
    table->cells[4 * 3 + 2].known = false;
}

static const struct sj_column_def made_line_columns[] = {
    {.name = "week", .label = "Week", .type = SJ_TYPE_TIME},
    {.name = "events", .label = "Events", .type = SJ_TYPE_COUNT, .drawn = true},
    {.name = "customers", .label = "Active customers", .type = SJ_TYPE_COUNT, .drawn = true},
    {.name = "share", .label = "Share that buys", .type = SJ_TYPE_ESTIMATE, .drawn = true},
};
static const struct sj_table_def made_lines_def = {
    .name = "activity", .title = "Activity over time", .picture = SJ_PICTURE_LINES, SJ_COLUMNS(made_line_columns)};

static inline void made_lines(struct sj_result *result, size_t n_weeks) {
    struct sj_table *table = made_table(result, &made_lines_def);
    int64_t monday = sj_time_of_civil(&(struct sj_civil){.year = 2024, .month = 7, .day = 1});
    for (size_t i = 0; i < n_weeks; i++) {
        struct sj_cell *cells = made_row(result, table);
        int64_t wave = (int64_t)(i * 37 % 11) - 5, events = 4000 + 40 * (int64_t)i + 120 * wave;
        cells[0] = sj_cell_i64(monday + (int64_t)i * 7 * SJ_US_DAY);
        cells[1] = made_count(events);
        cells[2] = made_count(events / 5 + wave * 20);
        cells[3] = made_share(events / 12 + wave, events / 5);
        cells[3].known = i != 20 && i != 21;
    }
}

static const struct sj_column_def made_funnel_columns[] = {
    {.name = "step", .label = "Step", .type = SJ_TYPE_TOUCHPOINT},
    {.name = "count", .label = "Journeys", .type = SJ_TYPE_COUNT, .drawn = true},
    {.name = "of_first", .label = "Of the first step", .type = SJ_TYPE_ESTIMATE},
    {.name = "of_previous", .label = "Of the step before", .type = SJ_TYPE_ESTIMATE},
    {.name = "median", .label = "Median time from the step before", .type = SJ_TYPE_DURATION},
    {.name = "p90", .label = "90 % are faster than", .type = SJ_TYPE_DURATION},
};
static const struct sj_table_def made_funnel_def = {
    .name = "steps", .title = "How many reach each step", .picture = SJ_PICTURE_FUNNEL, SJ_COLUMNS(made_funnel_columns)};

static inline void made_funnel(struct sj_result *result) {
    static const char *const names[] = {"product_view", "add_to_cart", "checkout_start", "purchase"};
    static const int64_t counts[] = {12345, 8024, 3100, 22};
    struct sj_table *table = made_table(result, &made_funnel_def);
    for (size_t i = 0; i < 4; i++) {
        struct sj_cell *cells = made_row(result, table);
        cells[0] = made_text(names[i]);
        cells[1] = made_count(counts[i]);
        if (i == 0)
            continue;
        cells[2] = made_share(counts[i], counts[0]);
        cells[3] = made_share(counts[i], counts[i - 1]);
        cells[4] = sj_cell_i64((int64_t)(i * i) * 217 * SJ_US_SECOND);
        cells[5] = sj_cell_i64((int64_t)(i * i) * 49217 * SJ_US_SECOND);
    }
}

static const struct sj_column_def made_matrix_columns[] = {
    {.name = "cohort", .label = "Start from", .type = SJ_TYPE_TIME},
    {.name = "period", .label = "Periods later", .type = SJ_TYPE_COUNT},
    {.name = "share", .label = "Share", .type = SJ_TYPE_ESTIMATE, .drawn = true},
    {.name = "complete", .label = "Complete", .type = SJ_TYPE_TRUTH},
};
static const struct sj_table_def made_matrix_def = {
    .name = "cells", .title = "Who comes back", .picture = SJ_PICTURE_MATRIX, SJ_COLUMNS(made_matrix_columns), .final = "complete"};

/* A triangle: the last cell of each row is not complete. */
static inline void made_matrix(struct sj_result *result, int64_t n_cohorts) {
    struct sj_table *table = made_table(result, &made_matrix_def);
    for (int64_t cohort = 0; cohort < n_cohorts; cohort++)
        for (int64_t period = 0; period < n_cohorts - cohort; period++) {
            struct sj_cell *cells = made_row(result, table);
            cells[0] = sj_cell_i64(sj_time_of_civil(&(struct sj_civil){.year = 2024, .month = 7, .day = 1}) + cohort * 7 * SJ_US_DAY);
            cells[1] = made_count(period);
            cells[2] = made_share(cohort == 2 ? 12 : 1200 / (1 + period), cohort == 2 ? 20 : 1200);
            cells[3] = sj_cell_i64(period + 1 < n_cohorts - cohort);
        }
}

static const struct sj_column_def made_switch_columns[] = {
    {.name = "from", .label = "From", .type = SJ_TYPE_CHANNEL},
    {.name = "to", .label = "To", .type = SJ_TYPE_CHANNEL},
    {.name = "count", .label = "Times", .type = SJ_TYPE_COUNT, .drawn = true},
};
static const struct sj_table_def made_switch_def = {
    .name = "switches", .title = "From channel to channel", .picture = SJ_PICTURE_MATRIX, SJ_COLUMNS(made_switch_columns)};

/* Named by texts on both sides; the table has the columns in an order of its own. */
static inline void made_switches(struct sj_result *result) {
    static const struct {
        const char *from, *to;
        int64_t count;
    } rows[] = {{"web", "web", 1200}, {"web", "电话", 310}, {"call <centre>", "web", 95}, {"call <centre>", "app", 7}, {"app", "电话", 0}};
    struct sj_table *table = made_table(result, &made_switch_def);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_cell *cells = made_row(result, table);
        cells[0] = made_text(rows[i].from);
        cells[1] = made_text(rows[i].to);
        cells[2] = made_count(rows[i].count);
    }
}

static const struct sj_column_def made_box_columns[] = {
    {.name = "from", .label = "From", .type = SJ_TYPE_TOUCHPOINT},
    {.name = "to", .label = "To", .type = SJ_TYPE_TOUCHPOINT},
    {.name = "count", .label = "Times", .type = SJ_TYPE_COUNT},
    {.name = "p10", .label = "10 %", .type = SJ_TYPE_DURATION, .drawn = true},
    {.name = "p25", .label = "25 %", .type = SJ_TYPE_DURATION, .drawn = true},
    {.name = "median", .label = "Median", .type = SJ_TYPE_DURATION, .drawn = true},
    {.name = "low", .label = "from", .type = SJ_TYPE_DURATION, .drawn = true},
    {.name = "high", .label = "to", .type = SJ_TYPE_DURATION, .drawn = true},
    {.name = "p75", .label = "75 %", .type = SJ_TYPE_DURATION, .drawn = true},
    {.name = "p90", .label = "90 %", .type = SJ_TYPE_DURATION, .drawn = true},
};
static const struct sj_table_def made_box_def = {
    .name = "waits", .title = "From one to another", .picture = SJ_PICTURE_BOXES, SJ_COLUMNS(made_box_columns)};

/* From a second to a hundred thousand, a decade each; the second row has no bounds, the third nothing but a count. */
static inline void made_boxes(struct sj_result *result) {
    struct sj_table *table = made_table(result, &made_box_def);
    for (int64_t row = 0; row < 3; row++) {
        static const int64_t seconds[] = {1, 10, 1000, 500, 2000, 10000, 100000};
        struct sj_cell *cells = made_row(result, table);
        cells[0] = made_text(row == 0 ? "visit" : "cart <b>&");
        cells[1] = made_text("付款");
        cells[2] = made_count(row == 0 ? 1200 : 3);
        for (size_t i = 0; i < sizeof seconds / sizeof *seconds && row < 2; i++)
            if (row == 0 || (i != 3 && i != 4))
                cells[3 + i] = sj_cell_i64(seconds[i] * SJ_US_SECOND);
    }
}

static const struct sj_column_def made_dot_columns[] = {
    {.name = "value", .label = "Value", .type = SJ_TYPE_TEXT},
    {.name = "score", .label = "Score", .type = SJ_TYPE_SCORE, .drawn = true},
};
static const struct sj_table_def made_dot_def = {
    .name = "by", .title = "By value", .picture = SJ_PICTURE_DOTS, SJ_COLUMNS(made_dot_columns)};

/* On both sides of zero; one without bounds, one not known. */
static inline void made_dots(struct sj_result *result) {
    struct sj_table *table = made_table(result, &made_dot_def);
    const struct sj_estimate scores[] = {{30, 10, 50, 200, 0}, {-25, -50, 0, 40, SJ_FLAG_THIN}, {25, -INFINITY, INFINITY, 1, SJ_FLAG_THIN}};
    static const char *const names[] = {"网页 <a>", "app", "shop", "none"};
    for (size_t row = 0; row < 4; row++) {
        struct sj_cell *cells = made_row(result, table);
        cells[0] = made_text(names[row]);
        if (row < 3)
            cells[1] = sj_cell_estimate(scores[row]);
    }
}

/* The same over time: the axis goes below zero. */
static const struct sj_column_def made_score_columns[] = {
    {.name = "period", .label = "From", .type = SJ_TYPE_TIME},
    {.name = "score", .label = "NPS", .type = SJ_TYPE_SCORE, .drawn = true},
};
static const struct sj_table_def made_score_def = {
    .name = "periods", .title = "Over time", .picture = SJ_PICTURE_LINES, SJ_COLUMNS(made_score_columns)};
static inline void made_scores(struct sj_result *result) {
    struct sj_table *table = made_table(result, &made_score_def);
    for (int64_t row = 0; row < 4; row++) {
        struct sj_cell *cells = made_row(result, table);
        cells[0] = sj_cell_i64(row * 7 * SJ_US_DAY);
        cells[1] = sj_cell_estimate((struct sj_estimate){(double)row * 20 - 30, (double)row * 20 - 44, (double)row * 20 - 16, 90, 0});
    }
}

static const struct sj_column_def made_sankey_columns[] = {
    {.name = "step", .label = "Step", .type = SJ_TYPE_COUNT},
    {.name = "from", .label = "From", .type = SJ_TYPE_TOUCHPOINT},
    {.name = "to", .label = "To", .type = SJ_TYPE_TOUCHPOINT},
    {.name = "kind", .label = "What it is", .type = SJ_TYPE_TEXT},
    {.name = "count", .label = "Count", .type = SJ_TYPE_COUNT, .drawn = true},
    {.name = "share", .label = "Share", .type = SJ_TYPE_ESTIMATE},
};
static const struct sj_table_def made_sankey_def = {
    .name = "steps", .title = "From step to step", .picture = SJ_PICTURE_SANKEY, SJ_COLUMNS(made_sankey_columns)};

/* 1,000 begin at `anchor`, 600 go on by two ways, and of these 250 do so once more; looking back the same from the end. */
static inline void made_sankey(struct sj_result *result, const char *anchor, bool back) {
    const struct {
        int64_t step;
        const char *near, *far, *kind;
        int64_t count;
    } rows[] = {{1, anchor, "cart", "touchpoint", 450},      {1, anchor, "(end)", "end", 400}, {1, anchor, "(other)", "other", 150},
                {2, "cart", "付款 <b>&", "touchpoint", 250}, {2, "cart", "(end)", "end", 200}, {2, "(other)", "(end)", "end", 150}};
    struct sj_table *table = made_table(result, &made_sankey_def);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_cell *cells = made_row(result, table);
        cells[0] = sj_cell_i64(back ? -rows[i].step : rows[i].step);
        cells[back ? 2 : 1] = made_text(rows[i].near);
        cells[back ? 1 : 2] = made_text(rows[i].far);
        cells[3] = made_text(rows[i].kind);
        cells[4] = made_count(rows[i].count);
        cells[5] = made_share(rows[i].count, 1000);
    }
}

static const struct sj_column_def made_route_columns[] = {
    {.name = "route", .label = "Route", .type = SJ_TYPE_ROUTE},
    {.name = "count", .label = "Journeys", .type = SJ_TYPE_COUNT, .drawn = true},
    {.name = "share", .label = "Share", .type = SJ_TYPE_ESTIMATE},
    {.name = "median_duration", .label = "Median duration", .type = SJ_TYPE_DURATION},
};
static const struct sj_table_def made_routes_def = {
    .name = "variants", .title = "The most frequent routes", .picture = SJ_PICTURE_ROUTES, SJ_COLUMNS(made_route_columns)};

static inline void made_routes(struct sj_result *result) {
    static const char *const routes[] = {
        "visit cart checkout purchase",
        "visit",
        "visit visit cart",
        "email visit cart checkout payment_failed call purchase",
        "ad visit cart remove cart remove cart checkout payment_failed payment_failed chat call call purchase review",
        "网站 购物车 付款"};
    static const int64_t counts[] = {812, 640, 377, 120, 33, 2};
    struct sj_table *table = made_table(result, &made_routes_def);
    for (size_t i = 0; i < 6; i++) {
        struct sj_cell *cells = made_row(result, table);
        cells[0] = made_route(result, routes[i]);
        cells[1] = made_count(counts[i]);
        cells[2] = made_share(counts[i], 1984);
        cells[3] = sj_cell_i64((int64_t)i * 7777 * SJ_US_SECOND);
    }
}

static const struct sj_column_def made_link_columns[] = {
    {.name = "from", .label = "From", .type = SJ_TYPE_TOUCHPOINT},
    {.name = "to", .label = "To", .type = SJ_TYPE_TOUCHPOINT},
    {.name = "count", .label = "Times", .type = SJ_TYPE_COUNT, .drawn = true},
    {.name = "customers", .label = "Customers", .type = SJ_TYPE_COUNT},
    {.name = "mean", .label = "Mean time", .type = SJ_TYPE_DURATION},
    {.name = "median", .label = "Median time", .type = SJ_TYPE_DURATION},
    {.name = "p90", .label = "90 % are faster than", .type = SJ_TYPE_DURATION},
};
static const struct sj_table_def made_links_def = {
    .name = "links", .title = "What follows what", .picture = SJ_PICTURE_FLOW, SJ_COLUMNS(made_link_columns)};
static const struct sj_column_def made_mark_columns[] = {
    {.name = "touchpoint", .label = "Touchpoint", .type = SJ_TYPE_TOUCHPOINT},
    {.name = "count", .label = "Journeys", .type = SJ_TYPE_COUNT, .drawn = true},
};
static const struct sj_table_def made_starts_def = {
    .name = "starts", .title = "Where journeys start", .picture = SJ_PICTURE_BARS, SJ_COLUMNS(made_mark_columns)};
static const struct sj_table_def made_ends_def = {
    .name = "ends", .title = "Where journeys end", .picture = SJ_PICTURE_BARS, SJ_COLUMNS(made_mark_columns)};

static inline void made_link(struct sj_result *result, struct sj_table *table, const char *from, const char *to, int64_t count) {
    struct sj_cell *cells = made_row(result, table);
    cells[0] = made_text(from);
    cells[1] = made_text(to);
    cells[2] = made_count(count);
    cells[3] = made_count(count * 3 / 4 + 1);
    cells[4] = sj_cell_i64(count * 997 * SJ_US_MS);
    cells[5] = sj_cell_i64(count * 631 * SJ_US_MS);
    cells[6] = sj_cell_i64(count * 2311 * SJ_US_MS);
}

static inline void made_mark(struct sj_result *result, struct sj_table *table, const char *touchpoint, int64_t count) {
    struct sj_cell *cells = made_row(result, table);
    cells[0] = made_text(touchpoint);
    cells[1] = made_count(count);
}

static inline void made_flow(struct sj_result *result) {
    static const struct {
        const char *from, *to;
        int64_t count;
    } links[] = {
        {"visit", "product_view", 9000},
        {"ad", "visit", 3000},
        {"email", "visit", 1200},
        {"product_view", "cart", 5200},
        {"cart", "product_view", 2100},
        {"cart", "checkout", 3300},
        {"checkout", "payment", 2900},
        {"payment", "purchase", 2500},
        {"payment", "payment", 300},
        {"payment", "call", 210},
        {"call", "payment", 160},
        {"purchase", "delivery", 2400},
        {"delivery", "review", 400},
        {"delivery", "return", 260},
        {"return", "call", 90},
        {"call", "chat", 80},
        {"chat", "call", 120},
        {"purchase", "visit", 700},
        {"product_view", "product_view", 4100},
        {"checkout", "cart", 420},
        {"visit", "email", 150},
        {"product_view", "chat", 330},
    };
    struct sj_table *table = made_table(result, &made_links_def);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        made_link(result, table, links[i].from, links[i].to, links[i].count);
    table = made_table(result, &made_starts_def);
    made_mark(result, table, "ad", 3000);
    made_mark(result, table, "visit", 5000);
    made_mark(result, table, "email", 1100);
    table = made_table(result, &made_ends_def);
    made_mark(result, table, "product_view", 3100);
    made_mark(result, table, "review", 400);
    made_mark(result, table, "delivery", 1700);
    made_mark(result, table, "call", 90);
}

static const struct sj_column_def made_figure_columns[] = {
    {.name = "what", .label = "What", .type = SJ_TYPE_TEXT},       {.name = "count", .label = "Count", .type = SJ_TYPE_COUNT},
    {.name = "number", .label = "Number", .type = SJ_TYPE_NUMBER}, {.name = "took", .label = "Took", .type = SJ_TYPE_DURATION},
    {.name = "at", .label = "At", .type = SJ_TYPE_TIME},           {.name = "money", .label = "Money", .type = SJ_TYPE_MONEY},
    {.name = "sure", .label = "Sure", .type = SJ_TYPE_TRUTH},      {.name = "channel", .label = "Channel", .type = SJ_TYPE_CHANNEL},
};
static const struct sj_table_def made_figures_def = {
    .name = "summary", .title = "In figures", .picture = SJ_PICTURE_NONE, SJ_COLUMNS(made_figure_columns)};

static inline void made_figures(struct sj_result *result) {
    struct sj_table *table = made_table(result, &made_figures_def);
    for (int i = 0; i < 3; i++) {
        struct sj_cell *cells = made_row(result, table);
        cells[0] = made_text(i == 0 ? "first" : i == 1 ? "second" : "unknown");
        if (i == 2)
            break;
        cells[1] = made_count(i == 0 ? 1234567 : -42);
        cells[2] = sj_cell_f64(i == 0 ? 3.14159 : 0.00123456);
        cells[3] = sj_cell_i64(i == 0 ? 200 * SJ_US_SECOND : 850 * SJ_US_MS);
        cells[4] = sj_cell_i64(sj_time_of_civil(&(struct sj_civil){.year = 2026, .month = 1, .day = 31, .hour = 12, .minute = 30 * i}));
        cells[5] = sj_cell_i64(i == 0 ? 12345678 : -125000);
        cells[6] = sj_cell_i64(i);
        cells[7] = made_text(i == 0 ? "web" : "");
    }
}
