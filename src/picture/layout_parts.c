#include "picture/layout.h"

/* The parts of a graph that no edge joins: each is laid out by itself, then they are put on shelves, in the order of their first
 * node. */

struct part {
    struct sj_layout layout;
    uint32_t *nodes, *edges; /* their places in the whole */
};

static void find_parts(const struct sj_layout *whole, uint32_t *part_of) {
    for (uint32_t i = 0; i < whole->n_nodes; i++)
        part_of[i] = i;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < whole->n_edges; i++) {
            uint32_t *a = &part_of[whole->edges[i].from], *b = &part_of[whole->edges[i].to];
            changed = changed || *a != *b;
            *a = *b = *a < *b ? *a : *b;
        }
    }
}

static enum sj_status take_part(const struct sj_layout *whole, const uint32_t *part_of, uint32_t id, struct part *part,
                                struct sj_error *err) {
    uint32_t *place; /* in the part, by node of the whole */
    *part = (struct part){.layout.arena = whole->arena};
    struct sj_layout *layout = &part->layout;
    SJ_TRY(sj_arena_new(whole->arena, whole->n_nodes, sizeof *place, &place, err));
    SJ_TRY(sj_arena_new(whole->arena, whole->n_nodes, sizeof *part->nodes, &part->nodes, err));
    SJ_TRY(sj_arena_new(whole->arena, whole->n_edges, sizeof *part->edges, &part->edges, err));
    SJ_TRY(sj_arena_new(whole->arena, whole->n_nodes, sizeof *layout->nodes, &layout->nodes, err));
    SJ_TRY(sj_arena_new(whole->arena, whole->n_edges, sizeof *layout->edges, &layout->edges, err));
    for (uint32_t i = 0; i < whole->n_nodes; i++) {
        if (part_of[i] != id)
            continue;
        place[i] = layout->n_nodes;
        part->nodes[layout->n_nodes] = i;
        layout->nodes[layout->n_nodes++].width = whole->nodes[i].width;
    }
    for (uint32_t i = 0; i < whole->n_edges; i++) {
        const struct sj_layout_edge *edge = &whole->edges[i];
        if (part_of[edge->from] != id)
            continue;
        part->edges[layout->n_edges] = i;
        layout->edges[layout->n_edges++] =
            (struct sj_layout_edge){.from = place[edge->from], .to = place[edge->to], .weight = edge->weight};
    }
    return SJ_OK;
}

struct shelf {
    double used; /* from the left */
    uint32_t first_layer, n_layers;
};

static enum sj_status put_part(struct sj_layout *whole, const struct part *part, struct shelf *shelf, struct sj_error *err) {
    const struct sj_layout *layout = &part->layout;
    if (shelf->used > 0 && shelf->used + layout->width > whole->room)
        *shelf = (struct shelf){.first_layer = shelf->first_layer + shelf->n_layers};
    for (uint32_t i = 0; i < layout->n_nodes; i++) {
        struct sj_layout_node *node = &whole->nodes[part->nodes[i]];
        node->x = layout->nodes[i].x + shelf->used;
        node->layer = layout->nodes[i].layer + shelf->first_layer;
    }
    for (uint32_t i = 0; i < layout->n_edges; i++) {
        const struct sj_layout_edge *from = &layout->edges[i];
        struct sj_layout_edge *to = &whole->edges[part->edges[i]];
        double *bends;
        SJ_TRY(sj_arena_new(whole->arena, from->n_bends, sizeof *bends, &bends, err));
        for (uint32_t k = 0; k < from->n_bends; k++)
            bends[k] = from->bends[k] + shelf->used;
        to->back = from->back;
        to->upper = part->nodes[from->upper];
        to->lower = part->nodes[from->lower];
        to->bends = bends;
        to->n_bends = from->n_bends;
    }
    shelf->used += layout->width;
    shelf->n_layers = layout->n_layers > shelf->n_layers ? layout->n_layers : shelf->n_layers;
    whole->width = shelf->used > whole->width ? shelf->used : whole->width;
    whole->n_layers = shelf->first_layer + shelf->n_layers;
    return SJ_OK;
}

enum sj_status sj_layout_make(struct sj_layout *layout, struct sj_error *err) {
    uint32_t *part_of;
    struct shelf shelf = {0};
    layout->width = 0;
    layout->n_layers = 0;
    SJ_TRY(sj_arena_new(layout->arena, layout->n_nodes, sizeof *part_of, &part_of, err));
    find_parts(layout, part_of);
    for (uint32_t id = 0; id < layout->n_nodes; id++) {
        struct part part;
        if (part_of[id] != id)
            continue;
        SJ_TRY(take_part(layout, part_of, id, &part, err));
        SJ_TRY(sj_layout_rank(&part.layout, err));
        SJ_TRY(sj_layout_place(&part.layout, err));
        SJ_TRY(put_part(layout, &part, &shelf, err));
    }
    return SJ_OK;
}
