#include "ingest/source.h"

#include "ingest/decompress.h"
#include "ingest/encoding.h"

#define CODED_BYTES ((size_t)64 << 10)
#define PROGRESS_BYTES ((size_t)1 << 20)
#define STANDARD_INPUT "/dev/stdin"

struct sj_source {
    const struct sj_os *os;
    const struct sj_alloc *mem;
    sj_file file;
    bool is_open;
    uint8_t first[SJ_MAGIC_BYTES]; /* read to know the compression; given out again by read_raw() */
    size_t n_first, first_pos;
    struct sj_hasher *hasher;
    uint64_t n_done, n_total;
    enum sj_compression compression;
    struct sj_unpacker *unpacker;
    struct sj_buf head; /* decompressed */
    bool head_is_whole;
    size_t head_pos;
    enum sj_source_pass pass;
    enum sj_encoding encoding;
    size_t mark_bytes;
    struct sj_buf coded; /* what convert() has not yet taken */
    size_t coded_pos;
    bool coded_end;
    void (*progress)(void *ctx);
    void *progress_ctx;
};

static enum sj_status read_raw(void *ctx, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    struct sj_source *s = ctx;
    if (s->first_pos < s->n_first) {
        *ret_n = s->n_first - s->first_pos < n ? s->n_first - s->first_pos : n;
        memcpy(bytes, s->first + s->first_pos, *ret_n);
        s->first_pos += *ret_n;
        return SJ_OK;
    }
    if (n > PROGRESS_BYTES)
        n = PROGRESS_BYTES;
    SJ_TRY(s->os->read(s->os->ctx, s->file, bytes, n, ret_n, err));
    sj_hasher_add(s->hasher, bytes, *ret_n);
    s->n_done += *ret_n;
    if (s->progress != NULL && s->pass == SJ_SOURCE_WHOLE)
        s->progress(s->progress_ctx);
    return SJ_OK;
}

static enum sj_status read_unpacked(struct sj_source *s, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    return s->unpacker != NULL ? sj_unpacker_read(s->unpacker, bytes, n, ret_n, err) : read_raw(s, bytes, n, ret_n, err);
}

static enum sj_status read_first(struct sj_source *s, struct sj_error *err) {
    uint8_t bytes[SJ_MAGIC_BYTES];
    size_t n = 0;
    for (size_t got = 1; n < sizeof bytes && got > 0; n += got)
        SJ_TRY(read_raw(s, bytes + n, sizeof bytes - n, &got, err));
    memcpy(s->first, bytes, n);
    s->n_first = n;
    s->compression = sj_compression_of((struct sj_str){(const char *)bytes, n});
    if (s->compression == SJ_COMPRESSION_NONE)
        return SJ_OK;
    return sj_unpacker_new(s->mem, s->compression, read_raw, s, &s->unpacker, err);
}

static enum sj_status read_head(struct sj_source *s, size_t n_bytes, struct sj_error *err) {
    SJ_TRY(sj_buf_reserve(&s->head, n_bytes - s->head.n, err));
    while (s->head.n < n_bytes) {
        size_t got;
        SJ_TRY(read_unpacked(s, s->head.data + s->head.n, n_bytes - s->head.n, &got, err));
        s->head_is_whole = got == 0;
        if (got == 0)
            break;
        s->head.n += got;
    }
    return SJ_OK;
}

static enum sj_status open_file(struct sj_source *s, const char *path, struct sj_error *err) {
    bool is_input = strcmp(path, "-") == 0;
    enum sj_status status = s->os->open(s->os->ctx, is_input ? STANDARD_INPUT : path, SJ_OPEN_READ, &s->file, err);
    if (status == SJ_E_NOT_FOUND)
        return sj_fail(err, status, "there is no file %s. Check its name and its folder", path);
    if (status == SJ_E_INPUT)
        return sj_fail(err, status, "%s is a folder. Name the files in it, such as %s/*.csv", path, path);
    SJ_TRY(status);
    s->is_open = true;
    if (is_input || s->os->size(s->os->ctx, s->file, &s->n_total, NULL) != SJ_OK)
        s->n_total = 0;
    return SJ_OK;
}

static enum sj_status start(struct sj_source *s, const char *path, struct sj_error *err) {
    SJ_TRY(open_file(s, path, err));
    enum sj_status status = read_first(s, err);
    if (status == SJ_OK)
        status = read_head(s, SJ_SOURCE_HEAD_BYTES, err);
    return status == SJ_OK ? SJ_OK : sj_fail_in(err, status, "%s", path);
}

enum sj_status sj_source_open(const struct sj_os *os, const struct sj_alloc *mem, const char *path, struct sj_source **ret_source,
                              struct sj_error *err) {
    struct sj_source *s;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *s, (void *)&s, err));
    *s = (struct sj_source){.os = os, .mem = mem, .encoding = SJ_ENCODING_RAW, .pass = SJ_SOURCE_SAMPLE};
    sj_buf_init(&s->head, mem, SJ_SOURCE_HEAD_MAX);
    sj_buf_init(&s->coded, mem, CODED_BYTES);
    s->hasher = sj_hasher_new();
    enum sj_status status = s->hasher == NULL ? sj_fail_memory(err, 1) : start(s, path, err);
    if (status != SJ_OK) {
        sj_source_close(s);
        return status;
    }
    *ret_source = s;
    return SJ_OK;
}

void sj_source_close(struct sj_source *source) {
    if (source == NULL)
        return;
    if (source->is_open)
        source->os->close(source->os->ctx, source->file);
    sj_unpacker_free(source->unpacker);
    if (source->hasher != NULL)
        sj_hasher_free(source->hasher);
    sj_buf_done(&source->head);
    sj_buf_done(&source->coded);
    sj_mem_free(source->mem, source);
}

enum sj_status sj_source_extend(struct sj_source *source, bool *ret_is_longer, struct sj_error *err) {
    const size_t n = source->head.n;
    if (!source->head_is_whole && n < SJ_SOURCE_HEAD_MAX)
        SJ_TRY(read_head(source, n * 2, err));
    *ret_is_longer = source->head.n > n;
    return SJ_OK;
}

struct sj_str sj_source_head(const struct sj_source *source) {
    return sj_buf_str(&source->head);
}
enum sj_encoding sj_source_encoding(const struct sj_source *source) { return source->encoding; }
enum sj_compression sj_source_compression(const struct sj_source *source) { return source->compression; }
uint64_t sj_source_bytes_done(const struct sj_source *source) { return source->n_done; }
uint64_t sj_source_bytes_total(const struct sj_source *source) { return source->n_total; }
struct sj_hash128 sj_source_digest(const struct sj_source *source) {
    return sj_hasher_digest(source->hasher);
}

bool sj_source_is_cut(const struct sj_source *source) { return source->pass == SJ_SOURCE_SAMPLE && !source->head_is_whole; }

void sj_source_on_progress(struct sj_source *source, void (*progress)(void *ctx), void *ctx) {
    source->progress = progress;
    source->progress_ctx = ctx;
}

enum sj_encoding sj_source_decode(struct sj_source *source, enum sj_encoding encoding) {
    struct sj_str head = sj_source_head(source);
    source->mark_bytes = sj_encoding_mark(encoding, head);
    source->encoding = encoding;
    if (encoding == SJ_ENCODING_FIND)
        source->encoding = sj_encoding_find(head, source->head_is_whole, &source->mark_bytes);
    return source->encoding;
}

enum sj_status sj_source_begin(struct sj_source *source, enum sj_source_pass pass, struct sj_error *err) {
    if (source->pass == SJ_SOURCE_WHOLE)
        return sj_fail(err, SJ_E_BUG, "a source is read as a whole only once");
    source->pass = pass;
    source->head_pos = source->mark_bytes;
    sj_buf_reset(&source->coded);
    source->coded_pos = 0;
    source->coded_end = false;
    return SJ_OK;
}

/* Bytes of the text as it is coded in the file: the head first, then what follows it. */
static enum sj_status read_coded(struct sj_source *s, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    size_t left = s->head.n - s->head_pos;
    if (left > 0) {
        *ret_n = left < n ? left : n;
        memcpy(bytes, s->head.data + s->head_pos, *ret_n);
        s->head_pos += *ret_n;
        return SJ_OK;
    }
    if (s->pass == SJ_SOURCE_WHOLE && !s->head_is_whole)
        return read_unpacked(s, bytes, n, ret_n, err);
    *ret_n = 0;
    return SJ_OK;
}

static enum sj_status fill_coded(struct sj_source *s, struct sj_error *err) {
    SJ_TRY(sj_buf_reserve(&s->coded, CODED_BYTES - s->coded.n, err));
    if (s->coded_pos > 0)
        memmove(s->coded.data, s->coded.data + s->coded_pos, s->coded.n - s->coded_pos);
    s->coded.n -= s->coded_pos;
    s->coded_pos = 0;
    size_t got;
    SJ_TRY(read_coded(s, s->coded.data + s->coded.n, CODED_BYTES - s->coded.n, &got, err));
    s->coded.n += got;
    s->coded_end = got == 0;
    return SJ_OK;
}

static enum sj_status read_converted(struct sj_source *s, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    struct sj_buf out = {.data = bytes, .capacity = n};
    for (;;) {
        if (s->coded_pos < s->coded.n) {
            const struct sj_str in = {(const char *)s->coded.data + s->coded_pos, s->coded.n - s->coded_pos};
            size_t n_used;
            sj_encoding_convert(s->encoding, in, s->coded_end, &out, &n_used);
            s->coded_pos += n_used;
        }
        if (out.n > 0 || s->coded_end)
            break;
        SJ_TRY(fill_coded(s, err));
    }
    *ret_n = out.n;
    return SJ_OK;
}

enum sj_status sj_source_read(struct sj_source *source, void *bytes, size_t n_bytes, size_t *ret_n, struct sj_error *err) {
    bool as_it_is = source->encoding == SJ_ENCODING_RAW || source->encoding == SJ_ENCODING_UTF_8;
    return as_it_is ? read_coded(source, bytes, n_bytes, ret_n, err) : read_converted(source, bytes, n_bytes, ret_n, err);
}
