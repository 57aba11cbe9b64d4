/* The funnel's rule: how far along the steps a journey comes, and by which of its events. For funnel.c.
 *
 * A match of k steps is k events in order, the i-th at the touchpoint of step i, the last no later than `within_us` after the first
 * (that moment included). Anything may lie between. Each event stands for one step at most. Events of the same time are in order
 * of arrival.
 * Of all matches of a journey the one that counts is: the longest; of these the one that is complete first; of these the one that
 * starts last (the latest first step that still leads there); from that start each step at its first event.
 * So a later first step starts again. The steps reached are those of ClickHouse's windowFunnel (default mode), except that there an
 * event may stand for several steps, and events of the same second in any order.
 * Pure functions; a rule is read-only once made. */
#pragma once
#include "base/time.h"
#include "lens/batch.h"

#define SJ_STEPS_MAX 32
#define SJ_WITHIN_MAX (SJ_TIME_MAX - SJ_TIME_MIN) /* all of time */

struct sj_steps {
    uint32_t n_steps;
    int64_t within_us; /* at most SJ_WITHIN_MAX */
    uint16_t touchpoint[SJ_STEPS_MAX];
    const uint32_t *at; /* by touchpoint: bit i is set when it is step i */
};

struct sj_match {
    uint32_t n_reached;   /* 0: not even the first step */
    uint32_t first, last; /* events, as indexes into the batch; good when n_reached > 0 */
};

/* The match that counts among the events [lo, hi) of one journey. O(events + events at steps). */
struct sj_match sj_match_find(const struct sj_steps *steps, const struct sj_batch *batch, uint32_t lo, uint32_t hi);

/* The events of a match, one for each step reached: ret_events[n_reached]. */
void sj_match_events(const struct sj_steps *steps, const struct sj_batch *batch, const struct sj_match *match,
                     uint32_t ret_events[SJ_STEPS_MAX]);
