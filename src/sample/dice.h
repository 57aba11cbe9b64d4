/* Draws in whole numbers: the same on every machine. C leaves open which of two draws in one expression comes first (arguments, the two
 * sides of an assignment): write them as two statements. Internal to the room. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "base/random.h"

static inline bool sj_dice_chance(struct sj_random *random, uint32_t per_mille) { return sj_random_below(random, 1000) < per_mille; }

/* [lo, hi], both included. */
static inline int64_t sj_dice_between(struct sj_random *random, int64_t lo, int64_t hi) {
    return lo + (int64_t)sj_random_below(random, (uint64_t)(hi - lo) + 1);
}

/* An index by weight; not all weights may be zero. */
static inline unsigned sj_dice_pick(struct sj_random *random, const uint16_t *weights, unsigned n) {
    uint64_t total = 0;
    for (unsigned i = 0; i < n; i++) {
        total += weights[i];
    }
    uint64_t left = sj_random_below(random, total);
    unsigned i = 0;
    for (; i + 1 < n && left >= weights[i]; i++) {
        left -= weights[i];
    }
    return i;
}

/* From a distribution given by n values at equal steps of probability, straight lines between them. */
static inline int64_t sj_dice_quantile(struct sj_random *random, const uint16_t *values, unsigned n) {
    unsigned i = (unsigned)sj_random_below(random, n - 1);
    int64_t part = (int64_t)sj_random_below(random, 1024);
    return values[i] + ((int64_t)values[i + 1] - values[i]) * part / 1024;
}

/* SplitMix64's mixer (Steele, Lea and Flood, 2014): a one-to-one map of 64 bits that looks random. */
static inline uint64_t sj_dice_mix(uint64_t x) {
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}
