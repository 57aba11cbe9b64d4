#include <stdio.h>

#include "cli/import_care.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/rejects.h"
#include "picture/figure.h"
#include "store/records.h"

static const struct sj_flag role_flags[] = {
    {"customer", SJ_TAKES_VALUE, "COLUMN", NULL, SJ_T("who it was: a customer's identity")},
    {"time", SJ_TAKES_VALUE, "COLUMN", NULL, SJ_T("when it happened")},
    {"touchpoint", SJ_TAKES_VALUE, "COLUMN", NULL, SJ_T("what happened: visit, call, purchase")},
    {"channel", SJ_TAKES_VALUE, "COLUMN", NULL, SJ_T("where: web, app, phone, shop")},
    {"value", SJ_TAKES_VALUE, "COLUMN", NULL, SJ_T("money that the event brought in")},
    {"cost", SJ_TAKES_VALUE, "COLUMN", NULL, SJ_T("money that it cost us")},
    {"duration", SJ_TAKES_VALUE, "COLUMN", NULL, SJ_T("how long the event itself took: seconds, or 1h30m")},
    {"score", SJ_TAKES_VALUE, "COLUMN", NULL, SJ_T("an answer on a scale")},
    {"score-kind", SJ_TAKES_VALUE, "COLUMN", NULL, SJ_T("which scale: nps, csat, ces")},
    {"comment", SJ_TAKES_VALUE, "COLUMN", NULL, SJ_T("what the customer said")},
    {"event-id", SJ_TAKES_VALUE, "COLUMN", NULL, SJ_T("the same customer and event id counts once, for ever")},
    {"set", SJ_TAKES_VALUES, "ROLE=VALUE", NULL, SJ_T("the same value for every event: channel=phone")},
    {"ignore", SJ_TAKES_VALUES, "COLUMN", NULL, SJ_T("leaves the column out")},
    {"kind", SJ_TAKES_VALUES, "COLUMN=KIND", NULL, SJ_T("text, number, truth, time, money or duration, instead of what is found")},
    {"customer-attribute", SJ_TAKES_VALUE, "NAME", NULL,
     SJ_T("XES: this attribute is the customer; cases are then journeys (property case)")},
    {"identity", SJ_TAKES_VALUES, "COLUMN[=TYPE]", NULL,
     SJ_T("another identity of the same customer: anonymous, email, phone, device, custom or user (else by the column's name)")},
    {"customer-type", SJ_TAKES_VALUE, "TYPE", NULL, SJ_T("of customers whose identity does not begin with one: anonymous")},
};
static const struct sj_flag file_flags[] = {
    {"format", SJ_TAKES_VALUE, "csv|jsonl|xes", NULL, SJ_T("what the file is, instead of what is found")},
    {"timezone", SJ_TAKES_VALUE, "ZONE", NULL, SJ_T("of times without offset: Europe/Amsterdam; else they are UTC")},
    {"time-format", SJ_TAKES_VALUE, "PATTERN", NULL,
     SJ_T("how times are written: 'DD-MM-YYYY HH:mm', epoch_s, epoch_ms, epoch_us, epoch_ns")},
    {"encoding", SJ_TAKES_VALUE, "NAME", NULL, SJ_T("utf-8, utf-16le, utf-16be, windows-1252 or latin-1")},
    {"delimiter", SJ_TAKES_VALUE, "C", NULL, SJ_T("between the cells of a row: one character, or tab")},
    {"decimal", SJ_TAKES_VALUE, "C", NULL, SJ_T("before the decimals of numbers that are texts: . or , (else found, column by column)")},
    {"quote", SJ_TAKES_VALUE, "C", NULL, SJ_T("around a cell: one character, or none")},
    {"header", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("the first row names the columns; --no-header: it does not (they are column_1 …)")},
};
static const struct sj_flag load_flags[] = {
    {"max-rejects", SJ_TAKES_VALUE, "N|N%", NULL,
     SJ_T("how many rows may be unreadable before the import stops (standard: 0.1%, at least 100)")},
    {"rejects", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("where unreadable rows go (standard: NAME.rejects.csv in this folder)")},
    {"again", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("imports a file whose very bytes were imported before")},
    {"dry-run", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("reads all of it and says what would happen; nothing is stored")},
    {"yes", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("does not ask whether the columns are understood rightly")},
    {"currency", SJ_TAKES_VALUE, "CODE", "EUR", SJ_T("of the money in a new store, three letters")},
};

#define LINKS_MANY 10000 /* new ones, after which the events of so many customers are gathered by each question */
#define REJECTS_WARN_SHARE 0.01

struct import {
    struct sj_call *call;
    struct sj_cli *cli;
    struct sj_os os; /* the command's; reads and writes can be stopped while files are loaded */
    struct sj_ingest_options options;
    uint8_t pseudonym_key[SJ_KEYED_KEY_BYTES]; /* the plans point to it */
    struct sj_ingest_plan **plans;             /* one for each file */
    const char *const *files;
    size_t n_files, n_done;
    struct sj_store *store;
    bool made_store, told_store;
};

/* ---- flags to options ---- */

static enum sj_status find_role(struct sj_str name, enum sj_role *ret_role, struct sj_error *err) {
    for (int role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES; role++) {
        struct sj_str known = sj_str(sj_role_name((enum sj_role)role));
        bool same = known.n == name.n;
        for (size_t i = 0; same && i < name.n; i++)
            same = (name.p[i] == '-' ? '_' : name.p[i]) == known.p[i];
        if (same) {
            *ret_role = (enum sj_role)role;
            return SJ_OK;
        }
    }
    return sj_fail(err, SJ_E_USAGE,
                   "\"%.*s\" is not a role: customer, time, touchpoint, channel, value, cost, duration, score, "
                   "score_kind, comment or event_id was expected",
                   SJ_ARG(name));
}

static enum sj_status set_constant(struct sj_ingest_options *options, const char *text, struct sj_error *err) {
    const char *equals = strchr(text, '=');
    enum sj_role role = SJ_ROLE_PROPERTY;
    if (equals == NULL)
        return sj_fail(err, SJ_E_USAGE, "--set takes ROLE=VALUE, for instance --set channel=phone, not \"%s\"", text);
    SJ_TRY(find_role((struct sj_str){text, (size_t)(equals - text)}, &role, err));
    options->constants[role] = sj_str(equals + 1);
    return SJ_OK;
}

static enum sj_status set_columns(const struct sj_call *call, struct sj_ingest_options *options, struct sj_error *err) {
    for (size_t i = 0; i < call->args.n_given; i++) {
        const struct sj_given *given = &call->args.given[i];
        enum sj_role role = SJ_ROLE_PROPERTY;
        if (strcmp(given->flag->name, "set") == 0)
            SJ_TRY(set_constant(options, given->value, err));
        else if (given->flag >= role_flags && given->flag < role_flags + 11 /* those that name a role */) {
            SJ_TRY(find_role(sj_str(given->flag->name), &role, err));
            options->columns[role] = sj_str(given->value);
        }
    }
    SJ_TRY(sj_call_values(call, "ignore", &options->ignore, &options->n_ignore, err));
    SJ_TRY(sj_call_values(call, "identity", &options->identities, &options->n_identities, err));
    return sj_call_values(call, "kind", &options->kinds, &options->n_kinds, err);
}

static enum sj_status set_character(const struct sj_call *call, const char *flag, char *ret_character, struct sj_error *err) {
    const char *text = sj_call_value(call, flag);
    if (text == NULL)
        return SJ_OK;
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        text = "\t";
    if (strlen(text) != 1)
        return sj_fail(err, SJ_E_USAGE, "--%s takes one character (or tab), not \"%s\"", flag, text);
    *ret_character = text[0];
    return SJ_OK;
}

static enum sj_status set_decimal(const struct sj_call *call, struct sj_ingest_options *options, struct sj_error *err) {
    const char *text = sj_call_value(call, "decimal");
    if (text == NULL)
        return SJ_OK;
    if (strcmp(text, ".") != 0 && strcmp(text, ",") != 0)
        return sj_fail(err, SJ_E_USAGE, "--decimal is one of . and , not \"%s\"", text);
    options->decimal = text[0];
    return SJ_OK;
}

/* "250" rows, or "2%" of them. */
static enum sj_status set_max_rejects(const struct sj_call *call, struct sj_ingest_options *options, struct sj_error *err) {
    const char *text = sj_call_value(call, "max-rejects");
    if (text == NULL)
        return SJ_OK;
    struct sj_str number = sj_str(text);
    bool percent = number.n > 0 && number.p[number.n - 1] == '%';
    int64_t count = 0;
    double share = 0;
    number.n -= percent;
    if (percent ? !sj_str_to_double(sj_str_trim(number), &share) || share < 0 || share > 100 : !sj_str_to_i64(number, &count) || count < 0)
        return sj_fail(err, SJ_E_USAGE, "--max-rejects takes a number of rows or a share, for instance 500 or 1%%, not \"%s\"", text);
    options->max_rejects_share = share / 100;
    options->max_rejects_count = (uint64_t)count;
    return SJ_OK;
}

static enum sj_status set_format(const struct sj_call *call, struct sj_ingest_options *options, struct sj_error *err) {
    static const char *const names[] = {[SJ_FORMAT_CSV] = "csv", [SJ_FORMAT_JSONL] = "jsonl", [SJ_FORMAT_XES] = "xes"};
    const char *text = sj_call_value(call, "format");
    if (text == NULL)
        return SJ_OK;
    for (int format = SJ_FORMAT_CSV; format <= SJ_FORMAT_XES; format++)
        if (strcmp(text, names[format]) == 0) {
            options->format = (enum sj_ingest_format)format;
            return SJ_OK;
        }
    return sj_fail(err, SJ_E_USAGE, "--format is one of csv, jsonl, xes, not \"%s\"", text);
}

static struct sj_str text_of(const struct sj_call *call, const char *flag) {
    const char *text = sj_call_value(call, flag);
    return text != NULL ? sj_str(text) : (struct sj_str){"", 0};
}

static enum sj_status set_options(const struct sj_call *call, struct sj_ingest_options *options, struct sj_error *err) {
    sj_ingest_options_init(options);
    SJ_TRY(set_columns(call, options, err));
    SJ_TRY(set_format(call, options, err));
    SJ_TRY(set_character(call, "delimiter", &options->delimiter, err));
    const char *quote = sj_call_value(call, "quote");
    if (quote != NULL && strcmp(quote, "none") == 0)
        options->quote = SJ_INGEST_NO_QUOTE;
    else
        SJ_TRY(set_character(call, "quote", &options->quote, err));
    SJ_TRY(set_decimal(call, options, err));
    SJ_TRY(set_max_rejects(call, options, err));
    options->timezone = text_of(call, "timezone");
    options->time_format = text_of(call, "time-format");
    options->encoding = text_of(call, "encoding");
    options->customer_type = text_of(call, "customer-type");
    options->customer_attribute = text_of(call, "customer-attribute");
    const char *header = sj_call_value(call, "header");
    options->header = header == NULL ? -1 : strcmp(header, "true") == 0;
    return SJ_OK;
}

/* ---- looking ---- */

static enum sj_status show_plan(struct import *import, size_t file, struct sj_error *err) {
    struct sj_cli *cli = import->cli;
    struct sj_result result;
    struct sj_buf text;
    struct sj_look look = sj_cli_look(cli, true);
    const char *zone = sj_call_value(import->call, "timezone");
    struct sj_zone *times_zone = NULL;
    enum sj_status status = SJ_OK;
    sj_result_init(&result, cli->mem, cli->lang);
    sj_buf_init(&text, cli->mem, SIZE_MAX);
    if (zone != NULL)
        SJ_TRY_CLEAN(sj_os_zone(cli->os, cli->mem, sj_str(zone), &times_zone, err));
    look.zone = times_zone;
    look.zone_name = zone;
    look.rows_max = SJ_PROPERTIES_MAX; /* all columns: what is not seen cannot be corrected */
    SJ_TRY_CLEAN(sj_ingest_describe(import->plans[file], &result, err));
    SJ_TRY_CLEAN(sj_picture_terminal(&result, &look, &text, err));
    (void)fwrite(text.data, 1, text.n, stderr);
    (void)fputc('\n', stderr);
cleanup:
    sj_zone_free(cli->mem, times_zone);
    sj_result_done(&result);
    sj_buf_done(&text);
    return status;
}

/* All files are looked at before the first is loaded, so that what is missing is said before anything happens. */
static enum sj_status look_at_files(struct import *import, struct sj_error *err) {
    struct sj_cli *cli = import->cli;
    size_t n_stdin = 0;
    for (size_t i = 0; i < import->n_files; i++)
        n_stdin += strcmp(import->files[i], "-") == 0;
    if (n_stdin > 1)
        return sj_fail(err, SJ_E_USAGE, "standard input (-) can be read only once");
    SJ_TRY(sj_arena_new(&cli->arena, import->n_files, sizeof(struct sj_ingest_plan *), &import->plans, err));
    for (size_t i = 0; i < import->n_files; i++) {
        SJ_TRY(sj_ingest_look(&import->os, cli->mem, import->files[i], &import->options, &import->plans[i], err));
        SJ_TRY(show_plan(import, i, err));
    }
    return SJ_OK;
}

static enum sj_status confirm(const struct import *import, struct sj_error *err) {
    const struct sj_cli *cli = import->cli;
    bool reads_stdin = false;
    for (size_t i = 0; i < import->n_files; i++)
        reads_stdin = reads_stdin || strcmp(import->files[i], "-") == 0;
    if (!cli->in_is_terminal || !cli->err_is_terminal || reads_stdin || sj_call_is_on(import->call, "yes") ||
        sj_call_is_on(import->call, "dry-run"))
        return SJ_OK;
    (void)fputs(sj_text(cli->lang, SJ_T("Import it like this? [Y/n] ")), stderr);
    (void)fflush(stderr);
    char line[32];
    if (fgets(line, sizeof line, stdin) != NULL && (strchr("yYjJ\n", line[0]) != NULL || strncmp(line, "是", 3) == 0))
        return SJ_OK;
    return sj_fail(err, SJ_E_CANCELLED, "nothing was imported. The flags of `sojourn help import` say what a column is");
}

/* ---- loading ---- */

static enum sj_status open_store(struct import *import, struct sj_error *err) {
    struct sj_store_options options = sj_cli_store_options(import->cli);
    options.program = "sojourn import";
    const char *path = import->call->args.words[0];
    if (!sj_store_exists(&options, path)) {
        SJ_TRY(sj_store_create(&options, path, sj_call_value(import->call, "currency"), err));
        import->made_store = true;
    }
    options.os = &import->os; /* a store is made whole: what is stopped comes after */
    SJ_TRY(sj_store_open(&options, path, true, &import->store, err));
    if (import->options.key_from != SJ_KEY_FROM_FILE)
        (void)sj_store_pseudonym_key(import->store, import->pseudonym_key); /* has a secret, being open for writing */
    return SJ_OK;
}

/* A store that was made for an import that failed goes again, unless an earlier file is in it. */
static void discard_store(const struct import *import) {
    const struct sj_store_options options = sj_cli_store_options(import->cli);
    sj_store_discard(&options, import->call->args.words[0]);
}

struct load {
    struct sj_progress_bar bar;
    struct sj_rejects rejects;
    struct sj_ingest_summary summary;
};

static void on_progress(void *ctx, uint64_t bytes_done, uint64_t bytes_total, uint64_t n_rows) {
    struct load *load = ctx;
    sj_progress_show(&load->bar, bytes_done, bytes_total, n_rows);
}

static enum sj_status on_reject(void *ctx, const struct sj_reject *reject, struct sj_error *err) {
    struct load *load = ctx;
    return sj_rejects_add(&load->rejects, reject, err);
}

static enum sj_status refuse_same_file(const struct import *import, size_t file, struct sj_hash128 digest, struct sj_error *err) {
    int64_t when = 0;
    uint64_t n_events = 0;
    char time[SJ_TIME_TEXT_BYTES];
    if (sj_call_is_on(import->call, "again"))
        return SJ_OK;
    struct sj_error found = {.lang = import->cli->lang};
    enum sj_status status = sj_store_find_import(import->store, digest, &when, &n_events, &found);
    if (status == SJ_E_NOT_FOUND)
        return SJ_OK;
    if (status != SJ_OK) {
        *err = found;
        return status;
    }
    sj_time_format(when / SJ_US_SECOND * SJ_US_SECOND, time);
    return sj_fail(err, SJ_E_EXISTS,
                   "%s: a file with the very same bytes was imported on %s (%llu events). Nothing was imported now; "
                   "--again imports it once more",
                   import->files[file], time, (unsigned long long)n_events);
}

static void say_rejects(const struct import *import, const struct load *load) {
    if (load->rejects.is_written)
        sj_cli_say(import->cli, SJ_T("%s: the rejected rows, each with its reason"), load->rejects.path);
}

/* What is in the store in another way than one might expect. */
static void say_oddities(const struct import *import, size_t file, const struct sj_ingest_summary *summary) {
    char count[SJ_FIGURE_BYTES];
    sj_figure_count((int64_t)summary->n_kept_as_text, import->cli->lang, count);
    if (summary->n_kept_as_text > 0)
        sj_cli_say(import->cli, SJ_T("%s: values that did not fit the kind of their column, kept as texts: %s"), import->files[file],
                   count);
    sj_figure_count((int64_t)summary->n_split_cases, import->cli->lang, count);
    if (summary->n_split_cases > 0)
        sj_cli_say(import->cli, SJ_T("! %s: cases whose events have different customers, and are now in different journeys: %s"),
                   import->files[file], count);
}

/* Few rejects are usual; many say that the file is understood wrongly, even where they were allowed. */
static void warn_of_rejects(const struct import *import, size_t file, const struct sj_ingest_summary *summary) {
    char share[SJ_FIGURE_BYTES];
    if ((double)summary->n_rejected <= REJECTS_WARN_SHARE * (double)summary->n_rows)
        return;
    sj_figure_percent((double)summary->n_rejected / (double)summary->n_rows, import->cli->lang, share);
    sj_cli_say(import->cli, SJ_T("! %s: %s %% of the rows were rejected, and are in no answer"), import->files[file], share);
}

/* Links are resolved by each question anew until a compaction has settled them; with many that is felt. */
static void say_links(const struct import *import, size_t file, uint64_t n_links) {
    char count[SJ_FIGURE_BYTES];
    if (n_links == 0)
        return;
    sj_figure_count((int64_t)n_links, import->cli->lang, count);
    sj_cli_say(import->cli, SJ_T("%s: new links between identities: %s"), import->files[file], count);
    if (n_links >= LINKS_MANY)
        sj_cli_say(import->cli, SJ_T("· That many links make each question slower until `sojourn compact %s` has settled them"),
                   import->call->args.words[0]);
}

static void say_done(struct import *import, size_t file, const struct load *load, const struct sj_commit *commit) {
    enum sj_lang lang = import->cli->lang;
    char events[SJ_FIGURE_BYTES], duplicates[SJ_FIGURE_BYTES], rejects[SJ_FIGURE_BYTES], rate[SJ_FIGURE_BYTES], took[SJ_TIME_TEXT_BYTES];
    int64_t elapsed = sj_progress_elapsed_us(&load->bar);
    sj_figure_count((int64_t)commit->n_events, lang, events);
    sj_figure_count((int64_t)commit->n_duplicates, lang, duplicates);
    sj_figure_count((int64_t)load->summary.n_rejected, lang, rejects);
    sj_figure_count((int64_t)((double)load->summary.n_rows * 1e6 / (double)(elapsed > 0 ? elapsed : 1)), lang, rate);
    sj_duration_format(elapsed, took);
    if (import->made_store && !import->told_store)
        sj_cli_say(import->cli, SJ_T("%s: a new store"), import->call->args.words[0]);
    import->told_store = true;
    if (sj_call_is_on(import->call, "dry-run"))
        sj_cli_say(import->cli, SJ_T("%s: events: %s, rejects: %s. Nothing was stored (--dry-run)"), import->files[file], events, rejects);
    else
        sj_cli_say(import->cli, SJ_T("%s: new events: %s, duplicates: %s, rejects: %s; %s, %s rows/s"), import->files[file], events,
                   duplicates, rejects, took, rate);
    if (commit->n_blocked > 0) {
        sj_figure_count((int64_t)commit->n_blocked, lang, events);
        sj_cli_say(import->cli, SJ_T("%s: events left out: %s of erased people, who stay blocked"), import->files[file], events);
    }
    say_links(import, file, commit->n_links);
    say_rejects(import, load);
    say_oddities(import, file, &load->summary);
    warn_of_rejects(import, file, &load->summary);
}

static enum sj_status commit_load(struct import *import, size_t file, struct load *load, struct sj_writer *writer,
                                  struct sj_commit *ret_commit, struct sj_error *err) {
    struct sj_import record = {
        .name = sj_str(import->files[file]), .digest = load->summary.digest, .has_digest = true, .n_rejected = load->summary.n_rejected};
    SJ_TRY(refuse_same_file(import, file, load->summary.digest, err));
    SJ_TRY(sj_ingest_mapping(import->plans[file], &import->cli->arena, &record.mapping, err));
    return sj_writer_commit(writer, &record, ret_commit, err);
}

static enum sj_status load_rows(struct import *import, size_t file, struct load *load, struct sj_commit *ret_commit, struct sj_error *err) {
    bool dry = sj_call_is_on(import->call, "dry-run");
    struct sj_ingest_watch watch = {.ctx = load, .progress = on_progress, .reject = on_reject};
    struct sj_writer *writer = NULL;
    if (!dry)
        SJ_TRY(sj_writer_open(import->store, SJ_LOAD_BULK, &writer, err));
    enum sj_status status = sj_ingest_run(import->plans[file], writer, &watch, &load->summary, err);
    if (status == SJ_OK && dry)
        ret_commit->n_events = load->summary.n_events;
    else if (status == SJ_OK)
        status = commit_load(import, file, load, writer, ret_commit, err);
    if (writer != NULL)
        sj_writer_close(writer);
    return status;
}

/* What a failure means for the import as a whole, where its place in the work says less. */
static enum sj_status explain(const struct import *import, size_t file, const struct load *load, enum sj_status status,
                              struct sj_error *err) {
    if (status == SJ_E_CANCELLED && import->n_done == 0)
        return sj_fail(err, status, "stopped; nothing was imported");
    if (status == SJ_E_CANCELLED)
        return sj_fail(err, status, "stopped; of %zu files the first %zu are imported, nothing of the others", import->n_files,
                       import->n_done);
    if (status == SJ_E_FULL && !load->rejects.has_failed && !sj_call_is_on(import->call, "dry-run"))
        return sj_fail(err, status, "%s: the disk of the store is full. Nothing of %s was imported: make room, and import it again",
                       import->call->args.words[0], import->files[file]);
    return status;
}

static enum sj_status refuse_dry(const struct import *import, size_t file, const struct load *load, struct sj_error *err) {
    char rejects[SJ_FIGURE_BYTES], rows[SJ_FIGURE_BYTES];
    if (!load->summary.is_over_limit)
        return SJ_OK;
    sj_figure_count((int64_t)load->summary.n_rejected, import->cli->lang, rejects);
    sj_figure_count((int64_t)load->summary.n_rows, import->cli->lang, rows);
    return sj_fail(err, SJ_E_INPUT, "%s: the import would stop: %s of %s rows cannot be read, which is more than --max-rejects allows",
                   import->files[file], rejects, rows);
}

static enum sj_status run_load(struct import *import, size_t file, struct load *load, struct sj_error *err) {
    struct sj_commit commit = {0};
    enum sj_status status = load_rows(import, file, load, &commit, err);
    sj_progress_end(&load->bar);
    status = explain(import, file, load, status, err);
    /* A file that is refused as a whole says nothing about its rows. */
    bool about_rows = status != SJ_E_EXISTS && status != SJ_E_CANCELLED && status != SJ_E_FULL;
    enum sj_status saved = about_rows ? sj_rejects_commit(&load->rejects, status == SJ_OK ? err : NULL) : SJ_OK;
    if (status != SJ_OK) {
        say_rejects(import, load);
        return status;
    }
    import->n_done++;
    say_done(import, file, load, &commit);
    return saved != SJ_OK ? saved : refuse_dry(import, file, load, err);
}

static enum sj_status load_file(struct import *import, size_t file, struct sj_error *err) {
    struct load load = {0};
    SJ_TRY(sj_rejects_init(&load.rejects, import->cli, import->files[file], sj_call_value(import->call, "rejects"), err));
    sj_progress_begin(&load.bar, import->cli, SJ_T("rows"));
    enum sj_status status = run_load(import, file, &load, err);
    sj_rejects_done(&load.rejects);
    return status;
}

static enum sj_status load_files(struct import *import, struct sj_error *err) {
    sj_interrupt_hold(import->cli->os, &import->os);
    if (!sj_call_is_on(import->call, "dry-run"))
        SJ_TRY(open_store(import, err));
    for (size_t i = 0; i < import->n_files; i++)
        SJ_TRY(load_file(import, i, err));
    return SJ_OK;
}

static enum sj_status run_import(struct sj_call *call, struct sj_error *err) {
    struct import import = {
        .call = call, .cli = call->cli, .os = *call->cli->os, .files = call->args.words + 1, .n_files = call->args.n_words - 1};
    enum sj_status status = SJ_OK;
    SJ_TRY(set_options(call, &import.options, err));
    SJ_TRY(sj_import_care(call, &import.options, import.pseudonym_key, err));
    if (import.n_files > 1 && sj_call_value(call, "rejects") != NULL)
        return sj_fail(err, SJ_E_USAGE, "--rejects FILE goes with one file to import, not with %zu: each would replace the one before",
                       import.n_files);
    SJ_TRY_CLEAN(look_at_files(&import, err));
    SJ_TRY_CLEAN(confirm(&import, err));
    SJ_TRY_CLEAN(load_files(&import, err));
    /* Many small imports would leave many small segments. The events are in whatever becomes of this. */
    if (import.store != NULL && sj_store_compact(import.store, false, NULL, NULL, NULL) != SJ_OK)
        sj_cli_say(import.cli, SJ_T("the events are in, but small segments could not be merged; `sojourn compact` says why"));
cleanup:
    sj_interrupt_release();
    for (size_t i = 0; i < import.n_files && import.plans != NULL; i++)
        if (import.plans[i] != NULL)
            sj_ingest_plan_free(import.plans[i]);
    if (import.store != NULL)
        sj_store_close(import.store);
    if (status != SJ_OK && import.made_store)
        discard_store(&import);
    return status;
}

const struct sj_command sj_command_import = {
    .name = "import",
    .summary = SJ_T("Event files (CSV, JSON Lines, XES; also .gz and .zst) into a store."),
    .words = "STORE FILE…",
    .n_words_min = 2,
    .n_words_max = SIZE_MAX,
    .about = SJ_T("Looks at the beginning of each file, shows how it is understood, then reads all of it. The store is made when it is "
                  "not there. A file is imported whole or not at all: when more rows than allowed cannot be read, when you stop it "
                  "(Ctrl-C), or when the power fails, the store is as before. Standard input is -."),
    .example = "import shop.sojourn events.csv\nimport shop.sojourn calls.csv --customer caller --time started --set channel=phone\n"
               "import shop.sojourn events.csv --pseudonymise --drop email --redact comment",
    .sets = {{.title = SJ_T("Which column is what (else found by usual names)"), SJ_FLAGS(role_flags)},
             {.title = SJ_T("How the file is written (else found)"), SJ_FLAGS(file_flags)},
             {.title = SJ_T("Personal data"), .flags = sj_import_care_flags, .n_flags = SJ_N_IMPORT_CARE_FLAGS},
             {.title = SJ_T("The import"), SJ_FLAGS(load_flags)}},
    .run = run_import,
};
