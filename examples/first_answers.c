/* A first program with the Sojourn library: it puts a few events of a shop into a store, asks how many visitors come to pay, and
 * prints the answer. Build it with `cc first_answers.c $(pkg-config --cflags --libs --static sojourn)`.
 *
 *   first_answers STORE
 */
#include <inttypes.h>
#include <stdio.h>

#include "sojourn.h"

#define MINUTE INT64_C(60000000)
#define START INT64_C(1767261600000000) /* 2026-01-01T10:00:00Z */

struct step {
    const char *customer, *touchpoint, *channel;
    int64_t minute;
    double value;
};

static const struct step steps[] = {
    {"customer-1", "visit", "web", 0, 0}, {"customer-1", "cart", "web", 4, 0},        {"customer-1", "payment", "web", 9, 59.95},
    {"customer-2", "visit", "app", 1, 0}, {"customer-2", "cart", "app", 2, 0},        {"customer-2", "call", "phone", 30, 0},
    {"customer-3", "visit", "web", 3, 0}, {"customer-3", "visit", "app", 90, 0},      {"customer-4", "visit", "web", 5, 0},
    {"customer-4", "cart", "web", 45, 0}, {"customer-4", "payment", "app", 61, 12.5},
};

/* All or nothing: what was not committed is not in the store. */
static int load_steps(sojourn_store *store, char *why) {
    sojourn_load *load;
    int status = sojourn_load_begin(store, &load, why);
    if (status != 0)
        return status;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == 0; i++) {
        const struct step *step = &steps[i];
        status = sojourn_load_event(load, step->customer, START + step->minute * MINUTE, step->touchpoint, step->channel, why);
        if (status == 0 && step->value > 0)
            status = sojourn_load_number(load, "value", step->value, why);
    }
    if (status != 0) {
        sojourn_load_drop(load);
        return status;
    }
    uint64_t n_events;
    status = sojourn_load_commit(load, &n_events, NULL, why);
    if (status == 0)
        printf("%" PRIu64 " events loaded\n", n_events);
    return status;
}

static int print_funnel(sojourn_store *store, char *why) {
    static const char *const arguments[] = {"steps", "visit", "steps", "cart", "steps", "payment", "within", "1h", NULL};
    sojourn_answer *answer;
    int status = sojourn_ask(store, "funnel", arguments, &answer, why);
    if (status != 0)
        return status;
    for (int64_t row = 0; row < sojourn_answer_rows(answer, "steps"); row++) {
        const char *step = "?";
        int64_t count = 0, n = 0;
        double share = 0, low = 0, high = 0;
        sojourn_answer_text(answer, "steps", row, "step", &step);
        sojourn_answer_i64(answer, "steps", row, "count", &count);
        printf("%-8s %" PRId64, step, count);
        if (sojourn_answer_estimate(answer, "steps", row, "of_first", &share, &low, &high, &n) == 0)
            printf("   %.0f %% of %" PRId64 " (%.0f to %.0f %%)", 100 * share, n, 100 * low, 100 * high);
        printf("\n");
    }
    sojourn_answer_free(answer);
    return 0;
}

int main(int n_args, char **args) {
    char why[SOJOURN_MESSAGE_BYTES];
    sojourn_store *store;
    if (n_args != 2) {
        fprintf(stderr, "usage: first_answers STORE\n");
        return 2;
    }
    int status = sojourn_open(args[1], SOJOURN_CREATE, &store, why);
    if (status == 0) {
        status = load_steps(store, why);
        if (status == 0)
            status = print_funnel(store, why);
        sojourn_close(store);
    }
    if (status != 0)
        fprintf(stderr, "first_answers: %s\n", why);
    return status == 0 ? 0 : 1;
}
