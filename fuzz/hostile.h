/* Segments that nobody wrote: their checksums are put right, so that what lies behind them is reached, and rows that come out of them
 * are held to the bounds. */
#pragma once
#include "base/hash.h"
#include "store/merge.h"
#include "target.h"

enum { N_TOUCHPOINTS = 300, N_CHANNELS = 20, N_COLUMNS = 49 };

/* ---- checksums ---- */

static void reseal_block(uint8_t *bytes, size_t n) {
    struct sj_disk_block *header = (struct sj_disk_block *)(void *)bytes;
    struct sj_disk_section *sections = (struct sj_disk_section *)(void *)(bytes + sizeof *header);
    if (n < sizeof *header)
        return;
    const uint64_t most = (n - sizeof *header) / sizeof *sections;
    const uint64_t n_sections = header->n_sections < most ? header->n_sections : most;
    for (uint64_t i = 0; i < n_sections; i++) {
        if (sections[i].offset <= n && sections[i].bytes <= n - sections[i].offset)
            sections[i].checksum = sj_hash64(bytes + sections[i].offset, sections[i].bytes, 0);
    }
    const uint64_t sum = sj_hash64(header, offsetof(struct sj_disk_block, checksum), 0);
    header->magic = SJ_BLOCK_MAGIC;
    header->checksum = sj_hash64(sections, n_sections * sizeof *sections, sum);
}

static void reseal_blocks(uint8_t *bytes, const struct sj_disk_footer *footer) {
    for (uint64_t i = 0; i < footer->n_blocks; i++) {
        struct sj_disk_entry entry;
        memcpy(&entry, bytes + footer->directory_offset + i * sizeof entry, sizeof entry);
        if (entry.offset <= footer->directory_offset && entry.bytes <= footer->directory_offset - entry.offset && entry.offset % 8 == 0)
            reseal_block(bytes + entry.offset, entry.bytes);
    }
}

static inline void reseal(uint8_t *bytes, size_t n) {
    struct sj_disk_header *header = (struct sj_disk_header *)(void *)bytes;
    struct sj_disk_footer footer;
    if (n < sizeof *header + sizeof footer)
        return;
    header->magic = SJ_SEGMENT_MAGIC;
    header->checksum = sj_hash64(header, offsetof(struct sj_disk_header, checksum), 0);
    memcpy(&footer, bytes + n - sizeof footer, sizeof footer);
    const uint64_t room = n - sizeof footer;
    footer.magic = SJ_SEGMENT_MAGIC;
    footer.file_bytes = n;
    if (footer.directory_offset <= room && footer.n_blocks == (room - footer.directory_offset) / sizeof(struct sj_disk_entry)) {
        reseal_blocks(bytes, &footer);
        footer.directory_checksum = sj_hash64(bytes + footer.directory_offset, room - footer.directory_offset, 0);
    }
    footer.checksum = sj_hash64(&footer, offsetof(struct sj_disk_footer, checksum), 0);
    memcpy(bytes + n - sizeof footer, &footer, sizeof footer);
}

/* ---- reading ---- */

static void check_column(const struct sj_rows *rows, const struct sj_rows_column *column) {
    for (uint32_t i = 0; i < column->n; i++) {
        require((column->rows ? column->rows[i] : i) < rows->n_events);
        require(column->kind != SJ_KIND_TEXT || (uint64_t)column->values[i] < column->n_texts);
    }
    for (uint32_t i = 0; column->kind == SJ_KIND_TEXT && i < column->n_texts; i++)
        (void)sj_hash64(column->texts[i].p, column->texts[i].n, 0); /* touches every byte */
}

static inline void check_rows(const struct sj_rows *rows) {
    for (uint32_t i = 0; i < rows->n_events; i++)
        require(rows->touchpoint[i] < N_TOUCHPOINTS && rows->channel[i] < N_CHANNELS);
    for (uint32_t c = 0; c < rows->n_customers; c++)
        require(rows->offsets[c] < rows->offsets[c + 1] && (c == 0 || sj_key_cmp(rows->keys[c - 1], rows->keys[c]) < 0));
    require(rows->offsets[rows->n_customers] == rows->n_events);
    for (uint32_t c = 0; c < rows->n_columns; c++)
        check_column(rows, &rows->columns[c]);
}

/* Columns of each kind, texts more than others; the event id is one. */
static inline struct sj_code_limits hostile_limits(uint8_t kinds[N_COLUMNS]) {
    for (size_t i = 0; i < N_COLUMNS; i++)
        kinds[i] = (uint8_t)(i % 7 < SJ_N_KINDS ? i % 7 : SJ_KIND_TEXT);
    return (struct sj_code_limits){N_TOUCHPOINTS, N_CHANNELS, N_COLUMNS, kinds, 7}; /* column 7 is a text */
}

static const struct sj_wanted wanted_all = {.channel = true, .time = true, .identity = true, .all_columns = true};

/* A copy that is exactly as long, resealed or not. The caller frees it. */
static inline uint8_t *hostile_copy(struct sj_str bytes, bool sealed) {
    uint8_t *copy = malloc(bytes.n + (bytes.n == 0));
    require(copy != NULL);
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    if (sealed)
        reseal(copy, bytes.n);
    return copy;
}
