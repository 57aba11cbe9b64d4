#include "server/answers.h"

#include <pthread.h>

enum { SLOTS = 256 };

struct slot {
    struct sj_hash128 key;
    struct sj_str text; /* owned */
    uint64_t used;      /* when it was given last; 0: the slot is free */
    bool is_under_way;
};

struct sj_answers {
    const struct sj_alloc *mem;
    pthread_mutex_t lock;
    pthread_cond_t done;
    size_t n_bytes, max_bytes;
    uint64_t clock;
    struct slot slots[SLOTS];
};

enum sj_status sj_answers_new(const struct sj_alloc *mem, size_t max_bytes, struct sj_answers **ret_answers, struct sj_error *err) {
    struct sj_answers *a;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *a, &a, err));
    a->mem = mem;
    a->max_bytes = max_bytes;
    (void)pthread_mutex_init(&a->lock, NULL);
    (void)pthread_cond_init(&a->done, NULL);
    *ret_answers = a;
    return SJ_OK;
}

static void empty(struct sj_answers *a, struct slot *slot) {
    a->n_bytes -= slot->text.n;
    sj_mem_free(a->mem, (void *)(uintptr_t)slot->text.p);
    *slot = (struct slot){.used = 0};
}

void sj_answers_free(struct sj_answers *a) {
    if (!a)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        empty(a, &a->slots[i]);
    (void)pthread_cond_destroy(&a->done);
    (void)pthread_mutex_destroy(&a->lock);
    sj_mem_free(a->mem, a);
}

static struct slot *find(struct sj_answers *a, struct sj_hash128 key) {
    for (size_t i = 0; i < SLOTS; i++)
        if (a->slots[i].used > 0 && memcmp(&a->slots[i].key, &key, sizeof key) == 0)
            return &a->slots[i];
    return NULL;
}

/* A free slot, or that of the answer that was not given for the longest time; NULL: all are under way. `filled`: only one with an answer. */
static struct slot *oldest(struct sj_answers *a, bool filled) {
    struct slot *best = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &a->slots[i];
        if (!slot->is_under_way && (!filled || slot->used > 0) && (!best || slot->used < best->used))
            best = slot;
    }
    return best;
}

enum sj_status sj_answers_find(struct sj_answers *a, struct sj_hash128 key, struct sj_buf *out, enum sj_found *ret_found,
                               struct sj_error *err) {
    enum sj_status status = SJ_OK;
    struct slot *slot;
    (void)pthread_mutex_lock(&a->lock);
    while ((slot = find(a, key)) && slot->is_under_way)
        (void)pthread_cond_wait(&a->done, &a->lock);
    *ret_found = slot ? SJ_FOUND_ANSWER : SJ_FOUND_NONE;
    if (slot) {
        slot->used = ++a->clock;
        status = sj_buf_append_str(out, slot->text, err);
    } else if ((slot = oldest(a, false))) {
        empty(a, slot);
        *slot = (struct slot){.key = key, .used = ++a->clock, .is_under_way = true};
    }
    (void)pthread_mutex_unlock(&a->lock);
    return status;
}

/* A copy, where there is room for it once older ones have gone. */
static bool keep(struct sj_answers *a, struct slot *slot, struct sj_str text) {
    char *copy;
    if (text.n == 0 || text.n > a->max_bytes / 4 || sj_mem_new(a->mem, text.n, 1, &copy, NULL) != SJ_OK)
        return false;
    memcpy(copy, text.p, text.n);
    for (struct slot *old; a->n_bytes + text.n > a->max_bytes && (old = oldest(a, true));)
        empty(a, old);
    slot->text = (struct sj_str){copy, text.n};
    a->n_bytes += text.n;
    slot->is_under_way = false;
    return true;
}

void sj_answers_put(struct sj_answers *a, struct sj_hash128 key, const struct sj_buf *answer) {
    (void)pthread_mutex_lock(&a->lock);
    struct slot *slot = find(a, key);
    if (slot && slot->is_under_way && (!answer || !keep(a, slot, sj_buf_str(answer))))
        empty(a, slot);
    (void)pthread_cond_broadcast(&a->done);
    (void)pthread_mutex_unlock(&a->lock);
}
