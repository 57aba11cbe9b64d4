#include "base/pauses.h"

#include "base/vector.h"

SJ_VECTOR void sj_pauses_mark(const int64_t *times_us, uint32_t n, int64_t gap_us, uint8_t *begins) {
    for (uint32_t i = 1; i < n; i++)
        begins[i] = times_us[i] - times_us[i - 1] > gap_us;
    if (n > 0)
        begins[0] = 1;
}

uint32_t sj_pauses_list(const uint8_t *begins, uint32_t n, uint32_t *ret_starts) {
    uint32_t n_starts = 0;
    for (uint32_t i = 0; i < n; i++) {
        ret_starts[n_starts] = i;
        n_starts += begins[i];
    }
    ret_starts[n_starts] = n;
    return n_starts;
}
