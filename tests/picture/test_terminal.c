#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/failing_alloc.h"
#include "made_results.h"
#include "picture/picture.h"

static void draw(const struct sj_result *result, const struct sj_look *look, struct sj_buf *out) {
    struct sj_error err = {0};
    sj_buf_init(out, sj_alloc_libc(), SIZE_MAX);
    if (sj_picture_terminal(result, look, out, &err) != SJ_OK)
        fail_msg("%s", err.message);
    MADE(sj_buf_append(out, "", 1, NULL));
}

static void check(struct sj_result *result, const struct sj_look *look, const char *expected) {
    struct sj_buf out;
    draw(result, look, &out);
    assert_string_equal((const char *)out.data, expected);
    sj_buf_done(&out);
    sj_result_done(result);
}

static void test_bars_in_english(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN, .width = 84};
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    result.title = "Where?";
    made_bars(&result);
    MADE(sj_note(&result, SJ_NOTE_DEFINITION, "def", "a share is of all journeys"));
    MADE(sj_note(&result, SJ_NOTE_WARNING, "thin", "one share rests on %d journeys", 21));
    check(&result, &look,
          "Where?\n"
          "\n"
          "Touchpoints\n"
          "Touchpoint     Events                            Share of journeys\n"
          "────────────────────────────────────────────────────────────────────────────────\n"
          "visit          12,345  ████████████████████████   100.0 % [100.0, 100.0] n=2,134\n"
          "购物车          8,024  ███████████████▋            48.3 % [ 46.1,  50.4] n=2,134\n"
          "checkout <b>&     512  █                           18.7 % [ 17.1,  20.4] n=2,134\n"
          "café ☕             7  ▏                          ~23.8 % [  3.2,  44.4] n=21\n"
          "return              0\n"
          "\n"
          "! one share rests on 21 journeys\n"
          "· a share is of all journeys\n");
}

static void test_bars_in_dutch_and_chinese(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_buf out;
    sj_result_init(&result, sj_alloc_libc(), SJ_NL);
    made_bars(&result);
    struct sj_look look = {.lang = SJ_NL};
    draw(&result, &look, &out);
    assert_non_null(strstr((const char *)out.data, "12.345  █"));
    assert_non_null(strstr((const char *)out.data, " 48,3 % [ 46,1;  50,4] n=2.134\n"));
    sj_buf_done(&out);
    look.lang = SJ_ZH;
    draw(&result, &look, &out);
    assert_non_null(strstr((const char *)out.data, "12,345  █"));
    sj_buf_done(&out);
    sj_result_done(&result);
}

static void test_a_funnel_that_is_too_wide_keeps_what_it_is_about(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN, .width = 60};
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_funnel(&result);
    check(&result, &look,
          "How many reach each step\n"
          "Step            Journeys  Of the first step\n"
          "──────────────────────────────────────────────────────\n"
          "product_view      12,345\n"
          "add_to_cart        8,024  65.0 % [64.2, 65.8] n=12,345\n"
          "checkout_start     3,100  25.1 % [24.3, 25.9] n=12,345\n"
          "purchase              22   0.2 % [ 0.1,  0.3] n=12,345\n"
          "… no room for these columns, which --format csv gives: Of the step before, Median time from the step before, 90 % are faster "
          "than\n");
}

static void test_routes_fit(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN, .width = 100};
    struct sj_buf out;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_routes(&result);
    draw(&result, &look, &out);
    assert_non_null(strstr((const char *)out.data, "ad → visit → …(+11)… → purchase → review"));
    assert_non_null(strstr((const char *)out.data, "网站 → 购物车 → 付款   "));
    sj_buf_done(&out);
    sj_result_done(&result);
}

static void test_a_matrix_of_shares(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN, .width = 60};
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_matrix(&result, 4);
    check(&result, &look,
          "Who comes back\n"
          "Share (%); → Periods later\n"
          "Start from (UTC)      n      0       1       2       3\n"
          "───────────────────────────────────────────────────────\n"
          "2024-07-01        1,200  100.0█   50.0█   33.3▆   25.0*\n"
          "2024-07-08        1,200  100.0█   50.0█   33.3*\n"
          "2024-07-15           20  ~60.0█  ~60.0*\n"
          "2024-07-22        1,200  100.0*\n"
          "* not complete: can still change\n");
}

/* Columns in the order of the table; what is not there is blank; what finds no room is said. */
static void test_a_matrix_of_counts_between_texts(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN, .rows_max = 2};
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_switches(&result);
    check(&result, &look,
          "From channel to channel\n"
          "Times; → To\n"
          "From             web    电话     app\n"
          "─────────────────────────────────────\n"
          "web            1,200█    310▃\n"
          "call <centre>     95▁              7▁\n"
          "… and 1 rows more: --rows N shows them, or --format csv --table switches\n");
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_switches(&result);
    look = (struct sj_look){.lang = SJ_EN, .width = 25};
    struct sj_buf out;
    draw(&result, &look, &out);
    assert_non_null(strstr((const char *)out.data, "… no room for 2 columns more: --format csv --table switches gives them\n"));
    assert_null(strstr((const char *)out.data, "310"));
    sj_buf_done(&out);
    sj_result_done(&result);
}

/* Five decades over 24 columns: a tenth at the left end, the median at three fifths, nine tenths at the right end. */
static void test_boxes(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN, .width = 64};
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_boxes(&result);
    struct sj_buf out;
    draw(&result, &look, &out);
    const char *text = (const char *)out.data;
    assert_non_null(strstr(text, "1,200  ─────━━━━━━━━━╋━━━━─────"));
    assert_non_null(strstr(text, "    3  ─────━━━━━━━━━╋━━━━─────"));
    assert_non_null(strstr(text, "no room for these columns"));
    sj_buf_done(&out);
    sj_result_done(&result);
}

/* From -50 to 50 over 24 columns: zero is between the twelfth and the thirteenth. */
static void test_dots(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN};
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_dots(&result);
    check(&result, &look,
          "By value\n"
          "Value     Score\n"
          "──────────────────────────────────────────────────────────────\n"
          "网页 <a>    30.0 [ 10.0, 50.0] n=200              ┊ ├───●────┤\n"
          "app       ~-25.0 [-50.0,  0.0] n=40   ├─────●─────┤\n"
          "shop       ~25.0               n=1                ┊    ●\n"
          "none                                              ┊\n");
}

/* Whatever the width, no line of a table is wider, and the columns stand below each other. */
static void test_no_line_is_wider_than_the_terminal(void **state) {
    (void)state;
    struct sj_result result;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_bars(&result);
    made_routes(&result);
    made_flow(&result);
    made_lines(&result, 30);
    made_matrix(&result, 24);
    made_switches(&result);
    made_boxes(&result);
    made_dots(&result);
    made_scores(&result);
    for (unsigned width = 64; width < 200; width += 3) {
        struct sj_look look = {.lang = SJ_EN, .width = width};
        struct sj_buf out;
        draw(&result, &look, &out);
        for (char *line = strtok((char *)out.data, "\n"); line != NULL; line = strtok(NULL, "\n"))
            if (strncmp(line, "… ", 4) != 0 && sj_str_columns(sj_str(line)) > width)
                fail_msg("width %u: %s", width, line);
        sj_buf_done(&out);
    }
    sj_result_done(&result);
}

static void test_a_long_table_says_how_to_get_the_rest(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN, .rows_max = 10};
    struct sj_buf out;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_lines(&result, 1210);
    draw(&result, &look, &out);
    assert_non_null(strstr((const char *)out.data, "… and 1,200 rows more: --rows N shows them, or --format csv --table activity\n"));
    assert_non_null(strstr((const char *)out.data, " ┤")); /* the chart of all of it */
    assert_non_null(strstr((const char *)out.data, "2024-07-01"));
    sj_buf_done(&out);
    sj_result_done(&result);
}

/* Not as a bar of height 0, which lies above the least. */
static void test_what_is_not_known_is_a_dot_in_the_chart(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN, .rows_max = 1, .width = 80};
    struct sj_buf out;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_lines(&result, 8);
    for (size_t row = 0; row < 8; row++) {
        struct sj_cell *cell = &result.tables[0].cells[row * 4 + 1];
        *cell = row == 2 || row == 5 ? (struct sj_cell){.known = false} : sj_cell_i64(row == 4 ? -6 : 6);
    }
    draw(&result, &look, &out);
    assert_non_null(strstr((const char *)out.data, "6 ┤██ █  ██\n"));
    assert_non_null(strstr((const char *)out.data, "  ┤██·█ ·██\n"));
    sj_buf_done(&out);
    sj_result_done(&result);
}

static void test_a_single_row_is_a_list(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN, .width = 40, .currency = "EUR"};
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_figures(&result);
    result.tables[0].n_rows = 1;
    check(&result, &look,
          "In figures\n"
          "What         first\n"
          "Count        1,234,567\n"
          "Number       3.14\n"
          "Took         3 min 20 s\n"
          "At (UTC)     2026-01-31 12:00\n"
          "Money (EUR)  1,234.5678\n"
          "Sure         no\n"
          "Channel      web\n");
}

static void test_colour_only_when_it_is_wanted(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_buf out;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_bars(&result);
    MADE(sj_note(&result, SJ_NOTE_WARNING, "w", "careful"));
    struct sj_look look = {.lang = SJ_EN};
    draw(&result, &look, &out);
    assert_null(strchr((const char *)out.data, '\033'));
    sj_buf_done(&out);
    look.colour = true;
    draw(&result, &look, &out);
    assert_non_null(strstr((const char *)out.data, "\033[33m! careful\033[0m\n"));
    sj_buf_done(&out);
    sj_result_done(&result);
}

static void test_data_cannot_steer_the_terminal(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN};
    struct sj_buf out;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    struct sj_table *table = made_table(&result, &made_bars_def);
    made_row(&result, table)[0] = made_text("\033[2Jx\ny\r\x07");
    MADE(sj_note(&result, SJ_NOTE_INFO, "i", "the name \"%s\"", "\033]0;x\x07"));
    draw(&result, &look, &out);
    for (const char *p = (const char *)out.data; *p != '\0'; p++)
        assert_true((unsigned char)*p >= 0x20 || *p == '\n');
    sj_buf_done(&out);
    sj_result_done(&result);
}

static void test_empty(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN};
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_table(&result, &made_bars_def);
    check(&result, &look, "Touchpoints\n(nothing)\n");
}

static void test_running_out_of_memory_is_an_error(void **state) {
    (void)state;
    struct sj_result result;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    made_bars(&result);
    made_routes(&result);
    made_matrix(&result, 3);
    made_boxes(&result);
    enum sj_status status = SJ_E_MEMORY;
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        struct sj_alloc mem = failing_alloc(&failing);
        struct sj_look look = {.lang = SJ_EN, .width = 80};
        struct sj_buf out;
        sj_buf_init(&out, &mem, SIZE_MAX);
        status = sj_picture_terminal(&result, &look, &out, NULL);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        assert_true(n < 1000);
        sj_buf_done(&out);
        assert_int_equal(failing.n_alive, 0);
    }
    sj_result_done(&result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bars_in_english),
        cmocka_unit_test(test_bars_in_dutch_and_chinese),
        cmocka_unit_test(test_a_funnel_that_is_too_wide_keeps_what_it_is_about),
        cmocka_unit_test(test_routes_fit),
        cmocka_unit_test(test_a_matrix_of_shares),
        cmocka_unit_test(test_a_matrix_of_counts_between_texts),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_dots),
        cmocka_unit_test(test_no_line_is_wider_than_the_terminal),
        cmocka_unit_test(test_a_long_table_says_how_to_get_the_rest),
        cmocka_unit_test(test_what_is_not_known_is_a_dot_in_the_chart),
        cmocka_unit_test(test_a_single_row_is_a_list),
        cmocka_unit_test(test_colour_only_when_it_is_wanted),
        cmocka_unit_test(test_data_cannot_steer_the_terminal),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_running_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
