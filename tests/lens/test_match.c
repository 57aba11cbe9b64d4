/* Patterns against the definition (docs/language.md), tried in full: random expressions, and every choice of events of a small journey. */
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

enum { EVENTS = 9, JOURNEYS = 160, N_TOUCHPOINTS = 4, ITEMS_MAX = 5, NODES_MAX = 200, TEXT_MAX = 8192 };

static const struct sj_str touchpoints[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"other one", 9}};
static const struct sj_str channels[] = {{"", 0}, {"web", 3}};
static const struct sj_view view = {.touchpoints = touchpoints, .n_touchpoints = N_TOUCHPOINTS, .channels = channels, .n_channels = 2};

static uint32_t below(struct sj_random *random, uint64_t bound) { return (uint32_t)sj_random_below(random, bound); }

/* ---- expressions ---- */

struct way_between {
    bool next;
    int64_t within_us, after_us;
    uint32_t without; /* touchpoints, as bits */
};
static const struct way_between anything = {false, SJ_NO_LIMIT, 0, 0};
static const struct way_between nothing = {true, 0, 0, 0};

enum kind { EVENT, SEQUENCE, CHOICE, ANY_ORDER, REPEAT, WITHIN };
struct node {
    enum kind kind;
    uint32_t touchpoints; /* EVENT: as bits */
    bool on_web;
    struct node *parts[ITEMS_MAX];
    struct way_between ways[ITEMS_MAX];
    size_t n;
    uint32_t min, max;
    int64_t within_us;
};

struct writer {
    struct sj_random random;
    struct node nodes[NODES_MAX];
    size_t n_nodes;
    char text[TEXT_MAX];
    size_t n;
    bool after_bracket; /* what is written last is a part in brackets: a time behind it would be its own */
};

static void put(struct writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    w->n += (size_t)vsnprintf(w->text + w->n, TEXT_MAX - w->n, format, args);
    va_end(args);
    assert_true(w->n < TEXT_MAX);
}

static struct node *new_node(struct writer *w, enum kind kind) {
    assert_true(w->n_nodes < NODES_MAX);
    struct node *node = &w->nodes[w->n_nodes++];
    *node = (struct node){.kind = kind};
    return node;
}

static void put_name(struct writer *w, uint32_t touchpoint) {
    static const char *const quotes[] = {"\"", "'", "`"};
    const char *quote = touchpoint == 3 || below(&w->random, 8) == 0 ? quotes[below(&w->random, 3)] : "";
    put(w, "%s%s%s", quote, touchpoints[touchpoint].p, quote);
}

static uint32_t put_touchpoint(struct writer *w) {
    const uint32_t touchpoint = below(&w->random, N_TOUCHPOINTS);
    switch (below(&w->random, 9)) {
    case 0: put(w, "."); return 15;
    case 1:
        put(w, "!");
        put_name(w, touchpoint);
        return 15 & ~(1u << touchpoint);
    case 2:
        put(w, "!(a |");
        put_name(w, touchpoint);
        put(w, ")");
        return 15 & ~(1u | 1u << touchpoint);
    default: put_name(w, touchpoint); return 1u << touchpoint;
    }
}

static struct node *write_event(struct writer *w) {
    struct node *node = new_node(w, EVENT);
    node->touchpoints = put_touchpoint(w);
    node->on_web = below(&w->random, 5) == 0;
    if (node->on_web)
        put(w, "[channel = 'web']");
    return node;
}

static struct way_between write_arrow(struct writer *w) {
    struct way_between way = anything;
    const char *before = "[", *after = "";
    if (below(&w->random, 6) == 0) {
        put(w, " ");
        return way;
    }
    way.next = below(&w->random, 4) == 0;
    put(w, way.next ? " >>" : " >");
    if (below(&w->random, 4) == 0) {
        way.within_us = 1 + below(&w->random, 9);
        put(w, "%s within %lldus", before, (long long)way.within_us);
        before = ",";
        after = "]";
    }
    if (below(&w->random, 6) == 0) {
        way.after_us = 1 + below(&w->random, way.within_us < 9 ? (uint32_t)way.within_us : 4);
        put(w, "%s after %lldus", before, (long long)way.after_us);
        before = ",";
        after = "]";
    }
    if (!way.next && below(&w->random, 5) == 0) {
        put(w, "%s no ", before);
        way.without = put_touchpoint(w);
        after = "]";
    }
    put(w, "%s ", after);
    return way;
}

static struct node *write_route(struct writer *w, int depth);

static struct node *write_behind(struct writer *w, struct node *node, bool in_brackets) {
    static const char *const signs[] = {"?", "+", "*", "{2}", "{1,}", "{1,3}", "{,2}"};
    static const uint32_t mins[] = {0, 1, 0, 2, 1, 1, 0}, maxs[] = {1, UINT32_MAX, UINT32_MAX, 2, UINT32_MAX, 3, 2};
    while (below(&w->random, 4) == 0) {
        struct node *around = new_node(w, in_brackets && below(&w->random, 2) ? WITHIN : REPEAT);
        around->parts[around->n++] = node;
        if (around->kind == WITHIN) {
            around->within_us = below(&w->random, 12);
            put(w, " within %lldus", (long long)around->within_us);
        } else {
            const uint32_t i = below(&w->random, 7);
            around->min = mins[i];
            around->max = maxs[i];
            put(w, "%s", signs[i]);
        }
        node = around;
    }
    return node;
}

static struct node *write_part(struct writer *w, int depth) {
    if (depth == 0 || below(&w->random, 3) > 0) {
        w->after_bracket = false;
        return write_behind(w, write_event(w), false);
    }
    put(w, "(");
    struct node *node = write_route(w, depth - 1);
    put(w, ")");
    w->after_bracket = true;
    return write_behind(w, node, true);
}

static struct node *write_item(struct writer *w, int depth) {
    if (below(&w->random, 8) > 0)
        return write_part(w, depth);
    struct node *node = new_node(w, ANY_ORDER);
    for (uint32_t n = 2 + below(&w->random, 2); node->n < n;) {
        put(w, node->n > 0 ? " & " : "");
        node->parts[node->n++] = write_event(w);
    }
    w->after_bracket = false;
    return node;
}

static struct node *write_sequence(struct writer *w, int depth) {
    struct node *node = new_node(w, SEQUENCE);
    for (uint32_t n = 1 + below(&w->random, 3); node->n < n; node->n++) {
        node->ways[node->n] = node->n > 0 ? write_arrow(w) : anything;
        node->parts[node->n] = write_item(w, depth);
    }
    return node;
}

static struct node *write_route(struct writer *w, int depth) {
    struct node *node = new_node(w, CHOICE), *within;
    for (uint32_t n = 1 + (below(&w->random, 4) == 0); node->n < n;) {
        put(w, node->n > 0 ? " | " : "");
        node->parts[node->n++] = write_sequence(w, depth);
    }
    if (w->after_bracket || below(&w->random, 5) > 0)
        return node;
    within = new_node(w, WITHIN);
    within->parts[within->n++] = node;
    within->within_us = below(&w->random, 15);
    put(w, " within %lldus", (long long)within->within_us);
    return within;
}

/* ---- the definition ---- */

struct journey {
    uint16_t touchpoint[EVENTS];
    uint8_t on_web[EVENTS];
    uint32_t code[EVENTS];
    int64_t time_us[EVENTS];
    uint32_t n;
};

/* A choice of events, and what may stand for what. */
struct choice {
    const struct journey *journey;
    uint32_t events[EVENTS], n;
};

/* Reading has come to an event of the choice, with what is asked of the way from the one before. Several states may be reached. */
struct state {
    uint32_t at;
    struct way_between way;
};
struct states {
    struct state items[512];
    size_t n;
};

static void add_state(struct states *states, uint32_t at, struct way_between way) {
    for (size_t i = 0; i < states->n; i++) {
        const struct way_between *known = &states->items[i].way;
        if (states->items[i].at == at && known->next == way.next && known->within_us == way.within_us && known->after_us == way.after_us &&
            known->without == way.without)
            return;
    }
    assert_true(states->n < 512);
    states->items[states->n++] = (struct state){at, way};
}

/* Two ways with a part between that is left out. */
static struct way_between past(struct way_between a, struct way_between b) {
    const int64_t within_us = a.within_us == SJ_NO_LIMIT || b.within_us == SJ_NO_LIMIT ? SJ_NO_LIMIT : a.within_us + b.within_us;
    return (struct way_between){a.next && b.next, within_us, a.after_us + b.after_us, a.without | b.without};
}

static bool is_passable(const struct choice *choice, uint32_t at, struct way_between way) {
    const struct journey *journey = choice->journey;
    if (at == 0)
        return true;
    const uint32_t from = choice->events[at - 1], to = choice->events[at];
    const int64_t gap_us = journey->time_us[to] - journey->time_us[from];
    bool passable = gap_us <= way.within_us && gap_us >= way.after_us && (!way.next || from + 1 == to);
    for (uint32_t i = from + 1; i < to; i++)
        passable &= !(way.without >> journey->touchpoint[i] & 1);
    return passable;
}

static bool may_be_empty(const struct node *node) {
    bool any = false, all = true;
    for (size_t i = 0; i < node->n; i++) {
        any |= may_be_empty(node->parts[i]);
        all &= may_be_empty(node->parts[i]);
    }
    switch (node->kind) {
    case EVENT:
    case ANY_ORDER: return false;
    case CHOICE: return any;
    case REPEAT: return all || node->min == 0;
    default: return all;
    }
}

static void read_node(const struct choice *choice, const struct node *node, struct way_between joint, struct state from,
                      struct states *states);

static void read_sequence(const struct choice *choice, const struct node *node, struct state from, struct states *states) {
    struct states *now = calloc(1, sizeof *now), *next = calloc(1, sizeof *next);
    add_state(now, from.at, from.way);
    for (size_t p = 0; p < node->n; p++) {
        const struct way_between joint = p > 0 ? node->ways[p] : node->n > 1 ? node->ways[1] : anything;
        next->n = 0;
        for (size_t i = 0; i < now->n; i++) {
            struct state state = now->items[i];
            if (p > 0)
                state.way = past(state.way, node->ways[p]);
            read_node(choice, node->parts[p], joint, state, next);
        }
        *now = *next;
    }
    for (size_t i = 0; i < now->n; i++)
        add_state(states, now->items[i].at, now->items[i].way);
    free(now);
    free(next);
}

static void read_repeat(const struct choice *choice, const struct node *node, struct way_between joint, struct state from,
                        struct states *states) {
    const uint32_t min = may_be_empty(node->parts[0]) ? 0 : node->min;
    struct states *now = calloc(1, sizeof *now), *next = calloc(1, sizeof *next);
    add_state(now, from.at, from.way);
    for (uint32_t copies = 0; now->n > 0 && copies <= node->max; copies++) {
        next->n = 0;
        for (size_t i = 0; i < now->n; i++) {
            struct state state = now->items[i];
            if (copies >= min)
                add_state(states, state.at, state.way);
            if (copies > 0)
                state.way = past(state.way, joint);
            const size_t before = next->n;
            if (copies < node->max)
                read_node(choice, node->parts[0], joint, state, next);
            size_t n = before;
            for (size_t k = before; k < next->n; k++)
                if (next->items[k].at > state.at)
                    next->items[n++] = next->items[k];
            next->n = n;
        }
        *now = *next;
    }
    free(now);
    free(next);
}

static void read_any_order(const struct choice *choice, const struct node *node, uint32_t done, struct state from, struct states *states) {
    if (done == (1u << node->n) - 1)
        add_state(states, from.at, from.way);
    for (size_t p = 0; p < node->n; p++) {
        struct states after = {.n = 0};
        struct state state = from;
        if (done >> p & 1)
            continue;
        if (done != 0)
            state.way = past(state.way, anything);
        read_node(choice, node->parts[p], anything, state, &after);
        for (size_t i = 0; i < after.n; i++)
            read_any_order(choice, node, done | 1u << p, after.items[i], states);
    }
}

static void read_node(const struct choice *choice, const struct node *node, struct way_between joint, struct state from,
                      struct states *states) {
    const struct journey *journey = choice->journey;
    struct states *after;
    switch (node->kind) {
    case EVENT:
        if (from.at < choice->n && (node->touchpoints >> journey->touchpoint[choice->events[from.at]] & 1) &&
            (!node->on_web || journey->on_web[choice->events[from.at]]) && is_passable(choice, from.at, from.way))
            add_state(states, from.at + 1, nothing);
        return;
    case SEQUENCE:
        if (node->n == 1)
            read_node(choice, node->parts[0], joint, from, states);
        else
            read_sequence(choice, node, from, states);
        return;
    case CHOICE:
        for (size_t p = 0; p < node->n; p++)
            read_node(choice, node->parts[p], joint, from, states);
        return;
    case ANY_ORDER: read_any_order(choice, node, 0, from, states); return;
    case REPEAT: read_repeat(choice, node, joint, from, states); return;
    case WITHIN:
        after = calloc(1, sizeof *after);
        read_node(choice, node->parts[0], joint, from, after);
        for (size_t i = 0; i < after->n; i++) {
            const uint32_t end = after->items[i].at;
            if (end == from.at || journey->time_us[choice->events[end - 1]] - journey->time_us[choice->events[from.at]] <= node->within_us)
                add_state(states, end, after->items[i].way);
        }
        free(after);
        return;
    }
}

/* What is asked, and the steps: the items of the outermost sequence. */
struct asked {
    const struct node *steps;
    struct node one; /* a sequence of one, where there is none */
    int64_t within_us;
    bool from_start, to_end, hold;
};

static void find_steps(const struct node *root, struct asked *asked) {
    for (;;) {
        if (root->kind == WITHIN) {
            asked->within_us = root->within_us < asked->within_us ? root->within_us : asked->within_us;
            root = root->parts[0];
        } else if ((root->kind == CHOICE || (root->kind == SEQUENCE && root->n == 1)) && root->n == 1) {
            root = root->parts[0];
        } else {
            break;
        }
    }
    asked->one = (struct node){.kind = SEQUENCE, .n = 1, .parts = {(struct node *)root}, .ways = {anything}};
    asked->steps = root->kind == SEQUENCE ? root : &asked->one;
}

/* How many steps the choice reaches with its last event; 0: it does not fit. */
static uint32_t reach(const struct asked *asked, const struct choice *choice) {
    const struct journey *journey = choice->journey;
    const uint32_t first = choice->events[0], last = choice->events[choice->n - 1];
    uint32_t reached = 0;
    if (journey->time_us[last] - journey->time_us[first] > asked->within_us || (asked->from_start && first > 0))
        return 0;
    for (uint32_t i = 0; i < choice->n && asked->hold; i++)
        if (journey->code[choice->events[i]] != journey->code[first] || journey->code[first] == SJ_NO_CODE)
            return 0;
    struct states now = {.n = 0};
    add_state(&now, 0, nothing);
    for (uint32_t k = 0; k < asked->steps->n; k++) {
        const struct way_between joint = k > 0 ? asked->steps->ways[k] : asked->steps->n > 1 ? asked->steps->ways[1] : anything;
        struct states next = {.n = 0};
        for (size_t i = 0; i < now.n; i++) {
            struct state state = now.items[i];
            if (k > 0)
                state.way = past(state.way, asked->steps->ways[k]);
            struct states after = {.n = 0};
            read_node(choice, asked->steps->parts[k], joint, state, &after);
            for (size_t m = 0; m < after.n; m++) {
                const bool at_end = k + 1 < asked->steps->n || !asked->to_end || last + 1 == journey->n;
                if (after.items[m].at == choice->n && after.items[m].at > state.at && at_end)
                    reached = k + 1;
                add_state(&next, after.items[m].at, after.items[m].way);
            }
        }
        now = next;
    }
    return reached;
}

static bool is_better(const struct choice *a, uint32_t reached_a, const struct choice *b, uint32_t reached_b) {
    if (reached_a != reached_b)
        return reached_a > reached_b;
    if (a->events[a->n - 1] != b->events[b->n - 1])
        return a->events[a->n - 1] < b->events[b->n - 1];
    if (a->events[0] != b->events[0])
        return a->events[0] > b->events[0];
    for (uint32_t i = 0; i < a->n && i < b->n; i++)
        if (a->events[i] != b->events[i])
            return a->events[i] < b->events[i];
    return false;
}

/* The match that counts among events from `from` on. */
static uint32_t best_of(const struct asked *asked, const struct journey *journey, uint32_t from, struct choice *best) {
    uint32_t reached = 0;
    for (uint32_t set = 1; set < 1u << journey->n; set++) {
        struct choice choice = {.journey = journey};
        if (set & ((1u << from) - 1))
            continue;
        for (uint32_t i = 0; i < journey->n; i++)
            if (set >> i & 1)
                choice.events[choice.n++] = i;
        const uint32_t here = reach(asked, &choice);
        if (here == 0 || (reached > 0 && !is_better(&choice, here, best, reached)))
            continue;
        *best = choice;
        reached = here;
    }
    return reached;
}

/* ---- the comparison ---- */

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

/* ---- by hand ---- */

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
        {"A10 B40 A50 B55", "a >[within 50us, within 10us] b", 2, {2, 3}},
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
    static struct crowd crowd;
    struct sj_random random;
    enum sj_status status = SJ_E_MEMORY;
    sj_random_init(&random, 73);
    make_crowd(&random, JOURNEYS, &crowd);
    const struct sj_batch batch = batch_of(&crowd);
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
        cmocka_unit_test(test_random_expressions), cmocka_unit_test(test_which_match_counts), cmocka_unit_test(test_many_touchpoints),
        cmocka_unit_test(test_too_many_ways),      cmocka_unit_test(test_refusals),           cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
