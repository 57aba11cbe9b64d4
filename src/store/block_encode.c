#include <math.h>
#include <stdlib.h>
#include "store/block.h"
#include "store/pack.h"

/* The sections of the block that is being made: the table first, then their bytes. */
struct encoder {
    struct sj_buf *table, *bytes;
    struct sj_shelf *scratch;
    struct sj_error *err;
};

static enum sj_status pad(struct sj_buf *buf, size_t align, struct sj_error *err) {
    static const uint8_t zeros[SJ_BLOCK_ALIGN];
    const size_t over = buf->n % align;
    return over ? sj_buf_append(buf, zeros, align - over, err) : SJ_OK;
}

/* Closes the section whose bytes stand at the end of e->bytes, from `start`. Offsets are made absolute when the table is complete. */
static enum sj_status add_section(struct encoder *e, struct sj_disk_section section, size_t start) {
    section.offset = start;
    section.bytes = e->bytes->n - start;
    section.checksum = sj_hash64(e->bytes->data + start, section.bytes, 0);
    SJ_TRY(sj_buf_append(e->table, &section, sizeof section, e->err));
    return pad(e->bytes, SJ_SECTION_ALIGN, e->err);
}

static enum sj_status add_raw(struct encoder *e, struct sj_disk_section section, const void *data, size_t n_bytes) {
    const size_t start = e->bytes->n;
    SJ_TRY(sj_buf_append(e->bytes, data, n_bytes, e->err));
    return add_section(e, section, start);
}

static enum sj_status add_packed(struct encoder *e, struct sj_disk_section section, const int64_t *values, size_t n, bool find_unit) {
    const struct sj_packing packing = sj_packing_of(values, n, find_unit);
    const size_t start = e->bytes->n, n_bytes = sj_packed_bytes(n, packing.width);
    SJ_TRY(sj_buf_reserve(e->bytes, n_bytes, e->err));
    sj_pack(values, n, packing, e->bytes->data + start);
    e->bytes->n += n_bytes;
    section.count = n;
    section.width = (uint8_t)packing.width;
    section.base = packing.base;
    section.unit = packing.unit;
    return add_section(e, section, start);
}

static enum sj_status add_texts(struct encoder *e, struct sj_disk_section section, const struct sj_str *texts, size_t n) {
    int64_t *lengths;
    SJ_TRY(sj_shelf_take(e->scratch, n, sizeof *lengths, &lengths, e->err));
    for (size_t i = 0; i < n; i++)
        lengths[i] = (int64_t)texts[i].n;
    section.part = SJ_PART_LENGTHS;
    SJ_TRY(add_packed(e, section, lengths, n, false));
    const size_t start = e->bytes->n;
    for (size_t i = 0; i < n; i++)
        SJ_TRY(sj_buf_append_str(e->bytes, texts[i], e->err));
    section.part = SJ_PART_BYTES;
    section.count = n;
    return add_section(e, section, start);
}

/* Which events have a value: nothing where all have, a bit set where many have, else their numbers. */
static enum sj_status add_presence(struct encoder *e, struct sj_disk_section section, const struct sj_rows_column *column,
                                   uint32_t n_events) {
    if (!column->rows || column->n == n_events)
        return SJ_OK;
    const size_t n_words = ((size_t)n_events + 63) / 64;
    section.count = column->n;
    if ((size_t)column->n * 2 > n_words * 8) { /* a row number takes about two bytes */
        uint64_t *bits;
        SJ_TRY(sj_shelf_take(e->scratch, n_words, sizeof *bits, &bits, e->err));
        memset(bits, 0, n_words * sizeof *bits);
        for (uint32_t i = 0; i < column->n; i++)
            bits[column->rows[i] / 64] |= UINT64_C(1) << column->rows[i] % 64;
        section.part = SJ_PART_BITS;
        return add_raw(e, section, bits, n_words * sizeof *bits);
    }
    int64_t *rows;
    SJ_TRY(sj_shelf_take(e->scratch, column->n, sizeof *rows, &rows, e->err));
    for (uint32_t i = 0; i < column->n; i++)
        rows[i] = column->rows[i];
    section.part = SJ_PART_ROWS;
    return add_packed(e, section, rows, column->n, false);
}

struct used_text {
    struct sj_str text;
    uint32_t code, place; /* in the rows' list of texts; in the block's dictionary */
};

static int by_text(const void *a, const void *b) {
    const struct used_text *x = a, *y = b;
    return sj_str_cmp(x->text, y->text);
}

/* The texts that the column uses, each code once. The rows' list of texts may be far longer than the block, so it is never gone
 * through: a small hash table over codes finds them. slots[] holds places in `used`, plus 1; place[i] is the
 * place of value i's text in `used`. */
static enum sj_status find_used(struct encoder *e, const struct sj_rows_column *column, struct used_text **ret_used, size_t *ret_n,
                                uint32_t **ret_place, struct sj_error *err) {
    size_t n_slots = 64;
    while (n_slots < (size_t)column->n * 2 && n_slots < (size_t)column->n_texts * 2)
        n_slots *= 2;
    uint32_t *slots, *place;
    struct used_text *used;
    SJ_TRY(sj_shelf_take(e->scratch, n_slots, sizeof *slots, &slots, err));
    SJ_TRY(sj_shelf_take(e->scratch, column->n, sizeof *place, &place, err));
    SJ_TRY(sj_shelf_take(e->scratch, column->n, sizeof *used, &used, err));
    memset(slots, 0, n_slots * sizeof *slots);
    uint32_t n = 0;
    for (uint32_t i = 0; i < column->n; i++) {
        const uint32_t code = (uint32_t)column->values[i];
        size_t slot = code * UINT32_C(2654435769) >> 7 & (n_slots - 1);
        while (slots[slot] != 0 && used[slots[slot] - 1].code != code)
            slot = (slot + 1) & (n_slots - 1);
        if (slots[slot] == 0) {
            used[n] = (struct used_text){.text = column->texts[code], .code = code};
            slots[slot] = ++n;
        }
        place[i] = slots[slot] - 1;
    }
    *ret_used = used;
    *ret_n = n;
    *ret_place = place;
    return SJ_OK;
}

/* The dictionary of the block: the texts that are used, sorted, each once; values are their places in it. */
static enum sj_status add_text_column(struct encoder *e, struct sj_disk_section section, const struct sj_rows_column *column) {
    struct used_text *used, *sorted;
    size_t n_used, n_texts = 0;
    uint32_t *place;
    struct sj_str *texts;
    int64_t *values;
    SJ_TRY(find_used(e, column, &used, &n_used, &place, e->err));
    SJ_TRY(sj_shelf_take(e->scratch, n_used, sizeof *sorted, &sorted, e->err));
    SJ_TRY(sj_shelf_take(e->scratch, n_used, sizeof *texts, &texts, e->err));
    SJ_TRY(sj_shelf_take(e->scratch, column->n, sizeof *values, &values, e->err));
    for (size_t i = 0; i < n_used; i++)
        sorted[i] = (struct used_text){.text = used[i].text, .code = (uint32_t)i};
    qsort(sorted, n_used, sizeof *sorted, by_text);
    for (size_t i = 0; i < n_used; i++) {
        if (i == 0 || !sj_str_eq(sorted[i].text, sorted[i - 1].text))
            texts[n_texts++] = sorted[i].text;
        used[sorted[i].code].place = (uint32_t)(n_texts - 1);
    }
    for (uint32_t i = 0; i < column->n; i++)
        values[i] = used[place[i]].place;
    section.part = SJ_PART_VALUES;
    SJ_TRY(add_packed(e, section, values, column->n, false));
    return add_texts(e, section, texts, n_texts);
}

#define SCALE_MAX 6
static const double powers_of_ten[SCALE_MAX + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

static double double_of(int64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A decimal with few digits is an integer over a power of ten, and the division gives the same double again: then the integer is
 * stored (after Afroozeh, Kuffo and Boncz, "ALP: Adaptive Lossless floating-Point Compression", 2023). */
static bool scaled(const struct sj_rows_column *column, unsigned scale, int64_t *ret_values) {
    for (uint32_t i = 0; i < column->n; i++) {
        const double value = double_of(column->values[i]);
        const double product = nearbyint(value * powers_of_ten[scale]);
        if (!(fabs(product) < 9007199254740992.0) || product / powers_of_ten[scale] != value || (product == 0 && signbit(value)))
            return false;
        ret_values[i] = (int64_t)product;
    }
    return true;
}

static enum sj_status add_number_column(struct encoder *e, struct sj_disk_section section, const struct sj_rows_column *column) {
    int64_t *values;
    SJ_TRY(sj_shelf_take(e->scratch, column->n, sizeof *values, &values, e->err));
    for (unsigned scale = 0; scale <= SCALE_MAX; scale++) {
        if (scaled(column, scale, values)) {
            section.part = SJ_PART_VALUES;
            section.scale = (uint8_t)scale;
            return add_packed(e, section, values, column->n, true);
        }
    }
    section.part = SJ_PART_RAW;
    section.count = column->n;
    return add_raw(e, section, column->values, (size_t)column->n * 8);
}

static enum sj_status add_column(struct encoder *e, const struct sj_rows_column *column, uint32_t n_events) {
    const struct sj_disk_section section = {.column = column->code, .kind = (uint8_t)column->kind};
    if (column->n == 0)
        return SJ_OK;
    SJ_TRY(add_presence(e, section, column, n_events));
    if (column->kind == SJ_KIND_TEXT)
        return add_text_column(e, section, column);
    if (column->kind == SJ_KIND_NUMBER)
        return add_number_column(e, section, column);
    return add_packed(e, section, column->values, column->n, true); /* part VALUES is 0 */
}

static enum sj_status add_fixed_columns(struct encoder *e, const struct sj_rows *rows) {
    int64_t *values;
    SJ_TRY(sj_shelf_take(e->scratch, rows->n_events, sizeof *values, &values, e->err));
    SJ_TRY(add_raw(e, (struct sj_disk_section){.column = SJ_DISK_KEY, .part = SJ_PART_RAW, .count = rows->n_customers}, rows->keys,
                   rows->n_customers * sizeof *rows->keys));
    SJ_TRY(add_texts(e, (struct sj_disk_section){.column = SJ_DISK_IDENTITY}, rows->identities, rows->n_customers));
    for (uint32_t c = 0; c < rows->n_customers; c++)
        values[c] = (int64_t)rows->offsets[c + 1] - rows->offsets[c];
    SJ_TRY(add_packed(e, (struct sj_disk_section){.column = SJ_DISK_COUNT}, values, rows->n_customers, false));
    for (uint32_t i = 0; i < rows->n_events; i++)
        values[i] = rows->touchpoint[i];
    SJ_TRY(add_packed(e, (struct sj_disk_section){.column = SJ_DISK_TOUCHPOINT}, values, rows->n_events, false));
    for (uint32_t i = 0; i < rows->n_events; i++)
        values[i] = rows->channel[i];
    SJ_TRY(add_packed(e, (struct sj_disk_section){.column = SJ_DISK_CHANNEL}, values, rows->n_events, false));
    return add_packed(e, (struct sj_disk_section){.column = SJ_DISK_TIME}, rows->time_us, rows->n_events, true);
}

enum sj_status sj_block_encode(const struct sj_rows *rows, struct sj_shelf *scratch, struct sj_buf *out, struct sj_error *err) {
    struct encoder e = {.scratch = scratch, .err = err};
    sj_shelf_reset(scratch);
    SJ_TRY(sj_shelf_buf(scratch, &e.table, err));
    SJ_TRY(sj_shelf_buf(scratch, &e.bytes, err));
    SJ_TRY(add_fixed_columns(&e, rows));
    for (uint32_t i = 0; i < rows->n_columns; i++)
        SJ_TRY(add_column(&e, &rows->columns[i], rows->n_events));

    const size_t n_sections = e.table->n / sizeof(struct sj_disk_section);
    struct sj_disk_section *sections = (struct sj_disk_section *)(void *)e.table->data;
    for (size_t i = 0; i < n_sections; i++)
        sections[i].offset += sizeof(struct sj_disk_block) + e.table->n;
    struct sj_disk_block header = {
        .magic = SJ_BLOCK_MAGIC,
        .n_sections = (uint32_t)n_sections,
        .n_events = rows->n_events,
        .n_customers = rows->n_customers,
        .bytes = sizeof header + e.table->n + e.bytes->n,
    };
    header.checksum = sj_hash64(e.table->data, e.table->n, sj_hash64(&header, offsetof(struct sj_disk_block, checksum), 0));
    SJ_TRY(sj_buf_append(out, &header, sizeof header, err));
    SJ_TRY(sj_buf_append(out, e.table->data, e.table->n, err));
    SJ_TRY(sj_buf_append(out, e.bytes->data, e.bytes->n, err));
    sj_shelf_reset(scratch);
    return pad(out, SJ_BLOCK_ALIGN, err);
}
