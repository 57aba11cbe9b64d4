#include "server/rejected.h"

#include <pthread.h>

#include "server/access.h"

/* The texts of an entry stand one behind the other in `texts`. */
struct entry {
    struct sj_rejected rejected;
    char *texts;
};

struct sj_rejected_list {
    const struct sj_alloc *mem;
    pthread_mutex_t lock;
    uint64_t n; /* all that ever were: the i-th stands at (i - 1) % SJ_REJECTS_KEPT */
    struct entry entries[SJ_REJECTS_KEPT];
};

enum sj_status sj_rejected_new(const struct sj_alloc *mem, struct sj_rejected_list **ret_rejects, struct sj_error *err) {
    struct sj_rejected_list *r;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *r, &r, err));
    r->mem = mem;
    (void)pthread_mutex_init(&r->lock, NULL);
    *ret_rejects = r;
    return SJ_OK;
}

void sj_rejected_free(struct sj_rejected_list *r) {
    if (!r)
        return;
    for (size_t i = 0; i < SJ_REJECTS_KEPT; i++)
        sj_mem_free(r->mem, r->entries[i].texts);
    (void)pthread_mutex_destroy(&r->lock);
    sj_mem_free(r->mem, r);
}

static struct sj_str put(char **at, struct sj_str text) {
    const struct sj_str copy = {*at, text.n};
    if (text.n > 0)
        memcpy(*at, text.p, text.n);
    *at += text.n;
    return copy;
}

/* An event may have been sent with its key inside. */
static void hide_keys(char *text, size_t n) {
    for (size_t i = 0; i < n;) {
        const size_t n_key = sj_key_length((struct sj_str){text + i, n - i});
        memset(text + i, '*', n_key);
        i += n_key > 0 ? n_key : 1;
    }
}

void sj_rejected_add(struct sj_rejected_list *r, int64_t key, int64_t time_us, const struct sj_parcel_reject *reject) {
    char *texts, *at;
    if (sj_mem_new(r->mem, reject->message_id.n + reject->reason.n + reject->raw.n + 1, 1, &texts, NULL) != SJ_OK)
        return;
    at = texts;
    (void)pthread_mutex_lock(&r->lock);
    struct entry *entry = &r->entries[r->n++ % SJ_REJECTS_KEPT];
    sj_mem_free(r->mem, entry->texts);
    entry->texts = texts;
    entry->rejected = (struct sj_rejected){.number = r->n, .time_us = time_us, .key = key, .code = reject->code};
    entry->rejected.message_id = put(&at, reject->message_id);
    entry->rejected.reason = put(&at, reject->reason);
    entry->rejected.raw = put(&at, reject->raw);
    hide_keys(at - reject->raw.n, reject->raw.n);
    (void)pthread_mutex_unlock(&r->lock);
}

enum sj_status sj_rejected_each(struct sj_rejected_list *r, uint64_t after,
                                enum sj_status (*visit)(void *ctx, const struct sj_rejected *rejected, struct sj_error *err), void *ctx,
                                struct sj_error *err) {
    enum sj_status status = SJ_OK;
    (void)pthread_mutex_lock(&r->lock);
    const uint64_t oldest = r->n > SJ_REJECTS_KEPT ? r->n - SJ_REJECTS_KEPT : 0;
    for (uint64_t i = after > oldest ? after : oldest; i < r->n && status == SJ_OK; i++)
        status = visit(ctx, &r->entries[i % SJ_REJECTS_KEPT].rejected, err);
    (void)pthread_mutex_unlock(&r->lock);
    return status;
}
