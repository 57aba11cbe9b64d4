/* Route counts: how often each route is taken and by how many customers, for variants.c and routes.c. Mergeable.
 * Memory: every different route (route_set.h) and 24 bytes each. Threads: one at a time. */
#pragma once
#include "analysis/analysis.h"
#include "analysis/route_set.h"

/* A step that is no touchpoint: the journey begins or ends there. */
#define SJ_ROUTE_EDGE UINT16_MAX

struct sj_route_tally {
    uint64_t count, customers, last_customer;
};

struct sj_route_counts {
    struct sj_route_set set;
    struct sj_buf tallies; /* struct sj_route_tally, by the number of the route */
};

void sj_route_counts_init(struct sj_route_counts *counts, const struct sj_alloc *mem);
void sj_route_counts_done(struct sj_route_counts *counts);

static inline const struct sj_route_tally *sj_route_counts_at(const struct sj_route_counts *counts, uint32_t number) {
    return (const struct sj_route_tally *)counts->tallies.data + number;
}

/* Once more. `customer`: a number from 1, the same for all that one customer takes; a customer's routes come together.
 * `hash`: as for sj_route_set_add(). */
enum sj_status sj_route_counts_add(struct sj_route_counts *counts, const uint16_t *steps, uint32_t n_steps, uint64_t hash,
                                   uint64_t customer, struct sj_error *err);

/* Adds `other`, which may be emptied. No customer may be in both. */
enum sj_status sj_route_counts_merge(struct sj_route_counts *counts, struct sj_route_counts *other, struct sj_error *err);

/* The numbers of the first `top` routes, the most frequent first; equal ones by the names of their steps (`places`, see
 * sj_name_places(); an edge comes after all names), a route before those that go on from it. In the arena. */
enum sj_status sj_route_counts_top(const struct sj_route_counts *counts, const uint32_t *places, size_t top, struct sj_arena *arena,
                                   uint32_t **ret_numbers, size_t *ret_n, struct sj_error *err);

/* Names as cells of a result: each is copied once, however often it stands in routes. */
struct sj_step_names {
    const struct sj_str *touchpoints;
    struct sj_str *copies; /* by code; none: not copied yet */
};
enum sj_status sj_step_names_new(const struct sj_job *job, struct sj_step_names *ret_names, struct sj_error *err);
enum sj_status sj_step_cell(struct sj_step_names *names, uint16_t code, struct sj_result *result, struct sj_cell *ret_cell,
                            struct sj_error *err);
enum sj_status sj_route_cell(struct sj_step_names *names, const uint16_t *steps, uint32_t n_steps, struct sj_result *result,
                             struct sj_cell *ret_cell, struct sj_error *err);
