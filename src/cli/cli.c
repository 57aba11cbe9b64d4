#include "cli/cli.h"

#include <stdio.h>

const char *sj_call_value(const struct sj_call *call, const char *flag) {
    return sj_args_value(&call->args, call->command->sets, SJ_FLAG_SETS_MAX, flag);
}

bool sj_call_is_on(const struct sj_call *call, const char *flag) {
    const char *value = sj_call_value(call, flag);
    return value != NULL && strcmp(value, "true") == 0;
}

enum sj_status sj_call_values(const struct sj_call *call, const char *flag, const struct sj_str **ret_list, size_t *ret_n,
                              struct sj_error *err) {
    struct sj_str *list;
    size_t n = 0;
    SJ_TRY(sj_arena_new(&call->cli->arena, call->args.n_given, sizeof *list, &list, err));
    for (size_t i = 0; i < call->args.n_given; i++)
        if (strcmp(call->args.given[i].flag->name, flag) == 0)
            list[n++] = sj_str(call->args.given[i].value);
    *ret_list = list;
    *ret_n = n;
    return SJ_OK;
}

enum sj_status sj_call_count(const struct sj_call *call, const char *flag, int64_t min, int64_t max, int64_t *ret_value,
                             struct sj_error *err) {
    const char *text = sj_call_value(call, flag);
    int64_t value = 0;
    if (text == NULL || !sj_str_to_i64(sj_str(text), &value) || value < min || value > max)
        return sj_fail(err, SJ_E_USAGE, "--%s must be a whole number from %lld to %lld, not \"%s\"", flag, (long long)min, (long long)max,
                       text != NULL ? text : "");
    *ret_value = value;
    return SJ_OK;
}

const char *sj_cli_env(const struct sj_cli *cli, const char *name) {
    size_t n = strlen(name);
    for (char **entry = cli->environment; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, name, n) == 0 && (*entry)[n] == '=')
            return *entry + n + 1;
    return NULL;
}

void sj_cli_say(const struct sj_cli *cli, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vfprintf(stderr, sj_text(cli->lang, format), args);
    va_end(args);
    (void)fputc('\n', stderr);
}

struct sj_look sj_cli_look(const struct sj_cli *cli, bool on_stderr) {
    bool terminal = on_stderr ? cli->err_is_terminal : cli->out_is_terminal;
    return (struct sj_look){.lang = cli->lang, .width = terminal ? cli->width : 0, .colour = terminal && cli->colour};
}

struct sj_store_options sj_cli_store_options(const struct sj_cli *cli) {
    return (struct sj_store_options){.os = cli->os, .mem = cli->mem, .program = "sojourn"};
}

enum sj_status sj_reading_open(const struct sj_cli *cli, const char *path, struct sj_reading *ret_reading, struct sj_error *err) {
    struct sj_store_options options = sj_cli_store_options(cli);
    struct sj_reading reading = {0};
    SJ_TRY(sj_store_open(&options, path, false, &reading.store, err));
    enum sj_status status = sj_snapshot_open(reading.store, &reading.snapshot, err);
    if (status != SJ_OK) {
        sj_store_close(reading.store);
        return status;
    }
    *ret_reading = reading;
    return SJ_OK;
}

void sj_reading_close(struct sj_reading *reading) {
    if (reading->store == NULL)
        return;
    sj_snapshot_close(reading->snapshot);
    sj_store_close(reading->store);
    *reading = (struct sj_reading){0};
}
