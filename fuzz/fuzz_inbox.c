/* Loads of the inbox as nobody wrote them: several blobs merged as a snapshot does it, without what earlier sources have, and written
 * as one more segment. Where each blob can be read by itself, the merge gives what a plain sort of all events gives; what was written
 * is read back the same, and encoded again it is the same bytes.
 * The first byte: bit 0 leaves the checksums as they are, bit 1 merges without the events that stand before, bits 2 and 3 are how many
 * sources are silent. Then the blobs, each after its length in two bytes. */
#include "hostile.h"

enum { SOURCES_MAX = 6, EVENTS_MAX = 500 };
#define MEMORY_BYTES ((size_t)8 << 20)

struct event {
    sj_key key;
    struct sj_hash128 id;
    uint64_t contents; /* a hash of all that the event holds, the customer's identity included */
    uint64_t identity;
    int64_t time_us;
    size_t source, place;
    bool has_id;
};

struct events {
    struct event items[EVENTS_MAX];
    size_t n;
    bool too_many, unordered; /* unordered: customers do not rise from one page to the next */
};

struct world {
    const struct sj_alloc *mem;
    struct sj_code_limits limits;
    struct sj_segment segments[SOURCES_MAX];
    uint8_t *copies[SOURCES_MAX];
    size_t n_sources, n_silent;
    bool distinct;
};

/* ---- events, one by one ---- */

static uint64_t hash_text(struct sj_str text, uint64_t seed) { return sj_hash64(text.p, text.n, seed); }

/* Of one event's value in a column, if it has one. */
static void add_value(const struct sj_rows_column *column, uint32_t row, struct event *event) {
    for (uint32_t i = column->rows ? 0 : row; i < column->n && (column->rows ? column->rows[i] : i) <= row; i++) {
        if ((column->rows ? column->rows[i] : i) != row)
            continue;
        const uint64_t of_column = event->contents + column->code + 1;
        if (column->kind == SJ_KIND_TEXT)
            event->contents = hash_text(column->texts[column->values[i]], of_column);
        else
            event->contents = sj_hash64(&column->values[i], sizeof column->values[i], of_column);
        if (column->code == SJ_COLUMN_EVENT_ID) {
            event->has_id = true;
            event->id = sj_hash128(column->texts[column->values[i]].p, column->texts[column->values[i]].n, 0);
        }
    }
}

static void add_event(struct events *events, const struct sj_rows *rows, uint32_t customer, uint32_t row, size_t source) {
    if (events->n == EVENTS_MAX) {
        events->too_many = true;
        return;
    }
    struct event *event = &events->items[events->n];
    *event = (struct event){.key = rows->keys[customer], .time_us = rows->time_us[row], .source = source, .place = events->n++};
    event->identity = hash_text(rows->identities[customer], 0);
    event->contents = event->identity + ((uint64_t)rows->touchpoint[row] << 8 | rows->channel[row]);
    for (uint32_t c = 0; c < rows->n_columns; c++)
        add_value(&rows->columns[c], row, event);
}

static void add_rows(struct events *events, const struct sj_rows *rows, size_t source) {
    check_rows(rows);
    const struct event *last = events->n > 0 ? &events->items[events->n - 1] : NULL;
    events->unordered |= last && last->source == source && sj_key_cmp(rows->keys[0], last->key) <= 0;
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1] && !events->too_many; i++)
            add_event(events, rows, c, i, source);
    }
}

/* ---- the merge ---- */

/* Merges into `events`, and into `out` where that is not NULL. */
static enum sj_status merge(const struct world *w, const struct sj_source *sources, size_t n, bool distinct, struct events *events,
                            struct sj_segment_writer *out) {
    const struct sj_merge_request request = {
        .sources = sources, .n_sources = n, .wanted = &wanted_all, .limits = w->limits, .distinct = distinct};
    struct sj_merge *m = NULL;
    const struct sj_rows *rows;
    enum sj_status status;
    SJ_TRY(sj_merge_open(w->mem, &request, &m, NULL));
    while ((status = sj_merge_next(m, &rows, NULL)) == SJ_OK && rows) {
        add_rows(events, rows, n == 1 ? (size_t)(sources[0].segment - w->segments) : 0);
        if (out)
            status = sj_segment_writer_add(out, rows, NULL);
        if (status != SJ_OK)
            break;
    }
    sj_merge_close(m);
    return status;
}

/* ---- the plain way ---- */

static int by_place(const void *a, const void *b) {
    const struct event *x = a, *y = b;
    const int order = sj_key_cmp(x->key, y->key);
    if (order != 0)
        return order;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return x->source != y->source ? (x->source < y->source ? -1 : 1) : (x->place > y->place) - (x->place < y->place);
}

static bool is_same_id(const struct event *a, const struct event *b) {
    return a->has_id && b->has_id && a->id.hi == b->id.hi && a->id.lo == b->id.lo && sj_key_cmp(a->key, b->key) == 0;
}

/* Every source by itself: what the merge must make of them. False: there is nothing to compare with, since a source cannot be read, has
 * an event id twice (which no writer makes), or two identities have one key. */
static bool expect(const struct world *w, struct events *expected) {
    static struct events all;
    all.n = expected->n = 0;
    all.too_many = all.unordered = false;
    for (size_t s = 0; s < w->n_sources; s++) {
        const struct sj_source source = {.segment = &w->segments[s]};
        if (merge(w, &source, 1, false, &all, NULL) != SJ_OK || all.too_many)
            return false;
        require(!all.unordered);
    }
    for (size_t i = 0; i < all.n; i++) {
        const struct event *event = &all.items[i];
        bool stands_before = false;
        for (size_t j = 0; j < i; j++) {
            const struct event *before = &all.items[j];
            if (sj_key_cmp(event->key, before->key) == 0 && event->identity != before->identity)
                return false;
            if (is_same_id(event, before) && event->source == before->source)
                return false;
            stands_before |= is_same_id(event, before);
        }
        if (event->source >= w->n_silent && !(w->distinct && stands_before))
            expected->items[expected->n++] = *event;
    }
    qsort(expected->items, expected->n, sizeof *expected->items, by_place);
    return true;
}

static void compare(const struct events *got, const struct events *wanted) {
    require(got->n == wanted->n);
    for (size_t i = 0; i < got->n; i++) {
        const struct event *a = &got->items[i], *b = &wanted->items[i];
        require(sj_key_cmp(a->key, b->key) == 0 && a->time_us == b->time_us && a->contents == b->contents);
    }
}

/* ---- written, read, and written again ---- */

static enum sj_status copy(const struct world *w, const struct sj_segment *segment, struct events *events, struct sj_segment_writer *out) {
    const struct sj_source source = {.segment = segment};
    events->n = 0;
    events->too_many = events->unordered = false;
    SJ_TRY(merge(w, &source, 1, false, events, out));
    return sj_segment_writer_finish(out, NULL);
}

static void compare_written(const struct world *w, const struct sj_segment_writer *written, const struct events *wanted) {
    static struct events got;
    struct sj_segment_writer again;
    struct sj_segment segment;
    require(sj_segment_open(written->out.data, written->out.n, &segment, NULL) == SJ_OK);
    require(sj_segment_writer_init(&again, w->mem, NULL, -1, NULL) == SJ_OK);
    const enum sj_status status = copy(w, &segment, &got, &again);
    require(status == SJ_OK || status == SJ_E_MEMORY);
    if (status == SJ_OK) {
        compare(&got, wanted);
        require(sj_str_eq(sj_buf_str(&written->out), sj_buf_str(&again.out)));
    }
    sj_segment_writer_done(&again);
}

static void merge_inbox(const struct world *w) {
    static struct events expected, got;
    struct sj_source sources[SOURCES_MAX];
    struct sj_segment_writer inbox;
    for (size_t s = 0; s < w->n_sources; s++)
        sources[s] = (struct sj_source){.segment = &w->segments[s], .silent = s < w->n_silent};
    const bool is_known = expect(w, &expected);
    got.n = 0;
    got.too_many = got.unordered = false;
    require(sj_segment_writer_init(&inbox, w->mem, NULL, -1, NULL) == SJ_OK);
    enum sj_status status = merge(w, sources, w->n_sources, w->distinct, &got, &inbox);
    if (is_known) {
        require(status == SJ_OK || status == SJ_E_MEMORY);
        if (status == SJ_OK)
            compare(&got, &expected);
    }
    if (status == SJ_OK && sj_segment_writer_finish(&inbox, NULL) == SJ_OK && !got.too_many)
        compare_written(w, &inbox, &got);
    sj_segment_writer_done(&inbox);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct input in = {bytes, n};
    uint8_t kinds[N_COLUMNS];
    struct capped capped;
    struct world w = {.mem = &capped.alloc, .limits = hostile_limits(kinds)};
    capped_init(&capped, MEMORY_BYTES);
    const uint8_t flags = take_byte(&in);
    w.distinct = (flags & 2) != 0;
    bool is_open = true;
    while (in.n > 2 && w.n_sources < SOURCES_MAX && is_open) {
        const struct sj_str blob = take_text(&in, (size_t)take_bits(&in, 2));
        uint8_t *copy_of = hostile_copy(blob, (flags & 1) == 0);
        is_open = sj_segment_open(copy_of, blob.n, &w.segments[w.n_sources], NULL) == SJ_OK;
        w.copies[w.n_sources++] = copy_of;
    }
    w.n_silent = (flags >> 2) % 4 < w.n_sources ? (flags >> 2) % 4 : 0;
    if (is_open && w.n_sources > 0)
        merge_inbox(&w);
    require(capped.n_used == 0);
    for (size_t s = 0; s < w.n_sources; s++)
        free(w.copies[s]);
    return 0;
}
