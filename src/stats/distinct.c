#include "stats/distinct.h"

#include <string.h>

#include "stats/normal.h"

#define RANK_BITS (64 - SJ_DISTINCT_BITS)
#define RANKS (RANK_BITS + 2) /* of a register: 0 to RANK_BITS + 1 */
#define TOO_MANY (SJ_DISTINCT_EXACT + 1)
#define STANDARD_ERROR 0.00811688876 /* sqrt(3 ln 2 - 1) / sqrt(2^14) */

/* The place of the hash in distinct->exact, or where it belongs. */
static size_t find_exact(const struct sj_distinct *distinct, uint64_t hash) {
    size_t lo = 0, hi = distinct->n_exact;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (distinct->exact[mid] < hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void give_up_exact(struct sj_distinct *distinct) {
    memset(distinct->exact, 0, sizeof distinct->exact);
    distinct->n_exact = TOO_MANY;
}

static void add_exact(struct sj_distinct *distinct, uint64_t hash) {
    const size_t at = find_exact(distinct, hash), n = distinct->n_exact;
    if (at < n && distinct->exact[at] == hash)
        return;
    if (n == SJ_DISTINCT_EXACT) {
        give_up_exact(distinct);
        return;
    }
    memmove(&distinct->exact[at + 1], &distinct->exact[at], (n - at) * sizeof *distinct->exact);
    distinct->exact[at] = hash;
    distinct->n_exact = n + 1;
}

void sj_distinct_add(struct sj_distinct *distinct, uint64_t hash) {
    uint8_t *at = &distinct->registers[hash >> RANK_BITS];
    /* The bit set behind the 50 ends the zeros of a hash that has only zeros there. */
    const uint64_t rest = hash << SJ_DISTINCT_BITS | UINT64_C(1) << (SJ_DISTINCT_BITS - 1);
    const uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    *at = rank > *at ? rank : *at;
    if (distinct->n_exact != TOO_MANY)
        add_exact(distinct, hash);
}

void sj_distinct_merge(struct sj_distinct *distinct, const struct sj_distinct *other) {
    for (size_t i = 0; i < SJ_DISTINCT_REGISTERS; i++)
        distinct->registers[i] = other->registers[i] > distinct->registers[i] ? other->registers[i] : distinct->registers[i];
    if (other->n_exact == TOO_MANY)
        give_up_exact(distinct);
    for (size_t i = 0; i < other->n_exact && distinct->n_exact != TOO_MANY; i++)
        add_exact(distinct, other->exact[i]);
}

/* Ertl's sigma and tau: what registers that are 0, or as large as can be, stand for. Series that end when nothing is added any more. */
static double sigma(double x) {
    double power = x, weight = 1, sum = x, before = -1;
    if (x >= 1)
        return INFINITY;
    while (sum != before) {
        before = sum;
        power *= power;
        sum += power * weight;
        weight *= 2;
    }
    return sum;
}

static double tau(double x) {
    double root = x, weight = 1, sum = 1 - x, before = -1;
    if (x <= 0 || x >= 1)
        return 0;
    while (sum != before) {
        before = sum;
        root = sqrt(root);
        weight /= 2;
        sum -= (1 - root) * (1 - root) * weight;
    }
    return sum / 3;
}

/* Only additions, multiplications, divisions and roots, which are the same on every machine. */
static double estimate(const struct sj_distinct *distinct) {
    const double m = SJ_DISTINCT_REGISTERS;
    unsigned counts[RANKS] = {0};
    for (size_t i = 0; i < SJ_DISTINCT_REGISTERS; i++)
        counts[distinct->registers[i]]++;
    double z = m * tau(1 - counts[RANKS - 1] / m);
    for (unsigned rank = RANK_BITS; rank >= 1; rank--)
        z = (z + counts[rank]) / 2;
    z += m * sigma(counts[0] / m);
    return m / (2 * M_LN2) * m / z;
}

struct sj_estimate sj_distinct_count(const struct sj_distinct *distinct) {
    if (distinct->n_exact != TOO_MANY) {
        const double n = (double)distinct->n_exact;
        return (struct sj_estimate){.value = n, .low = n, .high = n, .n = (int64_t)distinct->n_exact};
    }
    const double value = fmax(TOO_MANY, fmin(estimate(distinct), 0x1p62));
    return (struct sj_estimate){
        .value = value,
        .low = fmax(TOO_MANY, value / (1 + SJ_Z_95 * STANDARD_ERROR)),
        .high = value / (1 - SJ_Z_95 * STANDARD_ERROR),
        .n = llround(value),
    };
}
