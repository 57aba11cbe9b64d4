#include "cli/export_person.h"

#include <stdio.h>

#include "api/person.h"
#include "cli/output.h"
#include "picture/figure.h"
#include "store/records.h"

/* The entry is there before the file is: an export that is not told of must not be. */
static enum sj_status write_person(struct sj_call *call, const char *path, struct sj_store *store, struct sj_snapshot *snapshot,
                                   struct sj_error *err) {
    struct sj_cli *cli = call->cli;
    const struct sj_str identity = sj_str(call->args.words[1]);
    struct sj_person person;
    struct sj_output output = {0};
    char detail[64], count[SJ_FIGURE_BYTES];
    enum sj_status status = SJ_OK;
    const struct sj_person_asked asked = {
        .os = cli->os, .store = call->args.words[0], .identity = identity, .lang = cli->lang, .now_us = cli->os->now_us(cli->os->ctx)};
    SJ_TRY(sj_person_open(cli->mem, snapshot, &asked, &person, err));
    const int64_t n_events = (int64_t)sj_result_find(&person.shown, "events")->n_rows;
    const int n = snprintf(detail, sizeof detail, "events=%lld", (long long)n_events);
    SJ_TRY_CLEAN(sj_output_open(cli->os, &cli->arena, path, !sj_call_is_on(call, "force"), &output, err));
    SJ_TRY_CLEAN(sj_person_export(&person, cli->mem, sj_output_write, &output, err));
    SJ_TRY_CLEAN(sj_store_audit(store, "export", identity, (struct sj_str){detail, (size_t)n}, err));
    SJ_TRY_CLEAN(sj_output_commit(&output, err));
    (void)sj_figure_count(n_events, cli->lang, count);
    sj_cli_say(cli, SJ_T("%s: everything held about this customer, events: %s. The audit record of the store says so"), path, count);
cleanup:
    sj_output_drop(&output);
    sj_person_close(&person);
    return status;
}

enum sj_status sj_cli_export_person(struct sj_call *call, const char *path, struct sj_error *err) {
    struct sj_store_options options = sj_cli_store_options(call->cli);
    struct sj_store *store;
    struct sj_snapshot *snapshot;
    if (sj_call_value(call, "output") != NULL)
        return sj_fail(err, SJ_E_USAGE, "--export FILE names the file itself, and does not go with --output");
    if (path[0] == '\0' || strcmp(path, "-") == 0)
        return sj_fail(err, SJ_E_USAGE, "--export takes the name of a file, such as customer.zip");
    options.program = "sojourn customer --export";
    SJ_TRY(sj_store_open(&options, call->args.words[0], true, &store, err));
    enum sj_status status = sj_snapshot_open(store, &snapshot, err);
    if (status == SJ_OK) {
        status = write_person(call, path, store, snapshot, err);
        sj_snapshot_close(snapshot);
    }
    sj_store_close(store);
    return status;
}
