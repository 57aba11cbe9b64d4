#include "store/rehome.h"

#define SMALL 16 /* a segment with this many times fewer customers than the map has identities */

void sj_rehome_init(struct sj_rehome *rehome, struct sj_store *store, const struct sj_homes *to, int64_t to_id) {
    *rehome = (struct sj_rehome){.store = store, .to = to, .to_id = to_id};
}

void sj_rehome_done(struct sj_rehome *rehome) {
    sj_home_map_done(&rehome->from);
    rehome->from_id = 0;
}

static enum sj_status read_from(struct sj_rehome *rehome, int64_t from_id, struct sj_error *err) {
    if (rehome->from_id == from_id)
        return SJ_OK;
    sj_home_map_done(&rehome->from);
    rehome->from_id = 0;
    SJ_TRY(sj_home_map_read(rehome->store, from_id, &rehome->from, err));
    rehome->from_id = from_id;
    return SJ_OK;
}

/* Each customer of a segment in which all identities stand for themselves. */
static enum sj_status keys_of_small(const struct sj_rehome *rehome, const struct sj_segment *segment, struct sj_buf *keys,
                                    struct sj_error *err) {
    static const struct sj_wanted none = {.columns = NULL};
    struct sj_shelf shelf;
    enum sj_status status = SJ_OK;
    sj_shelf_init(&shelf, rehome->store->mem);
    for (uint64_t b = 0; b < segment->n_blocks && status == SJ_OK; b++) {
        struct sj_block block;
        struct sj_rows rows = {0};
        sj_shelf_reset(&shelf);
        status = sj_segment_block(segment, b, &block, err);
        if (status == SJ_OK)
            status = sj_block_decode(&block, &none, &rehome->limits, &shelf, &rows, err);
        if (status == SJ_OK)
            status = sj_segment_check_keys(segment, b, &rows, err);
        for (uint32_t c = 0; c < rows.n_customers && status == SJ_OK; c++) {
            if (sj_homes_find(rehome->to, rows.keys[c]))
                status = sj_buf_append(keys, &rows.keys[c], sizeof rows.keys[c], err);
        }
    }
    sj_shelf_done(&shelf);
    return status;
}

enum sj_status sj_rehome_keys(struct sj_rehome *rehome, const struct sj_segment *segment, const struct sj_homes *from, int64_t from_id,
                              struct sj_buf *keys, struct sj_error *err) {
    if (!from && from_id == rehome->to_id)
        return SJ_OK;
    if (!from && from_id == 0 && segment->n_customers * SMALL < rehome->to->n)
        return keys_of_small(rehome, segment, keys, err);
    if (!from) {
        SJ_TRY(read_from(rehome, from_id, err));
        from = &rehome->from.homes;
    }
    return sj_homes_differing(from, rehome->to, keys, err);
}

/* ---- sights ---- */

struct sj_sighted {
    struct sj_buf hidden; /* sj_key */
    struct sj_segment_writer writer;
    struct sj_segment gathered;
    bool is_gathered;
};

static enum sj_status add_to_builder(void *ctx, const struct sj_event *event, const enum sj_kind *kinds, struct sj_error *err) {
    bool is_new;
    return sj_builder_add(ctx, event, kinds, &is_new, err);
}

static enum sj_status gather(struct sj_sight *sight, const struct sj_segment *segment, struct sj_sighted *part, struct sj_builder *builder,
                             struct sj_error *err) {
    const struct sj_rehome *rehome = &sight->rehome;
    const struct sj_gather gather = {
        .mem = rehome->store->mem,
        .segment = segment,
        .keys = (const sj_key *)(const void *)part->hidden.data,
        .n_keys = part->hidden.n / sizeof(sj_key),
        .to = rehome->to,
        .seed = rehome->store->meta.seed,
        .limits = rehome->limits,
    };
    const struct sj_gather_sink sink = {add_to_builder, builder};
    uint64_t n_left_out;
    SJ_TRY(sj_gather(&gather, &sink, &n_left_out, err));
    sight->n_left_out += n_left_out;
    SJ_TRY(sj_builder_write(builder, &part->writer, err));
    SJ_TRY(sj_segment_writer_finish(&part->writer, err));
    return sj_segment_open(part->writer.out.data, part->writer.out.n, &part->gathered, err);
}

static enum sj_status make_part(struct sj_sight *sight, const struct sj_segment *segment, struct sj_sighted *part, struct sj_error *err) {
    const struct sj_rehome *rehome = &sight->rehome;
    struct sj_builder *builder;
    SJ_TRY(sj_segment_writer_init(&part->writer, rehome->store->mem, NULL, -1, err));
    part->is_gathered = true;
    SJ_TRY(sj_builder_new(rehome->store->mem, rehome->store->meta.seed, rehome->limits.identity_column, &builder, err));
    const enum sj_status status = gather(sight, segment, part, builder, err);
    sj_builder_free(builder);
    return status;
}

enum sj_status sj_sight_open(struct sj_sight *sight, size_t n_max, struct sj_error *err) {
    const struct sj_alloc *mem = sight->rehome.store->mem;
    SJ_TRY(sj_mem_new(mem, n_max + 1, sizeof *sight->parts, &sight->parts, err));
    return sj_mem_new(mem, 2 * (n_max + 1), sizeof *sight->sources, &sight->sources, err);
}

void sj_sight_done(struct sj_sight *sight) {
    if (!sight->rehome.store)
        return;
    const struct sj_alloc *mem = sight->rehome.store->mem;
    for (size_t i = 0; i < sight->n_parts; i++) {
        sj_buf_done(&sight->parts[i].hidden);
        if (sight->parts[i].is_gathered)
            sj_segment_writer_done(&sight->parts[i].writer);
    }
    sj_mem_free(mem, sight->parts);
    sj_mem_free(mem, sight->sources);
    sj_rehome_done(&sight->rehome);
    *sight = (struct sj_sight){.n_parts = 0};
}

void sj_sight_add_source(struct sj_sight *sight, struct sj_source source) { sight->sources[sight->n_sources++] = source; }

enum sj_status sj_sight_add(struct sj_sight *sight, const struct sj_segment *segment, const struct sj_homes *from, int64_t from_id,
                            bool silent, struct sj_error *err) {
    struct sj_sighted *part = &sight->parts[sight->n_parts++];
    sj_buf_init(&part->hidden, sight->rehome.store->mem, SIZE_MAX / 2);
    SJ_TRY(sj_rehome_keys(&sight->rehome, segment, from, from_id, &part->hidden, err));
    sj_sight_add_source(sight, (struct sj_source){.segment = segment,
                                                  .silent = silent,
                                                  .hidden = (const sj_key *)(const void *)part->hidden.data,
                                                  .n_hidden = part->hidden.n / sizeof(sj_key)});
    if (part->hidden.n == 0)
        return SJ_OK;
    SJ_TRY(make_part(sight, segment, part, err));
    sj_sight_add_source(sight, (struct sj_source){.segment = &part->gathered, .silent = silent});
    return SJ_OK;
}
