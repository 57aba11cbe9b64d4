/* A scale on which customers answer, and what is made of answers on it: for scores.c.
 *
 *   nps    0 to 10, promoters (9, 10) less detractors (0 to 6)             customer experience: Reichheld 2003
 *   csat   1 to max, the share with one of the two highest                 top-2-box
 *   ces    1 to max, the share beyond the middle on the easy side          of effort; the older question counts the other way round
 *
 * Answers are kept in sums, whole numbers, from which all figures are made. Pure functions. */
#pragma once
#include "analysis/common.h"

enum sj_scale_kind { SJ_SCALE_NPS, SJ_SCALE_CSAT, SJ_SCALE_CES };
#define SJ_SCALE_MAX 100

struct sj_scale {
    enum sj_scale_kind kind;
    int64_t min, max;
    bool low_is_good; /* ces only */
};

/* max 0: as usual. Errors: SJ_E_USAGE where the scale cannot be so. */
enum sj_status sj_scale_read(int64_t kind, int64_t max, bool low_is_good, struct sj_scale *ret_scale, struct sj_error *err);
/* The name of the part of the scale in which a score lies: SJ_T(), or "". */
const char *sj_scale_band(const struct sj_scale *scale, int64_t score);

/* Answers: how many, how many good ones and bad ones, and the sums of the scores and of their squares. */
struct sj_score_tally {
    int64_t n, good, bad, sum, squares;
};
void sj_score_add(const struct sj_scale *scale, struct sj_score_tally *tally, int64_t score);
void sj_score_add_tallies(struct sj_score_tally *tallies, const struct sj_score_tally *more, size_t n);
struct sj_score_tally sj_score_rest(const struct sj_score_tally *all, const struct sj_score_tally *part);

/* The score in points, with its interval; counted among the shares for the note on thin data. Not known where n is 0. */
struct sj_cell sj_score_cell(const struct sj_scale *scale, const struct sj_score_tally *tally, struct sj_shares *shares);
struct sj_cell sj_score_mean_cell(const struct sj_score_tally *tally);

/* A row that is compared with something. */
struct sj_compared {
    struct sj_estimate difference; /* in points */
    double p;                      /* how probable one as large is where there is none */
    bool known;
};
/* a against b, of different people. Not known where one is empty. */
struct sj_compared sj_score_compare(const struct sj_scale *scale, const struct sj_score_tally *a, const struct sj_score_tally *b);
/* The p values become those of all rows together (Benjamini-Hochberg). */
enum sj_status sj_score_correct(const struct sj_job *job, struct sj_compared *rows, size_t n, struct sj_error *err);
/* The difference, and an arrow up or down where it is significant (5 %). */
void sj_score_fill_compared(const struct sj_compared *row, struct sj_cell *difference, struct sj_cell *arrow);
