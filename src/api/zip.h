/* A zip archive, entry by entry, into a sink. Over libarchive, whose memory is the C library's.
 *
 * Names are ASCII; entries are deflated and bear one time. Threads: one. */
#pragma once
#include "base/buf.h"

struct sj_zip;
typedef enum sj_status (*sj_zip_sink)(void *ctx, const void *bytes, size_t n, struct sj_error *err);

/* The sink is called until sj_zip_close(). */
enum sj_status sj_zip_open(const struct sj_alloc *mem, int64_t time_us, sj_zip_sink sink, void *ctx, struct sj_zip **ret_zip,
                           struct sj_error *err);
enum sj_status sj_zip_add(struct sj_zip *zip, const char *name, struct sj_str bytes, struct sj_error *err);
/* Writes the directory at the end, when `whole`; else what was written is not an archive. Frees the zip in any case. */
enum sj_status sj_zip_close(struct sj_zip *zip, bool whole, struct sj_error *err);
