/* A plain store in memory, to compare the real one with: events in an array, everything done the slow and obvious way.
 * And what tests of the store share: a folder that is thrown away, random loads, reading everything back. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/random.h"
#include "store/store.h"

#define MODEL_VALUES_MAX 10

struct model_value {
    char name[16];
    enum sj_kind kind;
    char text[40]; /* of a text */
    int64_t bits;  /* of anything else */
};

struct model_event {
    char customer[24], touchpoint[24], channel[16];
    int64_t time_us;
    uint32_t arrival;
    struct model_value values[MODEL_VALUES_MAX];
    size_t n_values;
};

struct model {
    struct model_event *events;
    size_t n, capacity;
};

struct sj_store_options model_options(void);

/* A path for a store in a fresh folder, in memory where the system offers that: what is tested is not the disk. Removed by
 * model_remove(). */
char *model_folder(void);
void model_remove(char *path);

/* A random event; ids collide now and then. */
struct model_event model_random_event(struct sj_random *random, uint32_t n_customers);

/* Adds an event unless its (customer, event id) is there. */
void model_add(struct model *model, const struct model_event *event);
void model_done(struct model *model);

/* Gives the event to a writer. */
enum sj_status model_write(struct sj_writer *writer, const struct model_event *event, struct sj_error *err);

/* Loads n random events into the store and the model, and compares what the commit says. */
void model_load(struct sj_store *store, struct model *model, struct sj_random *random, enum sj_load how, size_t n);

/* The model's events in the order of the store: by key, time, arrival. The caller frees the list. */
const struct model_event **model_sorted(const struct model *model, const struct sj_snapshot *snapshot);

/* Reads the whole store through cursors over units of about `unit_events` events and compares it with the model, value by value. */
void model_check(struct sj_store *store, const struct model *model, uint64_t unit_events);

/* A number for everything that the store says at this moment: names, settings, all events with all their values. */
enum sj_status model_digest(struct sj_store *store, uint64_t *ret_digest, struct sj_error *err);

/* Lets the store check itself: no findings. */
void model_verify(struct sj_store *store);

#define assert_ok(call)                                                              \
    do {                                                                             \
        struct sj_error assert_error = {0};                                          \
        struct sj_error *err = &assert_error;                                        \
        const enum sj_status assert_status = (call);                                 \
        if (assert_status != SJ_OK)                                                  \
            fail_msg("%s: %s", sj_status_name(assert_status), assert_error.message); \
    } while (0)
