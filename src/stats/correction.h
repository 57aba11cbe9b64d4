/* Many tests at once: p values adjusted so that of what is called significant below q only the share q is false on average. Benjamini and
 * Hochberg (1995, JRSS B 57:289-300). Pure functions. */
#pragma once
#include "base/mem.h"

/* Adjusts n values in place, each from 0 to 1: min over all p[j] >= p[i] of n p[j] / rank of p[j]. The order among equal ones does not
 * matter. Errors: SJ_E_MEMORY, values unchanged. */
enum sj_status sj_benjamini_hochberg(const struct sj_alloc *mem, double *p, size_t n, struct sj_error *err);
