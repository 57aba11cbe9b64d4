/* Event conditions by example: what is understood, what it means, and what is said about the rest. */
#include "store/model.h"
#include "base/time.h"
#include "lens/lens.h"
#include "lens/where.h"

/* ---- a small store: event number i has the time of i seconds ---- */

static struct model_value text(const char *name, const char *value) {
    struct model_value v = {.kind = SJ_KIND_TEXT};
    snprintf(v.name, sizeof v.name, "%s", name);
    snprintf(v.text, sizeof v.text, "%s", value);
    return v;
}

static struct model_value bits(const char *name, enum sj_kind kind, int64_t value) {
    struct model_value v = {.kind = kind, .bits = value};
    snprintf(v.name, sizeof v.name, "%s", name);
    return v;
}

static struct model_value number(const char *name, double value) {
    struct model_value v = bits(name, SJ_KIND_NUMBER, 0);
    memcpy(&v.bits, &value, sizeof value);
    return v;
}

static struct model_event event(int i, const char *touchpoint, const char *channel) {
    struct model_event e = {.time_us = i * SJ_US_SECOND};
    snprintf(e.customer, sizeof e.customer, "a");
    snprintf(e.touchpoint, sizeof e.touchpoint, "%s", touchpoint);
    snprintf(e.channel, sizeof e.channel, "%s", channel);
    return e;
}

static void put(struct model_event *e, struct model_value value) { e->values[e->n_values++] = value; }

static void write_events(struct sj_writer *writer) {
    const int64_t new_year = INT64_C(1767225600) * SJ_US_SECOND; /* 2026-01-01 */
    struct model_event e[6] = {event(0, "visit", "web"),    event(1, "visit", "app"),          event(2, "cart page", ""),
                               event(3, "purchase", "web"), event(4, "purchase", "call desk"), event(5, "visit", "")};
    put(&e[0], text("plan", "gold"));
    put(&e[0], number("amount", 10));
    put(&e[0], bits("value", SJ_KIND_MONEY, 125000));
    put(&e[0], bits("flag", SJ_KIND_TRUTH, 1));
    put(&e[0], bits("since", SJ_KIND_TIME, new_year + 30 * SJ_US_DAY));
    put(&e[0], bits("duration", SJ_KIND_DURATION, 90 * SJ_US_SECOND));
    put(&e[1], text("plan", "silver"));
    put(&e[1], text("amount", "unknown"));
    put(&e[1], bits("flag", SJ_KIND_TRUTH, 0));
    put(&e[2], number("amount", -5));
    put(&e[2], text("not", "a keyword"));
    put(&e[3], bits("value", SJ_KIND_MONEY, 1000000));
    put(&e[3], bits("duration", SJ_KIND_DURATION, 7 * SJ_US_DAY));
    put(&e[3], bits("since", SJ_KIND_TIME, new_year + 31 * SJ_US_DAY + 12 * SJ_US_HOUR));
    put(&e[3], number("case:amount", 3));
    put(&e[3], text("Gr\xc3\xb6\xc3\x9f"
                    "e",
                    "gro\xc3\x9f"));
    put(&e[4], text("plan", "it's"));
    put(&e[4], text("comment", "say \"hi\""));
    put(&e[4], number("amount", 1e300));
    put(&e[5], text("plan", ""));
    for (int i = 0; i < 6; i++)
        assert_ok(model_write(writer, &e[i], err));
}

struct small {
    char *path;
    struct sj_store *store;
    struct sj_snapshot *snapshot;
};

static int open_small(void **state) {
    static struct small small;
    struct sj_store_options options = model_options();
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    small.path = model_folder();
    assert_ok(sj_store_create(&options, small.path, NULL, err));
    assert_ok(sj_store_open(&options, small.path, true, &small.store, err));
    assert_ok(sj_writer_open(small.store, SJ_LOAD_BULK, &writer, err));
    write_events(writer);
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    sj_writer_close(writer);
    assert_ok(sj_snapshot_open(small.store, &small.snapshot, err));
    *state = &small;
    return 0;
}

static int close_small(void **state) {
    struct small *small = *state;
    sj_snapshot_close(small->snapshot);
    sj_store_close(small->store);
    model_remove(small->path);
    return 0;
}

/* The numbers of the events that meet the condition, as text. */
static enum sj_status chosen(struct small *small, const char *where, const char *zone, char out[16], struct sj_error *error) {
    const struct sj_lens_words words = {.where = sj_str(where), .timezone = sj_str(zone)};
    const struct sj_lens_request request = {.words = &words, .time = true};
    struct sj_lens *lens = NULL;
    struct sj_scan *scan = NULL;
    const struct sj_batch *batch = NULL;
    size_t n = 0;
    SJ_TRY(sj_lens_open(sj_os_real(), sj_alloc_libc(), small->snapshot, &request, &lens, error));
    assert_ok(sj_scan_open(lens, (sj_key){0, 0}, NULL, &scan, err));
    for (;;) {
        assert_ok(sj_scan_next(scan, &batch, err));
        if (!batch)
            break;
        for (uint32_t i = 0; i < batch->n_events; i++)
            out[n++] = (char)('0' + batch->time_us[i] / SJ_US_SECOND);
    }
    out[n] = '\0';
    sj_scan_close(scan);
    sj_lens_close(lens);
    return SJ_OK;
}

/* ---- what is understood ---- */

static const struct meaning {
    const char *where, *events, *zone;
} meanings[] = {
    {"touchpoint = \"visit\"", "015", ""},
    {"touchpoint='visit'", "015", ""},
    {"touchpoint != \"visit\"", "234", ""},
    {"touchpoint in (\"visit\", \"cart page\")", "0125", ""},
    {"channel = \"web\"", "03", ""},
    /* An event without a value meets no comparison with it. */
    {"channel != \"web\"", "14", ""},
    {"channel in (\"web\", \"app\")", "013", ""},
    {"channel is known", "0134", ""},
    {"not channel is known", "25", ""},
    {"not channel = \"web\"", "1245", ""},
    {"plan = \"gold\"", "0", ""},
    {"plan != \"gold\"", "145", ""},
    {"not plan = \"gold\"", "12345", ""},
    {"plan = \"\"", "5", ""},
    {"plan = \"bronze\"", "", ""}, /* a text that does not occur is no slip: it may tomorrow */
    {"plan in (\"gold\", 'it''s')", "04", ""},
    {"plan is known", "0145", ""},
    {"comment = \"say \"\"hi\"\"\"", "4", ""},
    {"comment = 'say \"hi\"'", "4", ""},
    /* One name, two kinds: the value says which is meant. */
    {"amount = 10", "0", ""},
    {"amount > -6", "024", ""},
    {"amount > -5", "04", ""},
    {"amount >= -5", "024", ""},
    {"amount < 0", "2", ""},
    {"amount <= 10", "02", ""},
    {"amount != 10", "124", ""},
    {"amount in (10, \"unknown\")", "01", ""},
    {"amount < \"0\"", "2", ""},
    {"amount in (10, -5, 7)", "02", ""},
    {"amount = 1e300", "4", ""},
    {"amount = 1E+300", "4", ""},
    {"amount = +10", "0", ""},
    {"amount = .1e2", "0", ""},
    {"amount = \"unknown\"", "1", ""},
    {"amount is known", "0124", ""},
    {"value > 12.5", "3", ""},
    {"value >= 12.5", "03", ""},
    {"value = 12.5000", "0", ""},
    {"flag = true", "0", ""},
    {"flag = FALSE", "1", ""},
    {"flag != true", "1", ""},
    {"flag in (true, false)", "01", ""},
    {"duration > 90s", "3", ""},
    {"duration >= 1m30s", "03", ""},
    {"duration < 1w", "0", ""},
    {"since = \"2026-01-31\"", "0", ""},
    {"since < \"2026-02-01\"", "0", ""},
    {"since >= \"2026-02-01T12:00\"", "3", ""},
    {"since >= \"2026-02-01T12:00\"", "", "-01:00"},
    {"since >= \"2026-02-01T12:00Z\"", "3", "-01:00"},
    {"since = \"2026-01-31T01:00\"", "0", "Europe/Amsterdam"},
    {"`case:amount` = 3", "3", ""},
    {"Gr\xc3\xb6\xc3\x9f"
     "e = \"gro\xc3\x9f\"",
     "3", ""},
    {"`not` is known", "2", ""},
    /* `and` binds closer than `or`, `not` closer than both. */
    {"plan = \"gold\" or plan = \"silver\" and flag = true", "0", ""},
    {"(plan = \"gold\" or plan = \"silver\") and flag = false", "1", ""},
    {"not plan is known and not amount is known", "3", ""},
    {"not (plan is known or amount is known)", "3", ""},
    {"NOT plan is KNOWN AND amount IN (-5)", "2", ""},
    {"not not plan = \"gold\"", "0", ""},
    {" \t\n(((touchpoint=\"visit\")))\n", "015", ""},
    {"", "012345", ""},
};

static void test_meanings(void **state) {
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        const struct meaning *m = &meanings[i];
        struct sj_error error = {0};
        char out[16];
        if (chosen(*state, m->where, m->zone, out, &error) != SJ_OK)
            fail_msg("%s: %s", m->where, error.message);
        if (strcmp(out, m->events) != 0)
            fail_msg("%s: events %s, expected %s", m->where, out, m->events);
    }
}

/* ---- what is refused, and with which words ---- */

static const struct refusal {
    const char *where, *part, *other_part;
} refusals[] = {
    {"touchpiont = \"visit\"", "at character 1:", "did you mean \"touchpoint\"?"},
    {"plan = \"gold\" and amuont > 5", "at character 19:", "did you mean \"amount\"?"},
    {"zzzzzz = 5", "at character 1:", "there is no property \"zzzzzz\" in this store"},
    {"touchpoint = \"vizit\"", "at character 14:", "did you mean \"visit\"?"},
    {"channel in (\"web\", \"ap\", \"letter\")", "at character 20:", "there is no channel"},
    {"touchpoint in (\"visit\", \"zzzzzz\")", "at character 25:", "there is no touchpoint \"zzzzzz\" in this store"},
    {"plan", "ends where", "is known was expected"},
    {"plan =", "ends where", "a value"},
    {"plan = gold", "at character 8 (\"gold\")", "a value"},
    {"plan = \"gold", "at character 8:", "never closed"},
    {"`plan = 5", "at character 1:", "never closed"},
    {"plan = \"gold\" plan = \"silver\"", "at character 15", "and, or, or the end was expected"},
    {"plan = \"gold\" and", "ends where", "the name of a property"},
    {"(plan = \"gold\"", "ends where", ") was expected"},
    {"plan = \"gold\")", "at character 14", "the end was expected"},
    {"= 5", "at character 1", "the name of a property"},
    {"plan is gold", "at character 9", "the word known"},
    {"plan in \"gold\"", "at character 9", "( with the list"},
    {"plan in (\"gold\" \"silver\")", "at character 17", ", or )"},
    {"plan in ()", "at character 10", "a value"},
    {"plan == \"gold\"", "at character 7", "a value"},
    {"plan ~ \"gold\"", "at character 6", "=, !=, <"},
    {"plan > \"gold\"", "\"plan\"", "=, != and in only"},
    {"touchpoint > \"visit\"", "\"touchpoint\"", "=, != and in only"},
    {"flag > false", "\"flag\"", "=, != and in only"},
    {"touchpoint is known", "every event has a touchpoint", ""},
    {"channel = \"\"", "at character 11:", "not channel is known"},
    {"plan = 5", "at character 8:", "\"5\" is no value for \"plan\""},
    {"value = \"12\"", "at character 9:", "which holds money"},
    {"value = 1.23456", "at character 9:", "at most four decimals"},
    {"duration = 1.2.3", "at character 12:", "which holds durations"},
    {"value = true", "at character 9:", "is no value for \"value\""},
    {"value in (5, \"unknown\")", "at character 14:", "which holds money"},
    {"flag = 1", "at character 8:", "true or false"},
    {"since > 5", "at character 9:", "times"},
    {"since > \"31-01-2026\"", "at character 9:", "times"},
    {"duration > 5", "at character 12:", "durations"},
    {"duration > \"7d\"", "at character 12:", "durations"},
    /* Places are counted in characters, and nothing is cut in the middle of one. */
    {"Gr\xc3\xb6\xc3\x9f"
     "e = 5",
     "at character 9:",
     "is no value for \"Gr\xc3\xb6\xc3\x9f"
     "e\""},
    {"plan = \xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6"
     "a\xc3\xb6\xc3\xb6\xc3\xb6",
     "at character 8", "a value"},
};

static void test_refusals(void **state) {
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];
        struct sj_error error = {0};
        char out[16];
        const enum sj_status status = chosen(*state, r->where, "", out, &error);
        if (status != SJ_E_USAGE || !strstr(error.message, r->part) || !strstr(error.message, r->other_part))
            fail_msg("%s: %s: \"%s\" does not say \"%s\" and \"%s\"", r->where, sj_status_name(status), error.message, r->part,
                     r->other_part);
        assert_true(sj_str_is_utf8(sj_str(error.message)));
    }
}

/* ---- limits ---- */

/* Counts what compiling takes. */
static void *count_resize(void *ctx, void *ptr, size_t bytes) {
    *(size_t *)ctx += bytes;
    return sj_alloc_libc()->resize(sj_alloc_libc()->ctx, ptr, bytes);
}

static enum sj_status compile(struct small *small, struct sj_str where, size_t *ret_bytes, struct sj_error *err) {
    struct sj_alloc counting = {.resize = count_resize, .ctx = ret_bytes};
    struct sj_arena arena;
    struct sj_where *compiled = NULL;
    sj_arena_init(&arena, &counting);
    *ret_bytes = 0;
    const enum sj_status status = sj_where_compile(where, sj_snapshot_view(small->snapshot), NULL, &arena, &compiled, err);
    sj_arena_done(&arena);
    return status;
}

/* `part`, so many times, with `before` and `after` around all. */
static struct sj_str repeat(const char *before, const char *part, size_t n, const char *after) {
    static char out[200000];
    size_t at = (size_t)sprintf(out, "%s", before);
    for (size_t i = 0; i < n; i++)
        at += (size_t)sprintf(out + at, "%s", part);
    at += (size_t)sprintf(out + at, "%s", after);
    return (struct sj_str){out, at};
}

static void test_limits(void **state) {
    struct sj_error error = {0};
    size_t n_bytes;
    assert_ok(compile(*state, repeat("", "not ", 49, "flag = true"), &n_bytes, err));
    assert_int_equal(compile(*state, repeat("", "not ", 60, "flag = true"), &n_bytes, &error), SJ_E_LIMIT);
    assert_int_equal(compile(*state, repeat("", "(", 60000, ""), &n_bytes, &error), SJ_E_LIMIT);
    assert_int_equal(compile(*state, repeat("plan = \"", "x", 65536, "\""), &n_bytes, &error), SJ_E_LIMIT);
    assert_ok(compile(*state, repeat("plan = \"", "x", 65000, "\""), &n_bytes, err));
    assert_ok(compile(*state, repeat("flag = true", " or flag = true", 999, ""), &n_bytes, err));
    assert_int_equal(compile(*state, repeat("flag = true", " or flag = true", 1000, ""), &n_bytes, &error), SJ_E_LIMIT);
    assert_ok(compile(*state, repeat("amount in (1", ",1", 999, ")"), &n_bytes, err));
    assert_int_equal(compile(*state, repeat("amount in (1", ",1", 1000, ")"), &n_bytes, &error), SJ_E_LIMIT);
}

/* A condition of 64 KiB takes memory in proportion: it may come from outside. */
static void test_memory(void **state) {
    size_t n_bytes;
    assert_ok(compile(*state, repeat("plan in (\"\"", ",\"\"", 999, ")"), &n_bytes, err));
    assert_true(n_bytes < 1 << 20);
    (void)compile(*state, repeat("flag = true", " or (plan in (\"a\",\"a\") or plan in (\"a\"))", 1500, ""), &n_bytes, NULL);
    assert_true(n_bytes < 16 << 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_meanings, open_small, close_small),
        cmocka_unit_test_setup_teardown(test_refusals, open_small, close_small),
        cmocka_unit_test_setup_teardown(test_limits, open_small, close_small),
        cmocka_unit_test_setup_teardown(test_memory, open_small, close_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
