#include "base/random.h"
#include "base/wide.h"

static uint64_t rotate_left(uint64_t x, unsigned bits) { return (x << bits) | (x >> (64 - bits)); }

/* SplitMix64 (Steele, Lea and Flood, 2014), by which the authors of xoshiro say to fill its state: never all zeros. */
static uint64_t split_mix(uint64_t *state) {
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void sj_random_init(struct sj_random *random, uint64_t seed) {
    for (unsigned i = 0; i < 4; i++)
        random->s[i] = split_mix(&seed);
}

uint64_t sj_random_u64(struct sj_random *random) {
    uint64_t *s = random->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* Lemire, "Fast random integer generation in an interval" (2019): one multiplication, and a division only when the low half
 * falls where some results would be too frequent. */
uint64_t sj_random_below(struct sj_random *random, uint64_t bound) {
    sj_wide product = (sj_wide)sj_random_u64(random) * bound;
    if ((uint64_t)product < bound) {
        uint64_t too_low = (0 - bound) % bound;
        while ((uint64_t)product < too_low)
            product = (sj_wide)sj_random_u64(random) * bound;
    }
    return (uint64_t)(product >> 64);
}

double sj_random_unit(struct sj_random *random) { return (double)(sj_random_u64(random) >> 11) * 0x1p-53; }
