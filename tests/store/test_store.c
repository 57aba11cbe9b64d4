/* The store against a plain model: random loads of both sorts, flushes, compactions, reopening, in any order. */
#include <math.h>
#include <sqlite3.h>
#include "model.h"
#include "store/saved.h"

static void random_life(uint64_t seed, size_t memory_bytes) {
    struct sj_random random;
    struct model model = {0};
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    char *path = model_folder();
    options.memory_bytes = memory_bytes;
    sj_random_init(&random, seed);
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    const size_t n_steps = 4 + sj_random_below(&random, 12);
    for (size_t step = 0; step < n_steps; step++) {
        const uint64_t what = sj_random_below(&random, 10);
        if (what < 4)
            model_load(store, &model, &random, SJ_LOAD_BULK, sj_random_below(&random, 150));
        else if (what < 8)
            model_load(store, &model, &random, SJ_LOAD_STREAM, sj_random_below(&random, 30));
        else if (what == 8)
            assert_ok(sj_store_compact(store, sj_random_below(&random, 2) == 0, NULL, NULL, err));
        else {
            sj_store_close(store);
            assert_ok(sj_store_open(&options, path, true, &store, err));
        }
        if (sj_random_below(&random, 3) == 0)
            model_check(store, &model, 1 + sj_random_below(&random, 200));
    }
    model_verify(store);
    model_check(store, &model, 50);
    assert_ok(sj_store_compact(store, true, NULL, NULL, err));
    model_check(store, &model, 50);
    model_verify(store);
    sj_store_close(store);
    assert_ok(sj_store_open(&options, path, false, &store, err));
    model_check(store, &model, 1000);
    sj_store_close(store);
    model_done(&model);
    model_remove(path);
}

static void test_random_lives(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++)
        random_life(seed, 0);
}

/* So little memory that every load spills runs to disk and merges them. */
static void test_random_lives_with_runs(void **state) {
    (void)state;
    for (uint64_t seed = 101; seed <= 120; seed++)
        random_life(seed, 20000);
}

/* Blocks and units when there are more events than a block holds, and one customer with more than that. */
static void test_large_customer(void **state) {
    (void)state;
    const size_t n_events = 100000;
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    struct sj_writer *writer = NULL;
    struct sj_commit commit = {0};
    struct sj_snapshot *snapshot = NULL;
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    char *path = model_folder();
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    for (int part = 0; part < 3; part++) {
        uint16_t touchpoint = 0;
        assert_ok(sj_writer_open(store, SJ_LOAD_BULK, &writer, err));
        assert_ok(sj_writer_touchpoint(writer, SJ_LIT("visit"), &touchpoint, err));
        for (size_t i = 0; i < n_events; i++) {
            char name[24];
            snprintf(name, sizeof name, "c%zu", i % 3 == 0 ? 0 : i / 40);
            const struct sj_event event = {.customer = sj_str(name), .time_us = (int64_t)(n_events - i) * 1000, .touchpoint = touchpoint};
            assert_ok(sj_writer_add(writer, &event, err));
        }
        assert_ok(sj_writer_commit(writer, NULL, &commit, err));
        assert_int_equal(commit.n_events, n_events);
        sj_writer_close(writer);
    }
    for (int round = 0; round < 2; round++) {
        const struct sj_wanted wanted = {.time = true, .identity = true};
        size_t n = 0, n_large = 0;
        assert_ok(sj_snapshot_open(store, &snapshot, err));
        assert_ok(sj_cursor_open(snapshot, &wanted, (sj_key){0, 0}, NULL, &cursor, err));
        for (;;) {
            assert_ok(sj_cursor_next(cursor, &rows, err));
            if (!rows)
                break;
            n += rows->n_events;
            for (uint32_t c = 0; c < rows->n_customers; c++) {
                if (sj_str_eq(rows->identities[c], SJ_LIT("c0")))
                    n_large = rows->offsets[c + 1] - rows->offsets[c];
                for (uint32_t i = rows->offsets[c] + 1; i < rows->offsets[c + 1]; i++)
                    assert_true(rows->time_us[i - 1] <= rows->time_us[i]);
            }
        }
        assert_int_equal(n, 3 * n_events);
        assert_int_equal(n_large, 3 * (n_events / 3 + 1 + 26));
        sj_cursor_close(cursor);
        sj_snapshot_close(snapshot);
        assert_ok(sj_store_compact(store, true, NULL, NULL, err));
    }
    sj_store_close(store);
    model_remove(path);
}

static void test_second_writer_is_told_who(void **state) {
    (void)state;
    struct sj_store *store = NULL, *second = NULL;
    struct sj_store_options options = model_options();
    struct sj_error error = {0};
    char *path = model_folder();
    assert_ok(sj_store_create(&options, path, "USD", err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    assert_int_equal(sj_store_open(&options, path, true, &second, &error), SJ_E_BUSY);
    assert_non_null(strstr(error.message, "a test (process "));
    assert_ok(sj_store_open(&options, path, false, &second, err));
    sj_store_close(second);
    sj_store_close(store);
    assert_ok(sj_store_open(&options, path, true, &store, err));
    sj_store_close(store);
    model_remove(path);
}

static void test_refusals(void **state) {
    (void)state;
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    struct sj_writer *writer = NULL;
    struct sj_error error = {0};
    uint16_t code = 0;
    char *path = model_folder();
    static char long_text[SJ_TEXT_BYTES_MAX + 1];
    memset(long_text, 'x', sizeof long_text);
    assert_int_equal(sj_store_open(&options, path, true, &store, &error), SJ_E_NOT_FOUND);
    assert_int_equal(sj_store_create(&options, path, "euro", &error), SJ_E_USAGE);
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_int_equal(sj_store_create(&options, path, NULL, &error), SJ_E_EXISTS);
    assert_ok(sj_store_open(&options, path, true, &store, err));
    assert_ok(sj_writer_open(store, SJ_LOAD_BULK, &writer, err));
    assert_int_equal(sj_writer_touchpoint(writer, SJ_LIT(""), &code, &error), SJ_E_INPUT);
    assert_int_equal(sj_writer_touchpoint(writer, SJ_LIT("\xff\xfe"), &code, &error), SJ_E_INPUT);
    assert_ok(sj_writer_touchpoint(writer, SJ_LIT("visit"), &code, err));
    struct sj_event event = {.customer = SJ_LIT(""), .touchpoint = code};
    assert_int_equal(sj_writer_add(writer, &event, &error), SJ_E_INPUT);
    event.customer = SJ_LIT("a");
    event.time_us = INT64_MAX;
    assert_int_equal(sj_writer_add(writer, &event, &error), SJ_E_INPUT);
    event.time_us = 0;
    struct sj_value value = {.text = {long_text, sizeof long_text}};
    assert_ok(sj_writer_column(writer, SJ_LIT("note"), SJ_KIND_TEXT, &value.column, err));
    event.values = &value;
    event.n_values = 1;
    assert_int_equal(sj_writer_add(writer, &event, &error), SJ_E_INPUT);
    value.text.n = SJ_TEXT_BYTES_MAX;
    assert_ok(sj_writer_add(writer, &event, err));
    assert_ok(sj_writer_column(writer, SJ_LIT("flag"), SJ_KIND_TRUTH, &value.column, err));
    value.i64 = 2;
    assert_int_equal(sj_writer_add(writer, &event, &error), SJ_E_INPUT);
    assert_ok(sj_writer_column(writer, SJ_LIT("since"), SJ_KIND_TIME, &value.column, err));
    value.i64 = INT64_MAX;
    assert_int_equal(sj_writer_add(writer, &event, &error), SJ_E_INPUT);
    assert_ok(sj_writer_column(writer, SJ_LIT("amount"), SJ_KIND_NUMBER, &value.column, err));
    value.f64 = (double)INFINITY;
    assert_int_equal(sj_writer_add(writer, &event, &error), SJ_E_INPUT);
    value.f64 = 1;
    const struct sj_value twice[] = {value, value};
    event.values = twice;
    event.n_values = 2;
    assert_int_equal(sj_writer_add(writer, &event, &error), SJ_E_INPUT); /* a block cannot hold it */
    for (unsigned i = 0; i < SJ_CHANNELS_MAX; i++) {
        char name[16];
        uint8_t channel;
        snprintf(name, sizeof name, "channel%u", i);
        assert_ok(sj_writer_channel(writer, sj_str(name), &channel, err));
    }
    uint8_t channel;
    assert_int_equal(sj_writer_channel(writer, SJ_LIT("one more"), &channel, &error), SJ_E_LIMIT);
    sj_writer_close(writer);
    sj_store_close(store);
    /* Nothing was committed. */
    struct model empty = {0};
    assert_ok(sj_store_open(&options, path, true, &store, err));
    model_check(store, &empty, 10);
    sj_store_close(store);
    model_remove(path);
}

static void test_newer_format_is_refused(void **state) {
    (void)state;
    struct sj_store_options options = model_options();
    struct sj_store *store = NULL;
    struct sj_error error = {0};
    sqlite3 *db = NULL;
    char *path = model_folder(), catalog[300];
    snprintf(catalog, sizeof catalog, "%s/catalog.db", path);
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_int_equal(sqlite3_open(catalog, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE meta SET value=3 WHERE key='format'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(sj_store_open(&options, path, false, &store, &error), SJ_E_VERSION);
    assert_non_null(strstr(error.message, "newer Sojourn"));
    assert_int_equal(sj_store_open(&options, path, true, &store, &error), SJ_E_VERSION);
    assert_null(store);
    model_remove(path);
}

static void test_imports_are_remembered(void **state) {
    (void)state;
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    struct sj_writer *writer = NULL;
    struct sj_commit commit = {0};
    const struct sj_import import = {.name = SJ_LIT("a.csv"), .digest = {1, 2}, .has_digest = true, .mapping = SJ_LIT("{}")};
    int64_t time_us = 0;
    uint64_t n = 9;
    char *path = model_folder();
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    assert_int_equal(sj_store_find_import(store, import.digest, &time_us, &n, NULL), SJ_E_NOT_FOUND);
    assert_ok(sj_writer_open(store, SJ_LOAD_BULK, &writer, err));
    assert_ok(sj_writer_commit(writer, &import, &commit, err));
    sj_writer_close(writer);
    assert_ok(sj_store_find_import(store, import.digest, &time_us, &n, err));
    assert_int_equal(n, 0);
    sj_store_close(store);
    model_remove(path);
}

static void check_saved(struct sj_store *store, size_t n, const char *const names[], const char *const conditions[]) {
    struct sj_snapshot *snapshot = NULL;
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    const struct sj_view *view = sj_snapshot_view(snapshot);
    assert_int_equal(view->n_saved, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(sj_str_eq(view->saved[i].name, sj_str(names[i])));
        assert_true(sj_str_eq(view->saved[i].condition, sj_str(conditions[i])));
        assert_true(view->saved[i].time_us > 0);
        assert_ptr_equal(sj_saved_find(view, sj_str(names[i])), &view->saved[i]);
    }
    assert_null(sj_saved_find(view, SJ_LIT("nobody")));
    sj_snapshot_close(snapshot);
}

static void test_saved_segments(void **state) {
    (void)state;
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    struct sj_saved_segment saved = {SJ_LIT("loyal"), SJ_LIT("did(purchase, at least 2)"), SJ_LIT("who come back"), 0};
    struct sj_error error = {0};
    char *path = model_folder();
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    check_saved(store, 0, NULL, NULL);
    assert_ok(sj_store_save_segment(store, &saved, false, err));
    saved.condition = SJ_LIT("did(visit)");
    assert_int_equal(sj_store_save_segment(store, &saved, false, &error), SJ_E_EXISTS);
    assert_non_null(strstr(error.message, "\"loyal\" already"));
    saved.name = SJ_LIT("Größer als 100");
    assert_ok(sj_store_save_segment(store, &saved, true, err));
    check_saved(store, 2, (const char *[]){"Größer als 100", "loyal"}, (const char *[]){"did(visit)", "did(purchase, at least 2)"});
    saved.name = SJ_LIT("loyal");
    assert_ok(sj_store_save_segment(store, &saved, true, err));
    check_saved(store, 2, (const char *[]){"Größer als 100", "loyal"}, (const char *[]){"did(visit)", "did(visit)"});
    assert_int_equal(sj_store_drop_segment(store, SJ_LIT("loyall"), &error), SJ_E_NOT_FOUND);
    assert_ok(sj_store_drop_segment(store, SJ_LIT("Größer als 100"), err));
    sj_store_close(store);
    assert_ok(sj_store_open(&options, path, false, &store, err));
    check_saved(store, 1, (const char *[]){"loyal"}, (const char *[]){"did(visit)"});
    assert_int_not_equal(sj_store_drop_segment(store, SJ_LIT("loyal"), &error), SJ_OK); /* open for reading */
    sj_store_close(store);
    model_remove(path);
}

static void test_what_cannot_be_saved(void **state) {
    (void)state;
    static const char *const names[] = {"",    " loyal",     "loyal ", "did(visit)", "a,b",           "a=b",   "a\"b",
                                        "a`b", "two\nlines", "\xff",   "not loyal",  "SEGMENT loyal", "a > b", "a!"};
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    struct sj_saved_segment saved = {SJ_LIT("loyal"), SJ_LIT("did(visit)"), SJ_LIT(""), 0};
    static char text[SJ_SAVED_CONDITION_BYTES + 1];
    char *path = model_folder();
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        saved.name = sj_str(names[i]);
        if (sj_store_save_segment(store, &saved, false, NULL) != SJ_E_USAGE)
            fail_msg("\"%s\" was saved", names[i]);
    }
    memset(text, 'a', sizeof text);
    saved.name = (struct sj_str){text, SJ_SAVED_NAME_BYTES + 1};
    assert_int_equal(sj_store_save_segment(store, &saved, false, NULL), SJ_E_LIMIT);
    saved.name.n--;
    saved.condition = (struct sj_str){text, SJ_SAVED_CONDITION_BYTES + 1};
    assert_int_equal(sj_store_save_segment(store, &saved, false, NULL), SJ_E_LIMIT);
    saved.condition.n--;
    saved.description = (struct sj_str){text, SJ_SAVED_DESCRIPTION_BYTES + 1};
    assert_int_equal(sj_store_save_segment(store, &saved, false, NULL), SJ_E_LIMIT);
    saved.description = SJ_LIT("\xc3");
    assert_int_equal(sj_store_save_segment(store, &saved, false, NULL), SJ_E_USAGE);
    saved.description.n = 0;
    assert_ok(sj_store_save_segment(store, &saved, false, err));
    sj_store_close(store);
    model_remove(path);
}

/* As many as a store holds, no more, but in place of each other. */
static void test_number_of_saved_segments(void **state) {
    (void)state;
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    struct sj_saved_segment saved = {SJ_LIT("0"), SJ_LIT("did(visit)"), SJ_LIT(""), 0};
    sqlite3 *db = NULL;
    char *path = model_folder(), name[300];
    assert_ok(sj_store_create(&options, path, NULL, err));
    snprintf(name, sizeof name, "%s/catalog.db", path);
    assert_int_equal(sqlite3_open(name, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i<998) "
                                  "INSERT INTO saved_segments SELECT 'n' || i, 'did(visit)', '', 1 FROM n",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(sj_store_open(&options, path, true, &store, NULL), SJ_E_CORRUPT); /* by somebody else's hand */
    model_remove(path);
    path = model_folder();
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    for (int i = 0; i < SJ_SAVED_MAX; i++) {
        snprintf(name, sizeof name, "%d", i);
        saved.name = sj_str(name);
        assert_ok(sj_store_save_segment(store, &saved, false, err));
    }
    saved.name = SJ_LIT("another");
    assert_int_equal(sj_store_save_segment(store, &saved, false, NULL), SJ_E_LIMIT);
    saved.name = SJ_LIT("0");
    assert_ok(sj_store_save_segment(store, &saved, true, err));
    sj_store_close(store);
    model_remove(path);
}

/* A snapshot that was opened before a compaction still reads what it saw. */
static void test_snapshot_outlives_compaction(void **state) {
    (void)state;
    struct sj_random random;
    struct model model = {0};
    struct sj_store *writer = NULL, *reader = NULL;
    struct sj_store_options options = model_options();
    struct sj_snapshot *snapshot = NULL;
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    const struct sj_wanted wanted = {.time = true};
    char *path = model_folder();
    sj_random_init(&random, 7);
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &writer, err));
    for (int i = 0; i < 3; i++)
        model_load(writer, &model, &random, SJ_LOAD_BULK, 100);
    assert_ok(sj_store_open(&options, path, false, &reader, err));
    assert_ok(sj_snapshot_open(reader, &snapshot, err));
    const size_t n_before = model.n;
    model_load(writer, &model, &random, SJ_LOAD_BULK, 100);
    assert_ok(sj_store_compact(writer, true, NULL, NULL, err));
    size_t n = 0;
    assert_ok(sj_cursor_open(snapshot, &wanted, (sj_key){0, 0}, NULL, &cursor, err));
    for (;;) {
        assert_ok(sj_cursor_next(cursor, &rows, err));
        if (!rows)
            break;
        n += rows->n_events;
    }
    assert_int_equal(n, n_before);
    sj_cursor_close(cursor);
    sj_snapshot_close(snapshot);
    model_check(reader, &model, 100);
    sj_store_close(reader);
    sj_store_close(writer);
    model_done(&model);
    model_remove(path);
}

/* Many small loads do not pile up: reading would merge them all anew each time. */
static void test_inbox_is_flushed_by_loads(void **state) {
    (void)state;
    struct sj_random random;
    struct model model = {0};
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    struct sj_snapshot *snapshot = NULL;
    struct sj_store_info info = {0};
    struct sj_arena arena;
    char *path = model_folder();
    sj_random_init(&random, 5);
    sj_arena_init(&arena, sj_alloc_libc());
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    for (int i = 0; i < SJ_INBOX_LOADS + 10; i++)
        model_load(store, &model, &random, SJ_LOAD_STREAM, 1);
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_snapshot_info(snapshot, &arena, &info, err));
    assert_in_range(info.n_inbox_events, 1, 10);
    sj_snapshot_close(snapshot);
    model_check(store, &model, 100);
    sj_arena_done(&arena);
    sj_store_close(store);
    model_done(&model);
    model_remove(path);
}

/* The currency is in the catalog once, in a table without an index: only our own checksum can see that it changed. */
static void test_settings_have_a_checksum(void **state) {
    (void)state;
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    struct sj_error error = {0};
    char *path = model_folder(), name[300];
    static char bytes[1 << 20];
    assert_ok(sj_store_create(&options, path, "EUR", err));
    snprintf(name, sizeof name, "%s/catalog.db", path);
    FILE *file = fopen(name, "r+b");
    assert_non_null(file);
    const size_t n = fread(bytes, 1, sizeof bytes, file);
    const char *at = memmem(bytes, n, "currencyRUE", 11);
    assert_non_null(at);
    assert_int_equal(fseek(file, at + 10 - bytes, SEEK_SET), 0);
    assert_int_equal(fputc('D', file), 'D');
    assert_int_equal(fclose(file), 0);
    assert_int_equal(sj_store_open(&options, path, false, &store, &error), SJ_E_CORRUPT);
    assert_non_null(strstr(error.message, "checksum"));
    model_remove(path);
}

/* Only an empty store can be discarded. */
static void test_discard(void **state) {
    (void)state;
    struct sj_random random;
    struct model model = {0};
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    char *path = model_folder();
    sj_random_init(&random, 9);
    assert_ok(sj_store_create(&options, path, NULL, err));
    sj_store_discard(&options, path);
    assert_false(sj_store_exists(&options, path));
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    sj_store_discard(&options, path); /* somebody writes */
    model_load(store, &model, &random, SJ_LOAD_STREAM, 1);
    sj_store_close(store);
    sj_store_discard(&options, path);
    assert_ok(sj_store_open(&options, path, false, &store, err));
    model_check(store, &model, 10);
    sj_store_close(store);
    model_done(&model);
    model_remove(path);
}

#define LONG_BYTES 60000
#define N_LONG 400

static void load_long_texts(struct sj_store *store, enum sj_load how, int part) {
    static char text[LONG_BYTES];
    struct sj_writer *writer = NULL;
    struct sj_commit commit = {0};
    struct sj_value value = {.text = {text, sizeof text}};
    uint16_t touchpoint = 0;
    assert_ok(sj_writer_open(store, how, &writer, err));
    assert_ok(sj_writer_touchpoint(writer, SJ_LIT("visit"), &touchpoint, err));
    assert_ok(sj_writer_column(writer, SJ_LIT("comment"), SJ_KIND_TEXT, &value.column, err));
    for (int i = 0; i < N_LONG; i++) {
        char name[24];
        memset(text, 'a' + i % 26, sizeof text);
        text[0] = (char)('0' + part);
        text[1] = (char)('A' + i / 26); /* all are different, so that no dictionary makes them few */
        snprintf(name, sizeof name, "c%d", i);
        const struct sj_event event = {
            .customer = sj_str(name), .time_us = i + part * 1000, .touchpoint = touchpoint, .values = &value, .n_values = 1};
        assert_ok(sj_writer_add(writer, &event, err));
    }
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    assert_int_equal(commit.n_events, N_LONG);
    sj_writer_close(writer);
}

static void check_long_texts(struct sj_store *store, int n_parts) {
    const struct sj_wanted all = {.time = true, .identity = true, .all_columns = true};
    struct sj_snapshot *snapshot = NULL;
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    int n = 0;
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_cursor_open(snapshot, &all, (sj_key){0, 0}, NULL, &cursor, err));
    for (;;) {
        assert_ok(sj_cursor_next(cursor, &rows, err));
        if (!rows)
            break;
        assert_true(rows->n_events < N_LONG); /* blocks with long texts are smaller */
        const struct sj_rows_column *comment = sj_rows_find(rows, SJ_COLUMN_COMMENT);
        assert_non_null(comment);
        for (uint32_t i = 0; i < rows->n_events; i++, n++) {
            const struct sj_str text = comment->texts[comment->values[i]];
            const int number = (int)(rows->time_us[i] % 1000);
            assert_int_equal(text.n, LONG_BYTES);
            assert_int_equal(text.p[0], '0' + rows->time_us[i] / 1000);
            assert_int_equal(text.p[LONG_BYTES - 1], 'a' + number % 26);
        }
    }
    assert_int_equal(n, n_parts * N_LONG);
    sj_cursor_close(cursor);
    sj_snapshot_close(snapshot);
    model_verify(store);
}

/* Loads of several blocks, in the inbox and outside of it, through reading, flush and compaction. */
static void test_long_texts(void **state) {
    (void)state;
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    char *path = model_folder();
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    load_long_texts(store, SJ_LOAD_STREAM, 0);
    load_long_texts(store, SJ_LOAD_STREAM, 1);
    check_long_texts(store, 2);
    load_long_texts(store, SJ_LOAD_BULK, 2); /* flushes the inbox */
    check_long_texts(store, 3);
    load_long_texts(store, SJ_LOAD_STREAM, 3);
    assert_ok(sj_store_compact(store, true, NULL, NULL, err));
    check_long_texts(store, 4);
    sj_store_close(store);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_lives),
        cmocka_unit_test(test_random_lives_with_runs),
        cmocka_unit_test(test_large_customer),
        cmocka_unit_test(test_second_writer_is_told_who),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_newer_format_is_refused),
        cmocka_unit_test(test_imports_are_remembered),
        cmocka_unit_test(test_saved_segments),
        cmocka_unit_test(test_what_cannot_be_saved),
        cmocka_unit_test(test_number_of_saved_segments),
        cmocka_unit_test(test_snapshot_outlives_compaction),
        cmocka_unit_test(test_inbox_is_flushed_by_loads),
        cmocka_unit_test(test_settings_have_a_checksum),
        cmocka_unit_test(test_discard),
        cmocka_unit_test(test_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
