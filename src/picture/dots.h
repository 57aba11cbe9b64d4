/* Dots: estimates as points in their intervals, on one scale for all rows of a table, so that they are compared at a glance.
 *
 *   ├───●───┤     also below zero; a dot alone has no bounds
 */
#pragma once
#include "picture/picture.h"

/* The scale: from the least to the most of all bounds and values of the first rows. */
struct sj_dots {
    double least, most;
};
struct sj_dots sj_dots_of(const struct sj_table *table, size_t column, size_t n_rows);
/* Where a value is: 0, the least, to 1, the most. */
double sj_dots_place(const struct sj_dots *dots, double value);
/* The bounds, or the value itself where there are none. */
double sj_dots_low(const struct sj_estimate *estimate);
double sj_dots_high(const struct sj_estimate *estimate);
