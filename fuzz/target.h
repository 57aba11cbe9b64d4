/* What fuzz targets share: the function that is called for every input, a check that holds in every build, memory with a cap, and the
 * input taken apart. */
#pragma once
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Says what does not hold: that is the finding. */
#define require(condition) require_holds((condition), #condition, __FILE__, __LINE__)
static inline void require_holds(bool holds, const char *condition, const char *file, int line) {
    if (holds)
        return;
    (void)fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, condition);
    abort();
}

/* A count that lies is refused as memory that cannot be had. */
struct capped {
    struct sj_alloc alloc;
    size_t n_used, max; /* bytes, at once */
};

static inline void *capped_resize(void *ctx, void *ptr, size_t bytes) {
    struct capped *capped = ctx;
    const size_t before = ptr != NULL ? malloc_usable_size(ptr) : 0, others = capped->n_used - before;
    if (bytes > 0 && (others > capped->max || bytes > capped->max - others))
        return NULL;
    void *moved = sj_alloc_libc()->resize(sj_alloc_libc()->ctx, ptr, bytes);
    if (moved != NULL || bytes == 0)
        capped->n_used = others + (moved != NULL ? malloc_usable_size(moved) : 0);
    return moved;
}

static inline void capped_init(struct capped *capped, size_t max_bytes) {
    *capped = (struct capped){.alloc = {.resize = capped_resize, .ctx = capped}, .max = max_bytes};
}

/* The input from here on. What is taken past its end is 0 or empty. */
struct input {
    const uint8_t *p;
    size_t n;
};

static inline uint8_t take_byte(struct input *in) {
    if (in->n == 0)
        return 0;
    in->n--;
    return *in->p++;
}

static inline uint64_t take_bits(struct input *in, unsigned n_bytes) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < n_bytes; i++)
        bits |= (uint64_t)take_byte(in) << 8 * i;
    return bits;
}

static inline struct sj_str take_text(struct input *in, size_t n) {
    const struct sj_str text = {(const char *)in->p, n < in->n ? n : in->n};
    in->p += text.n;
    in->n -= text.n;
    return text;
}

/* Up to the next byte `end`, which is passed over. */
static inline struct sj_str take_until(struct input *in, char end) {
    const uint8_t *at = in->n > 0 ? memchr(in->p, end, in->n) : NULL;
    const struct sj_str text = take_text(in, at != NULL ? (size_t)(at - in->p) : in->n);
    (void)take_byte(in);
    return text;
}

static inline struct sj_str take_rest(struct input *in) { return take_text(in, in->n); }
