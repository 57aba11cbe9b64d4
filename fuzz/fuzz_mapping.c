/* Column mapping: any flags and any file; what was decided is what the flags say, one column has one role, and every event that comes of
 * it is whole. Lines of flags come first, then an empty line, then the file:
 *   C to M   the column of a role (as enum sj_role is numbered from A)     c to m   the same value for all rows
 *   ! ignore   = kind   z timezone   t time format   n encoding   d delimiter   q quote   . decimal   h header   u customer attribute
 *   & another identity of the customer   % the type of customers */
#include "ingest/loader_internal.h"
#include "ingest/plan.h"
#include "one_input.h"

enum { LIST_MAX = 8 };

struct flags {
    struct sj_ingest_options options;
    struct sj_str ignore[LIST_MAX], kinds[LIST_MAX], identities[LIST_MAX];
};

static void take_sign(struct sj_ingest_options *options, char flag, struct sj_str value) {
    const char sign = value.n > 0 ? value.p[0] : '\0';
    switch (flag) {
    case 'd': options->delimiter = sign; break;
    case 'q': options->quote = value.n > 0 ? sign : SJ_INGEST_NO_QUOTE; break;
    case '.': options->decimal = sign; break;
    case 'h': options->header = sign == '1'; break;
    default: break;
    }
}

static void take_flag(struct flags *flags, char flag, struct sj_str value) {
    struct sj_ingest_options *o = &flags->options;
    if (flag >= 'A' + SJ_ROLE_CUSTOMER && flag < 'A' + SJ_N_ROLES)
        o->columns[flag - 'A'] = value;
    else if (flag == '!' && o->n_ignore < LIST_MAX)
        flags->ignore[o->n_ignore++] = value;
    else if (flag == '=' && o->n_kinds < LIST_MAX)
        flags->kinds[o->n_kinds++] = value;
    else if (flag == '&' && o->n_identities < LIST_MAX)
        flags->identities[o->n_identities++] = value;
    else if (flag == '%')
        o->customer_type = value;
    else if (flag == 'z')
        o->timezone = value;
    else if (flag == 't')
        o->time_format = value;
    else if (flag == 'n')
        o->encoding = value;
    else if (flag == 'u')
        o->customer_attribute = value;
    else if (strchr("dq.h", flag) != NULL)
        take_sign(o, flag, value);
    else if (flag >= 'a' + SJ_ROLE_CUSTOMER && flag < 'a' + SJ_N_ROLES)
        o->constants[flag - 'a'] = value;
}

static void take_flags(struct input *in, struct flags *flags) {
    *flags = (struct flags){0};
    sj_ingest_options_init(&flags->options);
    flags->options.ignore = flags->ignore;
    flags->options.kinds = flags->kinds;
    flags->options.identities = flags->identities;
    for (struct sj_str line; in->n > 0 && (line = take_until(in, '\n')).n > 0;)
        take_flag(flags, line.p[0], (struct sj_str){line.p + 1, line.n - 1});
}

/* ---- what was decided ---- */

static void check_role(const struct sj_loader *l, const struct sj_ingest_options *options, enum sj_role role) {
    const struct sj_str told = options->columns[role];
    const uint32_t column = l->by_role[role];
    require(column == NO_COLUMN || column < loader_n_columns(l));
    require(column == NO_COLUMN || loader_columns(l)[column].role == role);
    if (told.n > 0)
        require(column != NO_COLUMN && sj_str_eq_nocase(loader_columns(l)[column].name, told) && options->constants[role].n == 0);
    else if (options->constants[role].n > 0)
        require(column == NO_COLUMN);
    else
        require(column != NO_COLUMN || role > SJ_ROLE_TOUCHPOINT);
}

static size_t count_columns(const struct sj_loader *l, struct sj_str name, enum sj_role role) {
    size_t n = 0;
    for (uint32_t i = 0; i < loader_n_columns(l); i++)
        n += sj_str_eq_nocase(loader_columns(l)[i].name, name) && loader_columns(l)[i].role == role;
    return n;
}

static void check_decisions(const struct sj_ingest_plan *plan, const struct sj_ingest_options *options) {
    const struct sj_loader *l = plan->loader;
    size_t n_roles = 0, n_with_role = 0;
    for (unsigned role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES; role++) {
        check_role(l, options, (enum sj_role)role);
        n_roles += l->by_role[role] != NO_COLUMN;
    }
    for (uint32_t i = 0; i < loader_n_columns(l); i++)
        n_with_role += loader_columns(l)[i].role >= SJ_ROLE_CUSTOMER;
    require(n_with_role == n_roles + (l->clock != NO_COLUMN)); /* a time of day is a second column of the time */
    for (size_t i = 0; i < options->n_ignore; i++)
        require(count_columns(l, options->ignore[i], SJ_ROLE_IGNORE) > 0);
    if (plan->options.format == SJ_FORMAT_CSV) {
        require(options->delimiter == 0 || plan->options.delimiter == options->delimiter);
        require(options->quote == 0 || plan->options.quote == options->quote);
        require(options->header < 0 || plan->options.header == options->header);
    }
}

/* ---- what comes of it ---- */

struct sink {
    struct sj_names touchpoints, channels, columns;
    enum sj_kind kinds[SJ_PROPERTIES_MAX];
    uint64_t n_events;
};

static enum sj_status sink_name(struct sj_names *names, struct sj_str name, size_t max, uint32_t *ret_code, struct sj_error *err) {
    require(name.n > 0 && name.n <= SJ_NAME_BYTES_MAX + 32);
    SJ_TRY(sj_names_add(names, name, ret_code, err));
    return *ret_code < max ? SJ_OK : sj_fail(err, SJ_E_LIMIT, "full");
}

static enum sj_status sink_touchpoint(void *ctx, struct sj_str name, uint16_t *ret_code, struct sj_error *err) {
    uint32_t code;
    SJ_TRY(sink_name(&((struct sink *)ctx)->touchpoints, name, SJ_TOUCHPOINTS_MAX, &code, err));
    *ret_code = (uint16_t)code;
    return SJ_OK;
}

static enum sj_status sink_channel(void *ctx, struct sj_str name, uint8_t *ret_code, struct sj_error *err) {
    uint32_t code;
    SJ_TRY(sink_name(&((struct sink *)ctx)->channels, name, SJ_CHANNELS_MAX, &code, err));
    *ret_code = (uint8_t)code;
    return SJ_OK;
}

/* A name and a kind are one column: the kind stands before the name. */
static enum sj_status sink_column(void *ctx, struct sj_str name, enum sj_kind kind, uint16_t *ret_code, struct sj_error *err) {
    struct sink *sink = ctx;
    char text[SJ_NAME_BYTES_MAX + 32];
    uint32_t code;
    require(name.n > 0 && name.n < sizeof text && kind < SJ_N_KINDS);
    text[0] = (char)('0' + kind);
    memcpy(text + 1, name.p, name.n);
    SJ_TRY(sink_name(&sink->columns, (struct sj_str){text, name.n + 1}, SJ_PROPERTIES_MAX, &code, err));
    sink->kinds[code] = kind;
    *ret_code = (uint16_t)code;
    return SJ_OK;
}

static enum sj_status sink_link(void *ctx, struct sj_str a, struct sj_str b, int64_t time_us, struct sj_error *err) {
    (void)ctx;
    (void)err;
    require(a.n > 0 && a.n <= SJ_IDENTITY_BYTES_MAX && b.n > 0 && b.n <= SJ_IDENTITY_BYTES_MAX && !sj_str_eq(a, b));
    require(time_us >= SJ_TIME_MIN && time_us <= SJ_TIME_MAX);
    return SJ_OK;
}

static enum sj_status sink_add(void *ctx, const struct sj_event *event, struct sj_error *err) {
    (void)err;
    struct sink *sink = ctx;
    require(event->customer.n > 0 && event->customer.n <= SJ_IDENTITY_BYTES_MAX);
    require(event->time_us >= SJ_TIME_MIN && event->time_us <= SJ_TIME_MAX);
    require(event->touchpoint < sj_names_count(&sink->touchpoints) && event->channel < sj_names_count(&sink->channels));
    for (size_t i = 0; i < event->n_values; i++) {
        const struct sj_value *value = &event->values[i];
        require(value->column < sj_names_count(&sink->columns));
        require(sink->kinds[value->column] != SJ_KIND_TEXT || value->text.n <= SJ_TEXT_BYTES_MAX);
        require(sink->kinds[value->column] != SJ_KIND_TRUTH || value->i64 == 0 || value->i64 == 1);
        for (size_t j = 0; j < i; j++)
            require(event->values[j].column != value->column);
    }
    sink->n_events++;
    return SJ_OK;
}

static void run(struct sj_ingest_plan *plan) {
    static struct sink sink;
    struct sj_names *const names[] = {&sink.touchpoints, &sink.channels, &sink.columns};
    const struct sj_sink calls = {
        .ctx = &sink, .touchpoint = sink_touchpoint, .channel = sink_channel, .column = sink_column, .add = sink_add, .link = sink_link};
    struct sj_ingest_summary summary;
    struct sj_error err = {0};
    size_t n_rejected_bytes = 0;
    const struct sj_ingest_watch watch = {.ctx = &n_rejected_bytes, .reject = look_on_reject};
    uint32_t code;
    sink.n_events = 0;
    for (size_t i = 0; i < 3; i++)
        sj_names_init(names[i], sj_alloc_libc(), i);
    require(sj_names_add(&sink.channels, SJ_LIT(""), &code, NULL) == SJ_OK); /* no channel is known */
    const enum sj_status status = sj_ingest_run_into(plan, &calls, &watch, &summary, &err);
    require_told(status, &err);
    if (status == SJ_OK)
        require(summary.n_events == sink.n_events && summary.n_rows == summary.n_events + summary.n_rejected);
    for (size_t i = 0; i < 3; i++)
        sj_names_done(names[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct input in = {bytes, n};
    struct flags flags;
    struct capped capped;
    struct sj_ingest_plan *plan;
    struct sj_error err = {0};
    capped_init(&capped, FILE_BYTES);
    take_flags(&in, &flags);
    struct one_input input = {.left = take_rest(&in)};
    const struct sj_os os = input_os(&input);
    const enum sj_status status = sj_ingest_look(&os, &capped.alloc, "-", &flags.options, &plan, &err);
    require_told(status, &err);
    if (status == SJ_OK) {
        check_decisions(plan, &flags.options);
        run(plan);
        sj_ingest_plan_free(plan);
    }
    require(capped.n_used == 0);
    return 0;
}
