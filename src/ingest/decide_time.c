/* How a file's times are written: the form of the column that is the time, and a time of day that stands in another one. */
#include "ingest/loader_internal.h"
#include "ingest/roles.h"

enum sj_status loader_looks_like_time(const struct sj_loader *l, const struct loader_column *c, bool *ret_does, struct sj_error *err) {
    struct sj_str *texts;
    struct sj_time_form form, other;
    size_t example;
    if (column_n_samples(c) > 0 && column_samples(c)[0].kind == SJ_FIELD_TIME) {
        *ret_does = true;
        return SJ_OK;
    }
    SJ_TRY(loader_column_texts(l, c, &texts, err));
    const size_t n = column_n_samples(c) < 200 ? column_n_samples(c) : 200;
    *ret_does = l->options->time_format.n > 0 || sj_time_find(texts, n, &form, &other, &example) != SJ_TIME_NONE;
    sj_mem_free(l->mem, texts);
    return SJ_OK;
}

/* ---- messages ---- */

/* `form`: the one that comes nearest; the message shows a value that it does not read. */
static enum sj_status fail_time(const struct sj_loader *l, const struct loader_column *c, const struct sj_time_form *form,
                                struct sj_error *err) {
    const size_t n = column_n_samples(c);
    struct sj_str text = SJ_LIT("");
    int64_t us;
    for (size_t i = 0; i < n && text.n == 0; i++)
        if (!sj_time_read(form, sj_str_trim(column_samples(c)[i].text), l->zone, &us))
            text = sj_str_trim(column_samples(c)[i].text);
    return sj_fail(
        err, SJ_E_INPUT,
        "the times in the column \"%.*s\" are not understood: \"%.*s\". Say how they are written with --time-format, for instance "
        "--time-format \"DD-MM-YYYY HH:mm\", or name another column with --time",
        SJ_ARG(c->name), shown_n(text), text.p);
}

/* Four of five values of the sample are numbers of days; not when that many are times, since "20240131" is one. */
static bool has_serials(const struct loader_column *c, struct sj_str *ret_example) {
    size_t n_serial = 0;
    const size_t n = column_n_samples(c);
    for (size_t i = 0; i < n; i++) {
        int64_t us;
        if (!sj_time_is_serial(column_samples(c)[i].text, &us))
            continue;
        if (n_serial++ == 0)
            *ret_example = sj_str_trim(column_samples(c)[i].text);
    }
    return n > 0 && n_serial * 5 >= n * 4;
}

static enum sj_status fail_serials(const struct loader_column *c, struct sj_str example, struct sj_error *err) {
    char time[SJ_TIME_TEXT_BYTES] = "?";
    int64_t us;
    if (sj_time_is_serial(example, &us))
        time[sj_time_format(us, time)] = '\0';
    return sj_fail(
        err, SJ_E_INPUT,
        "the times in the column \"%.*s\" are day numbers of a spreadsheet (\"%.*s\" is %.19s). Format the column as a date with "
        "time (yyyy-mm-dd hh:mm:ss) in the spreadsheet and export it again",
        SJ_ARG(c->name), shown_n(example), example.p, time);
}

enum sj_status loader_check_near_times(const struct sj_loader *l, struct sj_error *err) {
    for (uint32_t i = 0; i < loader_n_columns(l); i++) {
        const struct loader_column *c = &loader_columns(l)[i];
        struct sj_str example, *texts;
        struct sj_time_form form, other;
        size_t at;
        int64_t us;
        bool is_near = false;
        if (c->role != SJ_ROLE_PROPERTY || column_n_samples(c) == 0 || sj_role_rank(SJ_ROLE_TIME, c->name) == SJ_ROLE_NO_RANK)
            continue;
        if (has_serials(c, &example))
            return fail_serials(c, example, err);
        SJ_TRY(loader_column_texts(l, c, &texts, err));
        if (sj_time_find(texts, column_n_samples(c), &form, &other, &at) == SJ_TIME_NONE)
            for (size_t k = 0; k < column_n_samples(c) && !is_near; k++)
                is_near = sj_time_read(&form, sj_str_trim(texts[k]), NULL, &us);
        sj_mem_free(l->mem, texts);
        if (is_near)
            return fail_time(l, c, &form, err);
    }
    return SJ_OK;
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
    struct sj_str serial;
    struct sj_time_form form = {0}, other = {0};
    size_t example = 0;
    SJ_TRY(loader_column_texts(l, c, &texts, err));
    enum sj_status status = SJ_OK;
    switch (sj_time_find(texts, column_n_samples(c), &form, &other, &example)) {
    case SJ_TIME_NONE: status = has_serials(c, &serial) ? fail_serials(c, serial, err) : fail_time(l, c, &form, err); break;
    case SJ_TIME_AMBIGUOUS: status = fail_ambiguous(c, texts[example], &form, &other, err); break;
    case SJ_TIME_FOUND: l->time_form = form; break;
    }
    sj_mem_free(l->mem, texts);
    return status;
}

/* ---- a time of day in another column ---- */

static bool has_only_days(const struct sj_loader *l, const struct loader_column *c) {
    for (size_t i = 0; i < column_n_samples(c); i++) {
        int64_t us;
        if (sj_time_read(&l->time_form, sj_str_trim(column_samples(c)[i].text), NULL, &us) && us % SJ_US_DAY != 0)
            return false;
    }
    return column_n_samples(c) > 0;
}

static bool has_only_clocks(const struct loader_column *c) {
    size_t n_clocks = 0;
    const size_t n = column_n_samples(c);
    for (size_t i = 0; i < n; i++) {
        int64_t us;
        n_clocks += sj_time_read_clock(column_samples(c)[i].text, &us);
    }
    return n > 0 && n_clocks * 10 >= n * 9;
}

/* A duration looks the same ("0:03:20"): the name must say that it is a time of day. */
static size_t clock_rank(struct sj_str name) {
    static const char *const names[] = {"time of day",  "time_of_day",   "timeofday",        "clock",      "hour",
                                        "uur",          "tijdstip",      "order time",       "order_time", "ordertime",
                                        "invoice_time", "purchase_time", "transaction_time", "call_time"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (sj_str_eq_nocase(name, sj_str(names[i])))
            return 0;
    return sj_role_rank(SJ_ROLE_TIME, name);
}

static void find_clock(struct sj_loader *l) {
    size_t best_rank = SJ_ROLE_NO_RANK;
    for (uint32_t i = 0; i < loader_n_columns(l); i++) {
        const struct loader_column *c = &loader_columns(l)[i];
        const size_t rank = clock_rank(c->name);
        if (c->role != SJ_ROLE_PROPERTY || c->is_forced || !has_only_clocks(c))
            continue;
        if (rank == SJ_ROLE_NO_RANK)
            l->likely_clock = i;
        if (rank >= best_rank)
            continue;
        l->clock = i;
        best_rank = rank;
    }
    if (l->clock != NO_COLUMN)
        loader_columns(l)[l->clock].role = SJ_ROLE_TIME;
}

/* ---- the whole ---- */

enum sj_status loader_decide_time(struct sj_loader *l, struct sj_error *err) {
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
    if (!l->time_is_zoned && has_only_days(l, c))
        find_clock(l);
    return SJ_OK;
}
