#include "analysis/links.h"

#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

#define LINKS_FIRST ((size_t)1024) /* must be a power of two */

/* Room for `capacity` links, those that are held moved over. */
static enum sj_status resize(struct sj_links *links, size_t capacity, struct sj_error *err) {
    struct sj_link_sums *sums = NULL;
    uint64_t *gap_high = NULL;
    uint32_t *keys = NULL, *slots = NULL;
    size_t n_slots = links->dense ? 0 : capacity * 2;
    enum sj_status status = SJ_OK;
    SJ_TRY_CLEAN(sj_mem_new(links->mem, capacity, sizeof *sums, &sums, err));
    SJ_TRY_CLEAN(sj_mem_new(links->mem, capacity, sizeof *gap_high, &gap_high, err));
    SJ_TRY_CLEAN(sj_mem_new(links->mem, links->dense ? 0 : capacity, sizeof *keys, &keys, err));
    SJ_TRY_CLEAN(sj_mem_new(links->mem, n_slots, sizeof *slots, &slots, err));
    if (links->n > 0) {
        memcpy(sums, links->sums, links->n * sizeof *sums);
        memcpy(gap_high, links->gap_high, links->n * sizeof *gap_high);
        memcpy(keys, links->keys, links->n * sizeof *keys);
    }
    sj_links_done(links);
    links->sums = sums;
    links->gap_high = gap_high;
    links->keys = keys;
    links->slots = slots;
    links->capacity = capacity;
    links->n_slots = n_slots;
    return SJ_OK;
cleanup:
    sj_mem_free(links->mem, sums);
    sj_mem_free(links->mem, gap_high);
    sj_mem_free(links->mem, keys);
    return status;
}

enum sj_status sj_links_init(struct sj_links *links, const struct sj_alloc *mem, uint32_t n_touchpoints, struct sj_error *err) {
    struct sj_links made = {.mem = mem, .n_touchpoints = n_touchpoints, .dense = n_touchpoints <= SJ_LINKS_DENSE_MAX};
    SJ_TRY(resize(&made, made.dense ? (size_t)n_touchpoints * n_touchpoints : LINKS_FIRST, err));
    made.n = made.dense ? made.capacity : 0;
    *links = made;
    return SJ_OK;
}

void sj_links_done(struct sj_links *links) {
    if (links->mem == NULL)
        return;
    sj_mem_free(links->mem, links->sums);
    sj_mem_free(links->mem, links->gap_high);
    sj_mem_free(links->mem, links->keys);
    sj_mem_free(links->mem, links->slots);
    links->sums = NULL;
    links->gap_high = NULL;
    links->keys = links->slots = NULL;
}

static size_t slot_of(const struct sj_links *links, uint32_t key) {
    size_t at = (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (links->n_slots - 1);
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

enum sj_status sj_links_find(struct sj_links *links, uint32_t key, uint32_t *ret_idx, struct sj_error *err) {
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

enum sj_status sj_links_merge(struct sj_links *links, const struct sj_links *other, struct sj_error *err) {
    for (size_t i = 0; i < other->n; i++) {
        const struct sj_link_sums *more = &other->sums[i];
        if (more->count == 0)
            continue;
        uint32_t idx = (uint32_t)i;
        if (!links->dense)
            SJ_TRY(sj_links_find(links, other->keys[i], &idx, err));
        struct sj_link_sums *sums = &links->sums[idx];
        sums->count += more->count;
        sums->customers += more->customers;
        sums->gap_low += more->gap_low;
        links->gap_high[idx] += other->gap_high[i] + (sums->gap_low < more->gap_low);
    }
    return SJ_OK;
}

/* The mean, rounded to the nearest microsecond, halves upwards. */
static int64_t mean_of(uint64_t high, uint64_t low, uint64_t count) {
    wide sum = (wide)high << 64 | low;
    return (int64_t)((sum * 2 + count) / ((wide)count * 2));
}

static int by_count_and_names(const void *left, const void *right, void *places) {
    const struct sj_link *a = left, *b = right;
    const uint32_t *place = places;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->from != b->from)
        return place[a->from] < place[b->from] ? -1 : 1;
    return (place[a->to] > place[b->to]) - (place[a->to] < place[b->to]);
}

enum sj_status sj_links_list(const struct sj_links *links, const uint32_t *places, struct sj_arena *arena, struct sj_link **ret_list,
                             size_t *ret_n, struct sj_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < links->n; i++)
        n += links->sums[i].count > 0;
    struct sj_link *list;
    SJ_TRY(sj_arena_new(arena, n, sizeof *list, &list, err));
    n = 0;
    for (size_t i = 0; i < links->n; i++) {
        const struct sj_link_sums *sums = &links->sums[i];
        if (sums->count == 0)
            continue;
        uint32_t key = links->dense ? (uint32_t)i : links->keys[i];
        list[n++] = (struct sj_link){
            .from = (uint16_t)(key / links->n_touchpoints),
            .to = (uint16_t)(key % links->n_touchpoints),
            .count = sums->count,
            .customers = sums->customers,
            .mean_us = mean_of(links->gap_high[i], sums->gap_low, sums->count),
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
