#include "ingest/jsonl.h"

#include "base/names.h"
#include "ingest/jsonl_simdjson.h"

#define READ_BYTES ((size_t)1 << 20)
#define PATHS_MAX ((size_t)16384) /* names of members and of objects in a file */
#define NO_COLUMN UINT32_MAX

/* A name with its dots: the loader's column once there was a value, and the row in which it was seen last. */
struct path {
    uint64_t row;
    uint32_t column;
};

struct reader {
    struct sj_source *source;
    struct sj_loader *loader;
    struct sj_error *err;
    enum sj_lang lang;
    struct sj_flattener *flattener;
    struct sj_names names;  /* paths by code */
    struct sj_buf paths;    /* struct path, by code */
    struct sj_buf expected; /* uint32_t: the code of the i-th visit of the row before, which is mostly that of this row's */
    struct sj_buf fields;   /* struct sj_field */
    uint64_t n_rows, line;  /* `line`: of the byte at `at` */
    size_t n_visits;
    enum sj_status failed; /* a visit failed: not the row's fault */
    struct sj_str twice;   /* a name that stands twice in the row */
    struct sj_buf buf;     /* what was read and not yet used begins at `at` */
    size_t at;
    bool at_end; /* of the source */
};

/* ---- bytes ---- */

/* Reads more behind what is there, which may move. */
static enum sj_status read_more(struct reader *r) {
    if (r->at > 0)
        memmove(r->buf.data, r->buf.data + r->at, r->buf.n - r->at);
    r->buf.n -= r->at;
    r->at = 0;
    if (r->buf.n > SJ_JSONL_ROW_BYTES_MAX)
        return sj_fail(r->err, SJ_E_INPUT,
                       "line %llu: the JSON object that begins here does not end within 16 MiB. Each event must be one object; "
                       "look whether a bracket or a quote is missing there",
                       (unsigned long long)r->line);
    SJ_TRY(sj_buf_reserve(&r->buf, READ_BYTES + SJ_FLATTEN_PADDING, r->err));
    size_t n;
    SJ_TRY(sj_source_read(r->source, r->buf.data + r->buf.n, READ_BYTES, &n, r->err));
    r->buf.n += n;
    r->at_end = n == 0;
    memset(r->buf.data + r->buf.n, '\n', SJ_FLATTEN_PADDING);
    return SJ_OK;
}

static bool is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Stands on the next byte that is no white space; *ret_c is 0 at the end. */
static enum sj_status skip_space(struct reader *r, char *ret_c) {
    for (;;) {
        for (; r->at < r->buf.n; r->at++) {
            uint8_t c = r->buf.data[r->at];
            if (!is_space(c)) {
                *ret_c = (char)c;
                return SJ_OK;
            }
            r->line += c == '\n';
        }
        if (r->at_end) {
            *ret_c = '\0';
            return SJ_OK;
        }
        SJ_TRY(read_more(r));
    }
}

/* ---- one row ---- */

static enum sj_status path_code(struct reader *r, struct sj_str name, uint32_t *ret_code) {
    const uint32_t *expected = (const uint32_t *)r->expected.data;
    size_t n_expected = r->expected.n / sizeof *expected;
    if (r->n_visits < n_expected && sj_str_eq(sj_names_at(&r->names, expected[r->n_visits]), name)) {
        *ret_code = expected[r->n_visits++];
        return SJ_OK;
    }
    if (sj_names_count(&r->names) >= PATHS_MAX && !sj_names_find(&r->names, name, ret_code))
        return sj_fail(r->err, SJ_E_LIMIT,
                       "line %llu: the objects of a file may have at most %zu different names in all, and \"%.*s\" is one more. "
                       "Are values used as names there?",
                       (unsigned long long)r->line, PATHS_MAX, SJ_ARG(name));
    SJ_TRY(sj_names_add(&r->names, name, ret_code, r->err));
    if (*ret_code >= r->paths.n / sizeof(struct path))
        SJ_TRY(sj_buf_append(&r->paths, &(struct path){.column = NO_COLUMN}, sizeof(struct path), r->err));
    if (r->n_visits == n_expected)
        SJ_TRY(sj_buf_append(&r->expected, ret_code, sizeof *ret_code, r->err));
    else if (r->n_visits < n_expected)
        memcpy(r->expected.data + r->n_visits * sizeof *ret_code, ret_code, sizeof *ret_code);
    r->n_visits++;
    return SJ_OK;
}

/* Until the whole row is known to be good, the field carries the code of its path in place of the column. */
static enum sj_status add_field(struct reader *r, const struct sj_flat *flat, uint32_t code) {
    struct sj_field field = {.text = {flat->text, flat->n_text}, .column = code, .kind = SJ_FIELD_TEXT};
    if (flat->kind == SJ_FLAT_NUMBER) {
        field.kind = SJ_FIELD_NUMBER;
        field.f64 = flat->number;
    } else if (flat->kind == SJ_FLAT_INTEGER) {
        field.kind = SJ_FIELD_PLAIN;
    } else if (flat->kind == SJ_FLAT_TRUE || flat->kind == SJ_FLAT_FALSE) {
        field.kind = SJ_FIELD_TRUTH;
        field.i64 = flat->kind == SJ_FLAT_TRUE;
    }
    return sj_buf_append(&r->fields, &field, sizeof field, r->err);
}

static enum sj_status take_flat(struct reader *r, const struct sj_flat *flat) {
    struct sj_str name = {flat->path, flat->n_path};
    uint32_t code;
    SJ_TRY(path_code(r, name, &code));
    struct path *path = (struct path *)(void *)r->paths.data + code;
    if (path->row == r->n_rows) {
        r->twice = sj_names_at(&r->names, code);
        return SJ_OK;
    }
    path->row = r->n_rows;
    if (flat->kind == SJ_FLAT_OBJECT || flat->kind == SJ_FLAT_NULL)
        return SJ_OK;
    return add_field(r, flat, code);
}

static bool visit(void *ctx, const struct sj_flat *flat) {
    struct reader *r = ctx;
    r->failed = take_flat(r, flat);
    return r->failed == SJ_OK && r->twice.p == NULL;
}

const char *sj_flat_reason(enum sj_flat_fault fault) {
    static const char *const reasons[] = {
        [SJ_FAULT_NOT_OBJECT] = SJ_T("a JSON object was expected: {\"name\": value, …}"),
        [SJ_FAULT_SYNTAX] = SJ_T("this is not JSON: something is missing or too much at byte %zu"),
        [SJ_FAULT_INCOMPLETE] =
            SJ_T("the JSON object has no end. JSON Lines have one in each line; the program jq does that: jq -c . FILE"),
        [SJ_FAULT_UTF_8] = SJ_T("the text is not UTF-8"),
        [SJ_FAULT_STRING] = SJ_T("a text has an escape that stands for no character (\\x, or half of a surrogate pair), before byte %zu"),
        [SJ_FAULT_CONTROL] = SJ_T("a text contains a control character that is not escaped, such as a tab"),
        [SJ_FAULT_NUMBER] = SJ_T("a number is written wrongly or is too large, before byte %zu"),
        [SJ_FAULT_DEPTH] = SJ_T("objects and arrays are nested deeper than 64 levels"),
        [SJ_FAULT_PATH] = SJ_T("a name is longer than 1,024 bytes, before byte %zu"),
    };
    return reasons[fault];
}

/* `at` is a byte of the row, from 0; not every reason names it. */
static enum sj_status reject(struct reader *r, struct sj_str raw, const char *reason, size_t at) {
    struct sj_error error = {.lang = r->lang};
    sj_fail(&error, SJ_E_INPUT, reason, at + 1);
    struct sj_reject reject = {.line = r->line, .reason = sj_str(error.message), .raw = raw};
    return sj_loader_reject(r->loader, &reject, r->err);
}

static enum sj_status reject_twice(struct reader *r, struct sj_str raw) {
    struct sj_error error = {.lang = r->lang};
    sj_fail(&error, SJ_E_INPUT, "the name \"%.*s\" stands twice in this object, and which of its values is meant cannot be known",
            SJ_ARG(r->twice));
    struct sj_reject reject = {.line = r->line, .column = r->twice, .reason = sj_str(error.message), .raw = raw};
    return sj_loader_reject(r->loader, &reject, r->err);
}

static enum sj_status load_row(struct reader *r, struct sj_str raw) {
    struct sj_field *fields = (struct sj_field *)(void *)r->fields.data;
    size_t n_fields = r->fields.n / sizeof *fields;
    struct path *paths = (struct path *)(void *)r->paths.data;
    for (size_t i = 0; i < n_fields; i++) {
        struct path *path = &paths[fields[i].column];
        if (path->column == NO_COLUMN)
            SJ_TRY(sj_loader_column(r->loader, sj_names_at(&r->names, fields[i].column), &path->column, r->err));
        fields[i].column = path->column;
    }
    struct sj_row row = {.fields = fields, .n_fields = n_fields, .line = r->line, .raw = raw};
    return sj_loader_row(r->loader, &row, r->err);
}

/* Where something stands behind the end of the object; n when nothing does, or when its brackets do not match. */
static size_t find_behind(const char *text, size_t n) {
    size_t depth = 0, n_square = 0, i = 0;
    bool in_string = false;
    do {
        if (in_string && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            in_string = !in_string;
        else if (!in_string) {
            depth += (size_t)(text[i] == '{') - (size_t)(text[i] == '}');
            n_square += (size_t)(text[i] == '[') - (size_t)(text[i] == ']');
        }
        i++;
    } while (i < n && depth > 0);
    if (n_square != 0)
        return n;
    while (i < n && is_space((uint8_t)text[i]))
        i++;
    return i < n ? i : n;
}

/* The row of `n_bytes` from `at` on; what stands behind it is white space or padding. */
static enum sj_status take_row(struct reader *r, size_t n_bytes) {
    const char *text = (const char *)r->buf.data + r->at;
    while (n_bytes > 0 && is_space((uint8_t)text[n_bytes - 1]))
        n_bytes--;
    struct sj_str raw = {text, n_bytes};
    r->n_rows++;
    r->n_visits = 0;
    r->twice = (struct sj_str){NULL, 0};
    sj_buf_reset(&r->fields);
    size_t at;
    enum sj_flat_fault fault = sj_flatten(r->flattener, text, n_bytes, visit, r, &at);
    if (fault == SJ_FAULT_NONE)
        return load_row(r, raw);
    if (fault == SJ_FAULT_MEMORY)
        return sj_fail_memory(r->err, n_bytes);
    const size_t behind = n_bytes > 0 && text[0] == '{' ? find_behind(text, n_bytes) : n_bytes;
    if ((fault == SJ_FAULT_SYNTAX || fault == SJ_FAULT_INCOMPLETE) && behind < n_bytes)
        return reject(r, raw, SJ_T("something stands behind the end of the object, from byte %zu on; one object makes a line"), behind);
    if (fault != SJ_FAULT_STOPPED)
        return reject(r, raw, sj_flat_reason(fault), at);
    return r->failed != SJ_OK ? r->failed : reject_twice(r, raw);
}

/* ---- one object in a line ---- */

/* *ret_n: the bytes from `at` to the newline or the end of the file. */
static enum sj_status find_newline(struct reader *r, size_t *ret_n) {
    size_t n = 0; /* looked at */
    for (;;) {
        const uint8_t *from = r->buf.data + r->at;
        const uint8_t *newline = memchr(from + n, '\n', r->buf.n - r->at - n);
        n = r->buf.n - r->at;
        if (newline != NULL || r->at_end) {
            *ret_n = newline != NULL ? (size_t)(newline - from) : n;
            return SJ_OK;
        }
        SJ_TRY(read_more(r));
    }
}

static enum sj_status read_lines(struct reader *r) {
    while (!sj_loader_is_full(r->loader)) {
        char c;
        size_t n;
        SJ_TRY(skip_space(r, &c));
        if (c == '\0' && r->at == r->buf.n)
            return SJ_OK;
        SJ_TRY(find_newline(r, &n));
        if (r->at + n == r->buf.n && sj_source_is_cut(r->source))
            return SJ_OK;
        SJ_TRY(take_row(r, n));
        r->at += n;
    }
    return SJ_OK;
}

/* ---- one array of objects ---- */

struct scan {
    size_t n, n_newlines; /* looked at */
    size_t depth;
    bool in_string, escaped;
};

/* True when the byte ends the element: a comma or a bracket of the array itself. */
static bool ends_element(struct scan *scan, uint8_t c) {
    if (scan->in_string) {
        scan->in_string = scan->escaped || c != '"';
        scan->escaped = !scan->escaped && c == '\\';
        return false;
    }
    if (scan->depth == 0 && (c == ',' || c == ']'))
        return true;
    scan->in_string = c == '"';
    scan->n_newlines += c == '\n';
    if (c == '{' || c == '[')
        scan->depth++;
    else if ((c == '}' || c == ']') && scan->depth > 0)
        scan->depth--;
    return false;
}

/* Looks for the end of the element at `at`. False: the file ends first. */
static enum sj_status find_element(struct reader *r, struct scan *scan, bool *ret_found) {
    *scan = (struct scan){0};
    for (;;) {
        for (; r->at + scan->n < r->buf.n; scan->n++)
            if (ends_element(scan, r->buf.data[r->at + scan->n])) {
                *ret_found = true;
                return SJ_OK;
            }
        *ret_found = false;
        if (r->at_end)
            return SJ_OK;
        SJ_TRY(read_more(r));
    }
}

static enum sj_status fail_open_array(struct reader *r) {
    if (sj_source_is_cut(r->source))
        return SJ_OK;
    return sj_fail(r->err, SJ_E_INPUT,
                   "the array with which the file begins has no end: after the object in line %llu a ']' is missing. Was the file cut off "
                   "on its way?",
                   (unsigned long long)r->line);
}

static enum sj_status expect_end(struct reader *r) {
    char c;
    SJ_TRY(skip_space(r, &c));
    if (r->at == r->buf.n)
        return SJ_OK;
    return sj_fail(r->err, SJ_E_INPUT,
                   "line %llu: the file begins with an array, and something stands behind its end. Make it one object in each line; "
                   "the program jq does that: jq -c '.[]' FILE",
                   (unsigned long long)r->line);
}

/* Stands behind the opening bracket. Only the ends of the elements are looked for here; whether they are JSON is seen row by row. */
static enum sj_status read_array(struct reader *r) {
    char c;
    SJ_TRY(skip_space(r, &c));
    bool more = c != ']';
    while (more && !sj_loader_is_full(r->loader)) {
        struct scan scan;
        bool found;
        SJ_TRY(find_element(r, &scan, &found));
        if (!found)
            return fail_open_array(r);
        more = r->buf.data[r->at + scan.n] == ',';
        r->buf.data[r->at + scan.n] = '\n';
        SJ_TRY(take_row(r, scan.n));
        r->at += scan.n;
        r->buf.data[r->at++] = ' ';
        r->line += scan.n_newlines;
        SJ_TRY(skip_space(r, &c));
    }
    if (more)
        return SJ_OK;
    r->at += r->n_rows == 0;
    return expect_end(r);
}

/* ---- the file ---- */

static enum sj_status read_file(struct reader *r) {
    char c;
    SJ_TRY(skip_space(r, &c));
    if (c == '<')
        return sj_fail(r->err, SJ_E_INPUT,
                       "the file begins with '<': it is a web page or XML, and JSON Lines were expected, which begin with '{'. "
                       "An XES event log is read with --format xes; a web page was perhaps saved instead of the download");
    if (c != '[')
        return read_lines(r);
    r->at++;
    return read_array(r);
}

static enum sj_status init(struct reader *r, const struct sj_alloc *mem, struct sj_error *err) {
    sj_names_init(&r->names, mem, 0x6a736f6e6c);
    sj_buf_init(&r->paths, mem, (PATHS_MAX + 1) * sizeof(struct path));
    sj_buf_init(&r->expected, mem, (PATHS_MAX + 1) * sizeof(uint32_t));
    sj_buf_init(&r->fields, mem, (PATHS_MAX + 1) * sizeof(struct sj_field));
    sj_buf_init(&r->buf, mem, SJ_JSONL_ROW_BYTES_MAX + 2 * READ_BYTES);
    r->flattener = sj_flattener_new();
    return r->flattener != NULL ? SJ_OK : sj_fail_memory(err, READ_BYTES);
}

static void done(struct reader *r) {
    sj_flattener_free(r->flattener);
    sj_names_done(&r->names);
    sj_buf_done(&r->paths);
    sj_buf_done(&r->expected);
    sj_buf_done(&r->fields);
    sj_buf_done(&r->buf);
}

enum sj_status sj_jsonl_read(struct sj_source *source, struct sj_loader *loader, const struct sj_ingest_options *options,
                             const struct sj_alloc *mem, struct sj_error *err) {
    (void)options;
    struct reader r = {.source = source, .loader = loader, .err = err, .lang = err != NULL ? err->lang : SJ_EN, .line = 1};
    enum sj_status status = init(&r, mem, err);
    if (status == SJ_OK)
        status = read_file(&r);
    done(&r);
    return status;
}
