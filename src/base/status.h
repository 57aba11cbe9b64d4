/* Status and error: how every function says that it could not do its work.
 *
 * A function that can fail returns enum sj_status and takes, last, a `struct sj_error *err` that the caller owns and that may be
 * NULL. On failure the outputs (`ret_…`) are untouched and err->message says what was attempted, what was expected, what was
 * found and where. On success err is untouched.
 *
 * Language: err->lang chooses the language of the message; the format given to sj_fail() is the key in the message catalogues
 * (base/text.h). Library code never prints, exits or logs.
 * Threads: an error belongs to one thread. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include "base/text.h"

/* One table: status, name (stable, for machines), HTTP status, exit code of the command line. */
#define SJ_STATUSES(X)                                                                                         \
    X(SJ_OK, "ok", 200, 0)                                                                                     \
    X(SJ_E_USAGE, "usage", 400, 2)     /* the request is wrong in itself: an unknown flag, a window of zero */ \
    X(SJ_E_INPUT, "bad_input", 422, 1) /* data from outside cannot be read as what it should be */             \
    X(SJ_E_LIMIT, "limit", 413, 1)     /* a stated limit is reached */                                         \
    X(SJ_E_NOT_FOUND, "not_found", 404, 1)                                                                     \
    X(SJ_E_EXISTS, "exists", 409, 1)                                                                           \
    X(SJ_E_BUSY, "busy", 423, 1)       /* somebody else holds what is needed */                                \
    X(SJ_E_CORRUPT, "corrupt", 500, 1) /* bytes of the store are not what was written */                       \
    X(SJ_E_VERSION, "version", 500, 1) /* written by a newer Sojourn */                                        \
    X(SJ_E_IO, "io", 500, 1)                                                                                   \
    X(SJ_E_FULL, "disk_full", 507, 1)                                                                          \
    X(SJ_E_MEMORY, "memory", 503, 1)                                                                           \
    X(SJ_E_CANCELLED, "cancelled", 499, 1)                                                                     \
    X(SJ_E_BUG, "bug", 500, 1) /* our own mistake, found in time */

enum sj_status {
#define X(status, name, http, code) status,
    SJ_STATUSES(X)
#undef X
};

struct sj_error {
    enum sj_status status;
    enum sj_lang lang;
    char message[1000];
};

/* Fills `err` (when not NULL) with the translated, formatted message and returns `status`, so that
 * `return sj_fail(err, SJ_E_INPUT, "line %zu: …", line);` is one line. A message that is too long ends in "…". */
enum sj_status sj_fail(struct sj_error *err, enum sj_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The one message for memory that could not be had. `bytes`: what was asked for. */
enum sj_status sj_fail_memory(struct sj_error *err, size_t bytes);

/* Puts "<text>: " before the message of an error that has happened: where it happened, said by those who know. */
enum sj_status sj_fail_in(struct sj_error *err, enum sj_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* `text` (marked SJ_T) in the language of the error: for a reason that is put into a message. */
const char *sj_error_text(const struct sj_error *err, const char *text);

const char *sj_status_name(enum sj_status status);
int sj_status_http(enum sj_status status);
int sj_status_exit(enum sj_status status);

/* Returns from the enclosing function with the status of `call` unless it is SJ_OK. For functions that hold nothing. */
#define SJ_TRY(call)                           \
    do {                                       \
        enum sj_status sj_try_status = (call); \
        if (sj_try_status != SJ_OK)            \
            return sj_try_status;              \
    } while (0)

/* The same for functions that hold something: sets `status` (a local) and jumps to `cleanup`. */
#define SJ_TRY_CLEAN(call)   \
    do {                     \
        status = (call);     \
        if (status != SJ_OK) \
            goto cleanup;    \
    } while (0)
