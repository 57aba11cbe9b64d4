#include "store/keyed.h"

#include <sodium.h>

_Static_assert(SJ_KEYED_BYTES == crypto_generichash_BYTES && SJ_KEYED_KEY_BYTES == crypto_generichash_KEYBYTES,
               "the sizes are the standard ones");

/* It fails for other sizes only. sodium_init() would choose a faster version of the same function, and is not needed. */
void sj_keyed_hash(const uint8_t key[SJ_KEYED_KEY_BYTES], struct sj_str text, uint8_t out[SJ_KEYED_BYTES]) {
    (void)crypto_generichash(out, SJ_KEYED_BYTES, (const unsigned char *)text.p, text.n, key, SJ_KEYED_KEY_BYTES);
}
