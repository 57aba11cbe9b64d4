#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <ctype.h>
#include <string.h>

#include "analysis/analysis.h"

static void test_find(void **state) {
    (void)state;
    for (size_t i = 0; sj_analyses[i] != NULL; i++)
        assert_ptr_equal(sj_analysis_find(sj_analyses[i]->name), sj_analyses[i]);
    assert_null(sj_analysis_find("no such analysis"));
    assert_null(sj_analysis_find(""));
}

static bool is_name(const char *name) {
    for (size_t i = 0; name[i] != '\0'; i++)
        if (!islower((unsigned char)name[i]) && name[i] != '_' && !(i > 0 && isdigit((unsigned char)name[i])))
            return false;
    return name[0] != '\0';
}

static void check_param(const struct sj_param *param) {
    assert_true(is_name(param->name) && param->help != NULL && param->help[0] != '\0');
    switch (param->type) {
    case SJ_PARAM_COUNT: assert_true(param->standard == NULL || param->min <= param->max); break;
    case SJ_PARAM_SHARE: assert_non_null(param->standard); break;
    case SJ_PARAM_DURATION: {
        int64_t standard_us;
        assert_true(sj_duration_parse(sj_str(param->standard), &standard_us));
        assert_true(standard_us >= param->min && standard_us <= param->max);
        break;
    }
    case SJ_PARAM_TRUTH: assert_true(strcmp(param->standard, "true") == 0 || strcmp(param->standard, "false") == 0); break;
    case SJ_PARAM_CHOICE: assert_non_null(strstr(param->choices, param->standard)); break;
    case SJ_PARAM_DIMENSION:
    case SJ_PARAM_MEASURE: break;
    case SJ_PARAM_SEGMENT:
    case SJ_PARAM_TIME: assert_true(param->standard == NULL && !param->positional); break;
    case SJ_PARAM_ROUTE:
    case SJ_PARAM_CHANNELS:
    case SJ_PARAM_TOUCHPOINTS: assert_true(param->min >= param->positional && param->max >= 1 && param->min <= param->max); break;
    }
}

static void check_table(const struct sj_table_def *table) {
    assert_true(is_name(table->name) && table->title != NULL && table->n_columns > 0);
    bool drawn = false;
    for (size_t c = 0; c < table->n_columns; c++) {
        const struct sj_column_def *column = &table->columns[c];
        assert_true(is_name(column->name) && column->label != NULL && column->help != NULL);
        for (size_t other = 0; other < c; other++)
            assert_string_not_equal(column->name, table->columns[other].name);
        drawn |= column->drawn;
    }
    assert_int_equal(drawn, table->picture != SJ_PICTURE_NONE);
}

/* Whatever is made from a declaration (flags, forms, tables, pages) may rely on this. */
static void test_declarations_are_complete(void **state) {
    (void)state;
    for (size_t i = 0; sj_analyses[i] != NULL; i++) {
        const struct sj_analysis *analysis = sj_analyses[i];
        assert_true(is_name(analysis->name));
        assert_true(analysis->title[strlen(analysis->title) - 1] == '?');
        assert_non_null(analysis->about);
        assert_memory_equal(analysis->example, analysis->name, strlen(analysis->name));
        assert_non_null(strstr(analysis->example, " STORE"));
        assert_true(analysis->start != NULL && analysis->absorb != NULL && analysis->merge != NULL && analysis->finish != NULL);
        assert_non_null(analysis->drop);
        assert_in_range(analysis->n_tables, 1, SJ_TABLES_MAX);
        for (size_t p = 0; p < analysis->n_params; p++)
            check_param(&analysis->params[p]);
        for (size_t t = 0; t < analysis->n_tables; t++)
            check_table(&analysis->tables[t]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_declarations_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
