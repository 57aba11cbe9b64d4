/* The OpenAPI 3.1 document: made from the list of endpoints and the declarations of the analyses, so that it cannot say anything else. */
#include <stdio.h>

#include "base/json.h"
#include "server/inside.h"

static void put(struct sj_json *json, const char *key, const char *text) {
    sj_json_key(json, key);
    sj_json_text(json, text);
}

static void begin(struct sj_json *json, const char *key) {
    sj_json_key(json, key);
    sj_json_open(json, '{');
}

/* One that stands for itself, or a list of them. */
static void put_param(struct sj_json *json, const struct sj_param *param) {
    const bool is_list = param->type == SJ_PARAM_TOUCHPOINTS || param->type == SJ_PARAM_CHANNELS || param->type == SJ_PARAM_ROUTE;
    begin(json, param->name);
    put(json, "description", param->help);
    if (is_list) {
        sj_json_key(json, "type");
        sj_json_open(json, '[');
        sj_json_text(json, "string");
        sj_json_text(json, "array");
        sj_json_close(json, ']');
        begin(json, "items");
        put(json, "type", "string");
        sj_json_close(json, '}');
    } else {
        put(json, "type", param->type == SJ_PARAM_COUNT ? "integer" : param->type == SJ_PARAM_TRUTH ? "boolean" : "string");
    }
    if (param->type == SJ_PARAM_CHOICE && param->choices) {
        sj_json_key(json, "enum");
        sj_json_open(json, '[');
        for (const char *at = param->choices; *at;) {
            const size_t n = strcspn(at, " ");
            sj_json_str(json, (struct sj_str){at, n});
            at += n + (at[n] == ' ');
        }
        sj_json_close(json, ']');
    }
    sj_json_close(json, '}');
}

static void put_ref(struct sj_json *json, const char *ref) {
    sj_json_open(json, '{');
    put(json, "$ref", ref);
    sj_json_close(json, '}');
}

static void put_question(struct sj_json *json, const struct sj_analysis *analysis) {
    sj_json_open(json, '{');
    sj_json_key(json, "allOf");
    sj_json_open(json, '[');
    put_ref(json, "#/components/schemas/Question");
    sj_json_open(json, '{');
    put(json, "type", "object");
    begin(json, "properties");
    begin(json, "parameters");
    put(json, "type", "object");
    sj_json_key(json, "additionalProperties");
    sj_json_truth(json, false);
    begin(json, "properties");
    for (size_t i = 0; analysis && i < analysis->n_params; i++)
        put_param(json, &analysis->params[i]);
    sj_json_close(json, '}');
    sj_json_close(json, '}');
    sj_json_close(json, '}');
    sj_json_close(json, '}');
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void put_answers(struct sj_json *json, const struct sj_endpoint *e) {
    begin(json, "responses");
    begin(json, "200");
    put(json, "description", "done");
    sj_json_close(json, '}');
    begin(json, "default");
    put(json, "description", "there is no answer, and why");
    begin(json, "content");
    begin(json, e->how == SJ_COLLECT ? "application/json" : "application/problem+json");
    sj_json_key(json, "schema");
    put_ref(json, e->how == SJ_COLLECT ? "#/components/schemas/Refusal" : "#/components/schemas/Problem");
    sj_json_close(json, '}');
    sj_json_close(json, '}');
    sj_json_close(json, '}');
    sj_json_close(json, '}');
}

static void put_security(struct sj_json *json, const struct sj_endpoint *e) {
    sj_json_key(json, "security");
    sj_json_open(json, '[');
    for (int i = 0; i < 2 && e->right != SJ_RIGHT_NONE; i++) {
        sj_json_open(json, '{');
        sj_json_key(json, i == 0 ? "bearer" : "basic");
        sj_json_open(json, '[');
        sj_json_close(json, ']');
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

/* One method of a path. */
static void put_operation(struct sj_json *json, const struct sj_endpoint *e, const struct sj_analysis *analysis) {
    char method[16] = "";
    for (size_t i = 0; e->method[i] && i + 1 < sizeof method; i++)
        method[i] = (char)(e->method[i] + ('a' - 'A'));
    begin(json, method);
    put(json, "summary", analysis ? analysis->title : e->summary);
    put(json, "x-right", sj_right_name(e->right));
    put_security(json, e);
    if (e->body_max > 0) {
        begin(json, "requestBody");
        begin(json, "content");
        begin(json, "application/json");
        sj_json_key(json, "schema");
        if (e->how == SJ_WORKER)
            put_question(json, analysis);
        else
            put_ref(json, "#/components/schemas/Events");
        sj_json_close(json, '}');
        sj_json_close(json, '}');
        sj_json_close(json, '}');
    }
    put_answers(json, e);
    sj_json_close(json, '}');
}

/* The names in braces. */
static void put_path_params(struct sj_json *json, const char *path) {
    sj_json_key(json, "parameters");
    sj_json_open(json, '[');
    for (const char *at = path; (at = strchr(at, '{'));) {
        const char *end = strchr(at, '}');
        sj_json_open(json, '{');
        sj_json_key(json, "name");
        sj_json_str(json, (struct sj_str){at + 1, (size_t)(end - at - 1)});
        put(json, "in", "path");
        sj_json_key(json, "required");
        sj_json_truth(json, true);
        begin(json, "schema");
        put(json, "type", "string");
        sj_json_close(json, '}');
        sj_json_close(json, '}');
        at = end;
    }
    sj_json_close(json, ']');
}

static bool is_first_of_path(const struct sj_endpoint *e) {
    for (const struct sj_endpoint *before = sj_endpoints; before != e; before++)
        if (strcmp(before->path, e->path) == 0)
            return false;
    return true;
}

static void put_paths(struct sj_json *json) {
    begin(json, "paths");
    for (const struct sj_endpoint *e = sj_endpoints; e->method; e++) {
        if (!is_first_of_path(e))
            continue;
        begin(json, e->path);
        put_path_params(json, e->path);
        for (const struct sj_endpoint *same = e; same->method; same++)
            if (strcmp(same->path, e->path) == 0)
                put_operation(json, same, NULL);
        sj_json_close(json, '}');
        for (size_t i = 0; e->handle == sj_api_ask && sj_analyses[i]; i++) { /* each analysis by its own name, with its own parameters */
            char path[200];
            snprintf(path, sizeof path, "/api/v1/analyses/%s", sj_analyses[i]->name);
            begin(json, path);
            put_operation(json, e, sj_analyses[i]);
            sj_json_close(json, '}');
        }
    }
    sj_json_close(json, '}');
}

/* An object of texts. */
static void put_texts(struct sj_json *json, const char *const *names, size_t n) {
    put(json, "type", "object");
    begin(json, "properties");
    for (size_t i = 0; i < n; i++) {
        begin(json, names[i]);
        put(json, "type", "string");
        sj_json_close(json, '}');
    }
    sj_json_close(json, '}');
}

static void put_schema(struct sj_json *json, const char *name, const char *const *texts, size_t n) {
    begin(json, name);
    put_texts(json, texts, n);
    sj_json_close(json, '}');
}

static void put_components(struct sj_json *json) {
    static const char *const lens[] = {"from", "to", "where", "segment", "journey", "as_of", "timezone"};
    static const char *const question[] = {"trend", "of", "breakdown", "who-after", "identity"};
    static const char *const problem[] = {"type", "title", "detail"}, *const refusal[] = {"code", "message", "error"};
    begin(json, "components");
    begin(json, "securitySchemes");
    for (int i = 0; i < 2; i++) {
        begin(json, i == 0 ? "bearer" : "basic");
        put(json, "type", "http");
        put(json, "scheme", i == 0 ? "bearer" : "basic");
        sj_json_close(json, '}');
    }
    sj_json_close(json, '}');
    begin(json, "schemas");
    put_schema(json, "Lens", lens, sizeof lens / sizeof *lens);
    put_schema(json, "Problem", problem, sizeof problem / sizeof *problem);
    put_schema(json, "Refusal", refusal, sizeof refusal / sizeof *refusal);
    begin(json, "Events");
    put(json, "type", "object");
    put(json, "description", "as Segment's HTTP tracking API has them");
    sj_json_close(json, '}');
    begin(json, "Question");
    sj_json_key(json, "allOf");
    sj_json_open(json, '[');
    sj_json_open(json, '{');
    put_texts(json, question, sizeof question / sizeof *question);
    sj_json_close(json, '}');
    sj_json_open(json, '{');
    put(json, "type", "object");
    begin(json, "properties");
    sj_json_key(json, "lens");
    put_ref(json, "#/components/schemas/Lens");
    begin(json, "who");
    put(json, "type", "boolean");
    sj_json_close(json, '}');
    begin(json, "who-limit");
    put(json, "type", "integer");
    sj_json_close(json, '}');
    sj_json_close(json, '}');
    sj_json_close(json, '}');
    sj_json_close(json, ']');
    sj_json_close(json, '}');
    sj_json_close(json, '}');
    sj_json_close(json, '}');
}

enum sj_status sj_api_openapi(struct sj_request *r, struct sj_error *err) {
    struct sj_json json = sj_reply_json(r, 200, err);
    sj_json_open(&json, '{');
    put(&json, "openapi", "3.1.0");
    begin(&json, "info");
    put(&json, "title", "Sojourn");
    put(&json, "version", SJ_VERSION);
    sj_json_close(&json, '}');
    put_paths(&json);
    put_components(&json);
    sj_json_close(&json, '}');
    return json.status;
}
