#include <string.h>

#include "api/who.h"
#include "base/time.h"

/* The form of a condition: @0, @1 stand for the first and second cell of the row, as touchpoints; @c for the first as a channel, @r for a whole
 * route, @s for the steps of the question up to the row's. */
struct form {
    const char *analysis, *table, *columns; /* columns: as "a b c"; NULL: all */
    const char *text;
};

static const struct form forms[] = {
    {"overview", "touchpoints", NULL, "did(@0)"},
    {"overview", "channels", NULL, "did(.[@c])"},
    {"flow", "links", NULL, "matched(@0 >> @1)"},
    {"flow", "starts", NULL, "matched(^ @0)"},
    {"flow", "ends", NULL, "matched(@0 $)"},
    {"flow", "touchpoints", NULL, "did(@0)"},
    {"variants", "variants", NULL, "matched(^ @r $)"},
    {"funnel", "steps", NULL, "matched(@s)"},
    {"participation", "summary", "participants times", "matched(@s)"},
    {"sessions", "touchpoints", "events sessions", "did(@0)"},
    {"channels", "channels", NULL, "did(.[@c])"},
    {"loops", "touchpoints", "repeats journeys customers", "did(@0, at least 2)"},
    {"loops", "touchpoints", "direct", "matched(@0 >> @0)"},
};

static bool is_listed(const char *columns, const char *name) {
    const size_t n = strlen(name);
    for (const char *at = columns; at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, name, n) == 0 && (at[n] == ' ' || at[n] == '\0'))
            return true;
    }
    return columns == NULL;
}

static enum sj_status put_quoted(struct sj_buf *out, struct sj_str name, struct sj_error *err) {
    SJ_TRY(sj_buf_append_str(out, SJ_LIT("\""), err));
    for (size_t i = 0; i < name.n; i++)
        SJ_TRY(sj_buf_print(out, err, name.p[i] == '"' ? "\"\"" : "%c", name.p[i]));
    return sj_buf_append_str(out, SJ_LIT("\""), err);
}

/* Plain where the language takes it so. */
static enum sj_status put_touchpoint(struct sj_buf *out, struct sj_str name, struct sj_error *err) {
    static const struct sj_str words[] = {{"within", 6}, {"after", 5}, {"no", 2}};
    bool plain = name.n > 0 && name.p[0] != '.' && name.p[0] != '-';
    for (size_t i = 0; i < name.n; i++) {
        const char c = name.p[i];
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_.-/", c)));
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        plain = plain && !sj_str_eq_nocase(name, words[i]);
    return plain ? sj_buf_append_str(out, name, err) : put_quoted(out, name, err);
}

static enum sj_status put_route(struct sj_buf *out, const struct sj_cell *cell, struct sj_error *err) {
    for (size_t i = 0; i < cell->route.n_steps; i++) {
        SJ_TRY(sj_buf_append_str(out, i > 0 ? SJ_LIT(" >> ") : SJ_LIT(""), err));
        SJ_TRY(put_touchpoint(out, cell->route.steps[i], err));
    }
    return SJ_OK;
}

static enum sj_status put_channel(struct sj_buf *out, const struct sj_cell *cell, struct sj_error *err) {
    if (!cell->known)
        return sj_buf_append_str(out, SJ_LIT("not channel is known"), err);
    SJ_TRY(sj_buf_append_str(out, SJ_LIT("channel = "), err));
    return put_quoted(out, cell->text, err);
}

static enum sj_status put_duration(struct sj_buf *out, int64_t us, struct sj_error *err) {
    static const struct {
        int64_t us;
        const char *name;
    } units[] = {{SJ_US_DAY, "d"}, {SJ_US_HOUR, "h"}, {SJ_US_MINUTE, "m"}, {SJ_US_SECOND, "s"}, {SJ_US_MS, "ms"}, {1, "us"}};
    size_t unit = 0;
    while (us % units[unit].us != 0)
        unit++;
    return sj_buf_print(out, err, "%lld%s", (long long)(us / units[unit].us), units[unit].name);
}

static const struct sj_arg *arg_of(const struct sj_run *run, const char *name) {
    for (size_t i = 0; i < run->analysis->n_params; i++)
        if (strcmp(run->analysis->params[i].name, name) == 0)
            return &run->job.args[i];
    return NULL;
}

/* How many steps the row stands for: those up to its own; all of them in a table without steps. */
static uint32_t n_steps_of(const struct sj_who_row *row, const struct sj_pattern *pattern) {
    return sj_row_keys(row->table->def) != 0 ? (uint32_t)row->row + 1 : pattern->n_steps;
}

/* Only where each step is a touchpoint, the arrows are plain, and nothing else is asked for. */
static enum sj_status put_steps(struct sj_buf *out, const struct sj_run *run, const struct sj_who_row *row, bool *ret_said,
                                struct sj_error *err) {
    const struct sj_arg *within = arg_of(run, "within"), *hold = arg_of(run, "hold"), *dialect = arg_of(run, "dialect");
    const struct sj_pattern *pattern = run->job.patterns[arg_of(run, "steps")->pattern];
    const uint32_t n = n_steps_of(row, pattern);
    *ret_said = pattern->plain && pattern->n_conditions == 0 && !pattern->from_start && !pattern->to_end &&
                pattern->within_us == SJ_NO_LIMIT && (!hold || hold->dimension == SJ_NO_CODE) && (!dialect || dialect->i64 == 0);
    for (uint32_t i = 0; *ret_said && i < pattern->n_steps; i++) {
        bool is_name = false;
        for (uint32_t code = 0; code < run->job.n_touchpoints && !is_name; code++)
            is_name = sj_str_eq(pattern->steps[i].text, run->job.touchpoints[code]);
        *ret_said = is_name && !pattern->steps[i].optional;
    }
    for (uint32_t i = 0; *ret_said && i < n; i++) {
        SJ_TRY(sj_buf_append_str(out, i > 0 ? SJ_LIT(" > ") : SJ_LIT(""), err));
        SJ_TRY(put_touchpoint(out, pattern->steps[i].text, err));
    }
    if (!*ret_said || n < 2)
        return SJ_OK;
    SJ_TRY(sj_buf_append_str(out, SJ_LIT(" within "), err));
    return put_duration(out, within->i64, err);
}

static enum sj_status put_form(struct sj_buf *out, const char *text, const struct sj_run *run, const struct sj_who_row *row, bool *ret_said,
                               struct sj_error *err) {
    *ret_said = true;
    for (; *text && *ret_said; text++) {
        if (*text != '@') {
            SJ_TRY(sj_buf_append(out, text, 1, err));
            continue;
        }
        const struct sj_cell *first = sj_table_cell(row->table, row->row, 0);
        switch (*++text) {
        case 'c': SJ_TRY(put_channel(out, first, err)); break;
        case 'r': SJ_TRY(put_route(out, first, err)); break;
        case 's': SJ_TRY(put_steps(out, run, row, ret_said, err)); break;
        default: SJ_TRY(put_touchpoint(out, first[*text - '0'].text, err)); break;
        }
    }
    return SJ_OK;
}

enum sj_status sj_who_segment(const struct sj_run *run, const struct sj_question *question, const struct sj_who_row *row,
                              struct sj_buf *out, struct sj_error *err) {
    const struct sj_lens_words *lens = &question->lens;
    const struct form *form = NULL;
    bool said = false;
    /* A segment looks at histories, and at all events before the end. */
    const bool whole = lens->from.n == 0 && lens->where.n == 0 && (lens->journey.n == 0 || sj_str_eq(lens->journey, SJ_LIT("history")));
    for (size_t i = 0; i < sizeof forms / sizeof *forms && !form; i++)
        if (strcmp(forms[i].analysis, run->analysis->name) == 0 && strcmp(forms[i].table, row->figure.table->name) == 0 &&
            is_listed(forms[i].columns, row->figure.table->columns[row->figure.column].name))
            form = &forms[i];
    if (!whole || !form || !row->table)
        return SJ_OK;
    if (lens->segment.n > 0)
        SJ_TRY(sj_buf_print(out, err, "(%.*s) and ", SJ_ARG(lens->segment)));
    SJ_TRY(put_form(out, form->text, run, row, &said, err));
    if (!said)
        sj_buf_reset(out);
    return SJ_OK;
}
