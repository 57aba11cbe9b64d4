#include "api/customer.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/export_person.h"

/* customer: all events of one, in order. */

static const struct sj_flag flags[] = {
    {"pause", SJ_TAKES_VALUE, "DURATION", "30m", SJ_T("a longer pause begins a new visit")},
    {"timezone", SJ_TAKES_VALUE, "ZONE", NULL, SJ_T("for times: Europe/Amsterdam or +02:00; else UTC")},
    {"format", SJ_TAKES_VALUE, "table|json|csv|svg", "table", SJ_T("how the answer is written")},
    {"output", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("where it is written, also -o FILE; a file that is there is replaced")},
    {"table", SJ_TAKES_VALUE, "NAME", NULL, SJ_T("which table to write as csv: customer or events")},
    {"rows", SJ_TAKES_VALUE, "N", "100", SJ_T("how many rows of a table are shown on the terminal")},
};

static const struct sj_flag export_flags[] = {
    {"export", SJ_TAKES_VALUE, "FILE.zip", NULL, SJ_T("everything held about this customer: a page, CSV and JSON, in one zip archive")},
    {"force", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("replaces FILE.zip where it is there already")},
};

static enum sj_status fill(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result, struct sj_error *err) {
    const int64_t *pause_us = ctx;
    return sj_customer_show(snapshot, sj_str(call->args.words[1]), *pause_us, result, err);
}

static enum sj_status run_customer(struct sj_call *call, struct sj_error *err) {
    const char *pause = sj_call_value(call, "pause"), *export = sj_call_value(call, "export");
    int64_t pause_us;
    if (!sj_duration_parse(sj_str(pause), &pause_us) || pause_us < 0)
        return sj_fail(err, SJ_E_USAGE, "--pause: \"%s\" is no time; expected one such as 30m or 2h", pause);
    if (export != NULL)
        return sj_cli_export_person(call, export, err);
    const struct sj_cli_show show = {.name = "customer",
                                     .title = SJ_T("What did this customer do, and when?"),
                                     .lens = {.timezone = sj_call_given(call, "timezone")},
                                     .fill = fill,
                                     .ctx = &pause_us};
    return sj_cli_show(call, &show, err);
}

const struct sj_command sj_command_customer = {
    .name = "customer",
    .summary = SJ_T("All events of one customer, in order."),
    .words = "STORE CUSTOMER",
    .n_words_min = 2,
    .n_words_max = 2,
    .about = SJ_T("Every event that the store holds under this identity, with each value that is known. That is personal data: mind who "
                  "reads it."),
    .example = "customer shop.sojourn C000001\ncustomer shop.sojourn C000001 --format csv --table events -o C000001.csv\n"
               "customer shop.sojourn C000001 --export C000001.zip --lang nl",
    .sets = {{.title = SJ_T("The answer"), SJ_FLAGS(flags)}, {.title = SJ_T("For this customer"), SJ_FLAGS(export_flags)}},
    .run = run_customer,
};
