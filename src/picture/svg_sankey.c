#include <stdlib.h>

#include "base/names.h"
#include "picture/svg.h"

/* Steps from left to right: a column of places for each step, as high as many are there, and ribbons as wide as many go from one to
 * the next. The table has step, from and to first; a text after them says what it is when it is no touchpoint (grey, at the bottom).
 *
 *   █ start ▒▒▒▒▒▒▒▒ █ visit   ▒▒▒▒▒▒▒ █ cart
 *   █  12,345  ▒▒▒▒  █  9,876   ▒▒▒▒   █  4,321
 *             ▒▒▒▒▒▒ ▒ (end)       ▒▒▒ ▒ (end)
 */

#define COLUMN_WIDTH 176
#define NODE_WIDTH 12
#define LABEL_GAP 6
#define SLOT_MIN 32 /* two lines of text */
#define SLOT_GAP 6
#define FLOW_HEIGHT 330 /* of all that are followed */

struct node {
    struct sj_str name;
    uint32_t column;
    bool is_rest;          /* others, or who is gone */
    double in, out;        /* what comes and goes */
    int y, height;         /* pixels */
    int in_used, out_used; /* pixels of ribbons that are drawn already */
};

struct sankey {
    struct sj_svg *svg;
    const struct sj_table *table;
    size_t drawn, kind; /* columns of the table */
    int64_t first_step;
    uint32_t n_columns;
    struct node *nodes;
    struct node **order; /* by column and place in it */
    size_t n_nodes;
    uint32_t *from, *to; /* by row: nodes */
    double most;         /* of a column */
};

static double amount(const struct sankey *k, size_t row) {
    return sj_figure_length(sj_table_cell(k->table, row, k->drawn), k->table->def->columns[k->drawn].type);
}

/* Steps count from 1, or, looking back, from -1 down: the column that a step starts from. */
static uint32_t column_of(const struct sankey *k, size_t row) {
    const int64_t step = sj_table_cell(k->table, row, 0)->i64;
    return (uint32_t)(step > 0 ? step - 1 : step - k->first_step);
}

static bool is_back(const struct sankey *k, size_t row) { return sj_table_cell(k->table, row, 0)->i64 < 0; }

static bool is_touchpoint(const struct sankey *k, size_t row) {
    const struct sj_cell *cell = sj_table_cell(k->table, row, k->kind);
    return !cell->known || sj_str_eq(cell->text, SJ_LIT("touchpoint"));
}

/* The node of a name in a column, made where it is new. */
static uint32_t node_of(struct sankey *k, struct sj_names *names, size_t row, size_t text, uint32_t column) {
    const struct sj_str name = sj_svg_cell(k->svg, k->table, row, text);
    const char *key;
    uint32_t code = 0;
    enum sj_status status = sj_arena_print(k->svg->arena, &key, k->svg->pen.err, "%u %.*s", column, SJ_ARG(name));
    if (status == SJ_OK)
        status = sj_names_add(names, sj_str(key), &code, k->svg->pen.err);
    if (status != SJ_OK) {
        k->svg->pen.status = status;
        return 0;
    }
    if (code == k->n_nodes)
        k->nodes[k->n_nodes++] = (struct node){.name = name, .column = column};
    return code;
}

static void read_rows(struct sankey *k) {
    struct sj_names names;
    sj_names_init(&names, k->svg->arena->mem, 0);
    for (size_t row = 0; row < k->table->n_rows; row++) {
        const uint32_t column = column_of(k, row);
        k->from[row] = node_of(k, &names, row, 1, column);
        k->to[row] = node_of(k, &names, row, 2, column + 1);
        k->nodes[k->from[row]].out += amount(k, row);
        k->nodes[k->to[row]].in += amount(k, row);
        if (!is_touchpoint(k, row))
            k->nodes[is_back(k, row) ? k->from[row] : k->to[row]].is_rest = true;
        k->n_columns = column + 2 > k->n_columns ? column + 2 : k->n_columns;
    }
    sj_names_done(&names);
}

static double size_of(const struct node *node) { return node->in > node->out ? node->in : node->out; }

/* By column; the largest on top, and what is no touchpoint below all others. */
static int compare_nodes(const void *left, const void *right) {
    const struct node *a = *(struct node *const *)left, *b = *(struct node *const *)right;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    if (a->is_rest != b->is_rest)
        return a->is_rest ? 1 : -1;
    if (size_of(a) != size_of(b))
        return size_of(a) > size_of(b) ? -1 : 1;
    return sj_str_cmp(a->name, b->name);
}

static int place_nodes(struct sankey *k) {
    double sum = 0;
    for (size_t i = 0; i < k->n_nodes; i++)
        k->order[i] = &k->nodes[i];
    qsort(k->order, k->n_nodes, sizeof(struct node *), compare_nodes);
    for (size_t i = 0; i < k->n_nodes; i++) {
        sum = (i > 0 && k->order[i]->column == k->order[i - 1]->column ? sum : 0) + size_of(k->order[i]);
        k->most = sum > k->most ? sum : k->most;
    }
    int y = 0, bottom = 0;
    for (size_t i = 0; i < k->n_nodes; i++) {
        struct node *node = k->order[i];
        y = i > 0 && node->column == k->order[i - 1]->column ? y : k->svg->y;
        node->y = y;
        node->height = sj_svg_scale(size_of(node), k->most, FLOW_HEIGHT);
        y += (node->height > SLOT_MIN ? node->height : SLOT_MIN) + SLOT_GAP;
        bottom = y > bottom ? y : bottom;
    }
    return bottom;
}

static int left_of(const struct node *node) { return SJ_SVG_MARGIN + (int)node->column * COLUMN_WIDTH; }

static void draw_ribbon(struct sankey *k, size_t row) {
    struct node *from = &k->nodes[k->from[row]], *to = &k->nodes[k->to[row]];
    const int height = sj_svg_scale(amount(k, row), k->most, FLOW_HEIGHT);
    const int x1 = left_of(from) + NODE_WIDTH, x2 = left_of(to), middle = (x1 + x2) / 2;
    const int y1 = from->y + from->out_used, y2 = to->y + to->in_used;
    from->out_used += height;
    to->in_used += height;
    sj_pen_print(&k->svg->pen, "<path d=\"M%d %dC%d %d %d %d %d %dV%dC%d %d %d %d %d %dZ\" class=\"%s\"><title>", x1, y1, middle, y1,
                 middle, y2, x2, y2, y2 + height, middle, y2 + height, middle, y1 + height, x1, y1 + height,
                 from->is_rest || to->is_rest ? "ribbon rest" : "ribbon");
    sj_pen_xml(&k->svg->pen, from->name);
    sj_pen_text(&k->svg->pen, " → ");
    sj_pen_xml(&k->svg->pen, to->name);
    sj_pen_text(&k->svg->pen, ": ");
    sj_pen_xml(&k->svg->pen, sj_svg_cell(k->svg, k->table, row, k->drawn));
    sj_pen_text(&k->svg->pen, ", ");
    sj_pen_xml(&k->svg->pen, sj_svg_share(k->svg, k->table, row));
    sj_pen_text(&k->svg->pen, "</title></path>\n");
}

/* Ribbons leave and reach a node in the order of the nodes at their other ends, so that they cross as little as can be. */
struct ribbon {
    const struct sankey *sankey;
    size_t row;
};

static int compare_ribbons(const void *left, const void *right) {
    const struct ribbon *a = left, *b = right;
    const struct node *nodes = a->sankey->nodes;
    const struct node *a_from = &nodes[a->sankey->from[a->row]], *b_from = &nodes[b->sankey->from[b->row]];
    const struct node *a_to = &nodes[a->sankey->to[a->row]], *b_to = &nodes[b->sankey->to[b->row]];
    if (a_from->column != b_from->column)
        return a_from->column < b_from->column ? -1 : 1;
    if (a_from->y != b_from->y)
        return a_from->y < b_from->y ? -1 : 1;
    return (a_to->y > b_to->y) - (a_to->y < b_to->y);
}

static void draw_ribbons(struct sankey *k, struct ribbon *ribbons) {
    for (size_t row = 0; row < k->table->n_rows; row++)
        ribbons[row] = (struct ribbon){k, row};
    qsort(ribbons, k->table->n_rows, sizeof *ribbons, compare_ribbons);
    for (size_t i = 0; i < k->table->n_rows; i++)
        draw_ribbon(k, ribbons[i].row);
}

static void draw_node(struct sankey *k, const struct node *node) {
    const int x = left_of(node), text_x = x + NODE_WIDTH + LABEL_GAP, room = COLUMN_WIDTH - NODE_WIDTH - 2 * LABEL_GAP;
    char figure[SJ_FIGURE_BYTES];
    const size_t n = sj_figure_count((int64_t)size_of(node), k->svg->look->lang, figure);
    sj_svg_rect(k->svg, x, node->y, NODE_WIDTH, node->height, node->is_rest ? "restnode" : "bar");
    sj_svg_text(k->svg, text_x, node->y + 12, node->is_rest ? "small soft halo" : "small halo", SJ_ANCHOR_START, node->name, room);
    sj_svg_text(k->svg, text_x, node->y + 26, "tiny soft halo", SJ_ANCHOR_START, (struct sj_str){figure, n}, room);
}

/* All that is drawn, or the first failure. */
static enum sj_status new_parts(struct sankey *k, struct ribbon **ret_ribbons) {
    struct sj_arena *arena = k->svg->arena;
    struct sj_error *err = k->svg->pen.err;
    const size_t n_rows = k->table->n_rows;
    SJ_TRY(sj_arena_new(arena, 2 * n_rows, sizeof *k->nodes, &k->nodes, err));
    SJ_TRY(sj_arena_new(arena, 2 * n_rows, sizeof(struct node *), &k->order, err));
    SJ_TRY(sj_arena_new(arena, n_rows, sizeof *k->from, &k->from, err));
    SJ_TRY(sj_arena_new(arena, n_rows, sizeof *k->to, &k->to, err));
    return sj_arena_new(arena, n_rows, sizeof **ret_ribbons, ret_ribbons, err);
}

void sj_svg_sankey(struct sj_svg *svg, const struct sj_table *table) {
    struct sankey k = {.svg = svg, .table = table, .drawn = sj_svg_drawn(table->def), .kind = 3};
    struct ribbon *ribbons;
    const enum sj_status status = new_parts(&k, &ribbons);
    if (status != SJ_OK) {
        svg->pen.status = status;
        return;
    }
    for (size_t row = 0; row < table->n_rows; row++) {
        const int64_t step = sj_table_cell(table, row, 0)->i64;
        k.first_step = step < k.first_step ? step : k.first_step;
    }
    read_rows(&k);
    svg->y += 8;
    const int bottom = place_nodes(&k);
    draw_ribbons(&k, ribbons);
    for (size_t i = 0; i < k.n_nodes; i++)
        draw_node(&k, k.order[i]);
    const int width = 2 * SJ_SVG_MARGIN + (int)k.n_columns * COLUMN_WIDTH;
    svg->width = width > svg->width ? width : svg->width;
    svg->y = bottom + 4;
}
