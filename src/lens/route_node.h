/* The tree of an expression (docs/language.md). Between expression.c, which reads it, and pattern.c, which makes an automaton of it. */
#pragma once
#include "lens/pattern.h"
#include "lens/where.h"

#define SJ_NO_CONDITION UINT8_MAX
#define SJ_CONDITIONS_MAX 64

/* Which events: at some touchpoints, and with a condition or SJ_NO_CONDITION. */
struct sj_event_set {
    const uint8_t *touchpoints; /* by code: 1 where it may be that */
    uint8_t condition;
};

enum sj_route_kind { SJ_ROUTE_EVENT, SJ_ROUTE_SEQUENCE, SJ_ROUTE_CHOICE, SJ_ROUTE_ANY_ORDER, SJ_ROUTE_REPEAT, SJ_ROUTE_WITHIN };

struct sj_route_node {
    enum sj_route_kind kind;
    struct sj_str text;           /* as it was written */
    struct sj_event_set event;    /* EVENT */
    struct sj_route_node **parts; /* REPEAT and WITHIN: one */
    struct sj_arrow *arrows;      /* SEQUENCE: before each part but the first */
    uint32_t n_parts;
    uint32_t min, max; /* REPEAT; max is UINT32_MAX where there is no end */
    int64_t within_us; /* WITHIN */
};

/* What a text says. */
struct sj_expression {
    struct sj_route_node *root;
    bool from_start, to_end;
    struct sj_event_set exclusions[SJ_EXCLUSIONS_MAX];
    uint32_t n_exclusions;
    const struct sj_where *conditions[SJ_CONDITIONS_MAX];
    uint32_t n_conditions;
};

/* Within a text: from the token in hand to the first that cannot belong to it. An event's condition is added to those of the expression. */
struct sj_zone;
struct sj_words;
enum sj_status sj_event_parse(struct sj_words *words, const struct sj_view *view, const struct sj_zone *zone,
                              struct sj_expression *expression, struct sj_event_set *ret_event);
enum sj_status sj_expression_parse(struct sj_words *words, const struct sj_view *view, const struct sj_zone *zone,
                                   struct sj_expression *expression);

/* Reads a text. More conditions and exclusions are added to what is there. Errors as in pattern.h. */
enum sj_status sj_expression_read(struct sj_str text, const struct sj_view *view, const struct sj_zone *zone, struct sj_arena *arena,
                                  struct sj_expression *expression, struct sj_error *err);

/* The pattern of an expression that is read; its root is one step, or a sequence of them. */
enum sj_status sj_pattern_of(const struct sj_expression *expression, struct sj_route_node *sequence, const struct sj_view *view,
                             struct sj_arena *arena, struct sj_pattern **ret_pattern, struct sj_error *err);
