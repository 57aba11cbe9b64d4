/* Every bit of the catalog and of SQLite's log beside it, flipped. With the catalog the store says the same, or refuses with an error that
 * names the damage; it never says something else. The same for every length that the file can be cut to. What neither reading nor verify
 * notices is listed by SQLite's format: space that no cell uses, and some numbers of its header. With the log it says the same, or what
 * it said before one of the commits: to SQLite a log ends where a checksum is wrong, as when the power went.
 *
 * In an ordinary run bits are drawn by a seed (SJ_SEED chooses it); SJ_THOROUGH=1 takes all. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "model.h"
#include "store/saved.h"

enum { SAMPLE = 1500, PAGE = 4096, STATES_MAX = 8 };

static const struct sj_hash128 digests[] = {{11, 12}, {21, 22}, {31, 32}}; /* the last one is of no import */

struct world {
    struct sj_store_options options;
    char *path;
    char catalog[300], log[300], shm[300];
    uint64_t digest;
    uint64_t *states; /* what the store said after each commit; shared with the process that fills it */
    size_t n_states;
    struct sj_random random;
};

/* What was read, or why not. */
struct look {
    enum sj_status status;
    uint64_t digest;
    size_t n_findings;
    struct sj_error error;
};

/* ---- the store ---- */

static void load(struct sj_store *store, struct sj_random *random, enum sj_load how, int n, const struct sj_import *import) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    assert_ok(sj_writer_open(store, how, &writer, err));
    for (int i = 0; i < n; i++) {
        const struct model_event event = model_random_event(random, 8);
        assert_ok(model_write(writer, &event, err));
    }
    assert_ok(sj_writer_commit(writer, import, &commit, err));
    sj_writer_close(writer);
}

static struct sj_import import_of(int i) {
    return (struct sj_import){.name = SJ_LIT("events.csv"),
                              .digest = digests[i],
                              .has_digest = true,
                              .n_rejected = 3,
                              .mapping = SJ_LIT("{\"customer\":\"user_id\",\"time\":\"timestamp\"}")};
}

/* ---- looking ---- */

static enum sj_status look_at_imports(struct sj_store *store, uint64_t *digest, struct sj_error *err) {
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        int64_t found[2] = {-1, -1};
        const enum sj_status status = sj_store_find_import(store, digests[i], &found[0], (uint64_t *)&found[1], err);
        if (status != SJ_OK && status != SJ_E_NOT_FOUND)
            return status;
        *digest = sj_hash64(found, sizeof found, *digest);
    }
    return SJ_OK;
}

static void count_finding(void *ctx, const char *text) {
    (void)ctx;
    assert_true(text[0] != '\0');
}

static enum sj_status look_at_rest(struct sj_store *store, struct look *look, struct sj_error *err) {
    struct sj_snapshot *snapshot = NULL;
    struct sj_arena arena;
    struct sj_store_info info = {0};
    sj_arena_init(&arena, sj_alloc_libc());
    SJ_TRY(sj_snapshot_open(store, &snapshot, err));
    enum sj_status status = sj_snapshot_info(snapshot, &arena, &info, err);
    const uint64_t counts[] = {info.n_bytes, info.n_customers, info.n_imports, info.n_inbox_events};
    look->digest = sj_hash64(counts, sizeof counts, look->digest);
    if (status == SJ_OK)
        status = look_at_imports(store, &look->digest, err);
    if (status == SJ_OK)
        status = sj_snapshot_verify(snapshot, count_finding, NULL, &look->n_findings, err);
    sj_arena_done(&arena);
    sj_snapshot_close(snapshot);
    return status;
}

static struct look look_at(const struct world *w) {
    struct look look = {0};
    struct sj_store *store = NULL;
    look.status = sj_store_open(&w->options, w->path, false, &store, &look.error);
    if (look.status == SJ_OK)
        look.status = model_digest(store, &look.digest, &look.error);
    if (look.status == SJ_OK)
        look.status = look_at_rest(store, &look, &look.error);
    sj_store_close(store);
    return look;
}

/* ---- filling ---- */

static uint64_t digest_now(const struct world *w) {
    const struct look look = look_at(w);
    if (look.status != SJ_OK || look.n_findings > 0)
        fail_msg("%s", look.error.message);
    return look.digest;
}

/* Two segments, two imports, two loads in the inbox, two saved segments. */
static void fill(struct world *w, struct sj_store **ret_store) {
    static const struct {
        enum sj_load how;
        int n_events, import; /* import: -1 for none */
    } loads[] = {
        {SJ_LOAD_BULK, 30, 0}, {SJ_LOAD_BULK, 20, -1}, {SJ_LOAD_STREAM, 6, 1}, {SJ_LOAD_STREAM, 60, -1}}; /* the last: longer than a page */
    struct sj_random random;
    const struct sj_import imports[] = {import_of(0), import_of(1)};
    sj_random_init(&random, 6);
    assert_ok(sj_store_create(&w->options, w->path, NULL, err));
    assert_ok(sj_store_open(&w->options, w->path, true, ret_store, err));
    w->states[0] = digest_now(w);
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        load(*ret_store, &random, loads[i].how, loads[i].n_events, loads[i].import < 0 ? NULL : &imports[loads[i].import]);
        w->states[i + 1] = digest_now(w);
    }
    const struct sj_saved_segment saved[] = {{SJ_LIT("loyal"), SJ_LIT("did(purchase, at least 2)"), SJ_LIT("those who come back"), 0},
                                             {SJ_LIT("big spenders"), SJ_LIT("sum(value, purchase) > 100"), SJ_LIT(""), 0}};
    for (size_t i = 0; i < 2; i++) {
        assert_ok(sj_store_save_segment(*ret_store, &saved[i], false, err));
        w->states[5 + i] = digest_now(w);
    }
}

/* ---- damage ---- */

static uint8_t *read_file(const char *path, size_t *ret_n) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *ret_n = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*ret_n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *ret_n, file), *ret_n);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void write_file(const char *path, const uint8_t *bytes, size_t n) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* What readers leave: only the file itself may be changed, and everything else must be as it was. */
static void forget_readers(const struct world *w, bool has_log) {
    (void)unlink(w->shm);
    if (!has_log)
        (void)unlink(w->log);
}

static bool is_named(enum sj_status status) { return status == SJ_E_CORRUPT || status == SJ_E_VERSION; }

/* False: nothing noticed it. */
static bool check_look(const struct world *w, const struct look *look, const char *what, size_t at) {
    if (look->status != SJ_OK && (!is_named(look->status) || look->error.message[0] == '\0'))
        fail_msg("%s %zu: %s: %s", what, at, sj_status_name(look->status), look->error.message);
    bool said_before = look->digest == w->digest;
    for (size_t i = 0; i < w->n_states; i++)
        said_before = said_before || look->digest == w->states[i];
    if (look->status == SJ_OK && !said_before)
        fail_msg("%s %zu: the store says what it has never said, without a word", what, at);
    return look->status != SJ_OK || look->n_findings > 0 || look->digest != w->digest;
}

static bool is_thorough(void) { return getenv("SJ_THOROUGH") != NULL; }

/* The next of `n` places after `at`: one of some SAMPLE. */
static size_t next_place(struct world *w, size_t at, size_t n) {
    return at + 1 + (is_thorough() ? 0 : (size_t)sj_random_below(&w->random, n / SAMPLE * 2 + 1));
}

/* Flips bits of the file and looks each time; `missed` is told of those that nothing noticed. */
static void flip_bits(struct world *w, const char *path, bool has_log, void (*missed)(const uint8_t *bytes, size_t byte)) {
    size_t n = 0, n_flips = 0, n_missed = 0;
    uint8_t *bytes = read_file(path, &n);
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(file >= 0);
    for (size_t bit = next_place(w, (size_t)-1, n * 8); bit < n * 8; bit = next_place(w, bit, n * 8)) {
        const uint8_t flipped = bytes[bit / 8] ^ (uint8_t)(1 << bit % 8);
        forget_readers(w, has_log);
        assert_int_equal(pwrite(file, &flipped, 1, (off_t)(bit / 8)), 1);
        const struct look look = look_at(w);
        assert_int_equal(pwrite(file, &bytes[bit / 8], 1, (off_t)(bit / 8)), 1);
        n_flips++;
        if (check_look(w, &look, "bit", bit))
            continue;
        n_missed++;
        missed(bytes, bit / 8);
    }
    forget_readers(w, has_log);
    print_message("%s: %zu bits of %zu flipped, %zu noticed\n", strrchr(path, '/') + 1, n_flips, n * 8, n_flips - n_missed);
    assert_true(n_flips > SAMPLE / 2);
    assert_int_equal(look_at(w).digest, w->digest);
    assert_int_equal(close(file), 0);
    free(bytes);
}

static void cut(struct world *w, const char *path, bool has_log) {
    size_t n = 0;
    uint8_t *bytes = read_file(path, &n);
    for (size_t length = next_place(w, (size_t)-1, n); length < n; length = next_place(w, length, n)) {
        forget_readers(w, has_log);
        write_file(path, bytes, length);
        const struct look look = look_at(w);
        if (!check_look(w, &look, "cut to", length))
            fail_msg("cut to %zu bytes: nothing noticed it", length);
    }
    forget_readers(w, has_log);
    write_file(path, bytes, n);
    assert_int_equal(look_at(w).digest, w->digest);
    free(bytes);
}

/* ---- the catalog ---- */

static unsigned u16_at(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

/* Whether a byte of a page of a b-tree is used by no cell: between the cells' places and the cells, or in a free block. */
static bool is_free(const uint8_t *page, size_t at, size_t header) {
    const unsigned type = page[header];
    const size_t places = header + (type == 2 || type == 5 ? 12 : 8);
    const size_t cells = u16_at(page + header + 5);
    if (at >= places + 2 * u16_at(page + header + 3) && at < cells)
        return true;
    for (unsigned block = u16_at(page + header + 1); block != 0; block = u16_at(page + block)) {
        if (at >= block + 4 && at < block + u16_at(page + block + 2)) /* its next and its size are checked */
            return true;
    }
    return false;
}

static const uint8_t *after_varint(const uint8_t *p) {
    while (*p & 0x80)
        p++;
    return p + 1;
}

/* Whether a byte is where a record of a table has its integer primary key. The key stands before the record; in it there is only a NULL
 * that nobody reads. All tables but `meta`, which has no such pages, begin with that column. */
static bool is_idle_key(const uint8_t *page, size_t at, size_t header) {
    const unsigned n_cells = page[header] == 13 ? u16_at(page + header + 3) : 0;
    for (unsigned i = 0; i < n_cells; i++) {
        const uint8_t *cell = page + u16_at(page + header + 8 + (size_t)2 * i);
        const uint8_t *record = after_varint(after_varint(cell)); /* its length, its key */
        if (page + at == after_varint(record))                    /* the length of its header */
            return true;
    }
    return false;
}

/* Numbers of SQLite's header (sqlite.org/fileformat2) that are there for others, or for nothing. */
static bool is_idle_header(size_t at) {
    static const uint8_t idle[][2] = {
        {18, 20},  /* versions for writing and reading: 2, and smaller ones are taken for 2 */
        {24, 28},  /* file change counter */
        {40, 44},  /* schema cookie */
        {44, 48},  /* schema format: 4, and smaller ones do here */
        {48, 52},  /* suggested cache size */
        {56, 64},  /* encoding, of which the two lowest bits count; user version */
        {64, 72},  /* incremental vacuum, application id */
        {72, 92},  /* reserved */
        {92, 100}, /* for which change counter the size is right; version of SQLite */
    };
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++) {
        if (at >= idle[i][0] && at < idle[i][1])
            return true;
    }
    return false;
}

static void missed_in_catalog(const uint8_t *bytes, size_t byte) {
    const uint8_t *page = bytes + byte / PAGE * PAGE;
    const size_t at = byte % PAGE;
    const size_t header = byte < PAGE ? 100 : 0;
    if (byte < 100 ? is_idle_header(byte) : is_free(page, at, header) || is_idle_key(page, at, header))
        return;
    fail_msg("byte %zu (page %zu of type %u, byte %zu): a flipped bit was noticed by nobody", byte, byte / PAGE + 1,
             page[byte < PAGE ? 100 : 0], at);
}

static int start(void **state) {
    static struct world world;
    struct world *w = &world;
    const char *chosen = getenv("SJ_SEED");
    uint64_t seed = 0;
    *w = (struct world){.options = model_options(), .path = model_folder()};
    w->states = mmap(NULL, STATES_MAX * sizeof *w->states, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(w->states != MAP_FAILED);
    snprintf(w->catalog, sizeof w->catalog, "%s/catalog.db", w->path);
    snprintf(w->log, sizeof w->log, "%s/catalog.db-wal", w->path);
    snprintf(w->shm, sizeof w->shm, "%s/catalog.db-shm", w->path);
    assert_ok(sj_os_real()->random(NULL, &seed, sizeof seed, err));
    seed = chosen ? strtoull(chosen, NULL, 10) : seed;
    print_message("seed %llu (SJ_SEED chooses it)\n", (unsigned long long)seed);
    sj_random_init(&w->random, seed);
    *state = w;
    return 0;
}

static int stop(void **state) {
    struct world *w = *state;
    munmap(w->states, STATES_MAX * sizeof *w->states);
    model_remove(w->path);
    return 0;
}

static void test_catalog(void **state) {
    struct world *w = *state;
    struct sj_store *store = NULL;
    fill(w, &store);
    sj_store_close(store);
    w->digest = digest_now(w);
    flip_bits(w, w->catalog, false, missed_in_catalog);
    cut(w, w->catalog, false);
}

/* ---- the log ---- */

static void missed_in_log(const uint8_t *bytes, size_t byte) {
    (void)bytes;
    fail_msg("byte %zu: a flipped bit was noticed by nobody", byte);
}

/* Most pages of the catalog are read from the log then. */
static void missed_under_log(const uint8_t *bytes, size_t byte) { (void)bytes, (void)byte; }

/* As a writer leaves it that was killed: all that was acknowledged is in the log. */
static void test_log(void **state) {
    struct world *w = *state;
    int status = 0;
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct sj_store *store = NULL;
        fill(w, &store);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    forget_readers(w, true);
    w->digest = digest_now(w);
    w->n_states = STATES_MAX; /* some are zero, which is no digest */
    flip_bits(w, w->log, true, missed_in_log);
    cut(w, w->log, true);
    w->n_states = 0;
    flip_bits(w, w->catalog, true, missed_under_log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_catalog, start, stop),
        cmocka_unit_test_setup_teardown(test_log, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
