#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *libc_resize(void *ctx, void *ptr, size_t bytes) {
    (void)ctx;
    if (bytes == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, bytes);
}

const struct sj_alloc *sj_alloc_libc(void) {
    static const struct sj_alloc libc = {.resize = libc_resize, .ctx = NULL};
    return &libc;
}

enum sj_status sj_mem_new(const struct sj_alloc *mem, size_t count, size_t item_bytes, void *ret_ptr, struct sj_error *err) {
    size_t bytes;
    if (sj_mul_overflows(count, item_bytes, &bytes))
        return sj_fail_memory(err, SIZE_MAX);
    size_t asked = bytes > 0 ? bytes : 1; /* no items still have an address of their own */
    void *ptr = mem->resize(mem->ctx, NULL, asked);
    if (ptr == NULL)
        return sj_fail_memory(err, asked);
    memset(ptr, 0, asked);
    memcpy(ret_ptr, &ptr, sizeof ptr);
    return SJ_OK;
}

void sj_mem_free(const struct sj_alloc *mem, void *ptr) {
    if (ptr != NULL)
        mem->resize(mem->ctx, ptr, 0);
}

/* A chunk is this header, padded to the alignment, and then its bytes. */
struct sj_arena_chunk {
    struct sj_arena_chunk *older;
};

#define ARENA_ALIGN ((size_t)16)
#define CHUNK_HEADER_BYTES ARENA_ALIGN
#define CHUNK_BYTES_MIN ((size_t)4096)
#define CHUNK_BYTES_MAX ((size_t)1 << 20)
static_assert(sizeof(struct sj_arena_chunk) <= CHUNK_HEADER_BYTES, "a chunk's header keeps the alignment");

void sj_arena_init(struct sj_arena *arena, const struct sj_alloc *mem) { *arena = (struct sj_arena){.mem = mem}; }

void sj_arena_done(struct sj_arena *arena) {
    struct sj_arena_chunk *chunk = arena->chunks;
    while (chunk != NULL) {
        struct sj_arena_chunk *older = chunk->older;
        sj_mem_free(arena->mem, chunk);
        chunk = older;
    }
    sj_arena_init(arena, arena->mem);
}

static struct sj_arena_chunk *new_chunk(struct sj_arena *arena, size_t bytes, struct sj_error *err) {
    size_t total;
    if (sj_add_overflows(bytes, CHUNK_HEADER_BYTES, &total)) {
        sj_fail_memory(err, SIZE_MAX);
        return NULL;
    }
    struct sj_arena_chunk *chunk = arena->mem->resize(arena->mem->ctx, NULL, total);
    if (chunk == NULL)
        sj_fail_memory(err, total);
    return chunk;
}

static char *chunk_bytes(struct sj_arena_chunk *chunk) { return (char *)chunk + CHUNK_HEADER_BYTES; }

/* A large piece gets a chunk for itself, put behind the newest one, whose room is still good for small pieces. */
static enum sj_status take_large(struct sj_arena *arena, size_t bytes, char **ret_piece, struct sj_error *err) {
    struct sj_arena_chunk *chunk = new_chunk(arena, bytes, err);
    if (chunk == NULL)
        return SJ_E_MEMORY;
    if (arena->chunks == NULL) {
        chunk->older = NULL;
        arena->chunks = chunk;
        arena->used = arena->capacity = bytes;
    } else {
        chunk->older = arena->chunks->older;
        arena->chunks->older = chunk;
    }
    *ret_piece = chunk_bytes(chunk);
    return SJ_OK;
}

static enum sj_status take(struct sj_arena *arena, size_t bytes, char **ret_piece, struct sj_error *err) {
    if (bytes > arena->capacity - arena->used) {
        size_t next = arena->capacity * 2;
        next = next < CHUNK_BYTES_MIN ? CHUNK_BYTES_MIN : next > CHUNK_BYTES_MAX ? CHUNK_BYTES_MAX : next;
        if (bytes > next / 4)
            return take_large(arena, bytes, ret_piece, err);
        struct sj_arena_chunk *chunk = new_chunk(arena, next, err);
        if (chunk == NULL)
            return SJ_E_MEMORY;
        chunk->older = arena->chunks;
        arena->chunks = chunk;
        arena->used = 0;
        arena->capacity = next;
    }
    *ret_piece = chunk_bytes(arena->chunks) + arena->used;
    arena->used += bytes;
    return SJ_OK;
}

enum sj_status sj_arena_new(struct sj_arena *arena, size_t count, size_t item_bytes, void *ret_ptr, struct sj_error *err) {
    size_t bytes, padded;
    if (sj_mul_overflows(count, item_bytes, &bytes) || sj_add_overflows(bytes, ARENA_ALIGN - 1, &padded))
        return sj_fail_memory(err, SIZE_MAX);
    padded &= ~(ARENA_ALIGN - 1);
    char *piece;
    SJ_TRY(take(arena, padded > 0 ? padded : ARENA_ALIGN, &piece, err));
    memset(piece, 0, bytes);
    memcpy(ret_ptr, &piece, sizeof piece);
    return SJ_OK;
}

enum sj_status sj_arena_print(struct sj_arena *arena, const char **ret_text, struct sj_error *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return sj_fail(err, SJ_E_BUG, "a text could not be formatted: the format \"%s\" is wrong", format);
    char *text;
    SJ_TRY(sj_arena_new(arena, (size_t)n + 1, 1, &text, err));
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    *ret_text = text;
    return SJ_OK;
}
