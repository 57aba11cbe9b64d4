#include "api/identity.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/import_care.h"
#include "cli/interrupt.h"
#include "ingest/care.h"
#include "ingest/link_file.h"
#include "picture/figure.h"

/* identity: which identities are one customer, and saying so by hand. */

static const struct sj_flag identity_flags[] = {
    {"at", SJ_TAKES_VALUE, "TIME", NULL, SJ_T("link and unlink: since when it is known; else now. import: for rows without a time")},
    {"dry-run", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("link, unlink and import: only show what it would change, or whether the file can be read")},
    {"limit", SJ_TAKES_VALUE, "N", "100", SJ_T("conflicts: how many are listed")},
    {"timezone", SJ_TAKES_VALUE, "ZONE", NULL, SJ_T("for times: Europe/Amsterdam or +02:00; else UTC")},
};

static enum sj_status parse_at(struct sj_call *call, int64_t *ret_us, struct sj_error *err) {
    const struct sj_str at = sj_call_given(call, "at"), name = sj_call_given(call, "timezone");
    struct sj_zone *zone = NULL;
    const int64_t now_us = call->cli->os->now_us(call->cli->os->ctx);
    *ret_us = now_us;
    if (at.n == 0)
        return SJ_OK;
    if (name.n > 0)
        SJ_TRY(sj_os_zone(call->cli->os, call->cli->mem, name, &zone, err));
    const bool good = sj_time_parse_iso(at, zone, ret_us, NULL);
    sj_zone_free(call->cli->mem, zone);
    if (good && *ret_us > now_us)
        return sj_fail(err, SJ_E_USAGE, "--at: \"%.*s\" is later than now; links that are not yet true cannot be stated", SJ_ARG(at));
    return good ? SJ_OK
                : sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no time for %s; expected a date such as 2026-01-31, or 2026-01-31T12:00",
                          SJ_ARG(at), "at");
}

/* ---- looking ---- */

static enum sj_status fill_overview(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result,
                                    struct sj_error *err) {
    (void)call;
    (void)ctx;
    return sj_identity_overview(snapshot, result, err);
}

static enum sj_status fill_show(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result,
                                struct sj_error *err) {
    (void)ctx;
    return sj_identity_show(snapshot, sj_str(call->args.words[2]), result, err);
}

static enum sj_status fill_conflicts(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result,
                                     struct sj_error *err) {
    const int64_t *limit = ctx;
    (void)call;
    return sj_identity_conflicts(snapshot, (size_t)*limit, result, err);
}

static enum sj_status fill_preview(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result,
                                   struct sj_error *err) {
    (void)call;
    return sj_identity_preview(snapshot, ctx, result, err);
}

static enum sj_status present(struct sj_call *call, const char *title, void *ctx,
                              enum sj_status (*fill)(struct sj_call *, void *, struct sj_snapshot *, struct sj_result *, struct sj_error *),
                              struct sj_error *err) {
    const struct sj_cli_show show = {
        .name = "identity", .title = title, .lens = {.timezone = sj_call_given(call, "timezone")}, .fill = fill, .ctx = ctx};
    return sj_cli_show(call, &show, err);
}

static enum sj_status run_overview(struct sj_call *call, struct sj_error *err) {
    return present(call, SJ_T("Which identities are one customer?"), NULL, fill_overview, err);
}

static enum sj_status run_show(struct sj_call *call, struct sj_error *err) {
    return present(call, SJ_T("Which identities is this customer, and why?"), NULL, fill_show, err);
}

static enum sj_status run_conflicts(struct sj_call *call, struct sj_error *err) {
    int64_t limit = 0;
    SJ_TRY(sj_call_count(call, "limit", 1, INT32_MAX, &limit, err));
    return present(call, SJ_T("Which links do nothing, and why?"), &limit, fill_conflicts, err);
}

/* ---- changing ---- */

static enum sj_status open_for_writing(struct sj_call *call, struct sj_os *os, struct sj_store **ret_store, struct sj_error *err) {
    struct sj_store_options options = sj_cli_store_options(call->cli);
    sj_interrupt_hold(call->cli->os, os);
    options.program = "sojourn identity";
    options.os = os;
    const enum sj_status status = sj_store_open(&options, call->args.words[0], true, ret_store, err);
    if (status != SJ_OK)
        sj_interrupt_release();
    return status;
}

/* The link is in whatever becomes of this; without it, each question resolves all links. */
static void close_written(struct sj_store *store, enum sj_status status) {
    if (status == SJ_OK)
        (void)sj_store_compact(store, false, NULL, NULL, NULL);
    sj_store_close(store);
    sj_interrupt_release();
}

static enum sj_status write_link(struct sj_call *call, const struct sj_link *link, struct sj_error *err) {
    struct sj_store *store;
    struct sj_os os;
    size_t n_new;
    SJ_TRY(open_for_writing(call, &os, &store, err));
    const enum sj_status status = sj_store_link(store, link, 1, &n_new, err);
    close_written(store, status);
    return status;
}

static enum sj_status check_pair(const struct sj_link *link, struct sj_error *err) {
    const struct sj_str *const both[] = {&link->a, &link->b};
    for (int i = 0; i < 2; i++) {
        SJ_TRY(sj_identity_check(*both[i], err));
        if (sj_identity_is_placeholder(*both[i]))
            return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is a placeholder, which is nobody, and cannot be linked", SJ_ARG(*both[i]));
    }
    return sj_str_eq(link->a, link->b) ? sj_fail(err, SJ_E_USAGE, "both identities are \"%.*s\"", SJ_ARG(link->a)) : SJ_OK;
}

/* What it changes is shown before it is written, and then it is. */
static enum sj_status change(struct sj_call *call, enum sj_link_how how, struct sj_error *err) {
    struct sj_link link = {.a = sj_str(call->args.words[2]), .b = sj_str(call->args.words[3]), .how = how};
    SJ_TRY(parse_at(call, &link.time_us, err));
    SJ_TRY(check_pair(&link, err));
    if (sj_str_cmp(link.a, link.b) > 0) {
        const struct sj_str swap = link.a;
        link.a = link.b;
        link.b = swap;
    }
    SJ_TRY(present(call, how == SJ_LINK_CUT ? SJ_T("What does cutting them change?") : SJ_T("What does linking them change?"), &link,
                   fill_preview, err));
    if (sj_call_is_on(call, "dry-run")) {
        sj_cli_say(call->cli, SJ_T("nothing was written (--dry-run)"));
        return SJ_OK;
    }
    SJ_TRY(write_link(call, &link, err));
    sj_cli_say(call->cli, SJ_T("written; `sojourn identity %s %s \"%s\" \"%s\"` takes it back"), call->args.words[0],
               how == SJ_LINK_CUT ? "link" : "unlink", call->args.words[2], call->args.words[3]);
    return SJ_OK;
}

static enum sj_status run_link(struct sj_call *call, struct sj_error *err) { return change(call, SJ_LINK_STATED, err); }
static enum sj_status run_unlink(struct sj_call *call, struct sj_error *err) { return change(call, SJ_LINK_CUT, err); }

/* The links of a file on their way. */
struct reading {
    struct sj_writer *writer; /* NULL: the file is only read */
    const uint8_t *key;       /* of pseudonyms; NULL: identities stand as they are */
};

static enum sj_status take_link(void *ctx, struct sj_str a, struct sj_str b, int64_t time_us, struct sj_error *err) {
    const struct reading *reading = ctx;
    char texts[2][SJ_PSEUDONYM_BYTES];
    SJ_TRY(sj_identity_check(a, err));
    SJ_TRY(sj_identity_check(b, err));
    if (reading->key) {
        a = sj_pseudonym(reading->key, a, texts[0]);
        b = sj_pseudonym(reading->key, b, texts[1]);
    }
    return reading->writer ? sj_writer_link(reading->writer, a, b, time_us, err) : SJ_OK;
}

static enum sj_status read_links(struct sj_call *call, struct sj_writer *writer, uint64_t *ret_n, struct sj_error *err) {
    const struct sj_str name = sj_call_given(call, "timezone");
    struct sj_zone *zone = NULL;
    struct sj_ingest_options care = {.n_drop = 0};
    uint8_t key[SJ_KEYED_KEY_BYTES];
    struct reading reading = {.writer = writer};
    struct sj_link_file file = {
        .os = call->cli->os, .mem = call->cli->mem, .path = call->args.words[2], .link = take_link, .ctx = &reading};
    SJ_TRY(sj_import_pseudonyms(call, &care, key, err));
    reading.key = care.pseudonym_key;
    SJ_TRY(parse_at(call, &file.time_us, err));
    if (name.n > 0)
        SJ_TRY(sj_os_zone(call->cli->os, call->cli->mem, name, &zone, err));
    file.zone = zone;
    const enum sj_status status = sj_link_file_read(&file, ret_n, err);
    sj_zone_free(call->cli->mem, zone);
    return status;
}

static enum sj_status import_links(struct sj_call *call, struct sj_store *store, uint64_t *ret_n, struct sj_commit *ret_commit,
                                   struct sj_error *err) {
    struct sj_writer *writer;
    SJ_TRY(sj_writer_open(store, SJ_LOAD_STREAM, &writer, err));
    enum sj_status status = read_links(call, writer, ret_n, err);
    if (status == SJ_OK)
        status = sj_writer_commit(writer, NULL, ret_commit, err);
    sj_writer_close(writer);
    return status;
}

static enum sj_status try_import(struct sj_call *call, struct sj_error *err) {
    char count[SJ_FIGURE_BYTES];
    uint64_t n = 0;
    SJ_TRY(read_links(call, NULL, &n, err));
    sj_figure_count((int64_t)n, call->cli->lang, count);
    sj_cli_say(call->cli, SJ_T("%s: rows with links: %s. Nothing was written (--dry-run)"), call->args.words[2], count);
    return SJ_OK;
}

static enum sj_status run_import(struct sj_call *call, struct sj_error *err) {
    struct sj_store *store;
    struct sj_os os;
    struct sj_commit commit;
    uint64_t n = 0;
    char count[SJ_FIGURE_BYTES], n_new[SJ_FIGURE_BYTES];
    if (sj_call_is_on(call, "dry-run"))
        return try_import(call, err);
    SJ_TRY(open_for_writing(call, &os, &store, err));
    const enum sj_status status = import_links(call, store, &n, &commit, err);
    close_written(store, status);
    SJ_TRY(status);
    sj_figure_count((int64_t)n, call->cli->lang, count);
    sj_figure_count((int64_t)commit.n_links, call->cli->lang, n_new);
    sj_cli_say(
        call->cli,
        SJ_T("%s: rows with links: %s, of which new: %s. Questions go by them from now on; `sojourn compact` puts the events of each "
             "customer together"),
        call->args.words[0], count, n_new);
    return SJ_OK;
}

/* ---- the command ---- */

static const struct action {
    const char *name;
    size_t n_words; /* after it */
    const char *expected;
    enum sj_status (*run)(struct sj_call *call, struct sj_error *err);
} actions[] = {
    {"show", 1, "IDENTITY", run_show},   {"link", 2, "IDENTITY IDENTITY", run_link}, {"unlink", 2, "IDENTITY IDENTITY", run_unlink},
    {"conflicts", 0, "", run_conflicts}, {"import", 1, "FILE", run_import},
};
#define N_ACTIONS (sizeof actions / sizeof *actions)

static enum sj_status run_identity(struct sj_call *call, struct sj_error *err) {
    struct sj_str names[N_ACTIONS];
    if (call->args.n_words == 1)
        return run_overview(call, err);
    const struct sj_str name = sj_str(call->args.words[1]);
    for (size_t i = 0; i < N_ACTIONS; i++) {
        names[i] = sj_str(actions[i].name);
        if (!sj_str_eq(name, names[i]))
            continue;
        if (call->args.n_words != 2 + actions[i].n_words)
            return sj_fail(err, SJ_E_USAGE, "identity STORE %s expects: %s", actions[i].name,
                           actions[i].n_words > 0 ? actions[i].expected : "nothing more");
        if (actions[i].run != run_import && (sj_call_is_on(call, "pseudonymise") || sj_call_value(call, "pseudonym-key")))
            return sj_fail(err, SJ_E_USAGE, "--pseudonymise goes with import; %s takes pseudonyms as they stand in the store",
                           actions[i].name);
        return actions[i].run(call, err);
    }
    const size_t near = sj_str_nearest(name, names, N_ACTIONS);
    return near < N_ACTIONS
               ? sj_fail(err, SJ_E_USAGE, "identity does not know \"%.*s\"; \"%s\" is the nearest word", SJ_ARG(name), actions[near].name)
               : sj_fail(err, SJ_E_USAGE, "identity does not know \"%.*s\"; expected show, link, unlink, conflicts or import",
                         SJ_ARG(name));
}

const struct sj_command sj_command_identity = {
    .name = "identity",
    .summary = SJ_T("Which identities are one customer: show, link, unlink, conflicts, import."),
    .words = "STORE [show|link|unlink|conflicts|import …]",
    .n_words_min = 1,
    .n_words_max = 4,
    .words_help = SJ_T("nothing: an overview. show IDENTITY: a customer's identities and links. link A B, unlink A B: say that two are one "
                       "person, or are not; the last word counts. conflicts: links that do nothing. import FILE: a CSV file of links."),
    .about =
        SJ_T("An identity is what an event gives as its customer. Its type is the word before a colon (anonymous, email, phone, device, "
             "custom); any other is a user. Links carry on: what is linked with the linked is the same customer. Placeholders such as 0 "
             "and unknown are nobody; a shared device joins no two users: the earlier link stands; a customer has at most 100 "
             "identities. Links never rewrite events: unlinking takes a merge back, and --as-of asks as it was known before a moment."),
    .example = "identity shop.sojourn\nidentity shop.sojourn show C000001\nidentity shop.sojourn link anonymous:f3a9 C000001\n"
               "identity shop.sojourn import links.csv",
    .sets = {{.title = SJ_T("Identities"), SJ_FLAGS(identity_flags)},
             {.title = SJ_T("Import, where the customers of the store are pseudonyms"),
              .flags = sj_import_care_flags,
              .n_flags = SJ_N_PSEUDONYM_FLAGS},
             SJ_OUTPUT_FLAG_SET},
    .run = run_identity,
};
