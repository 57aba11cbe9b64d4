#include "server/request.h"

#include <microhttpd.h>
#include <poll.h>

#include "base/json.h"
#include "base/time.h"
#include "ingest/inflate.h"
#include "server/inside.h"

#define BODY_US (60 * SJ_US_SECOND)
#define PASSED_OVER_BYTES ((size_t)4 << 20)

/* ---- what was asked ---- */

struct sj_str sj_request_header(const struct sj_request *r, const char *name) {
    const char *value = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
    return value ? sj_str(value) : (struct sj_str){"", 0};
}

struct sj_str sj_request_query(const struct sj_request *r, const char *name) {
    const char *value = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
    return value ? sj_str(value) : (struct sj_str){"", 0};
}

/* A part of the pattern against one of the path. */
static bool fits(const char *pattern, const char *path, struct sj_str params[SJ_PARAMS_MAX]) {
    size_t n = 0;
    while (*pattern || *path) {
        if (*pattern == '{') {
            const char *end = path;
            while (*end && *end != '/')
                end++;
            if (end == path || n == SJ_PARAMS_MAX)
                return false;
            params[n++] = (struct sj_str){path, (size_t)(end - path)};
            path = end;
            pattern = strchr(pattern, '}') + 1;
            continue;
        }
        if (*pattern++ != *path++)
            return false;
    }
    return true;
}

/* *ret_known: the path is there, though not for this method. */
static const struct sj_endpoint *find_endpoint(struct sj_request *r, const char *method, bool *ret_known) {
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    *ret_known = false;
    for (const struct sj_endpoint *e = sj_endpoints; e->method; e++) {
        struct sj_str params[SJ_PARAMS_MAX] = {{"", 0}, {"", 0}};
        if (!fits(e->path, r->path, params))
            continue;
        *ret_known = true;
        if (strcmp(e->method, wanted) != 0)
            continue;
        memcpy(r->params, params, sizeof params);
        return e;
    }
    return NULL;
}

/* ---- replies ---- */

struct sj_json sj_reply_json(struct sj_request *r, unsigned status, struct sj_error *err) {
    struct sj_json json;
    sj_buf_reset(&r->reply.body);
    r->reply.status = status;
    r->reply.type = "application/json";
    sj_json_init(&json, &r->reply.body, err);
    return json;
}

/* The members that Segment's clients read, beside those of a problem document. */
void sj_reply_problem(struct sj_request *r, unsigned status, const char *code, const char *detail) {
    struct sj_json json = sj_reply_json(r, status, NULL);
    sj_json_open(&json, '{');
    if (r->is_collector) {
        sj_json_key(&json, "success");
        sj_json_truth(&json, false);
        sj_json_key(&json, "code");
        sj_json_text(&json, code);
        sj_json_key(&json, "message");
        sj_json_text(&json, detail);
        sj_json_key(&json, "error");
        sj_json_text(&json, detail);
    } else {
        r->reply.type = "application/problem+json";
        sj_json_key(&json, "type");
        sj_json_text(&json, "about:blank");
        sj_json_key(&json, "title");
        sj_json_text(&json, code);
        sj_json_key(&json, "status");
        sj_json_i64(&json, status);
        sj_json_key(&json, "detail");
        sj_json_text(&json, detail);
    }
    sj_json_close(&json, '}');
}

/* Of a collector: what cannot be read is 400, and what is too large too, as Segment answers; what may be sent again is 503. */
static unsigned http_status(const struct sj_request *r, enum sj_status status) {
    if (!r->is_collector)
        return status == SJ_E_BUSY ? 503 : (unsigned)sj_status_http(status);
    switch (status) {
    case SJ_E_USAGE:
    case SJ_E_INPUT:
    case SJ_E_LIMIT: return 400;
    default: return 503;
    }
}

void sj_reply_error(struct sj_request *r, enum sj_status status, const struct sj_error *error) {
    const unsigned code = http_status(r, status);
    sj_reply_problem(r, code, r->is_collector && code == 400 ? "invalid_request" : sj_status_name(status), error->message);
    r->reply.retry_after_s = code == 503 ? 1 : 0;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value) {
    (void)MHD_add_response_header(response, name, value);
}

/* Any page may send events with a write key; answers are for pages of our own. */
static void add_cors(const struct sj_request *r, struct MHD_Response *response) {
    const char *origin = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Origin");
    add_header(response, "Vary", "Origin");
    if (!r->is_collector || !origin)
        return;
    add_header(response, "Access-Control-Allow-Origin", origin);
    add_header(response, "Access-Control-Allow-Methods", "GET, POST, OPTIONS");
    add_header(response, "Access-Control-Allow-Headers", "authorization, content-type, content-encoding, x-retry-count");
    add_header(response, "Access-Control-Expose-Headers", "Retry-After, X-RateLimit-Reset");
    add_header(response, "Access-Control-Max-Age", "900");
}

static enum MHD_Result send_reply(struct sj_request *r) {
    struct sj_reply *reply = &r->reply;
    struct MHD_Response *response = MHD_create_response_from_buffer(reply->body.n, reply->body.data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    if (reply->type)
        add_header(response, "Content-Type", reply->type);
    add_header(response, "Cache-Control", "no-store");
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    add_header(response, "Referrer-Policy", "no-referrer");
    if (reply->retry_after_s > 0) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)reply->retry_after_s);
        add_header(response, "Retry-After", text);
    }
    if (reply->status == 401)
        add_header(response, "WWW-Authenticate", "Bearer");
    add_cors(r, response);
    const enum MHD_Result result = MHD_queue_response(r->connection, reply->status, response);
    MHD_destroy_response(response);
    r->answered = true;
    return result;
}

/* ---- from the first header to the answer ---- */

static bool is_collector_path(const char *path) { return strncmp(path, "/v1/", 4) == 0; }

static enum sj_status make_request(struct sj_server *server, struct MHD_Connection *connection, const char *path,
                                   struct sj_request **ret_request, struct sj_error *err) {
    const struct sj_alloc *mem = server->options.mem;
    struct sj_request *r;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *r, &r, err));
    r->server = server;
    r->connection = connection;
    r->begun_us = server->options.os->monotonic_us(server->options.os->ctx);
    r->is_collector = is_collector_path(path);
    sj_buf_init(&r->reply.body, mem, SIZE_MAX / 2);
    const enum sj_status status = sj_mem_new(mem, strlen(path) + 1, 1, &r->path, err);
    if (status != SJ_OK) {
        sj_mem_free(mem, r);
        return status;
    }
    memcpy(r->path, path, strlen(path) + 1);
    *ret_request = r;
    return SJ_OK;
}

static void free_request(struct sj_request *r) {
    const struct sj_alloc *mem = r->server->options.mem;
    sj_inflater_free(r->inflater);
    if (r->body.mem)
        sj_buf_done(&r->body);
    sj_buf_done(&r->reply.body);
    sj_mem_free(mem, r->path);
    sj_mem_free(mem, r);
}

static void refuse(struct sj_request *r, unsigned status, const char *code, const char *detail) {
    sj_reply_problem(r, status, code, detail);
    r->refused = true;
}

/* Whether there is such an endpoint, the caller may use it, and its body can be taken. */
static void begin(struct sj_request *r, const char *method) {
    struct sj_error error = {.lang = SJ_EN};
    bool known;
    r->endpoint = find_endpoint(r, method, &known);
    if (!r->endpoint) {
        if (known)
            refuse(r, 405, "method_not_allowed", "this address does not take this method");
        else
            refuse(r, 404, "not_found", "there is nothing at this address");
        return;
    }
    enum sj_status status = sj_request_authorize(r, &error);
    if (status == SJ_OK && !r->refused) {
        sj_buf_init(&r->body, r->server->options.mem, r->endpoint->body_max + 1);
        const struct sj_str encoding = sj_request_header(r, "Content-Encoding");
        if (sj_str_eq_nocase(encoding, SJ_LIT("gzip")))
            status = sj_inflater_new(r->server->options.mem, &r->inflater, &error);
        else if (encoding.n > 0 && !sj_str_eq_nocase(encoding, SJ_LIT("identity")))
            refuse(r, 415, "unsupported_encoding", "the body may be plain or gzip");
    }
    if (status != SJ_OK) {
        sj_reply_error(r, status, &error);
        r->refused = true;
    }
}

/* More of the body. What is refused is read on without being kept, so that the client reads the answer. */
static void take_body(struct sj_request *r, const char *bytes, size_t n) {
    struct sj_error error = {.lang = SJ_EN};
    enum sj_status status = SJ_OK;
    if (r->refused) {
        r->n_passed_over += n;
        return;
    }
    if (r->inflater)
        status = sj_inflater_add(r->inflater, (struct sj_str){bytes, n}, &r->body, &error);
    else if (n > r->endpoint->body_max - (r->body.n < r->endpoint->body_max ? r->body.n : r->endpoint->body_max))
        status = sj_fail(&error, SJ_E_LIMIT, "the body has more than %zu bytes", r->endpoint->body_max);
    else
        status = sj_buf_append(&r->body, bytes, n, &error);
    if (status == SJ_OK && r->body.n > r->endpoint->body_max)
        status = sj_fail(&error, SJ_E_LIMIT, "the body has more than %zu bytes", r->endpoint->body_max);
    if (status != SJ_OK) {
        sj_reply_error(r, status, &error);
        r->refused = true;
        sj_buf_reset(&r->body);
    }
}

/* Sleeps until the answer is there, which may be before this returns. */
static enum MHD_Result sleep_over(struct sj_request *r) {
    struct sj_error error = {.lang = SJ_EN};
    r->slept = true;
    atomic_fetch_add(&r->server->n_sleeping, 1);
    MHD_suspend_connection(r->connection);
    const enum sj_status status = sj_request_hand_on(r, &error);
    if (status != SJ_OK) {
        sj_reply_error(r, status, &error);
        MHD_resume_connection(r->connection);
    }
    return MHD_YES;
}

/* The body is there. */
static enum MHD_Result run(struct sj_request *r) {
    struct sj_error error = {.lang = SJ_EN};
    enum sj_status status = SJ_OK;
    r->received_us = r->server->options.os->now_us(r->server->options.os->ctx);
    if (r->inflater)
        status = sj_inflater_end(r->inflater, &error);
    if (status == SJ_OK && r->endpoint->how != SJ_WORKER)
        status = r->endpoint->handle(r, &error);
    if (status != SJ_OK)
        sj_reply_error(r, status, &error);
    return r->reply.status != 0 ? send_reply(r) : sleep_over(r);
}

bool sj_request_is_gone(const struct sj_request *r) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd poll_fd = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};
    return info && poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void sj_request_wake(struct sj_request *r) { MHD_resume_connection(r->connection); }

/* A body that does not come to its end, or is refused and goes on and on: the connection is closed. */
static bool has_enough_of_it(const struct sj_request *r) {
    const struct sj_os *os = r->server->options.os;
    return os->monotonic_us(os->ctx) - r->begun_us > BODY_US || r->n_passed_over > PASSED_OVER_BYTES;
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd wants it so */
enum MHD_Result sj_request_come(void *server, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                const char *upload_data, size_t *upload_data_size, void **con_cls) {
    struct sj_request *r = *con_cls;
    (void)version;
    if (!r) {
        if (make_request(server, connection, url, &r, NULL) != SJ_OK)
            return MHD_NO;
        *con_cls = r;
        begin(r, method);
        return MHD_YES;
    }
    if (*upload_data_size > 0) {
        if (has_enough_of_it(r))
            return MHD_NO;
        take_body(r, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return MHD_YES;
    }
    if (r->answered)
        return MHD_YES;
    if (r->refused || r->reply.status != 0)
        return send_reply(r);
    return run(r);
}

void sj_request_gone(void *server, struct MHD_Connection *connection, void **con_cls, enum MHD_RequestTerminationCode why) {
    (void)connection;
    (void)why;
    struct sj_request *r = *con_cls;
    *con_cls = NULL;
    if (!r)
        return;
    if (r->slept)
        atomic_fetch_sub(&r->server->n_sleeping, 1);
    sj_server_note(server, r);
    free_request(r);
}
