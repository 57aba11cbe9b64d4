#include "analysis/world.h"

enum { TOUCHPOINTS_MAX = 8 };

/* All of it, plainly: the hidden touchpoints taken out, then every pair counted. */
struct oracle {
    size_t n_occur, n_kept;
    bool hidden[NAMES_MAX];
    int64_t count[NAMES_MAX][NAMES_MAX], customers[NAMES_MAX][NAMES_MAX];
    size_t last_customer[NAMES_MAX][NAMES_MAX]; /* 1 + customer */
    int64_t starts[NAMES_MAX], ends[NAMES_MAX], events[NAMES_MAX];
    int64_t n_shown;
};

static size_t share_of(double share, size_t n) {
    size_t k = 1;
    while (k < n && (double)k + 1e-9 < share * (double)n)
        k++;
    return n == 0 ? 0 : k;
}

/* Hides all but the touchpoints in most journeys; ties by name. */
static void hide(const struct world *world, double share, struct oracle *oracle) {
    int64_t journeys[NAMES_MAX] = {0};
    for (size_t j = 0; j < world->n_journeys; j++) {
        bool seen[NAMES_MAX] = {false};
        for (size_t i = 0; i < world->journeys[j].n; i++) {
            uint16_t touchpoint = world->events[world->journeys[j].first + i].touchpoint;
            journeys[touchpoint] += !seen[touchpoint];
            seen[touchpoint] = true;
        }
    }
    for (uint32_t t = 0; t < world->n_touchpoints; t++)
        oracle->n_occur += journeys[t] > 0;
    oracle->n_kept = share < 1 ? share_of(share, oracle->n_occur) : oracle->n_occur;
    for (uint32_t t = 0; t < world->n_touchpoints; t++) {
        size_t n_before = 0;
        for (uint32_t u = 0; u < world->n_touchpoints; u++)
            n_before += journeys[u] > journeys[t] || (journeys[u] == journeys[t] && sj_str_cmp(world->names[u], world->names[t]) < 0);
        oracle->hidden[t] = n_before >= oracle->n_kept;
    }
}

/* The events of a journey that are left. */
static size_t project(const struct world *world, const struct oracle *oracle, size_t j, const struct event *ret_left[EVENTS_MAX]) {
    size_t n = 0;
    for (size_t i = 0; i < world->journeys[j].n; i++) {
        const struct event *event = &world->events[world->journeys[j].first + i];
        if (!oracle->hidden[event->touchpoint])
            ret_left[n++] = event;
    }
    return n;
}

static void expect(const struct world *world, double share, struct oracle *oracle) {
    memset(oracle, 0, sizeof *oracle);
    hide(world, share, oracle);
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct event *left[EVENTS_MAX];
        size_t n = project(world, oracle, j, left);
        if (n == 0)
            continue;
        oracle->n_shown++;
        oracle->starts[left[0]->touchpoint]++;
        oracle->ends[left[n - 1]->touchpoint]++;
        for (size_t i = 0; i < n; i++) {
            oracle->events[left[i]->touchpoint]++;
            if (i == 0)
                continue;
            uint16_t a = left[i - 1]->touchpoint, b = left[i]->touchpoint;
            oracle->count[a][b]++;
            oracle->customers[a][b] += oracle->last_customer[a][b] != world->journeys[j].customer + 1;
            oracle->last_customer[a][b] = world->journeys[j].customer + 1;
        }
    }
}

static uint16_t code_of(const struct world *world, const struct sj_table *table, size_t row, const char *column) {
    for (uint32_t t = 0; t < world->n_touchpoints; t++)
        if (text_is(table, row, column, world->names[t]))
            return (uint16_t)t;
    fail_msg("row %zu has an unknown touchpoint", row);
    return 0;
}

static void check_times(const struct world *world, const struct oracle *oracle, uint16_t a, uint16_t b, const struct sj_table *links,
                        size_t row, bool quantiles) {
    int64_t times[EVENTS_MAX], sum = 0;
    size_t n = 0;
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct event *left[EVENTS_MAX];
        size_t n_left = project(world, oracle, j, left);
        for (size_t i = 1; i < n_left; i++)
            if (left[i - 1]->touchpoint == a && left[i]->touchpoint == b)
                times[n++] = left[i]->time_us - left[i - 1]->time_us;
    }
    for (size_t i = 0; i < n; i++)
        sum += times[i];
    assert_int_equal(i64_of(links, row, "mean"), (2 * sum + (int64_t)n) / (2 * (int64_t)n));
    assert_int_equal(cell_of(links, row, "median")->known, quantiles);
    if (!quantiles)
        return;
    assert_int_equal(i64_of(links, row, "median"), plain_quantile(times, n, 50));
    assert_int_equal(i64_of(links, row, "p90"), plain_quantile(times, n, 90));
}

/* In order, each right, and none kept twice. Fills ret_kept. */
static void check_links(const struct world *world, const struct oracle *oracle, bool quantiles, const struct sj_table *links,
                        bool ret_kept[TOUCHPOINTS_MAX][TOUCHPOINTS_MAX]) {
    for (size_t row = 0; row < links->n_rows; row++) {
        uint16_t a = code_of(world, links, row, "from"), b = code_of(world, links, row, "to");
        assert_false(ret_kept[a][b]);
        ret_kept[a][b] = true;
        assert_int_equal(i64_of(links, row, "count"), oracle->count[a][b]);
        assert_int_equal(i64_of(links, row, "customers"), oracle->customers[a][b]);
        check_times(world, oracle, a, b, links, row, quantiles);
        if (row == 0)
            continue;
        int64_t before = i64_of(links, row - 1, "count"), now = i64_of(links, row, "count");
        int order = sj_str_cmp(cell_of(links, row - 1, "from")->text, cell_of(links, row, "from")->text);
        if (order == 0)
            order = sj_str_cmp(cell_of(links, row - 1, "to")->text, cell_of(links, row, "to")->text);
        assert_true(before > now || (before == now && order < 0));
    }
}

enum { NODES = TOUCHPOINTS_MAX + 2, START = TOUCHPOINTS_MAX, END = TOUCHPOINTS_MAX + 1 };

/* The width of the widest way between all nodes (Floyd and Warshall). */
static void widest_ways(const struct oracle *oracle, bool kept[TOUCHPOINTS_MAX][TOUCHPOINTS_MAX], int64_t width[NODES][NODES]) {
    memset(width, 0, sizeof(int64_t) * NODES * NODES);
    for (size_t a = 0; a < TOUCHPOINTS_MAX; a++) {
        width[START][a] = oracle->starts[a];
        width[a][END] = oracle->ends[a];
        for (size_t b = 0; b < TOUCHPOINTS_MAX; b++)
            width[a][b] = kept == NULL || kept[a][b] ? oracle->count[a][b] : 0;
    }
    for (size_t via = 0; via < NODES; via++)
        for (size_t a = 0; a < NODES; a++)
            for (size_t b = 0; b < NODES; b++) {
                int64_t narrow = width[a][via] < width[via][b] ? width[a][via] : width[via][b];
                width[a][b] = width[a][b] > narrow ? width[a][b] : narrow;
            }
}

/* The most frequent links are there; with what else is kept every touchpoint is reached, and leads to the end, as widely as with
 * all links; and no more than two more links for each touchpoint are kept for that. */
static void check_choice(const struct world *world, const struct oracle *oracle, double share,
                         bool kept[TOUCHPOINTS_MAX][TOUCHPOINTS_MAX]) {
    size_t n_links = 0, n_kept = 0, n_forced = 0;
    int64_t all[NODES][NODES], shown[NODES][NODES];
    for (size_t a = 0; a < world->n_touchpoints; a++)
        for (size_t b = 0; b < world->n_touchpoints; b++) {
            n_links += oracle->count[a][b] > 0;
            n_kept += kept[a][b];
        }
    size_t n_wanted = share_of(share, n_links);
    for (size_t a = 0; a < world->n_touchpoints; a++)
        for (size_t b = 0; b < world->n_touchpoints; b++) {
            size_t n_before = 0;
            for (size_t c = 0; c < world->n_touchpoints; c++)
                for (size_t d = 0; d < world->n_touchpoints; d++) {
                    int order = c == a ? 0 : sj_str_cmp(world->names[c], world->names[a]);
                    order = order == 0 && d != b ? sj_str_cmp(world->names[d], world->names[b]) : order;
                    n_before += oracle->count[c][d] > oracle->count[a][b] || (oracle->count[c][d] == oracle->count[a][b] && order < 0);
                }
            if (n_before < n_wanted)
                assert_true(kept[a][b] || oracle->count[a][b] == 0);
            else
                n_forced += kept[a][b];
        }
    assert_true(n_kept >= n_wanted && n_forced <= 2 * oracle->n_kept);
    widest_ways(oracle, NULL, all);
    widest_ways(oracle, kept, shown);
    for (size_t t = 0; t < world->n_touchpoints; t++) {
        if (oracle->events[t] > 0)
            assert_true(shown[START][t] > 0 && shown[t][END] > 0);
        assert_int_equal(shown[START][t], all[START][t]);
        assert_int_equal(shown[t][END], all[t][END]);
    }
}

static int64_t count_whole(const struct world *world, const struct oracle *oracle, bool kept[TOUCHPOINTS_MAX][TOUCHPOINTS_MAX]) {
    int64_t n_whole = 0;
    for (size_t j = 0; j < world->n_journeys; j++) {
        bool whole = true;
        for (size_t i = 0; i < world->journeys[j].n; i++) {
            const struct event *event = &world->events[world->journeys[j].first + i];
            whole = whole && !oracle->hidden[event->touchpoint] && (i == 0 || kept[event[-1].touchpoint][event->touchpoint]);
        }
        n_whole += whole;
    }
    return n_whole;
}

static void check_ends(const struct world *world, const int64_t *counts, int64_t n_all, const struct sj_table *table) {
    int64_t n = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        uint16_t touchpoint = code_of(world, table, row, "touchpoint");
        assert_int_equal(i64_of(table, row, "count"), counts[touchpoint]);
        n += counts[touchpoint];
        if (n_all >= 0)
            assert_share(cell_of(table, row, "share"), counts[touchpoint], n_all);
    }
    for (uint32_t t = 0; t < world->n_touchpoints; t++)
        n -= counts[t];
    assert_int_equal(n, 0); /* none is missing */
}

static void check_answer(const struct world *world, const struct sj_arg *args, struct oracle *oracle, const struct sj_result *result) {
    bool kept[TOUCHPOINTS_MAX][TOUCHPOINTS_MAX] = {{false}};
    expect(world, args[0].f64, oracle);
    check_links(world, oracle, args[2].i64 != 0, sj_result_find(result, "links"), kept);
    check_choice(world, oracle, args[1].f64, kept);
    check_ends(world, oracle->starts, oracle->n_shown, sj_result_find(result, "starts"));
    check_ends(world, oracle->ends, oracle->n_shown, sj_result_find(result, "ends"));
    check_ends(world, oracle->events, -1, sj_result_find(result, "touchpoints"));
    const char *note = note_of(result, "shown");
    assert_int_equal(note != NULL, args[0].f64 < 1 || args[1].f64 < 1);
    if (note == NULL)
        return;
    long long n_whole = -1, n_all = -1;
    assert_int_equal(sscanf(note, "%lld of %lld", &n_whole, &n_all), 2);
    assert_int_equal(n_whole, count_whole(world, oracle, kept));
    assert_int_equal(n_all, world->n_journeys);
}

static void test_random_worlds_equal_the_oracle(void **state) {
    (void)state;
    static struct oracle oracle;
    struct sj_random random;
    sj_random_init(&random, 41);
    for (int round = 0; round < 800; round++) {
        struct world_size size = {1 + below(&random, 20), 1 + below(&random, TOUCHPOINTS_MAX), 1 + below(&random, 3),
                                  1 + below(&random, 12), round % 5 == 0 ? 0 : SJ_US_HOUR};
        struct world world;
        struct sj_result result;
        struct sj_arg args[3] = {{.f64 = 1}, {.f64 = 1}, {.i64 = round % 3 != 0}};
        if (below(&random, 2) == 0)
            args[0].f64 = (double)below(&random, 100) / 100;
        if (below(&random, 2) == 0)
            args[1].f64 = (double)below(&random, 100) / 100;
        make_world(&random, &size, &world);
        check_ways(&world, sj_analysis_find("flow"), args, &random, &result);
        check_answer(&world, args, &oracle, &result);
        sj_result_done(&result);
    }
}

/* More touchpoints than the dense table takes: the same worlds, with codes far apart, must give the same answers. */
static void test_large_alphabets_equal_small_ones(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 42);
    for (int round = 0; round < 300; round++) {
        struct world_size size = {1 + below(&random, 20), 8, 2, 8, SJ_US_HOUR};
        static struct world world, spread;
        struct sj_result small, large;
        struct sj_arg args[3] = {{.f64 = round % 2 ? 1 : 0.6}, {.f64 = round % 3 ? 1 : 0.4}, {.i64 = 1}};
        make_world(&random, &size, &world);
        spread = world;
        spread.n_touchpoints = NAMES_MAX;
        for (uint32_t i = 0; i < NAMES_MAX; i++)
            spread.names[i] = sj_str(spread.text[i]);
        for (uint32_t t = 0; t < 8; t++)
            spread.names[t * 49 + 3] = world.names[t];
        for (size_t i = 0; i < spread.n_events; i++)
            spread.events[i].touchpoint = (uint16_t)(spread.events[i].touchpoint * 49 + 3);
        check_ways(&world, sj_analysis_find("flow"), args, &random, &small);
        check_ways(&spread, sj_analysis_find("flow"), args, &random, &large);
        assert_same_result(&small, &large);
        sj_result_done(&small);
        sj_result_done(&large);
    }
}

/* The largest alphabet there can be. */
static void test_65535_touchpoints(void **state) {
    (void)state;
    enum { N = 65535 };
    struct sj_str *names = calloc(N, sizeof *names);
    char(*text)[8] = calloc(N, sizeof *text);
    uint16_t *touchpoint = calloc(2 * N, sizeof *touchpoint);
    int64_t *time_us = calloc(2 * N, sizeof *time_us);
    for (size_t i = 0; i < N; i++) {
        snprintf(text[i], sizeof text[i], "%05zu", i);
        names[i] = sj_str(text[i]);
    }
    for (size_t i = 0; i < 2 * N; i++) {
        touchpoint[i] = (uint16_t)(i % N);
        time_us[i] = (int64_t)i * SJ_US_SECOND;
    }
    const uint32_t offsets[] = {0, 2 * N}, customer[] = {0};
    struct sj_batch batch = {.n_customers = 1,
                             .n_journeys = 1,
                             .n_events = 2 * N,
                             .customer = customer,
                             .offsets = offsets,
                             .touchpoint = touchpoint,
                             .time_us = time_us};
    struct sj_arena arena;
    struct sj_result result;
    struct sj_arg args[3] = {{.f64 = 1}, {.f64 = 0.5}, {.i64 = 1}};
    sj_arena_init(&arena, sj_alloc_libc());
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    struct sj_job job = {
        .mem = sj_alloc_libc(), .arena = &arena, .args = args, .touchpoints = names, .n_touchpoints = N, .to_us = 2 * N * SJ_US_SECOND};
    const struct sj_analysis *flow = sj_analysis_find("flow");
    assert_int_equal(flow->prepare(&job, NULL), SJ_OK);
    for (bool again = true; again;) {
        void *running;
        assert_int_equal(flow->start(&job, &running, NULL), SJ_OK);
        assert_int_equal(flow->absorb(&job, running, &batch, NULL), SJ_OK);
        assert_int_equal(flow->turn(&job, running, &again, NULL), SJ_OK);
        if (!again)
            assert_int_equal(flow->finish(&job, running, &result, NULL), SJ_OK);
        flow->drop(&job, running);
    }
    const struct sj_table *links = sj_result_find(&result, "links");
    assert_int_equal(links->n_rows, N - 1); /* a ring: only the way back to the first can be spared */
    assert_int_equal(i64_of(links, N - 2, "count"), 2);
    assert_true(text_is(links, N - 2, "to", names[N - 1]));
    assert_int_equal(i64_of(links, N - 2, "p90"), SJ_US_SECOND);
    sj_result_done(&result);
    sj_arena_done(&arena);
    free(names);
    free(text);
    free(touchpoint);
    free(time_us);
}

static void test_by_hand(void **state) {
    (void)state;
    struct world world;
    struct sj_random random;
    struct sj_result result;
    struct sj_arg args[3] = {{.f64 = 1}, {.f64 = 1}, {.i64 = 1}};
    sj_random_init(&random, 43);
    parse_world("A0 B10 C20, B21 A22 | A0 B30 | A5 B6 A7 B12", &world); /* between two journeys there is no link */
    check_ways(&world, sj_analysis_find("flow"), args, &random, &result);
    const struct sj_table *links = sj_result_find(&result, "links");
    assert_int_equal(links->n_rows, 3);
    assert_true(text_is(links, 0, "from", SJ_LIT("A")) && text_is(links, 0, "to", SJ_LIT("B")));
    assert_int_equal(i64_of(links, 0, "count"), 4);
    assert_int_equal(i64_of(links, 0, "customers"), 3);
    assert_int_equal(i64_of(links, 0, "mean"), 11500000); /* 10, 30, 1, 5 s */
    assert_int_equal(i64_of(links, 0, "median"), 7500000);
    assert_int_equal(i64_of(links, 0, "p90"), 24000000); /* at place 2.7 */
    assert_int_equal(i64_of(links, 1, "customers"), 2);  /* B A */
    assert_non_null(note_of(&result, "thin_data"));
    assert_non_null(note_of(&result, "thin_links"));
    sj_result_done(&result);
}

/* Times so far apart that their sum does not fit in 64 bits. */
static void test_sums_beyond_64_bits(void **state) {
    (void)state;
    struct world world = {.n_touchpoints = 1, .n_journeys = 100, .n_customers = 100, .n_channels = 1};
    struct sj_random random;
    struct sj_result result;
    struct sj_arg args[3] = {{.f64 = 1}, {.f64 = 1}, {.i64 = 1}};
    name_world(&world);
    for (uint32_t j = 0; j < 100; j++) {
        world.journeys[j] = (struct journey){j, 2 * (size_t)j, 2};
        world.events[2 * j].time_us = SJ_TIME_MIN;
        world.events[2 * j + 1].time_us = SJ_TIME_MAX - j % 2;
    }
    world.n_events = 200;
    sj_random_init(&random, 44);
    check_ways(&world, sj_analysis_find("flow"), args, &random, &result);
    const struct sj_table *links = sj_result_find(&result, "links");
    assert_int_equal(i64_of(links, 0, "mean"), SJ_TIME_MAX - SJ_TIME_MIN); /* a half is rounded upwards */
    assert_int_equal(i64_of(links, 0, "p90"), SJ_TIME_MAX - SJ_TIME_MIN);
    sj_result_done(&result);
}

static void test_nothing_there(void **state) {
    (void)state;
    struct world world = {.n_touchpoints = 0};
    struct sj_random random;
    struct sj_result result;
    struct sj_arg args[3] = {{.f64 = 0.5}, {.f64 = 0.5}, {.i64 = 1}};
    name_world(&world);
    sj_random_init(&random, 45);
    check_ways(&world, sj_analysis_find("flow"), args, &random, &result);
    for (size_t t = 0; t < result.n_tables; t++)
        assert_int_equal(result.tables[t].n_rows, 0);
    sj_result_done(&result);
}

static void test_memory(void **state) {
    (void)state;
    static struct world world;
    struct sj_random random;
    struct world_size size = {12, 5, 2, 6, SJ_US_SECOND};
    sj_random_init(&random, 46);
    make_world(&random, &size, &world);
    struct sj_arg hiding[3] = {{.f64 = 0.7}, {.f64 = 0.5}, {.i64 = 1}};
    check_memory(&world, sj_analysis_find("flow"), hiding);
    world.n_touchpoints = 300; /* hashed */
    check_memory(&world, sj_analysis_find("flow"), hiding);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_oracle),
        cmocka_unit_test(test_large_alphabets_equal_small_ones),
        cmocka_unit_test(test_65535_touchpoints),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_sums_beyond_64_bits),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
