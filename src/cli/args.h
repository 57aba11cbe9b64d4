/* Arguments: the words of a command line, sorted by a table of flags.
 *
 *   sojourn import shop.sojourn events.csv --customer user_id --ignore a --ignore=b -o out.csv -- --odd-name
 *
 * A flag is `--name value` or `--name=value`; a switch is `--name` (or `--name false`, `--no-name`); `-o` is `--output`; what
 * follows `--` is a word even when it begins with '-'. A flag that is not in the table is an error that names the nearest one.
 * The words live in argv; the arrays live in the arena. */
#pragma once
#include "base/mem.h"
#include "base/str.h"

enum sj_takes { SJ_TAKES_NOTHING, SJ_TAKES_VALUE, SJ_TAKES_VALUES /* may be given several times */ };

struct sj_flag {
    const char *name;
    enum sj_takes takes;
    const char *value;    /* what stands for the value in the help: "FILE" */
    const char *standard; /* the value when it is not given; NULL: none */
    const char *help;     /* SJ_T() */
};

/* Flags that belong together, with their heading in the help. */
struct sj_flag_set {
    const char *title; /* SJ_T() */
    const struct sj_flag *flags;
    size_t n_flags;
};
#define SJ_FLAGS(array) .flags = (array), .n_flags = sizeof(array) / sizeof((array)[0])
#define SJ_FLAG_SETS_MAX 4

struct sj_given {
    const struct sj_flag *flag;
    const char *value;
};

struct sj_args {
    const struct sj_given *given;
    size_t n_given;
    const char *const *words;
    size_t n_words;
};

enum sj_status sj_args_parse(const struct sj_flag_set *sets, size_t n_sets, const char *const *argv, size_t argc, struct sj_arena *arena,
                             struct sj_args *ret_args, struct sj_error *err);

/* The last value given, else the standard value, else NULL. */
const char *sj_args_value(const struct sj_args *args, const struct sj_flag_set *sets, size_t n_sets, const char *name);
