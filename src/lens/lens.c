/* Opening a lens: words become a plan. */
#include "lens/plan.h"
#include <stdlib.h>
#include "base/json.h"
#include "base/time.h"
#include "lens/lens.h"

/* ---- range and zone ---- */

static enum sj_status parse_time(const struct sj_lens *lens, struct sj_str text, const char *flag, int64_t *ret_us, struct sj_error *err) {
    if (!sj_time_parse_iso(text, lens->zone, ret_us, NULL))
        return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no time for %s; expected a date such as 2026-01-31, or 2026-01-31T12:00", SJ_ARG(text),
                       flag);
    return SJ_OK;
}

static int64_t clamp(int64_t value, int64_t min, int64_t max) { return value < min ? min : value > max ? max : value; }

/* The range that was asked for, cut to what the store holds; empty, not reversed, where they do not meet. */
static enum sj_status open_range(struct sj_lens *lens, const struct sj_lens_words *words, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(lens->snapshot);
    int64_t from_us = INT64_MIN, to_us = INT64_MAX, as_of_us;
    if (words->from.n > 0)
        SJ_TRY(parse_time(lens, words->from, "from", &from_us, err));
    if (words->to.n > 0)
        SJ_TRY(parse_time(lens, words->to, "to", &to_us, err));
    if (words->as_of.n > 0) {
        SJ_TRY(parse_time(lens, words->as_of, "as-of", &as_of_us, err));
        SJ_TRY(sj_people_open(lens->snapshot, as_of_us - 1, &lens->people, err)); /* until then, as with `to` */
        lens->wanted.people = lens->people;
        to_us = as_of_us < to_us ? as_of_us : to_us;
    }
    if (from_us >= to_us)
        return sj_fail(err, SJ_E_USAGE, "the range is empty: from (%.*s) is not before to (%.*s)", SJ_ARG(words->from), SJ_ARG(words->to));
    const bool any = view->n_events > 0;
    lens->has_range = any && (from_us > view->min_time_us || to_us <= view->max_time_us);
    if (!any)
        return SJ_OK; /* the empty range at 0 */
    lens->from_us = clamp(from_us, view->min_time_us, view->max_time_us + 1);
    lens->to_us = clamp(to_us, view->min_time_us, view->max_time_us + 1);
    return SJ_OK;
}

/* ---- properties by name ---- */

/* `or_channel`: where the word channel could stand too. */
static enum sj_status unknown_property(const struct sj_lens *lens, struct sj_str name, bool or_channel, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(lens->snapshot);
    struct sj_str *names;
    struct sj_arena arena;
    sj_arena_init(&arena, lens->mem);
    enum sj_status status = sj_arena_new(&arena, view->n_columns + 1, sizeof *names, &names, err);
    if (status == SJ_OK) {
        for (uint32_t i = 0; i < view->n_columns; i++)
            names[i] = view->columns[i].name;
        names[view->n_columns] = SJ_LIT("channel");
        const size_t n_names = view->n_columns + or_channel;
        const size_t near = sj_str_nearest(name, names, n_names);
        status = near < n_names
                     ? sj_fail(err, SJ_E_USAGE, "there is no property \"%.*s\"; did you mean \"%.*s\"?", SJ_ARG(name), SJ_ARG(names[near]))
                     : sj_fail(err, SJ_E_USAGE, "there is no property \"%.*s\" in this store (sojourn info lists them)", SJ_ARG(name));
    }
    sj_arena_done(&arena);
    return status;
}

size_t sj_lens_columns(const struct sj_view *view, struct sj_str name, uint16_t columns[SJ_N_KINDS]) {
    size_t n = 0;
    for (int kind = 0; kind < SJ_N_KINDS; kind++) {
        for (uint32_t i = 0; i < view->n_columns; i++) {
            if ((int)view->columns[i].kind == kind && sj_str_eq(view->columns[i].name, name)) {
                columns[n++] = (uint16_t)i;
                break;
            }
        }
    }
    return n;
}

/* ---- slices ---- */

/* Whether the text begins with the word, which ends there or before a space. */
static bool starts_with(struct sj_str text, const char *word, struct sj_str *ret_rest) {
    const size_t n = strlen(word);
    if (text.n < n || !sj_str_eq((struct sj_str){text.p, n}, sj_str(word)) || (text.n > n && text.p[n] != ' '))
        return false;
    *ret_rest = sj_str_trim((struct sj_str){text.p + n, text.n - n});
    return true;
}

static enum sj_status open_slice(struct sj_lens *lens, struct sj_str words, struct sj_error *err) {
    struct sj_str rest;
    if (words.n == 0 || sj_str_eq(words, SJ_LIT("history")))
        return SJ_OK;
    if (starts_with(words, "session", &rest)) {
        lens->slice = SLICE_SESSION;
        lens->gap_us = 30 * SJ_US_MINUTE;
        if (rest.n > 0 && (!sj_duration_parse(rest, &lens->gap_us) || lens->gap_us == 0))
            return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no pause for sessions; expected a time such as 30m", SJ_ARG(rest));
        return SJ_OK;
    }
    if (starts_with(words, "by", &rest) && rest.n > 0) {
        lens->slice = SLICE_BY;
        lens->n_case_columns = sj_lens_columns(sj_snapshot_view(lens->snapshot), rest, lens->case_columns);
        return lens->n_case_columns > 0 ? SJ_OK : unknown_property(lens, rest, false, err);
    }
    return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no rule for journeys; expected history, session 30m, or by PROPERTY", SJ_ARG(words));
}

/* ---- dimensions ---- */

static enum sj_status too_many(struct sj_str name, struct sj_error *err) {
    return sj_fail(err, SJ_E_LIMIT, "\"%.*s\" has more than %d different values, too many to tell events apart by", SJ_ARG(name),
                   SJ_DIMENSION_TEXTS_MAX);
}

size_t sj_lens_value_text(enum sj_kind kind, int64_t value, char out[64]) {
    double number;
    switch (kind) {
    case SJ_KIND_TRUTH: return (size_t)(stpcpy(out, value ? "true" : "false") - out);
    case SJ_KIND_TIME: return sj_time_format(value, out);
    case SJ_KIND_MONEY: return sj_money_format(value, out);
    case SJ_KIND_DURATION: return sj_duration_format(value, out);
    default: memcpy(&number, &value, sizeof number); return sj_double_format(number, out);
    }
}

/* All distinct values of a column that is not text. */
static enum sj_status gather_values(struct sj_lens *lens, struct sj_str name, struct dimension_column *column, struct sj_error *err) {
    const struct sj_wanted wanted = {.columns = &column->column, .n_columns = 1};
    struct sj_cursor *cursor;
    const struct sj_rows *rows;
    SJ_TRY(sj_cursor_open(lens->snapshot, &wanted, (sj_key){0, 0}, NULL, &cursor, err));
    enum sj_status status;
    while ((status = sj_cursor_next(cursor, &rows, err)) == SJ_OK && rows) {
        for (uint32_t i = 0; rows->n_columns > 0 && i < rows->columns[0].n && status == SJ_OK; i++) {
            uint32_t place;
            status = sj_names_add(&column->values, (struct sj_str){(const char *)&rows->columns[0].values[i], 8}, &place, err);
            if (status == SJ_OK && place >= SJ_DIMENSION_TEXTS_MAX)
                status = too_many(name, err);
        }
        if (status != SJ_OK)
            break;
    }
    sj_cursor_close(cursor);
    return status;
}

static enum sj_status gather_texts(struct sj_lens *lens, struct sj_str name, struct dimension_column *column, struct sj_error *err) {
    struct sj_arena arena;
    struct sj_str *texts;
    size_t n = 0;
    sj_arena_init(&arena, lens->mem);
    enum sj_status status = sj_snapshot_texts(lens->snapshot, column->column, SJ_DIMENSION_TEXTS_MAX, &arena, &texts, &n, err);
    if (status == SJ_E_LIMIT)
        status = too_many(name, err);
    for (size_t i = 0; i < n && status == SJ_OK; i++) {
        uint32_t place;
        status = sj_names_add(&column->values, texts[i], &place, err);
    }
    sj_arena_done(&arena);
    return status;
}

/* The text of value `place` of the column; in the lens's arena. */
static enum sj_status text_of(struct sj_lens *lens, const struct dimension_column *column, uint32_t place, struct sj_str *ret_text,
                              struct sj_error *err) {
    const enum sj_kind kind = sj_snapshot_view(lens->snapshot)->columns[column->column].kind;
    const struct sj_str bytes = sj_names_at(&column->values, place);
    const char *copy;
    char out[64];
    int64_t value;
    if (kind == SJ_KIND_TEXT) {
        *ret_text = bytes; /* lives in the names, as long as the lens */
        return SJ_OK;
    }
    memcpy(&value, bytes.p, sizeof value);
    const size_t n = sj_lens_value_text(kind, value, out);
    SJ_TRY(sj_arena_print(&lens->arena, &copy, err, "%.*s", (int)n, out));
    *ret_text = (struct sj_str){copy, n};
    return SJ_OK;
}

/* Sorted texts of all columns together, each once; then every value gets the code of its text. */
static enum sj_status number_values(struct sj_lens *lens, struct dimension_plan *plan, struct sj_dimension *dimension,
                                    struct sj_error *err) {
    struct sj_str *texts;
    size_t n = 0, n_all = 0;
    for (size_t c = 0; c < plan->n_columns; c++)
        n_all += sj_names_count(&plan->columns[c].values);
    SJ_TRY(sj_arena_new(&lens->arena, n_all + 1, sizeof *texts, &texts, err));
    for (size_t c = 0; c < plan->n_columns; c++) {
        for (uint32_t i = 0; i < sj_names_count(&plan->columns[c].values); i++)
            SJ_TRY(text_of(lens, &plan->columns[c], i, &texts[n++], err));
    }
    qsort(texts, n, sizeof *texts, sj_str_order);
    size_t n_texts = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !sj_str_eq(texts[i], texts[n_texts - 1]))
            texts[n_texts++] = texts[i];
    }
    for (size_t c = 0; c < plan->n_columns; c++) {
        struct dimension_column *column = &plan->columns[c];
        SJ_TRY(sj_arena_new(&lens->arena, sj_names_count(&column->values) + 1, sizeof *column->codes, &column->codes, err));
        for (uint32_t i = 0; i < sj_names_count(&column->values); i++) {
            struct sj_str text;
            SJ_TRY(text_of(lens, column, i, &text, err));
            const struct sj_str *at = bsearch(&text, texts, n_texts, sizeof *texts, sj_str_order);
            column->codes[i] = (uint32_t)(at - texts);
        }
    }
    dimension->texts = texts;
    dimension->n_texts = (uint32_t)n_texts;
    return SJ_OK;
}

/* Channels in the order of their names; the first, the empty one, is no value. */
static enum sj_status number_channels(struct sj_lens *lens, struct dimension_plan *plan, struct sj_dimension *dimension,
                                      struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(lens->snapshot);
    struct sj_str *texts;
    SJ_TRY(sj_arena_new(&lens->arena, view->n_channels + 1, sizeof *texts, &texts, err));
    SJ_TRY(sj_arena_new(&lens->arena, view->n_channels + 1, sizeof *plan->channel_codes, &plan->channel_codes, err));
    const uint32_t n = view->n_channels > 0 ? view->n_channels - 1 : 0;
    for (uint32_t i = 0; i < n; i++)
        texts[i] = view->channels[i + 1];
    qsort(texts, n, sizeof *texts, sj_str_order);
    plan->channel_codes[0] = SJ_NO_CODE;
    for (uint32_t i = 0; i < n; i++) {
        const struct sj_str *at = bsearch(&view->channels[i + 1], texts, n, sizeof *texts, sj_str_order);
        plan->channel_codes[i + 1] = (uint32_t)(at - texts);
    }
    plan->channel = true;
    dimension->texts = texts;
    dimension->n_texts = n;
    return SJ_OK;
}

static enum sj_status open_dimension(struct sj_lens *lens, struct sj_str name, struct dimension_plan *plan, struct sj_dimension *dimension,
                                     struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(lens->snapshot);
    uint16_t columns[SJ_N_KINDS];
    dimension->name = name;
    if (sj_str_eq(name, SJ_LIT("channel")))
        return number_channels(lens, plan, dimension, err);
    const size_t n = sj_lens_columns(view, name, columns);
    if (n == 0)
        return unknown_property(lens, name, true, err);
    for (size_t i = 0; i < n; i++) {
        struct dimension_column *column = &plan->columns[plan->n_columns++];
        column->column = columns[i];
        sj_names_init(&column->values, lens->mem, sj_snapshot_key(lens->snapshot, name).hi);
        SJ_TRY(view->columns[columns[i]].kind == SJ_KIND_TEXT ? gather_texts(lens, name, column, err)
                                                              : gather_values(lens, name, column, err));
    }
    return number_values(lens, plan, dimension, err);
}

/* ---- properties that tell few cases apart ---- */

/* Whether all that is kept under the name are texts and truths. */
static bool is_told_apart(const struct sj_view *view, const uint16_t *columns, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const enum sj_kind kind = view->columns[columns[i]].kind;
        if (kind != SJ_KIND_TEXT && kind != SJ_KIND_TRUTH)
            return false;
    }
    return true;
}

/* Truths are two values, whichever of them occur; texts stand in dictionaries. So events need not be read. */
static enum sj_status gather_few(struct sj_lens *lens, struct dimension_column *column, bool *few, struct sj_error *err) {
    struct sj_arena arena;
    struct sj_str *texts;
    size_t n = 0;
    uint32_t place;
    if (sj_snapshot_view(lens->snapshot)->columns[column->column].kind == SJ_KIND_TRUTH) {
        for (int64_t truth = 0; truth < 2; truth++)
            SJ_TRY(sj_names_add(&column->values, (struct sj_str){(const char *)&truth, sizeof truth}, &place, err));
        return SJ_OK;
    }
    sj_arena_init(&arena, lens->mem);
    enum sj_status status = sj_snapshot_texts(lens->snapshot, column->column, SJ_FEW_TEXTS_MAX, &arena, &texts, &n, err);
    *few = status != SJ_E_LIMIT;
    status = status == SJ_E_LIMIT ? SJ_OK : status;
    for (size_t i = 0; i < n && status == SJ_OK; i++)
        status = sj_names_add(&column->values, texts[i], &place, err);
    sj_arena_done(&arena);
    return status;
}

/* As the next dimension, where its values are few. */
static enum sj_status open_property(struct sj_lens *lens, struct sj_str name, struct sj_error *err) {
    struct dimension_plan *plan = &lens->plans[lens->n_dimensions];
    struct sj_dimension *dimension = &lens->dimensions[lens->n_dimensions];
    uint16_t columns[SJ_N_KINDS];
    const size_t n = sj_lens_columns(sj_snapshot_view(lens->snapshot), name, columns);
    bool few = is_told_apart(sj_snapshot_view(lens->snapshot), columns, n);
    enum sj_status status = SJ_OK;
    *plan = (struct dimension_plan){.channel = false};
    *dimension = (struct sj_dimension){.name = name};
    for (size_t i = 0; few && i < n && status == SJ_OK; i++) {
        struct dimension_column *column = &plan->columns[plan->n_columns++];
        column->column = columns[i];
        sj_names_init(&column->values, lens->mem, sj_snapshot_key(lens->snapshot, name).hi);
        status = gather_few(lens, column, &few, err);
    }
    if (few && status == SJ_OK)
        status = number_values(lens, plan, dimension, err);
    if (few && status == SJ_OK && dimension->n_texts >= 2 && dimension->n_texts <= SJ_FEW_TEXTS_MAX) {
        lens->n_dimensions++;
        lens->n_properties++;
        return SJ_OK;
    }
    for (size_t i = 0; i < plan->n_columns; i++)
        sj_names_done(&plan->columns[i].values);
    return status;
}

static enum sj_status open_properties(struct sj_lens *lens, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(lens->snapshot);
    struct sj_str *names;
    SJ_TRY(sj_arena_new(&lens->arena, view->n_columns + 1, sizeof *names, &names, err));
    for (uint32_t i = 0; i < view->n_columns; i++)
        names[i] = view->columns[i].name;
    qsort(names, view->n_columns, sizeof *names, sj_str_order);
    for (uint32_t i = 0; i < view->n_columns && lens->n_properties < SJ_FEW_PROPERTIES_MAX; i++) {
        if (i == 0 || !sj_str_eq(names[i], names[i - 1]))
            SJ_TRY(open_property(lens, names[i], err));
    }
    return SJ_OK;
}

/* Those that are named, then the others that are asked for. */
static enum sj_status open_dimensions(struct sj_lens *lens, const struct sj_lens_request *request, struct sj_error *err) {
    const size_t n = request->n_dimensions + (request->properties ? SJ_FEW_PROPERTIES_MAX : 0);
    SJ_TRY(sj_arena_new(&lens->arena, n + 1, sizeof *lens->dimensions, &lens->dimensions, err));
    SJ_TRY(sj_arena_new(&lens->arena, n + 1, sizeof *lens->plans, &lens->plans, err));
    for (size_t i = 0; i < request->n_dimensions; i++) {
        lens->n_dimensions = i + 1;
        SJ_TRY(open_dimension(lens, request->dimensions[i], &lens->plans[i], &lens->dimensions[i], err));
    }
    return request->properties ? open_properties(lens, err) : SJ_OK;
}

/* ---- measures ---- */

static enum sj_status open_measure(struct sj_lens *lens, struct sj_str name, struct measure_plan *plan, struct sj_measure *measure,
                                   struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(lens->snapshot);
    uint16_t columns[SJ_N_KINDS];
    const size_t n = sj_lens_columns(view, name, columns);
    measure->name = name;
    for (size_t i = 0; i < n; i++) {
        const enum sj_kind kind = view->columns[columns[i]].kind;
        if (kind != SJ_KIND_NUMBER && kind != SJ_KIND_MONEY && kind != SJ_KIND_DURATION)
            continue;
        if (measure->unit != SJ_UNIT_MONEY && kind != SJ_KIND_NUMBER)
            measure->unit = kind == SJ_KIND_MONEY ? SJ_UNIT_MONEY : SJ_UNIT_SECOND;
        plan->columns[plan->n_columns++] = columns[i];
    }
    if (n > 0 && plan->n_columns == 0)
        return sj_fail(err, SJ_E_USAGE, "\"%.*s\" holds %s; expected a property with numbers, money or durations", SJ_ARG(name),
                       sj_kind_name(view->columns[columns[n - 1]].kind));
    return n > 0 ? SJ_OK : unknown_property(lens, name, false, err);
}

static enum sj_status open_measures(struct sj_lens *lens, const struct sj_lens_request *request, struct sj_error *err) {
    SJ_TRY(sj_arena_new(&lens->arena, request->n_measures + 1, sizeof *lens->measures, &lens->measures, err));
    SJ_TRY(sj_arena_new(&lens->arena, request->n_measures + 1, sizeof *lens->measure_plans, &lens->measure_plans, err));
    lens->n_measures = request->n_measures;
    for (size_t i = 0; i < request->n_measures; i++)
        SJ_TRY(open_measure(lens, request->measures[i], &lens->measure_plans[i], &lens->measures[i], err));
    return SJ_OK;
}

/* ---- routes ---- */

/* The conditions of all patterns stand in one list, those of a pattern together. */
static enum sj_status open_routes(struct sj_lens *lens, const struct sj_lens_request *request, struct sj_error *err) {
    size_t n = 0;
    SJ_TRY(sj_arena_new(&lens->arena, request->n_routes + 1, sizeof *lens->patterns, (void *)&lens->patterns, err));
    for (size_t i = 0; i < request->n_routes; i++) {
        struct sj_pattern *pattern;
        SJ_TRY(sj_pattern_compile(request->routes[i].texts, request->routes[i].n, sj_snapshot_view(lens->snapshot), lens->zone,
                                  &lens->arena, &pattern, err));
        pattern->first_condition = (uint32_t)n;
        n += pattern->n_conditions;
        lens->patterns[i] = pattern;
    }
    SJ_TRY(sj_arena_new(&lens->arena, n + 1, sizeof *lens->conditions, (void *)&lens->conditions, err));
    for (size_t i = 0; i < request->n_routes; i++)
        for (uint32_t c = 0; c < lens->patterns[i]->n_conditions; c++)
            lens->conditions[lens->n_conditions++] = lens->patterns[i]->conditions[c];
    return SJ_OK;
}

/* ---- who is among which customers ---- */

static enum sj_status open_members(struct sj_lens *lens, const struct sj_lens_request *request, struct sj_error *err) {
    SJ_TRY(sj_arena_new(&lens->arena, request->n_members + 1, sizeof *lens->members, (void *)&lens->members, err));
    for (; lens->n_members < request->n_members; lens->n_members++)
        SJ_TRY(sj_segment_compile(request->members[lens->n_members], sj_snapshot_view(lens->snapshot), lens->zone, lens->to_us,
                                  &lens->arena, &lens->members[lens->n_members], err));
    return SJ_OK;
}

/* ---- what the store shall decode ---- */

static enum sj_status open_wanted(struct sj_lens *lens, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(lens->snapshot);
    bool *used;
    uint16_t *columns;
    SJ_TRY(sj_arena_new(&lens->arena, view->n_columns + 1, sizeof *used, &used, err));
    SJ_TRY(sj_arena_new(&lens->arena, view->n_columns + 1, sizeof *columns, &columns, err));
    lens->wanted.identity = lens->identity;
    lens->wanted.time = lens->time || lens->has_range || lens->slice == SLICE_SESSION;
    lens->wanted.channel = lens->channel || (lens->where && sj_where_needs_channel(lens->where));
    if (lens->where)
        sj_where_columns(lens->where, used);
    if (lens->segment)
        sj_segment_needs(lens->segment, used, &lens->wanted.time, &lens->wanted.channel);
    for (size_t s = 0; s < lens->n_members; s++)
        sj_segment_needs(lens->members[s], used, &lens->wanted.time, &lens->wanted.channel);
    for (size_t c = 0; c < lens->n_conditions; c++) {
        sj_where_columns(lens->conditions[c], used);
        lens->wanted.channel = lens->wanted.channel || sj_where_needs_channel(lens->conditions[c]);
    }
    for (size_t i = 0; i < lens->n_case_columns; i++)
        used[lens->case_columns[i]] = true;
    for (size_t d = 0; d < lens->n_dimensions; d++) {
        lens->wanted.channel = lens->wanted.channel || lens->plans[d].channel;
        for (size_t c = 0; c < lens->plans[d].n_columns; c++)
            used[lens->plans[d].columns[c].column] = true;
    }
    for (size_t m = 0; m < lens->n_measures; m++) {
        for (size_t c = 0; c < lens->measure_plans[m].n_columns; c++)
            used[lens->measure_plans[m].columns[c]] = true;
    }
    for (uint32_t i = 0; i < view->n_columns; i++) {
        if (used[i])
            columns[lens->wanted.n_columns++] = (uint16_t)i;
    }
    lens->wanted.columns = columns;
    return SJ_OK;
}

static enum sj_status open_all(struct sj_lens *lens, const struct sj_os *os, const struct sj_lens_request *request, struct sj_error *err) {
    const struct sj_lens_words *words = request->words;
    if (words->timezone.n > 0)
        SJ_TRY(sj_os_zone(os, lens->mem, words->timezone, &lens->zone, err));
    SJ_TRY(open_range(lens, words, err));
    if (sj_str_trim(words->where).n > 0)
        SJ_TRY(sj_where_compile(words->where, sj_snapshot_view(lens->snapshot), lens->zone, &lens->arena, &lens->where, err));
    if (sj_str_trim(words->segment).n > 0)
        SJ_TRY(sj_segment_compile(words->segment, sj_snapshot_view(lens->snapshot), lens->zone, lens->to_us, &lens->arena, &lens->segment,
                                  err));
    SJ_TRY(open_slice(lens, sj_str_trim(words->journey), err));
    SJ_TRY(open_dimensions(lens, request, err));
    SJ_TRY(open_measures(lens, request, err));
    SJ_TRY(open_routes(lens, request, err));
    SJ_TRY(open_members(lens, request, err));
    return open_wanted(lens, err);
}

enum sj_status sj_lens_open(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot,
                            const struct sj_lens_request *request, struct sj_lens **ret_lens, struct sj_error *err) {
    struct sj_lens *lens;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *lens, &lens, err));
    lens->mem = mem;
    lens->snapshot = snapshot;
    lens->time = request->time;
    lens->channel = request->channel;
    lens->identity = request->identity;
    sj_arena_init(&lens->arena, mem);
    const enum sj_status status = open_all(lens, os, request, err);
    if (status != SJ_OK) {
        sj_lens_close(lens);
        return status;
    }
    *ret_lens = lens;
    return SJ_OK;
}

void sj_lens_close(struct sj_lens *lens) {
    if (!lens)
        return;
    for (size_t d = 0; d < lens->n_dimensions; d++) {
        for (size_t c = 0; c < lens->plans[d].n_columns; c++)
            sj_names_done(&lens->plans[d].columns[c].values);
    }
    sj_zone_free(lens->mem, lens->zone);
    sj_people_close(lens->people);
    sj_arena_done(&lens->arena);
    sj_mem_free(lens->mem, lens);
}

const struct sj_dimension *sj_lens_dimensions(const struct sj_lens *lens) { return lens->dimensions; }

void sj_lens_count_dimensions(const struct sj_lens *lens, uint32_t *ret_n, uint32_t *ret_n_properties) {
    *ret_n = (uint32_t)lens->n_dimensions;
    *ret_n_properties = (uint32_t)lens->n_properties;
}

const struct sj_measure *sj_lens_measures(const struct sj_lens *lens) { return lens->measures; }

const struct sj_pattern *const *sj_lens_patterns(const struct sj_lens *lens, uint32_t *ret_n_conditions) {
    *ret_n_conditions = (uint32_t)lens->n_conditions;
    return lens->patterns;
}

bool sj_lens_cuts_sessions(const struct sj_lens *lens) { return lens->slice == SLICE_SESSION; }
const struct sj_people *sj_lens_people(const struct sj_lens *lens) { return lens->people; }
const struct sj_zone *sj_lens_zone(const struct sj_lens *lens) { return lens->zone; }

void sj_lens_range(const struct sj_lens *lens, int64_t *ret_from_us, int64_t *ret_to_us) {
    *ret_from_us = lens->from_us;
    *ret_to_us = lens->to_us;
}
