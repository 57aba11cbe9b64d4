#include "base/shelf.h"

void sj_shelf_init(struct sj_shelf *shelf, const struct sj_alloc *mem) {
    shelf->mem = mem;
    sj_buf_init(&shelf->bufs, mem, SIZE_MAX / 2);
    shelf->n_taken = 0;
}

void sj_shelf_done(struct sj_shelf *shelf) {
    struct sj_buf **bufs = (struct sj_buf **)(void *)shelf->bufs.data;
    for (size_t i = 0; i < shelf->bufs.n / sizeof *bufs; i++) {
        sj_buf_done(bufs[i]);
        sj_mem_free(shelf->mem, bufs[i]);
    }
    sj_buf_done(&shelf->bufs);
}

enum sj_status sj_shelf_buf(struct sj_shelf *shelf, struct sj_buf **ret_buf, struct sj_error *err) {
    struct sj_buf *buf;
    if (shelf->n_taken == shelf->bufs.n / sizeof buf) {
        SJ_TRY(sj_buf_reserve(&shelf->bufs, sizeof buf, err));
        SJ_TRY(sj_mem_new(shelf->mem, 1, sizeof *buf, &buf, err));
        sj_buf_init(buf, shelf->mem, SIZE_MAX / 2);
        SJ_TRY(sj_buf_append(&shelf->bufs, &buf, sizeof buf, err));
    }
    buf = ((struct sj_buf **)(void *)shelf->bufs.data)[shelf->n_taken++];
    sj_buf_reset(buf);
    *ret_buf = buf;
    return SJ_OK;
}

enum sj_status sj_shelf_take(struct sj_shelf *shelf, size_t count, size_t item_bytes, void *ret_ptr, struct sj_error *err) {
    struct sj_buf *buf;
    size_t bytes;
    if (sj_mul_overflows(count, item_bytes, &bytes))
        return sj_fail_memory(err, SIZE_MAX);
    SJ_TRY(sj_shelf_buf(shelf, &buf, err));
    SJ_TRY(sj_buf_reserve(buf, bytes > 0 ? bytes : 1, err));
    memcpy(ret_ptr, &buf->data, sizeof buf->data);
    return SJ_OK;
}
