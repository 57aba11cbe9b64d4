#include "stats/quantile.h"

#include <assert.h>

/* (n-1)·percent, in two parts so that no n overflows. */
struct sj_quantile_place sj_quantile_place(uint64_t n, unsigned percent) {
    assert(n > 0 && percent <= 100);
    uint64_t hundreds = (n - 1) / 100, left = (n - 1) % 100 * percent;
    return (struct sj_quantile_place){.rank = hundreds * percent + left / 100, .hundredths = (uint32_t)(left % 100)};
}

int64_t sj_quantile_between(int64_t below, int64_t above, uint32_t hundredths) {
    assert(below >= 0 && below <= above && hundredths < 100);
    uint64_t gap = (uint64_t)(above - below);
    uint64_t part = gap / 100 * hundredths + (gap % 100 * hundredths + 50) / 100;
    return below + (int64_t)part;
}
