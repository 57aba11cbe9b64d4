/* Routes: a set of whole routes (touchpoints in order), each with a number 0, 1, 2, … in order of first appearance.
 * Found by a 64-bit hash and then compared code by code, so that two routes are never taken for one.
 * Memory: every different route once, 2 bytes a step, and 24 bytes each. Threads: one at a time. */
#pragma once
#include "base/buf.h"

struct sj_route_entry {
    uint64_t first; /* its steps are codes[first] … codes[first + n_steps - 1] */
    uint32_t n_steps;
    uint32_t tag; /* the high half of its hash */
};

struct sj_route_set {
    struct sj_buf codes;   /* uint16_t */
    struct sj_buf entries; /* struct sj_route_entry, by number */
    uint64_t *slots;       /* open addressing: tag << 32 | 1 + number; 0 is free */
    size_t n_slots;        /* a power of two */
};

void sj_route_set_init(struct sj_route_set *routes, const struct sj_alloc *mem);
void sj_route_set_done(struct sj_route_set *routes);

uint64_t sj_route_hash(const uint16_t *steps, uint32_t n_steps);

/* `hash` is sj_route_hash() of the steps; it is asked for so that a caller can hash a batch first (sj_route_set_prefetch).
 * Errors: SJ_E_MEMORY, SJ_E_LIMIT at 2^32 - 2 different routes. */
enum sj_status sj_route_set_add(struct sj_route_set *routes, const uint16_t *steps, uint32_t n_steps, uint64_t hash, uint32_t *ret_number,
                                struct sj_error *err);

/* False where the route is not in the set. */
bool sj_route_set_find(const struct sj_route_set *routes, const uint16_t *steps, uint32_t n_steps, uint64_t hash, uint32_t *ret_number);

static inline void sj_route_set_prefetch(const struct sj_route_set *routes, uint64_t hash) {
    if (routes->n_slots > 0)
        __builtin_prefetch(&routes->slots[hash & (routes->n_slots - 1)]);
}
static inline uint32_t sj_route_set_count(const struct sj_route_set *routes) {
    return (uint32_t)(routes->entries.n / sizeof(struct sj_route_entry));
}
static inline const struct sj_route_entry *sj_route_set_at(const struct sj_route_set *routes, uint32_t number) {
    return (const struct sj_route_entry *)routes->entries.data + number;
}
static inline const uint16_t *sj_route_set_steps(const struct sj_route_set *routes, const struct sj_route_entry *route) {
    return (const uint16_t *)routes->codes.data + route->first;
}
