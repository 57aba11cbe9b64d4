#include "analysis/world.h"

#include "analysis/funnel_walk.h"
#include "stats/quantile.h"

#define FUNNEL (sj_analysis_find("funnel"))

enum { STEPS_MAX = 4 };

/* The question, and its arguments in order. */
struct asked {
    uint16_t steps[STEPS_MAX];
    size_t n_steps;
    int64_t within_us;
    bool hold, repeats, by, quantiles;
    size_t by_step; /* 0: the last that is reached */
    enum sj_dialect dialect;
};
enum { N_ARGS = 8 };

/* The definition, tried in full: every way of choosing k events in order, from event `from` on. For each length the best by (last event
 * earliest, first event latest, then each step as early as can be). */
struct oracle {
    const struct event *events;
    size_t n_events;
    const struct asked *asked;
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
    const struct asked *asked = oracle->asked;
    for (size_t i = from; step < asked->n_steps && step < STEPS_MAX && i < oracle->n_events; i++) {
        if (oracle->events[i].touchpoint != asked->steps[step])
            continue;
        oracle->trying[step] = i;
        if (oracle->events[i].time_us - oracle->events[oracle->trying[0]].time_us > asked->within_us)
            continue;
        const uint32_t code = oracle->events[i].code;
        if (asked->hold && (code == SJ_NO_CODE || code != oracle->events[oracle->trying[0]].code))
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
    int64_t times[STEPS_MAX][EVENTS_MAX];    /* those of 0: all the way */
    size_t n_times[STEPS_MAX];
};

static void add_match(const struct oracle *oracle, uint32_t customer, bool did[JOURNEYS_MAX][STEPS_MAX], struct expected *expected) {
    const struct asked *asked = oracle->asked;
    const struct event *events = oracle->events;
    const size_t *best = oracle->best, last = oracle->reached - 1;
    const size_t by_step = asked->by_step == 0 ? last : asked->by_step - 1;
    const uint32_t code = by_step <= last ? events[best[by_step]].code : SJ_NO_CODE;
    for (size_t k = 0; k < oracle->reached; k++) {
        expected->reached[k]++;
        expected->by_value[code == SJ_NO_CODE ? VALUES_MAX - 1 : code][k]++;
        expected->customers[k] += !did[customer][k];
        did[customer][k] = true;
        if (k > 0)
            expected->times[k][expected->n_times[k]++] = events[best[k]].time_us - events[best[k - 1]].time_us;
    }
    if (last > 0 && oracle->reached == asked->n_steps)
        expected->times[0][expected->n_times[0]++] = events[best[last]].time_us - events[best[0]].time_us;
}

static void expect(const struct world *world, const struct asked *asked, struct expected *expected) {
    static bool did[JOURNEYS_MAX][STEPS_MAX];
    memset(expected, 0, sizeof *expected);
    memset(did, 0, sizeof did);
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        struct oracle oracle = {.events = world->events + journey->first, .n_events = journey->n, .asked = asked};
        try_all(&oracle, 0, 0);
        while (oracle.reached > 0) {
            /* Of those that are counted one after another, the complete ones come first, each as soon as it can. */
            add_match(&oracle, journey->customer, did, expected);
            if (!asked->repeats || oracle.reached < asked->n_steps)
                break;
            const size_t from = oracle.best[asked->n_steps - 1] + 1;
            oracle = (struct oracle){.events = world->events + journey->first, .n_events = journey->n, .asked = asked};
            try_all(&oracle, 0, from);
        }
    }
}

static void check_times(const struct asked *asked, struct expected *expected, const struct sj_result *result) {
    static const unsigned percents[] = {10, 25, 50, 75, 90};
    static const char *const columns[] = {"p10", "p25", "median", "p75", "p90"};
    const struct sj_table *table = sj_result_find(result, "times");
    assert_int_equal(table != NULL, asked->n_steps > 1 && asked->quantiles);
    if (!table)
        return;
    assert_int_equal(table->n_rows, asked->n_steps > 2 ? asked->n_steps : asked->n_steps - 1);
    for (size_t row = 0; row < table->n_rows; row++) {
        const size_t k = row + 1 < asked->n_steps ? row + 1 : 0, n = expected->n_times[k];
        assert_int_equal(i64_of(table, row, "count"), n);
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(cell_of(table, row, columns[i])->known, n > 0);
            if (n > 0)
                assert_int_equal(i64_of(table, row, columns[i]), plain_quantile(expected->times[k], n, percents[i]));
        }
        if (cell_of(table, row, "median_low")->known && cell_of(table, row, "median_high")->known)
            assert_true(i64_of(table, row, "median_low") <= i64_of(table, row, "median") &&
                        i64_of(table, row, "median") <= i64_of(table, row, "median_high"));
    }
}

static void check_steps(const struct world *world, const struct asked *asked, struct expected *expected, const struct sj_result *result) {
    const size_t n_steps = asked->n_steps;
    const struct sj_table *table = sj_result_find(result, "steps");
    assert_int_equal(table->n_rows, n_steps);
    for (size_t k = 0; k < n_steps; k++) {
        assert_true(text_is(table, k, "step", world->names[asked->steps[k]]));
        assert_int_equal(i64_of(table, k, "count"), expected->reached[k]);
        assert_int_equal(i64_of(table, k, "customers"), expected->customers[k]);
        assert_int_equal(cell_of(table, k, "of_all")->known, !asked->repeats);
        if (!asked->repeats)
            assert_share(cell_of(table, k, "of_all"), expected->reached[k], (int64_t)world->n_journeys);
        const struct sj_cell *of_first = cell_of(table, k, "of_first"), *of_previous = cell_of(table, k, "of_previous");
        assert_int_equal(of_first->known, k > 0 && expected->reached[0] > 0);
        assert_int_equal(of_previous->known, k > 0 && expected->reached[k - 1] > 0);
        if (of_first->known)
            assert_share(of_first, expected->reached[k], expected->reached[0]);
        if (of_previous->known)
            assert_share(of_previous, expected->reached[k], expected->reached[k - 1]);
        const bool has_times = k > 0 && asked->quantiles && expected->n_times[k] > 0;
        assert_int_equal(cell_of(table, k, "median")->known, has_times);
        if (!has_times)
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

static void fill_args(struct world *world, const struct asked *asked, struct sj_arg args[N_ARGS]) {
    const struct sj_arg filled[N_ARGS] = {
        {.given = true, .pattern = 0},
        {.given = true, .i64 = asked->within_us},
        {.dimension = asked->hold ? 0 : SJ_NO_CODE},
        {.i64 = asked->repeats},
        {.dimension = asked->by ? 0 : SJ_NO_CODE},
        {.i64 = (int64_t)asked->by_step},
        {.i64 = asked->quantiles},
        {.i64 = asked->dialect},
    };
    memcpy(args, filled, sizeof filled);
    route_world(world, asked->steps, asked->n_steps);
}

static void test_random_worlds_equal_the_definition(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 1);
    for (int round = 0; round < 3000; round++) {
        struct world_size size = {1 + below(&random, 12), 1 + below(&random, 5), 3, 9, round % 7 == 0 ? 0 : 5 * SJ_US_SECOND};
        struct asked asked = {.n_steps = 1 + below(&random, STEPS_MAX), .by = round % 2, .hold = round % 5 == 0, .repeats = round % 3 == 0};
        struct world world;
        struct sj_arg args[N_ARGS];
        make_world(&random, &size, &world);
        for (size_t i = 0; i < world.n_events && asked.hold; i++)
            world.events[i].code = world.events[i].code == SJ_NO_CODE ? SJ_NO_CODE : world.events[i].code % 2;
        for (size_t k = 0; k < asked.n_steps; k++)
            asked.steps[k] = (uint16_t)below(&random, size.n_touchpoints); /* the same may come several times */
        asked.within_us = 1 + (int64_t)sj_random_below(&random, 20 * (uint64_t)SJ_US_SECOND);
        asked.by_step = asked.by ? below(&random, asked.n_steps + 1) : 1;
        asked.quantiles = round % 4 > 0;
        fill_args(&world, &asked, args);
        struct sj_result result;
        struct expected expected;
        check_ways(&world, sj_analysis_find("funnel"), args, &random, &result);
        expect(&world, &asked, &expected);
        check_times(&asked, &expected, &result);
        check_steps(&world, &asked, &expected, &result);
        if (asked.by)
            check_values(&world, asked.n_steps, &expected, &result);
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
        struct sj_arg args[N_ARGS];
        const struct asked asked = {{0, 1}, 2, SJ_US_DAY, .by = true, .by_step = 1};
        make_world(&random, &size, &world);
        world.n_codes = round % 2 ? 21 : 25;
        for (size_t i = 0; i < world.n_events; i++)
            world.events[i].code = world.events[i].code == SJ_NO_CODE ? SJ_NO_CODE : world.events[i].code % world.n_codes;
        fill_args(&world, &asked, args);
        struct sj_result result;
        struct expected expected;
        check_ways(&world, sj_analysis_find("funnel"), args, &random, &result);
        expect(&world, &asked, &expected);
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
        struct sj_arg args[N_ARGS];
        struct sj_random random;
        struct sj_result result;
        struct asked asked = {.n_steps = strlen(cases[i].steps), .within_us = 100 * SJ_US_SECOND, .by_step = 1};
        for (size_t k = 0; k < asked.n_steps; k++)
            asked.steps[k] = (uint16_t)(cases[i].steps[k] - 'A');
        sj_random_init(&random, 3);
        parse_world(cases[i].events, &world);
        fill_args(&world, &asked, args);
        check_ways(&world, sj_analysis_find("funnel"), args, &random, &result);
        for (size_t k = 0; k < asked.n_steps; k++)
            assert_int_equal(i64_of(sj_result_find(&result, "steps"), k, "count"), k < cases[i].reached);
        sj_result_done(&result);
    }
}

/* A step that may be left out holds nobody up; the next is of those who reached the one before it. */
static void test_optional_steps(void **state) {
    (void)state;
    struct world world;
    struct sj_arg args[N_ARGS];
    struct sj_random random;
    struct sj_result result;
    const struct asked asked = {.within_us = SJ_US_DAY, .by_step = 1, .quantiles = true};
    sj_random_init(&random, 3);
    parse_world("A1 B2 C4 | A1 C7 | A1 B2 | A5", &world);
    fill_args(&world, &asked, args);
    world.route[0] = SJ_LIT("A > B? > C");
    world.n_route = 1;
    check_ways(&world, FUNNEL, args, &random, &result);
    const struct sj_table *steps = sj_result_find(&result, "steps"), *times = sj_result_find(&result, "times");
    static const int64_t reached[] = {4, 2, 2};
    assert_int_equal(steps->n_rows, 3);
    assert_true(text_is(steps, 1, "step", SJ_LIT("B?")));
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(i64_of(steps, k, "count"), reached[k]);
        assert_int_equal(i64_of(steps, k, "customers"), reached[k]);
    }
    assert_share(cell_of(steps, 2, "of_previous"), 2, 4);
    assert_int_equal(i64_of(times, 0, "median"), SJ_US_SECOND);
    assert_int_equal(i64_of(times, 1, "median"), 4 * SJ_US_SECOND);     /* 2 s from B, 6 s from A */
    assert_int_equal(i64_of(times, 2, "median"), 9 * SJ_US_SECOND / 2); /* 3 s, 6 s */
    sj_result_done(&result);
}

/* As other products count (tests/analysis/test_dialects.c): the funnel asks them, and refuses what they cannot say. */
static void test_dialects(void **state) {
    (void)state;
    static const int64_t reached[] = {3, 3, 1, 3, 2, 3};
    struct sj_random random;
    sj_random_init(&random, 6);
    for (int dialect = SJ_DIALECT_SOJOURN; dialect <= SJ_DIALECT_AMPLITUDE; dialect++) {
        struct asked asked = {{0, 1, 2}, 3, 100 * SJ_US_SECOND, .by_step = 1, .quantiles = true, .dialect = (enum sj_dialect)dialect};
        struct sj_error err = {.status = SJ_OK};
        struct sj_arg args[N_ARGS];
        struct sj_result result;
        struct world world;
        const struct way in_order = {1, JOURNEYS_MAX, 0};
        parse_world("A10 D15 A60 B70 C130 | D3, A1", &world);
        fill_args(&world, &asked, args);
        check_ways(&world, FUNNEL, args, &random, &result);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(i64_of(sj_result_find(&result, "steps"), k, "count"), (k < (size_t)reached[dialect]) + (k == 0));
        assert_int_equal(note_of(&result, "funnel_rule") != NULL, dialect == SJ_DIALECT_SOJOURN);
        if (reached[dialect] == 3)
            assert_int_equal(i64_of(sj_result_find(&result, "times"), 2, "median"), 70 * SJ_US_SECOND);
        sj_result_done(&result);
        sj_result_init(&result, sj_alloc_libc(), SJ_EN);
        world.route[0] = SJ_LIT("A >> B");
        world.n_route = 1;
        assert_int_equal(world_run(&world, FUNNEL, args, &in_order, sj_alloc_libc(), &result, &err),
                         dialect == SJ_DIALECT_SOJOURN ? SJ_OK : SJ_E_USAGE);
        sj_result_done(&result);
        asked.hold = true;
        fill_args(&world, &asked, args);
        sj_result_init(&result, sj_alloc_libc(), SJ_EN);
        assert_int_equal(world_run(&world, FUNNEL, args, &in_order, sj_alloc_libc(), &result, &err),
                         dialect == SJ_DIALECT_SOJOURN ? SJ_OK : SJ_E_USAGE);
        sj_result_done(&result);
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
    static const struct sj_str names[] = {{"a", 1}, {"b", 1}};
    static const struct sj_view view = {.touchpoints = names, .n_touchpoints = 2};
    static const struct asked asked = {{0, 1}, 2, SJ_US_DAY, .by_step = 1, .quantiles = true};
    struct crowd crowd;
    struct sj_arg args[N_ARGS];
    struct world world = {.n_touchpoints = 2};
    struct sj_pattern *pattern;
    struct sj_arena arena;
    struct sj_result result;
    void *states[2];
    bool again = true;
    sj_arena_init(&arena, sj_alloc_libc());
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    make_crowd(n, &crowd);
    fill_args(&world, &asked, args);
    assert_int_equal(sj_pattern_compile(names, 2, &view, NULL, &arena, &pattern, NULL), SJ_OK);
    struct sj_job job = {.mem = sj_alloc_libc(),
                         .arena = &arena,
                         .args = args,
                         .touchpoints = names,
                         .n_touchpoints = 2,
                         .patterns = (const struct sj_pattern *const *)&pattern};
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
    struct sj_arg args[N_ARGS];
    struct sj_random random;
    struct sj_result result;
    const struct asked asked = {{0, 1}, 2, SJ_US_DAY, .by_step = 1};
    sj_random_init(&random, 4);
    parse_world("A1 B2 | A1", &world);
    fill_args(&world, &asked, args);
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
    struct sj_arg args[N_ARGS];
    struct sj_random random;
    struct sj_result result;
    const struct asked asked = {{0, 1}, 2, SJ_US_DAY, .by = true, .by_step = 1, .quantiles = true};
    name_world(&world);
    sj_random_init(&random, 4);
    fill_args(&world, &asked, args);
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
    struct sj_arg args[N_ARGS];
    const struct asked asked = {{0, 1, 0}, 3, SJ_US_DAY, .by = true, .by_step = 1, .quantiles = true};
    sj_random_init(&random, 5);
    make_world(&random, &size, &world);
    fill_args(&world, &asked, args);
    check_memory(&world, sj_analysis_find("funnel"), args);
    args[7].i64 = SJ_DIALECT_AMPLITUDE;
    check_memory(&world, sj_analysis_find("funnel"), args);
    args[7].i64 = SJ_DIALECT_SOJOURN;
    world.route[0] = SJ_LIT("(t000 > t919?) within 1m > . & t000");
    world.n_route = 1;
    check_memory(&world, sj_analysis_find("funnel"), args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_definition),
        cmocka_unit_test(test_many_values),
        cmocka_unit_test(test_cases_by_hand),
        cmocka_unit_test(test_optional_steps),
        cmocka_unit_test(test_dialects),
        cmocka_unit_test(test_more_times_than_are_kept),
        cmocka_unit_test(test_without_quantiles),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
