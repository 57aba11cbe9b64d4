/* What the files of the server share. */
#pragma once
#include <microhttpd.h>
#include <pthread.h>

#include "server/answers.h"
#include "server/collecting.h"
#include "server/rejected.h"
#include "server/request.h"
#include "server/workers.h"

/* Parsers that no request uses at the moment. */
struct sj_parser_shelf {
    pthread_mutex_t lock;
    struct sj_parcel_parser **parsers;
    size_t n, capacity;
};

struct sj_server {
    struct sj_server_options options;
    struct MHD_Daemon *daemon;
    uint16_t port;
    struct sj_access *access;
    struct sj_collecting *collecting;
    struct sj_workers *workers;
    struct sj_answers *answers;
    struct sj_rejected_list *rejects;
    struct sj_tidy *tidy;
    struct sj_parser_shelf parsers;
    atomic_bool is_stopping;
    atomic_int n_sleeping;              /* requests that wait, or waited and are not over yet */
    atomic_uint_fast64_t n_by_class[6]; /* answers by the first digit of their status */
    atomic_uint_fast64_t n_rejected;    /* events */
    atomic_uint_fast64_t n_from_memory; /* answers */
};

/* Finds out who calls, and refuses who may not. */
enum sj_status sj_request_authorize(struct sj_request *request, struct sj_error *err);
/* To the workers, or to the collecting thread. */
enum sj_status sj_request_hand_on(struct sj_request *request, struct sj_error *err);
/* libmicrohttpd's callbacks. */
enum MHD_Result sj_request_come(void *server, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                const char *upload_data, size_t *upload_data_size, void **con_cls);
void sj_request_gone(void *server, struct MHD_Connection *connection, void **con_cls, enum MHD_RequestTerminationCode why);
/* Counts and logs a request that is over. */
void sj_server_note(struct sj_server *server, const struct sj_request *request);

void sj_server_say(const struct sj_server *server, const char *level, const char *what, const char *text); /* a line of the log */
enum sj_lang sj_request_lang(const struct sj_request *request); /* of texts in the answer: ?lang=, else Accept-Language */
/* An entry of the audit record: which key did it. `subject` may be empty. */
enum sj_status sj_server_audit(struct sj_request *request, const char *action, struct sj_str subject, struct sj_error *err);
void sj_collector_drop(struct sj_request *request); /* its wish */

/* A parser for one request, and back. */
enum sj_status sj_parser_take(struct sj_server *server, struct sj_parcel_parser **ret_parser, struct sj_error *err);
void sj_parser_give(struct sj_server *server, struct sj_parcel_parser *parser);

/* Keeps the store tidy: empties a full inbox, merges segments. */
enum sj_status sj_tidy_start(struct sj_server *server, struct sj_tidy **ret_tidy, struct sj_error *err);
void sj_tidy_stop(struct sj_tidy *tidy);

/* Handlers, listed in endpoints.c. */
enum sj_status sj_api_alive(struct sj_request *request, struct sj_error *err);
enum sj_status sj_api_ready(struct sj_request *request, struct sj_error *err);
enum sj_status sj_api_metrics(struct sj_request *request, struct sj_error *err);
enum sj_status sj_api_analyses(struct sj_request *request, struct sj_error *err);
enum sj_status sj_api_ask(struct sj_request *request, struct sj_error *err);
enum sj_status sj_api_openapi(struct sj_request *request, struct sj_error *err);
enum sj_status sj_api_rejected(struct sj_request *request, struct sj_error *err);
enum sj_status sj_api_customer(struct sj_request *request, struct sj_error *err);
enum sj_status sj_api_identity(struct sj_request *request, struct sj_error *err);
enum sj_status sj_api_why(struct sj_request *request, struct sj_error *err);
enum sj_status sj_api_segments(struct sj_request *request, struct sj_error *err);
enum sj_status sj_collector_batch(struct sj_request *request, struct sj_error *err);
enum sj_status sj_collector_one(struct sj_request *request, struct sj_error *err);
enum sj_status sj_collector_metrics(struct sj_request *request, struct sj_error *err);
enum sj_status sj_collector_settings(struct sj_request *request, struct sj_error *err);
enum sj_status sj_collector_options(struct sj_request *request, struct sj_error *err);
