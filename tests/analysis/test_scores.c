/* Scores against the plain way: the answers of each customer written down and counted one by one. */
#include <math.h>
#include "analysis/world.h"

extern const struct sj_analysis sj_scores;

enum {
    ARG_SCALE,
    ARG_MAX,
    ARG_LOW_IS_GOOD,
    ARG_SCORE,
    ARG_KIND,
    ARG_ANSWERS,
    ARG_BY,
    ARG_OVER,
    ARG_WINDOW,
    ARG_NEAR,
    ARG_INVITED,
    ARG_WITHIN,
    N_ARGS,
};
enum { NPS, CSAT, CES };
#define ALL 1

struct answer {
    const struct event *event;
    const struct journey *journey;
    int64_t score;
    bool latest; /* of its customer */
};

struct answers {
    struct answer at[EVENTS_MAX];
    size_t n, n_invalid, n_customers;
};

static int64_t highest(const struct sj_arg *args) {
    static const int64_t usual[] = {10, 5, 7};
    return args[ARG_MAX].i64 > 0 ? args[ARG_MAX].i64 : usual[args[ARG_SCALE].i64];
}

static bool is_asked_about(const struct world *world, const struct sj_arg *args, const struct event *event) {
    if (args[ARG_KIND].dimension == SJ_NO_CODE)
        return true;
    return event->code != SJ_NO_CODE && sj_str_eq_nocase(world->names[event->code], SJ_LIT("nps"));
}

static struct answers find_answers(const struct world *world, const struct sj_arg *args) {
    struct answers found = {.n = 0};
    for (uint32_t customer = 0; customer < world->n_customers; customer++) {
        struct answer *last = NULL;
        for (size_t j = 0; j < world->n_journeys; j++) {
            const struct journey *journey = &world->journeys[j];
            for (size_t i = journey->first; i < journey->first + journey->n && journey->customer == customer; i++) {
                const struct event *event = &world->events[i];
                const int64_t score = event->amount / 1000000;
                if (event->amount == SJ_NO_AMOUNT || !is_asked_about(world, args, event))
                    continue;
                if (score < (args[ARG_SCALE].i64 == NPS ? 0 : 1) || score > highest(args) || event->amount % 1000000 != 0) {
                    found.n_invalid++;
                    continue;
                }
                struct answer *answer = &found.at[found.n++];
                *answer = (struct answer){event, journey, score, false};
                if (last == NULL || event->time_us >= last->event->time_us)
                    last = answer;
            }
        }
        if (last != NULL)
            last->latest = true;
        found.n_customers += last != NULL;
    }
    return found;
}

/* ---- what is said of some answers ---- */

struct plain {
    int64_t n, good, bad;
    double sum;
};

static void add(const struct sj_arg *args, struct plain *plain, int64_t score) {
    const int64_t max = highest(args), scale = args[ARG_SCALE].i64;
    const double middle = (1 + (double)max) / 2;
    bool good = scale == NPS ? score == 9 || score == 10 : scale == CSAT ? score == max || score == max - 1 : (double)score > middle;
    bool bad = scale == NPS ? score < 7 : scale == CES && (double)score < middle;
    if (scale == CES && args[ARG_LOW_IS_GOOD].i64 != 0) {
        const bool swapped = good;
        good = bad;
        bad = swapped;
    }
    plain->n++;
    plain->good += good;
    plain->bad += bad;
    plain->sum += (double)score;
}

static double points(const struct sj_arg *args, const struct plain *plain) {
    return 100.0 * (double)(plain->good - (args[ARG_SCALE].i64 == NPS ? plain->bad : 0)) / (double)plain->n;
}

static void check_figures(const struct sj_table *table, size_t row, const struct sj_arg *args, const struct plain *plain) {
    const struct sj_cell *score = cell_of(table, row, "score"), *mean = cell_of(table, row, "mean");
    assert_int_equal(i64_of(table, row, "answers"), plain->n);
    assert_int_equal(score->known, plain->n > 0);
    assert_int_equal(mean->known, plain->n > 0);
    if (plain->n == 0)
        return;
    assert_true(fabs(score->estimate.value - points(args, plain)) < 1e-9);
    assert_int_equal(score->estimate.n, plain->n);
    assert_true(score->estimate.low < score->estimate.high);
    assert_true(fabs(mean->estimate.value - plain->sum / (double)plain->n) < 1e-9);
}

/* A difference is there where there is something to compare with, and an arrow only where its interval does not hold zero. */
static void check_difference(const struct sj_table *table, size_t row, const char *column, const struct sj_arg *args,
                             const struct plain *one, const struct plain *other) {
    const struct sj_cell *difference = cell_of(table, row, column), *arrow = cell_of(table, row, "arrow");
    assert_int_equal(difference->known, one->n > 0 && other->n > 0);
    assert_int_equal(arrow->known, difference->known);
    if (!difference->known)
        return;
    assert_int_equal(difference->estimate.n, one->n + other->n);
    if (args[ARG_SCALE].i64 != NPS) /* of nps it is the middle of the adjusted interval */
        assert_true(fabs(difference->estimate.value - (points(args, one) - points(args, other))) < 1e-9);
    if (sj_str_eq(arrow->text, SJ_LIT("▲")))
        assert_true(difference->estimate.value > 0);
    else if (sj_str_eq(arrow->text, SJ_LIT("▼")))
        assert_true(difference->estimate.value < 0);
    else
        assert_int_equal(arrow->text.n, 0);
}

static bool counts(const struct sj_arg *args, const struct answer *answer) { return args[ARG_ANSWERS].i64 == ALL || answer->latest; }

/* ---- tables ---- */

static void check_summary(const struct sj_result *result, const struct sj_arg *args, const struct answers *answers) {
    const struct sj_table *summary = sj_result_find(result, "summary"), *distribution = sj_result_find(result, "distribution");
    struct plain all = {0};
    for (size_t i = 0; i < answers->n; i++)
        if (counts(args, &answers->at[i]))
            add(args, &all, answers->at[i].score);
    check_figures(summary, 0, args, &all);
    assert_int_equal(i64_of(summary, 0, "customers"), answers->n_customers);
    assert_int_equal(i64_of(summary, 0, "all_answers"), answers->n);
    assert_int_equal(note_of(result, "off_scale") != NULL, answers->n_invalid > 0);
    assert_int_equal(note_of(result, "no_answers") != NULL, answers->n == 0);
    assert_int_equal(distribution->n_rows, all.n == 0 ? 0 : highest(args) + (args[ARG_SCALE].i64 == NPS));
    for (size_t row = 0; row < distribution->n_rows; row++) {
        int64_t n = 0;
        assert_int_equal(i64_of(distribution, row, "value"), highest(args) - (int64_t)row);
        for (size_t i = 0; i < answers->n; i++)
            n += counts(args, &answers->at[i]) && answers->at[i].score == i64_of(distribution, row, "value");
        assert_int_equal(i64_of(distribution, row, "answers"), n);
        assert_share(cell_of(distribution, row, "share"), n, all.n);
    }
}

/* Whether a touchpoint (or value, by the text) belongs to an answer. */
typedef bool belongs(const struct world *world, const struct sj_arg *args, const struct answer *answer, struct sj_str name);

static bool is_at(const struct world *world, const struct sj_arg *args, const struct answer *answer, struct sj_str name) {
    (void)args;
    return sj_str_eq(world->names[answer->event->touchpoint], name);
}

static bool has_value(const struct world *world, const struct sj_arg *args, const struct answer *answer, struct sj_str name) {
    (void)args;
    return answer->event->code == SJ_NO_CODE ? sj_str_eq(name, SJ_LIT("(none)")) : sj_str_eq(world->names[answer->event->code], name);
}

static bool is_before(const struct world *world, const struct sj_arg *args, const struct answer *answer, struct sj_str name) {
    for (const struct event *event = &world->events[answer->journey->first]; event < answer->event; event++)
        if (sj_str_eq(world->names[event->touchpoint], name) && answer->event->time_us - event->time_us <= args[ARG_NEAR].i64)
            return true;
    return false;
}

static bool is_after(const struct world *world, const struct sj_arg *args, const struct answer *answer, struct sj_str name) {
    const struct event *end = &world->events[answer->journey->first] + answer->journey->n;
    for (const struct event *event = answer->event + 1; event < end; event++)
        if (sj_str_eq(world->names[event->touchpoint], name) && event->time_us - answer->event->time_us <= args[ARG_NEAR].i64)
            return true;
    return false;
}

static void check_parts(const struct world *world, const struct sj_arg *args, const struct answers *answers, const struct sj_table *table,
                        belongs *belong) {
    int64_t n_last = INT64_MAX;
    for (size_t row = 0; row < table->n_rows; row++) {
        struct plain part = {0}, rest = {0};
        const struct sj_str name = sj_table_cell(table, row, 0)->text;
        for (size_t i = 0; i < answers->n; i++)
            if (counts(args, &answers->at[i]))
                add(args, belong(world, args, &answers->at[i], name) ? &part : &rest, answers->at[i].score);
        if (sj_str_eq(name, SJ_LIT("(other)")))
            continue;
        check_figures(table, row, args, &part);
        check_difference(table, row, "difference", args, &part, &rest);
        assert_true(part.n > 0 && (part.n <= n_last || sj_str_eq(name, SJ_LIT("(none)"))));
        n_last = part.n;
    }
}

static size_t n_touchpoints_met(const struct world *world, const struct sj_arg *args, const struct answers *answers, belongs *belong) {
    size_t n = 0;
    for (uint32_t code = 0; code < world->n_touchpoints; code++) {
        bool met = false;
        for (size_t i = 0; i < answers->n && !met; i++)
            met = counts(args, &answers->at[i]) && belong(world, args, &answers->at[i], world->names[code]);
        n += met;
    }
    return n;
}

/* The answers whose time lies in the window of periods that ends with a row; of a customer the latest of them, or all. */
static struct plain plain_window(const struct sj_arg *args, const struct answers *answers, const struct sj_table *table, size_t row) {
    const size_t first = row + 1 > (size_t)args[ARG_WINDOW].i64 ? row + 1 - (size_t)args[ARG_WINDOW].i64 : 0;
    const int64_t from_us = i64_of(table, first, "period"), to_us = row + 1 < table->n_rows ? i64_of(table, row + 1, "period") : INT64_MAX;
    struct plain plain = {0};
    for (size_t i = 0; i < answers->n; i++) {
        const struct answer *answer = &answers->at[i];
        bool later = false;
        if (answer->event->time_us < from_us || answer->event->time_us >= to_us)
            continue;
        for (size_t k = 0; k < answers->n && args[ARG_ANSWERS].i64 != ALL; k++) {
            const struct answer *other = &answers->at[k];
            const bool after = other->event->time_us > answer->event->time_us ||
                               (other->event->time_us == answer->event->time_us && other->event > answer->event);
            later |= other->journey->customer == answer->journey->customer && after && other->event->time_us < to_us;
        }
        if (!later)
            add(args, &plain, answer->score);
    }
    return plain;
}

static void check_periods(const struct sj_arg *args, const struct answers *answers, const struct sj_table *table) {
    const size_t window = (size_t)args[ARG_WINDOW].i64;
    for (size_t row = 0; row < table->n_rows; row++) {
        /* behind the last row a window may hold an answer that is only carried on: such rows are shown, so the last one has answers */
        const struct plain now = plain_window(args, answers, table, row);
        if (row + 1 < table->n_rows || window == 1)
            check_figures(table, row, args, &now);
        struct plain before = {0};
        if (row + 1 >= 2 * window)
            before = plain_window(args, answers, table, row - window);
        if (row + 1 < table->n_rows || window == 1)
            check_difference(table, row, "change", args, &now, &before);
    }
    assert_int_equal(table->n_rows > 0, answers->n > 0);
}

static void check_response(const struct world *world, const struct sj_arg *args, const struct sj_result *result) {
    int64_t n = 0, answered = 0, end_us = 0;
    for (size_t i = 0; i < world->n_events; i++)
        end_us = world->events[i].time_us > end_us ? world->events[i].time_us : end_us;
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        for (size_t i = journey->first; i < journey->first + journey->n; i++) {
            if (world->events[i].touchpoint != args[ARG_INVITED].codes[0] || end_us - world->events[i].time_us < args[ARG_WITHIN].i64)
                continue;
            n++;
            for (size_t k = i + 1; k < journey->first + journey->n; k++) {
                if (world->events[k].amount != SJ_NO_AMOUNT) {
                    answered += world->events[k].time_us - world->events[i].time_us <= args[ARG_WITHIN].i64;
                    break;
                }
                if (world->events[k].touchpoint == args[ARG_INVITED].codes[0])
                    break;
            }
        }
    }
    const struct sj_cell *response = cell_of(sj_result_find(result, "summary"), 0, "response");
    assert_int_equal(response->known, n > 0);
    if (n > 0)
        assert_share(response, answered, n);
}

static void check_world(const struct world *world, const struct sj_arg *args, struct sj_random *random) {
    const struct answers answers = find_answers(world, args);
    struct sj_result result;
    check_ways(world, &sj_scores, args, random, &result);
    check_summary(&result, args, &answers);
    check_parts(world, args, &answers, sj_result_find(&result, "touchpoints"), is_at);
    check_parts(world, args, &answers, sj_result_find(&result, "before"), is_before);
    check_parts(world, args, &answers, sj_result_find(&result, "after"), is_after);
    assert_int_equal(sj_result_find(&result, "touchpoints")->n_rows, n_touchpoints_met(world, args, &answers, is_at));
    assert_int_equal(sj_result_find(&result, "before")->n_rows, n_touchpoints_met(world, args, &answers, is_before));
    assert_int_equal(sj_result_find(&result, "after")->n_rows, n_touchpoints_met(world, args, &answers, is_after));
    assert_int_equal(sj_result_find(&result, "by") != NULL, args[ARG_BY].dimension != SJ_NO_CODE);
    if (args[ARG_BY].dimension != SJ_NO_CODE)
        check_parts(world, args, &answers, sj_result_find(&result, "by"), has_value);
    check_periods(args, &answers, sj_result_find(&result, "periods"));
    if (args[ARG_INVITED].n_codes > 0)
        check_response(world, args, &result);
    sj_result_done(&result);
}

static void test_random_worlds_equal_the_plain_way(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 51);
    for (int round = 0; round < 120; round++) {
        const struct world_size size = {1 + below(&random, 30), 1 + below(&random, 8), 1 + below(&random, 3), 1 + below(&random, 20),
                                        round % 5 == 0 ? 0 : (int64_t)below(&random, 1 << 30) * 400};
        const uint16_t invited = (uint16_t)below(&random, size.n_touchpoints);
        struct world world;
        make_world(&random, &size, &world);
        for (size_t i = 10; i < 20; i++) /* ten values of the property, and no touchpoint, are the scale, in two spellings */
            world.names[i] = i % 2 ? SJ_LIT("NPS") : SJ_LIT("nps");
        if (round % 4 > 0)
            name_world(&world);
        if (below(&random, 3) == 0)
            for (size_t i = 0; i < world.n_events; i += 7)
                world.events[i].amount = below(&random, 2) ? 4500000 : -3000000;
        const int64_t scale = round % 4 > 0 ? below(&random, 3) : NPS;
        const struct sj_arg args[N_ARGS] = {
            [ARG_SCALE] = {.i64 = scale},
            [ARG_MAX] = {.i64 = scale == NPS ? 0 : below(&random, 2) * (3 + below(&random, 8))},
            [ARG_LOW_IS_GOOD] = {.i64 = scale == CES && below(&random, 2)},
            [ARG_KIND] = {.dimension = round % 4 > 0 ? SJ_NO_CODE : 0},
            [ARG_ANSWERS] = {.i64 = below(&random, 2)},
            [ARG_BY] = {.dimension = round % 4 > 0 && below(&random, 2) ? 1 : SJ_NO_CODE},
            [ARG_OVER] = {.i64 = below(&random, 4)},
            [ARG_WINDOW] = {.i64 = 1 + below(&random, 4)},
            [ARG_NEAR] = {.i64 = (int64_t)below(&random, 1 << 30) * below(&random, 1000)},
            [ARG_INVITED] = {.codes = &invited, .n_codes = below(&random, 2)},
            [ARG_WITHIN] = {.i64 = 1 + (int64_t)below(&random, 1 << 30) * below(&random, 1000)},
        };
        check_world(&world, args, &random);
    }
}

/* A hundred customers at A say 9, a hundred at B say 3; of those at C one half each. */
static void test_arrows_are_for_what_is_more_than_chance(void **state) {
    (void)state;
    struct world world = {.n_touchpoints = 3, .n_channels = 1, .n_codes = 1};
    struct sj_random random;
    struct sj_result result;
    name_world(&world);
    for (uint32_t i = 0; i < 180; i++) {
        const int64_t score = i < 60 ? 9 : i < 120 ? 3 : i % 2 ? 9 : 3;
        world.events[i] = (struct event){.touchpoint = (uint16_t)(i / 60), .code = SJ_NO_CODE, .amount = score * 1000000};
        world.journeys[i] = (struct journey){i, i, 1};
    }
    world.n_events = world.n_journeys = world.n_customers = 180;
    const struct sj_arg args[N_ARGS] = {
        [ARG_KIND] = {.dimension = SJ_NO_CODE}, [ARG_BY] = {.dimension = SJ_NO_CODE}, [ARG_WINDOW] = {.i64 = 1}};
    sj_random_init(&random, 52);
    check_ways(&world, &sj_scores, args, &random, &result);
    const struct sj_table *table = sj_result_find(&result, "touchpoints");
    assert_int_equal(table->n_rows, 3);
    for (size_t row = 0; row < 3; row++) {
        const struct sj_str expected = text_is(table, row, "touchpoint", world.names[0])   ? SJ_LIT("▲")
                                       : text_is(table, row, "touchpoint", world.names[1]) ? SJ_LIT("▼")
                                                                                           : SJ_LIT("");
        assert_true(text_is(table, row, "arrow", expected));
    }
    sj_result_done(&result);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        int64_t scale, max, low;
        const char *part;
    } refusals[] = {{NPS, 5, 0, "always 0 to 10"}, {CSAT, 2, 0, "at least 3"}, {CSAT, 0, 1, "for ces only"}};
    struct world world;
    const struct way way = {1, JOURNEYS_MAX, 0};
    parse_world("A0 B10", &world);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct sj_arg args[N_ARGS] = {[ARG_SCALE] = {.i64 = refusals[i].scale},
                                            [ARG_MAX] = {.i64 = refusals[i].max},
                                            [ARG_LOW_IS_GOOD] = {.i64 = refusals[i].low},
                                            [ARG_WINDOW] = {.i64 = 1}};
        struct sj_error err = {.status = SJ_OK};
        struct sj_result result;
        sj_result_init(&result, sj_alloc_libc(), SJ_EN);
        assert_int_equal(world_run(&world, &sj_scores, args, &way, sj_alloc_libc(), &result, &err), SJ_E_USAGE);
        assert_non_null(strstr(err.message, refusals[i].part));
        sj_result_done(&result);
    }
}

static void test_running_out_of_memory(void **state) {
    (void)state;
    struct world world;
    const uint16_t invited = 1;
    parse_world("A0 B10 C12, B5 | A3 A4 B20", &world);
    for (size_t i = 0; i < world.n_events; i++)
        world.events[i].amount = (int64_t)i * 1000000;
    const struct sj_arg args[N_ARGS] = {[ARG_KIND] = {.dimension = SJ_NO_CODE},
                                        [ARG_BY] = {.dimension = 0},
                                        [ARG_WINDOW] = {.i64 = 1},
                                        [ARG_INVITED] = {.codes = &invited, .n_codes = 1},
                                        [ARG_WITHIN] = {.i64 = 1}};
    check_memory(&world, &sj_scores, args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_plain_way),
        cmocka_unit_test(test_arrows_are_for_what_is_more_than_chance),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_running_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
