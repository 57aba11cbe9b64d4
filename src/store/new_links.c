/* Links on their way into the store: by hand, from a file, or with a load. */
#include "store/new_links.h"
#include <stdlib.h>
#include "base/time.h"
#include "store/erase.h"
#include "store/keyed.h"

void sj_new_links_init(struct sj_new_links *links, const struct sj_alloc *mem, uint64_t seed) {
    *links = (struct sj_new_links){.mem = mem};
    sj_names_init(&links->pairs, mem, seed);
    sj_buf_init(&links->items, mem, SIZE_MAX / 2);
    sj_buf_init(&links->pair, mem, SIZE_MAX / 2);
}

void sj_new_links_done(struct sj_new_links *links) {
    sj_names_done(&links->pairs);
    sj_buf_done(&links->items);
    sj_buf_done(&links->pair);
}

size_t sj_new_links_count(const struct sj_new_links *links) { return links->items.n / sizeof(struct sj_link); }

/* The kind, then both texts with a zero byte between: what tells a pair from others. In place, for a load asks it of every row. */
static enum sj_status pair_of(struct sj_new_links *links, const struct sj_link *link, struct sj_str *ret_pair, struct sj_error *err) {
    const char how = (char)('0' + link->how);
    links->pair.n = 0;
    SJ_TRY(sj_buf_append(&links->pair, &how, 1, err));
    SJ_TRY(sj_buf_append_str(&links->pair, link->a, err));
    SJ_TRY(sj_buf_append(&links->pair, "", 1, err));
    SJ_TRY(sj_buf_append_str(&links->pair, link->b, err));
    *ret_pair = sj_buf_str(&links->pair);
    return SJ_OK;
}

static enum sj_status add_pair(struct sj_new_links *links, struct sj_link link, struct sj_str pair, struct sj_error *err) {
    uint32_t code;
    SJ_TRY(sj_identity_check(link.a, err));
    SJ_TRY(sj_identity_check(link.b, err));
    SJ_TRY(sj_names_add(&links->pairs, pair, &code, err));
    const char *text = sj_names_at(&links->pairs, code).p; /* keeps its address */
    link.a.p = text + 1;
    link.b.p = text + 1 + link.a.n + 1;
    return sj_buf_append(&links->items, &link, sizeof link, err);
}

/* Of what was seen again and again only the first time is kept. */
enum sj_status sj_new_links_add(struct sj_new_links *links, struct sj_link link, struct sj_error *err) {
    struct sj_str pair;
    uint32_t code;
    if (link.time_us < SJ_TIME_MIN || link.time_us > SJ_TIME_MAX)
        return sj_fail(err, SJ_E_INPUT, "the time is outside the years 1 to 9999");
    const int order = sj_str_cmp(link.a, link.b);
    if (order == 0)
        return sj_identity_check(link.a, err); /* an identity is itself */
    if (order > 0) {
        const struct sj_str swap = link.a;
        link.a = link.b;
        link.b = swap;
    }
    SJ_TRY(pair_of(links, &link, &pair, err));
    if (!sj_names_find(&links->pairs, pair, &code))
        return add_pair(links, link, pair, err);
    struct sj_link *known = &((struct sj_link *)(void *)links->items.data)[code];
    known->time_us = link.time_us < known->time_us ? link.time_us : known->time_us;
    return SJ_OK;
}

static int by_pair(const void *x, const void *y) {
    const struct sj_link *a = x, *b = y;
    const int order = sj_str_cmp(a->a, b->a);
    return order != 0 ? order : sj_str_cmp(a->b, b->b);
}

enum sj_status sj_new_links_save(const struct sj_new_links *links, struct sj_store *store, size_t *ret_n_new, struct sj_error *err) {
    const size_t n = sj_new_links_count(links);
    struct sj_link *sorted;
    *ret_n_new = 0;
    if (n == 0)
        return SJ_OK;
    if (store->identity_column == 0)
        return sj_fail(err, SJ_E_LIMIT, "nothing can be linked in this store: it has %d properties, and that needs one more",
                       SJ_PROPERTIES_MAX);
    SJ_TRY(sj_mem_new(links->mem, n, sizeof *sorted, &sorted, err));
    memcpy(sorted, links->items.data, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_pair);
    const enum sj_status status = sj_catalog_add_links(store->catalog, sorted, n, &store->meta, ret_n_new, err);
    sj_mem_free(links->mem, sorted);
    return status;
}

struct saving {
    const struct sj_new_links *links;
    size_t n_new;
};

/* What was stated by hand stands in the audit record, once about each of the two. */
static enum sj_status record(struct sj_store *store, const struct sj_link *link, struct sj_error *err) {
    const char *action = link->how == SJ_LINK_CUT ? "cut" : "link";
    if (link->how == SJ_LINK_SEEN)
        return SJ_OK;
    SJ_TRY(sj_store_audit_in(store, action, link->a, SJ_LIT("identities=2"), err));
    return sj_store_audit_in(store, action, link->b, SJ_LIT("identities=2"), err);
}

static enum sj_status save_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    struct saving *saving = ctx;
    const struct sj_link *items = (const struct sj_link *)(const void *)saving->links->items.data;
    SJ_TRY(sj_new_links_save(saving->links, store, &saving->n_new, err));
    for (size_t i = 0; i < sj_new_links_count(saving->links) && saving->n_new > 0; i++)
        SJ_TRY(record(store, &items[i], err));
    return SJ_OK;
}

static enum sj_status check_erased(struct sj_store *store, const struct sj_link *link, struct sj_error *err) {
    (void)pthread_mutex_lock(&store->names_lock);
    const size_t n = store->erased.n / SJ_KEYED_BYTES;
    const bool blocked = sj_erased_has(store->erased.data, n, store->meta.secret, link->a) ||
                         sj_erased_has(store->erased.data, n, store->meta.secret, link->b);
    (void)pthread_mutex_unlock(&store->names_lock);
    return blocked ? sj_fail(err, SJ_E_INPUT, "one of the two identities was erased, and stays blocked") : SJ_OK;
}

enum sj_status sj_store_link(struct sj_store *store, const struct sj_link *links, size_t n, size_t *ret_n_new, struct sj_error *err) {
    struct sj_new_links new_links;
    struct saving saving = {.links = &new_links};
    sj_new_links_init(&new_links, store->mem, store->meta.seed);
    enum sj_status status = SJ_OK;
    for (size_t i = 0; i < n && status == SJ_OK; i++)
        status = check_erased(store, &links[i], err);
    for (size_t i = 0; i < n && status == SJ_OK; i++)
        status = sj_new_links_add(&new_links, links[i], err);
    if (status == SJ_OK)
        status = sj_store_transaction(store, save_body, &saving, err);
    sj_new_links_done(&new_links);
    if (status == SJ_OK)
        *ret_n_new = saving.n_new;
    return status;
}

/* ---- reading ---- */

static enum sj_status visit_link(void *ctx, const struct sj_link *link, struct sj_error *err) { return sj_resolver_add(ctx, link, err); }
static enum sj_status visit_erasing(void *ctx, struct sj_str identity, struct sj_error *err) {
    return sj_resolver_erase(ctx, identity, err);
}

enum sj_status sj_links_resolve(struct sj_store *store, const struct sj_catalog_meta *meta, int64_t as_of_us,
                                struct sj_resolver **ret_resolver, struct sj_homes *ret_homes, struct sj_error *err) {
    struct sj_resolver *resolver;
    SJ_TRY(sj_resolver_new(store->mem, meta->seed, as_of_us, &resolver, err));
    enum sj_status status = sj_catalog_each_link(store->catalog, visit_link, resolver, meta, err);
    if (status == SJ_OK)
        status = sj_catalog_each_erasing(store->catalog, visit_erasing, resolver, err);
    if (status == SJ_OK)
        status = sj_resolver_finish(resolver, ret_homes, err);
    if (status != SJ_OK) {
        sj_resolver_free(resolver);
        return status;
    }
    *ret_resolver = resolver;
    return SJ_OK;
}
