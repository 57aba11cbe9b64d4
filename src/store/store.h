/* The store: a folder with a catalog (SQLite) and segments (our files). This header is the door of the room.
 *
 *   shop.sojourn/
 *     catalog.db        which segments exist, names and their codes, the inbox, imports: all that must be transactional
 *     segments/N.seg    immutable, checksummed, sorted by (customer key, time, arrival)
 *     writer.lock       held by the one writer; says who it is
 *
 * Invariants
 *   1. What sj_writer_commit() has acknowledged is there, whole, after any crash; what it has not is there whole or not at all.
 *   2. Nothing is overwritten in place: a segment is written, synced, renamed, its folder synced, and only then named in the
 *      catalog by one transaction. A file that the catalog does not name is rubbish and is swept by the next writer.
 *   3. (customer, event id) is in the store once.
 *   4. The order of arrival is kept: segments cover disjoint, rising ranges of arrival, and only neighbours are merged.
 *   5. A sync that failed is never tried again: the store refuses to write until it is opened anew.
 *   6. Nothing is told that was made of bytes which the disk could not give: in a program that has called sj_os_catch_disk_errors()
 *      that is SJ_E_IO, with the file's name. The snapshot is then of no more use; a new one reads the file anew.
 *
 * Threads: one writer process at a time (a second one is told who holds the store); inside it, writers may work in several
 * threads and share a commit. Any number of readers, in any process: a snapshot never changes and never blocks a writer.
 * Lifetime: snapshots and writers end before their store is closed. */
#pragma once
#include "os/os.h"
#include "store/identity.h"
#include "store/rows.h"

struct sj_store;
struct sj_snapshot;
struct sj_people;
struct sj_writer;

#define SJ_FORMAT_VERSION 2

struct sj_store_options {
    const struct sj_os *os;
    const struct sj_alloc *mem;
    const char *program; /* for the lock's message: "sojourn import" */
    size_t memory_bytes; /* what a bulk load may use for sorting; 0: 512 MiB */
    bool flushes_itself; /* who opened the store empties a full inbox (sj_store_wants_flush(), sj_store_compact()), and no commit does */
};

/* Makes a new, empty store. `currency`: three letters of ISO 4217, "EUR" when NULL. Errors: SJ_E_EXISTS when something is there. */
enum sj_status sj_store_create(const struct sj_store_options *options, const char *path, const char *currency, struct sj_error *err);

/* Opens for reading only, or as the writer (takes the lock; SJ_E_BUSY names the holder). A store written by a newer format is
 * SJ_E_VERSION. */
enum sj_status sj_store_open(const struct sj_store_options *options, const char *path, bool write, struct sj_store **ret_store,
                             struct sj_error *err);
void sj_store_close(struct sj_store *store);
/* Removes a store that holds nothing (no events, no imports): for who has made it a moment ago and could not fill it. Anything else is
 * left as it is. */
void sj_store_discard(const struct sj_store_options *options, const char *path);
bool sj_store_exists(const struct sj_store_options *options, const char *path); /* a folder with a catalog */

/* ---- writing ---- */

/* A load: nothing of it is seen before the commit, all of it after.
 * BULK becomes a segment at once, and its commit knows every duplicate. STREAM is for many small loads (a batch of a collector, some
 * events of a program): its commit is one row of the inbox, shared with the commits of other threads; events that the store has
 * already are left out when reading, and for good at the next flush. A STREAM load that grows past SJ_STREAM_EVENTS becomes BULK. */
enum sj_load { SJ_LOAD_BULK, SJ_LOAD_STREAM };
#define SJ_STREAM_EVENTS 16384
#define SJ_INBOX_EVENTS 200000 /* a commit that makes the inbox this full flushes it: reading merges the inbox anew each time */
#define SJ_INBOX_LOADS 256
enum sj_status sj_writer_open(struct sj_store *store, enum sj_load load, struct sj_writer **ret_writer, struct sj_error *err);

/* Codes for names; new names become part of the store with the next commit, even if this load is dropped then. SJ_E_LIMIT where the
 * store is full of them. */
enum sj_status sj_writer_touchpoint(struct sj_writer *writer, struct sj_str name, uint16_t *ret_code, struct sj_error *err);
enum sj_status sj_writer_channel(struct sj_writer *writer, struct sj_str name, uint8_t *ret_code, struct sj_error *err);
enum sj_status sj_writer_column(struct sj_writer *writer, struct sj_str name, enum sj_kind kind, uint16_t *ret_code, struct sj_error *err);

/* Whether the store has such a column already, or will have with the next commit. */
bool sj_writer_has_column(struct sj_writer *writer, struct sj_str name, enum sj_kind kind);

/* Adds one event; everything is copied. Refuses what is past a limit with SJ_E_INPUT or SJ_E_LIMIT, and the load goes on. Other
 * errors end the load. */
enum sj_status sj_writer_add(struct sj_writer *writer, const struct sj_event *event, struct sj_error *err);

/* What was loaded, for the record of imports. */
struct sj_import {
    struct sj_str name;       /* of the file, or "-" */
    struct sj_hash128 digest; /* of its bytes */
    bool has_digest;
    uint64_t n_rejected;
    struct sj_str mapping; /* a JSON document: how columns were understood */
};

struct sj_commit {
    uint64_t n_events;     /* new in the store; of a STREAM load: those of the load, some of which the store may have already */
    uint64_t n_duplicates; /* left out, since (customer, event id) was there; of a STREAM load: was there in the load itself */
    uint64_t n_blocked;    /* left out, since whose they are was erased */
    uint64_t n_links;      /* pairs of identities of which the store knew no link */
};

/* Makes the load durable and seen. `import` may be NULL. On failure nothing of the load is in the store. */
enum sj_status sj_writer_commit(struct sj_writer *writer, const struct sj_import *import, struct sj_commit *ret_commit,
                                struct sj_error *err);
void sj_writer_close(struct sj_writer *writer); /* what was not committed is dropped */

/* The earlier import of a file with the same bytes: SJ_E_NOT_FOUND when there is none. */
enum sj_status sj_store_find_import(struct sj_store *store, struct sj_hash128 digest, int64_t *ret_time_us, uint64_t *ret_n_events,
                                    struct sj_error *err);

/* Moves the inbox into a segment, then merges neighbours: with `all`, everything into one segment; else only where a tier holds
 * SJ_TIER_SEGMENTS or more (size-tiered), and links are resolved, that no question has to. Readers go on undisturbed. */
#define SJ_TIER_SEGMENTS 8
typedef void (*sj_progress)(void *ctx, uint64_t done, uint64_t total);
enum sj_status sj_store_compact(struct sj_store *store, bool all, sj_progress progress, void *progress_ctx, struct sj_error *err);

/* Whether the inbox is so full that it should be emptied, asked by who then does: it is counted anew from here on, so that after a failure (a
 * full disk) it is tried again when as much again has come. The events are safe where they are. Threads: any. */
bool sj_store_wants_flush(struct sj_store *store);

/* Moves the inbox into a segment and merges nothing; loads go on meanwhile, and what they commit stays in the inbox. */
enum sj_status sj_store_empty_inbox(struct sj_store *store, struct sj_error *err);

/* Links between identities (store/identity.h), in any order of a and b. *ret_n_new: of so many pairs nothing of that kind was known.
 * Questions go by them from then on; compaction (`all`) puts the events of who is one together. */
enum sj_status sj_store_link(struct sj_store *store, const struct sj_link *links, size_t n, size_t *ret_n_new, struct sj_error *err);
/* The same as a part of a load, with the time of the event that shows it. */
enum sj_status sj_writer_link(struct sj_writer *writer, struct sj_str a, struct sj_str b, int64_t time_us, struct sj_error *err);

/* ---- reading ---- */

struct sj_column_info {
    struct sj_str name;
    enum sj_kind kind;
};

struct sj_saved_segment;
/* A view of the store at one moment. Names are ordered by code. */
struct sj_view {
    uint64_t n_events;
    uint32_t n_segments;              /* the inbox counts as one where it is not empty */
    int64_t min_time_us, max_time_us; /* min > max when there are no events */
    int64_t as_of_us;                 /* when the last commit was made */
    const struct sj_str *touchpoints, *channels;
    uint32_t n_touchpoints, n_channels, n_columns;
    const struct sj_column_info *columns;
    const char *currency;
    const struct sj_saved_segment *saved; /* by name (store/saved.h) */
    size_t n_saved;
};

enum sj_status sj_snapshot_open(struct sj_store *store, struct sj_snapshot **ret_snapshot, struct sj_error *err);
void sj_snapshot_close(struct sj_snapshot *snapshot);
const struct sj_view *sj_snapshot_view(const struct sj_snapshot *snapshot);

/* Splits the key space into units of about `n_events` events; unit i is [bounds[i], bounds[i + 1]), and the last has no end.
 * In the arena. n_units is 0 for an empty store. */
enum sj_status sj_snapshot_split(const struct sj_snapshot *snapshot, uint64_t n_events, struct sj_arena *arena, sj_key **ret_bounds,
                                 size_t *ret_n_units, struct sj_error *err);

/* All distinct texts of a text column, sorted by bytes, in the arena; SJ_E_LIMIT when there are more than n_max. Looks only at
 * dictionaries. */
enum sj_status sj_snapshot_texts(const struct sj_snapshot *snapshot, uint16_t column, size_t n_max, struct sj_arena *arena,
                                 struct sj_str **ret_texts, size_t *ret_n_texts, struct sj_error *err);

/* Who is who as known at a moment: by the links up to then (store/identity.h). Cursors of the snapshot can be asked to see it so; by
 * themselves they go by all links. Read-only. Costs the gathering of all events of whom it concerns: compaction puts them together. */
enum sj_status sj_people_open(struct sj_snapshot *snapshot, int64_t as_of_us, struct sj_people **ret_people, struct sj_error *err);
void sj_people_close(struct sj_people *people);

/* The links of the snapshot, resolved as known at a moment, for looking at them; and each link, by pair, good until visit returns. Errors:
 * SJ_E_BUSY when they have changed since the snapshot was taken. */
enum sj_status sj_snapshot_resolve(struct sj_snapshot *snapshot, int64_t as_of_us, struct sj_resolver **ret_resolver,
                                   struct sj_homes *ret_homes, struct sj_error *err);
enum sj_status sj_snapshot_each_link(struct sj_snapshot *snapshot,
                                     enum sj_status (*visit)(void *ctx, const struct sj_link *link, struct sj_error *err), void *ctx,
                                     struct sj_error *err);

/* What a cursor shall decode. Touchpoint is always there. */
struct sj_wanted {
    bool channel, time, identity;
    bool all_columns;
    const uint16_t *columns; /* codes, rising */
    size_t n_columns;
    const struct sj_people *people; /* NULL: by all links */
};

/* Goes over the customers with lo <= key < *hi (NULL: to the end) in key order, whole customers at a time. */
struct sj_cursor;
enum sj_status sj_cursor_open(const struct sj_snapshot *snapshot, const struct sj_wanted *wanted, sj_key lo, const sj_key *hi,
                              struct sj_cursor **ret_cursor, struct sj_error *err);
/* The next rows, some 30,000 events (more when one customer has more); good until the next call. *ret_rows is NULL at the end. */
enum sj_status sj_cursor_next(struct sj_cursor *cursor, const struct sj_rows **ret_rows, struct sj_error *err);
void sj_cursor_close(struct sj_cursor *cursor);

/* The key of an identity in this store. */
sj_key sj_snapshot_key(const struct sj_snapshot *snapshot, struct sj_str identity);
/* The property that says whose an event was where that is another identity than the customer goes by; 0: there is none. */
uint16_t sj_snapshot_identity_column(const struct sj_snapshot *snapshot);
uint64_t sj_snapshot_seed(const struct sj_snapshot *snapshot); /* of keys */
/* By which identity the customer goes whom an identity belongs to: itself, where it is in no link. Empty when it is erased. `people` may be
 * NULL. In the arena. */
enum sj_status sj_snapshot_customer(const struct sj_snapshot *snapshot, const struct sj_people *people, struct sj_str identity,
                                    struct sj_arena *arena, struct sj_str *ret_customer, struct sj_error *err);

/* ---- care ---- */

struct sj_column_size {
    struct sj_str name;
    const char *kind;
    uint64_t n_values, n_bytes;
};
struct sj_store_info {
    uint64_t n_bytes; /* of all segments */
    uint64_t n_customers;
    uint64_t n_inbox_events;
    uint64_t n_imports;
    uint64_t n_erasing;                   /* identities of which an erasure was interrupted: hidden, but their bytes are still there */
    const struct sj_column_size *columns; /* the parts of a row first, then the properties */
    size_t n_columns;
};
enum sj_status sj_snapshot_info(struct sj_snapshot *snapshot, struct sj_arena *arena, struct sj_store_info *ret_info, struct sj_error *err);

/* Checks every checksum and invariant of the snapshot. Each finding is told in words; *ret_n_findings counts them. */
typedef void (*sj_finding)(void *ctx, const char *text);
enum sj_status sj_snapshot_verify(struct sj_snapshot *snapshot, sj_finding tell, void *ctx, size_t *ret_n_findings, struct sj_error *err);
