#include "cli/rejects.h"

#define TEXT_BYTES ((size_t)1 << 16)
#define TEXT_BYTES_MAX ((size_t)64 << 20)
#define NAMES_TRIED 1000

static enum sj_status find_name(struct sj_rejects *rejects, const char *file, struct sj_error *err) {
    const struct sj_os *os = rejects->cli->os;
    const char *slash = strrchr(file, '/'), *name = strcmp(file, "-") == 0 ? "stdin" : slash != NULL ? slash + 1 : file;
    SJ_TRY(sj_arena_print(&rejects->cli->arena, &rejects->path, err, "%s.rejects.csv", name));
    for (int i = 2; os->exists(os->ctx, rejects->path); i++) {
        if (i > NAMES_TRIED)
            return sj_fail(err, SJ_E_EXISTS, "%s and %d more like it are there already: give a name with --rejects FILE", rejects->path,
                           NAMES_TRIED);
        SJ_TRY(sj_arena_print(&rejects->cli->arena, &rejects->path, err, "%s.rejects-%d.csv", name, i));
    }
    return SJ_OK;
}

enum sj_status sj_rejects_init(struct sj_rejects *rejects, struct sj_cli *cli, const char *file, const char *given, struct sj_error *err) {
    *rejects = (struct sj_rejects){.cli = cli, .path = given, .given = given != NULL};
    sj_buf_init(&rejects->text, cli->mem, TEXT_BYTES_MAX);
    return given != NULL ? SJ_OK : find_name(rejects, file, err);
}

static enum sj_status add_quoted(struct sj_buf *out, struct sj_str text, struct sj_error *err) {
    SJ_TRY(sj_buf_append(out, "\"", 1, err));
    for (size_t i = 0; i < text.n; i++)
        SJ_TRY(sj_buf_append(out, text.p[i] == '"' ? "\"\"" : text.p + i, text.p[i] == '"' ? 2 : 1, err));
    return sj_buf_append(out, "\"", 1, err);
}

static enum sj_status flush(struct sj_rejects *rejects, struct sj_error *err) {
    SJ_TRY(sj_output_write(&rejects->output, rejects->text.data, rejects->text.n, err));
    sj_buf_reset(&rejects->text);
    return SJ_OK;
}

static enum sj_status fail_to_write(struct sj_rejects *rejects, enum sj_status status, struct sj_error *err) {
    rejects->has_failed = status != SJ_E_CANCELLED;
    if (err == NULL || status == SJ_E_CANCELLED)
        return status;
    return sj_fail(err, status, "the rejected rows could not be written: %s. --rejects FILE puts them somewhere else", err->message);
}

static enum sj_status add(struct sj_rejects *rejects, const struct sj_reject *reject, struct sj_error *err) {
    if (rejects->n++ == 0) {
        SJ_TRY(sj_output_open(rejects->cli->os, &rejects->cli->arena, rejects->path, !rejects->given, &rejects->output, err));
        SJ_TRY(sj_buf_print(&rejects->text, err, "line,column,reason,raw\r\n"));
    }
    SJ_TRY(sj_buf_print(&rejects->text, err, "%llu,", (unsigned long long)reject->line));
    SJ_TRY(add_quoted(&rejects->text, reject->column, err));
    SJ_TRY(sj_buf_append(&rejects->text, ",", 1, err));
    SJ_TRY(add_quoted(&rejects->text, reject->reason, err));
    SJ_TRY(sj_buf_append(&rejects->text, ",", 1, err));
    SJ_TRY(add_quoted(&rejects->text, reject->raw, err));
    SJ_TRY(sj_buf_append(&rejects->text, "\r\n", 2, err));
    return rejects->text.n > TEXT_BYTES ? flush(rejects, err) : SJ_OK;
}

enum sj_status sj_rejects_add(void *ctx, const struct sj_reject *reject, struct sj_error *err) {
    enum sj_status status = add(ctx, reject, err);
    return status == SJ_OK ? SJ_OK : fail_to_write(ctx, status, err);
}

enum sj_status sj_rejects_commit(struct sj_rejects *rejects, struct sj_error *err) {
    if (!rejects->output.is_open || rejects->has_failed)
        return SJ_OK;
    enum sj_status status = flush(rejects, err);
    if (status == SJ_OK)
        status = sj_output_commit(&rejects->output, err);
    rejects->is_written = status == SJ_OK;
    return status == SJ_OK ? SJ_OK : fail_to_write(rejects, status, err);
}

void sj_rejects_done(struct sj_rejects *rejects) {
    sj_output_drop(&rejects->output);
    sj_buf_done(&rejects->text);
}
