/* What was done with personal data, and what is to be done: the audit record and the rules of retention.
 *
 * The audit record is append-only: an entry is written in the transaction of the change that it tells of, and the catalog refuses to
 * change or remove one (triggers). A person stands in it as a keyed hash of the identity, which only somebody who knows the identity
 * can find again. Threads: as the store's. */
#pragma once
#include "store/keyed.h"
#include "store/store.h"

struct sj_audit_entry {
    int64_t id, time_us;
    struct sj_str who;    /* the user's name on this system */
    struct sj_str action; /* "export", "erase", "link", "cut", "expire", "rule", … */
    bool has_subject;
    uint8_t subject[SJ_KEYED_BYTES]; /* sj_snapshot_subject() of the identity */
    struct sj_str detail;            /* "events=12": figures, never names of people */
};

/* Writes an entry for what changes nothing in the store: an export. `subject`: an identity; empty: it is about nobody in particular.
 * The store is open for writing. */
enum sj_status sj_store_audit(struct sj_store *store, const char *action, struct sj_str subject, struct sj_str detail,
                              struct sj_error *err);

/* The entries by id, as the catalog has them now; each is good until visit returns. */
typedef enum sj_status (*sj_audit_visit)(void *ctx, const struct sj_audit_entry *entry, struct sj_error *err);
enum sj_status sj_snapshot_audit(const struct sj_snapshot *snapshot, sj_audit_visit visit, void *ctx, struct sj_error *err);

/* ---- rules of retention ---- */

struct sj_rule {
    int64_t id, time_us;     /* when it was made */
    int64_t age_us;          /* events that are older than this are to go, */
    struct sj_str condition; /* of those that meet it (lens/where.h); empty: all */
};

/* Both write into the audit record, and need the store open for writing. The caller has made sure that the condition can be understood.
 * Removing: SJ_E_NOT_FOUND. Nothing is dropped by a rule itself: see sj_store_drop(). */
enum sj_status sj_store_add_rule(struct sj_store *store, int64_t age_us, struct sj_str condition, int64_t *ret_id, struct sj_error *err);
enum sj_status sj_store_remove_rule(struct sj_store *store, int64_t id, struct sj_error *err);

/* The rules by id, as the catalog has them now; each is good until visit returns. */
typedef enum sj_status (*sj_rule_visit)(void *ctx, const struct sj_rule *rule, struct sj_error *err);
enum sj_status sj_snapshot_rules(const struct sj_snapshot *snapshot, sj_rule_visit visit, void *ctx, struct sj_error *err);

/* ---- the record of imports ---- */

/* The names of the files that were imported, as they were given; each is good until visit returns. */
typedef enum sj_status (*sj_import_visit)(void *ctx, struct sj_str name, struct sj_error *err);
enum sj_status sj_snapshot_imports(const struct sj_snapshot *snapshot, sj_import_visit visit, void *ctx, struct sj_error *err);

/* ---- hashes ---- */

/* The key of the pseudonyms of this store, made from its secret; not the key of subjects. False for a store of format 1 that was not yet
 * written by this version: it has no secret, and will get one. */
bool sj_store_pseudonym_key(const struct sj_store *store, uint8_t out[SJ_KEYED_KEY_BYTES]);

/* What stands for an identity in this store. */
void sj_snapshot_subject(const struct sj_snapshot *snapshot, struct sj_str identity, uint8_t out[SJ_KEYED_BYTES]);
