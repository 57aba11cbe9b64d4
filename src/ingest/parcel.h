/* Collecting: what a client of Segment's HTTP tracking API sends becomes events of the store.
 *
 *   body ─ sj_parcel_read ─ parcel (checked, in memory) ─ sj_parcel_load ─ writer
 *                              └─ rejects: index, message id, code, reason, the event as it was sent
 *
 * Two steps, so that a request is refused before anything of it is in a load, and so that many requests share one load and its commit. An event
 * is kept as `sojourn import` keeps a line of the same JSON: names with dots, arrays as text, "userId" is the customer, else the "anonymousId";
 * "event" is the touchpoint, else the type (page, screen, identify, group, alias). Names and rules are Segment's
 * (segment.com/docs/connections/spec and …/sources/catalog/libraries/server/http-api).
 *
 * Time: received - (sentAt - timestamp), which takes the skew of the client's clock out; without sentAt the timestamp as it is, without
 * both when it was received. More than a day in the future is when it was received, and the property "time_clamped" says so.
 * Threads: a parser and a parcel belong to one thread at a time. */
#pragma once
#include "store/store.h"

#define SJ_PARCEL_BYTES_MAX 512000      /* of a body, unpacked: what the largest client library sends */
#define SJ_PARCEL_EVENT_BYTES_MAX 32768 /* of an event */
#define SJ_PARCEL_EVENTS_MAX 2500

struct sj_parcel_parser;
/* `seed`: one that senders cannot know. */
enum sj_status sj_parcel_parser_new(const struct sj_alloc *mem, uint64_t seed, struct sj_parcel_parser **ret_parser, struct sj_error *err);
void sj_parcel_parser_free(struct sj_parcel_parser *parser);

/* The type of events by its name, or by its first letter, as addresses have it; NULL: there is none. */
const char *sj_parcel_type(struct sj_str name);

struct sj_parcel_source {
    struct sj_str body;
    const char *type; /* of the one event in the body, by the path of the request; NULL: the body is a batch */
    int64_t received_us;
    /* Asked before events are read: whether who has this key in the body may send them. NULL: anybody may. */
    enum sj_status (*check)(void *ctx, struct sj_str write_key, struct sj_error *err);
    void *ctx;
};

struct sj_parcel_reject {
    size_t index; /* in the batch */
    struct sj_str message_id;
    const char *code;     /* for machines: no_user_anon_id, event_too_large, … */
    struct sj_str reason; /* in words, English */
    struct sj_str raw;    /* at most SJ_PARCEL_EVENT_BYTES_MAX bytes of it */
};

struct sj_parcel;
/* Everything is copied. Errors: SJ_E_INPUT where the body is no such JSON document or too large: nothing of it can be taken then. A single
 * event that is rejected is one too. */
enum sj_status sj_parcel_read(struct sj_parcel_parser *parser, const struct sj_parcel_source *source, struct sj_parcel **ret_parcel,
                              struct sj_error *err);
void sj_parcel_free(struct sj_parcel *parcel);

size_t sj_parcel_n_events(const struct sj_parcel *parcel); /* that are good so far */
const struct sj_parcel_reject *sj_parcel_rejects(const struct sj_parcel *parcel, size_t *ret_n);

/* Adds the events and links to the load. What the store refuses of them (a limit) is rejected, and the rest goes on. Other errors end the load. */
enum sj_status sj_parcel_load(struct sj_parcel *parcel, struct sj_writer *writer, struct sj_error *err);
