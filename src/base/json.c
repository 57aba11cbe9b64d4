#include "base/json.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

#define DEPTH_MAX 64

/* ---- reading ---- */

/* Jansson's own limit is far deeper than ours and cannot be set, so brackets are counted before it sees the text. Escapes need no
 * more than this: an odd backslash hides the quote behind it. A text that is no JSON may be miscounted; Jansson refuses it. */
static enum sj_status check_depth(struct sj_str text, const char *what, struct sj_error *err) {
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == ']' || c == '}'))
            depth -= depth > 0;
        else if (!in_string && (c == '[' || c == '{') && ++depth > DEPTH_MAX)
            return sj_fail(err, SJ_E_INPUT, "%s cannot be read: at byte %zu it is nested deeper than %d levels, the most that is allowed",
                           what, i + 1, DEPTH_MAX);
    }
    return SJ_OK;
}

enum sj_status sj_json_parse(struct sj_str text, const char *what, json_t **ret_root, struct sj_error *err) {
    if (text.n > SJ_JSON_BYTES_MAX)
        return sj_fail(err, SJ_E_INPUT, "%s cannot be read: it has %zu bytes, and at most %zu are allowed", what, text.n,
                       SJ_JSON_BYTES_MAX);
    const char *bytes = text.n > 0 ? text.p : "";
    const char *nul = memchr(bytes, 0, text.n); /* which Jansson would pass over */
    if (nul != NULL)
        return sj_fail(err, SJ_E_INPUT, "%s cannot be read as JSON: byte %zu is NUL", what, (size_t)(nul - bytes) + 1);
    SJ_TRY(check_depth(text, what, err));
    json_error_t error;
    json_t *root = json_loadb(bytes, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (root == NULL && (error.text[0] == '\0' || json_error_code(&error) == json_error_out_of_memory)) /* it does not always say so */
        return sj_fail_memory(err, text.n);
    if (root == NULL)
        return sj_fail(err, SJ_E_INPUT, "%s cannot be read as JSON: line %d, column %d: %s", what, error.line, error.column, error.text);
    *ret_root = root;
    return SJ_OK;
}

/* ---- writing ---- */

void sj_json_init(struct sj_json *json, struct sj_buf *out, struct sj_error *err) {
    *json = (struct sj_json){.out = out, .err = err, .status = SJ_OK};
}

static void put(struct sj_json *json, const void *bytes, size_t n_bytes) {
    if (json->status == SJ_OK)
        json->status = sj_buf_append(json->out, bytes, n_bytes, json->err);
}

static void begin_item(struct sj_json *json) {
    if (json->comma)
        put(json, ",", 1);
    json->comma = true;
}

static void put_item(struct sj_json *json, const char *text, size_t n_bytes) {
    begin_item(json);
    put(json, text, n_bytes);
}

void sj_json_open(struct sj_json *json, char bracket) {
    put_item(json, &bracket, 1);
    json->comma = false;
}

void sj_json_close(struct sj_json *json, char bracket) {
    put(json, &bracket, 1);
    json->comma = true;
}

/* How many bytes the well-formed character at the beginning of `s` has; 0 when there is none (RFC 3629). */
static size_t character_bytes(struct sj_str s) {
    const unsigned char *p = (const unsigned char *)s.p;
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || s.n < n)
        return 0;
    /* The second byte rules out overlong forms, surrogates and what lies past U+10FFFF. */
    unsigned lo = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned hi = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < lo || p[1] > hi)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

static void put_escaped(struct sj_json *json, unsigned char c) {
    static const char shorts[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
    const char *found = c != 0 ? strchr(shorts, c) : NULL;
    if (found != NULL) {
        put(json, (char[2]){'\\', letters[found - shorts]}, 2);
        return;
    }
    char text[8];
    int n = snprintf(text, sizeof text, "\\u%04x", c);
    put(json, text, (size_t)n);
}

static void put_quoted(struct sj_json *json, struct sj_str text) {
    static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
    put(json, "\"", 1);
    size_t plain = 0; /* bytes from here to i need no escape and are not yet written */
    for (size_t i = 0; i < text.n;) {
        unsigned char c = (unsigned char)text.p[i];
        size_t n = character_bytes((struct sj_str){text.p + i, text.n - i});
        if (n > 0 && c >= 0x20 && c != '"' && c != '\\') {
            i += n;
            continue;
        }
        put(json, text.p + plain, i - plain);
        if (n > 0)
            put_escaped(json, c);
        else
            put(json, replacement, sizeof replacement - 1);
        plain = ++i;
    }
    if (text.n > plain)
        put(json, text.p + plain, text.n - plain);
    put(json, "\"", 1);
}

void sj_json_str(struct sj_json *json, struct sj_str text) {
    begin_item(json);
    put_quoted(json, text);
}

void sj_json_key(struct sj_json *json, const char *key) {
    sj_json_str(json, sj_str(key));
    put(json, ":", 1);
    json->comma = false;
}

void sj_json_text(struct sj_json *json, const char *text) {
    if (text == NULL)
        sj_json_null(json);
    else
        sj_json_str(json, sj_str(text));
}

void sj_json_i64(struct sj_json *json, int64_t value) {
    char text[24];
    put_item(json, text, (size_t)snprintf(text, sizeof text, "%" PRId64, value));
}

void sj_json_f64(struct sj_json *json, double value) {
    char text[32];
    if (isfinite(value))
        put_item(json, text, sj_double_format(value, text));
    else
        sj_json_null(json);
}

void sj_json_money(struct sj_json *json, int64_t value) {
    char text[32];
    put_item(json, text, sj_money_format(value, text));
}

void sj_json_time(struct sj_json *json, int64_t time_us) {
    char text[SJ_TIME_TEXT_BYTES];
    size_t n = sj_time_format(time_us, text);
    sj_json_str(json, (struct sj_str){text, n});
}

void sj_json_truth(struct sj_json *json, bool value) { put_item(json, value ? "true" : "false", value ? 4 : 5); }

void sj_json_null(struct sj_json *json) { put_item(json, "null", 4); }

/* ---- numbers as text ---- */

/* printf() writes the decimal point of the process's locale, which may be any character: here it becomes '.'. */
static size_t with_point(const char *text, char out[32]) {
    size_t n = 0;
    for (const char *p = text; *p != '\0'; p++) {
        bool number = (*p >= '0' && *p <= '9') || *p == '-' || *p == '+' || *p == 'e';
        if (number)
            out[n++] = *p;
        else if (n > 0 && out[n - 1] != '.')
            out[n++] = '.';
    }
    out[n] = '\0';
    return n;
}

/* A decimal number of at most 15 digits survives the way into a double and back, so the first of 15, 16 and 17 digits that reads
 * back is the shortest (trailing zeros are not written). Below DBL_MIN doubles have fewer digits, and every length is tried. */
size_t sj_double_format(double value, char out[32]) {
    if (!isfinite(value))
        return (size_t)snprintf(out, 32, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
    if (value == 0)
        return (size_t)snprintf(out, 32, signbit(value) ? "-0" : "0");
    if (fabs(value) < 0x1p53 && value == trunc(value))
        return (size_t)snprintf(out, 32, "%" PRId64, (int64_t)value);
    char text[48];
    for (int digits = fabs(value) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return with_point(text, out);
}

size_t sj_money_format(int64_t value, char out[32]) {
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int n = snprintf(out, 32, "%s%" PRIu64, value < 0 ? "-" : "", size / 10000);
    uint64_t rest = size % 10000;
    if (rest == 0)
        return (size_t)n;
    n += snprintf(out + n, 32 - (size_t)n, ".%04" PRIu64, rest);
    while (out[n - 1] == '0')
        n--;
    out[n] = '\0';
    return (size_t)n;
}
