#include "base/time.h"
#include "base/vector.h"
#include "store/block.h"
#include "store/pack.h"

static enum sj_status corrupt(struct sj_error *err, const char *what) {
    return sj_fail(err, SJ_E_CORRUPT, "a block is damaged: %s", sj_error_text(err, what));
}

enum sj_status sj_block_open(const uint8_t *bytes, uint64_t n_bytes, struct sj_block *ret_block, struct sj_error *err) {
    struct sj_disk_block header;
    if (n_bytes < sizeof header)
        return corrupt(err, SJ_T("it is shorter than its header"));
    memcpy(&header, bytes, sizeof header);
    if (header.magic != SJ_BLOCK_MAGIC)
        return corrupt(err, SJ_T("its header is not one"));
    const uint64_t table_bytes = (uint64_t)header.n_sections * sizeof(struct sj_disk_section);
    if (header.bytes > n_bytes || header.bytes < sizeof header || table_bytes > header.bytes - sizeof header)
        return corrupt(err, SJ_T("its length is impossible"));
    const uint64_t sum = sj_hash64(bytes + sizeof header, table_bytes, sj_hash64(&header, offsetof(struct sj_disk_block, checksum), 0));
    if (sum != header.checksum)
        return corrupt(err, SJ_T("the checksum of its header is wrong"));
    if (header.n_events == 0 || header.n_events > SJ_CUSTOMER_EVENTS_MAX || header.n_customers == 0 || header.n_customers > header.n_events)
        return corrupt(err, SJ_T("its counts are impossible"));
    const struct sj_disk_section *sections = (const struct sj_disk_section *)(const void *)(bytes + sizeof header);
    uint32_t n_fixed = 0;
    for (uint32_t i = 0; i < header.n_sections; i++) {
        const struct sj_disk_section *s = &sections[i];
        if (s->offset < sizeof header + table_bytes || s->offset > header.bytes || s->bytes > header.bytes - s->offset ||
            s->offset % SJ_SECTION_ALIGN != 0)
            return corrupt(err, SJ_T("a section lies outside of it"));
        const bool fixed = s->column >= SJ_DISK_KEY;
        if (i > n_fixed && (fixed || s->column < sections[i - 1].column))
            return corrupt(err, SJ_T("its columns are out of order"));
        n_fixed += fixed;
    }
    *ret_block = (struct sj_block){bytes, sections, header.n_sections, n_fixed, header.n_events, header.n_customers};
    return SJ_OK;
}

/* The parts of every row stand first, a handful; then named columns by rising code, maybe a thousand. */
static const struct sj_disk_section *find(const struct sj_block *block, unsigned column, enum sj_disk_part part, unsigned kind) {
    uint32_t lo = 0, hi = block->n_sections;
    if (column < SJ_DISK_KEY) {
        lo = block->n_fixed;
        while (lo < hi) {
            const uint32_t mid = lo + (hi - lo) / 2;
            if (block->sections[mid].column < column)
                lo = mid + 1;
            else
                hi = mid;
        }
        hi = block->n_sections;
    }
    for (uint32_t i = lo; i < hi && (column >= SJ_DISK_KEY || block->sections[i].column == column); i++) {
        const struct sj_disk_section *s = &block->sections[i];
        if (s->column == column && s->part == part && s->kind == kind)
            return s;
    }
    return NULL;
}

static enum sj_status check_sum(const struct sj_block *block, const struct sj_disk_section *section, struct sj_error *err) {
    if (sj_hash64(block->bytes + section->offset, section->bytes, 0) != section->checksum)
        return sj_fail(err, SJ_E_CORRUPT, "a block is damaged: the checksum of column %u, part %u is wrong", section->column,
                       section->part);
    return SJ_OK;
}

/* A raw section of exactly n_bytes, checked; its bytes. */
static enum sj_status open_raw(const struct sj_block *block, const struct sj_disk_section *section, uint64_t n_bytes,
                               const uint8_t **ret_bytes, struct sj_error *err) {
    if (!section || section->bytes != n_bytes)
        return corrupt(err, SJ_T("a section has the wrong length"));
    SJ_TRY(check_sum(block, section, err));
    *ret_bytes = block->bytes + section->offset;
    return SJ_OK;
}

/* A packed section of exactly `count` values, checked. */
static enum sj_status open_packed(const struct sj_block *block, const struct sj_disk_section *section, uint64_t count,
                                  struct sj_packing *ret_packing, const uint8_t **ret_bytes, struct sj_error *err) {
    if (!section || section->count != count || section->width > 64 || section->unit == 0 ||
        section->bytes != sj_packed_bytes(count, section->width))
        return corrupt(err, SJ_T("a section has the wrong length"));
    SJ_TRY(check_sum(block, section, err));
    *ret_packing = (struct sj_packing){.base = section->base, .unit = section->unit, .width = section->width};
    *ret_bytes = block->bytes + section->offset;
    return SJ_OK;
}

static enum sj_status unpack_i64(const struct sj_block *block, const struct sj_disk_section *section, uint64_t count,
                                 struct sj_shelf *shelf, int64_t **ret_values, struct sj_error *err) {
    struct sj_packing packing;
    const uint8_t *bytes;
    int64_t *values;
    SJ_TRY(open_packed(block, section, count, &packing, &bytes, err));
    SJ_TRY(sj_shelf_take(shelf, count, sizeof *values, &values, err));
    sj_unpack_i64(bytes, count, packing, values);
    *ret_values = values;
    return SJ_OK;
}

static enum sj_status unpack_u32(const struct sj_block *block, const struct sj_disk_section *section, uint64_t count,
                                 struct sj_shelf *shelf, uint32_t **ret_values, struct sj_error *err) {
    struct sj_packing packing;
    const uint8_t *bytes;
    uint32_t *values;
    SJ_TRY(open_packed(block, section, count, &packing, &bytes, err));
    if (!sj_packing_fits(packing, UINT32_MAX))
        return corrupt(err, SJ_T("a section holds numbers that are too large"));
    SJ_TRY(sj_shelf_take(shelf, count, sizeof *values, &values, err));
    sj_unpack_u32(bytes, count, packing, values);
    *ret_values = values;
    return SJ_OK;
}

/* n texts, as views. */
static enum sj_status read_texts(const struct sj_block *block, unsigned column, unsigned kind, uint64_t n, struct sj_shelf *shelf,
                                 struct sj_str **ret_texts, struct sj_error *err) {
    const struct sj_disk_section *bytes_section = find(block, column, SJ_PART_BYTES, kind);
    uint32_t *lengths;
    struct sj_str *texts;
    SJ_TRY(unpack_u32(block, find(block, column, SJ_PART_LENGTHS, kind), n, shelf, &lengths, err));
    if (!bytes_section)
        return corrupt(err, SJ_T("a section is missing"));
    SJ_TRY(check_sum(block, bytes_section, err));
    SJ_TRY(sj_shelf_take(shelf, n, sizeof *texts, &texts, err));
    const char *at = (const char *)block->bytes + bytes_section->offset;
    uint64_t left = bytes_section->bytes;
    for (uint64_t i = 0; i < n; i++) {
        if (lengths[i] > left)
            return corrupt(err, SJ_T("texts are longer than their section"));
        texts[i] = (struct sj_str){at, lengths[i]};
        at += lengths[i];
        left -= lengths[i];
    }
    if (left > 0)
        return corrupt(err, SJ_T("texts are shorter than their section"));
    *ret_texts = texts;
    return SJ_OK;
}

enum sj_status sj_block_texts(const struct sj_block *block, uint16_t column, struct sj_shelf *shelf, const struct sj_str **ret_texts,
                              size_t *ret_n, struct sj_error *err) {
    const struct sj_disk_section *lengths = find(block, column, SJ_PART_LENGTHS, SJ_KIND_TEXT);
    struct sj_str *texts = NULL;
    if (lengths && lengths->count > block->n_events)
        return corrupt(err, SJ_T("a dictionary is larger than the block"));
    if (lengths)
        SJ_TRY(read_texts(block, column, SJ_KIND_TEXT, lengths->count, shelf, &texts, err));
    *ret_texts = texts;
    *ret_n = lengths ? lengths->count : 0;
    return SJ_OK;
}

/* ---- the fixed columns ---- */

static enum sj_status read_offsets(const struct sj_block *block, struct sj_shelf *shelf, const uint32_t **ret_offsets,
                                   struct sj_error *err) {
    uint32_t *counts, *offsets;
    SJ_TRY(unpack_u32(block, find(block, SJ_DISK_COUNT, SJ_PART_VALUES, 0), block->n_customers, shelf, &counts, err));
    SJ_TRY(sj_shelf_take(shelf, (size_t)block->n_customers + 1, sizeof *offsets, &offsets, err));
    uint64_t sum = 0;
    for (uint32_t c = 0; c < block->n_customers; c++) {
        offsets[c] = (uint32_t)sum;
        if (counts[c] == 0)
            return corrupt(err, SJ_T("a customer has no events"));
        sum += counts[c];
        if (sum > block->n_events)
            break;
    }
    if (sum != block->n_events)
        return corrupt(err, SJ_T("events of customers do not add up"));
    offsets[block->n_customers] = block->n_events;
    *ret_offsets = offsets;
    return SJ_OK;
}

static enum sj_status read_keys(const struct sj_block *block, const sj_key **ret_keys, struct sj_error *err) {
    const uint8_t *bytes;
    SJ_TRY(open_raw(block, find(block, SJ_DISK_KEY, SJ_PART_RAW, 0), (uint64_t)block->n_customers * sizeof(sj_key), &bytes, err));
    const sj_key *keys = (const sj_key *)(const void *)bytes;
    for (uint32_t c = 1; c < block->n_customers; c++) {
        if (sj_key_cmp(keys[c - 1], keys[c]) >= 0)
            return corrupt(err, SJ_T("customers are out of order"));
    }
    *ret_keys = keys;
    return SJ_OK;
}

SJ_VECTOR static uint16_t max_u16(const uint16_t *values, size_t n) {
    uint16_t max = 0;
    for (size_t i = 0; i < n; i++)
        max = values[i] > max ? values[i] : max;
    return max;
}

SJ_VECTOR static uint8_t max_u8(const uint8_t *values, size_t n) {
    uint8_t max = 0;
    for (size_t i = 0; i < n; i++)
        max = values[i] > max ? values[i] : max;
    return max;
}

/* Codes whose packing could express more than the narrow type holds: unpacked wide, then checked. */
static enum sj_status read_wide_codes(const struct sj_block *block, unsigned column, uint32_t n_names, struct sj_shelf *shelf,
                                      const uint32_t **ret_codes, struct sj_error *err) {
    uint32_t *codes;
    SJ_TRY(unpack_u32(block, find(block, column, SJ_PART_VALUES, 0), block->n_events, shelf, &codes, err));
    for (uint32_t i = 0; i < block->n_events; i++) {
        if (codes[i] >= n_names)
            return corrupt(err, column == SJ_DISK_CHANNEL ? "it names a channel that the catalog does not have"
                                                          : "it names a touchpoint that the catalog does not have");
    }
    *ret_codes = codes;
    return SJ_OK;
}

static enum sj_status read_touchpoints(const struct sj_block *block, const struct sj_code_limits *limits, struct sj_shelf *shelf,
                                       const uint16_t **ret_codes, struct sj_error *err) {
    struct sj_packing packing;
    const uint8_t *bytes;
    uint16_t *codes;
    SJ_TRY(open_packed(block, find(block, SJ_DISK_TOUCHPOINT, SJ_PART_VALUES, 0), block->n_events, &packing, &bytes, err));
    SJ_TRY(sj_shelf_take(shelf, block->n_events, sizeof *codes, &codes, err));
    if (sj_packing_fits(packing, UINT16_MAX)) {
        sj_unpack_u16(bytes, block->n_events, packing, codes);
        if (max_u16(codes, block->n_events) >= limits->n_touchpoints)
            return corrupt(err, SJ_T("it names a touchpoint that the catalog does not have"));
    } else {
        const uint32_t *wide;
        SJ_TRY(read_wide_codes(block, SJ_DISK_TOUCHPOINT, limits->n_touchpoints, shelf, &wide, err));
        for (uint32_t i = 0; i < block->n_events; i++)
            codes[i] = (uint16_t)wide[i];
    }
    *ret_codes = codes;
    return SJ_OK;
}

static enum sj_status read_channels(const struct sj_block *block, const struct sj_code_limits *limits, struct sj_shelf *shelf,
                                    const uint8_t **ret_codes, struct sj_error *err) {
    struct sj_packing packing;
    const uint8_t *bytes;
    uint8_t *codes;
    SJ_TRY(open_packed(block, find(block, SJ_DISK_CHANNEL, SJ_PART_VALUES, 0), block->n_events, &packing, &bytes, err));
    SJ_TRY(sj_shelf_take(shelf, block->n_events, sizeof *codes, &codes, err));
    if (sj_packing_fits(packing, UINT8_MAX)) {
        sj_unpack_u8(bytes, block->n_events, packing, codes);
        if (max_u8(codes, block->n_events) >= limits->n_channels)
            return corrupt(err, SJ_T("it names a channel that the catalog does not have"));
    } else {
        const uint32_t *wide;
        SJ_TRY(read_wide_codes(block, SJ_DISK_CHANNEL, limits->n_channels, shelf, &wide, err));
        for (uint32_t i = 0; i < block->n_events; i++)
            codes[i] = (uint8_t)wide[i];
    }
    *ret_codes = codes;
    return SJ_OK;
}

SJ_VECTOR static uint32_t count_falls(const int64_t *time_us, uint32_t n) {
    uint32_t falls = 0;
    for (uint32_t i = 1; i < n; i++)
        falls += time_us[i] < time_us[i - 1];
    return falls;
}

SJ_VECTOR static uint32_t count_outside(const int64_t *time_us, uint32_t n) {
    uint32_t outside = 0;
    for (uint32_t i = 0; i < n; i++)
        outside += (time_us[i] < SJ_TIME_MIN) | (time_us[i] > SJ_TIME_MAX);
    return outside;
}

/* Whether the packing can express no time that is out of range, as those of real data cannot. */
static bool always_inside(struct sj_packing packing) {
    return packing.base >= SJ_TIME_MIN && packing.base <= SJ_TIME_MAX && packing.width < 63 &&
           (UINT64_C(1) << packing.width) - 1 <= (uint64_t)(SJ_TIME_MAX - packing.base) / packing.unit;
}

/* Values that are checked while they are in the nearest cache. */
#define SLICE (4 * SJ_PACK_GROUP)

/* Times are in range, and fall only where another customer begins: counted over the block, then over the customers' first events. */
static enum sj_status read_times(const struct sj_block *block, const uint32_t *offsets, struct sj_shelf *shelf, const int64_t **ret_time_us,
                                 struct sj_error *err) {
    struct sj_packing packing;
    const uint8_t *bytes;
    int64_t *time_us;
    SJ_TRY(open_packed(block, find(block, SJ_DISK_TIME, SJ_PART_VALUES, 0), block->n_events, &packing, &bytes, err));
    SJ_TRY(sj_shelf_take(shelf, block->n_events, sizeof *time_us, &time_us, err));
    const bool inside = always_inside(packing);
    uint32_t falls = 0, falls_wanted = 0, outside = 0;
    for (uint32_t at = 0, n; at < block->n_events; at += n) {
        n = block->n_events - at < SLICE ? block->n_events - at : SLICE;
        sj_unpack_i64(bytes, n, packing, time_us + at);
        bytes += sj_packed_bytes(n, packing.width);
        falls += at > 0 ? count_falls(time_us + at - 1, n + 1) : count_falls(time_us, n);
        outside += inside ? 0 : count_outside(time_us + at, n);
    }
    for (uint32_t c = 1; c < block->n_customers; c++)
        falls_wanted += time_us[offsets[c]] < time_us[offsets[c] - 1];
    if (outside > 0 || falls != falls_wanted)
        return corrupt(err, SJ_T("times are out of range or out of order"));
    *ret_time_us = time_us;
    return SJ_OK;
}

/* ---- named columns ---- */

static enum sj_status read_bits(const struct sj_block *block, const struct sj_disk_section *section, struct sj_shelf *shelf,
                                uint32_t **ret_rows, struct sj_error *err) {
    const size_t n_words = ((size_t)block->n_events + 63) / 64;
    const uint8_t *bytes;
    uint32_t *rows;
    SJ_TRY(open_raw(block, section, n_words * 8, &bytes, err));
    SJ_TRY(sj_shelf_take(shelf, block->n_events, sizeof *rows, &rows, err));
    uint32_t n = 0;
    for (size_t w = 0; w < n_words; w++) {
        uint64_t word;
        memcpy(&word, bytes + w * 8, 8);
        for (; word; word &= word - 1) {
            const uint32_t row = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(word);
            if (row >= block->n_events)
                return corrupt(err, SJ_T("a value belongs to no event"));
            rows[n++] = row;
        }
    }
    if (n != section->count)
        return corrupt(err, SJ_T("values and events do not match"));
    *ret_rows = rows;
    return SJ_OK;
}

/* Which events have a value: *ret_rows is NULL when all have. */
static enum sj_status read_presence(const struct sj_block *block, unsigned code, unsigned kind, struct sj_shelf *shelf, uint32_t **ret_rows,
                                    uint32_t *ret_n, struct sj_error *err) {
    const struct sj_disk_section *bits = find(block, code, SJ_PART_BITS, kind), *rows = find(block, code, SJ_PART_ROWS, kind);
    *ret_rows = NULL;
    *ret_n = block->n_events;
    if (bits && rows)
        return corrupt(err, SJ_T("a column says twice which events have a value"));
    if (!bits && !rows)
        return SJ_OK;
    const uint64_t count = bits ? bits->count : rows->count;
    if (count > block->n_events)
        return corrupt(err, SJ_T("a column has more values than there are events"));
    *ret_n = (uint32_t)count;
    if (bits)
        return read_bits(block, bits, shelf, ret_rows, err);
    SJ_TRY(unpack_u32(block, rows, count, shelf, ret_rows, err));
    for (uint64_t i = 0; i < count; i++) {
        if ((*ret_rows)[i] >= block->n_events || (i > 0 && (*ret_rows)[i] <= (*ret_rows)[i - 1]))
            return corrupt(err, SJ_T("a value belongs to no event"));
    }
    return SJ_OK;
}

static const double powers_of_ten[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

static enum sj_status read_numbers(const struct sj_block *block, unsigned code, uint32_t n, struct sj_shelf *shelf,
                                   const int64_t **ret_values, struct sj_error *err) {
    const struct sj_disk_section *raw = find(block, code, SJ_PART_RAW, SJ_KIND_NUMBER);
    if (raw) {
        const uint8_t *bytes;
        SJ_TRY(open_raw(block, raw, (uint64_t)n * 8, &bytes, err));
        *ret_values = (const int64_t *)(const void *)bytes;
        return SJ_OK;
    }
    const struct sj_disk_section *section = find(block, code, SJ_PART_VALUES, SJ_KIND_NUMBER);
    int64_t *values;
    SJ_TRY(unpack_i64(block, section, n, shelf, &values, err));
    if (section->scale >= sizeof powers_of_ten / sizeof *powers_of_ten)
        return corrupt(err, SJ_T("a number has too many decimals"));
    for (uint32_t i = 0; i < n; i++) {
        const double value = (double)values[i] / powers_of_ten[section->scale];
        memcpy(&values[i], &value, sizeof value);
    }
    *ret_values = values;
    return SJ_OK;
}

static enum sj_status read_column(const struct sj_block *block, unsigned code, unsigned kind, struct sj_shelf *shelf,
                                  struct sj_rows_column *ret_column, struct sj_error *err) {
    struct sj_rows_column column = {.code = (uint16_t)code, .kind = (enum sj_kind)kind};
    uint32_t *rows;
    int64_t *values;
    SJ_TRY(read_presence(block, code, kind, shelf, &rows, &column.n, err));
    column.rows = rows;
    if (kind == SJ_KIND_NUMBER) {
        SJ_TRY(read_numbers(block, code, column.n, shelf, &column.values, err));
    } else {
        SJ_TRY(unpack_i64(block, find(block, code, SJ_PART_VALUES, kind), column.n, shelf, &values, err));
        column.values = values;
    }
    if (kind == SJ_KIND_TEXT) {
        size_t n_texts;
        SJ_TRY(sj_block_texts(block, (uint16_t)code, shelf, &column.texts, &n_texts, err));
        column.n_texts = (uint32_t)n_texts;
        for (uint32_t i = 0; i < column.n; i++) {
            if ((uint64_t)column.values[i] >= n_texts)
                return corrupt(err, SJ_T("a text is not in the dictionary"));
        }
    }
    *ret_column = column;
    return SJ_OK;
}

static bool is_wanted(const struct sj_wanted *wanted, unsigned code) {
    if (wanted->all_columns)
        return true;
    for (size_t i = 0; i < wanted->n_columns; i++) {
        if (wanted->columns[i] == code)
            return true;
    }
    return false;
}

/* The sections of a column stand together, and columns by rising code. */
static enum sj_status read_columns(const struct sj_block *block, const struct sj_wanted *wanted, const struct sj_code_limits *limits,
                                   struct sj_shelf *shelf, struct sj_rows *rows, struct sj_error *err) {
    struct sj_rows_column *columns;
    SJ_TRY(sj_shelf_take(shelf, block->n_sections, sizeof *columns, &columns, err));
    rows->columns = columns;
    int last = -1;
    for (uint32_t i = 0; i < block->n_sections; i++) {
        const struct sj_disk_section *s = &block->sections[i];
        if (s->column >= SJ_DISK_KEY || s->column == last)
            continue;
        if (s->column < last || s->column >= limits->n_columns)
            return corrupt(err, SJ_T("it names a column that the catalog does not have"));
        if (s->kind != limits->kinds[s->column])
            return corrupt(err, SJ_T("a column is of another kind than the catalog says"));
        last = s->column;
        if (is_wanted(wanted, s->column))
            SJ_TRY(read_column(block, s->column, s->kind, shelf, &columns[rows->n_columns++], err));
    }
    return SJ_OK;
}

enum sj_status sj_block_decode(const struct sj_block *block, const struct sj_wanted *wanted, const struct sj_code_limits *limits,
                               struct sj_shelf *shelf, struct sj_rows *ret_rows, struct sj_error *err) {
    struct sj_rows rows = {.n_customers = block->n_customers, .n_events = block->n_events};
    sj_shelf_reset(shelf);
    SJ_TRY(read_keys(block, &rows.keys, err));
    SJ_TRY(read_offsets(block, shelf, &rows.offsets, err));
    SJ_TRY(read_touchpoints(block, limits, shelf, &rows.touchpoint, err));
    if (wanted->channel)
        SJ_TRY(read_channels(block, limits, shelf, &rows.channel, err));
    if (wanted->time)
        SJ_TRY(read_times(block, rows.offsets, shelf, &rows.time_us, err));
    if (wanted->identity) {
        struct sj_str *identities;
        SJ_TRY(read_texts(block, SJ_DISK_IDENTITY, 0, block->n_customers, shelf, &identities, err));
        rows.identities = identities;
    }
    if (wanted->all_columns || wanted->n_columns > 0)
        SJ_TRY(read_columns(block, wanted, limits, shelf, &rows, err));
    *ret_rows = rows;
    return SJ_OK;
}

enum sj_status sj_block_check_sums(const struct sj_block *block, struct sj_error *err) {
    for (uint32_t i = 0; i < block->n_sections; i++)
        SJ_TRY(check_sum(block, &block->sections[i], err));
    return SJ_OK;
}
