#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/catalogue.h"
#include "base/str.h"
#include "base/text.h"

static void catalogue_is_sorted_and_utf8(void **state) {
    (void)state;
    assert_true(sj_n_catalogue > 0);
    for (size_t i = 0; i < sj_n_catalogue; i++) {
        assert_true(i == 0 || strcmp(sj_catalogue[i - 1].id, sj_catalogue[i].id) < 0);
        assert_null(sj_catalogue[i].translated[SJ_EN]);
        for (unsigned lang = SJ_NL; lang < SJ_N_LANGS; lang++)
            assert_true(sj_catalogue[i].translated[lang] == NULL || sj_str_is_utf8(sj_str(sj_catalogue[i].translated[lang])));
    }
}

static void every_entry_is_found(void **state) {
    (void)state;
    for (size_t i = 0; i < sj_n_catalogue; i++) {
        const char *id = sj_catalogue[i].id;
        assert_ptr_equal(sj_text(SJ_EN, id), id);
        for (unsigned lang = SJ_NL; lang < SJ_N_LANGS; lang++) {
            const char *translated = sj_catalogue[i].translated[lang];
            assert_ptr_equal(sj_text((enum sj_lang)lang, id), translated != NULL ? translated : id);
        }
    }
}

static void unknown_text_stays_as_it_is(void **state) {
    (void)state;
    const char *text = "no such text in any catalogue";
    assert_ptr_equal(sj_text(SJ_NL, text), text);
    assert_ptr_equal(sj_text((enum sj_lang)99, text), text);
    assert_null(sj_text(SJ_ZH, NULL));
    assert_string_equal(sj_text(SJ_ZH, ""), "");
}

static void language_is_known_by_its_names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum sj_lang lang;
    } rows[] = {{"nl", SJ_NL},    {"nl_NL.UTF-8", SJ_NL}, {"NL-be", SJ_NL}, {"nl.UTF-8", SJ_NL}, {"nl@euro", SJ_NL}, {"zh-CN", SJ_ZH},
                {"zh_TW", SJ_ZH}, {"zh", SJ_ZH},          {"en", SJ_EN},    {"nld", SJ_EN},      {"n", SJ_EN},       {"", SJ_EN},
                {"C", SJ_EN},     {"de_DE", SJ_EN},       {"z", SJ_EN},     {NULL, SJ_EN}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(sj_lang_of(rows[i].name), rows[i].lang);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catalogue_is_sorted_and_utf8),
        cmocka_unit_test(every_entry_is_found),
        cmocka_unit_test(unknown_text_stays_as_it_is),
        cmocka_unit_test(language_is_known_by_its_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
