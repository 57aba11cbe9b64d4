/* A batch cut down to some of its customers: what the lens would give for --segment. Threads: each has its own. Inside the room. */
#pragma once
#include "api/run.h"
#include "base/shelf.h"

struct sj_member_cut {
    const struct sj_run *run;
    struct sj_shelf shelf;
};

/* The batch of those customers c with in[c]; good until the next call. *ret_any is false where there are none. O(events of theirs). */
enum sj_status sj_member_cut(struct sj_member_cut *cut, const struct sj_batch *batch, const uint8_t *in, struct sj_batch *ret_piece,
                             bool *ret_any, struct sj_error *err);
