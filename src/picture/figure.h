/* Figures: one cell as text for people. Numbers as the language writes them, times in the zone of the look, estimates with their
 * interval and n. Used by every picture, so that a figure reads the same everywhere. */
#pragma once
#include "picture/picture.h"

#define SJ_FIGURE_BYTES 160

/* Each writes a text ended with NUL and returns its length in bytes. */
size_t sj_figure_count(int64_t value, enum sj_lang lang, char out[SJ_FIGURE_BYTES]); /* 12,345  12.345  12,345 */
size_t sj_figure_number(double value, unsigned decimals, enum sj_lang lang, char out[SJ_FIGURE_BYTES]);
size_t sj_figure_percent(double share, enum sj_lang lang, char out[SJ_FIGURE_BYTES]); /* "48.2", without the sign */
size_t sj_figure_money(int64_t ten_thousandths, const struct sj_look *look, char out[SJ_FIGURE_BYTES]);

/* How the cells of a column are written alike: times as precisely as the column needs, numbers with the same decimals. */
enum sj_time_grain { SJ_GRAIN_DAY, SJ_GRAIN_MINUTE, SJ_GRAIN_SECOND };
struct sj_figure_style {
    enum sj_time_grain grain;
    unsigned decimals; /* of numbers: none when all are whole; else two, or so many that the largest has three digits that count; none from
                        * a thousand on. Of scores: one where some are 10 or more, else two */
};
/* Reads the whole column where it holds times or numbers. */
struct sj_figure_style sj_figure_style(const struct sj_table *table, size_t column, const struct sj_look *look);

size_t sj_figure_time(int64_t time_us, enum sj_time_grain grain, const struct sj_look *look, char out[SJ_FIGURE_BYTES]);

/* A figure of an estimate, its value or one of its bounds: a share in percent without the sign, a score as it is; "" where there is none. */
size_t sj_figure_part(double part, enum sj_type type, struct sj_figure_style style, enum sj_lang lang, char out[SJ_FIGURE_BYTES]);
/* "48.2 % [46.1, 50.3] n=2,134", with "~" before it where it is thin; a score without the sign. */
size_t sj_figure_estimate(const struct sj_estimate *estimate, enum sj_type type, struct sj_figure_style style, enum sj_lang lang,
                          char out[SJ_FIGURE_BYTES]);

/* Any cell but texts and routes; a cell that is not known gives "". */
size_t sj_figure_cell(const struct sj_cell *cell, enum sj_type type, struct sj_figure_style style, const struct sj_look *look,
                      char out[SJ_FIGURE_BYTES]);

/* The label in the look's language, with the zone for a column of times and the currency for money. */
size_t sj_figure_label(const struct sj_column_def *column, const struct sj_look *look, char out[SJ_FIGURE_BYTES]);

/* What stands for a cell that is not known: "(none)" for a channel, which a row can be about; nothing for all others. */
struct sj_str sj_figure_absent(const struct sj_column_def *column, enum sj_lang lang);
/* The length of a cell in a picture: counts, durations and money as they are, an estimate by its value. 0 when not known. */
double sj_figure_length(const struct sj_cell *cell, enum sj_type type);
