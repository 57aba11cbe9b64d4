/* SQLite's VFS over the nodes: what its VFS for Unix does, with locks and shared memory among the connections of this process. */
#include <stdlib.h>
#include <string.h>
#include "simfs_inside.h"

struct file {
    sqlite3_file base;
    struct simfs *fs;
    struct simfs_node *node, *folder;
    const char *path; /* SQLite's own; NULL: a temporary file */
    bool delete_on_close, sync_folder, sync_failed, has_shm;
    int lock;
    unsigned shared, exclusive; /* slots of shared memory that it has locked, as bits */
};

static struct file *file_of(sqlite3_file *base) { return (struct file *)(void *)base; }

static bool enter(struct file *f, const char *what, enum simfs_effect effect) { return simfs_call(f->fs, what, f->path, effect); }

/* ---- bytes ---- */

static int file_read(sqlite3_file *base, void *out, int n, sqlite3_int64 offset) {
    struct file *f = file_of(base);
    const size_t at = (size_t)offset, wanted = (size_t)n;
    if (!enter(f, "SQLite reads", SIMFS_LOOKS))
        return SQLITE_IOERR_READ;
    const size_t left = f->node->now.n > at ? f->node->now.n - at : 0, got = wanted < left ? wanted : left;
    if (got > 0)
        memcpy(out, f->node->now.p + at, got);
    memset((uint8_t *)out + got, 0, wanted - got);
    return got == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int n, sqlite3_int64 offset) {
    struct file *f = file_of(base);
    if (!enter(f, "SQLite writes", SIMFS_NEEDS_ROOM)) {
        simfs_write(f->node, (size_t)offset, bytes, (size_t)n / 2);
        return simfs_is_full(f->fs) ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    simfs_write(f->node, (size_t)offset, bytes, (size_t)n);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 n) {
    struct file *f = file_of(base);
    if (!enter(f, "SQLite truncates", SIMFS_CHANGES))
        return SQLITE_IOERR_TRUNCATE;
    simfs_truncate(f->node, (size_t)n);
    return SQLITE_OK;
}

/* Once, and without telling when it fails. */
static int file_sync(sqlite3_file *base, int flags) {
    (void)flags;
    struct file *f = file_of(base);
    if (!simfs_sync_file(f->fs, f->node, f->path ? f->path : "a temporary file", &f->sync_failed))
        return SQLITE_IOERR_FSYNC;
    if (f->sync_folder)
        (void)simfs_sync_folder(f->fs, f->folder, f->path);
    f->sync_folder = false;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *ret_n) {
    struct file *f = file_of(base);
    if (!enter(f, "SQLite looks at the size", SIMFS_LOOKS))
        return SQLITE_IOERR_FSTAT;
    *ret_n = (sqlite3_int64)f->node->now.n;
    return SQLITE_OK;
}

/* ---- locks of the database ---- */

static bool is_anothers(const void *holder, const struct file *f) { return holder && holder != f; }

static int file_lock(sqlite3_file *base, int lock) {
    struct file *f = file_of(base);
    struct simfs_node *node = f->node;
    if (lock <= f->lock)
        return SQLITE_OK;
    if (!enter(f, "SQLite locks", SIMFS_LOOKS))
        return SQLITE_IOERR_LOCK;
    if (is_anothers(node->exclusive, f) || (lock > SQLITE_LOCK_SHARED && is_anothers(node->reserved, f)))
        return SQLITE_BUSY;
    if (f->lock == SQLITE_LOCK_NONE)
        node->n_shared++;
    f->lock = f->lock == SQLITE_LOCK_NONE ? SQLITE_LOCK_SHARED : f->lock;
    if (lock >= SQLITE_LOCK_RESERVED) {
        node->reserved = f;
        f->lock = SQLITE_LOCK_RESERVED;
    }
    if (lock == SQLITE_LOCK_EXCLUSIVE) {
        node->exclusive = f; /* from here on nobody begins to read */
        f->lock = node->n_shared == 1 ? SQLITE_LOCK_EXCLUSIVE : SQLITE_LOCK_PENDING;
    }
    return f->lock >= lock ? SQLITE_OK : SQLITE_BUSY;
}

static int file_unlock(sqlite3_file *base, int lock) {
    struct file *f = file_of(base);
    struct simfs_node *node = f->node;
    if (lock >= f->lock)
        return SQLITE_OK;
    node->reserved = node->reserved == f ? NULL : node->reserved;
    node->exclusive = node->exclusive == f ? NULL : node->exclusive;
    node->n_shared -= lock == SQLITE_LOCK_NONE;
    f->lock = lock;
    return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *base, int *ret_reserved) {
    struct file *f = file_of(base);
    if (!enter(f, "SQLite looks for a lock", SIMFS_LOOKS))
        return SQLITE_IOERR_CHECKRESERVEDLOCK;
    *ret_reserved = f->node->reserved != NULL;
    return SQLITE_OK;
}

/* ---- shared memory ---- */

static int shm_map(sqlite3_file *base, int region, int n, int extend, void volatile **ret_memory) {
    struct file *f = file_of(base);
    struct simfs_shm *shm = &f->node->shm;
    *ret_memory = NULL;
    if (!enter(f, "SQLite maps shared memory of", extend ? SIMFS_NEEDS_ROOM : SIMFS_LOOKS))
        return simfs_is_full(f->fs) ? SQLITE_IOERR_SHMSIZE : SQLITE_IOERR_SHMMAP;
    if (region >= SIMFS_SHM_REGIONS)
        return SQLITE_IOERR_SHMSIZE;
    shm->n_users += !f->has_shm;
    f->has_shm = true;
    if (!shm->regions[region] && extend) {
        shm->regions[region] = simfs_resize(NULL, (size_t)n);
        memset(shm->regions[region], 0, (size_t)n);
    }
    *ret_memory = shm->regions[region];
    return SQLITE_OK;
}

static bool is_free(const struct file *f, int slot, int flags) {
    const struct simfs_shm *shm = &f->node->shm;
    if (is_anothers(shm->exclusive[slot], f))
        return false;
    const int others = shm->n_shared[slot] - (int)(f->shared >> slot & 1);
    return (flags & SQLITE_SHM_SHARED) || others == 0;
}

static void take_slot(struct file *f, int slot, int flags) {
    struct simfs_shm *shm = &f->node->shm;
    const unsigned bit = 1u << slot;
    if (flags & SQLITE_SHM_EXCLUSIVE) {
        shm->exclusive[slot] = f;
        f->exclusive |= bit;
    } else if (!(f->shared & bit)) {
        shm->n_shared[slot]++;
        f->shared |= bit;
    }
}

static void release_slot(struct file *f, int slot) {
    struct simfs_shm *shm = &f->node->shm;
    const unsigned bit = 1u << slot;
    shm->n_shared[slot] -= (f->shared & bit) != 0;
    if (f->exclusive & bit)
        shm->exclusive[slot] = NULL;
    f->shared &= ~bit;
    f->exclusive &= ~bit;
}

static int shm_lock(sqlite3_file *base, int first, int n, int flags) {
    struct file *f = file_of(base);
    if ((flags & SQLITE_SHM_LOCK) && !enter(f, "SQLite locks shared memory of", SIMFS_LOOKS))
        return SQLITE_IOERR_SHMLOCK;
    for (int slot = first; slot < first + n && (flags & SQLITE_SHM_LOCK); slot++) {
        if (!is_free(f, slot, flags))
            return SQLITE_BUSY;
    }
    for (int slot = first; slot < first + n; slot++) {
        if (flags & SQLITE_SHM_LOCK)
            take_slot(f, slot, flags);
        else
            release_slot(f, slot);
    }
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *base) {
    (void)base;
    __sync_synchronize();
}

/* The last one out takes the memory with it, as its first user would empty it. */
static int shm_unmap(sqlite3_file *base, int remove) {
    (void)remove;
    struct file *f = file_of(base);
    struct simfs_shm *shm = &f->node->shm;
    if (!f->has_shm)
        return SQLITE_OK;
    for (int slot = 0; slot < SQLITE_SHM_NLOCK; slot++)
        release_slot(f, slot);
    f->has_shm = false;
    shm->n_users--;
    for (size_t i = 0; i < SIMFS_SHM_REGIONS && shm->n_users == 0; i++) {
        free(shm->regions[i]);
        shm->regions[i] = NULL;
    }
    return SQLITE_OK;
}

/* ---- the rest of a file ---- */

static int file_control(sqlite3_file *base, int op, void *arg) {
    (void)base, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *base) {
    (void)base;
    return 4096;
}

static int device_characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static void remove_entry(struct simfs_node *folder, const struct simfs_node *node) {
    for (size_t i = 0; i < folder->entries.n; i++) {
        const struct simfs_entry entry = folder->entries.items[i];
        if (entry.node == node) {
            simfs_move(folder, entry.name, "", entry.node);
            return;
        }
    }
}

static int file_close(sqlite3_file *base) {
    struct file *f = file_of(base);
    (void)shm_unmap(base, 0);
    (void)file_unlock(base, SQLITE_LOCK_NONE);
    if (f->delete_on_close && f->folder)
        remove_entry(f->folder, f->node);
    f->fs->n_open--;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

/* ---- paths ---- */

static int path_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *ret_flags) {
    struct simfs *fs = vfs->pAppData;
    struct file *f = file_of(base);
    const char *name = NULL;
    struct simfs_node *folder = path ? simfs_folder_of(fs, path, &name) : NULL, *node = path ? simfs_find(fs, path) : NULL;
    const bool makes = !node && (flags & SQLITE_OPEN_CREATE);
    *f = (struct file){.fs = fs, .folder = folder, .path = path};
    if (!simfs_call(fs, makes ? "SQLite makes" : "SQLite opens", path, makes ? SIMFS_NEEDS_ROOM : SIMFS_LOOKS))
        return SQLITE_CANTOPEN;
    if ((path && !folder) || (!node && !makes))
        return SQLITE_CANTOPEN;
    if (!node) {
        node = simfs_node_new(fs, false);
        if (folder)
            simfs_move(folder, "", name, node);
    }
    f->node = node;
    f->delete_on_close = flags & SQLITE_OPEN_DELETEONCLOSE;
    f->sync_folder =
        folder && (flags & SQLITE_OPEN_CREATE) && (flags & (SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL));
    f->base.pMethods = &methods;
    fs->n_open++;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int path_delete(sqlite3_vfs *vfs, const char *path, int sync_folder) {
    struct simfs *fs = vfs->pAppData;
    const char *name;
    struct simfs_node *folder = simfs_folder_of(fs, path, &name), *node = simfs_find(fs, path);
    if (!simfs_call(fs, "SQLite removes", path, node ? SIMFS_CHANGES : SIMFS_LOOKS))
        return SQLITE_IOERR_DELETE;
    if (!node)
        return SQLITE_IOERR_DELETE_NOENT;
    simfs_move(folder, name, "", node);
    return !(sync_folder & 1) || simfs_sync_folder(fs, folder, path) ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

/* An empty file does not exist here, as in SQLite's own. */
static int path_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret_there) {
    struct simfs *fs = vfs->pAppData;
    const struct simfs_node *node = simfs_find(fs, path);
    if (!simfs_call(fs, "SQLite looks for", path, SIMFS_LOOKS))
        return SQLITE_IOERR_ACCESS;
    *ret_there = node && (flags != SQLITE_ACCESS_EXISTS || node->now.n > 0);
    return SQLITE_OK;
}

static int path_full(sqlite3_vfs *vfs, const char *path, int n_out, char *out) {
    (void)vfs;
    return sqlite3_snprintf(n_out, out, "%s", path) ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int randomness(sqlite3_vfs *vfs, int n, char *out) {
    struct simfs *fs = vfs->pAppData;
    for (int i = 0; i < n; i++)
        out[i] = (char)(fs->random++ * 37);
    return n;
}

static int wait_us(sqlite3_vfs *vfs, int us) {
    (void)vfs;
    return us;
}

static int current_time(sqlite3_vfs *vfs, sqlite3_int64 *ret_ms) {
    struct simfs *fs = vfs->pAppData;
    *ret_ms = (sqlite3_int64)210866760000000 + (fs->clock_us += 1000) / 1000; /* from the Julian day number of 1970 */
    return SQLITE_OK;
}

static int current_day(sqlite3_vfs *vfs, double *ret_days) {
    sqlite3_int64 ms;
    (void)current_time(vfs, &ms);
    *ret_days = (double)ms / 86400000.0;
    return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int n, char *out) {
    (void)vfs, (void)n, (void)out;
    return 0;
}

void simfs_register_vfs(struct simfs *fs) {
    fs->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(struct file),
        .mxPathname = SIMFS_PATH_BYTES,
        .zName = fs->vfs_name,
        .pAppData = fs,
        .xOpen = path_open,
        .xDelete = path_delete,
        .xAccess = path_access,
        .xFullPathname = path_full,
        .xRandomness = randomness,
        .xSleep = wait_us,
        .xCurrentTime = current_day,
        .xGetLastError = last_error,
        .xCurrentTimeInt64 = current_time,
    };
    if (sqlite3_vfs_register(&fs->vfs, 0) != SQLITE_OK)
        abort();
}
