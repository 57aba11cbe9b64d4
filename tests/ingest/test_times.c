/* Times: which form a column has, and what one text means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/random.h"
#include "ingest/times.h"

#define SAMPLES_MAX 6

static size_t collect(const char *const texts[SAMPLES_MAX], struct sj_str *out) {
    size_t n = 0;
    for (; n < SAMPLES_MAX && texts[n] != NULL; n++)
        out[n] = sj_str(texts[n]);
    return n;
}

static void forms_are_found(void **state) {
    (void)state;
    static const struct {
        const char *form, *first; /* the first text in UTC */
        const char *texts[SAMPLES_MAX];
    } rows[] = {
        {"iso", "2024-03-01T10:00:00Z", {"2024-03-01T10:00:00", "2024-03-02 11:00"}},
        {"iso", "2011-12-06T12:41:31.788Z", {"2011-12-06 13:41:31.788000+01:00"}},
        {"iso", "2024-03-01T00:00:00Z", {"2024-03-01"}},
        {"iso", "2024-03-01T10:00:00Z", {"20240301T100000Z"}},
        {"iso", "2024-03-01T10:00:00Z", {"2024-03-01T10:00:00Z", "not known", "2024-03-02T10:00:00Z"}},
        {"epoch_s", "2023-11-14T22:13:20Z", {"1700000000", "1700000001"}},
        {"epoch_s", "2023-11-14T22:13:20.250Z", {"1700000000.25"}},
        {"epoch_ms", "2023-11-14T22:13:20.123Z", {"1700000000123"}},
        {"epoch_us", "2023-11-14T22:13:20.123456Z", {"1700000000123456"}},
        {"epoch_ns", "2023-11-14T22:13:20.123456Z", {"1700000000123456789"}},
        {"DD-MM-YYYY HH:mm", "2024-03-25T10:30:00Z", {"25-03-2024 10:30", "01-02-2024 09:00"}},
        {"DD/MM/YYYY", "2024-12-13T00:00:00Z", {"13/12/2024", "01/02/2024"}},
        {"MM/DD/YYYY", "2024-12-13T00:00:00Z", {"12/13/2024", "01/02/2024"}},
        {"M/D/YYYY h:mm a", "2024-12-13T13:05:00Z", {"12/13/2024 1:05 PM", "1/2/2024 11:59 AM"}},
        {"DD.MM.YYYY HH:mm:ss", "2024-02-29T23:59:59Z", {"29.02.2024 23:59:59"}},
        {"D.M.YYYY", "2024-01-31T00:00:00Z", {"31.1.2024", "2.11.2024"}},
        {"YYYYMMDD", "2024-01-31T00:00:00Z", {"20240131", "20240102"}},
        {"YYYYMMDDHHmmss", "2024-01-31T12:13:14Z", {"20240131121314"}},
        {"YYYY/M/D HH:mm", "2024-01-31T12:13:00Z", {"2024/1/31 12:13", "2024/02/01 00:00"}},
        {"MMM D, YYYY", "2006-01-02T00:00:00Z", {"Jan 2, 2006", "Feb 12, 2006"}},
        {"D MMM YYYY HH:mm", "2006-01-02T15:04:00Z", {"2 Jan 2006 15:04"}},
        {"D/MMM/YYYY:HH:mm:ss ZZ", "2000-10-10T20:55:36Z", {"10/Oct/2000:13:55:36 -0700"}},
        {"D-MMM-YY", "2011-03-04T00:00:00Z", {"4-Mar-11"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_str texts[SAMPLES_MAX];
        struct sj_time_form form, other;
        size_t example;
        int64_t us;
        char text[SJ_TIME_TEXT_BYTES + 1];
        const size_t n = collect(rows[i].texts, texts);
        assert_int_equal(sj_time_find(texts, n, &form, &other, &example), SJ_TIME_FOUND);
        assert_string_equal(sj_time_form_name(&form), rows[i].form);
        assert_true(sj_time_read(&form, texts[0], NULL, &us));
        text[sj_time_format(us, text)] = '\0';
        assert_string_equal(text, rows[i].first);
    }
}

static void day_and_month_are_never_guessed(void **state) {
    (void)state;
    static const struct {
        const char *form, *other;
        size_t example;
        const char *texts[SAMPLES_MAX];
    } rows[] = {
        {"DD/MM/YYYY HH:mm", "MM/DD/YYYY HH:mm", 0, {"03/04/2024 10:00", "05/06/2024 11:00"}},
        {"DD-MM-YYYY", "MM-DD-YYYY", 1, {"02-02-2024", "05-06-2024"}},
        {"DD-MM-YYYY", "MM-DD-YYYY", 0, {"02-02-2024", "03-03-2024"}},
        {"DD/MM/YYYY", "MM/DD/YYYY", 2, {"13/01/2024", "01/13/2024", "03/04/2024"}}, /* they contradict each other */
        {"D.M.YYYY", "M.D.YYYY", 0, {"1.2.2024"}},
        {"D-M-YY", "YY-M-D", 0, {"24-01-15", "24-01-16"}},
        {"D/M/YY", "M/D/YY", 0, {"5/6/99", "1/2/98"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_str texts[SAMPLES_MAX];
        struct sj_time_form form, other;
        size_t example;
        const size_t n = collect(rows[i].texts, texts);
        assert_int_equal(sj_time_find(texts, n, &form, &other, &example), SJ_TIME_AMBIGUOUS);
        assert_string_equal(sj_time_form_name(&form), rows[i].form);
        assert_string_equal(sj_time_form_name(&other), rows[i].other);
        assert_int_equal(example, rows[i].example);
    }
}

/* Most texts decide; the others are for the rejects. */
static void a_few_bad_texts_do_not_matter(void **state) {
    (void)state;
    static const struct {
        const char *form;
        const char *texts[SAMPLES_MAX];
    } rows[] = {
        {"DD-MM-YYYY HH:mm", {"n/a", "13-01-2024 10:00", "14-01-2024 10:00"}},
        {"DD-MM-YYYY", {"01-01-0001", "13-01-2024", "14-01-2024"}},
        {"DD/MM/YYYY", {"01/13/2024", "13/01/2024", "14/01/2024", "03/04/2024", "15/01/2024"}},
        {"iso", {"", "2024-01-01", "2024-01-02"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_str texts[SAMPLES_MAX];
        struct sj_time_form form, other;
        size_t example;
        const size_t n = collect(rows[i].texts, texts);
        assert_int_equal(sj_time_find(texts, n, &form, &other, &example), SJ_TIME_FOUND);
        assert_string_equal(sj_time_form_name(&form), rows[i].form);
    }
}

static void times_of_day(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {{"9:30", 9 * SJ_US_HOUR + 30 * SJ_US_MINUTE},
                {" 09:30:15 ", 9 * SJ_US_HOUR + 30 * SJ_US_MINUTE + 15 * SJ_US_SECOND},
                {"23:59:59.250", SJ_US_DAY - 750 * SJ_US_MS},
                {"9:30 pm", 21 * SJ_US_HOUR + 30 * SJ_US_MINUTE}};
    static const char *const wrong[] = {"", "9", "24:00", "9:60", "9:30:60", "9h30", "1:2:3:4", "-1:00", "2024-01-01 09:30:00"};
    int64_t us;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(sj_time_read_clock(sj_str(rows[i].text), &us));
        assert_int_equal(us, rows[i].us);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(sj_time_read_clock(sj_str(wrong[i]), &us));
}

static void days_of_spreadsheets(void **state) {
    (void)state;
    int64_t us;
    assert_true(sj_time_is_serial(SJ_LIT("45658.5"), &us));
    assert_int_equal(us, INT64_C(1735732800000000)); /* 2025-01-01 12:00 */
    assert_true(sj_time_is_serial(SJ_LIT("45658,5"), &us));
    assert_int_equal(us, INT64_C(1735732800000000));
    assert_false(sj_time_is_serial(SJ_LIT("2024"), &us));
    assert_false(sj_time_is_serial(SJ_LIT("20240131"), &us));
    assert_false(sj_time_is_serial(SJ_LIT("45658x"), &us));
}

static void what_is_no_time_is_none(void **state) {
    (void)state;
    static const char *const rows[][SAMPLES_MAX] = {{"visit", "cart"}, {"12", "13"},   {"12:30", "13:00"},
                                                    {"2024"},          {"99999999"},   {"1.5"},
                                                    {"31-31-2024"},    {"2024-13-01"}, {"a", "b", "2024-01-01"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_str texts[SAMPLES_MAX];
        struct sj_time_form form, other;
        size_t example;
        const size_t n = collect(rows[i], texts);
        assert_int_equal(sj_time_find(texts, n, &form, &other, &example), SJ_TIME_NONE);
    }
}

static void users_write_formats_in_many_ways(void **state) {
    (void)state;
    static const struct {
        const char *written, *form;
    } rows[] = {
        {"iso", "iso"},
        {"ISO", "iso"},
        {"epoch_ms", "epoch_ms"},
        {"DD-MM-YYYY HH:MM", "DD-MM-YYYY HH:mm"},
        {"DD-MM-YYYY HH:MM:SS", "DD-MM-YYYY HH:mm:ss"},
        {"YYYY-MM-DD HH:mm:ss.SSS", "YYYY-MM-DD HH:mm:ss.SSS"},
        {"%d-%m-%Y %H:%M", "DD-MM-YYYY HH:mm"},
        {"%m/%d/%y %I:%M %p", "MM/DD/YY hh:mm a"},
        {"MM/DD/YYYY h:mm a", "MM/DD/YYYY h:mm a"},
    };
    struct sj_time_form form;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(sj_time_form_of(sj_str(rows[i].written), &form, NULL), SJ_OK);
        assert_string_equal(sj_time_form_name(&form), rows[i].form);
    }
    static const char *const wrong[] = {"",
                                        "tomorrow",
                                        "HH:mm",
                                        "%Q",
                                        "%",
                                        "%Y-%m-%d %Q",
                                        "%Y-%m-%d %%",
                                        "%Y-%m-%d %",
                                        "YYYY",
                                        "YYYY-MM-DD YYYY-MM-DD YYYY-MM-DD YYYY-MM-DD YYYY-MM-DD YYYY-MM-DD YYYY-MM-DD"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(sj_time_form_of(sj_str(wrong[i]), &form, NULL), SJ_E_USAGE);
}

static void epochs_are_exact(void **state) {
    (void)state;
    static const struct {
        enum sj_time_style style;
        const char *text;
        int64_t us;
    } rows[] = {
        {SJ_TIME_EPOCH_S, "0", 0},           {SJ_TIME_EPOCH_S, "-1", -1000000},
        {SJ_TIME_EPOCH_S, "-1.5", -1500000}, {SJ_TIME_EPOCH_S, "1700000000.123456", INT64_C(1700000000123456)},
        {SJ_TIME_EPOCH_MS, "1.5", 1500},     {SJ_TIME_EPOCH_NS, "1999", 1},
        {SJ_TIME_EPOCH_NS, "-1", -1},
    };
    int64_t us;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sj_time_form form = {.style = rows[i].style};
        assert_true(sj_time_read(&form, sj_str(rows[i].text), NULL, &us));
        assert_int_equal(us, rows[i].us);
    }
    const struct sj_time_form seconds = {.style = SJ_TIME_EPOCH_S};
    static const char *const wrong[] = {"", "x", "1.", "1.x", "9999999999999999", "1e3", "1 2", "--1", "1.7698608E9", "1800.8e70"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(sj_time_read(&seconds, sj_str(wrong[i]), NULL, &us));
    assert_true(sj_time_read_number(&seconds, 1.5e9, &us));
    assert_int_equal(us, INT64_C(1500000000000000));
    assert_false(sj_time_read_number(&seconds, 1e300, &us));
}

/* With the memory of the last day the answer is the same as without. */
static void the_memory_changes_nothing(void **state) {
    (void)state;
    struct sj_random random;
    struct sj_time_memory memory = {0};
    const struct sj_time_form form = {.style = SJ_TIME_ISO};
    static const char *const tails[] = {"", "Z", "z", ".5", "+01:00", "x", " "};
    sj_random_init(&random, 5);
    size_t n_good = 0;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        snprintf(text, sizeof text, "2024-0%u-%02u%c%02u:%02u:%02u%s", (unsigned)sj_random_below(&random, 3),
                 (unsigned)sj_random_below(&random, 3), "T t-"[sj_random_below(&random, 4)], (unsigned)sj_random_below(&random, 26),
                 (unsigned)sj_random_below(&random, 62), (unsigned)sj_random_below(&random, 62), tails[sj_random_below(&random, 7)]);
        if (sj_random_below(&random, 8) == 0)
            text[sj_random_below(&random, strlen(text))] = "0:/-x"[sj_random_below(&random, 5)];
        int64_t a = 1, b = 1;
        const bool plain = sj_time_read(&form, sj_str(text), NULL, &a);
        assert_int_equal(sj_time_read_next(&form, &memory, sj_str(text), NULL, &b), plain);
        assert_int_equal(a, b);
        n_good += plain;
    }
    assert_in_range(n_good, 20000, 180000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_found),
        cmocka_unit_test(day_and_month_are_never_guessed),
        cmocka_unit_test(what_is_no_time_is_none),
        cmocka_unit_test(users_write_formats_in_many_ways),
        cmocka_unit_test(epochs_are_exact),
        cmocka_unit_test(the_memory_changes_nothing),
        cmocka_unit_test(a_few_bad_texts_do_not_matter),
        cmocka_unit_test(times_of_day),
        cmocka_unit_test(days_of_spreadsheets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
