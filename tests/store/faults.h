/* Allocators that fail on demand: the n-th allocation, once or from then on. The store's is passed in, SQLite's is the process's. */
#pragma once
#include <sqlite3.h>
#include "model.h"

struct faults {
    long n_until_failure; /* so many allocations succeed; negative: all */
    bool for_good;        /* all later ones fail too */
    bool happened;
    long n_alive; /* of the store's allocator */
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

static inline void *fault_resize(void *ctx, void *ptr, size_t bytes) {
    struct faults *f = ctx;
    if (bytes > 0 && fault_now(f))
        return NULL;
    f->n_alive += (bytes > 0 && ptr == NULL) - (bytes == 0 && ptr != NULL);
    return sj_alloc_libc()->resize(sj_alloc_libc()->ctx, ptr, bytes);
}

static inline struct sj_alloc fault_alloc(struct faults *f) { return (struct sj_alloc){.resize = fault_resize, .ctx = f}; }

/* ---- SQLite's ---- */

static struct faults *sqlite_faults; /* NULL: none fails */
static sqlite3_mem_methods sqlite_real;

static inline void *sqlite_malloc(int n_bytes) { return sqlite_faults && fault_now(sqlite_faults) ? NULL : sqlite_real.xMalloc(n_bytes); }
static inline void *sqlite_realloc(void *ptr, int n_bytes) {
    return sqlite_faults && fault_now(sqlite_faults) ? NULL : sqlite_real.xRealloc(ptr, n_bytes);
}

/* Before SQLite is used. */
static inline bool hook_sqlite(void) {
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_real) != SQLITE_OK)
        return false;
    sqlite3_mem_methods hooked = sqlite_real;
    hooked.xMalloc = sqlite_malloc;
    hooked.xRealloc = sqlite_realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &hooked) == SQLITE_OK;
}
