/* What texts mean as values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ingest/kinds.h"

static void numbers_that_are_codes_stay_texts(void **state) {
    (void)state;
    static const char *const numbers[] = {
        "0", "-1", "12.50", "0.5", ".5", "5.", "123456789012345", " 7 ", "1.5e-07", "1e+06", "0.1234567890123456"};
    static const char *const texts[] = {
        "",  "00123", "-007", "1234567890123456", "+31612345678", "1e5", "12e5", "0x10", "inf", "nan", "1,5", "1 000", "1.2.3", "-",
        ".", "e+1",   "1e+"};
    double value;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_true(sj_text_to_number(sj_str(numbers[i]), &value));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(sj_text_to_number(sj_str(texts[i]), &value));
    assert_true(sj_text_to_number(SJ_LIT("1.5e-07"), &value));
    assert_true(value == 1.5e-07);
}

static void truths(void **state) {
    (void)state;
    int64_t value;
    assert_true(sj_text_to_truth(SJ_LIT("TRUE"), &value) && value == 1);
    assert_true(sj_text_to_truth(SJ_LIT(" false"), &value) && value == 0);
    assert_false(sj_text_to_truth(SJ_LIT("yes"), &value));
    assert_false(sj_text_to_truth(SJ_LIT("1"), &value));
}

static void times_have_a_time_of_day(void **state) {
    (void)state;
    int64_t us;
    assert_true(sj_text_to_time(SJ_LIT("1970-01-01T00:00:01Z"), NULL, &us) && us == SJ_US_SECOND);
    assert_true(sj_text_to_time(SJ_LIT("1970-01-01 01:00:00+01:00"), NULL, &us) && us == 0);
    assert_true(sj_text_to_time(SJ_LIT("19700101T000000Z"), NULL, &us) && us == 0);
    assert_false(sj_text_to_time(SJ_LIT("1970-01-01"), NULL, &us));
    assert_false(sj_text_to_time(SJ_LIT("01-01-1970 10:00:00"), NULL, &us));
    assert_false(sj_text_to_time(SJ_LIT("1700000000"), NULL, &us));
}

static void durations(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {{"90", 90000000},
                {"1.5", 1500000},
                {"0", 0},
                {"1h30m", INT64_C(5400000000)},
                {"1:30:00", INT64_C(5400000000)},
                {"00:00:01.25", 1250000},
                {"100:00:00", INT64_C(360000000000)}};
    static const char *const wrong[] = {"",       "-1",    "1:30",  "1:60:00", "1:00:60", "a:00:00",
                                        "1:0:00", "1:00:", "1h 30", "1e300",   ":00:00",  "1:-1:00"};
    int64_t us;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(sj_text_to_duration(sj_str(rows[i].text), &us));
        assert_int_equal(us, rows[i].us);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(sj_text_to_duration(sj_str(wrong[i]), &us));
}

static void the_narrowest_kind_is_found(void **state) {
    (void)state;
    static const struct {
        enum sj_kind kind;
        char decimal;
        const char *texts[2];
    } rows[] = {
        {SJ_KIND_NUMBER, '.', {"1", "2.5"}},
        {SJ_KIND_NUMBER, '.', {"1,250.5", "2"}},
        {SJ_KIND_TEXT, '.', {"1", "2,5"}},
        {SJ_KIND_NUMBER, ',', {"1.250,5", "2,5"}},
        {SJ_KIND_TEXT, ',', {"1", "2.5"}},
        {SJ_KIND_TEXT, '.', {"1", "A2"}},
        {SJ_KIND_TEXT, '.', {"1", "00123"}},
        {SJ_KIND_TRUTH, '.', {"True", "false"}},
        {SJ_KIND_TEXT, '.', {"true", "1"}},
        {SJ_KIND_TIME, '.', {"2024-01-01T10:00:00Z", "2024-01-01 10:00"}},
        {SJ_KIND_TEXT, '.', {"2024-01-01", "2024-01-02"}},
        {SJ_KIND_TEXT, '.', {"web", "app"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sj_str texts[] = {sj_str(rows[i].texts[0]), sj_str(rows[i].texts[1])};
        const struct sj_text_form form = {.decimal = rows[i].decimal};
        assert_int_equal(sj_kind_find(texts, 2, &form), rows[i].kind);
    }
    enum sj_kind kind;
    assert_true(sj_kind_of(SJ_LIT("Money"), &kind) && kind == SJ_KIND_MONEY);
    assert_false(sj_kind_of(SJ_LIT("string"), &kind));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_that_are_codes_stay_texts), cmocka_unit_test(truths),
        cmocka_unit_test(times_have_a_time_of_day),          cmocka_unit_test(durations),
        cmocka_unit_test(the_narrowest_kind_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
