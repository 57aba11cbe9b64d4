#include "base/number.h"

#include <math.h>
#include <stdio.h>

/* Thousands: a comma, or a point in Dutch. Decimals the other way round. */
static const struct { char group, point; } marks[SJ_N_LANGS] = {[SJ_EN] = {',', '.'}, [SJ_NL] = {'.', ','}, [SJ_ZH] = {',', '.'}};

size_t sj_number_grouped(bool negative, uint64_t whole, const char *fraction, enum sj_lang lang, char out[SJ_NUMBER_BYTES]) {
    char digits[24];
    int n_digits = snprintf(digits, sizeof digits, "%llu", (unsigned long long)whole);
    size_t n = 0;
    if (negative)
        out[n++] = '-';
    for (int i = 0; i < n_digits; i++) {
        if (i > 0 && (n_digits - i) % 3 == 0)
            out[n++] = marks[lang].group;
        out[n++] = digits[i];
    }
    out[n] = '\0';
    if (fraction[0] != '\0')
        n += (size_t)snprintf(out + n, SJ_NUMBER_BYTES - n, "%c%.20s", marks[lang].point, fraction);
    return n;
}

size_t sj_number_count(int64_t value, enum sj_lang lang, char out[SJ_NUMBER_BYTES]) {
    return sj_number_grouped(value < 0, value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value, "", lang, out);
}

size_t sj_number_percent(double share, enum sj_lang lang, char out[SJ_NUMBER_BYTES]) {
    if (!(fabs(share) < 1e12)) {
        out[0] = '\0';
        return 0;
    }
    uint64_t tenths = (uint64_t)llround(fabs(share) * 1000);
    char fraction[2] = {(char)('0' + tenths % 10), '\0'};
    return sj_number_grouped(share < 0 && tenths > 0, tenths / 10, fraction, lang, out);
}
