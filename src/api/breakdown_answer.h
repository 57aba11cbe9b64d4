/* The answers for all segments of a breakdown as one. Inside the room. */
#pragma once
#include "api/run.h"

struct sj_breakdown_part {
    const struct sj_run_segment *segment;
    const struct sj_result *result;
    int64_t n_customers, n_journeys, n_events; /* that the lens leaves of it */
};
struct sj_breakdown_whole {
    int64_t n_customers, n_in_none, n_in_several; /* that the lens leaves */
};
/* Copies all that it takes from the parts. */
enum sj_status sj_breakdown_give(const struct sj_breakdown_part *parts, size_t n, const struct sj_breakdown_whole *whole,
                                 struct sj_result *result, struct sj_error *err);
