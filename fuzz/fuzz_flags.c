/* Flags: any words after any command. What was read of them, written out again in one plain form, is read as the same; words of an
 * analysis become arguments within their bounds, and the words that were used mean the same again; the flags of an import become
 * options or are refused with a reason. The words are ended with NUL; the first is the command. */
#include "api/args.h"
#include "cli/cli.h"
#include "target.h"

enum { WORDS_MAX = 40 };

/* ---- reading ---- */

static size_t take_words(struct input *in, const char *words[WORDS_MAX], char text[]) {
    size_t n = 0;
    while (n < WORDS_MAX && in->n > 0) {
        const struct sj_str word = take_until(in, '\0');
        words[n++] = text;
        memcpy(text, word.p, word.n);
        text += word.n;
        *text++ = '\0';
    }
    return n;
}

/* Every flag as --name=value, then -- and the words. */
static void compare_again(const struct sj_command *command, const struct sj_args *args, struct sj_arena *arena) {
    const char *again[2 * WORDS_MAX + 1];
    size_t n = 0;
    struct sj_args same;
    for (size_t i = 0; i < args->n_given; i++)
        require(sj_arena_print(arena, &again[n++], NULL, "--%s=%s", args->given[i].flag->name, args->given[i].value) == SJ_OK);
    again[n++] = "--";
    for (size_t i = 0; i < args->n_words; i++)
        again[n++] = args->words[i];
    require(sj_args_parse(command->sets, SJ_FLAG_SETS_MAX, again, n, arena, &same, NULL) == SJ_OK);
    require(same.n_given == args->n_given && same.n_words == args->n_words);
    for (size_t i = 0; i < args->n_given; i++)
        require(same.given[i].flag == args->given[i].flag && strcmp(same.given[i].value, args->given[i].value) == 0);
    for (size_t i = 0; i < args->n_words; i++)
        require(strcmp(same.words[i], args->words[i]) == 0);
}

/* ---- an analysis ---- */

static const struct sj_str touchpoints[] = {{"visit", 5}, {"cart page", 9}, {"purchase", 8}};
static const struct sj_str channels[] = {{"", 0}, {"web", 3}, {"call_centre", 11}};

static bool is_within(const struct sj_param *param, const struct sj_arg *arg) {
    const struct sj_str choices = sj_str(param->choices ? param->choices : "");
    int64_t n_choices = 1;
    for (size_t i = 0; i < choices.n; i++)
        n_choices += choices.p[i] == ' ';
    switch (param->type) {
    case SJ_PARAM_COUNT:
    case SJ_PARAM_DURATION: return arg->i64 >= param->min && arg->i64 <= param->max;
    case SJ_PARAM_SHARE: return arg->f64 >= 0 && arg->f64 <= 1;
    case SJ_PARAM_TRUTH: return arg->i64 == 0 || arg->i64 == 1;
    case SJ_PARAM_CHOICE: return arg->i64 >= 0 && arg->i64 < n_choices;
    case SJ_PARAM_DIMENSION:
    case SJ_PARAM_MEASURE:
    case SJ_PARAM_ROUTE:
    case SJ_PARAM_SEGMENT:
    case SJ_PARAM_TIME: return true; /* read by the lens */
    case SJ_PARAM_TOUCHPOINTS:
    case SJ_PARAM_CHANNELS: return (int64_t)arg->n_codes >= param->min && (int64_t)arg->n_codes <= param->max;
    }
    return false;
}

static bool is_same(const struct sj_arg *a, const struct sj_arg *b) {
    if (a->i64 != b->i64 || a->f64 != b->f64 || a->dimension != b->dimension || a->measure != b->measure || a->n_codes != b->n_codes)
        return false;
    return a->n_codes == 0 || memcmp(a->codes, b->codes, a->n_codes * sizeof *a->codes) == 0;
}

/* The words that an answer says it has used give the same arguments again. */
static void compare_used(const struct sj_analysis *analysis, const struct sj_typed_args *typed, const struct sj_view *view,
                         struct sj_arena *arena) {
    struct sj_word *words;
    struct sj_typed_args again;
    size_t n = 0;
    for (size_t i = 0; i < analysis->n_params; i++)
        n += typed->texts[i].n_words;
    require(sj_arena_new(arena, n + 1, sizeof *words, &words, NULL) == SJ_OK);
    n = 0;
    for (size_t i = 0; i < analysis->n_params; i++) {
        for (size_t w = 0; w < typed->texts[i].n_words; w++)
            words[n++] = (struct sj_word){sj_str(typed->texts[i].name), typed->texts[i].words[w]};
    }
    const struct sj_question question = {.args = words, .n_args = n};
    require(sj_args_type(analysis, &question, view, arena, &again, NULL) == SJ_OK && again.n_dimensions == typed->n_dimensions);
    for (size_t i = 0; i < analysis->n_params; i++)
        require(is_same(&typed->args[i], &again.args[i]));
}

static void type_words(const struct sj_analysis *analysis, const struct sj_args *args, struct sj_arena *arena) {
    const struct sj_view view = {.touchpoints = touchpoints, .n_touchpoints = 3, .channels = channels, .n_channels = 3};
    struct sj_word words[2 * WORDS_MAX];
    struct sj_typed_args typed;
    struct sj_error err = {0};
    size_t n = 0;
    for (size_t p = 0; p < analysis->n_params; p++) {
        for (size_t i = 1; i < args->n_words && analysis->params[p].positional; i++)
            words[n++] = (struct sj_word){sj_str(analysis->params[p].name), sj_str(args->words[i])};
        for (size_t i = 0; i < args->n_given; i++) {
            if (strcmp(args->given[i].flag->name, analysis->params[p].name) == 0)
                words[n++] = (struct sj_word){sj_str(analysis->params[p].name), sj_str(args->given[i].value)};
        }
    }
    const struct sj_question question = {.args = words, .n_args = n};
    const enum sj_status status = sj_args_type(analysis, &question, &view, arena, &typed, &err);
    require(status == SJ_OK || (status == SJ_E_USAGE && err.message[0] != '\0'));
    if (status != SJ_OK)
        return;
    for (size_t p = 0; p < analysis->n_params; p++)
        require(is_within(&analysis->params[p], &typed.args[p]));
    compare_used(analysis, &typed, &view, arena);
}

/* ---- an import ---- */

/* Options are made before the first file is opened; there is none. */
static enum sj_status no_file(void *ctx, const char *path, enum sj_open how, sj_file *ret_file, struct sj_error *err) {
    (void)ctx, (void)how, (void)ret_file;
    return sj_fail(err, SJ_E_NOT_FOUND, "%s: not there", path);
}

static void run_import(struct sj_cli *cli, const struct sj_command *command, const struct sj_args *args) {
    struct sj_call call = {.cli = cli, .command = command, .args = *args};
    struct sj_error err = {0};
    if (args->n_words < command->n_words_min)
        return;
    const enum sj_status status = command->run(&call, &err);
    require(status != SJ_OK && status == err.status && status != SJ_E_BUG && err.message[0] != '\0');
}

static void use_command(struct sj_cli *cli, const struct sj_command *command, const char *const *words, size_t n) {
    struct sj_args args;
    struct sj_error err = {0};
    const enum sj_status status = sj_args_parse(command->sets, SJ_FLAG_SETS_MAX, words, n, &cli->arena, &args, &err);
    require(status == SJ_OK || (status == SJ_E_USAGE && err.message[0] != '\0'));
    if (status != SJ_OK)
        return;
    compare_again(command, &args, &cli->arena);
    const struct sj_analysis *analysis = sj_analysis_find(command->name);
    if (analysis)
        type_words(analysis, &args, &cli->arena);
    if (command == &sj_command_import)
        run_import(cli, command, &args);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct input in = {bytes, n};
    const char *words[WORDS_MAX];
    const struct sj_os os = {.open = no_file};
    struct capped capped;
    struct sj_error err = {0};
    const struct sj_command *command;
    char *text = malloc(n + 1);
    require(text != NULL);
    capped_init(&capped, (size_t)64 << 20);
    struct sj_cli cli = {.os = &os, .mem = &capped.alloc};
    sj_arena_init(&cli.arena, &capped.alloc);
    const size_t n_words = take_words(&in, words, text);
    if (n_words > 0 && sj_command_find(&cli, words[0], &command, &err) == SJ_OK)
        use_command(&cli, command, words + 1, n_words - 1);
    else
        require(n_words == 0 || (err.status == SJ_E_USAGE && err.message[0] != '\0'));
    sj_arena_done(&cli.arena);
    free(text);
    require(capped.n_used == 0);
    return 0;
}
