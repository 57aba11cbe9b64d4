/* from and to against a plain count, for stores of every small number of events: the loop over times has no length that it likes. */
#include "base/time.h"
#include "lens/lens.h"
#include "store/model.h"

enum { EVENTS_MAX = 140, RANGES = 12, SECONDS = 20 };

static void add_event(struct sj_store *store, int64_t time_us) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    struct sj_event event = {.customer = SJ_LIT("a"), .time_us = time_us};
    assert_ok(sj_writer_open(store, SJ_LOAD_STREAM, &writer, err));
    assert_ok(sj_writer_touchpoint(writer, SJ_LIT("visit"), &event.touchpoint, err));
    assert_ok(sj_writer_add(writer, &event, err));
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    sj_writer_close(writer);
}

/* Counts the events of the lens, which are one journey, and looks at each. */
static uint32_t scan_range(struct sj_snapshot *snapshot, int64_t from_us, int64_t to_us) {
    char from[SJ_TIME_TEXT_BYTES], to[SJ_TIME_TEXT_BYTES];
    const struct sj_lens_words words = {.from = {from, sj_time_format(from_us, from)}, .to = {to, sj_time_format(to_us, to)}};
    const struct sj_lens_request request = {.words = &words, .time = true};
    struct sj_lens *lens = NULL;
    struct sj_scan *scan = NULL;
    const struct sj_batch *batch = NULL;
    uint32_t n = 0;
    assert_ok(sj_lens_open(sj_os_real(), sj_alloc_libc(), snapshot, &request, &lens, err));
    assert_ok(sj_scan_open(lens, (sj_key){0, 0}, NULL, &scan, err));
    for (;;) {
        assert_ok(sj_scan_next(scan, &batch, err));
        if (!batch)
            break;
        for (uint32_t i = 0; i < batch->n_events; i++)
            assert_true(batch->time_us[i] >= from_us && batch->time_us[i] < to_us);
        n += batch->n_events;
    }
    sj_scan_close(scan);
    sj_lens_close(lens);
    return n;
}

static uint32_t count_range(const int64_t *time_us, uint32_t n, int64_t from_us, int64_t to_us) {
    uint32_t n_inside = 0;
    for (uint32_t i = 0; i < n; i++)
        n_inside += time_us[i] >= from_us && time_us[i] < to_us;
    return n_inside;
}

static void test_every_number_of_events(void **state) {
    (void)state;
    static int64_t time_us[EVENTS_MAX];
    struct sj_store_options options = model_options();
    struct sj_random random;
    struct sj_store *store = NULL;
    char *path = model_folder();
    sj_random_init(&random, 1);
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    for (uint32_t n = 1; n <= EVENTS_MAX; n++) {
        struct sj_snapshot *snapshot = NULL;
        time_us[n - 1] = (int64_t)sj_random_below(&random, SECONDS) * SJ_US_SECOND;
        add_event(store, time_us[n - 1]);
        assert_ok(sj_snapshot_open(store, &snapshot, err));
        for (int i = 0; i < RANGES; i++) {
            const int64_t from_us = (int64_t)sj_random_below(&random, SECONDS) * SJ_US_SECOND;
            const int64_t to_us = from_us + 1 + (int64_t)sj_random_below(&random, SECONDS) * SJ_US_SECOND;
            assert_int_equal(scan_range(snapshot, from_us, to_us), count_range(time_us, n, from_us, to_us));
        }
        sj_snapshot_close(snapshot);
    }
    sj_store_close(store);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_number_of_events)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
