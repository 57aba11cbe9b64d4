/* Time zones: TZif files (RFC 8536) become one sorted table of changes.
 *
 *   RFC 8536: header 44 bytes | data with 32-bit times | header | data with 64-bit times | "\n" rule "\n"      (version 1: the first two)
 *
 * The rule says what holds after the last change of the file ("CET-1CEST,M3.5.0,M10.5.0/3"). It is not evaluated when a time is
 * looked up but written out at once, for a little over 400 years: the Gregorian calendar repeats after 146,097 days, which are whole
 * weeks, so any later time is moved back by as many of those cycles as it needs. Every look-up is then one binary search. */
#include "base/buf.h"
#include "base/time.h"

#define CYCLE_DAYS INT64_C(146097)
#define CYCLE_US (CYCLE_DAYS * SJ_US_DAY)
#define RULE_YEARS 402 /* written out: the cycle, and a year more at both of its ends */

/* RFC 8536, 3.2: offsets lie in (-25 h, 26 h). */
#define OFFSET_MIN_SECONDS (-89999)
#define OFFSET_MAX_SECONDS 93599

struct change {
    int64_t at_us;     /* UTC; from here on, until the next change, … */
    int64_t offset_us; /* … local = UTC + offset */
};

struct sj_zone {
    int64_t first_offset_us; /* before the first change */
    int64_t cycle_from_us;   /* from here on times are moved back by whole cycles; INT64_MAX: never */
    size_t n_changes;
    struct change changes[]; /* ascending; of two at the same time the later one counts */
};

/* What a parse goes by. */
struct parser {
    struct sj_str name;
    struct sj_error *err;
};

static enum sj_status refuse(const struct parser *p, const char *what) {
    sj_fail(p->err, SJ_E_INPUT, "time zone \"%.*s\" cannot be used: %s. Install the time zone data of your system again (package tzdata)",
            SJ_ARG(p->name), sj_text(p->err != NULL ? p->err->lang : SJ_EN, what));
    return SJ_E_INPUT;
}

/* --- Looking up --- */

/* How much a time is moved back: whole cycles, 0 before cycle_from_us. */
static int64_t cycles_of(const struct sj_zone *zone, int64_t time_us) {
    return time_us < zone->cycle_from_us ? 0 : ((time_us - zone->cycle_from_us) / CYCLE_US + 1) * CYCLE_US;
}

/* How many changes have happened at `time_us`. */
static size_t n_changes_at(const struct sj_zone *zone, int64_t time_us) {
    size_t lo = 0, hi = zone->n_changes;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (zone->changes[mid].at_us <= time_us)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int64_t offset_after(const struct sj_zone *zone, size_t n_changes) {
    return n_changes == 0 ? zone->first_offset_us : zone->changes[n_changes - 1].offset_us;
}

int64_t sj_zone_offset_us(const struct sj_zone *zone, int64_t time_us) {
    if (zone == NULL)
        return 0;
    return offset_after(zone, n_changes_at(zone, time_us - cycles_of(zone, time_us)));
}

/* Walks over the changes near the local time. The first period in which it happens is the answer; where it comes after the end of
 * one period and before the beginning of the next, it does not exist, and the offset of the earlier one is used. */
int64_t sj_zone_to_utc(const struct sj_zone *zone, int64_t local_us) {
    if (zone == NULL)
        return local_us;
    int64_t cycles = cycles_of(zone, local_us + 2 * SJ_US_DAY), local = local_us - cycles;
    size_t n = n_changes_at(zone, local - (OFFSET_MAX_SECONDS + 1) * SJ_US_SECOND);
    while (n < zone->n_changes) {
        int64_t next_us = zone->changes[n].at_us;
        if (local - offset_after(zone, n) < next_us || local - zone->changes[n].offset_us < next_us)
            break;
        n++;
    }
    return local - offset_after(zone, n) + cycles;
}

/* --- The rule: a TZ string of POSIX, with the extensions of RFC 8536, 3.3.1 --- */

enum day_kind { DAY_OF_MONTH_WEEK, DAY_WITHOUT_LEAP, DAY_FROM_ZERO };

struct rule_day {
    enum day_kind kind;
    int month, week, weekday; /* Mm.w.d: weekday from Sunday 0, week 5 is the last one */
    int day;                  /* Jn (1 to 365, February 29 never counted) or n (0 to 365) */
    int64_t time_seconds;     /* of that day's local time; -167 h to 167 h */
};

struct rule {
    int64_t standard_seconds, summer_seconds; /* offsets, east positive */
    bool has_summer;
    struct rule_day begin, end; /* of summer time; begin in standard time, end in summer time */
};

static bool take_char(struct sj_str *s, char c) {
    if (s->n == 0 || s->p[0] != c)
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool take_number(struct sj_str *s, int max, int *ret_number) {
    int number = 0;
    size_t n = 0;
    for (; n < s->n && n < 3 && s->p[n] >= '0' && s->p[n] <= '9'; n++)
        number = number * 10 + (s->p[n] - '0');
    if (n == 0 || number > max)
        return false;
    s->p += n;
    s->n -= n;
    *ret_number = number;
    return true;
}

/* "CET" or "<+0330>": only its form matters here. */
static bool take_abbreviation(struct sj_str *s) {
    bool quoted = take_char(s, '<');
    size_t n = 0;
    while (n < s->n && ((s->p[n] >= 'A' && s->p[n] <= 'Z') || (s->p[n] >= 'a' && s->p[n] <= 'z') ||
                        (quoted && ((s->p[n] >= '0' && s->p[n] <= '9') || s->p[n] == '+' || s->p[n] == '-'))))
        n++;
    s->p += n;
    s->n -= n;
    return n >= 3 && (!quoted || take_char(s, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool take_hms(struct sj_str *s, int max_hours, int64_t *ret_seconds) {
    int hours, minutes = 0, seconds = 0;
    bool negative = take_char(s, '-');
    if (!negative)
        take_char(s, '+');
    if (!take_number(s, max_hours, &hours))
        return false;
    if (take_char(s, ':') && (!take_number(s, 59, &minutes) || (take_char(s, ':') && !take_number(s, 59, &seconds))))
        return false;
    int64_t total = ((int64_t)hours * 60 + minutes) * 60 + seconds;
    *ret_seconds = negative ? -total : total;
    return true;
}

static bool take_rule_day(struct sj_str *s, struct rule_day *ret) {
    struct rule_day day = {.time_seconds = 7200}; /* 02:00 */
    bool ok;
    if (take_char(s, 'M')) {
        day.kind = DAY_OF_MONTH_WEEK;
        ok = take_number(s, 12, &day.month) && take_char(s, '.') && take_number(s, 5, &day.week) && take_char(s, '.') &&
             take_number(s, 6, &day.weekday) && day.month >= 1 && day.week >= 1;
    } else if (take_char(s, 'J')) {
        day.kind = DAY_WITHOUT_LEAP;
        ok = take_number(s, 365, &day.day) && day.day >= 1;
    } else {
        day.kind = DAY_FROM_ZERO;
        ok = take_number(s, 365, &day.day);
    }
    if (!ok || (take_char(s, '/') && !take_hms(s, 167, &day.time_seconds)))
        return false;
    *ret = day;
    return true;
}

/* POSIX writes offsets west positive. */
static bool parse_rule(struct sj_str s, struct rule *ret) {
    struct rule rule = {0};
    if (!take_abbreviation(&s) || !take_hms(&s, 24, &rule.standard_seconds))
        return false;
    rule.standard_seconds = -rule.standard_seconds;
    if (s.n > 0) {
        rule.has_summer = true;
        rule.summer_seconds = rule.standard_seconds + 3600;
        if (!take_abbreviation(&s))
            return false;
        if (s.n > 0 && s.p[0] != ',') {
            if (!take_hms(&s, 24, &rule.summer_seconds))
                return false;
            rule.summer_seconds = -rule.summer_seconds;
        }
        if (!take_char(&s, ',') || !take_rule_day(&s, &rule.begin) || !take_char(&s, ',') || !take_rule_day(&s, &rule.end))
            return false;
    }
    *ret = rule;
    return s.n == 0;
}

/* The local time, as if it were UTC, at which the rule's day has its change in `year`. */
static int64_t rule_local_us(const struct rule_day *rule, int year) {
    struct sj_civil civil = {.year = year, .month = 1, .day = 1};
    int64_t first_us = sj_time_of_civil(&civil);
    int64_t days = rule->day;
    if (rule->kind == DAY_WITHOUT_LEAP) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        days = rule->day - 1 + (leap && rule->day >= 60 ? 1 : 0);
    } else if (rule->kind == DAY_OF_MONTH_WEEK) {
        civil.month = rule->month;
        first_us = sj_time_of_civil(&civil);
        int sunday_based = (sj_weekday(first_us) + 1) % 7;
        days = (rule->weekday - sunday_based + 7) % 7 + 7 * (rule->week - 1);
        if (sj_civil_of_time(first_us + days * SJ_US_DAY).month != rule->month)
            days -= 7; /* only a fifth week can be one too many */
    }
    return first_us + days * SJ_US_DAY + rule->time_seconds * SJ_US_SECOND;
}

static enum sj_status add_change(struct sj_buf *changes, int64_t at_us, int64_t offset_us, struct sj_error *err) {
    struct change change = {at_us, offset_us};
    return sj_buf_append(changes, &change, sizeof change, err);
}

/* Stable, and made for what is nearly sorted already: two changes of a year may stand the wrong way round. */
static void sort_changes(struct change *changes, size_t n) {
    for (size_t i = 1; i < n; i++) {
        struct change moved = changes[i];
        size_t j = i;
        for (; j > 0 && changes[j - 1].at_us > moved.at_us; j--)
            changes[j] = changes[j - 1];
        changes[j] = moved;
    }
}

/* Writes the rule out behind the changes that are there, for what comes after the last of them. */
static enum sj_status add_rule_changes(struct sj_buf *changes, const struct rule *rule, int64_t *ret_cycle_from_us, struct sj_error *err) {
    size_t n_before = changes->n / sizeof(struct change);
    int64_t last_us = n_before > 0 ? ((const struct change *)changes->data)[n_before - 1].at_us : INT64_MIN;
    int64_t from_us = last_us < SJ_TIME_MIN ? SJ_TIME_MIN : last_us > SJ_TIME_MAX ? SJ_TIME_MAX : last_us;
    int first_year = sj_civil_of_time(from_us).year;
    for (int year = first_year; year < first_year + RULE_YEARS; year++) {
        int64_t begin_us = rule_local_us(&rule->begin, year) - rule->standard_seconds * SJ_US_SECOND;
        int64_t end_us = rule_local_us(&rule->end, year) - rule->summer_seconds * SJ_US_SECOND;
        if (begin_us > last_us)
            SJ_TRY(add_change(changes, begin_us, rule->summer_seconds * SJ_US_SECOND, err));
        if (end_us > last_us)
            SJ_TRY(add_change(changes, end_us, rule->standard_seconds * SJ_US_SECOND, err));
    }
    sort_changes((struct change *)changes->data + n_before, changes->n / sizeof(struct change) - n_before);
    struct sj_civil last_new_year = {.year = first_year + RULE_YEARS - 1, .month = 1, .day = 1};
    *ret_cycle_from_us = sj_time_of_civil(&last_new_year);
    return SJ_OK;
}

/* --- The file --- */

#define HEADER_BYTES 44

/* One header and the data behind it; the numbers of items are RFC 8536's own names without "cnt". */
struct block {
    unsigned char version;
    uint32_t n_utc, n_std, n_leap, n_time, n_type, n_char;
    size_t time_bytes; /* 4 or 8 */
    const unsigned char *data;
};

static uint32_t read_u32(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static int64_t read_time(const unsigned char *p, size_t time_bytes) {
    if (time_bytes == 4)
        return (int32_t)read_u32(p);
    return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

/* All counts are below 2^32 and the factors below 13, so that the sum cannot overflow 64 bits. */
static uint64_t data_bytes(const struct block *b) {
    return (uint64_t)b->n_time * (b->time_bytes + 1) + (uint64_t)b->n_type * 6 + b->n_char + (uint64_t)b->n_leap * (b->time_bytes + 4) +
           b->n_std + b->n_utc;
}

/* Takes one block off the front of `rest`. */
static enum sj_status take_block(const struct parser *p, struct sj_str *rest, size_t time_bytes, struct block *ret) {
    const unsigned char *h = (const unsigned char *)rest->p;
    if (rest->n < HEADER_BYTES || memcmp(h, "TZif", 4) != 0)
        return refuse(p, SJ_T("this is no time zone file (it does not begin with \"TZif\", or is cut off)"));
    struct block b = {.version = h[4],
                      .n_utc = read_u32(h + 20),
                      .n_std = read_u32(h + 24),
                      .n_leap = read_u32(h + 28),
                      .n_time = read_u32(h + 32),
                      .n_type = read_u32(h + 36),
                      .n_char = read_u32(h + 40),
                      .time_bytes = time_bytes,
                      .data = h + HEADER_BYTES};
    if (data_bytes(&b) > rest->n - HEADER_BYTES)
        return refuse(p, SJ_T("the file is shorter than its header says"));
    if (b.n_type > 256)
        return refuse(p, SJ_T("the header states an impossible number of local time types"));
    rest->p += HEADER_BYTES + data_bytes(&b);
    rest->n -= HEADER_BYTES + (size_t)data_bytes(&b);
    *ret = b;
    return SJ_OK;
}

static enum sj_status read_offset(const struct parser *p, const struct block *b, size_t type, int64_t *ret_offset_us) {
    const unsigned char *types = b->data + (size_t)b->n_time * (b->time_bytes + 1);
    if (type >= b->n_type)
        return refuse(p, SJ_T("it names a local time type that it does not have"));
    int32_t seconds = (int32_t)read_u32(types + type * 6);
    if (seconds < OFFSET_MIN_SECONDS || seconds > OFFSET_MAX_SECONDS)
        return refuse(p, SJ_T("an offset from UTC is beyond a day"));
    *ret_offset_us = seconds * SJ_US_SECOND;
    return SJ_OK;
}

/* Times too far away for microseconds (some files begin at the Big Bang) are cut to the ends of int64. */
static int64_t us_of_seconds(int64_t seconds) {
    int64_t us;
    return __builtin_mul_overflow(seconds, SJ_US_SECOND, &us) ? (seconds < 0 ? INT64_MIN : INT64_MAX) : us;
}

static enum sj_status read_changes(const struct parser *p, const struct block *b, struct sj_buf *changes) {
    const unsigned char *type_of_time = b->data + (size_t)b->n_time * b->time_bytes;
    int64_t last_seconds = INT64_MIN;
    for (size_t i = 0; i < b->n_time; i++) {
        int64_t offset_us, seconds = read_time(b->data + i * b->time_bytes, b->time_bytes);
        if (i > 0 && seconds <= last_seconds)
            return refuse(p, SJ_T("its changes are not in the order of time"));
        SJ_TRY(read_offset(p, b, type_of_time[i], &offset_us));
        SJ_TRY(add_change(changes, us_of_seconds(seconds), offset_us, p->err));
        last_seconds = seconds;
    }
    return SJ_OK;
}

/* Between two line feeds; may be empty, which leaves the time after the last change to the last offset. */
static enum sj_status read_rule(const struct parser *p, struct sj_str rest, struct sj_buf *changes, int64_t *ret_cycle_from_us) {
    const char *end = rest.n > 1 && rest.p[0] == '\n' ? memchr(rest.p + 1, '\n', rest.n - 1) : NULL;
    if (end == NULL)
        return refuse(p, SJ_T("the rule at its end is missing"));
    struct sj_str text = {rest.p + 1, (size_t)(end - rest.p) - 1};
    struct rule rule = {0};
    if (text.n > 0 && !parse_rule(text, &rule))
        return refuse(p, SJ_T("the rule at its end cannot be read"));
    return rule.has_summer ? add_rule_changes(changes, &rule, ret_cycle_from_us, p->err) : SJ_OK;
}

static enum sj_status build_zone(const struct sj_alloc *mem, int64_t first_offset_us, int64_t cycle_from_us, const struct sj_buf *changes,
                                 struct sj_zone **ret_zone, struct sj_error *err) {
    struct sj_zone *zone;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *zone + changes->n, &zone, err));
    zone->first_offset_us = first_offset_us;
    zone->cycle_from_us = cycle_from_us;
    zone->n_changes = changes->n / sizeof(struct change);
    if (changes->n > 0)
        memcpy(zone->changes, changes->data, changes->n);
    *ret_zone = zone;
    return SJ_OK;
}

enum sj_status sj_zone_parse(const struct sj_alloc *mem, struct sj_str name, struct sj_str tzif, struct sj_zone **ret_zone,
                             struct sj_error *err) {
    const struct parser p = {name, err};
    struct sj_str rest = tzif;
    struct block b;
    SJ_TRY(take_block(&p, &rest, 4, &b));
    bool has_rule = b.version >= '2';
    if (has_rule)
        SJ_TRY(take_block(&p, &rest, 8, &b));
    if (b.n_leap > 0)
        return refuse(&p, SJ_T("it counts leap seconds (a \"right/\" zone), which no other time here does"));
    int64_t first_offset_us, cycle_from_us = INT64_MAX;
    SJ_TRY(read_offset(&p, &b, 0, &first_offset_us));
    struct sj_buf changes;
    sj_buf_init(&changes, mem, ((size_t)b.n_time + (size_t)2 * RULE_YEARS) * sizeof(struct change));
    enum sj_status status;
    SJ_TRY_CLEAN(read_changes(&p, &b, &changes));
    if (has_rule)
        SJ_TRY_CLEAN(read_rule(&p, rest, &changes, &cycle_from_us));
    status = build_zone(mem, first_offset_us, cycle_from_us, &changes, ret_zone, err);
cleanup:
    sj_buf_done(&changes);
    return status;
}

enum sj_status sj_zone_fixed(const struct sj_alloc *mem, struct sj_str offset, struct sj_zone **ret_zone, struct sj_error *err) {
    int64_t offset_us;
    if (!sj_offset_parse(offset, &offset_us))
        return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no offset from UTC: write it like +02:00, -0530 or Z", SJ_ARG(offset));
    const struct sj_buf none = {.mem = mem};
    return build_zone(mem, offset_us, INT64_MAX, &none, ret_zone, err);
}

void sj_zone_free(const struct sj_alloc *mem, struct sj_zone *zone) { sj_mem_free(mem, zone); }
