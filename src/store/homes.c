#include "store/homes.h"
#include <stdio.h>
#include <stdlib.h>

#define MAGIC 0x3153454d4f484a53u /* "SJHOMES1" */
#define TEXT_BYTES(text) ((text)&0xffff)
#define TEXT_AT(text) ((text) >> 16)

struct disk_header {
    uint64_t magic;
    uint32_t version, zero;
    uint64_t n, n_text_bytes;
    uint64_t checksum; /* of all that follows the header */
    uint64_t zeros[2];
    uint64_t header_checksum; /* of the bytes before it */
};
static_assert(sizeof(struct disk_header) == 64, "no padding reaches the disk");
static_assert(sizeof(struct sj_home) == 40, "no padding reaches the disk");

/* ---- files ---- */

static enum sj_status damaged(struct sj_error *err) { return sj_fail(err, SJ_E_CORRUPT, "the map of homes is damaged"); }

enum sj_status sj_homes_open(struct sj_str bytes, struct sj_homes *ret_homes, struct sj_error *err) {
    struct disk_header h;
    if (bytes.n < sizeof h)
        return damaged(err);
    memcpy(&h, bytes.p, sizeof h);
    if (h.magic != MAGIC || h.header_checksum != sj_hash64(&h, offsetof(struct disk_header, header_checksum), 0))
        return damaged(err);
    if (h.version != 1)
        return sj_fail(err, SJ_E_VERSION, "the map of homes was written by a newer Sojourn (version %u)", h.version);
    const size_t rest = bytes.n - sizeof h;
    if (h.n > rest / sizeof(struct sj_home) || rest - h.n * sizeof(struct sj_home) != h.n_text_bytes ||
        sj_hash64(bytes.p + sizeof h, rest, 0) != h.checksum)
        return damaged(err);
    const struct sj_homes homes = {(const struct sj_home *)(const void *)(bytes.p + sizeof h), h.n,
                                   bytes.p + sizeof h + h.n * sizeof(struct sj_home), h.n_text_bytes};
    for (uint64_t i = 0; i < homes.n; i++) {
        const uint64_t text = homes.items[i].text;
        if (TEXT_AT(text) > h.n_text_bytes || TEXT_BYTES(text) > h.n_text_bytes - TEXT_AT(text) ||
            (i > 0 && sj_key_cmp(homes.items[i - 1].own, homes.items[i].own) >= 0))
            return damaged(err);
    }
    *ret_homes = homes;
    return SJ_OK;
}

/* Into memory, for a map is looked up all over. */
enum sj_status sj_home_map_read(const struct sj_store *store, int64_t id, struct sj_home_map *ret_map, struct sj_error *err) {
    char path[SJ_PATH_BYTES];
    *ret_map = (struct sj_home_map){0};
    sj_buf_init(&ret_map->bytes, store->mem, SIZE_MAX / 2);
    if (id == 0)
        return SJ_OK;
    sj_store_homes_path(store, id, path);
    enum sj_status status = sj_os_read_file(store->os, path, &ret_map->bytes, err);
    if (status == SJ_OK) {
        status = sj_homes_open(sj_buf_str(&ret_map->bytes), &ret_map->homes, err);
        status = status == SJ_OK ? status : sj_fail_in(err, status, "%s", path);
    }
    if (status != SJ_OK)
        sj_home_map_done(ret_map);
    return status;
}

void sj_home_map_done(struct sj_home_map *map) {
    if (map->bytes.mem)
        sj_buf_done(&map->bytes);
    *map = (struct sj_home_map){0};
}

static enum sj_status write_file(struct sj_store *store, sj_file file, const struct sj_homes *homes, struct sj_error *err) {
    const struct sj_os *os = store->os;
    struct disk_header h = {.magic = MAGIC, .version = 1, .n_text_bytes = homes->n_text_bytes};
    struct sj_buf body;
    enum sj_status status = SJ_OK;
    sj_buf_init(&body, store->mem, SIZE_MAX / 2);
    for (uint64_t i = 0; i < homes->n && status == SJ_OK; i++) {
        if (TEXT_BYTES(homes->items[i].text) == 0)
            continue;
        h.n++;
        status = sj_buf_append(&body, &homes->items[i], sizeof homes->items[i], err);
    }
    if (status == SJ_OK)
        status = sj_buf_append(&body, homes->texts, homes->n_text_bytes, err);
    if (status == SJ_OK) {
        h.checksum = sj_hash64(body.data, body.n, 0);
        h.header_checksum = sj_hash64(&h, offsetof(struct disk_header, header_checksum), 0);
        status = os->write(os->ctx, file, &h, sizeof h, err);
    }
    if (status == SJ_OK)
        status = os->write(os->ctx, file, body.data, body.n, err);
    sj_buf_done(&body);
    return status;
}

enum sj_status sj_home_map_write(struct sj_store *store, int64_t id, const struct sj_homes *homes, struct sj_error *err) {
    const struct sj_os *os = store->os;
    char path[SJ_PATH_BYTES], temporary[SJ_PATH_BYTES + 4];
    sj_file file = -1;
    sj_store_homes_path(store, id, path);
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", path);
    SJ_TRY(os->open(os->ctx, temporary, SJ_OPEN_CREATE, &file, err));
    enum sj_status status = write_file(store, file, homes, err);
    if (status == SJ_OK)
        status = sj_store_publish(store, file, path, err);
    os->close(os->ctx, file);
    if (status != SJ_OK)
        (void)os->remove(os->ctx, temporary, NULL);
    return status;
}

bool sj_homes_any(const struct sj_homes *homes) {
    for (uint64_t i = 0; i < homes->n; i++) {
        if (TEXT_BYTES(homes->items[i].text) > 0)
            return true;
    }
    return false;
}

uint64_t sj_homes_erased(const struct sj_homes *homes) {
    uint64_t n = 0;
    for (uint64_t i = 0; i < homes->n; i++)
        n += TEXT_BYTES(homes->items[i].text) == 0;
    return n;
}

/* ---- what differs ---- */

static int by_key(const void *a, const void *b) { return sj_key_cmp(*(const sj_key *)a, *(const sj_key *)b); }

/* Where an identity's events stand. */
static sj_key place_of(const struct sj_home *home, sj_key own) { return home ? home->home : own; }

/* The next identity that one of the two has; at least one of them goes on. */
static sj_key first_of(const struct sj_homes *from, uint64_t i, const struct sj_homes *to, uint64_t j) {
    if (i == from->n)
        return to->items[j].own;
    const sj_key own = from->items[i].own;
    return j < to->n && sj_key_cmp(to->items[j].own, own) < 0 ? to->items[j].own : own;
}

/* What the map says of the identity, and goes on; NULL: nothing. */
static const struct sj_home *take(const struct sj_homes *homes, uint64_t *i, sj_key own) {
    return *i < homes->n && sj_key_cmp(homes->items[*i].own, own) == 0 ? &homes->items[(*i)++] : NULL;
}

enum sj_status sj_homes_differing(const struct sj_homes *from, const struct sj_homes *to, struct sj_buf *keys, struct sj_error *err) {
    uint64_t i = 0, j = 0;
    while (i < from->n || j < to->n) {
        const sj_key own = first_of(from, i, to, j);
        const struct sj_home *was = take(from, &i, own), *is = take(to, &j, own);
        const sj_key place = place_of(was, own);
        const bool gone = is && TEXT_BYTES(is->text) == 0;
        if (gone || sj_key_cmp(place, place_of(is, own)) != 0)
            SJ_TRY(sj_buf_append(keys, &place, sizeof place, err));
    }
    sj_key *all = (sj_key *)(void *)keys->data;
    const size_t n = keys->n / sizeof *all;
    size_t kept = 0;
    if (n > 0)
        qsort(all, n, sizeof *all, by_key);
    for (size_t k = 0; k < n; k++) {
        if (k == 0 || sj_key_cmp(all[k], all[k - 1]) != 0)
            all[kept++] = all[k];
    }
    keys->n = kept * sizeof *all;
    return SJ_OK;
}

/* ---- gathering ---- */

struct gathering {
    const struct sj_gather *g;
    const struct sj_gather_sink *sink;
    struct sj_shelf shelf;
    struct sj_rows rows;
    uint32_t *next; /* by column of the rows: its next value */
    struct sj_value *values;
    enum sj_kind *kinds;
    uint64_t n_left_out;
};

static uint32_t value_row(const struct sj_rows_column *column, uint32_t i) { return column->rows ? column->rows[i] : i; }

/* The values of event i; the identity that it stands for is told apart. */
static size_t take_values(struct gathering *w, uint32_t i, struct sj_str *identity) {
    size_t n = 0;
    for (uint32_t j = 0; j < w->rows.n_columns; j++) {
        const struct sj_rows_column *column = &w->rows.columns[j];
        while (w->next[j] < column->n && value_row(column, w->next[j]) < i)
            w->next[j]++;
        if (w->next[j] == column->n || value_row(column, w->next[j]) != i)
            continue;
        const int64_t value = column->values[w->next[j]];
        if (column->code == w->g->limits.identity_column) {
            *identity = column->texts[value];
            continue;
        }
        w->values[n].column = column->code;
        w->kinds[n] = column->kind;
        if (column->kind == SJ_KIND_TEXT)
            w->values[n].text = column->texts[value];
        else if (column->kind == SJ_KIND_NUMBER)
            memcpy(&w->values[n].f64, &value, sizeof value);
        else
            w->values[n].i64 = value;
        n++;
    }
    return n;
}

static enum sj_status give_customer(struct gathering *w, uint32_t c, struct sj_error *err) {
    const struct sj_rows *rows = &w->rows;
    for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1]; i++) {
        struct sj_str own = rows->identities[c];
        size_t n = take_values(w, i, &own);
        const struct sj_home *home = sj_homes_find(w->g->to, sj_hash128(own.p, own.n, w->g->seed));
        const struct sj_str customer = home ? sj_home_text(w->g->to, home) : own;
        if (customer.n == 0) {
            w->n_left_out++;
            continue;
        }
        if (home) {
            w->values[n].column = w->g->limits.identity_column;
            w->values[n].text = own;
            w->kinds[n++] = SJ_KIND_TEXT;
        }
        const struct sj_event event = {.customer = customer,
                                       .time_us = rows->time_us[i],
                                       .touchpoint = rows->touchpoint[i],
                                       .channel = rows->channel[i],
                                       .values = w->values,
                                       .n_values = n};
        SJ_TRY(w->sink->add(w->sink->ctx, &event, w->kinds, err));
    }
    return SJ_OK;
}

/* keys[at…] are not below the block's first. Leaves `at` behind the block's last. */
static enum sj_status gather_block(struct gathering *w, uint64_t b, size_t *at, struct sj_error *err) {
    static const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};
    struct sj_block block;
    const struct sj_gather *g = w->g;
    sj_shelf_reset(&w->shelf);
    SJ_TRY(sj_segment_block(g->segment, b, &block, err));
    SJ_TRY(sj_block_decode(&block, &all, &g->limits, &w->shelf, &w->rows, err));
    SJ_TRY(sj_segment_check_keys(g->segment, b, &w->rows, err));
    SJ_TRY(sj_shelf_take(&w->shelf, w->rows.n_columns, sizeof *w->next, &w->next, err));
    SJ_TRY(sj_shelf_take(&w->shelf, (size_t)w->rows.n_columns + 1, sizeof *w->values, &w->values, err));
    SJ_TRY(sj_shelf_take(&w->shelf, (size_t)w->rows.n_columns + 1, sizeof *w->kinds, &w->kinds, err));
    memset(w->next, 0, w->rows.n_columns * sizeof *w->next);
    for (uint32_t c = 0; c < w->rows.n_customers && *at < g->n_keys; c++) {
        while (*at < g->n_keys && sj_key_cmp(g->keys[*at], w->rows.keys[c]) < 0)
            ++*at;
        if (*at < g->n_keys && sj_key_cmp(g->keys[*at], w->rows.keys[c]) == 0)
            SJ_TRY(give_customer(w, c, err));
    }
    return SJ_OK;
}

enum sj_status sj_gather(const struct sj_gather *g, const struct sj_gather_sink *sink, uint64_t *ret_left_out, struct sj_error *err) {
    struct gathering w = {.g = g, .sink = sink};
    enum sj_status status = SJ_OK;
    size_t at = 0;
    sj_shelf_init(&w.shelf, g->mem);
    for (uint64_t b = 0; b < g->segment->n_blocks && at < g->n_keys && status == SJ_OK; b++) {
        const struct sj_disk_entry *entry = &g->segment->blocks[b];
        while (at < g->n_keys && sj_key_cmp(g->keys[at], (sj_key){entry->first_key_hi, entry->first_key_lo}) < 0)
            at++;
        if (at < g->n_keys && sj_key_cmp(g->keys[at], (sj_key){entry->last_key_hi, entry->last_key_lo}) <= 0)
            status = gather_block(&w, b, &at, err);
    }
    sj_shelf_done(&w.shelf);
    *ret_left_out = w.n_left_out;
    return status;
}
