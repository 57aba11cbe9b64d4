#include "analysis/world.h"

#include "analysis/match.h"
#include "stats/quantile.h"

#define FUNNEL (sj_analysis_find("funnel"))

enum { STEPS_MAX = 4 };

/* The definition, tried in full: every way of choosing k events in order. For each length the best by (last event earliest, first
 * event latest, then each step as early as can be). */
struct oracle {
    const struct event *events;
    size_t n_events, n_steps;
    const uint16_t *steps;
    int64_t within_us;
    size_t reached;
    size_t best[STEPS_MAX], trying[STEPS_MAX];
};

static bool is_better(const struct oracle *oracle, size_t n) {
    if (n != oracle->reached)
        return n > oracle->reached;
    if (oracle->trying[n - 1] != oracle->best[n - 1])
        return oracle->trying[n - 1] < oracle->best[n - 1];
    if (oracle->trying[0] != oracle->best[0])
        return oracle->trying[0] > oracle->best[0];
    for (size_t i = 1; i < n; i++)
        if (oracle->trying[i] != oracle->best[i])
            return oracle->trying[i] < oracle->best[i];
    return false;
}

static void try_all(struct oracle *oracle, size_t step, size_t from) {
    for (size_t i = from; step < oracle->n_steps && step < STEPS_MAX && i < oracle->n_events; i++) {
        if (oracle->events[i].touchpoint != oracle->steps[step])
            continue;
        oracle->trying[step] = i;
        if (oracle->events[i].time_us - oracle->events[oracle->trying[0]].time_us > oracle->within_us)
            continue;
        if (is_better(oracle, step + 1)) {
            oracle->reached = step + 1;
            memcpy(oracle->best, oracle->trying, sizeof oracle->best);
        }
        try_all(oracle, step + 1, i + 1);
    }
}

enum { VALUES_MAX = 32 };
struct expected {
    int64_t reached[STEPS_MAX], customers[STEPS_MAX];
    int64_t by_value[VALUES_MAX][STEPS_MAX]; /* the last: no value */
    int64_t times[STEPS_MAX][JOURNEYS_MAX];
    size_t n_times[STEPS_MAX];
};

static void expect(const struct world *world, const uint16_t *steps, size_t n_steps, int64_t within_us, struct expected *expected) {
    static bool did[JOURNEYS_MAX][STEPS_MAX];
    memset(expected, 0, sizeof *expected);
    memset(did, 0, sizeof did);
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        struct oracle oracle = {
            .events = world->events + journey->first, .n_events = journey->n, .n_steps = n_steps, .steps = steps, .within_us = within_us};
        try_all(&oracle, 0, 0);
        for (size_t k = 0; k < oracle.reached; k++) {
            uint32_t code = oracle.events[oracle.best[0]].code;
            expected->reached[k]++;
            expected->by_value[code == SJ_NO_CODE ? VALUES_MAX - 1 : code][k]++;
            expected->customers[k] += !did[journey->customer][k];
            did[journey->customer][k] = true;
            if (k > 0)
                expected->times[k][expected->n_times[k]++] =
                    oracle.events[oracle.best[k]].time_us - oracle.events[oracle.best[k - 1]].time_us;
        }
    }
}

static void check_steps(const struct world *world, const uint16_t *steps, size_t n_steps, struct expected *expected,
                        const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "steps");
    assert_int_equal(table->n_rows, n_steps);
    for (size_t k = 0; k < n_steps; k++) {
        assert_true(text_is(table, k, "step", world->names[steps[k]]));
        assert_int_equal(i64_of(table, k, "count"), expected->reached[k]);
        assert_int_equal(i64_of(table, k, "customers"), expected->customers[k]);
        assert_share(cell_of(table, k, "of_all"), expected->reached[k], (int64_t)world->n_journeys);
        const struct sj_cell *of_first = cell_of(table, k, "of_first"), *of_previous = cell_of(table, k, "of_previous");
        assert_int_equal(of_first->known, k > 0 && expected->reached[0] > 0);
        assert_int_equal(of_previous->known, k > 0 && expected->reached[k - 1] > 0);
        if (of_first->known)
            assert_share(of_first, expected->reached[k], expected->reached[0]);
        if (of_previous->known)
            assert_share(of_previous, expected->reached[k], expected->reached[k - 1]);
        assert_int_equal(cell_of(table, k, "median")->known, expected->n_times[k] > 0);
        if (expected->n_times[k] == 0)
            continue;
        assert_int_equal(i64_of(table, k, "median"), plain_quantile(expected->times[k], expected->n_times[k], 50));
        assert_int_equal(i64_of(table, k, "p90"), plain_quantile(expected->times[k], expected->n_times[k], 90));
    }
}

/* Each value that is shown by name must be right, be among the most frequent, and all together must add up. */
static void check_values(const struct world *world, size_t n_steps, const struct expected *expected, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "by");
    int64_t shown[STEPS_MAX] = {0}, last = INT64_MAX, n_values = 0;
    size_t n_rows = 0;
    for (uint32_t code = 0; code < world->n_codes; code++)
        n_values += expected->by_value[code][0] > 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        size_t k = row % n_steps;
        int64_t values = i64_of(table, row, "values"), count = i64_of(table, row, "count");
        shown[k] += count;
        if (k == 0)
            n_rows++;
        if (values == 0)
            assert_int_equal(count, expected->by_value[VALUES_MAX - 1][k]);
        if (values > 1)
            assert_int_equal(values, n_values - 20);
        if (values != 1)
            continue;
        uint32_t code = 0;
        while (!text_is(table, row, "value", world->names[code]))
            code++;
        assert_int_equal(count, expected->by_value[code][k]);
        assert_true(k > 0 || count <= last);
        last = k == 0 ? count : last;
    }
    for (size_t k = 0; k < n_steps; k++)
        assert_int_equal(shown[k], expected->reached[k]);
    size_t named = n_values > 21 ? 21 : (size_t)n_values;
    assert_int_equal(n_rows, named + (expected->by_value[VALUES_MAX - 1][0] > 0));
}

static void fill_args(struct sj_arg args[4], const uint16_t *steps, size_t n_steps, int64_t within_us) {
    args[0] = (struct sj_arg){.given = true, .codes = steps, .n_codes = n_steps};
    args[1] = (struct sj_arg){.given = true, .i64 = within_us};
    args[2] = (struct sj_arg){.dimension = SJ_NO_CODE};
    args[3] = (struct sj_arg){.i64 = 1};
}

static void test_random_worlds_equal_the_definition(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 1);
    for (int round = 0; round < 3000; round++) {
        struct world_size size = {1 + below(&random, 12), 1 + below(&random, 5), 3, 9, round % 7 == 0 ? 0 : 5 * SJ_US_SECOND};
        struct world world;
        struct sj_arg args[4];
        uint16_t steps[STEPS_MAX];
        size_t n_steps = 1 + below(&random, STEPS_MAX);
        make_world(&random, &size, &world);
        for (size_t k = 0; k < n_steps; k++)
            steps[k] = (uint16_t)below(&random, size.n_touchpoints); /* the same may come several times */
        fill_args(args, steps, n_steps, 1 + (int64_t)sj_random_below(&random, 20 * (uint64_t)SJ_US_SECOND));
        args[2].dimension = round % 2 ? 0 : SJ_NO_CODE;
        struct sj_result result;
        struct expected expected;
        check_ways(&world, sj_analysis_find("funnel"), args, &random, &result);
        expect(&world, steps, n_steps, args[1].i64, &expected);
        check_steps(&world, steps, n_steps, &expected, &result);
        if (round % 2)
            check_values(&world, n_steps, &expected, &result);
        else
            assert_null(sj_result_find(&result, "by"));
        sj_result_done(&result);
    }
}

/* More than twenty values: the rest is added up, unless it is one alone. */
static void test_many_values(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 2);
    bool other_seen = false;
    for (int round = 0; round < 100; round++) {
        struct world_size size = {100, 2, 2, 5, SJ_US_SECOND};
        struct world world;
        struct sj_arg args[4];
        const uint16_t steps[] = {0, 1};
        make_world(&random, &size, &world);
        world.n_codes = round % 2 ? 21 : 25;
        for (size_t i = 0; i < world.n_events; i++)
            world.events[i].code = world.events[i].code == SJ_NO_CODE ? SJ_NO_CODE : world.events[i].code % world.n_codes;
        fill_args(args, steps, 2, SJ_US_DAY);
        args[2].dimension = 0;
        struct sj_result result;
        struct expected expected;
        check_ways(&world, sj_analysis_find("funnel"), args, &random, &result);
        expect(&world, steps, 2, SJ_US_DAY, &expected);
        check_values(&world, 2, &expected, &result);
        for (size_t row = 0; row < sj_result_find(&result, "by")->n_rows; row++)
            other_seen |= i64_of(sj_result_find(&result, "by"), row, "values") > 1;
        sj_result_done(&result);
    }
    assert_true(other_seen);
}

/* What other engines answer for the same few events is in the column of ClickHouse's windowFunnel; ours differs in the two cases
 * that are named: one event stands for one step, and events of the same time stand in order of arrival. */
static void test_cases_by_hand(void **state) {
    (void)state;
    static const struct {
        const char *events, *steps;
        size_t reached;
    } cases[] = {
        {"A10 A60 B70 C130", "ABC", 3}, /* a later first step starts again */
        {"A10 B20 A60 B70 C130", "ABC", 3},
        {"A10 B20 D25 C30", "ABC", 3},
        {"A10 D15 A20 B30 C40", "ABC", 3},
        {"A10 B20 A30 C40", "ABC", 3},
        {"A10 C20 B30 C40", "ABC", 3},
        {"A10 B20 B25 C30", "ABC", 3},
        {"A10", "AA", 1}, /* ClickHouse: 2 */
        {"A10 A10", "AA", 2},
        {"A10 B10", "AB", 2},
        {"B10 A10", "AB", 1},  /* ClickHouse: 2 */
        {"A10 B110", "AB", 2}, /* the last moment of the window counts */
        {"A10 B111", "AB", 1},
        {"A10 B60 C111", "ABC", 2}, /* the window is from the first step, not from the step before */
        {"B10 C20", "ABC", 0},
        {"A10 B20 A30 B40 A50", "ABA", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        struct sj_arg args[4];
        struct sj_random random;
        struct sj_result result;
        uint16_t steps[3];
        size_t n_steps = strlen(cases[i].steps);
        for (size_t k = 0; k < n_steps; k++)
            steps[k] = (uint16_t)(cases[i].steps[k] - 'A');
        sj_random_init(&random, 3);
        parse_world(cases[i].events, &world);
        fill_args(args, steps, n_steps, 100 * SJ_US_SECOND);
        check_ways(&world, sj_analysis_find("funnel"), args, &random, &result);
        for (size_t k = 0; k < n_steps; k++)
            assert_int_equal(i64_of(sj_result_find(&result, "steps"), k, "count"), k < cases[i].reached);
        sj_result_done(&result);
    }
}

static void test_which_match_counts(void **state) {
    (void)state;
    static const struct {
        const char *events;
        size_t n_reached;
        uint32_t at[3];
    } cases[] = {
        {"A10 B20 C30 A40 B50 C60", 3, {0, 1, 2}}, /* complete first */
        {"A10 A20 B30 B40 C50", 3, {1, 2, 4}},     /* starts last, then each step at its first event */
        {"A10 B20 A30 C40", 3, {0, 1, 3}},         /* the later start does not lead there */
        {"A10 A20", 1, {0}},
        {"A10 B20 A30 B40", 2, {0, 1}},
    };
    uint32_t at[26] = {1, 2, 4};
    struct sj_steps steps = {.n_steps = 3, .within_us = 100 * SJ_US_SECOND, .touchpoint = {0, 1, 2}, .at = at};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        uint16_t touchpoint[16];
        int64_t time_us[16];
        uint32_t events[SJ_STEPS_MAX];
        parse_world(cases[i].events, &world);
        for (size_t k = 0; k < world.n_events; k++) {
            touchpoint[k] = world.events[k].touchpoint;
            time_us[k] = world.events[k].time_us;
        }
        const uint32_t offsets[] = {0, (uint32_t)world.n_events};
        const struct sj_batch batch = {
            .n_journeys = 1, .n_events = offsets[1], .offsets = offsets, .touchpoint = touchpoint, .time_us = time_us};
        struct sj_matches matches;
        struct sj_match match;
        sj_matches_begin(&matches, &steps, &batch);
        sj_matches_next(&matches, &match);
        assert_int_equal(match.n_reached, cases[i].n_reached);
        sj_match_events(&steps, &batch, &match, events);
        for (size_t k = 0; k < match.n_reached; k++)
            assert_int_equal(events[k], cases[i].at[k]);
    }
}

/* Batches of many journeys, most of them short, so that pieces and words are cut everywhere; with a touchpoint that is two steps. */
static void test_many_journeys_in_a_batch(void **state) {
    (void)state;
    enum { BIG = 4000, N_TOUCHPOINTS = 5 };
    static uint16_t touchpoint[BIG];
    static int64_t time_us[BIG];
    static uint32_t offsets[BIG + 1];
    static struct event events[BIG];
    static const uint16_t wanted[] = {3, 1, 3};
    uint32_t at[N_TOUCHPOINTS] = {0, 2, 0, 5};
    const struct sj_steps steps = {.n_steps = 3, .within_us = 40, .touchpoint = {3, 1, 3}, .at = at};
    struct sj_random random;
    sj_random_init(&random, 11);
    for (int round = 0; round < 60; round++) {
        const uint32_t n_events = 1 + below(&random, BIG), longest = round % 3 ? 8 : 30;
        uint32_t n_journeys = 0;
        for (uint32_t i = 0; i < n_events; n_journeys++) {
            const uint32_t n = 1 + below(&random, longest);
            offsets[n_journeys] = i;
            for (uint32_t k = 0; k < n && i < n_events; k++, i++) {
                touchpoint[i] = events[i].touchpoint = (uint16_t)below(&random, N_TOUCHPOINTS);
                time_us[i] = events[i].time_us = (k > 0 ? time_us[i - 1] : 0) + below(&random, 15);
            }
        }
        offsets[n_journeys] = n_events;
        const struct sj_batch batch = {
            .n_journeys = n_journeys, .n_events = n_events, .offsets = offsets, .touchpoint = touchpoint, .time_us = time_us};
        struct sj_matches matches;
        sj_matches_begin(&matches, &steps, &batch);
        for (uint32_t j = 0; j < n_journeys; j++) {
            struct oracle oracle = {
                .events = events + offsets[j], .n_events = offsets[j + 1] - offsets[j], .n_steps = 3, .steps = wanted, .within_us = 40};
            struct sj_match match;
            uint32_t found[SJ_STEPS_MAX];
            try_all(&oracle, 0, 0);
            sj_matches_next(&matches, &match);
            assert_int_equal(match.n_reached, oracle.reached);
            if (match.n_reached == 0)
                continue;
            sj_match_events(&steps, &batch, &match, found);
            for (uint32_t k = 0; k < match.n_reached; k++)
                assert_int_equal(found[k] - offsets[j], oracle.best[k]);
            assert_int_equal(match.last, found[match.n_reached - 1]);
        }
    }
}

/* ---- more times than are kept as they are ---- */

struct crowd {
    uint32_t n; /* journeys of two events, whose time between is 1 to n microseconds, each once */
    uint32_t *customer, *offsets;
    uint16_t *touchpoint;
    int64_t *time_us;
};

static void make_crowd(uint32_t n, struct crowd *crowd) {
    *crowd = (struct crowd){n, malloc(n * sizeof(uint32_t)), malloc((n + 1) * sizeof(uint32_t)), malloc(2 * n * sizeof(uint16_t)),
                            malloc(2 * n * sizeof(int64_t))};
    assert_true(crowd->customer && crowd->offsets && crowd->touchpoint && crowd->time_us);
    crowd->offsets[n] = 2 * n;
    for (uint32_t j = 0; j < n; j++) {
        crowd->customer[j] = j;
        crowd->offsets[j] = 2 * j;
        crowd->touchpoint[2 * j] = 0;
        crowd->touchpoint[2 * j + 1] = 1;
        crowd->time_us[2 * j] = 0;
        crowd->time_us[2 * j + 1] = 1 + (int64_t)(j * UINT64_C(7919) % n); /* a prime that n is no multiple of */
    }
}

/* One pass, dealt out to `n_states`. */
static void crowd_pass(const struct crowd *crowd, struct sj_job *job, unsigned n_states, void *states[2]) {
    for (unsigned s = 0; s < n_states; s++) {
        const uint32_t lo = s == 0 ? 0 : crowd->n / 2, hi = s + 1 == n_states ? crowd->n : crowd->n / 2;
        uint32_t *offsets = malloc((hi - lo + 1) * sizeof *offsets);
        assert_non_null(offsets);
        for (uint32_t j = lo; j <= hi; j++)
            offsets[j - lo] = crowd->offsets[j] - 2 * lo;
        const struct sj_batch batch = {.n_customers = hi - lo,
                                       .n_journeys = hi - lo,
                                       .n_events = 2 * (hi - lo),
                                       .customer = crowd->customer,
                                       .offsets = offsets,
                                       .touchpoint = crowd->touchpoint + 2 * lo,
                                       .time_us = crowd->time_us + 2 * lo};
        assert_int_equal(FUNNEL->start(job, &states[s], NULL), SJ_OK);
        assert_int_equal(FUNNEL->absorb(job, states[s], &batch, NULL), SJ_OK);
        free(offsets);
    }
    for (unsigned s = 1; s < n_states; s++) {
        assert_int_equal(FUNNEL->merge(job, states[0], states[s], NULL), SJ_OK);
        FUNNEL->drop(job, states[s]);
    }
}

/* Median and 90 % of 1 to n, whatever the number of passes, which is `n_passes`. */
static void check_crowd(uint32_t n, unsigned n_states, unsigned n_passes) {
    static const uint16_t steps[] = {0, 1};
    static const struct sj_str names[] = {{"a", 1}, {"b", 1}};
    struct crowd crowd;
    struct sj_arg args[4];
    struct sj_arena arena;
    struct sj_result result;
    void *states[2];
    bool again = true;
    sj_arena_init(&arena, sj_alloc_libc());
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    make_crowd(n, &crowd);
    fill_args(args, steps, 2, SJ_US_DAY);
    struct sj_job job = {.mem = sj_alloc_libc(), .arena = &arena, .args = args, .touchpoints = names, .n_touchpoints = 2};
    assert_int_equal(FUNNEL->prepare(&job, NULL), SJ_OK);
    for (; again; n_passes--) {
        crowd_pass(&crowd, &job, n_states, states);
        assert_int_equal(FUNNEL->turn(&job, states[0], &again, NULL), SJ_OK);
        if (!again)
            assert_int_equal(FUNNEL->finish(&job, states[0], &result, NULL), SJ_OK);
        FUNNEL->drop(&job, states[0]);
    }
    assert_int_equal(n_passes, 0);
    const struct sj_table *table = sj_result_find(&result, "steps");
    assert_int_equal(i64_of(table, 1, "count"), n);
    for (unsigned percent = 50; percent <= 90; percent += 40) {
        const struct sj_quantile_place place = sj_quantile_place(n, percent);
        const int64_t below_us = (int64_t)place.rank + 1; /* of the ranks 0, 1, … */
        assert_int_equal(i64_of(table, 1, percent == 50 ? "median" : "p90"),
                         sj_quantile_between(below_us, below_us + (place.hundredths > 0), place.hundredths));
    }
    free(crowd.customer);
    free(crowd.offsets);
    free(crowd.touchpoint);
    free(crowd.time_us);
    sj_result_done(&result);
    sj_arena_done(&arena);
}

static void test_more_times_than_are_kept(void **state) {
    (void)state;
    enum { MANY = (1 << 20) + 5001 };
    check_crowd(3000, 1, 1);
    check_crowd(3000, 2, 1);
    check_crowd(MANY, 1, 2); /* given up while counting */
    check_crowd(MANY, 2, 2); /* given up when put together */
}

static void test_without_quantiles(void **state) {
    (void)state;
    struct world world;
    struct sj_arg args[4];
    struct sj_random random;
    struct sj_result result;
    const uint16_t steps[] = {0, 1};
    sj_random_init(&random, 4);
    parse_world("A1 B2 | A1", &world);
    fill_args(args, steps, 2, SJ_US_DAY);
    args[3].i64 = 0;
    check_ways(&world, sj_analysis_find("funnel"), args, &random, &result);
    const struct sj_table *table = sj_result_find(&result, "steps");
    assert_int_equal(i64_of(table, 1, "count"), 1);
    assert_false(cell_of(table, 1, "median")->known);
    assert_non_null(note_of(&result, "thin_data"));
    assert_non_null(strstr(note_of(&result, "funnel_rule"), "1 d"));
    sj_result_done(&result);
}

static void test_nothing_there(void **state) {
    (void)state;
    struct world world = {.n_touchpoints = 2, .n_channels = 1, .n_codes = 1};
    struct sj_arg args[4];
    struct sj_random random;
    struct sj_result result;
    const uint16_t steps[] = {0, 1};
    name_world(&world);
    sj_random_init(&random, 4);
    fill_args(args, steps, 2, SJ_US_DAY);
    args[2].dimension = 0;
    check_ways(&world, sj_analysis_find("funnel"), args, &random, &result);
    const struct sj_table *table = sj_result_find(&result, "steps");
    assert_int_equal(i64_of(table, 0, "count"), 0);
    assert_false(cell_of(table, 0, "of_all")->known);
    assert_int_equal(sj_result_find(&result, "by")->n_rows, 0);
    sj_result_done(&result);
}

static void test_memory(void **state) {
    (void)state;
    struct sj_random random;
    struct world_size size = {12, 3, 2, 6, SJ_US_SECOND};
    struct world world;
    struct sj_arg args[4];
    const uint16_t steps[] = {0, 1, 0};
    sj_random_init(&random, 5);
    make_world(&random, &size, &world);
    fill_args(args, steps, 3, SJ_US_DAY);
    args[2].dimension = 0;
    check_memory(&world, sj_analysis_find("funnel"), args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_definition),
        cmocka_unit_test(test_many_values),
        cmocka_unit_test(test_cases_by_hand),
        cmocka_unit_test(test_which_match_counts),
        cmocka_unit_test(test_many_journeys_in_a_batch),
        cmocka_unit_test(test_more_times_than_are_kept),
        cmocka_unit_test(test_without_quantiles),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
