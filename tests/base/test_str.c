#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/str.h"

static void order_is_by_bytes(void **state) {
    (void)state;
    static const char *const sorted[] = {"", "A", "AB", "B", "a", "aa", "b", "é", "字", "😀"};
    for (int i = 0; i < 10; i++)
        for (int j = 0; j < 10; j++) {
            int order = sj_str_cmp(sj_str(sorted[i]), sj_str(sorted[j]));
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    assert_int_equal(sj_str_cmp((struct sj_str){NULL, 0}, SJ_LIT("")), 0);
    assert_true(sj_str_eq((struct sj_str){NULL, 0}, SJ_LIT("")));
}

static void case_is_ignored_for_ascii_only(void **state) {
    (void)state;
    assert_true(sj_str_eq_nocase(SJ_LIT("User_ID"), SJ_LIT("uSER_id")));
    assert_false(sj_str_eq_nocase(SJ_LIT("É"), SJ_LIT("é")));
    assert_false(sj_str_eq_nocase(SJ_LIT("a"), SJ_LIT("ab")));
    assert_false(sj_str_eq_nocase(SJ_LIT("@"), SJ_LIT("`")));
    assert_false(sj_str_eq_nocase(SJ_LIT("["), SJ_LIT("{")));
}

static void white_space_is_trimmed(void **state) {
    (void)state;
    assert_true(sj_str_eq(sj_str_trim(SJ_LIT(" \t\r\n\v\f a b \n")), SJ_LIT("a b")));
    assert_int_equal(sj_str_trim(SJ_LIT("  \n ")).n, 0);
    assert_int_equal(sj_str_trim(SJ_LIT("")).n, 0);
    assert_true(sj_str_eq(sj_str_trim(SJ_LIT("\xC2\xA0x")), SJ_LIT("\xC2\xA0x")));
}

static void whole_numbers_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"+7", 7},
                {"007", 7},
                {"-12", -12},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN},
                {"000000000000000000000000000001", 1}};
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      "--1",
                                      "1 ",
                                      " 1",
                                      "1.0",
                                      "1e3",
                                      "0x10",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999",
                                      "１",
                                      "1_000"};
    int64_t value;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(sj_str_to_i64(sj_str(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    value = 5;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sj_str_to_i64(sj_str(bad[i]), &value));
    assert_true(value == 5);
}

static void money_is_exact(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"12.5", 125000},
                {"0", 0},
                {"-0.0001", -1},
                {"+3", 30000},
                {".5", 5000},
                {"5.", 50000},
                {"1.23450000000", 12345},
                {"0.1", 1000},
                {"19.99", 199900},
                {"922337203685477.5807", INT64_MAX},
                {"-922337203685477.5808", INT64_MIN},
                {"000000000000000000000000012.5", 125000}};
    static const char *const bad[] = {"",
                                      ".",
                                      "-",
                                      "-.",
                                      "1.23451",
                                      "1,5",
                                      "1e2",
                                      "1.2.3",
                                      "$5",
                                      "5 ",
                                      "922337203685477.5808",
                                      "-922337203685477.5809",
                                      "922337203685478",
                                      "99999999999999999999",
                                      "1.00001",
                                      "nan"};
    int64_t value;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(sj_str_to_money(sj_str(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    value = 5;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sj_str_to_money(sj_str(bad[i]), &value));
    assert_true(value == 5);
}

/* strtod() of the C library, correctly rounded in glibc, is the oracle. The locale of a test program is "C". */
static void expect_double(const char *text) {
    double value = -1, expected = strtod(text, NULL);
    if (!sj_str_to_double(sj_str(text), &value) || value != expected)
        fail_msg("%s: read %.17g, expected %.17g", text, value, expected);
    assert_false(value == 0 && signbit(value));
}

static void doubles_are_rounded_correctly(void **state) {
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "-0.0e5",
        "1",
        "-1",
        "0.1",
        "0.3",
        "1e22",
        "1e23",
        "1e-22",
        "1e-23",
        "123456.789",
        "+5.5",
        ".5",
        "5.",
        "5.e1",
        "1E5",
        "9007199254740991",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993.0000000000000000000000000000001",
        "1e308",
        "1.7976931348623157e308",
        "-1.7976931348623157e308",
        "2.2250738585072011e-308",
        "4.9e-324",
        "2e-324",
        "1e-400",
        "0e999999999999",
        "0.000000000000000000000000000000000000000000000000000000000001e60",
        "179769313486231570000000000000000000000e270",
        "1e-99999999999999999999",
        "6."
        "2230152778611417071440640537801242405902521687211671331011166147896988340353834411839448231257136169569665895551224821247160434722"
        "900390625e-1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_double(texts[i]);
}

static void random_doubles_come_back(void **state) {
    (void)state;
    struct sj_random random;
    char text[64];
    sj_random_init(&random, 1);
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t bits = sj_random_u64(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        snprintf(text, sizeof text, "%.*e", (int)(i % 25), value);
        expect_double(isfinite(strtod(text, NULL)) ? text : "0");
        snprintf(text, sizeof text, "%llu.%llue%d", (unsigned long long)(bits >> 20), (unsigned long long)(bits & 0xFFFF),
                 (int)(bits % 50) - 25);
        expect_double(text);
    }
}

/* The midpoint of 1 and the next double, and a digit far behind it, which alone says to round up. */
static void digits_far_behind_count(void **state) {
    (void)state;
    static char text[5001];
    int n = snprintf(text, sizeof text, "1.00000000000000011102230246251565404236316680908203125");
    memset(text + n, '0', 5000 - (size_t)n);
    double value;
    assert_true(sj_str_to_double(sj_str(text), &value));
    assert_true(value == 1.0);
    text[4999] = '1';
    assert_true(sj_str_to_double(sj_str(text), &value));
    assert_true(value > 1.0);
    memset(text, '9', 5000);
    assert_false(sj_str_to_double(sj_str(text), &value));
    memcpy(text + 4990, "999e-04995", 10);
    assert_true(sj_str_to_double(sj_str(text), &value));
    assert_true(value == strtod(text, NULL));
}

static void what_is_no_double_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      ".",
                                      "-",
                                      "+.",
                                      "e5",
                                      ".e5",
                                      "1e",
                                      "1e+",
                                      "1e5.0",
                                      "1e5 ",
                                      " 1",
                                      "1 ",
                                      "0x1p3",
                                      "inf",
                                      "-inf",
                                      "nan",
                                      "1,5",
                                      "1.2.3",
                                      "1e309",
                                      "-1e309",
                                      "1.7976931348623159e308",
                                      "1e99999999999999999999",
                                      "--1",
                                      "1d5",
                                      "１"};
    double value = 5;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (sj_str_to_double(sj_str(bad[i]), &value))
            fail_msg("%s was read as %g", bad[i], value);
    assert_true(value == 5);
}

static void text_without_nul_is_read_within_its_length(void **state) {
    (void)state;
    char *exact = malloc(25);
    assert_non_null(exact);
    memcpy(exact, "1234567890.12345678901234", 25);
    double value;
    assert_true(sj_str_to_double((struct sj_str){exact, 25}, &value));
    assert_true(value == 1234567890.12345678901234);
    assert_true(sj_str_to_double((struct sj_str){exact, 3}, &value));
    assert_true(value == 123);
    free(exact);
}

static void utf8_is_checked(void **state) {
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "é",
                                       "字",
                                       "😀",
                                       "\xC2\x80",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "12345678é",
                                       "1234567é",
                                       "123456字x",
                                       "long ascii text, longer than eight"};
    static const char *const bad[] = {"\x80",
                                      "\xBF",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xC2",
                                      "\xC2\x41",
                                      "\xE0\x80\x80",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF",
                                      "\xE5\xAD",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFF",
                                      "\xFE",
                                      "12345678\xE9",
                                      "1234567\xC3",
                                      "\xF0\x9F\x98",
                                      "abc\xF8\x88\x80\x80\x80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(sj_str_is_utf8(sj_str(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sj_str_is_utf8(sj_str(bad[i])));
}

/* Every code point, encoded here by hand; and the surrogates, which must not be. */
static void every_code_point_is_known(void **state) {
    (void)state;
    for (uint32_t code = 0x80; code <= 0x10FFFF; code++) {
        char text[4];
        size_t n = 0;
        if (code >= 0x10000)
            text[n++] = (char)(0xF0 | code >> 18);
        if (code >= 0x800)
            text[n++] = (char)(code >= 0x10000 ? 0x80 | (code >> 12 & 0x3F) : 0xE0 | code >> 12);
        text[n++] = (char)(code >= 0x800 ? 0x80 | (code >> 6 & 0x3F) : 0xC0 | code >> 6);
        text[n++] = (char)(0x80 | (code & 0x3F));
        assert_int_equal(sj_str_is_utf8((struct sj_str){text, n}), code < 0xD800 || code > 0xDFFF);
        assert_false(sj_str_is_utf8((struct sj_str){text, n - 1}));
    }
}

static void columns_are_counted(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n_columns;
    } rows[] = {{"", 0},          {"abc", 3},      {"café", 4}, {"cafe\xCC\x81", 4}, {"客户", 4}, {"한국어", 6},        {"カナ", 4},
                {"ｶﾅ", 2},        {"😀", 2},        {"→", 1},    {"█▌", 2},           {"…", 1},    {"a\xE2\x80\x8B", 1}, {"（）", 4},
                {"\xE9t\xE9", 3}, {"👍🏽", 2}, {"“”", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(sj_str_columns(sj_str(rows[i].text)), rows[i].n_columns);
}

static void likely_slips_are_recognized(void **state) {
    (void)state;
    static const char *const texts[] = {"funnel", "flow", "variants", "overview", "import", "info", "export"};
    struct sj_str names[7];
    for (size_t i = 0; i < 7; i++)
        names[i] = sj_str(texts[i]);
    static const struct {
        const char *typed;
        size_t nearest;
    } rows[] = {
        {"funel", 0}, {"FUNNEL", 0}, {"fnunel", 0}, {"flwo", 1}, {"varients", 2},  {"variant", 2}, {"oveview", 3}, {"improt", 4},
        {"inof", 5},  {"exprt", 6},  {"x", 7},      {"", 7},     {"retention", 7}, {"flux", 7},    {"fl", 7},      {"overviewoverview", 7}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(sj_str_nearest(sj_str(rows[i].typed), names, 7), rows[i].nearest);
    assert_int_equal(sj_str_nearest(SJ_LIT("flow"), names, 0), 0);
}

static void long_names_have_no_nearest(void **state) {
    (void)state;
    char text[300];
    memset(text, 'a', sizeof text);
    struct sj_str names[2] = {{text, 300}, {text, 96}};
    assert_int_equal(sj_str_nearest((struct sj_str){text, 300}, names, 2), 2);
    assert_int_equal(sj_str_nearest((struct sj_str){text, 96}, names, 2), 1);
    assert_int_equal(sj_str_nearest((struct sj_str){text, 95}, names, 1), 1);
}

/* Where a line may be broken: at a space, and between two East Asian characters, but not before a closing or after an opening mark. */
static void test_pieces(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        bool space;
    } cases[] = {
        {"two words", 3, true}, {"word", 4, false},     {"", 0, false},      {" lead", 0, true},      {"客户旅程", 3, false},
        {"户。旅程", 6, false}, {"（户）旅", 9, false}, {"App户", 6, false}, {"\xff\xfe x", 2, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool space = !cases[i].space;
        assert_int_equal(sj_str_piece(sj_str(cases[i].text), &space), cases[i].n);
        assert_int_equal(space, cases[i].space);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(order_is_by_bytes),
        cmocka_unit_test(case_is_ignored_for_ascii_only),
        cmocka_unit_test(white_space_is_trimmed),
        cmocka_unit_test(whole_numbers_are_read),
        cmocka_unit_test(money_is_exact),
        cmocka_unit_test(doubles_are_rounded_correctly),
        cmocka_unit_test(random_doubles_come_back),
        cmocka_unit_test(digits_far_behind_count),
        cmocka_unit_test(what_is_no_double_is_refused),
        cmocka_unit_test(text_without_nul_is_read_within_its_length),
        cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test(every_code_point_is_known),
        cmocka_unit_test(columns_are_counted),
        cmocka_unit_test(likely_slips_are_recognized),
        cmocka_unit_test(long_names_have_no_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
