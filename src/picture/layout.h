/* A layered drawing of a directed graph, from top to bottom (Sugiyama, Tagawa and Toda 1981): made for 10 to 30 nodes.
 *
 *   1. cycles are broken: edges are taken by falling weight, and one that would close a cycle is turned round (`back`), so that
 *      the main stream always runs down
 *   2. layers by the longest path, then pulled together
 *   3. an edge over several layers gets a bend in each; crossings are made few by barycentre sweeps
 *   4. places within a layer by isotonic regression towards the neighbours, so that nothing overlaps and long edges are straight
 *
 * Parts of the graph that no edge joins are laid out by themselves and stand beside each other while there is room, else below.
 *
 * Pure and deterministic: ties go by the order in which nodes and edges were given. Everything lives in the arena. */
#pragma once
#include "base/mem.h"

struct sj_layout_node {
    double width; /* given: pixels, with the space it wants around it */
    double x;     /* found: its middle */
    uint32_t layer;
};

struct sj_layout_edge {
    uint32_t from, to; /* given; not equal */
    double weight;
    bool back;             /* found: runs upwards, against the stream */
    uint32_t upper, lower; /* its ends as they lie: of a back edge upper is `to` */
    const double *bends;   /* x in the layers between, from the upper end */
    uint32_t n_bends;
};

struct sj_layout {
    struct sj_arena *arena;
    struct sj_layout_node *nodes;
    struct sj_layout_edge *edges;
    uint32_t n_nodes, n_edges;
    uint32_t n_layers; /* found */
    double room;       /* given: parts beside each other are not wider than this */
    double width;      /* found: of the whole; the leftmost border is 0 */
};

enum sj_status sj_layout_make(struct sj_layout *layout, struct sj_error *err);

/* The two halves for one part, for layout_parts.c: steps 1 and 2, and steps 3 and 4. */
enum sj_status sj_layout_rank(struct sj_layout *layout, struct sj_error *err);
enum sj_status sj_layout_place(struct sj_layout *layout, struct sj_error *err);
