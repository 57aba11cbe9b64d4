/* Imports bytes or a file by a plan, as the command line does, into the collector of collect.h. */
#pragma once
#include "ingest/plan.h"
#include "collect.h"

static enum sj_status import_with(const struct sj_os *os, const char *path, bool is_dry, struct collected *c) {
    const struct sj_sink sink = {.ctx = c,
                                 .touchpoint = collect_touchpoint,
                                 .channel = collect_channel,
                                 .column = collect_column,
                                 .add = collect_event,
                                 .link = collect_link};
    const struct sj_ingest_watch watch = {.ctx = c, .reject = collect_reject};
    struct sj_ingest_plan *plan;
    SJ_TRY(sj_ingest_look(os, sj_alloc_libc(), path, &c->options, &plan, &c->err));
    const enum sj_status status = sj_ingest_run_into(plan, is_dry ? NULL : &sink, &watch, &c->summary, &c->err);
    sj_ingest_plan_free(plan);
    return status;
}

static inline enum sj_status import_file(const char *path, struct collected *c) { return import_with(sj_os_real(), path, false, c); }

#define EVENTS_FILE 1000000 /* a handle that the system never gives */

static enum sj_status events_open(void *ctx, const char *path, enum sj_open how, sj_file *ret_file, struct sj_error *err) {
    if (strcmp(path, "events.csv") != 0)
        return sj_os_real()->open(ctx, path, how, ret_file, err);
    *ret_file = EVENTS_FILE;
    return SJ_OK;
}

static void events_close(void *ctx, sj_file file) {
    if (file != EVENTS_FILE)
        sj_os_real()->close(ctx, file);
}

static enum sj_status events_read(void *ctx, sj_file file, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    return file == EVENTS_FILE ? one_read(ctx, file, bytes, n, ret_n, err) : sj_os_real()->read(ctx, file, bytes, n, ret_n, err);
}

static enum sj_status events_size(void *ctx, sj_file file, uint64_t *ret_bytes, struct sj_error *err) {
    return file == EVENTS_FILE ? one_size(ctx, file, ret_bytes, err) : sj_os_real()->size(ctx, file, ret_bytes, err);
}

/* The real system, but for "events.csv", which is a file with these bytes. */
static inline struct sj_os os_of(struct one_file *one) {
    struct sj_os os = *sj_os_real();
    os.ctx = one;
    os.open = events_open;
    os.close = events_close;
    os.read = events_read;
    os.size = events_size;
    return os;
}

static inline enum sj_status import_bytes(struct sj_str bytes, struct collected *c) {
    struct one_file one = {.bytes = bytes, .read_max = c->read_max};
    const struct sj_os os = os_of(&one);
    return import_with(&os, "events.csv", false, c);
}

/* The import of `text` must fail with a message that contains `part`. */
static inline void assert_refused(struct sj_str text, enum sj_status status, const char *part) {
    struct collected c;
    collected_init(&c);
    assert_int_equal(import_bytes(text, &c), status);
    if (strstr(c.err.message, part) == NULL)
        fail_msg("\"%s\" was expected in: %s", part, c.err.message);
    collected_done(&c);
}
