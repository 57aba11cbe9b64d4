/* Segments: whatever the bytes are, reading them ends, with rows within all bounds or with an error. The first byte says whether the
 * checksums are put right first. */
#include "hostile.h"

/* Merged with itself, which goes through every path of the merge. */
static void merge(const struct sj_alloc *mem, const struct sj_segment *segment, const struct sj_code_limits *limits, bool distinct) {
    const struct sj_source sources[] = {{.segment = segment, .silent = distinct}, {.segment = segment}};
    const struct sj_merge_request request = {
        .sources = sources, .n_sources = 2, .wanted = &wanted_all, .limits = *limits, .distinct = distinct};
    struct sj_merge *m = NULL;
    const struct sj_rows *rows;
    if (sj_merge_open(mem, &request, &m, NULL) != SJ_OK)
        return;
    while (sj_merge_next(m, &rows, NULL) == SJ_OK && rows)
        check_rows(rows);
    sj_merge_close(m);
}

static void verify(const struct sj_alloc *mem, const struct sj_segment *segment, const struct sj_code_limits *limits) {
    struct sj_shelf shelf;
    sj_shelf_init(&shelf, mem);
    for (uint64_t b = 0; b < segment->n_blocks; b++)
        (void)sj_segment_verify_block(segment, b, 0, limits, &shelf, NULL);
    sj_shelf_done(&shelf);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct input in = {bytes, n};
    uint8_t kinds[N_COLUMNS];
    const struct sj_code_limits limits = hostile_limits(kinds);
    const bool sealed = take_byte(&in) % 2 == 0;
    const struct sj_str rest = take_rest(&in);
    uint8_t *copy = hostile_copy(rest, sealed);
    struct sj_segment segment;
    struct capped capped;
    capped_init(&capped, (size_t)8 << 20);
    if (sj_segment_open(copy, rest.n, &segment, NULL) == SJ_OK) {
        verify(&capped.alloc, &segment, &limits);
        merge(&capped.alloc, &segment, &limits, false);
        merge(&capped.alloc, &segment, &limits, true);
    }
    require(capped.n_used == 0);
    free(copy);
    return 0;
}
