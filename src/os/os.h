/* The operating system, as a table: files, maps, locks, the clock. The only system calls of the store; a test passes a table of
 * its own (a file system in memory, failing calls).
 *
 * Rules: paths are UTF-8 and ended with NUL. Files are opened close-on-exec. Every call that fails fills `err` with what was
 * attempted, the path and the system's reason; a full disk is SJ_E_FULL, a missing file SJ_E_NOT_FOUND, a file that is there
 * already SJ_E_EXISTS, a lock that somebody holds SJ_E_BUSY, all else SJ_E_IO.
 * A failed sync is never retried (the kernel may have dropped the pages): the caller gives up the file.
 * Threads: the table may be used from any thread; one file from one thread at a time. */
#pragma once
#include "base/buf.h"

typedef int sj_file; /* a handle, >= 0 */

enum sj_open {
    SJ_OPEN_READ,   /* must exist */
    SJ_OPEN_CREATE, /* must not exist; write only */
    SJ_OPEN_LOCK,   /* made when missing; read and write */
};

struct sj_map {
    const uint8_t *data;
    size_t n; /* bytes */
};

struct sj_os {
    void *ctx;
    enum sj_status (*open)(void *ctx, const char *path, enum sj_open how, sj_file *ret_file, struct sj_error *err);
    void (*close)(void *ctx, sj_file file);
    /* Reads up to n bytes where the file stands; *ret_n == 0 is the end. */
    enum sj_status (*read)(void *ctx, sj_file file, void *bytes, size_t n, size_t *ret_n, struct sj_error *err);
    /* Writes all n bytes at the end of what was written. */
    enum sj_status (*write)(void *ctx, sj_file file, const void *bytes, size_t n, struct sj_error *err);
    enum sj_status (*sync)(void *ctx, sj_file file, struct sj_error *err);
    enum sj_status (*size)(void *ctx, sj_file file, uint64_t *ret_bytes, struct sj_error *err);
    /* The whole file, read-only. A map stays good after close and after remove. What the disk cannot give of it reads as zeros (see
     * sj_os_catch_disk_errors()). */
    enum sj_status (*map)(void *ctx, sj_file file, struct sj_map *ret_map, struct sj_error *err);
    void (*unmap)(void *ctx, struct sj_map map);
    /* A part of a map will not be read again soon: its memory may be given back. It can still be read. */
    void (*forget)(void *ctx, struct sj_map part);
    /* Whether something of a part of a map could not be read, so that zeros were there in its place: what was made of it is void. It
     * stays so until the map is undone; a new map of the file begins anew. Costs one load from memory where all is well. */
    bool (*lost)(void *ctx, struct sj_map part);
    /* Takes the lock of the whole file for this open handle without waiting; released by close and by the end of the process. */
    enum sj_status (*lock)(void *ctx, sj_file file, struct sj_error *err);
    /* Replaces the contents of a file opened with SJ_OPEN_LOCK: who holds the lock, for the message to others. Not synced. */
    enum sj_status (*replace)(void *ctx, sj_file file, const void *bytes, size_t n, struct sj_error *err);
    enum sj_status (*rename)(void *ctx, const char *from, const char *to, struct sj_error *err);
    enum sj_status (*remove)(void *ctx, const char *path, struct sj_error *err); /* a file, or an empty folder */
    enum sj_status (*make_dir)(void *ctx, const char *path, struct sj_error *err);
    enum sj_status (*sync_dir)(void *ctx, const char *path, struct sj_error *err);
    bool (*exists)(void *ctx, const char *path);
    /* Calls visit for every entry but "." and ".."; stops at the first failure. */
    enum sj_status (*list)(void *ctx, const char *path, enum sj_status (*visit)(void *arg, const char *name), void *arg,
                           struct sj_error *err);
    int64_t (*now_us)(void *ctx);       /* wall clock, microseconds UTC */
    int64_t (*monotonic_us)(void *ctx); /* for measuring spans */
    enum sj_status (*random)(void *ctx, void *bytes, size_t n, struct sj_error *err);
    unsigned (*n_processors)(void *ctx);
    int (*process_id)(void *ctx);
    void (*user)(void *ctx, char *out, size_t n_bytes); /* the name of who runs the process, cut to n_bytes with NUL; or its number */
    const char *sqlite_vfs; /* the name of SQLite's VFS over the same files, registered; NULL: its own for this system */
};

const struct sj_os *sj_os_real(void);

/* The system tells of a page of a map that the disk cannot give by a signal, SIGBUS, which ends the program. After this call it ends
 * no more: the page reads as zeros, and `lost` tells. It is for the program to call, at its beginning, since signals are the program's.
 * A signal that is of no map of ours goes where it went before. Once for the process; a second call does nothing. */
void sj_os_catch_disk_errors(void);

/* Reads a whole file into `out`; SJ_E_LIMIT when it is larger than the buffer's cap. */
enum sj_status sj_os_read_file(const struct sj_os *os, const char *path, struct sj_buf *out, struct sj_error *err);

/* A zone by IANA name ("Europe/Amsterdam"), by "UTC" (gives NULL, which is UTC), or by offset ("+02:00"). Names are looked up in
 * the system's zone files; anything but letters, digits, '_', '-', '+' and '/' is refused. Caller: sj_zone_free(). */
struct sj_zone;
enum sj_status sj_os_zone(const struct sj_os *os, const struct sj_alloc *mem, struct sj_str name, struct sj_zone **ret_zone,
                          struct sj_error *err);
