#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "made_results.h"
#include "picture/route.h"

static int start(void **state) {
    static struct sj_result result;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    *state = &result;
    return 0;
}

static int stop(void **state) {
    sj_result_done(*state);
    return 0;
}

static void assert_text(struct sj_str text, const char *expected) {
    if (!sj_str_eq(text, sj_str(expected)))
        fail_msg("got \"%.*s\", expected \"%s\"", SJ_ARG(text), expected);
}

static void check_route(struct sj_result *result, const char *words, unsigned columns, const char *expected) {
    struct sj_cell cell = made_route(result, words);
    struct sj_str text;
    assert_int_equal(sj_route_text(&cell.route, columns, &result->arena, &text, NULL), SJ_OK);
    assert_text(text, expected);
    if (columns >= 24)
        assert_true(sj_str_columns(text) <= columns);
}

static void test_routes_are_shortened_in_the_middle(void **state) {
    check_route(*state, "a b c", 80, "a → b → c");
    check_route(*state, "alone", 80, "alone");
    check_route(*state, "visit cart checkout purchase", 34, "visit → cart → checkout → purchase");
    check_route(*state, "visit cart checkout purchase", 33, "visit → …(+2)… → purchase");
    check_route(*state, "网站 购物车 付款", 40, "网站 → 购物车 → 付款");
    check_route(*state, "one two three four five six seven eight", 40, "one → two → …(+4)… → seven → eight");
    check_route(*state, "averyveryverylongtouchpointname another", 12, "averyveryve…");
}

static void test_no_step_is_lost_or_counted_twice(void **state) {
    struct sj_result *result = *state;
    char words[2000] = "";
    for (int i = 0; i < 300; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "%ss%d", i > 0 ? " " : "", i);
    struct sj_cell cell = made_route(result, words);
    for (unsigned columns = 1; columns < 200; columns++) {
        struct sj_str text;
        int left_out = 0, n_arrows = 0;
        assert_int_equal(sj_route_text(&cell.route, columns, &result->arena, &text, NULL), SJ_OK);
        if (columns < 30)
            continue;
        char copy[1000];
        snprintf(copy, sizeof copy, "%.*s", SJ_ARG(text));
        const char *gap = strstr(copy, "…(+");
        assert_non_null(gap);
        assert_int_equal(sscanf(gap, "…(+%d)…", &left_out), 1);
        for (const char *p = copy; (p = strstr(p, "→")) != NULL; p++)
            n_arrows++;
        assert_int_equal(n_arrows + left_out, 300); /* steps shown and the gap are joined by arrows */
        assert_true(strncmp(copy, "s0 → ", 7) == 0);
        assert_string_equal(copy + strlen(copy) - 4, "s299");
    }
}

static void test_cutting_keeps_characters_whole_and_drops_control(void **state) {
    struct sj_result *result = *state;
    struct sj_str text;
    assert_int_equal(sj_text_cut(SJ_LIT("购物车购物车"), 7, &result->arena, &text, NULL), SJ_OK);
    assert_text(text, "购物车…");
    assert_int_equal(sj_text_cut(SJ_LIT("购物车购物车"), 6, &result->arena, &text, NULL), SJ_OK);
    assert_text(text, "购物…");
    assert_int_equal(sj_text_cut(SJ_LIT("a\033[31mb\nc\x7f"
                                        "d\xc2\x9b!"),
                                 80, &result->arena, &text, NULL),
                     SJ_OK);
    assert_text(text, "a [31mb c d  !");
    assert_int_equal(sj_text_cut(SJ_LIT("abc"), 0, &result->arena, &text, NULL), SJ_OK);
    assert_text(text, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_routes_are_shortened_in_the_middle, start, stop),
        cmocka_unit_test_setup_teardown(test_no_step_is_lost_or_counted_twice, start, stop),
        cmocka_unit_test_setup_teardown(test_cutting_keeps_characters_whole_and_drops_control, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
