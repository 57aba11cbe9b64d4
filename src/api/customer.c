#include "api/customer.h"

#include "api/segments.h"
#include "base/json.h"
#include "base/time.h"

static const struct sj_column_def customer_columns[] = {
    {.name = "customer", .label = SJ_T("Customer"), .type = SJ_TYPE_TEXT, .help = SJ_T("the identity, as the events give it")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("that the lens lets through")},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("as the lens cuts them")},
    {.name = "channels", .label = SJ_T("Channels"), .type = SJ_TYPE_COUNT, .help = SJ_T("different ones that are known")},
    {.name = "first", .label = SJ_T("First event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the first event was")},
    {.name = "last", .label = SJ_T("Last event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the last event was")},
};

static const struct sj_column_def event_columns[] = {
    {.name = "time", .label = SJ_T("When"), .type = SJ_TYPE_TIME, .help = SJ_T("when it was")},
    {.name = "journey", .label = SJ_T("Journey"), .type = SJ_TYPE_COUNT, .help = SJ_T("which one it belongs to, from 1; empty: none")},
    {.name = "after", .label = SJ_T("After"), .type = SJ_TYPE_DURATION, .help = SJ_T("how long after the event before")},
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("what happened")},
    {.name = "channel", .label = SJ_T("Channel"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("where")},
    {.name = "value", .label = SJ_T("Value"), .type = SJ_TYPE_MONEY, .help = SJ_T("what the event brought in")},
    {.name = "score", .label = SJ_T("Score"), .type = SJ_TYPE_NUMBER, .help = SJ_T("an answer on a scale")},
    {.name = "score_kind", .label = SJ_T("Scale"), .type = SJ_TYPE_TEXT, .help = SJ_T("of the score: nps, csat, ces")},
    {.name = "comment", .label = SJ_T("Comment"), .type = SJ_TYPE_TEXT, .help = SJ_T("what the customer wrote")},
    {.name = "details", .label = SJ_T("Details"), .type = SJ_TYPE_TEXT, .help = SJ_T("every other value that is known, as name=value")},
};

static const struct sj_column_def segment_columns[] = {
    {.name = "segment", .label = SJ_T("Segment"), .type = SJ_TYPE_TEXT, .help = SJ_T("its name, for --segment")},
    {.name = "condition", .label = SJ_T("Condition"), .type = SJ_TYPE_TEXT, .help = SJ_T("who belongs to it")},
    {.name = "description", .label = SJ_T("Description"), .type = SJ_TYPE_TEXT, .help = SJ_T("what it is for, by who saved it")},
};

static const struct sj_table_def customer_def = {
    .name = "customer", .title = SJ_T("The customer"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(customer_columns)};
static const struct sj_table_def segments_def = {.name = "segments",
                                                 .title = SJ_T("Saved segments that the customer belongs to"),
                                                 .picture = SJ_PICTURE_NONE,
                                                 SJ_COLUMNS(segment_columns)};
static const struct sj_table_def events_def = {
    .name = "events", .title = SJ_T("What happened, in order"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(event_columns), .parted = "journey"};
enum {
    EVENT_TIME,
    EVENT_JOURNEY,
    EVENT_AFTER,
    EVENT_TOUCHPOINT,
    EVENT_CHANNEL,
    EVENT_VALUE,
    EVENT_SCORE,
    EVENT_SCALE,
    EVENT_COMMENT,
    EVENT_DETAILS
};

/* One customer under a lens. */
struct history {
    const struct sj_view *view;
    const struct sj_rows *rows;
    uint8_t *chosen;   /* by event */
    uint32_t *journey; /* by event; 0: none */
    uint32_t n_journeys, n_chosen;
    struct sj_result *result;
};

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

/* Into the cell of a column of its own; false where the value has none. */
static enum sj_status put_cell(const struct history *history, const struct sj_rows_column *column, uint32_t at, struct sj_cell *cells,
                               bool *ret_put, struct sj_error *err) {
    static const uint8_t places[SJ_N_BUILTIN] = {[SJ_COLUMN_VALUE] = EVENT_VALUE,
                                                 [SJ_COLUMN_SCORE] = EVENT_SCORE,
                                                 [SJ_COLUMN_SCORE_KIND] = EVENT_SCALE,
                                                 [SJ_COLUMN_COMMENT] = EVENT_COMMENT};
    const uint8_t place = column->code < SJ_N_BUILTIN ? places[column->code] : 0;
    const int64_t value = column->values[at];
    *ret_put = place > 0;
    if (place == 0)
        return SJ_OK;
    cells[place] = sj_cell_i64(value);
    if (column->kind == SJ_KIND_NUMBER)
        memcpy(&cells[place].f64, &value, sizeof value);
    return column->kind == SJ_KIND_TEXT ? sj_result_text(history->result, column->texts[value], &cells[place].text, err) : SJ_OK;
}

/* The values of an event, its id at the end: `next[c]` goes over the values of column c as events rise. */
static enum sj_status put_values(const struct history *history, uint32_t event, uint32_t *next, struct sj_buf *details,
                                 struct sj_cell *cells, struct sj_error *err) {
    const struct sj_rows *rows = history->rows;
    uint32_t id = rows->n_columns, id_at = 0;
    sj_buf_reset(details);
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        const uint32_t at = next[c];
        bool put = false;
        if (at == column->n || (column->rows ? column->rows[at] : at) != event)
            continue;
        next[c]++;
        if (column->code == SJ_COLUMN_EVENT_ID) {
            id = c;
            id_at = at;
            continue;
        }
        if (!history->chosen[event])
            continue;
        SJ_TRY(put_cell(history, column, at, cells, &put, err));
        if (!put)
            SJ_TRY(put_value(details, history->view->columns[column->code].name, column, at, err));
    }
    if (!history->chosen[event])
        return SJ_OK;
    if (id < rows->n_columns)
        SJ_TRY(put_value(details, SJ_LIT("event_id"), &rows->columns[id], id_at, err));
    cells[EVENT_DETAILS].known = details->n > 0;
    return sj_result_text(history->result, sj_buf_str(details), &cells[EVENT_DETAILS].text, err);
}

static enum sj_status give_event(const struct history *history, uint32_t i, struct sj_cell *cells, struct sj_error *err) {
    const struct sj_rows *rows = history->rows;
    cells[EVENT_TIME] = sj_cell_i64(rows->time_us[i]);
    if (history->journey[i] > 0)
        cells[EVENT_JOURNEY] = sj_cell_i64(history->journey[i]);
    cells[EVENT_TOUCHPOINT].known = true;
    SJ_TRY(sj_result_text(history->result, history->view->touchpoints[rows->touchpoint[i]], &cells[EVENT_TOUCHPOINT].text, err));
    cells[EVENT_CHANNEL].known = rows->channel[i] != 0;
    if (cells[EVENT_CHANNEL].known)
        SJ_TRY(sj_result_text(history->result, history->view->channels[rows->channel[i]], &cells[EVENT_CHANNEL].text, err));
    return SJ_OK;
}

static enum sj_status give_events(const struct history *history, struct sj_error *err) {
    const struct sj_rows *rows = history->rows;
    struct sj_cell left_out[sizeof event_columns / sizeof *event_columns];
    struct sj_table *table;
    struct sj_buf details;
    uint32_t *next, before = UINT32_MAX;
    enum sj_status status = SJ_OK;
    SJ_TRY(sj_arena_new(&history->result->arena, rows->n_columns, sizeof *next, &next, err));
    SJ_TRY(sj_result_table(history->result, &events_def, &table, err));
    sj_buf_init(&details, history->result->arena.mem, SIZE_MAX / 2);
    for (uint32_t i = 0; i < rows->n_events; i++) {
        struct sj_cell *cells = left_out;
        if (history->chosen[i]) {
            SJ_TRY_CLEAN(sj_result_row(history->result, table, &cells, err));
            SJ_TRY_CLEAN(give_event(history, i, cells, err));
            if (before != UINT32_MAX)
                cells[EVENT_AFTER] = sj_cell_i64(rows->time_us[i] - rows->time_us[before]);
            before = i;
        }
        SJ_TRY_CLEAN(put_values(history, i, next, &details, cells, err));
    }
cleanup:
    sj_buf_done(&details);
    return status;
}

static enum sj_status give_customer(const struct history *history, struct sj_str identity, struct sj_error *err) {
    const struct sj_rows *rows = history->rows;
    bool seen[SJ_CHANNELS_MAX + 1] = {false};
    uint32_t first = UINT32_MAX, last = 0;
    int64_t n_channels = 0;
    struct sj_table *table;
    struct sj_cell *cells;
    for (uint32_t i = 0; i < rows->n_events; i++) {
        if (!history->chosen[i])
            continue;
        n_channels += rows->channel[i] != 0 && !seen[rows->channel[i]];
        seen[rows->channel[i]] = true;
        first = first == UINT32_MAX ? i : first;
        last = i;
    }
    SJ_TRY(sj_result_table(history->result, &customer_def, &table, err));
    SJ_TRY(sj_result_row(history->result, table, &cells, err));
    cells[0].known = true;
    SJ_TRY(sj_result_text(history->result, identity, &cells[0].text, err));
    cells[1] = sj_cell_i64(history->n_chosen);
    cells[2] = sj_cell_i64(history->n_journeys);
    cells[3] = sj_cell_i64(n_channels);
    cells[4] = sj_cell_i64(rows->time_us[first]);
    cells[5] = sj_cell_i64(rows->time_us[last]);
    return SJ_OK;
}

enum sj_status sj_customer_unknown(struct sj_str identity, struct sj_error *err) {
    return sj_fail(err, SJ_E_NOT_FOUND, "there is no customer \"%.*s\" in this store; identities are compared byte by byte",
                   SJ_ARG(identity));
}

enum sj_status sj_customer_left_out(struct sj_str identity, struct sj_error *err) {
    return sj_fail(err, SJ_E_NOT_FOUND, "the lens leaves no event of customer \"%.*s\"", SJ_ARG(identity));
}

/* Which events a lens lets through, and the journey of each where it cuts some. */
struct marking {
    const struct sj_os *os;
    const struct sj_alloc *mem;
    struct sj_snapshot *snapshot;
    struct sj_str customer; /* the identity by which the customer goes */
    sj_key key;
};

static void mark_batch(struct history *history, const struct sj_batch *batch, const uint32_t *places) {
    history->n_journeys = batch->n_journeys;
    for (uint32_t j = 0; j < batch->n_journeys; j++)
        for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++) {
            const uint32_t event = places ? places[i] : i;
            history->n_chosen += !history->chosen[event];
            history->chosen[event] = 1;
            history->journey[event] = j + 1;
        }
}

static enum sj_status mark(const struct marking *marking, struct sj_lens *lens, struct history *history, struct sj_error *err) {
    const struct sj_batch *batch = NULL;
    struct sj_scan *scan = NULL;
    sj_key end;
    enum sj_status status = sj_scan_open(lens, marking->key, sj_key_next(marking->key, &end) ? &end : NULL, &scan, err);
    if (status == SJ_OK)
        status = sj_scan_next(scan, &batch, err);
    if (status == SJ_OK && batch)
        mark_batch(history, batch, sj_scan_places(scan));
    sj_scan_close(scan);
    return status;
}

static enum sj_status mark_journeys(const struct marking *marking, const struct sj_lens_words *words, struct history *history,
                                    struct sj_error *err) {
    const struct sj_lens_request request = {.words = words, .time = true};
    struct sj_lens *lens;
    SJ_TRY(sj_lens_open(marking->os, marking->mem, marking->snapshot, &request, &lens, err));
    const enum sj_status status = mark(marking, lens, history, err);
    sj_lens_close(lens);
    return status;
}

/* Twice, since an event may be let through and belong to no journey: cut as a history, as by `whole`, all do. */
static enum sj_status mark_both(const struct marking *marking, struct sj_lens *whole, const struct sj_lens_words *words,
                                struct history *history, struct sj_error *err) {
    SJ_TRY(mark(marking, whole, history, err));
    memset(history->journey, 0, history->rows->n_events * sizeof *history->journey);
    history->n_journeys = 0;
    return mark_journeys(marking, words, history, err);
}

static enum sj_status give_segments(const struct marking *marking, const struct sj_lens_words *words, struct sj_result *result,
                                    struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(marking->snapshot);
    const struct sj_segments_one one = {marking->os, marking->mem, marking->snapshot, words, marking->key};
    struct sj_table *table;
    bool *belongs;
    SJ_TRY(sj_segments_of(&one, &result->arena, &belongs, err));
    SJ_TRY(sj_result_table(result, &segments_def, &table, err));
    for (size_t i = 0; i < view->n_saved; i++) {
        const struct sj_str texts[] = {view->saved[i].name, view->saved[i].condition, view->saved[i].description};
        struct sj_cell *cells;
        if (!belongs[i])
            continue;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        for (size_t c = 0; c < sizeof texts / sizeof *texts; c++) {
            cells[c].known = true;
            SJ_TRY(sj_result_text(result, texts[c], &cells[c].text, err));
        }
    }
    return SJ_OK;
}

static enum sj_status give(const struct marking *marking, struct sj_lens *whole, const struct sj_customer_words *words,
                           struct history *history, struct sj_error *err) {
    struct sj_lens_words cut = words->lens;
    cut.segment = (struct sj_str){"", 0};
    SJ_TRY(sj_arena_new(&history->result->arena, history->rows->n_events, 1, &history->chosen, err));
    SJ_TRY(sj_arena_new(&history->result->arena, history->rows->n_events, sizeof *history->journey, &history->journey, err));
    SJ_TRY(mark_both(marking, whole, &cut, history, err));
    if (history->n_chosen == 0)
        return sj_customer_left_out(words->identity, err);
    SJ_TRY(give_customer(history, marking->customer, err));
    SJ_TRY(give_segments(marking, &cut, history->result, err));
    return give_events(history, err);
}

/* `whole`: the lens without its journeys. Who the customer is, and whose the events are, is as it was known then. */
static enum sj_status show(struct marking *marking, struct sj_lens *whole, const struct sj_customer_words *words, struct sj_result *result,
                           struct sj_error *err) {
    struct sj_snapshot *snapshot = marking->snapshot;
    const struct sj_people *people = sj_lens_people(whole);
    const struct sj_wanted wanted = {.channel = true, .time = true, .all_columns = true, .people = people};
    struct history history = {.view = sj_snapshot_view(snapshot), .result = result};
    struct sj_cursor *cursor;
    sj_key end;
    SJ_TRY(sj_snapshot_customer(snapshot, people, words->identity, &result->arena, &marking->customer, err));
    marking->key = sj_snapshot_key(snapshot, marking->customer);
    SJ_TRY(sj_cursor_open(snapshot, &wanted, marking->key, sj_key_next(marking->key, &end) ? &end : NULL, &cursor, err));
    enum sj_status status = sj_cursor_next(cursor, &history.rows, err);
    if (status == SJ_OK && !history.rows)
        status = sj_customer_unknown(words->identity, err);
    if (status == SJ_OK)
        status = give(marking, whole, words, &history, err);
    sj_cursor_close(cursor);
    return status;
}

enum sj_status sj_customer_show(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot,
                                const struct sj_customer_words *words, struct sj_result *result, struct sj_error *err) {
    struct marking marking = {.os = os, .mem = mem, .snapshot = snapshot};
    struct sj_lens_words whole = words->lens;
    const struct sj_lens_request request = {.words = &whole, .time = true};
    struct sj_lens *lens;
    whole.segment = whole.journey = (struct sj_str){"", 0};
    SJ_TRY(sj_lens_open(os, mem, snapshot, &request, &lens, err));
    const enum sj_status status = show(&marking, lens, words, result, err);
    sj_lens_close(lens);
    return status;
}
