#include "analysis/world.h"

enum { N_CHANNELS = 3 };

struct pair {
    int64_t count, journeys, customers, times_us[EVENTS_MAX];
    int64_t bounces, bounce_journeys, bounce_customers;
    size_t last_journey, last_customer, last_bounce_journey, last_bounce_customer; /* 1 + its number */
};

struct oracle {
    struct pair pairs[N_CHANNELS][N_CHANNELS];
    int64_t events[N_CHANNELS], journeys[N_CHANNELS], customers[N_CHANNELS], only[N_CHANNELS];
    int64_t n_journeys, n_customers, n_several;
};

/* The events of a journey whose channel is known. */
static size_t known_events(const struct world *world, const struct journey *journey, const struct event **ret_events) {
    size_t n = 0;
    for (size_t i = journey->first; i < journey->first + journey->n; i++) {
        if (world->events[i].channel != 0)
            ret_events[n++] = &world->events[i];
    }
    return n;
}

static void count(int64_t *n, int64_t *journeys, int64_t *customers, size_t *last_journey, size_t *last_customer, size_t journey,
                  size_t customer) {
    ++*n;
    *journeys += *last_journey != journey + 1;
    *customers += *last_customer != customer + 1;
    *last_journey = journey + 1;
    *last_customer = customer + 1;
}

/* Every switch, and from it back to where the channel before was left. */
static void count_switches(const struct event **events, size_t n, int64_t within_us, size_t journey, size_t customer,
                           struct oracle *oracle) {
    for (size_t i = 1; i < n; i++) {
        const uint8_t from = events[i - 1]->channel, to = events[i]->channel;
        struct pair *pair = &oracle->pairs[from][to];
        if (from == to)
            continue;
        pair->times_us[pair->count] = events[i]->time_us - events[i - 1]->time_us;
        count(&pair->count, &pair->journeys, &pair->customers, &pair->last_journey, &pair->last_customer, journey, customer);
        size_t before = i - 1;
        while (before > 0 && events[before]->channel == from)
            before--;
        struct pair *out = &oracle->pairs[to][from];
        if (events[before]->channel == to && events[i]->time_us - events[before]->time_us <= within_us)
            count(&out->bounces, &out->bounce_journeys, &out->bounce_customers, &out->last_bounce_journey, &out->last_bounce_customer,
                  journey, customer);
    }
}

static void expect(const struct world *world, int64_t within_us, struct oracle *oracle) {
    static const struct event *events[EVENTS_MAX];
    bool has[JOURNEYS_MAX][N_CHANNELS + 1] = {{false}}; /* by customer */
    memset(oracle, 0, sizeof *oracle);
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        const size_t n = known_events(world, journey, events);
        bool here[N_CHANNELS] = {false};
        int n_here = 0;
        for (size_t i = 0; i < n; i++) {
            oracle->events[events[i]->channel]++;
            here[events[i]->channel] = true;
        }
        for (int c = 1; c < N_CHANNELS; c++)
            n_here += here[c];
        for (int c = 1; c < N_CHANNELS; c++) {
            oracle->journeys[c] += here[c];
            oracle->only[c] += here[c] && n_here == 1;
            oracle->customers[c] += here[c] && !has[journey->customer][c];
            has[journey->customer][c] |= here[c];
        }
        oracle->n_journeys += n_here > 0;
        oracle->n_several += n_here > 1;
        oracle->n_customers += n_here > 0 && !has[journey->customer][N_CHANNELS];
        has[journey->customer][N_CHANNELS] |= n_here > 0;
        count_switches(events, n, within_us, j, journey->customer, oracle);
    }
}

static uint32_t channel_at(const struct world *world, const struct sj_table *table, size_t row, const char *column) {
    uint32_t channel = 1;
    while (channel < N_CHANNELS && !text_is(table, row, column, world->names[channel]))
        channel++;
    assert_true(channel < N_CHANNELS);
    return channel;
}

static void check_channels(const struct world *world, const struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "channels");
    int64_t n_events = 0;
    size_t n = 0;
    for (int c = 1; c < N_CHANNELS; c++) {
        n += oracle->events[c] > 0;
        n_events += oracle->events[c];
    }
    assert_int_equal(table->n_rows, n);
    for (size_t row = 0; row < n; row++) {
        const uint32_t c = channel_at(world, table, row, "channel");
        assert_int_equal(i64_of(table, row, "events"), oracle->events[c]);
        assert_true(cell_of(table, row, "of_events")->f64 == (double)oracle->events[c] / (double)n_events);
        assert_int_equal(i64_of(table, row, "journeys"), oracle->journeys[c]);
        assert_share(cell_of(table, row, "of_journeys"), oracle->journeys[c], oracle->n_journeys);
        assert_int_equal(i64_of(table, row, "customers"), oracle->customers[c]);
        assert_share(cell_of(table, row, "of_customers"), oracle->customers[c], oracle->n_customers);
        assert_share(cell_of(table, row, "only"), oracle->only[c], oracle->journeys[c]);
    }
}

static void check_pairs(const struct world *world, struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *switches = sj_result_find(result, "switches"), *bounces = sj_result_find(result, "bounces");
    const struct sj_table *summary = sj_result_find(result, "summary");
    int64_t n_switches = 0, n_bounces = 0;
    size_t n_rows = 0, n_bounce_rows = 0;
    for (int a = 1; a < N_CHANNELS; a++)
        for (int b = 1; b < N_CHANNELS; b++) {
            n_switches += oracle->pairs[a][b].count;
            n_bounces += oracle->pairs[a][b].bounces;
            n_rows += oracle->pairs[a][b].count > 0;
            n_bounce_rows += oracle->pairs[a][b].bounces > 0;
        }
    assert_int_equal(switches->n_rows, n_rows);
    for (size_t row = 0; row < n_rows; row++) {
        const uint32_t from = channel_at(world, switches, row, "from");
        struct pair *pair = &oracle->pairs[from][channel_at(world, switches, row, "to")];
        assert_int_equal(i64_of(switches, row, "count"), pair->count);
        assert_int_equal(i64_of(switches, row, "journeys"), pair->journeys);
        assert_int_equal(i64_of(switches, row, "customers"), pair->customers);
        assert_share(cell_of(switches, row, "share"), pair->journeys, oracle->journeys[from]);
        assert_int_equal(i64_of(switches, row, "median"), plain_quantile(pair->times_us, (size_t)pair->count, 50));
        assert_int_equal(i64_of(switches, row, "p90"), plain_quantile(pair->times_us, (size_t)pair->count, 90));
    }
    assert_int_equal(bounces->n_rows, n_bounce_rows);
    for (size_t row = 0; row < n_bounce_rows; row++) {
        const struct pair *pair = &oracle->pairs[channel_at(world, bounces, row, "channel")][channel_at(world, bounces, row, "via")];
        assert_int_equal(i64_of(bounces, row, "count"), pair->bounces);
        assert_int_equal(i64_of(bounces, row, "journeys"), pair->bounce_journeys);
        assert_int_equal(i64_of(bounces, row, "customers"), pair->bounce_customers);
        assert_share(cell_of(bounces, row, "share"), pair->bounce_journeys, pair->journeys);
    }
    assert_int_equal(i64_of(summary, 0, "journeys"), oracle->n_journeys);
    assert_int_equal(i64_of(summary, 0, "switches"), n_switches);
    assert_int_equal(i64_of(summary, 0, "bounces"), n_bounces);
    if (oracle->n_journeys > 0)
        assert_share(cell_of(summary, 0, "several"), oracle->n_several, oracle->n_journeys);
}

static void test_random_worlds_equal_the_oracle(void **state) {
    (void)state;
    static struct oracle oracle;
    struct sj_random random;
    sj_random_init(&random, 51);
    for (int round = 0; round < 1500; round++) {
        const struct world_size size = {1 + below(&random, 30), 3, 1 + below(&random, 4), 1 + below(&random, 12),
                                        round % 5 == 0 ? 0 : SJ_US_HOUR};
        const struct sj_arg args[1] = {{.i64 = (int64_t)below(&random, 3) * SJ_US_HOUR}};
        struct world world;
        struct sj_result result;
        make_world(&random, &size, &world);
        expect(&world, args[0].i64, &oracle);
        check_ways(&world, sj_analysis_find("channels"), args, &random, &result);
        check_channels(&world, &oracle, &result);
        check_pairs(&world, &oracle, &result);
        assert_int_equal(note_of(&result, "no_channel") != NULL, oracle.n_journeys == 0);
        sj_result_done(&result);
    }
}

/* One journey: 1 at 0 and 10 s, 2 at 20 s, none at 25 s, 1 at 30 s: back 20 s after the last event in 1. */
static void test_the_border_of_a_bounce(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 52);
    for (int64_t less = 0; less < 2; less++) {
        const struct sj_arg args[1] = {{.i64 = 20 * SJ_US_SECOND - less}};
        struct world world;
        struct sj_result result;
        parse_world("A0 A10 B20 C25 A30", &world);
        world.n_channels = N_CHANNELS;
        static const uint8_t channels[] = {1, 1, 2, 0, 1};
        for (size_t i = 0; i < sizeof channels; i++)
            world.events[i].channel = channels[i];
        check_ways(&world, sj_analysis_find("channels"), args, &random, &result);
        assert_int_equal(i64_of(sj_result_find(&result, "summary"), 0, "switches"), 2);
        assert_int_equal(i64_of(sj_result_find(&result, "summary"), 0, "bounces"), 1 - less);
        sj_result_done(&result);
    }
}

static void test_memory(void **state) {
    (void)state;
    struct sj_random random;
    struct world world;
    const struct world_size size = {12, 3, 2, 6, SJ_US_SECOND};
    const struct sj_arg args[1] = {{.i64 = SJ_US_HOUR}};
    sj_random_init(&random, 53);
    make_world(&random, &size, &world);
    check_memory(&world, sj_analysis_find("channels"), args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_oracle),
        cmocka_unit_test(test_the_border_of_a_bounce),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
