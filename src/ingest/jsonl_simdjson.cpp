#include "ingest/jsonl_simdjson.h"

#include <cstring>
#include <memory>
#include <new>
#include <simdjson.h>

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

static_assert(SJ_FLATTEN_PADDING >= simdjson::SIMDJSON_PADDING, "simdjson reads so far past the end");

struct sj_flattener {
    ondemand::parser parser;
    std::unique_ptr<char[]> arrays; /* texts of the arrays of one object: together never longer than the object */
    size_t n_arrays = 0, capacity = 0;
};

namespace {

struct walk {
    sj_flattener *flattener;
    sj_flat_visit visit;
    void *ctx;
    size_t n_path;
    char path[SJ_FLATTEN_PATH_MAX];
};

struct text {
    const char *p;
    size_t n;
};

sj_flat_fault fault_of(error_code error) {
    switch (error) {
    case simdjson::SUCCESS: return SJ_FAULT_NONE;
    case simdjson::MEMALLOC:
    case simdjson::CAPACITY: return SJ_FAULT_MEMORY;
    case simdjson::UTF8_ERROR: return SJ_FAULT_UTF_8;
    case simdjson::STRING_ERROR: return SJ_FAULT_STRING;
    case simdjson::UNESCAPED_CHARS: return SJ_FAULT_CONTROL;
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE: return SJ_FAULT_NUMBER;
    case simdjson::DEPTH_ERROR: return SJ_FAULT_DEPTH;
    case simdjson::EMPTY:
    case simdjson::UNCLOSED_STRING:
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT: return SJ_FAULT_INCOMPLETE;
    default: return SJ_FAULT_SYNTAX;
    }
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* The value as it is written; simdjson adds the white space behind it. */
text token_of(ondemand::value &value) {
    std::string_view token = value.raw_json_token();
    size_t n = token.size();
    while (n > 0 && is_space(token[n - 1]))
        n--;
    return {token.data(), n};
}

bool is_word(text token, const char *word) { return token.n == std::strlen(word) && std::memcmp(token.p, word, token.n) == 0; }

/* simdjson lets the second half of a surrogate pair stand alone, and writes it as if it were a character. */
sj_flat_fault take_unescaped(simdjson::simdjson_result<std::string_view> result, text *ret_text) {
    std::string_view view;
    if (error_code error = std::move(result).get(view))
        return fault_of(error);
    if (!simdjson::validate_utf8(view.data(), view.size()))
        return SJ_FAULT_STRING;
    *ret_text = {view.data(), view.size()};
    return SJ_FAULT_NONE;
}

/* A string without escapes is taken where it stands: simdjson has checked already that it is UTF-8 and that it is closed.
 * Every value must be consumed by one of simdjson's calls: what it skips by itself it does not check. */
sj_flat_fault take_string(ondemand::value &value, text token, text *ret_text) {
    if (token.n < 2 || token.p[token.n - 1] != '"')
        return SJ_FAULT_SYNTAX;
    if (std::memchr(token.p, '\\', token.n) != nullptr)
        return take_unescaped(value.get_string(), ret_text);
    *ret_text = {token.p + 1, token.n - 2};
    ondemand::raw_json_string raw;
    return fault_of(value.get_raw_json_string().get(raw));
}

sj_flat_fault take_key(ondemand::field &field, text *ret_text) {
    const char *begin = field.key().raw();
    size_t n = 0;
    while (begin[n] != '"' && begin[n] != '\\')
        n++;
    if (begin[n] == '\\')
        return take_unescaped(field.unescaped_key(), ret_text);
    *ret_text = {begin, n};
    return SJ_FAULT_NONE;
}

bool is_integer(text token) {
    for (size_t i = token.p[0] == '-' ? 1 : 0; i < token.n; i++)
        if (token.p[i] < '0' || token.p[i] > '9')
            return false;
    return true;
}

sj_flat_fault take_number(ondemand::value &value, text token, sj_flat *flat) {
    if (error_code error = value.get_double().get(flat->number))
        return error == simdjson::INCORRECT_TYPE ? SJ_FAULT_SYNTAX : SJ_FAULT_NUMBER;
    bool exact = flat->number > -0x1p53 && flat->number < 0x1p53;
    flat->kind = exact || !is_integer(token) ? SJ_FLAT_NUMBER : SJ_FLAT_INTEGER;
    return SJ_FAULT_NONE;
}

sj_flat_fault take_scalar(ondemand::value &value, text token, sj_flat *flat) {
    if (token.n == 0)
        return SJ_FAULT_SYNTAX;
    flat->text = token.p;
    flat->n_text = token.n;
    if (token.p[0] == '"') {
        flat->kind = SJ_FLAT_STRING;
        text string;
        sj_flat_fault fault = take_string(value, token, &string);
        if (fault == SJ_FAULT_NONE) {
            flat->text = string.p;
            flat->n_text = string.n;
        }
        return fault;
    }
    if ((token.p[0] >= '0' && token.p[0] <= '9') || token.p[0] == '-')
        return take_number(value, token, flat);
    flat->kind = token.p[0] == 't' ? SJ_FLAT_TRUE : token.p[0] == 'f' ? SJ_FLAT_FALSE : SJ_FLAT_NULL;
    const char *word = flat->kind == SJ_FLAT_TRUE ? "true" : flat->kind == SJ_FLAT_FALSE ? "false" : "null";
    if (!is_word(token, word))
        return SJ_FAULT_SYNTAX;
    bool truth;
    return flat->kind == SJ_FLAT_NULL ? fault_of(value.is_null().error()) : fault_of(value.get_bool().get(truth));
}

sj_flat_fault show(walk *w, sj_flat *flat) {
    flat->path = w->path;
    flat->n_path = w->n_path;
    return w->visit(w->ctx, flat) ? SJ_FAULT_NONE : SJ_FAULT_STOPPED;
}

sj_flat_fault check_value(ondemand::value value, int depth);

/* The recursion of the functions below ends at SJ_FLATTEN_DEPTH_MAX. */
// NOLINTBEGIN(misc-no-recursion)
sj_flat_fault check_array(ondemand::array array, int depth) {
    if (depth > SJ_FLATTEN_DEPTH_MAX)
        return SJ_FAULT_DEPTH;
    for (auto item : array) {
        ondemand::value value;
        if (error_code error = item.get(value))
            return fault_of(error);
        if (sj_flat_fault fault = check_value(value, depth))
            return fault;
    }
    return SJ_FAULT_NONE;
}

sj_flat_fault check_object(ondemand::object object, int depth) {
    if (depth > SJ_FLATTEN_DEPTH_MAX)
        return SJ_FAULT_DEPTH;
    for (auto item : object) {
        ondemand::field field;
        if (error_code error = std::move(item).get(field))
            return fault_of(error);
        text key;
        if (sj_flat_fault fault = take_key(field, &key))
            return fault;
        if (sj_flat_fault fault = check_value(field.value(), depth))
            return fault;
    }
    return SJ_FAULT_NONE;
}

/* A value inside an array: only checked. */
sj_flat_fault check_value(ondemand::value value, int depth) {
    text token = token_of(value);
    if (token.n > 0 && token.p[0] == '[') {
        ondemand::array array;
        error_code error = value.get_array().get(array);
        return error ? fault_of(error) : check_array(array, depth + 1);
    }
    if (token.n > 0 && token.p[0] == '{') {
        ondemand::object object;
        error_code error = value.get_object().get(object);
        return error ? fault_of(error) : check_object(object, depth + 1);
    }
    sj_flat flat = {};
    return take_scalar(value, token, &flat);
}

/* The array from its bracket to where simdjson stands after it, without white space. */
sj_flat_fault visit_array(walk *w, ondemand::value value, const char *begin, int depth) {
    ondemand::array array;
    if (error_code error = value.get_array().get(array))
        return fault_of(error);
    if (sj_flat_fault fault = check_array(array, depth))
        return fault;
    const char *end;
    if (error_code error = value.current_location().get(end))
        return fault_of(error);
    sj_flattener *flattener = w->flattener;
    char *out = flattener->arrays.get() + flattener->n_arrays;
    size_t n = 0;
    if (error_code error = simdjson::minify(begin, static_cast<size_t>(end - begin), out, n))
        return fault_of(error);
    flattener->n_arrays += n;
    sj_flat flat = {};
    flat.kind = SJ_FLAT_ARRAY;
    flat.text = out;
    flat.n_text = n;
    return show(w, &flat);
}

sj_flat_fault visit_object(walk *w, ondemand::object object, int depth);

sj_flat_fault visit_value(walk *w, ondemand::value value, int depth) {
    text token = token_of(value);
    if (token.n > 0 && token.p[0] == '[')
        return visit_array(w, value, token.p, depth + 1);
    sj_flat flat = {};
    if (token.n > 0 && token.p[0] == '{') {
        flat.kind = SJ_FLAT_OBJECT;
        ondemand::object object;
        if (error_code error = value.get_object().get(object))
            return fault_of(error);
        sj_flat_fault fault = show(w, &flat);
        return fault ? fault : visit_object(w, object, depth + 1);
    }
    sj_flat_fault fault = take_scalar(value, token, &flat);
    return fault ? fault : show(w, &flat);
}

sj_flat_fault visit_object(walk *w, ondemand::object object, int depth) {
    if (depth > SJ_FLATTEN_DEPTH_MAX)
        return SJ_FAULT_DEPTH;
    size_t n_parent = w->n_path;
    for (auto item : object) {
        ondemand::field field;
        if (error_code error = std::move(item).get(field))
            return fault_of(error);
        text key;
        if (sj_flat_fault fault = take_key(field, &key))
            return fault;
        size_t n_dot = depth > 1 ? 1 : 0;
        if (n_parent + n_dot + key.n > sizeof w->path)
            return SJ_FAULT_PATH;
        std::memcpy(w->path + n_parent, ".", n_dot);
        std::memcpy(w->path + n_parent + n_dot, key.p, key.n);
        w->n_path = n_parent + n_dot + key.n;
        if (sj_flat_fault fault = visit_value(w, field.value(), depth))
            return fault;
    }
    w->n_path = n_parent;
    return SJ_FAULT_NONE;
}
// NOLINTEND(misc-no-recursion)

sj_flat_fault reserve(sj_flattener *flattener, size_t n_text) {
    if (n_text <= flattener->capacity)
        return SJ_FAULT_NONE;
    size_t capacity = n_text < 4096 ? 4096 : n_text * 2;
    std::unique_ptr<char[]> arrays(new (std::nothrow) char[capacity + SJ_FLATTEN_PADDING]);
    if (!arrays || flattener->parser.allocate(capacity, SJ_FLATTEN_DEPTH_MAX + 2))
        return SJ_FAULT_MEMORY;
    flattener->arrays = std::move(arrays);
    flattener->capacity = capacity;
    return SJ_FAULT_NONE;
}

/* Whether simdjson stands inside the text still: at the end there is no place. */
bool stands_inside(ondemand::document &document, const char *bytes, size_t n_bytes, const char **ret_at) {
    return !document.current_location().get(*ret_at) && *ret_at >= bytes && *ret_at < bytes + n_bytes;
}

sj_flat_fault flatten(walk *w, const char *bytes, size_t n_bytes, size_t *ret_at) {
    ondemand::document document;
    if (error_code error = w->flattener->parser.iterate(bytes, n_bytes, n_bytes + SJ_FLATTEN_PADDING).get(document))
        return fault_of(error);
    ondemand::object object;
    sj_flat_fault fault;
    if (error_code error = document.get_object().get(object))
        fault = fault_of(error);
    else
        fault = visit_object(w, object, 1);
    const char *at;
    bool inside = stands_inside(document, bytes, n_bytes, &at);
    if (fault == SJ_FAULT_NONE && inside)
        fault = SJ_FAULT_SYNTAX;
    if (fault != SJ_FAULT_NONE && inside)
        *ret_at = static_cast<size_t>(at - bytes);
    return fault;
}

/* The value from its first byte to its last, everything in it checked. */
sj_flat_fault show_raw(ondemand::value value, sj_raw *raw, sj_raw_visit visit, void *ctx) {
    text token = token_of(value);
    if (sj_flat_fault fault = check_value(value, 1))
        return fault;
    const char *end = token.p + token.n;
    if (token.p[0] == '{' || token.p[0] == '[') {
        if (error_code error = value.current_location().get(end))
            return fault_of(error);
        while (end[-1] != '}' && end[-1] != ']') /* what stands between it and what comes next is white space */
            end--;
    }
    raw->text = token.p;
    raw->n_text = static_cast<size_t>(end - token.p);
    return visit(ctx, raw) ? SJ_FAULT_NONE : SJ_FAULT_STOPPED;
}

sj_flat_fault outline_object(ondemand::document &document, sj_raw_visit visit, void *ctx) {
    ondemand::object object;
    if (error_code error = document.get_object().get(object))
        return fault_of(error);
    for (auto item : object) {
        ondemand::field field;
        if (error_code error = std::move(item).get(field))
            return fault_of(error);
        text key;
        if (sj_flat_fault fault = take_key(field, &key))
            return fault;
        sj_raw raw = {key.p, key.n, nullptr, 0};
        if (sj_flat_fault fault = show_raw(field.value(), &raw, visit, ctx))
            return fault;
    }
    return SJ_FAULT_NONE;
}

sj_flat_fault outline_array(ondemand::document &document, sj_raw_visit visit, void *ctx) {
    ondemand::array array;
    if (error_code error = document.get_array().get(array))
        return fault_of(error);
    for (auto item : array) {
        ondemand::value value;
        if (error_code error = std::move(item).get(value))
            return fault_of(error);
        sj_raw raw = {nullptr, 0, nullptr, 0};
        if (sj_flat_fault fault = show_raw(value, &raw, visit, ctx))
            return fault;
    }
    return SJ_FAULT_NONE;
}

size_t skip_space(const char *text, size_t n_text) {
    size_t n = 0;
    while (n < n_text && is_space(text[n]))
        n++;
    return n;
}

} // namespace

sj_flat_fault sj_outline(sj_flattener *flattener, const char *text, size_t n_text, sj_raw_visit visit, void *ctx, size_t *ret_at) {
    const size_t n_space = skip_space(text, n_text);
    *ret_at = n_text;
    if (n_space == n_text || (text[n_space] != '{' && text[n_space] != '['))
        return SJ_FAULT_NOT_OBJECT;
    if (sj_flat_fault fault = reserve(flattener, n_text))
        return fault;
    ondemand::document document;
    const char *at;
    if (error_code error = flattener->parser.iterate(text, n_text, n_text + SJ_FLATTEN_PADDING).get(document))
        return fault_of(error);
    sj_flat_fault fault = text[n_space] == '{' ? outline_object(document, visit, ctx) : outline_array(document, visit, ctx);
    bool inside = stands_inside(document, text, n_text, &at);
    if (inside)
        *ret_at = static_cast<size_t>(at - text);
    return fault == SJ_FAULT_NONE && inside ? SJ_FAULT_SYNTAX : fault;
}

sj_flattener *sj_flattener_new(void) { return new (std::nothrow) sj_flattener; }

void sj_flattener_free(sj_flattener *flattener) { delete flattener; }

sj_flat_fault sj_flatten(sj_flattener *flattener, const char *text, size_t n_text, sj_flat_visit visit, void *ctx, size_t *ret_at) {
    *ret_at = n_text;
    const size_t n_space = skip_space(text, n_text);
    if (n_space == n_text || text[n_space] != '{')
        return SJ_FAULT_NOT_OBJECT;
    if (sj_flat_fault fault = reserve(flattener, n_text))
        return fault;
    walk w;
    w.flattener = flattener;
    w.visit = visit;
    w.ctx = ctx;
    w.n_path = 0;
    flattener->n_arrays = 0;
    return flatten(&w, text, n_text, ret_at);
}
