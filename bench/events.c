/* Makes a file of events to measure with: the same bytes on every machine, in order of time, as events arrive.
 *
 *   events N FILE [--touchpoints N] [--length N] [--giant N] [--ids]
 *
 *   --touchpoints N   how many there are (40)
 *   --length N        every journey has so many events; else most are short and a few long, up to 2,000, 20 on average
 *   --giant N         one customer in the middle has so many events
 *   --ids             every event has an id
 *
 * A customer walks along a chain: each touchpoint has eight usual successors, and now and then anything follows. The first four
 * touchpoints are steps of a shop (FUNNEL), so that a funnel finds something. Whole numbers only, one random stream a customer. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "base/str.h"
#include "base/time.h"

#define YEAR_FROM_US (INT64_C(1735689600) * SJ_US_SECOND) /* 2025-01-01 */
#define YEAR_SECONDS UINT32_C(31536000)
#define SECONDS_A_DAY UINT32_C(86400)
#define EVENTS_MAX UINT64_C(1000000000)
#define CUSTOMERS_MAX (UINT32_C(1) << 26) /* as many different identities there are */
#define LENGTH_MAX 2000
#define GIANT_CUSTOMER 7
#define TOUCHPOINTS_MAX 60000
#define N_SUCCESSORS 8
#define N_CHANNELS 8
#define PURCHASE 3

static const char *const FUNNEL[] = {"product_view", "add_to_cart", "checkout_start", "purchase"};
static const char *const CHANNELS[N_CHANNELS] = {"web", "app", "email", "store", "phone", "chat", "social", "ads"};
static const uint16_t PER_MILLE[N_SUCCESSORS] = {300, 200, 150, 120, 90, 60, 40, 20}; /* the other 20: any touchpoint */

struct shape {
    uint64_t n_events, giant; /* giant: 0 for none */
    uint32_t n_touchpoints, length;
    bool ids;
};

struct event {
    uint32_t second, customer;
    uint16_t touchpoint;
    uint8_t channel;
};

/* [0, bound), small numbers far more often: the product of two draws. Its mean is a quarter of the bound. */
static uint32_t skewed(struct sj_random *random, uint32_t bound) {
    const uint64_t a = sj_random_below(random, bound), b = sj_random_below(random, bound);
    return (uint32_t)(a * b / bound);
}

static uint32_t smaller(uint64_t a, uint32_t b) { return a < b ? (uint32_t)a : b; }

static void make_chain(const struct shape *shape, uint16_t (*chain)[N_SUCCESSORS]) {
    struct sj_random random;
    sj_random_init(&random, shape->n_touchpoints);
    for (uint32_t t = 0; t < shape->n_touchpoints; t++) {
        chain[t][0] = (uint16_t)((t + 1) % shape->n_touchpoints);
        chain[t][1] = (uint16_t)t;
        for (unsigned i = 2; i < N_SUCCESSORS; i++)
            chain[t][i] = (uint16_t)skewed(&random, shape->n_touchpoints);
    }
}

static uint16_t successor(const struct shape *shape, const uint16_t *usual, struct sj_random *random) {
    uint64_t draw = sj_random_below(random, 1000);
    for (unsigned i = 0; i < N_SUCCESSORS; i++) {
        if (draw < PER_MILLE[i])
            return usual[i];
        draw -= PER_MILLE[i];
    }
    return (uint16_t)sj_random_below(random, shape->n_touchpoints);
}

static uint64_t journey_length(const struct shape *shape, uint32_t customer, struct sj_random *random) {
    if (shape->giant > 0 && customer == GIANT_CUSTOMER)
        return shape->giant;
    if (shape->length > 0)
        return shape->length;
    /* Pareto with exponent 1, cut off. */
    return 1 + smaller((UINT64_C(11) << 30) / (sj_random_below(random, UINT64_C(1) << 32) + 1), LENGTH_MAX - 1);
}

/* Seconds until the next event: none (0.3 %), within a visit (two in three), or until another visit. Long journeys are faster, so that
 * they fit in the year. */
static uint32_t gap(struct sj_random *random, uint32_t within, uint32_t between) {
    const uint64_t draw = sj_random_below(random, 1000);
    if (draw < 3)
        return 0;
    const uint32_t seconds = skewed(random, draw < 667 ? within : between);
    return within > 60 ? seconds + 1 : seconds;
}

static void make_journey(const struct shape *shape, uint16_t (*chain)[N_SUCCESSORS], uint32_t customer, struct sj_random *random,
                         struct event *events, uint64_t n) {
    uint32_t second = (uint32_t)sj_random_below(random, n < LENGTH_MAX ? YEAR_SECONDS / 10 * 9 : YEAR_SECONDS / 10);
    const uint64_t mean = (YEAR_SECONDS - second) / n;
    const uint32_t within = smaller(2 * mean + 1, 240), between = smaller(4 * mean + 1, 60 * SECONDS_A_DAY);
    uint16_t touchpoint = (uint16_t)skewed(random, shape->n_touchpoints);
    for (uint64_t i = 0; i < n; i++) {
        const bool usual = sj_random_below(random, 100) < 85;
        events[i] = (struct event){second, customer, touchpoint, (uint8_t)((usual ? touchpoint : touchpoint * 3 + 1) % N_CHANNELS)};
        touchpoint = successor(shape, chain[touchpoint], random);
        second = smaller((uint64_t)second + gap(random, within, between), YEAR_SECONDS - 1);
    }
}

static enum sj_status make_events(const struct shape *shape, struct event *events) {
    uint16_t(*chain)[N_SUCCESSORS];
    SJ_TRY(sj_mem_new(sj_alloc_libc(), shape->n_touchpoints, sizeof *chain, &chain, NULL));
    make_chain(shape, chain);
    enum sj_status status = SJ_OK;
    uint32_t customer = 0;
    for (uint64_t n = 0; n < shape->n_events && status == SJ_OK; customer++) {
        struct sj_random random;
        sj_random_init(&random, customer);
        const uint64_t wanted = journey_length(shape, customer, &random), left = shape->n_events - n;
        const uint64_t length = wanted < left ? wanted : left;
        make_journey(shape, chain, customer, &random, events + n, length);
        n += length;
        status = customer < CUSTOMERS_MAX ? SJ_OK : SJ_E_LIMIT;
    }
    sj_mem_free(sj_alloc_libc(), chain);
    return status;
}

/* The numbers of the events in order of time, customers in order within a second: a counting sort. */
static enum sj_status sort_by_time(const struct shape *shape, const struct event *events, uint32_t **ret_order) {
    uint32_t *starts, *order;
    SJ_TRY(sj_mem_new(sj_alloc_libc(), YEAR_SECONDS + 1, sizeof *starts, &starts, NULL));
    const enum sj_status status = sj_mem_new(sj_alloc_libc(), shape->n_events, sizeof *order, &order, NULL);
    if (status == SJ_OK) {
        for (uint64_t i = 0; i < shape->n_events; i++)
            starts[events[i].second + 1]++;
        for (uint32_t s = 0; s < YEAR_SECONDS; s++)
            starts[s + 1] += starts[s];
        for (uint32_t i = 0; i < shape->n_events; i++)
            order[starts[events[i].second]++] = i;
        *ret_order = order;
    }
    sj_mem_free(sj_alloc_libc(), starts);
    return status;
}

static void print_touchpoint(FILE *file, uint16_t touchpoint) {
    if (touchpoint < sizeof FUNNEL / sizeof FUNNEL[0])
        (void)fputs(FUNNEL[touchpoint], file);
    else
        (void)fprintf(file, "touchpoint_%u", touchpoint);
}

static void print_event(FILE *file, const struct event *event, struct sj_random *random, bool ids) {
    char time[SJ_TIME_TEXT_BYTES];
    (void)sj_time_format(YEAR_FROM_US + event->second * SJ_US_SECOND, time);
    /* Customers who are near in the file's making are far apart in their identities: an odd factor maps them one to one. */
    const uint32_t identity = (event->customer * UINT32_C(2654435761) + 12345) % CUSTOMERS_MAX;
    (void)fprintf(file, "%" PRIu32 ",%s,", 10000000 + identity, time);
    print_touchpoint(file, event->touchpoint);
    (void)fprintf(file, ",%s,", CHANNELS[event->channel]);
    if (event->touchpoint == PURCHASE) {
        const uint32_t cents = 500 + skewed(random, 100000);
        (void)fprintf(file, "%" PRIu32 ".%02" PRIu32, cents / 100, cents % 100);
    }
    if (ids)
        (void)fprintf(file, ",%016" PRIx64, sj_random_u64(random));
    (void)fputc('\n', file);
}

static enum sj_status print_events(const struct shape *shape, const struct event *events, const uint32_t *order, const char *path) {
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return SJ_E_IO;
    struct sj_random random;
    sj_random_init(&random, shape->n_events);
    (void)fprintf(file, "customer_id,timestamp,touchpoint,channel,value%s\n", shape->ids ? ",event_id" : "");
    for (uint64_t i = 0; i < shape->n_events; i++)
        print_event(file, &events[order[i]], &random, shape->ids);
    const bool failed = ferror(file) != 0;
    return fclose(file) == 0 && !failed ? SJ_OK : SJ_E_IO;
}

static enum sj_status make_file(const struct shape *shape, const char *path) {
    struct event *events;
    uint32_t *order = NULL;
    SJ_TRY(sj_mem_new(sj_alloc_libc(), shape->n_events, sizeof *events, &events, NULL));
    enum sj_status status = make_events(shape, events);
    if (status == SJ_OK)
        status = sort_by_time(shape, events, &order);
    if (status == SJ_OK)
        status = print_events(shape, events, order, path);
    sj_mem_free(sj_alloc_libc(), order);
    sj_mem_free(sj_alloc_libc(), events);
    return status;
}

static bool read_number(const char *text, uint64_t max, uint64_t *ret_number) {
    int64_t number;
    if (text == NULL || !sj_str_to_i64(sj_str(text), &number) || number < 1 || (uint64_t)number > max)
        return false;
    *ret_number = (uint64_t)number;
    return true;
}

static bool read_flags(char **words, struct shape *shape) {
    for (; *words != NULL; words++) {
        uint64_t number = 0;
        if (strcmp(*words, "--ids") == 0) {
            shape->ids = true;
        } else if (strcmp(*words, "--touchpoints") == 0 && read_number(words[1], TOUCHPOINTS_MAX, &number)) {
            shape->n_touchpoints = (uint32_t)number;
            words++;
        } else if (strcmp(*words, "--length") == 0 && read_number(words[1], YEAR_SECONDS, &number)) {
            shape->length = (uint32_t)number;
            words++;
        } else if (strcmp(*words, "--giant") == 0 && read_number(words[1], EVENTS_MAX, &number)) {
            shape->giant = number;
            words++;
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv) {
    struct shape shape = {.n_touchpoints = 40};
    if (argc < 3 || !read_number(argv[1], EVENTS_MAX, &shape.n_events) || !read_flags(argv + 3, &shape)) {
        (void)fputs("usage: events N FILE [--touchpoints N] [--length N] [--giant N] [--ids]\n", stderr);
        return 2;
    }
    const enum sj_status status = make_file(&shape, argv[2]);
    if (status != SJ_OK)
        (void)fprintf(stderr, "events: %s was not made: %s\n", argv[2], sj_status_name(status));
    return sj_status_exit(status);
}
