#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <locale.h>

#include "made_results.h"
#include <math.h>
#include "picture/figure.h"

static void check_count(int64_t value, enum sj_lang lang, const char *expected) {
    char out[SJ_FIGURE_BYTES];
    assert_int_equal(sj_figure_count(value, lang, out), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_counts_are_grouped_by_the_language(void **state) {
    (void)state;
    check_count(0, SJ_EN, "0");
    check_count(999, SJ_EN, "999");
    check_count(1000, SJ_EN, "1,000");
    check_count(-12345678, SJ_EN, "-12,345,678");
    check_count(1234567, SJ_NL, "1.234.567");
    check_count(1234567, SJ_ZH, "1,234,567");
    check_count(INT64_MIN, SJ_EN, "-9,223,372,036,854,775,808");
    check_count(INT64_MAX, SJ_NL, "9.223.372.036.854.775.807");
}

static void check_number(double value, unsigned decimals, enum sj_lang lang, const char *expected) {
    char out[SJ_FIGURE_BYTES];
    sj_figure_number(value, decimals, lang, out);
    assert_string_equal(out, expected);
}

static void test_numbers(void **state) {
    (void)state;
    check_number(3.14159, 2, SJ_EN, "3.14");
    check_number(3.14159, 2, SJ_NL, "3,14");
    check_number(1234.5, 1, SJ_NL, "1.234,5");
    check_number(-0.001, 2, SJ_EN, "0.00"); /* no minus before nothing */
    check_number(-2.5, 0, SJ_EN, "-3");
    check_number(1e300, 2, SJ_EN, "1e+300");
    check_number(NAN, 2, SJ_EN, "");
}

static void test_what_is_not_nought_is_not_shown_as_such(void **state) {
    (void)state;
    static const struct {
        double value;
        unsigned decimals;
        enum sj_lang lang;
        const char *text;
    } cases[] = {{0.004, 2, SJ_EN, "<0.01"}, {0.005, 2, SJ_EN, "0.01"},    {1e-30, 4, SJ_NL, "<0,0001"},
                 {0, 4, SJ_EN, "0.0000"},    {-0.001, 2, SJ_EN, ">-0.01"}, {0.2, 0, SJ_EN, "<1"}};
    const struct sj_look look[SJ_N_LANGS] = {{.lang = SJ_EN}, {.lang = SJ_NL}, {.lang = SJ_ZH}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sj_cell cell = sj_cell_f64(cases[i].value);
        char out[SJ_FIGURE_BYTES];
        sj_figure_cell(&cell, SJ_TYPE_NUMBER, (struct sj_figure_style){.decimals = cases[i].decimals}, &look[cases[i].lang], out);
        assert_string_equal(out, cases[i].text);
    }
}

static void test_no_locale_changes_a_figure(void **state) {
    (void)state;
    static const char *const locales[] = {"nl_NL.UTF-8", "de_DE.UTF-8", "fr_FR.UTF-8"};
    for (size_t i = 0; i < 3; i++)
        setlocale(LC_ALL, locales[i]); /* where there is none of them, nothing is shown either way */
    check_number(1234.5, 1, SJ_EN, "1,234.5");
    setlocale(LC_ALL, "C");
}

static void test_money_shows_cents_and_more_only_where_there_is_more(void **state) {
    (void)state;
    struct sj_look look = {.lang = SJ_EN};
    char out[SJ_FIGURE_BYTES];
    sj_figure_money(125000, &look, out);
    assert_string_equal(out, "12.50");
    sj_figure_money(-12345678, &look, out);
    assert_string_equal(out, "-1,234.5678");
    sj_figure_money(0, &look, out);
    assert_string_equal(out, "0.00");
}

static void check_estimate(double value, double low, double high, int64_t n, unsigned flags, enum sj_lang lang, const char *expected) {
    struct sj_estimate estimate = {value, low, high, n, flags};
    char out[SJ_FIGURE_BYTES];
    sj_figure_estimate(&estimate, SJ_TYPE_ESTIMATE, (struct sj_figure_style){0}, lang, out);
    assert_string_equal(out, expected);
}

static void test_an_estimate_is_never_bare(void **state) {
    (void)state;
    check_estimate(0.482, 0.461, 0.503, 2134, 0, SJ_EN, "48.2 % [46.1, 50.3] n=2,134");
    check_estimate(0.482, 0.461, 0.503, 2134, 0, SJ_NL, "48,2 % [46,1; 50,3] n=2.134");
    check_estimate(0.5, 0.1, 0.9, 12, SJ_FLAG_THIN, SJ_EN, "~50.0 % [10.0, 90.0] n=12");
    check_estimate(1, 1, 1, 3, 0, SJ_EN, "100.0 % [100.0, 100.0] n=3");
    check_estimate(0.00049, 0, 0.001, 3, 0, SJ_EN, "0.0 % [0.0, 0.1] n=3");
}

static void check_score(double value, double low, double high, unsigned decimals, enum sj_lang lang, const char *expected) {
    const struct sj_estimate estimate = {value, low, high, 120, 0};
    char out[SJ_FIGURE_BYTES];
    sj_figure_estimate(&estimate, SJ_TYPE_SCORE, (struct sj_figure_style){.decimals = decimals}, lang, out);
    assert_string_equal(out, expected);
}

static void test_a_score_is_no_share(void **state) {
    (void)state;
    check_score(-12.5, -31, 6.04, 1, SJ_EN, "-12.5 [-31.0, 6.0] n=120");
    check_score(4.206, 4.1, 4.3, 2, SJ_NL, "4,21 [4,10; 4,30] n=120");
    check_score(4, -INFINITY, INFINITY, 2, SJ_EN, "4.00 n=120");
}

static void test_times_are_as_precise_as_their_column(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN};
    char out[SJ_FIGURE_BYTES];
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    struct sj_table *table = made_table(&result, &made_lines_def);
    int64_t day = sj_time_of_civil(&(struct sj_civil){.year = 2026, .month = 1, .day = 31});
    made_row(&result, table)[0] = sj_cell_i64(day);
    assert_int_equal(sj_figure_style(table, 0, &look).grain, SJ_GRAIN_DAY);
    made_row(&result, table)[0] = sj_cell_i64(day + 90 * SJ_US_MINUTE);
    assert_int_equal(sj_figure_style(table, 0, &look).grain, SJ_GRAIN_MINUTE);
    sj_figure_time(day + 90 * SJ_US_MINUTE, SJ_GRAIN_MINUTE, &look, out);
    assert_string_equal(out, "2026-01-31 01:30");
    made_row(&result, table)[0] = sj_cell_i64(day + 7);
    assert_int_equal(sj_figure_style(table, 0, &look).grain, SJ_GRAIN_SECOND);
    sj_result_done(&result);
}

static void test_times_are_in_the_zone_and_say_so(void **state) {
    (void)state;
    struct sj_zone *zone;
    char out[SJ_FIGURE_BYTES];
    MADE(sj_zone_fixed(sj_alloc_libc(), SJ_LIT("+02:00"), &zone, NULL));
    struct sj_look look = {.lang = SJ_EN, .zone = zone, .zone_name = "+02:00", .currency = "EUR"};
    int64_t noon = sj_time_of_civil(&(struct sj_civil){.year = 2026, .month = 1, .day = 31, .hour = 22, .minute = 30});
    sj_figure_time(noon, SJ_GRAIN_MINUTE, &look, out);
    assert_string_equal(out, "2026-02-01 00:30");
    sj_figure_label(&made_figure_columns[4], &look, out);
    assert_string_equal(out, "At (+02:00)");
    sj_figure_label(&made_figure_columns[5], &look, out);
    assert_string_equal(out, "Money (EUR)");
    sj_zone_free(sj_alloc_libc(), zone);
}

static void test_decimals_of_a_column(void **state) {
    (void)state;
    static const struct {
        double values[2];
        unsigned decimals;
    } cases[] = {{{1, 200}, 0}, {{1.5, 200}, 2}, {{0.25, 0.5}, 3}, {{0.001, 0.0123}, 4}, {{0, 0}, 0}};
    struct sj_look look = {.lang = SJ_EN};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_result result;
        sj_result_init(&result, sj_alloc_libc(), SJ_EN);
        struct sj_table *table = made_table(&result, &made_figures_def);
        made_row(&result, table)[2] = sj_cell_f64(cases[i].values[0]);
        made_row(&result, table)[2] = sj_cell_f64(cases[i].values[1]);
        assert_int_equal(sj_figure_style(table, 2, &look).decimals, cases[i].decimals);
        sj_result_done(&result);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_are_grouped_by_the_language),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_what_is_not_nought_is_not_shown_as_such),
        cmocka_unit_test(test_no_locale_changes_a_figure),
        cmocka_unit_test(test_money_shows_cents_and_more_only_where_there_is_more),
        cmocka_unit_test(test_an_estimate_is_never_bare),
        cmocka_unit_test(test_a_score_is_no_share),
        cmocka_unit_test(test_times_are_as_precise_as_their_column),
        cmocka_unit_test(test_times_are_in_the_zone_and_say_so),
        cmocka_unit_test(test_decimals_of_a_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
