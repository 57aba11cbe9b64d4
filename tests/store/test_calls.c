/* Every call of a life fails, of the store and of SQLite: once, or from then on; with an error of the disk, or because it is full. The
 * store says so and goes on, or refuses to write until it is opened anew; it loses nothing that it has acknowledged, also when the
 * power goes afterwards, keeps nothing that it has not, and leaves nothing open.
 * SJ_CASE=MODE:CALL (as printed by a failure) is only that case; SJ_THOROUGH=1 is all of them, where else some are left out. */
#include "life.h"
#include "simfs.h"

#define PATH "/t.sojourn"

enum { N_LOADS = 8, LAST_EVENTS = 6, AFTERWARDS = LIFE_LOADS - 1 };

static const struct life_load loads[LIFE_LOADS] = {
    [0] = {SJ_LOAD_BULK, 14, true, 0, 0, 0}, /* two runs */
    [1] = {SJ_LOAD_STREAM, 3, true, 0, 0, 0}, [2] = {SJ_LOAD_STREAM, 2, false, 0, 0, 0},       [3] = {SJ_LOAD_BULK, 2, true, 0, 0, 0},
    [4] = {SJ_LOAD_STREAM, 2, true, 0, 0, 0}, [5] = {SJ_LOAD_STREAM, 1, false, 0, 0, 0},       [6] = {SJ_LOAD_BULK, 3, false, 0, 0, 0},
    [7] = {.n_events = 1, .saves = true},     [AFTERWARDS] = {SJ_LOAD_BULK, 2, true, 0, 0, 0},
};

/* ---- a life with failures ---- */

struct life {
    struct simfs *fs;
    struct simfs_faults faults;
    struct sj_store_options options;
    struct sj_store *store;
    struct life_belief belief;
    bool made, refuses; /* refuses: it has said that it takes no more */
    unsigned n_failed;
};

/* An error has a message and a status to match; a full disk is called so where it can be. */
static bool check(struct life *life, enum sj_status status, const struct sj_error *error) {
    const bool told = error->message[0] != '\0' && error->status == status;
    if (status == SJ_OK)
        return true;
    if (!told || !life->faults.happened || status == SJ_E_BUG || status == SJ_E_USAGE || status == SJ_E_CORRUPT || status == SJ_E_MEMORY)
        fail_msg("%s: \"%s\" after the failure of: %s", sj_status_name(status), error->message, life->faults.what);
    life->refuses = life->refuses || strstr(error->message, "open it anew");
    life->n_failed++;
    return false;
}

/* After a sync that failed nothing is taken any more, until the store is opened anew. */
static bool must_refuse(const struct life *life) { return life->refuses || life->faults.sync_failed; }

static void write_load(struct life *life, unsigned load) {
    struct sj_error error = {0};
    const bool refused = must_refuse(life);
    life->belief.begun[load] = !refused;
    if (check(life, life_write(life->store, loads, load, &error), &error)) {
        assert_false(refused);
        life->belief.acked[load] = true;
    }
}

static void compact(struct life *life, bool all) {
    struct sj_error error = {0};
    const bool refused = must_refuse(life);
    assert_false(check(life, sj_store_compact(life->store, all, NULL, NULL, &error), &error) && refused);
}

/* As long as the writer is open, a load that has failed is not seen. Opened anew, the catalog's log may have it, whole. */
static void read_and_compare(struct life *life, bool same_writer) {
    struct life_there there;
    struct sj_error error = {0};
    const enum sj_status status = life_read(life->store, loads, &there, &error);
    if (!check(life, status, &error))
        return;
    assert_ok(life_compare(loads, &life->belief, &there, err));
    for (unsigned l = 0; l < N_LOADS && same_writer; l++)
        assert_int_equal(there.events[l * LIFE_EVENTS_MAX], life->belief.acked[l]);
}

/* Of a large segment, and of what came last. */
static void drop(struct life *life) {
    struct sj_error error = {0};
    const bool refused = must_refuse(life);
    life->belief.going[0] = !refused && life->belief.acked[0];
    life->belief.going[LAST_EVENTS] = !refused && life->belief.acked[LAST_EVENTS];
    if (check(life, life_drop(life->store, life->belief.going, &error), &error)) {
        assert_false(refused);
        life->belief.gone = true;
    }
}

static void load_and_compact(struct life *life) {
    for (unsigned l = 0; l < N_LOADS; l++) {
        write_load(life, l);
        if (l == 2 || l == 4)
            compact(life, l == 4);
        if (l == 1 || l == 5)
            read_and_compare(life, true);
    }
    drop(life);
}

/* ---- what is left ---- */

static void check_swept(struct simfs *fs, struct sj_store *store) {
    struct sj_snapshot *snapshot = NULL;
    struct sj_arena arena;
    struct sj_store_info info;
    sj_arena_init(&arena, sj_alloc_libc());
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_snapshot_info(snapshot, &arena, &info, err));
    assert_int_equal(simfs_n_entries(fs, PATH "/segments"), sj_snapshot_view(snapshot)->n_segments - (info.n_inbox_events > 0));
    sj_snapshot_close(snapshot);
    sj_arena_done(&arena);
}

/* Opened anew, on a disk that works. What is written then outlives the power too, whatever failed before. */
static void check_store(struct simfs *fs, const struct life_belief *before, bool writes) {
    struct life_belief belief = *before;
    struct sj_store_options options = model_options();
    struct sj_store *store = NULL;
    struct life_there there;
    options.os = simfs_os(fs);
    assert_ok(sj_store_open(&options, PATH, true, &store, err));
    check_swept(fs, store);
    assert_ok(life_verify(store, err));
    assert_ok(life_read(store, loads, &there, err));
    assert_ok(life_compare(loads, &belief, &there, err));
    if (writes) {
        belief.begun[AFTERWARDS] = belief.acked[AFTERWARDS] = true;
        assert_ok(life_write(store, loads, AFTERWARDS, err));
        assert_ok(life_read(store, loads, &there, err));
        assert_ok(life_compare(loads, &belief, &there, err));
        struct simfs *after = simfs_after_cut(fs, SIMFS_LOST, 1);
        check_store(after, &belief, false); // NOLINT(misc-no-recursion): once, as that writes nothing
        simfs_free(after);
    }
    sj_store_close(store);
    assert_int_equal(simfs_n_open(fs), 0);
}

/* What is there when the power goes now. */
static void check_cuts(struct life *life) {
    static const enum simfs_loss losses[] = {SIMFS_LOST, SIMFS_TORN};
    for (size_t i = 0; i < sizeof losses / sizeof *losses && life->made; i++) {
        struct simfs *after = simfs_after_cut(life->fs, losses[i], 1);
        check_store(after, &life->belief, i == 1);
        simfs_free(after);
    }
}

/* ---- whole lives ---- */

static void live(struct life *life) {
    struct sj_error error = {0};
    life->made = check(life, sj_store_create(&life->options, PATH, NULL, &error), &error);
    if (!life->made)
        life->faults.n_syncs_again = 0; /* of what has been thrown away */
    error = (struct sj_error){0};
    if (life->made && check(life, sj_store_open(&life->options, PATH, true, &life->store, &error), &error)) {
        life->faults.sync_failed = false; /* by who had it open before */
        load_and_compact(life);
        check_cuts(life);
        sj_store_close(life->store);
    }
    error = (struct sj_error){0};
    if (life->made && check(life, sj_store_open(&life->options, PATH, false, &life->store, &error), &error)) {
        read_and_compare(life, false);
        sj_store_close(life->store);
    }
}

static void check_after(struct life *life) {
    check_cuts(life);
    simfs_fail(life->fs, NULL);
    if (life->made)
        check_store(life->fs, &life->belief, true);
    else if (!life->faults.for_good) /* a disk that fails for good does not let us tidy up */
        assert_int_equal(simfs_n_entries(life->fs, "/"), 0);
}

enum mode { ONCE, FOR_GOOD, FULL_ONCE, FULL_FOR_GOOD, FOLDER_SYNC, N_MODES };

/* The case at hand, for tell_last(): a failed assertion leaves by a jump. */
static struct {
    enum mode mode;
    long n;
    const struct life *life;
} current;

static int tell_last(void **state) {
    (void)state;
    print_message("the last case: SJ_CASE=%d:%ld, the failure of: %s\n", (int)current.mode, current.n, current.life->faults.what);
    return 0;
}

/* A life in which call number n fails. False: none did, the life has fewer calls. */
static bool one_life(enum mode mode, long n) {
    static struct life life;
    life = (struct life){.faults = {
                             .n_until = n,
                             .for_good = mode == FOR_GOOD || mode == FULL_FOR_GOOD,
                             .full = mode == FULL_ONCE || mode == FULL_FOR_GOOD,
                             .only_folder_syncs = mode == FOLDER_SYNC,
                         }};
    life.fs = simfs_new();
    life.options = model_options();
    life.options.os = simfs_os(life.fs);
    life.options.memory_bytes = 18000;
    simfs_fail(life.fs, &life.faults);
    current.mode = mode;
    current.n = n;
    current.life = &life;
    live(&life);
    assert_int_equal(simfs_n_open(life.fs), 0);
    if (life.faults.n_syncs_again > 0)
        fail_msg("%s was synced again after its sync had failed", life.faults.synced_again);
    check_after(&life);
    simfs_free(life.fs);
    return life.faults.happened;
}

/* `stride`: past the first calls, one of so many is taken. */
static void try_all(enum mode mode, long stride, long n_min) {
    long n = 0;
    stride = getenv("SJ_THOROUGH") ? 1 : stride;
    const char *only = getenv("SJ_CASE");
    if (only) {
        int chosen = 0;
        assert_int_equal(sscanf(only, "%d:%ld", &chosen, &n), 2);
        if (chosen == (int)mode)
            (void)one_life(mode, n);
        return;
    }
    while (one_life(mode, n))
        n += stride;
    assert_true(n > n_min); /* the life does call the system */
}

static void test_calls_fail_once(void **state) {
    (void)state;
    try_all(ONCE, 1, 400);
}
static void test_calls_fail_for_good(void **state) {
    (void)state;
    try_all(FOR_GOOD, 2, 400);
}
static void test_disk_is_full_once(void **state) {
    (void)state;
    try_all(FULL_ONCE, 1, 100);
}
static void test_disk_is_full_for_good(void **state) {
    (void)state;
    try_all(FULL_FOR_GOOD, 1, 100);
}
/* Of which SQLite does not tell when it has made its log. */
static void test_folder_syncs_fail(void **state) {
    (void)state;
    try_all(FOLDER_SYNC, 1, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_calls_fail_once, tell_last),   cmocka_unit_test_teardown(test_calls_fail_for_good, tell_last),
        cmocka_unit_test_teardown(test_disk_is_full_once, tell_last), cmocka_unit_test_teardown(test_disk_is_full_for_good, tell_last),
        cmocka_unit_test_teardown(test_folder_syncs_fail, tell_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
