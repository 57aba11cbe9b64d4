#include "api/customer.h"

#include "base/json.h"
#include "base/pauses.h"
#include "base/time.h"

static const struct sj_column_def customer_columns[] = {
    {.name = "customer", .label = SJ_T("Customer"), .type = SJ_TYPE_TEXT, .help = SJ_T("the identity, as the events give it")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("of this customer")},
    {.name = "visits",
     .label = SJ_T("Visits"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("events with no pause longer than the given one between")},
    {.name = "channels", .label = SJ_T("Channels"), .type = SJ_TYPE_COUNT, .help = SJ_T("different ones that are known")},
    {.name = "first", .label = SJ_T("First event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the first event was")},
    {.name = "last", .label = SJ_T("Last event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the last event was")},
};

static const struct sj_column_def event_columns[] = {
    {.name = "time", .label = SJ_T("When"), .type = SJ_TYPE_TIME, .help = SJ_T("when it was")},
    {.name = "visit", .label = SJ_T("Visit"), .type = SJ_TYPE_COUNT, .help = SJ_T("which visit it belongs to, from 1")},
    {.name = "after", .label = SJ_T("After"), .type = SJ_TYPE_DURATION, .help = SJ_T("how long after the event before")},
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("what happened")},
    {.name = "channel", .label = SJ_T("Channel"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("where")},
    {.name = "details", .label = SJ_T("Details"), .type = SJ_TYPE_TEXT, .help = SJ_T("every value that is known, as name=value")},
};

static const struct sj_table_def customer_def = {
    .name = "customer", .title = SJ_T("The customer"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(customer_columns)};
static const struct sj_table_def events_def = {
    .name = "events", .title = SJ_T("What happened, in order"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(event_columns)};

/* A value as a condition would name it; texts are quoted where they have spaces. */
static enum sj_status put_value(struct sj_buf *out, struct sj_str name, const struct sj_rows_column *column, uint32_t i,
                                struct sj_error *err) {
    const int64_t value = column->values[i];
    char text[SJ_TIME_TEXT_BYTES];
    double number;
    size_t n = 0;
    SJ_TRY(sj_buf_print(out, err, "%s%.*s=", out->n > 0 ? ", " : "", SJ_ARG(name)));
    switch (column->kind) {
    case SJ_KIND_TEXT: {
        const struct sj_str found = column->texts[value];
        const char *quote = memchr(found.p, ' ', found.n) ? "\"" : "";
        return sj_buf_print(out, err, "%s%.*s%s", quote, SJ_ARG(found), quote);
    }
    case SJ_KIND_TRUTH: return sj_buf_print(out, err, "%s", value ? "true" : "false");
    case SJ_KIND_TIME: n = sj_time_format(value, text); break;
    case SJ_KIND_MONEY: n = sj_money_format(value, text); break;
    case SJ_KIND_DURATION: n = sj_duration_format(value, text); break;
    case SJ_KIND_NUMBER:
        memcpy(&number, &value, sizeof number);
        n = sj_double_format(number, text);
        break;
    }
    return sj_buf_append(out, text, n, err);
}

/* The values of an event, its id at the end: `next[c]` goes over the values of column c as events rise. */
static enum sj_status put_details(struct sj_buf *out, const struct sj_view *view, const struct sj_rows *rows, uint32_t event,
                                  uint32_t *next, struct sj_error *err) {
    uint32_t id = rows->n_columns, id_at = 0;
    sj_buf_reset(out);
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        const uint32_t at = next[c];
        if (at == column->n || (column->rows ? column->rows[at] : at) != event)
            continue;
        next[c]++;
        if (column->code == SJ_COLUMN_EVENT_ID) {
            id = c;
            id_at = at;
            continue;
        }
        SJ_TRY(put_value(out, view->columns[column->code].name, column, at, err));
    }
    return id < rows->n_columns ? put_value(out, SJ_LIT("event_id"), &rows->columns[id], id_at, err) : SJ_OK;
}

static enum sj_status give_events(const struct sj_view *view, const struct sj_rows *rows, const uint8_t *begins, struct sj_result *result,
                                  struct sj_error *err) {
    struct sj_table *table;
    struct sj_buf details;
    uint32_t *next;
    int64_t visit = 0;
    enum sj_status status = SJ_OK;
    SJ_TRY(sj_arena_new(&result->arena, rows->n_columns, sizeof *next, &next, err));
    SJ_TRY(sj_result_table(result, &events_def, &table, err));
    sj_buf_init(&details, result->arena.mem, SIZE_MAX / 2);
    for (uint32_t i = 0; i < rows->n_events; i++) {
        struct sj_cell *cells;
        SJ_TRY_CLEAN(put_details(&details, view, rows, i, next, err));
        SJ_TRY_CLEAN(sj_result_row(result, table, &cells, err));
        visit += begins[i];
        cells[0] = sj_cell_i64(rows->time_us[i]);
        cells[1] = sj_cell_i64(visit);
        if (i > 0)
            cells[2] = sj_cell_i64(rows->time_us[i] - rows->time_us[i - 1]);
        cells[3].known = true;
        SJ_TRY_CLEAN(sj_result_text(result, view->touchpoints[rows->touchpoint[i]], &cells[3].text, err));
        cells[4].known = rows->channel[i] != 0;
        if (cells[4].known)
            SJ_TRY_CLEAN(sj_result_text(result, view->channels[rows->channel[i]], &cells[4].text, err));
        cells[5].known = details.n > 0;
        SJ_TRY_CLEAN(sj_result_text(result, sj_buf_str(&details), &cells[5].text, err));
    }
cleanup:
    sj_buf_done(&details);
    return status;
}

static enum sj_status give_customer(const struct sj_rows *rows, struct sj_str identity, const uint8_t *begins, struct sj_result *result,
                                    struct sj_error *err) {
    bool seen[SJ_CHANNELS_MAX + 1] = {false};
    int64_t n_visits = 0, n_channels = 0;
    struct sj_table *table;
    struct sj_cell *cells;
    for (uint32_t i = 0; i < rows->n_events; i++) {
        n_visits += begins[i];
        n_channels += rows->channel[i] != 0 && !seen[rows->channel[i]];
        seen[rows->channel[i]] = true;
    }
    SJ_TRY(sj_result_table(result, &customer_def, &table, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0].known = true;
    SJ_TRY(sj_result_text(result, identity, &cells[0].text, err));
    cells[1] = sj_cell_i64(rows->n_events);
    cells[2] = sj_cell_i64(n_visits);
    cells[3] = sj_cell_i64(n_channels);
    cells[4] = sj_cell_i64(rows->time_us[0]);
    cells[5] = sj_cell_i64(rows->time_us[rows->n_events - 1]);
    return SJ_OK;
}

/* `rows` are those of one customer. */
static enum sj_status give(struct sj_snapshot *snapshot, const struct sj_rows *rows, struct sj_str identity, int64_t pause_us,
                           struct sj_result *result, struct sj_error *err) {
    uint8_t *begins;
    SJ_TRY(sj_arena_new(&result->arena, rows->n_events, 1, &begins, err));
    sj_pauses_mark(rows->time_us, rows->n_events, pause_us, begins);
    SJ_TRY(give_customer(rows, identity, begins, result, err));
    return give_events(sj_snapshot_view(snapshot), rows, begins, result, err);
}

enum sj_status sj_customer_unknown(struct sj_str identity, struct sj_error *err) {
    return sj_fail(err, SJ_E_NOT_FOUND, "there is no customer \"%.*s\" in this store; identities are compared byte by byte",
                   SJ_ARG(identity));
}

enum sj_status sj_customer_show(struct sj_snapshot *snapshot, struct sj_str identity, int64_t pause_us, struct sj_result *result,
                                struct sj_error *err) {
    const struct sj_wanted wanted = {.channel = true, .time = true, .all_columns = true};
    const struct sj_rows *rows = NULL;
    struct sj_cursor *cursor;
    struct sj_str customer;
    sj_key end;
    SJ_TRY(sj_snapshot_customer(snapshot, NULL, identity, &result->arena, &customer, err));
    const sj_key key = sj_snapshot_key(snapshot, customer);
    SJ_TRY(sj_cursor_open(snapshot, &wanted, key, sj_key_next(key, &end) ? &end : NULL, &cursor, err));
    enum sj_status status = sj_cursor_next(cursor, &rows, err);
    if (status == SJ_OK && !rows)
        status = sj_customer_unknown(identity, err);
    if (status == SJ_OK)
        status = give(snapshot, rows, customer, pause_us, result, err);
    sj_cursor_close(cursor);
    return status;
}
