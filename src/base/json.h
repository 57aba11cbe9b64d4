/* JSON: documents are read by Jansson, answers are written by this append-only writer.
 *
 * Reading: depth at most 64, size at most 16 MiB, duplicate keys refused. The tree is Jansson's json_t; json.h is the only header
 * that names it. Writing: the writer puts commas and escapes; the caller opens and closes. Texts that are not UTF-8 are written
 * with U+FFFD in place of the bad bytes, so that the output is always valid JSON. */
#pragma once
#include <jansson.h>
#include "base/buf.h"

#define SJ_JSON_BYTES_MAX ((size_t)16 << 20)

/* `what` names the document in messages ("the lens"). Caller: json_decref(). Errors: SJ_E_INPUT with line and column. */
enum sj_status sj_json_parse(struct sj_str text, const char *what, json_t **ret_root, struct sj_error *err);

struct sj_json {
    struct sj_buf *out;
    struct sj_error *err;
    enum sj_status status; /* the first failure; later calls do nothing */
    bool comma;            /* a comma stands before the next item */
};

void sj_json_init(struct sj_json *json, struct sj_buf *out, struct sj_error *err);
void sj_json_open(struct sj_json *json, char bracket);  /* '{' or '[' */
void sj_json_close(struct sj_json *json, char bracket); /* '}' or ']' */
void sj_json_key(struct sj_json *json, const char *key);
void sj_json_str(struct sj_json *json, struct sj_str text);
void sj_json_text(struct sj_json *json, const char *text); /* NULL: null */
void sj_json_i64(struct sj_json *json, int64_t value);
void sj_json_f64(struct sj_json *json, double value);     /* shortest form that reads back the same; not finite: null */
void sj_json_money(struct sj_json *json, int64_t value);  /* ten-thousandths as a decimal number */
void sj_json_time(struct sj_json *json, int64_t time_us); /* ISO 8601 */
void sj_json_truth(struct sj_json *json, bool value);
void sj_json_null(struct sj_json *json);

/* The shortest decimal text that reads back as `value`; at most 25 bytes and a NUL. Returns the length. */
size_t sj_double_format(double value, char out[32]);
/* Ten-thousandths as "12.5". */
size_t sj_money_format(int64_t value, char out[32]);
