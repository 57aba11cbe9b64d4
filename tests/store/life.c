#include "life.h"
#include "store/saved.h"
#include "store/drop.h"
#include "store/erase.h"

/* ---- writing ---- */

struct event_text {
    char customer[24], touchpoint[24], id[24];
};

static struct event_text text_of(const struct life_load *load, unsigned serial) {
    struct event_text text;
    if (load->is_person)
        snprintf(text.customer, sizeof text.customer, "person %u", serial / LIFE_EVENTS_MAX);
    else
        snprintf(text.customer, sizeof text.customer, "customer %u", serial % 5);
    snprintf(text.touchpoint, sizeof text.touchpoint, "touchpoint %u", serial % 9);
    snprintf(text.id, sizeof text.id, "id %u", serial);
    return text;
}

static int64_t time_of(unsigned serial) { return (int64_t)1000000 - serial; }

/* A text that no other event has. */
static void comment_of(unsigned serial, char *out, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        out[i] = (char)('a' + (i + serial) % 26);
    (void)snprintf(out, n, "%u", serial);
}

static enum sj_status add_value(struct sj_writer *writer, const char *name, enum sj_kind kind, struct sj_event *event,
                                struct sj_value *values, struct sj_value value, struct sj_error *err) {
    SJ_TRY(sj_writer_column(writer, sj_str(name), kind, &value.column, err));
    values[event->n_values++] = value;
    return SJ_OK;
}

static enum sj_status add(struct sj_writer *writer, const struct life_load *load, unsigned serial, struct sj_error *err) {
    const struct event_text text = text_of(load, serial);
    struct sj_value values[3];
    struct sj_event event = {.customer = sj_str(text.customer), .time_us = time_of(serial), .values = values};
    SJ_TRY(sj_writer_touchpoint(writer, sj_str(text.touchpoint), &event.touchpoint, err));
    SJ_TRY(add_value(writer, "value", SJ_KIND_MONEY, &event, values, (struct sj_value){.i64 = serial}, err));
    if (load->has_ids)
        SJ_TRY(add_value(writer, "event_id", SJ_KIND_TEXT, &event, values, (struct sj_value){.text = sj_str(text.id)}, err));
    if (load->comment_bytes == 0)
        return sj_writer_add(writer, &event, err);
    char *comment = malloc(load->comment_bytes);
    if (!comment)
        return sj_fail_memory(err, load->comment_bytes);
    comment_of(serial, comment, load->comment_bytes);
    const struct sj_value value = {.text = {comment, load->comment_bytes}};
    enum sj_status status = add_value(writer, "comment", SJ_KIND_TEXT, &event, values, value, err);
    if (status == SJ_OK)
        status = sj_writer_add(writer, &event, err);
    free(comment);
    return status;
}

enum sj_status life_fill(struct sj_writer *writer, const struct life_load *loads, unsigned load, struct sj_error *err) {
    for (unsigned i = 0; i < loads[load].n_events; i++)
        SJ_TRY(add(writer, &loads[load], load * LIFE_EVENTS_MAX + i, err));
    for (unsigned i = 0; i < loads[load].n_again; i++)
        SJ_TRY(add(writer, &loads[loads[load].again], loads[load].again * LIFE_EVENTS_MAX + i, err));
    return SJ_OK;
}

struct saved_text {
    char name[24], condition[4000];
};

/* The condition is so long that it takes pages of its own. */
static struct saved_text saved_text_of(unsigned load) {
    struct saved_text text;
    snprintf(text.name, sizeof text.name, "load %u", load);
    memset(text.condition, 'a' + (int)(load % 26), sizeof text.condition);
    return text;
}

static enum sj_status save(struct sj_store *store, unsigned load, struct sj_error *err) {
    const struct saved_text text = saved_text_of(load);
    const struct sj_saved_segment saved = {sj_str(text.name), {text.condition, sizeof text.condition}, SJ_LIT("a description"), 0};
    return sj_store_save_segment(store, &saved, true, err);
}

enum sj_status life_write(struct sj_store *store, const struct life_load *loads, unsigned load, struct sj_error *err) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    const struct sj_import import = {.name = SJ_LIT("a file"), .digest = {load, 1}, .has_digest = true, .mapping = SJ_LIT("{}")};
    if (loads[load].saves)
        return save(store, load, err);
    SJ_TRY(sj_writer_open(store, loads[load].load, &writer, err));
    enum sj_status status = life_fill(writer, loads, load, err);
    if (status == SJ_OK)
        status = sj_writer_commit(writer, &import, &commit, err);
    sj_writer_close(writer);
    return status;
}

static enum sj_status mark_going(void *ctx, const struct sj_rows *rows, uint8_t *drop, struct sj_error *err) {
    const bool *going = ctx;
    const struct sj_rows_column *serials = sj_rows_find(rows, SJ_COLUMN_VALUE);
    if (!serials || serials->n != rows->n_events)
        return sj_fail(err, SJ_E_BUG, "an event has no number");
    for (uint32_t i = 0; i < rows->n_events; i++)
        drop[i] = going[serials->values[i] / LIFE_EVENTS_MAX];
    return SJ_OK;
}

enum sj_status life_drop(struct sj_store *store, const bool going[LIFE_LOADS], struct sj_error *err) {
    bool loads[LIFE_LOADS];
    struct sj_dropped dropped;
    memcpy(loads, going, sizeof loads);
    const struct sj_drop drop = {.mark = mark_going, .ctx = loads, .before_us = INT64_MAX, .action = "expire", .detail = SJ_LIT("test")};
    return sj_store_drop(store, &drop, &dropped, err);
}

static void person_of(unsigned load, char out[24]) { snprintf(out, 24, "person %u", load); }

enum sj_status life_link(struct sj_store *store, unsigned a, unsigned b, struct sj_error *err) {
    char names[2][24];
    size_t n_new;
    person_of(a, names[0]);
    person_of(b, names[1]);
    const struct sj_link link = {sj_str(names[0]), sj_str(names[1]), SJ_LINK_STATED, 5};
    return sj_store_link(store, &link, 1, &n_new, err);
}

enum sj_status life_erase(struct sj_store *store, const bool going[LIFE_LOADS], struct sj_error *err) {
    char names[LIFE_LOADS][24];
    struct sj_str identities[LIFE_LOADS];
    struct sj_erased erased;
    size_t n = 0;
    for (unsigned l = 0; l < LIFE_LOADS; l++) {
        if (!going[l])
            continue;
        person_of(l, names[n]);
        identities[n] = sj_str(names[n]);
        n++;
    }
    const struct sj_erasure erasure = {.identities = identities, .n = n};
    return sj_store_erase(store, &erasure, &erased, err);
}

/* ---- reading ---- */

static int64_t value_at(const struct sj_rows *rows, uint16_t code, uint32_t row, const struct sj_rows_column **ret_column) {
    const struct sj_rows_column *column = sj_rows_find(rows, code);
    for (uint32_t i = 0; column && i < column->n; i++) {
        if ((column->rows ? column->rows[i] : i) == row) {
            *ret_column = column;
            return column->values[i];
        }
    }
    *ret_column = NULL;
    return -1;
}

static bool text_is(const struct sj_rows *rows, uint16_t code, uint32_t row, struct sj_str expected) {
    const struct sj_rows_column *column;
    const int64_t at = value_at(rows, code, row, &column);
    return column ? sj_str_eq(column->texts[at], expected) : expected.n == 0;
}

/* Whose the event is, also where that is a customer's other identity. */
static struct sj_str identity_at(const struct sj_view *view, const struct sj_rows *rows, uint32_t customer, uint32_t row) {
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column;
        if (!sj_str_eq(view->columns[rows->columns[c].code].name, SJ_LIT("@identity")))
            continue;
        const int64_t at = value_at(rows, rows->columns[c].code, row, &column);
        if (column)
            return column->texts[at];
    }
    return rows->identities[customer];
}

static bool is_as_written(const struct sj_view *view, const struct life_load *loads, const struct sj_rows *rows, uint32_t customer,
                          uint32_t row, unsigned serial) {
    const struct life_load *load = &loads[serial / LIFE_EVENTS_MAX];
    const struct event_text text = text_of(load, serial);
    if (!sj_str_eq(identity_at(view, rows, customer, row), sj_str(text.customer)) || rows->time_us[row] != time_of(serial) ||
        !sj_str_eq(view->touchpoints[rows->touchpoint[row]], sj_str(text.touchpoint)) ||
        !text_is(rows, SJ_COLUMN_EVENT_ID, row, load->has_ids ? sj_str(text.id) : SJ_LIT("")))
        return false;
    if (load->comment_bytes == 0)
        return text_is(rows, SJ_COLUMN_COMMENT, row, SJ_LIT(""));
    char *comment = malloc(load->comment_bytes);
    if (comment)
        comment_of(serial, comment, load->comment_bytes);
    const bool same = comment && text_is(rows, SJ_COLUMN_COMMENT, row, (struct sj_str){comment, load->comment_bytes});
    free(comment);
    return same;
}

static enum sj_status read_rows(const struct sj_view *view, const struct life_load *loads, const struct sj_rows *rows,
                                struct life_there *there, struct sj_error *err) {
    const struct sj_rows_column *column;
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1]; i++) {
            const int64_t serial = value_at(rows, SJ_COLUMN_VALUE, i, &column);
            if (serial < 0 || serial >= LIFE_SERIALS || !is_as_written(view, loads, rows, c, i, (unsigned)serial))
                return sj_fail(err, SJ_E_BUG, "event %lld is not as written", (long long)serial);
            if (there->events[serial])
                return sj_fail(err, SJ_E_BUG, "event %lld of load %lld is there twice", (long long)serial % LIFE_EVENTS_MAX,
                               (long long)serial / LIFE_EVENTS_MAX);
            there->events[serial] = true;
        }
    }
    return SJ_OK;
}

static enum sj_status read_saved(const struct sj_view *view, const struct life_load *loads, struct life_there *there,
                                 struct sj_error *err) {
    size_t n = 0;
    for (unsigned l = 0; l < LIFE_LOADS; l++) {
        const struct saved_text text = saved_text_of(l);
        const struct sj_saved_segment *saved = loads[l].saves ? sj_saved_find(view, sj_str(text.name)) : NULL;
        if (!saved)
            continue;
        if (!sj_str_eq(saved->condition, (struct sj_str){text.condition, sizeof text.condition}) ||
            !sj_str_eq(saved->description, SJ_LIT("a description")))
            return sj_fail(err, SJ_E_BUG, "the saved segment %s is not as written", text.name);
        there->events[l * LIFE_EVENTS_MAX] = true;
        n++;
    }
    return n == view->n_saved ? SJ_OK : sj_fail(err, SJ_E_BUG, "%zu saved segments are there, %zu are known", view->n_saved, n);
}

enum sj_status life_read(struct sj_store *store, const struct life_load *loads, struct life_there *ret_there, struct sj_error *err) {
    static const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};
    struct sj_snapshot *snapshot = NULL;
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    struct life_there there = {0};
    SJ_TRY(sj_snapshot_open(store, &snapshot, err));
    enum sj_status status = read_saved(sj_snapshot_view(snapshot), loads, &there, err);
    if (status == SJ_OK)
        status = sj_cursor_open(snapshot, &all, (sj_key){0, 0}, NULL, &cursor, err);
    while (status == SJ_OK && (status = sj_cursor_next(cursor, &rows, err)) == SJ_OK && rows)
        status = read_rows(sj_snapshot_view(snapshot), loads, rows, &there, err);
    sj_cursor_close(cursor);
    sj_snapshot_close(snapshot);
    if (status == SJ_OK)
        *ret_there = there;
    return status;
}

/* ---- judging ---- */

static void keep_first(void *ctx, const char *text) {
    char *first = ctx;
    if (first[0] == '\0')
        snprintf(first, 300, "%s", text);
}

enum sj_status life_verify(struct sj_store *store, struct sj_error *err) {
    struct sj_snapshot *snapshot = NULL;
    size_t n = 0;
    char first[300] = "";
    SJ_TRY(sj_snapshot_open(store, &snapshot, err));
    enum sj_status status = sj_snapshot_verify(snapshot, keep_first, first, &n, err);
    sj_snapshot_close(snapshot);
    if (status == SJ_OK && n > 0)
        status = sj_fail(err, SJ_E_CORRUPT, "verify finds: %s", first);
    return status;
}

static enum sj_status compare_going(const struct life_load *loads, const struct life_belief *belief, const unsigned n[LIFE_LOADS],
                                    struct sj_error *err) {
    bool any = false, all = true;
    for (unsigned l = 0; l < LIFE_LOADS; l++) {
        any = any || (belief->going[l] && n[l] > 0);
        all = all && (!belief->going[l] || n[l] == loads[l].n_events);
    }
    if (any && (belief->gone || !all))
        return sj_fail(err, SJ_E_BUG, "of the dropped loads some events are there; acknowledged %d", belief->gone);
    return SJ_OK;
}

enum sj_status life_compare(const struct life_load *loads, const struct life_belief *belief, const struct life_there *there,
                            struct sj_error *err) {
    unsigned counts[LIFE_LOADS] = {0};
    for (unsigned l = 0; l < LIFE_LOADS; l++) {
        unsigned n = 0;
        for (unsigned i = 0; i < LIFE_EVENTS_MAX; i++)
            n += there->events[l * LIFE_EVENTS_MAX + i];
        counts[l] = n;
        if (belief->going[l])
            continue;
        if (n == loads[l].n_events ? n > 0 && !belief->begun[l] : n > 0 || belief->acked[l])
            return sj_fail(err, SJ_E_BUG, "load %u: %u events of %u are there; begun %d, acknowledged %d", l, n, loads[l].n_events,
                           belief->begun[l], belief->acked[l]);
    }
    return compare_going(loads, belief, counts, err);
}
