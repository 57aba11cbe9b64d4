/* What each column of a file is for, found from its sample: the end of the loader's sampling.
 *
 * In this order, the first that says something wins: the options, the format, the usual names. A role that is not required goes to a
 * column with a usual name only if the values of the sample fit it; what is not certain is asked for. */
#include <stdio.h>

#include "ingest/loader_internal.h"
#include "ingest/roles.h"

#define LISTED_COLUMNS 14
#define EXAMPLE_BYTES 24

/* ---- messages ---- */

/* The columns with an example each, as far as a message has room. */
static enum sj_status list_columns(const struct sj_loader *l, struct sj_buf *out, struct sj_error *err) {
    const uint32_t n = loader_n_columns(l);
    for (uint32_t i = 0; i < n && i < LISTED_COLUMNS; i++) {
        const struct loader_column *c = &loader_columns(l)[i];
        const int n_name = c->name.n < 40 ? (int)c->name.n : 40;
        SJ_TRY(sj_buf_print(out, err, "%s%.*s", i > 0 ? ", " : "", n_name, c->name.p));
        if (column_n_samples(c) == 0 || sj_care_is_on(l->options))
            continue;
        struct sj_str text = sj_str_trim(column_samples(c)[0].text);
        for (size_t k = 0; k < text.n; k++)
            if (text.p[k] == '\n' || text.p[k] == '\r')
                text.n = k;
        const bool cut = text.n > EXAMPLE_BYTES;
        for (text.n = cut ? EXAMPLE_BYTES : text.n; cut && text.n > 0 && ((uint8_t)text.p[text.n] & 0xC0) == 0x80; text.n--) {
        }
        SJ_TRY(sj_buf_print(out, err, " (%.*s%s)", SJ_ARG(text), cut ? "…" : ""));
    }
    return n > LISTED_COLUMNS ? sj_buf_print(out, err, ", … (%u)", n) : SJ_OK;
}

static enum sj_status fail_unknown(const struct sj_loader *l, const char *flag, struct sj_str name, struct sj_error *err) {
    const struct sj_str *names = sj_names_all(&l->names);
    const uint32_t n = loader_n_columns(l);
    const size_t near = sj_str_nearest(name, names, n);
    if (near < n)
        return sj_fail(err, SJ_E_USAGE, "%s: the file has no column \"%.*s\". Did you mean \"%.*s\"?", flag, SJ_ARG(name),
                       SJ_ARG(names[near]));
    struct sj_buf list;
    sj_buf_init(&list, l->mem, 1 << 16);
    enum sj_status status = list_columns(l, &list, err);
    if (status == SJ_OK)
        status = sj_fail(err, SJ_E_USAGE, "%s: the file has no column \"%.*s\". It has: %.*s", flag, SJ_ARG(name), (int)list.n,
                         (const char *)list.data);
    sj_buf_done(&list);
    return status;
}

enum sj_status loader_find_column(const struct sj_loader *l, const char *flag, struct sj_str name, uint32_t *ret_column,
                                  struct sj_error *err) {
    if (sj_names_find(&l->names, name, ret_column))
        return SJ_OK;
    uint32_t found = NO_COLUMN;
    for (uint32_t i = 0; i < loader_n_columns(l); i++)
        if (sj_str_eq_nocase(name, loader_columns(l)[i].name) && found == NO_COLUMN)
            found = i;
    if (found == NO_COLUMN)
        return fail_unknown(l, flag, name, err);
    *ret_column = found;
    return SJ_OK;
}

/* ---- told by the options or the format ---- */

/* A redacted text tells nothing, and that may only be said of a comment. */
static bool may_have_role(const struct loader_column *c, enum sj_role role) {
    return c->care == SJ_CARE_NONE || (c->care == SJ_CARE_REDACT && role == SJ_ROLE_COMMENT);
}

static enum sj_status fail_cared(const struct loader_column *c, enum sj_role role, struct sj_error *err) {
    if (c->care == SJ_CARE_DROP)
        return sj_fail(err, SJ_E_USAGE, "the column \"%.*s\" is given to both --drop and %s", SJ_ARG(c->name), sj_role_flag(role));
    return sj_fail(err, SJ_E_USAGE,
                   "the column \"%.*s\" is given to both --redact and %s; only comments and properties can be redacted. Leave it out with "
                   "--drop, or put pseudonyms in the place of customers with --pseudonymise",
                   SJ_ARG(c->name), sj_role_flag(role));
}

static enum sj_status check_meant(const struct sj_loader *l, const char *flag, const struct sj_str *names, size_t n, struct sj_error *err) {
    for (size_t i = 0; i < n; i++)
        if (!loader_has_meant(l, names[i]))
            return fail_unknown(l, flag, names[i], err);
    return SJ_OK;
}

/* A header names all columns of a file: a name that is not among them is a mistake, and what was meant would stay. Names of JSON and XES
 * may come later in the file. */
static enum sj_status check_cared(const struct sj_loader *l, struct sj_error *err) {
    const struct sj_ingest_options *o = l->options;
    if (o->format != SJ_FORMAT_CSV)
        return SJ_OK;
    SJ_TRY(check_meant(l, "--drop", o->drop, o->n_drop, err));
    return check_meant(l, "--redact", o->redact, o->n_redact, err);
}

static enum sj_status take_option(struct sj_loader *l, enum sj_role role, struct sj_error *err) {
    const struct sj_str name = l->options->columns[role];
    if (name.n == 0)
        return SJ_OK;
    if (l->options->constants[role].n > 0)
        return sj_fail(err, SJ_E_USAGE, "%s and --set %s=… exclude each other: either a column says it, or it is the same for all rows",
                       sj_role_flag(role), sj_role_name(role));
    uint32_t column;
    SJ_TRY(loader_find_column(l, sj_role_flag(role), name, &column, err));
    struct loader_column *c = &loader_columns(l)[column];
    if (!may_have_role(c, role))
        return fail_cared(c, role, err);
    for (unsigned other = SJ_ROLE_CUSTOMER; other < role; other++)
        if (l->by_role[other] == column)
            return sj_fail(err, SJ_E_USAGE, "the column \"%.*s\" is given to both %s and %s; a column can have one role", SJ_ARG(c->name),
                           sj_role_flag((enum sj_role)other), sj_role_flag(role));
    c->role = role;
    c->is_given = true;
    l->by_role[role] = column;
    return SJ_OK;
}

static enum sj_status take_ignored(struct sj_loader *l, struct sj_error *err) {
    for (size_t i = 0; i < l->options->n_ignore; i++) {
        uint32_t column;
        SJ_TRY(loader_find_column(l, "--ignore", l->options->ignore[i], &column, err));
        struct loader_column *c = &loader_columns(l)[column];
        if (l->by_role[c->role] == column)
            return sj_fail(err, SJ_E_USAGE, "the column \"%.*s\" is given to both --ignore and %s", SJ_ARG(c->name), sj_role_flag(c->role));
        c->role = SJ_ROLE_IGNORE;
        c->is_given = true;
    }
    return SJ_OK;
}

/* What set_role() said, where the options did not say otherwise. */
static void take_format(struct sj_loader *l) {
    for (uint32_t i = 0; i < loader_n_columns(l); i++) {
        struct loader_column *c = &loader_columns(l)[i];
        if (c->role < SJ_ROLE_CUSTOMER || l->by_role[c->role] == i)
            continue;
        if (l->by_role[c->role] == NO_COLUMN && l->options->constants[c->role].n == 0)
            l->by_role[c->role] = i;
        else
            c->role = SJ_ROLE_PROPERTY;
    }
}

/* ---- usual names ---- */

enum sj_status loader_column_texts(const struct sj_loader *l, const struct loader_column *c, struct sj_str **ret_texts,
                                   struct sj_error *err) {
    const size_t n = column_n_samples(c);
    SJ_TRY(sj_mem_new(l->mem, n + 1, sizeof **ret_texts, (void *)ret_texts, err));
    for (size_t i = 0; i < n; i++)
        (*ret_texts)[i] = column_samples(c)[i].text;
    return SJ_OK;
}

static enum sj_status count_distinct(const struct sj_loader *l, const struct loader_column *c, size_t *ret_n, struct sj_error *err) {
    struct sj_names seen;
    sj_names_init(&seen, l->mem, l->names.seed);
    enum sj_status status = SJ_OK;
    for (size_t i = 0; i < column_n_samples(c) && status == SJ_OK; i++) {
        uint32_t code;
        status = sj_names_add(&seen, column_samples(c)[i].text, &code, err);
    }
    *ret_n = sj_names_count(&seen);
    sj_names_done(&seen);
    return status;
}

/* At least nine of ten values of the sample are what the role takes. *ret_unfit: the first that is not; empty when all are. */
static bool values_fit(const struct sj_loader *l, const struct loader_column *c, enum sj_kind kind, struct sj_str *ret_unfit) {
    size_t n_fit = 0;
    const size_t n = column_n_samples(c);
    *ret_unfit = SJ_LIT("");
    for (size_t i = 0; i < n; i++) {
        struct sj_value value;
        struct sj_text_form form = column_form(l, c);
        if (column_samples(c)[i].kind == SJ_FIELD_NUMBER)
            form.decimal = '.';
        const bool fits = sj_text_to_value(column_samples(c)[i].text, kind, &form, &value);
        n_fit += fits;
        if (!fits && ret_unfit->n == 0)
            *ret_unfit = sj_str_trim(column_samples(c)[i].text);
    }
    return n > 0 && n_fit * 10 >= n * 9;
}

/* Rows that share an event id count once. A column whose name means nothing else may repeat where rows were sent twice, but not
 * mostly; any other must not repeat at all. */
static enum sj_status fits_event_id(const struct sj_loader *l, const struct loader_column *c, bool *ret_fits, struct sj_error *err) {
    size_t n_distinct;
    SJ_TRY(count_distinct(l, c, &n_distinct, err));
    *ret_fits = n_distinct * 100 >= column_n_samples(c) * (sj_role_is_sure_event_id(c->name) ? 50 : 99);
    return SJ_OK;
}

static enum sj_status fits_role(const struct sj_loader *l, const struct loader_column *c, enum sj_role role, bool *ret_fits,
                                struct sj_error *err) {
    const enum sj_kind kind = sj_role_kind(role);
    struct sj_str unfit;
    *ret_fits = column_n_samples(c) > 0;
    if (!*ret_fits)
        return SJ_OK;
    if (role == SJ_ROLE_TIME)
        return loader_looks_like_time(l, c, ret_fits, err);
    if (role == SJ_ROLE_EVENT_ID)
        return fits_event_id(l, c, ret_fits, err);
    if (kind != SJ_KIND_TEXT)
        *ret_fits = values_fit(l, c, kind, &unfit);
    return SJ_OK;
}

/* Nobody has the role, and yet a column has the best name for it: the description says why. */
static void keep_misfit(struct sj_loader *l, enum sj_role role) {
    const bool is_told = role == SJ_ROLE_EVENT_ID || (role > SJ_ROLE_TOUCHPOINT && sj_role_kind(role) != SJ_KIND_TEXT);
    size_t best_rank = SJ_ROLE_NO_RANK;
    for (uint32_t i = 0; i < loader_n_columns(l) && is_told; i++) {
        const struct loader_column *c = &loader_columns(l)[i];
        const size_t rank = sj_role_rank(role, c->name);
        if (c->role != SJ_ROLE_PROPERTY || c->care != SJ_CARE_NONE || rank >= best_rank ||
            (column_n_samples(c) == 0 && role != SJ_ROLE_EVENT_ID))
            continue;
        best_rank = rank;
        l->misfits[role].column = i;
        if (role != SJ_ROLE_EVENT_ID)
            (void)values_fit(l, c, sj_role_kind(role), &l->misfits[role].text);
    }
}

/* Nobody has logged in yet: instead of who visits, the column of users, which is empty so far, is the customer; who visits stands in. */
static uint32_t find_user(const struct sj_loader *l, uint32_t visitor, size_t visitor_rank) {
    uint32_t best = visitor;
    size_t best_rank = visitor_rank;
    for (uint32_t i = 0; i < loader_n_columns(l); i++) {
        const struct loader_column *c = &loader_columns(l)[i];
        const size_t rank = sj_role_rank(SJ_ROLE_CUSTOMER, c->name);
        if (c->role != SJ_ROLE_PROPERTY || rank >= best_rank || column_n_samples(c) > 0 || !may_have_role(c, SJ_ROLE_CUSTOMER) ||
            sj_role_identity_type(c->name) != SJ_ID_USER)
            continue;
        best = i;
        best_rank = rank;
    }
    return best;
}

static enum sj_status find_role(struct sj_loader *l, enum sj_role role, struct sj_error *err) {
    if (l->by_role[role] != NO_COLUMN || l->options->constants[role].n > 0)
        return SJ_OK;
    uint32_t best = NO_COLUMN;
    size_t best_rank = SJ_ROLE_NO_RANK;
    for (uint32_t i = 0; i < loader_n_columns(l); i++) {
        const struct loader_column *c = &loader_columns(l)[i];
        const size_t rank = sj_role_rank(role, c->name);
        bool fits = false;
        if (c->role != SJ_ROLE_PROPERTY || rank >= best_rank || !may_have_role(c, role))
            continue;
        SJ_TRY(fits_role(l, c, role, &fits, err));
        if (!fits)
            continue;
        best = i;
        best_rank = rank;
    }
    if (best == NO_COLUMN) {
        keep_misfit(l, role);
        return SJ_OK;
    }
    if (role == SJ_ROLE_CUSTOMER && sj_role_is_anonymous(loader_columns(l)[best].name))
        best = find_user(l, best, best_rank);
    loader_columns(l)[best].role = role;
    l->by_role[role] = best;
    return SJ_OK;
}

/* How many rows of the sample would count as sent twice. */
static enum sj_status count_event_ids(struct sj_loader *l, struct sj_error *err) {
    const uint32_t column = l->by_role[SJ_ROLE_EVENT_ID];
    size_t n_distinct;
    if (column == NO_COLUMN)
        return SJ_OK;
    SJ_TRY(count_distinct(l, &loader_columns(l)[column], &n_distinct, err));
    l->n_event_ids = column_n_samples(&loader_columns(l)[column]);
    l->n_event_ids_again = l->n_event_ids - n_distinct;
    return SJ_OK;
}

/* Lines of a tracking library (userId, anonymousId): "event" is only there for track; for the others "type" says what happened. */
static void find_touchpoint_else(struct sj_loader *l) {
    const uint32_t touchpoint = l->by_role[SJ_ROLE_TOUCHPOINT];
    uint32_t type;
    if (touchpoint == NO_COLUMN || loader_columns(l)[touchpoint].is_given ||
        !sj_str_eq(loader_columns(l)[touchpoint].name, SJ_LIT("event")) || !sj_names_find(&l->names, SJ_LIT("anonymousId"), &type) ||
        !sj_names_find(&l->names, SJ_LIT("type"), &type))
        return;
    const struct loader_column *c = &loader_columns(l)[type];
    if (c->role == SJ_ROLE_PROPERTY && c->care == SJ_CARE_NONE)
        l->touchpoint_else = type;
}

/* "nps_score" says of which kind the score is, where nothing else does. */
static void find_score_kind(struct sj_loader *l) {
    static const char *const kinds[] = {"nps", "csat", "ces"};
    const uint32_t column = l->by_role[SJ_ROLE_SCORE];
    if (column == NO_COLUMN || l->by_role[SJ_ROLE_SCORE_KIND] != NO_COLUMN || l->options->constants[SJ_ROLE_SCORE_KIND].n > 0)
        return;
    const struct sj_str name = loader_columns(l)[column].name;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct sj_str kind = sj_str(kinds[i]), begin = {name.p, kind.n};
        if (name.n >= kind.n && sj_str_eq_nocase(begin, kind))
            l->score_kind = kind;
    }
}

/* ---- what is missing ---- */

static bool names_a_happening(struct sj_str name) {
    static const char *const words[] = {"event", "action", "activit", "step", "page", "status", "stage", "type", "reason", "task"};
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        const size_t n = strlen(words[w]);
        for (size_t i = 0; i + n <= name.n; i++)
            if (sj_str_eq_nocase((struct sj_str){name.p + i, n}, sj_str(words[w])))
                return true;
    }
    return false;
}

/* The column that most likely has a role nobody was found for; NO_COLUMN when none is likely. */
static enum sj_status guess_column(const struct sj_loader *l, enum sj_role role, uint32_t *ret_column, struct sj_error *err) {
    *ret_column = NO_COLUMN;
    size_t best = SIZE_MAX;
    for (uint32_t i = 0; i < loader_n_columns(l); i++) {
        const struct loader_column *c = &loader_columns(l)[i];
        const size_t n = column_n_samples(c);
        bool is_time = false;
        size_t n_distinct = 0;
        if (c->role != SJ_ROLE_PROPERTY || c->care != SJ_CARE_NONE || n == 0)
            continue;
        SJ_TRY(loader_looks_like_time(l, c, &is_time, err));
        SJ_TRY(count_distinct(l, c, &n_distinct, err));
        size_t rank = SIZE_MAX;
        if (role == SJ_ROLE_TIME)
            rank = is_time && n_distinct > 1 ? 0 : SIZE_MAX;
        else if (role == SJ_ROLE_TOUCHPOINT && !is_time && n_distinct > 1 && names_a_happening(c->name))
            rank = n_distinct;
        else if (role == SJ_ROLE_CUSTOMER && !is_time && n_distinct > 1)
            rank = n - n_distinct + (c->has_kind && c->kind == SJ_KIND_TRUTH ? n : 0);
        if (rank < best) {
            best = rank;
            *ret_column = i;
        }
    }
    return SJ_OK;
}

static enum sj_status print_missing(const struct sj_loader *l, enum sj_role role, struct sj_buf *out, struct sj_error *err) {
    const char *ask = SJ_T("It is not clear which column says what happened: say so with --touchpoint COLUMN, or give all rows the "
                           "same name with --set touchpoint=purchase");
    if (role == SJ_ROLE_CUSTOMER)
        ask = SJ_T("It is not clear which column names the customer: say so with --customer COLUMN");
    else if (role == SJ_ROLE_TIME)
        ask = SJ_T("It is not clear which column is the time of the event: say so with --time COLUMN");
    const enum sj_lang lang = err != NULL ? err->lang : SJ_EN;
    uint32_t likely;
    SJ_TRY(guess_column(l, role, &likely, err));
    SJ_TRY(sj_buf_print(out, err, "%s%s", out->n > 0 ? " " : "", sj_text(lang, ask)));
    if (likely == NO_COLUMN)
        return sj_buf_print(out, err, ".");
    SJ_TRY(sj_buf_print(out, err, " "));
    SJ_TRY(sj_buf_print(out, err, sj_text(lang, SJ_T("(perhaps \"%.*s\")")), SJ_ARG(loader_columns(l)[likely].name)));
    return sj_buf_print(out, err, ".");
}

static enum sj_status print_all_missing(const struct sj_loader *l, struct sj_buf *asked, struct sj_buf *list, struct sj_error *err) {
    SJ_TRY(list_columns(l, list, err));
    uint32_t a_time;
    SJ_TRY(guess_column(l, SJ_ROLE_TIME, &a_time, err));
    const bool needs_time = l->by_role[SJ_ROLE_TIME] == NO_COLUMN && l->options->constants[SJ_ROLE_TIME].n == 0;
    if (needs_time)
        SJ_TRY(loader_check_near_times(l, err));
    if (needs_time && a_time == NO_COLUMN)
        return sj_fail(err, SJ_E_INPUT,
                       "no column holds times. Sojourn reads events: one row for each thing that happened, with the time at which it did; "
                       "a table with one row for each customer cannot be imported so. If a column is a time after all, name it with --time "
                       "and say how it is written with --time-format. The columns are: %.*s",
                       (int)list->n, (const char *)list->data);
    for (unsigned role = SJ_ROLE_CUSTOMER; role <= SJ_ROLE_TOUCHPOINT; role++)
        if (l->by_role[role] == NO_COLUMN && l->options->constants[role].n == 0)
            SJ_TRY(print_missing(l, (enum sj_role)role, asked, err));
    if (asked->n == 0)
        return SJ_OK;
    return sj_fail(err, SJ_E_INPUT, "%.*s The columns are: %.*s", (int)asked->n, (const char *)asked->data, (int)list->n,
                   (const char *)list->data);
}

static enum sj_status check_required(const struct sj_loader *l, struct sj_error *err) {
    struct sj_buf asked, list;
    sj_buf_init(&asked, l->mem, 1 << 16);
    sj_buf_init(&list, l->mem, 1 << 16);
    const enum sj_status status = print_all_missing(l, &asked, &list, err);
    sj_buf_done(&asked);
    sj_buf_done(&list);
    return status;
}

/* ---- names ---- */

enum sj_status loader_name_property(struct sj_loader *l, struct loader_column *c, struct sj_error *err) {
    enum sj_role role;
    uint32_t taken;
    char text[SJ_NAME_BYTES_MAX + 16];
    const char *behind = c->name.n > 0 ? "_property" : "unnamed"; /* JSON has "" */
    if (c->role != SJ_ROLE_PROPERTY || (c->name.n > 0 && (!sj_role_of(c->kept_as, &role) || role < SJ_ROLE_CUSTOMER)))
        return SJ_OK;
    int n = snprintf(text, sizeof text, "%.*s%s", SJ_ARG(c->name), behind);
    for (unsigned again = 2; sj_names_find(&l->names, (struct sj_str){text, (size_t)n}, &taken); again++)
        n = snprintf(text, sizeof text, "%.*s%s_%u", SJ_ARG(c->name), behind, again);
    return sj_arena_copy(&l->arena, (struct sj_str){text, (size_t)n}, &c->kept_as, err);
}

static enum sj_status check_rows(const struct sj_loader *l, struct sj_error *err) {
    for (uint32_t i = 0; i < loader_n_columns(l); i++)
        if (column_n_samples(&loader_columns(l)[i]) > 0)
            return SJ_OK;
    if (l->n_rejected > 0)
        return sj_fail(err, SJ_E_INPUT, "none of the first %llu rows could be read. The first: %s", (unsigned long long)l->n_rejected,
                       l->reasons[0]);
    return sj_fail(err, SJ_E_INPUT, "the file has no rows: nothing follows the names of the columns. Was it exported to its end?");
}

/* What the options say of the columns. */
static enum sj_status take_options(struct sj_loader *l, struct sj_error *err) {
    for (unsigned role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES; role++)
        SJ_TRY(take_option(l, (enum sj_role)role, err));
    SJ_TRY(take_ignored(l, err));
    return check_cared(l, err);
}

enum sj_status sj_loader_decide(struct sj_loader *loader, struct sj_error *err) {
    SJ_TRY(check_rows(loader, err));
    SJ_TRY(take_options(loader, err));
    take_format(loader);
    SJ_TRY(loader_decide_kinds(loader, err));
    for (unsigned role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES; role++)
        SJ_TRY(find_role(loader, (enum sj_role)role, err));
    SJ_TRY(count_event_ids(loader, err));
    SJ_TRY(loader_decide_identities(loader, err));
    find_touchpoint_else(loader);
    find_score_kind(loader);
    SJ_TRY(check_required(loader, err));
    SJ_TRY(loader_decide_time(loader, err));
    loader->n_split_seen = loader->n_split_cases;
    for (uint32_t i = 0; i < loader_n_columns(loader); i++)
        SJ_TRY(loader_name_property(loader, &loader_columns(loader)[i], err));
    return SJ_OK;
}
