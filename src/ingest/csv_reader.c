/* The reader for CSV: the columns' names once, then every row into the loader. */
#include "ingest/csv.h"

#include <stdio.h>

struct csv_reader {
    struct sj_csv csv;
    struct sj_source *source;
    struct sj_loader *loader;
    const struct sj_ingest_options *options;
    const struct sj_alloc *mem;
    struct sj_field *fields; /* n_columns, with column and kind filled in */
    size_t n_columns;
    size_t n_above; /* rows above the header that were passed over */
};

static enum sj_status read_source(void *ctx, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    return sj_source_read(ctx, bytes, n, ret_n, err);
}

/* A file may give two columns the same name, or none: "column_3", and "price_2" for the second "price". */
static enum sj_status add_column(struct csv_reader *r, size_t idx, struct sj_str name, struct sj_error *err) {
    char text[SJ_NAME_BYTES_MAX + 32];
    name = sj_str_trim(name);
    if (name.n > SJ_NAME_BYTES_MAX)
        return sj_fail(err, SJ_E_LIMIT,
                       "the name of column %zu in the header is longer than %d bytes. Shorten it, or is the first row no "
                       "header (--no-header)?",
                       idx + 1, SJ_NAME_BYTES_MAX);
    for (size_t again = 1;; again++) {
        struct sj_str unique = name;
        if (name.n == 0 || again > 1) {
            int n = name.n == 0 ? snprintf(text, sizeof text, again > 1 ? "column_%zu_%zu" : "column_%zu", idx + 1, again)
                                : snprintf(text, sizeof text, "%.*s_%zu", SJ_ARG(name), again);
            unique = (struct sj_str){text, (size_t)n};
        }
        uint32_t column;
        SJ_TRY(sj_loader_column(r->loader, unique, &column, err));
        size_t i = 0;
        while (i < idx && r->fields[i].column != column)
            i++;
        if (i < idx)
            continue;
        if (again > 1)
            sj_loader_treat_as(r->loader, column, name);
        r->fields[idx].column = column;
        r->fields[idx].kind = SJ_FIELD_PLAIN;
        return SJ_OK;
    }
}

/* A line such as "sep=;" is a message to a spreadsheet. */
static bool is_separator_line(const struct sj_csv_row *row) {
    return row->line == 1 && row->raw.n <= 5 && row->raw.n >= 4 && memcmp(row->raw.p, "sep=", 4) == 0;
}

static void tell_fault(const struct csv_reader *r, const struct sj_csv_row *row, struct sj_error *why) {
    const size_t at = row->fault_at + 1;
    const unsigned byte = (uint8_t)row->raw.p[row->fault_at];
    switch (row->fault) {
    case SJ_CSV_NOT_UTF_8:
        if (sj_source_encoding(r->source) == SJ_ENCODING_UTF_8)
            sj_fail(why, SJ_E_INPUT,
                    "byte %zu of the row (0x%02X) is not UTF-8. If the file has another encoding, say so: --encoding "
                    "windows-1252",
                    at, byte);
        else
            sj_fail(why, SJ_E_INPUT,
                    "at byte %zu of the row stands something that is no character in %s. Is the encoding right "
                    "(--encoding)?",
                    at, sj_encoding_name(sj_source_encoding(r->source)));
        break;
    case SJ_CSV_NUL: sj_fail(why, SJ_E_INPUT, "byte %zu of the row is a NUL, which is no text", at); break;
    default:
        sj_fail(why, SJ_E_INPUT,
                "text follows the closing quote of the field that begins at byte %zu of the row; a quote inside a quoted "
                "field is written twice",
                at);
        break;
    }
}

static enum sj_status take_header(struct csv_reader *r, const struct sj_csv_row *row, struct sj_error *err) {
    if (row->n_fields > SJ_FILE_COLUMNS_MAX)
        return sj_fail(err, SJ_E_LIMIT, "the first row has %zu columns; at most %d are read. Is the separator right (--delimiter)?",
                       row->n_fields, SJ_FILE_COLUMNS_MAX);
    if (row->fault == SJ_CSV_OPEN_QUOTE)
        return sj_fail(err, SJ_E_INPUT,
                       "a quote (%c) that opens in line %llu never closes: correct that line, or say with --quote none "
                       "that the file has no quotes",
                       r->csv.index.quote, (unsigned long long)row->line);
    struct sj_error why = {.lang = err != NULL ? err->lang : SJ_EN};
    if (row->fault != SJ_CSV_SOUND && r->options->header == 1) {
        tell_fault(r, row, &why);
        return sj_fail(err, SJ_E_INPUT, "the header in line %llu cannot be read: %s", (unsigned long long)row->line, why.message);
    }
    SJ_TRY(sj_mem_new(r->mem, row->n_fields, sizeof *r->fields, (void *)&r->fields, err));
    r->n_columns = row->n_fields;
    for (size_t i = 0; i < row->n_fields; i++)
        SJ_TRY(add_column(r, i, r->options->header == 0 ? SJ_LIT("") : row->fields[i], err));
    return SJ_OK;
}

static enum sj_status reject(struct csv_reader *r, const struct sj_csv_row *row, const struct sj_error *why, struct sj_error *err) {
    const struct sj_reject item = {.line = row->line, .reason = sj_str(why->message), .raw = row->raw};
    return sj_loader_reject(r->loader, &item, err);
}

static enum sj_status reject_fault(struct csv_reader *r, const struct sj_csv_row *row, struct sj_error *err) {
    struct sj_error why = {.lang = err != NULL ? err->lang : SJ_EN};
    tell_fault(r, row, &why);
    return reject(r, row, &why, err);
}

static enum sj_status reject_width(struct csv_reader *r, const struct sj_csv_row *row, struct sj_error *err) {
    struct sj_error why = {.lang = err != NULL ? err->lang : SJ_EN};
    sj_fail(&why, SJ_E_INPUT, "the row has %zu fields, but the file has %zu columns", row->n_fields, r->n_columns);
    return reject(r, row, &why, err);
}

/* One empty field too many is a separator at the end of the line. */
static bool has_right_width(const struct csv_reader *r, const struct sj_csv_row *row) {
    return row->n_fields == r->n_columns ||
           (row->n_fields == r->n_columns + 1 && row->n_fields <= SJ_FILE_COLUMNS_MAX && row->fields[r->n_columns].n == 0);
}

static enum sj_status take_row(struct csv_reader *r, const struct sj_csv_row *row, struct sj_error *err) {
    if (row->fault == SJ_CSV_OPEN_QUOTE)
        return sj_fail(err, SJ_E_INPUT,
                       "a quote (%c) opens in the row that begins in line %llu and never closes, so that the rows after it cannot be told "
                       "apart. Correct that line, or say with --quote none that the file has no quotes",
                       r->csv.index.quote, (unsigned long long)row->line);
    if (row->fault != SJ_CSV_SOUND)
        return reject_fault(r, row, err);
    if (!has_right_width(r, row))
        return reject_width(r, row, err);
    for (size_t i = 0; i < r->n_columns; i++)
        r->fields[i].text = row->fields[i];
    const struct sj_row whole = {.fields = r->fields, .n_fields = r->n_columns, .line = row->line, .raw = row->raw};
    return sj_loader_row(r->loader, &whole, err);
}

/* When only the beginning of the file is looked at, its last row is cut in two. */
static bool is_cut_off(const struct csv_reader *r, const struct sj_csv_row *row) {
    const bool is_last = row->raw.p + row->raw.n == (const char *)r->csv.text.data + r->csv.text.n && r->csv.at_end;
    return is_last && sj_source_is_cut(r->source);
}

static enum sj_status read_rows(struct csv_reader *r, struct sj_error *err) {
    while (!sj_loader_is_full(r->loader)) {
        struct sj_csv_row row;
        SJ_TRY(sj_csv_next(&r->csv, &row, err));
        if (row.fields == NULL || is_cut_off(r, &row))
            break;
        if (is_separator_line(&row))
            continue;
        if (r->n_above < r->options->n_above) {
            r->n_above++;
            continue;
        }
        const bool is_first = r->fields == NULL;
        if (is_first)
            SJ_TRY(take_header(r, &row, err));
        if (!is_first || r->options->header == 0)
            SJ_TRY(take_row(r, &row, err));
    }
    return SJ_OK;
}

enum sj_status sj_csv_read(struct sj_source *source, struct sj_loader *loader, const struct sj_ingest_options *options,
                           const struct sj_alloc *mem, struct sj_error *err) {
    struct csv_reader r = {.source = source, .loader = loader, .options = options, .mem = mem};
    const struct sj_csv_options csv_options = {.delimiter = options->delimiter, .quote = options->quote};
    sj_csv_init(&r.csv, mem, &csv_options, read_source, source);
    const enum sj_status status = read_rows(&r, err);
    sj_csv_done(&r.csv);
    sj_mem_free(mem, r.fields);
    return status;
}
