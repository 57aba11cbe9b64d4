#include <math.h>

#include "api/segments.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "picture/figure.h"

/* segments: conditions over customers that have a name. */

enum verb { VERB_LIST, VERB_SAVE, VERB_DROP, VERB_SHOW, N_VERBS };
static const struct {
    const char *name, *words; /* what follows it */
    size_t n_words;
} verbs[N_VERBS] = {[VERB_LIST] = {"list", "", 0},
                    [VERB_SAVE] = {"save", " NAME CONDITION", 2},
                    [VERB_DROP] = {"drop", " NAME", 1},
                    [VERB_SHOW] = {"show", " NAME", 1}};

static enum sj_status find_verb(const struct sj_call *call, enum verb *ret_verb, struct sj_error *err) {
    const size_t n = call->args.n_words - 1;
    const char *word = n > 0 ? call->args.words[1] : "list";
    struct sj_str names[N_VERBS];
    for (int v = 0; v < N_VERBS; v++) {
        names[v] = sj_str(verbs[v].name);
        if (strcmp(verbs[v].name, word) != 0)
            continue;
        if (n > 0 && n != verbs[v].n_words + 1)
            return sj_fail(err, SJ_E_USAGE, "expected: sojourn segments STORE %s%s; put what has spaces between quotes", word,
                           verbs[v].words);
        *ret_verb = (enum verb)v;
        return SJ_OK;
    }
    const size_t near = sj_str_nearest(sj_str(word), names, N_VERBS);
    if (near < N_VERBS)
        return sj_fail(err, SJ_E_USAGE, "\"%s\" cannot be done with segments; did you mean %s?", word, verbs[near].name);
    return sj_fail(err, SJ_E_USAGE, "\"%s\" cannot be done with segments; expected list, show, save or drop", word);
}

/* Flags that another verb has are refused, not passed over. */
static enum sj_status check_flags(const struct sj_call *call, enum verb verb, struct sj_error *err) {
    static const char *const saving[] = {"description", "replace"};
    for (size_t i = 0; verb != VERB_SAVE && i < 2; i++)
        if (sj_call_given(call, saving[i]).n > 0)
            return sj_fail(err, SJ_E_USAGE, "--%s goes with save", saving[i]);
    return SJ_OK;
}

static enum sj_status words_of(const struct sj_call *call, struct sj_segments_words *ret_words, struct sj_error *err) {
    int64_t threads = 0;
    SJ_TRY(sj_call_count(call, "threads", 0, 256, &threads, err));
    *ret_words = (struct sj_segments_words){.timezone = sj_call_given(call, "timezone"), .n_threads = (unsigned)threads};
    return SJ_OK;
}

/* ---- list and show ---- */

static enum sj_status fill(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result, struct sj_error *err) {
    return sj_segments_show(call->cli->os, call->cli->mem, snapshot, ctx, result, err);
}

static enum sj_status show(struct sj_call *call, struct sj_str name, struct sj_error *err) {
    struct sj_segments_words words;
    SJ_TRY(words_of(call, &words, err));
    words.name = name;
    const struct sj_cli_show show = {
        .name = "segments", .title = SJ_T("Which segments are saved?"), .lens = {.timezone = words.timezone}, .fill = fill, .ctx = &words};
    return sj_cli_show(call, &show, err);
}

/* ---- what opens the store as its writer ---- */

struct writing {
    struct sj_os os;
    struct sj_store *store;
    struct sj_snapshot *snapshot;
};

static enum sj_status open_writing(const struct sj_call *call, struct writing *writing, struct sj_error *err) {
    struct sj_store_options options = sj_cli_store_options(call->cli);
    *writing = (struct writing){0};
    sj_interrupt_hold(call->cli->os, &writing->os);
    options.program = "sojourn segments";
    options.os = &writing->os;
    SJ_TRY(sj_store_open(&options, call->args.words[0], true, &writing->store, err));
    return sj_snapshot_open(writing->store, &writing->snapshot, err);
}

static void close_writing(struct writing *writing) {
    sj_snapshot_close(writing->snapshot);
    sj_store_close(writing->store);
    sj_interrupt_release();
}

/* The text between quotes for a shell. */
static enum sj_status put_quoted(struct sj_buf *out, struct sj_str text, struct sj_error *err) {
    SJ_TRY(sj_buf_append(out, "'", 1, err));
    for (size_t i = 0; i < text.n; i++)
        SJ_TRY(text.p[i] == '\'' ? sj_buf_append(out, "'\\''", 4, err) : sj_buf_append(out, &text.p[i], 1, err));
    return sj_buf_append(out, "'", 1, err);
}

/* The command that brings it back. */
static enum sj_status put_command(const struct sj_call *call, const struct sj_saved_segment *saved, bool replaces, struct sj_buf *out,
                                  struct sj_error *err) {
    SJ_TRY(sj_buf_print(out, err, "sojourn segments "));
    SJ_TRY(put_quoted(out, sj_str(call->args.words[0]), err));
    SJ_TRY(sj_buf_print(out, err, " save "));
    SJ_TRY(put_quoted(out, saved->name, err));
    SJ_TRY(sj_buf_print(out, err, " "));
    SJ_TRY(put_quoted(out, saved->condition, err));
    if (saved->description.n > 0) {
        SJ_TRY(sj_buf_print(out, err, " --description "));
        SJ_TRY(put_quoted(out, saved->description, err));
    }
    return sj_buf_print(out, err, "%s", replaces ? " --replace" : "");
}

/* How to undo it: `replaced`, else dropped. */
static enum sj_status say_back(const struct sj_call *call, const struct sj_saved_segment *saved, bool replaced, struct sj_error *err) {
    struct sj_buf command;
    sj_buf_init(&command, call->cli->mem, (size_t)1 << 20);
    const enum sj_status status = put_command(call, saved, replaced, &command, err);
    if (status == SJ_OK)
        sj_cli_say(call->cli,
                   replaced ? SJ_T("What \"%.*s\" was before comes back with\n  %.*s")
                            : SJ_T("\"%.*s\" is dropped; it comes back with\n  %.*s"),
                   SJ_ARG(saved->name), (int)command.n, (const char *)command.data);
    sj_buf_done(&command);
    return status;
}

/* ---- save ---- */

static void say_saved(const struct sj_call *call, struct sj_str name, const struct sj_segments_count *count) {
    char in[SJ_FIGURE_BYTES], all[SJ_FIGURE_BYTES];
    sj_figure_count((int64_t)count->n_in, call->cli->lang, in);
    sj_figure_count((int64_t)count->n_customers, call->cli->lang, all);
    sj_cli_say(call->cli, SJ_T("\"%.*s\" is saved: %s of %s customers belong to it now"), SJ_ARG(name), in, all);
}

static enum sj_status refuse_existing(const struct sj_saved_segment *old, struct sj_error *err) {
    return sj_fail(err, SJ_E_EXISTS, "there is a saved segment \"%.*s\" already (%.*s); --replace overwrites it", SJ_ARG(old->name),
                   (int)(old->condition.n < 300 ? old->condition.n : 300), old->condition.p);
}

static enum sj_status save_in(const struct sj_call *call, struct writing *writing, const struct sj_zone *zone, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(writing->snapshot);
    const struct sj_saved_segment saved = {.name = sj_str(call->args.words[2]),
                                           .condition = sj_str_trim(sj_str(call->args.words[3])),
                                           .description = sj_call_given(call, "description")};
    const struct sj_saved_segment *old = sj_saved_find(view, saved.name);
    struct sj_segments_words words;
    struct sj_segments_count count;
    SJ_TRY(words_of(call, &words, err));
    if (old && !sj_call_is_on(call, "replace"))
        return refuse_existing(old, err);
    SJ_TRY(sj_segments_check(view, zone, call->cli->mem, &saved, err));
    SJ_TRY(sj_segments_count(call->cli->os, call->cli->mem, writing->snapshot, saved.condition, &words, &count, err));
    SJ_TRY(sj_store_save_segment(writing->store, &saved, old != NULL, err));
    say_saved(call, saved.name, &count);
    return old ? say_back(call, old, true, err) : SJ_OK;
}

static enum sj_status save(struct sj_call *call, struct sj_error *err) {
    const struct sj_str name = sj_call_given(call, "timezone");
    struct sj_zone *zone = NULL;
    struct writing writing;
    if (name.n > 0)
        SJ_TRY(sj_os_zone(call->cli->os, call->cli->mem, name, &zone, err));
    enum sj_status status = open_writing(call, &writing, err);
    if (status == SJ_OK)
        status = save_in(call, &writing, zone, err);
    close_writing(&writing);
    sj_zone_free(call->cli->mem, zone);
    return status;
}

/* ---- drop ---- */

static enum sj_status drop_in(const struct sj_call *call, struct writing *writing, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(writing->snapshot);
    const struct sj_str name = sj_str(call->args.words[2]);
    const struct sj_saved_segment *saved = sj_saved_find(view, name);
    struct sj_str users;
    if (!saved)
        return sj_saved_unknown(view, name, SJ_E_NOT_FOUND, err);
    SJ_TRY(sj_segments_users(view, call->cli->mem, name, &call->cli->arena, &users, err));
    if (users.n > 0)
        return sj_fail(err, SJ_E_USAGE, "\"%.*s\" cannot be dropped: these refer to it: %.*s. Change or drop them first", SJ_ARG(name),
                       SJ_ARG(users));
    SJ_TRY(sj_store_drop_segment(writing->store, name, err));
    return say_back(call, saved, false, err);
}

static enum sj_status drop(struct sj_call *call, struct sj_error *err) {
    struct writing writing;
    enum sj_status status = open_writing(call, &writing, err);
    if (status == SJ_OK)
        status = drop_in(call, &writing, err);
    close_writing(&writing);
    return status;
}

/* ---- the command ---- */

static enum sj_status run_segments(struct sj_call *call, struct sj_error *err) {
    enum verb verb;
    SJ_TRY(find_verb(call, &verb, err));
    SJ_TRY(check_flags(call, verb, err));
    switch (verb) {
    case VERB_SAVE: return save(call, err);
    case VERB_DROP: return drop(call, err);
    case VERB_SHOW: return show(call, sj_str(call->args.words[2]), err);
    default: return show(call, (struct sj_str){"", 0}, err);
    }
}

static const struct sj_flag saving_flags[] = {
    {"description", SJ_TAKES_VALUE, "TEXT", NULL, SJ_T("what it is for, in words")},
    {"replace", SJ_TAKES_NOTHING, NULL, "false", SJ_T("overwrites the segment that has the name")},
    {"timezone", SJ_TAKES_VALUE, "ZONE", NULL, SJ_T("for times without offset: Europe/Amsterdam or +02:00; else UTC")},
};

const struct sj_command sj_command_segments = {
    .name = "segments",
    .summary = SJ_T("Conditions over customers that have a name: lists, shows, saves and drops them."),
    .words = "STORE [save NAME CONDITION | show NAME | drop NAME]",
    .n_words_min = 1,
    .n_words_max = 4,
    .about =
        SJ_T("What is saved under a name can be asked for with --segment NAME, and be part of other conditions: segment NAME. Only the "
             "condition is kept, not who meets it: that is found anew with each question. `sojourn help segment` says what a "
             "condition is made of."),
    .example = "segments shop.sojourn save callers 'did(call_start, at least 2)' --description 'who call again'\n"
               "segments shop.sojourn\n"
               "funnel shop.sojourn add_to_basket order_placed --segment 'not segment callers'\n"
               "segments shop.sojourn drop callers",
    .sets = {{.title = SJ_T("Saving"), SJ_FLAGS(saving_flags)}, SJ_OUTPUT_FLAG_SET},
    .run = run_segments,
};
