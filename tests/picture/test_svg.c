#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <expat.h>

#include "base/failing_alloc.h"
#include "made_results.h"
#include "picture/picture.h"

struct seen {
    struct sj_buf text; /* of all elements, joined by '\n' */
    int n_elements, n_whiskers;
    bool has_svg;
};

static void on_start(void *ctx, const XML_Char *name, const XML_Char **attributes) {
    struct seen *seen = ctx;
    seen->n_elements++;
    seen->has_svg = seen->has_svg || strcmp(name, "svg") == 0;
    for (size_t i = 0; attributes[i] != NULL; i += 2)
        seen->n_whiskers += strcmp(attributes[i], "class") == 0 && strcmp(attributes[i + 1], "whisker") == 0;
    MADE(sj_buf_append(&seen->text, "\n", 1, NULL));
}

static void on_text(void *ctx, const XML_Char *text, int n) {
    struct seen *seen = ctx;
    MADE(sj_buf_append(&seen->text, text, (size_t)n, NULL));
}

/* Draws the result, and reads the document with a parser that accepts only well-formed XML. */
static void draw(const struct sj_result *result, struct seen *seen) {
    struct sj_look look = {.lang = result->lang, .currency = "EUR"};
    struct sj_error err = {0};
    struct sj_buf svg, again;
    *seen = (struct seen){0};
    sj_buf_init(&seen->text, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&svg, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&again, sj_alloc_libc(), SIZE_MAX);
    if (sj_picture_svg(result, &look, &svg, &err) != SJ_OK)
        fail_msg("%s", err.message);
    assert_int_equal(sj_picture_svg(result, &look, &again, &err), SJ_OK);
    assert_true(sj_str_eq(sj_buf_str(&svg), sj_buf_str(&again)));
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetUserData(parser, seen);
    XML_SetStartElementHandler(parser, on_start);
    XML_SetCharacterDataHandler(parser, on_text);
    if (XML_Parse(parser, (const char *)svg.data, (int)svg.n, 1) != XML_STATUS_OK)
        fail_msg("line %lu: %s", XML_GetCurrentLineNumber(parser), XML_ErrorString(XML_GetErrorCode(parser)));
    XML_ParserFree(parser);
    assert_true(seen->has_svg);
    MADE(sj_buf_append(&seen->text, "", 1, NULL));
    sj_buf_done(&svg);
    sj_buf_done(&again);
}

static bool shows(const struct seen *seen, const char *text) { return strstr((const char *)seen->text.data, text) != NULL; }

static void start_result(struct sj_result *result, enum sj_lang lang) {
    sj_result_init(result, sj_alloc_libc(), lang);
    result->title = "How <do> customers \"travel\" & why?";
}

static void test_all_kinds_are_well_formed_in_all_languages(void **state) {
    (void)state;
    for (int lang = 0; lang < SJ_N_LANGS; lang++) {
        struct sj_result result;
        struct seen seen;
        start_result(&result, (enum sj_lang)lang);
        made_bars(&result);
        made_figures(&result);
        made_lines(&result, 70);
        made_funnel(&result);
        made_routes(&result);
        made_flow(&result);
        MADE(sj_note(&result, SJ_NOTE_WARNING, "thin", "fewer than %d & not \"many\"", 30));
        draw(&result, &seen);
        assert_true(seen.n_elements > 200);
        assert_true(shows(&seen, "How <do> customers \"travel\" & why?"));
        assert_true(shows(&seen, "checkout <b>&"));
        assert_true(shows(&seen, "购物车"));
        assert_true(shows(&seen, "fewer than 30 & not \"many\""));
        sj_buf_done(&seen.text);
        sj_result_done(&result);
    }
}

static void test_hostile_texts_stay_texts(void **state) {
    (void)state;
    struct sj_result result;
    struct seen seen;
    start_result(&result, SJ_EN);
    struct sj_table *table = made_table(&result, &made_bars_def);
    static const char *const names[] = {"</text><script>alert(1)</script>",
                                        "a\x01"
                                        "b\033c",
                                        "\xff\xfe\x80",
                                        "]]>",
                                        "&#0;",
                                        ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sj_cell *cells = made_row(&result, table);
        cells[0] = made_text(names[i]);
        cells[1] = made_count((int64_t)i);
    }
    draw(&result, &seen);
    assert_true(shows(&seen, "</text><script>"));
    assert_true(shows(&seen, "\xEF\xBF\xBD"));
    sj_buf_done(&seen.text);
    sj_result_done(&result);
}

static void test_every_estimate_has_its_interval(void **state) {
    (void)state;
    struct sj_result result;
    struct seen seen;
    start_result(&result, SJ_EN);
    made_funnel(&result);
    draw(&result, &seen);
    assert_int_equal(seen.n_whiskers, 6); /* three steps after the first, two estimates each */
    assert_true(shows(&seen, "65.0 % [64.2, 65.8] n=12,345"));
    assert_true(shows(&seen, "4,321 (35.0 %) stop here"));
    sj_buf_done(&seen.text);
    sj_result_done(&result);
}

static void test_the_flow_shows_counts_times_starts_and_ends(void **state) {
    (void)state;
    struct sj_result result;
    struct seen seen;
    start_result(&result, SJ_EN);
    made_flow(&result);
    draw(&result, &seen);
    assert_true(shows(&seen, "9,000"));
    assert_true(shows(&seen, "▶ 5,000"));
    assert_true(shows(&seen, "■ 3,100"));
    assert_true(shows(&seen, "↻ 4,100"));
    assert_true(shows(&seen, "drawn: 100.0 %"));
    sj_buf_done(&seen.text);
    sj_result_done(&result);
}

static void test_empty_and_unknown(void **state) {
    (void)state;
    static const struct sj_table_def *const defs[] = {&made_bars_def,   &made_lines_def, &made_funnel_def,
                                                      &made_routes_def, &made_links_def, &made_figures_def};
    for (size_t i = 0; i < sizeof defs / sizeof defs[0]; i++) {
        for (int n_rows = 0; n_rows < 3; n_rows++) {
            struct sj_result result;
            struct seen seen;
            start_result(&result, SJ_EN);
            struct sj_table *table = made_table(&result, defs[i]);
            for (int row = 0; row < n_rows; row++)
                made_row(&result, table);
            draw(&result, &seen);
            sj_buf_done(&seen.text);
            sj_result_done(&result);
        }
    }
}

/* More nodes and edges than are drawn: what is left out is said, and the document stays small. */
static void test_a_large_flow_says_what_is_left_out(void **state) {
    (void)state;
    struct sj_result result;
    struct seen seen;
    static char names[120][8];
    start_result(&result, SJ_EN);
    struct sj_table *table = made_table(&result, &made_links_def);
    for (int i = 0; i < 120; i++)
        snprintf(names[i], sizeof names[i], "t%d", i);
    for (int i = 0; i < 120; i++)
        for (int k = 1; k < 30; k++)
            made_link(&result, table, names[i], names[(i * 7 + k) % 120], 1 + (i * 31 + k * 17) % 500);
    draw(&result, &seen);
    assert_false(shows(&seen, "drawn: 100.0 %"));
    assert_true(seen.n_elements < 1500);
    sj_buf_done(&seen.text);
    sj_result_done(&result);
}

static void test_running_out_of_memory_is_an_error(void **state) {
    (void)state;
    struct sj_result result;
    start_result(&result, SJ_EN);
    made_bars(&result);
    made_lines(&result, 30);
    made_routes(&result);
    made_flow(&result);
    enum sj_status status = SJ_E_MEMORY;
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        struct sj_alloc mem = failing_alloc(&failing);
        struct sj_look look = {.lang = SJ_EN};
        struct sj_buf svg;
        sj_buf_init(&svg, &mem, SIZE_MAX);
        status = sj_picture_svg(&result, &look, &svg, NULL);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        assert_true(n < 2000);
        sj_buf_done(&svg);
        assert_int_equal(failing.n_alive, 0);
    }
    sj_result_done(&result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_kinds_are_well_formed_in_all_languages),
        cmocka_unit_test(test_hostile_texts_stay_texts),
        cmocka_unit_test(test_every_estimate_has_its_interval),
        cmocka_unit_test(test_the_flow_shows_counts_times_starts_and_ends),
        cmocka_unit_test(test_empty_and_unknown),
        cmocka_unit_test(test_a_large_flow_says_what_is_left_out),
        cmocka_unit_test(test_running_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
