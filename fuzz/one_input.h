/* Imports the fuzzer's bytes as a file of one format, as a dry run: looks at it, and reads it by the plan where there is one. */
#pragma once
#include "ingest/ingest.h"

struct one_input {
    const uint8_t *bytes;
    size_t n, at;
};

static enum sj_status input_open(void *ctx, const char *path, enum sj_open how, sj_file *ret_file, struct sj_error *err) {
    (void)ctx, (void)path, (void)how, (void)err;
    *ret_file = 3;
    return SJ_OK;
}

static void input_close(void *ctx, sj_file file) { (void)ctx, (void)file; }

static enum sj_status input_read(void *ctx, sj_file file, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    (void)file, (void)err;
    struct one_input *input = ctx;
    size_t left = input->n - input->at;
    *ret_n = n < left ? n : left;
    if (*ret_n > 0)
        memcpy(bytes, input->bytes + input->at, *ret_n);
    input->at += *ret_n;
    return SJ_OK;
}

static enum sj_status input_size(void *ctx, sj_file file, uint64_t *ret_bytes, struct sj_error *err) {
    (void)file, (void)err;
    *ret_bytes = ((const struct one_input *)ctx)->n;
    return SJ_OK;
}

static enum sj_status look_on_reject(void *ctx, const struct sj_reject *reject, struct sj_error *err) {
    (void)err;
    *(size_t *)ctx += reject->raw.n + reject->reason.n;
    return SJ_OK;
}

static inline void import_input(const uint8_t *bytes, size_t n, const struct sj_ingest_options *options) {
    struct one_input input = {.bytes = bytes, .n = n};
    struct sj_os os = {.ctx = &input, .open = input_open, .close = input_close, .read = input_read, .size = input_size};
    struct sj_ingest_plan *plan;
    struct sj_error err = {0};
    if (sj_ingest_look(&os, sj_alloc_libc(), "input", options, &plan, &err) != SJ_OK)
        return;
    size_t n_rejected_bytes = 0;
    const struct sj_ingest_watch watch = {.ctx = &n_rejected_bytes, .reject = look_on_reject};
    struct sj_ingest_summary summary;
    (void)sj_ingest_run(plan, NULL, &watch, &summary, &err);
    sj_ingest_plan_free(plan);
}
