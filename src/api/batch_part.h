/* Some customers of a batch that follow each other, as a batch of their own: what the lens would give for them alone. Inside the room.
 * Threads: each has its own. */
#pragma once
#include "base/shelf.h"
#include "lens/batch.h"

struct sj_batch_part {
    uint32_t n_dimensions, n_measures, n_conditions, n_members;
    struct sj_shelf shelf;
    const struct sj_batch *batch;
    uint32_t *first_journey; /* by customer, and one more */
    uint32_t *offsets, *customer;
    const uint32_t **codes; /* of the part given last */
    const int64_t **amounts;
    const uint8_t **meets, **members;
};

void sj_batch_part_init(struct sj_batch_part *part, const struct sj_alloc *mem, uint32_t n_dimensions, uint32_t n_measures,
                        uint32_t n_conditions, uint32_t n_members);
void sj_batch_part_done(struct sj_batch_part *part);

/* The batch must live as long as its parts are asked for. O(journeys). */
enum sj_status sj_batch_part_begin(struct sj_batch_part *part, const struct sj_batch *batch, struct sj_error *err);
/* Customers lo <= c < hi of the batch, at least one; good until the next call of either. O(their journeys). */
struct sj_batch sj_batch_part_get(struct sj_batch_part *part, uint32_t lo, uint32_t hi);
