#include <stdio.h>

#include "cli/cli.h"
#include "cli/topics.h"
#include "picture/pen.h"

/* The help: a contents page, and a page for each command and topic made from its tables. */

#define LINE_COLUMNS 100
#define HELP_BYTES_MAX ((size_t)1 << 20)

static void pad_to(struct sj_pen *pen, size_t used, size_t column) { sj_pen_repeat(pen, " ", used < column ? column - used : 1); }

/* A paragraph, with every line moved in by `indent`; the first line begins where the pen stands, at `used`. */
static void write_wrapped(struct sj_pen *pen, const char *text, size_t indent, size_t used) {
    struct sj_str rest = sj_str(text);
    size_t at = used;
    bool space = false;
    while (rest.n > 0) {
        bool space_after;
        struct sj_str word = {rest.p, sj_str_piece(rest, &space_after)};
        size_t width = sj_str_columns(word);
        if (at > indent && at + space + width > LINE_COLUMNS) {
            sj_pen_text(pen, "\n");
            sj_pen_repeat(pen, " ", indent);
            at = indent;
            space = false;
        }
        sj_pen_text(pen, space ? " " : "");
        sj_pen_str(pen, word);
        at += width + space;
        space = space_after;
        size_t skip = word.n + space_after;
        rest = (struct sj_str){rest.p + skip, rest.n - skip};
    }
    sj_pen_text(pen, "\n");
}

static const char *translated(const struct sj_cli *cli, const char *text) { return sj_text(cli->lang, text); }

static void write_head(struct sj_pen *pen, const struct sj_cli *cli, const char *title) {
    struct sj_look look = sj_cli_look(cli, false);
    sj_pen_print(pen, look.colour ? "\n\033[1m%s\033[0m\n" : "\n%s\n", translated(cli, title));
}

static void write_flag(struct sj_pen *pen, const struct sj_cli *cli, const struct sj_flag *flag) {
    const size_t column = 30;
    size_t used = 4 + strlen(flag->name);
    sj_pen_print(pen, "  --%s", flag->name);
    if (flag->takes != SJ_TAKES_NOTHING) {
        sj_pen_print(pen, " %s", flag->value);
        used += 1 + sj_str_columns(sj_str(flag->value));
    }
    if (used + 1 > column) {
        sj_pen_text(pen, "\n");
        used = 0;
    }
    pad_to(pen, used, column);
    char text[1200], standard[200] = "";
    if (flag->standard != NULL && flag->standard[0] != '\0')
        snprintf(standard, sizeof standard, translated(cli, SJ_T(" (standard: %s)")), flag->standard);
    snprintf(text, sizeof text, "%s%s%s", translated(cli, flag->help != NULL ? flag->help : ""), standard,
             flag->takes == SJ_TAKES_VALUES ? translated(cli, SJ_T(" (may be given several times)")) : "");
    write_wrapped(pen, text, column, column);
}

static void write_examples(struct sj_pen *pen, const struct sj_cli *cli, const char *examples) {
    write_head(pen, cli, SJ_T("Example"));
    while (*examples != '\0') {
        const char *end = strchr(examples, '\n');
        size_t n = end != NULL ? (size_t)(end - examples) : strlen(examples);
        sj_pen_text(pen, "  sojourn ");
        sj_pen_str(pen, (struct sj_str){examples, n});
        sj_pen_text(pen, "\n");
        examples += n + (end != NULL);
    }
}

static void write_command(struct sj_pen *pen, const struct sj_cli *cli, const struct sj_command *command) {
    sj_pen_print(pen, "sojourn %s %s%s\n\n", command->name, command->words, command->sets[0].n_flags > 0 ? " [--flags]" : "");
    write_wrapped(pen, translated(cli, command->summary), 0, 0);
    if (command->about != NULL) {
        sj_pen_text(pen, "\n");
        write_wrapped(pen, translated(cli, command->about), 0, 0);
    }
    if (command->words_help != NULL) {
        const char *last = strrchr(command->words, ' ');
        sj_pen_print(pen, "\n%s: ", last != NULL ? last + 1 : command->words);
        write_wrapped(pen, translated(cli, command->words_help), 2, 2);
    }
    for (size_t i = 0; i < SJ_FLAG_SETS_MAX; i++) {
        if (command->sets[i].n_flags == 0)
            continue;
        write_head(pen, cli, command->sets[i].title);
        for (size_t k = 0; k < command->sets[i].n_flags; k++)
            write_flag(pen, cli, &command->sets[i].flags[k]);
    }
    if (command->example != NULL)
        write_examples(pen, cli, command->example);
}

static void write_topic(struct sj_pen *pen, const struct sj_cli *cli, const struct sj_topic *topic) {
    const size_t column = 30;
    sj_pen_print(pen, "%s\n\n", topic->usage);
    write_wrapped(pen, translated(cli, topic->summary), 0, 0);
    sj_pen_text(pen, "\n");
    write_wrapped(pen, translated(cli, topic->about), 0, 0);
    write_head(pen, cli, topic->parts.title);
    for (size_t i = 0; i < topic->parts.n_flags; i++) {
        const struct sj_flag *part = &topic->parts.flags[i];
        sj_pen_print(pen, "  %s", part->name);
        pad_to(pen, 2 + strlen(part->name), column);
        write_wrapped(pen, translated(cli, part->help), column, column);
    }
    write_examples(pen, cli, topic->example);
}

static void write_entry(struct sj_pen *pen, const struct sj_cli *cli, const char *name, const char *summary) {
    const size_t column = 17;
    sj_pen_print(pen, "  %s", name);
    pad_to(pen, 2 + strlen(name), column);
    write_wrapped(pen, translated(cli, summary), column, column);
}

static void write_analyses(struct sj_pen *pen, const struct sj_cli *cli) {
    write_head(pen, cli, SJ_T("Questions about journeys"));
    for (const struct sj_analysis *const *analysis = sj_analyses; *analysis != NULL; analysis++)
        write_entry(pen, cli, (*analysis)->name, (*analysis)->title);
}

static void write_contents(struct sj_pen *pen, const struct sj_cli *cli) {
    sj_pen_print(pen, "%s\n", translated(cli, SJ_T("Sojourn: how customers really travel, from the events they leave behind.")));
    sj_pen_print(pen, "\nsojourn %s STORE [%s] [--%s]\n", translated(cli, SJ_T("COMMAND")), translated(cli, SJ_T("arguments")),
                 translated(cli, SJ_T("flags")));
    for (const struct sj_command_group *group = sj_command_groups; group->title != NULL; group++) {
        write_head(pen, cli, group->title);
        for (const struct sj_command *const *command = group->commands; *command != NULL; command++)
            write_entry(pen, cli, (*command)->name, (*command)->summary);
        if (group == sj_command_groups)
            write_analyses(pen, cli);
    }
    write_head(pen, cli, SJ_T("More pages of this help"));
    for (size_t i = 0; sj_topic_at(i) != NULL; i++) {
        char name[40];
        snprintf(name, sizeof name, "help %s", sj_topic_at(i)->name);
        write_entry(pen, cli, name, sj_topic_at(i)->summary);
    }
    write_head(pen, cli, SJ_T("Everywhere"));
    write_entry(pen, cli, "--help", SJ_T("what a command does, its flags with their standard values, and an example"));
    write_entry(pen, cli, "--lang L", SJ_T("en, nl or zh; else the language of the system (LC_ALL, LC_MESSAGES, LANG)"));
    write_head(pen, cli, SJ_T("To begin"));
    sj_pen_text(pen,
                "  sojourn demo shop.sojourn\n  sojourn overview shop.sojourn\n  sojourn flow shop.sojourn --format svg -o flow.svg\n");
}

/* A command or a topic; neither: the contents. */
static enum sj_status print_page(struct sj_cli *cli, const struct sj_command *command, const struct sj_topic *topic, struct sj_error *err) {
    struct sj_buf page;
    struct sj_pen pen;
    sj_buf_init(&page, cli->mem, HELP_BYTES_MAX);
    sj_pen_init(&pen, &page, err);
    if (command != NULL)
        write_command(&pen, cli, command);
    else if (topic != NULL)
        write_topic(&pen, cli, topic);
    else
        write_contents(&pen, cli);
    enum sj_status status = pen.status;
    if (status == SJ_OK && (fwrite(page.data, 1, page.n, stdout) != page.n || fflush(stdout) != 0))
        status = sj_fail(err, SJ_E_IO, "the help could not be written to standard output");
    sj_buf_done(&page);
    return status;
}

enum sj_status sj_help_print(struct sj_cli *cli, const struct sj_command *command, struct sj_error *err) {
    return print_page(cli, command, NULL, err);
}

enum sj_status sj_help_contents(struct sj_cli *cli, struct sj_error *err) { return print_page(cli, NULL, NULL, err); }

static enum sj_status run_help(struct sj_call *call, struct sj_error *err) {
    const struct sj_command *command;
    if (call->args.n_words == 0)
        return sj_help_contents(call->cli, err);
    const struct sj_topic *topic = sj_topic_find(call->args.words[0]);
    if (topic != NULL)
        return print_page(call->cli, NULL, topic, err);
    SJ_TRY(sj_command_find(call->cli, call->args.words[0], &command, err));
    return sj_help_print(call->cli, command, err);
}

const struct sj_command sj_command_help = {
    .name = "help",
    .summary = SJ_T("This list, or all about one command or topic."),
    .words = "[COMMAND|TOPIC]",
    .n_words_max = 1,
    .example = "help funnel\nhelp where",
    .run = run_help,
};

static enum sj_status run_version(struct sj_call *call, struct sj_error *err) {
    (void)call;
    if (printf("sojourn %s\nstore format %d\n", SJ_VERSION, SJ_FORMAT_VERSION) < 0 || fflush(stdout) != 0)
        return sj_fail(err, SJ_E_IO, "the version could not be written to standard output");
    return SJ_OK;
}

const struct sj_command sj_command_version = {
    .name = "version",
    .summary = SJ_T("Which version this is, and of the stores that it writes."),
    .words = "",
    .example = "version",
    .run = run_version,
};
