#include <string.h>
#include "base/shelf.h"
#include "base/vector.h"
#include "lens/plan.h"
#include "lens/segment_node.h"

/* ---- needs ---- */

static void add_where(const struct sj_where *where, bool *used, bool *ret_channel) {
    sj_where_columns(where, used);
    *ret_channel |= sj_where_needs_channel(where);
}

/* NOLINTNEXTLINE(misc-no-recursion): the parser caps the depth */
static void add_needs(const struct fact *fact, bool *used, bool *ret_time, bool *ret_channel) {
    for (size_t i = 0; i < fact->n_parts; i++)
        add_needs(fact->parts[i], used, ret_time, ret_channel);
    for (size_t i = 0; i < fact->n_columns; i++)
        used[fact->columns[i]] = true;
    *ret_time |= fact->kind == FACT_FIRST || fact->kind == FACT_LAST || fact->kind == FACT_MATCHED || fact->from_us != INT64_MIN ||
                 fact->to_us != INT64_MAX;
    *ret_channel |= fact->kind == FACT_CHANNELS;
    if (fact->kind == FACT_TRAIT) {
        add_where(fact->meets, used, ret_channel);
        add_where(fact->known, used, ret_channel);
    }
    for (uint32_t c = 0; fact->pattern && c < fact->pattern->n_conditions; c++)
        add_where(fact->pattern->conditions[c], used, ret_channel);
}

void sj_segment_needs(const struct sj_segment *segment, bool *used, bool *ret_time, bool *ret_channel) {
    *ret_time |= segment->has_end;
    for (uint32_t c = 0; c < segment->events.n_conditions; c++)
        add_where(segment->events.conditions[c], used, ret_channel);
    add_needs(segment->root, used, ret_time, ret_channel);
}

/* ---- running it ---- */

struct sj_segment_run {
    const struct sj_segment *segment;
    const struct sj_alloc *mem;
    struct sj_matcher matchers[SJ_MATCHED_MAX]; /* of the facts that are expressions */
};

/* Rows under a segment. */
struct work {
    struct sj_segment_run *run;
    const struct sj_rows *rows;
    struct sj_shelf *scratch;
};

enum sj_status sj_segment_run_new(const struct sj_segment *segment, const struct sj_alloc *mem, struct sj_segment_run **ret_run,
                                  struct sj_error *err) {
    struct sj_segment_run *run;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *run, &run, err));
    run->segment = segment;
    run->mem = mem;
    for (size_t i = 0; i < segment->n_matched; i++) {
        const struct sj_pattern *pattern = segment->matched[i]->pattern;
        const struct sj_match_rule rule = {pattern, sj_match_within(pattern, false, SJ_WITHIN_MAX), SJ_NO_CODE, false};
        sj_matcher_init(&run->matchers[i], mem, &rule);
    }
    *ret_run = run;
    return SJ_OK;
}

void sj_segment_run_free(struct sj_segment_run *run) {
    if (!run)
        return;
    for (size_t i = 0; i < run->segment->n_matched; i++)
        sj_matcher_done(&run->matchers[i]);
    sj_mem_free(run->mem, run);
}

static bool holds(enum comparison cmp, int64_t value, int64_t than) {
    switch (cmp) {
    case CMP_EQ: return value == than;
    case CMP_NE: return value != than;
    case CMP_LT: return value < than;
    case CMP_LE: return value <= than;
    case CMP_GT: return value > than;
    default: return value >= than;
    }
}

SJ_VECTOR static void mask_touchpoint(const uint16_t *touchpoint, uint32_t n, uint16_t code, uint8_t *mask) {
    for (uint32_t i = 0; i < n; i++)
        mask[i] |= touchpoint[i] == code;
}

SJ_VECTOR static void mask_times(const int64_t *time_us, uint32_t n, int64_t from_us, int64_t to_us, uint8_t *mask) {
    for (uint32_t i = 0; i < n; i++)
        mask[i] = (uint8_t)(mask[i] & (time_us[i] >= from_us) & (time_us[i] < to_us));
}

SJ_VECTOR static void mask_both(const uint8_t *meets, uint32_t n, uint8_t *mask) {
    for (uint32_t i = 0; i < n; i++)
        mask[i] &= meets[i];
}

/* The events that a fact is about: at the touchpoints, with the condition, within the time. */
static enum sj_status mask_events(const struct work *work, const struct fact *fact, uint8_t **ret_mask, struct sj_error *err) {
    const struct sj_rows *rows = work->rows;
    const int64_t end_us = work->run->segment->end_us, to_us = fact->to_us < end_us ? fact->to_us : end_us;
    const bool timed = fact->from_us != INT64_MIN || fact->to_us != INT64_MAX || work->run->segment->has_end;
    uint8_t *mask, *meets;
    SJ_TRY(sj_shelf_take(work->scratch, rows->n_events, 1, &mask, err));
    SJ_TRY(sj_shelf_take(work->scratch, rows->n_events, 1, &meets, err));
    memset(mask, 0, rows->n_events);
    for (uint32_t k = 0; fact->is_few && k < fact->n_codes; k++)
        mask_touchpoint(rows->touchpoint, rows->n_events, fact->codes[k], mask);
    for (uint32_t i = 0; !fact->is_few && i < rows->n_events; i++)
        mask[i] = fact->event.touchpoints[rows->touchpoint[i]];
    if (fact->event.condition != SJ_NO_CONDITION) {
        SJ_TRY(sj_where_apply(work->run->segment->events.conditions[fact->event.condition], rows, work->scratch, meets, err));
        mask_both(meets, rows->n_events, mask);
    }
    if (timed)
        mask_times(rows->time_us, rows->n_events, fact->from_us, to_us, mask);
    *ret_mask = mask;
    return SJ_OK;
}

/* The first event from `from` on that is marked, or n; most are not. */
static inline uint32_t next_marked(const uint8_t *mask, uint32_t n, uint32_t from) {
    for (uint64_t eight; from + 8 <= n; from += 8) {
        memcpy(&eight, mask + from, 8);
        if (eight != 0)
            break;
    }
    while (from < n && !mask[from])
        from++;
    return from;
}

static enum sj_status apply_did(const struct work *work, const struct fact *fact, uint8_t *in, struct sj_error *err) {
    const struct sj_rows *rows = work->rows;
    uint8_t *mask;
    uint32_t *counts, c = 0;
    SJ_TRY(mask_events(work, fact, &mask, err));
    SJ_TRY(sj_shelf_take(work->scratch, rows->n_customers, sizeof *counts, &counts, err));
    memset(counts, 0, rows->n_customers * sizeof *counts);
    for (uint32_t i = next_marked(mask, rows->n_events, 0); i < rows->n_events; i = next_marked(mask, rows->n_events, i + 1)) {
        while (rows->offsets[c + 1] <= i)
            c++;
        counts[c]++;
    }
    for (c = 0; c < rows->n_customers; c++)
        in[c] = counts[c] >= fact->min && counts[c] <= fact->max;
    return SJ_OK;
}

/* What is beyond the bounds of a sum is at them. */
static int64_t add_bounded(int64_t a, int64_t b) {
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? (b > 0 ? INT64_MAX : INT64_MIN) : sum;
}

/* Customers without such an event have the sum 0. */
static enum sj_status apply_sum(const struct work *work, const struct fact *fact, uint8_t *in, struct sj_error *err) {
    const struct sj_rows *rows = work->rows;
    uint8_t *mask;
    int64_t *amounts, *sums;
    uint32_t c = 0;
    SJ_TRY(mask_events(work, fact, &mask, err));
    SJ_TRY(sj_shelf_take(work->scratch, rows->n_events, sizeof *amounts, &amounts, err));
    SJ_TRY(sj_shelf_take(work->scratch, rows->n_customers, sizeof *sums, &sums, err));
    memset(sums, 0, rows->n_customers * sizeof *sums);
    sj_lens_amounts(rows, fact->columns, fact->n_columns, amounts);
    for (uint32_t i = next_marked(mask, rows->n_events, 0); i < rows->n_events; i = next_marked(mask, rows->n_events, i + 1)) {
        while (rows->offsets[c + 1] <= i)
            c++;
        sums[c] = amounts[i] != SJ_NO_AMOUNT ? add_bounded(sums[c], amounts[i]) : sums[c];
    }
    for (c = 0; c < rows->n_customers; c++)
        in[c] = holds(fact->cmp, sums[c], fact->value);
    return SJ_OK;
}

/* Customers without such an event meet no comparison. */
static enum sj_status apply_when(const struct work *work, const struct fact *fact, uint8_t *in, struct sj_error *err) {
    const struct sj_rows *rows = work->rows;
    uint8_t *mask;
    uint32_t c = 0, last_c = SJ_NO_EVENT;
    SJ_TRY(mask_events(work, fact, &mask, err));
    memset(in, 0, rows->n_customers);
    for (uint32_t i = next_marked(mask, rows->n_events, 0); i < rows->n_events; i = next_marked(mask, rows->n_events, i + 1)) {
        while (rows->offsets[c + 1] <= i)
            c++;
        if (fact->kind == FACT_LAST || c != last_c)
            in[c] = holds(fact->cmp, rows->time_us[i], fact->value);
        last_c = c;
    }
    return SJ_OK;
}

static bool is_before_end(const struct work *work, uint32_t event) {
    return !work->run->segment->has_end || work->rows->time_us[event] < work->run->segment->end_us;
}

static enum sj_status apply_channels(const struct work *work, const struct fact *fact, uint8_t *in, struct sj_error *err) {
    const struct sj_rows *rows = work->rows;
    (void)err;
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        bool seen[UINT8_MAX + 1] = {false};
        int64_t n = 0;
        for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1]; i++) {
            const uint8_t channel = is_before_end(work, i) ? rows->channel[i] : 0;
            n += channel != 0 && !seen[channel];
            seen[channel] = true;
        }
        in[c] = holds(fact->cmp, n, fact->value);
    }
    return SJ_OK;
}

/* The last event that has a value must meet the comparison. */
static enum sj_status apply_trait(const struct work *work, const struct fact *fact, uint8_t *in, struct sj_error *err) {
    const struct sj_rows *rows = work->rows;
    uint8_t *meets, *known;
    SJ_TRY(sj_shelf_take(work->scratch, rows->n_events, 1, &meets, err));
    SJ_TRY(sj_shelf_take(work->scratch, rows->n_events, 1, &known, err));
    SJ_TRY(sj_where_apply(fact->meets, rows, work->scratch, meets, err));
    SJ_TRY(sj_where_apply(fact->known, rows, work->scratch, known, err));
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        uint8_t last = 0;
        for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1]; i++)
            last = known[i] && is_before_end(work, i) ? meets[i] : last;
        in[c] = last;
    }
    return SJ_OK;
}

/* Histories up to the end: event i is event from[i] of the rows. */
static enum sj_status cut_histories(const struct work *work, uint32_t *from, struct sj_batch *batch, struct sj_error *err) {
    const struct sj_rows *rows = work->rows;
    uint32_t *offsets;
    uint16_t *touchpoint;
    int64_t *time_us;
    SJ_TRY(sj_shelf_take(work->scratch, (size_t)rows->n_customers + 1, sizeof *offsets, &offsets, err));
    SJ_TRY(sj_shelf_take(work->scratch, rows->n_events, sizeof *touchpoint, &touchpoint, err));
    SJ_TRY(sj_shelf_take(work->scratch, rows->n_events, sizeof *time_us, &time_us, err));
    uint32_t n = 0;
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        offsets[c] = n;
        for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1] && is_before_end(work, i); i++, n++) {
            from[n] = i;
            touchpoint[n] = rows->touchpoint[i];
            time_us[n] = rows->time_us[i];
        }
    }
    offsets[rows->n_customers] = n;
    batch->n_events = n;
    batch->offsets = offsets;
    batch->touchpoint = touchpoint;
    batch->time_us = time_us;
    return SJ_OK;
}

/* The rows as a batch whose journeys are histories. */
static enum sj_status histories(const struct work *work, const struct sj_pattern *pattern, struct sj_batch *ret_batch,
                                struct sj_error *err) {
    const struct sj_rows *rows = work->rows;
    const bool has_end = work->run->segment->has_end;
    const uint8_t **all;
    uint32_t *from;
    *ret_batch = (struct sj_batch){.n_journeys = rows->n_customers,
                                   .n_events = rows->n_events,
                                   .offsets = rows->offsets,
                                   .touchpoint = rows->touchpoint,
                                   .time_us = rows->time_us};
    SJ_TRY(sj_shelf_take(work->scratch, pattern->n_conditions, sizeof *all, (void *)&all, err));
    SJ_TRY(sj_shelf_take(work->scratch, rows->n_events, sizeof *from, &from, err));
    if (has_end)
        SJ_TRY(cut_histories(work, from, ret_batch, err));
    for (uint32_t c = 0; c < pattern->n_conditions; c++) {
        uint8_t *meets;
        SJ_TRY(sj_shelf_take(work->scratch, rows->n_events, 1, &meets, err));
        SJ_TRY(sj_where_apply(pattern->conditions[c], rows, work->scratch, meets, err));
        for (uint32_t i = 0; has_end && i < ret_batch->n_events; i++)
            meets[i] = meets[from[i]];
        all[c] = meets;
    }
    ret_batch->meets = all;
    return SJ_OK;
}

static enum sj_status apply_matched(const struct work *work, const struct fact *fact, uint8_t *in, struct sj_error *err) {
    struct sj_matcher *matcher = &work->run->matchers[fact->matcher];
    struct sj_batch batch;
    struct sj_match match;
    bool any = true;
    SJ_TRY(histories(work, fact->pattern, &batch, err));
    sj_matcher_begin(matcher, &batch);
    for (;;) {
        SJ_TRY(sj_matcher_next(matcher, &any, &match, err));
        if (!any)
            return SJ_OK;
        in[match.journey] = match.n_reached == fact->pattern->n_steps;
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): the parser caps the depth */
static enum sj_status apply(const struct work *work, const struct fact *fact, uint8_t *in, struct sj_error *err) {
    const uint32_t n = work->rows->n_customers;
    uint8_t *other;
    switch (fact->kind) {
    case FACT_DID: return apply_did(work, fact, in, err);
    case FACT_SUM: return apply_sum(work, fact, in, err);
    case FACT_FIRST:
    case FACT_LAST: return apply_when(work, fact, in, err);
    case FACT_CHANNELS: return apply_channels(work, fact, in, err);
    case FACT_TRAIT: return apply_trait(work, fact, in, err);
    case FACT_MATCHED: return apply_matched(work, fact, in, err);
    default: break;
    }
    SJ_TRY(apply(work, fact->parts[0], in, err));
    for (uint32_t c = 0; fact->kind == FACT_NOT && c < n; c++)
        in[c] = !in[c];
    for (size_t part = 1; part < fact->n_parts; part++) {
        SJ_TRY(sj_shelf_take(work->scratch, n, 1, &other, err));
        SJ_TRY(apply(work, fact->parts[part], other, err));
        for (uint32_t c = 0; c < n; c++)
            in[c] = fact->kind == FACT_AND ? in[c] & other[c] : in[c] | other[c];
    }
    return SJ_OK;
}

enum sj_status sj_segment_apply(struct sj_segment_run *run, const struct sj_rows *rows, struct sj_shelf *scratch, uint8_t *in,
                                struct sj_error *err) {
    const struct work work = {run, rows, scratch};
    return apply(&work, run->segment->root, in, err);
}
