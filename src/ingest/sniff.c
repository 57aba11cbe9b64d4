#include "ingest/sniff.h"

#include "ingest/csv.h"
#include "ingest/decimals.h"
#include "ingest/encoding.h"
#include "ingest/kinds.h"
#include "ingest/roles.h"
#include "ingest/times.h"

#define LOOKED_BYTES ((size_t)256 << 10)
#define LOOKED_ROWS 200
#define LOOKED_COLUMNS 256
#define ABOVE_MAX 10 /* rows above the header */

/* ---- the format ---- */

struct known_file {
    const char *magic;
    size_t n;
    const char *what; /* and what to do */
};

static const struct known_file known_files[] = {
    {"PK\x03\x04", 4,
     SJ_T("this is a zip archive or a spreadsheet (such as .xlsx). Open it in the spreadsheet program and save the sheet as "
          "CSV (UTF-8), or unpack the archive")},
    {"\xD0\xCF\x11\xE0", 4, SJ_T("this is an old Office document (such as .xls). Open it and save the sheet as CSV (UTF-8)")},
    {"%PDF", 4, SJ_T("this is a PDF document. Ask for the data behind it as CSV or JSON Lines")},
    {"PAR1", 4, SJ_T("this is a Parquet file, which is not read. Export the data as CSV or JSON Lines")},
    {"Obj\x01", 4, SJ_T("this is an Avro file, which is not read. Export the data as CSV or JSON Lines")},
    {"SQLite format 3", 15, SJ_T("this is a SQLite database. Export the table of events as CSV")},
    {"BZh", 3, SJ_T("this file is compressed with bzip2, which is not read. Unpack it first (bunzip2)")},
    {"\xFD"
     "7zXZ",
     5, SJ_T("this file is compressed with xz, which is not read. Unpack it first (unxz)")},
    {"7z\xBC\xAF", 4, SJ_T("this is a 7z archive. Unpack it first")},
    {"Rar!", 4, SJ_T("this is a rar archive. Unpack it first")},
    {"{\\rtf", 5, SJ_T("this is a text document with formatting (RTF). Save the data as CSV")},
};

static bool begins_with(struct sj_str s, const char *text) {
    const struct sj_str begin = {s.p, strlen(text)};
    return s.n >= begin.n && sj_str_eq_nocase(begin, sj_str(text));
}

static size_t count_nul(struct sj_str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\0';
    return n;
}

static enum sj_status refuse_others(struct sj_str head, struct sj_error *err) {
    for (size_t i = 0; i < sizeof known_files / sizeof known_files[0]; i++)
        if (head.n >= known_files[i].n && memcmp(head.p, known_files[i].magic, known_files[i].n) == 0)
            return sj_fail(err, SJ_E_INPUT, "%s", sj_text(err != NULL ? err->lang : SJ_EN, known_files[i].what));
    const struct sj_str beginning = {head.p, head.n < 512 ? head.n : 512};
    if (count_nul(beginning) > 0 || count_nul(head) > head.n / 1000)
        return sj_fail(
            err, SJ_E_INPUT,
            "this is no text file. CSV, JSON Lines and XES are read, also compressed with gz or zst: export the events as one of "
            "these. If it is text in UTF-16, say so with --encoding utf-16le");
    return SJ_OK;
}

enum sj_status sj_sniff_format(struct sj_str head, enum sj_ingest_format *ret_format, struct sj_error *err) {
    SJ_TRY(refuse_others(head, err));
    const struct sj_str s = sj_str_trim(head);
    if (s.n == 0)
        return sj_fail(err, SJ_E_INPUT, "the file is empty. Was it exported or downloaded to its end?");
    if (begins_with(s, "<!doctype html") || begins_with(s, "<html"))
        return sj_fail(
            err, SJ_E_INPUT,
            "this is a web page (HTML), not data: perhaps a log-in or error page was saved in place of the file. Download the file "
            "again and look at it in a text editor");
    *ret_format = s.p[0] == '<' ? SJ_FORMAT_XES : s.p[0] == '{' || s.p[0] == '[' ? SJ_FORMAT_JSONL : SJ_FORMAT_CSV;
    return SJ_OK;
}

/* ---- rows of the beginning ---- */

struct memory_input {
    struct sj_str left;
};

static enum sj_status read_memory(void *ctx, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    (void)err;
    struct memory_input *input = ctx;
    *ret_n = input->left.n < n ? input->left.n : n;
    memcpy(bytes, input->left.p, *ret_n);
    input->left.p += *ret_n;
    input->left.n -= *ret_n;
    return SJ_OK;
}

/* The beginning of a file, and how many rows of it stand above the header. */
struct beginning {
    const struct sj_alloc *mem;
    struct sj_str head;
    bool is_cut;
    size_t n_above;
};

typedef void (*visit_row)(void *ctx, const struct sj_csv_row *row);

/* Goes over the first rows but not over one that is cut in two. */
static enum sj_status visit_rows(const struct beginning *begin, const struct sj_csv_options *options, visit_row visit, void *ctx,
                                 struct sj_error *err) {
    const struct sj_str head = begin->head;
    const bool cut = begin->is_cut || head.n > LOOKED_BYTES;
    struct memory_input input = {{head.p, head.n < LOOKED_BYTES ? head.n : LOOKED_BYTES}};
    struct sj_csv csv;
    enum sj_status status = SJ_OK;
    sj_csv_init(&csv, begin->mem, options, read_memory, &input);
    for (size_t n = 0; n < LOOKED_ROWS && status == SJ_OK;) {
        struct sj_csv_row row;
        status = sj_csv_next(&csv, &row, err);
        if (status != SJ_OK || row.fields == NULL || row.fault == SJ_CSV_OPEN_QUOTE)
            break;
        if (cut && csv.at_end && csv.row_from == csv.text.n)
            break;
        if (row.line == 1 && row.raw.n >= 4 && row.raw.n <= 5 && begins_with(row.raw, "sep="))
            continue;
        if (n++ >= begin->n_above)
            visit(ctx, &row);
    }
    sj_csv_done(&csv);
    return status;
}

/* ---- rows above the header ---- */

struct above {
    size_t n_rows, n_above;
    bool is_over; /* a row was seen that is no title */
};

/* A title, or a heading over some of the columns, has one cell or leaves half of them empty; usual names below it are the header. */
static void look_above(void *ctx, const struct sj_csv_row *row) {
    struct above *a = ctx;
    size_t n_filled = 0, n_known = 0;
    for (size_t i = 0; i < row->n_fields && i < LOOKED_COLUMNS && !a->is_over; i++) {
        n_filled += sj_str_trim(row->fields[i]).n > 0;
        n_known += sj_role_is_usual(row->fields[i]);
    }
    const bool is_title = n_filled <= 1 || n_filled * 2 <= row->n_fields;
    if (a->is_over || (is_title && ++a->n_rows <= ABOVE_MAX))
        return;
    a->n_above = !is_title && n_known >= 2 ? a->n_rows : 0;
    a->is_over = true;
}

static enum sj_status find_above(struct beginning *begin, const struct sj_csv_options *csv, const struct sj_ingest_options *options,
                                 struct sj_error *err) {
    struct above above = {0};
    begin->n_above = 0;
    if (options->header < 0)
        SJ_TRY(visit_rows(begin, csv, look_above, &above, err));
    begin->n_above = above.n_above;
    return SJ_OK;
}

/* ---- the delimiter ---- */

struct widths {
    size_t n_rows, first, n_known;     /* rows; fields of the first; usual names in the first */
    size_t counts[LOOKED_COLUMNS + 1]; /* rows by number of fields; the last: that many or more */
};

static void count_width(void *ctx, const struct sj_csv_row *row) {
    struct widths *w = ctx;
    if (w->n_rows++ == 0) {
        w->first = row->n_fields;
        for (size_t i = 0; i < row->n_fields && i < LOOKED_COLUMNS; i++)
            w->n_known += sj_role_is_usual(row->fields[i]);
    }
    w->counts[row->n_fields < LOOKED_COLUMNS ? row->n_fields : LOOKED_COLUMNS]++;
}

/* How well the delimiter fits: 0 not at all. Most rows as wide as the first; the more usual names the better; then the more alike
 * the rows, then the wider. */
static size_t weigh(const struct widths *w) {
    const size_t width = w->first < LOOKED_COLUMNS ? w->first : LOOKED_COLUMNS;
    const size_t n_alike = w->counts[width];
    if (width < 2 || n_alike * 2 < w->n_rows)
        return 0;
    return w->n_known * 1000000 + n_alike * 1000 / w->n_rows * 1000 + width;
}

static enum sj_status find_delimiter(struct beginning *begin, struct sj_ingest_options *options, struct sj_error *err) {
    const struct sj_str head = begin->head;
    static const char candidates[] = {',', ';', '\t', '|'};
    size_t best = 0;
    for (size_t i = 0; i < sizeof candidates; i++) {
        const struct sj_csv_options csv = {.delimiter = candidates[i], .quote = options->quote};
        struct widths w = {0};
        SJ_TRY(find_above(begin, &csv, options, err));
        SJ_TRY(visit_rows(begin, &csv, count_width, &w, err));
        const size_t weight = weigh(&w);
        if (weight <= best)
            continue;
        best = weight;
        options->delimiter = candidates[i];
    }
    if (best > 0)
        return SJ_OK;
    struct sj_str line = {head.p, 0};
    while (line.n < head.n && line.n < 80 && line.p[line.n] != '\n' && line.p[line.n] != '\r')
        line.n++;
    line.n = sj_utf8_bad_at(line); /* not half a character */
    const bool aligned = memmem(line.p, line.n, "  ", 2) != NULL;
    if (aligned)
        return sj_fail(err, SJ_E_INPUT,
                       "the columns seem to be aligned by spaces (fixed width), which is not read: \"%.*s\". Save the table as CSV, with a "
                       "comma, semicolon or tab between the columns",
                       SJ_ARG(line));
    return sj_fail(
        err, SJ_E_INPUT,
        "no columns were found: nothing (comma, semicolon, tab or |) separates the rows into the same number of fields. The file "
        "begins with \"%.*s\". If another character separates them, name it with --delimiter",
        SJ_ARG(line));
}

/* ---- the quote ---- */

static void count_apostrophes(void *ctx, const struct sj_csv_row *row) {
    size_t *counts = ctx; /* fields within apostrophes; fields that only begin with one; rows */
    counts[2]++;
    for (size_t i = 0; i < row->n_fields && i < SJ_FILE_COLUMNS_MAX; i++) {
        const struct sj_str f = row->fields[i];
        const bool begins = f.n > 0 && f.p[0] == '\'';
        counts[begins && f.n > 1 && f.p[f.n - 1] == '\'' ? 0 : 1] += begins;
    }
}

static enum sj_status find_quote(const struct beginning *begin, struct sj_ingest_options *options, struct sj_error *err) {
    static const char candidates[] = {',', ';', '\t', '|'};
    options->quote = '"';
    if (memchr(begin->head.p, '"', begin->head.n) != NULL)
        return SJ_OK;
    for (size_t i = 0; i < sizeof candidates; i++) {
        const struct sj_csv_options csv = {.delimiter = options->delimiter != 0 ? options->delimiter : candidates[i],
                                           .quote = SJ_CSV_NO_QUOTE};
        size_t counts[3] = {0};
        SJ_TRY(visit_rows(begin, &csv, count_apostrophes, counts, err));
        if (counts[0] > counts[2] / 2 && counts[1] == 0)
            options->quote = '\'';
    }
    return SJ_OK;
}

/* ---- the header ---- */

struct first_rows {
    size_t n_rows, n_columns, n_known, n_data; /* usual names, and cells that are data by their looks, in the first row */
    size_t n_typed[LOOKED_COLUMNS];            /* the other rows' cells that are numbers or times */
};

static bool looks_like_data(struct sj_str text) {
    int64_t i64;
    return sj_decimal_forms(text) != 0 || sj_text_to_truth(text, &i64) || sj_time_parse_iso(sj_str_trim(text), NULL, &i64, NULL);
}

static void look_at_row(void *ctx, const struct sj_csv_row *row) {
    struct first_rows *f = ctx;
    const size_t n = row->n_fields < LOOKED_COLUMNS ? row->n_fields : LOOKED_COLUMNS;
    if (f->n_rows++ == 0) {
        f->n_columns = n;
        for (size_t i = 0; i < n; i++) {
            f->n_known += sj_role_is_usual(row->fields[i]);
            f->n_data += looks_like_data(row->fields[i]);
        }
        return;
    }
    for (size_t i = 0; i < n; i++)
        f->n_typed[i] += looks_like_data(row->fields[i]);
}

/* A first row with usual names is a header; one with numbers or times is not; else it is taken for one, as most files have it. */
static enum sj_status find_header(struct beginning *begin, struct sj_ingest_options *options, struct sj_error *err) {
    const struct sj_csv_options csv = {.delimiter = options->delimiter, .quote = options->quote};
    struct first_rows f = {0};
    SJ_TRY(find_above(begin, &csv, options, err));
    options->n_above = begin->n_above;
    SJ_TRY(visit_rows(begin, &csv, look_at_row, &f, err));
    size_t n_alike = 0;
    for (size_t i = 0; i < f.n_columns; i++)
        n_alike += f.n_rows > 1 && f.n_typed[i] * 2 > f.n_rows - 1;
    const bool is_data = f.n_data > 0 && (f.n_data >= n_alike || f.n_data * 2 > f.n_columns);
    options->header = f.n_known >= 2 || (f.n_known == 1 && f.n_data == 0) || !is_data;
    return SJ_OK;
}

/* A sign that separates must be one that nothing else is. */
static enum sj_status check_signs(const struct sj_ingest_options *options, struct sj_error *err) {
    const char d = options->delimiter, q = options->quote;
    if (d == '\n' || d == '\r' || (d & 0x80) != 0 || (d != 0 && d == q))
        return sj_fail(err, SJ_E_USAGE, "--delimiter must be one ASCII character, no line end, and another than --quote");
    if (q == '\r' || (q & 0x80) != 0)
        return sj_fail(err, SJ_E_USAGE, "--quote must be one ASCII character and no line end, or none");
    return SJ_OK;
}

enum sj_status sj_sniff_csv(const struct sj_alloc *mem, struct sj_str head, bool is_cut, struct sj_ingest_options *options,
                            struct sj_error *err) {
    struct beginning begin = {.mem = mem, .head = head, .is_cut = is_cut};
    options->n_above = 0;
    if (options->delimiter == 0 && begins_with(head, "sep=") && head.n > 5 && (head.p[5] == '\n' || head.p[5] == '\r'))
        options->delimiter = head.p[4];
    SJ_TRY(check_signs(options, err));
    if (options->quote == 0)
        SJ_TRY(find_quote(&begin, options, err));
    if (options->delimiter == 0)
        SJ_TRY(find_delimiter(&begin, options, err));
    SJ_TRY(check_signs(options, err));
    return options->header >= 0 ? SJ_OK : find_header(&begin, options, err);
}
