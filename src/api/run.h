/* A question under way: what asking once and asking for each period have in common. Inside the room.
 *
 * Threads: sj_run_pass() takes batches on several at once, each thread its own. */
#pragma once
#include "api/ask.h"

/* A part of a breakdown (api/breakdown.h). */
struct sj_run_segment {
    struct sj_str name, condition; /* as --segment takes it */
};

struct sj_run {
    const struct sj_analysis *analysis;
    struct sj_job job; /* everything but the plan */
    struct sj_lens *lens;
    uint32_t n_conditions; /* of patterns, in batches */
    const sj_key *bounds;
    size_t n_units;
    const struct sj_run_segment *segments; /* of a breakdown, set before it is opened */
    uint32_t n_segments, first_segment;    /* batch->members[first_segment + i]; those before are of the analysis */
    const atomic_bool *cancel;             /* of the question; may be NULL */
    unsigned n_threads;                    /* at most SJ_THREADS_MAX (base/parallel.h) */
};

/* run->job.mem is set before. Writes the arguments that were used to the answer, in whose arena everything lives. May be closed also after
 * a failure. */
enum sj_status sj_run_open(struct sj_run *run, const struct sj_os *os, struct sj_snapshot *snapshot, const struct sj_question *question,
                           struct sj_answer *answer, struct sj_error *err);
void sj_run_close(struct sj_run *run);
/* Cuts the store into units for so many threads (0: all processors); run->lens is opened by who needs nothing else for a pass. */
enum sj_status sj_run_split(struct sj_run *run, const struct sj_os *os, struct sj_snapshot *snapshot, unsigned n_threads,
                            struct sj_arena *arena, struct sj_error *err);

/* SJ_E_CANCELLED once the answer is not wanted any more. */
enum sj_status sj_run_check(const struct sj_run *run, struct sj_error *err);

/* Goes over all journeys once. *ret_counts also after a failure. */
typedef enum sj_status (*sj_take_batch)(void *ctx, unsigned thread, const struct sj_batch *batch, struct sj_error *err);
enum sj_status sj_run_pass(const struct sj_run *run, sj_take_batch take, void *ctx, struct sj_scan_counts *ret_counts,
                           struct sj_error *err);

/* Goes over all journeys as often as the analysis wants, and writes its tables and notes to the result. */
enum sj_status sj_run_once(struct sj_run *run, struct sj_scan_counts *ret_counts, struct sj_result *result, struct sj_error *err);
