/* Answers: tables of typed cells, with notes in words. What an analysis gives and every surface renders.
 *
 *   result ── tables ── rows of cells, typed by the column
 *          └─ notes     what the reader must know: definitions, thin data, what was left out
 *
 * A cell that estimates something is an estimate: value, interval, n, flags (the fourth law). Counts, durations, times and money
 * are exact integers. What is not known is not zero: `known` is false and surfaces show nothing (JSON null).
 * Lifetime: everything lives in the result's arena; sj_result_done() frees it at once. Threads: one at a time. */
#pragma once
#include "base/mem.h"
#include "base/str.h"

enum sj_type {
    SJ_TYPE_COUNT,      /* i64 */
    SJ_TYPE_NUMBER,     /* f64 */
    SJ_TYPE_DURATION,   /* i64, microseconds */
    SJ_TYPE_TIME,       /* i64, microseconds UTC */
    SJ_TYPE_MONEY,      /* i64, ten-thousandths */
    SJ_TYPE_TRUTH,      /* i64, 0 or 1 */
    SJ_TYPE_TEXT,       /* text */
    SJ_TYPE_TOUCHPOINT, /* text */
    SJ_TYPE_CHANNEL,    /* text */
    SJ_TYPE_ROUTE,      /* list of texts, touchpoints in order */
    SJ_TYPE_ESTIMATE,   /* estimate of a share of one */
    SJ_TYPE_SCORE,      /* estimate of what is no share: points, or a mean on a scale; no bounds (infinite) where n is 1 */
};
static inline bool sj_type_is_text(enum sj_type type) {
    return type == SJ_TYPE_TEXT || type == SJ_TYPE_TOUCHPOINT || type == SJ_TYPE_CHANNEL;
}
static inline bool sj_type_is_estimate(enum sj_type type) { return type == SJ_TYPE_ESTIMATE || type == SJ_TYPE_SCORE; }
const char *sj_type_name(enum sj_type type); /* "count", "duration", … as in the JSON answer */

enum sj_estimate_flag {
    SJ_FLAG_THIN = 1 << 0, /* n < 30, or the interval is wider than 20 points: do not rank by it */
};

struct sj_estimate {
    double value, low, high; /* 95 % interval */
    int64_t n;               /* what the value is a part or a mean of */
    unsigned flags;
};

struct sj_route {
    const struct sj_str *steps;
    size_t n_steps;
};

struct sj_cell {
    bool known;
    union {
        int64_t i64;
        double f64;
        struct sj_str text;
        struct sj_route route;
        struct sj_estimate estimate;
    };
};

/* How a table is best looked at. Drawn once for each surface, never once for each analysis. */
enum sj_picture {
    SJ_PICTURE_NONE,   /* figures only */
    SJ_PICTURE_BARS,   /* the first column names the bar, the column with `drawn` is its length */
    SJ_PICTURE_LINES,  /* the first column is a time, each column with `drawn` is a line */
    SJ_PICTURE_FUNNEL, /* steps in order, `drawn` is what is left */
    SJ_PICTURE_FLOW,   /* a graph: first two columns are from and to, `drawn` is the width */
    SJ_PICTURE_SANKEY, /* steps from left to right: step, from, to; `drawn` is the width */
    SJ_PICTURE_ROUTES, /* routes as rows of steps, `drawn` is the length of a bar beside them */
    SJ_PICTURE_BOXES, /* the columns before the first count name the row; seven `drawn` durations: 10 %, 25 %, median, its bounds, 75 %, 90 % */
    SJ_PICTURE_DOTS,   /* the first column names the row, the `drawn` estimate is a dot in its interval, on one scale for all */
    SJ_PICTURE_MATRIX, /* the first column names the row, the second the column, `drawn` is the shade */
};

struct sj_column_def {
    const char *name;  /* for machines, never translated */
    const char *label; /* for people, SJ_T() */
    enum sj_type type;
    const char *help; /* the definition, SJ_T() */
    bool drawn;
    bool is_data; /* the label is a name of the data, and not translated */
    bool part;    /* a share whose part is a count of what customers did: it opens as that */
    bool nobody;  /* a count behind which no customers can be found one by one: of kinds of things, a bound, or of what takes several */
};

struct sj_table_def {
    const char *name;
    const char *title; /* SJ_T() */
    enum sj_picture picture;
    const struct sj_column_def *columns;
    size_t n_columns;
    const char *parted; /* a terminal leaves a line free where this column changes; NULL: nowhere */
    const char *final;  /* the truth column that is no where a row can still change: pictures mark it so; NULL: there is none */
};
#define SJ_COLUMNS(array) .columns = (array), .n_columns = sizeof(array) / sizeof((array)[0])

struct sj_table {
    const struct sj_table_def *def;
    struct sj_cell *cells; /* n_rows x def->n_columns */
    size_t n_rows, capacity_rows;
    bool partial; /* there are rows that are not shown */
};

enum sj_note_level { SJ_NOTE_DEFINITION, SJ_NOTE_INFO, SJ_NOTE_WARNING };

struct sj_note {
    enum sj_note_level level;
    const char *code; /* for machines: "thin_data" */
    const char *text; /* in the result's language */
};

#define SJ_TABLES_MAX 12
#define SJ_NOTES_MAX 32
struct sj_result {
    struct sj_arena arena;
    enum sj_lang lang;
    const char *analysis, *title;
    struct sj_table tables[SJ_TABLES_MAX];
    size_t n_tables;
    struct sj_note notes[SJ_NOTES_MAX];
    size_t n_notes;
};

void sj_result_init(struct sj_result *result, const struct sj_alloc *mem, enum sj_lang lang);
void sj_result_done(struct sj_result *result);

/* A new, empty table at the end. The pointer stays good until sj_result_done(). */
enum sj_status sj_result_table(struct sj_result *result, const struct sj_table_def *def, struct sj_table **ret_table, struct sj_error *err);
/* The table of that name, or NULL. */
const struct sj_table *sj_result_find(const struct sj_result *result, const char *name);

/* A new row at the end: def->n_columns cells, none of them known. The pointer is good until the next row. */
enum sj_status sj_result_row(struct sj_result *result, struct sj_table *table, struct sj_cell **ret_cells, struct sj_error *err);

/* Copies a text (or the steps of a route with their texts) into the result, so that it outlives its source. */
enum sj_status sj_result_text(struct sj_result *result, struct sj_str text, struct sj_str *ret_copy, struct sj_error *err);

/* A note. `format` is translated. A note whose code is already there is kept once: the first one. */
enum sj_status sj_note(struct sj_result *result, enum sj_note_level level, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether the figures of a row can no longer change (def->final). */
bool sj_row_is_final(const struct sj_table *table, size_t row);

static inline const struct sj_cell *sj_table_cell(const struct sj_table *table, size_t row, size_t column) {
    return &table->cells[row * table->def->n_columns + column];
}
static inline struct sj_cell sj_cell_i64(int64_t value) { return (struct sj_cell){.known = true, .i64 = value}; }
static inline struct sj_cell sj_cell_f64(double value) { return (struct sj_cell){.known = true, .f64 = value}; }
static inline struct sj_cell sj_cell_text(struct sj_str text) { return (struct sj_cell){.known = true, .text = text}; }
static inline struct sj_cell sj_cell_estimate(struct sj_estimate estimate) { return (struct sj_cell){.known = true, .estimate = estimate}; }
