#include "stats/student.h"

#include <assert.h>
#include <stdbool.h>

#include "stats/normal.h"

#define INSIDE 0.95
#define DF_SERIES_MAX 400
#define STEPS_MAX 60 /* never needed: about ten are */

/* How much of the distribution lies within ±t, for t = sqrt(df) tan(angle), and how fast that grows with the angle. */
struct inside {
    double share, slope;
};

/* Odd df:  2/π (angle + sin (cos + 2/3 cos³ + 2·4/(3·5) cos⁵ + … cos^(df - 2))).
 * Even df: sin (1 + 1/2 cos² + 1·3/(2·4) cos⁴ + … cos^(df - 2)).
 * The derivative is df times the coefficient of the term that would come next, times cos^(df - 1). */
static struct inside find_inside(int64_t df, double angle) {
    const double sine = sin(angle), cosine = cos(angle);
    const bool is_odd = df % 2 != 0;
    double term = is_odd ? cosine : 1, sum = 0;
    for (int64_t power = is_odd ? 1 : 0; power <= df - 2; power += 2) {
        sum += term;
        term *= cosine * cosine * (double)(power + 1) / (double)(power + 2);
    }
    const double slope = (double)df * term / cosine;
    return is_odd ? (struct inside){2 / M_PI * (angle + sine * sum), 2 / M_PI * slope} : (struct inside){sine * sum, slope};
}

static double by_series(int64_t df) {
    double angle = atan(SJ_Z_95 / sqrt((double)df));
    for (int step = 0; step < STEPS_MAX; step++) {
        const struct inside inside = find_inside(df, angle);
        const double more = (INSIDE - inside.share) / inside.slope;
        angle += more;
        if (more <= 1e-16 * angle) /* from here on it is rounding */
            break;
    }
    return sqrt((double)df) * tan(angle);
}

static double by_expansion(int64_t df) {
    const double z = SJ_Z_95, z2 = z * z, n = (double)df;
    const double g1 = (z2 + 1) * z / 4;
    const double g2 = ((5 * z2 + 16) * z2 + 3) * z / 96;
    const double g3 = (((3 * z2 + 19) * z2 + 17) * z2 - 15) * z / 384;
    const double g4 = ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) * z / 92160;
    return z + (g1 + (g2 + (g3 + g4 / n) / n) / n) / n;
}

double sj_student_95(int64_t df) {
    assert(df > 0);
    return df <= DF_SERIES_MAX ? by_series(df) : by_expansion(df);
}
