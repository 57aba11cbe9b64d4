#include "cli/cli.h"
#include "cli/output.h"
#include "picture/figure.h"

/* An answer in the format that was asked for. */

#define ANSWER_BYTES_MAX ((size_t)1 << 30)

const struct sj_flag sj_output_flags[SJ_N_OUTPUT_FLAGS] = {
    {"format", SJ_TAKES_VALUE, "table|json|csv|svg", "table", SJ_T("how the answer is written")},
    {"output", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("where it is written, also -o FILE; a file that is there is replaced")},
    {"table", SJ_TAKES_VALUE, "NAME", NULL, SJ_T("which table to write as csv (else the first)")},
    {"rows", SJ_TAKES_VALUE, "N", "25", SJ_T("how many rows of a table are shown on the terminal")},
    {"threads", SJ_TAKES_VALUE, "N", "0", SJ_T("how many threads work on it; 0: one for each processor. The answer is the same")},
};

static enum sj_status check_format(const char *format, const char *table, struct sj_error *err) {
    static const struct sj_str names[] = {{"table", 5}, {"json", 4}, {"csv", 3}, {"svg", 3}};
    for (size_t i = 0; i < 4; i++)
        if (sj_str_eq(sj_str(format), names[i]))
            return table == NULL || i == 2
                       ? SJ_OK
                       : sj_fail(err, SJ_E_USAGE, "--table %s goes with --format csv, which writes one table; %s has all of them", table,
                                 format);
    size_t nearest = sj_str_nearest(sj_str(format), names, 4);
    if (nearest < 4)
        return sj_fail(err, SJ_E_USAGE, "--format is one of table, json, csv, svg, not \"%s\"; %s is the nearest one", format,
                       names[nearest].p);
    return sj_fail(err, SJ_E_USAGE, "--format is one of table, json, csv, svg, not \"%s\"", format);
}

/* The counts that every share is to be read against. */
enum sj_status sj_cli_scope(const struct sj_answer *answer, enum sj_lang lang, struct sj_buf *out, struct sj_error *err) {
    char chosen[SJ_FIGURE_BYTES], events[SJ_FIGURE_BYTES], customers[SJ_FIGURE_BYTES], journeys[SJ_FIGURE_BYTES];
    sj_figure_count((int64_t)answer->counts.n_chosen, lang, chosen);
    sj_figure_count((int64_t)answer->n_events, lang, events);
    sj_figure_count((int64_t)answer->counts.n_customers, lang, customers);
    sj_figure_count((int64_t)answer->counts.n_journeys, lang, journeys);
    return sj_buf_print(out, err, sj_text(lang, SJ_T("%s of %s events, %s customers, %s journeys")), chosen, events, customers, journeys);
}

/* Below a table. */
static enum sj_status print_scope(const struct sj_answer *answer, const struct sj_look *look, struct sj_buf *out, struct sj_error *err) {
    char took[SJ_TIME_TEXT_BYTES];
    if (answer->counts.n_events == 0)
        return SJ_OK;
    SJ_TRY(sj_buf_print(out, err, "%s", look->colour ? "\n\033[2m" : "\n"));
    SJ_TRY(sj_cli_scope(answer, look->lang, out, err));
    sj_duration_format(answer->elapsed_us, took);
    if (look->width > 0)
        SJ_TRY(sj_buf_print(out, err, "; %s", took));
    return sj_buf_print(out, err, "%s", look->colour ? "\033[0m\n" : "\n");
}

static enum sj_status print_table(const struct sj_answer *answer, const struct sj_look *look, struct sj_buf *out, struct sj_error *err) {
    SJ_TRY(sj_picture_terminal(&answer->result, look, out, err));
    return print_scope(answer, look, out, err);
}

static enum sj_status print_answer(const struct sj_call *call, const struct sj_answer *answer, const struct sj_look *look,
                                   struct sj_buf *out, struct sj_error *err) {
    const char *format = sj_call_value(call, "format");
    if (strcmp(format, "table") == 0)
        return print_table(answer, look, out, err);
    if (strcmp(format, "json") == 0)
        return sj_answer_json(answer, out, err);
    if (strcmp(format, "csv") == 0)
        return sj_answer_csv(answer, sj_call_value(call, "table"), out, err);
    return sj_picture_svg(&answer->result, look, out, err);
}

enum sj_status sj_cli_write(const struct sj_call *call, const struct sj_buf *text, struct sj_error *err) {
    struct sj_output output;
    SJ_TRY(sj_output_open(call->cli->os, &call->cli->arena, sj_call_value(call, "output"), false, &output, err));
    enum sj_status status = sj_output_write(&output, text->data, text->n, err);
    if (status == SJ_OK)
        status = sj_output_commit(&output, err);
    sj_output_drop(&output);
    return status;
}

enum sj_status sj_cli_answer_look(struct sj_cli *cli, const struct sj_answer *answer, struct sj_look *ret_look, struct sj_zone **ret_zone,
                                  struct sj_error *err) {
    struct sj_look look = sj_cli_look(cli, false);
    struct sj_zone *zone = NULL;
    const struct sj_str name = answer->question->lens.timezone;
    if (name.n > 0) {
        SJ_TRY(sj_arena_print(&cli->arena, &look.zone_name, err, "%.*s", SJ_ARG(name)));
        SJ_TRY(sj_os_zone(cli->os, cli->mem, name, &zone, err));
    }
    look.zone = zone;
    look.currency = answer->currency;
    *ret_look = look;
    *ret_zone = zone;
    return SJ_OK;
}

enum sj_status sj_cli_present(const struct sj_call *call, const struct sj_answer *answer, struct sj_error *err) {
    struct sj_cli *cli = call->cli;
    struct sj_look look;
    const char *table = sj_call_value(call, "table");
    struct sj_zone *zone = NULL;
    enum sj_status status = SJ_OK;
    struct sj_buf text;
    int64_t rows = 0;
    SJ_TRY(check_format(sj_call_value(call, "format"), table, err));
    SJ_TRY(sj_call_count(call, "rows", 1, INT32_MAX, &rows, err));
    sj_buf_init(&text, cli->mem, ANSWER_BYTES_MAX);
    SJ_TRY_CLEAN(sj_cli_answer_look(cli, answer, &look, &zone, err));
    look.rows_max = (size_t)rows;
    if (sj_call_value(call, "output") != NULL)
        look.width = 0, look.colour = false;
    SJ_TRY_CLEAN(print_answer(call, answer, &look, &text, err));
    SJ_TRY_CLEAN(sj_cli_write(call, &text, err));
cleanup:
    sj_zone_free(cli->mem, zone);
    sj_buf_done(&text);
    return status;
}

enum sj_status sj_cli_show(struct sj_call *call, const struct sj_cli_show *show, struct sj_error *err) {
    struct sj_cli *cli = call->cli;
    const struct sj_question question = {.analysis = sj_str(show->name), .lens = show->lens};
    struct sj_answer answer = {.question = &question};
    struct sj_reading reading = {0};
    enum sj_status status = SJ_OK;
    sj_result_init(&answer.result, cli->mem, cli->lang);
    answer.result.analysis = show->name;
    answer.result.title = sj_text(cli->lang, show->title);
    SJ_TRY_CLEAN(sj_reading_open(cli, call->args.words[0], &reading, err));
    SJ_TRY_CLEAN(show->fill(call, show->ctx, reading.snapshot, &answer.result, err));
    const struct sj_view *view = sj_snapshot_view(reading.snapshot);
    answer.n_events = view->n_events;
    answer.as_of_us = view->as_of_us;
    answer.currency = view->currency;
    SJ_TRY_CLEAN(sj_cli_present(call, &answer, err));
cleanup:
    sj_result_done(&answer.result);
    sj_reading_close(&reading);
    return status;
}
