#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/parallel.h"

#define N_TASKS 5000

struct count {
    atomic_uint runs[N_TASKS];
    unsigned n_threads;
    atomic_uint n_bad_threads;
    size_t fail_from, fail_step; /* tasks fail_from, fail_from + fail_step, … fail */
};

static enum sj_status count_task(void *ctx, size_t task, unsigned thread, struct sj_error *err) {
    struct count *count = ctx;
    atomic_fetch_add(&count->runs[task], 1);
    if (thread >= count->n_threads)
        atomic_fetch_add(&count->n_bad_threads, 1);
    if (count->fail_step > 0 && task >= count->fail_from && (task - count->fail_from) % count->fail_step == 0)
        return sj_fail(err, SJ_E_INPUT, "task %zu", task);
    return SJ_OK;
}

static void every_task_runs_once(void **state) {
    (void)state;
    static const unsigned n_threads[] = {0, 1, 2, 8, SJ_THREADS_MAX, SJ_THREADS_MAX + 100};
    for (size_t i = 0; i < sizeof n_threads / sizeof n_threads[0]; i++) {
        static struct count count;
        memset(&count, 0, sizeof count);
        count.n_threads = n_threads[i] == 0 ? 1 : n_threads[i] > SJ_THREADS_MAX ? SJ_THREADS_MAX : n_threads[i];
        struct sj_error err = {0};
        assert_int_equal(sj_parallel(n_threads[i], N_TASKS, count_task, &count, &err), SJ_OK);
        for (size_t task = 0; task < N_TASKS; task++)
            assert_int_equal(atomic_load(&count.runs[task]), 1);
        assert_int_equal(atomic_load(&count.n_bad_threads), 0);
        assert_string_equal(err.message, "");
    }
}

static void no_tasks_are_no_work(void **state) {
    (void)state;
    assert_int_equal(sj_parallel(4, 0, count_task, NULL, NULL), SJ_OK);
}

static void lowest_failure_is_reported(void **state) {
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        static struct count count;
        memset(&count, 0, sizeof count);
        count.n_threads = 8;
        count.fail_from = round;
        count.fail_step = 1;
        struct sj_error err = {.lang = SJ_NL};
        char expected[32];
        snprintf(expected, sizeof expected, "task %u", round);
        assert_int_equal(sj_parallel(8, N_TASKS, count_task, &count, &err), SJ_E_INPUT);
        assert_string_equal(err.message, expected);
        assert_int_equal(err.status, SJ_E_INPUT);
        assert_int_equal(err.lang, SJ_NL);
    }
}

static void failure_stops_the_rest(void **state) {
    (void)state;
    static struct count count;
    memset(&count, 0, sizeof count);
    count.n_threads = 1;
    count.fail_from = 3;
    count.fail_step = 1;
    assert_int_equal(sj_parallel(1, N_TASKS, count_task, &count, NULL), SJ_E_INPUT);
    for (size_t task = 0; task < N_TASKS; task++)
        assert_int_equal(atomic_load(&count.runs[task]), task <= 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(no_tasks_are_no_work),
        cmocka_unit_test(lowest_failure_is_reported),
        cmocka_unit_test(failure_stops_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
