/* One customer: all that is held under an identity, as a result with the tables `customer` and `events`.
 *
 *   customer   one row: how much there is, and between when
 *   segments   the saved segments that the customer belongs to
 *   events     every event in order: when, in which journey, how long after the one before, where, and each value that is known
 *
 * The lens chooses events and cuts journeys as for any question; journeys are numbered by their first event. Events stand in order of time, so
 * that journeys by a property may lie in each other; an event without a value of it is shown, and belongs to none. Threads: one. */
#pragma once
#include "base/result.h"
#include "lens/lens.h"

struct sj_customer_words {
    struct sj_str identity;
    struct sj_lens_words lens; /* its segment is not looked at */
};

/* SJ_E_NOT_FOUND. */
enum sj_status sj_customer_unknown(struct sj_str identity, struct sj_error *err);
enum sj_status sj_customer_left_out(struct sj_str identity, struct sj_error *err); /* by the lens */

/* Errors: SJ_E_NOT_FOUND where the store has no event of that identity, or the lens leaves none; SJ_E_USAGE for its words. */
enum sj_status sj_customer_show(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot,
                                const struct sj_customer_words *words, struct sj_result *result, struct sj_error *err);
