/* Pictures: results as people look at them, on a terminal and as SVG. Drawn once for each kind of picture, never once for each
 * analysis: everything is read from the tables' columns and their types.
 *
 *   result ─ figures (a cell as text) ─┬─ terminal   aligned tables with small bars, notes below
 *                                      └─ svg        one document: title, pictures one below the other, notes
 *
 * Drawing is deterministic: the same result and look give the same bytes, in every locale of the process.
 * Threads: pure functions; a result and a buffer belong to one thread. */
#pragma once
#include "base/buf.h"
#include "base/result.h"
#include "base/time.h"

/* How the reader wants to see it. */
struct sj_look {
    enum sj_lang lang;
    const struct sj_zone *zone; /* for times; NULL: UTC */
    const char *zone_name;      /* as it is to be stated: "Europe/Amsterdam"; NULL: "UTC" */
    const char *currency;       /* of money: "EUR"; NULL: not stated */
    unsigned width;             /* terminal: columns; 0: no limit */
    bool colour;                /* terminal: ANSI colours */
    size_t rows_max;            /* terminal: rows shown of a table; 0: SJ_ROWS_SHOWN */
};
#define SJ_ROWS_SHOWN 25

/* All tables and notes of a result, as text with lines that end in '\n'. */
enum sj_status sj_picture_terminal(const struct sj_result *result, const struct sj_look *look, struct sj_buf *out, struct sj_error *err);

/* All pictures and notes of a result, as one self-contained SVG document (light and dark). */
enum sj_status sj_picture_svg(const struct sj_result *result, const struct sj_look *look, struct sj_buf *out, struct sj_error *err);
