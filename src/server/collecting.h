/* Collecting: one thread takes whatever parcels have come, loads them all, and commits once; each is told when its events are durable. While a
 * commit waits for the disk the next parcels gather, so that the more comes, the fewer commits an event costs.
 *
 * Threads: any may put; `done` is called on the collecting thread. */
#pragma once
#include "ingest/parcel.h"
#include "os/os.h"

struct sj_wish {
    struct sj_parcel *parcel;
    void (*done)(void *ctx, enum sj_status status, const struct sj_error *error); /* of another status than SJ_OK nothing of it is there */
    void *ctx;
    struct sj_wish *next;
};

struct sj_collecting_counts {
    uint64_t n_parcels, n_events, n_commits, n_failed; /* since the start */
    size_t n_waiting;
};

struct sj_collecting;
enum sj_status sj_collecting_start(const struct sj_alloc *mem, struct sj_store *store, struct sj_collecting **ret_collecting,
                                   struct sj_error *err);
/* The wish belongs to the thread until `done`. SJ_E_BUSY where too much waits: it is to be tried again. */
enum sj_status sj_collecting_put(struct sj_collecting *collecting, struct sj_wish *wish, struct sj_error *err);
struct sj_collecting_counts sj_collecting_counts(struct sj_collecting *collecting);
/* Everything that was put is committed first; nothing more is taken. */
void sj_collecting_end(struct sj_collecting *collecting);
void sj_collecting_free(struct sj_collecting *collecting); /* after the end */
