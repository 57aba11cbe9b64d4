/* Pairs made by the piece are those of a plain loop over the journeys, wherever the pieces are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "analysis/links.h"
#include "base/random.h"
#include "base/time.h"

enum { EVENTS_MAX = 5000 };

struct made {
    struct sj_batch batch;
    uint32_t customer[EVENTS_MAX], offsets[EVENTS_MAX + 1];
    uint16_t touchpoint[EVENTS_MAX];
    int64_t time_us[EVENTS_MAX];
};

/* Journeys of very different length: most are short, some longer than a piece. */
static void make(struct sj_random *random, uint32_t n_touchpoints, int64_t time_max_us, struct made *made) {
    const uint32_t n_events = 1 + (uint32_t)sj_random_below(random, EVENTS_MAX);
    const uint64_t long_one = sj_random_below(random, 2) ? 3000 : 20;
    uint32_t n_journeys = 0, customer = 0;
    for (uint32_t i = 0; i < n_events; n_journeys++) {
        const uint32_t left = n_events - i, n = 1 + (uint32_t)sj_random_below(random, long_one);
        int64_t time_us = SJ_TIME_MIN;
        customer += n_journeys > 0 && sj_random_below(random, 2);
        made->customer[n_journeys] = customer;
        made->offsets[n_journeys] = i;
        for (uint32_t k = 0; k < (n < left ? n : left); k++, i++) {
            time_us += (int64_t)sj_random_below(random, (uint64_t)(time_max_us - time_us) / 2 + 1);
            made->touchpoint[i] = (uint16_t)sj_random_below(random, n_touchpoints);
            made->time_us[i] = time_us;
        }
    }
    made->offsets[n_journeys] = n_events;
    made->batch = (struct sj_batch){.n_customers = customer + 1,
                                    .n_journeys = n_journeys,
                                    .n_events = n_events,
                                    .customer = made->customer,
                                    .offsets = made->offsets,
                                    .touchpoint = made->touchpoint,
                                    .time_us = made->time_us};
}

/* Goes over the journeys as their definition says, and takes each pair from the pieces. */
static void compare(const struct made *made, uint32_t n_touchpoints) {
    const struct sj_batch *batch = &made->batch;
    struct sj_pairs *pairs = malloc(sizeof *pairs);
    uint32_t at = 0;
    assert_non_null(pairs);
    sj_pairs_begin(pairs, batch, n_touchpoints);
    pairs->n = 0;
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        for (uint32_t i = batch->offsets[j]; i < batch->offsets[j + 1]; i++, at++) {
            if (at == pairs->n) {
                assert_true(sj_pairs_next(pairs));
                at = 0;
            }
            const bool first = i == batch->offsets[j];
            assert_int_equal(pairs->keys[at], first ? n_touchpoints * n_touchpoints
                                                    : (uint32_t)batch->touchpoint[i - 1] * n_touchpoints + batch->touchpoint[i]);
            assert_int_equal(pairs->gaps_us[at], first ? 0 : batch->time_us[i] - batch->time_us[i - 1]);
            assert_int_equal(pairs->new_customer[at], first && (j == 0 || batch->customer[j] != batch->customer[j - 1]));
        }
    }
    assert_int_equal(at, pairs->n);
    assert_false(sj_pairs_next(pairs));
    free(pairs);
}

static void test_pairs(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 2, 40, 256, 1000, 65535};
    struct made *made = malloc(sizeof *made);
    struct sj_random random;
    assert_non_null(made);
    sj_random_init(&random, 1);
    for (int i = 0; i < 300; i++) {
        const uint32_t n_touchpoints = sizes[i % 6];
        make(&random, n_touchpoints, SJ_TIME_MAX, made);
        compare(made, n_touchpoints);
    }
    free(made);
}

/* Gaps of ten thousand years: their sum is past 64 bits after some forty of them. */
static void test_sums_past_64_bits(void **state) {
    (void)state;
    enum { N = 1000 };
    static const int64_t gap_us = SJ_TIME_MAX - SJ_TIME_MIN;
    static uint32_t customer[N], offsets[N + 1];
    static uint16_t touchpoint[2 * N];
    static int64_t time_us[2 * N];
    for (uint32_t n_touchpoints = 2; n_touchpoints <= 1000; n_touchpoints += 998) {
        static const uint32_t places[1000] = {0};
        struct sj_pairs pairs;
        struct sj_links halves[2] = {0};
        struct sj_arena arena;
        struct sj_link *list;
        size_t n = 0;
        sj_arena_init(&arena, sj_alloc_libc());
        for (uint32_t j = 0; j < N; j++) {
            customer[j] = j;
            offsets[j + 1] = 2 * j + 2;
            time_us[2 * j] = SJ_TIME_MIN;
            time_us[2 * j + 1] = SJ_TIME_MAX;
            touchpoint[2 * j + 1] = 1;
        }
        const struct sj_batch batch = {N, N, 2 * N, customer, NULL, offsets, touchpoint, NULL, time_us, NULL, NULL, NULL, NULL};
        for (int half = 0; half < 2; half++) {
            assert_int_equal(sj_links_init(&halves[half], sj_alloc_libc(), n_touchpoints, NULL), SJ_OK);
            sj_pairs_begin(&pairs, &batch, n_touchpoints);
            while (sj_pairs_next(&pairs))
                assert_int_equal(sj_links_add(&halves[half], &pairs, NULL), SJ_OK);
        }
        assert_int_equal(sj_links_merge(&halves[0], &halves[1], NULL), SJ_OK);
        assert_int_equal(sj_links_list(&halves[0], places, &arena, &list, &n, NULL), SJ_OK);
        assert_int_equal(n, 1);
        assert_int_equal(list[0].from, 0);
        assert_int_equal(list[0].to, 1);
        assert_int_equal(list[0].count, 2 * N);
        assert_int_equal(list[0].customers, 2 * N);
        assert_int_equal(list[0].mean_us, gap_us);
        sj_links_done(&halves[0]);
        sj_links_done(&halves[1]);
        sj_arena_done(&arena);
    }
}

/* A tally is moved to the sums when it might overflow: half of its counts and of its times are carried on, whatever they are; a customer
 * in whose midst that happens counts once. */
static void test_settling_in_the_midst_of_a_customer(void **state) {
    (void)state;
    enum { SETTLED = UINT32_MAX - SJ_PAIRS_MAX };
    static const uint32_t customer[] = {0, 1}, offsets[] = {0, 2000, 4000};
    static uint16_t touchpoint[4000];
    static int64_t time_us[4000];
    static const uint32_t places[1] = {0};
    const struct sj_batch batch = {2, 2, 4000, customer, NULL, offsets, touchpoint, NULL, time_us, NULL, NULL, NULL, NULL};
    struct sj_links links = {0};
    struct sj_pairs pairs;
    struct sj_arena arena;
    struct sj_link *list;
    size_t n;
    sj_arena_init(&arena, sj_alloc_libc());
    assert_int_equal(sj_links_init(&links, sj_alloc_libc(), 1, NULL), SJ_OK);
    sj_pairs_begin(&pairs, &batch, 1);
    unsigned n_settled = 0;
    while (sj_pairs_next(&pairs)) {
        links.tally[0].counts += SETTLED; /* as if so many more had been counted, of the same customer */
        links.tally[0].gap_low += UINT64_MAX / 2;
        links.n_tallied = SETTLED;
        n_settled++;
        assert_int_equal(sj_links_add(&links, &pairs, NULL), SJ_OK);
    }
    assert_int_equal(sj_links_list(&links, places, &arena, &list, &n, NULL), SJ_OK);
    assert_int_equal(n, 1);
    assert_int_equal(n_settled, 4);
    assert_int_equal(list[0].count, 3998 + (uint64_t)n_settled * SETTLED);
    assert_int_equal(list[0].customers, 2);
    const long double sum = (long double)(UINT64_MAX / 2) * n_settled;
    assert_int_equal(list[0].mean_us, (int64_t)(sum / (long double)list[0].count + 0.5L));
    sj_links_done(&links);
    sj_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_sums_past_64_bits),
        cmocka_unit_test(test_settling_in_the_midst_of_a_customer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
