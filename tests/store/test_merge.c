/* Merging: whatever has been merged before, the same rows come out; and they are those of a plain sort.
 *
 * An event is a serial number, its place in the order of arrival; all that it holds is a function of that number and of the draw. */
#include "model.h"
#include "store/builder.h"
#include "store/merge.h"

#define N_SOURCES_MAX 5
#define SEED 99

enum { NOTE_COLUMN = SJ_N_BUILTIN, N_COLUMNS };
static const uint8_t kinds[N_COLUMNS] = {SJ_KIND_MONEY, SJ_KIND_MONEY, SJ_KIND_DURATION, SJ_KIND_NUMBER,
                                         SJ_KIND_TEXT,  SJ_KIND_TEXT,  SJ_KIND_TEXT,     SJ_KIND_TEXT};
static const struct sj_code_limits limits = {64, 8, N_COLUMNS, kinds, 0};
static const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};

struct event {
    int64_t serial, time_us;
    unsigned customer, id; /* id 0: none */
    size_t source;
    sj_key key;
};

struct world {
    struct event *events; /* by arrival, and so by source */
    size_t n, n_sources;
    bool has_ids;
    struct sj_segment_writer writers[N_SOURCES_MAX];
    struct sj_segment segments[N_SOURCES_MAX];
};

static sj_key key_of(unsigned customer) {
    char name[24];
    const int n = snprintf(name, sizeof name, "customer %u", customer);
    return sj_hash128(name, (size_t)n, SEED);
}

/* ---- the world ---- */

static void add_event(struct sj_builder *builder, const struct event *e) {
    char name[24], id[24], note[24];
    struct sj_value values[4];
    enum sj_kind value_kinds[4];
    size_t n = 0;
    values[n] = (struct sj_value){.column = SJ_COLUMN_VALUE, .i64 = e->serial};
    value_kinds[n++] = SJ_KIND_MONEY;
    snprintf(name, sizeof name, "customer %u", e->customer);
    snprintf(id, sizeof id, "id %u", e->id);
    snprintf(note, sizeof note, "note %u", (unsigned)(e->serial % 17));
    if (e->serial % 3 == 0) {
        values[n] = (struct sj_value){.column = SJ_COLUMN_SCORE, .f64 = (double)e->serial / 4};
        value_kinds[n++] = SJ_KIND_NUMBER;
    }
    if (e->serial % 5 < 3) {
        values[n] = (struct sj_value){.column = NOTE_COLUMN, .text = sj_str(note)};
        value_kinds[n++] = SJ_KIND_TEXT;
    }
    if (e->id > 0) {
        values[n] = (struct sj_value){.column = SJ_COLUMN_EVENT_ID, .text = sj_str(id)};
        value_kinds[n++] = SJ_KIND_TEXT;
    }
    const struct sj_event event = {
        .customer = sj_str(name),
        .time_us = e->time_us,
        .touchpoint = (uint16_t)(e->serial % 64),
        .channel = (uint8_t)(e->serial % 8),
        .values = values,
        .n_values = n,
    };
    bool is_new = false;
    assert_ok(sj_builder_add(builder, &event, value_kinds, &is_new, err));
    assert_true(is_new);
}

static bool in_part(const struct event *e, unsigned part, unsigned n_parts) { return (e->key.hi >> 32) * n_parts >> 32 == part; }

/* The events of a source, in several blocks: one for each part of the key space. */
static void make_segment(struct world *w, size_t source, unsigned n_parts) {
    struct sj_builder *builder = NULL;
    assert_ok(sj_segment_writer_init(&w->writers[source], sj_alloc_libc(), NULL, -1, err));
    assert_ok(sj_builder_new(sj_alloc_libc(), SEED, 0, &builder, err));
    for (unsigned part = 0; part < n_parts; part++) {
        for (size_t i = 0; i < w->n; i++) {
            if (w->events[i].source == source && in_part(&w->events[i], part, n_parts))
                add_event(builder, &w->events[i]);
        }
        if (sj_builder_count(builder) > 0)
            assert_ok(sj_builder_write(builder, &w->writers[source], err));
    }
    sj_builder_free(builder);
    assert_ok(sj_segment_writer_finish(&w->writers[source], err));
    assert_ok(sj_segment_open(w->writers[source].out.data, w->writers[source].out.n, &w->segments[source], err));
}

/* Ids collide within a customer, but never within a source: there the builder leaves them out. */
static bool has_id(const struct world *w, const struct event *e) {
    for (size_t i = 0; i < w->n; i++) {
        if (w->events[i].source == e->source && w->events[i].customer == e->customer && w->events[i].id == e->id)
            return true;
    }
    return false;
}

static void make_world(struct world *w, struct sj_random *random, size_t n_max, bool has_ids) {
    const unsigned n_customers = 1 + (unsigned)sj_random_below(random, 30);
    *w = (struct world){.n_sources = 1 + sj_random_below(random, N_SOURCES_MAX), .has_ids = has_ids};
    w->events = calloc(n_max * w->n_sources + 1, sizeof *w->events);
    assert_non_null(w->events);
    for (size_t s = 0; s < w->n_sources; s++) {
        const size_t n = sj_random_below(random, n_max);
        for (size_t i = 0; i < n; i++) {
            struct event *e = &w->events[w->n];
            e->serial = (int64_t)w->n;
            e->source = s;
            e->customer = (unsigned)sj_random_below(random, n_customers);
            e->key = key_of(e->customer);
            e->time_us = (int64_t)sj_random_below(random, 12) * 1000; /* ties abound */
            e->id = has_ids ? (unsigned)sj_random_below(random, 9) : 0;
            if (e->id > 0 && has_id(w, e))
                e->id = 0;
            w->n++;
        }
        make_segment(w, s, 1 + (unsigned)sj_random_below(random, 6));
    }
}

static void drop_world(struct world *w) {
    for (size_t s = 0; s < w->n_sources; s++)
        sj_segment_writer_done(&w->writers[s]);
    free(w->events);
}

/* ---- the plain way ---- */

struct expected {
    const struct event **events;
    size_t n;
};

static int by_place(const void *a, const void *b) {
    const struct event *x = *(const struct event *const *)a, *y = *(const struct event *const *)b;
    const int order = sj_key_cmp(x->key, y->key);
    if (order != 0)
        return order;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return x->serial < y->serial ? -1 : 1;
}

static bool stands_before(const struct world *w, size_t i) {
    for (size_t j = 0; j < i; j++) {
        if (w->events[j].id == w->events[i].id && w->events[j].customer == w->events[i].customer)
            return true;
    }
    return false;
}

/* Events of the sources from `first` on; with distinct, without those that an earlier one has the id of. */
static struct expected expect(const struct world *w, size_t first, bool distinct, sj_key lo, const sj_key *hi) {
    struct expected x = {calloc(w->n + 1, sizeof *x.events), 0};
    assert_non_null(x.events);
    for (size_t i = 0; i < w->n; i++) {
        const struct event *e = &w->events[i];
        if (e->source < first || (distinct && e->id > 0 && stands_before(w, i)) || sj_key_cmp(e->key, lo) < 0 ||
            (hi && sj_key_cmp(e->key, *hi) >= 0))
            continue;
        x.events[x.n++] = e;
    }
    qsort(x.events, x.n, sizeof *x.events, by_place);
    return x;
}

/* ---- comparing ---- */

/* The value of event `row`; false: it has none. */
static bool value_at(const struct sj_rows *rows, uint16_t code, uint32_t row, const struct sj_rows_column **ret_column,
                     int64_t *ret_value) {
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        for (uint32_t i = 0; column->code == code && i < column->n; i++) {
            if ((column->rows ? column->rows[i] : i) == row) {
                *ret_column = column;
                *ret_value = column->values[i];
                return true;
            }
        }
    }
    return false;
}

static void check_event(const struct sj_rows *rows, uint32_t customer, uint32_t row, const struct event *e) {
    const struct sj_rows_column *column;
    char text[24];
    int64_t value;
    double score;
    snprintf(text, sizeof text, "customer %u", e->customer);
    assert_true(sj_str_eq(rows->identities[customer], sj_str(text)));
    assert_true(value_at(rows, SJ_COLUMN_VALUE, row, &column, &value));
    assert_int_equal(value, e->serial);
    assert_int_equal(rows->time_us[row], e->time_us);
    assert_int_equal(rows->touchpoint[row], e->serial % 64);
    assert_int_equal(rows->channel[row], e->serial % 8);
    assert_int_equal(value_at(rows, SJ_COLUMN_SCORE, row, &column, &value), e->serial % 3 == 0);
    if (e->serial % 3 == 0) {
        memcpy(&score, &value, sizeof score);
        assert_true(score == (double)e->serial / 4);
    }
    snprintf(text, sizeof text, "note %u", (unsigned)(e->serial % 17));
    assert_int_equal(value_at(rows, NOTE_COLUMN, row, &column, &value), e->serial % 5 < 3);
    assert_true(e->serial % 5 >= 3 || sj_str_eq(column->texts[value], sj_str(text)));
    snprintf(text, sizeof text, "id %u", e->id);
    assert_int_equal(value_at(rows, SJ_COLUMN_EVENT_ID, row, &column, &value), e->id > 0);
    assert_true(e->id == 0 || sj_str_eq(column->texts[value], sj_str(text)));
}

/* The invariants of rows.h, and that a page is not larger than it should be. */
static void check_shape(const struct sj_rows *rows) {
    assert_true(rows->n_customers > 0);
    assert_true(rows->n_events <= SJ_BLOCK_EVENTS || rows->n_customers == 1);
    assert_int_equal(rows->offsets[0], 0);
    assert_int_equal(rows->offsets[rows->n_customers], rows->n_events);
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        assert_true(rows->offsets[c] < rows->offsets[c + 1]);
        assert_true(c == 0 || sj_key_cmp(rows->keys[c - 1], rows->keys[c]) < 0);
    }
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        assert_true(c == 0 || rows->columns[c - 1].code < rows->columns[c].code);
        assert_true(rows->columns[c].rows || rows->columns[c].n == rows->n_events);
    }
}

static void check_rows(const struct sj_rows *rows, const struct expected *x, size_t *at) {
    check_shape(rows);
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1]; i++, ++*at) {
            assert_true(*at < x->n);
            assert_int_equal(sj_key_cmp(rows->keys[c], x->events[*at]->key), 0);
            check_event(rows, c, i, x->events[*at]);
        }
    }
}

/* Merges; compares when there is something to compare with; writes when there is somewhere to write. How many were dropped. */
static uint64_t merge(const struct sj_source *sources, size_t n, bool distinct, const sj_key range[2], const struct expected *x,
                      struct sj_segment_writer *out) {
    const struct sj_merge_request request = {
        .sources = sources,
        .n_sources = n,
        .wanted = &all,
        .limits = limits,
        .distinct = distinct,
        .lo = range ? range[0] : (sj_key){0, 0},
        .hi = range ? &range[1] : NULL,
    };
    struct sj_merge *m = NULL;
    const struct sj_rows *rows;
    size_t at = 0;
    assert_ok(sj_merge_open(sj_alloc_libc(), &request, &m, err));
    for (;;) {
        assert_ok(sj_merge_next(m, &rows, err));
        if (!rows)
            break;
        if (x)
            check_rows(rows, x, &at);
        if (out)
            assert_ok(sj_segment_writer_add(out, rows, err));
    }
    assert_true(!x || at == x->n);
    const uint64_t n_dropped = sj_merge_dropped(m);
    sj_merge_close(m);
    return n_dropped;
}

/* ---- tests ---- */

/* Bit s of `cuts`: a new group begins after source s. Groups are merged first (distinct against all before them), then the groups. */
static void merge_groups(const struct world *w, unsigned cuts, const struct expected *x) {
    struct sj_segment_writer writers[N_SOURCES_MAX];
    struct sj_segment groups[N_SOURCES_MAX];
    struct sj_source sources[2 * N_SOURCES_MAX];
    size_t n_groups = 0;
    for (size_t lo = 0, hi; lo < w->n_sources; lo = hi) {
        size_t n = 0;
        for (hi = lo + 1; hi < w->n_sources && !(cuts >> (hi - 1) & 1);)
            hi++;
        for (size_t g = 0; w->has_ids && g < n_groups; g++)
            sources[n++] = (struct sj_source){.segment = &groups[g], .silent = true};
        for (size_t s = lo; s < hi; s++)
            sources[n++] = (struct sj_source){.segment = &w->segments[s]};
        assert_ok(sj_segment_writer_init(&writers[n_groups], sj_alloc_libc(), NULL, -1, err));
        (void)merge(sources, n, w->has_ids, NULL, NULL, &writers[n_groups]);
        assert_ok(sj_segment_writer_finish(&writers[n_groups], err));
        assert_ok(sj_segment_open(writers[n_groups].out.data, writers[n_groups].out.n, &groups[n_groups], err));
        n_groups++;
    }
    for (size_t g = 0; g < n_groups; g++)
        sources[g] = (struct sj_source){.segment = &groups[g]};
    assert_int_equal(merge(sources, n_groups, false, NULL, x, NULL), 0);
    for (size_t g = 0; g < n_groups; g++)
        sj_segment_writer_done(&writers[g]);
}

static void test_all_groupings(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct sj_random random;
        struct world w;
        sj_random_init(&random, seed);
        make_world(&w, &random, 60, seed % 2 == 0);
        struct expected x = expect(&w, 0, w.has_ids, (sj_key){0, 0}, NULL);
        for (unsigned cuts = 0; cuts < 1u << (w.n_sources - 1); cuts++)
            merge_groups(&w, cuts, &x);
        free(x.events);
        drop_world(&w);
    }
}

static void test_silent_sources(void **state) {
    (void)state;
    uint64_t n_dropped_ever = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct sj_random random;
        struct sj_source sources[N_SOURCES_MAX];
        struct world w;
        sj_random_init(&random, seed);
        make_world(&w, &random, 80, true);
        const size_t first = sj_random_below(&random, w.n_sources + 1);
        for (size_t s = 0; s < w.n_sources; s++)
            sources[s] = (struct sj_source){.segment = &w.segments[s], .silent = s < first};
        struct expected x = expect(&w, first, true, (sj_key){0, 0}, NULL), every = expect(&w, first, false, (sj_key){0, 0}, NULL);
        const uint64_t n_dropped = merge(sources, w.n_sources, true, NULL, &x, NULL);
        assert_int_equal(n_dropped, every.n - x.n);
        n_dropped_ever += n_dropped;
        free(x.events);
        free(every.events);
        drop_world(&w);
    }
    assert_true(n_dropped_ever > 0);
}

/* A bound that falls on a customer, next to one, or anywhere. */
static sj_key random_bound(struct sj_random *random) {
    sj_key key = key_of((unsigned)sj_random_below(random, 32));
    switch (sj_random_below(random, 4)) {
    case 0: key.lo++; break;
    case 1: key.lo--; break;
    case 2: key = (sj_key){sj_random_u64(random), sj_random_u64(random)}; break;
    default: break;
    }
    return key;
}

static void test_ranges(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct sj_random random;
        struct sj_source sources[N_SOURCES_MAX];
        struct world w;
        sj_random_init(&random, seed);
        make_world(&w, &random, 60, seed % 2 == 0);
        for (size_t s = 0; s < w.n_sources; s++)
            sources[s] = (struct sj_source){.segment = &w.segments[s]};
        for (int i = 0; i < 20; i++) {
            const sj_key range[2] = {random_bound(&random), random_bound(&random)};
            struct expected x = expect(&w, 0, w.has_ids, range[0], &range[1]);
            (void)merge(sources, w.n_sources, w.has_ids, range, &x, NULL);
            free(x.events);
        }
        drop_world(&w);
    }
}

/* More events than a page holds: customers of several sources, some of them large, one larger than a page. */
static void test_pages(void **state) {
    (void)state;
    struct sj_source sources[2];
    struct world w = {.n_sources = 2};
    struct sj_random random;
    const size_t n_each = 60000;
    sj_random_init(&random, 3);
    w.events = calloc(2 * n_each, sizeof *w.events);
    assert_non_null(w.events);
    for (; w.n < 2 * n_each; w.n++) {
        struct event *e = &w.events[w.n];
        e->serial = (int64_t)w.n;
        e->source = w.n / n_each;
        e->customer = sj_random_below(&random, 3) == 0 ? 0 : (unsigned)sj_random_below(&random, e->source ? 12 : 9000);
        e->key = key_of(e->customer);
        e->time_us = (int64_t)sj_random_below(&random, 1000000);
    }
    for (size_t s = 0; s < 2; s++) {
        make_segment(&w, s, 1);
        sources[s] = (struct sj_source){.segment = &w.segments[s]};
    }
    const struct sj_wanted few = {.columns = (const uint16_t[]){SJ_COLUMN_VALUE}, .n_columns = 1};
    const struct sj_merge_request request = {.sources = sources, .n_sources = 2, .wanted = &few, .limits = limits};
    struct expected x = expect(&w, 0, false, (sj_key){0, 0}, NULL);
    struct sj_merge *m = NULL;
    const struct sj_rows *rows;
    size_t at = 0, n_pages = 0;
    assert_ok(sj_merge_open(sj_alloc_libc(), &request, &m, err));
    for (;; n_pages++) {
        assert_ok(sj_merge_next(m, &rows, err));
        if (!rows)
            break;
        check_shape(rows);
        assert_null(rows->columns[0].rows);
        for (uint32_t i = 0; i < rows->n_events; i++)
            assert_int_equal(rows->columns[0].values[i], x.events[at++]->serial);
    }
    assert_int_equal(at, x.n);
    assert_true(n_pages >= 3);
    sj_merge_close(m);
    free(x.events);
    drop_world(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_groupings),
        cmocka_unit_test(test_silent_sources),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
