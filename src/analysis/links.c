#include "analysis/links.h"

#include <stdlib.h>
#include <string.h>

#define LINKS_FIRST ((size_t)1024) /* must be a power of two */

/* Room for `capacity` links, those that are held moved over. */
static enum sj_status resize(struct sj_links *links, size_t capacity, struct sj_error *err) {
    struct sj_links made = *links;
    enum sj_status status = SJ_OK;
    made.capacity = capacity;
    made.n_slots = links->dense ? 0 : capacity * 2;
    made.tally = NULL, made.last_customer = NULL, made.sums = NULL, made.keys = made.slots = NULL;
    SJ_TRY_CLEAN(sj_mem_new(links->mem, capacity, sizeof *made.tally, &made.tally, err));
    SJ_TRY_CLEAN(sj_mem_new(links->mem, capacity, sizeof *made.last_customer, &made.last_customer, err));
    SJ_TRY_CLEAN(sj_mem_new(links->mem, capacity, sizeof *made.sums, &made.sums, err));
    SJ_TRY_CLEAN(sj_mem_new(links->mem, links->dense ? 0 : capacity, sizeof *made.keys, &made.keys, err));
    SJ_TRY_CLEAN(sj_mem_new(links->mem, made.n_slots, sizeof *made.slots, &made.slots, err));
    if (links->n > 0) {
        memcpy(made.tally, links->tally, links->n * sizeof *made.tally);
        memcpy(made.last_customer, links->last_customer, links->n * sizeof *made.last_customer);
        memcpy(made.sums, links->sums, links->n * sizeof *made.sums);
        memcpy(made.keys, links->keys, links->n * sizeof *made.keys);
    }
    sj_links_done(links);
    *links = made;
    return SJ_OK;
cleanup:
    sj_links_done(&made);
    return status;
}

static uint32_t no_link(const struct sj_links *links) { return links->n_touchpoints * links->n_touchpoints; }

enum sj_status sj_links_init(struct sj_links *links, const struct sj_alloc *mem, uint32_t n_touchpoints, struct sj_error *err) {
    struct sj_links made = {.mem = mem, .n_touchpoints = n_touchpoints, .dense = n_touchpoints <= SJ_LINKS_DENSE_MAX};
    SJ_TRY(resize(&made, made.dense ? (size_t)no_link(&made) + 1 : LINKS_FIRST, err));
    made.n = made.dense ? made.capacity : 0;
    *links = made;
    return SJ_OK;
}

void sj_links_done(struct sj_links *links) {
    if (links->mem == NULL)
        return;
    sj_mem_free(links->mem, links->tally);
    sj_mem_free(links->mem, links->last_customer);
    sj_mem_free(links->mem, links->sums);
    sj_mem_free(links->mem, links->keys);
    sj_mem_free(links->mem, links->slots);
    *links = (struct sj_links){.mem = NULL};
}

static size_t first_slot(const struct sj_links *links, uint32_t key) {
    return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (links->n_slots - 1);
}

static size_t slot_of(const struct sj_links *links, uint32_t key) {
    size_t at = first_slot(links, key);
    while (links->slots[at] != 0 && links->keys[links->slots[at] - 1] != key)
        at = (at + 1) & (links->n_slots - 1);
    return at;
}

static enum sj_status double_room(struct sj_links *links, struct sj_error *err) {
    SJ_TRY(resize(links, links->capacity * 2, err));
    for (size_t i = 0; i < links->n; i++)
        links->slots[slot_of(links, links->keys[i])] = (uint32_t)i + 1;
    return SJ_OK;
}

/* The index of a link, made where it is new. Sparse only; in a dense table it is the key. */
static enum sj_status find(struct sj_links *links, uint32_t key, uint32_t *ret_idx, struct sj_error *err) {
    size_t slot = slot_of(links, key);
    if (links->slots[slot] == 0) {
        if (links->n == links->capacity) {
            SJ_TRY(double_room(links, err));
            slot = slot_of(links, key);
        }
        links->keys[links->n] = key;
        links->slots[slot] = (uint32_t)++links->n;
    }
    *ret_idx = links->slots[slot] - 1;
    return SJ_OK;
}

/* Moves the tally to the sums. */
static void settle(struct sj_links *links) {
    for (size_t i = 0; i < links->n; i++) {
        struct sj_link_tally *tally = &links->tally[i];
        struct sj_link_sums *sums = &links->sums[i];
        sums->count += (uint32_t)tally->counts;
        sums->customers += tally->counts >> 32;
        sums->gap_high += __builtin_add_overflow(sums->gap_low, tally->gap_low, &sums->gap_low);
        *tally = (struct sj_link_tally){.counts = 0};
        /* Customers are numbered anew: the one in hand is 1, all others are past. */
        links->last_customer[i] = links->last_customer[i] == links->customer;
    }
    links->customer = 1;
    links->n_tallied = 0;
}

/* The whole of the work: nothing here that a processor could guess wrong. */
static void add_all(struct sj_links *links, const uint32_t *idx, const struct sj_pairs *pairs) {
    uint32_t customer = links->customer;
    for (uint32_t i = 0; i < pairs->n; i++) {
        struct sj_link_tally *tally = &links->tally[idx[i]];
        uint32_t *last = &links->last_customer[idx[i]];
        customer += pairs->new_customer[i];
        tally->counts += 1 + ((uint64_t)(*last != customer) << 32);
        *last = customer;
        if (__builtin_add_overflow(tally->gap_low, (uint64_t)pairs->gaps_us[i], &tally->gap_low))
            links->sums[idx[i]].gap_high++;
    }
    links->customer = customer;
    links->n_tallied += pairs->n;
}

enum sj_status sj_links_add(struct sj_links *links, const struct sj_pairs *pairs, struct sj_error *err) {
    if (links->n_tallied > UINT32_MAX / 2)
        settle(links);
    if (links->dense) {
        add_all(links, pairs->keys, pairs);
        return SJ_OK;
    }
    uint32_t idx[SJ_PAIRS_MAX];
    for (uint32_t i = 0; i < pairs->n; i++)
        __builtin_prefetch(&links->slots[first_slot(links, pairs->keys[i])]);
    for (uint32_t i = 0; i < pairs->n; i++)
        SJ_TRY(find(links, pairs->keys[i], &idx[i], err));
    add_all(links, idx, pairs);
    return SJ_OK;
}

enum sj_status sj_links_merge(struct sj_links *links, struct sj_links *other, struct sj_error *err) {
    settle(links);
    settle(other);
    for (size_t i = 0; i < other->n; i++) {
        const struct sj_link_sums *more = &other->sums[i];
        if (more->count == 0)
            continue;
        uint32_t idx = (uint32_t)i;
        if (!links->dense)
            SJ_TRY(find(links, other->keys[i], &idx, err));
        struct sj_link_sums *sums = &links->sums[idx];
        sums->count += more->count;
        sums->customers += more->customers;
        sums->gap_high += more->gap_high + __builtin_add_overflow(sums->gap_low, more->gap_low, &sums->gap_low);
    }
    return SJ_OK;
}

/* The mean, rounded to the nearest microsecond, halves upwards. */
static int64_t mean_of(sj_wide sum, uint64_t count) { return (int64_t)((sum * 2 + count) / ((sj_wide)count * 2)); }

static int by_count_and_names(const void *left, const void *right, void *places) {
    const struct sj_link *a = left, *b = right;
    const uint32_t *place = places;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->from != b->from)
        return place[a->from] < place[b->from] ? -1 : 1;
    return (place[a->to] > place[b->to]) - (place[a->to] < place[b->to]);
}

static bool is_link(const struct sj_links *links, size_t idx, uint32_t *ret_key) {
    *ret_key = links->dense ? (uint32_t)idx : links->keys[idx];
    return links->sums[idx].count > 0 && *ret_key != no_link(links);
}

enum sj_status sj_links_list(struct sj_links *links, const uint32_t *places, struct sj_arena *arena, struct sj_link **ret_list,
                             size_t *ret_n, struct sj_error *err) {
    size_t n = 0;
    uint32_t key;
    settle(links);
    for (size_t i = 0; i < links->n; i++)
        n += is_link(links, i, &key);
    struct sj_link *list;
    SJ_TRY(sj_arena_new(arena, n, sizeof *list, &list, err));
    n = 0;
    for (size_t i = 0; i < links->n; i++) {
        const struct sj_link_sums *sums = &links->sums[i];
        if (!is_link(links, i, &key))
            continue;
        const sj_wide total_us = (sj_wide)sums->gap_high << 64 | sums->gap_low;
        list[n++] = (struct sj_link){
            .from = (uint16_t)(key / links->n_touchpoints),
            .to = (uint16_t)(key % links->n_touchpoints),
            .count = sums->count,
            .customers = sums->customers,
            .total_us = total_us,
            .mean_us = mean_of(total_us, sums->count),
        };
    }
    if (n > 1)
        qsort_r(list, n, sizeof *list, by_count_and_names, (void *)(uintptr_t)places);
    *ret_list = list;
    *ret_n = n;
    return SJ_OK;
}

enum sj_status sj_link_set_new(const struct sj_link *list, size_t n, uint32_t n_touchpoints, struct sj_arena *arena,
                               struct sj_link_set *ret_set, struct sj_error *err) {
    uint32_t bits = 4;
    while (((size_t)1 << bits) < n * 2)
        bits++;
    uint32_t *slots, mask = UINT32_MAX >> (32 - bits);
    SJ_TRY(sj_arena_new(arena, (size_t)1 << bits, sizeof *slots, &slots, err));
    struct sj_link_set set = {.slots = slots, .shift = 32 - bits};
    for (size_t i = 0; i < n; i++) {
        if (!list[i].kept)
            continue;
        uint32_t key = (uint32_t)list[i].from * n_touchpoints + list[i].to, at = sj_link_place(key, set.shift);
        while (slots[at] != 0)
            at = (at + 1) & mask;
        slots[at] = key + 1;
    }
    *ret_set = set;
    return SJ_OK;
}
