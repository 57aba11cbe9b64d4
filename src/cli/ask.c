#include <ctype.h>
#include <stdio.h>

#include "api/who.h"
#include "cli/cli.h"

/* One command for every analysis: its flags are made from its declaration. */

const struct sj_flag sj_lens_flags[SJ_N_LENS_FLAGS] = {
    {"from", SJ_TAKES_VALUE, "TIME", NULL, SJ_T("only events from this time on: 2026-01-31 or 2026-01-31T12:00Z")},
    {"to", SJ_TAKES_VALUE, "TIME", NULL, SJ_T("only events before this time")},
    {"where", SJ_TAKES_VALUE, "CONDITION", NULL,
     SJ_T("only events that meet it: 'channel = \"web\" and value > 100'; `sojourn help where` has all of it")},
    {"segment", SJ_TAKES_VALUE, "CONDITION", NULL,
     SJ_T("only customers who meet it: 'did(purchase, at least 2, within 90d)'; `sojourn help segment` has all of it")},
    {"journey", SJ_TAKES_VALUE, "RULE", "history", SJ_T("what one journey is: history, 'session 30m', or 'by PROPERTY'")},
    {"as-of", SJ_TAKES_VALUE, "TIME", NULL, SJ_T("as known before this moment: no later events, no links of identities that came later")},
    {"timezone", SJ_TAKES_VALUE, "ZONE", "UTC", SJ_T("for times without offset, and for days and weeks: Europe/Amsterdam or +02:00")},
};

static const struct sj_flag trend_flags[] = {
    {"trend", SJ_TAKES_VALUE, "auto|day|week|month", NULL,
     SJ_T("the same question for each period by itself: one of the figures over time, with what is usual for it")},
    {"who", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("the customers behind a count: those who have it above 0 when asked about alone")},
    {"of", SJ_TAKES_VALUE, "TABLE.COLUMN", NULL, SJ_T("which figure (else the first estimate; with --who the first count)")},
    {"row", SJ_TAKES_VALUES, "NAME", NULL, SJ_T("which row of its table, by the name it begins with; 'a > b' where there are two")},
    {"who-limit", SJ_TAKES_VALUE, "N", "100", SJ_T("how many customers are listed")},
    {"who-after", SJ_TAKES_VALUE, "CUSTOMER", NULL, SJ_T("the next page: only customers behind this one, the last of the page before")},
    {"breakdown", SJ_TAKES_VALUE, "SEGMENT,…", NULL,
     SJ_T("the same question within each saved segment of a list, or for each value of a property of the customer: trait.plan")},
};

struct sj_str sj_call_given(const struct sj_call *call, const char *flag) {
    const char *value = NULL;
    for (size_t i = 0; i < call->args.n_given; i++)
        if (strcmp(call->args.given[i].flag->name, flag) == 0)
            value = call->args.given[i].value;
    return value != NULL ? sj_str(value) : (struct sj_str){"", 0};
}

struct sj_lens_words sj_call_lens(const struct sj_call *call) {
    return (struct sj_lens_words){.from = sj_call_given(call, "from"),
                                  .to = sj_call_given(call, "to"),
                                  .where = sj_call_given(call, "where"),
                                  .segment = sj_call_given(call, "segment"),
                                  .journey = sj_call_given(call, "journey"),
                                  .as_of = sj_call_given(call, "as-of"),
                                  .timezone = sj_call_given(call, "timezone")};
}

static const struct sj_param *positional_of(const struct sj_analysis *analysis) {
    for (size_t i = 0; i < analysis->n_params; i++)
        if (analysis->params[i].positional)
            return &analysis->params[i];
    return NULL;
}

static bool is_param(const struct sj_analysis *analysis, const char *name) {
    for (size_t i = 0; i < analysis->n_params; i++)
        if (strcmp(analysis->params[i].name, name) == 0)
            return true;
    return false;
}

/* The words after the store go to the positional parameter, flags to the parameter of their name. */
static enum sj_status collect_words(struct sj_call *call, const struct sj_analysis *analysis, struct sj_question *question,
                                    struct sj_error *err) {
    const struct sj_args *args = &call->args;
    struct sj_word *words;
    size_t n = 0;
    const struct sj_param *positional = positional_of(analysis);
    SJ_TRY(sj_arena_new(&call->cli->arena, args->n_words + args->n_given, sizeof *words, &words, err));
    for (size_t i = 1; i < args->n_words; i++)
        words[n++] = (struct sj_word){sj_str(positional->name), sj_str(args->words[i])};
    for (size_t i = 0; i < args->n_given; i++)
        if (is_param(analysis, args->given[i].flag->name))
            words[n++] = (struct sj_word){sj_str(args->given[i].flag->name), sj_str(args->given[i].value)};
    question->args = words;
    question->n_args = n;
    return SJ_OK;
}

static enum sj_status collect_trend(const struct sj_call *call, struct sj_trend_words *ret_trend, struct sj_error *err) {
    struct sj_str *rows;
    size_t n = 0;
    SJ_TRY(sj_arena_new(&call->cli->arena, call->args.n_given, sizeof *rows, &rows, err));
    for (size_t i = 0; i < call->args.n_given; i++)
        if (strcmp(call->args.given[i].flag->name, "row") == 0)
            rows[n++] = sj_str(call->args.given[i].value);
    *ret_trend = (struct sj_trend_words){sj_call_given(call, "trend"), sj_call_given(call, "of"), rows, n};
    return SJ_OK;
}

static enum sj_status collect_who(const struct sj_call *call, struct sj_who_words *ret_who, struct sj_error *err) {
    struct sj_who_words who = {.is_asked = sj_call_is_on(call, "who"), .after = sj_call_given(call, "who-after")};
    if (sj_call_given(call, "who-limit").n > 0)
        SJ_TRY(sj_call_count(call, "who-limit", 1, SJ_WHO_LIMIT_MAX, &who.limit, err));
    *ret_who = who;
    return SJ_OK;
}

static enum sj_status run_analysis(struct sj_call *call, struct sj_error *err) {
    struct sj_cli *cli = call->cli;
    const struct sj_analysis *analysis = sj_analysis_find(call->command->name);
    struct sj_question question = {.analysis = sj_str(call->command->name), .lens = sj_call_lens(call)};
    struct sj_answer answer = {0};
    struct sj_reading reading = {0};
    int64_t threads = 0;
    enum sj_status status = SJ_OK;
    SJ_TRY(sj_call_count(call, "threads", 0, 256, &threads, err));
    question.n_threads = (unsigned)threads;
    SJ_TRY(collect_words(call, analysis, &question, err));
    SJ_TRY(collect_trend(call, &question.trend, err));
    question.breakdown = sj_call_given(call, "breakdown");
    SJ_TRY(collect_who(call, &question.who, err));
    sj_result_init(&answer.result, cli->mem, cli->lang);
    SJ_TRY_CLEAN(sj_reading_open(cli, call->args.words[0], &reading, err));
    SJ_TRY_CLEAN(sj_ask(cli->os, cli->mem, reading.snapshot, &question, &answer, err));
    SJ_TRY_CLEAN(sj_cli_present(call, &answer, err));
cleanup:
    sj_result_done(&answer.result);
    sj_reading_close(&reading);
    return status;
}

/* ---- the command, made from the declaration ---- */

static enum sj_status upper(struct sj_cli *cli, const char *name, const char **ret_text, struct sj_error *err) {
    char *text;
    size_t n = strlen(name);
    SJ_TRY(sj_arena_new(&cli->arena, n + 1, 1, &text, err));
    for (size_t i = 0; i < n; i++)
        text[i] = (char)toupper((unsigned char)name[i]);
    *ret_text = text;
    return SJ_OK;
}

static enum sj_status choices_text(struct sj_cli *cli, const char *choices, const char **ret_text, struct sj_error *err) {
    char *text;
    size_t n = strlen(choices);
    SJ_TRY(sj_arena_new(&cli->arena, n + 1, 1, &text, err));
    for (size_t i = 0; i < n; i++)
        text[i] = choices[i] == ' ' ? '|' : choices[i];
    *ret_text = text;
    return SJ_OK;
}

static enum sj_status flag_of(struct sj_cli *cli, const struct sj_param *param, struct sj_flag *ret_flag, struct sj_error *err) {
    static const char *const values[] = {
        [SJ_PARAM_COUNT] = "N",           [SJ_PARAM_SHARE] = "SHARE",
        [SJ_PARAM_DURATION] = "DURATION", [SJ_PARAM_TRUTH] = NULL,
        [SJ_PARAM_CHOICE] = NULL,         [SJ_PARAM_DIMENSION] = "channel|PROPERTY",
        [SJ_PARAM_MEASURE] = "PROPERTY",  [SJ_PARAM_TOUCHPOINTS] = "TOUCHPOINT",
        [SJ_PARAM_CHANNELS] = "CHANNEL",  [SJ_PARAM_ROUTE] = "STEP",
        [SJ_PARAM_SEGMENT] = "CONDITION", [SJ_PARAM_TIME] = "TIME",
    };
    struct sj_flag flag = {
        .name = param->name, .takes = SJ_TAKES_VALUE, .value = values[param->type], .standard = param->standard, .help = param->help};
    if (param->type == SJ_PARAM_TRUTH)
        flag.takes = SJ_TAKES_NOTHING;
    const bool is_list = param->type == SJ_PARAM_TOUCHPOINTS || param->type == SJ_PARAM_CHANNELS || param->type == SJ_PARAM_ROUTE;
    if (is_list && param->max > 1)
        flag.takes = SJ_TAKES_VALUES;
    if (param->type == SJ_PARAM_CHOICE)
        SJ_TRY(choices_text(cli, param->choices, &flag.value, err));
    *ret_flag = flag;
    return SJ_OK;
}

static enum sj_status flags_of(struct sj_cli *cli, const struct sj_analysis *analysis, struct sj_flag_set *ret_set, struct sj_error *err) {
    struct sj_flag *flags;
    size_t n = 0;
    SJ_TRY(sj_arena_new(&cli->arena, analysis->n_params, sizeof *flags, &flags, err));
    for (size_t i = 0; i < analysis->n_params; i++)
        if (!analysis->params[i].positional)
            SJ_TRY(flag_of(cli, &analysis->params[i], &flags[n++], err));
    *ret_set = (struct sj_flag_set){.title = SJ_T("The question"), .flags = flags, .n_flags = n};
    return SJ_OK;
}

enum sj_status sj_command_of_analysis(struct sj_cli *cli, const struct sj_analysis *analysis, const struct sj_command **ret_command,
                                      struct sj_error *err) {
    struct sj_command *command;
    const struct sj_param *positional = positional_of(analysis);
    SJ_TRY(sj_arena_new(&cli->arena, 1, sizeof *command, &command, err));
    *command = (struct sj_command){.name = analysis->name,
                                   .summary = analysis->title,
                                   .words = "STORE",
                                   .n_words_min = 1,
                                   .n_words_max = 1,
                                   .about = analysis->about,
                                   .example = analysis->example,
                                   .run = run_analysis};
    if (positional != NULL) {
        const char *name;
        SJ_TRY(upper(cli, positional->name, &name, err));
        SJ_TRY(sj_arena_print(&cli->arena, &command->words, err, "STORE %s…", name));
        command->words_help = positional->help;
        command->n_words_min = positional->standard == NULL ? 1 + (size_t)(positional->min > 0 ? positional->min : 1) : 1;
        command->n_words_max = positional->max > 0 ? 1 + (size_t)positional->max : SIZE_MAX;
    }
    SJ_TRY(flags_of(cli, analysis, &command->sets[0], err));
    command->sets[1] = (struct sj_flag_set)SJ_LENS_FLAG_SET;
    command->sets[2] = (struct sj_flag_set){.title = SJ_T("One figure, over time or opened, and by segment"), SJ_FLAGS(trend_flags)};
    command->sets[3] = (struct sj_flag_set)SJ_OUTPUT_FLAG_SET;
    *ret_command = command;
    return SJ_OK;
}
