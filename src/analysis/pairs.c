#include "analysis/pairs.h"

#include <string.h>
#include "base/vector.h"

/* From pair `first` on; the event before it is there, too. */
SJ_VECTOR static void pair_up(const uint16_t *touchpoint, const int64_t *time_us, uint32_t n_touchpoints, struct sj_pairs *pairs,
                              uint32_t first) {
    const uint32_t n = pairs->n;
    for (uint32_t i = first; i < n; i++)
        pairs->keys[i] = (uint32_t)touchpoint[(int64_t)i - 1] * n_touchpoints + touchpoint[i];
    for (uint32_t i = first; i < n; i++)
        pairs->gaps_us[i] = time_us[i] - time_us[(int64_t)i - 1];
}

void sj_pairs_begin(struct sj_pairs *pairs, const struct sj_batch *batch, uint32_t n_touchpoints) {
    pairs->batch = batch;
    pairs->n_touchpoints = n_touchpoints;
    pairs->event = pairs->journey = 0;
}

bool sj_pairs_next(struct sj_pairs *pairs) {
    const struct sj_batch *batch = pairs->batch;
    const uint32_t lo = pairs->event, left = batch->n_events - lo;
    if (left == 0)
        return false;
    pairs->n = left < SJ_PAIRS_MAX ? left : SJ_PAIRS_MAX;
    pairs->event = lo + pairs->n;
    pair_up(batch->touchpoint + lo, batch->time_us + lo, pairs->n_touchpoints, pairs, lo == 0);
    memset(pairs->new_customer, 0, pairs->n);
    uint32_t j = pairs->journey;
    for (; j < batch->n_journeys && batch->offsets[j] < pairs->event; j++) {
        const uint32_t i = batch->offsets[j] - lo;
        pairs->keys[i] = pairs->n_touchpoints * pairs->n_touchpoints;
        pairs->gaps_us[i] = 0;
        pairs->new_customer[i] = j == 0 || batch->customer[j] != batch->customer[j - 1];
    }
    pairs->journey = j;
    return true;
}
