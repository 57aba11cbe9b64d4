/* The normal distribution, as intervals of 95 % need it, and when an estimate rests on little data. */
#pragma once
#include <math.h>

#define SJ_Z_95 1.959963984540054 /* the 97.5 % point */
#define SJ_THIN_N 30

/* How probable it is that a normal value is as far from 0 as z or farther, on either side. */
static inline double sj_normal_p(double z) { return erfc(fabs(z) / sqrt(2.0)); }
