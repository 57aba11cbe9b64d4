/* Patterns against the definition (route_oracle.h): random expressions over random journeys. */
#include "lens/route_oracle.h"

struct crowd {
    struct journey journeys[JOURNEYS];
    uint32_t offsets[JOURNEYS + 1], customer[JOURNEYS], codes[JOURNEYS * EVENTS];
    uint16_t touchpoint[JOURNEYS * EVENTS];
    uint8_t on_web[JOURNEYS * EVENTS];
    int64_t time_us[JOURNEYS * EVENTS];
    const uint8_t *meets[64];
    const uint32_t *dimensions[1];
    uint32_t n;
};

static void make_crowd(struct sj_random *random, uint32_t n, struct crowd *crowd) {
    uint32_t n_events = 0;
    crowd->n = n;
    for (uint32_t j = 0; j < n; j++) {
        struct journey *journey = &crowd->journeys[j];
        crowd->offsets[j] = n_events;
        crowd->customer[j] = j;
        journey->n = 1 + below(random, EVENTS);
        for (uint32_t i = 0; i < journey->n; i++, n_events++) {
            crowd->touchpoint[n_events] = journey->touchpoint[i] = (uint16_t)below(random, N_TOUCHPOINTS);
            crowd->on_web[n_events] = journey->on_web[i] = (uint8_t)below(random, 2);
            crowd->codes[n_events] = journey->code[i] = below(random, 6) == 0 ? SJ_NO_CODE : below(random, 2);
            crowd->time_us[n_events] = journey->time_us[i] = (i > 0 ? journey->time_us[i - 1] : 0) + below(random, 4);
        }
    }
    crowd->offsets[n] = n_events;
    crowd->dimensions[0] = crowd->codes;
    for (size_t c = 0; c < 64; c++)
        crowd->meets[c] = crowd->on_web;
}

static struct sj_batch batch_of(const struct crowd *crowd) {
    return (struct sj_batch){.n_customers = crowd->n,
                             .n_journeys = crowd->n,
                             .n_events = crowd->offsets[crowd->n],
                             .customer = crowd->customer,
                             .offsets = crowd->offsets,
                             .touchpoint = crowd->touchpoint,
                             .time_us = crowd->time_us,
                             .codes = crowd->dimensions,
                             .meets = crowd->meets};
}

static void check_match(struct sj_matcher *matcher, const struct crowd *crowd, const struct sj_match *match, const struct choice *best,
                        uint32_t reached, const char *text) {
    const uint32_t lo = crowd->offsets[match->journey];
    const struct sj_taken *taken;
    struct sj_error err = {.status = SJ_OK};
    uint32_t steps[SJ_STEPS_MAX];
    size_t n;
    if (match->n_reached != reached)
        fail_msg("%s: journey %u reaches %u, not %u", text, match->journey, reached, match->n_reached);
    if (reached == 0)
        return;
    assert_int_equal(sj_match_events(matcher, match, &taken, &n, &err), SJ_OK);
    if (n != best->n)
        fail_msg("%s: journey %u has a match of %u events, not %zu", text, match->journey, best->n, n);
    for (size_t i = 0; i < n; i++)
        if (taken[i].event - lo != best->events[i])
            fail_msg("%s: journey %u: event %zu is %u, not %u", text, match->journey, i, best->events[i], taken[i].event - lo);
    assert_int_equal(match->first - lo, best->events[0]);
    assert_int_equal(match->last - lo, best->events[n - 1]);
    assert_int_equal(sj_match_steps(matcher, match, steps, &err), SJ_OK);
    assert_int_equal(steps[reached - 1], match->last);
}

/* Once in each journey, or again and again. */
static void compare(const struct sj_pattern *pattern, const struct asked *asked, const struct crowd *crowd, bool again, const char *text) {
    const struct sj_batch batch = batch_of(crowd);
    const struct sj_match_rule rule = {pattern, asked->within_us, asked->hold ? 0 : SJ_NO_CODE, again};
    struct sj_error err = {.status = SJ_OK};
    struct sj_matcher matcher;
    struct sj_match match;
    bool any;
    sj_matcher_init(&matcher, sj_alloc_libc(), &rule);
    sj_matcher_begin(&matcher, &batch);
    for (uint32_t j = 0; j < crowd->n; j++) {
        uint32_t from = 0, reached;
        do {
            struct choice best = {.n = 0};
            reached = best_of(asked, &crowd->journeys[j], from, &best);
            if (from > 0 && reached == 0)
                break;
            assert_int_equal(sj_matcher_next(&matcher, &any, &match, &err), SJ_OK);
            assert_true(any);
            assert_int_equal(match.journey, j);
            check_match(&matcher, crowd, &match, &best, reached, text);
            from = reached == pattern->n_steps && again ? best.events[best.n - 1] + 1 : EVENTS;
        } while (from < crowd->journeys[j].n);
    }
    assert_int_equal(sj_matcher_next(&matcher, &any, &match, &err), SJ_OK);
    assert_false(any);
    sj_matcher_done(&matcher);
}

static void test_random_expressions(void **state) {
    (void)state;
    static struct writer w;
    static struct crowd crowd;
    size_t n_compared = 0, n_chains = 0;
    sj_random_init(&w.random, 71);
    for (int round = 0; round < 4000; round++) {
        struct asked asked = {.within_us = round % 3 ? SJ_WITHIN_MAX : 1 + (int64_t)below(&w.random, 12), .hold = below(&w.random, 5) == 0};
        struct sj_pattern *pattern = NULL;
        struct sj_error err = {.status = SJ_OK};
        struct sj_arena arena;
        w.n = w.n_nodes = 0;
        asked.from_start = below(&w.random, 8) == 0;
        put(&w, asked.from_start ? "^ " : "");
        find_steps(write_route(&w, 2), &asked);
        asked.to_end = below(&w.random, 8) == 0;
        put(&w, asked.to_end ? " $" : "");
        const struct sj_str text = {w.text, w.n};
        sj_arena_init(&arena, sj_alloc_libc());
        const enum sj_status status = sj_pattern_compile(&text, 1, &view, NULL, &arena, &pattern, &err);
        const bool empty = may_be_empty(asked.steps->parts[0]) || may_be_empty(asked.steps->parts[asked.steps->n - 1]);
        if (status == SJ_E_USAGE && (empty || strstr(err.message, "in different ways"))) {
            assert_non_null(strstr(err.message, "may be left out"));
        } else if (status != SJ_E_LIMIT) {
            if (status != SJ_OK)
                fail_msg("%s: %s", w.text, err.message);
            assert_int_equal(pattern->n_steps, asked.steps->n);
            make_crowd(&w.random, round % 100 ? 3 : JOURNEYS, &crowd);
            compare(pattern, &asked, &crowd, false, w.text);
            compare(pattern, &asked, &crowd, true, w.text);
            n_compared++;
            n_chains += pattern->plain && !asked.hold;
        }
        sj_arena_done(&arena);
    }
    assert_true(n_compared > 2000 && n_chains > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
