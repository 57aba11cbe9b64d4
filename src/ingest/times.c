#include "ingest/times.h"

#include <math.h>
#include <stdio.h>

#include "ingest/decimals.h"

#define SERIAL_OF_1970 25569 /* days */
#define SERIAL_MIN 20000
#define SERIAL_MAX 80000

static const char *const style_names[] = {[SJ_TIME_ISO] = "iso",           [SJ_TIME_EPOCH_S] = "epoch_s",   [SJ_TIME_EPOCH_MS] = "epoch_ms",
                                          [SJ_TIME_EPOCH_US] = "epoch_us", [SJ_TIME_EPOCH_NS] = "epoch_ns", [SJ_TIME_PATTERN] = ""};

const char *sj_time_form_name(const struct sj_time_form *form) {
    return form->style == SJ_TIME_PATTERN ? form->pattern : style_names[form->style];
}

const char *sj_time_form_example(const struct sj_time_form *form) {
    static const char *const examples[] = {
        [SJ_TIME_ISO] = "2026-01-31 12:00",      [SJ_TIME_EPOCH_S] = "1769860800",           [SJ_TIME_EPOCH_MS] = "1769860800000",
        [SJ_TIME_EPOCH_US] = "1769860800000000", [SJ_TIME_EPOCH_NS] = "1769860800000000000", [SJ_TIME_PATTERN] = NULL};
    return examples[form->style];
}

/* ---- one text ---- */

static bool in_range(double us) { return us >= (double)SJ_TIME_MIN && us <= (double)SJ_TIME_MAX; }

bool sj_time_read_number(const struct sj_time_form *form, double number, int64_t *ret_us) {
    static const double scale[] = {[SJ_TIME_EPOCH_S] = 1e6, [SJ_TIME_EPOCH_MS] = 1e3, [SJ_TIME_EPOCH_US] = 1, [SJ_TIME_EPOCH_NS] = 1e-3};
    if (form->style < SJ_TIME_EPOCH_S || form->style > SJ_TIME_EPOCH_NS || !in_range(number * scale[form->style]))
        return false;
    *ret_us = (int64_t)floor(number * scale[form->style]);
    return true;
}

static bool has_only_digits(struct sj_str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* Whole numbers exactly; with a fraction ("1700000000.25") as whole part and fraction apart, to the microsecond. With an exponent
 * ("1.7e9") it is no time: the two parts would not be apart. */
static bool read_epoch(enum sj_time_style style, struct sj_str text, int64_t *ret_us) {
    static const int64_t unit[] = {[SJ_TIME_EPOCH_S] = SJ_US_SECOND, [SJ_TIME_EPOCH_MS] = SJ_US_MS, [SJ_TIME_EPOCH_US] = 1};
    const char *point = memchr(text.p, '.', text.n);
    const struct sj_str head = {text.p, point != NULL ? (size_t)(point - text.p) : text.n};
    int64_t whole;
    double fraction = 0;
    if (!sj_str_to_i64(head, &whole))
        return false;
    if (point != NULL && (!has_only_digits((struct sj_str){point + 1, text.n - head.n - 1}) ||
                          !sj_str_to_double((struct sj_str){point, text.n - head.n}, &fraction)))
        return false;
    if (style == SJ_TIME_EPOCH_NS) {
        *ret_us = whole / 1000 - (whole % 1000 < 0);
        return *ret_us >= SJ_TIME_MIN && *ret_us <= SJ_TIME_MAX;
    }
    const bool negative = text.n > 0 && text.p[0] == '-';
    const int64_t part_us = (int64_t)((negative ? -fraction : fraction) * (double)unit[style] + (negative ? -0.5 : 0.5));
    int64_t us;
    if (__builtin_mul_overflow(whole, unit[style], &us) || __builtin_add_overflow(us, part_us, &us))
        return false;
    if (us < SJ_TIME_MIN || us > SJ_TIME_MAX)
        return false;
    *ret_us = us;
    return true;
}

bool sj_time_read(const struct sj_time_form *form, struct sj_str text, const struct sj_zone *zone, int64_t *ret_us) {
    switch (form->style) {
    case SJ_TIME_ISO: return sj_time_parse_iso(text, zone, ret_us, NULL);
    case SJ_TIME_PATTERN: return sj_time_parse_pattern(text, sj_str(form->pattern), zone, ret_us);
    default: return text.n > 0 && read_epoch(form->style, text, ret_us);
    }
}

/* Read as the clock of a day: a pattern knows hours, minutes and the rest. */
bool sj_time_read_clock(struct sj_str text, int64_t *ret_us) {
    static const char *const patterns[] = {"YYYY-MM-DD H:mm",   "YYYY-MM-DD H:mm:ss", "YYYY-MM-DD H:mm:ss.SSS",
                                           "YYYY-MM-DD h:mm a", "YYYY-MM-DD h:mma",   "YYYY-MM-DD h:mm:ss a"};
    char day[40];
    const struct sj_str s = sj_str_trim(text);
    if (s.n < 4 || s.n > 16)
        return false;
    const int n = snprintf(day, sizeof day, "1970-01-01 %.*s", SJ_ARG(s));
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (sj_time_parse_pattern((struct sj_str){day, (size_t)n}, sj_str(patterns[i]), NULL, ret_us))
            return true;
    return false;
}

/* Day 1 is 1900-01-01, and a day 1900-02-29 is counted that never was. */
bool sj_time_is_serial(struct sj_str text, int64_t *ret_us) {
    char out[SJ_DECIMAL_BYTES];
    struct sj_str plain;
    double day;
    const char sign = text.n > 0 && memchr(text.p, ',', text.n) != NULL ? ',' : '.';
    if (!sj_decimal_plain(text, sign, out, &plain) || !sj_str_to_double(plain, &day) || day < SERIAL_MIN || day > SERIAL_MAX)
        return false;
    *ret_us = (int64_t)llround((day - SERIAL_OF_1970) * 86400) * SJ_US_SECOND;
    return true;
}

/* Two digits at p, or a number of 100 and more. */
static unsigned two_digits(const char *p) {
    const unsigned tens = (unsigned)(p[0] - '0'), ones = (unsigned)(p[1] - '0');
    return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/* "2026-01-31T12:00:00" and the same with Z, of the day that is remembered. */
static bool read_clock(const struct sj_time_memory *memory, struct sj_str text, int64_t *ret_us) {
    const char *p = text.p;
    if (memory->date[0] == '\0' || memcmp(p, memory->date, sizeof memory->date) != 0 || (p[10] != 'T' && p[10] != ' ') || p[13] != ':' ||
        p[16] != ':')
        return false;
    const unsigned hour = two_digits(p + 11), minute = two_digits(p + 14), second = two_digits(p + 17);
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ret_us = memory->day_us + (int64_t)((hour * 60 + minute) * 60 + second) * SJ_US_SECOND;
    return true;
}

bool sj_time_read_next(const struct sj_time_form *form, struct sj_time_memory *memory, struct sj_str text, const struct sj_zone *zone,
                       int64_t *ret_us) {
    const bool is_utc = text.n == 20 && text.p[19] == 'Z';
    const bool is_plain = form->style == SJ_TIME_ISO && (is_utc || (text.n == 19 && zone == NULL));
    if (is_plain && read_clock(memory, text, ret_us))
        return true;
    if (!sj_time_read(form, text, zone, ret_us))
        return false;
    int64_t day_us;
    if (is_plain && sj_time_parse_iso((struct sj_str){text.p, sizeof memory->date}, NULL, &day_us, NULL)) {
        memcpy(memory->date, text.p, sizeof memory->date);
        memory->day_us = day_us;
    }
    return true;
}

/* ---- a pattern as the user writes it ---- */

static const char *strftime_token(char c) {
    switch (c) {
    case 'Y': return "YYYY";
    case 'y': return "YY";
    case 'm': return "MM";
    case 'd': return "DD";
    case 'e': return "D";
    case 'b':
    case 'h': return "MMM";
    case 'H': return "HH";
    case 'I': return "hh";
    case 'M': return "mm";
    case 'S': return "ss";
    case 'f': return "SSS";
    case 'p': return "a";
    case 'z': return "ZZ";
    case 'F': return "YYYY-MM-DD";
    case 'T': return "HH:mm:ss";
    default: return NULL;
    }
}

static bool append(char *out, size_t *n, const char *text, size_t n_text) {
    if (*n + n_text >= SJ_TIME_PATTERN_BYTES)
        return false;
    memcpy(out + *n, text, n_text);
    *n += n_text;
    out[*n] = '\0';
    return true;
}

static bool of_strftime(struct sj_str text, char *out) {
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        const bool is_token = text.p[i] == '%';
        const char *token = is_token && i + 1 < text.n ? strftime_token(text.p[++i]) : NULL;
        if (is_token && token == NULL)
            return false;
        if (!(token != NULL ? append(out, &n, token, strlen(token)) : append(out, &n, &text.p[i], 1)))
            return false;
    }
    return true;
}

/* After an hour and a separator M is minutes, and S (unless SSS) is seconds. */
static bool of_words(struct sj_str text, char *out) {
    size_t n = 0;
    char last = 0; /* the last letter of a token */
    for (size_t i = 0; i < text.n;) {
        size_t run = 1;
        while (i + run < text.n && text.p[i + run] == text.p[i])
            run++;
        char c = text.p[i];
        if (c == 'M' && (last == 'H' || last == 'h') && run <= 2)
            c = 'm';
        if (c == 'S' && run <= 2)
            c = 's';
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
            last = c;
        for (size_t k = 0; k < run; k++)
            if (!append(out, &n, &c, 1))
                return false;
        i += run;
    }
    return true;
}

enum sj_status sj_time_form_of(struct sj_str text, struct sj_time_form *ret_form, struct sj_error *err) {
    struct sj_time_form form = {.style = SJ_TIME_PATTERN};
    for (unsigned style = SJ_TIME_ISO; style < SJ_TIME_PATTERN; style++) {
        if (sj_str_eq_nocase(text, sj_str(style_names[style]))) {
            *ret_form = (struct sj_time_form){.style = (enum sj_time_style)style};
            return SJ_OK;
        }
    }
    const bool percent = text.n > 0 && memchr(text.p, '%', text.n) != NULL;
    const bool fits = percent ? of_strftime(text, form.pattern) : of_words(text, form.pattern);
    if (!fits || strchr(form.pattern, 'Y') == NULL || strchr(form.pattern, 'D') == NULL || strchr(form.pattern, 'M') == NULL)
        return sj_fail(err, SJ_E_USAGE,
                       "the time format \"%.*s\" is not understood. Write it with YYYY (or YY) for the year, MM for the month, MMM for its "
                       "name, DD for the day, HH:mm:ss for the time of day, SSS for its fraction, a for am and pm, ZZ for an offset: "
                       "\"DD-MM-YYYY HH:mm\". Or use iso, epoch_s, epoch_ms, epoch_us, epoch_ns",
                       SJ_ARG(text));
    form.has_offset = strstr(form.pattern, "ZZ") != NULL;
    *ret_form = form;
    return SJ_OK;
}

/* ---- finding ---- */

/* Dates whose twin is the same text read with day and month (or year) in another place. */
static const struct date_form {
    const char *date, *twin;
} dates[] = {
    {"DD-MM-YYYY", "MM-DD-YYYY"}, {"DD/MM/YYYY", "MM/DD/YYYY"}, {"DD.MM.YYYY", "MM.DD.YYYY"}, {"D-M-YYYY", "M-D-YYYY"},
    {"D/M/YYYY", "M/D/YYYY"},     {"D.M.YYYY", "M.D.YYYY"},     {"D-M-YY", "M-D-YY"},         {"D/M/YY", "M/D/YY"},
    {"D.M.YY", "M.D.YY"},         {"YYYY/M/D", NULL},           {"YYYY-M-D", NULL},           {"YYYY.M.D", NULL},
    {"YYYYMMDD", NULL},           {"D MMM YYYY", NULL},         {"D-MMM-YYYY", NULL},         {"D-MMM-YY", NULL},
    {"D/MMM/YYYY", NULL},         {"MMM D, YYYY", NULL},        {"MMM D YYYY", NULL},         {"D. MMM YYYY", NULL},
};

static const char *const clocks[] = {"",          " HH:mm",        " HH:mm:ss", " H:mm",      " H:mm:ss", " HH:mm:ss.SSS", " H:mm:ss.SSS",
                                     "THH:mm:ss", "THH:mm:ss.SSS", " h:mm a",   " h:mm:ss a", " h:mma",   ", HH:mm",       ", HH:mm:ss",
                                     ", h:mm a",  ", h:mm:ss a",   ":HH:mm:ss", "HHmmss",     " HHmmss",  "HHmm"};
static const char *const offsets[] = {"", " ZZ", "ZZ"};

static size_t count_read(const struct sj_time_form *form, const struct sj_str *texts, size_t n) {
    size_t n_read = 0;
    int64_t us;
    for (size_t i = 0; i < n; i++)
        n_read += sj_time_read(form, sj_str_trim(texts[i]), NULL, &us);
    return n_read;
}

/* By the number of digits: a time between 1973 and 2286 has 9 or 10 in seconds, and 3 more for each finer unit. */
static bool find_epoch(const struct sj_str *texts, size_t n, struct sj_time_form *ret_form) {
    size_t n_style[SJ_TIME_PATTERN] = {0};
    for (size_t i = 0; i < n; i++) {
        const struct sj_str s = sj_str_trim(texts[i]);
        size_t n_digits = 0;
        while (n_digits < s.n && s.p[n_digits] >= '0' && s.p[n_digits] <= '9')
            n_digits++;
        const size_t finer = n_digits >= 9 && n_digits <= 19 ? (n_digits - 9) / 3 : SIZE_MAX;
        if (finer <= 3 && (n_digits - 9) % 3 < 2)
            n_style[SJ_TIME_EPOCH_S + finer]++;
    }
    enum sj_time_style best = SJ_TIME_EPOCH_S;
    for (unsigned style = SJ_TIME_EPOCH_S; style <= SJ_TIME_EPOCH_NS; style++)
        if (n_style[style] > n_style[best])
            best = (enum sj_time_style)style;
    *ret_form = (struct sj_time_form){.style = best};
    return n_style[best] * 2 > n && count_read(ret_form, texts, n) * 2 > n;
}

/* Most years: a single 01-01-0001 or 31-12-9999 stands for a time that is not known. */
static bool is_plausible_year(const struct sj_time_form *form, const struct sj_str *texts, size_t n) {
    size_t n_read = 0, n_odd = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t us;
        if (!sj_time_read(form, sj_str_trim(texts[i]), NULL, &us))
            continue;
        const int year = sj_civil_of_time(us).year;
        n_read++;
        n_odd += year < 1900 || year > 2100;
    }
    return n_odd * 2 <= n_read;
}

static void make_pattern(struct sj_time_form *form, const char *date, const char *clock, const char *offset) {
    *form = (struct sj_time_form){.style = SJ_TIME_PATTERN, .has_offset = offset[0] != '\0'};
    snprintf(form->pattern, sizeof form->pattern, "%s%s%s", date, clock, offset);
}

struct finder {
    const struct sj_str *texts;
    size_t n, n_best;
    struct sj_time_form best;
    const struct date_form *date;
    const char *clock, *offset;
};

/* Tries a pattern on a few texts before all of them. */
static void try_pattern(struct finder *f, const struct date_form *date, const char *name, const char *clock, const char *offset) {
    struct sj_time_form form;
    make_pattern(&form, name, clock, offset);
    const size_t n_few = f->n < 8 ? f->n : 8;
    if (count_read(&form, f->texts, n_few) == 0)
        return;
    const size_t n_read = count_read(&form, f->texts, f->n);
    if (n_read <= f->n_best || !is_plausible_year(&form, f->texts, n_few))
        return;
    f->n_best = n_read;
    f->best = form;
    f->date = date;
    f->clock = clock;
    f->offset = offset;
}

static void find_pattern(struct finder *f) {
    for (size_t d = 0; d < sizeof dates / sizeof dates[0]; d++)
        for (size_t c = 0; c < sizeof clocks / sizeof clocks[0]; c++)
            for (size_t o = 0; o < sizeof offsets / sizeof offsets[0]; o++) {
                try_pattern(f, &dates[d], dates[d].date, clocks[c], offsets[o]);
                if (dates[d].twin != NULL)
                    try_pattern(f, &dates[d], dates[d].twin, clocks[c], offsets[o]);
            }
}

/* Two digits of a year may stand at either end: "24-01-15". */
static bool year_may_stand_first(const struct finder *f, struct sj_time_form *ret_other) {
    static const char *const names[][2] = {{"D-M-YY", "YY-M-D"}, {"D/M/YY", "YY/M/D"}, {"D.M.YY", "YY.M.D"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(f->date->date, names[i][0]) != 0)
            continue;
        make_pattern(ret_other, names[i][1], f->clock, f->offset);
        return count_read(ret_other, f->texts, f->n) == f->n;
    }
    return false;
}

/* One reading is certain when it reads texts that the twin does not, and the twin none that it does not. */
static enum sj_time_found weigh_twin(const struct finder *f, struct sj_time_form *ret_other, size_t *ret_example) {
    if (f->date->twin == NULL)
        return SJ_TIME_FOUND;
    if (year_may_stand_first(f, ret_other)) {
        *ret_example = 0;
        return SJ_TIME_AMBIGUOUS;
    }
    const bool is_twin = strncmp(f->best.pattern, f->date->twin, strlen(f->date->twin)) == 0;
    make_pattern(ret_other, is_twin ? f->date->date : f->date->twin, f->clock, f->offset);
    size_t n_only_best = 0, n_only_other = 0, n_both = 0, example = f->n, differs = f->n;
    for (size_t i = 0; i < f->n; i++) {
        int64_t a = 0, b = 0;
        const struct sj_str s = sj_str_trim(f->texts[i]);
        const bool in_best = sj_time_read(&f->best, s, NULL, &a), in_other = sj_time_read(ret_other, s, NULL, &b);
        n_only_best += in_best && !in_other;
        n_only_other += in_other && !in_best;
        n_both += in_best && in_other;
        if (in_best && in_other && a != b && differs == f->n)
            differs = i;
        if (in_other && !in_best && example == f->n)
            example = i;
    }
    const bool wins = (n_both + n_only_best) * 5 >= f->n * 4 && (n_both + n_only_other) * 5 < f->n * 4;
    if (n_only_best > 0 && (n_only_other == 0 || wins))
        return SJ_TIME_FOUND;
    if (n_only_other == 0 && differs == f->n)
        example = 0; /* all like 02-02-2024: still two readings for the rows to come */
    *ret_example = differs < f->n ? differs : example;
    return SJ_TIME_AMBIGUOUS;
}

static bool all_have_offset(const struct sj_str *texts, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int64_t us;
        bool has_offset = true;
        if (sj_time_parse_iso(sj_str_trim(texts[i]), NULL, &us, &has_offset) && !has_offset)
            return false;
    }
    return true;
}

enum sj_time_found sj_time_find(const struct sj_str *texts, size_t n, struct sj_time_form *ret_form, struct sj_time_form *ret_other,
                                size_t *ret_example) {
    struct sj_time_form iso = {.style = SJ_TIME_ISO};
    const size_t n_iso = count_read(&iso, texts, n);
    if (n == 0)
        return SJ_TIME_NONE;
    if (n_iso * 2 > n) {
        iso.has_offset = all_have_offset(texts, n);
        *ret_form = iso;
        return SJ_TIME_FOUND;
    }
    struct finder f = {.texts = texts, .n = n};
    find_pattern(&f);
    if (f.n_best * 2 <= n && find_epoch(texts, n, ret_form))
        return SJ_TIME_FOUND;
    *ret_form = f.n_best > n_iso ? f.best : iso;
    if (f.n_best * 2 <= n)
        return SJ_TIME_NONE;
    return weigh_twin(&f, ret_other, ret_example);
}
