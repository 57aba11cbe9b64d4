/* Expressions of the journey language: whatever the text is, compiling ends; what compiles runs over any journey, and a match is one: its events are in order,
 * meet their positions, and its steps are among them. */
#include "lens/match.h"
#include "store/store.h"
#include "target.h"

enum { N_EVENTS = 24, N_JOURNEYS = 3 };

static const struct sj_str touchpoints[] = {{"a", 1}, {"b", 1}, {"cart page", 9}};
static const struct sj_str channels[] = {{"", 0}, {"web", 3}};
static const struct sj_view view = {.touchpoints = touchpoints, .n_touchpoints = 3, .channels = channels, .n_channels = 2};

/* The first bytes are the journeys, the rest is the text. */
struct events {
    uint32_t customer[N_JOURNEYS], offsets[N_JOURNEYS + 1], codes[N_EVENTS];
    uint16_t touchpoint[N_EVENTS];
    uint8_t meets[N_EVENTS];
    int64_t time_us[N_EVENTS];
    const uint8_t *all_meets[256];
    const uint32_t *all_codes[1];
};

static void make_events(struct input *in, struct events *e) {
    int64_t time_us = 0;
    for (uint32_t i = 0; i < N_EVENTS; i++) {
        const uint8_t byte = take_byte(in);
        time_us += (int64_t)(byte >> 6) * 30 * 60000000;
        e->touchpoint[i] = byte % 3;
        e->meets[i] = byte >> 3 & 1;
        e->codes[i] = byte >> 4 & 1;
        e->time_us[i] = time_us;
    }
    for (uint32_t j = 0; j < N_JOURNEYS; j++) {
        e->customer[j] = j;
        e->offsets[j] = j * N_EVENTS / N_JOURNEYS;
    }
    e->offsets[N_JOURNEYS] = N_EVENTS;
    for (uint32_t c = 0; c < 256; c++)
        e->all_meets[c] = e->meets;
    e->all_codes[0] = e->codes;
}

static void check_match(struct sj_matcher *matcher, const struct events *e, const struct sj_match *match) {
    const struct sj_pattern *pattern = matcher->rule.pattern;
    const struct sj_taken *taken;
    struct sj_error err = {0};
    uint32_t steps[SJ_STEPS_MAX];
    size_t n;
    require(match->n_reached <= pattern->n_steps && match->journey < N_JOURNEYS);
    if (match->n_reached == 0)
        return;
    const enum sj_status status = sj_match_events(matcher, match, &taken, &n, &err);
    require(status == SJ_OK || status == SJ_E_LIMIT);
    if (status != SJ_OK)
        return;
    require(n > 0 && taken[0].event == match->first && taken[n - 1].event == match->last);
    require(match->first >= e->offsets[match->journey] && match->last < e->offsets[match->journey + 1]);
    for (size_t i = 0; i < n; i++) {
        require(i == 0 || taken[i].event > taken[i - 1].event);
        require(pattern->positions_at[e->touchpoint[taken[i].event]] >> taken[i].position & 1);
        require(pattern->positions[taken[i].position].step < match->n_reached);
    }
    require(sj_match_steps(matcher, match, steps, &err) == SJ_OK);
    require(steps[match->n_reached - 1] == match->last);
}

static void run(const struct sj_pattern *pattern, const struct events *e, bool again, uint32_t hold) {
    const struct sj_batch batch = {.n_customers = N_JOURNEYS,
                                   .n_journeys = N_JOURNEYS,
                                   .n_events = N_EVENTS,
                                   .customer = e->customer,
                                   .offsets = e->offsets,
                                   .touchpoint = e->touchpoint,
                                   .time_us = e->time_us,
                                   .codes = e->all_codes,
                                   .meets = e->all_meets};
    const struct sj_match_rule rule = {pattern, pattern->within_us, hold, again};
    struct sj_error err = {0};
    struct sj_matcher matcher;
    struct sj_match match;
    enum sj_status status;
    bool any = true;
    uint32_t n = 0;
    sj_matcher_init(&matcher, sj_alloc_libc(), &rule);
    sj_matcher_begin(&matcher, &batch);
    while ((status = sj_matcher_next(&matcher, &any, &match, &err)) == SJ_OK && any) {
        require(++n <= N_EVENTS + N_JOURNEYS);
        check_match(&matcher, e, &match);
    }
    require(status == SJ_OK || status == SJ_E_LIMIT);
    require(status != SJ_OK || again || n == N_JOURNEYS);
    sj_matcher_done(&matcher);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct input in = {bytes, n};
    struct events e;
    struct sj_error err = {0};
    struct sj_pattern *pattern = NULL;
    struct sj_arena arena;
    struct capped capped;
    make_events(&in, &e);
    capped_init(&capped, (size_t)256 << 20);
    sj_arena_init(&arena, &capped.alloc);
    const struct sj_str text = {(const char *)in.p, in.n};
    const enum sj_status status = sj_pattern_compile(&text, 1, &view, NULL, &arena, &pattern, &err);
    if (status == SJ_OK) {
        run(pattern, &e, false, SJ_NO_CODE);
        run(pattern, &e, true, 0);
    } else {
        require(err.message[0] != '\0' && status != SJ_E_BUG);
    }
    sj_arena_done(&arena);
    return 0;
}
