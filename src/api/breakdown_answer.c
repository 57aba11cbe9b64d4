#include "api/breakdown_answer.h"

#include <string.h>
#include "base/number.h"

static const struct sj_column_def part_columns[] = {
    {.name = "segment", .label = SJ_T("Segment"), .type = SJ_TYPE_TEXT, .help = SJ_T("its name, or the value of the property")},
    {.name = "customers",
     .label = SJ_T("Customers"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("of the segment, that the lens leaves"),
     .drawn = true},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("of theirs, as the lens cuts them")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("of theirs, that the lens lets through")},
    {.name = "condition", .label = SJ_T("Condition"), .type = SJ_TYPE_TEXT, .help = SJ_T("as --segment takes it, for this part alone")},
};
static const struct sj_table_def part_def = {
    .name = "parts", .title = SJ_T("The segments"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(part_columns)};

static enum sj_status set_text(struct sj_result *result, struct sj_str text, struct sj_cell *cell, struct sj_error *err) {
    cell->known = true;
    return sj_result_text(result, text, &cell->text, err);
}

static enum sj_status give_parts(const struct sj_breakdown_part *parts, size_t n, struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &part_def, &table, err));
    for (size_t i = 0; i < n; i++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(set_text(result, parts[i].segment->name, &cells[0], err));
        cells[1] = sj_cell_i64(parts[i].n_customers);
        cells[2] = sj_cell_i64(parts[i].n_journeys);
        cells[3] = sj_cell_i64(parts[i].n_events);
        SJ_TRY(set_text(result, parts[i].segment->condition, &cells[4], err));
    }
    return SJ_OK;
}

/* ---- the analysis's tables ---- */

/* One row for each segment is a picture of its own: the segments beside each other. Of more rows only the figures are shown, since a picture would
 * name them by the segment alone. */
static enum sj_picture picture_for(const struct sj_table_def *def, bool single) {
    for (size_t i = 0; single && i < def->n_columns; i++)
        if (def->columns[i].drawn && !sj_type_is_text(def->columns[i].type) && def->columns[i].type != SJ_TYPE_ROUTE)
            return sj_type_is_estimate(def->columns[i].type) ? SJ_PICTURE_DOTS : SJ_PICTURE_BARS;
    return SJ_PICTURE_NONE;
}

/* The columns of the analysis behind that of the segment, which has a name that none of them has. */
static enum sj_status make_def(const struct sj_table_def *from, bool single, struct sj_result *result, const struct sj_table_def **ret_def,
                               struct sj_error *err) {
    struct sj_column_def *columns;
    struct sj_table_def *def;
    bool taken = false;
    SJ_TRY(sj_arena_new(&result->arena, from->n_columns + 1, sizeof *columns, &columns, err));
    SJ_TRY(sj_arena_new(&result->arena, 1, sizeof *def, &def, err));
    for (size_t i = 0; i < from->n_columns; i++) {
        columns[1 + i] = from->columns[i];
        taken |= strcmp(from->columns[i].name, "segment") == 0;
    }
    columns[0] = part_columns[0];
    columns[0].name = taken ? "segment_" : "segment";
    *def = *from;
    def->columns = columns;
    def->n_columns = from->n_columns + 1;
    def->picture = picture_for(from, single);
    *ret_def = def;
    return SJ_OK;
}

static enum sj_status copy_cell(enum sj_type type, struct sj_result *result, struct sj_cell *cell, struct sj_error *err) {
    struct sj_str *steps;
    if (!cell->known)
        return SJ_OK;
    if (sj_type_is_text(type))
        return sj_result_text(result, cell->text, &cell->text, err);
    if (type != SJ_TYPE_ROUTE)
        return SJ_OK;
    SJ_TRY(sj_arena_new(&result->arena, cell->route.n_steps, sizeof *steps, &steps, err));
    for (size_t i = 0; i < cell->route.n_steps; i++)
        SJ_TRY(sj_result_text(result, cell->route.steps[i], &steps[i], err));
    cell->route.steps = steps;
    return SJ_OK;
}

static enum sj_status copy_rows(const struct sj_breakdown_part *part, const struct sj_table *from, struct sj_result *result,
                                struct sj_table *table, struct sj_error *err) {
    const size_t n = from->def->n_columns;
    table->partial |= from->partial;
    for (size_t row = 0; row < from->n_rows; row++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(set_text(result, part->segment->name, &cells[0], err));
        memcpy(&cells[1], sj_table_cell(from, row, 0), n * sizeof *cells);
        for (size_t i = 0; i < n; i++)
            SJ_TRY(copy_cell(from->def->columns[i].type, result, &cells[1 + i], err));
    }
    return SJ_OK;
}

/* Whether no part has more than one row of it. */
static bool is_single(const struct sj_breakdown_part *parts, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++) {
        const struct sj_table *table = sj_result_find(parts[i].result, name);
        if (table && table->n_rows > 1)
            return false;
    }
    return true;
}

/* The rows of all parts that have the table, unless it is there already: not every answer has every table. */
static enum sj_status give_table(const struct sj_breakdown_part *parts, size_t n, const struct sj_table_def *from, struct sj_result *result,
                                 struct sj_error *err) {
    const struct sj_table_def *def;
    struct sj_table *table;
    if (sj_result_find(result, from->name))
        return SJ_OK;
    SJ_TRY(make_def(from, is_single(parts, n, from->name), result, &def, err));
    SJ_TRY(sj_result_table(result, def, &table, err));
    for (size_t i = 0; i < n; i++) {
        const struct sj_table *of_part = sj_result_find(parts[i].result, from->name);
        if (of_part)
            SJ_TRY(copy_rows(&parts[i], of_part, result, table, err));
    }
    return SJ_OK;
}

/* ---- notes ---- */

static size_t count_notes(const struct sj_breakdown_part *parts, size_t n, const char *code) {
    size_t n_parts = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < parts[i].result->n_notes; k++)
            n_parts += strcmp(parts[i].result->notes[k].code, code) == 0;
    return n_parts;
}

/* A definition holds for all; what else an answer says is told with the first segment of which it is so. */
static enum sj_status give_notes(const struct sj_breakdown_part *parts, size_t n, struct sj_result *result) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < parts[i].result->n_notes; k++) {
            const struct sj_note *note = &parts[i].result->notes[k];
            if (note->level == SJ_NOTE_DEFINITION)
                SJ_TRY(sj_note(result, note->level, note->code, "%s", note->text));
            else
                SJ_TRY(sj_note(result, note->level, note->code, "in %zu of %zu segments; in \"%.*s\": %s",
                               count_notes(parts, n, note->code), n, SJ_ARG(parts[i].segment->name), note->text));
        }
    }
    return SJ_OK;
}

static enum sj_status give_whole(const struct sj_breakdown_whole *whole, struct sj_result *result) {
    char some[SJ_NUMBER_BYTES], all[SJ_NUMBER_BYTES];
    sj_number_count(whole->n_customers, result->lang, all);
    SJ_TRY(sj_note(result, SJ_NOTE_DEFINITION, "breakdown_rule", "Each segment is asked by itself, as with --segment."));
    if (whole->n_in_several > 0) {
        sj_number_count(whole->n_in_several, result->lang, some);
        SJ_TRY(sj_note(result, SJ_NOTE_INFO, "overlap",
                       "%s of %s customers belong to several of these segments and count in each: the figures do not add up.", some, all));
    }
    if (whole->n_in_none == 0)
        return SJ_OK;
    sj_number_count(whole->n_in_none, result->lang, some);
    return sj_note(result, SJ_NOTE_INFO, "in_no_segment", "%s of %s customers belong to none of these segments.", some, all);
}

enum sj_status sj_breakdown_give(const struct sj_breakdown_part *parts, size_t n, const struct sj_breakdown_whole *whole,
                                 struct sj_result *result, struct sj_error *err) {
    SJ_TRY(give_parts(parts, n, result, err));
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < parts[i].result->n_tables; t++)
            SJ_TRY(give_table(parts, n, parts[i].result->tables[t].def, result, err));
    SJ_TRY(give_whole(whole, result));
    return give_notes(parts, n, result);
}
