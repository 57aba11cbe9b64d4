#include "model.h"
#include "store/keyed.h"

static void test_hash_is_keyed_blake2b(void **state) {
    (void)state;
    /* Python's hashlib.blake2b(text, key=bytes(range(32)), digest_size=32). */
    static const struct {
        const char *text, *hash;
    } cases[] = {
        {"", "4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d"},
        {"anna@example.com", "bc822b53420fc72038c154ea3f5ddbfb182f3d88fb584c83d1a3c2ac6508e383"},
        {"王伟", "622628a3b546293a5cc1b3abedfa72a4bc9d72bfc8906097158a865ba5e8ee5e"},
    };
    uint8_t key[SJ_KEYED_KEY_BYTES], other[SJ_KEYED_BYTES];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t hash[SJ_KEYED_BYTES];
        char text[2 * SJ_KEYED_BYTES + 1];
        sj_keyed_hash(key, sj_str(cases[i].text), hash);
        for (size_t b = 0; b < sizeof hash; b++)
            snprintf(text + 2 * b, 3, "%02x", hash[b]);
        assert_string_equal(text, cases[i].hash);
        key[31] ^= 1;
        sj_keyed_hash(key, sj_str(cases[i].text), other);
        key[31] ^= 1;
        assert_memory_not_equal(hash, other, sizeof hash);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hash_is_keyed_blake2b)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
