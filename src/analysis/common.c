#include "analysis/common.h"

#include <stdlib.h>

#include "base/number.h"
#include "stats/wilson.h"

struct sj_cell sj_share_cell(struct sj_shares *shares, uint64_t x, uint64_t n) {
    return sj_clustered_share_cell(shares, x, n, 1);
}

struct sj_cell sj_clustered_share_cell(struct sj_shares *shares, uint64_t x, uint64_t n, double design) {
    if (n == 0)
        return (struct sj_cell){.known = false};
    struct sj_estimate estimate = sj_wilson_clustered((int64_t)x, (int64_t)n, design);
    shares->n++;
    shares->n_thin += (estimate.flags & SJ_FLAG_THIN) != 0;
    return sj_cell_estimate(estimate);
}

enum sj_status sj_shares_note(const struct sj_shares *shares, struct sj_result *result) {
    if (shares->n_thin == 0)
        return SJ_OK;
    char thin[SJ_NUMBER_BYTES], all[SJ_NUMBER_BYTES];
    sj_number_count((int64_t)shares->n_thin, result->lang, thin);
    sj_number_count((int64_t)shares->n, result->lang, all);
    return sj_note(result, SJ_NOTE_WARNING, "thin_data",
                   "%s of %s shares rest on little data (fewer than 30, or an interval wider than 20 points): do not rank by them", thin,
                   all);
}

enum sj_status sj_chosen_periods(const struct sj_job *job, int64_t choice, struct sj_periods *ret_periods, struct sj_error *err) {
    const enum sj_period period = choice == 0 ? sj_period_for(job->from_us, job->to_us) : (enum sj_period)(choice - 1);
    return sj_periods_new(job->arena, job->zone, period, job->from_us, job->to_us, ret_periods, err);
}

enum sj_status sj_cut_periods_note(struct sj_result *result) {
    return sj_note(result, SJ_NOTE_INFO, "cut_periods",
                   "the first and the last period may be incomplete: the events begin and end in them");
}

enum sj_status sj_name_cell(struct sj_result *result, struct sj_str name, struct sj_cell *ret_cell, struct sj_error *err) {
    struct sj_cell cell = {.known = name.n > 0};
    if (cell.known)
        SJ_TRY(sj_result_text(result, name, &cell.text, err));
    *ret_cell = cell;
    return SJ_OK;
}

static int by_name(const void *left, const void *right, void *names) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const struct sj_str *all = names;
    int order = sj_str_cmp(all[a], all[b]);
    return order != 0 ? order : (a > b) - (a < b);
}

enum sj_status sj_name_places(struct sj_arena *arena, const struct sj_str *names, uint32_t n_names, const uint32_t **ret_places,
                              struct sj_error *err) {
    uint32_t *codes, *places;
    SJ_TRY(sj_arena_new(arena, n_names, sizeof *codes, &codes, err));
    SJ_TRY(sj_arena_new(arena, n_names, sizeof *places, &places, err));
    for (uint32_t i = 0; i < n_names; i++)
        codes[i] = i;
    if (n_names > 1)
        qsort_r(codes, n_names, sizeof *codes, by_name, (void *)(uintptr_t)names);
    for (uint32_t i = 0; i < n_names; i++)
        places[codes[i]] = i;
    *ret_places = places;
    return SJ_OK;
}

static int by_count_and_place(const void *left, const void *right) {
    const struct sj_ranked *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

void sj_rank(struct sj_ranked *ranked, size_t n) {
    if (n > 1)
        qsort(ranked, n, sizeof *ranked, by_count_and_place);
}

static struct sj_str word(const struct sj_result *result, const char *text) { return sj_str(sj_text(result->lang, text)); }

enum sj_status sj_value_rows(const struct sj_job *job, const struct sj_dimension *dimension, const uint64_t *counts,
                             const struct sj_result *result, struct sj_value_row **ret_rows, size_t *ret_n, struct sj_error *err) {
    struct sj_ranked *ranked;
    struct sj_value_row *rows;
    uint32_t *codes, n = 0;
    size_t n_rows = 0;
    SJ_TRY(sj_arena_new(job->arena, (size_t)dimension->n_texts + 1, sizeof *ranked, &ranked, err));
    SJ_TRY(sj_arena_new(job->arena, (size_t)dimension->n_texts + 1, sizeof *codes, &codes, err));
    for (uint32_t code = 0; code < dimension->n_texts; code++) {
        if (counts[code] > 0)
            ranked[n++] = (struct sj_ranked){.count = counts[code], .place = code, .code = code}; /* texts are sorted */
    }
    sj_rank(ranked, n);
    for (uint32_t i = 0; i < n; i++)
        codes[i] = ranked[i].code;
    const bool cut = n > SJ_VALUES_SHOWN + 1 && !job->alone; /* one value alone is not called "other" */
    const uint32_t n_shown = cut ? SJ_VALUES_SHOWN : n;
    SJ_TRY(sj_arena_new(job->arena, (size_t)n_shown + 2, sizeof *rows, &rows, err));
    for (uint32_t i = 0; i < n_shown; i++) {
        const struct sj_str text = dimension->texts[codes[i]];
        rows[n_rows++] = (struct sj_value_row){text.n > 0 ? text : word(result, SJ_T("(empty)")), 1, &codes[i], 1};
    }
    if (n > n_shown)
        rows[n_rows++] = (struct sj_value_row){word(result, SJ_T("(other)")), n - n_shown, &codes[n_shown], n - n_shown};
    codes[n] = dimension->n_texts;
    if (counts[dimension->n_texts] > 0)
        rows[n_rows++] = (struct sj_value_row){word(result, SJ_T("(none)")), 0, &codes[n], 1};
    *ret_rows = rows;
    *ret_n = n_rows;
    return SJ_OK;
}
