#include "lens/match.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/vector.h"
#include "lens/match_inside.h"

/* No start yet: so long ago that it is outside of every window. */
#define LONG_AGO (INT64_MIN / 2)
static_assert(SJ_WITHIN_MAX < SJ_TIME_MIN - LONG_AGO, "whatever the window, LONG_AGO is outside");

/* For each step of a chain the latest first event from which it can be reached so far. Entry 0 is the event that is looked at, entry k + 1
 * belongs to step k. */
struct chain {
    int64_t time_us[SJ_STEPS_MAX + 1];
    uint32_t first[SJ_STEPS_MAX + 1];
};

static void clear_chain(struct chain *chain, uint32_t n_steps) {
    for (uint32_t i = 0; i <= n_steps; i++) {
        chain->time_us[i] = LONG_AGO;
        chain->first[i] = 0;
    }
}

/* One event at one or several steps. These are tried from the last to the first, so that the event is used once. */
static inline void take_step(int64_t within_us, struct chain *chain, uint32_t at, struct sj_match *match) {
    do {
        const uint32_t step = 31u - (uint32_t)__builtin_clz(at);
        const bool fits = chain->time_us[0] - chain->time_us[step] <= within_us;
        const bool longer = fits & (step >= match->n_reached);
        at ^= UINT32_C(1) << step;
        chain->time_us[step + 1] = fits ? chain->time_us[step] : chain->time_us[step + 1];
        chain->first[step + 1] = fits ? chain->first[step] : chain->first[step + 1];
        match->n_reached += longer;
        match->first = longer ? chain->first[step] : match->first;
        match->last = longer ? chain->first[0] : match->last;
    } while (at != 0);
}

/* ---- finding the events that matter ---- */

SJ_VECTOR static void find_wanted(const uint16_t *wanted, uint32_t n_wanted, const uint16_t *touchpoint, uint32_t n, uint8_t *found) {
    for (uint32_t k = 0; k < n_wanted; k++) {
        const uint16_t code = wanted[k];
        for (uint32_t i = 0; i < n; i++)
            found[i] |= touchpoint[i] == code;
    }
}

#define COMPARED_MAX 16 /* with more touchpoints it is quicker to look each event up */

static void next_piece(struct sj_matcher *matcher) {
    const struct sj_pattern *pattern = matcher->rule.pattern;
    const uint32_t lo = matcher->piece_end, left = matcher->batch->n_events - lo;
    const uint32_t n = left < SJ_MATCH_PIECE ? left : SJ_MATCH_PIECE;
    const uint16_t *touchpoint = matcher->batch->touchpoint + lo;
    uint8_t found[SJ_MATCH_PIECE] = {0};
    if (pattern->n_wanted <= COMPARED_MAX)
        find_wanted(pattern->wanted, pattern->n_wanted, touchpoint, n, found);
    else
        for (uint32_t i = 0; i < n; i++)
            found[i] = pattern->positions_at[touchpoint[i]] != 0 || pattern->exclusions_at[touchpoint[i]] != 0;
    for (uint32_t i = 0; i < SJ_MATCH_PIECE; i += 8) {
        uint64_t eight;
        memcpy(&eight, found + i, 8);
        /* Eight bytes that are 0 or 1 become eight bits: the product moves byte k to bit 56 + k. */
        const uint64_t bits = eight * UINT64_C(0x0102040810204080) >> 56;
        matcher->found[i / 64] = (i % 64 == 0 ? 0 : matcher->found[i / 64]) | bits << (i % 64);
    }
    matcher->piece_lo = lo;
    matcher->piece_end = lo + n;
    matcher->word = 0;
}

/* The next event that matters before `end`, which is taken from those to come; false where there is none. */
static inline bool next_event(struct sj_matcher *matcher, uint32_t end, uint32_t *ret_event) {
    for (;; matcher->word++) {
        if (matcher->word == SJ_MATCH_PIECE / 64) {
            if (matcher->piece_end >= end)
                return false;
            next_piece(matcher);
        }
        const uint32_t lo = matcher->piece_lo + matcher->word * 64;
        const uint64_t found = matcher->found[matcher->word];
        if (found != 0) {
            const uint32_t event = lo + (uint32_t)__builtin_ctzll(found);
            if (event >= end)
                return false;
            matcher->found[matcher->word] = found & (found - 1);
            *ret_event = event;
            return true;
        }
        if (lo + 64 > end)
            return false; /* the word holds events of the next journey, too */
    }
}

/* ---- a journey ---- */

void sj_matcher_init(struct sj_matcher *matcher, const struct sj_alloc *mem, const struct sj_match_rule *rule) {
    memset(matcher, 0, sizeof *matcher);
    matcher->rule = *rule;
    matcher->mem = mem;
    matcher->chain = rule->pattern->plain && rule->hold == SJ_NO_CODE;
    if (rule->within_us > SJ_WITHIN_MAX)
        matcher->rule.within_us = SJ_WITHIN_MAX;
}

void sj_matcher_done(struct sj_matcher *matcher) {
    for (uint32_t p = 0; p < SJ_POSITIONS_MAX; p++)
        sj_mem_free(matcher->mem, matcher->ways[p].items);
    sj_mem_free(matcher->mem, matcher->arrivals.items);
    sj_mem_free(matcher->mem, matcher->trail.items);
    sj_mem_free(matcher->mem, matcher->failed);
    sj_mem_free(matcher->mem, matcher->frames);
    sj_mem_free(matcher->mem, matcher->path);
}

void sj_matcher_begin(struct sj_matcher *matcher, const struct sj_batch *batch) {
    matcher->batch = batch;
    matcher->journey = matcher->piece_lo = matcher->piece_end = 0;
    matcher->inside = false;
    matcher->word = SJ_MATCH_PIECE / 64;
    memset(matcher->seen, 0, sizeof matcher->seen);
}

/* A chain, word by word: what next_event() does, with the word in hand. Compiled once for the simple case and once for all, since the loop
 * is short of registers. */
static inline __attribute__((always_inline)) void follow_words(struct sj_matcher *matcher, uint32_t end, bool has_conditions, bool again,
                                                               struct sj_match *ret_match) {
    const struct sj_pattern *pattern = matcher->rule.pattern;
    const struct sj_batch *batch = matcher->batch;
    const int64_t within_us = matcher->rule.within_us;
    struct sj_match match = *ret_match;
    struct chain chain;
    clear_chain(&chain, pattern->n_steps);
    for (;; matcher->word++) {
        if (matcher->word == SJ_MATCH_PIECE / 64) {
            if (matcher->piece_end >= end)
                break;
            next_piece(matcher);
        }
        const uint32_t lo = matcher->piece_lo + matcher->word * 64;
        uint64_t found = matcher->found[matcher->word];
        for (; found != 0 && !(again && match.n_reached == pattern->n_steps); found &= found - 1) {
            const uint32_t event = lo + (uint32_t)__builtin_ctzll(found);
            if (event >= end)
                break;
            const uint64_t at = has_conditions ? sj_positions_of(pattern, batch, event) : pattern->positions_at[batch->touchpoint[event]];
            chain.time_us[0] = batch->time_us[event];
            chain.first[0] = event;
            if (!has_conditions || at != 0)
                take_step(within_us, &chain, (uint32_t)at, &match);
        }
        matcher->found[matcher->word] = found;
        if (lo + 64 > end || (again && match.n_reached == pattern->n_steps))
            break; /* the word holds events of the next journey, too */
    }
    *ret_match = match;
}

static void follow_chain(struct sj_matcher *matcher, uint32_t end, struct sj_match *match) {
    if (matcher->rule.pattern->n_conditions == 0 && !matcher->rule.again)
        follow_words(matcher, end, false, false, match);
    else
        follow_words(matcher, end, true, matcher->rule.again, match);
}

static enum sj_status follow_ways(struct sj_matcher *matcher, uint32_t lo, uint32_t end, struct sj_match *match, struct sj_error *err) {
    const uint32_t enough = matcher->rule.again ? matcher->rule.pattern->n_steps : UINT32_MAX;
    uint32_t event;
    sj_ways_clear(matcher);
    while (match->n_reached < enough && next_event(matcher, end, &event))
        SJ_TRY(sj_ways_take(matcher, event, lo, end, match, err));
    return SJ_OK;
}

enum sj_status sj_matcher_next(struct sj_matcher *matcher, bool *ret_any, struct sj_match *ret_match, struct sj_error *err) {
    const struct sj_batch *batch = matcher->batch;
    for (;;) {
        if (matcher->journey == batch->n_journeys) {
            *ret_any = false;
            return SJ_OK;
        }
        const uint32_t lo = batch->offsets[matcher->journey], end = batch->offsets[matcher->journey + 1];
        struct sj_match match = {.journey = matcher->journey};
        if (matcher->chain)
            follow_chain(matcher, end, &match);
        else
            SJ_TRY(follow_ways(matcher, lo, end, &match, err));
        const bool more = matcher->rule.again && match.n_reached == matcher->rule.pattern->n_steps;
        const bool counts = match.n_reached > 0 || !matcher->inside;
        matcher->journey += !more;
        matcher->inside = more;
        if (!counts)
            continue;
        *ret_any = true;
        *ret_match = match;
        return SJ_OK;
    }
}
