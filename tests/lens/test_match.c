/* Patterns by hand: which match counts, what is refused, what is too much. At random they are tried in test_match_random.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failing_alloc.h"
#include "base/random.h"
#include "lens/match.h"
#include "store/store.h"

static const struct sj_str touchpoints[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"other one", 9}};
static const struct sj_str channels[] = {{"", 0}, {"web", 3}};
static const struct sj_view view = {.touchpoints = touchpoints, .n_touchpoints = 4, .channels = channels, .n_channels = 2};

static uint32_t below(struct sj_random *random, uint64_t bound) { return (uint32_t)sj_random_below(random, bound); }

/* One journey from "A10 B20": a letter is the touchpoint, the number its time. */
static void read_journey(const char *text, uint16_t *touchpoint, int64_t *time_us, uint32_t *ret_n) {
    for (*ret_n = 0; *text != '\0'; text += *text == ' ') {
        char *end;
        touchpoint[*ret_n] = (uint16_t)(*text - 'A');
        time_us[(*ret_n)++] = strtoll(text + 1, &end, 10);
        text = end;
    }
}

static void test_which_match_counts(void **state) {
    (void)state;
    static const struct {
        const char *events, *route;
        uint32_t n, at[5];
    } cases[] = {
        {"A10 B20 C30 A40 B50 C60", "a > b > c", 3, {0, 1, 2}}, /* complete first */
        {"A10 A20 B30 B40 C50", "a > b > c", 3, {1, 2, 4}},     /* starts last, then each step at its first event */
        {"A10 B20 A30 C40", "a > b > c", 3, {0, 1, 3}},         /* the later start does not lead there */
        {"A10 A20", "a > b > c", 1, {0}},
        {"A10 B20 A30 B40", "a > b > c", 2, {0, 1}},
        {"A10 B20 B30 C35", "a > b >[within 10us] c", 3, {0, 2, 3}}, /* the first b is too early */
        {"A10 B20 B30 C35", "a > b >[after 10us] c", 3, {0, 1, 3}},
        {"A10 C15 B20 A30 B40", "a >[no c] b", 2, {3, 4}},
        {"A10 B40 A50 B55", "a >[within 10us, within 50us] b", 2, {2, 3}},
        {"A10 B40 A50 B55", "a >[within 50us, within 10us] b", 2, {2, 3}},
        {"D0 A1 A5 B8 C12", "`other one` > (a > b > c) within 10us", 4, {0, 2, 3, 4}}, /* b by way of the first a leads nowhere */
        {"B0 A1 A9 C10", "b > a+ >[within 2us] c", 4, {0, 1, 2, 3}},                   /* of two arrows out of a the longer one counts */
        {"A10 B12 A20 B55", "a >[after 30us, after 1us] b", 2, {2, 3}},
        {"A10 B20 B30 C40", "a > b+ > c", 4, {0, 1, 2, 3}}, /* what may be taken is taken */
        {"A10 B20 C40", "a > b? > c", 3, {0, 1, 2}},
        {"B10 A20 C30", "(a & b) >> c", 3, {0, 1, 2}},
        {"A10 B30 A40 B50", "(a > b) within 10us", 2, {2, 3}},
        {"A10 B20 C30 B40 C50", "a >> b >> c $", 2, {0, 1}}, /* c is not the last: the furthest step is b */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t touchpoint[16];
        int64_t time_us[16];
        uint32_t offsets[2] = {0};
        const uint8_t *const meets[1] = {NULL};
        struct sj_error err = {.status = SJ_OK};
        struct sj_pattern *pattern = NULL;
        struct sj_matcher matcher;
        struct sj_arena arena;
        struct sj_match match;
        const struct sj_taken *taken;
        size_t n;
        bool any;
        read_journey(cases[i].events, touchpoint, time_us, &offsets[1]);
        const struct sj_batch batch = {
            .n_journeys = 1, .n_events = offsets[1], .offsets = offsets, .touchpoint = touchpoint, .time_us = time_us, .meets = meets};
        const struct sj_str text = sj_str(cases[i].route);
        sj_arena_init(&arena, sj_alloc_libc());
        assert_int_equal(sj_pattern_compile(&text, 1, &view, NULL, &arena, &pattern, &err), SJ_OK);
        const struct sj_match_rule rule = {pattern, sj_match_within(pattern, false, 100), SJ_NO_CODE, false};
        sj_matcher_init(&matcher, sj_alloc_libc(), &rule);
        sj_matcher_begin(&matcher, &batch);
        assert_int_equal(sj_matcher_next(&matcher, &any, &match, &err), SJ_OK);
        assert_int_equal(sj_match_events(&matcher, &match, &taken, &n, &err), SJ_OK);
        assert_int_equal(n, cases[i].n);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(taken[k].event, cases[i].at[k]);
        sj_matcher_done(&matcher);
        sj_arena_done(&arena);
    }
}

enum { MANY = 20000, MANY_TOUCHPOINTS = 20 };
static uint16_t many_touchpoint[MANY];
static int64_t many_time_us[MANY];
static uint32_t many_offsets[MANY + 1];

/* With many touchpoints events are looked up, not compared; journeys cut pieces everywhere. */
static void test_many_touchpoints(void **state) {
    (void)state;
    static char names[MANY_TOUCHPOINTS][4];
    struct sj_str texts[MANY_TOUCHPOINTS];
    struct sj_view many = {.touchpoints = texts, .n_touchpoints = MANY_TOUCHPOINTS};
    const struct sj_str route = SJ_LIT("!(t0 | t1) >> t5 >> .");
    struct sj_pattern *pattern = NULL;
    struct sj_error err = {.status = SJ_OK};
    struct sj_random random;
    struct sj_arena arena;
    uint32_t n_journeys = 0, n_full = 0;
    bool any;
    sj_random_init(&random, 72);
    sj_arena_init(&arena, sj_alloc_libc());
    for (int i = 0; i < MANY_TOUCHPOINTS; i++) {
        snprintf(names[i], sizeof names[i], "t%d", i);
        texts[i] = sj_str(names[i]);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        many_touchpoint[i] = (uint16_t)(below(&random, 3) ? below(&random, MANY_TOUCHPOINTS) : 5);
        many_time_us[i] = i;
        if (i == 0 || below(&random, 6) == 0)
            many_offsets[n_journeys++] = i;
    }
    many_offsets[n_journeys] = MANY;
    const struct sj_batch batch = {
        .n_journeys = n_journeys, .n_events = MANY, .offsets = many_offsets, .touchpoint = many_touchpoint, .time_us = many_time_us};
    assert_int_equal(sj_pattern_compile(&route, 1, &many, NULL, &arena, &pattern, &err), SJ_OK);
    const struct sj_match_rule rule = {pattern, SJ_WITHIN_MAX, SJ_NO_CODE, false};
    struct sj_matcher matcher;
    sj_matcher_init(&matcher, sj_alloc_libc(), &rule);
    sj_matcher_begin(&matcher, &batch);
    for (uint32_t j = 0; j < n_journeys; j++) {
        struct sj_match match;
        bool expected = false;
        for (uint32_t i = many_offsets[j]; i + 2 < many_offsets[j + 1]; i++)
            expected |= many_touchpoint[i] > 1 && many_touchpoint[i + 1] == 5;
        assert_int_equal(sj_matcher_next(&matcher, &any, &match, &err), SJ_OK);
        assert_int_equal(match.n_reached == 3, expected);
        n_full += expected;
    }
    assert_true(n_full > 100 && n_full < n_journeys - 100);
    sj_matcher_done(&matcher);
    sj_arena_done(&arena);
}

/* A journey that needs too many ways is refused, and soon. */
static void test_too_many_ways(void **state) {
    (void)state;
    const struct sj_str route = SJ_LIT("a >[after 1d, within 9d] b");
    struct sj_pattern *pattern = NULL;
    struct sj_error err = {.status = SJ_OK};
    struct sj_arena arena;
    struct sj_matcher matcher;
    struct sj_match match;
    bool any;
    for (uint32_t i = 0; i < MANY; i++) {
        many_touchpoint[i] = i + 1 == MANY;
        many_time_us[i] = i;
    }
    many_offsets[0] = 0;
    many_offsets[1] = MANY;
    const struct sj_batch batch = {
        .n_journeys = 1, .n_events = MANY, .offsets = many_offsets, .touchpoint = many_touchpoint, .time_us = many_time_us};
    sj_arena_init(&arena, sj_alloc_libc());
    assert_int_equal(sj_pattern_compile(&route, 1, &view, NULL, &arena, &pattern, &err), SJ_OK);
    const struct sj_match_rule rule = {pattern, SJ_WITHIN_MAX, SJ_NO_CODE, false};
    sj_matcher_init(&matcher, sj_alloc_libc(), &rule);
    sj_matcher_begin(&matcher, &batch);
    assert_int_equal(sj_matcher_next(&matcher, &any, &match, &err), SJ_E_LIMIT);
    assert_non_null(strstr(err.message, "too many ways"));
    sj_matcher_done(&matcher);
    sj_arena_done(&arena);
}

/* ---- what is refused ---- */

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *route, *says;
    } cases[] = {
        {"", "the expression ends where a touchpoint, (, ., or ! was expected"},
        {"a >", "ends where a touchpoint"},
        {"a > \"other on\"", "at character 5: there is no touchpoint \"other on\"; did you mean \"other one\"?"},
        {"a > bb", "at character 5: there is no touchpoint \"bb\" in this store"},
        {"a > (b", "the expression ends where ) was expected"},
        {"a) > b", "at character 2 (\") > b\"): an arrow, |, within, or the end was expected"},
        {"a >[soon] b", "at character 5 (\"soon] b\"): within, after or no was expected"},
        {"a >[within b] b", "a time such as 30m, 24h or 7d was expected"},
        {"a >>[no b] c", "within or after (nothing lies between with >>) was expected"},
        {"a >[after 2d, within 1d] b", "at character 3: nothing can come after a time and within a shorter one"},
        {"a? > b", "the step \"a?\" may be left out"},
        {"a > (b? | c*)", "may be left out"},
        {"a > ((b? >[no c] c?) | b?) > a", "several parts of the choice \"((b? >[no c] c?) | b?)\" may be left out"},
        {"(a > b) & c", "with & stand single touchpoints"},
        {"a & b & a & b & a", "at most 4 parts may stand in any order"},
        {"a{3,2}", "no number is from 3 to 2"},
        {"a{0}", "no number is from 0 to 0"},
        {"a{65}", "more than 64 repeats"},
        {"(a > b){40}", "names more than 64 events"},
        {"a > b within", "ends where a time such as"},
        {"a[channel = 'web'", "ends where and, or, or ] was expected"},
        {"a[channel = 'wob']", "the condition, at character 13: there is no channel \"wob\"; did you mean \"web\"?"},
        {"a > \"b", "at character 5: the quote \" is never closed"},
        {"within > a", "a touchpoint, (, ., or ! was expected"},
        {"!(a > b)", "| or ) was expected"},
        {"((((((((a) within 9d) within 8d) within 7d) within 6d) within 5d) within 4d) within 3d) within 2d > b", "more than 7 times"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sj_error err = {.status = SJ_OK};
        struct sj_pattern *pattern;
        struct sj_arena arena;
        const struct sj_str text = sj_str(cases[i].route);
        sj_arena_init(&arena, sj_alloc_libc());
        const enum sj_status status = sj_pattern_compile(&text, 1, &view, NULL, &arena, &pattern, &err);
        if ((status != SJ_E_USAGE && status != SJ_E_LIMIT) || strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].route, err.message, cases[i].says);
        sj_arena_done(&arena);
    }
}

/* Brackets and repeats within each other would need more memory than they are worth. */
static void test_too_many_brackets(void **state) {
    (void)state;
    char text[8192] = "b > ";
    struct sj_error err = {.status = SJ_OK};
    struct sj_pattern *pattern;
    struct sj_arena arena;
    for (int i = 0; i < 49; i++)
        strcat(text, "(");
    strcat(text, "a");
    for (int i = 0; i < 49; i++)
        strcat(text, "++++++++++++++++++++++++++++++++++++++++++++++)");
    strcat(text, " > b");
    const struct sj_str route = sj_str(text);
    sj_arena_init(&arena, sj_alloc_libc());
    assert_int_equal(sj_pattern_compile(&route, 1, &view, NULL, &arena, &pattern, &err), SJ_E_LIMIT);
    assert_non_null(strstr(err.message, "too many brackets"));
    sj_arena_done(&arena);
}

static enum sj_status run_once(const struct sj_alloc *mem, const struct sj_batch *batch) {
    const struct sj_str route = SJ_LIT("((a >[no b] a+) within 9us | b) > (a & c[channel = 'web']) > .");
    struct sj_pattern *pattern;
    struct sj_matcher matcher;
    struct sj_match match;
    struct sj_arena arena;
    uint32_t steps[SJ_STEPS_MAX];
    bool any = true;
    sj_arena_init(&arena, mem);
    enum sj_status status = sj_pattern_compile(&route, 1, &view, NULL, &arena, &pattern, NULL);
    if (status == SJ_OK) {
        const struct sj_match_rule rule = {pattern, SJ_WITHIN_MAX, 0, true};
        sj_matcher_init(&matcher, mem, &rule);
        sj_matcher_begin(&matcher, batch);
        while (status == SJ_OK && any) {
            status = sj_matcher_next(&matcher, &any, &match, NULL);
            if (status == SJ_OK && any && match.n_reached > 0)
                status = sj_match_steps(&matcher, &match, steps, NULL);
        }
        sj_matcher_done(&matcher);
    }
    sj_arena_done(&arena);
    return status;
}

static void test_memory(void **state) {
    (void)state;
    static uint8_t on_web[MANY];
    static uint32_t codes[MANY];
    const uint8_t *const meets[] = {on_web};
    const uint32_t *const dimensions[] = {codes};
    struct sj_random random;
    enum sj_status status = SJ_E_MEMORY;
    enum { N_EVENTS = 800, N_JOURNEYS = 100 };
    sj_random_init(&random, 73);
    for (uint32_t i = 0; i < N_EVENTS; i++) {
        many_touchpoint[i] = (uint16_t)below(&random, 4);
        many_time_us[i] = i;
        on_web[i] = (uint8_t)below(&random, 2);
        codes[i] = below(&random, 2);
    }
    for (uint32_t j = 0; j <= N_JOURNEYS; j++)
        many_offsets[j] = j * N_EVENTS / N_JOURNEYS;
    const struct sj_batch batch = {.n_journeys = N_JOURNEYS,
                                   .n_events = N_EVENTS,
                                   .offsets = many_offsets,
                                   .touchpoint = many_touchpoint,
                                   .time_us = many_time_us,
                                   .codes = dimensions,
                                   .meets = meets};
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        const struct sj_alloc mem = failing_alloc(&failing);
        status = run_once(&mem, &batch);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        assert_int_equal(failing.n_alive, 0);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_match_counts), cmocka_unit_test(test_many_touchpoints),  cmocka_unit_test(test_too_many_ways),
        cmocka_unit_test(test_refusals),           cmocka_unit_test(test_too_many_brackets), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
