/* Kinds: what a text of a file means as a number, a truth, a time, money or a duration. Strict, so that nothing is lost: what a kind
 * does not take stays a text. Pure functions. */
#pragma once
#include "base/time.h"
#include "store/event.h"

/* A decimal number that gives the same text again as far as a reader cares: no leading zero ("00123") or plus sign (codes and
 * telephone numbers), at most 15 digits, an exponent only with its sign ("1e+06"). */
bool sj_text_to_number(struct sj_str text, double *ret_value);
bool sj_text_to_truth(struct sj_str text, int64_t *ret_value); /* true or false, in any case */
/* ISO 8601 with date and time of day; without offset in `zone`. */
bool sj_text_to_time(struct sj_str text, const struct sj_zone *zone, int64_t *ret_us);
/* Seconds ("90", "1.5"), "1h30m", or "1:30:00"; not negative. */
bool sj_text_to_duration(struct sj_str text, int64_t *ret_us);

/* What a text does not say by itself. */
struct sj_text_form {
    const struct sj_zone *zone; /* of times without offset; NULL: UTC */
    char decimal;               /* '.' or ',': of numbers, money and durations (decimals.h) */
};

/* The kind of a property that has these values in the sample: the narrowest that takes them all. n > 0. */
enum sj_kind sj_kind_find(const struct sj_str *texts, size_t n, const struct sj_text_form *form);

/* By name, as sj_kind_name() gives it. */
bool sj_kind_of(struct sj_str name, enum sj_kind *ret_kind);

/* The value of `text` as `kind` (which is not text). False when it is not that. */
bool sj_text_to_value(struct sj_str text, enum sj_kind kind, const struct sj_text_form *form, struct sj_value *ret_value);
