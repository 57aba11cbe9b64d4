#include "lens/route_node.h"

#include <assert.h>
#include <string.h>

#include "base/time.h"
#include "lens/where_node.h"

#define DEPTH_MAX 50
#define PARTS_MAX 64
#define EVENTS_MAX 1000
#define REPEATS_MAX 64

struct reader {
    struct sj_words *words;
    const struct sj_view *view;
    const struct sj_zone *zone;
    struct sj_expression *expression;
    int depth, n_events;
};

static bool is_reserved(const struct reader *r) {
    return sj_words_keyword(r->words, "within") || sj_words_keyword(r->words, "after") || sj_words_keyword(r->words, "no");
}

static bool is_name(const struct reader *r) {
    const enum sj_token token = r->words->token;
    return token == SJ_TOKEN_QUOTED_NAME || token == SJ_TOKEN_TEXT ||
           ((token == SJ_TOKEN_NAME || token == SJ_TOKEN_NUMBER) && !is_reserved(r));
}

static bool begins_part(const struct reader *r) {
    return is_name(r) || sj_words_sign(r->words, "(") || sj_words_sign(r->words, ".") || sj_words_sign(r->words, "!");
}

static enum sj_status new_node(struct reader *r, enum sj_route_kind kind, size_t start, struct sj_route_node **ret_node) {
    SJ_TRY(sj_arena_new(r->words->arena, 1, sizeof **ret_node, ret_node, r->words->err));
    (*ret_node)->kind = kind;
    (*ret_node)->text.p = r->words->text.p + start;
    return SJ_OK;
}

/* The node's text ends before the token in hand. */
static void end_node(const struct reader *r, struct sj_route_node *node) {
    const char *start = node->text.p;
    node->text = sj_str_trim((struct sj_str){start, (size_t)(r->words->text.p + r->words->start - start)});
}

/* ---- events ---- */

static enum sj_status unknown_touchpoint(const struct reader *r) {
    const struct sj_str name = r->words->word;
    const size_t near = sj_str_nearest(name, r->view->touchpoints, r->view->n_touchpoints);
    const size_t place = sj_words_place(r->words, r->words->start);
    if (near < r->view->n_touchpoints)
        return sj_fail(r->words->err, SJ_E_USAGE,
                       "the expression, at character %zu: there is no touchpoint \"%.*s\"; did you mean \"%.*s\"?", place, SJ_ARG(name),
                       SJ_ARG(r->view->touchpoints[near]));
    return sj_fail(r->words->err, SJ_E_USAGE,
                   "the expression, at character %zu: there is no touchpoint \"%.*s\" in this store (sojourn overview lists them)", place,
                   SJ_ARG(name));
}

static enum sj_status read_touchpoint(struct reader *r, uint8_t *touchpoints) {
    uint32_t code = 0;
    if (!is_name(r))
        return sj_words_expected(r->words, SJ_T("a touchpoint"));
    while (code < r->view->n_touchpoints && !sj_str_eq(r->view->touchpoints[code], r->words->word))
        code++;
    if (code == r->view->n_touchpoints)
        return unknown_touchpoint(r);
    touchpoints[code] = 1;
    return sj_words_next(r->words);
}

/* "!" has been read: all touchpoints but the one that follows, or those in brackets. */
static enum sj_status read_others(struct reader *r, uint8_t *touchpoints) {
    if (sj_words_sign(r->words, "(")) {
        do {
            SJ_TRY(sj_words_next(r->words));
            SJ_TRY(read_touchpoint(r, touchpoints));
        } while (sj_words_sign(r->words, "|"));
        if (!sj_words_sign(r->words, ")"))
            return sj_words_expected(r->words, SJ_T("| or )"));
        SJ_TRY(sj_words_next(r->words));
    } else {
        SJ_TRY(read_touchpoint(r, touchpoints));
    }
    for (uint32_t code = 0; code < r->view->n_touchpoints; code++)
        touchpoints[code] = !touchpoints[code];
    return SJ_OK;
}

/* "[" has been seen. The words inside are those of a condition. */
static enum sj_status read_condition(struct reader *r, uint8_t *ret_condition) {
    struct sj_expression *expression = r->expression;
    struct sj_where *where;
    if (expression->n_conditions == SJ_CONDITIONS_MAX)
        return sj_fail(r->words->err, SJ_E_LIMIT, "the expression has more than %d conditions", SJ_CONDITIONS_MAX);
    r->words->expression = false;
    SJ_TRY(sj_words_next(r->words));
    SJ_TRY(sj_where_parse(r->words, r->view, r->zone, &where));
    if (!sj_words_sign(r->words, "]"))
        return sj_words_expected(r->words, SJ_T("and, or, or ]"));
    r->words->expression = true;
    *ret_condition = (uint8_t)expression->n_conditions;
    expression->conditions[expression->n_conditions++] = where;
    return sj_words_next(r->words);
}

static enum sj_status read_event(struct reader *r, struct sj_event_set *ret_event) {
    uint8_t *touchpoints;
    if (++r->n_events > EVENTS_MAX)
        return sj_fail(r->words->err, SJ_E_LIMIT, "the expression has more than %d touchpoints", EVENTS_MAX);
    SJ_TRY(sj_arena_new(r->words->arena, r->view->n_touchpoints + 1, 1, &touchpoints, r->words->err));
    if (sj_words_sign(r->words, ".")) {
        memset(touchpoints, 1, r->view->n_touchpoints);
        SJ_TRY(sj_words_next(r->words));
    } else if (sj_words_sign(r->words, "!")) {
        SJ_TRY(sj_words_next(r->words));
        SJ_TRY(read_others(r, touchpoints));
    } else {
        SJ_TRY(read_touchpoint(r, touchpoints));
    }
    *ret_event = (struct sj_event_set){touchpoints, SJ_NO_CONDITION};
    return sj_words_sign(r->words, "[") ? read_condition(r, &ret_event->condition) : SJ_OK;
}

/* ---- arrows ---- */

static enum sj_status read_duration(struct reader *r, int64_t *ret_us) {
    *ret_us = 0;
    SJ_TRY(sj_words_next(r->words));
    if (r->words->token != SJ_TOKEN_NUMBER || !sj_duration_parse(r->words->word, ret_us))
        return sj_words_expected(r->words, SJ_T("a time such as 30m, 24h or 7d"));
    return sj_words_next(r->words);
}

static enum sj_status read_exclusion(struct reader *r, struct sj_arrow *arrow) {
    struct sj_expression *expression = r->expression;
    if (arrow->next)
        return sj_words_expected(r->words, SJ_T("within or after (nothing lies between with >>)"));
    if (expression->n_exclusions == SJ_EXCLUSIONS_MAX)
        return sj_fail(r->words->err, SJ_E_LIMIT, "the expression has more than %d exclusions", SJ_EXCLUSIONS_MAX);
    SJ_TRY(sj_words_next(r->words));
    SJ_TRY(read_event(r, &expression->exclusions[expression->n_exclusions]));
    arrow->without = (uint16_t)(arrow->without | 1u << expression->n_exclusions++);
    return SJ_OK;
}

static enum sj_status read_arrow_condition(struct reader *r, struct sj_arrow *arrow) {
    const bool within = sj_words_keyword(r->words, "within");
    if (within || sj_words_keyword(r->words, "after")) {
        int64_t time_us;
        SJ_TRY(read_duration(r, &time_us));
        if (within && time_us < arrow->within_us)
            arrow->within_us = time_us;
        if (!within && time_us > arrow->after_us)
            arrow->after_us = time_us;
        return SJ_OK;
    }
    if (sj_words_keyword(r->words, "no"))
        return read_exclusion(r, arrow);
    return sj_words_expected(r->words, SJ_T("within, after or no"));
}

/* Where there is none: the plain arrow. */
static enum sj_status read_arrow(struct reader *r, struct sj_arrow *ret_arrow) {
    struct sj_arrow arrow = {.within_us = SJ_NO_LIMIT};
    arrow.next = sj_words_sign(r->words, ">>");
    const bool written = arrow.next || sj_words_sign(r->words, ">");
    const size_t start = r->words->start;
    if (written)
        SJ_TRY(sj_words_next(r->words));
    if (written && sj_words_sign(r->words, "[")) {
        do {
            SJ_TRY(sj_words_next(r->words));
            SJ_TRY(read_arrow_condition(r, &arrow));
        } while (sj_words_sign(r->words, ","));
        if (!sj_words_sign(r->words, "]"))
            return sj_words_expected(r->words, SJ_T(", or ]"));
        SJ_TRY(sj_words_next(r->words));
    }
    if (arrow.after_us > arrow.within_us)
        return sj_fail(r->words->err, SJ_E_USAGE,
                       "the expression, at character %zu: nothing can come after a time and within a shorter one",
                       sj_words_place(r->words, start));
    *ret_arrow = arrow;
    return SJ_OK;
}

/* ---- parts ---- */

static enum sj_status read_route(struct reader *r, struct sj_route_node **ret_node);

static enum sj_status read_number(struct reader *r, uint32_t *ret_number) {
    int64_t number;
    if (r->words->token != SJ_TOKEN_NUMBER || !sj_str_to_i64(r->words->word, &number) || number < 0)
        return sj_words_expected(r->words, SJ_T("a whole number"));
    if (number > REPEATS_MAX)
        return sj_fail(r->words->err, SJ_E_LIMIT, "the expression, at character %zu: more than %d repeats cannot be written out",
                       sj_words_place(r->words, r->words->start), REPEATS_MAX);
    *ret_number = (uint32_t)number;
    return sj_words_next(r->words);
}

/* "{" has been read. */
static enum sj_status read_bounds(struct reader *r, uint32_t *ret_min, uint32_t *ret_max) {
    const size_t start = r->words->start;
    *ret_min = 0;
    if (!sj_words_sign(r->words, ","))
        SJ_TRY(read_number(r, ret_min));
    *ret_max = *ret_min;
    if (sj_words_sign(r->words, ",")) {
        *ret_max = UINT32_MAX;
        SJ_TRY(sj_words_next(r->words));
        if (!sj_words_sign(r->words, "}"))
            SJ_TRY(read_number(r, ret_max));
    }
    if (!sj_words_sign(r->words, "}"))
        return sj_words_expected(r->words, SJ_T(", or }"));
    if (*ret_max < *ret_min || *ret_max == 0)
        return sj_fail(r->words->err, SJ_E_USAGE, "the expression, at character %zu: no number is from %u to %u and at least 1",
                       sj_words_place(r->words, start), *ret_min, *ret_max);
    return SJ_OK;
}

/* One thing behind a part, if there is one. */
static enum sj_status read_behind(struct reader *r, bool in_brackets, struct sj_route_node **node, bool *ret_again) {
    struct sj_route_node *around;
    uint32_t min = 1, max = 1;
    *ret_again = true;
    if (in_brackets && sj_words_keyword(r->words, "within")) {
        SJ_TRY(new_node(r, SJ_ROUTE_WITHIN, (size_t)((*node)->text.p - r->words->text.p), &around));
        SJ_TRY(read_duration(r, &around->within_us));
    } else {
        if (sj_words_sign(r->words, "?") || sj_words_sign(r->words, "*"))
            min = 0;
        if (sj_words_sign(r->words, "+") || sj_words_sign(r->words, "*"))
            max = UINT32_MAX;
        if (sj_words_sign(r->words, "{")) {
            SJ_TRY(sj_words_next(r->words));
            SJ_TRY(read_bounds(r, &min, &max));
        } else if (min == 1 && max == 1) {
            *ret_again = false;
            return SJ_OK;
        }
        SJ_TRY(sj_words_next(r->words));
        SJ_TRY(new_node(r, SJ_ROUTE_REPEAT, (size_t)((*node)->text.p - r->words->text.p), &around));
        around->min = min;
        around->max = max;
    }
    SJ_TRY(sj_arena_new(r->words->arena, 1, sizeof *around->parts, (void *)&around->parts, r->words->err));
    around->parts[around->n_parts++] = *node;
    end_node(r, around);
    *node = around;
    return SJ_OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is capped at DEPTH_MAX */
static enum sj_status read_part(struct reader *r, struct sj_route_node **ret_node) {
    const size_t start = r->words->start;
    const bool in_brackets = sj_words_sign(r->words, "(");
    struct sj_route_node *node;
    bool again = true;
    if (!begins_part(r))
        return sj_words_expected(r->words, SJ_T("a touchpoint, (, ., or !"));
    if (in_brackets) {
        if (++r->depth > DEPTH_MAX)
            return sj_fail(r->words->err, SJ_E_LIMIT, "the expression is nested more than %d deep", DEPTH_MAX);
        SJ_TRY(sj_words_next(r->words));
        SJ_TRY(read_route(r, &node));
        if (!sj_words_sign(r->words, ")"))
            return sj_words_expected(r->words, SJ_T(")"));
        SJ_TRY(sj_words_next(r->words));
        r->depth--;
        node->text.p = r->words->text.p + start;
    } else {
        SJ_TRY(new_node(r, SJ_ROUTE_EVENT, start, &node));
        SJ_TRY(read_event(r, &node->event));
    }
    end_node(r, node);
    for (int n = 0; again; n++) {
        if (n == DEPTH_MAX)
            return sj_fail(r->words->err, SJ_E_LIMIT, "the expression is nested more than %d deep", DEPTH_MAX);
        SJ_TRY(read_behind(r, in_brackets, &node, &again));
    }
    *ret_node = node;
    return SJ_OK;
}

/* ---- what joins parts ---- */

/* A node of one more part; the first makes it. Room for PARTS_MAX at once: it is small, and an expression has at most that many events. */
static enum sj_status add_part(struct reader *r, enum sj_route_kind kind, struct sj_route_node **joined, struct sj_route_node *part) {
    struct sj_route_node *node = *joined;
    if (!node) {
        SJ_TRY(new_node(r, kind, (size_t)(part->text.p - r->words->text.p), &node));
        SJ_TRY(sj_arena_new(r->words->arena, PARTS_MAX, sizeof *node->parts, (void *)&node->parts, r->words->err));
        SJ_TRY(sj_arena_new(r->words->arena, PARTS_MAX, sizeof *node->arrows, &node->arrows, r->words->err));
        *joined = node;
    }
    if (node->n_parts == PARTS_MAX)
        return sj_fail(r->words->err, SJ_E_LIMIT, "the expression joins more than %d parts", PARTS_MAX);
    node->parts[node->n_parts++] = part;
    return SJ_OK;
}

/* Of one part alone it is just that. */
static struct sj_route_node *join(const struct reader *r, struct sj_route_node *joined) {
    assert(joined);
    end_node(r, joined);
    if (joined->n_parts > 1)
        return joined;
    return joined->parts[0];
}

static bool is_choice_of_events(const struct sj_route_node *node) {
    bool events = node->kind == SJ_ROUTE_EVENT || node->kind == SJ_ROUTE_CHOICE;
    for (uint32_t i = 0; i < node->n_parts; i++)
        events = events && node->parts[i]->kind == SJ_ROUTE_EVENT;
    return events;
}

#define ANY_ORDER_MAX 4
/* NOLINTNEXTLINE(misc-no-recursion): nesting is capped at DEPTH_MAX */
static enum sj_status read_item(struct reader *r, struct sj_route_node **ret_node) {
    struct sj_route_node *joined = NULL, *part = NULL;
    bool more;
    do {
        const size_t start = r->words->start;
        SJ_TRY(read_part(r, &part));
        assert(part);
        more = sj_words_sign(r->words, "&");
        if ((more || joined) && !is_choice_of_events(part))
            return sj_fail(r->words->err, SJ_E_USAGE,
                           "the expression, at character %zu: with & stand single touchpoints, or choices of some in brackets",
                           sj_words_place(r->words, start));
        if (joined && joined->n_parts == ANY_ORDER_MAX)
            return sj_fail(r->words->err, SJ_E_LIMIT, "the expression, at character %zu: at most %d parts may stand in any order",
                           sj_words_place(r->words, start), ANY_ORDER_MAX);
        SJ_TRY(add_part(r, SJ_ROUTE_ANY_ORDER, &joined, part));
        if (more)
            SJ_TRY(sj_words_next(r->words));
    } while (more);
    *ret_node = join(r, joined);
    return SJ_OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is capped at DEPTH_MAX */
static enum sj_status read_sequence(struct reader *r, struct sj_route_node **ret_node) {
    struct sj_route_node *joined = NULL, *item;
    struct sj_arrow arrow = {.within_us = SJ_NO_LIMIT};
    bool more;
    do {
        SJ_TRY(read_item(r, &item));
        SJ_TRY(add_part(r, SJ_ROUTE_SEQUENCE, &joined, item));
        joined->arrows[joined->n_parts - 1] = arrow;
        more = sj_words_sign(r->words, ">") || sj_words_sign(r->words, ">>") || begins_part(r);
        if (more)
            SJ_TRY(read_arrow(r, &arrow));
    } while (more);
    *ret_node = join(r, joined);
    return SJ_OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is capped at DEPTH_MAX */
static enum sj_status read_route(struct reader *r, struct sj_route_node **ret_node) {
    struct sj_route_node *joined = NULL, *sequence, *within;
    bool more;
    do {
        SJ_TRY(read_sequence(r, &sequence));
        SJ_TRY(add_part(r, SJ_ROUTE_CHOICE, &joined, sequence));
        more = sj_words_sign(r->words, "|");
        if (more)
            SJ_TRY(sj_words_next(r->words));
    } while (more);
    *ret_node = join(r, joined);
    if (!sj_words_keyword(r->words, "within"))
        return SJ_OK;
    SJ_TRY(new_node(r, SJ_ROUTE_WITHIN, (size_t)((*ret_node)->text.p - r->words->text.p), &within));
    SJ_TRY(sj_arena_new(r->words->arena, 1, sizeof *within->parts, (void *)&within->parts, r->words->err));
    SJ_TRY(read_duration(r, &within->within_us));
    within->parts[within->n_parts++] = *ret_node;
    end_node(r, within);
    *ret_node = within;
    return SJ_OK;
}

enum sj_status sj_event_parse(struct sj_words *words, const struct sj_view *view, const struct sj_zone *zone,
                              struct sj_expression *expression, struct sj_event_set *ret_event) {
    struct reader r = {.words = words, .view = view, .zone = zone, .expression = expression};
    return read_event(&r, ret_event);
}

enum sj_status sj_expression_parse(struct sj_words *words, const struct sj_view *view, const struct sj_zone *zone,
                                   struct sj_expression *expression) {
    struct reader r = {.words = words, .view = view, .zone = zone, .expression = expression};
    expression->from_start = sj_words_sign(words, "^");
    if (expression->from_start)
        SJ_TRY(sj_words_next(words));
    SJ_TRY(read_route(&r, &expression->root));
    expression->to_end = sj_words_sign(words, "$");
    return expression->to_end ? sj_words_next(words) : SJ_OK;
}

enum sj_status sj_expression_read(struct sj_str text, const struct sj_view *view, const struct sj_zone *zone, struct sj_arena *arena,
                                  struct sj_expression *expression, struct sj_error *err) {
    struct sj_words words = {.text = text, .expression = true, .arena = arena, .err = err};
    if (text.n > SJ_WORDS_MAX)
        return sj_fail(err, SJ_E_LIMIT, "the expression is longer than %d bytes", SJ_WORDS_MAX);
    SJ_TRY(sj_words_next(&words));
    SJ_TRY(sj_expression_parse(&words, view, zone, expression));
    return words.token == SJ_TOKEN_END ? SJ_OK : sj_words_expected(&words, SJ_T("an arrow, |, within, or the end"));
}
