#include "analysis/world.h"

struct variant {
    size_t journey; /* one of those that take it */
    int64_t count, customers;
    int64_t durations[JOURNEYS_MAX];
};

static bool same_route(const struct world *world, const struct journey *a, const struct journey *b) {
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (world->events[a->first + i].touchpoint != world->events[b->first + i].touchpoint)
            return false;
    return true;
}

/* More journeys first; then by the names of the steps. */
static bool comes_before(const struct world *world, const struct variant *a, const struct variant *b) {
    if (a->count != b->count)
        return a->count > b->count;
    const struct journey *x = &world->journeys[a->journey], *y = &world->journeys[b->journey];
    for (size_t i = 0; i < x->n && i < y->n; i++) {
        int order = sj_str_cmp(world->names[world->events[x->first + i].touchpoint], world->names[world->events[y->first + i].touchpoint]);
        if (order != 0)
            return order < 0;
    }
    return x->n < y->n;
}

static size_t expect(const struct world *world, struct variant *variants) {
    size_t n = 0;
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        size_t v = 0;
        while (v < n && !same_route(world, journey, &world->journeys[variants[v].journey]))
            v++;
        if (v == n)
            variants[n++] = (struct variant){.journey = j};
        bool before = false; /* has the customer taken it already? */
        for (size_t k = 0; k < j; k++)
            before |= world->journeys[k].customer == journey->customer && same_route(world, &world->journeys[k], journey);
        variants[v].customers += !before;
        variants[v].durations[variants[v].count++] =
            world->events[journey->first + journey->n - 1].time_us - world->events[journey->first].time_us;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            if (comes_before(world, &variants[k], &variants[i])) {
                struct variant swapped = variants[i];
                variants[i] = variants[k];
                variants[k] = swapped;
            }
    return n;
}

static void check_coverage(const struct variant *variants, size_t n, int64_t n_journeys, const struct sj_result *result) {
    static const int64_t percents[] = {50, 80, 95, 100};
    const struct sj_table *table = sj_result_find(result, "coverage");
    assert_int_equal(table->n_rows, 4);
    for (size_t row = 0; row < 4; row++) {
        int64_t covered = 0;
        size_t needed = 0;
        while (covered * 100 < n_journeys * percents[row])
            covered += variants[needed++].count;
        assert_true(cell_of(table, row, "covered")->f64 == (double)percents[row] / 100);
        assert_int_equal(i64_of(table, row, "variants"), needed);
        assert_int_equal(i64_of(table, row, "journeys"), covered);
        assert_true(needed <= n);
    }
}

static void check_answer(const struct world *world, size_t top, const struct sj_result *result) {
    static struct variant variants[JOURNEYS_MAX];
    memset(variants, 0, sizeof variants);
    size_t n = expect(world, variants);
    const struct sj_table *table = sj_result_find(result, "variants");
    assert_int_equal(table->n_rows, n < top ? n : top);
    for (size_t v = 0; v < table->n_rows; v++) {
        const struct journey *journey = &world->journeys[variants[v].journey];
        struct sj_route route = cell_of(table, v, "route")->route;
        assert_int_equal(route.n_steps, journey->n);
        for (size_t i = 0; i < journey->n; i++)
            assert_true(sj_str_eq(route.steps[i], world->names[world->events[journey->first + i].touchpoint]));
        assert_int_equal(i64_of(table, v, "count"), variants[v].count);
        assert_int_equal(i64_of(table, v, "customers"), variants[v].customers);
        assert_share(cell_of(table, v, "share"), variants[v].count, (int64_t)world->n_journeys);
        assert_int_equal(i64_of(table, v, "median_duration"), plain_quantile(variants[v].durations, (size_t)variants[v].count, 50));
    }
    check_coverage(variants, n, (int64_t)world->n_journeys, result);
    assert_int_equal(note_of(result, "shown") != NULL, n > top);
}

static void test_random_worlds_equal_the_oracle(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 21);
    for (int round = 0; round < 1500; round++) {
        struct world_size size = {1 + below(&random, 30), 1 + below(&random, 4), 1 + below(&random, 4), 1 + below(&random, 6),
                                  round % 5 == 0 ? 0 : SJ_US_HOUR};
        struct world world;
        struct sj_result result;
        struct sj_arg args[1] = {{.i64 = 1 + (int64_t)below(&random, round % 2 ? 4 : 100)}};
        make_world(&random, &size, &world);
        check_ways(&world, sj_analysis_find("variants"), args, &random, &result);
        check_answer(&world, (size_t)args[0].i64, &result);
        sj_result_done(&result);
    }
}

static void test_by_hand(void **state) {
    (void)state;
    struct world world;
    struct sj_random random;
    struct sj_result result;
    struct sj_arg args[1] = {{.i64 = 20}};
    sj_random_init(&random, 22);
    parse_world("A0 B10, A5 B25 | B1 A2 | A0 B40 | A3 A4 B9", &world);
    check_ways(&world, sj_analysis_find("variants"), args, &random, &result);
    const struct sj_table *table = sj_result_find(&result, "variants");
    assert_int_equal(table->n_rows, 3);
    assert_int_equal(i64_of(table, 0, "count"), 3);
    assert_int_equal(i64_of(table, 0, "customers"), 2);
    assert_int_equal(i64_of(table, 0, "median_duration"), 20 * SJ_US_SECOND);
    assert_int_equal(cell_of(table, 1, "route")->route.n_steps, 3); /* A A B before B A */
    sj_result_done(&result);
}

static void test_nothing_there(void **state) {
    (void)state;
    struct world world = {.n_touchpoints = 2};
    struct sj_random random;
    struct sj_result result;
    struct sj_arg args[1] = {{.i64 = 20}};
    name_world(&world);
    sj_random_init(&random, 23);
    check_ways(&world, sj_analysis_find("variants"), args, &random, &result);
    assert_int_equal(sj_result_find(&result, "variants")->n_rows, 0);
    assert_int_equal(sj_result_find(&result, "coverage")->n_rows, 0);
    assert_int_equal(result.n_notes, 0);
    sj_result_done(&result);
}

static void test_memory(void **state) {
    (void)state;
    struct sj_random random;
    struct world_size size = {12, 3, 2, 6, SJ_US_SECOND};
    struct world world;
    struct sj_arg args[1] = {{.i64 = 3}};
    sj_random_init(&random, 24);
    make_world(&random, &size, &world);
    check_memory(&world, sj_analysis_find("variants"), args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_oracle),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
