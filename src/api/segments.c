#include "api/segments.h"

#include "api/run.h"
#include "base/parallel.h"
#include "lens/segment.h"
#include "stats/wilson.h"

/* ---- how they hang together ---- */

/* In an arena of its own, which is thrown away: only whether it is a condition, and what it names. */
static enum sj_status name_others(const struct sj_view *view, const struct sj_zone *zone, const struct sj_alloc *mem, size_t at,
                                  bool *names, struct sj_error *err) {
    struct sj_arena arena;
    struct sj_segment *segment = NULL;
    sj_arena_init(&arena, mem);
    const enum sj_status status = sj_segment_compile_saved(&view->saved[at], view, zone, view->max_time_us, &arena, &segment, err);
    for (size_t i = 0; i < view->n_saved && status == SJ_OK && names; i++)
        names[i] = sj_segment_names(segment, i);
    sj_arena_done(&arena);
    return status;
}

/* No memory is no reason to call a condition spoiled. */
static enum sj_status hand_on(enum sj_status status, const struct sj_error *why, struct sj_error *err) {
    if (err)
        *err = *why;
    return status;
}

/* "a, b" of those that are marked. */
static enum sj_status list_marked(const struct sj_view *view, const bool *marked, struct sj_arena *arena, struct sj_str *ret_list,
                                  struct sj_error *err) {
    size_t n = 0;
    char *text;
    for (size_t i = 0; i < view->n_saved; i++)
        n += marked[i] ? view->saved[i].name.n + 2 : 0;
    SJ_TRY(sj_arena_new(arena, n + 1, 1, &text, err));
    n = 0;
    for (size_t i = 0; i < view->n_saved; i++) {
        if (!marked[i])
            continue;
        if (n > 0) {
            text[n++] = ',';
            text[n++] = ' ';
        }
        memcpy(text + n, view->saved[i].name.p, view->saved[i].name.n);
        n += view->saved[i].name.n;
    }
    *ret_list = (struct sj_str){text, n};
    return SJ_OK;
}

enum sj_status sj_segments_users(const struct sj_view *view, const struct sj_alloc *mem, struct sj_str name, struct sj_arena *arena,
                                 struct sj_str *ret_users, struct sj_error *err) {
    const struct sj_saved_segment *saved = sj_saved_find(view, name);
    bool *names, *users;
    SJ_TRY(sj_arena_new(arena, view->n_saved + 1, sizeof *names, &names, err));
    SJ_TRY(sj_arena_new(arena, view->n_saved + 1, sizeof *users, &users, err));
    for (size_t i = 0; saved && i < view->n_saved; i++) {
        struct sj_error why = {.lang = err ? err->lang : SJ_EN};
        const enum sj_status status = name_others(view, NULL, mem, i, names, &why); /* one that is none any more names nobody */
        if (status == SJ_E_MEMORY)
            return hand_on(status, &why, err);
        users[i] = status == SJ_OK && names[saved - view->saved];
    }
    return list_marked(view, users, arena, ret_users, err);
}

/* The saved segments as they will be, in the copy of the view. */
static enum sj_status view_with(const struct sj_view *view, const struct sj_saved_segment *saved, struct sj_arena *arena,
                                struct sj_view *ret_view, struct sj_error *err) {
    struct sj_saved_segment *all;
    size_t n = 0;
    bool placed = false;
    SJ_TRY(sj_arena_new(arena, view->n_saved + 1, sizeof *all, &all, err));
    for (size_t i = 0; i <= view->n_saved; i++) {
        const int order = i < view->n_saved ? sj_str_cmp(saved->name, view->saved[i].name) : -1;
        if (!placed && order <= 0) {
            all[n++] = *saved;
            placed = true;
        }
        if (i < view->n_saved && order != 0)
            all[n++] = view->saved[i];
    }
    ret_view->saved = all;
    ret_view->n_saved = n;
    return SJ_OK;
}

/* `after`: the view with the new one in it. One that is spoiled already may stay so. */
static enum sj_status check_others(const struct sj_view *view, const struct sj_view *after, const struct sj_zone *zone,
                                   const struct sj_alloc *mem, struct sj_error *err) {
    for (size_t i = 0; i < after->n_saved; i++) {
        const struct sj_saved_segment *before = sj_saved_find(view, after->saved[i].name);
        struct sj_error why = {.lang = err ? err->lang : SJ_EN};
        const enum sj_status status = name_others(after, zone, mem, i, NULL, &why);
        if (status == SJ_OK)
            continue;
        if (status == SJ_E_MEMORY)
            return hand_on(status, &why, err);
        if (before && name_others(view, zone, mem, (size_t)(before - view->saved), NULL, NULL) == SJ_OK)
            return sj_fail_in(err, hand_on(status, &why, err), "the saved segment \"%.*s\", which refers to it, would be spoiled",
                              SJ_ARG(before->name));
    }
    return SJ_OK;
}

enum sj_status sj_segments_check(const struct sj_view *view, const struct sj_zone *zone, const struct sj_alloc *mem,
                                 const struct sj_saved_segment *saved, struct sj_error *err) {
    struct sj_arena arena;
    struct sj_view after = *view;
    SJ_TRY(sj_saved_check(saved, err));
    sj_arena_init(&arena, mem);
    enum sj_status status = view_with(view, saved, &arena, &after, err);
    for (size_t i = 0; i < after.n_saved && status == SJ_OK; i++)
        if (sj_str_eq(after.saved[i].name, saved->name)) /* its own mistakes first */
            status = name_others(&after, zone, mem, i, NULL, err);
    if (status == SJ_OK)
        status = check_others(view, &after, zone, mem, err);
    sj_arena_done(&arena);
    return status;
}

/* ---- counting ---- */

#define AT_A_TIME 64

struct counts {
    uint64_t n_customers, n_in[AT_A_TIME];
};
struct counting {
    size_t n;
    struct counts counts[SJ_THREADS_MAX];
};

static enum sj_status count_batch(void *ctx, unsigned thread, const struct sj_batch *batch, struct sj_error *err) {
    struct counting *counting = ctx;
    struct counts *counts = &counting->counts[thread];
    (void)err;
    counts->n_customers += batch->n_customers;
    for (size_t s = 0; s < counting->n; s++)
        for (uint32_t c = 0; c < batch->n_customers; c++)
            counts->n_in[s] += batch->members[s][c];
    return SJ_OK;
}

struct asked {
    const struct sj_os *os;
    const struct sj_alloc *mem;
    struct sj_snapshot *snapshot;
    const struct sj_segments_words *words;
};

/* At most AT_A_TIME of them. */
static enum sj_status count_some(const struct asked *asked, const struct sj_str *conditions, size_t n, struct counts *ret_counts,
                                 struct sj_error *err) {
    const struct sj_lens_words lens_words = {.timezone = asked->words->timezone};
    const struct sj_lens_request request = {.words = &lens_words, .members = conditions, .n_members = n};
    struct sj_run run = {.job.mem = asked->mem};
    struct sj_scan_counts scanned;
    struct counting *counting = NULL;
    struct sj_arena arena;
    sj_arena_init(&arena, asked->mem);
    enum sj_status status = sj_arena_new(&arena, 1, sizeof *counting, &counting, err);
    if (status == SJ_OK)
        status = sj_lens_open(asked->os, asked->mem, asked->snapshot, &request, &run.lens, err);
    if (status == SJ_OK)
        status = sj_run_split(&run, asked->os, asked->snapshot, asked->words->n_threads, &arena, err);
    if (status == SJ_OK) {
        counting->n = n;
        status = sj_run_pass(&run, count_batch, counting, &scanned, err);
    }
    *ret_counts = (struct counts){0};
    for (unsigned t = 0; t < run.n_threads && status == SJ_OK; t++) {
        ret_counts->n_customers += counting->counts[t].n_customers;
        for (size_t s = 0; s < n; s++)
            ret_counts->n_in[s] += counting->counts[t].n_in[s];
    }
    sj_run_close(&run);
    sj_arena_done(&arena);
    return status;
}

enum sj_status sj_segments_count(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot, struct sj_str condition,
                                 const struct sj_segments_words *words, struct sj_segments_count *ret_count, struct sj_error *err) {
    const struct asked asked = {os, mem, snapshot, words};
    struct counts counts;
    SJ_TRY(count_some(&asked, &condition, 1, &counts, err));
    *ret_count = (struct sj_segments_count){counts.n_customers, counts.n_in[0]};
    return SJ_OK;
}

/* ---- one customer ---- */

/* At most AT_A_TIME of them, all of which are conditions. */
static enum sj_status mark_some(const struct sj_segments_one *one, const size_t *which, size_t n, bool *belongs, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(one->snapshot);
    struct sj_str names[AT_A_TIME];
    const struct sj_lens_request request = {.words = one->words, .members = names, .n_members = n};
    const struct sj_batch *batch = NULL;
    struct sj_scan *scan = NULL;
    struct sj_lens *lens;
    sj_key end;
    for (size_t i = 0; i < n; i++)
        names[i] = view->saved[which[i]].name;
    SJ_TRY(sj_lens_open(one->os, one->mem, one->snapshot, &request, &lens, err));
    enum sj_status status = sj_scan_open(lens, one->customer, sj_key_next(one->customer, &end) ? &end : NULL, &scan, err);
    if (status == SJ_OK)
        status = sj_scan_next(scan, &batch, err);
    for (size_t i = 0; i < n && status == SJ_OK && batch && batch->n_customers > 0; i++)
        belongs[which[i]] = batch->members[i][0] != 0;
    sj_scan_close(scan);
    sj_lens_close(lens);
    return status;
}

enum sj_status sj_segments_of(const struct sj_segments_one *one, struct sj_arena *arena, bool **ret_belongs, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(one->snapshot);
    size_t which[AT_A_TIME], n = 0;
    SJ_TRY(sj_arena_new(arena, view->n_saved, sizeof **ret_belongs, ret_belongs, err));
    for (size_t i = 0; i < view->n_saved; i++) {
        struct sj_error why = {.lang = err ? err->lang : SJ_EN};
        const enum sj_status status = name_others(view, NULL, one->mem, i, NULL, &why);
        if (status == SJ_E_MEMORY)
            return hand_on(status, &why, err);
        if (status == SJ_OK)
            which[n++] = i;
        if (n == AT_A_TIME) {
            SJ_TRY(mark_some(one, which, n, *ret_belongs, err));
            n = 0;
        }
    }
    return n > 0 ? mark_some(one, which, n, *ret_belongs, err) : SJ_OK;
}

/* ---- the tables ---- */

#define COLUMNS                                                                                                                         \
    {.name = "segment", .label = SJ_T("Segment"), .type = SJ_TYPE_TEXT, .help = SJ_T("its name, for --segment")},                       \
        {.name = "customers",                                                                                                           \
         .label = SJ_T("Customers"),                                                                                                    \
         .type = SJ_TYPE_COUNT,                                                                                                         \
         .help = SJ_T("who belong to it, by all events of the store"),                                                                  \
         .drawn = true},                                                                                                                \
        {.name = "share",                                                                                                               \
         .label = SJ_T("Of all"),                                                                                                       \
         .type = SJ_TYPE_ESTIMATE,                                                                                                      \
         .help = SJ_T("of all customers of the store, as if they were drawn from many more such customers")},                           \
        {.name = "condition", .label = SJ_T("Condition"), .type = SJ_TYPE_TEXT, .help = SJ_T("who belongs to it")},                     \
        {.name = "description", .label = SJ_T("Description"), .type = SJ_TYPE_TEXT, .help = SJ_T("what it is for, by who saved it")}, { \
        .name = "saved", .label = SJ_T("Saved"), .type = SJ_TYPE_TIME, .help = SJ_T("when it was saved last")                           \
    }

static const struct sj_column_def list_columns[] = {COLUMNS};
static const struct sj_column_def one_columns[] = {
    COLUMNS,
    {.name = "uses", .label = SJ_T("Refers to"), .type = SJ_TYPE_TEXT, .help = SJ_T("the saved segments that its condition names")},
    {.name = "used_by", .label = SJ_T("Is used by"), .type = SJ_TYPE_TEXT, .help = SJ_T("the saved segments whose condition names it")},
};
static const struct sj_table_def list_def = {
    .name = "segments", .title = SJ_T("Saved segments"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(list_columns)};
static const struct sj_table_def one_def = {
    .name = "segment", .title = SJ_T("The segment"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(one_columns)};

static enum sj_status set_text(struct sj_result *result, struct sj_str text, struct sj_cell *cell, struct sj_error *err) {
    cell->known = true;
    return sj_result_text(result, text, &cell->text, err);
}

static enum sj_status fill_row(const struct sj_saved_segment *saved, const struct counts *counts, size_t at, struct sj_result *result,
                               struct sj_cell *cells, struct sj_error *err) {
    SJ_TRY(set_text(result, saved->name, &cells[0], err));
    if (counts) {
        cells[1] = sj_cell_i64((int64_t)counts->n_in[at]);
        if (counts->n_customers > 0)
            cells[2] = sj_cell_estimate(sj_wilson((int64_t)counts->n_in[at], (int64_t)counts->n_customers));
    }
    SJ_TRY(set_text(result, saved->condition, &cells[3], err));
    SJ_TRY(set_text(result, saved->description, &cells[4], err));
    cells[5] = sj_cell_i64(saved->time_us);
    return SJ_OK;
}

/* Rows first to end, all of which are conditions. */
static enum sj_status fill_rows(const struct asked *asked, const size_t *which, size_t n, struct sj_result *result, struct sj_table *table,
                                struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(asked->snapshot);
    struct sj_str names[AT_A_TIME];
    struct counts counts;
    for (size_t i = 0; i < n; i++)
        names[i] = view->saved[which[i]].name;
    SJ_TRY(count_some(asked, names, n, &counts, err));
    for (size_t i = 0; i < n; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(fill_row(&view->saved[which[i]], &counts, i, result, cells, err));
    }
    return SJ_OK;
}

/* What a newer program may have saved that this one cannot read. */
static enum sj_status fill_spoiled(const struct sj_saved_segment *saved, const struct sj_error *why, struct sj_result *result,
                                   struct sj_table *table, struct sj_error *err) {
    struct sj_cell *cells;
    SJ_TRY(sj_result_row(result, table, &cells, err));
    SJ_TRY(fill_row(saved, NULL, 0, result, cells, err));
    return sj_note(result, SJ_NOTE_WARNING, "spoiled_segment", "\"%.*s\" cannot be read: %s", SJ_ARG(saved->name), why->message);
}

static enum sj_status fill_list(const struct asked *asked, struct sj_result *result, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(asked->snapshot);
    struct sj_table *table;
    size_t which[AT_A_TIME], n = 0;
    SJ_TRY(sj_result_table(result, &list_def, &table, err));
    for (size_t i = 0; i < view->n_saved; i++) {
        struct sj_error why = {.lang = result->lang};
        const enum sj_status status = name_others(view, NULL, asked->mem, i, NULL, &why);
        if (status == SJ_E_MEMORY)
            return hand_on(status, &why, err);
        if (status == SJ_OK)
            which[n++] = i;
        if (n == AT_A_TIME || (n > 0 && status != SJ_OK)) {
            SJ_TRY(fill_rows(asked, which, n, result, table, err));
            n = 0;
        }
        if (status != SJ_OK)
            SJ_TRY(fill_spoiled(&view->saved[i], &why, result, table, err));
    }
    return n > 0 ? fill_rows(asked, which, n, result, table, err) : SJ_OK;
}

static enum sj_status fill_one(const struct asked *asked, const struct sj_saved_segment *saved, struct sj_result *result,
                               struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(asked->snapshot);
    const size_t at = (size_t)(saved - view->saved);
    struct sj_table *table;
    struct sj_cell *cells;
    bool *names;
    SJ_TRY(sj_result_table(result, &one_def, &table, err));
    SJ_TRY(sj_arena_new(&result->arena, view->n_saved, sizeof *names, &names, err));
    struct sj_error why = {.lang = result->lang};
    const enum sj_status status = name_others(view, NULL, asked->mem, at, names, &why);
    if (status == SJ_E_MEMORY)
        return hand_on(status, &why, err);
    SJ_TRY(status == SJ_OK ? fill_rows(asked, &at, 1, result, table, err) : fill_spoiled(saved, &why, result, table, err));
    cells = table->cells;
    cells[6].known = cells[7].known = true;
    SJ_TRY(list_marked(view, names, &result->arena, &cells[6].text, err));
    return sj_segments_users(view, asked->mem, saved->name, &result->arena, &cells[7].text, err);
}

enum sj_status sj_segments_show(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot,
                                const struct sj_segments_words *words, struct sj_result *result, struct sj_error *err) {
    const struct asked asked = {os, mem, snapshot, words};
    const struct sj_view *view = sj_snapshot_view(snapshot);
    const struct sj_saved_segment *saved = sj_saved_find(view, words->name);
    if (words->name.n > 0 && !saved)
        return sj_saved_unknown(view, words->name, SJ_E_NOT_FOUND, err);
    SJ_TRY(words->name.n > 0 ? fill_one(&asked, saved, result, err) : fill_list(&asked, result, err));
    if (view->n_saved == 0)
        return sj_note(result, SJ_NOTE_INFO, "no_segments",
                       "No segment is saved in this store: `sojourn segments STORE save NAME CONDITION` saves one.");
    return sj_note(
        result, SJ_NOTE_DEFINITION, "segment_now",
        "Who belongs to a segment is found anew with each question, by the events before its end; here by all events of the store.");
}
