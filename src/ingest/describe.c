/* How a file is understood, in words: shown before it is used, and kept with the import. */
#include <stdio.h>

#include "base/json.h"
#include "ingest/loader_internal.h"
#include "ingest/plan.h"
#include "ingest/roles.h"

#define EXAMPLE_BYTES 60

static const char *format_name(enum sj_ingest_format format) {
    static const char *const names[] = {
        [SJ_FORMAT_FIND] = "", [SJ_FORMAT_CSV] = "csv", [SJ_FORMAT_JSONL] = "jsonl", [SJ_FORMAT_XES] = "xes"};
    return names[format];
}

/* ---- table `file` ---- */

static const struct sj_column_def file_columns[] = {
    {.name = "what", .label = SJ_T("What"), .type = SJ_TYPE_TEXT, .help = SJ_T("A property of the file")},
    {.name = "found",
     .label = SJ_T("Found"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("What was found by looking at its beginning, or told by a flag")},
};
static const struct sj_table_def file_table = {"file", SJ_T("The file"), SJ_PICTURE_NONE, SJ_COLUMNS(file_columns)};

static enum sj_status add_fact(struct sj_result *result, struct sj_table *table, const char *what, struct sj_str found,
                               struct sj_error *err) {
    struct sj_cell *cells;
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_text(sj_str(sj_text(result->lang, what)));
    SJ_TRY(sj_result_text(result, found, &found, err));
    cells[1] = sj_cell_text(found);
    return SJ_OK;
}

static const char *character_name(char c) {
    switch (c) {
    case ',': return SJ_T("comma");
    case '.': return SJ_T("point");
    case ';': return SJ_T("semicolon");
    case '\t': return SJ_T("tab");
    case '|': return SJ_T("vertical bar");
    case '"': return SJ_T("double quote");
    case '\'': return SJ_T("single quote");
    case SJ_INGEST_NO_QUOTE: return SJ_T("none");
    default: return NULL;
    }
}

static enum sj_status add_character(struct sj_result *result, struct sj_table *table, const char *what, char c, struct sj_error *err) {
    const char *name = character_name(c);
    return add_fact(result, table, what, name != NULL ? sj_str(sj_text(result->lang, name)) : (struct sj_str){&c, 1}, err);
}

static struct sj_str zone_name(const struct sj_ingest_plan *plan) {
    return plan->options.timezone.n > 0 ? plan->options.timezone : SJ_LIT("UTC");
}

static enum sj_status add_header(const struct sj_ingest_plan *plan, struct sj_result *result, struct sj_table *table,
                                 struct sj_error *err) {
    char text[160];
    const size_t n_above = plan->options.n_above;
    if (n_above > 0) {
        snprintf(text, sizeof text, sj_text(result->lang, SJ_T("row %zu names the columns")), n_above + 1);
        return add_fact(result, table, SJ_T("Header"), sj_str(text), err);
    }
    const char *header =
        plan->options.header != 0 ? SJ_T("the first row names the columns") : SJ_T("none; columns are column_1, column_2 …");
    return add_fact(result, table, SJ_T("Header"), sj_str(sj_text(result->lang, header)), err);
}

static enum sj_status add_text_facts(const struct sj_ingest_plan *plan, struct sj_result *result, struct sj_table *table,
                                     struct sj_error *err) {
    const char *encoding = sj_encoding_name(sj_source_encoding(plan->source));
    if (plan->options.format != SJ_FORMAT_XES)
        SJ_TRY(add_fact(result, table, SJ_T("Encoding"), sj_str(encoding), err));
    if (plan->options.format != SJ_FORMAT_CSV)
        return SJ_OK;
    SJ_TRY(add_character(result, table, SJ_T("Delimiter"), plan->options.delimiter, err));
    SJ_TRY(add_character(result, table, SJ_T("Quote"), plan->options.quote, err));
    return add_header(plan, result, table, err);
}

static enum sj_status add_clock(const struct sj_loader *l, struct sj_result *result, struct sj_table *table, struct sj_error *err) {
    char text[2 * SJ_NAME_BYTES_MAX + 8];
    const struct sj_str date = loader_columns(l)[l->by_role[SJ_ROLE_TIME]].name, clock = loader_columns(l)[l->clock].name;
    const int n = snprintf(text, sizeof text, "%.*s + %.*s", SJ_ARG(date), SJ_ARG(clock));
    return add_fact(result, table, SJ_T("Time, of two columns"), (struct sj_str){text, (size_t)n}, err);
}

static enum sj_status describe_file(const struct sj_ingest_plan *plan, struct sj_result *result, struct sj_error *err) {
    static const char *const compressions[] = {
        [SJ_COMPRESSION_NONE] = SJ_T("none"), [SJ_COMPRESSION_GZ] = "gz", [SJ_COMPRESSION_ZST] = "zst"};
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &file_table, &table, err));
    SJ_TRY(add_fact(result, table, SJ_T("File"), sj_str((const char *)plan->path.data), err));
    SJ_TRY(add_fact(result, table, SJ_T("Format"), sj_str(format_name(plan->options.format)), err));
    const char *compression = compressions[sj_source_compression(plan->source)];
    SJ_TRY(add_fact(result, table, SJ_T("Compression"), sj_str(sj_text(result->lang, compression)), err));
    SJ_TRY(add_text_facts(plan, result, table, err));
    SJ_TRY(add_fact(result, table, SJ_T("Times"), sj_str(sj_time_form_name(&plan->loader->time_form)), err));
    if (!plan->loader->time_is_zoned)
        SJ_TRY(add_fact(result, table, SJ_T("Time zone"), zone_name(plan), err));
    if (plan->loader->clock != NO_COLUMN)
        SJ_TRY(add_clock(plan->loader, result, table, err));
    if (plan->loader->has_decimal)
        SJ_TRY(add_character(result, table, SJ_T("Decimal sign"), plan->loader->decimal, err));
    return SJ_OK;
}

/* ---- table `columns` ---- */

static const struct sj_column_def columns_columns[] = {
    {.name = "column", .label = SJ_T("Column"), .type = SJ_TYPE_TEXT, .help = SJ_T("The column's name in the file")},
    {.name = "role", .label = SJ_T("Role"), .type = SJ_TYPE_TEXT, .help = SJ_T("What the column is for")},
    {.name = "kind", .label = SJ_T("Kind"), .type = SJ_TYPE_TEXT, .help = SJ_T("The kind of its values")},
    {.name = "kept_as", .label = SJ_T("Kept as"), .type = SJ_TYPE_TEXT, .help = SJ_T("The name in the store")},
    {.name = "example", .label = SJ_T("Example"), .type = SJ_TYPE_TEXT, .help = SJ_T("The first value in the file")},
};
static const struct sj_table_def columns_table = {"columns", SJ_T("The columns"), SJ_PICTURE_NONE, SJ_COLUMNS(columns_columns)};

static struct sj_str cut_text(struct sj_str text, size_t max) {
    if (text.n <= max)
        return text;
    text.n = max;
    while (text.n > 0 && ((uint8_t)text.p[text.n] & 0xC0) == 0x80)
        text.n--;
    return text;
}

static const char *kind_text(const struct loader_column *c) {
    if (c->role == SJ_ROLE_IGNORE || (c->role == SJ_ROLE_PROPERTY && !c->has_kind))
        return "";
    return sj_kind_name(c->role == SJ_ROLE_PROPERTY ? c->kind : sj_role_kind(c->role));
}

static struct sj_str kept_name(const struct loader_column *c) {
    return c->role == SJ_ROLE_PROPERTY ? c->kept_as : c->role == SJ_ROLE_IGNORE ? SJ_LIT("") : sj_str(sj_role_name(c->role));
}

static enum sj_status describe_column(const struct sj_loader *l, uint32_t column, struct sj_result *result, struct sj_table *table,
                                      struct sj_error *err) {
    const struct loader_column *c = &loader_columns(l)[column];
    const bool is_clock = column == l->clock;
    struct sj_cell *cells;
    struct sj_str name, example = SJ_LIT(""), kept_as;
    char identity[LOADER_IDENTITY_BYTES];
    const bool is_identity = c->role == SJ_ROLE_CUSTOMER || c->identity > 0;
    const bool is_hidden = l->options->pseudonym_key != NULL && is_identity;
    if (column_n_samples(c) > 0)
        example = cut_text(column_samples(c)[0].text, EXAMPLE_BYTES);
    if (column_n_samples(c) > 0 && is_identity)
        example = loader_identity(l, c->identity > 0 ? c->identity_type : l->customer_type, sj_str_trim(example), identity);
    SJ_TRY(sj_result_text(result, c->name, &name, err));
    SJ_TRY(sj_result_text(result, example, &example, err));
    SJ_TRY(sj_result_text(result, kept_name(c), &kept_as, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    const char *role = c->identity > 0 ? SJ_T("another identity of the customer, and property") : sj_role_name(c->role);
    if (is_clock)
        role = SJ_T("time of day");
    if (c->care != SJ_CARE_NONE)
        role = c->care == SJ_CARE_DROP      ? SJ_T("dropped")
               : c->role == SJ_ROLE_COMMENT ? SJ_T("comment, redacted")
                                            : SJ_T("property, redacted");
    else if (is_hidden)
        role = c->identity > 0 ? SJ_T("another identity of the customer, and property; both as a pseudonym")
                               : SJ_T("customer, as a pseudonym");
    cells[0] = sj_cell_text(name);
    cells[1] = sj_cell_text(sj_str(sj_text(result->lang, role)));
    cells[2] = sj_cell_text(sj_str(kind_text(c)));
    cells[3] = sj_cell_text(kept_as);
    cells[4] = sj_cell_text(example);
    return SJ_OK;
}

static enum sj_status describe_constant(struct sj_result *result, struct sj_table *table, enum sj_role role, struct sj_str text,
                                        struct sj_error *err) {
    struct sj_cell *cells;
    SJ_TRY(sj_result_text(result, text, &text, err));
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_text(sj_str(sj_text(result->lang, SJ_T("(the same for all rows)"))));
    cells[1] = sj_cell_text(sj_str(sj_role_name(role)));
    cells[2] = sj_cell_text(sj_str(sj_kind_name(sj_role_kind(role))));
    cells[3] = sj_cell_text(sj_str(sj_role_name(role)));
    cells[4] = sj_cell_text(text);
    return SJ_OK;
}

/* A customer's pseudonym is written into `out`. */
static struct sj_str constant_of(const struct sj_ingest_plan *plan, enum sj_role role, char out[SJ_PSEUDONYM_BYTES]) {
    const struct sj_str constant = plan->options.constants[role];
    if (role == SJ_ROLE_SCORE_KIND && plan->loader->score_kind.n > 0)
        return plan->loader->score_kind;
    if (role == SJ_ROLE_CUSTOMER && plan->options.pseudonym_key != NULL && sj_str_trim(constant).n > 0)
        return sj_pseudonym(plan->options.pseudonym_key, sj_str_trim(constant), out);
    return constant;
}

/* Roles first, as people look for them; then the properties in the order of the file. */
static enum sj_status describe_columns(const struct sj_ingest_plan *plan, struct sj_result *result, struct sj_error *err) {
    const struct sj_loader *l = plan->loader;
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &columns_table, &table, err));
    for (unsigned role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES; role++) {
        char pseudonym[SJ_PSEUDONYM_BYTES];
        const struct sj_str constant = constant_of(plan, (enum sj_role)role, pseudonym);
        if (l->by_role[role] != NO_COLUMN)
            SJ_TRY(describe_column(l, l->by_role[role], result, table, err));
        else if (constant.n > 0)
            SJ_TRY(describe_constant(result, table, (enum sj_role)role, constant, err));
        if (role == SJ_ROLE_TIME && l->clock != NO_COLUMN)
            SJ_TRY(describe_column(l, l->clock, result, table, err));
    }
    for (uint32_t i = 0; i < loader_n_columns(l); i++)
        if (loader_columns(l)[i].role < SJ_ROLE_CUSTOMER)
            SJ_TRY(describe_column(l, i, result, table, err));
    return SJ_OK;
}

/* ---- table `rows`: the first rows go through the loader into a sink that writes the table ---- */

static const struct sj_column_def rows_columns[] = {
    {.name = "customer", .label = SJ_T("Customer"), .type = SJ_TYPE_TEXT, .help = SJ_T("Whose event it is")},
    {.name = "time", .label = SJ_T("Time"), .type = SJ_TYPE_TIME, .help = SJ_T("When it happened, in UTC")},
    {.name = "touchpoint", .label = SJ_T("Touchpoint"), .type = SJ_TYPE_TOUCHPOINT, .help = SJ_T("What happened")},
    {.name = "channel", .label = SJ_T("Channel"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("Where")},
    {.name = "values", .label = SJ_T("Values"), .type = SJ_TYPE_TEXT, .help = SJ_T("The properties of the event")},
};
static const struct sj_table_def rows_table = {"rows", SJ_T("The first events as understood"), SJ_PICTURE_NONE, SJ_COLUMNS(rows_columns)};

struct preview {
    struct sj_result *result;
    struct sj_table *table;
    struct sj_names touchpoints, channels;
    struct sj_buf columns; /* struct sj_column_info; texts in the result */
    struct sj_buf text;
};

static enum sj_status preview_touchpoint(void *ctx, struct sj_str name, uint16_t *ret_code, struct sj_error *err) {
    uint32_t code;
    SJ_TRY(sj_names_add(&((struct preview *)ctx)->touchpoints, name, &code, err));
    *ret_code = (uint16_t)code;
    return SJ_OK;
}

static enum sj_status preview_channel(void *ctx, struct sj_str name, uint8_t *ret_code, struct sj_error *err) {
    struct preview *p = ctx;
    uint32_t code;
    SJ_TRY(sj_names_add(&p->channels, SJ_LIT(""), &code, err));
    SJ_TRY(sj_names_add(&p->channels, name, &code, err));
    *ret_code = (uint8_t)code;
    return SJ_OK;
}

static enum sj_status preview_column(void *ctx, struct sj_str name, enum sj_kind kind, uint16_t *ret_code, struct sj_error *err) {
    struct preview *p = ctx;
    struct sj_column_info info = {.kind = kind};
    SJ_TRY(sj_result_text(p->result, name, &info.name, err));
    *ret_code = (uint16_t)(p->columns.n / sizeof info);
    return sj_buf_append(&p->columns, &info, sizeof info, err);
}

static enum sj_status print_value(struct preview *p, const struct sj_value *value, struct sj_error *err) {
    const struct sj_column_info *info = (const struct sj_column_info *)(const void *)p->columns.data + value->column;
    char text[SJ_TIME_TEXT_BYTES];
    size_t n = 0;
    SJ_TRY(sj_buf_print(&p->text, err, "%s%.*s=", p->text.n > 0 ? ", " : "", SJ_ARG(info->name)));
    switch (info->kind) {
    case SJ_KIND_TEXT: return sj_buf_append_str(&p->text, cut_text(value->text, EXAMPLE_BYTES), err);
    case SJ_KIND_NUMBER: n = sj_double_format(value->f64, text); break;
    case SJ_KIND_TRUTH: return sj_buf_append_str(&p->text, value->i64 != 0 ? SJ_LIT("true") : SJ_LIT("false"), err);
    case SJ_KIND_TIME: n = sj_time_format(value->i64, text); break;
    case SJ_KIND_MONEY: n = sj_money_format(value->i64, text); break;
    case SJ_KIND_DURATION: n = sj_duration_format(value->i64, text); break;
    }
    return sj_buf_append(&p->text, text, n, err);
}

static enum sj_status preview_add(void *ctx, const struct sj_event *event, struct sj_error *err) {
    struct preview *p = ctx;
    struct sj_str customer, touchpoint, channel = SJ_LIT(""), values;
    struct sj_cell *cells;
    sj_buf_reset(&p->text);
    for (size_t i = 0; i < event->n_values; i++)
        SJ_TRY(print_value(p, &event->values[i], err));
    SJ_TRY(sj_result_text(p->result, event->customer, &customer, err));
    SJ_TRY(sj_result_text(p->result, sj_names_at(&p->touchpoints, event->touchpoint), &touchpoint, err));
    SJ_TRY(sj_result_text(p->result, sj_buf_str(&p->text), &values, err));
    if (event->channel > 0)
        SJ_TRY(sj_result_text(p->result, sj_names_at(&p->channels, event->channel), &channel, err));
    SJ_TRY(sj_result_row(p->result, p->table, &cells, err));
    cells[0] = sj_cell_text(customer);
    cells[1] = sj_cell_i64(event->time_us);
    cells[2] = sj_cell_text(touchpoint);
    cells[3] = sj_cell_text(channel);
    cells[4] = sj_cell_text(values);
    return SJ_OK;
}

static enum sj_status describe_rows(const struct sj_ingest_plan *plan, struct sj_result *result, struct sj_error *err) {
    struct sj_loader *l = plan->loader;
    struct preview p = {.result = result};
    const struct sj_sink sink = {
        .ctx = &p, .touchpoint = preview_touchpoint, .channel = preview_channel, .column = preview_column, .add = preview_add};
    enum sj_status status = SJ_OK;
    sj_names_init(&p.touchpoints, plan->mem, l->names.seed);
    sj_names_init(&p.channels, plan->mem, l->names.seed);
    sj_buf_init(&p.columns, plan->mem, SIZE_MAX);
    sj_buf_init(&p.text, plan->mem, SIZE_MAX);
    SJ_TRY_CLEAN(sj_result_table(result, &rows_table, &p.table, err));
    SJ_TRY_CLEAN(sj_loader_begin(l, &sink, NULL, err));
    for (size_t i = 0; i < l->n_shown; i++) {
        const struct sj_row row = {.fields = l->shown[i].fields, .n_fields = l->shown[i].n_fields, .line = l->shown[i].line};
        SJ_TRY_CLEAN(sj_loader_row(l, &row, err));
    }
cleanup:
    sj_names_done(&p.touchpoints);
    sj_names_done(&p.channels);
    sj_buf_done(&p.columns);
    sj_buf_done(&p.text);
    return status;
}

/* ---- the whole ---- */

enum sj_status sj_ingest_describe(const struct sj_ingest_plan *plan, struct sj_result *result, struct sj_error *err) {
    SJ_TRY(describe_file(plan, result, err));
    SJ_TRY(describe_columns(plan, result, err));
    SJ_TRY(describe_rows(plan, result, err));
    const enum sj_status status = loader_add_notes(plan->loader, result);
    return status == SJ_OK ? SJ_OK : sj_fail(err, status, "the notes on the file could not be kept");
}

/* ---- the record ---- */

static void write_columns(const struct sj_ingest_plan *plan, struct sj_json *json) {
    const struct sj_loader *l = plan->loader;
    sj_json_key(json, "columns");
    sj_json_open(json, '[');
    for (uint32_t i = 0; i < loader_n_columns(l); i++) {
        const struct loader_column *c = &loader_columns(l)[i];
        sj_json_open(json, '{');
        sj_json_key(json, "name");
        sj_json_str(json, c->name);
        sj_json_key(json, "role");
        sj_json_text(json, c->identity > 0           ? "identity"
                           : i == l->touchpoint_else ? "touchpoint_else"
                           : i == l->clock           ? "time_of_day"
                                                     : sj_role_name(c->role));
        if (c->care != SJ_CARE_NONE) {
            sj_json_key(json, "care");
            sj_json_text(json, c->care == SJ_CARE_DROP ? "drop" : "redact");
        }
        sj_json_key(json, "kind");
        sj_json_text(json, kind_text(c));
        sj_json_key(json, "kept_as");
        sj_json_str(json, kept_name(c));
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static void write_constants(const struct sj_ingest_plan *plan, struct sj_json *json) {
    sj_json_key(json, "constants");
    sj_json_open(json, '{');
    for (unsigned role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES; role++) {
        char pseudonym[SJ_PSEUDONYM_BYTES];
        const struct sj_str constant = constant_of(plan, (enum sj_role)role, pseudonym);
        if (constant.n == 0)
            continue;
        sj_json_key(json, sj_role_name((enum sj_role)role));
        sj_json_str(json, constant);
    }
    sj_json_close(json, '}');
}

static void write_names(struct sj_json *json, const char *key, const struct sj_str *names, size_t n) {
    sj_json_key(json, key);
    sj_json_open(json, '[');
    for (size_t i = 0; i < n; i++)
        sj_json_str(json, names[i]);
    sj_json_close(json, ']');
}

/* What was told to be left out, also where no column of the file was meant. */
static void write_care(const struct sj_ingest_options *o, struct sj_json *json) {
    if (!sj_care_is_on(o))
        return;
    write_names(json, "drop", o->drop, o->n_drop);
    write_names(json, "redact", o->redact, o->n_redact);
    sj_json_key(json, "pseudonymise");
    sj_json_text(json, o->pseudonym_key == NULL ? NULL : o->key_from == SJ_KEY_FROM_FILE ? "key of a file" : "key of the store");
}

static void write_dialect(const struct sj_ingest_plan *plan, struct sj_json *json) {
    const struct sj_ingest_options *o = &plan->options;
    sj_json_key(json, "delimiter");
    sj_json_str(json, (struct sj_str){&o->delimiter, 1});
    sj_json_key(json, "quote");
    if (o->quote == SJ_INGEST_NO_QUOTE)
        sj_json_null(json);
    else
        sj_json_str(json, (struct sj_str){&o->quote, 1});
    sj_json_key(json, "header");
    sj_json_truth(json, o->header != 0);
    sj_json_key(json, "rows_above_header");
    sj_json_i64(json, (int64_t)o->n_above);
}

enum sj_status sj_ingest_mapping(const struct sj_ingest_plan *plan, struct sj_arena *arena, struct sj_str *ret_json, struct sj_error *err) {
    struct sj_buf out;
    struct sj_json json;
    sj_buf_init(&out, plan->mem, SJ_JSON_BYTES_MAX);
    sj_json_init(&json, &out, err);
    sj_json_open(&json, '{');
    sj_json_key(&json, "format");
    sj_json_text(&json, format_name(plan->options.format));
    sj_json_key(&json, "compression");
    sj_json_text(&json, plan->source != NULL && sj_source_compression(plan->source) == SJ_COMPRESSION_GZ ? "gz"
                        : sj_source_compression(plan->source) == SJ_COMPRESSION_ZST                      ? "zst"
                                                                                                         : NULL);
    sj_json_key(&json, "encoding");
    sj_json_text(&json, plan->options.format == SJ_FORMAT_XES ? NULL : sj_encoding_name(sj_source_encoding(plan->source)));
    if (plan->options.format == SJ_FORMAT_CSV)
        write_dialect(plan, &json);
    sj_json_key(&json, "time_format");
    sj_json_text(&json, sj_time_form_name(&plan->loader->time_form));
    sj_json_key(&json, "timezone");
    if (plan->loader->time_is_zoned)
        sj_json_null(&json);
    else
        sj_json_str(&json, zone_name(plan));
    if (plan->loader->has_decimal) {
        sj_json_key(&json, "decimal");
        sj_json_str(&json, (struct sj_str){&plan->loader->decimal, 1});
    }
    write_columns(plan, &json);
    write_constants(plan, &json);
    write_care(&plan->options, &json);
    sj_json_close(&json, '}');
    enum sj_status status = json.status;
    char *copy = NULL;
    if (status == SJ_OK)
        status = sj_arena_new(arena, out.n, 1, (void *)&copy, err);
    if (status == SJ_OK) {
        memcpy(copy, out.data, out.n);
        *ret_json = (struct sj_str){copy, out.n};
    }
    sj_buf_done(&out);
    return status;
}
