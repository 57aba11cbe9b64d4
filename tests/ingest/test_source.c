/* Sources: compression, encodings, damage, digests. */
#include "plan_collect.h"

#include <zlib.h>
#include <zstd.h>

#include "base/random.h"
#include "ingest/encoding.h"

static void read_rest(struct sj_source *source, size_t step, struct sj_buf *out) {
    for (size_t got = 1; got > 0; out->n += got) {
        assert_int_equal(sj_buf_reserve(out, step, NULL), SJ_OK);
        assert_int_equal(sj_source_read(source, out->data + out->n, step, &got, NULL), SJ_OK);
    }
}

/* Reads the bytes as a file, after a pass over the head; the answer is the caller's. */
static enum sj_status read_all(struct sj_str bytes, enum sj_encoding encoding, struct sj_buf *out, struct sj_error *err) {
    struct one_file one = {.bytes = bytes};
    const struct sj_os os = os_of(&one);
    struct sj_source *source;
    char step[4096];
    SJ_TRY(sj_source_open(&os, sj_alloc_libc(), "events.csv", &source, err));
    enum sj_status status = SJ_OK;
    size_t got = 1;
    sj_source_decode(source, encoding);
    for (unsigned pass = SJ_SOURCE_SAMPLE; pass <= SJ_SOURCE_WHOLE; pass++) {
        sj_buf_reset(out);
        SJ_TRY_CLEAN(sj_source_begin(source, (enum sj_source_pass)pass, err));
        for (got = 1; got > 0;) {
            SJ_TRY_CLEAN(sj_source_read(source, step, sizeof step, &got, err));
            SJ_TRY_CLEAN(sj_buf_append(out, step, got, err));
        }
    }
    const struct sj_hash128 digest = sj_source_digest(source), wanted = sj_hash128(bytes.p, bytes.n, 0);
    assert_int_equal(digest.hi, wanted.hi);
    assert_int_equal(digest.lo, wanted.lo);
    assert_int_equal(sj_source_bytes_done(source), bytes.n);
cleanup:
    sj_source_close(source);
    return status;
}

static void append_gz(struct sj_buf *out, struct sj_str text) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    const size_t room = text.n + 1000;
    assert_int_equal(sj_buf_reserve(out, room, NULL), SJ_OK);
    z.next_in = (Bytef *)(uintptr_t)text.p;
    z.avail_in = (unsigned)text.n;
    z.next_out = out->data + out->n;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->n += room - z.avail_out;
    deflateEnd(&z);
}

static void append_zst(struct sj_buf *out, struct sj_str text) {
    ZSTD_CCtx *ctx = ZSTD_createCCtx();
    assert_non_null(ctx);
    ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
    const size_t room = ZSTD_compressBound(text.n);
    assert_int_equal(sj_buf_reserve(out, room, NULL), SJ_OK);
    const size_t n = ZSTD_compress2(ctx, out->data + out->n, room, text.p, text.n);
    assert_false(ZSTD_isError(n));
    out->n += n;
    ZSTD_freeCCtx(ctx);
}

static void random_lines(struct sj_buf *out, size_t n, uint64_t seed) {
    struct sj_random random;
    sj_random_init(&random, seed);
    while (out->n < n)
        assert_int_equal(sj_buf_print(out, NULL, "%llu,visit\n", (unsigned long long)sj_random_below(&random, 100000)), SJ_OK);
}

typedef void (*packer)(struct sj_buf *out, struct sj_str text);
static const packer packers[] = {append_gz, append_zst};

static void compressed_files_are_read(void **state) {
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct sj_buf text, packed, got;
        sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
        sj_buf_init(&packed, sj_alloc_libc(), SIZE_MAX);
        sj_buf_init(&got, sj_alloc_libc(), SIZE_MAX);
        random_lines(&text, 3000000, 1);
        const struct sj_str whole = sj_buf_str(&text);
        packers[k](&packed, (struct sj_str){whole.p, 1000});
        packers[k](&packed, SJ_LIT(""));
        packers[k](&packed, (struct sj_str){whole.p + 1000, whole.n - 1000});
        assert_int_equal(read_all(sj_buf_str(&packed), SJ_ENCODING_FIND, &got, NULL), SJ_OK);
        assert_true(sj_str_eq(sj_buf_str(&got), whole));
        if (k == 0) { /* zeros may follow gz, as tapes leave them */
            assert_int_equal(sj_buf_append(&packed, "\0\0\0\0", 4, NULL), SJ_OK);
            assert_int_equal(read_all(sj_buf_str(&packed), SJ_ENCODING_FIND, &got, NULL), SJ_OK);
            assert_true(sj_str_eq(sj_buf_str(&got), whole));
        }
        sj_buf_done(&text);
        sj_buf_done(&packed);
        sj_buf_done(&got);
    }
}

/* Cut anywhere it is refused, but for the boundary between two members; with any bit flipped it is refused or gives the same text
 * (a few bits, such as the time in the header of gz, mean nothing). */
static void damage_is_found_at_every_byte(void **state) {
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct sj_buf text, packed, got;
        struct sj_error err = {0};
        sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
        sj_buf_init(&packed, sj_alloc_libc(), SIZE_MAX);
        sj_buf_init(&got, sj_alloc_libc(), SIZE_MAX);
        random_lines(&text, 600, 2);
        packers[k](&packed, sj_buf_str(&text));
        const size_t boundary = packed.n;
        packers[k](&packed, sj_buf_str(&text));
        for (size_t n = k == 0 ? 2 : 4; n < packed.n; n++) {
            const enum sj_status status = read_all((struct sj_str){(const char *)packed.data, n}, SJ_ENCODING_FIND, &got, &err);
            assert_int_equal(status, n == boundary ? SJ_OK : SJ_E_INPUT);
            assert_true(n == boundary || strstr(err.message, "stops in the middle") != NULL);
        }
        size_t n_refused = 0;
        for (size_t bit = (k == 0 ? 2 : 4) * 8; bit < boundary * 8; bit++) {
            packed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            const struct sj_str damaged = {(const char *)packed.data, boundary};
            const enum sj_status status = read_all(damaged, SJ_ENCODING_RAW, &got, &err);
            assert_true(status == SJ_E_INPUT || sj_str_eq(sj_buf_str(&got), sj_buf_str(&text)));
            n_refused += status != SJ_OK;
            packed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        assert_true(n_refused > boundary * 7);
        sj_buf_done(&text);
        sj_buf_done(&packed);
        sj_buf_done(&got);
    }
}

static void what_follows_compressed_data_is_refused(void **state) {
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct sj_buf packed, got;
        struct sj_error err = {0};
        sj_buf_init(&packed, sj_alloc_libc(), SIZE_MAX);
        sj_buf_init(&got, sj_alloc_libc(), SIZE_MAX);
        packers[k](&packed, SJ_LIT("a,b\n"));
        assert_int_equal(sj_buf_append(&packed, "rest of something", 17, NULL), SJ_OK);
        assert_int_equal(read_all(sj_buf_str(&packed), SJ_ENCODING_FIND, &got, &err), SJ_E_INPUT);
        assert_non_null(strstr(err.message, "events.csv: the compressed"));
        sj_buf_done(&packed);
        sj_buf_done(&got);
    }
}

/* ---- encodings ---- */

static void check_decoded(struct sj_str bytes, enum sj_encoding told, const char *encoding, const char *wanted) {
    struct one_file one = {.bytes = bytes};
    const struct sj_os os = os_of(&one);
    struct sj_source *source;
    struct sj_buf got;
    sj_buf_init(&got, sj_alloc_libc(), SIZE_MAX);
    assert_int_equal(sj_source_open(&os, sj_alloc_libc(), "events.csv", &source, NULL), SJ_OK);
    assert_string_equal(sj_encoding_name(sj_source_decode(source, told)), encoding);
    assert_int_equal(sj_source_begin(source, SJ_SOURCE_WHOLE, NULL), SJ_OK);
    read_rest(source, 8, &got);
    if (!sj_str_eq(sj_buf_str(&got), sj_str(wanted)))
        fail_msg("[%s] was expected, and [%.*s] came", wanted, SJ_ARG(sj_buf_str(&got)));
    sj_source_close(source);
    sj_buf_done(&got);
}

#define BYTES(literal) ((struct sj_str){literal, sizeof(literal) - 1})

static void encodings_are_found(void **state) {
    (void)state;
    check_decoded(BYTES("a,\xC3\xA9"), SJ_ENCODING_FIND, "utf-8", "a,é");
    check_decoded(BYTES("\xEF\xBB\xBF"
                        "a,b"),
                  SJ_ENCODING_FIND, "utf-8", "a,b");
    check_decoded(BYTES("caf\xE9,\x80 5"), SJ_ENCODING_FIND, "windows-1252", "café,€ 5");
    check_decoded(BYTES("caf\xE9,\x80 5"), SJ_ENCODING_LATIN_1, "latin-1", "café,\xC2\x80 5");
    check_decoded(BYTES("\xFF\xFE"
                        "a\0,\0\xE9\0\n\0"),
                  SJ_ENCODING_FIND, "utf-16le", "a,é\n");
    check_decoded(BYTES("\xFE\xFF\0a\0,\0\xE9\0\n"), SJ_ENCODING_FIND, "utf-16be", "a,é\n");
    check_decoded(BYTES("a\0,\0b\0\n\0"), SJ_ENCODING_FIND, "utf-16le", "a,b\n");
    check_decoded(BYTES("\0a\0,\0b\0\n"), SJ_ENCODING_FIND, "utf-16be", "a,b\n");
    check_decoded(BYTES("\xFF\xFE\x3D\xD8\x00\xDE"), SJ_ENCODING_FIND, "utf-16le", "\xF0\x9F\x98\x80");
    check_decoded(BYTES("\xC3\xA9\xC3\xA9\xE9"), SJ_ENCODING_FIND, "utf-8", "\xC3\xA9\xC3\xA9\xE9"); /* damage, for the reader */
    check_decoded(BYTES(""), SJ_ENCODING_FIND, "utf-8", "");
}

static void what_is_no_character_is_never_utf_8(void **state) {
    (void)state;
    check_decoded(BYTES("a\x81"
                        "b"),
                  SJ_ENCODING_WINDOWS_1252, "windows-1252",
                  "a\xFF"
                  "b");
    check_decoded(BYTES("\x00\xD8"
                        "a\0"),
                  SJ_ENCODING_UTF_16LE, "utf-16le",
                  "\xFF"
                  "a");
    check_decoded(BYTES("\x00\xDC"
                        "a\0"),
                  SJ_ENCODING_UTF_16LE, "utf-16le",
                  "\xFF"
                  "a");
    check_decoded(BYTES("a\0b"), SJ_ENCODING_UTF_16LE, "utf-16le", "a\xFF");
    check_decoded(BYTES("a\0\x00\xD8"), SJ_ENCODING_UTF_16LE, "utf-16le", "a\xFF");
}

/* Every character of Unicode, through UTF-16 and back. */
static void all_characters_survive_utf_16(void **state) {
    (void)state;
    struct sj_buf wide, wanted, got;
    sj_buf_init(&wide, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&wanted, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&got, sj_alloc_libc(), SIZE_MAX);
    for (uint32_t c = 1; c < 0x110000; c++) {
        uint8_t units[4] = {(uint8_t)c, (uint8_t)(c >> 8)}, text[4];
        size_t n = 2, n_text;
        if (c >= 0xD800 && c < 0xE000)
            continue;
        if (c >= 0x10000) {
            const uint32_t high = 0xD800 + ((c - 0x10000) >> 10), low = 0xDC00 + ((c - 0x10000) & 0x3FF);
            units[0] = (uint8_t)high, units[1] = (uint8_t)(high >> 8), units[2] = (uint8_t)low, units[3] = (uint8_t)(low >> 8);
            n = 4;
        }
        if (c < 0x80) {
            text[0] = (uint8_t)c, n_text = 1;
        } else if (c < 0x800) {
            text[0] = (uint8_t)(0xC0 + c / 64), text[1] = (uint8_t)(0x80 + c % 64), n_text = 2;
        } else if (c < 0x10000) {
            text[0] = (uint8_t)(0xE0 + c / 4096), text[1] = (uint8_t)(0x80 + c / 64 % 64), text[2] = (uint8_t)(0x80 + c % 64), n_text = 3;
        } else {
            text[0] = (uint8_t)(0xF0 + c / 262144), text[1] = (uint8_t)(0x80 + c / 4096 % 64);
            text[2] = (uint8_t)(0x80 + c / 64 % 64), text[3] = (uint8_t)(0x80 + c % 64), n_text = 4;
        }
        assert_int_equal(sj_buf_append(&wide, units, n, NULL), SJ_OK);
        assert_int_equal(sj_buf_append(&wanted, text, n_text, NULL), SJ_OK);
    }
    assert_int_equal(read_all(sj_buf_str(&wide), SJ_ENCODING_UTF_16LE, &got, NULL), SJ_OK);
    assert_true(sj_str_eq(sj_buf_str(&got), sj_buf_str(&wanted)));
    assert_int_equal(sj_utf8_bad_at(sj_buf_str(&got)), got.n);
    sj_buf_done(&wide);
    sj_buf_done(&wanted);
    sj_buf_done(&got);
}

static void names_of_encodings(void **state) {
    (void)state;
    enum sj_encoding encoding;
    struct sj_error err = {0};
    assert_int_equal(sj_encoding_of(SJ_LIT("UTF-8"), &encoding, NULL), SJ_OK);
    assert_int_equal(encoding, SJ_ENCODING_UTF_8);
    assert_int_equal(sj_encoding_of(SJ_LIT("iso-8859-1"), &encoding, NULL), SJ_OK);
    assert_int_equal(encoding, SJ_ENCODING_LATIN_1);
    assert_int_equal(sj_encoding_of(SJ_LIT("ebcdic"), &encoding, &err), SJ_E_USAGE);
    assert_non_null(strstr(err.message, "windows-1252"));
}

/* ---- the head ---- */

static void the_head_grows(void **state) {
    (void)state;
    struct sj_buf text, got;
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&got, sj_alloc_libc(), SIZE_MAX);
    random_lines(&text, 3500000, 3);
    struct one_file one = {.bytes = sj_buf_str(&text), .read_max = 70001};
    const struct sj_os os = os_of(&one);
    struct sj_source *source;
    bool longer;
    assert_int_equal(sj_source_open(&os, sj_alloc_libc(), "events.csv", &source, NULL), SJ_OK);
    assert_int_equal(sj_source_head(source).n, SJ_SOURCE_HEAD_BYTES);
    assert_true(sj_source_is_cut(source));
    assert_int_equal(sj_source_begin(source, SJ_SOURCE_SAMPLE, NULL), SJ_OK);
    read_rest(source, 100000, &got);
    assert_int_equal(got.n, SJ_SOURCE_HEAD_BYTES);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sj_source_extend(source, &longer, NULL), SJ_OK);
        assert_true(longer);
    }
    assert_false(sj_source_is_cut(source));
    assert_int_equal(sj_source_extend(source, &longer, NULL), SJ_OK);
    assert_false(longer);
    sj_buf_reset(&got);
    assert_int_equal(sj_source_begin(source, SJ_SOURCE_WHOLE, NULL), SJ_OK);
    read_rest(source, 100000, &got);
    assert_true(sj_str_eq(sj_buf_str(&got), sj_buf_str(&text)));
    assert_int_equal(sj_source_begin(source, SJ_SOURCE_WHOLE, NULL), SJ_E_BUG);
    sj_source_close(source);
    sj_buf_done(&text);
    sj_buf_done(&got);
}

static void what_is_no_file_is_said(void **state) {
    (void)state;
    struct sj_source *source;
    struct sj_error err = {0};
    assert_int_equal(sj_source_open(sj_os_real(), sj_alloc_libc(), "/nowhere/events.csv", &source, &err), SJ_E_NOT_FOUND);
    assert_string_equal(err.message, "there is no file /nowhere/events.csv. Check its name and its folder");
    assert_int_equal(sj_source_open(sj_os_real(), sj_alloc_libc(), "/", &source, &err), SJ_E_INPUT);
    assert_non_null(strstr(err.message, "is a folder"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compressed_files_are_read),
        cmocka_unit_test(damage_is_found_at_every_byte),
        cmocka_unit_test(what_follows_compressed_data_is_refused),
        cmocka_unit_test(encodings_are_found),
        cmocka_unit_test(what_is_no_character_is_never_utf_8),
        cmocka_unit_test(all_characters_survive_utf_16),
        cmocka_unit_test(names_of_encodings),
        cmocka_unit_test(the_head_grows),
        cmocka_unit_test(what_is_no_file_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
