#include "analysis/world.h"

enum { ORDER_EVENTS, ORDER_LAST, ORDER_FIRST, ORDER_IDENTITY, N_ORDERS };

struct person {
    struct sj_str name;
    int64_t events, journeys, first_us, last_us;
    int64_t order;
};

/* The plain way: everybody, sorted. */
static int by_order(const void *left, const void *right) {
    const struct person *a = left, *b = right;
    if (a->order == ORDER_EVENTS && a->events != b->events)
        return a->events > b->events ? -1 : 1;
    if (a->order == ORDER_LAST && a->last_us != b->last_us)
        return a->last_us > b->last_us ? -1 : 1;
    if (a->order == ORDER_FIRST && a->first_us != b->first_us)
        return a->first_us < b->first_us ? -1 : 1;
    return sj_str_cmp(a->name, b->name);
}

static size_t expect(const struct world *world, int64_t order, struct person *people) {
    size_t n = 0;
    for (uint32_t customer = 0; customer < world->n_customers; customer++) {
        struct person person = {.name = world->names[customer], .first_us = INT64_MAX, .last_us = INT64_MIN, .order = order};
        for (size_t j = 0; j < world->n_journeys; j++) {
            const struct journey *journey = &world->journeys[j];
            if (journey->customer != customer)
                continue;
            person.journeys++;
            for (size_t i = journey->first; i < journey->first + journey->n; i++) {
                const int64_t time_us = world->events[i].time_us;
                person.events++;
                person.first_us = time_us < person.first_us ? time_us : person.first_us;
                person.last_us = time_us > person.last_us ? time_us : person.last_us;
            }
        }
        people[n++] = person;
    }
    qsort(people, n, sizeof *people, by_order);
    return n;
}

static void test_random_worlds_equal_a_plain_list(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 91);
    for (int round = 0; round < 600; round++) {
        const struct world_size size = {1 + below(&random, 60), 3, 3, 6, round % 5 == 0 ? 0 : SJ_US_HOUR};
        const struct sj_arg args[] = {{.i64 = 1 + below(&random, round % 2 ? 5 : 80)}, {.i64 = round % N_ORDERS}};
        struct person people[JOURNEYS_MAX];
        struct world world;
        struct sj_result result;
        make_world(&random, &size, &world);
        const size_t n = expect(&world, args[1].i64, people), n_shown = n < (size_t)args[0].i64 ? n : (size_t)args[0].i64;
        check_ways(&world, sj_analysis_find("customers"), args, &random, &result);
        const struct sj_table *table = sj_result_find(&result, "customers");
        assert_int_equal(table->n_rows, n_shown);
        assert_int_equal(note_of(&result, "shown_customers") != NULL, n_shown < n);
        assert_int_equal(table->partial, n_shown < n);
        for (size_t i = 0; i < n_shown; i++) {
            assert_true(text_is(table, i, "customer", people[i].name));
            assert_int_equal(i64_of(table, i, "events"), people[i].events);
            assert_int_equal(i64_of(table, i, "journeys"), people[i].journeys);
            assert_int_equal(i64_of(table, i, "first"), people[i].first_us);
            assert_int_equal(i64_of(table, i, "last"), people[i].last_us);
        }
        sj_result_done(&result);
    }
}

static void test_memory(void **state) {
    (void)state;
    struct sj_random random;
    struct world world;
    const struct world_size size = {40, 3, 2, 6, SJ_US_SECOND};
    const struct sj_arg args[] = {{.i64 = 3}, {.i64 = ORDER_LAST}};
    sj_random_init(&random, 92);
    make_world(&random, &size, &world);
    check_memory(&world, sj_analysis_find("customers"), args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_a_plain_list),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
