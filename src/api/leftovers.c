/* Where the texts of who was erased stand besides. */
#include <stdlib.h>
#include <string.h>

#include "api/erase.h"
#include "base/names.h"
#include "store/records.h"
#include "store/saved.h"

#define START_BYTES 6 /* a shorter text stands in others by chance */

/* What is looked for, without the types. Longer texts are found inside others by their first bytes: those that begin alike are neighbours. */
struct sought {
    struct sj_names whole, starts;
    struct sj_str *longer; /* in order */
    size_t n_longer;
    size_t *firsts; /* by code of the start: its first among the longer ones */
};

static struct sj_str without_type(struct sj_str identity) {
    const size_t n = sj_identity_type_text(identity).n;
    return n < identity.n ? (struct sj_str){identity.p + n, identity.n - n} : identity;
}

static int by_bytes(const void *a, const void *b) { return sj_str_cmp(*(const struct sj_str *)a, *(const struct sj_str *)b); }

static bool starts_alike(struct sj_str a, const char *p) { return memcmp(a.p, p, START_BYTES) == 0; }

static enum sj_status add_sought(struct sought *s, struct sj_str identity, struct sj_error *err) {
    const struct sj_str bare = without_type(identity);
    uint32_t code;
    SJ_TRY(sj_names_add(&s->whole, identity, &code, err));
    SJ_TRY(sj_names_add(&s->whole, bare, &code, err));
    if (bare.n >= START_BYTES)
        s->longer[s->n_longer++] = bare;
    return SJ_OK;
}

static enum sj_status index_sought(struct sought *s, struct sj_arena *arena, struct sj_error *err) {
    SJ_TRY(sj_arena_new(arena, s->n_longer + 1, sizeof *s->firsts, &s->firsts, err));
    if (s->n_longer > 1)
        qsort(s->longer, s->n_longer, sizeof *s->longer, by_bytes);
    for (size_t i = 0; i < s->n_longer; i++) {
        uint32_t code;
        if (i > 0 && starts_alike(s->longer[i - 1], s->longer[i].p))
            continue;
        SJ_TRY(sj_names_add(&s->starts, (struct sj_str){s->longer[i].p, START_BYTES}, &code, err));
        s->firsts[code] = i;
    }
    return SJ_OK;
}

static bool stands_at(const struct sought *s, const char *p, size_t n) {
    uint32_t code;
    if (!sj_names_find(&s->starts, (struct sj_str){p, START_BYTES}, &code))
        return false;
    for (size_t i = s->firsts[code]; i < s->n_longer && starts_alike(s->longer[i], p); i++)
        if (s->longer[i].n <= n && memcmp(s->longer[i].p, p, s->longer[i].n) == 0)
            return true;
    return false;
}

static bool stands_in(const struct sought *s, struct sj_str text) {
    uint32_t code;
    if (sj_names_find(&s->whole, text, &code))
        return true;
    for (size_t i = 0; i + START_BYTES <= text.n; i++)
        if (stands_at(s, text.p + i, text.n - i))
            return true;
    return false;
}

/* ---- where ---- */

struct leftovers {
    const struct sought *sought;
    struct sj_result *result;
    struct sj_table *table;
    uint64_t *counts; /* by column */
    uint64_t in_hand; /* of the place in hand */
    uint64_t n;       /* of all */
};

static enum sj_status count_rows(struct leftovers *l, const struct sj_rows *rows, const struct sj_alloc *mem, struct sj_error *err) {
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        uint8_t *hit;
        if (column->kind != SJ_KIND_TEXT)
            continue;
        SJ_TRY(sj_mem_new(mem, (size_t)column->n_texts + 1, 1, &hit, err));
        for (uint32_t t = 0; t < column->n_texts; t++)
            hit[t] = stands_in(l->sought, column->texts[t]);
        for (uint32_t i = 0; i < column->n; i++)
            l->counts[column->code] += hit[column->values[i]];
        sj_mem_free(mem, hit);
    }
    return SJ_OK;
}

static enum sj_status count_values(struct sj_snapshot *snapshot, struct leftovers *l, struct sj_error *err) {
    static const struct sj_wanted all = {.all_columns = true};
    const struct sj_alloc *mem = l->result->arena.mem;
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

static enum sj_status give(struct leftovers *l, const char *kind, struct sj_str name, uint64_t n, struct sj_error *err) {
    struct sj_cell *cells;
    if (n == 0)
        return SJ_OK;
    l->n += n;
    SJ_TRY(sj_result_row(l->result, l->table, &cells, err));
    cells[0] = sj_cell_text(sj_str(kind));
    cells[1].known = true;
    SJ_TRY(sj_result_text(l->result, name, &cells[1].text, err));
    cells[2] = sj_cell_i64((int64_t)n);
    return SJ_OK;
}

static enum sj_status give_names(struct leftovers *l, const char *kind, const struct sj_str *names, size_t n, struct sj_error *err) {
    uint64_t hits = 0;
    for (size_t i = 0; i < n; i++)
        hits += stands_in(l->sought, names[i]);
    return give(l, kind, (struct sj_str){"", 0}, hits, err);
}

static enum sj_status visit_import(void *ctx, struct sj_str name, struct sj_error *err) {
    struct leftovers *l = ctx;
    (void)err;
    l->in_hand += stands_in(l->sought, name);
    return SJ_OK;
}

static enum sj_status visit_rule(void *ctx, const struct sj_rule *rule, struct sj_error *err) {
    return visit_import(ctx, rule->condition, err);
}

static enum sj_status give_catalog(struct sj_snapshot *snapshot, struct leftovers *l, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    uint64_t n_saved = 0;
    SJ_TRY(give_names(l, "touchpoint", view->touchpoints, view->n_touchpoints, err));
    SJ_TRY(give_names(l, "channel", view->channels, view->n_channels, err));
    for (size_t i = 0; i < view->n_saved; i++) {
        const struct sj_saved_segment *saved = &view->saved[i];
        n_saved += stands_in(l->sought, saved->name) || stands_in(l->sought, saved->condition) || stands_in(l->sought, saved->description);
    }
    SJ_TRY(give(l, "segment", (struct sj_str){"", 0}, n_saved, err));
    SJ_TRY(sj_snapshot_rules(snapshot, visit_rule, l, err));
    SJ_TRY(give(l, "rule", (struct sj_str){"", 0}, l->in_hand, err));
    l->in_hand = 0;
    SJ_TRY(sj_snapshot_imports(snapshot, visit_import, l, err));
    return give(l, "import", (struct sj_str){"", 0}, l->in_hand, err);
}

static const struct sj_column_def columns[] = {
    {.name = "kind",
     .label = SJ_T("Where"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("property, of other customers; or the names of touchpoints or channels, saved segments, rules, names of imported files")},
    {.name = "name", .label = SJ_T("Property"), .type = SJ_TYPE_TEXT, .help = SJ_T("which one")},
    {.name = "n", .label = SJ_T("Texts"), .type = SJ_TYPE_COUNT, .help = SJ_T("in which an identity stands, whole or within")},
};
static const struct sj_table_def leftovers_def = {
    .name = "leftovers", .title = SJ_T("Where they still stand"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(columns)};

static enum sj_status look_for(struct sj_snapshot *snapshot, const struct sought *sought, struct sj_result *result, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    struct leftovers l = {.sought = sought, .result = result};
    SJ_TRY(sj_arena_new(&result->arena, (size_t)view->n_columns + 1, sizeof *l.counts, &l.counts, err));
    SJ_TRY(sj_result_table(result, &leftovers_def, &l.table, err));
    SJ_TRY(count_values(snapshot, &l, err));
    for (uint32_t c = 0; c < view->n_columns; c++)
        SJ_TRY(give(&l, "property", view->columns[c].name, l.counts[c], err));
    SJ_TRY(give_catalog(snapshot, &l, err));
    return l.n == 0 ? SJ_OK
                    : sj_note(result, SJ_NOTE_WARNING, "stands_elsewhere",
                              "An identity still stands in %llu texts that are not of the erased customers. These are not erased.",
                              (unsigned long long)l.n);
}

enum sj_status sj_erase_leftovers(struct sj_snapshot *snapshot, const struct sj_str *identities, size_t n, struct sj_result *result,
                                  struct sj_error *err) {
    struct sought s = {.n_longer = 0};
    enum sj_status status = sj_arena_new(&result->arena, n + 1, sizeof *s.longer, &s.longer, err);
    sj_names_init(&s.whole, result->arena.mem, sj_snapshot_seed(snapshot));
    sj_names_init(&s.starts, result->arena.mem, sj_snapshot_seed(snapshot));
    for (size_t i = 0; i < n && status == SJ_OK; i++)
        status = add_sought(&s, identities[i], err);
    if (status == SJ_OK)
        status = index_sought(&s, &result->arena, err);
    if (status == SJ_OK)
        status = look_for(snapshot, &s, result, err);
    sj_names_done(&s.whole);
    sj_names_done(&s.starts);
    return status;
}
