/* Random numbers that repeat: xoshiro256** (Blackman and Vigna, 2018), seeded by SplitMix64. Same seed, same numbers on every
 * machine; doubles are made from the top 53 bits. Not for secrets. */
#pragma once
#include <stdint.h>

struct sj_random {
    uint64_t s[4];
};

void sj_random_init(struct sj_random *random, uint64_t seed);
uint64_t sj_random_u64(struct sj_random *random);
uint64_t sj_random_below(struct sj_random *random, uint64_t bound); /* [0, bound), without bias; bound > 0 */
double sj_random_unit(struct sj_random *random);                    /* [0, 1) */
