#include "base/str.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

int sj_str_cmp(struct sj_str a, struct sj_str b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static unsigned char lower(char c) { return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); }

int sj_str_order(const void *a, const void *b) { return sj_str_cmp(*(const struct sj_str *)a, *(const struct sj_str *)b); }

bool sj_str_eq_nocase(struct sj_str a, struct sj_str b) {
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct sj_str sj_str_trim(struct sj_str s) {
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Takes the sign off. A sign alone leaves nothing, which no number is. */
static bool take_sign(struct sj_str *s) {
    bool negative = s->n > 0 && s->p[0] == '-';
    if (s->n > 0 && (negative || s->p[0] == '+')) {
        s->p++;
        s->n--;
    }
    return negative;
}

static bool signed_of(uint64_t magnitude, bool negative, int64_t *ret_value) {
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *ret_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

static bool push_digit(uint64_t *magnitude, char digit) {
    return !__builtin_mul_overflow(*magnitude, UINT64_C(10), magnitude) &&
           !__builtin_add_overflow(*magnitude, (uint64_t)(digit - '0'), magnitude);
}

bool sj_str_to_i64(struct sj_str s, int64_t *ret_value) {
    bool negative = take_sign(&s);
    uint64_t magnitude = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]) || !push_digit(&magnitude, s.p[i]))
            return false;
    return signed_of(magnitude, negative, ret_value);
}

bool sj_str_to_money(struct sj_str s, int64_t *ret_ten_thousandths) {
    bool negative = take_sign(&s), in_decimals = false;
    uint64_t magnitude = 0;
    size_t n_digits = 0, n_decimals = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && !in_decimals) {
            in_decimals = true;
            continue;
        }
        if (!is_digit(s.p[i]))
            return false;
        n_digits++;
        if (n_decimals == 4) {
            if (s.p[i] != '0')
                return false;
            continue;
        }
        n_decimals += in_decimals;
        if (!push_digit(&magnitude, s.p[i]))
            return false;
    }
    for (; n_decimals < 4; n_decimals++)
        if (!push_digit(&magnitude, '0'))
            return false;
    return n_digits > 0 && signed_of(magnitude, negative, ret_ten_thousandths);
}

/* A decimal number taken apart: the value is `mantissa` * 10^exponent, where the mantissa is the digits without their point. */
struct decimal {
    struct sj_str digits; /* with at most one point among them; the leading zeros are gone */
    uint64_t mantissa;    /* exact when n_digits <= 19 */
    size_t n_digits;      /* significant ones: from the first that is not zero */
    int64_t exponent;
    bool negative;
};

/* "e-12". An exponent beyond what any double has is cut to one that is still beyond. */
static bool parse_exponent(struct sj_str s, int64_t *ret_exponent) {
    bool negative = take_sign(&s);
    int64_t exponent = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i]))
            return false;
        if (exponent < INT64_C(1) << 58)
            exponent = exponent * 10 + (s.p[i] - '0');
    }
    *ret_exponent = negative ? -exponent : exponent;
    return true;
}

static bool parse_decimal(struct sj_str s, struct decimal *ret) {
    struct decimal d = {.negative = take_sign(&s)};
    size_t i = 0, n_read = 0;
    bool in_decimals = false;
    for (; i < s.n && (is_digit(s.p[i]) || (s.p[i] == '.' && !in_decimals)); i++) {
        if (s.p[i] == '.') {
            in_decimals = true;
            continue;
        }
        n_read++;
        d.exponent -= in_decimals;
        if (d.n_digits == 0 && s.p[i] == '0')
            continue;
        if (d.n_digits++ == 0)
            d.digits.p = s.p + i;
        if (d.n_digits <= 19)
            d.mantissa = d.mantissa * 10 + (uint64_t)(s.p[i] - '0');
    }
    if (d.n_digits > 0)
        d.digits.n = (size_t)(s.p + i - d.digits.p);
    if (n_read == 0)
        return false;
    if (i < s.n) {
        int64_t written;
        if ((s.p[i] | 0x20) != 'e' || !parse_exponent((struct sj_str){s.p + i + 1, s.n - i - 1}, &written))
            return false;
        d.exponent += written;
    }
    *ret = d;
    return true;
}

/* Rounds correctly what the fast path cannot: by strtod() of the C library, in the "C" locale, on a copy that is ended with NUL.
 * 800 digits decide every double (no midpoint of two has more than 768); of the digits behind them only "not all zeros" counts,
 * and stands as a last digit. So the copy is short however long the text is. */
#define DIGITS_KEPT 800
static bool slow_double(const struct decimal *d, double *ret_value) {
    char text[DIGITS_KEPT + 40];
    size_t n = 0, n_seen = 0;
    bool more = false;
    for (size_t i = 0; i < d->digits.n; i++) {
        if (d->digits.p[i] == '.')
            continue;
        if (n_seen++ < DIGITS_KEPT)
            text[n++] = d->digits.p[i];
        else
            more = more || d->digits.p[i] != '0';
    }
    int64_t exponent = d->exponent + (int64_t)(n_seen - n);
    if (more) {
        text[n++] = '1';
        exponent--;
    }
    snprintf(text + n, sizeof text - n, "e%lld", (long long)exponent);
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* costs nothing in glibc: it is a constant there */
    if (c_locale == (locale_t)0)
        return false;
    double value = strtod_l(text, NULL, c_locale);
    freelocale(c_locale);
    if (value > 0x1.fffffffffffffp1023)
        return false;
    *ret_value = value;
    return true;
}

/* Fast path: Clinger, "How to read floating point numbers accurately" (1990). A mantissa up to 2^53 and a power of ten up to 10^22
 * are both exact as doubles, so one multiplication or division rounds once, correctly.
 * Zero has no sign here, so that 0 and -0 are one value in every comparison by bits. */
bool sj_str_to_double(struct sj_str s, double *ret_value) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct decimal d;
    double value = 0;
    if (!parse_decimal(s, &d))
        return false;
    if (d.n_digits > 0 && d.n_digits <= 19 && d.mantissa <= UINT64_C(1) << 53 && d.exponent >= -22 && d.exponent <= 22)
        value = d.exponent < 0 ? (double)d.mantissa / powers[-d.exponent] : (double)d.mantissa * powers[d.exponent];
    else if (d.n_digits > 0 && !slow_double(&d, &value))
        return false;
    *ret_value = d.negative && value > 0 ? -value : value;
    return true;
}

/* --- UTF-8 --- */

/* The length of the character at `p`, at least one byte of which is there; 0 where RFC 3629 has none (cut off, overlong, a
 * surrogate, above U+10FFFF). */
static size_t decode(const unsigned char *p, size_t n, uint32_t *ret_code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (length == 0 || length > n)
        return 0;
    uint32_t code = length == 1 ? p[0] : p[0] & (0xFFU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        code = (code << 6) | (p[i] & 0x3F);
    }
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return 0;
    *ret_code = code;
    return length;
}

bool sj_str_is_utf8(struct sj_str s) {
    const unsigned char *p = (const unsigned char *)s.p;
    size_t i = 0;
    while (i < s.n) {
        uint64_t eight;
        if (s.n - i >= sizeof eight) {
            memcpy(&eight, p + i, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        uint32_t code;
        size_t length = decode(p + i, s.n - i, &code);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

struct range {
    uint32_t lo, hi; /* both included */
};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t n_ranges) {
    for (size_t i = 0; i < n_ranges && code >= ranges[i].lo; i++)
        if (code <= ranges[i].hi)
            return true;
    return false;
}

/* After Unicode's EastAsianWidth.txt (W and F), in blocks: what an unassigned code point inside a block takes does not matter. */
static size_t columns_of(uint32_t code) {
    static const struct range zero[] = {
        {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},   {0x0610, 0x061A},   {0x064B, 0x065F}, {0x06D6, 0x06DC},
        {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},   {0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
        {0x2028, 0x202E}, {0x2060, 0x2064}, {0x20D0, 0x20FF},   {0x302A, 0x302D},   {0x3099, 0x309A}, {0xFE00, 0xFE0F},
        {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF}, {0xE0000, 0xE0FFF},
    };
    static const struct range wide[] = {
        {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},
        {0x26A1, 0x26A1},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F5},
        {0x26FA, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274E},   {0x2753, 0x2757},
        {0x2795, 0x2797},   {0x27B0, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B55},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
        {0x3400, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
        {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CFF}, {0x1B000, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
        {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7EB},
        {0x1F90C, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD},
    };
    if (code < 0x300)
        return 1;
    if (in_ranges(code, zero, sizeof zero / sizeof zero[0]))
        return 0;
    return in_ranges(code, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

size_t sj_str_columns(struct sj_str s) {
    if (!sj_str_is_utf8(s))
        return s.n;
    size_t n_columns = 0;
    for (size_t i = 0; i < s.n;) {
        uint32_t code = 0;
        i += decode((const unsigned char *)s.p + i, s.n - i, &code);
        n_columns += columns_of(code);
    }
    return n_columns;
}

/* Closing marks stay with what stands before them, opening ones with what follows. */
static bool may_break_between(uint32_t before, uint32_t after) {
    static const uint32_t closing[] = {0x3001, 0x3002, 0xFF0C, 0xFF1A, 0xFF1B, 0xFF01, 0xFF1F,
                                       0xFF09, 0x300D, 0x300F, 0x300B, 0x3011, 0x201D};
    static const uint32_t opening[] = {0xFF08, 0x300C, 0x300E, 0x300A, 0x3010, 0x201C};
    if (columns_of(before) != 2 || columns_of(after) != 2)
        return false;
    for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++)
        if (after == closing[i])
            return false;
    for (size_t i = 0; i < sizeof opening / sizeof opening[0]; i++)
        if (before == opening[i])
            return false;
    return true;
}

size_t sj_str_piece(struct sj_str s, bool *ret_space) {
    const char *space = s.n > 0 ? memchr(s.p, ' ', s.n) : NULL;
    const size_t n = space != NULL ? (size_t)(space - s.p) : s.n;
    *ret_space = space != NULL;
    uint32_t before = 0, code = 0;
    if (!sj_str_is_utf8((struct sj_str){s.p, n}))
        return n;
    for (size_t i = 0; i < n;) {
        const size_t length = decode((const unsigned char *)s.p + i, n - i, &code);
        if (i > 0 && may_break_between(before, code)) {
            *ret_space = false;
            return i;
        }
        before = code;
        i += length;
    }
    return n;
}

/* --- The nearest name --- */

#define NEAREST_BYTES_MAX 96

/* Optimal string alignment (Damerau, 1964): insertions, deletions, replacements and swaps of neighbours, by bytes, case ignored.
 * Both texts are at most NEAREST_BYTES_MAX long. O(a.n * b.n). */
static size_t edit_distance(struct sj_str a, struct sj_str b) {
    size_t rows[3][NEAREST_BYTES_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.n; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            bool same = lower(a.p[i - 1]) == lower(b.p[j - 1]);
            size_t best = last[j - 1] + (same ? 0 : 1);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            bool swapped = i > 1 && j > 1 && lower(a.p[i - 1]) == lower(b.p[j - 2]) && lower(a.p[i - 2]) == lower(b.p[j - 1]);
            now[j] = swapped && before[j - 2] + 1 < best ? before[j - 2] + 1 : best;
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b.n];
}

size_t sj_str_nearest(struct sj_str name, const struct sj_str *names, size_t n_names) {
    size_t nearest = n_names, least = name.n / 3 + 1;
    if (name.n > NEAREST_BYTES_MAX)
        return n_names;
    for (size_t i = 0; i < n_names; i++) {
        if (names[i].n > NEAREST_BYTES_MAX)
            continue;
        size_t distance = edit_distance(name, names[i]);
        if (distance < least) {
            least = distance;
            nearest = i;
        }
    }
    return nearest;
}
