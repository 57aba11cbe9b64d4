#include "store/saved.h"
#include "store/internal.h"

/* ---- what may be saved ---- */

static bool starts_with_word(struct sj_str text, const char *word) {
    const size_t n = strlen(word);
    return text.n > n && text.p[n] == ' ' && sj_str_eq_nocase((struct sj_str){text.p, n}, sj_str(word));
}

static bool has_control(struct sj_str text) {
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
            return true;
    return false;
}

static bool has_sign(struct sj_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '\0' && strchr("()=<>!,\"'`", text.p[i]))
            return true;
    return false;
}

static enum sj_status check_name(struct sj_str name, struct sj_error *err) {
    if (name.n == 0)
        return sj_fail(err, SJ_E_USAGE, "the name of the segment is empty");
    if (name.n > SJ_SAVED_NAME_BYTES)
        return sj_fail(err, SJ_E_LIMIT, "the name of the segment is %zu bytes long; at most %d are possible", name.n, SJ_SAVED_NAME_BYTES);
    if (!sj_str_is_utf8(name) || has_control(name) || name.p[0] == ' ' || name.p[name.n - 1] == ' ')
        return sj_fail(err, SJ_E_USAGE, "a segment cannot have this name: it must be UTF-8 on one line, without a space at either end");
    if (has_sign(name) || starts_with_word(name, "not") || starts_with_word(name, "segment"))
        return sj_fail(
            err, SJ_E_USAGE,
            "a segment cannot be named \"%.*s\", which could be read as a condition: a name has none of ( ) = < > ! , and quotes, "
            "and does not begin with the word not or segment",
            SJ_ARG(name));
    return SJ_OK;
}

static enum sj_status check_text(struct sj_str text, const char *what, size_t n_max, struct sj_error *err) {
    if (text.n > n_max)
        return sj_fail(err, SJ_E_LIMIT, "%s of the segment is %zu bytes long; at most %zu are possible", sj_error_text(err, what), text.n,
                       n_max);
    if (!sj_str_is_utf8(text) || memchr(text.p, '\0', text.n))
        return sj_fail(err, SJ_E_USAGE, "%s of the segment is no text in UTF-8", sj_error_text(err, what));
    return SJ_OK;
}

enum sj_status sj_saved_check(const struct sj_saved_segment *saved, struct sj_error *err) {
    SJ_TRY(check_name(saved->name, err));
    SJ_TRY(check_text(saved->condition, SJ_T("the condition"), SJ_SAVED_CONDITION_BYTES, err));
    return check_text(saved->description, SJ_T("the description"), SJ_SAVED_DESCRIPTION_BYTES, err);
}

/* ---- changing ---- */

struct saving {
    const struct sj_saved_segment *saved;
    bool replace;
};

static enum sj_status save(struct sj_store *store, void *ctx, struct sj_error *err) {
    const struct saving *saving = ctx;
    struct sj_saved_segment saved = *saving->saved;
    uint64_t n = 0;
    bool is_new = true;
    saved.time_us = store->os->now_us(store->os->ctx);
    SJ_TRY(sj_catalog_save_segment(store->catalog, &saved, &is_new, &n, err));
    if (!is_new && !saving->replace)
        return sj_fail(err, SJ_E_EXISTS, "there is a saved segment \"%.*s\" already", SJ_ARG(saved.name));
    if (n > SJ_SAVED_MAX)
        return sj_fail(err, SJ_E_LIMIT, "the store has %d saved segments, and cannot hold more: drop one first", SJ_SAVED_MAX);
    return SJ_OK;
}

enum sj_status sj_store_save_segment(struct sj_store *store, const struct sj_saved_segment *saved, bool replace, struct sj_error *err) {
    struct saving saving = {saved, replace};
    SJ_TRY(sj_saved_check(saved, err));
    return sj_store_transaction(store, save, &saving, err);
}

static enum sj_status drop(struct sj_store *store, void *ctx, struct sj_error *err) {
    const struct sj_str *name = ctx;
    bool found = false;
    SJ_TRY(sj_catalog_drop_segment(store->catalog, *name, &found, err));
    return found ? SJ_OK : sj_fail(err, SJ_E_NOT_FOUND, "there is no saved segment \"%.*s\"", SJ_ARG(*name));
}

enum sj_status sj_store_drop_segment(struct sj_store *store, struct sj_str name, struct sj_error *err) {
    return sj_store_transaction(store, drop, &name, err);
}

/* ---- in a view ---- */

const struct sj_saved_segment *sj_saved_find(const struct sj_view *view, struct sj_str name) {
    size_t lo = 0, hi = view->n_saved;
    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;
        const int order = sj_str_cmp(view->saved[middle].name, name);
        if (order == 0)
            return &view->saved[middle];
        if (order < 0)
            lo = middle + 1;
        else
            hi = middle;
    }
    return NULL;
}

enum sj_status sj_saved_unknown(const struct sj_view *view, struct sj_str name, enum sj_status status, struct sj_error *err) {
    struct sj_str names[SJ_SAVED_MAX];
    const size_t n = view->n_saved < SJ_SAVED_MAX ? view->n_saved : SJ_SAVED_MAX;
    for (size_t i = 0; i < n; i++)
        names[i] = view->saved[i].name;
    const size_t near = sj_str_nearest(name, names, n);
    if (near < n)
        return sj_fail(err, status, "there is no saved segment \"%.*s\"; did you mean \"%.*s\"?", SJ_ARG(name), SJ_ARG(names[near]));
    return n > 0
               ? sj_fail(err, status, "there is no saved segment \"%.*s\" (sojourn segments lists them)", SJ_ARG(name))
               : sj_fail(err, status, "there is no saved segment \"%.*s\": this store has none (sojourn segments saves one)", SJ_ARG(name));
}
