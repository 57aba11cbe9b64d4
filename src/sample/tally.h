/* What the tally has counted: see sample.h. Event-level figures are added at once; those about a whole customer (what came within
 * so many hours or days) when its last event is in. Internal to the room. */
#pragma once
#include "sample/calendar.h"
#include "sample/company.h"

#define SJ_CHURN_WINDOW_DAYS 90
#define SJ_BOUNCE_WINDOW_HOURS 24

/* `n` of which `hits` had what the truth is about. */
struct sj_share {
    int64_t n, hits;
};

/* Checkouts in the app, by who meets the broken release. */
enum { SJ_CHECKOUT_ANDROID_BROKEN, SJ_CHECKOUT_ANDROID_OTHER, SJ_CHECKOUT_IOS_SAME, SJ_CHECKOUT_IOS_OTHER, SJ_N_CHECKOUTS };
struct sj_checkouts {
    int64_t starts, failed, orders; /* events */
    struct sj_share customers;      /* who started, who ordered */
};

struct sj_tally {
    const struct sj_alloc *mem;
    char customer[24];
    size_t customer_n;
    struct sj_buf moments;     /* of the current customer: struct moment */
    unsigned started, ordered; /* of the current customer: bits by SJ_CHECKOUT_… */

    int64_t events, customers, value, cost;
    int64_t touchpoints[SJ_N_TOUCHPOINTS], channels[SJ_N_CHANNELS];
    struct sj_checkouts checkouts[SJ_N_CHECKOUTS];
    struct sj_share csat[2]; /* by long wait; hits: 4 or 5 */
    int64_t csat_sum[2];
    struct sj_share calls[2];   /* by long wait; hits: cancel_request within SJ_CHURN_WINDOW_DAYS */
    struct sj_share callers[2]; /* by any long wait; hits: contract_end at any time after the first call */
    struct sj_share chats[SJ_N_TOPICS];
    struct sj_share renewals[SJ_N_ARMS];
    struct sj_share helps[SJ_N_TOPICS][SJ_N_HELPS];
    int64_t week_orders[SJ_N_WEEKS], week_checkouts[SJ_N_WEEKS];
    struct sj_share colours[SJ_N_COLOURS], regions[SJ_N_REGIONS + 1]; /* the last: region not known */
};

/* The last customer is over. */
void sj_tally_close(struct sj_tally *tally);
