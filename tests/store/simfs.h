/* A file system in memory that can lose power, under the store's own files (struct sj_os) and under SQLite (a VFS), and whose calls
 * can be made to fail.
 *
 * What is lost when the power goes
 *   - Of a file, the last sync's contents are there. Each write and each truncation since then is, by itself and in no order, kept,
 *     dropped, or torn: some of its sectors of 512 bytes are kept, some dropped, some filled with garbage. Bytes outside a write are
 *     never touched (what SQLite calls a powersafe overwrite, which it assumes of every disk by default), nor those that were written
 *     with what they were already. The size may have grown
 *     before the bytes arrived (zeros then), or not yet (what arrived beyond it is lost then).
 *   - Of a folder, the last sync's entries are there. Each making, renaming and removing since then is kept or dropped by itself, in
 *     no order; a renaming is never half done. Syncing a file does not make its entry durable.
 *   - A sync that failed confirms nothing, and nothing ever will: as with Linux, what was written before it is seen by all who read
 *     until the power goes, and a later sync of it succeeds without writing it.
 *   - SQLite's shared memory and all locks are gone. SQLite's files are synced where its VFS for Unix does so: a new journal or log
 *     has its folder synced with its own first sync, and nobody is told when that fails; a removal syncs the folder when asked to.
 * A killed process loses nothing of this but locks and shared memory: that is SIMFS_KEPT.
 *
 * Paths begin with '/'; a renaming stays in its folder, whose name is all that it changes. Threads: one at a time. */
#pragma once
#include "os/os.h"

struct simfs;

struct simfs *simfs_new(void);
void simfs_free(struct simfs *fs);

/* The table, with `sqlite_vfs` set. The clock ticks with every look at it and random numbers repeat: a life can be lived again. */
const struct sj_os *simfs_os(struct simfs *fs);

/* Open files and maps, SQLite's files among them. */
long simfs_n_open(const struct simfs *fs);
/* Entries of a folder; 0 when it is not there. */
size_t simfs_n_entries(const struct simfs *fs, const char *path);

/* ---- power ---- */

enum simfs_loss {
    SIMFS_LOST,   /* nothing but what was synced */
    SIMFS_KEPT,   /* everything */
    SIMFS_RANDOM, /* each change kept or dropped */
    SIMFS_TORN,   /* the same, and writes are torn */
    SIMFS_N_LOSSES
};

/* What is found when the power comes back. `fs` itself goes on. */
struct simfs *simfs_after_cut(const struct simfs *fs, enum simfs_loss loss, uint64_t seed);

/* Called before each step: each call that changes something, by the store or by SQLite. Steps are numbered from 0. */
typedef void (*simfs_before)(void *ctx, struct simfs *fs, long step);
void simfs_watch(struct simfs *fs, simfs_before before, void *ctx);
long simfs_n_steps(const struct simfs *fs);
/* The last call, in words. */
const char *simfs_last(const struct simfs *fs);
long simfs_n_syncs(const struct simfs *fs);

/* ---- failing calls ---- */

struct simfs_faults {
    long n_until;  /* so many calls succeed; negative: all */
    bool for_good; /* all later calls fail too */
    bool full;     /* only what needs room on the disk counts and fails, and says that the disk is full */
    bool only_folder_syncs;
    bool happened;
    char what[300];         /* the first call that failed */
    bool sync_failed;       /* a sync of a file, or one that the store has asked for */
    long n_syncs_again;     /* syncs of a handle after one of its syncs had failed */
    char synced_again[300]; /* the last of them */
};

/* The caller's; all calls succeed while it is NULL. */
void simfs_fail(struct simfs *fs, struct simfs_faults *faults);
