/* Rows without some of their events. Not for other rooms. */
#pragma once
#include "base/shelf.h"
#include "store/drop.h"

struct sj_sieve {
    const struct sj_drop *drop;
    struct sj_shelf shelf;
    uint64_t n_dropped;
};

/* The rows that stay; those of `rows` themselves where all do. ret_kept->n_events is 0 where none does. Good until the next call, and as
 * long as `rows`. */
enum sj_status sj_sieve_rows(struct sj_sieve *sieve, const struct sj_rows *rows, struct sj_rows *ret_kept, struct sj_error *err);
