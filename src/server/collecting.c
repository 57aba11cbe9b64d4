#include "server/collecting.h"

#include <pthread.h>

#define EVENTS_AT_ONCE (SJ_STREAM_EVENTS - SJ_PARCEL_EVENTS_MAX) /* a load stays one of the inbox */
#define WAITING_MAX 20000                                        /* parcels */

struct sj_collecting {
    const struct sj_alloc *mem;
    struct sj_store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t come;
    struct sj_wish *first, **last; /* waiting, in the order in which they came */
    struct sj_collecting_counts counts;
    bool is_ending;
};

/* ---- one group ---- */

static enum sj_status load_group(struct sj_collecting *c, struct sj_wish *group, uint64_t *ret_n_events, struct sj_error *err) {
    struct sj_writer *writer;
    struct sj_commit commit;
    SJ_TRY(sj_writer_open(c->store, SJ_LOAD_STREAM, &writer, err));
    enum sj_status status = SJ_OK;
    for (struct sj_wish *wish = group; wish && status == SJ_OK; wish = wish->next)
        status = sj_parcel_load(wish->parcel, writer, err);
    if (status == SJ_OK)
        status = sj_writer_commit(writer, NULL, &commit, err);
    sj_writer_close(writer);
    if (status == SJ_OK)
        *ret_n_events = commit.n_events;
    return status;
}

static void serve(struct sj_collecting *c, struct sj_wish *group) {
    struct sj_error error = {.lang = SJ_EN};
    uint64_t n_events = 0, n_parcels = 0;
    const enum sj_status status = load_group(c, group, &n_events, &error);
    for (struct sj_wish *wish = group, *next; wish; wish = next) {
        next = wish->next; /* it is gone after this */
        n_parcels++;
        wish->done(wish->ctx, status, &error);
    }
    (void)pthread_mutex_lock(&c->lock);
    c->counts.n_commits += status == SJ_OK;
    c->counts.n_failed += status != SJ_OK ? n_parcels : 0;
    c->counts.n_parcels += status == SJ_OK ? n_parcels : 0;
    c->counts.n_events += n_events;
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- the thread ---- */

/* What waits, as much as goes into one load. With the lock. */
static struct sj_wish *take_group(struct sj_collecting *c) {
    struct sj_wish *group = c->first, **end = &c->first;
    for (size_t n = 0; *end; end = &(*end)->next) {
        n += sj_parcel_n_events((*end)->parcel);
        if (n > EVENTS_AT_ONCE && *end != group)
            break;
        c->counts.n_waiting--;
    }
    c->first = *end;
    *end = NULL;
    if (!c->first)
        c->last = &c->first;
    return group;
}

static void *collect(void *ctx) {
    struct sj_collecting *c = ctx;
    (void)pthread_mutex_lock(&c->lock);
    for (;;) {
        while (!c->first && !c->is_ending)
            (void)pthread_cond_wait(&c->come, &c->lock);
        if (!c->first)
            break;
        struct sj_wish *group = take_group(c);
        (void)pthread_mutex_unlock(&c->lock);
        serve(c, group);
        (void)pthread_mutex_lock(&c->lock);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

enum sj_status sj_collecting_start(const struct sj_alloc *mem, struct sj_store *store, struct sj_collecting **ret_collecting,
                                   struct sj_error *err) {
    struct sj_collecting *c;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *c, &c, err));
    c->mem = mem;
    c->store = store;
    c->last = &c->first;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->come, NULL);
    if (pthread_create(&c->thread, NULL, collect, c) != 0) {
        sj_mem_free(mem, c);
        return sj_fail(err, SJ_E_MEMORY, "no thread could be started");
    }
    *ret_collecting = c;
    return SJ_OK;
}

enum sj_status sj_collecting_put(struct sj_collecting *c, struct sj_wish *wish, struct sj_error *err) {
    (void)pthread_mutex_lock(&c->lock);
    const bool is_full = c->counts.n_waiting >= WAITING_MAX || c->is_ending;
    if (!is_full) {
        wish->next = NULL;
        *c->last = wish;
        c->last = &wish->next;
        c->counts.n_waiting++;
        (void)pthread_cond_signal(&c->come);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return is_full ? sj_fail(err, SJ_E_BUSY, "more events come than can be written; send them again in a moment") : SJ_OK;
}

struct sj_collecting_counts sj_collecting_counts(struct sj_collecting *c) {
    (void)pthread_mutex_lock(&c->lock);
    const struct sj_collecting_counts counts = c->counts;
    (void)pthread_mutex_unlock(&c->lock);
    return counts;
}

void sj_collecting_end(struct sj_collecting *c) {
    if (!c)
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->is_ending = true;
    (void)pthread_cond_signal(&c->come);
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_join(c->thread, NULL);
}

void sj_collecting_free(struct sj_collecting *c) {
    if (!c)
        return;
    (void)pthread_cond_destroy(&c->come);
    (void)pthread_mutex_destroy(&c->lock);
    sj_mem_free(c->mem, c);
}
