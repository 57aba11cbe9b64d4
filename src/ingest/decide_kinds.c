/* Of what kind a file's columns are, and how their numbers are written: told by the options, or found from the sample. */
#include "ingest/decimals.h"
#include "ingest/loader_internal.h"
#include "ingest/roles.h"

/* ---- kinds that are told ---- */

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
    SJ_TRY(loader_find_column(l, "--kind", (struct sj_str){option.p, at - 1}, &column, err));
    struct loader_column *c = &loader_columns(l)[column];
    if (c->care == SJ_CARE_REDACT)
        return sj_fail(err, SJ_E_USAGE, "the column \"%.*s\" is given to both --kind and --redact; what is redacted is a text",
                       SJ_ARG(c->name));
    c->kind = kind;
    c->has_kind = c->is_forced = true;
    return SJ_OK;
}

/* ---- decimal signs ---- */

/* How the texts of a column can be read as numbers, and an example of each. What JSON and XES call texts are numbers only where
 * numbers are wanted. */
struct tally {
    size_t n, n_point, n_comma;                   /* texts; numbers with that sign for the point */
    size_t n_numbers, n_only_point, n_only_comma; /* with either; with one and not the other */
    struct sj_str only_point, only_comma, open;   /* open: with both, and not the same number */
};

static struct tally tally_column(const struct loader_column *c, bool is_wanted) {
    struct tally t = {0};
    for (size_t i = 0; i < column_n_samples(c); i++) {
        const struct sj_field *field = &column_samples(c)[i];
        if (field->kind != SJ_FIELD_PLAIN && !(field->kind == SJ_FIELD_TEXT && is_wanted))
            continue;
        const unsigned forms = sj_decimal_forms(field->text);
        const bool has_sign = memchr(field->text.p, ',', field->text.n) != NULL || memchr(field->text.p, '.', field->text.n) != NULL;
        t.n++;
        t.n_numbers += forms != 0;
        t.n_point += (forms & SJ_DECIMAL_POINT) != 0;
        t.n_comma += (forms & SJ_DECIMAL_COMMA) != 0;
        if (forms == SJ_DECIMAL_POINT && t.n_only_point++ == 0)
            t.only_point = sj_str_trim(field->text);
        if (forms == SJ_DECIMAL_COMMA && t.n_only_comma++ == 0)
            t.only_comma = sj_str_trim(field->text);
        if (forms == (SJ_DECIMAL_POINT | SJ_DECIMAL_COMMA) && has_sign && t.open.n == 0)
            t.open = sj_str_trim(field->text);
    }
    return t;
}

/* Its name or an option says that it holds amounts or numbers. */
static bool is_for_numbers(const struct loader_column *c) {
    static const enum sj_role roles[] = {SJ_ROLE_VALUE, SJ_ROLE_COST, SJ_ROLE_SCORE};
    if (c->is_forced)
        return c->kind == SJ_KIND_NUMBER || c->kind == SJ_KIND_MONEY;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (c->role == roles[i] || (c->role == SJ_ROLE_PROPERTY && sj_role_rank(roles[i], c->name) != SJ_ROLE_NO_RANK))
            return true;
    return false;
}

static enum sj_status fail_two_signs(const struct loader_column *c, const struct tally *t, struct sj_error *err) {
    return sj_fail(
        err, SJ_E_INPUT,
        "the numbers in the column \"%.*s\" are written in two ways, and nothing tells which is right: \"%.*s\" has a decimal "
        "comma, \"%.*s\" a decimal point. Say which it is with --decimal \",\" or --decimal \".\"; values that do not fit it are "
        "then not taken for numbers",
        SJ_ARG(c->name), shown_n(t->only_comma), t->only_comma.p, shown_n(t->only_point), t->only_point.p);
}

/* What the column tells by itself: its sign, or '\0'. A column that is for numbers may have a few values that are none (they are
 * rejected later); of any other all must be numbers. */
static enum sj_status find_own_decimal(struct sj_loader *l, uint32_t column, struct tally *ret_tally, struct sj_error *err) {
    struct loader_column *c = &loader_columns(l)[column];
    const bool is_wanted = is_for_numbers(c), is_text = c->is_forced && c->kind == SJ_KIND_TEXT;
    const struct tally t = tally_column(c, is_wanted);
    *ret_tally = t;
    c->decimal = '\0';
    if (t.n == 0 || is_text || c->role == SJ_ROLE_IGNORE || t.n_numbers * 10 < t.n * 9)
        return SJ_OK;
    if (is_wanted && t.n_only_comma > 0 && t.n_only_point > 0)
        return fail_two_signs(c, &t, err);
    if (t.n_only_comma > 0 && t.n_only_point > 0 && t.n_numbers == t.n)
        l->mixed_column = column;
    if (t.n_only_comma > 0 && (t.n_comma == t.n || (is_wanted && t.n_only_point == 0)))
        c->decimal = ',';
    if (t.n_only_point > 0 && (t.n_point == t.n || (is_wanted && t.n_only_comma == 0)))
        c->decimal = '.';
    return SJ_OK;
}

/* Of the columns that tell: first those that are for numbers, then the others. */
static void find_file_decimal(struct sj_loader *l, size_t n_told[2][2]) {
    for (int for_numbers = 1; for_numbers >= 0 && !l->has_decimal; for_numbers--) {
        const size_t n_comma = n_told[for_numbers][1], n_point = n_told[for_numbers][0];
        l->has_decimal = n_comma + n_point > 0;
        l->decimal = n_comma > n_point ? ',' : '.';
    }
}

/* Columns that do not tell follow the file. */
static enum sj_status find_decimals(struct sj_loader *l, struct sj_error *err) {
    const char told = l->options->decimal;
    struct tally t;
    size_t n_told[2][2] = {{0}};
    if (told != '\0' && told != '.' && told != ',')
        return sj_fail(err, SJ_E_USAGE, "--decimal takes the sign that stands before the decimals: . or ,");
    for (uint32_t i = 0; i < loader_n_columns(l) && told == '\0'; i++) {
        const struct loader_column *c = &loader_columns(l)[i];
        SJ_TRY(find_own_decimal(l, i, &t, err));
        if (c->decimal != '\0')
            n_told[is_for_numbers(c)][c->decimal == ',']++;
        if (c->decimal == '\0' && is_for_numbers(c) && t.open.n > 0 && t.n_numbers * 10 >= t.n * 9) {
            l->open_column = i;
            l->open_text = t.open;
        }
    }
    find_file_decimal(l, n_told);
    if (told != '\0') {
        l->decimal = told;
        l->has_decimal = true;
    }
    for (uint32_t i = 0; i < loader_n_columns(l); i++) {
        struct loader_column *c = &loader_columns(l)[i];
        if (told != '\0' || c->decimal == '\0')
            c->decimal = l->decimal;
        else if (c->decimal != l->decimal)
            l->odd_column = i;
    }
    return SJ_OK;
}

/* ---- kinds that are found ---- */

/* Texts of a format that has other kinds too are texts, or times; the cells of a CSV file can be anything. */
static enum sj_status find_kind(struct sj_loader *l, struct loader_column *c, struct sj_error *err) {
    const size_t n = column_n_samples(c);
    if (c->has_kind || n == 0)
        return SJ_OK;
    const struct sj_text_form form = column_form(l, c);
    struct sj_str *texts;
    SJ_TRY(loader_column_texts(l, c, &texts, err));
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
    c->kind = n_texts > 0 ? sj_kind_find(texts, n_texts, &form) : typed[column_samples(c)[0].kind];
    if (n_texts > 0 && !is_plain && c->kind != SJ_KIND_TIME)
        c->kind = SJ_KIND_TEXT;
    c->has_kind = true;
    sj_mem_free(l->mem, texts);
    return SJ_OK;
}

enum sj_status loader_decide_kinds(struct sj_loader *l, struct sj_error *err) {
    for (size_t i = 0; i < l->options->n_kinds; i++)
        SJ_TRY(take_kind_option(l, l->options->kinds[i], err));
    SJ_TRY(find_decimals(l, err));
    for (uint32_t i = 0; i < loader_n_columns(l); i++)
        SJ_TRY(find_kind(l, &loader_columns(l)[i], err));
    return SJ_OK;
}
