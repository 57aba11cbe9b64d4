#include "ingest/loader.h"

#include <stdio.h>

#include "ingest/kinds.h"
#include "ingest/loader_internal.h"
#include "ingest/roles.h"

#define SHOWN_BYTES 60 /* of a text in a message */
#define EARLY_ROWS 100000
#define EARLY_TIMES 10

/* ---- life ---- */

static void cache_init(struct code_cache *cache, const struct sj_alloc *mem, uint64_t seed) {
    sj_names_init(&cache->names, mem, seed);
    sj_buf_init(&cache->codes, mem, SIZE_MAX);
}

static void cache_done(struct code_cache *cache) {
    sj_names_done(&cache->names);
    sj_buf_done(&cache->codes);
}

enum sj_status sj_loader_new(const struct sj_alloc *mem, const struct sj_ingest_options *options, const struct sj_zone *zone,
                             struct sj_loader **ret_loader, struct sj_error *err) {
    struct sj_loader *l;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *l, (void *)&l, err));
    *l = (struct sj_loader){.mem = mem, .options = options, .zone = zone, .is_sampling = true, .fill_in = NO_COLUMN};
    for (unsigned role = 0; role < SJ_N_ROLES; role++)
        l->by_role[role] = NO_COLUMN;
    const uint64_t seed = (uint64_t)(uintptr_t)l; /* differs from run to run */
    sj_arena_init(&l->arena, mem);
    sj_names_init(&l->names, mem, seed);
    sj_buf_init(&l->columns, mem, SIZE_MAX);
    sj_buf_init(&l->values, mem, SIZE_MAX);
    cache_init(&l->touchpoints, mem, seed);
    cache_init(&l->channels, mem, seed);
    *ret_loader = l;
    return SJ_OK;
}

void sj_loader_free(struct sj_loader *loader) {
    if (loader == NULL)
        return;
    for (uint32_t i = 0; i < loader_n_columns(loader); i++)
        sj_buf_done(&loader_columns(loader)[i].samples);
    cache_done(&loader->touchpoints);
    cache_done(&loader->channels);
    sj_buf_done(&loader->columns);
    sj_buf_done(&loader->values);
    sj_names_done(&loader->names);
    sj_arena_done(&loader->arena);
    sj_mem_free(loader->mem, loader);
}

bool sj_loader_is_sampling(const struct sj_loader *loader) { return loader->is_sampling; }
bool sj_loader_is_full(const struct sj_loader *loader) { return loader->is_sampling && loader->n_rows >= SJ_SAMPLE_ROWS; }
uint64_t sj_loader_n_rows(const struct sj_loader *loader) { return loader->n_rows; }

/* ---- columns ---- */

enum sj_status sj_loader_column(struct sj_loader *loader, struct sj_str name, uint32_t *ret_column, struct sj_error *err) {
    if (sj_names_find(&loader->names, name, ret_column))
        return SJ_OK;
    if (name.n > SJ_NAME_BYTES_MAX)
        return sj_fail(err, SJ_E_LIMIT, "the column name \"%.*s…\" is %zu bytes long; at most %d are allowed", SHOWN_BYTES, name.p, name.n,
                       SJ_NAME_BYTES_MAX);
    if (loader_n_columns(loader) == SJ_FILE_COLUMNS_MAX)
        return sj_fail(err, SJ_E_LIMIT, "the file has more than %d columns; the next is \"%.*s\". Leave some out before the import",
                       SJ_FILE_COLUMNS_MAX, SJ_ARG(name));
    SJ_TRY(sj_buf_reserve(&loader->columns, sizeof(struct loader_column), err));
    uint32_t code;
    SJ_TRY(sj_names_add(&loader->names, name, &code, err));
    struct loader_column column = {.name = sj_names_at(&loader->names, code), .codes = {-1, -1, -1, -1, -1, -1}};
    column.kept_as = column.name;
    sj_buf_init(&column.samples, loader->mem, SIZE_MAX);
    if (!loader->is_sampling)
        SJ_TRY(loader_name_property(loader, &column, err));
    SJ_TRY(sj_buf_append(&loader->columns, &column, sizeof column, err));
    *ret_column = code;
    return SJ_OK;
}

void sj_loader_set_role(struct sj_loader *loader, uint32_t column, enum sj_role role) {
    if (!loader->is_sampling)
        return;
    loader_columns(loader)[column].role = role;
    loader_columns(loader)[column].is_given = true;
}

/* ---- sampling ---- */

enum sj_status loader_copy_text(struct sj_loader *loader, struct sj_str text, struct sj_str *ret_copy, struct sj_error *err) {
    char *copy;
    SJ_TRY(sj_arena_new(&loader->arena, text.n > 0 ? text.n : 1, 1, (void *)&copy, err));
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    *ret_copy = (struct sj_str){copy, text.n};
    return SJ_OK;
}

static enum sj_status keep_row(struct sj_loader *l, const struct sj_row *row, struct sj_error *err) {
    struct shown_row *shown = l->n_shown < SHOWN_ROWS ? &l->shown[l->n_shown] : NULL;
    if (shown != NULL) {
        SJ_TRY(sj_arena_new(&l->arena, row->n_fields + 1, sizeof *shown->fields, (void *)&shown->fields, err));
        shown->line = row->line;
    }
    for (size_t i = 0; i < row->n_fields; i++) {
        struct sj_field field = row->fields[i];
        if (sj_str_trim(field.text).n == 0)
            continue;
        SJ_TRY(loader_copy_text(l, field.text, &field.text, err));
        SJ_TRY(sj_buf_append(&loader_columns(l)[field.column].samples, &field, sizeof field, err));
        if (shown != NULL)
            shown->fields[shown->n_fields++] = field;
    }
    l->n_shown += shown != NULL;
    return SJ_OK;
}

/* ---- rejects ---- */

static void note_reason(struct sj_loader *l, const struct sj_reject *reject, enum sj_lang lang) {
    if (l->n_rejected >= REASONS_MAX)
        return;
    struct sj_error text = {.lang = lang};
    if (reject->column.n > 0)
        sj_fail(&text, SJ_E_INPUT, "line %llu, column \"%.*s\": %.*s", (unsigned long long)reject->line, SJ_ARG(reject->column),
                SJ_ARG(reject->reason));
    else
        sj_fail(&text, SJ_E_INPUT, "line %llu: %.*s", (unsigned long long)reject->line, SJ_ARG(reject->reason));
    struct sj_str cut = {text.message, strlen(text.message)};
    if (cut.n >= REASON_BYTES)
        for (cut.n = REASON_BYTES - 1; cut.n > 0 && ((uint8_t)cut.p[cut.n] & 0xC0) == 0x80; cut.n--) {
        }
    memcpy(l->reasons[l->n_rejected], cut.p, cut.n);
    l->reasons[l->n_rejected][cut.n] = '\0';
}

/* More than `times` what is allowed of the rows so far. */
static bool is_over_limit(const struct sj_loader *l, double times) {
    return (double)l->n_rejected > times * (double)l->options->max_rejects_count &&
           (double)l->n_rejected > times * l->options->max_rejects_share * (double)l->n_rows;
}

static enum sj_status fail_over_limit(const struct sj_loader *l, struct sj_error *err) {
    char reasons[REASONS_MAX * (REASON_BYTES + 2)] = "";
    for (size_t i = 0, n = 0; i < REASONS_MAX && i < l->n_rejected; i++)
        n += (size_t)snprintf(reasons + n, sizeof reasons - n, "%s%s", i > 0 ? "; " : "", l->reasons[i]);
    return sj_fail(err, SJ_E_INPUT,
                   "%llu of the first %llu rows cannot be read, which is more than is allowed (%llu, or %g %%); nothing was imported. "
                   "Correct the file, say with flags how it is to be read, or allow more with --max-rejects. The first: %s",
                   (unsigned long long)l->n_rejected, (unsigned long long)l->n_rows, (unsigned long long)l->options->max_rejects_count,
                   l->options->max_rejects_share * 100, reasons);
}

/* The rejects are judged at the end of the file, since bad rows often stand together. Ten times too many from row 100,000 on are given
 * up early. A dry run counts them all. */
static enum sj_status count_reject(struct sj_loader *l, const struct sj_reject *reject, struct sj_error *err) {
    note_reason(l, reject, err != NULL ? err->lang : SJ_EN);
    l->n_rejected++;
    if (l->is_sampling)
        return SJ_OK;
    if (l->watch != NULL && l->watch->reject != NULL)
        SJ_TRY(l->watch->reject(l->watch->ctx, reject, err));
    return l->sink != NULL && l->n_rows >= EARLY_ROWS && is_over_limit(l, EARLY_TIMES) ? fail_over_limit(l, err) : SJ_OK;
}

enum sj_status sj_loader_reject(struct sj_loader *loader, const struct sj_reject *reject, struct sj_error *err) {
    loader->n_rows++;
    return count_reject(loader, reject, err);
}

/* ---- loading: one field ---- */

/* sj_str_trim(), in line for the texts that need none. */
static struct sj_str trimmed(struct sj_str text) {
    return text.n == 0 || ((uint8_t)text.p[0] > ' ' && (uint8_t)text.p[text.n - 1] > ' ') ? text : sj_str_trim(text);
}

static int shown_n(struct sj_str text) { return text.n < SHOWN_BYTES ? (int)text.n : SHOWN_BYTES; }

static enum sj_status push_value(struct sj_loader *l, struct sj_value value, struct sj_error *err) {
    return sj_buf_append(&l->values, &value, sizeof value, err);
}

static bool check_length(struct sj_loader *l, struct sj_str text, size_t max) {
    if (text.n <= max)
        return true;
    sj_fail(&l->why, SJ_E_INPUT, "the text is %zu bytes long; at most %zu are allowed", text.n, max);
    return false;
}

/* The sink's code for one of the built-in columns, or for a property. */
static enum sj_status ask_column(struct sj_loader *l, struct sj_str name, enum sj_kind kind, int32_t *code, struct sj_error *err) {
    if (*code >= 0)
        return SJ_OK;
    uint16_t asked = (uint16_t)l->n_dry_columns;
    if (l->sink != NULL)
        SJ_TRY(l->sink->column(l->sink->ctx, name, kind, &asked, err));
    else if (l->n_dry_columns++ >= SJ_PROPERTIES_MAX)
        return sj_fail(err, SJ_E_LIMIT, "the file has more than %d properties. Leave columns out with --ignore", SJ_PROPERTIES_MAX);
    *code = asked;
    return SJ_OK;
}

/* As the column's kind where that takes it, else as what it is. */
static enum sj_kind value_of(const struct sj_loader *l, const struct loader_column *c, const struct sj_field *field,
                             struct sj_value *ret_value) {
    if (field->kind == SJ_FIELD_PLAIN || c->is_forced || (field->kind == SJ_FIELD_TEXT && c->kind == SJ_KIND_TIME)) {
        if (c->kind != SJ_KIND_TEXT && sj_text_to_value(field->text, c->kind, l->zone, ret_value))
            return c->kind;
    } else if (field->kind == SJ_FIELD_NUMBER) {
        ret_value->f64 = field->f64;
        return SJ_KIND_NUMBER;
    } else if (field->kind == SJ_FIELD_TRUTH || field->kind == SJ_FIELD_TIME) {
        ret_value->i64 = field->i64;
        return field->kind == SJ_FIELD_TRUTH ? SJ_KIND_TRUTH : SJ_KIND_TIME;
    }
    ret_value->text = field->text;
    return SJ_KIND_TEXT;
}

static enum sj_status take_property(struct sj_loader *l, struct loader_column *c, const struct sj_field *field, struct sj_error *err) {
    struct sj_value value = {0};
    if (!c->has_kind) {
        c->kind = field->kind == SJ_FIELD_PLAIN ? sj_kind_find(&field->text, 1, l->zone) : SJ_KIND_TEXT;
        c->has_kind = true;
    }
    const enum sj_kind kind = value_of(l, c, field, &value);
    if (kind == SJ_KIND_TEXT && !check_length(l, value.text, SJ_TEXT_BYTES_MAX))
        return SJ_OK;
    SJ_TRY(ask_column(l, c->kept_as, kind, &c->codes[kind], err));
    value.column = (uint16_t)c->codes[kind];
    return push_value(l, value, err);
}

static enum sj_status take_builtin(struct sj_loader *l, enum sj_role role, const struct sj_field *field, struct sj_error *err) {
    const int builtin = sj_role_builtin(role);
    const enum sj_kind kind = sj_role_kind(role);
    struct sj_value value = {.text = role == SJ_ROLE_COMMENT ? field->text : trimmed(field->text)};
    if (kind == SJ_KIND_TEXT && !check_length(l, value.text, SJ_TEXT_BYTES_MAX))
        return SJ_OK;
    const bool fits = kind == SJ_KIND_TEXT || (kind == SJ_KIND_NUMBER ? sj_str_to_double(trimmed(field->text), &value.f64)
                                                                      : sj_text_to_value(field->text, kind, l->zone, &value));
    if (!fits) {
        const char *wanted = kind == SJ_KIND_MONEY      ? SJ_T("an amount; write it as 1234.56, without signs for thousands and currency")
                             : kind == SJ_KIND_DURATION ? SJ_T("a duration; write seconds, or 1h30m, or 1:30:00")
                                                        : SJ_T("a number");
        sj_fail(&l->why, SJ_E_INPUT, "\"%.*s\" is not %s", shown_n(field->text), field->text.p, sj_text(l->why.lang, wanted));
        return SJ_OK;
    }
    SJ_TRY(ask_column(l, sj_str(sj_builtin_columns[builtin].name), kind, &l->builtin_codes[builtin], err));
    value.column = (uint16_t)l->builtin_codes[builtin];
    l->has_score |= role == SJ_ROLE_SCORE;
    return push_value(l, value, err);
}

static void take_time(struct sj_loader *l, const struct sj_field *field) {
    const struct sj_str text = trimmed(field->text);
    l->event.time_us = field->i64;
    l->has_time = field->kind == SJ_FIELD_TIME || sj_time_read_next(&l->time_form, &l->time_memory, text, l->zone, &l->event.time_us) ||
                  (field->kind == SJ_FIELD_NUMBER && sj_time_read_number(&l->time_form, field->f64, &l->event.time_us));
    if (!l->has_time)
        sj_fail(&l->why, SJ_E_INPUT, "\"%.*s\" is not a time of the form %s", shown_n(text), text.p, sj_time_form_name(&l->time_form));
}

static bool find_code(const struct code_cache *cache, struct sj_str name, uint16_t *ret_code) {
    uint32_t at;
    if (!sj_names_find(&cache->names, name, &at))
        return false;
    *ret_code = ((const uint16_t *)(const void *)cache->codes.data)[at];
    return true;
}

static enum sj_status keep_code(struct code_cache *cache, struct sj_str name, uint16_t code, struct sj_error *err) {
    uint32_t at;
    SJ_TRY(sj_buf_reserve(&cache->codes, sizeof code, err));
    SJ_TRY(sj_names_add(&cache->names, name, &at, err));
    return sj_buf_append(&cache->codes, &code, sizeof code, err);
}

/* A name that the sink refuses, for its length or because it is full, refuses the row. */
static bool is_refusal(enum sj_status status) { return status == SJ_E_INPUT || status == SJ_E_LIMIT; }

static enum sj_status ask_name(struct sj_loader *l, bool is_channel, struct sj_str name, uint16_t *ret_code, struct sj_error *err) {
    struct code_cache *cache = is_channel ? &l->channels : &l->touchpoints;
    const uint32_t max = is_channel ? SJ_CHANNELS_MAX : SJ_TOUCHPOINTS_MAX;
    uint16_t code = 0;
    uint8_t channel = 0;
    enum sj_status status = SJ_OK;
    if (!check_length(l, name, SJ_NAME_BYTES_MAX))
        return SJ_OK;
    if (l->sink == NULL && sj_names_count(&cache->names) >= max)
        status = sj_fail(&l->why, SJ_E_LIMIT, "more than %u different names; at most that many are kept", max);
    else if (l->sink != NULL)
        status =
            is_channel ? l->sink->channel(l->sink->ctx, name, &channel, &l->why) : l->sink->touchpoint(l->sink->ctx, name, &code, &l->why);
    if (status != SJ_OK)
        return is_refusal(status) ? SJ_OK : sj_fail(err, status, "%s", l->why.message);
    *ret_code = is_channel ? channel : code;
    return keep_code(cache, name, *ret_code, err);
}

static enum sj_status take_touchpoint(struct sj_loader *l, struct sj_str text, struct sj_error *err) {
    const struct sj_str name = trimmed(text);
    l->has_touchpoint = true;
    return find_code(&l->touchpoints, name, &l->event.touchpoint) ? SJ_OK : ask_name(l, false, name, &l->event.touchpoint, err);
}

static enum sj_status take_channel(struct sj_loader *l, struct sj_str text, struct sj_error *err) {
    const struct sj_str name = trimmed(text);
    uint16_t code = 0;
    if (!find_code(&l->channels, name, &code))
        SJ_TRY(ask_name(l, true, name, &code, err));
    l->event.channel = (uint8_t)code;
    return SJ_OK;
}

static void take_customer(struct sj_loader *l, struct sj_str text) {
    const struct sj_str name = trimmed(text);
    if (check_length(l, name, SJ_IDENTITY_BYTES_MAX))
        l->event.customer = name;
}

static enum sj_status take_role(struct sj_loader *l, enum sj_role role, const struct sj_field *field, struct sj_error *err) {
    switch (role) {
    case SJ_ROLE_CUSTOMER: take_customer(l, field->text); return SJ_OK;
    case SJ_ROLE_TIME: take_time(l, field); return SJ_OK;
    case SJ_ROLE_TOUCHPOINT: return take_touchpoint(l, field->text, err);
    case SJ_ROLE_CHANNEL: return take_channel(l, field->text, err);
    default: return take_builtin(l, role, field, err);
    }
}

static bool is_empty(struct sj_str text) { return text.n == 0 || ((uint8_t)text.p[0] <= ' ' && sj_str_trim(text).n == 0); }

static enum sj_status take_field(struct sj_loader *l, const struct sj_field *field, struct sj_error *err) {
    struct loader_column *c = &loader_columns(l)[field->column];
    if (is_empty(field->text) || c->role == SJ_ROLE_IGNORE)
        return SJ_OK;
    if (c->role != SJ_ROLE_PROPERTY)
        return take_role(l, c->role, field, err);
    if (c->fills_in)
        l->anonymous = trimmed(field->text);
    return take_property(l, c, field, err);
}

/* ---- loading: one row ---- */

static void start_row(struct sj_loader *l, enum sj_lang lang) {
    l->event = (struct sj_event){0};
    l->anonymous = l->why_column = SJ_LIT("");
    l->has_time = l->has_touchpoint = l->has_score = false;
    l->why.status = SJ_OK;
    l->why.lang = lang;
    sj_buf_reset(&l->values);
}

/* Values that are the same for every event, and the kind of a score that is told by its column's name. */
static enum sj_status take_constants(struct sj_loader *l, struct sj_error *err) {
    for (unsigned role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES && l->why.status == SJ_OK; role++) {
        const struct sj_field field = {.text = l->options->constants[role], .kind = SJ_FIELD_PLAIN};
        if (!is_empty(field.text))
            SJ_TRY(take_role(l, (enum sj_role)role, &field, err));
        if (l->why.status != SJ_OK)
            l->why_column = sj_str(sj_role_name((enum sj_role)role));
    }
    const struct sj_field kind = {.text = l->score_kind, .kind = SJ_FIELD_PLAIN};
    if (l->score_kind.n > 0 && l->why.status == SJ_OK && l->has_score)
        return take_builtin(l, SJ_ROLE_SCORE_KIND, &kind, err);
    return SJ_OK;
}

static void refuse_missing(struct sj_loader *l, enum sj_role role) {
    const uint32_t column = l->by_role[role];
    l->why_column = column != NO_COLUMN ? loader_columns(l)[column].name : SJ_LIT("");
    sj_fail(&l->why, SJ_E_INPUT, "the %s is empty", sj_role_name(role));
}

static void check_row(struct sj_loader *l) {
    if (l->event.customer.n == 0)
        take_customer(l, l->anonymous);
    if (l->event.customer.n == 0)
        refuse_missing(l, SJ_ROLE_CUSTOMER);
    else if (!l->has_time)
        refuse_missing(l, SJ_ROLE_TIME);
    else if (!l->has_touchpoint)
        refuse_missing(l, SJ_ROLE_TOUCHPOINT);
}

static enum sj_status reject_row(struct sj_loader *l, const struct sj_row *row, struct sj_error *err) {
    const struct sj_reject reject = {.line = row->line, .column = l->why_column, .reason = sj_str(l->why.message), .raw = row->raw};
    return count_reject(l, &reject, err);
}

static enum sj_status send_event(struct sj_loader *l, const struct sj_row *row, struct sj_error *err) {
    l->event.values = (const struct sj_value *)(const void *)l->values.data;
    l->event.n_values = l->values.n / sizeof(struct sj_value);
    const enum sj_status status = l->sink != NULL ? l->sink->add(l->sink->ctx, &l->event, &l->why) : SJ_OK;
    if (is_refusal(status))
        return reject_row(l, row, err);
    if (status != SJ_OK)
        return sj_fail(err, status, "%s", l->why.message);
    l->n_events++;
    if (l->event.time_us < l->min_time_us)
        l->min_time_us = l->event.time_us;
    if (l->event.time_us > l->max_time_us)
        l->max_time_us = l->event.time_us;
    return SJ_OK;
}

static enum sj_status load_row(struct sj_loader *l, const struct sj_row *row, struct sj_error *err) {
    start_row(l, err != NULL ? err->lang : SJ_EN);
    for (size_t i = 0; i < row->n_fields; i++) {
        SJ_TRY(take_field(l, &row->fields[i], err));
        if (l->why.status != SJ_OK) {
            l->why_column = loader_columns(l)[row->fields[i].column].name;
            return reject_row(l, row, err);
        }
    }
    SJ_TRY(take_constants(l, err));
    if (l->why.status == SJ_OK)
        check_row(l);
    return l->why.status == SJ_OK ? send_event(l, row, err) : reject_row(l, row, err);
}

enum sj_status sj_loader_row(struct sj_loader *loader, const struct sj_row *row, struct sj_error *err) {
    if (sj_loader_is_full(loader))
        return SJ_OK;
    loader->n_rows++;
    return loader->is_sampling ? keep_row(loader, row, err) : load_row(loader, row, err);
}

/* ---- the pass ---- */

enum sj_status sj_loader_begin(struct sj_loader *loader, const struct sj_sink *sink, const struct sj_ingest_watch *watch,
                               struct sj_error *err) {
    (void)err;
    loader->is_sampling = false;
    loader->sink = sink;
    loader->watch = watch;
    loader->n_rows = loader->n_events = loader->n_rejected = 0;
    loader->n_dry_columns = SJ_N_BUILTIN;
    loader->min_time_us = SJ_TIME_MAX;
    loader->max_time_us = SJ_TIME_MIN;
    const uint64_t seed = loader->names.seed;
    cache_done(&loader->touchpoints);
    cache_done(&loader->channels);
    cache_init(&loader->touchpoints, loader->mem, seed);
    cache_init(&loader->channels, loader->mem, seed);
    for (size_t i = 0; i < SJ_N_BUILTIN; i++)
        loader->builtin_codes[i] = -1;
    for (uint32_t i = 0; i < loader_n_columns(loader); i++)
        for (size_t kind = 0; kind < SJ_N_KINDS; kind++)
            loader_columns(loader)[i].codes[kind] = -1;
    return SJ_OK;
}

enum sj_status sj_loader_end(struct sj_loader *loader, struct sj_ingest_summary *ret_summary, struct sj_error *err) {
    const bool is_over = is_over_limit(loader, 1);
    if (loader->sink != NULL && is_over)
        return fail_over_limit(loader, err);
    if (loader->sink != NULL && loader->n_events == 0)
        return sj_fail(err, SJ_E_INPUT, "none of the %llu rows could be read as an event. The first: %s",
                       (unsigned long long)loader->n_rows, loader->reasons[0]);
    ret_summary->n_rows = loader->n_rows;
    ret_summary->n_events = loader->n_events;
    ret_summary->n_rejected = loader->n_rejected;
    ret_summary->min_time_us = loader->min_time_us;
    ret_summary->max_time_us = loader->max_time_us;
    ret_summary->is_over_limit = is_over;
    return SJ_OK;
}
