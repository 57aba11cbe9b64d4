#include "picture/grid.h"

#include <stdio.h>

#include "picture/figure.h"
#include "picture/route.h"

#define ROUTE_COLUMNS_MIN 24
#define ROUTE_COLUMNS_FREE 120 /* where the width has no limit */
#define TEXT_COLUMNS_MIN 12
#define TEXT_COLUMNS_MOST 60
#define BAR_COLUMNS_MIN 6
#define BAR_COLUMNS_MOST 24

enum { PART_VALUE, PART_LOW, PART_HIGH, PART_N, N_PARTS };

/* An estimate in its parts, so that those of one column stand below each other. */
struct parts {
    char text[N_PARTS][SJ_FIGURE_BYTES];
};

static void split_estimate(const struct sj_grid *grid, size_t column, const struct sj_estimate *estimate, struct sj_figure_style style,
                           bool any_thin, struct parts *parts) {
    const enum sj_type type = grid->columns[column].def->type;
    const enum sj_lang lang = grid->look->lang;
    char value[SJ_FIGURE_BYTES];
    sj_figure_part(estimate->value, type, style, lang, value);
    bool thin = (estimate->flags & SJ_FLAG_THIN) != 0;
    snprintf(parts->text[PART_VALUE], SJ_FIGURE_BYTES, "%s%.40s", thin ? "~" : any_thin ? " " : "", value);
    sj_figure_part(estimate->low, type, style, lang, parts->text[PART_LOW]);
    sj_figure_part(estimate->high, type, style, lang, parts->text[PART_HIGH]);
    sj_figure_count(estimate->n, lang, parts->text[PART_N]);
}

static unsigned text_columns(const char *text) { return (unsigned)sj_str_columns(sj_str(text)); }

static void measure_estimates(const struct sj_grid *grid, size_t column, bool *ret_any_thin, unsigned ret_widths[N_PARTS]) {
    const struct sj_figure_style style = sj_figure_style(grid->table, column, grid->look);
    struct parts parts;
    for (size_t row = 0; row < grid->n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(grid->table, row, column);
        *ret_any_thin = *ret_any_thin || (cell->known && (cell->estimate.flags & SJ_FLAG_THIN));
    }
    for (size_t row = 0; row < grid->n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(grid->table, row, column);
        if (!cell->known)
            continue;
        split_estimate(grid, column, &cell->estimate, style, *ret_any_thin, &parts);
        for (int part = 0; part < N_PARTS; part++)
            if (text_columns(parts.text[part]) > ret_widths[part])
                ret_widths[part] = text_columns(parts.text[part]);
    }
}

static int pad_of(const struct parts *parts, const unsigned widths[N_PARTS], int part) {
    return (int)(widths[part] - text_columns(parts->text[part]));
}

static enum sj_status make_estimates(struct sj_grid *grid, size_t column, struct sj_error *err) {
    bool any_thin = false;
    unsigned widths[N_PARTS] = {0};
    const struct sj_figure_style style = sj_figure_style(grid->table, column, grid->look);
    measure_estimates(grid, column, &any_thin, widths);
    const char *list = grid->look->lang == SJ_NL ? ";" : ",", *sign = grid->columns[column].def->type == SJ_TYPE_SCORE ? "" : " %";
    for (size_t row = 0; row < grid->n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(grid->table, row, column);
        if (!cell->known)
            continue;
        struct parts p;
        split_estimate(grid, column, &cell->estimate, style, any_thin, &p);
        const char *text;
        const bool bounded = p.text[PART_LOW][0] != '\0';
        SJ_TRY(sj_arena_print(grid->arena, &text, err, "%*s%s%s %s%*s%s%s %*s%s%s n=%s%*s", pad_of(&p, widths, PART_VALUE), "",
                              p.text[PART_VALUE], sign, bounded ? "[" : " ", pad_of(&p, widths, PART_LOW), "", p.text[PART_LOW],
                              bounded ? list : " ", pad_of(&p, widths, PART_HIGH), "", p.text[PART_HIGH], bounded ? "]" : " ",
                              p.text[PART_N], pad_of(&p, widths, PART_N), ""));
        grid->cells[row * grid->n_columns + column] = sj_str(text);
    }
    return SJ_OK;
}

static enum sj_status make_texts(struct sj_grid *grid, size_t column, unsigned columns, struct sj_error *err) {
    for (size_t row = 0; row < grid->n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(grid->table, row, column);
        struct sj_str *text = &grid->cells[row * grid->n_columns + column];
        if (!cell->known)
            *text = sj_figure_absent(grid->columns[column].def, grid->look->lang);
        else if (grid->columns[column].def->type == SJ_TYPE_ROUTE)
            SJ_TRY(sj_route_text(&cell->route, columns, grid->arena, text, err));
        else
            SJ_TRY(sj_text_cut(cell->text, columns, grid->arena, text, err));
    }
    return SJ_OK;
}

static enum sj_status make_figures(struct sj_grid *grid, size_t column, struct sj_error *err) {
    enum sj_type type = grid->columns[column].def->type;
    struct sj_figure_style style = sj_figure_style(grid->table, column, grid->look);
    for (size_t row = 0; row < grid->n_rows; row++) {
        char figure[SJ_FIGURE_BYTES];
        size_t n = sj_figure_cell(sj_table_cell(grid->table, row, column), type, style, grid->look, figure);
        SJ_TRY(sj_text_cut((struct sj_str){figure, n}, SJ_FIGURE_BYTES, grid->arena, &grid->cells[row * grid->n_columns + column], err));
    }
    return SJ_OK;
}

static bool is_wordy(enum sj_type type) { return sj_type_is_text(type) || type == SJ_TYPE_ROUTE; }

static unsigned longest_word(struct sj_str text) {
    unsigned longest = 0;
    for (size_t at = 0; at < text.n;) {
        const char *space = memchr(text.p + at, ' ', text.n - at);
        size_t end = space != NULL ? (size_t)(space - text.p) : text.n;
        unsigned width = (unsigned)sj_str_columns((struct sj_str){text.p + at, end - at});
        longest = width > longest ? width : longest;
        at = end + 1;
    }
    return longest;
}

static void measure(struct sj_grid *grid, size_t column) {
    struct sj_grid_column *c = &grid->columns[column];
    c->width = longest_word(c->label);
    for (size_t row = 0; row < grid->n_rows; row++) {
        unsigned width = (unsigned)sj_str_columns(grid->cells[row * grid->n_columns + column]);
        c->width = width > c->width ? width : c->width;
    }
}

static enum sj_status make_column(struct sj_grid *grid, size_t column, unsigned columns, struct sj_error *err) {
    enum sj_type type = grid->columns[column].def->type;
    if (is_wordy(type))
        SJ_TRY(make_texts(grid, column, columns, err));
    else if (sj_type_is_estimate(type))
        SJ_TRY(make_estimates(grid, column, err));
    else
        SJ_TRY(make_figures(grid, column, err));
    measure(grid, column);
    return SJ_OK;
}

static unsigned total_width(const struct sj_grid *grid) {
    unsigned total = 0;
    for (size_t i = 0; i < grid->n_columns; i++)
        total += grid->columns[i].width + (i > 0 ? SJ_GRID_GAP : 0);
    return total;
}

/* Takes what is missing from the widest text or route, again and again, down to what can still be read. */
static enum sj_status shorten(struct sj_grid *grid, struct sj_error *err) {
    for (unsigned total = total_width(grid); total > grid->look->width; total = total_width(grid)) {
        size_t widest = grid->n_columns;
        for (size_t i = 0; i < grid->n_columns; i++) {
            const struct sj_grid_column *c = &grid->columns[i];
            unsigned least = c->def->type == SJ_TYPE_ROUTE ? ROUTE_COLUMNS_MIN : TEXT_COLUMNS_MIN;
            unsigned word = longest_word(c->label);
            bool can = is_wordy(c->def->type) && c->width > (least > word ? least : word);
            if (can && (widest == grid->n_columns || c->width > grid->columns[widest].width))
                widest = i;
        }
        if (widest == grid->n_columns)
            return SJ_OK;
        const struct sj_grid_column *c = &grid->columns[widest];
        unsigned least = c->def->type == SJ_TYPE_ROUTE ? ROUTE_COLUMNS_MIN : TEXT_COLUMNS_MIN;
        unsigned before = c->width, missing = total - grid->look->width;
        SJ_TRY(make_column(grid, widest, before > least + missing ? before - missing : least, err));
        if (c->width >= before)
            return SJ_OK;
    }
    return SJ_OK;
}

static bool is_boxes(const struct sj_table *table) { return table->def->picture == SJ_PICTURE_BOXES; }

/* Columns are taken from the right, but never the first, and never below what the table is about: its drawn column. Boxes
 * need room of their own, since they say more than the figures. */
static void hide_columns(struct sj_grid *grid) {
    size_t keep = grid->bar_column < grid->n_columns ? grid->bar_column + 1 : 1;
    size_t n_all = grid->n_columns, n = n_all;
    unsigned total = total_width(grid) + (is_boxes(grid->table) ? BAR_COLUMNS_MOST + SJ_GRID_GAP : 0);
    while (n > keep && total > grid->look->width) {
        n--;
        total -= grid->columns[n].width + SJ_GRID_GAP;
    }
    if (n == n_all)
        return;
    for (size_t row = 0; row < grid->n_rows; row++)
        memmove(grid->cells + row * n, grid->cells + row * n_all, n * sizeof *grid->cells);
    grid->n_columns = n;
    grid->n_all = n_all;
    grid->bar_column = grid->bar_column >= n_all ? n : grid->bar_column;
}

static void place_bars(struct sj_grid *grid) {
    if (grid->bar_column >= grid->n_columns)
        return;
    const struct sj_table *table = grid->table;
    enum sj_type type = table->def->columns[grid->bar_column].type;
    for (size_t row = 0; row < table->n_rows; row++) {
        double length = sj_figure_length(sj_table_cell(table, row, grid->bar_column), type);
        grid->bar_most = length > grid->bar_most ? length : grid->bar_most;
    }
    unsigned total = total_width(grid) + SJ_GRID_GAP, width = grid->look->width;
    unsigned left = width == 0 ? BAR_COLUMNS_MOST : width > total ? width - total : 0;
    const bool bars = table->def->picture != SJ_PICTURE_BOXES && table->def->picture != SJ_PICTURE_DOTS;
    if (table->def->picture == SJ_PICTURE_BOXES)
        grid->boxes = sj_boxes_of(table, grid->n_rows);
    if (table->def->picture == SJ_PICTURE_DOTS)
        grid->dots = sj_dots_of(table, grid->bar_column, grid->n_rows);
    grid->bar_width = left < BAR_COLUMNS_MIN || (grid->bar_most <= 0 && bars) ? 0 : left < BAR_COLUMNS_MOST ? left : BAR_COLUMNS_MOST;
}

static size_t drawn_column(const struct sj_table_def *def) {
    size_t column = 0;
    while (column < def->n_columns && (!def->columns[column].drawn || is_wordy(def->columns[column].type)))
        column++;
    return def->picture == SJ_PICTURE_NONE ? def->n_columns : column;
}

static unsigned most_columns(const struct sj_grid *grid, size_t column) {
    unsigned width = grid->look->width > 0 ? grid->look->width : ROUTE_COLUMNS_FREE;
    bool is_route = grid->columns[column].def->type == SJ_TYPE_ROUTE;
    return is_route || width < TEXT_COLUMNS_MOST ? width : TEXT_COLUMNS_MOST;
}

/* Labels may say the zone or the currency: they are made here, once. */
static enum sj_status start_column(struct sj_grid *grid, size_t column, struct sj_error *err) {
    struct sj_grid_column *c = &grid->columns[column];
    c->def = &grid->table->def->columns[column];
    c->right = !is_wordy(c->def->type) && c->def->type != SJ_TYPE_TIME && !sj_type_is_estimate(c->def->type);
    char label[SJ_FIGURE_BYTES];
    size_t n = sj_figure_label(c->def, grid->look, label);
    SJ_TRY(sj_text_cut((struct sj_str){label, n}, TEXT_COLUMNS_MOST, grid->arena, &c->label, err));
    return make_column(grid, column, most_columns(grid, column), err);
}

/* Where columns were left out there is room again for the texts of the others. */
static enum sj_status fit(struct sj_grid *grid, struct sj_error *err) {
    SJ_TRY(shorten(grid, err));
    hide_columns(grid);
    if (grid->n_columns == grid->n_all)
        return SJ_OK;
    for (size_t i = 0; i < grid->n_columns; i++)
        if (is_wordy(grid->columns[i].def->type))
            SJ_TRY(make_column(grid, i, most_columns(grid, i), err));
    return shorten(grid, err);
}

enum sj_status sj_grid_make(const struct sj_table *table, const struct sj_look *look, struct sj_arena *arena, struct sj_grid *ret_grid,
                            struct sj_error *err) {
    size_t rows_max = look->rows_max > 0 ? look->rows_max : SJ_ROWS_SHOWN;
    struct sj_grid grid = {
        .table = table, .look = look, .arena = arena, .n_columns = table->def->n_columns, .n_all = table->def->n_columns};
    grid.n_rows = table->n_rows < rows_max ? table->n_rows : rows_max;
    grid.bar_column = drawn_column(table->def) - is_boxes(table);
    SJ_TRY(sj_arena_new(arena, grid.n_columns, sizeof *grid.columns, &grid.columns, err));
    SJ_TRY(sj_arena_new(arena, grid.n_rows * grid.n_columns, sizeof *grid.cells, &grid.cells, err));
    for (size_t i = 0; i < grid.n_columns; i++)
        SJ_TRY(start_column(&grid, i, err));
    if (look->width > 0)
        SJ_TRY(fit(&grid, err));
    place_bars(&grid);
    *ret_grid = grid;
    return SJ_OK;
}
