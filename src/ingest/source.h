/* A source: the bytes of a file or of standard input, decompressed and made into UTF-8, read in order.
 *
 *   file ── raw bytes ──┬─ digest
 *                       └─ gz / zst ── text in its encoding ── UTF-8 ── read()
 *
 * The beginning (the head) is kept, so that a reader can be sent over it once to find out what the file is, and then over the
 * whole: standard input is never read twice.
 *
 * Use: open; look at the raw head; decode() when it is text; then begin(SAMPLE), read to the end of the head, and begin(WHOLE),
 * read to the end of the file. begin(WHOLE) is possible once.
 * Invariants: (1) the digest is that of the bytes on disk, and complete when read() has given 0; (2) UTF-8 passes through
 * untouched, bad bytes included: the reader refuses the row; what another encoding cannot mean comes as the byte 0xFF, which is
 * never UTF-8; (3) a byte order mark is not passed on. Threads: one at a time. */
#pragma once
#include "base/hash.h"
#include "os/os.h"

struct sj_source;

enum sj_encoding {
    SJ_ENCODING_FIND,
    SJ_ENCODING_RAW, /* bytes as they are, the mark included: for readers that find the encoding by themselves (XML) */
    SJ_ENCODING_UTF_8,
    SJ_ENCODING_UTF_16LE,
    SJ_ENCODING_UTF_16BE,
    SJ_ENCODING_WINDOWS_1252,
    SJ_ENCODING_LATIN_1,
};
const char *sj_encoding_name(enum sj_encoding encoding); /* "utf-8", "windows-1252", … */
/* By name, as a user writes it. Errors: SJ_E_USAGE lists the names. Empty: SJ_ENCODING_FIND. */
enum sj_status sj_encoding_of(struct sj_str name, enum sj_encoding *ret_encoding, struct sj_error *err);

enum sj_compression { SJ_COMPRESSION_NONE, SJ_COMPRESSION_GZ, SJ_COMPRESSION_ZST };

#define SJ_SOURCE_HEAD_BYTES ((size_t)1 << 20) /* after decompression, before decoding */

/* `path` "-" is standard input. Reads the head. Errors: a missing file, a folder, compressed data that is broken. */
enum sj_status sj_source_open(const struct sj_os *os, const struct sj_alloc *mem, const char *path, struct sj_source **ret_source,
                              struct sj_error *err);
void sj_source_close(struct sj_source *source);

/* Reads on, so that the head is twice as long; for files whose first rows come late. False when the file ends in the head, or when the
 * head has SJ_SOURCE_HEAD_MAX bytes. Before begin(WHOLE) only. */
#define SJ_SOURCE_HEAD_MAX ((size_t)64 << 20)
enum sj_status sj_source_extend(struct sj_source *source, bool *ret_is_longer, struct sj_error *err);

/* The head as it came out of decompression. Good until the next extend() and begin(WHOLE). */
struct sj_str sj_source_head(const struct sj_source *source);

/* Settles the encoding; with SJ_ENCODING_FIND by the mark, by the pattern of NUL bytes, else UTF-8 where the head is that, else
 * Windows-1252. Without this call the bytes stay raw. */
enum sj_encoding sj_source_decode(struct sj_source *source, enum sj_encoding encoding);
enum sj_encoding sj_source_encoding(const struct sj_source *source);
enum sj_compression sj_source_compression(const struct sj_source *source);

enum sj_source_pass { SJ_SOURCE_SAMPLE, SJ_SOURCE_WHOLE };
enum sj_status sj_source_begin(struct sj_source *source, enum sj_source_pass pass, struct sj_error *err);

/* Up to `n_bytes` (at least 8), as many as come at once; *ret_n == 0 is the end (of the head when sampling). The last character may
 * be cut in two. */
enum sj_status sj_source_read(struct sj_source *source, void *bytes, size_t n_bytes, size_t *ret_n, struct sj_error *err);

/* True when sampling and the file goes on after the head: the last row of the pass is then probably cut in two, and a reader
 * leaves it out in silence. */
bool sj_source_is_cut(const struct sj_source *source);

uint64_t sj_source_bytes_done(const struct sj_source *source);  /* of the file as it lies on disk */
uint64_t sj_source_bytes_total(const struct sj_source *source); /* 0: not known */
struct sj_hash128 sj_source_digest(const struct sj_source *source);

/* Called after every read of the file in the pass WHOLE, at least once for each MiB. */
void sj_source_on_progress(struct sj_source *source, void (*progress)(void *ctx), void *ctx);
