#include "server/workers.h"

#include <pthread.h>

#define WAITING_MAX 1000

struct worker {
    pthread_t thread;
    struct sj_workers *workers;
    struct sj_request *running;
};

struct sj_workers {
    const struct sj_alloc *mem;
    pthread_mutex_t lock;
    pthread_cond_t come;
    struct sj_request *first, **last; /* waiting */
    size_t n_waiting;
    struct worker *threads;
    unsigned n, n_started;
    bool is_ending;
};

static void answer(struct sj_request *request, bool is_ending) {
    struct sj_error error = {.lang = SJ_EN};
    enum sj_status status = SJ_OK;
    if (is_ending)
        status = sj_fail(&error, SJ_E_BUSY, "the server is stopping");
    else if (sj_request_is_gone(request))
        status = sj_fail(&error, SJ_E_CANCELLED, "the question was cancelled");
    else
        status = request->endpoint->handle(request, &error);
    if (status != SJ_OK)
        sj_reply_error(request, status, &error);
}

static void *work(void *ctx) {
    struct worker *worker = ctx;
    struct sj_workers *workers = worker->workers;
    (void)pthread_mutex_lock(&workers->lock);
    for (;;) {
        while (!workers->first && !workers->is_ending)
            (void)pthread_cond_wait(&workers->come, &workers->lock);
        struct sj_request *request = workers->first;
        if (!request)
            break;
        workers->first = request->next;
        workers->last = workers->first ? workers->last : &workers->first;
        workers->n_waiting--;
        const bool is_ending = workers->is_ending;
        worker->running = request;
        (void)pthread_mutex_unlock(&workers->lock);
        answer(request, is_ending);
        (void)pthread_mutex_lock(&workers->lock);
        worker->running = NULL; /* before it is woken: then it may be gone */
        (void)pthread_mutex_unlock(&workers->lock);
        sj_request_wake(request);
        (void)pthread_mutex_lock(&workers->lock);
    }
    (void)pthread_mutex_unlock(&workers->lock);
    return NULL;
}

enum sj_status sj_workers_start(const struct sj_alloc *mem, unsigned n, struct sj_workers **ret_workers, struct sj_error *err) {
    struct sj_workers *workers;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *workers, &workers, err));
    workers->mem = mem;
    workers->last = &workers->first;
    (void)pthread_mutex_init(&workers->lock, NULL);
    (void)pthread_cond_init(&workers->come, NULL);
    enum sj_status status = sj_mem_new(mem, n, sizeof *workers->threads, &workers->threads, err);
    workers->n = status == SJ_OK ? n : 0;
    for (; workers->n_started < workers->n && status == SJ_OK; workers->n_started += status == SJ_OK) {
        workers->threads[workers->n_started].workers = workers;
        if (pthread_create(&workers->threads[workers->n_started].thread, NULL, work, &workers->threads[workers->n_started]) != 0)
            status = sj_fail(err, SJ_E_MEMORY, "no thread could be started");
    }
    if (status == SJ_OK)
        *ret_workers = workers;
    else {
        sj_workers_end(workers);
        sj_workers_free(workers);
    }
    return status;
}

enum sj_status sj_workers_put(struct sj_workers *workers, struct sj_request *request, struct sj_error *err) {
    (void)pthread_mutex_lock(&workers->lock);
    const bool is_full = workers->n_waiting >= WAITING_MAX || workers->is_ending;
    if (!is_full) {
        request->next = NULL;
        *workers->last = request;
        workers->last = &request->next;
        workers->n_waiting++;
        (void)pthread_cond_signal(&workers->come);
    }
    (void)pthread_mutex_unlock(&workers->lock);
    return is_full ? sj_fail(err, SJ_E_BUSY, "too many questions wait already; ask again in a moment") : SJ_OK;
}

struct sj_workers_counts sj_workers_counts(struct sj_workers *workers) {
    (void)pthread_mutex_lock(&workers->lock);
    struct sj_workers_counts counts = {.n_waiting = workers->n_waiting};
    for (unsigned i = 0; i < workers->n_started; i++)
        counts.n_running += workers->threads[i].running != NULL;
    (void)pthread_mutex_unlock(&workers->lock);
    return counts;
}

void sj_workers_look(struct sj_workers *workers) {
    (void)pthread_mutex_lock(&workers->lock);
    for (unsigned i = 0; i < workers->n_started; i++) {
        struct sj_request *request = workers->threads[i].running;
        if (request && sj_request_is_gone(request))
            atomic_store_explicit(&request->cancelled, true, memory_order_relaxed);
    }
    (void)pthread_mutex_unlock(&workers->lock);
}

void sj_workers_end(struct sj_workers *workers) {
    if (!workers)
        return;
    (void)pthread_mutex_lock(&workers->lock);
    workers->is_ending = true;
    for (unsigned i = 0; i < workers->n_started; i++)
        if (workers->threads[i].running)
            atomic_store_explicit(&workers->threads[i].running->cancelled, true, memory_order_relaxed);
    (void)pthread_cond_broadcast(&workers->come);
    (void)pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->n_started; i++)
        (void)pthread_join(workers->threads[i].thread, NULL);
}

void sj_workers_free(struct sj_workers *workers) {
    if (!workers)
        return;
    (void)pthread_cond_destroy(&workers->come);
    (void)pthread_mutex_destroy(&workers->lock);
    sj_mem_free(workers->mem, workers->threads);
    sj_mem_free(workers->mem, workers);
}
