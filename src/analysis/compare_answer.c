#include <math.h>
#include <stdlib.h>

#include "analysis/compare.h"
#include "base/buf.h"
#include "base/number.h"
#include "stats/correction.h"
#include "stats/normal.h"
#include "stats/superiority.h"

#define LONGER 1.25 /* so many times the events of the other group, on average, is worth a warning */

/* ---- names ---- */

struct sj_str sj_feature_word(enum sj_feature_kind kind) {
    static const char *const words[] = {"touchpoint", "link", "route", "channel", "property"};
    return sj_str(words[kind]);
}

static enum sj_status name_link(const struct sj_job *job, uint32_t from, uint32_t to, struct sj_arena *arena, const char **ret_text,
                                struct sj_error *err) {
    return sj_arena_print(arena, ret_text, err, "%.*s >> %.*s", SJ_ARG(job->touchpoints[from]), SJ_ARG(job->touchpoints[to]));
}

static enum sj_status name_route(const struct sj_job *job, const struct sj_compare_route *route, struct sj_arena *arena,
                                 const char **ret_text, struct sj_error *err) {
    *ret_text = "^";
    for (uint32_t i = 0; i < route->n_steps; i++)
        SJ_TRY(sj_arena_print(arena, ret_text, err, "%s %s%.*s", *ret_text, i > 0 ? ">> " : "", SJ_ARG(job->touchpoints[route->steps[i]])));
    return sj_arena_print(arena, ret_text, err, "%s $", *ret_text);
}

enum sj_status sj_feature_name(const struct sj_job *job, const struct sj_feature *feature, struct sj_arena *arena, struct sj_str *ret_name,
                               struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    const struct sj_dimension *properties = job->dimensions + plan->first_property;
    const char *text = NULL;
    switch (feature->kind) {
    case SJ_FEATURE_TOUCHPOINT: SJ_TRY(sj_arena_print(arena, &text, err, "%.*s", SJ_ARG(job->touchpoints[feature->a]))); break;
    case SJ_FEATURE_LINK: SJ_TRY(name_link(job, feature->a, feature->b, arena, &text, err)); break;
    case SJ_FEATURE_ROUTE: SJ_TRY(name_route(job, &plan->routes[feature->a], arena, &text, err)); break;
    case SJ_FEATURE_CHANNEL: SJ_TRY(sj_arena_print(arena, &text, err, "%.*s", SJ_ARG(job->channels[feature->a]))); break;
    default:
        SJ_TRY(sj_arena_print(arena, &text, err, "%.*s = %.*s", SJ_ARG(properties[feature->a].name),
                              SJ_ARG(properties[feature->a].texts[feature->b])));
    }
    *ret_name = sj_str(text);
    return SJ_OK;
}

/* ---- times ---- */

struct time_row {
    const struct sj_compare_timed *timed;
    uint32_t group; /* of the first group; the next is that of the second */
    struct sj_superiority found;
    double q;
    bool is_thin;
};

/* The values of one group among all, which are in order. */
static const struct sj_counted *values_of(const struct sj_compare_plan *plan, uint32_t group, size_t *ret_n) {
    size_t lo = 0, end;
    while (lo < plan->n_times && plan->times[lo].group < group)
        lo++;
    for (end = lo; end < plan->n_times && plan->times[end].group == group;)
        end++;
    *ret_n = end - lo;
    return plan->times + lo;
}

static enum sj_status compare_times(const struct sj_job *job, struct time_row **ret_rows, size_t *ret_n, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    struct time_row *rows;
    size_t n = 0;
    SJ_TRY(sj_arena_new(job->arena, plan->n_timed, sizeof *rows, &rows, err));
    for (uint32_t t = 0; t < plan->n_timed; t++) {
        struct time_row row = {.timed = &plan->timed[t], .group = 2 * t};
        size_t n_first, n_second;
        const struct sj_counted *first = values_of(plan, 2 * t, &n_first), *second = values_of(plan, 2 * t + 1, &n_second);
        if (!job->alone && !sj_superiority(first, n_first, second, n_second, plan->design, &row.found))
            continue;
        row.q = row.found.p;
        for (size_t g = 0; g < 2; g++)
            row.is_thin |= (double)row.timed->n[g] / plan->design[g] < SJ_THIN_N;
        rows[n++] = row;
    }
    *ret_rows = rows;
    *ret_n = n;
    return SJ_OK;
}

/* ---- all of them together ---- */

struct giving {
    const struct sj_job *job;
    const struct sj_compare_plan *plan;
    struct sj_result *result;
    struct sj_feature *features;
    struct time_row *times;
    size_t n_times;
    size_t n_real; /* features and times that differ by more than chance */
    struct sj_shares shares;
};

/* One family: what is tested of shares and of times. */
static enum sj_status correct(struct giving *giving, struct sj_error *err) {
    const size_t n_features = giving->plan->n_features;
    double *q;
    SJ_TRY(sj_arena_new(giving->job->arena, n_features + giving->n_times, sizeof *q, &q, err));
    for (size_t i = 0; i < n_features; i++)
        q[i] = giving->features[i].p;
    for (size_t i = 0; i < giving->n_times; i++)
        q[n_features + i] = giving->times[i].found.p;
    SJ_TRY(sj_benjamini_hochberg(giving->job->mem, q, n_features + giving->n_times, err));
    for (size_t i = 0; i < n_features + giving->n_times; i++)
        giving->n_real += q[i] < SJ_COMPARE_SIGNIFICANT;
    for (size_t i = 0; i < n_features; i++)
        giving->features[i].q = q[i];
    for (size_t i = 0; i < giving->n_times; i++)
        giving->times[i].q = q[n_features + i];
    return SJ_OK;
}

/* What is real and rests on enough comes first, then what is real but thin, then the rest. */
static int class_of(double q, bool is_thin) { return q >= SJ_COMPARE_SIGNIFICANT ? 2 : is_thin; }

/* In their classes features stay in the order of what is sure of them. */
static enum sj_status put_in_order(struct giving *giving, struct sj_error *err) {
    const struct sj_compare_plan *plan = giving->plan;
    struct sj_feature *ordered;
    size_t n = 0;
    SJ_TRY(sj_arena_new(giving->job->arena, plan->n_features, sizeof *ordered, &ordered, err));
    for (int class = 0; class <= 2; class ++) {
        for (size_t i = 0; i < plan->n_features; i++)
            if (class_of(giving->features[i].q, giving->features[i].is_thin) == class)
                ordered[n++] = giving->features[i];
    }
    giving->features = ordered;
    return SJ_OK;
}

static int by_sureness(const void *left, const void *right) {
    const struct time_row *a = left, *b = right;
    const int a_class = class_of(a->q, a->is_thin), b_class = class_of(b->q, b->is_thin);
    const double a_bound = sj_compare_bound(a->found.low, a->found.high), b_bound = sj_compare_bound(b->found.low, b->found.high);
    if (a_class != b_class)
        return a_class - b_class;
    if (a_bound != b_bound)
        return a_bound > b_bound ? -1 : 1;
    return (a->group > b->group) - (a->group < b->group); /* the order in which they were chosen */
}

/* ---- tables ---- */

static struct sj_cell arrow_cell(double value, double q) {
    return sj_cell_text(q >= SJ_COMPARE_SIGNIFICANT ? SJ_LIT("") : value > 0 ? SJ_LIT("▲") : SJ_LIT("▼"));
}

static enum sj_status give_groups(struct giving *giving, const struct sj_table_def *def, struct sj_error *err) {
    static const char *const words[][2] = {{"group", "others"}, {"takers", "others"}, {"since", "before"}};
    const struct sj_compare_sums *sums = giving->plan->sums;
    struct sj_table *table;
    SJ_TRY(sj_result_table(giving->result, def, &table, err));
    for (size_t g = 0; g < 2; g++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(giving->result, table, &cells, err));
        cells[0] = sj_cell_text(sj_str(words[giving->plan->rule.mode][g]));
        cells[1] = sj_cell_i64((int64_t)sums->journeys[g]);
        cells[2] = sj_share_cell(&giving->shares, sums->journeys[g], sums->n_journeys);
        cells[3] = sj_cell_i64((int64_t)sums->customers[g]);
        cells[4] = sj_cell_i64((int64_t)sums->events[g]);
        if (sums->journeys[g] > 0)
            cells[5] = sj_cell_f64((double)sums->events[g] / (double)sums->journeys[g]);
    }
    return SJ_OK;
}

/* Cohen's h: the difference of shares where near 0 and 1 a point is more than in the middle (Cohen 1988, chapter 6). */
static double effect_of(const struct sj_feature *f) {
    return 2 * asin(sqrt(sj_feature_share(f, 0))) - 2 * asin(sqrt(sj_feature_share(f, 1)));
}

static enum sj_status give_differences(struct giving *giving, const struct sj_table_def *def, struct sj_error *err) {
    const struct sj_compare_plan *plan = giving->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(giving->result, def, &table, err));
    table->partial = plan->n_features > plan->top;
    for (size_t i = 0; i < plan->n_features && i < plan->top; i++) {
        const struct sj_feature *f = &giving->features[i];
        const double value = sj_feature_share(f, 0) - sj_feature_share(f, 1);
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(giving->result, table, &cells, err));
        cells[0].known = true;
        SJ_TRY(sj_feature_name(giving->job, f, &giving->result->arena, &cells[0].text, err));
        cells[1] = sj_cell_text(sj_feature_word(f->kind));
        cells[2] = sj_cell_estimate((struct sj_estimate){value, f->low, f->high, f->n[0] + f->n[1], f->is_thin ? SJ_FLAG_THIN : 0});
        cells[3] = arrow_cell(value, f->q);
        for (size_t g = 0; g < 2; g++)
            cells[4 + g] = sj_clustered_share_cell(&giving->shares, (uint64_t)f->x[g], (uint64_t)f->n[g], plan->design[g]);
        cells[6] = sj_cell_f64(effect_of(f));
        cells[7] = sj_cell_f64(f->q);
    }
    return SJ_OK;
}

static enum sj_status time_name(const struct giving *giving, uint32_t key, struct sj_cell *cell, struct sj_error *err) {
    const uint32_t n = giving->plan->n_touchpoints;
    const char *text = sj_text(giving->result->lang, SJ_T("(whole journey)"));
    if (key != SJ_NO_CODE)
        SJ_TRY(name_link(giving->job, key / n, key % n, &giving->result->arena, &text, err));
    *cell = sj_cell_text(sj_str(text));
    return SJ_OK;
}

static enum sj_status give_times(struct giving *giving, const struct sj_table_def *def, struct sj_error *err) {
    const struct sj_compare_plan *plan = giving->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(giving->result, def, &table, err));
    table->partial = giving->n_times > plan->top;
    for (size_t i = 0; i < giving->n_times && i < plan->top; i++) {
        const struct time_row *row = &giving->times[i];
        const unsigned flags = row->is_thin ? SJ_FLAG_THIN : 0;
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(giving->result, table, &cells, err));
        SJ_TRY(time_name(giving, row->timed->key, &cells[0], err));
        cells[1] = sj_cell_estimate((struct sj_estimate){row->found.delta * 100, row->found.low * 100, row->found.high * 100,
                                                         row->timed->n[0] + row->timed->n[1], flags});
        cells[2] = arrow_cell(row->found.delta, row->q);
        for (uint32_t g = 0; g < 2; g++) {
            cells[3 + 2 * g] = sj_cell_i64(row->timed->n[g]);
            cells[4 + 2 * g].known = !giving->job->alone && sj_quantiles_get(&plan->medians, row->group + g, (uint64_t)row->timed->n[g], 50,
                                                                             &cells[4 + 2 * g].i64);
        }
        cells[7] = sj_cell_f64(row->q);
    }
    return SJ_OK;
}

/* ---- notes ---- */

struct counted {
    char text[SJ_NUMBER_BYTES];
};
static struct counted counted(const struct giving *giving, uint64_t n) {
    struct counted counted;
    sj_number_count((int64_t)n, giving->result->lang, counted.text);
    return counted;
}

static double mean_events(const struct sj_compare_sums *sums, size_t group) {
    return (double)sums->events[group] / (double)sums->journeys[group];
}

static uint64_t effective(const struct sj_compare_sums *sums, size_t group) {
    return (uint64_t)llround((double)sums->journeys[group] * (double)sums->journeys[group] / (double)sums->squares[group]);
}

static enum sj_status note_groups(const struct giving *giving) {
    const struct sj_compare_sums *sums = giving->plan->sums;
    if (sums->n_both > 0)
        SJ_TRY(sj_note(giving->result, SJ_NOTE_INFO, "in_both", "%s journeys are in both groups, and count in neither",
                       counted(giving, sums->n_both).text));
    if (sums->n_journeys > 0 && (sums->journeys[0] == 0 || sums->journeys[1] == 0))
        return sj_note(giving->result, SJ_NOTE_WARNING, "empty_group",
                       "One of the groups has no journeys, so that there is nothing to compare; the table of groups says which.");
    if (sums->n_journeys == 0)
        return SJ_OK;
    if (sums->journeys[0] + sums->journeys[1] > sums->customers[0] + sums->customers[1])
        SJ_TRY(
            sj_note(giving->result, SJ_NOTE_INFO, "dependent_journeys",
                    "Customers have several journeys in a group, which are not independent. Intervals and q allow for that, as if the "
                    "journeys of a customer were all alike (Kish's design effect): the groups say as much as %s and %s independent ones.",
                    counted(giving, effective(sums, 0)).text, counted(giving, effective(sums, 1)).text));
    const double more = mean_events(sums, 0) / mean_events(sums, 1);
    if (more > LONGER || more < 1 / LONGER)
        SJ_TRY(sj_note(giving->result, SJ_NOTE_WARNING, "longer_journeys",
                       "Journeys of one group have many more events than those of the other (table of groups): who does more has more of "
                       "everything. Cut journeys shorter (--journey), or look at a shorter time, to compare like with like."));
    return SJ_OK;
}

static enum sj_status give_notes(const struct giving *giving) {
    const struct sj_compare_plan *plan = giving->plan;
    SJ_TRY(sj_note(giving->result, SJ_NOTE_DEFINITION, "compare_rule",
                   "A journey has a touchpoint, link, channel or value when it occurs in it at least once; a route is the whole journey. "
                   "Shares of a value are of the journeys that have any value of its property. Tested is what at least %d journeys have "
                   "and %d have not. The order is by the bound of the difference that is nearest to nothing. ▲ and ▼: q < 5 %%, corrected "
                   "for all that is tested (Benjamini-Hochberg).",
                   SJ_COMPARE_JOURNEYS_MIN, SJ_COMPARE_JOURNEYS_MIN));
    SJ_TRY(note_groups(giving));
    if (plan->n_apart > 0)
        SJ_TRY(sj_note(giving->result, SJ_NOTE_INFO, "groups_made_of", "%s features are left out, since the groups are made of them: %s",
                       counted(giving, plan->n_apart).text, plan->apart));
    if (plan->sums->journeys[0] > 0 && plan->sums->journeys[1] > 0)
        SJ_TRY(sj_note(giving->result, SJ_NOTE_INFO, "tested", "%s of %s tested features differ by more than chance",
                       counted(giving, giving->n_real).text, counted(giving, plan->n_features + giving->n_times).text));
    return sj_shares_note(&giving->shares, giving->result);
}

enum sj_status sj_compare_answer(const struct sj_job *job, const struct sj_table_def *tables, struct sj_result *result,
                                 struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    struct giving giving = {.job = job, .plan = plan, .result = result, .features = plan->features};
    SJ_TRY(compare_times(job, &giving.times, &giving.n_times, err));
    SJ_TRY(correct(&giving, err));
    SJ_TRY(put_in_order(&giving, err));
    if (giving.n_times > 1)
        qsort(giving.times, giving.n_times, sizeof *giving.times, by_sureness);
    SJ_TRY(give_groups(&giving, &tables[SJ_COMPARE_GROUPS], err));
    SJ_TRY(give_differences(&giving, &tables[SJ_COMPARE_DIFFERENCES], err));
    SJ_TRY(give_times(&giving, &tables[SJ_COMPARE_TIMES], err));
    SJ_TRY(sj_compare_reversals(job, tables, result, err));
    return give_notes(&giving);
}
