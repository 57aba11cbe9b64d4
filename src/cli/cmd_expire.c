#include "api/expire.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/expire.h"
#include "cli/interrupt.h"
#include "picture/figure.h"

/* expire: rules of retention, what would go by them, and letting it go. */

static const struct sj_flag what_flags[] = {
    {"older-than", SJ_TAKES_VALUE, "DURATION", NULL, SJ_T("events of a greater age, such as 730d; else what the saved rules say")},
    {"where", SJ_TAKES_VALUE, "CONDITION", NULL, SJ_T("only events that meet it: `sojourn help where`; its times are UTC")},
};
static const struct sj_flag do_flags[] = {
    {"dry-run", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("counts what would go; nothing is changed")},
    {"yes", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("does it now; what goes cannot be brought back")},
    {"keep-rule", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("saves it as a rule, which a later expire or compact applies")},
    {"drop-rule", SJ_TAKES_VALUE, "N", NULL, SJ_T("removes a saved rule; no event goes")},
};
static const struct sj_flag answer_flags[] = {
    {"timezone", SJ_TAKES_VALUE, "ZONE", NULL, SJ_T("for times: Europe/Amsterdam or +02:00; else UTC")},
    {"format", SJ_TAKES_VALUE, "table|json|csv|svg", "table", SJ_T("how the answer is written")},
    {"output", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("where it is written, also -o FILE; a file that is there is replaced")},
    {"table", SJ_TAKES_VALUE, "NAME", NULL, SJ_T("which table to write as csv: rules, summary or touchpoints")},
    {"rows", SJ_TAKES_VALUE, "N", "100", SJ_T("how many rows of a table are shown on the terminal")},
};

struct wish {
    struct sj_rule rule;
    bool has_rule, dry_run, yes, keep, drop;
    int64_t drop_id;
};

static enum sj_status read_rule(const struct sj_call *call, struct wish *wish, struct sj_error *err) {
    const char *age = sj_call_value(call, "older-than");
    wish->rule.condition = sj_call_given(call, "where");
    wish->has_rule = age != NULL;
    if (age != NULL && (!sj_duration_parse(sj_str(age), &wish->rule.age_us) || wish->rule.age_us <= 0))
        return sj_fail(err, SJ_E_USAGE, "--older-than: \"%s\" is no age; expected one such as 730d", age);
    if (!wish->has_rule && (wish->rule.condition.n > 0 || wish->keep))
        return sj_fail(err, SJ_E_USAGE, "--where and --keep-rule go with --older-than DURATION, which says from which age on events go");
    return SJ_OK;
}

static enum sj_status read_wish(const struct sj_call *call, struct wish *wish, struct sj_error *err) {
    *wish = (struct wish){.dry_run = sj_call_is_on(call, "dry-run"),
                          .yes = sj_call_is_on(call, "yes"),
                          .keep = sj_call_is_on(call, "keep-rule"),
                          .drop = sj_call_value(call, "drop-rule") != NULL};
    SJ_TRY(read_rule(call, wish, err));
    if (wish->drop) {
        SJ_TRY(sj_call_count(call, "drop-rule", 1, INT64_MAX, &wish->drop_id, err));
        if (wish->has_rule || wish->yes || wish->dry_run)
            return sj_fail(err, SJ_E_USAGE, "--drop-rule stands alone: it removes a rule, and lets no event go");
    }
    if (wish->dry_run && (wish->yes || wish->keep))
        return sj_fail(err, SJ_E_USAGE, "--dry-run changes nothing, and so cannot go with --yes or --keep-rule");
    if (wish->has_rule && !wish->dry_run && !wish->yes && !wish->keep)
        return sj_fail(err, SJ_E_USAGE,
                       "say what is to be done: --dry-run counts what would go, --yes lets it go now, --keep-rule saves the rule");
    return SJ_OK;
}

/* ---- showing ---- */

static enum sj_status fill(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result, struct sj_error *err) {
    const struct wish *wish = ctx;
    struct sj_expiry *expiry;
    SJ_TRY(sj_expiry_open(call->cli->os, call->cli->mem, snapshot, wish->has_rule ? &wish->rule : NULL, &expiry, err));
    const enum sj_status status = sj_expiry_show(expiry, wish->dry_run, result, err);
    sj_expiry_close(expiry);
    return status;
}

/* ---- doing ---- */

static void say_dropped(const struct sj_call *call, const struct sj_dropped *dropped) {
    char events[SJ_FIGURE_BYTES];
    sj_figure_count((int64_t)dropped->n_events, call->cli->lang, events);
    sj_cli_say(call->cli, SJ_T("%s: events that went: %s"), call->args.words[0], events);
    if (dropped->log_kept)
        sj_cli_say(call->cli,
                   SJ_T("! somebody is reading the store: what had just come in may still stand in the log of its catalog. The next expire "
                        "empties it"));
}

enum sj_status sj_expire_now(struct sj_call *call, struct sj_store *store, const struct sj_rule *rule, bool tell, struct sj_error *err) {
    struct sj_snapshot *snapshot;
    struct sj_expiry *expiry = NULL;
    struct sj_dropped dropped = {0};
    SJ_TRY(sj_snapshot_open(store, &snapshot, err));
    enum sj_status status = sj_expiry_open(call->cli->os, call->cli->mem, snapshot, rule, &expiry, err);
    const bool any = status == SJ_OK && sj_expiry_n_rules(expiry) > 0;
    if (status == SJ_OK && !any && tell)
        status = sj_fail(err, SJ_E_USAGE, "no rule is saved: say which events with --older-than 730d");
    if (status == SJ_OK && any)
        status = sj_expiry_run(expiry, store, &dropped, err);
    if (status == SJ_OK && any && (tell || dropped.n_events > 0))
        say_dropped(call, &dropped);
    sj_expiry_close(expiry);
    sj_snapshot_close(snapshot);
    return status;
}

/* A rule is saved only if it can be understood. */
static enum sj_status keep_rule(struct sj_call *call, struct sj_store *store, struct wish *wish, struct sj_error *err) {
    struct sj_snapshot *snapshot;
    struct sj_expiry *expiry = NULL;
    SJ_TRY(sj_snapshot_open(store, &snapshot, err));
    enum sj_status status = sj_expiry_open(call->cli->os, call->cli->mem, snapshot, &wish->rule, &expiry, err);
    sj_expiry_close(expiry);
    sj_snapshot_close(snapshot);
    SJ_TRY(status);
    SJ_TRY(sj_store_add_rule(store, wish->rule.age_us, wish->rule.condition, &wish->rule.id, err));
    sj_cli_say(call->cli, SJ_T("%s: rule %lld is saved"), call->args.words[0], (long long)wish->rule.id);
    return SJ_OK;
}

static enum sj_status change(struct sj_call *call, struct sj_store *store, struct wish *wish, struct sj_error *err) {
    if (wish->drop) {
        SJ_TRY(sj_store_remove_rule(store, wish->drop_id, err));
        sj_cli_say(call->cli, SJ_T("%s: rule %lld is removed"), call->args.words[0], (long long)wish->drop_id);
        return SJ_OK;
    }
    if (wish->keep)
        SJ_TRY(keep_rule(call, store, wish, err));
    return wish->yes ? sj_expire_now(call, store, wish->has_rule ? &wish->rule : NULL, true, err) : SJ_OK;
}

static enum sj_status write_store(struct sj_call *call, struct wish *wish, struct sj_error *err) {
    struct sj_store_options options = sj_cli_store_options(call->cli);
    struct sj_store *store;
    struct sj_os os;
    sj_interrupt_hold(call->cli->os, &os);
    options.program = "sojourn expire";
    options.os = &os;
    enum sj_status status = sj_store_open(&options, call->args.words[0], true, &store, err);
    if (status == SJ_OK) {
        status = change(call, store, wish, err);
        sj_store_close(store);
    }
    sj_interrupt_release();
    if (status == SJ_E_CANCELLED)
        return sj_fail(err, status, "stopped; %s is whole, and answers as before", call->args.words[0]);
    return status;
}

static enum sj_status run_expire(struct sj_call *call, struct sj_error *err) {
    struct wish wish;
    SJ_TRY(read_wish(call, &wish, err));
    const struct sj_cli_show show = {.name = "expire",
                                     .title = wish.dry_run ? SJ_T("Which events would go now?") : SJ_T("Which events may not be kept?"),
                                     .lens = {.timezone = sj_call_given(call, "timezone")},
                                     .fill = fill,
                                     .ctx = &wish};
    return wish.yes || wish.keep || wish.drop ? write_store(call, &wish, err) : sj_cli_show(call, &show, err);
}

const struct sj_command sj_command_expire = {
    .name = "expire",
    .summary = SJ_T("Lets events go that are older than they may be: rules of retention."),
    .words = "STORE",
    .n_words_min = 1,
    .n_words_max = 1,
    .about =
        SJ_T("Without flags it shows the saved rules. Events that go are written out of the segments: their bytes are in no file of the "
             "store any more; copies of it that you made still have them. An event goes when its time is before now less the age. Names of "
             "touchpoints, channels and properties stay. A file that is imported again brings its old events back, until the rules are "
             "applied once more."),
    .example = "expire shop.sojourn --older-than 730d --dry-run\nexpire shop.sojourn --older-than 90d --where 'touchpoint = \"visit\"' "
               "--keep-rule\n"
               "expire shop.sojourn --yes",
    .sets = {{.title = SJ_T("Which events"), SJ_FLAGS(what_flags)},
             {.title = SJ_T("What is done"), SJ_FLAGS(do_flags)},
             {.title = SJ_T("The answer"), SJ_FLAGS(answer_flags)}},
    .run = run_expire,
};
