/* The fuzzer's bytes as a file to import: looked at, and read by the plan where there is one, as a dry run. */
#pragma once
#include "ingest/ingest.h"
#include "target.h"

/* What an import may use. */
#define FILE_BYTES ((size_t)96 << 20)

struct one_input {
    struct sj_str left;
    size_t step; /* bytes that one read gives at most; 0: all that is asked for */
};

/* The only file that there is is "-". */
static enum sj_status input_open(void *ctx, const char *path, enum sj_open how, sj_file *ret_file, struct sj_error *err) {
    (void)ctx, (void)how;
    if (strcmp(path, "/dev/stdin") != 0)
        return sj_fail(err, SJ_E_NOT_FOUND, "%s: not there", path);
    *ret_file = 3;
    return SJ_OK;
}

static void input_close(void *ctx, sj_file file) { (void)ctx, (void)file; }

static enum sj_status input_read(void *ctx, sj_file file, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    (void)file, (void)err;
    struct one_input *input = ctx;
    n = input->step > 0 && input->step < n ? input->step : n;
    *ret_n = n < input->left.n ? n : input->left.n;
    if (*ret_n > 0)
        memcpy(bytes, input->left.p, *ret_n);
    input->left.p += *ret_n;
    input->left.n -= *ret_n;
    return SJ_OK;
}

static inline struct sj_os input_os(struct one_input *input) {
    return (struct sj_os){.ctx = input, .open = input_open, .close = input_close, .read = input_read};
}

static enum sj_status look_on_reject(void *ctx, const struct sj_reject *reject, struct sj_error *err) {
    (void)err;
    require(reject->reason.n > 0);
    *(size_t *)ctx += reject->raw.n + reject->reason.n;
    return SJ_OK;
}

/* What fails says so in words. */
static inline void require_told(enum sj_status status, const struct sj_error *err) {
    require(status == SJ_OK || (err->status == status && err->message[0] != '\0' && status != SJ_E_BUG));
}

static inline enum sj_status run_plan(struct sj_ingest_plan *plan, struct sj_ingest_summary *ret_summary) {
    struct sj_error err = {0};
    size_t n_rejected_bytes = 0;
    const struct sj_ingest_watch watch = {.ctx = &n_rejected_bytes, .reject = look_on_reject};
    const enum sj_status status = sj_ingest_run(plan, NULL, &watch, ret_summary, &err);
    require_told(status, &err);
    if (status == SJ_OK)
        require(ret_summary->n_rows == ret_summary->n_events + ret_summary->n_rejected);
    return status;
}

static inline void import_input(struct sj_str bytes, const struct sj_ingest_options *options) {
    struct one_input input = {.left = bytes};
    const struct sj_os os = input_os(&input);
    struct sj_ingest_plan *plan;
    struct sj_ingest_summary summary;
    struct sj_error err = {0};
    struct capped capped;
    capped_init(&capped, FILE_BYTES);
    const enum sj_status status = sj_ingest_look(&os, &capped.alloc, "-", options, &plan, &err);
    require_told(status, &err);
    if (status != SJ_OK)
        return;
    (void)run_plan(plan, &summary);
    sj_ingest_plan_free(plan);
}
