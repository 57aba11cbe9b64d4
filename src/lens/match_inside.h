/* What the files of the matcher share. Inside the room. */
#pragma once
#include "lens/match.h"

/* Whether an arrow allows the way from one event to the next, but for what may lie between. */
static inline bool sj_arrow_allows(const struct sj_arrow *arrow, const int64_t *times_us, uint32_t from, uint32_t to) {
    const int64_t gap_us = times_us[to] - times_us[from];
    return gap_us <= arrow->within_us && gap_us >= arrow->after_us && (!arrow->next || from + 1 == to);
}

/* Whether times within a match allow an event at `position`: `begun` are those of the way, `begins` are set by the event itself. */
static inline bool sj_clocks_allow(const struct sj_matcher *matcher, const struct sj_position *position, const uint32_t *begun,
                                   unsigned begins, int64_t time_us) {
    const int64_t *times_us = matcher->batch->time_us;
    bool allow = time_us - times_us[begun[0]] <= matcher->rule.within_us;
    for (unsigned c = 1; c < position->n_clocks; c++)
        allow &= (begins >> c & 1) || time_us - times_us[begun[c]] <= position->clock_us[c];
    return allow;
}

static inline struct sj_way sj_way_begin(uint32_t position, uint32_t event, uint32_t held) {
    struct sj_way way = {position, event, held, {0}};
    for (unsigned c = 0; c < SJ_CLOCKS_MAX; c++)
        way.begun[c] = event;
    return way;
}

/* The way on by an edge into `position` at an event. Clocks that do not run there are those of the first event, so that equal ways are equal. */
static inline struct sj_way sj_way_on(const struct sj_way *before, const struct sj_position *position, uint32_t place,
                                      const struct sj_edge *edge, uint32_t event) {
    struct sj_way way = sj_way_begin(place, before->begun[0], before->held);
    way.last = event;
    for (unsigned c = 1; c < position->n_clocks; c++)
        way.begun[c] = edge->begins >> c & 1 ? event : before->begun[c];
    return way;
}

#define SJ_WAYS_LOOKED_MAX UINT64_C(20000000)
enum sj_status sj_too_many_ways(struct sj_error *err);
enum sj_status sj_ways_grow(const struct sj_matcher *matcher, struct sj_ways *ways, struct sj_error *err);
static inline enum sj_status sj_ways_add(const struct sj_matcher *matcher, struct sj_ways *ways, const struct sj_way *way,
                                         struct sj_error *err) {
    if (ways->n == ways->capacity)
        SJ_TRY(sj_ways_grow(matcher, ways, err));
    ways->items[ways->n++] = *way;
    return SJ_OK;
}

/* One event that matters, in a pattern that is no chain. `end` is the end of the journey. */
enum sj_status sj_ways_take(struct sj_matcher *matcher, uint32_t event, uint32_t lo, uint32_t end, struct sj_match *match,
                            struct sj_error *err);
void sj_ways_clear(struct sj_matcher *matcher);
