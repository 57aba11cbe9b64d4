/* Numbers for people: whole numbers in groups of three and shares in percent, as the language writes them. What is for machines is
 * written by base/str.h and base/json.h. Threads: pure functions. */
#pragma once
#include "base/str.h"
#include "base/text.h"

#define SJ_NUMBER_BYTES 64

/* Each writes a text ended with NUL and returns its length in bytes. */
size_t sj_number_count(int64_t value, enum sj_lang lang, char out[SJ_NUMBER_BYTES]);  /* 12,345  12.345  12,345 */
size_t sj_number_percent(double share, enum sj_lang lang, char out[SJ_NUMBER_BYTES]); /* "48.2", without the sign */
/* `whole` in groups, then the digits of `fraction` (at most 20; none when empty). */
size_t sj_number_grouped(bool negative, uint64_t whole, const char *fraction, enum sj_lang lang, char out[SJ_NUMBER_BYTES]);
