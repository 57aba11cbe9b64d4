/* Many threads at one store: loads that share commits, a bulk load now and then, compactions, and snapshots all the while.
 * Assertions stay in the main thread; a thread that finds something wrong says so in its error. */
#include <pthread.h>
#include <stdatomic.h>
#include "model.h"

enum { N_WRITERS = 4, N_READERS = 2, N_LOADS = 120, EVENTS_MAX = 12, N_SERIALS = N_WRITERS * N_LOADS * EVENTS_MAX };

struct shared {
    struct sj_store *store;
    atomic_uint acked[N_WRITERS]; /* loads */
    atomic_uint n_writing;
};

struct worker {
    struct shared *shared;
    unsigned number;
    pthread_t thread;
    enum sj_status status;
    struct sj_error error;
    unsigned n_rounds;
};

/* What load `load` of a writer holds is a function of both. */
static unsigned n_events_of(unsigned writer, unsigned load) { return 1 + (writer * 7 + load * 5) % EVENTS_MAX; }
static bool is_bulk(unsigned writer, unsigned load) { return (writer + load) % 20 == 0; }
static bool is_twice(unsigned writer, unsigned load) { return (writer + load) % 7 == 0; } /* the first event of the load before again */

static enum sj_status add(struct sj_writer *writer, unsigned number, unsigned load, unsigned i, struct sj_error *err) {
    char customer[24], touchpoint[24], id[32];
    struct sj_value values[2];
    const unsigned serial = (number * N_LOADS + load) * EVENTS_MAX + i;
    struct sj_event event = {.time_us = (int64_t)serial * 1000, .values = values, .n_values = 2};
    snprintf(customer, sizeof customer, "customer %u", serial % 37);
    snprintf(touchpoint, sizeof touchpoint, "touchpoint %u", serial % 50);
    snprintf(id, sizeof id, "%u", serial);
    event.customer = sj_str(customer);
    SJ_TRY(sj_writer_touchpoint(writer, sj_str(touchpoint), &event.touchpoint, err));
    SJ_TRY(sj_writer_column(writer, SJ_LIT("value"), SJ_KIND_MONEY, &values[0].column, err));
    SJ_TRY(sj_writer_column(writer, SJ_LIT("event_id"), SJ_KIND_TEXT, &values[1].column, err));
    values[0].i64 = serial;
    values[1].text = sj_str(id);
    return sj_writer_add(writer, &event, err);
}

static enum sj_status one_load(struct worker *w, unsigned load) {
    struct sj_error *err = &w->error;
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    SJ_TRY(sj_writer_open(w->shared->store, is_bulk(w->number, load) ? SJ_LOAD_BULK : SJ_LOAD_STREAM, &writer, err));
    enum sj_status status = SJ_OK;
    if (load > 0 && is_twice(w->number, load))
        status = add(writer, w->number, load - 1, 0, err);
    for (unsigned i = 0; i < n_events_of(w->number, load) && status == SJ_OK; i++)
        status = add(writer, w->number, load, i, err);
    if (status == SJ_OK)
        status = sj_writer_commit(writer, NULL, &commit, err);
    sj_writer_close(writer);
    return status;
}

static void *write_loads(void *arg) {
    struct worker *w = arg;
    for (unsigned load = 0; load < N_LOADS && w->status == SJ_OK; load++) {
        w->status = one_load(w, load);
        if (w->status == SJ_OK)
            atomic_store(&w->shared->acked[w->number], load + 1);
    }
    atomic_fetch_sub(&w->shared->n_writing, 1);
    return NULL;
}

/* Marks what is there; an event that stands twice is an error. */
static enum sj_status read_serials(const struct sj_snapshot *snapshot, bool present[N_SERIALS], struct sj_error *err) {
    static const uint16_t column = SJ_COLUMN_VALUE;
    static const struct sj_wanted wanted = {.columns = &column, .n_columns = 1};
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    SJ_TRY(sj_cursor_open(snapshot, &wanted, (sj_key){0, 0}, NULL, &cursor, err));
    enum sj_status status;
    while ((status = sj_cursor_next(cursor, &rows, err)) == SJ_OK && rows) {
        for (uint32_t i = 0; i < rows->n_events && status == SJ_OK; i++) {
            const int64_t serial = rows->columns[0].values[i];
            if (present[serial])
                status = sj_fail(err, SJ_E_BUG, "event %lld stands twice", (long long)serial);
            present[serial] = true;
        }
        if (status != SJ_OK)
            break;
    }
    sj_cursor_close(cursor);
    return status;
}

/* Every load is there whole or not at all, and whole where it was acknowledged before the snapshot. */
static enum sj_status check_loads(const bool present[N_SERIALS], const unsigned acked[N_WRITERS], struct sj_error *err) {
    for (unsigned w = 0; w < N_WRITERS; w++) {
        for (unsigned load = 0; load < N_LOADS; load++) {
            const bool *events = &present[(w * N_LOADS + load) * EVENTS_MAX];
            unsigned n = 0;
            for (unsigned i = 0; i < EVENTS_MAX; i++)
                n += events[i];
            if (n != n_events_of(w, load) && (n > 0 || load < acked[w]))
                return sj_fail(err, SJ_E_BUG, "load %u of writer %u has %u events of %u; %u loads are acknowledged", load, w, n,
                               n_events_of(w, load), acked[w]);
        }
    }
    return SJ_OK;
}

static enum sj_status one_look(struct shared *shared, struct sj_error *err) {
    unsigned acked[N_WRITERS];
    bool present[N_SERIALS] = {false};
    struct sj_snapshot *snapshot = NULL;
    for (unsigned w = 0; w < N_WRITERS; w++)
        acked[w] = atomic_load(&shared->acked[w]);
    SJ_TRY(sj_snapshot_open(shared->store, &snapshot, err));
    enum sj_status status = read_serials(snapshot, present, err);
    if (status == SJ_OK)
        status = check_loads(present, acked, err);
    sj_snapshot_close(snapshot);
    return status;
}

static void *look(void *arg) {
    struct worker *w = arg;
    do {
        w->status = one_look(w->shared, &w->error);
        w->n_rounds++;
    } while (w->status == SJ_OK && atomic_load(&w->shared->n_writing) > 0);
    return NULL;
}

static void *compact(void *arg) {
    struct worker *w = arg;
    do {
        w->status = sj_store_compact(w->shared->store, w->n_rounds++ % 3 == 0, NULL, NULL, &w->error);
    } while (w->status == SJ_OK && atomic_load(&w->shared->n_writing) > 0);
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    struct sj_store_options options = model_options();
    struct shared shared = {.n_writing = N_WRITERS};
    struct worker workers[N_WRITERS + N_READERS + 1] = {0};
    const size_t n_workers = sizeof workers / sizeof *workers;
    char *path = model_folder();
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &shared.store, err));
    for (size_t i = 0; i < n_workers; i++) {
        workers[i].shared = &shared;
        workers[i].number = (unsigned)i;
        void *(*const run)(void *) = i < N_WRITERS ? write_loads : i < N_WRITERS + N_READERS ? look : compact;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    }
    for (size_t i = 0; i < n_workers; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (size_t i = 0; i < n_workers; i++) {
        if (workers[i].status != SJ_OK)
            fail_msg("worker %zu: %s", i, workers[i].error.message);
    }
    assert_ok(one_look(&shared, err));
    for (unsigned w = 0; w < N_WRITERS; w++)
        assert_int_equal(shared.acked[w], N_LOADS);
    model_verify(shared.store);
    sj_store_close(shared.store);
    assert_ok(sj_store_open(&options, path, false, &shared.store, err));
    assert_ok(one_look(&shared, err));
    sj_store_close(shared.store);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
