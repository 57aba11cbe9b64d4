#include "analysis/match.h"

#include <assert.h>
#include <string.h>
#include "base/vector.h"

/* No start yet: so long ago that it is outside of every window. */
#define LONG_AGO (INT64_MIN / 2)
static_assert(SJ_WITHIN_MAX < SJ_TIME_MIN - LONG_AGO, "whatever the window, LONG_AGO is outside");

/* For each step the latest first event from which it can be reached so far: nothing is lost by forgetting the others, for whatever
 * they can still reach within the window, the latest can. Entry 0 is the event that is looked at, entry k + 1 belongs to step k. */
struct chains {
    int64_t time_us[SJ_STEPS_MAX + 1];
    uint32_t first[SJ_STEPS_MAX + 1];
};

/* One event at one or several steps. These are tried from the last to the first, so that the event is used once in each chain. */
static inline void take_event(const struct sj_steps *steps, struct chains *chains, uint32_t at, struct sj_match *match) {
    do {
        const uint32_t step = 31u - (uint32_t)__builtin_clz(at);
        const bool fits = chains->time_us[0] - chains->time_us[step] <= steps->within_us;
        const bool longer = fits & (step >= match->n_reached);
        at ^= UINT32_C(1) << step;
        chains->time_us[step + 1] = fits ? chains->time_us[step] : chains->time_us[step + 1];
        chains->first[step + 1] = fits ? chains->first[step] : chains->first[step + 1];
        match->n_reached += longer;
        match->first = longer ? chains->first[step] : match->first;
        match->last = longer ? chains->first[0] : match->last;
    } while (at != 0);
}

SJ_VECTOR static void find_at_steps(const struct sj_steps *steps, const uint16_t *touchpoint, uint32_t n, uint8_t *found) {
    for (uint32_t step = 0; step < steps->n_steps; step++) {
        const uint16_t wanted = steps->touchpoint[step];
        for (uint32_t i = 0; i < n; i++)
            found[i] |= touchpoint[i] == wanted;
    }
}

static void next_piece(struct sj_matches *matches) {
    uint8_t found[SJ_MATCHES_PIECE] = {0};
    const uint32_t lo = matches->piece_end, left = matches->batch->n_events - lo;
    const uint32_t n = left < SJ_MATCHES_PIECE ? left : SJ_MATCHES_PIECE;
    find_at_steps(matches->steps, matches->batch->touchpoint + lo, n, found);
    for (uint32_t i = 0; i < SJ_MATCHES_PIECE; i += 8) {
        uint64_t eight;
        memcpy(&eight, found + i, 8);
        /* Eight bytes that are 0 or 1 become eight bits: the product moves byte k to bit 56 + k. */
        const uint64_t bits = eight * UINT64_C(0x0102040810204080) >> 56;
        matches->found[i / 64] = (i % 64 == 0 ? 0 : matches->found[i / 64]) | bits << (i % 64);
    }
    matches->piece_lo = lo;
    matches->piece_end = lo + n;
    matches->word = 0;
}

void sj_matches_begin(struct sj_matches *matches, const struct sj_steps *steps, const struct sj_batch *batch) {
    matches->steps = steps;
    matches->batch = batch;
    matches->journey = matches->piece_end = 0;
    matches->word = SJ_MATCHES_PIECE / 64;
}

void sj_matches_next(struct sj_matches *matches, struct sj_match *ret_match) {
    const struct sj_batch *batch = matches->batch;
    const uint32_t end = batch->offsets[++matches->journey];
    struct sj_match match = {.n_reached = 0};
    struct chains chains;
    for (uint32_t i = 0; i <= matches->steps->n_steps; i++) {
        chains.time_us[i] = LONG_AGO;
        chains.first[i] = 0;
    }
    for (;; matches->word++) {
        if (matches->word == SJ_MATCHES_PIECE / 64) {
            if (matches->piece_end >= end)
                break;
            next_piece(matches);
        }
        const uint32_t lo = matches->piece_lo + matches->word * 64;
        uint64_t found = matches->found[matches->word];
        for (; found != 0; found &= found - 1) {
            const uint32_t event = lo + (uint32_t)__builtin_ctzll(found);
            if (event >= end)
                break;
            chains.time_us[0] = batch->time_us[event];
            chains.first[0] = event;
            take_event(matches->steps, &chains, matches->steps->at[batch->touchpoint[event]], &match);
        }
        matches->found[matches->word] = found;
        if (lo + 64 > end)
            break; /* the word holds events of the next journey, too */
    }
    *ret_match = match;
}

void sj_match_events(const struct sj_steps *steps, const struct sj_batch *batch, const struct sj_match *match,
                     uint32_t ret_events[SJ_STEPS_MAX]) {
    uint32_t event = match->first;
    for (uint32_t step = 0; step < match->n_reached; step++, event++) {
        while (batch->touchpoint[event] != steps->touchpoint[step])
            event++;
        ret_events[step] = event;
    }
}
