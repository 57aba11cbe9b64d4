#include "api/args.h"

struct typer {
    const struct sj_param *param;
    const struct sj_view *view;
    struct sj_arena *arena;
    struct sj_error *err;
};

static enum sj_status unknown_name(const struct sj_analysis *analysis, struct sj_str name, struct sj_arena *arena, struct sj_error *err) {
    struct sj_str *names;
    SJ_TRY(sj_arena_new(arena, analysis->n_params + 1, sizeof *names, &names, err));
    for (size_t i = 0; i < analysis->n_params; i++)
        names[i] = sj_str(analysis->params[i].name);
    const size_t near = sj_str_nearest(name, names, analysis->n_params);
    if (near < analysis->n_params)
        return sj_fail(err, SJ_E_USAGE, "%s has no parameter \"%.*s\"; did you mean \"%.*s\"?", analysis->name, SJ_ARG(name),
                       SJ_ARG(names[near]));
    return sj_fail(err, SJ_E_USAGE, "%s has no parameter \"%.*s\"", analysis->name, SJ_ARG(name));
}

static enum sj_status check_names(const struct sj_analysis *analysis, const struct sj_question *question, struct sj_arena *arena,
                                  struct sj_error *err) {
    for (size_t w = 0; w < question->n_args; w++) {
        bool known = false;
        for (size_t i = 0; i < analysis->n_params && !known; i++)
            known = sj_str_eq(question->args[w].name, sj_str(analysis->params[i].name));
        if (!known)
            return unknown_name(analysis, question->args[w].name, arena, err);
    }
    return SJ_OK;
}

/* ---- one type each ---- */

static enum sj_status type_count(const struct typer *t, struct sj_str word, struct sj_arg *arg) {
    if (!sj_str_to_i64(word, &arg->i64))
        return sj_fail(t->err, SJ_E_USAGE, "\"%.*s\" is no value for %s; expected a whole number", SJ_ARG(word), t->param->name);
    if (arg->i64 < t->param->min || arg->i64 > t->param->max)
        return sj_fail(t->err, SJ_E_USAGE, "%s is %.*s; expected a whole number from %lld to %lld", t->param->name, SJ_ARG(word),
                       (long long)t->param->min, (long long)t->param->max);
    return SJ_OK;
}

static enum sj_status type_share(const struct typer *t, struct sj_str word, struct sj_arg *arg) {
    const bool percent = word.n > 0 && word.p[word.n - 1] == '%';
    const struct sj_str number = {word.p, word.n - percent};
    if (!sj_str_to_double(number, &arg->f64))
        return sj_fail(t->err, SJ_E_USAGE, "\"%.*s\" is no value for %s; expected a share such as 80%% or 0.8", SJ_ARG(word),
                       t->param->name);
    arg->f64 = percent ? arg->f64 / 100 : arg->f64;
    if (!(arg->f64 >= 0 && arg->f64 <= 1))
        return sj_fail(t->err, SJ_E_USAGE, "%s is %.*s; expected a share from 0%% to 100%% (0 to 1)", t->param->name, SJ_ARG(word));
    return SJ_OK;
}

static enum sj_status type_duration(const struct typer *t, struct sj_str word, struct sj_arg *arg) {
    char min[SJ_TIME_TEXT_BYTES], max[SJ_TIME_TEXT_BYTES];
    if (!sj_duration_parse(word, &arg->i64))
        return sj_fail(t->err, SJ_E_USAGE, "\"%.*s\" is no value for %s; expected a time such as 30m, 24h or 7d", SJ_ARG(word),
                       t->param->name);
    if (arg->i64 >= t->param->min && arg->i64 <= t->param->max)
        return SJ_OK;
    const size_t n_min = sj_duration_format(t->param->min, min), n_max = sj_duration_format(t->param->max, max);
    return sj_fail(t->err, SJ_E_USAGE, "%s is %.*s; expected a time from %.*s to %.*s", t->param->name, SJ_ARG(word), (int)n_min, min,
                   (int)n_max, max);
}

static enum sj_status type_truth(const struct typer *t, struct sj_str word, struct sj_arg *arg) {
    const bool yes = sj_str_eq_nocase(word, SJ_LIT("true")) || sj_str_eq_nocase(word, SJ_LIT("yes")) || sj_str_eq(word, SJ_LIT("1"));
    const bool no = sj_str_eq_nocase(word, SJ_LIT("false")) || sj_str_eq_nocase(word, SJ_LIT("no")) || sj_str_eq(word, SJ_LIT("0"));
    if (!yes && !no)
        return sj_fail(t->err, SJ_E_USAGE, "\"%.*s\" is no value for %s; expected true or false", SJ_ARG(word), t->param->name);
    arg->i64 = yes;
    return SJ_OK;
}

static enum sj_status type_choice(const struct typer *t, struct sj_str word, struct sj_arg *arg) {
    const char *at = t->param->choices;
    for (int64_t place = 0; *at; place++) {
        const size_t n = strcspn(at, " ");
        if (sj_str_eq(word, (struct sj_str){at, n})) {
            arg->i64 = place;
            return SJ_OK;
        }
        at += n + (at[n] == ' ');
    }
    return sj_fail(t->err, SJ_E_USAGE, "\"%.*s\" is no value for %s; expected one of: %s", SJ_ARG(word), t->param->name, t->param->choices);
}

static enum sj_status unknown_touchpoint(const struct typer *t, struct sj_str word) {
    const struct sj_view *view = t->view;
    const size_t near = sj_str_nearest(word, view->touchpoints, view->n_touchpoints);
    if (near < view->n_touchpoints)
        return sj_fail(t->err, SJ_E_USAGE, "there is no touchpoint \"%.*s\" in this store; did you mean \"%.*s\"?", SJ_ARG(word),
                       SJ_ARG(view->touchpoints[near]));
    return sj_fail(t->err, SJ_E_USAGE, "there is no touchpoint \"%.*s\" in this store; \"sojourn overview\" lists them", SJ_ARG(word));
}

static enum sj_status unknown_channel(const struct typer *t, struct sj_str word) {
    const struct sj_str *named = t->view->channels + 1; /* the first, with the empty name, is none */
    const size_t n_named = t->view->n_channels - 1, near = sj_str_nearest(word, named, n_named);
    if (near < n_named)
        return sj_fail(t->err, SJ_E_USAGE, "there is no channel \"%.*s\" in this store; did you mean \"%.*s\"?", SJ_ARG(word),
                       SJ_ARG(named[near]));
    return sj_fail(t->err, SJ_E_USAGE, "there is no channel \"%.*s\" in this store; \"sojourn overview\" lists them", SJ_ARG(word));
}

static enum sj_status wrong_number(const struct typer *t, size_t n, bool channels) {
    const struct sj_param *param = t->param;
    return channels ? sj_fail(t->err, SJ_E_USAGE, "%zu channels were given for %s; expected %lld to %lld", n, param->name,
                              (long long)param->min, (long long)param->max)
                    : sj_fail(t->err, SJ_E_USAGE, "%zu touchpoints were given for %s; expected %lld to %lld", n, param->name,
                              (long long)param->min, (long long)param->max);
}

/* A list of touchpoints or channels. The empty name, channel 0, is no word for a channel. */
static enum sj_status type_list(const struct typer *t, const struct sj_str *words, size_t n, struct sj_arg *arg) {
    const bool channels = t->param->type == SJ_PARAM_CHANNELS;
    const struct sj_str *names = channels ? t->view->channels : t->view->touchpoints;
    const uint32_t n_names = channels ? t->view->n_channels : t->view->n_touchpoints;
    uint16_t *codes;
    if ((int64_t)n < t->param->min || (int64_t)n > t->param->max)
        return wrong_number(t, n, channels);
    SJ_TRY(sj_arena_new(t->arena, n + 1, sizeof *codes, &codes, t->err));
    for (size_t i = 0; i < n; i++) {
        uint32_t code = 0;
        while (code < n_names && !sj_str_eq(names[code], words[i]))
            code++;
        if (code == n_names || (channels && code == 0))
            return channels ? unknown_channel(t, words[i]) : unknown_touchpoint(t, words[i]);
        codes[i] = (uint16_t)code;
    }
    arg->codes = codes;
    arg->n_codes = n;
    return SJ_OK;
}

static enum sj_status type_one(const struct typer *t, struct sj_str word, struct sj_arg *arg) {
    switch (t->param->type) {
    case SJ_PARAM_COUNT: return type_count(t, word, arg);
    case SJ_PARAM_SHARE: return type_share(t, word, arg);
    case SJ_PARAM_DURATION: return type_duration(t, word, arg);
    case SJ_PARAM_TRUTH: return type_truth(t, word, arg);
    case SJ_PARAM_CHOICE: return type_choice(t, word, arg);
    default: return sj_fail(t->err, SJ_E_BUG, "a parameter of an unknown type");
    }
}

/* ---- all of them ---- */

static enum sj_status missing(const struct typer *t) {
    return sj_fail(t->err, SJ_E_USAGE, "%s is missing: %s", t->param->name, sj_text(t->err ? t->err->lang : SJ_EN, t->param->help));
}

/* What the lens understands: its words are handed on, and it may be absent. */
static bool is_read_later(enum sj_param_type type) {
    return type == SJ_PARAM_DIMENSION || type == SJ_PARAM_MEASURE || type == SJ_PARAM_SEGMENT || type == SJ_PARAM_TIME;
}

static enum sj_status type_param(const struct typer *t, const struct sj_question *question, struct sj_typed_args *typed, size_t place) {
    struct sj_arg *arg = &typed->args[place];
    struct sj_str *words;
    size_t n = 0;
    SJ_TRY(sj_arena_new(t->arena, question->n_args + 1, sizeof *words, &words, t->err));
    for (size_t w = 0; w < question->n_args; w++) {
        if (sj_str_eq(question->args[w].name, sj_str(t->param->name)))
            words[n++] = question->args[w].text;
    }
    arg->given = n > 0;
    arg->dimension = arg->measure = arg->pattern = arg->segment = SJ_NO_CODE;
    if (t->param->type == SJ_PARAM_TOUCHPOINTS || t->param->type == SJ_PARAM_CHANNELS) {
        typed->texts[place] = (struct sj_arg_text){t->param->name, words, n, true};
        return type_list(t, words, n, arg);
    }
    if (t->param->type == SJ_PARAM_ROUTE) {
        typed->texts[place] = (struct sj_arg_text){t->param->name, words, n, true};
        if (n > 0) {
            arg->pattern = (uint32_t)typed->n_routes;
            typed->routes[typed->n_routes++] = (struct sj_route_words){words, n};
        }
        return (int64_t)n >= t->param->min ? SJ_OK : missing(t);
    }
    const bool read_later = is_read_later(t->param->type);
    if (n > 1)
        return sj_fail(t->err, SJ_E_USAGE, "%s was given %zu times; expected once", t->param->name, n);
    if (n == 0 && !t->param->standard && !read_later)
        return missing(t);
    if (n == 0)
        words[0] = sj_str(t->param->standard ? t->param->standard : "");
    const struct sj_str word = words[0];
    typed->texts[place] = (struct sj_arg_text){t->param->name, words, word.n > 0, false};
    if (!read_later)
        return type_one(t, word, arg);
    if (word.n > 0 && t->param->type == SJ_PARAM_DIMENSION) {
        arg->dimension = (uint32_t)typed->n_dimensions;
        typed->dimensions[typed->n_dimensions++] = word;
    }
    if (word.n > 0 && t->param->type == SJ_PARAM_MEASURE) {
        arg->measure = (uint32_t)typed->n_measures;
        typed->measures[typed->n_measures++] = word;
    }
    if (word.n > 0 && t->param->type == SJ_PARAM_SEGMENT) {
        arg->segment = (uint32_t)typed->n_members;
        typed->members[typed->n_members++] = word;
    }
    return SJ_OK;
}

enum sj_status sj_args_type(const struct sj_analysis *analysis, const struct sj_question *question, const struct sj_view *view,
                            struct sj_arena *arena, struct sj_typed_args *ret_typed, struct sj_error *err) {
    struct sj_typed_args typed = {0};
    SJ_TRY(check_names(analysis, question, arena, err));
    SJ_TRY(sj_arena_new(arena, analysis->n_params + 1, sizeof *typed.args, &typed.args, err));
    SJ_TRY(sj_arena_new(arena, analysis->n_params + 1, sizeof *typed.texts, &typed.texts, err));
    SJ_TRY(sj_arena_new(arena, analysis->n_params + 1, sizeof *typed.dimensions, &typed.dimensions, err));
    SJ_TRY(sj_arena_new(arena, analysis->n_params + 1, sizeof *typed.measures, &typed.measures, err));
    SJ_TRY(sj_arena_new(arena, analysis->n_params + 1, sizeof *typed.routes, &typed.routes, err));
    SJ_TRY(sj_arena_new(arena, analysis->n_params + 1, sizeof *typed.members, &typed.members, err));
    for (size_t i = 0; i < analysis->n_params; i++) {
        const struct typer t = {&analysis->params[i], view, arena, err};
        SJ_TRY(type_param(&t, question, &typed, i));
    }
    *ret_typed = typed;
    return SJ_OK;
}

enum sj_status sj_args_times(const struct sj_analysis *analysis, const struct sj_zone *zone, struct sj_typed_args *typed,
                             struct sj_error *err) {
    for (size_t i = 0; i < analysis->n_params; i++) {
        const struct sj_arg_text *text = &typed->texts[i];
        if (analysis->params[i].type != SJ_PARAM_TIME || text->n_words == 0)
            continue;
        if (!sj_time_parse_iso(text->words[0], zone, &typed->args[i].i64, NULL))
            return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no time for %s; expected a date such as 2026-01-31, or 2026-01-31T12:00",
                           SJ_ARG(text->words[0]), analysis->params[i].name);
        typed->args[i].given = true;
    }
    return SJ_OK;
}
