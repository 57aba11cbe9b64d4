/* Running a pattern over journeys: which match counts, how far it comes, and by which events.
 *
 * A match is a choice of events of one journey, in order, one for each position on a way through the pattern, that meets all that is
 * asked of it (docs/language.md). Of all matches of a journey the one that counts is: the one that reaches the furthest step; of these the one
 * that is there first; of these the one that starts last; of these the one that is earlier at the first event that differs.
 *
 * How: for each position the ways to come there are kept of which no other is better in everything. While all arrows are plain that is one,
 * with the latest start: whatever an earlier one can still reach within the time, the latest can. So a chain costs O(events + events at
 * its touchpoints), whatever the window. With conditions of time on arrows there may be more; with one clock they form a queue, and each event is put into
 * it and taken out once. At most 65,536 ways are kept for a position and 2 · 10^7 looked at for a journey; what needs more is refused.
 *
 * Threads: a pattern is read-only; each thread has its own matcher. */
#pragma once
#include "base/time.h"
#include "lens/batch.h"
#include "lens/pattern.h"

#define SJ_WITHIN_MAX (SJ_TIME_MAX - SJ_TIME_MIN) /* all of time */
#define SJ_NO_EVENT UINT32_MAX

struct sj_match {
    uint32_t journey;
    uint32_t n_reached;   /* steps; 0: not even the first */
    uint32_t first, last; /* events, as indexes into the batch; good when n_reached > 0 */
};

/* A way to come to a position: its last event, and the events that set the clocks. */
struct sj_way {
    uint32_t position, last;
    uint32_t held; /* the value that is held constant */
    uint32_t begun[SJ_CLOCKS_MAX];
};
struct sj_ways {
    struct sj_way *items; /* in order of arrival */
    uint32_t n, capacity;
};

/* The positions that an event may stand for. */
static inline uint64_t sj_positions_of(const struct sj_pattern *pattern, const struct sj_batch *batch, uint32_t event) {
    uint64_t bits = pattern->positions_at[batch->touchpoint[event]];
    for (uint32_t c = 0; c < pattern->n_conditions; c++)
        if (!batch->meets[pattern->first_condition + c][event])
            bits &= ~pattern->positions_if[c];
    return bits;
}

/* The exclusions that an event meets, as bits. */
static inline unsigned sj_exclusions_of(const struct sj_pattern *pattern, const struct sj_batch *batch, uint32_t event) {
    unsigned bits = pattern->exclusions_at[batch->touchpoint[event]];
    for (uint32_t c = 0; c < pattern->n_conditions && bits; c++)
        if (!batch->meets[pattern->first_condition + c][event])
            bits &= ~(unsigned)pattern->exclusions_if[c];
    return bits;
}

/* What is asked, besides the pattern. */
struct sj_match_rule {
    const struct sj_pattern *pattern;
    int64_t within_us; /* for the whole; at most SJ_WITHIN_MAX */
    uint32_t hold;     /* a dimension whose value must be the same at all events; SJ_NO_CODE: none */
    bool again;        /* a complete match does not end the journey: matches that follow one another */
};

/* Goes over the journeys of a batch. Which events matter is found for a piece of the batch at a time, without a branch, since nobody can
 * guess which they are. */
#define SJ_MATCH_PIECE 1024
struct sj_matcher {
    struct sj_match_rule rule;
    const struct sj_alloc *mem;
    bool chain;
    const struct sj_batch *batch;
    uint32_t journey;                    /* the next to come */
    bool inside;                         /* of that journey some events are behind us */
    uint32_t piece_lo, piece_end, word;  /* events; the word in hand */
    uint64_t found[SJ_MATCH_PIECE / 64]; /* of the piece: bit i of word w: event 64 w + i matters, and is still to come */

    /* Where the pattern is no chain. */
    struct sj_ways ways[SJ_POSITIONS_MAX];
    struct sj_ways arrivals;          /* at the event in hand */
    uint64_t live;                    /* positions with ways */
    uint32_t seen[SJ_EXCLUSIONS_MAX]; /* the last event that is excluded */
    uint64_t n_looked;                /* ways, in this journey */
    uint64_t *failed;                 /* for sj_match_events(): by event, positions from which there is no way to the end */
    struct sj_ways trail;
    struct sj_frame *frames;
    struct sj_taken *path;
    size_t n_failed, n_frames, n_path; /* room */
};

/* The time for the whole: one that was asked for (`given`) besides that of the expression, else a standard where the expression has none, nor
 * one for each arrow. */
static inline int64_t sj_match_within(const struct sj_pattern *pattern, bool given, int64_t within_us) {
    if (!given && pattern->within_us == SJ_NO_LIMIT && pattern->arrows_us != SJ_NO_LIMIT)
        return pattern->arrows_us < SJ_WITHIN_MAX ? pattern->arrows_us : SJ_WITHIN_MAX;
    return pattern->within_us == SJ_NO_LIMIT || (given && within_us < pattern->within_us) ? within_us : pattern->within_us;
}

void sj_matcher_init(struct sj_matcher *matcher, const struct sj_alloc *mem, const struct sj_match_rule *rule);
void sj_matcher_done(struct sj_matcher *matcher);

void sj_matcher_begin(struct sj_matcher *matcher, const struct sj_batch *batch);
/* The next match: of each journey one, in order, also where nothing is reached; with `again` as many as there are in a journey, and the last
 * incomplete one where it reaches anything or is the only one. *ret_any is false behind the last journey. Errors: SJ_E_LIMIT, SJ_E_MEMORY. */
enum sj_status sj_matcher_next(struct sj_matcher *matcher, bool *ret_any, struct sj_match *ret_match, struct sj_error *err);

/* An event of a match, and the position that it stands for. */
struct sj_taken {
    uint32_t event;
    uint8_t position;
};
/* All events of a match, which has reached something; good until the next call. */
enum sj_status sj_match_events(struct sj_matcher *matcher, const struct sj_match *match, const struct sj_taken **ret_taken, size_t *ret_n,
                               struct sj_error *err);
/* For each step that is reached the event that completes it, SJ_NO_EVENT where it is left out: ret_events[match->n_reached]. */
enum sj_status sj_match_steps(struct sj_matcher *matcher, const struct sj_match *match, uint32_t ret_events[SJ_STEPS_MAX],
                              struct sj_error *err);
