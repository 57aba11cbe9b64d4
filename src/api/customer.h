/* One customer: all that is held under an identity, as a result with the tables `customer` and `events`.
 *
 *   customer   one row: how much there is, and between when
 *   events     every event in order: when, how long after the one before, which visit, where, and each value that is known
 *
 * A visit ends with a pause longer than pause_us (base/pauses.h), as sessions do. Threads: one. */
#pragma once
#include "base/result.h"
#include "store/store.h"

/* SJ_E_NOT_FOUND. */
enum sj_status sj_customer_unknown(struct sj_str identity, struct sj_error *err);

/* Errors: SJ_E_NOT_FOUND where the store has no event of that identity. */
enum sj_status sj_customer_show(struct sj_snapshot *snapshot, struct sj_str identity, int64_t pause_us, struct sj_result *result,
                                struct sj_error *err);
