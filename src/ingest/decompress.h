/* Decompression of a stream: gz (RFC 1952, several members one after the other) and zst (RFC 8878, several frames).
 *
 * Invariants: (1) the end is reported only where the data says so: a file that stops in the middle is an error; (2) checksums in the
 * data are checked. Memory: what the formats need, at most 128 MiB (the largest window of zst that is accepted).
 * Threads: one at a time. */
#pragma once
#include "ingest/source.h"

struct sj_unpacker;

/* Gives up to n raw bytes; *ret_n == 0 is their end. */
typedef enum sj_status (*sj_raw_read)(void *ctx, void *bytes, size_t n, size_t *ret_n, struct sj_error *err);

#define SJ_MAGIC_BYTES 4
enum sj_compression sj_compression_of(struct sj_str first_bytes); /* by the first SJ_MAGIC_BYTES */
const char *sj_compression_name(enum sj_compression compression); /* "gz", "zst"; "none" */

enum sj_status sj_unpacker_new(const struct sj_alloc *mem, enum sj_compression compression, sj_raw_read read, void *read_ctx,
                               struct sj_unpacker **ret_unpacker, struct sj_error *err);
void sj_unpacker_free(struct sj_unpacker *unpacker);

/* Up to n bytes, at least one unless the end is reached: then *ret_n == 0. Errors: SJ_E_INPUT says what is wrong and near which
 * byte of the file. After an error the unpacker can only be freed. */
enum sj_status sj_unpacker_read(struct sj_unpacker *unpacker, void *bytes, size_t n, size_t *ret_n, struct sj_error *err);
