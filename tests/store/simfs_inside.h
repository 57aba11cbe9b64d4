/* The inside of simfs. Each file and folder is a node: what a running system sees, what a sync has made durable, and the changes in
 * between. Nodes live as long as the file system. */
#pragma once
#include <sqlite3.h>
#include "simfs.h"

enum { SIMFS_NAME_BYTES = 64, SIMFS_PATH_BYTES = 256, SIMFS_HANDLES = 64, SIMFS_SHM_REGIONS = 16 };

struct simfs_bytes {
    uint8_t *p;
    size_t n, capacity;
};

/* A write of n bytes at `offset`, or (p NULL) a truncation to `offset`. */
struct simfs_change {
    size_t offset, n;
    uint8_t *p;
    bool abandoned; /* by a sync that failed */
};

struct simfs_entry {
    char name[SIMFS_NAME_BYTES];
    struct simfs_node *node;
};

struct simfs_entries {
    struct simfs_entry *items;
    size_t n;
};

/* Of a folder: `from` empty: made as `to`; `to` empty: `from` removed; else renamed. */
struct simfs_move {
    char from[SIMFS_NAME_BYTES], to[SIMFS_NAME_BYTES];
    struct simfs_node *node;
};

/* SQLite's shared memory and its locks, by slot. */
struct simfs_shm {
    void *regions[SIMFS_SHM_REGIONS];
    int n_users, n_shared[SQLITE_SHM_NLOCK];
    const void *exclusive[SQLITE_SHM_NLOCK];
};

struct simfs_node {
    struct simfs_node *next; /* of all, newest first */
    bool is_folder;
    /* a file */
    struct simfs_bytes now, durable;
    struct simfs_change *changes;
    size_t n_changes, changes_capacity;
    const void *locked_by;            /* the handle with the lock of the whole file */
    int n_shared;                     /* SQLite's locks of a database: how many read, */
    const void *reserved, *exclusive; /* who will write, who wants to be alone or is */
    struct simfs_shm shm;
    /* a folder */
    struct simfs_entries entries, durable_entries;
    struct simfs_move *moves;
    size_t n_moves;
};

struct simfs_handle {
    struct simfs_node *node; /* NULL: free */
    size_t at;
    bool sync_failed;
};

struct simfs {
    struct sj_os os;
    sqlite3_vfs vfs;
    char vfs_name[32];
    struct simfs_node *nodes, *root;
    struct simfs_handle handles[SIMFS_HANDLES];
    long n_open, n_steps, n_syncs;
    int64_t clock_us;
    uint64_t random;
    simfs_before before;
    void *before_ctx;
    struct simfs_faults *faults;
    char last[300];
};

/* What a call does to the disk. */
enum simfs_effect { SIMFS_LOOKS, SIMFS_CHANGES, SIMFS_NEEDS_ROOM, SIMFS_SYNCS, SIMFS_SYNCS_FOLDER };

/* At the beginning of every call. False: it is to fail. */
bool simfs_call(struct simfs *fs, const char *what, const char *path, enum simfs_effect effect);
bool simfs_is_full(const struct simfs *fs); /* why it failed */

void *simfs_resize(void *p, size_t n); /* as realloc(); ends the program when there is no memory */

struct simfs_node *simfs_node_new(struct simfs *fs, bool is_folder);
struct simfs_node *simfs_find(const struct simfs *fs, const char *path);
/* The folder of a path, and in *ret_name its last part; NULL when there is no such folder. */
struct simfs_node *simfs_folder_of(const struct simfs *fs, const char *path, const char **ret_name);
struct simfs_entry *simfs_entry_of(const struct simfs_entries *entries, const char *name);
void simfs_move(struct simfs_node *folder, const char *from, const char *to, struct simfs_node *node);
void simfs_apply_move(struct simfs_entries *entries, const struct simfs_move *move);

void simfs_put(struct simfs_bytes *bytes, size_t offset, const void *p, size_t n);
void simfs_write(struct simfs_node *node, size_t offset, const void *p, size_t n);
void simfs_truncate(struct simfs_node *node, size_t n);
void simfs_apply(struct simfs_bytes *bytes, const struct simfs_change *change);

/* The sync of an open file: `failed` is the handle's memory of one that failed. False: it fails. */
bool simfs_sync_file(struct simfs *fs, struct simfs_node *node, const char *path, bool *failed);
bool simfs_sync_folder(struct simfs *fs, struct simfs_node *folder, const char *path);

void simfs_register_vfs(struct simfs *fs);
