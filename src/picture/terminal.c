#include <limits.h>
#include <math.h>
#include <string.h>

#include "picture/chart.h"
#include "picture/figure.h"
#include "picture/grid.h"
#include "picture/matrix.h"
#include "picture/pen.h"
#include "picture/route.h"

/* Few colours, legible on light and dark. */
#define BOLD "\033[1m"
#define FAINT "\033[2m"
#define CYAN "\033[36m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"
#define HEADER_LINES_MAX 4
#define RECORD_COLUMNS 3
#define NOTE_COLUMNS 100 /* notes are read, so their lines stay short where the width has no limit */

static void colour(struct sj_pen *pen, const struct sj_look *look, const char *code) {
    if (look->colour)
        sj_pen_text(pen, code);
}

/* Ends a line: no spaces are left at its end. */
static void end_line(struct sj_pen *pen) {
    if (pen->status != SJ_OK)
        return;
    while (pen->out->n > 0 && pen->out->data[pen->out->n - 1] == ' ')
        pen->out->n--;
    sj_pen_text(pen, "\n");
}

static void draw_padded(struct sj_pen *pen, struct sj_str text, unsigned width, bool right) {
    size_t used = sj_str_columns(text), pad = used < width ? width - used : 0;
    if (right)
        sj_pen_repeat(pen, " ", pad);
    sj_pen_str(pen, text);
    if (!right)
        sj_pen_repeat(pen, " ", pad);
}

/* The next line of at most `width` columns, broken at a space; takes it from `rest`. A longer word stands alone. */
static struct sj_str take_line(struct sj_str *rest, unsigned width) {
    size_t end = 0, at = 0;
    while (at < rest->n) {
        bool space;
        size_t word_end = at + sj_str_piece((struct sj_str){rest->p + at, rest->n - at}, &space);
        if (end > 0 && sj_str_columns((struct sj_str){rest->p, word_end}) > width)
            break;
        end = word_end;
        at = word_end + space;
    }
    struct sj_str line = {rest->p, end};
    size_t skip = end < rest->n && rest->p[end] == ' ' ? end + 1 : end;
    *rest = (struct sj_str){rest->p + skip, rest->n - skip};
    return line;
}

static void draw_title(struct sj_pen *pen, const struct sj_look *look, const char *title) {
    struct sj_str rest = sj_str(sj_text(look->lang, title));
    do {
        colour(pen, look, BOLD);
        sj_pen_str(pen, take_line(&rest, look->width > 0 ? look->width : UINT_MAX));
        colour(pen, look, PLAIN);
        end_line(pen);
    } while (rest.n > 0);
}

static size_t header_lines(const struct sj_grid *grid) {
    size_t most = 1;
    for (size_t i = 0; i < grid->n_columns; i++) {
        struct sj_str rest = grid->columns[i].label;
        size_t n = 0;
        while (rest.n > 0 && n < HEADER_LINES_MAX) {
            take_line(&rest, grid->columns[i].width);
            n++;
        }
        most = n > most ? n : most;
    }
    return most;
}

/* Labels stand on the rule: one with fewer lines begins lower. */
static struct sj_str header_line(const struct sj_grid_column *column, size_t line, size_t n_lines) {
    struct sj_str rest = column->label, lines[HEADER_LINES_MAX] = {{0}};
    size_t n = 0;
    while (rest.n > 0 && n < HEADER_LINES_MAX)
        lines[n++] = take_line(&rest, column->width);
    return line + n >= n_lines ? lines[line + n - n_lines] : (struct sj_str){"", 0};
}

static void draw_header(struct sj_pen *pen, const struct sj_grid *grid) {
    size_t n_lines = header_lines(grid);
    unsigned total = 0;
    for (size_t line = 0; line < n_lines; line++) {
        total = 0;
        for (size_t i = 0; i < grid->n_columns; i++) {
            const struct sj_grid_column *column = &grid->columns[i];
            unsigned gap = i > 0 ? SJ_GRID_GAP : 0;
            sj_pen_repeat(pen, " ", gap);
            draw_padded(pen, header_line(column, line, n_lines), column->width, column->right);
            unsigned bar = i == grid->bar_column && grid->bar_width > 0 ? grid->bar_width + SJ_GRID_GAP : 0;
            sj_pen_repeat(pen, " ", bar);
            total += gap + column->width + bar;
        }
        end_line(pen);
    }
    colour(pen, grid->look, FAINT);
    sj_pen_repeat(pen, "─", total);
    colour(pen, grid->look, PLAIN);
    end_line(pen);
}

/* In eighths of a column; what is more than nothing is seen. */
static void draw_bar(struct sj_pen *pen, const struct sj_grid *grid, double length) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    double share = length > 0 ? length / grid->bar_most : 0;
    size_t n = (size_t)lround(share * grid->bar_width * 8);
    n = n == 0 && length > 0 ? 1 : n;
    colour(pen, grid->look, CYAN);
    sj_pen_repeat(pen, "█", n / 8);
    sj_pen_text(pen, eighths[n % 8]);
    colour(pen, grid->look, PLAIN);
    sj_pen_repeat(pen, " ", grid->bar_width - n / 8 - (n % 8 > 0));
}

/* The parts of a box that are at the columns of the terminal: those further in overwrite the others. */
static void draw_box(struct sj_pen *pen, const struct sj_grid *grid, size_t row) {
    const struct sj_boxes *boxes = &grid->boxes;
    const bool known = sj_boxes_known(boxes, row, SJ_BOX_P10);
    size_t at[SJ_N_BOX_PARTS] = {0};
    for (int part = 0; part < SJ_N_BOX_PARTS && known; part++)
        if (sj_boxes_known(boxes, row, (enum sj_box_part)part))
            at[part] = (size_t)lround(sj_boxes_place(boxes, sj_boxes_value(boxes, row, (enum sj_box_part)part)) * (grid->bar_width - 1));
    colour(pen, grid->look, CYAN);
    for (size_t i = 0; i < grid->bar_width; i++) {
        const char *piece = !known || i < at[SJ_BOX_P10] || i > at[SJ_BOX_P90] ? " " : "─";
        piece = known && i >= at[SJ_BOX_P25] && i <= at[SJ_BOX_P75] ? "━" : piece;
        sj_pen_text(pen, known && i == at[SJ_BOX_MEDIAN] ? "╋" : piece);
    }
    colour(pen, grid->look, PLAIN);
}

/* The bounds, a line between them, and the dot; where zero is inside the scale it is marked. */
static void draw_dot(struct sj_pen *pen, const struct sj_grid *grid, const struct sj_cell *cell) {
    const struct sj_dots *dots = &grid->dots;
    const double most = grid->bar_width - 1;
    const bool has_zero = dots->least < 0 && dots->most > 0;
    const long zero = has_zero ? lround(sj_dots_place(dots, 0) * most) : -1;
    const long low = cell->known ? lround(sj_dots_place(dots, sj_dots_low(&cell->estimate)) * most) : -1;
    const long high = cell->known ? lround(sj_dots_place(dots, sj_dots_high(&cell->estimate)) * most) : -1;
    const long value = cell->known ? lround(sj_dots_place(dots, cell->estimate.value) * most) : -1;
    colour(pen, grid->look, CYAN);
    for (long i = 0; i < (long)grid->bar_width; i++) {
        const char *piece = i == zero ? "┊" : " ";
        piece = i > low && i < high ? "─" : piece;
        piece = i == low ? "├" : i == high ? "┤" : piece;
        sj_pen_text(pen, i == value ? "●" : piece);
    }
    colour(pen, grid->look, PLAIN);
}

static void draw_cell(struct sj_pen *pen, const struct sj_grid *grid, size_t row, size_t column) {
    const struct sj_grid_column *c = &grid->columns[column];
    const struct sj_cell *cell = sj_table_cell(grid->table, row, column);
    bool thin = sj_type_is_estimate(c->def->type) && cell->known && (cell->estimate.flags & SJ_FLAG_THIN);
    if (thin)
        colour(pen, grid->look, FAINT);
    draw_padded(pen, grid->cells[row * grid->n_columns + column], c->width, c->right);
    if (thin)
        colour(pen, grid->look, PLAIN);
    if (column == grid->bar_column && grid->bar_width > 0) {
        sj_pen_repeat(pen, " ", SJ_GRID_GAP);
        if (grid->table->def->picture == SJ_PICTURE_BOXES)
            draw_box(pen, grid, row);
        else if (grid->table->def->picture == SJ_PICTURE_DOTS)
            draw_dot(pen, grid, cell);
        else
            draw_bar(pen, grid, sj_figure_length(cell, c->def->type));
    }
}

static void draw_more(struct sj_pen *pen, const struct sj_grid *grid) {
    const struct sj_look *look = grid->look;
    if (grid->n_rows < grid->table->n_rows) {
        char figure[SJ_FIGURE_BYTES];
        sj_figure_count((int64_t)(grid->table->n_rows - grid->n_rows), look->lang, figure);
        colour(pen, look, FAINT);
        sj_pen_print(pen, sj_text(look->lang, SJ_T("… and %s rows more: --rows N shows them, or --format csv --table %s")), figure,
                     grid->table->def->name);
        colour(pen, look, PLAIN);
        end_line(pen);
    }
    if (grid->n_columns < grid->n_all) {
        colour(pen, look, FAINT);
        sj_pen_text(pen, sj_text(look->lang, SJ_T("… no room for these columns, which --format csv gives: ")));
        for (size_t i = grid->n_columns; i < grid->n_all; i++) {
            sj_pen_text(pen, i > grid->n_columns ? ", " : "");
            sj_pen_str(pen, grid->columns[i].label);
        }
        colour(pen, look, PLAIN);
        end_line(pen);
    }
}

/* A single row of many figures is read better from top to bottom: a label and its figure on each line. */
static void draw_record(struct sj_pen *pen, const struct sj_grid *grid) {
    unsigned widest = 0;
    for (size_t i = 0; i < grid->n_columns; i++) {
        unsigned width = (unsigned)sj_str_columns(grid->columns[i].label);
        widest = width > widest ? width : widest;
    }
    for (size_t i = 0; i < grid->n_columns; i++) {
        if (!sj_table_cell(grid->table, 0, i)->known)
            continue;
        draw_padded(pen, grid->columns[i].label, widest, false);
        sj_pen_repeat(pen, " ", SJ_GRID_GAP);
        sj_pen_str(pen, grid->cells[i]);
        end_line(pen);
    }
}

static bool is_record(const struct sj_table *table) {
    return table->n_rows == 1 && table->def->picture == SJ_PICTURE_NONE && table->def->n_columns > RECORD_COLUMNS;
}

/* Whether the row begins a part of its table (def->parted). */
static bool begins_part(const struct sj_table *table, size_t row) {
    const struct sj_table_def *def = table->def;
    size_t column = 0;
    while (def->parted && column < def->n_columns && strcmp(def->columns[column].name, def->parted) != 0)
        column++;
    if (!def->parted || column == def->n_columns || row == 0)
        return false;
    const struct sj_cell *cell = sj_table_cell(table, row, column), *before = sj_table_cell(table, row - 1, column);
    return cell->known != before->known || (cell->known && cell->i64 != before->i64);
}

static enum sj_status draw_table(struct sj_pen *pen, const struct sj_table *table, const struct sj_look *look, struct sj_arena *arena) {
    struct sj_grid grid;
    struct sj_look free_look = *look;
    free_look.width = is_record(table) ? 0 : look->width;
    SJ_TRY(sj_grid_make(table, &free_look, arena, &grid, pen->err));
    draw_title(pen, look, table->def->title);
    if (table->n_rows == 0) {
        sj_pen_text(pen, sj_text(look->lang, SJ_T("(nothing)")));
        end_line(pen);
        return pen->status;
    }
    if (table->def->picture == SJ_PICTURE_MATRIX)
        return sj_matrix_draw(pen, table, look, arena);
    if (is_record(table)) {
        draw_record(pen, &grid);
        return pen->status;
    }
    if (table->def->picture == SJ_PICTURE_LINES && grid.n_rows < table->n_rows) {
        sj_chart_draw(pen, table, look);
        sj_pen_text(pen, "\n");
    }
    draw_header(pen, &grid);
    for (size_t row = 0; row < grid.n_rows; row++) {
        if (begins_part(table, row))
            end_line(pen);
        for (size_t i = 0; i < grid.n_columns; i++) {
            sj_pen_repeat(pen, " ", i > 0 ? SJ_GRID_GAP : 0);
            draw_cell(pen, &grid, row, i);
        }
        end_line(pen);
    }
    draw_more(pen, &grid);
    return pen->status;
}

/* The first line begins with the sign, the others below its text. */
static enum sj_status draw_note(struct sj_pen *pen, const struct sj_note *note, const struct sj_look *look, struct sj_arena *arena) {
    bool warns = note->level == SJ_NOTE_WARNING;
    unsigned width = look->width > 0 ? look->width : NOTE_COLUMNS;
    struct sj_str rest;
    SJ_TRY(sj_text_cut(sj_str(note->text), UINT_MAX, arena, &rest, pen->err));
    const char *sign = warns ? "! " : "· ";
    do {
        colour(pen, look, warns ? YELLOW : FAINT);
        sj_pen_text(pen, sign);
        sj_pen_str(pen, take_line(&rest, width > 4 ? width - 2 : 2));
        colour(pen, look, PLAIN);
        end_line(pen);
        sign = "  ";
    } while (rest.n > 0);
    return pen->status;
}

static enum sj_status draw_notes(struct sj_pen *pen, const struct sj_result *result, const struct sj_look *look, struct sj_arena *arena) {
    static const enum sj_note_level order[] = {SJ_NOTE_WARNING, SJ_NOTE_INFO, SJ_NOTE_DEFINITION};
    if (result->n_notes > 0)
        sj_pen_text(pen, "\n");
    for (size_t level = 0; level < sizeof order / sizeof order[0]; level++)
        for (size_t i = 0; i < result->n_notes; i++)
            if (result->notes[i].level == order[level])
                SJ_TRY(draw_note(pen, &result->notes[i], look, arena));
    return pen->status;
}

enum sj_status sj_picture_terminal(const struct sj_result *result, const struct sj_look *look, struct sj_buf *out, struct sj_error *err) {
    struct sj_pen pen;
    sj_pen_init(&pen, out, err);
    if (result->title != NULL)
        draw_title(&pen, look, result->title);
    struct sj_arena arena;
    sj_arena_init(&arena, out->mem);
    enum sj_status status = pen.status;
    for (size_t i = 0; i < result->n_tables && status == SJ_OK; i++) {
        sj_pen_text(&pen, i > 0 || result->title != NULL ? "\n" : "");
        status = draw_table(&pen, &result->tables[i], look, &arena);
    }
    if (status == SJ_OK)
        status = draw_notes(&pen, result, look, &arena);
    sj_arena_done(&arena);
    return status;
}
