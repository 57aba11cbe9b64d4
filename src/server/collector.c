/* The collector: Segment's HTTP tracking API, as its client libraries use it. */
#include "base/json.h"
#include "server/inside.h"

/* ---- parsers ---- */

enum sj_status sj_parser_take(struct sj_server *server, struct sj_parcel_parser **ret_parser, struct sj_error *err) {
    struct sj_parser_shelf *shelf = &server->parsers;
    struct sj_parcel_parser *parser = NULL;
    (void)pthread_mutex_lock(&shelf->lock);
    if (shelf->n > 0)
        parser = shelf->parsers[--shelf->n];
    (void)pthread_mutex_unlock(&shelf->lock);
    if (!parser) {
        const struct sj_os *os = server->options.os;
        uint64_t seed;
        SJ_TRY(os->random(os->ctx, &seed, sizeof seed, err));
        return sj_parcel_parser_new(server->options.mem, seed, ret_parser, err);
    }
    *ret_parser = parser;
    return SJ_OK;
}

void sj_parser_give(struct sj_server *server, struct sj_parcel_parser *parser) {
    struct sj_parser_shelf *shelf = &server->parsers;
    (void)pthread_mutex_lock(&shelf->lock);
    const bool has_room = shelf->n < shelf->capacity;
    if (has_room)
        shelf->parsers[shelf->n++] = parser;
    (void)pthread_mutex_unlock(&shelf->lock);
    if (!has_room)
        sj_parcel_parser_free(parser);
}

/* ---- answers ---- */

static void put_rejects(struct sj_json *json, const struct sj_parcel_reject *rejects, size_t n) {
    sj_json_key(json, "rejected");
    sj_json_open(json, '[');
    for (size_t i = 0; i < n; i++) {
        sj_json_open(json, '{');
        sj_json_key(json, "index");
        sj_json_i64(json, (int64_t)rejects[i].index);
        sj_json_key(json, "messageId");
        if (rejects[i].message_id.n > 0)
            sj_json_str(json, rejects[i].message_id);
        else
            sj_json_null(json);
        sj_json_key(json, "code");
        sj_json_text(json, rejects[i].code);
        sj_json_key(json, "message");
        sj_json_str(json, rejects[i].reason);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

/* {"success": true} where all is well, as Segment answers; the one event of a request that is rejected is a wrong request. */
static void answer(struct sj_request *r, const struct sj_parcel *parcel) {
    size_t n_rejects;
    const struct sj_parcel_reject *rejects = sj_parcel_rejects(parcel, &n_rejects);
    atomic_fetch_add_explicit(&r->server->n_rejected, n_rejects, memory_order_relaxed);
    for (size_t i = 0; i < n_rejects; i++)
        sj_rejected_add(r->server->rejects, r->caller.key, r->received_us, &rejects[i]);
    if (n_rejects > 0 && r->endpoint->handle == sj_collector_one) {
        char reason[512];
        snprintf(reason, sizeof reason, "%.*s", (int)(rejects->reason.n < 500 ? rejects->reason.n : 500), rejects->reason.p);
        sj_reply_problem(r, 400, rejects->code, reason);
        return;
    }
    struct sj_json json = sj_reply_json(r, 200, NULL);
    sj_json_open(&json, '{');
    sj_json_key(&json, "success");
    sj_json_truth(&json, true);
    if (n_rejects > 0) {
        sj_json_key(&json, "accepted");
        sj_json_i64(&json, (int64_t)sj_parcel_n_events(parcel));
        put_rejects(&json, rejects, n_rejects);
    }
    sj_json_close(&json, '}');
}

void sj_collector_drop(struct sj_request *r) {
    sj_parcel_free(r->wish->parcel);
    sj_mem_free(r->server->options.mem, r->wish);
    r->wish = NULL;
}

/* On the collecting thread. */
static void done(void *ctx, enum sj_status status, const struct sj_error *error) {
    struct sj_request *r = ctx;
    if (status == SJ_OK)
        answer(r, r->wish->parcel);
    else
        sj_reply_error(r, status, error);
    sj_collector_drop(r);
    sj_request_wake(r);
}

/* ---- requests ---- */

/* The key may stand in the body alone. What is refused is answered here. */
static enum sj_status check_key(void *ctx, struct sj_str write_key, struct sj_error *err) {
    struct sj_request *r = ctx;
    if (r->caller.key == 0 && write_key.n > 0)
        SJ_TRY(sj_access_find(r->server->access, write_key, &r->caller, err));
    if (r->caller.key != 0 && sj_key_kind_may(r->caller.kind, SJ_RIGHT_COLLECT))
        return SJ_OK;
    sj_reply_problem(r, 401, "invalid_write_key", "this is no write key of this store");
    return SJ_E_USAGE;
}

static enum sj_status take(struct sj_request *r, const struct sj_parcel_source *source, struct sj_error *err) {
    struct sj_parcel_parser *parser;
    struct sj_parcel *parcel = NULL;
    SJ_TRY(sj_parser_take(r->server, &parser, err));
    enum sj_status status = sj_parcel_read(parser, source, &parcel, err);
    sj_parser_give(r->server, parser);
    if (r->reply.status != 0)
        return SJ_OK;
    SJ_TRY(status);
    if (sj_parcel_n_events(parcel) == 0)
        answer(r, parcel);
    else
        status = sj_mem_new(r->server->options.mem, 1, sizeof *r->wish, &r->wish, err);
    if (status != SJ_OK || r->reply.status != 0) {
        sj_parcel_free(parcel);
        return status;
    }
    *r->wish = (struct sj_wish){.parcel = parcel, .done = done, .ctx = r};
    return SJ_OK;
}

enum sj_status sj_collector_batch(struct sj_request *r, struct sj_error *err) {
    const struct sj_parcel_source source = {.body = sj_buf_str(&r->body), .received_us = r->received_us, .check = check_key, .ctx = r};
    return take(r, &source, err);
}

/* "/v1/track", and "/v1/t" as a browser's library has it. */
enum sj_status sj_collector_one(struct sj_request *r, struct sj_error *err) {
    const struct sj_parcel_source source = {
        .body = sj_buf_str(&r->body), .type = sj_parcel_type(r->params[0]), .received_us = r->received_us, .check = check_key, .ctx = r};
    if (!source.type) {
        sj_reply_problem(r, 404, "not_found", "there is nothing at this address");
        return SJ_OK;
    }
    return take(r, &source, err);
}

/* What a library counts about itself is not kept. */
enum sj_status sj_collector_metrics(struct sj_request *r, struct sj_error *err) {
    (void)sj_reply_json(r, 200, err);
    return sj_buf_append_str(&r->reply.body, SJ_LIT("{\"success\":true}"), err);
}

/* With this, and nothing less, a browser's library sends: where to, and with which key. */
enum sj_status sj_collector_settings(struct sj_request *r, struct sj_error *err) {
    const struct sj_str host = sj_request_header(r, "Host");
    const char *protocol = r->server->options.cert ? "https" : "http";
    struct sj_buf api_host;
    struct sj_json json = sj_reply_json(r, 200, err);
    sj_buf_init(&api_host, r->server->options.mem, 4096);
    enum sj_status status = sj_buf_print(&api_host, err, "%.*s/v1", SJ_ARG(host));
    sj_json_open(&json, '{');
    sj_json_key(&json, "integrations");
    sj_json_open(&json, '{');
    sj_json_key(&json, "Segment.io");
    sj_json_open(&json, '{');
    sj_json_key(&json, "apiKey");
    sj_json_str(&json, r->params[0]);
    sj_json_key(&json, "apiHost");
    sj_json_str(&json, sj_buf_str(&api_host));
    sj_json_key(&json, "protocol");
    sj_json_text(&json, protocol);
    sj_json_close(&json, '}');
    sj_json_close(&json, '}');
    sj_json_close(&json, '}');
    sj_buf_done(&api_host);
    return status != SJ_OK ? status : json.status;
}

enum sj_status sj_collector_options(struct sj_request *r, struct sj_error *err) {
    (void)err;
    r->reply.status = 204;
    return SJ_OK;
}

/* ---- what was rejected ---- */

enum { REJECTED_AT_ONCE = 100 };

struct rejected_page {
    struct sj_json *json;
    size_t n;
};

static enum sj_status put_rejected(void *ctx, const struct sj_rejected *rejected, struct sj_error *err) {
    struct rejected_page *page = ctx;
    struct sj_json *json = page->json;
    (void)err;
    if (page->n++ >= REJECTED_AT_ONCE)
        return SJ_OK;
    sj_json_open(json, '{');
    sj_json_key(json, "number");
    sj_json_i64(json, (int64_t)rejected->number);
    sj_json_key(json, "time");
    sj_json_time(json, rejected->time_us);
    sj_json_key(json, "key");
    sj_json_i64(json, rejected->key);
    sj_json_key(json, "code");
    sj_json_text(json, rejected->code);
    sj_json_key(json, "reason");
    sj_json_str(json, rejected->reason);
    sj_json_key(json, "messageId");
    sj_json_str(json, rejected->message_id);
    sj_json_key(json, "raw");
    sj_json_str(json, rejected->raw);
    sj_json_close(json, '}');
    return json->status;
}

enum sj_status sj_api_rejected(struct sj_request *r, struct sj_error *err) {
    const struct sj_str text = sj_request_query(r, "after");
    int64_t after = 0;
    if (text.n > 0 && (!sj_str_to_i64(text, &after) || after < 0))
        return sj_fail(err, SJ_E_USAGE, "\"after\" is the number of an event of this list, not \"%.*s\"", SJ_ARG(text));
    SJ_TRY(sj_server_audit(r, "list", (struct sj_str){"", 0}, err));
    struct sj_json json = sj_reply_json(r, 200, err);
    struct rejected_page page = {&json, 0};
    sj_json_open(&json, '{');
    sj_json_key(&json, "rejected");
    sj_json_open(&json, '[');
    SJ_TRY(sj_rejected_each(r->server->rejects, (uint64_t)after, put_rejected, &page, err));
    sj_json_close(&json, ']');
    sj_json_close(&json, '}');
    return json.status;
}
