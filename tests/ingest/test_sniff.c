/* What a file is, and what its columns are for, by looking at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ingest/roles.h"
#include "ingest/sniff.h"

static void formats_are_found(void **state) {
    (void)state;
    static const struct {
        struct sj_str head;
        enum sj_ingest_format format;
    } rows[] = {
        {{"a,b\n1,2\n", 8}, SJ_FORMAT_CSV},
        {{"{\"a\":1}\n", 8}, SJ_FORMAT_JSONL},
        {{" \n[{\"a\":1}]", 11}, SJ_FORMAT_JSONL},
        {{"<?xml version=\"1.0\"?><log>", 26}, SJ_FORMAT_XES},
        {{"<log>", 5}, SJ_FORMAT_XES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum sj_ingest_format format;
        assert_int_equal(sj_sniff_format(rows[i].head, &format, NULL), SJ_OK);
        assert_int_equal(format, rows[i].format);
    }
}

static void other_files_are_told_apart(void **state) {
    (void)state;
    static const struct {
        struct sj_str head;
        const char *part;
    } rows[] = {
        {{"", 0}, "the file is empty"},
        {{" \r\n\t", 4}, "the file is empty"},
        {{"PK\x03\x04rest", 8}, "spreadsheet"},
        {{"%PDF-1.7", 8}, "PDF"},
        {{"PAR1abcd", 8}, "Parquet"},
        {{"SQLite format 3\0", 16}, "SQLite"},
        {{"<!DOCTYPE html><html>", 21}, "web page"},
        {{"\n<HTML>", 7}, "web page"},
        {{"BZh91AY", 7}, "bunzip2"},
        {{"abc\0def\x01", 8}, "no text file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum sj_ingest_format format;
        struct sj_error err = {0};
        assert_int_equal(sj_sniff_format(rows[i].head, &format, &err), SJ_E_INPUT);
        if (strstr(err.message, rows[i].part) == NULL)
            fail_msg("\"%s\" was expected in: %s", rows[i].part, err.message);
    }
}

static void dialects_are_found(void **state) {
    (void)state;
    static const struct {
        const char *head;
        char delimiter, quote;
        int header;
    } rows[] = {
        {"a,b,c\n1,2,3\n4,5,6\n", ',', '"', 1},
        {"a;b;c\n1,5;2,5;x\n2,5;3,5;y\n", ';', '"', 1},
        {"name\tvalue\nx, y\t1\nz, w\t2\n", '\t', '"', 1},
        {"a|b\nc|d\n", '|', '"', 1},
        {"user_id;time\n1,1;2024-01-01\n2,2;2024-01-02\n", ';', '"', 1},
        {"u1,visit,2024-01-01T10:00:00\nu2,cart,2024-01-01T11:00:00\n", ',', '"', 0},
        {"\"-1\",\"text, with comma\"\n\"1\",\"more\"\n", ',', '"', 0},
        {"\"a;b\",\"c;d\"\n\"1;2\",\"3\"\n", ',', '"', 1},
        {"'user, id','event'\n'1','a, b'\n'2','c'\n", ',', '\'', 1},
        {"sep=;\na;b\n1;2\n", ';', '"', 1},
        {"customer,event\nu1,it's\nu2,'t is\n", ',', '"', 1},
        {"path,n\na > b,1\na,2\n", ',', '"', 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_ingest_options options;
        sj_ingest_options_init(&options);
        assert_int_equal(sj_sniff_csv(sj_alloc_libc(), sj_str(rows[i].head), false, &options, NULL), SJ_OK);
        assert_int_equal(options.delimiter, rows[i].delimiter);
        assert_int_equal(options.quote, rows[i].quote);
        assert_int_equal(options.header, rows[i].header);
    }
}

static void what_has_no_columns_is_refused(void **state) {
    (void)state;
    static const char *const heads[] = {" customer_id  date n\n 00001 19970101  1\n", "just a text\nin lines\n", "a\n1\n2\n"};
    static const char *const parts[] = {"aligned by spaces", "--delimiter", "--delimiter"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct sj_ingest_options options;
        struct sj_error err = {0};
        sj_ingest_options_init(&options);
        assert_int_equal(sj_sniff_csv(sj_alloc_libc(), sj_str(heads[i]), false, &options, &err), SJ_E_INPUT);
        assert_non_null(strstr(err.message, parts[i]));
    }
}

static void what_is_told_is_not_looked_for(void **state) {
    (void)state;
    struct sj_ingest_options options;
    sj_ingest_options_init(&options);
    options.delimiter = ':';
    options.header = 0;
    options.quote = SJ_INGEST_NO_QUOTE;
    assert_int_equal(sj_sniff_csv(sj_alloc_libc(), SJ_LIT("user_id,a:event,b\n"), false, &options, NULL), SJ_OK);
    assert_int_equal(options.delimiter, ':');
    assert_int_equal(options.header, 0);
    assert_int_equal(options.quote, SJ_INGEST_NO_QUOTE);
}

static void signs_that_cannot_separate_are_refused(void **state) {
    (void)state;
    static const char signs[][2] = {{',', ','}, {'\n', '"'}, {'\r', '"'}, {',', '\r'}, {'\xE9', '"'}, {'"', 0}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        struct sj_ingest_options options;
        sj_ingest_options_init(&options);
        options.delimiter = signs[i][0];
        options.quote = signs[i][1];
        assert_int_equal(sj_sniff_csv(sj_alloc_libc(), SJ_LIT("\"a\",b\n1,2\n"), false, &options, NULL), SJ_E_USAGE);
    }
}

static void usual_names_have_roles(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum sj_role role;
    } rows[] = {
        {"user_id", SJ_ROLE_CUSTOMER},
        {"userId", SJ_ROLE_CUSTOMER},
        {"Customer ID", SJ_ROLE_CUSTOMER},
        {"distinct_id", SJ_ROLE_CUSTOMER},
        {"anonymousId", SJ_ROLE_CUSTOMER},
        {"case:concept:name", SJ_ROLE_CUSTOMER},
        {"properties.distinct_id", SJ_ROLE_CUSTOMER},
        {"domain_userid", SJ_ROLE_CUSTOMER},
        {"ANI", SJ_ROLE_CUSTOMER},
        {"time:timestamp", SJ_ROLE_TIME},
        {"collector_tstamp", SJ_ROLE_TIME},
        {"properties.time", SJ_ROLE_TIME},
        {"InvoiceDate", SJ_ROLE_TIME},
        {"concept:name", SJ_ROLE_TOUCHPOINT},
        {"event", SJ_ROLE_TOUCHPOINT},
        {"event_type", SJ_ROLE_TOUCHPOINT},
        {"Activity", SJ_ROLE_TOUCHPOINT},
        {"case:channel", SJ_ROLE_CHANNEL},
        {"revenue", SJ_ROLE_VALUE},
        {"cost:total", SJ_ROLE_COST},
        {"handle_time", SJ_ROLE_DURATION},
        {"nps_score", SJ_ROLE_SCORE},
        {"score_kind", SJ_ROLE_SCORE_KIND},
        {"verbatim", SJ_ROLE_COMMENT},
        {"messageId", SJ_ROLE_EVENT_ID},
        {"properties.$insert_id", SJ_ROLE_EVENT_ID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES; role++) {
            const bool fits = sj_role_rank((enum sj_role)role, sj_str(rows[i].name)) != SJ_ROLE_NO_RANK;
            if (fits != (role == rows[i].role))
                fail_msg("%s and the role %s", rows[i].name, sj_role_name((enum sj_role)role));
        }
    }
    assert_false(sj_role_is_usual(SJ_LIT("acquisition_channel")));
    assert_false(sj_role_is_usual(SJ_LIT("")));
    assert_true(sj_role_rank(SJ_ROLE_CUSTOMER, SJ_LIT("customer_id")) < sj_role_rank(SJ_ROLE_CUSTOMER, SJ_LIT("case_id")));
    assert_true(sj_role_rank(SJ_ROLE_TIME, SJ_LIT("time")) < sj_role_rank(SJ_ROLE_TIME, SJ_LIT("properties.timestamp")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_found),
        cmocka_unit_test(other_files_are_told_apart),
        cmocka_unit_test(dialects_are_found),
        cmocka_unit_test(what_has_no_columns_is_refused),
        cmocka_unit_test(what_is_told_is_not_looked_for),
        cmocka_unit_test(signs_that_cannot_separate_are_refused),
        cmocka_unit_test(usual_names_have_roles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
