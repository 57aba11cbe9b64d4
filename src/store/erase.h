/* Erasing people: at once hidden, then gone.
 *
 *   hide    one transaction: the identities to `erasing`, a keyed hash of each to `erased`, their links away, an entry in the audit record
 *   purge   the inbox becomes a segment; all segments become one without their events; one transaction names it and empties `erasing`;
 *           old files and maps of homes are removed, the log of the catalog is emptied
 *
 * After the first, no question sees them; after the second, their texts are in no file of the store. What stops in between (the power, a
 * full disk) is gone through with by the next compaction of everything. Erased identities stay blocked: what comes of them later is left out,
 * for the hash tells. */
#pragma once
#include "store/store.h"

struct sj_erasure {
    const struct sj_str *identities; /* of whole customers: the caller has looked up what belongs together */
    size_t n;
    sj_progress progress;
    void *progress_ctx;
};
struct sj_erased {
    uint64_t n_events; /* that went */
    bool log_kept;     /* the log of the catalog could not be emptied, mostly since somebody reads: something may still be in it */
};
/* Errors: as sj_store_compact(). After a failure they may be hidden already, and then stay so. */
enum sj_status sj_store_erase(struct sj_store *store, const struct sj_erasure *erasure, struct sj_erased *ret_erased, struct sj_error *err);

/* Whether an identity was erased. `hashes`: n times SJ_KEYED_BYTES, by bytes. */
bool sj_erased_has(const uint8_t *hashes, size_t n, const uint8_t *secret, struct sj_str identity);
