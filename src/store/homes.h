/* Maps of homes: how identities stand in segments.
 *
 * Links never rewrite history. Compaction resolves them into a map of homes, writes it as a file beside the segments, and puts the events
 * of each customer together: an event of another identity than the customer's own keeps that as the property "@identity". A segment's row
 * names the map by which its events stand. Who reads by another map (the links have changed, or another day is asked about) takes the
 * customers whom the two maps see differently out of the segment, and gathers their events anew in memory:
 *
 *   segment by map 1 ──┬─ customers who are the same by map 2 ──────────────┐
 *                      └─ the others ─ by event: whose is it by map 2? ─ sort ┴─ merge
 *
 * Ties: events of one moment stand by the text of their identity, then by arrival, so that it makes no difference when they were put
 * together. */
#pragma once
#include "store/builder.h"
#include "store/internal.h"

#define SJ_IDENTITY_COLUMN "@identity" /* text */

/* A map that was read from its file. */
struct sj_home_map {
    struct sj_buf bytes;
    struct sj_homes homes;
};
/* id 0: an empty map. SJ_E_NOT_FOUND when the file is gone. */
enum sj_status sj_home_map_read(const struct sj_store *store, int64_t id, struct sj_home_map *ret_map, struct sj_error *err);
void sj_home_map_done(struct sj_home_map *map);
/* The bytes of such a file, aligned, checked; the homes point into them. Errors: SJ_E_CORRUPT, SJ_E_VERSION. */
enum sj_status sj_homes_open(struct sj_str bytes, struct sj_homes *ret_homes, struct sj_error *err);
/* Written, synced, renamed, folder synced; nothing is left behind on failure. Without who is erased: of them nothing is written. */
enum sj_status sj_home_map_write(struct sj_store *store, int64_t id, const struct sj_homes *homes, struct sj_error *err);

bool sj_homes_any(const struct sj_homes *homes);        /* besides who is erased */
uint64_t sj_homes_erased(const struct sj_homes *homes); /* how many */

/* Appends to `keys` (sj_key), rising, the customers of a segment that stands by `from` who are others by `to`. */
enum sj_status sj_homes_differing(const struct sj_homes *from, const struct sj_homes *to, struct sj_buf *keys, struct sj_error *err);

/* Where gathered events go. `customer`: by the map; event.values have the columns of the segment. Everything is to be copied. */
struct sj_gather_sink {
    enum sj_status (*add)(void *ctx, const struct sj_event *event, const enum sj_kind *kinds, struct sj_error *err);
    void *ctx;
};

struct sj_gather {
    const struct sj_alloc *mem;
    const struct sj_segment *segment;
    const sj_key *keys; /* whom: rising */
    size_t n_keys;
    const struct sj_homes *to;
    uint64_t seed;
    struct sj_code_limits limits;
};
/* Gives all events of these customers to the sink, each under the customer it belongs to; those of nobody are left out. */
enum sj_status sj_gather(const struct sj_gather *gather, const struct sj_gather_sink *sink, uint64_t *ret_left_out, struct sj_error *err);
