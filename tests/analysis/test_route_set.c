#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "analysis/route_set.h"
#include "base/random.h"

/* All routes of up to five steps over six touchpoints, in random order, many times: each keeps its number and its steps. */
static void test_numbers_stay(void **state) {
    (void)state;
    static uint32_t number_of[7 * 7 * 7 * 7 * 7];
    struct sj_route_set routes;
    struct sj_random random;
    sj_route_set_init(&routes, sj_alloc_libc());
    sj_random_init(&random, 31);
    for (int round = 0; round < 60000; round++) {
        uint16_t steps[5];
        uint32_t n = 1 + (uint32_t)sj_random_below(&random, 5), place = 0, number;
        for (uint32_t i = 0; i < n; i++) {
            steps[i] = (uint16_t)sj_random_below(&random, 6);
            place = place * 7 + steps[i] + 1u;
        }
        uint32_t before = sj_route_set_count(&routes);
        assert_int_equal(sj_route_set_add(&routes, steps, n, sj_route_hash(steps, n), &number, NULL), SJ_OK);
        if (number_of[place] == 0) {
            assert_int_equal(number, before);
            number_of[place] = number + 1;
        }
        assert_int_equal(number, number_of[place] - 1);
        assert_int_equal(sj_route_set_at(&routes, number)->n_steps, n);
        assert_memory_equal(sj_route_set_steps(&routes, sj_route_set_at(&routes, number)), steps, n * sizeof *steps);
    }
    sj_route_set_done(&routes);
}

/* Two routes with the same hash are two: the codes are compared. Few enough that the slots, which are found by hashing anew when
 * they are doubled, stay as they are. */
static void test_a_hash_is_not_trusted(void **state) {
    (void)state;
    struct sj_route_set routes;
    sj_route_set_init(&routes, sj_alloc_libc());
    for (int round = 0; round < 2; round++) {
        for (uint16_t i = 0; i < 100; i++) {
            uint16_t steps[2] = {i, (uint16_t)(i + 1)};
            uint32_t number;
            assert_int_equal(sj_route_set_add(&routes, steps, 2, 42, &number, NULL), SJ_OK);
            assert_int_equal(number, 2 * i);
            assert_int_equal(sj_route_set_add(&routes, steps, 1, 42, &number, NULL), SJ_OK);
            assert_int_equal(number, 2 * i + 1);
        }
    }
    sj_route_set_done(&routes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_stay),
        cmocka_unit_test(test_a_hash_is_not_trusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
