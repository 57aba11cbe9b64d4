/* The batch: what analyses see. Journeys, each a run of events in order; never masks, files or segments.
 *
 *   customer    0        0     1          n_journeys: whose journey it is, numbered within the batch, rising
 *   offsets     0        4     6      11  n_journeys + 1
 *   touchpoint  . . . . |. . |. . . . .   n_events
 *
 * Invariants: (1) a journey has at least one event; (2) time never falls within a journey, events of the same time stand in order
 * of arrival; (3) all journeys of a customer are in one batch, next to each other; (4) the batch is read-only and good until
 * absorb() returns. Which customers meet in one batch is not determined: a result must not depend on it. */
#pragma once
#include <stdint.h>
#include "base/str.h"

/* A dimension: something that events are told apart by (a channel, a property), as codes into a sorted list of texts. */
#define SJ_NO_CODE UINT32_MAX /* the event has no value there */
struct sj_dimension {
    struct sj_str name;
    const struct sj_str *texts; /* by code */
    uint32_t n_texts;
};

/* A measure: a quantity that events may have (a duration, a score), as a whole number of millionths of its unit. */
#define SJ_NO_AMOUNT INT64_MIN /* the event has none */
#define SJ_AMOUNT_MAX INT64_MAX
enum sj_unit { SJ_UNIT_NONE, SJ_UNIT_SECOND, SJ_UNIT_MONEY };
struct sj_measure {
    struct sj_str name;
    enum sj_unit unit; /* where the property has several kinds, that of the last, in the order number, money, duration */
};

struct sj_batch {
    uint32_t n_customers, n_journeys, n_events;
    const uint32_t *customer;
    const struct sj_str *identities; /* by customer; NULL unless needed (SJ_NEED_IDENTITY) */
    const uint32_t *offsets;
    const uint16_t *touchpoint;
    const uint8_t *channel;        /* NULL unless needed (SJ_NEED_CHANNEL) */
    const int64_t *time_us;        /* NULL unless needed (SJ_NEED_TIME) */
    const uint32_t *const *codes;  /* codes[d][event]: dimension d of the job */
    const uint8_t *const *meets;   /* meets[c][event]: 1 where the event meets condition c of the job's patterns */
    const uint8_t *const *members; /* members[s][customer]: 1 where the customer belongs to segment s of the job */
    const int64_t *const *amounts; /* amounts[m][event]: measure m of the job, from -SJ_AMOUNT_MAX on, or SJ_NO_AMOUNT */
};
