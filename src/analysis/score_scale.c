#include "analysis/score_scale.h"

#include <string.h>
#include "stats/correction.h"
#include "stats/mean.h"
#include "stats/normal.h"
#include "stats/nps.h"
#include "stats/strata.h"

#define SIGNIFICANT 0.05

/* ---- the scale ---- */

enum sj_status sj_scale_read(int64_t kind, int64_t max, bool low_is_good, struct sj_scale *ret_scale, struct sj_error *err) {
    static const int64_t mins[] = {0, 1, 1}, maxes[] = {10, 5, 7};
    const struct sj_scale scale = {
        .kind = (enum sj_scale_kind)kind, .min = mins[kind], .max = max > 0 ? max : maxes[kind], .low_is_good = low_is_good};
    if (scale.kind == SJ_SCALE_NPS && scale.max != 10)
        return sj_fail(err, SJ_E_USAGE, "max is %lld; the scale of nps is always 0 to 10", (long long)max);
    if (scale.max < 3)
        return sj_fail(err, SJ_E_USAGE, "max is %lld; a scale has at least 3 scores", (long long)max);
    if (low_is_good && scale.kind != SJ_SCALE_CES)
        return sj_fail(err, SJ_E_USAGE, "low_is_good is for ces only: on the other scales a high score is good");
    *ret_scale = scale;
    return SJ_OK;
}

/* On which side of the middle of the scale: above 0 on the easy one. */
static int64_t ease_of(const struct sj_scale *scale, int64_t score) {
    const int64_t beyond = 2 * score - (scale->min + scale->max);
    return scale->low_is_good ? -beyond : beyond;
}

static bool is_good(const struct sj_scale *scale, int64_t score) {
    switch (scale->kind) {
    case SJ_SCALE_NPS: return score >= 9;
    case SJ_SCALE_CSAT: return score >= scale->max - 1;
    case SJ_SCALE_CES: break;
    }
    return ease_of(scale, score) > 0;
}

static bool is_bad(const struct sj_scale *scale, int64_t score) {
    switch (scale->kind) {
    case SJ_SCALE_NPS: return score <= 6;
    case SJ_SCALE_CSAT: return false;
    case SJ_SCALE_CES: break;
    }
    return ease_of(scale, score) < 0;
}

const char *sj_scale_band(const struct sj_scale *scale, int64_t score) {
    const bool good = is_good(scale, score), bad = is_bad(scale, score);
    switch (scale->kind) {
    case SJ_SCALE_NPS: return good ? SJ_T("promoter") : bad ? SJ_T("detractor") : SJ_T("passive");
    case SJ_SCALE_CSAT: return good ? SJ_T("satisfied") : "";
    case SJ_SCALE_CES: break;
    }
    return good ? SJ_T("easy") : bad ? SJ_T("hard") : "";
}

/* ---- sums ---- */

void sj_score_add(const struct sj_scale *scale, struct sj_score_tally *tally, int64_t score) {
    tally->n++;
    tally->good += is_good(scale, score);
    tally->bad += is_bad(scale, score);
    tally->sum += score;
    tally->squares += score * score;
}

void sj_score_add_tallies(struct sj_score_tally *tallies, const struct sj_score_tally *more, size_t n) {
    for (size_t i = 0; i < n; i++) {
        tallies[i].n += more[i].n;
        tallies[i].good += more[i].good;
        tallies[i].bad += more[i].bad;
        tallies[i].sum += more[i].sum;
        tallies[i].squares += more[i].squares;
    }
}

struct sj_score_tally sj_score_rest(const struct sj_score_tally *all, const struct sj_score_tally *part) {
    return (struct sj_score_tally){all->n - part->n, all->good - part->good, all->bad - part->bad, all->sum - part->sum,
                                   all->squares - part->squares};
}

/* ---- figures ---- */

static struct sj_estimate in_points(struct sj_estimate share) {
    return (struct sj_estimate){share.value * 100, share.low * 100, share.high * 100, share.n, share.flags};
}

struct sj_cell sj_score_cell(const struct sj_scale *scale, const struct sj_score_tally *tally, struct sj_shares *shares) {
    if (tally->n == 0)
        return (struct sj_cell){.known = false};
    const struct sj_nps_answers answers = {tally->good, tally->bad, tally->n};
    const struct sj_estimate score = scale->kind == SJ_SCALE_NPS ? sj_nps(answers) : in_points(sj_wilson(tally->good, tally->n));
    shares->n++;
    shares->n_thin += (score.flags & SJ_FLAG_THIN) != 0;
    return sj_cell_estimate(score);
}

struct sj_cell sj_score_mean_cell(const struct sj_score_tally *tally) {
    const struct sj_sums sums = {tally->n, (sj_signed_wide)tally->sum * 1000000, (sj_wide)tally->squares * 1000000 * 1000000};
    struct sj_estimate mean;
    return sj_mean(&sums, &mean) ? sj_cell_estimate(mean) : (struct sj_cell){.known = false};
}

struct sj_compared sj_score_compare(const struct sj_scale *scale, const struct sj_score_tally *a, const struct sj_score_tally *b) {
    struct sj_compared compared = {.known = a->n > 0 && b->n > 0, .p = 1};
    struct sj_difference found;
    double factor = 1;
    if (!compared.known)
        return compared;
    if (scale->kind == SJ_SCALE_NPS) {
        const struct sj_nps_answers left = {a->good, a->bad, a->n}, right = {b->good, b->bad, b->n};
        found = sj_nps_difference(left, right, &compared.p);
    } else {
        const struct sj_stratum stratum = {a->good, a->n, b->good, b->n};
        struct sj_strata_test test;
        found = sj_newcombe(a->good, a->n, b->good, b->n);
        if (sj_cochran_mantel_haenszel(&stratum, 1, &test))
            compared.p = test.p;
        factor = 100;
    }
    const bool thin = a->n < SJ_THIN_N || b->n < SJ_THIN_N;
    compared.difference =
        (struct sj_estimate){found.value * factor, found.low * factor, found.high * factor, a->n + b->n, thin ? SJ_FLAG_THIN : 0};
    return compared;
}

/* Rows that compare nothing take no part. */
enum sj_status sj_score_correct(const struct sj_job *job, struct sj_compared *rows, size_t n, struct sj_error *err) {
    double *p;
    size_t n_known = 0;
    SJ_TRY(sj_arena_new(job->arena, n, sizeof *p, &p, err));
    for (size_t i = 0; i < n; i++) {
        if (rows[i].known)
            p[n_known++] = rows[i].p;
    }
    SJ_TRY(sj_benjamini_hochberg(job->mem, p, n_known, err));
    for (size_t i = n; i-- > 0;) {
        if (rows[i].known)
            rows[i].p = p[--n_known];
    }
    return SJ_OK;
}

void sj_score_fill_compared(const struct sj_compared *row, struct sj_cell *difference, struct sj_cell *arrow) {
    if (!row->known)
        return;
    *difference = sj_cell_estimate(row->difference);
    *arrow = sj_cell_text(row->p >= SIGNIFICANT ? SJ_LIT("") : row->difference.value > 0 ? SJ_LIT("▲") : SJ_LIT("▼"));
}
