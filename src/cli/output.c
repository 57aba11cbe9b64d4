#include "cli/output.h"

#include <stdio.h>
#include <string.h>

#include "cli/interrupt.h"

static bool is_device(const char *path) { return strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0; }

/* A message that names the part names the file instead: that is what the reader knows. */
static enum sj_status name_file(const struct sj_output *output, enum sj_status status, struct sj_error *err) {
    if (err == NULL || status == SJ_OK || output->part == NULL)
        return status;
    size_t n_path = strlen(output->path), n_part = strlen(output->part);
    char *at = strstr(err->message, output->part);
    if (at == NULL)
        return sj_fail_in(err, status, "%s", output->path);
    memmove(at + n_path, at + n_part, strlen(at + n_part) + 1);
    return status;
}

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
        sj_interrupt_remember(output.part);
        enum sj_status status = os->open(os->ctx, output.part, SJ_OPEN_CREATE, &output.file, err);
        if (status != SJ_OK) {
            sj_interrupt_forget(output.part);
            return name_file(&output, status, err);
        }
    }
    output.is_open = true;
    *ret_output = output;
    return SJ_OK;
}

enum sj_status sj_output_write(void *ctx, const void *bytes, size_t n, struct sj_error *err) {
    struct sj_output *output = ctx;
    if (output->path != NULL)
        return name_file(output, output->os->write(output->os->ctx, output->file, bytes, n, err), err);
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
        SJ_TRY(name_file(output, os->sync(os->ctx, output->file, err), err));
    os->close(os->ctx, output->file);
    output->is_open = false;
    if (output->part == NULL)
        return SJ_OK;
    enum sj_status status = os->rename(os->ctx, output->part, output->path, err);
    if (status != SJ_OK)
        os->remove(os->ctx, output->part, NULL);
    sj_interrupt_forget(output->part);
    return name_file(output, status, err);
}

void sj_output_drop(struct sj_output *output) {
    if (!output->is_open || output->path == NULL)
        return;
    output->os->close(output->os->ctx, output->file);
    output->is_open = false;
    if (output->part != NULL) {
        output->os->remove(output->os->ctx, output->part, NULL);
        sj_interrupt_forget(output->part);
    }
}
