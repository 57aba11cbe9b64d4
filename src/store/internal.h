/* What the files of the store share. Not for other rooms.
 *
 * Locks, taken in this order: compacting (one compaction at a time) > committing (one commit at a time; a load that becomes a segment
 * holds it while it merges) > flushing (one flush at a time) > names (the catalog and the names in memory, held for the length of a transaction). */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include "store/catalog.h"
#include "store/merge.h"

#define SJ_N_NAME_TABLES 3

struct sj_store {
    const struct sj_os *os;
    const struct sj_alloc *mem;
    struct sj_arena arena;
    const char *path, *program;
    size_t memory_bytes;
    bool write, flushes_itself;
    sj_file lock_file; /* when writing */
    struct sj_catalog *catalog;
    struct sj_catalog_meta meta;
    pthread_mutex_t compacting, committing, flushing, names_lock;
    struct sj_names names[SJ_N_NAME_TABLES]; /* when writing: also those that no commit has saved yet */
    uint32_t n_saved[SJ_N_NAME_TABLES];
    uint8_t kinds[SJ_PROPERTIES_MAX]; /* of the first n_kinds columns; an entry never changes, so it is read without the lock */
    uint32_t n_kinds;
    uint16_t identity_column;   /* store/homes.h; when writing */
    struct sj_buf erased;       /* hashes of who is blocked (store/erase.h), when writing; under names_lock */
    uint64_t n_writers;         /* names their temporary files */
    atomic_bool sync_failed;    /* invariant 5; never taken back */
    struct sj_pending *pending; /* loads that wait for a shared commit, newest first; under queue_lock */
    bool has_leader, is_flushing;
    uint64_t n_inbox_loads, n_inbox_events; /* waiting, when writing; under queue_lock */
    pthread_mutex_t queue_lock;
    pthread_cond_t queue_done;
};

/* A live segment, mapped. */
struct sj_live {
    struct sj_segment_row row;
    char *path;
    struct sj_map map;
    struct sj_segment segment;
};

struct sj_lives {
    struct sj_live *items;
    size_t n;
};

/* "STORE/segments/ID.seg", or with ".tmp" while it is being written. */
#define SJ_PATH_BYTES 4200
void sj_store_segment_path(const struct sj_store *store, int64_t id, bool temporary, char out[SJ_PATH_BYTES]);
void sj_store_homes_path(const struct sj_store *store, int64_t id, char out[SJ_PATH_BYTES]); /* "STORE/segments/ID.homes" */

/* The live segments as the catalog names them now, mapped and opened. Inside a transaction of the caller. SJ_E_NOT_FOUND when a file
 * is gone (a reader that came too late begins anew; for the writer it is corruption). */
enum sj_status sj_lives_open(struct sj_store *store, struct sj_lives *ret_lives, struct sj_error *err);
void sj_lives_close(struct sj_store *store, struct sj_lives *lives);
/* sj_segment_check_disk() of all of them. */
enum sj_status sj_lives_check_disk(const struct sj_store *store, const struct sj_lives *lives, enum sj_status status, struct sj_error *err);

/* The kinds of the columns from `first` on, by their names in the catalog. How many columns there are, SJ_PROPERTIES_MAX at most. */
uint32_t sj_column_kinds(const struct sj_names *columns, uint32_t first, uint8_t kinds[SJ_PROPERTIES_MAX]);

uint16_t sj_identity_column(const struct sj_names *columns); /* by its name; 0: there is none */

struct sj_code_limits sj_store_limits(struct sj_store *store);
int64_t sj_store_next_segment(struct sj_store *store);
int64_t sj_store_newest_homes(struct sj_store *store); /* the number of the newest map of homes */
/* sj_lives_open() under the lock, for the writer. */
enum sj_status sj_store_lives(struct sj_store *store, struct sj_lives *ret_lives, struct sj_error *err);

/* Merges into the segment `row->id` (row's counts and times are filled in): written, synced, renamed, folder synced. Nothing is left
 * behind on failure. No file is made when there are no events (row->n_events is 0). */
struct sj_sieve;
struct sj_merge_job {
    const struct sj_source *sources;
    size_t n_sources;
    bool distinct;
    sj_progress progress;
    void *progress_ctx;
    uint64_t n_total;
    struct sj_sieve *sieve; /* leaves events out; may be NULL */
};
enum sj_status sj_store_merge(struct sj_store *store, const struct sj_merge_job *job, struct sj_segment_row *row, uint64_t *ret_dropped,
                              struct sj_error *err);

/* Makes a finished file, "PATH.tmp" in the folder of segments, durable under its final name. */
enum sj_status sj_store_publish(struct sj_store *store, sj_file file, const char *path, struct sj_error *err);

/* Takes back a segment that was published when its transaction failed with `status`. After SJ_E_IO it stays: the catalog's log may
 * hold the commit all the same. */
void sj_store_unpublish(struct sj_store *store, int64_t id, enum sj_status status);

/* Refuses with the reason when the store is open for reading, or has turned read-only. */
enum sj_status sj_store_check_writable(const struct sj_store *store, struct sj_error *err);

/* One transaction under names_lock: saves new names and the meta, and calls `body` in between. */
typedef enum sj_status (*sj_transaction_body)(struct sj_store *store, void *ctx, struct sj_error *err);
enum sj_status sj_store_transaction(struct sj_store *store, sj_transaction_body body, void *ctx, struct sj_error *err);

/* A writer as a place for events that were gathered from segments (struct sj_gather_sink), in runs on disk where they are many. Sealed, it
 * has them all in runs, and no memory. */
struct sj_writer;
enum sj_status sj_writer_gather(void *ctx, const struct sj_event *event, const enum sj_kind *kinds, struct sj_error *err);
enum sj_status sj_writer_seal(struct sj_writer *writer, struct sj_error *err);
size_t sj_writer_runs(const struct sj_writer *writer);
const struct sj_segment *sj_writer_run(const struct sj_writer *writer, size_t i);
/* An entry of the audit record, inside a transaction of sj_store_transaction(). As sj_store_audit(). */
enum sj_status sj_store_audit_in(struct sj_store *store, const char *action, struct sj_str subject, struct sj_str detail,
                                 struct sj_error *err);

/* Flushes, then makes everything one segment as it is seen by the links; *ret_left_out: events of who is erased. The caller holds
 * `compacting` and `committing`. */
enum sj_status sj_store_compact_all(struct sj_store *store, sj_progress progress, void *progress_ctx, uint64_t *ret_left_out,
                                    struct sj_error *err);
enum sj_status sj_store_load_erased(struct sj_store *store, struct sj_error *err); /* anew from the catalog */
/* Carries the log of the catalog into it and empties it; false where somebody holds it. */
bool sj_store_empty_log(struct sj_store *store);

/* Removes the maps of homes that neither the catalog nor a segment names. The caller holds `compacting`. */
enum sj_status sj_store_sweep_maps(struct sj_store *store, struct sj_error *err);

/* Moves the inbox, as it is when this begins, into a segment. Who adds a segment himself holds `committing`, so that nothing comes into the inbox
 * before it; else loads go on meanwhile, and what they commit stays there. */
enum sj_status sj_store_flush(struct sj_store *store, struct sj_error *err);

/* Opens the n blobs of the inbox, as sj_catalog_inbox() gives them, as segments; and whether any event of them has an id. */
enum sj_status sj_inbox_open(const uint8_t *bytes, const struct sj_inbox_blob *blobs, size_t n, struct sj_segment *segments,
                             bool *ret_has_ids, struct sj_error *err);
/* Whether any block of the segment has the column. */
enum sj_status sj_segment_has_column(const struct sj_segment *segment, uint16_t column, bool *ret_has, struct sj_error *err);
