#include "analysis/funnel_walk.h"

#include <string.h>

enum sj_status sj_funnel_rule_check(const struct sj_funnel_rule *rule, struct sj_error *err) {
    if (rule->dialect == SJ_DIALECT_SOJOURN)
        return SJ_OK;
    if (!rule->match.pattern->plain)
        return sj_fail(err, SJ_E_USAGE,
                       "the dialects of other products know steps one after another only: touchpoints, with conditions or not; expected no "
                       "other arrows than >, and nothing repeated, optional, or in any order");
    if (rule->match.hold != SJ_NO_CODE || rule->match.again)
        return sj_fail(err, SJ_E_USAGE, "hold and repeats are counted in the dialect sojourn only");
    return SJ_OK;
}

void sj_funnel_walk_init(struct sj_funnel_walk *walk, const struct sj_alloc *mem, const struct sj_funnel_rule *rule) {
    *walk = (struct sj_funnel_walk){.rule = *rule};
    sj_matcher_init(&walk->matcher, mem, &rule->match);
}

void sj_funnel_walk_done(struct sj_funnel_walk *walk) {
    sj_mem_free(walk->matcher.mem, walk->events);
    sj_matcher_done(&walk->matcher);
}

void sj_funnel_walk_begin(struct sj_funnel_walk *walk, const struct sj_batch *batch) {
    walk->batch = batch;
    walk->journey = 0;
    sj_matcher_begin(&walk->matcher, batch);
}

static enum sj_status make_room(struct sj_funnel_walk *walk, size_t n, struct sj_error *err) {
    if (n <= walk->n_events)
        return SJ_OK;
    sj_mem_free(walk->matcher.mem, walk->events);
    walk->events = NULL;
    walk->n_events = 0;
    SJ_TRY(sj_mem_new(walk->matcher.mem, 2 * n, sizeof *walk->events, &walk->events, err));
    walk->n_events = 2 * n;
    return SJ_OK;
}

/* A journey as another product would count it. */
static enum sj_status ask_dialect(struct sj_funnel_walk *walk, struct sj_funnel_match *ret_match, struct sj_error *err) {
    const struct sj_batch *batch = walk->batch;
    const uint32_t lo = batch->offsets[walk->journey], n = batch->offsets[walk->journey + 1] - lo;
    const struct sj_dialect_funnel funnel = {walk->rule.dialect, walk->rule.match.pattern->n_steps, walk->matcher.rule.within_us};
    struct sj_dialect_match match;
    SJ_TRY(make_room(walk, n, err));
    for (uint32_t i = 0; i < n; i++)
        walk->events[i] =
            (struct sj_dialect_event){batch->time_us[lo + i], (uint32_t)sj_positions_of(walk->rule.match.pattern, batch, lo + i)};
    sj_dialect_match(&funnel, walk->events, n, &match);
    *ret_match = (struct sj_funnel_match){.journey = walk->journey++, .n_reached = match.n_reached};
    for (uint32_t step = 0; step < match.n_reached; step++)
        ret_match->events[step] = lo + match.events[step];
    return SJ_OK;
}

enum sj_status sj_funnel_walk_next(struct sj_funnel_walk *walk, uint32_t events_from, bool *ret_any, struct sj_funnel_match *ret_match,
                                   struct sj_error *err) {
    struct sj_match match;
    if (walk->rule.dialect != SJ_DIALECT_SOJOURN) {
        *ret_any = walk->journey < walk->batch->n_journeys;
        return *ret_any ? ask_dialect(walk, ret_match, err) : SJ_OK;
    }
    SJ_TRY(sj_matcher_next(&walk->matcher, ret_any, &match, err));
    if (!*ret_any)
        return SJ_OK;
    ret_match->journey = match.journey;
    ret_match->n_reached = match.n_reached;
    return match.n_reached >= events_from ? sj_match_steps(&walk->matcher, &match, ret_match->events, err) : SJ_OK;
}

enum sj_status sj_dialect_note(enum sj_dialect dialect, int64_t within_us, struct sj_result *result) {
    char within[SJ_TIME_TEXT_BYTES];
    sj_duration_format(within_us, within);
    switch (dialect) {
    case SJ_DIALECT_CLICKHOUSE:
        return sj_note(result, SJ_NOTE_DEFINITION, "clickhouse_rule",
                       "As windowFunnel of ClickHouse counts: within %s of the first step; a later first step starts again; one event may "
                       "stand for several steps, and events of the same time count in the order of the steps.",
                       within);
    case SJ_DIALECT_CLICKHOUSE_STRICT_ORDER:
        return sj_note(result, SJ_NOTE_DEFINITION, "clickhouse_strict_order_rule",
                       "As windowFunnel of ClickHouse counts with strict_order: within %s of the first step; the first other event behind "
                       "a first step ends the search, also where a later one would have fitted.",
                       within);
    case SJ_DIALECT_POSTHOG:
        return sj_note(result, SJ_NOTE_DEFINITION, "posthog_rule",
                       "As PostHog counts an ordered funnel: within %s of the first step; a later first step starts again; each event "
                       "counts for one step; events of the same time count in the order of the steps.",
                       within);
    case SJ_DIALECT_MIXPANEL:
        return sj_note(result, SJ_NOTE_DEFINITION, "mixpanel_rule",
                       "As Mixpanel counts: within %s of the very first first step, which no later one replaces; steps within two seconds "
                       "of each other count in any order.",
                       within);
    case SJ_DIALECT_AMPLITUDE:
        return sj_note(result, SJ_NOTE_DEFINITION, "amplitude_rule",
                       "As Amplitude counts: within %s of the first step; times are cut to whole seconds, within which any order counts; "
                       "of several ways the longest, then the earliest.",
                       within);
    default:
        return sj_note(result, SJ_NOTE_DEFINITION, "funnel_rule",
                       "A journey counts at the furthest step it reaches: the steps one after another, as the arrows between them say, all "
                       "within %s of the first step, that moment included. A later first step may start again. Each event counts for one "
                       "step. Of several ways the longest counts, then the one that is complete first, then the one that starts last; from "
                       "there each step at its first event, and times are taken between these. Events of the same time stand in order of "
                       "arrival.",
                       within);
    }
}
