#include "store/records.h"

#include <stdio.h>

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

/* A look at the catalog as it is now. The settings are read first, since that compares the checksum with what stands there. */
static enum sj_status begin_reading(struct sj_store *store, struct sj_error *err) {
    struct sj_catalog_meta meta;
    (void)pthread_mutex_lock(&store->names_lock);
    SJ_TRY(sj_catalog_begin(store->catalog, false, err));
    return sj_catalog_meta(store->catalog, &meta, err);
}

static enum sj_status end_reading(struct sj_store *store, enum sj_status status) {
    sj_catalog_rollback(store->catalog);
    (void)pthread_mutex_unlock(&store->names_lock);
    return status;
}

enum sj_status sj_snapshot_audit(const struct sj_snapshot *s, sj_audit_visit visit, void *ctx, struct sj_error *err) {
    const enum sj_status status = begin_reading(s->store, err);
    return end_reading(s->store, status == SJ_OK ? sj_catalog_each_audit(s->store->catalog, visit, ctx, err) : status);
}

enum sj_status sj_snapshot_rules(const struct sj_snapshot *s, sj_rule_visit visit, void *ctx, struct sj_error *err) {
    const enum sj_status status = begin_reading(s->store, err);
    return end_reading(s->store, status == SJ_OK ? sj_catalog_each_rule(s->store->catalog, visit, ctx, err) : status);
}

enum sj_status sj_snapshot_imports(const struct sj_snapshot *s, sj_import_visit visit, void *ctx, struct sj_error *err) {
    const enum sj_status status = begin_reading(s->store, err);
    return end_reading(s->store, status == SJ_OK ? sj_catalog_each_import(s->store->catalog, visit, ctx, err) : status);
}

static enum sj_status audit_rule(struct sj_store *store, const char *action, const struct sj_rule *rule, struct sj_error *err) {
    char detail[64];
    const int n = snprintf(detail, sizeof detail, "rule=%lld", (long long)rule->id);
    return sj_store_audit_in(store, action, (struct sj_str){"", 0}, (struct sj_str){detail, (size_t)n}, err);
}

static enum sj_status add_rule_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    struct sj_rule *rule = ctx;
    rule->time_us = store->os->now_us(store->os->ctx);
    SJ_TRY(sj_catalog_add_rule(store->catalog, rule, &rule->id, err));
    return audit_rule(store, "rule", rule, err);
}

static enum sj_status remove_rule_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    const struct sj_rule *rule = ctx;
    SJ_TRY(sj_catalog_remove_rule(store->catalog, rule->id, err));
    return audit_rule(store, "rule_dropped", rule, err);
}

enum sj_status sj_store_add_rule(struct sj_store *store, int64_t age_us, struct sj_str condition, int64_t *ret_id, struct sj_error *err) {
    struct sj_rule rule = {.age_us = age_us, .condition = condition};
    SJ_TRY(sj_store_transaction(store, add_rule_body, &rule, err));
    *ret_id = rule.id;
    return SJ_OK;
}

enum sj_status sj_store_remove_rule(struct sj_store *store, int64_t id, struct sj_error *err) {
    struct sj_rule rule = {.id = id};
    return sj_store_transaction(store, remove_rule_body, &rule, err);
}

void sj_snapshot_subject(const struct sj_snapshot *s, struct sj_str identity, uint8_t out[SJ_KEYED_BYTES]) {
    sj_keyed_hash(s->meta.secret, identity, out);
}

bool sj_store_pseudonym_key(const struct sj_store *store, uint8_t out[SJ_KEYED_KEY_BYTES]) {
    sj_keyed_hash(store->meta.secret, SJ_LIT("pseudonyms"), out);
    return store->meta.format > 1;
}
