/* The power goes before every step of a store's life, by ours and by SQLite's, in many ways; then the store is opened without further
 * ado, and what was acknowledged is there. simfs.h says what a power cut takes.
 *
 * A life runs once. Before each of its steps copies of the file system are made as power cuts leave them, and in each the store is
 * read, opened as a writer, checked and written; for some the power goes again during that. Each such recovery is a case.
 * SJ_SEED chooses other cuts, SJ_CASE=LIFE:STEP:CUT (as printed by a failure) only that one, SJ_THOROUGH=1 many more. */
#include <pthread.h>
#include <sched.h>
#include "life.h"
#include "simfs.h"
#include "store/internal.h"

#define PATH "/t.sojourn"
#define DISCARDED "/discarded.sojourn"

/* Thread sanitizer takes ten times as long, and there are no more threads in a thousand cases than in ten. */
#if defined(__SANITIZE_THREAD__)
enum { STRIDE = 17, CASES_MIN = 500 };
#else
enum { STRIDE = 1, CASES_MIN = 10000 };
#endif

enum { N_GROUP = 3, AFTERWARDS = LIFE_LOADS - 1, CUTS = 12, CUTS_THOROUGH = 40, STEPS_AGAIN = 90 };

static const struct life_load loads[LIFE_LOADS] = {
    /* two runs */
    [0] = {SJ_LOAD_BULK, 14, true, 0, 0, 0},
    [1] = {SJ_LOAD_STREAM, 3, true, 0, 0, 0},
    /* these share a commit */
    [2] = {SJ_LOAD_STREAM, 2, false, 0, 0, 0},
    [3] = {SJ_LOAD_STREAM, 1, true, 0, 0, 0},
    [4] = {SJ_LOAD_STREAM, 3, false, 0, 0, 0},
    /* some events once more */
    [5] = {SJ_LOAD_BULK, 2, true, 1, 2, 0},
    [6] = {SJ_LOAD_STREAM, 2, true, 1, 3, 0},
    /* enough segments for a tier */
    [7] = {SJ_LOAD_BULK, 1, false, 0, 0, 0},
    [8] = {SJ_LOAD_BULK, 2, false, 0, 0, 0},
    [9] = {SJ_LOAD_BULK, 1, true, 0, 1, 0},
    [10] = {SJ_LOAD_BULK, 1, false, 0, 0, 0},
    [11] = {SJ_LOAD_BULK, 3, false, 0, 0, 0},
    [12] = {SJ_LOAD_BULK, 1, false, 0, 0, 0},
    /* after reopening */
    [13] = {SJ_LOAD_STREAM, 2, true, 0, 4, 0},
    [14] = {SJ_LOAD_STREAM, 1, false, 0, 0, 0},
    [15] = {SJ_LOAD_BULK, 3, false, 0, 0, 0},
    [16] = {SJ_LOAD_STREAM, 4, true, 13, 2, 0},
    [17] = {SJ_LOAD_BULK, 2, true, 16, 4, 0},
    /* so large that the log of the catalog is full */
    [20] = {SJ_LOAD_STREAM, 16, false, 0, 0, 60000},
    [21] = {SJ_LOAD_STREAM, 16, false, 0, 0, 60000},
    [22] = {SJ_LOAD_STREAM, 16, false, 0, 0, 60000},
    [23] = {SJ_LOAD_STREAM, 16, false, 0, 0, 60000},
    [24] = {SJ_LOAD_STREAM, 16, false, 0, 0, 60000},
    [18] = {.n_events = 1, .saves = true},
    [19] = {.n_events = 1, .saves = true},
    /* people who are linked, and erased */
    [25] = {.load = SJ_LOAD_BULK, .n_events = 3, .is_person = true},
    [26] = {.load = SJ_LOAD_STREAM, .n_events = 4, .has_ids = true, .is_person = true},
    [27] = {.load = SJ_LOAD_STREAM, .n_events = 2, .is_person = true},
    [AFTERWARDS] = {SJ_LOAD_BULK, 2, true, 0, 0, 0},
};

static struct sj_store_options options_of(struct simfs *fs) {
    struct sj_store_options options = model_options();
    options.os = simfs_os(fs);
    options.memory_bytes = 18000;
    return options;
}

/* ---- a case: the power comes back ---- */

struct trial {
    struct simfs *fs;
    struct life_belief belief;
    bool made; /* the store has been acknowledged */
    bool writes_anew;
    long cut_again; /* the step before which the power goes again; negative: never */
    uint64_t seed;
    long n_cases;
    enum sj_status again_status;
    struct sj_error again_error;
};

static enum sj_status recover(struct trial *t, struct sj_error *err);

static void cut_again(void *ctx, struct simfs *fs, long step) {
    struct trial *t = ctx;
    if (step != t->cut_again)
        return;
    struct trial again = {.belief = t->belief, .made = t->made, .cut_again = -1, .writes_anew = true};
    again.fs = simfs_after_cut(fs, (enum simfs_loss)(t->seed % SIMFS_N_LOSSES), t->seed);
    t->again_status = recover(&again, &t->again_error);
    t->n_cases += again.n_cases;
    simfs_free(again.fs);
}

static enum sj_status read_and_compare(struct sj_store *store, const struct trial *t, struct life_there *there, struct sj_error *err) {
    SJ_TRY(life_read(store, loads, there, err));
    return life_compare(loads, &t->belief, there, err);
}

/* What a reader finds. */
static enum sj_status look(struct trial *t, struct life_there *ret_there, struct sj_error *err) {
    struct sj_store_options options = options_of(t->fs);
    struct sj_store *store;
    SJ_TRY(sj_store_open(&options, PATH, false, &store, err));
    enum sj_status status = read_and_compare(store, t, ret_there, err);
    sj_store_close(store);
    return status;
}

static enum sj_status write_one(struct sj_store *store, struct trial *t, unsigned load, struct sj_error *err) {
    t->belief.begun[load] = true;
    SJ_TRY(life_write(store, loads, load, err));
    t->belief.acked[load] = true;
    return SJ_OK;
}

/* What was not acknowledged and is not there is written again, and something new. */
static enum sj_status write_anew(struct sj_store *store, struct trial *t, struct life_there *there, struct sj_error *err) {
    for (unsigned l = 0; l < LIFE_LOADS; l++) {
        if (t->belief.going[l])
            continue;
        if (there->events[l * LIFE_EVENTS_MAX])
            t->belief.acked[l] = true; /* now that it has been seen */
        else if (t->belief.begun[l])
            SJ_TRY(write_one(store, t, l, err));
    }
    SJ_TRY(write_one(store, t, AFTERWARDS, err));
    SJ_TRY(sj_store_compact(store, false, NULL, NULL, err));
    return read_and_compare(store, t, there, err);
}

/* Maps of homes that are named. */
static size_t count_maps(const struct sj_store *store, const struct sj_lives *lives) {
    size_t n = store->meta.homes != 0;
    for (size_t i = 0; i < lives->n; i++) {
        const int64_t homes = lives->items[i].row.homes;
        bool is_new = homes != 0 && homes != store->meta.homes;
        for (size_t k = 0; k < i; k++)
            is_new = is_new && lives->items[k].row.homes != homes;
        n += is_new;
    }
    return n;
}

static enum sj_status check_swept(struct trial *t, struct sj_store *store, struct sj_error *err) {
    struct sj_lives lives;
    SJ_TRY(sj_store_lives(store, &lives, err));
    const size_t n_live = lives.n + count_maps(store, &lives), n_there = simfs_n_entries(t->fs, PATH "/segments");
    sj_lives_close(store, &lives);
    return n_there == n_live ? SJ_OK : sj_fail(err, SJ_E_BUG, "%zu files are there for %zu segments", n_there, n_live);
}

/* What a writer finds, which is what the reader found. */
static enum sj_status live_on(struct trial *t, const struct life_there *seen, struct sj_error *err) {
    struct sj_store_options options = options_of(t->fs);
    struct sj_store *store;
    struct life_there there;
    SJ_TRY(sj_store_open(&options, PATH, true, &store, err));
    enum sj_status status = check_swept(t, store, err);
    if (status == SJ_OK)
        status = life_verify(store, err);
    if (status == SJ_OK)
        status = read_and_compare(store, t, &there, err);
    if (status == SJ_OK && seen && memcmp(seen, &there, sizeof there) != 0)
        status = sj_fail(err, SJ_E_BUG, "a writer finds other events than the reader before it");
    if (status == SJ_OK && t->writes_anew)
        status = write_anew(store, t, &there, err);
    sj_store_close(store);
    return status;
}

/* A store that was discarded is there whole, and empty, or not at all. */
static enum sj_status look_at_discarded(struct trial *t, struct sj_error *err) {
    struct sj_store_options options = options_of(t->fs);
    struct sj_store *store;
    if (!sj_store_exists(&options, DISCARDED))
        return SJ_OK;
    SJ_TRY(sj_store_open(&options, DISCARDED, true, &store, err));
    enum sj_status status = life_verify(store, err);
    sj_store_close(store);
    return status;
}

/* Who has seen that the dropped loads are gone does not see them again. */
static void note_gone(struct trial *t, const struct life_there *there) {
    bool any = false, left = false;
    for (unsigned l = 0; l < LIFE_LOADS; l++) {
        any = any || t->belief.going[l];
        left = left || (t->belief.going[l] && there->events[l * LIFE_EVENTS_MAX]);
    }
    t->belief.gone = t->belief.gone || (any && !left);
}

static enum sj_status recover_all(struct trial *t, struct sj_error *err) {
    struct sj_store_options options = options_of(t->fs);
    struct life_there there;
    SJ_TRY(look_at_discarded(t, err));
    if (sj_store_exists(&options, PATH)) {
        SJ_TRY(look(t, &there, err));
        t->made = true; /* now that it has been seen */
        note_gone(t, &there);
        return live_on(t, &there, err);
    }
    if (t->made)
        return sj_fail(err, SJ_E_BUG, "the store is gone");
    SJ_TRY(sj_store_create(&options, PATH, NULL, err));
    t->made = true;
    return live_on(t, NULL, err);
}

static enum sj_status recover(struct trial *t, struct sj_error *err) {
    simfs_watch(t->fs, cut_again, t);
    t->n_cases++;
    SJ_TRY(recover_all(t, err));
    if (simfs_n_open(t->fs) != 0)
        return sj_fail(err, SJ_E_BUG, "%ld files are still open", simfs_n_open(t->fs));
    if (t->again_status != SJ_OK && err)
        *err = t->again_error;
    return t->again_status == SJ_OK ? SJ_OK : sj_fail_in(err, t->again_status, "after a second cut, at step %ld", t->cut_again);
}

/* ---- a life, with its cuts ---- */

struct power {
    struct simfs *fs;
    struct sj_store_options options;
    struct sj_store *store, *reader;
    struct sj_snapshot *snapshot;
    struct life_belief belief;
    bool made, failed;
    unsigned life;
    long thin;   /* of so many writes of SQLite one is cut at */
    long n_cuts; /* at a step */
    uint64_t seed;
    long n_cases, n_syncs, n_acked;
    long only_step, only_cut; /* negative: all */
    struct group *group;
};

static void cut(struct power *p, long step, long number, enum simfs_loss loss) {
    struct sj_random random;
    struct sj_error error = {0};
    if (p->failed || (p->only_step >= 0 && (step != p->only_step || number != p->only_cut)))
        return;
    sj_random_init(&random, p->seed * 1000003 + p->life * 7919 + (uint64_t)step * 64 + (uint64_t)number);
    struct trial t = {.belief = p->belief, .made = p->made, .cut_again = -1};
    t.fs = simfs_after_cut(p->fs, loss, sj_random_u64(&random));
    t.seed = sj_random_u64(&random);
    t.writes_anew = sj_random_below(&random, 3) == 0;
    if (sj_random_below(&random, 5) == 0)
        t.cut_again = (long)sj_random_below(&random, STEPS_AGAIN);
    if (recover(&t, &error) != SJ_OK) {
        p->failed = true;
        print_error("the power went before step %ld (%s): %s\n", step, simfs_last(p->fs), error.message);
        print_error("again: SJ_SEED=%llu SJ_CASE=%u:%ld:%ld\n", (unsigned long long)p->seed, p->life, step, number);
    }
    p->n_cases += t.n_cases;
    simfs_free(t.fs);
}

static long count_acked(const struct power *p) {
    long n = p->made;
    for (unsigned l = 0; l < LIFE_LOADS; l++)
        n += p->belief.acked[l];
    return n;
}

/* Whether nothing but a sync or an acknowledgement could make a difference to what is left of nothing, and there was none. */
static bool is_as_before(struct power *p) {
    const long n_syncs = simfs_n_syncs(p->fs), n_acked = count_acked(p);
    const bool same = n_syncs == p->n_syncs && n_acked == p->n_acked;
    p->n_syncs = n_syncs;
    p->n_acked = n_acked;
    return same;
}

static void start_group(struct power *p);

static void before_step(void *ctx, struct simfs *fs, long step) {
    struct power *p = ctx;
    const bool is_write = strncmp(simfs_last(fs), "SQLite writes", 13) == 0;
    start_group(p);
    if (step % STRIDE != 0 || (is_write && step % p->thin != 0))
        return;
    if (!is_as_before(p))
        cut(p, step, 0, SIMFS_LOST);
    cut(p, step, 1, SIMFS_KEPT);
    for (long i = 2; i < p->n_cuts; i++)
        cut(p, step, i, i % 2 == 0 ? SIMFS_RANDOM : SIMFS_TORN);
}

/* ---- loads that share a commit ---- */

/* The first load's transaction is held up at its first step until the others wait for it, one after the other: so the next
 * transaction is of all of them, and every life is the same. */
struct group {
    struct sj_store *store;
    struct follower {
        struct sj_writer *writer;
        pthread_t thread;
        enum sj_status status;
        struct sj_error error;
    } followers[N_GROUP - 1];
    bool started;
};

static void *follow(void *arg) {
    struct follower *f = arg;
    struct sj_commit commit;
    f->status = sj_writer_commit(f->writer, NULL, &commit, &f->error);
    return NULL;
}

static const void *last_pending(struct sj_store *store) {
    (void)pthread_mutex_lock(&store->queue_lock);
    const void *last = store->pending;
    (void)pthread_mutex_unlock(&store->queue_lock);
    return last;
}

static void start_group(struct power *p) {
    struct group *group = p->group;
    if (!group || group->started)
        return;
    group->started = true;
    for (int i = 0; i < N_GROUP - 1; i++) {
        const void *before = last_pending(group->store);
        if (pthread_create(&group->followers[i].thread, NULL, follow, &group->followers[i]) != 0)
            abort();
        while (last_pending(group->store) == before)
            (void)sched_yield();
    }
}

/* Loads first to first + N_GROUP - 1, from as many threads. */
static void write_group(struct power *p, unsigned first) {
    struct group group = {.store = p->store};
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    for (unsigned i = 0; i < N_GROUP; i++) {
        struct sj_writer **filled = i == 0 ? &writer : &group.followers[i - 1].writer;
        assert_ok(sj_writer_open(p->store, SJ_LOAD_STREAM, filled, err));
        assert_ok(life_fill(*filled, loads, first + i, err));
        p->belief.begun[first + i] = true;
    }
    p->group = &group;
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    assert_true(group.started);
    sj_writer_close(writer);
    for (int i = 0; i < N_GROUP - 1; i++) {
        assert_int_equal(pthread_join(group.followers[i].thread, NULL), 0);
        assert_int_equal(group.followers[i].status, SJ_OK);
        sj_writer_close(group.followers[i].writer);
    }
    p->group = NULL; /* the last to commit has looked at it */
    for (unsigned i = 0; i < N_GROUP; i++)
        p->belief.acked[first + i] = true;
}

/* ---- lives ---- */

static void write_loads(struct power *p, unsigned first, unsigned end) {
    for (unsigned l = first; l < end; l++) {
        p->belief.begun[l] = true;
        assert_ok(life_write(p->store, loads, l, err));
        p->belief.acked[l] = true;
    }
}

static void open_store(struct power *p) { assert_ok(sj_store_open(&p->options, PATH, true, &p->store, err)); }

static void close_store(struct power *p) {
    sj_store_close(p->store);
    p->store = NULL;
}

static void compact(struct power *p, bool all) { assert_ok(sj_store_compact(p->store, all, NULL, NULL, err)); }

static void create(struct power *p) {
    assert_ok(sj_store_create(&p->options, PATH, NULL, err));
    p->made = true;
}

/* A reader that stays, so that the writer's closing leaves the log of the catalog where it is. */
static void open_reader(struct power *p) {
    assert_ok(sj_store_open(&p->options, PATH, false, &p->reader, err));
    assert_ok(sj_snapshot_open(p->reader, &p->snapshot, err));
}

static void close_reader(struct power *p) {
    sj_snapshot_close(p->snapshot);
    sj_store_close(p->reader);
}

static void live_long(struct power *p, bool with_reader) {
    create(p);
    open_store(p);
    write_loads(p, 0, 2);
    if (with_reader)
        open_reader(p);
    write_group(p, 2);
    write_loads(p, 5, 7);
    write_loads(p, 18, 19);
    compact(p, with_reader);
    write_loads(p, 7, 13);
    compact(p, false);
    close_store(p);
    open_store(p);
    write_loads(p, 13, 16);
    compact(p, true);
    write_loads(p, 16, 17);
    close_store(p);
    open_store(p);
    write_loads(p, 17, 18);
    write_loads(p, 19, 20);
    close_store(p);
    if (with_reader)
        close_reader(p);
}

static void live_alone(struct power *p) { live_long(p, false); }
static void live_with_reader(struct power *p) { live_long(p, true); }

/* Loads of two segments and of the inbox are dropped, some with others in the same segment, one with its whole segment. */
static void live_dropping(struct power *p) {
    static const unsigned going[] = {0, 1, 7, 15};
    create(p);
    open_store(p);
    write_loads(p, 0, 2);
    write_loads(p, 7, 9);
    compact(p, true);
    write_loads(p, 15, 16);
    write_loads(p, 10, 12);
    write_loads(p, 14, 15);
    for (size_t i = 0; i < sizeof going / sizeof *going; i++)
        p->belief.going[going[i]] = true;
    assert_ok(life_drop(p->store, p->belief.going, err));
    p->belief.gone = true;
    write_loads(p, 12, 13);
    compact(p, true);
    close_store(p);
}

/* Two become one, are put together, are joined by a third, and two are erased. */
static void live_people(struct power *p) {
    create(p);
    open_store(p);
    write_loads(p, 25, 27);
    write_loads(p, 0, 1);
    assert_ok(life_link(p->store, 25, 26, err));
    compact(p, true);
    write_loads(p, 27, 28);
    write_loads(p, 10, 11);
    assert_ok(life_link(p->store, 26, 27, err));
    compact(p, false);
    p->belief.going[25] = p->belief.going[27] = true;
    assert_ok(life_erase(p->store, p->belief.going, err));
    p->belief.gone = true;
    write_loads(p, 12, 13);
    compact(p, true);
    close_store(p);
}

static void live_discarding(struct power *p) {
    assert_ok(sj_store_create(&p->options, DISCARDED, NULL, err));
    sj_store_discard(&p->options, DISCARDED);
    assert_int_equal(simfs_n_entries(p->fs, "/"), 0);
    create(p);
}

/* The log of the catalog is full, and carried into the catalog by a commit. */
static void live_at_large(struct power *p) {
    simfs_watch(p->fs, NULL, NULL);
    create(p);
    simfs_watch(p->fs, before_step, p);
    p->options.memory_bytes = 0;
    p->thin = 131;
    p->n_cuts /= 3;
    open_store(p);
    write_loads(p, 20, 25);
    close_store(p);
}

static long live(unsigned number, uint64_t seed, long only_step, long only_cut) {
    const int64_t start_us = sj_os_real()->monotonic_us(NULL);
    static void (*const lives[])(struct power *) = {live_alone,    live_with_reader, live_discarding,
                                                    live_at_large, live_dropping,    live_people};
    struct power p = {.life = number, .seed = seed, .thin = 1, .n_syncs = -1, .only_step = only_step, .only_cut = only_cut};
    p.n_cuts = getenv("SJ_THOROUGH") ? CUTS_THOROUGH : CUTS;
    p.fs = simfs_new();
    p.options = options_of(p.fs);
    simfs_watch(p.fs, before_step, &p);
    lives[number](&p);
    assert_int_equal(simfs_n_open(p.fs), 0);
    before_step(&p, p.fs, simfs_n_steps(p.fs)); /* after the last */
    print_message("life %u: %ld steps, %ld cases, %lld ms\n", number, simfs_n_steps(p.fs), p.n_cases,
                  (long long)(sj_os_real()->monotonic_us(NULL) - start_us) / 1000);
    simfs_free(p.fs);
    assert_false(p.failed);
    return p.n_cases;
}

static void test_power_cuts(void **state) {
    (void)state;
    const char *seed = getenv("SJ_SEED"), *only = getenv("SJ_CASE");
    unsigned life = 0;
    long step = -1, number = -1, n_cases = 0;
    if (only) {
        assert_int_equal(sscanf(only, "%u:%ld:%ld", &life, &step, &number), 3);
        assert_true(life < 6);
        (void)live(life, seed ? strtoull(seed, NULL, 10) : 1, step, number);
        return;
    }
    for (life = 0; life < 6; life++)
        n_cases += live(life, seed ? strtoull(seed, NULL, 10) : 1, -1, -1);
    print_message("%ld cases\n", n_cases);
    assert_true(n_cases >= CASES_MIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_power_cuts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
