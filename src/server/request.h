/* One HTTP request, from its first header to its answer. Inside the room.
 *
 * The body is gathered up to the endpoint's limit, unpacked where it is gzip, and then the endpoint's handler is called: on the thread of
 * the connection, or later on another one, while the connection sleeps. A handler writes the reply and nothing else.
 * Errors become problem documents (RFC 9457): {"type", "title", "status", "detail"}. */
#pragma once
#include <stdatomic.h>

#include "base/buf.h"
#include "server/access.h"
#include "server/server.h"

struct MHD_Connection;
struct sj_request;

enum sj_how {
    SJ_AT_ONCE, /* on the thread of the connection: quick, and waits for nobody */
    SJ_WORKER,  /* reads the store */
    SJ_COLLECT, /* events: read on the thread of the connection, then durable by the collecting thread */
};

enum { SJ_PARAMS_MAX = 2 };
struct sj_endpoint {
    const char *method, *path; /* "/api/v1/analyses/{name}": a part in braces is a parameter */
    enum sj_how how;
    enum sj_right right; /* what the caller must be allowed to do */
    size_t body_max;     /* bytes, unpacked; 0: no body is read */
    enum sj_status (*handle)(struct sj_request *request, struct sj_error *err);
    const char *summary; /* English, for the OpenAPI document */
};
/* Ends with one without method. */
extern const struct sj_endpoint sj_endpoints[];

struct sj_reply {
    unsigned status; /* 0: none yet */
    const char *type;
    struct sj_buf body;
    int64_t retry_after_s; /* 0: not said */
};

struct sj_request {
    struct sj_server *server;
    struct MHD_Connection *connection;
    const struct sj_endpoint *endpoint;
    char *path;
    struct sj_str params[SJ_PARAMS_MAX];
    struct sj_buf body;
    struct sj_inflater *inflater; /* NULL: the body is not packed */
    struct sj_caller caller;
    struct sj_reply reply;
    int64_t received_us, begun_us; /* of the body, by the wall clock; of the header, by the monotonic one */
    size_t n_passed_over;          /* bytes of a body that is refused */
    atomic_bool cancelled;         /* the answer is not wanted any more */
    bool refused;                  /* the reply is known before the body has been read */
    bool is_collector;             /* its errors look as Segment's clients expect them */
    bool slept, answered;
    struct sj_wish *wish; /* of a collector: what the collecting thread shall load */
    struct sj_request *next;
};

/* A header, a parameter of the query; empty: not there. */
struct sj_str sj_request_header(const struct sj_request *request, const char *name);
struct sj_str sj_request_query(const struct sj_request *request, const char *name);

/* Writes a JSON reply; the writer goes to request->reply.body. */
struct sj_json sj_reply_json(struct sj_request *request, unsigned status, struct sj_error *err);
/* Replaces what was written by a problem. */
void sj_reply_problem(struct sj_request *request, unsigned status, const char *code, const char *detail);
void sj_reply_error(struct sj_request *request, enum sj_status status, const struct sj_error *error);

/* Whether the client of a sleeping connection has hung up. */
bool sj_request_is_gone(const struct sj_request *request);
/* From any thread: the reply is complete, and the connection goes on with it. */
void sj_request_wake(struct sj_request *request);
