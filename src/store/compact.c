/* Flush (the inbox becomes a segment) and compaction (neighbouring segments become one). */
#include "store/new_links.h"
#include "store/rehome.h"

/* ---- flush ---- */

static enum sj_status flush_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    const struct sj_segment_row *row = ctx;
    if (row->n_events > 0)
        SJ_TRY(sj_catalog_add_segment(store->catalog, row, err));
    return sj_catalog_clear_inbox(store->catalog, row->last_arrival, err);
}

/* The blobs as they are seen by the newest map of homes, and before them, silent, the segments: what of an event id is there already. */
struct flush {
    struct sj_sight sight;
    const struct sj_lives *lives;
    const struct sj_inbox_blob *blobs;
    size_t n_blobs;
    const uint8_t *bytes;
    struct sj_segment *segments; /* of the blobs */
    bool has_ids;
};

static enum sj_status flush_sources(struct sj_store *store, struct flush *f, struct sj_error *err) {
    SJ_TRY(sj_mem_new(store->mem, f->n_blobs, sizeof *f->segments, &f->segments, err));
    SJ_TRY(sj_sight_open(&f->sight, f->lives->n + f->n_blobs, err));
    SJ_TRY(sj_inbox_open(f->bytes, f->blobs, f->n_blobs, f->segments, &f->has_ids, err));
    for (size_t i = 0; f->has_ids && i < f->lives->n; i++)
        SJ_TRY(sj_sight_add(&f->sight, &f->lives->items[i].segment, NULL, f->lives->items[i].row.homes, true, err));
    for (size_t i = 0; i < f->n_blobs; i++)
        SJ_TRY(sj_sight_add(&f->sight, &f->segments[i], NULL, 0, false, err));
    return SJ_OK;
}

static enum sj_status flush_blobs(struct sj_store *store, struct flush *f, struct sj_error *err) {
    struct sj_segment_row row = {
        .id = sj_store_next_segment(store),
        .first_arrival = f->blobs[0].arrival,
        .last_arrival = f->blobs[f->n_blobs - 1].arrival,
        .homes = sj_store_newest_homes(store),
    };
    struct sj_home_map map;
    uint64_t dropped;
    SJ_TRY(sj_home_map_read(store, row.homes, &map, err));
    sj_rehome_init(&f->sight.rehome, store, &map.homes, row.homes);
    f->sight.rehome.limits = sj_store_limits(store);
    enum sj_status status = flush_sources(store, f, err);
    const struct sj_merge_job job = {.sources = f->sight.sources, .n_sources = f->sight.n_sources, .distinct = f->has_ids};
    if (status == SJ_OK)
        status = sj_store_merge(store, &job, &row, &dropped, err);
    if (status == SJ_OK) {
        status = sj_store_transaction(store, flush_body, &row, err);
        if (row.n_events > 0)
            sj_store_unpublish(store, row.id, status);
    }
    sj_sight_done(&f->sight);
    sj_home_map_done(&map);
    sj_mem_free(store->mem, f->segments);
    return status;
}

static enum sj_status flush(struct sj_store *store, struct sj_error *err) {
    struct sj_buf bytes, blobs;
    struct sj_lives lives = {0};
    sj_buf_init(&bytes, store->mem, SIZE_MAX / 2);
    sj_buf_init(&blobs, store->mem, SIZE_MAX / 2);
    (void)pthread_mutex_lock(&store->names_lock);
    enum sj_status status = sj_catalog_inbox(store->catalog, &bytes, &blobs, err);
    if (status == SJ_OK && blobs.n > 0)
        status = sj_lives_open(store, &lives, err);
    (void)pthread_mutex_unlock(&store->names_lock);
    struct flush f = {.lives = &lives,
                      .blobs = (const struct sj_inbox_blob *)(const void *)blobs.data,
                      .n_blobs = blobs.n / sizeof(struct sj_inbox_blob),
                      .bytes = bytes.data};
    if (status == SJ_OK && blobs.n > 0)
        status = flush_blobs(store, &f, err);
    sj_lives_close(store, &lives);
    sj_buf_done(&bytes);
    sj_buf_done(&blobs);
    return status;
}

enum sj_status sj_store_flush(struct sj_store *store, struct sj_error *err) {
    (void)pthread_mutex_lock(&store->flushing);
    const enum sj_status status = flush(store, err);
    (void)pthread_mutex_unlock(&store->flushing);
    return status;
}

enum sj_status sj_store_empty_inbox(struct sj_store *store, struct sj_error *err) {
    SJ_TRY(sj_store_check_writable(store, err));
    return sj_store_flush(store, err);
}

/* ---- compaction ---- */

/* The map of homes by which the new segment stands: the newest, or one that is made for it. */
struct target {
    struct sj_home_map map;
    struct sj_resolver *resolver; /* of a new one */
    struct sj_homes homes;
    int64_t id, version;
    bool is_new;
};

/* Neighbours that become one; none, where only the map is made. */
struct replacement {
    const struct sj_live *old;
    size_t n_old;
    struct target target;
    struct sj_buf *hidden;      /* of each, sj_key */
    struct sj_writer **writers; /* of each, where something is hidden: with its events as they are seen now */
    struct sj_source *sources;
    size_t n_sources;
    uint64_t n_left_out; /* events of who is erased */
    struct sj_segment_row row;
};

static enum sj_status replace_body(struct sj_store *store, void *ctx, struct sj_error *err) {
    const struct replacement *r = ctx;
    for (size_t i = 0; i < r->n_old; i++)
        SJ_TRY(sj_catalog_remove_segment(store->catalog, r->old[i].row.id, err));
    if (r->target.is_new) {
        store->meta.homes = r->target.id;
        store->meta.homes_version = r->target.version;
        if (store->meta.links_version == r->target.version) /* nobody was erased since */
            SJ_TRY(sj_catalog_clear_erasing(store->catalog, err));
    }
    return r->row.n_events > 0 ? sj_catalog_add_segment(store->catalog, &r->row, err) : SJ_OK;
}

/* What is linked now, when the newest map does not know it. */
static enum sj_status resolve(struct sj_store *store, struct target *target, struct sj_error *err) {
    struct sj_catalog_meta meta;
    (void)pthread_mutex_lock(&store->names_lock);
    enum sj_status status = sj_catalog_begin(store->catalog, false, err);
    if (status == SJ_OK)
        status = sj_catalog_meta(store->catalog, &meta, err);
    if (status == SJ_OK && meta.links_version != meta.homes_version) {
        status = sj_links_resolve(store, &meta, INT64_MAX, &target->resolver, &target->homes, err);
        target->is_new = true;
        target->version = meta.links_version;
    }
    sj_catalog_rollback(store->catalog);
    (void)pthread_mutex_unlock(&store->names_lock);
    return status;
}

static enum sj_status write_target(struct sj_store *store, struct target *target, struct sj_error *err) {
    if (!sj_homes_any(&target->homes))
        return SJ_OK;
    target->id = sj_store_next_segment(store);
    return sj_home_map_write(store, target->id, &target->homes, err);
}

static enum sj_status open_target(struct sj_store *store, bool all, struct target *target, struct sj_error *err) {
    if (all)
        SJ_TRY(resolve(store, target, err));
    if (target->is_new)
        return write_target(store, target, err);
    target->id = sj_store_newest_homes(store);
    SJ_TRY(sj_home_map_read(store, target->id, &target->map, err));
    target->homes = target->map.homes;
    return SJ_OK;
}

static void close_target(struct target *target) {
    sj_resolver_free(target->resolver);
    sj_home_map_done(&target->map);
}

/* Takes whom the target sees differently out of the i-th segment. */
static enum sj_status part(struct sj_store *store, struct sj_rehome *rehome, struct replacement *r, size_t i, struct sj_error *err) {
    const struct sj_segment *segment = &r->old[i].segment;
    uint64_t left_out;
    sj_buf_init(&r->hidden[i], store->mem, SIZE_MAX / 2);
    SJ_TRY(sj_rehome_keys(rehome, segment, NULL, r->old[i].row.homes, &r->hidden[i], err));
    const struct sj_gather gather = {
        .mem = store->mem,
        .segment = segment,
        .keys = (const sj_key *)(const void *)r->hidden[i].data,
        .n_keys = r->hidden[i].n / sizeof(sj_key),
        .to = rehome->to,
        .seed = store->meta.seed,
        .limits = rehome->limits,
    };
    r->sources[r->n_sources++] = (struct sj_source){.segment = segment, .hidden = gather.keys, .n_hidden = gather.n_keys};
    if (gather.n_keys == 0)
        return SJ_OK;
    SJ_TRY(sj_writer_open(store, SJ_LOAD_BULK, &r->writers[i], err));
    const struct sj_gather_sink sink = {sj_writer_gather, r->writers[i]};
    SJ_TRY(sj_gather(&gather, &sink, &left_out, err));
    r->n_left_out += left_out;
    return sj_writer_seal(r->writers[i], err);
}

static enum sj_status parts(struct sj_store *store, struct replacement *r, struct sj_error *err) {
    struct sj_rehome rehome;
    enum sj_status status = SJ_OK;
    size_t n_runs = 0, n_sources = 0;
    SJ_TRY(sj_mem_new(store->mem, r->n_old, sizeof *r->hidden, &r->hidden, err));
    SJ_TRY(sj_mem_new(store->mem, r->n_old, sizeof *r->writers, (void *)&r->writers, err));
    SJ_TRY(sj_mem_new(store->mem, r->n_old, sizeof *r->sources, &r->sources, err));
    sj_rehome_init(&rehome, store, &r->target.homes, r->target.is_new ? -1 : r->target.id);
    rehome.limits = sj_store_limits(store);
    for (size_t i = 0; i < r->n_old && status == SJ_OK; i++) {
        status = part(store, &rehome, r, i, err);
        n_runs += r->writers[i] ? sj_writer_runs(r->writers[i]) : 0;
    }
    sj_rehome_done(&rehome);
    SJ_TRY(status);
    struct sj_source *sources;
    SJ_TRY(sj_mem_new(store->mem, r->n_old + n_runs, sizeof *sources, &sources, err));
    for (size_t i = 0; i < r->n_old; i++) { /* what was gathered stands in its segment's place in the order of arrival */
        sources[n_sources++] = r->sources[i];
        for (size_t k = 0; r->writers[i] && k < sj_writer_runs(r->writers[i]); k++)
            sources[n_sources++] = (struct sj_source){.segment = sj_writer_run(r->writers[i], k)};
    }
    sj_mem_free(store->mem, r->sources);
    r->sources = sources;
    r->n_sources = n_sources;
    return SJ_OK;
}

static void close_parts(struct sj_store *store, struct replacement *r) {
    for (size_t i = 0; r->hidden && r->writers && i < r->n_old; i++) {
        if (r->hidden[i].mem)
            sj_buf_done(&r->hidden[i]);
        sj_writer_close(r->writers[i]);
    }
    sj_mem_free(store->mem, r->hidden);
    sj_mem_free(store->mem, (void *)r->writers);
    sj_mem_free(store->mem, r->sources);
}

/* Only one segment, with nobody whom the target sees differently: it stands by the target as it is. */
static bool stays(const struct replacement *r) { return r->n_old == 1 && r->n_sources == 1 && r->sources[0].n_hidden == 0; }

static enum sj_status replace(struct sj_store *store, struct replacement *r, sj_progress progress, void *progress_ctx,
                              struct sj_error *err) {
    struct sj_merge_job job = {.progress = progress, .progress_ctx = progress_ctx};
    uint64_t dropped;
    SJ_TRY(parts(store, r, err));
    if (stays(r)) {
        r->row = r->old[0].row;
        r->row.homes = r->target.id;
        return sj_store_transaction(store, replace_body, r, err);
    }
    for (size_t i = 0; i < r->n_old; i++)
        job.n_total += r->old[i].row.n_events;
    job.sources = r->sources;
    job.n_sources = r->n_sources;
    r->row = (struct sj_segment_row){.id = sj_store_next_segment(store),
                                     .first_arrival = r->old[0].row.first_arrival,
                                     .last_arrival = r->old[r->n_old - 1].row.last_arrival,
                                     .homes = r->target.id};
    SJ_TRY(sj_store_merge(store, &job, &r->row, &dropped, err));
    const enum sj_status status = sj_store_transaction(store, replace_body, r, err);
    if (r->row.n_events > 0)
        sj_store_unpublish(store, r->row.id, status);
    for (size_t i = 0; i < r->n_old && status == SJ_OK; i++)
        (void)store->os->remove(store->os->ctx, r->old[i].path, NULL); /* else it is swept at the next opening */
    return status;
}

/* Segments of tier t hold fewer than SJ_TIER_SEGMENTS^(t + 5) events. */
static int tier_of(const struct sj_live *live) {
    int tier = 0;
    for (uint64_t n = live->row.n_events >> 15; n > 0; n /= SJ_TIER_SEGMENTS)
        tier++;
    return tier;
}

/* The first run of neighbours, SJ_TIER_SEGMENTS or more of them, that are all of the lowest possible tier or below. */
static size_t find_run(const struct sj_lives *lives, size_t *ret_first) {
    for (int tier = 0; tier < 16; tier++) {
        size_t n = 0;
        for (size_t i = 0; i <= lives->n; i++) {
            if (i < lives->n && tier_of(&lives->items[i]) <= tier) {
                n++;
                continue;
            }
            if (n >= SJ_TIER_SEGMENTS) {
                *ret_first = i - n;
                return n;
            }
            n = 0;
        }
    }
    return 0;
}

static enum sj_status compact_once(struct sj_store *store, bool all, sj_progress progress, void *progress_ctx, bool *ret_again,
                                   uint64_t *left_out, struct sj_error *err) {
    struct sj_lives lives;
    struct replacement r = {.n_old = 0};
    size_t first = 0;
    SJ_TRY(sj_store_lives(store, &lives, err));
    r.n_old = all ? lives.n : find_run(&lives, &first);
    r.old = lives.items + first;
    *ret_again = r.n_old > 1 && !all;
    enum sj_status status = all || r.n_old > 0 ? open_target(store, all, &r.target, err) : SJ_OK;
    if (status == SJ_OK && (r.n_old > 1 || (r.n_old == 1 && (r.target.is_new || r.old[0].row.homes != r.target.id))))
        status = replace(store, &r, progress, progress_ctx, err);
    if (status == SJ_OK && r.n_old == 0 && r.target.is_new)
        status = sj_store_transaction(store, replace_body, &r, err);
    if (status == SJ_OK && sj_homes_erased(&r.target.homes) > 0)
        status = sj_store_sweep_maps(store, err); /* maps of before hold the identities of who was somebody else's: they go at once */
    *left_out += r.n_left_out;
    close_parts(store, &r);
    close_target(&r.target);
    sj_lives_close(store, &lives);
    return status;
}

enum sj_status sj_store_compact_all(struct sj_store *store, sj_progress progress, void *progress_ctx, uint64_t *ret_left_out,
                                    struct sj_error *err) {
    bool again;
    *ret_left_out = 0;
    SJ_TRY(sj_store_flush(store, err));
    return compact_once(store, true, progress, progress_ctx, &again, ret_left_out, err);
}

/* A map by the links of now, so that no question resolves them; segments go on standing by the maps they were made by. A map does not say
 * who is erased: while their bytes are still there, it is the links that are asked. */
static enum sj_status settle(struct sj_store *store, struct sj_error *err) {
    struct replacement r = {.n_old = 0};
    enum sj_status status = resolve(store, &r.target, err);
    if (status == SJ_OK && r.target.is_new && sj_homes_erased(&r.target.homes) == 0) {
        status = write_target(store, &r.target, err);
        status = status == SJ_OK ? sj_store_transaction(store, replace_body, &r, err) : status;
    }
    close_target(&r.target);
    return status;
}

enum sj_status sj_store_compact(struct sj_store *store, bool all, sj_progress progress, void *progress_ctx, struct sj_error *err) {
    uint64_t left_out = 0;
    SJ_TRY(sj_store_check_writable(store, err));
    (void)pthread_mutex_lock(&store->compacting);
    enum sj_status status = sj_store_flush(store, err); /* loads go on: what they commit meanwhile is later, and stays in the inbox */
    if (status == SJ_OK && !all)
        status = settle(store, err);
    bool again = true;
    while (status == SJ_OK && again)
        status = compact_once(store, all, progress, progress_ctx, &again, &left_out, err);
    (void)pthread_mutex_unlock(&store->compacting);
    return status;
}
