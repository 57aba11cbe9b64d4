/* Pairs: every event of a batch with the one before it in its journey, a piece of the batch at a time, made without a branch.
 * Links, their times and their customers are all counted from these.
 *
 * The first event of a journey follows nothing. It has its place in the piece all the same, so that the loops go straight through:
 * its key is n_touchpoints², which is no link's, and its gap 0.
 * Threads: a piece belongs to one; what is made of a batch does not depend on where it is cut. */
#pragma once
#include "lens/batch.h"

#define SJ_PAIRS_MAX 1024

struct sj_pairs {
    const struct sj_batch *batch;
    uint32_t n_touchpoints, event, journey; /* the next to come */
    uint32_t n;
    uint32_t keys[SJ_PAIRS_MAX];        /* from · n_touchpoints + to */
    uint8_t new_customer[SJ_PAIRS_MAX]; /* 1: the first event of a customer */
    int64_t gaps_us[SJ_PAIRS_MAX];
};

void sj_pairs_begin(struct sj_pairs *pairs, const struct sj_batch *batch, uint32_t n_touchpoints);
/* The next piece: pairs->n of them. False at the end. */
bool sj_pairs_next(struct sj_pairs *pairs);
