#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/time.h"
#include "lens/plan.h"
#include "lens/segment_node.h"
#include "store/saved.h"

#define DEPTH_MAX 50
#define FACTS_MAX 100

struct reader {
    struct sj_words words;
    const struct sj_view *view;
    const struct sj_zone *zone;
    struct sj_segment *segment;
    int64_t end_us;
    int depth, n_facts;
    const struct sj_saved_segment *chain[SJ_SEGMENT_CHAIN]; /* the saved ones that are being read, from the outside in */
    size_t n_chain, n_own;                                  /* n_own: 1 where the text is that of a saved segment itself */
};

static bool is_sign(const struct reader *r, const char *sign) { return sj_words_sign(&r->words, sign); }
static bool is_keyword(const struct reader *r, const char *word) { return sj_words_keyword(&r->words, word); }

static enum sj_status expect(struct reader *r, const char *sign, const char *what) {
    return is_sign(r, sign) ? sj_words_next(&r->words) : sj_words_expected(&r->words, what);
}

static enum sj_status new_fact(struct reader *r, enum fact_kind kind, struct fact **ret_fact) {
    r->n_facts += kind >= FACT_DID;
    if (r->n_facts > FACTS_MAX)
        return sj_fail(r->words.err, SJ_E_LIMIT, "the segment has more than %d facts", FACTS_MAX);
    SJ_TRY(sj_arena_new(r->words.arena, 1, sizeof **ret_fact, ret_fact, r->words.err));
    **ret_fact = (struct fact){.kind = kind, .from_us = INT64_MIN, .to_us = INT64_MAX, .min = 1, .max = UINT64_MAX};
    return SJ_OK;
}

/* ---- what facts are made of ---- */

#define FEW_CODES 8

static enum sj_status list_codes(struct reader *r, struct fact *fact) {
    uint16_t *codes;
    SJ_TRY(sj_arena_new(r->words.arena, r->view->n_touchpoints + 1, sizeof *codes, &codes, r->words.err));
    for (uint32_t code = 0; code < r->view->n_touchpoints; code++)
        if (fact->event.touchpoints[code])
            codes[fact->n_codes++] = (uint16_t)code;
    fact->codes = codes;
    fact->is_few = fact->n_codes <= FEW_CODES;
    return SJ_OK;
}

/* "(" or "," has been seen: what follows is an event of an expression. */
static enum sj_status read_event(struct reader *r, struct fact *fact) {
    r->words.expression = true;
    SJ_TRY(sj_words_next(&r->words));
    SJ_TRY(sj_event_parse(&r->words, r->view, r->zone, &r->segment->events, &fact->event));
    r->words.expression = false;
    return list_codes(r, fact);
}

static enum sj_status read_number(struct reader *r, uint64_t *ret_number) {
    int64_t number;
    if (r->words.token != SJ_TOKEN_NUMBER || !sj_str_to_i64(r->words.word, &number) || number < 0)
        return sj_words_expected(&r->words, SJ_T("a whole number"));
    *ret_number = (uint64_t)number;
    return sj_words_next(&r->words);
}

static enum sj_status read_date(struct reader *r, int64_t *ret_us) {
    *ret_us = 0;
    if (r->words.token != SJ_TOKEN_TEXT || !sj_time_parse_iso(r->words.word, r->zone, ret_us, NULL))
        return sj_words_expected(&r->words, SJ_T("a date in quotes, such as \"2026-01-31\""));
    return sj_words_next(&r->words);
}

static enum sj_status read_within(struct reader *r, struct fact *fact) {
    int64_t within_us;
    if (r->words.token != SJ_TOKEN_NUMBER || !sj_duration_parse(r->words.word, &within_us))
        return sj_words_expected(&r->words, SJ_T("a time such as 30m, 24h or 7d"));
    if (r->end_us - within_us > fact->from_us)
        fact->from_us = r->end_us - within_us;
    return sj_words_next(&r->words);
}

/* "at least 2", "at most 3", "exactly 1": how many; of several all hold. */
static enum sj_status read_how_many(struct reader *r, struct fact *fact) {
    const bool exactly = is_keyword(r, "exactly");
    SJ_TRY(sj_words_next(&r->words));
    const bool least = is_keyword(r, "least"), most = is_keyword(r, "most");
    if (!exactly && !least && !most)
        return sj_words_expected(&r->words, SJ_T("least or most"));
    if (!exactly)
        SJ_TRY(sj_words_next(&r->words));
    uint64_t number = 0;
    SJ_TRY(read_number(r, &number));
    fact->min = fact->is_counted ? fact->min : 0; /* one that nothing is said of */
    fact->is_counted = true;
    if (!most && number > fact->min)
        fact->min = number;
    if (!least && number < fact->max)
        fact->max = number;
    return SJ_OK;
}

/* What may follow the event, up to the bracket, which is read. */
static enum sj_status read_limits(struct reader *r, struct fact *fact) {
    while (is_sign(r, ",")) {
        SJ_TRY(sj_words_next(&r->words));
        const bool from = is_keyword(r, "from");
        if (fact->kind == FACT_DID && (is_keyword(r, "at") || is_keyword(r, "exactly"))) {
            SJ_TRY(read_how_many(r, fact));
        } else if (is_keyword(r, "within")) {
            SJ_TRY(sj_words_next(&r->words));
            SJ_TRY(read_within(r, fact));
        } else if (from || is_keyword(r, "to")) {
            int64_t date_us;
            SJ_TRY(sj_words_next(&r->words));
            SJ_TRY(read_date(r, &date_us));
            if (from && date_us > fact->from_us)
                fact->from_us = date_us;
            if (!from && date_us < fact->to_us)
                fact->to_us = date_us;
        } else {
            return sj_words_expected(&r->words, fact->kind == FACT_DID ? SJ_T("at least, at most, exactly, within, from or to")
                                                                       : SJ_T("within, from or to"));
        }
    }
    return expect(r, ")", SJ_T(", or )"));
}

static enum sj_status read_comparison(struct reader *r, struct fact *fact) {
    static const char *const signs[] = {"=", "!=", "<", "<=", ">", ">="};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (is_sign(r, signs[i])) {
            fact->cmp = (enum comparison)i;
            return sj_words_next(&r->words);
        }
    }
    return sj_words_expected(&r->words, SJ_T("=, !=, <, <=, > or >="));
}

/* A quantity in millionths of its unit; a duration in seconds. */
static enum sj_status read_amount(struct reader *r, int64_t *ret_amount) {
    double number;
    const bool is_number = r->words.token == SJ_TOKEN_NUMBER && sj_str_to_double(r->words.word, &number) && fabs(number) < 9e12;
    if (is_number)
        *ret_amount = (int64_t)rint(number * 1e6);
    else if (r->words.token != SJ_TOKEN_NUMBER || !sj_duration_parse(r->words.word, ret_amount))
        return sj_words_expected(&r->words, SJ_T("a number or a duration"));
    return sj_words_next(&r->words);
}

/* ---- facts ---- */

static enum sj_status read_sum(struct reader *r, struct fact *fact) {
    enum sj_kind kind = SJ_KIND_NUMBER;
    uint16_t columns[SJ_N_KINDS];
    SJ_TRY(expect(r, "(", SJ_T("(")));
    if (r->words.token != SJ_TOKEN_NAME && r->words.token != SJ_TOKEN_QUOTED_NAME)
        return sj_words_expected(&r->words, SJ_T("a property that holds numbers, money or durations"));
    const size_t n = sj_lens_columns(r->view, r->words.word, columns);
    if (n == 0)
        return sj_fail(r->words.err, SJ_E_USAGE,
                       "the segment, at character %zu: there is no property \"%.*s\" in this store (sojourn info lists them)",
                       sj_words_place(&r->words, r->words.start), SJ_ARG(r->words.word));
    for (size_t i = 0; i < n; i++) {
        kind = r->view->columns[columns[i]].kind;
        if (kind == SJ_KIND_NUMBER || kind == SJ_KIND_MONEY || kind == SJ_KIND_DURATION)
            fact->columns[fact->n_columns++] = columns[i];
    }
    if (fact->n_columns == 0)
        return sj_words_expected(&r->words, SJ_T("a property that holds numbers, money or durations"));
    SJ_TRY(sj_words_next(&r->words));
    if (!is_sign(r, ","))
        return sj_words_expected(&r->words, SJ_T(", and the event"));
    SJ_TRY(read_event(r, fact));
    SJ_TRY(read_limits(r, fact));
    SJ_TRY(read_comparison(r, fact));
    return read_amount(r, &fact->value);
}

static enum sj_status read_did(struct reader *r, struct fact *fact) {
    if (!is_sign(r, "("))
        return sj_words_expected(&r->words, SJ_T("("));
    SJ_TRY(read_event(r, fact));
    return read_limits(r, fact);
}

static enum sj_status read_when(struct reader *r, struct fact *fact) {
    if (!is_sign(r, "("))
        return sj_words_expected(&r->words, SJ_T("("));
    SJ_TRY(read_event(r, fact));
    SJ_TRY(expect(r, ")", SJ_T(")")));
    SJ_TRY(read_comparison(r, fact));
    return read_date(r, &fact->value);
}

static enum sj_status read_matched(struct reader *r, struct fact *fact) {
    struct sj_segment *segment = r->segment;
    struct sj_expression *expression;
    struct sj_route_node *sequence;
    struct sj_pattern *pattern;
    if (!is_sign(r, "("))
        return sj_words_expected(&r->words, SJ_T("("));
    if (segment->n_matched == SJ_MATCHED_MAX)
        return sj_fail(r->words.err, SJ_E_LIMIT, "the segment has more than %d expressions (matched)", SJ_MATCHED_MAX);
    SJ_TRY(sj_arena_new(r->words.arena, 1, sizeof *expression, &expression, r->words.err));
    SJ_TRY(sj_arena_new(r->words.arena, 1, sizeof *sequence, &sequence, r->words.err));
    SJ_TRY(sj_arena_new(r->words.arena, 1, sizeof *sequence->parts, (void *)&sequence->parts, r->words.err));
    r->words.expression = true;
    SJ_TRY(sj_words_next(&r->words));
    SJ_TRY(sj_expression_parse(&r->words, r->view, r->zone, expression));
    r->words.expression = false;
    sequence->kind = SJ_ROUTE_SEQUENCE;
    sequence->parts[sequence->n_parts++] = expression->root;
    SJ_TRY(sj_pattern_of(expression, sequence, r->view, r->words.arena, &pattern, r->words.err));
    fact->pattern = pattern;
    fact->matcher = segment->n_matched;
    segment->matched[segment->n_matched++] = fact;
    return expect(r, ")", SJ_T("an arrow, |, within, or )"));
}

/* "trait." and a name, which may stand in backquotes. */
static enum sj_status read_trait(struct reader *r, struct fact *fact) {
    struct sj_where *meets, *known;
    r->words.word = (struct sj_str){r->words.word.p + 6, r->words.word.n - 6};
    if (r->words.word.n == 0)
        SJ_TRY(sj_words_next(&r->words));
    SJ_TRY(sj_where_parse_trait(&r->words, r->view, r->zone, &meets, &known));
    fact->meets = meets;
    fact->known = known;
    return SJ_OK;
}

static enum sj_status read_channels(struct reader *r, struct fact *fact) {
    uint64_t number = 0;
    SJ_TRY(read_comparison(r, fact));
    SJ_TRY(read_number(r, &number));
    fact->value = (int64_t)(number < INT64_MAX ? number : INT64_MAX);
    return SJ_OK;
}

/* ---- saved segments ---- */

static enum sj_status read_text(struct reader *r, struct sj_str text, struct fact **ret_fact);

/* "a > b > c": how the text came to `last`. */
static void put_chain(const struct reader *r, struct sj_str last, char *out, size_t n_out) {
    size_t n = 0;
    for (size_t i = 0; i <= r->n_chain && n < n_out; i++) {
        const struct sj_str name = i < r->n_chain ? r->chain[i]->name : last;
        n += (size_t)snprintf(out + n, n_out - n, "%s%.*s", i == 0 ? "" : " > ", SJ_ARG(name));
    }
}

static enum sj_status check_chain(const struct reader *r, const struct sj_saved_segment *saved) {
    char chain[600];
    bool circle = false;
    for (size_t i = 0; i < r->n_chain; i++)
        circle |= r->chain[i] == saved;
    if (!circle && r->n_chain < SJ_SEGMENT_CHAIN)
        return SJ_OK;
    put_chain(r, saved->name, chain, sizeof chain);
    if (circle)
        return sj_fail(r->words.err, SJ_E_USAGE, "the saved segment \"%.*s\" contains itself: %s", SJ_ARG(saved->name), chain);
    return sj_fail(r->words.err, SJ_E_LIMIT, "saved segments contain each other more than %d deep: %s", SJ_SEGMENT_CHAIN, chain);
}

/* Reads the saved condition in place of its name. */
/* NOLINTNEXTLINE(misc-no-recursion): the chain is capped at SJ_SEGMENT_CHAIN */
static enum sj_status read_saved(struct reader *r, const struct sj_saved_segment *saved, struct fact **ret_fact) {
    const struct sj_words outside = r->words;
    SJ_TRY(check_chain(r, saved));
    if (r->n_chain == r->n_own)
        r->segment->names[saved - r->view->saved] = true;
    r->chain[r->n_chain++] = saved;
    const enum sj_status status = read_text(r, saved->condition, ret_fact);
    r->n_chain--;
    if (status != SJ_OK && r->n_chain == r->n_own)
        return sj_fail_in(outside.err, status, "in the saved segment \"%.*s\"", SJ_ARG(saved->name));
    r->words = outside;
    return status;
}

/* "segment" has been seen. */
/* NOLINTNEXTLINE(misc-no-recursion): the chain is capped at SJ_SEGMENT_CHAIN */
static enum sj_status read_named(struct reader *r, struct fact **ret_fact) {
    SJ_TRY(sj_words_next(&r->words));
    const bool quoted = r->words.token == SJ_TOKEN_TEXT || r->words.token == SJ_TOKEN_QUOTED_NAME;
    const bool joins = is_keyword(r, "and") || is_keyword(r, "or") || is_keyword(r, "not");
    if (!quoted && (r->words.token != SJ_TOKEN_NAME || joins))
        return sj_words_expected(&r->words, SJ_T("the name of a saved segment"));
    const struct sj_saved_segment *saved = sj_saved_find(r->view, r->words.word);
    if (!saved) {
        (void)sj_saved_unknown(r->view, r->words.word, SJ_E_USAGE, r->words.err);
        return sj_fail_in(r->words.err, SJ_E_USAGE, "the segment, at character %zu", sj_words_place(&r->words, r->words.start));
    }
    SJ_TRY(read_saved(r, saved, ret_fact));
    return sj_words_next(&r->words);
}

/* Whether the text, which cannot be read from its beginning on, is a name and nothing else, or nearly that of a saved segment. */
static bool is_name_of_saved(const struct reader *r) {
    const struct sj_str text = sj_str_trim(r->words.text);
    if (r->words.token == SJ_TOKEN_NAME && r->words.word.n == text.n)
        return true;
    for (size_t i = 0; i < r->view->n_saved && r->words.text.p + r->words.start == text.p; i++)
        if (sj_str_nearest(text, &r->view->saved[i].name, 1) == 0)
            return true;
    return false;
}

/* NOLINTNEXTLINE(misc-no-recursion): through saved segments, whose chain is capped */
static enum sj_status read_fact(struct reader *r, struct fact **ret_fact) {
    static const struct {
        const char *word;
        enum fact_kind kind;
        enum sj_status (*read)(struct reader *r, struct fact *fact);
    } facts[] = {
        {"did", FACT_DID, read_did},
        {"sum", FACT_SUM, read_sum},
        {"first", FACT_FIRST, read_when},
        {"last", FACT_LAST, read_when},
        {"matched", FACT_MATCHED, read_matched},
        {"channels", FACT_CHANNELS, read_channels},
    };
    if (r->words.token == SJ_TOKEN_NAME && r->words.word.n >= 6 && memcmp(r->words.word.p, "trait.", 6) == 0) {
        SJ_TRY(new_fact(r, FACT_TRAIT, ret_fact));
        return read_trait(r, *ret_fact);
    }
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (!is_keyword(r, facts[i].word))
            continue;
        SJ_TRY(new_fact(r, facts[i].kind, ret_fact));
        SJ_TRY(sj_words_next(&r->words));
        return facts[i].read(r, *ret_fact);
    }
    if (is_keyword(r, "segment"))
        return read_named(r, ret_fact);
    if (is_name_of_saved(r))
        return sj_saved_unknown(r->view, sj_str_trim(r->words.text), SJ_E_USAGE, r->words.err);
    return sj_words_expected(&r->words, SJ_T("did, sum, first, last, matched, channels, trait., segment, not, or ("));
}

/* ---- the grammar ---- */

static enum sj_status read_or(struct reader *r, struct fact **ret_fact);

/* NOLINTNEXTLINE(misc-no-recursion): nesting is capped at DEPTH_MAX */
static enum sj_status read_part(struct reader *r, struct fact **ret_fact) {
    struct fact *fact = NULL;
    if (++r->depth > DEPTH_MAX)
        return sj_fail(r->words.err, SJ_E_LIMIT, "the segment is nested more than %d deep", DEPTH_MAX);
    if (is_keyword(r, "not")) {
        SJ_TRY(new_fact(r, FACT_NOT, &fact));
        SJ_TRY(sj_arena_new(r->words.arena, 1, sizeof *fact->parts, (void *)&fact->parts, r->words.err));
        SJ_TRY(sj_words_next(&r->words));
        fact->n_parts = 1;
        SJ_TRY(read_part(r, &fact->parts[0]));
    } else if (is_sign(r, "(")) {
        SJ_TRY(sj_words_next(&r->words));
        SJ_TRY(read_or(r, &fact));
        SJ_TRY(expect(r, ")", SJ_T("and, or, or )")));
    } else {
        SJ_TRY(read_fact(r, &fact));
    }
    r->depth--;
    *ret_fact = fact;
    return SJ_OK;
}

/* Facts joined by one word; room for all that there may be, since they are few. */
static enum sj_status read_chain(struct reader *r, const char *word, enum fact_kind kind,
                                 enum sj_status (*part)(struct reader *r, struct fact **ret_fact), struct fact **ret_fact) {
    struct fact *first = NULL, *chain;
    SJ_TRY(part(r, &first));
    *ret_fact = first;
    if (!is_keyword(r, word))
        return SJ_OK;
    SJ_TRY(new_fact(r, kind, &chain));
    SJ_TRY(sj_arena_new(r->words.arena, FACTS_MAX + 1, sizeof *chain->parts, (void *)&chain->parts, r->words.err));
    chain->parts[chain->n_parts++] = first;
    while (is_keyword(r, word)) {
        assert(chain->n_parts <= FACTS_MAX); /* each has a fact */
        SJ_TRY(sj_words_next(&r->words));
        SJ_TRY(part(r, &chain->parts[chain->n_parts++]));
    }
    *ret_fact = chain;
    return SJ_OK;
}

static enum sj_status read_and(struct reader *r, struct fact **ret_fact) { return read_chain(r, "and", FACT_AND, read_part, ret_fact); }
static enum sj_status read_or(struct reader *r, struct fact **ret_fact) { return read_chain(r, "or", FACT_OR, read_and, ret_fact); }

/* A whole text: the name of a saved segment, or a condition. */
/* NOLINTNEXTLINE(misc-no-recursion): through saved segments, whose chain is capped */
static enum sj_status read_text(struct reader *r, struct sj_str text, struct fact **ret_fact) {
    const struct sj_saved_segment *saved = sj_saved_find(r->view, sj_str_trim(text));
    r->words = (struct sj_words){.text = text, .arena = r->words.arena, .err = r->words.err, .what = SJ_T("the segment")};
    if (saved)
        return read_saved(r, saved, ret_fact);
    SJ_TRY(sj_words_next(&r->words));
    SJ_TRY(read_or(r, ret_fact));
    return r->words.token == SJ_TOKEN_END ? SJ_OK : sj_words_expected(&r->words, SJ_T("and, or, or the end"));
}

bool sj_segment_names(const struct sj_segment *segment, size_t i) { return segment->names[i]; }

static enum sj_status compile(struct reader *r, struct sj_str text, struct sj_segment **ret_segment) {
    struct sj_error *err = r->words.err;
    struct sj_arena *arena = r->words.arena;
    if (text.n > SJ_WORDS_MAX)
        return sj_fail(err, SJ_E_LIMIT, "the segment is longer than %d bytes", SJ_WORDS_MAX);
    SJ_TRY(sj_arena_new(arena, 1, sizeof *r->segment, &r->segment, err));
    r->segment->end_us = r->end_us;
    r->segment->has_end = r->end_us <= r->view->max_time_us;
    SJ_TRY(sj_arena_new(arena, r->view->n_saved + 1, sizeof *r->segment->names, &r->segment->names, err));
    SJ_TRY(read_text(r, text, &r->segment->root));
    *ret_segment = r->segment;
    return SJ_OK;
}

enum sj_status sj_segment_compile(struct sj_str text, const struct sj_view *view, const struct sj_zone *zone, int64_t end_us,
                                  struct sj_arena *arena, struct sj_segment **ret_segment, struct sj_error *err) {
    struct reader r = {.words = {.arena = arena, .err = err}, .view = view, .zone = zone, .end_us = end_us};
    return compile(&r, text, ret_segment);
}

enum sj_status sj_segment_compile_saved(const struct sj_saved_segment *saved, const struct sj_view *view, const struct sj_zone *zone,
                                        int64_t end_us, struct sj_arena *arena, struct sj_segment **ret_segment, struct sj_error *err) {
    struct reader r = {
        .words = {.arena = arena, .err = err}, .view = view, .zone = zone, .end_us = end_us, .chain = {saved}, .n_chain = 1, .n_own = 1};
    return compile(&r, saved->condition, ret_segment);
}
