/* The audit record: what is written stays as it was written. */
#include <sqlite3.h>
#include "model.h"
#include "store/records.h"

struct seen {
    struct sj_audit_entry entries[20];
    char texts[20][3][40];
    size_t n;
};

static enum sj_status keep(void *ctx, const struct sj_audit_entry *entry, struct sj_error *err) {
    struct seen *seen = ctx;
    const struct sj_str texts[] = {entry->who, entry->action, entry->detail};
    (void)err;
    for (size_t i = 0; i < 3; i++)
        snprintf(seen->texts[seen->n][i], sizeof seen->texts[0][0], "%.*s", SJ_ARG(texts[i]));
    seen->entries[seen->n++] = *entry;
    return SJ_OK;
}

static struct seen read_audit(struct sj_store *store) {
    struct seen seen = {.n = 0};
    struct sj_snapshot *snapshot = NULL;
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_snapshot_audit(snapshot, keep, &seen, err));
    sj_snapshot_close(snapshot);
    return seen;
}

static int64_t clock_us = 1000;
static int64_t stopped(void *ctx) {
    (void)ctx;
    return clock_us;
}
static void a_user(void *ctx, char *out, size_t n_bytes) {
    (void)ctx;
    snprintf(out, n_bytes, "joris");
}

static void check_two(struct sj_store *store, const struct seen *seen) {
    struct sj_snapshot *snapshot = NULL;
    uint8_t hash[SJ_KEYED_BYTES];
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    sj_snapshot_subject(snapshot, SJ_LIT("anna@example.com"), hash);
    sj_snapshot_close(snapshot);
    assert_true(seen->entries[0].has_subject);
    assert_memory_equal(seen->entries[0].subject, hash, sizeof hash);
    assert_false(seen->entries[1].has_subject);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(seen->entries[i].id, i + 1);
        assert_int_equal(seen->entries[i].time_us, 1000 * (int64_t)(i + 1));
        assert_string_equal(seen->texts[i][0], "joris");
        assert_string_equal(seen->texts[i][1], i == 0 ? "export" : "rule");
        assert_string_equal(seen->texts[i][2], i == 0 ? "events=3" : "rule=1");
    }
}

static void write_two(struct sj_store *store) {
    assert_int_equal(read_audit(store).n, 0);
    assert_ok(sj_store_audit(store, "export", SJ_LIT("anna@example.com"), SJ_LIT("events=3"), err));
    clock_us = 2000;
    assert_ok(sj_store_audit(store, "rule", SJ_LIT(""), SJ_LIT("rule=1"), err));
}

static void test_audit_keeps_what_was_written(void **state) {
    (void)state;
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    struct sj_os os = *options.os;
    struct sj_random random;
    struct model model = {0};
    struct sj_error error = {0};
    char *path = model_folder();
    os.now_us = stopped;
    os.user = a_user;
    options.os = &os;
    sj_random_init(&random, 7);
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    write_two(store);
    /* Everything else that a writer does, the audit record behind it being the same. */
    model_load(store, &model, &random, SJ_LOAD_BULK, 50);
    model_load(store, &model, &random, SJ_LOAD_STREAM, 20);
    assert_ok(sj_store_compact(store, true, NULL, NULL, err));
    sj_store_close(store);
    assert_ok(sj_store_open(&options, path, false, &store, err));
    const struct seen seen = read_audit(store);
    assert_int_equal(seen.n, 2);
    check_two(store, &seen);
    assert_int_equal(sj_store_audit(store, "export", SJ_LIT("x"), SJ_LIT(""), &error), SJ_E_BUG); /* open for reading */
    sj_store_close(store);
    model_done(&model);
    model_remove(path);
}

/* By whatever way: the catalog itself refuses. */
static void test_audit_is_append_only(void **state) {
    (void)state;
    static const char *const changes[] = {
        "UPDATE audit SET who='somebody else'",
        "UPDATE audit SET time_us=0 WHERE id=1",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id=1",
        "REPLACE INTO audit VALUES(1, 0, 'x', 'y', NULL, 'z')",
    };
    struct sj_store *store = NULL;
    const struct sj_store_options options = model_options();
    char *path = model_folder(), name[600];
    sqlite3 *db = NULL;
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    assert_ok(sj_store_audit(store, "export", SJ_LIT("a"), SJ_LIT("events=1"), err));
    sj_store_close(store);
    snprintf(name, sizeof name, "%s/catalog.db", path);
    assert_int_equal(sqlite3_open(name, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA recursive_triggers=ON", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_int_equal(sqlite3_exec(db, changes[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
        assert_string_equal(sqlite3_errmsg(db), "the audit record is append-only");
    }
    sqlite3_close(db);
    assert_ok(sj_store_open(&options, path, false, &store, err));
    assert_int_equal(read_audit(store).n, 1);
    sj_store_close(store);
    model_remove(path);
}

/* Who can write the file can do so without SQLite's help; the checksum of the catalog tells. */
static void test_a_changed_entry_is_found(void **state) {
    (void)state;
    struct sj_store *store = NULL;
    const struct sj_store_options options = model_options();
    struct sj_error error = {0};
    char *path = model_folder(), name[600];
    sqlite3 *db = NULL;
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    assert_ok(sj_store_audit(store, "export", SJ_LIT("a"), SJ_LIT("events=1"), err));
    sj_store_close(store);
    snprintf(name, sizeof name, "%s/catalog.db", path);
    assert_int_equal(sqlite3_open(name, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO audit VALUES(NULL, 5, 'x', 'export', NULL, '')", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(sj_store_open(&options, path, false, &store, &error), SJ_E_CORRUPT);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_audit_keeps_what_was_written),
        cmocka_unit_test(test_audit_is_append_only),
        cmocka_unit_test(test_a_changed_entry_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
