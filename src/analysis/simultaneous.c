#include "analysis/simultaneous.h"

#include <assert.h>
#include <string.h>

void sj_simultaneous_begin(struct sj_simultaneous *events) {
    events->n_kept = events->full = events->seated = 0;
    memset(events->n_of, 0, sizeof events->n_of);
    memset(events->seat, 0, sizeof events->seat);
}

/* An event of the same steps is remembered by all of them that were not full when it came, so by `step`, which is not full now. */
static bool is_known(const struct sj_simultaneous *events, uint32_t step, uint32_t steps) {
    for (uint32_t i = 0; i < events->n_of[step]; i++)
        if (events->steps[events->kept_of[step][i]] == steps)
            return true;
    return false;
}

void sj_simultaneous_add(struct sj_simultaneous *events, uint32_t event, uint32_t steps) {
    uint32_t open = steps & ~events->full;
    if (open == 0 || is_known(events, (uint32_t)__builtin_ctz(open), steps))
        return;
    const uint32_t kept = events->n_kept++;
    events->event[kept] = event;
    events->steps[kept] = steps;
    events->step_of[kept] = SJ_STEPS_MAX;
    for (; open != 0; open &= open - 1) {
        const uint32_t step = (uint32_t)__builtin_ctz(open);
        events->kept_of[step][events->n_of[step]++] = (uint16_t)kept;
        if (events->n_of[step] == SJ_STEPS_MAX)
            events->full |= UINT32_C(1) << step;
    }
}

/* The step gets `kept`, the step that asked it for room gets what it had, and so on. */
static void move_up(struct sj_simultaneous *events, const uint8_t asked_by[SJ_STEPS_MAX], uint32_t step, uint32_t kept) {
    while (step != SJ_STEPS_MAX) {
        const uint32_t had = events->seat[step];
        events->seat[step] = (uint16_t)kept;
        events->step_of[kept] = (uint8_t)step;
        step = asked_by[step];
        kept = had;
    }
}

bool sj_simultaneous_seat(struct sj_simultaneous *events, uint32_t step) {
    assert(step < SJ_STEPS_MAX && (events->seated >> step & 1) == 0);
    uint8_t queue[SJ_STEPS_MAX] = {(uint8_t)step}, asked_by[SJ_STEPS_MAX];
    uint32_t n_queued = 1, asked = UINT32_C(1) << step;
    asked_by[step] = SJ_STEPS_MAX;
    for (uint32_t i = 0; i < n_queued; i++) {
        const uint32_t asking = queue[i];
        for (uint32_t k = 0; k < events->n_of[asking]; k++) {
            const uint32_t kept = events->kept_of[asking][k], holder = events->step_of[kept];
            if (holder == SJ_STEPS_MAX) {
                move_up(events, asked_by, asking, kept);
                events->seated |= UINT32_C(1) << step;
                return true;
            }
            if ((asked >> holder & 1) == 0) {
                asked |= UINT32_C(1) << holder;
                asked_by[holder] = (uint8_t)asking;
                queue[n_queued++] = (uint8_t)holder;
            }
        }
    }
    return false;
}

void sj_simultaneous_release(struct sj_simultaneous *events, uint32_t step) {
    if ((events->seated >> step & 1) == 0)
        return;
    events->step_of[events->seat[step]] = SJ_STEPS_MAX;
    events->seated &= ~(UINT32_C(1) << step);
}

uint32_t sj_simultaneous_event(const struct sj_simultaneous *events, uint32_t step) { return events->event[events->seat[step]]; }
