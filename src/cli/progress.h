/* A bar that shows how far a long piece of work is: with rate and time left, on a terminal only, at most ten times a second. */
#pragma once
#include "cli/cli.h"

struct sj_progress_bar {
    const struct sj_cli *cli;
    const char *unit; /* of what is counted beside the bar: "events", translated; NULL: nothing */
    int64_t start_us, shown_us;
    bool is_shown;
};

void sj_progress_begin(struct sj_progress_bar *bar, const struct sj_cli *cli, const char *unit);
/* `done` of `total` (0: not known); `count`: how many of the unit. */
void sj_progress_show(struct sj_progress_bar *bar, uint64_t done, uint64_t total, uint64_t count);
void sj_progress_end(struct sj_progress_bar *bar); /* takes the bar away */
int64_t sj_progress_elapsed_us(const struct sj_progress_bar *bar);
