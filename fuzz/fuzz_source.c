/* Any bytes as a file: decompressed, decoded, sniffed, planned, described and read in a dry run. */
#include <stdint.h>
#include <stdlib.h>

#include "ingest/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t n, at;
};

static enum sj_status input_open(void *ctx, const char *path, enum sj_open how, sj_file *ret_file, struct sj_error *err) {
    (void)ctx, (void)path, (void)how, (void)err;
    *ret_file = 0;
    return SJ_OK;
}

static void input_close(void *ctx, sj_file file) { (void)ctx, (void)file; }

static enum sj_status input_read(void *ctx, sj_file file, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    (void)file, (void)err;
    struct input *in = ctx;
    *ret_n = in->n - in->at < n ? in->n - in->at : n;
    if (*ret_n > 0)
        memcpy(bytes, in->data + in->at, *ret_n);
    in->at += *ret_n;
    return SJ_OK;
}

static enum sj_status input_size(void *ctx, sj_file file, uint64_t *ret_bytes, struct sj_error *err) {
    (void)file, (void)err;
    *ret_bytes = ((struct input *)ctx)->n;
    return SJ_OK;
}

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
    struct input in = {.data = data, .n = size};
    struct sj_os os = {.ctx = &in, .open = input_open, .close = input_close, .read = input_read, .size = input_size};
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
