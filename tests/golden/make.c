/* Makes the stores whose copies are kept in v1/ and v2/: small, and together with everything that the format can hold. The clock, the process
 * and random numbers are fixed, so that two runs make the same.
 *
 *   usage: golden_make FOLDER     which must exist and be empty; scripts: tests/golden/check.py
 *
 *   empty     no events
 *   columns   three segments; every kind of column, with a value for all, many and few events; scales and doubles; names that need UTF-8
 *   widths    one segment with a column for each width of packed integers, several bases and units, long dictionaries
 *   inbox     a segment, and loads that wait in the inbox; event ids that come again
 *   killed    as a killed writer leaves it: its commits in SQLite's log, a file that no row names
 *   people    (from format 2 on) linked identities, put together, and some that are not yet; one who was erased; a rule, a saved segment */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/time.h"
#include "store/erase.h"
#include "store/records.h"
#include "store/saved.h"
#include "store/store.h"

#define FIRST_US (INT64_C(1767268800) * SJ_US_SECOND) /* 2026-01-01T12:00:00Z */

static void done(enum sj_status status, const struct sj_error *err) {
    if (status == SJ_OK)
        return;
    fprintf(stderr, "golden_make: %s\n", err->message);
    exit(1);
}

#define DO(call)                       \
    do {                               \
        struct sj_error error = {0};   \
        struct sj_error *err = &error; \
        done((call), err);             \
    } while (0)

/* ---- a system that is always the same ---- */

static int64_t same_time(void *ctx) { return *(int64_t *)ctx += SJ_US_SECOND; }

static int same_process(void *ctx) {
    (void)ctx;
    return 1;
}

static enum sj_status same_random(void *ctx, void *bytes, size_t n, struct sj_error *err) {
    (void)ctx, (void)err;
    memset(bytes, 0x5a, n);
    return SJ_OK;
}

static struct sj_store *create(const char *folder, const char *name, const char *currency) {
    static int64_t clock_us;
    static struct sj_os os;
    char path[300];
    struct sj_store *store = NULL;
    os = *sj_os_real();
    os.ctx = &clock_us;
    os.now_us = same_time;
    os.process_id = same_process;
    os.random = same_random;
    clock_us = FIRST_US;
    const struct sj_store_options options = {.os = &os, .mem = sj_alloc_libc(), .program = "golden_make"};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    DO(sj_store_create(&options, path, currency, err));
    DO(sj_store_open(&options, path, true, &store, err));
    return store;
}

/* ---- events ---- */

struct line {
    struct sj_writer *writer;
    struct sj_event event;
    struct sj_value values[40];
    char texts[40][100];
};

static struct sj_writer *begin(struct sj_store *store, enum sj_load load) {
    struct sj_writer *writer = NULL;
    DO(sj_writer_open(store, load, &writer, err));
    return writer;
}

static void commit(struct sj_writer *writer, const struct sj_import *import) {
    struct sj_commit unused;
    DO(sj_writer_commit(writer, import, &unused, err));
    sj_writer_close(writer);
}

static void set_event(struct line *line, const char *customer, int64_t time_us, const char *touchpoint, const char *channel) {
    line->event = (struct sj_event){.customer = sj_str(customer), .time_us = time_us, .values = line->values};
    DO(sj_writer_touchpoint(line->writer, sj_str(touchpoint), &line->event.touchpoint, err));
    DO(sj_writer_channel(line->writer, sj_str(channel), &line->event.channel, err));
}

static struct sj_value *add(struct line *line, const char *name, enum sj_kind kind) {
    struct sj_value *value = &line->values[line->event.n_values++];
    DO(sj_writer_column(line->writer, sj_str(name), kind, &value->column, err));
    return value;
}

static void add_i64(struct line *line, const char *name, enum sj_kind kind, int64_t number) { add(line, name, kind)->i64 = number; }
static void add_f64(struct line *line, const char *name, double number) { add(line, name, SJ_KIND_NUMBER)->f64 = number; }

static void add_text(struct line *line, const char *name, const char *text) {
    struct sj_value *value = add(line, name, SJ_KIND_TEXT);
    char *copy = line->texts[line->event.n_values];
    snprintf(copy, sizeof line->texts[0], "%s", text);
    value->text = sj_str(copy);
}

static void add_id(struct line *line, unsigned id) {
    char text[32];
    snprintf(text, sizeof text, "order-%u", id);
    add_text(line, "event_id", text);
}

static void put(struct line *line) { DO(sj_writer_add(line->writer, &line->event, err)); }

/* ---- the stores ---- */

/* Which of a load's events have a value: all of them, every second, one of fifty. */
static const unsigned every[] = {1, 2, 50};
static const char *const densities[] = {"all", "many", "few"};

static void add_of_every_kind(struct line *line, unsigned i) {
    static const double numbers[] = {-0.0, 1e300, -5e-324, 1.0 / 3, 0.1 + 0.2, 9007199254740993.0, 2.5};
    for (size_t d = 0; d < sizeof every / sizeof *every; d++) {
        char name[32], text[32];
        if (i % every[d] != 0)
            continue;
        snprintf(name, sizeof name, "text %s", densities[d]);
        snprintf(text, sizeof text, "%s %u", i % 3 ? "value" : "\xe5\x80\xbc", i % 7);
        add_text(line, name, i % 11 == 0 ? "" : text);
        snprintf(name, sizeof name, "number %s", densities[d]);
        add_f64(line, name, numbers[i / every[d] % (sizeof numbers / sizeof *numbers)]);
        snprintf(name, sizeof name, "truth %s", densities[d]);
        add_i64(line, name, SJ_KIND_TRUTH, i % 5 == 0);
        snprintf(name, sizeof name, "time %s", densities[d]);
        add_i64(line, name, SJ_KIND_TIME, i % 4 == 0 ? SJ_TIME_MIN : FIRST_US + i * SJ_US_DAY);
        snprintf(name, sizeof name, "money %s", densities[d]);
        add_i64(line, name, SJ_KIND_MONEY, (int64_t)i * -12345);
        snprintf(name, sizeof name, "duration %s", densities[d]);
        add_i64(line, name, SJ_KIND_DURATION, (int64_t)i * 90 * SJ_US_SECOND);
    }
}

/* A column for each scale of decimals. */
static void add_scales(struct line *line, unsigned i) {
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    for (unsigned scale = 0; scale < 7; scale++) {
        char name[32];
        snprintf(name, sizeof name, "scale %u", scale);
        add_f64(line, name, ((double)i * 37 - 1000) / powers[scale]);
    }
}

static void add_builtins(struct line *line, unsigned i) {
    if (i % 3 == 0)
        add_i64(line, "value", SJ_KIND_MONEY, (int64_t)i * 10000 + 9999);
    if (i % 4 == 0)
        add_i64(line, "cost", SJ_KIND_MONEY, i);
    if (i % 5 == 0)
        add_i64(line, "duration", SJ_KIND_DURATION, (int64_t)i * SJ_US_SECOND);
    if (i % 6 == 0) {
        add_f64(line, "score", i % 11);
        add_text(line, "score_kind", "nps");
        add_text(line, "comment", "Prima geholpen \xe2\x80\x93 dank u!\nTweede regel, \"tussen aanhalingstekens\"");
    }
}

static void columns_load(struct sj_store *store, unsigned first, unsigned n) {
    static const char *const touchpoints[] = {"bezoek", "\xe7\x99\xbb\xe5\xbd\x95", "ann\xc3\xa9\xc3\xa9", "achat \xf0\x9f\x9b\x92",
                                              "call"};
    static const char *const channels[] = {"", "web", "t\xc3\xa9l\xc3\xa9phone"};
    struct line line = {.writer = begin(store, SJ_LOAD_BULK)};
    for (unsigned i = first; i < first + n; i++) {
        char customer[40];
        snprintf(customer, sizeof customer, "%s-%u", i % 2 ? "klant" : "\xe5\xae\xa2\xe6\x88\xb7", i * 7 % 13);
        set_event(&line, customer, FIRST_US + (int64_t)(i * 31 % 97) * SJ_US_MINUTE, touchpoints[i * 3 % 5], channels[i % 3]);
        if (first == 0)
            add_of_every_kind(&line, i);
        else
            add_scales(&line, i);
        if (first > 100) {
            add_builtins(&line, i);
            add_text(&line, "number all", "the same name with another kind");
        }
        put(&line);
    }
    const struct sj_import import = {.name = SJ_LIT("events.csv"),
                                     .digest = {first, 99},
                                     .has_digest = true,
                                     .n_rejected = 2,
                                     .mapping = SJ_LIT("{\"customer\":\"id\"}")};
    commit(line.writer, &import);
}

static void make_columns(const char *folder) {
    struct sj_store *store = create(folder, "columns", "EUR");
    columns_load(store, 0, 110);
    columns_load(store, 100, 40);
    columns_load(store, 130, 40);
    sj_store_close(store);
}

/* Bits that are the same everywhere: the product's high half. */
static uint64_t mixed(uint64_t i) { return (i + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (i + 1) * UINT64_C(0xc2b2ae3d27d4eb4f) >> 29; }

static void make_widths(const char *folder) {
    static const unsigned widths[] = {0, 1, 2, 5, 8, 13, 24, 31, 32, 33, 47, 64};
    struct sj_store *store = create(folder, "widths", "JPY");
    struct line line = {.writer = begin(store, SJ_LOAD_BULK)};
    for (unsigned i = 0; i < 530; i++) { /* a group of 512 values, and the rest */
        char name[40];
        snprintf(name, sizeof name, "touchpoint %u", (i * 7 + i / 50) % 300);
        set_event(&line, i < 520 ? "one" : "two", FIRST_US + i * SJ_US_HOUR, name, "");
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            const uint64_t bits = widths[w] == 0 ? 0 : mixed(i * 20 + w) >> (64 - widths[w]);
            snprintf(name, sizeof name, "width %u", widths[w]);
            add_i64(&line, name, SJ_KIND_MONEY, (int64_t)(bits + (widths[w] % 2 ? 1000 : 0)) * (widths[w] == 13 ? 25 : 1));
        }
        snprintf(name, sizeof name, "text %llu", (unsigned long long)(mixed(i) % 1000));
        add_text(&line, "texts", name);
        put(&line);
    }
    commit(line.writer, NULL);
    sj_store_close(store);
}

/* Loads of the inbox: some ids are in the segment or in an earlier load. */
static void stream_load(struct sj_store *store, unsigned load, unsigned n) {
    struct line line = {.writer = begin(store, SJ_LOAD_STREAM)};
    for (unsigned i = 0; i < n; i++) {
        char customer[40], touchpoint[40];
        snprintf(customer, sizeof customer, "customer %u", (load * 5 + i) % 4);
        snprintf(touchpoint, sizeof touchpoint, "step %u", (load + i) % 6);
        set_event(&line, customer, FIRST_US + (int64_t)(load * 10 + i * 3 % 8) * SJ_US_MINUTE, touchpoint, load % 2 ? "app" : "web");
        if (load != 3)
            add_id(&line, load * 5 + i);
        if (i % 2 == 0)
            add_i64(&line, "value", SJ_KIND_MONEY, (int64_t)(load * 100 + i) * 10000);
        put(&line);
    }
    commit(line.writer, NULL);
}

static void make_inbox(const char *folder) {
    struct sj_store *store = create(folder, "inbox", "USD");
    struct line line = {.writer = begin(store, SJ_LOAD_BULK)};
    for (unsigned i = 0; i < 12; i++) {
        char customer[40];
        snprintf(customer, sizeof customer, "customer %u", i % 4);
        set_event(&line, customer, FIRST_US + (int64_t)(i * 5) * SJ_US_MINUTE, i % 2 ? "step 1" : "step 0", "web");
        add_id(&line, i);
        put(&line);
    }
    commit(line.writer, NULL);
    for (unsigned load = 1; load <= 4; load++)
        stream_load(store, load, 9);
    sj_store_close(store);
}

/* Never returns: a process that is gone without a word. */
static void write_and_die(const char *folder) {
    char path[300];
    struct sj_store *store = create(folder, "killed", "EUR");
    columns_load(store, 0, 20);
    for (unsigned load = 1; load <= 3; load++)
        stream_load(store, load, 5);
    DO(sj_store_compact(store, false, NULL, NULL, err));
    stream_load(store, 4, 6);
    stream_load(store, 5, 6);
    snprintf(path, sizeof path, "%s/killed/segments/9.seg.tmp", folder);
    FILE *file = fopen(path, "w");
    if (!file || fputs("SOJOURN1 the beginning of a segment", file) < 0 || fclose(file) != 0)
        _exit(1);
    _exit(0);
}

static void make_killed(const char *folder) {
    int status = 0;
    char path[300];
    const pid_t child = fork();
    if (child == 0)
        write_and_die(folder);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "golden_make: the store of the killed writer could not be made\n");
        exit(1);
    }
    /* What a machine that went down leaves: the index of the log was in memory. */
    snprintf(path, sizeof path, "%s/killed/catalog.db-shm", folder);
    if (unlink(path) != 0)
        exit(1);
}

static void people_load(struct sj_store *store, enum sj_load load, unsigned day) {
    struct line line = {.writer = begin(store, load)};
    for (unsigned i = 0; i < 6; i++) {
        char visitor[40], user[40];
        const int64_t time_us = FIRST_US + (int64_t)(day * 24 + i) * SJ_US_HOUR;
        snprintf(visitor, sizeof visitor, "anonymous:visitor %u", i);
        snprintf(user, sizeof user, "user %u", i);
        set_event(&line, visitor, time_us, "visit", "web");
        put(&line);
        set_event(&line, user, time_us + SJ_US_MINUTE, "login", "app");
        add_text(&line, "note", i % 2 ? "told by user 5" : "of my own");
        put(&line);
        if (i == day || i == 5)
            DO(sj_writer_link(line.writer, sj_str(visitor), sj_str(user), time_us, err));
    }
    commit(line.writer, NULL);
}

static void link_by_hand(struct sj_store *store, const char *a, const char *b, enum sj_link_how how) {
    const struct sj_link link = {sj_str(a), sj_str(b), how, FIRST_US + 50 * SJ_US_HOUR};
    size_t n_new;
    DO(sj_store_link(store, &link, 1, &n_new, err));
}

static void make_people(const char *folder) {
    struct sj_store *store = create(folder, "people", "EUR");
    struct sj_str gone[] = {SJ_LIT("user 5"), SJ_LIT("anonymous:visitor 5")};
    const struct sj_erasure erasure = {.identities = gone, .n = 2};
    const struct sj_saved_segment saved = {
        .name = SJ_LIT("users"), .condition = SJ_LIT("did(login)"), .description = SJ_LIT("who logged in")};
    struct sj_erased erased;
    int64_t rule;
    people_load(store, SJ_LOAD_BULK, 0);
    people_load(store, SJ_LOAD_STREAM, 1);
    link_by_hand(store, "email:two@example.org", "user 2", SJ_LINK_STATED);
    DO(sj_store_erase(store, &erasure, &erased, err));
    DO(sj_store_add_rule(store, 36500 * SJ_US_DAY, SJ_LIT("touchpoint = \"visit\""), &rule, err));
    DO(sj_store_save_segment(store, &saved, false, err));
    people_load(store, SJ_LOAD_BULK, 2);
    DO(sj_store_compact(store, false, NULL, NULL, err));
    people_load(store, SJ_LOAD_STREAM, 3);
    link_by_hand(store, "anonymous:visitor 0", "user 0", SJ_LINK_CUT);
    sj_store_close(store);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: golden_make FOLDER\n");
        return 2;
    }
    sj_store_close(create(argv[1], "empty", "USD"));
    make_columns(argv[1]);
    make_widths(argv[1]);
    make_inbox(argv[1]);
    make_killed(argv[1]);
    make_people(argv[1]);
    return 0;
}
