#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/random.h"

static enum sj_status parse(struct sj_str text, json_t **root, struct sj_error *err) { return sj_json_parse(text, "the text", root, err); }

static void refused(const char *text, const char *part_of_message) {
    struct sj_error err = {0};
    json_t *root = (json_t *)&err;
    assert_int_equal(parse(sj_str(text), &root, &err), SJ_E_INPUT);
    assert_ptr_equal(root, &err); /* untouched */
    if (strstr(err.message, part_of_message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, part_of_message);
}

static void test_parse_gives_the_tree(void **state) {
    (void)state;
    json_t *root;
    assert_int_equal(parse(SJ_LIT("{\"a\": [1, 2.5, \"\xC3\xA9\", true, null]}"), &root, NULL), SJ_OK);
    json_t *list = json_object_get(root, "a");
    assert_int_equal(json_array_size(list), 5);
    assert_int_equal(json_integer_value(json_array_get(list, 0)), 1);
    assert_true(json_real_value(json_array_get(list, 1)) == 2.5);
    assert_string_equal(json_string_value(json_array_get(list, 2)), "\xC3\xA9");
    json_decref(root);
}

static void test_parse_refuses(void **state) {
    (void)state;
    refused("", "the text cannot be read as JSON");
    refused("{\"a\":1,\n \"b\":}", "line 2, column 6");
    refused("{\"a\":1,\"a\":2}", "duplicate");
    refused("[1] [2]", "line 1, column 5");
    refused("\"\\u0000\"", "u0000");
}

static void test_parse_refuses_nul_bytes(void **state) {
    (void)state;
    struct sj_error err = {0};
    json_t *root;
    assert_int_equal(parse((struct sj_str){"[1,\0 2]", 7}, &root, &err), SJ_E_INPUT);
    assert_non_null(strstr(err.message, "byte 4"));
}

static void nested(size_t depth, enum sj_status expected) {
    char text[512];
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    json_t *root;
    struct sj_error err = {0};
    assert_int_equal(parse((struct sj_str){text, 2 * depth}, &root, &err), expected);
    if (expected == SJ_OK)
        json_decref(root);
    else
        assert_non_null(strstr(err.message, "deeper than 64 levels"));
}

static void test_parse_depth_and_size(void **state) {
    (void)state;
    nested(64, SJ_OK);
    nested(65, SJ_E_INPUT);
    json_t *root;
    char brackets[203]; /* inside a string they do not count */
    memset(brackets, '[', sizeof brackets);
    brackets[0] = brackets[202] = '"';
    brackets[1] = '\\';
    brackets[2] = '"';
    assert_int_equal(parse((struct sj_str){brackets, sizeof brackets}, &root, NULL), SJ_OK);
    json_decref(root);
    struct sj_error err = {0};
    char *large = malloc(SJ_JSON_BYTES_MAX + 1);
    assert_non_null(large);
    memset(large, ' ', SJ_JSON_BYTES_MAX + 1);
    large[0] = '1';
    assert_int_equal(parse((struct sj_str){large, SJ_JSON_BYTES_MAX + 1}, &root, &err), SJ_E_INPUT);
    assert_non_null(strstr(err.message, "16777217 bytes"));
    assert_int_equal(parse((struct sj_str){large, SJ_JSON_BYTES_MAX}, &root, NULL), SJ_OK);
    json_decref(root);
    free(large);
}

/* ---- the JSON test suite ---- */

/* Documents that RFC 8259 allows and we refuse, each for a reason:
 * a key twice is a slip whose meaning nobody can know; Jansson gives texts as C strings, where a NUL would cut them short. */
static const char *const refused_on_purpose[] = {
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
    "y_object_escaped_null_in_key.json",
    "y_string_null_escape.json",
};

static bool is_refused_on_purpose(const char *name) {
    for (size_t i = 0; i < sizeof refused_on_purpose / sizeof refused_on_purpose[0]; i++)
        if (strcmp(name, refused_on_purpose[i]) == 0)
            return true;
    return false;
}

static size_t read_file(const char *folder, const char *name, char *text, size_t capacity) {
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(text, 1, capacity, file);
    assert_true(n < capacity);
    fclose(file);
    return n;
}

static bool parses(const char *folder, const char *name) {
    static char text[256 << 10];
    size_t n = read_file(folder, name, text, sizeof text);
    json_t *root = NULL;
    struct sj_error err = {0};
    enum sj_status status = parse((struct sj_str){text, n}, &root, &err);
    json_decref(root);
    assert_true(status == SJ_OK || (status == SJ_E_INPUT && err.message[0] != '\0'));
    return status == SJ_OK;
}

static void test_suite(void **state) {
    (void)state;
    const char *shared = getenv("SJ_SHARED");
    char folder[900];
    snprintf(folder, sizeof folder, "%s/data/json-test-suite/test_parsing", shared != NULL ? shared : "../shared");
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        print_message("skipped: %s is not there\n", folder);
        skip();
    }
    size_t n_good = 0, n_bad = 0;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        const char *name = entry->d_name;
        if (name[0] == '.')
            continue;
        bool good = name[0] == 'y' && !is_refused_on_purpose(name);
        if (parses(folder, name) != good && name[0] != 'i')
            fail_msg("%s should%s parse", name, good ? "" : " not");
        n_good += good;
        n_bad += name[0] == 'n';
    }
    closedir(dir);
    assert_int_equal(n_good, 95 - sizeof refused_on_purpose / sizeof refused_on_purpose[0]);
    assert_int_equal(n_bad, 188);
}

/* ---- writing ---- */

static void test_write_document(void **state) {
    (void)state;
    struct sj_buf out;
    sj_buf_init(&out, sj_alloc_libc(), 1000);
    struct sj_json json;
    sj_json_init(&json, &out, NULL);
    sj_json_open(&json, '{');
    sj_json_key(&json, "a\"b");
    sj_json_open(&json, '[');
    sj_json_i64(&json, INT64_MIN);
    sj_json_f64(&json, 0.1);
    sj_json_f64(&json, NAN);
    sj_json_f64(&json, -INFINITY);
    sj_json_money(&json, -125000);
    sj_json_truth(&json, true);
    sj_json_truth(&json, false);
    sj_json_null(&json);
    sj_json_text(&json, NULL);
    sj_json_time(&json, 0);
    sj_json_open(&json, '[');
    sj_json_close(&json, ']');
    sj_json_open(&json, '{');
    sj_json_close(&json, '}');
    sj_json_close(&json, ']');
    sj_json_key(&json, "c");
    sj_json_text(&json, "d");
    sj_json_close(&json, '}');
    assert_int_equal(json.status, SJ_OK);
    sj_buf_append(&out, "", 1, NULL);
    assert_string_equal((const char *)out.data, "{\"a\\\"b\":[-9223372036854775808,0.1,null,null,-12.5,true,false,null,null,"
                                                "\"1970-01-01T00:00:00Z\",[],{}],\"c\":\"d\"}");
    sj_buf_done(&out);
}

static void writes(struct sj_str text, const char *expected) {
    struct sj_buf out;
    sj_buf_init(&out, sj_alloc_libc(), 1000);
    struct sj_json json;
    sj_json_init(&json, &out, NULL);
    sj_json_str(&json, text);
    sj_buf_append(&out, "", 1, NULL);
    assert_string_equal((const char *)out.data, expected);
    sj_buf_done(&out);
}

#define FFFD "\xEF\xBF\xBD"
static void test_write_texts(void **state) {
    (void)state;
    writes((struct sj_str){NULL, 0}, "\"\"");
    writes(SJ_LIT("a/\\\"\b\f\n\r\t\x01\x1F\x7F"), "\"a/\\\\\\\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\"");
    writes((struct sj_str){"a\0b", 3}, "\"a\\u0000b\"");
    writes(SJ_LIT("\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80"), "\"\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80\"");
    writes(SJ_LIT("x\xFFy"), "\"x" FFFD "y\"");
    writes(SJ_LIT("\xC3"), "\"" FFFD "\"");
    writes(SJ_LIT("\xC0\xAF"), "\"" FFFD FFFD "\"");
    writes(SJ_LIT("\xED\xA0\x80"), "\"" FFFD FFFD FFFD "\"");
    writes(SJ_LIT("\xF4\x90\x80\x80"), "\"" FFFD FFFD FFFD FFFD "\"");
    writes(SJ_LIT("\xE4\xBD\""), "\"" FFFD FFFD "\\\"\"");
}

/* Whatever the bytes, what is written parses; and what was UTF-8 comes back as it was. */
static void test_write_any_bytes(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 7);
    struct sj_buf out;
    sj_buf_init(&out, sj_alloc_libc(), 1000);
    for (int round = 0; round < 20000; round++) {
        char text[12];
        size_t n = sj_random_below(&random, sizeof text);
        for (size_t i = 0; i < n; i++)
            text[i] = (char)(1 + sj_random_below(&random, 255));
        struct sj_json json;
        sj_buf_reset(&out);
        sj_json_init(&json, &out, NULL);
        sj_json_str(&json, (struct sj_str){text, n});
        json_t *root;
        assert_int_equal(parse(sj_buf_str(&out), &root, NULL), SJ_OK);
        struct sj_str back = {json_string_value(root), json_string_length(root)};
        assert_int_equal(sj_str_eq(back, (struct sj_str){text, n}), sj_str_is_utf8((struct sj_str){text, n}));
        json_decref(root);
    }
    sj_buf_done(&out);
}

static void test_write_keeps_first_failure(void **state) {
    (void)state;
    struct sj_error err = {0};
    struct sj_buf out;
    sj_buf_init(&out, sj_alloc_libc(), 4);
    struct sj_json json;
    sj_json_init(&json, &out, &err);
    sj_json_open(&json, '[');
    sj_json_text(&json, "too long for the room");
    sj_json_close(&json, ']');
    assert_int_equal(json.status, SJ_E_LIMIT);
    assert_int_equal(err.status, SJ_E_LIMIT);
    sj_buf_done(&out);
}

/* ---- numbers as text ---- */

static void formats(double value, const char *expected) {
    char text[32];
    assert_int_equal(sj_double_format(value, text), strlen(expected));
    assert_string_equal(text, expected);
}

static void test_doubles(void **state) {
    (void)state;
    formats(0, "0");
    formats(-0.0, "-0");
    formats(-42, "-42");
    formats(0.1, "0.1");
    formats(0.1 + 0.2, "0.30000000000000004");
    formats(1e15, "1000000000000000");
    formats(9007199254740991, "9007199254740991");
    formats(1e300, "1e+300");
    formats(5e-324, "5e-324");
    formats(1.7976931348623157e308, "1.7976931348623157e+308");
    formats(-2.2250738585072014e-308, "-2.2250738585072014e-308");
    formats(1.0 / 3, "0.3333333333333333");
}

static void test_doubles_read_back(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 11);
    for (int round = 0; round < 50000; round++) {
        uint64_t bits = sj_random_u64(&random);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[32];
        size_t n = sj_double_format(value, text);
        assert_true(n <= 25 && n == strlen(text));
        back = strtod(text, NULL);
        assert_memory_equal(&back, &value, sizeof value);
    }
}

static void test_doubles_in_another_locale(void **state) {
    (void)state;
    if (setlocale(LC_NUMERIC, "nl_NL.UTF-8") == NULL && setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL) {
        print_message("skipped: no locale with a decimal comma is installed\n");
        skip();
    }
    formats(0.5, "0.5");
    setlocale(LC_NUMERIC, "C");
}

static void money(int64_t value, const char *expected) {
    char text[32];
    assert_int_equal(sj_money_format(value, text), strlen(expected));
    assert_string_equal(text, expected);
}

static void test_money(void **state) {
    (void)state;
    money(0, "0");
    money(125000, "12.5");
    money(-1, "-0.0001");
    money(10, "0.001");
    money(-1230000, "-123");
    money(INT64_MAX, "922337203685477.5807");
    money(INT64_MIN, "-922337203685477.5808");
}

/* ---- no memory ---- */

static long n_until_failure = -1, n_alive; /* negative: all succeed */

static void *count_malloc(size_t n_bytes) {
    if (n_until_failure == 0)
        return NULL;
    n_until_failure -= n_until_failure > 0;
    n_alive++;
    return malloc(n_bytes);
}

static void count_free(void *ptr) {
    n_alive -= ptr != NULL;
    free(ptr);
}

/* From the n-th allocation of Jansson on all fail: an error, and nothing is left over. For want of memory for a text Jansson may say that
 * something else was expected there. */
static void test_parse_without_memory(void **state) {
    (void)state;
    static const char text[] = "{\"a\":[1,2.5,true,null,\"a long text with \\u00e9 that does not fit anywhere\"],\"b\":{\"c\":{\"d\":[]}}}";
    json_malloc_t before_malloc;
    json_free_t before_free;
    json_get_alloc_funcs(&before_malloc, &before_free);
    json_set_alloc_funcs(count_malloc, count_free);
    enum sj_status status = SJ_E_MEMORY;
    long n = 0;
    for (; status != SJ_OK; n++) {
        struct sj_error err = {0};
        json_t *root = NULL;
        n_until_failure = n;
        status = sj_json_parse(SJ_LIT(text), "the document", &root, &err);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY || (status == SJ_E_INPUT && n > 0));
        assert_int_equal(status == SJ_OK, root != NULL);
        assert_int_equal(status == SJ_OK, err.message[0] == '\0');
        json_decref(root);
        assert_int_equal(n_alive, 0);
    }
    assert_true(n > 20);
    n_until_failure = -1;
    json_set_alloc_funcs(before_malloc, before_free);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_without_memory),
        cmocka_unit_test(test_parse_gives_the_tree),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_parse_refuses_nul_bytes),
        cmocka_unit_test(test_parse_depth_and_size),
        cmocka_unit_test(test_suite),
        cmocka_unit_test(test_write_document),
        cmocka_unit_test(test_write_texts),
        cmocka_unit_test(test_write_any_bytes),
        cmocka_unit_test(test_write_keeps_first_failure),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_doubles_read_back),
        cmocka_unit_test(test_doubles_in_another_locale),
        cmocka_unit_test(test_money),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
