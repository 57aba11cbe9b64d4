/* Segments: whatever the bytes are, reading them ends, with rows within all bounds or with an error. The checksums are put right
 * first, so that what lies behind them is reached; the first byte says whether. */
#include <stdlib.h>

#include "base/hash.h"
#include "store/merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { N_TOUCHPOINTS = 300, N_CHANNELS = 20, N_COLUMNS = 49 };

/* A count that lies is refused as memory that cannot be had. */
static void *modest_resize(void *ctx, void *ptr, size_t bytes) {
    (void)ctx;
    return bytes > (size_t)4 << 20 ? NULL : sj_alloc_libc()->resize(sj_alloc_libc()->ctx, ptr, bytes);
}

static const struct sj_alloc modest = {.resize = modest_resize};

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

static void reseal(uint8_t *bytes, size_t n) {
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
        if ((column->rows ? column->rows[i] : i) >= rows->n_events)
            abort();
        if (column->kind == SJ_KIND_TEXT && (uint64_t)column->values[i] >= column->n_texts)
            abort();
    }
    for (uint32_t i = 0; column->kind == SJ_KIND_TEXT && i < column->n_texts; i++)
        (void)sj_hash64(column->texts[i].p, column->texts[i].n, 0); /* touches every byte */
}

static void check_rows(const struct sj_rows *rows) {
    for (uint32_t i = 0; i < rows->n_events; i++) {
        if (rows->touchpoint[i] >= N_TOUCHPOINTS || rows->channel[i] >= N_CHANNELS)
            abort();
    }
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        if (rows->offsets[c] >= rows->offsets[c + 1])
            abort();
    }
    if (rows->offsets[rows->n_customers] != rows->n_events)
        abort();
    for (uint32_t c = 0; c < rows->n_columns; c++)
        check_column(rows, &rows->columns[c]);
}

/* Merged with itself, which goes through every path of the merge. */
static void merge(const struct sj_segment *segment, const struct sj_code_limits *limits, bool distinct) {
    static const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true};
    const struct sj_source sources[] = {{segment, distinct}, {segment, false}};
    const struct sj_merge_request request = {.sources = sources, .n_sources = 2, .wanted = &all, .limits = *limits, .distinct = distinct};
    struct sj_merge *m = NULL;
    const struct sj_rows *rows;
    if (sj_merge_open(&modest, &request, &m, NULL) != SJ_OK)
        return;
    while (sj_merge_next(m, &rows, NULL) == SJ_OK && rows)
        check_rows(rows);
    sj_merge_close(m);
}

static void verify(const struct sj_segment *segment, const struct sj_code_limits *limits) {
    struct sj_shelf shelf;
    sj_shelf_init(&shelf, &modest);
    for (uint64_t b = 0; b < segment->n_blocks; b++)
        (void)sj_segment_verify_block(segment, b, 0, limits, &shelf, NULL);
    sj_shelf_done(&shelf);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    /* Columns of each kind, texts more than others; the event id is one. */
    uint8_t kinds[N_COLUMNS];
    struct sj_segment segment;
    if (n < 1)
        return 0;
    for (size_t i = 0; i < N_COLUMNS; i++)
        kinds[i] = (uint8_t)(i % 7 < SJ_N_KINDS ? i % 7 : SJ_KIND_TEXT);
    const struct sj_code_limits limits = {N_TOUCHPOINTS, N_CHANNELS, N_COLUMNS, kinds};
    uint8_t *copy = malloc(n - 1 + (n == 1));
    if (!copy)
        abort();
    memcpy(copy, bytes + 1, n - 1);
    if (bytes[0] % 2 == 0)
        reseal(copy, n - 1);
    if (sj_segment_open(copy, n - 1, &segment, NULL) == SJ_OK) {
        verify(&segment, &limits);
        merge(&segment, &limits, false);
        merge(&segment, &limits, true);
    }
    free(copy);
    return 0;
}
