/* A segment: blocks in key order with a directory, immutable. In a file, or in memory (a blob of the inbox is one).
 *
 * Writing: init, add rows in rising key order (each call becomes one block), finish. Reading: open over bytes that outlive it.
 * Opening checks header, footer and directory; blocks are checked as they are read. Threads: an open segment is read-only. */
#pragma once
#include "store/block.h"

struct sj_segment {
    const uint8_t *bytes;
    uint64_t n_bytes, n_events, n_customers;
    const struct sj_disk_entry *blocks;
    uint64_t n_blocks;
    const char *path; /* of the file that is mapped, set by who has mapped it: memory that was read may be given back and comes again.
                       * NULL: in memory */
};

enum sj_status sj_segment_open(const uint8_t *bytes, uint64_t n_bytes, struct sj_segment *ret_segment, struct sj_error *err);

/* What came of reading the segment: `status`, or SJ_E_IO when the disk could not give a part of it, for then zeros were read. To be
 * asked when something was read, with whatever result, and before it is told: rows point into the map, so what passed its checksum may
 * still be lost a moment later. */
enum sj_status sj_segment_check_disk(const struct sj_segment *segment, const struct sj_os *os, enum sj_status status, struct sj_error *err);

/* Opens block i and checks it against the directory. */
enum sj_status sj_segment_block(const struct sj_segment *segment, uint64_t i, struct sj_block *ret_block, struct sj_error *err);

/* Checks that the rows of block i begin and end with the customers that the directory names: seeking goes by them, and without it the
 * blocks of a broken file could overlap. */
enum sj_status sj_segment_check_keys(const struct sj_segment *segment, uint64_t i, const struct sj_rows *rows, struct sj_error *err);

/* sj_block_verify() of block i, that no customer has an event id twice, and that what the directory says of the block is true. */
enum sj_status sj_segment_verify_block(const struct sj_segment *segment, uint64_t i, uint64_t seed, const struct sj_code_limits *limits,
                                       struct sj_shelf *shelf, struct sj_error *err);

/* The first block that may hold keys >= key; n_blocks when there is none. */
uint64_t sj_segment_seek(const struct sj_segment *segment, sj_key key);

struct sj_segment_writer {
    const struct sj_os *os; /* NULL: everything stays in `out` */
    sj_file file;
    struct sj_buf out, directory;
    struct sj_shelf scratch;
    uint64_t n_written, n_events, n_customers;
    int64_t min_time_us, max_time_us;
    sj_key last_key;
};

/* `os` and `file`: where to write (the caller opens, syncs and closes); os NULL: into memory, w->out. */
enum sj_status sj_segment_writer_init(struct sj_segment_writer *w, const struct sj_alloc *mem, const struct sj_os *os, sj_file file,
                                      struct sj_error *err);
enum sj_status sj_segment_writer_add(struct sj_segment_writer *w, const struct sj_rows *rows, struct sj_error *err);
enum sj_status sj_segment_writer_finish(struct sj_segment_writer *w, struct sj_error *err);
void sj_segment_writer_done(struct sj_segment_writer *w);
