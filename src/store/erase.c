#include "store/erase.h"
#include <stdio.h>
#include <stdlib.h>
#include "store/homes.h"
#include "store/records.h"

bool sj_erased_has(const uint8_t *hashes, size_t n, const uint8_t *secret, struct sj_str identity) {
    uint8_t hash[SJ_KEYED_BYTES];
    size_t lo = 0, hi = n;
    if (n == 0)
        return false;
    sj_keyed_hash(secret, identity, hash);
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        const int order = memcmp(hashes + mid * SJ_KEYED_BYTES, hash, SJ_KEYED_BYTES);
        if (order == 0)
            return true;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

/* ---- hiding ---- */

static enum sj_status hide_one(struct sj_store *store, struct sj_str identity, struct sj_error *err) {
    uint8_t hash[SJ_KEYED_BYTES];
    sj_keyed_hash(store->meta.secret, identity, hash);
    SJ_TRY(sj_catalog_add_erasing(store->catalog, identity, hash, store->os->now_us(store->os->ctx), err));
    return sj_store_audit_in(store, "erase", identity, (struct sj_str){"", 0}, err);
}

static enum sj_status remove_links(struct sj_store *store, const struct sj_erasure *erasure, struct sj_error *err) {
    struct sj_names identities;
    uint32_t code;
    enum sj_status status = SJ_OK;
    sj_names_init(&identities, store->mem, store->meta.seed);
    for (size_t i = 0; i < erasure->n && status == SJ_OK; i++)
        status = sj_names_add(&identities, erasure->identities[i], &code, err);
    if (status == SJ_OK)
        status = sj_catalog_remove_links_of(store->catalog, &identities, &store->meta, err);
    sj_names_done(&identities);
    return status;
}

static enum sj_status hide_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    const struct sj_erasure *erasure = ctx;
    SJ_TRY(remove_links(store, erasure, err));
    for (size_t i = 0; i < erasure->n; i++)
        SJ_TRY(hide_one(store, erasure->identities[i], err));
    store->meta.links_version++;
    return SJ_OK;
}

/* ---- purging ---- */

static enum sj_status purge(struct sj_store *store, const struct sj_erasure *erasure, struct sj_erased *erased, struct sj_error *err) {
    SJ_TRY(sj_store_compact_all(store, erasure->progress, erasure->progress_ctx, &erased->n_events, err));
    erased->log_kept = !sj_store_empty_log(store);
    return SJ_OK;
}

enum sj_status sj_store_erase(struct sj_store *store, const struct sj_erasure *erasure, struct sj_erased *ret_erased,
                              struct sj_error *err) {
    struct sj_erased erased = {0};
    struct sj_erasure copy = *erasure;
    SJ_TRY(sj_store_check_writable(store, err));
    (void)pthread_mutex_lock(&store->compacting);
    (void)pthread_mutex_lock(&store->committing);
    enum sj_status status = sj_store_transaction(store, hide_body, &copy, err);
    if (status == SJ_OK)
        status = sj_store_load_erased(store, err);
    if (status == SJ_OK)
        status = purge(store, erasure, &erased, err);
    (void)pthread_mutex_unlock(&store->committing);
    (void)pthread_mutex_unlock(&store->compacting);
    if (status == SJ_OK)
        *ret_erased = erased;
    return status;
}

/* ---- who is blocked ---- */

enum sj_status sj_store_load_erased(struct sj_store *store, struct sj_error *err) {
    struct sj_buf hashes;
    sj_buf_init(&hashes, store->mem, SIZE_MAX / 2);
    (void)pthread_mutex_lock(&store->names_lock);
    const enum sj_status status = sj_catalog_erased(store->catalog, &hashes, err);
    if (status == SJ_OK) {
        struct sj_buf old = store->erased;
        store->erased = hashes;
        hashes = old;
    }
    (void)pthread_mutex_unlock(&store->names_lock);
    if (hashes.mem)
        sj_buf_done(&hashes);
    return status;
}
