/* The figures of all periods, and the table that is made of them. Inside the room. */
#pragma once
#include "analysis/periods.h"
#include "api/ask.h"
#include "api/row.h"
#include "base/names.h"

#define SJ_TREND_SERIES 6  /* shown where no rows are named */
#define SJ_TREND_ROWS 2000 /* followed where no rows are named */
#define SJ_TREND_WARNINGS 8

/* A row of the analysis's table over time. */
struct sj_trend_series {
    struct sj_str name;
    struct sj_cell *cells; /* by period; NULL: not asked for */
    double weight;         /* all periods together: which rows are shown */
};

/* What the answers for periods warn of. */
struct sj_trend_warning {
    const char *code;
    uint32_t first, n_periods; /* the first period that does, and how many */
    char text[400];            /* of the first */
};

struct sj_trend_figures {
    const struct sj_trend_words *words;
    const struct sj_periods *periods;
    int64_t from_us, to_us;
    enum sj_period by;
    struct sj_arena *arena;
    struct sj_figure figure; /* table NULL before the first answer */
    struct sj_names names;   /* of rows */
    bool *partial;           /* by period: not all rows are there */
    struct sj_buf series;    /* struct sj_trend_series, by code of the name */
    struct sj_buf name;      /* of the row in hand */
    struct sj_trend_warning warnings[SJ_TREND_WARNINGS];
    size_t n_warnings;
};
void sj_trend_figures_init(struct sj_trend_figures *figures, const struct sj_alloc *mem);
void sj_trend_figures_done(struct sj_trend_figures *figures);

/* Takes the figure out of the answer for a period. */
enum sj_status sj_trend_take(struct sj_trend_figures *figures, const struct sj_result *result, uint32_t period, struct sj_error *err);
enum sj_status sj_trend_give(struct sj_trend_figures *figures, struct sj_result *result, struct sj_error *err);

double sj_trend_number(const struct sj_cell *cell, enum sj_type type);

/* The factor of the band for n periods compared, 4 to 12. */
double sj_trend_band(size_t n);
