/* Running a lens: rows of the store become batches of journeys.
 *
 *   rows -> mask (range, where) -> chosen events -> cut into journeys -> batch
 *
 * Where the lens chooses everything and a history is a journey, the batch is the rows, without a copy. */
#include <math.h>
#include "base/pauses.h"
#include "base/shelf.h"
#include "base/time.h"
#include "base/vector.h"
#include "lens/plan.h"

struct sj_scan {
    const struct sj_lens *lens;
    struct sj_cursor *cursor;
    struct sj_segment_run *segment; /* NULL: all customers */
    struct sj_segment_run **members;
    struct sj_shelf shelf;
    struct sj_batch batch;
    const uint32_t *places; /* of its events among the rows */
    struct sj_scan_counts counts;
};

/* The chosen events, in the order of the batch: event i of the batch is event `from[i]` of the rows; NULL: the same. */
struct chosen {
    uint32_t *from;
    uint32_t n_events, n_customers;
    const uint32_t *offsets; /* of customers */
    uint32_t *who;           /* customer c is customer who[c] of the rows; NULL: the same */
};

/* ---- choosing events ---- */

SJ_VECTOR static void mask_range(const int64_t *time_us, uint32_t n, int64_t from_us, int64_t to_us, uint8_t *mask) {
    for (uint32_t i = 0; i < n; i++)
        mask[i] = (uint8_t)((time_us[i] >= from_us) & (time_us[i] < to_us));
}

/* Events that are marked, of customers who are. */
static enum sj_status keep_chosen(struct sj_scan *scan, const struct sj_rows *rows, const uint8_t *mask, const uint8_t *in,
                                  struct chosen *ret, struct sj_error *err) {
    struct chosen chosen = {.n_events = 0};
    uint32_t *offsets;
    SJ_TRY(sj_shelf_take(&scan->shelf, rows->n_events, sizeof *chosen.from, &chosen.from, err));
    SJ_TRY(sj_shelf_take(&scan->shelf, (size_t)rows->n_customers + 1, sizeof *offsets, &offsets, err));
    SJ_TRY(sj_shelf_take(&scan->shelf, rows->n_customers, sizeof *chosen.who, &chosen.who, err));
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        const uint32_t before = chosen.n_events;
        for (uint32_t i = rows->offsets[c]; in[c] && i < rows->offsets[c + 1]; i++) {
            chosen.from[chosen.n_events] = i;
            chosen.n_events += mask[i];
        }
        if (chosen.n_events > before) {
            chosen.who[chosen.n_customers] = c;
            offsets[chosen.n_customers++] = before;
        }
    }
    offsets[chosen.n_customers] = chosen.n_events;
    chosen.offsets = offsets;
    *ret = chosen;
    return SJ_OK;
}

static enum sj_status choose(struct sj_scan *scan, const struct sj_rows *rows, struct chosen *ret, struct sj_error *err) {
    const struct sj_lens *lens = scan->lens;
    uint8_t *mask, *in_range, *in;
    if (!lens->has_range && !lens->where && !scan->segment) {
        *ret = (struct chosen){NULL, rows->n_events, rows->n_customers, rows->offsets, NULL};
        return SJ_OK;
    }
    SJ_TRY(sj_shelf_take(&scan->shelf, rows->n_customers, 1, &in, err));
    SJ_TRY(sj_shelf_take(&scan->shelf, rows->n_events, 1, &mask, err));
    SJ_TRY(sj_shelf_take(&scan->shelf, rows->n_events, 1, &in_range, err));
    memset(mask, 1, rows->n_events);
    memset(in, 1, rows->n_customers);
    if (lens->where)
        SJ_TRY(sj_where_apply(lens->where, rows, &scan->shelf, mask, err));
    if (lens->has_range) {
        mask_range(rows->time_us, rows->n_events, lens->from_us, lens->to_us, in_range);
        for (uint32_t i = 0; i < rows->n_events; i++)
            mask[i] &= in_range[i];
    }
    if (scan->segment)
        SJ_TRY(sj_segment_apply(scan->segment, rows, &scan->shelf, in, err));
    return keep_chosen(scan, rows, mask, in, ret, err);
}

/* ---- values by event ---- */

/* A column of the rows spread over the batch's events, as codes: code_of(value) where there is one. `codes` is n_events of the rows
 * long and holds SJ_NO_CODE where nothing was found yet. */
static void spread_values(const struct sj_rows_column *column, const uint32_t *code_of_value, uint32_t *codes) {
    for (uint32_t i = 0; i < column->n; i++)
        codes[column->rows ? column->rows[i] : i] = code_of_value[i];
}

/* The bytes that stand for a value: of a text its own, else the 8 bytes of the number. */
static struct sj_str value_bytes(const struct sj_rows_column *column, uint32_t i) {
    return column->kind == SJ_KIND_TEXT ? column->texts[column->values[i]] : (struct sj_str){(const char *)&column->values[i], 8};
}

/* Codes of a text column by dictionary entry, of another by value. */
static enum sj_status codes_of_column(struct sj_scan *scan, const struct sj_rows_column *column, const struct dimension_column *dimension,
                                      uint32_t *codes, struct sj_error *err) {
    uint32_t *code_of_value, *code_of_text = NULL;
    uint32_t place;
    SJ_TRY(sj_shelf_take(&scan->shelf, column->n, sizeof *code_of_value, &code_of_value, err));
    if (column->kind == SJ_KIND_TEXT) {
        SJ_TRY(sj_shelf_take(&scan->shelf, column->n_texts, sizeof *code_of_text, &code_of_text, err));
        for (uint32_t i = 0; i < column->n_texts; i++)
            code_of_text[i] = sj_names_find(&dimension->values, column->texts[i], &place) ? dimension->codes[place] : SJ_NO_CODE;
    }
    for (uint32_t i = 0; i < column->n; i++) {
        if (code_of_text)
            code_of_value[i] = code_of_text[column->values[i]];
        else
            code_of_value[i] = sj_names_find(&dimension->values, value_bytes(column, i), &place) ? dimension->codes[place] : SJ_NO_CODE;
    }
    spread_values(column, code_of_value, codes);
    return SJ_OK;
}

static enum sj_status dimension_codes(struct sj_scan *scan, const struct sj_rows *rows, const struct dimension_plan *plan,
                                      uint32_t **ret_codes, struct sj_error *err) {
    uint32_t *codes;
    SJ_TRY(sj_shelf_take(&scan->shelf, rows->n_events, sizeof *codes, &codes, err));
    for (uint32_t i = 0; i < rows->n_events; i++)
        codes[i] = plan->channel ? plan->channel_codes[rows->channel[i]] : SJ_NO_CODE;
    for (size_t c = 0; c < plan->n_columns; c++) {
        const struct sj_rows_column *column = sj_rows_find(rows, plan->columns[c].column);
        if (column)
            SJ_TRY(codes_of_column(scan, column, &plan->columns[c], codes, err));
    }
    *ret_codes = codes;
    return SJ_OK;
}

/* ---- cutting into journeys ---- */

static enum sj_status take_journeys(struct sj_scan *scan, uint32_t n_max, uint32_t **ret_offsets, uint32_t **ret_customer,
                                    struct sj_error *err) {
    SJ_TRY(sj_shelf_take(&scan->shelf, (size_t)n_max + 1, sizeof **ret_offsets, ret_offsets, err));
    return sj_shelf_take(&scan->shelf, n_max, sizeof **ret_customer, ret_customer, err);
}

static enum sj_status cut_history(struct sj_scan *scan, const struct chosen *chosen, struct sj_error *err) {
    uint32_t *customer;
    SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_customers, sizeof *customer, &customer, err));
    for (uint32_t c = 0; c < chosen->n_customers; c++)
        customer[c] = c;
    scan->batch.n_journeys = chosen->n_customers;
    scan->batch.offsets = chosen->offsets;
    scan->batch.customer = customer;
    return SJ_OK;
}

static enum sj_status chosen_times(struct sj_scan *scan, const struct sj_rows *rows, const struct chosen *chosen, const int64_t **ret_times,
                                   struct sj_error *err) {
    int64_t *times;
    *ret_times = rows->time_us;
    if (!chosen->from)
        return SJ_OK;
    SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_events, sizeof *times, &times, err));
    for (uint32_t i = 0; i < chosen->n_events; i++)
        times[i] = rows->time_us[chosen->from[i]];
    *ret_times = times;
    return SJ_OK;
}

static enum sj_status cut_sessions(struct sj_scan *scan, const struct sj_rows *rows, const struct chosen *chosen, struct sj_error *err) {
    uint32_t *offsets, *customer;
    const int64_t *times;
    uint8_t *begins;
    SJ_TRY(take_journeys(scan, chosen->n_events, &offsets, &customer, err));
    SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_events, 1, &begins, err));
    SJ_TRY(chosen_times(scan, rows, chosen, &times, err));
    sj_pauses_mark(times, chosen->n_events, scan->lens->gap_us, begins);
    for (uint32_t c = 0; c < chosen->n_customers; c++)
        begins[chosen->offsets[c]] = 1;
    const uint32_t n = sj_pauses_list(begins, chosen->n_events, offsets);
    for (uint32_t j = 0, c = 0; j < n; j++) {
        c += offsets[j] == chosen->offsets[c + 1];
        customer[j] = c;
    }
    scan->batch.n_journeys = n;
    scan->batch.offsets = offsets;
    scan->batch.customer = customer;
    return SJ_OK;
}

/* Numbers the values of one column. Where the property has several kinds, a number and the same number as text are one case. */
static enum sj_status column_cases(struct sj_scan *scan, const struct sj_rows_column *column, struct sj_names *names, uint32_t *codes,
                                   struct sj_error *err) {
    const bool as_text = scan->lens->n_case_columns > 1 && column->kind != SJ_KIND_TEXT;
    uint32_t *code_of_value;
    char text[64];
    SJ_TRY(sj_shelf_take(&scan->shelf, column->n, sizeof *code_of_value, &code_of_value, err));
    for (uint32_t i = 0; i < column->n; i++) {
        struct sj_str bytes = value_bytes(column, i);
        if (as_text)
            bytes = (struct sj_str){text, sj_lens_value_text(column->kind, column->values[i], text)};
        SJ_TRY(sj_names_add(names, bytes, &code_of_value[i], err));
    }
    spread_values(column, code_of_value, codes);
    return SJ_OK;
}

/* The case of every event of the rows, as a code that is good within these rows. */
static enum sj_status case_codes(struct sj_scan *scan, const struct sj_rows *rows, uint32_t *ret_n_codes, const uint32_t **ret_codes,
                                 struct sj_error *err) {
    struct sj_names names;
    uint32_t *codes;
    SJ_TRY(sj_shelf_take(&scan->shelf, rows->n_events, sizeof *codes, &codes, err));
    memset(codes, 0xff, rows->n_events * sizeof *codes); /* SJ_NO_CODE */
    sj_names_init(&names, scan->lens->mem, rows->keys[0].lo);
    enum sj_status status = SJ_OK;
    for (size_t c = 0; c < scan->lens->n_case_columns && status == SJ_OK; c++) {
        const struct sj_rows_column *column = sj_rows_find(rows, scan->lens->case_columns[c]);
        if (column)
            status = column_cases(scan, column, &names, codes, err);
    }
    *ret_codes = codes;
    *ret_n_codes = sj_names_count(&names);
    sj_names_done(&names);
    return status;
}

struct cases {
    const uint32_t *codes; /* by event of the rows */
    uint32_t *journey_of;  /* by code: journey of the customer in hand, SJ_NO_CODE outside of it */
    uint32_t *offsets, *customer, *from, *cursor;
    uint32_t *who; /* by customer that has a journey: of the rows */
    uint32_t n_journeys, n_events, n_customers;
};

/* The events of one customer, put together by case in order of each case's first event. */
static void group_customer(struct cases *k, const struct chosen *chosen, uint32_t c) {
    const uint32_t first = k->n_journeys, lo = chosen->offsets[c], hi = chosen->offsets[c + 1];
    for (uint32_t i = lo; i < hi; i++) {
        const uint32_t code = k->codes[chosen->from ? chosen->from[i] : i];
        if (code == SJ_NO_CODE)
            continue;
        if (k->journey_of[code] == SJ_NO_CODE) {
            k->customer[k->n_journeys] = k->n_customers;
            k->cursor[k->n_journeys] = 0;
            k->journey_of[code] = k->n_journeys++;
        }
        k->cursor[k->journey_of[code]]++; /* counts first */
    }
    for (uint32_t j = first; j < k->n_journeys; j++) {
        const uint32_t n = k->cursor[j];
        k->offsets[j] = k->cursor[j] = k->n_events;
        k->n_events += n;
    }
    for (uint32_t i = lo; i < hi; i++) {
        const uint32_t row = chosen->from ? chosen->from[i] : i;
        if (k->codes[row] != SJ_NO_CODE)
            k->from[k->cursor[k->journey_of[k->codes[row]]]++] = row;
    }
    for (uint32_t i = lo; i < hi; i++) {
        const uint32_t code = k->codes[chosen->from ? chosen->from[i] : i];
        if (code != SJ_NO_CODE)
            k->journey_of[code] = SJ_NO_CODE;
    }
    k->who[k->n_customers] = chosen->who ? chosen->who[c] : c;
    k->n_customers += k->n_journeys > first;
}

static enum sj_status cut_cases(struct sj_scan *scan, const struct sj_rows *rows, struct chosen *chosen, struct sj_error *err) {
    struct cases k = {0};
    uint32_t n_codes;
    SJ_TRY(case_codes(scan, rows, &n_codes, &k.codes, err));
    SJ_TRY(take_journeys(scan, chosen->n_events, &k.offsets, &k.customer, err));
    SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_events, sizeof *k.from, &k.from, err));
    SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_events, sizeof *k.cursor, &k.cursor, err));
    SJ_TRY(sj_shelf_take(&scan->shelf, n_codes, sizeof *k.journey_of, &k.journey_of, err));
    SJ_TRY(sj_shelf_take(&scan->shelf, (size_t)chosen->n_customers + 1, sizeof *k.who, &k.who, err));
    memset(k.journey_of, 0xff, n_codes * sizeof *k.journey_of);
    for (uint32_t c = 0; c < chosen->n_customers; c++)
        group_customer(&k, chosen, c);
    k.offsets[k.n_journeys] = k.n_events;
    scan->counts.n_without_case += chosen->n_events - k.n_events;
    *chosen = (struct chosen){k.from, k.n_events, k.n_customers, NULL, k.who};
    scan->batch.n_journeys = k.n_journeys;
    scan->batch.offsets = k.offsets;
    scan->batch.customer = k.customer;
    return SJ_OK;
}

/* ---- the batch ---- */

static enum sj_status fill_events(struct sj_scan *scan, const struct sj_rows *rows, const struct chosen *chosen, struct sj_error *err) {
    struct sj_batch *b = &scan->batch;
    b->touchpoint = rows->touchpoint;
    b->channel = scan->lens->channel ? rows->channel : NULL;
    b->time_us = scan->lens->time ? rows->time_us : NULL;
    if (!chosen->from)
        return SJ_OK;
    uint16_t *touchpoint;
    uint8_t *channel;
    int64_t *time_us;
    SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_events, sizeof *touchpoint, &touchpoint, err));
    for (uint32_t i = 0; i < chosen->n_events; i++)
        touchpoint[i] = rows->touchpoint[chosen->from[i]];
    b->touchpoint = touchpoint;
    if (b->channel) {
        SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_events, sizeof *channel, &channel, err));
        for (uint32_t i = 0; i < chosen->n_events; i++)
            channel[i] = rows->channel[chosen->from[i]];
        b->channel = channel;
    }
    if (b->time_us) {
        SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_events, sizeof *time_us, &time_us, err));
        for (uint32_t i = 0; i < chosen->n_events; i++)
            time_us[i] = rows->time_us[chosen->from[i]];
        b->time_us = time_us;
    }
    return SJ_OK;
}

static enum sj_status fill_codes(struct sj_scan *scan, const struct sj_rows *rows, const struct chosen *chosen, struct sj_error *err) {
    const uint32_t **all;
    SJ_TRY(sj_shelf_take(&scan->shelf, scan->lens->n_dimensions, sizeof *all, (void *)&all, err));
    for (size_t d = 0; d < scan->lens->n_dimensions; d++) {
        uint32_t *codes, *picked;
        SJ_TRY(dimension_codes(scan, rows, &scan->lens->plans[d], &codes, err));
        all[d] = codes;
        if (!chosen->from)
            continue;
        SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_events, sizeof *picked, &picked, err));
        for (uint32_t i = 0; i < chosen->n_events; i++)
            picked[i] = codes[chosen->from[i]];
        all[d] = picked;
    }
    scan->batch.codes = all;
    return SJ_OK;
}

/* A value in millionths, rounded half to even; what is beyond the bounds is at them. */
static int64_t amount_of(enum sj_kind kind, int64_t value) {
    double number;
    if (kind == SJ_KIND_DURATION)
        return value < -SJ_AMOUNT_MAX ? -SJ_AMOUNT_MAX : value;
    if (kind == SJ_KIND_MONEY)
        return value > SJ_AMOUNT_MAX / 100 ? SJ_AMOUNT_MAX : value < -SJ_AMOUNT_MAX / 100 ? -SJ_AMOUNT_MAX : value * 100;
    memcpy(&number, &value, sizeof number);
    number *= 1e6;
    return number >= 0x1p63 ? SJ_AMOUNT_MAX : number <= -0x1p63 ? -SJ_AMOUNT_MAX : (int64_t)rint(number);
}

void sj_lens_amounts(const struct sj_rows *rows, const uint16_t *columns, size_t n_columns, int64_t *amounts) {
    for (uint32_t i = 0; i < rows->n_events; i++)
        amounts[i] = SJ_NO_AMOUNT;
    for (size_t c = 0; c < n_columns; c++) {
        const struct sj_rows_column *column = sj_rows_find(rows, columns[c]);
        for (uint32_t i = 0; column && i < column->n; i++)
            amounts[column->rows ? column->rows[i] : i] = amount_of(column->kind, column->values[i]);
    }
}

static enum sj_status measure_amounts(struct sj_scan *scan, const struct sj_rows *rows, const struct measure_plan *plan,
                                      int64_t **ret_amounts, struct sj_error *err) {
    SJ_TRY(sj_shelf_take(&scan->shelf, rows->n_events, sizeof **ret_amounts, ret_amounts, err));
    sj_lens_amounts(rows, plan->columns, plan->n_columns, *ret_amounts);
    return SJ_OK;
}

static enum sj_status fill_amounts(struct sj_scan *scan, const struct sj_rows *rows, const struct chosen *chosen, struct sj_error *err) {
    const int64_t **all;
    SJ_TRY(sj_shelf_take(&scan->shelf, scan->lens->n_measures, sizeof *all, (void *)&all, err));
    for (size_t m = 0; m < scan->lens->n_measures; m++) {
        int64_t *amounts, *picked;
        SJ_TRY(measure_amounts(scan, rows, &scan->lens->measure_plans[m], &amounts, err));
        all[m] = amounts;
        if (!chosen->from)
            continue;
        SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_events, sizeof *picked, &picked, err));
        for (uint32_t i = 0; i < chosen->n_events; i++)
            picked[i] = amounts[chosen->from[i]];
        all[m] = picked;
    }
    scan->batch.amounts = all;
    return SJ_OK;
}

static enum sj_status fill_identities(struct sj_scan *scan, const struct sj_rows *rows, const struct chosen *chosen, struct sj_error *err) {
    struct sj_str *identities;
    scan->batch.identities = scan->lens->identity ? rows->identities : NULL;
    if (!scan->lens->identity || !chosen->who)
        return SJ_OK;
    SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_customers, sizeof *identities, &identities, err));
    for (uint32_t c = 0; c < chosen->n_customers; c++)
        identities[c] = rows->identities[chosen->who[c]];
    scan->batch.identities = identities;
    return SJ_OK;
}

static enum sj_status fill_meets(struct sj_scan *scan, const struct sj_rows *rows, const struct chosen *chosen, struct sj_error *err) {
    const uint8_t **all;
    SJ_TRY(sj_shelf_take(&scan->shelf, scan->lens->n_conditions, sizeof *all, (void *)&all, err));
    for (size_t c = 0; c < scan->lens->n_conditions; c++) {
        uint8_t *meets, *picked;
        SJ_TRY(sj_shelf_take(&scan->shelf, rows->n_events, 1, &meets, err));
        SJ_TRY(sj_where_apply(scan->lens->conditions[c], rows, &scan->shelf, meets, err));
        all[c] = meets;
        if (!chosen->from)
            continue;
        SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_events, 1, &picked, err));
        for (uint32_t i = 0; i < chosen->n_events; i++)
            picked[i] = meets[chosen->from[i]];
        all[c] = picked;
    }
    scan->batch.meets = all;
    return SJ_OK;
}

static enum sj_status fill_members(struct sj_scan *scan, const struct sj_rows *rows, const struct chosen *chosen, struct sj_error *err) {
    const uint8_t **all;
    SJ_TRY(sj_shelf_take(&scan->shelf, scan->lens->n_members, sizeof *all, (void *)&all, err));
    for (size_t s = 0; s < scan->lens->n_members; s++) {
        uint8_t *in, *picked;
        SJ_TRY(sj_shelf_take(&scan->shelf, rows->n_customers, 1, &in, err));
        SJ_TRY(sj_segment_apply(scan->members[s], rows, &scan->shelf, in, err));
        all[s] = in;
        if (!chosen->who)
            continue;
        SJ_TRY(sj_shelf_take(&scan->shelf, chosen->n_customers, 1, &picked, err));
        for (uint32_t c = 0; c < chosen->n_customers; c++)
            picked[c] = in[chosen->who[c]];
        all[s] = picked;
    }
    scan->batch.members = all;
    return SJ_OK;
}

static enum sj_status fill_batch(struct sj_scan *scan, const struct sj_rows *rows, struct sj_error *err) {
    struct chosen chosen;
    sj_shelf_reset(&scan->shelf);
    SJ_TRY(choose(scan, rows, &chosen, err));
    scan->counts.n_events += rows->n_events;
    scan->counts.n_chosen += chosen.n_events;
    if (scan->lens->slice == SLICE_HISTORY)
        SJ_TRY(cut_history(scan, &chosen, err));
    else if (scan->lens->slice == SLICE_SESSION)
        SJ_TRY(cut_sessions(scan, rows, &chosen, err));
    else
        SJ_TRY(cut_cases(scan, rows, &chosen, err));
    scan->places = chosen.from;
    scan->batch.n_events = chosen.n_events;
    scan->batch.n_customers = chosen.n_customers;
    scan->counts.n_customers += chosen.n_customers;
    scan->counts.n_journeys += scan->batch.n_journeys;
    SJ_TRY(fill_events(scan, rows, &chosen, err));
    SJ_TRY(fill_identities(scan, rows, &chosen, err));
    SJ_TRY(fill_codes(scan, rows, &chosen, err));
    SJ_TRY(fill_meets(scan, rows, &chosen, err));
    SJ_TRY(fill_members(scan, rows, &chosen, err));
    return fill_amounts(scan, rows, &chosen, err);
}

enum sj_status sj_scan_next(struct sj_scan *scan, const struct sj_batch **ret_batch, struct sj_error *err) {
    const struct sj_rows *rows;
    do {
        SJ_TRY(sj_cursor_next(scan->cursor, &rows, err));
        if (!rows) {
            *ret_batch = NULL;
            return SJ_OK;
        }
        SJ_TRY(fill_batch(scan, rows, err));
    } while (scan->batch.n_journeys == 0);
    *ret_batch = &scan->batch;
    return SJ_OK;
}

enum sj_status sj_scan_open(const struct sj_lens *lens, sj_key lo, const sj_key *hi, struct sj_scan **ret_scan, struct sj_error *err) {
    struct sj_scan *scan;
    SJ_TRY(sj_mem_new(lens->mem, 1, sizeof *scan, &scan, err));
    scan->lens = lens;
    sj_shelf_init(&scan->shelf, lens->mem);
    enum sj_status status = lens->segment ? sj_segment_run_new(lens->segment, lens->mem, &scan->segment, err) : SJ_OK;
    if (status == SJ_OK)
        status = sj_mem_new(lens->mem, lens->n_members, sizeof *scan->members, (void *)&scan->members, err);
    for (size_t s = 0; s < lens->n_members && status == SJ_OK; s++)
        status = sj_segment_run_new(lens->members[s], lens->mem, &scan->members[s], err);
    if (status == SJ_OK)
        status = sj_cursor_open(lens->snapshot, &lens->wanted, lo, hi, &scan->cursor, err);
    if (status != SJ_OK) {
        sj_scan_close(scan);
        return status;
    }
    *ret_scan = scan;
    return SJ_OK;
}

struct sj_scan_counts sj_scan_counts(const struct sj_scan *scan) {
    return scan->counts;
}

const uint32_t *sj_scan_places(const struct sj_scan *scan) { return scan->places; }

void sj_scan_close(struct sj_scan *scan) {
    if (!scan)
        return;
    sj_cursor_close(scan->cursor);
    sj_segment_run_free(scan->segment);
    for (size_t s = 0; s < scan->lens->n_members && scan->members; s++)
        sj_segment_run_free(scan->members[s]);
    sj_mem_free(scan->lens->mem, (void *)scan->members);
    sj_shelf_done(&scan->shelf);
    sj_mem_free(scan->lens->mem, scan);
}
