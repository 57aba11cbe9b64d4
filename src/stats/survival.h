/* How long something lasts of which some has not ended yet: the product-limit estimate of Kaplan and Meier (1958, JASA 53:457-481), and
 * its median with a 95 % interval. What has not ended is not left out (that would make it shorter than it is) but counts as lasting
 * at least so long. Pure functions. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many ended after that time, and how many were last seen then and had not. */
struct sj_survival_row {
    int64_t time;
    uint64_t n_ended, n_open;
};

struct sj_survival_median {
    bool known, has_low, has_high; /* false: the curve does not come down so far */
    int64_t median, low, high;
};

/* The first time at which at most half still last. `rows` by rising time, each once; what was last seen at a time is counted among those
 * that could have ended then. The interval is that of Brookmeyer and Crowley (1982, Biometrics 38:29-41): the times at which the
 * log-log interval of the curve, by Greenwood's variance, holds one half. */
struct sj_survival_median sj_survival_median(const struct sj_survival_row *rows, size_t n_rows);
