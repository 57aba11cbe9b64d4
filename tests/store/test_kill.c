/* A writer that is killed at any moment, again and again on one store, while another process reads.
 *
 * The child's threads write batches whose contents are a function of their number, and tell a log (O_SYNC) before and after each commit;
 * commits of several threads are shared, and compaction runs beside them. The parent kills it, opens the store without further ado, and compares: acknowledged ⊆ there ⊆ begun, every batch whole or not at all,
 * every event once. The place of the kill is chosen by the child's progress (bytes in a pipe) and a short busy wait. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "model.h"

enum { N_ROUNDS = 96, N_THREADS = 3, BATCHES_MAX = 8000, EVENTS_MAX = 24, WAIT_US_MAX = 4000 };

struct log {
    bool begun[BATCHES_MAX], acked[BATCHES_MAX];
    unsigned n_begun;
};

/* Shared with the reader's process. */
struct watch {
    atomic_bool stop;
    atomic_uint n_looks;
};

/* What the writer's threads share. */
struct job {
    struct sj_store *store;
    int log, pipe;
    atomic_uint next; /* batch */
};

/* ---- the contents ---- */

static unsigned n_events_of(unsigned batch) { return 1 + batch * 7 % EVENTS_MAX; }

static enum sj_status add(struct sj_writer *writer, unsigned batch, unsigned i, struct sj_error *err) {
    char customer[24], touchpoint[24], id[24];
    struct sj_value values[2];
    const unsigned serial = batch * EVENTS_MAX + i;
    struct sj_event event = {.time_us = (int64_t)(serial % 1000) * 1000, .values = values, .n_values = 1 + (batch % 2 == 0)};
    snprintf(customer, sizeof customer, "customer %u", serial % 61);
    snprintf(touchpoint, sizeof touchpoint, "touchpoint %u", serial % 97);
    snprintf(id, sizeof id, "id %u", serial);
    event.customer = sj_str(customer);
    SJ_TRY(sj_writer_touchpoint(writer, sj_str(touchpoint), &event.touchpoint, err));
    SJ_TRY(sj_writer_column(writer, SJ_LIT("value"), SJ_KIND_MONEY, &values[0].column, err));
    values[0].i64 = serial;
    if (event.n_values > 1) {
        SJ_TRY(sj_writer_column(writer, SJ_LIT("event_id"), SJ_KIND_TEXT, &values[1].column, err));
        values[1].text = sj_str(id);
    }
    return sj_writer_add(writer, &event, err);
}

static bool is_as_written(const struct sj_view *view, const struct sj_rows *rows, uint32_t customer, uint32_t row, int64_t serial) {
    char name[24], touchpoint[24];
    snprintf(name, sizeof name, "customer %u", (unsigned)serial % 61);
    snprintf(touchpoint, sizeof touchpoint, "touchpoint %u", (unsigned)serial % 97);
    return sj_str_eq(rows->identities[customer], sj_str(name)) && rows->time_us[row] == serial % 1000 * 1000 &&
           sj_str_eq(view->touchpoints[rows->touchpoint[row]], sj_str(touchpoint));
}

/* Counts the events of each batch that are there. False, with a word on standard error, where one is not as written or stands twice. */
static bool read_batches(struct sj_store *store, unsigned n_events[BATCHES_MAX]) {
    static const uint16_t column = SJ_COLUMN_VALUE;
    static const struct sj_wanted wanted = {.time = true, .identity = true, .columns = &column, .n_columns = 1};
    static bool seen[BATCHES_MAX * EVENTS_MAX];
    struct sj_snapshot *snapshot = NULL;
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    struct sj_error error = {0};
    bool good = true;
    memset(seen, 0, sizeof seen);
    memset(n_events, 0, BATCHES_MAX * sizeof *n_events);
    enum sj_status status = sj_snapshot_open(store, &snapshot, &error);
    if (status == SJ_OK)
        status = sj_cursor_open(snapshot, &wanted, (sj_key){0, 0}, NULL, &cursor, &error);
    while (status == SJ_OK && (status = sj_cursor_next(cursor, &rows, &error)) == SJ_OK && rows) {
        for (uint32_t c = 0; c < rows->n_customers; c++) {
            for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1]; i++) {
                const int64_t serial = rows->columns[0].values[i];
                good = good && !seen[serial] && is_as_written(sj_snapshot_view(snapshot), rows, c, i, serial);
                seen[serial] = true;
                n_events[serial / EVENTS_MAX]++;
            }
        }
    }
    sj_cursor_close(cursor);
    sj_snapshot_close(snapshot);
    if (status != SJ_OK)
        fprintf(stderr, "reading: %s\n", error.message);
    return good && status == SJ_OK;
}

/* ---- the writer's process ---- */

static void tell(int log, int pipe, const char *what, unsigned batch) {
    char line[32];
    const int n = snprintf(line, sizeof line, "%s %u\n", what, batch);
    if (write(log, line, (size_t)n) != n || write(pipe, "", 1) != 1)
        _exit(3);
}

static enum sj_status write_batch(struct sj_store *store, unsigned batch, int log, int pipe, struct sj_error *err) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    SJ_TRY(sj_writer_open(store, batch % 4 == 0 ? SJ_LOAD_BULK : SJ_LOAD_STREAM, &writer, err));
    enum sj_status status = SJ_OK;
    tell(log, pipe, "begin", batch);
    for (unsigned i = 0; i < n_events_of(batch) && status == SJ_OK; i++)
        status = add(writer, batch, i, err);
    if (status == SJ_OK)
        status = sj_writer_commit(writer, NULL, &commit, err);
    if (status == SJ_OK)
        tell(log, pipe, "acked", batch);
    sj_writer_close(writer);
    if (status == SJ_OK && batch % 9 == 0)
        status = sj_store_compact(store, batch % 27 == 0, NULL, NULL, err);
    return status;
}

static void *write_batches(void *ctx) {
    struct job *job = ctx;
    struct sj_error error = {0};
    enum sj_status status = SJ_OK;
    unsigned batch = 0;
    while (status == SJ_OK && (batch = atomic_fetch_add(&job->next, 1)) < BATCHES_MAX)
        status = write_batch(job->store, batch, job->log, job->pipe, &error);
    fprintf(stderr, "the writer, at batch %u: %s\n", batch, error.message);
    _exit(status == SJ_OK ? 0 : 2);
}

/* Never returns. */
static void write_until_killed(const char *path, const char *log_path, unsigned batch, int pipe) {
    struct job job = {.log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_SYNC, 0600), .pipe = pipe, .next = batch};
    struct sj_store_options options = model_options();
    struct sj_error error = {0};
    pthread_t thread;
    options.memory_bytes = 6000; /* some loads spill */
    if (job.log < 0 || sj_store_open(&options, path, true, &job.store, &error) != SJ_OK) {
        fprintf(stderr, "the writer: %s\n", error.message);
        _exit(2);
    }
    for (int i = 1; i < N_THREADS; i++) {
        if (pthread_create(&thread, NULL, write_batches, &job) != 0)
            _exit(2);
    }
    (void)write_batches(&job);
}

/* ---- the reader's process ---- */

/* Every batch whole or not at all, and what was there stays there. */
static void read_until_stopped(const char *path, struct watch *watch) {
    static unsigned now[BATCHES_MAX], before[BATCHES_MAX];
    struct sj_store_options options = model_options();
    struct sj_error error = {0};
    while (!atomic_load(&watch->stop)) {
        struct sj_store *store = NULL;
        if (sj_store_open(&options, path, false, &store, &error) != SJ_OK) {
            fprintf(stderr, "the reader: %s\n", error.message);
            _exit(2);
        }
        for (int i = 0; i < 5; i++) {
            if (!read_batches(store, now))
                _exit(3);
            for (unsigned b = 0; b < BATCHES_MAX; b++) {
                if ((now[b] != 0 && now[b] != n_events_of(b)) || now[b] < before[b])
                    _exit(4);
            }
            memcpy(before, now, sizeof before);
            atomic_fetch_add(&watch->n_looks, 1);
        }
        sj_store_close(store);
    }
    _exit(0);
}

/* ---- the parent ---- */

static void read_log(const char *path, struct log *log) {
    FILE *file = fopen(path, "r");
    char word[8];
    unsigned batch;
    memset(log, 0, sizeof *log);
    assert_non_null(file);
    while (fscanf(file, "%7s %u", word, &batch) == 2) {
        assert_true(batch < BATCHES_MAX);
        if (strcmp(word, "begin") == 0)
            log->begun[batch] = true;
        else
            log->acked[batch] = true;
        log->n_begun = batch + 1 > log->n_begun ? batch + 1 : log->n_begun;
    }
    fclose(file);
}

static void busy_wait(int64_t span_us) {
    const struct sj_os *os = sj_os_real();
    const int64_t until_us = os->monotonic_us(os->ctx) + span_us;
    while (os->monotonic_us(os->ctx) < until_us) {
    }
}

/* A child that does not outlive a failed test. */
static pid_t fork_child(void) {
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        _exit(5);
    return child;
}

/* One life of the writer: so many bytes in the pipe (two a batch), then a moment. That it ends by itself is an error. */
static void live_and_die(const char *path, const char *log_path, struct sj_random *random, unsigned batch) {
    int ends[2], status = 0;
    char byte;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork_child();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(path, log_path, batch, ends[1]);
    }
    close(ends[1]);
    for (uint64_t n = sj_random_below(random, 40); n > 0; n--)
        assert_int_equal(read(ends[0], &byte, 1), 1);
    busy_wait((int64_t)sj_random_below(random, WAIT_US_MAX));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    close(ends[0]);
}

static void check_store(const char *path, const struct log *log, bool verify) {
    static unsigned n_events[BATCHES_MAX];
    struct sj_store_options options = model_options();
    struct sj_store *store = NULL;
    assert_ok(sj_store_open(&options, path, false, &store, err));
    assert_true(read_batches(store, n_events));
    for (unsigned b = 0; b < BATCHES_MAX; b++) {
        if (n_events[b] > 0 ? !log->begun[b] || n_events[b] != n_events_of(b) : log->acked[b])
            fail_msg("batch %u: %u events of %u; begun %d, acknowledged %d", b, n_events[b], n_events_of(b), log->begun[b], log->acked[b]);
    }
    if (verify)
        model_verify(store);
    sj_store_close(store);
}

static void test_killed_writer(void **state) {
    (void)state;
    static struct log log;
    struct sj_store_options options = model_options();
    struct sj_random random;
    char *path = model_folder(), log_path[300];
    uint64_t seed = 0;
    int status = 0;
    struct watch *watch = mmap(NULL, sizeof *watch, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(watch != MAP_FAILED);
    const char *chosen = getenv("SJ_SEED");
    assert_ok(sj_os_real()->random(NULL, &seed, sizeof seed, err));
    seed = chosen ? strtoull(chosen, NULL, 10) : seed;
    print_message("seed %llu (SJ_SEED chooses it)\n", (unsigned long long)seed);
    sj_random_init(&random, seed);
    snprintf(log_path, sizeof log_path, "%s.log", path);
    assert_ok(sj_store_create(&options, path, NULL, err));
    const pid_t reader = fork_child();
    if (reader == 0)
        read_until_stopped(path, watch);
    for (int round = 0; round < N_ROUNDS; round++) {
        live_and_die(path, log_path, &random, log.n_begun);
        if (access(log_path, F_OK) == 0)
            read_log(log_path, &log);
        check_store(path, &log, round % 6 == 0 || round == N_ROUNDS - 1);
    }
    atomic_store(&watch->stop, true);
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(watch->n_looks > N_ROUNDS);
    assert_true(log.n_begun > N_ROUNDS);
    munmap(watch, sizeof *watch);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed_writer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
