/* The catalog: what is small and must be transactional, in SQLite (WAL, synchronous FULL). The only file of the room that knows SQL.
 *
 *   meta(key, value)                 format, seed, secret, currency, as_of, next segment and arrival, how the links stand; a checksum
 *   touchpoints, channels, columns   names by code
 *   segments                         the live segments, by arrival
 *   inbox                            acknowledged loads that are not in a segment yet: each blob is a segment in memory
 *   imports                          what was loaded from where, by digest
 *   links                            which identities are of one customer (store/identity.h)
 *   saved_segments                   conditions over customers by name (store/saved.h)
 *   erased, erasing, rules, audit    what may not be here any more, and who did what (store/records.h)
 *
 * Threads: a catalog belongs to one thread at a time (the store holds a lock around it). */
#pragma once
#include "base/names.h"
#include "store/identity.h"
#include "store/records.h"
#include "store/segment.h"

struct sj_catalog;

#define SJ_SECRET_BYTES 32

struct sj_catalog_meta {
    int64_t format;
    uint64_t seed;
    uint8_t secret[SJ_SECRET_BYTES]; /* key of the hashes that stand for people who are not to be named */
    char currency[4];
    int64_t as_of_us;
    int64_t next_segment, next_arrival;
    int64_t homes;         /* the newest map of homes, names its file; 0: there is none */
    int64_t links_version; /* grows with each change of the links and of what is erased */
    int64_t homes_version; /* the links_version that the newest map was made from */
    int64_t n_links;
    uint64_t links_sum; /* of the rows of `links`, each hashed by itself, modulo 2^64 */
    uint64_t checksum;  /* as read */
};

struct sj_segment_row {
    int64_t id; /* names the file */
    int64_t first_arrival, last_arrival;
    uint64_t n_events, n_customers, n_bytes;
    int64_t min_time_us, max_time_us;
    int64_t homes; /* the map of homes by which its events stand; 0: each identity is a customer of its own */
};

struct sj_import_row {
    int64_t time_us;
    uint64_t n_events, n_duplicates;
    struct sj_import import;
};

struct sj_catalog_place {
    const struct sj_alloc *mem;
    const char *path;
    const char *vfs; /* as in struct sj_os */
};
enum sj_status sj_catalog_create(const struct sj_catalog_place *place, const struct sj_catalog_meta *meta, struct sj_error *err);
/* `has_log`: there is a file PATH-wal with something in it. */
enum sj_status sj_catalog_open(const struct sj_catalog_place *place, bool write, bool has_log, struct sj_catalog **ret_catalog,
                               struct sj_error *err);
void sj_catalog_close(struct sj_catalog *catalog);
/* Whether a sync of the catalog or of its log has failed, in this or in an earlier call: none is tried again, also not by close. */
bool sj_catalog_sync_failed(const struct sj_catalog *catalog);

/* Everything between begin and commit is one transaction; reads see one moment. After a failure: rollback. */
enum sj_status sj_catalog_begin(struct sj_catalog *catalog, bool write, struct sj_error *err);
enum sj_status sj_catalog_commit(struct sj_catalog *catalog, struct sj_error *err);
void sj_catalog_rollback(struct sj_catalog *catalog);

enum sj_status sj_catalog_meta(struct sj_catalog *catalog, struct sj_catalog_meta *ret_meta, struct sj_error *err);
enum sj_status sj_catalog_set_meta(struct sj_catalog *catalog, const struct sj_catalog_meta *meta, struct sj_error *err);

/* Makes the catalog of a store of format 1 one of SJ_FORMAT_VERSION, in one transaction; meta->secret has been filled. */
enum sj_status sj_catalog_upgrade(struct sj_catalog *catalog, struct sj_catalog_meta *meta, struct sj_error *err);

/* Names are dense: row i has code i. Loading appends to `names` what is beyond its count; saving writes from code `first` on.
 * For columns the text is the name with its kind as last byte ('0' + kind). */
enum sj_name_table { SJ_TABLE_TOUCHPOINTS, SJ_TABLE_CHANNELS, SJ_TABLE_COLUMNS };
enum sj_status sj_catalog_load_names(struct sj_catalog *catalog, enum sj_name_table table, struct sj_names *names, struct sj_error *err);
enum sj_status sj_catalog_save_names(struct sj_catalog *catalog, enum sj_name_table table, const struct sj_names *names, uint32_t first,
                                     struct sj_error *err);

/* Live segments by arrival, appended to `rows` (struct sj_segment_row). */
enum sj_status sj_catalog_segments(struct sj_catalog *catalog, struct sj_buf *rows, struct sj_error *err);
enum sj_status sj_catalog_add_segment(struct sj_catalog *catalog, const struct sj_segment_row *row, struct sj_error *err);
enum sj_status sj_catalog_remove_segment(struct sj_catalog *catalog, int64_t id, struct sj_error *err);

/* Blobs by arrival. They are copied into `bytes`, each at a multiple of 64; `blobs` gets struct sj_inbox_blob. */
struct sj_inbox_blob {
    int64_t arrival;
    size_t offset, n_bytes;
    uint64_t n_events;
};
enum sj_status sj_catalog_inbox(struct sj_catalog *catalog, struct sj_buf *bytes, struct sj_buf *blobs, struct sj_error *err);
enum sj_status sj_catalog_add_inbox(struct sj_catalog *catalog, int64_t arrival, uint64_t n_events, struct sj_str blob,
                                    struct sj_error *err);
enum sj_status sj_catalog_clear_inbox(struct sj_catalog *catalog, int64_t last_arrival, struct sj_error *err);
enum sj_status sj_catalog_count_inbox(struct sj_catalog *catalog, uint64_t *ret_n_loads, uint64_t *ret_n_events, struct sj_error *err);

enum sj_status sj_catalog_add_import(struct sj_catalog *catalog, const struct sj_import_row *row, struct sj_error *err);
/* SJ_E_NOT_FOUND when no import has that digest. */
enum sj_status sj_catalog_find_import(struct sj_catalog *catalog, struct sj_hash128 digest, int64_t *ret_time_us, uint64_t *ret_n_events,
                                      struct sj_error *err);
enum sj_status sj_catalog_each_import(struct sj_catalog *catalog, sj_import_visit visit, void *ctx, struct sj_error *err);
enum sj_status sj_catalog_count_imports(struct sj_catalog *catalog, uint64_t *ret_n, struct sj_error *err);

/* Adds links with a < b; fastest in their order. Of SJ_LINK_SEEN only the earliest of a pair is kept; of the others each. *ret_n_new: of how
 * many pairs nothing of that kind was there. The counts in `meta` go along. */
enum sj_status sj_catalog_add_links(struct sj_catalog *catalog, const struct sj_link *links, size_t n, struct sj_catalog_meta *meta,
                                    size_t *ret_n_new, struct sj_error *err);
/* All links, by pair; a link is good until visit returns. SJ_E_CORRUPT, after the last, when they are not those that were written. */
enum sj_status sj_catalog_each_link(struct sj_catalog *catalog,
                                    enum sj_status (*visit)(void *ctx, const struct sj_link *link, struct sj_error *err), void *ctx,
                                    const struct sj_catalog_meta *meta, struct sj_error *err);

/* An identity that is erased: its text, until its bytes are gone, and its hash for ever (SJ_KEYED_BYTES, store/keyed.h). */
enum sj_status sj_catalog_add_erasing(struct sj_catalog *catalog, struct sj_str identity, const uint8_t *hash, int64_t time_us,
                                      struct sj_error *err);
enum sj_status sj_catalog_clear_erasing(struct sj_catalog *catalog, struct sj_error *err);
/* All hashes, by bytes, one after the other; none in a catalog of format 1. */
enum sj_status sj_catalog_erased(struct sj_catalog *catalog, struct sj_buf *hashes, struct sj_error *err);
/* Takes all links away in which one of the identities stands. The counts in `meta` go along. */
enum sj_status sj_catalog_remove_links_of(struct sj_catalog *catalog, const struct sj_names *identities, struct sj_catalog_meta *meta,
                                          struct sj_error *err);
/* Identities that are erased and whose bytes are still there. */
enum sj_status sj_catalog_each_erasing(struct sj_catalog *catalog,
                                       enum sj_status (*visit)(void *ctx, struct sj_str identity, struct sj_error *err), void *ctx,
                                       struct sj_error *err);

struct sj_saved_segment;
/* Inserts, or overwrites the one of that name. *ret_n: how many there are then. */
enum sj_status sj_catalog_save_segment(struct sj_catalog *catalog, const struct sj_saved_segment *saved, bool *ret_new, uint64_t *ret_n,
                                       struct sj_error *err);
enum sj_status sj_catalog_drop_segment(struct sj_catalog *catalog, struct sj_str name, bool *ret_found, struct sj_error *err);
/* All of them, by the bytes of their names, in the arena; none in a catalog of format 1. */
enum sj_status sj_catalog_saved(struct sj_catalog *catalog, struct sj_arena *arena, const struct sj_saved_segment **ret_saved,
                                size_t *ret_n, struct sj_error *err);
/* The audit record: entries are added, and read by id; there is no other way. entry->id is given by the catalog. */
enum sj_status sj_catalog_add_audit(struct sj_catalog *catalog, const struct sj_audit_entry *entry, struct sj_error *err);
enum sj_status sj_catalog_each_audit(struct sj_catalog *catalog, sj_audit_visit visit, void *ctx, struct sj_error *err);

/* The rules of retention. Removing one that is not there is SJ_E_NOT_FOUND. */
enum sj_status sj_catalog_add_rule(struct sj_catalog *catalog, const struct sj_rule *rule, int64_t *ret_id, struct sj_error *err);
enum sj_status sj_catalog_remove_rule(struct sj_catalog *catalog, int64_t id, struct sj_error *err);
enum sj_status sj_catalog_each_rule(struct sj_catalog *catalog, sj_rule_visit visit, void *ctx, struct sj_error *err);

/* Carries the log into the catalog and empties it, so that nothing is left in it of what was removed. *ret_emptied: no when a reader
 * holds it. Not in a transaction. */
enum sj_status sj_catalog_empty_log(struct sj_catalog *catalog, bool *ret_emptied, struct sj_error *err);

/* SQLite's own check of the file: SJ_E_CORRUPT with its first finding. */
enum sj_status sj_catalog_check(struct sj_catalog *catalog, struct sj_error *err);
