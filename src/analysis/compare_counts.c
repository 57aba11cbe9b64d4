#include "analysis/compare.h"

#include <string.h>

/* ---- links: a table by hashing, of those that occur ---- */

struct link_slot {
    uint32_t key;        /* 1 + from * touchpoints + to; 0: free */
    uint64_t last, n[2]; /* the journey that had it last; journeys of each group */
};
struct sj_compare_links {
    struct link_slot *slots;
    size_t n_used;
    uint32_t shift; /* 32 less the binary logarithm of the number of slots */
};
#define LINKS_SHIFT_FIRST 24

static struct link_slot *find_slot(const struct sj_compare_links *links, uint32_t key) {
    const uint32_t mask = UINT32_MAX >> links->shift;
    uint32_t at = ((key + 1) * UINT32_C(2654435769)) >> links->shift;
    while (links->slots[at].key != 0 && links->slots[at].key != key + 1)
        at = (at + 1) & mask;
    return &links->slots[at];
}

static size_t n_slots_of(const struct sj_compare_links *links) { return (size_t)(UINT32_MAX >> links->shift) + 1; }

static enum sj_status double_links(struct sj_compare_links *links, const struct sj_alloc *mem, struct sj_error *err) {
    struct sj_compare_links larger = {.n_used = links->n_used, .shift = links->shift - 1};
    if (larger.shift == 0)
        return sj_fail(err, SJ_E_LIMIT, "there are too many different links between touchpoints to compare; leave some out (where)");
    SJ_TRY(sj_mem_new(mem, n_slots_of(&larger), sizeof *larger.slots, &larger.slots, err));
    for (size_t i = 0; i < n_slots_of(links); i++) {
        if (links->slots[i].key != 0)
            *find_slot(&larger, links->slots[i].key - 1) = links->slots[i];
    }
    sj_mem_free(mem, links->slots);
    *links = larger;
    return SJ_OK;
}

/* The slot of a link, made where it is new. */
static enum sj_status link_slot(struct sj_compare_links *links, const struct sj_alloc *mem, uint32_t key, struct link_slot **ret_slot,
                                struct sj_error *err) {
    struct link_slot *slot = find_slot(links, key);
    if (slot->key == 0) {
        if (2 * links->n_used >= n_slots_of(links)) {
            SJ_TRY(double_links(links, mem, err));
            slot = find_slot(links, key);
        }
        slot->key = key + 1;
        links->n_used++;
    }
    *ret_slot = slot;
    return SJ_OK;
}

/* ---- the state ---- */

enum sj_status sj_compare_counts_init(struct sj_compare_counts *counts, const struct sj_job *job, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    for (size_t g = 0; g < 2; g++)
        sj_route_counts_init(&counts->routes[g], job->mem);
    SJ_TRY(sj_mem_new(job->mem, 2 * (size_t)plan->n_slots, sizeof *counts->slots, &counts->slots, err));
    SJ_TRY(sj_mem_new(job->mem, (size_t)plan->n_touchpoints + plan->n_channels, sizeof *counts->marks, &counts->marks, err));
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *counts->links, &counts->links, err));
    counts->links->shift = LINKS_SHIFT_FIRST;
    return sj_mem_new(job->mem, n_slots_of(counts->links), sizeof *counts->links->slots, &counts->links->slots, err);
}

void sj_compare_counts_done(struct sj_compare_counts *counts, const struct sj_job *job) {
    for (size_t g = 0; g < 2; g++) {
        if (counts->routes[g].tallies.mem)
            sj_route_counts_done(&counts->routes[g]);
    }
    sj_mem_free(job->mem, counts->slots);
    sj_mem_free(job->mem, counts->marks);
    if (counts->links)
        sj_mem_free(job->mem, counts->links->slots);
    sj_mem_free(job->mem, counts->links);
}

/* ---- the pass ---- */

/* A journey in hand: events lo to end, of group g. */
struct journey {
    uint32_t lo, end;
    unsigned group;
};

static void count_touchpoints(struct sj_compare_counts *counts, const struct sj_compare_plan *plan, const struct sj_batch *batch,
                              const struct journey *journey) {
    uint64_t *slots = counts->slots + journey->group, *marks = counts->marks;
    for (uint32_t i = journey->lo; i < journey->end; i++) {
        const size_t touchpoint = batch->touchpoint[i], channel = (size_t)plan->n_touchpoints + batch->channel[i];
        slots[2 * touchpoint] += marks[touchpoint] != counts->serial;
        marks[touchpoint] = counts->serial;
        slots[2 * channel] += marks[channel] != counts->serial;
        marks[channel] = counts->serial;
    }
}

static enum sj_status count_links(struct sj_compare_counts *counts, const struct sj_job *job, const struct sj_batch *batch,
                                  const struct journey *journey, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    for (uint32_t i = journey->lo + 1; i < journey->end; i++) {
        struct link_slot *slot;
        SJ_TRY(link_slot(counts->links, job->mem, batch->touchpoint[i - 1] * plan->n_touchpoints + batch->touchpoint[i], &slot, err));
        slot->n[journey->group] += slot->last != counts->serial;
        slot->last = counts->serial;
    }
    return SJ_OK;
}

/* The values that occur, as bits; bit 63 is none. */
static uint64_t values_of(const uint32_t *codes, const struct journey *journey) {
    uint64_t bits = 0;
    for (uint32_t i = journey->lo; i < journey->end; i++)
        bits |= UINT64_C(1) << (codes[i] & 63);
    return bits & ~(UINT64_C(1) << 63);
}

static void count_properties(struct sj_compare_counts *counts, const struct sj_compare_plan *plan, const struct sj_batch *batch,
                             const struct journey *journey) {
    for (uint32_t d = 0; d < plan->n_properties; d++) {
        uint64_t *slots = counts->slots + 2 * (size_t)plan->property_slots[d] + journey->group;
        uint64_t bits = values_of(batch->codes[plan->first_property + d], journey);
        slots[2 * (size_t)plan->n_values[d]] += bits != 0;
        for (; bits != 0; bits &= bits - 1)
            slots[2 * (size_t)__builtin_ctzll(bits)]++;
    }
}

static enum sj_status count_journey(struct sj_compare_counts *counts, const struct sj_job *job, const struct sj_batch *batch,
                                    const struct journey *journey, struct sj_error *err) {
    const uint32_t n_steps = journey->end - journey->lo;
    counts->sums.journeys[journey->group]++;
    counts->sums.events[journey->group] += n_steps;
    counts->serial++;
    count_touchpoints(counts, job->plan, batch, journey);
    count_properties(counts, job->plan, batch, journey);
    if (n_steps <= SJ_COMPARE_ROUTE_STEPS) {
        const uint16_t *steps = batch->touchpoint + journey->lo;
        SJ_TRY(sj_route_counts_add(&counts->routes[journey->group], steps, n_steps, sj_route_hash(steps, n_steps), 1, err));
    }
    return count_links(counts, job, batch, journey, err);
}

static void count_customer(struct sj_compare_counts *counts, unsigned group, uint64_t customer) {
    if (counts->last[group] != customer) {
        counts->last[group] = customer;
        counts->n_of_last[group] = 0;
        counts->sums.customers[group]++;
    }
    counts->sums.squares[group] += 2 * counts->n_of_last[group]++ + 1;
}

enum sj_status sj_compare_counts_add(struct sj_compare_counts *counts, const struct sj_job *job, const struct sj_batch *batch,
                                     const uint8_t *groups, struct sj_error *err) {
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        const struct journey journey = {batch->offsets[j], batch->offsets[j + 1], groups[j]};
        const uint64_t customer = counts->n_seen + batch->customer[j] + 1;
        counts->sums.n_both += groups[j] == SJ_COMPARE_BOTH;
        if (groups[j] > 1)
            continue;
        count_customer(counts, groups[j], customer);
        SJ_TRY(count_journey(counts, job, batch, &journey, err));
    }
    counts->n_seen += batch->n_customers;
    counts->sums.n_journeys += batch->n_journeys;
    counts->sums.n_customers += batch->n_customers;
    return SJ_OK;
}

enum sj_status sj_compare_counts_merge(struct sj_compare_counts *counts, struct sj_compare_counts *other, const struct sj_job *job,
                                       struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    for (size_t g = 0; g < 2; g++) {
        counts->sums.journeys[g] += other->sums.journeys[g];
        counts->sums.customers[g] += other->sums.customers[g];
        counts->sums.events[g] += other->sums.events[g];
        counts->sums.squares[g] += other->sums.squares[g];
        SJ_TRY(sj_route_counts_merge(&counts->routes[g], &other->routes[g], err));
    }
    counts->sums.n_journeys += other->sums.n_journeys;
    counts->sums.n_customers += other->sums.n_customers;
    counts->sums.n_both += other->sums.n_both;
    for (size_t i = 0; i < 2 * (size_t)plan->n_slots; i++)
        counts->slots[i] += other->slots[i];
    for (size_t i = 0; i < n_slots_of(other->links); i++) {
        const struct link_slot *from = &other->links->slots[i];
        struct link_slot *slot;
        if (from->key == 0)
            continue;
        SJ_TRY(link_slot(counts->links, job->mem, from->key - 1, &slot, err));
        slot->n[0] += from->n[0];
        slot->n[1] += from->n[1];
    }
    return SJ_OK;
}

/* ---- features ---- */

struct listing {
    const struct sj_job *job;
    struct sj_compare_plan *plan;
    const struct sj_compare_counts *counts;
};

static void add_feature(struct listing *listing, struct sj_feature feature, const uint64_t *x) {
    const struct sj_compare_sums *sums = &listing->counts->sums;
    for (size_t g = 0; g < 2; g++) {
        feature.x[g] = (int64_t)x[g];
        feature.n[g] = feature.kind == SJ_FEATURE_PROPERTY ? feature.n[g] : (int64_t)sums->journeys[g];
    }
    listing->plan->features[listing->plan->n_features++] = feature;
}

static void list_slots(struct listing *listing) {
    const struct sj_compare_plan *plan = listing->plan;
    const uint64_t *slot = listing->counts->slots; /* two for each, in the order of plan->n_slots */
    for (uint32_t t = 0; t < plan->n_touchpoints; t++, slot += 2)
        add_feature(listing, (struct sj_feature){.kind = SJ_FEATURE_TOUCHPOINT, .a = t, .place = plan->touchpoint_places[t]}, slot);
    for (uint32_t c = 0; c < plan->n_channels; c++, slot += 2) {
        if (c > 0) /* the first is none */
            add_feature(listing, (struct sj_feature){.kind = SJ_FEATURE_CHANNEL, .a = c, .place = plan->channel_places[c]}, slot);
    }
    for (uint32_t d = 0; d < plan->n_properties; d++, slot += 2) {
        const uint64_t *any = slot + 2 * (size_t)plan->n_values[d];
        for (uint32_t v = 0; v < plan->n_values[d]; v++, slot += 2) {
            struct sj_feature feature = {.kind = SJ_FEATURE_PROPERTY, .a = d, .b = v, .place = plan->property_slots[d] + v};
            feature.n[0] = (int64_t)any[0];
            feature.n[1] = (int64_t)any[1];
            add_feature(listing, feature, slot);
        }
    }
}

static void list_links(struct listing *listing) {
    const struct sj_compare_plan *plan = listing->plan;
    const struct sj_compare_links *links = listing->counts->links;
    for (size_t i = 0; i < n_slots_of(links); i++) {
        const struct link_slot *slot = &links->slots[i];
        if (slot->key == 0)
            continue;
        const uint32_t from = (slot->key - 1) / plan->n_touchpoints, to = (slot->key - 1) % plan->n_touchpoints;
        const uint64_t place = (uint64_t)plan->touchpoint_places[from] << 32 | plan->touchpoint_places[to];
        add_feature(listing, (struct sj_feature){.kind = SJ_FEATURE_LINK, .a = from, .b = to, .place = place}, slot->n);
    }
}

static uint64_t count_of_route(const struct sj_route_counts *counts, const uint16_t *steps, uint32_t n_steps, uint64_t hash) {
    uint32_t number;
    return sj_route_set_find(&counts->set, steps, n_steps, hash, &number) ? sj_route_counts_at(counts, number)->count : 0;
}

static enum sj_status add_route(struct listing *listing, const uint16_t *steps, uint32_t n_steps, struct sj_error *err) {
    struct sj_compare_plan *plan = listing->plan;
    const struct sj_route_counts *routes = listing->counts->routes;
    const uint64_t hash = sj_route_hash(steps, n_steps);
    const uint64_t x[2] = {count_of_route(&routes[0], steps, n_steps, hash), count_of_route(&routes[1], steps, n_steps, hash)};
    uint32_t *slot = sj_compare_route_slot(plan, steps, n_steps, hash);
    uint16_t *copy;
    if (*slot != 0)
        return SJ_OK;
    SJ_TRY(sj_arena_new(listing->job->arena, n_steps, sizeof *copy, &copy, err));
    memcpy(copy, steps, n_steps * sizeof *copy);
    plan->routes[plan->n_routes] = (struct sj_compare_route){copy, n_steps, SJ_NO_CODE, hash};
    add_feature(listing, (struct sj_feature){.kind = SJ_FEATURE_ROUTE, .a = plan->n_routes, .place = plan->n_routes}, x);
    *slot = ++plan->n_routes;
    return SJ_OK;
}

static size_t n_routes_of(const struct listing *listing, size_t g) {
    const size_t n = sj_route_set_count(&listing->counts->routes[g].set);
    return n < SJ_COMPARE_ROUTES_MAX || listing->job->alone ? n : SJ_COMPARE_ROUTES_MAX;
}

/* The most frequent ones of each group, each once. */
static enum sj_status list_routes(struct listing *listing, size_t n_max, struct sj_error *err) {
    struct sj_compare_plan *plan = listing->plan;
    SJ_TRY(sj_arena_new(listing->job->arena, n_max, sizeof *plan->routes, &plan->routes, err));
    plan->n_route_slots = 2 * (uint32_t)n_max + 1;
    SJ_TRY(sj_arena_new(listing->job->arena, plan->n_route_slots, sizeof *plan->route_slots, &plan->route_slots, err));
    for (size_t g = 0; g < 2; g++) {
        const struct sj_route_counts *routes = &listing->counts->routes[g];
        uint32_t *numbers;
        size_t n;
        SJ_TRY(sj_route_counts_top(routes, plan->touchpoint_places, n_routes_of(listing, g), listing->job->arena, &numbers, &n, err));
        for (size_t i = 0; i < n; i++) {
            const struct sj_route_entry *route = sj_route_set_at(&routes->set, numbers[i]);
            SJ_TRY(add_route(listing, sj_route_set_steps(&routes->set, route), route->n_steps, err));
        }
    }
    return SJ_OK;
}

enum sj_status sj_compare_features(const struct sj_job *job, struct sj_compare_counts *counts, struct sj_compare_plan *plan,
                                   struct sj_error *err) {
    struct listing listing = {job, plan, counts};
    const size_t n_routes = n_routes_of(&listing, 0) + n_routes_of(&listing, 1);
    SJ_TRY(sj_arena_new(job->arena, plan->n_slots + counts->links->n_used + n_routes, sizeof *plan->features, &plan->features, err));
    plan->n_features = 0;
    list_slots(&listing);
    list_links(&listing);
    return list_routes(&listing, n_routes, err);
}
