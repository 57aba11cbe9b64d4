/* A trend against asking about each period by itself, with --from and --to; and what is usual against the plain definition. */
#include <math.h>
#include "api/ask.h"
#include "api/trend_answer.h"
#include "base/failing_alloc.h"
#include "base/time.h"
#include "store/model.h"

enum { N_TOUCHPOINTS = 6, WORDS_MAX = 6 };

/* Events of 100 days: customers come back after minutes or days; the `amount` of some is a score. */
static void load(struct sj_store *store, size_t n_customers, unsigned n_touchpoints) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    struct sj_random random;
    uint16_t touchpoints[200], amount = 0;
    uint8_t channels[3];
    char name[24];
    sj_random_init(&random, 7);
    assert_ok(sj_writer_open(store, SJ_LOAD_BULK, &writer, err));
    for (unsigned i = 0; i < n_touchpoints; i++) {
        snprintf(name, sizeof name, "t%u", i);
        assert_ok(sj_writer_touchpoint(writer, sj_str(name), &touchpoints[i], err));
    }
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "ch%u", i);
        assert_ok(sj_writer_channel(writer, sj_str(name), &channels[i], err));
    }
    assert_ok(sj_writer_column(writer, SJ_LIT("amount"), SJ_KIND_NUMBER, &amount, err));
    for (size_t customer = 0; customer < n_customers; customer++) {
        int64_t time_us =
            INT64_C(1735689600) * SJ_US_SECOND + (int64_t)sj_random_below(&random, 40) * SJ_US_DAY + SJ_US_HOUR; /* from 2025-01-01T01:00 */
        snprintf(name, sizeof name, "customer %zu", customer);
        for (uint64_t n = 1 + sj_random_below(&random, 30); n > 0; n--) {
            const uint64_t dice = sj_random_u64(&random);
            const struct sj_value value = {.column = amount, .f64 = (double)(dice % 11)};
            const struct sj_event event = {.customer = sj_str(name),
                                           .time_us = time_us,
                                           .touchpoint = touchpoints[(dice >> 8) % n_touchpoints],
                                           .channel = channels[(dice >> 16) % 3],
                                           .values = &value,
                                           .n_values = (dice >> 24) % 3 == 0};
            assert_ok(sj_writer_add(writer, &event, err));
            time_us += (int64_t)sj_random_below(&random, (dice >> 32) % 3 ? SJ_US_HOUR : 5 * SJ_US_DAY);
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

static struct fixture open_fixture(size_t n_customers, unsigned n_touchpoints) {
    struct sj_store_options options = model_options();
    struct fixture f = {.path = model_folder()};
    assert_ok(sj_store_create(&options, f.path, NULL, err));
    assert_ok(sj_store_open(&options, f.path, true, &f.store, err));
    if (n_customers > 0)
        load(f.store, n_customers, n_touchpoints);
    assert_ok(sj_snapshot_open(f.store, &f.snapshot, err));
    return f;
}

static void close_fixture(struct fixture *f) {
    sj_snapshot_close(f->snapshot);
    sj_store_close(f->store);
    model_remove(f->path);
}

/* ---- questions ---- */

struct followed {
    const char *analysis, *words[WORDS_MAX][2];
    const char *journey, *over;
    const char *table, *column, *row; /* row: by its names; NULL: the only one */
};

static struct sj_str lit(const char *text) { return text ? sj_str(text) : (struct sj_str){"", 0}; }

static enum sj_status ask(const struct fixture *f, const struct followed *asked, const struct sj_trend_words *trend, const char *from,
                          const char *to, unsigned n_threads, const struct sj_alloc *mem, struct sj_result *ret_result,
                          struct sj_error *error) {
    struct sj_word words[WORDS_MAX];
    struct sj_question question = {.analysis = sj_str(asked->analysis),
                                   .lens = {.journey = lit(asked->journey), .from = lit(from), .to = lit(to)},
                                   .args = words,
                                   .n_threads = n_threads};
    struct sj_answer answer = {0};
    for (; question.n_args < WORDS_MAX && asked->words[question.n_args][0]; question.n_args++)
        words[question.n_args] = (struct sj_word){sj_str(asked->words[question.n_args][0]), sj_str(asked->words[question.n_args][1])};
    if (trend)
        question.trend = *trend;
    sj_result_init(&answer.result, mem, SJ_EN);
    const enum sj_status status = sj_ask(sj_os_real(), mem, f->snapshot, &question, &answer, error);
    *ret_result = answer.result;
    return status;
}

/* Whether the cells at the beginning of the row, one to three, are that name. */
static bool is_named(const struct sj_table *table, size_t row, struct sj_str name) {
    char out[200];
    size_t n = 0;
    for (size_t c = 0; c < 3 && c < table->def->n_columns; c++) {
        const enum sj_type type = table->def->columns[c].type;
        const struct sj_cell *cell = sj_table_cell(table, row, c);
        n += (size_t)snprintf(out + n, sizeof out - n, "%s", c > 0 ? " > " : "");
        if (type == SJ_TYPE_COUNT)
            n += (size_t)snprintf(out + n, sizeof out - n, "%lld", (long long)cell->i64);
        else if (sj_type_is_text(type))
            n += (size_t)snprintf(out + n, sizeof out - n, "%.*s", SJ_ARG(cell->text));
        for (size_t i = 0; type == SJ_TYPE_ROUTE && i < cell->route.n_steps; i++)
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", i > 0 ? " > " : "", SJ_ARG(cell->route.steps[i]));
        if (sj_str_eq((struct sj_str){out, n}, name))
            return true;
    }
    return false;
}

static size_t column_of(const struct sj_table_def *def, const char *name) {
    size_t column = 0;
    while (column < def->n_columns && strcmp(def->columns[column].name, name) != 0)
        column++;
    assert_true(column < def->n_columns);
    return column;
}

/* The figure in the answer for one period; where the row is not there, none of a count if all rows are
 * there, and else not known. */
static struct sj_cell figure_of(const struct sj_result *result, const struct followed *asked) {
    const struct sj_table *table = sj_result_find(result, asked->table);
    assert_non_null(table);
    const size_t column = column_of(table->def, asked->column);
    const bool is_count = table->def->columns[column].type == SJ_TYPE_COUNT;
    struct sj_cell cell = {.known = false};
    for (size_t row = 0; row < table->n_rows && !cell.known; row++) {
        if (!asked->row || is_named(table, row, sj_str(asked->row)))
            cell = *sj_table_cell(table, row, column);
    }
    return cell.known || !is_count || table->partial ? cell : sj_cell_i64(0);
}

static void assert_same(enum sj_type type, const struct sj_cell *a, const struct sj_cell *b) {
    assert_int_equal(a->known, b->known);
    if (!a->known)
        return;
    if (!sj_type_is_estimate(type)) {
        assert_true(a->i64 == b->i64); /* the bits of a number too */
        return;
    }
    assert_true(a->estimate.value == b->estimate.value && a->estimate.low == b->estimate.low);
    assert_true(a->estimate.high == b->estimate.high && a->estimate.n == b->estimate.n && a->estimate.flags == b->estimate.flags);
}

static const struct followed followed[] = {
    {"overview", {{0}}, NULL, "week", "summary", "events", NULL},
    {"overview", {{0}}, NULL, "day", "channels", "share", "ch1"},
    {"sessions", {{0}}, "session 30m", "week", "summary", "sessions", NULL},
    {"channels", {{0}}, NULL, "month", "switches", "share", "ch0 > ch2"},
    {"channels", {{0}}, NULL, "week", "switches", "median", "ch1 > ch0"},
    {"loops", {{0}}, "session 24h", "week", "touchpoints", "repeats", "t3"},
    {"dwell", {{"threshold", "1h"}}, "session 24h", "week", "links", "p90", "t1 > t2"},
    {"dwell", {{"duration", "amount"}}, NULL, "month", "waits", "person_hours", "t0"},
    {"flow", {{0}}, NULL, "week", "links", "count", "t4 > t5"},
    {"funnel", {{"steps", "t1"}, {"steps", "t2"}, {"within", "24h"}}, NULL, "week", "steps", "of_first", "t2"},
    {"funnel", {{"steps", "t1[channel = 'ch1'] > t2"}, {"within", "24h"}}, NULL, "week", "steps", "count", "t2"},
    {"participation", {{"steps", "t5"}}, NULL, "auto", "summary", "share", NULL},
    {"scores", {{"score", "amount"}, {"kind", ""}}, NULL, "week", "summary", "score", NULL},
    {"routes", {{"steps", "3"}}, "session 24h", "month", "links", "count", "2 > t1 > t2"},
    {"routes", {{"steps", "3"}, {"top", "1000"}}, "session 24h", "month", "routes", "count", "t1 > t1 > t2"},
    {"dwell", {{"top", "20"}}, "session 24h", "week", "links", "count", "t1 > t2"}, /* of 36: not always shown */
    {"routes", {{"steps", "3"}}, "session 24h", "month", "matrix", "share", "t4 > 2"},
    {"retention", {{0}}, NULL, "month", "curve", "returned", "1"},
    /* who is in the group is known before the first period ends */
    {"compare", {{"group", "did(t1, to '2025-01-25')"}}, "session 24h", "month", "groups", "journeys", "group"},
    {"compare", {{"group", "did(t1, to '2025-01-05')"}, {"top", "1000"}}, NULL, "week", "differences", "first", "t2 > touchpoint"},
    {"compare", {{"takers", "t1[channel = 'ch1'] > t2"}, {"others", "t3"}}, NULL, "month", "groups", "share", "takers"},
    {"contacts", {{"person", "ch0"}}, NULL, "week", "summary", "contacts", NULL},
    {"contacts", {{"person", "ch0"}, {"person", "ch1"}}, NULL, "month", "handovers", "share", "ch0 > ch1"},
};

static struct sj_trend_words words_of(const struct followed *asked, struct sj_str *row, char of[64]) {
    snprintf(of, 64, "%s.%s", asked->table, asked->column);
    *row = lit(asked->row);
    return (struct sj_trend_words){.over = sj_str(asked->over), .of = sj_str(of), .rows = row, .n_rows = asked->row != NULL};
}

/* ---- each period by itself ---- */

static void check_periods(const struct fixture *f, const struct followed *asked, const struct sj_result *trend) {
    const struct sj_table *table = sj_result_find(trend, "trend");
    assert_non_null(table);
    assert_true(table->n_rows > 1);
    size_t n_known = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        char from[SJ_TIME_TEXT_BYTES] = "", to[SJ_TIME_TEXT_BYTES] = "";
        struct sj_result result;
        struct sj_error error = {0};
        from[sj_time_format(sj_table_cell(table, row, 0)->i64, from)] = '\0';
        if (row + 1 < table->n_rows)
            to[sj_time_format(sj_table_cell(table, row + 1, 0)->i64, to)] = '\0';
        if (ask(f, asked, NULL, from, to, 1, sj_alloc_libc(), &result, &error) != SJ_OK)
            fail_msg("%s from %s to %s: %s", asked->analysis, from, to, error.message);
        const struct sj_cell expected = figure_of(&result, asked);
        assert_same(table->def->columns[1].type, sj_table_cell(table, row, 1), &expected);
        n_known += expected.known;
        sj_result_done(&result);
    }
    assert_true(n_known > 1);
}

static void test_a_trend_is_each_period_by_itself(void **state) {
    (void)state;
    struct fixture f = open_fixture(400, N_TOUCHPOINTS);
    for (size_t i = 0; i < sizeof followed / sizeof *followed; i++) {
        for (unsigned n_threads = 1; n_threads < 4; n_threads += 2) {
            char of[64];
            struct sj_str row;
            struct sj_result result;
            struct sj_error error = {0};
            const struct sj_trend_words words = words_of(&followed[i], &row, of);
            if (ask(&f, &followed[i], &words, NULL, NULL, n_threads, sj_alloc_libc(), &result, &error) != SJ_OK)
                fail_msg("%s %s: %s", followed[i].analysis, of, error.message);
            check_periods(&f, &followed[i], &result);
            sj_result_done(&result);
        }
    }
    close_fixture(&f);
}

/* With 120 touchpoints the states of dwell are so large that the periods are asked in several groups. */
static void test_large_states_are_asked_in_groups(void **state) {
    (void)state;
    const struct followed asked = {"dwell", {{0}}, NULL, "week", "waits", "median", "t17"};
    struct fixture f = open_fixture(300, 120);
    char of[64];
    struct sj_str row;
    struct sj_result result;
    struct sj_error error = {0};
    const struct sj_trend_words words = words_of(&asked, &row, of);
    assert_int_equal(ask(&f, &asked, &words, NULL, NULL, 1, sj_alloc_libc(), &result, &error), SJ_OK);
    check_periods(&f, &asked, &result);
    sj_result_done(&result);
    close_fixture(&f);
}

/* ---- what is usual ---- */

static int by_value(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double plain_median(double *values, size_t n) {
    qsort(values, n, sizeof *values, by_value);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static void check_usual(const struct sj_table *table, size_t row, size_t step, size_t most) {
    double values[12];
    size_t n = 0;
    const size_t complete = column_of(table->def, "complete"), arrow = column_of(table->def, "arrow");
    for (size_t k = 1; k <= most && k * step <= row; k++)
        if (sj_table_cell(table, row - k * step, complete)->i64 && sj_table_cell(table, row - k * step, 1)->known)
            values[n++] = (double)sj_table_cell(table, row - k * step, 1)->i64;
    const bool expected = n >= 4 && sj_table_cell(table, row, complete)->i64 && sj_table_cell(table, row, 1)->known;
    assert_int_equal(sj_table_cell(table, row, 2)->known, expected);
    if (!expected)
        return;
    const double median = plain_median(values, n), value = (double)sj_table_cell(table, row, 1)->i64;
    for (size_t i = 0; i < n; i++)
        values[i] = fabs(values[i] - median);
    const double by_chance = 1.959963984540054 * sqrt(fmax(median, 1) * (1 + 3.141592653589793 / 2 / (double)n));
    const double half = fmax(sj_trend_band(n) * 1.4826 * plain_median(values, n), by_chance);
    assert_int_equal(sj_table_cell(table, row, 2)->i64, llround(median));
    assert_int_equal(sj_table_cell(table, row, 3)->i64, llround(fmax(median - half, 0)));
    assert_int_equal(sj_table_cell(table, row, 4)->i64, llround(median + half));
    const struct sj_str sign = value > median + half ? SJ_LIT("▲") : value < median - half ? SJ_LIT("▼") : SJ_LIT("");
    assert_true(sj_str_eq(sj_table_cell(table, row, arrow)->text, sign));
}

/* Normal by the polar way of Marsaglia. */
static double normal(struct sj_random *random) {
    for (;;) {
        const double x = (double)sj_random_below(random, 1u << 30) / (1 << 29) - 1,
                     y = (double)sj_random_below(random, 1u << 30) / (1 << 29) - 1;
        const double square = x * x + y * y;
        if (square > 0 && square < 1)
            return x * sqrt(-2 * log(square) / square);
    }
}

/* Of the next of normal values, 95 % lie within the band about the median of those before. */
static void test_the_band_holds_nineteen_of_twenty(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 17);
    for (size_t n = 4; n <= 12; n++) {
        size_t n_held = 0;
        for (size_t sample = 0; sample < 20000; sample++) {
            double values[12];
            for (size_t i = 0; i < n; i++)
                values[i] = normal(&random);
            const double median = plain_median(values, n);
            for (size_t i = 0; i < n; i++)
                values[i] = fabs(values[i] - median);
            n_held += fabs(normal(&random) - median) <= sj_trend_band(n) * 1.4826 * plain_median(values, n);
        }
        assert_in_range(n_held, 18880, 19120); /* four standard deviations */
    }
}

static void test_usual_is_of_the_same_weekdays_or_of_the_weeks_before(void **state) {
    (void)state;
    const struct followed asked[] = {{"overview", {{0}}, NULL, "day", "summary", "events", NULL},
                                     {"overview", {{0}}, NULL, "week", "summary", "customers", NULL},
                                     {"flow", {{0}}, NULL, "day", "links", "count", "t4 > t5"}}; /* few: chance is more than their spread */
    struct fixture f = open_fixture(400, N_TOUCHPOINTS);
    for (size_t i = 0; i < 3; i++) {
        char of[64];
        struct sj_str row;
        struct sj_result result;
        struct sj_error error = {0};
        const struct sj_trend_words words = words_of(&asked[i], &row, of);
        assert_int_equal(ask(&f, &asked[i], &words, NULL, NULL, 2, sj_alloc_libc(), &result, &error), SJ_OK);
        const struct sj_table *table = sj_result_find(&result, "trend");
        assert_true(table->n_rows > 10);
        for (size_t r = 0; r < table->n_rows; r++)
            check_usual(table, r, i == 1 ? 1 : 7, 8);
        assert_int_equal(sj_table_cell(table, 0, column_of(table->def, "complete"))->i64, 0);
        sj_result_done(&result);
    }
    close_fixture(&f);
}

/* Without rows named, the six with most behind them, each a column. */
static void test_several_rows_are_columns(void **state) {
    (void)state;
    const struct followed asked = {"overview", {{0}}, NULL, "month", NULL, NULL, NULL};
    const struct sj_trend_words words = {.over = SJ_LIT("month"), .of = SJ_LIT("touchpoints.events")};
    struct fixture f = open_fixture(300, 9);
    struct sj_result result;
    struct sj_error error = {0};
    assert_int_equal(ask(&f, &asked, &words, NULL, NULL, 1, sj_alloc_libc(), &result, &error), SJ_OK);
    const struct sj_table *table = sj_result_find(&result, "trend");
    assert_int_equal(table->def->n_columns, 8); /* period, six touchpoints, complete */
    assert_int_equal(table->def->columns[1].name[0], 't');
    assert_int_equal(result.notes[1].level, SJ_NOTE_INFO);
    assert_non_null(strstr(result.notes[1].text, "6 of 9 rows"));
    sj_result_done(&result);
    close_fixture(&f);
}

/* The names of rows are the names of columns: those that the table has itself stay with it. */
static void test_names_of_rows_do_not_hide_columns(void **state) {
    (void)state;
    static const char *const names[] = {"period", "complete", "usual"};
    const struct followed asked = {"overview", {{0}}, NULL, NULL, NULL, NULL, NULL};
    const struct sj_trend_words words = {.over = SJ_LIT("week"), .of = SJ_LIT("touchpoints.events")};
    struct fixture f = open_fixture(0, 0);
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    struct sj_result result;
    struct sj_error error = {0};
    assert_ok(sj_writer_open(f.store, SJ_LOAD_BULK, &writer, err));
    for (size_t i = 0; i < 3; i++) {
        struct sj_event event = {.customer = SJ_LIT("one"), .time_us = (int64_t)(40 - 10 * i) * SJ_US_DAY};
        assert_ok(sj_writer_touchpoint(writer, sj_str(names[i]), &event.touchpoint, err));
        for (size_t k = 0; k < 3 - i; k++)
            assert_ok(sj_writer_add(writer, &event, err));
    }
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    sj_writer_close(writer);
    sj_snapshot_close(f.snapshot);
    assert_ok(sj_snapshot_open(f.store, &f.snapshot, err));
    assert_int_equal(ask(&f, &asked, &words, NULL, NULL, 1, sj_alloc_libc(), &result, &error), SJ_OK);
    const struct sj_table *table = sj_result_find(&result, "trend");
    assert_int_equal(table->def->n_columns, 5);
    for (size_t i = 0; i < 3; i++) {
        const struct sj_column_def *column = &table->def->columns[1 + i];
        assert_int_equal(strlen(column->name), strlen(names[i]) + 1);
        assert_memory_equal(column->name, names[i], strlen(names[i]));
        assert_string_equal(column->label, names[i]);
    }
    assert_int_equal(table->def->columns[4].type, SJ_TYPE_TRUTH);
    assert_int_equal(sj_table_cell(table, 0, 1)->i64, 0); /* no event "period" in the first weeks: none, not unknown */
    assert_int_equal(sj_table_cell(table, 0, 3)->i64, 1);
    sj_result_done(&result);
    close_fixture(&f);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *analysis, *over, *of, *row, *part;
    } refusals[] = {
        {"overview", "year", "", NULL, "expected one of: auto day week month"},
        {"overview", "week", "summary.evnts", NULL, "did you mean \"summary.events\"?"},
        {"overview", "week", "zzzzzzzzzz", NULL, "expected TABLE.COLUMN, such as summary.events"},
        {"overview", "week", "touchpoints.touchpoint", NULL, "has no figure"},
        {"overview", "week", "touchpoints.events", "nobody", "touchpoints has no row \"nobody\" in any period"},
        {"overview", "week", "touchpoints.events", "t11", "did you mean \"t1\"?"},
        {"overview", "week", "activity.events", NULL, "have no names"},
        {"zzz", "week", "", NULL, "there is no analysis"},
        {"overview", "", "summary.events", NULL, "of and row go with trend"},
    };
    struct fixture f = open_fixture(60, N_TOUCHPOINTS);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct followed asked = {refusals[i].analysis, {{0}}, NULL, NULL, NULL, NULL, NULL};
        const struct sj_str row = lit(refusals[i].row);
        const struct sj_trend_words words = {sj_str(refusals[i].over), sj_str(refusals[i].of), &row, refusals[i].row != NULL};
        struct sj_result result;
        struct sj_error error = {0};
        assert_int_not_equal(ask(&f, &asked, &words, NULL, NULL, 1, sj_alloc_libc(), &result, &error), SJ_OK);
        if (!strstr(error.message, refusals[i].part))
            fail_msg("\"%s\" does not say \"%s\"", error.message, refusals[i].part);
        sj_result_done(&result);
    }
    close_fixture(&f);
}

static void test_an_empty_store_has_no_trend(void **state) {
    (void)state;
    const struct followed asked = {"overview", {{0}}, NULL, NULL, NULL, NULL, NULL};
    const struct sj_trend_words words = {.over = SJ_LIT("auto")};
    struct fixture f = open_fixture(0, 1);
    struct sj_result result;
    struct sj_error error = {0};
    assert_int_equal(ask(&f, &asked, &words, NULL, NULL, 1, sj_alloc_libc(), &result, &error), SJ_OK);
    assert_null(sj_result_find(&result, "trend"));
    assert_string_equal(result.notes[0].code, "empty_store");
    sj_result_done(&result);
    close_fixture(&f);
}

static void test_memory_runs_out(void **state) {
    (void)state;
    const struct followed asked = {"channels", {{0}}, NULL, "month", "channels", "events", NULL};
    struct fixture f = open_fixture(20, N_TOUCHPOINTS);
    char of[64];
    struct sj_str row;
    const struct sj_trend_words words = words_of(&asked, &row, of);
    enum sj_status status = SJ_E_MEMORY;
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        const struct sj_alloc mem = failing_alloc(&failing);
        struct sj_result result;
        struct sj_error error = {0};
        status = ask(&f, &asked, &words, NULL, NULL, 1, &mem, &result, &error);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        sj_result_done(&result);
        assert_int_equal(failing.n_alive, 0);
        assert_true(n < 100000);
    }
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_trend_is_each_period_by_itself),
        cmocka_unit_test(test_large_states_are_asked_in_groups),
        cmocka_unit_test(test_the_band_holds_nineteen_of_twenty),
        cmocka_unit_test(test_usual_is_of_the_same_weekdays_or_of_the_weeks_before),
        cmocka_unit_test(test_several_rows_are_columns),
        cmocka_unit_test(test_names_of_rows_do_not_hide_columns),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_an_empty_store_has_no_trend),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
