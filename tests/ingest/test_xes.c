#include "ingest/collect.h"

#include <zlib.h>

#include "ingest/xes.h"

#define LOG(inside) \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log xes.version=\"1.0\" xmlns=\"http://www.xes-standard.org/\">" inside "</log>\n"
#define TEXT(key, value) "<string key=\"" key "\" value=\"" value "\"/>"
#define AT(time) "<date key=\"time:timestamp\" value=\"" time "\"/>"
#define EVENT(name, inside) "<event>" TEXT("concept:name", name) AT("2026-01-31T12:00:00.000+01:00") inside "</event>"
#define NOON "|2026-01-31T11:00:00Z|"

static void reads(struct collected *c, const char *text, const char *customer) {
    collected_init(c);
    if (customer != NULL)
        c->options.customer_attribute = sj_str(customer);
    enum sj_status status = collect_bytes(sj_str(text), sj_xes_read, true, c);
    if (status != SJ_OK)
        fail_msg("%s", c->err.message);
    assert_int_equal(c->n_duplicate_columns, 0);
}

static void gives(const char *text, const char *customer, const char *event) {
    struct collected c;
    reads(&c, text, customer);
    assert_int_equal(n_collected(&c.rejects), 0);
    assert_int_equal(n_collected(&c.events), 1);
    assert_string_equal(line_at(&c.events, 0), event);
    collected_done(&c);
}

static void fails_bytes(struct sj_str bytes, const char *customer, enum sj_status expected, const char *part_of_message) {
    struct collected c;
    collected_init(&c);
    if (customer != NULL)
        c.options.customer_attribute = sj_str(customer);
    assert_int_equal(collect_bytes(bytes, sj_xes_read, true, &c), expected);
    if (strstr(c.err.message, part_of_message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", c.err.message, part_of_message);
    collected_done(&c);
}

static void fails(const char *text, enum sj_status expected, const char *part_of_message) {
    fails_bytes(sj_str(text), NULL, expected, part_of_message);
}

static void test_case_is_the_customer(void **state) {
    (void)state;
    gives(LOG("<trace>" TEXT("concept:name", "c 7") "<int key=\"amount\" value=\"12\"/>" EVENT(
              "pay", TEXT("org:resource", "Mia") TEXT("lifecycle:transition", "complete")) "</trace>"),
          NULL, "c 7" NOON "pay||case:amount:n=12;org:resource:t=Mia;lifecycle:transition:t=complete;");
}

static void test_cases_without_a_name_are_numbered(void **state) {
    (void)state;
    struct collected c;
    reads(&c,
          LOG("<trace>" EVENT("a", "") EVENT("b", "") "</trace><trace>" TEXT("concept:name", "x")
                  EVENT("a", "") "</trace>"
                                 "<trace>" EVENT("c", "") "</trace>"),
          NULL);
    assert_int_equal(n_collected(&c.events), 4);
    assert_string_equal(line_at(&c.events, 1), "1" NOON "b||");
    assert_string_equal(line_at(&c.events, 2), "x" NOON "a||");
    assert_string_equal(line_at(&c.events, 3), "3" NOON "c||");
    collected_done(&c);
}

static void test_attribute_is_the_customer(void **state) {
    (void)state;
    const char *of_case = LOG("<trace>" TEXT("concept:name", "c 7") TEXT("client", "Ann") EVENT("pay", TEXT("client", "other")) "</trace>");
    gives(of_case, "client", "Ann" NOON "pay||case:t=c 7;client.2:t=other;");
    gives(of_case, "case:client", "Ann" NOON "pay||case:t=c 7;client.2:t=other;");
    gives(of_case, "concept:name", "c 7" NOON "pay||case:client:t=Ann;client:t=other;");
    const char *of_event = LOG("<trace>" EVENT("pay", TEXT("client", "Ann")) "</trace>");
    gives(of_event, "client", "Ann" NOON "pay||case:t=1;");
    fails_bytes(sj_str(of_event), "buyer", SJ_E_USAGE, "concept:name, time:timestamp, client");
}

/* Cases and customers may be crosswise. */
static void test_split_cases_are_counted(void **state) {
    (void)state;
    struct collected c;
    reads(&c,
          LOG("<trace>" EVENT("a", TEXT("client", "Ann")) EVENT("b", TEXT("client", "Bo"))
                  EVENT("c", TEXT("client", "Ann")) "</trace>"
                                                    "<trace>" EVENT("a", TEXT("client", "Ann")) EVENT(
                                                        "b", TEXT("client", " Ann")) "</trace>"
                                                                                     "<trace>" EVENT("a", TEXT("client", "Bo")) "</trace>"),
          "client");
    assert_int_equal(c.summary.n_events, 6);
    assert_int_equal(c.summary.n_split_cases, 1);
    collected_done(&c);
}

static void test_types(void **state) {
    (void)state;
    gives(LOG("<trace>" TEXT("concept:name", "c")
                  EVENT("pay", "<int key=\"i\" value=\"-5\"/><int key=\"big\" value=\"9007199254740993\"/><int key=\"odd\" value=\"five\"/>"
                               "<float key=\"f\" value=\"2.50\"/><float key=\"nan\" value=\"NaN\"/><boolean key=\"b\" value=\"true\"/>"
                               "<boolean key=\"no\" value=\"False\"/><date key=\"d\" value=\"2011-12-06T13:41:31.788Z\"/>"
                               "<id key=\"id\" value=\"0a1b\"/>" TEXT("empty", "") TEXT("esc", "&lt;&amp;&#233;\xC3\xA9")) "</trace>"),
          NULL,
          "c" NOON "pay||i:n=-5;big:t=9007199254740993;odd:t=five;f:n=2.5;nan:t=NaN;b:b=true;no:b=false;d:d=2011-12-06T13:41:31.788Z;"
          "id:t=0a1b;esc:t=<&\xC3\xA9\xC3\xA9;");
}

static void test_nested_attributes(void **state) {
    (void)state;
    gives(LOG("<trace>" TEXT("concept:name", "c") "<string key=\"who\" value=\"x\">" TEXT("age", "old") "</string>" EVENT(
              "pay", "<string key=\"a\" value=\"1 x\"><int key=\"b\" value=\"2\"><int key=\"c\" value=\"3\"/></int></string>"
                     "<list key=\"l\"><values>" TEXT("item", "p")
                         TEXT("item", "q") "</values></list>"
                                           "<container key=\"k\">" TEXT("m", "n") "</container>" TEXT("a", "again")) "</trace>"),
          NULL, "c" NOON "pay||case:who:t=x;case:who.age:t=old;a:t=1 x;a.b:n=2;a.b.c:n=3;l.item:t=p;l.item.2:t=q;k.m:t=n;a.2:t=again;");
}

static void test_what_is_passed_over(void **state) {
    (void)state;
    gives(LOG("<extension name=\"Concept\" prefix=\"concept\" uri=\"http://x\"/><global scope=\"trace\">" TEXT(
              "concept:name",
              "name") "</global><global scope=\"event\">" AT("1970-01-01T00:00:00Z") "</global><classifier name=\"n\" "
                                                                                     "keys=\"concept:name\"/>" TEXT(
                                                                                         "concept:name",
                                                                                         "the log") "<!-- "
                                                                                                    "<event/> "
                                                                                                    "--><"
                                                                                                    "trace"
                                                                                                    ">" TEXT("co"
                                                                                                             "nc"
                                                                                                             "ep"
                                                                                                             "t:"
                                                                                                             "na"
                                                                                                             "m"
                                                                                                             "e",
                                                                                                             "c") "<new><event/></"
                                                                                                                  "new>" EVENT("pay",
                                                                                                                               "<new><"
                                                                                                                               "string "
                                                                                                                               "key=\"x\" "
                                                                                                                               "value="
                                                                                                                               "\"y\"/></"
                                                                                                                               "new>") "</"
                                                                                                                                       "tra"
                                                                                                                                       "ce"
                                                                                                                                       ">"),
          NULL, "c" NOON "pay||");
}

static void test_names_with_a_prefix(void **state) {
    (void)state;
    gives("<x:log xmlns:x=\"http://www.xes-standard.org/\"><x:trace><x:string key=\"concept:name\" value=\"c\"/><x:event>"
          "<x:string key=\"concept:name\" value=\"pay\"/><x:date key=\"time:timestamp\" value=\"2026-01-31T11:00:00Z\"/></x:event>"
          "</x:trace></x:log>",
          NULL, "c" NOON "pay||");
}

static void test_events_without_time_are_rejected(void **state) {
    (void)state;
    struct collected c;
    reads(&c,
          LOG("<trace>" TEXT("concept:name", "c") "\n<event>" TEXT("concept:name", "a") "</event>\n" EVENT("b", "") "\n<event>" TEXT(
              "concept:name", "z") AT("yesterday") "</event></trace>"),
          NULL);
    assert_int_equal(n_collected(&c.events), 1);
    assert_int_equal(n_collected(&c.rejects), 2);
    assert_string_equal(line_at(&c.rejects, 0), "3|time:timestamp|the event has no time: its attribute time:timestamp is missing or empty|"
                                                "<event>" TEXT("concept:name", "a") "</event>");
    assert_memory_equal(line_at(&c.rejects, 1), "5|time:timestamp|", 17);
    assert_non_null(strstr(line_at(&c.rejects, 1), "<event>" TEXT("concept:name", "z") AT("yesterday") "</event>"));
    collected_done(&c);
    fails(LOG("<trace><event>" TEXT("concept:name", "a") "</event></trace>"), SJ_E_INPUT, "none of the events has a time");
}

static void test_another_attribute_may_be_the_time(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    c.options.columns[SJ_ROLE_TIME] = SJ_LIT("when");
    assert_int_equal(collect_bytes(SJ_LIT(LOG("<trace>" TEXT("concept:name", "c") "<event>" TEXT(
                                       "concept:name", "a") "<date key=\"when\" value=\"2026-01-31T11:00:00Z\"/></event></trace>")),
                                   sj_xes_read, true, &c),
                     SJ_OK);
    assert_string_equal(line_at(&c.events, 0), "c" NOON "a||");
    collected_done(&c);
}

static void test_files_that_are_refused(void **state) {
    (void)state;
    fails("<!DOCTYPE html>\n<html><body>x</body></html>", SJ_E_INPUT, "web page");
    fails("<html><head></head></html>", SJ_E_INPUT, "web page");
    fails("<bpmn><process/></bpmn>", SJ_E_INPUT, "line 1: the file begins with <bpmn>");
    fails("", SJ_E_INPUT, "no XML");
    fails("user_id,event\na,b\n", SJ_E_INPUT, "line 1, column 1: this is not well-formed XML");
    fails(LOG(""), SJ_E_INPUT, "no events");
    fails(LOG("<trace/><trace></trace>"), SJ_E_INPUT, "2 cases");
    fails(LOG("<trace>\n<event>\n<string key=\"a\" value=\"b\"></event></trace>"), SJ_E_INPUT, "line 4");
    fails("<log><trace>" EVENT("a", "") "</trace><trace>" EVENT("b", ""), SJ_E_INPUT, "ends before </log>, in the middle of case 2");
    fails("<log><trace>" EVENT("a", "") "</trace><tra", SJ_E_INPUT, "ends before </log>");
    fails(LOG("<trace><event><string value=\"b\"/></event></trace>"), SJ_E_INPUT, "line 2: <string> has no key");
    fails(LOG("<trace>" EVENT("a", "") "\n" TEXT("late", "x") "</trace>"), SJ_E_INPUT, "line 3: the attribute \"late\"");
}

/* A billion laughs, and a file that would be read from elsewhere. */
static void test_document_types_are_refused(void **state) {
    (void)state;
    fails("<?xml version=\"1.0\"?>\n<!DOCTYPE log [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
          "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>\n<log><trace>" TEXT("concept:name", "&c;") EVENT("a", "") "</trace></log>",
          SJ_E_INPUT, "line 2: the file declares a document type");
    fails("<!DOCTYPE log SYSTEM \"file:///etc/passwd\"><log><trace>" EVENT("a", "") "</trace></log>", SJ_E_INPUT, "<!DOCTYPE log");
}

static void test_depth(void **state) {
    (void)state;
    struct sj_buf text;
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    assert_int_equal(sj_buf_print(&text, NULL, "<log><trace><event>"), SJ_OK);
    for (int i = 0; i < 62; i++)
        assert_int_equal(sj_buf_print(&text, NULL, "<string key=\"k\" value=\"v\">"), SJ_OK);
    fails_bytes(sj_buf_str(&text), NULL, SJ_E_INPUT, "deeper than 64 levels");
    sj_buf_done(&text);
}

static void test_event_that_is_too_large(void **state) {
    (void)state;
    size_t n = SJ_XES_EVENT_BYTES_MAX + (1u << 20);
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, 'x', n);
    static const char begin[] = "<log><trace>" EVENT("a", "") "\n<event><string key=\"k\" value=\"";
    memcpy(text, begin, sizeof begin - 1);
    fails_bytes((struct sj_str){text, n}, NULL, SJ_E_INPUT, "line 2: the event or the element that is read here is larger than 16 MiB");
    free(text);
}

/* Some logs begin with statistics of themselves that are longer than what is usually looked at. */
static void test_long_header(void **state) {
    (void)state;
    struct sj_buf text;
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    assert_int_equal(sj_buf_print(&text, NULL, "<log>"), SJ_OK);
    while (text.n < 3 * SJ_SOURCE_HEAD_BYTES)
        assert_int_equal(sj_buf_print(&text, NULL, "<float key=\"a mean\" value=\"1.5\"/>\n"), SJ_OK);
    assert_int_equal(sj_buf_print(&text, NULL, "<trace>%s%s</trace></log>", TEXT("concept:name", "c"), EVENT("a", "")), SJ_OK);
    assert_int_equal(sj_buf_append(&text, "", 1, NULL), SJ_OK);
    gives((const char *)text.data, NULL, "c" NOON "a||");
    sj_buf_done(&text);
}

/* Many events over many reads: the raw text in the rejects is right wherever a read ends. */
static void test_raw_text_over_reads(void **state) {
    (void)state;
    struct sj_buf text;
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    assert_int_equal(sj_buf_print(&text, NULL, "<log>"), SJ_OK);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(sj_buf_print(&text, NULL, "<trace>\n<event><string key=\"n\" value=\"%.*s%d\"/></event>\n%s</trace>\n", i % 60,
                                      "............................................................", i, EVENT("a", "")),
                         SJ_OK);
    assert_int_equal(sj_buf_print(&text, NULL, "</log>"), SJ_OK);
    struct collected c;
    collected_init(&c);
    c.options.max_rejects_count = 1000000;
    enum sj_status status = collect_bytes(sj_buf_str(&text), sj_xes_read, true, &c);
    if (status != SJ_OK)
        fail_msg("%s", c.err.message);
    assert_int_equal(n_collected(&c.rejects), 20000);
    for (int i = 0; i < 20000; i++) {
        char end[200];
        snprintf(end, sizeof end, "|<event><string key=\"n\" value=\"%.*s%d\"/></event>", i % 60,
                 "............................................................", i);
        const char *reject = line_at(&c.rejects, (size_t)i);
        assert_true(strlen(reject) > strlen(end));
        assert_string_equal(reject + strlen(reject) - strlen(end), end);
    }
    collected_done(&c);
    sj_buf_done(&text);
}

static void test_other_encodings(void **state) {
    (void)state;
    gives("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><log><trace>" TEXT("concept:name", "\xE9") EVENT("a", "") "</trace></log>", NULL,
          "\xC3\xA9" NOON "a||");
    const char *text = LOG("<trace>" TEXT("concept:name", "c") EVENT("a", "") "</trace>");
    const char *body = strstr(text, "<log");
    static char wide[2000];
    size_t n = 2;
    memcpy(wide, "\xFF\xFE", 2);
    for (; *body != '\0'; body++, n += 2)
        wide[n] = *body;
    struct collected c;
    collected_init(&c);
    assert_int_equal(collect_bytes((struct sj_str){wide, n}, sj_xes_read, true, &c), SJ_OK);
    assert_string_equal(line_at(&c.events, 0), "c" NOON "a||");
    collected_done(&c);
}

static void test_no_memory(void **state) {
    (void)state;
    runs_out_of_memory(LOG("<trace>" TEXT("concept:name", "c") EVENT("a", TEXT("k", "v") TEXT("k", "w")) "<event/></trace>"), sj_xes_read,
                       true);
}

/* ---- real logs: the figures of the folder's README ---- */

struct facts {
    uint64_t n_customers, n_events;
    uint32_t n_touchpoints;
};

static void holds(struct collected *c, const char *name, const char *customer, struct facts facts) {
    char path[1000];
    collected_init(c);
    c->only_count = true;
    if (shared_file(name, path, sizeof path) == NULL)
        skip();
    if (customer != NULL)
        c->options.customer_attribute = sj_str(customer);
    if (collect_source(sj_os_real(), path, sj_xes_read, true, c) != SJ_OK)
        fail_msg("%s", c->err.message);
    assert_int_equal(n_collected(&c->rejects), 0);
    assert_int_equal(c->n_duplicate_columns, 0);
    assert_int_equal(c->n_events, facts.n_events);
    assert_int_equal(c->summary.n_events, facts.n_events);
    assert_int_equal(sj_names_count(&c->customers), facts.n_customers);
    assert_int_equal(sj_names_count(&c->touchpoints), facts.n_touchpoints);
}

static void test_running_example(void **state) {
    (void)state;
    struct collected c;
    holds(&c, "data/journeys/running-example.xes", NULL, (struct facts){6, 42, 8});
    collected_done(&c);
}

static void test_road_traffic(void **state) {
    (void)state;
    struct collected c;
    holds(&c, "data/journeys/roadtraffic100traces.xes", NULL, (struct facts){100, 390, 10});
    collected_done(&c);
}

static void test_receipt(void **state) {
    (void)state;
    struct collected c;
    holds(&c, "data/journeys/08_receipt.xes.gz", NULL, (struct facts){1434, 8577, 27});
    collected_done(&c);
}

static void test_help_desk(void **state) {
    (void)state;
    struct collected c;
    holds(&c, "data/journeys/helpdesk.xes.gz", NULL, (struct facts){4580, 21348, 14});
    collected_done(&c);
}

static bool has_column(const struct collected *c, const char *name) {
    uint32_t code;
    return sj_names_find(&c->columns, sj_str(name), &code);
}

static void test_help_desk_by_customer(void **state) {
    (void)state;
    struct collected c;
    holds(&c, "data/journeys/helpdesk.xes.gz", "customer", (struct facts){397, 21348, 14});
    assert_true(has_column(&c, "tcase"));
    collected_done(&c);
}

static void test_loan_applications(void **state) {
    (void)state;
    struct collected c;
    holds(&c, "data/journeys/bpic2012.xes.gz", NULL, (struct facts){13087, 262200, 24});
    char time[SJ_TIME_TEXT_BYTES];
    sj_time_format(c.min_time_us, time);
    assert_memory_equal(time, "2011-09-30T22:38:44", 19); /* 2011-10-01 in Amsterdam */
    sj_time_format(c.max_time_us, time);
    assert_memory_equal(time, "2012-03-14", 10);
    assert_true(has_column(&c, "tlifecycle:transition"));
    assert_true(has_column(&c, "dcase:REG_DATE") || has_column(&c, "scase:REG_DATE"));
    collected_done(&c);
}

static void test_truncated_gz(void **state) {
    (void)state;
    const char *text = LOG("<trace>" TEXT("concept:name", "c") EVENT("a", "") "</trace>");
    uint8_t packed[2000];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)strlen(text), .next_out = packed, .avail_out = sizeof packed};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = z.total_out;
    deflateEnd(&z);
    struct collected c;
    collected_init(&c);
    assert_int_equal(collect_bytes((struct sj_str){(const char *)packed, n}, sj_xes_read, true, &c), SJ_OK);
    assert_int_equal(c.n_events, 1);
    collected_done(&c);
    for (size_t cut = 3; cut < n; cut++) {
        collected_init(&c);
        assert_int_equal(collect_bytes((struct sj_str){(const char *)packed, cut}, sj_xes_read, true, &c), SJ_E_INPUT);
        assert_true(c.err.message[0] != '\0');
        collected_done(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_is_the_customer),
        cmocka_unit_test(test_cases_without_a_name_are_numbered),
        cmocka_unit_test(test_attribute_is_the_customer),
        cmocka_unit_test(test_split_cases_are_counted),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_nested_attributes),
        cmocka_unit_test(test_what_is_passed_over),
        cmocka_unit_test(test_names_with_a_prefix),
        cmocka_unit_test(test_events_without_time_are_rejected),
        cmocka_unit_test(test_another_attribute_may_be_the_time),
        cmocka_unit_test(test_files_that_are_refused),
        cmocka_unit_test(test_document_types_are_refused),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_event_that_is_too_large),
        cmocka_unit_test(test_long_header),
        cmocka_unit_test(test_raw_text_over_reads),
        cmocka_unit_test(test_other_encodings),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_running_example),
        cmocka_unit_test(test_road_traffic),
        cmocka_unit_test(test_receipt),
        cmocka_unit_test(test_help_desk),
        cmocka_unit_test(test_help_desk_by_customer),
        cmocka_unit_test(test_loan_applications),
        cmocka_unit_test(test_truncated_gz),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
