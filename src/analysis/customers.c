/* Customers: who they are, one row each: the people behind a lens, a segment or a route.
 *
 * One pass. Only as many are kept as are shown, and as many again before the worse half is forgotten; what is forgotten is worse than what is
 * kept, so the answer is the same in whatever order customers come.
 * Memory: twice `top` customers with their identities. */
#include "analysis/common.h"

#include <stdlib.h>
#include "base/number.h"

enum { ARG_TOP, ARG_ORDER };
enum { ORDER_EVENTS, ORDER_LAST, ORDER_FIRST, ORDER_IDENTITY };

static const struct sj_param params[] = {
    {.name = "top", .type = SJ_PARAM_COUNT, .standard = "1000", .min = 1, .max = 10000000, .help = SJ_T("how many customers to list")},
    {.name = "order",
     .type = SJ_PARAM_CHOICE,
     .standard = "events",
     .choices = "events last first identity",
     .help = SJ_T("which come first: those with the most events, the latest last event, the earliest first one, or by identity")},
};

static const struct sj_column_def customer_columns[] = {
    {.name = "customer", .label = SJ_T("Customer"), .type = SJ_TYPE_TEXT, .help = SJ_T("the identity, as the events give it")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("that the lens lets through")},
    {.name = "journeys", .label = SJ_T("Journeys"), .type = SJ_TYPE_COUNT, .help = SJ_T("as the lens cuts them")},
    {.name = "first", .label = SJ_T("First event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the first event was")},
    {.name = "last", .label = SJ_T("Last event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the last event was")},
};

static const struct sj_table_def tables[] = {
    {.name = "customers", .title = SJ_T("Who they are"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(customer_columns)},
};

struct person {
    int64_t key; /* the higher the earlier in the list */
    int64_t n_events, n_journeys, first_us, last_us;
    struct sj_str identity; /* owned by the state */
};

struct state {
    uint64_t n_customers;
    struct person *people;
    size_t n, capacity;
    bool has_worst; /* some are forgotten: who is no better than this one need not be kept */
    int64_t worst_key;
};

static int by_key(const void *left, const void *right) {
    const struct person *a = left, *b = right;
    return a->key != b->key ? (a->key > b->key ? -1 : 1) : sj_str_cmp(a->identity, b->identity);
}

static void forget(const struct sj_job *job, struct state *state, size_t from) {
    for (size_t i = from; i < state->n; i++)
        sj_mem_free(job->mem, (void *)(uintptr_t)state->people[i].identity.p);
    state->n = from < state->n ? from : state->n;
}

static void drop(const struct sj_job *job, void *dropped) {
    struct state *state = dropped;
    if (state == NULL)
        return;
    forget(job, state, 0);
    sj_mem_free(job->mem, state->people);
    sj_mem_free(job->mem, state);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    struct state *state;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *state, &state, err));
    *ret_state = state;
    return SJ_OK;
}

/* The best `top` of them, in order. */
static void keep_best(const struct sj_job *job, struct state *state) {
    const size_t top = (size_t)job->args[ARG_TOP].i64;
    if (state->n > 1)
        qsort(state->people, state->n, sizeof *state->people, by_key);
    if (state->n <= top)
        return;
    forget(job, state, top);
    state->has_worst = true;
    state->worst_key = state->people[top - 1].key;
}

static enum sj_status make_room(const struct sj_job *job, struct state *state, struct sj_error *err) {
    struct person *people;
    if (state->n >= 2 * (size_t)job->args[ARG_TOP].i64)
        keep_best(job, state);
    if (state->n < state->capacity)
        return SJ_OK;
    const size_t capacity = state->capacity > 0 ? 2 * state->capacity : 64;
    SJ_TRY(sj_mem_new(job->mem, capacity, sizeof *people, &people, err));
    if (state->n > 0)
        memcpy(people, state->people, state->n * sizeof *people);
    sj_mem_free(job->mem, state->people);
    state->people = people;
    state->capacity = capacity;
    return SJ_OK;
}

static enum sj_status add_person(const struct sj_job *job, struct state *state, const struct person *person, struct sj_error *err) {
    char *text;
    if (state->has_worst && person->key < state->worst_key)
        return SJ_OK;
    SJ_TRY(make_room(job, state, err));
    SJ_TRY(sj_mem_new(job->mem, person->identity.n + 1, 1, &text, err));
    if (person->identity.n > 0)
        memcpy(text, person->identity.p, person->identity.n);
    state->people[state->n] = *person;
    state->people[state->n++].identity.p = text;
    return SJ_OK;
}

static int64_t key_of(const struct sj_job *job, const struct person *person) {
    switch (job->args[ARG_ORDER].i64) {
    case ORDER_EVENTS: return person->n_events;
    case ORDER_LAST: return person->last_us;
    case ORDER_FIRST: return -person->first_us;
    default: return 0;
    }
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    struct state *state = absorbing;
    for (uint32_t j = 0, end; j < batch->n_journeys; j = end) {
        struct person person = {.identity = batch->identities[batch->customer[j]], .first_us = INT64_MAX, .last_us = INT64_MIN};
        for (end = j; end < batch->n_journeys && batch->customer[end] == batch->customer[j]; end++) {
            const int64_t first_us = batch->time_us[batch->offsets[end]], last_us = batch->time_us[batch->offsets[end + 1] - 1];
            person.first_us = first_us < person.first_us ? first_us : person.first_us;
            person.last_us = last_us > person.last_us ? last_us : person.last_us;
            person.n_events += batch->offsets[end + 1] - batch->offsets[end];
            person.n_journeys++;
        }
        person.key = key_of(job, &person);
        SJ_TRY(add_person(job, state, &person, err));
    }
    state->n_customers += batch->n_customers;
    return SJ_OK;
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    struct state *state = merged;
    const struct state *other = merging;
    for (size_t i = 0; i < other->n; i++)
        SJ_TRY(add_person(job, state, &other->people[i], err));
    state->n_customers += other->n_customers;
    return SJ_OK;
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    (void)err;
    *ret_again = false;
    keep_best(job, turned);
    return SJ_OK;
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    const struct state *state = finished;
    char shown[SJ_NUMBER_BYTES], all[SJ_NUMBER_BYTES];
    struct sj_table *table;
    (void)job;
    SJ_TRY(sj_result_table(result, &tables[0], &table, err));
    table->partial = state->n < state->n_customers;
    for (size_t i = 0; i < state->n; i++) {
        const struct person *person = &state->people[i];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0].known = true;
        SJ_TRY(sj_result_text(result, person->identity, &cells[0].text, err));
        cells[1] = sj_cell_i64(person->n_events);
        cells[2] = sj_cell_i64(person->n_journeys);
        cells[3] = sj_cell_i64(person->first_us);
        cells[4] = sj_cell_i64(person->last_us);
    }
    if (!table->partial)
        return SJ_OK;
    sj_number_count((int64_t)state->n, result->lang, shown);
    sj_number_count((int64_t)state->n_customers, result->lang, all);
    return sj_note(result, SJ_NOTE_INFO, "shown_customers", "%s of %s customers are listed; a higher top lists more", shown, all);
}

const struct sj_analysis sj_customers = {
    .name = "customers",
    .title = SJ_T("Who are they?"),
    .about =
        SJ_T("Lists the customers that the lens leaves: the people behind a number. With a segment it says who took a route, or who did "
             "not. That is personal data: mind who reads it."),
    .example = "customers STORE --segment 'did(call_start, at least 3, within 30d)' --order last",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .tables = tables,
    .n_tables = sizeof tables / sizeof tables[0],
    .needs = SJ_NEED_TIME | SJ_NEED_IDENTITY,
    .start = start,
    .absorb = absorb,
    .merge = merge,
    .turn = turn,
    .finish = finish,
    .drop = drop,
};
