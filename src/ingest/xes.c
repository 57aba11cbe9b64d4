#include "ingest/xes.h"

#include <expat.h>
#include <stdio.h>

#include "base/names.h"

#define READ_BYTES ((size_t)256 << 10)
#define DEPTH_MAX 64                         /* of elements */
#define EXACT_INTEGER_END (INT64_C(1) << 53) /* from here on a double may change a whole number */

enum place { IN_NOTHING, IN_LOG, IN_CASE, IN_EVENT };

/* Attributes of a case or of an event: fields whose texts stand in `text`, at `text_at`. */
struct attribute {
    struct sj_field field;
    size_t text_at;
};
struct bag {
    struct sj_buf attributes, text;
};

/* A column: the loader's number, and the case and the event in which it was filled last. */
struct known {
    uint64_t in_case, in_event;
    uint32_t column;
};

struct reader {
    struct sj_source *source;
    struct sj_loader *loader;
    const struct sj_ingest_options *options;
    struct sj_str customer; /* the attribute that is the customer; empty: the case is */
    struct sj_error *err;
    enum sj_status status; /* the first failure; the parser was stopped */
    bool is_enough;        /* the parser was stopped since the sample is full */
    XML_Parser xml;

    enum place place;
    size_t n_open, n_skipped;     /* elements; those of them that are passed over */
    size_t n_levels;              /* open attributes */
    size_t path_bytes[DEPTH_MAX]; /* of the path outside of each */
    struct sj_buf path, name;     /* the keys of the open attributes with dots; the same with "case:" before it or ".2" behind */

    struct sj_names names; /* of columns */
    struct sj_buf known;   /* struct known, by code of the name */
    struct bag of_case, of_event;
    struct sj_buf fields;                /* struct sj_field: those of one row */
    uint64_t n_cases, n_events, n_timed; /* events that have a time */
    uint64_t case_id, event_id;          /* for struct known: they never come again */
    uint64_t n_customers;                /* attributes that were the customer */
    bool in_case, has_name, has_event;   /* of the case: its name was given, an event has begun */
    bool has_time;                       /* of the event */
    bool is_split;                       /* the case: its events have different customers */
    struct sj_buf case_customer;         /* of its first event that has one */

    struct sj_buf window; /* the bytes from `window_at` of the file to the end of what was read: for the rejects */
    uint64_t window_at, event_at, event_line;
};

/* Stops the parser; the parse call returns and finds the status. */
static void stop(struct reader *r, enum sj_status status) {
    if (r->status == SJ_OK)
        r->status = status;
    XML_StopParser(r->xml, XML_FALSE);
}

static unsigned long long line_of(const struct reader *r) { return XML_GetCurrentLineNumber(r->xml); }

/* ---- columns ---- */

static enum sj_role role_of(const struct reader *r, struct sj_str name) {
    if (r->customer.n > 0 ? sj_str_eq(name, r->customer) : sj_str_eq(name, SJ_LIT("case:concept:name")))
        return SJ_ROLE_CUSTOMER;
    if (sj_str_eq(name, SJ_LIT("concept:name")))
        return SJ_ROLE_TOUCHPOINT;
    return sj_str_eq(name, SJ_LIT("time:timestamp")) ? SJ_ROLE_TIME : SJ_ROLE_PROPERTY;
}

static enum sj_status find_known(struct reader *r, struct sj_str name, struct known **ret_known) {
    uint32_t code;
    SJ_TRY(sj_names_add(&r->names, name, &code, r->err));
    if (code >= r->known.n / sizeof(struct known)) {
        struct known fresh = {0};
        SJ_TRY(sj_loader_column(r->loader, name, &fresh.column, r->err));
        SJ_TRY(sj_buf_append(&r->known, &fresh, sizeof fresh, r->err));
        if (role_of(r, name) != SJ_ROLE_PROPERTY)
            sj_loader_set_role(r->loader, fresh.column, role_of(r, name));
    }
    *ret_known = (struct known *)(void *)r->known.data + code;
    return SJ_OK;
}

/* A column that this row has not yet: that of the name in r->name, or of the name with a number behind it. */
static enum sj_status take_column(struct reader *r, uint32_t *ret_column) {
    size_t n_plain = r->name.n;
    struct known *known;
    for (unsigned again = 2;; again++) {
        SJ_TRY(find_known(r, sj_buf_str(&r->name), &known));
        if (known->in_case != r->case_id && (r->place == IN_CASE || known->in_event != r->event_id))
            break;
        r->name.n = n_plain;
        SJ_TRY(sj_buf_print(&r->name, r->err, ".%u", again));
    }
    if (r->place == IN_CASE)
        known->in_case = r->case_id;
    else
        known->in_event = r->event_id;
    *ret_column = known->column;
    return SJ_OK;
}

/* ---- attributes ---- */

/* The value by the type that the file states; a text where it is not of that type, so that nothing is lost. A time without offset
 * stays text: the loader knows the time zone. */
static struct sj_field field_of(const char *type, struct sj_str text) {
    struct sj_field field = {.text = text, .kind = SJ_FIELD_TEXT};
    bool has_offset;
    int64_t i64;
    double f64;
    if (strcmp(type, "date") == 0 && sj_time_parse_iso(text, NULL, &i64, &has_offset) && has_offset) {
        field.kind = SJ_FIELD_TIME;
        field.i64 = i64;
    } else if (strcmp(type, "int") == 0 && sj_str_to_i64(text, &i64)) {
        bool exact = i64 > -EXACT_INTEGER_END && i64 < EXACT_INTEGER_END;
        field.kind = exact ? SJ_FIELD_NUMBER : SJ_FIELD_PLAIN;
        field.f64 = (double)i64;
    } else if (strcmp(type, "float") == 0 && sj_str_to_double(text, &f64)) {
        field.kind = SJ_FIELD_NUMBER;
        field.f64 = f64;
    } else if (strcmp(type, "boolean") == 0 && (sj_str_eq_nocase(text, SJ_LIT("true")) || sj_str_eq_nocase(text, SJ_LIT("false")))) {
        field.kind = SJ_FIELD_TRUTH;
        field.i64 = text.n == 4;
    }
    return field;
}

static enum sj_status add_to_bag(struct reader *r, struct bag *bag, struct sj_field field) {
    struct attribute attribute = {.field = field, .text_at = bag->text.n};
    SJ_TRY(take_column(r, &attribute.field.column));
    SJ_TRY(sj_buf_append_str(&bag->text, field.text, r->err));
    return sj_buf_append(&bag->attributes, &attribute, sizeof attribute, r->err);
}

static enum sj_status set_name(struct reader *r, const char *before, struct sj_str path) {
    sj_buf_reset(&r->name);
    SJ_TRY(sj_buf_append_str(&r->name, sj_str(before), r->err));
    return sj_buf_append_str(&r->name, path, r->err);
}

static enum sj_status add_case_attribute(struct reader *r, const char *type, struct sj_str value) {
    struct sj_str path = sj_buf_str(&r->path);
    if (r->has_event)
        return sj_fail(r->err, SJ_E_INPUT,
                       "line %llu: the attribute \"%.*s\" of the case stands behind an event. In XES, the attributes of a case stand "
                       "before its events; write the file anew with the program that it came from",
                       line_of(r), SJ_ARG(path));
    bool is_customer = r->customer.n > 0 && sj_str_eq(path, r->customer);
    bool is_name = !is_customer && sj_str_eq(path, SJ_LIT("concept:name"));
    r->n_customers += is_customer;
    r->has_name |= is_name;
    if (is_name && r->customer.n > 0)
        SJ_TRY(set_name(r, "", SJ_LIT("case")));
    else
        SJ_TRY(set_name(r, is_customer ? "" : "case:", path));
    return add_to_bag(r, &r->of_case, field_of(type, value));
}

/* Cases and customers may be crosswise: then a case falls apart, which is counted. */
static enum sj_status see_customer(struct reader *r, struct sj_str customer) {
    r->n_customers++;
    if (!r->in_case || r->is_split || customer.n == 0)
        return SJ_OK;
    if (r->case_customer.n == 0)
        return sj_buf_append_str(&r->case_customer, customer, r->err);
    r->is_split = !sj_str_eq(sj_buf_str(&r->case_customer), customer);
    if (r->is_split)
        sj_loader_split_case(r->loader);
    return SJ_OK;
}

static enum sj_status add_event_attribute(struct reader *r, const char *type, struct sj_str value) {
    struct sj_str path = sj_buf_str(&r->path);
    if (r->customer.n > 0 && sj_str_eq(path, r->customer))
        SJ_TRY(see_customer(r, sj_str_trim(value)));
    r->has_time |= sj_str_eq(path, SJ_LIT("time:timestamp")) && value.n > 0;
    SJ_TRY(set_name(r, "", path));
    return add_to_bag(r, &r->of_event, field_of(type, value));
}

static const char *value_of(const char *name, const char *const *pairs) {
    for (; pairs[0] != NULL; pairs += 2)
        if (strcmp(pairs[0], name) == 0)
            return pairs[1];
    return NULL;
}

static enum sj_status open_attribute(struct reader *r, const char *type, const char *const *pairs) {
    r->path_bytes[r->n_levels++] = r->path.n;
    if (strcmp(type, "values") == 0) /* around the items of a list */
        return SJ_OK;
    const char *key = value_of("key", pairs), *value = value_of("value", pairs);
    if (key == NULL)
        return sj_fail(r->err, SJ_E_INPUT, "line %llu: <%s> has no key. In XES, every attribute has one: <%s key=\"…\" value=\"…\"/>",
                       line_of(r), type, type);
    if (r->path.n > 0)
        SJ_TRY(sj_buf_append(&r->path, ".", 1, r->err));
    SJ_TRY(sj_buf_append_str(&r->path, sj_str(key), r->err));
    if (value == NULL)
        return SJ_OK;
    return r->place == IN_CASE ? add_case_attribute(r, type, sj_str(value)) : add_event_attribute(r, type, sj_str(value));
}

/* ---- cases and events ---- */

static void empty(struct bag *bag) {
    sj_buf_reset(&bag->attributes);
    sj_buf_reset(&bag->text);
}

static void begin_case(struct reader *r) {
    r->place = IN_CASE;
    r->in_case = true;
    r->n_cases++;
    r->case_id++;
    r->has_name = r->has_event = r->is_split = false;
    sj_buf_reset(&r->case_customer);
}

static void end_case(struct reader *r) {
    r->place = IN_LOG;
    r->in_case = false;
    r->case_id++;
    empty(&r->of_case);
}

/* A case without a name is known by its number. */
static enum sj_status name_case(struct reader *r) {
    char number[24];
    int n = snprintf(number, sizeof number, "%llu", (unsigned long long)r->n_cases);
    r->has_name = true;
    SJ_TRY(set_name(r, r->customer.n > 0 ? "case" : "case:concept:name", SJ_LIT("")));
    return add_to_bag(r, &r->of_case, (struct sj_field){.text = {number, (size_t)n}, .kind = SJ_FIELD_TEXT});
}

static enum sj_status begin_event(struct reader *r) {
    if (r->place == IN_CASE && !r->has_name)
        SJ_TRY(name_case(r));
    r->place = IN_EVENT;
    r->has_event = true;
    r->has_time = false;
    r->event_id++;
    r->event_at = (uint64_t)XML_GetCurrentByteIndex(r->xml);
    r->event_line = line_of(r);
    empty(&r->of_event);
    return SJ_OK;
}

static enum sj_status append_fields(struct reader *r, const struct bag *bag) {
    const struct attribute *attributes = (const struct attribute *)(const void *)bag->attributes.data;
    for (size_t i = 0; i < bag->attributes.n / sizeof *attributes; i++) {
        struct sj_field field = attributes[i].field;
        field.text.p = field.text.n > 0 ? (const char *)bag->text.data + attributes[i].text_at : "";
        SJ_TRY(sj_buf_append(&r->fields, &field, sizeof field, r->err));
    }
    return SJ_OK;
}

/* The event as it stands in the file, as far as the window goes back. */
static struct sj_str raw_event(const struct reader *r) {
    uint64_t begin = r->event_at > r->window_at ? r->event_at - r->window_at : 0;
    uint64_t end = (uint64_t)XML_GetCurrentByteIndex(r->xml) + (uint64_t)XML_GetCurrentByteCount(r->xml) - r->window_at;
    return (struct sj_str){(const char *)r->window.data + begin, end > begin ? (size_t)(end - begin) : 0};
}

static enum sj_status reject_timeless(struct reader *r) {
    struct sj_error reason = {.lang = r->err != NULL ? r->err->lang : SJ_EN};
    sj_fail(&reason, SJ_E_INPUT, "the event has no time: its attribute time:timestamp is missing or empty");
    struct sj_reject reject = {
        .line = r->event_line, .column = SJ_LIT("time:timestamp"), .reason = sj_str(reason.message), .raw = raw_event(r)};
    return sj_loader_reject(r->loader, &reject, r->err);
}

static enum sj_status load_event(struct reader *r) {
    r->n_events++;
    r->n_timed += r->has_time;
    bool time_is_elsewhere = r->options->columns[SJ_ROLE_TIME].n > 0 || r->options->constants[SJ_ROLE_TIME].n > 0;
    if (!r->has_time && !time_is_elsewhere)
        return reject_timeless(r);
    sj_buf_reset(&r->fields);
    SJ_TRY(append_fields(r, &r->of_case));
    SJ_TRY(append_fields(r, &r->of_event));
    struct sj_row row = {.fields = (const struct sj_field *)(const void *)r->fields.data,
                         .n_fields = r->fields.n / sizeof(struct sj_field),
                         .line = r->event_line,
                         .raw = raw_event(r)};
    return sj_loader_row(r->loader, &row, r->err);
}

static enum sj_status end_event(struct reader *r) {
    SJ_TRY(load_event(r));
    r->place = r->in_case ? IN_CASE : IN_LOG;
    if (sj_loader_is_full(r->loader)) {
        r->is_enough = true;
        XML_StopParser(r->xml, XML_FALSE);
    }
    return SJ_OK;
}

/* ---- elements ---- */

static const char *local_name(const char *name) {
    const char *colon = strchr(name, ':');
    return colon != NULL ? colon + 1 : name;
}

static bool is_attribute(const char *name) {
    static const char *const types[] = {"string", "date", "int", "float", "boolean", "id", "list", "container", "values"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(name, types[i]) == 0)
            return true;
    return false;
}

static enum sj_status open_log(struct reader *r, const char *name) {
    if (strcmp(name, "log") != 0)
        return sj_fail(
            r->err, SJ_E_INPUT, "line %llu: the file begins with <%s>, and an XES event log begins with <log>. %s", line_of(r), name,
            strcmp(name, "html") == 0
                ? sj_text(r->err != NULL ? r->err->lang : SJ_EN, SJ_T("This is a web page: perhaps it was saved instead of the download"))
                : sj_text(r->err != NULL ? r->err->lang : SJ_EN, SJ_T("Export the data as XES, CSV or JSON Lines")));
    r->place = IN_LOG;
    return SJ_OK;
}

static enum sj_status open_element(struct reader *r, const char *name, const char *const *pairs) {
    if (r->place == IN_NOTHING)
        return open_log(r, name);
    bool is_event = r->n_levels == 0 && r->place != IN_EVENT && strcmp(name, "event") == 0;
    if (is_event)
        return begin_event(r);
    if (r->place == IN_LOG && strcmp(name, "trace") == 0) {
        begin_case(r);
        return SJ_OK;
    }
    if (r->place != IN_LOG && is_attribute(name))
        return open_attribute(r, name, pairs);
    r->n_skipped = 1;
    return SJ_OK;
}

static enum sj_status close_element(struct reader *r) {
    if (r->n_levels > 0) {
        r->path.n = r->path_bytes[--r->n_levels];
        return SJ_OK;
    }
    if (r->place == IN_EVENT)
        return end_event(r);
    if (r->place == IN_CASE)
        end_case(r);
    return SJ_OK;
}

/* Expat may still call for the end of an element after it was stopped at its begin. */
static bool is_stopped(const struct reader *r) { return r->status != SJ_OK || r->is_enough; }

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **pairs) {
    struct reader *r = ctx;
    if (is_stopped(r))
        return;
    enum sj_status status = SJ_OK;
    if (++r->n_open > DEPTH_MAX)
        status = sj_fail(r->err, SJ_E_INPUT, "line %llu: elements are nested deeper than %d levels, the most that is allowed", line_of(r),
                         DEPTH_MAX);
    else if (r->n_skipped > 0)
        r->n_skipped++;
    else
        status = open_element(r, local_name(name), (const char *const *)pairs);
    if (status != SJ_OK)
        stop(r, status);
}

static void XMLCALL on_end(void *ctx, const XML_Char *name) {
    (void)name;
    struct reader *r = ctx;
    if (is_stopped(r))
        return;
    r->n_open--;
    enum sj_status status = SJ_OK;
    if (r->n_skipped > 0)
        r->n_skipped--;
    else
        status = close_element(r);
    if (status != SJ_OK)
        stop(r, status);
}

/* Entities can only be declared in a document type, so that without one there is no text that grows when it is read, and no other
 * file that is asked for. */
static void XMLCALL on_document_type(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal) {
    (void)system, (void)public, (void)internal;
    struct reader *r = ctx;
    if (sj_str_eq_nocase(sj_str(name), SJ_LIT("html")))
        stop(r, sj_fail(r->err, SJ_E_INPUT,
                        "this is a web page (HTML), and an XES event log was expected. Perhaps the page was saved instead of the "
                        "download"));
    else
        stop(r, sj_fail(r->err, SJ_E_INPUT,
                        "line %llu: the file declares a document type (<!DOCTYPE %s …>). XES event logs have none, and since it can "
                        "define entities that blow up or that read other files, it is refused. Remove it when it is not needed",
                        line_of(r), name));
}

/* ---- the file ---- */

static enum sj_status fail_xml(struct reader *r) {
    enum XML_Error code = XML_GetErrorCode(r->xml);
    if (code == XML_ERROR_NO_MEMORY)
        return sj_fail_memory(r->err, READ_BYTES);
    bool at_end = code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN || code == XML_ERROR_PARTIAL_CHAR ||
                  code == XML_ERROR_UNCLOSED_CDATA_SECTION;
    if (at_end && r->place == IN_NOTHING)
        return sj_fail(r->err, SJ_E_INPUT, "the file holds no XML element. An XES event log begins with <log>");
    if (at_end)
        return sj_fail(r->err, SJ_E_INPUT, "line %llu: the file ends before </log>, in the middle of case %llu. Was it cut off on its way?",
                       line_of(r), (unsigned long long)r->n_cases);
    return sj_fail(r->err, SJ_E_INPUT, "line %llu, column %llu: this is not well-formed XML (%s)", line_of(r),
                   (unsigned long long)XML_GetCurrentColumnNumber(r->xml) + 1, XML_ErrorString(code));
}

static enum sj_status parse_bytes(struct reader *r, const void *bytes, size_t n_bytes, bool is_final) {
    if (XML_Parse(r->xml, bytes, (int)n_bytes, is_final) == XML_STATUS_OK || r->is_enough)
        return SJ_OK;
    return r->status != SJ_OK ? r->status : fail_xml(r);
}

/* Keeps of the window what may still be wanted: the open event, or else what may be the begin of one. */
static enum sj_status move_window(struct reader *r) {
    const uint8_t *data = r->window.data;
    size_t keep = r->window.n;
    if (r->place == IN_EVENT) {
        keep = r->event_at > r->window_at ? (size_t)(r->event_at - r->window_at) : 0;
    } else if (keep > 0) {
        const uint8_t *bracket = memrchr(data, '<', r->window.n);
        keep = bracket != NULL ? (size_t)(bracket - data) : keep;
    }
    if (keep > 0)
        memmove(r->window.data, data + keep, r->window.n - keep);
    r->window.n -= keep;
    r->window_at += keep;
    if (r->window.n <= SJ_XES_EVENT_BYTES_MAX)
        return SJ_OK;
    return sj_fail(r->err, SJ_E_INPUT, "line %llu: the event or the element that is read here is larger than 16 MiB", line_of(r));
}

static enum sj_status read_all(struct reader *r) {
    for (;;) {
        size_t n;
        SJ_TRY(move_window(r));
        SJ_TRY(sj_buf_reserve(&r->window, READ_BYTES, r->err));
        uint8_t *bytes = r->window.data + r->window.n;
        SJ_TRY(sj_source_read(r->source, bytes, READ_BYTES, &n, r->err));
        if (n == 0)
            return sj_source_is_cut(r->source) ? SJ_OK : parse_bytes(r, "", 0, true);
        r->window.n += n;
        SJ_TRY(parse_bytes(r, bytes, n, false));
        if (r->is_enough)
            return SJ_OK;
    }
}

/* The first names of attributes, for a message. */
static enum sj_status list_names(struct reader *r, struct sj_buf *out) {
    uint32_t n = sj_names_count(&r->names);
    for (uint32_t i = 0; i < n && i < 20; i++)
        SJ_TRY(sj_buf_print(out, r->err, "%s%.*s", i > 0 ? ", " : "", SJ_ARG(sj_names_at(&r->names, i))));
    return n > 20 ? sj_buf_append_str(out, SJ_LIT(", …"), r->err) : SJ_OK;
}

/* What only the whole pass can tell. */
static enum sj_status check_pass(struct reader *r) {
    if (r->n_events == 0 && !sj_source_is_cut(r->source))
        return sj_fail(r->err, SJ_E_INPUT, "the event log holds no events: %llu cases were found, and no <event> in them",
                       (unsigned long long)r->n_cases);
    bool has_customer = r->customer.n == 0 || r->n_customers > 0;
    bool has_time = r->n_timed > 0 || r->options->columns[SJ_ROLE_TIME].n > 0 || r->options->constants[SJ_ROLE_TIME].n > 0;
    if (r->n_events == 0 || (has_customer && has_time))
        return SJ_OK;
    struct sj_buf *list = &r->name;
    sj_buf_reset(list);
    SJ_TRY(list_names(r, list));
    if (!has_customer)
        return sj_fail(r->err, SJ_E_USAGE,
                       "no case and no event has the attribute \"%.*s\", which was to be the customer. The attributes are: %.*s",
                       SJ_ARG(r->customer), SJ_ARG(sj_buf_str(list)));
    return sj_fail(r->err, SJ_E_INPUT,
                   "none of the events has a time: XES keeps it in the attribute time:timestamp. The attributes are: %.*s. If another "
                   "one is the time, name it with --time",
                   SJ_ARG(sj_buf_str(list)));
}

/* The attribute that is the customer: named as in the file, or as the column is, with "case:". The case's own name is the standard. */
static struct sj_str customer_of(const struct sj_ingest_options *options) {
    struct sj_str name = options->customer_attribute, before = SJ_LIT("case:");
    if (name.n > before.n && memcmp(name.p, before.p, before.n) == 0)
        name = (struct sj_str){name.p + before.n, name.n - before.n};
    return sj_str_eq(name, SJ_LIT("concept:name")) ? (struct sj_str){NULL, 0} : name;
}

static enum sj_status init(struct reader *r, const struct sj_alloc *mem, struct sj_error *err) {
    struct sj_buf *const bufs[] = {&r->path,          &r->name,   &r->of_case.attributes, &r->of_case.text, &r->of_event.attributes,
                                   &r->of_event.text, &r->fields, &r->case_customer};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        sj_buf_init(bufs[i], mem, 2 * SJ_XES_EVENT_BYTES_MAX);
    sj_buf_init(&r->known, mem, (SJ_FILE_COLUMNS_MAX + 1) * sizeof(struct known));
    sj_buf_init(&r->window, mem, SJ_XES_EVENT_BYTES_MAX + READ_BYTES);
    sj_names_init(&r->names, mem, 0x786573);
    r->xml = XML_ParserCreate(NULL);
    if (r->xml == NULL)
        return sj_fail_memory(err, READ_BYTES);
    XML_SetUserData(r->xml, r);
    XML_SetElementHandler(r->xml, on_start, on_end);
    XML_SetStartDoctypeDeclHandler(r->xml, on_document_type);
    return SJ_OK;
}

static void done(struct reader *r) {
    struct sj_buf *const bufs[] = {
        &r->path,  &r->name,   &r->of_case.attributes, &r->of_case.text, &r->of_event.attributes, &r->of_event.text, &r->fields,
        &r->known, &r->window, &r->case_customer};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        sj_buf_done(bufs[i]);
    sj_names_done(&r->names);
    XML_ParserFree(r->xml);
}

enum sj_status sj_xes_read(struct sj_source *source, struct sj_loader *loader, const struct sj_ingest_options *options,
                           const struct sj_alloc *mem, struct sj_error *err) {
    struct reader r = {.source = source, .loader = loader, .options = options, .customer = customer_of(options), .err = err, .case_id = 1};
    enum sj_status status = init(&r, mem, err);
    if (status == SJ_OK)
        status = read_all(&r);
    if (status == SJ_OK)
        status = check_pass(&r);
    done(&r);
    return status;
}
