/* A disk that cannot give a page of a segment: whoever reads it is told so and told the file, nothing is made of the zeros, and the store
 * is as before once the disk can. Each page of each segment is lost once, in every way of reading. */
#include <sys/mman.h>
#include <unistd.h>
#include "model.h"

/* The system, but for one page of the files of a certain length: there the map shows a file that has no bytes. */
struct bad_disk {
    struct sj_os os;
    size_t file_bytes, page; /* file_bytes 0: all is well */
    int empty;
    struct sj_map last;
};

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static void lose(const struct bad_disk *disk, struct sj_map map, size_t page) {
    uint8_t *at = (uint8_t *)(uintptr_t)map.data + page * page_size();
    assert_true(mmap(at, page_size(), PROT_READ, MAP_SHARED | MAP_FIXED, disk->empty, 0) == at);
}

static enum sj_status map_badly(void *ctx, sj_file file, struct sj_map *ret_map, struct sj_error *err) {
    struct bad_disk *disk = ctx;
    SJ_TRY(sj_os_real()->map(NULL, file, ret_map, err));
    disk->last = *ret_map;
    if (disk->file_bytes > 0 && ret_map->n == disk->file_bytes)
        lose(disk, *ret_map, disk->page);
    return SJ_OK;
}

struct world {
    struct bad_disk disk;
    struct sj_store_options options;
    char *path;
    struct sj_store *store;
    struct model model;
    struct sj_random random;
    size_t file_bytes[2];
    uint64_t digest;
};

static size_t file_bytes(const char *store, int id) {
    char path[300];
    snprintf(path, sizeof path, "%s/segments/%d.seg", store, id);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long n = ftell(file);
    assert_int_equal(fclose(file), 0);
    return (size_t)n;
}

/* Two segments of some pages, and an inbox with event ids, for which the segments are read when it is opened. */
static void start(struct world *w) {
    *w = (struct world){.disk = {.os = *sj_os_real()}, .options = model_options(), .path = model_folder()};
    FILE *empty = tmpfile();
    assert_non_null(empty);
    w->disk.empty = dup(fileno(empty));
    fclose(empty);
    w->disk.os.ctx = &w->disk;
    w->disk.os.map = map_badly;
    w->options.os = &w->disk.os;
    sj_random_init(&w->random, 4);
    assert_ok(sj_store_create(&w->options, w->path, NULL, err));
    assert_ok(sj_store_open(&w->options, w->path, true, &w->store, err));
    model_load(w->store, &w->model, &w->random, SJ_LOAD_BULK, 2000);
    model_load(w->store, &w->model, &w->random, SJ_LOAD_BULK, 1200);
    model_load(w->store, &w->model, &w->random, SJ_LOAD_STREAM, 50);
    for (int i = 0; i < 2; i++)
        w->file_bytes[i] = file_bytes(w->path, i + 1);
    assert_true(w->file_bytes[0] > 5 * page_size() && w->file_bytes[1] > 3 * page_size());
    assert_int_not_equal(w->file_bytes[0], w->file_bytes[1]);
    assert_ok(model_digest(w->store, &w->digest, err));
}

static void stop(struct world *w) {
    sj_store_close(w->store);
    model_done(&w->model);
    model_remove(w->path);
    close(w->disk.empty);
}

static void assert_told(enum sj_status status, const struct sj_error *error, int segment) {
    char name[32];
    snprintf(name, sizeof name, "segments/%d.seg: ", segment + 1);
    if (status != SJ_E_IO || !strstr(error->message, name) || !strstr(error->message, "the disk reported an error"))
        fail_msg("%s: %s", sj_status_name(status), error->message);
}

static void keep_last(void *ctx, const char *text) { snprintf(ctx, 1000, "%s", text); }

/* Calls `look` for every page of every segment. */
static void for_each_page(struct world *w, void (*look)(struct world *w, int segment)) {
    for (int segment = 0; segment < 2; segment++) {
        w->disk.file_bytes = w->file_bytes[segment];
        for (w->disk.page = 0; w->disk.page * page_size() < w->disk.file_bytes; w->disk.page++)
            look(w, segment);
    }
    w->disk.file_bytes = 0;
}

/* ---- reading ---- */

static void look_at_all(struct world *w, int segment) {
    struct sj_error error = {0};
    uint64_t digest = 0;
    assert_told(model_digest(w->store, &digest, &error), &error, segment);
    /* The next snapshot reads the file anew. */
    const size_t n = w->disk.file_bytes;
    w->disk.file_bytes = 0;
    assert_ok(model_digest(w->store, &digest, err));
    assert_int_equal(digest, w->digest);
    w->disk.file_bytes = n;
}

static void test_reading(struct world *w) { for_each_page(w, look_at_all); }

/* What a page held is known to be good when its block is decoded, and rows point into it: it may be lost after that. */
static void test_page_lost_later(struct world *w) {
    static const struct sj_wanted wanted = {.identity = true};
    struct sj_snapshot *snapshot = NULL;
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    struct sj_error error = {0};
    unsigned sum = 0;
    assert_ok(sj_store_compact(w->store, true, NULL, NULL, err));
    assert_ok(sj_snapshot_open(w->store, &snapshot, err));
    assert_ok(sj_cursor_open(snapshot, &wanted, (sj_key){0, 0}, NULL, &cursor, err));
    assert_ok(sj_cursor_next(cursor, &rows, err));
    assert_int_equal(rows->n_events, w->model.n);
    for (size_t page = 0; page * page_size() < w->disk.last.n; page++)
        lose(&w->disk, w->disk.last, page);
    for (uint32_t c = 0; c < rows->n_customers; c++)
        sum += (unsigned char)rows->identities[c].p[0];
    assert_int_equal(sum, 0); /* these are the zeros */
    const struct sj_rows *const before = rows;
    const enum sj_status status = sj_cursor_next(cursor, &rows, &error);
    assert_told(status, &error, 3);
    assert_ptr_equal(rows, before);
    sj_cursor_close(cursor);
    sj_snapshot_close(snapshot);
}

/* ---- verify, info, texts ---- */

static void look_by_verify(struct world *w, int segment) {
    struct sj_snapshot *snapshot = NULL;
    struct sj_error error = {0};
    char finding[1000] = "";
    size_t n = 0;
    const enum sj_status status = sj_snapshot_open(w->store, &snapshot, &error);
    if (status != SJ_OK) {
        assert_told(status, &error, segment);
        return;
    }
    assert_ok(sj_snapshot_verify(snapshot, keep_last, finding, &n, err));
    assert_int_equal(n, 1);
    assert_non_null(strstr(finding, segment == 0 ? "1.seg, block 0 at byte 64: " : "2.seg, block 0 at byte 64: "));
    assert_non_null(strstr(finding, "the disk reported an error"));
    sj_snapshot_close(snapshot);
}

static void test_verify(struct world *w) { for_each_page(w, look_by_verify); }

static void look_at_parts(struct world *w, int segment) {
    struct sj_snapshot *snapshot = NULL;
    struct sj_arena arena;
    struct sj_error error = {0};
    struct sj_store_info info;
    struct sj_str *texts;
    size_t n_texts = 0;
    uint16_t column = 0;
    if (sj_snapshot_open(w->store, &snapshot, &error) != SJ_OK) {
        assert_told(error.status, &error, segment);
        return;
    }
    const struct sj_view *view = sj_snapshot_view(snapshot);
    while (!sj_str_eq(view->columns[column].name, SJ_LIT("plan")))
        column++;
    sj_arena_init(&arena, sj_alloc_libc());
    enum sj_status status = sj_snapshot_texts(snapshot, column, 100, &arena, &texts, &n_texts, &error);
    if (status == SJ_OK)
        assert_int_equal(n_texts, 6);
    else
        assert_told(status, &error, segment);
    status = sj_snapshot_info(snapshot, &arena, &info, &error);
    if (status == SJ_OK)
        assert_int_equal(info.n_customers, 60);
    else
        assert_told(status, &error, segment);
    sj_arena_done(&arena);
    sj_snapshot_close(snapshot);
}

static void test_texts_and_info(struct world *w) { for_each_page(w, look_at_parts); }

/* ---- writing ---- */

/* What reads segments in order to write: nothing comes of it where it fails, and the store takes more afterwards. */
static void look_by_writing(struct world *w, int segment) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    struct sj_error error = {0};
    struct model_event event;
    assert_told(sj_store_compact(w->store, true, NULL, NULL, &error), &error, segment);
    do
        event = model_random_event(&w->random, 60);
    while (event.n_values == 0 || strcmp(event.values[0].name, "event_id") != 0);
    assert_ok(sj_writer_open(w->store, SJ_LOAD_BULK, &writer, err));
    assert_ok(model_write(writer, &event, err));
    const enum sj_status status = sj_writer_commit(writer, NULL, &commit, &error);
    if (status == SJ_OK) /* it may do without the page */
        model_add(&w->model, &event);
    else
        assert_told(status, &error, segment);
    sj_writer_close(writer);
}

static void test_writing(struct world *w) {
    for_each_page(w, look_by_writing);
    model_check(w->store, &w->model, 1000);
    model_verify(w->store);
    assert_ok(sj_store_compact(w->store, true, NULL, NULL, err));
    model_load(w->store, &w->model, &w->random, SJ_LOAD_BULK, 20);
    model_check(w->store, &w->model, 1000);
    model_verify(w->store);
}

/* The runs of a large load are files too. */
static void test_runs(struct world *w) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    struct sj_error error = {0};
    sj_store_close(w->store);
    w->options.memory_bytes = 100000;
    assert_ok(sj_store_open(&w->options, w->path, true, &w->store, err));
    assert_ok(sj_writer_open(w->store, SJ_LOAD_BULK, &writer, err));
    w->disk.last.n = 0;
    while (w->disk.last.n == 0) {
        const struct model_event event = model_random_event(&w->random, 60);
        assert_ok(model_write(writer, &event, err));
    }
    lose(&w->disk, w->disk.last, 1);
    const enum sj_status status = sj_writer_commit(writer, NULL, &commit, &error);
    assert_int_equal(status, SJ_E_IO);
    assert_non_null(strstr(error.message, "load-"));
    sj_writer_close(writer);
    model_check(w->store, &w->model, 1000);
}

/* One test for cmocka, which takes the signal for itself before each. */
static void test_lost_pages(void **state) {
    (void)state;
    static void (*const tests[])(struct world *) = {test_reading,        test_page_lost_later, test_verify,
                                                    test_texts_and_info, test_writing,         test_runs};
    sj_os_catch_disk_errors();
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        struct world world;
        start(&world);
        tests[i](&world);
        stop(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lost_pages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
