/* Times and durations as texts. ISO 8601 and durations are compared with regular expressions and a calendar that counts years; a time is
 * written by every usual pattern and read again; what a pattern takes is written again, and is the same text.
 * Eight bytes are a time, then come lines: the first is a pattern, the others are texts. */
#include <ctype.h>
#include <regex.h>
#include <stdio.h>

#include "ingest/times.h"
#include "target.h"

enum { TEXTS_MAX = 12, TEXT_MAX = 100 };

/* ---- the plain way ---- */

static bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
static int days_of(int year, int month) { return month_days[month - 1] + (month == 2 && is_leap(year)); }

/* False for a day that there is not. */
static bool plain_time(const struct sj_civil *c, int64_t *ret_us) {
    int64_t days = 0;
    if (c->year < 1 || c->month < 1 || c->month > 12 || c->day < 1 || c->day > days_of(c->year, c->month) || c->hour > 23 ||
        c->minute > 59 || c->second > 59)
        return false;
    for (int year = 1; year < c->year; year++)
        days += is_leap(year) ? 366 : 365;
    for (int month = 1; month < c->month; month++)
        days += days_of(c->year, month);
    const int64_t seconds = ((days + c->day - 1) * 24 + c->hour) * 3600 + c->minute * 60 + c->second;
    *ret_us = SJ_TIME_MIN + seconds * SJ_US_SECOND + c->us;
    return true;
}

/* Matches a text without NUL; groups of up to 20 parentheses. */
enum { GROUPS = 20 };
struct match {
    const char *text;
    regmatch_t groups[GROUPS];
};

static bool matches(regex_t *regex, const char *expression, struct sj_str s, char text[TEXT_MAX + 1], struct match *match) {
    if (regex->re_nsub == 0)
        require(regcomp(regex, expression, REG_EXTENDED) == 0);
    if (s.n > TEXT_MAX || (s.n > 0 && memchr(s.p, '\0', s.n) != NULL))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    match->text = text;
    return regexec(regex, text, GROUPS, match->groups, 0) == 0;
}

static bool is_there(const struct match *m, int group) { return m->groups[group].rm_so >= 0; }

/* The figures of a group that are followed by others are cut off by their width. */
static int figures_of(const struct match *m, int group) {
    int number = 0;
    for (regoff_t i = m->groups[group].rm_so; is_there(m, group) && i < m->groups[group].rm_eo; i++)
        number = number * 10 + (m->text[i] - '0');
    return number;
}

static int fraction_of(const struct match *m, int group) {
    int us = 0;
    for (regoff_t i = 0; i < 6; i++) {
        const regoff_t at = m->groups[group].rm_so + i;
        us = us * 10 + (is_there(m, group) && at < m->groups[group].rm_eo ? m->text[at] - '0' : 0);
    }
    return us;
}

#define DD "([0-9][0-9])"
#define OFFSET "( ?([zZ]|[uU][tT][cC]|([+-])" DD "(:?" DD ")?))?"
#define FRACTION "([.,]([0-9]+))?"

/* Groups: 1 year, 2 month, 3 day, 5 hour, 6 minute, 8 second, 10 fraction, 11 offset, 13 its sign, 14 hours, 16 minutes. */
static bool plain_iso(struct sj_str s, int64_t local_offset_us, int64_t *ret_us, bool *ret_has_offset) {
    static regex_t marked, bare;
    static const char year[] = "([0-9][0-9][0-9][0-9])";
    char expression[400], text[TEXT_MAX + 1];
    struct match m;
    int64_t us;
    snprintf(expression, sizeof expression, "^%s-%s-%s([Tt ]%s:%s(:%s" FRACTION ")?" OFFSET ")?$", year, DD, DD, DD, DD, DD);
    bool is_iso = matches(&marked, expression, s, text, &m);
    snprintf(expression, sizeof expression, "^%s%s%s([Tt]%s%s(%s" FRACTION ")?" OFFSET ")$", year, DD, DD, DD, DD, DD);
    is_iso = is_iso || matches(&bare, expression, s, text, &m);
    if (!is_iso)
        return false;
    const struct sj_civil c = {figures_of(&m, 1), figures_of(&m, 2), figures_of(&m, 3),  figures_of(&m, 5),
                               figures_of(&m, 6), figures_of(&m, 8), fraction_of(&m, 10)};
    const int hours = figures_of(&m, 14), minutes = figures_of(&m, 16);
    if (!plain_time(&c, &us) || hours > 23 || minutes > 59)
        return false;
    const bool negative = is_there(&m, 13) && text[m.groups[13].rm_so] == '-';
    *ret_has_offset = is_there(&m, 11);
    us -= *ret_has_offset ? (negative ? -1 : 1) * (hours * SJ_US_HOUR + minutes * SJ_US_MINUTE) : local_offset_us;
    *ret_us = us;
    return us >= SJ_TIME_MIN && us <= SJ_TIME_MAX;
}

static bool plain_duration(struct sj_str s, int64_t *ret_us) {
    static const int64_t units[] = {7 * SJ_US_DAY, SJ_US_DAY, SJ_US_HOUR, SJ_US_MINUTE, SJ_US_SECOND, SJ_US_MS, 1};
    static regex_t regex;
    char text[TEXT_MAX + 1];
    struct match m;
    double rough = 0;
    uint64_t total = 0;
    *ret_us = 0;
    if (sj_str_eq(s, SJ_LIT("0")))
        return true;
    if (s.n == 0 ||
        !matches(&regex, "^(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?(([0-9]+)us)?$", s, text, &m))
        return false;
    for (int i = 0; i < 7; i++) {
        const int group = 2 * i + 2;
        const uint64_t count = is_there(&m, group) ? strtoull(text + m.groups[group].rm_so, NULL, 10) : 0;
        rough += (double)count * (double)units[i];
        total += count * (uint64_t)units[i];
    }
    if (rough > 1e18 || total > (uint64_t)(SJ_TIME_MAX - SJ_TIME_MIN))
        return false;
    *ret_us = (int64_t)total;
    return true;
}

/* ---- one text ---- */

static void check_iso(struct sj_str s, const struct sj_zone *zone) {
    int64_t got = 0, wanted = 0;
    bool got_offset = false, wanted_offset = false;
    if (s.n > TEXT_MAX)
        return;
    const bool is_iso = plain_iso(s, sj_zone_offset_us(zone, 0), &wanted, &wanted_offset);
    require(sj_time_parse_iso(s, zone, &got, &got_offset) == is_iso);
    require(!is_iso || (got == wanted && got_offset == wanted_offset));
}

static void check_duration(struct sj_str s) {
    int64_t got = 0, wanted = 0;
    char text[SJ_TIME_TEXT_BYTES];
    if (s.n > TEXT_MAX)
        return;
    const bool is_duration = plain_duration(s, &wanted);
    require(sj_duration_parse(s, &got) == is_duration && (!is_duration || got == wanted));
    require(!is_duration || sj_duration_format(got, text) == strlen(text));
}

static void check_clock(struct sj_str s) {
    int64_t us;
    if (sj_time_read_clock(s, &us))
        require(us >= 0 && us < SJ_US_DAY);
    if (sj_time_is_serial(s, &us))
        require(us >= SJ_TIME_MIN && us <= SJ_TIME_MAX);
}

static void check_epochs(struct sj_str s) {
    for (unsigned style = SJ_TIME_EPOCH_S; style <= SJ_TIME_EPOCH_NS; style++) {
        const struct sj_time_form form = {.style = (enum sj_time_style)style};
        int64_t us, value, by_number;
        if (!sj_time_read(&form, s, NULL, &us))
            continue;
        require(us >= SJ_TIME_MIN && us <= SJ_TIME_MAX);
        const bool is_exact = sj_str_to_i64(s, &value) && us > -(INT64_C(1) << 53) && us < INT64_C(1) << 53;
        if (is_exact && style != SJ_TIME_EPOCH_NS) /* a double that is scaled down may fall to the microsecond below */
            require(sj_time_read_number(&form, (double)value, &by_number) && by_number == us);
    }
}

/* ---- patterns ---- */

/* Writes the time by the pattern; bit i of `padded`: the i-th part of one or two figures has two. */
static bool write_pattern(const struct sj_civil *c, struct sj_str pattern, unsigned padded, char out[2 * TEXT_MAX], size_t *ret_n,
                          unsigned *ret_parts) {
    static const char months[12][4] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
    static const char *const tokens[] = {"YYYY", "YY", "MMM", "MM", "M", "DD", "D", "HH", "H", "hh", "h", "mm", "m", "ss", "s", "a"};
    const int half = c->hour % 12 == 0 ? 12 : c->hour % 12;
    const int values[] = {c->year, c->year % 100, 0,    c->month,  c->month,  c->day,    c->day,    c->hour,
                          c->hour, half,          half, c->minute, c->minute, c->second, c->second, 0};
    size_t n = 0;
    *ret_parts = 0;
    while (pattern.n > 0 && n < TEXT_MAX) {
        size_t t = 0, n_token = 1;
        while (t < 16 && (pattern.n < strlen(tokens[t]) || memcmp(pattern.p, tokens[t], strlen(tokens[t])) != 0))
            t++;
        if (pattern.n >= 2 && (memcmp(pattern.p, "ZZ", 2) == 0 || (pattern.n >= 3 && memcmp(pattern.p, "SSS", 3) == 0)))
            return false; /* written in many ways */
        if (t < 16)
            n_token = strlen(tokens[t]);
        if (t == 16)
            out[n++] = pattern.p[0];
        else if (t == 2)
            n += (size_t)sprintf(out + n, "%s", months[c->month - 1]);
        else if (t == 15)
            n += (size_t)sprintf(out + n, "%s", c->hour < 12 ? "am" : "pm");
        else
            n += (size_t)sprintf(out + n, "%0*d", n_token > 1 ? (int)n_token : padded >> (*ret_parts)++ & 1 ? 2 : 1, values[t]);
        pattern.p += n_token;
        pattern.n -= n_token;
    }
    *ret_n = n;
    return pattern.n == 0;
}

static void check_pattern(struct sj_str pattern, struct sj_str s) {
    int64_t us;
    unsigned n_parts = 6;
    size_t n;
    char out[2 * TEXT_MAX];
    bool is_same = false;
    if (s.n > TEXT_MAX || pattern.n > TEXT_MAX || !sj_time_parse_pattern(s, pattern, NULL, &us))
        return;
    require(us >= SJ_TIME_MIN && us <= SJ_TIME_MAX);
    const struct sj_civil c = sj_civil_of_time(us);
    for (unsigned padded = 0; padded < 1u << n_parts && !is_same; padded++) {
        if (!write_pattern(&c, pattern, padded, out, &n, &n_parts))
            return;
        is_same = sj_str_eq_nocase(s, (struct sj_str){out, n});
    }
    require(is_same);
}

/* A usual pattern reads what it has written; how it is written is not always plain to see where figures stand side by side. */
static void check_written(int64_t time_us, unsigned choice) {
    static const char *const patterns[] = {"DD-MM-YYYY HH:mm:ss", "MM/DD/YYYY hh:mm:ss a", "YYYYMMDDHHmmss",   "D.M.YYYY H:m:s",
                                           "D MMM YYYY HH:mm:ss", "MMM D, YYYY h:mm:ssa",  "YYYY-M-DTHH:mm:ss"};
    const struct sj_str pattern = sj_str(patterns[choice % (sizeof patterns / sizeof *patterns)]);
    const struct sj_civil c = sj_civil_of_time(time_us);
    char out[2 * TEXT_MAX];
    size_t n;
    unsigned n_parts;
    int64_t us;
    require(write_pattern(&c, pattern, choice / 8, out, &n, &n_parts));
    require(sj_time_parse_pattern((struct sj_str){out, n}, pattern, NULL, &us) && us == time_us - c.us);
}

static void check_time(int64_t time_us) {
    const struct sj_civil c = sj_civil_of_time(time_us);
    int64_t us;
    char text[SJ_TIME_TEXT_BYTES];
    require(plain_time(&c, &us) && us == time_us && sj_civil_valid(&c) && sj_time_of_civil(&c) == time_us);
    const struct sj_str s = {text, sj_time_format(time_us, text)};
    require(sj_time_parse_iso(s, NULL, &us, NULL) && us == time_us);
    require(sj_weekday(time_us) == (int)(((time_us - SJ_TIME_MIN) / SJ_US_DAY) % 7)); /* 0001-01-01 was a Monday */
}

/* ---- forms ---- */

static void check_form(struct sj_str name) {
    struct sj_time_form form, again;
    struct sj_error err = {0};
    if (sj_time_form_of(name, &form, &err) != SJ_OK) {
        require(err.status == SJ_E_USAGE && err.message[0] != '\0');
        return;
    }
    if (name.n > 0 && memchr(name.p, '%', name.n) == NULL)
        require(sj_time_form_of(sj_str(sj_time_form_name(&form)), &again, NULL) == SJ_OK && again.style == form.style &&
                strcmp(again.pattern, form.pattern) == 0);
}

/* By any form the next text is read as it is read alone. */
static void check_next(struct sj_str name, const struct sj_str *texts, size_t n, const struct sj_zone *zone) {
    struct sj_time_form form = {.style = SJ_TIME_ISO};
    struct sj_time_memory memory = {0};
    int64_t us, next_us;
    (void)sj_time_form_of(name, &form, NULL);
    for (size_t i = 0; i < n; i++) {
        const struct sj_str s = sj_str_trim(texts[i]);
        const bool is_read = sj_time_read(&form, s, zone, &us);
        require(sj_time_read_next(&form, &memory, s, zone, &next_us) == is_read && (!is_read || us == next_us));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct input in = {bytes, n};
    struct sj_str texts[TEXTS_MAX];
    size_t n_texts = 0;
    const uint64_t bits = take_bits(&in, 8);
    const int64_t time_us = SJ_TIME_MIN + (int64_t)(bits % (uint64_t)(SJ_TIME_MAX - SJ_TIME_MIN + 1));
    struct sj_zone *zone;
    require(sj_zone_fixed(sj_alloc_libc(), SJ_LIT("+02:30"), &zone, NULL) == SJ_OK);
    check_time(time_us);
    check_written(time_us, (unsigned)(bits % 509));
    const struct sj_str pattern = take_until(&in, '\n');
    check_form(pattern);
    for (; n_texts < TEXTS_MAX && in.n > 0; n_texts++) {
        const struct sj_str s = texts[n_texts] = take_until(&in, '\n');
        check_iso(s, bits % 2 ? zone : NULL);
        check_duration(s);
        check_clock(s);
        check_epochs(s);
        check_pattern(pattern, s);
    }
    check_next(pattern, texts, n_texts, bits % 2 ? zone : NULL);
    sj_zone_free(sj_alloc_libc(), zone);
    return 0;
}
