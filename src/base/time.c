#include "base/time.h"

#include <stdio.h>

/* --- Civil dates --- */

static bool is_leap_year(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static int days_in_month(int year, int month) {
    static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil. The year begins in March,
 * so that the leap day is its last. */
static int64_t days_of_civil(int year, int month, int day) {
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned year_of_era = (unsigned)(y - era * 400);
    unsigned day_of_year = (153 * (unsigned)(month > 2 ? month - 3 : month + 9) + 2) / 5 + (unsigned)day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + (int64_t)day_of_era - 719468;
}

/* The same, civil_from_days. */
static void civil_of_days(int64_t days, struct sj_civil *civil) {
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned day_of_era = (unsigned)(z - era * 146097);
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month = (5 * day_of_year + 2) / 153;
    civil->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    civil->month = (int)(month < 10 ? month + 3 : month - 9);
    civil->year = (int)(era * 400 + year_of_era + (civil->month <= 2));
}

static int64_t day_of_time(int64_t time_us) {
    int64_t day = time_us / SJ_US_DAY;
    return time_us % SJ_US_DAY < 0 ? day - 1 : day;
}

bool sj_civil_valid(const struct sj_civil *c) {
    return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour >= 0 && c->hour <= 23 && c->minute >= 0 && c->minute <= 59 &&
           c->second >= 0 && c->second <= 59 && c->us >= 0 && c->us <= 999999;
}

int64_t sj_time_of_civil(const struct sj_civil *c) {
    int64_t seconds = ((int64_t)c->hour * 60 + c->minute) * 60 + c->second;
    return days_of_civil(c->year, c->month, c->day) * SJ_US_DAY + seconds * SJ_US_SECOND + c->us;
}

struct sj_civil sj_civil_of_time(int64_t time_us) {
    struct sj_civil civil;
    int64_t day = day_of_time(time_us);
    civil_of_days(day, &civil);
    int64_t rest = time_us % SJ_US_DAY;
    rest += rest < 0 ? SJ_US_DAY : 0;
    civil.us = (int)(rest % SJ_US_SECOND);
    int seconds = (int)(rest / SJ_US_SECOND);
    civil.second = seconds % 60;
    civil.minute = seconds / 60 % 60;
    civil.hour = seconds / 3600;
    return civil;
}

int sj_weekday(int64_t time_us) {
    int64_t weekday = (day_of_time(time_us) + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(weekday < 0 ? weekday + 7 : weekday);
}

/* --- Reading --- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* A cursor over the text that is read. The take_… functions move it past what they took, and not at all when they took nothing. */
struct reader {
    const char *p, *end;
};

static size_t n_left(const struct reader *r) { return (size_t)(r->end - r->p); }

static bool take_char(struct reader *r, char c) {
    if (r->p == r->end || *r->p != c)
        return false;
    r->p++;
    return true;
}

static bool take_digits(struct reader *r, size_t n_least, size_t n_most, int *ret_number) {
    size_t n = 0;
    int number = 0;
    while (n < n_most && n < n_left(r) && is_digit(r->p[n]))
        number = number * 10 + (r->p[n++] - '0');
    if (n < n_least)
        return false;
    r->p += n;
    *ret_number = number;
    return true;
}

/* One digit or more of a fraction of a second; those beyond microseconds are cut off. */
static bool take_fraction(struct reader *r, size_t n_most, int *ret_us) {
    int us = 0;
    size_t n = 0;
    for (; n < n_most && n < n_left(r) && is_digit(r->p[n]); n++)
        us = n < 6 ? us * 10 + (r->p[n] - '0') : us;
    if (n == 0)
        return false;
    for (size_t i = n; i < 6; i++)
        us *= 10;
    r->p += n;
    *ret_us = us;
    return true;
}

static bool take_word(struct reader *r, const char *word) {
    size_t n = strlen(word);
    if (n_left(r) < n || !sj_str_eq_nocase((struct sj_str){r->p, n}, (struct sj_str){word, n}))
        return false;
    r->p += n;
    return true;
}

/* "Z", "UTC", "+02:00", "+0200", "+02". */
static bool take_offset(struct reader *r, int64_t *ret_offset_us) {
    if (take_word(r, "Z") || take_word(r, "UTC")) {
        *ret_offset_us = 0;
        return true;
    }
    struct reader at = *r;
    int hours, minutes = 0;
    bool negative = take_char(&at, '-');
    if ((!negative && !take_char(&at, '+')) || !take_digits(&at, 2, 2, &hours))
        return false;
    bool colon = take_char(&at, ':');
    if (!take_digits(&at, 2, 2, &minutes) && colon)
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    int64_t offset_us = hours * SJ_US_HOUR + minutes * SJ_US_MINUTE;
    *ret_offset_us = negative ? -offset_us : offset_us;
    *r = at;
    return true;
}

bool sj_offset_parse(struct sj_str s, int64_t *ret_offset_us) {
    struct reader r = {s.p, s.p + s.n};
    int64_t offset_us;
    if (!take_offset(&r, &offset_us) || r.p != r.end)
        return false;
    *ret_offset_us = offset_us;
    return true;
}

/* Local time of the zone, or of the offset where one was written, to UTC. */
static bool finish_time(int64_t local_us, const struct sj_zone *zone, const int64_t *offset_us, int64_t *ret_us) {
    int64_t us = offset_us != NULL ? local_us - *offset_us : zone != NULL ? sj_zone_to_utc(zone, local_us) : local_us;
    if (us < SJ_TIME_MIN || us > SJ_TIME_MAX)
        return false;
    *ret_us = us;
    return true;
}

/* What may follow the seconds: a fraction and an offset, with a space before the offset if you like (PostgreSQL's exports). */
static bool parse_tail(struct reader *r, int64_t local_us, const struct sj_zone *zone, int64_t *ret_us, bool *ret_has_offset) {
    int fraction_us = 0;
    if ((take_char(r, '.') || take_char(r, ',')) && !take_fraction(r, SIZE_MAX, &fraction_us))
        return false;
    local_us += fraction_us;
    bool spaced = take_char(r, ' ');
    int64_t offset_us = 0;
    bool has_offset = take_offset(r, &offset_us);
    if (r->p != r->end || (spaced && !has_offset) || !finish_time(local_us, zone, has_offset ? &offset_us : NULL, ret_us))
        return false;
    if (ret_has_offset != NULL)
        *ret_has_offset = has_offset;
    return true;
}

#define FULL_BYTES 19 /* of "YYYY-MM-DDTHH:MM:SS" */

/* The form that nearly every file has, without a branch for each character: every byte less its lowest allowed value must be within
 * its range (9 for a digit, 0 for a mark), and one OR over all of them says whether it is. */
static bool parse_full(const char *p, int64_t *ret_local_us) {
    static const unsigned char lowest[FULL_BYTES + 1] = "0000-00-00 00:00:00";
    static const unsigned char range[FULL_BYTES] = {9, 9, 9, 9, 0, 9, 9, 0, 9, 9, 255, 9, 9, 0, 9, 9, 0, 9, 9};
    unsigned char d[FULL_BYTES];
    unsigned bad = 0;
    for (unsigned i = 0; i < FULL_BYTES; i++) {
        d[i] = (unsigned char)(p[i] - lowest[i]);
        bad |= d[i] > range[i];
    }
    if (bad || (p[10] != 'T' && p[10] != ' '))
        return false;
    struct sj_civil c = {d[0] * 1000 + d[1] * 100 + d[2] * 10 + d[3],
                         d[5] * 10 + d[6],
                         d[8] * 10 + d[9],
                         d[11] * 10 + d[12],
                         d[14] * 10 + d[15],
                         d[17] * 10 + d[18],
                         0};
    if (!sj_civil_valid(&c))
        return false;
    *ret_local_us = sj_time_of_civil(&c);
    return true;
}

/* HH:MM, HH:MM:SS or, without marks, HHMM, HHMMSS. A fraction of a minute, which ISO 8601 knows too, is refused here. */
static bool take_clock(struct reader *r, bool marks, struct sj_civil *c) {
    if (!take_digits(r, 2, 2, &c->hour) || (marks && !take_char(r, ':')) || !take_digits(r, 2, 2, &c->minute))
        return false;
    if (marks ? take_char(r, ':') : n_left(r) > 0 && is_digit(*r->p))
        return take_digits(r, 2, 2, &c->second);
    return n_left(r) == 0 || (*r->p != '.' && *r->p != ',');
}

bool sj_time_parse_iso(struct sj_str s, const struct sj_zone *zone, int64_t *ret_us, bool *ret_has_offset) {
    struct reader r = {s.p, s.p + s.n};
    int64_t local_us;
    if (s.n >= FULL_BYTES && parse_full(s.p, &local_us)) {
        r.p += FULL_BYTES;
        return parse_tail(&r, local_us, zone, ret_us, ret_has_offset);
    }
    struct sj_civil c = {0};
    if (!take_digits(&r, 4, 4, &c.year))
        return false;
    bool marks = take_char(&r, '-');
    if (!take_digits(&r, 2, 2, &c.month) || (marks && !take_char(&r, '-')) || !take_digits(&r, 2, 2, &c.day))
        return false;
    bool date_only = r.p == r.end;
    if (date_only && !marks)
        return false;
    if (!date_only && !((take_char(&r, 'T') || take_char(&r, 't') || (marks && take_char(&r, ' '))) && take_clock(&r, marks, &c)))
        return false;
    if (!sj_civil_valid(&c))
        return false;
    return parse_tail(&r, sj_time_of_civil(&c), zone, ret_us, ret_has_offset);
}

/* --- Patterns --- */

enum field { YEAR, SHORT_YEAR, MONTH, MONTH_NAME, DAY, HOUR, HALF_HOUR, AM_PM, MINUTE, SECOND, FRACTION, OFFSET, N_FIELDS };

struct token {
    const char *name;
    enum field field;
    size_t n_least, n_most; /* digits; none: it is no plain number */
};

/* A token stands before the shorter one that it begins with. */
static const struct token tokens[] = {
    {"YYYY", YEAR, 4, 4},   {"YY", SHORT_YEAR, 2, 2}, {"MMM", MONTH_NAME, 0, 0}, {"MM", MONTH, 2, 2},     {"M", MONTH, 1, 2},
    {"DD", DAY, 2, 2},      {"D", DAY, 1, 2},         {"HH", HOUR, 2, 2},        {"H", HOUR, 1, 2},       {"hh", HALF_HOUR, 2, 2},
    {"h", HALF_HOUR, 1, 2}, {"mm", MINUTE, 2, 2},     {"m", MINUTE, 1, 2},       {"SSS", FRACTION, 0, 0}, {"ss", SECOND, 2, 2},
    {"s", SECOND, 1, 2},    {"a", AM_PM, 0, 0},       {"ZZ", OFFSET, 0, 0},
};

/* What has been read by a pattern so far. */
struct fields {
    int numbers[N_FIELDS]; /* of AM_PM: 12 for pm; of FRACTION: microseconds */
    int64_t offset_us;
    unsigned seen; /* bit 1 << field */
};

static bool has(const struct fields *f, enum field field) { return (f->seen >> field) & 1U; }

/* The token that the pattern goes on with; NULL: its next character stands for itself. */
static const struct token *take_token(struct reader *pattern) {
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        size_t n = strlen(tokens[i].name);
        if (n_left(pattern) >= n && memcmp(pattern->p, tokens[i].name, n) == 0) {
            pattern->p += n;
            return &tokens[i];
        }
    }
    return NULL;
}

static bool take_month_name(struct reader *r, int *ret_month) {
    static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (int i = 0; i < 12; i++) {
        if (take_word(r, names[i])) {
            *ret_month = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_am_pm(struct reader *r, int *ret_hours) {
    bool pm = take_word(r, "pm");
    *ret_hours = pm ? 12 : 0;
    return pm || take_word(r, "am");
}

static bool take_field(struct reader *r, const struct token *token, struct fields *f) {
    int *number = &f->numbers[token->field];
    f->seen |= 1U << token->field;
    switch (token->field) {
    case MONTH_NAME: return take_month_name(r, number);
    case AM_PM: return take_am_pm(r, number);
    case FRACTION: return take_fraction(r, 9, number);
    case OFFSET: return take_offset(r, &f->offset_us);
    default: return take_digits(r, token->n_least, token->n_most, number);
    }
}

/* A time needs its whole date; an hour of the half day needs am or pm, and the other way round: to guess would be twelve hours off
 * for half of the events. Two digits of a year mean 1969 to 2068, as POSIX has it for strptime(). */
static bool civil_of_fields(const struct fields *f, struct sj_civil *ret) {
    const int *n = f->numbers;
    if (!(has(f, YEAR) || has(f, SHORT_YEAR)) || !(has(f, MONTH) || has(f, MONTH_NAME)) || !has(f, DAY))
        return false;
    bool half_day = has(f, HALF_HOUR);
    if (half_day != has(f, AM_PM) || (half_day && (has(f, HOUR) || n[HALF_HOUR] < 1 || n[HALF_HOUR] > 12)))
        return false;
    struct sj_civil c = {.year = n[YEAR], .month = has(f, MONTH) ? n[MONTH] : n[MONTH_NAME], .day = n[DAY], .hour = n[HOUR]};
    c.minute = n[MINUTE];
    c.second = n[SECOND];
    c.us = n[FRACTION];
    if (has(f, SHORT_YEAR))
        c.year = n[SHORT_YEAR] + (n[SHORT_YEAR] < 69 ? 2000 : 1900);
    if (half_day)
        c.hour = n[HALF_HOUR] % 12 + n[AM_PM];
    *ret = c;
    return sj_civil_valid(&c);
}

bool sj_time_parse_pattern(struct sj_str s, struct sj_str pattern, const struct sj_zone *zone, int64_t *ret_us) {
    struct reader r = {s.p, s.p + s.n}, rest = {pattern.p, pattern.p + pattern.n};
    struct fields f = {0};
    struct sj_civil civil;
    while (rest.p < rest.end) {
        const struct token *token = take_token(&rest);
        if (token != NULL ? has(&f, token->field) || !take_field(&r, token, &f) : !take_char(&r, *rest.p++))
            return false;
    }
    if (r.p != r.end || !civil_of_fields(&f, &civil))
        return false;
    return finish_time(sj_time_of_civil(&civil), zone, has(&f, OFFSET) ? &f.offset_us : NULL, ret_us);
}

/* --- Writing --- */

static char *put_digits(char *out, unsigned number, unsigned n_digits) {
    for (unsigned i = n_digits; i > 0; i--, number /= 10)
        out[i - 1] = (char)('0' + number % 10);
    return out + n_digits;
}

static char *put_fraction(char *out, unsigned us) {
    if (us == 0)
        return out;
    *out++ = '.';
    return us % 1000 == 0 ? put_digits(out, us / 1000, 3) : put_digits(out, us, 6);
}

/* Years outside of 0 to 9999, which only a caller's mistake can bring here, have a sign and six digits, as ISO 8601 wants. */
static char *put_year(char *out, int year) {
    if (year >= 0 && year <= 9999)
        return put_digits(out, (unsigned)year, 4);
    *out++ = year < 0 ? '-' : '+';
    return put_digits(out, (unsigned)(year < 0 ? -year : year), 6);
}

size_t sj_time_format(int64_t time_us, char out[SJ_TIME_TEXT_BYTES]) {
    struct sj_civil c = sj_civil_of_time(time_us);
    char *p = put_year(out, c.year);
    *p++ = '-';
    p = put_digits(p, (unsigned)c.month, 2);
    *p++ = '-';
    p = put_digits(p, (unsigned)c.day, 2);
    *p++ = 'T';
    p = put_digits(p, (unsigned)c.hour, 2);
    *p++ = ':';
    p = put_digits(p, (unsigned)c.minute, 2);
    *p++ = ':';
    p = put_digits(p, (unsigned)c.second, 2);
    p = put_fraction(p, (unsigned)c.us);
    *p++ = 'Z';
    *p = '\0';
    return (size_t)(p - out);
}

/* --- Durations --- */

struct unit {
    const char *name;
    int64_t us;
};

/* From long to short; a name that begins another one ("m" and "ms") is told from it by what follows. */
static const struct unit units[] = {{"w", 7 * SJ_US_DAY}, {"d", SJ_US_DAY}, {"h", SJ_US_HOUR}, {"m", SJ_US_MINUTE},
                                    {"s", SJ_US_SECOND},  {"ms", SJ_US_MS}, {"us", 1}};
#define N_UNITS (sizeof units / sizeof units[0])
#define DURATION_MAX_US (SJ_TIME_MAX - SJ_TIME_MIN) /* so that a time and a duration always add up within int64 */

/* The unit that is written here, from `from` on; N_UNITS when it is none of them. */
static size_t take_unit(struct reader *r, size_t from) {
    for (size_t i = from; i < N_UNITS; i++) {
        size_t n = strlen(units[i].name);
        if (n_left(r) >= n && memcmp(r->p, units[i].name, n) == 0 && (n_left(r) == n || is_digit(r->p[n]))) {
            r->p += n;
            return i;
        }
    }
    return N_UNITS;
}

bool sj_duration_parse(struct sj_str s, int64_t *ret_us) {
    struct reader r = {s.p, s.p + s.n};
    int64_t total_us = 0;
    if (sj_str_eq(s, SJ_LIT("0"))) {
        *ret_us = 0;
        return true;
    }
    if (s.n == 0)
        return false;
    for (size_t next_unit = 0; r.p < r.end;) {
        const char *number = r.p;
        while (r.p < r.end && is_digit(*r.p))
            r.p++;
        int64_t count, us;
        if (!sj_str_to_i64((struct sj_str){number, (size_t)(r.p - number)}, &count))
            return false;
        size_t unit = take_unit(&r, next_unit);
        if (unit == N_UNITS || __builtin_mul_overflow(count, units[unit].us, &us) || __builtin_add_overflow(total_us, us, &total_us) ||
            total_us > DURATION_MAX_US)
            return false;
        next_unit = unit + 1;
    }
    *ret_us = total_us;
    return true;
}

/* Whole `unit`s, a half rounded up. */
static uint64_t rounded(uint64_t us, int64_t unit_us) {
    return us / (uint64_t)unit_us + (us % (uint64_t)unit_us >= ((uint64_t)unit_us + 1) / 2);
}

static size_t put_pair(char *out, size_t capacity, const char *sign, uint64_t n_small, uint64_t small_in_big, const char *const names[2]) {
    unsigned long long big = n_small / small_in_big, small = n_small % small_in_big;
    int n = small != 0 ? snprintf(out, capacity, "%s%llu %s %llu %s", sign, big, names[0], small, names[1])
                       : snprintf(out, capacity, "%s%llu %s", sign, big, names[0]);
    return (size_t)n;
}

/* Under a minute: the largest unit that the rounded number still fills; a decimal under ten seconds, where a whole one would say
 * too little. */
static size_t put_short(char *out, size_t capacity, const char *sign, uint64_t us) {
    uint64_t n_ms = rounded(us, SJ_US_MS), tenths = rounded(us, SJ_US_SECOND / 10);
    int n;
    if (us == 0 || n_ms >= 1000)
        n = tenths >= 100 || tenths % 10 == 0
                ? snprintf(out, capacity, "%s%llu s", sign, (unsigned long long)(tenths >= 100 ? rounded(us, SJ_US_SECOND) : tenths / 10))
                : snprintf(out, capacity, "%s%llu.%llu s", sign, (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
    else if (us >= 1000)
        n = snprintf(out, capacity, "%s%llu ms", sign, (unsigned long long)n_ms);
    else
        n = snprintf(out, capacity, "%s%llu µs", sign, (unsigned long long)us);
    return (size_t)n;
}

/* Each rounding is made before its unit is chosen, so that what rounds up to a whole larger unit is written in that one. */
size_t sj_duration_format(int64_t duration_us, char out[SJ_TIME_TEXT_BYTES]) {
    static const char *const minutes[2] = {"min", "s"}, *const hours[2] = {"h", "min"}, *const days[2] = {"d", "h"};
    uint64_t us = duration_us < 0 ? 0 - (uint64_t)duration_us : (uint64_t)duration_us;
    const char *sign = duration_us < 0 ? "-" : "";
    uint64_t n_seconds = rounded(us, SJ_US_SECOND), n_minutes = rounded(us, SJ_US_MINUTE);
    if (n_seconds < 60)
        return put_short(out, SJ_TIME_TEXT_BYTES, sign, us);
    if (n_seconds < 3600)
        return put_pair(out, SJ_TIME_TEXT_BYTES, sign, n_seconds, 60, minutes);
    if (n_minutes < 1440)
        return put_pair(out, SJ_TIME_TEXT_BYTES, sign, n_minutes, 60, hours);
    return put_pair(out, SJ_TIME_TEXT_BYTES, sign, rounded(us, SJ_US_HOUR), 24, days);
}
