#include "model.h"
#include "store/saved.h"
#include <ftw.h>
#include <unistd.h>

struct sj_store_options model_options(void) {
    return (struct sj_store_options){.os = sj_os_real(), .mem = sj_alloc_libc(), .program = "a test"};
}

char *model_folder(void) {
    const char *tmp = getenv("TMPDIR");
    char folder[200];
    char *path = malloc(sizeof folder + 16);
    assert_non_null(path);
    snprintf(folder, sizeof folder, "%s/sojourn-test-XXXXXX", tmp ? tmp : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(folder));
    sprintf(path, "%s/t.sojourn", folder);
    return path;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw) {
    (void)info, (void)type, (void)ftw;
    return remove(path);
}

void model_remove(char *path) {
    *strrchr(path, '/') = '\0';
    assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(path);
}

static struct model_value *add_value(struct model_event *event, const char *name, enum sj_kind kind) {
    struct model_value *value = &event->values[event->n_values++];
    snprintf(value->name, sizeof value->name, "%s", name);
    value->kind = kind;
    return value;
}

struct model_event model_random_event(struct sj_random *random, uint32_t n_customers) {
    struct model_event event = {0};
    snprintf(event.customer, sizeof event.customer, "customer-%u", (unsigned)sj_random_below(random, n_customers));
    snprintf(event.touchpoint, sizeof event.touchpoint, "touchpoint %u", (unsigned)sj_random_below(random, 12));
    if (sj_random_below(random, 4) > 0)
        snprintf(event.channel, sizeof event.channel, "ch%u", (unsigned)sj_random_below(random, 5));
    event.time_us = (int64_t)sj_random_below(random, 50) * 1000000 - 7000000 + (sj_random_below(random, 10) == 0 ? 123 : 0);
    if (sj_random_below(random, 3) == 0)
        snprintf(add_value(&event, "event_id", SJ_KIND_TEXT)->text, 40, "id%u", (unsigned)sj_random_below(random, 40));
    if (sj_random_below(random, 10) < 6)
        snprintf(add_value(&event, "plan", SJ_KIND_TEXT)->text, 40, "plan %u", (unsigned)sj_random_below(random, 6));
    if (sj_random_below(random, 40) == 0)
        snprintf(add_value(&event, "rare", SJ_KIND_TEXT)->text, 40, "%s", "only now and then");
    if (sj_random_below(random, 2) == 0) {
        const double numbers[] = {0.5, 12.25, -3, 1e300, 0.1 + 0.2, 99.99, -0.0, (double)sj_random_below(random, 1000)};
        const double number = numbers[sj_random_below(random, 8)];
        memcpy(&add_value(&event, "amount", SJ_KIND_NUMBER)->bits, &number, 8);
    }
    if (sj_random_below(random, 5) == 0)
        snprintf(add_value(&event, "amount", SJ_KIND_TEXT)->text, 40, "%s", "unknown");
    if (sj_random_below(random, 5) == 0)
        add_value(&event, "value", SJ_KIND_MONEY)->bits = (int64_t)sj_random_below(random, 100000) * 100;
    if (sj_random_below(random, 6) == 0)
        add_value(&event, "duration", SJ_KIND_DURATION)->bits = (int64_t)sj_random_below(random, 20) * 500000;
    if (sj_random_below(random, 6) == 0)
        add_value(&event, "since", SJ_KIND_TIME)->bits = (int64_t)sj_random_below(random, 20) * 86400 * 1000000;
    add_value(&event, "flag", SJ_KIND_TRUTH)->bits = (int64_t)sj_random_below(random, 2);
    return event;
}

static const char *id_of(const struct model_event *event) {
    for (size_t i = 0; i < event->n_values; i++) {
        if (strcmp(event->values[i].name, "event_id") == 0)
            return event->values[i].text;
    }
    return NULL;
}

void model_add(struct model *model, const struct model_event *event) {
    const char *id = id_of(event);
    for (size_t i = 0; id && i < model->n; i++) {
        const char *other = id_of(&model->events[i]);
        if (other && strcmp(other, id) == 0 && strcmp(model->events[i].customer, event->customer) == 0)
            return;
    }
    if (model->n == model->capacity) {
        model->capacity = model->capacity ? model->capacity * 2 : 256;
        model->events = realloc(model->events, model->capacity * sizeof *model->events);
        assert_non_null(model->events);
    }
    model->events[model->n] = *event;
    model->events[model->n].arrival = model->n > 0 ? model->events[model->n - 1].arrival + 1 : 0; /* some may have been dropped */
    model->n++;
}

void model_done(struct model *model) { free(model->events); }

enum sj_status model_write(struct sj_writer *writer, const struct model_event *event, struct sj_error *err) {
    struct sj_value values[MODEL_VALUES_MAX];
    struct sj_event out = {.customer = sj_str(event->customer), .time_us = event->time_us, .values = values, .n_values = event->n_values};
    SJ_TRY(sj_writer_touchpoint(writer, sj_str(event->touchpoint), &out.touchpoint, err));
    SJ_TRY(sj_writer_channel(writer, sj_str(event->channel), &out.channel, err));
    for (size_t i = 0; i < event->n_values; i++) {
        const struct model_value *value = &event->values[i];
        SJ_TRY(sj_writer_column(writer, sj_str(value->name), value->kind, &values[i].column, err));
        if (value->kind == SJ_KIND_TEXT)
            values[i].text = sj_str(value->text);
        else
            values[i].i64 = value->bits;
    }
    return sj_writer_add(writer, &out, err);
}

void model_load(struct sj_store *store, struct model *model, struct sj_random *random, enum sj_load how, size_t n) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit = {0};
    const size_t before = model->n;
    assert_ok(sj_writer_open(store, how, &writer, err));
    for (size_t i = 0; i < n; i++) {
        const struct model_event event = model_random_event(random, 60);
        assert_ok(model_write(writer, &event, err));
        model_add(model, &event);
    }
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    if (how == SJ_LOAD_BULK) {
        assert_int_equal(commit.n_events, model->n - before);
        assert_int_equal(commit.n_duplicates, n - (model->n - before));
    }
    sj_writer_close(writer);
}

/* ---- reading back ---- */

struct reader {
    const struct sj_view *view;
    const struct model *model;
    const struct model_event **sorted;
    size_t next;
};

static const struct sj_snapshot *sort_snapshot; /* qsort() hands nothing on */

static int by_place(const void *a, const void *b) {
    const struct model_event *x = *(const struct model_event *const *)a, *y = *(const struct model_event *const *)b;
    const int order = sj_key_cmp(sj_snapshot_key(sort_snapshot, sj_str(x->customer)), sj_snapshot_key(sort_snapshot, sj_str(y->customer)));
    if (order != 0)
        return order;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return x->arrival < y->arrival ? -1 : 1;
}

const struct model_event **model_sorted(const struct model *model, const struct sj_snapshot *snapshot) {
    const struct model_event **sorted = malloc((model->n + 1) * sizeof *sorted);
    assert_non_null(sorted);
    for (size_t i = 0; i < model->n; i++)
        sorted[i] = &model->events[i];
    sort_snapshot = snapshot;
    qsort(sorted, model->n, sizeof *sorted, by_place);
    return sorted;
}

static void check_value(const struct reader *r, const struct sj_rows *rows, uint32_t row, const struct model_value *expected) {
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        const struct sj_column_info *info = &r->view->columns[column->code];
        if (info->kind != expected->kind || !sj_str_eq(info->name, sj_str(expected->name)))
            continue;
        for (uint32_t i = 0; i < column->n; i++) {
            if ((column->rows ? column->rows[i] : i) != row)
                continue;
            if (column->kind == SJ_KIND_TEXT)
                assert_true(sj_str_eq(column->texts[column->values[i]], sj_str(expected->text)));
            else
                assert_int_equal(column->values[i], expected->bits);
            return;
        }
    }
    fail_msg("the value %s is missing", expected->name);
}

static size_t count_values(const struct sj_rows *rows) {
    size_t n = 0;
    for (uint32_t c = 0; c < rows->n_columns; c++)
        n += rows->columns[c].n;
    return n;
}

static void check_rows(struct reader *r, const struct sj_rows *rows) {
    size_t n_values = 0;
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1]; i++, r->next++) {
            assert_true(r->next < r->model->n);
            const struct model_event *e = r->sorted[r->next];
            assert_true(sj_str_eq(rows->identities[c], sj_str(e->customer)));
            assert_int_equal(rows->time_us[i], e->time_us);
            assert_true(sj_str_eq(r->view->touchpoints[rows->touchpoint[i]], sj_str(e->touchpoint)));
            assert_true(sj_str_eq(r->view->channels[rows->channel[i]], sj_str(e->channel)));
            for (size_t v = 0; v < e->n_values; v++)
                check_value(r, rows, i, &e->values[v]);
            n_values += e->n_values;
        }
    }
    assert_int_equal(n_values, count_values(rows));
}

void model_check(struct sj_store *store, const struct model *model, uint64_t unit_events) {
    static const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};
    struct sj_snapshot *snapshot = NULL;
    struct sj_arena arena;
    sj_key *bounds = NULL;
    size_t n_units = 0;
    sj_arena_init(&arena, sj_alloc_libc());
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    struct reader r = {.view = sj_snapshot_view(snapshot), .model = model, .sorted = model_sorted(model, snapshot)};
    assert_int_equal(r.view->n_events, model->n);
    assert_ok(sj_snapshot_split(snapshot, unit_events, &arena, &bounds, &n_units, err));
    for (size_t u = 0; u < n_units; u++) {
        struct sj_cursor *cursor = NULL;
        const struct sj_rows *rows = NULL;
        assert_ok(sj_cursor_open(snapshot, &all, bounds[u], u + 1 < n_units ? &bounds[u + 1] : NULL, &cursor, err));
        for (;;) {
            assert_ok(sj_cursor_next(cursor, &rows, err));
            if (!rows)
                break;
            check_rows(&r, rows);
        }
        sj_cursor_close(cursor);
    }
    assert_int_equal(r.next, model->n);
    free(r.sorted);
    sj_arena_done(&arena);
    sj_snapshot_close(snapshot);
}

static uint64_t digest_str(uint64_t digest, struct sj_str text) { return sj_hash64(text.p, text.n, digest + text.n + 1); }

static uint64_t digest_i64(uint64_t digest, int64_t value) { return sj_hash64(&value, sizeof value, digest); }

static uint64_t digest_view(const struct sj_view *view) {
    uint64_t digest = digest_str(0, sj_str(view->currency));
    digest = digest_i64(digest, view->as_of_us);
    digest = digest_i64(digest, (int64_t)view->n_events);
    digest = digest_i64(digest, view->min_time_us);
    digest = digest_i64(digest, view->max_time_us);
    for (uint32_t i = 0; i < view->n_touchpoints; i++)
        digest = digest_str(digest, view->touchpoints[i]);
    for (uint32_t i = 0; i < view->n_channels; i++)
        digest = digest_str(digest, view->channels[i]);
    for (uint32_t i = 0; i < view->n_columns; i++)
        digest = digest_i64(digest_str(digest, view->columns[i].name), view->columns[i].kind);
    for (size_t i = 0; i < view->n_saved; i++) {
        digest = digest_str(digest_str(digest, view->saved[i].name), view->saved[i].condition);
        digest = digest_i64(digest_str(digest, view->saved[i].description), view->saved[i].time_us);
    }
    return digest;
}

static uint64_t digest_rows(uint64_t digest, const struct sj_rows *rows) {
    for (uint32_t c = 0; c < rows->n_customers; c++)
        digest = digest_i64(digest_str(digest, rows->identities[c]), rows->offsets[c + 1] - rows->offsets[c]);
    for (uint32_t i = 0; i < rows->n_events; i++)
        digest = digest_i64(digest_i64(digest, rows->time_us[i]), rows->touchpoint[i] * 256 + rows->channel[i]);
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        for (uint32_t i = 0; i < column->n; i++) {
            digest = digest_i64(digest, (int64_t)column->code << 32 | (column->rows ? column->rows[i] : i));
            digest =
                column->kind == SJ_KIND_TEXT ? digest_str(digest, column->texts[column->values[i]]) : digest_i64(digest, column->values[i]);
        }
    }
    return digest;
}

enum sj_status model_digest(struct sj_store *store, uint64_t *ret_digest, struct sj_error *err) {
    static const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};
    struct sj_snapshot *snapshot = NULL;
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    SJ_TRY(sj_snapshot_open(store, &snapshot, err));
    uint64_t digest = digest_view(sj_snapshot_view(snapshot));
    enum sj_status status = sj_cursor_open(snapshot, &all, (sj_key){0, 0}, NULL, &cursor, err);
    while (status == SJ_OK && (status = sj_cursor_next(cursor, &rows, err)) == SJ_OK && rows)
        digest = digest_rows(digest, rows);
    sj_cursor_close(cursor);
    sj_snapshot_close(snapshot);
    if (status == SJ_OK)
        *ret_digest = digest;
    return status;
}

static void tell_finding(void *ctx, const char *text) {
    (void)ctx;
    print_error("%s\n", text);
}

void model_verify(struct sj_store *store) {
    struct sj_snapshot *snapshot = NULL;
    size_t n = 1;
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_snapshot_verify(snapshot, tell_finding, NULL, &n, err));
    assert_int_equal(n, 0);
    sj_snapshot_close(snapshot);
}
