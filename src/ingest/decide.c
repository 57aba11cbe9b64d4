/* What each column of a file is for, found from its sample: the end of the loader's sampling.
 *
 * In this order, the first that says something wins: the options, the format, the usual names. A role that is not required goes to a
 * column with a usual name only if the values of the sample fit it; what is not certain is asked for. */
#include <stdio.h>

#include "ingest/kinds.h"
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
        if (column_n_samples(c) == 0)
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

static enum sj_status find_column(const struct sj_loader *l, const char *flag, struct sj_str name, uint32_t *ret_column,
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

static enum sj_status take_option(struct sj_loader *l, enum sj_role role, struct sj_error *err) {
    const struct sj_str name = l->options->columns[role];
    if (name.n == 0)
        return SJ_OK;
    if (l->options->constants[role].n > 0)
        return sj_fail(err, SJ_E_USAGE, "%s and --set %s=… exclude each other: either a column says it, or it is the same for all rows",
                       sj_role_flag(role), sj_role_name(role));
    uint32_t column;
    SJ_TRY(find_column(l, sj_role_flag(role), name, &column, err));
    struct loader_column *c = &loader_columns(l)[column];
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
        SJ_TRY(find_column(l, "--ignore", l->options->ignore[i], &column, err));
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

/* A copy of the sample's texts, for functions that look at a whole column. */
static enum sj_status column_texts(const struct sj_loader *l, const struct loader_column *c, struct sj_str **ret_texts,
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

static enum sj_status looks_like_time(const struct sj_loader *l, const struct loader_column *c, bool *ret_does, struct sj_error *err) {
    struct sj_str *texts;
    struct sj_time_form form, other;
    size_t example;
    if (column_n_samples(c) > 0 && column_samples(c)[0].kind == SJ_FIELD_TIME) {
        *ret_does = true;
        return SJ_OK;
    }
    SJ_TRY(column_texts(l, c, &texts, err));
    const size_t n = column_n_samples(c) < 200 ? column_n_samples(c) : 200;
    *ret_does = l->options->time_format.n > 0 || sj_time_find(texts, n, &form, &other, &example) != SJ_TIME_NONE;
    sj_mem_free(l->mem, texts);
    return SJ_OK;
}

/* At least nine of ten values of the sample are what the role takes. */
static bool values_fit(const struct sj_loader *l, const struct loader_column *c, enum sj_kind kind) {
    size_t n_fit = 0;
    const size_t n = column_n_samples(c);
    for (size_t i = 0; i < n; i++) {
        struct sj_value value;
        n_fit += sj_text_to_value(column_samples(c)[i].text, kind, l->zone, &value);
    }
    return n > 0 && n_fit * 10 >= n * 9;
}

static enum sj_status fits_role(const struct sj_loader *l, const struct loader_column *c, enum sj_role role, bool *ret_fits,
                                struct sj_error *err) {
    const enum sj_kind kind = sj_role_kind(role);
    size_t n_distinct;
    *ret_fits = column_n_samples(c) > 0;
    if (role == SJ_ROLE_TIME)
        return *ret_fits ? looks_like_time(l, c, ret_fits, err) : SJ_OK;
    if (kind != SJ_KIND_TEXT)
        *ret_fits = values_fit(l, c, kind);
    if (role != SJ_ROLE_EVENT_ID || !*ret_fits)
        return SJ_OK;
    /* Rows that share an event id count once: a column in which values come again is no such thing. */
    SJ_TRY(count_distinct(l, c, &n_distinct, err));
    *ret_fits = n_distinct * 100 >= column_n_samples(c) * 99;
    return SJ_OK;
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
        if (c->role != SJ_ROLE_PROPERTY || rank >= best_rank)
            continue;
        SJ_TRY(fits_role(l, c, role, &fits, err));
        if (!fits)
            continue;
        best = i;
        best_rank = rank;
    }
    if (best == NO_COLUMN)
        return SJ_OK;
    loader_columns(l)[best].role = role;
    l->by_role[role] = best;
    return SJ_OK;
}

/* Where the customer is empty, an anonymous identity stands in, unless the options say what the customer is. */
static void find_fill_in(struct sj_loader *l) {
    const uint32_t customer = l->by_role[SJ_ROLE_CUSTOMER];
    if (customer == NO_COLUMN || loader_columns(l)[customer].is_given || sj_role_is_anonymous(loader_columns(l)[customer].name))
        return;
    size_t best_rank = SJ_ROLE_NO_RANK;
    for (uint32_t i = 0; i < loader_n_columns(l); i++) {
        const struct loader_column *c = &loader_columns(l)[i];
        const size_t rank = sj_role_rank(SJ_ROLE_CUSTOMER, c->name);
        if (c->role != SJ_ROLE_PROPERTY || !sj_role_is_anonymous(c->name) || rank >= best_rank)
            continue;
        l->fill_in = i;
        best_rank = rank;
    }
    if (l->fill_in != NO_COLUMN)
        loader_columns(l)[l->fill_in].fills_in = true;
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
        if (c->role != SJ_ROLE_PROPERTY || n == 0)
            continue;
        SJ_TRY(looks_like_time(l, c, &is_time, err));
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
    if (l->by_role[SJ_ROLE_TIME] == NO_COLUMN && l->options->constants[SJ_ROLE_TIME].n == 0 && a_time == NO_COLUMN)
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

/* ---- kinds ---- */

static enum sj_status take_kind_option(struct sj_loader *l, struct sj_str option, struct sj_error *err) {
    size_t at = option.n;
    while (at > 0 && option.p[at - 1] != '=')
        at--;
    const struct sj_str kind_name = {option.p + at, option.n - at};
    enum sj_kind kind;
    if (at < 2 || !sj_kind_of(kind_name, &kind))
        return sj_fail(err, SJ_E_USAGE,
                       "--kind %.*s is not understood. Write COLUMN=KIND, where KIND is text, number, truth, time, money "
                       "or duration",
                       SJ_ARG(option));
    uint32_t column;
    SJ_TRY(find_column(l, "--kind", (struct sj_str){option.p, at - 1}, &column, err));
    struct loader_column *c = &loader_columns(l)[column];
    c->kind = kind;
    c->has_kind = c->is_forced = true;
    return SJ_OK;
}

/* Texts of a format that has other kinds too are texts, or times; the cells of a CSV file can be anything. */
static enum sj_status find_kind(struct sj_loader *l, struct loader_column *c, struct sj_error *err) {
    const size_t n = column_n_samples(c);
    if (c->has_kind || n == 0)
        return SJ_OK;
    struct sj_str *texts;
    SJ_TRY(column_texts(l, c, &texts, err));
    size_t n_texts = 0;
    bool is_plain = false;
    for (size_t i = 0; i < n; i++) {
        const struct sj_field *field = &column_samples(c)[i];
        is_plain |= field->kind == SJ_FIELD_PLAIN;
        if (field->kind == SJ_FIELD_PLAIN || field->kind == SJ_FIELD_TEXT)
            texts[n_texts++] = field->text;
    }
    static const enum sj_kind typed[] = {
        [SJ_FIELD_NUMBER] = SJ_KIND_NUMBER, [SJ_FIELD_TRUTH] = SJ_KIND_TRUTH, [SJ_FIELD_TIME] = SJ_KIND_TIME};
    c->kind = n_texts > 0 ? sj_kind_find(texts, n_texts, l->zone) : typed[column_samples(c)[0].kind];
    if (n_texts > 0 && !is_plain && c->kind != SJ_KIND_TIME)
        c->kind = SJ_KIND_TEXT;
    c->has_kind = true;
    sj_mem_free(l->mem, texts);
    return SJ_OK;
}

static enum sj_status find_kinds(struct sj_loader *l, struct sj_error *err) {
    for (size_t i = 0; i < l->options->n_kinds; i++)
        SJ_TRY(take_kind_option(l, l->options->kinds[i], err));
    for (uint32_t i = 0; i < loader_n_columns(l); i++)
        SJ_TRY(find_kind(l, &loader_columns(l)[i], err));
    return SJ_OK;
}

enum sj_status loader_name_property(struct sj_loader *l, struct loader_column *c, struct sj_error *err) {
    enum sj_role role;
    uint32_t taken;
    char text[SJ_NAME_BYTES_MAX + 16];
    if (c->role != SJ_ROLE_PROPERTY || !sj_role_of(c->kept_as, &role) || role < SJ_ROLE_CUSTOMER)
        return SJ_OK;
    int n = snprintf(text, sizeof text, "%.*s_property", SJ_ARG(c->name));
    for (unsigned again = 2; sj_names_find(&l->names, (struct sj_str){text, (size_t)n}, &taken); again++)
        n = snprintf(text, sizeof text, "%.*s_property_%u", SJ_ARG(c->name), again);
    return loader_copy_text(l, (struct sj_str){text, (size_t)n}, &c->kept_as, err);
}

/* ---- times ---- */

static enum sj_status fail_time(const struct sj_loader *l, const struct loader_column *c, struct sj_error *err) {
    const struct sj_str text = column_n_samples(c) > 0 ? sj_str_trim(column_samples(c)[0].text) : SJ_LIT("");
    (void)l;
    return sj_fail(
        err, SJ_E_INPUT,
        "the times in the column \"%.*s\" are not understood: \"%.*s\". Say how they are written with --time-format, for instance "
        "--time-format \"DD-MM-YYYY HH:mm\", or name another column with --time",
        SJ_ARG(c->name), (int)(text.n < 60 ? text.n : 60), text.p);
}

static enum sj_status fail_ambiguous(const struct loader_column *c, struct sj_str example, const struct sj_time_form *form,
                                     const struct sj_time_form *other, struct sj_error *err) {
    char as_form[SJ_TIME_TEXT_BYTES] = "?", as_other[SJ_TIME_TEXT_BYTES] = "?";
    int64_t us;
    if (sj_time_read(form, sj_str_trim(example), NULL, &us))
        as_form[sj_time_format(us, as_form)] = '\0';
    if (sj_time_read(other, sj_str_trim(example), NULL, &us))
        as_other[sj_time_format(us, as_other)] = '\0';
    return sj_fail(
        err, SJ_E_INPUT,
        "the times in the column \"%.*s\" can be read in two ways, and nothing in the file tells which is right: \"%.*s\" is %.10s "
        "with --time-format \"%s\", but %.10s with --time-format \"%s\". Say which it is",
        SJ_ARG(c->name), (int)(example.n < 60 ? example.n : 60), example.p, as_form, form->pattern, as_other, other->pattern);
}

static enum sj_status find_time_form(struct sj_loader *l, const struct loader_column *c, struct sj_error *err) {
    struct sj_str *texts;
    struct sj_time_form form = {0}, other = {0};
    size_t example = 0;
    SJ_TRY(column_texts(l, c, &texts, err));
    enum sj_status status = SJ_OK;
    switch (sj_time_find(texts, column_n_samples(c), &form, &other, &example)) {
    case SJ_TIME_NONE: status = fail_time(l, c, err); break;
    case SJ_TIME_AMBIGUOUS: status = fail_ambiguous(c, texts[example], &form, &other, err); break;
    case SJ_TIME_FOUND: l->time_form = form; break;
    }
    sj_mem_free(l->mem, texts);
    return status;
}

static enum sj_status settle_time(struct sj_loader *l, struct sj_error *err) {
    const uint32_t column = l->by_role[SJ_ROLE_TIME];
    if (l->options->time_format.n > 0)
        SJ_TRY(sj_time_form_of(l->options->time_format, &l->time_form, err));
    if (column == NO_COLUMN)
        return SJ_OK;
    const struct loader_column *c = &loader_columns(l)[column];
    const bool is_typed = column_n_samples(c) > 0 && column_samples(c)[0].kind == SJ_FIELD_TIME;
    if (l->options->time_format.n == 0 && !is_typed)
        SJ_TRY(find_time_form(l, c, err));
    const bool is_epoch = l->time_form.style != SJ_TIME_ISO && l->time_form.style != SJ_TIME_PATTERN;
    l->time_is_zoned = is_typed || is_epoch || l->time_form.has_offset;
    return SJ_OK;
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

enum sj_status sj_loader_decide(struct sj_loader *loader, struct sj_error *err) {
    SJ_TRY(check_rows(loader, err));
    for (unsigned role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES; role++)
        SJ_TRY(take_option(loader, (enum sj_role)role, err));
    SJ_TRY(take_ignored(loader, err));
    take_format(loader);
    SJ_TRY(find_kinds(loader, err));
    for (unsigned role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES; role++)
        SJ_TRY(find_role(loader, (enum sj_role)role, err));
    find_fill_in(loader);
    find_score_kind(loader);
    SJ_TRY(check_required(loader, err));
    SJ_TRY(settle_time(loader, err));
    for (uint32_t i = 0; i < loader_n_columns(loader); i++)
        SJ_TRY(loader_name_property(loader, &loader_columns(loader)[i], err));
    return SJ_OK;
}
