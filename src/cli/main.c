#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/interrupt.h"

static unsigned terminal_width(const struct sj_cli *cli) {
    int64_t columns = 0;
    const char *text = sj_cli_env(cli, "COLUMNS");
    if (text != NULL && sj_str_to_i64(sj_str(text), &columns) && columns >= 20 && columns <= 1000)
        return (unsigned)columns;
    struct winsize size = {0};
    int terminal = cli->out_is_terminal ? STDOUT_FILENO : STDERR_FILENO;
    if (ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col;
    return 80;
}

/* The value of --lang; NULL when it is not given. Looked for before the flags are read, so that complaints about flags are in that
 * language too. */
static const char *language_flag(char **argv) {
    for (size_t i = 1; argv[i] != NULL && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--lang=", 7) == 0)
            return argv[i] + 7;
        if (strcmp(argv[i], "--lang") == 0)
            return argv[i + 1] != NULL ? argv[i + 1] : "";
    }
    return NULL;
}

static const char *language_name(const struct sj_cli *cli, char **argv) {
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *flag = language_flag(argv);
    for (size_t i = 0; flag == NULL && i < sizeof names / sizeof names[0]; i++) {
        const char *value = sj_cli_env(cli, names[i]);
        if (value != NULL && value[0] != '\0')
            return value;
    }
    return flag;
}

static void look_around(struct sj_cli *cli, char **argv) {
    const char *no_colour = sj_cli_env(cli, "NO_COLOR"), *term = sj_cli_env(cli, "TERM");
    cli->out_is_terminal = isatty(STDOUT_FILENO) == 1;
    cli->err_is_terminal = isatty(STDERR_FILENO) == 1;
    cli->in_is_terminal = isatty(STDIN_FILENO) == 1;
    cli->width = cli->out_is_terminal || cli->err_is_terminal ? terminal_width(cli) : 0;
    cli->colour = (no_colour == NULL || no_colour[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
    cli->lang = sj_lang_of(language_name(cli, argv));
}

static enum sj_status check_language(char **argv, struct sj_error *err) {
    const char *value = language_flag(argv);
    if (value == NULL || strcmp(value, "en") == 0 || strcmp(value, "nl") == 0 || strcmp(value, "zh") == 0)
        return SJ_OK;
    return sj_fail(err, SJ_E_USAGE, "--lang is one of en, nl, zh, not \"%s\"", value);
}

/* The words without --lang and --help, which every command has. */
static enum sj_status take_out_common(struct sj_cli *cli, int argc, char **argv, const char *const **ret_words, size_t *ret_n,
                                      bool *ret_help, struct sj_error *err) {
    const char **words;
    size_t n = 0;
    bool only_words = false;
    SJ_TRY(sj_arena_new(&cli->arena, (size_t)argc, sizeof *words, &words, err));
    for (int i = 1; i < argc; i++) {
        only_words = only_words || strcmp(argv[i], "--") == 0;
        if (!only_words && strcmp(argv[i], "--lang") == 0)
            i++;
        else if (!only_words && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0))
            *ret_help = true;
        else if (only_words || strncmp(argv[i], "--lang=", 7) != 0)
            words[n++] = argv[i];
    }
    *ret_words = words;
    *ret_n = n;
    return SJ_OK;
}

static enum sj_status check_words(const struct sj_call *call, struct sj_error *err) {
    const struct sj_command *command = call->command;
    size_t n = call->args.n_words;
    if (n < command->n_words_min)
        return sj_fail(err, SJ_E_USAGE, "something is missing. Usage: sojourn %s %s", command->name, command->words);
    if (n > command->n_words_max)
        return sj_fail(err, SJ_E_USAGE, "\"%s\" is one word too many. Usage: sojourn %s %s", call->args.words[command->n_words_max],
                       command->name, command->words);
    return SJ_OK;
}

static enum sj_status run(struct sj_cli *cli, int argc, char **argv, const char **ret_command, struct sj_error *err) {
    const char *const *words;
    size_t n_words = 0;
    bool help = false;
    struct sj_call call = {.cli = cli};
    SJ_TRY(check_language(argv, err));
    SJ_TRY(take_out_common(cli, argc, argv, &words, &n_words, &help, err));
    if (n_words == 0)
        return sj_help_contents(cli, err);
    const char *name = strcmp(words[0], "--version") == 0 ? "version" : words[0];
    if (name[0] == '-')
        return sj_fail(err, SJ_E_USAGE, "the command comes first: sojourn COMMAND STORE [arguments] [--flags]");
    SJ_TRY(sj_command_find(cli, name, &call.command, err));
    *ret_command = call.command->name;
    if (help)
        return sj_help_print(cli, call.command, err);
    SJ_TRY(sj_args_parse(call.command->sets, SJ_FLAG_SETS_MAX, words + 1, n_words - 1, &cli->arena, &call.args, err));
    SJ_TRY(check_words(&call, err));
    return call.command->run(&call, err);
}

int main(int argc, char **argv, char **environment) {
    struct sj_cli cli = {.os = sj_os_real(), .mem = sj_alloc_libc(), .environment = environment};
    const char *command = NULL;
    sj_arena_init(&cli.arena, cli.mem);
    sj_interrupt_prepare();
    sj_os_catch_disk_errors();
    look_around(&cli, argv);
    struct sj_error err = {.lang = cli.lang};
    enum sj_status status = run(&cli, argc, argv, &command, &err);
    if (status != SJ_OK) {
        (void)fprintf(stderr, "sojourn: %s\n", err.message);
        if (status == SJ_E_USAGE && command != NULL)
            sj_cli_say(&cli, SJ_T("`sojourn help %s` shows what it takes"), command);
    }
    sj_arena_done(&cli.arena);
    /* As shells tell it, and as a program would that is ended by the signal. */
    return status == SJ_E_CANCELLED && sj_interrupt_signal() != 0 ? 128 + sj_interrupt_signal() : sj_status_exit(status);
}
