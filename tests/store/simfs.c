/* Nodes, their changes and their syncs, and the table of os.h over them. simfs_sqlite.c is SQLite's side, simfs_cut.c the loss. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/random.h"
#include "simfs_inside.h"

/* ---- life ---- */

void *simfs_resize(void *p, size_t n) {
    void *resized = realloc(p, n > 0 ? n : 1);
    if (!resized)
        abort();
    return resized;
}

struct simfs_node *simfs_node_new(struct simfs *fs, bool is_folder) {
    struct simfs_node *node = simfs_resize(NULL, sizeof *node);
    *node = (struct simfs_node){.next = fs->nodes, .is_folder = is_folder};
    fs->nodes = node;
    return node;
}

static void free_node(struct simfs_node *node) {
    for (size_t i = 0; i < node->n_changes; i++)
        free(node->changes[i].p);
    for (size_t i = 0; i < SIMFS_SHM_REGIONS; i++)
        free(node->shm.regions[i]);
    free(node->now.p);
    free(node->durable.p);
    free(node->changes);
    free(node->entries.items);
    free(node->durable_entries.items);
    free(node->moves);
    free(node);
}

void simfs_free(struct simfs *fs) {
    (void)sqlite3_vfs_unregister(&fs->vfs);
    for (struct simfs_node *node = fs->nodes, *next; node; node = next) {
        next = node->next;
        free_node(node);
    }
    free(fs);
}

const struct sj_os *simfs_os(struct simfs *fs) { return &fs->os; }
long simfs_n_open(const struct simfs *fs) { return fs->n_open; }
long simfs_n_steps(const struct simfs *fs) { return fs->n_steps; }
long simfs_n_syncs(const struct simfs *fs) { return fs->n_syncs; }
const char *simfs_last(const struct simfs *fs) { return fs->last; }
void simfs_fail(struct simfs *fs, struct simfs_faults *faults) { fs->faults = faults; }

void simfs_watch(struct simfs *fs, simfs_before before, void *ctx) {
    fs->before = before;
    fs->before_ctx = ctx;
}

size_t simfs_n_entries(const struct simfs *fs, const char *path) {
    const struct simfs_node *node = simfs_find(fs, path);
    return node ? node->entries.n : 0;
}

/* ---- every call ---- */

static bool counts(const struct simfs_faults *faults, enum simfs_effect effect) {
    if (faults->only_folder_syncs)
        return effect == SIMFS_SYNCS_FOLDER;
    return !faults->full || effect == SIMFS_NEEDS_ROOM;
}

static bool fails_now(struct simfs_faults *faults, enum simfs_effect effect) {
    if (!faults || faults->n_until < 0 || !counts(faults, effect) || (faults->happened && !faults->for_good))
        return false;
    if (faults->n_until > 0) {
        faults->n_until--;
        return false;
    }
    return true;
}

bool simfs_call(struct simfs *fs, const char *what, const char *path, enum simfs_effect effect) {
    (void)snprintf(fs->last, sizeof fs->last, "%s %s", what, path ? path : "");
    if (effect != SIMFS_LOOKS) {
        if (fs->before)
            fs->before(fs->before_ctx, fs, fs->n_steps);
        fs->n_steps++;
    }
    if (!fails_now(fs->faults, effect))
        return true;
    if (!fs->faults->happened)
        memcpy(fs->faults->what, fs->last, sizeof fs->last);
    fs->faults->happened = true;
    return false;
}

bool simfs_is_full(const struct simfs *fs) { return fs->faults && fs->faults->full; }

/* ---- files ---- */

void simfs_put(struct simfs_bytes *bytes, size_t offset, const void *p, size_t n) {
    const size_t end = offset + n;
    if (end > bytes->capacity) {
        bytes->capacity = end > bytes->capacity * 2 ? end : bytes->capacity * 2;
        bytes->p = simfs_resize(bytes->p, bytes->capacity);
    }
    if (offset > bytes->n)
        memset(bytes->p + bytes->n, 0, offset - bytes->n);
    if (n > 0)
        memcpy(bytes->p + offset, p, n);
    bytes->n = end > bytes->n ? end : bytes->n;
}

void simfs_apply(struct simfs_bytes *bytes, const struct simfs_change *change) {
    if (change->p)
        simfs_put(bytes, change->offset, change->p, change->n);
    else if (change->offset < bytes->n)
        bytes->n = change->offset;
    else
        simfs_put(bytes, change->offset, NULL, 0);
}

static void add_change(struct simfs_node *node, struct simfs_change change) {
    if (node->n_changes == node->changes_capacity) {
        node->changes_capacity = node->changes_capacity * 2 + 8;
        node->changes = simfs_resize(node->changes, node->changes_capacity * sizeof *node->changes);
    }
    node->changes[node->n_changes++] = change;
    simfs_apply(&node->now, &change);
}

void simfs_write(struct simfs_node *node, size_t offset, const void *p, size_t n) {
    if (n == 0)
        return;
    const struct simfs_change change = {.offset = offset, .n = n, .p = simfs_resize(NULL, n)};
    memcpy(change.p, p, n);
    add_change(node, change);
}

void simfs_truncate(struct simfs_node *node, size_t n) { add_change(node, (struct simfs_change){.offset = n}); }

bool simfs_sync_file(struct simfs *fs, struct simfs_node *node, const char *path, bool *failed) {
    if (*failed && fs->faults) {
        fs->faults->n_syncs_again++;
        (void)snprintf(fs->faults->synced_again, sizeof fs->faults->synced_again, "%s", path);
    }
    fs->n_syncs++;
    if (!simfs_call(fs, "sync", path, SIMFS_SYNCS)) {
        for (size_t i = 0; i < node->n_changes; i++)
            node->changes[i].abandoned = true;
        *failed = true;
        fs->faults->sync_failed = true;
        return false;
    }
    size_t n_left = 0;
    for (size_t i = 0; i < node->n_changes; i++) {
        if (node->changes[i].abandoned) {
            node->changes[n_left++] = node->changes[i];
            continue;
        }
        simfs_apply(&node->durable, &node->changes[i]);
        free(node->changes[i].p);
    }
    node->n_changes = n_left;
    return true;
}

/* ---- folders ---- */

struct simfs_entry *simfs_entry_of(const struct simfs_entries *entries, const char *name) {
    for (size_t i = 0; i < entries->n; i++) {
        if (strcmp(entries->items[i].name, name) == 0)
            return &entries->items[i];
    }
    return NULL;
}

static void put_entry(struct simfs_entries *entries, const char *name, struct simfs_node *node) {
    struct simfs_entry *entry = simfs_entry_of(entries, name);
    if (!entry) {
        entries->items = simfs_resize(entries->items, (entries->n + 1) * sizeof *entries->items);
        entry = &entries->items[entries->n++];
        (void)snprintf(entry->name, sizeof entry->name, "%s", name);
    }
    entry->node = node;
}

void simfs_apply_move(struct simfs_entries *entries, const struct simfs_move *move) {
    struct simfs_entry *from = simfs_entry_of(entries, move->from);
    if (from && from->node == move->node)
        *from = entries->items[--entries->n];
    if (move->to[0] != '\0')
        put_entry(entries, move->to, move->node);
}

void simfs_move(struct simfs_node *folder, const char *from, const char *to, struct simfs_node *node) {
    folder->moves = simfs_resize(folder->moves, (folder->n_moves + 1) * sizeof *folder->moves);
    struct simfs_move *move = &folder->moves[folder->n_moves++];
    *move = (struct simfs_move){.node = node};
    (void)snprintf(move->from, sizeof move->from, "%s", from);
    (void)snprintf(move->to, sizeof move->to, "%s", to);
    simfs_apply_move(&folder->entries, move);
}

bool simfs_sync_folder(struct simfs *fs, struct simfs_node *folder, const char *path) {
    fs->n_syncs++;
    if (!simfs_call(fs, "sync the folder", path, SIMFS_SYNCS_FOLDER))
        return false;
    for (size_t i = 0; i < folder->n_moves; i++)
        simfs_apply_move(&folder->durable_entries, &folder->moves[i]);
    folder->n_moves = 0;
    return true;
}

struct simfs_node *simfs_folder_of(const struct simfs *fs, const char *path, const char **ret_name) {
    struct simfs_node *node = fs->root;
    const char *at = path + 1, *slash;
    while (node && node->is_folder && (slash = strchr(at, '/'))) {
        char name[SIMFS_NAME_BYTES];
        (void)snprintf(name, sizeof name, "%.*s", (int)(slash - at), at);
        const struct simfs_entry *entry = name[0] ? simfs_entry_of(&node->entries, name) : NULL;
        node = entry ? entry->node : name[0] ? NULL : node;
        at = slash + 1;
    }
    *ret_name = at;
    return node && node->is_folder ? node : NULL;
}

struct simfs_node *simfs_find(const struct simfs *fs, const char *path) {
    const char *name;
    struct simfs_node *folder = simfs_folder_of(fs, path, &name);
    if (!folder || name[0] == '\0')
        return folder;
    const struct simfs_entry *entry = simfs_entry_of(&folder->entries, name);
    return entry ? entry->node : NULL;
}

/* ---- the table ---- */

static enum sj_status made_fail(const struct simfs *fs, enum simfs_effect effect, struct sj_error *err) {
    return sj_fail(err, simfs_is_full(fs) && effect == SIMFS_NEEDS_ROOM ? SJ_E_FULL : SJ_E_IO, "a failure was made here: %s", fs->last);
}

static enum sj_status enter(struct simfs *fs, const char *what, const char *path, enum simfs_effect effect, struct sj_error *err) {
    return simfs_call(fs, what, path, effect) ? SJ_OK : made_fail(fs, effect, err);
}

static enum sj_status missing(const char *path, struct sj_error *err) { return sj_fail(err, SJ_E_NOT_FOUND, "%s is not there", path); }

static enum sj_status new_handle(struct simfs *fs, struct simfs_node *node, sj_file *ret_file, struct sj_error *err) {
    for (int i = 0; i < SIMFS_HANDLES; i++) {
        if (!fs->handles[i].node) {
            fs->handles[i] = (struct simfs_handle){.node = node};
            fs->n_open++;
            *ret_file = i;
            return SJ_OK;
        }
    }
    return sj_fail(err, SJ_E_IO, "too many files are open");
}

static enum sj_status file_open(void *ctx, const char *path, enum sj_open how, sj_file *ret_file, struct sj_error *err) {
    struct simfs *fs = ctx;
    const char *name;
    struct simfs_node *folder = simfs_folder_of(fs, path, &name), *node = simfs_find(fs, path);
    const bool makes = folder && !node && how != SJ_OPEN_READ;
    SJ_TRY(enter(fs, makes ? "make" : "open", path, makes ? SIMFS_NEEDS_ROOM : SIMFS_LOOKS, err));
    if (!folder || (!node && !makes))
        return missing(path, err);
    if (node && how == SJ_OPEN_CREATE)
        return sj_fail(err, SJ_E_EXISTS, "%s is there already", path);
    if (node && node->is_folder)
        return sj_fail(err, SJ_E_INPUT, "%s is a folder", path);
    if (makes) {
        node = simfs_node_new(fs, false);
        simfs_move(folder, "", name, node);
    }
    return new_handle(fs, node, ret_file, err);
}

static void file_close(void *ctx, sj_file file) {
    struct simfs *fs = ctx;
    struct simfs_handle *handle = &fs->handles[file];
    if (handle->node->locked_by == handle)
        handle->node->locked_by = NULL;
    handle->node = NULL;
    fs->n_open--;
}

static enum sj_status file_read(void *ctx, sj_file file, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    struct simfs *fs = ctx;
    struct simfs_handle *handle = &fs->handles[file];
    SJ_TRY(enter(fs, "read", NULL, SIMFS_LOOKS, err));
    const size_t left = handle->node->now.n > handle->at ? handle->node->now.n - handle->at : 0, got = n < left ? n : left;
    if (got > 0)
        memcpy(bytes, handle->node->now.p + handle->at, got);
    handle->at += got;
    *ret_n = got;
    return SJ_OK;
}

/* Where a write fails, a part of it has been written. */
static enum sj_status file_write(void *ctx, sj_file file, const void *bytes, size_t n, struct sj_error *err) {
    struct simfs *fs = ctx;
    struct simfs_handle *handle = &fs->handles[file];
    const enum sj_status status = enter(fs, "write", NULL, SIMFS_NEEDS_ROOM, err);
    const size_t put = status == SJ_OK ? n : n / 2;
    simfs_write(handle->node, handle->at, bytes, put);
    handle->at += put;
    return status;
}

static enum sj_status file_sync(void *ctx, sj_file file, struct sj_error *err) {
    struct simfs *fs = ctx;
    struct simfs_handle *handle = &fs->handles[file];
    return simfs_sync_file(fs, handle->node, "a file of the store", &handle->sync_failed) ? SJ_OK : made_fail(fs, SIMFS_SYNCS, err);
}

static enum sj_status file_size(void *ctx, sj_file file, uint64_t *ret_bytes, struct sj_error *err) {
    struct simfs *fs = ctx;
    SJ_TRY(enter(fs, "look at the size", NULL, SIMFS_LOOKS, err));
    *ret_bytes = fs->handles[file].node->now.n;
    return SJ_OK;
}

/* A copy: only files that change no more are mapped. */
static enum sj_status file_map(void *ctx, sj_file file, struct sj_map *ret_map, struct sj_error *err) {
    struct simfs *fs = ctx;
    const struct simfs_bytes *bytes = &fs->handles[file].node->now;
    SJ_TRY(enter(fs, "map", NULL, SIMFS_LOOKS, err));
    *ret_map = (struct sj_map){NULL, bytes->n};
    if (bytes->n == 0)
        return SJ_OK;
    void *copy = NULL;
    if (posix_memalign(&copy, 4096, bytes->n) != 0)
        abort();
    memcpy(copy, bytes->p, bytes->n);
    ret_map->data = copy;
    fs->n_open++;
    return SJ_OK;
}

static void file_unmap(void *ctx, struct sj_map map) {
    struct simfs *fs = ctx;
    fs->n_open -= map.n > 0;
    free((void *)(uintptr_t)map.data);
}

static void file_forget(void *ctx, struct sj_map part) {
    (void)ctx;
    (void)part;
}

static bool file_lost(void *ctx, struct sj_map part) {
    (void)ctx;
    (void)part;
    return false;
}

static enum sj_status file_lock(void *ctx, sj_file file, struct sj_error *err) {
    struct simfs *fs = ctx;
    struct simfs_handle *handle = &fs->handles[file];
    SJ_TRY(enter(fs, "lock", NULL, SIMFS_LOOKS, err));
    if (handle->node->locked_by && handle->node->locked_by != handle)
        return sj_fail(err, SJ_E_BUSY, "somebody else holds the lock");
    handle->node->locked_by = handle;
    return SJ_OK;
}

static enum sj_status file_replace(void *ctx, sj_file file, const void *bytes, size_t n, struct sj_error *err) {
    struct simfs *fs = ctx;
    SJ_TRY(enter(fs, "replace", NULL, SIMFS_NEEDS_ROOM, err));
    simfs_truncate(fs->handles[file].node, 0);
    simfs_write(fs->handles[file].node, 0, bytes, n);
    return SJ_OK;
}

static enum sj_status path_rename(void *ctx, const char *from, const char *to, struct sj_error *err) {
    struct simfs *fs = ctx;
    const char *from_name, *to_name;
    struct simfs_node *folder = simfs_folder_of(fs, from, &from_name), *node = simfs_find(fs, from);
    SJ_TRY(enter(fs, "rename", from, SIMFS_NEEDS_ROOM, err));
    if (!node)
        return missing(from, err);
    if (simfs_folder_of(fs, to, &to_name) != folder)
        abort(); /* which this model does not have */
    simfs_move(folder, from_name, to_name, node);
    return SJ_OK;
}

static enum sj_status path_remove(void *ctx, const char *path, struct sj_error *err) {
    struct simfs *fs = ctx;
    const char *name;
    struct simfs_node *folder = simfs_folder_of(fs, path, &name), *node = simfs_find(fs, path);
    SJ_TRY(enter(fs, "remove", path, node ? SIMFS_CHANGES : SIMFS_LOOKS, err));
    if (!node)
        return missing(path, err);
    if (node->is_folder && node->entries.n > 0)
        return sj_fail(err, SJ_E_IO, "%s is not empty", path);
    simfs_move(folder, name, "", node);
    return SJ_OK;
}

static enum sj_status path_make_dir(void *ctx, const char *path, struct sj_error *err) {
    struct simfs *fs = ctx;
    const char *name;
    struct simfs_node *folder = simfs_folder_of(fs, path, &name);
    SJ_TRY(enter(fs, "make the folder", path, SIMFS_NEEDS_ROOM, err));
    if (!folder)
        return missing(path, err);
    if (simfs_find(fs, path))
        return sj_fail(err, SJ_E_EXISTS, "%s is there already", path);
    simfs_move(folder, "", name, simfs_node_new(fs, true));
    return SJ_OK;
}

static enum sj_status path_sync_dir(void *ctx, const char *path, struct sj_error *err) {
    struct simfs *fs = ctx;
    struct simfs_node *node = simfs_find(fs, path);
    if (!node || !node->is_folder)
        return missing(path, err);
    if (simfs_sync_folder(fs, node, path))
        return SJ_OK;
    fs->faults->sync_failed = true;
    return made_fail(fs, SIMFS_SYNCS_FOLDER, err);
}

static bool path_exists(void *ctx, const char *path) { return simfs_find(ctx, path) != NULL; }

/* The visitor may remove entries: names are copied first. */
static enum sj_status path_list(void *ctx, const char *path, enum sj_status (*visit)(void *arg, const char *name), void *arg,
                                struct sj_error *err) {
    struct simfs *fs = ctx;
    const struct simfs_node *node = simfs_find(fs, path);
    SJ_TRY(enter(fs, "list", path, SIMFS_LOOKS, err));
    if (!node || !node->is_folder)
        return missing(path, err);
    const size_t n = node->entries.n;
    struct simfs_entry *copies = simfs_resize(NULL, n * sizeof *copies);
    enum sj_status status = SJ_OK;
    if (n > 0)
        memcpy(copies, node->entries.items, n * sizeof *copies);
    for (size_t i = 0; i < n && status == SJ_OK; i++)
        status = visit(arg, copies[i].name);
    free(copies);
    return status;
}

static int64_t now_us(void *ctx) {
    struct simfs *fs = ctx;
    return fs->clock_us += 1000;
}

static enum sj_status random_bytes(void *ctx, void *bytes, size_t n, struct sj_error *err) {
    struct simfs *fs = ctx;
    struct sj_random random;
    SJ_TRY(enter(fs, "random numbers", NULL, SIMFS_LOOKS, err));
    sj_random_init(&random, fs->random++);
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)sj_random_u64(&random);
    return SJ_OK;
}

static unsigned n_processors(void *ctx) {
    (void)ctx;
    return 1;
}

static void user(void *ctx, char *out, size_t n_bytes) {
    (void)ctx;
    (void)snprintf(out, n_bytes, "somebody");
}

static int process_id(void *ctx) {
    (void)ctx;
    return 1;
}

struct simfs *simfs_new(void) {
    struct simfs *fs = simfs_resize(NULL, sizeof *fs);
    *fs = (struct simfs){.clock_us = 1700000000000000};
    fs->os = (struct sj_os){
        .ctx = fs,
        .open = file_open,
        .close = file_close,
        .read = file_read,
        .write = file_write,
        .sync = file_sync,
        .size = file_size,
        .map = file_map,
        .unmap = file_unmap,
        .forget = file_forget,
        .lost = file_lost,
        .lock = file_lock,
        .replace = file_replace,
        .rename = path_rename,
        .remove = path_remove,
        .make_dir = path_make_dir,
        .sync_dir = path_sync_dir,
        .exists = path_exists,
        .list = path_list,
        .now_us = now_us,
        .monotonic_us = now_us,
        .random = random_bytes,
        .n_processors = n_processors,
        .process_id = process_id,
        .user = user,
        .sqlite_vfs = fs->vfs_name,
    };
    fs->root = simfs_node_new(fs, true);
    (void)snprintf(fs->vfs_name, sizeof fs->vfs_name, "simfs-%p", (void *)fs);
    simfs_register_vfs(fs);
    return fs;
}
