/* One JSON object, flattened: the bridge to simdjson (C++), for jsonl.c only.
 *
 *   {"user": {"id": 7, "tags": ["a", "b"]}, "ok": true}     gives     user        object
 *                                                                     user.id     number  7
 *                                                                     user.tags   array   ["a","b"]
 *                                                                     ok          truth   true
 *
 * Strict by RFC 8259: each value is checked, those inside arrays too, before anybody uses what was visited: an object is good only
 * when sj_flatten() has returned SJ_FAULT_NONE. Whole numbers from 2^53 on, which a double may change, keep their digits as text.
 * Threads: a parser belongs to one thread. Memory: simdjson's own, as much as the largest object needs; nothing throws. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SJ_FLATTEN_DEPTH_MAX 64
#define SJ_FLATTEN_PATH_MAX 1024 /* bytes of a name with its dots */
#define SJ_FLATTEN_PADDING 64    /* bytes behind the object that must be readable */

enum sj_flat_kind {
    SJ_FLAT_OBJECT, /* its members follow under their own names */
    SJ_FLAT_NULL,
    SJ_FLAT_STRING,  /* text without quotes and escapes */
    SJ_FLAT_NUMBER,  /* text as written, and `number` */
    SJ_FLAT_INTEGER, /* a whole number from 2^53 on: text only */
    SJ_FLAT_TRUE,
    SJ_FLAT_FALSE,
    SJ_FLAT_ARRAY, /* text: the array as JSON without white space */
};

struct sj_flat {
    const char *path; /* good during the visit */
    size_t n_path;
    const char *text; /* good until the next sj_flatten() or the end of the input's buffer */
    size_t n_text;
    double number;
    enum sj_flat_kind kind;
};

enum sj_flat_fault {
    SJ_FAULT_NONE,
    SJ_FAULT_STOPPED,    /* the visitor wanted no more */
    SJ_FAULT_NOT_OBJECT, /* it does not begin with '{' */
    SJ_FAULT_SYNTAX,
    SJ_FAULT_INCOMPLETE, /* it ends before the object does */
    SJ_FAULT_UTF_8,
    SJ_FAULT_STRING,  /* a bad escape, half of a surrogate pair */
    SJ_FAULT_CONTROL, /* a control character inside a string */
    SJ_FAULT_NUMBER,  /* written wrongly, or too large for a double */
    SJ_FAULT_DEPTH,
    SJ_FAULT_PATH, /* a name is too long */
    SJ_FAULT_MEMORY,
};

/* Called for each member of the object and of objects in it. False: stop. */
typedef bool (*sj_flat_visit)(void *ctx, const struct sj_flat *flat);

struct sj_flattener;
struct sj_flattener *sj_flattener_new(void); /* NULL: no memory */
void sj_flattener_free(struct sj_flattener *flattener);

/* text[n_text … n_text + SJ_FLATTEN_PADDING) must be readable, and text[n_text] be a newline. *ret_at: the byte where the fault was
 * found, as far as it is known, else n_text. */
enum sj_flat_fault sj_flatten(struct sj_flattener *flattener, const char *text, size_t n_text, sj_flat_visit visit, void *ctx,
                              size_t *ret_at);

/* A member of an object, or an item of an array (no name), as it is written. */
struct sj_raw {
    const char *name;
    size_t n_name;
    const char *text; /* without white space around it */
    size_t n_text;
};
/* Called for each. False: stop. */
typedef bool (*sj_raw_visit)(void *ctx, const struct sj_raw *raw);

/* The members of an object, or the items of an array, each as a whole, all that is inside checked. The names are good until the next call. As for
 * sj_flatten() otherwise; SJ_FAULT_NOT_OBJECT: it is neither. */
enum sj_flat_fault sj_outline(struct sj_flattener *flattener, const char *text, size_t n_text, sj_raw_visit visit, void *ctx,
                              size_t *ret_at);

#ifdef __cplusplus
}
#endif
