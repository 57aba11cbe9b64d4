/* The file of rejected rows: line, column, reason, raw text, as CSV. It is there only when something was rejected. */
#pragma once
#include "cli/cli.h"
#include "cli/output.h"
#include "ingest/ingest.h"

struct sj_rejects {
    struct sj_cli *cli;
    const char *path; /* where it goes; free names are found when none was given */
    bool given;       /* by the user: then it replaces what is there */
    struct sj_output output;
    struct sj_buf text;
    uint64_t n;
    bool is_written; /* the file is there, whole */
    bool has_failed; /* it could not be written: the error is about this file */
};

/* `given` NULL: "<name of the file>.rejects.csv" in the current folder, or with a number where that is taken. */
enum sj_status sj_rejects_init(struct sj_rejects *rejects, struct sj_cli *cli, const char *file, const char *given, struct sj_error *err);
/* `ctx` is the rejects: fits in sj_ingest_watch. */
enum sj_status sj_rejects_add(void *ctx, const struct sj_reject *reject, struct sj_error *err);
/* Makes the file, also when the import itself fails: it says why. */
enum sj_status sj_rejects_commit(struct sj_rejects *rejects, struct sj_error *err);
void sj_rejects_done(struct sj_rejects *rejects);
