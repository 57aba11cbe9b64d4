/* A system and an allocator that fail on demand: the n-th call, once or from then on. */
#pragma once
#include "model.h"

struct faults {
    long n_until_failure;  /* so many calls succeed; negative: all */
    enum sj_status status; /* of the failure; SJ_E_FULL where a disk can be full, else SJ_E_IO */
    bool for_good;         /* all later calls fail too */
    bool happened;
    long n_alive; /* allocations, open files and maps */
};

static inline bool fault_now(struct faults *f) {
    if (f->n_until_failure < 0 || (f->happened && !f->for_good))
        return false;
    if (f->n_until_failure > 0) {
        f->n_until_failure--;
        return false;
    }
    f->happened = true;
    return true;
}

static inline enum sj_status fault(struct faults *f, bool fills, struct sj_error *err) {
    if (!fault_now(f))
        return SJ_OK;
    return sj_fail(err, fills ? f->status : SJ_E_IO, "a fault was made here");
}

static inline const struct sj_os *fault_real(void) { return sj_os_real(); }

static inline enum sj_status fault_open(void *ctx, const char *path, enum sj_open how, sj_file *ret_file, struct sj_error *err) {
    struct faults *f = ctx;
    SJ_TRY(fault(f, how != SJ_OPEN_READ, err));
    SJ_TRY(fault_real()->open(NULL, path, how, ret_file, err));
    f->n_alive++;
    return SJ_OK;
}
static inline void fault_close(void *ctx, sj_file file) {
    ((struct faults *)ctx)->n_alive--;
    fault_real()->close(NULL, file);
}
static inline enum sj_status fault_read(void *ctx, sj_file file, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    SJ_TRY(fault(ctx, false, err));
    return fault_real()->read(NULL, file, bytes, n, ret_n, err);
}
/* A disk that fills up takes a part. */
static inline enum sj_status fault_write(void *ctx, sj_file file, const void *bytes, size_t n, struct sj_error *err) {
    const enum sj_status status = fault(ctx, true, err);
    if (status != SJ_OK) {
        (void)fault_real()->write(NULL, file, bytes, n / 2, NULL);
        return status;
    }
    return fault_real()->write(NULL, file, bytes, n, err);
}
static inline enum sj_status fault_sync(void *ctx, sj_file file, struct sj_error *err) {
    SJ_TRY(fault(ctx, true, err));
    return fault_real()->sync(NULL, file, err);
}
static inline enum sj_status fault_size(void *ctx, sj_file file, uint64_t *ret_bytes, struct sj_error *err) {
    SJ_TRY(fault(ctx, false, err));
    return fault_real()->size(NULL, file, ret_bytes, err);
}
static inline enum sj_status fault_map(void *ctx, sj_file file, struct sj_map *ret_map, struct sj_error *err) {
    struct faults *f = ctx;
    SJ_TRY(fault(f, false, err));
    SJ_TRY(fault_real()->map(NULL, file, ret_map, err));
    f->n_alive += ret_map->n > 0;
    return SJ_OK;
}
static inline void fault_unmap(void *ctx, struct sj_map map) {
    ((struct faults *)ctx)->n_alive -= map.n > 0;
    fault_real()->unmap(NULL, map);
}
static inline enum sj_status fault_lock(void *ctx, sj_file file, struct sj_error *err) {
    SJ_TRY(fault(ctx, false, err));
    return fault_real()->lock(NULL, file, err);
}
static inline enum sj_status fault_replace(void *ctx, sj_file file, const void *bytes, size_t n, struct sj_error *err) {
    SJ_TRY(fault(ctx, true, err));
    return fault_real()->replace(NULL, file, bytes, n, err);
}
static inline enum sj_status fault_rename(void *ctx, const char *from, const char *to, struct sj_error *err) {
    SJ_TRY(fault(ctx, true, err));
    return fault_real()->rename(NULL, from, to, err);
}
static inline enum sj_status fault_remove(void *ctx, const char *path, struct sj_error *err) {
    SJ_TRY(fault(ctx, false, err));
    return fault_real()->remove(NULL, path, err);
}
static inline enum sj_status fault_make_dir(void *ctx, const char *path, struct sj_error *err) {
    SJ_TRY(fault(ctx, true, err));
    return fault_real()->make_dir(NULL, path, err);
}
static inline enum sj_status fault_sync_dir(void *ctx, const char *path, struct sj_error *err) {
    SJ_TRY(fault(ctx, true, err));
    return fault_real()->sync_dir(NULL, path, err);
}
static inline enum sj_status fault_list(void *ctx, const char *path, enum sj_status (*visit)(void *arg, const char *name), void *arg,
                                        struct sj_error *err) {
    SJ_TRY(fault(ctx, false, err));
    return fault_real()->list(NULL, path, visit, arg, err);
}
static inline enum sj_status fault_random(void *ctx, void *bytes, size_t n, struct sj_error *err) {
    SJ_TRY(fault(ctx, false, err));
    return fault_real()->random(NULL, bytes, n, err);
}

/* What cannot fail (exists, the clock) is the system's own. */
static inline struct sj_os fault_os(struct faults *f) {
    struct sj_os os = *sj_os_real();
    os.ctx = f;
    os.open = fault_open;
    os.close = fault_close;
    os.read = fault_read;
    os.write = fault_write;
    os.sync = fault_sync;
    os.size = fault_size;
    os.map = fault_map;
    os.unmap = fault_unmap;
    os.lock = fault_lock;
    os.replace = fault_replace;
    os.rename = fault_rename;
    os.remove = fault_remove;
    os.make_dir = fault_make_dir;
    os.sync_dir = fault_sync_dir;
    os.list = fault_list;
    os.random = fault_random;
    return os;
}

static inline void *fault_resize(void *ctx, void *ptr, size_t bytes) {
    struct faults *f = ctx;
    if (bytes > 0 && fault_now(f))
        return NULL;
    f->n_alive += (bytes > 0 && ptr == NULL) - (bytes == 0 && ptr != NULL);
    return sj_alloc_libc()->resize(sj_alloc_libc()->ctx, ptr, bytes);
}

static inline struct sj_alloc fault_alloc(struct faults *f) { return (struct sj_alloc){.resize = fault_resize, .ctx = f}; }
