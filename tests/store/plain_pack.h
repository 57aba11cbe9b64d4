/* Value i by the layout that store/pack.h describes, bit by bit: what the fast ways to unpack are compared with. */
#pragma once
#include "store/pack.h"

static inline int64_t plain_value(const uint8_t *in, size_t n, struct sj_packing p, size_t i) {
    const size_t group = i / SJ_PACK_GROUP, in_groups = n / SJ_PACK_GROUP * SJ_PACK_GROUP;
    uint64_t v = 0;
    if (i >= in_groups) {
        const size_t n_bytes = (p.width + 7) / 8;
        for (size_t b = 0; b < n_bytes; b++)
            v |= (uint64_t)in[in_groups / 8 * p.width + (i - in_groups) * n_bytes + b] << 8 * b;
        v = p.width < 64 ? v & ((UINT64_C(1) << p.width) - 1) : v;
    } else {
        const unsigned lanes = p.width <= 32 ? 16 : 8, word_bits = p.width <= 32 ? 32 : 64;
        const size_t lane = i % SJ_PACK_GROUP % lanes, row = i % SJ_PACK_GROUP / lanes;
        for (unsigned b = 0; b < p.width; b++) {
            const size_t bit = row * p.width + b;
            const size_t byte = group * p.width * 64 + (bit / word_bits * lanes + lane) * (word_bits / 8) + bit % word_bits / 8;
            v |= (uint64_t)(in[byte] >> bit % 8 & 1) << b;
        }
    }
    return (int64_t)((uint64_t)p.base + p.unit * v);
}
