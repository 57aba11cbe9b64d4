/* Random rows, for tests of blocks and segments: every kind of column, every density, every awkward number. */
#pragma once
#include "model.h"
#include "store/segment.h"

enum { MADE_EVENTS_MAX = 3000, MADE_COLUMNS = 14, MADE_TEXTS = 40, MADE_CODES = SJ_N_BUILTIN + 3 * MADE_COLUMNS };

static const struct sj_wanted made_all = {.channel = true, .time = true, .identity = true, .all_columns = true};

struct made_column {
    uint32_t rows[MADE_EVENTS_MAX];
    int64_t values[MADE_EVENTS_MAX];
    struct sj_str texts[MADE_TEXTS];
};

struct made_rows {
    struct sj_rows rows;
    sj_key keys[MADE_EVENTS_MAX];
    struct sj_str identities[MADE_EVENTS_MAX];
    char names[MADE_EVENTS_MAX][16];
    uint32_t offsets[MADE_EVENTS_MAX + 1];
    uint16_t touchpoint[MADE_EVENTS_MAX];
    uint8_t channel[MADE_EVENTS_MAX];
    int64_t time_us[MADE_EVENTS_MAX];
    struct made_column columns[MADE_COLUMNS];
    struct sj_rows_column views[MADE_COLUMNS];
};

struct made_size {
    uint32_t n_customers, events_max; /* events a customer: 1 to events_max */
    uint32_t n_touchpoints, n_channels;
    uint64_t seed; /* of the keys */
};

static inline uint32_t made_below(struct sj_random *random, uint64_t bound) { return (uint32_t)sj_random_below(random, bound); }

static inline int64_t made_bits(double value) {
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* What a column of numbers is like: decimals with 0 to 6 places, then what no scale fits. */
static inline double made_number(struct sj_random *random, uint32_t flavour) {
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    static const double awkward[] = {-0.0, 0.0, 1e300, -1e300, 5e-324, 2.2250738585072014e-308, 0.1 + 0.2, 1.0 / 3, 9007199254740993.0,
                                     1e-7};
    if (flavour <= 6)
        return (double)((int64_t)made_below(random, 2000000) - 1000000) / powers[flavour];
    if (flavour == 7)
        return awkward[made_below(random, sizeof awkward / sizeof *awkward)];
    if (flavour == 9 && made_below(random, 5) == 0)
        return -0.0; /* which a scale alone would not keep */
    return (double)made_below(random, 9) / 4 + (flavour == 8 ? 1e15 : 0);
}

static inline int64_t made_value(struct sj_random *random, enum sj_kind kind, uint32_t flavour) {
    switch (kind) {
    case SJ_KIND_TEXT: return made_below(random, MADE_TEXTS);
    case SJ_KIND_NUMBER: return made_bits(made_number(random, flavour));
    case SJ_KIND_TRUTH: return made_below(random, 2);
    default: break;
    }
    switch (flavour % 4) {
    case 0: return (int64_t)made_below(random, 50) * 1000000;
    case 1: return (int64_t)sj_random_u64(random);
    case 2: return made_below(random, 2) ? INT64_MIN : INT64_MAX;
    default: return -7;
    }
}

/* A list with the same texts again and again, the empty one among them, and some long ones. */
static inline void made_texts(struct sj_random *random, struct sj_str texts[MADE_TEXTS]) {
    static const char *const pool[] = {
        "", "gold", "silver", "goud en zilver", "\xe9\x87\x91", "a much longer text, as comments are: on and on"};
    for (size_t i = 0; i < MADE_TEXTS; i++)
        texts[i] = sj_str(pool[made_below(random, sizeof pool / sizeof *pool)]);
}

/* Density 0: no value; 1: one in a hundred; 2: one in two; 3: all, with rows; 4: all, without. */
static inline void made_column(struct sj_random *random, struct made_rows *made, uint32_t c) {
    struct made_column *column = &made->columns[c];
    const enum sj_kind kind = (enum sj_kind)made_below(random, SJ_N_KINDS);
    const uint32_t density = made_below(random, 5), flavour = made_below(random, 10);
    uint32_t n = 0;
    made_texts(random, column->texts);
    for (uint32_t row = 0; row < made->rows.n_events; row++) {
        if (density == 0 || (density < 3 && made_below(random, density == 1 ? 100 : 2) != 0))
            continue;
        column->rows[n] = row;
        column->values[n++] = made_value(random, kind, flavour);
    }
    made->views[c] = (struct sj_rows_column){
        .code = (uint16_t)(SJ_N_BUILTIN + c * 3), /* some codes are missing */
        .kind = kind,
        .n = n,
        .n_texts = kind == SJ_KIND_TEXT ? MADE_TEXTS : 0,
        .rows = density == 4 ? NULL : column->rows,
        .values = column->values,
        .texts = kind == SJ_KIND_TEXT ? column->texts : NULL,
    };
}

static inline int made_by_key(const void *a, const void *b) {
    const sj_key *x = a, *y = b;
    return sj_key_cmp(*x, *y);
}

static inline void made_customers(struct sj_random *random, struct made_rows *made, const struct made_size *size) {
    struct sj_rows *rows = &made->rows;
    for (uint32_t c = 0; c < size->n_customers; c++) {
        snprintf(made->names[c], sizeof made->names[c], "c%u", (unsigned)made_below(random, 1u << 30) * size->n_customers + c);
        made->keys[c] = sj_hash128(made->names[c], strlen(made->names[c]), size->seed);
    }
    qsort(made->keys, size->n_customers, sizeof *made->keys, made_by_key);
    for (uint32_t i = 0; i < size->n_customers; i++) {
        const struct sj_str name = sj_str(made->names[i]);
        const sj_key key = sj_hash128(name.p, name.n, size->seed);
        const sj_key *at = bsearch(&key, made->keys, size->n_customers, sizeof key, made_by_key);
        made->identities[at - made->keys] = name;
    }
    for (uint32_t c = 0; c < size->n_customers; c++) {
        const uint32_t n = 1 + made_below(random, size->events_max);
        int64_t time_us = (int64_t)made_below(random, 1u << 31) * 1000;
        made->offsets[c] = rows->n_events;
        for (uint32_t i = 0; i < n && rows->n_events < MADE_EVENTS_MAX - size->n_customers + c + 1; i++) {
            made->touchpoint[rows->n_events] = (uint16_t)made_below(random, size->n_touchpoints);
            made->channel[rows->n_events] = (uint8_t)made_below(random, size->n_channels);
            made->time_us[rows->n_events++] = time_us += (int64_t)made_below(random, 3) * 500;
        }
    }
    made->offsets[size->n_customers] = rows->n_events;
}

/* Fills `made`; the rows hold the invariants of store/rows.h. */
static inline void make_rows(struct sj_random *random, const struct made_size *size, struct made_rows *made) {
    made->rows = (struct sj_rows){
        .n_customers = size->n_customers,
        .n_columns = MADE_COLUMNS,
        .keys = made->keys,
        .identities = made->identities,
        .offsets = made->offsets,
        .touchpoint = made->touchpoint,
        .channel = made->channel,
        .time_us = made->time_us,
        .columns = made->views,
    };
    made_customers(random, made, size);
    for (uint32_t c = 0; c < MADE_COLUMNS; c++)
        made_column(random, made, c);
}

static inline bool made_same_column(const struct sj_rows_column *a, const struct sj_rows_column *b) {
    if (a->code != b->code || a->kind != b->kind || a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++) {
        if ((a->rows ? a->rows[i] : i) != (b->rows ? b->rows[i] : i))
            return false;
        if (a->kind == SJ_KIND_TEXT ? !sj_str_eq(a->texts[a->values[i]], b->texts[b->values[i]]) : a->values[i] != b->values[i])
            return false;
    }
    return true;
}

static inline const struct sj_rows_column *made_next_column(const struct sj_rows *rows, uint32_t *at) {
    while (*at < rows->n_columns && rows->columns[*at].n == 0)
        ++*at;
    return *at < rows->n_columns ? &rows->columns[(*at)++] : NULL;
}

/* Whether both hold the same, value by value; columns without values count for nothing. */
static inline bool made_same(const struct sj_rows *a, const struct sj_rows *b) {
    if (a->n_customers != b->n_customers || a->n_events != b->n_events || memcmp(a->keys, b->keys, a->n_customers * sizeof *a->keys) != 0 ||
        memcmp(a->offsets, b->offsets, (a->n_customers + 1) * sizeof *a->offsets) != 0 ||
        memcmp(a->touchpoint, b->touchpoint, a->n_events * sizeof *a->touchpoint) != 0 ||
        memcmp(a->channel, b->channel, a->n_events) != 0 || memcmp(a->time_us, b->time_us, a->n_events * sizeof *a->time_us) != 0)
        return false;
    for (uint32_t c = 0; c < a->n_customers; c++) {
        if (!sj_str_eq(a->identities[c], b->identities[c]))
            return false;
    }
    const struct sj_rows_column *x, *y;
    for (uint32_t i = 0, j = 0;;) {
        x = made_next_column(a, &i);
        y = made_next_column(b, &j);
        if (!x || !y)
            return x == y;
        if (!made_same_column(x, y))
            return false;
    }
}
