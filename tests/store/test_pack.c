/* Packed integers: every width, every length around a group, against a plain reading of the documented layout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/random.h"
#include "plain_pack.h"

#define N_MAX (3 * SJ_PACK_GROUP + 1)

static void check(const int64_t *values, size_t n, int find_unit) {
    static int64_t out[N_MAX];
    const struct sj_packing p = sj_packing_of(values, n, find_unit);
    uint8_t *bytes = malloc(sj_packed_bytes(n, p.width)); /* exactly so many, so that touching more is seen */
    sj_pack(values, n, p, bytes);
    sj_unpack_i64(bytes, n, p, out);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(out[i], values[i]);
        assert_int_equal(plain_value(bytes, n, p, i), values[i]);
    }
    free(bytes);
}

static void test_all_widths(void **state) {
    (void)state;
    static const size_t lengths[] = {0, 1, 2, 511, 512, 513, 1024, 1500, N_MAX};
    static int64_t values[N_MAX];
    struct sj_random random;
    sj_random_init(&random, 1);
    for (unsigned width = 0; width <= 64; width++) {
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
            const uint64_t unit = width < 40 ? sj_random_below(&random, 3) * 999 + 1 : 1;
            const int64_t base = (int64_t)sj_random_u64(&random) >> sj_random_below(&random, 64);
            for (size_t i = 0; i < lengths[l]; i++) {
                const uint64_t v = width == 0 ? 0 : sj_random_u64(&random) >> (64 - width);
                values[i] = (int64_t)((uint64_t)base + v * unit);
            }
            check(values, lengths[l], width % 2 == 0);
        }
    }
}

static void test_unit_is_found(void **state) {
    (void)state;
    const int64_t seconds[] = {1700000000000000, 1700000005000000, 1700000002000000};
    const struct sj_packing p = sj_packing_of(seconds, 3, 1);
    assert_int_equal(p.unit, 1000000);
    assert_int_equal(p.width, 3);
    const int64_t same[] = {7, 7};
    assert_int_equal(sj_packing_of(same, 2, 1).width, 0);
    const int64_t extremes[] = {INT64_MIN, INT64_MAX};
    assert_int_equal(sj_packing_of(extremes, 2, 0).width, 64);
    assert_int_equal(sj_packing_of(extremes, 2, 1).width, 1); /* the distance itself is the unit */
}

static void test_narrow_forms(void **state) {
    (void)state;
    static int64_t values[N_MAX];
    static uint8_t bytes[N_MAX * 8];
    static uint32_t u32[N_MAX];
    static uint16_t u16[N_MAX];
    static uint8_t u8[N_MAX];
    struct sj_random random;
    sj_random_init(&random, 2);
    for (unsigned width = 0; width <= 32; width++) {
        for (size_t i = 0; i < N_MAX; i++)
            values[i] = width == 0 ? 3 : (int64_t)(sj_random_u64(&random) >> (64 - width));
        const struct sj_packing p = sj_packing_of(values, N_MAX, 0);
        sj_pack(values, N_MAX, p, bytes);
        sj_unpack_u32(bytes, N_MAX, p, u32);
        sj_unpack_u16(bytes, N_MAX, p, u16);
        sj_unpack_u8(bytes, N_MAX, p, u8);
        for (size_t i = 0; i < N_MAX; i++) {
            assert_int_equal(u32[i], (uint32_t)values[i]);
            assert_int_equal(u16[i], (uint16_t)values[i]);
            assert_int_equal(u8[i], (uint8_t)values[i]);
        }
    }
}

static void test_fits(void **state) {
    (void)state;
    assert_true(sj_packing_fits((struct sj_packing){0, 1, 8}, 255));
    assert_false(sj_packing_fits((struct sj_packing){1, 1, 8}, 255));
    assert_false(sj_packing_fits((struct sj_packing){-1, 1, 1}, 255));
    assert_false(sj_packing_fits((struct sj_packing){0, 2, 8}, 255));
    assert_false(sj_packing_fits((struct sj_packing){0, UINT64_MAX, 64}, UINT64_MAX));
    assert_true(sj_packing_fits((struct sj_packing){0, 1, 64}, UINT64_MAX));
}

/* Any bytes by any packing, of any length, wherever in memory they stand and wherever the values go. */
static void test_any_length_and_place(void **state) {
    (void)state;
    enum { PLACES = 64 };
    static uint8_t in[N_MAX * 8 + PLACES];
    static int64_t i64[N_MAX + PLACES];
    static uint32_t u32[N_MAX + PLACES];
    static uint16_t u16[N_MAX + PLACES];
    static uint8_t u8[N_MAX + PLACES];
    struct sj_random random;
    sj_random_init(&random, 3);
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)sj_random_u64(&random);
    for (size_t round = 0; round < 2000; round++) {
        const uint64_t unit = sj_random_u64(&random) >> sj_random_below(&random, 64);
        const struct sj_packing p = {(int64_t)sj_random_u64(&random), unit + !unit, (unsigned)(round % 65)};
        const size_t n = sj_random_below(&random, N_MAX), in_at = sj_random_below(&random, PLACES), at = sj_random_below(&random, PLACES);
        sj_unpack_i64(in + in_at, n, p, i64 + at);
        if (p.width <= 32) {
            sj_unpack_u32(in + in_at, n, p, u32 + at);
            sj_unpack_u16(in + in_at, n, p, u16 + at);
            sj_unpack_u8(in + in_at, n, p, u8 + at);
        }
        for (size_t i = 0; i < n; i++) {
            const uint64_t wanted = (uint64_t)plain_value(in + in_at, n, p, i);
            assert_int_equal(i64[at + i], (int64_t)wanted);
            assert_true(p.width > 32 ||
                        (u32[at + i] == (uint32_t)wanted && u16[at + i] == (uint16_t)wanted && u8[at + i] == (uint8_t)wanted));
        }
    }
}

/* The values after the last group have whole bytes, which a broken file may fill: none is larger than the packing says. */
static void test_bits_above_the_width(void **state) {
    (void)state;
    uint8_t bytes[8];
    int64_t i64;
    uint32_t u32;
    uint16_t u16;
    uint8_t u8;
    memset(bytes, 0xFF, sizeof bytes);
    for (unsigned width = 1; width <= 64; width++) {
        const struct sj_packing p = {0, 1, width};
        const uint64_t largest = UINT64_MAX >> (64 - width);
        assert_true(sj_packing_fits(p, largest));
        sj_unpack_i64(bytes, 1, p, &i64);
        assert_int_equal(i64, (int64_t)largest);
        if (width > 32)
            continue;
        sj_unpack_u32(bytes, 1, p, &u32);
        sj_unpack_u16(bytes, 1, p, &u16);
        sj_unpack_u8(bytes, 1, p, &u8);
        assert_true(u32 == largest && u16 == (uint16_t)largest && u8 == (uint8_t)largest);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_widths), cmocka_unit_test(test_unit_is_found),        cmocka_unit_test(test_narrow_forms),
        cmocka_unit_test(test_fits),       cmocka_unit_test(test_bits_above_the_width), cmocka_unit_test(test_any_length_and_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
