/* The sample company's events: the same for the same seed, in order, well formed, and of every kind. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/failing_alloc.h"
#include "base/hash.h"
#include "base/time.h"
#include "sample/calendar.h"
#include "sample/company.h"

static uint64_t hash_text(uint64_t hash, struct sj_str text) { return sj_hash64(text.p, text.n, hash * 31 + text.n); }
static uint64_t hash_number(uint64_t hash, int64_t number) { return sj_hash64(&number, sizeof number, hash); }

static uint64_t hash_event(uint64_t hash, const struct sj_sample_event *event) {
    const struct sj_str texts[] = {event->customer, event->touchpoint, event->channel, event->event_id, event->score_kind, event->comment};
    const int64_t numbers[] = {event->time_us, event->value, event->cost, event->duration_us, event->score};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        hash = hash_text(hash, texts[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        hash = hash_number(hash, numbers[i]);
    for (size_t i = 0; i < event->n_properties; i++) {
        hash = hash_text(hash, sj_sample_columns[event->properties[i].column].name);
        hash = hash_text(hash, event->properties[i].text);
        hash = hash_number(hash, event->properties[i].number);
    }
    return hash;
}

struct digest {
    uint64_t hash;
    struct sj_str until; /* customers from this one on are left out */
    size_t n;
    bool over;
};

static enum sj_status digest_event(void *ctx, const struct sj_sample_event *event, struct sj_error *err) {
    (void)err;
    struct digest *digest = ctx;
    digest->over = digest->over || sj_str_eq(event->customer, digest->until);
    if (!digest->over) {
        digest->hash = hash_event(digest->hash, event);
        digest->n++;
    }
    return SJ_OK;
}

static struct digest digest_of(uint64_t seed, uint32_t n_customers, const char *until) {
    struct digest digest = {.until = sj_str(until)};
    struct sj_sample_options options = {.seed = seed, .n_customers = n_customers};
    assert_int_equal(sj_sample_run(sj_alloc_libc(), &options, digest_event, &digest, NULL), SJ_OK);
    return digest;
}

static void same_seed_gives_the_same_events(void **state) {
    (void)state;
    struct digest first = digest_of(1, 400, "none"), second = digest_of(1, 400, "none"), other = digest_of(2, 400, "none");
    assert_true(first.n > 10000);
    assert_int_equal(first.n, second.n);
    assert_true(first.hash == second.hash);
    assert_true(first.hash != other.hash);
}

/* Invariant 1 over machines, compilers and options: whoever changes the company writes the new figures here. */
static void events_are_those_of_every_machine(void **state) {
    (void)state;
    struct digest digest = digest_of(1, 200, "none");
    assert_int_equal(digest.n, 18717);
    assert_true(digest.hash == UINT64_C(0xb58cb4582b126f29));
}

static void first_customers_do_not_depend_on_how_many_follow(void **state) {
    (void)state;
    struct digest few = digest_of(5, 100, "none"), of_many = digest_of(5, 900, "C000101");
    assert_true(of_many.over);
    assert_int_equal(few.n, of_many.n);
    assert_true(few.hash == of_many.hash);
}

/* What one run of 5,000 customers is looked at for. */
struct look {
    char customer[24];
    size_t customer_n, n_customers, n_events, n_wrong;
    int64_t last_us;
    uint64_t *ids;
    size_t touchpoints[SJ_N_TOUCHPOINTS], columns[SJ_N_COLUMNS], scores[3][11], hours_calls[24], hours_web[24];
    size_t n_received_late, n_duplicates, n_comments;
    struct sj_sample_event last;
};
#define LOOK_CUSTOMERS 5000
#define IDS_MAX 1000000
static const struct sj_str kinds[3] = {{"nps", 3}, {"csat", 4}, {"ces", 3}};
static const int64_t lowest[3] = {0, 1, 1}, highest[3] = {10, 5, 7};

/* Written down anew, as an oracle for calendar.c: the last Sundays of March and October, 01:00 UTC. */
static int local_hour(int64_t time_us) {
    struct sj_civil utc = sj_civil_of_time(time_us);
    int64_t changes[2];
    for (int i = 0; i < 2; i++) {
        struct sj_civil last = {.year = utc.year, .month = i == 0 ? 3 : 10, .day = 31, .hour = 1};
        changes[i] = sj_time_of_civil(&last) - (sj_weekday(sj_time_of_civil(&last)) + 1) % 7 * SJ_US_DAY;
    }
    bool summer = time_us >= changes[0] && time_us < changes[1];
    return (utc.hour + (summer ? 2 : 1)) % 24;
}

static size_t touchpoint_of(struct sj_str name) {
    size_t i = 0;
    while (i < sj_sample_n_touchpoints && !sj_str_eq(name, sj_sample_touchpoints[i].name))
        i++;
    return i;
}

static void look_at_order(struct look *look, const struct sj_sample_event *event) {
    if (!sj_str_eq(event->customer, (struct sj_str){look->customer, look->customer_n})) {
        struct sj_str before = {look->customer, look->customer_n};
        look->n_wrong += before.n > 0 && before.n == event->customer.n && sj_str_cmp(before, event->customer) >= 0;
        memcpy(look->customer, event->customer.p, event->customer.n);
        look->customer_n = event->customer.n;
        look->last_us = INT64_MIN;
        look->n_customers++;
    }
    look->n_wrong += event->time_us < look->last_us;
    look->n_wrong += event->time_us < SJ_SAMPLE_FROM_US || event->time_us >= SJ_SAMPLE_TO_US;
    look->last_us = event->time_us;
}

static void look_at_properties(struct look *look, const struct sj_sample_event *event) {
    uint64_t seen = 0;
    for (size_t i = 0; i < event->n_properties; i++) {
        const struct sj_sample_property *property = &event->properties[i];
        bool text = sj_sample_columns[property->column].kind == SJ_SAMPLE_TEXT;
        look->n_wrong += property->column >= sj_sample_n_columns || (seen >> property->column & 1) != 0;
        look->n_wrong += text ? property->text.n == 0 || !sj_str_is_utf8(property->text) : property->number == SJ_SAMPLE_NONE;
        look->n_wrong += property->column == SJ_COL_RECEIVED_AT && property->number <= event->time_us;
        look->n_received_late += property->column == SJ_COL_RECEIVED_AT;
        look->columns[property->column]++;
        seen |= UINT64_C(1) << property->column;
    }
}

static void look_at_score(struct look *look, const struct sj_sample_event *event) {
    look->n_comments += event->comment.n > 0;
    look->n_wrong += !sj_str_is_utf8(event->comment);
    look->n_wrong += (event->score == SJ_SAMPLE_NONE) != (event->score_kind.n == 0);
    for (size_t i = 0; i < 3 && event->score_kind.n > 0; i++) {
        if (sj_str_eq(event->score_kind, kinds[i])) {
            assert_true(event->score >= lowest[i] && event->score <= highest[i]);
            look->scores[i][event->score]++;
        }
    }
}

static enum sj_status look_at_event(void *ctx, const struct sj_sample_event *event, struct sj_error *err) {
    (void)err;
    struct look *look = ctx;
    char id[17] = {0};
    memcpy(id, event->event_id.p, 16);
    look->ids[look->n_events++ % IDS_MAX] = strtoull(id, NULL, 16);
    look_at_order(look, event);
    look_at_properties(look, event);
    look_at_score(look, event);
    size_t touchpoint = touchpoint_of(event->touchpoint);
    assert_true(touchpoint < sj_sample_n_touchpoints);
    look->touchpoints[touchpoint]++;
    look->hours_calls[local_hour(event->time_us)] += touchpoint == SJ_TP_CALL_START;
    look->hours_web[local_hour(event->time_us)] += touchpoint == SJ_TP_USAGE_VIEW;
    return SJ_OK;
}

static int look_begin(void **state) {
    struct look *look = calloc(1, sizeof *look);
    struct sj_sample_options options = {.seed = 3, .n_customers = LOOK_CUSTOMERS};
    if (look == NULL || (look->ids = calloc(IDS_MAX, sizeof *look->ids)) == NULL)
        return -1;
    *state = look;
    return sj_sample_run(sj_alloc_libc(), &options, look_at_event, look, NULL) == SJ_OK ? 0 : -1;
}

static int look_end(void **state) {
    struct look *look = *state;
    free(look->ids);
    free(look);
    return 0;
}

static void events_are_in_order_and_well_formed(void **state) {
    const struct look *look = *state;
    assert_int_equal(look->n_wrong, 0);
    assert_int_equal(look->n_customers, LOOK_CUSTOMERS);
    size_t mean = look->n_events / LOOK_CUSTOMERS;
    assert_true(mean >= 40 && mean <= 120);
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void event_ids_are_unique(void **state) {
    struct look *look = *state;
    assert_true(look->n_events < IDS_MAX);
    qsort(look->ids, look->n_events, sizeof *look->ids, by_number);
    for (size_t i = 1; i < look->n_events; i++)
        assert_true(look->ids[i - 1] != look->ids[i]);
}

static void every_touchpoint_column_and_score_occurs(void **state) {
    const struct look *look = *state;
    for (size_t i = 0; i < sj_sample_n_touchpoints; i++)
        if (look->touchpoints[i] == 0)
            fail_msg("%.*s does not occur", SJ_ARG(sj_sample_touchpoints[i].name));
    for (size_t i = 0; i < sj_sample_n_columns; i++)
        if (look->columns[i] == 0)
            fail_msg("%.*s does not occur", SJ_ARG(sj_sample_columns[i].name));
    for (size_t k = 0; k < 3; k++)
        for (int64_t score = lowest[k]; score <= highest[k]; score++)
            assert_true(look->scores[k][score] > 0);
}

static void it_reads_like_a_company(void **state) {
    const struct look *look = *state;
    const size_t *n = look->touchpoints;
    size_t open = 0, evening = look->hours_web[19] + look->hours_web[20] + look->hours_web[21];
    size_t night = look->hours_web[2] + look->hours_web[3] + look->hours_web[4];
    for (int hour = 8; hour < 21; hour++)
        open += look->hours_calls[hour];
    assert_true(open * 1000 >= n[SJ_TP_CALL_START] * 985);
    assert_true(evening > 12 * night);
    assert_true(look->n_received_late > 100);
    assert_true(look->n_comments * 100 > n[SJ_TP_SURVEY_ANSWERED] * 35);
    assert_true(n[SJ_TP_SURVEY_ANSWERED] * 100 < n[SJ_TP_SURVEY_INVITED] * 40);
    assert_int_equal(n[SJ_TP_HELP_START], n[SJ_TP_HELP_END]);
    assert_true(n[SJ_TP_ORDER_PLACED] < n[SJ_TP_ADD_TO_BASKET] + n[SJ_TP_SHOP_VISIT] + n[SJ_TP_CALL_END]);
    assert_true(n[SJ_TP_CALL_ABANDONED] * 100 > n[SJ_TP_CALL_QUEUE] * 2 && n[SJ_TP_CALL_ABANDONED] * 100 < n[SJ_TP_CALL_QUEUE] * 12);
}

static enum sj_status refuse_third(void *ctx, const struct sj_sample_event *event, struct sj_error *err) {
    (void)event;
    size_t *n = ctx;
    return ++*n == 3 ? sj_fail(err, SJ_E_FULL, "The disk is full.") : SJ_OK;
}

static void the_sink_can_end_the_run(void **state) {
    (void)state;
    struct sj_sample_options options = {.seed = 1, .n_customers = 10};
    struct sj_error err = {0};
    size_t n = 0;
    assert_int_equal(sj_sample_run(sj_alloc_libc(), &options, refuse_third, &n, &err), SJ_E_FULL);
    assert_int_equal(n, 3);
    assert_string_equal(err.message, "The disk is full.");
}

static void impossible_sizes_are_refused(void **state) {
    (void)state;
    const uint32_t sizes[] = {0, SJ_SAMPLE_CUSTOMERS_MAX + 1, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        struct sj_sample_options options = {.seed = 1, .n_customers = sizes[i]};
        struct sj_error err = {0};
        struct digest digest = {.until = SJ_LIT("none")};
        assert_int_equal(sj_sample_run(sj_alloc_libc(), &options, digest_event, &digest, &err), SJ_E_USAGE);
        assert_true(strlen(err.message) > 20);
        assert_int_equal(digest.n, 0);
    }
}

static void running_out_of_memory_is_an_error(void **state) {
    (void)state;
    struct sj_sample_options options = {.seed = 4, .n_customers = 4};
    enum sj_status status = SJ_E_MEMORY;
    size_t n_failures = 0;
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        struct sj_alloc mem = failing_alloc(&failing);
        struct sj_error err = {0};
        struct digest digest = {.until = SJ_LIT("none")};
        status = sj_sample_run(&mem, &options, digest_event, &digest, &err);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        assert_int_equal(err.status, status);
        assert_int_equal(failing.n_alive, 0);
        n_failures += status != SJ_OK;
    }
    assert_true(n_failures >= 4);
}

static void the_calendar_knows_its_days(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 1);
    assert_int_equal(sj_weekday(SJ_SAMPLE_FROM_US), 0);
    assert_int_equal(sj_calendar_month(SJ_N_MONTHS), SJ_N_DAYS);
    assert_int_equal((SJ_SAMPLE_TO_US - SJ_SAMPLE_FROM_US) / SJ_US_DAY, SJ_N_DAYS);
    for (int month = 0; month < SJ_N_MONTHS; month++)
        assert_int_equal(sj_civil_of_time(SJ_SAMPLE_FROM_US + sj_calendar_month(month) * SJ_US_DAY).day, 1);
    size_t peaks = 0;
    for (int day = -30; day < SJ_N_DAYS + 30; day++) {
        for (int i = 0; i < 10; i++) {
            int64_t time_us = sj_calendar_at(&random, day, SJ_HOURS_CALLS);
            assert_int_equal(sj_calendar_day(time_us), day);
            assert_true(sj_calendar_open(time_us, SJ_HOURS_CALLS));
            if (day >= 0 && day < SJ_N_DAYS)
                assert_in_range(local_hour(time_us), 8, 20);
        }
    }
    for (int i = 0; i < 20000; i++) {
        int day = sj_calendar_shopping_day(&random);
        assert_in_range(day, 0, SJ_N_DAYS - 1);
        peaks += day / 7 == SJ_PEAK_WEEK_2024 || day / 7 == SJ_PEAK_WEEK_2025;
    }
    assert_in_range(peaks, 20000 * 6 / 100, 20000 * 11 / 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_gives_the_same_events),
        cmocka_unit_test(events_are_those_of_every_machine),
        cmocka_unit_test(first_customers_do_not_depend_on_how_many_follow),
        cmocka_unit_test(events_are_in_order_and_well_formed),
        cmocka_unit_test(event_ids_are_unique),
        cmocka_unit_test(every_touchpoint_column_and_score_occurs),
        cmocka_unit_test(it_reads_like_a_company),
        cmocka_unit_test(the_sink_can_end_the_run),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(running_out_of_memory_is_an_error),
        cmocka_unit_test(the_calendar_knows_its_days),
    };
    return cmocka_run_group_tests(tests, look_begin, look_end);
}
