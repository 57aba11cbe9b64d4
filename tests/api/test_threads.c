/* Questions while events come in: threads that load, in a stream and in bulk, one that flushes and compacts, and threads that ask every
 * analysis with one, two and eight threads of their own. Every load brings the same four journeys, so that whatever a snapshot has seen,
 * its answers must be the right multiple of one load's. Assertions stay in the main thread. */
#include <pthread.h>
#include <stdatomic.h>
#include "api/ask.h"
#include "base/time.h"
#include "store/model.h"

/* The base is so large that a question is cut into two units of work. */
enum { N_WRITERS = 3, N_ASKERS = 2, N_LOOKS = 8, LOADS_MAX = 2000, BASE_LOADS = 28000, LOAD_EVENTS = 10, LOAD_CUSTOMERS = 4 };
static const char *const route[] = {"visit", "cart", "purchase", "call"}; /* customer i of a load takes the first i + 1 steps */

struct shared {
    struct sj_store *store;
    atomic_uint n_acked, n_begun;    /* loads, the base not counted */
    atomic_uint n_asking, n_writing; /* threads: loads go on until there are no more questions */
};

struct worker {
    struct shared *shared;
    unsigned number;
    pthread_t thread;
    enum sj_status status;
    struct sj_error error;
    unsigned n_rounds;
};

/* ---- loading ---- */

static enum sj_status add_journey(struct sj_writer *writer, unsigned load, unsigned customer, bool with_ids, struct sj_error *err) {
    char identity[32], id[8];
    snprintf(identity, sizeof identity, "%u of %u", customer, load);
    for (unsigned step = 0; step <= customer; step++) {
        struct sj_value value;
        struct sj_event event = {.customer = sj_str(identity), .time_us = step * SJ_US_HOUR, .values = &value, .n_values = with_ids};
        SJ_TRY(sj_writer_touchpoint(writer, sj_str(route[step]), &event.touchpoint, err));
        SJ_TRY(sj_writer_channel(writer, SJ_LIT("desk"), &event.channel, err));
        SJ_TRY(sj_writer_column(writer, SJ_LIT("event_id"), SJ_KIND_TEXT, &value.column, err));
        snprintf(id, sizeof id, "%u", step);
        value.text = sj_str(id);
        SJ_TRY(sj_writer_add(writer, &event, err));
    }
    return SJ_OK;
}

static enum sj_status add_load(struct sj_writer *writer, unsigned load, bool with_ids, struct sj_error *err) {
    for (unsigned customer = 0; customer < LOAD_CUSTOMERS; customer++)
        SJ_TRY(add_journey(writer, load, customer, with_ids, err));
    return SJ_OK;
}

/* Of a writer's loads one in four is in bulk, and one in five brings the load before it once more, which must count for nothing. */
static enum sj_status one_load(struct worker *w, unsigned load) {
    const unsigned serial = BASE_LOADS + w->number * LOADS_MAX + load;
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    SJ_TRY(sj_writer_open(w->shared->store, load % 4 == 3 ? SJ_LOAD_BULK : SJ_LOAD_STREAM, &writer, &w->error));
    enum sj_status status = load % 5 == 4 ? add_load(writer, serial - 1, true, &w->error) : SJ_OK;
    if (status == SJ_OK)
        status = add_load(writer, serial, true, &w->error);
    if (status == SJ_OK)
        status = sj_writer_commit(writer, NULL, &commit, &w->error);
    sj_writer_close(writer);
    return status;
}

static void *write_loads(void *arg) {
    struct worker *w = arg;
    for (; w->status == SJ_OK && w->n_rounds < LOADS_MAX && atomic_load(&w->shared->n_asking) > 0; w->n_rounds++) {
        atomic_fetch_add(&w->shared->n_begun, 1);
        w->status = one_load(w, w->n_rounds);
        atomic_fetch_add(&w->shared->n_acked, 1);
    }
    atomic_fetch_sub(&w->shared->n_writing, 1);
    return NULL;
}

static void *compact(void *arg) {
    struct worker *w = arg;
    do {
        w->status = sj_store_compact(w->shared->store, w->n_rounds++ % 4 == 3, NULL, NULL, &w->error);
    } while (w->status == SJ_OK && atomic_load(&w->shared->n_writing) > 0);
    return NULL;
}

/* ---- asking ---- */

static const struct sj_table *find_table(const struct sj_answer *answer, const char *name, size_t n_rows, struct sj_error *err) {
    const struct sj_table *table = sj_result_find(&answer->result, name);
    if (table && table->n_rows == n_rows)
        return table;
    (void)sj_fail(err, SJ_E_BUG, "%s has %zu rows of %s, not %zu", answer->result.analysis, table ? table->n_rows : 0, name, n_rows);
    return NULL;
}

static enum sj_status check_count(const struct sj_table *table, size_t row, const char *column, uint64_t wanted, struct sj_error *err) {
    for (size_t c = 0; c < table->def->n_columns; c++) {
        if (strcmp(table->def->columns[c].name, column) == 0 && (uint64_t)sj_table_cell(table, row, c)->i64 == wanted)
            return SJ_OK;
    }
    return sj_fail(err, SJ_E_BUG, "row %zu of %s: %s is not %llu", row, table->def->name, column, (unsigned long long)wanted);
}

/* How often each row stands in one load: links by count are visit > cart, cart > purchase, purchase > call; of variants each is once. */
static const struct expected {
    const char *analysis, *table, *column;
    size_t n_rows;
    unsigned counts[4];
} expected[] = {
    {"overview", "summary", "events", 1, {LOAD_EVENTS}},
    {"overview", "summary", "customers", 1, {LOAD_CUSTOMERS}},
    {"overview", "touchpoints", "events", 4, {4, 3, 2, 1}},
    {"flow", "links", "count", 3, {3, 2, 1}},
    {"flow", "starts", "count", 1, {4}},
    {"flow", "ends", "count", 4, {1, 1, 1, 1}},
    {"variants", "variants", "count", 4, {1, 1, 1, 1}},
    {"funnel", "steps", "count", 3, {4, 3, 2}},
};

static enum sj_status check_answer(const struct sj_answer *answer, uint64_t n_loads, struct sj_error *err) {
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct expected *x = &expected[i];
        if (strcmp(x->analysis, answer->result.analysis) != 0)
            continue;
        const struct sj_table *table = find_table(answer, x->table, x->n_rows, err);
        if (!table)
            return SJ_E_BUG;
        for (size_t row = 0; row < x->n_rows; row++)
            SJ_TRY(check_count(table, row, x->column, x->counts[row] * n_loads, err));
    }
    return SJ_OK;
}

/* Asks once; the answer as JSON, without what differs from one asking to the next, is added to `out`. */
static enum sj_status ask(struct sj_snapshot *snapshot, const struct sj_analysis *analysis, unsigned n_threads, struct sj_buf *out,
                          struct sj_error *err) {
    struct sj_word words[3];
    struct sj_question question = {.analysis = sj_str(analysis->name), .args = words, .n_threads = n_threads};
    for (size_t p = 0; p < analysis->n_params; p++) {
        const struct sj_param *param = &analysis->params[p];
        for (size_t i = 0; i < 3 && param->positional; i++)
            words[question.n_args++] = (struct sj_word){sj_str(param->name), sj_str(route[i])};
        if (param->type == SJ_PARAM_CHANNELS && param->min > 0)
            words[question.n_args++] = (struct sj_word){sj_str(param->name), SJ_LIT("desk")};
        if (param->type == SJ_PARAM_SEGMENT && strcmp(param->name, "group") == 0)
            words[question.n_args++] = (struct sj_word){sj_str(param->name), SJ_LIT("did(cart)")};
    }
    struct sj_answer answer = {0};
    const uint64_t n_loads = sj_snapshot_view(snapshot)->n_events / LOAD_EVENTS;
    sj_result_init(&answer.result, sj_alloc_libc(), SJ_EN);
    enum sj_status status = sj_ask(sj_os_real(), sj_alloc_libc(), snapshot, &question, &answer, err);
    if (status == SJ_OK)
        status = check_answer(&answer, n_loads, err);
    answer.elapsed_us = 0;
    if (status == SJ_OK)
        status = sj_answer_json(&answer, out, err);
    sj_result_done(&answer.result);
    return status;
}

/* The same bytes, however many threads have worked on it. */
static enum sj_status ask_each_way(struct sj_snapshot *snapshot, const struct sj_analysis *analysis, struct sj_error *err) {
    static const unsigned n_threads[] = {1, 2, 8};
    struct sj_buf answers[3];
    enum sj_status status = SJ_OK;
    for (size_t i = 0; i < 3; i++)
        sj_buf_init(&answers[i], sj_alloc_libc(), SIZE_MAX / 2);
    for (size_t i = 0; i < 3 && status == SJ_OK; i++) {
        status = ask(snapshot, analysis, n_threads[i], &answers[i], err);
        if (status == SJ_OK && !sj_str_eq(sj_buf_str(&answers[i]), sj_buf_str(&answers[0])))
            status = sj_fail(err, SJ_E_BUG, "%s: another answer with %u threads", analysis->name, n_threads[i]);
    }
    for (size_t i = 0; i < 3; i++)
        sj_buf_done(&answers[i]);
    return status;
}

/* Whole loads, and all of those that were acknowledged before. */
static enum sj_status check_view(const struct sj_view *view, unsigned n_acked, unsigned n_begun, struct sj_error *err) {
    const uint64_t n = view->n_events / LOAD_EVENTS;
    if (view->n_events % LOAD_EVENTS == 0 && n >= BASE_LOADS + n_acked && n <= BASE_LOADS + n_begun)
        return SJ_OK;
    return sj_fail(err, SJ_E_BUG, "%llu events are seen; %u loads were acknowledged before, %u begun", (unsigned long long)view->n_events,
                   n_acked, n_begun);
}

static enum sj_status one_look(struct shared *shared, unsigned round, struct sj_error *err) {
    struct sj_snapshot *snapshot = NULL;
    size_t n_analyses = 0;
    while (sj_analyses[n_analyses])
        n_analyses++;
    const unsigned n_acked = atomic_load(&shared->n_acked);
    SJ_TRY(sj_snapshot_open(shared->store, &snapshot, err));
    enum sj_status status = check_view(sj_snapshot_view(snapshot), n_acked, atomic_load(&shared->n_begun), err);
    if (status == SJ_OK)
        status = ask_each_way(snapshot, sj_analyses[round % n_analyses], err);
    sj_snapshot_close(snapshot);
    return status;
}

static void *look(void *arg) {
    struct worker *w = arg;
    for (; w->status == SJ_OK && w->n_rounds < N_LOOKS; w->n_rounds++)
        w->status = one_look(w->shared, w->number + w->n_rounds, &w->error);
    atomic_fetch_sub(&w->shared->n_asking, 1);
    return NULL;
}

/* ---- the test ---- */

static void write_base(struct sj_store *store) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    assert_ok(sj_writer_open(store, SJ_LOAD_BULK, &writer, err));
    for (unsigned load = 0; load < BASE_LOADS; load++)
        assert_ok(add_load(writer, load, false, err));
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    assert_int_equal(commit.n_events, BASE_LOADS * LOAD_EVENTS);
    sj_writer_close(writer);
}

static void run_workers(struct shared *shared) {
    struct worker workers[N_WRITERS + N_ASKERS + 1] = {0};
    const size_t n_workers = sizeof workers / sizeof *workers;
    for (size_t i = 0; i < n_workers; i++) {
        workers[i].shared = shared;
        workers[i].number = (unsigned)i;
        void *(*const run)(void *) = i < N_WRITERS ? write_loads : i < N_WRITERS + N_ASKERS ? look : compact;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    }
    for (size_t i = 0; i < n_workers; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (size_t i = 0; i < n_workers; i++) {
        if (workers[i].status != SJ_OK)
            fail_msg("worker %zu, round %u: %s", i, workers[i].n_rounds, workers[i].error.message);
    }
}

static void answers_are_right_while_events_come_in(void **state) {
    (void)state;
    struct sj_store_options options = model_options();
    struct shared shared = {.n_asking = N_ASKERS, .n_writing = N_WRITERS};
    char *path = model_folder();
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &shared.store, err));
    write_base(shared.store);
    run_workers(&shared);
    assert_int_equal(shared.n_acked, shared.n_begun);
    assert_ok(sj_store_compact(shared.store, true, NULL, NULL, err));
    for (unsigned round = 0; sj_analyses[round]; round++)
        assert_ok(one_look(&shared, round, err));
    model_verify(shared.store);
    sj_store_close(shared.store);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_are_right_while_events_come_in)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
