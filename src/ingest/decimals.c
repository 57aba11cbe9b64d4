#include "ingest/decimals.h"

struct copy {
    struct sj_str from;
    char *out;
    size_t at, n;
};

static bool has(struct sj_str s, char c) { return s.n > 0 && memchr(s.p, c, s.n) != NULL; }
static bool is_next(const struct copy *c, char sign) { return c->at < c->from.n && c->from.p[c->at] == sign; }
static void take(struct copy *c) { c->out[c->n++] = c->from.p[c->at++]; }

static size_t take_digits(struct copy *c) {
    const size_t from = c->at;
    while (c->at < c->from.n && c->from.p[c->at] >= '0' && c->from.p[c->at] <= '9')
        take(c);
    return c->at - from;
}

/* "1", or "1.234.567" with `sign` between the groups. */
static bool take_groups(struct copy *c, char sign) {
    const char first = c->at < c->from.n ? c->from.p[c->at] : '\0';
    const size_t n_first = take_digits(c);
    if (is_next(c, sign) && (n_first == 0 || n_first > 3 || first == '0'))
        return false;
    while (is_next(c, sign)) {
        c->at++;
        if (take_digits(c) != 3)
            return false;
    }
    return true;
}

bool sj_decimal_plain(struct sj_str text, char decimal, char out[SJ_DECIMAL_BYTES], struct sj_str *ret_plain) {
    struct copy c = {.from = sj_str_trim(text), .out = out};
    if (!has(c.from, ',') && (decimal == '.' || !has(c.from, '.'))) {
        *ret_plain = c.from;
        return true;
    }
    if (c.from.n >= SJ_DECIMAL_BYTES)
        return false;
    if (is_next(&c, '-'))
        take(&c);
    if (!take_groups(&c, decimal == ',' ? '.' : ','))
        return false;
    if (is_next(&c, decimal)) {
        out[c.n++] = '.';
        c.at++;
        take_digits(&c);
    }
    if (c.at < c.from.n && !is_next(&c, 'e') && !is_next(&c, 'E'))
        return false;
    while (c.at < c.from.n)
        take(&c);
    *ret_plain = (struct sj_str){out, c.n};
    return true;
}

unsigned sj_decimal_forms(struct sj_str text) {
    char out[SJ_DECIMAL_BYTES];
    struct sj_str plain;
    double number;
    unsigned forms = 0;
    if (sj_decimal_plain(text, '.', out, &plain) && sj_str_to_double(plain, &number))
        forms |= SJ_DECIMAL_POINT;
    if (sj_decimal_plain(text, ',', out, &plain) && sj_str_to_double(plain, &number))
        forms |= SJ_DECIMAL_COMMA;
    return forms;
}
