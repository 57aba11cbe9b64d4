/* What a store holds, and whether it is sound. */
#include <stdio.h>
#include "store/people.h"

/* ---- info ---- */

static const char *const fixed_names[] = {SJ_T("(customer key)"), SJ_T("(customer identity)"), SJ_T("(events per customer)"),
                                          SJ_T("(touchpoint)"),   SJ_T("(channel)"),           SJ_T("(time)")};
#define N_FIXED (sizeof fixed_names / sizeof *fixed_names)

static void add_sections(const struct sj_block *block, const struct sj_snapshot *s, struct sj_column_size *sizes) {
    for (uint32_t i = 0; i < block->n_sections; i++) {
        const struct sj_disk_section *section = &block->sections[i];
        const bool fixed = section->column >= SJ_DISK_KEY;
        const size_t place = fixed ? section->column - (size_t)SJ_DISK_KEY : N_FIXED + section->column;
        if (place >= N_FIXED + s->view.n_columns)
            continue; /* verify tells */
        sizes[place].n_bytes += section->bytes + sizeof *section;
        if (section->part == SJ_PART_VALUES || section->part == SJ_PART_RAW || (fixed && section->part == SJ_PART_BYTES))
            sizes[place].n_values += section->count;
    }
}

/* Customers stand in several segments, so the keys are merged. */
static enum sj_status count_customers(const struct sj_snapshot *s, uint64_t *ret_n, struct sj_error *err) {
    static const struct sj_wanted nothing = {0};
    struct sj_cursor *cursor;
    const struct sj_rows *rows;
    uint64_t n = 0;
    if (s->people->sight.n_sources <= 1) {
        *ret_n = s->n_segments == 1 ? s->segments[0]->n_customers : 0;
        return SJ_OK;
    }
    SJ_TRY(sj_cursor_open(s, &nothing, (sj_key){0, 0}, NULL, &cursor, err));
    enum sj_status status;
    while ((status = sj_cursor_next(cursor, &rows, err)) == SJ_OK && rows)
        n += rows->n_customers;
    sj_cursor_close(cursor);
    *ret_n = n;
    return status;
}

static enum sj_status add_segments(const struct sj_snapshot *s, struct sj_column_size *sizes, struct sj_store_info *info,
                                   struct sj_error *err) {
    for (size_t i = 0; i < s->lives.n; i++) {
        const struct sj_segment *segment = &s->lives.items[i].segment;
        info->n_bytes += segment->n_bytes;
        for (uint64_t b = 0; b < segment->n_blocks; b++) {
            struct sj_block block;
            SJ_TRY(sj_segment_block(segment, b, &block, err));
            add_sections(&block, s, sizes);
        }
    }
    return count_customers(s, &info->n_customers, err);
}

enum sj_status sj_snapshot_info(struct sj_snapshot *s, struct sj_arena *arena, struct sj_store_info *ret_info, struct sj_error *err) {
    struct sj_store_info info = {
        .n_imports = s->n_imports, .n_inbox_events = s->inbox_segment.n_events, .n_erasing = sj_homes_erased(&s->people->homes)};
    struct sj_column_size *sizes;
    info.n_columns = N_FIXED + s->view.n_columns;
    SJ_TRY(sj_arena_new(arena, info.n_columns, sizeof *sizes, &sizes, err));
    for (size_t i = 0; i < info.n_columns; i++) {
        sizes[i].name = i < N_FIXED ? sj_str(fixed_names[i]) : s->view.columns[i - N_FIXED].name;
        sizes[i].kind = i < N_FIXED ? "" : sj_kind_name(s->view.columns[i - N_FIXED].kind);
    }
    const enum sj_status status = add_segments(s, sizes, &info, err);
    SJ_TRY(sj_lives_check_disk(s->store, &s->lives, status, err));
    info.columns = sizes;
    *ret_info = info;
    return SJ_OK;
}

/* ---- verify ---- */

struct verifier {
    struct sj_snapshot *snapshot;
    sj_finding tell;
    void *ctx;
    size_t n;
    enum sj_lang lang;
};

static void found(struct verifier *v, const char *where, const char *what) {
    char text[1600];
    (void)snprintf(text, sizeof text, "%.500s: %.1000s", where, sj_text(v->lang, what));
    v->tell(v->ctx, text);
    v->n++;
}

static void check_times(struct verifier *v, const char *where, const struct sj_segment *segment, const struct sj_segment_row *row) {
    int64_t min = INT64_MAX, max = INT64_MIN;
    for (uint64_t b = 0; b < segment->n_blocks; b++) {
        min = segment->blocks[b].min_time_us < min ? segment->blocks[b].min_time_us : min;
        max = segment->blocks[b].max_time_us > max ? segment->blocks[b].max_time_us : max;
    }
    if (row && (min != row->min_time_us || max != row->max_time_us || segment->n_customers != row->n_customers))
        found(v, where, SJ_T("its counts or times are not those of the catalog"));
}

static bool is_lost(const struct verifier *v, const struct sj_segment *segment, uint64_t block) {
    const struct sj_os *os = v->snapshot->store->os;
    return segment->path &&
           os->lost(os->ctx, (struct sj_map){segment->bytes + segment->blocks[block].offset, segment->blocks[block].bytes});
}

/* What is wrong with the store is a finding; that there is no memory to look at it is a failure. */
static enum sj_status verify_segment(struct verifier *v, const char *where, const struct sj_segment *segment, struct sj_error *err) {
    struct sj_shelf shelf;
    enum sj_status status = SJ_OK;
    const struct sj_code_limits limits = sj_snapshot_limits(v->snapshot);
    sj_shelf_init(&shelf, v->snapshot->store->mem);
    for (uint64_t b = 0; b < segment->n_blocks && status != SJ_E_MEMORY; b++) {
        struct sj_error error = {.lang = v->lang};
        char at[SJ_PATH_BYTES + 64];
        (void)snprintf(at, sizeof at, sj_text(v->lang, SJ_T("%s, block %llu at byte %llu")), where, (unsigned long long)b,
                       (unsigned long long)segment->blocks[b].offset);
        status = sj_segment_verify_block(segment, b, v->snapshot->meta.seed, &limits, &shelf, &error);
        if (is_lost(v, segment, b))
            found(v, at, SJ_T("the disk reported an error, or the file was cut short"));
        else if (status != SJ_OK && status != SJ_E_MEMORY)
            found(v, at, error.message);
        else if (status == SJ_E_MEMORY && err)
            *err = error;
    }
    sj_shelf_done(&shelf);
    return status == SJ_E_MEMORY ? status : SJ_OK;
}

/* The loads as they lie there, not as the snapshot has merged them. */
static enum sj_status verify_inbox(struct verifier *v, struct sj_error *err) {
    const struct sj_snapshot *s = v->snapshot;
    const struct sj_inbox_blob *blobs = (const struct sj_inbox_blob *)(const void *)s->inbox_blobs.data;
    for (size_t i = 0; i < s->inbox_blobs.n / sizeof *blobs; i++) {
        struct sj_segment segment;
        char where[96];
        (void)snprintf(where, sizeof where, sj_text(v->lang, SJ_T("catalog.db, load %lld of the inbox")), (long long)blobs[i].arrival);
        SJ_TRY(sj_segment_open(s->inbox_bytes.data + blobs[i].offset, blobs[i].n_bytes, &segment, err));
        SJ_TRY(verify_segment(v, where, &segment, err));
    }
    return SJ_OK;
}

/* Invariant 4: ranges of arrival are disjoint and rise, and all of the inbox is newer. */
static void verify_arrivals(struct verifier *v) {
    const struct sj_lives *lives = &v->snapshot->lives;
    const struct sj_inbox_blob *blobs = (const struct sj_inbox_blob *)(const void *)v->snapshot->inbox_blobs.data;
    int64_t last = 0;
    for (size_t i = 0; i < lives->n; i++) {
        const struct sj_segment_row *row = &lives->items[i].row;
        if (row->first_arrival <= last || row->last_arrival < row->first_arrival)
            found(v, "catalog.db", SJ_T("segments overlap in order of arrival"));
        last = row->last_arrival;
    }
    if (v->snapshot->inbox_blobs.n > 0 && blobs[0].arrival <= last)
        found(v, "catalog.db", SJ_T("the inbox is older than a segment"));
    const int64_t newest = v->snapshot->inbox_blobs.n > 0 ? blobs[v->snapshot->inbox_blobs.n / sizeof *blobs - 1].arrival : last;
    if (newest >= v->snapshot->meta.next_arrival)
        found(v, "catalog.db", SJ_T("the next arrival has been given already"));
}

/* Invariant 3: read with distinct, nothing is dropped. */
static enum sj_status verify_distinct(struct verifier *v, struct sj_error *err) {
    static const uint16_t id_column = SJ_COLUMN_EVENT_ID;
    static const struct sj_wanted ids = {.time = true, .columns = &id_column, .n_columns = 1};
    struct sj_snapshot *s = v->snapshot;
    struct sj_merge *merge = NULL;
    const struct sj_rows *rows;
    const struct sj_merge_request request = {
        .sources = s->people->sight.sources,
        .n_sources = s->people->sight.n_sources,
        .wanted = &ids,
        .limits = sj_snapshot_limits(s),
        .distinct = true,
    };
    enum sj_status status = sj_merge_open(s->store->mem, &request, &merge, err);
    while (status == SJ_OK) {
        status = sj_merge_next(merge, &rows, err);
        if (status == SJ_OK && !rows)
            break;
    }
    if (status == SJ_OK && sj_merge_dropped(merge) > 0)
        found(v, "segments", SJ_T("an event id of a customer stands twice"));
    sj_merge_close(merge);
    return status;
}

enum sj_status sj_snapshot_verify(struct sj_snapshot *s, sj_finding tell, void *ctx, size_t *ret_n_findings, struct sj_error *err) {
    struct verifier v = {.snapshot = s, .tell = tell, .ctx = ctx, .lang = err ? err->lang : SJ_EN};
    struct sj_error error = {.lang = v.lang};
    (void)pthread_mutex_lock(&s->store->names_lock);
    const enum sj_status checked = sj_catalog_check(s->store->catalog, &error);
    (void)pthread_mutex_unlock(&s->store->names_lock);
    if (checked == SJ_E_CORRUPT) {
        found(&v, "catalog.db", error.message);
    } else if (checked != SJ_OK) {
        if (err)
            *err = error;
        return checked;
    }
    for (size_t i = 0; i < s->lives.n; i++) {
        const struct sj_live *live = &s->lives.items[i];
        SJ_TRY(verify_segment(&v, live->path, &live->segment, err));
        check_times(&v, live->path, &live->segment, &live->row);
    }
    SJ_TRY(verify_inbox(&v, err));
    verify_arrivals(&v);
    const enum sj_status status = v.n == 0 ? verify_distinct(&v, err) : SJ_OK;
    if (v.n == 0)
        SJ_TRY(sj_lives_check_disk(s->store, &s->lives, status, err));
    *ret_n_findings = v.n;
    return SJ_OK;
}
