#include "api/member_cut.h"

#include <string.h>

/* Journeys that stand next to each other in the batch: a run of events. */
struct stretch {
    uint32_t lo, hi;
};
struct chosen {
    uint32_t *who; /* customer c of the piece is customer who[c] of the batch */
    struct stretch *stretches;
    uint32_t n_customers, n_stretches, n_events;
};

static enum sj_status choose(struct sj_member_cut *cut, const struct sj_batch *batch, const uint8_t *in, struct chosen *chosen,
                             struct sj_batch *piece, struct sj_error *err) {
    uint32_t *offsets, *customer, last = UINT32_MAX;
    SJ_TRY(sj_shelf_take(&cut->shelf, batch->n_customers, sizeof *chosen->who, &chosen->who, err));
    SJ_TRY(sj_shelf_take(&cut->shelf, batch->n_journeys, sizeof *chosen->stretches, &chosen->stretches, err));
    SJ_TRY(sj_shelf_take(&cut->shelf, (size_t)batch->n_journeys + 1, sizeof *offsets, &offsets, err));
    SJ_TRY(sj_shelf_take(&cut->shelf, batch->n_journeys, sizeof *customer, &customer, err));
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        const uint32_t c = batch->customer[j], lo = batch->offsets[j], hi = batch->offsets[j + 1];
        if (!in[c])
            continue;
        if (c != last)
            chosen->who[chosen->n_customers++] = c;
        last = c;
        if (chosen->n_stretches > 0 && chosen->stretches[chosen->n_stretches - 1].hi == lo)
            chosen->stretches[chosen->n_stretches - 1].hi = hi;
        else
            chosen->stretches[chosen->n_stretches++] = (struct stretch){lo, hi};
        customer[piece->n_journeys] = chosen->n_customers - 1;
        offsets[piece->n_journeys++] = chosen->n_events;
        chosen->n_events += hi - lo;
    }
    offsets[piece->n_journeys] = chosen->n_events;
    piece->n_customers = chosen->n_customers;
    piece->n_events = chosen->n_events;
    piece->offsets = offsets;
    piece->customer = customer;
    return SJ_OK;
}

static enum sj_status gather(struct sj_member_cut *cut, const struct chosen *chosen, const void *from, size_t bytes, void *ret_to,
                             struct sj_error *err) {
    char *to;
    size_t n = 0;
    SJ_TRY(sj_shelf_take(&cut->shelf, chosen->n_events, bytes, &to, err));
    for (uint32_t i = 0; i < chosen->n_stretches; i++) {
        const struct stretch *stretch = &chosen->stretches[i];
        memcpy(to + n * bytes, (const char *)from + stretch->lo * bytes, (stretch->hi - stretch->lo) * bytes);
        n += stretch->hi - stretch->lo;
    }
    memcpy(ret_to, &to, sizeof to);
    return SJ_OK;
}

static enum sj_status gather_columns(struct sj_member_cut *cut, const struct chosen *chosen, const struct sj_batch *batch,
                                     struct sj_batch *piece, struct sj_error *err) {
    const struct sj_run *run = cut->run;
    const uint32_t **codes;
    const int64_t **amounts;
    const uint8_t **meets, **members;
    SJ_TRY(sj_shelf_take(&cut->shelf, run->job.n_dimensions, sizeof *codes, (void *)&codes, err));
    SJ_TRY(sj_shelf_take(&cut->shelf, run->job.n_measures, sizeof *amounts, (void *)&amounts, err));
    SJ_TRY(sj_shelf_take(&cut->shelf, run->n_conditions, sizeof *meets, (void *)&meets, err));
    for (uint32_t d = 0; d < run->job.n_dimensions; d++)
        SJ_TRY(gather(cut, chosen, batch->codes[d], sizeof **codes, &codes[d], err));
    for (uint32_t m = 0; m < run->job.n_measures; m++)
        SJ_TRY(gather(cut, chosen, batch->amounts[m], sizeof **amounts, &amounts[m], err));
    for (uint32_t c = 0; c < run->n_conditions; c++)
        SJ_TRY(gather(cut, chosen, batch->meets[c], sizeof **meets, &meets[c], err));
    SJ_TRY(sj_shelf_take(&cut->shelf, run->first_segment, sizeof *members, (void *)&members, err));
    for (uint32_t s = 0; s < run->first_segment; s++) {
        uint8_t *in;
        SJ_TRY(sj_shelf_take(&cut->shelf, chosen->n_customers, 1, &in, err));
        for (uint32_t c = 0; c < chosen->n_customers; c++)
            in[c] = batch->members[s][chosen->who[c]];
        members[s] = in;
    }
    piece->members = members;
    piece->codes = codes;
    piece->amounts = amounts;
    piece->meets = meets;
    return SJ_OK;
}

static enum sj_status gather_events(struct sj_member_cut *cut, const struct chosen *chosen, const struct sj_batch *batch,
                                    struct sj_batch *piece, struct sj_error *err) {
    struct sj_str *identities;
    SJ_TRY(gather(cut, chosen, batch->touchpoint, sizeof *batch->touchpoint, &piece->touchpoint, err));
    if (batch->channel)
        SJ_TRY(gather(cut, chosen, batch->channel, sizeof *batch->channel, &piece->channel, err));
    if (batch->time_us)
        SJ_TRY(gather(cut, chosen, batch->time_us, sizeof *batch->time_us, &piece->time_us, err));
    if (!batch->identities)
        return SJ_OK;
    SJ_TRY(sj_shelf_take(&cut->shelf, chosen->n_customers, sizeof *identities, &identities, err));
    for (uint32_t c = 0; c < chosen->n_customers; c++)
        identities[c] = batch->identities[chosen->who[c]];
    piece->identities = identities;
    return SJ_OK;
}

enum sj_status sj_member_cut(struct sj_member_cut *cut, const struct sj_batch *batch, const uint8_t *in, struct sj_batch *ret_piece,
                             bool *ret_any, struct sj_error *err) {
    struct chosen chosen = {0};
    struct sj_batch piece = {0};
    const bool some = memchr(in, 1, batch->n_customers) != NULL;
    *ret_any = some;
    if (!some)
        return SJ_OK;
    if (memchr(in, 0, batch->n_customers) == NULL) {
        *ret_piece = *batch;
        return SJ_OK;
    }
    sj_shelf_reset(&cut->shelf);
    SJ_TRY(choose(cut, batch, in, &chosen, &piece, err));
    SJ_TRY(gather_events(cut, &chosen, batch, &piece, err));
    SJ_TRY(gather_columns(cut, &chosen, batch, &piece, err));
    *ret_piece = piece;
    return SJ_OK;
}
