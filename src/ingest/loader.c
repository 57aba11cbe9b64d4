#include "ingest/loader.h"

#include <stdio.h>

#include "ingest/loader_internal.h"
#include "ingest/roles.h"

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
    *l = (struct sj_loader){.mem = mem, .options = options, .zone = zone, .is_sampling = true};
    l->touchpoint_else = l->visitor = l->clock = l->likely_clock = l->odd_column = l->mixed_column = l->open_column = NO_COLUMN;
    l->decimal = '.';
    for (unsigned role = 0; role < SJ_N_ROLES; role++)
        l->by_role[role] = l->misfits[role].column = NO_COLUMN;
    const uint64_t seed = (uint64_t)(uintptr_t)l; /* differs from run to run */
    sj_arena_init(&l->arena, mem);
    sj_names_init(&l->names, mem, seed);
    sj_names_init(&l->visitors, mem, seed);
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
    sj_names_done(&loader->visitors);
    sj_arena_done(&loader->arena);
    sj_mem_free(loader->mem, loader);
}

bool sj_loader_is_sampling(const struct sj_loader *loader) { return loader->is_sampling; }
bool sj_loader_is_full(const struct sj_loader *loader) { return loader->is_sampling && loader->n_rows >= SJ_SAMPLE_ROWS; }
void sj_loader_split_case(struct sj_loader *loader) { loader->n_split_cases++; }
uint64_t sj_loader_n_rows(const struct sj_loader *loader) { return loader->n_rows; }

/* ---- columns ---- */

static void take_care(struct loader_column *column, enum sj_care care) {
    column->care = care;
    if (care == SJ_CARE_DROP)
        column->role = SJ_ROLE_IGNORE;
}

void sj_loader_treat_as(struct sj_loader *loader, uint32_t column, struct sj_str name) {
    const enum sj_care care = sj_care_of(loader->options, name);
    if (care != SJ_CARE_NONE)
        take_care(&loader_columns(loader)[column], care);
}

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
    struct loader_column column = {
        .name = sj_names_at(&loader->names, code), .decimal = loader->decimal, .codes = {-1, -1, -1, -1, -1, -1}};
    column.kept_as = column.name;
    take_care(&column, sj_care_of(loader->options, name));
    sj_buf_init(&column.samples, loader->mem, SIZE_MAX);
    if (!loader->is_sampling)
        SJ_TRY(loader_name_property(loader, &column, err));
    SJ_TRY(sj_buf_append(&loader->columns, &column, sizeof column, err));
    *ret_column = code;
    return SJ_OK;
}

void sj_loader_set_role(struct sj_loader *loader, uint32_t column, enum sj_role role) {
    if (!loader->is_sampling || loader_columns(loader)[column].care != SJ_CARE_NONE)
        return;
    loader_columns(loader)[column].role = role;
    loader_columns(loader)[column].is_given = true;
}

/* ---- sampling ---- */

static enum sj_status keep_row(struct sj_loader *l, const struct sj_row *row, struct sj_error *err) {
    struct shown_row *shown = l->n_shown < SHOWN_ROWS ? &l->shown[l->n_shown] : NULL;
    if (shown != NULL) {
        SJ_TRY(sj_arena_new(&l->arena, row->n_fields + 1, sizeof *shown->fields, (void *)&shown->fields, err));
        shown->line = row->line;
    }
    for (size_t i = 0; i < row->n_fields; i++) {
        struct sj_field field = row->fields[i];
        const enum sj_care care = loader_columns(l)[field.column].care;
        if (sj_str_trim(field.text).n == 0 || care == SJ_CARE_DROP)
            continue;
        if (care == SJ_CARE_REDACT)
            field = loader_redacted(&field);
        SJ_TRY(sj_arena_copy(&l->arena, field.text, &field.text, err));
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
    struct sj_reject told = *reject;
    note_reason(l, reject, err != NULL ? err->lang : SJ_EN);
    l->n_rejected++;
    if (l->is_sampling)
        return SJ_OK;
    if (sj_care_is_on(l->options))
        told.raw = SJ_LIT("");
    if (l->watch != NULL && l->watch->reject != NULL)
        SJ_TRY(l->watch->reject(l->watch->ctx, &told, err));
    return l->sink != NULL && l->n_rows >= EARLY_ROWS && is_over_limit(l, EARLY_TIMES) ? fail_over_limit(l, err) : SJ_OK;
}

enum sj_status sj_loader_reject(struct sj_loader *loader, const struct sj_reject *reject, struct sj_error *err) {
    loader->n_rows++;
    return count_reject(loader, reject, err);
}

/* ---- loading: one row ---- */

static void start_row(struct sj_loader *l, enum sj_lang lang) {
    l->event = (struct sj_event){0};
    l->why_column = l->touchpoint_text = SJ_LIT("");
    for (int i = 0; i < l->n_identities; i++)
        l->identities[i] = SJ_LIT("");
    l->has_time = l->has_touchpoint = l->has_score = false;
    l->clock_us = 0;
    l->why.status = SJ_OK;
    l->why.lang = lang;
    sj_buf_reset(&l->values);
}

static void refuse_missing(struct sj_loader *l, enum sj_role role) {
    const uint32_t column = l->by_role[role];
    l->why_column = column != NO_COLUMN ? loader_columns(l)[column].name : SJ_LIT("");
    sj_fail(&l->why, SJ_E_INPUT, "the %s is empty", sj_role_name(role));
}

/* Where the day is midnight of local time, and the time of day stands in a column of its own. */
static void add_clock(struct sj_loader *l) {
    if (l->clock == NO_COLUMN || !l->has_time)
        return;
    const bool is_day = l->event.time_us % SJ_US_DAY == 0;
    l->event.time_us = sj_zone_to_utc(l->zone, l->event.time_us + (is_day ? l->clock_us : 0));
}

static enum sj_status check_row(struct sj_loader *l, struct sj_error *err) {
    add_clock(l);
    l->event.customer = loader_customer(l);
    if (!l->has_touchpoint && l->touchpoint_text.n > 0)
        SJ_TRY(loader_take_touchpoint(l, l->touchpoint_text, err));
    if (l->why.status != SJ_OK)
        l->why_column = loader_columns(l)[l->touchpoint_else].name;
    else if (l->event.customer.n == 0)
        refuse_missing(l, SJ_ROLE_CUSTOMER);
    else if (!l->has_time)
        refuse_missing(l, SJ_ROLE_TIME);
    else if (!l->has_touchpoint)
        refuse_missing(l, SJ_ROLE_TOUCHPOINT);
    return SJ_OK;
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
    SJ_TRY(loader_send_links(l, err));
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
        SJ_TRY(loader_take_field(l, &row->fields[i], err));
        if (l->why.status != SJ_OK) {
            l->why_column = loader_columns(l)[row->fields[i].column].name;
            return reject_row(l, row, err);
        }
    }
    SJ_TRY(loader_take_constants(l, err));
    if (l->why.status == SJ_OK)
        SJ_TRY(check_row(l, err));
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
    loader->n_rows = loader->n_events = loader->n_rejected = loader->n_kept_as_text = loader->n_split_cases = 0;
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
    ret_summary->n_kept_as_text = loader->n_kept_as_text;
    ret_summary->n_split_cases = loader->n_split_cases;
    ret_summary->min_time_us = loader->min_time_us;
    ret_summary->max_time_us = loader->max_time_us;
    ret_summary->is_over_limit = is_over;
    return SJ_OK;
}
