/* Events as clients send them: their time to the microsecond, and no memory. What is taken, and from whom, is tested over HTTP
 * (tests/server/collector.py). */
#include "base/failing_alloc.h"
#include "base/time.h"
#include "ingest/parcel.h"
#include "store/model.h"

static struct sj_parcel_parser *parser_of(const struct sj_alloc *mem) {
    struct sj_parcel_parser *parser = NULL;
    assert_ok(sj_parcel_parser_new(mem, 1, &parser, err));
    return parser;
}

static int64_t time_of(const char *text) {
    int64_t time_us = 0;
    assert_true(sj_time_parse_iso(sj_str(text), NULL, &time_us, NULL));
    return time_us;
}

/* The time under which the one event of the body is stored. */
static int64_t stored_time(const struct sj_parcel_source *source) {
    const struct sj_store_options options = model_options();
    const struct sj_wanted wanted = {.time = true};
    struct sj_parcel_parser *parser = parser_of(sj_alloc_libc());
    struct sj_parcel *parcel = NULL;
    struct sj_store *store = NULL;
    struct sj_writer *writer = NULL;
    struct sj_snapshot *snapshot = NULL;
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    struct sj_commit commit;
    char *path = model_folder();
    assert_ok(sj_parcel_read(parser, source, &parcel, err));
    assert_int_equal(sj_parcel_n_events(parcel), 1);
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    assert_ok(sj_writer_open(store, SJ_LOAD_STREAM, &writer, err));
    assert_ok(sj_parcel_load(parcel, writer, err));
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    sj_writer_close(writer);
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_cursor_open(snapshot, &wanted, (sj_key){0, 0}, NULL, &cursor, err));
    assert_ok(sj_cursor_next(cursor, &rows, err));
    assert_int_equal(rows->n_events, 1);
    const int64_t time_us = rows->time_us[0];
    sj_cursor_close(cursor);
    sj_snapshot_close(snapshot);
    sj_store_close(store);
    sj_parcel_free(parcel);
    sj_parcel_parser_free(parser);
    model_remove(path);
    return time_us;
}

static void test_the_time_by_the_servers_clock(void **state) {
    (void)state;
    static const struct {
        const char *body, *type, *time;
    } cases[] = {
        /* received - (sentAt - timestamp): the example of the list of what a collector must do */
        {"{\"batch\":[{\"type\":\"page\",\"userId\":\"u\",\"timestamp\":\"2026-02-01T12:00:00.000Z\"}],\"sentAt\":\"2026-02-01T12:00:10."
         "000Z\"}",
         NULL, "2026-02-01T12:04:53.000Z"},
        {"{\"userId\":\"u\",\"timestamp\":\"2026-02-01T12:00:00.000Z\",\"sentAt\":\"2026-02-01T12:00:10.000Z\"}", "page",
         "2026-02-01T12:04:53.000Z"},
        {"{\"userId\":\"u\",\"timestamp\":\"2026-02-01T14:00:00.5+02:00\",\"sentAt\":\"2026-02-01T12:00:10Z\"}", "page",
         "2026-02-01T12:04:53.5Z"},
        /* the event's own sentAt before the batch's; what the library calls original before what it has made of it */
        {"{\"batch\":[{\"type\":\"page\",\"userId\":\"u\",\"timestamp\":\"2026-02-01T12:00:00Z\",\"sentAt\":\"2026-02-01T12:00:01Z\"}],"
         "\"sentAt\":\"2026-02-01T12:00:10Z\"}",
         NULL, "2026-02-01T12:05:02Z"},
        {"{\"userId\":\"u\",\"timestamp\":\"2026-01-01\",\"originalTimestamp\":\"2026-02-01T12:00:00Z\",\"sentAt\":\"2026-02-01T12:00:"
         "10Z\"}",
         "page", "2026-02-01T12:04:53Z"},
        {"{\"userId\":\"u\",\"timestamp\":\"2020-01-01T00:00:00Z\"}", "page", "2020-01-01T00:00:00Z"},
        {"{\"userId\":\"u\",\"sentAt\":\"2020-01-01T00:00:00Z\"}", "page", "2026-02-01T12:05:03Z"},
        {"{\"userId\":\"u\",\"timestamp\":\"soon\",\"sentAt\":\"2020-01-01T00:00:00Z\"}", "page", "2026-02-01T12:05:03Z"},
        /* a day ahead is believed, more is not */
        {"{\"userId\":\"u\",\"timestamp\":\"2026-02-02T12:05:03Z\"}", "page", "2026-02-02T12:05:03Z"},
        {"{\"userId\":\"u\",\"timestamp\":\"2026-02-02T12:05:03.000001Z\"}", "page", "2026-02-01T12:05:03Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sj_parcel_source source = {
            .body = sj_str(cases[i].body), .type = cases[i].type, .received_us = time_of("2026-02-01T12:05:03.000Z")};
        const int64_t found_us = stored_time(&source);
        if (found_us != time_of(cases[i].time))
            fail_msg("%s: %lld, not %s", cases[i].body, (long long)found_us, cases[i].time);
    }
}

static void test_names_of_types(void **state) {
    (void)state;
    assert_string_equal(sj_parcel_type(SJ_LIT("alias")), "alias");
    assert_string_equal(sj_parcel_type(SJ_LIT("g")), "group");
    assert_null(sj_parcel_type(SJ_LIT("")));
    assert_null(sj_parcel_type(SJ_LIT("tr")));
}

/* Each allocation fails in turn: that is told, and nothing is left behind. */
static void test_no_memory(void **state) {
    (void)state;
    const struct sj_parcel_source source = {
        .body = SJ_LIT(
            "{\"batch\":[{\"type\":\"track\",\"event\":\"Paid\",\"userId\":\"u\",\"anonymousId\":\"a\",\"messageId\":\"m\",\"properties\":{"
            "\"a\":[1,2],"
            "\"b\":\"text\"}},{\"type\":\"track\"},{\"a\":1,\"a\":2}],\"context\":{\"library\":{\"name\":\"x\"}},\"writeKey\":\"k\"}"),
        .received_us = 1};
    enum sj_status status = SJ_E_MEMORY;
    size_t n_failures = 0;
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        const struct sj_alloc mem = failing_alloc(&failing);
        struct sj_parcel_parser *parser = NULL;
        struct sj_parcel *parcel = NULL;
        struct sj_error error = {.status = SJ_OK};
        status = sj_parcel_parser_new(&mem, 1, &parser, &error);
        if (status == SJ_OK)
            status = sj_parcel_read(parser, &source, &parcel, &error);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        n_failures += status == SJ_E_MEMORY;
        if (status == SJ_OK)
            assert_int_equal(sj_parcel_n_events(parcel), 1);
        sj_parcel_free(parcel);
        sj_parcel_parser_free(parser);
        assert_int_equal(failing.n_alive, 0);
    }
    assert_true(n_failures > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_time_by_the_servers_clock),
        cmocka_unit_test(test_names_of_types),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
