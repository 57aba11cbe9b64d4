/* The API: what is asked as JSON becomes a question of api/ask.h, and its answer JSON. */
#include "base/json.h"
#include "server/inside.h"

/* ---- health ---- */

static enum sj_status say(struct sj_request *r, unsigned status, const char *text, struct sj_error *err) {
    struct sj_json json = sj_reply_json(r, status, err);
    sj_json_open(&json, '{');
    sj_json_key(&json, "status");
    sj_json_text(&json, text);
    sj_json_close(&json, '}');
    return json.status;
}

enum sj_status sj_api_alive(struct sj_request *r, struct sj_error *err) { return say(r, 200, "alive", err); }

enum sj_status sj_api_ready(struct sj_request *r, struct sj_error *err) {
    return atomic_load(&r->server->is_stopping) ? say(r, 503, "stopping", err) : say(r, 200, "ready", err);
}

/* Prometheus' text format, version 0.0.4. */
static enum sj_status put_metric(struct sj_buf *out, const char *name, const char *type, const char *help, const char *labels,
                                 uint64_t value, struct sj_error *err) {
    if (help)
        SJ_TRY(sj_buf_print(out, err, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type));
    return sj_buf_print(out, err, "%s%s %llu\n", name, labels, (unsigned long long)value);
}

enum sj_status sj_api_metrics(struct sj_request *r, struct sj_error *err) {
    struct sj_server *server = r->server;
    const struct sj_collecting_counts counts = sj_collecting_counts(server->collecting);
    struct sj_buf *out = &r->reply.body;
    r->reply.type = "text/plain; version=0.0.4";
    for (int i = 2; i < 6; i++) {
        char labels[32];
        snprintf(labels, sizeof labels, "{class=\"%dxx\"}", i);
        SJ_TRY(put_metric(out, "sojourn_requests_total", "counter", i == 2 ? "Requests answered, by the class of their status." : NULL,
                          labels, atomic_load(&server->n_by_class[i]), err));
    }
    SJ_TRY(put_metric(out, "sojourn_collected_events_total", "counter", "Events that are durable.", "", counts.n_events, err));
    SJ_TRY(put_metric(out, "sojourn_rejected_events_total", "counter", "Events that were rejected.", "", atomic_load(&server->n_rejected),
                      err));
    SJ_TRY(put_metric(out, "sojourn_commits_total", "counter", "Commits of collected events.", "", counts.n_commits, err));
    SJ_TRY(put_metric(out, "sojourn_failed_batches_total", "counter", "Batches that could not be written.", "", counts.n_failed, err));
    SJ_TRY(put_metric(out, "sojourn_waiting_batches", "gauge", "Batches that wait to be written.", "", counts.n_waiting, err));
    r->reply.status = 200;
    return SJ_OK;
}

/* ---- what can be asked ---- */

static const char *const param_types[] = {
    [SJ_PARAM_COUNT] = "count",       [SJ_PARAM_SHARE] = "share",
    [SJ_PARAM_DURATION] = "duration", [SJ_PARAM_TRUTH] = "truth",
    [SJ_PARAM_CHOICE] = "choice",     [SJ_PARAM_DIMENSION] = "dimension",
    [SJ_PARAM_MEASURE] = "measure",   [SJ_PARAM_TOUCHPOINTS] = "touchpoints",
    [SJ_PARAM_CHANNELS] = "channels", [SJ_PARAM_ROUTE] = "expression",
    [SJ_PARAM_SEGMENT] = "segment",   [SJ_PARAM_TIME] = "time",
};

static void put_param(struct sj_json *json, const struct sj_param *param, enum sj_lang lang) {
    sj_json_open(json, '{');
    sj_json_key(json, "name");
    sj_json_text(json, param->name);
    sj_json_key(json, "type");
    sj_json_text(json, param_types[param->type]);
    sj_json_key(json, "standard");
    sj_json_text(json, param->standard);
    sj_json_key(json, "help");
    sj_json_text(json, sj_text(lang, param->help));
    if (param->choices) {
        sj_json_key(json, "choices");
        sj_json_text(json, param->choices);
    }
    sj_json_close(json, '}');
}

static void put_table(struct sj_json *json, const struct sj_table_def *def, enum sj_lang lang) {
    sj_json_open(json, '{');
    sj_json_key(json, "name");
    sj_json_text(json, def->name);
    sj_json_key(json, "title");
    sj_json_text(json, sj_text(lang, def->title));
    sj_json_key(json, "columns");
    sj_json_open(json, '[');
    for (size_t i = 0; i < def->n_columns; i++) {
        const struct sj_column_def *column = &def->columns[i];
        sj_json_open(json, '{');
        sj_json_key(json, "name");
        sj_json_text(json, column->name);
        sj_json_key(json, "type");
        sj_json_text(json, sj_type_name(column->type));
        sj_json_key(json, "label");
        sj_json_text(json, sj_text(lang, column->label));
        sj_json_key(json, "help");
        sj_json_text(json, column->help ? sj_text(lang, column->help) : NULL);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void put_analysis(struct sj_json *json, const struct sj_analysis *analysis, enum sj_lang lang) {
    sj_json_open(json, '{');
    sj_json_key(json, "name");
    sj_json_text(json, analysis->name);
    sj_json_key(json, "title");
    sj_json_text(json, sj_text(lang, analysis->title));
    sj_json_key(json, "about");
    sj_json_text(json, sj_text(lang, analysis->about));
    sj_json_key(json, "parameters");
    sj_json_open(json, '[');
    for (size_t i = 0; i < analysis->n_params; i++)
        put_param(json, &analysis->params[i], lang);
    sj_json_close(json, ']');
    sj_json_key(json, "tables");
    sj_json_open(json, '[');
    for (size_t i = 0; i < analysis->n_tables; i++)
        put_table(json, &analysis->tables[i], lang);
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

enum sj_status sj_api_analyses(struct sj_request *r, struct sj_error *err) {
    const enum sj_lang lang = sj_request_lang(r);
    struct sj_json json = sj_reply_json(r, 200, err);
    sj_json_open(&json, '{');
    sj_json_key(&json, "analyses");
    sj_json_open(&json, '[');
    for (size_t i = 0; sj_analyses[i]; i++)
        put_analysis(&json, sj_analyses[i], lang);
    sj_json_close(&json, ']');
    sj_json_close(&json, '}');
    return json.status;
}

/* ---- a question ---- */

/* The document of a question while it is read: its texts are the tree's. */
struct reading {
    struct sj_arena arena;
    json_t *root;
    struct sj_question question;
    struct sj_word *words;
    size_t n_words;
};

static enum sj_status wrong(const char *where, const char *key, struct sj_error *err) {
    return sj_fail(err, SJ_E_USAGE, "%s does not know \"%s\"", where, key);
}

static enum sj_status text_of(struct reading *reading, const char *key, const json_t *value, struct sj_str *ret_text,
                              struct sj_error *err) {
    const char *text = NULL;
    if (json_is_string(value)) {
        *ret_text = (struct sj_str){json_string_value(value), json_string_length(value)};
        return SJ_OK;
    }
    if (json_is_integer(value))
        SJ_TRY(sj_arena_print(&reading->arena, &text, err, "%lld", (long long)json_integer_value(value)));
    else if (json_is_boolean(value))
        text = json_is_true(value) ? "true" : "false";
    else if (json_is_real(value)) {
        char number[32];
        sj_double_format(json_real_value(value), number);
        SJ_TRY(sj_arena_print(&reading->arena, &text, err, "%s", number));
    } else
        return sj_fail(err, SJ_E_USAGE, "\"%s\" is a text, a number or a truth here", key);
    *ret_text = sj_str(text);
    return SJ_OK;
}

static enum sj_status take_lens(struct reading *reading, const json_t *lens, struct sj_error *err) {
    struct sj_lens_words *words = &reading->question.lens;
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
            SJ_TRY(text_of(reading, key, value, known[i].text, err));
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

static enum sj_status take_parameters(struct reading *reading, const json_t *parameters, struct sj_error *err) {
    const char *key;
    json_t *value;
    size_t n;
    if (!json_is_object(parameters))
        return sj_fail(err, SJ_E_USAGE, "the parameters are an object");
    SJ_TRY(count_words(parameters, &n));
    SJ_TRY(sj_arena_new(&reading->arena, n + 1, sizeof *reading->words, &reading->words, err));
    json_object_foreach((json_t *)parameters, key, value) {
        const size_t n_items = json_is_array(value) ? json_array_size(value) : json_is_null(value) ? 0 : 1;
        for (size_t i = 0; i < n_items; i++) {
            struct sj_word *word = &reading->words[reading->n_words++];
            word->name = sj_str(key);
            SJ_TRY(text_of(reading, key, json_is_array(value) ? json_array_get(value, i) : value, &word->text, err));
        }
    }
    return SJ_OK;
}

static enum sj_status take_rows(struct reading *reading, const json_t *value, struct sj_error *err) {
    const size_t n = json_is_array(value) ? json_array_size(value) : 1;
    struct sj_str *rows;
    SJ_TRY(sj_arena_new(&reading->arena, n + 1, sizeof *rows, &rows, err));
    for (size_t i = 0; i < n; i++)
        SJ_TRY(text_of(reading, "row", json_is_array(value) ? json_array_get(value, i) : value, &rows[i], err));
    reading->question.trend.rows = rows;
    reading->question.trend.n_rows = n;
    return SJ_OK;
}

static enum sj_status take_member(struct reading *reading, const char *key, const json_t *value, struct sj_error *err) {
    struct sj_question *question = &reading->question;
    if (strcmp(key, "lens") == 0)
        return take_lens(reading, value, err);
    if (strcmp(key, "parameters") == 0)
        return take_parameters(reading, value, err);
    if (strcmp(key, "trend") == 0)
        return text_of(reading, key, value, &question->trend.over, err);
    if (strcmp(key, "of") == 0)
        return text_of(reading, key, value, &question->trend.of, err);
    if (strcmp(key, "row") == 0)
        return take_rows(reading, value, err);
    if (strcmp(key, "breakdown") == 0)
        return text_of(reading, key, value, &question->breakdown, err);
    if (strcmp(key, "who") == 0) {
        question->who.is_asked = json_is_true(value);
        return SJ_OK;
    }
    if (strcmp(key, "who-after") == 0)
        return text_of(reading, key, value, &question->who.after, err);
    if (strcmp(key, "who-limit") == 0 && json_is_integer(value) && json_integer_value(value) > 0) {
        question->who.limit = json_integer_value(value);
        return SJ_OK;
    }
    return wrong("the question", key, err);
}

static enum sj_status read_question(struct sj_request *r, struct reading *reading, struct sj_error *err) {
    const char *key;
    json_t *value;
    reading->question.analysis = r->params[0];
    if (r->body.n == 0)
        return SJ_OK;
    SJ_TRY(sj_json_parse(sj_buf_str(&r->body), "the question", &reading->root, err));
    if (!json_is_object(reading->root))
        return sj_fail(err, SJ_E_USAGE, "the question is an object");
    json_object_foreach(reading->root, key, value) SJ_TRY(take_member(reading, key, value, err));
    reading->question.args = reading->words;
    reading->question.n_args = reading->n_words;
    reading->question.cancel = &r->cancelled;
    return SJ_OK;
}

/* Answers that list people are for those who may see people. */
static bool is_about_people(const struct sj_question *question) {
    const struct sj_analysis *analysis = NULL;
    for (size_t i = 0; sj_analyses[i]; i++)
        if (sj_str_eq(question->analysis, sj_str(sj_analyses[i]->name)))
            analysis = sj_analyses[i];
    return question->who.is_asked || (analysis && (analysis->needs & SJ_NEED_IDENTITY) != 0);
}

static enum sj_status answer(struct sj_request *r, const struct reading *reading, struct sj_error *err) {
    const struct sj_server_options *o = &r->server->options;
    struct sj_snapshot *snapshot;
    struct sj_answer answer = {0};
    SJ_TRY(sj_snapshot_open(o->store, &snapshot, err));
    sj_result_init(&answer.result, o->mem, sj_request_lang(r));
    enum sj_status status = sj_ask(o->os, o->mem, snapshot, &reading->question, &answer, err);
    if (status == SJ_OK)
        status = sj_answer_json(&answer, &r->reply.body, err);
    sj_result_done(&answer.result);
    sj_snapshot_close(snapshot);
    return status;
}

enum sj_status sj_api_ask(struct sj_request *r, struct sj_error *err) {
    struct reading reading = {.root = NULL};
    err->lang = sj_request_lang(r);
    sj_arena_init(&reading.arena, r->server->options.mem);
    enum sj_status status = read_question(r, &reading, err);
    if (status == SJ_OK && is_about_people(&reading.question) && !sj_key_kind_may(r->caller.kind, SJ_RIGHT_PEOPLE))
        sj_reply_problem(r, 403, "forbidden", "this key is for figures, and not for lists of people");
    else if (status == SJ_OK) {
        status = answer(r, &reading, err);
        r->reply.type = "application/json";
        r->reply.status = 200;
    }
    json_decref(reading.root);
    sj_arena_done(&reading.arena);
    return status;
}
