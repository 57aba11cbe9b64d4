/* Keyed hashes: they stand for a text (a customer's identity) that is not to be read back. Without the key nobody can try texts out; with
 * the key whoever knows a text can find its hash.
 *
 * BLAKE2b with a key (RFC 7693; libsodium's crypto_generichash). Threads: any. */
#pragma once
#include <stdint.h>
#include "base/str.h"

#define SJ_KEYED_BYTES 32     /* of a hash */
#define SJ_KEYED_KEY_BYTES 32 /* of a key: the secret of a store, or a file that several stores share */

void sj_keyed_hash(const uint8_t key[SJ_KEYED_KEY_BYTES], struct sj_str text, uint8_t out[SJ_KEYED_BYTES]);
