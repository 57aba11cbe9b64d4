#include "ingest/collect.h"

#include <dirent.h>

#include "base/random.h"
#include "ingest/jsonl.h"
#include "ingest/jsonl_simdjson.h"

/* Reads the text and expects it to be done. Rejects are allowed. */
static void reads(struct collected *c, const char *text) {
    collected_init(c);
    c->options.max_rejects_count = 1000;
    enum sj_status status = collect_bytes(sj_str(text), sj_jsonl_read, false, c);
    if (status != SJ_OK)
        fail_msg("%s", c->err.message);
    assert_int_equal(c->n_duplicate_columns, 0);
}

static void gives(const char *text, const char *event) {
    struct collected c;
    reads(&c, text);
    assert_int_equal(n_collected(&c.rejects), 0);
    assert_int_equal(n_collected(&c.events), 1);
    assert_string_equal(line_at(&c.events, 0), event);
    collected_done(&c);
}

static void fails(const char *text, enum sj_status expected, const char *part_of_message) {
    struct collected c;
    collected_init(&c);
    assert_int_equal(collect_bytes(sj_str(text), sj_jsonl_read, false, &c), expected);
    if (strstr(c.err.message, part_of_message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", c.err.message, part_of_message);
    collected_done(&c);
}

#define GOOD(who) "{\"user_id\":\"" who "\",\"event\":\"visit\",\"timestamp\":\"2026-01-31T12:00:00Z\"}"
#define GOOD_EVENT(who) who "|2026-01-31T12:00:00Z|visit||"

/* The second of three lines is refused, with these words; the others go in. */
static void rejects(const char *line, const char *reason) {
    struct collected c;
    char text[4096];
    snprintf(text, sizeof text, "%s\n%s\n%s\n", GOOD("a"), line, GOOD("b"));
    reads(&c, text);
    assert_int_equal(n_collected(&c.events), 2);
    assert_string_equal(line_at(&c.events, 1), GOOD_EVENT("b"));
    assert_int_equal(n_collected(&c.rejects), 1);
    const char *reject = line_at(&c.rejects, 0);
    if (strstr(reject, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", reject, reason);
    assert_memory_equal(reject, "2|", 2);
    assert_non_null(strstr(reject, line));
    collected_done(&c);
}

static void test_values(void **state) {
    (void)state;
    gives(GOOD("a"), GOOD_EVENT("a"));
    gives("{\"user_id\":\"a\",\"event\":\"visit\",\"timestamp\":\"2026-01-31T12:00:00Z\",\"text\":\"q\\u00e9\\n\\\"\\ud83d\\ude00\","
          "\"n\":1.50,\"minus\":-3,\"yes\":true,\"no\":false,\"none\":null,\"list\":[1, {\"a\" : \"b c\"}, [ ] ],\"in\":{\"n\":2,"
          "\"deep\":{\"t\":\"x\"},\"empty\":{}}}",
          "a|2026-01-31T12:00:00Z|visit||text:t=q\xC3\xA9\n\"\xF0\x9F\x98\x80;n:n=1.5;minus:n=-3;yes:b=true;no:b=false;"
          "list:t=[1,{\"a\":\"b c\"},[]];in.n:n=2;in.deep.t:t=x;");
}

/* Whole numbers from 2^53 on are not all doubles: their digits stay. */
static void test_large_numbers(void **state) {
    (void)state;
    gives("{\"user_id\":12345678901234567890,\"event\":\"visit\",\"timestamp\":\"2026-01-31T12:00:00Z\",\"z\":9007199254740991,\"a\":"
          "9007199254740992,"
          "\"b\":9007199254740993,\"c\":-123456789012345678901234567890,\"d\":1e300}",
          "12345678901234567890|2026-01-31T12:00:00Z|visit||z:n=9007199254740991;a:t=9007199254740992;b:t=9007199254740993;"
          "c:t=-123456789012345678901234567890;d:n=1e+300;");
}

/* Some programs write a large number with an exponent: it is that number, not one second and a fraction. */
static void test_times_with_an_exponent(void **state) {
    (void)state;
    struct collected c;
    reads(&c, "{\"user_id\":\"a\",\"event\":\"visit\",\"timestamp\":1769860800}\n"
              "{\"user_id\":\"a\",\"event\":\"visit\",\"timestamp\":1769860800}\n"
              "{\"user_id\":\"a\",\"event\":\"pay\",\"timestamp\":1.7698608E9}\n");
    assert_int_equal(n_collected(&c.events), 3);
    assert_string_equal(line_at(&c.events, 2), "a|2026-01-31T12:00:00Z|pay||");
    collected_done(&c);
}

static void test_usual_shapes(void **state) {
    (void)state;
    /* Segment */
    gives("{\"type\":\"track\",\"userId\":\"u1\",\"anonymousId\":\"anon\",\"event\":\"Paid\",\"messageId\":\"m1\","
          "\"timestamp\":\"2026-01-31T12:00:00.250Z\",\"properties\":{\"plan\":\"gold\"}}",
          "u1|2026-01-31T12:00:00.250Z|Paid||type:t=track;anonymousId:t=anon;event_id:t=m1;properties.plan:t=gold;");
    /* Mixpanel */
    gives("{\"event\":\"Paid\",\"properties\":{\"distinct_id\":\"u1\",\"time\":1769860800,\"$insert_id\":\"m1\",\"plan\":\"gold\"}}",
          "u1|2026-01-31T12:00:00Z|Paid||event_id:t=m1;properties.plan:t=gold;");
    /* PostHog */
    gives("{\"uuid\":\"m1\",\"event\":\"Paid\",\"distinct_id\":\"u1\",\"timestamp\":\"2026-01-31T12:00:00+01:00\","
          "\"properties\":{\"$browser\":\"Firefox\"}}",
          "u1|2026-01-31T11:00:00Z|Paid||event_id:t=m1;properties.$browser:t=Firefox;");
}

static void test_line_ends_and_marks(void **state) {
    (void)state;
    static const char *const texts[] = {
        GOOD("a") "\n" GOOD("b") "\n",
        GOOD("a") "\n" GOOD("b"),
        GOOD("a") "\r\n" GOOD("b") "\r\n",
        "\xEF\xBB\xBF" GOOD("a") "\n" GOOD("b"),
        "\n\n  \t\r\n" GOOD("a") "\n\n \n" GOOD("b") "\n\n\n",
        "  " GOOD("a") "  \n\t" GOOD("b") " ",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct collected c;
        reads(&c, texts[i]);
        assert_int_equal(n_collected(&c.rejects), 0);
        assert_int_equal(n_collected(&c.events), 2);
        assert_string_equal(line_at(&c.events, 0), GOOD_EVENT("a"));
        assert_string_equal(line_at(&c.events, 1), GOOD_EVENT("b"));
        collected_done(&c);
    }
}

static void test_rejects_say_why(void **state) {
    (void)state;
    rejects("{\"user_id\":\"x\",\"event\" \"visit\"}", "byte 24");
    rejects("{\"user_id\":\"x\",\"event\":\"visit\"", "has no end");
    rejects("{\"user_id\":\"x\",\"event\":\"vi", "has no end");
    rejects("{\"user_id\":\"x\",\"user_id\":\"y\",\"event\":\"visit\"}", "the name \"user_id\" stands twice");
    rejects("{\"a\":{\"b\":1},\"a\":{\"c\":1}}", "the name \"a\" stands twice");
    rejects("{\"a\":{\"b\":1},\"a.b\":null}", "the name \"a.b\" stands twice");
    rejects("{\"user_id\":\"\\ud800\"}", "surrogate");
    rejects("{\"user_id\":\"\\udc00\"}", "surrogate");
    rejects("{\"user_id\":\"a\tb\"}", "control character");
    rejects("{\"user_id\":\"a\xFF\"}", "UTF-8");
    rejects("{\"user_id\":01}", "number");
    rejects("{\"user_id\":1e999}", "number");
    rejects("[1,2]", "a JSON object was expected");
    rejects("\"text\"", "a JSON object was expected");
    rejects("{\"a\":1} {\"a\":1}", "something stands behind the end of the object, from byte 9 on");
    rejects("{\"a\":\"\\\"}\"} x", "something stands behind the end of the object, from byte 13 on");
    rejects("{\"a\":NaN}", "not JSON");
    rejects("{'a':1}", "not JSON");
}

static void test_depth_and_names(void **state) {
    (void)state;
    char line[2100];
    for (int depth = 64; depth <= 65; depth++) {
        int n = snprintf(line, sizeof line, "{\"user_id\":\"a\",\"event\":\"visit\",\"timestamp\":\"2026-01-31T12:00:00Z\",\"x\":");
        memset(line + n, '[', (size_t)depth - 1);
        memset(line + n + depth - 1, ']', (size_t)depth - 1);
        memcpy(line + n + 2 * depth - 2, "}", 2);
        if (depth == 65)
            rejects(line, "64 levels");
        else
            gives(line, strstr(line, "[[") == NULL ? ""
                                                   : "a|2026-01-31T12:00:00Z|visit||x:t="
                                                     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]"
                                                     "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]];");
    }
    memset(line, 'k', sizeof line);
    memcpy(line, "{\"", 2);
    memcpy(line + 2 + 1025, "\":1}", 5);
    rejects(line, "1,024 bytes");
}

static void test_array_of_objects(void **state) {
    (void)state;
    static const char *const texts[] = {
        "[" GOOD("a") "," GOOD("b") "]",
        " \n[\n  " GOOD("a") " ,\n\n  " GOOD("b") "\n]\n",
        "[{\n  \"user_id\": \"a\",\n  \"event\": \"visit\",\n  \"timestamp\": \"2026-01-31T12:00:00Z\"\n},\n" GOOD("b") "]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct collected c;
        reads(&c, texts[i]);
        assert_int_equal(n_collected(&c.rejects), 0);
        assert_int_equal(n_collected(&c.events), 2);
        assert_string_equal(line_at(&c.events, 0), GOOD_EVENT("a"));
        assert_string_equal(line_at(&c.events, 1), GOOD_EVENT("b"));
        collected_done(&c);
    }
    struct collected c;
    reads(&c, "[" GOOD("a") ",\n{\"user_id\":\"],}\\\"\",\n \"x\":[}\n],\n,\n" GOOD("b") "]");
    assert_int_equal(n_collected(&c.events), 2);
    assert_int_equal(n_collected(&c.rejects), 2);
    assert_memory_equal(line_at(&c.rejects, 0), "2||the JSON object has no end", 29);
    assert_memory_equal(line_at(&c.rejects, 1), "5||a JSON object was expected", 29);
    collected_done(&c);
}

static void test_files_that_are_refused(void **state) {
    (void)state;
    fails("<!DOCTYPE html>\n<html></html>", SJ_E_INPUT, "a web page or XML");
    fails("[" GOOD("a") ",\n" GOOD("b") "\n", SJ_E_INPUT, "has no end");
    fails("[" GOOD("a") ",\n" GOOD("b") ",{", SJ_E_INPUT, "has no end");
    fails("[" GOOD("a") "]\n" GOOD("b"), SJ_E_INPUT, "line 2: the file begins with an array");
    fails("[]]", SJ_E_INPUT, "behind its end");
    fails("{\n  \"user_id\": \"a\",\n  \"event\": \"visit\"\n}\n", SJ_E_INPUT, "");
}

static void test_object_without_end(void **state) {
    (void)state;
    size_t n = SJ_JSONL_ROW_BYTES_MAX + (4u << 20);
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, 'x', n);
    memcpy(text, GOOD("a") "\n{\"", sizeof GOOD("a") + 2);
    struct collected c;
    collected_init(&c);
    assert_int_equal(collect_bytes((struct sj_str){text, n}, sj_jsonl_read, false, &c), SJ_E_INPUT);
    assert_non_null(strstr(c.err.message, "line 2"));
    assert_non_null(strstr(c.err.message, "16 MiB"));
    collected_done(&c);
    free(text);
}

/* Rows longer than what is read at once, and reads of any size, change nothing. */
static void test_long_rows_and_short_reads(void **state) {
    (void)state;
    size_t n_long = 3u << 20;
    char *text = malloc(n_long + 1000);
    assert_non_null(text);
    for (int shape = 0; shape < 2; shape++) {
        int n = snprintf(text, 1000, "%s%s%s\n{", shape ? "[" : "", GOOD("a"), shape ? "," : "");
        memset(text + n, ' ', n_long);
        int end = snprintf(text + (size_t)n + n_long, 900, "%s%s\n%s%s\n", GOOD("b") + 1, shape ? "," : "", GOOD("c"), shape ? "]" : "");
        struct collected c;
        collected_init(&c);
        c.read_max = 7777;
        enum sj_status status = collect_bytes((struct sj_str){text, (size_t)n + n_long + (size_t)end}, sj_jsonl_read, false, &c);
        if (status != SJ_OK)
            fail_msg("%s", c.err.message);
        assert_int_equal(n_collected(&c.rejects), 0);
        assert_int_equal(n_collected(&c.events), 3);
        assert_string_equal(line_at(&c.events, 1), GOOD_EVENT("b"));
        assert_string_equal(line_at(&c.events, 2), GOOD_EVENT("c"));
        collected_done(&c);
    }
    free(text);
}

/* More names than a file may have: an id as a name is the usual mistake. */
static void test_too_many_names(void **state) {
    (void)state;
    struct sj_buf text;
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    for (int i = 0; i < 9000; i++)
        assert_int_equal(sj_buf_print(&text, NULL, "{\"order %d\":null,\"item %d\":null}\n", i, i), SJ_OK);
    struct collected c;
    collected_init(&c);
    c.options.max_rejects_count = 100000;
    assert_int_equal(collect_bytes(sj_buf_str(&text), sj_jsonl_read, false, &c), SJ_E_LIMIT);
    assert_non_null(strstr(c.err.message, "order 8192"));
    collected_done(&c);
    sj_buf_done(&text);
}

static void test_no_memory(void **state) {
    (void)state;
    runs_out_of_memory(GOOD("a") "\n{\"x\":[1,2],\"y\":{\"z\":true}}\n{\n" GOOD("b"), sj_jsonl_read, false);
}

/* ---- against the JSON test suite and another parser ---- */

static bool look_on(void *ctx, const struct sj_flat *flat) {
    *(size_t *)ctx += flat->n_path;
    return true;
}

static enum sj_flat_fault flatten(struct sj_flattener *flattener, const char *text, size_t n) {
    char *exact = malloc(n + SJ_FLATTEN_PADDING); /* so that reading too far is noticed */
    assert_non_null(exact);
    memcpy(exact, text, n);
    memset(exact + n, '\n', SJ_FLATTEN_PADDING);
    size_t at = SIZE_MAX, sum = 0;
    enum sj_flat_fault fault = sj_flatten(flattener, exact, n, look_on, &sum, &at);
    assert_true(at <= n);
    free(exact);
    return fault;
}

/* Each file by itself and as a member of an object; whole files through the reader too, which must live. */
static void check_suite_file(struct sj_flattener *flattener, const char *path, char verdict) {
    static char text[256 << 10] = "{\"v\":";
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(text + 5, 1, sizeof text - 6, file);
    fclose(file);
    text[5 + n] = '}';
    enum sj_flat_fault alone = flatten(flattener, text + 5, n), member = flatten(flattener, text, n + 6);
    if (verdict == 'y' && (member != SJ_FAULT_NONE || (alone != SJ_FAULT_NONE && alone != SJ_FAULT_NOT_OBJECT)))
        fail_msg("%s should parse", path);
    if (verdict == 'n' && (member == SJ_FAULT_NONE || alone == SJ_FAULT_NONE))
        fail_msg("%s should not parse", path);
    struct collected c;
    collected_init(&c);
    enum sj_status status = collect_bytes((struct sj_str){text + 5, n}, sj_jsonl_read, false, &c);
    assert_true(status == SJ_OK || c.err.message[0] != '\0');
    collected_done(&c);
}

static void test_suite(void **state) {
    (void)state;
    char folder[1000], path[1300];
    if (shared_file("data/json-test-suite/test_parsing/y_array_empty.json", folder, sizeof folder) == NULL)
        skip();
    *strrchr(folder, '/') = '\0';
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    struct sj_flattener *flattener = sj_flattener_new();
    assert_non_null(flattener);
    size_t n_files = 0;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check_suite_file(flattener, path, entry->d_name[0]);
        n_files++;
    }
    closedir(dir);
    sj_flattener_free(flattener);
    assert_int_equal(n_files, 318);
}

/* Changes one to three bytes of the text. */
static size_t mutate(struct sj_random *random, char *text, size_t n) {
    static const char alphabet[] = "{}[]\",:\\ \n\t0123456789-+.eEtrufalsn\x80\xC3\xA9\x01/";
    for (uint64_t left = 1 + sj_random_below(random, 3); left > 0; left--) {
        size_t at = sj_random_below(random, n);
        char c = alphabet[sj_random_below(random, sizeof alphabet - 1)];
        uint64_t what = sj_random_below(random, 3);
        if (what == 0) {
            text[at] = c;
        } else if (what == 1) {
            memmove(text + at + 1, text + at, n++ - at);
            text[at] = c;
        } else if (n > 1) {
            memmove(text + at, text + at + 1, --n - at);
        }
    }
    return n;
}

/* What simdjson passes over it does not check, so that a value that we forget to consume would let bad rows in: Jansson is the
 * judge of many slightly damaged objects. */
static void test_as_strict_as_another_parser(void **state) {
    (void)state;
    static const char *const seeds[] = {
        "{\"a\":1,\"b\":[1,2,{\"c\":null}],\"d\":{\"e\":\"x\\u00e9\\n\",\"f\":true}}",
        "{\"a\":[[],{}],\"b\":-1.5e3 , \"c\" : false}",
        "{\"\":\"\\ud83d\\ude00\",\"z\":0.1}",
        "{\"a\":{}}",
    };
    struct sj_random random;
    sj_random_init(&random, 5);
    struct sj_flattener *flattener = sj_flattener_new();
    assert_non_null(flattener);
    size_t n_good = 0;
    for (int round = 0; round < 200000; round++) {
        char text[200];
        const char *seed = seeds[sj_random_below(&random, 4)];
        size_t n = strlen(seed);
        memcpy(text, seed, n);
        n = mutate(&random, text, n);
        json_t *root = json_loadb(text, n, JSON_ALLOW_NUL, NULL);
        bool good = json_is_object(root);
        json_decref(root);
        if ((flatten(flattener, text, n) == SJ_FAULT_NONE) != good)
            fail_msg("%s: %.*s", good ? "should parse" : "should not parse", (int)n, text);
        n_good += good;
    }
    sj_flattener_free(flattener);
    assert_true(n_good > 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_large_numbers),
        cmocka_unit_test(test_times_with_an_exponent),
        cmocka_unit_test(test_usual_shapes),
        cmocka_unit_test(test_line_ends_and_marks),
        cmocka_unit_test(test_rejects_say_why),
        cmocka_unit_test(test_depth_and_names),
        cmocka_unit_test(test_array_of_objects),
        cmocka_unit_test(test_files_that_are_refused),
        cmocka_unit_test(test_object_without_end),
        cmocka_unit_test(test_long_rows_and_short_reads),
        cmocka_unit_test(test_too_many_names),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_suite),
        cmocka_unit_test(test_as_strict_as_another_parser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
