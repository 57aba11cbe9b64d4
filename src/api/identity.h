/* Identities: which are one customer, why, and what that changes. What they are is said in store/identity.h. */
#pragma once
#include "base/result.h"
#include "store/store.h"

struct sj_identity_member {
    struct sj_str identity;
    int64_t n_events, first_us, last_us; /* the times only where there are events */
};
/* The identities of a customer, the one the customer goes by first, each with what is held under it; alone, where it is in no link. */
struct sj_identity_customer {
    struct sj_identity_member *members;
    size_t n;
    int64_t n_events; /* of all of them */
    bool is_linked;   /* in any link, also in one that does nothing or was cut */
};
/* The customer whom the identity belongs to, in the arena. `resolver`: the links as sj_snapshot_resolve() gives them, for who asks again and
 * again; NULL: they are resolved here. */
enum sj_status sj_identity_find(struct sj_snapshot *snapshot, const struct sj_resolver *resolver, struct sj_str identity,
                                struct sj_arena *arena, struct sj_identity_customer *ret_customer, struct sj_error *err);

extern const char *const sj_link_hows[]; /* by enum sj_link_how: in words, SJ_T() */

/* Tables `identities` (by type) and `effect` (customers with and without the links). */
enum sj_status sj_identity_overview(struct sj_snapshot *snapshot, struct sj_result *result, struct sj_error *err);
/* Tables `identities` of the customer, each with its events, and `links` between them. */
enum sj_status sj_identity_show(struct sj_snapshot *snapshot, struct sj_str identity, struct sj_result *result, struct sj_error *err);
/* Table `conflicts`: links that do nothing, the newest first. */
enum sj_status sj_identity_conflicts(struct sj_snapshot *snapshot, size_t n_max, struct sj_result *result, struct sj_error *err);
/* What linking or cutting the two would do, or has done: table `customers`, before and after. Nothing is written. */
enum sj_status sj_identity_preview(struct sj_snapshot *snapshot, const struct sj_link *link, struct sj_result *result,
                                   struct sj_error *err);
