/* All endpoints. A new one is a line here; what may be done without a key is what says so here. */
#include "server/inside.h"

#define QUESTION_BYTES ((size_t)1 << 20)

const struct sj_endpoint sj_endpoints[] = {
    {"GET", "/health/alive", SJ_AT_ONCE, SJ_RIGHT_NONE, 0, sj_api_alive, "Whether the program runs."},
    {"GET", "/health/ready", SJ_AT_ONCE, SJ_RIGHT_NONE, 0, sj_api_ready, "Whether events and questions are taken."},
    {"GET", "/metrics", SJ_AT_ONCE, SJ_RIGHT_ASK, 0, sj_api_metrics, "Counters, in the text format of Prometheus."},
    {"GET", "/api/v1/analyses", SJ_AT_ONCE, SJ_RIGHT_ASK, 0, sj_api_analyses,
     "The questions that there are, with their parameters and tables."},
    {"POST", "/api/v1/analyses/{name}", SJ_WORKER, SJ_RIGHT_ASK, QUESTION_BYTES, sj_api_ask, "An answer."},
    {"GET", "/api/v1/openapi.json", SJ_AT_ONCE, SJ_RIGHT_NONE, 0, sj_api_openapi, "This document."},
    {"GET", "/api/v1/collector/rejected", SJ_WORKER, SJ_RIGHT_PEOPLE, 0, sj_api_rejected,
     "Events that were rejected lately, behind the number ?after=."},
    {"POST", "/api/v1/customer", SJ_WORKER, SJ_RIGHT_PEOPLE, QUESTION_BYTES, sj_api_customer, "All events of one customer, in order."},
    {"POST", "/api/v1/customer/why", SJ_WORKER, SJ_RIGHT_PEOPLE, QUESTION_BYTES, sj_api_why, "Why a customer was counted so in a funnel."},
    {"POST", "/api/v1/identity", SJ_WORKER, SJ_RIGHT_PEOPLE, QUESTION_BYTES, sj_api_identity,
     "A customer's identities, and why they are one."},
    {"POST", "/api/v1/segments", SJ_WORKER, SJ_RIGHT_ASK, QUESTION_BYTES, sj_api_segments,
     "The saved segments, and how many belong to them."},
    {"POST", "/v1/batch", SJ_COLLECT, SJ_RIGHT_COLLECT, SJ_PARCEL_BYTES_MAX, sj_collector_batch, "Events, many."},
    {"POST", "/v1/import", SJ_COLLECT, SJ_RIGHT_COLLECT, SJ_PARCEL_BYTES_MAX, sj_collector_batch, "Events, many."},
    {"POST", "/v1/b", SJ_COLLECT, SJ_RIGHT_COLLECT, SJ_PARCEL_BYTES_MAX, sj_collector_batch, "Events, many."},
    {"POST", "/v1/m", SJ_AT_ONCE, SJ_RIGHT_NONE, SJ_PARCEL_BYTES_MAX, sj_collector_metrics,
     "What a library counts about itself: is not kept."},
    {"POST", "/v1/{type}", SJ_COLLECT, SJ_RIGHT_COLLECT, SJ_PARCEL_BYTES_MAX, sj_collector_one,
     "One event: track, identify, page, screen, group or alias."},
    {"OPTIONS", "/v1/{type}", SJ_AT_ONCE, SJ_RIGHT_NONE, 0, sj_collector_options, "What a page of another origin may send."},
    {"GET", "/v1/projects/{key}/settings", SJ_AT_ONCE, SJ_RIGHT_NONE, 0, sj_collector_settings,
     "Settings of a browser's or a phone's library."},
    {"GET", "/projects/{key}/settings", SJ_AT_ONCE, SJ_RIGHT_NONE, 0, sj_collector_settings, "The same."},
    {.method = NULL},
};
