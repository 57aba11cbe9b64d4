#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "picture/layout.h"
#include "picture/svg.h"

/* The flow graph: boxes for touchpoints, edges as wide as they are frequent, what runs against the stream broken and in another
 * colour. How many journeys start and end at a touchpoint stands on its box (▶ and ■), how often it follows itself inside (↻).
 *
 *           ┌────────────┐
 *  ▶ 12,345 │   visit    │ ■ 812
 *           │ 20,001 ↻ 7 │
 *           └────────────┘ */

#define NODES_MAX 30
#define EDGES_MAX 64
#define NAME_LINE 17
#define LAYER_GAP 72 /* between the boxes of two layers: room for edges and their labels */
#define NAME_PX 14
#define NAME_MAX 172 /* a line; longer names take two */
#define GAP_X 34
#define NODE_TEXT_BYTES ((size_t)3 * SJ_FIGURE_BYTES)
#define EDGE_WIDTH_MOST 11
#define TRAIL_STEP 5   /* pixels: less than a label is high */
#define CROSSED_MOST 1 /* other edges below a label */

enum mark { MARK_COUNT, MARK_STARTS, MARK_ENDS, MARK_SELFS, N_MARKS };

struct node {
    struct sj_str name;
    double marks[N_MARKS];  /* how often it is seen, begins and ends a journey, follows itself */
    struct sj_str lines[2]; /* of the name; the second may be empty */
    int left, top, width;   /* of the box */
};

struct edge {
    uint32_t from, to;
    double count;
    size_t row; /* of the table */
};

struct box {
    int left, top, right, bottom;
};

struct point {
    int x, y;
};

/* The course of an edge, in points so close that no label fits between them. */
struct trail {
    struct point *points;
    size_t n;
};

struct graph {
    const struct sj_table *table;
    size_t drawn, median; /* columns; median: n_columns when there is none */
    struct node nodes[NODES_MAX];
    struct edge edges[EDGES_MAX];
    uint32_t n_nodes, n_edges;
    double most, shown, all; /* counts of edges */
    struct sj_layout layout;
    struct box taken[NODES_MAX * N_MARKS + EDGES_MAX * 2]; /* boxes, marks, tips and labels: nothing is written over them */
    size_t n_taken;
    int left, top;  /* of the picture */
    int box_height; /* of every box */
    struct trail trails[EDGES_MAX];
};

/* ---- what is drawn ---- */

static uint32_t node_of(struct graph *graph, struct sj_str name) {
    for (uint32_t i = 0; i < graph->n_nodes; i++)
        if (sj_str_eq(graph->nodes[i].name, name))
            return i;
    if (graph->n_nodes == NODES_MAX)
        return NODES_MAX;
    graph->nodes[graph->n_nodes] = (struct node){.name = name};
    return graph->n_nodes++;
}

static double length_at(const struct graph *graph, size_t row) {
    return sj_figure_length(sj_table_cell(graph->table, row, graph->drawn), graph->table->def->columns[graph->drawn].type);
}

static void add_row(struct graph *graph, size_t row) {
    const struct sj_cell *from = sj_table_cell(graph->table, row, 0), *to = sj_table_cell(graph->table, row, 1);
    double count = length_at(graph, row);
    graph->all += count;
    bool is_edge = from->known && to->known && !sj_str_eq(from->text, to->text);
    if (!from->known || !to->known || !(count > 0) || (is_edge && graph->n_edges == EDGES_MAX))
        return;
    uint32_t a = node_of(graph, from->text), b = node_of(graph, to->text);
    if (a == NODES_MAX || b == NODES_MAX)
        return;
    graph->shown += count;
    graph->nodes[b].marks[MARK_COUNT] += count;
    if (a == b) {
        graph->nodes[a].marks[MARK_SELFS] += count;
        return;
    }
    graph->edges[graph->n_edges++] = (struct edge){a, b, count, row};
    graph->most = count > graph->most ? count : graph->most;
}

struct ranked {
    double length;
    size_t row;
};

static int by_length(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->length != y->length)
        return x->length > y->length ? -1 : 1;
    return x->row < y->row ? -1 : 1;
}

static enum sj_status add_rows(struct graph *graph, struct sj_arena *arena, struct sj_error *err) {
    struct ranked *order;
    SJ_TRY(sj_arena_new(arena, graph->table->n_rows, sizeof *order, &order, err));
    for (size_t row = 0; row < graph->table->n_rows; row++)
        order[row] = (struct ranked){length_at(graph, row), row};
    qsort(order, graph->table->n_rows, sizeof *order, by_length);
    for (size_t i = 0; i < graph->table->n_rows; i++)
        add_row(graph, order[i].row);
    return SJ_OK;
}

/* The tables "starts", "ends" and "touchpoints" beside the links, each (touchpoint, count, …): counts by node. */
static bool add_marks(struct graph *graph, const struct sj_result *result, const char *name, enum mark mark) {
    const struct sj_table *table = sj_result_find(result, name);
    if (table == NULL || table->def->n_columns < 2 || !sj_type_is_text(table->def->columns[0].type) ||
        table->def->columns[1].type != SJ_TYPE_COUNT)
        return false;
    for (size_t row = 0; row < table->n_rows; row++) {
        const struct sj_cell *touchpoint = sj_table_cell(table, row, 0), *count = sj_table_cell(table, row, 1);
        for (uint32_t i = 0; i < graph->n_nodes; i++)
            if (touchpoint->known && count->known && sj_str_eq(graph->nodes[i].name, touchpoint->text))
                graph->nodes[i].marks[mark] = (double)count->i64;
    }
    return true;
}

/* Without a table of touchpoints, a touchpoint is seen at least as often as it is entered and started with, or left and ended with. */
static void count_nodes(struct graph *graph, const struct sj_result *result) {
    double out[NODES_MAX] = {0};
    add_marks(graph, result, "starts", MARK_STARTS);
    add_marks(graph, result, "ends", MARK_ENDS);
    if (add_marks(graph, result, "touchpoints", MARK_COUNT))
        return;
    for (uint32_t i = 0; i < graph->n_edges; i++)
        out[graph->edges[i].from] += graph->edges[i].count;
    for (uint32_t i = 0; i < graph->n_nodes; i++) {
        double *marks = graph->nodes[i].marks;
        double entered = marks[MARK_COUNT] + marks[MARK_STARTS], left = out[i] + marks[MARK_SELFS] + marks[MARK_ENDS];
        marks[MARK_COUNT] = entered > left ? entered : left;
    }
}

static size_t find_median(const struct sj_table_def *def) {
    size_t column = 0;
    while (column < def->n_columns && strcmp(def->columns[column].name, "median") != 0)
        column++;
    return column < def->n_columns && def->columns[column].type == SJ_TYPE_DURATION ? column : def->n_columns;
}

/* ---- where it is drawn ---- */

static void node_texts(const struct node *node, enum sj_lang lang, char out[NODE_TEXT_BYTES]) {
    char count[SJ_FIGURE_BYTES], selfs[SJ_FIGURE_BYTES];
    sj_figure_count((int64_t)node->marks[MARK_COUNT], lang, count);
    sj_figure_count((int64_t)node->marks[MARK_SELFS], lang, selfs);
    if (node->marks[MARK_SELFS] > 0)
        snprintf(out, NODE_TEXT_BYTES, "%s  ↻ %s", count, selfs);
    else
        snprintf(out, NODE_TEXT_BYTES, "%s", count);
}

static bool breaks_after(char c) { return c == ' ' || c == '_' || c == '-' || c == ':' || c == '/' || c == '.'; }

/* A long name in two lines, broken where the longer of them is shortest. */
static void split_name(struct node *node) {
    struct sj_str name = node->name;
    node->lines[0] = name;
    int shortest = sj_svg_text_width(name, NAME_PX);
    if (shortest <= NAME_MAX)
        return;
    for (size_t i = 1; i + 1 < name.n; i++) {
        struct sj_str first = {name.p, i + 1}, second = {name.p + i + 1, name.n - i - 1};
        int a = sj_svg_text_width(first, NAME_PX), b = sj_svg_text_width(second, NAME_PX), longer = a > b ? a : b;
        if (!breaks_after(name.p[i]) || longer >= shortest)
            continue;
        shortest = longer;
        node->lines[0] = sj_str_trim(first);
        node->lines[1] = second;
    }
}

static struct sj_str mark_text(struct sj_svg *svg, const char *sign, double count) {
    char figure[SJ_FIGURE_BYTES];
    const char *text = "";
    sj_figure_count((int64_t)count, svg->look->lang, figure);
    enum sj_status status = sj_arena_print(svg->arena, &text, svg->pen.err, "%s %s", sign, figure);
    if (status != SJ_OK)
        svg->pen.status = status;
    return sj_str(text);
}

/* How much room a box and its marks want. The marks on both sides get the same, so that the box stays in the middle. */
static int measure_node(struct sj_svg *svg, struct node *node) {
    char counts[NODE_TEXT_BYTES];
    node_texts(node, svg->look->lang, counts);
    split_name(node);
    int width = sj_svg_text_width(sj_str(counts), 11);
    for (int i = 0; i < 2; i++) {
        int line = sj_svg_text_width(node->lines[i], NAME_PX);
        line = line > NAME_MAX ? NAME_MAX : line;
        width = line > width ? line : width;
    }
    node->width = width + 22;
    int starts = node->marks[MARK_STARTS] > 0 ? sj_svg_text_width(mark_text(svg, "▶", node->marks[MARK_STARTS]), 11) + 6 : 0;
    int ends = node->marks[MARK_ENDS] > 0 ? sj_svg_text_width(mark_text(svg, "■", node->marks[MARK_ENDS]), 11) + 6 : 0;
    return node->width + 2 * (starts > ends ? starts : ends) + GAP_X;
}

static enum sj_status lay_out(struct graph *graph, struct sj_svg *svg, struct sj_error *err) {
    struct sj_layout *layout = &graph->layout;
    *layout =
        (struct sj_layout){.arena = svg->arena, .n_nodes = graph->n_nodes, .n_edges = graph->n_edges, .room = SJ_SVG_RIGHT - SJ_SVG_MARGIN};
    SJ_TRY(sj_arena_new(svg->arena, graph->n_nodes, sizeof *layout->nodes, &layout->nodes, err));
    SJ_TRY(sj_arena_new(svg->arena, graph->n_edges, sizeof *layout->edges, &layout->edges, err));
    graph->box_height = 40;
    for (uint32_t i = 0; i < graph->n_nodes; i++) {
        layout->nodes[i].width = measure_node(svg, &graph->nodes[i]);
        if (graph->nodes[i].lines[1].n > 0)
            graph->box_height = 40 + NAME_LINE;
    }
    for (uint32_t i = 0; i < graph->n_edges; i++)
        layout->edges[i] = (struct sj_layout_edge){.from = graph->edges[i].from, .to = graph->edges[i].to, .weight = graph->edges[i].count};
    return sj_layout_make(layout, err);
}

static int layer_top(const struct graph *graph, uint32_t layer) { return graph->top + (int)layer * (graph->box_height + LAYER_GAP); }

static void place_boxes(struct graph *graph, struct sj_svg *svg) {
    int wide = (int)graph->layout.width, room = SJ_SVG_RIGHT - SJ_SVG_MARGIN;
    graph->left = SJ_SVG_MARGIN + (wide < room ? (room - wide) / 2 : 0);
    graph->top = svg->y + 16;
    if (wide + 2 * SJ_SVG_MARGIN > svg->width)
        svg->width = wide + 2 * SJ_SVG_MARGIN;
    for (uint32_t i = 0; i < graph->n_nodes; i++) {
        struct node *node = &graph->nodes[i];
        node->left = graph->left + (int)lround(graph->layout.nodes[i].x) - node->width / 2;
        node->top = layer_top(graph, graph->layout.nodes[i].layer);
        graph->taken[graph->n_taken++] = (struct box){node->left, node->top, node->left + node->width, node->top + graph->box_height};
    }
}

/* ---- drawing ---- */

static void draw_node(struct sj_svg *svg, const struct node *node, int height) {
    int middle = node->left + node->width / 2, lines = node->lines[1].n > 0 ? 2 : 1;
    int base = node->top + (height - 40 - (lines - 1) * NAME_LINE) / 2 + 17;
    char text[NODE_TEXT_BYTES];
    sj_pen_print(&svg->pen, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"7\" class=\"node\"/>\n", node->left, node->top,
                 node->width, height);
    for (int i = 0; i < lines; i++, base += NAME_LINE)
        sj_svg_text(svg, middle, base, "strong", SJ_ANCHOR_MIDDLE, node->lines[i], NAME_MAX + 4);
    node_texts(node, svg->look->lang, text);
    sj_svg_text(svg, middle, base - 2, "tiny soft", SJ_ANCHOR_MIDDLE, sj_str(text), 0);
    int side = node->top + height / 2 + 4;
    if (node->marks[MARK_STARTS] > 0)
        sj_svg_text(svg, node->left - 6, side, "tiny halo", SJ_ANCHOR_END, mark_text(svg, "▶", node->marks[MARK_STARTS]), 0);
    if (node->marks[MARK_ENDS] > 0)
        sj_svg_text(svg, node->left + node->width + 6, side, "tiny halo", SJ_ANCHOR_START, mark_text(svg, "■", node->marks[MARK_ENDS]), 0);
}

/* Where an edge meets its box: edges of one side share its width, in the order of where they go. */
static int port_of(const struct graph *graph, uint32_t edge, bool lower_end) {
    const struct sj_layout_edge *edges = graph->layout.edges, *own = &edges[edge];
    uint32_t node = lower_end ? own->lower : own->upper, rank = 0, n = 0;
    for (uint32_t i = 0; i < graph->n_edges; i++) {
        const struct sj_layout_edge *e = &edges[i];
        if ((lower_end ? e->lower : e->upper) != node)
            continue;
        n++;
        const double *next =
            e->n_bends == 0 ? &graph->layout.nodes[lower_end ? e->upper : e->lower].x : &e->bends[lower_end ? e->n_bends - 1 : 0];
        const double *mine =
            own->n_bends == 0 ? &graph->layout.nodes[lower_end ? own->upper : own->lower].x : &own->bends[lower_end ? own->n_bends - 1 : 0];
        rank += *next < *mine || (*next == *mine && i < edge);
    }
    const struct node *box = &graph->nodes[node];
    int room = box->width * 3 / 5, step = n > 1 ? room / (int)(n - 1) : 0;
    step = step > 22 ? 22 : step;
    return box->left + box->width / 2 + (2 * (int)rank - ((int)n - 1)) * step / 2;
}

/* From the upper end to the lower one. Returns the number of points: its two ends and its bends, doubled where it passes a layer. */
static size_t trace(const struct graph *graph, uint32_t edge, struct point *points) {
    const struct sj_layout_edge *e = &graph->layout.edges[edge];
    const struct node *upper = &graph->nodes[e->upper], *lower = &graph->nodes[e->lower];
    size_t n = 0;
    points[n++] = (struct point){port_of(graph, edge, false), upper->top + graph->box_height + (e->back ? 8 : 0)};
    for (uint32_t i = 0; i < e->n_bends; i++) {
        int x = graph->left + (int)lround(e->bends[i]), y = layer_top(graph, graph->layout.nodes[e->upper].layer + i + 1);
        points[n++] = (struct point){x, y};
        points[n++] = (struct point){x, y + graph->box_height};
    }
    points[n++] = (struct point){port_of(graph, edge, true), lower->top - (e->back ? 0 : 8)};
    return n;
}

static void draw_curve(struct sj_svg *svg, const struct point *p, size_t n_points) {
    sj_pen_print(&svg->pen, "M%d %d", p[0].x, p[0].y);
    for (size_t i = 1; i < n_points; i++) {
        int middle = (p[i - 1].y + p[i].y) / 2;
        if (i % 2 == 0 || p[i - 1].x == p[i].x)
            sj_pen_print(&svg->pen, "L%d %d", p[i].x, p[i].y);
        else
            sj_pen_print(&svg->pen, "C%d %d %d %d %d %d", p[i - 1].x, middle, p[i].x, middle, p[i].x, p[i].y);
    }
}

static void draw_tooltip(struct sj_svg *svg, const struct graph *graph, const struct edge *edge) {
    sj_pen_text(&svg->pen, "<title>");
    sj_pen_xml(&svg->pen, graph->nodes[edge->from].name);
    sj_pen_text(&svg->pen, " → ");
    sj_pen_xml(&svg->pen, graph->nodes[edge->to].name);
    for (size_t column = 2; column < graph->table->def->n_columns; column++) {
        const struct sj_column_def *def = &graph->table->def->columns[column];
        sj_pen_text(&svg->pen, "&#10;");
        sj_pen_xml(&svg->pen, sj_str(sj_text(svg->look->lang, def->label != NULL ? def->label : def->name)));
        sj_pen_text(&svg->pen, ": ");
        sj_pen_xml(&svg->pen, sj_svg_cell(svg, graph->table, edge->row, column));
    }
    sj_pen_text(&svg->pen, "</title>");
}

static void draw_edge(struct sj_svg *svg, const struct graph *graph, uint32_t i, const struct point *points, size_t n_points) {
    const struct edge *edge = &graph->edges[i];
    bool back = graph->layout.edges[i].back;
    int tenths = 12 + (int)lround(edge->count / graph->most * (EDGE_WIDTH_MOST * 10 - 12));
    sj_pen_print(&svg->pen, "<g><path class=\"%s\" stroke-width=\"%d.%d\" d=\"", back ? "back" : "flow", tenths / 10, tenths % 10);
    draw_curve(svg, points, n_points);
    sj_pen_text(&svg->pen, "\"/>");
    struct point tip = back ? points[0] : points[n_points - 1];
    int half = 4 + tenths / 25, away = back ? -8 : 8;
    sj_pen_print(&svg->pen, "<path class=\"%s\" d=\"M%d %dL%d %dL%d %dZ\"/>", back ? "backtip" : "tip", tip.x - half, tip.y, tip.x + half,
                 tip.y, tip.x, tip.y + away);
    draw_tooltip(svg, graph, edge);
    sj_pen_text(&svg->pen, "</g>\n");
}

/* ---- labels ---- */

static bool is_free(const struct graph *graph, const struct box *box) {
    for (size_t i = 0; i < graph->n_taken; i++) {
        const struct box *t = &graph->taken[i];
        if (box->left < t->right && t->left < box->right && box->top < t->bottom && t->top < box->bottom)
            return false;
    }
    return true;
}

/* The cubic of draw_curve() at t; both its ends stand upright. */
static struct point on_curve(struct point a, struct point b, double t) {
    double s = 1 - t, middle = (a.y + b.y) / 2.0;
    double wa = s * s * s + 3 * s * s * t, wb = 1 - wa;
    double y = s * s * s * a.y + 3 * s * t * middle + t * t * t * b.y;
    return (struct point){(int)lround(wa * a.x + wb * b.x), (int)lround(y)};
}

static enum sj_status remember_trail(struct sj_svg *svg, struct graph *graph, uint32_t i, const struct point *points, size_t n_points) {
    struct trail *trail = &graph->trails[i];
    size_t n = 1;
    for (size_t k = 1; k < n_points; k++)
        n += (size_t)(abs(points[k].x - points[k - 1].x) + abs(points[k].y - points[k - 1].y)) / TRAIL_STEP + 1;
    SJ_TRY(sj_arena_new(svg->arena, n, sizeof *trail->points, &trail->points, svg->pen.err));
    for (size_t k = 1; k < n_points; k++) {
        struct point a = points[k - 1], b = points[k];
        size_t n_steps = (size_t)(abs(b.x - a.x) + abs(b.y - a.y)) / TRAIL_STEP + 1;
        for (size_t step = 0; step < n_steps; step++) {
            double t = (double)step / (double)n_steps;
            trail->points[trail->n++] = k % 2 == 0 ? (struct point){a.x, a.y + (int)lround(t * (b.y - a.y))} : on_curve(a, b, t);
        }
    }
    return SJ_OK;
}

/* How many other edges run through the box: a figure on two lines belongs to neither. */
static uint32_t n_crossed(const struct graph *graph, uint32_t own, const struct box *box) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < graph->n_edges; i++) {
        const struct trail *trail = &graph->trails[i];
        size_t k = 0;
        while (k < trail->n && (trail->points[k].x < box->left || trail->points[k].x > box->right || trail->points[k].y < box->top ||
                                trail->points[k].y > box->bottom))
            k++;
        n += i != own && k < trail->n;
    }
    return n;
}

/* The place on the edge that is free and that the fewest other edges run through, the one nearest to its middle among equals. */
static bool find_label_place(struct graph *graph, uint32_t edge, int width, int height, struct point *ret_at) {
    const struct trail *trail = &graph->trails[edge];
    struct box best = {0};
    uint32_t fewest = CROSSED_MOST + 1;
    for (size_t k = 0; k < trail->n && fewest > 0; k++) {
        size_t away = k / 2 + k % 2, middle = trail->n / 2;
        if (k % 2 != 0 ? away > middle : middle + away >= trail->n)
            continue;
        struct point at = trail->points[k % 2 != 0 ? middle - away : middle + away];
        struct box box = {at.x - width / 2, at.y - height / 2, at.x + width / 2, at.y + height / 2};
        uint32_t n = is_free(graph, &box) ? n_crossed(graph, edge, &box) : fewest;
        if (n >= fewest)
            continue;
        fewest = n;
        best = box;
        *ret_at = at;
    }
    if (fewest > CROSSED_MOST)
        return false;
    graph->taken[graph->n_taken++] = best;
    return true;
}

/* The count and below it the median, or where there is less room the count alone, or nothing: all of it stands in the tooltip. */
static void draw_label(struct sj_svg *svg, struct graph *graph, uint32_t i) {
    struct sj_str count = sj_svg_cell(svg, graph->table, graph->edges[i].row, graph->drawn), median = {"", 0};
    if (graph->median < graph->table->def->n_columns)
        median = sj_svg_cell(svg, graph->table, graph->edges[i].row, graph->median);
    int wide = sj_svg_text_width(count, 11), second = sj_svg_text_width(median, 11);
    struct point at;
    bool both = median.n > 0 && find_label_place(graph, i, (wide > second ? wide : second) + 4, 26, &at);
    if (!both && !find_label_place(graph, i, wide + 4, 13, &at))
        return;
    sj_svg_text(svg, at.x, at.y + (both ? -2 : 4), "tiny halo", SJ_ANCHOR_MIDDLE, count, 0);
    if (both)
        sj_svg_text(svg, at.x, at.y + 10, "tiny soft halo", SJ_ANCHOR_MIDDLE, median, 0);
}

/* The marks beside the boxes, and the arrows' tips. */
static void take_marks(struct graph *graph, struct sj_svg *svg) {
    for (uint32_t i = 0; i < graph->n_nodes; i++) {
        const struct node *node = &graph->nodes[i];
        int middle = node->top + graph->box_height / 2, right = node->left + node->width;
        int starts = sj_svg_text_width(mark_text(svg, "▶", node->marks[MARK_STARTS]), 11) + 6;
        int ends = sj_svg_text_width(mark_text(svg, "■", node->marks[MARK_ENDS]), 11) + 6;
        if (node->marks[MARK_STARTS] > 0)
            graph->taken[graph->n_taken++] = (struct box){node->left - starts, middle - 7, node->left, middle + 7};
        if (node->marks[MARK_ENDS] > 0)
            graph->taken[graph->n_taken++] = (struct box){right, middle - 7, right + ends, middle + 7};
    }
    for (uint32_t i = 0; i < graph->n_edges; i++) {
        const struct trail *trail = &graph->trails[i];
        struct point tip = trail->points[graph->layout.edges[i].back ? 0 : trail->n - 1];
        graph->taken[graph->n_taken++] = (struct box){tip.x - 6, tip.y - 8, tip.x + 6, tip.y + 8};
    }
}

static enum sj_status draw_edges(struct sj_svg *svg, struct graph *graph, struct sj_error *err) {
    struct point *points;
    size_t n_points;
    SJ_TRY(sj_arena_new(svg->arena, 2 * (size_t)graph->layout.n_layers + 2, sizeof *points, &points, err));
    for (uint32_t i = graph->n_edges; i-- > 0;) {
        n_points = trace(graph, i, points);
        SJ_TRY(remember_trail(svg, graph, i, points, n_points));
        draw_edge(svg, graph, i, points, n_points);
    }
    take_marks(graph, svg);
    for (uint32_t i = 0; i < graph->n_nodes; i++)
        draw_node(svg, &graph->nodes[i], graph->box_height);
    for (uint32_t i = 0; i < graph->n_edges; i++)
        draw_label(svg, graph, i);
    return SJ_OK;
}

static void draw_legend(struct sj_svg *svg, const struct graph *graph) {
    char share[SJ_FIGURE_BYTES], text[400];
    sj_figure_percent(graph->all > 0 ? graph->shown / graph->all : 1, svg->look->lang, share);
    snprintf(text, sizeof text,
             sj_text(svg->look->lang, SJ_T("▶ journeys that start here · ■ that end here · ↻ follows itself · broken lines go back · "
                                           "drawn: %s %% of all steps in the table")),
             share);
    sj_svg_text(svg, SJ_SVG_MARGIN, svg->y + 14, "small soft", SJ_ANCHOR_START, sj_str(text), 0);
    svg->y += 24;
}

static enum sj_status draw_graph(struct sj_svg *svg, struct graph *graph) {
    struct sj_error *err = svg->pen.err;
    SJ_TRY(add_rows(graph, svg->arena, err));
    if (graph->n_nodes == 0)
        return SJ_OK;
    count_nodes(graph, svg->result);
    SJ_TRY(lay_out(graph, svg, err));
    draw_legend(svg, graph);
    place_boxes(graph, svg);
    SJ_TRY(draw_edges(svg, graph, err));
    svg->y = layer_top(graph, graph->layout.n_layers - 1) + graph->box_height + 24;
    return SJ_OK;
}

void sj_svg_flow(struct sj_svg *svg, const struct sj_table *table) {
    struct graph *graph;
    const struct sj_table_def *def = table->def;
    if (def->n_columns < 3 || !sj_type_is_text(def->columns[0].type) || !sj_type_is_text(def->columns[1].type)) {
        sj_svg_table(svg, table);
        return;
    }
    enum sj_status status = sj_arena_new(svg->arena, 1, sizeof *graph, &graph, svg->pen.err);
    if (status == SJ_OK) {
        graph->table = table;
        graph->drawn = sj_svg_drawn(def);
        graph->median = find_median(def);
        status = draw_graph(svg, graph);
    }
    if (status != SJ_OK)
        svg->pen.status = status;
}
