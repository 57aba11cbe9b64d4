#include "server/server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"
#include "server/inside.h"

#define HEADER_BYTES ((size_t)32 << 10)
#define IDLE_SECONDS 60U
#define PARSERS_KEPT 16
#define ANSWERS_BYTES ((size_t)64 << 20)

/* ---- log ---- */

void sj_server_say(const struct sj_server *server, const char *level, const char *what, const char *text) {
    const struct sj_server_options *o = &server->options;
    struct sj_buf line;
    struct sj_json json;
    if (!o->log)
        return;
    sj_buf_init(&line, o->mem, 8192);
    sj_json_init(&json, &line, NULL);
    sj_json_open(&json, '{');
    sj_json_key(&json, "time");
    sj_json_time(&json, o->os->now_us(o->os->ctx));
    sj_json_key(&json, "level");
    sj_json_text(&json, level);
    sj_json_key(&json, "event");
    sj_json_text(&json, what);
    sj_json_key(&json, "text");
    sj_json_text(&json, text);
    sj_json_close(&json, '}');
    if (json.status == SJ_OK && sj_buf_append(&line, "\0", 1, NULL) == SJ_OK)
        o->log(o->log_ctx, (const char *)line.data);
    sj_buf_done(&line);
}

/* The endpoint as it is declared, and not the path: that may hold an identity. */
static void log_request(const struct sj_server *server, const struct sj_request *r) {
    char text[200];
    if (r->reply.status < 500)
        return;
    snprintf(text, sizeof text, "%s %s: %u", r->endpoint ? r->endpoint->method : "?", r->endpoint ? r->endpoint->path : "?",
             r->reply.status);
    sj_server_say(server, "error", "request", text);
}

void sj_server_note(struct sj_server *server, const struct sj_request *r) {
    const unsigned class = r->reply.status / 100;
    if (class < sizeof server->n_by_class / sizeof *server->n_by_class)
        atomic_fetch_add_explicit(&server->n_by_class[class], 1, memory_order_relaxed);
    log_request(server, r);
}

/* ---- requests ---- */

enum sj_status sj_request_hand_on(struct sj_request *r, struct sj_error *err) {
    if (r->endpoint->how == SJ_WORKER)
        return sj_workers_put(r->server->workers, r, err);
    const enum sj_status status = sj_collecting_put(r->server->collecting, r->wish, err);
    if (status != SJ_OK)
        sj_collector_drop(r);
    return status;
}

enum sj_lang sj_request_lang(const struct sj_request *r) {
    const struct sj_str asked = sj_request_query(r, "lang"), header = sj_request_header(r, "Accept-Language");
    const struct sj_str from = asked.n > 0 ? asked : header;
    static const char *const tags[SJ_N_LANGS] = {[SJ_EN] = "en", [SJ_NL] = "nl", [SJ_ZH] = "zh"};
    for (int lang = 0; lang < SJ_N_LANGS; lang++)
        if (from.n >= 2 && sj_str_eq_nocase((struct sj_str){from.p, 2}, sj_str(tags[lang])))
            return (enum sj_lang)lang;
    return SJ_EN;
}

/* ---- life ---- */

static enum sj_status parse_address(const struct sj_server_options *o, struct sockaddr_storage *ret_address, bool *ret_is_6,
                                    struct sj_error *err) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)ret_address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)ret_address;
    memset(ret_address, 0, sizeof *ret_address);
    *ret_is_6 = false;
    if (inet_pton(AF_INET, o->address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(o->port);
        return SJ_OK;
    }
    if (inet_pton(AF_INET6, o->address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(o->port);
        *ret_is_6 = true;
        return SJ_OK;
    }
    return sj_fail(err, SJ_E_USAGE, "\"%s\" is no address; expected one such as 127.0.0.1, 0.0.0.0 or ::1", o->address);
}

static void ignore_log(void *ctx, const char *format, va_list args) {
    (void)ctx;
    (void)format;
    (void)args;
}

static enum sj_status listen_on(struct sj_server *server, struct sj_error *err) {
    const struct sj_server_options *o = &server->options;
    struct sockaddr_storage address;
    bool is_6;
    SJ_TRY(parse_address(o, &address, &is_6, err));
    const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG |
                           (is_6 ? MHD_USE_IPv6 : 0U) | (o->cert ? MHD_USE_TLS : 0U);
    const unsigned n_processors = o->os->n_processors(o->os->ctx);
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->cert},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->key},
                                   {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    server->daemon =
        MHD_start_daemon(flags, o->port, NULL, NULL, sj_request_come, server, MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL,
                         MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, sj_request_gone, server, MHD_OPTION_THREAD_POOL_SIZE,
                         n_processors > 1 ? (n_processors < 8 ? n_processors : 8) : 2U, MHD_OPTION_CONNECTION_LIMIT, o->n_connections,
                         MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->n_connections / 2 + 1, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_BYTES, MHD_OPTION_ARRAY, o->cert ? tls : none, MHD_OPTION_END);
    if (!server->daemon)
        return sj_fail(err, SJ_E_BUSY,
                       "the server cannot listen on %s, port %u: is another program listening there? --port chooses another", o->address,
                       (unsigned)o->port);
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    server->port = info && info->port ? info->port : o->port;
    return SJ_OK;
}

static enum sj_status start_parts(struct sj_server *server, struct sj_error *err) {
    const struct sj_server_options *o = &server->options;
    SJ_TRY(sj_mem_new(o->mem, PARSERS_KEPT, sizeof *server->parsers.parsers, (void *)&server->parsers.parsers, err));
    server->parsers.capacity = PARSERS_KEPT;
    SJ_TRY(sj_access_open(o->mem, o->store_path, &server->access, err));
    SJ_TRY(sj_collecting_start(o->mem, o->store, &server->collecting, err));
    SJ_TRY(sj_answers_new(o->mem, ANSWERS_BYTES, &server->answers, err));
    SJ_TRY(sj_rejected_new(o->mem, &server->rejects, err));
    SJ_TRY(sj_workers_start(o->mem, o->n_workers, &server->workers, err));
    SJ_TRY(sj_tidy_start(server, &server->tidy, err));
    return listen_on(server, err);
}

enum sj_status sj_server_start(const struct sj_server_options *options, struct sj_server **ret_server, struct sj_error *err) {
    struct sj_server *server;
    SJ_TRY(sj_mem_new(options->mem, 1, sizeof *server, &server, err));
    server->options = *options;
    (void)pthread_mutex_init(&server->parsers.lock, NULL);
    const enum sj_status status = start_parts(server, err);
    if (status == SJ_OK)
        *ret_server = server;
    else
        sj_server_stop(server);
    return status;
}

uint16_t sj_server_port(const struct sj_server *server) { return server->port; }

/* Those that were woken last are still on their way out: a client that hears nothing would send again. */
static void wait_for_answers(struct sj_server *server) {
    const struct timespec little = {0, 5000000};
    for (int i = 0; i < 400 && atomic_load(&server->n_sleeping) > 0; i++)
        (void)nanosleep(&little, NULL);
}

/* Connections that sleep must be awake before the daemon can stop: so what they wait for ends first, and is freed last. */
void sj_server_stop(struct sj_server *server) {
    if (!server)
        return;
    const struct sj_alloc *mem = server->options.mem;
    atomic_store(&server->is_stopping, true);
    const MHD_socket listening = server->daemon ? MHD_quiesce_daemon(server->daemon) : MHD_INVALID_SOCKET;
    sj_tidy_stop(server->tidy);
    sj_workers_end(server->workers);
    sj_collecting_end(server->collecting);
    if (server->daemon) {
        wait_for_answers(server);
        MHD_stop_daemon(server->daemon);
    }
    if (listening != MHD_INVALID_SOCKET)
        (void)close(listening);
    sj_workers_free(server->workers);
    sj_answers_free(server->answers);
    sj_rejected_free(server->rejects);
    sj_collecting_free(server->collecting);
    for (size_t i = 0; i < server->parsers.n; i++)
        sj_parcel_parser_free(server->parsers.parsers[i]);
    sj_mem_free(mem, (void *)server->parsers.parsers);
    sj_access_close(server->access);
    (void)pthread_mutex_destroy(&server->parsers.lock);
    sj_mem_free(mem, server);
}
