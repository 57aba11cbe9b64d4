/* Patterns that are no chains: several ways to come to a position. */
#include "lens/match_inside.h"

#include <string.h>

#define WAYS_MAX 65536

enum sj_status sj_too_many_ways(struct sj_error *err) {
    return sj_fail(err, SJ_E_LIMIT,
                   "a journey has too many ways through the expression to follow them all; shorter times, fewer times on arrows, or a "
                   "property with fewer values to hold, help");
}

void sj_ways_clear(struct sj_matcher *matcher) {
    for (; matcher->live != 0; matcher->live &= matcher->live - 1)
        matcher->ways[__builtin_ctzll(matcher->live)].n = 0;
    matcher->n_looked = 0;
}

enum sj_status sj_ways_grow(const struct sj_matcher *matcher, struct sj_ways *ways, struct sj_error *err) {
    const uint32_t capacity = ways->capacity > 0 ? 2 * ways->capacity : 4;
    struct sj_way *items;
    if (capacity > WAYS_MAX * SJ_POSITIONS_MAX)
        return sj_too_many_ways(err);
    SJ_TRY(sj_mem_new(matcher->mem, capacity, sizeof *items, &items, err));
    if (ways->n > 0)
        memcpy(items, ways->items, ways->n * sizeof *items);
    sj_mem_free(matcher->mem, ways->items);
    ways->items = items;
    ways->capacity = capacity;
    return SJ_OK;
}

/* ---- keeping ways ---- */

/* Whether whatever can follow b can follow a, and a starts no earlier. */
static bool is_as_good(const struct sj_position *position, const struct sj_way *a, const struct sj_way *b) {
    bool good = a->held == b->held;
    for (unsigned c = 0; c < position->n_clocks; c++)
        good &= a->begun[c] >= b->begun[c];
    switch (position->keep) {
    case SJ_KEEP_START: return good;
    case SJ_KEEP_LATEST: return good && a->last >= b->last;
    case SJ_KEEP_EARLIEST: return good && a->last <= b->last;
    default: return good && a->last == b->last;
    }
}

#define WAYS_FEW 4
/* Those that can go no further are forgotten; while there are few it is quicker to leave them. */
static void forget(struct sj_matcher *matcher, uint32_t p, uint32_t event) {
    const struct sj_position *position = &matcher->rule.pattern->positions[p];
    const int64_t *times_us = matcher->batch->time_us;
    struct sj_ways *ways = &matcher->ways[p];
    uint32_t n = 0;
    for (uint32_t i = 0; i < ways->n; i++) {
        const struct sj_way *way = &ways->items[i];
        const bool over = times_us[event] - times_us[way->begun[0]] > matcher->rule.within_us ||
                          times_us[event] - times_us[way->last] > position->reach_us || (position->next_only && way->last + 1 < event);
        if (!over)
            ways->items[n++] = *way;
    }
    matcher->n_looked += ways->n;
    ways->n = n;
}

static enum sj_status keep_way(struct sj_matcher *matcher, const struct sj_way *way, struct sj_error *err) {
    const struct sj_position *position = &matcher->rule.pattern->positions[way->position];
    struct sj_ways *ways = &matcher->ways[way->position];
    uint32_t n = 0;
    if (ways->n >= WAYS_FEW)
        forget(matcher, way->position, way->last);
    for (uint32_t i = 0; i < ways->n; i++)
        if (is_as_good(position, &ways->items[i], way))
            return SJ_OK;
    for (uint32_t i = 0; i < ways->n; i++) {
        if (is_as_good(position, way, &ways->items[i]))
            continue;
        if (n < i)
            ways->items[n] = ways->items[i];
        n++;
    }
    matcher->n_looked += 2 * (uint64_t)ways->n;
    ways->n = n;
    matcher->live |= UINT64_C(1) << way->position;
    return n == WAYS_MAX ? sj_too_many_ways(err) : sj_ways_add(matcher, ways, way, err);
}

/* ---- an event ---- */

static bool is_open(const struct sj_matcher *matcher, const struct sj_edge *edge, const struct sj_way *way, uint32_t event) {
    bool open = sj_arrow_allows(&edge->arrow, matcher->batch->time_us, way->last, event);
    for (unsigned without = edge->arrow.without; without != 0; without &= without - 1)
        open &= matcher->seen[__builtin_ctz(without)] <= way->last;
    return open;
}

static enum sj_status follow(struct sj_matcher *matcher, uint32_t p, const struct sj_edge *edge, uint32_t event, uint32_t held,
                             struct sj_error *err) {
    const struct sj_position *position = &matcher->rule.pattern->positions[p];
    const struct sj_ways *ways = &matcher->ways[edge->from];
    for (uint32_t i = 0; i < ways->n; i++) {
        const struct sj_way *before = &ways->items[i];
        if (before->held != held || !is_open(matcher, edge, before, event) ||
            !sj_clocks_allow(matcher, position, before->begun, edge->begins, matcher->batch->time_us[event]))
            continue;
        const struct sj_way way = sj_way_on(before, position, p, edge, event);
        SJ_TRY(sj_ways_add(matcher, &matcher->arrivals, &way, err));
    }
    matcher->n_looked += ways->n;
    return matcher->n_looked > SJ_WAYS_LOOKED_MAX ? sj_too_many_ways(err) : SJ_OK;
}

/* Whether the way is a better match than the best so far. */
static void consider(const struct sj_matcher *matcher, const struct sj_way *way, uint32_t end, struct sj_match *match) {
    const struct sj_pattern *pattern = matcher->rule.pattern;
    const struct sj_position *position = &pattern->positions[way->position];
    const uint32_t reached = position->step + 1u;
    if (!position->completes || (pattern->to_end && reached == pattern->n_steps && way->last + 1 != end))
        return;
    const bool later_start = reached == match->n_reached && match->last == way->last && way->begun[0] > match->first;
    if (reached <= match->n_reached && !later_start)
        return;
    match->n_reached = reached;
    match->first = way->begun[0];
    match->last = way->last;
}

/* All ways that the event continues come to be before any is kept: an event stands for one position. */
enum sj_status sj_ways_take(struct sj_matcher *matcher, uint32_t event, uint32_t lo, uint32_t end, struct sj_match *match,
                            struct sj_error *err) {
    const struct sj_pattern *pattern = matcher->rule.pattern;
    const struct sj_batch *batch = matcher->batch;
    const uint32_t held = matcher->rule.hold == SJ_NO_CODE ? 0 : batch->codes[matcher->rule.hold][event];
    uint64_t bits = held == SJ_NO_CODE ? 0 : sj_positions_of(pattern, batch, event);
    matcher->arrivals.n = 0;
    for (; bits != 0; bits &= bits - 1) {
        const uint32_t p = (uint32_t)__builtin_ctzll(bits);
        const struct sj_position *position = &pattern->positions[p];
        const struct sj_way begun = sj_way_begin(p, event, held);
        if (position->first && (!pattern->from_start || event == lo))
            SJ_TRY(sj_ways_add(matcher, &matcher->arrivals, &begun, err));
        for (uint32_t e = 0; e < position->n_edges; e++)
            if (matcher->live >> position->edges[e].from & 1)
                SJ_TRY(follow(matcher, p, &position->edges[e], event, held, err));
    }
    for (uint32_t i = 0; i < matcher->arrivals.n; i++) {
        const struct sj_way *way = &matcher->arrivals.items[i];
        consider(matcher, way, end, match);
        if (pattern->positions[way->position].moves_on)
            SJ_TRY(keep_way(matcher, way, err));
    }
    for (unsigned excluded = sj_exclusions_of(pattern, batch, event); excluded != 0; excluded &= excluded - 1)
        matcher->seen[__builtin_ctz(excluded)] = event;
    return matcher->n_looked > SJ_WAYS_LOOKED_MAX ? sj_too_many_ways(err) : SJ_OK;
}
