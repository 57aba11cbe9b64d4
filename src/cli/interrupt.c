#include "cli/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define PARTS_MAX 4
#define PATH_BYTES_MAX 4096

/* `parts`: names of files; a slot is free when its first byte is 0, which is written last when one is added and first when one is
 * dropped. `seen`: the signal. */
static struct {
    char parts[PARTS_MAX][PATH_BYTES_MAX];
    volatile sig_atomic_t is_held, seen;
    const struct sj_os *os;
} state;

static void on_interrupt(int signal_number) {
    if (state.is_held && !state.seen) {
        state.seen = signal_number;
        alarm(1);
        return;
    }
    for (int i = 0; i < PARTS_MAX; i++)
        if (state.parts[i][0] != '\0')
            unlink(state.parts[i]);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* The signal may come just before a read begins to wait, and would not wake it: this one wakes it again, as long as it is held. */
static void on_alarm(int signal_number) {
    (void)signal_number;
    if (state.is_held)
        alarm(1);
}

void sj_interrupt_prepare(void) {
    const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (signal(signals[i], on_interrupt) == SIG_IGN)
            signal(signals[i], SIG_IGN); /* as it was: nohup */
    signal(SIGALRM, on_alarm);
}

void sj_interrupt_remember(const char *path) {
    size_t n = strlen(path);
    for (int i = 0; i < PARTS_MAX && n < PATH_BYTES_MAX; i++) {
        if (state.parts[i][0] != '\0')
            continue;
        memcpy(state.parts[i] + 1, path + 1, n);
        state.parts[i][0] = path[0];
        return;
    }
}

void sj_interrupt_forget(const char *path) {
    for (int i = 0; i < PARTS_MAX; i++)
        if (strcmp(state.parts[i], path) == 0)
            state.parts[i][0] = '\0';
}

int sj_interrupt_signal(void) { return state.seen; }

enum sj_status sj_interrupt_check(struct sj_error *err) {
    return state.is_held && state.seen ? sj_fail(err, SJ_E_CANCELLED, "stopped") : SJ_OK;
}

/* The table's read goes on after a signal; this one looks first. What is no error of the signal is for the table to tell. */
static enum sj_status read_until_stopped(void *ctx, sj_file file, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    ssize_t got;
    do {
        SJ_TRY(sj_interrupt_check(err));
        got = read(file, bytes, n);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return state.os->read(ctx, file, bytes, n, ret_n, err);
    *ret_n = (size_t)got;
    return SJ_OK;
}

static void let_signals_end_waits(bool they_do) {
    const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction action;
        if (sigaction(signals[i], NULL, &action) != 0)
            continue;
        action.sa_flags = they_do ? action.sa_flags & ~SA_RESTART : action.sa_flags | SA_RESTART;
        (void)sigaction(signals[i], &action, NULL);
    }
}

static enum sj_status check_and_write(void *ctx, sj_file file, const void *bytes, size_t n, struct sj_error *err) {
    SJ_TRY(sj_interrupt_check(err));
    return state.os->write(ctx, file, bytes, n, err);
}

void sj_interrupt_hold(const struct sj_os *os, struct sj_os *ret_os) {
    struct sj_os stoppable = *os;
    stoppable.read = read_until_stopped;
    stoppable.write = check_and_write;
    state.os = os;
    let_signals_end_waits(true);
    state.is_held = 1;
    *ret_os = stoppable;
}

void sj_interrupt_release(void) {
    state.is_held = 0;
    let_signals_end_waits(false);
}
