/* When things happen: the days of the period, opening hours, day and night, week-ends, seasons.
 * A day is a number: 0 is Monday 2024-07-01, local date of Europe/Amsterdam. Days before and after the period are fine.
 * Internal to the room. */
#pragma once
#include "sample/dice.h"
#include "sample/sample.h"

#define SJ_N_DAYS 549 /* 2024-07-01 to 2025-12-31 */
#define SJ_N_WEEKS 79 /* the last has three days */
#define SJ_N_MONTHS 18

enum sj_hours {
    SJ_HOURS_ONLINE, /* all day, most in the evening */
    SJ_HOURS_CALLS,  /* the call centre: 8 to 21, Sundays 10 to 18 */
    SJ_HOURS_SHOP,   /* 9 to 18, Thursdays to 21, Sundays 12 to 17 */
    SJ_HOURS_MAIL,   /* what the company sends: in the morning */
    SJ_HOURS_ROUND,  /* van drivers and bookings: working day */
};

int64_t sj_calendar_at(struct sj_random *random, int day, enum sj_hours hours); /* a moment of that day, UTC */
int sj_calendar_day(int64_t time_us);                                           /* the local day of a moment */
bool sj_calendar_open(int64_t time_us, enum sj_hours hours);                    /* whether anything happens at that hour */
int sj_calendar_month(int month);                                               /* first day of month 0 … SJ_N_MONTHS (the end) */

/* A day of buying, by season: the sales week of November, December, back to school; few in high summer. */
int sj_calendar_shopping_day(struct sj_random *random);

/* How busy the call centre is, per cent of an ordinary day. */
int sj_calendar_load(int day);

bool sj_calendar_outage(int day);
