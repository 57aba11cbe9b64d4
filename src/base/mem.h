/* Memory: an allocator that is passed in, an arena, checked sizes.
 *
 * Every module takes `const struct sj_alloc *mem`; nothing calls malloc by itself, so that a test can fail the n-th allocation.
 * Three lifetimes: the store's, the query's (an arena, freed at once), the caller's buffers.
 * Threads: sj_alloc_libc() may be used from any thread; an arena belongs to one thread at a time. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/status.h"

/* resize(ctx, NULL, n) gives n bytes, resize(ctx, p, n) moves p, resize(ctx, p, 0) frees p and gives NULL. NULL: no memory. */
struct sj_alloc {
    void *(*resize)(void *ctx, void *ptr, size_t bytes);
    void *ctx;
};

const struct sj_alloc *sj_alloc_libc(void);

/* `count` items of `item_bytes`, zeroed. Errors: SJ_E_MEMORY, also when the product does not fit in size_t. */
enum sj_status sj_mem_new(const struct sj_alloc *mem, size_t count, size_t item_bytes, void *ret_ptr, struct sj_error *err);
void sj_mem_free(const struct sj_alloc *mem, void *ptr);

/* An arena hands out memory that is freed all at once. 16-byte aligned. */
struct sj_arena {
    const struct sj_alloc *mem;
    struct sj_arena_chunk *chunks; /* newest first */
    size_t used, capacity;         /* of the newest chunk */
};

void sj_arena_init(struct sj_arena *arena, const struct sj_alloc *mem);
void sj_arena_done(struct sj_arena *arena); /* frees everything; the arena may be used again */

/* `count` items, zeroed, alive until sj_arena_done(). `ret_ptr` is the address of a pointer of any type. */
enum sj_status sj_arena_new(struct sj_arena *arena, size_t count, size_t item_bytes, void *ret_ptr, struct sj_error *err);

/* A formatted text, ended with NUL. */
enum sj_status sj_arena_print(struct sj_arena *arena, const char **ret_text, struct sj_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static inline bool sj_mul_overflows(size_t a, size_t b, size_t *ret_product) { return __builtin_mul_overflow(a, b, ret_product); }
static inline bool sj_add_overflows(size_t a, size_t b, size_t *ret_sum) { return __builtin_add_overflow(a, b, ret_sum); }
