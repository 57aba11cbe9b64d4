/* Every allocation fails once, and for good, of the store and of SQLite: the store says so, loses nothing that it has acknowledged, keeps
 * nothing that it has not, and leaves no memory and, after the next writer, no rubbish. (Calls to the system: test_calls.c.) */
#include <dirent.h>
#include <unistd.h>
#include "faults.h"
#include "store/saved.h"
#include "store/drop.h"

enum { N_BATCHES = 7, EVENTS_MAX = 16 };

/* ---- the contents ---- */

static const struct batch {
    enum sj_load load;
    unsigned n_events;
    bool has_ids;
    unsigned n_twice; /* so many events of batch 1 once more */
} batches[N_BATCHES] = {
    {SJ_LOAD_BULK, 12, true, 0}, /* two runs */
    {SJ_LOAD_STREAM, 3, true, 0}, {SJ_LOAD_STREAM, 2, false, 0}, {SJ_LOAD_BULK, 2, true, 2},
    {SJ_LOAD_STREAM, 2, true, 1}, {SJ_LOAD_STREAM, 1, false, 0}, {SJ_LOAD_BULK, 3, false, 0},
};

static enum sj_status add(struct sj_writer *writer, unsigned batch, unsigned i, struct sj_error *err) {
    char customer[24], touchpoint[24], id[24];
    struct sj_value values[2];
    const unsigned serial = batch * EVENTS_MAX + i;
    struct sj_event event = {.time_us = 1000 - serial, .values = values, .n_values = 1 + batches[batch].has_ids};
    snprintf(customer, sizeof customer, "customer %u", serial % 5);
    snprintf(touchpoint, sizeof touchpoint, "touchpoint %u", serial % 9);
    snprintf(id, sizeof id, "id %u", serial);
    event.customer = sj_str(customer);
    SJ_TRY(sj_writer_touchpoint(writer, sj_str(touchpoint), &event.touchpoint, err));
    SJ_TRY(sj_writer_column(writer, SJ_LIT("value"), SJ_KIND_MONEY, &values[0].column, err));
    values[0].i64 = serial;
    if (batches[batch].has_ids) {
        SJ_TRY(sj_writer_column(writer, SJ_LIT("event_id"), SJ_KIND_TEXT, &values[1].column, err));
        values[1].text = sj_str(id);
    }
    return sj_writer_add(writer, &event, err);
}

/* Twice or not, batch 1's events with ids stand once, and belong to every acknowledged batch that has them. */
static void acknowledge(unsigned batch, bool there[N_BATCHES * EVENTS_MAX]) {
    for (unsigned i = 0; i < batches[batch].n_events; i++)
        there[batch * EVENTS_MAX + i] = true;
    for (unsigned i = 0; i < batches[batch].n_twice; i++)
        there[EVENTS_MAX + i] = true;
}

/* ---- a life with faults ---- */

struct life {
    struct sj_store_options options;
    const char *path;
    struct sj_store *store;
    bool there[N_BATCHES * EVENTS_MAX];
    bool saved; /* the segment */
    size_t n_failed;
};

/* An error has a message, a status to match, and never is called a bug of ours. */
static bool check(struct life *life, enum sj_status status, const struct sj_error *error) {
    if (status == SJ_OK)
        return true;
    if (error->message[0] == '\0' || error->status != status || status == SJ_E_BUG || status == SJ_E_USAGE || status == SJ_E_CORRUPT)
        fail_msg("%s: \"%s\"", sj_status_name(status), error->message);
    life->n_failed++;
    return false;
}

static enum sj_status write_batch(struct sj_store *store, unsigned batch, struct sj_error *err) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    const struct sj_import import = {.name = SJ_LIT("a file"), .digest = {batch, 1}, .has_digest = true, .mapping = SJ_LIT("{}")};
    SJ_TRY(sj_writer_open(store, batches[batch].load, &writer, err));
    enum sj_status status = SJ_OK;
    for (unsigned i = 0; i < batches[batch].n_events && status == SJ_OK; i++)
        status = add(writer, batch, i, err);
    for (unsigned i = 0; i < batches[batch].n_twice && status == SJ_OK; i++)
        status = add(writer, 1, i, err);
    if (status == SJ_OK)
        status = sj_writer_commit(writer, &import, &commit, err);
    sj_writer_close(writer);
    return status;
}

static enum sj_status read_all(struct sj_store *store, bool there[N_BATCHES * EVENTS_MAX], struct sj_error *err) {
    static const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};
    struct sj_snapshot *snapshot = NULL;
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    SJ_TRY(sj_snapshot_open(store, &snapshot, err));
    enum sj_status status = sj_cursor_open(snapshot, &all, (sj_key){0, 0}, NULL, &cursor, err);
    while (status == SJ_OK && (status = sj_cursor_next(cursor, &rows, err)) == SJ_OK && rows) {
        for (uint32_t i = 0; i < rows->n_events; i++) {
            assert_int_equal(rows->columns[0].code, SJ_COLUMN_VALUE);
            assert_false(there[rows->columns[0].values[i]]);
            there[rows->columns[0].values[i]] = true;
        }
    }
    sj_cursor_close(cursor);
    sj_snapshot_close(snapshot);
    return status;
}

static size_t count_saved(struct sj_store *store, struct sj_error *err) {
    struct sj_snapshot *snapshot = NULL;
    if (sj_snapshot_open(store, &snapshot, err) != SJ_OK)
        return SIZE_MAX;
    const size_t n = sj_snapshot_view(snapshot)->n_saved;
    sj_snapshot_close(snapshot);
    return n;
}

static void save_and_drop(struct life *life, bool saves) {
    const struct sj_saved_segment saved = {SJ_LIT("loyal"), SJ_LIT("did(purchase)"), SJ_LIT("text"), 0};
    struct sj_error error = {0};
    const enum sj_status status =
        saves ? sj_store_save_segment(life->store, &saved, true, &error) : sj_store_drop_segment(life->store, saved.name, &error);
    if (status == SJ_E_NOT_FOUND)
        assert_true(!saves && !life->saved);
    else if (check(life, status, &error))
        life->saved = saves;
    error = (struct sj_error){0};
    const size_t n = count_saved(life->store, &error);
    if (check(life, error.status, &error))
        assert_int_equal(n, life->saved);
}

static void read_and_compare(struct life *life) {
    bool there[N_BATCHES * EVENTS_MAX] = {false};
    struct sj_error error = {0};
    if (check(life, read_all(life->store, there, &error), &error))
        assert_memory_equal(there, life->there, sizeof there);
}

static void load_and_compact(struct life *life) {
    struct sj_error error;
    for (unsigned b = 0; b < N_BATCHES; b++) {
        error = (struct sj_error){0};
        if (check(life, write_batch(life->store, b, &error), &error))
            acknowledge(b, life->there);
        error = (struct sj_error){0};
        if (b == 2)
            (void)check(life, sj_store_compact(life->store, false, NULL, NULL, &error), &error);
        if (b == 4)
            (void)check(life, sj_store_compact(life->store, true, NULL, NULL, &error), &error);
        if (b == 1 || b == 5)
            read_and_compare(life);
        if (b == 0 || b == 3 || b == 6)
            save_and_drop(life, b != 3);
    }
}

static bool is_going(int64_t serial) { return serial / EVENTS_MAX == 0 || serial / EVENTS_MAX == 5; }

static enum sj_status mark_going(void *ctx, const struct sj_rows *rows, uint8_t *drop, struct sj_error *err) {
    (void)ctx;
    (void)err;
    for (uint32_t i = 0; i < rows->n_events; i++)
        drop[i] = is_going(rows->columns[0].values[i]);
    return SJ_OK;
}

/* Batch 0 out of a segment with others, batch 5 out of the inbox. */
static void drop(struct life *life) {
    const struct sj_drop what = {.mark = mark_going, .before_us = INT64_MAX, .action = "expire", .detail = SJ_LIT("test")};
    struct sj_dropped dropped = {0};
    struct sj_error error = {0};
    if (!check(life, sj_store_drop(life->store, &what, &dropped, &error), &error))
        return;
    for (unsigned serial = 0; serial < N_BATCHES * EVENTS_MAX; serial++)
        life->there[serial] = life->there[serial] && !is_going(serial);
}

/* What fails is told, and life goes on. False: there is no store. */
static bool live(struct life *life) {
    struct sj_error error = {0};
    if (!check(life, sj_store_create(&life->options, life->path, NULL, &error), &error))
        return false;
    error = (struct sj_error){0};
    if (check(life, sj_store_open(&life->options, life->path, true, &life->store, &error), &error)) {
        load_and_compact(life);
        drop(life);
        sj_store_close(life->store);
    }
    return true;
}

/* ---- afterwards ---- */

static size_t count_files(const char *path) {
    size_t n = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2; /* . and .. */
}

static size_t count_segments(struct sj_store *store) {
    struct sj_snapshot *snapshot = NULL;
    struct sj_arena arena;
    struct sj_store_info info;
    sj_arena_init(&arena, sj_alloc_libc());
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_snapshot_info(snapshot, &arena, &info, err));
    const size_t n = sj_snapshot_view(snapshot)->n_segments - (info.n_inbox_events > 0);
    sj_snapshot_close(snapshot);
    sj_arena_done(&arena);
    return n;
}

static void check_after(const char *path, const struct life *life) {
    struct sj_store_options options = model_options();
    struct sj_store *store = NULL;
    bool there[N_BATCHES * EVENTS_MAX] = {false};
    char segments[300];
    assert_ok(sj_store_open(&options, path, true, &store, err));
    assert_ok(read_all(store, there, err));
    assert_memory_equal(there, life->there, sizeof there);
    assert_int_equal(count_saved(store, NULL), life->saved);
    model_verify(store);
    snprintf(segments, sizeof segments, "%s/segments", path);
    assert_int_equal(count_files(segments), count_segments(store));
    assert_ok(write_batch(store, 0, err)); /* it can be written again */
    sj_store_close(store);
}

static void check_nothing(const char *path) {
    char folder[300];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    assert_int_equal(count_files(folder), 0);
}

/* A life in which allocation number n fails, of the store, or of SQLite. True: something did fail. */
static bool one_life(long n, bool sqlite, bool for_good) {
    struct faults faults = {.n_until_failure = n, .for_good = for_good};
    const struct sj_alloc alloc = fault_alloc(&faults);
    char *path = model_folder();
    struct life life = {.options = model_options(), .path = path};
    life.options.memory_bytes = 18000;
    if (sqlite)
        sqlite_faults = &faults;
    else
        life.options.mem = &alloc;
    const sqlite3_int64 used = sqlite3_memory_used();
    const bool made = live(&life);
    sqlite_faults = NULL;
    assert_int_equal(faults.n_alive, 0);
    assert_true(sqlite3_memory_used() <= used);
    assert_true(faults.happened || life.n_failed == 0);
    if (made)
        check_after(path, &life);
    else
        check_nothing(path);
    model_remove(path);
    return faults.happened;
}

/* Of the many one of so many, for the sake of time; SJ_THOROUGH=1 takes all. */
static long fail_each(bool sqlite, bool for_good, long n_all, long step) {
    long n = 0;
    step = getenv("SJ_THOROUGH") ? 1 : step;
    while (one_life(n, sqlite, for_good))
        n += n < n_all ? 1 : step;
    return n;
}

static void test_allocations_fail_once(void **state) {
    (void)state;
    assert_true(fail_each(false, false, 300, 3) > 1000);
}

static void test_allocations_fail_for_good(void **state) {
    (void)state;
    assert_true(fail_each(false, true, 0, 37) > 1000);
}

static void test_allocations_of_sqlite_fail_once(void **state) {
    (void)state;
    assert_true(fail_each(true, false, 200, 7) > 1000);
}

static void test_allocations_of_sqlite_fail_for_good(void **state) {
    (void)state;
    assert_true(fail_each(true, true, 100, 29) > 1000);
}

/* Files that no catalog names, as a killed writer leaves them: the next writer sweeps them, a reader lets them be. */
static void test_rubbish_is_swept(void **state) {
    (void)state;
    static const char *const names[] = {"7.seg", "8.seg.tmp", "load-3-0.tmp"};
    struct sj_store_options options = model_options();
    struct sj_store *store = NULL;
    char *path = model_folder(), name[300];
    assert_ok(sj_store_create(&options, path, NULL, err));
    snprintf(name, sizeof name, "%.*s", (int)(strrchr(path, '/') - path), path);
    assert_int_equal(count_files(name), 1);
    for (size_t i = 0; i < 3; i++) {
        sj_file file = -1;
        snprintf(name, sizeof name, "%s/segments/%s", path, names[i]);
        assert_ok(options.os->open(NULL, name, SJ_OPEN_CREATE, &file, err));
        options.os->close(NULL, file);
    }
    snprintf(name, sizeof name, "%s/segments", path);
    assert_ok(sj_store_open(&options, path, false, &store, err));
    assert_int_equal(count_files(name), 3);
    sj_store_close(store);
    assert_ok(sj_store_open(&options, path, true, &store, err));
    assert_int_equal(count_files(name), 0);
    sj_store_close(store);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations_fail_once),
        cmocka_unit_test(test_allocations_fail_for_good),
        cmocka_unit_test(test_allocations_of_sqlite_fail_once),
        cmocka_unit_test(test_allocations_of_sqlite_fail_for_good),
        cmocka_unit_test(test_rubbish_is_swept),
    };
    return hook_sqlite() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
