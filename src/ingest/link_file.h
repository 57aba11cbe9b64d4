/* Files of links between identities: CSV with a header, two identities a row, and a time where it is known.
 *
 *   anonymous,user,time            the header names the types (store/identity.h), or as columns of events are called; in any order
 *   f3a9,17,2026-03-01T10:00:00Z   "anonymous:f3a9" and "17" are one person, as seen then
 *
 * The delimiter is a comma, a semicolon or a tab, as the header has it. Rows in which one of the two is empty are passed over. */
#pragma once
#include "base/time.h"
#include "store/store.h"

struct sj_link_file {
    const struct sj_os *os;
    const struct sj_alloc *mem;
    const char *path;           /* "-": standard input */
    const struct sj_zone *zone; /* of times without offset */
    int64_t time_us;            /* of rows without a time */
    /* Copies what it keeps. */
    enum sj_status (*link)(void *ctx, struct sj_str a, struct sj_str b, int64_t time_us, struct sj_error *err);
    void *ctx;
};
/* Errors: SJ_E_INPUT with the line: nothing of the file should be kept then. */
enum sj_status sj_link_file_read(const struct sj_link_file *file, uint64_t *ret_n_links, struct sj_error *err);
