/* The threads that keep the store tidy, so that no writer does it: one empties the inbox and looks who hung up, one merges segments. */
#include <errno.h>
#include <time.h>

#include "server/inside.h"

#define LOOK_NS 200000000

struct sj_tidy {
    struct sj_server *server;
    pthread_t thread, merger;
    pthread_mutex_t lock;
    pthread_cond_t end, flushed;
    bool is_ending, is_flushed; /* is_flushed: there is a new segment, perhaps one too many */
};

/* Waits a little; false: it is over. */
static bool wait_a_little(struct sj_tidy *tidy) {
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&tidy->lock);
    int code = 0;
    while (!tidy->is_ending && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&tidy->end, &tidy->lock, &until);
    const bool goes_on = !tidy->is_ending;
    (void)pthread_mutex_unlock(&tidy->lock);
    return goes_on;
}

static void *keep_tidy(void *ctx) {
    struct sj_tidy *tidy = ctx;
    struct sj_store *store = tidy->server->options.store;
    while (wait_a_little(tidy)) {
        struct sj_error error = {.lang = SJ_EN};
        sj_workers_look(tidy->server->workers);
        if (!sj_store_wants_flush(store))
            continue;
        if (sj_store_empty_inbox(store, &error) != SJ_OK)
            sj_server_say(tidy->server, "error", "tidy", error.message);
        (void)pthread_mutex_lock(&tidy->lock);
        tidy->is_flushed = true;
        (void)pthread_cond_signal(&tidy->flushed);
        (void)pthread_mutex_unlock(&tidy->lock);
    }
    return NULL;
}

/* A merge may take long: the inbox is emptied meanwhile. */
static void *merge(void *ctx) {
    struct sj_tidy *tidy = ctx;
    (void)pthread_mutex_lock(&tidy->lock);
    for (;;) {
        while (!tidy->is_flushed && !tidy->is_ending)
            (void)pthread_cond_wait(&tidy->flushed, &tidy->lock);
        if (tidy->is_ending)
            break;
        tidy->is_flushed = false;
        (void)pthread_mutex_unlock(&tidy->lock);
        struct sj_error error = {.lang = SJ_EN};
        if (sj_store_compact(tidy->server->options.store, false, NULL, NULL, &error) != SJ_OK)
            sj_server_say(tidy->server, "error", "tidy", error.message);
        (void)pthread_mutex_lock(&tidy->lock);
    }
    (void)pthread_mutex_unlock(&tidy->lock);
    return NULL;
}

static void end(struct sj_tidy *tidy) {
    (void)pthread_mutex_lock(&tidy->lock);
    tidy->is_ending = true;
    (void)pthread_cond_signal(&tidy->end);
    (void)pthread_cond_signal(&tidy->flushed);
    (void)pthread_mutex_unlock(&tidy->lock);
}

enum sj_status sj_tidy_start(struct sj_server *server, struct sj_tidy **ret_tidy, struct sj_error *err) {
    struct sj_tidy *tidy;
    pthread_condattr_t attr;
    SJ_TRY(sj_mem_new(server->options.mem, 1, sizeof *tidy, &tidy, err));
    tidy->server = server;
    (void)pthread_mutex_init(&tidy->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&tidy->end, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_cond_init(&tidy->flushed, NULL);
    bool good = pthread_create(&tidy->merger, NULL, merge, tidy) == 0;
    if (good && pthread_create(&tidy->thread, NULL, keep_tidy, tidy) != 0) {
        end(tidy);
        (void)pthread_join(tidy->merger, NULL);
        good = false;
    }
    if (!good) {
        sj_mem_free(server->options.mem, tidy);
        return sj_fail(err, SJ_E_MEMORY, "no thread could be started");
    }
    *ret_tidy = tidy;
    return SJ_OK;
}

void sj_tidy_stop(struct sj_tidy *tidy) {
    if (!tidy)
        return;
    end(tidy);
    (void)pthread_join(tidy->thread, NULL);
    (void)pthread_join(tidy->merger, NULL);
    (void)pthread_cond_destroy(&tidy->end);
    (void)pthread_cond_destroy(&tidy->flushed);
    (void)pthread_mutex_destroy(&tidy->lock);
    sj_mem_free(tidy->server->options.mem, tidy);
}
