#include "store/builder.h"
#include "base/names.h"

#define TEXT_OVERHEAD ((size_t)64) /* slots, entry, alignment */

/* Values of one column in order of arrival. */
struct column {
    bool used;
    enum sj_kind kind;
    struct sj_buf rows, values; /* uint32_t, int64_t */
    struct sj_names texts;
};

struct entry { /* of the sort */
    uint64_t key_hi;
    uint32_t row;
};

struct sj_builder {
    const struct sj_alloc *mem;
    uint64_t seed;
    uint16_t identity_column;
    struct sj_buf keys, time, touchpoint, channel;
    struct sj_buf identity_at, identities; /* uint32_t offset of the text and of its end; bytes */
    struct column columns[SJ_PROPERTIES_MAX];
    uint32_t n;
    size_t n_values, n_texts, text_bytes; /* texts: distinct ones */
    size_t value_text_bytes;              /* of all values, repeated ones too */
    struct sj_hash128 *ids;               /* open addressing over (customer, event id); a zero is free */
    size_t n_ids, n_id_slots;
    struct sj_buf entries, entries_to, order, place;
    struct sj_buf starts; /* places at which a customer begins, and n at the end */
    struct sj_shelf shelf;
};

/* ---- life ---- */

enum sj_status sj_builder_new(const struct sj_alloc *mem, uint64_t seed, uint16_t identity_column, struct sj_builder **ret_builder,
                              struct sj_error *err) {
    struct sj_builder *b;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *b, &b, err));
    b->mem = mem;
    b->seed = seed;
    b->identity_column = identity_column;
    struct sj_buf *bufs[] = {&b->keys,    &b->time,       &b->touchpoint, &b->channel, &b->identity_at, &b->identities,
                             &b->entries, &b->entries_to, &b->order,      &b->place,   &b->starts};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        sj_buf_init(bufs[i], mem, SIZE_MAX / 2);
    sj_shelf_init(&b->shelf, mem);
    *ret_builder = b;
    return SJ_OK;
}

static void drop_columns(struct sj_builder *b) {
    for (size_t i = 0; i < SJ_PROPERTIES_MAX; i++) {
        struct column *column = &b->columns[i];
        if (!column->used)
            continue;
        sj_buf_done(&column->rows);
        sj_buf_done(&column->values);
        sj_names_done(&column->texts);
        column->used = false;
    }
}

void sj_builder_free(struct sj_builder *b) {
    if (!b)
        return;
    drop_columns(b);
    struct sj_buf *bufs[] = {&b->keys,    &b->time,       &b->touchpoint, &b->channel, &b->identity_at, &b->identities,
                             &b->entries, &b->entries_to, &b->order,      &b->place,   &b->starts};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        sj_buf_done(bufs[i]);
    sj_shelf_done(&b->shelf);
    sj_mem_free(b->mem, b->ids);
    sj_mem_free(b->mem, b);
}

static void empty(struct sj_builder *b) {
    drop_columns(b);
    struct sj_buf *bufs[] = {&b->keys, &b->time, &b->touchpoint, &b->channel, &b->identity_at, &b->identities};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        sj_buf_reset(bufs[i]);
    b->n = 0;
    b->n_values = 0;
    b->n_texts = 0;
    b->text_bytes = 0;
    b->value_text_bytes = 0;
    if (b->ids)
        memset(b->ids, 0, b->n_id_slots * sizeof *b->ids);
    b->n_ids = 0;
}

uint32_t sj_builder_count(const struct sj_builder *b) { return b->n; }

size_t sj_builder_bytes(const struct sj_builder *b) {
    const size_t event_bytes = sizeof(sj_key) + sizeof(int64_t) + sizeof(uint16_t) + 1 + 2 * sizeof(uint32_t);
    const size_t sort_bytes = 2 * sizeof(struct entry) + 2 * sizeof(uint32_t);
    const size_t value_bytes = 2 * (sizeof(uint32_t) + sizeof(int64_t));
    const size_t text_bytes = b->identities.n + b->text_bytes + b->n_texts * TEXT_OVERHEAD;
    return b->n * (event_bytes + sort_bytes) + b->n_values * value_bytes + text_bytes + b->n_id_slots * sizeof *b->ids;
}

/* ---- adding ---- */

static bool is_zero(struct sj_hash128 hash) { return hash.hi == 0 && hash.lo == 0; }

static void put_id(struct sj_hash128 *slots, size_t n_slots, struct sj_hash128 id) {
    size_t i = id.lo & (n_slots - 1);
    while (!is_zero(slots[i]))
        i = (i + 1) & (n_slots - 1);
    slots[i] = id;
}

static enum sj_status grow_ids(struct sj_builder *b, struct sj_error *err) {
    const size_t n_slots = b->n_id_slots ? b->n_id_slots * 2 : 1024;
    struct sj_hash128 *slots;
    SJ_TRY(sj_mem_new(b->mem, n_slots, sizeof *slots, &slots, err));
    for (size_t i = 0; i < b->n_id_slots; i++) {
        if (!is_zero(b->ids[i]))
            put_id(slots, n_slots, b->ids[i]);
    }
    sj_mem_free(b->mem, b->ids);
    b->ids = slots;
    b->n_id_slots = n_slots;
    return SJ_OK;
}

/* Whose the event is. */
static sj_key identity_key(const struct sj_builder *b, const struct sj_event *event, sj_key customer) {
    for (size_t i = 0; b->identity_column > 0 && i < event->n_values; i++) {
        if (event->values[i].column == b->identity_column)
            return sj_hash128(event->values[i].text.p, event->values[i].text.n, b->seed);
    }
    return customer;
}

/* Whether (identity, event id) is new here; remembers it. 128 bits of a seeded hash stand for the pair. */
static enum sj_status add_id(struct sj_builder *b, sj_key key, struct sj_str text, bool *ret_new, struct sj_error *err) {
    if (b->n_ids * 2 >= b->n_id_slots)
        SJ_TRY(grow_ids(b, err));
    struct sj_hash128 id = sj_hash128(text.p, text.n, b->seed ^ key.hi);
    id.hi ^= key.lo;
    id.lo |= is_zero(id);
    for (size_t i = id.lo & (b->n_id_slots - 1); !is_zero(b->ids[i]); i = (i + 1) & (b->n_id_slots - 1)) {
        if (b->ids[i].hi == id.hi && b->ids[i].lo == id.lo) {
            *ret_new = false;
            return SJ_OK;
        }
    }
    put_id(b->ids, b->n_id_slots, id);
    b->n_ids++;
    *ret_new = true;
    return SJ_OK;
}

static enum sj_status add_value(struct sj_builder *b, const struct sj_value *value, enum sj_kind kind, struct sj_error *err) {
    struct column *column = &b->columns[value->column];
    if (!column->used) {
        *column = (struct column){.used = true, .kind = kind};
        sj_buf_init(&column->rows, b->mem, SIZE_MAX / 2);
        sj_buf_init(&column->values, b->mem, SIZE_MAX / 2);
        sj_names_init(&column->texts, b->mem, b->seed);
    }
    int64_t bits = 0;
    uint32_t code;
    if (kind == SJ_KIND_TEXT) {
        const uint32_t before = sj_names_count(&column->texts);
        SJ_TRY(sj_names_add(&column->texts, value->text, &code, err));
        b->n_texts += code == before;
        b->text_bytes += code == before ? value->text.n : 0;
        b->value_text_bytes += value->text.n;
        bits = code;
    } else if (kind == SJ_KIND_NUMBER) {
        memcpy(&bits, &value->f64, sizeof bits);
    } else {
        bits = value->i64;
    }
    SJ_TRY(sj_buf_append(&column->rows, &b->n, sizeof b->n, err));
    SJ_TRY(sj_buf_append(&column->values, &bits, sizeof bits, err));
    b->n_values++;
    return SJ_OK;
}

static enum sj_status add_fixed(struct sj_builder *b, const struct sj_event *event, sj_key key, struct sj_error *err) {
    const uint32_t at[2] = {(uint32_t)b->identities.n, (uint32_t)(b->identities.n + event->customer.n)};
    SJ_TRY(sj_buf_append(&b->keys, &key, sizeof key, err));
    SJ_TRY(sj_buf_append(&b->time, &event->time_us, sizeof event->time_us, err));
    SJ_TRY(sj_buf_append(&b->touchpoint, &event->touchpoint, sizeof event->touchpoint, err));
    SJ_TRY(sj_buf_append(&b->channel, &event->channel, sizeof event->channel, err));
    SJ_TRY(sj_buf_append(&b->identity_at, at, sizeof at, err));
    return sj_buf_append_str(&b->identities, event->customer, err);
}

/* A failure (no memory) may leave the columns uneven: the load ends then, and the builder is only freed. */
enum sj_status sj_builder_add(struct sj_builder *b, const struct sj_event *event, const enum sj_kind *kinds, bool *ret_new,
                              struct sj_error *err) {
    const sj_key key = sj_hash128(event->customer.p, event->customer.n, b->seed);
    if (b->n == UINT32_MAX || b->identities.n + event->customer.n > UINT32_MAX)
        return sj_fail(err, SJ_E_BUG, "a builder was not emptied in time");
    bool is_new = true;
    for (size_t i = 0; i < event->n_values && is_new; i++) {
        if (event->values[i].column == SJ_COLUMN_EVENT_ID)
            SJ_TRY(add_id(b, identity_key(b, event, key), event->values[i].text, &is_new, err));
    }
    *ret_new = is_new;
    if (!is_new)
        return SJ_OK;
    SJ_TRY(add_fixed(b, event, key, err));
    for (size_t i = 0; i < event->n_values; i++)
        SJ_TRY(add_value(b, &event->values[i], kinds[i], err));
    b->n++;
    return SJ_OK;
}

/* ---- sorting ---- */

#define DIGIT_BITS 11
#define N_DIGITS 3

static const sj_key *keys_of(const struct sj_builder *b) { return (const sj_key *)(const void *)b->keys.data; }
static const int64_t *times_of(const struct sj_builder *b) { return (const int64_t *)(const void *)b->time.data; }

static struct sj_str identity_of(const struct sj_builder *b, uint32_t row) {
    const uint32_t *at = (const uint32_t *)(const void *)b->identity_at.data + (size_t)row * 2;
    return (struct sj_str){(const char *)b->identities.data + at[0], at[1] - at[0]};
}

/* Whose the row's event is. */
static struct sj_str own_identity(const struct sj_builder *b, uint32_t row) {
    const struct column *column = &b->columns[b->identity_column];
    const uint32_t *rows = (const uint32_t *)(const void *)column->rows.data;
    size_t lo = 0, hi = column->rows.n / sizeof *rows;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (rows[mid] == row)
            return sj_names_at(&column->texts, (uint32_t)((const int64_t *)(const void *)column->values.data)[mid]);
        if (rows[mid] < row)
            lo = mid + 1;
        else
            hi = mid;
    }
    return identity_of(b, row);
}

/* Whether row x may not stand before row y. Equal rows are in order. */
static bool after(const struct sj_builder *b, uint32_t x, uint32_t y) {
    const int order = sj_key_cmp(keys_of(b)[x], keys_of(b)[y]);
    if (order != 0 || times_of(b)[x] != times_of(b)[y])
        return order > 0 || (order == 0 && times_of(b)[x] > times_of(b)[y]);
    return b->identity_column > 0 && b->columns[b->identity_column].used && sj_str_cmp(own_identity(b, x), own_identity(b, y)) > 0;
}

/* Stable, bottom up; `to` is as long as `rows`. Only for the few runs that are not in order already. */
static void merge_sort(const struct sj_builder *b, uint32_t *rows, uint32_t *to, size_t n) {
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t lo = 0; lo < n; lo += 2 * width) {
            const size_t mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n;
            size_t i = lo, j = mid;
            for (size_t k = lo; k < hi; k++)
                to[k] = j == hi || (i < mid && !after(b, rows[i], rows[j])) ? rows[i++] : rows[j++];
        }
        memcpy(rows, to, n * sizeof *rows);
    }
}

/* Radix sort by the highest 33 bits of the key, lowest digit first: stable, and nearly always the whole of it, since keys are
 * hashes. What shares those bits (one customer's events, mostly in time order already) is put right afterwards. */
static void radix_sort(struct entry *entries, struct entry *to, uint32_t n) {
    uint32_t starts[1 << DIGIT_BITS];
    for (unsigned digit = 0; digit < N_DIGITS; digit++) {
        const unsigned shift = 64 - DIGIT_BITS * (N_DIGITS - digit);
        memset(starts, 0, sizeof starts);
        for (uint32_t i = 0; i < n; i++)
            starts[entries[i].key_hi >> shift & ((1 << DIGIT_BITS) - 1)]++;
        uint32_t sum = 0;
        for (size_t d = 0; d < 1 << DIGIT_BITS; d++) {
            const uint32_t count = starts[d];
            starts[d] = sum;
            sum += count;
        }
        for (uint32_t i = 0; i < n; i++)
            to[starts[entries[i].key_hi >> shift & ((1 << DIGIT_BITS) - 1)]++] = entries[i];
        struct entry *swap = entries;
        entries = to;
        to = swap;
    }
}

/* Notes where customers begin among the places [lo, hi), which are in order. */
static enum sj_status note_starts(struct sj_builder *b, uint32_t lo, uint32_t hi, struct sj_error *err) {
    const uint32_t *order = (const uint32_t *)(const void *)b->order.data;
    for (uint32_t i = lo; i < hi; i++) {
        if (i == lo || sj_key_cmp(keys_of(b)[order[i - 1]], keys_of(b)[order[i]]) != 0)
            SJ_TRY(sj_buf_append(&b->starts, &i, sizeof i, err));
    }
    return SJ_OK;
}

/* order[i]: the row that stands at place i. */
static enum sj_status sort(struct sj_builder *b, struct sj_error *err) {
    sj_buf_reset(&b->entries);
    sj_buf_reset(&b->entries_to);
    sj_buf_reset(&b->order);
    sj_buf_reset(&b->place);
    sj_buf_reset(&b->starts);
    SJ_TRY(sj_buf_reserve(&b->entries, b->n * sizeof(struct entry), err));
    SJ_TRY(sj_buf_reserve(&b->entries_to, b->n * sizeof(struct entry), err));
    SJ_TRY(sj_buf_reserve(&b->order, b->n * sizeof(uint32_t), err));
    SJ_TRY(sj_buf_reserve(&b->place, b->n * sizeof(uint32_t), err));
    struct entry *entries = (struct entry *)(void *)b->entries.data, *to = (struct entry *)(void *)b->entries_to.data;
    uint32_t *order = (uint32_t *)(void *)b->order.data, *spare = (uint32_t *)(void *)b->place.data;
    for (uint32_t i = 0; i < b->n; i++)
        entries[i] = (struct entry){keys_of(b)[i].hi, i};
    radix_sort(entries, to, b->n);
    const unsigned rest = 64 - DIGIT_BITS * N_DIGITS; /* an odd number of passes: the result is in `to` */
    for (uint32_t lo = 0, hi; lo < b->n; lo = hi) {
        bool in_order = true;
        order[lo] = to[lo].row;
        for (hi = lo + 1; hi < b->n && to[hi].key_hi >> rest == to[lo].key_hi >> rest; hi++) {
            order[hi] = to[hi].row;
            in_order = in_order && !after(b, order[hi - 1], order[hi]);
        }
        if (!in_order)
            merge_sort(b, order + lo, spare + lo, hi - lo);
        SJ_TRY(note_starts(b, lo, hi, err));
    }
    return sj_buf_append(&b->starts, &b->n, sizeof b->n, err);
}

/* ---- writing ---- */

/* A column's values by place instead of by arrival. */
struct sorted {
    uint16_t code;
    const struct column *column;
    uint32_t *places;
    int64_t *values;
    uint32_t n, next;
};

struct pair {
    uint32_t place;
    int64_t value;
};

/* Radix sort of (place, value) by place. */
static void sort_pairs(struct pair *pairs, struct pair *to, uint32_t n, uint32_t n_places) {
    uint32_t starts[1 << DIGIT_BITS];
    struct pair *from = pairs;
    for (unsigned shift = 0; shift < 33 && (shift == 0 || n_places >> shift > 0); shift += DIGIT_BITS) {
        memset(starts, 0, sizeof starts);
        for (uint32_t i = 0; i < n; i++)
            starts[from[i].place >> shift & ((1 << DIGIT_BITS) - 1)]++;
        uint32_t sum = 0;
        for (size_t d = 0; d < 1 << DIGIT_BITS; d++) {
            const uint32_t count = starts[d];
            starts[d] = sum;
            sum += count;
        }
        for (uint32_t i = 0; i < n; i++)
            to[starts[from[i].place >> shift & ((1 << DIGIT_BITS) - 1)]++] = from[i];
        struct pair *swap = from;
        from = to;
        to = swap;
    }
    if (from != pairs)
        memcpy(pairs, from, n * sizeof *pairs);
}

static enum sj_status sort_column(struct sj_builder *b, const struct column *column, struct sorted *sorted, struct sj_error *err) {
    const uint32_t *rows = (const uint32_t *)(const void *)column->rows.data, *place = (const uint32_t *)(const void *)b->place.data;
    const int64_t *values = (const int64_t *)(const void *)column->values.data;
    const uint32_t n = (uint32_t)(column->rows.n / sizeof *rows);
    struct pair *pairs, *to;
    SJ_TRY(sj_buf_reserve(&b->entries, (n > b->n ? n : b->n) * sizeof *pairs, err));
    SJ_TRY(sj_buf_reserve(&b->entries_to, (n > b->n ? n : b->n) * sizeof *pairs, err));
    pairs = (struct pair *)(void *)b->entries.data;
    to = (struct pair *)(void *)b->entries_to.data;
    for (uint32_t i = 0; i < n; i++)
        pairs[i] = (struct pair){place[rows[i]], values[i]};
    sort_pairs(pairs, to, n, b->n);
    SJ_TRY(sj_shelf_take(&b->shelf, n, sizeof *sorted->places, &sorted->places, err));
    SJ_TRY(sj_shelf_take(&b->shelf, n, sizeof *sorted->values, &sorted->values, err));
    for (uint32_t i = 0; i < n; i++) {
        sorted->places[i] = pairs[i].place;
        sorted->values[i] = pairs[i].value;
    }
    sorted->column = column;
    sorted->n = n;
    sorted->next = 0;
    return SJ_OK;
}

static enum sj_status sort_columns(struct sj_builder *b, struct sorted **ret_sorted, size_t *ret_n, struct sj_error *err) {
    const uint32_t *order = (const uint32_t *)(const void *)b->order.data;
    uint32_t *place = (uint32_t *)(void *)b->place.data;
    for (uint32_t i = 0; i < b->n; i++)
        place[order[i]] = i;
    struct sorted *sorted;
    size_t n = 0;
    SJ_TRY(sj_shelf_take(&b->shelf, SJ_PROPERTIES_MAX, sizeof *sorted, &sorted, err));
    for (uint16_t code = 0; code < SJ_PROPERTIES_MAX; code++) {
        if (!b->columns[code].used || b->columns[code].rows.n == 0)
            continue;
        sorted[n].code = code;
        SJ_TRY(sort_column(b, &b->columns[code], &sorted[n++], err));
    }
    *ret_sorted = sorted;
    *ret_n = n;
    return SJ_OK;
}

/* Where to put the rows of a block, as large as the largest block. */
struct page {
    sj_key *keys;
    struct sj_str *identities;
    uint32_t *offsets;
    uint16_t *touchpoint;
    uint8_t *channel;
    int64_t *time_us;
    struct sj_rows_column *columns;
};

static enum sj_status make_page(struct sj_builder *b, uint32_t n_events, size_t n_columns, struct page *p, struct sj_error *err) {
    SJ_TRY(sj_shelf_take(&b->shelf, n_events, sizeof *p->keys, &p->keys, err));
    SJ_TRY(sj_shelf_take(&b->shelf, n_events, sizeof *p->identities, &p->identities, err));
    SJ_TRY(sj_shelf_take(&b->shelf, (size_t)n_events + 1, sizeof *p->offsets, &p->offsets, err));
    SJ_TRY(sj_shelf_take(&b->shelf, n_events, sizeof *p->touchpoint, &p->touchpoint, err));
    SJ_TRY(sj_shelf_take(&b->shelf, n_events, sizeof *p->channel, &p->channel, err));
    SJ_TRY(sj_shelf_take(&b->shelf, n_events, sizeof *p->time_us, &p->time_us, err));
    return sj_shelf_take(&b->shelf, n_columns, sizeof *p->columns, &p->columns, err);
}

/* How many events a block shall hold: fewer where texts are long, judged by their mean length. */
static uint32_t block_events(const struct sj_builder *b) {
    const size_t mean = b->n > 0 ? b->value_text_bytes / b->n : 0;
    const size_t fit = mean > 0 ? SJ_BLOCK_TEXT_BYTES / mean + 1 : SJ_BLOCK_EVENTS;
    return fit < SJ_BLOCK_EVENTS ? (uint32_t)fit : SJ_BLOCK_EVENTS;
}

/* Which customers make up the block that begins with customer c: [c, result). */
static uint32_t block_end(const uint32_t *starts, uint32_t n_customers, uint32_t n_events, uint32_t c) {
    uint32_t end = c + 1;
    while (end < n_customers && starts[end + 1] - starts[c] <= n_events)
        end++;
    return end;
}

/* Customers [c, end). */
static void fill_customers(const struct sj_builder *b, uint32_t c, uint32_t end, struct page *p) {
    const uint32_t *order = (const uint32_t *)(const void *)b->order.data, *starts = (const uint32_t *)(const void *)b->starts.data;
    const uint32_t base = starts[c];
    for (uint32_t n = 0; c < end; c++, n++) {
        p->keys[n] = keys_of(b)[order[starts[c]]];
        p->identities[n] = identity_of(b, order[starts[c]]);
        p->offsets[n] = starts[c] - base;
        p->offsets[n + 1] = starts[c + 1] - base;
    }
}

static void fill_events(const struct sj_builder *b, uint32_t lo, uint32_t hi, struct page *p) {
    const uint32_t *order = (const uint32_t *)(const void *)b->order.data;
    const uint16_t *touchpoint = (const uint16_t *)(const void *)b->touchpoint.data;
    for (uint32_t i = lo; i < hi; i++) {
        p->touchpoint[i - lo] = touchpoint[order[i]];
        p->channel[i - lo] = b->channel.data[order[i]];
        p->time_us[i - lo] = times_of(b)[order[i]];
    }
}

static uint32_t fill_columns(struct sorted *sorted, size_t n_sorted, uint32_t lo, uint32_t hi, struct page *p) {
    uint32_t n_columns = 0;
    for (size_t c = 0; c < n_sorted; c++) {
        struct sorted *s = &sorted[c];
        const uint32_t first = s->next;
        for (; s->next < s->n && s->places[s->next] < hi; s->next++)
            s->places[s->next] -= lo;
        if (s->next == first)
            continue;
        p->columns[n_columns++] = (struct sj_rows_column){
            .code = s->code,
            .kind = s->column->kind,
            .n = s->next - first,
            .n_texts = sj_names_count(&s->column->texts),
            .rows = s->places + first,
            .values = s->values + first,
            .texts = sj_names_all(&s->column->texts),
        };
    }
    return n_columns;
}

enum sj_status sj_builder_write(struct sj_builder *b, struct sj_segment_writer *writer, struct sj_error *err) {
    struct sorted *sorted;
    size_t n_sorted;
    struct page page;
    sj_shelf_reset(&b->shelf);
    SJ_TRY(sort(b, err));
    SJ_TRY(sort_columns(b, &sorted, &n_sorted, err));
    const uint32_t *starts = (const uint32_t *)(const void *)b->starts.data;
    const uint32_t n_customers = (uint32_t)(b->starts.n / sizeof *starts) - 1;
    const uint32_t n_events = block_events(b);
    uint32_t largest = 0;
    for (uint32_t c = 0, end; c < n_customers; c = end) {
        end = block_end(starts, n_customers, n_events, c);
        largest = starts[end] - starts[c] > largest ? starts[end] - starts[c] : largest;
    }
    SJ_TRY(make_page(b, largest, n_sorted, &page, err));
    for (uint32_t c = 0, end; c < n_customers; c = end) {
        end = block_end(starts, n_customers, n_events, c);
        struct sj_rows rows = {
            .n_customers = end - c,
            .n_events = starts[end] - starts[c],
            .keys = page.keys,
            .identities = page.identities,
            .offsets = page.offsets,
            .touchpoint = page.touchpoint,
            .channel = page.channel,
            .time_us = page.time_us,
            .columns = page.columns,
        };
        fill_customers(b, c, end, &page);
        fill_events(b, starts[c], starts[end], &page);
        rows.n_columns = fill_columns(sorted, n_sorted, starts[c], starts[end], &page);
        SJ_TRY(sj_segment_writer_add(writer, &rows, err));
    }
    empty(b);
    return SJ_OK;
}
