/* A shelf: buffers that are taken in the same order in every round and keep their memory between rounds. For work that is done block
 * by block: after the first few blocks nothing is allocated any more. */
#pragma once
#include "base/buf.h"

struct sj_shelf {
    const struct sj_alloc *mem;
    struct sj_buf bufs; /* struct sj_buf *, each with an address of its own */
    size_t n_taken;
};

void sj_shelf_init(struct sj_shelf *shelf, const struct sj_alloc *mem);
void sj_shelf_done(struct sj_shelf *shelf);
static inline void sj_shelf_reset(struct sj_shelf *shelf) { shelf->n_taken = 0; }

/* Room for `count` items, not zeroed, good until the reset after next use. `ret_ptr` is the address of a pointer of any type. */
enum sj_status sj_shelf_take(struct sj_shelf *shelf, size_t count, size_t item_bytes, void *ret_ptr, struct sj_error *err);
/* An empty buffer to append to. */
enum sj_status sj_shelf_buf(struct sj_shelf *shelf, struct sj_buf **ret_buf, struct sj_error *err);
