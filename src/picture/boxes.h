/* Boxes: how a time is spread, on one scale for all rows of a table.
 *
 *   ──━━━╋━━━━───     from 10 % to 90 %, thick from 25 % to 75 %, with the median; in SVG also its interval
 *
 * Waits go from seconds to months, so that the scale is logarithmic; zero and what is less than a millionth of the largest stand at its
 * left end. */
#pragma once
#include "picture/picture.h"

enum sj_box_part { SJ_BOX_P10, SJ_BOX_P25, SJ_BOX_MEDIAN, SJ_BOX_LOW, SJ_BOX_HIGH, SJ_BOX_P75, SJ_BOX_P90, SJ_N_BOX_PARTS };

struct sj_boxes {
    const struct sj_table *table;
    size_t first;        /* the first of the drawn columns; the others follow it */
    int64_t least, most; /* of all rows shown */
};

struct sj_boxes sj_boxes_of(const struct sj_table *table, size_t n_rows);
bool sj_boxes_known(const struct sj_boxes *boxes, size_t row, enum sj_box_part part);
int64_t sj_boxes_value(const struct sj_boxes *boxes, size_t row, enum sj_box_part part); /* it is known */
/* Where a value is: 0, the least, to 1, the most. */
double sj_boxes_place(const struct sj_boxes *boxes, int64_t value);
