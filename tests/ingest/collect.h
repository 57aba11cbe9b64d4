/* Reads a file, or bytes that stand for one, with one reader, as the plan does: a pass over the head, the decision, a pass over the
 * whole. Each event becomes a line of text, "customer|time|touchpoint|channel|name=value;…", each reject "line|column|reason|raw". */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/names.h"
#include "base/failing_alloc.h"
#include "base/time.h"
#include "ingest/loader.h"

struct collected {
    struct sj_ingest_options options;
    struct sj_names touchpoints, channels, columns; /* a column's name is "kind name" */
    struct sj_names customers;
    struct sj_arena arena;
    struct sj_buf events, rejects, links; /* const char *, in the arena */
    struct sj_ingest_summary summary;
    struct sj_error err;
    uint64_t n_duplicate_columns;
    int64_t min_time_us, max_time_us;
    const struct sj_alloc *mem; /* of the source, the loader and the reader */
    bool only_count;            /* keeps no texts */
    size_t read_max;            /* bytes that one read of the file gives at most; 0: as many as are asked for */
    uint64_t n_events;
};

static inline void collected_init(struct collected *c) {
    *c = (struct collected){.mem = sj_alloc_libc(), .min_time_us = INT64_MAX, .max_time_us = INT64_MIN};
    sj_ingest_options_init(&c->options);
    sj_names_init(&c->touchpoints, sj_alloc_libc(), 1);
    sj_names_init(&c->channels, sj_alloc_libc(), 2);
    sj_names_init(&c->columns, sj_alloc_libc(), 3);
    sj_names_init(&c->customers, sj_alloc_libc(), 4);
    sj_arena_init(&c->arena, sj_alloc_libc());
    sj_buf_init(&c->events, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&c->rejects, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&c->links, sj_alloc_libc(), SIZE_MAX);
    uint32_t code; /* channel 0 has no name */
    assert_int_equal(sj_names_add(&c->channels, SJ_LIT(""), &code, NULL), SJ_OK);
}

static inline void collected_done(struct collected *c) {
    sj_names_done(&c->touchpoints);
    sj_names_done(&c->channels);
    sj_names_done(&c->columns);
    sj_names_done(&c->customers);
    sj_arena_done(&c->arena);
    sj_buf_done(&c->events);
    sj_buf_done(&c->rejects);
    sj_buf_done(&c->links);
}

static inline size_t n_collected(const struct sj_buf *lines) { return lines->n / sizeof(const char *); }

static inline const char *line_at(const struct sj_buf *lines, size_t i) {
    if (i >= n_collected(lines))
        fail_msg("line %zu was expected, and there are %zu", i, n_collected(lines));
    return ((const char *const *)(const void *)lines->data)[i];
}

static inline bool has_line(const struct sj_buf *lines, const char *part) {
    for (size_t i = 0; i < n_collected(lines); i++)
        if (strstr(line_at(lines, i), part) != NULL)
            return true;
    return false;
}

/* ---- the sink ---- */

static enum sj_status collect_touchpoint(void *ctx, struct sj_str name, uint16_t *ret_code, struct sj_error *err) {
    struct collected *c = ctx;
    uint32_t code;
    SJ_TRY(sj_names_add(&c->touchpoints, name, &code, err));
    *ret_code = (uint16_t)code;
    return SJ_OK;
}

static enum sj_status collect_channel(void *ctx, struct sj_str name, uint8_t *ret_code, struct sj_error *err) {
    struct collected *c = ctx;
    uint32_t code;
    SJ_TRY(sj_names_add(&c->channels, name, &code, err));
    *ret_code = (uint8_t)code;
    return SJ_OK;
}

static enum sj_status collect_column(void *ctx, struct sj_str name, enum sj_kind kind, uint16_t *ret_code, struct sj_error *err) {
    struct collected *c = ctx;
    const char *text;
    uint32_t code;
    SJ_TRY(sj_arena_print(&c->arena, &text, err, "%c%.*s", "tnbdms"[kind], SJ_ARG(name)));
    SJ_TRY(sj_names_add(&c->columns, sj_str(text), &code, err));
    *ret_code = (uint16_t)code;
    return SJ_OK;
}

static void print_value(struct sj_buf *line, struct sj_str column, const struct sj_value *value) {
    char number[SJ_TIME_TEXT_BYTES] = "";
    struct sj_str text = {number, 0};
    switch (column.p[0]) {
    case 't': text = value->text; break;
    case 'n': text.n = sj_double_format(value->f64, number); break;
    case 'd': text.n = sj_time_format(value->i64, number); break;
    case 'm': text.n = sj_money_format(value->i64, number); break;
    case 'b': text = value->i64 ? SJ_LIT("true") : SJ_LIT("false"); break;
    default: text.n = (size_t)snprintf(number, sizeof number, "%" PRId64, value->i64);
    }
    assert_int_equal(sj_buf_print(line, NULL, "%.*s:%c=%.*s;", (int)column.n - 1, column.p + 1, column.p[0], SJ_ARG(text)), SJ_OK);
}

static void keep_line(struct collected *c, struct sj_buf *lines, const struct sj_buf *line) {
    const char *kept;
    assert_int_equal(sj_arena_print(&c->arena, &kept, NULL, "%.*s", SJ_ARG(sj_buf_str(line))), SJ_OK);
    assert_int_equal(sj_buf_append(lines, &kept, sizeof kept, NULL), SJ_OK);
}

static enum sj_status collect_link(void *ctx, struct sj_str a, struct sj_str b, int64_t time_us, struct sj_error *err) {
    struct collected *c = ctx;
    char time[SJ_TIME_TEXT_BYTES];
    const char *line;
    time[sj_time_format(time_us, time)] = '\0';
    SJ_TRY(sj_arena_print(&c->arena, &line, err, "%.*s|%.*s|%s", SJ_ARG(a), SJ_ARG(b), time));
    return sj_buf_append(&c->links, &line, sizeof line, err);
}

static enum sj_status collect_event(void *ctx, const struct sj_event *event, struct sj_error *err) {
    struct collected *c = ctx;
    uint32_t code;
    SJ_TRY(sj_names_add(&c->customers, event->customer, &code, err));
    c->n_events++;
    c->min_time_us = event->time_us < c->min_time_us ? event->time_us : c->min_time_us;
    c->max_time_us = event->time_us > c->max_time_us ? event->time_us : c->max_time_us;
    for (size_t i = 0; i < event->n_values; i++)
        for (size_t j = 0; j < i; j++)
            c->n_duplicate_columns += event->values[i].column == event->values[j].column;
    if (c->only_count)
        return SJ_OK;
    struct sj_buf line;
    sj_buf_init(&line, sj_alloc_libc(), SIZE_MAX);
    char time[SJ_TIME_TEXT_BYTES];
    sj_time_format(event->time_us, time);
    SJ_TRY(sj_buf_print(&line, err, "%.*s|%s|%.*s|%.*s|", SJ_ARG(event->customer), time,
                        SJ_ARG(sj_names_at(&c->touchpoints, event->touchpoint)), SJ_ARG(sj_names_at(&c->channels, event->channel))));
    for (size_t i = 0; i < event->n_values; i++)
        print_value(&line, sj_names_at(&c->columns, event->values[i].column), &event->values[i]);
    keep_line(c, &c->events, &line);
    sj_buf_done(&line);
    return SJ_OK;
}

static enum sj_status collect_reject(void *ctx, const struct sj_reject *reject, struct sj_error *err) {
    struct collected *c = ctx;
    struct sj_buf line;
    sj_buf_init(&line, sj_alloc_libc(), SIZE_MAX);
    SJ_TRY(sj_buf_print(&line, err, "%" PRIu64 "|%.*s|%.*s|%.*s", reject->line, SJ_ARG(reject->column), SJ_ARG(reject->reason),
                        SJ_ARG(reject->raw)));
    keep_line(c, &c->rejects, &line);
    sj_buf_done(&line);
    return SJ_OK;
}

/* ---- the file ---- */

/* A system that holds one file, which is the bytes given. */
struct one_file {
    struct sj_str bytes;
    size_t at, read_max;
};

static enum sj_status one_open(void *ctx, const char *path, enum sj_open how, sj_file *ret_file, struct sj_error *err) {
    (void)ctx, (void)path, (void)how, (void)err;
    *ret_file = 3;
    return SJ_OK;
}

static void one_close(void *ctx, sj_file file) { (void)ctx, (void)file; }

static enum sj_status one_read(void *ctx, sj_file file, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    (void)file, (void)err;
    struct one_file *one = ctx;
    size_t left = one->bytes.n - one->at;
    n = one->read_max > 0 && n > one->read_max ? one->read_max : n;
    *ret_n = n < left ? n : left;
    if (*ret_n > 0)
        memcpy(bytes, one->bytes.p + one->at, *ret_n);
    one->at += *ret_n;
    return SJ_OK;
}

static enum sj_status one_size(void *ctx, sj_file file, uint64_t *ret_bytes, struct sj_error *err) {
    (void)file, (void)err;
    *ret_bytes = ((struct one_file *)ctx)->bytes.n;
    return SJ_OK;
}

/* ---- the two passes ---- */

/* As the plan does it: where the beginning has no rows yet, more of it is read. */
static enum sj_status take_sample(struct sj_source *source, sj_reader reader, struct collected *c, struct sj_loader **loader) {
    bool again = true;
    while (again) {
        sj_loader_free(*loader);
        *loader = NULL;
        SJ_TRY(sj_loader_new(c->mem, &c->options, NULL, loader, &c->err));
        SJ_TRY(sj_source_begin(source, SJ_SOURCE_SAMPLE, &c->err));
        SJ_TRY(reader(source, *loader, &c->options, c->mem, &c->err));
        again = sj_loader_n_rows(*loader) == 0 && sj_source_is_cut(source);
        if (again)
            SJ_TRY(sj_source_extend(source, &again, &c->err));
    }
    return sj_loader_decide(*loader, &c->err);
}

static enum sj_status take_whole(struct sj_source *source, sj_reader reader, struct collected *c, struct sj_loader *loader) {
    const struct sj_sink sink = {.ctx = c,
                                 .touchpoint = collect_touchpoint,
                                 .channel = collect_channel,
                                 .column = collect_column,
                                 .add = collect_event,
                                 .link = collect_link};
    const struct sj_ingest_watch watch = {.ctx = c, .reject = collect_reject};
    SJ_TRY(sj_source_begin(source, SJ_SOURCE_WHOLE, &c->err));
    SJ_TRY(sj_loader_begin(loader, &sink, &watch, &c->err));
    SJ_TRY(reader(source, loader, &c->options, c->mem, &c->err));
    return sj_loader_end(loader, &c->summary, &c->err);
}

static enum sj_status collect_source(const struct sj_os *os, const char *path, sj_reader reader, bool is_raw, struct collected *c) {
    struct sj_source *source = NULL;
    struct sj_loader *loader = NULL;
    enum sj_status status = sj_source_open(os, c->mem, path, &source, &c->err);
    if (status == SJ_OK && !is_raw)
        sj_source_decode(source, SJ_ENCODING_UTF_8);
    if (status == SJ_OK)
        status = take_sample(source, reader, c, &loader);
    if (status == SJ_OK)
        status = take_whole(source, reader, c, loader);
    sj_loader_free(loader);
    sj_source_close(source);
    return status;
}

/* `is_raw`: the reader finds the encoding by itself. */
static inline enum sj_status collect_bytes(struct sj_str bytes, sj_reader reader, bool is_raw, struct collected *c) {
    struct one_file one = {.bytes = bytes, .read_max = c->read_max};
    struct sj_os os = *sj_os_real();
    os.ctx = &one;
    os.open = one_open;
    os.close = one_close;
    os.read = one_read;
    os.size = one_size;
    return collect_source(&os, "the file", reader, is_raw, c);
}

/* Fails each allocation in turn: that is said as such, and nothing stays behind. */
static inline void runs_out_of_memory(const char *text, sj_reader reader, bool is_raw) {
    enum sj_status status = SJ_E_MEMORY;
    size_t n = 0;
    for (; status != SJ_OK; n++) {
        struct failing_alloc state = {.n_until_failure = n};
        const struct sj_alloc mem = failing_alloc(&state);
        struct collected c;
        collected_init(&c);
        c.mem = &mem;
        status = collect_bytes(sj_str(text), reader, is_raw, &c);
        if (status != SJ_OK && status != SJ_E_MEMORY)
            fail_msg("allocation %zu: %s", n, c.err.message);
        assert_int_equal(state.n_alive, 0);
        collected_done(&c);
    }
    assert_true(n > 20);
}

/* The path of a file of real data, or NULL, said in words, when it is not there. */
static inline const char *shared_file(const char *name, char *path, size_t path_bytes) {
    const char *shared = getenv("SJ_SHARED");
    snprintf(path, path_bytes, "%s/%s", shared != NULL ? shared : "../shared", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        print_message("skipped: %s is not there\n", path);
        return NULL;
    }
    fclose(file);
    return path;
}
