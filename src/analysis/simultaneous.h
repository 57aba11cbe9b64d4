/* Events whose order nobody knows: which steps can they stand for, each event for one at most? For dialects.c.
 *
 * Steps are given an event one after the other. When all events of a step are taken, the others make room where they can (an
 * augmenting path; Kuhn, The Hungarian method for the assignment problem, 1955), so that a step is refused only when no way of
 * dealing out the events has room for it and for all that have one.
 * Events that meet the same steps count as one: the first. Of the others a step remembers 32: there are no more steps than that, so
 * one of these is always free. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "lens/match.h"

#define SJ_SIMULTANEOUS_MAX (SJ_STEPS_MAX * SJ_STEPS_MAX)

struct sj_simultaneous {
    uint32_t n_kept, full;                /* full: bit i is set when step i remembers all that it can */
    uint32_t event[SJ_SIMULTANEOUS_MAX];  /* as the caller calls it */
    uint32_t steps[SJ_SIMULTANEOUS_MAX];  /* that the event meets */
    uint8_t step_of[SJ_SIMULTANEOUS_MAX]; /* that has it, or SJ_STEPS_MAX */
    uint32_t n_of[SJ_STEPS_MAX];
    uint16_t kept_of[SJ_STEPS_MAX][SJ_STEPS_MAX]; /* by step, n_of of them, in order of arrival: kept events that meet it */
    uint32_t seated;                              /* bit i is set when step i has an event: */
    uint16_t seat[SJ_STEPS_MAX];
};

/* Empties it. */
void sj_simultaneous_begin(struct sj_simultaneous *events);
/* `steps`: bit i is set when the event meets step i. O(steps). */
void sj_simultaneous_add(struct sj_simultaneous *events, uint32_t event, uint32_t steps);
/* Gives `step`, which has none, an event; the other steps keep one, not always the same. False: that cannot be, and nothing has
 * changed. O(events that share steps, at most steps^2). */
bool sj_simultaneous_seat(struct sj_simultaneous *events, uint32_t step);
/* Takes the event of `step` away, when it has one. */
void sj_simultaneous_release(struct sj_simultaneous *events, uint32_t step);
/* The event of `step`, which must have one. */
uint32_t sj_simultaneous_event(const struct sj_simultaneous *events, uint32_t step);
