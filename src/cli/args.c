#include "cli/args.h"

static const struct sj_flag *find_flag(const struct sj_flag_set *sets, size_t n_sets, struct sj_str name) {
    for (size_t i = 0; i < n_sets; i++)
        for (size_t k = 0; k < sets[i].n_flags; k++)
            if (sj_str_eq(name, sj_str(sets[i].flags[k].name)))
                return &sets[i].flags[k];
    return NULL;
}

static enum sj_status fail_unknown(const struct sj_flag_set *sets, size_t n_sets, struct sj_str name, struct sj_arena *arena,
                                   struct sj_error *err) {
    size_t n = 0, at = 0;
    for (size_t i = 0; i < n_sets; i++)
        n += sets[i].n_flags;
    struct sj_str *names;
    SJ_TRY(sj_arena_new(arena, n, sizeof *names, &names, err));
    for (size_t i = 0; i < n_sets; i++)
        for (size_t k = 0; k < sets[i].n_flags; k++)
            names[at++] = sj_str(sets[i].flags[k].name);
    size_t nearest = sj_str_nearest(name, names, n);
    if (nearest < n)
        return sj_fail(err, SJ_E_USAGE, "there is no flag --%.*s here; --%.*s is the nearest one", SJ_ARG(name), SJ_ARG(names[nearest]));
    return sj_fail(err, SJ_E_USAGE, "there is no flag --%.*s here", SJ_ARG(name));
}

struct parser {
    const struct sj_flag_set *sets;
    size_t n_sets;
    const char *const *argv;
    size_t argc, at;
    struct sj_arena *arena;
    struct sj_given *given;
    size_t n_given;
};

/* "--no-name" of a switch; NULL when it is none. */
static const struct sj_flag *find_negated(const struct parser *p, struct sj_str name) {
    if (name.n < 4 || memcmp(name.p, "no-", 3) != 0)
        return NULL;
    const struct sj_flag *flag = find_flag(p->sets, p->n_sets, (struct sj_str){name.p + 3, name.n - 3});
    return flag != NULL && flag->takes == SJ_TAKES_NOTHING ? flag : NULL;
}

static bool is_truth(const char *text) { return strcmp(text, "true") == 0 || strcmp(text, "false") == 0; }

static enum sj_status check_switch(const struct sj_flag *flag, const char *value, struct sj_error *err) {
    if (is_truth(value))
        return SJ_OK;
    return sj_fail(err, SJ_E_USAGE, "--%s is a switch: it takes no value, or =true or =false, not \"%s\"", flag->name, value);
}

static enum sj_status take_flag(struct parser *p, struct sj_str name, const char *value, struct sj_error *err) {
    const struct sj_flag *flag = find_flag(p->sets, p->n_sets, name);
    if (flag == NULL && value == NULL) {
        flag = find_negated(p, name);
        value = flag != NULL ? "false" : NULL;
    }
    if (flag == NULL)
        return fail_unknown(p->sets, p->n_sets, name, p->arena, err);
    if (flag->takes == SJ_TAKES_NOTHING) {
        if (value == NULL)
            value = p->at + 1 < p->argc && is_truth(p->argv[p->at + 1]) ? p->argv[++p->at] : "true";
        SJ_TRY(check_switch(flag, value, err));
    } else if (value == NULL) {
        if (p->at + 1 >= p->argc)
            return sj_fail(err, SJ_E_USAGE, "--%s needs a value after it: --%s %s", flag->name, flag->name, flag->value);
        value = p->argv[++p->at];
    }
    for (size_t i = 0; i < p->n_given && flag->takes != SJ_TAKES_VALUES; i++)
        if (p->given[i].flag == flag && strcmp(p->given[i].value, value) != 0)
            return sj_fail(err, SJ_E_USAGE, "--%s is given twice, as \"%s\" and as \"%s\"", flag->name, p->given[i].value, value);
    p->given[p->n_given++] = (struct sj_given){flag, value};
    return SJ_OK;
}

static enum sj_status take_word(struct parser *p, const char *word, struct sj_error *err) {
    if (strcmp(word, "-o") == 0)
        return take_flag(p, SJ_LIT("output"), NULL, err);
    if (word[1] != '-')
        return sj_fail(err, SJ_E_USAGE, "\"%s\" is not a flag: flags begin with two dashes. A name that begins with a dash stands after --",
                       word);
    const char *name = word + 2, *equals = strchr(name, '=');
    struct sj_str view = {name, equals != NULL ? (size_t)(equals - name) : strlen(name)};
    return take_flag(p, view, equals != NULL ? equals + 1 : NULL, err);
}

enum sj_status sj_args_parse(const struct sj_flag_set *sets, size_t n_sets, const char *const *argv, size_t argc, struct sj_arena *arena,
                             struct sj_args *ret_args, struct sj_error *err) {
    struct parser p = {.sets = sets, .n_sets = n_sets, .argv = argv, .argc = argc, .arena = arena};
    const char **words;
    size_t n_words = 0;
    bool only_words = false;
    SJ_TRY(sj_arena_new(arena, argc, sizeof *words, &words, err));
    SJ_TRY(sj_arena_new(arena, argc, sizeof *p.given, &p.given, err));
    for (; p.at < argc; p.at++) {
        const char *word = argv[p.at];
        if (only_words || word[0] != '-' || word[1] == '\0')
            words[n_words++] = word;
        else if (strcmp(word, "--") == 0)
            only_words = true;
        else
            SJ_TRY(take_word(&p, word, err));
    }
    *ret_args = (struct sj_args){.given = p.given, .n_given = p.n_given, .words = words, .n_words = n_words};
    return SJ_OK;
}

const char *sj_args_value(const struct sj_args *args, const struct sj_flag_set *sets, size_t n_sets, const char *name) {
    for (size_t i = args->n_given; i-- > 0;)
        if (strcmp(args->given[i].flag->name, name) == 0)
            return args->given[i].value;
    const struct sj_flag *flag = find_flag(sets, n_sets, sj_str(name));
    return flag != NULL ? flag->standard : NULL;
}
