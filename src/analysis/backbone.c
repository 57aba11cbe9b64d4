/* The backbone of a flow graph: sj_links_keep_backbone() of links.h. */
#include "analysis/links.h"

#include <stdlib.h>
#include <string.h>

#define NO_LINK SIZE_MAX

/* Links, and as links of their own the way in (from the node `start`) and out (to the node `end`), which are always shown. */
struct edge {
    uint32_t from, to;
    uint64_t count;
    size_t link; /* index into the list, NO_LINK for a way in or out */
};

struct graph {
    struct edge *edges; /* by rank: the most frequent first */
    size_t n_edges;
    uint32_t n_nodes;
    size_t *first; /* edges of a node: ranks[first[node]] … ranks[first[node + 1] - 1] */
    uint32_t *ranks;
    uint32_t *heap; /* ranks of the edges that lead out of the tree, smallest on top; each edge comes at most once */
    size_t n_heap;
    bool *reached;
};

/* Equal edges: ways in and out before links, for they cost nothing; links in the order of the list, which is that of names. */
static int by_rank(const void *left, const void *right) {
    const struct edge *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->link != b->link)
        return a->link + 1 < b->link + 1 ? -1 : 1;
    return a->from != b->from ? (a->from < b->from ? -1 : 1) : (a->to > b->to) - (a->to < b->to);
}

static void add_edge(struct graph *graph, uint32_t from, uint32_t to, uint64_t count, size_t link) {
    if (count > 0)
        graph->edges[graph->n_edges++] = (struct edge){from, to, count, link};
}

static enum sj_status make_graph(struct graph *graph, const struct sj_link_graph *given, struct sj_arena *arena, struct sj_error *err) {
    const uint32_t start = given->n_touchpoints, end = given->n_touchpoints + 1;
    size_t room = given->n_links + 2 * (size_t)given->n_touchpoints;
    *graph = (struct graph){.n_nodes = given->n_touchpoints + 2};
    SJ_TRY(sj_arena_new(arena, room, sizeof *graph->edges, &graph->edges, err));
    SJ_TRY(sj_arena_new(arena, room, sizeof *graph->ranks, &graph->ranks, err));
    SJ_TRY(sj_arena_new(arena, room, sizeof *graph->heap, &graph->heap, err));
    SJ_TRY(sj_arena_new(arena, (size_t)graph->n_nodes + 2, sizeof *graph->first, &graph->first, err));
    SJ_TRY(sj_arena_new(arena, graph->n_nodes, sizeof *graph->reached, &graph->reached, err));
    for (size_t i = 0; i < given->n_links; i++)
        add_edge(graph, given->links[i].from, given->links[i].to, given->links[i].count, i);
    for (uint32_t node = 0; node < given->n_touchpoints; node++) {
        add_edge(graph, start, node, given->starts[node], NO_LINK);
        add_edge(graph, node, end, given->ends[node], NO_LINK);
    }
    if (graph->n_edges > 1)
        qsort(graph->edges, graph->n_edges, sizeof *graph->edges, by_rank);
    return SJ_OK;
}

static uint32_t tail_of(const struct edge *edge, bool backwards) { return backwards ? edge->to : edge->from; }
static uint32_t head_of(const struct edge *edge, bool backwards) { return backwards ? edge->from : edge->to; }

/* Groups the ranks by the node that an edge leaves (counting sort). */
static void group_by_tail(struct graph *graph, bool backwards) {
    memset(graph->first, 0, ((size_t)graph->n_nodes + 2) * sizeof *graph->first);
    for (size_t i = 0; i < graph->n_edges; i++)
        graph->first[tail_of(&graph->edges[i], backwards) + 2]++;
    for (uint32_t node = 2; node < graph->n_nodes + 2; node++)
        graph->first[node] += graph->first[node - 1];
    for (size_t i = 0; i < graph->n_edges; i++)
        graph->ranks[graph->first[tail_of(&graph->edges[i], backwards) + 1]++] = (uint32_t)i;
}

static void push(struct graph *graph, uint32_t rank) {
    size_t at = graph->n_heap++;
    while (at > 0 && graph->heap[(at - 1) / 2] > rank) {
        graph->heap[at] = graph->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    graph->heap[at] = rank;
}

static uint32_t pop(struct graph *graph) {
    uint32_t top = graph->heap[0], last = graph->heap[--graph->n_heap];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < graph->n_heap) {
        if (child + 1 < graph->n_heap && graph->heap[child + 1] < graph->heap[child])
            child++;
        if (graph->heap[child] >= last)
            break;
        graph->heap[at] = graph->heap[child];
        at = child;
    }
    graph->heap[at] = last;
    return top;
}

static void reach(struct graph *graph, uint32_t node) {
    graph->reached[node] = true;
    for (size_t i = graph->first[node]; i < graph->first[node + 1]; i++)
        push(graph, graph->ranks[i]);
}

static void grow_tree(struct graph *graph, uint32_t root, bool backwards, struct sj_link *list) {
    group_by_tail(graph, backwards);
    memset(graph->reached, 0, graph->n_nodes * sizeof *graph->reached);
    reach(graph, root);
    while (graph->n_heap > 0) {
        const struct edge *edge = &graph->edges[pop(graph)];
        uint32_t head = head_of(edge, backwards);
        if (graph->reached[head])
            continue;
        reach(graph, head);
        if (edge->link != NO_LINK)
            list[edge->link].kept = true;
    }
}

enum sj_status sj_links_keep_backbone(const struct sj_link_graph *given, struct sj_arena *arena, struct sj_error *err) {
    struct graph graph;
    SJ_TRY(make_graph(&graph, given, arena, err));
    grow_tree(&graph, given->n_touchpoints, false, given->links);
    grow_tree(&graph, given->n_touchpoints + 1, true, given->links);
    return SJ_OK;
}
