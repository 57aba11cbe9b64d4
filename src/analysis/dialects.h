/* How other products count a funnel: the steps that they would say a journey reached, and by which of its events. For those who
 * come from one of them and want to see why the numbers differ.
 *
 * dialect                  a later first step   events of the same time          an event stands for
 * clickhouse               starts again         in order of steps                every step that it meets
 * clickhouse-strict-order  starts again         in order of steps                every step that it meets
 * posthog                  starts again         in order of steps                one step
 * mixpanel                 changes nothing      in any order, within 2 seconds   one step
 * amplitude                starts again         in any order, within a second    one step
 *
 * In all of them the window is from the first step and includes its last moment. In all but clickhouse-strict-order anything may lie
 * between two steps; there it ends the search. What each does exactly, where that is known from (the product's code or its
 * documentation) and where it is our reading, stands at its function in dialects.c.
 * Times are microseconds. A product that was given whole seconds has seen more events of the same time: to compare with that, floor
 * them first.
 * Pure functions that allocate nothing; some 16 kB of stack. O(events x steps), for amplitude with an exception. */
#pragma once
#include "lens/match.h"

enum sj_dialect {
    SJ_DIALECT_SOJOURN, /* lens/match.h, not here */
    SJ_DIALECT_CLICKHOUSE,
    SJ_DIALECT_CLICKHOUSE_STRICT_ORDER,
    SJ_DIALECT_POSTHOG,
    SJ_DIALECT_MIXPANEL,
    SJ_DIALECT_AMPLITUDE,
};

struct sj_dialect_funnel {
    enum sj_dialect dialect;
    uint32_t n_steps;  /* 1 to SJ_STEPS_MAX */
    int64_t within_us; /* 0 to SJ_WITHIN_MAX */
};

struct sj_dialect_event {
    int64_t time_us; /* SJ_TIME_MIN to SJ_TIME_MAX */
    uint32_t steps;  /* bit i is set when the event meets step i, of n_steps; 0: none of them */
};

struct sj_dialect_match {
    uint32_t n_reached;            /* 0: not even the first step */
    uint32_t events[SJ_STEPS_MAX]; /* the event of each step reached; with clickhouse one may be several steps, and where the order is
                                      open (above) a later step may have an earlier event */
};

/* The match that counts of one journey, whose `n` events are by time, those of the same time in order of arrival. */
void sj_dialect_match(const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events, uint32_t n,
                      struct sj_dialect_match *ret_match);
