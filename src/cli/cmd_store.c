#include <math.h>
#include <stdio.h>

#include "api/different.h"
#include "cli/expire.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "picture/figure.h"

/* init, info, verify, compact: care of the store. */

/* ---- init ---- */

static const struct sj_flag init_flags[] = {
    {"currency", SJ_TAKES_VALUE, "CODE", "EUR", SJ_T("of the money in the store, three letters")},
};

static enum sj_status run_init(struct sj_call *call, struct sj_error *err) {
    struct sj_store_options options = sj_cli_store_options(call->cli);
    SJ_TRY(sj_store_create(&options, call->args.words[0], sj_call_value(call, "currency"), err));
    sj_cli_say(call->cli, SJ_T("%s: a new store"), call->args.words[0]);
    return SJ_OK;
}

const struct sj_command sj_command_init = {
    .name = "init",
    .summary = SJ_T("A new, empty store."),
    .words = "STORE",
    .n_words_min = 1,
    .n_words_max = 1,
    .about =
        SJ_T("A store is a folder. `sojourn import` makes one by itself when it is not there; init is for choosing the currency first."),
    .example = "init shop.sojourn --currency EUR",
    .sets = {{.title = SJ_T("The store"), SJ_FLAGS(init_flags)}},
    .run = run_init,
};

/* ---- info ---- */

static const struct sj_column_def summary_columns[] = {
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT},
    {.name = "first", .label = SJ_T("First event"), .type = SJ_TYPE_TIME},
    {.name = "last", .label = SJ_T("Last event"), .type = SJ_TYPE_TIME},
    {.name = "touchpoints", .label = SJ_T("Touchpoints"), .type = SJ_TYPE_COUNT},
    {.name = "channels", .label = SJ_T("Channels"), .type = SJ_TYPE_COUNT},
    {.name = "currency", .label = SJ_T("Currency"), .type = SJ_TYPE_TEXT},
    {.name = "imports", .label = SJ_T("Imports"), .type = SJ_TYPE_COUNT},
    {.name = "segments", .label = SJ_T("Segments"), .type = SJ_TYPE_COUNT},
    {.name = "inbox", .label = SJ_T("Events in the inbox"), .type = SJ_TYPE_COUNT},
    {.name = "bytes", .label = SJ_T("Bytes in segments"), .type = SJ_TYPE_COUNT},
    {.name = "bytes_per_event", .label = SJ_T("Bytes per event"), .type = SJ_TYPE_NUMBER},
};
static const struct sj_table_def summary_def = {.name = "store", .title = SJ_T("The store"), SJ_COLUMNS(summary_columns)};

static const struct sj_column_def size_columns[] = {
    {.name = "column", .label = SJ_T("Column"), .type = SJ_TYPE_TEXT},
    {.name = "kind", .label = SJ_T("Kind"), .type = SJ_TYPE_TEXT},
    {.name = "values", .label = SJ_T("Values"), .type = SJ_TYPE_COUNT},
    {.name = "bytes", .label = SJ_T("Bytes"), .type = SJ_TYPE_COUNT, .drawn = true},
    {.name = "bytes_per_event", .label = SJ_T("Bytes per event"), .type = SJ_TYPE_NUMBER},
};
static const struct sj_table_def size_def = {
    .name = "columns", .title = SJ_T("Where the bytes are"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(size_columns)};

static const struct sj_column_def different_columns[] = {
    {.name = "property", .label = SJ_T("Property"), .type = SJ_TYPE_TEXT},
    {.name = "kind", .label = SJ_T("Kind"), .type = SJ_TYPE_TEXT},
    {.name = "different", .label = SJ_T("Different values"), .type = SJ_TYPE_COUNT, .drawn = true},
    {.name = "low", .label = SJ_T("from"), .type = SJ_TYPE_COUNT},
    {.name = "high", .label = SJ_T("to"), .type = SJ_TYPE_COUNT},
};
static const struct sj_table_def different_def = {
    .name = "different", .title = SJ_T("How many different values there are"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(different_columns)};

static struct sj_cell per_event(uint64_t bytes, uint64_t n_events) {
    return n_events > 0 ? sj_cell_f64((double)bytes / (double)n_events) : (struct sj_cell){0};
}

static enum sj_status add_summary(struct sj_result *result, const struct sj_view *view, const struct sj_store_info *info,
                                  struct sj_error *err) {
    struct sj_table *table;
    struct sj_cell *cells;
    bool any = view->n_events > 0 && view->min_time_us <= view->max_time_us;
    uint64_t n_stored = view->n_events - info->n_inbox_events;
    SJ_TRY(sj_result_table(result, &summary_def, &table, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_i64((int64_t)view->n_events);
    cells[1] = sj_cell_i64((int64_t)info->n_customers);
    cells[2] = any ? sj_cell_i64(view->min_time_us) : (struct sj_cell){0};
    cells[3] = any ? sj_cell_i64(view->max_time_us) : (struct sj_cell){0};
    cells[4] = sj_cell_i64(view->n_touchpoints);
    cells[5] = sj_cell_i64(view->n_channels > 0 ? view->n_channels - 1 : 0); /* channel 0 is "none" */
    cells[6] = sj_cell_text(sj_str(view->currency));
    cells[7] = sj_cell_i64((int64_t)info->n_imports);
    cells[8] = sj_cell_i64(view->n_segments - (info->n_inbox_events > 0));
    cells[9] = sj_cell_i64((int64_t)info->n_inbox_events);
    cells[10] = sj_cell_i64((int64_t)info->n_bytes);
    cells[11] = per_event(info->n_bytes, n_stored);
    return SJ_OK;
}

static enum sj_status add_sizes(struct sj_result *result, const struct sj_view *view, const struct sj_store_info *info,
                                struct sj_error *err) {
    struct sj_table *table;
    uint64_t n_stored = view->n_events - info->n_inbox_events;
    SJ_TRY(sj_result_table(result, &size_def, &table, err));
    for (size_t i = 0; i < info->n_columns; i++) {
        const struct sj_column_size *column = &info->columns[i];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        const bool fixed = column->kind[0] == '\0'; /* a part of every row: its name is ours, and translated */
        cells[0] = sj_cell_text(fixed ? sj_str(sj_text(result->lang, column->name.p)) : column->name);
        cells[1] = sj_cell_text(sj_str(column->kind));
        cells[2] = sj_cell_i64((int64_t)column->n_values);
        cells[3] = sj_cell_i64((int64_t)column->n_bytes);
        cells[4] = per_event(column->n_bytes, n_stored);
    }
    return SJ_OK;
}

/* Properties that have no values are left out. */
static enum sj_status add_different(const struct sj_cli *cli, struct sj_snapshot *snapshot, struct sj_result *result,
                                    struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    struct sj_estimate *counts;
    struct sj_table *table;
    SJ_TRY(sj_count_different(cli->mem, snapshot, &result->arena, &counts, err));
    SJ_TRY(sj_result_table(result, &different_def, &table, err));
    for (uint32_t i = 0; i < view->n_columns; i++) {
        struct sj_cell *cells;
        if (counts[i].n == 0)
            continue;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_text(view->columns[i].name);
        cells[1] = sj_cell_text(sj_str(sj_kind_name(view->columns[i].kind)));
        cells[2] = sj_cell_i64(counts[i].n);
        cells[3] = sj_cell_i64((int64_t)floor(counts[i].low));
        cells[4] = sj_cell_i64((int64_t)ceil(counts[i].high));
    }
    return sj_note(result, SJ_NOTE_DEFINITION, "different",
                   "Up to 256 different values are counted exactly; more are estimated (HyperLogLog), with a 95 percent interval.");
}

static enum sj_status fill_info(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result,
                                struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    struct sj_store_info info = {0};
    (void)ctx;
    SJ_TRY(sj_snapshot_info(snapshot, &result->arena, &info, err));
    SJ_TRY(add_summary(result, view, &info, err));
    SJ_TRY(add_sizes(result, view, &info, err));
    if (info.n_erasing > 0)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "unfinished_erasure",
                       "An erasure was interrupted; identities: %llu. They are hidden; `sojourn compact` makes their bytes go.",
                       (unsigned long long)info.n_erasing));
    return sj_call_is_on(call, "different") ? add_different(call->cli, snapshot, result, err) : SJ_OK;
}

static enum sj_status run_info(struct sj_call *call, struct sj_error *err) {
    const struct sj_cli_show show = {
        .name = "info", .title = SJ_T("What is in the store?"), .lens = {.timezone = sj_call_given(call, "timezone")}, .fill = fill_info};
    return sj_cli_show(call, &show, err);
}

static const struct sj_flag info_flags[] = {
    {"different", SJ_TAKES_NOTHING, NULL, "false", SJ_T("also how many different values each property has; goes over all events")},
    {"timezone", SJ_TAKES_VALUE, "ZONE", NULL, SJ_T("for times: Europe/Amsterdam or +02:00; else UTC")},
    {"format", SJ_TAKES_VALUE, "table|json|csv|svg", "table", SJ_T("how the answer is written")},
    {"output", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("where it is written, also -o FILE; a file that is there is replaced")},
    {"table", SJ_TAKES_VALUE, "NAME", NULL, SJ_T("which table to write as csv: store, columns or different")},
    {"rows", SJ_TAKES_VALUE, "N", "100", SJ_T("how many rows of a table are shown on the terminal")},
};

const struct sj_command sj_command_info = {
    .name = "info",
    .summary = SJ_T("What is in the store, and how many bytes each column takes."),
    .words = "STORE",
    .n_words_min = 1,
    .n_words_max = 1,
    .example = "info shop.sojourn\ninfo shop.sojourn --different",
    .sets = {{.title = SJ_T("The answer"), SJ_FLAGS(info_flags)}},
    .run = run_info,
};

/* ---- verify ---- */

static void tell_finding(void *ctx, const char *text) {
    (void)ctx;
    (void)printf("%s\n", text);
}

static enum sj_status run_verify(struct sj_call *call, struct sj_error *err) {
    struct sj_reading reading = {0};
    size_t n_findings = 0;
    enum sj_status status = SJ_OK;
    char events[SJ_FIGURE_BYTES];
    SJ_TRY(sj_reading_open(call->cli, call->args.words[0], &reading, err));
    const struct sj_view *view = sj_snapshot_view(reading.snapshot);
    SJ_TRY_CLEAN(sj_snapshot_verify(reading.snapshot, tell_finding, NULL, &n_findings, err));
    sj_figure_count((int64_t)view->n_events, call->cli->lang, events);
    if (n_findings > 0)
        status = sj_fail(err, SJ_E_CORRUPT,
                         "%s: findings: %zu. What is named above is not what was written: put back a copy of the "
                         "store, or import its files again into a new one",
                         call->args.words[0], n_findings);
    else
        (void)printf(sj_text(call->cli->lang, SJ_T("%s: all sound (events: %s, segments: %u). Checked: every checksum, the order of "
                                                   "customers and times, every code and value\n")),
                     call->args.words[0], events, view->n_segments);
cleanup:
    sj_reading_close(&reading);
    if (fflush(stdout) != 0 && status == SJ_OK)
        status = sj_fail(err, SJ_E_IO, "the findings could not be written to standard output");
    return status;
}

const struct sj_command sj_command_verify = {
    .name = "verify",
    .summary = SJ_T("Checks every checksum and every rule of the store, and names what is wrong."),
    .words = "STORE",
    .n_words_min = 1,
    .n_words_max = 1,
    .about = SJ_T("Reads all of the store. Exit code 0: all sound; 1: there are findings, one on each line."),
    .example = "verify shop.sojourn",
    .run = run_verify,
};

/* ---- compact ---- */

static void show_compaction(void *ctx, uint64_t done, uint64_t total) { sj_progress_show(ctx, done, total, done); }

struct extent {
    uint32_t n_segments;
    uint64_t n_bytes;
};

static enum sj_status measure(struct sj_call *call, struct sj_store *store, struct extent *ret_extent, struct sj_error *err) {
    struct sj_snapshot *snapshot;
    struct sj_store_info info = {0};
    SJ_TRY(sj_snapshot_open(store, &snapshot, err));
    enum sj_status status = sj_snapshot_info(snapshot, &call->cli->arena, &info, err);
    *ret_extent = (struct extent){sj_snapshot_view(snapshot)->n_segments, info.n_bytes};
    sj_snapshot_close(snapshot);
    return status;
}

static enum sj_status run_compact(struct sj_call *call, struct sj_error *err) {
    struct sj_store_options options = sj_cli_store_options(call->cli);
    struct sj_store *store;
    struct extent before = {0}, after = {0};
    struct sj_progress_bar bar;
    enum sj_status status = SJ_OK;
    char a[SJ_FIGURE_BYTES], b[SJ_FIGURE_BYTES], took[SJ_TIME_TEXT_BYTES];
    struct sj_os os;
    sj_interrupt_hold(call->cli->os, &os);
    options.program = "sojourn compact";
    options.os = &os;
    status = sj_store_open(&options, call->args.words[0], true, &store, err);
    if (status != SJ_OK) {
        sj_interrupt_release();
        return status;
    }
    sj_progress_begin(&bar, call->cli, SJ_T("events"));
    SJ_TRY_CLEAN(measure(call, store, &before, err));
    SJ_TRY_CLEAN(sj_expire_now(call, store, NULL, false, err));
    SJ_TRY_CLEAN(sj_store_compact(store, true, show_compaction, &bar, err));
    SJ_TRY_CLEAN(measure(call, store, &after, err));
    sj_progress_end(&bar);
    sj_figure_count((int64_t)before.n_bytes, call->cli->lang, a);
    sj_figure_count((int64_t)after.n_bytes, call->cli->lang, b);
    sj_duration_format(sj_progress_elapsed_us(&bar), took);
    sj_cli_say(call->cli, SJ_T("%s: segments: %u, now %u; bytes: %s, now %s; %s"), call->args.words[0], before.n_segments, after.n_segments,
               a, b, took);
cleanup:
    sj_progress_end(&bar);
    sj_store_close(store);
    sj_interrupt_release();
    if (status == SJ_E_CANCELLED)
        return sj_fail(err, status, "stopped; %s is whole, and answers as before", call->args.words[0]);
    return status;
}

const struct sj_command sj_command_compact = {
    .name = "compact",
    .summary = SJ_T("Merges all segments and the inbox into one segment: smaller, and faster to ask."),
    .words = "STORE",
    .n_words_min = 1,
    .n_words_max = 1,
    .about = SJ_T("No answer changes, unless rules of retention are saved (`sojourn expire`): what they say goes. Others may go on reading "
                  "meanwhile. It needs room on the disk for a second copy of the segments."),
    .example = "compact shop.sojourn",
    .run = run_compact,
};
