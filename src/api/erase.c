#include "api/erase.h"

#define SHORT_BYTES 6 /* a shorter text stands in others by chance */

static const struct sj_column_def columns[] = {
    {.name = "customer", .label = SJ_T("Customer"), .type = SJ_TYPE_TEXT, .help = SJ_T("the identity by which the customer goes")},
    {.name = "identities", .label = SJ_T("Identities"), .type = SJ_TYPE_COUNT, .help = SJ_T("that the customer has")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("of all of them")},
    {.name = "first", .label = SJ_T("First event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the first event was")},
    {.name = "last", .label = SJ_T("Last event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the last event was")},
};
static const struct sj_table_def customers_def = {
    .name = "customers", .title = SJ_T("Whom it concerns"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(columns)};

struct looking {
    struct sj_snapshot *snapshot;
    struct sj_result *result;
    struct sj_table *table;
    struct sj_buf found; /* struct sj_str */
    uint64_t n_events;
};

static bool is_found(const struct looking *l, struct sj_str identity) {
    const struct sj_str *found = (const struct sj_str *)(const void *)l->found.data;
    for (size_t i = 0; i < l->found.n / sizeof *found; i++) {
        if (sj_str_eq(found[i], identity))
            return true;
    }
    return false;
}

static enum sj_status give_row(struct looking *l, const struct sj_identity_member *members, size_t n, int64_t n_events,
                               struct sj_error *err) {
    struct sj_cell *cells;
    SJ_TRY(sj_result_row(l->result, l->table, &cells, err));
    cells[0] = sj_cell_text(members[0].identity);
    cells[1] = sj_cell_i64((int64_t)n);
    cells[2] = sj_cell_i64(n_events);
    for (size_t i = 0; i < n; i++) {
        if (members[i].n_events == 0)
            continue;
        cells[3] = cells[3].known && cells[3].i64 < members[i].first_us ? cells[3] : sj_cell_i64(members[i].first_us);
        cells[4] = cells[4].known && cells[4].i64 > members[i].last_us ? cells[4] : sj_cell_i64(members[i].last_us);
    }
    return SJ_OK;
}

static enum sj_status look_up(struct looking *l, struct sj_str identity, struct sj_error *err) {
    struct sj_identity_member *members;
    int64_t n_events;
    size_t n;
    if (is_found(l, identity))
        return SJ_OK;
    SJ_TRY(sj_identity_members(l->snapshot, identity, &l->result->arena, &members, &n, &n_events, err));
    if (n == 1 && n_events == 0)
        return sj_fail(err, SJ_E_NOT_FOUND, "there is no event and no link of \"%.*s\" in this store; identities are compared byte by byte",
                       SJ_ARG(identity));
    for (size_t i = 0; i < n; i++)
        SJ_TRY(sj_buf_append(&l->found, &members[i].identity, sizeof members[i].identity, err));
    l->n_events += (uint64_t)n_events;
    return give_row(l, members, n, n_events, err);
}

static enum sj_status keep_found(struct looking *l, struct sj_erase_list *ret_list, struct sj_error *err) {
    *ret_list = (struct sj_erase_list){.n = l->found.n / sizeof(struct sj_str), .n_events = l->n_events};
    SJ_TRY(sj_arena_new(&l->result->arena, ret_list->n + 1, sizeof *ret_list->identities, &ret_list->identities, err));
    if (ret_list->n > 0)
        memcpy(ret_list->identities, l->found.data, l->found.n);
    return SJ_OK;
}

enum sj_status sj_erase_look(struct sj_snapshot *snapshot, const struct sj_str *identities, size_t n, struct sj_result *result,
                             struct sj_erase_list *ret_list, struct sj_error *err) {
    struct looking l = {.snapshot = snapshot, .result = result};
    sj_buf_init(&l.found, result->arena.mem, SIZE_MAX / 2);
    enum sj_status status = sj_result_table(result, &customers_def, &l.table, err);
    for (size_t i = 0; i < n && status == SJ_OK; i++)
        status = look_up(&l, identities[i], err);
    if (status == SJ_OK)
        status = keep_found(&l, ret_list, err);
    sj_buf_done(&l.found);
    return status;
}

/* ---- what is left ---- */

static struct sj_str without_type(struct sj_str identity) {
    const size_t n = sj_identity_type_text(identity).n;
    return n < identity.n ? (struct sj_str){identity.p + n, identity.n - n} : identity;
}

static bool stands_in(struct sj_str text, const struct sj_str *identities, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct sj_str bare = without_type(identities[i]);
        if (sj_str_eq(text, bare) || sj_str_eq(text, identities[i]))
            return true;
        if (bare.n >= SHORT_BYTES && text.n > bare.n && memmem(text.p, text.n, bare.p, bare.n))
            return true;
    }
    return false;
}

struct leftovers {
    const struct sj_str *identities;
    size_t n;
    uint64_t *counts; /* by column */
};

static enum sj_status count_rows(struct leftovers *l, const struct sj_rows *rows, const struct sj_alloc *mem, struct sj_error *err) {
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        uint8_t *hit;
        if (column->kind != SJ_KIND_TEXT)
            continue;
        SJ_TRY(sj_mem_new(mem, (size_t)column->n_texts + 1, 1, &hit, err));
        for (uint32_t t = 0; t < column->n_texts; t++)
            hit[t] = stands_in(column->texts[t], l->identities, l->n);
        for (uint32_t i = 0; i < column->n; i++)
            l->counts[column->code] += hit[column->values[i]];
        sj_mem_free(mem, hit);
    }
    return SJ_OK;
}

static enum sj_status count_all(struct sj_snapshot *snapshot, struct leftovers *l, const struct sj_alloc *mem, struct sj_error *err) {
    static const struct sj_wanted all = {.all_columns = true};
    struct sj_cursor *cursor;
    const struct sj_rows *rows = NULL;
    SJ_TRY(sj_cursor_open(snapshot, &all, (sj_key){0, 0}, NULL, &cursor, err));
    enum sj_status status;
    while ((status = sj_cursor_next(cursor, &rows, err)) == SJ_OK && rows) {
        status = count_rows(l, rows, mem, err);
        if (status != SJ_OK)
            break;
    }
    sj_cursor_close(cursor);
    return status;
}

enum sj_status sj_erase_leftovers(struct sj_snapshot *snapshot, const struct sj_str *identities, size_t n, struct sj_result *result,
                                  struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    struct leftovers l = {.identities = identities, .n = n};
    SJ_TRY(sj_arena_new(&result->arena, (size_t)view->n_columns + 1, sizeof *l.counts, &l.counts, err));
    SJ_TRY(count_all(snapshot, &l, result->arena.mem, err));
    for (uint32_t c = 0; c < view->n_columns; c++) {
        if (l.counts[c] > 0)
            SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "stands_elsewhere",
                           "An identity still stands in \"%.*s\" of other customers: values: %llu. That is not erased.",
                           SJ_ARG(view->columns[c].name), (unsigned long long)l.counts[c]));
    }
    return SJ_OK;
}
