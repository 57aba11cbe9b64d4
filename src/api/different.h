/* How many different values each property has: by which of them journeys can be told apart, and which are names of single things. */
#pragma once
#include "base/result.h"
#include "store/store.h"

/* One estimate for each column of the view, in the arena: exact up to SJ_DISTINCT_EXACT (stats/distinct.h), beyond it with its interval. A
 * column's values are those of its kind. Goes over all events once. */
enum sj_status sj_count_different(const struct sj_alloc *mem, struct sj_snapshot *snapshot, struct sj_arena *arena,
                                  struct sj_estimate **ret_counts, struct sj_error *err);
