#include "analysis/route_steps.h"
#include "analysis/world.h"

/* Where somebody is that is followed: a touchpoint, or one of these; whoever is gone stays gone. */
enum { END = -1, ARRIVED = -2, ANCHOR = -3, OTHER = -4 };
enum { FOLLOWED_MAX = EVENTS_MAX + JOURNEYS_MAX };

struct asked {
    int after, before; /* touchpoints; -1: none */
    bool end, fold;
    int64_t n_steps, count, top, width;
};

struct followed {
    int at[SJ_ROUTE_STEPS_MAX + 1]; /* by step, which counts from 1 */
    uint32_t customer;
};

struct oracle {
    struct followed all[FOLLOWED_MAX];
    size_t n;
};

/* ---- the oracle ---- */

static bool is_back(const struct asked *asked) { return asked->end || (asked->before >= 0 && asked->after < 0); }

/* The journey's touchpoints, folded when asked for. */
static size_t touchpoints_of(const struct world *world, const struct journey *journey, bool fold, int *ret_steps) {
    size_t n = 0;
    for (size_t i = 0; i < journey->n; i++) {
        const int touchpoint = world->events[journey->first + i].touchpoint;
        if (!fold || n == 0 || ret_steps[n - 1] != touchpoint)
            ret_steps[n++] = touchpoint;
    }
    return n;
}

/* From the place `from` in steps of `way` (1 or -1). */
static void follow(const struct asked *asked, const int *steps, size_t n, long from, int way, uint32_t customer, struct oracle *oracle) {
    struct followed *f = &oracle->all[oracle->n++];
    f->customer = customer;
    int gone = 0;
    for (int64_t step = 1; step <= asked->n_steps; step++, from += way) {
        f->at[step] = gone ? gone : from < 0 || from >= (long)n ? END : steps[from];
        if (!gone && f->at[step] == END)
            gone = END;
        else if (!gone && way > 0 && f->at[step] == asked->before)
            gone = ARRIVED;
    }
}

static void expect(const struct world *world, const struct asked *asked, struct oracle *oracle) {
    static int steps[EVENTS_MAX];
    oracle->n = 0;
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        const size_t n = touchpoints_of(world, journey, asked->fold, steps);
        const int anchor = is_back(asked) ? asked->before : asked->after, way = is_back(asked) ? -1 : 1;
        const bool known = oracle->n > 0 && oracle->all[oracle->n - 1].customer == journey->customer;
        if (asked->count == 1 && known)
            continue;
        if (anchor < 0)
            follow(asked, steps, n, way > 0 ? 0 : (long)n - 1, way, journey->customer, oracle);
        for (size_t i = 0; i < n && anchor >= 0; i++) {
            if (steps[i] != anchor)
                continue;
            follow(asked, steps, n, (long)i + way, way, journey->customer, oracle);
            if (asked->count != 2)
                break;
        }
    }
}

static int64_t count_at(const struct oracle *oracle, int64_t step, int place) {
    int64_t n = 0;
    for (size_t i = 0; i < oracle->n; i++)
        n += oracle->all[i].at[step] == place;
    return n;
}

/* Whether a touchpoint is among the `width` most frequent of its step. */
static bool is_kept(const struct world *world, const struct asked *asked, const struct oracle *oracle, int64_t step, int touchpoint) {
    const int64_t count = count_at(oracle, step, touchpoint);
    int64_t before = 0;
    for (int other = 0; other < (int)world->n_touchpoints; other++) {
        const int64_t others = count_at(oracle, step, other);
        before += others > count || (others == count && sj_str_cmp(world->names[other], world->names[touchpoint]) < 0);
    }
    return count > 0 && before < asked->width;
}

static int shown_at(const struct world *world, const struct asked *asked, const struct oracle *oracle, const struct followed *f,
                    int64_t step) {
    if (step == 0)
        return ANCHOR;
    return f->at[step] < 0 || is_kept(world, asked, oracle, step, f->at[step]) ? f->at[step] : OTHER;
}

/* ---- comparing ---- */

static struct sj_str label_of(const struct world *world, const struct asked *asked, int place) {
    const int anchor = is_back(asked) ? asked->before : asked->after;
    if (place == ANCHOR && anchor >= 0)
        place = anchor;
    if (place >= 0)
        return world->names[place];
    if (place == OTHER)
        return SJ_LIT("(other)");
    if (place == ARRIVED)
        return SJ_LIT("(arrived)");
    return is_back(asked) == (place == ANCHOR) ? SJ_LIT("(end)") : SJ_LIT("(start)");
}

static void check_links(const struct world *world, const struct asked *asked, const struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "links");
    const bool back = is_back(asked);
    int64_t left[SJ_ROUTE_STEPS_MAX + 1] = {0}, last_step = 0, last_count = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        const int64_t signed_step = i64_of(table, row, "step"), step = signed_step < 0 ? -signed_step : signed_step;
        const struct sj_str near = cell_of(table, row, back ? "to" : "from")->text, far = cell_of(table, row, back ? "from" : "to")->text;
        int64_t count = 0;
        assert_true(back == (signed_step < 0));
        for (size_t i = 0; i < oracle->n; i++) {
            const struct followed *f = &oracle->all[i];
            const bool is_gone = step > 1 && f->at[step - 1] < 0;
            count += !is_gone && f->at[step] != ARRIVED &&
                     sj_str_eq(label_of(world, asked, shown_at(world, asked, oracle, f, step - 1)), near) &&
                     sj_str_eq(label_of(world, asked, shown_at(world, asked, oracle, f, step)), far);
        }
        assert_true(count > 0);
        assert_int_equal(i64_of(table, row, "count"), count);
        assert_share(cell_of(table, row, "share"), count, (int64_t)oracle->n);
        assert_true(step > last_step || (step == last_step && count <= last_count));
        last_step = step;
        last_count = count;
        left[step] += count;
    }
    for (int64_t step = 1; step <= asked->n_steps; step++) {
        int64_t there = 0; /* who is not gone before the step */
        for (size_t i = 0; i < oracle->n; i++)
            there += oracle->all[i].at[step] != ARRIVED && (step == 1 || oracle->all[i].at[step - 1] >= 0);
        assert_int_equal(left[step], there);
    }
}

static void check_matrix(const struct world *world, const struct asked *asked, const struct oracle *oracle,
                         const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "matrix");
    int64_t sums[SJ_ROUTE_STEPS_MAX + 1] = {0};
    for (size_t row = 0; row < table->n_rows; row++) {
        const int64_t signed_step = i64_of(table, row, "step"), step = signed_step < 0 ? -signed_step : signed_step;
        const int64_t count = i64_of(table, row, "count");
        const struct sj_str name = cell_of(table, row, "touchpoint")->text;
        for (int place = ARRIVED; place < (int)world->n_touchpoints; place++) {
            if (sj_str_eq(label_of(world, asked, place), name))
                assert_int_equal(count, count_at(oracle, step, place));
        }
        assert_share(cell_of(table, row, "share"), count, (int64_t)oracle->n);
        sums[step] += count;
    }
    for (int64_t step = 1; step <= asked->n_steps; step++)
        assert_int_equal(sums[step], oracle->n);
}

/* Whether somebody goes exactly this way. */
static bool goes(const struct world *world, const struct asked *asked, const struct followed *f, const struct sj_route *route, bool ended) {
    const int64_t n = (int64_t)route->n_steps;
    for (int64_t step = 1; step <= n; step++) {
        const int place = f->at[step];
        if (place < 0 || !sj_str_eq(world->names[place], route->steps[is_back(asked) ? n - step : step - 1]))
            return false;
    }
    if (ended)
        return f->at[n + 1] == END;
    return n == asked->n_steps || f->at[n + 1] == ARRIVED;
}

static void check_routes(const struct world *world, const struct asked *asked, const struct oracle *oracle,
                         const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "routes"), *summary = sj_result_find(result, "summary");
    int64_t sum = 0, last = INT64_MAX;
    for (size_t row = 0; row < table->n_rows; row++) {
        const struct sj_route route = cell_of(table, row, "route")->route;
        const bool ended = i64_of(table, row, "ended") != 0;
        int64_t count = 0, customers = 0;
        uint32_t customer = UINT32_MAX;
        for (size_t i = 0; i < oracle->n; i++) {
            if (!goes(world, asked, &oracle->all[i], &route, ended))
                continue;
            count++;
            customers += oracle->all[i].customer != customer;
            customer = oracle->all[i].customer;
        }
        assert_int_equal(i64_of(table, row, "count"), count);
        assert_int_equal(i64_of(table, row, "customers"), customers);
        assert_share(cell_of(table, row, "share"), count, (int64_t)oracle->n);
        assert_true(count > 0 && count <= last);
        last = count;
        sum += count;
    }
    const int64_t n_routes = i64_of(summary, 0, "routes");
    assert_int_equal(table->n_rows, n_routes < asked->top ? n_routes : asked->top);
    assert_true(n_routes > asked->top || sum == (int64_t)oracle->n);
}

static void check_summary(const struct asked *asked, const struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "summary");
    int64_t customers = 0, arrived = 0;
    for (size_t i = 0; i < oracle->n; i++) {
        customers += i == 0 || oracle->all[i].customer != oracle->all[i - 1].customer;
        bool here = false;
        for (int64_t step = 1; step <= asked->n_steps; step++)
            here = here || oracle->all[i].at[step] == asked->before;
        arrived += here;
    }
    assert_int_equal(i64_of(table, 0, "count"), oracle->n);
    assert_int_equal(i64_of(table, 0, "customers"), customers);
    if (asked->after >= 0 && asked->before >= 0 && oracle->n > 0)
        assert_share(cell_of(table, 0, "arrived"), arrived, (int64_t)oracle->n);
    else
        assert_false(cell_of(table, 0, "arrived")->known);
}

static void ask(const struct world *world, const struct asked *asked, struct sj_random *random, struct sj_result *result) {
    const uint16_t after = (uint16_t)asked->after, before = (uint16_t)asked->before;
    const struct sj_arg args[] = {{.codes = &after, .n_codes = asked->after >= 0},
                                  {.codes = &before, .n_codes = asked->before >= 0},
                                  {.i64 = asked->end},
                                  {.i64 = asked->n_steps},
                                  {.i64 = asked->count},
                                  {.i64 = asked->fold},
                                  {.i64 = asked->top},
                                  {.i64 = asked->width}};
    check_ways(world, sj_analysis_find("routes"), args, random, result);
}

static void test_random_worlds_equal_the_oracle(void **state) {
    (void)state;
    static struct oracle oracle;
    struct sj_random random;
    sj_random_init(&random, 31);
    for (int round = 0; round < 1500; round++) {
        const struct world_size size = {1 + below(&random, 20), 1 + below(&random, 6), 1 + below(&random, 3), 1 + below(&random, 9),
                                        SJ_US_HOUR};
        struct asked asked = {
            -1, -1, false, below(&random, 2), 1 + below(&random, 6), below(&random, 3), 1 + below(&random, 9), 1 + below(&random, 5)};
        struct world world;
        struct sj_result result;
        make_world(&random, &size, &world);
        asked.after = below(&random, 2) ? (int)below(&random, world.n_touchpoints) : -1;
        asked.before = below(&random, 2) ? (int)below(&random, world.n_touchpoints) : -1;
        asked.end = asked.after < 0 && asked.before < 0 && below(&random, 2);
        expect(&world, &asked, &oracle);
        ask(&world, &asked, &random, &result);
        check_summary(&asked, &oracle, &result);
        check_routes(&world, &asked, &oracle, &result);
        check_links(&world, &asked, &oracle, &result);
        check_matrix(&world, &asked, &oracle, &result);
        sj_result_done(&result);
    }
}

/* The picture in route_steps.h. */
static void test_by_hand(void **state) {
    (void)state;
    static const struct {
        int64_t step;
        const char *from, *to, *kind;
        int64_t count;
    } links[] = {{1, "(start)", "A", "touchpoint", 4}, {1, "(start)", "B", "touchpoint", 2}, {2, "A", "B", "touchpoint", 3},
                 {2, "A", "(end)", "end", 1},          {2, "B", "A", "touchpoint", 1},       {2, "B", "(end)", "end", 1}};
    struct world world;
    struct sj_random random;
    struct sj_result result;
    const struct asked asked = {-1, -1, false, false, 2, 0, 20, 7};
    sj_random_init(&random, 32);
    parse_world("A0 B1, A5 B6 C7 | A1 B2 | A0 | B3 A4 | B0", &world);
    ask(&world, &asked, &random, &result);
    const struct sj_table *table = sj_result_find(&result, "links");
    assert_int_equal(table->n_rows, sizeof links / sizeof *links);
    for (size_t row = 0; row < table->n_rows; row++) {
        assert_int_equal(i64_of(table, row, "step"), links[row].step);
        assert_true(text_is(table, row, "from", sj_str(links[row].from)));
        assert_true(text_is(table, row, "to", sj_str(links[row].to)));
        assert_true(text_is(table, row, "kind", sj_str(links[row].kind)));
        assert_int_equal(i64_of(table, row, "count"), links[row].count);
    }
    assert_non_null(note_of(&result, "unit"));
    sj_result_done(&result);
}

static void test_an_anchor_that_nobody_has(void **state) {
    (void)state;
    struct world world;
    struct sj_random random;
    struct sj_result result;
    const struct asked asked = {25, -1, false, false, 3, 0, 20, 7};
    sj_random_init(&random, 33);
    parse_world("A0 B1 | B0", &world);
    ask(&world, &asked, &random, &result);
    assert_int_equal(sj_result_find(&result, "routes")->n_rows, 0);
    assert_int_equal(sj_result_find(&result, "links")->n_rows, 0);
    assert_int_equal(sj_result_find(&result, "matrix")->n_rows, 0);
    assert_non_null(note_of(&result, "nothing_followed"));
    sj_result_done(&result);
}

static void test_memory(void **state) {
    (void)state;
    struct sj_random random;
    struct world world;
    const struct world_size size = {12, 3, 2, 6, SJ_US_SECOND};
    const struct sj_arg args[] = {{.n_codes = 0}, {.n_codes = 0}, {.i64 = 0}, {.i64 = 3}, {.i64 = 0}, {.i64 = 1}, {.i64 = 5}, {.i64 = 1}};
    sj_random_init(&random, 34);
    make_world(&random, &size, &world);
    check_memory(&world, sj_analysis_find("routes"), args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_oracle),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_an_anchor_that_nobody_has),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
