#include "stats/counter.h"

#include <stdlib.h>

#define SLOTS_MIN ((size_t)256)

void sj_counter_init(struct sj_counter *counter, const struct sj_alloc *mem) { *counter = (struct sj_counter){.mem = mem}; }

void sj_counter_done(struct sj_counter *counter) {
    sj_mem_free(counter->mem, counter->slots);
    sj_counter_init(counter, counter->mem);
}

/* The finalizer of SplitMix64 (Steele, Lea & Flood 2014): every bit of the pair moves every bit of the place. */
static size_t first_slot(uint32_t group, int64_t value) {
    uint64_t x = (uint64_t)value + (uint64_t)group * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (size_t)(x ^ (x >> 31));
}

/* The slot of the pair, or the free one where it belongs. */
static struct sj_counted *find_slot(struct sj_counted *slots, size_t n_slots, uint32_t group, int64_t value) {
    size_t at = first_slot(group, value) & (n_slots - 1);
    while (slots[at].count != 0 && (slots[at].value != value || slots[at].group != group))
        at = (at + 1) & (n_slots - 1);
    return &slots[at];
}

static enum sj_status grow(struct sj_counter *counter, struct sj_error *err) {
    size_t n_slots = counter->n_slots > 0 ? counter->n_slots * 2 : SLOTS_MIN;
    struct sj_counted *slots;
    SJ_TRY(sj_mem_new(counter->mem, n_slots, sizeof *slots, &slots, err));
    for (size_t i = 0; i < counter->n_slots; i++) {
        const struct sj_counted *old = &counter->slots[i];
        if (old->count != 0)
            *find_slot(slots, n_slots, old->group, old->value) = *old;
    }
    sj_mem_free(counter->mem, counter->slots);
    counter->slots = slots;
    counter->n_slots = n_slots;
    return SJ_OK;
}

static bool has_room(const struct sj_counter *counter, size_t more) { return counter->n_used + more <= counter->n_slots / 3 * 2; }

enum sj_status sj_counter_add(struct sj_counter *counter, uint32_t group, int64_t value, uint64_t count, struct sj_error *err) {
    if (!has_room(counter, 1))
        SJ_TRY(grow(counter, err));
    struct sj_counted *slot = find_slot(counter->slots, counter->n_slots, group, value);
    counter->n_used += slot->count == 0;
    slot->value = value;
    slot->group = group;
    slot->count += count;
    return SJ_OK;
}

void sj_counter_prefetch(const struct sj_counter *counter, uint32_t group, int64_t value) {
    if (counter->n_slots > 0)
        __builtin_prefetch(&counter->slots[first_slot(group, value) & (counter->n_slots - 1)], 1);
}

uint64_t sj_counter_get(const struct sj_counter *counter, uint32_t group, int64_t value) {
    return counter->n_slots == 0 ? 0 : find_slot(counter->slots, counter->n_slots, group, value)->count;
}

/* The room is made before: entries come in the order of their slots, and would pile up at the front of a table that is too small. */
enum sj_status sj_counter_merge(struct sj_counter *counter, const struct sj_counter *other, struct sj_error *err) {
    while (!has_room(counter, other->n_used))
        SJ_TRY(grow(counter, err));
    for (size_t i = 0; i < other->n_slots; i++) {
        const struct sj_counted *entry = &other->slots[i];
        if (entry->count != 0)
            SJ_TRY(sj_counter_add(counter, entry->group, entry->value, entry->count, err));
    }
    return SJ_OK;
}

static int by_group_and_value(const void *left, const void *right) {
    const struct sj_counted *a = left, *b = right;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return (a->value > b->value) - (a->value < b->value);
}

enum sj_status sj_counter_sorted(const struct sj_counter *counter, struct sj_arena *arena, struct sj_counted **ret_entries,
                                 struct sj_error *err) {
    struct sj_counted *entries;
    SJ_TRY(sj_arena_new(arena, counter->n_used, sizeof *entries, &entries, err));
    size_t n = 0;
    for (size_t i = 0; i < counter->n_slots; i++)
        if (counter->slots[i].count != 0)
            entries[n++] = counter->slots[i];
    if (n > 1)
        qsort(entries, n, sizeof *entries, by_group_and_value);
    *ret_entries = entries;
    return SJ_OK;
}
