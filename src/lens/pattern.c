#include "lens/pattern.h"

#include <string.h>

#include "base/time.h"
#include "lens/route_node.h"

/* ---- arrows ---- */

static const struct sj_arrow plain_arrow = {.within_us = SJ_NO_LIMIT};
/* Of the way past a part that is left out: it takes no room and no time. */
static const struct sj_arrow no_way = {.next = true};

static int64_t add_times(int64_t a, int64_t b) { return a > SJ_NO_LIMIT - b ? SJ_NO_LIMIT : a + b; }

/* Where what lies between two arrows is left out: their times add up, what either excludes is excluded. */
static struct sj_arrow join_arrows(const struct sj_arrow *a, const struct sj_arrow *b) {
    return (struct sj_arrow){
        .next = a->next && b->next,
        .within_us = add_times(a->within_us, b->within_us),
        .after_us = add_times(a->after_us, b->after_us),
        .without = a->without | b->without,
    };
}

static bool is_plain(const struct sj_arrow *arrow) {
    return !arrow->next && arrow->within_us == SJ_NO_LIMIT && arrow->after_us == 0 && arrow->without == 0;
}

static bool is_same_arrow(const struct sj_arrow *a, const struct sj_arrow *b) {
    return a->next == b->next && a->within_us == b->within_us && a->after_us == b->after_us && a->without == b->without;
}

/* ---- building ---- */

/* Where a fragment begins or ends: a position, and the way past those before or behind it that may be left out. */
struct end {
    uint8_t position;
    uint8_t begins; /* clocks, at a beginning */
    struct sj_arrow arrow;
};

struct fragment {
    struct end firsts[SJ_POSITIONS_MAX], lasts[SJ_POSITIONS_MAX];
    uint32_t n_firsts, n_lasts;
    bool nullable;
    struct sj_arrow past; /* where it is left out */
};

struct builder {
    struct sj_arena *arena;
    struct sj_error *err;
    const struct sj_view *view;
    const struct sj_expression *expression;
    struct sj_position positions[SJ_POSITIONS_MAX];
    struct sj_event_set events[SJ_POSITIONS_MAX];
    struct sj_edge *edges[SJ_POSITIONS_MAX]; /* into each position */
    uint32_t n_positions, n_fragments;
    uint8_t step;
    uint8_t depth; /* clocks that are set here */
    int64_t clock_us[SJ_CLOCKS_MAX];
};

static enum sj_status build(struct builder *b, const struct sj_route_node *node, const struct sj_arrow *joint, struct fragment *fragment);

#define FRAGMENTS_MAX 2000 /* 5 KB each */
static enum sj_status new_fragment(struct builder *b, struct fragment **ret_fragment) {
    if (++b->n_fragments > FRAGMENTS_MAX)
        return sj_fail(b->err, SJ_E_LIMIT, "the expression has too many brackets and repeats within each other");
    return sj_arena_new(b->arena, 1, sizeof **ret_fragment, ret_fragment, b->err);
}

static enum sj_status new_position(struct builder *b, const struct sj_event_set *event, uint8_t *ret_position) {
    if (b->n_positions == SJ_POSITIONS_MAX)
        return sj_fail(b->err, SJ_E_LIMIT, "the expression names more than %d events, with repeats and orders written out",
                       SJ_POSITIONS_MAX);
    struct sj_position *position = &b->positions[b->n_positions];
    *position = (struct sj_position){.step = b->step, .n_clocks = b->depth};
    memcpy(position->clock_us, b->clock_us, sizeof b->clock_us);
    b->events[b->n_positions] = *event;
    *ret_position = (uint8_t)b->n_positions++;
    return SJ_OK;
}

static void begin_and_end(struct fragment *fragment, uint8_t position) {
    fragment->firsts[fragment->n_firsts++] = (struct end){position, 0, no_way};
    fragment->lasts[fragment->n_lasts++] = (struct end){position, 0, no_way};
}

static bool is_same(const struct sj_edge *a, const struct sj_edge *b) {
    return a->from == b->from && a->begins == b->begins && is_same_arrow(&a->arrow, &b->arrow);
}

#define EDGES_MAX 1024 /* into a position */
/* Once; two of the same positions that ask for different things may both be there. */
static enum sj_status add_edge(struct builder *b, uint8_t to, const struct sj_edge *edge) {
    struct sj_position *position = &b->positions[to];
    for (uint32_t i = 0; i < position->n_edges; i++)
        if (is_same(&b->edges[to][i], edge))
            return SJ_OK;
    if (position->n_edges == EDGES_MAX)
        return sj_fail(b->err, SJ_E_LIMIT, "the expression leads to one event in more than %d ways", EDGES_MAX);
    if ((position->n_edges & (position->n_edges - 1)) == 0) { /* 0 or a power of 2: full */
        struct sj_edge *more;
        SJ_TRY(sj_arena_new(b->arena, position->n_edges > 0 ? 2 * (size_t)position->n_edges : 1, sizeof *more, &more, b->err));
        if (position->n_edges > 0)
            memcpy(more, b->edges[to], position->n_edges * sizeof *more);
        position->edges = b->edges[to] = more;
    }
    b->edges[to][position->n_edges++] = *edge;
    return SJ_OK;
}

/* An edge from each end of one fragment to each beginning of another. */
static enum sj_status connect(struct builder *b, const struct fragment *from, const struct sj_arrow *arrow, const struct fragment *to) {
    for (uint32_t f = 0; f < to->n_firsts; f++) {
        for (uint32_t l = 0; l < from->n_lasts; l++) {
            const struct sj_arrow out = join_arrows(&from->lasts[l].arrow, arrow);
            const struct sj_edge edge = {from->lasts[l].position, to->firsts[f].begins, join_arrows(&out, &to->firsts[f].arrow)};
            SJ_TRY(add_edge(b, to->firsts[f].position, &edge));
        }
    }
    return SJ_OK;
}

/* The ends of `more`, seen past what is left out. */
static void add_ends(struct end *ends, uint32_t *n, const struct end *more, uint32_t n_more, const struct sj_arrow *past) {
    for (uint32_t i = 0; i < n_more; i++) {
        ends[*n] = more[i];
        ends[(*n)++].arrow = join_arrows(&more[i].arrow, past);
    }
}

/* `fragment`, then `behind`. */
static enum sj_status append(struct builder *b, struct fragment *fragment, const struct sj_arrow *arrow, const struct fragment *behind) {
    const struct fragment before = *fragment;
    const struct sj_arrow past_before = join_arrows(&before.past, arrow), past_behind = join_arrows(arrow, &behind->past);
    SJ_TRY(connect(b, &before, arrow, behind));
    if (before.nullable)
        add_ends(fragment->firsts, &fragment->n_firsts, behind->firsts, behind->n_firsts, &past_before);
    fragment->n_lasts = 0;
    add_ends(fragment->lasts, &fragment->n_lasts, behind->lasts, behind->n_lasts, &no_way);
    if (behind->nullable)
        add_ends(fragment->lasts, &fragment->n_lasts, before.lasts, before.n_lasts, &past_behind);
    fragment->nullable = before.nullable && behind->nullable;
    fragment->past = join_arrows(&past_before, &behind->past);
    return SJ_OK;
}

/* ---- kinds of nodes ---- */

/* Choices of touchpoints without conditions are one event. */
static bool is_one_event(const struct sj_route_node *node) {
    bool one = node->kind == SJ_ROUTE_EVENT || node->kind == SJ_ROUTE_CHOICE;
    for (uint32_t i = 0; i < node->n_parts; i++)
        one = one && node->parts[i]->kind == SJ_ROUTE_EVENT && node->parts[i]->event.condition == SJ_NO_CONDITION;
    return one;
}

static enum sj_status one_event(struct builder *b, const struct sj_route_node *node, struct sj_event_set *ret_event) {
    uint8_t *touchpoints;
    if (node->kind == SJ_ROUTE_EVENT) {
        *ret_event = node->event;
        return SJ_OK;
    }
    SJ_TRY(sj_arena_new(b->arena, b->view->n_touchpoints + 1, 1, &touchpoints, b->err));
    for (uint32_t i = 0; i < node->n_parts; i++)
        for (uint32_t code = 0; code < b->view->n_touchpoints; code++)
            touchpoints[code] |= node->parts[i]->event.touchpoints[code];
    *ret_event = (struct sj_event_set){touchpoints, SJ_NO_CONDITION};
    return SJ_OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): the reader caps the depth */
static enum sj_status build_choice(struct builder *b, const struct sj_route_node *node, const struct sj_arrow *joint,
                                   struct fragment *fragment) {
    for (uint32_t i = 0; i < node->n_parts; i++) {
        struct fragment *part;
        SJ_TRY(new_fragment(b, &part));
        SJ_TRY(build(b, node->parts[i], joint, part));
        add_ends(fragment->firsts, &fragment->n_firsts, part->firsts, part->n_firsts, &no_way);
        add_ends(fragment->lasts, &fragment->n_lasts, part->lasts, part->n_lasts, &no_way);
        if (part->nullable && fragment->nullable && !is_same_arrow(&part->past, &fragment->past))
            return sj_fail(
                b->err, SJ_E_USAGE,
                "several parts of the choice \"%.*s\" may be left out, in different ways; expected one \"?\" behind its brackets",
                SJ_ARG(node->text));
        fragment->past = part->nullable ? part->past : fragment->past;
        fragment->nullable |= part->nullable;
    }
    return SJ_OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): the reader caps the depth */
static enum sj_status build_sequence(struct builder *b, const struct sj_route_node *node, struct fragment *fragment) {
    SJ_TRY(build(b, node->parts[0], &node->arrows[1], fragment));
    for (uint32_t i = 1; i < node->n_parts; i++) {
        struct fragment *part;
        SJ_TRY(new_fragment(b, &part));
        SJ_TRY(build(b, node->parts[i], &node->arrows[i], part));
        SJ_TRY(append(b, fragment, &node->arrows[i], part));
    }
    return SJ_OK;
}

/* All orders of k parts: a fragment for each set of parts that are done and the last of them. */
/* NOLINTNEXTLINE(misc-no-recursion): the reader caps the depth */
static enum sj_status build_any_order(struct builder *b, const struct sj_route_node *node, struct fragment *fragment) {
    const uint32_t k = node->n_parts, all = (UINT32_C(1) << k) - 1;
    struct fragment *after[1 << 4][4] = {{NULL}};
    for (uint32_t done = 1; done <= all; done++) {
        for (uint32_t last = 0; last < k; last++) {
            const uint32_t before = done & ~(UINT32_C(1) << last);
            if (before == done)
                continue;
            SJ_TRY(new_fragment(b, &after[done][last]));
            SJ_TRY(build(b, node->parts[last], &plain_arrow, after[done][last]));
            for (uint32_t i = 0; i < k; i++)
                if (before >> i & 1)
                    SJ_TRY(connect(b, after[before][i], &plain_arrow, after[done][last]));
            const struct fragment *here = after[done][last];
            if (before == 0)
                add_ends(fragment->firsts, &fragment->n_firsts, here->firsts, here->n_firsts, &no_way);
            if (done == all)
                add_ends(fragment->lasts, &fragment->n_lasts, here->lasts, here->n_lasts, &no_way);
        }
    }
    return SJ_OK;
}

/* The copies one after another; behind those that must be there it may end after each, and the last may come again for ever. A copy that takes
 * no event is none. */
/* NOLINTNEXTLINE(misc-no-recursion): the reader caps the depth */
static enum sj_status build_repeat(struct builder *b, const struct sj_route_node *node, const struct sj_arrow *joint,
                                   struct fragment *fragment) {
    const bool endless = node->max == UINT32_MAX;
    const uint32_t n_copies = !endless ? node->max : node->min > 0 ? node->min : 1;
    struct fragment *copy, *before = NULL;
    for (uint32_t i = 1; i <= n_copies; i++, before = copy) {
        SJ_TRY(new_fragment(b, &copy));
        SJ_TRY(build(b, node->parts[0], joint, copy));
        if (i == 1) {
            *fragment = *copy;
            continue;
        }
        SJ_TRY(connect(b, before, joint, copy));
        if (i <= node->min && !copy->nullable)
            fragment->n_lasts = 0;
        add_ends(fragment->lasts, &fragment->n_lasts, copy->lasts, copy->n_lasts, &no_way);
    }
    if (endless)
        SJ_TRY(connect(b, before, joint, before));
    if (node->min == 0 || fragment->nullable) {
        fragment->nullable = true;
        fragment->past = no_way;
    }
    return SJ_OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): the reader caps the depth */
static enum sj_status build_within(struct builder *b, const struct sj_route_node *node, const struct sj_arrow *joint,
                                   struct fragment *fragment) {
    const uint8_t clock = b->depth;
    if (clock == SJ_CLOCKS_MAX)
        return sj_fail(b->err, SJ_E_LIMIT, "the expression has more than %d times within each other", SJ_CLOCKS_MAX - 1);
    b->clock_us[b->depth++] = node->within_us;
    SJ_TRY(build(b, node->parts[0], joint, fragment));
    b->depth--;
    for (uint32_t i = 0; i < fragment->n_firsts; i++)
        fragment->firsts[i].begins = (uint8_t)(fragment->firsts[i].begins | 1u << clock);
    return SJ_OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): the reader caps the depth */
static enum sj_status build(struct builder *b, const struct sj_route_node *node, const struct sj_arrow *joint, struct fragment *fragment) {
    struct sj_event_set event;
    uint8_t position;
    if (is_one_event(node)) {
        SJ_TRY(one_event(b, node, &event));
        SJ_TRY(new_position(b, &event, &position));
        begin_and_end(fragment, position);
        return SJ_OK;
    }
    switch (node->kind) {
    case SJ_ROUTE_CHOICE: return build_choice(b, node, joint, fragment);
    case SJ_ROUTE_SEQUENCE: return build_sequence(b, node, fragment);
    case SJ_ROUTE_ANY_ORDER: return build_any_order(b, node, fragment);
    case SJ_ROUTE_REPEAT: return build_repeat(b, node, joint, fragment);
    default: return build_within(b, node, joint, fragment);
    }
}

/* ---- steps ---- */

/* The items of the outermost sequence. */
static enum sj_status build_steps(struct builder *b, const struct sj_route_node *sequence, struct sj_step *steps, struct fragment *whole) {
    for (uint32_t i = 0; i < sequence->n_parts; i++) {
        const struct sj_arrow *arrow = i > 0 ? &sequence->arrows[i] : sequence->n_parts > 1 ? &sequence->arrows[1] : &plain_arrow;
        struct fragment *item;
        b->step = (uint8_t)i;
        SJ_TRY(new_fragment(b, &item));
        SJ_TRY(build(b, sequence->parts[i], arrow, item));
        steps[i] = (struct sj_step){sequence->parts[i]->text, item->nullable};
        for (uint32_t l = 0; l < item->n_lasts; l++)
            b->positions[item->lasts[l].position].completes = true;
        if (i == 0)
            *whole = *item;
        else
            SJ_TRY(append(b, whole, arrow, item));
    }
    if (steps[0].optional || steps[sequence->n_parts - 1].optional)
        return sj_fail(b->err, SJ_E_USAGE, "the step \"%.*s\" may be left out; expected a first and a last step that must be there",
                       SJ_ARG(steps[0].optional ? steps[0].text : steps[sequence->n_parts - 1].text));
    for (uint32_t i = 0; i < whole->n_firsts; i++)
        b->positions[whole->firsts[i].position].first = true;
    return SJ_OK;
}

static enum sj_keep both(enum sj_keep keep, enum sj_keep more) {
    return keep == more || more == SJ_KEEP_START ? keep : keep == SJ_KEEP_START ? more : SJ_KEEP_ALL;
}

/* What the edges out of a position ask of the ways that are kept there. */
static void look_ahead(struct builder *b) {
    for (uint32_t p = 0; p < b->n_positions; p++) {
        b->positions[p].next_only = true;
        b->positions[p].reach_us = 0;
    }
    for (uint32_t p = 0; p < b->n_positions; p++) {
        for (uint32_t e = 0; e < b->positions[p].n_edges; e++) {
            const struct sj_arrow *arrow = &b->positions[p].edges[e].arrow;
            struct sj_position *from = &b->positions[b->positions[p].edges[e].from];
            if (arrow->next || arrow->within_us != SJ_NO_LIMIT || arrow->without)
                from->keep = both(from->keep, SJ_KEEP_LATEST);
            if (arrow->after_us > 0)
                from->keep = both(from->keep, SJ_KEEP_EARLIEST);
            from->moves_on = true;
            from->next_only &= arrow->next;
            from->reach_us = arrow->within_us > from->reach_us ? arrow->within_us : from->reach_us;
        }
    }
}

static bool is_chain(const struct builder *b, const struct sj_pattern *pattern) {
    bool plain = b->n_positions == pattern->n_steps && !pattern->from_start && !pattern->to_end;
    for (uint32_t p = 0; p < b->n_positions && plain; p++) {
        const struct sj_position *position = &b->positions[p];
        plain = position->step == p && position->n_clocks == 1 && position->first == (p == 0) && position->n_edges == (p > 0) &&
                (p == 0 || is_plain(&position->edges[0].arrow));
    }
    return plain;
}

/* Which touchpoints matter, and for what. */
static enum sj_status make_tables(const struct builder *b, struct sj_pattern *pattern) {
    const uint32_t n = b->view->n_touchpoints;
    const struct sj_expression *expression = b->expression;
    uint64_t *positions_at, *positions_if;
    uint16_t *exclusions_at, *exclusions_if, *wanted;
    SJ_TRY(sj_arena_new(b->arena, n + 1, sizeof *positions_at, &positions_at, b->err));
    SJ_TRY(sj_arena_new(b->arena, n + 1, sizeof *exclusions_at, &exclusions_at, b->err));
    SJ_TRY(sj_arena_new(b->arena, n + 1, sizeof *wanted, &wanted, b->err));
    SJ_TRY(sj_arena_new(b->arena, expression->n_conditions + 1, sizeof *positions_if, &positions_if, b->err));
    SJ_TRY(sj_arena_new(b->arena, expression->n_conditions + 1, sizeof *exclusions_if, &exclusions_if, b->err));
    for (uint32_t p = 0; p < b->n_positions && p < SJ_POSITIONS_MAX; p++) {
        for (uint32_t code = 0; code < n; code++)
            positions_at[code] |= (uint64_t)b->events[p].touchpoints[code] << p;
        if (b->events[p].condition != SJ_NO_CONDITION)
            positions_if[b->events[p].condition] |= UINT64_C(1) << p;
    }
    for (uint32_t x = 0; x < expression->n_exclusions && x < SJ_EXCLUSIONS_MAX; x++) {
        for (uint32_t code = 0; code < n; code++)
            exclusions_at[code] = (uint16_t)(exclusions_at[code] | (unsigned)expression->exclusions[x].touchpoints[code] << x);
        if (expression->exclusions[x].condition != SJ_NO_CONDITION)
            exclusions_if[expression->exclusions[x].condition] = (uint16_t)(exclusions_if[expression->exclusions[x].condition] | 1u << x);
    }
    for (uint32_t code = 0; code < n; code++)
        if (positions_at[code] || exclusions_at[code])
            wanted[pattern->n_wanted++] = (uint16_t)code;
    pattern->positions_at = positions_at;
    pattern->exclusions_at = exclusions_at;
    pattern->positions_if = positions_if;
    pattern->exclusions_if = exclusions_if;
    pattern->wanted = wanted;
    return SJ_OK;
}

/* ---- texts ---- */

/* A time for the whole is clock 0; a sequence alone is the outermost. */
static struct sj_route_node *look_into(struct sj_route_node *sequence, int64_t *ret_within_us) {
    *ret_within_us = SJ_NO_LIMIT;
    if (sequence->n_parts > 1)
        return sequence;
    struct sj_route_node *only = sequence->parts[0];
    for (; only->kind == SJ_ROUTE_WITHIN; only = only->parts[0])
        *ret_within_us = only->within_us < *ret_within_us ? only->within_us : *ret_within_us;
    sequence->parts[0] = only;
    return only->kind == SJ_ROUTE_SEQUENCE ? only : sequence;
}

/* So long a match lasts at most, where each arrow says how long. */
static int64_t time_of_arrows(const struct sj_route_node *sequence) {
    int64_t sum_us = sequence->n_parts > 1 ? 0 : SJ_NO_LIMIT;
    for (uint32_t i = 0; i < sequence->n_parts; i++) {
        if (sequence->parts[i]->kind != SJ_ROUTE_EVENT)
            return SJ_NO_LIMIT;
        sum_us = i > 0 ? add_times(sum_us, sequence->arrows[i].within_us) : sum_us;
    }
    return sum_us;
}

enum sj_status sj_pattern_of(const struct sj_expression *expression, struct sj_route_node *sequence, const struct sj_view *view,
                             struct sj_arena *arena, struct sj_pattern **ret_pattern, struct sj_error *err) {
    struct sj_pattern *pattern;
    struct fragment *whole;
    struct sj_step *steps;
    struct builder *b;
    SJ_TRY(sj_arena_new(arena, 1, sizeof *b, &b, err));
    SJ_TRY(sj_arena_new(arena, 1, sizeof *pattern, &pattern, err));
    *b = (struct builder){.arena = arena, .err = err, .view = view, .expression = expression, .depth = 1, .clock_us = {SJ_NO_LIMIT}};
    sequence = look_into(sequence, &pattern->within_us);
    if (sequence->n_parts > SJ_STEPS_MAX)
        return sj_fail(err, SJ_E_LIMIT, "a route has 1 to %d steps; %zu were given", SJ_STEPS_MAX, (size_t)sequence->n_parts);
    SJ_TRY(sj_arena_new(arena, sequence->n_parts, sizeof *steps, &steps, err));
    SJ_TRY(new_fragment(b, &whole));
    SJ_TRY(build_steps(b, sequence, steps, whole));
    look_ahead(b);
    pattern->positions = b->positions;
    pattern->n_positions = b->n_positions;
    pattern->steps = steps;
    pattern->arrows_us = time_of_arrows(sequence);
    pattern->n_steps = sequence->n_parts;
    pattern->from_start = expression->from_start;
    pattern->to_end = expression->to_end;
    pattern->conditions = expression->conditions;
    pattern->n_conditions = expression->n_conditions;
    pattern->plain = is_chain(b, pattern);
    *ret_pattern = pattern;
    return make_tables(b, pattern);
}

/* A touchpoint by its name alone; NULL where it is none. */
static enum sj_status name_node(struct sj_str text, const struct sj_view *view, struct sj_arena *arena, struct sj_route_node **ret_node,
                                struct sj_error *err) {
    uint8_t *touchpoints;
    uint32_t code = 0;
    *ret_node = NULL;
    while (code < view->n_touchpoints && !sj_str_eq(view->touchpoints[code], text))
        code++;
    if (code == view->n_touchpoints)
        return SJ_OK;
    SJ_TRY(sj_arena_new(arena, 1, sizeof **ret_node, ret_node, err));
    SJ_TRY(sj_arena_new(arena, view->n_touchpoints, 1, &touchpoints, err));
    touchpoints[code] = 1;
    **ret_node = (struct sj_route_node){.kind = SJ_ROUTE_EVENT, .text = text, .event = {touchpoints, SJ_NO_CONDITION}};
    return SJ_OK;
}

enum sj_status sj_pattern_compile(const struct sj_str *texts, size_t n_texts, const struct sj_view *view, const struct sj_zone *zone,
                                  struct sj_arena *arena, struct sj_pattern **ret_pattern, struct sj_error *err) {
    struct sj_expression *expression;
    struct sj_route_node *sequence, *node;
    if (n_texts == 0 || n_texts > SJ_STEPS_MAX)
        return sj_fail(err, SJ_E_USAGE, "a route has 1 to %d steps; %zu were given", SJ_STEPS_MAX, n_texts);
    SJ_TRY(sj_arena_new(arena, 1, sizeof *expression, &expression, err));
    SJ_TRY(sj_arena_new(arena, 1, sizeof *sequence, &sequence, err));
    SJ_TRY(sj_arena_new(arena, n_texts, sizeof *sequence->parts, (void *)&sequence->parts, err));
    SJ_TRY(sj_arena_new(arena, n_texts, sizeof *sequence->arrows, &sequence->arrows, err));
    sequence->kind = SJ_ROUTE_SEQUENCE;
    for (size_t i = 0; i < n_texts; i++) {
        SJ_TRY(name_node(texts[i], view, arena, &node, err));
        if (!node) {
            SJ_TRY(sj_expression_read(texts[i], view, zone, arena, expression, err));
            node = expression->root;
        }
        if (n_texts > 1 && (expression->from_start || expression->to_end))
            return sj_fail(err, SJ_E_USAGE, "^ and $ stand in an expression of its own; write all steps as one");
        sequence->parts[sequence->n_parts++] = node;
        sequence->arrows[i] = plain_arrow;
    }
    return sj_pattern_of(expression, sequence, view, arena, ret_pattern, err);
}
