/* An allocator that fails when it is told to, and counts what is alive. For tests of running out of memory. */
#pragma once
#include <stdlib.h>
#include "base/mem.h"

struct failing_alloc {
    size_t n_until_failure; /* so many allocations succeed, all later ones fail */
    size_t n_alive;
};

static inline void *failing_resize(void *ctx, void *ptr, size_t bytes) {
    struct failing_alloc *state = ctx;
    if (bytes == 0) {
        state->n_alive -= ptr != NULL;
        free(ptr);
        return NULL;
    }
    if (state->n_until_failure == 0)
        return NULL;
    state->n_until_failure--;
    void *moved = realloc(ptr, bytes);
    state->n_alive += ptr == NULL && moved != NULL;
    return moved;
}

static inline struct sj_alloc failing_alloc(struct failing_alloc *state) {
    return (struct sj_alloc){.resize = failing_resize, .ctx = state};
}
