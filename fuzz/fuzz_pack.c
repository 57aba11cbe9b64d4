/* Packed integers: what is packed is unpacked again, and whatever the bytes and the packing are, every way to unpack gives what reading
 * them bit by bit by the documented layout gives. The first byte: how many bytes a value has, and whether a unit is looked for. */
#include "../tests/store/plain_pack.h"
#include "target.h"

enum { N_MAX = 4 * SJ_PACK_GROUP };

/* Unpacks into exactly as much memory as there must be. The narrow forms are the low bits of the wide one. */
static void compare(const uint8_t *packed, size_t n, struct sj_packing p, const int64_t *wanted) {
    int64_t *wide = malloc(n * sizeof *wide + 1);
    uint32_t *u32 = malloc(n * sizeof *u32 + 1);
    uint16_t *u16 = malloc(n * sizeof *u16 + 1);
    uint8_t *u8 = malloc(n + 1);
    require(wide && u32 && u16 && u8);
    sj_unpack_i64(packed, n, p, wide);
    if (p.width <= 32) {
        sj_unpack_u32(packed, n, p, u32);
        sj_unpack_u16(packed, n, p, u16);
        sj_unpack_u8(packed, n, p, u8);
    }
    for (size_t i = 0; i < n; i++) {
        require(wide[i] == plain_value(packed, n, p, i) && (!wanted || wide[i] == wanted[i]));
        require(p.width > 32 || (u32[i] == (uint32_t)wide[i] && u16[i] == (uint16_t)wide[i] && u8[i] == (uint8_t)wide[i]));
        require(!sj_packing_fits(p, UINT16_MAX) || (uint64_t)wide[i] <= UINT16_MAX);
        require(!sj_packing_fits(p, UINT32_MAX) || (uint64_t)wide[i] <= UINT32_MAX);
    }
    free(wide);
    free(u32);
    free(u16);
    free(u8);
}

static void pack_values(struct input in, unsigned n_bytes, int find_unit) {
    static int64_t values[N_MAX];
    size_t n = 0;
    const uint64_t unit = 1 + take_bits(&in, 3), base = take_bits(&in, 8);
    for (; n < N_MAX && in.n > 0; n++)
        values[n] = (int64_t)(base + unit * take_bits(&in, n_bytes));
    const struct sj_packing p = sj_packing_of(values, n, find_unit);
    require(p.width <= 64 && p.unit > 0);
    uint8_t *packed = malloc(sj_packed_bytes(n, p.width) + 1);
    require(packed != NULL);
    sj_pack(values, n, p, packed);
    compare(packed, n, p, values);
    free(packed);
}

/* The bytes as they are, by a packing that nobody would choose. */
static void unpack_any(struct input in) {
    const struct sj_packing p = {.width = take_byte(&in) % 65, .base = (int64_t)take_bits(&in, 8), .unit = 1 + take_bits(&in, 7)};
    size_t n = p.width == 0 ? in.n : 0;
    while (n < N_MAX && p.width > 0 && sj_packed_bytes(n + 1, p.width) <= in.n)
        n++;
    const struct sj_str bytes = take_rest(&in);
    compare((const uint8_t *)bytes.p, n < N_MAX ? n : N_MAX, p, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct input in = {bytes, n};
    const uint8_t how = take_byte(&in);
    pack_values(in, 1 + how % 8, (how & 8) != 0);
    unpack_any(in);
    return 0;
}
