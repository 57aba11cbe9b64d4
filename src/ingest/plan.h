/* The plan of an import: what look() has found. Inside the room only. */
#pragma once
#include "ingest/loader.h"
#include "ingest/source.h"

struct sj_ingest_plan {
    const struct sj_os *os;
    const struct sj_alloc *mem;
    struct sj_buf path;               /* ended with NUL */
    struct sj_ingest_options options; /* the caller's, with format, delimiter, quote and header settled */
    struct sj_zone *zone;
    struct sj_source *source;
    struct sj_loader *loader;
    sj_reader reader;
    bool head_is_cut;
};

/* sj_ingest_run() into any sink. */
enum sj_status sj_ingest_run_into(struct sj_ingest_plan *plan, const struct sj_sink *sink, const struct sj_ingest_watch *watch,
                                  struct sj_ingest_summary *ret_summary, struct sj_error *err);
