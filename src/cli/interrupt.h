/* Ctrl-C, and being told to end (TERM, HUP): files that are being written go, and what must end cleanly does so.
 *
 *   otherwise          the signal removes the files that are remembered, and ends the program
 *   between hold and   the first signal is only noted, and reads and writes of the table that hold() gives fail with SJ_E_CANCELLED,
 *   release            so that whoever is at work ends as with any failure; a second signal ends the program
 *
 * It is the only state of the program that is not passed on: a signal handler can be told in no other way. */
#pragma once
#include "os/os.h"

void sj_interrupt_prepare(void);

/* A file to remove when the program is ended by a signal. */
void sj_interrupt_remember(const char *path);
void sj_interrupt_forget(const char *path);

/* *ret_os is `os`, which must live until the release, with reads and writes that can be stopped. A read that waits (standard input)
 * is stopped within a second. */
void sj_interrupt_hold(const struct sj_os *os, struct sj_os *ret_os);
void sj_interrupt_release(void);

int sj_interrupt_signal(void);                           /* the signal that came while it was held, also after the release; 0: none */
enum sj_status sj_interrupt_check(struct sj_error *err); /* SJ_E_CANCELLED once it came */
