/* What a reader does not need to check, and a careful one does. */
#include <math.h>
#include "base/names.h"
#include "store/segment.h"

static enum sj_status corrupt(struct sj_error *err, const char *what) {
    return sj_fail(err, SJ_E_CORRUPT, "a block is damaged: %s", sj_error_text(err, what));
}

static enum sj_status verify_padding(const struct sj_block *block, uint64_t n_bytes, struct sj_error *err) {
    uint64_t at = sizeof(struct sj_disk_block) + (uint64_t)block->n_sections * sizeof(struct sj_disk_section);
    for (uint32_t i = 0; i <= block->n_sections; i++) {
        const uint64_t next = i < block->n_sections ? block->sections[i].offset : n_bytes;
        if (next < at)
            return corrupt(err, SJ_T("sections overlap"));
        for (; at < next; at++) {
            if (block->bytes[at] != 0)
                return corrupt(err, SJ_T("padding is not zero"));
        }
        if (i < block->n_sections)
            at += block->sections[i].bytes;
    }
    return SJ_OK;
}

static enum sj_status verify_zeros(const struct sj_block *block, struct sj_error *err) {
    struct sj_disk_block header;
    memcpy(&header, block->bytes, sizeof header);
    bool zero = header.zero == 0;
    for (uint32_t i = 0; i < block->n_sections && zero; i++)
        zero = block->sections[i].zero[0] == 0 && block->sections[i].zero[1] == 0;
    return zero ? SJ_OK : corrupt(err, SJ_T("a field that must be zero is not"));
}

static enum sj_status verify_column(const struct sj_rows_column *column, struct sj_error *err) {
    for (uint32_t i = 1; column->kind == SJ_KIND_TEXT && i < column->n_texts; i++) {
        if (sj_str_cmp(column->texts[i - 1], column->texts[i]) >= 0)
            return corrupt(err, SJ_T("a dictionary is not sorted"));
    }
    for (uint32_t i = 0; i < column->n; i++) {
        double number;
        memcpy(&number, &column->values[i], sizeof number);
        if (column->kind == SJ_KIND_TRUTH && column->values[i] != 0 && column->values[i] != 1)
            return corrupt(err, SJ_T("a truth is neither 0 nor 1"));
        if (column->kind == SJ_KIND_NUMBER && !isfinite(number))
            return corrupt(err, SJ_T("a number is not finite"));
    }
    return SJ_OK;
}

/* Every part of a column stands once. */
static enum sj_status verify_parts(const struct sj_block *block, struct sj_error *err) {
    for (uint32_t i = 0; i < block->n_sections; i++) {
        for (uint32_t j = i + 1; j < block->n_sections && block->sections[j].column == block->sections[i].column; j++) {
            if (block->sections[j].part == block->sections[i].part)
                return corrupt(err, SJ_T("a part of a column stands twice"));
        }
    }
    return SJ_OK;
}

static uint32_t row_of(const struct sj_rows_column *column, uint32_t i) { return column->rows ? column->rows[i] : i; }

/* No customer has an event id twice, or no identity of one who has several. */
static enum sj_status verify_ids(const struct sj_alloc *mem, const struct sj_rows *rows, uint16_t identity_column, struct sj_error *err) {
    const struct sj_rows_column *column = sj_rows_find(rows, SJ_COLUMN_EVENT_ID);
    const struct sj_rows_column *identity = identity_column > 0 ? sj_rows_find(rows, identity_column) : NULL;
    if (!column)
        return SJ_OK;
    struct sj_names pairs; /* (customer, identity, id): the places of the texts, since a dictionary has every text once */
    enum sj_status status = SJ_OK;
    sj_names_init(&pairs, mem, rows->keys[0].lo);
    uint32_t customer = 0, next = 0;
    for (uint32_t i = 0; i < column->n && status == SJ_OK; i++) {
        const uint32_t row = row_of(column, i), before = sj_names_count(&pairs);
        uint32_t place = 0;
        while (row >= rows->offsets[customer + 1])
            customer++;
        while (identity && next < identity->n && row_of(identity, next) < row)
            next++;
        const bool other = identity && next < identity->n && row_of(identity, next) == row;
        const uint32_t pair[3] = {customer, other ? (uint32_t)identity->values[next] + 1 : 0, (uint32_t)column->values[i]};
        status = sj_names_add(&pairs, (struct sj_str){(const char *)pair, sizeof pair}, &place, err);
        if (status == SJ_OK && place < before)
            status = corrupt(err, SJ_T("a customer has an event id twice"));
    }
    sj_names_done(&pairs);
    return status;
}

enum sj_status sj_block_verify(const struct sj_block *block, uint64_t n_bytes, uint64_t seed, const struct sj_code_limits *limits,
                               struct sj_shelf *shelf, struct sj_error *err) {
    const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};
    struct sj_rows rows;
    SJ_TRY(verify_padding(block, n_bytes, err));
    SJ_TRY(verify_zeros(block, err));
    SJ_TRY(verify_parts(block, err));
    SJ_TRY(sj_block_check_sums(block, err));
    SJ_TRY(sj_block_decode(block, &all, limits, shelf, &rows, err));
    for (uint32_t i = 0; i < rows.n_columns; i++)
        SJ_TRY(verify_column(&rows.columns[i], err));
    for (uint32_t c = 0; c < rows.n_customers && seed != 0; c++) {
        const struct sj_str identity = rows.identities[c];
        if (sj_key_cmp(sj_hash128(identity.p, identity.n, seed), rows.keys[c]) != 0)
            return corrupt(err, SJ_T("a customer's key is not the key of its identity"));
    }
    return SJ_OK;
}

/* The times that the directory says the block has. */
static enum sj_status verify_times(const struct sj_rows *rows, const struct sj_disk_entry *entry, struct sj_error *err) {
    int64_t min_us = INT64_MAX, max_us = INT64_MIN;
    for (uint32_t i = 0; i < rows->n_events; i++) {
        min_us = rows->time_us[i] < min_us ? rows->time_us[i] : min_us;
        max_us = rows->time_us[i] > max_us ? rows->time_us[i] : max_us;
    }
    if (min_us != entry->min_time_us || max_us != entry->max_time_us)
        return corrupt(err, SJ_T("the directory says something else of it"));
    return SJ_OK;
}

enum sj_status sj_segment_verify_block(const struct sj_segment *segment, uint64_t i, uint64_t seed, const struct sj_code_limits *limits,
                                       struct sj_shelf *shelf, struct sj_error *err) {
    const uint16_t columns[] = {SJ_COLUMN_EVENT_ID, limits->identity_column};
    const struct sj_wanted wanted = {.time = true, .columns = columns, .n_columns = limits->identity_column > 0 ? 2 : 1};
    struct sj_block block;
    struct sj_rows rows;
    SJ_TRY(sj_segment_block(segment, i, &block, err));
    SJ_TRY(sj_block_verify(&block, segment->blocks[i].bytes, seed, limits, shelf, err));
    SJ_TRY(sj_block_decode(&block, &wanted, limits, shelf, &rows, err));
    SJ_TRY(verify_ids(shelf->mem, &rows, limits->identity_column, err));
    SJ_TRY(sj_segment_check_keys(segment, i, &rows, err));
    return verify_times(&rows, &segment->blocks[i], err);
}
