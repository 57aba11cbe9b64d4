/* The loader's work on one field: by the role of its column it becomes a part of the event, or a property. */
#include "ingest/decimals.h"
#include "ingest/loader_internal.h"
#include "ingest/roles.h"

/* sj_str_trim(), in line for the texts that need none. */
static struct sj_str trimmed(struct sj_str text) {
    return text.n == 0 || ((uint8_t)text.p[0] > ' ' && (uint8_t)text.p[text.n - 1] > ' ') ? text : sj_str_trim(text);
}

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

/* A number of JSON or XES, and a value told by an option, have a point whatever the file's texts have. */
static struct sj_text_form field_form(const struct sj_loader *l, const struct sj_field *field) {
    struct sj_text_form form = {.zone = l->zone, .decimal = '.'};
    if (field->column != NO_COLUMN && field->kind != SJ_FIELD_NUMBER)
        form.decimal = loader_columns(l)[field->column].decimal;
    return form;
}

/* What a text of that kind looks like, for a message that ends in "… is not %s". */
static const char *wanted_text(enum sj_kind kind, char decimal) {
    switch (kind) {
    case SJ_KIND_MONEY:
        return decimal == ',' ? SJ_T("an amount with a decimal comma; write it as 1234,56, without a sign for the currency")
                              : SJ_T("an amount; write it as 1234.56, without a sign for the currency");
    case SJ_KIND_DURATION: return SJ_T("a duration; write seconds, or 1h30m, or 1:30:00");
    case SJ_KIND_TRUTH: return SJ_T("a truth; write true or false");
    case SJ_KIND_TIME: return SJ_T("a time; write it as 2026-01-31 12:00");
    case SJ_KIND_NUMBER: return decimal == ',' ? SJ_T("a number with a decimal comma") : SJ_T("a number");
    case SJ_KIND_TEXT: break;
    }
    return SJ_T("a text");
}

static void refuse_value(struct sj_loader *l, const struct sj_field *field, enum sj_kind kind) {
    const struct sj_str text = loader_quoted(l, field->text);
    sj_fail(&l->why, SJ_E_INPUT, "\"%.*s\" is not %s", shown_n(text), text.p,
            sj_text(l->why.lang, wanted_text(kind, field_form(l, field).decimal)));
}

/* As the column's kind where that takes it, else as what it is. */
static enum sj_kind value_of(const struct sj_loader *l, const struct loader_column *c, const struct sj_field *field,
                             struct sj_value *ret_value) {
    if (field->kind == SJ_FIELD_PLAIN || c->is_forced || (field->kind == SJ_FIELD_TEXT && c->kind == SJ_KIND_TIME)) {
        const struct sj_text_form form = field_form(l, field);
        if (c->kind != SJ_KIND_TEXT && sj_text_to_value(field->text, c->kind, &form, ret_value))
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
        const struct sj_text_form form = field_form(l, field);
        c->kind = field->kind == SJ_FIELD_PLAIN ? sj_kind_find(&field->text, 1, &form) : SJ_KIND_TEXT;
        c->has_kind = true;
    }
    const enum sj_kind kind = value_of(l, c, field, &value);
    if (c->is_forced && kind != c->kind) {
        refuse_value(l, field, c->kind);
        return SJ_OK;
    }
    l->n_kept_as_text += kind == SJ_KIND_TEXT && c->kind != SJ_KIND_TEXT;
    if (kind == SJ_KIND_TEXT && !check_length(l, value.text, SJ_TEXT_BYTES_MAX))
        return SJ_OK;
    SJ_TRY(ask_column(l, c->kept_as, kind, &c->codes[kind], err));
    value.column = (uint16_t)c->codes[kind];
    return push_value(l, value, err);
}

/* Any way to write a number: a score is never a code. */
static bool read_score(struct sj_str text, char decimal, double *ret_score) {
    char out[SJ_DECIMAL_BYTES];
    return sj_decimal_plain(text, decimal, out, &text) && sj_str_to_double(text, ret_score);
}

static enum sj_status take_builtin(struct sj_loader *l, enum sj_role role, const struct sj_field *field, struct sj_error *err) {
    const int builtin = sj_role_builtin(role);
    const enum sj_kind kind = sj_role_kind(role);
    struct sj_value value = {.text = role == SJ_ROLE_COMMENT ? field->text : trimmed(field->text)};
    if (kind == SJ_KIND_TEXT && !check_length(l, value.text, SJ_TEXT_BYTES_MAX))
        return SJ_OK;
    const struct sj_text_form form = field_form(l, field);
    const bool fits = kind == SJ_KIND_TEXT || (kind == SJ_KIND_NUMBER ? read_score(field->text, form.decimal, &value.f64)
                                                                      : sj_text_to_value(field->text, kind, &form, &value));
    if (!fits) {
        refuse_value(l, field, kind);
        return SJ_OK;
    }
    SJ_TRY(ask_column(l, sj_str(sj_builtin_columns[builtin].name), kind, &l->builtin_codes[builtin], err));
    value.column = (uint16_t)l->builtin_codes[builtin];
    l->has_score |= role == SJ_ROLE_SCORE;
    return push_value(l, value, err);
}

/* With a time of day in another column, the day as a local one: check_row() adds the two. */
static void take_time(struct sj_loader *l, const struct sj_field *field) {
    const struct sj_str text = trimmed(field->text);
    const struct sj_zone *zone = l->clock == NO_COLUMN ? l->zone : NULL;
    const struct sj_str quoted = loader_quoted(l, text);
    const char *example = sj_time_form_example(&l->time_form);
    l->event.time_us = field->i64;
    l->has_time = field->kind == SJ_FIELD_TIME || sj_time_read_next(&l->time_form, &l->time_memory, text, zone, &l->event.time_us) ||
                  (field->kind == SJ_FIELD_NUMBER && sj_time_read_number(&l->time_form, field->f64, &l->event.time_us));
    if (l->has_time)
        return;
    if (example != NULL)
        sj_fail(&l->why, SJ_E_INPUT, "\"%.*s\" is not a time of the form %s, such as %s", shown_n(quoted), quoted.p,
                sj_time_form_name(&l->time_form), example);
    else
        sj_fail(&l->why, SJ_E_INPUT, "\"%.*s\" is not a time of the form %s", shown_n(quoted), quoted.p, sj_time_form_name(&l->time_form));
}

static void take_clock(struct sj_loader *l, const struct sj_field *field) {
    const struct sj_str quoted = loader_quoted(l, field->text);
    if (!sj_time_read_clock(field->text, &l->clock_us))
        sj_fail(&l->why, SJ_E_INPUT, "\"%.*s\" is not a time of day; write it as 09:30 or 09:30:15", shown_n(quoted), quoted.p);
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

enum sj_status loader_take_touchpoint(struct sj_loader *l, struct sj_str text, struct sj_error *err) {
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

void loader_take_customer(struct sj_loader *l, struct sj_str text) {
    const struct sj_str name = trimmed(text);
    if (!check_length(l, name, SJ_IDENTITY_BYTES_MAX))
        return;
    const struct sj_str customer = loader_identity(l, l->customer_type, name, l->customer_text);
    if (check_length(l, customer, SJ_IDENTITY_BYTES_MAX))
        l->event.customer = customer;
}

static enum sj_status take_role(struct sj_loader *l, enum sj_role role, const struct sj_field *field, struct sj_error *err) {
    switch (role) {
    case SJ_ROLE_CUSTOMER: loader_take_customer(l, field->text); return SJ_OK;
    case SJ_ROLE_TIME:
        if (l->clock != NO_COLUMN && field->column == l->clock)
            take_clock(l, field);
        else
            take_time(l, field);
        return SJ_OK;
    case SJ_ROLE_TOUCHPOINT: return loader_take_touchpoint(l, field->text, err);
    case SJ_ROLE_CHANNEL: return take_channel(l, field->text, err);
    default: return take_builtin(l, role, field, err);
    }
}

static bool is_empty(struct sj_str text) { return text.n == 0 || ((uint8_t)text.p[0] <= ' ' && sj_str_trim(text).n == 0); }

/* Another identity is a property besides, and has the same pseudonym there. */
static enum sj_status take_identity(struct sj_loader *l, struct loader_column *c, const struct sj_field *field, struct sj_error *err) {
    const struct sj_str name = trimmed(field->text);
    if (!check_length(l, name, SJ_IDENTITY_BYTES_MAX))
        return SJ_OK;
    enum sj_identity_type type;
    struct sj_str *identity = &l->identities[c->identity - 1];
    SJ_TRY(loader_identity_type(l, field->column, name, &type, err));
    *identity = loader_identity(l, type, name, l->identity_texts[c->identity - 1]);
    if (!check_length(l, *identity, SJ_IDENTITY_BYTES_MAX))
        return SJ_OK;
    const struct sj_field hidden = {.text = *identity, .column = field->column, .kind = SJ_FIELD_TEXT};
    return take_property(l, c, l->options->pseudonym_key != NULL ? &hidden : field, err);
}

enum sj_status loader_take_field(struct sj_loader *l, const struct sj_field *field, struct sj_error *err) {
    struct loader_column *c = &loader_columns(l)[field->column];
    if (is_empty(field->text) || c->role == SJ_ROLE_IGNORE)
        return SJ_OK;
    const struct sj_field redacted = loader_redacted(field);
    const struct sj_field *taken = c->care == SJ_CARE_REDACT ? &redacted : field;
    if (c->role != SJ_ROLE_PROPERTY)
        return take_role(l, c->role, taken, err);
    if (field->column == l->touchpoint_else)
        l->touchpoint_text = trimmed(field->text);
    return c->identity > 0 ? take_identity(l, c, taken, err) : take_property(l, c, taken, err);
}

enum sj_status loader_take_constants(struct sj_loader *l, struct sj_error *err) {
    for (unsigned role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES && l->why.status == SJ_OK; role++) {
        const struct sj_field field = {.text = l->options->constants[role], .column = NO_COLUMN, .kind = SJ_FIELD_PLAIN};
        if (!is_empty(field.text))
            SJ_TRY(take_role(l, (enum sj_role)role, &field, err));
        if (l->why.status != SJ_OK)
            l->why_column = sj_str(sj_role_name((enum sj_role)role));
    }
    const struct sj_field kind = {.text = l->score_kind, .column = NO_COLUMN, .kind = SJ_FIELD_PLAIN};
    if (l->score_kind.n > 0 && l->why.status == SJ_OK && l->has_score)
        return take_builtin(l, SJ_ROLE_SCORE_KIND, &kind, err);
    return SJ_OK;
}
