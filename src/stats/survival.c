#include "stats/survival.h"
#include "stats/normal.h"

#define HALF (0.5 + 1e-12) /* the speck: a half stays one, though it is a product of rounded ratios */

/* The curve S after a time, and Greenwood's sum of d / (n (n - d)), which is the variance of log S. */
struct curve {
    double share, variance;
};

/* Whether the lower (z > 0) or upper (z < 0) bound of the curve is at most one half: log(-log S) ± z · sqrt(variance) / |log S|, turned
 * back. Where the curve is at 0 it has no bounds. */
static bool is_at_most_half(const struct curve *curve, double z) {
    if (curve->share <= 0)
        return false;
    const double log_share = log(curve->share);
    return exp(log_share * exp(z * sqrt(curve->variance) / -log_share)) <= HALF;
}

struct sj_survival_median sj_survival_median(const struct sj_survival_row *rows, size_t n_rows) {
    struct sj_survival_median found = {0};
    struct curve curve = {.share = 1};
    uint64_t n = 0;
    for (size_t i = 0; i < n_rows; i++)
        n += rows[i].n_ended + rows[i].n_open;
    for (size_t i = 0; i < n_rows; n -= rows[i].n_ended + rows[i].n_open, i++) {
        if (rows[i].n_ended == 0)
            continue;
        const double left = (double)(n - rows[i].n_ended);
        curve.variance += (double)rows[i].n_ended / ((double)n * left); /* infinite at the end, where the share is 0 */
        curve.share *= left / (double)n;
        if (!found.known && curve.share <= HALF) {
            found.known = true;
            found.median = rows[i].time;
        }
        if (!found.has_low && is_at_most_half(&curve, SJ_Z_95)) {
            found.has_low = true;
            found.low = rows[i].time;
        }
        if (!found.has_high && is_at_most_half(&curve, -SJ_Z_95)) {
            found.has_high = true;
            found.high = rows[i].time;
        }
    }
    return found;
}
