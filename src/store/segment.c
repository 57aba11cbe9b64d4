#include "store/segment.h"

#define WRITE_BYTES ((size_t)4 << 20)

/* ---- writing ---- */

static enum sj_status flush(struct sj_segment_writer *w, struct sj_error *err) {
    if (!w->os)
        return SJ_OK;
    SJ_TRY(w->os->write(w->os->ctx, w->file, w->out.data, w->out.n, err));
    w->n_written += w->out.n;
    sj_buf_reset(&w->out);
    return SJ_OK;
}

enum sj_status sj_segment_writer_init(struct sj_segment_writer *w, const struct sj_alloc *mem, const struct sj_os *os, sj_file file,
                                      struct sj_error *err) {
    *w = (struct sj_segment_writer){.os = os, .file = file, .min_time_us = INT64_MAX, .max_time_us = INT64_MIN};
    sj_buf_init(&w->out, mem, SIZE_MAX / 2);
    sj_buf_init(&w->directory, mem, SIZE_MAX / 2);
    sj_shelf_init(&w->scratch, mem);
    struct sj_disk_header header = {.magic = SJ_SEGMENT_MAGIC, .version = SJ_SEGMENT_VERSION};
    header.checksum = sj_hash64(&header, offsetof(struct sj_disk_header, checksum), 0);
    return sj_buf_append(&w->out, &header, sizeof header, err);
}

void sj_segment_writer_done(struct sj_segment_writer *w) {
    sj_buf_done(&w->out);
    sj_buf_done(&w->directory);
    sj_shelf_done(&w->scratch);
}

enum sj_status sj_segment_writer_add(struct sj_segment_writer *w, const struct sj_rows *rows, struct sj_error *err) {
    if (w->n_events > 0 && sj_key_cmp(rows->keys[0], w->last_key) <= 0)
        return sj_fail(err, SJ_E_BUG, "customers were given to a segment out of order");
    struct sj_disk_entry entry = {
        .offset = w->n_written + w->out.n,
        .n_events = rows->n_events,
        .n_customers = rows->n_customers,
        .first_key_hi = rows->keys[0].hi,
        .first_key_lo = rows->keys[0].lo,
        .last_key_hi = rows->keys[rows->n_customers - 1].hi,
        .last_key_lo = rows->keys[rows->n_customers - 1].lo,
        .min_time_us = INT64_MAX,
        .max_time_us = INT64_MIN,
    };
    for (uint32_t i = 0; i < rows->n_events; i++) {
        entry.min_time_us = rows->time_us[i] < entry.min_time_us ? rows->time_us[i] : entry.min_time_us;
        entry.max_time_us = rows->time_us[i] > entry.max_time_us ? rows->time_us[i] : entry.max_time_us;
    }
    const size_t before = w->out.n;
    SJ_TRY(sj_block_encode(rows, &w->scratch, &w->out, err));
    entry.bytes = w->out.n - before;
    SJ_TRY(sj_buf_append(&w->directory, &entry, sizeof entry, err));
    w->last_key = rows->keys[rows->n_customers - 1];
    w->n_events += rows->n_events;
    w->n_customers += rows->n_customers;
    w->min_time_us = entry.min_time_us < w->min_time_us ? entry.min_time_us : w->min_time_us;
    w->max_time_us = entry.max_time_us > w->max_time_us ? entry.max_time_us : w->max_time_us;
    return w->out.n >= WRITE_BYTES ? flush(w, err) : SJ_OK;
}

enum sj_status sj_segment_writer_finish(struct sj_segment_writer *w, struct sj_error *err) {
    struct sj_disk_footer footer = {
        .directory_offset = w->n_written + w->out.n,
        .n_blocks = w->directory.n / sizeof(struct sj_disk_entry),
        .n_events = w->n_events,
        .n_customers = w->n_customers,
        .directory_checksum = sj_hash64(w->directory.data, w->directory.n, 0),
        .file_bytes = w->n_written + w->out.n + w->directory.n + sizeof footer,
        .magic = SJ_SEGMENT_MAGIC,
    };
    footer.checksum = sj_hash64(&footer, offsetof(struct sj_disk_footer, checksum), 0);
    SJ_TRY(sj_buf_append(&w->out, w->directory.data, w->directory.n, err));
    SJ_TRY(sj_buf_append(&w->out, &footer, sizeof footer, err));
    return flush(w, err);
}

/* ---- reading ---- */

static enum sj_status corrupt(struct sj_error *err, const char *what) {
    return sj_fail(err, SJ_E_CORRUPT, "a segment is damaged: %s", sj_error_text(err, what));
}

static sj_key first_key(const struct sj_disk_entry *entry) { return (sj_key){entry->first_key_hi, entry->first_key_lo}; }
static sj_key last_key(const struct sj_disk_entry *entry) { return (sj_key){entry->last_key_hi, entry->last_key_lo}; }

static enum sj_status check_header(const uint8_t *bytes, struct sj_error *err) {
    struct sj_disk_header header;
    memcpy(&header, bytes, sizeof header);
    if (header.magic != SJ_SEGMENT_MAGIC)
        return corrupt(err, SJ_T("it does not begin as one"));
    if (header.checksum != sj_hash64(&header, offsetof(struct sj_disk_header, checksum), 0))
        return corrupt(err, SJ_T("the checksum of its header is wrong"));
    if (header.version > SJ_SEGMENT_VERSION || header.incompatible != 0)
        return sj_fail(err, SJ_E_VERSION,
                       "a segment was written by a newer Sojourn (format %u, flags %#x; this one reads format %d): use that version",
                       header.version, header.incompatible, SJ_SEGMENT_VERSION);
    return SJ_OK;
}

static enum sj_status check_directory(const struct sj_segment *segment, uint64_t directory_offset, struct sj_error *err) {
    uint64_t at = sizeof(struct sj_disk_header), n_events = 0, n_customers = 0;
    for (uint64_t i = 0; i < segment->n_blocks; i++) {
        const struct sj_disk_entry *entry = &segment->blocks[i];
        if (entry->offset != at || entry->bytes > directory_offset - at || entry->bytes % SJ_BLOCK_ALIGN != 0)
            return corrupt(err, SJ_T("its directory does not match its length"));
        if (sj_key_cmp(first_key(entry), last_key(entry)) > 0 ||
            (i > 0 && sj_key_cmp(last_key(&segment->blocks[i - 1]), first_key(entry)) >= 0))
            return corrupt(err, SJ_T("its blocks are out of order"));
        at += entry->bytes;
        n_events += entry->n_events;
        n_customers += entry->n_customers;
    }
    if (at != directory_offset || n_events != segment->n_events || n_customers != segment->n_customers)
        return corrupt(err, SJ_T("its directory does not add up"));
    return SJ_OK;
}

enum sj_status sj_segment_open(const uint8_t *bytes, uint64_t n_bytes, struct sj_segment *ret_segment, struct sj_error *err) {
    struct sj_disk_footer footer;
    if (n_bytes < sizeof(struct sj_disk_header) + sizeof footer)
        return corrupt(err, SJ_T("it is too short"));
    SJ_TRY(check_header(bytes, err));
    memcpy(&footer, bytes + n_bytes - sizeof footer, sizeof footer);
    if (footer.magic != SJ_SEGMENT_MAGIC || footer.checksum != sj_hash64(&footer, offsetof(struct sj_disk_footer, checksum), 0) ||
        footer.file_bytes != n_bytes)
        return corrupt(err, SJ_T("its end is missing or wrong"));
    const uint64_t room = n_bytes - sizeof footer;
    if (footer.directory_offset > room || footer.directory_offset % SJ_SECTION_ALIGN != 0 ||
        footer.n_blocks != (room - footer.directory_offset) / sizeof(struct sj_disk_entry) ||
        (room - footer.directory_offset) % sizeof(struct sj_disk_entry) != 0)
        return corrupt(err, SJ_T("its directory is missing"));
    const uint8_t *directory = bytes + footer.directory_offset;
    if (footer.directory_checksum != sj_hash64(directory, room - footer.directory_offset, 0))
        return corrupt(err, SJ_T("the checksum of its directory is wrong"));
    const struct sj_segment segment = {
        .bytes = bytes,
        .n_bytes = n_bytes,
        .n_events = footer.n_events,
        .n_customers = footer.n_customers,
        .blocks = (const struct sj_disk_entry *)(const void *)directory,
        .n_blocks = footer.n_blocks,
    };
    SJ_TRY(check_directory(&segment, footer.directory_offset, err));
    *ret_segment = segment;
    return SJ_OK;
}

enum sj_status sj_segment_check_disk(const struct sj_segment *segment, const struct sj_os *os, enum sj_status status,
                                     struct sj_error *err) {
    if (!segment->path || !os->lost(os->ctx, (struct sj_map){segment->bytes, segment->n_bytes}))
        return status;
    return sj_fail(err, SJ_E_IO, "cannot read %s: the disk reported an error, or the file was cut short", segment->path);
}

enum sj_status sj_segment_block(const struct sj_segment *segment, uint64_t i, struct sj_block *ret_block, struct sj_error *err) {
    const struct sj_disk_entry *entry = &segment->blocks[i];
    struct sj_block block;
    SJ_TRY(sj_block_open(segment->bytes + entry->offset, entry->bytes, &block, err));
    if (block.n_events != entry->n_events || block.n_customers != entry->n_customers)
        return corrupt(err, SJ_T("a block is not what the directory says"));
    *ret_block = block;
    return SJ_OK;
}

enum sj_status sj_segment_check_keys(const struct sj_segment *segment, uint64_t i, const struct sj_rows *rows, struct sj_error *err) {
    const struct sj_disk_entry *entry = &segment->blocks[i];
    if (sj_key_cmp(rows->keys[0], first_key(entry)) != 0 || sj_key_cmp(rows->keys[rows->n_customers - 1], last_key(entry)) != 0)
        return corrupt(err, SJ_T("a block is not what the directory says"));
    return SJ_OK;
}

uint64_t sj_segment_seek(const struct sj_segment *segment, sj_key key) {
    uint64_t lo = 0, hi = segment->n_blocks;
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        if (sj_key_cmp(last_key(&segment->blocks[mid]), key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}
