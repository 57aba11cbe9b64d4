/* Why a customer was counted as they were in a funnel: the events that stand for the steps, or the condition that failed. As a result with the tables
 *
 *   journeys   one row for each journey that the lens cuts, and how far it comes
 *   steps      of the journey that comes furthest: each step with its event, or why there is none
 *   dialects   where other products can count it: how far they say that the journey comes, and by which events
 *
 * Threads: one. */
#pragma once
#include "lens/lens.h"
#include "base/result.h"

struct sj_why_words {
    struct sj_str identity;
    struct sj_lens_words lens;
    struct sj_route_words steps;
    struct sj_str within, hold; /* empty: the standard of funnel, none */
};

/* Errors: SJ_E_NOT_FOUND where the store has no event of that identity, or the lens leaves none; SJ_E_USAGE as those of funnel. */
enum sj_status sj_why_show(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot,
                           const struct sj_why_words *words, struct sj_result *result, struct sj_error *err);
