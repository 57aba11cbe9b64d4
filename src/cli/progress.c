#include "cli/progress.h"

#include <stdio.h>

#include "picture/figure.h"

#define BAR_COLUMNS 28
#define BETWEEN_US (SJ_US_SECOND / 10)

void sj_progress_begin(struct sj_progress_bar *bar, const struct sj_cli *cli, const char *unit) {
    *bar = (struct sj_progress_bar){.cli = cli, .unit = unit, .start_us = cli->os->monotonic_us(cli->os->ctx)};
    bar->shown_us = bar->start_us;
}

int64_t sj_progress_elapsed_us(const struct sj_progress_bar *bar) { return bar->cli->os->monotonic_us(bar->cli->os->ctx) - bar->start_us; }

static void print_bar(double share) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    size_t n = (size_t)(share * BAR_COLUMNS * 8), full = n / 8;
    for (size_t i = 0; i < full; i++)
        (void)fputs("█", stderr);
    (void)fprintf(stderr, "%s%*s%3d %%", eighths[n % 8], (int)(BAR_COLUMNS - full - (n % 8 > 0)) + 2, "", (int)(share * 100));
}

void sj_progress_show(struct sj_progress_bar *bar, uint64_t done, uint64_t total, uint64_t count) {
    const struct sj_cli *cli = bar->cli;
    int64_t now = cli->os->monotonic_us(cli->os->ctx), elapsed = now - bar->start_us;
    if (!cli->err_is_terminal || now - bar->shown_us < BETWEEN_US || elapsed <= 0)
        return;
    bar->shown_us = now;
    bar->is_shown = true;
    (void)fputc('\r', stderr);
    if (total > 0)
        print_bar(done < total ? (double)done / (double)total : 1);
    if (bar->unit != NULL) {
        char figure[SJ_FIGURE_BYTES], rate[SJ_FIGURE_BYTES];
        sj_figure_count((int64_t)count, cli->lang, figure);
        sj_figure_count((int64_t)((double)count * 1e6 / (double)elapsed), cli->lang, rate);
        (void)fprintf(stderr, "  %s %s, %s/s", figure, sj_text(cli->lang, bar->unit), rate);
    }
    if (total > done && done > 0) {
        char left[SJ_TIME_TEXT_BYTES];
        int64_t left_us = (int64_t)((double)elapsed * (double)(total - done) / (double)done);
        sj_duration_format((left_us / SJ_US_SECOND + 1) * SJ_US_SECOND, left);
        (void)fprintf(stderr, sj_text(cli->lang, SJ_T("  %s left")), left);
    }
    (void)fputs("\033[K", stderr);
    (void)fflush(stderr);
}

void sj_progress_end(struct sj_progress_bar *bar) {
    if (bar->is_shown)
        (void)fputs("\r\033[K", stderr);
    bar->is_shown = false;
}
