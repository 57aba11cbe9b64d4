/* Where fields and rows of a CSV text end: the positions of all delimiters and line ends that do not stand inside quotes.
 *
 *   text       a,"b,c",d\n        positions  1, 7, 9
 *
 * Grammar: RFC 4180, and beyond it: a line ends with LF, CR or CRLF (both bytes are reported); a quote in a field that does not
 * begin with one is an ordinary character; after a closing quote everything up to the next delimiter or line end belongs to the
 * field (the reader refuses it). So damage in one row never changes where later rows end, except by a quote that never closes.
 *
 * Blocks of 64 bytes are searched by vector instructions (masks of quotes and separators, and a prefix-xor that tells what is
 * inside quotes: Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019); the plain scanner goes byte by byte. Both give
 * the same answer. A block in which a quote opens where the grammar does not let it goes through the plain scanner.
 * Threads: one at a time. */
#pragma once
#include "base/buf.h"

enum sj_csv_scan { SJ_CSV_SCAN_BEST, SJ_CSV_SCAN_PLAIN, SJ_CSV_SCAN_SSE2, SJ_CSV_SCAN_AVX2 };
bool sj_csv_scan_is_available(enum sj_csv_scan scan); /* on this processor */

enum sj_csv_state {
    SJ_CSV_BEGIN,  /* at the beginning of a field */
    SJ_CSV_BARE,   /* in a field without quotes, or after one that was closed */
    SJ_CSV_QUOTED, /* inside quotes */
    SJ_CSV_CLOSED, /* just after a quote inside quotes: the end, or the first half of a doubled one */
};

struct sj_csv_index {
    char delimiter, quote;
    bool has_quote;
    enum sj_csv_state state; /* after the last byte that was scanned */
    uint8_t seen_high;       /* its top bit: a byte beyond ASCII was seen. The caller may reset these three */
    bool seen_nul, seen_quote;
    uint8_t (*classify)(struct sj_csv_index *index, const char *block, uint64_t *ret_quotes, uint64_t *ret_ends);
};

/* `quote` SJ_CSV_NO_QUOTE: quotes mean nothing. */
#define SJ_CSV_NO_QUOTE '\n'
void sj_csv_index_init(struct sj_csv_index *index, char delimiter, char quote, enum sj_csv_scan scan);

/* Scans text.p + [from, text.n) and appends the positions (uint32_t, counted from text.p) to `positions`. */
enum sj_status sj_csv_index_scan(struct sj_csv_index *index, struct sj_str text, size_t from, struct sj_buf *positions,
                                 struct sj_error *err);
