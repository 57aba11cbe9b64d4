/* Dwell against the plain way: every time written down, then sorted; open ones by a product over everybody. */
#include <math.h>
#include "analysis/world.h"
#include "stats/ranks.h"

extern const struct sj_analysis sj_dwell;

enum { ARG_THRESHOLD, ARG_DURATION, ARG_RESPONSE, ARG_REQUEST, ARG_END, ARG_TOP, N_ARGS };
enum { TIMES_MAX = 2 * EVENTS_MAX };

/* The times of one row, and whose they are. */
struct plain {
    int64_t times[TIMES_MAX], open[TIMES_MAX];
    uint32_t customers[TIMES_MAX];
    size_t n, n_open;
};

static void add(struct plain *plain, int64_t time_us, uint32_t customer) {
    plain->customers[plain->n] = customer;
    plain->times[plain->n++] = time_us;
}

static bool has(const struct sj_arg *arg, uint16_t code) {
    for (size_t i = 0; i < arg->n_codes; i++)
        if (arg->codes[i] == code)
            return true;
    return false;
}

static int64_t end_of_data(const struct world *world) {
    int64_t end_us = 0;
    for (size_t i = 0; i < world->n_events; i++)
        end_us = world->events[i].time_us >= end_us ? world->events[i].time_us + 1 : end_us;
    return end_us;
}

static void plain_waits(const struct world *world, const struct sj_arg *args, uint16_t code, struct plain *plain) {
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        for (size_t i = journey->first; i < journey->first + journey->n; i++) {
            if (world->events[i].touchpoint != code)
                continue;
            if (i + 1 < journey->first + journey->n)
                add(plain, world->events[i + 1].time_us - world->events[i].time_us, journey->customer);
            else if (!world->sessions && !has(&args[ARG_END], code))
                plain->open[plain->n_open++] = end_of_data(world) - world->events[i].time_us;
        }
    }
}

static void plain_links(const struct world *world, uint16_t from, uint16_t to, struct plain *plain) {
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        for (size_t i = journey->first; i + 1 < journey->first + journey->n; i++)
            if (world->events[i].touchpoint == from && world->events[i + 1].touchpoint == to)
                add(plain, world->events[i + 1].time_us - world->events[i].time_us, journey->customer);
    }
}

static void plain_durations(const struct world *world, uint16_t code, struct plain *plain) {
    for (size_t j = 0; j < world->n_journeys; j++)
        for (size_t i = world->journeys[j].first; i < world->journeys[j].first + world->journeys[j].n; i++)
            if (world->events[i].touchpoint == code && world->events[i].amount != SJ_NO_AMOUNT)
                add(plain, world->events[i].amount, world->journeys[j].customer);
}

/* From the first event at the touchpoint since the last response to the next response. */
static void plain_responses(const struct world *world, const struct sj_arg *args, uint16_t code, struct plain *plain) {
    const bool any = args[ARG_REQUEST].n_codes == 0;
    if (has(&args[ARG_RESPONSE], code) || (any ? has(&args[ARG_END], code) : !has(&args[ARG_REQUEST], code)))
        return;
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        const size_t end = journey->first + journey->n;
        int64_t since_us = -1;
        for (size_t i = journey->first; i < end; i++) {
            const struct event *event = &world->events[i];
            if (event->touchpoint == code && since_us < 0)
                since_us = event->time_us;
            if (has(&args[ARG_RESPONSE], event->touchpoint) && since_us >= 0) {
                add(plain, event->time_us - since_us, journey->customer);
                since_us = -1;
            }
        }
        const struct event *last = &world->events[end - 1];
        const bool is_over = world->sessions || has(&args[ARG_END], last->touchpoint);
        if (since_us >= 0)
            plain->open[plain->n_open++] = (is_over ? last->time_us : end_of_data(world)) - since_us;
    }
}

static size_t n_customers(const struct plain *plain) {
    size_t n = 0;
    for (size_t i = 0; i < plain->n; i++) {
        bool seen = false;
        for (size_t before = 0; before < i && !seen; before++)
            seen = plain->customers[before] == plain->customers[i];
        n += !seen;
    }
    return n;
}

static void check_times(const struct sj_table *table, size_t row, const struct sj_arg *args, struct plain *plain) {
    static const char *const names[] = {"p10", "p25", "median", "p75", "p90"};
    static const size_t percents[] = {10, 25, 50, 75, 90};
    int64_t longer = 0, values[5] = {0};
    double total = 0;
    assert_int_equal(i64_of(table, row, "count"), plain->n);
    assert_int_equal(i64_of(table, row, "customers"), n_customers(plain));
    for (size_t i = 0; i < plain->n; i++) {
        longer += plain->times[i] > args[ARG_THRESHOLD].i64;
        total += (double)plain->times[i];
    }
    assert_true(fabs(cell_of(table, row, "person_hours")->f64 - total / 3.6e9) <= 1e-9 * (1 + total / 3.6e9));
    assert_int_equal(cell_of(table, row, "median")->known, plain->n > 0);
    if (plain->n == 0)
        return;
    assert_share(cell_of(table, row, "longer"), longer, (int64_t)plain->n);
    for (size_t i = 0; i < 5; i++) {
        values[i] = plain_quantile(plain->times, plain->n, percents[i]); /* leaves them in order */
        assert_int_equal(i64_of(table, row, names[i]), values[i]);
    }
    assert_int_equal(i64_of(table, row, "spread"), values[4] - values[0]);
    const struct sj_ranks ranks = sj_quantile_ranks(plain->n, 50);
    assert_int_equal(cell_of(table, row, "median_low")->known, ranks.has_low);
    assert_int_equal(cell_of(table, row, "median_high")->known, ranks.has_high);
    if (ranks.has_low)
        assert_int_equal(i64_of(table, row, "median_low"), plain->times[ranks.low]);
    if (ranks.has_high)
        assert_int_equal(i64_of(table, row, "median_high"), plain->times[ranks.high]);
}

/* The share that lasts longer than `at`, by everybody still there at each time that ended; times within a part in 128 count as one, since
 * the answer may take them for one. */
static double plain_share(const struct plain *plain, double at) {
    double share = 1;
    for (size_t i = 0; i < plain->n; i++) {
        double at_risk = 0, ended = 0;
        if ((double)plain->times[i] > at || (i > 0 && plain->times[i] == plain->times[i - 1]))
            continue;
        for (size_t k = 0; k < plain->n; k++) {
            at_risk += plain->times[k] >= plain->times[i];
            ended += plain->times[k] == plain->times[i];
        }
        for (size_t k = 0; k < plain->n_open; k++)
            at_risk += plain->open[k] >= plain->times[i];
        share *= 1 - ended / at_risk;
    }
    return share;
}

/* The median of all is near a time at which the exact curve comes down to a half. `plain->times` is in order. */
static void check_open(const struct sj_table *table, size_t row, const struct plain *plain) {
    assert_int_equal(i64_of(table, row, "open"), plain->n_open);
    const struct sj_cell *median = cell_of(table, row, "all_median");
    if (plain->n_open == 0) {
        assert_true(median->known);
        assert_int_equal(median->i64, i64_of(table, row, "median"));
        return;
    }
    const double slack = 2.0 / (double)(plain->n + plain->n_open); /* of the curve, where an open one ends within 1 % of a time */
    if (!median->known) {
        assert_true(plain_share(plain, INFINITY) > 0.5 - slack);
        return;
    }
    assert_true(plain_share(plain, (double)median->i64 * 1.02) <= 0.5 + slack);
    assert_true(plain_share(plain, (double)median->i64 / 1.02 - 1) > 0.5 - slack);
    const struct sj_cell *low = cell_of(table, row, "all_low"), *high = cell_of(table, row, "all_high");
    assert_true(!low->known || low->i64 <= median->i64);
    assert_true(!high->known || high->i64 >= median->i64);
}

static uint16_t code_of(const struct world *world, const struct sj_table *table, size_t row, const char *column) {
    for (uint32_t code = 0; code < world->n_touchpoints; code++)
        if (text_is(table, row, column, world->names[code]))
            return (uint16_t)code;
    fail_msg("row %zu has no touchpoint", row);
    return 0;
}

static void check_order(const struct sj_table *table, size_t row) {
    if (row > 0) /* ordered by whole milliseconds */
        assert_true(cell_of(table, row - 1, "person_hours")->f64 >= cell_of(table, row, "person_hours")->f64 - 3e-7);
}

typedef void plain_way(const struct world *world, const struct sj_arg *args, uint16_t code, struct plain *plain);

static void plain_durations_of(const struct world *world, const struct sj_arg *args, uint16_t code, struct plain *plain) {
    (void)args;
    plain_durations(world, code, plain);
}

/* Every touchpoint that has times has one row, with these times. */
static void check_table(const struct world *world, const struct sj_arg *args, const struct sj_table *table, plain_way *way, bool open) {
    size_t n_rows = 0;
    for (uint32_t code = 0; code < world->n_touchpoints; code++) {
        struct plain plain = {.n = 0};
        way(world, args, (uint16_t)code, &plain);
        n_rows += plain.n + plain.n_open > 0;
    }
    assert_int_equal(table->n_rows, n_rows);
    for (size_t row = 0; row < table->n_rows; row++) {
        struct plain plain = {.n = 0};
        way(world, args, code_of(world, table, row, "touchpoint"), &plain);
        check_times(table, row, args, &plain);
        check_order(table, row);
        if (open)
            check_open(table, row, &plain);
    }
}

static void check_links(const struct world *world, const struct sj_arg *args, const struct sj_table *table) {
    size_t n_links = 0;
    for (uint32_t from = 0; from < world->n_touchpoints; from++) {
        for (uint32_t to = 0; to < world->n_touchpoints; to++) {
            struct plain plain = {.n = 0};
            plain_links(world, (uint16_t)from, (uint16_t)to, &plain);
            n_links += plain.n > 0;
        }
    }
    assert_int_equal(table->n_rows, n_links < (size_t)args[ARG_TOP].i64 ? n_links : (size_t)args[ARG_TOP].i64);
    for (size_t row = 0; row < table->n_rows; row++) {
        struct plain plain = {.n = 0};
        plain_links(world, code_of(world, table, row, "from"), code_of(world, table, row, "to"), &plain);
        check_times(table, row, args, &plain);
        check_order(table, row);
    }
}

static void check_touchpoints(const struct sj_result *result) {
    const struct sj_table *waits = sj_result_find(result, "waits"), *table = sj_result_find(result, "touchpoints");
    const struct sj_table *summary = sj_result_find(result, "summary");
    int64_t n = 0, n_open = 0;
    double hours = 0, parts = 0;
    assert_int_equal(table->n_rows, waits->n_rows);
    for (size_t row = 0; row < table->n_rows; row++) {
        assert_true(text_is(table, row, "touchpoint", cell_of(waits, row, "touchpoint")->text));
        assert_int_equal(i64_of(table, row, "count"), i64_of(waits, row, "count"));
        assert_int_equal(i64_of(table, row, "open"), i64_of(waits, row, "open"));
        assert_true(cell_of(table, row, "person_hours")->f64 == cell_of(waits, row, "person_hours")->f64);
        const struct sj_cell *each = cell_of(table, row, "per_customer");
        if (each->known)
            assert_true(fabs((double)each->i64 * (double)i64_of(table, row, "customers") / 3.6e9 -
                             cell_of(table, row, "person_hours")->f64) < 1e-6);
        n += i64_of(table, row, "count");
        n_open += i64_of(table, row, "open");
        hours += cell_of(table, row, "person_hours")->f64;
        parts += cell_of(table, row, "part")->known ? cell_of(table, row, "part")->f64 : 0;
    }
    assert_int_equal(i64_of(summary, 0, "waits"), n);
    assert_int_equal(i64_of(summary, 0, "open"), n_open);
    assert_true(fabs(cell_of(summary, 0, "person_hours")->f64 - hours) <= 1e-9 * (1 + hours));
    assert_true(hours <= 0 || fabs(parts - 1) < 1e-9);
}

static void check_world(const struct world *world, const struct sj_arg *args, struct sj_random *random) {
    struct sj_result result;
    check_ways(world, &sj_dwell, args, random, &result);
    check_touchpoints(&result);
    assert_int_equal(i64_of(sj_result_find(&result, "summary"), 0, "journeys"), world->n_journeys);
    check_table(world, args, sj_result_find(&result, "waits"), plain_waits, true);
    check_table(world, args, sj_result_find(&result, "durations"), plain_durations_of, false);
    check_links(world, args, sj_result_find(&result, "links"));
    assert_int_equal(sj_result_find(&result, "responses") != NULL, args[ARG_RESPONSE].n_codes > 0);
    if (args[ARG_RESPONSE].n_codes > 0)
        check_table(world, args, sj_result_find(&result, "responses"), plain_responses, true);
    sj_result_done(&result);
}

static void test_random_worlds_equal_the_plain_way(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 41);
    for (int round = 0; round < 60; round++) {
        const struct world_size size = {1 + below(&random, 30), 1 + below(&random, 8), 1 + below(&random, 3), 1 + below(&random, 20),
                                        round % 3 == 0 ? 0 : (int64_t)below(&random, 1 << 30)};
        const uint16_t codes[] = {(uint16_t)below(&random, size.n_touchpoints), (uint16_t)below(&random, size.n_touchpoints)};
        struct world world;
        make_world(&random, &size, &world);
        world.sessions = below(&random, 3) == 0;
        const size_t n_responses = below(&random, 3);
        const struct sj_arg args[N_ARGS] = {
            [ARG_THRESHOLD] = {.i64 = (int64_t)below(&random, 1 << 28)},
            [ARG_RESPONSE] = {.codes = codes, .n_codes = n_responses},
            [ARG_REQUEST] = {.codes = codes + 1, .n_codes = n_responses > 0 ? below(&random, 2) : 0},
            [ARG_END] = {.codes = codes, .n_codes = below(&random, 3)},
            [ARG_TOP] = {.i64 = 1 + below(&random, 70)},
        };
        check_world(&world, args, &random);
    }
}

/* A10 to B20: a wait of 10 s; the last event waits until the end of the data, a microsecond after the last event of all. */
static void test_open_waits_make_the_median_longer(void **state) {
    (void)state;
    struct world world;
    struct sj_random random;
    struct sj_result result;
    sj_random_init(&random, 42);
    parse_world("A0 B10 | A0 B20 | A0 | A0 | A0 B1000", &world);
    struct sj_arg args[N_ARGS] = {[ARG_THRESHOLD] = {.i64 = 15 * SJ_US_SECOND}, [ARG_TOP] = {.i64 = 9}};
    args[ARG_DURATION].measure = SJ_NO_CODE;
    check_ways(&world, &sj_dwell, args, &random, &result);
    const struct sj_table *waits = sj_result_find(&result, "waits");
    const size_t row = text_is(waits, 0, "touchpoint", SJ_LIT("A")) ? 0 : 1;
    assert_int_equal(i64_of(waits, row, "count"), 3);
    assert_int_equal(i64_of(waits, row, "open"), 2);
    assert_int_equal(i64_of(waits, row, "median"), 20 * SJ_US_SECOND);
    /* of five, three are there after 20 s; at 1000 s one of the three that are left ends: 3/5 · 2/3 = 2/5 */
    assert_true(llabs(i64_of(waits, row, "all_median") - 1000 * SJ_US_SECOND) <= 10 * SJ_US_SECOND);
    assert_share(cell_of(waits, row, "longer"), 2, 3);
    assert_int_equal(sj_result_find(&result, "durations")->n_rows, 0);
    sj_result_done(&result);
}

static void test_refusals(void **state) {
    (void)state;
    struct world world;
    struct sj_result result;
    struct sj_error err = {.status = SJ_OK};
    const uint16_t code = 0;
    const struct sj_arg args[N_ARGS] = {[ARG_REQUEST] = {.codes = &code, .n_codes = 1}, [ARG_TOP] = {.i64 = 9}};
    const struct way way = {1, JOURNEYS_MAX, 0};
    parse_world("A0 B10", &world);
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    assert_int_equal(world_run(&world, &sj_dwell, args, &way, sj_alloc_libc(), &result, &err), SJ_E_USAGE);
    assert_non_null(strstr(err.message, "no response"));
    sj_result_done(&result);
}

static void test_running_out_of_memory(void **state) {
    (void)state;
    struct world world;
    const uint16_t code = 1;
    parse_world("A0 B10 C12, B5 | A3 A4 B20", &world);
    const struct sj_arg args[N_ARGS] = {[ARG_RESPONSE] = {.codes = &code, .n_codes = 1}, [ARG_TOP] = {.i64 = 9}};
    check_memory(&world, &sj_dwell, args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_plain_way),
        cmocka_unit_test(test_open_waits_make_the_median_longer),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_running_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
