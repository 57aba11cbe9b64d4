#include "base/status.h"

#include <stdio.h>
#include <string.h>

struct status_row {
    const char *name;
    int http, exit_code;
};

static const struct status_row rows[] = {
#define X(status, name, http, code) [status] = {name, http, code},
    SJ_STATUSES(X)
#undef X
};

static const struct status_row *row_of(enum sj_status status) {
    size_t n_rows = sizeof rows / sizeof rows[0];
    return &rows[(size_t)status < n_rows ? (size_t)status : (size_t)SJ_E_BUG];
}

const char *sj_status_name(enum sj_status status) { return row_of(status)->name; }
int sj_status_http(enum sj_status status) { return row_of(status)->http; }
int sj_status_exit(enum sj_status status) { return row_of(status)->exit_code; }

/* Ends a text that was cut off at `capacity` with "…", never inside a character. */
static void end_cut_text(char *text, size_t capacity) {
    static const char ellipsis[] = "…";
    size_t at = capacity - sizeof ellipsis;
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
        at--;
    memcpy(text + at, ellipsis, sizeof ellipsis);
}

/* The text is made aside, since an argument may point into the message that it replaces. */
static void format_text(char *out, size_t capacity, enum sj_lang lang, const char *format, va_list args) {
    int n = vsnprintf(out, capacity, sj_text(lang, format), args);
    if (n < 0)
        out[0] = '\0';
    else if ((size_t)n >= capacity)
        end_cut_text(out, capacity);
}

enum sj_status sj_fail(struct sj_error *err, enum sj_status status, const char *format, ...) {
    if (err == NULL)
        return status;
    char text[sizeof err->message];
    va_list args;
    va_start(args, format);
    format_text(text, sizeof text, err->lang, format, args);
    va_end(args);
    err->status = status;
    memcpy(err->message, text, strlen(text) + 1);
    return status;
}

enum sj_status sj_fail_memory(struct sj_error *err, size_t bytes) {
    return sj_fail(err, SJ_E_MEMORY,
                   "not enough memory: %zu bytes more could not be had. Close other programs, or ask for a smaller part "
                   "(a shorter time range, fewer threads)",
                   bytes);
}

enum sj_status sj_fail_in(struct sj_error *err, enum sj_status status, const char *format, ...) {
    if (err == NULL)
        return status;
    char where[sizeof err->message], whole[sizeof err->message];
    va_list args;
    va_start(args, format);
    format_text(where, sizeof where, err->lang, format, args);
    va_end(args);
    int n = snprintf(whole, sizeof whole, "%s: %s", where, err->message);
    if (n >= 0 && (size_t)n >= sizeof whole)
        end_cut_text(whole, sizeof whole);
    err->status = status;
    memcpy(err->message, whole, strlen(whole) + 1);
    return status;
}

const char *sj_error_text(const struct sj_error *err, const char *text) { return sj_text(err != NULL ? err->lang : SJ_EN, text); }
