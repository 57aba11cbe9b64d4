/* Times as files write them: which form a column has, and what one text in that form means.
 *
 * A form is found from a sample of the column. Day and month are never guessed: where the sample can be read both ways, both
 * forms are given and the user is asked. Pure functions. */
#pragma once
#include "base/time.h"

enum sj_time_style { SJ_TIME_ISO, SJ_TIME_EPOCH_S, SJ_TIME_EPOCH_MS, SJ_TIME_EPOCH_US, SJ_TIME_EPOCH_NS, SJ_TIME_PATTERN };

#define SJ_TIME_PATTERN_BYTES 64
struct sj_time_form {
    enum sj_time_style style;
    char pattern[SJ_TIME_PATTERN_BYTES]; /* of base/time.h, for SJ_TIME_PATTERN */
    bool has_offset;                     /* an offset stands in the texts, in all of the sample */
};

/* "iso", "epoch_ms" or a pattern, as the user writes it. Minutes may be written MM after an hour, and the pattern of strftime()
 * ("%d-%m-%Y %H:%M") is understood too. Errors: SJ_E_USAGE. */
enum sj_status sj_time_form_of(struct sj_str text, struct sj_time_form *ret_form, struct sj_error *err);
/* The name of the form: "iso", "epoch_ms", "DD-MM-YYYY HH:mm". What sj_time_form_of() takes. */
const char *sj_time_form_name(const struct sj_time_form *form);

/* A time in that form, for a message; NULL for a pattern, which shows it by itself. */
const char *sj_time_form_example(const struct sj_time_form *form);

bool sj_time_read(const struct sj_time_form *form, struct sj_str text, const struct sj_zone *zone, int64_t *ret_us);
/* The same for a number of an epoch form. */
bool sj_time_read_number(const struct sj_time_form *form, double number, int64_t *ret_us);

/* A time of day alone: "9:30", "09:30:15", "09:30:15.250", "9:30 pm". */
bool sj_time_read_clock(struct sj_str text, int64_t *ret_us);
/* The number of a day as spreadsheets count them ("45658.5"), of the years 1954 to 2119. */
bool sj_time_is_serial(struct sj_str text, int64_t *ret_us);

/* Remembers the day of the last time: rows of an export mostly stand in the order of time, and the rest of an ISO time is two figures
 * thrice. Zeroed before the first use. */
struct sj_time_memory {
    char date[10];
    int64_t day_us;
};
/* Like sj_time_read(), and the same answer. */
bool sj_time_read_next(const struct sj_time_form *form, struct sj_time_memory *memory, struct sj_str text, const struct sj_zone *zone,
                       int64_t *ret_us);

enum sj_time_found { SJ_TIME_NONE, SJ_TIME_FOUND, SJ_TIME_AMBIGUOUS };

/* The form that reads the most of the texts, and more than half of them; without one, *ret_form is the form that comes nearest.
 * Ambiguous: *ret_other reads them too, with day and month (or year) the other way round, and *ret_example is a text that shows it.
 * Where texts contradict each other, a form that reads four of five wins over a twin that does not. */
enum sj_time_found sj_time_find(const struct sj_str *texts, size_t n, struct sj_time_form *ret_form, struct sj_time_form *ret_other,
                                size_t *ret_example);
