#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "analysis/periods.h"
#include "base/random.h"

static int64_t utc(int year, int month, int day, int hour) {
    struct sj_civil civil = {.year = year, .month = month, .day = day, .hour = hour};
    return sj_time_of_civil(&civil);
}

static struct sj_periods periods_of(struct sj_arena *arena, const struct sj_zone *zone, enum sj_period period, int64_t from_us,
                                    int64_t to_us) {
    struct sj_periods periods;
    assert_int_equal(sj_periods_new(arena, zone, period, from_us, to_us, &periods, NULL), SJ_OK);
    return periods;
}

static void test_days_weeks_months(void **state) {
    (void)state;
    struct sj_arena arena;
    sj_arena_init(&arena, sj_alloc_libc());
    int64_t from_us = utc(2024, 1, 31, 13), to_us = utc(2024, 3, 1, 0);
    struct sj_periods days = periods_of(&arena, NULL, SJ_PERIOD_DAY, from_us, to_us);
    assert_int_equal(days.n, 30); /* 31 January and the 29 days of February; March begins where the range ends */
    assert_int_equal(days.starts[0], utc(2024, 1, 31, 0));
    assert_int_equal(days.starts[30], utc(2024, 3, 1, 0));
    struct sj_periods weeks = periods_of(&arena, NULL, SJ_PERIOD_WEEK, from_us, to_us);
    assert_int_equal(weeks.n, 5);
    assert_int_equal(weeks.starts[0], utc(2024, 1, 29, 0)); /* a Monday */
    struct sj_periods months = periods_of(&arena, NULL, SJ_PERIOD_MONTH, from_us, to_us);
    assert_int_equal(months.n, 2);
    assert_int_equal(months.starts[0], utc(2024, 1, 1, 0));
    assert_int_equal(months.starts[1], utc(2024, 2, 1, 0));
    assert_int_equal(periods_of(&arena, NULL, SJ_PERIOD_DAY, to_us, to_us).n, 0);
    assert_int_equal(periods_of(&arena, NULL, SJ_PERIOD_DAY, to_us, to_us + 1).n, 1);
    sj_arena_done(&arena);
}

static void test_zones(void **state) {
    (void)state;
    struct sj_arena arena;
    struct sj_zone *zone;
    sj_arena_init(&arena, sj_alloc_libc());
    assert_int_equal(sj_zone_fixed(sj_alloc_libc(), SJ_LIT("+05:30"), &zone, NULL), SJ_OK);
    struct sj_periods days = periods_of(&arena, zone, SJ_PERIOD_DAY, utc(2024, 5, 1, 18), utc(2024, 5, 1, 19));
    assert_int_equal(days.n, 2); /* midnight there is half past six in the evening here */
    assert_int_equal(days.starts[1], utc(2024, 5, 1, 18) + 30 * SJ_US_MINUTE);
    struct sj_periods months = periods_of(&arena, zone, SJ_PERIOD_MONTH, utc(2024, 4, 30, 19), utc(2024, 4, 30, 20));
    assert_int_equal(months.n, 1);
    assert_int_equal(months.starts[0], utc(2024, 4, 30, 18) + 30 * SJ_US_MINUTE);
    sj_zone_free(sj_alloc_libc(), zone);
    sj_arena_done(&arena);
}

/* Every time of a range is found in the period that holds it, whatever is guessed; one outside in the nearest. */
static void test_finding(void **state) {
    (void)state;
    struct sj_arena arena;
    struct sj_random random;
    sj_arena_init(&arena, sj_alloc_libc());
    sj_random_init(&random, 61);
    for (int round = 0; round < 3000; round++) {
        int64_t from_us = (int64_t)sj_random_below(&random, 3000 * (uint64_t)SJ_US_DAY) - 1000 * SJ_US_DAY;
        int64_t range_us = 1 + (int64_t)sj_random_below(&random, 400 * (uint64_t)SJ_US_DAY);
        struct sj_periods periods = periods_of(&arena, NULL, (enum sj_period)(round % 3), from_us, from_us + range_us);
        assert_true(periods.starts[0] <= from_us && periods.starts[periods.n] >= from_us + range_us);
        assert_true(periods.n == 1 || (periods.starts[1] > from_us && periods.starts[periods.n - 1] < from_us + range_us));
        int64_t time_us = from_us + (int64_t)sj_random_below(&random, (uint64_t)range_us);
        uint32_t found = sj_periods_find(&periods, time_us, (uint32_t)sj_random_below(&random, periods.n));
        assert_true(periods.starts[found] <= time_us && time_us < periods.starts[found + 1]);
        assert_int_equal(sj_periods_find(&periods, INT64_MIN, 0), 0);
        assert_int_equal(sj_periods_find(&periods, INT64_MAX, 0), periods.n - 1);
    }
    sj_arena_done(&arena);
}

/* All at once as one by one: the first and the last moment of each period, and what lies outside. */
static void test_finding_many(void **state) {
    (void)state;
    enum { N = 2000 };
    struct sj_arena arena;
    struct sj_random random;
    sj_arena_init(&arena, sj_alloc_libc());
    sj_random_init(&random, 62);
    for (int round = 0; round < 300; round++) {
        int64_t from_us = (int64_t)sj_random_below(&random, 3000 * (uint64_t)SJ_US_DAY) - 1000 * SJ_US_DAY, times_us[N];
        int64_t range_us = 1 + (int64_t)sj_random_below(&random, (round % 2 ? 900 : 40000) * (uint64_t)SJ_US_DAY);
        const enum sj_period period = round % 2 ? SJ_PERIOD_DAY : round % 4 ? SJ_PERIOD_MONTH : SJ_PERIOD_WEEK;
        struct sj_periods periods = periods_of(&arena, NULL, period, from_us, from_us + range_us);
        uint32_t found[N];
        size_t n = 0;
        times_us[n++] = INT64_MIN;
        times_us[n++] = INT64_MAX;
        for (uint32_t i = 0; i <= periods.n && n + 2 < N; i++) {
            times_us[n++] = periods.starts[i];
            times_us[n++] = periods.starts[i] - 1;
        }
        sj_periods_of(&periods, times_us, n, found);
        for (size_t i = 0; i < n; i++) {
            assert_true(found[i] == 0 || periods.starts[found[i]] <= times_us[i]);
            assert_true(found[i] == periods.n - 1 || times_us[i] < periods.starts[found[i] + 1]);
            assert_int_equal(sj_periods_search(&periods, times_us[i]), found[i]);
        }
    }
    sj_arena_done(&arena);
}

static void test_too_many(void **state) {
    (void)state;
    struct sj_arena arena;
    struct sj_error err = {.status = SJ_OK};
    struct sj_periods periods;
    sj_arena_init(&arena, sj_alloc_libc());
    assert_int_equal(sj_periods_new(&arena, NULL, SJ_PERIOD_DAY, SJ_TIME_MIN, SJ_TIME_MAX, &periods, &err), SJ_E_USAGE);
    assert_non_null(strstr(err.message, "choose a longer period"));
    assert_int_equal(sj_period_for(SJ_TIME_MIN, SJ_TIME_MAX), SJ_PERIOD_MONTH);
    assert_int_equal(periods_of(&arena, NULL, SJ_PERIOD_MONTH, SJ_TIME_MIN, SJ_TIME_MAX).n, 9999 * 12);
    sj_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_weeks_months), cmocka_unit_test(test_zones),    cmocka_unit_test(test_finding),
        cmocka_unit_test(test_finding_many),      cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
