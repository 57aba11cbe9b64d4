/* Scores: what customers answered on one scale (NPS, CSAT or CES), by touchpoint, by value, before and after what, and over time.
 *
 * A customer's answers are gathered over all journeys, by time; which of them count the rule `answers` says. Memory: a few counts for each
 * touchpoint, value and period, and the answers of one customer. */
#include <stdlib.h>
#include "analysis/common.h"
#include "analysis/score_scale.h"
#include "base/buf.h"
#include "base/number.h"

enum {
    ARG_SCALE,
    ARG_MAX,
    ARG_LOW_IS_GOOD,
    ARG_SCORE,
    ARG_KIND,
    ARG_ANSWERS,
    ARG_BY,
    ARG_OVER,
    ARG_WINDOW,
    ARG_NEAR,
    ARG_INVITED,
    ARG_WITHIN,
};

enum { ANSWERS_LATEST, ANSWERS_ALL };

static const struct sj_param params[] = {
    {.name = "scale",
     .type = SJ_PARAM_CHOICE,
     .choices = "nps csat ces",
     .standard = "nps",
     .help = SJ_T("the scale: nps (0 to 10), csat (satisfaction, 1 to 5) or ces (effort, 1 to 7); scales are never mixed")},
    {.name = "max",
     .type = SJ_PARAM_COUNT,
     .standard = "0",
     .min = 0,
     .max = SJ_SCALE_MAX,
     .help = SJ_T("the highest score of the scale, where it is another one; 0: as usual")},
    {.name = "low_is_good",
     .type = SJ_PARAM_TRUTH,
     .standard = "false",
     .help = SJ_T("for ces: a low score means little effort (the older question); else a high one does")},
    {.name = "score", .type = SJ_PARAM_MEASURE, .standard = "score", .help = SJ_T("the property that holds the score")},
    {.name = "kind",
     .type = SJ_PARAM_DIMENSION,
     .standard = "score_kind",
     .help = SJ_T("the property that says of which scale a score is; \"\": all scores are of the one that is asked about")},
    {.name = "answers",
     .type = SJ_PARAM_CHOICE,
     .choices = "latest all",
     .standard = "latest",
     .help = SJ_T("of a customer with several answers the latest counts (in each period the latest of it), or all of them do")},
    {.name = "by", .type = SJ_PARAM_DIMENSION, .help = SJ_T("channel, or a property of the answer: scores for each of its values")},
    {.name = "over",
     .type = SJ_PARAM_CHOICE,
     .choices = "auto day week month",
     .standard = "auto",
     .help = SJ_T("the periods of the series; auto: by how much time the events cover")},
    {.name = "window",
     .type = SJ_PARAM_COUNT,
     .standard = "1",
     .min = 1,
     .max = 1000,
     .help = SJ_T("so many periods, up to and with each, are taken together: a rolling window")},
    {.name = "near",
     .type = SJ_PARAM_DURATION,
     .standard = "7d",
     .min = 0,
     .max = 3650 * SJ_US_DAY,
     .help = SJ_T("what a customer meets within this time before (or after) an answer, in the same journey, is related to it")},
    {.name = "invited",
     .type = SJ_PARAM_TOUCHPOINTS,
     .min = 0,
     .max = 32,
     .help = SJ_T("a touchpoint at which customers are asked: then also how many of those asked answer")},
    {.name = "within",
     .type = SJ_PARAM_DURATION,
     .standard = "14d",
     .min = 1,
     .max = 3650 * SJ_US_DAY,
     .help = SJ_T("an invitation is answered when an answer on any scale comes within this time and before the next invitation")},
};

#define SCORE_LABEL SJ_T("Score")
#define SCORE_HELP                                                                                                                       \
    SJ_T("nps: promoters less detractors, in points from -100 to 100; csat: the share with one of the two highest scores, in points of " \
         "100; ces: the share that found it easy, in points of 100")
#define MEAN_LABEL SJ_T("Mean")
#define MEAN_HELP SJ_T("of the scores, with Student's t interval")

static const struct sj_column_def summary_columns[] = {
    {.name = "answers", .label = SJ_T("Answers"), .type = SJ_TYPE_COUNT, .help = SJ_T("that count, by the rule for several answers")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("who gave them")},
    {.name = "all_answers", .label = SJ_T("All answers"), .type = SJ_TYPE_COUNT, .help = SJ_T("on the scale, of all these customers")},
    {.name = "score", .label = SCORE_LABEL, .type = SJ_TYPE_SCORE, .help = SCORE_HELP},
    {.name = "mean", .label = MEAN_LABEL, .type = SJ_TYPE_SCORE, .help = MEAN_HELP},
    {.name = "response",
     .label = SJ_T("Response"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the invitations, those that were answered; only those old enough to tell")},
};

static const struct sj_column_def distribution_columns[] = {
    {.name = "value", .label = SJ_T("Value"), .type = SJ_TYPE_COUNT, .help = SJ_T("the score as it was given")},
    {.name = "band",
     .label = SJ_T("Band"),
     .type = SJ_TYPE_TEXT,
     .help =
         SJ_T("nps: promoter (9, 10), passive (7, 8), detractor; csat: satisfied (the two highest); ces: easy, hard (beyond the middle)")},
    {.name = "answers", .label = SJ_T("Answers"), .type = SJ_TYPE_COUNT, .help = SJ_T("with this score"), .drawn = true},
    {.name = "share", .label = SJ_T("Share"), .type = SJ_TYPE_ESTIMATE, .help = SJ_T("of the answers that count")},
};

static const struct sj_column_def period_columns[] = {
    {.name = "period", .label = SJ_T("From"), .type = SJ_TYPE_TIME, .help = SJ_T("when the period begins")},
    {.name = "score", .label = SCORE_LABEL, .type = SJ_TYPE_SCORE, .help = SCORE_HELP, .drawn = true},
    {.name = "change",
     .label = SJ_T("Change"),
     .type = SJ_TYPE_SCORE,
     .help = SJ_T("in points, against the window right before this one, which shares no period with it")},
    {.name = "arrow",
     .label = SJ_T("Arrow"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("up or down only where the change is significant (5 %, all periods taken together by Benjamini-Hochberg)")},
    {.name = "mean", .label = MEAN_LABEL, .type = SJ_TYPE_SCORE, .help = MEAN_HELP},
    {.name = "answers", .label = SJ_T("Answers"), .type = SJ_TYPE_COUNT, .help = SJ_T("in the period, or in the window that ends with it")},
    {.name = "invited",
     .label = SJ_T("Invited"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("invitations in the period; only those old enough to tell")},
    {.name = "response",
     .label = SJ_T("Response"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of these invitations, those that were answered")},
};

/* What is said of a part of the answers, in every table of them. */
#define PART_COLUMNS                                                                                                                   \
    {.name = "score", .label = SCORE_LABEL, .type = SJ_TYPE_SCORE, .help = SCORE_HELP, .drawn = true},                                 \
        {.name = "difference", .label = SJ_T("Difference"), .type = SJ_TYPE_SCORE, .help = SJ_T("in points, from all other answers")}, \
        {.name = "arrow",                                                                                                              \
         .label = SJ_T("Arrow"),                                                                                                       \
         .type = SJ_TYPE_TEXT,                                                                                                         \
         .help = SJ_T("up or down only where the difference is significant (5 %, all rows taken together by Benjamini-Hochberg)")},    \
        {.name = "mean", .label = MEAN_LABEL, .type = SJ_TYPE_SCORE, .help = MEAN_HELP}, {                                             \
        .name = "answers", .label = SJ_T("Answers"), .type = SJ_TYPE_COUNT, .help = SJ_T("that count")                                 \
    }

static const struct sj_column_def by_columns[] = {
    {.name = "value", .label = SJ_T("Value"), .type = SJ_TYPE_TEXT, .help = SJ_T("of the property, at the answer")},
    PART_COLUMNS,
};

static const struct sj_column_def touchpoint_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("at which the answer was given")},
    PART_COLUMNS,
};

static const struct sj_column_def before_columns[] = {
    {.name = "touchpoint",
     .label = SJ_T("Touchpoint"),
     .type = SJ_TYPE_TOUCHPOINT,
     .help = SJ_T("that came in the time before the answer")},
    PART_COLUMNS,
};

static const struct sj_column_def after_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("that came in the time after the answer")},
    PART_COLUMNS,
};

static const struct sj_column_def scale_columns[] = {
    {.name = "kind", .label = SJ_T("Kind"), .type = SJ_TYPE_TEXT, .help = SJ_T("the scale, as the events name it")},
    {.name = "scores", .label = SJ_T("Scores"), .type = SJ_TYPE_COUNT, .help = SJ_T("events with a score of that kind"), .drawn = true},
    {.name = "used", .label = SJ_T("Used"), .type = SJ_TYPE_TRUTH, .help = SJ_T("whether they are what is asked about")},
};

enum { TABLE_SUMMARY, TABLE_DISTRIBUTION, TABLE_PERIODS, TABLE_BY, TABLE_TOUCHPOINTS, TABLE_BEFORE, TABLE_AFTER, TABLE_SCALES, N_TABLES };
static const struct sj_table_def tables[N_TABLES] = {
    {.name = "summary", .title = SJ_T("The score"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(summary_columns)},
    {.name = "distribution", .title = SJ_T("What was answered"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(distribution_columns)},
    {.name = "periods", .title = SJ_T("Over time"), .picture = SJ_PICTURE_LINES, SJ_COLUMNS(period_columns)},
    {.name = "by", .title = SJ_T("By value"), .picture = SJ_PICTURE_DOTS, SJ_COLUMNS(by_columns)},
    {.name = "touchpoints", .title = SJ_T("At which touchpoint"), .picture = SJ_PICTURE_DOTS, SJ_COLUMNS(touchpoint_columns)},
    {.name = "before",
     .title = SJ_T("After which touchpoint customers answered so"),
     .picture = SJ_PICTURE_DOTS,
     SJ_COLUMNS(before_columns)},
    {.name = "after", .title = SJ_T("What came after such answers"), .picture = SJ_PICTURE_DOTS, SJ_COLUMNS(after_columns)},
    {.name = "scales", .title = SJ_T("Which scales there are"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(scale_columns)},
};

/* ---- state ---- */

struct asking {
    int64_t invited, answered;
};

struct plan {
    struct sj_scale scale;
    bool latest;
    uint32_t measure, kind, by; /* SJ_NO_CODE: absent */
    uint32_t n_kinds, n_values; /* with one for none each */
    const bool *used;           /* by kind: is it what is asked about */
    const bool *invites;        /* by touchpoint */
    bool any_invites;
    int64_t near_us, within_us;
    uint32_t window;
    struct sj_periods periods;
};

struct answer {
    int64_t time_us, score;
    uint32_t event, journey; /* in the batch */
};

struct state {
    struct sj_score_tally all;
    int64_t n_answers, n_invalid, n_customers, n_several; /* several: customers with more than one answer */
    int64_t *distribution;                                /* by score */
    struct sj_score_tally *periods, *values, *touchpoints, *before, *after;
    struct asking *asked; /* by period */
    int64_t *kinds;       /* scores by kind */
    uint64_t *marks;      /* by touchpoint: the look around an answer that has seen it last */
    uint64_t n_looks;
    struct sj_buf answers; /* of the customer in hand: struct answer */
};

/* The kinds that are what is asked about: those named like the scale, capitals or not. Without the property all are. */
static enum sj_status mark_kinds(struct sj_job *job, struct plan *plan, struct sj_error *err) {
    static const char *const names[] = {"nps", "csat", "ces"};
    bool *used;
    plan->n_kinds = plan->kind == SJ_NO_CODE ? 1 : job->dimensions[plan->kind].n_texts + 1;
    SJ_TRY(sj_arena_new(job->arena, plan->n_kinds, sizeof *used, &used, err));
    for (uint32_t i = 0; i + 1 < plan->n_kinds; i++)
        used[i] = sj_str_eq_nocase(job->dimensions[plan->kind].texts[i], sj_str(names[plan->scale.kind]));
    used[plan->n_kinds - 1] = plan->kind == SJ_NO_CODE;
    plan->used = used;
    return SJ_OK;
}

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct plan *plan;
    bool *invites;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    SJ_TRY(sj_scale_read(job->args[ARG_SCALE].i64, job->args[ARG_MAX].i64, job->args[ARG_LOW_IS_GOOD].i64 != 0, &plan->scale, err));
    plan->latest = job->args[ARG_ANSWERS].i64 == ANSWERS_LATEST;
    plan->measure = job->args[ARG_SCORE].measure;
    plan->kind = job->args[ARG_KIND].dimension;
    plan->by = job->args[ARG_BY].dimension;
    plan->n_values = plan->by == SJ_NO_CODE ? 0 : job->dimensions[plan->by].n_texts + 1;
    plan->near_us = job->args[ARG_NEAR].i64;
    plan->within_us = job->args[ARG_WITHIN].i64;
    plan->window = (uint32_t)job->args[ARG_WINDOW].i64;
    plan->any_invites = job->args[ARG_INVITED].n_codes > 0;
    if (plan->measure == SJ_NO_CODE)
        return sj_fail(err, SJ_E_USAGE, "score is empty; expected the property that holds the score");
    SJ_TRY(mark_kinds(job, plan, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *invites, &invites, err));
    for (size_t i = 0; i < job->args[ARG_INVITED].n_codes; i++)
        invites[job->args[ARG_INVITED].codes[i]] = true;
    plan->invites = invites;
    SJ_TRY(sj_chosen_periods(job, job->args[ARG_OVER].i64, &plan->periods, err));
    job->plan = plan;
    return SJ_OK;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    void *const owned[] = {state->distribution, state->periods, state->values, state->touchpoints, state->before,
                           state->after,        state->asked,   state->kinds,  state->marks};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        sj_mem_free(job->mem, owned[i]);
    sj_buf_done(&state->answers);
    sj_mem_free(job->mem, state);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const struct sj_alloc *mem = job->mem;
    struct state *state;
    enum sj_status status = SJ_OK;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *state, &state, err));
    sj_buf_init(&state->answers, mem, SIZE_MAX / 2);
    SJ_TRY_CLEAN(sj_mem_new(mem, (size_t)plan->scale.max + 1, sizeof *state->distribution, &state->distribution, err));
    SJ_TRY_CLEAN(sj_mem_new(mem, plan->periods.n, sizeof *state->periods, &state->periods, err));
    SJ_TRY_CLEAN(sj_mem_new(mem, plan->periods.n, sizeof *state->asked, &state->asked, err));
    SJ_TRY_CLEAN(sj_mem_new(mem, plan->n_values, sizeof *state->values, &state->values, err));
    SJ_TRY_CLEAN(sj_mem_new(mem, job->n_touchpoints, sizeof *state->touchpoints, &state->touchpoints, err));
    SJ_TRY_CLEAN(sj_mem_new(mem, job->n_touchpoints, sizeof *state->before, &state->before, err));
    SJ_TRY_CLEAN(sj_mem_new(mem, job->n_touchpoints, sizeof *state->after, &state->after, err));
    SJ_TRY_CLEAN(sj_mem_new(mem, job->n_touchpoints, sizeof *state->marks, &state->marks, err));
    SJ_TRY_CLEAN(sj_mem_new(mem, plan->n_kinds, sizeof *state->kinds, &state->kinds, err));
    *ret_state = state;
    return SJ_OK;
cleanup:
    drop(job, state);
    return status;
}

/* ---- the pass ---- */

/* What the customer met near the answer, in its journey, each touchpoint once: `step` -1 looks back, 1 ahead. */
static void look_around(const struct plan *plan, struct state *state, const struct sj_batch *batch, const struct answer *answer, int step,
                        struct sj_score_tally *tallies) {
    const uint32_t lo = batch->offsets[answer->journey], hi = batch->offsets[answer->journey + 1];
    const uint64_t look = ++state->n_looks;
    for (uint32_t i = answer->event + (uint32_t)step; i >= lo && i < hi; i += (uint32_t)step) {
        const int64_t distance_us = batch->time_us[i] - answer->time_us;
        const uint16_t code = batch->touchpoint[i];
        if ((step < 0 ? -distance_us : distance_us) > plan->near_us)
            break;
        if (state->marks[code] != look)
            sj_score_add(&plan->scale, &tallies[code], answer->score);
        state->marks[code] = look;
    }
}

static void count_answer(const struct sj_job *job, struct state *state, const struct sj_batch *batch, const struct answer *answer) {
    const struct plan *plan = job->plan;
    sj_score_add(&plan->scale, &state->all, answer->score);
    state->distribution[answer->score]++;
    sj_score_add(&plan->scale, &state->touchpoints[batch->touchpoint[answer->event]], answer->score);
    if (plan->by != SJ_NO_CODE) {
        const uint32_t code = batch->codes[plan->by][answer->event];
        sj_score_add(&plan->scale, &state->values[code == SJ_NO_CODE ? plan->n_values - 1 : code], answer->score);
    }
    look_around(plan, state, batch, answer, -1, state->before);
    look_around(plan, state, batch, answer, 1, state->after);
}

/* An answer counts in the windows that end with its period or up to window - 1 later; where the latest counts, in those before the
 * customer's next answer only. */
static void count_windows(const struct plan *plan, struct state *state, const struct answer *answers, size_t n) {
    uint32_t next = plan->periods.n; /* the period of the next answer, later ones first */
    for (size_t i = n; i-- > 0;) {
        const uint32_t period = sj_periods_search(&plan->periods, answers[i].time_us);
        uint32_t end = plan->periods.n - period > plan->window ? period + plan->window : plan->periods.n;
        end = plan->latest && next < end ? next : end;
        for (uint32_t window = period; window < end; window++)
            sj_score_add(&plan->scale, &state->periods[window], answers[i].score);
        next = period;
    }
}

/* Notes the scores of a journey; those on the scale are kept. */
static enum sj_status gather(const struct sj_job *job, struct state *state, const struct sj_batch *batch, uint32_t j,
                             struct sj_error *err) {
    const struct plan *plan = job->plan;
    const int64_t *amounts = batch->amounts[plan->measure];
    for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++) {
        if (amounts[i] == SJ_NO_AMOUNT)
            continue;
        const uint32_t code = plan->kind == SJ_NO_CODE ? SJ_NO_CODE : batch->codes[plan->kind][i];
        const uint32_t kind = code == SJ_NO_CODE ? plan->n_kinds - 1 : code;
        const int64_t score = amounts[i] / 1000000;
        state->kinds[kind]++;
        if (!plan->used[kind])
            continue;
        if (amounts[i] % 1000000 != 0 || score < plan->scale.min || score > plan->scale.max) {
            state->n_invalid++;
            continue;
        }
        const struct answer answer = {batch->time_us[i], score, i, j};
        SJ_TRY(sj_buf_append(&state->answers, &answer, sizeof answer, err));
    }
    return SJ_OK;
}

/* Invitations of a journey that are old enough, and which of them were answered. */
static void count_invitations(const struct sj_job *job, struct state *state, const struct sj_batch *batch, uint32_t j) {
    const struct plan *plan = job->plan;
    const int64_t *amounts = batch->amounts[plan->measure];
    struct asking *open = NULL;
    int64_t since_us = 0;
    for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++) {
        const int64_t time_us = batch->time_us[i];
        if (open != NULL && amounts[i] != SJ_NO_AMOUNT) {
            open->answered += time_us - since_us <= plan->within_us;
            open = NULL;
        }
        if (!plan->invites[batch->touchpoint[i]])
            continue;
        open = NULL;
        if (job->to_us - 1 - time_us < plan->within_us)
            continue;
        open = &state->asked[sj_periods_search(&plan->periods, time_us)];
        open->invited++;
        since_us = time_us;
    }
}

static int by_time(const void *left, const void *right) {
    const struct answer *a = left, *b = right;
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? -1 : 1;
    return (a->event > b->event) - (a->event < b->event);
}

static void count_customer(const struct sj_job *job, struct state *state, const struct sj_batch *batch) {
    const struct plan *plan = job->plan;
    struct answer *answers = (struct answer *)(void *)state->answers.data;
    const size_t n = state->answers.n / sizeof *answers;
    if (n == 0)
        return;
    qsort(answers, n, sizeof *answers, by_time);
    for (size_t i = plan->latest ? n - 1 : 0; i < n; i++)
        count_answer(job, state, batch, &answers[i]);
    count_windows(plan, state, answers, n);
    state->n_answers += (int64_t)n;
    state->n_customers++;
    state->n_several += n > 1;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct state *state = absorbing;
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        if (j == 0 || batch->customer[j] != batch->customer[j - 1])
            state->answers.n = 0;
        SJ_TRY(gather(job, state, batch, j, err));
        if (plan->any_invites)
            count_invitations(job, state, batch, j);
        if (j + 1 == batch->n_journeys || batch->customer[j + 1] != batch->customer[j])
            count_customer(job, state, batch);
    }
    return SJ_OK;
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    (void)err;
    const struct plan *plan = job->plan;
    struct state *state = merged;
    const struct state *other = merging;
    sj_score_add_tallies(&state->all, &other->all, 1);
    sj_score_add_tallies(state->periods, other->periods, plan->periods.n);
    sj_score_add_tallies(state->values, other->values, plan->n_values);
    sj_score_add_tallies(state->touchpoints, other->touchpoints, job->n_touchpoints);
    sj_score_add_tallies(state->before, other->before, job->n_touchpoints);
    sj_score_add_tallies(state->after, other->after, job->n_touchpoints);
    for (int64_t i = 0; i <= plan->scale.max; i++)
        state->distribution[i] += other->distribution[i];
    for (uint32_t i = 0; i < plan->n_kinds; i++)
        state->kinds[i] += other->kinds[i];
    for (uint32_t i = 0; i < plan->periods.n; i++) {
        state->asked[i].invited += other->asked[i].invited;
        state->asked[i].answered += other->asked[i].answered;
    }
    state->n_answers += other->n_answers;
    state->n_invalid += other->n_invalid;
    state->n_customers += other->n_customers;
    state->n_several += other->n_several;
    return SJ_OK;
}

/* ---- the answer ---- */

static enum sj_status give_summary(const struct sj_job *job, const struct state *state, struct sj_shares *shares, struct sj_result *result,
                                   struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct asking asked = {0};
    struct sj_table *table;
    struct sj_cell *cells;
    for (uint32_t i = 0; i < plan->periods.n; i++) {
        asked.invited += state->asked[i].invited;
        asked.answered += state->asked[i].answered;
    }
    SJ_TRY(sj_result_table(result, &tables[TABLE_SUMMARY], &table, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_i64(state->all.n);
    cells[1] = sj_cell_i64(state->n_customers);
    cells[2] = sj_cell_i64(state->n_answers);
    cells[3] = sj_score_cell(&plan->scale, &state->all, shares);
    cells[4] = sj_score_mean_cell(&state->all);
    cells[5] = sj_share_cell(shares, (uint64_t)asked.answered, (uint64_t)asked.invited);
    if (asked.invited > 0 && asked.answered * 10 < asked.invited)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "few_respond",
                       "Fewer than one in ten of those asked answer: who does may think otherwise than who does not."));
    return SJ_OK;
}

static enum sj_status give_distribution(const struct sj_job *job, const struct state *state, struct sj_shares *shares,
                                        struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &tables[TABLE_DISTRIBUTION], &table, err));
    for (int64_t score = plan->scale.max; score >= plan->scale.min && state->all.n > 0; score--) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_i64(score);
        cells[1] = sj_cell_text(sj_str(sj_text(result->lang, sj_scale_band(&plan->scale, score))));
        cells[2] = sj_cell_i64(state->distribution[score]);
        cells[3] = sj_share_cell(shares, (uint64_t)state->distribution[score], (uint64_t)state->all.n);
    }
    return SJ_OK;
}

/* Each window against the one right before it; both must be whole. */
static enum sj_status compare_periods(const struct sj_job *job, const struct state *state, uint32_t first, uint32_t end,
                                      struct sj_compared **ret_rows, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_compared *rows;
    SJ_TRY(sj_arena_new(job->arena, plan->periods.n, sizeof *rows, &rows, err));
    for (uint32_t i = first; i < end; i++) {
        if (i - first + 1 < 2 * (uint64_t)plan->window)
            continue;
        const struct sj_score_tally *now = &state->periods[i], *before = &state->periods[i - plan->window];
        rows[i] = sj_score_compare(&plan->scale, now, before);
    }
    *ret_rows = rows;
    return sj_score_correct(job, rows, plan->periods.n, err);
}

/* From the first period with an answer or an invitation to the last. */
static enum sj_status give_periods(const struct sj_job *job, const struct state *state, struct sj_shares *shares, struct sj_result *result,
                                   struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_compared *rows;
    struct sj_table *table;
    uint32_t first = 0, end = plan->periods.n;
    SJ_TRY(sj_result_table(result, &tables[TABLE_PERIODS], &table, err));
    while (first < end && state->periods[first].n == 0 && state->asked[first].invited == 0)
        first++;
    while (end > first && state->periods[end - 1].n == 0 && state->asked[end - 1].invited == 0)
        end--;
    SJ_TRY(compare_periods(job, state, first, end, &rows, err));
    for (uint32_t i = first; i < end; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_i64(plan->periods.starts[i]);
        cells[1] = sj_score_cell(&plan->scale, &state->periods[i], shares);
        sj_score_fill_compared(&rows[i], &cells[2], &cells[3]);
        cells[4] = sj_score_mean_cell(&state->periods[i]);
        cells[5] = sj_cell_i64(state->periods[i].n);
        if (!plan->any_invites)
            continue;
        cells[6] = sj_cell_i64(state->asked[i].invited);
        cells[7] = sj_share_cell(shares, (uint64_t)state->asked[i].answered, (uint64_t)state->asked[i].invited);
    }
    return end - first < 2 ? SJ_OK : sj_cut_periods_note(result);
}

/* Rows of parts of the answers, each against all others. */
struct part {
    struct sj_cell name;
    struct sj_score_tally tally;
};
struct parts {
    const struct sj_table_def *def;
    struct part *items;
    size_t n;
};

static enum sj_status give_parts(const struct sj_job *job, const struct sj_score_tally *all, const struct parts *parts,
                                 struct sj_shares *shares, struct sj_result *result, struct sj_error *err) {
    const struct sj_scale *scale = &((const struct plan *)job->plan)->scale;
    struct sj_compared *rows;
    struct sj_table *table;
    SJ_TRY(sj_arena_new(job->arena, parts->n, sizeof *rows, &rows, err));
    for (size_t i = 0; i < parts->n; i++) {
        const struct sj_score_tally rest = sj_score_rest(all, &parts->items[i].tally);
        rows[i] = sj_score_compare(scale, &parts->items[i].tally, &rest);
    }
    SJ_TRY(sj_score_correct(job, rows, parts->n, err));
    SJ_TRY(sj_result_table(result, parts->def, &table, err));
    for (size_t i = 0; i < parts->n; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = parts->items[i].name;
        cells[1] = sj_score_cell(scale, &parts->items[i].tally, shares);
        sj_score_fill_compared(&rows[i], &cells[2], &cells[3]);
        cells[4] = sj_score_mean_cell(&parts->items[i].tally);
        cells[5] = sj_cell_i64(parts->items[i].tally.n);
    }
    return SJ_OK;
}

static enum sj_status give_touchpoints(const struct sj_job *job, const struct sj_table_def *def, const struct state *state,
                                       const struct sj_score_tally *tallies, struct sj_shares *shares, struct sj_result *result,
                                       struct sj_error *err) {
    const uint32_t *places;
    struct sj_ranked *ranked;
    struct part *parts;
    size_t n = 0;
    SJ_TRY(sj_name_places(job->arena, job->touchpoints, job->n_touchpoints, &places, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *ranked, &ranked, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *parts, &parts, err));
    for (uint32_t code = 0; code < job->n_touchpoints; code++) {
        if (tallies[code].n > 0)
            ranked[n++] = (struct sj_ranked){(uint64_t)tallies[code].n, places[code], code};
    }
    sj_rank(ranked, n);
    for (size_t i = 0; i < n; i++) {
        parts[i].tally = tallies[ranked[i].code];
        SJ_TRY(sj_name_cell(result, job->touchpoints[ranked[i].code], &parts[i].name, err));
    }
    return give_parts(job, &state->all, &(struct parts){def, parts, n}, shares, result, err);
}

static enum sj_status give_values(const struct sj_job *job, const struct state *state, struct sj_shares *shares, struct sj_result *result,
                                  struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_value_row *rows;
    struct part *parts;
    uint64_t *counts;
    size_t n;
    SJ_TRY(sj_arena_new(job->arena, plan->n_values, sizeof *counts, &counts, err));
    for (uint32_t i = 0; i < plan->n_values; i++)
        counts[i] = (uint64_t)state->values[i].n;
    SJ_TRY(sj_value_rows(job, &job->dimensions[plan->by], counts, result, &rows, &n, err));
    SJ_TRY(sj_arena_new(job->arena, n, sizeof *parts, &parts, err));
    for (size_t i = 0; i < n; i++) {
        for (uint32_t c = 0; c < rows[i].n_codes; c++)
            sj_score_add_tallies(&parts[i].tally, &state->values[rows[i].codes[c]], 1);
        SJ_TRY(sj_name_cell(result, rows[i].text, &parts[i].name, err));
    }
    return give_parts(job, &state->all, &(struct parts){&tables[TABLE_BY], parts, n}, shares, result, err);
}

static enum sj_status give_scales(const struct sj_job *job, const struct state *state, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &tables[TABLE_SCALES], &table, err));
    for (uint32_t kind = 0; kind < plan->n_kinds; kind++) {
        struct sj_cell *cells;
        if (state->kinds[kind] == 0)
            continue;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        if (kind + 1 < plan->n_kinds)
            SJ_TRY(sj_name_cell(result, job->dimensions[plan->kind].texts[kind], &cells[0], err));
        else
            cells[0] = sj_cell_text(sj_str(sj_text(result->lang, SJ_T("(none)"))));
        cells[1] = sj_cell_i64(state->kinds[kind]);
        cells[2] = sj_cell_i64(plan->used[kind]);
    }
    return SJ_OK;
}

static enum sj_status give_notes(const struct sj_job *job, const struct state *state, struct sj_result *result) {
    const struct plan *plan = job->plan;
    char number[SJ_NUMBER_BYTES];
    if (state->all.n == 0)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "no_answers",
                       "There is no answer on this scale in the choice; the table of scales says which there are."));
    else if (plan->latest)
        SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "latest_answer",
                       "Of a customer with several answers the latest counts; in a period the latest of it."));
    sj_number_count(state->n_several, result->lang, number);
    if (!plan->latest && state->n_several > 0)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "dependent_answers",
                       "%s customers answered more than once and count as often: the intervals are too narrow.", number));
    if (plan->periods.n > 1 && state->n_several > 0)
        SJ_TRY(sj_note(result, SJ_NOTE_INFO, "shared_customers",
                       "%s customers answered more than once: periods that share customers are compared as if they were different people.",
                       number));
    sj_number_count(state->n_invalid, result->lang, number);
    if (state->n_invalid > 0)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "off_scale", "%s scores are not whole numbers from %lld to %lld and are left out.", number,
                       (long long)plan->scale.min, (long long)plan->scale.max));
    return SJ_OK;
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    const struct plan *plan = job->plan;
    const struct state *state = finished;
    struct sj_shares shares = {0};
    SJ_TRY(give_summary(job, state, &shares, result, err));
    SJ_TRY(give_distribution(job, state, &shares, result, err));
    SJ_TRY(give_periods(job, state, &shares, result, err));
    if (plan->by != SJ_NO_CODE)
        SJ_TRY(give_values(job, state, &shares, result, err));
    SJ_TRY(give_touchpoints(job, &tables[TABLE_TOUCHPOINTS], state, state->touchpoints, &shares, result, err));
    SJ_TRY(give_touchpoints(job, &tables[TABLE_BEFORE], state, state->before, &shares, result, err));
    SJ_TRY(give_touchpoints(job, &tables[TABLE_AFTER], state, state->after, &shares, result, err));
    SJ_TRY(give_scales(job, state, result, err));
    SJ_TRY(give_notes(job, state, result));
    return sj_shares_note(&shares, result);
}

const struct sj_analysis sj_scores = {
    .name = "scores",
    .title = SJ_T("How do customers rate us, where and when?"),
    .about =
        SJ_T("One scale is asked about at a time. A difference is against all other answers, or against the time before; only where it "
             "has an arrow is it more than chance. What comes before an answer need not be its cause."),
    .example = "scores STORE --scale csat --by topic --invited survey_invited",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .tables = tables,
    .n_tables = N_TABLES,
    .needs = SJ_NEED_TIME,
    .prepare = prepare,
    .start = start,
    .absorb = absorb,
    .merge = merge,
    .finish = finish,
    .drop = drop,
};
