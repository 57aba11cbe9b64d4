/* Trend: the same question for each day, week or month by itself, as if asked with its --from and --to, in one go over the events; and one
 * figure of the answers as a series, with what is usual for it.
 *
 * Fair comparison: a day is compared with the same weekdays of the eight weeks before, a week with the eight before, a month with the twelve
 * before; complete periods only, and at least four. Usual is their median; the band around it is 1.96 times the root of two variances: of
 * their spread (1.4826 times the median absolute deviation) and of chance (of a count its own size, of an estimate from its interval).
 *
 *   batch ─ cut at periods ─┬─ state of period 0 ─ finish ─ figure ─┐
 *                           ├─ state of period 1 ─ finish ─ figure ─┼─ series ─ table "trend"
 *                           └─ …                                    ┘
 *
 * The periods are parts (api/parts.h); more than SJ_TREND_PERIODS are refused. */
#pragma once
#include "api/run.h"

#define SJ_TREND_PERIODS 1000

/* Errors: SJ_E_USAGE where there is no such figure or row, or too many periods. */
enum sj_status sj_trend(struct sj_run *run, struct sj_answer *answer, struct sj_error *err);
