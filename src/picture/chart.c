#include "picture/chart.h"

#include <math.h>

#include "picture/figure.h"

#define HEIGHT 6
#define WIDTH_MOST 96
#define WIDTH_LEAST 20

struct chart {
    const struct sj_table *table;
    const struct sj_look *look;
    size_t column, n_bins;
    double bins[WIDTH_MOST]; /* means of neighbouring rows; NAN: none is known */
    double least, most;      /* the least is at most 0 */
};

/* Row r lies in bin r * n_bins / n_rows: every bin has about as many rows. */
static void fill_bins(struct chart *chart) {
    uint32_t n[WIDTH_MOST] = {0};
    size_t n_rows = chart->table->n_rows;
    enum sj_type type = chart->table->def->columns[chart->column].type;
    for (size_t row = 0; row < n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(chart->table, row, chart->column);
        size_t bin = row * chart->n_bins / n_rows;
        chart->bins[bin] += sj_figure_length(cell, type);
        n[bin] += cell->known;
    }
    for (size_t bin = 0; bin < chart->n_bins; bin++) {
        chart->bins[bin] = n[bin] > 0 ? chart->bins[bin] / n[bin] : NAN;
        chart->most = chart->bins[bin] > chart->most ? chart->bins[bin] : chart->most;
        chart->least = chart->bins[bin] < chart->least ? chart->bins[bin] : chart->least;
    }
}

static size_t most_text(const struct chart *chart, char text[SJ_FIGURE_BYTES]) {
    enum sj_type type = chart->table->def->columns[chart->column].type;
    if (type == SJ_TYPE_ESTIMATE) {
        size_t n = sj_figure_percent(chart->most, chart->look->lang, text);
        memcpy(text + n, " %", 3);
        return n + 2;
    }
    if (type == SJ_TYPE_SCORE)
        return sj_figure_number(chart->most, 1, chart->look->lang, text);
    struct sj_cell cell = type == SJ_TYPE_NUMBER ? sj_cell_f64(chart->most) : sj_cell_i64((int64_t)llround(chart->most));
    return sj_figure_cell(&cell, type, (struct sj_figure_style){.decimals = 2}, chart->look, text);
}

static void draw_line(struct sj_pen *pen, const struct chart *chart, size_t line) {
    static const char *const eighths[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    for (size_t bin = 0; bin < chart->n_bins; bin++) {
        if (isnan(chart->bins[bin])) {
            sj_pen_text(pen, line == HEIGHT - 1 ? "·" : " ");
            continue;
        }
        long n = lround((chart->bins[bin] - chart->least) / (chart->most - chart->least) * HEIGHT * 8) - (long)(HEIGHT - 1 - line) * 8;
        sj_pen_text(pen, eighths[n < 0 ? 0 : n > 8 ? 8 : n]);
    }
}

static void draw_axis(struct sj_pen *pen, const struct chart *chart, size_t indent) {
    char first[SJ_FIGURE_BYTES], last[SJ_FIGURE_BYTES];
    struct sj_figure_style style = sj_figure_style(chart->table, 0, chart->look);
    enum sj_type type = chart->table->def->columns[0].type;
    size_t n_first = sj_figure_cell(sj_table_cell(chart->table, 0, 0), type, style, chart->look, first);
    size_t n_last = sj_figure_cell(sj_table_cell(chart->table, chart->table->n_rows - 1, 0), type, style, chart->look, last);
    sj_pen_repeat(pen, " ", indent);
    sj_pen_text(pen, first);
    sj_pen_repeat(pen, " ", n_first + n_last < chart->n_bins ? chart->n_bins - n_first - n_last : 2);
    sj_pen_print(pen, "%s\n", last);
}

void sj_chart_draw(struct sj_pen *pen, const struct sj_table *table, const struct sj_look *look) {
    struct chart chart = {.table = table, .look = look, .column = 1};
    while (chart.column < table->def->n_columns && !table->def->columns[chart.column].drawn)
        chart.column++;
    if (chart.column >= table->def->n_columns || table->def->columns[0].type != SJ_TYPE_TIME)
        return;
    char label[SJ_FIGURE_BYTES], most[SJ_FIGURE_BYTES];
    size_t room = look->width == 0 ? WIDTH_MOST : look->width > 20 + WIDTH_LEAST ? look->width - 20 : WIDTH_LEAST;
    chart.n_bins = room < WIDTH_MOST ? room : WIDTH_MOST;
    chart.n_bins = table->n_rows < chart.n_bins ? table->n_rows : chart.n_bins;
    fill_bins(&chart);
    if (!(chart.most > chart.least))
        return;
    (void)sj_figure_label(&table->def->columns[chart.column], look, label);
    size_t n_most = most_text(&chart, most);
    sj_pen_print(pen, "%s\n", label);
    size_t indent = sj_str_columns((struct sj_str){most, n_most});
    for (size_t line = 0; line < HEIGHT; line++) {
        sj_pen_repeat(pen, " ", line == 0 ? 0 : indent);
        sj_pen_text(pen, line == 0 ? most : "");
        sj_pen_text(pen, look->colour ? " ┤\033[36m" : " ┤");
        draw_line(pen, &chart, line);
        sj_pen_text(pen, look->colour ? "\033[0m\n" : "\n");
    }
    draw_axis(pen, &chart, indent + 2);
}
