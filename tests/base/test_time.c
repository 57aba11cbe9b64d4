#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/time.h"

static bool leap(int year) { return year % 400 == 0 || (year % 4 == 0 && year % 100 != 0); }

/* Counts day after day from 0001-01-01, a Monday, and compares both conversions and the weekday with the count. */
static void every_day_converts_and_comes_back(void **state) {
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t expected_us = SJ_TIME_MIN;
    int weekday = 0;
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= lengths[month - 1] + (month == 2 && leap(year)); day++) {
                struct sj_civil c = {year, month, day, 0, 0, 0, 0};
                if (!sj_civil_valid(&c) || sj_time_of_civil(&c) != expected_us)
                    fail_msg("%04d-%02d-%02d became %lld", year, month, day, (long long)sj_time_of_civil(&c));
                c = sj_civil_of_time(expected_us + SJ_US_DAY - 1);
                if (c.year != year || c.month != month || c.day != day || c.hour != 23 || c.minute != 59 || c.second != 59 ||
                    c.us != 999999)
                    fail_msg("%04d-%02d-%02d came back as %04d-%02d-%02d", year, month, day, c.year, c.month, c.day);
                if (sj_weekday(expected_us) != weekday || sj_weekday(expected_us + SJ_US_DAY - 1) != weekday)
                    fail_msg("%04d-%02d-%02d is weekday %d", year, month, day, sj_weekday(expected_us));
                expected_us += SJ_US_DAY;
                weekday = (weekday + 1) % 7;
            }
    assert_true(expected_us - 1 == SJ_TIME_MAX);
}

static void known_weekdays(void **state) {
    (void)state;
    assert_int_equal(sj_weekday(0), 3); /* Thursday 1970-01-01 */
    assert_int_equal(sj_weekday(-1), 2);
    assert_int_equal(sj_weekday(INT64_C(1769860800) * SJ_US_SECOND), 5); /* Saturday 2026-01-31 */
}

static void impossible_dates_are_not_valid(void **state) {
    (void)state;
    static const struct sj_civil bad[] = {
        {0, 1, 1, 0, 0, 0, 0},     {10000, 1, 1, 0, 0, 0, 0},      {2026, 0, 1, 0, 0, 0, 0},  {2026, 13, 1, 0, 0, 0, 0},
        {2026, 1, 0, 0, 0, 0, 0},  {2026, 1, 32, 0, 0, 0, 0},      {2026, 2, 29, 0, 0, 0, 0}, {1900, 2, 29, 0, 0, 0, 0},
        {2026, 4, 31, 0, 0, 0, 0}, {2026, 1, 1, 24, 0, 0, 0},      {2026, 1, 1, -1, 0, 0, 0}, {2026, 1, 1, 0, 60, 0, 0},
        {2026, 1, 1, 0, 0, 60, 0}, {2026, 1, 1, 0, 0, 0, 1000000}, {2026, 1, 1, 0, 0, 0, -1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sj_civil_valid(&bad[i]));
    assert_true(sj_civil_valid(&(struct sj_civil){2000, 2, 29, 23, 59, 59, 999999}));
}

static void times_print_and_read_back(void **state) {
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {{0, "1970-01-01T00:00:00Z"},           {-1, "1969-12-31T23:59:59.999999Z"},
                {SJ_TIME_MIN, "0001-01-01T00:00:00Z"}, {SJ_TIME_MAX, "9999-12-31T23:59:59.999999Z"},
                {1500, "1970-01-01T00:00:00.001500Z"}, {20000, "1970-01-01T00:00:00.020Z"}};
    char text[SJ_TIME_TEXT_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(sj_time_format(rows[i].us, text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
    struct sj_random random;
    sj_random_init(&random, 3);
    for (unsigned i = 0; i < 200000; i++) {
        int64_t back, us = SJ_TIME_MIN + (int64_t)sj_random_below(&random, (uint64_t)(SJ_TIME_MAX - SJ_TIME_MIN) + 1);
        us -= i % 3 == 0 ? us % SJ_US_SECOND : 0;
        bool has_offset = false;
        struct sj_str s = {text, sj_time_format(us, text)};
        assert_true(us < SJ_TIME_MIN || (sj_time_parse_iso(s, NULL, &back, &has_offset) && back == us && has_offset));
    }
    assert_in_range(sj_time_format(INT64_MIN, text), 1, SJ_TIME_TEXT_BYTES - 1);
    assert_in_range(sj_time_format(INT64_MAX, text), 1, SJ_TIME_TEXT_BYTES - 1);
}

#define JAN31 INT64_C(1769817600000000) /* 2026-01-31 */
#define NOON (JAN31 + 12 * SJ_US_HOUR)

static void iso_times_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
        bool has_offset;
    } rows[] = {
        {"2026-01-31", JAN31, false},
        {"2026-01-31T12:00", NOON, false},
        {"2026-01-31 12:00", NOON, false},
        {"2026-01-31T12:00:00", NOON, false},
        {"2026-01-31 12:00:00", NOON, false},
        {"2026-01-31t12:00:00z", NOON, true},
        {"2026-01-31T12:00Z", NOON, true},
        {"2026-01-31T12:00:00Z", NOON, true},
        {"2026-01-31 12:00:00 UTC", NOON, true},
        {"2026-01-31 12:00:00+00", NOON, true},
        {"2026-01-31 12:00:00 +0000", NOON, true},
        {"2026-01-31 12:00:00-00:00", NOON, true},
        {"2026-01-31T12:00+01:00", NOON - SJ_US_HOUR, true},
        {"2026-01-31T12:00:00-0530", NOON + 5 * SJ_US_HOUR + 30 * SJ_US_MINUTE, true},
        {"2026-01-31 12:00:00.123456+01:00", NOON - SJ_US_HOUR + 123456, true},
        {"2026-01-31 12:00:00.5", NOON + 500000, false},
        {"2026-01-31T12:00:00,25Z", NOON + 250000, true},
        {"2026-01-31T12:00:00.123456999Z", NOON + 123456, true},
        {"2026-01-31T12:00:00.00000000000000000001Z", NOON, true},
        {"20260131T120000Z", NOON, true},
        {"20260131T1200", NOON, false},
        {"20260131T120000.5+0100", NOON - SJ_US_HOUR + 500000, true},
        {"0001-01-01", SJ_TIME_MIN, false},
        {"0001-01-01T00:00:00-01:00", SJ_TIME_MIN + SJ_US_HOUR, true},
        {"9999-12-31T23:59:59.9999999", SJ_TIME_MAX, false},
        {"2024-02-29 00:00:00", INT64_C(1709164800000000), false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t us = -1;
        bool has_offset = !rows[i].has_offset;
        if (!sj_time_parse_iso(sj_str(rows[i].text), NULL, &us, &has_offset) || us != rows[i].us || has_offset != rows[i].has_offset)
            fail_msg("%s was read as %lld", rows[i].text, (long long)us);
        assert_true(sj_time_parse_iso(sj_str(rows[i].text), NULL, &us, NULL));
    }
}

static void what_is_no_iso_time_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "2",
        "2026",
        "2026-01",
        "20260131",
        "202601",
        "2026-1-31",
        "2026-01-31T",
        "2026-01-31 ",
        " 2026-01-31",
        "2026-01-31T12",
        "2026-01-31T12:",
        "2026-01-31T12:0",
        "2026-01-31T12:00:",
        "2026-01-31T12:00:0",
        "2026-01-31T12:00.5",
        "2026-01-31T12:00,5Z",
        "20260131T1200.5",
        "2026-01-31T12:00:00.",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00 ",
        "2026-01-31T12:00:00X",
        "2026-01-31T12:00:00+",
        "2026-01-31T12:00:00+1",
        "2026-01-31T12:00:00+01:",
        "2026-01-31T12:00:00+01:0",
        "2026-01-31T12:00:00+24:00",
        "2026-01-31T12:00:00+01:60",
        "2026-01-31T12:00:00  Z",
        "2026-01-31Z",
        "2026-01-31T24:00:00",
        "2026-01-31T12:60:00",
        "2026-01-31T12:00:60",
        "2026-02-29",
        "2026-02-29T00:00:00",
        "2026-13-01T00:00:00",
        "2026-00-10",
        "2026-01-00 10:00:00",
        "0000-01-01T00:00:00",
        "2026/01/31 12:00:00",
        "2026-01-31_12:00:00",
        "2026-01-31T12.00.00",
        "31-01-2026 12:00:00",
        "2026-01-31T1200",
        "20260131T12:00",
        "20260131 120000",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "-026-01-31T12:00:00",
        "2026-01-31T-1:00:00",
        "2026-01-31T12:00:00ZZ",
        "2026-01-31T12:00:00+01:00Z",
        "2026\xC2\xAD"
        "01-31T12:00:00",
        "2026-01-31T12:00:0:",
        "2026-01-31T12:00:0/",
        "202:-01-31T12:00:00",
        "20260131T1200000Z",
    };
    int64_t us = 5;
    bool has_offset = true;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (sj_time_parse_iso(sj_str(bad[i]), NULL, &us, &has_offset))
            fail_msg("%s was read as %lld", bad[i], (long long)us);
    assert_true(us == 5 && has_offset);
}

/* Every byte at every place of a full time. Only another digit may stand for a digit (which of them may depends on the range), a
 * space for the T, and a sign for the last mark, which makes "11:11+11" of it: a time without seconds at an offset. */
static void no_wrong_character_goes_through(void **state) {
    (void)state;
    static const char good[] = "2011-11-11T11:11:11";
    for (size_t at = 0; at < sizeof good - 1; at++)
        for (int c = 0; c < 256; c++) {
            char text[sizeof good];
            memcpy(text, good, sizeof good);
            text[at] = (char)c;
            int64_t us;
            bool was_digit = good[at] >= '0' && good[at] <= '9', digit = c >= '0' && c <= '9';
            bool read = sj_time_parse_iso((struct sj_str){text, sizeof good - 1}, NULL, &us, NULL);
            bool allowed =
                was_digit ? digit : c == good[at] || (at == 10 && (c == ' ' || c == 't')) || (at == 16 && (c == '+' || c == '-'));
            bool in_range = !was_digit || at < 4 || c == '0' || c == '1';
            if (read ? !allowed : allowed && in_range)
                fail_msg("%.19s: read is %d", text, read);
        }
}

static void zone_is_used_where_no_offset_is_written(void **state) {
    (void)state;
    struct sj_zone *zone;
    int64_t us;
    assert_int_equal(sj_zone_fixed(sj_alloc_libc(), SJ_LIT("+02:00"), &zone, NULL), SJ_OK);
    assert_true(sj_time_parse_iso(SJ_LIT("2026-01-31T12:00:00"), zone, &us, NULL) && us == NOON - 2 * SJ_US_HOUR);
    assert_true(sj_time_parse_iso(SJ_LIT("2026-01-31"), zone, &us, NULL) && us == JAN31 - 2 * SJ_US_HOUR);
    assert_true(sj_time_parse_iso(SJ_LIT("2026-01-31T12:00:00Z"), zone, &us, NULL) && us == NOON);
    assert_true(sj_time_parse_pattern(SJ_LIT("31-01-2026 12:00"), SJ_LIT("DD-MM-YYYY HH:mm"), zone, &us) && us == NOON - 2 * SJ_US_HOUR);
    assert_false(sj_time_parse_iso(SJ_LIT("0001-01-01"), zone, &us, NULL));
    sj_zone_free(sj_alloc_libc(), zone);
}

static void patterns_are_followed(void **state) {
    (void)state;
    static const struct {
        const char *text, *pattern;
        int64_t us;
    } rows[] = {
        {"31-01-2026 12:00", "DD-MM-YYYY HH:mm", NOON},
        {"1/31/2026 12:00:00", "M/D/YYYY H:m:s", NOON},
        {"01/31/26 12:00 pm", "MM/DD/YY hh:mm a", NOON},
        {"1/31/26 12:00 AM", "M/D/YY h:mm a", JAN31},
        {"1/31/26 11:05 Pm", "M/D/YY h:mm a", JAN31 + 23 * SJ_US_HOUR + 5 * SJ_US_MINUTE},
        {"31 Jan 2026", "D MMM YYYY", JAN31},
        {"31-JAN-26 12.00.00.250000", "DD-MMM-YY HH.mm.ss.SSS", NOON + 250000},
        {"31/Jan/2026:12:00:00 +0100", "DD/MMM/YYYY:HH:mm:ss ZZ", NOON - SJ_US_HOUR},
        {"20260131120000", "YYYYMMDDHHmmss", NOON},
        {"20260131", "YYYYMMDD", JAN31},
        {"2026-01-31T12:00:00.5Z", "YYYY-MM-DDTHH:mm:ss.SSSZZ", NOON + 500000},
        {"31.1.2026 9:05", "D.M.YYYY H:mm", JAN31 + 9 * SJ_US_HOUR + 5 * SJ_US_MINUTE},
        {"1-1-68", "D-M-YY", INT64_C(3092601600000000)},
        {"1-1-69", "D-M-YY", INT64_C(-31536000000000)},
        {"2026年01月31日", "YYYY年MM月DD日", JAN31},
        {"31-01-2026 12:00:00.123456789", "DD-MM-YYYY HH:mm:ss.SSS", NOON + 123456},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t us = -1;
        if (!sj_time_parse_pattern(sj_str(rows[i].text), sj_str(rows[i].pattern), NULL, &us) || us != rows[i].us)
            fail_msg("%s by %s was read as %lld", rows[i].text, rows[i].pattern, (long long)us);
    }
}

static void what_does_not_fit_the_pattern_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *pattern;
    } rows[] = {
        {"", "YYYY-MM-DD"},
        {"2026-01-31", ""},
        {"2026-01-31 ", "YYYY-MM-DD"},
        {"2026-01-3", "YYYY-MM-DD"},
        {"2026-1-31", "YYYY-MM-DD"},
        {"26-01-31", "YYYY-MM-DD"},
        {"2026-02-30", "YYYY-MM-DD"},
        {"31-13-2026", "DD-MM-YYYY"},
        {"2026-01-31", "YYYY/MM/DD"},
        {"2026-01", "YYYY-MM"},
        {"31-01", "DD-MM"},
        {"31-01-2026 01:00", "DD-MM-YYYY hh:mm"},
        {"31-01-2026 01:00 pm", "DD-MM-YYYY HH:mm a"},
        {"31-01-2026 13:00 pm", "DD-MM-YYYY hh:mm a"},
        {"31-01-2026 00:00 am", "DD-MM-YYYY hh:mm a"},
        {"31-01-2026 01:00 xm", "DD-MM-YYYY hh:mm a"},
        {"31 Foo 2026", "DD MMM YYYY"},
        {"31-01-2026 25:00", "DD-MM-YYYY HH:mm"},
        {"31-01-2026 31", "DD-MM-YYYY DD"},
        {"31-01-2026 12 12 am", "DD-MM-YYYY HH hh a"},
        {"31-01-2026 12:00 01:00", "DD-MM-YYYY HH:mm ZZ"},
        {"31-01-2026 12:00:00.", "DD-MM-YYYY HH:mm:ss.SSS"},
        {"31-01-2026 12:00:00.1234567890", "DD-MM-YYYY HH:mm:ss.SSS"},
    };
    int64_t us = 5;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (sj_time_parse_pattern(sj_str(rows[i].text), sj_str(rows[i].pattern), NULL, &us))
            fail_msg("%s by %s was read as %lld", rows[i].text, rows[i].pattern, (long long)us);
    assert_true(us == 5);
}

static void durations_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {{"0", 0},
                {"90s", 90 * SJ_US_SECOND},
                {"30m", 30 * SJ_US_MINUTE},
                {"7d", 7 * SJ_US_DAY},
                {"2w", 14 * SJ_US_DAY},
                {"1h30m", 90 * SJ_US_MINUTE},
                {"250ms", 250000},
                {"7us", 7},
                {"1m1ms", SJ_US_MINUTE + 1000},
                {"0s", 0},
                {"007d", 7 * SJ_US_DAY},
                {"1w2d3h4m5s6ms7us", 7 * SJ_US_DAY + 2 * SJ_US_DAY + 3 * SJ_US_HOUR + 4 * SJ_US_MINUTE + 5 * SJ_US_SECOND + 6007},
                {"315537897599s", SJ_TIME_MAX - SJ_TIME_MIN - 999999}};
    static const char *const bad[] = {"",
                                      "1",
                                      "10",
                                      "00",
                                      "s",
                                      "1 s",
                                      " 1s",
                                      "1s ",
                                      "-1s",
                                      "+1s",
                                      "1.5h",
                                      "1x",
                                      "1h30",
                                      "30m1h",
                                      "1h1h",
                                      "1ss",
                                      "1mss",
                                      "1S",
                                      "1min",
                                      "315537897600s",
                                      "9223372036854775807us",
                                      "9223372036854775808us",
                                      "99999999999999999999w",
                                      "9223372036854775807w",
                                      "1h\xC2\xA0"};
    int64_t us;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!sj_duration_parse(sj_str(rows[i].text), &us) || us != rows[i].us)
            fail_msg("%s was read as %lld", rows[i].text, (long long)us);
    us = 5;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (sj_duration_parse(sj_str(bad[i]), &us))
            fail_msg("%s was read as %lld", bad[i], (long long)us);
    assert_true(us == 5);
}

static void durations_are_written(void **state) {
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0, "0 s"},
        {1, "1 µs"},
        {999, "999 µs"},
        {1000, "1 ms"},
        {1499, "1 ms"},
        {1500, "2 ms"},
        {850000, "850 ms"},
        {999499, "999 ms"},
        {999500, "1 s"},
        {1400000, "1.4 s"},
        {1449999, "1.4 s"},
        {9949999, "9.9 s"},
        {9950000, "10 s"},
        {42 * SJ_US_SECOND + 300000, "42 s"},
        {59 * SJ_US_SECOND + 499999, "59 s"},
        {59 * SJ_US_SECOND + 500000, "1 min"},
        {200 * SJ_US_SECOND, "3 min 20 s"},
        {3599 * SJ_US_SECOND + 600000, "1 h"},
        {310 * SJ_US_MINUTE, "5 h 10 min"},
        {310 * SJ_US_MINUTE - 31 * SJ_US_SECOND, "5 h 9 min"},
        {SJ_US_DAY - 1, "1 d"},
        {12 * SJ_US_DAY + 4 * SJ_US_HOUR, "12 d 4 h"},
        {400 * SJ_US_DAY, "400 d"},
        {-90 * SJ_US_SECOND, "-1 min 30 s"},
        {INT64_MIN, "-106751991 d 4 h"},
        {INT64_MAX, "106751991 d 4 h"},
    };
    char text[SJ_TIME_TEXT_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(sj_duration_format(rows[i].us, text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_converts_and_comes_back),
        cmocka_unit_test(known_weekdays),
        cmocka_unit_test(impossible_dates_are_not_valid),
        cmocka_unit_test(times_print_and_read_back),
        cmocka_unit_test(iso_times_are_read),
        cmocka_unit_test(what_is_no_iso_time_is_refused),
        cmocka_unit_test(no_wrong_character_goes_through),
        cmocka_unit_test(zone_is_used_where_no_offset_is_written),
        cmocka_unit_test(patterns_are_followed),
        cmocka_unit_test(what_does_not_fit_the_pattern_is_refused),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(durations_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
