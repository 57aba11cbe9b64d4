/* Numbers as texts: what is taken for a number is what the C library makes of the same text; money and decimal signs are what a plain
 * reading of their forms gives. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "ingest/decimals.h"
#include "ingest/kinds.h"
#include "target.h"

enum { TEXT_MAX = 2000 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The form [+-]digits[.digits][e[+-]digits], digits on one side of the point at least. */
static bool is_decimal(const char *s) {
    size_t n_digits = 0;
    s += *s == '-' || *s == '+';
    for (; is_digit(*s); s++)
        n_digits++;
    if (*s == '.')
        for (s++; is_digit(*s); s++)
            n_digits++;
    if (n_digits > 0 && (*s == 'e' || *s == 'E')) {
        s += s[1] == '-' || s[1] == '+' ? 2 : 1;
        if (!is_digit(*s))
            return false;
        while (is_digit(*s))
            s++;
    }
    return n_digits > 0 && *s == '\0';
}

static bool is_whole(const char *s) { return is_decimal(s) && strpbrk(s, ".eE") == NULL; }

static void check_double(struct sj_str s, const char *text) {
    double value;
    char again[SJ_TIME_TEXT_BYTES];
    const double wanted = strtod(text, NULL);
    const bool is_read = sj_str_to_double(s, &value);
    require(is_read == (strlen(text) == s.n && is_decimal(text) && isfinite(wanted)));
    if (!is_read)
        return;
    require(value == wanted && !(value == 0 && signbit(value)));
    const size_t n = sj_double_format(value, again);
    require(strtod(again, NULL) == value && strlen(again) == n);
}

static void check_whole(struct sj_str s, const char *text) {
    int64_t value;
    errno = 0;
    const long long wanted = strtoll(text, NULL, 10);
    const bool is_read = sj_str_to_i64(s, &value);
    require(is_read == (strlen(text) == s.n && is_whole(text) && errno == 0));
    require(!is_read || value == wanted);
}

/* All digits as one whole number of ten-thousandths: the point moved four places, which must then be followed by zeros only. */
static void check_money(struct sj_str s, const char *text) {
    char moved[TEXT_MAX + 8], again[SJ_TIME_TEXT_BYTES];
    const char *point = strchr(text, '.');
    const size_t n_whole = point ? (size_t)(point - text) : strlen(text), n_decimals = point ? strlen(point + 1) : 0;
    int64_t value, same;
    bool fits = strlen(text) == s.n && is_decimal(text) && strpbrk(text, "eE") == NULL;
    for (size_t i = 4; i < n_decimals; i++)
        fits = fits && point[1 + i] == '0';
    memcpy(moved, text, n_whole);
    for (size_t i = 0; i < 4; i++)
        moved[n_whole + i] = i < n_decimals ? point[1 + i] : '0';
    moved[n_whole + 4] = '\0';
    errno = 0;
    const long long wanted = strtoll(moved, NULL, 10);
    const bool is_read = sj_str_to_money(s, &value);
    require(is_read == (fits && errno == 0));
    if (!is_read)
        return;
    require(value == wanted);
    require(sj_str_to_money((struct sj_str){again, sj_money_format(value, again)}, &same) && same == value);
}

/* What is a number then is the text without groups, and with '.' for its point. */
static void check_decimal(struct sj_str s, char decimal) {
    char out[SJ_DECIMAL_BYTES], kept[TEXT_MAX + 1];
    struct sj_str plain;
    size_t n = 0;
    const char group = decimal == ',' ? '.' : ',';
    const struct sj_str trimmed = sj_str_trim(s);
    double number;
    if (!sj_decimal_plain(s, decimal, out, &plain) || !sj_str_to_double(plain, &number))
        return;
    for (size_t i = 0; i < trimmed.n; i++) {
        if (trimmed.p[i] != group)
            kept[n++] = (char)(trimmed.p[i] == decimal ? '.' : trimmed.p[i]);
    }
    require(sj_str_eq(plain, (struct sj_str){kept, n}));
}

/* A stricter reading takes nothing that a looser one does not, and means the same by it. */
static void check_kinds(struct sj_str s) {
    static const struct sj_text_form form = {.decimal = '.'};
    static const struct sj_text_form comma = {.decimal = ','};
    double number, loose;
    struct sj_value value;
    const struct sj_str trimmed = sj_str_trim(s);
    if (sj_text_to_number(s, &number))
        require(sj_str_to_double(trimmed, &loose) && loose == number);
    for (unsigned kind = 0; kind < SJ_N_KINDS; kind++) {
        (void)sj_text_to_value(s, (enum sj_kind)kind, &comma, &value);
        const bool fits = sj_text_to_value(s, (enum sj_kind)kind, &form, &value);
        require(kind != SJ_KIND_TEXT || !fits);
        require(!fits || kind != SJ_KIND_NUMBER || isfinite(value.f64));
        require(!fits || kind != SJ_KIND_TRUTH || value.i64 == 0 || value.i64 == 1);
        require(!fits || kind != SJ_KIND_DURATION || value.i64 >= 0);
    }
    const enum sj_kind found = sj_kind_find(&s, 1, &form);
    require(found == SJ_KIND_TEXT || sj_text_to_value(s, found, &form, &value));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    char text[TEXT_MAX + 1];
    if (n > TEXT_MAX)
        return 0;
    memcpy(text, bytes, n);
    text[n] = '\0';
    const struct sj_str s = {(const char *)bytes, n};
    check_double(s, text);
    check_whole(s, text);
    check_money(s, text);
    check_decimal(s, '.');
    check_decimal(s, ',');
    check_kinds(s);
    return 0;
}
