#include "api/export.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "picture/figure.h"

#define FLAGS_BYTES_MAX ((size_t)1 << 20)

static const struct sj_flag export_flags[] = {
    {"format", SJ_TAKES_VALUE, "csv|jsonl", "csv", SJ_T("jsonl tells texts from numbers by itself")},
    {"output", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("where it is written, also -o FILE; else standard output")},
    {"from", SJ_TAKES_VALUE, "TIME", NULL, SJ_T("only events from this time on: 2026-01-31 or 2026-01-31T12:00Z")},
    {"to", SJ_TAKES_VALUE, "TIME", NULL, SJ_T("only events before this time")},
    {"timezone", SJ_TAKES_VALUE, "ZONE", NULL, SJ_T("of --from and --to where they have no offset; else UTC")},
};

static enum sj_status read_time(const struct sj_call *call, const char *flag, const struct sj_zone *zone, int64_t *ret_us,
                                struct sj_error *err) {
    const char *text = sj_call_value(call, flag);
    if (text == NULL || sj_time_parse_iso(sj_str(text), zone, ret_us, NULL))
        return SJ_OK;
    return sj_fail(err, SJ_E_USAGE, "--%s: \"%s\" is not a time; 2026-01-31 or 2026-01-31T12:00:00Z was expected", flag, text);
}

static enum sj_status set_options(const struct sj_call *call, struct sj_export_options *options, struct sj_error *err) {
    const char *format = sj_call_value(call, "format"), *zone_name = sj_call_value(call, "timezone");
    struct sj_zone *zone = NULL;
    if (strcmp(format, "csv") != 0 && strcmp(format, "jsonl") != 0)
        return sj_fail(err, SJ_E_USAGE, "--format is one of csv, jsonl, not \"%s\"", format);
    *options = (struct sj_export_options){
        .format = format[0] == 'c' ? SJ_EXPORT_CSV : SJ_EXPORT_JSONL, .from_us = SJ_TIME_MIN, .to_us = SJ_TIME_MAX};
    if (zone_name != NULL)
        SJ_TRY(sj_os_zone(call->cli->os, call->cli->mem, sj_str(zone_name), &zone, err));
    enum sj_status status = read_time(call, "from", zone, &options->from_us, err);
    if (status == SJ_OK)
        status = read_time(call, "to", zone, &options->to_us, err);
    sj_zone_free(call->cli->mem, zone);
    return status;
}

static void show(void *ctx, uint64_t done, uint64_t total) { sj_progress_show(ctx, done, total, done); }

static void say_done(const struct sj_call *call, const struct sj_export_summary *summary, const struct sj_progress_bar *bar,
                     const struct sj_buf *flags) {
    char events[SJ_FIGURE_BYTES], took[SJ_TIME_TEXT_BYTES];
    sj_figure_count((int64_t)summary->n_events, call->cli->lang, events);
    sj_duration_format(sj_progress_elapsed_us(bar), took);
    sj_cli_say(call->cli, SJ_T("%s: events written: %s; %s"), call->args.words[0], events, took);
    if (summary->n_renamed > 0)
        sj_cli_say(call->cli, SJ_T("properties that have the name of a role, and are written with _ after it: %u"), summary->n_renamed);
    if (flags->n > 0)
        sj_cli_say(call->cli, SJ_T("to find every kind again, import it with%.*s"), SJ_ARG(sj_buf_str(flags)));
}

static enum sj_status run_export(struct sj_call *call, struct sj_error *err) {
    struct sj_cli *cli = call->cli;
    struct sj_export_options options;
    struct sj_export_summary summary = {0};
    struct sj_reading reading = {0};
    struct sj_output output = {0};
    struct sj_progress_bar bar;
    struct sj_buf flags;
    enum sj_status status = SJ_OK;
    SJ_TRY(set_options(call, &options, err));
    sj_buf_init(&flags, cli->mem, FLAGS_BYTES_MAX);
    options.flags = &flags;
    sj_progress_begin(&bar, cli, SJ_T("events"));
    options.progress = cli->out_is_terminal && sj_call_value(call, "output") == NULL ? NULL : show;
    options.progress_ctx = &bar;
    SJ_TRY_CLEAN(sj_reading_open(cli, call->args.words[0], &reading, err));
    SJ_TRY_CLEAN(sj_output_open(cli->os, &cli->arena, sj_call_value(call, "output"), false, &output, err));
    SJ_TRY_CLEAN(sj_export(cli->mem, reading.snapshot, &options, sj_output_write, &output, &summary, err));
    SJ_TRY_CLEAN(sj_output_commit(&output, err));
    sj_progress_end(&bar);
    say_done(call, &summary, &bar, &flags);
cleanup:
    sj_buf_done(&flags);
    sj_progress_end(&bar);
    sj_output_drop(&output);
    sj_reading_close(&reading);
    return status;
}

const struct sj_command sj_command_export = {
    .name = "export",
    .summary = SJ_T("All events out of a store, as CSV or JSON Lines."),
    .words = "STORE",
    .n_words_min = 1,
    .n_words_max = 1,
    .about = SJ_T("Customers stand in the order of the store, their events in order of time; times are ISO 8601 in UTC, durations in "
                  "seconds. Imported again, the file gives the same store; where a kind could be taken for another (a text that looks "
                  "like a number, money, a duration), the flags that the import then needs are told at the end."),
    .example = "export shop.sojourn --format jsonl -o shop.jsonl",
    .sets = {{.title = SJ_T("The file"), SJ_FLAGS(export_flags)}},
    .run = run_export,
};
