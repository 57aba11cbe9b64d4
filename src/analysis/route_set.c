#include "analysis/route_set.h"

#include "base/hash.h"

#define SLOTS_MIN ((size_t)1024) /* must be a power of two */
#define ROUTES_MAX (UINT32_MAX - 1)

void sj_route_set_init(struct sj_route_set *routes, const struct sj_alloc *mem) {
    *routes = (struct sj_route_set){.slots = NULL};
    sj_buf_init(&routes->codes, mem, SIZE_MAX);
    sj_buf_init(&routes->entries, mem, SIZE_MAX);
}

void sj_route_set_done(struct sj_route_set *routes) {
    const struct sj_alloc *mem = routes->codes.mem;
    sj_buf_done(&routes->codes);
    sj_buf_done(&routes->entries);
    sj_mem_free(mem, routes->slots);
    sj_route_set_init(routes, mem);
}

/* Not seeded: whoever makes routes that collide on purpose slows down his own questions, and nothing else. */
uint64_t sj_route_hash(const uint16_t *steps, uint32_t n_steps) { return sj_hash64(steps, n_steps * sizeof *steps, 0); }

static bool same_route(const struct sj_route_set *routes, uint32_t number, const uint16_t *steps, uint32_t n_steps) {
    const struct sj_route_entry *route = sj_route_set_at(routes, number);
    return route->n_steps == n_steps && memcmp(sj_route_set_steps(routes, route), steps, n_steps * sizeof *steps) == 0;
}

/* The slot of the route, or the free one where it belongs. At most half of the slots are taken. */
static size_t find_slot(const struct sj_route_set *routes, const uint16_t *steps, uint32_t n_steps, uint64_t hash) {
    const size_t mask = routes->n_slots - 1;
    const uint32_t tag = (uint32_t)(hash >> 32);
    size_t at = (size_t)hash & mask;
    for (uint64_t slot; (slot = routes->slots[at]) != 0; at = (at + 1) & mask)
        if ((uint32_t)(slot >> 32) == tag && same_route(routes, (uint32_t)slot - 1, steps, n_steps))
            break;
    return at;
}

/* The routes are hashed again: an entry holds only half of its hash. */
static enum sj_status double_slots(struct sj_route_set *routes, struct sj_error *err) {
    size_t n_slots = routes->n_slots > 0 ? routes->n_slots * 2 : SLOTS_MIN;
    uint64_t *slots;
    SJ_TRY(sj_mem_new(routes->codes.mem, n_slots, sizeof *slots, &slots, err));
    sj_mem_free(routes->codes.mem, routes->slots);
    routes->slots = slots;
    routes->n_slots = n_slots;
    for (uint32_t number = 0; number < sj_route_set_count(routes); number++) {
        const struct sj_route_entry *route = sj_route_set_at(routes, number);
        size_t at = (size_t)sj_route_hash(sj_route_set_steps(routes, route), route->n_steps) & (n_slots - 1);
        while (slots[at] != 0)
            at = (at + 1) & (n_slots - 1);
        slots[at] = (uint64_t)route->tag << 32 | (number + 1);
    }
    return SJ_OK;
}

bool sj_route_set_find(const struct sj_route_set *routes, const uint16_t *steps, uint32_t n_steps, uint64_t hash, uint32_t *ret_number) {
    const uint64_t held = routes->n_slots > 0 ? routes->slots[find_slot(routes, steps, n_steps, hash)] : 0;
    *ret_number = (uint32_t)held - 1;
    return held != 0;
}

enum sj_status sj_route_set_add(struct sj_route_set *routes, const uint16_t *steps, uint32_t n_steps, uint64_t hash, uint32_t *ret_number,
                                struct sj_error *err) {
    uint64_t held = routes->n_slots > 0 ? routes->slots[find_slot(routes, steps, n_steps, hash)] : 0;
    if (held != 0) {
        *ret_number = (uint32_t)held - 1;
        return SJ_OK;
    }
    uint32_t number = sj_route_set_count(routes);
    if (number >= ROUTES_MAX)
        return sj_fail(err, SJ_E_LIMIT,
                       "the variants cannot be counted: there are more than %u different routes. Ask for a shorter "
                       "time range, or cut journeys into sessions",
                       ROUTES_MAX);
    if ((size_t)number * 2 >= routes->n_slots)
        SJ_TRY(double_slots(routes, err));
    struct sj_route_entry route = {
        .first = routes->codes.n / sizeof *steps,
        .n_steps = n_steps,
        .tag = (uint32_t)(hash >> 32),
    };
    SJ_TRY(sj_buf_reserve(&routes->entries, sizeof route, err));
    SJ_TRY(sj_buf_append(&routes->codes, steps, n_steps * sizeof *steps, err));
    SJ_TRY(sj_buf_append(&routes->entries, &route, sizeof route, err));
    routes->slots[find_slot(routes, steps, n_steps, hash)] = (uint64_t)route.tag << 32 | (number + 1);
    *ret_number = number;
    return SJ_OK;
}
