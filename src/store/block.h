/* A block: some whole customers with all their columns, encoded. The unit of reading, checking and merging.
 *
 * Encoding: rows in, bytes out. Decoding: bytes in, the wanted columns out, every byte that is read checked against its checksum
 * first, every number that is used as an index checked against its bound, so that a broken or hostile file is SJ_E_CORRUPT and
 * nothing worse. Identities and texts are views into the block's bytes. Threads: none shared. */
#pragma once
#include "store/format.h"
#include "base/shelf.h"
#include "store/store.h"

/* Appends one block for `rows` (identities included) to `out`. Rows must hold the invariants of rows.h.
 * `scratch` is used and left reset. */
enum sj_status sj_block_encode(const struct sj_rows *rows, struct sj_shelf *scratch, struct sj_buf *out, struct sj_error *err);

struct sj_block {
    const uint8_t *bytes;
    const struct sj_disk_section *sections;
    uint32_t n_sections, n_fixed, n_events, n_customers; /* n_fixed: sections of the parts that every row has, which stand first */
};

/* Opens a block at `bytes` (8-aligned, n_bytes readable): header and section table are checked, sections are not. */
enum sj_status sj_block_open(const uint8_t *bytes, uint64_t n_bytes, struct sj_block *ret_block, struct sj_error *err);

/* How many names the store has: codes in the block must be below, and columns of the kind that the catalog says. */
struct sj_code_limits {
    uint32_t n_touchpoints, n_channels, n_columns;
    const uint8_t *kinds;     /* enum sj_kind by column */
    uint16_t identity_column; /* whose an event is (store/homes.h); 0: always the customer's */
};

/* Decodes the wanted columns. The rows live in `shelf` (good until it is reset) and in the block's bytes. */
enum sj_status sj_block_decode(const struct sj_block *block, const struct sj_wanted *wanted, const struct sj_code_limits *limits,
                               struct sj_shelf *shelf, struct sj_rows *ret_rows, struct sj_error *err);

/* The dictionary of a text column of the block; none (*ret_n == 0) when the block does not have the column. In `shelf`. */
enum sj_status sj_block_texts(const struct sj_block *block, uint16_t column, struct sj_shelf *shelf, const struct sj_str **ret_texts,
                              size_t *ret_n, struct sj_error *err);

/* Checks every section's checksum. */
enum sj_status sj_block_check_sums(const struct sj_block *block, struct sj_error *err);

/* Checks what decoding does not need to: all checksums, padding up to n_bytes, dictionaries, values, and keys (unless `seed` is 0). */
enum sj_status sj_block_verify(const struct sj_block *block, uint64_t n_bytes, uint64_t seed, const struct sj_code_limits *limits,
                               struct sj_shelf *shelf, struct sj_error *err);
