#include "ingest/parcel.h"

#include "base/names.h"
#include "base/time.h"
#include "ingest/jsonl.h"

#define MESSAGE_ID_BYTES_MAX 100
#define AHEAD_MAX_US SJ_US_DAY
#define NEW_NAMES_MAX 100

/* Members of an event that say more than a property does; some are that too. */
enum part {
    PART_TYPE,
    PART_EVENT,
    PART_USER,
    PART_ANONYMOUS,
    PART_PREVIOUS,
    PART_GROUP,
    PART_MESSAGE,
    PART_TIMESTAMP,
    PART_ORIGINAL,
    PART_SENT,
    PART_CHANNEL,
    N_PARTS
};
static const char *const part_names[N_PARTS] = {
    "type", "event", "userId", "anonymousId", "previousId", "groupId", "messageId", "timestamp", "originalTimestamp", "sentAt", "channel"};
/* Besides the parts: what the sender's library writes for the way, the key, which is a secret, and what the messageId is kept as. */
static const char *const dropped_names[] = {"writeKey", "receivedAt", "_metadata", "event_id"};

static const char *const types[] = {"track", "identify", "page", "screen", "group", "alias"};
enum type { TRACK, IDENTIFY, PAGE, SCREEN, GROUP, ALIAS, N_TYPES };

struct field {
    uint32_t path; /* code among the parcel's names */
    enum sj_kind kind;
    union {
        int64_t i64;
        double f64;
        struct sj_str text;
    };
};

struct collected {
    size_t index;
    struct sj_str customer, message_id, touchpoint, channel, raw;
    struct sj_str link_a, link_b; /* another identity of the same customer; empty: none */
    int64_t time_us;
    const struct field *fields;
    size_t n_fields;
};

struct sj_parcel {
    const struct sj_alloc *mem;
    struct sj_arena arena;
    struct sj_names paths;
    struct sj_buf events, rejects; /* struct collected, struct sj_parcel_reject */
    struct sj_str write_key;
    size_t n_refused; /* events that the store would not take */
};

struct sj_parcel_parser {
    const struct sj_alloc *mem;
    uint64_t seed; /* of tables of names that others choose */
    struct sj_flattener *flattener;
    struct sj_buf body, batch, text; /* of what is parsed, with room behind it: all, its batch, one object */
    struct sj_buf items;             /* struct sj_str: of the batch */
    struct sj_buf fields;            /* struct field */
    struct sj_buf seen;              /* uint32_t: by path, the event that had it last */
};

/* One request in hand. */
struct reading {
    struct sj_parcel_parser *parser;
    struct sj_parcel *parcel;
    const struct sj_parcel_source *source;
    struct sj_error *err;
    enum sj_status failed; /* not for what was sent */
    /* members of the body */
    struct sj_str batch, context, sent_at;
    /* the event in hand */
    size_t index;
    uint32_t serial;
    struct sj_str parts[N_PARTS], raw;
    bool is_text[N_PARTS];
    struct sj_str twice;
    struct sj_str prefix; /* before each name */
    bool is_default;      /* what the event has already stays as it is */
};

/* ---- parser ---- */

enum sj_status sj_parcel_parser_new(const struct sj_alloc *mem, uint64_t seed, struct sj_parcel_parser **ret_parser, struct sj_error *err) {
    struct sj_parcel_parser *parser;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *parser, &parser, err));
    parser->mem = mem;
    parser->seed = seed;
    struct sj_buf *const texts[] = {&parser->body, &parser->batch, &parser->text};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        sj_buf_init(texts[i], mem, SJ_PARCEL_BYTES_MAX + 2 * SJ_FLATTEN_PADDING);
    sj_buf_init(&parser->items, mem, SIZE_MAX / 2);
    sj_buf_init(&parser->fields, mem, SIZE_MAX / 2);
    sj_buf_init(&parser->seen, mem, SIZE_MAX / 2);
    parser->flattener = sj_flattener_new();
    if (!parser->flattener) {
        sj_parcel_parser_free(parser);
        return sj_fail_memory(err, SJ_PARCEL_BYTES_MAX);
    }
    *ret_parser = parser;
    return SJ_OK;
}

void sj_parcel_parser_free(struct sj_parcel_parser *parser) {
    if (!parser)
        return;
    sj_flattener_free(parser->flattener);
    sj_buf_done(&parser->body);
    sj_buf_done(&parser->batch);
    sj_buf_done(&parser->text);
    sj_buf_done(&parser->items);
    sj_buf_done(&parser->fields);
    sj_buf_done(&parser->seen);
    sj_mem_free(parser->mem, parser);
}

/* The text where the parser wants it: a line break behind it, and room. */
static enum sj_status place(struct reading *r, struct sj_buf *buf, struct sj_str text, struct sj_str *ret_placed) {
    sj_buf_reset(buf);
    SJ_TRY(sj_buf_reserve(buf, text.n + SJ_FLATTEN_PADDING, r->err));
    if (text.n > 0)
        memcpy(buf->data, text.p, text.n);
    memset(buf->data + text.n, '\n', SJ_FLATTEN_PADDING);
    *ret_placed = (struct sj_str){(const char *)buf->data, text.n};
    return SJ_OK;
}

/* ---- rejects ---- */

static enum sj_status reject(struct sj_parcel *parcel, size_t index, struct sj_str message_id, const char *code, const char *reason,
                             struct sj_str raw, struct sj_error *err) {
    struct sj_parcel_reject reject = {.index = index, .code = code};
    raw.n = raw.n > SJ_PARCEL_EVENT_BYTES_MAX ? SJ_PARCEL_EVENT_BYTES_MAX : raw.n;
    SJ_TRY(sj_arena_copy(&parcel->arena, message_id, &reject.message_id, err));
    SJ_TRY(sj_arena_copy(&parcel->arena, sj_str(reason), &reject.reason, err));
    SJ_TRY(sj_arena_copy(&parcel->arena, raw, &reject.raw, err));
    return sj_buf_append(&parcel->rejects, &reject, sizeof reject, err);
}

static enum sj_status reject_event(struct reading *r, const char *code, const char *reason) {
    return reject(r->parcel, r->index, r->parts[PART_MESSAGE], code, reason, r->raw, r->err);
}

/* ---- members ---- */

static uint32_t find_part(struct sj_str name) {
    for (uint32_t i = 0; i < N_PARTS; i++)
        if (sj_str_eq(name, sj_str(part_names[i])))
            return i;
    return N_PARTS;
}

static bool is_dropped(struct sj_str name) {
    for (size_t i = 0; i < sizeof dropped_names / sizeof *dropped_names; i++) {
        const size_t n = strlen(dropped_names[i]);
        if (name.n >= n && memcmp(name.p, dropped_names[i], n) == 0 && (name.n == n || name.p[n] == '.'))
            return true;
    }
    return false;
}

/* Marks the name as seen in this event; *ret_again: it was already. */
static enum sj_status mark_name(struct reading *r, struct sj_str name, uint32_t *ret_code, bool *ret_again) {
    struct sj_buf *seen = &r->parser->seen;
    const uint32_t none = 0;
    SJ_TRY(sj_names_add(&r->parcel->paths, name, ret_code, r->err));
    if (*ret_code == seen->n / sizeof none)
        SJ_TRY(sj_buf_append(seen, &none, sizeof none, r->err));
    uint32_t *last = (uint32_t *)(void *)seen->data + *ret_code;
    *ret_again = *last == r->serial;
    *last = r->serial;
    return SJ_OK;
}

static enum sj_status add_field(struct reading *r, uint32_t path, const struct sj_flat *flat) {
    struct field field = {.path = path, .kind = SJ_KIND_TEXT};
    switch (flat->kind) {
    case SJ_FLAT_NUMBER:
        field.kind = SJ_KIND_NUMBER;
        field.f64 = flat->number;
        break;
    case SJ_FLAT_TRUE:
    case SJ_FLAT_FALSE:
        field.kind = SJ_KIND_TRUTH;
        field.i64 = flat->kind == SJ_FLAT_TRUE;
        break;
    default:
        if (flat->n_text == 0)
            return SJ_OK;
        SJ_TRY(sj_arena_copy(&r->parcel->arena, (struct sj_str){flat->text, flat->n_text}, &field.text, r->err));
    }
    return sj_buf_append(&r->parser->fields, &field, sizeof field, r->err);
}

static enum sj_status take_member(struct reading *r, const struct sj_flat *flat) {
    char text[SJ_FLATTEN_PATH_MAX + 16];
    struct sj_str name = {flat->path, flat->n_path};
    uint32_t code;
    bool again;
    if (r->prefix.n > 0) {
        memcpy(text, r->prefix.p, r->prefix.n);
        memcpy(text + r->prefix.n, name.p, name.n);
        name = (struct sj_str){text, r->prefix.n + name.n};
    }
    SJ_TRY(mark_name(r, name, &code, &again));
    if (again && !r->is_default)
        r->twice = sj_names_at(&r->parcel->paths, code);
    if (again || flat->kind == SJ_FLAT_OBJECT || flat->kind == SJ_FLAT_NULL)
        return SJ_OK;
    const uint32_t part = find_part(name);
    if (part < N_PARTS) {
        r->is_text[part] = flat->kind == SJ_FLAT_STRING;
        SJ_TRY(sj_arena_copy(&r->parcel->arena, sj_str_trim((struct sj_str){flat->text, flat->n_text}), &r->parts[part], r->err));
    }
    const bool is_property = part == N_PARTS || part == PART_TYPE || part == PART_GROUP;
    return is_property && !is_dropped(name) ? add_field(r, code, flat) : SJ_OK;
}

static bool visit_member(void *ctx, const struct sj_flat *flat) {
    struct reading *r = ctx;
    r->failed = take_member(r, flat);
    return r->failed == SJ_OK && r->twice.n == 0;
}

/* The members of one object, under a prefix. *ret_good: false where it is rejected, with its reason. */
static enum sj_status take_object(struct reading *r, struct sj_str object, const char *prefix, bool *ret_good) {
    struct sj_str placed;
    size_t at;
    r->prefix = sj_str(prefix);
    SJ_TRY(place(r, &r->parser->text, object, &placed));
    const enum sj_flat_fault fault = sj_flatten(r->parser->flattener, placed.p, placed.n, visit_member, r, &at);
    SJ_TRY(r->failed);
    *ret_good = fault == SJ_FAULT_NONE;
    if (fault == SJ_FAULT_MEMORY)
        return sj_fail_memory(r->err, r->source->body.n);
    if (fault == SJ_FAULT_STOPPED)
        return reject_event(r, "duplicate_name", "a name stands twice in the event, so that nobody can know which one is meant");
    return *ret_good ? SJ_OK
                     : reject_event(r, "invalid_event",
                                    fault == SJ_FAULT_NOT_OBJECT ? "an event is a JSON object"
                                    : fault == SJ_FAULT_DEPTH    ? "more than 64 levels of brackets"
                                                                 : "a name or a value in it cannot be read");
}

/* ---- one event ---- */

static struct sj_str with_type(struct reading *r, const char *type, struct sj_str text, enum sj_status *status) {
    const char *typed = NULL;
    if (text.n == 0 || sj_identity_type_text(text).n > 0 || *status != SJ_OK)
        return text;
    *status = sj_arena_print(&r->parcel->arena, &typed, r->err, "%s:%.*s", type, SJ_ARG(text));
    return typed ? sj_str(typed) : text;
}

static bool somebody(struct sj_str identity) { return identity.n > 0 && !sj_identity_is_placeholder(identity); }

/* Who it is, and who else that is. */
static enum sj_status find_customer(struct reading *r, enum type type, struct collected *event) {
    enum sj_status status = SJ_OK;
    const struct sj_str user = r->parts[PART_USER], visitor = with_type(r, "anonymous", r->parts[PART_ANONYMOUS], &status);
    struct sj_str before = r->parts[PART_PREVIOUS];
    if (sj_str_eq(before, r->parts[PART_ANONYMOUS]))
        before = visitor;
    event->customer = somebody(user) || (user.n > 0 && !somebody(visitor)) ? user : visitor;
    const struct sj_str other = type == ALIAS ? before : visitor;
    if (somebody(event->customer) && somebody(other) && !sj_str_eq(event->customer, other)) {
        event->link_a = event->customer;
        event->link_b = other;
    }
    return status;
}

/* The time by the server's clock. */
static int64_t find_time(struct reading *r, bool *ret_clamped) {
    const int64_t received_us = r->source->received_us;
    int64_t at_us, sent_us, time_us = received_us;
    const struct sj_str sent = r->parts[PART_SENT].n > 0 ? r->parts[PART_SENT] : r->sent_at;
    const struct sj_str original = r->parts[PART_ORIGINAL].n > 0 ? r->parts[PART_ORIGINAL] : r->parts[PART_TIMESTAMP];
    if (sj_time_parse_iso(original, NULL, &at_us, NULL))
        time_us = sj_time_parse_iso(sent, NULL, &sent_us, NULL) ? received_us - (sent_us - at_us) : at_us;
    *ret_clamped = time_us > received_us + AHEAD_MAX_US;
    time_us = *ret_clamped ? received_us : time_us;
    return time_us < SJ_TIME_MIN ? SJ_TIME_MIN : time_us;
}

const char *sj_parcel_type(struct sj_str name) {
    for (int i = 0; i < N_TYPES; i++)
        if (sj_str_eq(name, sj_str(types[i])) || (name.n == 1 && name.p[0] == types[i][0]))
            return types[i];
    return NULL;
}

static enum type find_type(const struct reading *r) {
    const struct sj_str name = r->source->type ? sj_str(r->source->type) : r->parts[PART_TYPE];
    for (int i = 0; i < N_TYPES; i++)
        if (sj_str_eq(name, sj_str(types[i])))
            return (enum type)i;
    return N_TYPES;
}

/* With room for its type. */
static bool is_identity(struct sj_str text) { return text.n <= SJ_IDENTITY_BYTES_MAX - 24 && (text.n == 0 || !memchr(text.p, 0, text.n)); }

/* What is missing of an event; NULL: nothing. */
static const char *fault_of(const struct reading *r, enum type type, const char **ret_reason) {
    const bool has_id = r->parts[PART_USER].n > 0 || r->parts[PART_ANONYMOUS].n > 0;
    *ret_reason = "expected one of the types track, identify, page, screen, group, alias";
    if (type == N_TYPES)
        return "unknown_type";
    *ret_reason = "expected a userId or an anonymousId";
    if (!has_id)
        return "no_user_anon_id";
    *ret_reason = "an identity is a text of at most 1000 bytes without NUL";
    if (!is_identity(r->parts[PART_USER]) || !is_identity(r->parts[PART_ANONYMOUS]) || !is_identity(r->parts[PART_PREVIOUS]))
        return "invalid_id";
    *ret_reason = "a track event has a name in \"event\", which is a text";
    if (type == TRACK && (r->parts[PART_EVENT].n == 0 || !r->is_text[PART_EVENT]))
        return "no_event_name";
    *ret_reason = "an alias has a userId and a previousId";
    if (type == ALIAS && (r->parts[PART_USER].n == 0 || r->parts[PART_PREVIOUS].n == 0))
        return "no_previous_id";
    *ret_reason = "a group has a groupId";
    if (type == GROUP && r->parts[PART_GROUP].n == 0)
        return "no_group_id";
    *ret_reason = "a messageId has at most 100 characters";
    return r->parts[PART_MESSAGE].n > 4 * (size_t)MESSAGE_ID_BYTES_MAX ? "message_id_too_long" : NULL;
}

static enum sj_status add_named(struct reading *r, const char *name, struct field field) {
    bool again;
    SJ_TRY(mark_name(r, sj_str(name), &field.path, &again));
    return again ? SJ_OK : sj_buf_append(&r->parser->fields, &field, sizeof field, r->err);
}

static enum sj_status keep_event(struct reading *r, enum type type) {
    struct collected event = {.index = r->index, .message_id = r->parts[PART_MESSAGE], .channel = r->parts[PART_CHANNEL]};
    struct field *fields;
    bool clamped;
    SJ_TRY(find_customer(r, type, &event));
    SJ_TRY(sj_arena_copy(&r->parcel->arena, r->raw, &event.raw, r->err));
    event.time_us = find_time(r, &clamped);
    event.touchpoint = type == TRACK ? r->parts[PART_EVENT] : sj_str(types[type]);
    if (clamped)
        SJ_TRY(add_named(r, "time_clamped", (struct field){.kind = SJ_KIND_TRUTH, .i64 = 1}));
    SJ_TRY(add_named(r, "type", (struct field){.kind = SJ_KIND_TEXT, .text = sj_str(types[type])}));
    event.n_fields = r->parser->fields.n / sizeof *fields;
    SJ_TRY(sj_arena_new(&r->parcel->arena, event.n_fields, sizeof *fields, &fields, r->err));
    memcpy(fields, r->parser->fields.data, r->parser->fields.n);
    event.fields = fields;
    return sj_buf_append(&r->parcel->events, &event, sizeof event, r->err);
}

static enum sj_status take_event(struct reading *r, struct sj_str raw) {
    const char *reason;
    bool good;
    for (size_t i = 0; i < N_PARTS; i++)
        r->parts[i] = (struct sj_str){"", 0};
    sj_buf_reset(&r->parser->fields);
    r->twice = (struct sj_str){"", 0};
    r->raw = raw;
    r->serial++;
    r->is_default = false;
    if (raw.n > SJ_PARCEL_EVENT_BYTES_MAX || r->context.n > SJ_PARCEL_EVENT_BYTES_MAX - raw.n) /* each gets the context of the batch */
        return reject_event(r, "event_too_large", "an event has at most 32768 bytes");
    SJ_TRY(take_object(r, raw, "", &good));
    if (good && r->context.n > 0) {
        r->is_default = true;
        SJ_TRY(take_object(r, r->context, "context.", &good));
    }
    if (!good)
        return SJ_OK;
    const enum type type = find_type(r);
    const char *code = fault_of(r, type, &reason);
    return code ? reject_event(r, code, reason) : keep_event(r, type);
}

/* ---- the body ---- */

static bool visit_item(void *ctx, const struct sj_raw *raw) {
    struct reading *r = ctx;
    r->failed = sj_buf_append(&r->parser->items, &(struct sj_str){raw->text, raw->n_text}, sizeof(struct sj_str), r->err);
    return r->failed == SJ_OK;
}

static struct sj_str unquoted(struct sj_str raw) {
    return raw.n >= 2 && raw.p[0] == '"' ? (struct sj_str){raw.p + 1, raw.n - 2} : (struct sj_str){"", 0};
}

static bool visit_body(void *ctx, const struct sj_raw *raw) {
    struct reading *r = ctx;
    const struct sj_str name = {raw->name, raw->n_name}, text = {raw->text, raw->n_text};
    if (sj_str_eq(name, SJ_LIT("batch")))
        r->batch = text;
    else if (sj_str_eq(name, SJ_LIT("context")) && text.n > 0 && text.p[0] == '{')
        r->context = text;
    else if (sj_str_eq(name, SJ_LIT("sentAt")))
        r->sent_at = unquoted(text);
    else if (sj_str_eq(name, SJ_LIT("writeKey")))
        r->failed = sj_arena_copy(&r->parcel->arena, unquoted(text), &r->parcel->write_key, r->err);
    return r->failed == SJ_OK;
}

static enum sj_status fail_json(enum sj_flat_fault fault, size_t at, struct sj_error *err) {
    if (fault == SJ_FAULT_MEMORY)
        return sj_fail_memory(err, SJ_PARCEL_BYTES_MAX);
    return sj_fail(err, SJ_E_INPUT, fault == SJ_FAULT_INCOMPLETE ? SJ_T("the JSON object has no end") : sj_flat_reason(fault), at + 1);
}

/* Everything is checked before anything is taken. */
static enum sj_status read_body(struct reading *r) {
    struct sj_str body;
    size_t at;
    SJ_TRY(place(r, &r->parser->body, r->source->body, &body));
    if (sj_str_trim(body).n == 0 || sj_str_trim(body).p[0] != '{')
        return fail_json(SJ_FAULT_NOT_OBJECT, 0, r->err);
    const enum sj_flat_fault fault = sj_outline(r->parser->flattener, body.p, body.n, visit_body, r, &at);
    SJ_TRY(r->failed);
    return fault == SJ_FAULT_NONE ? SJ_OK : fail_json(fault, at, r->err);
}

static enum sj_status read_batch(struct reading *r) {
    struct sj_str batch;
    size_t at;
    if (r->batch.n == 0 || r->batch.p[0] != '[')
        return sj_fail(r->err, SJ_E_INPUT, "the body has no array \"batch\"");
    sj_buf_reset(&r->parser->items);
    SJ_TRY(place(r, &r->parser->batch, r->batch, &batch));
    const enum sj_flat_fault fault = sj_outline(r->parser->flattener, batch.p, batch.n, visit_item, r, &at);
    SJ_TRY(r->failed);
    if (fault != SJ_FAULT_NONE)
        return fail_json(fault, at, r->err);
    const struct sj_str *items = (const struct sj_str *)(const void *)r->parser->items.data;
    const size_t n = r->parser->items.n / sizeof *items;
    for (r->index = 0; r->index < n && r->index < SJ_PARCEL_EVENTS_MAX; r->index++)
        SJ_TRY(take_event(r, items[r->index]));
    r->raw = r->parts[PART_MESSAGE] = (struct sj_str){"", 0};
    return n > SJ_PARCEL_EVENTS_MAX
               ? reject_event(r, "too_many_events", "a batch has at most 2500 events: this one and those behind it are not taken")
               : SJ_OK;
}

/* One event: its own members are those of the body, the context among them. */
static enum sj_status read_one(struct reading *r) {
    r->context = (struct sj_str){"", 0};
    return take_event(r, sj_str_trim(r->source->body));
}

enum sj_status sj_parcel_read(struct sj_parcel_parser *parser, const struct sj_parcel_source *source, struct sj_parcel **ret_parcel,
                              struct sj_error *err) {
    struct reading r = {.parser = parser, .source = source, .err = err, .batch = {"", 0}, .context = {"", 0}, .sent_at = {"", 0}};
    if (source->body.n > SJ_PARCEL_BYTES_MAX)
        return sj_fail(err, SJ_E_INPUT, "the body has %zu bytes; at most %d are taken", source->body.n, SJ_PARCEL_BYTES_MAX);
    SJ_TRY(sj_mem_new(parser->mem, 1, sizeof *r.parcel, &r.parcel, err));
    r.parcel->mem = parser->mem;
    sj_arena_init(&r.parcel->arena, parser->mem);
    sj_names_init(&r.parcel->paths, parser->mem, parser->seed);
    sj_buf_init(&r.parcel->events, parser->mem, SIZE_MAX / 2);
    sj_buf_init(&r.parcel->rejects, parser->mem, SIZE_MAX / 2);
    sj_buf_reset(&parser->seen);
    enum sj_status status = read_body(&r);
    if (status == SJ_OK && source->check)
        status = source->check(source->ctx, r.parcel->write_key, err);
    if (status == SJ_OK)
        status = source->type ? read_one(&r) : read_batch(&r);
    if (status == SJ_OK)
        *ret_parcel = r.parcel;
    else
        sj_parcel_free(r.parcel);
    return status;
}

void sj_parcel_free(struct sj_parcel *parcel) {
    if (!parcel)
        return;
    sj_names_done(&parcel->paths);
    sj_buf_done(&parcel->events);
    sj_buf_done(&parcel->rejects);
    sj_arena_done(&parcel->arena);
    sj_mem_free(parcel->mem, parcel);
}

size_t sj_parcel_n_events(const struct sj_parcel *parcel) { return parcel->events.n / sizeof(struct collected) - parcel->n_refused; }

const struct sj_parcel_reject *sj_parcel_rejects(const struct sj_parcel *parcel, size_t *ret_n) {
    *ret_n = parcel->rejects.n / sizeof(struct sj_parcel_reject);
    return (const struct sj_parcel_reject *)(const void *)parcel->rejects.data;
}

/* ---- loading ---- */

/* Codes of the store, found once for each name and kind of the parcel. */
struct loading {
    struct sj_parcel *parcel;
    struct sj_writer *writer;
    uint16_t *columns; /* by path and kind: 1 + the code; 0: not asked for yet */
    struct sj_value *values;
};

static enum sj_status find_column(struct loading *l, const struct field *field, uint16_t *ret_code, struct sj_error *err) {
    uint16_t *known = &l->columns[(size_t)field->path * SJ_N_KINDS + field->kind];
    if (*known == 0) {
        SJ_TRY(sj_writer_column(l->writer, sj_names_at(&l->parcel->paths, field->path), field->kind, ret_code, err));
        *known = (uint16_t)(*ret_code + 1);
    }
    *ret_code = (uint16_t)(*known - 1);
    return SJ_OK;
}

/* Names are for ever: an event that would bring too many new ones is none of a usual kind, such as one whose names are ids. */
static enum sj_status check_names(const struct loading *l, const struct collected *collected, struct sj_error *err) {
    size_t n_new = 0;
    for (size_t i = 0; i < collected->n_fields; i++) {
        const struct field *field = &collected->fields[i];
        n_new += l->columns[(size_t)field->path * SJ_N_KINDS + field->kind] == 0 &&
                 !sj_writer_has_column(l->writer, sj_names_at(&l->parcel->paths, field->path), field->kind);
    }
    return n_new <= NEW_NAMES_MAX
               ? SJ_OK
               : sj_fail(err, SJ_E_INPUT,
                         "the event would bring %zu new properties; at most %d are taken at once. Are values used as names there?", n_new,
                         NEW_NAMES_MAX);
}

static enum sj_status load_event(struct loading *l, const struct collected *collected, struct sj_error *err) {
    struct sj_event event = {.customer = collected->customer, .time_us = collected->time_us, .values = l->values};
    SJ_TRY(check_names(l, collected, err));
    SJ_TRY(sj_writer_touchpoint(l->writer, collected->touchpoint, &event.touchpoint, err));
    if (collected->channel.n > 0)
        SJ_TRY(sj_writer_channel(l->writer, collected->channel, &event.channel, err));
    for (size_t i = 0; i < collected->n_fields; i++) {
        const struct field *field = &collected->fields[i];
        struct sj_value *value = &l->values[event.n_values++];
        SJ_TRY(find_column(l, field, &value->column, err));
        if (field->kind == SJ_KIND_TEXT)
            value->text = field->text;
        else if (field->kind == SJ_KIND_NUMBER)
            value->f64 = field->f64;
        else
            value->i64 = field->i64;
    }
    if (collected->message_id.n > 0) {
        uint16_t column;
        SJ_TRY(sj_writer_column(l->writer, SJ_LIT("event_id"), SJ_KIND_TEXT, &column, err));
        l->values[event.n_values++] = (struct sj_value){.column = column, .text = collected->message_id};
    }
    SJ_TRY(sj_writer_add(l->writer, &event, err));
    return collected->link_a.n > 0 ? sj_writer_link(l->writer, collected->link_a, collected->link_b, collected->time_us, err) : SJ_OK;
}

enum sj_status sj_parcel_load(struct sj_parcel *parcel, struct sj_writer *writer, struct sj_error *err) {
    struct loading l = {.parcel = parcel, .writer = writer};
    const struct collected *events = (const struct collected *)(const void *)parcel->events.data;
    const size_t n_paths = sj_names_count(&parcel->paths), n = parcel->events.n / sizeof *events;
    SJ_TRY(sj_arena_new(&parcel->arena, n_paths * SJ_N_KINDS, sizeof *l.columns, &l.columns, err));
    SJ_TRY(sj_arena_new(&parcel->arena, n_paths + 1, sizeof *l.values, &l.values, err));
    for (size_t i = 0; i < n; i++) {
        struct sj_error why = {.lang = SJ_EN};
        const enum sj_status status = load_event(&l, &events[i], &why);
        if (status == SJ_E_INPUT || status == SJ_E_LIMIT) {
            parcel->n_refused++;
            SJ_TRY(reject(parcel, events[i].index, events[i].message_id, status == SJ_E_LIMIT ? "store_full" : "invalid_event", why.message,
                          events[i].raw, err));
        } else if (status != SJ_OK) {
            if (err)
                *err = why;
            return status;
        }
    }
    return SJ_OK;
}
