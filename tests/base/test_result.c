#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/result.h"

static const struct sj_column_def columns[] = {
    {.name = "step", .label = "Step", .type = SJ_TYPE_TOUCHPOINT},
    {.name = "count", .label = "Count", .type = SJ_TYPE_COUNT, .drawn = true},
    {.name = "share", .label = "Share", .type = SJ_TYPE_ESTIMATE},
};
static const struct sj_table_def steps = {.name = "steps", .title = "Steps", SJ_COLUMNS(columns)};
static const struct sj_table_def other = {.name = "other", .title = "Other", SJ_COLUMNS(columns)};

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

static void test_rows_are_unknown_until_filled(void **state) {
    struct sj_result *result = *state;
    struct sj_table *table;
    assert_int_equal(sj_result_table(result, &steps, &table, NULL), SJ_OK);
    for (int64_t i = 0; i < 1000; i++) {
        struct sj_cell *cells;
        assert_int_equal(sj_result_row(result, table, &cells, NULL), SJ_OK);
        for (size_t c = 0; c < steps.n_columns; c++)
            assert_false(cells[c].known);
        if (i % 3 == 0)
            continue;
        char name[16];
        int n = snprintf(name, sizeof name, "step %d", (int)i);
        struct sj_str copy;
        assert_int_equal(sj_result_text(result, (struct sj_str){name, (size_t)n}, &copy, NULL), SJ_OK);
        cells[0] = sj_cell_text(copy);
        cells[1] = sj_cell_i64(i);
        cells[2] = sj_cell_estimate((struct sj_estimate){.value = 0.5, .low = 0.4, .high = 0.6, .n = i});
    }
    assert_int_equal(table->n_rows, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(sj_table_cell(table, i, 1)->known, i % 3 != 0);
    assert_int_equal(sj_table_cell(table, 998, 1)->i64, 998);
    assert_true(sj_str_eq(sj_table_cell(table, 998, 0)->text, SJ_LIT("step 998")));
    assert_int_equal(sj_table_cell(table, 1, 2)->estimate.n, 1);
}

static void test_tables_are_found_and_limited(void **state) {
    struct sj_result *result = *state;
    struct sj_table *table, *untouched = NULL;
    assert_null(sj_result_find(result, "steps"));
    assert_int_equal(sj_result_table(result, &other, &table, NULL), SJ_OK);
    assert_int_equal(sj_result_table(result, &steps, &table, NULL), SJ_OK);
    assert_ptr_equal(sj_result_find(result, "steps"), table);
    assert_null(sj_result_find(result, "step"));
    while (result->n_tables < SJ_TABLES_MAX)
        assert_int_equal(sj_result_table(result, &other, &table, NULL), SJ_OK);
    struct sj_error err = {0};
    assert_int_equal(sj_result_table(result, &other, &untouched, &err), SJ_E_LIMIT);
    assert_null(untouched);
    assert_non_null(strstr(err.message, "12 tables"));
}

static void test_notes_are_kept_once(void **state) {
    struct sj_result *result = *state;
    assert_int_equal(sj_note(result, SJ_NOTE_WARNING, "thin_data", "only %d journeys", 7), SJ_OK);
    assert_int_equal(sj_note(result, SJ_NOTE_INFO, "thin_data", "%s", "another"), SJ_OK);
    assert_int_equal(sj_note(result, SJ_NOTE_INFO, "left_out", "%s", "some"), SJ_OK);
    assert_int_equal(result->n_notes, 2);
    assert_string_equal(result->notes[0].text, "only 7 journeys");
    assert_int_equal(result->notes[0].level, SJ_NOTE_WARNING);
    assert_string_equal(result->notes[1].code, "left_out");
}

static void test_notes_are_limited(void **state) {
    struct sj_result *result = *state;
    static char codes[SJ_NOTES_MAX][16];
    for (int i = 0; i < SJ_NOTES_MAX; i++) {
        snprintf(codes[i], sizeof codes[i], "n%d", i);
        assert_int_equal(sj_note(result, SJ_NOTE_INFO, codes[i], "%s", "text"), SJ_OK);
    }
    assert_int_equal(sj_note(result, SJ_NOTE_INFO, "more", "%s", "text"), SJ_E_LIMIT);
    assert_int_equal(sj_note(result, SJ_NOTE_INFO, "n0", "%s", "text"), SJ_OK);
    assert_int_equal(result->n_notes, SJ_NOTES_MAX);
}

static void test_done_empties(void **state) {
    struct sj_result *result = *state;
    struct sj_table *table;
    assert_int_equal(sj_result_table(result, &steps, &table, NULL), SJ_OK);
    assert_int_equal(sj_note(result, SJ_NOTE_INFO, "a", "%s", "b"), SJ_OK);
    sj_result_done(result);
    assert_int_equal(result->n_tables, 0);
    assert_int_equal(result->n_notes, 0);
    assert_int_equal(sj_result_table(result, &steps, &table, NULL), SJ_OK);
}

static void test_type_names(void **state) {
    (void)state;
    assert_string_equal(sj_type_name(SJ_TYPE_COUNT), "count");
    assert_string_equal(sj_type_name(SJ_TYPE_ROUTE), "route");
    assert_string_equal(sj_type_name(SJ_TYPE_ESTIMATE), "estimate");
    assert_string_equal(sj_type_name(SJ_TYPE_SCORE), "score");
}

/* An allocator that gives `left` times memory, then none. */
static void *give_some(void *ctx, void *ptr, size_t bytes) {
    int *left = ctx;
    if (bytes > 0 && --*left < 0)
        return NULL;
    return sj_alloc_libc()->resize(NULL, ptr, bytes);
}

static enum sj_status fill(struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    struct sj_cell *cells;
    struct sj_str copy;
    SJ_TRY(sj_result_table(result, &steps, &table, err));
    for (int i = 0; i < 2000; i++)
        SJ_TRY(sj_result_row(result, table, &cells, err));
    SJ_TRY(sj_result_text(result, SJ_LIT("a text"), &copy, err));
    return sj_note(result, SJ_NOTE_INFO, "a", "%s", "b");
}

static void test_no_memory_is_an_error(void **state) {
    (void)state;
    enum sj_status status = SJ_E_MEMORY;
    int given = 0;
    for (; status != SJ_OK; given++) {
        int left = given;
        const struct sj_alloc mem = {.resize = give_some, .ctx = &left};
        struct sj_result result;
        sj_result_init(&result, &mem, SJ_EN);
        status = fill(&result, NULL);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        sj_result_done(&result);
    }
    assert_true(given > 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows_are_unknown_until_filled, start, stop),
        cmocka_unit_test_setup_teardown(test_tables_are_found_and_limited, start, stop),
        cmocka_unit_test_setup_teardown(test_notes_are_kept_once, start, stop),
        cmocka_unit_test_setup_teardown(test_notes_are_limited, start, stop),
        cmocka_unit_test_setup_teardown(test_done_empties, start, stop),
        cmocka_unit_test(test_type_names),
        cmocka_unit_test(test_no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
