#include "api/erase.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "picture/figure.h"
#include "store/erase.h"

/* erase: all that is held about people goes, and they stay blocked. */

#define LIST_BYTES_MAX ((size_t)64 << 20)

static const struct sj_flag erase_flags[] = {
    {"yes", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("does it; it cannot be taken back. Without it whom it concerns is shown, and nothing is changed")},
    {"file", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("a file with one identity a line, besides those that are named")},
    {"timezone", SJ_TAKES_VALUE, "ZONE", NULL, SJ_T("for times: Europe/Amsterdam or +02:00; else UTC")},
};

struct wish {
    struct sj_buf names; /* struct sj_str: first those of the command line */
    size_t n_words;
    struct sj_buf file;
    struct sj_erase_list list;
    struct sj_erased erased;
};

static enum sj_status read_names(struct sj_call *call, struct wish *wish, struct sj_error *err) {
    const char *path = sj_call_value(call, "file");
    for (size_t i = 1; i < call->args.n_words; i++) {
        const struct sj_str name = sj_str(call->args.words[i]);
        SJ_TRY(sj_buf_append(&wish->names, &name, sizeof name, err));
    }
    wish->n_words = call->args.n_words - 1;
    if (path)
        SJ_TRY(sj_os_read_file(call->cli->os, path, &wish->file, err));
    struct sj_str rest = sj_buf_str(&wish->file);
    if (rest.n >= 3 && memcmp(rest.p, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
        rest = (struct sj_str){rest.p + 3, rest.n - 3};
    while (rest.n > 0) {
        const char *end = memchr(rest.p, '\n', rest.n);
        const size_t n = end ? (size_t)(end - rest.p) : rest.n;
        const struct sj_str name = sj_str_trim((struct sj_str){rest.p, n});
        if (name.n > 0)
            SJ_TRY(sj_buf_append(&wish->names, &name, sizeof name, err));
        rest = (struct sj_str){rest.p + n + (end != NULL), rest.n - n - (end != NULL)};
    }
    if (wish->names.n == 0 && path)
        return sj_fail(err, SJ_E_USAGE, "nobody is named: %s is empty; expected one identity a line", path);
    return wish->names.n > 0 ? SJ_OK : sj_fail(err, SJ_E_USAGE, "nobody is named: say whom, or give a file with --file");
}

static enum sj_status fill_look(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result,
                                struct sj_error *err) {
    struct wish *wish = ctx;
    const struct sj_erase_asked asked = {(const struct sj_str *)(const void *)wish->names.data, wish->names.n / sizeof(struct sj_str),
                                         wish->n_words};
    (void)call;
    return sj_erase_look(snapshot, &asked, result, &wish->list, err);
}

static void show_progress(void *ctx, uint64_t done, uint64_t total) { sj_progress_show(ctx, done, total, done); }

static enum sj_status erase(struct sj_call *call, struct sj_store *store, struct wish *wish, struct sj_result *result,
                            struct sj_error *err) {
    struct sj_snapshot *snapshot;
    struct sj_progress_bar bar;
    SJ_TRY(sj_snapshot_open(store, &snapshot, err));
    enum sj_status status = fill_look(call, wish, snapshot, result, err);
    sj_snapshot_close(snapshot);
    SJ_TRY(status);
    sj_progress_begin(&bar, call->cli, SJ_T("events"));
    const struct sj_erasure erasure = {wish->list.identities, wish->list.n, show_progress, &bar};
    status = sj_store_erase(store, &erasure, &wish->erased, err);
    sj_progress_end(&bar);
    SJ_TRY(status);
    SJ_TRY(sj_snapshot_open(store, &snapshot, err));
    status = sj_erase_leftovers(snapshot, wish->list.identities, wish->list.n, result, err);
    sj_snapshot_close(snapshot);
    return status;
}

static void say_leftovers(const struct sj_call *call, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "leftovers");
    for (size_t row = 0; table && row < table->n_rows; row++) {
        const struct sj_cell *cells = table->cells + row * table->def->n_columns;
        char count[SJ_FIGURE_BYTES];
        sj_figure_count(cells[2].i64, call->cli->lang, count);
        sj_cli_say(call->cli, "  %.*s%s%.*s: %s", SJ_ARG(cells[0].text), cells[1].text.n > 0 ? " " : "", SJ_ARG(cells[1].text), count);
    }
}

static void say_erased(const struct sj_call *call, const struct wish *wish, const struct sj_result *result) {
    char events[SJ_FIGURE_BYTES], identities[SJ_FIGURE_BYTES];
    sj_figure_count((int64_t)wish->erased.n_events, call->cli->lang, events);
    sj_figure_count((int64_t)wish->list.n, call->cli->lang, identities);
    sj_cli_say(call->cli, SJ_T("%s: erased; identities: %s, events: %s. They stay blocked, and the audit record says so"),
               call->args.words[0], identities, events);
    if (wish->erased.log_kept)
        sj_cli_say(call->cli,
                   SJ_T("! somebody is reading the store: what had just come in may still stand in the log of its catalog, until the "
                        "next erase, expire or compact empties it"));
    for (size_t i = 0; i < result->n_notes; i++)
        sj_cli_say(call->cli, "! %s", result->notes[i].text);
    say_leftovers(call, result);
}

static enum sj_status write_store(struct sj_call *call, struct wish *wish, struct sj_error *err) {
    struct sj_store_options options = sj_cli_store_options(call->cli);
    struct sj_store *store;
    struct sj_result result;
    struct sj_os os;
    sj_interrupt_hold(call->cli->os, &os);
    options.program = "sojourn erase";
    options.os = &os;
    enum sj_status status = sj_store_open(&options, call->args.words[0], true, &store, err);
    if (status == SJ_OK) {
        sj_result_init(&result, call->cli->mem, call->cli->lang);
        status = erase(call, store, wish, &result, err);
        if (status == SJ_OK)
            say_erased(call, wish, &result);
        sj_result_done(&result);
        sj_store_close(store);
    }
    sj_interrupt_release();
    if (status == SJ_E_CANCELLED)
        return sj_fail(err, status, "stopped; whoever was hidden already stays so, and `sojourn compact %s` makes their bytes go",
                       call->args.words[0]);
    return status;
}

static enum sj_status run(struct sj_call *call, struct wish *wish, struct sj_error *err) {
    SJ_TRY(read_names(call, wish, err));
    if (sj_call_is_on(call, "yes"))
        return write_store(call, wish, err);
    const struct sj_cli_show show = {.name = "erase",
                                     .title = SJ_T("Who would be erased?"),
                                     .lens = {.timezone = sj_call_given(call, "timezone")},
                                     .fill = fill_look,
                                     .ctx = wish};
    SJ_TRY(sj_cli_show(call, &show, err));
    sj_cli_say(call->cli, SJ_T("nothing was erased: --yes does it, and that cannot be taken back"));
    return SJ_OK;
}

static enum sj_status run_erase(struct sj_call *call, struct sj_error *err) {
    struct wish wish = {.list = {.n = 0}};
    sj_buf_init(&wish.names, call->cli->mem, SIZE_MAX / 2);
    sj_buf_init(&wish.file, call->cli->mem, LIST_BYTES_MAX);
    const enum sj_status status = run(call, &wish, err);
    sj_buf_done(&wish.names);
    sj_buf_done(&wish.file);
    return status;
}

const struct sj_command sj_command_erase = {
    .name = "erase",
    .summary = SJ_T("Erases all that is held about people, for good."),
    .words = "STORE IDENTITY…",
    .n_words_min = 1,
    .n_words_max = SIZE_MAX,
    .words_help = SJ_T("whom: any of a customer's identities stands for all of them"),
    .about =
        SJ_T("They are hidden at once. Then the store is written anew without them: their identities are in no file of it any more; copies "
             "that you made still have them. What comes of them later is left out, for a keyed hash of each identity stays, which cannot "
             "be read back. What others wrote about them is not erased; it is said where their identity still stands. It needs room on the "
             "disk for a second copy of the segments."),
    .example = "erase shop.sojourn C000001\nerase shop.sojourn C000001 --yes\nerase shop.sojourn --file whom.txt --yes",
    .sets = {{.title = SJ_T("Erasing"), SJ_FLAGS(erase_flags)}, SJ_OUTPUT_FLAG_SET},
    .run = run_erase,
};
