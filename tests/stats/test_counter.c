#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/failing_alloc.h"
#include "base/random.h"
#include "stats/counter.h"

static void test_counts_pairs(void **state) {
    (void)state;
    struct sj_counter counter;
    sj_counter_init(&counter, sj_alloc_libc());
    assert_int_equal(sj_counter_get(&counter, 1, 2), 0);
    assert_int_equal(sj_counter_add(&counter, 1, 2, 3, NULL), SJ_OK);
    assert_int_equal(sj_counter_add(&counter, 2, 1, 1, NULL), SJ_OK);
    assert_int_equal(sj_counter_add(&counter, 1, 2, UINT64_C(1) << 40, NULL), SJ_OK);
    assert_int_equal(sj_counter_get(&counter, 1, 2), 3 + (UINT64_C(1) << 40));
    assert_int_equal(sj_counter_get(&counter, 2, 1), 1);
    assert_int_equal(sj_counter_get(&counter, 2, 2), 0);
    assert_int_equal(counter.n_used, 2);
    sj_counter_done(&counter);
}

/* A small table of all counts is the oracle; parts are counted apart and merged. */
enum { GROUPS = 50, VALUES = 200 };
static void test_merge_equals_counting_together(void **state) {
    (void)state;
    static uint64_t expected[GROUPS][VALUES];
    struct sj_random random;
    sj_random_init(&random, 3);
    struct sj_counter parts[5];
    for (size_t p = 0; p < 5; p++)
        sj_counter_init(&parts[p], sj_alloc_libc());
    for (int i = 0; i < 60000; i++) {
        uint32_t group = (uint32_t)sj_random_below(&random, GROUPS), value = (uint32_t)sj_random_below(&random, VALUES);
        expected[group][value]++;
        assert_int_equal(sj_counter_add(&parts[sj_random_below(&random, 5)], group, value, 1, NULL), SJ_OK);
    }
    for (size_t p = 1; p < 5; p++)
        assert_int_equal(sj_counter_merge(&parts[0], &parts[p], NULL), SJ_OK);
    struct sj_arena arena;
    sj_arena_init(&arena, sj_alloc_libc());
    struct sj_counted *sorted;
    assert_int_equal(sj_counter_sorted(&parts[0], &arena, &sorted, NULL), SJ_OK);
    size_t at = 0;
    for (uint32_t group = 0; group < GROUPS; group++) {
        for (int64_t value = 0; value < VALUES; value++) {
            assert_int_equal(sj_counter_get(&parts[0], group, value), expected[group][value]);
            if (expected[group][value] == 0)
                continue;
            assert_true(sorted[at].group == group && sorted[at].value == value && sorted[at].count == expected[group][value]);
            at++;
        }
    }
    assert_int_equal(at, parts[0].n_used);
    sj_arena_done(&arena);
    for (size_t p = 0; p < 5; p++)
        sj_counter_done(&parts[p]);
}

static void test_running_out_of_memory(void **state) {
    (void)state;
    struct failing_alloc failing = {.n_until_failure = 2};
    struct sj_alloc mem = failing_alloc(&failing);
    struct sj_counter counter;
    sj_counter_init(&counter, &mem);
    enum sj_status status = SJ_OK;
    int64_t n = 0;
    while (status == SJ_OK)
        status = sj_counter_add(&counter, 0, n++, 1, NULL);
    assert_int_equal(status, SJ_E_MEMORY);
    for (int64_t i = 0; i < n - 1; i++)
        assert_int_equal(sj_counter_get(&counter, 0, i), 1); /* what was counted is still there */
    sj_counter_done(&counter);
    assert_int_equal(failing.n_alive, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_pairs),
        cmocka_unit_test(test_merge_equals_counting_together),
        cmocka_unit_test(test_running_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
