#include "analysis/world.h"

/* Checks the table of one kind of code against counting each by itself. */
static void check_codes(const struct world *world, bool channels, const struct sj_table *table) {
    size_t row = 0;
    for (uint32_t code = 0; code < (channels ? world->n_channels : world->n_touchpoints); code++) {
        int64_t n_events = 0, n_journeys = 0, n_customers = 0;
        uint32_t last_customer = UINT32_MAX;
        for (size_t j = 0; j < world->n_journeys; j++) {
            int64_t n = 0;
            for (size_t i = 0; i < world->journeys[j].n; i++) {
                const struct event *event = &world->events[world->journeys[j].first + i];
                n += (channels ? event->channel : event->touchpoint) == code;
            }
            n_events += n;
            n_journeys += n > 0;
            n_customers += n > 0 && last_customer != world->journeys[j].customer;
            last_customer = n > 0 ? world->journeys[j].customer : last_customer;
        }
        if (n_events == 0)
            continue;
        for (row = 0; !text_is(table, row, channels ? "channel" : "touchpoint", world->names[code]);)
            row++;
        assert_int_equal(i64_of(table, row, "events"), n_events);
        assert_int_equal(i64_of(table, row, "customers"), n_customers);
        assert_int_equal(i64_of(table, row, "journeys"), n_journeys);
        assert_share(cell_of(table, row, "share"), n_journeys, (int64_t)world->n_journeys);
    }
    for (row = 1; row < table->n_rows; row++)
        assert_true(i64_of(table, row - 1, "events") >= i64_of(table, row, "events"));
}

/* The beginning of the day, week or month in UTC. */
static int64_t period_of(int64_t time_us, int64_t by) {
    struct sj_civil civil = sj_civil_of_time(time_us);
    civil.hour = civil.minute = civil.second = civil.us = 0;
    if (by == 3)
        civil.day = 1;
    int64_t begin = sj_time_of_civil(&civil);
    return by == 2 ? begin - sj_weekday(begin) * SJ_US_DAY : begin;
}

static void check_activity(const struct world *world, int64_t by, const struct sj_table *table) {
    int64_t n_events = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        int64_t begin = i64_of(table, row, "period"), n = 0, n_customers = 0;
        uint32_t last_customer = UINT32_MAX;
        for (size_t j = 0; j < world->n_journeys; j++)
            for (size_t i = 0; i < world->journeys[j].n; i++) {
                if (period_of(world->events[world->journeys[j].first + i].time_us, by) != begin)
                    continue;
                n++;
                n_customers += last_customer != world->journeys[j].customer;
                last_customer = world->journeys[j].customer;
            }
        assert_int_equal(i64_of(table, row, "events"), n);
        assert_int_equal(i64_of(table, row, "customers"), n_customers);
        assert_true(n > 0 || (row > 0 && row + 1 < table->n_rows));
        if (row > 0)
            assert_true(i64_of(table, row - 1, "period") < begin);
        n_events += n;
    }
    assert_int_equal(n_events, world->n_events);
}

static void check_ranges(const int64_t *values, size_t n, int64_t step, const struct sj_table *table) {
    size_t sum = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        int64_t from = i64_of(table, row, "from"), found = 0;
        const struct sj_cell *to = cell_of(table, row, "to");
        for (size_t i = 0; i < n; i++)
            found += values[i] >= from && (!to->known || values[i] < to->i64 + step);
        assert_int_equal(i64_of(table, row, "journeys"), found);
        assert_share(cell_of(table, row, "share"), found, (int64_t)n);
        sum += (size_t)found;
    }
    assert_int_equal(sum, n);
}

static void check_spread(const struct world *world, const struct sj_result *result) {
    static const char *const columns[] = {"p10", "p25", "median", "p75", "p90", "max"};
    static const size_t percents[] = {10, 25, 50, 75, 90, 100};
    int64_t lengths[JOURNEYS_MAX], hundredfold[JOURNEYS_MAX], durations[JOURNEYS_MAX];
    size_t n = world->n_journeys;
    for (size_t j = 0; j < n; j++) {
        const struct journey *journey = &world->journeys[j];
        lengths[j] = (int64_t)journey->n;
        hundredfold[j] = 100 * lengths[j];
        durations[j] = world->events[journey->first + journey->n - 1].time_us - world->events[journey->first].time_us;
    }
    check_ranges(lengths, n, 1, sj_result_find(result, "journey_length_ranges"));
    check_ranges(durations, n, 0, sj_result_find(result, "journey_duration_ranges"));
    const struct sj_table *length = sj_result_find(result, "journey_length"), *duration = sj_result_find(result, "journey_duration");
    for (size_t i = 0; i < 6; i++) {
        assert_true(cell_of(length, 0, columns[i])->f64 == (double)plain_quantile(hundredfold, n, percents[i]) / 100);
        assert_int_equal(i64_of(duration, 0, columns[i]), plain_quantile(durations, n, percents[i]));
    }
    const struct sj_table *summary = sj_result_find(result, "summary");
    assert_true(cell_of(summary, 0, "median_events")->f64 == cell_of(length, 0, "median")->f64);
    assert_int_equal(i64_of(summary, 0, "median_duration"), i64_of(duration, 0, "median"));
}

static void check_summary(const struct world *world, const struct sj_result *result) {
    const struct sj_table *summary = sj_result_find(result, "summary");
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t i = 0; i < world->n_events; i++) {
        first = world->events[i].time_us < first ? world->events[i].time_us : first;
        last = world->events[i].time_us > last ? world->events[i].time_us : last;
    }
    assert_int_equal(i64_of(summary, 0, "events"), world->n_events);
    assert_int_equal(i64_of(summary, 0, "customers"), world->n_customers);
    assert_int_equal(i64_of(summary, 0, "journeys"), world->n_journeys);
    assert_int_equal(i64_of(summary, 0, "touchpoints"), sj_result_find(result, "touchpoints")->n_rows);
    assert_int_equal(i64_of(summary, 0, "channels"), sj_result_find(result, "channels")->n_rows);
    assert_int_equal(i64_of(summary, 0, "first_event"), first);
    assert_int_equal(i64_of(summary, 0, "last_event"), last);
}

static void test_random_worlds_equal_the_oracle(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 51);
    for (int round = 0; round < 1200; round++) {
        struct world_size size = {1 + below(&random, 20), 1 + below(&random, 8), 1 + below(&random, 3), 1 + below(&random, 20),
                                  round % 5 == 0 ? 0 : (int64_t)sj_random_below(&random, 40 * (uint64_t)SJ_US_DAY)};
        struct world world;
        struct sj_result result;
        struct sj_arg args[1] = {{.i64 = below(&random, 4)}};
        make_world(&random, &size, &world);
        check_ways(&world, sj_analysis_find("overview"), args, &random, &result);
        check_summary(&world, &result);
        check_codes(&world, false, sj_result_find(&result, "touchpoints"));
        check_codes(&world, true, sj_result_find(&result, "channels"));
        check_spread(&world, &result);
        if (args[0].i64 > 0)
            check_activity(&world, args[0].i64, sj_result_find(&result, "activity"));
        sj_result_done(&result);
    }
}

/* A channel that is not known has no name, and is not counted as one. */
static void test_unknown_channel(void **state) {
    (void)state;
    struct world world;
    struct sj_random random;
    struct sj_result result;
    struct sj_arg args[1] = {{.i64 = 0}};
    sj_random_init(&random, 52);
    parse_world("A0 B10 | A7", &world);
    world.names[0] = SJ_LIT("");
    check_ways(&world, sj_analysis_find("overview"), args, &random, &result);
    const struct sj_table *channels = sj_result_find(&result, "channels");
    assert_int_equal(channels->n_rows, 1);
    assert_false(cell_of(channels, 0, "channel")->known);
    assert_int_equal(i64_of(sj_result_find(&result, "summary"), 0, "channels"), 0);
    sj_result_done(&result);
}

static void test_nothing_there(void **state) {
    (void)state;
    struct world world = {.n_touchpoints = 2, .n_channels = 1};
    struct sj_random random;
    struct sj_result result;
    struct sj_arg args[1] = {{.i64 = 0}};
    name_world(&world);
    sj_random_init(&random, 53);
    check_ways(&world, sj_analysis_find("overview"), args, &random, &result);
    const struct sj_table *summary = sj_result_find(&result, "summary");
    assert_int_equal(i64_of(summary, 0, "events"), 0);
    assert_false(cell_of(summary, 0, "first_event")->known || cell_of(summary, 0, "median_events")->known);
    assert_int_equal(sj_result_find(&result, "activity")->n_rows, 0);
    assert_int_equal(result.n_notes, 0);
    sj_result_done(&result);
}

static void test_memory(void **state) {
    (void)state;
    struct sj_random random;
    struct world_size size = {12, 3, 2, 6, SJ_US_DAY};
    struct world world;
    struct sj_arg args[1] = {{.i64 = 1}};
    sj_random_init(&random, 54);
    make_world(&random, &size, &world);
    check_memory(&world, sj_analysis_find("overview"), args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_oracle),
        cmocka_unit_test(test_unknown_channel),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
