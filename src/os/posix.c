/* The table of os.h over POSIX and Linux. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "os/map.h"

static enum sj_status status_of(int error) {
    switch (error) {
    case ENOENT: return SJ_E_NOT_FOUND;
    case EEXIST: return SJ_E_EXISTS;
    case ENOSPC:
    case EDQUOT: return SJ_E_FULL;
    default: return SJ_E_IO;
    }
}

static const char *reason(int error, char text[128]) { return strerror_r(error, text, 128); }

static enum sj_status file_open(void *ctx, const char *path, enum sj_open how, sj_file *ret_file, struct sj_error *err) {
    (void)ctx;
    static const int flags[] = {
        [SJ_OPEN_READ] = O_RDONLY,
        [SJ_OPEN_CREATE] = O_WRONLY | O_CREAT | O_EXCL,
        [SJ_OPEN_LOCK] = O_RDWR | O_CREAT,
    };
    int file;
    do {
        file = open(path, flags[how] | O_CLOEXEC, 0600);
    } while (file < 0 && errno == EINTR);
    char text[128];
    if (file < 0)
        return sj_fail(err, status_of(errno), "cannot open %s: %s", path, reason(errno, text));
    struct stat st;
    if (fstat(file, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(file);
        return sj_fail(err, SJ_E_INPUT, "%s is a folder; a file was expected", path);
    }
    *ret_file = file;
    return SJ_OK;
}

static void file_close(void *ctx, sj_file file) {
    (void)ctx;
    (void)close(file);
}

static enum sj_status file_read(void *ctx, sj_file file, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    (void)ctx;
    ssize_t got;
    do {
        got = read(file, bytes, n);
    } while (got < 0 && errno == EINTR);
    char text[128];
    if (got < 0)
        return sj_fail(err, SJ_E_IO, "cannot read: %s", reason(errno, text));
    *ret_n = (size_t)got;
    return SJ_OK;
}

static enum sj_status file_write(void *ctx, sj_file file, const void *bytes, size_t n, struct sj_error *err) {
    (void)ctx;
    const char *p = bytes;
    while (n > 0) {
        const ssize_t put = write(file, p, n);
        if (put < 0 && errno == EINTR)
            continue;
        char text[128];
        if (put < 0)
            return sj_fail(err, status_of(errno), "cannot write: %s", reason(errno, text));
        p += put;
        n -= (size_t)put;
    }
    return SJ_OK;
}

static enum sj_status file_sync(void *ctx, sj_file file, struct sj_error *err) {
    (void)ctx;
    char text[128];
    if (fsync(file) != 0)
        return sj_fail(err, status_of(errno), "the disk did not confirm a write: %s", reason(errno, text));
    return SJ_OK;
}

static enum sj_status file_size(void *ctx, sj_file file, uint64_t *ret_bytes, struct sj_error *err) {
    (void)ctx;
    struct stat st;
    char text[128];
    if (fstat(file, &st) != 0)
        return sj_fail(err, SJ_E_IO, "cannot read the size of a file: %s", reason(errno, text));
    *ret_bytes = (uint64_t)st.st_size;
    return SJ_OK;
}

static enum sj_status file_map(void *ctx, sj_file file, struct sj_map *ret_map, struct sj_error *err) {
    uint64_t n = 0;
    SJ_TRY(file_size(ctx, file, &n, err));
    if (n == 0) {
        *ret_map = (struct sj_map){NULL, 0};
        return SJ_OK;
    }
    char text[128];
    if (!sj_map_open(file, n, ret_map))
        return sj_fail(err, SJ_E_IO, "cannot map a file into memory: %s", reason(errno, text));
    return SJ_OK;
}

static void file_unmap(void *ctx, struct sj_map map) {
    (void)ctx;
    if (map.n > 0)
        sj_map_close(map);
}

static void file_forget(void *ctx, struct sj_map part) {
    (void)ctx;
    sj_map_forget(part);
}

static bool file_lost(void *ctx, struct sj_map part) {
    (void)ctx;
    return sj_map_lost(part);
}

/* An open-file-description lock: it belongs to this handle, not to the process, so two handles in one process exclude each
 * other too, and closing some other handle of the file does not release it. */
static enum sj_status file_lock(void *ctx, sj_file file, struct sj_error *err) {
    (void)ctx;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(file, F_OFD_SETLK, &lock) == 0)
        return SJ_OK;
    char text[128];
    if (errno == EAGAIN || errno == EACCES)
        return sj_fail(err, SJ_E_BUSY, "somebody else holds the lock");
    return sj_fail(err, SJ_E_IO, "cannot lock: %s", reason(errno, text));
}

static enum sj_status file_replace(void *ctx, sj_file file, const void *bytes, size_t n, struct sj_error *err) {
    char text[128];
    if (ftruncate(file, 0) != 0 || lseek(file, 0, SEEK_SET) < 0)
        return sj_fail(err, status_of(errno), "cannot replace the contents of a file: %s", reason(errno, text));
    return file_write(ctx, file, bytes, n, err);
}

static enum sj_status path_rename(void *ctx, const char *from, const char *to, struct sj_error *err) {
    (void)ctx;
    char text[128];
    if (rename(from, to) != 0)
        return sj_fail(err, status_of(errno), "cannot rename %s to %s: %s", from, to, reason(errno, text));
    return SJ_OK;
}

static enum sj_status path_remove(void *ctx, const char *path, struct sj_error *err) {
    (void)ctx;
    char text[128];
    if (remove(path) != 0)
        return sj_fail(err, status_of(errno), "cannot remove %s: %s", path, reason(errno, text));
    return SJ_OK;
}

static enum sj_status path_make_dir(void *ctx, const char *path, struct sj_error *err) {
    (void)ctx;
    char text[128];
    if (mkdir(path, 0700) != 0)
        return sj_fail(err, status_of(errno), "cannot make the folder %s: %s", path, reason(errno, text));
    return SJ_OK;
}

static enum sj_status path_sync_dir(void *ctx, const char *path, struct sj_error *err) {
    char text[128];
    const int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return sj_fail(err, status_of(errno), "cannot open the folder %s: %s", path, reason(errno, text));
    const enum sj_status status = file_sync(ctx, dir, err);
    (void)close(dir);
    return status;
}

static bool path_exists(void *ctx, const char *path) {
    (void)ctx;
    struct stat st;
    return stat(path, &st) == 0;
}

static enum sj_status path_list(void *ctx, const char *path, enum sj_status (*visit)(void *arg, const char *name), void *arg,
                                struct sj_error *err) {
    (void)ctx;
    char text[128];
    DIR *dir = opendir(path);
    if (!dir)
        return sj_fail(err, status_of(errno), "cannot list the folder %s: %s", path, reason(errno, text));
    enum sj_status status = SJ_OK;
    const struct dirent *entry;
    /* One DIR is read by one thread, for which POSIX makes readdir safe. */
    while (status == SJ_OK && (entry = readdir(dir))) { // NOLINT(concurrency-mt-unsafe)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = visit(arg, entry->d_name);
    }
    (void)closedir(dir);
    return status;
}

static int64_t clock_us(clockid_t clock) {
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t now_us(void *ctx) {
    (void)ctx;
    return clock_us(CLOCK_REALTIME);
}

static int64_t monotonic_us(void *ctx) {
    (void)ctx;
    return clock_us(CLOCK_MONOTONIC);
}

static enum sj_status random_bytes(void *ctx, void *bytes, size_t n, struct sj_error *err) {
    (void)ctx;
    uint8_t *p = bytes;
    while (n > 0) {
        const ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return sj_fail(err, SJ_E_IO, "the system gives no random numbers");
        p += got;
        n -= (size_t)got;
    }
    return SJ_OK;
}

static unsigned n_processors(void *ctx) {
    (void)ctx;
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (unsigned)n;
}

static int process_id(void *ctx) {
    (void)ctx;
    return (int)getpid();
}

static void user(void *ctx, char *out, size_t n_bytes) {
    struct passwd entry, *found = NULL;
    char text[4096];
    (void)ctx;
    if (getpwuid_r(geteuid(), &entry, text, sizeof text, &found) == 0 && found)
        (void)snprintf(out, n_bytes, "%s", found->pw_name);
    else
        (void)snprintf(out, n_bytes, "%u", (unsigned)geteuid());
}

const struct sj_os *sj_os_real(void) {
    static const struct sj_os os = {
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
        .monotonic_us = monotonic_us,
        .random = random_bytes,
        .n_processors = n_processors,
        .process_id = process_id,
        .user = user,
    };
    return &os;
}
