/* Imports each file as a segment of its own and leaves the segments as they are, which `sojourn import` does not: it merges
 * neighbours when there are eight. For measuring questions over a store that was not compacted yet.
 *
 *   parts STORE FILE… */
#include <stdio.h>

#include "ingest/ingest.h"

static enum sj_status import_file(struct sj_store *store, const char *path, struct sj_error *err) {
    struct sj_ingest_options options;
    struct sj_ingest_plan *plan;
    struct sj_writer *writer = NULL;
    struct sj_ingest_summary summary;
    struct sj_commit commit;
    const struct sj_ingest_watch watch = {0};
    sj_ingest_options_init(&options);
    SJ_TRY(sj_ingest_look(sj_os_real(), sj_alloc_libc(), path, &options, &plan, err));
    enum sj_status status;
    SJ_TRY_CLEAN(sj_writer_open(store, SJ_LOAD_BULK, &writer, err));
    SJ_TRY_CLEAN(sj_ingest_run(plan, writer, &watch, &summary, err));
    SJ_TRY_CLEAN(sj_writer_commit(writer, NULL, &commit, err));
cleanup:
    if (writer != NULL)
        sj_writer_close(writer);
    sj_ingest_plan_free(plan);
    return status;
}

static enum sj_status import_files(char **words, struct sj_error *err) {
    const struct sj_store_options options = {.os = sj_os_real(), .mem = sj_alloc_libc(), .program = "parts"};
    struct sj_store *store;
    SJ_TRY(sj_store_create(&options, words[0], NULL, err));
    SJ_TRY(sj_store_open(&options, words[0], true, &store, err));
    enum sj_status status = SJ_OK;
    for (char **path = words + 1; *path != NULL && status == SJ_OK; path++)
        status = import_file(store, *path, err);
    sj_store_close(store);
    return status;
}

int main(int argc, char **argv) {
    struct sj_error error = {0};
    if (argc < 3) {
        (void)fputs("usage: parts STORE FILE...\n", stderr);
        return 2;
    }
    const enum sj_status status = import_files(argv + 1, &error);
    if (status != SJ_OK)
        (void)fprintf(stderr, "parts: %s\n", error.message);
    return sj_status_exit(status);
}
