#include "picture/boxes.h"

#include <math.h>

#define DECADES 1e6

struct sj_boxes sj_boxes_of(const struct sj_table *table, size_t n_rows) {
    struct sj_boxes boxes = {.table = table};
    while (boxes.first < table->def->n_columns && !table->def->columns[boxes.first].drawn)
        boxes.first++;
    bool any = false;
    for (size_t row = 0; row < n_rows; row++) {
        if (!sj_boxes_known(&boxes, row, SJ_BOX_P10))
            continue;
        const int64_t least = sj_boxes_value(&boxes, row, SJ_BOX_P10), most = sj_boxes_value(&boxes, row, SJ_BOX_P90);
        boxes.least = any && boxes.least < least ? boxes.least : least;
        boxes.most = any && boxes.most > most ? boxes.most : most;
        any = true;
    }
    return boxes;
}

bool sj_boxes_known(const struct sj_boxes *boxes, size_t row, enum sj_box_part part) {
    return sj_table_cell(boxes->table, row, boxes->first + part)->known;
}

int64_t sj_boxes_value(const struct sj_boxes *boxes, size_t row, enum sj_box_part part) {
    return sj_table_cell(boxes->table, row, boxes->first + part)->i64;
}

double sj_boxes_place(const struct sj_boxes *boxes, int64_t value) {
    const double most = (double)boxes->most, floor = most / DECADES;
    const double least = (double)boxes->least > floor ? (double)boxes->least : floor;
    if (!((double)value > least) || !(most > least))
        return 0;
    const double place = log((double)value / least) / log(most / least);
    return place < 1 ? place : 1;
}
