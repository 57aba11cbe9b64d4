#include "api/customer.h"
#include "cli/cli.h"
#include "cli/export_person.h"

/* customer: all events of one, in order. */

static const struct sj_flag lens_flags[] = {
    {"from", SJ_TAKES_VALUE, "TIME", NULL, SJ_T("only events from this time on: 2026-01-31 or 2026-01-31T12:00Z")},
    {"to", SJ_TAKES_VALUE, "TIME", NULL, SJ_T("only events before this time")},
    {"where", SJ_TAKES_VALUE, "CONDITION", NULL,
     SJ_T("only events that meet it: 'channel = \"web\" and value > 100'; `sojourn help where` has all of it")},
    {"as-of", SJ_TAKES_VALUE, "TIME", NULL, SJ_T("as known before this moment: no later events, no links of identities that came later")},
    {"journey", SJ_TAKES_VALUE, "RULE", "session 30m", SJ_T("what one journey is: history, 'session 30m', or 'by PROPERTY'")},
    {"timezone", SJ_TAKES_VALUE, "ZONE", NULL, SJ_T("for times: Europe/Amsterdam or +02:00; else UTC")},
};

static const struct sj_flag flags[] = {
    {"format", SJ_TAKES_VALUE, "table|json|csv|svg", "table", SJ_T("how the answer is written")},
    {"output", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("where it is written, also -o FILE; a file that is there is replaced")},
    {"table", SJ_TAKES_VALUE, "NAME", NULL, SJ_T("which table to write as csv: customer, segments or events")},
    {"rows", SJ_TAKES_VALUE, "N", "100", SJ_T("how many rows of a table are shown on the terminal")},
};

static const struct sj_flag export_flags[] = {
    {"export", SJ_TAKES_VALUE, "FILE.zip", NULL, SJ_T("everything held about this customer: a page, CSV and JSON, in one zip archive")},
    {"force", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("replaces FILE.zip where it is there already")},
};

static enum sj_status fill(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result, struct sj_error *err) {
    return sj_customer_show(call->cli->os, call->cli->mem, snapshot, ctx, result, err);
}

static enum sj_status run_customer(struct sj_call *call, struct sj_error *err) {
    struct sj_customer_words words = {.identity = sj_str(call->args.words[1]), .lens = sj_call_lens(call)};
    const char *export = sj_call_value(call, "export");
    words.lens.journey = sj_str(sj_call_value(call, "journey"));
    if (export != NULL && (words.lens.from.n > 0 || words.lens.to.n > 0 || words.lens.where.n > 0 || words.lens.as_of.n > 0))
        return sj_fail(err, SJ_E_USAGE,
                       "--export writes everything that is held about the customer; leave --from, --to, --where and --as-of out");
    if (export != NULL)
        return sj_cli_export_person(call, export, err);
    const struct sj_cli_show show = {
        .name = "customer", .title = SJ_T("What did this customer do, and when?"), .lens = words.lens, .fill = fill, .ctx = &words};
    return sj_cli_show(call, &show, err);
}

const struct sj_command sj_command_customer = {
    .name = "customer",
    .summary = SJ_T("All events of one customer, in order."),
    .words = "STORE CUSTOMER",
    .n_words_min = 2,
    .n_words_max = 2,
    .about =
        SJ_T("Every event that the store holds under this identity, journey by journey, with each value that is known. That is personal "
             "data: mind who reads it."),
    .example = "customer shop.sojourn C000001\n"
               "customer shop.sojourn C000001 --journey history --where 'score is known'\n"
               "customer shop.sojourn C000001 --format csv --table events -o C000001.csv\n"
               "customer shop.sojourn C000001 --export C000001.zip --lang nl",
    .sets = {{.title = SJ_T("Which events and journeys"), SJ_FLAGS(lens_flags)},
             {.title = SJ_T("The answer"), SJ_FLAGS(flags)},
             {.title = SJ_T("For this customer"), SJ_FLAGS(export_flags)}},
    .run = run_customer,
};
