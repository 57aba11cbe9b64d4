/* Decimal signs: what "12,50", "1.234,50" and "1,250.00" are as numbers. One sign makes the point; the other may stand between groups
 * of three digits. A text such as "1.234" can be read with either, so that the sign is found for a whole column. Pure functions. */
#pragma once
#include "base/str.h"

#define SJ_DECIMAL_BYTES 48

/* The number with '.' for its point and no other sign; `text` itself where nothing need be changed, else in `out`. Without signs any
 * text passes: whether it is a number is for others to say. False when the signs do not stand as `decimal` ('.' or ',') has them. */
bool sj_decimal_plain(struct sj_str text, char decimal, char out[SJ_DECIMAL_BYTES], struct sj_str *ret_plain);

enum { SJ_DECIMAL_POINT = 1, SJ_DECIMAL_COMMA = 2 };
/* The signs with which the text is a number: none, one, or both (both for a number without any sign). */
unsigned sj_decimal_forms(struct sj_str text);
