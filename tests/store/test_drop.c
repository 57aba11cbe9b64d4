/* Events that are dropped: what stays is as it was, and of what went no byte is left in the folder. Compared with the model of model.h. */
#include <dirent.h>
#include "model.h"
#include "store/drop.h"
#include "store/records.h"

/* ---- what is to go ---- */

struct wish {
    int64_t before_us;
    uint64_t salt; /* of the earlier ones about half, by customer and time */
};

static bool is_going(const struct wish *wish, struct sj_str customer, int64_t time_us) {
    return time_us < wish->before_us && sj_hash64(customer.p, customer.n, wish->salt + (uint64_t)time_us) % 2 == 0;
}

static enum sj_status mark(void *ctx, const struct sj_rows *rows, uint8_t *drop, struct sj_error *err) {
    (void)err;
    for (uint32_t c = 0; c < rows->n_customers; c++)
        for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1]; i++)
            drop[i] = is_going(ctx, rows->identities[c], rows->time_us[i]);
    return SJ_OK;
}

static uint64_t drop_from_model(struct model *model, const struct wish *wish) {
    size_t n = 0;
    const size_t before = model->n;
    for (size_t i = 0; i < before; i++)
        if (!is_going(wish, sj_str(model->events[i].customer), model->events[i].time_us))
            model->events[n++] = model->events[i];
    model->n = n;
    return before - n;
}

static struct sj_dropped drop(struct sj_store *store, struct wish *wish) {
    const struct sj_drop what = {.mark = mark, .ctx = wish, .before_us = wish->before_us, .action = "expire", .detail = SJ_LIT("a=b")};
    struct sj_dropped dropped = {0};
    assert_ok(sj_store_drop(store, &what, &dropped, err));
    return dropped;
}

/* ---- random lives ---- */

static int64_t some_time(const struct model *model, struct sj_random *random) {
    return model->n == 0 ? 0 : model->events[sj_random_below(random, model->n)].time_us;
}

static void random_life(uint64_t seed) {
    struct sj_random random;
    struct model model = {0};
    struct sj_store *store = NULL;
    const struct sj_store_options options = model_options();
    char *path = model_folder();
    sj_random_init(&random, seed);
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    for (size_t step = 0; step < 8; step++) {
        struct wish wish = {.before_us = some_time(&model, &random), .salt = sj_random_u64(&random)};
        model_load(store, &model, &random, sj_random_below(&random, 2) == 0 ? SJ_LOAD_BULK : SJ_LOAD_STREAM, sj_random_below(&random, 120));
        const struct sj_dropped dropped = drop(store, &wish);
        assert_int_equal(dropped.n_events, drop_from_model(&model, &wish));
        assert_false(dropped.log_kept);
        model_check(store, &model, 40);
        model_verify(store);
        if (sj_random_below(&random, 4) == 0)
            assert_ok(sj_store_compact(store, true, NULL, NULL, err));
    }
    struct wish all = {.before_us = INT64_MAX};
    for (uint64_t salt = 0; salt < 40 && model.n > 0; salt++) {
        all.salt = salt * 977;
        assert_int_equal(drop(store, &all).n_events, drop_from_model(&model, &all));
    }
    assert_int_equal(model.n, 0);
    model_check(store, &model, 40); /* an empty store */
    model_verify(store);
    sj_store_close(store);
    model_done(&model);
    model_remove(path);
}

static void test_random_lives(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 15; seed++)
        random_life(seed);
}

/* ---- bytes ---- */

static bool file_has(const char *path, struct sj_str text) {
    struct sj_buf bytes;
    sj_buf_init(&bytes, sj_alloc_libc(), SIZE_MAX / 2);
    assert_ok(sj_os_read_file(sj_os_real(), path, &bytes, err));
    const bool has = bytes.n > 0 && memmem(bytes.data, bytes.n, text.p, text.n) != NULL;
    sj_buf_done(&bytes);
    return has;
}

static bool folder_has(const char *path, struct sj_str text) {
    static const char *const below[] = {"", "/segments"};
    bool has = false;
    for (size_t i = 0; i < 2; i++) {
        char folder[400], name[800];
        snprintf(folder, sizeof folder, "%s%s", path, below[i]);
        DIR *dir = opendir(folder);
        const struct dirent *entry;
        assert_non_null(dir);
        while ((entry = readdir(dir)) != NULL) {
            snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
            has = has || (entry->d_type == DT_REG && file_has(name, text));
        }
        closedir(dir);
    }
    return has;
}

static void write_secret(struct sj_store *store, enum sj_load load, int64_t time_us, const char *customer, const char *text) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    struct sj_value value = {0};
    struct sj_event event = {.customer = sj_str(customer), .time_us = time_us, .values = &value, .n_values = 1};
    assert_ok(sj_writer_open(store, load, &writer, err));
    assert_ok(sj_writer_touchpoint(writer, SJ_LIT("visit"), &event.touchpoint, err));
    assert_ok(sj_writer_column(writer, SJ_LIT("comment"), SJ_KIND_TEXT, &value.column, err));
    value.text = sj_str(text);
    assert_ok(sj_writer_add(writer, &event, err));
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    sj_writer_close(writer);
}

static enum sj_status mark_early(void *ctx, const struct sj_rows *rows, uint8_t *drop, struct sj_error *err) {
    (void)err;
    for (uint32_t i = 0; i < rows->n_events; i++)
        drop[i] = rows->time_us[i] < *(const int64_t *)ctx;
    return SJ_OK;
}

static struct sj_dropped drop_before(struct sj_store *store, int64_t before_us) {
    const struct sj_drop what = {.mark = mark_early, .ctx = &before_us, .before_us = before_us, .action = "expire", .detail = SJ_LIT("")};
    struct sj_dropped dropped = {0};
    assert_ok(sj_store_drop(store, &what, &dropped, err));
    return dropped;
}

static const char *const secrets[] = {"a secret of a segment", "a secret of the inbox", "an early customer"};

static void fill_with_secrets(struct sj_store *store) {
    write_secret(store, SJ_LOAD_BULK, 1000, "an early customer", secrets[0]);
    write_secret(store, SJ_LOAD_BULK, 2000, "a late customer", "kept in a segment");
    assert_ok(sj_store_compact(store, true, NULL, NULL, err));
    write_secret(store, SJ_LOAD_STREAM, 1500, "an early customer", secrets[1]);
    write_secret(store, SJ_LOAD_STREAM, 2000, "a late customer", "kept in the inbox");
}

static void test_no_byte_is_left(void **state) {
    (void)state;
    struct sj_store *store = NULL;
    const struct sj_store_options options = model_options();
    char *path = model_folder();
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    fill_with_secrets(store);
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        assert_true(folder_has(path, sj_str(secrets[i])));
    assert_int_equal(drop_before(store, 2000).n_events, 2); /* the events at 2000 stay */
    for (int closed = 0; closed < 2; closed++) {
        for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
            assert_false(folder_has(path, sj_str(secrets[i])));
        assert_true(folder_has(path, SJ_LIT("kept in a segment")));
        assert_true(folder_has(path, SJ_LIT("kept in the inbox")));
        if (!closed)
            sj_store_close(store);
    }
    model_remove(path);
}

/* ---- readers, and the log ---- */

static uint64_t count_events(struct sj_snapshot *snapshot) {
    static const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    uint64_t n = 0;
    assert_ok(sj_cursor_open(snapshot, &all, (sj_key){0, 0}, NULL, &cursor, err));
    for (;;) {
        assert_ok(sj_cursor_next(cursor, &rows, err));
        if (!rows)
            break;
        n += rows->n_events;
    }
    sj_cursor_close(cursor);
    return n;
}

static void test_readers_go_on(void **state) {
    (void)state;
    struct sj_store *store = NULL, *reader = NULL;
    struct sj_snapshot *before = NULL, *after = NULL;
    const struct sj_store_options options = model_options();
    char *path = model_folder();
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    fill_with_secrets(store);
    assert_ok(sj_store_open(&options, path, false, &reader, err));
    assert_ok(sj_snapshot_open(reader, &before, err));
    assert_int_equal(drop_before(store, 2000).n_events, 2);
    assert_int_equal(count_events(before), 4);
    assert_ok(sj_snapshot_open(reader, &after, err));
    assert_int_equal(count_events(after), 2);
    sj_snapshot_close(before);
    sj_snapshot_close(after);
    sj_store_close(reader);
    sj_store_close(store);
    model_remove(path);
}

/* ---- records ---- */

static enum sj_status count_entry(void *ctx, const struct sj_audit_entry *entry, struct sj_error *err) {
    (void)err;
    assert_true(sj_str_eq(entry->action, SJ_LIT("expire")));
    assert_true(sj_str_eq(entry->detail, SJ_LIT("events=2 ")));
    ++*(int *)ctx;
    return SJ_OK;
}

static void test_audit_tells_what_went(void **state) {
    (void)state;
    struct sj_store *store = NULL;
    struct sj_snapshot *snapshot = NULL;
    const struct sj_store_options options = model_options();
    char *path = model_folder();
    int n = 0;
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    fill_with_secrets(store);
    assert_int_equal(drop_before(store, 1000).n_events, 0); /* nothing went: nothing to tell */
    assert_int_equal(drop_before(store, 2000).n_events, 2);
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_snapshot_audit(snapshot, count_entry, &n, err));
    assert_int_equal(n, 1);
    sj_snapshot_close(snapshot);
    sj_store_close(store);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_lives),
        cmocka_unit_test(test_no_byte_is_left),
        cmocka_unit_test(test_readers_go_on),
        cmocka_unit_test(test_audit_tells_what_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
