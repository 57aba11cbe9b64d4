/* See calendar.h. */
#include "sample/calendar.h"
#include "base/time.h"

enum { WEEKDAY, THURSDAY, SATURDAY, SUNDAY, N_DAY_KINDS };

static const uint16_t online[24] = {8, 4, 2, 1, 1, 2, 8, 20, 32, 38, 42, 44, 48, 44, 42, 42, 46, 50, 54, 66, 82, 84, 58, 24};
static const uint16_t online_weekend[24] = {14, 8, 4, 2, 1, 1, 3, 8, 20, 40, 58, 64, 62, 58, 58, 58, 54, 50, 48, 58, 70, 70, 50, 26};
static const uint16_t calls[24] = {0, 0, 0, 0, 0, 0, 0, 0, 40, 78, 86, 74, 60, 66, 68, 62, 56, 48, 34, 28, 16};
static const uint16_t calls_sunday[24] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40, 50, 44, 46, 44, 38, 28, 20};
static const uint16_t shop[24] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 18, 30, 36, 40, 42, 42, 46, 48, 34};
static const uint16_t shop_late[24] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 18, 30, 36, 40, 42, 42, 46, 48, 34, 34, 40, 28};
static const uint16_t shop_sunday[24] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 44, 46, 42, 26};
static const uint16_t mail[24] = {0, 0, 0, 0, 0, 4, 30, 40, 30, 20, 10, 4};
static const uint16_t working[24] = {0, 0, 0, 0, 0, 0, 0, 4, 20, 30, 34, 34, 30, 32, 34, 32, 26, 16, 8, 4};

static const uint16_t *const hours_of[][N_DAY_KINDS] = {
    [SJ_HOURS_ONLINE] = {online, online, online_weekend, online_weekend},
    [SJ_HOURS_CALLS] = {calls, calls, calls, calls_sunday},
    [SJ_HOURS_SHOP] = {shop, shop_late, shop, shop_sunday},
    [SJ_HOURS_MAIL] = {mail, mail, mail, mail},
    [SJ_HOURS_ROUND] = {working, working, working, working},
};

static int weekday(int day) { return ((day % 7) + 7) % 7; }

static const uint16_t *hours_at(int day, enum sj_hours hours) {
    static const uint8_t kinds[7] = {WEEKDAY, WEEKDAY, WEEKDAY, THURSDAY, WEEKDAY, SATURDAY, SUNDAY};
    return hours_of[hours][kinds[weekday(day)]];
}

/* Clocks change at 01:00 UTC on the last Sundays of March and October (directive 2000/84/EC); the two years are written out. */
static int64_t offset_us(int64_t time_us) {
    static const int64_t changes_s[] = {1729990800, 1743296400, 1761440400}; /* 2024-10-27, 2025-03-30, 2025-10-26 */
    int64_t time_s = time_us / SJ_US_SECOND;
    bool summer = time_s < changes_s[0] || (time_s >= changes_s[1] && time_s < changes_s[2]);
    return summer ? 2 * SJ_US_HOUR : SJ_US_HOUR;
}

int64_t sj_calendar_at(struct sj_random *random, int day, enum sj_hours hours) {
    unsigned hour = sj_dice_pick(random, hours_at(day, hours), 24);
    int64_t local = SJ_SAMPLE_FROM_US + day * SJ_US_DAY + hour * SJ_US_HOUR + (int64_t)sj_random_below(random, 3600000) * SJ_US_MS;
    return local - offset_us(local - SJ_US_HOUR);
}

/* Time since the beginning of day 0, local; never negative remainders, so that earlier days work as well. */
static int64_t local_us(int64_t time_us) { return time_us + offset_us(time_us) - SJ_SAMPLE_FROM_US; }

int sj_calendar_day(int64_t time_us) {
    int64_t local = local_us(time_us);
    return (int)(local / SJ_US_DAY - (local % SJ_US_DAY < 0 ? 1 : 0));
}

bool sj_calendar_open(int64_t time_us, enum sj_hours hours) {
    int day = sj_calendar_day(time_us);
    int64_t hour = (local_us(time_us) - day * SJ_US_DAY) / SJ_US_HOUR;
    return hours_at(day, hours)[hour] > 0;
}

int sj_calendar_month(int month) {
    static const int firsts[SJ_N_MONTHS + 1] = {0, 31, 62, 92, 123, 153, 184, 215, 243, 274, 304, 335, 365, 396, 427, 457, 488, 518, 549};
    return firsts[month];
}

int sj_calendar_shopping_day(struct sj_random *random) {
    static const uint16_t weeks[SJ_N_WEEKS] = {
        85, 82, 80, 78, 76, 78, 84,  100, 118, 122, 116, 108, 102, 98, 98,  100, 100, 98, 96,  100, 112, 340, 165, 140, 138, 112, 62,
        92, 88, 84, 82, 84, 86, 88,  90,  92,  94,  96,  96,  96,  98, 98,  96,  98,  98, 98,  98,  96,  96,  94,  94,  92,  90,  86,
        82, 80, 78, 76, 78, 84, 100, 118, 122, 116, 108, 102, 98,  98, 100, 100, 98,  98, 112, 360, 170, 142, 140, 110, 28};
    static const uint16_t days[7] = {13, 13, 13, 14, 15, 18, 16}, peak_days[7] = {16, 8, 8, 10, 38, 14, 12};
    int week = (int)sj_dice_pick(random, weeks, SJ_N_WEEKS);
    bool peak = weeks[week] > 300;
    int day = week * 7 + (int)sj_dice_pick(random, peak ? peak_days : days, week == SJ_N_WEEKS - 1 ? SJ_N_DAYS % 7 : 7);
    return day;
}

bool sj_calendar_outage(int day) { return day == 106 || day == 346 || day == 347; /* 2024-10-15, 2025-06-12 and 13 */ }

int sj_calendar_load(int day) {
    static const int by_weekday[7] = {135, 105, 95, 95, 100, 80, 75};
    int load = by_weekday[weekday(day)];
    if (sj_calendar_outage(day) || sj_calendar_outage(day - 1)) {
        load *= 3;
    }
    bool holidays = (day >= 147 && day < 200) || (day >= 511 && day < 560); /* the sales week to mid-January: more customers, more sick */
    return holidays ? load * 13 / 10 : load;
}
