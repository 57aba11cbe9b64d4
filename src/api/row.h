/* Which figure of an answer, and which row: the words "TABLE.COLUMN" and "NAME" that a trend and a list of customers go by. Inside the room.
 *
 * A row is named by the columns that tell it from the others, joined by " > ": those that its picture goes by, else the texts. */
#pragma once
#include "base/buf.h"
#include "base/result.h"

struct sj_zone;

/* Whether the column holds figures, and not names, times or routes. */
bool sj_is_figure(enum sj_type type);

struct sj_figure {
    const struct sj_table_def *table;
    size_t column;
};
/* The figure of that name: "TABLE.COLUMN", or a column of the first table that has one of that name. Errors: SJ_E_USAGE names the nearest. */
enum sj_status sj_figure_find(const struct sj_result *result, struct sj_str of, struct sj_arena *arena, struct sj_figure *ret_figure,
                              struct sj_error *err);
/* What is shown of a table where nothing is named: its first estimate, else its first figure; n_columns where it has none. */
size_t sj_figure_usual(const struct sj_table_def *def);

/* What a cell counts: a count, or the part that a share is of its n. 0 where it is not known. */
int64_t sj_cell_count(const struct sj_cell *cell, enum sj_type type);
/* Which columns name the rows, as bits. */
uint64_t sj_row_keys(const struct sj_table_def *def);

/* How a time in a name is written: as answers for machines have it, or as people read it, in a zone and without what is nought. */
struct sj_row_times {
    enum { SJ_ROW_TIMES_NONE, SJ_ROW_TIMES_ISO, SJ_ROW_TIMES_SHORT } how;
    const struct sj_zone *zone; /* of SHORT */
};
/* The name of a row is written to `name`, empty where the figures stand alone; *ret_named is false where the row has none: since nothing tells
 * it from the others, since the figure is itself part of the name, or since the name has a time and times are not asked for. */
enum sj_status sj_row_name(const struct sj_table *table, const struct sj_figure *figure, size_t row, struct sj_row_times times,
                           struct sj_buf *name, bool *ret_named, struct sj_error *err);
