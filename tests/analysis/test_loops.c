#include "analysis/world.h"

struct touchpoint {
    int64_t journeys, repeats, direct, between, repeat_journeys, repeat_customers, sum_us;
    int64_t times_us[EVENTS_MAX];
    uint32_t last_customer;
};

/* Each event looks back for the last one of its touchpoint in the journey. */
static void look_at_journey(const struct world *world, const struct journey *journey, struct touchpoint *all, bool *ret_repeats) {
    bool has[NAMES_MAX] = {false}, again[NAMES_MAX] = {false};
    *ret_repeats = false;
    for (size_t i = 0; i < journey->n; i++) {
        const struct event *event = &world->events[journey->first + i];
        struct touchpoint *t = &all[event->touchpoint];
        size_t back = i;
        while (back > 0 && world->events[journey->first + back - 1].touchpoint != event->touchpoint)
            back--;
        t->journeys += !has[event->touchpoint];
        has[event->touchpoint] = true;
        if (back == 0)
            continue;
        const int64_t time_us = event->time_us - world->events[journey->first + back - 1].time_us;
        t->direct += back == i;
        t->between += (int64_t)(i - back);
        t->sum_us += time_us;
        t->times_us[t->repeats++] = time_us;
        t->repeat_journeys += !again[event->touchpoint];
        again[event->touchpoint] = true;
        t->repeat_customers += t->last_customer != journey->customer + 1;
        t->last_customer = journey->customer + 1;
        *ret_repeats = true;
    }
}

static void check_answer(const struct world *world, const struct sj_result *result) {
    static struct touchpoint all[NAMES_MAX];
    const struct sj_table *summary = sj_result_find(result, "summary"), *table = sj_result_find(result, "touchpoints");
    int64_t n_with_repeat = 0, repeats = 0, direct = 0, last = INT64_MAX;
    size_t n = 0;
    memset(all, 0, sizeof all);
    for (size_t j = 0; j < world->n_journeys; j++) {
        bool has_repeat = false;
        look_at_journey(world, &world->journeys[j], all, &has_repeat);
        n_with_repeat += has_repeat;
    }
    for (uint32_t code = 0; code < world->n_touchpoints; code++) {
        repeats += all[code].repeats;
        direct += all[code].direct;
        n += all[code].repeats > 0;
    }
    assert_int_equal(i64_of(summary, 0, "journeys"), world->n_journeys);
    assert_share(cell_of(summary, 0, "with_repeat"), n_with_repeat, (int64_t)world->n_journeys);
    assert_int_equal(i64_of(summary, 0, "repeats"), repeats);
    assert_int_equal(i64_of(summary, 0, "direct"), direct);
    assert_int_equal(table->n_rows, n);
    for (size_t row = 0; row < n; row++) {
        uint32_t code = 0;
        while (!text_is(table, row, "touchpoint", world->names[code]))
            code++;
        struct touchpoint *t = &all[code];
        assert_int_equal(i64_of(table, row, "repeats"), t->repeats);
        assert_int_equal(i64_of(table, row, "direct"), t->direct);
        assert_int_equal(i64_of(table, row, "journeys"), t->repeat_journeys);
        assert_int_equal(i64_of(table, row, "customers"), t->repeat_customers);
        assert_int_equal(i64_of(table, row, "between"), t->between);
        assert_share(cell_of(table, row, "share"), t->repeat_journeys, t->journeys);
        assert_int_equal(i64_of(table, row, "mean"), (t->sum_us + t->repeats / 2) / t->repeats);
        assert_int_equal(i64_of(table, row, "median"), plain_quantile(t->times_us, (size_t)t->repeats, 50));
        assert_int_equal(i64_of(table, row, "p90"), plain_quantile(t->times_us, (size_t)t->repeats, 90));
        assert_true(t->repeats > 0 && t->repeats <= last);
        last = t->repeats;
    }
    assert_int_equal(note_of(result, "no_repeats") != NULL, n == 0);
}

static void test_random_worlds_equal_the_oracle(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 41);
    for (int round = 0; round < 1500; round++) {
        const struct world_size size = {1 + below(&random, 30), 1 + below(&random, 7), 1 + below(&random, 4), 1 + below(&random, 12),
                                        round % 5 == 0 ? 0 : SJ_US_HOUR};
        struct world world;
        struct sj_result result;
        make_world(&random, &size, &world);
        check_ways(&world, sj_analysis_find("loops"), NULL, &random, &result);
        check_answer(&world, &result);
        sj_result_done(&result);
    }
}

static void test_by_hand(void **state) {
    (void)state;
    struct world world;
    struct sj_random random;
    struct sj_result result;
    sj_random_init(&random, 42);
    parse_world("A0 B10 A30 A40, A50 | A5 B6 C7 B16", &world);
    check_ways(&world, sj_analysis_find("loops"), NULL, &random, &result);
    const struct sj_table *table = sj_result_find(&result, "touchpoints");
    assert_int_equal(table->n_rows, 2);
    assert_true(text_is(table, 0, "touchpoint", SJ_LIT("A")));
    assert_int_equal(i64_of(table, 0, "repeats"), 2); /* after 30 and after 10 seconds */
    assert_int_equal(i64_of(table, 0, "direct"), 1);
    assert_int_equal(i64_of(table, 0, "between"), 1);
    assert_int_equal(i64_of(table, 0, "median"), 20 * SJ_US_SECOND);
    assert_share(cell_of(table, 0, "share"), 1, 3);
    assert_int_equal(i64_of(table, 1, "mean"), 10 * SJ_US_SECOND);
    sj_result_done(&result);
}

static void test_nothing_comes_again(void **state) {
    (void)state;
    struct world world;
    struct sj_random random;
    struct sj_result result;
    sj_random_init(&random, 43);
    parse_world("A0 B10, A50 | A5 B6 C7", &world);
    check_ways(&world, sj_analysis_find("loops"), NULL, &random, &result);
    assert_int_equal(sj_result_find(&result, "touchpoints")->n_rows, 0);
    assert_non_null(note_of(&result, "no_repeats"));
    sj_result_done(&result);
}

static void test_memory(void **state) {
    (void)state;
    struct sj_random random;
    struct world world;
    const struct world_size size = {12, 3, 2, 6, SJ_US_SECOND};
    sj_random_init(&random, 44);
    make_world(&random, &size, &world);
    check_memory(&world, sj_analysis_find("loops"), NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_oracle),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_nothing_comes_again),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
