#include "analysis/world.h"

#define RETENTION (sj_analysis_find("retention"))

enum { ARG_OVER, ARG_START, ARG_RETURN, ARG_MODE, ARG_ROLLING, ARG_PERIODS, N_ARGS };
enum { DAY, WEEK, MONTH };

/* The definitions, worked out from the events each time anew. Periods are numbered from the one of the first event. */
struct oracle {
    const struct world *world;
    const struct sj_arg *args;
    int64_t from_us, to_us;
};

static int64_t period_of(const struct oracle *oracle, int64_t time_us) {
    struct sj_civil civil = sj_civil_of_time(time_us);
    civil.hour = civil.minute = civil.second = civil.us = 0;
    if (oracle->args[ARG_OVER].i64 == MONTH)
        civil.day = 1;
    int64_t begin = sj_time_of_civil(&civil);
    return oracle->args[ARG_OVER].i64 == WEEK ? begin - sj_weekday(begin) * SJ_US_DAY : begin;
}

static int64_t next_period(const struct oracle *oracle, int64_t begin) {
    static const int days[] = {1, 7, 31};
    return period_of(oracle, begin + days[oracle->args[ARG_OVER].i64] * SJ_US_DAY);
}

static int64_t later(const struct oracle *oracle, int64_t begin, int64_t n) {
    for (; n > 0; n--)
        begin = next_period(oracle, begin);
    return begin;
}

static int64_t window_us(const struct oracle *oracle) {
    static const int days[] = {1, 7, 30};
    return days[oracle->args[ARG_OVER].i64] * SJ_US_DAY;
}

static void start_oracle(const struct world *world, const struct sj_arg *args, struct oracle *oracle) {
    *oracle = (struct oracle){world, args, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < world->n_events; i++) {
        int64_t time_us = world->events[i].time_us;
        oracle->from_us = time_us < oracle->from_us ? time_us : oracle->from_us;
        oracle->to_us = time_us + 1 > oracle->to_us ? time_us + 1 : oracle->to_us;
    }
}

static bool is_one_of(const struct sj_arg *arg, uint16_t touchpoint) {
    for (size_t i = 0; i < arg->n_codes; i++)
        if (arg->codes[i] == touchpoint)
            return true;
    return arg->n_codes == 0;
}

/* Whether the customer has an event at one of these touchpoints with begin <= time < end; the earliest of them. */
static bool has_event(const struct world *world, uint32_t customer, const struct sj_arg *at, int64_t begin, int64_t end,
                      int64_t *ret_first) {
    int64_t first = INT64_MAX;
    for (size_t j = 0; j < world->n_journeys; j++)
        for (size_t i = 0; world->journeys[j].customer == customer && i < world->journeys[j].n; i++) {
            const struct event *event = &world->events[world->journeys[j].first + i];
            if (is_one_of(at, event->touchpoint) && event->time_us >= begin && event->time_us < end && event->time_us < first)
                first = event->time_us;
        }
    *ret_first = first;
    return first != INT64_MAX;
}

static bool starts_in(const struct oracle *oracle, uint32_t customer, int64_t cohort, int64_t *ret_start) {
    return has_event(oracle->world, customer, &oracle->args[ARG_START], INT64_MIN, INT64_MAX, ret_start) &&
           period_of(oracle, *ret_start) == cohort;
}

static bool comes_back(const struct oracle *oracle, uint32_t customer, int64_t start, int64_t cohort, int64_t period) {
    bool rolling = oracle->args[ARG_ROLLING].i64 != 0;
    int64_t begin = rolling ? start + period * window_us(oracle) : later(oracle, cohort, period);
    int64_t end = rolling ? begin + window_us(oracle) : next_period(oracle, begin), when;
    return has_event(oracle->world, customer, &oracle->args[ARG_RETURN], begin > start ? begin : start,
                     oracle->args[ARG_MODE].i64 == 1 ? INT64_MAX : end, &when);
}

struct cell {
    int64_t size, returned;
    bool begun, complete;
};

static struct cell expect_cell(const struct oracle *oracle, int64_t cohort, int64_t period) {
    bool rolling = oracle->args[ARG_ROLLING].i64 != 0;
    int64_t begin = later(oracle, cohort, period), start;
    struct cell cell = {.begun = !rolling && begin < oracle->to_us,
                        .complete = next_period(oracle, rolling ? cohort : begin) <= oracle->to_us};
    for (uint32_t customer = 0; customer < oracle->world->n_customers; customer++) {
        if (!starts_in(oracle, customer, cohort, &start))
            continue;
        cell.size++;
        cell.returned += comes_back(oracle, customer, start, cohort, period);
        if (rolling && start + period * window_us(oracle) < oracle->to_us)
            cell.begun = true;
        if (rolling && start + (period + 1) * window_us(oracle) > oracle->to_us)
            cell.complete = false;
    }
    return cell;
}

static void check_cells(const struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *cells = sj_result_find(result, "cells"), *curve = sj_result_find(result, "curve");
    int64_t n_periods = oracle->args[ARG_PERIODS].i64, at_risk[64] = {0}, returned[64] = {0};
    size_t row = 0, curve_row = 0;
    for (int64_t cohort = period_of(oracle, oracle->from_us); cohort < oracle->to_us; cohort = next_period(oracle, cohort))
        for (int64_t period = 0; period < n_periods; period++) {
            struct cell cell = expect_cell(oracle, cohort, period);
            if (cell.size == 0 || !cell.begun)
                continue;
            assert_int_equal(i64_of(cells, row, "cohort"), cohort);
            assert_int_equal(i64_of(cells, row, "period"), period);
            assert_int_equal(i64_of(cells, row, "customers"), cell.returned);
            assert_share(cell_of(cells, row, "share"), cell.returned, cell.size);
            assert_int_equal(i64_of(cells, row, "complete"), cell.complete);
            at_risk[period] += cell.complete ? cell.size : 0;
            returned[period] += cell.complete ? cell.returned : 0;
            row++;
        }
    assert_int_equal(cells->n_rows, row);
    for (int64_t period = 0; period < n_periods; period++) {
        if (at_risk[period] == 0)
            continue;
        assert_int_equal(i64_of(curve, curve_row, "period"), period);
        assert_int_equal(i64_of(curve, curve_row, "at_risk"), at_risk[period]);
        assert_int_equal(i64_of(curve, curve_row, "returned"), returned[period]);
        assert_share(cell_of(curve, curve_row, "share"), returned[period], at_risk[period]);
        curve_row++;
    }
    assert_int_equal(curve->n_rows, curve_row);
}

static void check_cohorts(const struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *cohorts = sj_result_find(result, "cohorts");
    int64_t n_started = 0, sum = 0, when;
    for (size_t row = 0; row < cohorts->n_rows; row++) {
        int64_t cohort = i64_of(cohorts, row, "cohort"), size = expect_cell(oracle, cohort, 0).size;
        assert_int_equal(i64_of(cohorts, row, "size"), size);
        assert_int_equal(i64_of(cohorts, row, "complete"), next_period(oracle, cohort) <= oracle->to_us);
        assert_true(size > 0 || (row > 0 && row + 1 < cohorts->n_rows));
        assert_true(row == 0 || cohort == next_period(oracle, i64_of(cohorts, row - 1, "cohort")));
        sum += size;
    }
    for (uint32_t customer = 0; customer < oracle->world->n_customers; customer++)
        n_started += has_event(oracle->world, customer, &oracle->args[ARG_START], INT64_MIN, INT64_MAX, &when);
    assert_int_equal(sum, n_started);
    assert_int_equal(note_of(result, "without_start") != NULL, oracle->args[ARG_START].n_codes > 0 && n_started > 0);
    assert_int_equal(note_of(result, "no_start") != NULL, n_started == 0);
}

static void check_lifecycle(const struct oracle *oracle, const struct sj_result *result) {
    static const struct sj_arg any = {0};
    const struct sj_table *table = sj_result_find(result, "lifecycle");
    int64_t begin = period_of(oracle, oracle->from_us), before = begin - 31 * SJ_US_DAY, active_before = 0;
    size_t row = 0;
    for (; begin < oracle->to_us; before = begin, begin = next_period(oracle, begin), row++) {
        int64_t n[4] = {0}, end = next_period(oracle, begin), when;
        for (uint32_t customer = 0; customer < oracle->world->n_customers; customer++) {
            bool now = has_event(oracle->world, customer, &any, begin, end, &when);
            bool just = has_event(oracle->world, customer, &any, before, begin, &when);
            bool ever = has_event(oracle->world, customer, &any, INT64_MIN, begin, &when);
            n[0] += now && !ever;
            n[1] += now && just;
            n[2] += now && ever && !just;
            n[3] += just && !now;
        }
        assert_int_equal(i64_of(table, row, "period"), begin);
        assert_int_equal(i64_of(table, row, "new"), n[0]);
        assert_int_equal(i64_of(table, row, "returning"), n[1]);
        assert_int_equal(i64_of(table, row, "resurrecting"), n[2]);
        assert_int_equal(i64_of(table, row, "dormant"), n[3]);
        assert_int_equal(i64_of(table, row, "active"), n[0] + n[1] + n[2]);
        assert_int_equal(i64_of(table, row, "complete"), end <= oracle->to_us);
        assert_int_equal(active_before, n[1] + n[3]);
        active_before = n[0] + n[1] + n[2];
    }
    assert_int_equal(table->n_rows, row);
}

static void ask(const struct world *world, const struct sj_arg *args, struct sj_random *random, struct sj_result *result) {
    struct oracle oracle;
    start_oracle(world, args, &oracle);
    check_ways(world, RETENTION, args, random, result);
    check_cells(&oracle, result);
    check_cohorts(&oracle, result);
    check_lifecycle(&oracle, result);
}

static void test_random_worlds_equal_the_oracle(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 71);
    for (int round = 0; round < 700; round++) {
        struct world_size size = {1 + below(&random, 20), 1 + below(&random, 6), 1 + below(&random, 3), 1 + below(&random, 15),
                                  round % 5 == 0 ? 0 : (int64_t)sj_random_below(&random, 12 * (uint64_t)SJ_US_DAY)};
        struct world world;
        struct sj_result result;
        make_world(&random, &size, &world);
        for (size_t i = 0; i < world.n_events && round % 3 == 0; i++)
            world.events[i].time_us -= world.events[i].time_us % (12 * SJ_US_HOUR); /* many at midnight, where periods meet */
        uint16_t starts[2] = {(uint16_t)below(&random, size.n_touchpoints), (uint16_t)below(&random, size.n_touchpoints)};
        uint16_t returns[2] = {(uint16_t)below(&random, size.n_touchpoints), (uint16_t)below(&random, size.n_touchpoints)};
        struct sj_arg args[N_ARGS] = {
            [ARG_OVER] = {.i64 = below(&random, 3)},
            [ARG_START] = {.codes = starts, .n_codes = below(&random, 3)},
            [ARG_RETURN] = {.codes = returns, .n_codes = below(&random, 3)},
            [ARG_MODE] = {.i64 = below(&random, 2)},
            [ARG_ROLLING] = {.i64 = below(&random, 2)},
            [ARG_PERIODS] = {.i64 = 1 + below(&random, 20)},
        };
        ask(&world, args, &random, &result);
        sj_result_done(&result);
    }
}

static void by_day(struct sj_arg args[N_ARGS], int64_t n_periods) {
    memset(args, 0, N_ARGS * sizeof *args);
    args[ARG_PERIODS].i64 = n_periods;
}

/* Worked by hand. Day 0 ends at 86400 s. */
static void test_by_hand(void **state) {
    (void)state;
    struct world world;
    struct sj_random random;
    struct sj_result result;
    struct sj_arg args[N_ARGS];
    sj_random_init(&random, 72);
    by_day(args, 4);
    /* One comes back after a day without, in a journey that lies before its other one; one a minute after midnight. */
    parse_world("A180000, A100 B200 | A80000 C86460 | D259199", &world);
    ask(&world, args, &random, &result);
    const struct sj_table *cells = sj_result_find(&result, "cells");
    static const int64_t returned[] = {2, 1, 1, 1};
    assert_int_equal(cells->n_rows, 4);
    for (size_t row = 0; row < 4; row++)
        assert_int_equal(i64_of(cells, row, "customers"), returned[row]);
    assert_share(cell_of(cells, 1, "share"), 1, 2);
    assert_int_equal(i64_of(cells, 2, "complete"), 0); /* a second is missing */
    assert_int_equal(i64_of(sj_result_find(&result, "lifecycle"), 2, "resurrecting"), 1);
    sj_result_done(&result);
    /* Within the first 24 hours of one's own start, the second one was not away for a day. */
    args[ARG_ROLLING].i64 = 1;
    ask(&world, args, &random, &result);
    cells = sj_result_find(&result, "cells");
    assert_int_equal(i64_of(cells, 1, "customers"), 0);
    assert_int_equal(i64_of(cells, 2, "customers"), 1);
    sj_result_done(&result);
}

/* A period is complete when the last moment of it is in the data, not before. */
static void test_the_last_moment_of_a_period(void **state) {
    (void)state;
    struct world world;
    struct sj_random random;
    struct sj_arg args[N_ARGS];
    sj_random_init(&random, 73);
    for (int64_t missing_us = 0; missing_us < 2; missing_us++) {
        for (int64_t rolling = 0; rolling < 2; rolling++) {
            struct sj_result result;
            by_day(args, 2);
            args[ARG_ROLLING].i64 = rolling;
            parse_world("A0 B172800", &world);
            world.events[1].time_us -= 1 + missing_us;
            ask(&world, args, &random, &result);
            assert_int_equal(i64_of(sj_result_find(&result, "cells"), 1, "complete"), missing_us == 0);
            assert_int_equal(note_of(&result, "incomplete") != NULL, missing_us > 0);
            assert_int_equal(sj_result_find(&result, "curve")->n_rows, 2 - (size_t)missing_us);
            sj_result_done(&result);
        }
    }
}

/* Of January, all who have started have been seen for 30 days, but on its last day others may still start. */
static void test_a_cohort_that_can_grow_is_not_complete(void **state) {
    (void)state;
    struct world world;
    struct sj_random random;
    struct sj_result result;
    struct sj_arg args[N_ARGS];
    sj_random_init(&random, 77);
    by_day(args, 1);
    args[ARG_OVER].i64 = MONTH;
    args[ARG_ROLLING].i64 = 1;
    parse_world("A0 B2635200", &world); /* 30 days and a half */
    ask(&world, args, &random, &result);
    assert_int_equal(i64_of(sj_result_find(&result, "cells"), 0, "complete"), 0);
    sj_result_done(&result);
}

static void test_nobody_starts_and_nobody_returns(void **state) {
    (void)state;
    static const uint16_t away = 3;
    struct world world;
    struct sj_random random;
    struct sj_result result;
    struct sj_arg args[N_ARGS];
    sj_random_init(&random, 74);
    parse_world("A0 B10 | A100000", &world);
    by_day(args, 12);
    args[ARG_RETURN] = (struct sj_arg){.codes = &away, .n_codes = 1};
    ask(&world, args, &random, &result);
    assert_non_null(note_of(&result, "no_return"));
    sj_result_done(&result);
    args[ARG_START] = args[ARG_RETURN];
    ask(&world, args, &random, &result);
    assert_non_null(strstr(note_of(&result, "no_start"), "2 customers"));
    assert_null(note_of(&result, "no_return"));
    assert_int_equal(sj_result_find(&result, "cells")->n_rows, 0);
    sj_result_done(&result);
}

static void test_nothing_there(void **state) {
    (void)state;
    struct world world = {.n_touchpoints = 2, .n_channels = 1};
    struct sj_random random;
    struct sj_result result;
    struct sj_arg args[N_ARGS];
    name_world(&world);
    sj_random_init(&random, 75);
    by_day(args, 12);
    for (args[ARG_ROLLING].i64 = 0; args[ARG_ROLLING].i64 < 2; args[ARG_ROLLING].i64++) {
        check_ways(&world, RETENTION, args, &random, &result);
        for (size_t t = 0; t < result.n_tables; t++)
            assert_int_equal(result.tables[t].n_rows, 0);
        assert_int_equal(result.n_notes, 0);
        sj_result_done(&result);
    }
}

/* Cohorts by days over centuries, each with many periods, would take more memory than an answer may. */
static void test_too_many_cells_are_refused(void **state) {
    (void)state;
    struct world world;
    struct sj_result result;
    struct sj_error err = {.status = SJ_OK};
    struct sj_arg args[N_ARGS];
    struct way in_order = {1, JOURNEYS_MAX, 0};
    by_day(args, 1000);
    parse_world("A0 B100000000", &world); /* 1157 days */
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    assert_int_equal(world_run(&world, RETENTION, args, &in_order, sj_alloc_libc(), &result, &err), SJ_E_USAGE);
    assert_non_null(strstr(err.message, "choose a longer period"));
    sj_result_done(&result);
}

static void test_memory(void **state) {
    (void)state;
    struct sj_random random;
    struct world_size size = {12, 3, 2, 6, SJ_US_DAY};
    static const uint16_t start = 1;
    struct world world;
    struct sj_arg args[N_ARGS];
    sj_random_init(&random, 76);
    make_world(&random, &size, &world);
    by_day(args, 12);
    args[ARG_START] = (struct sj_arg){.codes = &start, .n_codes = 1};
    check_memory(&world, RETENTION, args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_oracle),   cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_the_last_moment_of_a_period),      cmocka_unit_test(test_a_cohort_that_can_grow_is_not_complete),
        cmocka_unit_test(test_nobody_starts_and_nobody_returns), cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_too_many_cells_are_refused),       cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
