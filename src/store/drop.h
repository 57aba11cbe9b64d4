/* Dropping events for good: segments are written anew without them.
 *
 *   inbox ─ flush ─┐
 *   old segments ──┴─ each that has such events ─ a new one without ─┐
 *                      one transaction: new for old, audit record ───┴─ old files removed ─ log of the catalog emptied
 *
 * Power-cut safe as compaction is: before the transaction all is as before, after it the events are gone for every reader that comes;
 * one that was there goes on undisturbed. What a cut leaves of the old files goes when the store is next opened for writing, and so does
 * the log. Names of touchpoints, channels and properties stay in the catalog, also when no event has them any more. */
#pragma once
#include "store/rows.h"
#include "store/store.h"

/* Sets drop[i] to 1 where event i of `rows` is to go; all are 0 before. Called with whole customers of one segment at a time, so that it
 * must judge each event by itself; more than once for the same event. */
typedef enum sj_status (*sj_mark)(void *ctx, const struct sj_rows *rows, uint8_t *drop, struct sj_error *err);

struct sj_drop {
    sj_mark mark;
    void *ctx;
    int64_t before_us;    /* `mark` marks no event at this time or later: segments without earlier ones are not read */
    const char *action;   /* for the audit record, */
    struct sj_str detail; /* with "events=N " before it; no entry is made when no event went */
};

struct sj_dropped {
    uint64_t n_events;
    bool log_kept; /* the log of the catalog could not be emptied, mostly since somebody reads: what was in the inbox may still be in it */
};

/* Errors: as sj_store_compact(). On failure no event is gone, but after SJ_E_IO only the next opening tells. */
enum sj_status sj_store_drop(struct sj_store *store, const struct sj_drop *drop, struct sj_dropped *ret_dropped, struct sj_error *err);
