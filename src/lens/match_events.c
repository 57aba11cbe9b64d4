/* By which events a match is made: of all choices between its first and its last event the one that is earlier at the first that differs. */
#include "lens/match_inside.h"

#include <string.h>

/* An event that is taken, and how it can have been come to by the same events: ways in matcher->trail. */
struct sj_frame {
    uint32_t event;
    uint32_t next;   /* the event to be tried */
    unsigned passed; /* exclusions of events that were left out since */
    uint32_t first_way, n_ways;
};

static uint64_t positions_at(const struct sj_matcher *matcher, const struct sj_match *match, uint32_t event) {
    const uint32_t hold = matcher->rule.hold;
    if (hold != SJ_NO_CODE && matcher->batch->codes[hold][event] != matcher->batch->codes[hold][match->first])
        return 0;
    return sj_positions_of(matcher->rule.pattern, matcher->batch, event);
}

/* At the last event the match must be complete, or as far as it comes. */
static bool is_at_its_place(const struct sj_matcher *matcher, const struct sj_match *match, uint32_t event, uint32_t position) {
    const struct sj_position *p = &matcher->rule.pattern->positions[position];
    if (event == match->last)
        return p->completes && p->step + 1u == match->n_reached;
    return p->step < match->n_reached && !(matcher->failed[event - match->first] >> position & 1);
}

static bool leads(const struct sj_matcher *matcher, const struct sj_frame *frame, const struct sj_way *way, uint32_t position,
                  const struct sj_edge *edge) {
    const int64_t *times_us = matcher->batch->time_us;
    return edge->from == way->position && sj_arrow_allows(&edge->arrow, times_us, frame->event, frame->next) &&
           (edge->arrow.without & frame->passed) == 0 &&
           sj_clocks_allow(matcher, &matcher->rule.pattern->positions[position], way->begun, edge->begins, times_us[frame->next]);
}

static enum sj_status add_way(struct sj_matcher *matcher, uint32_t first_way, const struct sj_way *way, struct sj_error *err) {
    struct sj_ways *trail = &matcher->trail;
    matcher->n_looked += trail->n - first_way;
    for (uint32_t i = first_way; i < trail->n; i++)
        if (memcmp(&trail->items[i], way, sizeof *way) == 0)
            return SJ_OK;
    return sj_ways_add(matcher, trail, way, err);
}

/* All ways on from the frame to its next event at one position. */
static enum sj_status go_to(struct sj_matcher *matcher, const struct sj_frame *frame, uint32_t position, uint32_t first_way,
                            struct sj_error *err) {
    const struct sj_position *into = &matcher->rule.pattern->positions[position];
    for (uint32_t e = 0; e < into->n_edges; e++) {
        for (uint32_t i = frame->first_way; i < frame->first_way + frame->n_ways; i++) {
            matcher->n_looked++;
            if (!leads(matcher, frame, &matcher->trail.items[i], position, &into->edges[e]))
                continue;
            const struct sj_way way = sj_way_on(&matcher->trail.items[i], into, position, &into->edges[e], frame->next);
            SJ_TRY(add_way(matcher, first_way, &way, err));
        }
    }
    return SJ_OK;
}

/* The last event that the frame can go on with. */
static uint32_t end_of(const struct sj_matcher *matcher, const struct sj_match *match, const struct sj_frame *frame,
                       int64_t *ret_reach_us) {
    bool next_only = true;
    *ret_reach_us = 0;
    for (uint32_t i = frame->first_way; i < frame->first_way + frame->n_ways; i++) {
        const struct sj_position *position = &matcher->rule.pattern->positions[matcher->trail.items[i].position];
        next_only &= position->next_only;
        *ret_reach_us = position->reach_us > *ret_reach_us ? position->reach_us : *ret_reach_us;
    }
    return next_only ? frame->event + 1 : match->last;
}

/* The next frame behind this one, if there is one left to be tried. */
static enum sj_status go_on(struct sj_matcher *matcher, const struct sj_match *match, struct sj_frame *frame, struct sj_frame *ret_next,
                            bool *ret_any, struct sj_error *err) {
    const int64_t *times_us = matcher->batch->time_us;
    const uint32_t first_way = matcher->trail.n;
    int64_t reach_us;
    const uint32_t end = end_of(matcher, match, frame, &reach_us);
    *ret_any = false;
    for (; !*ret_any && frame->next <= end && times_us[frame->next] - times_us[frame->event] <= reach_us; frame->next++) {
        for (uint64_t bits = positions_at(matcher, match, frame->next); bits != 0; bits &= bits - 1) {
            const uint32_t position = (uint32_t)__builtin_ctzll(bits);
            if (is_at_its_place(matcher, match, frame->next, position))
                SJ_TRY(go_to(matcher, frame, position, first_way, err));
        }
        *ret_any = matcher->trail.n > first_way;
        *ret_next = (struct sj_frame){frame->next, frame->next + 1, 0, first_way, matcher->trail.n - first_way};
        matcher->n_looked++;
        frame->passed |= sj_exclusions_of(matcher->rule.pattern, matcher->batch, frame->next);
    }
    return matcher->n_looked > SJ_WAYS_LOOKED_MAX ? sj_too_many_ways(err) : SJ_OK;
}

static enum sj_status push(struct sj_matcher *matcher, const struct sj_frame *frame, size_t *n, struct sj_error *err) {
    if (*n == matcher->n_frames) {
        const size_t room = *n > 0 ? 2 * *n : 64;
        struct sj_frame *frames;
        SJ_TRY(sj_mem_new(matcher->mem, room, sizeof *frames, &frames, err));
        if (*n > 0)
            memcpy(frames, matcher->frames, *n * sizeof *frames);
        sj_mem_free(matcher->mem, matcher->frames);
        matcher->frames = frames;
        matcher->n_frames = room;
    }
    matcher->frames[(*n)++] = *frame;
    return SJ_OK;
}

/* From these ways nothing leads to the end. That is remembered where no clock but the first runs, since that one began at the same event
 * for all. */
static void give_up(struct sj_matcher *matcher, const struct sj_match *match, const struct sj_frame *frame) {
    for (uint32_t i = frame->first_way; i < frame->first_way + frame->n_ways; i++) {
        const uint32_t position = matcher->trail.items[i].position;
        if (matcher->rule.pattern->positions[position].n_clocks == 1)
            matcher->failed[frame->event - match->first] |= UINT64_C(1) << position;
    }
    matcher->trail.n = frame->first_way;
}

static enum sj_status make_room(struct sj_matcher *matcher, size_t n, struct sj_error *err) {
    if (n > matcher->n_failed) {
        uint64_t *failed;
        SJ_TRY(sj_mem_new(matcher->mem, 2 * n, sizeof *failed, &failed, err));
        sj_mem_free(matcher->mem, matcher->failed);
        matcher->failed = failed;
        matcher->n_failed = 2 * n;
    }
    memset(matcher->failed, 0, n * sizeof *matcher->failed);
    matcher->n_looked = 0;
    matcher->trail.n = 0;
    return SJ_OK;
}

/* Depth first, the earliest event first: all ways that are made of the same events go together. Into *ret_n frames of the matcher. */
static enum sj_status find_frames(struct sj_matcher *matcher, const struct sj_match *match, size_t *ret_n, struct sj_error *err) {
    struct sj_frame start = {.event = match->first, .next = match->first + 1}, next;
    bool any;
    size_t n = 0;
    SJ_TRY(make_room(matcher, match->last - match->first + 1, err));
    for (uint64_t bits = positions_at(matcher, match, match->first); bits != 0; bits &= bits - 1) {
        const uint32_t position = (uint32_t)__builtin_ctzll(bits);
        const struct sj_way way = sj_way_begin(position, match->first, 0);
        if (matcher->rule.pattern->positions[position].first && is_at_its_place(matcher, match, match->first, position))
            SJ_TRY(sj_ways_add(matcher, &matcher->trail, &way, err));
    }
    start.n_ways = matcher->trail.n;
    SJ_TRY(push(matcher, &start, &n, err));
    while (n > 0 && matcher->frames[n - 1].event != match->last) {
        SJ_TRY(go_on(matcher, match, &matcher->frames[n - 1], &next, &any, err));
        if (any)
            SJ_TRY(push(matcher, &next, &n, err));
        else
            give_up(matcher, match, &matcher->frames[--n]);
    }
    *ret_n = n;
    return n > 0 && matcher->frames[n - 1].n_ways > 0 ? SJ_OK : sj_fail(err, SJ_E_BUG, "a match has no events");
}

/* A way in the frame from which `to` was come to. */
static const struct sj_way *way_before(const struct sj_matcher *matcher, const struct sj_frame *frame, const struct sj_way *to) {
    const struct sj_position *position = &matcher->rule.pattern->positions[to->position];
    for (uint32_t i = frame->first_way; i < frame->first_way + frame->n_ways; i++) {
        const struct sj_way *way = &matcher->trail.items[i];
        for (uint32_t e = 0; e < position->n_edges; e++) {
            if (position->edges[e].from != way->position)
                continue;
            struct sj_frame then = *frame;
            then.next = to->last;
            then.passed = 0;
            for (uint32_t event = frame->event + 1; event < to->last && position->edges[e].arrow.without; event++)
                then.passed |= sj_exclusions_of(matcher->rule.pattern, matcher->batch, event);
            const struct sj_way on = sj_way_on(way, position, to->position, &position->edges[e], to->last);
            if (leads(matcher, &then, way, to->position, &position->edges[e]) && memcmp(&on, to, sizeof on) == 0)
                return way;
        }
    }
    return NULL;
}

enum sj_status sj_match_events(struct sj_matcher *matcher, const struct sj_match *match, const struct sj_taken **ret_taken, size_t *ret_n,
                               struct sj_error *err) {
    size_t n;
    SJ_TRY(find_frames(matcher, match, &n, err));
    if (n > matcher->n_path) {
        struct sj_taken *path;
        SJ_TRY(sj_mem_new(matcher->mem, n, sizeof *path, &path, err));
        sj_mem_free(matcher->mem, matcher->path);
        matcher->path = path;
        matcher->n_path = n;
    }
    const struct sj_way *way = &matcher->trail.items[matcher->frames[n - 1].first_way];
    for (size_t i = n; i-- > 0;) {
        matcher->path[i] = (struct sj_taken){matcher->frames[i].event, (uint8_t)way->position};
        way = i > 0 ? way_before(matcher, &matcher->frames[i - 1], way) : way;
        if (way == NULL)
            return sj_fail(err, SJ_E_BUG, "a match has a gap");
    }
    *ret_taken = matcher->path;
    *ret_n = n;
    return SJ_OK;
}

/* A chain has one position for each step, and no way that is a dead end. */
static void follow_chain(const struct sj_matcher *matcher, const struct sj_match *match, uint32_t *events) {
    uint32_t event = match->first;
    for (uint32_t step = 0; step < match->n_reached; step++, event++) {
        while (!(sj_positions_of(matcher->rule.pattern, matcher->batch, event) >> step & 1))
            event++;
        events[step] = event;
    }
}

enum sj_status sj_match_steps(struct sj_matcher *matcher, const struct sj_match *match, uint32_t ret_events[SJ_STEPS_MAX],
                              struct sj_error *err) {
    const struct sj_taken *taken;
    size_t n;
    if (matcher->chain) {
        follow_chain(matcher, match, ret_events);
        return SJ_OK;
    }
    SJ_TRY(sj_match_events(matcher, match, &taken, &n, err));
    for (uint32_t step = 0; step < match->n_reached; step++)
        ret_events[step] = SJ_NO_EVENT;
    for (size_t i = 0; i < n; i++)
        ret_events[matcher->rule.pattern->positions[taken[i].position].step] = taken[i].event;
    return SJ_OK;
}
