#include "base/buf.h"

#include <stdio.h>

#define BYTES_MIN ((size_t)64)

void sj_buf_init(struct sj_buf *buf, const struct sj_alloc *mem, size_t max_bytes) {
    *buf = (struct sj_buf){.mem = mem, .max = max_bytes < SIZE_MAX ? max_bytes : SIZE_MAX - 1};
}

void sj_buf_done(struct sj_buf *buf) {
    sj_mem_free(buf->mem, buf->data);
    sj_buf_init(buf, buf->mem, buf->max);
}

/* One byte more than `capacity` is kept, for the NUL that vsnprintf() writes behind a text that fills the buffer. */
enum sj_status sj_buf_grow(struct sj_buf *buf, size_t bytes, struct sj_error *err) {
    if (bytes > buf->max - buf->n)
        return sj_fail(err, SJ_E_LIMIT, "%zu bytes more do not fit: %zu are held, and at most %zu are allowed", bytes, buf->n, buf->max);
    size_t need = buf->n + bytes;
    if (need <= buf->capacity)
        return SJ_OK;
    size_t capacity = buf->capacity > buf->max / 2 ? buf->max : buf->capacity * 2;
    if (capacity < BYTES_MIN)
        capacity = buf->max < BYTES_MIN ? buf->max : BYTES_MIN;
    if (capacity < need)
        capacity = need;
    uint8_t *data = buf->mem->resize(buf->mem->ctx, buf->data, capacity + 1);
    if (data == NULL)
        return sj_fail_memory(err, capacity + 1);
    buf->data = data;
    buf->capacity = capacity;
    return SJ_OK;
}

enum sj_status sj_buf_print(struct sj_buf *buf, struct sj_error *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return sj_fail(err, SJ_E_BUG, "a text could not be formatted: the format \"%s\" is wrong", format);
    if (n == 0)
        return SJ_OK;
    SJ_TRY(sj_buf_reserve(buf, (size_t)n, err));
    va_start(args, format);
    vsnprintf((char *)buf->data + buf->n, (size_t)n + 1, format, args);
    va_end(args);
    buf->n += (size_t)n;
    return SJ_OK;
}

enum sj_status sj_arena_copy(struct sj_arena *arena, struct sj_str text, struct sj_str *ret_copy, struct sj_error *err) {
    char *copy;
    SJ_TRY(sj_arena_new(arena, text.n + 1, 1, &copy, err));
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    *ret_copy = (struct sj_str){copy, text.n};
    return SJ_OK;
}
