#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct job {
    size_t n_tasks;
    sj_task run;
    void *ctx;
    enum sj_lang lang;
    atomic_size_t next_task;
    atomic_bool failed;
    pthread_mutex_t lock; /* of the two below */
    size_t failed_task;
    struct sj_error error;
};

struct worker {
    struct job *job;
    unsigned thread;
    pthread_t handle;
};

static void note_failure(struct job *job, size_t task, enum sj_status status, const struct sj_error *error) {
    pthread_mutex_lock(&job->lock);
    if (!atomic_load(&job->failed) || task < job->failed_task) {
        job->failed_task = task;
        job->error = *error;
        job->error.status = status;
        atomic_store(&job->failed, true);
    }
    pthread_mutex_unlock(&job->lock);
}

/* A task that was taken is always run, even when another failed meanwhile: tasks are taken in order, so the lowest task that
 * fails has been taken before any higher one could fail, and the error that is reported does not depend on the threads. */
static void *work(void *arg) {
    const struct worker *worker = arg;
    struct job *job = worker->job;
    while (!atomic_load(&job->failed)) {
        size_t task = atomic_fetch_add(&job->next_task, 1);
        if (task >= job->n_tasks)
            break;
        struct sj_error error = {.lang = job->lang};
        enum sj_status status = job->run(job->ctx, task, worker->thread, &error);
        if (status != SJ_OK)
            note_failure(job, task, status, &error);
    }
    return NULL;
}

/* A thread that cannot be had is no failure: the others do its work. */
static void run_on_threads(struct job *job, unsigned n_threads) {
    struct worker workers[SJ_THREADS_MAX];
    unsigned n_started = 1;
    workers[0] = (struct worker){.job = job, .thread = 0};
    while (n_started < n_threads) {
        struct worker *worker = &workers[n_started];
        *worker = (struct worker){.job = job, .thread = n_started};
        if (pthread_create(&worker->handle, NULL, work, worker) != 0)
            break;
        n_started++;
    }
    work(&workers[0]);
    for (unsigned i = 1; i < n_started; i++)
        pthread_join(workers[i].handle, NULL);
}

enum sj_status sj_parallel(unsigned n_threads, size_t n_tasks, sj_task run, void *ctx, struct sj_error *err) {
    struct job job = {.n_tasks = n_tasks, .run = run, .ctx = ctx, .lang = err != NULL ? err->lang : SJ_EN};
    if (n_threads > SJ_THREADS_MAX)
        n_threads = SJ_THREADS_MAX;
    if (n_threads > n_tasks)
        n_threads = (unsigned)n_tasks;
    if (pthread_mutex_init(&job.lock, NULL) != 0)
        return sj_fail(err, SJ_E_MEMORY, "the system has no lock left to share work over threads. Close other programs and try again");
    run_on_threads(&job, n_threads);
    pthread_mutex_destroy(&job.lock);
    if (!atomic_load(&job.failed))
        return SJ_OK;
    if (err != NULL)
        *err = job.error;
    return job.error.status;
}
