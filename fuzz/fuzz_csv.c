/* CSV: every way to scan, every chunk size and every way to cut the text into pieces give the same positions and the same rows. The
 * first bytes choose delimiter, quote and chunk. */
#include "ingest/csv.h"
#include "target.h"

static const enum sj_csv_scan scans[] = {SJ_CSV_SCAN_PLAIN, SJ_CSV_SCAN_SSE2, SJ_CSV_SCAN_AVX2};
enum { N_SCANS = 3 };

/* ---- positions ---- */

/* Scanned in pieces of `piece` bytes. */
static struct sj_csv_index scan_pieces(struct sj_str text, const struct sj_csv_options *options, size_t piece, struct sj_buf *positions) {
    struct sj_csv_index index;
    sj_csv_index_init(&index, options->delimiter, options->quote, options->scan);
    sj_buf_reset(positions);
    for (size_t from = 0, to; from < text.n; from = to) {
        to = text.n - from > piece ? from + piece : text.n;
        require(sj_csv_index_scan(&index, (struct sj_str){text.p, to}, from, positions, NULL) == SJ_OK);
    }
    return index;
}

static void compare_positions(struct sj_str text, struct sj_csv_options options) {
    struct sj_buf plain, other;
    const size_t pieces[] = {SIZE_MAX, options.chunk_bytes};
    sj_buf_init(&plain, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&other, sj_alloc_libc(), SIZE_MAX);
    options.scan = SJ_CSV_SCAN_PLAIN;
    const struct sj_csv_index wanted = scan_pieces(text, &options, SIZE_MAX, &plain);
    for (size_t i = 0; i < N_SCANS * 2; i++) {
        options.scan = scans[i / 2];
        if (!sj_csv_scan_is_available(options.scan))
            continue;
        const struct sj_csv_index got = scan_pieces(text, &options, pieces[i % 2], &other);
        require(sj_str_eq(sj_buf_str(&plain), sj_buf_str(&other)));
        require(got.state == wanted.state && got.seen_nul == wanted.seen_nul && (got.seen_high & 0x80) == (wanted.seen_high & 0x80));
        require(!got.has_quote || got.seen_quote == wanted.seen_quote);
    }
    sj_buf_done(&plain);
    sj_buf_done(&other);
}

/* ---- rows ---- */

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

static void add(struct sj_buf *out, const void *bytes, size_t n) { require(sj_buf_append(out, bytes, n, NULL) == SJ_OK); }

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

static void compare_rows(struct sj_str text, struct sj_csv_options options) {
    struct sj_buf plain, other;
    sj_buf_init(&plain, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&other, sj_alloc_libc(), SIZE_MAX);
    options.scan = SJ_CSV_SCAN_PLAIN;
    print_rows(text, &options, &plain);
    options.chunk_bytes = 0;
    for (size_t i = 1; i < N_SCANS; i++) {
        options.scan = scans[i];
        if (!sj_csv_scan_is_available(scans[i]))
            continue;
        print_rows(text, &options, &other);
        require(sj_str_eq(sj_buf_str(&plain), sj_buf_str(&other)));
    }
    sj_buf_done(&plain);
    sj_buf_done(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    static const char delimiters[] = ",;\t|", quotes[] = {'"', '\'', SJ_CSV_NO_QUOTE};
    struct input in = {bytes, n};
    struct sj_csv_options options = {0};
    options.delimiter = delimiters[take_byte(&in) % 4];
    options.quote = quotes[take_byte(&in) % 3];
    options.chunk_bytes = (size_t)1 + take_byte(&in);
    const struct sj_str text = take_rest(&in);
    compare_positions(text, options);
    compare_rows(text, options);
    return 0;
}
