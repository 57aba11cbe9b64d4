#include "analysis/dialects.h"

#include <assert.h>
#include <string.h>
#include "analysis/simultaneous.h"

/* No entry yet: so long ago that it is outside of every window. */
#define LONG_AGO (INT64_MIN / 2)
static_assert(SJ_WITHIN_MAX < SJ_TIME_MIN - LONG_AGO, "whatever the window, LONG_AGO is outside");

#define MIXPANEL_GRACE_US (2 * SJ_US_SECOND)

static int64_t floor_to(int64_t time_us, int64_t unit_us) {
    const int64_t rest = time_us % unit_us;
    return time_us - rest - (rest < 0 ? unit_us : 0);
}

/* The events [lo, hi): all that have the same time when it is floored to the unit. */
struct moment {
    int64_t time_us;
    uint32_t lo, hi;
    uint32_t n_at; /* that meet a step */
    uint32_t any;  /* steps that one of them meets */
    bool alike;    /* those that meet a step all meet the same */
};

static struct moment moment_at(const struct sj_dialect_event *events, uint32_t n, uint32_t lo, int64_t unit_us) {
    struct moment moment = {.time_us = floor_to(events[lo].time_us, unit_us), .lo = lo, .hi = lo, .alike = true};
    for (; moment.hi < n && events[moment.hi].time_us - moment.time_us < unit_us; moment.hi++) {
        const uint32_t steps = events[moment.hi].steps;
        assert(moment.hi == 0 || events[moment.hi].time_us >= events[moment.hi - 1].time_us);
        moment.alike &= steps == 0 || moment.any == 0 || steps == moment.any;
        moment.any |= steps;
        moment.n_at += steps != 0;
    }
    return moment;
}

/* For each step the chain of events that reaches it, as the algorithm has it at an event. A chain is copied when it grows, which is
 * at most 128 bytes: counted as one below. */
struct chain {
    int64_t entry_us;
    uint32_t events[SJ_STEPS_MAX];
};

struct walk {
    const struct sj_dialect_funnel *funnel;
    const struct sj_dialect_event *events;
    struct sj_dialect_match *match;
    uint32_t moment_lo; /* the first event of the moment in hand */
    struct chain chains[SJ_STEPS_MAX];
};

static void begin_walk(struct walk *walk, const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events,
                       struct sj_dialect_match *match) {
    walk->funnel = funnel;
    walk->events = events;
    walk->match = match;
    for (uint32_t i = 0; i < SJ_STEPS_MAX; i++)
        walk->chains[i].entry_us = LONG_AGO;
}

/* The chain of the step before and `event` become the chain of `step`. */
static void extend(struct walk *walk, uint32_t step, uint32_t event) {
    struct chain *chain = &walk->chains[step];
    if (step > 0) {
        chain->entry_us = walk->chains[step - 1].entry_us;
        memcpy(chain->events, walk->chains[step - 1].events, step * sizeof *chain->events);
    } else {
        chain->entry_us = walk->events[event].time_us;
    }
    chain->events[step] = event;
}

/* Each takes one event at one step; false: the search is over. */
typedef bool take_fn(struct walk *walk, uint32_t step, uint32_t event);

/* First all events of the moment at the first step, then all at the second, and so on. */
static bool take_by_step(struct walk *walk, const struct moment *moment, take_fn *take) {
    for (uint32_t any = moment->any; any != 0; any &= any - 1) {
        const uint32_t step = (uint32_t)__builtin_ctz(any);
        for (uint32_t i = moment->lo; i < moment->hi; i++)
            if ((walk->events[i].steps >> step & 1) != 0 && !take(walk, step, i))
                return false;
    }
    return true;
}

static bool take_clickhouse(struct walk *walk, uint32_t step, uint32_t event) {
    struct sj_dialect_match *match = walk->match;
    if (step > match->n_reached)
        return walk->funnel->dialect != SJ_DIALECT_CLICKHOUSE_STRICT_ORDER || match->n_reached == 0;
    if (step > 0 && walk->events[event].time_us - walk->chains[step - 1].entry_us > walk->funnel->within_us)
        return true;
    extend(walk, step, event);
    match->n_reached = step == match->n_reached ? step + 1 : match->n_reached;
    return match->n_reached < walk->funnel->n_steps;
}

/* ClickHouse, windowFunnel(within)(time, step 1, …), by its code (AggregateFunctionWindowFunnel.cpp at 0215c755; read):
 * A row is entered once for each step that it meets; rows are sorted by time, then by step. A first step is always a new entry. A
 * later step follows on the chain of the step before, as it stands then, and replaces the chain of its own step; the window is from
 * the entry. A chain that is complete ends the search. One row can be several steps of a chain.
 * strict_order, without allow_reentry: rows that meet no step come before the others of their time. After the first step such a row,
 * or one at a step whose predecessor was never reached, ends the search for good: a later first step does not start again.
 *
 * windowFunnel returns the number of steps only. The events are ours: those of the chain that stands at the last step reached when
 * the search ends, which is not the first that came so far when a later one has replaced it.
 * O(events x steps). */
static void match_clickhouse(const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events, uint32_t n,
                             struct sj_dialect_match *match) {
    struct walk walk;
    struct moment moment;
    begin_walk(&walk, funnel, events, match);
    for (uint32_t lo = 0; lo < n; lo = moment.hi) {
        moment = moment_at(events, n, lo, 1);
        const bool interrupted = funnel->dialect == SJ_DIALECT_CLICKHOUSE_STRICT_ORDER && moment.n_at < moment.hi - moment.lo;
        if ((interrupted && match->n_reached > 0) || !take_by_step(&walk, &moment, take_clickhouse))
            break;
    }
    if (match->n_reached > 0)
        memcpy(match->events, walk.chains[match->n_reached - 1].events, match->n_reached * sizeof *match->events);
}

/* Whether the chain that `step` would follow on has the event. Only one of the same moment can, and these are at its end. */
static bool is_in_chain(const struct walk *walk, uint32_t step, uint32_t event) {
    for (uint32_t i = step; i > 0 && walk->chains[step - 1].events[i - 1] >= walk->moment_lo; i--)
        if (walk->chains[step - 1].events[i - 1] == event)
            return true;
    return false;
}

static bool take_posthog(struct walk *walk, uint32_t step, uint32_t event) {
    const int64_t time_us = walk->events[event].time_us;
    const int64_t entry_us = step > 0 ? walk->chains[step - 1].entry_us : time_us;
    if (time_us - entry_us > walk->funnel->within_us || walk->chains[step].entry_us == entry_us || is_in_chain(walk, step, event))
        return true;
    extend(walk, step, event);
    if (step == walk->match->n_reached) {
        walk->match->n_reached++;
        memcpy(walk->match->events, walk->chains[step].events, walk->match->n_reached * sizeof *walk->match->events);
    }
    return walk->match->n_reached < walk->funnel->n_steps;
}

/* The steps from the last to the first, so that the event is used once in a chain. */
static bool take_each_posthog(struct walk *walk, const struct moment *moment) {
    for (uint32_t i = moment->lo; i < moment->hi; i++) {
        for (uint32_t steps = walk->events[i].steps; steps != 0;) {
            const uint32_t step = 31u - (uint32_t)__builtin_clz(steps);
            steps ^= UINT32_C(1) << step;
            if (!take_posthog(walk, step, i))
                return false;
        }
    }
    return true;
}

/* PostHog, ordered funnel, by its code (funnel-udf/src/steps.rs at 0c640984; read). That events at no step are not handed to it is
 * recalled.
 * A first step is a new entry. A later step follows on the chain of the step before, within the window from the entry, unless the
 * chain of its own step has the same entry already (which is known by its time). The first chain that reaches the last step reached
 * is the match; a chain that is complete ends the search.
 * Events of the same time that meet the same steps are taken in order of arrival; when they differ, in order of steps, an event that
 * is in the chain not again. So at a time with others an event that meets steps 1 and 2 is a new entry and not the step 2 of the
 * entry before, as it would be alone: a further event can lower the count. So it is there, and so it is here.
 * Not taken over: that an entry at 1970-01-01T00:00:00 is none, and that times are doubles. Left out: optional steps, exclusions,
 * breakdowns, the strict order.
 * O(events x steps). */
static void match_posthog(const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events, uint32_t n,
                          struct sj_dialect_match *match) {
    struct walk walk;
    struct moment moment;
    begin_walk(&walk, funnel, events, match);
    for (uint32_t lo = 0; lo < n; lo = moment.hi) {
        moment = moment_at(events, n, lo, 1);
        walk.moment_lo = lo;
        if (moment.alike ? !take_each_posthog(&walk, &moment) : !take_by_step(&walk, &moment, take_posthog))
            break;
    }
}

/* The first event that is not before the time. */
static uint32_t first_from(const struct sj_dialect_event *events, uint32_t n, int64_t time_us) {
    uint32_t lo = 0, hi = n;
    while (lo < hi) {
        const uint32_t middle = lo + (hi - lo) / 2;
        if (events[middle].time_us < time_us)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

static bool is_used(const struct sj_dialect_match *match, uint32_t event) {
    for (uint32_t i = 0; i < match->n_reached; i++)
        if (match->events[i] == event)
            return true;
    return false;
}

/* Mixpanel, uniques in a specific order, without optimized re-entry, by its documentation (docs.mixpanel.com, Funnels: Advanced,
 * FAQ; read, its code is not public):
 * The first event at step 1 is the only entry, the window is from it and no later one restarts it. Each further step is at its first
 * event. Steps that follow on each other are interchangeable when their times are within two seconds.
 * Our reading: a step may be up to two seconds before the step before it, these two included, also when it is before the entry; its
 * first event is the earliest from there on that is not used yet, so that the search never goes back on a choice; the window includes
 * its last moment; events of the same time are in order of arrival.
 * O(events x steps): each step goes over the journey once, from a place that is looked up, and meets a used event at most `steps`
 * times. */
static void match_mixpanel(const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events, uint32_t n,
                           struct sj_dialect_match *match) {
    int64_t end_us = SJ_TIME_MAX;
    for (uint32_t step = 0, i = 0; step < funnel->n_steps; step++) {
        while (i < n && events[i].time_us <= end_us && ((events[i].steps >> step & 1) == 0 || is_used(match, i)))
            i++;
        if (i == n || events[i].time_us > end_us)
            break;
        if (step == 0)
            end_us = events[i].time_us + funnel->within_us;
        match->events[match->n_reached++] = i;
        i = first_from(events, n, events[i].time_us - MIXPANEL_GRACE_US);
    }
}

static struct moment second_at(const struct sj_dialect_event *events, uint32_t n, uint32_t lo, struct sj_simultaneous *ret_at) {
    const struct moment second = moment_at(events, n, lo, SJ_US_SECOND);
    sj_simultaneous_begin(ret_at);
    for (uint32_t i = lo; i < second.hi; i++)
        sj_simultaneous_add(ret_at, i, events[i].steps);
    return second;
}

/* entry_us[k]: the latest entry from which k steps are reached so far. Nothing is lost by forgetting the others: whatever they can
 * still reach within the window, the latest can. */
struct longest {
    uint32_t n_reached;
    int64_t last_us; /* the first second in which they are reached */
    int64_t entry_us[SJ_STEPS_MAX + 1];
};

/* In a second the steps [first, end) can be added when each of them finds an event. From the lowest such `first` the entry is the
 * latest. It can only fall as `end` falls, so that each goes on from where the one before was. */
static void add_second(const struct sj_dialect_funnel *funnel, struct sj_simultaneous *at, int64_t second_us, struct longest *longest) {
    longest->entry_us[0] = second_us;
    for (uint32_t end = funnel->n_steps, first = end; end > 0; end--) {
        first = first < end ? first : end;
        while (first > 0 && sj_simultaneous_seat(at, first - 1))
            first--;
        sj_simultaneous_release(at, end - 1);
        if (first == end || second_us - longest->entry_us[first] > funnel->within_us)
            continue;
        longest->entry_us[end] = longest->entry_us[first];
        if (end > longest->n_reached) {
            longest->n_reached = end;
            longest->last_us = second_us;
        }
    }
}

static void find_longest(const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events, uint32_t n,
                         struct longest *ret_longest) {
    struct sj_simultaneous at;
    struct moment second;
    *ret_longest = (struct longest){.n_reached = 0};
    for (uint32_t i = 0; i <= SJ_STEPS_MAX; i++)
        ret_longest->entry_us[i] = LONG_AGO;
    for (uint32_t lo = 0; lo < n && ret_longest->n_reached < funnel->n_steps; lo = second.hi) {
        second = second_at(events, n, lo, &at);
        if (second.any != 0)
            add_second(funnel, &at, second.time_us, ret_longest);
    }
}

/* Amplitude, uniques in "this order", by its documentation (amplitude.com/docs, How Amplitude computes funnels, … conversions through
 * funnels, … handles simultaneous events in a funnel; read, its code is not public):
 * Times are rounded to the second; events of the same second may stand in any order, and of the same event type in the same second
 * one counts. Each event stands for one step. Of all conversions within the window the longest counts, of these the earliest.
 * Our reading: rounded means down, also for the window, which includes its last moment; of the same type are events that meet the
 * same steps; earliest is the earliest entry that leads there, and then each step in its earliest second, which is also the earliest
 * end (an earlier entry can take the place of a later one whenever the window allows it). Which of several events of a second
 * stands for a step is not said; here it is one that leaves room for the other steps.
 * O(events x steps) when no step has to make room for another (simultaneous.h), at worst O(events x steps^2): a step can ask at most
 * as many others as there are events in the second. */
static void match_amplitude(const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events, uint32_t n,
                            struct sj_dialect_match *match) {
    struct sj_simultaneous at;
    struct moment second;
    struct longest longest;
    find_longest(funnel, events, n, &longest);
    const int64_t from_us = floor_to(longest.last_us - funnel->within_us + SJ_US_SECOND - 1, SJ_US_SECOND);
    for (uint32_t lo = first_from(events, n, from_us); match->n_reached < longest.n_reached; lo = second.hi) {
        assert(lo < n);
        second = second_at(events, n, lo, &at);
        const uint32_t before = match->n_reached;
        while (match->n_reached < longest.n_reached && sj_simultaneous_seat(&at, match->n_reached))
            match->n_reached++;
        for (uint32_t step = before; step < match->n_reached; step++)
            match->events[step] = sj_simultaneous_event(&at, step);
    }
}

void sj_dialect_match(const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events, uint32_t n,
                      struct sj_dialect_match *ret_match) {
    assert(funnel->n_steps >= 1 && funnel->n_steps <= SJ_STEPS_MAX);
    assert(funnel->within_us >= 0 && funnel->within_us <= SJ_WITHIN_MAX);
    ret_match->n_reached = 0;
    switch (funnel->dialect) {
    case SJ_DIALECT_CLICKHOUSE:
    case SJ_DIALECT_CLICKHOUSE_STRICT_ORDER: match_clickhouse(funnel, events, n, ret_match); break;
    case SJ_DIALECT_POSTHOG: match_posthog(funnel, events, n, ret_match); break;
    case SJ_DIALECT_MIXPANEL: match_mixpanel(funnel, events, n, ret_match); break;
    case SJ_DIALECT_AMPLITUDE: match_amplitude(funnel, events, n, ret_match); break;
    case SJ_DIALECT_SOJOURN: assert(false); break;
    }
}
