#include "ingest/ingest.h"

#include "ingest/csv.h"
#include "ingest/jsonl.h"
#include "ingest/plan.h"
#include "ingest/sniff.h"
#include "ingest/xes.h"

void sj_ingest_options_init(struct sj_ingest_options *options) {
    *options = (struct sj_ingest_options){.header = -1, .max_rejects_share = 0.001, .max_rejects_count = 100};
}

void sj_ingest_plan_free(struct sj_ingest_plan *plan) {
    if (plan == NULL)
        return;
    sj_loader_free(plan->loader);
    sj_source_close(plan->source);
    sj_zone_free(plan->mem, plan->zone);
    sj_buf_done(&plan->path);
    sj_mem_free(plan->mem, plan);
}

/* ---- look ---- */

/* The beginning as UTF-8. */
static enum sj_status read_head(struct sj_ingest_plan *plan, struct sj_buf *head, struct sj_error *err) {
    const size_t max = SJ_SOURCE_HEAD_BYTES / 4;
    SJ_TRY(sj_source_begin(plan->source, SJ_SOURCE_SAMPLE, err));
    SJ_TRY(sj_buf_reserve(head, max, err));
    for (size_t got = 1; got > 0 && head->n + 8 <= max; head->n += got)
        SJ_TRY(sj_source_read(plan->source, head->data + head->n, max - head->n, &got, err));
    plan->head_is_cut = head->n + 8 > max || sj_source_is_cut(plan->source);
    return SJ_OK;
}

static enum sj_status settle_format(struct sj_ingest_plan *plan, enum sj_encoding encoding, struct sj_error *err) {
    static const sj_reader readers[] = {
        [SJ_FORMAT_FIND] = NULL, [SJ_FORMAT_CSV] = sj_csv_read, [SJ_FORMAT_JSONL] = sj_jsonl_read, [SJ_FORMAT_XES] = sj_xes_read};
    struct sj_buf head;
    sj_buf_init(&head, plan->mem, SJ_SOURCE_HEAD_BYTES);
    enum sj_status status = SJ_OK;
    enum sj_ingest_format found;
    sj_source_decode(plan->source, encoding);
    SJ_TRY_CLEAN(read_head(plan, &head, err));
    SJ_TRY_CLEAN(sj_sniff_format(sj_buf_str(&head), &found, err));
    if (plan->options.format == SJ_FORMAT_FIND)
        plan->options.format = found;
    plan->reader = readers[plan->options.format];
    if (plan->options.format == SJ_FORMAT_XES)
        sj_source_decode(plan->source, SJ_ENCODING_RAW);
    if (plan->options.format == SJ_FORMAT_CSV)
        SJ_TRY_CLEAN(sj_sniff_csv(plan->mem, sj_buf_str(&head), plan->head_is_cut, &plan->options, err));
cleanup:
    sj_buf_done(&head);
    return status;
}

/* Where the beginning has no rows yet, as in logs with a long preamble, more of it is read. */
static enum sj_status take_sample(struct sj_ingest_plan *plan, struct sj_error *err) {
    bool again = true;
    while (again) {
        sj_loader_free(plan->loader);
        plan->loader = NULL;
        SJ_TRY(sj_loader_new(plan->mem, &plan->options, plan->zone, &plan->loader, err));
        SJ_TRY(sj_source_begin(plan->source, SJ_SOURCE_SAMPLE, err));
        SJ_TRY(plan->reader(plan->source, plan->loader, &plan->options, plan->mem, err));
        again = sj_loader_n_rows(plan->loader) == 0 && sj_source_is_cut(plan->source);
        if (again)
            SJ_TRY(sj_source_extend(plan->source, &again, err));
    }
    return sj_loader_decide(plan->loader, err);
}

static const char *plan_path(const struct sj_ingest_plan *plan) { return (const char *)plan->path.data; }

static enum sj_status look(struct sj_ingest_plan *plan, struct sj_error *err) {
    enum sj_encoding encoding;
    SJ_TRY(sj_encoding_of(plan->options.encoding, &encoding, err));
    if (plan->options.timezone.n > 0)
        SJ_TRY(sj_os_zone(plan->os, plan->mem, plan->options.timezone, &plan->zone, err));
    SJ_TRY(sj_source_open(plan->os, plan->mem, plan_path(plan), &plan->source, err));
    enum sj_status status = settle_format(plan, encoding, err);
    if (status == SJ_OK)
        status = take_sample(plan, err);
    return status == SJ_OK ? SJ_OK : sj_fail_in(err, status, "%s", plan_path(plan));
}

enum sj_status sj_ingest_look(const struct sj_os *os, const struct sj_alloc *mem, const char *path, const struct sj_ingest_options *options,
                              struct sj_ingest_plan **ret_plan, struct sj_error *err) {
    struct sj_ingest_plan *plan;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *plan, (void *)&plan, err));
    *plan = (struct sj_ingest_plan){.os = os, .mem = mem, .options = *options};
    sj_buf_init(&plan->path, mem, SIZE_MAX);
    enum sj_status status = sj_buf_append(&plan->path, path, strlen(path) + 1, err);
    if (status == SJ_OK)
        status = look(plan, err);
    if (status != SJ_OK) {
        sj_ingest_plan_free(plan);
        return status;
    }
    *ret_plan = plan;
    return SJ_OK;
}

/* ---- run ---- */

static enum sj_status writer_touchpoint(void *ctx, struct sj_str name, uint16_t *ret_code, struct sj_error *err) {
    return sj_writer_touchpoint(ctx, name, ret_code, err);
}
static enum sj_status writer_channel(void *ctx, struct sj_str name, uint8_t *ret_code, struct sj_error *err) {
    return sj_writer_channel(ctx, name, ret_code, err);
}
static enum sj_status writer_column(void *ctx, struct sj_str name, enum sj_kind kind, uint16_t *ret_code, struct sj_error *err) {
    return sj_writer_column(ctx, name, kind, ret_code, err);
}
static enum sj_status writer_add(void *ctx, const struct sj_event *event, struct sj_error *err) { return sj_writer_add(ctx, event, err); }
static enum sj_status writer_link(void *ctx, struct sj_str a, struct sj_str b, int64_t time_us, struct sj_error *err) {
    return sj_writer_link(ctx, a, b, time_us, err);
}

struct progress {
    const struct sj_ingest_plan *plan;
    const struct sj_ingest_watch *watch;
};

static void tell_progress(void *ctx) {
    const struct progress *p = ctx;
    p->watch->progress(p->watch->ctx, sj_source_bytes_done(p->plan->source), sj_source_bytes_total(p->plan->source),
                       sj_loader_n_rows(p->plan->loader));
}

enum sj_status sj_ingest_run_into(struct sj_ingest_plan *plan, const struct sj_sink *sink, const struct sj_ingest_watch *watch,
                                  struct sj_ingest_summary *ret_summary, struct sj_error *err) {
    struct progress progress = {plan, watch};
    struct sj_ingest_summary summary = {0};
    if (watch != NULL && watch->progress != NULL)
        sj_source_on_progress(plan->source, tell_progress, &progress);
    enum sj_status status = sj_source_begin(plan->source, SJ_SOURCE_WHOLE, err);
    if (status == SJ_OK)
        status = sj_loader_begin(plan->loader, sink, watch, err);
    if (status == SJ_OK)
        status = plan->reader(plan->source, plan->loader, &plan->options, plan->mem, err);
    if (status == SJ_OK)
        status = sj_loader_end(plan->loader, &summary, err);
    sj_source_on_progress(plan->source, NULL, NULL);
    if (status != SJ_OK)
        return sj_fail_in(err, status, "%s", plan_path(plan));
    summary.digest = sj_source_digest(plan->source);
    *ret_summary = summary;
    return SJ_OK;
}

enum sj_status sj_ingest_run(struct sj_ingest_plan *plan, struct sj_writer *writer, const struct sj_ingest_watch *watch,
                             struct sj_ingest_summary *ret_summary, struct sj_error *err) {
    const struct sj_sink sink = {writer, writer_touchpoint, writer_channel, writer_column, writer_add, writer_link};
    return sj_ingest_run_into(plan, writer != NULL ? &sink : NULL, watch, ret_summary, err);
}
