/* Periods: the days, weeks (from Monday) or months of a time zone that cover a range of time. */
#pragma once
#include "base/time.h"

enum sj_period { SJ_PERIOD_DAY, SJ_PERIOD_WEEK, SJ_PERIOD_MONTH };

#define SJ_PERIODS_MAX 150000

/* Period i is [starts[i], starts[i + 1]), UTC. The first begins at or before the range, the last ends at or behind it. */
struct sj_periods {
    const int64_t *starts; /* n + 1 */
    uint32_t n;            /* 0: the range is empty */
    double per_us;         /* periods in a microsecond, on average: they are nearly of one length */
    int64_t width_us;      /* of all of them; 0: they differ (clocks are put forward, months) */
};

/* The period that gives a picture one can read: days up to a quarter, weeks up to two years, months beyond. */
enum sj_period sj_period_for(int64_t from_us, int64_t to_us);

/* Errors: SJ_E_USAGE where there would be more than SJ_PERIODS_MAX. */
enum sj_status sj_periods_new(struct sj_arena *arena, const struct sj_zone *zone, enum sj_period period, int64_t from_us, int64_t to_us,
                              struct sj_periods *ret_periods, struct sj_error *err);

/* The periods of n times, as sj_periods_search() finds them. */
void sj_periods_of(const struct sj_periods *periods, const int64_t *times_us, size_t n, uint32_t *ret_periods);

/* The period of a time; a time outside belongs to the first or the last. `guess`, a period, and the one after it are looked at
 * first. periods->n > 0. */
uint32_t sj_periods_search(const struct sj_periods *periods, int64_t time_us);
static inline uint32_t sj_periods_find(const struct sj_periods *periods, int64_t time_us, uint32_t guess) {
    if (time_us >= periods->starts[guess] && time_us < periods->starts[guess + 1])
        return guess;
    if (guess + 1 < periods->n && time_us >= periods->starts[guess + 1] && time_us < periods->starts[guess + 2])
        return guess + 1;
    return sj_periods_search(periods, time_us);
}
