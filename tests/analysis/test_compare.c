/* Compare against a plain way to the same: features as names, counted journey by journey; every test, interval and order anew. */
#include <math.h>

#include "analysis/compare.h"
#include "analysis/world.h"
#include "stats/difference.h"
#include "stats/fisher.h"
#include "stats/strata.h"

enum { ARG_GROUP, ARG_OTHER, ARG_TAKERS, ARG_OTHERS, ARG_SINCE, ARG_STRATA, ARG_TOP, N_ARGS };
enum { NAME_BYTES = 160, FEATURES_MAX = 3000, N_KINDS = 5 };

static const char *const kinds[N_KINDS] = {"touchpoint", "link", "route", "channel", "property"};

/* ---- the question ---- */

struct asked {
    enum sj_compare_mode mode;
    bool has_other;
    uint16_t first[2], other[2]; /* touchpoints in order */
    size_t n_first, n_other;
    int64_t since_us;
    bool stratified; /* within dimension 0 */
    double design[2];
};

static bool takes(const struct world *world, const struct journey *journey, const uint16_t *steps, size_t n) {
    size_t step = 0;
    for (size_t i = journey->first; i < journey->first + journey->n && step < n; i++)
        step += world->events[i].touchpoint == steps[step];
    return step == n;
}

/* 0, 1, or -1 for neither, -2 for both. */
static int group_of(const struct world *world, const struct asked *asked, size_t j) {
    const struct journey *journey = &world->journeys[j];
    bool first, second;
    if (asked->mode == SJ_COMPARE_PERIODS)
        return world->events[journey->first].time_us >= asked->since_us ? 0 : 1;
    if (asked->mode == SJ_COMPARE_SEGMENTS) {
        first = world->members[0][journey->customer];
        second = world->members[1][journey->customer];
    } else {
        first = takes(world, journey, asked->first, asked->n_first);
        second = takes(world, journey, asked->other, asked->n_other);
    }
    second = asked->has_other ? second : !first;
    return first && second ? -2 : first ? 0 : second ? 1 : -1;
}

/* ---- features ---- */

struct feature {
    char name[NAME_BYTES];
    int kind;
    uint32_t property, touchpoints[2]; /* of a property; of a touchpoint or a link */
    size_t last;                       /* 1 + the journey that has it */
    int64_t x[2], n[2];
    bool has[JOURNEYS_MAX], counts[JOURNEYS_MAX]; /* by journey: whether it has it, and whether it is one of the n */
    double p, q, low, high;
    bool thin;
};

struct features {
    struct feature *items;
    size_t n;
};

static struct feature *feature_of(struct features *features, int kind, const char *name) {
    for (size_t i = 0; i < features->n; i++)
        if (features->items[i].kind == kind && strcmp(features->items[i].name, name) == 0)
            return &features->items[i];
    assert_true(features->n < FEATURES_MAX);
    struct feature *feature = &features->items[features->n++];
    memset(feature, 0, sizeof *feature);
    snprintf(feature->name, sizeof feature->name, "%s", name);
    feature->kind = kind;
    return feature;
}

static void put(struct features *features, int kind, const char *name, size_t j) { feature_of(features, kind, name)->has[j] = true; }

static void put_journey(const struct world *world, struct features *features, size_t j) {
    const struct event *events = world->events + world->journeys[j].first;
    const size_t n = world->journeys[j].n;
    char name[400];
    for (size_t i = 0; i < n; i++) {
        put(features, SJ_FEATURE_TOUCHPOINT, world->text[events[i].touchpoint], j);
        feature_of(features, SJ_FEATURE_TOUCHPOINT, world->text[events[i].touchpoint])->touchpoints[0] = events[i].touchpoint;
        if (events[i].channel != 0)
            put(features, SJ_FEATURE_CHANNEL, world->text[events[i].channel], j);
        if (i > 0) {
            snprintf(name, sizeof name, "%s >> %s", world->text[events[i - 1].touchpoint], world->text[events[i].touchpoint]);
            put(features, SJ_FEATURE_LINK, name, j);
            feature_of(features, SJ_FEATURE_LINK, name)->touchpoints[0] = events[i - 1].touchpoint;
            feature_of(features, SJ_FEATURE_LINK, name)->touchpoints[1] = events[i].touchpoint;
        }
        if (events[i].code != SJ_NO_CODE) {
            snprintf(name, sizeof name, "segment = %s", world->text[events[i].code]);
            put(features, SJ_FEATURE_PROPERTY, name, j);
            snprintf(name, sizeof name, "few = %s", world->text[few_of(events[i].code)]);
            put(features, SJ_FEATURE_PROPERTY, name, j);
            feature_of(features, SJ_FEATURE_PROPERTY, name)->property = 1;
        }
    }
    size_t length = (size_t)snprintf(name, sizeof name, "^");
    for (size_t i = 0; i < n && n <= SJ_COMPARE_ROUTE_STEPS; i++)
        length += (size_t)snprintf(name + length, sizeof name - length, "%s %s", i > 0 ? " >>" : "", world->text[events[i].touchpoint]);
    snprintf(name + length, sizeof name - length, " $");
    if (n <= SJ_COMPARE_ROUTE_STEPS)
        put(features, SJ_FEATURE_ROUTE, name, j);
}

static bool knows(const struct world *world, size_t j) {
    bool known = false;
    for (size_t i = 0; i < world->journeys[j].n; i++)
        known |= world->events[world->journeys[j].first + i].code != SJ_NO_CODE;
    return known;
}

static void count_features(const struct world *world, const struct asked *asked, struct features *features) {
    for (size_t j = 0; j < world->n_journeys; j++)
        if (group_of(world, asked, j) >= 0)
            put_journey(world, features, j);
    for (size_t f = 0; f < features->n; f++) {
        struct feature *feature = &features->items[f];
        for (size_t j = 0; j < world->n_journeys; j++) {
            const int g = group_of(world, asked, j);
            feature->counts[j] = g >= 0 && (feature->kind != SJ_FEATURE_PROPERTY || knows(world, j));
            if (!feature->counts[j])
                continue;
            feature->n[g]++;
            feature->x[g] += feature->has[j];
        }
    }
}

static bool is_testable(const struct feature *f) {
    const int64_t x = f->x[0] + f->x[1], n = f->n[0] + f->n[1];
    return f->n[0] > 0 && f->n[1] > 0 && x >= 10 && n - x >= 10;
}

static bool separates(const struct feature *f) {
    return is_testable(f) && ((f->x[0] == f->n[0] && f->x[1] == 0) || (f->x[1] == f->n[1] && f->x[0] == 0));
}

/* By touchpoint: the groups are made of it. */
static bool touchpoint_apart(const struct world *world, const struct asked *asked, const struct feature *f) {
    bool named = false;
    for (size_t i = 0; i < asked->n_first; i++)
        named |= asked->first[i] == f->touchpoints[0];
    for (size_t i = 0; i < asked->n_other && asked->has_other; i++)
        named |= asked->other[i] == f->touchpoints[0];
    named &= asked->mode == SJ_COMPARE_ROUTES && world->n_touchpoints > 1;
    return separates(f) || (named && (f->x[0] == f->n[0]) != (f->x[1] == f->n[1]));
}

/* Leaves those that are tested. */
static void keep_tested(const struct world *world, const struct asked *asked, struct features *features) {
    bool touchpoints[NAMES_MAX] = {false}, properties[2] = {false}, any = false;
    size_t n = 0;
    for (size_t f = 0; f < features->n; f++) {
        const struct feature *feature = &features->items[f];
        if (feature->kind == SJ_FEATURE_TOUCHPOINT)
            any |= touchpoints[feature->touchpoints[0]] = touchpoint_apart(world, asked, feature);
        if (feature->kind == SJ_FEATURE_PROPERTY)
            properties[feature->property] |= separates(feature);
    }
    for (size_t f = 0; f < features->n; f++) {
        const struct feature *feature = &features->items[f];
        const int kind = feature->kind;
        bool apart = separates(feature);
        if (kind == SJ_FEATURE_TOUCHPOINT || kind == SJ_FEATURE_LINK)
            apart |= touchpoints[feature->touchpoints[0]];
        if (kind == SJ_FEATURE_LINK)
            apart |= touchpoints[feature->touchpoints[1]];
        if (kind == SJ_FEATURE_ROUTE)
            apart |= any;
        if (kind == SJ_FEATURE_PROPERTY)
            apart |= properties[feature->property];
        if (is_testable(feature) && !apart)
            features->items[n++] = *feature;
    }
    features->n = n;
}

/* ---- tests ---- */

static double p_of(double z) { return erfc(fabs(z) / sqrt(2)); }

static double common(const struct asked *asked, double n1, double n2) {
    return (asked->design[0] / n1 + asked->design[1] / n2) / (1 / n1 + 1 / n2);
}

static void test_share(const struct asked *asked, struct feature *f) {
    const double x1 = (double)f->x[0], n1 = (double)f->n[0], x2 = (double)f->x[1], n2 = (double)f->n[1], n = n1 + n2, x = x1 + x2;
    const double distance = fmax(0, fabs(x1 - n1 * x / n) - 0.5), variance = n1 * n2 * x * (n - x) / (n * n * (n - 1));
    const struct sj_difference difference = sj_newcombe_clustered(f->x[0], f->n[0], f->x[1], f->n[1], asked->design);
    f->p = p_of(distance / sqrt(variance * common(asked, n1, n2)));
    const double few1 = x1 / asked->design[0], few2 = x2 / asked->design[1], all1 = n1 / asked->design[0], all2 = n2 / asked->design[1];
    const double has = few1 + few2, lacks = all1 + all2 - has;
    if (fmin(fmin(all1 * has, all2 * has), fmin(all1 * lacks, all2 * lacks)) / (all1 + all2) < 5)
        f->p = sj_fisher(llround(x1 / asked->design[0]), llround(n1 / asked->design[0]), llround(x2 / asked->design[1]),
                         llround(n2 / asked->design[1]));
    f->low = difference.low;
    f->high = difference.high;
    f->thin =
        ((sj_wilson_clustered(f->x[0], f->n[0], asked->design[0]).flags | sj_wilson_clustered(f->x[1], f->n[1], asked->design[1]).flags) &
         SJ_FLAG_THIN) != 0;
}

struct times {
    char name[NAME_BYTES];
    int64_t values[2][JOURNEYS_MAX];
    size_t n[2];
    double delta, low, high, p, q;
};

/* Every pair of one group and the other; equal buckets are equal times. */
static int over(int64_t a, int64_t b) {
    const uint32_t left = sj_bucket((uint64_t)a, SJ_BUCKET_BITS_FINE), right = sj_bucket((uint64_t)b, SJ_BUCKET_BITS_FINE);
    return (left > right) - (left < right);
}

static double mean_over(const struct times *times, int g, size_t i) {
    double sum = 0;
    for (size_t k = 0; k < times->n[!g]; k++)
        sum += over(times->values[g][i], times->values[!g][k]);
    return sum / (double)times->n[!g];
}

static void test_times(const struct asked *asked, struct times *times) {
    double variance = 0, ties = 0, n1 = (double)times->n[0], n2 = (double)times->n[1], n = n1 + n2;
    for (int g = 0; g < 2; g++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < times->n[g]; i++)
            sum += mean_over(times, g, i);
        for (size_t i = 0; i < times->n[g]; i++)
            squares += pow(mean_over(times, g, i) - sum / (double)times->n[g], 2);
        times->delta = g == 0 ? sum / n1 : times->delta;
        variance += asked->design[g] * squares / (double)(times->n[g] - 1) / (double)times->n[g];
    }
    for (size_t i = 0; i < times->n[0] + times->n[1]; i++) { /* the sum over all of t^2 - 1 is that over ties of t^3 - t */
        const int64_t value = i < times->n[0] ? times->values[0][i] : times->values[1][i - times->n[0]];
        double t = 0;
        for (int g = 0; g < 2; g++)
            for (size_t k = 0; k < times->n[g]; k++)
                t += over(value, times->values[g][k]) == 0;
        ties += t * t - 1;
    }
    times->low = fmax(-1, times->delta - 1.959963984540054 * sqrt(variance));
    times->high = fmin(1, times->delta + 1.959963984540054 * sqrt(variance));
    if (fabs(times->delta) == 1) /* tests/stats/test_superiority.c has this by itself */
        times->low = times->high = NAN;
    const double of_u = common(asked, n1, n2) * n1 * n2 / 12 * (n + 1 - ties / (n * (n - 1)));
    times->p = of_u > 1e-9 ? p_of(fmax(0, fabs(times->delta) / 2 * n1 * n2 - 0.5) / sqrt(of_u)) : 1;
}

/* Whole journeys first, then every link that enough journeys of both groups have. */
static size_t count_times(const struct world *world, const struct asked *asked, struct times *all) {
    size_t n = 1;
    memset(all, 0, sizeof *all);
    snprintf(all[0].name, sizeof all[0].name, "(whole journey)");
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct event *events = world->events + world->journeys[j].first;
        const int g = group_of(world, asked, j);
        bool seen[64] = {false};
        if (g < 0)
            continue;
        all[0].values[g][all[0].n[g]++] = events[world->journeys[j].n - 1].time_us - events[0].time_us;
        for (size_t i = 1; i < world->journeys[j].n; i++) {
            char name[NAME_BYTES];
            snprintf(name, sizeof name, "%s >> %s", world->text[events[i - 1].touchpoint], world->text[events[i].touchpoint]);
            size_t t = 1;
            while (t < n && strcmp(all[t].name, name) != 0)
                t++;
            if (t == n) {
                memset(&all[n], 0, sizeof *all);
                snprintf(all[n++].name, NAME_BYTES, "%s", name);
            }
            assert_true(t < 64);
            if (!seen[t])
                all[t].values[g][all[t].n[g]++] = events[i].time_us - events[i - 1].time_us;
            seen[t] = true;
        }
    }
    size_t kept = all[0].n[0] >= 2 && all[0].n[1] >= 2;
    for (size_t t = 1; t < n; t++) {
        if (all[t].n[0] >= 10 && all[t].n[1] >= 10)
            all[kept++] = all[t];
    }
    return kept;
}

static void correct(struct features *features, struct times *times, size_t n_times) {
    const size_t n = features->n + n_times;
    double p[FEATURES_MAX + 64];
    for (size_t i = 0; i < n; i++)
        p[i] = i < features->n ? features->items[i].p : times[i - features->n].p;
    for (size_t i = 0; i < n; i++) {
        double q = 1;
        for (size_t k = 0; k < n; k++) { /* of all that are not smaller */
            size_t rank = 0;
            for (size_t m = 0; m < n; m++)
                rank += p[m] <= p[k];
            if (p[k] >= p[i])
                q = fmin(q, p[k] * (double)n / (double)rank);
        }
        *(i < features->n ? &features->items[i].q : &times[i - features->n].q) = q;
    }
}

/* ---- the answer ---- */

static void assert_close(double a, double b) { assert_true(fabs(a - b) <= 1e-9 * fmax(1, fabs(a))); }

static double bound(double low, double high) { return low > 0 ? low : high < 0 ? -high : 0; }

static void check_features(const struct asked *asked, const struct features *features, const struct sj_table *table) {
    int last_class = 0;
    double last_bound = 2;
    assert_int_equal(table->n_rows, features->n);
    for (size_t row = 0; row < table->n_rows; row++) {
        const struct feature *f = NULL;
        for (size_t i = 0; i < features->n; i++)
            if (text_is(table, row, "feature", sj_str(features->items[i].name)) &&
                text_is(table, row, "kind", sj_str(kinds[features->items[i].kind])))
                f = &features->items[i];
        assert_non_null(f);
        const struct sj_cell *difference = cell_of(table, row, "difference");
        const double p1 = (double)f->x[0] / (double)f->n[0], p2 = (double)f->x[1] / (double)f->n[1];
        for (int g = 0; g < 2; g++) {
            const struct sj_cell *share = cell_of(table, row, g == 0 ? "first" : "second");
            assert_share(share, f->x[g], f->n[g]);
            assert_close(share->estimate.low, sj_wilson_clustered(f->x[g], f->n[g], asked->design[g]).low);
        }
        assert_true(difference->estimate.value == p1 - p2);
        assert_true(difference->estimate.low == f->low && difference->estimate.high == f->high);
        assert_int_equal(difference->estimate.n, f->n[0] + f->n[1]);
        assert_int_equal((difference->estimate.flags & SJ_FLAG_THIN) != 0, f->thin);
        assert_close(cell_of(table, row, "q")->f64, f->q);
        assert_close(cell_of(table, row, "effect")->f64, 2 * asin(sqrt(p1)) - 2 * asin(sqrt(p2)));
        const char *arrow = f->q >= 0.05 ? "" : p1 > p2 ? "▲" : "▼";
        assert_true(text_is(table, row, "arrow", sj_str(arrow)));
        const int class = f->q >= 0.05 ? 2 : f->thin;
        assert_true(class > last_class || (class == last_class && bound(f->low, f->high) <= last_bound));
        last_class = class;
        last_bound = bound(f->low, f->high);
    }
}

static void check_times(const struct asked *asked, struct times *times, size_t n, const struct sj_table *table) {
    assert_int_equal(table->n_rows, n);
    for (size_t row = 0; row < n; row++) {
        struct times *t = NULL;
        for (size_t i = 0; i < n; i++)
            if (text_is(table, row, "feature", sj_str(times[i].name)))
                t = &times[i];
        assert_non_null(t);
        const struct sj_estimate *found = &cell_of(table, row, "difference")->estimate;
        assert_close(found->value, 100 * t->delta);
        if (!isnan(t->low)) {
            assert_close(found->low, 100 * t->low);
            assert_close(found->high, 100 * t->high);
        }
        assert_int_equal((found->flags & SJ_FLAG_THIN) != 0,
                         (double)t->n[0] / asked->design[0] < 30 || (double)t->n[1] / asked->design[1] < 30);
        assert_close(cell_of(table, row, "q")->f64, t->q);
        assert_int_equal(i64_of(table, row, "first_journeys"), t->n[0]);
        assert_int_equal(i64_of(table, row, "second_journeys"), t->n[1]);
        assert_int_equal(i64_of(table, row, "first_median"), plain_quantile(t->values[0], t->n[0], 50));
        assert_int_equal(i64_of(table, row, "second_median"), plain_quantile(t->values[1], t->n[1], 50));
    }
}

/* ---- within strata ---- */

enum { BY_CHANNEL, BY_SEGMENT, BY_FEW, N_BY };
static const char *const strata_names[N_BY] = {"channel", "segment", "few"};

/* The first that is known; NAMES_MAX: none. */
static uint32_t stratum_of(const struct world *world, int by, size_t j) {
    for (size_t i = 0; i < world->journeys[j].n; i++) {
        const struct event *event = &world->events[world->journeys[j].first + i];
        if (by == BY_CHANNEL && event->channel != 0)
            return event->channel;
        if (by != BY_CHANNEL && event->code != SJ_NO_CODE)
            return by == BY_FEW ? few_of(event->code) : event->code;
    }
    return NAMES_MAX;
}

struct check {
    size_t feature, n_strata;
    int by;
    struct sj_difference over_all;
    struct sj_pooled pooled;
    double p, q;
};

/* The rule of Mantel and Fleiss (1980). */
static double expected_at_least(const struct sj_stratum *strata) {
    double above = 0, below = 0;
    for (size_t i = 0; i <= NAMES_MAX; i++) {
        const struct sj_stratum *s = &strata[i];
        const int64_t x = s->x1 + s->x2, least = x > s->n2 ? x - s->n2 : 0, most = x < s->n1 ? x : s->n1;
        if (s->n1 == 0 || s->n2 == 0)
            continue;
        const double expected = (double)x * (double)s->n1 / (double)(s->n1 + s->n2);
        above += expected - (double)least;
        below += (double)most - expected;
    }
    return fmin(above, below);
}

static bool check_within(const struct world *world, const struct asked *asked, const struct feature *f, int by, struct check *check) {
    static struct sj_stratum strata[NAMES_MAX + 1];
    int64_t n[2] = {0, 0}, x = 0;
    double inside = 0;
    memset(strata, 0, sizeof strata);
    for (size_t j = 0; j < world->n_journeys; j++) {
        struct sj_stratum *s = &strata[stratum_of(world, by, j)];
        const int g = group_of(world, asked, j);
        if (!f->counts[j])
            continue;
        *(g == 0 ? &s->n1 : &s->n2) += 1;
        *(g == 0 ? &s->x1 : &s->x2) += f->has[j];
    }
    *check = (struct check){.by = by};
    for (size_t i = 0; i <= NAMES_MAX; i++) {
        const struct sj_stratum *s = &strata[i];
        if (s->n1 == 0 || s->n2 == 0)
            continue;
        const double share = (double)(s->x1 + s->x2) / (double)(s->n1 + s->n2);
        inside += (double)(s->n1 + s->n2) * share * (1 - share);
        n[0] += s->n1;
        n[1] += s->n2;
        x += s->x1 + s->x2;
        check->n_strata++;
    }
    const double all = (double)(n[0] + n[1]), share = (double)x / all;
    if (check->n_strata < 2 || 2 * n[0] < f->n[0] || 2 * n[1] < f->n[1] || inside <= all * share * (1 - share) / 2 + 1e-9)
        return false;
    if (n[0] < 30 || n[1] < 30 || !sj_mantel_haenszel(strata, NAMES_MAX + 1, asked->design, &check->pooled) || !(check->pooled.se > 0) ||
        expected_at_least(strata) < 5 * fmax(asked->design[0], asked->design[1]))
        return false;
    check->over_all = sj_newcombe_clustered(f->x[0], f->n[0], f->x[1], f->n[1], asked->design);
    check->p = p_of((check->pooled.within.value - check->pooled.crude) / check->pooled.se);
    return true;
}

static const char *word_of(const struct check *check) {
    const struct sj_pooled *pooled = &check->pooled;
    const bool over_all = sj_is_significant(check->over_all), within = sj_is_significant(pooled->within);
    const bool turns = check->over_all.value * pooled->within.value < 0;
    if (2 * fabs(check->over_all.value - pooled->crude) > fabs(pooled->within.value - pooled->crude))
        return NULL; /* it is the journeys in no stratum of both */
    if (over_all && within)
        return turns ? "reverses" : NULL;
    return over_all ? "vanishes" : within ? "appears" : turns ? "changes" : NULL;
}

/* Whether the property is known of more than half of one group more than of the other. */
static bool is_made_of(const struct world *world, const struct asked *asked, int by) {
    double known[2] = {0, 0}, all[2] = {0, 0};
    for (size_t j = 0; j < world->n_journeys; j++) {
        const int g = group_of(world, asked, j);
        if (g < 0)
            continue;
        all[g]++;
        known[g] += stratum_of(world, by, j) != NAMES_MAX;
    }
    return !asked->stratified && fabs((1 - (all[0] - known[0]) / all[0]) - (1 - (all[1] - known[1]) / all[1])) > 0.5;
}

static size_t check_reversals(const struct world *world, const struct asked *asked, const struct features *features,
                              const struct sj_table *table) {
    static struct check checks[3 * FEATURES_MAX];
    size_t n = 0, n_found = 0;
    assert_true(features->n <= SJ_COMPARE_CHECKED_MAX);
    for (size_t f = 0; f < features->n; f++) {
        for (int by = 0; by < N_BY; by++) {
            const struct feature *feature = &features->items[f];
            const bool own = (by == BY_CHANNEL && feature->kind == SJ_FEATURE_CHANNEL) ||
                             (by != BY_CHANNEL && feature->kind == SJ_FEATURE_PROPERTY && feature->property == (uint32_t)(by == BY_FEW));
            if (own || (asked->stratified && by != BY_SEGMENT) || is_made_of(world, asked, by) ||
                !check_within(world, asked, feature, by, &checks[n]))
                continue;
            checks[n++].feature = f;
        }
    }
    for (size_t i = 0; i < n; i++) {
        checks[i].q = 1;
        for (size_t k = 0; k < n; k++) {
            size_t rank = 0;
            for (size_t m = 0; m < n; m++)
                rank += checks[m].p <= checks[k].p;
            if (checks[k].p >= checks[i].p)
                checks[i].q = fmin(checks[i].q, checks[k].p * (double)n / (double)rank);
        }
    }
    for (size_t i = 0; i < n; i++) {
        const struct sj_pooled *pooled = &checks[i].pooled;
        const struct feature *f = &features->items[checks[i].feature];
        const char *word = word_of(&checks[i]);
        size_t row = 0;
        while (row < table->n_rows &&
               !(text_is(table, row, "feature", sj_str(f->name)) && text_is(table, row, "strata", sj_str(strata_names[checks[i].by])) &&
                 fabs(cell_of(table, row, "within")->estimate.value - pooled->within.value) < 1e-12))
            row++;
        const bool expected = word != NULL && checks[i].q < 0.05 && fabs(pooled->within.value - pooled->crude) >= 0.01;
        assert_int_equal(row < table->n_rows, expected);
        if (!expected)
            continue;
        n_found++;
        assert_true(text_is(table, row, "finding", sj_str(word)));
        assert_close(cell_of(table, row, "q")->f64, checks[i].q);
        assert_int_equal(i64_of(table, row, "n_strata"), checks[i].n_strata);
        assert_close(cell_of(table, row, "over_all")->estimate.low, checks[i].over_all.low);
        assert_close(cell_of(table, row, "within")->estimate.low, pooled->within.low);
        assert_close(cell_of(table, row, "within")->estimate.high, pooled->within.high);
    }
    assert_int_equal(table->n_rows, n_found);
    return n_found;
}

/* ---- asking ---- */

static void fill_args(struct world *world, const struct asked *asked, struct sj_arg args[N_ARGS]) {
    memset(args, 0, N_ARGS * sizeof *args);
    for (size_t i = 0; i < N_ARGS; i++)
        args[i].segment = args[i].pattern = args[i].dimension = SJ_NO_CODE;
    world->n_route = world->n_other = 0;
    if (asked->mode == SJ_COMPARE_SEGMENTS) {
        args[ARG_GROUP].segment = 0;
        args[ARG_OTHER].segment = asked->has_other ? 1 : SJ_NO_CODE;
    }
    if (asked->mode == SJ_COMPARE_ROUTES) {
        args[ARG_TAKERS].pattern = 0;
        args[ARG_OTHERS].pattern = asked->has_other ? 1 : SJ_NO_CODE;
        route_world(world, asked->first, asked->n_first);
        for (; world->n_other < asked->n_other && asked->has_other; world->n_other++)
            world->other[world->n_other] = world->names[asked->other[world->n_other]];
    }
    args[ARG_SINCE].given = asked->mode == SJ_COMPARE_PERIODS;
    args[ARG_SINCE].i64 = asked->since_us;
    args[ARG_STRATA].dimension = asked->stratified ? 0 : SJ_NO_CODE;
    args[ARG_TOP].i64 = 100000;
}

static void check_groups(const struct world *world, const struct asked *asked, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "groups");
    int64_t journeys[2] = {0, 0}, customers[2] = {0, 0}, events[2] = {0, 0}, both = 0;
    bool seen[2][JOURNEYS_MAX] = {{false}};
    for (size_t j = 0; j < world->n_journeys; j++) {
        const int g = group_of(world, asked, j);
        both += g == -2;
        if (g < 0)
            continue;
        journeys[g]++;
        events[g] += (int64_t)world->journeys[j].n;
        customers[g] += !seen[g][world->journeys[j].customer];
        seen[g][world->journeys[j].customer] = true;
    }
    for (size_t g = 0; g < 2; g++) {
        assert_int_equal(i64_of(table, g, "journeys"), journeys[g]);
        assert_share(cell_of(table, g, "share"), journeys[g], (int64_t)world->n_journeys);
        assert_int_equal(i64_of(table, g, "customers"), customers[g]);
        assert_int_equal(i64_of(table, g, "events"), events[g]);
    }
    assert_int_equal(note_of(result, "in_both") != NULL, both > 0);
    assert_int_equal(note_of(result, "empty_group") != NULL, journeys[0] == 0 || journeys[1] == 0);
    assert_int_equal(note_of(result, "dependent_journeys") != NULL,
                     journeys[0] > 0 && journeys[1] > 0 && (journeys[0] > customers[0] || journeys[1] > customers[1]));
}

/* Of each group: journeys times journeys of the same customer, by journeys. */
static void find_design(const struct world *world, struct asked *asked) {
    for (int g = 0; g < 2; g++) {
        double pairs = 0, n = 0;
        for (size_t i = 0; i < world->n_journeys; i++) {
            n += group_of(world, asked, i) == g;
            for (size_t j = 0; group_of(world, asked, i) == g && j < world->n_journeys; j++)
                pairs += group_of(world, asked, j) == g && world->journeys[i].customer == world->journeys[j].customer;
        }
        asked->design[g] = n > 0 ? pairs / n : 1;
    }
}

/* Returns how many findings there are within strata. */
static size_t check(struct world *world, struct asked *asked, struct sj_random *random) {
    static struct feature room[FEATURES_MAX];
    static struct times times[64];
    struct features features = {.items = room};
    struct sj_arg args[N_ARGS];
    struct sj_result result;
    fill_args(world, asked, args);
    find_design(world, asked);
    check_ways(world, sj_analysis_find("compare"), args, random, &result);
    check_groups(world, asked, &result);
    size_t n_found = 0, n_times = 0;
    if (note_of(&result, "empty_group") == NULL) {
        count_features(world, asked, &features);
        keep_tested(world, asked, &features);
        n_times = count_times(world, asked, times);
        for (size_t i = 0; i < features.n; i++)
            test_share(asked, &features.items[i]);
        for (size_t i = 0; i < n_times; i++)
            test_times(asked, &times[i]);
        correct(&features, times, n_times);
        n_found = check_reversals(world, asked, &features, sj_result_find(&result, "reversals"));
    }
    check_features(asked, &features, sj_result_find(&result, "differences"));
    check_times(asked, times, n_times, sj_result_find(&result, "times"));
    sj_result_done(&result);
    return n_found;
}

static struct asked random_question(struct sj_random *random, const struct world *world) {
    struct asked asked = {.mode = (enum sj_compare_mode)below(random, 3),
                          .has_other = below(random, 2) == 0,
                          .n_first = 1 + below(random, 2),
                          .n_other = 1 + below(random, 2),
                          .since_us = (int64_t)below(random, 90) * SJ_US_DAY,
                          .stratified = below(random, 4) == 0};
    for (size_t i = 0; i < 2; i++) {
        asked.first[i] = (uint16_t)below(random, world->n_touchpoints);
        asked.other[i] = (uint16_t)below(random, world->n_touchpoints);
    }
    asked.has_other &= asked.mode != SJ_COMPARE_PERIODS;
    return asked;
}

static void test_random_worlds_equal_the_oracle(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 91);
    for (int round = 0; round < 150; round++) {
        const struct world_size size = {60 + below(&random, 120), 1 + below(&random, 6), 1 + below(&random, 3), 1 + below(&random, 5),
                                        round % 5 == 0 ? 0 : 20 * SJ_US_HOUR};
        static struct world world;
        make_world(&random, &size, &world);
        for (size_t s = 0; s < 2; s++)
            for (size_t c = 0; c < JOURNEYS_MAX; c++)
                world.members[s][c] = below(&random, 2 + (uint64_t)round % 3) == 0;
        struct asked asked = random_question(&random, &world);
        check(&world, &asked, &random);
    }
}

enum codes {
    CODES_ANY,
    CODES_TELL,    /* a few values tell the groups apart */
    CODES_IN_GROUP /* they tell the kinds apart, and are known of the group above all: it is made of them */
};

struct confounding {
    uint32_t lone; /* in a hundred: a third kind, only in the group */
    bool lone_has; /* that kind mostly has touchpoint 1 */
    enum codes codes;
};

static uint32_t confounded_code(struct sj_random *random, enum codes codes, bool in, bool hard) {
    if (codes == CODES_IN_GROUP)
        return below(random, 100) < (in ? 95 : 20) ? hard + FEW_CODES * below(random, 2) : SJ_NO_CODE;
    if (below(random, 3) == 0)
        return SJ_NO_CODE;
    return codes == CODES_TELL ? in + FEW_CODES * below(random, 8) : below(random, 25);
}

/* Two kinds of customers, told apart by the first channel that is known: the second kind is mostly in the group and seldom has touchpoint 1;
 * being in the group makes it more frequent for both. */
static void make_confounded(struct sj_random *random, const struct confounding *as, struct world *world) {
    *world = (struct world){.n_touchpoints = 3, .n_channels = 4, .n_codes = 25};
    name_world(world);
    for (uint32_t customer = 0; customer < JOURNEYS_MAX; customer++) {
        const bool alone = below(random, 100) < as->lone, hard = below(random, 2) == 0, in = alone || below(random, 10) < (hard ? 8 : 2);
        const uint8_t channel = alone ? 3 : hard ? 1 : 2;
        const bool is_late = below(random, 3) == 0; /* the first event has no channel */
        const uint32_t chance = alone && as->lone_has ? 97 : (hard ? 10u : 70u) + (in ? 20u : 0u);
        const bool has = below(random, 100) < chance;
        world->members[0][customer] = in;
        world->journeys[world->n_journeys++] = (struct journey){customer, world->n_events, 2};
        for (uint32_t i = 0; i < 2; i++)
            world->events[world->n_events++] = (struct event){.touchpoint = (uint16_t)(i == 0 ? 0
                                                                                       : has  ? 1
                                                                                              : 2),
                                                              .channel = i == is_late ? channel
                                                                         : i == 0     ? 0
                                                                                      : (uint8_t)(1 + below(random, 3)),
                                                              .code = confounded_code(random, as->codes, in, hard),
                                                              .time_us = (int64_t)i * (in ? 60 : 30) * SJ_US_SECOND + below(random, 100),
                                                              .amount = SJ_NO_AMOUNT};
        world->n_customers++;
    }
}

static void test_confounded_worlds_are_found_out(void **state) {
    (void)state;
    struct sj_random random;
    size_t n_found = 0;
    sj_random_init(&random, 92);
    for (uint32_t round = 0; round < 80; round++) {
        static struct world world;
        struct asked asked = {.mode = SJ_COMPARE_SEGMENTS, .stratified = false};
        const struct confounding as = {round % 2 == 0 ? 0 : below(&random, 50), round % 4 == 1, (enum codes)(round % 3)};
        make_confounded(&random, &as, &world);
        n_found += check(&world, &asked, &random) > 0;
    }
    assert_true(n_found > 40);
}

static void test_wrong_questions(void **state) {
    (void)state;
    static struct world world;
    struct sj_arg args[N_ARGS];
    struct way way = {1, JOURNEYS_MAX, 0};
    static const struct {
        bool group, other, takers, others, since;
        const char *says;
    } cases[] = {{false, false, false, false, false, "there are 0 ways"},
                 {true, false, true, false, false, "there are 2 ways"},
                 {true, false, true, false, true, "there are 3 ways"},
                 {false, true, true, false, false, "other goes with group"},
                 {false, false, false, true, true, "others goes with takers"}};
    parse_world("A1 B2", &world);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct asked asked = {.mode = SJ_COMPARE_PERIODS};
        struct sj_error err = {.status = SJ_OK};
        struct sj_result result;
        fill_args(&world, &asked, args);
        args[ARG_GROUP].segment = cases[i].group ? 0 : SJ_NO_CODE;
        args[ARG_OTHER].segment = cases[i].other ? 0 : SJ_NO_CODE;
        args[ARG_TAKERS].pattern = cases[i].takers ? 0 : SJ_NO_CODE;
        args[ARG_OTHERS].pattern = cases[i].others ? 0 : SJ_NO_CODE;
        args[ARG_SINCE].given = cases[i].since;
        sj_result_init(&result, sj_alloc_libc(), SJ_EN);
        assert_int_equal(world_run(&world, sj_analysis_find("compare"), args, &way, sj_alloc_libc(), &result, &err), SJ_E_USAGE);
        assert_non_null(strstr(err.message, cases[i].says));
        sj_result_done(&result);
    }
}

static void test_no_memory(void **state) {
    (void)state;
    static struct world world;
    struct sj_random random;
    struct sj_arg args[N_ARGS];
    const struct asked asked = {.mode = SJ_COMPARE_ROUTES, .first = {1}, .n_first = 1};
    sj_random_init(&random, 93);
    make_confounded(&random, &(struct confounding){0}, &world);
    fill_args(&world, &asked, args);
    check_memory(&world, sj_analysis_find("compare"), args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_oracle),
        cmocka_unit_test(test_confounded_worlds_are_found_out),
        cmocka_unit_test(test_wrong_questions),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
