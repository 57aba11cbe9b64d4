#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "base/number.h"

static void check_count(int64_t value, enum sj_lang lang, const char *expected) {
    char out[SJ_NUMBER_BYTES];
    assert_int_equal(sj_number_count(value, lang, out), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_counts(void **state) {
    (void)state;
    check_count(0, SJ_EN, "0");
    check_count(-999, SJ_EN, "-999");
    check_count(20000, SJ_EN, "20,000");
    check_count(20000, SJ_NL, "20.000");
    check_count(20000, SJ_ZH, "20,000");
    check_count(INT64_MIN, SJ_NL, "-9.223.372.036.854.775.808");
}

static void check_percent(double share, enum sj_lang lang, const char *expected) {
    char out[SJ_NUMBER_BYTES];
    assert_int_equal(sj_number_percent(share, lang, out), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_percents(void **state) {
    (void)state;
    check_percent(0.4816, SJ_EN, "48.2");
    check_percent(0.4816, SJ_NL, "48,2");
    check_percent(12.5, SJ_ZH, "1,250.0");
    check_percent(-0.0001, SJ_EN, "0.0");
    check_percent(NAN, SJ_EN, "");
    check_percent(INFINITY, SJ_EN, "");
}

static void test_the_longest_texts_fit(void **state) {
    (void)state;
    char out[SJ_NUMBER_BYTES];
    const char *expected = "-18,446,744,073,709,551,615.12345678901234567890";
    assert_int_equal(sj_number_grouped(true, UINT64_MAX, "1234567890123456789012", SJ_EN, out), strlen(expected));
    assert_string_equal(out, expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_percents),
        cmocka_unit_test(test_the_longest_texts_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
