/* The inside of an open lens. Between lens.c, which makes it, and scan.c, which runs it. */
#pragma once
#include "base/names.h"
#include "lens/lens.h"
#include "lens/segment.h"
#include "lens/where.h"

enum slice { SLICE_HISTORY, SLICE_SESSION, SLICE_BY };

/* The values of one column of a dimension: bytes of the value -> code. */
struct dimension_column {
    uint16_t column;
    struct sj_names values; /* of a text: its bytes; else the 8 bytes of the value */
    uint32_t *codes;        /* by place in values */
};

struct dimension_plan {
    bool channel;
    uint32_t *channel_codes; /* by channel */
    struct dimension_column columns[SJ_N_KINDS];
    size_t n_columns;
};

struct measure_plan {
    uint16_t columns[SJ_N_KINDS];
    size_t n_columns;
};

struct sj_lens {
    const struct sj_alloc *mem;
    struct sj_arena arena;
    struct sj_snapshot *snapshot;
    struct sj_zone *zone;
    struct sj_people *people; /* as known at a moment */
    bool has_range;           /* some events of the store are outside of it */
    int64_t from_us, to_us;
    struct sj_where *where;
    struct sj_segment *segment;
    enum slice slice;
    int64_t gap_us;
    uint16_t case_columns[SJ_N_KINDS];
    size_t n_case_columns;
    struct sj_dimension *dimensions;
    struct dimension_plan *plans;
    size_t n_dimensions, n_properties; /* properties: the last of the dimensions */
    struct sj_measure *measures;
    struct measure_plan *measure_plans;
    size_t n_measures;
    const struct sj_pattern **patterns;
    const struct sj_where **conditions; /* of all patterns */
    size_t n_conditions;
    struct sj_segment **members;
    size_t n_members;
    bool time, channel, identity; /* in batches */
    struct sj_wanted wanted;
};

/* The columns of that name, one for each kind, by kind: codes depend on what came first, answers must not. */
size_t sj_lens_columns(const struct sj_view *view, struct sj_str name, uint16_t columns[SJ_N_KINDS]);

/* amounts[event] in millionths, SJ_NO_AMOUNT where there is none; of several columns the last counts. */
void sj_lens_amounts(const struct sj_rows *rows, const uint16_t *columns, size_t n_columns, int64_t *amounts);

/* A value that is not text, as text: by which values of several kinds are told apart or taken together. Returns the length. */
size_t sj_lens_value_text(enum sj_kind kind, int64_t value, char out[64]);
