#include "analysis/world.h"

struct asked {
    int64_t gap_us, cap_us, engaged_us;
    bool by;
};

/* Events [first, end) of the world. */
struct session {
    size_t first, end;
    uint32_t customer;
    bool is_first, is_second; /* of the customer */
};

struct oracle {
    struct session sessions[EVENTS_MAX];
    size_t n;
};

static void expect(const struct world *world, const struct asked *asked, struct oracle *oracle) {
    size_t n_of_customer[JOURNEYS_MAX] = {0};
    oracle->n = 0;
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        struct session *session = NULL;
        for (size_t i = journey->first; i < journey->first + journey->n; i++) {
            const int64_t time_us = world->events[i].time_us;
            if (session && time_us - world->events[i - 1].time_us <= asked->gap_us &&
                time_us - world->events[session->first].time_us <= asked->cap_us) {
                session->end = i + 1;
                continue;
            }
            session = &oracle->sessions[oracle->n++];
            const size_t before = n_of_customer[journey->customer]++;
            *session = (struct session){i, i + 1, journey->customer, before == 0, before == 1};
        }
    }
}

static int64_t duration_of(const struct world *world, const struct session *s) {
    return world->events[s->end - 1].time_us - world->events[s->first].time_us;
}

static bool is_engaged(const struct world *world, const struct asked *asked, const struct session *s) {
    for (size_t i = s->first; i < s->end; i++) {
        if (world->events[i].touchpoint != world->events[s->first].touchpoint)
            return true;
    }
    return duration_of(world, s) >= asked->engaged_us;
}

static void check_summary(const struct world *world, const struct asked *asked, const struct oracle *oracle,
                          const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "summary");
    static int64_t lengths[EVENTS_MAX], durations[EVENTS_MAX];
    int64_t bounces = 0, engaged = 0, returning = 0, sum_us = 0;
    const int64_t n = (int64_t)oracle->n;
    for (size_t i = 0; i < oracle->n; i++) {
        const struct session *s = &oracle->sessions[i];
        lengths[i] = (int64_t)(s->end - s->first) * 100;
        durations[i] = duration_of(world, s);
        sum_us += durations[i];
        bounces += s->end - s->first == 1;
        engaged += is_engaged(world, asked, s);
        returning += s->is_second;
    }
    assert_int_equal(i64_of(table, 0, "sessions"), n);
    assert_int_equal(i64_of(table, 0, "customers"), world->n_customers);
    assert_share(cell_of(table, 0, "returning"), returning, world->n_customers);
    assert_true(cell_of(table, 0, "per_customer")->f64 == (double)n / (double)world->n_customers);
    assert_int_equal(i64_of(table, 0, "events"), world->n_events);
    assert_true(cell_of(table, 0, "events_per_session")->f64 == (double)world->n_events / (double)n);
    assert_true(cell_of(table, 0, "median_events")->f64 == (double)plain_quantile(lengths, oracle->n, 50) / 100);
    assert_int_equal(i64_of(table, 0, "bounces"), bounces);
    assert_share(cell_of(table, 0, "bounce_rate"), bounces, n);
    assert_share(cell_of(table, 0, "engagement_rate"), engaged, n);
    assert_share(cell_of(table, 0, "engaged_bounce_rate"), n - engaged, n);
    assert_int_equal(i64_of(table, 0, "mean_duration"), (sum_us + n / 2) / n);
    assert_int_equal(i64_of(table, 0, "median_duration"), plain_quantile(durations, oracle->n, 50));
    assert_int_equal(i64_of(table, 0, "p90_duration"), plain_quantile(durations, oracle->n, 90));
}

static void check_touchpoints(const struct world *world, const struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "touchpoints");
    int64_t all_exits = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        uint16_t code = 0;
        int64_t events = 0, sessions = 0, entries = 0, exits = 0, bounces = 0;
        while (!text_is(table, row, "touchpoint", world->names[code]))
            code++;
        for (size_t i = 0; i < oracle->n; i++) {
            const struct session *s = &oracle->sessions[i];
            bool has = false;
            for (size_t e = s->first; e < s->end; e++) {
                events += world->events[e].touchpoint == code;
                has |= world->events[e].touchpoint == code;
            }
            sessions += has;
            entries += world->events[s->first].touchpoint == code;
            exits += world->events[s->end - 1].touchpoint == code;
            bounces += world->events[s->first].touchpoint == code && s->end - s->first == 1;
        }
        assert_int_equal(i64_of(table, row, "events"), events);
        assert_int_equal(i64_of(table, row, "sessions"), sessions);
        assert_int_equal(i64_of(table, row, "entries"), entries);
        assert_int_equal(i64_of(table, row, "exits"), exits);
        assert_int_equal(i64_of(table, row, "bounces"), bounces);
        assert_share(cell_of(table, row, "exit_rate"), exits, events);
        if (entries > 0)
            assert_share(cell_of(table, row, "bounce_rate"), bounces, entries);
        all_exits += exits;
    }
    assert_int_equal(all_exits, oracle->n);
}

static void check_periods(const struct world *world, const struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "periods");
    int64_t sum = 0, sum_new = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        const int64_t from_us = i64_of(table, row, "period"), to_us = from_us + SJ_US_DAY;
        bool seen[JOURNEYS_MAX] = {false};
        int64_t sessions = 0, customers = 0, new_customers = 0, bounces = 0;
        for (size_t i = 0; i < oracle->n; i++) {
            const struct session *s = &oracle->sessions[i];
            const int64_t time_us = world->events[s->first].time_us;
            if (time_us < from_us || time_us >= to_us)
                continue;
            sessions++;
            bounces += s->end - s->first == 1;
            customers += !seen[s->customer];
            seen[s->customer] = true;
            new_customers += s->is_first;
        }
        assert_int_equal(i64_of(table, row, "sessions"), sessions);
        assert_int_equal(i64_of(table, row, "customers"), customers);
        assert_int_equal(i64_of(table, row, "new"), new_customers);
        assert_int_equal(i64_of(table, row, "new") + i64_of(table, row, "returning"), customers);
        sum += sessions;
        sum_new += new_customers;
    }
    assert_int_equal(sum, oracle->n);
    assert_int_equal(sum_new, world->n_customers);
}

static void check_ranges(const struct world *world, const struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "duration_ranges");
    int64_t sum = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        const struct sj_cell *to = cell_of(table, row, "to");
        int64_t sessions = 0;
        for (size_t i = 0; i < oracle->n; i++) {
            const int64_t duration_us = duration_of(world, &oracle->sessions[i]);
            sessions += duration_us >= i64_of(table, row, "from") && (!to->known || duration_us < to->i64);
        }
        assert_int_equal(i64_of(table, row, "sessions"), sessions);
        assert_share(cell_of(table, row, "share"), sessions, (int64_t)oracle->n);
        sum += sessions;
    }
    assert_int_equal(sum, oracle->n);
}

static void check_values(const struct world *world, const struct asked *asked, const struct oracle *oracle,
                         const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "by");
    int64_t sum = 0;
    assert_int_equal(table != NULL, asked->by);
    for (size_t row = 0; asked->by && row < table->n_rows; row++) {
        const bool is_none = i64_of(table, row, "values") == 0;
        int64_t sessions = 0, events = 0, bounces = 0, engaged = 0, sum_us = 0;
        sum += i64_of(table, row, "sessions");
        if (i64_of(table, row, "values") > 1)
            continue;
        for (size_t i = 0; i < oracle->n; i++) {
            const struct session *s = &oracle->sessions[i];
            const uint32_t code = world->events[s->first].code;
            if (is_none ? code != SJ_NO_CODE : code == SJ_NO_CODE || !text_is(table, row, "value", world->names[code]))
                continue;
            sessions++;
            events += (int64_t)(s->end - s->first);
            bounces += s->end - s->first == 1;
            engaged += is_engaged(world, asked, s);
            sum_us += duration_of(world, s);
        }
        assert_int_equal(i64_of(table, row, "sessions"), sessions);
        assert_true(cell_of(table, row, "events_per_session")->f64 == (double)events / (double)sessions);
        assert_share(cell_of(table, row, "bounce_rate"), bounces, sessions);
        assert_share(cell_of(table, row, "engagement_rate"), engaged, sessions);
        assert_int_equal(i64_of(table, row, "mean_duration"), (sum_us + sessions / 2) / sessions);
    }
    assert_true(!asked->by || sum == (int64_t)oracle->n);
}

static void ask(const struct world *world, const struct asked *asked, struct sj_random *random, struct sj_result *result) {
    const struct sj_arg args[] = {
        {.i64 = asked->gap_us}, {.i64 = asked->cap_us}, {.i64 = asked->engaged_us}, {.i64 = 1}, {.dimension = asked->by ? 0 : SJ_NO_CODE}};
    check_ways(world, sj_analysis_find("sessions"), args, random, result);
}

static void test_random_worlds_equal_the_oracle(void **state) {
    (void)state;
    static struct oracle oracle;
    struct sj_random random;
    sj_random_init(&random, 71);
    for (int round = 0; round < 1200; round++) {
        const struct world_size size = {1 + below(&random, 30), 1 + below(&random, 5), 1 + below(&random, 4), 1 + below(&random, 14),
                                        round % 5 == 0 ? 0 : SJ_US_HOUR};
        struct asked asked = {1 + (int64_t)below(&random, 2) * 30 * SJ_US_MINUTE, 0, (int64_t)below(&random, 3) * 20 * SJ_US_MINUTE,
                              below(&random, 2)};
        struct world world;
        struct sj_result result;
        asked.cap_us = asked.gap_us + (int64_t)below(&random, 3) * SJ_US_HOUR;
        make_world(&random, &size, &world);
        expect(&world, &asked, &oracle);
        ask(&world, &asked, &random, &result);
        check_summary(&world, &asked, &oracle, &result);
        check_touchpoints(&world, &oracle, &result);
        check_periods(&world, &oracle, &result);
        check_ranges(&world, &oracle, &result);
        check_values(&world, &asked, &oracle, &result);
        sj_result_done(&result);
    }
}

/* A pause of the gap is none, a microsecond more is; a session of the cap is one, a second more are two. */
static void test_borders(void **state) {
    (void)state;
    static const struct {
        const char *world;
        int64_t gap_us, cap_us, sessions;
    } cases[] = {{"A0 B10", 10 * SJ_US_SECOND, SJ_US_DAY, 1},
                 {"A0 B10", 10 * SJ_US_SECOND - 1, SJ_US_DAY, 2},
                 {"A0 B10 C20", 10 * SJ_US_SECOND, 20 * SJ_US_SECOND, 1},
                 {"A0 B10 C20 D30", 10 * SJ_US_SECOND, 20 * SJ_US_SECOND, 2},
                 {"A0 B0 C0", 1, 1, 1}};
    struct sj_random random;
    sj_random_init(&random, 72);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct asked asked = {cases[i].gap_us, cases[i].cap_us, 10 * SJ_US_SECOND, false};
        struct world world;
        struct sj_result result;
        parse_world(cases[i].world, &world);
        ask(&world, &asked, &random, &result);
        assert_int_equal(i64_of(sj_result_find(&result, "summary"), 0, "sessions"), cases[i].sessions);
        sj_result_done(&result);
    }
}

static void test_a_cap_below_the_gap_is_refused(void **state) {
    (void)state;
    const struct sj_arg args[] = {{.i64 = 2}, {.i64 = 1}, {.i64 = 0}, {.i64 = 1}, {.dimension = SJ_NO_CODE}};
    const struct way way = {1, 1, 0};
    struct sj_error error = {0};
    struct world world;
    struct sj_result result;
    parse_world("A0 B10", &world);
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    assert_int_equal(world_run(&world, sj_analysis_find("sessions"), args, &way, sj_alloc_libc(), &result, &error), SJ_E_USAGE);
    assert_non_null(strstr(error.message, "cap is shorter than gap"));
    sj_result_done(&result);
}

static void test_memory(void **state) {
    (void)state;
    struct sj_random random;
    struct world world;
    const struct world_size size = {12, 3, 2, 6, SJ_US_HOUR};
    const struct sj_arg args[] = {{.i64 = SJ_US_HOUR / 2}, {.i64 = SJ_US_DAY}, {.i64 = 0}, {.i64 = 1}, {.dimension = 0}};
    sj_random_init(&random, 73);
    make_world(&random, &size, &world);
    check_memory(&world, sj_analysis_find("sessions"), args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_oracle),
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_a_cap_below_the_gap_is_refused),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
