#include "store/people.h"
#include "store/new_links.h"

/* Whether the map in the file is of use to nobody: all segments stand by it, and nothing waits in the inbox. */
static bool is_settled(const struct sj_snapshot *s) {
    bool settled = s->inbox_blobs.n == 0;
    for (size_t i = 0; i < s->lives.n; i++)
        settled = settled && s->lives.items[i].row.homes == s->meta.homes;
    return settled;
}

enum sj_status sj_people_read(struct sj_people *people, int64_t as_of_us, struct sj_error *err) {
    const struct sj_snapshot *s = people->snapshot;
    const bool is_known = as_of_us == INT64_MAX && s->meta.homes_version == s->meta.links_version;
    people->homes_id = is_known ? s->meta.homes : -1;
    if (!is_known)
        return sj_links_resolve(s->store, &s->meta, as_of_us, &people->resolver, &people->homes, err);
    if (s->meta.homes == 0 || is_settled(s))
        return SJ_OK;
    SJ_TRY(sj_home_map_read(s->store, s->meta.homes, &people->map, err));
    people->homes = people->map.homes;
    return SJ_OK;
}

void sj_people_rehome_init(struct sj_people *people, struct sj_rehome *rehome) {
    struct sj_snapshot *s = people->snapshot;
    sj_rehome_init(rehome, s->store, &people->homes, people->homes_id);
    rehome->limits = sj_snapshot_limits(s);
}

enum sj_status sj_people_see(struct sj_people *people, struct sj_error *err) {
    const struct sj_lives *lives = &people->snapshot->lives;
    sj_people_rehome_init(people, &people->sight.rehome);
    enum sj_status status = sj_sight_open(&people->sight, lives->n + 1, err);
    for (size_t i = 0; i < lives->n && status == SJ_OK; i++)
        status = sj_sight_add(&people->sight, &lives->items[i].segment, NULL, lives->items[i].row.homes, false, err);
    sj_rehome_done(&people->sight.rehome); /* maps are large, and these are not needed any more */
    return sj_lives_check_disk(people->snapshot->store, lives, status, err);
}

void sj_people_done(struct sj_people *people) {
    if (!people->snapshot)
        return;
    sj_sight_done(&people->sight);
    sj_resolver_free(people->resolver);
    sj_home_map_done(&people->map);
    *people = (struct sj_people){0};
}

/* ---- as known on a day ---- */

/* A look at the catalog as it was for the snapshot: what concerns the links has not changed since. */
static enum sj_status look_again(struct sj_snapshot *s, enum sj_status (*look)(struct sj_snapshot *s, void *ctx, struct sj_error *err),
                                 void *ctx, struct sj_error *err) {
    struct sj_store *store = s->store;
    struct sj_catalog_meta meta;
    (void)pthread_mutex_lock(&store->names_lock);
    enum sj_status status = sj_catalog_begin(store->catalog, false, err);
    if (status == SJ_OK)
        status = sj_catalog_meta(store->catalog, &meta, err);
    if (status == SJ_OK && meta.links_version != s->meta.links_version)
        status = sj_fail(err, SJ_E_BUSY, "the links between identities have changed meanwhile; ask again");
    if (status == SJ_OK)
        status = look(s, ctx, err);
    sj_catalog_rollback(store->catalog);
    (void)pthread_mutex_unlock(&store->names_lock);
    return status;
}

struct knowing {
    struct sj_people *people;
    int64_t as_of_us;
};

static enum sj_status read_people(struct sj_snapshot *s, void *ctx, struct sj_error *err) {
    const struct knowing *k = ctx;
    return s->meta.format > 1 ? sj_people_read(k->people, k->as_of_us, err) : SJ_OK;
}

enum sj_status sj_people_open(struct sj_snapshot *s, int64_t as_of_us, struct sj_people **ret_people, struct sj_error *err) {
    struct knowing k = {.as_of_us = as_of_us};
    SJ_TRY(sj_mem_new(s->store->mem, 1, sizeof *k.people, &k.people, err));
    k.people->snapshot = s;
    enum sj_status status = look_again(s, read_people, &k, err);
    if (status == SJ_OK)
        status = sj_people_see(k.people, err);
    if (status == SJ_OK && s->inbox_segment.n_events > 0)
        status = sj_sight_add(&k.people->sight, &s->inbox_segment, &s->people->homes, 0, false, err);
    if (status != SJ_OK) {
        sj_people_close(k.people);
        return status;
    }
    *ret_people = k.people;
    return SJ_OK;
}

void sj_people_close(struct sj_people *people) {
    if (!people)
        return;
    const struct sj_alloc *mem = people->snapshot->store->mem;
    sj_people_done(people);
    sj_mem_free(mem, people);
}

enum sj_status sj_snapshot_customer(const struct sj_snapshot *s, const struct sj_people *people, struct sj_str identity,
                                    struct sj_arena *arena, struct sj_str *ret_customer, struct sj_error *err) {
    struct sj_home_map map = {0};
    people = people ? people : s->people;
    struct sj_homes homes = people->homes;
    const char *text;
    if (people->homes_id > 0 && homes.n == 0) { /* nothing that was read needed it */
        SJ_TRY(sj_home_map_read(s->store, people->homes_id, &map, err));
        homes = map.homes;
    }
    const struct sj_home *home = sj_homes_find(&homes, sj_snapshot_key(s, identity));
    const struct sj_str customer = home ? sj_home_text(&homes, home) : identity;
    const enum sj_status status = sj_arena_print(arena, &text, err, "%.*s", SJ_ARG(customer));
    sj_home_map_done(&map);
    if (status == SJ_OK)
        *ret_customer = sj_str(text);
    return status;
}

/* ---- the links themselves ---- */

struct resolving {
    struct sj_resolver **resolver;
    struct sj_homes *homes;
    int64_t as_of_us;
};

static enum sj_status read_links(struct sj_snapshot *s, void *ctx, struct sj_error *err) {
    const struct resolving *r = ctx;
    return sj_links_resolve(s->store, &s->meta, r->as_of_us, r->resolver, r->homes, err);
}

static enum sj_status no_links(const struct sj_snapshot *s, int64_t as_of_us, struct sj_resolver **ret_resolver, struct sj_homes *ret_homes,
                               struct sj_error *err) {
    SJ_TRY(sj_resolver_new(s->store->mem, s->meta.seed, as_of_us, ret_resolver, err));
    const enum sj_status status = sj_resolver_finish(*ret_resolver, ret_homes, err);
    if (status != SJ_OK)
        sj_resolver_free(*ret_resolver);
    return status;
}

enum sj_status sj_snapshot_resolve(struct sj_snapshot *s, int64_t as_of_us, struct sj_resolver **ret_resolver, struct sj_homes *ret_homes,
                                   struct sj_error *err) {
    struct resolving r = {ret_resolver, ret_homes, as_of_us};
    return s->meta.format > 1 ? look_again(s, read_links, &r, err) : no_links(s, as_of_us, ret_resolver, ret_homes, err);
}

struct visiting {
    enum sj_status (*visit)(void *ctx, const struct sj_link *link, struct sj_error *err);
    void *ctx;
};

static enum sj_status visit_links(struct sj_snapshot *s, void *ctx, struct sj_error *err) {
    const struct visiting *v = ctx;
    return sj_catalog_each_link(s->store->catalog, v->visit, v->ctx, &s->meta, err);
}

enum sj_status sj_snapshot_each_link(struct sj_snapshot *s,
                                     enum sj_status (*visit)(void *ctx, const struct sj_link *link, struct sj_error *err), void *ctx,
                                     struct sj_error *err) {
    struct visiting v = {visit, ctx};
    return s->meta.format > 1 ? look_again(s, visit_links, &v, err) : SJ_OK;
}
