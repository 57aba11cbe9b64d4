#include "analysis/periods.h"
#include "analysis/world.h"

enum { STEPS_MAX = 3 };

struct asked {
    uint16_t steps[STEPS_MAX];
    size_t n;
    int64_t within_us;
};

/* Whether events from `first` on, the last of them at `last`, hold the steps in order and within the time: tries every first step, and
 * from it always the next event that fits. */
static bool holds(const struct world *world, const struct asked *asked, size_t first, size_t last) {
    for (size_t begin = first; begin <= last; begin++) {
        if (world->events[begin].touchpoint != asked->steps[0] ||
            world->events[last].time_us - world->events[begin].time_us > asked->within_us)
            continue;
        size_t step = 1;
        for (size_t i = begin + 1; i <= last && step < asked->n; i++)
            step += world->events[i].touchpoint == asked->steps[step];
        if (step == asked->n)
            return true;
    }
    return false;
}

struct taken {
    uint32_t customer;
    size_t journey;
    int64_t time_us;
};

/* All times that the route is taken. */
static size_t expect(const struct world *world, const struct asked *asked, struct taken *taken) {
    size_t n = 0;
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        size_t first = journey->first;
        for (size_t i = journey->first; i < journey->first + journey->n; i++) {
            if (!holds(world, asked, first, i))
                continue;
            taken[n++] = (struct taken){journey->customer, j, world->events[i].time_us};
            first = i + 1;
        }
    }
    return n;
}

/* How many different customers take it in [from, to). */
static int64_t count_participants(const struct taken *taken, size_t n, int64_t from_us, int64_t to_us, int64_t *ret_times) {
    bool seen[JOURNEYS_MAX] = {false};
    int64_t customers = 0;
    *ret_times = 0;
    for (size_t i = 0; i < n; i++) {
        if (taken[i].time_us < from_us || taken[i].time_us >= to_us)
            continue;
        ++*ret_times;
        customers += !seen[taken[i].customer];
        seen[taken[i].customer] = true;
    }
    return customers;
}

static int64_t count_active(const struct world *world, int64_t from_us, int64_t to_us) {
    bool seen[JOURNEYS_MAX] = {false};
    int64_t customers = 0;
    for (size_t j = 0; j < world->n_journeys; j++) {
        for (size_t i = 0; i < world->journeys[j].n; i++) {
            const int64_t time_us = world->events[world->journeys[j].first + i].time_us;
            const uint32_t customer = world->journeys[j].customer;
            customers += time_us >= from_us && time_us < to_us && !seen[customer];
            seen[customer] |= time_us >= from_us && time_us < to_us;
        }
    }
    return customers;
}

static void check_answer(const struct world *world, const struct asked *asked, const struct sj_result *result) {
    static struct taken taken[EVENTS_MAX];
    const struct sj_table *summary = sj_result_find(result, "summary"), *periods = sj_result_find(result, "periods");
    const size_t n = expect(world, asked, taken);
    int64_t times = 0, n_journeys = 0, sum_times = 0;
    const int64_t participants = count_participants(taken, n, INT64_MIN, INT64_MAX, &times);
    for (size_t i = 0; i < n; i++)
        n_journeys += i == 0 || taken[i].journey != taken[i - 1].journey;
    assert_int_equal(i64_of(summary, 0, "customers"), world->n_customers);
    assert_int_equal(i64_of(summary, 0, "participants"), participants);
    assert_share(cell_of(summary, 0, "share"), participants, world->n_customers);
    assert_share(cell_of(summary, 0, "of_journeys"), n_journeys, (int64_t)world->n_journeys);
    assert_int_equal(i64_of(summary, 0, "times"), times);
    for (size_t row = 0; row < periods->n_rows; row++) {
        const int64_t from_us = i64_of(periods, row, "period"), to_us = from_us + 7 * SJ_US_DAY;
        const int64_t active = count_active(world, from_us, to_us), here = count_participants(taken, n, from_us, to_us, &times);
        assert_int_equal(i64_of(periods, row, "customers"), active);
        assert_int_equal(i64_of(periods, row, "participants"), here);
        assert_int_equal(i64_of(periods, row, "times"), times);
        if (active > 0)
            assert_share(cell_of(periods, row, "share"), here, active);
        else
            assert_false(cell_of(periods, row, "share")->known);
        sum_times += times;
    }
    assert_int_equal(sum_times, n);
}

static void ask(struct world *world, const struct asked *asked, struct sj_random *random, struct sj_result *result) {
    const struct sj_arg args[] = {{.pattern = 0}, {.given = true, .i64 = asked->within_us}, {.i64 = 2}};
    route_world(world, asked->steps, asked->n);
    check_ways(world, sj_analysis_find("participation"), args, random, result);
}

static void test_random_worlds_equal_the_oracle(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 61);
    for (int round = 0; round < 1500; round++) {
        const struct world_size size = {1 + below(&random, 30), 1 + below(&random, 5), 1 + below(&random, 4), 1 + below(&random, 14),
                                        round % 5 == 0 ? 0 : 20 * SJ_US_HOUR};
        struct asked asked = {.n = 1 + below(&random, STEPS_MAX), .within_us = 1 + (int64_t)below(&random, 4) * SJ_US_DAY};
        struct world world;
        struct sj_result result;
        make_world(&random, &size, &world);
        for (size_t i = 0; i < asked.n; i++)
            asked.steps[i] = (uint16_t)below(&random, world.n_touchpoints);
        ask(&world, &asked, &random, &result);
        check_answer(&world, &asked, &result);
        sj_result_done(&result);
    }
}

/* A later first step leaves more time, an event stands for one step, and after the last looking begins anew. */
static void test_by_hand(void **state) {
    (void)state;
    static const struct {
        const char *world;
        size_t n_steps;
        int64_t times;
    } cases[] = {{"A0 A8 B15", 2, 1}, {"A0 B15", 2, 0}, {"A0 B10", 2, 1}, {"A0 B1 B2 A3 B4", 2, 2}, {"B0 A1", 2, 0}, {"A0 A1 A2", 1, 3}};
    struct sj_random random;
    sj_random_init(&random, 62);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct asked asked = {{0, 1}, cases[i].n_steps, 10 * SJ_US_SECOND};
        struct world world;
        struct sj_result result;
        parse_world(cases[i].world, &world);
        ask(&world, &asked, &random, &result);
        assert_int_equal(i64_of(sj_result_find(&result, "summary"), 0, "times"), cases[i].times);
        sj_result_done(&result);
    }
}

static void test_memory(void **state) {
    (void)state;
    struct sj_random random;
    struct world world;
    const uint16_t steps[] = {0, 1};
    const struct world_size size = {12, 3, 2, 6, SJ_US_SECOND};
    const struct sj_arg args[] = {{.pattern = 0}, {.given = true, .i64 = SJ_US_HOUR}, {.i64 = 2}};
    sj_random_init(&random, 63);
    make_world(&random, &size, &world);
    route_world(&world, steps, 2);
    check_memory(&world, sj_analysis_find("participation"), args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_oracle),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
