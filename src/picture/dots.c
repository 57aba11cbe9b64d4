#include "picture/dots.h"

#include <math.h>

double sj_dots_low(const struct sj_estimate *estimate) { return isfinite(estimate->low) ? estimate->low : estimate->value; }
double sj_dots_high(const struct sj_estimate *estimate) { return isfinite(estimate->high) ? estimate->high : estimate->value; }

struct sj_dots sj_dots_of(const struct sj_table *table, size_t column, size_t n_rows) {
    struct sj_dots dots = {0, 0};
    bool any = false;
    for (size_t row = 0; row < n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(table, row, column);
        if (!cell->known)
            continue;
        const double low = sj_dots_low(&cell->estimate), high = sj_dots_high(&cell->estimate);
        dots.least = any && dots.least < low ? dots.least : low;
        dots.most = any && dots.most > high ? dots.most : high;
        any = true;
    }
    return dots;
}

double sj_dots_place(const struct sj_dots *dots, double value) {
    return dots->most > dots->least ? (value - dots->least) / (dots->most - dots->least) : 0.5;
}
