/* What turns around when like is compared with like: Simpson's paradox, looked for without being asked.
 *
 * A difference is put together from the strata of a property (Mantel and Haenszel; stats/strata.h) and set beside the one over all. It is
 * reported where the two lie a point or more apart, and farther than chance explains: the distance of the one within to the one over the
 * same strata, by the standard error of the first, has q < 5 %, corrected for all checks by Benjamini and Hochberg. Then it
 *   reverses   where it leaves 0 out within the strata, on the other side than over all,
 *   changes    where the signs differ, and neither leaves 0 out,
 *   vanishes   where it left 0 out over all, and does not within the strata,
 *   appears    where it leaves 0 out within the strata, and did not over all.
 * A feature is not looked at within strata that are nearly the feature itself: of its own property, or where they explain half of its variance;
 * nor where less than half of the journeys of a group are in strata that both groups are in, fewer than 30 of a group are, too few are
 * expected by the rule of Mantel and Fleiss, or leaving out the others says more than dividing does. Nor, unless it was asked for, within a property that the groups are nearly made of: known of one and not of the other. */
#include <math.h>
#include <stdlib.h>

#include "analysis/compare.h"
#include "base/number.h"
#include "stats/correction.h"
#include "stats/normal.h"
#include "stats/strata.h"

#define EXPLAINED_MAX 0.5
#define KNOWN_APART_MAX 0.5 /* of the journeys of one group it is known, less of those of the other */
#define POINT 0.01
#define STRATA_SHOWN 20

enum finding { REVERSES, CHANGES, VANISHES, APPEARS, N_FINDINGS };
static const char *const finding_words[N_FINDINGS] = {"reverses", "changes", "vanishes", "appears"};

struct check {
    uint32_t feature, stratifier;
    size_t n_strata; /* that both groups are in */
    int64_t n;       /* journeys in them */
    struct sj_difference over_all;
    struct sj_pooled pooled;
    double p; /* of the distance; q at the end */
    bool is_thin;
    enum finding finding; /* N_FINDINGS: nothing to report */
};

static struct sj_str name_of_strata(const struct sj_job *job, const struct sj_stratifier *stratifier) {
    return stratifier->dimension == SJ_NO_CODE ? SJ_LIT("channel") : job->dimensions[stratifier->dimension].name;
}

static bool is_its_own(const struct sj_job *job, const struct sj_feature *feature, const struct sj_stratifier *stratifier) {
    const struct sj_compare_plan *plan = job->plan;
    if (feature->kind == SJ_FEATURE_CHANNEL)
        return sj_str_eq(name_of_strata(job, stratifier), SJ_LIT("channel"));
    return feature->kind == SJ_FEATURE_PROPERTY &&
           sj_str_eq(name_of_strata(job, stratifier), job->dimensions[plan->first_property + feature->a].name);
}

/* The counts of a feature in each stratum: ret_strata[stratifier->n_codes]. */
static void strata_of(const struct sj_compare_plan *plan, uint32_t feature, const struct sj_stratifier *stratifier,
                      struct sj_stratum *ret_strata) {
    const bool is_property = plan->features[feature].kind == SJ_FEATURE_PROPERTY;
    const uint64_t *x = plan->within + 2 * ((size_t)feature * plan->n_places + stratifier->base);
    const uint64_t *n = is_property ? plan->within_known + 2 * ((size_t)plan->features[feature].a * plan->n_places + stratifier->base)
                                    : plan->within_n + 2 * (size_t)stratifier->base;
    for (size_t i = 0; i < stratifier->n_codes; i++)
        ret_strata[i] = (struct sj_stratum){(int64_t)x[2 * i], (int64_t)n[2 * i], (int64_t)x[2 * i + 1], (int64_t)n[2 * i + 1]};
}

/* Whether the strata explain so much of the feature that they are the same thing in other words, and whether they can tell at all. */
static bool is_fit(const struct sj_feature *feature, const struct sj_stratum *strata, size_t n_strata, struct check *check) {
    double x = 0, n = 0, inside = 0;
    int64_t n1 = 0, n2 = 0;
    for (size_t i = 0; i < n_strata; i++) {
        const double has = (double)(strata[i].x1 + strata[i].x2), all = (double)(strata[i].n1 + strata[i].n2);
        if (strata[i].n1 == 0 || strata[i].n2 == 0)
            continue;
        n1 += strata[i].n1;
        n2 += strata[i].n2;
        x += has;
        n += all;
        inside += has * (all - has) / all;
        check->n_strata++;
    }
    check->n = n1 + n2;
    return check->n_strata > 1 && n1 >= SJ_THIN_N && n2 >= SJ_THIN_N && 2 * n1 >= feature->n[0] && 2 * n2 >= feature->n[1] &&
           inside > (1 - EXPLAINED_MAX) * (x * (n - x) / n);
}

static enum finding finding_of(const struct check *check) {
    const bool over_all = sj_is_significant(check->over_all), within = sj_is_significant(check->pooled.within);
    const bool turns = check->over_all.value * check->pooled.within.value < 0;
    if (within == over_all)
        return !turns ? N_FINDINGS : within ? REVERSES : CHANGES;
    return over_all ? VANISHES : APPEARS;
}

/* Whether it is the strata that make the difference, and not the journeys that are in none of them. */
static bool is_by_strata(const struct check *check) {
    const double crude = check->pooled.crude, within = check->pooled.within.value;
    return fabs(check->over_all.value - crude) <= fabs(within - crude) / 2;
}

/* Journeys of which the property is known, as a share of their group, differ so much that the groups are made of it. */
static bool is_made_of(const struct sj_compare_plan *plan, const struct sj_stratifier *stratifier) {
    const uint32_t none = stratifier->dimension == SJ_NO_CODE ? 0 : stratifier->n_codes - 1;
    const uint64_t *n = plan->within_n + 2 * ((size_t)stratifier->base + none);
    double known[2];
    for (size_t g = 0; g < 2; g++)
        known[g] = 1 - (double)n[g] / (double)plan->sums->journeys[g];
    return plan->stratified_by == SJ_NO_CODE && fabs(known[0] - known[1]) > KNOWN_APART_MAX;
}

/* Fills the check; false where there is nothing to check. */
static bool check_one(const struct sj_job *job, uint32_t feature, uint32_t stratifier, struct sj_stratum *room, struct check *check) {
    const struct sj_compare_plan *plan = job->plan;
    const struct sj_stratifier *strata = &plan->strata[stratifier];
    *check = (struct check){.feature = feature, .stratifier = stratifier};
    if (is_its_own(job, &plan->features[feature], strata))
        return false;
    strata_of(plan, feature, strata, room);
    if (!is_fit(&plan->features[feature], room, strata->n_codes, check))
        return false;
    if (!sj_mantel_haenszel(room, strata->n_codes, plan->design, &check->pooled) || !(check->pooled.se > 0) ||
        check->pooled.expected < SJ_MANTEL_FLEISS * fmax(plan->design[0], plan->design[1]))
        return false;
    const struct sj_feature *f = &plan->features[feature];
    check->over_all = (struct sj_difference){sj_feature_share(f, 0) - sj_feature_share(f, 1), f->low, f->high};
    check->p = sj_normal_p((check->pooled.within.value - check->pooled.crude) / check->pooled.se);
    check->finding = is_by_strata(check) ? finding_of(check) : N_FINDINGS;
    check->is_thin = f->is_thin;
    return true;
}

static double bound_within(const struct check *check) { return sj_compare_bound(check->pooled.within.low, check->pooled.within.high); }

static int by_finding(const void *left, const void *right) {
    const struct check *a = left, *b = right;
    if (a->is_thin != b->is_thin)
        return a->is_thin ? 1 : -1;
    if (a->finding != b->finding)
        return a->finding < b->finding ? -1 : 1;
    if (bound_within(a) != bound_within(b))
        return bound_within(a) > bound_within(b) ? -1 : 1;
    if (a->feature != b->feature)
        return a->feature < b->feature ? -1 : 1;
    return (a->stratifier > b->stratifier) - (a->stratifier < b->stratifier);
}

/* All that are reported, in order, in the arena. */
static enum sj_status find_all(const struct sj_job *job, struct check **ret_checks, size_t *ret_n, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    struct check *checks;
    struct sj_stratum *room;
    double *q;
    size_t n = 0, n_found = 0;
    SJ_TRY(sj_arena_new(job->arena, plan->n_checked * plan->n_strata, sizeof *checks, &checks, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_checked * plan->n_strata, sizeof *q, &q, err));
    SJ_TRY(sj_arena_new(job->arena, plan->n_places, sizeof *room, &room, err));
    for (uint32_t s = 0; s < plan->n_strata; s++) {
        for (uint32_t k = 0; k < plan->n_checked && !is_made_of(plan, &plan->strata[s]); k++)
            n += check_one(job, k, s, room, &checks[n]);
    }
    for (size_t i = 0; i < n; i++)
        q[i] = checks[i].p;
    SJ_TRY(sj_benjamini_hochberg(job->mem, q, n, err));
    for (size_t i = 0; i < n; i++) {
        checks[i].p = q[i];
        const double distance = fabs(checks[i].pooled.within.value - checks[i].pooled.crude);
        if (q[i] < SJ_COMPARE_SIGNIFICANT && distance >= POINT && checks[i].finding < N_FINDINGS)
            checks[n_found++] = checks[i];
    }
    if (n_found > 1)
        qsort(checks, n_found, sizeof *checks, by_finding);
    *ret_checks = checks;
    *ret_n = n_found;
    return SJ_OK;
}

/* ---- tables ---- */

static struct sj_cell difference_cell(struct sj_difference difference, int64_t n, bool is_thin) {
    return sj_cell_estimate((struct sj_estimate){difference.value, difference.low, difference.high, n, is_thin ? SJ_FLAG_THIN : 0});
}

static enum sj_status name_cell(const struct sj_job *job, const struct sj_feature *feature, struct sj_result *result, struct sj_cell *cell,
                                struct sj_error *err) {
    cell->known = true;
    return sj_feature_name(job, feature, &result->arena, &cell->text, err);
}

static enum sj_status give_reversals(const struct sj_job *job, const struct sj_table_def *def, const struct check *checks, size_t n,
                                     struct sj_result *result, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, def, &table, err));
    table->partial = n > plan->top;
    for (size_t i = 0; i < n && i < plan->top; i++) {
        const struct check *check = &checks[i];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(name_cell(job, &plan->features[check->feature], result, &cells[0], err));
        SJ_TRY(sj_name_cell(result, name_of_strata(job, &plan->strata[check->stratifier]), &cells[1], err));
        cells[2] = sj_cell_text(sj_str(finding_words[check->finding]));
        cells[3] =
            difference_cell(check->over_all, plan->features[check->feature].n[0] + plan->features[check->feature].n[1], check->is_thin);
        cells[4] = difference_cell(check->pooled.within, check->n, check->is_thin);
        cells[5] = sj_cell_i64((int64_t)check->n_strata);
        cells[6] = sj_cell_f64(check->p);
    }
    return SJ_OK;
}

static enum sj_status value_cell(const struct sj_job *job, const struct sj_stratifier *stratifier, uint32_t code, struct sj_result *result,
                                 struct sj_cell *cell, struct sj_error *err) {
    const bool is_channel = stratifier->dimension == SJ_NO_CODE, none = is_channel ? code == 0 : code == stratifier->n_codes - 1;
    if (none)
        *cell = sj_cell_text(sj_str(sj_text(result->lang, SJ_T("(none)"))));
    else
        SJ_TRY(sj_name_cell(result, is_channel ? job->channels[code] : job->dimensions[stratifier->dimension].texts[code], cell, err));
    return SJ_OK;
}

/* The first of the reversals, stratum by stratum, the largest first. */
static enum sj_status give_strata(const struct sj_job *job, const struct sj_table_def *def, const struct check *check,
                                  struct sj_result *result, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    const struct sj_stratifier *stratifier = &plan->strata[check->stratifier];
    struct sj_shares shares = {0};
    struct sj_stratum *strata;
    struct sj_ranked *ranked;
    struct sj_table *table;
    size_t n = 0;
    SJ_TRY(sj_arena_new(job->arena, stratifier->n_codes, sizeof *strata, &strata, err));
    SJ_TRY(sj_arena_new(job->arena, stratifier->n_codes, sizeof *ranked, &ranked, err));
    strata_of(plan, check->feature, stratifier, strata);
    for (uint32_t code = 0; code < stratifier->n_codes; code++) {
        const uint32_t place = stratifier->dimension == SJ_NO_CODE ? plan->channel_places[code] : code;
        if (strata[code].n1 + strata[code].n2 > 0)
            ranked[n++] = (struct sj_ranked){(uint64_t)(strata[code].n1 + strata[code].n2), place, code};
    }
    sj_rank(ranked, n);
    SJ_TRY(sj_result_table(result, def, &table, err));
    table->partial = n > STRATA_SHOWN;
    for (size_t i = 0; i < n && i < STRATA_SHOWN; i++) {
        const struct sj_stratum *s = &strata[ranked[i].code];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(value_cell(job, stratifier, ranked[i].code, result, &cells[0], err));
        cells[2] = sj_clustered_share_cell(&shares, (uint64_t)s->x1, (uint64_t)s->n1, plan->design[0]);
        cells[3] = sj_clustered_share_cell(&shares, (uint64_t)s->x2, (uint64_t)s->n2, plan->design[1]);
        if (!cells[2].known || !cells[3].known)
            continue;
        const bool is_thin = ((cells[2].estimate.flags | cells[3].estimate.flags) & SJ_FLAG_THIN) != 0;
        cells[1] = difference_cell(sj_newcombe_clustered(s->x1, s->n1, s->x2, s->n2, plan->design), s->n1 + s->n2, is_thin);
    }
    return SJ_OK;
}

struct percents {
    char value[SJ_NUMBER_BYTES], low[SJ_NUMBER_BYTES], high[SJ_NUMBER_BYTES];
};
static struct percents percents(struct sj_difference difference, enum sj_lang lang) {
    struct percents p;
    sj_number_percent(difference.value, lang, p.value);
    sj_number_percent(difference.low, lang, p.low);
    sj_number_percent(difference.high, lang, p.high);
    return p;
}

/* About the first that is not thin. */
static enum sj_status note_first(const struct sj_job *job, const struct check *checks, size_t n, struct sj_result *result,
                                 struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    const struct percents over_all = percents(checks[0].over_all, result->lang), within = percents(checks[0].pooled.within, result->lang);
    const struct sj_str strata = name_of_strata(job, &plan->strata[checks[0].stratifier]);
    char number[SJ_NUMBER_BYTES];
    struct sj_str name;
    if (checks[0].is_thin)
        return SJ_OK;
    SJ_TRY(sj_feature_name(job, &plan->features[checks[0].feature], job->arena, &name, err));
    sj_number_count((int64_t)n, result->lang, number);
    if (checks[0].finding == REVERSES)
        return sj_note(
            result, SJ_NOTE_WARNING, "reversal",
            "The difference in \"%.*s\" turns around (Simpson's paradox): it is %s [%s, %s] points over all, but %s [%s, %s] between "
            "journeys of the same %.*s, in which the groups differ. Compare within it, unless it follows from being in the group. "
            "It is the first of the table of reversals, which has %s.",
            SJ_ARG(name), over_all.value, over_all.low, over_all.high, within.value, within.low, within.high, SJ_ARG(strata), number);
    return sj_note(
        result, SJ_NOTE_WARNING, "unlike_groups",
        "The difference in \"%.*s\" is %s [%s, %s] points over all, but %s [%s, %s] between journeys of the same %.*s, in which the groups "
        "differ. It is the first of the table of reversals, which has %s.",
        SJ_ARG(name), over_all.value, over_all.low, over_all.high, within.value, within.low, within.high, SJ_ARG(strata), number);
}

enum sj_status sj_compare_reversals(const struct sj_job *job, const struct sj_table_def *tables, struct sj_result *result,
                                    struct sj_error *err) {
    struct check *checks;
    size_t n;
    SJ_TRY(find_all(job, &checks, &n, err));
    SJ_TRY(give_reversals(job, &tables[SJ_COMPARE_REVERSALS], checks, n, result, err));
    if (n == 0) {
        struct sj_table *table;
        return sj_result_table(result, &tables[SJ_COMPARE_STRATA], &table, err);
    }
    SJ_TRY(give_strata(job, &tables[SJ_COMPARE_STRATA], &checks[0], result, err));
    return note_first(job, checks, n, result, err);
}
