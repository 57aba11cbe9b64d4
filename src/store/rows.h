/* Rows: whole customers, decoded. What segments are made from, what merging gives, what the lens reads.
 *
 *   keys        [c0 ][c1      ][c2]         n_customers, rising
 *   offsets     0    3         9   11       n_customers + 1
 *   touchpoint  . . .|. . . . . .|. .       n_events; within a customer by (time, arrival)
 *   columns     only where there is a value: `rows` says at which events
 *
 * Invariants: (1) keys rise strictly; (2) offsets rise strictly, every customer has an event; (3) time never falls within a
 * customer, and events of the same time stand in order of arrival; (4) column->rows rise strictly.
 * Rows are a view: who gives them owns the memory and says how long it is good. */
#pragma once
#include "base/hash.h"
#include "store/event.h"

/* 128 bits, seeded hash of the identity: orders customers, and any range of keys is a unit of work. Two identities are taken for one
 * customer when their keys are equal; with 128 bits and a seed that nobody outside knows that does not happen. */
typedef struct sj_hash128 sj_key;

static inline int sj_key_cmp(sj_key a, sj_key b) {
    return a.hi != b.hi ? (a.hi < b.hi ? -1 : 1) : (a.lo != b.lo ? (a.lo < b.lo ? -1 : 1) : 0);
}

/* The key behind a key; false for the last. */
static inline bool sj_key_next(sj_key key, sj_key *ret_next) {
    *ret_next = (sj_key){.hi = key.hi + (key.lo == UINT64_MAX), .lo = key.lo + 1};
    return key.hi != UINT64_MAX || key.lo != UINT64_MAX;
}

/* One column: `n` values, value i belongs to event rows[i]; rows is NULL when every event has one (n == n_events).
 * i64 holds integers, the bits of a double, or for a text its place in texts[]. texts may hold the same text twice. */
struct sj_rows_column {
    uint16_t code;
    enum sj_kind kind;
    uint32_t n, n_texts;
    const uint32_t *rows;
    const int64_t *values;
    const struct sj_str *texts;
};

struct sj_rows {
    uint32_t n_customers, n_events, n_columns;
    const sj_key *keys;
    const struct sj_str *identities; /* NULL when not asked for */
    const uint32_t *offsets;
    const uint16_t *touchpoint;
    const uint8_t *channel;
    const int64_t *time_us;
    const struct sj_rows_column *columns; /* by rising code */
};

/* The column of that code, or NULL. */
static inline const struct sj_rows_column *sj_rows_find(const struct sj_rows *rows, uint16_t code) {
    for (uint32_t i = 0; i < rows->n_columns; i++) {
        if (rows->columns[i].code == code)
            return &rows->columns[i];
    }
    return NULL;
}
