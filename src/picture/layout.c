#include "picture/layout.h"

#include <stdlib.h>

/* ---- cycles ---- */

struct ranked {
    double weight;
    uint32_t edge;
};

static int by_weight(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->edge < y->edge ? -1 : 1;
}

/* reach[a * n + b]: b can be reached from a over the edges taken so far. Adding a → b joins what reaches a with what b reaches. */
static void note_reach(bool *reach, uint32_t n, uint32_t a, uint32_t b) {
    for (uint32_t u = 0; u < n; u++) {
        if (u != a && !reach[(size_t)u * n + a])
            continue;
        reach[(size_t)u * n + b] = true;
        for (uint32_t v = 0; v < n; v++)
            reach[(size_t)u * n + v] = reach[(size_t)u * n + v] || reach[(size_t)b * n + v];
    }
}

static enum sj_status break_cycles(struct sj_layout *layout, struct sj_error *err) {
    struct ranked *order;
    bool *reach;
    uint32_t n = layout->n_nodes;
    SJ_TRY(sj_arena_new(layout->arena, layout->n_edges, sizeof *order, &order, err));
    SJ_TRY(sj_arena_new(layout->arena, (size_t)n * n, sizeof *reach, &reach, err));
    for (uint32_t i = 0; i < layout->n_edges; i++)
        order[i] = (struct ranked){layout->edges[i].weight, i};
    qsort(order, layout->n_edges, sizeof *order, by_weight);
    for (uint32_t i = 0; i < layout->n_edges; i++) {
        struct sj_layout_edge *edge = &layout->edges[order[i].edge];
        edge->back = reach[(size_t)edge->to * n + edge->from];
        edge->upper = edge->back ? edge->to : edge->from;
        edge->lower = edge->back ? edge->from : edge->to;
        if (!reach[(size_t)edge->upper * n + edge->lower])
            note_reach(reach, n, edge->upper, edge->lower);
    }
    return SJ_OK;
}

/* ---- layers ---- */

/* The longest path from above: repeated until nothing moves, at most once for each layer. */
static void push_down(struct sj_layout *layout) {
    for (bool moved = true; moved;) {
        moved = false;
        for (uint32_t i = 0; i < layout->n_edges; i++) {
            const struct sj_layout_edge *edge = &layout->edges[i];
            if (layout->nodes[edge->lower].layer <= layout->nodes[edge->upper].layer) {
                layout->nodes[edge->lower].layer = layout->nodes[edge->upper].layer + 1;
                moved = true;
            }
        }
    }
}

/* A node with more weight below than above moves down to its nearest successor: long edges become short. */
static bool pull_node(struct sj_layout *layout, uint32_t node) {
    double above = 0, below = 0;
    uint32_t lowest = UINT32_MAX;
    for (uint32_t i = 0; i < layout->n_edges; i++) {
        const struct sj_layout_edge *edge = &layout->edges[i];
        above += edge->lower == node ? edge->weight : 0;
        if (edge->upper != node)
            continue;
        below += edge->weight;
        uint32_t layer = layout->nodes[edge->lower].layer - 1;
        lowest = layer < lowest ? layer : lowest;
    }
    if (lowest == UINT32_MAX || below <= above || lowest <= layout->nodes[node].layer)
        return false;
    layout->nodes[node].layer = lowest;
    return true;
}

enum sj_status sj_layout_rank(struct sj_layout *layout, struct sj_error *err) {
    SJ_TRY(break_cycles(layout, err));
    for (uint32_t i = 0; i < layout->n_nodes; i++)
        layout->nodes[i].layer = 0;
    push_down(layout);
    for (bool moved = true; moved;) {
        moved = false;
        for (uint32_t i = 0; i < layout->n_nodes; i++)
            moved = pull_node(layout, i) || moved;
    }
    layout->n_layers = 0;
    for (uint32_t i = 0; i < layout->n_nodes; i++)
        if (layout->nodes[i].layer >= layout->n_layers)
            layout->n_layers = layout->nodes[i].layer + 1;
    return SJ_OK;
}
