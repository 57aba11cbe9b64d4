/* What several analyses need: shares as cells with their note on thin data, names as cells, the order of names. */
#pragma once
#include "analysis/analysis.h"
#include "analysis/periods.h"

/* Shares of a result, with a count of those that are thin. */
struct sj_shares {
    size_t n, n_thin;
};

/* The share x of n as a cell, by Wilson; not known where n is 0. */
struct sj_cell sj_share_cell(struct sj_shares *shares, uint64_t x, uint64_t n);
struct sj_cell sj_clustered_share_cell(struct sj_shares *shares, uint64_t x, uint64_t n, double design); /* stats/wilson.h */

/* The note "thin_data", where a share is thin. */
enum sj_status sj_shares_note(const struct sj_shares *shares, struct sj_result *result);

/* In which range a value is; `begins` rise, and a range ends before the next. */
static inline size_t sj_range_of(const int64_t *begins, size_t n, int64_t value) {
    size_t range = 0;
    while (range + 1 < n && value >= begins[range + 1])
        range++;
    return range;
}

/* The periods of a parameter with the choices "auto day week month" that cover the job's range. In the job's arena. */
enum sj_status sj_chosen_periods(const struct sj_job *job, int64_t choice, struct sj_periods *ret_periods, struct sj_error *err);

/* The note "cut_periods", for a series of periods. */
enum sj_status sj_cut_periods_note(struct sj_result *result);

/* A text that outlives the job as a cell; not known where it is empty. */
enum sj_status sj_name_cell(struct sj_result *result, struct sj_str name, struct sj_cell *ret_cell, struct sj_error *err);

/* For each code the place of its name among all names in order (sj_str_cmp): ties are put in the order of names by whole numbers. */
enum sj_status sj_name_places(struct sj_arena *arena, const struct sj_str *names, uint32_t n_names, const uint32_t **ret_places,
                              struct sj_error *err);

/* The rows of a table by the values of a dimension: the most frequent values each, the others added up (not with job->alone), and at the
 * end what has no value. */
struct sj_value_row {
    struct sj_str text;    /* of the value, or a word for it */
    uint32_t n_values;     /* that the row stands for: 1; 0 for none; more for the others */
    const uint32_t *codes; /* to be added up; the code n_texts stands for none */
    uint32_t n_codes;
};
#define SJ_VALUES_SHOWN 20
/* `counts`: by code, one more than the dimension has texts. Values without a count have no row. In the arena of the job. */
enum sj_status sj_value_rows(const struct sj_job *job, const struct sj_dimension *dimension, const uint64_t *counts,
                             const struct sj_result *result, struct sj_value_row **ret_rows, size_t *ret_n, struct sj_error *err);

/* Codes with their counts, to be shown the largest first, equal ones by their place. */
struct sj_ranked {
    uint64_t count;
    uint32_t place, code;
};
void sj_rank(struct sj_ranked *ranked, size_t n);
