/* Workers: threads that answer requests which read the store, first come, first served. Threads: any may put. */
#pragma once
#include "server/request.h"

struct sj_workers;
enum sj_status sj_workers_start(const struct sj_alloc *mem, unsigned n, struct sj_workers **ret_workers, struct sj_error *err);
/* The request belongs to a worker until it is woken. SJ_E_BUSY where too many wait. */
enum sj_status sj_workers_put(struct sj_workers *workers, struct sj_request *request, struct sj_error *err);
/* How many are being answered, and how many wait. */
struct sj_workers_counts {
    size_t n_running, n_waiting;
};
struct sj_workers_counts sj_workers_counts(struct sj_workers *workers);
/* Cancels what runs for clients who are gone: a connection that sleeps does not tell. To be called now and then. */
void sj_workers_look(struct sj_workers *workers);
/* What runs is cancelled, what waits is answered with 503; nothing more is taken. */
void sj_workers_end(struct sj_workers *workers);
void sj_workers_free(struct sj_workers *workers); /* after the end */
