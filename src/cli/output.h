/* Where an answer goes: standard output, or a file that is there whole or not at all.
 *
 * A file is written under a name of its own beside the right one (".part"), and takes the name at the end; whatever happens before,
 * a file that had the name stays as it was. Devices (/dev/…, /proc/…) are written directly. It is
 * removed when the program is ended by a signal (cli/interrupt.h). Messages name the file, never the part. */
#pragma once
#include "os/os.h"

struct sj_output {
    const struct sj_os *os;
    const char *path; /* NULL: standard output */
    const char *part; /* NULL: written directly */
    sj_file file;
    bool is_open;
};

/* `path` NULL or "-": standard output. `keep` makes an existing file an error. Paths live in the arena. */
enum sj_status sj_output_open(const struct sj_os *os, struct sj_arena *arena, const char *path, bool keep, struct sj_output *ret_output,
                              struct sj_error *err);
/* `ctx` is the output: fits as a sink. */
enum sj_status sj_output_write(void *ctx, const void *bytes, size_t n, struct sj_error *err);
enum sj_status sj_output_commit(struct sj_output *output, struct sj_error *err);
void sj_output_drop(struct sj_output *output); /* nothing of it is left. Also after commit: does nothing then */
