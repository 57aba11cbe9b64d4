#include "store/merge.h"
#include "base/names.h"

#define NO_BASE UINT32_MAX

/* Where the merge stands in one source. */
struct input {
    const struct sj_segment *segment;
    bool silent, ended;
    uint64_t next_block;
    struct sj_shelf shelf;
    struct sj_rows rows;  /* of the open block */
    uint32_t customer;    /* next one */
    uint32_t *next_value; /* for each column of the rows: next value */
    uint32_t *text_base;  /* for each column: where its dictionary begins in the output's; NO_BASE: not there yet */
    const sj_key *hidden;
    size_t n_hidden, next_hidden;
    const struct sj_rows_column *identity; /* of the rows; NULL: they have none */
};

/* What is still to come of the customer in hand in one input. */
struct span {
    struct input *in;
    uint32_t at, hi;
    const uint8_t *drop; /* of event `at` */
};

struct output_column {
    bool used;
    enum sj_kind kind;
    struct sj_buf rows, values, texts;
};

struct output {
    struct sj_buf keys, identities, offsets, touchpoint, channel, time;
    struct output_column *columns; /* by code */
    struct sj_buf view;            /* struct sj_rows_column */
    uint32_t n_events;
    size_t text_bytes; /* of the dictionaries that were copied */
};

struct sj_merge {
    const struct sj_alloc *mem;
    const struct sj_os *os; /* to give back what was read; may be NULL */
    struct sj_wanted wanted;
    struct sj_code_limits limits;
    struct sj_buf columns; /* of `wanted`, with the identity among them */
    bool distinct, has_hi;
    sj_key hi;
    struct input *inputs;
    size_t n_inputs;
    size_t *members;    /* inputs that hold the customer in hand */
    struct span *spans; /* their events that are still to come; as many as inputs */
    struct output out;
    struct sj_rows rows;
    struct sj_buf drops; /* a byte for each event of the members */
    struct sj_buf pair;  /* an identity and an event id */
    uint64_t n_dropped;
};

/* ---- inputs ---- */

static sj_key key_of(const struct input *in) { return in->rows.keys[in->customer]; }

static uint32_t value_row(const struct sj_rows_column *column, uint32_t i) { return column->rows ? column->rows[i] : i; }

/* The first value at or after event `row`. */
static uint32_t lower_value(const struct sj_rows_column *column, uint32_t row) {
    if (!column->rows)
        return row < column->n ? row : column->n;
    uint32_t lo = 0, hi = column->n;
    while (lo < hi) {
        const uint32_t mid = lo + (hi - lo) / 2;
        if (column->rows[mid] < row)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool past_end(const struct sj_merge *m, sj_key key) { return m->has_hi && sj_key_cmp(key, m->hi) >= 0; }

static enum sj_status open_block(struct sj_merge *m, struct input *in, struct sj_error *err) {
    const uint16_t id_columns[] = {SJ_COLUMN_EVENT_ID, m->limits.identity_column}; /* rising: the first are the built-in ones */
    const struct sj_wanted ids = {.columns = id_columns, .n_columns = m->limits.identity_column == 0 ? 1 : 2};
    struct sj_block block;
    if (m->os && in->segment->path && in->next_block > 0) {
        const struct sj_disk_entry *last = &in->segment->blocks[in->next_block - 1];
        m->os->forget(m->os->ctx, (struct sj_map){in->segment->bytes + last->offset, last->bytes});
    }
    SJ_TRY(sj_segment_block(in->segment, in->next_block, &block, err));
    SJ_TRY(sj_block_decode(&block, in->silent ? &ids : &m->wanted, &m->limits, &in->shelf, &in->rows, err));
    SJ_TRY(sj_segment_check_keys(in->segment, in->next_block, &in->rows, err));
    in->next_block++;
    in->customer = 0;
    in->identity = m->limits.identity_column == 0 ? NULL : sj_rows_find(&in->rows, m->limits.identity_column);
    SJ_TRY(sj_shelf_take(&in->shelf, in->rows.n_columns, sizeof *in->next_value, &in->next_value, err));
    SJ_TRY(sj_shelf_take(&in->shelf, in->rows.n_columns, sizeof *in->text_base, &in->text_base, err));
    for (uint32_t i = 0; i < in->rows.n_columns; i++) {
        in->next_value[i] = 0;
        in->text_base[i] = NO_BASE;
    }
    return SJ_OK;
}

/* Passes over the values of the events before `hi` without copying them. */
static void skip_events(struct input *in, uint32_t hi) {
    for (uint32_t j = 0; j < in->rows.n_columns; j++) {
        const struct sj_rows_column *column = &in->rows.columns[j];
        while (in->next_value[j] < column->n && value_row(column, in->next_value[j]) < hi)
            in->next_value[j]++;
    }
}

/* Whether the customer is hidden; *at is moved up to the first hidden key that is not below. */
static bool is_hidden(const struct input *in, sj_key key, size_t *at) {
    while (*at < in->n_hidden && sj_key_cmp(in->hidden[*at], key) < 0)
        ++*at;
    return *at < in->n_hidden && sj_key_cmp(in->hidden[*at], key) == 0;
}

/* Makes sure that the input stands before a customer who is not hidden, or has ended. */
static enum sj_status settle(struct sj_merge *m, struct input *in, struct sj_error *err) {
    while (!in->ended) {
        if (in->customer < in->rows.n_customers) {
            in->ended = past_end(m, key_of(in));
            if (in->ended || !is_hidden(in, key_of(in), &in->next_hidden))
                return SJ_OK;
            skip_events(in, in->rows.offsets[++in->customer]);
            continue;
        }
        if (in->next_block == in->segment->n_blocks) {
            in->ended = true;
            return SJ_OK;
        }
        SJ_TRY(open_block(m, in, err));
    }
    return SJ_OK;
}

/* Goes on to the first customer with key >= lo; blocks in between are not opened. */
static enum sj_status seek(struct sj_merge *m, struct input *in, sj_key lo, struct sj_error *err) {
    if (in->rows.n_customers == 0 || sj_key_cmp(in->rows.keys[in->rows.n_customers - 1], lo) < 0) {
        const uint64_t block = sj_segment_seek(in->segment, lo);
        in->next_block = block > in->next_block ? block : in->next_block;
        in->customer = in->rows.n_customers;
    }
    SJ_TRY(settle(m, in, err));
    if (in->ended)
        return SJ_OK;
    while (in->customer < in->rows.n_customers && sj_key_cmp(key_of(in), lo) < 0)
        in->customer++;
    if (in->customer < in->rows.n_customers) {
        for (uint32_t i = 0; i < in->rows.n_columns; i++)
            in->next_value[i] = lower_value(&in->rows.columns[i], in->rows.offsets[in->customer]);
    }
    return settle(m, in, err);
}

/* ---- output ---- */

static void output_reset(struct sj_merge *m) {
    struct output *out = &m->out;
    sj_buf_reset(&out->keys);
    sj_buf_reset(&out->identities);
    sj_buf_reset(&out->offsets);
    sj_buf_reset(&out->touchpoint);
    sj_buf_reset(&out->channel);
    sj_buf_reset(&out->time);
    out->n_events = 0;
    out->text_bytes = 0;
    for (uint32_t i = 0; i < m->limits.n_columns; i++) {
        struct output_column *column = &out->columns[i];
        if (!column->used)
            continue;
        sj_buf_reset(&column->rows);
        sj_buf_reset(&column->values);
        sj_buf_reset(&column->texts);
    }
    for (size_t i = 0; i < m->n_inputs; i++) {
        struct input *in = &m->inputs[i];
        for (uint32_t c = 0; !in->ended && c < in->rows.n_columns; c++)
            in->text_base[c] = NO_BASE;
    }
}

static enum sj_status begin_customer(struct sj_merge *m, const struct input *in, uint32_t customer, struct sj_error *err) {
    SJ_TRY(sj_buf_append(&m->out.keys, &in->rows.keys[customer], sizeof(sj_key), err));
    if (m->wanted.identity)
        SJ_TRY(sj_buf_append(&m->out.identities, &in->rows.identities[customer], sizeof(struct sj_str), err));
    return sj_buf_append(&m->out.offsets, &m->out.n_events, sizeof m->out.n_events, err);
}

/* Copies column j's values of the events [lo, hi) of the input to the output, where `lo` becomes event out_lo. */
static enum sj_status copy_values(struct sj_merge *m, struct input *in, uint32_t j, const uint32_t range[2], uint32_t out_lo,
                                  struct sj_error *err) {
    const struct sj_rows_column *column = &in->rows.columns[j];
    struct output_column *out = &m->out.columns[column->code];
    uint32_t i = in->next_value[j];
    if (i == column->n || value_row(column, i) >= range[1])
        return SJ_OK;
    out->used = true;
    out->kind = column->kind;
    if (column->kind == SJ_KIND_TEXT && in->text_base[j] == NO_BASE) {
        in->text_base[j] = (uint32_t)(out->texts.n / sizeof(struct sj_str));
        SJ_TRY(sj_buf_append(&out->texts, column->texts, column->n_texts * sizeof(struct sj_str), err));
        for (uint32_t t = 0; t < column->n_texts; t++)
            m->out.text_bytes += column->texts[t].n;
    }
    const int64_t base = column->kind == SJ_KIND_TEXT ? in->text_base[j] : 0;
    for (; i < column->n && value_row(column, i) < range[1]; i++) {
        const uint32_t row = value_row(column, i) - range[0] + out_lo;
        const int64_t value = column->kind == SJ_KIND_TEXT ? column->values[i] + base : column->values[i];
        SJ_TRY(sj_buf_append(&out->rows, &row, sizeof row, err));
        SJ_TRY(sj_buf_append(&out->values, &value, sizeof value, err));
    }
    in->next_value[j] = i;
    return SJ_OK;
}

static enum sj_status copy_events(struct sj_merge *m, struct input *in, uint32_t lo, uint32_t hi, struct sj_error *err) {
    const uint32_t range[2] = {lo, hi};
    if (hi - lo > SJ_CUSTOMER_EVENTS_MAX - m->out.n_events)
        return sj_fail(err, SJ_E_LIMIT, "a customer has more than %d events, which is the most that can be read", SJ_CUSTOMER_EVENTS_MAX);
    SJ_TRY(sj_buf_append(&m->out.touchpoint, in->rows.touchpoint + lo, (hi - lo) * sizeof(uint16_t), err));
    if (m->wanted.channel)
        SJ_TRY(sj_buf_append(&m->out.channel, in->rows.channel + lo, hi - lo, err));
    if (m->wanted.time)
        SJ_TRY(sj_buf_append(&m->out.time, in->rows.time_us + lo, (hi - lo) * sizeof(int64_t), err));
    for (uint32_t j = 0; j < in->rows.n_columns; j++)
        SJ_TRY(copy_values(m, in, j, range, m->out.n_events, err));
    m->out.n_events += hi - lo;
    return SJ_OK;
}

/* Customers [in->customer, hi) of the open block, which stand in no other source. */
static enum sj_status copy_customers(struct sj_merge *m, struct input *in, uint32_t hi, struct sj_error *err) {
    const uint32_t first = in->rows.offsets[in->customer], base = m->out.n_events;
    for (uint32_t c = in->customer; c < hi; c++) {
        m->out.n_events = base + in->rows.offsets[c] - first;
        SJ_TRY(begin_customer(m, in, c, err));
    }
    m->out.n_events = base;
    SJ_TRY(copy_events(m, in, first, in->rows.offsets[hi], err));
    in->customer = hi;
    return SJ_OK;
}

/* ---- one customer in several sources ---- */

/* Events of the customer on which the members stand. */
static size_t count_events(const struct sj_merge *m, size_t n_members, bool with_silent) {
    size_t n = 0;
    for (size_t i = 0; i < n_members; i++) {
        const struct input *in = &m->inputs[m->members[i]];
        if (with_silent || !in->silent)
            n += in->rows.offsets[in->customer + 1] - in->rows.offsets[in->customer];
    }
    return n;
}

/* Whose the event is where it is another identity than the customer's; else empty. */
static struct sj_str other_identity(const struct input *in, uint32_t event) {
    const struct sj_rows_column *column = in->identity;
    const uint32_t i = column ? lower_value(column, event) : 0;
    return column && i < column->n && value_row(column, i) == event ? column->texts[column->values[i]] : (struct sj_str){"", 0};
}

/* An event id is of one identity: two identities of a customer may both have it. */
static enum sj_status add_id(struct sj_merge *m, struct sj_names *ids, struct sj_str identity, struct sj_str id, uint32_t *ret_code,
                             struct sj_error *err) {
    if (identity.n == 0)
        return sj_names_add(ids, id, ret_code, err);
    sj_buf_reset(&m->pair);
    SJ_TRY(sj_buf_append_str(&m->pair, identity, err));
    SJ_TRY(sj_buf_append(&m->pair, "", 1, err)); /* no identity has a zero byte */
    SJ_TRY(sj_buf_append_str(&m->pair, id, err));
    return sj_names_add(ids, sj_buf_str(&m->pair), ret_code, err);
}

/* Marks the events of a member whose event id an earlier one has. */
static enum sj_status mark_drops(struct sj_merge *m, struct sj_names *ids, const struct input *in, uint8_t *drop, struct sj_error *err) {
    const uint32_t lo = in->rows.offsets[in->customer], hi = in->rows.offsets[in->customer + 1];
    for (uint32_t j = 0; j < in->rows.n_columns; j++) {
        const struct sj_rows_column *column = &in->rows.columns[j];
        if (column->code != SJ_COLUMN_EVENT_ID)
            continue;
        for (uint32_t i = in->next_value[j]; i < column->n && value_row(column, i) < hi; i++) {
            const uint32_t before = sj_names_count(ids);
            uint32_t code;
            const uint32_t event = value_row(column, i);
            SJ_TRY(add_id(m, ids, other_identity(in, event), column->texts[column->values[i]], &code, err));
            if (code < before && !in->silent) {
                drop[event - lo] = 1;
                m->n_dropped++;
            }
        }
    }
    return SJ_OK;
}

static enum sj_status find_drops(struct sj_merge *m, size_t n_members, struct sj_error *err) {
    const size_t n_events = count_events(m, n_members, true);
    sj_buf_reset(&m->drops);
    SJ_TRY(sj_buf_reserve(&m->drops, n_events, err));
    memset(m->drops.data, 0, n_events);
    if (!m->distinct)
        return SJ_OK;
    struct sj_names ids;
    sj_names_init(&ids, m->mem, key_of(&m->inputs[m->members[0]]).lo);
    enum sj_status status = SJ_OK;
    uint8_t *drop = m->drops.data;
    for (size_t i = 0; i < n_members && status == SJ_OK; i++) {
        const struct input *in = &m->inputs[m->members[i]];
        status = mark_drops(m, &ids, in, drop, err);
        drop += in->rows.offsets[in->customer + 1] - in->rows.offsets[in->customer];
    }
    sj_names_done(&ids);
    return status;
}

static struct sj_str identity_at(const struct input *in, uint32_t event) {
    const struct sj_str other = other_identity(in, event);
    return other.n > 0 ? other : in->rows.identities[in->customer];
}

/* Whether event i of span x stands before event k of span y: by time, by identity where there are several, by source. */
static bool stands_before(const struct sj_merge *m, const struct span *x, uint32_t i, const struct span *y, uint32_t k) {
    const int64_t x_us = x->in->rows.time_us[i], y_us = y->in->rows.time_us[k];
    if (x_us != y_us)
        return x_us < y_us;
    const int order = m->limits.identity_column == 0 ? 0 : sj_str_cmp(identity_at(x->in, i), identity_at(y->in, k));
    return order ? order < 0 : x < y;
}

/* The member whose next event comes first; *ret_second is the next after it. NULL when there are no more. */
static struct span *earliest(const struct sj_merge *m, struct span *spans, size_t n, const struct span **ret_second) {
    struct span *best = NULL;
    *ret_second = NULL;
    for (size_t i = 0; i < n; i++) {
        struct span *s = &spans[i];
        if (s->at == s->hi)
            continue;
        if (!best || stands_before(m, s, s->at, best, best->at)) {
            *ret_second = best;
            best = s;
        } else if (!*ret_second || stands_before(m, s, s->at, *ret_second, (*ret_second)->at)) {
            *ret_second = s;
        }
    }
    return best;
}

/* How many of the span's next events are kept and stand before the second span's next one. */
static uint32_t run_before(const struct sj_merge *m, const struct span *s, const struct span *second) {
    uint32_t i = s->at;
    while (i < s->hi && !s->drop[i - s->at] && (!second || stands_before(m, s, i, second, second->at)))
        i++;
    return i - s->at;
}

static enum sj_status same_identity(struct sj_merge *m, size_t n_members, struct sj_error *err) {
    const struct input *first = NULL;
    for (size_t i = 0; m->wanted.identity && i < n_members; i++) {
        const struct input *in = &m->inputs[m->members[i]];
        if (in->silent)
            continue;
        if (!first)
            first = in;
        else if (!sj_str_eq(first->rows.identities[first->customer], in->rows.identities[in->customer]))
            return sj_fail(err, SJ_E_CORRUPT, "two customers have the same key");
    }
    return SJ_OK;
}

/* Merges the customer on which all members stand. */
static enum sj_status merge_customer(struct sj_merge *m, size_t n_members, struct sj_error *err) {
    struct span *spans = m->spans;
    SJ_TRY(same_identity(m, n_members, err));
    SJ_TRY(find_drops(m, n_members, err));
    const uint8_t *drop = m->drops.data;
    size_t n_spans = 0;
    for (size_t i = 0; i < n_members; i++) {
        struct input *in = &m->inputs[m->members[i]];
        const uint32_t lo = in->rows.offsets[in->customer], hi = in->rows.offsets[in->customer + 1];
        if (!in->silent)
            spans[n_spans++] = (struct span){in, lo, hi, drop};
        drop += hi - lo;
    }
    bool begun = false;
    struct span *s;
    const struct span *second;
    while ((s = earliest(m, spans, n_spans, &second))) {
        uint32_t n = run_before(m, s, second);
        if (n > 0 && !begun)
            SJ_TRY(begin_customer(m, s->in, s->in->customer, err));
        begun = begun || n > 0;
        if (n > 0) {
            SJ_TRY(copy_events(m, s->in, s->at, s->at + n, err));
        } else {
            n = 1; /* a dropped event */
            skip_events(s->in, s->at + n);
        }
        s->at += n;
        s->drop += n;
    }
    for (size_t i = 0; i < n_members; i++) {
        struct input *in = &m->inputs[m->members[i]];
        skip_events(in, in->rows.offsets[in->customer + 1]);
        in->customer++;
    }
    return SJ_OK;
}

/* ---- the merge ---- */

/* Fills members with the inputs that stand on the smallest key; *ret_next is the smallest key of the others. */
static size_t smallest(struct sj_merge *m, sj_key *ret_next, bool *ret_has_next) {
    size_t n = 0;
    *ret_has_next = false;
    for (size_t i = 0; i < m->n_inputs; i++) {
        if (m->inputs[i].ended)
            continue;
        const sj_key key = key_of(&m->inputs[i]);
        const int order = n == 0 ? -1 : sj_key_cmp(key, key_of(&m->inputs[m->members[0]]));
        if (order < 0 && n > 0) {
            *ret_next = key_of(&m->inputs[m->members[0]]);
            *ret_has_next = true;
        } else if (order > 0 && (!*ret_has_next || sj_key_cmp(key, *ret_next) < 0)) {
            *ret_next = key;
            *ret_has_next = true;
        }
        if (order < 0)
            n = 0;
        if (order <= 0)
            m->members[n++] = i;
    }
    return n;
}

/* Silent sources are of use only where an event may be dropped: they go on to the first key of the others, or end. */
static enum sj_status advance_silent(struct sj_merge *m, struct sj_error *err) {
    const struct input *first = NULL;
    for (size_t i = 0; i < m->n_inputs; i++) {
        const struct input *in = &m->inputs[i];
        if (!in->silent && !in->ended && (!first || sj_key_cmp(key_of(in), key_of(first)) < 0))
            first = in;
    }
    for (size_t i = 0; i < m->n_inputs; i++) {
        struct input *in = &m->inputs[i];
        if (!in->silent || in->ended)
            continue;
        if (!first)
            in->ended = true;
        else if (sj_key_cmp(key_of(in), key_of(first)) < 0)
            SJ_TRY(seek(m, in, key_of(first), err));
    }
    return SJ_OK;
}

/* Where the customers end that stand in this input only, and fit. */
static uint32_t run_end(const struct sj_merge *m, const struct input *in, const sj_key *next) {
    const uint32_t first = in->rows.offsets[in->customer];
    uint32_t c = in->customer + 1;
    size_t hidden = in->next_hidden;
    while (c < in->rows.n_customers && !is_hidden(in, in->rows.keys[c], &hidden) && (!next || sj_key_cmp(in->rows.keys[c], *next) < 0) &&
           !past_end(m, in->rows.keys[c]) && m->out.n_events + in->rows.offsets[c + 1] - first <= SJ_BLOCK_EVENTS)
        c++;
    return c;
}

static void output_view(struct sj_merge *m) {
    const struct output *out = &m->out;
    m->rows = (struct sj_rows){
        .n_customers = (uint32_t)(out->keys.n / sizeof(sj_key)),
        .n_events = out->n_events,
        .n_columns = (uint32_t)(out->view.n / sizeof(struct sj_rows_column)),
        .keys = (const sj_key *)(const void *)out->keys.data,
        .identities = m->wanted.identity ? (const struct sj_str *)(const void *)out->identities.data : NULL,
        .offsets = (const uint32_t *)(const void *)out->offsets.data,
        .touchpoint = (const uint16_t *)(const void *)out->touchpoint.data,
        .channel = m->wanted.channel ? out->channel.data : NULL,
        .time_us = m->wanted.time ? (const int64_t *)(const void *)out->time.data : NULL,
        .columns = (const struct sj_rows_column *)(const void *)out->view.data,
    };
}

static enum sj_status output_finish(struct sj_merge *m, struct sj_error *err) {
    struct output *out = &m->out;
    SJ_TRY(sj_buf_append(&out->offsets, &out->n_events, sizeof out->n_events, err));
    sj_buf_reset(&out->view);
    for (uint32_t code = 0; code < m->limits.n_columns; code++) {
        const struct output_column *column = &out->columns[code];
        if (!column->used || column->rows.n == 0)
            continue;
        const struct sj_rows_column view = {
            .code = (uint16_t)code,
            .kind = column->kind,
            .n = (uint32_t)(column->rows.n / sizeof(uint32_t)),
            .n_texts = (uint32_t)(column->texts.n / sizeof(struct sj_str)),
            .rows = column->rows.n / sizeof(uint32_t) == out->n_events ? NULL : (const uint32_t *)(const void *)column->rows.data,
            .values = (const int64_t *)(const void *)column->values.data,
            .texts = (const struct sj_str *)(const void *)column->texts.data,
        };
        SJ_TRY(sj_buf_append(&out->view, &view, sizeof view, err));
    }
    output_view(m);
    return SJ_OK;
}

/* One step: a run of customers of one input, or one customer of several. A whole block is handed on as it is: *ret_block. */
static enum sj_status step(struct sj_merge *m, const struct sj_rows **ret_block, bool *ret_full, struct sj_error *err) {
    sj_key next;
    bool has_next;
    SJ_TRY(advance_silent(m, err));
    const size_t n = smallest(m, &next, &has_next);
    if (n == 0) {
        *ret_full = true;
        return SJ_OK;
    }
    struct input *in = &m->inputs[m->members[0]];
    const bool long_texts = m->out.text_bytes > SJ_BLOCK_TEXT_BYTES;
    if (m->out.n_events > 0 && (long_texts || m->out.n_events + count_events(m, n, false) > SJ_BLOCK_EVENTS)) {
        *ret_full = true;
        return SJ_OK;
    }
    if (n > 1) {
        SJ_TRY(merge_customer(m, n, err));
    } else {
        const uint32_t end = run_end(m, in, has_next ? &next : NULL);
        if (m->out.n_events == 0 && in->customer == 0 && end == in->rows.n_customers) {
            m->rows = in->rows;
            in->customer = end;
            *ret_block = &m->rows;
            return SJ_OK; /* settled at the next call, since that decodes the next block over this one */
        }
        SJ_TRY(copy_customers(m, in, end, err));
    }
    for (size_t i = 0; i < n; i++)
        SJ_TRY(settle(m, &m->inputs[m->members[i]], err));
    return SJ_OK;
}

enum sj_status sj_merge_next(struct sj_merge *m, const struct sj_rows **ret_rows, struct sj_error *err) {
    for (size_t i = 0; i < m->n_inputs; i++)
        SJ_TRY(settle(m, &m->inputs[i], err));
    output_reset(m);
    const struct sj_rows *block = NULL;
    bool full = false;
    while (!block && !full)
        SJ_TRY(step(m, &block, &full, err));
    if (block) {
        *ret_rows = block;
    } else if (m->out.n_events == 0) {
        *ret_rows = NULL;
    } else {
        SJ_TRY(output_finish(m, err));
        *ret_rows = &m->rows;
    }
    return SJ_OK;
}

uint64_t sj_merge_dropped(const struct sj_merge *m) { return m->n_dropped; }

static void output_init(struct sj_merge *m) {
    struct sj_buf *bufs[] = {&m->out.keys, &m->out.identities, &m->out.offsets, &m->out.touchpoint, &m->out.channel,
                             &m->out.time, &m->out.view,       &m->drops,       &m->pair,           &m->columns};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        sj_buf_init(bufs[i], m->mem, SIZE_MAX / 2);
    for (uint32_t i = 0; i < m->limits.n_columns; i++) {
        sj_buf_init(&m->out.columns[i].rows, m->mem, SIZE_MAX / 2);
        sj_buf_init(&m->out.columns[i].values, m->mem, SIZE_MAX / 2);
        sj_buf_init(&m->out.columns[i].texts, m->mem, SIZE_MAX / 2);
    }
}

void sj_merge_close(struct sj_merge *m) {
    if (!m)
        return;
    struct sj_buf *bufs[] = {&m->out.keys, &m->out.identities, &m->out.offsets, &m->out.touchpoint, &m->out.channel,
                             &m->out.time, &m->out.view,       &m->drops,       &m->pair,           &m->columns};
    for (size_t i = 0; m->out.columns && i < sizeof bufs / sizeof *bufs; i++)
        sj_buf_done(bufs[i]);
    for (uint32_t i = 0; m->out.columns && i < m->limits.n_columns; i++) {
        sj_buf_done(&m->out.columns[i].rows);
        sj_buf_done(&m->out.columns[i].values);
        sj_buf_done(&m->out.columns[i].texts);
    }
    for (size_t i = 0; m->inputs && i < m->n_inputs; i++)
        sj_shelf_done(&m->inputs[i].shelf);
    sj_mem_free(m->mem, m->out.columns);
    sj_mem_free(m->mem, m->inputs);
    sj_mem_free(m->mem, m->members);
    sj_mem_free(m->mem, m->spans);
    sj_mem_free(m->mem, m);
}

/* What breaks ties has to be read, whoever asks. */
static enum sj_status want_identities(struct sj_merge *m, struct sj_error *err) {
    if (m->limits.identity_column == 0)
        return SJ_OK;
    m->wanted.identity = true;
    if (m->wanted.all_columns)
        return SJ_OK;
    bool there = false;
    for (size_t i = 0; i < m->wanted.n_columns; i++) {
        const uint16_t code = m->wanted.columns[i];
        if (!there && code > m->limits.identity_column)
            SJ_TRY(sj_buf_append(&m->columns, &m->limits.identity_column, sizeof code, err));
        there = there || code >= m->limits.identity_column;
        SJ_TRY(sj_buf_append(&m->columns, &code, sizeof code, err));
    }
    if (!there)
        SJ_TRY(sj_buf_append(&m->columns, &m->limits.identity_column, sizeof m->limits.identity_column, err));
    m->wanted.columns = (const uint16_t *)(const void *)m->columns.data;
    m->wanted.n_columns = m->columns.n / sizeof(uint16_t);
    return SJ_OK;
}

enum sj_status sj_merge_open(const struct sj_alloc *mem, const struct sj_merge_request *request, struct sj_merge **ret_merge,
                             struct sj_error *err) {
    struct sj_merge *m;
    enum sj_status status;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *m, &m, err));
    *m = (struct sj_merge){
        .mem = mem,
        .os = request->os,
        .wanted = *request->wanted,
        .limits = request->limits,
        .distinct = request->distinct,
        .has_hi = request->hi != NULL,
    };
    if (request->hi)
        m->hi = *request->hi;
    if (request->n_sources == 1)
        m->limits.identity_column = 0;                         /* nothing to tell apart */
    m->wanted.time = m->wanted.time || request->n_sources > 1; /* customers of several sources are merged by time */
    SJ_TRY_CLEAN(sj_mem_new(mem, request->n_sources + 1, sizeof *m->members, &m->members, err));
    SJ_TRY_CLEAN(sj_mem_new(mem, request->n_sources + 1, sizeof *m->spans, &m->spans, err));
    SJ_TRY_CLEAN(sj_mem_new(mem, request->n_sources + 1, sizeof *m->inputs, &m->inputs, err));
    for (size_t i = 0; i < request->n_sources; i++)
        sj_shelf_init(&m->inputs[i].shelf, mem);
    m->n_inputs = request->n_sources;
    SJ_TRY_CLEAN(sj_mem_new(mem, m->limits.n_columns + 1, sizeof *m->out.columns, &m->out.columns, err));
    output_init(m);
    SJ_TRY_CLEAN(want_identities(m, err));
    for (size_t i = 0; i < request->n_sources; i++) {
        m->inputs[i].segment = request->sources[i].segment;
        m->inputs[i].silent = request->sources[i].silent;
        m->inputs[i].hidden = request->sources[i].hidden;
        m->inputs[i].n_hidden = request->sources[i].n_hidden;
        SJ_TRY_CLEAN(seek(m, &m->inputs[i], request->lo, err));
    }
    *ret_merge = m;
    return SJ_OK;

cleanup:
    sj_merge_close(m);
    return status;
}
