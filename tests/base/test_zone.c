#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/failing_alloc.h"
#include "base/time.h"

#define FILE_BYTES_MAX (1 << 16)

static const char *const city_names[] = {"Europe/Amsterdam", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"};
#define N_CITIES (sizeof city_names / sizeof city_names[0])

/* A zone file of the system; an empty text where there is none. */
static struct sj_str read_zone_file(const char *name, char bytes[FILE_BYTES_MAX]) {
    char path[200];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return (struct sj_str){bytes, 0};
    size_t n = fread(bytes, 1, FILE_BYTES_MAX, file);
    fclose(file);
    return (struct sj_str){bytes, n};
}

static void put_u32(struct sj_buf *buf, uint32_t value) {
    unsigned char bytes[4] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16), (unsigned char)(value >> 8),
                              (unsigned char)value};
    assert_int_equal(sj_buf_append(buf, bytes, 4, NULL), SJ_OK);
}

/* A header as RFC 8536 has it; `n` are the counts in the order utc, std, leap, time, type, char. */
static void put_header(struct sj_buf *buf, char version, const uint32_t n[6]) {
    char start[20] = {'T', 'Z', 'i', 'f', version};
    assert_int_equal(sj_buf_append(buf, start, sizeof start, NULL), SJ_OK);
    for (size_t i = 0; i < 6; i++)
        put_u32(buf, n[i]);
}

/* A version 2 file without a change, that has only the rule; the type it begins with is at +1 h. */
static void put_rule_file(struct sj_buf *buf, const char *rule) {
    static const uint32_t none[6] = {0, 0, 0, 0, 0, 0}, one_type[6] = {0, 0, 0, 0, 1, 4};
    put_header(buf, '2', none);
    put_header(buf, '2', one_type);
    put_u32(buf, 3600);
    assert_int_equal(sj_buf_append(buf, "\0\0ABC\0", 6, NULL), SJ_OK);
    assert_int_equal(sj_buf_print(buf, NULL, "\n%s\n", rule), SJ_OK);
}

static struct sj_zone *parsed(struct sj_str name, struct sj_str tzif) {
    struct sj_zone *zone = NULL;
    struct sj_error err = {0};
    if (sj_zone_parse(sj_alloc_libc(), name, tzif, &zone, &err) != SJ_OK)
        fail_msg("%s", err.message);
    return zone;
}

/* What the C library says for the TZ that is set. */
static int64_t libc_offset_us(int64_t time_us) {
    time_t seconds = (time_t)(time_us / SJ_US_SECOND);
    struct tm tm;
    assert_non_null(localtime_r(&seconds, &tm));
    return tm.tm_gmtoff * SJ_US_SECOND;
}

static void expect_same_offset(const struct sj_zone *zone, const char *name, int64_t time_us) {
    int64_t ours = sj_zone_offset_us(zone, time_us), theirs = libc_offset_us(time_us);
    if (ours != theirs)
        fail_msg("%s at %lld s: offset %lld s, the C library says %lld s", name, (long long)(time_us / SJ_US_SECOND),
                 (long long)(ours / SJ_US_SECOND), (long long)(theirs / SJ_US_SECOND));
}

static int64_t new_year_us(int year) { return sj_time_of_civil(&(struct sj_civil){.year = year, .month = 1, .day = 1}); }

/* The first time from lo_us to hi_us with another offset than at lo_us, to the second; hi_us when none is found at the ends. */
static int64_t find_change(const struct sj_zone *zone, int64_t lo_us, int64_t hi_us) {
    int64_t before = sj_zone_offset_us(zone, lo_us);
    if (sj_zone_offset_us(zone, hi_us) == before)
        return hi_us;
    while (hi_us - lo_us > SJ_US_SECOND) {
        int64_t mid_us = lo_us + (hi_us - lo_us) / 2 / SJ_US_SECOND * SJ_US_SECOND;
        if (sj_zone_offset_us(zone, mid_us) == before)
            lo_us = mid_us;
        else
            hi_us = mid_us;
    }
    return hi_us;
}

/* Over [from, to) years in steps, and around each change that is met. */
static void compare_with_libc(const struct sj_zone *zone, const char *tz, int from_year, int to_year, int64_t step_us) {
    setenv("TZ", tz, 1);
    tzset();
    unsigned n_changes = 0;
    for (int64_t us = new_year_us(from_year), end_us = new_year_us(to_year); us < end_us; us += step_us) {
        expect_same_offset(zone, tz, us);
        int64_t change_us = find_change(zone, us, us + step_us);
        if (change_us == us + step_us)
            continue;
        n_changes++;
        for (int64_t near = -2; near <= 2; near++)
            expect_same_offset(zone, tz, change_us + near * SJ_US_SECOND);
    }
    assert_true(n_changes > 0);
    setenv("TZ", "UTC", 1);
    tzset();
}

static void cities_agree_with_the_c_library(void **state) {
    (void)state;
    static char bytes[FILE_BYTES_MAX];
    for (size_t i = 0; i < N_CITIES; i++) {
        struct sj_str file = read_zone_file(city_names[i], bytes);
        if (file.n == 0)
            skip();
        struct sj_zone *zone = parsed(sj_str(city_names[i]), file);
        compare_with_libc(zone, city_names[i], 1970, 2060, 7 * SJ_US_HOUR + 13 * SJ_US_SECOND);
        compare_with_libc(zone, city_names[i], 1850, 3000, 29 * SJ_US_HOUR);
        sj_zone_free(sj_alloc_libc(), zone);
    }
}

/* Local 15 minutes by 15 minutes around every change: the first UTC time that has this local time, found by looking at all of them;
 * where there is none, the offset from before the clocks went forward. */
static int64_t naive_to_utc(const struct sj_zone *zone, int64_t local_us) {
    const int64_t quarter_us = 15 * SJ_US_MINUTE;
    int64_t us = local_us - 16 * SJ_US_HOUR;
    while (us + sj_zone_offset_us(zone, us) < local_us)
        us += quarter_us;
    return us + sj_zone_offset_us(zone, us) == local_us ? us : local_us - sj_zone_offset_us(zone, us - quarter_us);
}

static void local_times_go_back_to_utc(void **state) {
    (void)state;
    static char bytes[FILE_BYTES_MAX];
    for (size_t i = 0; i < N_CITIES; i++) {
        struct sj_str file = read_zone_file(city_names[i], bytes);
        if (file.n == 0)
            skip();
        struct sj_zone *zone = parsed(sj_str(city_names[i]), file);
        for (int64_t us = new_year_us(1970), end_us = new_year_us(2050); us < end_us; us += SJ_US_DAY) {
            int64_t change_us = find_change(zone, us, us + SJ_US_DAY);
            if (change_us == us + SJ_US_DAY)
                continue;
            for (int64_t near = -16; near <= 16; near++) {
                int64_t local_us = change_us + sj_zone_offset_us(zone, us) + near * 15 * SJ_US_MINUTE;
                assert_true(sj_zone_to_utc(zone, local_us) == naive_to_utc(zone, local_us));
            }
        }
        sj_zone_free(sj_alloc_libc(), zone);
    }
}

static void changes_of_amsterdam_are_read_as_documented(void **state) {
    (void)state;
    static char bytes[FILE_BYTES_MAX];
    struct sj_str file = read_zone_file("Europe/Amsterdam", bytes);
    if (file.n == 0)
        skip();
    struct sj_zone *zone = parsed(SJ_LIT("Europe/Amsterdam"), file);
    static const struct {
        const char *local, *utc;
    } rows[] = {{"2026-03-29T01:59:59", "2026-03-29T00:59:59Z"}, {"2026-03-29T02:30:00", "2026-03-29T01:30:00Z"},
                {"2026-03-29T03:00:00", "2026-03-29T01:00:00Z"}, {"2026-10-25T01:59:59", "2026-10-24T23:59:59Z"},
                {"2026-10-25T02:30:00", "2026-10-25T00:30:00Z"}, {"2026-10-25T03:00:00", "2026-10-25T02:00:00Z"},
                {"2400-07-01T12:00:00", "2400-07-01T10:00:00Z"}, {"9999-12-31T23:59:59", "9999-12-31T22:59:59Z"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t us;
        char text[SJ_TIME_TEXT_BYTES];
        assert_true(sj_time_parse_iso(sj_str(rows[i].local), zone, &us, NULL));
        sj_time_format(us, text);
        assert_string_equal(text, rows[i].utc);
    }
    sj_zone_free(sj_alloc_libc(), zone);
}

/* The C library reads the same rules from TZ. All forms of a day, negative and very large times, both hemispheres, summer time all
 * the year; up to the last year, beyond the 400 years that are written out. */
static void rules_agree_with_the_c_library(void **state) {
    (void)state;
    static const char *const rules[] = {
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "EST5EDT,M3.2.0,M11.1.0",
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "IST-2IDT,M3.4.4/26,M10.5.0",
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
        "NZST-12NZDT,J273/2:45,J60/1:30:15",
        "ABC-1ABD,59,304/3",
        "ABC3ABD,J60,J305",
        "XXX3EDT4,0/0,J365/23",
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct sj_buf file;
        sj_buf_init(&file, sj_alloc_libc(), 1000);
        put_rule_file(&file, rules[i]);
        struct sj_zone *zone = parsed(sj_str(rules[i]), sj_buf_str(&file));
        if (i + 1 < sizeof rules / sizeof rules[0]) {
            compare_with_libc(zone, rules[i], 1971, 2500, 5 * SJ_US_DAY + 17 * SJ_US_SECOND);
            compare_with_libc(zone, rules[i], 9000, 9999, 31 * SJ_US_DAY);
        } else {
            for (int64_t us = new_year_us(1971); us < new_year_us(2500); us += 3 * SJ_US_HOUR)
                assert_true(sj_zone_offset_us(zone, us) == -4 * SJ_US_HOUR);
        }
        sj_zone_free(sj_alloc_libc(), zone);
        sj_buf_done(&file);
    }
}

static void wrong_rules_are_refused(void **state) {
    (void)state;
    static const char *const rules[] = {"CE-1",
                                        "CET",
                                        "CET-1CEST",
                                        "CET-1CEST,M3.5.0",
                                        "CET-1CEST,M3.5.0,M10.5.0/",
                                        "CET-1CEST,M13.5.0,M10.5.0",
                                        "CET-1CEST,M3.6.0,M10.5.0",
                                        "CET-1CEST,M3.0.0,M10.5.0",
                                        "CET-1CEST,M3.5.7,M10.5.0",
                                        "CET-25",
                                        "<CET-1",
                                        "CET-1CEST,J0,J60",
                                        "CET-1CEST,366,60",
                                        "CET-1CEST,M3.5.0/168,M10.5.0",
                                        "CET-1CEST,M3.5.0,M10.5.0x",
                                        "-1",
                                        "CET-1:60",
                                        "CET-1CEST,M3,M10.5.0",
                                        "CET-1CEST,,",
                                        "CET-9999999999999999999"};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct sj_buf file;
        struct sj_zone *zone = NULL;
        struct sj_error err = {0};
        sj_buf_init(&file, sj_alloc_libc(), 1000);
        put_rule_file(&file, rules[i]);
        if (sj_zone_parse(sj_alloc_libc(), SJ_LIT("Test/Zone"), sj_buf_str(&file), &zone, &err) != SJ_E_INPUT)
            fail_msg("the rule %s was taken", rules[i]);
        assert_non_null(strstr(err.message, "Test/Zone"));
        assert_null(zone);
        sj_buf_done(&file);
    }
}

/* A version 1 file: at first one hour east; then `types[0]` from times[0], `types[1]` from times[1]. Type 1 is at offset_seconds. */
static void put_old_file(struct sj_buf *buf, const int32_t times[2], const char types[2], int32_t offset_seconds) {
    static const uint32_t counts[6] = {0, 0, 0, 2, 2, 4};
    put_header(buf, '\0', counts);
    put_u32(buf, (uint32_t)times[0]);
    put_u32(buf, (uint32_t)times[1]);
    assert_int_equal(sj_buf_append(buf, types, 2, NULL), SJ_OK);
    put_u32(buf, 3600);
    assert_int_equal(sj_buf_append(buf, "\0\0", 2, NULL), SJ_OK);
    put_u32(buf, (uint32_t)offset_seconds);
    assert_int_equal(sj_buf_append(buf, "\1\0ABC\0", 6, NULL), SJ_OK);
}

static void version_one_has_no_rule(void **state) {
    (void)state;
    struct sj_buf file;
    sj_buf_init(&file, sj_alloc_libc(), 1000);
    put_old_file(&file, (const int32_t[]){-100, 100}, "\1\0", -7200);
    struct sj_zone *zone = parsed(SJ_LIT("v1"), sj_buf_str(&file));
    assert_true(sj_zone_offset_us(zone, -100 * SJ_US_SECOND - 1) == SJ_US_HOUR);
    assert_true(sj_zone_offset_us(zone, -100 * SJ_US_SECOND) == -2 * SJ_US_HOUR);
    assert_true(sj_zone_offset_us(zone, 100 * SJ_US_SECOND - 1) == -2 * SJ_US_HOUR);
    assert_true(sj_zone_offset_us(zone, 100 * SJ_US_SECOND) == SJ_US_HOUR);
    assert_true(sj_zone_offset_us(zone, SJ_TIME_MAX) == SJ_US_HOUR);
    sj_zone_free(sj_alloc_libc(), zone);
    sj_buf_done(&file);
}

static void wrong_content_is_refused(void **state) {
    (void)state;
    static const struct {
        int32_t times[2];
        char types[2];
        int32_t offset_seconds;
        const char *message;
    } rows[] = {{{1, 2}, {0, 2}, 0, "type"},          {{1, 2}, {-1, 0}, 0, "type"},      {{2, 1}, {0, 1}, 0, "order"},
                {{2, 2}, {0, 1}, 0, "order"},         {{1, 2}, {0, 1}, 93600, "beyond"}, {{1, 2}, {0, 1}, -90000, "beyond"},
                {{1, 2}, {0, 1}, INT32_MIN, "beyond"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_buf file;
        struct sj_zone *zone = NULL;
        struct sj_error err = {0};
        sj_buf_init(&file, sj_alloc_libc(), 1000);
        put_old_file(&file, rows[i].times, rows[i].types, rows[i].offset_seconds);
        assert_int_equal(sj_zone_parse(sj_alloc_libc(), SJ_LIT("x"), sj_buf_str(&file), &zone, &err), SJ_E_INPUT);
        assert_non_null(strstr(err.message, rows[i].message));
        assert_null(zone);
        sj_buf_done(&file);
    }
}

/* Cut off at every length, and with every byte replaced by others: refused or read, never anything worse, which the sanitizers see. */
static void damaged_files_do_no_harm(void **state) {
    (void)state;
    static char bytes[FILE_BYTES_MAX];
    struct sj_str file = read_zone_file("Europe/Amsterdam", bytes);
    if (file.n == 0)
        skip();
    struct sj_zone *zone = NULL;
    for (size_t n = 0; n < file.n; n++) {
        char *exact = malloc(n + 1);
        assert_non_null(exact);
        memcpy(exact, bytes, n);
        assert_int_equal(sj_zone_parse(sj_alloc_libc(), SJ_LIT("cut"), (struct sj_str){exact, n}, &zone, NULL), SJ_E_INPUT);
        free(exact);
    }
    static const char others[] = {0, 1, '\x7F', '\x80', '\xFF'};
    for (size_t at = 0; at < file.n; at++)
        for (size_t i = 0; i < sizeof others; i++) {
            char kept = bytes[at];
            bytes[at] = others[i];
            if (sj_zone_parse(sj_alloc_libc(), SJ_LIT("damaged"), file, &zone, NULL) == SJ_OK) {
                sj_zone_to_utc(zone, SJ_TIME_MIN);
                sj_zone_to_utc(zone, SJ_TIME_MAX);
                sj_zone_free(sj_alloc_libc(), zone);
            }
            bytes[at] = kept;
        }
}

static void impossible_files_are_refused(void **state) {
    (void)state;
    static const uint32_t huge[6] = {UINT32_MAX, UINT32_MAX, 0, UINT32_MAX, UINT32_MAX, UINT32_MAX}, none[6] = {0},
                          leap[6] = {0, 0, 1, 0, 1, 0};
    struct sj_zone *zone = NULL;
    struct sj_error err = {0};
    struct sj_buf file;
    sj_buf_init(&file, sj_alloc_libc(), 1000);
    put_header(&file, '\0', huge);
    assert_int_equal(sj_zone_parse(sj_alloc_libc(), SJ_LIT("x"), sj_buf_str(&file), &zone, &err), SJ_E_INPUT);
    assert_non_null(strstr(err.message, "shorter"));
    sj_buf_reset(&file);
    put_header(&file, '\0', none);
    assert_int_equal(sj_zone_parse(sj_alloc_libc(), SJ_LIT("x"), sj_buf_str(&file), &zone, &err), SJ_E_INPUT);
    sj_buf_reset(&file);
    put_header(&file, '\0', leap);
    assert_int_equal(sj_buf_append(&file, "12345678901234", 14, NULL), SJ_OK);
    assert_int_equal(sj_zone_parse(sj_alloc_libc(), SJ_LIT("x"), sj_buf_str(&file), &zone, &err), SJ_E_INPUT);
    assert_non_null(strstr(err.message, "leap"));
    assert_int_equal(sj_zone_parse(sj_alloc_libc(), SJ_LIT("x"), SJ_LIT("hello"), &zone, &err), SJ_E_INPUT);
    sj_buf_done(&file);
}

static void no_memory_is_an_error(void **state) {
    (void)state;
    struct sj_buf file;
    sj_buf_init(&file, sj_alloc_libc(), 1000);
    put_rule_file(&file, "CET-1CEST,M3.5.0,M10.5.0/3");
    enum sj_status status = SJ_E_MEMORY;
    size_t n = 0;
    for (; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        struct sj_alloc mem = failing_alloc(&failing);
        struct sj_zone *zone = NULL;
        status = sj_zone_parse(&mem, SJ_LIT("x"), sj_buf_str(&file), &zone, NULL);
        assert_true(status == SJ_OK || (status == SJ_E_MEMORY && zone == NULL));
        sj_zone_free(&mem, zone);
        assert_int_equal(failing.n_alive, 0);
    }
    assert_in_range(n, 3, 100);
    sj_buf_done(&file);
}

static void fixed_offsets(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t offset_us;
    } rows[] = {{"Z", 0},
                {"z", 0},
                {"UTC", 0},
                {"+02:00", 2 * SJ_US_HOUR},
                {"-0530", -5 * SJ_US_HOUR - 30 * SJ_US_MINUTE},
                {"+14", 14 * SJ_US_HOUR}};
    static const char *const bad[] = {"",       "+",       "02:00",  "+2",   "+02:0",  "+02:60",
                                      "+24:00", "+02:00 ", "+02-00", "Zulu", "+02000", "Europe/Paris"};
    struct sj_error err = {0};
    struct sj_zone *zone = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(sj_zone_fixed(sj_alloc_libc(), sj_str(rows[i].text), &zone, &err), SJ_OK);
        assert_true(sj_zone_offset_us(zone, 0) == rows[i].offset_us);
        assert_true(sj_zone_to_utc(zone, SJ_TIME_MAX) == SJ_TIME_MAX - rows[i].offset_us);
        sj_zone_free(sj_alloc_libc(), zone);
    }
    zone = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(sj_zone_fixed(sj_alloc_libc(), sj_str(bad[i]), &zone, &err), SJ_E_USAGE);
    assert_null(zone);
    assert_true(sj_zone_offset_us(NULL, 5) == 0 && sj_zone_to_utc(NULL, 5) == 5);
    sj_zone_free(sj_alloc_libc(), NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cities_agree_with_the_c_library),
        cmocka_unit_test(local_times_go_back_to_utc),
        cmocka_unit_test(changes_of_amsterdam_are_read_as_documented),
        cmocka_unit_test(rules_agree_with_the_c_library),
        cmocka_unit_test(wrong_rules_are_refused),
        cmocka_unit_test(version_one_has_no_rule),
        cmocka_unit_test(wrong_content_is_refused),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(impossible_files_are_refused),
        cmocka_unit_test(no_memory_is_an_error),
        cmocka_unit_test(fixed_offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
