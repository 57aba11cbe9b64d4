/* Hashes and checksums, by xxHash (XXH3). Not for secrets. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "base/str.h"

struct sj_hash128 {
    uint64_t hi, lo;
};

uint64_t sj_hash64(const void *bytes, size_t n_bytes, uint64_t seed);
struct sj_hash128 sj_hash128(const void *bytes, size_t n_bytes, uint64_t seed);

/* Hashes a long input piece by piece: the digest of an imported file. */
struct sj_hasher;
struct sj_alloc;
struct sj_hasher *sj_hasher_new(void); /* NULL: no memory */
void sj_hasher_add(struct sj_hasher *hasher, const void *bytes, size_t n_bytes);
struct sj_hash128 sj_hasher_digest(const struct sj_hasher *hasher);
void sj_hasher_free(struct sj_hasher *hasher);
