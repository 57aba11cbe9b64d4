/* Seeing segments by one map of homes, by whatever map each of them stands. Not for other rooms. */
#pragma once
#include "store/homes.h"

struct sj_rehome {
    struct sj_store *store;
    struct sj_code_limits limits;
    const struct sj_homes *to;
    int64_t to_id;   /* the number of that map, when it is in a file as it is; else -1 */
    int64_t from_id; /* of the map that was read last */
    struct sj_home_map from;
};
void sj_rehome_init(struct sj_rehome *rehome, struct sj_store *store, const struct sj_homes *to, int64_t to_id);
void sj_rehome_done(struct sj_rehome *rehome); /* may be used on: a map that is needed is read again */

/* The customers whom a rehoming changes: sj_homes_differing(), or for a small segment those of its customers who are in the map. */
enum sj_status sj_rehome_keys(struct sj_rehome *rehome, const struct sj_segment *segment, const struct sj_homes *from, int64_t from_id,
                              struct sj_buf *keys, struct sj_error *err);

/* Segments as they are to be seen, one after the other in order of arrival: each less the customers who are others now, and behind it, in
 * memory, the events of these. */
struct sj_sight {
    struct sj_rehome rehome;
    struct sj_sighted *parts;
    struct sj_source *sources; /* what to merge */
    size_t n_parts, n_sources;
    uint64_t n_left_out; /* events of nobody */
};
/* Room for n_max segments; sight->rehome has been filled. May be done also after a failure, and when all is zero. */
enum sj_status sj_sight_open(struct sj_sight *sight, size_t n_max, struct sj_error *err);
void sj_sight_done(struct sj_sight *sight);
/* `from`: the map by which the segment stands, or NULL: that of number from_id. */
enum sj_status sj_sight_add(struct sj_sight *sight, const struct sj_segment *segment, const struct sj_homes *from, int64_t from_id,
                            bool silent, struct sj_error *err);
void sj_sight_add_source(struct sj_sight *sight, struct sj_source source); /* one that is seen so already */
