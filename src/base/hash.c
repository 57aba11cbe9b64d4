#include "base/hash.h"

#include <xxhash.h>
#if defined(__x86_64__)
#include <xxh_x86dispatch.h> /* the same functions, by the widest vectors that the processor has */
#endif

uint64_t sj_hash64(const void *bytes, size_t n_bytes, uint64_t seed) { return XXH3_64bits_withSeed(bytes, n_bytes, seed); }

struct sj_hash128 sj_hash128(const void *bytes, size_t n_bytes, uint64_t seed) {
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, n_bytes, seed);
    return (struct sj_hash128){.hi = hash.high64, .lo = hash.low64};
}

/* A hasher is the library's state under our name: only the library's own allocation gives it the alignment it wants. */
static XXH3_state_t *state_of(struct sj_hasher *hasher) { return (XXH3_state_t *)hasher; }

struct sj_hasher *sj_hasher_new(void) {
    XXH3_state_t *state = XXH3_createState();
    if (state != NULL)
        XXH3_128bits_reset(state);
    return (struct sj_hasher *)state;
}

void sj_hasher_add(struct sj_hasher *hasher, const void *bytes, size_t n_bytes) {
    if (n_bytes > 0)
        XXH3_128bits_update(state_of(hasher), bytes, n_bytes);
}

struct sj_hash128 sj_hasher_digest(const struct sj_hasher *hasher) {
    XXH128_hash_t hash = XXH3_128bits_digest((const XXH3_state_t *)hasher);
    return (struct sj_hash128){.hi = hash.high64, .lo = hash.low64};
}

void sj_hasher_free(struct sj_hasher *hasher) { XXH3_freeState(state_of(hasher)); }
