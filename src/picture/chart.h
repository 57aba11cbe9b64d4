/* A small column chart for a terminal: a series too long for a table, seen as a whole.
 *
 *   2,747 ┤    ▁      █
 *         ┤▂▃▅▇█▆▅▃▅▇██▅
 *       0 ┼──────────────
 *         2024-07-01    2025-12-29
 */
#pragma once
#include "picture/pen.h"
#include "picture/picture.h"

/* The first drawn column of a table whose first column is a time. Draws nothing where there is none. */
void sj_chart_draw(struct sj_pen *pen, const struct sj_table *table, const struct sj_look *look);
