/* Answers as JSON and CSV, from results made by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "api/ask.h"
#include "base/json.h"
#include "picture/made_results.h"

struct world {
    struct sj_question question;
    struct sj_answer answer;
    struct sj_arg_text args[1];
    struct sj_buf out;
};

static int start(void **state) {
    static struct world world;
    world = (struct world){.question = {.analysis = SJ_LIT("made")}};
    world.question.lens = (struct sj_lens_words){.from = SJ_LIT("2026-01-01"), .journey = SJ_LIT("session 30m")};
    static const struct sj_str within = {"7d", 2};
    world.args[0] = (struct sj_arg_text){"within", &within, 1, false};
    world.answer = (struct sj_answer){
        .question = &world.question, .args = world.args, .n_args = 1, .n_events = 42, .currency = "EUR", .elapsed_us = 1234};
    world.answer.as_of_us = sj_time_of_civil(&(struct sj_civil){.year = 2026, .month = 1, .day = 31, .hour = 12});
    sj_result_init(&world.answer.result, sj_alloc_libc(), SJ_EN);
    world.answer.result.analysis = "made";
    world.answer.result.title = "Made \"by hand\"";
    sj_buf_init(&world.out, sj_alloc_libc(), SIZE_MAX);
    *state = &world;
    return 0;
}

static int stop(void **state) {
    struct world *world = *state;
    sj_result_done(&world->answer.result);
    sj_buf_done(&world->out);
    return 0;
}

static const char *csv_of(struct world *world, const char *table) {
    struct sj_error err = {0};
    sj_buf_reset(&world->out);
    if (sj_answer_csv(&world->answer, table, &world->out, &err) != SJ_OK)
        fail_msg("%s", err.message);
    MADE(sj_buf_append(&world->out, "", 1, NULL));
    return (const char *)world->out.data;
}

static void test_json_has_the_documented_shape(void **state) {
    struct world *world = *state;
    made_figures(&world->answer.result);
    MADE(sj_note(&world->answer.result, SJ_NOTE_WARNING, "thin_data", "few"));
    assert_int_equal(sj_answer_json(&world->answer, &world->out, NULL), SJ_OK);
    MADE(sj_buf_append(&world->out, "", 1, NULL));
    assert_string_equal(
        (const char *)world->out.data,
        "{\"analysis\":\"made\",\"title\":\"Made \\\"by hand\\\"\",\"lens\":{\"from\":\"2026-01-01\",\"journey\":\"session 30m\"},"
        "\"parameters\":{\"within\":\"7d\"},\"store\":{\"events\":42,\"as_of\":\"2026-01-31T12:00:00Z\"},"
        "\"tables\":[{\"name\":\"summary\",\"columns\":[{\"name\":\"what\",\"type\":\"text\"},{\"name\":\"count\",\"type\":\"count\"},"
        "{\"name\":\"number\",\"type\":\"number\"},{\"name\":\"took\",\"type\":\"duration\",\"unit\":\"us\"},{\"name\":\"at\",\"type\":"
        "\"time\"},"
        "{\"name\":\"money\",\"type\":\"money\",\"unit\":\"EUR\"},{\"name\":\"sure\",\"type\":\"truth\"},{\"name\":\"channel\",\"type\":"
        "\"channel\"}],"
        "\"rows\":[[\"first\",1234567,3.14159,200000000,\"2026-01-31T12:00:00Z\",1234.5678,false,\"web\"],"
        "[\"second\",-42,0.00123456,850000,\"2026-01-31T12:30:00Z\",-12.5,true,\"\"],"
        "[\"unknown\",null,null,null,null,null,null,null]]}],"
        "\"notes\":[{\"level\":\"warning\",\"code\":\"thin_data\",\"text\":\"few\"}],\"elapsed_us\":1234}\n");
}

static void test_json_of_estimates_and_routes(void **state) {
    struct world *world = *state;
    json_t *root, *row;
    made_routes(&world->answer.result);
    made_bars(&world->answer.result);
    assert_int_equal(sj_answer_json(&world->answer, &world->out, NULL), SJ_OK);
    MADE(sj_json_parse(sj_buf_str(&world->out), "the answer", &root, NULL));
    row = json_array_get(json_object_get(json_array_get(json_object_get(root, "tables"), 0), "rows"), 5);
    assert_string_equal(json_string_value(json_array_get(json_array_get(row, 0), 1)), "购物车");
    row = json_array_get(json_object_get(json_array_get(json_object_get(root, "tables"), 1), "rows"), 3);
    json_t *estimate = json_array_get(row, 2);
    assert_int_equal(json_integer_value(json_object_get(estimate, "n")), 21);
    assert_true(json_real_value(json_object_get(estimate, "value")) == 5.0 / 21.0);
    assert_string_equal(json_string_value(json_array_get(json_object_get(estimate, "flags"), 0)), "thin");
    assert_int_equal(json_object_size(estimate), 5);
    json_decref(root);
}

static void test_csv_quotes_and_spreads_estimates(void **state) {
    struct world *world = *state;
    struct sj_table *table = made_table(&world->answer.result, &made_bars_def);
    struct sj_cell *cells = made_row(&world->answer.result, table);
    cells[0] = made_text("a,\"b\"\r\nc");
    cells[1] = made_count(5);
    cells[2] = sj_cell_estimate((struct sj_estimate){.value = 0.5, .low = 0.25, .high = 0.75, .n = 9});
    made_row(&world->answer.result, table)[0] = made_text("plain");
    made_row(&world->answer.result, table)[2] =
        sj_cell_estimate((struct sj_estimate){.value = 4, .low = -INFINITY, .high = INFINITY, .n = 1});
    assert_string_equal(csv_of(world, NULL), "touchpoint,events,share,share_low,share_high,share_n\r\n"
                                             "\"a,\"\"b\"\"\r\nc\",5,0.5,0.25,0.75,9\r\n"
                                             "plain,,,,,\r\n"
                                             ",,4,,,1\r\n");
}

static void test_csv_of_every_type(void **state) {
    struct world *world = *state;
    made_figures(&world->answer.result);
    assert_string_equal(csv_of(world, "summary"), "what,count,number,took,at,money,sure,channel\r\n"
                                                  "first,1234567,3.14159,200000000,2026-01-31T12:00:00Z,1234.5678,false,web\r\n"
                                                  "second,-42,0.00123456,850000,2026-01-31T12:30:00Z,-12.5,true,\r\n"
                                                  "unknown,,,,,,,\r\n");
}

static void test_csv_joins_routes_and_picks_the_table(void **state) {
    struct world *world = *state;
    made_figures(&world->answer.result);
    made_routes(&world->answer.result);
    assert_non_null(strstr(csv_of(world, "variants"), "\r\nvisit > cart > checkout > purchase,812,"));
    struct sj_error err = {0};
    assert_int_equal(sj_answer_csv(&world->answer, "nothing", &world->out, &err), SJ_E_USAGE);
    assert_string_equal(err.message, "the answer has no table \"nothing\"; it has summary, variants");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json_has_the_documented_shape, start, stop),
        cmocka_unit_test_setup_teardown(test_json_of_estimates_and_routes, start, stop),
        cmocka_unit_test_setup_teardown(test_csv_quotes_and_spreads_estimates, start, stop),
        cmocka_unit_test_setup_teardown(test_csv_of_every_type, start, stop),
        cmocka_unit_test_setup_teardown(test_csv_joins_routes_and_picks_the_table, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
