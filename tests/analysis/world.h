/* Small worlds of journeys for tests of analyses, and a runner that asks the same question in many ways.
 *
 * A world is customers with journeys with events, all in fixed arrays. world_run() cuts it into batches, deals these out to states,
 * merges the states in some order and grouping, and makes as many passes as the analysis wants, each dealt out anew. check_ways()
 * asserts that the answer is the same bit for bit whatever the way. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "base/failing_alloc.h"
#include "base/random.h"
#include "lens/pattern.h"
#include "store/store.h"

enum { EVENTS_MAX = 600, JOURNEYS_MAX = 200, NAMES_MAX = 400, STATES_MAX = 5 };

struct event {
    uint16_t touchpoint;
    uint8_t channel;
    uint32_t code; /* of both dimensions */
    int64_t time_us;
    int64_t amount; /* of the one measure */
};

struct journey {
    uint32_t customer; /* journeys of a customer stand together, customers rise from 0 */
    size_t first, n;   /* events */
};

struct world {
    struct event events[EVENTS_MAX];
    struct journey journeys[JOURNEYS_MAX];
    size_t n_events, n_journeys;
    uint32_t n_customers, n_touchpoints, n_channels, n_codes;
    bool sessions; /* the journeys are sessions */
    char text[NAMES_MAX][8];
    struct sj_str names[NAMES_MAX];   /* of touchpoints, channels and values of the dimension */
    struct sj_str route[8], other[8]; /* what the first and the second parameter of type route say, if there are any */
    size_t n_route, n_other;
    uint8_t members[2][JOURNEYS_MAX]; /* of two segments, by customer */
};

/* The last dimension is a property with few values. */
enum { FEW_CODES = 3 };
static inline uint32_t few_of(uint32_t code) { return code == SJ_NO_CODE ? SJ_NO_CODE : code % FEW_CODES; }

/* The route of some touchpoints. */
static inline void route_world(struct world *world, const uint16_t *steps, size_t n) {
    for (world->n_route = 0; world->n_route < n; world->n_route++)
        world->route[world->n_route] = world->names[steps[world->n_route]];
}

/* The names are not in the order of the codes. */
static inline void name_world(struct world *world) {
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        snprintf(world->text[i], sizeof world->text[i], "t%03u", i * 7919u % 1000u);
        world->names[i] = sj_str(world->text[i]);
    }
}

struct world_size {
    uint32_t n_customers, n_touchpoints, journeys_max, events_max; /* journeys a customer, events a journey: 1 to these */
    int64_t gap_max_us;                                            /* 0: all at the same moment */
};

static inline uint32_t below(struct sj_random *random, uint64_t bound) { return (uint32_t)sj_random_below(random, bound); }

static inline void make_world(struct sj_random *random, const struct world_size *size, struct world *world) {
    *world = (struct world){.n_touchpoints = size->n_touchpoints, .n_channels = 3, .n_codes = 25};
    name_world(world);
    for (uint32_t customer = 0; customer < size->n_customers; customer++) {
        for (uint32_t k = 1 + below(random, size->journeys_max); k > 0 && world->n_journeys < JOURNEYS_MAX; k--) {
            uint32_t n = 1 + below(random, size->events_max);
            if (world->n_events + n > EVENTS_MAX)
                return;
            int64_t time_us = (int64_t)sj_random_below(random, 90 * (uint64_t)SJ_US_DAY);
            world->journeys[world->n_journeys++] = (struct journey){customer, world->n_events, n};
            for (uint32_t i = 0; i < n; i++) {
                if (below(random, 4) > 0)
                    time_us += (int64_t)sj_random_below(random, (uint64_t)size->gap_max_us + 1);
                world->events[world->n_events++] = (struct event){
                    .touchpoint = (uint16_t)below(random, 1 + below(random, size->n_touchpoints)),
                    .channel = (uint8_t)below(random, world->n_channels),
                    .code = below(random, 5) == 0 ? SJ_NO_CODE : below(random, world->n_codes),
                    .time_us = time_us,
                    .amount = below(random, 3) == 0 ? SJ_NO_AMOUNT : (int64_t)below(random, 12) * 1000000,
                };
            }
            world->n_customers = customer + 1;
        }
    }
}

/* A world by hand: "A10 B20, A5 | C7" is two journeys of one customer and one of another; a letter is the touchpoint, the number
 * its seconds. */
static inline void parse_world(const char *text, struct world *world) {
    *world = (struct world){.n_touchpoints = 26, .n_channels = 1, .n_codes = 1, .n_customers = 1, .n_journeys = 1};
    name_world(world);
    for (uint32_t i = 0; i < 26; i++) {
        world->text[i][0] = (char)('A' + i);
        world->text[i][1] = '\0';
        world->names[i].n = 1;
    }
    while (*text != '\0') {
        if (*text >= 'A' && *text <= 'Z') {
            char *end;
            world->events[world->n_events++] = (struct event){.touchpoint = (uint16_t)(*text - 'A'),
                                                              .code = SJ_NO_CODE,
                                                              .amount = SJ_NO_AMOUNT,
                                                              .time_us = strtoll(text + 1, &end, 10) * SJ_US_SECOND};
            world->journeys[world->n_journeys - 1].n++;
            text = end;
            continue;
        }
        if (*text == '|' || *text == ',') {
            world->n_customers += *text == '|';
            world->journeys[world->n_journeys++] = (struct journey){world->n_customers - 1, world->n_events, 0};
        }
        text++;
    }
}

/* How the world is dealt out. */
struct way {
    size_t n_states, customers_per_batch;
    uint64_t seed; /* 0: in order */
};

struct batch_room {
    uint32_t customer[JOURNEYS_MAX], offsets[JOURNEYS_MAX + 1], codes[EVENTS_MAX], few[EVENTS_MAX];
    uint8_t members[2][JOURNEYS_MAX];
    uint16_t touchpoint[EVENTS_MAX];
    uint8_t channel[EVENTS_MAX];
    int64_t time_us[EVENTS_MAX], amounts[EVENTS_MAX];
};

/* The batch of some customers, in memory of its own and of exactly its size, so that reading beyond it is seen. */
static inline void *exactly(const void *items, size_t n, size_t bytes) {
    void *copy = malloc(n * bytes + (n == 0));
    if (n > 0)
        memcpy(copy, items, n * bytes);
    return copy;
}

static inline enum sj_status absorb_customers(const struct world *world, const struct sj_analysis *analysis, const struct sj_job *job,
                                              void *state, const uint32_t *customers, size_t n, struct sj_error *err) {
    struct batch_room room;
    struct sj_batch batch = {.n_customers = (uint32_t)n};
    for (size_t c = 0; c < n; c++) {
        for (size_t j = 0; j < world->n_journeys; j++) {
            const struct journey *journey = &world->journeys[j];
            if (journey->customer != customers[c])
                continue;
            room.customer[batch.n_journeys] = (uint32_t)c;
            room.offsets[batch.n_journeys++] = batch.n_events;
            for (size_t i = journey->first; i < journey->first + journey->n; i++, batch.n_events++) {
                room.touchpoint[batch.n_events] = world->events[i].touchpoint;
                room.channel[batch.n_events] = world->events[i].channel;
                room.codes[batch.n_events] = world->events[i].code;
                room.few[batch.n_events] = few_of(world->events[i].code);
                room.time_us[batch.n_events] = world->events[i].time_us;
                room.amounts[batch.n_events] = world->events[i].amount;
            }
        }
    }
    room.offsets[batch.n_journeys] = batch.n_events;
    struct sj_str identities[JOURNEYS_MAX];
    for (size_t c = 0; c < n; c++) {
        identities[c] = world->names[customers[c]];
        for (size_t s = 0; s < 2; s++)
            room.members[s][c] = world->members[s][customers[c]];
    }
    struct sj_str *all_identities = exactly(identities, n, sizeof *identities);
    uint32_t *customer = exactly(room.customer, batch.n_journeys, 4), *offsets = exactly(room.offsets, batch.n_journeys + 1, 4);
    uint32_t *codes = exactly(room.codes, batch.n_events, 4);
    uint16_t *touchpoint = exactly(room.touchpoint, batch.n_events, 2);
    uint8_t *channel = exactly(room.channel, batch.n_events, 1);
    int64_t *time_us = exactly(room.time_us, batch.n_events, 8);
    int64_t *amounts = exactly(room.amounts, batch.n_events, 8);
    uint32_t *few = exactly(room.few, batch.n_events, 4);
    uint8_t *members[] = {exactly(room.members[0], n, 1), exactly(room.members[1], n, 1)};
    const uint32_t *const all_codes[] = {codes, codes, few};
    const int64_t *const all_amounts[] = {amounts};
    batch.customer = customer;
    batch.identities = analysis->needs & SJ_NEED_IDENTITY ? all_identities : NULL;
    batch.offsets = offsets;
    batch.touchpoint = touchpoint;
    batch.channel = analysis->needs & SJ_NEED_CHANNEL ? channel : NULL;
    batch.time_us = analysis->needs & SJ_NEED_TIME ? time_us : NULL;
    batch.codes = all_codes;
    batch.amounts = all_amounts;
    batch.members = (const uint8_t *const *)members;
    enum sj_status status = analysis->absorb(job, state, &batch, err);
    free(all_identities);
    free(few);
    free(members[0]);
    free(members[1]);
    free(customer);
    free(offsets);
    free(codes);
    free(touchpoint);
    free(channel);
    free(time_us);
    free(amounts);
    return status;
}

/* Merges states until one is left: a random pair each time, or each into the first. */
static inline enum sj_status merge_all(const struct sj_analysis *analysis, const struct sj_job *job, void **states, size_t *n,
                                       struct sj_random *random, struct sj_error *err) {
    while (*n > 1) {
        size_t into = random != NULL ? below(random, *n) : 0, from = random != NULL ? below(random, *n - 1) : 1;
        from += random != NULL && from >= into;
        SJ_TRY(analysis->merge(job, states[into], states[from], err));
        analysis->drop(job, states[from]);
        states[from] = states[--*n];
    }
    return SJ_OK;
}

static inline enum sj_status run_pass(const struct world *world, const struct sj_analysis *analysis, struct sj_job *job,
                                      const struct way *way, struct sj_random *random, void **states, size_t *n_states,
                                      struct sj_error *err) {
    uint32_t customers[JOURNEYS_MAX];
    for (uint32_t i = 0; i < world->n_customers; i++) {
        uint32_t j = way->seed != 0 ? below(random, i + 1) : i;
        customers[i] = customers[j];
        customers[j] = i;
    }
    for (*n_states = 0; *n_states < way->n_states; ++*n_states)
        SJ_TRY(analysis->start(job, &states[*n_states], err));
    for (size_t first = 0; first < world->n_customers; first += way->customers_per_batch) {
        size_t n = world->n_customers - first < way->customers_per_batch ? world->n_customers - first : way->customers_per_batch;
        void *state = states[way->seed != 0 ? below(random, way->n_states) : 0];
        SJ_TRY(absorb_customers(world, analysis, job, state, customers + first, n, err));
    }
    return merge_all(analysis, job, states, n_states, way->seed != 0 ? random : NULL, err);
}

/* Fills an initialised result. */
static inline enum sj_status world_run(const struct world *world, const struct sj_analysis *analysis, const struct sj_arg *args,
                                       const struct way *way, const struct sj_alloc *mem, struct sj_result *result, struct sj_error *err) {
    const struct sj_dimension dimensions[] = {{.name = SJ_LIT("segment"), .texts = world->names, .n_texts = world->n_codes},
                                              {.name = SJ_LIT("segment"), .texts = world->names, .n_texts = world->n_codes},
                                              {.name = SJ_LIT("few"), .texts = world->names, .n_texts = FEW_CODES}};
    const struct sj_measure measure = {.name = SJ_LIT("amount")};
    struct sj_arena arena;
    struct sj_random random;
    sj_arena_init(&arena, mem);
    sj_random_init(&random, way->seed);
    struct sj_job job = {
        .mem = mem,
        .arena = &arena,
        .args = args,
        .touchpoints = world->names,
        .n_touchpoints = world->n_touchpoints,
        .channels = world->names,
        .n_channels = world->n_channels,
        .dimensions = dimensions,
        .n_dimensions = 3,
        .n_properties = 2,
        .measures = &measure,
        .n_measures = 1,
        .sessions = world->sessions,
        .from_us = INT64_MAX,
    };
    for (size_t i = 0; i < world->n_events; i++) {
        job.from_us = world->events[i].time_us < job.from_us ? world->events[i].time_us : job.from_us;
        job.to_us = world->events[i].time_us >= job.to_us ? world->events[i].time_us + 1 : job.to_us;
    }
    if (world->n_events == 0)
        job.from_us = 0;
    void *states[STATES_MAX];
    size_t n_states = 0;
    const struct sj_view view = {.touchpoints = world->names, .n_touchpoints = world->n_touchpoints};
    struct sj_pattern *patterns[2] = {NULL, NULL};
    job.patterns = (const struct sj_pattern *const *)patterns;
    enum sj_status status =
        world->n_route > 0 ? sj_pattern_compile(world->route, world->n_route, &view, NULL, &arena, &patterns[0], err) : SJ_OK;
    if (status == SJ_OK && world->n_other > 0)
        status = sj_pattern_compile(world->other, world->n_other, &view, NULL, &arena, &patterns[1], err);
    if (status == SJ_OK && analysis->prepare != NULL)
        status = analysis->prepare(&job, err);
    for (bool again = true; again && status == SJ_OK;) {
        again = false;
        status = run_pass(world, analysis, &job, way, &random, states, &n_states, err);
        if (status == SJ_OK && analysis->turn != NULL)
            status = analysis->turn(&job, states[0], &again, err);
        if (status == SJ_OK && !again)
            status = analysis->finish(&job, states[0], result, err);
        while (n_states > 0)
            analysis->drop(&job, states[--n_states]);
    }
    sj_arena_done(&arena);
    return status;
}

static inline void assert_same_cell(enum sj_type type, const struct sj_cell *a, const struct sj_cell *b) {
    assert_int_equal(a->known, b->known);
    if (!a->known)
        return;
    switch (type) {
    case SJ_TYPE_NUMBER: assert_memory_equal(&a->f64, &b->f64, sizeof a->f64); break;
    case SJ_TYPE_ESTIMATE:
    case SJ_TYPE_SCORE:
        assert_memory_equal(&a->estimate.value, &b->estimate.value, sizeof(double));
        assert_memory_equal(&a->estimate.low, &b->estimate.low, sizeof(double));
        assert_memory_equal(&a->estimate.high, &b->estimate.high, sizeof(double));
        assert_true(a->estimate.n == b->estimate.n && a->estimate.flags == b->estimate.flags);
        break;
    case SJ_TYPE_TEXT:
    case SJ_TYPE_TOUCHPOINT:
    case SJ_TYPE_CHANNEL: assert_true(sj_str_eq(a->text, b->text)); break;
    case SJ_TYPE_ROUTE:
        assert_int_equal(a->route.n_steps, b->route.n_steps);
        for (size_t i = 0; i < a->route.n_steps; i++)
            assert_true(sj_str_eq(a->route.steps[i], b->route.steps[i]));
        break;
    default: assert_true(a->i64 == b->i64);
    }
}

static inline void assert_same_result(const struct sj_result *a, const struct sj_result *b) {
    assert_int_equal(a->n_tables, b->n_tables);
    for (size_t t = 0; t < a->n_tables; t++) {
        const struct sj_table *left = &a->tables[t], *right = &b->tables[t];
        assert_ptr_equal(left->def, right->def);
        assert_int_equal(left->n_rows, right->n_rows);
        for (size_t i = 0; i < left->n_rows * left->def->n_columns; i++)
            assert_same_cell(left->def->columns[i % left->def->n_columns].type, &left->cells[i], &right->cells[i]);
    }
    assert_int_equal(a->n_notes, b->n_notes);
    for (size_t i = 0; i < a->n_notes; i++)
        assert_string_equal(a->notes[i].text, b->notes[i].text);
}

/* Asks in order first, into `result` (the caller ends it), then in other ways, which must agree. */
static inline void check_ways(const struct world *world, const struct sj_analysis *analysis, const struct sj_arg *args,
                              struct sj_random *random, struct sj_result *result) {
    struct sj_error err = {.status = SJ_OK};
    struct way in_order = {1, JOURNEYS_MAX, 0};
    sj_result_init(result, sj_alloc_libc(), SJ_EN);
    assert_int_equal(world_run(world, analysis, args, &in_order, sj_alloc_libc(), result, &err), SJ_OK);
    for (int i = 0; i < 3; i++) {
        struct way way = {1 + below(random, STATES_MAX), 1 + below(random, i == 0 ? 1 : world->n_customers + 1),
                          1 + below(random, 1 << 30)};
        struct sj_result other;
        sj_result_init(&other, sj_alloc_libc(), SJ_EN);
        assert_int_equal(world_run(world, analysis, args, &way, sj_alloc_libc(), &other, &err), SJ_OK);
        assert_same_result(result, &other);
        sj_result_done(&other);
    }
}

/* Lets each allocation fail in turn: an error each time, and nothing stays alive. */
static inline void check_memory(const struct world *world, const struct sj_analysis *analysis, const struct sj_arg *args) {
    enum sj_status status = SJ_E_MEMORY;
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        struct sj_alloc mem = failing_alloc(&failing);
        struct sj_result result;
        struct way way = {3, 2, 17};
        sj_result_init(&result, &mem, SJ_EN);
        status = world_run(world, analysis, args, &way, &mem, &result, NULL);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        sj_result_done(&result);
        assert_int_equal(failing.n_alive, 0);
        assert_true(n < 100000);
    }
}

/* The column's place in its table; the test fails where there is none. */
static inline size_t column_of(const struct sj_table *table, const char *name) {
    for (size_t i = 0; i < table->def->n_columns; i++)
        if (strcmp(table->def->columns[i].name, name) == 0)
            return i;
    fail_msg("no column %s in %s", name, table->def->name);
    return 0;
}

static inline const struct sj_cell *cell_of(const struct sj_table *table, size_t row, const char *column) {
    assert_true(row < table->n_rows);
    return sj_table_cell(table, row, column_of(table, column));
}
static inline int64_t i64_of(const struct sj_table *table, size_t row, const char *column) {
    const struct sj_cell *cell = cell_of(table, row, column);
    assert_true(cell->known);
    return cell->i64;
}
static inline bool text_is(const struct sj_table *table, size_t row, const char *column, struct sj_str text) {
    return sj_str_eq(cell_of(table, row, column)->text, text);
}
static inline const char *note_of(const struct sj_result *result, const char *code) {
    for (size_t i = 0; i < result->n_notes; i++)
        if (strcmp(result->notes[i].code, code) == 0)
            return result->notes[i].text;
    return NULL;
}

/* An estimate of x of n, with an interval around it. */
static inline void assert_share(const struct sj_cell *cell, int64_t x, int64_t n) {
    assert_true(cell->known);
    assert_int_equal(cell->estimate.n, n);
    assert_true(cell->estimate.value == (double)x / (double)n);
    assert_true(cell->estimate.low <= cell->estimate.value && cell->estimate.value <= cell->estimate.high);
}

/* The plain definition of a quantile: sort, find the place, go part of the way to the next, round to the nearest. */
static inline int by_value(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}
static inline int64_t plain_quantile(int64_t *values, size_t n, size_t percent) {
    qsort(values, n, sizeof *values, by_value);
    size_t hundredths = (n - 1) * percent, rank = hundredths / 100;
    if (hundredths % 100 == 0)
        return values[rank];
    return values[rank] + ((values[rank + 1] - values[rank]) * (int64_t)(hundredths % 100) + 50) / 100;
}
