/* The inside of a snapshot. Not for other rooms. */
#pragma once
#include "store/internal.h"

struct sj_snapshot {
    struct sj_store *store;
    struct sj_arena arena;
    struct sj_catalog_meta meta;
    struct sj_names names[SJ_N_NAME_TABLES]; /* as the catalog has them */
    uint8_t kinds[SJ_PROPERTIES_MAX];        /* of the columns */
    uint32_t n_kinds;
    struct sj_lives lives;
    struct sj_buf inbox_bytes, inbox_blobs; /* as the catalog has it */
    struct sj_segment_writer inbox;         /* the blobs merged, in memory */
    struct sj_segment inbox_segment;
    struct sj_people *people;           /* by all links */
    const struct sj_segment **segments; /* by arrival, the inbox last */
    size_t n_segments;
    uint64_t n_imports;
    const struct sj_saved_segment *saved;
    size_t n_saved;
    struct sj_view view;
};

struct sj_code_limits sj_snapshot_limits(const struct sj_snapshot *snapshot);
