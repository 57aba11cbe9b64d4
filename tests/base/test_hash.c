#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/hash.h"

#define PRIME32 UINT64_C(2654435761)
#define PRIME64 UINT64_C(11400714785074694797)

/* The input of xxHash's own self-test (cli/xsum_sanity_check.c). */
static void fill(unsigned char *bytes, size_t n) {
    uint64_t generator = PRIME32;
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (unsigned char)(generator >> 56);
        generator *= PRIME64;
    }
}

/* The values of the same self-test: each length class of the algorithm, without seed and with one. */
static void xxh3_values_are_the_published_ones(void **state) {
    (void)state;
    static const struct {
        size_t n;
        uint64_t plain, seeded;
    } rows[] = {
        {0, 0x2D06800538D394C2, 0xA8A6B918B2F0364A},   {1, 0xC44BDFF4074EECDB, 0x032BE332DD766EF8},
        {6, 0x27B56A84CD2D7325, 0x84589C116AB59AB9},   {12, 0xA713DAF0DFBB77E7, 0xE7303E1B2336DE0E},
        {24, 0xA3FE70BF9D3510EB, 0x850E80FC35BDD690},  {48, 0x397DA259ECBA1F11, 0xADC2CBAA44ACC616},
        {80, 0xBCDEFBBB2C47C90A, 0xC6DD0CB699532E73},  {195, 0xCD94217EE362EC3A, 0xBA68003D370CB3D9},
        {403, 0xCDEB804D65C6DEA4, 0x6259F6ECFD6443FD}, {512, 0x617E49599013CB6B, 0x3CE457DE14C27708},
    };
    unsigned char bytes[512];
    fill(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(sj_hash64(bytes, rows[i].n, 0) == rows[i].plain);
        assert_true(sj_hash64(bytes, rows[i].n, PRIME64) == rows[i].seeded);
    }
    struct sj_hash128 empty = sj_hash128(NULL, 0, 0);
    assert_true(empty.hi == UINT64_C(0x99AA06D3014798D8) && empty.lo == UINT64_C(0x6001C324468D497F));
}

static void pieces_give_the_hash_of_the_whole(void **state) {
    (void)state;
    unsigned char bytes[5000];
    fill(bytes, sizeof bytes);
    struct sj_hash128 whole = sj_hash128(bytes, sizeof bytes, 0);
    for (size_t step = 1; step < sizeof bytes; step = step * 3 + 1) {
        struct sj_hasher *hasher = sj_hasher_new();
        assert_non_null(hasher);
        for (size_t at = 0; at < sizeof bytes; at += step)
            sj_hasher_add(hasher, bytes + at, at + step <= sizeof bytes ? step : sizeof bytes - at);
        sj_hasher_add(hasher, NULL, 0);
        struct sj_hash128 digest = sj_hasher_digest(hasher);
        assert_true(digest.hi == whole.hi && digest.lo == whole.lo);
        sj_hasher_free(hasher);
    }
    sj_hasher_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xxh3_values_are_the_published_ones),
        cmocka_unit_test(pieces_give_the_hash_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
