/* Time: microseconds since 1970-01-01T00:00:00Z (int64), civil dates of the proleptic Gregorian calendar, zones, durations.
 * Range: years 1 to 9999. Leap seconds do not exist here, as in POSIX. Everything is pure; zones are loaded by os/zone.h. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/mem.h"
#include "base/str.h"

#define SJ_US_MS INT64_C(1000)
#define SJ_US_SECOND INT64_C(1000000)
#define SJ_US_MINUTE (60 * SJ_US_SECOND)
#define SJ_US_HOUR (60 * SJ_US_MINUTE)
#define SJ_US_DAY (24 * SJ_US_HOUR)
#define SJ_TIME_MIN INT64_C(-62135596800000000) /* 0001-01-01 */
#define SJ_TIME_MAX INT64_C(253402300799999999) /* the end of 9999-12-31 */

struct sj_civil {
    int year, month, day; /* month and day from 1 */
    int hour, minute, second, us;
};

/* A time zone: UTC when NULL. Made by sj_zone_parse() from a TZif file (RFC 8536). */
struct sj_zone;

bool sj_civil_valid(const struct sj_civil *civil);
int64_t sj_time_of_civil(const struct sj_civil *civil); /* in UTC; the civil time must be valid */
struct sj_civil sj_civil_of_time(int64_t time_us);      /* in UTC */
int sj_weekday(int64_t time_us);                        /* of the UTC day: Monday 0 … Sunday 6 */

/* Local time and back, for times of the range above. A local time that does not exist (clocks go forward) is read with the offset before the change; one that
 * occurs twice is read as the first (RFC 5545, 3.3.5). */
int64_t sj_zone_offset_us(const struct sj_zone *zone, int64_t time_us); /* local = UTC + offset */
int64_t sj_zone_to_utc(const struct sj_zone *zone, int64_t local_us);

/* Reads TZif version 1, 2 or 3, with the rule for the time after the last change. `name` is for messages. Caller frees. */
enum sj_status sj_zone_parse(const struct sj_alloc *mem, struct sj_str name, struct sj_str tzif, struct sj_zone **ret_zone,
                             struct sj_error *err);
/* "+02:00", "-0530", "+02", "Z", "UTC": an offset from UTC and nothing else. */
bool sj_offset_parse(struct sj_str s, int64_t *ret_offset_us);
/* The same as a zone. */
enum sj_status sj_zone_fixed(const struct sj_alloc *mem, struct sj_str offset, struct sj_zone **ret_zone, struct sj_error *err);
void sj_zone_free(const struct sj_alloc *mem, struct sj_zone *zone);

/* ISO 8601: 2026-01-31, 2026-01-31T12:00, 2026-01-31 12:00:00.123456+01:00, …Z, 20260131T120000Z; also with a space before the
 * offset and with UTC for Z, as databases export it. Without an offset it is local time of `zone`. Fractions beyond microseconds
 * are cut off. False when it is not that (20260131 alone is a number, 24:00 and a second 60 are no times here), or out of range.
 * *ret_has_offset (may be NULL): an offset was written. */
bool sj_time_parse_iso(struct sj_str s, const struct sj_zone *zone, int64_t *ret_us, bool *ret_has_offset);

/* By a pattern of the tokens YYYY YY MM M DD D HH H hh h mm m ss s SSS (fraction, 1 to 9 digits) a (am/pm) MMM (Jan) ZZ (offset);
 * any other character stands for itself. `M`, `D`, `H`, `h`, `m`, `s` take one or two digits; YY is 1969 to 2068. False also for a
 * pattern without year, month and day, for one that has a part twice, and for one that has `h` or `hh` without `a` or `a` without
 * them: a guess would be wrong for half of the day. */
bool sj_time_parse_pattern(struct sj_str s, struct sj_str pattern, const struct sj_zone *zone, int64_t *ret_us);

#define SJ_TIME_TEXT_BYTES 40
/* "2026-01-31T12:00:00Z", a fraction of 3 or 6 digits only where there is one. Returns the length. */
size_t sj_time_format(int64_t time_us, char out[SJ_TIME_TEXT_BYTES]);

/* "90s", "30m", "7d", "2w", "1h30m", "250ms"; also "0". Units us ms s m h d w, the longer first. False when it is not that,
 * negative or longer than all of time, so that a time and a duration can be added without a check. */
bool sj_duration_parse(struct sj_str s, int64_t *ret_us);
/* For people, two units at most: "850 ms", "1.4 s", "42 s", "3 min 20 s", "5 h 10 min", "12 d 4 h". Rounded, never "60 s". */
size_t sj_duration_format(int64_t duration_us, char out[SJ_TIME_TEXT_BYTES]);
