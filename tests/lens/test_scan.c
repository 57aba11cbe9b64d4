/* Batches against a plain reading of the lens: random stores, random words, random dimensions, any split into units.
 *
 * Journeys are written down as text, those of a customer together. */
#include "store/model.h"
#include <math.h>
#include "base/json.h"
#include "base/time.h"
#include "lens/lens.h"

enum { DIMENSIONS_MAX = 3, COLUMNS_MAX = 64, LINE_BYTES = 60000 };

static const char *const properties[] = {"plan", "rare", "amount", "flag", "value", "duration", "since", "event_id"};
#define N_PROPERTIES (sizeof properties / sizeof *properties)
static const char *const measures[] = {"amount", "value", "duration"};

/* A lens as it is asked for and as it is understood. */
struct question {
    char from[40], to[40], where[80], journey[40];
    const char *timezone, *dimensions[DIMENSIONS_MAX], *by, *plan; /* plan: the condition is plan = that */
    const char *measure;                                           /* NULL: none */
    int64_t from_us, to_us, gap_us;                                /* gap 0: no sessions */
    size_t n_dimensions;
    bool channel_known; /* the condition is that one */
    char segment[80];
    unsigned least; /* of the segment: so many events on channel ch1, before the end of the lens; 0: no segment */
};

static unsigned below(struct sj_random *random, uint64_t bound) { return (unsigned)sj_random_below(random, bound); }

/* ---- values as text ---- */

static size_t value_text(const struct model_value *value, char out[64]) {
    double number;
    size_t n;
    switch (value->kind) {
    case SJ_KIND_TEXT: return (size_t)snprintf(out, 64, "%s", value->text);
    case SJ_KIND_TRUTH: return (size_t)snprintf(out, 64, "%s", value->bits ? "true" : "false");
    case SJ_KIND_TIME: n = sj_time_format(value->bits, out); break;
    case SJ_KIND_MONEY: n = sj_money_format(value->bits, out); break;
    case SJ_KIND_DURATION: n = sj_duration_format(value->bits, out); break;
    default: memcpy(&number, &value->bits, sizeof number); n = sj_double_format(number, out);
    }
    out[n] = '\0';
    return n;
}

/* Of two kinds that the event has, the later one counts. */
static const struct model_value *find_value(const struct model_event *e, const char *name) {
    const struct model_value *found = NULL;
    for (size_t i = 0; i < e->n_values; i++) {
        if (strcmp(e->values[i].name, name) == 0 && (!found || e->values[i].kind > found->kind))
            found = &e->values[i];
    }
    return found;
}

/* In millionths; of two kinds of quantities that the event has, the later one counts. */
static int64_t plain_amount(const struct model_event *e, const char *name) {
    const struct model_value *found = NULL;
    double number;
    for (size_t i = 0; i < e->n_values; i++) {
        const enum sj_kind kind = e->values[i].kind;
        const bool quantity = kind == SJ_KIND_NUMBER || kind == SJ_KIND_MONEY || kind == SJ_KIND_DURATION;
        if (quantity && strcmp(e->values[i].name, name) == 0 && (!found || kind > found->kind))
            found = &e->values[i];
    }
    if (!found)
        return SJ_NO_AMOUNT;
    if (found->kind != SJ_KIND_NUMBER)
        return found->kind == SJ_KIND_MONEY ? found->bits * 100 : found->bits;
    memcpy(&number, &found->bits, sizeof number);
    return number > 9.2e12 ? SJ_AMOUNT_MAX : number < -9.2e12 ? -SJ_AMOUNT_MAX : llrint(number * 1e6);
}

/* ---- the plain way ---- */

struct line {
    char *text;
    size_t n;
};

struct lines {
    struct line *items;
    size_t n, capacity, n_journeys, n_chosen, n_without_case;
};

static void print(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void print(struct line *line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    line->n += (size_t)vsnprintf(line->text + line->n, LINE_BYTES - line->n, format, args);
    va_end(args);
    assert_true(line->n < LINE_BYTES);
}

static void add_line(struct lines *lines, const char *text) {
    if (lines->n == lines->capacity) {
        lines->capacity = lines->capacity ? lines->capacity * 2 : 64;
        lines->items = realloc(lines->items, lines->capacity * sizeof *lines->items);
        assert_non_null(lines->items);
    }
    lines->items[lines->n++] = (struct line){strdup(text), strlen(text)};
}

static void drop_lines(struct lines *lines) {
    for (size_t i = 0; i < lines->n; i++)
        free(lines->items[i].text);
    free(lines->items);
}

static bool is_chosen(const struct question *q, const struct model_event *e) {
    if (e->time_us < q->from_us || e->time_us >= q->to_us || (q->channel_known && e->channel[0] == '\0'))
        return false;
    const struct model_value *plan = q->plan ? find_value(e, "plan") : NULL;
    return !q->plan || (plan && strcmp(plan->text, q->plan) == 0);
}

static void print_event(struct line *line, const struct question *q, const struct model_event *e) {
    char text[64];
    print(line, "%s/%s@%lld", e->touchpoint, e->channel, (long long)e->time_us);
    for (size_t d = 0; d < q->n_dimensions; d++) {
        const struct model_value *value = find_value(e, q->dimensions[d]);
        if (strcmp(q->dimensions[d], "channel") == 0)
            snprintf(text, sizeof text, "%s", e->channel[0] ? e->channel : "(none)");
        else if (value)
            value_text(value, text);
        else
            snprintf(text, sizeof text, "(none)");
        print(line, ",%s", text);
    }
    if (q->measure)
        print(line, "=%lld", (long long)plain_amount(e, q->measure));
    print(line, ";");
}

/* The chosen events of one customer, cut into journeys. done[i]: the event stands in a journey already. */
static size_t print_customer(struct line *line, const struct question *q, const struct model_event **events, size_t n) {
    bool *done = calloc(n + 1, sizeof *done);
    size_t n_journeys = 0;
    assert_non_null(done);
    for (size_t first = 0; first < n; first++) {
        const struct model_value *first_case = q->by ? find_value(events[first], q->by) : NULL;
        if (done[first] || (q->by && !first_case))
            continue;
        n_journeys++;
        int64_t last_us = events[first]->time_us;
        for (size_t i = first; i < n; i++) {
            const struct model_value *same = q->by ? find_value(events[i], q->by) : NULL;
            if (q->by &&
                (!same || same->kind != first_case->kind || same->bits != first_case->bits || strcmp(same->text, first_case->text) != 0))
                continue;
            if (q->gap_us > 0 && events[i]->time_us - last_us > q->gap_us)
                break;
            last_us = events[i]->time_us;
            done[i] = true;
            print_event(line, q, events[i]);
        }
        print(line, "|");
    }
    free(done);
    return n_journeys;
}

static struct lines plain_lines(const struct question *q, const struct model_event **sorted, size_t n) {
    static char text[LINE_BYTES];
    struct lines lines = {0};
    const struct model_event **chosen = calloc(n + 1, sizeof *chosen);
    assert_non_null(chosen);
    for (size_t lo = 0, hi; lo < n; lo = hi) {
        struct line line = {text, 0};
        size_t n_chosen = 0;
        unsigned n_on_ch1 = 0;
        for (hi = lo; hi < n && strcmp(sorted[hi]->customer, sorted[lo]->customer) == 0; hi++)
            n_on_ch1 += strcmp(sorted[hi]->channel, "ch1") == 0 && sorted[hi]->time_us < q->to_us;
        for (hi = lo; hi < n && strcmp(sorted[hi]->customer, sorted[lo]->customer) == 0; hi++) {
            if (!is_chosen(q, sorted[hi]) || n_on_ch1 < q->least)
                continue;
            lines.n_without_case += q->by && !find_value(sorted[hi], q->by);
            chosen[n_chosen++] = sorted[hi];
        }
        print(&line, "%s:", sorted[lo]->customer);
        const size_t n_journeys = print_customer(&line, q, chosen, n_chosen);
        lines.n_chosen += n_chosen;
        lines.n_journeys += n_journeys;
        if (n_journeys > 0)
            add_line(&lines, text);
    }
    free(chosen);
    return lines;
}

/* ---- batches ---- */

/* The invariants of lens/batch.h. */
static void check_shape(const struct sj_batch *b, const struct sj_dimension *dimensions, size_t n_dimensions) {
    assert_true(b->n_journeys > 0 && b->n_customers > 0);
    assert_int_equal(b->offsets[0], 0);
    assert_int_equal(b->offsets[b->n_journeys], b->n_events);
    assert_int_equal(b->customer[0], 0);
    assert_int_equal(b->customer[b->n_journeys - 1], b->n_customers - 1);
    for (uint32_t j = 0; j < b->n_journeys; j++) {
        assert_true(b->offsets[j] < b->offsets[j + 1]);
        assert_true(j == 0 || b->customer[j] == b->customer[j - 1] || b->customer[j] == b->customer[j - 1] + 1);
        for (uint32_t i = b->offsets[j] + 1; i < b->offsets[j + 1]; i++)
            assert_true(b->time_us[i - 1] <= b->time_us[i]);
    }
    for (size_t d = 0; d < n_dimensions; d++) {
        for (uint32_t i = 0; i < b->n_events; i++)
            assert_true(b->codes[d][i] == SJ_NO_CODE || b->codes[d][i] < dimensions[d].n_texts);
    }
}

static void add_batch(struct lines *lines, const struct sj_view *view, const struct sj_batch *b, const struct sj_dimension *dimensions,
                      const struct question *q) {
    static char text[LINE_BYTES];
    struct line line = {text, 0};
    for (uint32_t j = 0; j < b->n_journeys; j++) {
        if (j == 0 || b->customer[j] != b->customer[j - 1])
            print(&line, "%.*s:", SJ_ARG(b->identities[b->customer[j]]));
        for (uint32_t i = b->offsets[j]; i < b->offsets[j + 1]; i++) {
            print(&line, "%.*s/%.*s@%lld", SJ_ARG(view->touchpoints[b->touchpoint[i]]), SJ_ARG(view->channels[b->channel[i]]),
                  (long long)b->time_us[i]);
            for (size_t d = 0; d < q->n_dimensions; d++) {
                const struct sj_str value = b->codes[d][i] == SJ_NO_CODE ? SJ_LIT("(none)") : dimensions[d].texts[b->codes[d][i]];
                print(&line, ",%.*s", SJ_ARG(value));
            }
            if (q->measure)
                print(&line, "=%lld", (long long)b->amounts[0][i]);
            print(&line, ";");
        }
        print(&line, "|");
        if (j + 1 == b->n_journeys || b->customer[j + 1] != b->customer[j]) {
            add_line(lines, text);
            line.n = 0;
        }
    }
}

static struct sj_scan_counts scan_unit(const struct sj_lens *lens, const struct sj_view *view, const struct question *q, sj_key lo,
                                       const sj_key *hi, struct lines *lines) {
    struct sj_scan *scan = NULL;
    const struct sj_batch *batch = NULL;
    assert_ok(sj_scan_open(lens, lo, hi, &scan, err));
    for (;;) {
        assert_ok(sj_scan_next(scan, &batch, err));
        if (!batch)
            break;
        check_shape(batch, sj_lens_dimensions(lens), q->n_dimensions);
        add_batch(lines, view, batch, sj_lens_dimensions(lens), q);
        lines->n_journeys += batch->n_journeys;
    }
    const struct sj_scan_counts counts = sj_scan_counts(scan);
    sj_scan_close(scan);
    return counts;
}

static int by_key(const void *a, const void *b) { return sj_key_cmp(*(const sj_key *)a, *(const sj_key *)b); }

/* Bounds as the store proposes them, or anywhere. */
static size_t choose_units(struct sj_random *random, struct sj_snapshot *snapshot, struct sj_arena *arena, sj_key **ret_bounds) {
    size_t n = 0;
    if (below(random, 2) == 0) {
        assert_ok(sj_snapshot_split(snapshot, 1 + below(random, 200), arena, ret_bounds, &n, err));
        return n;
    }
    n = 1 + below(random, 5);
    assert_ok(sj_arena_new(arena, n, sizeof **ret_bounds, ret_bounds, err));
    for (size_t i = 1; i < n; i++)
        (*ret_bounds)[i] = (sj_key){sj_random_u64(random), sj_random_u64(random)};
    qsort(*ret_bounds, n, sizeof **ret_bounds, by_key);
    return n;
}

static int by_text(const void *a, const void *b) { return strcmp(((const struct line *)a)->text, ((const struct line *)b)->text); }

static void check_lines(struct lines *real, struct lines *plain) {
    assert_int_equal(real->n, plain->n);
    assert_int_equal(real->n_journeys, plain->n_journeys);
    if (real->n > 0) {
        qsort(real->items, real->n, sizeof *real->items, by_text);
        qsort(plain->items, plain->n, sizeof *plain->items, by_text);
    }
    for (size_t i = 0; i < real->n; i++)
        assert_string_equal(real->items[i].text, plain->items[i].text);
}

static void check_dimensions(const struct sj_lens *lens, const struct question *q) {
    for (size_t d = 0; d < q->n_dimensions; d++) {
        const struct sj_dimension *dimension = &sj_lens_dimensions(lens)[d];
        assert_true(sj_str_eq(dimension->name, sj_str(q->dimensions[d])));
        for (uint32_t i = 1; i < dimension->n_texts; i++)
            assert_true(sj_str_cmp(dimension->texts[i - 1], dimension->texts[i]) < 0);
    }
}

static void check_question(struct sj_random *random, struct sj_snapshot *snapshot, const struct question *q,
                           const struct model_event **sorted, size_t n) {
    const struct sj_lens_words words = {.from = sj_str(q->from),
                                        .to = sj_str(q->to),
                                        .where = sj_str(q->where),
                                        .segment = sj_str(q->segment),
                                        .journey = sj_str(q->journey),
                                        .timezone = sj_str(q->timezone)};
    struct sj_str dimensions[DIMENSIONS_MAX];
    struct sj_lens_request request = {
        .words = &words, .dimensions = dimensions, .n_dimensions = q->n_dimensions, .time = true, .channel = true, .identity = true};
    struct lines real = {0}, plain = plain_lines(q, sorted, n);
    struct sj_scan_counts sum = {0};
    struct sj_arena arena;
    struct sj_lens *lens = NULL;
    sj_key *bounds = NULL;
    int64_t from_us, to_us;
    for (size_t d = 0; d < q->n_dimensions; d++)
        dimensions[d] = sj_str(q->dimensions[d]);
    const struct sj_str measure = sj_str(q->measure ? q->measure : "");
    if (q->measure) {
        request.measures = &measure;
        request.n_measures = 1;
    }
    sj_arena_init(&arena, sj_alloc_libc());
    assert_ok(sj_lens_open(sj_os_real(), sj_alloc_libc(), snapshot, &request, &lens, err));
    check_dimensions(lens, q);
    sj_lens_range(lens, &from_us, &to_us);
    assert_true(from_us <= to_us);
    const size_t n_units = choose_units(random, snapshot, &arena, &bounds);
    for (size_t u = 0; u < n_units; u++) {
        const struct sj_scan_counts counts =
            scan_unit(lens, sj_snapshot_view(snapshot), q, bounds[u], u + 1 < n_units ? &bounds[u + 1] : NULL, &real);
        sum.n_events += counts.n_events;
        sum.n_chosen += counts.n_chosen;
        sum.n_without_case += counts.n_without_case;
        sum.n_customers += counts.n_customers;
        sum.n_journeys += counts.n_journeys;
    }
    check_lines(&real, &plain);
    assert_int_equal(sum.n_events, n);
    assert_int_equal(sum.n_chosen, plain.n_chosen);
    assert_int_equal(sum.n_without_case, plain.n_without_case);
    assert_int_equal(sum.n_customers, plain.n);
    assert_int_equal(sum.n_journeys, plain.n_journeys);
    sj_lens_close(lens);
    sj_arena_done(&arena);
    drop_lines(&real);
    drop_lines(&plain);
}

/* ---- questions ---- */

/* A time of the question's zone, without its offset. */
static int64_t random_time(struct sj_random *random, int64_t not_before_us, int64_t offset_us, char out[40]) {
    const int64_t lo_us = not_before_us > -15 * SJ_US_SECOND ? not_before_us : -15 * SJ_US_SECOND;
    const int64_t time_us = lo_us + (int64_t)below(random, 70) * SJ_US_SECOND;
    const size_t n = sj_time_format(time_us + offset_us, out);
    out[n - 1] = '\0'; /* the Z */
    return time_us;
}

static bool has_property(const struct sj_view *view, const char *name) {
    bool has = strcmp(name, "channel") == 0;
    for (uint32_t i = 0; i < view->n_columns && !has; i++)
        has = sj_str_eq(view->columns[i].name, sj_str(name));
    return has;
}

static bool has_quantity(const struct sj_view *view, const char *name) {
    bool has = false;
    for (uint32_t i = 0; i < view->n_columns && !has; i++)
        has = view->columns[i].kind != SJ_KIND_TEXT && sj_str_eq(view->columns[i].name, sj_str(name));
    return has;
}

static bool has_channel(const struct sj_view *view, const char *name) {
    bool has = false;
    for (uint32_t i = 0; i < view->n_channels; i++)
        has |= sj_str_eq(view->channels[i], sj_str(name));
    return has;
}

static const char *random_property(struct sj_random *random, const struct sj_view *view) {
    const char *name;
    do {
        name = properties[below(random, N_PROPERTIES)];
    } while (!has_property(view, name));
    return name;
}

static struct question random_question(struct sj_random *random, const struct sj_view *view) {
    static const struct {
        const char *name;
        int64_t offset_us;
    } zones[] = {{"", 0}, {"UTC", 0}, {"+02:00", 2 * SJ_US_HOUR}, {"-05:30", -330 * SJ_US_MINUTE}, {"Europe/Amsterdam", SJ_US_HOUR}};
    static const char *const plans[] = {"plan 0", "plan 1", "plan 2"};
    const unsigned zone = below(random, 5), what = below(random, 6);
    struct question q = {.from_us = INT64_MIN, .to_us = INT64_MAX, .timezone = zones[zone].name};
    if (below(random, 2) == 0)
        q.from_us = random_time(random, INT64_MIN, zones[zone].offset_us, q.from);
    if (below(random, 2) == 0)
        q.to_us = random_time(random, q.from_us + (q.from_us > INT64_MIN), zones[zone].offset_us, q.to);
    if (what == 0 && has_property(view, "plan")) {
        q.plan = plans[below(random, 3)];
        snprintf(q.where, sizeof q.where, "plan = \"%s\"", q.plan);
    } else if (what == 1) {
        q.channel_known = true;
        snprintf(q.where, sizeof q.where, "channel is known");
    }
    q.least = below(random, 3) == 0 && has_channel(view, "ch1") ? 1 + below(random, 2) : 0;
    if (q.least > 0)
        snprintf(q.segment, sizeof q.segment, "did(.[channel = \"ch1\"], at least %u)", q.least);
    switch (below(random, 4)) {
    case 0:
        q.gap_us = (1 + (int64_t)below(random, 8)) * SJ_US_SECOND / 2 + below(random, 2);
        snprintf(q.journey, sizeof q.journey, " session  %lldus", (long long)q.gap_us);
        break;
    case 1:
        q.by = random_property(random, view);
        snprintf(q.journey, sizeof q.journey, "by %s", q.by);
        break;
    default: snprintf(q.journey, sizeof q.journey, "%s", below(random, 2) ? "history" : ""); break;
    }
    q.n_dimensions = below(random, DIMENSIONS_MAX + 1);
    for (size_t d = 0; d < q.n_dimensions; d++)
        q.dimensions[d] = below(random, 4) == 0 ? "channel" : random_property(random, view);
    const char *measure = measures[below(random, 3)];
    q.measure = below(random, 2) == 0 && has_quantity(view, measure) ? measure : NULL;
    return q;
}

static void test_random_lenses(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct sj_random random;
        struct sj_store_options options = model_options();
        struct sj_store *store = NULL;
        struct sj_snapshot *snapshot = NULL;
        struct model model = {0};
        char *path = model_folder();
        sj_random_init(&random, seed);
        assert_ok(sj_store_create(&options, path, NULL, err));
        assert_ok(sj_store_open(&options, path, true, &store, err));
        for (unsigned load = 0; load < seed % 5; load++)
            model_load(store, &model, &random, load % 2 ? SJ_LOAD_STREAM : SJ_LOAD_BULK, 10 + below(&random, 120));
        assert_ok(sj_snapshot_open(store, &snapshot, err));
        const struct model_event **sorted = model_sorted(&model, snapshot);
        for (int i = 0; i < 40; i++) {
            const struct question q = random_question(&random, sj_snapshot_view(snapshot));
            check_question(&random, snapshot, &q, sorted, model.n);
        }
        free(sorted);
        sj_snapshot_close(snapshot);
        sj_store_close(store);
        model_done(&model);
        model_remove(path);
    }
}

/* ---- awkward values ---- */

/* Two events of a customer, whose property `case` holds a number and a text of the same eight bytes. */
static void write_awkward(struct sj_store *store) {
    static const char bytes[8] = "\0\0\0\0\0\0\x14@"; /* 5.0 */
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    struct sj_value value = {.f64 = 5};
    struct sj_event event = {.customer = SJ_LIT("a"), .values = &value, .n_values = 1};
    assert_memory_equal(&value.f64, bytes, 8);
    assert_ok(sj_writer_open(store, SJ_LOAD_BULK, &writer, err));
    assert_ok(sj_writer_touchpoint(writer, SJ_LIT("visit"), &event.touchpoint, err));
    assert_ok(sj_writer_column(writer, SJ_LIT("case"), SJ_KIND_NUMBER, &value.column, err));
    assert_ok(sj_writer_add(writer, &event, err));
    assert_ok(sj_writer_column(writer, SJ_LIT("case"), SJ_KIND_TEXT, &value.column, err));
    value.text = (struct sj_str){bytes, 8};
    assert_ok(sj_writer_add(writer, &event, err));
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    sj_writer_close(writer);
}

static void test_values_are_bytes_of_a_kind(void **state) {
    (void)state;
    struct sj_store_options options = model_options();
    struct sj_store *store = NULL;
    struct sj_snapshot *snapshot = NULL;
    struct sj_lens *lens = NULL;
    struct sj_scan *scan = NULL;
    const struct sj_batch *batch = NULL;
    char *path = model_folder();
    const struct sj_str name = SJ_LIT("case");
    const struct sj_lens_words words = {.journey = SJ_LIT("by case")};
    const struct sj_lens_request request = {.words = &words, .dimensions = &name, .n_dimensions = 1};
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    write_awkward(store);
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_lens_open(sj_os_real(), sj_alloc_libc(), snapshot, &request, &lens, err));
    const struct sj_dimension *dimension = sj_lens_dimensions(lens);
    assert_int_equal(dimension->n_texts, 2);
    assert_true(sj_str_eq(dimension->texts[0], (struct sj_str){"\0\0\0\0\0\0\x14@", 8}));
    assert_true(sj_str_eq(dimension->texts[1], SJ_LIT("5")));
    assert_ok(sj_scan_open(lens, (sj_key){0, 0}, NULL, &scan, err));
    assert_ok(sj_scan_next(scan, &batch, err));
    assert_int_equal(batch->n_journeys, 2);
    assert_int_equal(batch->codes[0][0], 1);
    assert_int_equal(batch->codes[0][1], 0);
    sj_scan_close(scan);
    sj_lens_close(lens);
    sj_snapshot_close(snapshot);
    sj_store_close(store);
    model_remove(path);
}

/* ---- words that are refused ---- */

static void test_refusals(void **state) {
    (void)state;
    const struct {
        struct sj_lens_words words;
        const char *dimension, *measure, *part;
    } refusals[] = {
        {{.from = SJ_LIT("yesterday")}, NULL, NULL, "\"yesterday\" is no time for from"},
        {{.to = SJ_LIT("31-01-2026")}, NULL, NULL, "is no time for to"},
        {{.from = SJ_LIT("2026-02-01"), .to = SJ_LIT("2026-02-01")}, NULL, NULL, "the range is empty"},
        {{.timezone = SJ_LIT("Amsterdam")}, NULL, NULL, "Europe/Amsterdam"},
        {{.timezone = SJ_LIT("../etc/passwd")}, NULL, NULL, "is no time zone"},
        {{.journey = SJ_LIT("sessions")}, NULL, NULL, "expected history, session 30m, or by PROPERTY"},
        {{.journey = SJ_LIT("session30m")}, NULL, NULL, "expected history, session 30m, or by PROPERTY"},
        {{.journey = SJ_LIT("session 0")}, NULL, NULL, "is no pause for sessions"},
        {{.journey = SJ_LIT("session soon")}, NULL, NULL, "is no pause for sessions"},
        {{.journey = SJ_LIT("by")}, NULL, NULL, "by PROPERTY"},
        {{.journey = SJ_LIT("by comentt")}, NULL, NULL, "did you mean \"comment\"?"},
        {{.journey = SJ_LIT("by zzzzzz")}, NULL, NULL, "sojourn info"},
        {{.where = SJ_LIT("comentt = \"\"")}, NULL, NULL, "did you mean \"comment\"?"},
        {{.where = SJ_LIT("")}, "chanel", NULL, "did you mean \"channel\"?"},
        {{.where = SJ_LIT("")}, NULL, "durration", "did you mean \"duration\"?"},
        {{.where = SJ_LIT("")}, NULL, "comment", "\"comment\" holds text; expected a property with numbers, money or durations"},
    };
    struct sj_store_options options = model_options();
    struct sj_store *store = NULL;
    struct sj_snapshot *snapshot = NULL;
    char *path = model_folder();
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct sj_str dimension = sj_str(refusals[i].dimension ? refusals[i].dimension : "");
        const struct sj_str measure = sj_str(refusals[i].measure ? refusals[i].measure : "");
        const struct sj_lens_request request = {.words = &refusals[i].words,
                                                .dimensions = &dimension,
                                                .n_dimensions = dimension.n > 0,
                                                .measures = &measure,
                                                .n_measures = measure.n > 0};
        struct sj_error error = {0};
        struct sj_lens *lens = NULL;
        assert_int_equal(sj_lens_open(sj_os_real(), sj_alloc_libc(), snapshot, &request, &lens, &error), SJ_E_USAGE);
        if (!strstr(error.message, refusals[i].part))
            fail_msg("\"%s\" does not say \"%s\"", error.message, refusals[i].part);
        assert_null(lens);
    }
    sj_snapshot_close(snapshot);
    sj_store_close(store);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_lenses),
        cmocka_unit_test(test_values_are_bytes_of_a_kind),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
