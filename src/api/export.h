/* Export: all events of a snapshot as a file that, imported again, gives the same store.
 *
 * One event a row; customers in key order, events in order. Columns: customer, time, touchpoint, channel, value, cost, duration,
 * score, score_kind, comment, event_id, then the properties by code. Times are ISO 8601 UTC, durations seconds with up to six
 * decimals, money decimal numbers. CSV (RFC 4180, UTF-8) has every role's column, also an empty one; a name that stands with two
 * kinds is one column there. JSON Lines has what is known and nothing else, one object an event.
 * Threads: one. The sink's bytes are good during its call only. */
#pragma once
#include "store/store.h"

enum sj_export_format { SJ_EXPORT_CSV, SJ_EXPORT_JSONL };

struct sj_export_options {
    enum sj_export_format format;
    int64_t from_us, to_us; /* from <= time < to */
    const sj_key *only;     /* events of this customer; NULL: of all */
    sj_progress progress;   /* events; may be NULL */
    void *progress_ctx;
    struct sj_buf *flags; /* gets " --kind amount=money …": what an import must be told to find every kind again; may be NULL */
};

struct sj_export_summary {
    uint64_t n_events;
    uint32_t n_renamed; /* properties written with '_' after their name, which was that of a role */
};

typedef enum sj_status (*sj_export_sink)(void *ctx, const void *bytes, size_t n, struct sj_error *err);

enum sj_status sj_export(const struct sj_alloc *mem, const struct sj_snapshot *snapshot, const struct sj_export_options *options,
                         sj_export_sink sink, void *ctx, struct sj_export_summary *ret_summary, struct sj_error *err);
