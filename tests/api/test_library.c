#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/status.h"
#include "sojourn.h"

#define SECOND INT64_C(1000000)
#define NOON INT64_C(1767268800000000) /* 2026-01-01T12:00:00Z */

/* Each test has a folder of its own, and a path in it where no store is yet. */
struct place {
    char folder[200], path[220];
};

static int make_place(void **state) {
    static struct place place;
    const char *tmp = getenv("TMPDIR");
    snprintf(place.folder, sizeof place.folder, "%s/sojourn-library-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(place.folder));
    snprintf(place.path, sizeof place.path, "%s/shop.sojourn", place.folder);
    *state = &place;
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw) {
    (void)info, (void)type, (void)ftw;
    return remove(path);
}

static int remove_place(void **state) { return nftw(((const struct place *)*state)->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

#define DONE(call)                            \
    do {                                      \
        char why[SOJOURN_MESSAGE_BYTES] = ""; \
        if ((call) != 0)                      \
            fail_msg("%s: %s", #call, why);   \
    } while (0)

#define REFUSED(expected, part, call)                                     \
    do {                                                                  \
        char why[SOJOURN_MESSAGE_BYTES] = "";                             \
        assert_int_equal(call, expected);                                 \
        if (strstr(why, part) == NULL)                                    \
            fail_msg("%s: \"%s\" does not say \"%s\"", #call, why, part); \
    } while (0)

static sojourn_store *create(void **state) {
    sojourn_store *store = NULL;
    DONE(sojourn_open(((const struct place *)*state)->path, SOJOURN_CREATE, &store, why));
    return store;
}

static sojourn_load *begin(sojourn_store *store) {
    sojourn_load *load = NULL;
    DONE(sojourn_load_begin(store, &load, why));
    return load;
}

/* The only number of the overview's summary that is wanted here. */
static int64_t count_events(sojourn_store *store) {
    sojourn_answer *answer = NULL;
    int64_t n = -1;
    DONE(sojourn_ask(store, "overview", NULL, &answer, why));
    assert_int_equal(sojourn_answer_i64(answer, "summary", 0, "events", &n), 0);
    sojourn_answer_free(answer);
    return n;
}

static void load_shop(sojourn_store *store) {
    sojourn_load *load = begin(store);
    DONE(sojourn_load_event(load, "ann", NOON, "visit", "web", why));
    DONE(sojourn_load_event(load, "ann", NOON + 60 * SECOND, "pay", "web", why));
    DONE(sojourn_load_number(load, "value", 12.5, why));
    DONE(sojourn_load_text(load, "plan", "gold", why));
    DONE(sojourn_load_event(load, "bob", NOON + 5 * SECOND, "visit", NULL, why));
    DONE(sojourn_load_event(load, "cleo", NOON, "visit", "app", why));
    DONE(sojourn_load_event(load, "cleo", NOON + 7200 * SECOND, "pay", "app", why));
    uint64_t n_events = 0, n_duplicates = 9;
    DONE(sojourn_load_commit(load, &n_events, &n_duplicates, why));
    assert_int_equal(n_events, 5);
    assert_int_equal(n_duplicates, 0);
}

static void test_open_modes(void **state) {
    const char *path = ((const struct place *)*state)->path;
    sojourn_store *store = NULL, *other = NULL;
    REFUSED(SJ_E_NOT_FOUND, path, sojourn_open(path, SOJOURN_READ, &store, why));
    assert_null(store);
    assert_int_not_equal(sojourn_open(path, SOJOURN_WRITE, &store, NULL), 0);
    REFUSED(SJ_E_USAGE, "no path", sojourn_open("", SOJOURN_READ, &store, why));
    store = create(state);
    REFUSED(SJ_E_BUSY, "libsojourn", sojourn_open(path, SOJOURN_WRITE, &other, why));
    DONE(sojourn_open(path, SOJOURN_READ, &other, why));
    sojourn_load *load = NULL;
    assert_int_not_equal(sojourn_load_begin(other, &load, NULL), 0);
    assert_null(load);
    sojourn_close(other);
    sojourn_close(store);
    store = create(state); /* it is there already */
    sojourn_close(store);
    sojourn_close(NULL);
}

/* Only when the program asks for it. */
static void test_signals_are_the_programs(void **state) {
    struct sigaction before, after;
    sojourn_store *store = create(state);
    assert_int_equal(sigaction(SIGBUS, NULL, &before), 0);
    load_shop(store);
    assert_int_equal(count_events(store), 5);
    assert_int_equal(sigaction(SIGBUS, NULL, &after), 0);
    assert_memory_equal(&before, &after, sizeof before);
    sojourn_catch_disk_errors();
    assert_int_equal(sigaction(SIGBUS, NULL, &after), 0);
    assert_true(after.sa_flags & SA_SIGINFO);
    assert_true(after.sa_sigaction != before.sa_sigaction);
    assert_int_equal(count_events(store), 5);
    sojourn_close(store);
}

static void test_load_and_ask(void **state) {
    sojourn_store *store = create(state);
    load_shop(store);
    static const char *const arguments[] = {"steps", "visit", "steps", "pay", "within", "1h", NULL};
    sojourn_answer *answer = NULL;
    DONE(sojourn_ask(store, "funnel", arguments, &answer, why));
    sojourn_close(store); /* the answer stays good */
    assert_int_equal(sojourn_answer_rows(answer, "steps"), 2);
    const char *step = NULL;
    int64_t count = 0, median = 0, n = 0;
    double value = 0, low = 0, high = 0;
    assert_int_equal(sojourn_answer_text(answer, "steps", 1, "step", &step), 0);
    assert_string_equal(step, "pay");
    assert_int_equal(sojourn_answer_i64(answer, "steps", 0, "count", &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(sojourn_answer_i64(answer, "steps", 1, "count", &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(sojourn_answer_i64(answer, "steps", 1, "median", &median), 0);
    assert_int_equal(median, 60 * SECOND);
    assert_int_equal(sojourn_answer_estimate(answer, "steps", 1, "of_first", &value, &low, &high, &n), 0);
    assert_true(fabs(value - 1.0 / 3) < 1e-12 && low > 0.05 && low < 0.07 && high > 0.78 && high < 0.80); /* Wilson, 1 of 3 */
    assert_int_equal(n, 3);
    sojourn_answer_free(answer);
}

static void test_cells_that_are_not_there(void **state) {
    sojourn_store *store = create(state);
    load_shop(store);
    static const char *const arguments[] = {"steps", "visit", "steps", "pay", NULL};
    sojourn_answer *answer = NULL;
    DONE(sojourn_ask(store, "funnel", arguments, &answer, why));
    int64_t i64 = -7;
    const char *text = NULL;
    assert_int_equal(sojourn_answer_rows(answer, "nothing"), -1);
    assert_int_equal(sojourn_answer_i64(answer, "nothing", 0, "count", &i64), SJ_E_USAGE);
    assert_int_equal(sojourn_answer_i64(answer, "steps", 2, "count", &i64), SJ_E_USAGE);
    assert_int_equal(sojourn_answer_i64(answer, "steps", -1, "count", &i64), SJ_E_USAGE);
    assert_int_equal(sojourn_answer_i64(answer, "steps", 0, "nothing", &i64), SJ_E_USAGE);
    assert_int_equal(sojourn_answer_i64(answer, "steps", 0, "step", &i64), SJ_E_USAGE);
    assert_int_equal(sojourn_answer_text(answer, "steps", 0, "count", &text), SJ_E_USAGE);
    assert_int_equal(sojourn_answer_i64(answer, "steps", 0, "median", &i64), SJ_E_NOT_FOUND); /* nothing stands before it */
    assert_int_equal(i64, -7);
    assert_null(text);
    sojourn_answer_free(answer);
    sojourn_close(store);
}

static void test_answer_as_json(void **state) {
    sojourn_store *store = create(state);
    load_shop(store);
    static const char *const arguments[] = {"journey", "session 30m", "timezone", "Europe/Amsterdam", NULL};
    sojourn_answer *answer = NULL;
    DONE(sojourn_ask(store, "flow", arguments, &answer, why));
    const char *text = sojourn_answer_json(answer);
    json_t *root = NULL;
    struct sj_error err = {0};
    if (sj_json_parse(sj_str(text), "the answer", &root, &err) != SJ_OK)
        fail_msg("%s", err.message);
    assert_string_equal(json_string_value(json_object_get(root, "analysis")), "flow");
    assert_string_equal(json_string_value(json_object_get(json_object_get(root, "lens"), "journey")), "session 30m");
    json_t *links = json_array_get(json_object_get(root, "tables"), 0);
    assert_string_equal(json_string_value(json_object_get(links, "name")), "links");
    assert_int_equal(json_array_size(json_object_get(links, "rows")), 1); /* cleo's second event is another session */
    json_decref(root);
    sojourn_answer_free(answer);
    sojourn_close(store);
}

static void test_questions_that_are_refused(void **state) {
    sojourn_store *store = create(state);
    load_shop(store);
    sojourn_answer *answer = NULL;
    static const char *const odd[] = {"steps", "visit", "steps", NULL};
    static const char *const unknown[] = {"stairs", "visit", NULL};
    static const char *const touchpoint[] = {"steps", "visitt", NULL};
    static const char *const zone[] = {"timezone", "Middle/Earth", NULL};
    REFUSED(SJ_E_USAGE, "\"steps\" has no value", sojourn_ask(store, "funnel", odd, &answer, why));
    REFUSED(SJ_E_USAGE, "stairs", sojourn_ask(store, "funnel", unknown, &answer, why));
    REFUSED(SJ_E_USAGE, "visitt", sojourn_ask(store, "funnel", touchpoint, &answer, why));
    REFUSED(SJ_E_USAGE, "Middle/Earth", sojourn_ask(store, "overview", zone, &answer, why));
    assert_int_not_equal(sojourn_ask(store, "fortune", NULL, &answer, NULL), 0);
    assert_int_not_equal(sojourn_ask(store, NULL, NULL, &answer, NULL), 0);
    assert_null(answer);
    sojourn_close(store);
}

static void test_load_refuses_and_goes_on(void **state) {
    sojourn_store *store = create(state);
    sojourn_load *load = begin(store);
    char longer[70000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    REFUSED(SJ_E_USAGE, "belongs to no event", sojourn_load_text(load, "plan", "gold", why));
    REFUSED(SJ_E_INPUT, "no customer", sojourn_load_event(load, "", NOON, "visit", NULL, why));
    REFUSED(SJ_E_INPUT, "no customer", sojourn_load_event(load, NULL, NOON, "visit", NULL, why));
    REFUSED(SJ_E_INPUT, "1024 bytes", sojourn_load_event(load, longer, NOON, "visit", NULL, why));
    REFUSED(SJ_E_INPUT, "UTF-8", sojourn_load_event(load, "\xFF", NOON, "visit", NULL, why));
    REFUSED(SJ_E_INPUT, "years 1 to 9999", sojourn_load_event(load, "ann", INT64_MAX, "visit", NULL, why));
    REFUSED(SJ_E_INPUT, "touchpoint", sojourn_load_event(load, "ann", NOON, "", NULL, why));
    DONE(sojourn_load_event(load, "ann", NOON, "visit", "", why));
    REFUSED(SJ_E_INPUT, "65536 bytes", sojourn_load_text(load, "plan", longer, why));
    REFUSED(SJ_E_INPUT, "UTF-8", sojourn_load_text(load, "plan", "\xC3", why));
    REFUSED(SJ_E_USAGE, "no name", sojourn_load_text(load, NULL, "x", why));
    REFUSED(SJ_E_INPUT, "money", sojourn_load_text(load, "value", "a lot", why));
    REFUSED(SJ_E_INPUT, "number", sojourn_load_number(load, "age", NAN, why));
    REFUSED(SJ_E_INPUT, "money", sojourn_load_number(load, "value", 1e300, why));
    REFUSED(SJ_E_INPUT, "duration", sojourn_load_number(load, "duration", -1, why));
    REFUSED(SJ_E_INPUT, "text", sojourn_load_number(load, "event_id", 5, why));
    DONE(sojourn_load_text(load, "plan", "gold", why));
    DONE(sojourn_load_text(load, "empty", "", why));
    DONE(sojourn_load_number(load, "plan", 3, why)); /* a number of the same name is another column */
    REFUSED(SJ_E_USAGE, "\"plan\" already", sojourn_load_text(load, "plan", "silver", why));
    uint64_t n_events = 0;
    DONE(sojourn_load_commit(load, &n_events, NULL, why));
    assert_int_equal(n_events, 1);
    assert_int_equal(count_events(store), 1);
    sojourn_close(store);
}

static void test_nothing_before_the_commit(void **state) {
    sojourn_store *store = create(state);
    load_shop(store);
    sojourn_load *load = begin(store);
    DONE(sojourn_load_event(load, "dirk", NOON, "visit", NULL, why));
    DONE(sojourn_load_event(load, "dirk", NOON, "pay", NULL, why));
    assert_int_equal(count_events(store), 5);
    sojourn_load_drop(load);
    sojourn_load_drop(NULL);
    assert_int_equal(count_events(store), 5);
    load = begin(store);
    DONE(sojourn_load_commit(load, NULL, NULL, why)); /* of nothing */
    sojourn_close(store);
    DONE(sojourn_open(((const struct place *)*state)->path, SOJOURN_READ, &store, why));
    assert_int_equal(count_events(store), 5);
    sojourn_close(store);
}

static void test_event_ids_count_once(void **state) {
    sojourn_store *store = create(state);
    for (int round = 0; round < 2; round++) {
        sojourn_load *load = begin(store);
        for (int i = 0; i < 6; i++) {
            char id[16];
            snprintf(id, sizeof id, "e%d", i / 2);
            DONE(sojourn_load_event(load, "ann", NOON + i / 2, "visit", NULL, why));
            DONE(sojourn_load_text(load, "event_id", id, why));
        }
        DONE(sojourn_load_commit(load, NULL, NULL, why));
        assert_int_equal(count_events(store), 3);
    }
    sojourn_close(store);
}

/* Built-in columns keep their kind, whichever way the value comes. */
static void test_values_by_kind(void **state) {
    sojourn_store *store = create(state);
    sojourn_load *load = begin(store);
    DONE(sojourn_load_event(load, "ann", NOON, "a", NULL, why));
    DONE(sojourn_load_text(load, "value", "12.5", why));
    DONE(sojourn_load_text(load, "duration", "1m30s", why));
    DONE(sojourn_load_text(load, "score", "9", why));
    DONE(sojourn_load_event(load, "bob", NOON, "a", NULL, why));
    DONE(sojourn_load_number(load, "value", 0.1 + 0.2, why));
    DONE(sojourn_load_number(load, "duration", 90, why));
    DONE(sojourn_load_number(load, "score", 9, why));
    DONE(sojourn_load_commit(load, NULL, NULL, why));
    static const struct {
        const char *where;
        int64_t n;
    } cases[] = {{"value = 12.5", 1}, {"value = 0.3", 1}, {"duration = 90s", 2}, {"score = 9", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const arguments[] = {"where", cases[i].where, NULL};
        sojourn_answer *answer = NULL;
        int64_t n = -1;
        DONE(sojourn_ask(store, "overview", arguments, &answer, why));
        assert_int_equal(sojourn_answer_i64(answer, "summary", 0, "events", &n), 0);
        assert_int_equal(n, cases[i].n);
        sojourn_answer_free(answer);
    }
    sojourn_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_open_modes, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_signals_are_the_programs, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_load_and_ask, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_cells_that_are_not_there, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_answer_as_json, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_questions_that_are_refused, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_load_refuses_and_goes_on, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_nothing_before_the_commit, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_event_ids_count_once, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_values_by_kind, make_place, remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
