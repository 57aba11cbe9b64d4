/* The JSON document of a question. */
#include "server/asked.h"

static enum sj_status wrong(const char *where, const char *key, struct sj_error *err) {
    return sj_fail(err, SJ_E_USAGE, "%s does not know \"%s\"", where, key);
}

static enum sj_status text_of(struct sj_asked *asked, const char *key, const json_t *value, struct sj_str *ret_text, struct sj_error *err) {
    const char *text = NULL;
    if (json_is_string(value)) {
        *ret_text = (struct sj_str){json_string_value(value), json_string_length(value)};
        return SJ_OK;
    }
    if (json_is_integer(value))
        SJ_TRY(sj_arena_print(&asked->arena, &text, err, "%lld", (long long)json_integer_value(value)));
    else if (json_is_boolean(value))
        text = json_is_true(value) ? "true" : "false";
    else if (json_is_real(value)) {
        char number[32];
        sj_double_format(json_real_value(value), number);
        SJ_TRY(sj_arena_print(&asked->arena, &text, err, "%s", number));
    } else
        return sj_fail(err, SJ_E_USAGE, "\"%s\" is a text, a number or a truth here", key);
    *ret_text = sj_str(text);
    return SJ_OK;
}

static enum sj_status take_lens(struct sj_asked *asked, const json_t *lens, struct sj_error *err) {
    struct sj_lens_words *words = &asked->question.lens;
    const struct {
        const char *key;
        struct sj_str *text;
    } known[] = {{"from", &words->from},       {"to", &words->to},       {"where", &words->where},      {"segment", &words->segment},
                 {"journey", &words->journey}, {"as_of", &words->as_of}, {"timezone", &words->timezone}};
    const char *key;
    json_t *value;
    if (!json_is_object(lens))
        return sj_fail(err, SJ_E_USAGE, "the lens is an object");
    json_object_foreach((json_t *)lens, key, value) {
        size_t i = 0;
        while (i < sizeof known / sizeof *known && strcmp(known[i].key, key) != 0)
            i++;
        if (i == sizeof known / sizeof *known)
            return wrong("the lens", key, err);
        if (!json_is_null(value))
            SJ_TRY(text_of(asked, key, value, known[i].text, err));
    }
    return SJ_OK;
}

static enum sj_status count_words(const json_t *parameters, size_t *ret_n) {
    const char *key;
    json_t *value;
    *ret_n = 0;
    json_object_foreach((json_t *)parameters, key, value) *ret_n += json_is_array(value) ? json_array_size(value) : 1;
    return SJ_OK;
}

static enum sj_status take_parameters(struct sj_asked *asked, const json_t *parameters, struct sj_error *err) {
    const char *key;
    json_t *value;
    size_t n;
    if (!json_is_object(parameters))
        return sj_fail(err, SJ_E_USAGE, "the parameters are an object");
    SJ_TRY(count_words(parameters, &n));
    SJ_TRY(sj_arena_new(&asked->arena, n + 1, sizeof *asked->words, &asked->words, err));
    json_object_foreach((json_t *)parameters, key, value) {
        const size_t n_items = json_is_array(value) ? json_array_size(value) : json_is_null(value) ? 0 : 1;
        for (size_t i = 0; i < n_items; i++) {
            struct sj_word *word = &asked->words[asked->n_words++];
            word->name = sj_str(key);
            SJ_TRY(text_of(asked, key, json_is_array(value) ? json_array_get(value, i) : value, &word->text, err));
        }
    }
    return SJ_OK;
}

static enum sj_status take_rows(struct sj_asked *asked, const json_t *value, struct sj_error *err) {
    const size_t n = json_is_array(value) ? json_array_size(value) : 1;
    struct sj_str *rows;
    SJ_TRY(sj_arena_new(&asked->arena, n + 1, sizeof *rows, &rows, err));
    for (size_t i = 0; i < n; i++)
        SJ_TRY(text_of(asked, "row", json_is_array(value) ? json_array_get(value, i) : value, &rows[i], err));
    asked->question.trend.rows = rows;
    asked->question.trend.n_rows = n;
    return SJ_OK;
}

static enum sj_status take_member(struct sj_asked *asked, const char *key, const json_t *value, struct sj_error *err) {
    struct sj_question *question = &asked->question;
    if (strcmp(key, "lens") == 0)
        return take_lens(asked, value, err);
    if (strcmp(key, "parameters") == 0)
        return take_parameters(asked, value, err);
    if (strcmp(key, "trend") == 0)
        return text_of(asked, key, value, &question->trend.over, err);
    if (strcmp(key, "of") == 0)
        return text_of(asked, key, value, &question->trend.of, err);
    if (strcmp(key, "row") == 0)
        return take_rows(asked, value, err);
    if (strcmp(key, "breakdown") == 0)
        return text_of(asked, key, value, &question->breakdown, err);
    if (strcmp(key, "who") == 0) {
        question->who.is_asked = json_is_true(value);
        return SJ_OK;
    }
    if (strcmp(key, "identity") == 0)
        return text_of(asked, key, value, &asked->identity, err);
    if (strcmp(key, "who-after") == 0)
        return text_of(asked, key, value, &question->who.after, err);
    if (strcmp(key, "who-limit") == 0 && json_is_integer(value) && json_integer_value(value) > 0) {
        question->who.limit = json_integer_value(value);
        return SJ_OK;
    }
    return wrong("the question", key, err);
}

static enum sj_status read_members(struct sj_request *r, struct sj_asked *asked, struct sj_error *err) {
    const char *key;
    json_t *value;
    asked->question.cancel = &r->cancelled;
    if (r->body.n == 0)
        return SJ_OK;
    SJ_TRY(sj_json_parse(sj_buf_str(&r->body), "the question", &asked->root, err));
    if (!json_is_object(asked->root))
        return sj_fail(err, SJ_E_USAGE, "the question is an object");
    json_object_foreach(asked->root, key, value) SJ_TRY(take_member(asked, key, value, err));
    asked->question.args = asked->words;
    asked->question.n_args = asked->n_words;
    return SJ_OK;
}

enum sj_status sj_asked_read(struct sj_request *r, struct sj_asked *ret_asked, struct sj_error *err) {
    *ret_asked = (struct sj_asked){.root = NULL};
    sj_arena_init(&ret_asked->arena, r->server->options.mem);
    return read_members(r, ret_asked, err);
}

static bool has(struct sj_str text, struct sj_str part) { return text.n > 0 && memmem(text.p, text.n, part.p, part.n) != NULL; }

bool sj_asked_mentions(const struct sj_asked *asked, struct sj_str text) {
    const struct sj_question *q = &asked->question;
    bool mentions = has(q->lens.where, text) || has(q->lens.segment, text) || has(q->lens.journey, text) || has(q->breakdown, text) ||
                    has(q->trend.of, text);
    for (size_t i = 0; i < q->trend.n_rows; i++)
        mentions = mentions || has(q->trend.rows[i], text);
    for (size_t i = 0; i < asked->n_words; i++)
        mentions = mentions || has(asked->words[i].text, text);
    return mentions;
}

void sj_asked_done(struct sj_asked *asked) {
    json_decref(asked->root);
    sj_arena_done(&asked->arena);
}
