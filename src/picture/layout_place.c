#include "picture/layout.h"

#include <string.h>

/* Places: nodes and the bends of long edges are alike here, vertices in layers; every link joins neighbouring layers. */

#define BEND_WIDTH 26.0
#define ORDER_SWEEPS 24
#define PLACE_SWEEPS 40

struct vertex {
    double width, x, wish;
    uint32_t layer, place; /* place: from the left, within the layer */
    bool bend;
};

struct link {
    uint32_t upper, lower;
    double pull; /* how much it wants to be straight */
};

struct drawing {
    struct vertex *vertices;
    struct link *links;
    uint32_t *order;  /* vertices, layer by layer, from the left */
    uint32_t *starts; /* n_layers + 1: where a layer begins in `order` */
    uint32_t n_vertices, n_links, n_layers;
    uint32_t *best; /* the order with the fewest crossings so far */
};

static uint32_t span_of(const struct sj_layout *layout, const struct sj_layout_edge *edge) {
    return layout->nodes[edge->lower].layer - layout->nodes[edge->upper].layer;
}

/* Bends that belong to one another want to be above each other more than nodes do (Gansner et al. 1993, 4.2: 1, 2 and 8). */
static void add_edge(struct drawing *d, const struct sj_layout *layout, const struct sj_layout_edge *edge) {
    uint32_t above = edge->upper, layer = layout->nodes[edge->upper].layer;
    uint32_t n_bends = span_of(layout, edge) - 1;
    for (uint32_t i = 0; i < n_bends; i++) {
        uint32_t bend = d->n_vertices++;
        d->vertices[bend] = (struct vertex){.width = BEND_WIDTH, .layer = layer + 1 + i, .bend = true};
        d->links[d->n_links++] = (struct link){above, bend, i > 0 ? 8 : 2};
        above = bend;
    }
    d->links[d->n_links++] = (struct link){above, edge->lower, n_bends > 0 ? 2 : 1};
}

static enum sj_status make_drawing(const struct sj_layout *layout, struct drawing *d, struct sj_error *err) {
    size_t n_vertices = layout->n_nodes, n_links = 0;
    for (uint32_t i = 0; i < layout->n_edges; i++) {
        n_vertices += span_of(layout, &layout->edges[i]) - 1;
        n_links += span_of(layout, &layout->edges[i]);
    }
    SJ_TRY(sj_arena_new(layout->arena, n_vertices, sizeof *d->vertices, &d->vertices, err));
    SJ_TRY(sj_arena_new(layout->arena, n_links, sizeof *d->links, &d->links, err));
    SJ_TRY(sj_arena_new(layout->arena, n_vertices, sizeof *d->order, &d->order, err));
    SJ_TRY(sj_arena_new(layout->arena, n_vertices, sizeof *d->best, &d->best, err));
    SJ_TRY(sj_arena_new(layout->arena, (size_t)layout->n_layers + 1, sizeof *d->starts, &d->starts, err));
    d->n_layers = layout->n_layers;
    for (uint32_t i = 0; i < layout->n_nodes; i++)
        d->vertices[d->n_vertices++] = (struct vertex){.width = layout->nodes[i].width, .layer = layout->nodes[i].layer};
    for (uint32_t i = 0; i < layout->n_edges; i++)
        add_edge(d, layout, &layout->edges[i]);
    return SJ_OK;
}

static void first_order(struct drawing *d) {
    uint32_t at = 0;
    for (uint32_t layer = 0; layer < d->n_layers; layer++) {
        d->starts[layer] = at;
        for (uint32_t v = 0; v < d->n_vertices; v++)
            if (d->vertices[v].layer == layer)
                d->order[at++] = v;
    }
    d->starts[d->n_layers] = at;
}

static void number_layer(struct drawing *d, uint32_t layer) {
    for (uint32_t at = d->starts[layer]; at < d->starts[layer + 1]; at++)
        d->vertices[d->order[at]].place = at - d->starts[layer];
}

static uint64_t count_crossings(const struct drawing *d) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < d->n_links; i++) {
        const struct vertex *upper = &d->vertices[d->links[i].upper], *lower = &d->vertices[d->links[i].lower];
        for (uint32_t j = i + 1; j < d->n_links; j++) {
            const struct vertex *u = &d->vertices[d->links[j].upper], *l = &d->vertices[d->links[j].lower];
            if (u->layer == upper->layer)
                n += (u->place < upper->place && l->place > lower->place) || (u->place > upper->place && l->place < lower->place);
        }
    }
    return n;
}

/* The middle of the neighbours on one side; a vertex without any keeps its place. */
static void wish_by_order(struct drawing *d, uint32_t layer, bool from_above) {
    for (uint32_t at = d->starts[layer]; at < d->starts[layer + 1]; at++) {
        uint32_t v = d->order[at];
        double sum = 0;
        uint32_t n = 0;
        for (uint32_t i = 0; i < d->n_links; i++) {
            uint32_t here = from_above ? d->links[i].lower : d->links[i].upper;
            uint32_t other = from_above ? d->links[i].upper : d->links[i].lower;
            if (here == v) {
                sum += d->vertices[other].place;
                n++;
            }
        }
        d->vertices[v].wish = n > 0 ? sum / n : d->vertices[v].place;
    }
}

/* By insertion: few, nearly sorted, and equal wishes keep their order. */
static void sort_layer(struct drawing *d, uint32_t layer) {
    uint32_t *order = d->order + d->starts[layer], n = d->starts[layer + 1] - d->starts[layer];
    for (uint32_t i = 1; i < n; i++) {
        uint32_t v = order[i], at = i;
        for (; at > 0 && d->vertices[order[at - 1]].wish > d->vertices[v].wish; at--)
            order[at] = order[at - 1];
        order[at] = v;
    }
    number_layer(d, layer);
}

static void reduce_crossings(struct drawing *d) {
    first_order(d);
    for (uint32_t layer = 0; layer < d->n_layers; layer++)
        number_layer(d, layer);
    uint64_t fewest = count_crossings(d);
    memcpy(d->best, d->order, d->n_vertices * sizeof *d->order);
    for (int sweep = 0; sweep < ORDER_SWEEPS && fewest > 0; sweep++) {
        bool down = sweep % 2 == 0;
        for (uint32_t i = 1; i < d->n_layers; i++) {
            uint32_t layer = down ? i : d->n_layers - 1 - i;
            wish_by_order(d, layer, down);
            sort_layer(d, layer);
        }
        uint64_t n = count_crossings(d);
        if (n < fewest) {
            fewest = n;
            memcpy(d->best, d->order, d->n_vertices * sizeof *d->order);
        }
    }
    memcpy(d->order, d->best, d->n_vertices * sizeof *d->order);
    for (uint32_t layer = 0; layer < d->n_layers; layer++)
        number_layer(d, layer);
}

/* ---- places ---- */

static void wish_by_neighbours(struct drawing *d, uint32_t layer) {
    for (uint32_t at = d->starts[layer]; at < d->starts[layer + 1]; at++) {
        struct vertex *v = &d->vertices[d->order[at]];
        double sum = 0, pulls = 0;
        for (uint32_t i = 0; i < d->n_links; i++) {
            const struct link *link = &d->links[i];
            if (link->upper != d->order[at] && link->lower != d->order[at])
                continue;
            sum += link->pull * d->vertices[link->upper == d->order[at] ? link->lower : link->upper].x;
            pulls += link->pull;
        }
        v->wish = pulls > 0 ? sum / pulls : v->x;
    }
}

/* A run of vertices that stand as close as they may. */
struct block {
    double sum, weight; /* of the wishes, as if all stood where the first does */
    uint32_t n;
};

/* The places nearest to the wishes (least squares) that keep order and distance: isotonic regression by pooling neighbours that
 * violate it (Ayer et al. 1955), after the distances from the left are taken off. */
static void settle_layer(struct drawing *d, uint32_t layer, struct block *blocks) {
    const uint32_t *order = d->order + d->starts[layer];
    uint32_t n = d->starts[layer + 1] - d->starts[layer], n_blocks = 0;
    double shift = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct vertex *v = &d->vertices[order[i]];
        shift += i > 0 ? (d->vertices[order[i - 1]].width + v->width) / 2 : 0;
        blocks[n_blocks++] = (struct block){.sum = v->wish - shift, .weight = 1, .n = 1};
        while (n_blocks > 1 &&
               blocks[n_blocks - 1].sum / blocks[n_blocks - 1].weight < blocks[n_blocks - 2].sum / blocks[n_blocks - 2].weight) {
            blocks[n_blocks - 2].sum += blocks[n_blocks - 1].sum;
            blocks[n_blocks - 2].weight += blocks[n_blocks - 1].weight;
            blocks[n_blocks - 2].n += blocks[n_blocks - 1].n;
            n_blocks--;
        }
    }
    shift = 0;
    for (uint32_t block = 0, i = 0; block < n_blocks; block++) {
        for (uint32_t k = 0; k < blocks[block].n; k++, i++) {
            struct vertex *v = &d->vertices[order[i]];
            shift += i > 0 ? (d->vertices[order[i - 1]].width + v->width) / 2 : 0;
            v->x = blocks[block].sum / blocks[block].weight + shift;
        }
    }
}

static void find_places(struct drawing *d, struct block *blocks) {
    for (uint32_t layer = 0; layer < d->n_layers; layer++) {
        for (uint32_t at = d->starts[layer]; at < d->starts[layer + 1]; at++)
            d->vertices[d->order[at]].wish = 0;
        settle_layer(d, layer, blocks);
    }
    for (int sweep = 0; sweep < PLACE_SWEEPS; sweep++) {
        for (uint32_t i = 0; i < d->n_layers; i++) {
            uint32_t layer = sweep % 2 == 0 ? i : d->n_layers - 1 - i;
            wish_by_neighbours(d, layer);
            settle_layer(d, layer, blocks);
        }
    }
}

static enum sj_status hand_back(struct sj_layout *layout, const struct drawing *d, struct sj_error *err) {
    double left = 0, right = 0;
    for (uint32_t v = 0; v < d->n_vertices; v++) {
        double half = d->vertices[v].width / 2;
        left = v == 0 || d->vertices[v].x - half < left ? d->vertices[v].x - half : left;
        right = v == 0 || d->vertices[v].x + half > right ? d->vertices[v].x + half : right;
    }
    layout->width = right - left;
    for (uint32_t i = 0; i < layout->n_nodes; i++)
        layout->nodes[i].x = d->vertices[i].x - left;
    uint32_t bend = layout->n_nodes;
    for (uint32_t i = 0; i < layout->n_edges; i++) {
        struct sj_layout_edge *edge = &layout->edges[i];
        double *bends;
        edge->n_bends = span_of(layout, edge) - 1;
        SJ_TRY(sj_arena_new(layout->arena, edge->n_bends, sizeof *bends, &bends, err));
        for (uint32_t k = 0; k < edge->n_bends; k++)
            bends[k] = d->vertices[bend++].x - left;
        edge->bends = bends;
    }
    return SJ_OK;
}

enum sj_status sj_layout_place(struct sj_layout *layout, struct sj_error *err) {
    struct drawing drawing = {0};
    struct block *blocks;
    SJ_TRY(make_drawing(layout, &drawing, err));
    SJ_TRY(sj_arena_new(layout->arena, drawing.n_vertices, sizeof *blocks, &blocks, err));
    reduce_crossings(&drawing);
    find_places(&drawing, blocks);
    return hand_back(layout, &drawing, err);
}
