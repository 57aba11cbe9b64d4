#include "ingest/link_file.h"
#include <stdio.h>
#include "ingest/csv.h"
#include "ingest/roles.h"

/* What the header says: where the two identities stand, of which types, and the time. */
struct header {
    size_t at[2], time_at;
    bool has_time;
    struct sj_str prefix[2]; /* "email:"; empty where the identity stands as it is */
    char text[2][16];
};

struct reader {
    const struct sj_link_file *file;
    struct sj_source *source;
    struct sj_csv csv;
    struct header header;
    struct sj_buf names[2];
    uint64_t n_links;
};

static enum sj_status read_source(void *ctx, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    return sj_source_read(ctx, bytes, n, ret_n, err);
}

/* The delimiter is the first of these that the header has. */
static char delimiter_of(struct sj_str head) {
    for (size_t i = 0; i < head.n && head.p[i] != '\n'; i++) {
        if (head.p[i] == ',' || head.p[i] == ';' || head.p[i] == '\t')
            return head.p[i];
    }
    return ',';
}

/* A column is called by its type, or as files of events call it. */
static enum sj_status set_prefix(struct header *h, size_t which, struct sj_str name, struct sj_error *err) {
    const char *custom = sj_identity_type_name(SJ_ID_CUSTOM);
    enum sj_identity_type type = sj_role_identity_type(name);
    if (type == SJ_ID_CUSTOM && !sj_str_eq_nocase(name, sj_str(custom)))
        return sj_fail(err, SJ_E_INPUT, "\"%.*s\" is no type of identities; expected user, email, phone, custom, device or anonymous",
                       SJ_ARG(name));
    if (type == SJ_ID_USER)
        return SJ_OK;
    const int n = snprintf(h->text[which], sizeof h->text[which], "%s:", sj_identity_type_name(type));
    h->prefix[which] = (struct sj_str){h->text[which], (size_t)n};
    return SJ_OK;
}

static enum sj_status read_header(struct reader *r, const struct sj_csv_row *row, struct sj_error *err) {
    struct header *h = &r->header;
    size_t n = 0;
    for (size_t i = 0; row->fields && i < row->n_fields && i < SJ_FILE_COLUMNS_MAX; i++) {
        const struct sj_str name = sj_str_trim(row->fields[i]);
        if (sj_str_eq_nocase(name, SJ_LIT("time"))) {
            h->time_at = i;
            h->has_time = true;
        } else if (n < 2) {
            SJ_TRY(set_prefix(h, n, name, err));
            h->at[n++] = i;
        } else {
            return sj_fail(err, SJ_E_INPUT, "the header names more than two identities: \"%.*s\" is one too many. Expected two, and time",
                           SJ_ARG(name));
        }
    }
    return n == 2 ? SJ_OK : sj_fail(err, SJ_E_INPUT, "the header names %zu identities; expected two, such as \"anonymous,user,time\"", n);
}

/* The identity with its type, in the reader's own memory; empty where the field is. */
static enum sj_status take_name(struct reader *r, size_t which, struct sj_str field, struct sj_str *ret_name, struct sj_error *err) {
    struct sj_buf *name = &r->names[which];
    field = sj_str_trim(field);
    sj_buf_reset(name);
    if (field.n > 0 && sj_identity_type_text(field).n == 0)
        SJ_TRY(sj_buf_append_str(name, r->header.prefix[which], err));
    SJ_TRY(sj_buf_append_str(name, field, err));
    *ret_name = field.n > 0 ? sj_buf_str(name) : field;
    return SJ_OK;
}

static enum sj_status take_row(struct reader *r, const struct sj_csv_row *row, struct sj_error *err) {
    const struct header *h = &r->header;
    const size_t last = h->at[1] > h->at[0] ? h->at[1] : h->at[0];
    int64_t time_us = r->file->time_us;
    struct sj_str a, b;
    if (row->fault != SJ_CSV_SOUND)
        return sj_fail(err, SJ_E_INPUT, "the row is broken at byte %zu: quotes or bytes that are not UTF-8", row->fault_at + 1);
    if (row->n_fields <= last)
        return sj_fail(err, SJ_E_INPUT, "the row has %zu fields; the header names more", row->n_fields);
    if (h->has_time && row->n_fields > h->time_at && sj_str_trim(row->fields[h->time_at]).n > 0 &&
        !sj_time_parse_iso(sj_str_trim(row->fields[h->time_at]), r->file->zone, &time_us, NULL))
        return sj_fail(err, SJ_E_INPUT, "\"%.*s\" is no time; expected one such as 2026-01-31T12:00:00Z", SJ_ARG(row->fields[h->time_at]));
    SJ_TRY(take_name(r, 0, row->fields[h->at[0]], &a, err));
    SJ_TRY(take_name(r, 1, row->fields[h->at[1]], &b, err));
    if (a.n == 0 || b.n == 0)
        return SJ_OK;
    r->n_links++;
    return r->file->link(r->file->ctx, a, b, time_us, err);
}

static enum sj_status read_rows(struct reader *r, struct sj_error *err) {
    struct sj_csv_row row;
    bool is_header = true;
    for (;;) {
        SJ_TRY(sj_csv_next(&r->csv, &row, err));
        if (!row.fields)
            break;
        const enum sj_status status = is_header ? read_header(r, &row, err) : take_row(r, &row, err);
        if (status != SJ_OK)
            return sj_fail_in(err, status, "%s, line %llu", r->file->path, (unsigned long long)row.line);
        is_header = false;
    }
    return is_header ? sj_fail(err, SJ_E_INPUT, "%s is empty; expected a header such as \"anonymous,user,time\"", r->file->path) : SJ_OK;
}

static enum sj_status read_all(struct reader *r, struct sj_error *err) {
    (void)sj_source_decode(r->source, SJ_ENCODING_FIND);
    const struct sj_csv_options options = {.delimiter = delimiter_of(sj_source_head(r->source)), .quote = '"'};
    SJ_TRY(sj_source_begin(r->source, SJ_SOURCE_WHOLE, err));
    sj_csv_init(&r->csv, r->file->mem, &options, read_source, r->source);
    const enum sj_status status = read_rows(r, err);
    sj_csv_done(&r->csv);
    return status;
}

enum sj_status sj_link_file_read(const struct sj_link_file *file, uint64_t *ret_n_links, struct sj_error *err) {
    struct reader r = {.file = file};
    SJ_TRY(sj_source_open(file->os, file->mem, file->path, &r.source, err));
    for (int i = 0; i < 2; i++)
        sj_buf_init(&r.names[i], file->mem, SIZE_MAX / 2);
    const enum sj_status status = read_all(&r, err);
    for (int i = 0; i < 2; i++)
        sj_buf_done(&r.names[i]);
    sj_source_close(r.source);
    if (status == SJ_OK)
        *ret_n_links = r.n_links;
    return status;
}
