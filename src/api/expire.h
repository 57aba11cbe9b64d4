/* Retention: events that are older than they may be.
 *
 * A rule says an age and, perhaps, a condition on events (lens/where.h; times without offset in it are UTC). An event goes when its time
 * is before now - age, by the clock of the system when the expiry is opened, and it meets the condition; an event of exactly that age
 * stays. Events of the future stay. Customers with no event left are gone with them. Threads: one. */
#pragma once
#include "base/result.h"
#include "store/drop.h"
#include "store/records.h"

struct sj_expiry;

/* With `rule`: that one, saved or not. Without: all rules of the store; *ret_expiry may then have none. The snapshot must outlive it.
 * Errors: SJ_E_USAGE where a condition is not understood, or an age is not above zero. */
enum sj_status sj_expiry_open(const struct sj_os *os, const struct sj_alloc *mem, const struct sj_snapshot *snapshot,
                              const struct sj_rule *rule, struct sj_expiry **ret_expiry, struct sj_error *err);
void sj_expiry_close(struct sj_expiry *expiry);
size_t sj_expiry_n_rules(const struct sj_expiry *expiry);

/* The table `rules`; with `count`, which goes over all events, also `summary` and `touchpoints`: what would go now. */
enum sj_status sj_expiry_show(struct sj_expiry *expiry, bool count, struct sj_result *result, struct sj_error *err);

/* Does it. The store is the snapshot's, open for writing. */
enum sj_status sj_expiry_run(struct sj_expiry *expiry, struct sj_store *store, struct sj_dropped *ret_dropped, struct sj_error *err);
