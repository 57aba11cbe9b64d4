/* Importing files as a whole: plan, run, rejects, messages. Events are compared as lines of text (collect.h). */
#include "plan_collect.h"

#include "../base/failing_alloc.h"

static const char *const head = "customer,time,touchpoint\n";

/* Imports a text that must be read; the caller looks at the lines. */
static void import_text(const char *text, struct collected *c) {
    if (import_bytes(sj_str(text), c) != SJ_OK)
        fail_msg("%s: %s", text, c->err.message);
}

static void assert_line(const struct sj_buf *lines, size_t i, const char *wanted) { assert_string_equal(line_at(lines, i), wanted); }

/* ---- real files ---- */

static void check_real(const char *name, const struct sj_ingest_options *options, uint64_t n_events, uint64_t n_rejected,
                       uint32_t n_customers, uint32_t n_touchpoints) {
    char path[600];
    struct collected c;
    if (shared_file(name, path, sizeof path) == NULL)
        skip();
    collected_init(&c);
    c.only_count = true;
    if (options != NULL)
        c.options = *options;
    if (import_file(path, &c) != SJ_OK)
        fail_msg("%s", c.err.message);
    assert_int_equal(c.summary.n_events, n_events);
    assert_int_equal(c.n_events, n_events);
    assert_int_equal(c.summary.n_rejected, n_rejected);
    assert_int_equal(c.summary.n_rows, n_events + n_rejected);
    assert_int_equal(sj_names_count(&c.customers), n_customers);
    assert_int_equal(sj_names_count(&c.touchpoints), n_touchpoints);
    assert_int_equal(c.summary.min_time_us, c.min_time_us);
    assert_int_equal(c.summary.max_time_us, c.max_time_us);
    assert_int_equal(c.n_duplicate_columns, 0);
    collected_done(&c);
}

static void journeys_are_read_as_they_are(void **state) {
    (void)state;
    check_real("data/journeys/running-example.csv", NULL, 42, 0, 6, 8);
    check_real("data/journeys/receipt.csv", NULL, 8577, 0, 1434, 27);
    check_real("data/journeys/running_example_broken.csv", NULL, 34, 0, 6, 10);
    check_real("data/journeys/synthetic/sequence.csv", NULL, 2518, 0, 500, 6);
    check_real("data/journeys/synthetic/claim.csv", NULL, 2860, 0, 500, 12);
    check_real("data/journeys/ecom.csv.gz", NULL, 31106, 0, 600, 19);
}

static void logs_with_long_preambles_are_read(void **state) {
    (void)state;
    check_real("data/journeys/bpic2012.xes.gz", NULL, 262200, 0, 13087, 24);
}

static void a_shop_is_read_with_flags(void **state) {
    (void)state;
    struct sj_ingest_options options;
    sj_ingest_options_init(&options);
    options.constants[SJ_ROLE_TOUCHPOINT] = SJ_LIT("purchase");
    options.constants[SJ_ROLE_CHANNEL] = SJ_LIT("web");
    options.max_rejects_share = 0.3;
    check_real("data/transactions/onlineretail.csv.gz", &options, 541909 - 135080, 135080, 4372, 1);
}

static void check_real_refused(const char *name, enum sj_status status, const char *part) {
    char path[600];
    struct collected c;
    if (shared_file(name, path, sizeof path) == NULL)
        skip();
    collected_init(&c);
    assert_int_equal(import_file(path, &c), status);
    if (strstr(c.err.message, part) == NULL)
        fail_msg("\"%s\" was expected in: %s", part, c.err.message);
    collected_done(&c);
}

static void tables_that_are_no_events_are_refused(void **state) {
    (void)state;
    check_real_refused("data/churn/Telco-Customer-Churn.csv", SJ_E_INPUT, "no column holds times");
    check_real_refused("data/feedback/reviews-nl.csv", SJ_E_INPUT, "column_1 (-1), column_2 (Geen geld");
    check_real_refused("data/feedback/nhs-feedback-en.csv", SJ_E_INPUT, "no column holds times");
    check_real_refused("data/transactions/CDNOW_master.txt", SJ_E_INPUT, "aligned by spaces");
    check_real_refused("data/transactions/cdnow_customers_summary.csv", SJ_E_INPUT, "no column holds times");
    check_real_refused("data/transactions/onlineretail.csv.gz", SJ_E_INPUT, "--touchpoint COLUMN");
    check_real_refused("data/attribution", SJ_E_INPUT, "is a folder");
}

/* ---- roles, kinds, constants ---- */

static void properties_have_kinds(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    import_text("customer_id,timestamp,event,channel,n,zip,ok,at,note,revenue,talk_time\n"
                "u1,2024-01-01T10:00:00Z,visit,web,1.5,00123,true,2024-01-02T00:00:00Z,\"a, b\",12.5,90\n"
                "u2,2024-01-01T11:00:00Z,cart,,,,FALSE,,,,1:00:00\n",
                &c);
    assert_line(&c.events, 0,
                "u1|2024-01-01T10:00:00Z|visit|web|n:n=1.5;zip:t=00123;ok:b=true;at:d=2024-01-02T00:00:00Z;note:t=a, b;"
                "value:m=12.5;duration:s=90000000;");
    assert_line(&c.events, 1, "u2|2024-01-01T11:00:00Z|cart||ok:b=false;duration:s=3600000000;");
    collected_done(&c);
}

static void a_later_value_of_another_kind_is_kept_as_text(void **state) {
    (void)state;
    struct collected c;
    struct sj_buf text;
    collected_init(&c);
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    assert_int_equal(sj_buf_print(&text, NULL, "%s", "customer,time,event,n\n"), SJ_OK);
    for (int i = 0; i < SJ_SAMPLE_ROWS + 5; i++)
        assert_int_equal(sj_buf_print(&text, NULL, "u%d,2024-01-01T10:00:00Z,e,%d\n", i, i), SJ_OK);
    assert_int_equal(sj_buf_print(&text, NULL, "u,2024-01-01T10:00:00Z,e,n/a\n"), SJ_OK);
    assert_int_equal(import_bytes(sj_buf_str(&text), &c), SJ_OK);
    assert_int_equal(c.summary.n_events, SJ_SAMPLE_ROWS + 6);
    assert_line(&c.events, 7, "u7|2024-01-01T10:00:00Z|e||n:n=7;");
    assert_line(&c.events, SJ_SAMPLE_ROWS + 5, "u|2024-01-01T10:00:00Z|e||n:t=n/a;");
    sj_buf_done(&text);
    collected_done(&c);
}

static void names_of_columns_are_made_unique(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    import_text("user,time,event,,x,x,channel,x_2\nu1,2024-01-01T10:00:00Z,e,1,a,b,web,c\n", &c);
    assert_line(&c.events, 0, "u1|2024-01-01T10:00:00Z|e|web|column_4:n=1;x:t=a;x_2:t=b;x_2_2:t=c;");
    collected_done(&c);
    collected_init(&c);
    c.options.constants[SJ_ROLE_CHANNEL] = SJ_LIT("phone");
    import_text("user,time,event,channel,channel_property\nu1,2024-01-01T10:00:00Z,e,web,z\n", &c);
    assert_line(&c.events, 0, "u1|2024-01-01T10:00:00Z|e|phone|channel_property_2:t=web;channel_property:t=z;");
    collected_done(&c);
}

static void flags_say_which_column_is_which(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    const struct sj_str ignored[] = {SJ_LIT("d")}, kinds[] = {SJ_LIT("e=text"), SJ_LIT("f=money"), SJ_LIT("g=duration")};
    c.options.columns[SJ_ROLE_CUSTOMER] = SJ_LIT("A");
    c.options.columns[SJ_ROLE_TIME] = SJ_LIT("b");
    c.options.columns[SJ_ROLE_TOUCHPOINT] = SJ_LIT("c");
    c.options.constants[SJ_ROLE_COST] = SJ_LIT("0.25");
    c.options.time_format = SJ_LIT("DD-MM-YYYY HH:MM");
    c.options.ignore = ignored;
    c.options.n_ignore = 1;
    c.options.kinds = kinds;
    c.options.n_kinds = 3;
    import_text("a,b,c,d,e,f,g\nu1,03-04-2024 10:30,visit,secret,12,1.5,1m\n", &c);
    assert_line(&c.events, 0, "u1|2024-04-03T10:30:00Z|visit||e:t=12;f:m=1.5;g:s=60000000;cost:m=0.25;");
    collected_done(&c);
}

static void the_name_of_a_score_says_its_kind(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    import_text("user,time,event,NPS Score,comment\nu1,2024-01-01T10:00:00Z,survey,9, good \nu2,2024-01-01T10:00:00Z,visit,,\n", &c);
    assert_line(&c.events, 0, "u1|2024-01-01T10:00:00Z|survey||score:n=9;comment:t= good ;score_kind:t=nps;");
    assert_line(&c.events, 1, "u2|2024-01-01T10:00:00Z|visit||");
    collected_done(&c);
}

static void an_anonymous_identity_fills_in(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    import_text(
        "anonymousId,userId,timestamp,event\na1,,2024-01-01T10:00:00Z,visit\na1,u1,2024-01-01T10:01:00Z,login\n,,2024-01-01T10:02:00Z,x\n",
        &c);
    assert_line(&c.events, 0, "anonymous:a1|2024-01-01T10:00:00Z|visit||anonymousId:t=a1;");
    assert_line(&c.events, 1, "u1|2024-01-01T10:01:00Z|login||anonymousId:t=a1;");
    assert_line(&c.rejects, 0, "4|userId|the customer is empty|,,2024-01-01T10:02:00Z,x");
    assert_int_equal(c.links.n / sizeof(char *), 1);
    assert_line(&c.links, 0, "u1|anonymous:a1|2024-01-01T10:01:00Z");
    collected_done(&c);
}

/* What a tracking library writes: pages and identities have a type and no event; a user who was somebody else before. */
static void lines_of_a_tracking_library_link_identities(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    import_text(
        "type,event,anonymousId,userId,previousId,timestamp\npage,,c1,,,2024-01-01T10:00:00Z\nidentify,,c1,u1,,2024-01-01T10:01:00Z\n"
        "track,Paid,,u1,,2024-01-01T10:02:00Z\nalias,,,u9,u1,2024-01-01T10:03:00Z\n",
        &c);
    assert_line(&c.events, 0, "anonymous:c1|2024-01-01T10:00:00Z|page||type:t=page;anonymousId:t=c1;");
    assert_line(&c.events, 2, "u1|2024-01-01T10:02:00Z|Paid||type:t=track;");
    assert_line(&c.events, 3, "u9|2024-01-01T10:03:00Z|alias||type:t=alias;previousId:t=u1;");
    assert_int_equal(c.links.n / sizeof(char *), 2);
    assert_line(&c.links, 0, "u1|anonymous:c1|2024-01-01T10:01:00Z");
    assert_line(&c.links, 1, "u9|u1|2024-01-01T10:03:00Z");
    collected_done(&c);
}

static void identities_by_option(void **state) {
    (void)state;
    static const struct sj_str identities[] = {{"card", 4}, {"mail=email", 10}, {"seen_by=device", 14}};
    struct collected c;
    collected_init(&c);
    c.options.columns[SJ_ROLE_CUSTOMER] = SJ_LIT("who");
    c.options.customer_type = SJ_LIT("anonymous");
    c.options.identities = identities;
    c.options.n_identities = 3;
    import_text("who,card,mail,seen_by,time,event\nw1,77,a@b.c,,2024-01-01,a\n,77,phone:12,0,2024-01-02,b\nuser:x,,,unknown,2024-01-03,c\n",
                &c);
    assert_line(&c.events, 0, "anonymous:w1|2024-01-01T00:00:00Z|a||card:n=77;mail:t=a@b.c;");
    assert_line(&c.events, 1, "custom:77|2024-01-02T00:00:00Z|b||card:n=77;mail:t=phone:12;seen_by:t=0;");
    assert_line(&c.events, 2, "user:x|2024-01-03T00:00:00Z|c||seen_by:t=unknown;");
    assert_int_equal(c.links.n / sizeof(char *), 3); /* placeholders are nobody */
    assert_line(&c.links, 0, "anonymous:w1|custom:77|2024-01-01T00:00:00Z");
    assert_line(&c.links, 1, "anonymous:w1|email:a@b.c|2024-01-01T00:00:00Z");
    assert_line(&c.links, 2, "custom:77|phone:12|2024-01-02T00:00:00Z");
    collected_done(&c);
}

/* A column that repeats would make events vanish: each (customer, event id) counts once. A name that means nothing else is believed
 * unless most values repeat. */
static void an_event_id_must_not_repeat(void **state) {
    (void)state;
    static const struct {
        const char *name, *ids[3], *kept_as;
    } rows[] = {
        {"message_id", {"m1", "m2", "m3"}, "event_id"}, {"$insert_id", {"m1", "m2", "m1"}, "event_id"},
        {"eventId", {"m1", "m1", "m1"}, "eventId"},     {"uuid", {"m1", "m2", "m3"}, "event_id"},
        {"uuid", {"m1", "m2", "m1"}, "uuid"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct collected c;
        char text[300], wanted[100];
        collected_init(&c);
        snprintf(text, sizeof text, "user,time,event,%s\nu,2024-01-01,a,%s\nu,2024-01-01,b,%s\nu,2024-01-01,c,%s\n", rows[i].name,
                 rows[i].ids[0], rows[i].ids[1], rows[i].ids[2]);
        import_text(text, &c);
        snprintf(wanted, sizeof wanted, "u|2024-01-01T00:00:00Z|a||%s:t=m1;", rows[i].kept_as);
        assert_line(&c.events, 0, wanted);
        collected_done(&c);
    }
}

static void wrong_flags_are_explained(void **state) {
    (void)state;
    const struct sj_str text = SJ_LIT("customer_id,time,event\nu1,2024-01-01,visit\n");
    static const struct {
        enum sj_role role;
        const char *column, *constant, *part;
    } rows[] = {
        {SJ_ROLE_CUSTOMER, "custmer_id", "", "Did you mean \"customer_id\"?"},
        {SJ_ROLE_CHANNEL, "quite something else", "", "It has: customer_id (u1), time (2024-01-01), event (visit)"},
        {SJ_ROLE_CHANNEL, "event", "web", "--channel and --set channel=… exclude each other"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct collected c;
        collected_init(&c);
        c.options.columns[rows[i].role] = sj_str(rows[i].column);
        c.options.constants[rows[i].role] = sj_str(rows[i].constant);
        assert_int_equal(import_bytes(text, &c), SJ_E_USAGE);
        if (strstr(c.err.message, rows[i].part) == NULL)
            fail_msg("%s", c.err.message);
        collected_done(&c);
    }
    struct collected c;
    collected_init(&c);
    c.options.columns[SJ_ROLE_TOUCHPOINT] = c.options.columns[SJ_ROLE_CHANNEL] = SJ_LIT("event");
    assert_int_equal(import_bytes(text, &c), SJ_E_USAGE);
    assert_non_null(strstr(c.err.message, "given to both --touchpoint and --channel"));
    c.options.columns[SJ_ROLE_CHANNEL] = SJ_LIT("");
    const struct sj_str kind = SJ_LIT("event=words");
    c.options.kinds = &kind;
    c.options.n_kinds = 1;
    assert_int_equal(import_bytes(text, &c), SJ_E_USAGE);
    assert_non_null(strstr(c.err.message, "KIND is text, number"));
    c.options.n_kinds = 0;
    c.options.timezone = SJ_LIT("Europe/Nowhere");
    assert_int_not_equal(import_bytes(text, &c), SJ_OK);
    c.options.timezone = SJ_LIT("");
    c.options.encoding = SJ_LIT("klingon");
    assert_int_equal(import_bytes(text, &c), SJ_E_USAGE);
    c.options.encoding = SJ_LIT("");
    c.options.time_format = SJ_LIT("noon");
    assert_int_equal(import_bytes(text, &c), SJ_E_USAGE);
    collected_done(&c);
}

/* ---- times ---- */

static void local_times_are_read_in_their_zone(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    c.options.timezone = SJ_LIT("Europe/Amsterdam");
    const enum sj_status status =
        import_bytes(SJ_LIT("customer,time,event\nu,2024-01-01 12:00,a\nu,2024-07-01T12:00:00,b\nu,2024-07-01T12:00:00Z,c\n"
                            "u,2024-07-01T12:00:00-05:00,d\n"),
                     &c);
    if (status == SJ_E_NOT_FOUND)
        skip();
    if (status != SJ_OK)
        fail_msg("%s", c.err.message);
    assert_line(&c.events, 0, "u|2024-01-01T11:00:00Z|a||");
    assert_line(&c.events, 1, "u|2024-07-01T10:00:00Z|b||");
    assert_line(&c.events, 2, "u|2024-07-01T12:00:00Z|c||");
    assert_line(&c.events, 3, "u|2024-07-01T17:00:00Z|d||");
    collected_done(&c);
}

static void a_time_with_two_readings_is_asked_for(void **state) {
    (void)state;
    const struct sj_str text = SJ_LIT("customer,time,event\nu,03/04/2024 10:00,a\nu,05/06/2024 10:00,b\n");
    assert_refused(text, SJ_E_INPUT,
                   "\"03/04/2024 10:00\" is 2024-04-03 with --time-format \"DD/MM/YYYY HH:mm\", but 2024-03-04 with "
                   "--time-format \"MM/DD/YYYY HH:mm\"");
    struct collected c;
    collected_init(&c);
    c.options.time_format = SJ_LIT("MM/DD/YYYY HH:mm");
    assert_int_equal(import_bytes(text, &c), SJ_OK);
    assert_line(&c.events, 1, "u|2024-05-06T10:00:00Z|b||");
    collected_done(&c);
}

static void a_time_of_day_alone_is_no_time(void **state) {
    (void)state;
    assert_refused(SJ_LIT("customer,time,event\nu,ten,a\n"), SJ_E_INPUT, "no column holds times");
}

/* ---- rejects ---- */

static void rejects_say_where_and_why(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    c.options.encoding = SJ_LIT("utf-8");
    import_text("customer,time,touchpoint,value\n"
                "u1,2024-01-01T10:00:00Z,a,1\n"
                "u1,yesterday,a,1\n"
                ",2024-01-01T10:00:00Z,a,1\n"
                "u1,2024-01-01T10:00:00Z,,1\n"
                "u1,2024-01-01T10:00:00Z,a,EUR 3\n"
                "u1,2024-01-01T10:00:00Z\n"
                "u1,2024-01-01T10:00:00Z,a,1,2\n"
                "u1,2024-01-01T10:00:00Z,\"a\"b,1\n"
                "u\xE9,2024-01-01T10:00:00Z,a,1\n"
                "\"u\n2\",,a,1\n"
                "u3,2024-01-01T10:00:00Z,a,2,\n"
                "u4,2024-01-01T10:00:00Z,a,1\nu4,2024-01-01T10:00:00Z,b,1\nu4,2024-01-01T10:00:00Z,c,1\nu4,2024-01-01T10:00:00Z,d,1\n"
                "u5,2024-01-01T10:00:00Z,a,1\nu5,2024-01-01T10:00:00Z,b,1\nu5,2024-01-01T10:00:00Z,c,1\nu5,2024-01-01T10:00:00Z,d,1\n",
                &c);
    assert_int_equal(c.summary.n_events, 10);
    assert_line(&c.rejects, 0, "3|time|\"yesterday\" is not a time of the form iso, such as 2026-01-31 12:00|u1,yesterday,a,1");
    assert_line(&c.rejects, 1, "4|customer|the customer is empty|,2024-01-01T10:00:00Z,a,1");
    assert_line(&c.rejects, 2, "5|touchpoint|the touchpoint is empty|u1,2024-01-01T10:00:00Z,,1");
    assert_line(&c.rejects, 3,
                "6|value|\"EUR 3\" is not an amount; write it as 1234.56, without a sign for the currency|"
                "u1,2024-01-01T10:00:00Z,a,EUR 3");
    assert_line(&c.rejects, 4, "7||the row has 2 fields, but the file has 4 columns|u1,2024-01-01T10:00:00Z");
    assert_line(&c.rejects, 5, "8||the row has 5 fields, but the file has 4 columns|u1,2024-01-01T10:00:00Z,a,1,2");
    assert_non_null(strstr(line_at(&c.rejects, 6), "9||text follows the closing quote"));
    assert_non_null(strstr(line_at(&c.rejects, 7), "10||byte 2 of the row (0xE9) is not UTF-8"));
    assert_line(&c.rejects, 8, "11|time|the time is empty|\"u\n2\",,a,1");
    assert_int_equal(c.summary.n_rejected, 9);
    collected_done(&c);
}

static void write_rows(struct sj_buf *text, size_t n_good, size_t n_bad) {
    assert_int_equal(sj_buf_print(text, NULL, "%s", text->n == 0 ? head : ""), SJ_OK);
    for (size_t i = 0; i < n_good; i++)
        assert_int_equal(sj_buf_append(text, "u,2024-01-01T10:00:00Z,a\n", 25, NULL), SJ_OK);
    for (size_t i = 0; i < n_bad; i++)
        assert_int_equal(sj_buf_append(text, "u,2024-01-01T10:00:61Z,a\n", 25, NULL), SJ_OK);
}

static enum sj_status import_counts(size_t n_good, size_t n_bad, size_t n_more, bool is_dry, struct collected *c) {
    struct sj_buf text;
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    write_rows(&text, n_good, n_bad);
    write_rows(&text, n_more, 0);
    struct one_file one = {.bytes = sj_buf_str(&text)};
    const struct sj_os os = os_of(&one);
    c->only_count = true;
    const enum sj_status status = import_with(&os, "events.csv", is_dry, c);
    sj_buf_done(&text);
    return status;
}

static void too_many_rejects_stop_the_import(void **state) {
    (void)state;
    static const struct {
        size_t n_good, n_bad, n_more;
        bool passes;
    } rows[] = {
        {200, 100, 0, true},     {200, 101, 0, false},       {199900, 200, 0, true},
        {199800, 201, 0, false}, {50000, 150, 150000, true}, /* few rows so far, but enough in the end */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct collected c;
        collected_init(&c);
        assert_int_equal(import_counts(rows[i].n_good, rows[i].n_bad, rows[i].n_more, false, &c), rows[i].passes ? SJ_OK : SJ_E_INPUT);
        if (!rows[i].passes) {
            assert_non_null(strstr(c.err.message, "--max-rejects"));
            assert_non_null(strstr(c.err.message, "column \"time\": \"2024-01-01T10:00:61Z\" is not a time"));
        }
        collected_done(&c);
    }
}

static void a_hopeless_file_is_given_up_early(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    assert_int_equal(import_counts(110000, 5000, 300000, false, &c), SJ_E_INPUT);
    assert_int_equal(c.n_events, 110000);
    assert_int_equal(n_collected(&c.rejects), 1112); /* past ten times 0.1 % of 111,112 rows */
    collected_done(&c);
}

static void a_dry_run_counts_all(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    assert_int_equal(import_counts(150000, 5000, 1000, true, &c), SJ_OK);
    assert_int_equal(c.summary.n_events, 151000);
    assert_int_equal(c.summary.n_rejected, 5000);
    assert_true(c.summary.is_over_limit);
    assert_int_equal(c.n_events, 0);
    collected_done(&c);
}

static enum sj_status stop(void *ctx, const struct sj_reject *reject, struct sj_error *err) {
    (void)ctx, (void)reject;
    return sj_fail(err, SJ_E_FULL, "the rejects file cannot be written");
}

static void who_takes_rejects_may_stop_the_import(void **state) {
    (void)state;
    struct one_file one = {.bytes = SJ_LIT("customer,time,event\nu,2024-01-01,a\nu,2024-01-01,a\nu,x,a\n")};
    const struct sj_os os = os_of(&one);
    struct sj_ingest_options options;
    struct sj_ingest_plan *plan;
    struct sj_ingest_summary summary;
    struct sj_error err = {0};
    sj_ingest_options_init(&options);
    assert_int_equal(sj_ingest_look(&os, sj_alloc_libc(), "events.csv", &options, &plan, &err), SJ_OK);
    const struct sj_ingest_watch watch = {.reject = stop};
    assert_int_equal(sj_ingest_run(plan, NULL, &watch, &summary, &err), SJ_E_FULL);
    assert_string_equal(err.message, "events.csv: the rejects file cannot be written");
    sj_ingest_plan_free(plan);
}

static void limits_are_checked(void **state) {
    (void)state;
    static char text[SJ_TEXT_BYTES_MAX + 1000], letters[SJ_TEXT_BYTES_MAX + 2];
    memset(letters, 'x', sizeof letters - 1);
    static const struct {
        const char *format;
        int n;
        const char *reject; /* NULL: it fits */
    } rows[] = {
        {"customer,time,event,p\n%.*s,2024-01-01,e,p\n", SJ_IDENTITY_BYTES_MAX, NULL},
        {"customer,time,event,p\n%.*s,2024-01-01,e,p\nu,2024-01-01,e,p\n", SJ_IDENTITY_BYTES_MAX + 1,
         "2|customer|the text is 1025 bytes long"},
        {"customer,time,event,p\nu,2024-01-01,%.*s,p\nu,2024-01-01,e,p\n", SJ_NAME_BYTES_MAX + 1, "2|event|the text is 1025 bytes long"},
        {"customer,time,event,p\nu,2024-01-01,e,%.*s\n", SJ_TEXT_BYTES_MAX, NULL},
        {"customer,time,event,p\nu,2024-01-01,e,%.*s\nu,2024-01-01,e,p\n", SJ_TEXT_BYTES_MAX + 1, "2|p|the text is 65537 bytes long"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct collected c;
        collected_init(&c);
        snprintf(text, sizeof text, rows[i].format, rows[i].n, letters);
        import_text(text, &c);
        assert_int_equal(n_collected(&c.events), 1);
        assert_int_equal(n_collected(&c.rejects), rows[i].reject != NULL);
        if (rows[i].reject != NULL)
            assert_non_null(strstr(line_at(&c.rejects, 0), rows[i].reject));
        collected_done(&c);
    }
}

/* ---- messages for what is no event file ---- */

static void bad_files_are_explained(void **state) {
    (void)state;
    assert_refused(SJ_LIT(""), SJ_E_INPUT, "events.csv: the file is empty");
    assert_refused(SJ_LIT("customer,time,event\n"), SJ_E_INPUT, "the file has no rows: nothing follows the names of the columns");
    assert_refused(SJ_LIT("<!DOCTYPE html>\n<html>"), SJ_E_INPUT, "web page");
    assert_refused(SJ_LIT("\x7F"
                          "ELF\x02\x01\x01\0\0\0\0"),
                   SJ_E_INPUT, "no text file");
    assert_refused(SJ_LIT("a,b,c\n1,2,3\n"), SJ_E_INPUT, "no column holds times");
    assert_refused(SJ_LIT("a,b,c\nx,2024-01-01,y\nz,2024-01-02,w\n"), SJ_E_INPUT, "--time COLUMN (perhaps \"b\")");
    assert_refused(SJ_LIT("customer,time,event\nu,2024-01-01,\"a\nu,2024-01-01,b\n"), SJ_E_INPUT,
                   "a quote (\") opens in the row that begins in line 2 and never closes");
    assert_refused(SJ_LIT("u1,2024-01-01,visit\nu2,2024-01-01,visit\n"), SJ_E_INPUT, "column_1 (u1)");
    assert_refused(SJ_LIT("customer,time,event\nu,2024-01-01\n"), SJ_E_INPUT,
                   "none of the first 1 rows could be read. The first: line 2: the row has 2 fields");
}

static void one_giant_line_is_refused(void **state) {
    (void)state;
    const size_t n = ((size_t)16 << 20) + ((size_t)1 << 20);
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, 'x', n);
    memcpy(text, "customer,time,event\nu,2024-01-01,a\n", 35);
    assert_refused((struct sj_str){text, n}, SJ_E_LIMIT, "line 3 does not end within 16 MiB");
    free(text);
}

/* ---- encodings, as a whole ---- */

static void encodings_as_a_whole(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    import_text("user;time;event\r\nJos\xE9;2024-01-01;caf\xE9\r\n", &c);
    assert_line(&c.events, 0, "José|2024-01-01T00:00:00Z|café||");
    collected_done(&c);
    collected_init(&c);
    static const char wide[] = "\xFF\xFEu\0s\0e\0r\0,\0t\0i\0m\0e\0,\0e\0v\0e\0n\0t\0\n\0\xA2\x5B,\0"
                               "2\0000\0002\0004\0-\0000\0001\0-\0000\0001\0,\0e\0\n\0";
    assert_int_equal(import_bytes((struct sj_str){wide, sizeof wide - 1}, &c), SJ_OK);
    assert_line(&c.events, 0, "客|2024-01-01T00:00:00Z|e||");
    collected_done(&c);
}

/* ---- the beginning and the whole ---- */

/* The sample ends in the middle of a row, wherever reads end. */
static void a_file_larger_than_the_head(void **state) {
    (void)state;
    struct sj_buf text;
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    assert_int_equal(sj_buf_print(&text, NULL, "customer,time,event,n\n"), SJ_OK);
    uint64_t n = 0;
    for (; text.n < 3 * SJ_SOURCE_HEAD_BYTES; n++)
        assert_int_equal(sj_buf_print(&text, NULL, "u%llu,2024-01-01T10:00:00Z,\"e\n%llu\",%llu\n", (unsigned long long)n % 1000,
                                      (unsigned long long)n % 7, (unsigned long long)n),
                         SJ_OK);
    static const size_t steps[] = {0, 1 << 16, 4093};
    for (size_t i = 0; i < 3; i++) {
        struct collected c;
        collected_init(&c);
        c.read_max = steps[i];
        c.only_count = true;
        assert_int_equal(import_bytes(sj_buf_str(&text), &c), SJ_OK);
        assert_int_equal(c.summary.n_events, n);
        assert_int_equal(c.summary.n_rejected, 0);
        assert_int_equal(sj_names_count(&c.touchpoints), 7);
        const struct sj_hash128 digest = sj_hash128(text.data, text.n, 0);
        assert_int_equal(c.summary.digest.hi, digest.hi);
        assert_int_equal(c.summary.digest.lo, digest.lo);
        collected_done(&c);
    }
    sj_buf_done(&text);
}

/* ---- describing ---- */

static struct sj_str cell(const struct sj_result *result, const char *table, size_t row, size_t column) {
    return sj_table_cell(sj_result_find(result, table), row, column)->text;
}

static void a_plan_describes_itself(void **state) {
    (void)state;
    struct one_file one = {.bytes = SJ_LIT("user_id;time;event;zip\nu1;2024-01-01 10:00;visit;00123\nu2;2024-01-01 11:00;cart;\n")};
    const struct sj_os os = os_of(&one);
    struct sj_ingest_options options;
    struct sj_ingest_plan *plan;
    struct sj_result result;
    struct sj_arena arena;
    struct sj_str mapping;
    sj_ingest_options_init(&options);
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    sj_arena_init(&arena, sj_alloc_libc());
    assert_int_equal(sj_ingest_look(&os, sj_alloc_libc(), "events.csv", &options, &plan, NULL), SJ_OK);
    assert_int_equal(sj_ingest_describe(plan, &result, NULL), SJ_OK);
    assert_true(sj_str_eq(cell(&result, "file", 4, 1), SJ_LIT("semicolon")));
    assert_true(sj_str_eq(cell(&result, "columns", 0, 0), SJ_LIT("user_id")));
    assert_true(sj_str_eq(cell(&result, "columns", 0, 1), SJ_LIT("customer")));
    assert_true(sj_str_eq(cell(&result, "columns", 3, 2), SJ_LIT("text")));
    const struct sj_table *rows = sj_result_find(&result, "rows");
    assert_int_equal(rows->n_rows, 2);
    assert_int_equal(sj_table_cell(rows, 0, 1)->i64, INT64_C(1704103200000000));
    assert_true(sj_str_eq(cell(&result, "rows", 0, 4), SJ_LIT("zip=00123")));
    assert_string_equal(result.notes[0].code, "times_as_utc");
    assert_int_equal(sj_ingest_mapping(plan, &arena, &mapping, NULL), SJ_OK);
    json_t *json;
    assert_int_equal(sj_json_parse(mapping, "the mapping", &json, NULL), SJ_OK);
    assert_string_equal(json_string_value(json_object_get(json, "delimiter")), ";");
    assert_int_equal(json_array_size(json_object_get(json, "columns")), 4);
    json_decref(json);
    /* What was shown leaves no trace: the run begins anew. */
    struct sj_ingest_summary summary;
    assert_int_equal(sj_ingest_run(plan, NULL, NULL, &summary, NULL), SJ_OK);
    assert_int_equal(summary.n_events, 2);
    sj_result_done(&result);
    sj_arena_done(&arena);
    sj_ingest_plan_free(plan);
}

/* ---- failures from below ---- */

static enum sj_status import_on(const struct sj_os *os, const struct sj_alloc *mem, struct sj_error *err) {
    struct sj_ingest_options options;
    struct sj_ingest_plan *plan;
    struct sj_ingest_summary summary;
    sj_ingest_options_init(&options);
    SJ_TRY(sj_ingest_look(os, mem, "events.csv", &options, &plan, err));
    const enum sj_status status = sj_ingest_run(plan, NULL, NULL, &summary, err);
    sj_ingest_plan_free(plan);
    return status;
}

static const char small_file[] =
    "customer,time,event,n,\"q\"\"\"\nu,2024-01-01T10:00:00Z,a,1,\"x\"\"\"\nu,2024-01-01T11:00:00Z,b,x,\nu,,b,x,\n";

static void every_allocation_may_fail(void **state) {
    (void)state;
    size_t n = 0;
    for (enum sj_status status = SJ_E_MEMORY; status != SJ_OK; n++) {
        struct one_file one = {.bytes = {small_file, sizeof small_file - 1}};
        const struct sj_os os = os_of(&one);
        struct failing_alloc failing = {.n_until_failure = n};
        const struct sj_alloc mem = failing_alloc(&failing);
        status = import_on(&os, &mem, NULL);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        assert_int_equal(failing.n_alive, 0);
    }
    assert_in_range(n, 20, 1000);
}

struct broken_file {
    struct one_file one;
    int n_until_failure;
};

static enum sj_status broken_read(void *ctx, sj_file file, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    struct broken_file *broken = ctx;
    if (broken->n_until_failure-- == 0)
        return sj_fail(err, SJ_E_IO, "cannot read: the disk is broken");
    return one_read(&broken->one, file, bytes, n, ret_n, err);
}

static void every_read_may_fail(void **state) {
    (void)state;
    int n = 0;
    for (enum sj_status status = SJ_E_IO; status != SJ_OK; n++) {
        struct broken_file broken = {.one = {.bytes = {small_file, sizeof small_file - 1}, .read_max = 10}, .n_until_failure = n};
        struct sj_os os = os_of(&broken.one);
        struct sj_error err = {0};
        os.read = broken_read;
        status = import_on(&os, sj_alloc_libc(), &err);
        assert_true(status == SJ_OK || status == SJ_E_IO);
        assert_true(status == SJ_OK || strcmp(err.message, "events.csv: cannot read: the disk is broken") == 0);
    }
    assert_in_range(n, 10, 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(journeys_are_read_as_they_are),
        cmocka_unit_test(logs_with_long_preambles_are_read),
        cmocka_unit_test(a_shop_is_read_with_flags),
        cmocka_unit_test(tables_that_are_no_events_are_refused),
        cmocka_unit_test(properties_have_kinds),
        cmocka_unit_test(a_later_value_of_another_kind_is_kept_as_text),
        cmocka_unit_test(names_of_columns_are_made_unique),
        cmocka_unit_test(flags_say_which_column_is_which),
        cmocka_unit_test(the_name_of_a_score_says_its_kind),
        cmocka_unit_test(an_anonymous_identity_fills_in),
        cmocka_unit_test(lines_of_a_tracking_library_link_identities),
        cmocka_unit_test(identities_by_option),
        cmocka_unit_test(an_event_id_must_not_repeat),
        cmocka_unit_test(wrong_flags_are_explained),
        cmocka_unit_test(local_times_are_read_in_their_zone),
        cmocka_unit_test(a_time_with_two_readings_is_asked_for),
        cmocka_unit_test(a_time_of_day_alone_is_no_time),
        cmocka_unit_test(rejects_say_where_and_why),
        cmocka_unit_test(too_many_rejects_stop_the_import),
        cmocka_unit_test(a_hopeless_file_is_given_up_early),
        cmocka_unit_test(a_dry_run_counts_all),
        cmocka_unit_test(who_takes_rejects_may_stop_the_import),
        cmocka_unit_test(limits_are_checked),
        cmocka_unit_test(bad_files_are_explained),
        cmocka_unit_test(one_giant_line_is_refused),
        cmocka_unit_test(encodings_as_a_whole),
        cmocka_unit_test(a_file_larger_than_the_head),
        cmocka_unit_test(a_plan_describes_itself),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_read_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
