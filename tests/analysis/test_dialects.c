#include "analysis/world.h"

#include "analysis/dialects.h"

enum { SMALL = 12, N_DIALECTS = 5, PAIRS_MAX = SMALL * 4 };

static const enum sj_dialect dialects[N_DIALECTS] = {SJ_DIALECT_CLICKHOUSE, SJ_DIALECT_CLICKHOUSE_STRICT_ORDER, SJ_DIALECT_POSTHOG,
                                                     SJ_DIALECT_MIXPANEL, SJ_DIALECT_AMPLITUDE};

/* A journey in a room of exactly its size, so that reading beyond it is seen. */
static struct sj_dialect_match match_of(const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events, uint32_t n) {
    struct sj_dialect_match match;
    struct sj_dialect_event *copy = exactly(events, n, sizeof *events);
    sj_dialect_match(funnel, copy, n, &match);
    free(copy);
    return match;
}

/* "A10 AB20.5": one event at A after ten seconds, one that is A and B after twenty and a half. */
static uint32_t parse_events(const char *text, const char *steps, struct sj_dialect_event events[SMALL]) {
    uint32_t n = 0;
    while (*text != '\0') {
        struct sj_dialect_event event = {0};
        char *end;
        for (; *text >= 'A' && *text <= 'Z'; text++)
            for (uint32_t k = 0; steps[k] != '\0'; k++)
                event.steps |= (uint32_t)(steps[k] == *text) << k;
        event.time_us = strtoll(text, &end, 10) * SJ_US_SECOND;
        if (*end == '.') {
            event.time_us += (end[1] - '0') * SJ_US_SECOND / 10;
            end += 2;
        }
        assert_true(n < SMALL && (n == 0 || events[n - 1].time_us <= event.time_us));
        events[n++] = event;
        text = end + strspn(end, " ");
    }
    return n;
}

/* How the products count the same few events in a window of 100 s. The numbers of ClickHouse and PostHog are what their code answers,
 * those of Mixpanel and Amplitude what follows from their documentation as dialects.c reads it. */
static void test_the_same_events_in_each_dialect(void **state) {
    (void)state;
    static const struct {
        const char *events, *steps;
        uint32_t reached[N_DIALECTS];
    } rows[] = {
        /*                                clickhouse, strict order, posthog, mixpanel, amplitude */
        {"A10 A60 B70 C130", "ABC", {3, 3, 3, 2, 3}},
        {"A10 B20 A60 B70 C130", "ABC", {3, 3, 3, 2, 3}},
        {"A10 B20 D25 C30", "ABC", {3, 2, 3, 3, 3}},
        {"A10 D15 A20 B30 C40", "ABC", {3, 1, 3, 3, 3}},
        {"A10 B20 A30 C40", "ABC", {3, 3, 3, 3, 3}},
        {"A10 C20 B30 C40", "ABC", {3, 1, 3, 3, 3}},
        {"A10 B20 B25 C30", "ABC", {3, 3, 3, 3, 3}},
        {"A10", "AA", {2, 2, 1, 1, 1}},
        {"A10 B10", "AB", {2, 2, 2, 2, 2}},
        {"B10 A10", "AB", {2, 2, 2, 2, 2}},
        /* Where they part besides. */
        {"", "AB", {0, 0, 0, 0, 0}},
        {"B10", "AB", {0, 0, 0, 0, 0}},
        {"A10 B110", "AB", {2, 2, 2, 2, 2}}, /* the last moment of the window */
        {"A10 B110.1", "AB", {1, 1, 1, 1, 2}},
        {"A10 B111", "AB", {1, 1, 1, 1, 1}},
        {"A10 B60 C111", "ABC", {2, 2, 2, 2, 2}}, /* the window is from the first step */
        {"B10.1 A10.9", "AB", {1, 1, 1, 2, 2}},
        {"B9.9 A10", "AB", {1, 1, 1, 2, 1}},
        {"B8 A10", "AB", {1, 1, 1, 2, 1}},
        {"B7.9 A10", "AB", {1, 1, 1, 1, 1}},
        {"C6 B8 A10", "ABC", {1, 1, 1, 3, 1}},        /* two seconds before the step before */
        {"A10 A10.5", "AA", {2, 2, 2, 2, 1}},         /* twice in a second is once */
        {"A10 A11", "AA", {2, 2, 2, 2, 2}},           /* of an event that is both steps, ClickHouse needs one */
        {"A10 A10", "AA", {2, 2, 2, 2, 1}},           /* PostHog: all of the time are alike, so in order */
        {"A10 AB20", "AB", {2, 2, 2, 2, 2}},          /* the second step of the first entry */
        {"A10 AB20 C20", "ABC", {3, 3, 1, 3, 3}},     /* PostHog: among others it is an entry, and only that */
        {"A10 AB20 C20.1", "ABC", {3, 3, 3, 3, 3}},   /* as it would be otherwise */
        {"A10 AB20 D20", "AB", {2, 1, 2, 2, 2}},      /* … but an event at no step is no other */
        {"D5 B7 A10 B20", "AB", {2, 2, 2, 2, 2}},     /* what is before the first step interrupts nothing */
        {"A10 D10 B20", "AB", {2, 2, 2, 2, 2}},       /* what is of its time comes before it, too, … */
        {"A5 A10 B10 D10", "AB", {2, 1, 2, 2, 2}},    /* … and before the other steps of that time */
        {"BC20 B20.5 A20.9", "ABC", {1, 1, 1, 2, 3}}, /* Mixpanel: the first event of a step is not given up for the next */
        {"A10 C11 A120 B130 C140", "ABC", {3, 1, 3, 1, 3}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_dialect_event events[SMALL];
        const uint32_t n = parse_events(rows[i].events, rows[i].steps, events);
        for (size_t d = 0; d < N_DIALECTS; d++) {
            const struct sj_dialect_funnel funnel = {dialects[d], (uint32_t)strlen(rows[i].steps), 100 * SJ_US_SECOND};
            const struct sj_dialect_match match = match_of(&funnel, events, n);
            if (match.n_reached != rows[i].reached[d])
                fail_msg("%s of %s, dialect %zu: %u", rows[i].events, rows[i].steps, d, match.n_reached);
        }
    }
}

/* The events of the match, by which a person is shown why it was counted. */
static void test_which_events(void **state) {
    (void)state;
    static const struct {
        enum sj_dialect dialect;
        const char *events, *steps;
        uint32_t n_reached, at[3];
    } cases[] = {
        {SJ_DIALECT_CLICKHOUSE, "A10 B20 A30 B40", "ABC", 2, {2, 3}}, /* the chain that stands at the end, … */
        {SJ_DIALECT_POSTHOG, "A10 B20 A30 B40", "ABC", 2, {0, 1}},    /* … the first that came so far */
        {SJ_DIALECT_CLICKHOUSE, "A10 B20 A30 C40", "ABC", 3, {0, 1, 3}},
        {SJ_DIALECT_CLICKHOUSE, "A10 B20 B25 C30", "ABC", 3, {0, 2, 3}}, /* the later B replaces the earlier */
        {SJ_DIALECT_POSTHOG, "A10 B20 B25 C30", "ABC", 3, {0, 1, 3}},
        {SJ_DIALECT_CLICKHOUSE, "A10 B20 C30 A40 B50 C60", "ABC", 3, {0, 1, 2}},
        {SJ_DIALECT_CLICKHOUSE, "A10", "AA", 2, {0, 0}},
        {SJ_DIALECT_CLICKHOUSE, "B10 A10", "AB", 2, {1, 0}},
        {SJ_DIALECT_CLICKHOUSE, "A10 A20", "A", 1, {0}},
        {SJ_DIALECT_CLICKHOUSE_STRICT_ORDER, "A10 B20 A30 D35 B40", "ABC", 2, {0, 1}},
        {SJ_DIALECT_POSTHOG, "A10 A20 B30", "AB", 2, {1, 2}}, /* the latest entry */
        {SJ_DIALECT_MIXPANEL, "A10 A20 B30", "AB", 2, {0, 2}},
        {SJ_DIALECT_AMPLITUDE, "A10 A20 B30", "AB", 2, {0, 2}}, /* the earliest */
        {SJ_DIALECT_AMPLITUDE, "A10 A20 B115", "AB", 2, {1, 2}},
        {SJ_DIALECT_AMPLITUDE, "A10 B20 A30 B40 C50", "ABC", 3, {0, 1, 4}},
        {SJ_DIALECT_AMPLITUDE, "A10.9 B20 B110.1", "AB", 2, {0, 1}},
        {SJ_DIALECT_MIXPANEL, "B8 A10 B11 C12", "ABC", 3, {1, 0, 3}}, /* the first B within the grace */
        {SJ_DIALECT_MIXPANEL, "B7 A10 B11 C12", "ABC", 3, {1, 2, 3}},
        {SJ_DIALECT_AMPLITUDE, "AB10.1 B10.2 A10.8", "AB", 2, {0, 1}},
        {SJ_DIALECT_AMPLITUDE, "AB10.1 A10.8", "AB", 2, {1, 0}}, /* the second step needs the first's event */
        {SJ_DIALECT_POSTHOG, "A10 AB20 B20", "AB", 2, {1, 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_dialect_event events[SMALL];
        const uint32_t n = parse_events(cases[i].events, cases[i].steps, events);
        const struct sj_dialect_funnel funnel = {cases[i].dialect, (uint32_t)strlen(cases[i].steps), 100 * SJ_US_SECOND};
        const struct sj_dialect_match match = match_of(&funnel, events, n);
        assert_int_equal(match.n_reached, cases[i].n_reached);
        for (uint32_t k = 0; k < match.n_reached; k++)
            if (match.events[k] != cases[i].at[k])
                fail_msg("%s of %s, dialect %d: step %u at %u", cases[i].events, cases[i].steps, (int)cases[i].dialect, k, match.events[k]);
    }
}

static int64_t second_of(int64_t time_us) {
    int64_t second = time_us / SJ_US_SECOND;
    return time_us < second * SJ_US_SECOND ? second - 1 : second;
}

/* Whether `event` can be the next step of the match, by what the dialect wants of any: the oracles below are about which. */
static bool may_follow(const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events, const struct sj_dialect_match *match,
                       uint32_t event) {
    const struct sj_dialect_event *next = &events[event];
    if ((next->steps >> match->n_reached & 1) == 0)
        return false;
    if (match->n_reached == 0)
        return true;
    const struct sj_dialect_event *first = &events[match->events[0]], *last = &events[match->events[match->n_reached - 1]];
    for (uint32_t k = 0; k < match->n_reached; k++) {
        const struct sj_dialect_event *used = &events[match->events[k]];
        if (funnel->dialect == SJ_DIALECT_AMPLITUDE && second_of(used->time_us) == second_of(next->time_us) && used->steps == next->steps)
            return false;
        if (used == next && funnel->dialect != SJ_DIALECT_CLICKHOUSE && funnel->dialect != SJ_DIALECT_CLICKHOUSE_STRICT_ORDER)
            return false;
    }
    if (funnel->dialect == SJ_DIALECT_AMPLITUDE)
        return second_of(next->time_us) >= second_of(last->time_us) &&
               (second_of(next->time_us) - second_of(first->time_us)) * SJ_US_SECOND <= funnel->within_us;
    return next->time_us - first->time_us <= funnel->within_us &&
           next->time_us >= last->time_us - (funnel->dialect == SJ_DIALECT_MIXPANEL ? 2 * SJ_US_SECOND : 0);
}

static void check_valid(const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events, uint32_t n,
                        const struct sj_dialect_match *match) {
    struct sj_dialect_match part = {.n_reached = 0};
    assert_true(match->n_reached <= funnel->n_steps);
    while (part.n_reached < match->n_reached) {
        const uint32_t event = match->events[part.n_reached];
        assert_true(event < n);
        assert_true(may_follow(funnel, events, &part, event));
        part.events[part.n_reached++] = event;
    }
}

/* Every way of choosing events, one for each step, is tried. Of the longest the one that is better by the dialect's rule. */
struct search {
    const struct sj_dialect_funnel *funnel;
    const struct sj_dialect_event *events;
    uint32_t n;
    bool (*is_better)(const struct search *search);
    struct sj_dialect_match trying, best;
};

static void search_all(struct search *search) {
    struct sj_dialect_match *trying = &search->trying, *best = &search->best;
    if (trying->n_reached > best->n_reached || (trying->n_reached > 0 && trying->n_reached == best->n_reached && search->is_better(search)))
        *best = *trying;
    for (uint32_t i = 0; trying->n_reached < search->funnel->n_steps && i < search->n; i++) {
        if (!may_follow(search->funnel, search->events, trying, i))
            continue;
        trying->events[trying->n_reached++] = i;
        search_all(search);
        trying->n_reached--;
    }
}

/* The earliest: by the last second, the first, and then each in turn. */
static bool is_earlier_amplitude(const struct search *search) {
    const uint32_t n = search->trying.n_reached;
    for (uint32_t k = 0; k < n + 1; k++) {
        const uint32_t step = k == 0 ? n - 1 : k - 1;
        const int64_t trying = second_of(search->events[search->trying.events[step]].time_us);
        const int64_t best = second_of(search->events[search->best.events[step]].time_us);
        if (trying != best)
            return trying < best;
    }
    return false;
}

/* Complete first, of these the latest entry, from there each step at its first event. */
static bool is_better_posthog(const struct search *search) {
    const uint32_t *trying = search->trying.events, *best = search->best.events, n = search->trying.n_reached;
    if (trying[n - 1] != best[n - 1])
        return trying[n - 1] < best[n - 1];
    if (trying[0] != best[0])
        return trying[0] > best[0];
    for (uint32_t k = 1; k < n; k++)
        if (trying[k] != best[k])
            return trying[k] < best[k];
    return false;
}

static bool is_never_better(const struct search *search) {
    (void)search;
    return false;
}

enum kind { ONE_STEP_EACH = 1, NO_TIES = 2 };

/* Gaps of nought to some seconds; half of the journeys have events that meet several steps. */
static uint32_t make_journey(struct sj_random *random, uint32_t n_max, uint32_t n_steps, int kind, struct sj_dialect_event *events) {
    const uint32_t n = below(random, n_max + 1), gap = below(random, 2) ? 12 : 40;
    int64_t time_us = (int64_t)sj_random_below(random, 20 * SJ_US_SECOND) / 500000 * 500000 - 10 * SJ_US_SECOND;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t mask = (UINT32_C(1) << n_steps) - 1, one = UINT32_C(1) << below(random, n_steps + 1) & mask;
        if (kind & NO_TIES || below(random, 3) > 0)
            time_us += ((kind & NO_TIES ? 1 : 0) + (int64_t)below(random, gap)) * 100000;
        events[i].time_us = time_us;
        events[i].steps = one | (kind & ONE_STEP_EACH ? 0 : below(random, mask + 1) & below(random, mask + 1));
    }
    return n;
}

static struct sj_dialect_funnel make_funnel(struct sj_random *random, enum sj_dialect dialect) {
    return (struct sj_dialect_funnel){dialect, 1 + below(random, 4), (int64_t)below(random, below(random, 2) ? 120 : 400) * 100000};
}

/* ClickHouse in full: the rows as it sees them, one for each event and step, in its order; for each row and length whether some
 * choice of rows in order, within the window, is so long and ends there. Chains of k rows end at each such row, the last one stands. */
struct rows {
    uint32_t n, n_steps;
    int64_t within_us;
    struct {
        int64_t time_us;
        int32_t step; /* -1: none */
        uint32_t event;
        bool ends; /* a chain from the first step */
    } row[PAIRS_MAX];
};

static void add_row(struct rows *rows, int64_t time_us, int32_t step, uint32_t event) {
    uint32_t at = rows->n++;
    for (; at > 0; at--) {
        if (rows->row[at - 1].time_us < time_us || (rows->row[at - 1].time_us == time_us && rows->row[at - 1].step <= step))
            break;
        rows->row[at] = rows->row[at - 1];
    }
    rows->row[at].time_us = time_us;
    rows->row[at].step = step;
    rows->row[at].event = event;
    rows->row[at].ends = false;
}

static void mark_ends(struct rows *rows, uint32_t from, int32_t step, int64_t entry_us) {
    for (uint32_t i = from; i < rows->n; i++) {
        if (rows->row[i].step != step || (step > 0 && rows->row[i].time_us - entry_us > rows->within_us))
            continue;
        rows->row[i].ends = true;
        mark_ends(rows, i + 1, step + 1, step == 0 ? rows->row[i].time_us : entry_us);
    }
}

/* The last chain of so many steps that ends before row `end`; SJ_NO_CODE when there is none. */
static uint32_t last_row(const struct rows *rows, int32_t step, uint32_t end) {
    while (end-- > 0)
        if (rows->row[end].step == step && rows->row[end].ends)
            return end;
    return SJ_NO_CODE;
}

/* Where the search ends: after a chain that is complete, and in strict order before a row that interrupts. */
static uint32_t end_of_rows(const struct rows *rows, bool strict) {
    for (uint32_t i = 0; i < rows->n; i++) {
        const int32_t step = rows->row[i].step;
        if (strict && last_row(rows, 0, i) != SJ_NO_CODE && (step < 0 || (step > 0 && last_row(rows, step - 1, i) == SJ_NO_CODE)))
            return i;
        if (rows->row[i].ends && (uint32_t)step + 1 == rows->n_steps)
            return i + 1;
    }
    return rows->n;
}

static void expect_clickhouse(const struct sj_dialect_funnel *funnel, const struct sj_dialect_event *events, uint32_t n,
                              struct sj_dialect_match *expected) {
    const bool strict = funnel->dialect == SJ_DIALECT_CLICKHOUSE_STRICT_ORDER;
    struct rows rows = {.n_steps = funnel->n_steps, .within_us = funnel->within_us};
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t step = 0; step < funnel->n_steps; step++)
            if ((events[i].steps >> step & 1) != 0)
                add_row(&rows, events[i].time_us, (int32_t)step, i);
        if (strict && events[i].steps == 0)
            add_row(&rows, events[i].time_us, -1, i);
    }
    mark_ends(&rows, 0, 0, 0);
    uint32_t end = end_of_rows(&rows, strict);
    expected->n_reached = funnel->n_steps;
    while (expected->n_reached > 0 && last_row(&rows, (int32_t)expected->n_reached - 1, end) == SJ_NO_CODE)
        expected->n_reached--;
    for (uint32_t step = expected->n_reached; step-- > 0;) {
        end = last_row(&rows, (int32_t)step, end);
        expected->events[step] = rows.row[end].event;
    }
}

static void assert_same_match(const struct sj_dialect_match *match, const struct sj_dialect_match *expected) {
    assert_int_equal(match->n_reached, expected->n_reached);
    for (uint32_t k = 0; k < match->n_reached; k++)
        assert_int_equal(match->events[k], expected->events[k]);
}

static void test_clickhouse_equals_the_rows_tried_in_full(void **state) {
    (void)state;
    struct sj_random random;
    uint32_t n_of[2][5] = {0};
    sj_random_init(&random, 61);
    for (int round = 0; round < 8000; round++) {
        struct sj_dialect_event events[SMALL];
        struct sj_dialect_match expected;
        const bool strict = round % 2;
        const struct sj_dialect_funnel funnel = make_funnel(&random, strict ? SJ_DIALECT_CLICKHOUSE_STRICT_ORDER : SJ_DIALECT_CLICKHOUSE);
        const uint32_t n = make_journey(&random, 10, funnel.n_steps, round / 2 % 4, events);
        const struct sj_dialect_match match = match_of(&funnel, events, n);
        expect_clickhouse(&funnel, events, n, &expected);
        assert_same_match(&match, &expected);
        check_valid(&funnel, events, n, &match);
        n_of[strict][match.n_reached]++;
    }
    for (size_t k = 0; k < 5; k++)
        assert_true(n_of[0][k] > 100 && n_of[1][k] > 50);
}

/* Where all of them speak of the same: one step an event, no two events of the same time. */
static void test_clickhouse_and_posthog_find_the_longest(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 62);
    for (int round = 0; round < 4000; round++) {
        struct sj_dialect_event events[SMALL];
        struct sj_dialect_funnel funnel = make_funnel(&random, SJ_DIALECT_CLICKHOUSE);
        const uint32_t n = make_journey(&random, 10, funnel.n_steps, NO_TIES | ONE_STEP_EACH, events);
        struct search search = {.funnel = &funnel, .events = events, .n = n, .is_better = is_never_better};
        search_all(&search);
        for (size_t d = 0; d < 3; d++) {
            funnel.dialect = dialects[d];
            const struct sj_dialect_match match = match_of(&funnel, events, n);
            if (funnel.dialect == SJ_DIALECT_CLICKHOUSE_STRICT_ORDER)
                assert_true(match.n_reached <= search.best.n_reached);
            else
                assert_int_equal(match.n_reached, search.best.n_reached);
        }
    }
}

/* Without ties it is our own rule (match.h): the same match, event by event. */
static void test_posthog_without_ties(void **state) {
    (void)state;
    struct sj_random random;
    uint32_t n_of[5] = {0};
    sj_random_init(&random, 63);
    for (int round = 0; round < 6000; round++) {
        struct sj_dialect_event events[SMALL];
        const struct sj_dialect_funnel funnel = make_funnel(&random, SJ_DIALECT_POSTHOG);
        const uint32_t n = make_journey(&random, SMALL, funnel.n_steps, NO_TIES | (round % 2 ? ONE_STEP_EACH : 0), events);
        struct search search = {.funnel = &funnel, .events = events, .n = n, .is_better = is_better_posthog};
        const struct sj_dialect_match match = match_of(&funnel, events, n);
        search_all(&search);
        assert_same_match(&match, &search.best);
        n_of[match.n_reached]++;
    }
    for (size_t k = 0; k < 5; k++)
        assert_true(n_of[k] > 100);
}

/* With ties it counts as ClickHouse does when an event meets one step, never more when it meets several, since it uses it once. */
static void test_posthog_with_ties(void **state) {
    (void)state;
    struct sj_random random;
    uint32_t n_less = 0;
    sj_random_init(&random, 64);
    for (int round = 0; round < 6000; round++) {
        struct sj_dialect_event events[SMALL];
        const struct sj_dialect_funnel funnel = make_funnel(&random, SJ_DIALECT_POSTHOG);
        struct sj_dialect_funnel other = funnel;
        other.dialect = SJ_DIALECT_CLICKHOUSE;
        const uint32_t n = make_journey(&random, SMALL, funnel.n_steps, round % 2 ? ONE_STEP_EACH : 0, events);
        const struct sj_dialect_match match = match_of(&funnel, events, n), clickhouse = match_of(&other, events, n);
        check_valid(&funnel, events, n, &match);
        assert_true(match.n_reached <= clickhouse.n_reached);
        if (round % 2)
            assert_int_equal(match.n_reached, clickhouse.n_reached);
        n_less += match.n_reached < clickhouse.n_reached;
    }
    assert_true(n_less > 100);
}

/* Each step is at the first event that may follow, and where the match ends none may. When an event meets one step, it is also as long
 * as any from the same entry. */
static void test_mixpanel_takes_the_first_of_each_step(void **state) {
    (void)state;
    struct sj_random random;
    uint32_t n_of[5] = {0}, n_before = 0;
    sj_random_init(&random, 65);
    for (int round = 0; round < 8000; round++) {
        struct sj_dialect_event events[SMALL];
        struct sj_dialect_match part = {.n_reached = 0};
        const struct sj_dialect_funnel funnel = make_funnel(&random, SJ_DIALECT_MIXPANEL);
        const uint32_t n = make_journey(&random, 9, funnel.n_steps, round % 4, events);
        const struct sj_dialect_match match = match_of(&funnel, events, n);
        for (uint32_t k = 0; k <= match.n_reached && k < funnel.n_steps; k++) {
            uint32_t first = 0;
            while (first < n && !may_follow(&funnel, events, &part, first))
                first++;
            assert_int_equal(first, k < match.n_reached ? match.events[k] : n);
            n_before += k > 0 && first < n && first < part.events[k - 1];
            part.events[part.n_reached++] = first;
        }
        if (round % 4 & ONE_STEP_EACH && match.n_reached > 0) {
            struct search search = {.funnel = &funnel, .events = events, .n = n, .is_better = is_never_better};
            search.trying.events[search.trying.n_reached++] = match.events[0];
            search_all(&search);
            assert_int_equal(match.n_reached, search.best.n_reached);
        }
        n_of[match.n_reached]++;
    }
    for (size_t k = 0; k < 5; k++)
        assert_true(n_of[k] > 100);
    assert_true(n_before > 100);
}

static void test_amplitude_equals_the_definition(void **state) {
    (void)state;
    struct sj_random random;
    uint32_t n_of[5] = {0}, n_before = 0;
    sj_random_init(&random, 66);
    for (int round = 0; round < 12000; round++) {
        struct sj_dialect_event events[SMALL];
        const struct sj_dialect_funnel funnel = make_funnel(&random, SJ_DIALECT_AMPLITUDE);
        const uint32_t n = make_journey(&random, 9, funnel.n_steps, round % 4, events);
        struct search search = {.funnel = &funnel, .events = events, .n = n, .is_better = is_earlier_amplitude};
        const struct sj_dialect_match match = match_of(&funnel, events, n);
        search_all(&search);
        check_valid(&funnel, events, n, &match);
        assert_int_equal(match.n_reached, search.best.n_reached);
        for (uint32_t k = 0; k < match.n_reached; k++) {
            assert_int_equal(second_of(events[match.events[k]].time_us), second_of(events[search.best.events[k]].time_us));
            n_before += k > 0 && match.events[k] < match.events[k - 1];
        }
        n_of[match.n_reached]++;
    }
    for (size_t k = 0; k < 5; k++)
        assert_true(n_of[k] > 100);
    assert_true(n_before > 500);
}

/* To the microsecond: the last moment of a window, of Mixpanel's grace and of Amplitude's second. */
static void test_last_moments(void **state) {
    (void)state;
    static const struct {
        int64_t first_us, second_us, within_us; /* of the first and of the second step */
        uint32_t reached[N_DIALECTS];
    } cases[] = {
        {0, 1000000, 1000000, {2, 2, 2, 2, 2}},
        {0, 1000001, 1000000, {1, 1, 1, 1, 2}},
        {0, 1000000, 999999, {1, 1, 1, 1, 1}},
        {999999, 1000000, 0, {1, 1, 1, 1, 1}},
        {0, 999999, 0, {1, 1, 1, 1, 2}},
        {-1, 0, 0, {1, 1, 1, 1, 1}},
        {-1, -1000000, 0, {1, 1, 1, 2, 2}},
        {-1, -1000001, 0, {1, 1, 1, 2, 1}},
        {0, -1, 0, {1, 1, 1, 2, 1}},
        {5, -1999995, 0, {1, 1, 1, 2, 1}},
        {5, -1999996, 0, {1, 1, 1, 1, 1}},
        {SJ_TIME_MIN + 2000000, SJ_TIME_MIN, 0, {1, 1, 1, 2, 1}},
        {SJ_TIME_MAX, SJ_TIME_MAX - 999999, 0, {1, 1, 1, 2, 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bool later = cases[i].second_us > cases[i].first_us;
        const struct sj_dialect_event first = {cases[i].first_us, 1}, second = {cases[i].second_us, 2};
        const struct sj_dialect_event events[2] = {later ? first : second, later ? second : first};
        for (size_t d = 0; d < N_DIALECTS; d++) {
            const struct sj_dialect_funnel funnel = {dialects[d], 2, cases[i].within_us};
            assert_int_equal(match_of(&funnel, events, 2).n_reached, cases[i].reached[d]);
        }
    }
}

/* From the first moment of all time to the last, in a window of all time, and in one that is a microsecond short of it. */
static void test_the_ends_of_time(void **state) {
    (void)state;
    const struct sj_dialect_event events[] = {{SJ_TIME_MIN, 1}, {SJ_TIME_MAX, 2}};
    for (size_t d = 0; d < N_DIALECTS; d++) {
        struct sj_dialect_funnel funnel = {dialects[d], 2, SJ_WITHIN_MAX};
        struct sj_dialect_match match = match_of(&funnel, events, 2);
        assert_int_equal(match.n_reached, 2);
        check_valid(&funnel, events, 2, &match);
        funnel.within_us -= dialects[d] == SJ_DIALECT_AMPLITUDE ? SJ_US_SECOND : 1; /* the last second begins a second before the end */
        match = match_of(&funnel, events, 2);
        assert_int_equal(match.n_reached, 1);
        assert_int_equal(match.events[0], 0);
        funnel.within_us = 0;
        assert_int_equal(match_of(&funnel, events, 2).n_reached, 1);
        assert_int_equal(match_of(&funnel, events + 1, 1).n_reached, 0);
        assert_int_equal(match_of(&funnel, events, 1).n_reached, 1);
        assert_int_equal(match_of(&funnel, NULL, 0).n_reached, 0);
    }
}

/* Events at all steps at once: the funnel with the most steps. */
static void test_all_steps_at_once(void **state) {
    (void)state;
    static const uint32_t of_one[N_DIALECTS] = {32, 32, 1, 1, 1}, of_a_moment[N_DIALECTS] = {32, 32, 32, 32, 1};
    struct sj_dialect_event events[SJ_STEPS_MAX + 8];
    for (size_t d = 0; d < N_DIALECTS; d++) {
        const struct sj_dialect_funnel funnel = {dialects[d], SJ_STEPS_MAX, 100 * SJ_US_SECOND};
        for (uint32_t i = 0; i < SJ_STEPS_MAX + 8; i++)
            events[i] = (struct sj_dialect_event){-5 * SJ_US_SECOND, UINT32_MAX};
        assert_int_equal(match_of(&funnel, events, 1).n_reached, of_one[d]);
        assert_int_equal(match_of(&funnel, events, SJ_STEPS_MAX + 8).n_reached, of_a_moment[d]);
        for (uint32_t i = 0; i < SJ_STEPS_MAX + 8; i++)
            events[i].time_us = i * SJ_US_SECOND;
        const struct sj_dialect_match match = match_of(&funnel, events, SJ_STEPS_MAX + 8);
        check_valid(&funnel, events, SJ_STEPS_MAX + 8, &match);
        assert_int_equal(match.n_reached, 32);
        assert_int_equal(match_of(&funnel, events, 20).n_reached, d < 2 ? 32 : 20);
        /* Each event one step, the last step first, all within one second. */
        for (uint32_t i = 0; i < SJ_STEPS_MAX; i++)
            events[i] = (struct sj_dialect_event){i, UINT32_C(1) << (31 - i)};
        assert_int_equal(match_of(&funnel, events, SJ_STEPS_MAX).n_reached, d < 3 ? 1 : 32);
    }
}

/* Journeys that are long and made to cost: were one of the dialects to go over the events for each event, it would not come to an end. */
static void test_hostile_journeys(void **state) {
    (void)state;
    enum { LONG = 200000, N_SHAPES = 7 };
    static struct sj_dialect_event events[LONG];
    struct sj_random random;
    sj_random_init(&random, 67);
    for (int shape = 0; shape < N_SHAPES; shape++) {
        for (uint32_t i = 0; i < LONG; i++) {
            const uint32_t bits = below(&random, UINT32_MAX);
            const struct sj_dialect_event shapes[N_SHAPES] = {
                {0, UINT32_MAX >> 1},                                               /* all the same, the last step never */
                {0, bits >> 1},                                                     /* all at the same moment */
                {(int64_t)i * 1000, bits >> 1},                                     /* a thousand in a second */
                {(int64_t)i * 1000, (UINT32_C(1) << (30 - i % 31))},                /* backwards */
                {(int64_t)i * SJ_US_SECOND, (i < LONG / 2 ? 1u : UINT32_MAX) >> 1}, /* no entry, then many */
                {(int64_t)i * 10, i % 2 ? 3 : 1},                                   /* many that are alike, the third step never */
                {(int64_t)(i / 31) * SJ_US_SECOND, UINT32_MAX >> (1 + i % 31)},     /* those that make room for each other */
            };
            events[i] = shapes[shape];
        }
        for (size_t d = 0; d < N_DIALECTS; d++) {
            const struct sj_dialect_funnel funnel = {dialects[d], SJ_STEPS_MAX, SJ_WITHIN_MAX};
            const struct sj_dialect_match match = match_of(&funnel, events, LONG);
            check_valid(&funnel, events, LONG, &match);
            assert_true(match.n_reached < SJ_STEPS_MAX);
            if (shape == 3)
                assert_int_equal(match.n_reached, dialects[d] == SJ_DIALECT_CLICKHOUSE_STRICT_ORDER ? 1 : SJ_STEPS_MAX - 1);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_events_in_each_dialect),
        cmocka_unit_test(test_which_events),
        cmocka_unit_test(test_clickhouse_equals_the_rows_tried_in_full),
        cmocka_unit_test(test_clickhouse_and_posthog_find_the_longest),
        cmocka_unit_test(test_posthog_without_ties),
        cmocka_unit_test(test_posthog_with_ties),
        cmocka_unit_test(test_mixpanel_takes_the_first_of_each_step),
        cmocka_unit_test(test_amplitude_equals_the_definition),
        cmocka_unit_test(test_last_moments),
        cmocka_unit_test(test_the_ends_of_time),
        cmocka_unit_test(test_all_steps_at_once),
        cmocka_unit_test(test_hostile_journeys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
