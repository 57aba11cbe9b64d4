#include "analysis/periods.h"
#include "base/vector.h"

enum sj_period sj_period_for(int64_t from_us, int64_t to_us) {
    int64_t range_us = to_us - from_us;
    return range_us <= 92 * SJ_US_DAY ? SJ_PERIOD_DAY : range_us <= 732 * SJ_US_DAY ? SJ_PERIOD_WEEK : SJ_PERIOD_MONTH;
}

/* The local midnight, as local time, with which the period begins that holds a local time. */
static int64_t begin_of(int64_t local_us, enum sj_period period) {
    struct sj_civil civil = sj_civil_of_time(local_us);
    civil.hour = civil.minute = civil.second = civil.us = 0;
    if (period == SJ_PERIOD_MONTH)
        civil.day = 1;
    int64_t begin_us = sj_time_of_civil(&civil);
    return period == SJ_PERIOD_WEEK ? begin_us - sj_weekday(begin_us) * SJ_US_DAY : begin_us;
}

/* The next one's. A month has at most 31 days, so 31 days from its first always lie in the next. */
static int64_t next_begin(int64_t begin_us, enum sj_period period) {
    switch (period) {
    case SJ_PERIOD_DAY: return begin_us + SJ_US_DAY;
    case SJ_PERIOD_WEEK: return begin_us + 7 * SJ_US_DAY;
    case SJ_PERIOD_MONTH: break;
    }
    return begin_of(begin_us + 31 * SJ_US_DAY, SJ_PERIOD_MONTH);
}

static enum sj_status check_number(enum sj_period period, int64_t range_us, struct sj_error *err) {
    static const int days[] = {[SJ_PERIOD_DAY] = 1, [SJ_PERIOD_WEEK] = 7, [SJ_PERIOD_MONTH] = 28};
    int64_t n = range_us / SJ_US_DAY / days[period] + 3;
    if (n <= SJ_PERIODS_MAX)
        return SJ_OK;
    return sj_fail(err, SJ_E_USAGE,
                   "the events cover about %lld periods, and at most %d can be shown: choose a longer period, or a shorter time range "
                   "(a few events with a wrong date may be the reason)",
                   (long long)n, SJ_PERIODS_MAX);
}

/* 0 where they differ, or where a time would not be exact as a double. */
static int64_t common_width(const struct sj_periods *periods) {
    const int64_t width_us = periods->starts[1] - periods->starts[0];
    for (uint32_t i = 1; i < periods->n; i++) {
        if (periods->starts[i + 1] - periods->starts[i] != width_us)
            return 0;
    }
    return periods->starts[periods->n] - periods->starts[0] < INT64_C(1) << 52 ? width_us : 0;
}

enum sj_status sj_periods_new(struct sj_arena *arena, const struct sj_zone *zone, enum sj_period period, int64_t from_us, int64_t to_us,
                              struct sj_periods *ret_periods, struct sj_error *err) {
    *ret_periods = (struct sj_periods){.starts = NULL};
    if (from_us >= to_us)
        return SJ_OK;
    SJ_TRY(check_number(period, to_us - from_us, err));
    size_t room = (size_t)((to_us - from_us) / SJ_US_DAY) / (period == SJ_PERIOD_DAY ? 1 : period == SJ_PERIOD_WEEK ? 7 : 28) + 4;
    int64_t *starts;
    SJ_TRY(sj_arena_new(arena, room, sizeof *starts, &starts, err));
    int64_t local_us = begin_of(from_us + sj_zone_offset_us(zone, from_us), period);
    uint32_t n = 0;
    starts[0] = sj_zone_to_utc(zone, local_us);
    while (starts[n] < to_us) {
        local_us = next_begin(local_us, period);
        int64_t start_us = sj_zone_to_utc(zone, local_us);
        if (start_us > starts[n]) /* where a zone left out a whole day, there is none */
            starts[++n] = start_us;
    }
    *ret_periods = (struct sj_periods){.starts = starts, .n = n, .per_us = n / (double)(starts[n] - starts[0])};
    ret_periods->width_us = common_width(ret_periods);
    return SJ_OK;
}

/* By the average length, then a step or two: clocks are put forward and months differ. */
uint32_t sj_periods_search(const struct sj_periods *periods, int64_t time_us) {
    if (time_us < periods->starts[0])
        return 0;
    const double guess = ((double)time_us - (double)periods->starts[0]) * periods->per_us;
    uint32_t at = guess < periods->n ? (uint32_t)guess : periods->n - 1;
    while (at > 0 && time_us < periods->starts[at])
        at--;
    while (at + 1 < periods->n && time_us >= periods->starts[at + 1])
        at++;
    return at;
}

/* Periods of one length. No branch, so that it becomes vector code; exact, since the quotient is one off at most and what is left over
 * says so. */
SJ_VECTOR static void find_even(const struct sj_periods *periods, const int64_t *times_us, size_t n, uint32_t *ret_periods) {
    const int64_t begin_us = periods->starts[0], last_us = periods->starts[periods->n] - 1;
    const double width = (double)periods->width_us, per_us = periods->per_us;
    for (size_t i = 0; i < n; i++) {
        int64_t time_us = times_us[i] < begin_us ? begin_us : times_us[i];
        time_us = (time_us > last_us ? last_us : time_us) - begin_us;
        double at = (double)(int32_t)((double)time_us * per_us);
        const double left = (double)time_us - at * width;
        at += (left >= width ? 1.0 : 0.0) - (left < 0 ? 1.0 : 0.0);
        ret_periods[i] = (uint32_t)(int32_t)at;
    }
}

void sj_periods_of(const struct sj_periods *periods, const int64_t *times_us, size_t n, uint32_t *ret_periods) {
    uint32_t at = 0;
    if (periods->width_us > 0) {
        find_even(periods, times_us, n, ret_periods);
        return;
    }
    for (size_t i = 0; i < n; i++)
        ret_periods[i] = at = sj_periods_find(periods, times_us[i], at);
}
