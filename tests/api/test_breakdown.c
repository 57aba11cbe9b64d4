/* Breakdowns and the list of saved segments: what is refused, an empty store, groups of parts, and no memory. That a breakdown is what --segment gives
 * for each part by itself is tried with every analysis in tests/reference/breakdowns.py. */
#include "store/model.h"
#include "api/ask.h"
#include "api/segments.h"
#include "base/failing_alloc.h"

struct fixture {
    char *path;
    struct sj_store *store;
    struct sj_snapshot *snapshot;
};

static struct fixture open_fixture(size_t n_events) {
    static const char *const saved[][2] = {{"early", "first('touchpoint 1') < \"1970-01-01T00:00:10\""},
                                           {"many", "did(., at least 4)"},
                                           {"both", "segment early and many"},
                                           {"nobody", "channels > 99"}};
    struct fixture f = {.path = model_folder()};
    struct sj_store_options options = model_options();
    struct sj_random random;
    struct model model = {0};
    sj_random_init(&random, 5);
    assert_ok(sj_store_create(&options, f.path, NULL, err));
    assert_ok(sj_store_open(&options, f.path, true, &f.store, err));
    if (n_events > 0)
        model_load(f.store, &model, &random, SJ_LOAD_BULK, n_events);
    for (size_t i = 0; i < sizeof saved / sizeof *saved; i++) {
        const bool spoiled = i == 2; /* "many" is no fact: as one that a newer program has saved */
        const struct sj_saved_segment segment = {sj_str(saved[i][0]), sj_str(saved[i][1]), SJ_LIT("text"), 0};
        if (n_events > 0 || spoiled)
            assert_ok(sj_store_save_segment(f.store, &segment, false, err));
    }
    assert_ok(sj_snapshot_open(f.store, &f.snapshot, err));
    model_done(&model);
    return f;
}

static void close_fixture(struct fixture *f) {
    sj_snapshot_close(f->snapshot);
    sj_store_close(f->store);
    model_remove(f->path);
}

static enum sj_status ask(const struct fixture *f, const char *analysis, const char *breakdown, const char *trend,
                          const struct sj_alloc *mem, struct sj_result *ret_result, struct sj_error *error) {
    const struct sj_question question = {
        .analysis = sj_str(analysis), .breakdown = sj_str(breakdown), .trend.over = sj_str(trend), .n_threads = 1};
    struct sj_answer answer = {0};
    sj_result_init(&answer.result, mem, SJ_EN);
    const enum sj_status status = sj_ask(sj_os_real(), mem, f->snapshot, &question, &answer, error);
    *ret_result = answer.result;
    return status;
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *breakdown, *trend, *says;
    } cases[] = {
        {"mani", "", "there is no saved segment \"mani\"; did you mean \"many\"?"},
        {"many,", "", "there is no saved segment \"\""},
        {"trait.plann", "", "there is no property \"plann\"; did you mean \"plan\"?"},
        {"trait.duration", "", "holds durations, which are no parts"},
        {"both", "", "in the saved segment \"both\""},
        {"many", "week", "breakdown does not go together with trend or who"},
    };
    struct fixture f = open_fixture(200);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sj_result result;
        struct sj_error error = {0};
        assert_int_equal(ask(&f, "overview", cases[i].breakdown, cases[i].trend, sj_alloc_libc(), &result, &error), SJ_E_USAGE);
        if (!strstr(error.message, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", error.message, cases[i].says);
        sj_result_done(&result);
    }
    char list[400] = "many";
    for (int i = 0; i < 64; i++)
        strcat(list, ",many");
    struct sj_result result;
    struct sj_error error = {0};
    assert_int_equal(ask(&f, "overview", list, "", sj_alloc_libc(), &result, &error), SJ_E_USAGE);
    assert_non_null(strstr(error.message, "at most 64 parts"));
    sj_result_done(&result);
    close_fixture(&f);
}

static void test_an_empty_store(void **state) {
    (void)state;
    struct fixture f = open_fixture(0);
    struct sj_result result;
    struct sj_error error = {0};
    assert_int_equal(ask(&f, "overview", "trait.value", "", sj_alloc_libc(), &result, &error), SJ_OK);
    const struct sj_table *parts = sj_result_find(&result, "parts");
    assert_int_equal(parts->n_rows, 1);
    assert_true(sj_str_eq(sj_table_cell(parts, 0, 0)->text, SJ_LIT("(none)")));
    assert_int_equal(sj_table_cell(parts, 0, 1)->i64, 0);
    sj_result_done(&result);
    close_fixture(&f);
}

/* One row for each part is drawn; of several rows only the figures are shown. */
static void test_pictures(void **state) {
    (void)state;
    struct fixture f = open_fixture(300);
    struct sj_result result;
    struct sj_error error = {0};
    assert_int_equal(ask(&f, "overview", "many,early,nobody", "", sj_alloc_libc(), &result, &error), SJ_OK);
    assert_int_equal(sj_result_find(&result, "parts")->def->picture, SJ_PICTURE_BARS);
    assert_int_equal(sj_result_find(&result, "touchpoints")->def->picture, SJ_PICTURE_NONE);
    assert_int_equal(sj_result_find(&result, "parts")->n_rows, 3);
    assert_int_equal(sj_table_cell(sj_result_find(&result, "parts"), 2, 1)->i64, 0);
    sj_result_done(&result);
    close_fixture(&f);
}

static void test_a_spoiled_segment_is_listed(void **state) {
    (void)state;
    struct fixture f = open_fixture(200);
    const struct sj_segments_words words = {.n_threads = 1}, one = {.name = SJ_LIT("both"), .n_threads = 1};
    struct sj_result result;
    struct sj_segments_count count;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    assert_ok(sj_segments_show(sj_os_real(), sj_alloc_libc(), f.snapshot, &words, &result, err));
    const struct sj_table *table = sj_result_find(&result, "segments");
    assert_int_equal(table->n_rows, 4);
    assert_true(sj_str_eq(sj_table_cell(table, 0, 0)->text, SJ_LIT("both")));
    assert_false(sj_table_cell(table, 0, 1)->known);
    for (size_t i = 1; i < 4; i++) {
        assert_ok(sj_segments_count(sj_os_real(), sj_alloc_libc(), f.snapshot, sj_table_cell(table, i, 3)->text, &words, &count, err));
        assert_int_equal(sj_table_cell(table, i, 1)->i64, count.n_in);
        assert_int_equal(sj_table_cell(table, i, 2)->estimate.n, count.n_customers);
    }
    assert_string_equal(result.notes[0].code, "spoiled_segment");
    sj_result_done(&result);
    assert_ok(sj_segments_show(sj_os_real(), sj_alloc_libc(), f.snapshot, &one, &result, err));
    assert_int_equal(sj_result_find(&result, "segment")->n_rows, 1);
    sj_result_done(&result);
    close_fixture(&f);
}

/* A change may not spoil those that refer to it; one that is spoiled already may stay so. */
static void test_what_may_be_saved(void **state) {
    (void)state;
    struct fixture f = open_fixture(200);
    const struct sj_view *view = sj_snapshot_view(f.snapshot);
    struct sj_saved_segment segment = {SJ_LIT("late"), SJ_LIT("not segment many"), SJ_LIT(""), 0};
    struct sj_error error = {0};
    assert_ok(sj_segments_check(view, NULL, sj_alloc_libc(), &segment, err));
    assert_ok(sj_store_save_segment(f.store, &segment, false, err));
    sj_snapshot_close(f.snapshot);
    assert_ok(sj_snapshot_open(f.store, &f.snapshot, err));
    view = sj_snapshot_view(f.snapshot);
    segment = (struct sj_saved_segment){SJ_LIT("many"), SJ_LIT("late"), SJ_LIT(""), 0};
    assert_int_equal(sj_segments_check(view, NULL, sj_alloc_libc(), &segment, &error), SJ_E_USAGE);
    assert_non_null(strstr(error.message, "contains itself"));
    char text[2000] = "did(.)";
    for (int i = 0; i < 99; i++)
        strcat(text, " or did(.)");
    segment.condition = sj_str(text);
    assert_ok(sj_segments_check(view, NULL, sj_alloc_libc(), &segment, err)); /* "late" has a hundred facts then */
    assert_ok(sj_store_save_segment(f.store, &segment, true, err));
    segment = (struct sj_saved_segment){SJ_LIT("more"), SJ_LIT("segment many and did(.)"), SJ_LIT(""), 0};
    sj_snapshot_close(f.snapshot);
    assert_ok(sj_snapshot_open(f.store, &f.snapshot, err));
    view = sj_snapshot_view(f.snapshot);
    assert_int_equal(sj_segments_check(view, NULL, sj_alloc_libc(), &segment, &error), SJ_E_LIMIT);
    segment = (struct sj_saved_segment){SJ_LIT("late"), SJ_LIT("did(.)"), SJ_LIT(""), 0};
    assert_ok(sj_segments_check(view, NULL, sj_alloc_libc(), &segment, err));
    close_fixture(&f);
}

static void test_memory_runs_out(void **state) {
    (void)state;
    struct fixture f = open_fixture(60);
    enum sj_status status = SJ_E_MEMORY;
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        const struct sj_alloc mem = failing_alloc(&failing);
        struct sj_result result;
        struct sj_error error = {0};
        status = ask(&f, "variants", "many,early,trait.plan", "", &mem, &result, &error);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        sj_result_done(&result);
        assert_int_equal(failing.n_alive, 0);
        assert_true(n < 100000);
    }
    status = SJ_E_MEMORY;
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        const struct sj_alloc mem = failing_alloc(&failing);
        const struct sj_segments_words words = {.name = SJ_LIT("many"), .n_threads = 1};
        struct sj_result result;
        sj_result_init(&result, &mem, SJ_EN);
        status = sj_segments_show(sj_os_real(), &mem, f.snapshot, &words, &result, NULL);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        sj_result_done(&result);
        assert_int_equal(failing.n_alive, 0);
    }
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),          cmocka_unit_test(test_an_empty_store),
        cmocka_unit_test(test_pictures),          cmocka_unit_test(test_a_spoiled_segment_is_listed),
        cmocka_unit_test(test_what_may_be_saved), cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
