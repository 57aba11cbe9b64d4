/* The figures of all periods, and the table that is made of them. Inside the room. */
#pragma once
#include "analysis/periods.h"
#include "api/ask.h"

#define SJ_TREND_SERIES 6 /* shown where no rows are named */

/* A row of the analysis's table over time. */
struct sj_trend_series {
    struct sj_str name;
    struct sj_cell *cells; /* by period */
    double weight;         /* all periods together: which rows are shown */
};

struct sj_trend_figures {
    const struct sj_trend_words *words;
    const struct sj_periods *periods;
    int64_t from_us, to_us;
    enum sj_period by;
    struct sj_arena *arena;
    const struct sj_table_def *table; /* of the figure; NULL before the first answer */
    size_t column;
    struct sj_trend_series *series;
    size_t n_series, capacity;
};

/* Takes the figure out of the answer for a period. */
enum sj_status sj_trend_take(struct sj_trend_figures *figures, const struct sj_result *result, uint32_t period, struct sj_error *err);
enum sj_status sj_trend_give(struct sj_trend_figures *figures, struct sj_result *result, struct sj_error *err);
