/* Topics: pages of the help about what several commands share, such as the conditions of --where. */
#pragma once
#include "cli/cli.h"

struct sj_topic {
    const char *name, *other_name; /* `sojourn help NAME` finds it by either */
    const char *usage;
    const char *summary, *about; /* SJ_T() */
    struct sj_flag_set parts;    /* `name` as it is typed, `help`; nothing else */
    const char *example;         /* command lines without "sojourn", separated by '\n' */
};

const struct sj_topic *sj_topic_find(const char *name); /* NULL: there is none */
const struct sj_topic *sj_topic_at(size_t i);           /* NULL behind the last */
