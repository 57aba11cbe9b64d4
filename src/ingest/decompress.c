#include "ingest/decompress.h"

#include <limits.h>
#include <zlib.h>
#include <zstd.h>

#define IN_BYTES ((size_t)256 << 10)
#define ZLIB_GZ (16 + MAX_WBITS) /* of inflateInit2(): the data has a gz header */

struct sj_unpacker {
    const struct sj_alloc *mem;
    enum sj_compression compression;
    sj_raw_read read;
    void *read_ctx;
    uint8_t *in;
    size_t in_pos, in_n;
    unsigned long long n_taken; /* raw bytes before `in` */
    bool between;               /* at the end of a member or frame: the data may stop here */
    z_stream gz;
    ZSTD_DStream *zst;
};

enum sj_compression sj_compression_of(struct sj_str first_bytes) {
    const uint8_t *p = (const uint8_t *)first_bytes.p;
    if (first_bytes.n >= 2 && p[0] == 0x1F && p[1] == 0x8B)
        return SJ_COMPRESSION_GZ;
    if (first_bytes.n < SJ_MAGIC_BYTES)
        return SJ_COMPRESSION_NONE;
    uint32_t magic = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    bool skippable = (magic & 0xFFFFFFF0U) == ZSTD_MAGIC_SKIPPABLE_START;
    return magic == ZSTD_MAGICNUMBER || skippable ? SJ_COMPRESSION_ZST : SJ_COMPRESSION_NONE;
}

const char *sj_compression_name(enum sj_compression compression) {
    static const char *const names[] = {[SJ_COMPRESSION_NONE] = "none", [SJ_COMPRESSION_GZ] = "gz", [SJ_COMPRESSION_ZST] = "zst"};
    return names[compression];
}

static void *zlib_new(void *mem, unsigned count, unsigned item_bytes) {
    void *ptr = NULL;
    return sj_mem_new(mem, count, item_bytes, (void *)&ptr, NULL) == SJ_OK ? ptr : NULL;
}

static void zlib_free(void *mem, void *ptr) { sj_mem_free(mem, ptr); }

static enum sj_status start(struct sj_unpacker *u, struct sj_error *err) {
    if (u->compression == SJ_COMPRESSION_ZST) {
        u->zst = ZSTD_createDStream();
        return u->zst == NULL ? sj_fail_memory(err, ZSTD_DStreamInSize()) : SJ_OK;
    }
    u->gz.zalloc = zlib_new;
    u->gz.zfree = zlib_free;
    u->gz.opaque = (void *)(uintptr_t)u->mem;
    return inflateInit2(&u->gz, ZLIB_GZ) == Z_OK ? SJ_OK : sj_fail_memory(err, sizeof u->gz);
}

enum sj_status sj_unpacker_new(const struct sj_alloc *mem, enum sj_compression compression, sj_raw_read read, void *read_ctx,
                               struct sj_unpacker **ret_unpacker, struct sj_error *err) {
    struct sj_unpacker *u;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *u, (void *)&u, err));
    *u = (struct sj_unpacker){.mem = mem, .compression = compression, .read = read, .read_ctx = read_ctx, .between = true};
    enum sj_status status = sj_mem_new(mem, IN_BYTES, 1, (void *)&u->in, err);
    if (status == SJ_OK)
        status = start(u, err);
    if (status != SJ_OK) {
        sj_unpacker_free(u);
        return status;
    }
    *ret_unpacker = u;
    return SJ_OK;
}

void sj_unpacker_free(struct sj_unpacker *unpacker) {
    if (unpacker == NULL)
        return;
    if (unpacker->gz.state != NULL)
        inflateEnd(&unpacker->gz);
    ZSTD_freeDStream(unpacker->zst);
    sj_mem_free(unpacker->mem, unpacker->in);
    sj_mem_free(unpacker->mem, unpacker);
}

static enum sj_status fill(struct sj_unpacker *u, struct sj_error *err) {
    u->n_taken += u->in_n;
    u->in_pos = u->in_n = 0;
    return u->read(u->read_ctx, u->in, IN_BYTES, &u->in_n, err);
}

static enum sj_status fail_cut(const struct sj_unpacker *u, struct sj_error *err) {
    return sj_fail(err, SJ_E_INPUT,
                   "the compressed (%s) data stops in the middle, after byte %llu: the file was probably not copied or downloaded "
                   "to its end. Get it again",
                   sj_compression_name(u->compression), u->n_taken + u->in_n);
}

static enum sj_status fail_damaged(const struct sj_unpacker *u, const char *reason, struct sj_error *err) {
    return sj_fail(err, SJ_E_INPUT, "the compressed (%s) data is damaged near byte %llu (%s). Get the file again",
                   sj_compression_name(u->compression), u->n_taken + u->in_pos, sj_error_text(err, reason));
}

/* After a member: zeros may fill up the file; anything else must be the next member. */
static enum sj_status next_member(struct sj_unpacker *u, struct sj_error *err) {
    while (u->in_pos < u->in_n && u->in[u->in_pos] == 0)
        u->in_pos++;
    if (u->in_pos == u->in_n)
        return SJ_OK;
    if (u->in[u->in_pos] != 0x1F)
        return fail_damaged(u, SJ_T("something else follows the compressed data"), err);
    inflateReset(&u->gz);
    u->between = false;
    return SJ_OK;
}

static enum sj_status inflate_some(struct sj_unpacker *u, struct sj_error *err) {
    u->gz.next_in = u->in + u->in_pos;
    u->gz.avail_in = (unsigned)(u->in_n - u->in_pos);
    int result = inflate(&u->gz, Z_NO_FLUSH);
    u->in_pos = u->in_n - u->gz.avail_in;
    switch (result) {
    case Z_STREAM_END: u->between = true; return SJ_OK;
    case Z_OK:
    case Z_BUF_ERROR: return SJ_OK;
    case Z_MEM_ERROR: return sj_fail_memory(err, (size_t)1 << MAX_WBITS);
    default: return fail_damaged(u, u->gz.msg != NULL ? u->gz.msg : "inflate", err);
    }
}

static enum sj_status read_gz(struct sj_unpacker *u, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    unsigned room = n > UINT_MAX ? UINT_MAX : (unsigned)n;
    u->gz.next_out = bytes;
    u->gz.avail_out = room;
    while (u->gz.avail_out == room) {
        if (u->in_pos == u->in_n) {
            SJ_TRY(fill(u, err));
            if (u->in_n == 0 && !u->between)
                return fail_cut(u, err);
            if (u->in_n == 0)
                break;
        }
        if (u->between)
            SJ_TRY(next_member(u, err));
        if (!u->between)
            SJ_TRY(inflate_some(u, err));
    }
    *ret_n = room - u->gz.avail_out;
    return SJ_OK;
}

static enum sj_status read_zst(struct sj_unpacker *u, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    ZSTD_outBuffer out = {bytes, n, 0};
    for (;;) {
        ZSTD_inBuffer in = {u->in, u->in_n, u->in_pos};
        bool idle = in.pos == in.size && u->between;
        size_t left = idle ? 0 : ZSTD_decompressStream(u->zst, &out, &in);
        u->in_pos = in.pos;
        if (ZSTD_isError(left))
            return fail_damaged(u, ZSTD_getErrorName(left), err);
        u->between = left == 0;
        if (out.pos > 0)
            break;
        if (u->in_pos < u->in_n)
            continue;
        SJ_TRY(fill(u, err));
        if (u->in_n == 0 && !u->between)
            return fail_cut(u, err);
        if (u->in_n == 0)
            break;
    }
    *ret_n = out.pos;
    return SJ_OK;
}

enum sj_status sj_unpacker_read(struct sj_unpacker *unpacker, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    return unpacker->compression == SJ_COMPRESSION_GZ ? read_gz(unpacker, bytes, n, ret_n, err) : read_zst(unpacker, bytes, n, ret_n, err);
}
