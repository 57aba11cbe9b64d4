/* Retention by a clock that stands still: ages are exact to the microsecond, rules add up, and what is shown is what goes. */
#include "api/expire.h"
#include "store/model.h"

#define DAY INT64_C(86400000000)
#define NOW (INT64_C(1000) * DAY)

static int64_t stopped(void *ctx) {
    (void)ctx;
    return NOW;
}

static struct sj_os clock_os(void) {
    struct sj_os os = *sj_os_real();
    os.now_us = stopped;
    return os;
}

/* Ages of the events of a customer, in microseconds; of each customer in turn. */
static const struct {
    const char *customer, *touchpoint;
    int64_t age_us;
} events[] = {
    {"ann", "visit", 10 * DAY}, {"ann", "visit", 10 * DAY + 1}, {"ann", "call", 10 * DAY - 1},
    {"bob", "visit", 20 * DAY}, {"bob", "call", 30 * DAY},      {"cas", "call", 9 * DAY},
    {"cas", "visit", -DAY},     {"dee", "visit", 10 * DAY + 1}, {"dee", "call", 20 * DAY + 1},
};
enum { N_EVENTS = sizeof events / sizeof *events };

static struct sj_store *make_store(const struct sj_os *os, char *path) {
    struct sj_store *store = NULL;
    struct sj_store_options options = model_options();
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    options.os = os;
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    assert_ok(sj_writer_open(store, SJ_LOAD_BULK, &writer, err));
    for (size_t i = 0; i < N_EVENTS; i++) {
        struct sj_event event = {.customer = sj_str(events[i].customer), .time_us = NOW - events[i].age_us};
        assert_ok(sj_writer_touchpoint(writer, sj_str(events[i].touchpoint), &event.touchpoint, err));
        assert_ok(sj_writer_add(writer, &event, err));
    }
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    sj_writer_close(writer);
    return store;
}

static bool goes(size_t event, int64_t age_us, const char *touchpoint) {
    return events[event].age_us > age_us && (!touchpoint || strcmp(events[event].touchpoint, touchpoint) == 0);
}

static int64_t cell(const struct sj_result *result, const char *table, size_t row, size_t column) {
    const struct sj_cell *c = sj_table_cell(sj_result_find(result, table), row, column);
    assert_true(c->known);
    return c->i64;
}

static void show(struct sj_store *store, const struct sj_os *os, const struct sj_rule *rule, struct sj_result *result) {
    struct sj_snapshot *snapshot = NULL;
    struct sj_expiry *expiry = NULL;
    sj_result_init(result, sj_alloc_libc(), SJ_EN);
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_expiry_open(os, sj_alloc_libc(), snapshot, rule, &expiry, err));
    assert_ok(sj_expiry_show(expiry, true, result, err));
    sj_expiry_close(expiry);
    sj_snapshot_close(snapshot);
}

static void test_ages_are_exact(void **state) {
    (void)state;
    static const struct sj_rule rules[] = {
        {.age_us = 10 * DAY},
        {.age_us = 10 * DAY + 1},
        {.age_us = 20 * DAY, .condition = {"touchpoint = \"call\"", 19}},
        {.age_us = 40 * DAY},
        {.age_us = 1},
    };
    const struct sj_os os = clock_os();
    char *path = model_folder();
    struct sj_store *store = make_store(&os, path);
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        struct sj_result result;
        int64_t n = 0, n_customers = 0, n_gone = 0;
        for (size_t i = 0; i < N_EVENTS;) {
            size_t end = i, n_of = 0;
            for (; end < N_EVENTS && strcmp(events[end].customer, events[i].customer) == 0; end++)
                n_of += goes(end, rules[r].age_us, rules[r].condition.n > 0 ? "call" : NULL);
            n += (int64_t)n_of;
            n_customers += n_of > 0;
            n_gone += n_of == end - i;
            i = end;
        }
        show(store, &os, &rules[r], &result);
        assert_int_equal(cell(&result, "summary", 0, 0), n);
        assert_int_equal(cell(&result, "summary", 0, 1), N_EVENTS);
        assert_int_equal(cell(&result, "summary", 0, 2), n_customers);
        assert_int_equal(cell(&result, "summary", 0, 3), n_gone);
        assert_int_equal(cell(&result, "summary", 0, 4), 4);
        assert_int_equal(cell(&result, "rules", 0, 3), NOW - rules[r].age_us);
        assert_int_equal(cell(&result, "rules", 0, 5), n);
        sj_result_done(&result);
    }
    sj_store_close(store);
    model_remove(path);
}

static void test_saved_rules_do_what_is_shown(void **state) {
    (void)state;
    const struct sj_os os = clock_os();
    char *path = model_folder();
    struct sj_store *store = make_store(&os, path);
    struct sj_snapshot *snapshot = NULL;
    struct sj_expiry *expiry = NULL;
    struct sj_dropped dropped = {0};
    struct sj_result result;
    struct sj_error error = {0};
    int64_t first = 0, second = 0;
    assert_ok(sj_store_add_rule(store, 20 * DAY, SJ_LIT(""), &first, err));
    assert_ok(sj_store_add_rule(store, 10 * DAY, SJ_LIT("touchpoint = \"visit\""), &second, err));
    show(store, &os, NULL, &result);
    assert_int_equal(cell(&result, "rules", 0, 5), 2); /* bob's call, dee's call */
    assert_int_equal(cell(&result, "rules", 1, 5), 3); /* ann's second, bob's and dee's visit */
    assert_int_equal(cell(&result, "summary", 0, 0), 5);
    assert_int_equal(cell(&result, "summary", 0, 3), 2); /* bob and dee */
    sj_result_done(&result);
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_expiry_open(&os, sj_alloc_libc(), snapshot, NULL, &expiry, err));
    assert_ok(sj_expiry_run(expiry, store, &dropped, err));
    assert_int_equal(dropped.n_events, 5);
    sj_expiry_close(expiry);
    sj_snapshot_close(snapshot);
    show(store, &os, NULL, &result);
    assert_int_equal(cell(&result, "summary", 0, 0), 0);
    assert_int_equal(cell(&result, "summary", 0, 1), N_EVENTS - 5);
    assert_int_equal(cell(&result, "summary", 0, 4), 2);
    sj_result_done(&result);
    assert_ok(sj_store_remove_rule(store, first, err));
    assert_int_equal(sj_store_remove_rule(store, first, &error), SJ_E_NOT_FOUND);
    sj_store_close(store);
    model_remove(path);
}

static void test_what_is_no_rule_is_refused(void **state) {
    (void)state;
    static const struct sj_rule rules[] = {{.age_us = 0}, {.age_us = -DAY}, {.age_us = DAY, .condition = {"nothing = 1", 11}}};
    const struct sj_os os = clock_os();
    char *path = model_folder();
    struct sj_store *store = make_store(&os, path);
    struct sj_snapshot *snapshot = NULL;
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct sj_expiry *expiry = NULL;
        struct sj_error error = {0};
        assert_int_equal(sj_expiry_open(&os, sj_alloc_libc(), snapshot, &rules[i], &expiry, &error), SJ_E_USAGE);
        assert_null(expiry);
    }
    sj_snapshot_close(snapshot);
    sj_store_close(store);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ages_are_exact),
        cmocka_unit_test(test_saved_rules_do_what_is_shown),
        cmocka_unit_test(test_what_is_no_rule_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
