#include "cli/cli.h"

/* The list of commands, in the order of the help. The analyses stand between `data` and `store`, from sj_analyses[]. */

static const struct sj_command *const data[] = {&sj_command_demo, &sj_command_init, &sj_command_import, &sj_command_export, NULL};
static const struct sj_command *const together[] = {&sj_command_customer, &sj_command_identity, &sj_command_why,
                                                    &sj_command_segments, &sj_command_report,   NULL};
static const struct sj_command *const store[] = {
    &sj_command_info, &sj_command_verify, &sj_command_compact, &sj_command_expire, &sj_command_erase, &sj_command_audit, NULL};
static const struct sj_command *const server[] = {&sj_command_serve, &sj_command_keys, NULL};
static const struct sj_command *const program[] = {&sj_command_help, &sj_command_version, NULL};

const struct sj_command_group sj_command_groups[] = {
    {SJ_T("Events in and out"), data},    {SJ_T("One customer, and all of it together"), together},
    {SJ_T("Care of the store"), store},   {SJ_T("Over HTTP"), server},
    {SJ_T("About the program"), program}, {NULL, NULL},
};

static enum sj_status fail_unknown(struct sj_cli *cli, const char *name, struct sj_error *err) {
    struct sj_str names[256];
    size_t n = 0;
    for (const struct sj_command_group *group = sj_command_groups; group->title != NULL; group++)
        for (const struct sj_command *const *command = group->commands; *command != NULL && n < 200; command++)
            names[n++] = sj_str((*command)->name);
    for (const struct sj_analysis *const *analysis = sj_analyses; *analysis != NULL && n < 256; analysis++)
        names[n++] = sj_str((*analysis)->name);
    size_t nearest = sj_str_nearest(sj_str(name), names, n);
    (void)cli;
    if (nearest < n)
        return sj_fail(err, SJ_E_USAGE, "there is no command \"%s\"; \"%.*s\" is the nearest one. `sojourn help` lists all of them", name,
                       SJ_ARG(names[nearest]));
    return sj_fail(err, SJ_E_USAGE, "there is no command \"%s\". `sojourn help` lists all of them", name);
}

enum sj_status sj_command_find(struct sj_cli *cli, const char *name, const struct sj_command **ret_command, struct sj_error *err) {
    for (const struct sj_command_group *group = sj_command_groups; group->title != NULL; group++)
        for (const struct sj_command *const *command = group->commands; *command != NULL; command++)
            if (strcmp((*command)->name, name) == 0) {
                *ret_command = *command;
                return SJ_OK;
            }
    const struct sj_analysis *analysis = sj_analysis_find(name);
    if (analysis != NULL)
        return sj_command_of_analysis(cli, analysis, ret_command, err);
    return fail_unknown(cli, name, err);
}
