/* Expressions of the journey language at random, with their text, and what they mean, read plainly (docs/language.md): every choice of events of
 * a small journey is tried. */
#pragma once
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
