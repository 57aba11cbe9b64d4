#include <stdlib.h>
#include "base/shelf.h"
#include "base/vector.h"
#include "lens/where_node.h"

/* NOLINTNEXTLINE(misc-no-recursion): the parser caps the depth */
static void mark_columns(const struct node *node, bool *used, uint32_t n_columns) {
    for (size_t i = 0; i < node->n_parts + (node->kind == NODE_NOT); i++)
        mark_columns(node->parts[i], used, n_columns);
    for (uint32_t i = 0; node->kind == NODE_KNOWN && i < n_columns; i++)
        used[i] = used[i] || node->columns[i];
    if (node->kind == NODE_TEXT || node->kind == NODE_VALUE || node->kind == NODE_NUMBER)
        used[node->column] = true;
}

void sj_where_columns(const struct sj_where *where, bool *used) { mark_columns(where->root, used, where->n_columns); }

/* NOLINTNEXTLINE(misc-no-recursion): the parser caps the depth */
static bool needs_channel(const struct node *node) {
    bool needs = node->kind == NODE_CODES && node->channel;
    for (size_t i = 0; i < node->n_parts + (node->kind == NODE_NOT) && !needs; i++)
        needs = needs_channel(node->parts[i]);
    return needs;
}

bool sj_where_needs_channel(const struct sj_where *where) { return needs_channel(where->root); }

/* ---- running it ---- */

static bool holds(enum comparison cmp, int order) {
    switch (cmp) {
    case CMP_EQ: return order == 0;
    case CMP_NE: return order != 0;
    case CMP_LT: return order < 0;
    case CMP_LE: return order <= 0;
    case CMP_GT: return order > 0;
    default: return order >= 0;
    }
}

/* `in` is an equality with any of them. */
static bool text_meets(const struct node *node, struct sj_str text) {
    const bool equal = bsearch(&text, node->texts, node->n, sizeof *node->texts, sj_str_order) != NULL;
    return equal == (node->cmp == CMP_EQ);
}

static bool value_meets(const struct node *node, int64_t value) {
    bool meets = false;
    for (size_t i = 0; i < node->n && !meets; i++)
        meets = holds(node->cmp, (value > node->values[i]) - (value < node->values[i]));
    return meets;
}

static bool number_meets(const struct node *node, int64_t bits) {
    double value;
    bool meets = false;
    memcpy(&value, &bits, sizeof value);
    for (size_t i = 0; i < node->n && !meets; i++)
        meets = holds(node->cmp, (value > node->numbers[i]) - (value < node->numbers[i]));
    return meets;
}

static enum sj_status apply_texts(const struct node *node, const struct sj_rows_column *column, struct sj_shelf *scratch, uint8_t *mask,
                                  struct sj_error *err) {
    uint8_t *meets;
    SJ_TRY(sj_shelf_take(scratch, column->n_texts, 1, &meets, err));
    for (uint32_t i = 0; i < column->n_texts; i++)
        meets[i] = text_meets(node, column->texts[i]);
    for (uint32_t i = 0; i < column->n; i++)
        mask[column->rows ? column->rows[i] : i] = meets[column->values[i]];
    return SJ_OK;
}

static enum sj_status apply_column(const struct node *node, const struct sj_rows *rows, struct sj_shelf *scratch, uint8_t *mask,
                                   struct sj_error *err) {
    const struct sj_rows_column *column = sj_rows_find(rows, node->column);
    memset(mask, 0, rows->n_events);
    if (!column)
        return SJ_OK;
    if (node->kind == NODE_TEXT)
        return apply_texts(node, column, scratch, mask, err);
    for (uint32_t i = 0; i < column->n; i++)
        mask[column->rows ? column->rows[i] : i] =
            node->kind == NODE_NUMBER ? number_meets(node, column->values[i]) : value_meets(node, column->values[i]);
    return SJ_OK;
}

static void apply_known(const struct node *node, const struct sj_rows *rows, uint8_t *mask) {
    memset(mask, 0, rows->n_events);
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        for (uint32_t i = 0; node->columns[column->code] && i < column->n; i++)
            mask[column->rows ? column->rows[i] : i] = 1;
    }
}

SJ_VECTOR static void mark_channel(const uint8_t *channel, uint32_t n, uint8_t code, uint8_t *mask) {
    for (uint32_t i = 0; i < n; i++)
        mask[i] |= channel[i] == code;
}

#define FEW_CODES 4
/* A few channels are compared with, more are looked up: comparing goes many at a time. */
static void apply_channels(const struct node *node, const struct sj_rows *rows, uint8_t *mask) {
    uint8_t few[FEW_CODES] = {0};
    uint32_t n = 0;
    for (uint32_t code = 0; code < node->n_codes; code++) {
        if (node->meets[code] && n < FEW_CODES)
            few[n] = (uint8_t)code;
        n += node->meets[code];
    }
    memset(mask, 0, rows->n_events);
    for (uint32_t k = 0; n <= FEW_CODES && k < n; k++)
        mark_channel(rows->channel, rows->n_events, few[k], mask);
    for (uint32_t i = 0; n > FEW_CODES && i < rows->n_events; i++)
        mask[i] = node->meets[rows->channel[i]];
}

static void apply_codes(const struct node *node, const struct sj_rows *rows, uint8_t *mask) {
    if (node->channel) {
        apply_channels(node, rows, mask);
        return;
    }
    for (uint32_t i = 0; i < rows->n_events; i++)
        mask[i] = node->meets[rows->touchpoint[i]];
}

/* NOLINTNEXTLINE(misc-no-recursion): the parser caps the depth */
static enum sj_status apply(const struct node *node, const struct sj_rows *rows, struct sj_shelf *scratch, uint8_t *mask,
                            struct sj_error *err) {
    if (node->kind == NODE_CODES) {
        apply_codes(node, rows, mask);
        return SJ_OK;
    }
    if (node->kind == NODE_KNOWN) {
        apply_known(node, rows, mask);
        return SJ_OK;
    }
    if (node->kind != NODE_AND && node->kind != NODE_OR && node->kind != NODE_NOT)
        return apply_column(node, rows, scratch, mask, err);
    SJ_TRY(apply(node->parts[0], rows, scratch, mask, err));
    for (uint32_t i = 0; node->kind == NODE_NOT && i < rows->n_events; i++)
        mask[i] = !mask[i];
    uint8_t *other = NULL;
    if (node->n_parts > 1)
        SJ_TRY(sj_shelf_take(scratch, rows->n_events, 1, &other, err));
    for (size_t part = 1; part < node->n_parts; part++) {
        SJ_TRY(apply(node->parts[part], rows, scratch, other, err));
        for (uint32_t i = 0; i < rows->n_events; i++)
            mask[i] = node->kind == NODE_AND ? mask[i] & other[i] : mask[i] | other[i];
    }
    return SJ_OK;
}

enum sj_status sj_where_apply(const struct sj_where *where, const struct sj_rows *rows, struct sj_shelf *scratch, uint8_t *mask,
                              struct sj_error *err) {
    return apply(where->root, rows, scratch, mask, err);
}
