#include "api/batch_part.h"

void sj_batch_part_init(struct sj_batch_part *part, const struct sj_alloc *mem, uint32_t n_dimensions, uint32_t n_measures,
                        uint32_t n_conditions, uint32_t n_members) {
    *part = (struct sj_batch_part){
        .n_dimensions = n_dimensions, .n_measures = n_measures, .n_conditions = n_conditions, .n_members = n_members};
    sj_shelf_init(&part->shelf, mem);
}

void sj_batch_part_done(struct sj_batch_part *part) { sj_shelf_done(&part->shelf); }

enum sj_status sj_batch_part_begin(struct sj_batch_part *part, const struct sj_batch *batch, struct sj_error *err) {
    sj_shelf_reset(&part->shelf);
    part->batch = batch;
    SJ_TRY(sj_shelf_take(&part->shelf, (size_t)batch->n_customers + 1, sizeof *part->first_journey, &part->first_journey, err));
    SJ_TRY(sj_shelf_take(&part->shelf, (size_t)batch->n_journeys + 1, sizeof *part->offsets, &part->offsets, err));
    SJ_TRY(sj_shelf_take(&part->shelf, batch->n_journeys, sizeof *part->customer, &part->customer, err));
    SJ_TRY(sj_shelf_take(&part->shelf, part->n_dimensions, sizeof *part->codes, (void *)&part->codes, err));
    SJ_TRY(sj_shelf_take(&part->shelf, part->n_measures, sizeof *part->amounts, (void *)&part->amounts, err));
    SJ_TRY(sj_shelf_take(&part->shelf, part->n_conditions, sizeof *part->meets, (void *)&part->meets, err));
    SJ_TRY(sj_shelf_take(&part->shelf, part->n_members, sizeof *part->members, (void *)&part->members, err));
    uint32_t journey = 0;
    for (uint32_t c = 0; c <= batch->n_customers; c++) {
        while (journey < batch->n_journeys && batch->customer[journey] < c)
            journey++;
        part->first_journey[c] = journey;
    }
    return SJ_OK;
}

struct sj_batch sj_batch_part_get(struct sj_batch_part *part, uint32_t lo, uint32_t hi) {
    const struct sj_batch *all = part->batch;
    const uint32_t journey = part->first_journey[lo], n_journeys = part->first_journey[hi] - journey, event = all->offsets[journey];
    for (uint32_t j = 0; j < n_journeys; j++) {
        part->offsets[j] = all->offsets[journey + j] - event;
        part->customer[j] = all->customer[journey + j] - lo;
    }
    part->offsets[n_journeys] = all->offsets[journey + n_journeys] - event;
    for (uint32_t d = 0; d < part->n_dimensions; d++)
        part->codes[d] = all->codes[d] + event;
    for (uint32_t m = 0; m < part->n_measures; m++)
        part->amounts[m] = all->amounts[m] + event;
    for (uint32_t c = 0; c < part->n_conditions; c++)
        part->meets[c] = all->meets[c] + event;
    for (uint32_t s = 0; s < part->n_members; s++)
        part->members[s] = all->members[s] + lo;
    return (struct sj_batch){
        .n_customers = hi - lo,
        .n_journeys = n_journeys,
        .n_events = part->offsets[n_journeys],
        .customer = part->customer,
        .identities = all->identities ? all->identities + lo : NULL,
        .offsets = part->offsets,
        .touchpoint = all->touchpoint + event,
        .channel = all->channel ? all->channel + event : NULL,
        .time_us = all->time_us ? all->time_us + event : NULL,
        .codes = part->codes,
        .meets = part->meets,
        .members = part->members,
        .amounts = part->amounts,
    };
}
