/* One customer's answers (customer, why) when memory runs out: each allocation fails in turn, and nothing is left behind. */
#include "api/customer.h"
#include "api/why.h"
#include "base/failing_alloc.h"
#include "store/model.h"
#include "store/saved.h"

#define N_SAVED 70

struct fixture {
    char *path;
    struct model model;
    struct sj_store *store;
    struct sj_snapshot *snapshot;
};

static struct fixture open_fixture(void) {
    const struct sj_store_options options = model_options();
    struct fixture f = {.path = model_folder()};
    struct sj_random random;
    sj_random_init(&random, 3);
    assert_ok(sj_store_create(&options, f.path, NULL, err));
    assert_ok(sj_store_open(&options, f.path, true, &f.store, err));
    for (size_t i = 0; i < N_SAVED; i++) { /* more than are looked at in one go; to the odd ones belongs nobody */
        char name[24];
        snprintf(name, sizeof name, "s%02zu", i);
        const struct sj_saved_segment saved = {
            .name = sj_str(name), .condition = i % 2 == 0 ? SJ_LIT("did(.)") : SJ_LIT("not did(.)"), .description = SJ_LIT("")};
        assert_ok(sj_store_save_segment(f.store, &saved, false, err));
    }
    model_load(f.store, &f.model, &random, SJ_LOAD_BULK, 1500);
    assert_ok(sj_snapshot_open(f.store, &f.snapshot, err));
    return f;
}

static void close_fixture(struct fixture *f) {
    sj_snapshot_close(f->snapshot);
    sj_store_close(f->store);
    model_done(&f->model);
    model_remove(f->path);
}

/* The customer with the most events. */
static const char *busiest(const struct model *model) {
    size_t best = 0, most = 0;
    for (size_t i = 0; i < model->n; i++) {
        size_t n = 0;
        for (size_t j = 0; j < model->n; j++)
            n += strcmp(model->events[i].customer, model->events[j].customer) == 0;
        best = n > most ? i : best;
        most = n > most ? n : most;
    }
    return model->events[best].customer;
}

typedef enum sj_status (*show_it)(const struct fixture *f, const void *words, const struct sj_alloc *mem, struct sj_result *result,
                                  struct sj_error *err);

static enum sj_status show_customer(const struct fixture *f, const void *words, const struct sj_alloc *mem, struct sj_result *result,
                                    struct sj_error *err) {
    return sj_customer_show(sj_os_real(), mem, f->snapshot, words, result, err);
}

static enum sj_status show_why(const struct fixture *f, const void *words, const struct sj_alloc *mem, struct sj_result *result,
                               struct sj_error *err) {
    return sj_why_show(sj_os_real(), mem, f->snapshot, words, result, err);
}

/* Until there is enough: the table has rows then, as many as without failures. */
static void fail_each(const struct fixture *f, show_it show, const void *words, const char *table) {
    struct sj_result whole;
    enum sj_status status = SJ_E_MEMORY;
    size_t n_failures = 0;
    sj_result_init(&whole, sj_alloc_libc(), SJ_EN);
    assert_ok(show(f, words, sj_alloc_libc(), &whole, err));
    assert_true(sj_result_find(&whole, table)->n_rows > 0);
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        const struct sj_alloc mem = failing_alloc(&failing);
        struct sj_result result;
        struct sj_error error = {.status = SJ_OK};
        sj_result_init(&result, &mem, SJ_EN);
        status = show(f, words, &mem, &result, &error);
        if (status != SJ_OK && status != SJ_E_MEMORY)
            fail_msg("%s", error.message);
        if (status == SJ_OK)
            assert_int_equal(sj_result_find(&result, table)->n_rows, sj_result_find(&whole, table)->n_rows);
        n_failures += status == SJ_E_MEMORY;
        sj_result_done(&result);
        assert_int_equal(failing.n_alive, 0);
    }
    assert_true(n_failures > 10);
    sj_result_done(&whole);
}

static void test_customer(void **state) {
    (void)state;
    struct fixture f = open_fixture();
    static const char *const journeys[] = {"history", "session 2s", "by plan"};
    for (size_t i = 0; i < sizeof journeys / sizeof *journeys; i++) {
        const struct sj_customer_words words = {.identity = sj_str(busiest(&f.model)),
                                                .lens = {.journey = sj_str(journeys[i]), .where = SJ_LIT("not channel = \"ch1\"")}};
        fail_each(&f, show_customer, &words, i == 1 ? "segments" : "events");
    }
    close_fixture(&f);
}

static void test_segments(void **state) {
    (void)state;
    struct fixture f = open_fixture();
    const struct sj_customer_words words = {.identity = sj_str(busiest(&f.model))};
    struct sj_result result;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    assert_ok(show_customer(&f, &words, sj_alloc_libc(), &result, err));
    const struct sj_table *segments = sj_result_find(&result, "segments");
    assert_int_equal(segments->n_rows, N_SAVED / 2);
    for (size_t row = 0; row < segments->n_rows; row++) {
        char name[24];
        snprintf(name, sizeof name, "s%02zu", 2 * row);
        assert_true(sj_str_eq(sj_table_cell(segments, row, 0)->text, sj_str(name)));
    }
    sj_result_done(&result);
    close_fixture(&f);
}

static void test_why(void **state) {
    (void)state;
    struct fixture f = open_fixture();
    const struct sj_str plain[] = {SJ_LIT("touchpoint 1"), SJ_LIT("touchpoint 2")};
    const struct sj_str rich = SJ_LIT("'touchpoint 1' >[within 20s, no 'touchpoint 4'] ('touchpoint 2' | 'touchpoint 3')+ >> .");
    const struct sj_route_words routes[] = {{plain, 2}, {&rich, 1}};
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct sj_why_words words = {.identity = sj_str(busiest(&f.model)),
                                           .lens = {.journey = SJ_LIT("session 20s")},
                                           .steps = routes[i],
                                           .within = SJ_LIT("1h"),
                                           .hold = i == 0 ? SJ_LIT("channel") : SJ_LIT("")};
        fail_each(&f, show_why, &words, "steps");
    }
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_customer), cmocka_unit_test(test_segments), cmocka_unit_test(test_why)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
