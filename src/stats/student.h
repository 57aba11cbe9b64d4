/* Student's t distribution, as intervals of 95 % of a mean need it (Student 1908, Biometrika 6:1-25). Pure function. */
#pragma once
#include <stdint.h>

/* The 97.5 % point with df > 0 degrees of freedom, to 1e-12 of itself or better. O(min(df, 400)).
 *
 * Up to 400 degrees by the finite series of the distribution (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4) and Newton's method on the
 * angle atan(t / sqrt(df)), in which the distribution is concave, so that the steps come from below and cannot miss. Beyond, by the
 * expansion around the normal point (26.7.5), the next term of which is below 1e-13 there. */
double sj_student_95(int64_t df);
