/* Decimal signs and signs for thousands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ingest/decimals.h"

static void numbers_become_plain(void **state) {
    (void)state;
    static const struct {
        const char *text, *point, *comma; /* as read with either sign; NULL: not */
    } rows[] = {
        {"12", "12", "12"},
        {" -7 ", "-7", "-7"},
        {"12,50", NULL, "12.50"},
        {"12.50", "12.50", NULL},
        {"1.234,50", NULL, "1234.50"},
        {"1,234.50", "1234.50", NULL},
        {"1.234", "1.234", "1234"},
        {"1,234", "1234", "1.234"},
        {"-1.234.567,8", NULL, "-1234567.8"},
        {"1,234,567", "1234567", NULL},
        {"0.123", "0.123", NULL},
        {"0,123", NULL, "0.123"},
        {"1234.567,8", NULL, NULL},
        {"1.23.456,7", NULL, NULL},
        {",5", NULL, ".5"},
        {"1,5e+06", NULL, "1.5e+06"},
        {"1,5 kg", NULL, NULL},
        {"1,2,3", NULL, NULL},
        {"12,34,567.8", NULL, NULL},
        {"111,111,111,111,111,111,111,111,111,111,111,111,111", NULL, NULL}, /* longer than any number is */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[SJ_DECIMAL_BYTES];
        struct sj_str plain = SJ_LIT("untouched");
        const struct sj_str untouched = plain;
        const char *const wanted[] = {rows[i].point, rows[i].comma};
        for (size_t k = 0; k < 2; k++) {
            plain = untouched;
            assert_int_equal(sj_decimal_plain(sj_str(rows[i].text), ".,"[k], out, &plain), wanted[k] != NULL);
            assert_true(sj_str_eq(plain, wanted[k] != NULL ? sj_str(wanted[k]) : untouched));
        }
    }
}

static void what_has_no_signs_passes(void **state) {
    (void)state;
    char out[SJ_DECIMAL_BYTES];
    struct sj_str plain;
    assert_true(sj_decimal_plain(SJ_LIT("visit"), ',', out, &plain) && sj_str_eq(plain, SJ_LIT("visit")));
    assert_true(sj_decimal_plain((struct sj_str){NULL, 0}, ',', out, &plain) && plain.n == 0);
}

static void forms(void **state) {
    (void)state;
    assert_int_equal(sj_decimal_forms(SJ_LIT("12")), SJ_DECIMAL_POINT | SJ_DECIMAL_COMMA);
    assert_int_equal(sj_decimal_forms(SJ_LIT("1.234")), SJ_DECIMAL_POINT | SJ_DECIMAL_COMMA);
    assert_int_equal(sj_decimal_forms(SJ_LIT("12,50")), SJ_DECIMAL_COMMA);
    assert_int_equal(sj_decimal_forms(SJ_LIT("1,250.00")), SJ_DECIMAL_POINT);
    assert_int_equal(sj_decimal_forms(SJ_LIT("$1,250.00")), 0);
    assert_int_equal(sj_decimal_forms(SJ_LIT("visit")), 0);
    assert_int_equal(sj_decimal_forms(SJ_LIT("")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_become_plain),
        cmocka_unit_test(what_has_no_signs_passes),
        cmocka_unit_test(forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
