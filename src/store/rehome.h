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
void sj_rehome_done(struct sj_rehome *rehome);

/* A segment as it is to be seen: less the customers who are others now, and besides the events of these. */
struct sj_rehomed {
    const struct sj_segment *segment;
    struct sj_buf hidden; /* sj_key */
    struct sj_segment_writer writer;
    struct sj_segment gathered;
    bool is_gathered;
    uint64_t n_left_out; /* events of nobody */
};
/* In memory. `from`: the map by which the segment stands, or NULL: that of number from_id. May be done also after a failure. */
enum sj_status sj_rehome_segment(struct sj_rehome *rehome, const struct sj_segment *segment, const struct sj_homes *from, int64_t from_id,
                                 struct sj_rehomed *ret_rehomed, struct sj_error *err);
void sj_rehomed_done(struct sj_rehomed *rehomed);
/* One source or two; returns how many. */
size_t sj_rehomed_sources(const struct sj_rehomed *rehomed, bool silent, struct sj_source *sources);

/* The customers whom a rehoming changes: sj_homes_differing(), or for a small segment those of its customers who are in the map. */
enum sj_status sj_rehome_keys(struct sj_rehome *rehome, const struct sj_segment *segment, const struct sj_homes *from, int64_t from_id,
                              struct sj_buf *keys, struct sj_error *err);
