/* A growable byte buffer with a cap. Also used as a typed array: append items, read `(const T *)buf.data`. */
#pragma once
#include "base/mem.h"
#include "base/str.h"

struct sj_buf {
    const struct sj_alloc *mem;
    uint8_t *data;
    size_t n, capacity, max; /* bytes; growing past `max` is SJ_E_LIMIT */
};

void sj_buf_init(struct sj_buf *buf, const struct sj_alloc *mem, size_t max_bytes);
void sj_buf_done(struct sj_buf *buf);
static inline void sj_buf_reset(struct sj_buf *buf) { buf->n = 0; }

/* Makes room for `bytes` more; after it, that many may be written at data + n without a check. */
enum sj_status sj_buf_grow(struct sj_buf *buf, size_t bytes, struct sj_error *err);
static inline enum sj_status sj_buf_reserve(struct sj_buf *buf, size_t bytes, struct sj_error *err) {
    return buf->capacity - buf->n >= bytes ? SJ_OK : sj_buf_grow(buf, bytes, err);
}
static inline enum sj_status sj_buf_append(struct sj_buf *buf, const void *bytes, size_t n_bytes, struct sj_error *err) {
    SJ_TRY(sj_buf_reserve(buf, n_bytes, err));
    if (n_bytes > 0)
        memcpy(buf->data + buf->n, bytes, n_bytes);
    buf->n += n_bytes;
    return SJ_OK;
}
static inline enum sj_status sj_buf_append_str(struct sj_buf *buf, struct sj_str s, struct sj_error *err) {
    return sj_buf_append(buf, s.p, s.n, err);
}
enum sj_status sj_buf_print(struct sj_buf *buf, struct sj_error *err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A copy of the text, alive as long as the arena, with a NUL behind it. */
enum sj_status sj_arena_copy(struct sj_arena *arena, struct sj_str text, struct sj_str *ret_copy, struct sj_error *err);

static inline struct sj_str sj_buf_str(const struct sj_buf *buf) { return (struct sj_str){(const char *)buf->data, buf->n}; }
