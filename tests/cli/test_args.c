#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/args.h"

static const struct sj_flag flags[] = {
    {"output", SJ_TAKES_VALUE, "FILE", NULL, NULL},    {"format", SJ_TAKES_VALUE, "NAME", "table", NULL},
    {"ignore", SJ_TAKES_VALUES, "COLUMN", NULL, NULL}, {"quantiles", SJ_TAKES_NOTHING, NULL, "true", NULL},
    {"yes", SJ_TAKES_NOTHING, NULL, NULL, NULL},
};
static const struct sj_flag_set sets[] = {{.title = "all", SJ_FLAGS(flags)}};

struct parsed {
    struct sj_arena arena;
    struct sj_args args;
    struct sj_error err;
    enum sj_status status;
};

/* `line` is cut at spaces, in place. */
static void parse(struct parsed *parsed, char *line) {
    const char *words[32];
    size_t n = 0;
    for (char *word = line; word != NULL && *word != '\0' && n < 32;) {
        words[n++] = word;
        word = strchr(word, ' ');
        if (word != NULL)
            *word++ = '\0';
    }
    *parsed = (struct parsed){0};
    sj_arena_init(&parsed->arena, sj_alloc_libc());
    parsed->status = sj_args_parse(sets, 1, words, n, &parsed->arena, &parsed->args, &parsed->err);
}

static void check_value(const struct parsed *parsed, const char *flag, const char *expected) {
    const char *value = sj_args_value(&parsed->args, sets, 1, flag);
    if (expected == NULL)
        assert_null(value);
    else
        assert_string_equal(value, expected);
}

static void test_words_and_values(void **state) {
    (void)state;
    struct parsed p;
    parse(&p, (char[]){"store a --format json b --output=x=y.csv -- --odd -o"});
    assert_int_equal(p.status, SJ_OK);
    assert_int_equal(p.args.n_words, 5);
    assert_string_equal(p.args.words[2], "b");
    assert_string_equal(p.args.words[3], "--odd");
    assert_string_equal(p.args.words[4], "-o");
    check_value(&p, "format", "json");
    check_value(&p, "output", "x=y.csv");
    check_value(&p, "yes", NULL);
    sj_arena_done(&p.arena);
}

static void test_short_output_standard_values_and_a_dash(void **state) {
    (void)state;
    struct parsed p;
    parse(&p, (char[]){"store - -o -"});
    assert_int_equal(p.status, SJ_OK);
    assert_int_equal(p.args.n_words, 2);
    check_value(&p, "output", "-");
    check_value(&p, "format", "table");
    sj_arena_done(&p.arena);
}

static void test_switches(void **state) {
    (void)state;
    static const struct {
        const char *line, *quantiles, *yes;
        size_t n_words;
    } cases[] = {
        {"--yes s", "true", "true", 1},
        {"--no-quantiles s", "false", NULL, 1},
        {"--quantiles=false s", "false", NULL, 1},
        {"--quantiles false s", "false", NULL, 1},
        {"--quantiles s", "true", NULL, 1},
        {"s --yes --quantiles", "true", "true", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p;
        char line[100];
        strcpy(line, cases[i].line);
        parse(&p, line);
        assert_int_equal(p.status, SJ_OK);
        assert_int_equal(p.args.n_words, cases[i].n_words);
        check_value(&p, "quantiles", cases[i].quantiles);
        check_value(&p, "yes", cases[i].yes);
        sj_arena_done(&p.arena);
    }
}

static void test_a_list_keeps_its_order(void **state) {
    (void)state;
    struct parsed p;
    parse(&p, (char[]){"--ignore b s --ignore=a --ignore c"});
    assert_int_equal(p.status, SJ_OK);
    assert_int_equal(p.args.n_given, 3);
    assert_string_equal(p.args.given[0].value, "b");
    assert_string_equal(p.args.given[1].value, "a");
    assert_string_equal(p.args.given[2].value, "c");
    sj_arena_done(&p.arena);
}

static void test_what_is_wrong_is_named(void **state) {
    (void)state;
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"--fromat json", "--format is the nearest one"},
        {"--outptu x", "--output is the nearest one"},
        {"--completely-different x", "there is no flag --completely-different here"},
        {"s --format", "--format needs a value after it: --format NAME"},
        {"-f x", "\"-f\" is not a flag"},
        {"--yes=maybe", "--yes is a switch"},
        {"--format a --format b", "--format is given twice, as \"a\" and as \"b\""},
        {"--no-format x", "there is no flag --no-format here"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p;
        char line[100];
        strcpy(line, cases[i].line);
        parse(&p, line);
        assert_int_equal(p.status, SJ_E_USAGE);
        if (strstr(p.err.message, cases[i].says) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].line, p.err.message, cases[i].says);
        sj_arena_done(&p.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_values),
        cmocka_unit_test(test_short_output_standard_values_and_a_dash),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_a_list_keeps_its_order),
        cmocka_unit_test(test_what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
