/* Links: which touchpoint directly follows which, for flow.c. Counting them in pass 1, and the list that is made of them.
 *
 * Up to SJ_LINKS_DENSE_MAX touchpoints the table holds a cell for every key (pairs.h), which stays in the processor's caches; beyond it
 * only the links that occur, found by hashing.
 * Threads: one at a time; a list and a set are read-only once made. */
#pragma once
#include "analysis/pairs.h"
#include "base/mem.h"
#include "base/wide.h"

#define SJ_LINKS_DENSE_MAX 256

/* What is added to for every event: as small as can be, so that the table stays in the nearest cache. */
struct sj_link_tally {
    uint64_t gap_low; /* the low 64 bits of the sum of microseconds */
    uint64_t counts;  /* pairs, and customers << 32 */
};

struct sj_link_sums {
    uint64_t count, customers, gap_low, gap_high;
};

struct sj_links {
    const struct sj_alloc *mem;
    uint32_t n_touchpoints;
    bool dense;
    size_t n, capacity; /* dense: a cell for every key, the one that is no link's among them (pairs.h) */
    struct sj_link_tally *tally;
    uint32_t *last_customer;      /* by link: whom the tally has counted last; a customer's journeys come together */
    struct sj_link_sums *sums;    /* what was moved out of the tally before it could overflow */
    uint32_t n_tallied, customer; /* pairs since then; number of the customer in hand */
    uint32_t *keys, *slots;       /* sparse: the key of each link; open addressing: 1 + its index, 0 is free */
    size_t n_slots;               /* a power of two */
};

enum sj_status sj_links_init(struct sj_links *links, const struct sj_alloc *mem, uint32_t n_touchpoints, struct sj_error *err);
void sj_links_done(struct sj_links *links);
/* Counts the pairs; those of a batch in order, one batch after the other. */
enum sj_status sj_links_add(struct sj_links *links, const struct sj_pairs *pairs, struct sj_error *err);
enum sj_status sj_links_merge(struct sj_links *links, struct sj_links *other, struct sj_error *err);

/* One link as it is shown. */
struct sj_link {
    uint16_t from, to;
    bool kept;
    uint64_t count, customers;
    sj_wide total_us;                   /* of the time between, all together */
    int64_t mean_us, median_us, p90_us; /* the last two are known after pass 2 */
};

/* All links that occur, the most frequent first, equal ones in the order of names. `places`: sj_name_places(). */
enum sj_status sj_links_list(struct sj_links *links, const uint32_t *places, struct sj_arena *arena, struct sj_link **ret_list,
                             size_t *ret_n, struct sj_error *err);

/* The keys of the links that are kept. */
struct sj_link_set {
    const uint32_t *slots; /* open addressing: 1 + key, 0 is free; keys are below 65535 squared */
    uint32_t shift;        /* 32 less the binary logarithm of the number of slots */
};

enum sj_status sj_link_set_new(const struct sj_link *list, size_t n, uint32_t n_touchpoints, struct sj_arena *arena,
                               struct sj_link_set *ret_set, struct sj_error *err);

static inline uint32_t sj_link_place(uint32_t key, uint32_t shift) { return (key * UINT32_C(2654435769)) >> shift; }
static inline bool sj_link_set_has(const struct sj_link_set *set, uint32_t key) {
    uint32_t mask = UINT32_MAX >> set->shift, at = sj_link_place(key, set->shift);
    while (set->slots[at] != 0 && set->slots[at] != key + 1)
        at = (at + 1) & mask;
    return set->slots[at] != 0;
}

/* A flow graph: links as sj_links_list() gives them, and the journeys that start and end at each touchpoint. */
struct sj_link_graph {
    struct sj_link *links;
    size_t n_links;
    const uint64_t *starts, *ends; /* by touchpoint */
    uint32_t n_touchpoints;
};

/* Marks as kept the links without which a touchpoint could not be reached from a start, or reach an end: for each touchpoint the
 * widest way (the one whose narrowest link is as frequent as can be) there and on. Grown like a tree by Prim (1957) from the start,
 * and backwards from the end; O(n log n). */
enum sj_status sj_links_keep_backbone(const struct sj_link_graph *given, struct sj_arena *arena, struct sj_error *err);
