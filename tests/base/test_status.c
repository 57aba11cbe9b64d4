#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/status.h"
#include "base/str.h"

static void table_gives_name_http_and_exit_code(void **state) {
    (void)state;
    assert_string_equal(sj_status_name(SJ_OK), "ok");
    assert_string_equal(sj_status_name(SJ_E_CORRUPT), "corrupt");
    assert_int_equal(sj_status_http(SJ_E_NOT_FOUND), 404);
    assert_int_equal(sj_status_exit(SJ_E_USAGE), 2);
    assert_int_equal(sj_status_exit(SJ_E_FULL), 1);
    assert_string_equal(sj_status_name((enum sj_status)1000), "bug");
}

static void failing_fills_the_error(void **state) {
    (void)state;
    struct sj_error err = {0};
    assert_int_equal(sj_fail(&err, SJ_E_INPUT, "line %d: \"%s\"", 7, "x"), SJ_E_INPUT);
    assert_int_equal(err.status, SJ_E_INPUT);
    assert_string_equal(err.message, "line 7: \"x\"");
    assert_int_equal(sj_fail(NULL, SJ_E_IO, "unheard %d", 1), SJ_E_IO);
    assert_int_equal(sj_fail_in(NULL, SJ_E_IO, "unheard %d", 1), SJ_E_IO);
    assert_int_equal(sj_fail_memory(NULL, 1), SJ_E_MEMORY);
}

static void place_is_put_before_the_message(void **state) {
    (void)state;
    struct sj_error err = {0};
    sj_fail(&err, SJ_E_INPUT, "no number");
    assert_int_equal(sj_fail_in(&err, SJ_E_INPUT, "file %s, line %d", "a.csv", 3), SJ_E_INPUT);
    assert_string_equal(err.message, "file a.csv, line 3: no number");
}

static void message_may_be_its_own_argument(void **state) {
    (void)state;
    struct sj_error err = {0};
    sj_fail(&err, SJ_E_INPUT, "inner");
    sj_fail(&err, SJ_E_IO, "outer (%s)", err.message);
    assert_string_equal(err.message, "outer (inner)");
}

/* Every length around the capacity, with characters of three bytes, so that the cut falls on each byte of one. */
static void long_message_is_cut_between_characters(void **state) {
    (void)state;
    for (size_t lead = 0; lead < 6; lead++) {
        char text[1600] = "";
        memset(text, 'a', lead);
        for (size_t i = lead; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "字", 4);
        struct sj_error err = {0};
        sj_fail(&err, SJ_E_INPUT, "%s", text);
        struct sj_str message = sj_str(err.message);
        assert_in_range(message.n, sizeof err.message - 6, sizeof err.message - 1);
        assert_true(sj_str_is_utf8(message));
        assert_memory_equal(message.p + message.n - 3, "…", 3);
        sj_fail_in(&err, SJ_E_INPUT, "%s", text);
        assert_true(sj_str_is_utf8(sj_str(err.message)));
        assert_memory_equal(err.message + strlen(err.message) - 3, "…", 3);
    }
}

static void message_that_just_fits_is_kept(void **state) {
    (void)state;
    char text[sizeof((struct sj_error *)0)->message];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct sj_error err = {0};
    sj_fail(&err, SJ_E_INPUT, "%s", text);
    assert_string_equal(err.message, text);
}

static void message_is_translated(void **state) {
    (void)state;
    struct sj_error err = {.lang = SJ_NL};
    sj_fail_memory(&err, 42);
    assert_non_null(strstr(err.message, "niet genoeg geheugen"));
    assert_non_null(strstr(err.message, "42"));
    err.lang = SJ_ZH;
    sj_fail_memory(&err, 42);
    assert_non_null(strstr(err.message, "内存不足"));
}

static enum sj_status try_it(enum sj_status given, int *n_after) {
    SJ_TRY(given);
    (*n_after)++;
    return SJ_OK;
}

static void try_returns_early(void **state) {
    (void)state;
    int n_after = 0;
    assert_int_equal(try_it(SJ_E_BUSY, &n_after), SJ_E_BUSY);
    assert_int_equal(n_after, 0);
    assert_int_equal(try_it(SJ_OK, &n_after), SJ_OK);
    assert_int_equal(n_after, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_gives_name_http_and_exit_code),
        cmocka_unit_test(failing_fills_the_error),
        cmocka_unit_test(place_is_put_before_the_message),
        cmocka_unit_test(message_may_be_its_own_argument),
        cmocka_unit_test(long_message_is_cut_between_characters),
        cmocka_unit_test(message_that_just_fits_is_kept),
        cmocka_unit_test(message_is_translated),
        cmocka_unit_test(try_returns_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
