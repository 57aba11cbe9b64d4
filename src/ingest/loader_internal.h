/* What loader.c, decide.c and describe.c share. */
#pragma once
#include "base/names.h"
#include "ingest/loader.h"
#include "ingest/times.h"

#define NO_COLUMN UINT32_MAX
#define SHOWN_ROWS 5
#define REASONS_MAX 3
#define REASON_BYTES 240

struct loader_column {
    struct sj_str name, kept_as; /* in the file; in the store */
    enum sj_role role;
    bool is_given; /* the role, by the options or by the format */
    bool fills_in; /* for the customer, where that is empty; a property besides */
    enum sj_kind kind;
    bool has_kind, is_forced;  /* found; told by the options: typed values follow it too */
    int32_t codes[SJ_N_KINDS]; /* of the sink; -1: not asked for yet */
    struct sj_buf samples;     /* struct sj_field, without empty ones; texts in the arena */
};

/* Codes of the sink for names that were seen: an import asks for each name once. */
struct code_cache {
    struct sj_names names;
    struct sj_buf codes; /* uint16_t */
};

struct shown_row {
    struct sj_field *fields;
    size_t n_fields;
    uint64_t line;
};

struct sj_loader {
    const struct sj_alloc *mem;
    const struct sj_ingest_options *options;
    const struct sj_zone *zone;
    bool is_sampling;
    struct sj_arena arena;
    struct sj_names names; /* of the file's columns */
    struct sj_buf columns; /* struct loader_column */
    struct shown_row shown[SHOWN_ROWS];
    size_t n_shown;

    uint32_t by_role[SJ_N_ROLES]; /* column or NO_COLUMN */
    uint32_t fill_in;             /* column or NO_COLUMN */
    struct sj_str score_kind;     /* told by the name of the score's column; empty: not */
    struct sj_time_form time_form;
    struct sj_time_memory time_memory;
    bool time_is_zoned; /* the sample's times carry their offset */

    const struct sj_sink *sink; /* NULL: nothing is kept */
    const struct sj_ingest_watch *watch;
    struct code_cache touchpoints, channels;
    int32_t builtin_codes[SJ_N_BUILTIN];
    uint32_t n_dry_columns;

    struct sj_buf values;  /* struct sj_value, of the row at hand */
    struct sj_event event; /* of the row at hand */
    struct sj_str anonymous;
    bool has_time, has_touchpoint, has_score;
    struct sj_error why; /* status SJ_OK: the row at hand is good so far */
    struct sj_str why_column;

    uint64_t n_rows, n_events, n_rejected;
    int64_t min_time_us, max_time_us;
    char reasons[REASONS_MAX][REASON_BYTES]; /* of the first rejects */
};

static inline struct loader_column *loader_columns(const struct sj_loader *loader) {
    return (struct loader_column *)(void *)loader->columns.data;
}
static inline uint32_t loader_n_columns(const struct sj_loader *loader) {
    return (uint32_t)(loader->columns.n / sizeof(struct loader_column));
}
static inline const struct sj_field *column_samples(const struct loader_column *column) {
    return (const struct sj_field *)(const void *)column->samples.data;
}
static inline size_t column_n_samples(const struct loader_column *column) { return column->samples.n / sizeof(struct sj_field); }

enum sj_status loader_copy_text(struct sj_loader *loader, struct sj_str text, struct sj_str *ret_copy, struct sj_error *err);

/* A property must not have the name of a role: the two could not be told apart in the store, nor in what is exported. Sets kept_as. */
enum sj_status loader_name_property(struct sj_loader *loader, struct loader_column *column, struct sj_error *err);
