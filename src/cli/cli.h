/* The command line: one process, one command. Messages go to standard error, answers to standard output.
 *
 *   main ─ commands.c (the list) ─┬─ a file for each command
 *                                 └─ ask.c: one command for every analysis
 *
 * Adding a command: one file that defines a `struct sj_command`, one line in commands.c.
 * Exit codes: 0 done, 1 refused or failed, 2 wrong usage (base/status.h), 130 stopped by Ctrl-C (128 + signal). Threads: main's only; what a command calls may use more. */
#pragma once
#include "api/ask.h"
#include "cli/args.h"
#include "os/os.h"
#include "picture/picture.h"

struct sj_cli {
    const struct sj_os *os;
    const struct sj_alloc *mem;
    struct sj_arena arena; /* lives as long as the command */
    char **environment;
    enum sj_lang lang;
    bool out_is_terminal, err_is_terminal, in_is_terminal;
    unsigned width; /* of the terminal that is there; 0: there is none */
    bool colour;    /* wanted: NO_COLOR is not set */
};

struct sj_command;
/* What a command is run with. */
struct sj_call {
    struct sj_cli *cli;
    const struct sj_command *command;
    struct sj_args args;
};

struct sj_command {
    const char *name;
    const char *summary; /* one line, SJ_T() */
    const char *words;   /* what follows the name: "STORE FILE…" */
    size_t n_words_min, n_words_max;
    const char *words_help; /* of the words after the store, SJ_T(); may be NULL */
    const char *about;      /* SJ_T() */
    const char *example;    /* command lines without "sojourn", separated by '\n' */
    struct sj_flag_set sets[SJ_FLAG_SETS_MAX];
    enum sj_status (*run)(struct sj_call *call, struct sj_error *err);
};

/* In the order of the help, ends with NULL. The analyses' commands are not among them. */
struct sj_command_group {
    const char *title; /* SJ_T() */
    const struct sj_command *const *commands;
};
extern const struct sj_command_group sj_command_groups[];

extern const struct sj_command sj_command_init, sj_command_import, sj_command_export, sj_command_demo, sj_command_report,
    sj_command_customer, sj_command_identity, sj_command_why, sj_command_segments, sj_command_info, sj_command_verify, sj_command_compact,
    sj_command_expire, sj_command_erase, sj_command_audit, sj_command_serve, sj_command_keys, sj_command_help, sj_command_version;

/* The command of that name, also an analysis's. SJ_E_USAGE names the nearest. In the arena. */
enum sj_status sj_command_find(struct sj_cli *cli, const char *name, const struct sj_command **ret_command, struct sj_error *err);
enum sj_status sj_command_of_analysis(struct sj_cli *cli, const struct sj_analysis *analysis, const struct sj_command **ret_command,
                                      struct sj_error *err);

/* The help of one command, and of all. */
enum sj_status sj_help_print(struct sj_cli *cli, const struct sj_command *command, struct sj_error *err);
enum sj_status sj_help_contents(struct sj_cli *cli, struct sj_error *err);

/* ---- for commands ---- */

const char *sj_call_value(const struct sj_call *call, const char *flag);   /* given, standard or NULL */
struct sj_str sj_call_given(const struct sj_call *call, const char *flag); /* empty where it is not given */
bool sj_call_is_on(const struct sj_call *call, const char *flag);
/* All values of a flag that may be given several times, in the arena. */
enum sj_status sj_call_values(const struct sj_call *call, const char *flag, const struct sj_str **ret_list, size_t *ret_n,
                              struct sj_error *err);
/* A whole number within [min, max]. */
enum sj_status sj_call_count(const struct sj_call *call, const char *flag, int64_t min, int64_t max, int64_t *ret_value,
                             struct sj_error *err);
const char *sj_cli_env(const struct sj_cli *cli, const char *name); /* NULL: not set */

/* A message for the reader: on standard error, one line, translated. */
void sj_cli_say(const struct sj_cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How results look on standard output, or on standard error. */
struct sj_look sj_cli_look(const struct sj_cli *cli, bool on_stderr);

struct sj_store_options sj_cli_store_options(const struct sj_cli *cli);
/* A store that is opened for reading, with a snapshot. */
struct sj_reading {
    struct sj_store *store;
    struct sj_snapshot *snapshot;
};
enum sj_status sj_reading_open(const struct sj_cli *cli, const char *path, struct sj_reading *ret_reading, struct sj_error *err);
void sj_reading_close(struct sj_reading *reading);

/* Flags that say which events and journeys are meant, on every question, and what they say. */
enum { SJ_N_LENS_FLAGS = 7 };
extern const struct sj_flag sj_lens_flags[SJ_N_LENS_FLAGS];
#define SJ_LENS_FLAG_SET \
    { .title = SJ_T("Which events and journeys"), .flags = sj_lens_flags, .n_flags = SJ_N_LENS_FLAGS }
struct sj_lens_words sj_call_lens(const struct sj_call *call);

/* The look of an answer with the zone of its lens and the currency of its store. *ret_zone is freed by the caller, with sj_zone_free(). */
enum sj_status sj_cli_answer_look(struct sj_cli *cli, const struct sj_answer *answer, struct sj_look *ret_look, struct sj_zone **ret_zone,
                                  struct sj_error *err);

/* The text to the file that --output names, or to standard output. */
enum sj_status sj_cli_write(const struct sj_call *call, const struct sj_buf *text, struct sj_error *err);

/* What was looked at in words: "1,234 of 5,678 events, …". */
enum sj_status sj_cli_scope(const struct sj_answer *answer, enum sj_lang lang, struct sj_buf *out, struct sj_error *err);

/* Flags that every answer has, and the answer in the format they ask for, on standard output or in the file. */
enum { SJ_N_OUTPUT_FLAGS = 5 };
extern const struct sj_flag sj_output_flags[SJ_N_OUTPUT_FLAGS];
#define SJ_OUTPUT_FLAG_SET \
    { .title = SJ_T("The answer"), .flags = sj_output_flags, .n_flags = SJ_N_OUTPUT_FLAGS }
/* An answer that is no analysis: opens the store that the first word names, lets `fill` make the tables, and presents them. */
struct sj_cli_show {
    const char *name, *title; /* SJ_T() */
    struct sj_lens_words lens;
    enum sj_status (*fill)(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result, struct sj_error *err);
    void *ctx;
};
enum sj_status sj_cli_show(struct sj_call *call, const struct sj_cli_show *show, struct sj_error *err);
enum sj_status sj_cli_present(const struct sj_call *call, const struct sj_answer *answer, struct sj_error *err);
