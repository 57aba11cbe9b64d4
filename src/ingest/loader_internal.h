/* What the files loader*.c, decide*.c and describe*.c share. */
#pragma once
#include "base/names.h"
#include "ingest/care.h"
#include "ingest/kinds.h"
#include "ingest/loader.h"
#include "ingest/times.h"

#define NO_COLUMN UINT32_MAX
#define SHOWN_ROWS 5
#define REASONS_MAX 3
#define REASON_BYTES 240
#define LOADER_IDENTITIES_MAX 8
#define LOADER_IDENTITY_BYTES (SJ_IDENTITY_BYTES_MAX + 16) /* with its type */
#define SHOWN_BYTES 60                                     /* of a text in a message */

struct loader_column {
    struct sj_str name, kept_as; /* in the file; in the store */
    enum sj_role role;
    bool is_given; /* the role, by the options or by the format */
    int identity;  /* another identity of the customer, and a property besides: its place among them, from 1; 0: it is none */
    enum sj_identity_type identity_type;
    bool is_alias; /* who the customer was before: a visitor, where the file has shown one of that text; else of the type */
    enum sj_care care;
    enum sj_kind kind;
    bool has_kind, is_forced;  /* found; told by the options: typed values follow it too */
    char decimal;              /* '.' or ',': of its texts that are numbers */
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

/* A column with a usual name of a role that it was not given, and a value that shows why. */
struct misfit {
    uint32_t column;
    struct sj_str text;
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
    uint32_t touchpoint_else;     /* column that says what happened where the touchpoint is empty; or NO_COLUMN */
    uint32_t identity_columns[LOADER_IDENTITIES_MAX];
    int n_identities;
    enum sj_identity_type customer_type;
    uint32_t visitor;         /* where there is an alias: the column of anonymous identities; or NO_COLUMN */
    struct sj_names visitors; /* its texts so far */
    struct sj_str score_kind; /* told by the name of the score's column; empty: not */
    struct sj_time_form time_form;
    struct sj_time_memory time_memory;
    bool time_is_zoned;    /* the sample's times carry their offset */
    uint32_t clock;        /* the time of day that is added to the date in the column of the time; or NO_COLUMN */
    uint32_t likely_clock; /* one that may be meant so, but whose name does not say it; or NO_COLUMN */

    char decimal; /* of the file: '.' where nothing tells */
    bool has_decimal;
    uint32_t odd_column, mixed_column, open_column; /* for notes; or NO_COLUMN */
    struct sj_str open_text;
    struct misfit misfits[SJ_N_ROLES];
    size_t n_event_ids, n_event_ids_again; /* of the sample */

    const struct sj_sink *sink; /* NULL: nothing is kept */
    const struct sj_ingest_watch *watch;
    struct code_cache touchpoints, channels;
    int32_t builtin_codes[SJ_N_BUILTIN];
    uint32_t n_dry_columns;

    struct sj_buf values;                            /* struct sj_value, of the row at hand */
    struct sj_event event;                           /* of the row at hand */
    struct sj_str identities[LOADER_IDENTITIES_MAX]; /* of the row at hand; empty: it has none there */
    char customer_text[LOADER_IDENTITY_BYTES], identity_texts[LOADER_IDENTITIES_MAX][LOADER_IDENTITY_BYTES];
    struct sj_str touchpoint_text; /* of touchpoint_else, of the row at hand */
    int64_t clock_us;
    bool has_time, has_touchpoint, has_score;
    struct sj_error why; /* status SJ_OK: the row at hand is good so far */
    struct sj_str why_column;

    uint64_t n_rows, n_events, n_rejected, n_kept_as_text, n_split_cases;
    uint64_t n_split_seen; /* cases of the sample */
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

static inline struct sj_text_form column_form(const struct sj_loader *loader, const struct loader_column *column) {
    return (struct sj_text_form){.zone = loader->zone, .decimal = column->decimal};
}
static inline int shown_n(struct sj_str text) { return text.n < SHOWN_BYTES ? (int)text.n : SHOWN_BYTES; }

/* A text of the file as a message may quote it. What an import shall leave out may stand in any cell, where a row is not as it should be. */
static inline struct sj_str loader_quoted(const struct sj_loader *loader, struct sj_str text) {
    return sj_care_is_on(loader->options) ? SJ_LIT("…") : text;
}

/* A name or an event that the sink refuses, for its length or because it is full, refuses the row. */
static inline bool is_refusal(enum sj_status status) { return status == SJ_E_INPUT || status == SJ_E_LIMIT; }

/* A property must not have the name of a role, for the two could not be told apart in the store, nor in what is exported; nor none. Sets
 * kept_as. */
enum sj_status loader_name_property(struct sj_loader *loader, struct loader_column *column, struct sj_error *err);

/* The same field with its value redacted: a text. */
static inline struct sj_field loader_redacted(const struct sj_field *field) {
    return (struct sj_field){.text = SJ_LIT(SJ_REDACTED), .column = field->column, .kind = SJ_FIELD_TEXT};
}

/* Whether a column that was seen is one that a name of --drop or --redact means. */
static inline bool loader_has_meant(const struct sj_loader *loader, struct sj_str name) {
    for (uint32_t i = 0; i < loader_n_columns(loader); i++)
        if (sj_care_means(name, loader_columns(loader)[i].name))
            return true;
    return false;
}

/* ---- loader_fields.c: what one field means. A field that cannot be read sets loader->why ---- */

enum sj_status loader_take_field(struct sj_loader *loader, const struct sj_field *field, struct sj_error *err);
/* Values that are the same for every event, and the kind of a score that is told by its column's name. */
enum sj_status loader_take_constants(struct sj_loader *loader, struct sj_error *err);
void loader_take_customer(struct sj_loader *loader, struct sj_str text);
enum sj_status loader_take_touchpoint(struct sj_loader *loader, struct sj_str text, struct sj_error *err);

/* ---- identities.c ---- */

/* Which columns hold another identity of the customer. Errors: SJ_E_USAGE. */
enum sj_status loader_decide_identities(struct sj_loader *loader, struct sj_error *err);
/* The text as an identity: with its type, where it has none, and as a pseudonym, where that is asked for. `out` may be used for it. */
struct sj_str loader_identity(const struct sj_loader *loader, enum sj_identity_type type, struct sj_str text,
                              char out[LOADER_IDENTITY_BYTES]);
/* Who the row's customer is: whom its column names, or where that is nobody, the first of the other identities; empty: nobody. */
struct sj_str loader_customer(const struct sj_loader *loader);
/* Of which type the text in a column of identities is: that of the column, but for an alias. */
enum sj_status loader_identity_type(struct sj_loader *loader, uint32_t column, struct sj_str text, enum sj_identity_type *ret_type,
                                    struct sj_error *err);
/* That the row's customer and its other identities are one. Placeholders are left out. */
enum sj_status loader_send_links(struct sj_loader *loader, struct sj_error *err);

/* ---- decide_kinds.c ---- */

/* Kinds told by the options, decimal signs, kinds found: in this order, before the roles are found. Errors: SJ_E_USAGE and SJ_E_INPUT. */
enum sj_status loader_decide_kinds(struct sj_loader *loader, struct sj_error *err);

/* ---- decide_time.c ---- */

enum sj_status loader_looks_like_time(const struct sj_loader *loader, const struct loader_column *column, bool *ret_does,
                                      struct sj_error *err);
/* The form of the times, and a time of day in another column. Errors: SJ_E_INPUT and SJ_E_USAGE. */
enum sj_status loader_decide_time(struct sj_loader *loader, struct sj_error *err);
/* Fails when a column with a usual name of times is nearly one: few of its values are times, or they are day numbers of a spreadsheet. */
enum sj_status loader_check_near_times(const struct sj_loader *loader, struct sj_error *err);

/* ---- decide.c ---- */

/* A copy of the sample's texts, for functions that look at a whole column. The caller frees. */
enum sj_status loader_column_texts(const struct sj_loader *loader, const struct loader_column *column, struct sj_str **ret_texts,
                                   struct sj_error *err);
/* The column that an option names. Errors: SJ_E_USAGE lists the columns. */
enum sj_status loader_find_column(const struct sj_loader *loader, const char *flag, struct sj_str name, uint32_t *ret_column,
                                  struct sj_error *err);

/* ---- describe_notes.c ---- */

enum sj_status loader_add_notes(const struct sj_loader *loader, struct sj_result *result);
