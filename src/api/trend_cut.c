#include "api/trend_cut.h"

#include <string.h>

void sj_period_cut_init(struct sj_period_cut *cut, const struct sj_run *run, const struct sj_periods *periods) {
    *cut = (struct sj_period_cut){.periods = periods,
                                  .n_dimensions = run->job.n_dimensions,
                                  .n_measures = run->job.n_measures,
                                  .n_conditions = run->n_conditions,
                                  .n_members = run->first_segment};
    sj_shelf_init(&cut->shelf, run->job.mem);
}

void sj_period_cut_done(struct sj_period_cut *cut) { sj_shelf_done(&cut->shelf); }

/* A run of events of one journey in one period. */
struct piece {
    uint32_t period, lo, hi, customer;
};
struct pieces {
    struct piece *items;
    uint32_t n;
};

static uint32_t find_pieces(const struct sj_periods *periods, const struct sj_batch *batch, struct piece *pieces) {
    uint32_t n = 0, period = 0;
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        uint32_t lo = batch->offsets[j];
        while (lo < batch->offsets[j + 1]) {
            uint32_t hi = lo + 1;
            period = sj_periods_find(periods, batch->time_us[lo], period);
            while (hi < batch->offsets[j + 1] && batch->time_us[hi] < periods->starts[period + 1])
                hi++;
            pieces[n++] = (struct piece){period, lo, hi, batch->customer[j]};
            lo = hi;
        }
    }
    return n;
}

/* Places of the pieces: those of a period after those of the one before. Offsets begin at 0 in each period, and have one more than it has
 * journeys, so that journey k of period p has its offset at journey_base[p] + p + k. */
struct places {
    uint32_t *event_base, *journey_base, *n_customers, *last_customer;
    uint32_t *offsets, *customer, *n_events, *n_journeys;
    uint32_t *who; /* customer c of period p is customer who[journey_base[p] + c] of the batch: there are no more of them than journeys */
};

static enum sj_status take_places(struct sj_period_cut *cut, uint32_t n_pieces, struct places *ret, struct sj_error *err) {
    const size_t n = (size_t)cut->periods->n + 1;
    uint32_t **const by_period[] = {&ret->event_base,    &ret->journey_base, &ret->n_customers,
                                    &ret->last_customer, &ret->n_events,     &ret->n_journeys};
    for (size_t i = 0; i < sizeof by_period / sizeof *by_period; i++) {
        SJ_TRY(sj_shelf_take(&cut->shelf, n, sizeof **by_period[i], by_period[i], err));
        memset(*by_period[i], 0, n * sizeof **by_period[i]);
    }
    SJ_TRY(sj_shelf_take(&cut->shelf, n_pieces + n, sizeof *ret->offsets, &ret->offsets, err));
    SJ_TRY(sj_shelf_take(&cut->shelf, n_pieces, sizeof *ret->who, &ret->who, err));
    return sj_shelf_take(&cut->shelf, n_pieces, sizeof *ret->customer, &ret->customer, err);
}

static void count_places(const struct sj_periods *periods, const struct pieces *pieces, struct places *places) {
    for (uint32_t i = 0; i < pieces->n; i++) {
        const struct piece *piece = &pieces->items[i];
        places->event_base[piece->period + 1] += piece->hi - piece->lo;
        places->journey_base[piece->period + 1]++;
    }
    for (uint32_t p = 0; p < periods->n; p++) {
        places->event_base[p + 1] += places->event_base[p];
        places->journey_base[p + 1] += places->journey_base[p];
    }
}

static void place_journeys(const struct pieces *pieces, struct places *places) {
    for (uint32_t i = 0; i < pieces->n; i++) {
        const struct piece *piece = &pieces->items[i];
        const uint32_t p = piece->period, at = places->journey_base[p] + places->n_journeys[p];
        if (places->n_journeys[p] == 0 || places->last_customer[p] != piece->customer)
            places->n_customers[p]++;
        places->last_customer[p] = piece->customer;
        places->who[places->journey_base[p] + places->n_customers[p] - 1] = piece->customer;
        places->customer[at] = places->n_customers[p] - 1;
        places->offsets[at + p] = places->n_events[p];
        places->n_journeys[p]++;
        places->n_events[p] += piece->hi - piece->lo;
        places->offsets[at + p + 1] = places->n_events[p];
    }
}

/* A column of the batch, in the order of the pieces' places. */
static enum sj_status gather(struct sj_period_cut *cut, const struct pieces *pieces, const void *from, size_t bytes, void *ret_to,
                             struct sj_error *err) {
    uint32_t *next;
    char *to;
    SJ_TRY(sj_shelf_take(&cut->shelf, cut->periods->n, sizeof *next, &next, err));
    SJ_TRY(sj_shelf_take(&cut->shelf, cut->event_base[cut->periods->n], bytes, &to, err));
    memcpy(next, cut->event_base, cut->periods->n * sizeof *next);
    for (uint32_t i = 0; i < pieces->n; i++) {
        const uint32_t n = pieces->items[i].hi - pieces->items[i].lo;
        memcpy(to + next[pieces->items[i].period] * bytes, (const char *)from + pieces->items[i].lo * bytes, n * bytes);
        next[pieces->items[i].period] += n;
    }
    memcpy(ret_to, &to, sizeof to);
    return SJ_OK;
}

static enum sj_status gather_all(struct sj_period_cut *cut, const struct pieces *pieces, const struct sj_batch *batch,
                                 struct sj_error *err) {
    SJ_TRY(gather(cut, pieces, batch->touchpoint, sizeof *batch->touchpoint, &cut->all.touchpoint, err));
    SJ_TRY(gather(cut, pieces, batch->time_us, sizeof *batch->time_us, &cut->all.time_us, err));
    if (batch->channel)
        SJ_TRY(gather(cut, pieces, batch->channel, sizeof *batch->channel, &cut->all.channel, err));
    SJ_TRY(sj_shelf_take(&cut->shelf, 2 * (size_t)cut->n_dimensions, sizeof *cut->codes, (void *)&cut->codes, err));
    SJ_TRY(sj_shelf_take(&cut->shelf, 2 * (size_t)cut->n_measures, sizeof *cut->amounts, (void *)&cut->amounts, err));
    SJ_TRY(sj_shelf_take(&cut->shelf, 2 * (size_t)cut->n_conditions, sizeof *cut->meets, (void *)&cut->meets, err));
    for (uint32_t d = 0; d < cut->n_dimensions; d++)
        SJ_TRY(gather(cut, pieces, batch->codes[d], sizeof **batch->codes, &cut->codes[cut->n_dimensions + d], err));
    for (uint32_t m = 0; m < cut->n_measures; m++)
        SJ_TRY(gather(cut, pieces, batch->amounts[m], sizeof **batch->amounts, &cut->amounts[cut->n_measures + m], err));
    for (uint32_t c = 0; c < cut->n_conditions; c++)
        SJ_TRY(gather(cut, pieces, batch->meets[c], sizeof **batch->meets, &cut->meets[cut->n_conditions + c], err));
    return SJ_OK;
}

/* Who is in which segment does not depend on the period. */
static enum sj_status gather_members(struct sj_period_cut *cut, const struct places *places, const struct sj_batch *batch,
                                     struct sj_error *err) {
    const uint32_t n = places->journey_base[cut->periods->n];
    SJ_TRY(sj_shelf_take(&cut->shelf, 2 * (size_t)cut->n_members, sizeof *cut->members, (void *)&cut->members, err));
    for (uint32_t s = 0; s < cut->n_members; s++) {
        uint8_t *in;
        SJ_TRY(sj_shelf_take(&cut->shelf, n, 1, &in, err));
        for (uint32_t p = 0; p < cut->periods->n; p++) {
            const uint32_t base = places->journey_base[p];
            for (uint32_t c = base; c < base + places->n_customers[p]; c++)
                in[c] = batch->members[s][places->who[c]];
        }
        cut->members[cut->n_members + s] = in;
    }
    return SJ_OK;
}

enum sj_status sj_period_cut_take(struct sj_period_cut *cut, const struct sj_batch *batch, struct sj_error *err) {
    struct pieces pieces;
    struct places places;
    sj_shelf_reset(&cut->shelf);
    SJ_TRY(sj_shelf_take(&cut->shelf, batch->n_events, sizeof *pieces.items, &pieces.items, err));
    pieces.n = find_pieces(cut->periods, batch, pieces.items);
    SJ_TRY(take_places(cut, pieces.n, &places, err));
    count_places(cut->periods, &pieces, &places);
    place_journeys(&pieces, &places);
    cut->event_base = places.event_base;
    cut->journey_base = places.journey_base;
    cut->n_customers = places.n_customers;
    cut->all = (struct sj_batch){.offsets = places.offsets, .customer = places.customer};
    SJ_TRY(gather_members(cut, &places, batch, err));
    return gather_all(cut, &pieces, batch, err);
}

bool sj_period_cut_get(struct sj_period_cut *cut, uint32_t period, struct sj_batch *ret_batch) {
    const uint32_t base = cut->event_base[period], journeys = cut->journey_base[period];
    if (cut->event_base[period + 1] == base)
        return false;
    for (uint32_t d = 0; d < cut->n_dimensions; d++)
        cut->codes[d] = cut->codes[cut->n_dimensions + d] + base;
    for (uint32_t m = 0; m < cut->n_measures; m++)
        cut->amounts[m] = cut->amounts[cut->n_measures + m] + base;
    for (uint32_t c = 0; c < cut->n_conditions; c++)
        cut->meets[c] = cut->meets[cut->n_conditions + c] + base;
    for (uint32_t s = 0; s < cut->n_members; s++)
        cut->members[s] = cut->members[cut->n_members + s] + journeys;
    *ret_batch = (struct sj_batch){
        .n_customers = cut->n_customers[period],
        .n_journeys = cut->journey_base[period + 1] - journeys,
        .n_events = cut->event_base[period + 1] - base,
        .customer = cut->all.customer + journeys,
        .offsets = cut->all.offsets + journeys + period,
        .touchpoint = cut->all.touchpoint + base,
        .channel = cut->all.channel ? cut->all.channel + base : NULL,
        .time_us = cut->all.time_us + base,
        .codes = cut->codes,
        .meets = cut->meets,
        .members = cut->members,
        .amounts = cut->amounts,
    };
    return true;
}
