/* A counter of pairs: (group, value) -> how often. Open addressing; holds each different pair once, so that a million equal
 * values cost as much as one. The order of its entries is not determined: sort them before use (sj_counter_sorted).
 * Memory: 24 bytes a slot, at most two thirds of the slots taken. Threads: one at a time. */
#pragma once
#include "base/mem.h"

struct sj_counted {
    int64_t value;
    uint64_t count; /* 0: a free slot */
    uint32_t group;
};

struct sj_counter {
    const struct sj_alloc *mem;
    struct sj_counted *slots; /* NULL before the first */
    size_t n_slots, n_used;   /* a power of two */
};

void sj_counter_init(struct sj_counter *counter, const struct sj_alloc *mem);
void sj_counter_done(struct sj_counter *counter);

/* Errors: SJ_E_MEMORY. count > 0. */
enum sj_status sj_counter_add(struct sj_counter *counter, uint32_t group, int64_t value, uint64_t count, struct sj_error *err);
void sj_counter_prefetch(const struct sj_counter *counter, uint32_t group, int64_t value); /* before many are added */
uint64_t sj_counter_get(const struct sj_counter *counter, uint32_t group, int64_t value);  /* 0: never counted */
enum sj_status sj_counter_merge(struct sj_counter *counter, const struct sj_counter *other, struct sj_error *err);

/* All entries by rising (group, value), `n_used` of them, in the arena. */
enum sj_status sj_counter_sorted(const struct sj_counter *counter, struct sj_arena *arena, struct sj_counted **ret_entries,
                                 struct sj_error *err);
