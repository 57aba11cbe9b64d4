/* truth.json: what was planted can be found, what was not cannot, and its figures are those of the events. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/time.h"
#include "sample/company.h"

#define CUSTOMERS 10000

static json_t *read_truth(struct sj_buf *text) {
    json_t *root = NULL;
    struct sj_error err = {0};
    assert_int_equal(sj_json_parse(sj_buf_str(text), "truth.json", &root, &err), SJ_OK);
    return root;
}

static const json_t *truth(const json_t *root, const char *id) {
    const json_t *truths = json_object_get(root, "truths");
    for (size_t i = 0; i < json_array_size(truths); i++) {
        const json_t *one = json_array_get(truths, i);
        if (strcmp(json_string_value(json_object_get(one, "id")), id) == 0)
            return json_object_get(one, "counted");
    }
    fail_msg("%s is not in truth.json", id);
    return NULL;
}

/* The row of a truth whose `key` is `name`. */
static const json_t *row(const json_t *rows, const char *key, const char *name) {
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *value = json_object_get(json_array_get(rows, i), key);
        if (json_is_string(value) && strcmp(json_string_value(value), name) == 0)
            return json_array_get(rows, i);
    }
    fail_msg("there is no %s %s", key, name);
    return NULL;
}

static double count(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return (double)json_integer_value(value);
}

static double rate(const json_t *object, const char *hits, const char *n) {
    assert_true(count(object, n) > 0);
    return count(object, hits) / count(object, n);
}

static int make_truth(void **state) {
    struct sj_sample_options options = {.seed = 7, .n_customers = CUSTOMERS};
    struct sj_buf text;
    sj_buf_init(&text, sj_alloc_libc(), SJ_JSON_BYTES_MAX);
    if (sj_sample_truth(sj_alloc_libc(), &options, &text, NULL) != SJ_OK)
        return -1;
    *state = read_truth(&text);
    sj_buf_done(&text);
    return 0;
}

static int drop_truth(void **state) {
    json_decref(*state);
    return 0;
}

static void the_broken_checkout_shows(void **state) {
    const json_t *rows = truth(*state, "android_checkout");
    const json_t *broken = row(rows, "group", "android, 5.2.0 or 5.2.1"), *other = row(rows, "group", "android, other releases");
    const json_t *ios = row(rows, "group", "ios, 5.2.0 or 5.2.1");
    assert_true(count(broken, "checkout_start") >= 100);
    assert_true(rate(broken, "payment_failed", "checkout_start") > 0.5);
    assert_true(rate(other, "payment_failed", "checkout_start") < 0.08);
    assert_true(rate(ios, "payment_failed", "checkout_start") < 0.12);
    assert_true(rate(broken, "customers_ordered", "customers_started") < 0.7);
    assert_true(rate(other, "customers_ordered", "customers_started") > 0.8);
}

static void long_waits_cost(void **state) {
    const json_t *rows = truth(*state, "long_waits");
    const json_t *shorter = row(rows, "group", "wait_s <= 600"), *longer = row(rows, "group", "wait_s > 600");
    assert_true(count(longer, "csat_n") >= 40 && count(longer, "calls") >= 300);
    assert_true(rate(shorter, "csat_sum", "csat_n") > rate(longer, "csat_sum", "csat_n") + 0.6);
    assert_true(rate(shorter, "csat_4_or_5", "csat_n") > rate(longer, "csat_4_or_5", "csat_n") + 0.15);
    assert_true(rate(longer, "calls_then_cancel_request", "calls") > 1.7 * rate(shorter, "calls_then_cancel_request", "calls"));
    assert_true(rate(longer, "customers_then_contract_end", "customers") > rate(shorter, "customers_then_contract_end", "customers"));
}

static void billing_chats_bounce(void **state) {
    const json_t *rows = truth(*state, "billing_bounce");
    double billing = rate(row(rows, "topic", "billing"), "called", "n");
    assert_true(billing > 0.38 && billing < 0.54);
    static const char *const others[] = {"network", "device", "account", "contract"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(rate(row(rows, "topic", others[i]), "called", "n") < 0.16);
}

static void the_reminder_lifts_renewals(void **state) {
    const json_t *rows = truth(*state, "renewal_reminder");
    const json_t *control = row(rows, "reminder_arm", "control"), *reminder = row(rows, "reminder_arm", "reminder");
    double lift = rate(reminder, "renewed", "n") - rate(control, "renewed", "n");
    assert_true(lift > 0.06 && lift < 0.14); /* 0.10 planted; the standard error is about 0.013 */
    double share = count(control, "n") / (count(control, "n") + count(reminder, "n"));
    assert_true(share > 0.47 && share < 0.53);
}

static const json_t *help(const json_t *rows, const char *topic, const char *kind) {
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *one = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(one, "topic")), topic) == 0 &&
            strcmp(json_string_value(json_object_get(one, "help_kind")), kind) == 0)
            return one;
    }
    fail_msg("no help of kind %s on %s", kind, topic);
    return NULL;
}

static void the_reversal_is_there(void **state) {
    const json_t *rows = truth(*state, "guided_help_reversal");
    static const char *const topics[] = {"billing", "network", "device", "account"};
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        assert_true(rate(help(rows, topics[i], "guided"), "resolved", "n") > rate(help(rows, topics[i], "articles"), "resolved", "n"));
    assert_true(rate(help(rows, "all", "guided"), "resolved", "n") + 0.04 < rate(help(rows, "all", "articles"), "resolved", "n"));
}

static double weeks(const json_t *list, size_t from, size_t to) {
    double sum = 0;
    for (size_t i = from; i < to; i++)
        sum += (double)json_integer_value(json_array_get(list, i));
    return sum;
}

static void the_season_peaks_and_the_page_does_nothing(void **state) {
    const json_t *counted = truth(*state, "seasonal_peak");
    const json_t *orders = json_object_get(counted, "orders_by_week"), *starts = json_object_get(counted, "checkout_starts_by_week");
    assert_int_equal(json_array_size(orders), 79);
    assert_true(weeks(orders, 21, 22) > 2 * weeks(orders, 14, 18) / 4);
    assert_true(weeks(orders, 73, 74) > 2 * weeks(orders, 66, 70) / 4);
    double before = weeks(orders, 16, 20), after = weeks(orders, 20, 24);
    assert_true(after > 1.4 * before); /* the naive comparison misleads: */
    double rate_before = before / weeks(starts, 16, 20), rate_after = after / weeks(starts, 20, 24);
    assert_true(rate_after > 0.88 * rate_before && rate_after < 1.12 * rate_before);
}

static void nothing_is_where_nothing_was_planted(void **state) {
    const json_t *counted = truth(*state, "no_effect");
    const json_t *colours = json_object_get(counted, "banner_colour"), *regions = json_object_get(counted, "region");
    const json_t *blue = row(colours, "banner_colour", "blue"), *orange = row(colours, "banner_colour", "orange");
    double all = (count(blue, "ordered") + count(orange, "ordered")) / (count(blue, "n") + count(orange, "n"));
    double difference = rate(blue, "ordered", "n") - rate(orange, "ordered", "n");
    assert_true(difference > -0.04 && difference < 0.04);
    double chi_square = 0;
    assert_int_equal(json_array_size(regions), SJ_N_REGIONS + 1);
    for (size_t i = 0; i <= SJ_N_REGIONS; i++) {
        const json_t *region = json_array_get(regions, i);
        double n = count(region, "n"), off = count(region, "ordered") - n * all;
        chi_square += off * off / (n * all * (1 - all));
    }
    assert_true(chi_square < 28); /* 12 degrees of freedom: 1 in 180 by chance; the seed is fixed */
}

/* An own, slow count over the same events. */
struct seen {
    uint32_t customer;
    int64_t time_us;
    unsigned touchpoint;
    struct sj_str topic, arm; /* static texts */
    int64_t wait_s, resolved;
    unsigned kind;
};
struct log {
    struct sj_buf seen;
    struct sj_tally *tally;
};

static enum sj_status keep(void *ctx, const struct sj_sample_event *event, struct sj_error *err) {
    struct log *log = ctx;
    struct seen one = {.time_us = event->time_us, .wait_s = -1, .resolved = -1};
    for (size_t i = 1; i < event->customer.n; i++)
        one.customer = one.customer * 10 + (uint32_t)(event->customer.p[i] - '0');
    while (!sj_str_eq(sj_sample_touchpoints[one.touchpoint].name, event->touchpoint))
        one.touchpoint++;
    for (size_t i = 0; i < event->n_properties; i++) {
        const struct sj_sample_property *property = &event->properties[i];
        struct sj_str name = sj_sample_columns[property->column].name;
        if (sj_str_eq(name, SJ_LIT("topic")))
            one.topic = property->text;
        else if (sj_str_eq(name, SJ_LIT("reminder_arm")))
            one.arm = property->text;
        else if (sj_str_eq(name, SJ_LIT("wait_s")))
            one.wait_s = property->number;
        else if (sj_str_eq(name, SJ_LIT("resolved")))
            one.resolved = property->number;
        else if (sj_str_eq(name, SJ_LIT("help_kind")))
            one.kind = sj_str_eq(property->text, SJ_LIT("guided"));
    }
    SJ_TRY(sj_tally_add(log->tally, event, err));
    return sj_buf_append(&log->seen, &one, sizeof one, err);
}

static bool later(const struct seen *all, size_t n, size_t i, unsigned touchpoint, int64_t within_us) {
    for (size_t j = 0; j < n; j++)
        if (all[j].customer == all[i].customer && all[j].touchpoint == touchpoint && all[j].time_us > all[i].time_us &&
            all[j].time_us <= all[i].time_us + within_us)
            return true;
    return false;
}

static void figures_are_those_of_the_events(void **state) {
    (void)state;
    struct sj_sample_options options = {.seed = 21, .n_customers = 300};
    struct log log = {.tally = NULL};
    struct sj_buf text;
    sj_buf_init(&text, sj_alloc_libc(), SJ_JSON_BYTES_MAX);
    sj_buf_init(&log.seen, sj_alloc_libc(), SIZE_MAX);
    assert_int_equal(sj_tally_new(sj_alloc_libc(), &log.tally, NULL), SJ_OK);
    assert_int_equal(sj_sample_run(sj_alloc_libc(), &options, keep, &log, NULL), SJ_OK);
    assert_int_equal(sj_tally_json(log.tally, &options, &text, NULL), SJ_OK);
    const struct seen *all = (const struct seen *)(const void *)log.seen.data;
    size_t n = log.seen.n / sizeof *all;
    double chats = 0, bounced = 0, due = 0, renewed = 0, calls = 0, left = 0, guided = 0, guided_resolved = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t rest_us = SJ_SAMPLE_TO_US - all[i].time_us;
        if (all[i].touchpoint == SJ_TP_CHAT_START && sj_str_eq(all[i].topic, SJ_LIT("billing")) && rest_us >= SJ_US_DAY) {
            chats++;
            bounced += later(all, n, i, SJ_TP_CALL_START, SJ_US_DAY);
        } else if (all[i].touchpoint == SJ_TP_RENEWAL_DUE && sj_str_eq(all[i].arm, SJ_LIT("reminder")) && rest_us >= 45 * SJ_US_DAY) {
            due++;
            renewed += later(all, n, i, SJ_TP_RENEWAL, 45 * SJ_US_DAY);
        } else if (all[i].touchpoint == SJ_TP_CALL_TALK && all[i].wait_s >= 0 && all[i].wait_s <= 600 && rest_us >= 90 * SJ_US_DAY) {
            calls++;
            left += later(all, n, i, SJ_TP_CANCEL_REQUEST, 90 * SJ_US_DAY);
        } else if (all[i].touchpoint == SJ_TP_HELP_END && all[i].kind == 1) {
            guided++;
            guided_resolved += all[i].resolved == 1;
        }
    }
    json_t *root = read_truth(&text);
    const json_t *chat = row(truth(root, "billing_bounce"), "topic", "billing");
    const json_t *arm = row(truth(root, "renewal_reminder"), "reminder_arm", "reminder");
    const json_t *call = row(truth(root, "long_waits"), "group", "wait_s <= 600");
    const json_t *helped = help(truth(root, "guided_help_reversal"), "all", "guided");
    assert_true(chats > 20 && bounced > 5 && due > 40 && renewed > 10 && calls > 80 && left > 0 && guided > 20);
    assert_true(count(chat, "n") == chats && count(chat, "called") == bounced);
    assert_true(count(arm, "n") == due && count(arm, "renewed") == renewed);
    assert_true(count(call, "calls") == calls && count(call, "calls_then_cancel_request") == left);
    assert_true(count(helped, "n") == guided && count(helped, "resolved") == guided_resolved);
    assert_true(count(json_object_get(root, "totals"), "events") == (double)n);
    assert_true(count(json_object_get(root, "totals"), "customers") == 300);
    json_decref(root);
    sj_tally_free(log.tally);
    sj_buf_done(&log.seen);
    sj_buf_done(&text);
}

static void strange_events_are_refused(void **state) {
    (void)state;
    struct sj_tally *tally = NULL;
    struct sj_error err = {0};
    struct sj_sample_event event = {
        .customer = SJ_LIT("C1"), .touchpoint = SJ_LIT("nonsense"), .channel = SJ_LIT("web"), .time_us = SJ_SAMPLE_FROM_US};
    assert_int_equal(sj_tally_new(sj_alloc_libc(), &tally, NULL), SJ_OK);
    assert_int_equal(sj_tally_add(tally, &event, &err), SJ_E_INPUT);
    assert_non_null(strstr(err.message, "nonsense"));
    event.touchpoint = SJ_LIT("landing_page");
    assert_int_equal(sj_tally_add(tally, &event, &err), SJ_OK);
    event.time_us = SJ_SAMPLE_TO_US;
    assert_int_equal(sj_tally_add(tally, &event, &err), SJ_E_INPUT);
    sj_tally_free(tally);
    sj_tally_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_broken_checkout_shows),
        cmocka_unit_test(long_waits_cost),
        cmocka_unit_test(billing_chats_bounce),
        cmocka_unit_test(the_reminder_lifts_renewals),
        cmocka_unit_test(the_reversal_is_there),
        cmocka_unit_test(the_season_peaks_and_the_page_does_nothing),
        cmocka_unit_test(nothing_is_where_nothing_was_planted),
        cmocka_unit_test(figures_are_those_of_the_events),
        cmocka_unit_test(strange_events_are_refused),
    };
    return cmocka_run_group_tests(tests, make_truth, drop_truth);
}
