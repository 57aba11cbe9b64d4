/* The loader: rows of named fields become events. Every reader (CSV, JSON Lines, XES) feeds one.
 *
 *   reader ── row: fields by column ── loader ─┬─ events ── sink (the store's writer)
 *                                              └─ rejects
 *
 * Two passes over the same reader, with the same calls. While sampling, rows are copied and kept; decide() then finds from them
 * what each column is for (role), of what kind it is, and how its times are written. While loading, each row becomes one event
 * by what was decided. A column that first appears while loading becomes a property, its kind that of its first value.
 *
 * Invariants: (1) a row gives one event or one reject; (2) no value is dropped: one that does not fit the kind that was found for its
 * property goes into a text column of the same name; where the options ask for the kind, the row is rejected; (3) an empty value
 * (nothing, or only white space) is no value.
 * Customer, touchpoint, channel, event id and score kind are taken without white space at both ends; other texts as they are.
 * Threads: one. Lifetime: what a row points to is used during the call only. */
#pragma once
#include "ingest/ingest.h"
#include "ingest/source.h"

struct sj_loader;

enum sj_field_kind {
    SJ_FIELD_PLAIN,  /* untyped: a cell of a CSV file. Its kind is found */
    SJ_FIELD_TEXT,   /* a text by its syntax: a JSON string. May still be a time */
    SJ_FIELD_NUMBER, /* f64 */
    SJ_FIELD_TRUTH,  /* i64, 0 or 1 */
    SJ_FIELD_TIME,   /* i64, microseconds UTC */
};

struct sj_field {
    struct sj_str text; /* always: as written in the file (without quotes and escapes) */
    union {
        double f64;
        int64_t i64;
    };
    uint32_t column; /* from sj_loader_column(); at most one field of a row for each column */
    enum sj_field_kind kind;
};

struct sj_row {
    const struct sj_field *fields;
    size_t n_fields;
    uint64_t line;     /* where the row begins, from 1 */
    struct sj_str raw; /* the row as it stands in the file, for the rejects */
};

#define SJ_SAMPLE_ROWS 10000
#define SJ_FILE_COLUMNS_MAX 4096 /* of one file; more is SJ_E_LIMIT */

/* ---- for readers ---- */

/* The column of that name; a new one is added. Names are compared byte by byte. Errors: SJ_E_LIMIT: too many columns, a name too
 * long. */
enum sj_status sj_loader_column(struct sj_loader *loader, struct sj_str name, uint32_t *ret_column, struct sj_error *err);

/* The column is treated as if it had that name: a file may name two columns alike, and one gets another name. */
void sj_loader_treat_as(struct sj_loader *loader, uint32_t column, struct sj_str name);

/* Says what a column is for, where the format itself knows (XES: the case). Stronger than usual names, weaker than the options. */
void sj_loader_set_role(struct sj_loader *loader, uint32_t column, enum sj_role role);

/* One row. Sampling: kept (rows past SJ_SAMPLE_ROWS are left out). Loading: one event, or a reject. An error ends the reading. */
enum sj_status sj_loader_row(struct sj_loader *loader, const struct sj_row *row, struct sj_error *err);

/* A row that the reader itself could not read. `reason` is in words, already in the language of `err`. Errors: SJ_E_INPUT when
 * there are more than allowed. While sampling it is only counted. */
enum sj_status sj_loader_reject(struct sj_loader *loader, const struct sj_reject *reject, struct sj_error *err);

/* A case whose events have different customers: counted, for the summary. */
void sj_loader_split_case(struct sj_loader *loader);

/* Sampling, and there are rows enough: the reader may stop and return SJ_OK. */
bool sj_loader_is_full(const struct sj_loader *loader);
bool sj_loader_is_sampling(const struct sj_loader *loader);

/* ---- for the plan ---- */

/* Where events go: the store's writer, or a collector in tests. The calls mean what they mean in store/store.h. */
struct sj_sink {
    void *ctx;
    enum sj_status (*touchpoint)(void *ctx, struct sj_str name, uint16_t *ret_code, struct sj_error *err);
    enum sj_status (*channel)(void *ctx, struct sj_str name, uint8_t *ret_code, struct sj_error *err);
    enum sj_status (*column)(void *ctx, struct sj_str name, enum sj_kind kind, uint16_t *ret_code, struct sj_error *err);
    enum sj_status (*add)(void *ctx, const struct sj_event *event, struct sj_error *err);
    enum sj_status (*link)(void *ctx, struct sj_str a, struct sj_str b, int64_t time_us, struct sj_error *err); /* NULL: not wanted */
};

/* Sampling begins. The options must outlive the loader; `zone` (NULL: UTC) too. */
enum sj_status sj_loader_new(const struct sj_alloc *mem, const struct sj_ingest_options *options, const struct sj_zone *zone,
                             struct sj_loader **ret_loader, struct sj_error *err);
void sj_loader_free(struct sj_loader *loader);

/* Ends the sampling: roles, kinds, times. Errors: SJ_E_INPUT and SJ_E_USAGE say which flag settles it. */
enum sj_status sj_loader_decide(struct sj_loader *loader, struct sj_error *err);

/* Loading begins, once, after decide(). `sink` and `watch` (may be NULL) must live until end(). */
enum sj_status sj_loader_begin(struct sj_loader *loader, const struct sj_sink *sink, const struct sj_ingest_watch *watch,
                               struct sj_error *err);
/* Judges the rejects: SJ_E_INPUT when there are more than allowed, or when there was no event at all. Fills all of the summary but
 * the digest. */
enum sj_status sj_loader_end(struct sj_loader *loader, struct sj_ingest_summary *ret_summary, struct sj_error *err);
uint64_t sj_loader_n_rows(const struct sj_loader *loader); /* so far in this pass: events and rejects */

/* A reader: goes over the source from where begin() has put it to its end and feeds the loader. */
typedef enum sj_status (*sj_reader)(struct sj_source *source, struct sj_loader *loader, const struct sj_ingest_options *options,
                                    const struct sj_alloc *mem, struct sj_error *err);
