#include "api/who.h"

#include <assert.h>
#include <string.h>

#include "base/number.h"

static const struct sj_column_def customer_columns[] = {
    {.name = "customer", .label = SJ_T("Customer"), .type = SJ_TYPE_TEXT, .help = SJ_T("the identity, as the events give it")},
    {.name = "count", .label = SJ_T("Of the count"), .type = SJ_TYPE_COUNT, .help = SJ_T("how much of the count is this customer's")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("that the lens lets through")},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("as the lens cuts them")},
    {.name = "first", .label = SJ_T("First event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the first event was")},
    {.name = "last", .label = SJ_T("Last event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the last event was")},
};
static const struct sj_table_def customers_def = {
    .name = "customers", .title = SJ_T("Who they are"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(customer_columns)};

struct opening {
    struct sj_run *run;
    struct sj_answer *answer;
    const struct sj_trend_words *words; /* of, row */
    const struct sj_arg *asked;         /* the arguments as they were given */
    struct sj_result whole;
    struct sj_who_row row;
    bool with_times;
    int64_t figure, n_customers; /* -1: not known */
};

/* ---- arguments ---- */

/* All rows or as many as were asked for, times only where they are needed. */
static enum sj_status show(const struct opening *o, bool all, struct sj_error *err) {
    const struct sj_analysis *analysis = o->run->analysis;
    struct sj_arg *args;
    SJ_TRY(sj_arena_new(o->run->job.arena, analysis->n_params + 1, sizeof *args, &args, err));
    for (size_t i = 0; i < analysis->n_params; i++) {
        const struct sj_param *param = &analysis->params[i];
        args[i] = o->asked[i];
        if (!param->shows)
            continue;
        if (param->type == SJ_PARAM_TRUTH)
            args[i].i64 = args[i].i64 && o->with_times;
        else if (all && param->type == SJ_PARAM_SHARE)
            args[i].f64 = 1;
        else if (all)
            args[i].i64 = INT32_MAX;
    }
    o->run->job.args = args;
    return SJ_OK;
}

/* A truth that is given is not what it is without; a share has no other standard than all. */
static bool is_standard(const struct sj_param *param, const struct sj_arg *arg) {
    return param->type == SJ_PARAM_SHARE ? arg->f64 == 1 : arg->i64 == (strcmp(param->standard, "true") == 0);
}

static enum sj_status check_compares(const struct opening *o, struct sj_error *err) {
    const struct sj_analysis *analysis = o->run->analysis;
    for (size_t i = 0; i < analysis->n_params; i++) {
        const struct sj_param *param = &analysis->params[i];
        if (!param->compares || is_standard(param, &o->asked[i]))
            continue;
        if (param->compares[0] == '\0' || strcmp(param->compares, o->row.figure.table->name) == 0)
            return sj_fail(err, SJ_E_USAGE,
                           "%s cannot be opened with %s: what it counts of a customer then depends on the others too; leave %s at %s",
                           o->row.figure.table->name, param->name, param->name, param->standard);
    }
    return SJ_OK;
}

/* ---- the figure ---- */

static bool opens(const struct sj_table_def *def, size_t column) {
    const struct sj_column_def *c = &def->columns[column];
    return (c->part || (c->type == SJ_TYPE_COUNT && !c->nobody)) && (sj_row_keys(def) >> column & 1) == 0;
}

static size_t first_that_opens(const struct sj_table_def *def) {
    size_t column = 0;
    while (column < def->n_columns && !opens(def, column))
        column++;
    return column;
}

static enum sj_status choose_figure(struct opening *o, const struct sj_result *empty, struct sj_error *err) {
    struct sj_figure *figure = &o->row.figure;
    const struct sj_table_def *other = NULL; /* with a count that opens */
    for (size_t t = 0; t < empty->n_tables && !other; t++)
        other = first_that_opens(empty->tables[t].def) < empty->tables[t].def->n_columns ? empty->tables[t].def : NULL;
    if (!other)
        return sj_fail(err, SJ_E_BUG, "%s has no count that opens", o->run->analysis->name);
    *figure = (struct sj_figure){other, first_that_opens(other)};
    if (o->words->of.n == 0)
        return SJ_OK;
    SJ_TRY(sj_figure_find(empty, o->words->of, o->run->job.arena, figure, err));
    const struct sj_table_def *def = figure->table;
    if (opens(def, figure->column))
        return SJ_OK;
    other = first_that_opens(def) < def->n_columns ? def : other;
    return sj_fail(err, SJ_E_USAGE, "%s.%s is no count of what customers did, so that nobody stands behind it; %s.%s is one", def->name,
                   def->columns[figure->column].name, other->name, other->columns[first_that_opens(other)].name);
}

/* By the tables of an answer about nothing: without times where the figure is there without them, since that is quicker. */
static enum sj_status find_figure(struct opening *o, struct sj_error *err) {
    enum sj_status status = SJ_OK;
    for (int with_times = 0; with_times < 2; with_times++) {
        struct sj_result empty;
        struct sj_arena arena;
        sj_result_init(&empty, o->run->job.mem, o->answer->result.lang);
        sj_arena_init(&arena, o->run->job.mem);
        empty.analysis = o->run->analysis->name;
        o->with_times = with_times != 0;
        status = show(o, false, err);
        if (status == SJ_OK)
            status = sj_who_alone(o->run, NULL, &arena, &empty, err);
        if (status == SJ_OK)
            status = choose_figure(o, &empty, err);
        sj_arena_done(&arena);
        sj_result_done(&empty);
        if (status != SJ_E_USAGE)
            return status;
    }
    return status;
}

/* ---- the row ---- */

static enum sj_status no_row(const struct opening *o, const struct sj_str *names, size_t n, struct sj_error *err) {
    const char *table = o->row.figure.table->name;
    const struct sj_str name = o->row.name;
    const size_t near = n > 0 ? sj_str_nearest(name, names, n) : n;
    if (near < n)
        return sj_fail(err, SJ_E_USAGE, "%s has no row \"%.*s\"; did you mean \"%.*s\"?", table, SJ_ARG(name), SJ_ARG(names[near]));
    if (n > 0)
        return sj_fail(err, SJ_E_USAGE, "%s has no row \"%.*s\"; the first is \"%.*s\"", table, SJ_ARG(name), SJ_ARG(names[0]));
    return sj_fail(err, SJ_E_USAGE, "%s has no row \"%.*s\"", table, SJ_ARG(name));
}

/* Whether a part of the row's name says that it puts several together. */
static bool is_rest(const struct opening *o, const struct sj_table *table, size_t row) {
    const struct sj_str other = sj_str(sj_text(o->whole.lang, "(other)"));
    for (size_t c = 0; c < table->def->n_columns; c++)
        if ((sj_row_keys(table->def) >> c & 1) != 0 && sj_type_is_text(table->def->columns[c].type) &&
            sj_str_eq(sj_table_cell(table, row, c)->text, other))
            return true;
    return false;
}

static enum sj_status name_rows(struct opening *o, const struct sj_table *table, struct sj_row_times times, struct sj_str *names,
                                struct sj_error *err) {
    struct sj_buf name;
    enum sj_status status = SJ_OK;
    bool named = true;
    sj_buf_init(&name, o->run->job.mem, SIZE_MAX / 2);
    for (size_t row = 0; row < table->n_rows; row++) {
        SJ_TRY_CLEAN(sj_row_name(table, &o->row.figure, row, times, &name, &named, err));
        if (!named)
            SJ_TRY_CLEAN(sj_fail(err, SJ_E_USAGE, "the rows of %s have no names, so that none can be opened; choose another figure (of)",
                                 table->def->name));
        SJ_TRY_CLEAN(sj_result_text(&o->whole, sj_buf_str(&name), &names[row], err));
    }
cleanup:
    sj_buf_done(&name);
    return status;
}

static enum sj_status check_row_words(const struct opening *o, const struct sj_table *table, const struct sj_str *names,
                                      struct sj_error *err) {
    const char *name = o->row.figure.table->name;
    const bool one = sj_row_keys(o->row.figure.table) == 0;
    if (o->words->n_rows > 1)
        return sj_fail(err, SJ_E_USAGE, "row was given %zu times; the customers behind one row can be listed at a time", o->words->n_rows);
    if (one && o->words->n_rows > 0)
        return sj_fail(err, SJ_E_USAGE, "%s has one row, which has no name: leave row out", name);
    if (one || o->words->n_rows > 0)
        return SJ_OK;
    if (table->n_rows > 0)
        return sj_fail(err, SJ_E_USAGE, "which row of %s? Expected its name (row), such as \"%.*s\"", name, SJ_ARG(names[0]));
    return sj_fail(err, SJ_E_USAGE, "%s has no rows in this answer, so that there is nothing to open", name);
}

/* The row that has the name in either way to write times; n_rows where there is none. */
static enum sj_status find_name(struct opening *o, const struct sj_table *table, const struct sj_str *names, size_t *ret_row,
                                struct sj_error *err) {
    size_t n_found = 0;
    *ret_row = table->n_rows;
    for (size_t row = 0; row < table->n_rows; row++) {
        if (o->row.is_named && !sj_str_eq(names[row], o->row.name))
            continue;
        *ret_row = row;
        n_found++;
    }
    if (n_found > 1)
        return sj_fail(err, SJ_E_USAGE, "%zu rows of %s are called \"%.*s\", so that it cannot be opened", n_found, table->def->name,
                       SJ_ARG(o->row.name));
    return SJ_OK;
}

/* What a row counts first is counted of its customers; the figure is then no smaller than how many they are. */
static void take_cells(struct opening *o, const struct sj_table *table, size_t row) {
    const struct sj_table_def *def = table->def;
    const size_t column = o->row.figure.column;
    o->row.table = table;
    o->row.row = row;
    o->figure = sj_cell_count(sj_table_cell(table, row, column), def->columns[column].type);
    for (size_t c = 0; c < def->n_columns; c++) {
        const int64_t n = sj_table_cell(table, row, c)->i64;
        const bool fits = c == column || (column == first_that_opens(def) && n <= o->figure);
        if (strcmp(def->columns[c].name, "customers") == 0 && opens(def, c) && fits)
            o->n_customers = n;
    }
}

/* Where the answer does not show all of its rows the row may be one that it does not show: it is then looked for by its name. */
static enum sj_status find_row(struct opening *o, struct sj_error *err) {
    const struct sj_table *table = sj_result_find(&o->whole, o->row.figure.table->name);
    struct sj_str *names[2];
    size_t row = 0;
    bool all = true;
    assert(table); /* it is there when the answer is about nothing */
    for (int i = 0; i < 2; i++)
        SJ_TRY(sj_arena_new(&o->whole.arena, table->n_rows + 1, sizeof *names[i], &names[i], err));
    SJ_TRY(name_rows(o, table, (struct sj_row_times){SJ_ROW_TIMES_SHORT, o->run->job.zone}, names[0], err));
    SJ_TRY(name_rows(o, table, (struct sj_row_times){SJ_ROW_TIMES_ISO, NULL}, names[1], err));
    SJ_TRY(check_row_words(o, table, names[0], err));
    o->row.is_named = o->words->n_rows > 0;
    o->row.name = o->row.is_named ? o->words->rows[0] : SJ_LIT("");
    for (int i = 0; i < 2 && (i == 0 || row == table->n_rows); i++)
        SJ_TRY(find_name(o, table, names[i], &row, err));
    if (!o->row.is_named && table->n_rows == 0)
        o->figure = 0;
    for (size_t i = 0; i < table->n_rows; i++)
        all = all && !is_rest(o, table, i);
    if (row < table->n_rows && is_rest(o, table, row))
        return sj_fail(err, SJ_E_USAGE, "\"%.*s\" of %s puts several together, and cannot be opened; any of these can, by its own name",
                       SJ_ARG(o->row.name), table->def->name);
    if (row < table->n_rows)
        take_cells(o, table, row);
    else if (o->row.is_named && all && !table->partial)
        return no_row(o, names[0], table->n_rows, err);
    return SJ_OK;
}

/* ---- the list ---- */

static enum sj_status give_people(const struct sj_who_list *list, struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &customers_def, &table, err));
    table->partial = list->more;
    for (size_t i = 0; i < list->n; i++) {
        const struct sj_who_person *person = &list->people[i];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_text(person->identity);
        cells[1] = sj_cell_i64(person->figure);
        cells[2] = sj_cell_i64(person->n_events);
        cells[3] = sj_cell_i64(person->n_journeys);
        cells[4] = sj_cell_i64(person->first_us);
        cells[5] = sj_cell_i64(person->last_us);
    }
    return SJ_OK;
}

static enum sj_status note_count(const struct opening *o, struct sj_result *result, const char *column) {
    char figure[SJ_NUMBER_BYTES], customers[SJ_NUMBER_BYTES];
    sj_number_count(o->figure, result->lang, figure);
    sj_number_count(o->n_customers, result->lang, customers);
    if (o->figure >= 0 && o->row.figure.table->columns[o->row.figure.column].part)
        return sj_note(result, SJ_NOTE_INFO, "who_count", "%s.%s is a share there of which the part is %s", o->row.figure.table->name,
                       column, figure);
    if (o->figure >= 0 && o->n_customers >= 0)
        return sj_note(result, SJ_NOTE_INFO, "who_count", "%s.%s is %s there, of %s customers in all", o->row.figure.table->name, column,
                       figure, customers);
    return o->figure >= 0 ? sj_note(result, SJ_NOTE_INFO, "who_count", "%s.%s is %s there", o->row.figure.table->name, column, figure)
                          : SJ_OK;
}

static enum sj_status give_notes(const struct opening *o, const struct sj_who_list *list, struct sj_result *result, struct sj_error *err) {
    const char *table = o->row.figure.table->name, *column = o->row.figure.table->columns[o->row.figure.column].name;
    struct sj_buf segment;
    if (o->row.is_named)
        SJ_TRY(
            sj_note(result, SJ_NOTE_DEFINITION, "who_rule",
                    "Listed is who has %s.%s above 0 in the row \"%.*s\" when asked about alone, in the order of the store, which is the "
                    "same every time.",
                    table, column, SJ_ARG(o->row.name)));
    else
        SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "who_rule",
                       "Listed is who has %s.%s above 0 when asked about alone, in the order of the store, which is the same every time.",
                       table, column));
    SJ_TRY(note_count(o, result, column));
    if (list->more && list->n > 0)
        SJ_TRY(sj_note(result, SJ_NOTE_INFO, "who_more", "There are more; the next ones come with --who-after \"%.*s\"",
                       SJ_ARG(list->people[list->n - 1].identity)));
    sj_buf_init(&segment, o->run->job.mem, SIZE_MAX / 2);
    enum sj_status status = sj_who_segment(o->run, o->answer->question, &o->row, &segment, err);
    if (status == SJ_OK && segment.n > 0)
        status = sj_note(result, SJ_NOTE_INFO, "who_segment", "As a segment these are: %.*s", SJ_ARG(sj_buf_str(&segment)));
    else if (status == SJ_OK)
        status = sj_note(result, SJ_NOTE_INFO, "who_no_segment",
                         "No segment says the same of this question; the list itself can be taken on (--format csv, --who-limit)");
    sj_buf_done(&segment);
    return status;
}

static enum sj_status list_people(struct opening *o, struct sj_snapshot *snapshot, struct sj_who_list *ret_list, struct sj_error *err) {
    const struct sj_who_words *who = &o->answer->question->who;
    const sj_key after = sj_snapshot_key(snapshot, who->after);
    const struct sj_who_ask ask = {.row = o->row,
                                   .after = who->after.n > 0 ? &after : NULL,
                                   .limit = who->limit > 0 ? (uint64_t)who->limit : SJ_WHO_LIMIT,
                                   .lang = o->answer->result.lang};
    *ret_list = (struct sj_who_list){.n = 0};
    if (o->figure == 0)
        return SJ_OK;
    SJ_TRY(sj_who_scan(o->run, snapshot, &ask, &o->answer->result.arena, ret_list, err));
    if (!o->row.table && !ask.after && ret_list->n == 0)
        return no_row(o, NULL, 0, err);
    if (!ask.after && !ret_list->more) {
        o->n_customers = (int64_t)ret_list->n;
        if (o->figure >= 0 && o->figure != ret_list->figure)
            return sj_fail(err, SJ_E_BUG, "%s.%s is not the sum of what it is for each customer; please report this",
                           o->row.figure.table->name, o->row.figure.table->columns[o->row.figure.column].name);
        o->figure = ret_list->figure;
    }
    return SJ_OK;
}

static enum sj_status open_row(struct opening *o, struct sj_snapshot *snapshot, struct sj_error *err) {
    struct sj_who_list list;
    SJ_TRY(find_figure(o, err));
    SJ_TRY(check_compares(o, err));
    SJ_TRY(sj_run_once(o->run, &o->answer->counts, &o->whole, err));
    SJ_TRY(find_row(o, err));
    SJ_TRY(show(o, true, err));
    SJ_TRY(list_people(o, snapshot, &list, err));
    SJ_TRY(give_people(&list, &o->answer->result, err));
    return give_notes(o, &list, &o->answer->result, err);
}

enum sj_status sj_who(struct sj_run *run, struct sj_snapshot *snapshot, struct sj_answer *answer, struct sj_error *err) {
    struct opening o = {
        .run = run, .answer = answer, .words = &answer->question->trend, .asked = run->job.args, .figure = -1, .n_customers = -1};
    sj_result_init(&o.whole, run->job.mem, answer->result.lang);
    o.whole.analysis = run->analysis->name;
    const enum sj_status status = open_row(&o, snapshot, err);
    sj_result_done(&o.whole);
    run->job.args = o.asked;
    return status;
}
