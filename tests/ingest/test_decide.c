/* What the columns of a file are taken for: decimal signs, kinds that were asked for, dates and times of day, names that promise more
 * than the values hold, headers below the top. Events are compared as lines of text (collect.h), descriptions by their notes. */
#include "plan_collect.h"

static void assert_line(const struct sj_buf *lines, size_t i, const char *wanted) { assert_string_equal(line_at(lines, i), wanted); }

static void import_text(const char *text, struct collected *c) {
    if (import_bytes(sj_str(text), c) != SJ_OK)
        fail_msg("%s: %s", text, c->err.message);
}

/* The description of the file says so. */
static void assert_found(const struct sj_result *result, const char *what, const char *found) {
    const struct sj_table *table = sj_result_find(result, "file");
    for (size_t row = 0; row < table->n_rows; row++) {
        if (!sj_str_eq(sj_table_cell(table, row, 0)->text, sj_str(what)))
            continue;
        assert_true(sj_str_eq(sj_table_cell(table, row, 1)->text, sj_str(found)));
        return;
    }
    fail_msg("the description does not say \"%s\"", what);
}

static const char *note_of(const struct sj_result *result, const char *code) {
    for (size_t i = 0; i < result->n_notes; i++)
        if (strcmp(result->notes[i].code, code) == 0)
            return result->notes[i].text;
    return NULL;
}

static void describe(const char *text, struct sj_result *result) {
    struct one_file one = {.bytes = sj_str(text)};
    const struct sj_os os = os_of(&one);
    struct sj_ingest_options options;
    struct sj_ingest_plan *plan;
    struct sj_error err = {0};
    sj_ingest_options_init(&options);
    if (sj_ingest_look(&os, sj_alloc_libc(), "events.csv", &options, &plan, &err) != SJ_OK)
        fail_msg("%s", err.message);
    sj_result_init(result, sj_alloc_libc(), SJ_EN);
    assert_int_equal(sj_ingest_describe(plan, result, &err), SJ_OK);
    sj_ingest_plan_free(plan);
}

/* The description of `text` has the note (or, with `part` NULL, has it not). */
static void assert_note(const char *text, const char *code, const char *part) {
    struct sj_result result;
    describe(text, &result);
    const char *note = note_of(&result, code);
    if ((note != NULL) != (part != NULL) || (part != NULL && strstr(note, part) == NULL))
        fail_msg("%s: note %s is \"%s\"", text, code, note != NULL ? note : "(none)");
    sj_result_done(&result);
}

/* ---- decimal signs ---- */

static void a_decimal_comma_is_found(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    import_text("klant_id;time;event;omzet;kosten;score;weight;n\n"
                "k;2024-01-01;a;1.234,50;-12,00;7,5;1,5;1.234\nk;2024-01-01;b;12,50;1.000;8;12,50;2\n",
                &c);
    assert_line(&c.events, 0, "k|2024-01-01T00:00:00Z|a||value:m=1234.5;cost:m=-12;score:n=7.5;weight:n=1.5;n:n=1234;");
    assert_line(&c.events, 1, "k|2024-01-01T00:00:00Z|b||value:m=12.5;cost:m=1000;score:n=8;weight:n=12.5;n:n=2;");
    collected_done(&c);
    struct sj_result result;
    describe("user;time;event;revenue\nu;2024-01-01;a;12,50\n", &result);
    assert_found(&result, "Decimal sign", "comma");
    sj_result_done(&result);
}

static void a_decimal_point_has_commas_between_groups(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    import_text("user;time;event;revenue;n\nu;2024-01-01;a;1,250.00;1,000\nu;2024-01-01;b;3;2.5\n", &c);
    assert_line(&c.events, 0, "u|2024-01-01T00:00:00Z|a||value:m=1250;n:n=1000;");
    collected_done(&c);
}

/* A column that tells by itself keeps its sign; words with commas are no numbers. */
static void columns_may_differ(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    import_text("user;time;event;revenue;lat;tags\nu;2024-01-01;a;12,50;52.37;1,2\nu;2024-01-01;b;3,00;4.9;1,2,3\n", &c);
    assert_line(&c.events, 0, "u|2024-01-01T00:00:00Z|a||value:m=12.5;lat:n=52.37;tags:t=1,2;");
    collected_done(&c);
    assert_note("user;time;event;revenue;lat\nu;2024-01-01;a;12,50;52.37\n", "decimal_sign_differs", "\"lat\"");
    assert_note("user;time;event;size\nu;2024-01-01;a;1,5\nu;2024-01-01;a;1.5\n", "decimal_sign_mixed", "\"size\"");
}

static void two_signs_in_one_column_are_asked_for(void **state) {
    (void)state;
    const struct sj_str text = SJ_LIT("user;time;event;revenue\nu;2024-01-01;a;12,50\nu;2024-01-01;b;1,250.00\nu;2024-01-01;c;1.234\n");
    assert_refused(text, SJ_E_INPUT, "\"12,50\" has a decimal comma, \"1,250.00\" a decimal point. Say which it is with --decimal");
    struct collected c;
    collected_init(&c);
    c.options.decimal = ',';
    c.options.columns[SJ_ROLE_VALUE] = SJ_LIT("revenue");
    assert_int_equal(import_bytes(text, &c), SJ_OK);
    assert_line(&c.events, 0, "u|2024-01-01T00:00:00Z|a||value:m=12.5;");
    assert_line(&c.events, 1, "u|2024-01-01T00:00:00Z|c||value:m=1234;");
    assert_line(&c.rejects, 0,
                "3|revenue|\"1,250.00\" is not an amount with a decimal comma; write it as 1234,56, without a sign for the "
                "currency|u;2024-01-01;b;1,250.00");
    collected_done(&c);
    collected_init(&c);
    c.options.decimal = 'x';
    assert_int_equal(import_bytes(text, &c), SJ_E_USAGE);
    collected_done(&c);
}

static void an_open_sign_is_told(void **state) {
    (void)state;
    assert_note("user;time;event;revenue\nu;2024-01-01;a;1.234\n", "decimal_sign_open", "\"1.234\" in \"revenue\"");
    assert_note("user;time;event;revenue\nu;2024-01-01;a;1.234\nu;2024-01-01;a;1.5\n", "decimal_sign_open", NULL);
    assert_note("user;time;event;revenue\nu;2024-01-01;a;1234\n", "decimal_sign_open", NULL);
}

/* Numbers of JSON have a point, whatever its texts have; a value told by an option too. */
static void typed_numbers_have_a_point(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    c.options.decimal = ',';
    c.options.constants[SJ_ROLE_COST] = SJ_LIT("0.25");
    import_text("{\"user\":\"u\",\"time\":\"2024-01-01\",\"event\":\"a\",\"revenue\":12.5}\n"
                "{\"user\":\"u\",\"time\":\"2024-01-01\",\"event\":\"a\",\"revenue\":\"1.234,5\"}\n",
                &c);
    assert_line(&c.events, 0, "u|2024-01-01T00:00:00Z|a||value:m=12.5;cost:m=0.25;");
    assert_line(&c.events, 1, "u|2024-01-01T00:00:00Z|a||value:m=1234.5;cost:m=0.25;");
    collected_done(&c);
}

/* ---- kinds ---- */

static void a_kind_that_is_asked_for_rejects(void **state) {
    (void)state;
    static const struct {
        const char *kind, *part;
    } rows[] = {
        {"x=money", "3|x|\"free\" is not an amount; write it as 1234.56"},
        {"x=number", "3|x|\"free\" is not a number"},
        {"x=duration", "3|x|\"free\" is not a duration"},
        {"x=truth", "\"free\" is not a truth; write true or false"},
        {"x=time", "\"free\" is not a time; write it as 2026-01-31 12:00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct collected c;
        const struct sj_str kind = sj_str(rows[i].kind);
        collected_init(&c);
        c.options.kinds = &kind;
        c.options.n_kinds = 1;
        import_text("user,time,event,x\nu,2024-01-01,a,\nu,2024-01-01,b,free\nu,2024-01-01,c,2\n", &c);
        if (!has_line(&c.rejects, rows[i].part))
            fail_msg("%s: %s", rows[i].kind, line_at(&c.rejects, 0));
        assert_int_equal(c.summary.n_kept_as_text, 0);
        collected_done(&c);
    }
}

static void values_kept_as_text_are_counted(void **state) {
    (void)state;
    struct collected c;
    struct sj_buf text;
    collected_init(&c);
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    assert_int_equal(sj_buf_print(&text, NULL, "customer,time,event,n,t\n"), SJ_OK);
    for (int i = 0; i < SJ_SAMPLE_ROWS; i++)
        assert_int_equal(sj_buf_print(&text, NULL, "u,2024-01-01,e,%d,x\n", i), SJ_OK);
    assert_int_equal(sj_buf_print(&text, NULL, "u,2024-01-01,e,n/a,x\nu,2024-01-01,e,-,x\nu,2024-01-01,e,1,x\n"), SJ_OK);
    c.only_count = true;
    assert_int_equal(import_bytes(sj_buf_str(&text), &c), SJ_OK);
    assert_int_equal(c.summary.n_kept_as_text, 2);
    sj_buf_done(&text);
    collected_done(&c);
}

/* ---- names that promise more ---- */

static void names_that_promise_more_are_told(void **state) {
    (void)state;
    assert_note("user;time;event;revenue\nu;2024-01-01;a;$1,250.00\n", "value_does_not_fit", "\"revenue\" has the name of a value");
    assert_note("user;time;event;revenue\nu;2024-01-01;a;$1,250.00\n", "value_does_not_fit", "\"$1,250.00\"");
    assert_note("user;time;event;rating\nu;2024-01-01;a;good\n", "score_does_not_fit", "numbers: \"good\"");
    assert_note("user;time;event;revenue;value\nu;2024-01-01;a;$3;4\n", "value_does_not_fit", NULL);
    assert_note("user;time;event;messageId\nu;2024-01-01;a;m\nu;2024-01-01;b;m\nu;2024-01-01;c;m\n", "event_id_not_used", "\"messageId\"");
    assert_note("user;time;event;messageId\nu;2024-01-01;a;\n", "event_id_not_used", "\"messageId\"");
    assert_note("user;time;event;messageId\nu;2024-01-01;a;m\nu;2024-01-01;b;n\nu;2024-01-01;c;m\n", "event_ids_come_again",
                "first 3 values of \"messageId\", 1 ");
    assert_note("user;time;event;messageId\nu;2024-01-01;a;m\n", "event_ids_come_again", NULL);
}

/* ---- times ---- */

static void a_date_and_a_time_of_day_are_combined(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    c.options.timezone = SJ_LIT("+02:00");
    import_text("customer,time,date,event\nu,10:00,31-01-2024,a\nu,,31-01-2024,b\nu,late,31-01-2024,c\nu,9:30:15,31-01-2024,d\n"
                "u,9:31,31-01-2024,e\nu,9:32,31-01-2024,f\nu,9:33,31-01-2024,g\nu,9:34,31-01-2024,h\nu,9:35,31-01-2024,i\n"
                "u,9:36,31-01-2024,j\nu,9:37,31-01-2024,k\nu,9:38,31-01-2024,l\n",
                &c);
    assert_line(&c.events, 0, "u|2024-01-31T08:00:00Z|a||");
    assert_line(&c.events, 1, "u|2024-01-30T22:00:00Z|b||");
    assert_line(&c.events, 2, "u|2024-01-31T07:30:15Z|d||");
    assert_line(&c.rejects, 0, "4|time|\"late\" is not a time of day; write it as 09:30 or 09:30:15|u,late,31-01-2024,c");
    collected_done(&c);
    struct sj_result result;
    describe("customer,time,date,event\nu,10:00,2024-01-01,a\n", &result);
    assert_found(&result, "Time, of two columns", "date + time");
    assert_int_equal(sj_table_cell(sj_result_find(&result, "rows"), 0, 1)->i64, INT64_C(1704103200000000));
    assert_true(sj_str_eq(sj_table_cell(sj_result_find(&result, "columns"), 2, 1)->text, SJ_LIT("time of day")));
    sj_result_done(&result);
}

static void what_may_be_a_duration_is_not_added(void **state) {
    (void)state;
    struct collected c;
    const char *text = "customer,date,event,waited\nu,2024-01-01,a,0:03:20\n";
    collected_init(&c);
    import_text(text, &c);
    assert_line(&c.events, 0, "u|2024-01-01T00:00:00Z|a||waited:t=0:03:20;");
    collected_done(&c);
    assert_note(text, "time_of_day_not_used", "\"waited\" looks like the time of day");
    collected_init(&c);
    import_text("customer,date,time,event\nu,2024-01-01 08:00,10:00,a\n", &c);
    assert_line(&c.events, 0, "u|2024-01-01T08:00:00Z|a||time_property:t=10:00;");
    collected_done(&c);
}

static void a_bad_time_at_the_top_is_a_reject(void **state) {
    (void)state;
    struct collected c;
    collected_init(&c);
    import_text("customer,time,event\nu,01-01-0001 00:00,a\nu,n/a,a\nu,13-01-2024 10:00,b\nu,14-01-2024 10:00,c\nu,15-01-2024 10:00,d\n",
                &c);
    assert_line(&c.events, 1, "u|2024-01-13T10:00:00Z|b||");
    assert_line(&c.rejects, 0, "3|time|\"n/a\" is not a time of the form DD-MM-YYYY HH:mm|u,n/a,a");
    collected_done(&c);
    assert_refused(SJ_LIT("customer,time,event\nu,2024-01-01,a\nu,soon,b\nu,later,b\n"), SJ_E_INPUT,
                   "the times in the column \"time\" are not understood: \"soon\"");
}

static void days_of_a_spreadsheet_are_named(void **state) {
    (void)state;
    const struct sj_str text = SJ_LIT("customer,date,event\nu,45658.5,a\nu,45659,b\n");
    const char *part = "are day numbers of a spreadsheet (\"45658.5\" is 2025-01-01T12:00:00)";
    assert_refused(text, SJ_E_INPUT, part);
    struct collected c;
    collected_init(&c);
    c.options.columns[SJ_ROLE_TIME] = SJ_LIT("date");
    assert_int_equal(import_bytes(text, &c), SJ_E_INPUT);
    assert_non_null(strstr(c.err.message, part));
    collected_done(&c);
}

/* ---- the header ---- */

static void a_header_may_stand_below_a_title(void **state) {
    (void)state;
    static const char *const titles[] = {"Report of January\n", "Report;;;\n\n;;;\n", "Who;;;What\nReport\n"};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        struct collected c;
        char text[200];
        snprintf(text, sizeof text, "%suser;time;event;x\nu;2024-01-01;a;1\nu;2024-01-02;b;2\n", titles[i]);
        collected_init(&c);
        import_text(text, &c);
        assert_line(&c.events, 0, "u|2024-01-01T00:00:00Z|a||x:n=1;");
        assert_int_equal(c.summary.n_rows, 2);
        collected_done(&c);
    }
    assert_note("Report\nuser;time;event\nu;2024-01-01;a\n", "header_below_the_top", "in row 2");
    assert_note("user;time;event\nu;2024-01-01;a\n", "header_below_the_top", NULL);
    struct sj_result result;
    describe("Report\nuser;time;event\nu;2024-01-01;a\n", &result);
    assert_found(&result, "Header", "row 2 names the columns");
    sj_result_done(&result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decimal_comma_is_found),
        cmocka_unit_test(a_decimal_point_has_commas_between_groups),
        cmocka_unit_test(columns_may_differ),
        cmocka_unit_test(two_signs_in_one_column_are_asked_for),
        cmocka_unit_test(an_open_sign_is_told),
        cmocka_unit_test(typed_numbers_have_a_point),
        cmocka_unit_test(a_kind_that_is_asked_for_rejects),
        cmocka_unit_test(values_kept_as_text_are_counted),
        cmocka_unit_test(names_that_promise_more_are_told),
        cmocka_unit_test(a_date_and_a_time_of_day_are_combined),
        cmocka_unit_test(what_may_be_a_duration_is_not_added),
        cmocka_unit_test(a_bad_time_at_the_top_is_a_reject),
        cmocka_unit_test(days_of_a_spreadsheet_are_named),
        cmocka_unit_test(a_header_may_stand_below_a_title),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
