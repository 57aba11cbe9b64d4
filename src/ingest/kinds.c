#include "ingest/kinds.h"

#include <math.h>

#include "ingest/decimals.h"

#define NUMBER_DIGITS_MAX 15 /* every decimal number of that many digits survives as a double */
#define SECONDS_MAX 9e12     /* microseconds of it fit in an int64 */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Digits with at most one point, one digit at least; counts the digits after leading zeros. */
static bool take_decimal(struct sj_str *s, size_t *ret_n_digits) {
    size_t at = 0, n_all = 0, n_digits = 0;
    bool point = false;
    for (; at < s->n && (is_digit(s->p[at]) || (s->p[at] == '.' && !point)); at++) {
        point |= s->p[at] == '.';
        n_all += is_digit(s->p[at]);
        n_digits += is_digit(s->p[at]) && (n_digits > 0 || s->p[at] != '0');
    }
    s->p += at;
    s->n -= at;
    *ret_n_digits = n_digits;
    return n_all > 0;
}

static bool is_exponent(struct sj_str s) {
    if (s.n < 3 || s.n > 5 || (s.p[0] != 'e' && s.p[0] != 'E') || (s.p[1] != '+' && s.p[1] != '-'))
        return false;
    for (size_t i = 2; i < s.n; i++)
        if (!is_digit(s.p[i]))
            return false;
    return true;
}

bool sj_text_to_number(struct sj_str text, double *ret_value) {
    struct sj_str s = sj_str_trim(text);
    const struct sj_str whole = s;
    if (s.n > 0 && s.p[0] == '-') {
        s.p++;
        s.n--;
    }
    if (s.n >= 2 && s.p[0] == '0' && is_digit(s.p[1]))
        return false;
    size_t n_digits;
    if (!take_decimal(&s, &n_digits) || n_digits > NUMBER_DIGITS_MAX + (size_t)2 || (s.n > 0 && !is_exponent(s)))
        return false;
    /* A double written out in full has up to 17 digits; a whole number of more than 15 is a name, such as that of an order. */
    if (n_digits > NUMBER_DIGITS_MAX && memchr(whole.p, '.', whole.n) == NULL)
        return false;
    return sj_str_to_double(whole, ret_value);
}

bool sj_text_to_truth(struct sj_str text, int64_t *ret_value) {
    const struct sj_str s = sj_str_trim(text);
    const bool is_true = sj_str_eq_nocase(s, SJ_LIT("true"));
    if (!is_true && !sj_str_eq_nocase(s, SJ_LIT("false")))
        return false;
    *ret_value = is_true;
    return true;
}

bool sj_text_to_time(struct sj_str text, const struct sj_zone *zone, int64_t *ret_us) {
    const struct sj_str s = sj_str_trim(text);
    const bool has_clock = s.n >= 15 && (s.p[10] == 'T' || s.p[10] == 't' || s.p[10] == ' ' || s.p[8] == 'T');
    return has_clock && sj_time_parse_iso(s, zone, ret_us, NULL);
}

/* "1:30:00", "25:00:00.5": hours may have any number of digits. */
static bool parse_clock(struct sj_str s, int64_t *ret_us) {
    const char *first = memchr(s.p, ':', s.n);
    if (first == NULL || s.n - (size_t)(first - s.p) < 6 || first[3] != ':')
        return false;
    int64_t hours, minutes;
    double seconds;
    const struct sj_str h = {s.p, (size_t)(first - s.p)}, m = {first + 1, 2}, rest = {first + 4, s.n - (size_t)(first + 4 - s.p)};
    if (!is_digit(s.p[0]) || !is_digit(m.p[0]) || !is_digit(rest.p[0]) || !sj_str_to_i64(h, &hours) || !sj_str_to_i64(m, &minutes) ||
        !sj_str_to_double(rest, &seconds))
        return false;
    if (hours > 1000000 || minutes > 59 || seconds >= 60)
        return false;
    *ret_us = hours * SJ_US_HOUR + minutes * SJ_US_MINUTE + (int64_t)llround(seconds * 1e6);
    return true;
}

bool sj_text_to_duration(struct sj_str text, int64_t *ret_us) {
    const struct sj_str s = sj_str_trim(text);
    double seconds;
    if (s.n == 0)
        return false;
    if (sj_str_to_double(s, &seconds)) {
        if (seconds < 0 || seconds > SECONDS_MAX)
            return false;
        *ret_us = (int64_t)llround(seconds * 1e6);
        return true;
    }
    return sj_duration_parse(s, ret_us) || parse_clock(s, ret_us);
}

bool sj_text_to_value(struct sj_str text, enum sj_kind kind, const struct sj_text_form *form, struct sj_value *ret_value) {
    char out[SJ_DECIMAL_BYTES];
    const bool is_number = kind == SJ_KIND_NUMBER || kind == SJ_KIND_MONEY;
    if ((is_number || kind == SJ_KIND_DURATION) && !sj_decimal_plain(text, form->decimal, out, &text) && is_number)
        return false; /* a duration may have signs of its own: "1:30:00.5" */
    switch (kind) {
    case SJ_KIND_NUMBER: return sj_text_to_number(text, &ret_value->f64);
    case SJ_KIND_TRUTH: return sj_text_to_truth(text, &ret_value->i64);
    case SJ_KIND_TIME: return sj_text_to_time(text, form->zone, &ret_value->i64);
    case SJ_KIND_MONEY: return sj_str_to_money(sj_str_trim(text), &ret_value->i64);
    case SJ_KIND_DURATION: return sj_text_to_duration(text, &ret_value->i64);
    case SJ_KIND_TEXT: break;
    }
    return false;
}

enum sj_kind sj_kind_find(const struct sj_str *texts, size_t n, const struct sj_text_form *form) {
    static const enum sj_kind kinds[] = {SJ_KIND_TRUTH, SJ_KIND_NUMBER, SJ_KIND_TIME};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        struct sj_value value;
        size_t i = 0;
        while (i < n && sj_text_to_value(texts[i], kinds[k], form, &value))
            i++;
        if (i == n)
            return kinds[k];
    }
    return SJ_KIND_TEXT;
}

bool sj_kind_of(struct sj_str name, enum sj_kind *ret_kind) {
    for (unsigned k = 0; k < SJ_N_KINDS; k++) {
        if (sj_str_eq_nocase(name, sj_str(sj_kind_name((enum sj_kind)k)))) {
            *ret_kind = (enum sj_kind)k;
            return true;
        }
    }
    return false;
}
