/* Work over several threads.
 *
 * sj_parallel() runs task 0 … n_tasks-1, each once, on up to n_threads threads (the caller's is one of them), and returns when
 * all are done. Which thread runs which task is not determined; a result must not depend on it. `thread` is in [0, n_threads).
 * After a failure no new task begins; the error of the lowest failed task is reported. */
#pragma once
#include "base/status.h"

typedef enum sj_status (*sj_task)(void *ctx, size_t task, unsigned thread, struct sj_error *err);

#define SJ_THREADS_MAX 256
enum sj_status sj_parallel(unsigned n_threads, size_t n_tasks, sj_task run, void *ctx, struct sj_error *err);
