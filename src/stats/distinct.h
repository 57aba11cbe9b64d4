/* How many different things there are among very many, in fixed memory: HyperLogLog (Flajolet, Fusy, Gandouet and Meunier 2007, AOFA
 * 137-156), with hashes of 64 bits (Heule, Nunkesser and Hall 2013) and the improved raw estimator of Ertl (2017, arXiv
 * 1702.01284), which needs no tables and no correction for few or many.
 *
 *   hash      |  14 bits: which register  |  50 bits: leading zeros + 1, from 1 to 51  |
 *   register  the largest of these; 0: none yet
 *
 * As long as there are no more than SJ_DISTINCT_EXACT different hashes they are kept besides, in order, and the number is exact.
 * What is counted is hashes: give all of them the same seed, and one of good quality (sj_hash64). The state depends only on which hashes
 * came, not on their order, number or grouping, and holds no floating point: merging is the union, bit for bit.
 *
 * Invariants: exact[0] < exact[1] < … < exact[n_exact - 1], zero after that; n_exact = SJ_DISTINCT_EXACT + 1: there were more, and all of
 * `exact` is zero. The registers always hold all hashes.
 * Memory: 18,440 bytes, the caller's; allocates nothing. All zero: empty.
 * Threads: one state, one thread at a time. */
#pragma once
#include "base/result.h"

#define SJ_DISTINCT_BITS 14
#define SJ_DISTINCT_REGISTERS (1 << SJ_DISTINCT_BITS)
#define SJ_DISTINCT_EXACT 256

struct sj_distinct {
    uint8_t registers[SJ_DISTINCT_REGISTERS];
    uint64_t exact[SJ_DISTINCT_EXACT];
    uint64_t n_exact;
};

/* O(1) once there are more than SJ_DISTINCT_EXACT, O(SJ_DISTINCT_EXACT) before. */
void sj_distinct_add(struct sj_distinct *distinct, uint64_t hash);

/* Adds all that `other` has seen. O(registers). */
void sj_distinct_merge(struct sj_distinct *distinct, const struct sj_distinct *other);

/* The number with its 95 % interval: the number itself while it is exact, later 1.6 % to either side (the standard error is
 * sqrt(3 ln 2 - 1) / sqrt(2^14) = 0.81 % of the true number, less for few). `n` is the value rounded. No flags. O(registers). */
struct sj_estimate sj_distinct_count(const struct sj_distinct *distinct);
