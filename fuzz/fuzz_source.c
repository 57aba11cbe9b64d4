/* Any bytes as a file: decompressed, decoded, sniffed, planned, described and read in a dry run. */
#include <stdint.h>
#include <stdlib.h>

#include "one_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_plan(struct sj_ingest_plan *plan) {
    struct sj_result result;
    struct sj_arena arena;
    struct sj_str mapping;
    struct sj_ingest_summary summary;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    sj_arena_init(&arena, sj_alloc_libc());
    if (sj_ingest_describe(plan, &result, NULL) != SJ_OK || sj_ingest_mapping(plan, &arena, &mapping, NULL) != SJ_OK)
        abort();
    if (sj_ingest_run(plan, NULL, NULL, &summary, NULL) == SJ_OK && summary.n_rows != summary.n_events + summary.n_rejected)
        abort();
    sj_result_done(&result);
    sj_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct one_input input = {.bytes = data, .n = size};
    struct sj_os os = {.ctx = &input, .open = input_open, .close = input_close, .read = input_read, .size = input_size};
    struct sj_ingest_options options;
    struct sj_ingest_plan *plan;
    struct sj_error err = {0};
    sj_ingest_options_init(&options);
    const enum sj_status status = sj_ingest_look(&os, sj_alloc_libc(), "-", &options, &plan, &err);
    if (status == SJ_OK) {
        use_plan(plan);
        sj_ingest_plan_free(plan);
    } else if (err.status != status || err.message[0] == '\0') {
        abort();
    }
    return 0;
}
