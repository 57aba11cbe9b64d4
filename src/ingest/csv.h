/* CSV: rows of fields out of a stream of UTF-8 text.
 *
 *   read() ── text ── positions (csv_index.h) ── rows: fields are views into the text, or into `scratch` where quotes were doubled
 *
 * Invariants: (1) a row's views are good until the next call; (2) lines are physical lines, from 1; (3) empty lines are no rows.
 * Memory: one chunk, or the longest row. Threads: one at a time. */
#pragma once
#include "ingest/csv_index.h"
#include "ingest/loader.h"

#define SJ_CSV_ROW_BYTES_MAX ((size_t)16 << 20)
#define SJ_CSV_CHUNK_BYTES ((size_t)256 << 10)

/* Gives up to n bytes; *ret_n == 0 is the end. */
typedef enum sj_status (*sj_csv_input)(void *ctx, void *bytes, size_t n, size_t *ret_n, struct sj_error *err);

struct sj_csv_options {
    char delimiter, quote; /* quote SJ_CSV_NO_QUOTE: none */
    enum sj_csv_scan scan;
    size_t chunk_bytes; /* 0: SJ_CSV_CHUNK_BYTES */
};

enum sj_csv_fault {
    SJ_CSV_SOUND,
    SJ_CSV_AFTER_QUOTE, /* text follows a closing quote */
    SJ_CSV_NOT_UTF_8,
    SJ_CSV_NUL,
    SJ_CSV_OPEN_QUOTE, /* the text ends inside quotes; only for the last row */
};

struct sj_csv_row {
    const struct sj_str *fields; /* unquoted; NULL at the end of the text */
    size_t n_fields;             /* of which at most SJ_FILE_COLUMNS_MAX are in `fields` */
    struct sj_str raw;           /* without the line end */
    uint64_t line;
    enum sj_csv_fault fault;
    size_t fault_at; /* the byte of `raw`, from 0 */
};

struct sj_csv {
    sj_csv_input input;
    void *input_ctx;
    struct sj_csv_index index;
    struct sj_buf text, positions, fields, scratch;
    size_t chunk_bytes, row_from, position; /* where the next row begins: in the text, and among the positions */
    uint64_t line;                          /* of row_from */
    bool after_cr, at_end;
};

void sj_csv_init(struct sj_csv *csv, const struct sj_alloc *mem, const struct sj_csv_options *options, sj_csv_input input, void *input_ctx);
void sj_csv_done(struct sj_csv *csv);

/* The next row; ret_row->fields is NULL at the end. Errors: SJ_E_LIMIT: a row is longer than SJ_CSV_ROW_BYTES_MAX. */
enum sj_status sj_csv_next(struct sj_csv *csv, struct sj_csv_row *ret_row, struct sj_error *err);

/* The reader (loader.h). delimiter, quote and header of the options must be settled (sniff.h). */
enum sj_status sj_csv_read(struct sj_source *source, struct sj_loader *loader, const struct sj_ingest_options *options,
                           const struct sj_alloc *mem, struct sj_error *err);
