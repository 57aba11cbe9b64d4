/* The API: what is asked as JSON becomes a question of api/ask.h, and its answer JSON. */
#include "server/asked.h"

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
    const struct sj_workers_counts questions = sj_workers_counts(server->workers);
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
    SJ_TRY(put_metric(out, "sojourn_answers_from_memory_total", "counter", "Answers that were given before.", "",
                      atomic_load(&server->n_from_memory), err));
    SJ_TRY(put_metric(out, "sojourn_running_questions", "gauge", "Questions that are being answered.", "", questions.n_running, err));
    SJ_TRY(put_metric(out, "sojourn_waiting_questions", "gauge", "Questions that wait for a worker.", "", questions.n_waiting, err));
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

#define SJ_IDENTITY_PROPERTY "@identity" /* whose an event was before identities were linked: a property whose values are people */

/* Answers that list people are for those who may see people. */
static bool is_about_people(const struct sj_question *question) {
    const struct sj_analysis *analysis = NULL;
    for (size_t i = 0; sj_analyses[i]; i++)
        if (sj_str_eq(question->analysis, sj_str(sj_analyses[i]->name)))
            analysis = sj_analyses[i];
    return question->who.is_asked || (analysis && (analysis->needs & SJ_NEED_IDENTITY) != 0);
}

static enum sj_status compute(struct sj_request *r, struct sj_snapshot *snapshot, const struct sj_question *question,
                              struct sj_error *err) {
    const struct sj_server_options *o = &r->server->options;
    struct sj_answer answer = {0};
    sj_result_init(&answer.result, o->mem, sj_request_lang(r));
    enum sj_status status = sj_ask(o->os, o->mem, snapshot, question, &answer, err);
    if (status == SJ_OK)
        status = sj_answer_json(&answer, &r->reply.body, err);
    sj_result_done(&answer.result);
    return status;
}

/* What the answer depends on: the events as they were after the last commit, and what is asked, byte for byte. */
static enum sj_status key_of(const struct sj_request *r, const struct sj_snapshot *snapshot, struct sj_hash128 *ret_key,
                             struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    struct sj_buf text;
    sj_buf_init(&text, r->server->options.mem, SIZE_MAX / 2);
    enum sj_status status = sj_buf_print(&text, err, "%lld %llu %d %s\n", (long long)view->as_of_us, (unsigned long long)view->n_events,
                                         (int)sj_request_lang(r), r->path);
    if (status == SJ_OK)
        status = sj_buf_append_str(&text, sj_buf_str(&r->body), err);
    *ret_key = sj_hash128(text.data, text.n, sj_snapshot_seed(snapshot));
    sj_buf_done(&text);
    return status;
}

/* From memory, where it was answered before. */
static enum sj_status answer_from(struct sj_request *r, struct sj_snapshot *snapshot, const struct sj_question *question,
                                  struct sj_error *err) {
    struct sj_answers *answers = r->server->answers;
    struct sj_hash128 key;
    enum sj_found found;
    SJ_TRY(key_of(r, snapshot, &key, err));
    SJ_TRY(sj_answers_find(answers, key, &r->reply.body, &found, err));
    if (found == SJ_FOUND_ANSWER) {
        atomic_fetch_add_explicit(&r->server->n_from_memory, 1, memory_order_relaxed);
        return SJ_OK;
    }
    const enum sj_status status = compute(r, snapshot, question, err);
    sj_answers_put(answers, key, status == SJ_OK ? &r->reply.body : NULL);
    return status;
}

static enum sj_status answer(struct sj_request *r, const struct sj_question *question, struct sj_error *err) {
    struct sj_snapshot *snapshot;
    SJ_TRY(sj_snapshot_open(r->server->options.store, &snapshot, err));
    const enum sj_status status = answer_from(r, snapshot, question, err);
    sj_snapshot_close(snapshot);
    return status;
}

enum sj_status sj_api_ask(struct sj_request *r, struct sj_error *err) {
    struct sj_asked asked;
    err->lang = sj_request_lang(r);
    enum sj_status status = sj_asked_read(r, &asked, err);
    asked.question.analysis = r->params[0];
    const bool lists_people =
        status == SJ_OK && (is_about_people(&asked.question) || sj_asked_mentions(&asked, SJ_LIT(SJ_IDENTITY_PROPERTY)));
    if (lists_people && !sj_key_kind_may(r->caller.kind, SJ_RIGHT_PEOPLE)) {
        sj_reply_problem(r, 403, "forbidden", "this key is for figures, and not for lists of people");
        sj_asked_done(&asked);
        return SJ_OK;
    }
    if (lists_people)
        status = sj_server_audit(r, "list", (struct sj_str){"", 0}, err);
    if (status == SJ_OK)
        status = answer(r, &asked.question, err);
    r->reply.type = "application/json";
    r->reply.status = 200;
    sj_asked_done(&asked);
    return status;
}
