#include <stdlib.h>
#include "lens/where_node.h"
#include "base/time.h"

#define DEPTH_MAX 50
#define PARTS_MAX 1000

struct parser {
    struct sj_words *words;
    const struct sj_view *view;
    const struct sj_zone *zone;
    struct sj_arena *arena;
    struct sj_error *err;
    int depth;
    struct literal *list; /* of the `in` that is being read: one serves all, since they do not nest */
};

static enum sj_status new_node(struct parser *p, enum node_kind kind, struct node **ret_node) {
    SJ_TRY(sj_arena_new(p->arena, 1, sizeof **ret_node, ret_node, p->err));
    (*ret_node)->kind = kind;
    return SJ_OK;
}

/* ---- names ---- */

/* What a name stands for: the two fixed ones, or columns, one for each kind. */
struct subject {
    bool touchpoint, channel;
    int column_of[SJ_N_KINDS]; /* -1: none of that kind */
    struct sj_str name;
};

static enum sj_status unknown_name(struct parser *p, struct sj_str name) {
    struct sj_str *names;
    const uint32_t n = p->view->n_columns + 2;
    SJ_TRY(sj_arena_new(p->arena, n, sizeof *names, &names, p->err));
    for (uint32_t i = 0; i < p->view->n_columns; i++)
        names[i] = p->view->columns[i].name;
    names[n - 2] = SJ_LIT("touchpoint");
    names[n - 1] = SJ_LIT("channel");
    const size_t near = sj_str_nearest(name, names, n);
    if (near < n)
        return sj_fail(p->err, SJ_E_USAGE, "the condition, at character %zu: there is no property \"%.*s\"; did you mean \"%.*s\"?",
                       sj_words_place(p->words, p->words->start), SJ_ARG(name), SJ_ARG(names[near]));
    return sj_fail(p->err, SJ_E_USAGE,
                   "the condition, at character %zu: there is no property \"%.*s\" in this store (sojourn info lists them)",
                   sj_words_place(p->words, p->words->start), SJ_ARG(name));
}

static enum sj_status find_subject(struct parser *p, struct subject *ret_subject) {
    if (p->words->token != SJ_TOKEN_NAME && p->words->token != SJ_TOKEN_QUOTED_NAME)
        return sj_words_expected(p->words, SJ_T("the name of a property, touchpoint or channel"));
    struct subject s = {.name = p->words->word};
    bool known = false;
    for (int k = 0; k < SJ_N_KINDS; k++)
        s.column_of[k] = -1;
    s.touchpoint = p->words->token == SJ_TOKEN_NAME && sj_str_eq(p->words->word, SJ_LIT("touchpoint"));
    s.channel = p->words->token == SJ_TOKEN_NAME && sj_str_eq(p->words->word, SJ_LIT("channel"));
    for (uint32_t i = 0; i < p->view->n_columns && !s.touchpoint && !s.channel; i++) {
        if (sj_str_eq(p->view->columns[i].name, p->words->word)) {
            s.column_of[p->view->columns[i].kind] = (int)i;
            known = true;
        }
    }
    if (!known && !s.touchpoint && !s.channel)
        return unknown_name(p, p->words->word);
    *ret_subject = s;
    return sj_words_next(p->words);
}

/* ---- values ---- */

#define IN_MAX 1000

/* A value as it was written, and its place. */
struct literal {
    enum sj_token token;
    struct sj_str word;
    size_t start;
};

static enum sj_status read_literal(struct parser *p, struct literal *ret) {
    const bool truth = sj_words_keyword(p->words, "true") || sj_words_keyword(p->words, "false");
    if (p->words->token != SJ_TOKEN_TEXT && p->words->token != SJ_TOKEN_NUMBER && !truth)
        return sj_words_expected(p->words, SJ_T("a value (\"text\", a number, true or false)"));
    *ret = (struct literal){p->words->token, p->words->word, p->words->start};
    return sj_words_next(p->words);
}

static enum sj_status wrong_value(struct parser *p, const struct literal *l, const struct subject *s, const char *what) {
    return sj_fail(p->err, SJ_E_USAGE, "the condition, at character %zu: \"%.*s\" is no value for \"%.*s\", which holds %s",
                   sj_words_place(p->words, l->start), SJ_ARG(l->word), SJ_ARG(s->name), sj_error_text(p->err, what));
}

static enum sj_status integer_of(struct parser *p, const struct literal *l, const struct subject *s, enum sj_kind kind,
                                 int64_t *ret_value) {
    if (kind == SJ_KIND_TRUTH && l->token == SJ_TOKEN_NAME) {
        *ret_value = sj_str_eq_nocase(l->word, SJ_LIT("true"));
        return SJ_OK;
    }
    if (kind == SJ_KIND_TIME && l->token == SJ_TOKEN_TEXT && sj_time_parse_iso(l->word, p->zone, ret_value, NULL))
        return SJ_OK;
    if (kind == SJ_KIND_MONEY && l->token == SJ_TOKEN_NUMBER && sj_str_to_money(l->word, ret_value))
        return SJ_OK;
    if (kind == SJ_KIND_DURATION && l->token == SJ_TOKEN_NUMBER && sj_duration_parse(l->word, ret_value))
        return SJ_OK;
    static const char *const what[SJ_N_KINDS] = {
        [SJ_KIND_TEXT] = SJ_T("text"),
        [SJ_KIND_NUMBER] = SJ_T("numbers"),
        [SJ_KIND_TRUTH] = SJ_T("true or false"),
        [SJ_KIND_TIME] = SJ_T("times (\"2026-01-31\" or \"2026-01-31T12:00\")"),
        [SJ_KIND_MONEY] = SJ_T("money (a number with at most four decimals)"),
        [SJ_KIND_DURATION] = SJ_T("durations (7d, 30m, 90s)"),
    };
    return wrong_value(p, l, s, what[kind]);
}

/* ---- comparisons ---- */

/* A condition on touchpoint or channel becomes a table over codes. A name that the store does not have is a slip. Channel 0 is no
 * channel: it meets no comparison. */
static enum sj_status code_node(struct parser *p, const struct subject *s, enum comparison cmp, const struct literal *literals, size_t n,
                                struct node **ret_node) {
    const struct sj_str *names = s->channel ? p->view->channels : p->view->touchpoints;
    const uint32_t n_names = s->channel ? p->view->n_channels : p->view->n_touchpoints;
    struct node *node;
    if (cmp != CMP_EQ && cmp != CMP_NE)
        return sj_fail(p->err, SJ_E_USAGE, "the condition: \"%.*s\" can be compared with =, != and in only", SJ_ARG(s->name));
    SJ_TRY(new_node(p, NODE_CODES, &node));
    node->channel = s->channel;
    SJ_TRY(sj_arena_new(p->arena, n_names + 1, 1, &node->meets, p->err));
    node->n_codes = n_names;
    for (size_t i = 0; i < n; i++) {
        uint32_t code = 0;
        if (s->channel && literals[i].word.n == 0)
            return sj_fail(p->err, SJ_E_USAGE,
                           "the condition, at character %zu: no channel has an empty name; expected a name, or \"not channel is known\"",
                           sj_words_place(p->words, literals[i].start));
        while (code < n_names && !sj_str_eq(names[code], literals[i].word))
            code++;
        if (code < n_names) {
            node->meets[code] = 1;
            continue;
        }
        const size_t near = sj_str_nearest(literals[i].word, names, n_names);
        if (near < n_names)
            return sj_fail(p->err, SJ_E_USAGE, "the condition, at character %zu: there is no %.*s \"%.*s\"; did you mean \"%.*s\"?",
                           sj_words_place(p->words, literals[i].start), SJ_ARG(s->name), SJ_ARG(literals[i].word), SJ_ARG(names[near]));
        return sj_fail(p->err, SJ_E_USAGE, "the condition, at character %zu: there is no %.*s \"%.*s\" in this store",
                       sj_words_place(p->words, literals[i].start), SJ_ARG(s->name), SJ_ARG(literals[i].word));
    }
    for (uint32_t code = s->channel; cmp == CMP_NE && code < n_names; code++)
        node->meets[code] = !node->meets[code];
    *ret_node = node;
    return SJ_OK;
}

/* The column of the subject that the literals can be compared with. */
static enum sj_status choose_kind(struct parser *p, const struct subject *s, const struct literal *l, enum sj_kind *ret_kind) {
    static const enum sj_kind for_text[] = {SJ_KIND_TEXT, SJ_KIND_TIME};
    static const enum sj_kind for_number[] = {SJ_KIND_NUMBER, SJ_KIND_MONEY, SJ_KIND_DURATION};
    static const enum sj_kind for_truth[] = {SJ_KIND_TRUTH};
    const enum sj_kind *order = l->token == SJ_TOKEN_TEXT ? for_text : l->token == SJ_TOKEN_NUMBER ? for_number : for_truth;
    const size_t n = l->token == SJ_TOKEN_TEXT ? 2 : l->token == SJ_TOKEN_NUMBER ? 3 : 1;
    for (size_t i = 0; i < n; i++) {
        if (s->column_of[order[i]] >= 0) {
            *ret_kind = order[i];
            return SJ_OK;
        }
    }
    int64_t ignored;
    for (int k = 0; k < SJ_N_KINDS; k++) {
        if (s->column_of[k] >= 0)
            return k == SJ_KIND_NUMBER || k == SJ_KIND_TEXT
                       ? wrong_value(p, l, s, k == SJ_KIND_TEXT ? SJ_T("text (in quotes)") : SJ_T("numbers"))
                       : integer_of(p, l, s, (enum sj_kind)k, &ignored);
    }
    return sj_fail(p->err, SJ_E_BUG, "a property without a kind");
}

static enum sj_status fill_values(struct parser *p, const struct subject *s, enum sj_kind kind, const struct literal *literals,
                                  struct node *node) {
    for (size_t i = 0; i < node->n; i++) {
        if (kind == SJ_KIND_TEXT && literals[i].token == SJ_TOKEN_TEXT)
            node->texts[i] = literals[i].word;
        else if (kind == SJ_KIND_TEXT)
            return wrong_value(p, &literals[i], s, SJ_T("text (in quotes)"));
        else if (kind == SJ_KIND_NUMBER && !(literals[i].token == SJ_TOKEN_NUMBER && sj_str_to_double(literals[i].word, &node->numbers[i])))
            return wrong_value(p, &literals[i], s, SJ_T("numbers"));
        else if (kind != SJ_KIND_NUMBER)
            SJ_TRY(integer_of(p, &literals[i], s, kind, &node->values[i]));
    }
    return SJ_OK;
}

/* A property of several kinds: what came in as a number here and as a text there. A comparison is met when any of its columns meets
 * it; a text is compared with the literal as it was written, so that `zip = 1234` finds the number and the text. */
static bool fits(const struct parser *p, const struct literal *l, enum sj_kind kind, struct node *node, size_t i) {
    switch (kind) {
    case SJ_KIND_TEXT: node->texts[i] = l->word; return true;
    case SJ_KIND_NUMBER: return sj_str_to_double(l->word, &node->numbers[i]);
    case SJ_KIND_TRUTH:
        node->values[i] = sj_str_eq_nocase(l->word, SJ_LIT("true"));
        return node->values[i] || sj_str_eq_nocase(l->word, SJ_LIT("false"));
    case SJ_KIND_TIME: return sj_time_parse_iso(l->word, p->zone, &node->values[i], NULL);
    case SJ_KIND_MONEY: return sj_str_to_money(l->word, &node->values[i]);
    default: return sj_duration_parse(l->word, &node->values[i]);
    }
}

static enum sj_status new_comparison(struct parser *p, enum sj_kind kind, int column, enum comparison cmp, size_t n,
                                     struct node **ret_node) {
    struct node *node;
    SJ_TRY(new_node(p, kind == SJ_KIND_TEXT ? NODE_TEXT : kind == SJ_KIND_NUMBER ? NODE_NUMBER : NODE_VALUE, &node));
    SJ_TRY(sj_arena_new(p->arena, n, sizeof *node->texts, &node->texts, p->err));
    SJ_TRY(sj_arena_new(p->arena, n, sizeof *node->values, &node->values, p->err));
    SJ_TRY(sj_arena_new(p->arena, n, sizeof *node->numbers, &node->numbers, p->err));
    node->column = (uint16_t)column;
    node->cmp = cmp;
    node->n = n;
    *ret_node = node;
    return SJ_OK;
}

static bool has_order(enum sj_kind kind) { return kind != SJ_KIND_TEXT && kind != SJ_KIND_TRUTH; }
static bool needs_order(enum comparison cmp) { return cmp != CMP_EQ && cmp != CMP_NE; }

static enum sj_status compare_mixed(struct parser *p, const struct subject *s, enum comparison cmp, const struct literal *literals,
                                    size_t n, struct node **ret_node) {
    struct node *any;
    SJ_TRY(new_node(p, NODE_OR, &any));
    SJ_TRY(sj_arena_new(p->arena, SJ_N_KINDS, sizeof *any->parts, (void *)&any->parts, p->err));
    for (int k = 0; k < SJ_N_KINDS; k++) {
        struct node *node;
        if (s->column_of[k] < 0 || (needs_order(cmp) && !has_order((enum sj_kind)k)))
            continue;
        SJ_TRY(new_comparison(p, (enum sj_kind)k, s->column_of[k], cmp, n, &node));
        node->n = 0;
        for (size_t i = 0; i < n; i++)
            node->n += fits(p, &literals[i], (enum sj_kind)k, node, node->n);
        if (node->n == 0)
            continue;
        qsort(node->texts, node->n, sizeof *node->texts, sj_str_order);
        any->parts[any->n_parts++] = node;
    }
    if (any->n_parts == 0)
        return sj_fail(p->err, SJ_E_USAGE, "the condition, at character %zu: \"%.*s\" cannot be compared with \"%.*s\" in this way",
                       sj_words_place(p->words, literals[0].start), SJ_ARG(s->name), SJ_ARG(literals[0].word));
    *ret_node = any;
    return SJ_OK;
}

static enum sj_status compare_node(struct parser *p, const struct subject *s, enum comparison cmp, const struct literal *literals, size_t n,
                                   struct node **ret_node) {
    enum sj_kind kind = SJ_KIND_TEXT;
    struct node *node;
    int n_kinds = 0;
    if (s->touchpoint || s->channel)
        return code_node(p, s, cmp, literals, n, ret_node);
    for (int k = 0; k < SJ_N_KINDS; k++)
        n_kinds += s->column_of[k] >= 0;
    if (n_kinds > 1)
        return compare_mixed(p, s, cmp, literals, n, ret_node);
    SJ_TRY(choose_kind(p, s, &literals[0], &kind));
    if (!has_order(kind) && needs_order(cmp))
        return sj_fail(p->err, SJ_E_USAGE, "the condition: \"%.*s\" can be compared with =, != and in only", SJ_ARG(s->name));
    SJ_TRY(new_comparison(p, kind, s->column_of[kind], cmp, n, &node));
    SJ_TRY(fill_values(p, s, kind, literals, node));
    qsort(node->texts, n, sizeof *node->texts, sj_str_order);
    *ret_node = node;
    return SJ_OK;
}

static enum sj_status known_node(struct parser *p, const struct subject *s, struct node **ret_node) {
    struct node *node;
    if (s->touchpoint)
        return sj_fail(p->err, SJ_E_USAGE, "the condition: every event has a touchpoint, so \"is known\" is of no use there");
    if (s->channel) {
        SJ_TRY(new_node(p, NODE_CODES, &node));
        node->channel = true;
        SJ_TRY(sj_arena_new(p->arena, p->view->n_channels + 1, 1, &node->meets, p->err));
        node->n_codes = p->view->n_channels;
        for (uint32_t code = 1; code < p->view->n_channels; code++)
            node->meets[code] = 1;
    } else {
        SJ_TRY(new_node(p, NODE_KNOWN, &node));
        SJ_TRY(sj_arena_new(p->arena, p->view->n_columns + 1, sizeof *node->columns, &node->columns, p->err));
        for (int k = 0; k < SJ_N_KINDS; k++) {
            if (s->column_of[k] >= 0)
                node->columns[s->column_of[k]] = true;
        }
    }
    *ret_node = node;
    return SJ_OK;
}

static enum sj_status parse_in(struct parser *p, const struct subject *s, struct node **ret_node) {
    size_t n = 0;
    SJ_TRY(sj_words_next(p->words));
    if (!sj_words_sign(p->words, "("))
        return sj_words_expected(p->words, SJ_T("( with the list of values"));
    if (!p->list)
        SJ_TRY(sj_arena_new(p->arena, IN_MAX, sizeof *p->list, &p->list, p->err));
    do {
        SJ_TRY(sj_words_next(p->words));
        if (n == IN_MAX)
            return sj_fail(p->err, SJ_E_LIMIT, "the condition: a list may have at most %d values", IN_MAX);
        SJ_TRY(read_literal(p, &p->list[n++]));
    } while (sj_words_sign(p->words, ","));
    if (!sj_words_sign(p->words, ")"))
        return sj_words_expected(p->words, SJ_T(", or )"));
    SJ_TRY(sj_words_next(p->words));
    return compare_node(p, s, CMP_EQ, p->list, n, ret_node);
}

static enum sj_status parse_comparison(struct parser *p, struct node **ret_node) {
    static const char *const signs[] = {"=", "!=", "<", "<=", ">", ">="};
    struct subject s;
    SJ_TRY(find_subject(p, &s));
    if (sj_words_keyword(p->words, "in"))
        return parse_in(p, &s, ret_node);
    if (sj_words_keyword(p->words, "is")) {
        SJ_TRY(sj_words_next(p->words));
        if (!sj_words_keyword(p->words, "known"))
            return sj_words_expected(p->words, SJ_T("the word known"));
        SJ_TRY(sj_words_next(p->words));
        return known_node(p, &s, ret_node);
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (sj_words_sign(p->words, signs[i])) {
            struct literal literal;
            SJ_TRY(sj_words_next(p->words));
            SJ_TRY(read_literal(p, &literal));
            return compare_node(p, &s, (enum comparison)i, &literal, 1, ret_node);
        }
    }
    return sj_words_expected(p->words, SJ_T("=, !=, <, <=, >, >=, in or is known"));
}

/* ---- the grammar ---- */

static enum sj_status parse_or(struct parser *p, struct node **ret_node);

/* NOLINTNEXTLINE(misc-no-recursion): nesting is capped at DEPTH_MAX */
static enum sj_status parse_part(struct parser *p, struct node **ret_node) {
    if (++p->depth > DEPTH_MAX)
        return sj_fail(p->err, SJ_E_LIMIT, "the condition is nested more than %d deep", DEPTH_MAX);
    if (sj_words_keyword(p->words, "not")) {
        struct node *node;
        SJ_TRY(sj_words_next(p->words));
        SJ_TRY(new_node(p, NODE_NOT, &node));
        SJ_TRY(sj_arena_new(p->arena, 1, sizeof *node->parts, (void *)&node->parts, p->err));
        SJ_TRY(parse_part(p, &node->parts[0]));
        *ret_node = node;
    } else if (sj_words_sign(p->words, "(")) {
        SJ_TRY(sj_words_next(p->words));
        SJ_TRY(parse_or(p, ret_node));
        if (!sj_words_sign(p->words, ")"))
            return sj_words_expected(p->words, SJ_T(")"));
        SJ_TRY(sj_words_next(p->words));
    } else {
        SJ_TRY(parse_comparison(p, ret_node));
    }
    p->depth--;
    return SJ_OK;
}

/* Room for one more part. */
static enum sj_status grow_parts(struct parser *p, struct node *chain, size_t *capacity) {
    struct node **parts;
    if (chain->n_parts < *capacity)
        return SJ_OK;
    const size_t wanted = *capacity > 0 ? 2 * *capacity : 4;
    SJ_TRY(sj_arena_new(p->arena, wanted, sizeof *parts, (void *)&parts, p->err));
    for (size_t i = 0; i < chain->n_parts; i++)
        parts[i] = chain->parts[i];
    chain->parts = parts;
    *capacity = wanted;
    return SJ_OK;
}

/* A chain of parts joined by one word. */
static enum sj_status parse_chain(struct parser *p, const char *word, enum node_kind kind,
                                  enum sj_status (*part)(struct parser *p, struct node **ret_node), struct node **ret_node) {
    struct node *first = NULL, *chain;
    size_t capacity = 0;
    SJ_TRY(part(p, &first));
    if (!sj_words_keyword(p->words, word)) {
        *ret_node = first;
        return SJ_OK;
    }
    SJ_TRY(new_node(p, kind, &chain));
    SJ_TRY(grow_parts(p, chain, &capacity));
    chain->parts[chain->n_parts++] = first;
    while (sj_words_keyword(p->words, word)) {
        if (chain->n_parts == PARTS_MAX)
            return sj_fail(p->err, SJ_E_LIMIT, "the condition joins more than %d parts by \"%s\"", PARTS_MAX, word);
        SJ_TRY(sj_words_next(p->words));
        SJ_TRY(grow_parts(p, chain, &capacity));
        SJ_TRY(part(p, &chain->parts[chain->n_parts++]));
    }
    *ret_node = chain;
    return SJ_OK;
}

static enum sj_status parse_and(struct parser *p, struct node **ret_node) { return parse_chain(p, "and", NODE_AND, parse_part, ret_node); }
static enum sj_status parse_or(struct parser *p, struct node **ret_node) { return parse_chain(p, "or", NODE_OR, parse_and, ret_node); }

enum sj_status sj_where_parse(struct sj_words *words, const struct sj_view *view, const struct sj_zone *zone, struct sj_where **ret_where) {
    struct parser p = {.words = words, .view = view, .zone = zone, .arena = words->arena, .err = words->err};
    struct sj_where *where;
    SJ_TRY(sj_arena_new(p.arena, 1, sizeof *where, &where, p.err));
    where->n_columns = view->n_columns;
    SJ_TRY(parse_or(&p, &where->root));
    *ret_where = where;
    return SJ_OK;
}

enum sj_status sj_where_parse_trait(struct sj_words *words, const struct sj_view *view, const struct sj_zone *zone,
                                    struct sj_where **ret_meets, struct sj_where **ret_known) {
    struct parser p = {.words = words, .view = view, .zone = zone, .arena = words->arena, .err = words->err};
    const struct sj_words before = *words;
    struct sj_where *meets, *known;
    struct subject subject = {0};
    SJ_TRY(sj_arena_new(p.arena, 1, sizeof *meets, &meets, p.err));
    SJ_TRY(sj_arena_new(p.arena, 1, sizeof *known, &known, p.err));
    meets->n_columns = known->n_columns = view->n_columns;
    SJ_TRY(find_subject(&p, &subject));
    SJ_TRY(known_node(&p, &subject, &known->root));
    *words = before;
    SJ_TRY(parse_comparison(&p, &meets->root));
    *ret_meets = meets;
    *ret_known = known;
    return SJ_OK;
}

enum sj_status sj_where_compile(struct sj_str text, const struct sj_view *view, const struct sj_zone *zone, struct sj_arena *arena,
                                struct sj_where **ret_where, struct sj_error *err) {
    struct sj_words words = {.text = text, .arena = arena, .err = err};
    if (text.n > SJ_WORDS_MAX)
        return sj_fail(err, SJ_E_LIMIT, "the condition is longer than %d bytes", SJ_WORDS_MAX);
    SJ_TRY(sj_words_next(&words));
    SJ_TRY(sj_where_parse(&words, view, zone, ret_where));
    return words.token == SJ_TOKEN_END ? SJ_OK : sj_words_expected(&words, SJ_T("and, or, or the end"));
}
