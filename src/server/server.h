/* The server: one store over HTTP. Events stream in, answers go out.
 *
 *   socket ─ libmicrohttpd (threads of its own) ─ request ─ endpoint (endpoints.c: the list of all of them)
 *                                                             ├─ at once: health, lists
 *                                                             ├─ workers.h: questions; the request sleeps until there is an answer
 *                                                             └─ collecting.h: events; the request sleeps until they are durable
 *
 * The server is the writer of its store for as long as it runs. Who may do what is in access.h.
 * Threads: those of libmicrohttpd take requests; one loads and commits what was collected; some answer questions; one keeps the store tidy. */
#pragma once
#include "api/ask.h"
#include "store/store.h"

struct sj_server_options {
    const struct sj_os *os;
    const struct sj_alloc *mem;
    struct sj_store *store;                   /* open for writing; outlives the server */
    const char *store_path;                   /* its access.db lies beside the catalog */
    const char *address;                      /* "127.0.0.1", "::1", "0.0.0.0" */
    uint16_t port;                            /* 0: any that is free */
    const char *cert, *key;                   /* PEM texts; NULL: no TLS */
    unsigned n_connections;                   /* at most, at once */
    unsigned n_workers;                       /* questions that are answered at once */
    void (*log)(void *ctx, const char *line); /* one JSON object a line, without personal data */
    void *log_ctx;
};

struct sj_server;
enum sj_status sj_server_start(const struct sj_server_options *options, struct sj_server **ret_server, struct sj_error *err);
uint16_t sj_server_port(const struct sj_server *server);
/* Takes no more requests, ends questions, commits what was taken, and flushes. What was acknowledged is in the store in any case. */
void sj_server_stop(struct sj_server *server);
