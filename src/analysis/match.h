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

/* Goes over the journeys of a batch. Which events are at a step is found for a piece of the batch at a time, without a branch, since
 * nobody can guess which they are. */
#define SJ_MATCHES_PIECE 1024
struct sj_matches {
    const struct sj_steps *steps;
    const struct sj_batch *batch;
    uint32_t journey;                      /* the next to come */
    uint32_t piece_lo, piece_end, word;    /* events; the word in hand */
    uint64_t found[SJ_MATCHES_PIECE / 64]; /* of the piece: bit i of word w: event 64 w + i is at a step, and still to come */
};

void sj_matches_begin(struct sj_matches *matches, const struct sj_steps *steps, const struct sj_batch *batch);
/* The match that counts of the next journey; there must be one. O(events + events at steps). */
void sj_matches_next(struct sj_matches *matches, struct sj_match *ret_match);

/* The events of a match, one for each step reached: ret_events[n_reached]. */
void sj_match_events(const struct sj_steps *steps, const struct sj_batch *batch, const struct sj_match *match,
                     uint32_t ret_events[SJ_STEPS_MAX]);
