#include "api/customer.h"
#include "base/time.h"
#include "cli/cli.h"

/* customer: all events of one, in order. */

static const struct sj_flag flags[] = {
    {"pause", SJ_TAKES_VALUE, "DURATION", "30m", SJ_T("a longer pause begins a new visit")},
    {"timezone", SJ_TAKES_VALUE, "ZONE", NULL, SJ_T("for times: Europe/Amsterdam or +02:00; else UTC")},
    {"format", SJ_TAKES_VALUE, "table|json|csv|svg", "table", SJ_T("how the answer is written")},
    {"output", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("where it is written, also -o FILE; a file that is there is replaced")},
    {"table", SJ_TAKES_VALUE, "NAME", NULL, SJ_T("which table to write as csv: customer or events")},
    {"rows", SJ_TAKES_VALUE, "N", "100", SJ_T("how many rows of a table are shown on the terminal")},
};

static enum sj_status run_customer(struct sj_call *call, struct sj_error *err) {
    struct sj_cli *cli = call->cli;
    struct sj_question question = {.analysis = SJ_LIT("customer")};
    struct sj_answer answer = {.question = &question};
    struct sj_reading reading = {0};
    enum sj_status status = SJ_OK;
    const char *zone = sj_call_value(call, "timezone"), *pause = sj_call_value(call, "pause");
    int64_t pause_us;
    if (!sj_duration_parse(sj_str(pause), &pause_us) || pause_us < 0)
        return sj_fail(err, SJ_E_USAGE, "--pause: \"%s\" is no time; expected one such as 30m or 2h", pause);
    question.lens.timezone = zone != NULL ? sj_str(zone) : (struct sj_str){"", 0};
    sj_result_init(&answer.result, cli->mem, cli->lang);
    answer.result.analysis = "customer";
    answer.result.title = SJ_T("What did this customer do, and when?");
    SJ_TRY_CLEAN(sj_reading_open(cli, call->args.words[0], &reading, err));
    const struct sj_view *view = sj_snapshot_view(reading.snapshot);
    SJ_TRY_CLEAN(sj_customer_show(reading.snapshot, sj_str(call->args.words[1]), pause_us, &answer.result, err));
    answer.n_events = view->n_events;
    answer.as_of_us = view->as_of_us;
    answer.currency = view->currency;
    SJ_TRY_CLEAN(sj_cli_present(call, &answer, err));
cleanup:
    sj_result_done(&answer.result);
    sj_reading_close(&reading);
    return status;
}

const struct sj_command sj_command_customer = {
    .name = "customer",
    .summary = SJ_T("All events of one customer, in order."),
    .words = "STORE CUSTOMER",
    .n_words_min = 2,
    .n_words_max = 2,
    .about = SJ_T("Every event that the store holds under this identity, with each value that is known. That is personal data: mind who "
                  "reads it."),
    .example = "customer shop.sojourn C000001\ncustomer shop.sojourn C000001 --format csv --table events -o C000001.csv",
    .sets = {{.title = SJ_T("The answer"), SJ_FLAGS(flags)}},
    .run = run_customer,
};
