/* CSV: every way to scan, and every chunk size, gives the same rows. The first bytes choose delimiter, quote and chunk. */
#include <stdint.h>
#include <stdlib.h>

#include "ingest/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum sj_status read_memory(void *ctx, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    (void)err;
    struct sj_str *left = ctx;
    *ret_n = left->n < n ? left->n : n;
    if (*ret_n > 0)
        memcpy(bytes, left->p, *ret_n);
    left->p += *ret_n;
    left->n -= *ret_n;
    return SJ_OK;
}

static void add(struct sj_buf *out, const void *bytes, size_t n) {
    if (sj_buf_append(out, bytes, n, NULL) != SJ_OK)
        abort();
}

static void print_rows(struct sj_str text, const struct sj_csv_options *options, struct sj_buf *out) {
    struct sj_csv csv;
    struct sj_csv_row row;
    sj_buf_reset(out);
    sj_csv_init(&csv, sj_alloc_libc(), options, read_memory, &text);
    while (sj_csv_next(&csv, &row, NULL) == SJ_OK && row.fields != NULL) {
        add(out, &row.line, sizeof row.line);
        add(out, &row.fault, sizeof row.fault);
        add(out, &row.fault_at, sizeof row.fault_at);
        add(out, row.raw.p, row.raw.n);
        for (size_t i = 0; i < row.n_fields && i < SJ_FILE_COLUMNS_MAX; i++) {
            add(out, &row.fields[i].n, sizeof row.fields[i].n);
            add(out, row.fields[i].p, row.fields[i].n);
        }
    }
    sj_csv_done(&csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char quotes[] = {'"', '\'', SJ_CSV_NO_QUOTE};
    static const enum sj_csv_scan scans[] = {SJ_CSV_SCAN_SSE2, SJ_CSV_SCAN_AVX2};
    struct sj_buf plain, other;
    if (size < 3)
        return 0;
    const struct sj_str text = {(const char *)data + 3, size - 3};
    struct sj_csv_options options = {
        .delimiter = ",;\t|"[data[0] % 4], .quote = quotes[data[1] % 3], .scan = SJ_CSV_SCAN_PLAIN, .chunk_bytes = 1 + (size_t)data[2]};
    sj_buf_init(&plain, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&other, sj_alloc_libc(), SIZE_MAX);
    print_rows(text, &options, &plain);
    options.chunk_bytes = 0;
    for (size_t i = 0; i < 2; i++) {
        options.scan = scans[i];
        if (!sj_csv_scan_is_available(scans[i]))
            continue;
        print_rows(text, &options, &other);
        if (plain.n != other.n || (plain.n > 0 && memcmp(plain.data, other.data, plain.n) != 0))
            abort();
    }
    sj_buf_done(&plain);
    sj_buf_done(&other);
    return 0;
}
