#include "store/records.h"

#include "store/snapshot.h"

#define USER_BYTES 128

enum sj_status sj_store_audit_in(struct sj_store *store, const char *action, struct sj_str subject, struct sj_str detail,
                                 struct sj_error *err) {
    char who[USER_BYTES];
    store->os->user(store->os->ctx, who, sizeof who);
    struct sj_audit_entry entry = {
        .time_us = store->os->now_us(store->os->ctx),
        .who = sj_str(who),
        .action = sj_str(action),
        .has_subject = subject.n > 0,
        .detail = detail,
    };
    if (entry.has_subject)
        sj_keyed_hash(store->meta.secret, subject, entry.subject);
    return sj_catalog_add_audit(store->catalog, &entry, err);
}

struct audit {
    const char *action;
    struct sj_str subject, detail;
};

static enum sj_status audit_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    const struct audit *audit = ctx;
    return sj_store_audit_in(store, audit->action, audit->subject, audit->detail, err);
}

enum sj_status sj_store_audit(struct sj_store *store, const char *action, struct sj_str subject, struct sj_str detail,
                              struct sj_error *err) {
    struct audit audit = {action, subject, detail};
    return sj_store_transaction(store, audit_body, &audit, err);
}

/* The settings are read first, since that compares the checksum with what stands there. */
enum sj_status sj_snapshot_audit(const struct sj_snapshot *s, sj_audit_visit visit, void *ctx, struct sj_error *err) {
    struct sj_store *store = s->store;
    struct sj_catalog_meta meta;
    (void)pthread_mutex_lock(&store->names_lock);
    enum sj_status status = sj_catalog_begin(store->catalog, false, err);
    if (status == SJ_OK)
        status = sj_catalog_meta(store->catalog, &meta, err);
    if (status == SJ_OK)
        status = sj_catalog_each_audit(store->catalog, visit, ctx, err);
    sj_catalog_rollback(store->catalog);
    (void)pthread_mutex_unlock(&store->names_lock);
    return status;
}

void sj_snapshot_subject(const struct sj_snapshot *s, struct sj_str identity, uint8_t out[SJ_KEYED_BYTES]) {
    sj_keyed_hash(s->meta.secret, identity, out);
}

bool sj_store_pseudonym_key(const struct sj_store *store, uint8_t out[SJ_KEYED_KEY_BYTES]) {
    sj_keyed_hash(store->meta.secret, SJ_LIT("pseudonyms"), out);
    return store->meta.format > 1;
}
