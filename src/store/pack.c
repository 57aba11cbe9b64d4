#include "store/pack.h"
#include <string.h>
#include "base/vector.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "segments are little-endian, and so must the machine be");

static unsigned bits_of(uint64_t value) { return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value); }

static uint64_t gcd(uint64_t a, uint64_t b) {
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

struct sj_packing sj_packing_of(const int64_t *values, size_t n, int find_unit) {
    if (n == 0)
        return (struct sj_packing){.base = 0, .unit = 1, .width = 0};
    int64_t min = values[0], max = values[0];
    for (size_t i = 1; i < n; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    uint64_t unit = find_unit ? 0 : 1;
    for (size_t i = 0; i < n && unit != 1; i++) {
        const uint64_t distance = (uint64_t)values[i] - (uint64_t)min;
        if (unit == 0 || distance % unit != 0)
            unit = gcd(distance, unit);
    }
    if (unit == 0)
        unit = 1;
    return (struct sj_packing){.base = min, .unit = unit, .width = bits_of(((uint64_t)max - (uint64_t)min) / unit)};
}

int sj_packing_fits(struct sj_packing packing, uint64_t max) {
    if (packing.base < 0 || (uint64_t)packing.base > max)
        return 0;
    const uint64_t largest = packing.width == 64 ? UINT64_MAX : (UINT64_C(1) << packing.width) - 1;
    uint64_t reach;
    return !__builtin_mul_overflow(largest, packing.unit, &reach) && reach <= max - (uint64_t)packing.base;
}

static size_t tail_bytes(unsigned width) { return (width + 7) / 8; }

size_t sj_packed_bytes(size_t n, unsigned width) { return n / SJ_PACK_GROUP * width * 64 + n % SJ_PACK_GROUP * tail_bytes(width); }

/* ---- packing ---- */

static void pack_group32(const uint32_t *in, unsigned width, uint32_t *out) {
    memset(out, 0, (size_t)width * 64);
    for (unsigned r = 0; r < 32; r++) {
        const unsigned bit = r * width, shift = bit % 32;
        uint32_t *word = out + (size_t)(bit / 32) * 16;
        for (unsigned l = 0; l < 16; l++) {
            word[l] |= in[r * 16 + l] << shift;
            if (shift + width > 32)
                word[16 + l] |= in[r * 16 + l] >> (32 - shift);
        }
    }
}

static void pack_group64(const uint64_t *in, unsigned width, uint64_t *out) {
    memset(out, 0, (size_t)width * 64);
    for (unsigned r = 0; r < 64; r++) {
        const unsigned bit = r * width, shift = bit % 64;
        uint64_t *word = out + (size_t)(bit / 64) * 8;
        for (unsigned l = 0; l < 8; l++) {
            word[l] |= in[r * 8 + l] << shift;
            if (shift + width > 64)
                word[8 + l] |= in[r * 8 + l] >> (64 - shift);
        }
    }
}

void sj_pack(const int64_t *values, size_t n, struct sj_packing packing, uint8_t *out) {
    if (packing.width == 0)
        return;
    uint64_t v[SJ_PACK_GROUP];
    uint32_t narrow[SJ_PACK_GROUP];
    union {
        uint32_t w32[16 * 32];
        uint64_t w64[8 * 64];
    } words;
    while (n > 0) {
        const size_t m = n < SJ_PACK_GROUP ? n : SJ_PACK_GROUP;
        for (size_t i = 0; i < m; i++) {
            const uint64_t distance = (uint64_t)values[i] - (uint64_t)packing.base;
            v[i] = packing.unit == 1 ? distance : distance / packing.unit;
        }
        if (m < SJ_PACK_GROUP) {
            for (size_t i = 0; i < m; i++, out += tail_bytes(packing.width))
                memcpy(out, &v[i], tail_bytes(packing.width));
            return;
        }
        if (packing.width <= 32) {
            for (size_t i = 0; i < SJ_PACK_GROUP; i++)
                narrow[i] = (uint32_t)v[i];
            pack_group32(narrow, packing.width, words.w32);
        } else {
            pack_group64(v, packing.width, words.w64);
        }
        memcpy(out, &words, (size_t)packing.width * 64);
        out += (size_t)packing.width * 64;
        values += m;
        n -= m;
    }
}

/* ---- unpacking: one vector holds a word of every lane; the compiler splits it where the machine's vectors are shorter ---- */

typedef uint32_t lanes32 __attribute__((vector_size(64)));
typedef uint64_t lanes64 __attribute__((vector_size(64)));

static inline __attribute__((always_inline)) void unpack_group32(const uint8_t *in, unsigned width, uint32_t *out) {
    const uint32_t mask = width == 32 ? UINT32_MAX : (UINT32_C(1) << width) - 1;
    lanes32 word, next;
    for (unsigned r = 0; r < 32; r++, out += 16) {
        const unsigned bit = r * width, shift = bit % 32;
        const uint8_t *at = in + (size_t)(bit / 32) * 64;
        memcpy(&word, at, 64);
        word >>= shift;
        if (shift + width > 32) {
            memcpy(&next, at + 64, 64);
            word |= next << (32 - shift);
        }
        word &= mask;
        memcpy(out, &word, 64);
    }
}

static inline __attribute__((always_inline)) void unpack_group64(const uint8_t *in, unsigned width, uint64_t *out) {
    const uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    lanes64 word, next;
    for (unsigned r = 0; r < 64; r++, out += 8) {
        const unsigned bit = r * width, shift = bit % 64;
        const uint8_t *at = in + (size_t)(bit / 64) * 64;
        memcpy(&word, at, 64);
        word >>= shift;
        if (shift + width > 64) {
            memcpy(&next, at + 64, 64);
            word |= next << (64 - shift);
        }
        word &= mask;
        memcpy(out, &word, 64);
    }
}

/* Bits above the width, which nobody writes, are cut off: sj_packing_fits() promises that no value is larger. */
static uint64_t tail_value(const uint8_t *in, unsigned width) {
    uint64_t v = 0;
    memcpy(&v, in, tail_bytes(width));
    return v & UINT64_MAX >> (64 - width);
}

SJ_VECTOR void sj_unpack_i64(const uint8_t *in, size_t n, struct sj_packing packing, int64_t *out) {
    const uint64_t base = (uint64_t)packing.base, unit = packing.unit;
    const unsigned width = packing.width;
    uint32_t narrow[SJ_PACK_GROUP];
    uint64_t wide[SJ_PACK_GROUP];
    for (size_t i = 0; width == 0 && i < n; i++)
        out[i] = packing.base;
    if (width == 0)
        return; /* there are no bytes */
    for (; n >= SJ_PACK_GROUP; n -= SJ_PACK_GROUP, out += SJ_PACK_GROUP, in += (size_t)width * 64) {
        if (width <= 32 && unit <= UINT32_MAX) {
            unpack_group32(in, width, narrow);
            for (unsigned i = 0; i < SJ_PACK_GROUP; i++) /* a product of two halves is one instruction, of two words three */
                out[i] = (int64_t)(base + (uint64_t)(uint32_t)unit * narrow[i]);
        } else if (width <= 32) {
            unpack_group32(in, width, narrow);
            for (unsigned i = 0; i < SJ_PACK_GROUP; i++)
                out[i] = (int64_t)(base + unit * narrow[i]);
        } else {
            unpack_group64(in, width, wide);
            for (unsigned i = 0; i < SJ_PACK_GROUP; i++)
                out[i] = (int64_t)(base + unit * wide[i]);
        }
    }
    for (size_t i = 0; i < n; i++, in += tail_bytes(width))
        out[i] = (int64_t)(base + unit * tail_value(in, width));
}

/* The three narrow forms differ in the type of the result only. A width over 32 cannot fit (sj_packing_fits), so it is not read. */
#define UNPACK_NARROW(name, type)                                                                        \
    SJ_VECTOR void name(const uint8_t *in, size_t n, struct sj_packing packing, type *out) {             \
        const uint32_t base = (uint32_t)packing.base, unit = (uint32_t)packing.unit;                     \
        const unsigned width = packing.width > 32 ? 32 : packing.width;                                  \
        uint32_t narrow[SJ_PACK_GROUP];                                                                  \
        for (size_t i = 0; width == 0 && i < n; i++)                                                     \
            out[i] = (type)base;                                                                         \
        if (width == 0)                                                                                  \
            return;                                                                                      \
        for (; n >= SJ_PACK_GROUP; n -= SJ_PACK_GROUP, out += SJ_PACK_GROUP, in += (size_t)width * 64) { \
            unpack_group32(in, width, narrow);                                                           \
            for (unsigned i = 0; i < SJ_PACK_GROUP; i++)                                                 \
                out[i] = (type)(base + unit * narrow[i]);                                                \
        }                                                                                                \
        for (size_t i = 0; i < n; i++, in += tail_bytes(width))                                          \
            out[i] = (type)(base + unit * (uint32_t)tail_value(in, width));                              \
    }
UNPACK_NARROW(sj_unpack_u32, uint32_t)
UNPACK_NARROW(sj_unpack_u16, uint16_t)
UNPACK_NARROW(sj_unpack_u8, uint8_t)
