/* Packed integers: the one way in which segments hold numbers.
 *
 * A run of n integers is stored as value = base + unit * v, with v in `width` bits (0 to 64). Whole groups of 512 values come first:
 *
 *   width <= 32: 16 lanes of 32-bit words; value 16 r + l of the group lies in lane l, at bits [r * width, (r + 1) * width)
 *   width >  32:  8 lanes of 64-bit words; value  8 r + l of the group lies in lane l, at bits [r * width, (r + 1) * width)
 *
 * word k of lane l is word k * lanes + l of the group, so one vector instruction unpacks all lanes at once, in plain C. Either way a
 * group takes 64 * width bytes. The last n % 512 values follow with ceil(width / 8) bytes each. All little-endian.
 * (The interleaved layout follows Afroozeh and Boncz, "The FastLanes Compression Layout", VLDB 2023.)
 * Pure functions. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct sj_packing {
    int64_t base;
    uint64_t unit;  /* > 0 */
    unsigned width; /* bits */
};

#define SJ_PACK_GROUP 512

/* The narrowest packing of the values; with find_unit the greatest common divisor of their distances is the unit. */
struct sj_packing sj_packing_of(const int64_t *values, size_t n, int find_unit);

/* Bytes that n values take. width <= 64; does not overflow for n below 2^57. */
size_t sj_packed_bytes(size_t n, unsigned width);

void sj_pack(const int64_t *values, size_t n, struct sj_packing packing, uint8_t *out);

/* Unpacks all n values. The narrow forms cut off bits that do not fit: check the packing's range before (sj_packing_fits). */
void sj_unpack_i64(const uint8_t *in, size_t n, struct sj_packing packing, int64_t *out);
void sj_unpack_u32(const uint8_t *in, size_t n, struct sj_packing packing, uint32_t *out);
void sj_unpack_u16(const uint8_t *in, size_t n, struct sj_packing packing, uint16_t *out);
void sj_unpack_u8(const uint8_t *in, size_t n, struct sj_packing packing, uint8_t *out);

/* Whether every value that the packing can express lies in [0, max]. */
int sj_packing_fits(struct sj_packing packing, uint64_t max);
