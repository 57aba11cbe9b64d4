#include "cli/output.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The only state of the program that is not passed on: a signal handler can be told in no other way. It holds the names of files
 * being written; a slot is free when its first byte is 0, which is also written first when one is dropped. */
#define PARTS_MAX 4
#define PATH_BYTES_MAX 4096
static char parts[PARTS_MAX][PATH_BYTES_MAX];

static void on_interrupt(int signal_number) {
    for (int i = 0; i < PARTS_MAX; i++)
        if (parts[i][0] != '\0')
            unlink(parts[i]);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void sj_interrupt_prepare(void) {
    const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (signal(signals[i], on_interrupt) == SIG_IGN)
            signal(signals[i], SIG_IGN); /* as it was: nohup */
}

static void remember(const char *path) {
    size_t n = strlen(path);
    for (int i = 0; i < PARTS_MAX && n < PATH_BYTES_MAX; i++) {
        if (parts[i][0] != '\0')
            continue;
        memcpy(parts[i] + 1, path + 1, n);
        parts[i][0] = path[0];
        return;
    }
}

static void forget(const char *path) {
    for (int i = 0; i < PARTS_MAX; i++)
        if (strcmp(parts[i], path) == 0)
            parts[i][0] = '\0';
}

static bool is_device(const char *path) { return strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0; }

enum sj_status sj_output_open(const struct sj_os *os, struct sj_arena *arena, const char *path, bool keep, struct sj_output *ret_output,
                              struct sj_error *err) {
    struct sj_output output = {.os = os, .path = path};
    if (path == NULL || strcmp(path, "-") == 0) {
        *ret_output = (struct sj_output){.os = os, .is_open = true};
        return SJ_OK;
    }
    if (path[0] == '\0')
        return sj_fail(err, SJ_E_USAGE, "the name of the file to write is empty");
    if (is_device(path)) {
        SJ_TRY(os->open(os->ctx, path, SJ_OPEN_LOCK, &output.file, err));
    } else {
        if (keep && os->exists(os->ctx, path))
            return sj_fail(err, SJ_E_EXISTS, "%s is there already and is not replaced. Give another name, or move it away", path);
        SJ_TRY(sj_arena_print(arena, &output.part, err, "%s.part-%d", path, os->process_id(os->ctx)));
        remember(output.part);
        enum sj_status status = os->open(os->ctx, output.part, SJ_OPEN_CREATE, &output.file, err);
        if (status != SJ_OK) {
            forget(output.part);
            return status;
        }
    }
    output.is_open = true;
    *ret_output = output;
    return SJ_OK;
}

enum sj_status sj_output_write(void *ctx, const void *bytes, size_t n, struct sj_error *err) {
    struct sj_output *output = ctx;
    if (output->path != NULL)
        return output->os->write(output->os->ctx, output->file, bytes, n, err);
    if (n > 0 && fwrite(bytes, 1, n, stdout) != n)
        return sj_fail(err, SJ_E_IO, "standard output takes no more: the answer is not whole. Is the disk full, or the pipe closed?");
    return SJ_OK;
}

enum sj_status sj_output_commit(struct sj_output *output, struct sj_error *err) {
    const struct sj_os *os = output->os;
    if (output->path == NULL) {
        output->is_open = false;
        if (fflush(stdout) != 0)
            return sj_fail(err, SJ_E_IO, "standard output takes no more: the answer is not whole. Is the disk full, or the pipe closed?");
        return SJ_OK;
    }
    if (output->part != NULL)
        SJ_TRY(os->sync(os->ctx, output->file, err));
    os->close(os->ctx, output->file);
    output->is_open = false;
    if (output->part == NULL)
        return SJ_OK;
    enum sj_status status = os->rename(os->ctx, output->part, output->path, err);
    if (status != SJ_OK)
        os->remove(os->ctx, output->part, NULL);
    forget(output->part);
    return status;
}

void sj_output_drop(struct sj_output *output) {
    if (!output->is_open || output->path == NULL)
        return;
    output->os->close(output->os->ctx, output->file);
    output->is_open = false;
    if (output->part != NULL) {
        output->os->remove(output->os->ctx, output->part, NULL);
        forget(output->part);
    }
}
