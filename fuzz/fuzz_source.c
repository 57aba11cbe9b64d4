/* Any bytes as a file. Decompressed in pieces of any size they are what zlib and zstd make of them at once; in whatever pieces the file
 * is read, the text, the plan and the events are the same. */
#include <jansson.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "ingest/source.h"
#include "one_input.h"

#define PLAIN_BYTES ((size_t)256 << 10) /* larger outputs are not compared */

/* ---- decompressed ---- */

struct plain {
    enum { WHOLE, BROKEN, TOO_LARGE } how;
    struct sj_buf text;
};

/* Members one after the other; zeros may follow. */
static void plain_gz(struct sj_str in, struct plain *plain) {
    struct sj_buf *out = &plain->text;
    for (bool first = true; plain->how == WHOLE && in.n > 0; first = false) {
        if (!first && in.p[0] == 0) {
            in.p++;
            in.n--;
            continue;
        }
        z_stream z = {.next_in = (uint8_t *)(uintptr_t)in.p, .avail_in = (unsigned)in.n};
        require(inflateInit2(&z, 16 + MAX_WBITS) == Z_OK);
        z.next_out = out->data + out->n;
        z.avail_out = (unsigned)(out->capacity - out->n);
        const int result = inflate(&z, Z_FINISH);
        plain->how = result == Z_STREAM_END ? WHOLE : z.avail_out == 0 ? TOO_LARGE : BROKEN;
        out->n = out->capacity - z.avail_out;
        in.p += in.n - z.avail_in;
        in.n = z.avail_in;
        (void)inflateEnd(&z);
    }
}

/* A window beyond the stream's standard limit is refused by the stream alone. */
static void plain_zst(struct sj_str in, struct plain *plain) {
    const size_t n = ZSTD_decompress(plain->text.data, plain->text.capacity, in.p, in.n);
    plain->how = !ZSTD_isError(n) ? WHOLE : ZSTD_getErrorCode(n) == ZSTD_error_dstSize_tooSmall ? TOO_LARGE : BROKEN;
    plain->text.n = plain->how == WHOLE ? n : 0;
}

static void decompress(struct sj_str in, enum sj_compression compression, struct plain *plain) {
    *plain = (struct plain){.how = WHOLE};
    sj_buf_init(&plain->text, sj_alloc_libc(), PLAIN_BYTES);
    require(sj_buf_reserve(&plain->text, PLAIN_BYTES, NULL) == SJ_OK);
    if (compression == SJ_COMPRESSION_GZ)
        plain_gz(in, plain);
    else if (compression == SJ_COMPRESSION_ZST)
        plain_zst(in, plain);
    else
        require(sj_buf_append_str(&plain->text, in, NULL) == SJ_OK);
}

/* ---- read in pieces ---- */

/* Reads all of it, at most `piece` bytes at once. */
static enum sj_status read_all(struct sj_source *source, enum sj_encoding encoding, size_t piece, struct sj_buf *out,
                               struct sj_error *err) {
    (void)sj_source_decode(source, encoding);
    SJ_TRY(sj_source_begin(source, SJ_SOURCE_WHOLE, err));
    for (size_t got = 1; got > 0 && out->n < PLAIN_BYTES; out->n += got) {
        SJ_TRY(sj_buf_reserve(out, piece, err));
        SJ_TRY(sj_source_read(source, out->data + out->n, piece, &got, err));
    }
    return SJ_OK;
}

struct text {
    enum sj_status status;
    enum sj_compression compression;
    struct sj_error error;
    struct sj_buf text;
};

static void read_text(struct sj_str bytes, size_t step, enum sj_encoding encoding, size_t piece, struct text *ret) {
    struct one_input input = {bytes, step};
    const struct sj_os os = input_os(&input);
    struct capped capped;
    struct sj_source *source;
    capped_init(&capped, FILE_BYTES);
    *ret = (struct text){0};
    sj_buf_init(&ret->text, sj_alloc_libc(), PLAIN_BYTES + piece);
    ret->status = sj_source_open(&os, &capped.alloc, "-", &source, &ret->error);
    if (ret->status == SJ_OK) {
        ret->compression = sj_source_compression(source);
        ret->status = read_all(source, encoding, piece, &ret->text, &ret->error);
        sj_source_close(source);
    }
    require_told(ret->status, &ret->error);
    require(capped.n_used == 0);
}

static void compare_plain(struct sj_str bytes, const struct text *text) {
    struct plain plain;
    decompress(bytes, text->compression, &plain);
    if (plain.how == BROKEN)
        require(text->status != SJ_OK);
    else if (plain.how == WHOLE && text->status == SJ_OK)
        require(sj_str_eq(sj_buf_str(&plain.text), sj_buf_str(&text->text)));
    else if (plain.how == WHOLE)
        require(strstr(text->error.message, "too much memory") != NULL);
    sj_buf_done(&plain.text);
}

/* The first bytes of a file that is broken tell nothing of its compression: only what could be opened is compared. */
static void compare_texts(struct sj_str bytes, size_t step, enum sj_encoding encoding, size_t piece) {
    struct text whole, cut;
    read_text(bytes, 0, encoding, (size_t)64 << 10, &whole);
    read_text(bytes, step, encoding, piece, &cut);
    require(whole.status == cut.status);
    const bool is_all = whole.text.n < PLAIN_BYTES && cut.text.n < PLAIN_BYTES;
    if (is_all && whole.status == SJ_OK)
        require(sj_str_eq(sj_buf_str(&whole.text), sj_buf_str(&cut.text)));
    if (is_all && encoding == SJ_ENCODING_RAW && (whole.status == SJ_OK || whole.compression != SJ_COMPRESSION_NONE))
        compare_plain(bytes, &whole);
    sj_buf_done(&whole.text);
    sj_buf_done(&cut.text);
}

/* ---- imported ---- */

struct imported {
    enum sj_status status;
    struct sj_ingest_summary summary;
    struct sj_arena arena;
    struct sj_str mapping;
};

static void use_plan(struct sj_ingest_plan *plan, struct imported *ret) {
    struct sj_result result;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    require(sj_ingest_describe(plan, &result, NULL) == SJ_OK);
    require(sj_ingest_mapping(plan, &ret->arena, &ret->mapping, NULL) == SJ_OK);
    json_t *mapping = json_loadb(ret->mapping.p, ret->mapping.n, JSON_ALLOW_NUL, NULL);
    require(mapping != NULL);
    json_decref(mapping);
    ret->status = run_plan(plan, &ret->summary);
    sj_result_done(&result);
}

static void import(struct sj_str bytes, size_t step, struct imported *ret) {
    struct one_input input = {bytes, step};
    const struct sj_os os = input_os(&input);
    struct sj_ingest_options options;
    struct sj_ingest_plan *plan;
    struct sj_error err = {0};
    struct capped capped;
    capped_init(&capped, FILE_BYTES);
    sj_ingest_options_init(&options);
    *ret = (struct imported){0};
    sj_arena_init(&ret->arena, sj_alloc_libc());
    ret->status = sj_ingest_look(&os, &capped.alloc, "-", &options, &plan, &err);
    require_told(ret->status, &err);
    if (ret->status == SJ_OK) {
        use_plan(plan, ret);
        sj_ingest_plan_free(plan);
    }
    require(capped.n_used == 0);
}

static void compare_imports(struct sj_str bytes, size_t step) {
    struct imported whole, cut;
    import(bytes, 0, &whole);
    import(bytes, step, &cut);
    require(whole.status == cut.status && sj_str_eq(whole.mapping, cut.mapping));
    if (whole.status == SJ_OK) {
        const struct sj_ingest_summary *a = &whole.summary, *b = &cut.summary;
        require(a->n_rows == b->n_rows && a->n_events == b->n_events && a->n_rejected == b->n_rejected);
        require(a->min_time_us == b->min_time_us && a->max_time_us == b->max_time_us && a->n_kept_as_text == b->n_kept_as_text);
        require(a->digest.hi == b->digest.hi && a->digest.lo == b->digest.lo);
    }
    sj_arena_done(&whole.arena);
    sj_arena_done(&cut.arena);
}

/* The last byte chooses the pieces and the encoding, since the first ones say what the file is. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    static const enum sj_encoding encodings[] = {SJ_ENCODING_FIND, SJ_ENCODING_UTF_16LE, SJ_ENCODING_UTF_16BE, SJ_ENCODING_WINDOWS_1252,
                                                 SJ_ENCODING_LATIN_1};
    const struct sj_str file = {(const char *)bytes, n};
    const size_t last = n > 0 ? bytes[n - 1] : 0, step = 1 + last % 7, piece = 8 + last % 32;
    compare_texts(file, step, SJ_ENCODING_RAW, piece);
    compare_texts(file, step, encodings[last % 5], piece);
    compare_imports(file, step);
    return 0;
}
