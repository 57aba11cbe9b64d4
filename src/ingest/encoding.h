/* Encodings: which one a text is in, and how it becomes UTF-8. */
#pragma once
#include "ingest/source.h"

/* What the beginning of a file says. `whole`: there is nothing after it. *ret_mark_bytes: the length of the byte order mark. */
enum sj_encoding sj_encoding_find(struct sj_str head, bool whole, size_t *ret_mark_bytes);
/* The length of the byte order mark of that encoding at the beginning of `head`; 0 when there is none. */
size_t sj_encoding_mark(enum sj_encoding encoding, struct sj_str head);

/* The first byte that is not well-formed UTF-8; s.n when all is. */
size_t sj_utf8_bad_at(struct sj_str s);

/* Makes UTF-8 of `in` (UTF-16, Windows-1252, Latin-1) as far as `out` has room for; at most 4 bytes of room are left unused. `last`: no
 * input comes after this. A part of a character at the end of `in` is left for the next call unless `last`. What is no character
 * gives the byte 0xFF, which is never UTF-8, so that the reader refuses the row. */
void sj_encoding_convert(enum sj_encoding encoding, struct sj_str in, bool last, struct sj_buf *out, size_t *ret_n_used);
