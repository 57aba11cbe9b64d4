#include "ingest/inflate.h"

#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, and a gzip header */
#define STEP_BYTES 65536

struct sj_inflater {
    const struct sj_alloc *mem;
    z_stream stream;
    bool ended;
};

enum sj_status sj_inflater_new(const struct sj_alloc *mem, struct sj_inflater **ret_inflater, struct sj_error *err) {
    struct sj_inflater *inflater;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *inflater, &inflater, err));
    inflater->mem = mem;
    if (inflateInit2(&inflater->stream, GZIP_WINDOW) != Z_OK) {
        sj_mem_free(mem, inflater);
        return sj_fail_memory(err, sizeof *inflater);
    }
    *ret_inflater = inflater;
    return SJ_OK;
}

void sj_inflater_free(struct sj_inflater *inflater) {
    if (!inflater)
        return;
    (void)inflateEnd(&inflater->stream);
    sj_mem_free(inflater->mem, inflater);
}

enum sj_status sj_inflater_add(struct sj_inflater *inflater, struct sj_str packed, struct sj_buf *out, struct sj_error *err) {
    z_stream *stream = &inflater->stream;
    stream->next_in = (Bytef *)(uintptr_t)packed.p; /* which zlib only reads */
    stream->avail_in = (uInt)packed.n;
    bool more = packed.n > 0; /* also when all is read: what comes out may wait for room */
    while (more) {
        if (inflater->ended)
            return sj_fail(err, SJ_E_INPUT, "something follows the end of the gzip body");
        const size_t room = out->max - out->n < STEP_BYTES ? out->max - out->n : STEP_BYTES;
        if (room == 0)
            return sj_fail(err, SJ_E_LIMIT, "the body has more than %zu bytes when it is unpacked", out->max - 1);
        SJ_TRY(sj_buf_reserve(out, room, err));
        stream->next_out = out->data + out->n;
        stream->avail_out = (uInt)room;
        const int code = inflate(stream, Z_NO_FLUSH);
        out->n += room - stream->avail_out;
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return sj_fail(err, SJ_E_INPUT, "the body is no gzip, though its Content-Encoding says so");
        inflater->ended = code == Z_STREAM_END;
        more = stream->avail_in > 0 || (stream->avail_out == 0 && !inflater->ended);
    }
    return SJ_OK;
}

enum sj_status sj_inflater_end(const struct sj_inflater *inflater, struct sj_error *err) {
    return inflater->ended ? SJ_OK : sj_fail(err, SJ_E_INPUT, "the gzip body ends too early");
}
