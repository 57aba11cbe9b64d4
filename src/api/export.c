#include "api/export.h"

#include "base/json.h"
#include "base/time.h"
#include "ingest/decimals.h"

#define BYTES_BEFORE_SINK ((size_t)1 << 18)
#define ROW_BYTES_MAX ((size_t)256 << 20)

/* The roles, in the order of the columns; from `value` on they are the built-in columns, in the order of their codes. */
static const char *const roles[] = {"customer", "time",  "touchpoint", "channel", "value",   "cost",
                                    "duration", "score", "score_kind", "comment", "event_id"};
#define N_ROLES (sizeof roles / sizeof roles[0])
#define FIRST_BUILTIN 4
#define NO_PLACE SIZE_MAX

struct place { /* a column of the file */
    struct sj_str name;
    enum sj_kind kind;                   /* of the property; text where it has two */
    bool misread;                        /* an import would find another kind */
    const struct sj_rows_column *column; /* of the event at hand; NULL: no value */
    uint32_t at;                         /* the value's place in it */
};

struct export {
    const struct sj_export_options *options;
    const struct sj_view *view;
    struct sj_arena arena;
    struct place *places;
    size_t n_places;
    size_t *place_of; /* by column code */
    uint32_t *next;   /* by the column's place in the rows at hand: the next value not yet written */
    struct sj_buf out;
    sj_export_sink sink;
    void *sink_ctx;
    struct sj_export_summary summary;
    uint64_t n_read;
};

/* ---- columns ---- */

static size_t find_place(const struct export *export, size_t from, struct sj_str name) {
    for (size_t i = from; i < export->n_places; i++)
        if (sj_str_eq(export->places[i].name, name))
            return i;
    return NO_PLACE;
}

/* A property that has a role's name gets a '_' after it, again until the name is free. */
static enum sj_status free_name(struct export *export, struct sj_str *name, struct sj_error *err) {
    if (find_place(export, 0, *name) >= N_ROLES)
        return SJ_OK;
    while (find_place(export, 0, *name) != NO_PLACE) {
        const char *longer;
        SJ_TRY(sj_arena_print(&export->arena, &longer, err, "%.*s_", SJ_ARG(*name)));
        *name = sj_str(longer);
    }
    export->summary.n_renamed++;
    return SJ_OK;
}

static enum sj_status place_columns(struct export *export, struct sj_error *err) {
    const struct sj_view *view = export->view;
    SJ_TRY(sj_arena_new(&export->arena, N_ROLES + view->n_columns, sizeof *export->places, &export->places, err));
    SJ_TRY(sj_arena_new(&export->arena, view->n_columns, sizeof *export->place_of, &export->place_of, err));
    SJ_TRY(sj_arena_new(&export->arena, view->n_columns, sizeof *export->next, &export->next, err));
    for (size_t i = 0; i < N_ROLES; i++)
        export->places[export->n_places++].name = sj_str(roles[i]);
    for (uint32_t code = 0; code < view->n_columns; code++) {
        struct sj_str name = view->columns[code].name;
        if (code < SJ_N_BUILTIN) {
            export->place_of[code] = FIRST_BUILTIN + code;
            continue;
        }
        SJ_TRY(free_name(export, &name, err));
        size_t place = find_place(export, N_ROLES, name);
        if (place == NO_PLACE) {
            place = export->n_places++;
            export->places[place].name = name;
            export->places[place].kind = view->columns[code].kind;
        }
        export->place_of[code] = place;
    }
    return SJ_OK;
}

/* ---- values ---- */

static double double_of(int64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Seconds with as many decimals as it takes. */
static enum sj_status print_seconds(struct sj_buf *out, int64_t us, struct sj_error *err) {
    uint64_t size = us < 0 ? ~(uint64_t)us + 1 : (uint64_t)us;
    SJ_TRY(sj_buf_print(out, err, "%s%llu", us < 0 ? "-" : "", (unsigned long long)(size / 1000000)));
    if (size % 1000000 == 0)
        return SJ_OK;
    SJ_TRY(sj_buf_print(out, err, ".%06u", (unsigned)(size % 1000000)));
    while (out->data[out->n - 1] == '0')
        out->n--;
    return SJ_OK;
}

static enum sj_status print_figure(struct sj_buf *out, enum sj_kind kind, int64_t value, struct sj_error *err) {
    char text[SJ_TIME_TEXT_BYTES];
    size_t n = 0;
    switch (kind) {
    case SJ_KIND_NUMBER: n = sj_double_format(double_of(value), text); break;
    case SJ_KIND_TRUTH: return sj_buf_append_str(out, value != 0 ? SJ_LIT("true") : SJ_LIT("false"), err);
    case SJ_KIND_TIME: n = sj_time_format(value, text); break;
    case SJ_KIND_MONEY: n = sj_money_format(value, text); break;
    case SJ_KIND_DURATION: return print_seconds(out, value, err);
    case SJ_KIND_TEXT: break;
    }
    return sj_buf_append(out, text, n, err);
}

/* ---- CSV ---- */

static enum sj_status csv_text(struct sj_buf *out, struct sj_str text, struct sj_error *err) {
    bool quoted = text.n > 0 && (text.p[0] == ' ' || text.p[text.n - 1] == ' ');
    for (size_t i = 0; i < text.n && !quoted; i++)
        quoted = text.p[i] == ',' || text.p[i] == '"' || text.p[i] == '\n' || text.p[i] == '\r';
    if (!quoted)
        return sj_buf_append_str(out, text, err);
    SJ_TRY(sj_buf_append(out, "\"", 1, err));
    for (size_t i = 0; i < text.n; i++)
        SJ_TRY(sj_buf_append(out, text.p[i] == '"' ? "\"\"" : text.p + i, text.p[i] == '"' ? 2 : 1, err));
    return sj_buf_append(out, "\"", 1, err);
}

static enum sj_status csv_head(struct export *export, struct sj_error *err) {
    for (size_t i = 0; i < export->n_places; i++) {
        SJ_TRY(sj_buf_append(&export->out, ",", i > 0, err));
        SJ_TRY(csv_text(&export->out, export->places[i].name, err));
    }
    return sj_buf_append(&export->out, "\r\n", 2, err);
}

struct event {
    struct sj_str customer, touchpoint, channel;
    int64_t time_us;
};

static enum sj_status csv_event(struct export *export, const struct event *event, struct sj_error *err) {
    struct sj_buf *out = &export->out;
    SJ_TRY(csv_text(out, event->customer, err));
    SJ_TRY(sj_buf_append(out, ",", 1, err));
    SJ_TRY(print_figure(out, SJ_KIND_TIME, event->time_us, err));
    SJ_TRY(sj_buf_append(out, ",", 1, err));
    SJ_TRY(csv_text(out, event->touchpoint, err));
    SJ_TRY(sj_buf_append(out, ",", 1, err));
    SJ_TRY(csv_text(out, event->channel, err));
    for (size_t i = FIRST_BUILTIN; i < export->n_places; i++) {
        const struct place *place = &export->places[i];
        SJ_TRY(sj_buf_append(out, ",", 1, err));
        if (place->column == NULL)
            continue;
        int64_t value = place->column->values[place->at];
        if (place->column->kind == SJ_KIND_TEXT)
            SJ_TRY(csv_text(out, place->column->texts[value], err));
        else
            SJ_TRY(print_figure(out, place->column->kind, value, err));
    }
    return sj_buf_append(out, "\r\n", 2, err);
}

/* ---- JSON Lines ---- */

/* A name as a key: escaped by the same writer. */
static enum sj_status json_key(struct sj_buf *out, struct sj_str name, struct sj_error *err) {
    struct sj_json json;
    sj_json_init(&json, out, err);
    sj_json_str(&json, name);
    SJ_TRY(json.status);
    return sj_buf_append(out, ":", 1, err);
}

static enum sj_status json_text(struct sj_buf *out, struct sj_str text, struct sj_error *err) {
    struct sj_json json;
    sj_json_init(&json, out, err);
    sj_json_str(&json, text);
    return json.status;
}

static enum sj_status json_value(struct sj_buf *out, const struct place *place, struct sj_error *err) {
    int64_t value = place->column->values[place->at];
    enum sj_kind kind = place->column->kind;
    if (kind == SJ_KIND_TEXT)
        return json_text(out, place->column->texts[value], err);
    SJ_TRY(sj_buf_append(out, "\"", kind == SJ_KIND_TIME, err));
    SJ_TRY(print_figure(out, kind, value, err));
    return sj_buf_append(out, "\"", kind == SJ_KIND_TIME, err);
}

static enum sj_status json_member(struct sj_buf *out, struct sj_str name, struct sj_str text, struct sj_error *err) {
    SJ_TRY(json_key(out, name, err));
    return json_text(out, text, err);
}

static enum sj_status json_values(struct export *export, struct sj_error *err) {
    struct sj_buf *out = &export->out;
    for (size_t i = FIRST_BUILTIN; i < export->n_places; i++) {
        const struct place *place = &export->places[i];
        if (place->column == NULL)
            continue;
        SJ_TRY(sj_buf_append(out, ",", 1, err));
        SJ_TRY(json_key(out, place->name, err));
        SJ_TRY(json_value(out, place, err));
    }
    return SJ_OK;
}

static enum sj_status json_event(struct export *export, const struct event *event, struct sj_error *err) {
    struct sj_buf *out = &export->out;
    char time[SJ_TIME_TEXT_BYTES];
    SJ_TRY(sj_buf_append(out, "{", 1, err));
    SJ_TRY(json_member(out, sj_str(roles[0]), event->customer, err));
    SJ_TRY(sj_buf_print(out, err, ",\"time\":\"%.*s\",", (int)sj_time_format(event->time_us, time), time));
    SJ_TRY(json_member(out, sj_str(roles[2]), event->touchpoint, err));
    if (event->channel.n > 0) {
        SJ_TRY(sj_buf_append(out, ",", 1, err));
        SJ_TRY(json_member(out, sj_str(roles[3]), event->channel, err));
    }
    SJ_TRY(json_values(export, err));
    return sj_buf_append(out, "}\n", 2, err);
}

/* ---- kinds ---- */

static bool looks_like_time(struct sj_str text) {
    int64_t time_us;
    return text.n >= 15 && text.p[0] >= '0' && text.p[0] <= '9' && sj_time_parse_iso(text, NULL, &time_us, NULL);
}

/* Would this text, alone in its column, be taken for something else? In JSON a text is a text, except that it may be a time. */
static bool looks_like_other(struct sj_str text, enum sj_export_format format) {
    if (looks_like_time(text))
        return true;
    if (format == SJ_EXPORT_JSONL)
        return false;
    return sj_decimal_forms(text) != 0 || sj_str_eq_nocase(text, SJ_LIT("true")) || sj_str_eq_nocase(text, SJ_LIT("false"));
}

static void watch_kind(struct place *place, enum sj_export_format format) {
    enum sj_kind kind = place->column->kind;
    if (kind == SJ_KIND_MONEY || kind == SJ_KIND_DURATION)
        place->misread = true;
    else if (kind == SJ_KIND_TEXT && place->kind == SJ_KIND_TEXT && !place->misread)
        place->misread = looks_like_other(place->column->texts[place->column->values[place->at]], format);
}

/* Quoted for a shell where the name needs it. */
static enum sj_status print_flag(struct sj_buf *out, const struct place *place, struct sj_error *err) {
    bool plain = place->name.n > 0;
    for (size_t i = 0; i < place->name.n; i++) {
        char c = place->name.p[i];
        plain = plain && ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-' || c == '.');
    }
    SJ_TRY(sj_buf_print(out, err, plain ? " --kind " : " --kind '"));
    for (size_t i = 0; i < place->name.n; i++)
        SJ_TRY(sj_buf_append_str(out, place->name.p[i] == '\'' ? SJ_LIT("'\\''") : (struct sj_str){place->name.p + i, 1}, err));
    return sj_buf_print(out, err, plain ? "=%s" : "=%s'", sj_kind_name(place->kind));
}

static enum sj_status print_flags(const struct export *export, struct sj_error *err) {
    for (size_t i = N_ROLES; i < export->n_places && export->options->flags != NULL; i++)
        if (export->places[i].misread)
            SJ_TRY(print_flag(export->options->flags, &export->places[i], err));
    return SJ_OK;
}

/* ---- rows ---- */

/* What the columns have for event `row`. Of two columns that share a place the first keeps it: an event with both kinds of one
 * name cannot come from a file. */
static void take_values(struct export *export, const struct sj_rows *rows, uint32_t row) {
    for (size_t i = FIRST_BUILTIN; i < export->n_places; i++)
        export->places[i].column = NULL;
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        uint32_t at = column->rows == NULL ? row : export->next[c];
        if (at >= column->n || (column->rows != NULL && column->rows[at] != row))
            continue;
        export->next[c] = at + 1;
        struct place *place = &export->places[export->place_of[column->code]];
        if (place->column == NULL) {
            place->column = column;
            place->at = at;
            watch_kind(place, export->options->format);
        }
    }
}

static enum sj_status flush(struct export *export, struct sj_error *err) {
    SJ_TRY(export->sink(export->sink_ctx, export->out.data, export->out.n, err));
    sj_buf_reset(&export->out);
    return SJ_OK;
}

static enum sj_status write_event(struct export *export, const struct sj_rows *rows, uint32_t customer, uint32_t row,
                                  struct sj_error *err) {
    struct event event = {.customer = rows->identities[customer],
                          .time_us = rows->time_us[row],
                          .touchpoint = export->view->touchpoints[rows->touchpoint[row]],
                          .channel = export->view->channels[rows->channel[row]]};
    take_values(export, rows, row);
    if (event.time_us < export->options->from_us || event.time_us >= export->options->to_us)
        return SJ_OK;
    if (export->options->format == SJ_EXPORT_CSV)
        SJ_TRY(csv_event(export, &event, err));
    else
        SJ_TRY(json_event(export, &event, err));
    export->summary.n_events++;
    return export->out.n >= BYTES_BEFORE_SINK ? flush(export, err) : SJ_OK;
}

static enum sj_status write_rows(struct export *export, const struct sj_rows *rows, struct sj_error *err) {
    memset(export->next, 0, export->view->n_columns * sizeof *export->next);
    for (uint32_t customer = 0; customer < rows->n_customers; customer++)
        for (uint32_t row = rows->offsets[customer]; row < rows->offsets[customer + 1]; row++)
            SJ_TRY(write_event(export, rows, customer, row, err));
    export->n_read += rows->n_events;
    if (export->options->progress != NULL)
        export->options->progress(export->options->progress_ctx, export->n_read, export->view->n_events);
    return SJ_OK;
}

static enum sj_status write_all(struct export *export, const struct sj_snapshot *snapshot, struct sj_error *err) {
    static const struct sj_wanted wanted = {.channel = true, .time = true, .identity = true, .all_columns = true};
    const sj_key *only = export->options->only;
    struct sj_cursor *cursor;
    const struct sj_rows *rows = NULL;
    sj_key end;
    const bool has_end = only != NULL && sj_key_next(*only, &end);
    if (export->options->format == SJ_EXPORT_CSV)
        SJ_TRY(csv_head(export, err));
    SJ_TRY(sj_cursor_open(snapshot, &wanted, only != NULL ? *only : (sj_key){0, 0}, has_end ? &end : NULL, &cursor, err));
    enum sj_status status;
    while ((status = sj_cursor_next(cursor, &rows, err)) == SJ_OK && rows != NULL)
        if ((status = write_rows(export, rows, err)) != SJ_OK)
            break;
    sj_cursor_close(cursor);
    SJ_TRY(status);
    SJ_TRY(print_flags(export, err));
    return flush(export, err);
}

enum sj_status sj_export(const struct sj_alloc *mem, const struct sj_snapshot *snapshot, const struct sj_export_options *options,
                         sj_export_sink sink, void *ctx, struct sj_export_summary *ret_summary, struct sj_error *err) {
    struct export export = {.options = options, .view = sj_snapshot_view(snapshot), .sink = sink, .sink_ctx = ctx};
    enum sj_status status = SJ_OK;
    sj_arena_init(&export.arena, mem);
    sj_buf_init(&export.out, mem, ROW_BYTES_MAX);
    SJ_TRY_CLEAN(place_columns(&export, err));
    SJ_TRY_CLEAN(write_all(&export, snapshot, err));
    *ret_summary = export.summary;
cleanup:
    sj_buf_done(&export.out);
    sj_arena_done(&export.arena);
    return status;
}
