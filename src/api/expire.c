#include "api/expire.h"

#include "base/shelf.h"
#include "base/time.h"
#include "lens/where.h"

struct rule {
    struct sj_rule rule;
    int64_t before_us;      /* events before this time go */
    struct sj_where *where; /* NULL: all of them */
    int64_t n_events;
    int64_t n_customers; /* who lose any */
};

struct sj_expiry {
    const struct sj_alloc *mem;
    const struct sj_snapshot *snapshot;
    struct sj_arena arena;
    struct sj_buf rules; /* struct rule */
    struct sj_shelf shelf;
    int64_t now_us;
};

static struct rule *rules_of(const struct sj_expiry *e) { return (struct rule *)(void *)e->rules.data; }
size_t sj_expiry_n_rules(const struct sj_expiry *e) { return e->rules.n / sizeof(struct rule); }

/* ---- open ---- */

static enum sj_status take_rule(void *ctx, const struct sj_rule *saved, struct sj_error *err) {
    struct sj_expiry *e = ctx;
    struct rule rule = {.rule = *saved};
    const char *condition;
    if (saved->age_us <= 0)
        return sj_fail(err, SJ_E_USAGE, "an age must be above zero, such as 730d");
    SJ_TRY(sj_arena_print(&e->arena, &condition, err, "%.*s", SJ_ARG(saved->condition)));
    rule.rule.condition = sj_str(condition);
    rule.before_us = e->now_us - saved->age_us;
    return sj_buf_append(&e->rules, &rule, sizeof rule, err);
}

static enum sj_status compile(struct sj_expiry *e, struct rule *rule, struct sj_error *err) {
    if (rule->rule.condition.n == 0)
        return SJ_OK;
    const enum sj_status status = sj_where_compile(rule->rule.condition, sj_snapshot_view(e->snapshot), NULL, &e->arena, &rule->where, err);
    return status == SJ_OK || rule->rule.id == 0 ? status : sj_fail_in(err, status, "rule %lld", (long long)rule->rule.id);
}

static enum sj_status open_rules(struct sj_expiry *e, const struct sj_rule *rule, struct sj_error *err) {
    SJ_TRY(rule ? take_rule(e, rule, err) : sj_snapshot_rules(e->snapshot, take_rule, e, err));
    for (size_t i = 0; i < sj_expiry_n_rules(e); i++)
        SJ_TRY(compile(e, &rules_of(e)[i], err));
    return SJ_OK;
}

enum sj_status sj_expiry_open(const struct sj_os *os, const struct sj_alloc *mem, const struct sj_snapshot *snapshot,
                              const struct sj_rule *rule, struct sj_expiry **ret_expiry, struct sj_error *err) {
    struct sj_expiry *e;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *e, &e, err));
    *e = (struct sj_expiry){.mem = mem, .snapshot = snapshot, .now_us = os->now_us(os->ctx)};
    sj_arena_init(&e->arena, mem);
    sj_shelf_init(&e->shelf, mem);
    sj_buf_init(&e->rules, mem, SIZE_MAX / 2);
    const enum sj_status status = open_rules(e, rule, err);
    if (status != SJ_OK) {
        sj_expiry_close(e);
        return status;
    }
    *ret_expiry = e;
    return SJ_OK;
}

void sj_expiry_close(struct sj_expiry *e) {
    if (!e)
        return;
    sj_buf_done(&e->rules);
    sj_shelf_done(&e->shelf);
    sj_arena_done(&e->arena);
    sj_mem_free(e->mem, e);
}

/* ---- which events ---- */

/* mask[i] becomes 1 where the rule drops event i, else 0. */
static enum sj_status judge(struct sj_expiry *e, const struct rule *rule, const struct sj_rows *rows, uint8_t *mask, struct sj_error *err) {
    if (rule->where)
        SJ_TRY(sj_where_apply(rule->where, rows, &e->shelf, mask, err));
    for (uint32_t i = 0; i < rows->n_events; i++)
        mask[i] = (!rule->where || mask[i]) && rows->time_us[i] < rule->before_us;
    return SJ_OK;
}

static int64_t count_customers(const struct sj_rows *rows, const uint8_t *mask) {
    int64_t n = 0;
    for (uint32_t c = 0; c < rows->n_customers; c++)
        n += memchr(mask + rows->offsets[c], 1, rows->offsets[c + 1] - rows->offsets[c]) != NULL;
    return n;
}

/* Fits sj_mark. Also counts for each rule; who does not want that does not look. */
static enum sj_status mark(void *ctx, const struct sj_rows *rows, uint8_t *drop, struct sj_error *err) {
    struct sj_expiry *e = ctx;
    for (size_t r = 0; r < sj_expiry_n_rules(e); r++) {
        struct rule *rule = &rules_of(e)[r];
        uint8_t *mask;
        sj_shelf_reset(&e->shelf);
        SJ_TRY(sj_shelf_take(&e->shelf, rows->n_events, 1, &mask, err));
        SJ_TRY(judge(e, rule, rows, mask, err));
        for (uint32_t i = 0; i < rows->n_events; i++) {
            rule->n_events += mask[i];
            drop[i] |= mask[i];
        }
        rule->n_customers += count_customers(rows, mask);
    }
    return SJ_OK;
}

/* ---- what would go ---- */

static const struct sj_column_def rule_columns[] = {
    {.name = "rule", .label = SJ_T("Rule"), .type = SJ_TYPE_COUNT, .help = SJ_T("its number; none: it is not saved")},
    {.name = "age", .label = SJ_T("Older than"), .type = SJ_TYPE_DURATION, .help = SJ_T("the age above which events go")},
    {.name = "condition", .label = SJ_T("Where"), .type = SJ_TYPE_TEXT, .help = SJ_T("only events that meet this; empty: all")},
    {.name = "before", .label = SJ_T("Before"), .type = SJ_TYPE_TIME, .help = SJ_T("now less the age: events before this time go")},
    {.name = "saved", .label = SJ_T("Saved"), .type = SJ_TYPE_TIME, .help = SJ_T("when the rule was saved")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("that would go by this rule alone")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("who would lose any by this rule alone")},
};
static const struct sj_column_def summary_columns[] = {
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("that would go")},
    {.name = "of_events", .label = SJ_T("of"), .type = SJ_TYPE_COUNT, .help = SJ_T("events in the store")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("who would lose any event")},
    {.name = "customers_gone", .label = SJ_T("Gone"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers of whom nothing would be left")},
    {.name = "of_customers", .label = SJ_T("of"), .type = SJ_TYPE_COUNT, .help = SJ_T("customers in the store")},
    {.name = "first", .label = SJ_T("First event"), .type = SJ_TYPE_TIME, .help = SJ_T("the earliest that would go")},
    {.name = "last", .label = SJ_T("Last event"), .type = SJ_TYPE_TIME, .help = SJ_T("the latest that would go")},
};
static const struct sj_column_def touchpoint_columns[] = {
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("what happened")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("that would go"), .drawn = true},
    {.name = "of_events", .label = SJ_T("of"), .type = SJ_TYPE_COUNT, .help = SJ_T("events with this touchpoint in the store")},
};
static const struct sj_table_def rules_def = {
    .name = "rules", .title = SJ_T("The rules of retention"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(rule_columns)};
static const struct sj_table_def summary_def = {
    .name = "summary", .title = SJ_T("What would go"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(summary_columns)};
static const struct sj_table_def touchpoints_def = {
    .name = "touchpoints", .title = SJ_T("Of which touchpoints"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(touchpoint_columns)};

struct tally {
    int64_t n_events, n_all, n_customers, n_gone, n_all_customers, first_us, last_us;
    int64_t *of_touchpoint, *all_of_touchpoint;
};

static void tally_rows(struct tally *t, const struct sj_rows *rows, const uint8_t *drop) {
    for (uint32_t i = 0; i < rows->n_events; i++) {
        t->all_of_touchpoint[rows->touchpoint[i]]++;
        if (!drop[i])
            continue;
        t->of_touchpoint[rows->touchpoint[i]]++;
        t->n_events++;
        t->first_us = rows->time_us[i] < t->first_us ? rows->time_us[i] : t->first_us;
        t->last_us = rows->time_us[i] > t->last_us ? rows->time_us[i] : t->last_us;
    }
    for (uint32_t c = 0; c < rows->n_customers; c++)
        t->n_gone += memchr(drop + rows->offsets[c], 0, rows->offsets[c + 1] - rows->offsets[c]) == NULL;
    t->n_customers += count_customers(rows, drop);
    t->n_all_customers += rows->n_customers;
    t->n_all += rows->n_events;
}

static enum sj_status tally_all(struct sj_expiry *e, struct tally *t, struct sj_error *err) {
    static const struct sj_wanted wanted = {.channel = true, .time = true, .all_columns = true};
    const struct sj_rows *rows = NULL;
    struct sj_cursor *cursor;
    struct sj_buf drop;
    SJ_TRY(sj_cursor_open(e->snapshot, &wanted, (sj_key){0, 0}, NULL, &cursor, err));
    sj_buf_init(&drop, e->mem, SIZE_MAX / 2);
    enum sj_status status;
    while ((status = sj_cursor_next(cursor, &rows, err)) == SJ_OK && rows) {
        sj_buf_reset(&drop);
        SJ_TRY_CLEAN(sj_buf_reserve(&drop, rows->n_events, err));
        memset(drop.data, 0, rows->n_events);
        SJ_TRY_CLEAN(mark(e, rows, drop.data, err));
        tally_rows(t, rows, drop.data);
    }
cleanup:
    sj_buf_done(&drop);
    sj_cursor_close(cursor);
    return status;
}

static enum sj_status show_rules(const struct sj_expiry *e, bool counted, struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &rules_def, &table, err));
    for (size_t i = 0; i < sj_expiry_n_rules(e); i++) {
        const struct rule *rule = &rules_of(e)[i];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        if (rule->rule.id > 0)
            cells[0] = sj_cell_i64(rule->rule.id);
        cells[1] = sj_cell_i64(rule->rule.age_us);
        cells[2].known = rule->rule.condition.n > 0;
        SJ_TRY(sj_result_text(result, rule->rule.condition, &cells[2].text, err));
        cells[3] = sj_cell_i64(rule->before_us);
        if (rule->rule.id > 0)
            cells[4] = sj_cell_i64(rule->rule.time_us);
        if (counted) {
            cells[5] = sj_cell_i64(rule->n_events);
            cells[6] = sj_cell_i64(rule->n_customers);
        }
    }
    return sj_note(
        result, SJ_NOTE_DEFINITION, "retention",
        "An event goes when its time is before now less the age, and it meets the condition. A rule acts only when it is applied: by "
        "`sojourn expire --yes` or `sojourn compact`.");
}

static enum sj_status show_tally(const struct sj_expiry *e, const struct tally *t, struct sj_result *result, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(e->snapshot);
    struct sj_table *table;
    struct sj_cell *cells;
    SJ_TRY(sj_result_table(result, &summary_def, &table, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    const int64_t counts[] = {t->n_events, t->n_all, t->n_customers, t->n_gone, t->n_all_customers};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        cells[i] = sj_cell_i64(counts[i]);
    if (t->n_events > 0) {
        cells[5] = sj_cell_i64(t->first_us);
        cells[6] = sj_cell_i64(t->last_us);
    }
    SJ_TRY(sj_result_table(result, &touchpoints_def, &table, err));
    for (uint32_t i = 0; i < view->n_touchpoints; i++) {
        if (t->of_touchpoint[i] == 0)
            continue;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0].known = true;
        SJ_TRY(sj_result_text(result, view->touchpoints[i], &cells[0].text, err));
        cells[1] = sj_cell_i64(t->of_touchpoint[i]);
        cells[2] = sj_cell_i64(t->all_of_touchpoint[i]);
    }
    return SJ_OK;
}

enum sj_status sj_expiry_show(struct sj_expiry *e, bool count, struct sj_result *result, struct sj_error *err) {
    const uint32_t n = sj_snapshot_view(e->snapshot)->n_touchpoints;
    struct tally t = {.first_us = INT64_MAX, .last_us = INT64_MIN};
    if (!count)
        return show_rules(e, false, result, err);
    SJ_TRY(sj_arena_new(&e->arena, (size_t)n + 1, sizeof(int64_t), &t.of_touchpoint, err));
    SJ_TRY(sj_arena_new(&e->arena, (size_t)n + 1, sizeof(int64_t), &t.all_of_touchpoint, err));
    SJ_TRY(tally_all(e, &t, err));
    SJ_TRY(show_rules(e, true, result, err));
    return show_tally(e, &t, result, err);
}

/* ---- doing it ---- */

/* "before=2024-11-28T16:20:21Z rule=1" of each rule; a condition is not told, since it may name somebody. */
static enum sj_status print_detail(const struct sj_expiry *e, struct sj_buf *out, struct sj_error *err) {
    for (size_t i = 0; i < sj_expiry_n_rules(e); i++) {
        const struct rule *rule = &rules_of(e)[i];
        char time[SJ_TIME_TEXT_BYTES];
        SJ_TRY(sj_buf_print(out, err, "%sbefore=%.*s", i > 0 ? " " : "", (int)sj_time_format(rule->before_us, time), time));
        if (rule->rule.id > 0)
            SJ_TRY(sj_buf_print(out, err, " rule=%lld", (long long)rule->rule.id));
        else if (rule->where)
            SJ_TRY(sj_buf_print(out, err, " where=given"));
    }
    return SJ_OK;
}

enum sj_status sj_expiry_run(struct sj_expiry *e, struct sj_store *store, struct sj_dropped *ret_dropped, struct sj_error *err) {
    struct sj_drop drop = {.mark = mark, .ctx = e, .before_us = INT64_MIN, .action = "expire"};
    struct sj_buf detail;
    for (size_t i = 0; i < sj_expiry_n_rules(e); i++)
        drop.before_us = rules_of(e)[i].before_us > drop.before_us ? rules_of(e)[i].before_us : drop.before_us;
    sj_buf_init(&detail, e->mem, SIZE_MAX / 2);
    enum sj_status status = print_detail(e, &detail, err);
    drop.detail = sj_buf_str(&detail);
    if (status == SJ_OK)
        status = sj_store_drop(store, &drop, ret_dropped, err);
    sj_buf_done(&detail);
    return status;
}
