/* Walking over the journeys of a batch as a funnel counts them: by the rule of lens/match.h, or as another product would (dialects.h). */
#pragma once
#include "analysis/dialects.h"
#include "base/result.h"
#include "lens/match.h"

struct sj_funnel_rule {
    struct sj_match_rule match;
    enum sj_dialect dialect;
};

/* How far a journey comes, and by which events: of each step that is reached, SJ_NO_EVENT where it is left out. */
struct sj_funnel_match {
    uint32_t journey, n_reached;
    uint32_t events[SJ_STEPS_MAX]; /* as indexes into the batch; good where they were asked for */
};

struct sj_funnel_walk {
    struct sj_funnel_rule rule;
    struct sj_matcher matcher;
    const struct sj_batch *batch;
    uint32_t journey; /* the next to come, in a dialect */
    struct sj_dialect_event *events;
    size_t n_events; /* room */
};

/* SJ_E_USAGE where the dialect cannot say what the rule asks: arrows, repeats, choices of positions, anchors, a property to hold. */
enum sj_status sj_funnel_rule_check(const struct sj_funnel_rule *rule, struct sj_error *err);

/* The rule in words, shortly: the note "funnel_rule", or "mixpanel_rule" and so on. Exactly it stands in match.h and dialects.c. */
enum sj_status sj_dialect_note(enum sj_dialect dialect, int64_t within_us, struct sj_result *result);

void sj_funnel_walk_init(struct sj_funnel_walk *walk, const struct sj_alloc *mem, const struct sj_funnel_rule *rule);
void sj_funnel_walk_done(struct sj_funnel_walk *walk);
void sj_funnel_walk_begin(struct sj_funnel_walk *walk, const struct sj_batch *batch);
/* As sj_matcher_next(). Events are found where at least so many steps are reached. */
enum sj_status sj_funnel_walk_next(struct sj_funnel_walk *walk, uint32_t events_from, bool *ret_any, struct sj_funnel_match *ret_match,
                                   struct sj_error *err);
