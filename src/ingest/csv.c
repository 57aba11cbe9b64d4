#include "ingest/csv.h"

#include "ingest/encoding.h"

void sj_csv_init(struct sj_csv *csv, const struct sj_alloc *mem, const struct sj_csv_options *options, sj_csv_input input,
                 void *input_ctx) {
    *csv = (struct sj_csv){.input = input, .input_ctx = input_ctx, .line = 1};
    csv->chunk_bytes = options->chunk_bytes > 0 ? options->chunk_bytes : SJ_CSV_CHUNK_BYTES;
    sj_csv_index_init(&csv->index, options->delimiter, options->quote, options->scan);
    const size_t text_max = 2 * SJ_CSV_ROW_BYTES_MAX + csv->chunk_bytes;
    sj_buf_init(&csv->text, mem, text_max);
    sj_buf_init(&csv->positions, mem, SIZE_MAX);
    sj_buf_init(&csv->fields, mem, SJ_FILE_COLUMNS_MAX * sizeof(struct sj_str));
    sj_buf_init(&csv->scratch, mem, text_max);
}

void sj_csv_done(struct sj_csv *csv) {
    sj_buf_done(&csv->text);
    sj_buf_done(&csv->positions);
    sj_buf_done(&csv->fields);
    sj_buf_done(&csv->scratch);
}

/* Moves the row that has begun to the front, with its positions. */
static void drop_read_rows(struct sj_csv *csv) {
    uint32_t *positions = (uint32_t *)(void *)csv->positions.data;
    size_t n_positions = csv->positions.n / sizeof *positions - csv->position;
    if (csv->row_from == 0)
        return;
    for (size_t i = 0; i < n_positions; i++)
        positions[i] = positions[csv->position + i] - (uint32_t)csv->row_from;
    memmove(csv->text.data, csv->text.data + csv->row_from, csv->text.n - csv->row_from);
    csv->text.n -= csv->row_from;
    csv->positions.n = n_positions * sizeof *positions;
    csv->row_from = csv->position = 0;
}

static enum sj_status fail_long_row(const struct sj_csv *csv, struct sj_error *err) {
    const unsigned long long line = csv->line;
    if (csv->index.state == SJ_CSV_QUOTED)
        return sj_fail(err, SJ_E_LIMIT,
                       "the row that begins in line %llu does not end within 16 MiB: a quote (%c) that opens there probably never "
                       "closes. Correct that line, or say with --quote none that the file has no quotes",
                       line, csv->index.quote);
    return sj_fail(err, SJ_E_LIMIT,
                   "the row that begins in line %llu does not end within 16 MiB. A text file with one row in each line was expected: "
                   "export the data again as CSV",
                   line);
}

/* The flags of the index are those of the bytes that are left. */
static void flag_bytes(struct sj_csv *csv) {
    uint8_t high = 0;
    bool nul = false, quote = false;
    for (size_t i = 0; i < csv->text.n; i++) {
        high |= csv->text.data[i];
        nul |= csv->text.data[i] == 0;
        quote |= (char)csv->text.data[i] == csv->index.quote;
    }
    csv->index.seen_high = high;
    csv->index.seen_nul = nul;
    csv->index.seen_quote = quote;
}

/* Reads on; as much again as a long row has already, so that reading it costs a few passes at most. */
static enum sj_status read_more(struct sj_csv *csv, struct sj_error *err) {
    drop_read_rows(csv);
    if (csv->text.n > SJ_CSV_ROW_BYTES_MAX)
        return fail_long_row(csv, err);
    flag_bytes(csv);
    const size_t from = csv->text.n, want = from > csv->chunk_bytes ? from : csv->chunk_bytes;
    SJ_TRY(sj_buf_reserve(&csv->text, want, err));
    size_t got;
    SJ_TRY(csv->input(csv->input_ctx, csv->text.data + from, want, &got, err));
    csv->text.n += got;
    csv->at_end = got == 0;
    return sj_csv_index_scan(&csv->index, sj_buf_str(&csv->text), from, &csv->positions, err);
}

/* Takes the quotes off a field that begins with one. False when text follows the closing quote. */
static bool unquote(struct sj_csv *csv, struct sj_str *field) {
    const char quote = csv->index.quote;
    const char *inner = field->p + 1, *end = field->p + field->n;
    const char *close = memchr(inner, quote, (size_t)(end - inner));
    if (close == end - 1) {
        *field = (struct sj_str){inner, (size_t)(close - inner)};
        return true;
    }
    char *begin = (char *)csv->scratch.data + csv->scratch.n, *out = begin;
    while (close != NULL && close + 1 < end && close[1] == quote) {
        const size_t n = (size_t)(close + 1 - inner); /* one of the two quotes included */
        memcpy(out, inner, n);
        out += n;
        inner = close + 2;
        close = memchr(inner, quote, (size_t)(end - inner));
    }
    const char *stop = close != NULL ? close : end;
    memcpy(out, inner, (size_t)(stop - inner));
    out += stop - inner;
    csv->scratch.n += (size_t)(out - begin);
    *field = (struct sj_str){begin, (size_t)(out - begin)};
    return close == end - 1;
}

static enum sj_status add_field(struct sj_csv *csv, struct sj_csv_row *row, size_t from, size_t to, struct sj_error *err) {
    const char *text = (const char *)csv->text.data;
    struct sj_str field = {text + from, to - from};
    if (field.n > 0 && csv->index.has_quote && field.p[0] == csv->index.quote) {
        if (csv->scratch.n == 0) /* for the whole row, so that views into it stay good */
            SJ_TRY(sj_buf_reserve(&csv->scratch, csv->text.n - csv->row_from, err));
        if (!unquote(csv, &field) && row->fault == SJ_CSV_SOUND) {
            row->fault = SJ_CSV_AFTER_QUOTE;
            row->fault_at = from - csv->row_from;
        }
    }
    row->n_fields++;
    if (row->n_fields > SJ_FILE_COLUMNS_MAX)
        return SJ_OK;
    return sj_buf_append(&csv->fields, &field, sizeof field, err);
}

/* The fields of the row that begins at row_from. *ret_to: its end; SIZE_MAX when the row is not there to its end. */
static enum sj_status collect_fields(struct sj_csv *csv, struct sj_csv_row *row, size_t *ret_to, struct sj_error *err) {
    const uint32_t *positions = (const uint32_t *)(const void *)csv->positions.data;
    const size_t n = csv->positions.n / sizeof *positions;
    size_t from = csv->row_from;
    sj_buf_reset(&csv->fields);
    sj_buf_reset(&csv->scratch);
    for (size_t i = csv->position; i < n; i++) {
        const size_t at = positions[i];
        SJ_TRY(add_field(csv, row, from, at, err));
        from = at + 1;
        if ((char)csv->text.data[at] == csv->index.delimiter)
            continue;
        csv->position = i + 1;
        *ret_to = at;
        return SJ_OK;
    }
    *ret_to = SIZE_MAX;
    if (!csv->at_end)
        return SJ_OK;
    csv->position = n;
    *ret_to = csv->text.n;
    return from == csv->row_from && from == csv->text.n ? SJ_OK : add_field(csv, row, from, csv->text.n, err);
}

static uint64_t count_line_ends(struct sj_str s) {
    uint64_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n' || (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n'));
    return n;
}

static void find_bad_bytes(const struct sj_csv *csv, struct sj_csv_row *row) {
    const char *nul = csv->index.seen_nul ? memchr(row->raw.p, '\0', row->raw.n) : NULL;
    if (nul != NULL) {
        row->fault = SJ_CSV_NUL;
        row->fault_at = (size_t)(nul - row->raw.p);
    } else if ((csv->index.seen_high & 0x80) != 0 && !sj_str_is_utf8(row->raw)) {
        row->fault = SJ_CSV_NOT_UTF_8;
        row->fault_at = sj_utf8_bad_at(row->raw);
    }
}

/* Goes behind the row's line end; counts lines. True when it was a row, not an empty line or the second half of CRLF. */
static bool finish_row(struct sj_csv *csv, struct sj_csv_row *row, size_t to) {
    row->raw = (struct sj_str){(const char *)csv->text.data + csv->row_from, to - csv->row_from};
    row->line = csv->line;
    const char end = to < csv->text.n ? (char)csv->text.data[to] : '\0';
    const bool rest_of_crlf = csv->after_cr && row->raw.n == 0 && end == '\n';
    const bool quoted =
        csv->index.has_quote && csv->index.seen_quote && row->raw.n > 0 && memchr(row->raw.p, csv->index.quote, row->raw.n) != NULL;
    csv->line += quoted ? count_line_ends(row->raw) : 0;
    csv->line += rest_of_crlf ? 0 : 1;
    csv->after_cr = end == '\r';
    csv->row_from = to < csv->text.n ? to + 1 : to;
    if (row->n_fields <= 1 && sj_str_trim(row->raw).n == 0)
        return false;
    if (csv->index.seen_nul || (csv->index.seen_high & 0x80) != 0)
        find_bad_bytes(csv, row);
    if (to == csv->text.n && csv->index.state == SJ_CSV_QUOTED) {
        row->fault = SJ_CSV_OPEN_QUOTE;
        row->fault_at = 0;
    }
    return true;
}

enum sj_status sj_csv_next(struct sj_csv *csv, struct sj_csv_row *ret_row, struct sj_error *err) {
    for (;;) {
        struct sj_csv_row row = {0};
        size_t to;
        SJ_TRY(collect_fields(csv, &row, &to, err));
        if (to == SIZE_MAX) {
            SJ_TRY(read_more(csv, err));
            continue;
        }
        const bool is_end = csv->at_end && csv->row_from == csv->text.n;
        if (!is_end && !finish_row(csv, &row, to))
            continue;
        row.fields = is_end ? NULL : (const struct sj_str *)(const void *)csv->fields.data;
        *ret_row = row;
        return SJ_OK;
    }
}
