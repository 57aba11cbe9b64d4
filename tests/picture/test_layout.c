#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/random.h"
#include "picture/layout.h"

#define NODES_MAX 40
#define EDGES_MAX 120

struct graph {
    struct sj_layout_node nodes[NODES_MAX];
    struct sj_layout_edge edges[EDGES_MAX];
    struct sj_layout layout;
};

static void random_graph(struct graph *graph, struct sj_random *random, struct sj_arena *arena) {
    memset(graph, 0, sizeof *graph);
    graph->layout = (struct sj_layout){.arena = arena, .nodes = graph->nodes, .edges = graph->edges, .room = 900};
    graph->layout.n_nodes = 1 + (uint32_t)sj_random_below(random, NODES_MAX);
    for (uint32_t i = 0; i < graph->layout.n_nodes; i++)
        graph->nodes[i].width = 40 + (double)sj_random_below(random, 160);
    uint32_t n = graph->layout.n_nodes > 1 ? (uint32_t)sj_random_below(random, EDGES_MAX) : 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t from = (uint32_t)sj_random_below(random, graph->layout.n_nodes),
                 to = (uint32_t)sj_random_below(random, graph->layout.n_nodes);
        if (from != to)
            graph->edges[graph->layout.n_edges++] =
                (struct sj_layout_edge){.from = from, .to = to, .weight = 1 + (double)sj_random_below(random, 1000)};
    }
}

static void check_edges(const struct graph *graph) {
    for (uint32_t i = 0; i < graph->layout.n_edges; i++) {
        const struct sj_layout_edge *edge = &graph->edges[i];
        uint32_t upper = graph->nodes[edge->upper].layer, lower = graph->nodes[edge->lower].layer;
        assert_true(upper < lower);
        assert_int_equal(edge->n_bends, lower - upper - 1);
        assert_int_equal(edge->back ? edge->to : edge->from, edge->upper);
        for (uint32_t k = 0; k < edge->n_bends; k++)
            assert_true(edge->bends[k] >= 0 && edge->bends[k] <= graph->layout.width + 1e-6);
    }
}

static void check_boxes(const struct graph *graph) {
    for (uint32_t i = 0; i < graph->layout.n_nodes; i++) {
        const struct sj_layout_node *a = &graph->nodes[i];
        assert_true(a->layer < graph->layout.n_layers);
        assert_true(a->x - a->width / 2 >= -1e-6 && a->x + a->width / 2 <= graph->layout.width + 1e-6);
        for (uint32_t k = i + 1; k < graph->layout.n_nodes; k++) {
            const struct sj_layout_node *b = &graph->nodes[k];
            double apart = a->x < b->x ? b->x - a->x : a->x - b->x;
            if (a->layer == b->layer)
                assert_true(apart >= (a->width + b->width) / 2 - 1e-6);
        }
    }
}

static void test_random_graphs_run_down_and_do_not_overlap(void **state) {
    (void)state;
    static struct graph graph, again;
    struct sj_random random;
    sj_random_init(&random, 7);
    for (int round = 0; round < 150; round++) {
        struct sj_arena arena;
        sj_arena_init(&arena, sj_alloc_libc());
        random_graph(&graph, &random, &arena);
        again = graph;
        again.layout.nodes = again.nodes;
        again.layout.edges = again.edges;
        assert_int_equal(sj_layout_make(&graph.layout, NULL), SJ_OK);
        check_edges(&graph);
        check_boxes(&graph);
        assert_int_equal(sj_layout_make(&again.layout, NULL), SJ_OK);
        assert_memory_equal(graph.nodes, again.nodes, sizeof graph.nodes);
        sj_arena_done(&arena);
    }
}

/* The main stream runs down: what is turned round is the lighter side of every cycle. */
static void test_the_lighter_edge_of_a_cycle_goes_back(void **state) {
    (void)state;
    struct sj_arena arena;
    struct sj_layout_node nodes[3] = {{.width = 50}, {.width = 50}, {.width = 50}};
    struct sj_layout_edge edges[4] = {{.from = 1, .to = 0, .weight = 2},
                                      {.from = 0, .to = 1, .weight = 10},
                                      {.from = 1, .to = 2, .weight = 9},
                                      {.from = 2, .to = 0, .weight = 3}};
    struct sj_layout layout = {.nodes = nodes, .edges = edges, .n_nodes = 3, .n_edges = 4, .room = 900, .arena = &arena};
    sj_arena_init(&arena, sj_alloc_libc());
    assert_int_equal(sj_layout_make(&layout, NULL), SJ_OK);
    assert_true(edges[0].back && edges[3].back && !edges[1].back && !edges[2].back);
    assert_true(nodes[0].layer == 0 && nodes[1].layer == 1 && nodes[2].layer == 2);
    sj_arena_done(&arena);
}

static void test_two_crossing_edges_are_uncrossed(void **state) {
    (void)state;
    struct sj_arena arena;
    struct sj_layout_node nodes[5] = {{.width = 50}, {.width = 50}, {.width = 50}, {.width = 50}, {.width = 50}};
    struct sj_layout_edge edges[4] = {{.from = 0, .to = 3, .weight = 1},
                                      {.from = 1, .to = 2, .weight = 1},
                                      {.from = 4, .to = 0, .weight = 1},
                                      {.from = 4, .to = 1, .weight = 1}};
    struct sj_layout layout = {.nodes = nodes, .edges = edges, .n_nodes = 5, .n_edges = 4, .room = 900, .arena = &arena};
    sj_arena_init(&arena, sj_alloc_libc());
    assert_int_equal(sj_layout_make(&layout, NULL), SJ_OK);
    assert_true((nodes[0].x < nodes[1].x) == (nodes[3].x < nodes[2].x));
    sj_arena_done(&arena);
}

static void test_parts_stand_side_by_side_then_below(void **state) {
    (void)state;
    struct sj_arena arena;
    struct sj_layout_node nodes[3] = {{.width = 300}, {.width = 300}, {.width = 300}};
    struct sj_layout layout = {.nodes = nodes, .n_nodes = 3, .room = 700, .arena = &arena};
    sj_arena_init(&arena, sj_alloc_libc());
    assert_int_equal(sj_layout_make(&layout, NULL), SJ_OK);
    assert_true(nodes[0].layer == 0 && nodes[1].layer == 0 && nodes[2].layer == 1);
    assert_true(nodes[1].x - nodes[0].x >= 300 && layout.width <= 700);
    sj_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_graphs_run_down_and_do_not_overlap),
        cmocka_unit_test(test_the_lighter_edge_of_a_cycle_goes_back),
        cmocka_unit_test(test_two_crossing_edges_are_uncrossed),
        cmocka_unit_test(test_parts_stand_side_by_side_then_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
