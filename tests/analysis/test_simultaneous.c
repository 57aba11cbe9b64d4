#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "analysis/simultaneous.h"
#include "base/random.h"

enum { EVENTS = 8, STEPS = 6 };

/* Can each of the steps have an event of its own? All ways are tried; events of the same steps count once. */
static bool fits(const uint32_t *steps, uint32_t n, uint32_t wanted, uint32_t used) {
    if (wanted == 0)
        return true;
    const uint32_t step = (uint32_t)__builtin_ctz(wanted);
    for (uint32_t i = 0; i < n; i++) {
        bool known = false;
        for (uint32_t before = 0; before < i; before++)
            known |= steps[before] == steps[i];
        if (!known && (steps[i] >> step & 1) != 0 && (used >> i & 1) == 0 && fits(steps, n, wanted & (wanted - 1), used | 1u << i))
            return true;
    }
    return false;
}

static void check_seats(const struct sj_simultaneous *events, const uint32_t *steps, uint32_t seated) {
    uint32_t used = 0;
    assert_int_equal(events->seated, seated);
    for (uint32_t step = 0; step < STEPS; step++) {
        if ((seated >> step & 1) == 0)
            continue;
        const uint32_t event = sj_simultaneous_event(events, step);
        assert_true((steps[event] >> step & 1) != 0);
        assert_true((used >> event & 1) == 0);
        used |= 1u << event;
    }
}

/* Steps are seated and released in random order; one is refused exactly when there is no way. */
static void test_a_step_is_refused_only_when_there_is_no_way(void **state) {
    (void)state;
    struct sj_random random;
    uint32_t n_refused = 0, n_moved = 0;
    sj_random_init(&random, 51);
    for (int round = 0; round < 5000; round++) {
        const uint32_t n = (uint32_t)sj_random_below(&random, EVENTS + 1);
        uint32_t steps[EVENTS], seated = 0;
        struct sj_simultaneous events;
        sj_simultaneous_begin(&events);
        for (uint32_t i = 0; i < n; i++) {
            steps[i] = (uint32_t)(sj_random_below(&random, 1 << STEPS) & sj_random_below(&random, 1 << STEPS));
            sj_simultaneous_add(&events, i, steps[i]);
        }
        for (int turn = 0; turn < 20; turn++) {
            const uint32_t step = (uint32_t)sj_random_below(&random, STEPS);
            if ((seated >> step & 1) != 0) {
                sj_simultaneous_release(&events, step);
                seated ^= 1u << step;
            } else {
                const struct sj_simultaneous before = events;
                const bool expected = fits(steps, n, seated | 1u << step, 0);
                assert_int_equal(sj_simultaneous_seat(&events, step), expected);
                n_refused += !expected;
                for (uint32_t i = 0; i < STEPS; i++)
                    n_moved += (seated >> i & 1) != 0 && before.seat[i] != events.seat[i];
                seated |= (uint32_t)expected << step;
            }
            check_seats(&events, steps, seated);
        }
    }
    assert_true(n_refused > 1000 && n_moved > 1000);
}

/* More events than are remembered: every step still finds one, and those of the same steps are one. */
static void test_many_events(void **state) {
    (void)state;
    struct sj_simultaneous events;
    sj_simultaneous_begin(&events);
    for (uint32_t i = 0; i < 100000; i++)
        sj_simultaneous_add(&events, i, UINT32_MAX << (i % 40 < 31 ? i % 40 : 31));
    for (uint32_t step = 0; step < SJ_STEPS_MAX; step++)
        assert_true(sj_simultaneous_seat(&events, step));
    for (uint32_t step = 0; step < SJ_STEPS_MAX; step++)
        assert_int_equal(sj_simultaneous_event(&events, step), step);
    assert_int_equal(events.n_kept, 32);

    sj_simultaneous_begin(&events);
    for (uint32_t i = 0; i < 100000; i++)
        sj_simultaneous_add(&events, i, UINT32_MAX - i);
    assert_true(events.n_kept <= SJ_SIMULTANEOUS_MAX);
    for (uint32_t step = SJ_STEPS_MAX; step-- > 0;)
        assert_true(sj_simultaneous_seat(&events, step));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_step_is_refused_only_when_there_is_no_way),
        cmocka_unit_test(test_many_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
