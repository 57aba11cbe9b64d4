/* Who is behind a count, against the plain way: every customer asked about alone, by a lens that lets only that one through. For every analysis,
 * every table, every column of counts. And the segments that are said to be the same, pages, refusals, and no memory. */
#include <math.h>

#include "api/who.h"
#include "base/failing_alloc.h"
#include "base/time.h"
#include "store/model.h"

enum { N_TOUCHPOINTS = 6, WORDS_MAX = 8, N_CUSTOMERS = 60, N_PLANS = 27, ROWS_MAX = 7 };

/* Names that the language does not take as they are. */
static const char *const touchpoints[N_TOUCHPOINTS] = {"t0", "t1", "two words", "a \"quote\"", "within", "t5"};
static const char *const channels[] = {"", "ch1", "ch \"2\""};

static void add_event(struct sj_writer *writer, struct sj_random *random, struct sj_event *event, const uint16_t columns[4]) {
    const uint64_t dice = sj_random_u64(random);
    char plan[24];
    const size_t n = (size_t)snprintf(plan, sizeof plan, "plan %d", (int)((dice >> 40) % N_PLANS));
    struct sj_value values[4] = {{.column = columns[0], .text = event->customer}};
    size_t n_values = 1;
    if ((dice >> 24) % 3 == 0)
        values[n_values++] = (struct sj_value){.column = columns[1], .f64 = (double)((dice >> 26) % 11)};
    if ((dice >> 32) % 8 != 0)
        values[n_values++] = (struct sj_value){.column = columns[2], .text = {plan, n}};
    if ((dice >> 48) % 3 != 0)
        values[n_values++] = (struct sj_value){.column = columns[3], .text = sj_str((dice >> 52) % 4 == 0 ? "gold" : "no \"tier\"")};
    event->values = values;
    event->n_values = n_values;
    assert_ok(sj_writer_add(writer, event, err));
}

/* Events of some 100 days; the property `id` is the customer's name. Some customers have one event, some many of the same time. */
static void load(struct sj_store *store, size_t n_customers) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    struct sj_random random;
    uint16_t codes[N_TOUCHPOINTS], columns[4];
    uint8_t channel_codes[3] = {0};
    char name[24];
    sj_random_init(&random, 11);
    assert_ok(sj_writer_open(store, SJ_LOAD_BULK, &writer, err));
    for (unsigned i = 0; i < N_TOUCHPOINTS; i++)
        assert_ok(sj_writer_touchpoint(writer, sj_str(touchpoints[i]), &codes[i], err));
    for (unsigned i = 1; i < 3; i++)
        assert_ok(sj_writer_channel(writer, sj_str(channels[i]), &channel_codes[i], err));
    assert_ok(sj_writer_column(writer, SJ_LIT("id"), SJ_KIND_TEXT, &columns[0], err));
    assert_ok(sj_writer_column(writer, SJ_LIT("amount"), SJ_KIND_NUMBER, &columns[1], err));
    assert_ok(sj_writer_column(writer, SJ_LIT("plan"), SJ_KIND_TEXT, &columns[2], err));
    assert_ok(sj_writer_column(writer, SJ_LIT("tier"), SJ_KIND_TEXT, &columns[3], err));
    for (size_t customer = 0; customer < n_customers; customer++) {
        int64_t time_us = INT64_C(1735689600) * SJ_US_SECOND + (int64_t)sj_random_below(&random, 40) * SJ_US_DAY + SJ_US_HOUR;
        snprintf(name, sizeof name, "c%zu", customer);
        for (uint64_t n = 1 + sj_random_below(&random, customer % 4 == 0 ? 3 : 14); n > 0; n--) {
            const uint64_t dice = sj_random_u64(&random);
            struct sj_event event = {.customer = sj_str(name),
                                     .time_us = time_us,
                                     .touchpoint = codes[(dice >> 8) % 3 == 0 ? (dice >> 10) % N_TOUCHPOINTS : (dice >> 10) % 2],
                                     .channel = channel_codes[(dice >> 20) % 3]};
            add_event(writer, &random, &event, columns);
            time_us += (int64_t)sj_random_below(&random, (dice >> 32) % 3 ? SJ_US_HOUR : 5 * SJ_US_DAY) * (dice % 5 != 0);
        }
    }
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    sj_writer_close(writer);
}

struct fixture {
    char *path;
    struct sj_store *store;
    struct sj_snapshot *snapshot;
};

static struct fixture open_fixture(size_t n_customers) {
    struct sj_store_options options = model_options();
    struct fixture f = {.path = model_folder()};
    assert_ok(sj_store_create(&options, f.path, NULL, err));
    assert_ok(sj_store_open(&options, f.path, true, &f.store, err));
    if (n_customers > 0)
        load(f.store, n_customers);
    assert_ok(sj_snapshot_open(f.store, &f.snapshot, err));
    return f;
}

static void close_fixture(struct fixture *f) {
    sj_snapshot_close(f->snapshot);
    sj_store_close(f->store);
    model_remove(f->path);
}

/* ---- questions ---- */

struct asked {
    const char *analysis, *words[WORDS_MAX][2];
    const char *journey, *where, *from, *to, *segment, *timezone;
    const char *all[2]; /* a parameter with which everything is shown */
};

static struct sj_str lit(const char *text) { return text ? sj_str(text) : (struct sj_str){"", 0}; }

struct opened {
    const char *of, *row, *after; /* row NULL: none */
    int64_t limit;
    unsigned n_threads;
};

/* `opened` NULL: the question itself; `customer` NULL: about all of them. */
static enum sj_status ask(const struct fixture *f, const struct asked *asked, const struct opened *opened, const char *customer,
                          const struct sj_alloc *mem, struct sj_result *ret_result, struct sj_error *error) {
    struct sj_word words[WORDS_MAX + 1];
    struct sj_str row;
    char where[200];
    struct sj_question question = {.analysis = sj_str(asked->analysis),
                                   .lens = {.journey = lit(asked->journey),
                                            .from = lit(asked->from),
                                            .to = lit(asked->to),
                                            .where = lit(asked->where),
                                            .segment = lit(asked->segment),
                                            .timezone = lit(asked->timezone)},
                                   .args = words,
                                   .n_threads = opened ? opened->n_threads : 1};
    struct sj_answer answer = {0};
    for (size_t i = 0; i < WORDS_MAX && asked->words[i][0]; i++)
        if (!customer || !asked->all[0] || strcmp(asked->all[0], asked->words[i][0]) != 0)
            words[question.n_args++] = (struct sj_word){sj_str(asked->words[i][0]), sj_str(asked->words[i][1])};
    if (customer && asked->all[0])
        words[question.n_args++] = (struct sj_word){sj_str(asked->all[0]), sj_str(asked->all[1])};
    if (customer) {
        snprintf(where, sizeof where, "%s%s%sid = \"%s\"", asked->where ? "(" : "", asked->where ? asked->where : "",
                 asked->where ? ") and " : "", customer);
        question.lens.where = sj_str(where);
    }
    if (opened) {
        row = lit(opened->row);
        question.trend = (struct sj_trend_words){.of = lit(opened->of), .rows = &row, .n_rows = opened->row != NULL};
        question.who = (struct sj_who_words){.is_asked = true, .limit = opened->limit, .after = lit(opened->after)};
    }
    sj_result_init(&answer.result, mem, SJ_EN);
    const enum sj_status status = sj_ask(sj_os_real(), mem, f->snapshot, &question, &answer, error);
    *ret_result = answer.result;
    return status;
}

static struct sj_result must_ask(const struct fixture *f, const struct asked *asked, const struct opened *opened, const char *customer) {
    struct sj_result result;
    struct sj_error error = {0};
    if (ask(f, asked, opened, customer, sj_alloc_libc(), &result, &error) != SJ_OK)
        fail_msg("%s (%s %s): %s", asked->analysis, opened ? opened->of : "", opened && opened->row ? opened->row : "", error.message);
    return result;
}

static const struct asked questions[] = {
    {.analysis = "overview"},
    {.analysis = "overview", .words = {{"over", "day"}}, .journey = "session 30m", .timezone = "Europe/Amsterdam"},
    {.analysis = "overview", .journey = "by plan", .where = "not touchpoint = \"t5\""},
    {.analysis = "flow", .to = "2025-02-20"},
    {.analysis = "flow", .words = {{"links", "30%"}}, .journey = "session 1h", .from = "2025-01-20", .all = {"links", "100%"}},
    {.analysis = "routes", .words = {{"steps", "2"}, {"top", "5"}}, .all = {"top", "100000"}},
    {.analysis = "routes", .words = {{"after", "t0"}, {"width", "2"}, {"count", "occurrences"}, {"top", "10000"}}, .all = {"width", "100"}},
    {.analysis = "routes", .words = {{"before", "t1"}, {"count", "customers"}, {"top", "10000"}}, .journey = "session 24h"},
    {.analysis = "variants", .words = {{"top", "9"}}, .journey = "session 1h", .all = {"top", "100000"}},
    {.analysis = "variants", .words = {{"top", "100"}}},
    {.analysis = "funnel", .words = {{"steps", "t0"}, {"steps", "t1"}, {"steps", "two words"}, {"by", "plan"}, {"within", "36h"}}},
    {.analysis = "funnel",
     .words = {{"steps", "t0 > t1? > t5[channel = 'ch1']"}, {"repeats", "yes"}, {"by", "channel"}},
     .journey = "by plan"},
    {.analysis = "funnel", .words = {{"steps", "t1"}, {"steps", "t0"}, {"dialect", "mixpanel"}}},
    {.analysis = "participation", .words = {{"steps", "t0"}, {"steps", "t1"}, {"over", "week"}}},
    {.analysis = "retention", .words = {{"over", "week"}}, .timezone = "Europe/Amsterdam"},
    {.analysis = "retention", .words = {{"over", "month"}, {"start", "t1"}, {"return", "t0"}, {"mode", "on-or-after"}}},
    {.analysis = "retention", .words = {{"over", "week"}, {"rolling", "yes"}}},
    {.analysis = "sessions", .words = {{"by", "plan"}}},
    {.analysis = "sessions", .words = {{"gap", "2h"}, {"over", "day"}}, .segment = "did(t5)"},
    {.analysis = "channels"},
    {.analysis = "contacts",
     .words =
         {{"person", "ch1"}, {"person", "ch \"2\""}, {"resolved", "amount"}, {"confirmed", "plan"}, {"transfer", "t0"}, {"within", "48h"}}},
    {.analysis = "contacts", .words = {{"person", "ch1"}, {"self", "ch \"2\""}, {"about", "plan"}}},
    {.analysis = "dwell", .words = {{"top", "4"}, {"response", "t1"}, {"duration", "amount"}}, .all = {"top", "1000"}},
    {.analysis = "dwell", .words = {{"end", "t0"}}, .journey = "session 1h"},
    {.analysis = "scores", .words = {{"score", "amount"}, {"kind", ""}, {"by", "plan"}, {"invited", "t0"}}},
    {.analysis = "scores", .words = {{"score", "amount"}, {"kind", "plan"}, {"answers", "all"}, {"window", "2"}, {"over", "week"}}},
    {.analysis = "loops"},
    {.analysis = "loops", .journey = "session 1h"},
    {.analysis = "compare", .words = {{"group", "did(t5)"}}, .all = {"top", "100000"}},
    {.analysis = "compare", .words = {{"takers", "t0 > t1"}}, .journey = "session 1h", .all = {"top", "100000"}},
};
#define N_QUESTIONS (sizeof questions / sizeof *questions)

static void test_all_analyses_are_asked(void **state) {
    (void)state;
    for (size_t i = 0; sj_analyses[i]; i++) {
        bool found = (sj_analyses[i]->needs & SJ_NEED_IDENTITY) != 0;
        for (size_t q = 0; q < N_QUESTIONS && !found; q++)
            found = strcmp(questions[q].analysis, sj_analyses[i]->name) == 0;
        if (!found)
            fail_msg("%s is not among the questions of this test", sj_analyses[i]->name);
    }
}

/* ---- every count of every question ---- */

struct oracle {
    const struct fixture *f;
    const struct asked *asked;
    struct sj_result whole, alone[N_CUSTOMERS];
    size_t n_opened, n_shut, n_segments;
};

static bool name_of(const struct sj_table *table, size_t row, struct sj_buf *name) {
    struct sj_figure figure = {table->def, table->def->n_columns - 1};
    bool named;
    assert_ok(sj_row_name(table, &figure, row, (struct sj_row_times){SJ_ROW_TIMES_ISO, NULL}, name, &named, err));
    return named;
}

/* What the customer's own answer has there. */
static int64_t alone_figure(const struct oracle *o, size_t customer, const struct sj_figure *figure, struct sj_str name) {
    const struct sj_table *table = sj_result_find(&o->alone[customer], figure->table->name);
    int64_t sum = 0;
    struct sj_buf own;
    sj_buf_init(&own, sj_alloc_libc(), SIZE_MAX / 2);
    for (size_t row = 0; table && row < table->n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(table, row, figure->column);
        if (name_of(table, row, &own) && sj_str_eq(sj_buf_str(&own), name) && cell->known)
            sum += cell->i64;
    }
    sj_buf_done(&own);
    return sum;
}

static const char *note_of(const struct sj_result *result, const char *code) {
    for (size_t i = 0; i < result->n_notes; i++)
        if (strcmp(result->notes[i].code, code) == 0)
            return result->notes[i].text;
    return NULL;
}

static bool is_listed(const struct sj_table *table, const char *customer, int64_t *ret_count) {
    for (size_t row = 0; row < table->n_rows; row++) {
        if (!sj_str_eq(sj_table_cell(table, row, 0)->text, sj_str(customer)))
            continue;
        *ret_count = sj_table_cell(table, row, 1)->i64;
        return true;
    }
    return false;
}

/* The segment that the answer names has the same customers. */
static void check_segment(struct oracle *o, const struct sj_result *who) {
    const char *text = note_of(who, "who_segment");
    assert_true((text != NULL) != (note_of(who, "who_no_segment") != NULL));
    if (!text)
        return;
    const struct asked customers = {.analysis = "customers",
                                    .words = {{"top", "1000"}},
                                    .to = o->asked->to,
                                    .segment = strstr(text, ": ") + 2,
                                    .timezone = o->asked->timezone};
    struct sj_result all = must_ask(o->f, &customers, NULL, NULL);
    const struct sj_table *listed = sj_result_find(who, "customers"), *found = sj_result_find(&all, "customers");
    int64_t count;
    if (listed->n_rows != found->n_rows)
        fail_msg("%s: %zu are listed, %zu meet %s", o->asked->analysis, listed->n_rows, found->n_rows, customers.segment);
    for (size_t row = 0; row < found->n_rows; row++) {
        char name[24];
        snprintf(name, sizeof name, "%.*s", SJ_ARG(sj_table_cell(found, row, 0)->text));
        assert_true(is_listed(listed, name, &count));
    }
    o->n_segments++;
    sj_result_done(&all);
}

static void check_list(struct oracle *o, const struct sj_figure *figure, const struct sj_table *table, size_t row, const char *name) {
    char of[80];
    const struct opened opened = {
        .of = of, .row = sj_row_keys(table->def) ? name : NULL, .limit = 1000, .n_threads = 1 + (unsigned)row % 3};
    const struct sj_cell *cell = sj_table_cell(table, row, figure->column);
    int64_t sum = 0;
    size_t n = 0;
    snprintf(of, sizeof of, "%s.%s", figure->table->name, figure->table->columns[figure->column].name);
    struct sj_result who = must_ask(o->f, o->asked, &opened, NULL);
    const struct sj_table *list = sj_result_find(&who, "customers");
    for (size_t c = 0; c < N_CUSTOMERS; c++) {
        char customer[24];
        int64_t count = 0;
        const int64_t expected = alone_figure(o, c, figure, sj_str(name));
        snprintf(customer, sizeof customer, "c%zu", c);
        const bool listed = is_listed(list, customer, &count);
        if (listed != (expected > 0) || (listed && count != expected))
            fail_msg("%s %s \"%s\": %s has %lld, and is%s listed with %lld", o->asked->analysis, of, name, customer, (long long)expected,
                     listed ? "" : " not", (long long)count);
        sum += expected;
        n += listed;
    }
    assert_int_equal(n, list->n_rows);
    if (sum != (cell->known ? cell->i64 : 0))
        fail_msg("%s %s \"%s\": %lld, of all customers %lld", o->asked->analysis, of, name, (long long)cell->i64, (long long)sum);
    if (strcmp(figure->table->columns[figure->column].name, "customers") == 0)
        assert_int_equal(n, cell->i64);
    check_segment(o, &who);
    o->n_opened++;
    sj_result_done(&who);
}

static void check_shut(struct oracle *o, const struct sj_figure *figure, const char *name) {
    char of[80];
    const struct opened opened = {.of = of, .row = name, .limit = 1000, .n_threads = 1};
    struct sj_result result;
    struct sj_error error = {0};
    snprintf(of, sizeof of, "%s.%s", figure->table->name, figure->table->columns[figure->column].name);
    if (ask(o->f, o->asked, &opened, NULL, sj_alloc_libc(), &result, &error) != SJ_E_USAGE)
        fail_msg("%s %s \"%s\" opens, and should not", o->asked->analysis, of, name);
    o->n_shut++;
    sj_result_done(&result);
}

/* A page of a list of one is the list, of several a part of it: what is said to be of how many customers is tested there too. */
static void check_page(const struct oracle *o, const struct sj_figure *figure, const struct sj_table *table, const char *name) {
    char of[80], number[40];
    struct opened opened = {.of = of, .row = sj_row_keys(table->def) ? name : NULL, .limit = 1, .n_threads = 1};
    snprintf(of, sizeof of, "%s.%s", figure->table->name, figure->table->columns[figure->column].name);
    struct sj_result page = must_ask(o->f, o->asked, &opened, NULL);
    opened.limit = 1000;
    struct sj_result all = must_ask(o->f, o->asked, &opened, NULL);
    const size_t n = sj_result_find(&all, "customers")->n_rows;
    const char *count = note_of(&page, "who_count");
    assert_int_equal(sj_result_find(&page, "customers")->n_rows, n < 1 ? n : 1);
    assert_int_equal(note_of(&page, "who_more") != NULL, n > 1);
    snprintf(number, sizeof number, ", of %zu customers in all", n);
    if (strstr(count, "customers in all") && !strstr(count, number))
        fail_msg("%s: \"%s\", and %zu are listed", o->asked->analysis, count, n);
    sj_result_done(&page);
    sj_result_done(&all);
}

/* Tested by test_who_is_behind_a_difference(). */
static bool is_of_compare(const struct oracle *o, const struct sj_table *table, const struct sj_column_def *column) {
    const bool is_times = strcmp(o->asked->analysis, "compare") == 0 && strcmp(table->def->name, "times") == 0;
    return column->part || (is_times && column->type == SJ_TYPE_COUNT);
}

static void check_table(struct oracle *o, const struct sj_table *table) {
    const bool turns = strcmp(table->def->name, "curve") == 0 && o->asked->words[1][0] && strcmp(o->asked->words[1][0], "rolling") == 0;
    struct sj_buf name;
    sj_buf_init(&name, sj_alloc_libc(), SIZE_MAX / 2);
    for (size_t row = 0; row < table->n_rows; row += 1 + table->n_rows / ROWS_MAX) {
        const bool named = name_of(table, row, &name);
        assert_ok(sj_buf_append(&name, "", 1, err));
        const char *text = (const char *)name.data;
        for (size_t c = 0; c < table->def->n_columns; c++) {
            const struct sj_column_def *column = &table->def->columns[c];
            const struct sj_figure figure = {table->def, c};
            if (!sj_is_figure(column->type))
                continue;
            if (is_of_compare(o, table, column))
                continue;
            if (column->type != SJ_TYPE_COUNT || column->nobody || (sj_row_keys(table->def) >> c & 1) || !named || turns ||
                strstr(text, "(other)")) {
                check_shut(o, &figure, text);
                continue;
            }
            check_list(o, &figure, table, row, text);
            check_page(o, &figure, table, text);
        }
    }
    sj_buf_done(&name);
}

static void test_who_is_behind_every_count(void **state) {
    (void)state;
    struct fixture f = open_fixture(N_CUSTOMERS);
    size_t n_segments = 0, n_shut = 0;
    for (size_t q = 0; q < N_QUESTIONS; q++) {
        struct oracle *o = calloc(1, sizeof *o);
        assert_non_null(o);
        o->f = &f;
        o->asked = &questions[q];
        o->whole = must_ask(&f, o->asked, NULL, NULL);
        for (size_t c = 0; c < N_CUSTOMERS; c++) {
            char customer[24];
            snprintf(customer, sizeof customer, "c%zu", c);
            o->alone[c] = must_ask(&f, o->asked, NULL, customer);
        }
        for (size_t t = 0; t < o->whole.n_tables; t++)
            check_table(o, &o->whole.tables[t]);
        assert_true(o->n_opened > 0);
        n_segments += o->n_segments;
        n_shut += o->n_shut;
        for (size_t c = 0; c < N_CUSTOMERS; c++)
            sj_result_done(&o->alone[c]);
        sj_result_done(&o->whole);
        free(o);
    }
    assert_true(n_segments > 50 && n_shut > 50);
    close_fixture(&f);
}

/* ---- compare ---- */

/* A condition on customers for a feature, as the answer names it: all names quoted. */
static void write_feature(struct sj_buf *out, const char *feature, const char *kind) {
    static const char *const arrow = " >> ";
    const char *at = feature;
    sj_buf_reset(out);
    if (strcmp(kind, "channel") == 0 || strcmp(kind, "property") == 0) {
        const bool is_channel = *kind == 'c';
        assert_ok(sj_buf_print(out, err, "did(.[%s = \"", is_channel ? "channel" : "tier"));
        for (at = is_channel ? feature : strchr(feature, '=') + 2; *at; at++)
            assert_ok(sj_buf_print(out, err, *at == '"' ? "\"\"" : "%c", *at));
        assert_ok(sj_buf_append(out, "\"])", 4, err));
        return;
    }
    const bool is_route = strcmp(kind, "route") == 0;
    const size_t end = strlen(feature) - (is_route ? 2 : 0);
    assert_ok(sj_buf_print(out, err, is_route ? "matched(^ \"" : "matched(\""));
    for (size_t i = is_route ? 2 : 0; i < end;) {
        const bool is_arrow = strncmp(feature + i, arrow, 4) == 0;
        assert_ok(is_arrow ? sj_buf_print(out, err, "\" >> \"") : sj_buf_print(out, err, feature[i] == '"' ? "\"\"" : "%c", feature[i]));
        i += is_arrow ? 4 : 1;
    }
    assert_ok(sj_buf_print(out, err, is_route ? "\" $)" : "\")"));
}

/* Histories: each customer of the group counts once, and meets the condition. Returns how many there are. */
static size_t check_feature(const struct fixture *f, const struct asked *asked, const struct opened *opened, const char *condition) {
    char segment[400];
    snprintf(segment, sizeof segment, "%s%s and %s", strstr(opened->of, "second") ? "not " : "", asked->words[0][1], condition);
    const struct asked customers = {.analysis = "customers", .words = {{"top", "1000"}}, .segment = segment};
    struct sj_result who = must_ask(f, asked, opened, NULL), all = must_ask(f, &customers, NULL, NULL);
    const struct sj_table *listed = sj_result_find(&who, "customers"), *found = sj_result_find(&all, "customers");
    const size_t n = found->n_rows;
    if (listed->n_rows != n)
        fail_msg("%s \"%s\": %zu are listed, %zu meet %s", opened->of, opened->row, listed->n_rows, n, segment);
    for (size_t row = 0; row < n; row++) {
        char name[24];
        int64_t count;
        snprintf(name, sizeof name, "%.*s", SJ_ARG(sj_table_cell(found, row, 0)->text));
        assert_true(is_listed(listed, name, &count));
        assert_int_equal(count, 1);
    }
    sj_result_done(&who);
    sj_result_done(&all);
    return n;
}

static void check_features(const struct fixture *f, const struct asked *asked, const struct sj_table *table, size_t kinds[5]) {
    const bool is_times = strcmp(table->def->name, "times") == 0;
    const char *const columns[2] = {is_times ? "times.first_journeys" : "differences.first",
                                    is_times ? "times.second_journeys" : "differences.second"};
    struct sj_buf condition;
    sj_buf_init(&condition, sj_alloc_libc(), SIZE_MAX / 2);
    for (size_t row = 0; row < table->n_rows; row++) {
        char feature[160], kind[24] = "link", name[200];
        snprintf(feature, sizeof feature, "%.*s", SJ_ARG(sj_table_cell(table, row, 0)->text));
        if (!is_times)
            snprintf(kind, sizeof kind, "%.*s", SJ_ARG(sj_table_cell(table, row, 1)->text));
        snprintf(name, sizeof name, is_times ? "%s" : "%s > %s", feature, kind);
        if (feature[0] == '(')
            assert_ok(sj_buf_print(&condition, err, "did(.)"));
        else
            write_feature(&condition, feature, kind);
        assert_ok(sj_buf_append(&condition, "", 1, err));
        for (size_t g = 0; g < 2; g++) {
            const struct opened opened = {.of = columns[g], .row = name, .limit = 1000, .n_threads = 1 + (unsigned)row % 2};
            const size_t n = check_feature(f, asked, &opened, (const char *)condition.data);
            if (is_times)
                assert_int_equal(n, sj_table_cell(table, row, 3 + 2 * g)->i64);
            else
                assert_true(n == (size_t)llround(sj_table_cell(table, row, 4 + g)->estimate.value *
                                                 (double)sj_table_cell(table, row, 4 + g)->estimate.n));
        }
        kinds[strchr("tlrcp", kind[0]) - "tlrcp"]++;
        sj_buf_reset(&condition);
    }
    sj_buf_done(&condition);
}

/* A customer alone differs from nobody: what a share counts of him is in none of the answers that people see. */
static void test_who_is_behind_a_difference(void **state) {
    (void)state;
    const struct asked asked = {.analysis = "compare", .words = {{"group", "did(.[amount >= 8])"}, {"top", "1000"}}};
    const struct asked takers = {.analysis = "compare", .words = {{"takers", "t1"}}, .journey = "session 1h"};
    struct fixture f = open_fixture(600);
    struct sj_result whole = must_ask(&f, &asked, NULL, NULL), sessions = must_ask(&f, &takers, NULL, NULL);
    size_t kinds[5] = {0};
    check_features(&f, &asked, sj_result_find(&whole, "differences"), kinds);
    check_features(&f, &asked, sj_result_find(&whole, "times"), kinds);
    for (size_t i = 0; i < 5; i++)
        assert_true(kinds[i] > 0);
    const struct sj_table *times = sj_result_find(&sessions, "times");
    for (size_t row = 0; row < times->n_rows; row++) { /* several journeys of one customer */
        char name[160];
        int64_t sum = 0;
        snprintf(name, sizeof name, "%.*s", SJ_ARG(sj_table_cell(times, row, 0)->text));
        struct sj_result who =
            must_ask(&f, &takers, &(struct opened){.of = "times.first_journeys", .row = name, .limit = 1000, .n_threads = 1}, NULL);
        const struct sj_table *listed = sj_result_find(&who, "customers");
        for (size_t i = 0; i < listed->n_rows; i++)
            sum += sj_table_cell(listed, i, 1)->i64;
        assert_int_equal(sum, sj_table_cell(times, row, 3)->i64);
        sj_result_done(&who);
    }
    assert_true(times->n_rows > 1);
    sj_result_done(&whole);
    sj_result_done(&sessions);
    close_fixture(&f);
}

/* ---- pages ---- */

static void test_pages_follow_each_other(void **state) {
    (void)state;
    const struct asked asked = {.analysis = "overview"};
    struct fixture f = open_fixture(N_CUSTOMERS);
    struct opened opened = {.of = "touchpoints.events", .row = "t0", .limit = 1000, .n_threads = 4};
    struct sj_result all = must_ask(&f, &asked, &opened, NULL);
    const struct sj_table *list = sj_result_find(&all, "customers");
    char after[24] = "";
    size_t n = 0;
    assert_true(list->n_rows > 20);
    for (size_t n_page = 7; n_page == 7;) {
        opened = (struct opened){.of = "touchpoints.events", .row = "t0", .after = after, .limit = 7, .n_threads = 2};
        struct sj_result page = must_ask(&f, &asked, &opened, NULL);
        const struct sj_table *rows = sj_result_find(&page, "customers");
        n_page = rows->n_rows;
        for (size_t i = 0; i < n_page; i++, n++) {
            assert_true(n < list->n_rows);
            for (size_t c = 1; c < list->def->n_columns; c++)
                assert_int_equal(sj_table_cell(rows, i, c)->i64, sj_table_cell(list, n, c)->i64);
            assert_true(sj_str_eq(sj_table_cell(rows, i, 0)->text, sj_table_cell(list, n, 0)->text));
        }
        if (n_page > 0)
            snprintf(after, sizeof after, "%.*s", SJ_ARG(sj_table_cell(rows, n_page - 1, 0)->text));
        assert_int_equal(note_of(&page, "who_more") != NULL, n < list->n_rows);
        sj_result_done(&page);
    }
    assert_int_equal(n, list->n_rows);
    sj_result_done(&all);
    close_fixture(&f);
}

/* Of many batches and threads: the page is the beginning of the list, whatever is read of the rest. */
static void test_a_page_of_a_large_store(void **state) {
    (void)state;
    const struct asked asked = {.analysis = "flow"};
    struct fixture f = open_fixture(60000);
    struct opened opened = {.of = "links.count", .row = "t0 > t0", .limit = 1000000, .n_threads = 1};
    struct sj_result all = must_ask(&f, &asked, &opened, NULL);
    const struct sj_table *list = sj_result_find(&all, "customers");
    assert_true(list->n_rows > 10000);
    for (unsigned n_threads = 1; n_threads <= 4; n_threads++) {
        opened.limit = n_threads * 1500;
        opened.n_threads = n_threads;
        struct sj_result page = must_ask(&f, &asked, &opened, NULL);
        const struct sj_table *rows = sj_result_find(&page, "customers");
        assert_int_equal(rows->n_rows, opened.limit);
        for (size_t i = 0; i < rows->n_rows; i++)
            assert_true(sj_str_eq(sj_table_cell(rows, i, 0)->text, sj_table_cell(list, i, 0)->text));
        sj_result_done(&page);
    }
    sj_result_done(&all);
    close_fixture(&f);
}

/* A row that the answer does not show opens by its name all the same. */
static void test_rows_that_are_not_shown(void **state) {
    (void)state;
    struct fixture f = open_fixture(N_CUSTOMERS);
    const struct asked few = {.analysis = "variants", .words = {{"top", "1"}}}, many = {.analysis = "variants", .words = {{"top", "1000"}}};
    const struct asked by_plan = {.analysis = "sessions", .words = {{"by", "plan"}}};
    struct sj_result whole = must_ask(&f, &many, NULL, NULL);
    const struct sj_table *variants = sj_result_find(&whole, "variants");
    struct sj_buf name;
    size_t n_plans = 0;
    sj_buf_init(&name, sj_alloc_libc(), SIZE_MAX / 2);
    for (size_t row = 1; row < 5; row++) {
        assert_true(name_of(variants, row, &name));
        assert_ok(sj_buf_append(&name, "", 1, err));
        const struct opened opened = {.of = "variants.count", .row = (const char *)name.data, .limit = 1000, .n_threads = 1};
        struct sj_result hidden = must_ask(&f, &few, &opened, NULL), shown = must_ask(&f, &many, &opened, NULL);
        assert_int_equal(sj_result_find(&hidden, "customers")->n_rows, sj_table_cell(variants, row, 4)->i64);
        assert_int_equal(sj_result_find(&shown, "customers")->n_rows, sj_table_cell(variants, row, 4)->i64);
        sj_result_done(&hidden);
        sj_result_done(&shown);
    }
    for (int plan = 0; plan < N_PLANS; plan++) { /* more than are told apart */
        char text[24];
        snprintf(text, sizeof text, "plan %d", plan);
        const struct opened opened = {.of = "by.sessions", .row = text, .limit = 1000, .n_threads = 1};
        struct sj_result result;
        struct sj_error error = {0};
        n_plans += ask(&f, &by_plan, &opened, NULL, sj_alloc_libc(), &result, &error) == SJ_OK;
        sj_result_done(&result);
    }
    assert_int_equal(n_plans, N_PLANS);
    sj_buf_done(&name);
    sj_result_done(&whole);
    close_fixture(&f);
}

/* ---- refusals ---- */

static const struct refusal {
    struct asked asked;
    const char *of, *row, *part;
} refusals[] = {
    {{.analysis = "overview"}, "summary.evnts", NULL, "did you mean \"summary.events\"?"},
    {{.analysis = "overview"}, "summary.channels", NULL, "is no count of what customers did"},
    {{.analysis = "overview"}, "touchpoints.share", "t0", "nobody stands behind it; touchpoints.events is one"},
    {{.analysis = "overview"}, "journey_length.max", NULL, "; summary.events is one"},
    {{.analysis = "overview"}, "touchpoints.events", NULL, "which row of touchpoints? Expected its name (row), such as \"t0\""},
    {{.analysis = "overview"}, "touchpoints.events", "t11", "did you mean \"t1\"?"},
    {{.analysis = "overview"}, "touchpoints.events", "zzzzzzzzzz", "has no row \"zzzzzzzzzz\"; the first is \"t0\""},
    {{.analysis = "overview"}, "summary.events", "t0", "summary has one row, which has no name: leave row out"},
    {{.analysis = "flow", .words = {{"touchpoints", "50%"}}}, "links.count", "t0 > t1", "leave touchpoints at 100%"},
    {{.analysis = "retention", .words = {{"rolling", "yes"}}}, "curve.returned", "1", "leave rolling at false"},
    {{.analysis = "sessions", .words = {{"by", "plan"}}}, "by.sessions", "(other)", "puts several together, and cannot be opened"},
    {{.analysis = "variants", .words = {{"top", "1"}}}, NULL, "t0 > zzz", "variants has no row \"t0 > zzz\""},
    {{.analysis = "customers"}, NULL, NULL, "lists people already"},
    {{.analysis = "zzz"}, NULL, NULL, "there is no analysis"},
};

static void test_refusals(void **state) {
    (void)state;
    struct fixture f = open_fixture(N_CUSTOMERS);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct opened opened = {.of = refusals[i].of, .row = refusals[i].row, .n_threads = 1};
        struct sj_result result;
        struct sj_error error = {0};
        assert_int_not_equal(ask(&f, &refusals[i].asked, &opened, NULL, sj_alloc_libc(), &result, &error), SJ_OK);
        if (!strstr(error.message, refusals[i].part))
            fail_msg("\"%s\" does not say \"%s\"", error.message, refusals[i].part);
        sj_result_done(&result);
    }
    close_fixture(&f);
}

static void test_words_that_do_not_go_together(void **state) {
    (void)state;
    static const struct {
        struct sj_question question;
        const char *part;
    } wrong[] = {
        {{.trend = {.over = {"week", 4}}, .who = {.is_asked = true}}, "give its from and to instead of trend"},
        {{.who = {.limit = 5}}, "go with who"},
        {{.who = {.after = {"c1", 2}}}, "go with who"},
        {{.trend = {.of = {"summary.events", 14}}}, "of and row go with trend"},
        {{.who = {.is_asked = true, .limit = -1}}, "expected a whole number from 1 to 10000000"},
        {{.who = {.is_asked = true, .limit = SJ_WHO_LIMIT_MAX + 1}}, "expected a whole number from 1 to 10000000"},
    };
    struct fixture f = open_fixture(3);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sj_question question = wrong[i].question;
        struct sj_answer answer = {0};
        struct sj_error error = {0};
        question.analysis = SJ_LIT("overview");
        sj_result_init(&answer.result, sj_alloc_libc(), SJ_EN);
        assert_int_equal(sj_ask(sj_os_real(), sj_alloc_libc(), f.snapshot, &question, &answer, &error), SJ_E_USAGE);
        if (!strstr(error.message, wrong[i].part))
            fail_msg("\"%s\" does not say \"%s\"", error.message, wrong[i].part);
        sj_result_done(&answer.result);
    }
    close_fixture(&f);
}

static void test_nobody_in_an_empty_store(void **state) {
    (void)state;
    const struct asked asked = {.analysis = "overview"};
    const struct opened opened = {.n_threads = 1};
    struct fixture f = open_fixture(0);
    struct sj_result result = must_ask(&f, &asked, &opened, NULL);
    assert_int_equal(sj_result_find(&result, "customers")->n_rows, 0);
    assert_non_null(note_of(&result, "empty_store"));
    sj_result_done(&result);
    close_fixture(&f);
}

static void test_memory_runs_out(void **state) {
    (void)state;
    static const struct {
        struct asked asked;
        struct opened opened;
    } ways[] = {
        {{.analysis = "channels"}, {.of = "switches.count", .row = "ch1 > ch \"2\"", .n_threads = 1}},
        {{.analysis = "funnel", .words = {{"steps", "t0"}, {"steps", "t1"}}}, {.of = "times.count", .row = "t1", .n_threads = 1}},
        {{.analysis = "variants", .words = {{"top", "1"}}}, {.row = "t1", .n_threads = 1}},
    };
    struct fixture f = open_fixture(20);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        enum sj_status status = SJ_E_MEMORY;
        for (size_t n = 0; status == SJ_E_MEMORY; n++) {
            struct failing_alloc failing = {.n_until_failure = n};
            const struct sj_alloc mem = failing_alloc(&failing);
            struct sj_result result;
            struct sj_error error = {0};
            status = ask(&f, &ways[i].asked, &ways[i].opened, NULL, &mem, &result, &error);
            if (status != SJ_OK && status != SJ_E_MEMORY)
                fail_msg("%s", error.message);
            sj_result_done(&result);
            assert_int_equal(failing.n_alive, 0);
            assert_true(n < 100000);
        }
    }
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_analyses_are_asked),
        cmocka_unit_test(test_who_is_behind_every_count),
        cmocka_unit_test(test_who_is_behind_a_difference),
        cmocka_unit_test(test_pages_follow_each_other),
        cmocka_unit_test(test_a_page_of_a_large_store),
        cmocka_unit_test(test_rows_that_are_not_shown),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_words_that_do_not_go_together),
        cmocka_unit_test(test_nobody_in_an_empty_store),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
