#include "ingest/encoding.h"

#define NO_CHARACTER UINT32_MAX
#define SNIFF_BYTES ((size_t)16 << 10)

const char *sj_encoding_name(enum sj_encoding encoding) {
    static const char *const names[] = {
        [SJ_ENCODING_FIND] = "",
        [SJ_ENCODING_RAW] = "raw",
        [SJ_ENCODING_UTF_8] = "utf-8",
        [SJ_ENCODING_UTF_16LE] = "utf-16le",
        [SJ_ENCODING_UTF_16BE] = "utf-16be",
        [SJ_ENCODING_WINDOWS_1252] = "windows-1252",
        [SJ_ENCODING_LATIN_1] = "latin-1",
    };
    return names[encoding];
}

enum sj_status sj_encoding_of(struct sj_str name, enum sj_encoding *ret_encoding, struct sj_error *err) {
    static const struct {
        const char *name;
        enum sj_encoding encoding;
    } known[] = {
        {"", SJ_ENCODING_FIND},
        {"utf-8", SJ_ENCODING_UTF_8},
        {"utf8", SJ_ENCODING_UTF_8},
        {"utf-16le", SJ_ENCODING_UTF_16LE},
        {"utf-16be", SJ_ENCODING_UTF_16BE},
        {"windows-1252", SJ_ENCODING_WINDOWS_1252},
        {"cp1252", SJ_ENCODING_WINDOWS_1252},
        {"latin-1", SJ_ENCODING_LATIN_1},
        {"latin1", SJ_ENCODING_LATIN_1},
        {"iso-8859-1", SJ_ENCODING_LATIN_1},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (sj_str_eq_nocase(name, sj_str(known[i].name))) {
            *ret_encoding = known[i].encoding;
            return SJ_OK;
        }
    }
    return sj_fail(err, SJ_E_USAGE, "the encoding \"%.*s\" is not known. Use one of utf-8, utf-16le, utf-16be, windows-1252, latin-1",
                   SJ_ARG(name));
}

size_t sj_encoding_mark(enum sj_encoding encoding, struct sj_str head) {
    static const struct {
        enum sj_encoding encoding;
        const char *bytes;
        size_t n;
    } marks[] = {{SJ_ENCODING_UTF_8, "\xEF\xBB\xBF", 3}, {SJ_ENCODING_UTF_16LE, "\xFF\xFE", 2}, {SJ_ENCODING_UTF_16BE, "\xFE\xFF", 2}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (marks[i].encoding == encoding && head.n >= marks[i].n && memcmp(head.p, marks[i].bytes, marks[i].n) == 0)
            return marks[i].n;
    return 0;
}

/* The length of the well-formed character at `p` (RFC 3629), of which `n` > 0 bytes are there; 0 when it is none. */
static size_t character_bytes(const uint8_t *p, size_t n) {
    if (p[0] < 0x80)
        return 1;
    size_t need = p[0] >= 0xC2 && p[0] < 0xE0 ? 2 : p[0] >= 0xE0 && p[0] < 0xF0 ? 3 : p[0] >= 0xF0 && p[0] < 0xF5 ? 4 : 0;
    if (need == 0 || n < need)
        return 0;
    uint8_t lo = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    uint8_t hi = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < lo || p[1] > hi)
        return 0;
    for (size_t i = 2; i < need; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return need;
}

size_t sj_utf8_bad_at(struct sj_str s) {
    const uint8_t *p = (const uint8_t *)s.p;
    size_t at = 0;
    while (at < s.n) {
        size_t n = character_bytes(p + at, s.n - at);
        if (n == 0)
            return at;
        at += n;
    }
    return at;
}

/* UTF-16 without a mark: mostly Latin letters give a NUL in every other byte, and on one side only. */
static enum sj_encoding find_utf_16(struct sj_str head) {
    size_t n = head.n < SNIFF_BYTES ? head.n : SNIFF_BYTES, n_nul[2] = {0, 0};
    for (size_t i = 0; i < n; i++)
        n_nul[i % 2] += head.p[i] == '\0';
    if (n_nul[1] > n / 20 && n_nul[0] <= n_nul[1] / 20)
        return SJ_ENCODING_UTF_16LE;
    if (n_nul[0] > n / 20 && n_nul[1] <= n_nul[0] / 20)
        return SJ_ENCODING_UTF_16BE;
    return SJ_ENCODING_FIND;
}

/* UTF-8 with some damage is still UTF-8 (the damaged rows are refused): more good characters than bad bytes beyond ASCII. */
static bool is_mostly_utf_8(struct sj_str head, bool whole) {
    const uint8_t *p = (const uint8_t *)head.p;
    size_t n_good = 0, n_bad = 0;
    for (size_t at = 0; at < head.n;) {
        size_t n = character_bytes(p + at, head.n - at);
        bool cut = n == 0 && !whole && head.n - at < 4;
        n_good += n > 1;
        n_bad += n == 0 && !cut;
        at += n > 0 ? n : 1;
    }
    return n_good >= n_bad;
}

enum sj_encoding sj_encoding_find(struct sj_str head, bool whole, size_t *ret_mark_bytes) {
    static const enum sj_encoding marked[] = {SJ_ENCODING_UTF_8, SJ_ENCODING_UTF_16LE, SJ_ENCODING_UTF_16BE};
    for (size_t i = 0; i < sizeof marked / sizeof marked[0]; i++) {
        *ret_mark_bytes = sj_encoding_mark(marked[i], head);
        if (*ret_mark_bytes > 0)
            return marked[i];
    }
    enum sj_encoding wide = find_utf_16(head);
    if (wide != SJ_ENCODING_FIND)
        return wide;
    return is_mostly_utf_8(head, whole) ? SJ_ENCODING_UTF_8 : SJ_ENCODING_WINDOWS_1252;
}

static void put_character(struct sj_buf *out, uint32_t c) {
    uint8_t *p = out->data + out->n;
    if (c < 0x80) {
        p[0] = (uint8_t)c;
        out->n += 1;
    } else if (c < 0x800) {
        p[0] = (uint8_t)(0xC0 | c >> 6);
        p[1] = (uint8_t)(0x80 | (c & 0x3F));
        out->n += 2;
    } else if (c < 0x10000) {
        p[0] = (uint8_t)(0xE0 | c >> 12);
        p[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        p[2] = (uint8_t)(0x80 | (c & 0x3F));
        out->n += 3;
    } else if (c < 0x110000) {
        p[0] = (uint8_t)(0xF0 | c >> 18);
        p[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
        p[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        p[3] = (uint8_t)(0x80 | (c & 0x3F));
        out->n += 4;
    } else {
        p[0] = 0xFF;
        out->n += 1;
    }
}

/* The bytes 0x80 to 0x9F of Windows-1252; the five that Microsoft left free are no characters. */
static uint32_t character_1252(uint8_t byte) {
    static const uint16_t table[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                       0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                       0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
    if (byte < 0x80 || byte >= 0xA0)
        return byte;
    return table[byte - 0x80] != 0 ? table[byte - 0x80] : NO_CHARACTER;
}

static uint32_t unit_16(const uint8_t *p, bool big) { return big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0]; }

/* One character of UTF-16 from n > 0 bytes. *ret_n_used 0: more bytes are needed. */
static uint32_t character_16(const uint8_t *p, size_t n, bool big, bool last, size_t *ret_n_used) {
    *ret_n_used = n < 2 ? (last ? n : 0) : 2;
    if (n < 2)
        return NO_CHARACTER;
    uint32_t unit = unit_16(p, big);
    if (unit < 0xD800 || unit >= 0xE000)
        return unit;
    if (unit >= 0xDC00)
        return NO_CHARACTER;
    if (n < 4) {
        *ret_n_used = last ? n : 0;
        return NO_CHARACTER;
    }
    uint32_t low = unit_16(p + 2, big);
    if (low < 0xDC00 || low >= 0xE000)
        return NO_CHARACTER;
    *ret_n_used = 4;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

void sj_encoding_convert(enum sj_encoding encoding, struct sj_str in, bool last, struct sj_buf *out, size_t *ret_n_used) {
    const uint8_t *p = (const uint8_t *)in.p;
    bool wide = encoding == SJ_ENCODING_UTF_16LE || encoding == SJ_ENCODING_UTF_16BE;
    size_t at = 0;
    while (at < in.n && out->capacity - out->n >= 4) {
        size_t n_used = 1;
        uint32_t c = p[at];
        if (wide)
            c = character_16(p + at, in.n - at, encoding == SJ_ENCODING_UTF_16BE, last, &n_used);
        else if (encoding == SJ_ENCODING_WINDOWS_1252)
            c = character_1252(p[at]);
        if (n_used == 0)
            break;
        put_character(out, c);
        at += n_used;
    }
    *ret_n_used = at;
}
