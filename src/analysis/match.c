#include "analysis/match.h"

#include <assert.h>

/* No start yet: so long ago that it is outside of every window. */
#define LONG_AGO (INT64_MIN / 2)
static_assert(SJ_WITHIN_MAX < SJ_TIME_MIN - LONG_AGO, "whatever the window, LONG_AGO is outside");

/* For each step the latest first event from which it can be reached so far: nothing is lost by forgetting the others, for whatever
 * they can still reach within the window, the latest can. Entry 0 is the event that is looked at, entry k + 1 belongs to step k. */
struct chains {
    int64_t time_us[SJ_STEPS_MAX + 1];
    uint32_t first[SJ_STEPS_MAX + 1];
};

/* The events at steps among up to 64: bit i for the i-th. Without a branch, since nobody can guess which they are. */
static uint64_t events_at_steps(const struct sj_steps *steps, const uint16_t *touchpoint, uint32_t n) {
    uint64_t found = 0;
    for (uint32_t i = 0; i < n; i++)
        found |= (uint64_t)(steps->at[touchpoint[i]] != 0) << i;
    return found;
}

/* One event at one or several steps. These are tried from the last to the first, so that the event is used once in each chain. */
static void take_event(const struct sj_steps *steps, struct chains *chains, uint32_t at, uint32_t event, struct sj_match *match) {
    do {
        uint32_t step = 31u - (uint32_t)__builtin_clz(at);
        at ^= UINT32_C(1) << step;
        bool fits = chains->time_us[0] - chains->time_us[step] <= steps->within_us;
        chains->time_us[step + 1] = fits ? chains->time_us[step] : chains->time_us[step + 1];
        chains->first[step + 1] = fits ? chains->first[step] : chains->first[step + 1];
        if (fits && step >= match->n_reached)
            *match = (struct sj_match){.n_reached = step + 1, .first = chains->first[step], .last = event};
    } while (at != 0);
}

struct sj_match sj_match_find(const struct sj_steps *steps, const struct sj_batch *batch, uint32_t lo, uint32_t hi) {
    struct chains chains;
    struct sj_match match = {.n_reached = 0};
    for (uint32_t i = 0; i <= steps->n_steps; i++) {
        chains.time_us[i] = LONG_AGO;
        chains.first[i] = lo;
    }
    for (uint32_t begin = lo; begin < hi; begin += 64) {
        uint64_t found = events_at_steps(steps, batch->touchpoint + begin, hi - begin < 64 ? hi - begin : 64);
        for (; found != 0; found &= found - 1) {
            uint32_t event = begin + (uint32_t)__builtin_ctzll(found);
            chains.time_us[0] = batch->time_us[event];
            chains.first[0] = event;
            take_event(steps, &chains, steps->at[batch->touchpoint[event]], event, &match);
            if (match.n_reached == steps->n_steps)
                return match;
        }
    }
    return match;
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
