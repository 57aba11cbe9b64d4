/* What a file is, found by looking at its beginning. Pure functions. */
#pragma once
#include "ingest/ingest.h"

/* The format, by content (the path is not looked at). `head` is UTF-8, without byte order mark. Errors: SJ_E_INPUT for an empty file
 * and for what is no text of events, such as a spreadsheet, an archive, a web page: says what it is and what to do. */
enum sj_status sj_sniff_format(struct sj_str head, enum sj_ingest_format *ret_format, struct sj_error *err);

/* Settles delimiter, quote and header where the options leave them open. `head` may be cut in the middle of a row when `is_cut`.
 * Errors: SJ_E_INPUT when nothing separates columns. */
enum sj_status sj_sniff_csv(const struct sj_alloc *mem, struct sj_str head, bool is_cut, struct sj_ingest_options *options,
                            struct sj_error *err);
