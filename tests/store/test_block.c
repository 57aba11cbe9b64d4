/* Blocks and segments: what goes in comes out, and no byte can change unnoticed. */
#include "rows_made.h"
#include "store/merge.h"
#include "store/pack.h"

#define N_TOUCHPOINTS 60000
#define N_CHANNELS 250

static void kinds_of(const struct sj_rows *rows, uint8_t kinds[MADE_CODES]) {
    memset(kinds, 0, MADE_CODES);
    for (uint32_t c = 0; c < rows->n_columns; c++)
        kinds[rows->columns[c].code] = (uint8_t)rows->columns[c].kind;
}

static struct sj_code_limits limits_of(const uint8_t *kinds) {
    return (struct sj_code_limits){N_TOUCHPOINTS, N_CHANNELS, MADE_CODES, kinds, 0};
}

/* ---- round trips ---- */

struct forms {
    size_t bits, rows, raw, scale[7], all;
};

static void count_forms(const struct sj_block *block, struct forms *forms) {
    for (uint32_t i = 0; i < block->n_sections; i++) {
        const struct sj_disk_section *s = &block->sections[i];
        if (s->column >= SJ_DISK_KEY)
            continue;
        forms->bits += s->part == SJ_PART_BITS;
        forms->rows += s->part == SJ_PART_ROWS;
        forms->raw += s->part == SJ_PART_RAW;
        if (s->part == SJ_PART_VALUES && s->kind == SJ_KIND_NUMBER)
            forms->scale[s->scale]++;
        forms->all += s->part == SJ_PART_VALUES && s->count == block->n_events;
    }
}

/* One column alone, by its code: the same as among all. */
static void check_one_column(const struct sj_block *block, const struct sj_code_limits *limits, const struct sj_rows_column *column) {
    const struct sj_wanted wanted = {.columns = &column->code, .n_columns = 1};
    struct sj_shelf shelf;
    struct sj_rows rows;
    sj_shelf_init(&shelf, sj_alloc_libc());
    assert_ok(sj_block_decode(block, &wanted, limits, &shelf, &rows, err));
    assert_null(rows.channel);
    assert_null(rows.time_us);
    assert_null(rows.identities);
    assert_int_equal(rows.n_columns, column->n > 0);
    assert_true(column->n == 0 || made_same_column(column, &rows.columns[0]));
    sj_shelf_done(&shelf);
}

static void round_trip(uint64_t seed, struct forms *forms) {
    static struct made_rows made;
    uint8_t kinds[MADE_CODES];
    struct sj_random random;
    struct sj_shelf shelf;
    struct sj_buf out;
    struct sj_block block;
    struct sj_rows rows;
    sj_random_init(&random, seed);
    const struct made_size size = {1 + made_below(&random, 60), 1 + made_below(&random, 60), 1 + made_below(&random, N_TOUCHPOINTS),
                                   1 + made_below(&random, N_CHANNELS), seed};
    make_rows(&random, &size, &made);
    kinds_of(&made.rows, kinds);
    const struct sj_code_limits limits = limits_of(kinds);
    sj_shelf_init(&shelf, sj_alloc_libc());
    sj_buf_init(&out, sj_alloc_libc(), SIZE_MAX / 2);
    assert_ok(sj_block_encode(&made.rows, &shelf, &out, err));
    assert_int_equal(out.n % SJ_BLOCK_ALIGN, 0);
    assert_ok(sj_block_open(out.data, out.n, &block, err));
    assert_ok(sj_block_decode(&block, &made_all, &limits, &shelf, &rows, err));
    assert_true(made_same(&made.rows, &rows));
    assert_ok(sj_block_verify(&block, out.n, seed, &limits, &shelf, err));
    assert_int_equal(sj_block_verify(&block, out.n, seed + 1, &limits, &shelf, NULL), SJ_E_CORRUPT);
    for (uint32_t c = 0; c < MADE_COLUMNS; c++)
        check_one_column(&block, &limits, &made.views[c]);
    count_forms(&block, forms);
    sj_buf_done(&out);
    sj_shelf_done(&shelf);
}

static void test_round_trips(void **state) {
    (void)state;
    struct forms forms = {0};
    for (uint64_t seed = 1; seed <= 300; seed++)
        round_trip(seed, &forms);
    /* Every form was met. */
    assert_true(forms.bits > 0 && forms.rows > 0 && forms.raw > 0 && forms.all > 0);
    for (int scale = 0; scale <= 6; scale++)
        assert_true(forms.scale[scale] > 0);
}

/* A dictionary holds the texts that are used, sorted, each once. */
static void test_dictionary(void **state) {
    (void)state;
    static const sj_key key = {1, 2};
    static const struct sj_str identity = {"a", 1}, texts[] = {{"b", 1}, {"a", 1}, {"b", 1}, {"never", 5}, {"", 0}};
    static const uint32_t offsets[] = {0, 4};
    static const uint16_t touchpoint[4];
    static const uint8_t channel[4], kinds[] = {SJ_KIND_TEXT};
    static const int64_t time_us[4], values[] = {0, 2, 1, 4};
    static const struct sj_rows_column column = {.kind = SJ_KIND_TEXT, .n = 4, .n_texts = 5, .values = values, .texts = texts};
    static const struct sj_rows rows = {1, 4, 1, &key, &identity, offsets, touchpoint, channel, time_us, &column};
    struct sj_shelf shelf;
    struct sj_buf out;
    struct sj_block block;
    const struct sj_str *dictionary;
    size_t n;
    sj_shelf_init(&shelf, sj_alloc_libc());
    sj_buf_init(&out, sj_alloc_libc(), 1 << 20);
    assert_ok(sj_block_encode(&rows, &shelf, &out, err));
    assert_ok(sj_block_open(out.data, out.n, &block, err));
    assert_ok(sj_block_texts(&block, 0, &shelf, &dictionary, &n, err));
    assert_int_equal(n, 3);
    assert_true(sj_str_eq(dictionary[0], texts[4]) && sj_str_eq(dictionary[1], texts[1]) && sj_str_eq(dictionary[2], texts[0]));
    assert_ok(sj_block_texts(&block, 1, &shelf, &dictionary, &n, err));
    assert_int_equal(n, 0);
    struct sj_rows back;
    const struct sj_code_limits few[] = {{1, 1, 1, kinds, 0}, {0, 1, 1, kinds, 0}, {1, 0, 1, kinds, 0}, {1, 1, 0, kinds, 0}};
    assert_ok(sj_block_decode(&block, &made_all, &few[0], &shelf, &back, err));
    for (int i = 1; i < 4; i++)
        assert_int_equal(sj_block_decode(&block, &made_all, &few[i], &shelf, &back, NULL), SJ_E_CORRUPT);
    static const uint8_t other_kinds[] = {SJ_KIND_NUMBER};
    const struct sj_code_limits other = {1, 1, 1, other_kinds, 0};
    assert_int_equal(sj_block_decode(&block, &made_all, &other, &shelf, &back, NULL), SJ_E_CORRUPT);
    sj_buf_done(&out);
    sj_shelf_done(&shelf);
}

/* ---- columns gone over as a whole: of every length, what is wrong is found wherever it stands ---- */

enum { LINE_EVENTS = 140, LONG_EVENTS = 4700, LINE_NAMES = 200 };

/* One customer's events; codes below LINE_NAMES - 1, times that rise by one. */
struct line {
    uint16_t touchpoint[LONG_EVENTS];
    uint8_t channel[LONG_EVENTS];
    int64_t time_us[LONG_EVENTS];
    uint32_t n;
};

static void make_line(struct sj_random *random, uint32_t n, int64_t from_us, struct line *line) {
    line->n = n;
    for (uint32_t i = 0; i < n; i++) {
        line->touchpoint[i] = (uint16_t)made_below(random, LINE_NAMES - 1);
        line->channel[i] = (uint8_t)made_below(random, LINE_NAMES - 1);
        line->time_us[i] = from_us + i;
    }
}

static enum sj_status decode_line(const struct line *line, struct sj_shelf *shelf, struct sj_buf *out) {
    static const sj_key key = {1, 2};
    static const struct sj_str identity = {"a", 1};
    static const struct sj_code_limits line_limits = {LINE_NAMES - 1, LINE_NAMES - 1, 0, NULL, 0};
    const uint32_t offsets[] = {0, line->n};
    const struct sj_rows rows = {1, line->n, 0, &key, &identity, offsets, line->touchpoint, line->channel, line->time_us, NULL};
    struct sj_block block;
    struct sj_rows back;
    sj_buf_reset(out);
    assert_ok(sj_block_encode(&rows, shelf, out, err));
    assert_ok(sj_block_open(out->data, out->n, &block, err));
    return sj_block_decode(&block, &made_all, &line_limits, shelf, &back, NULL);
}

/* One thing wrong at `at`, and the line is as before. */
static void spoil_line(struct line *line, uint32_t at, int64_t from_us, struct sj_shelf *shelf, struct sj_buf *out) {
    const struct line sound = *line;
    line->touchpoint[at] = LINE_NAMES - 1;
    assert_int_equal(decode_line(line, shelf, out), SJ_E_CORRUPT);
    *line = sound;
    line->channel[at] = LINE_NAMES - 1;
    assert_int_equal(decode_line(line, shelf, out), SJ_E_CORRUPT);
    *line = sound;
    line->time_us[at] = at > 0 ? line->time_us[at - 1] - 1 : from_us; /* before the event before it */
    assert_int_equal(decode_line(line, shelf, out), at > 0 ? SJ_E_CORRUPT : SJ_OK);
    *line = sound;
    for (uint32_t i = at; i < line->n; i++)
        line->time_us[i] = INT64_MAX;
    assert_int_equal(decode_line(line, shelf, out), SJ_E_CORRUPT);
    *line = sound;
}

/* In a long line, too, whose times are checked a slice at a time. */
static void test_a_fall_of_time_is_found_everywhere(void **state) {
    (void)state;
    static struct line line;
    struct sj_random random;
    struct sj_shelf shelf;
    struct sj_buf out;
    sj_random_init(&random, 21);
    sj_shelf_init(&shelf, sj_alloc_libc());
    sj_buf_init(&out, sj_alloc_libc(), 1 << 20);
    make_line(&random, LONG_EVENTS, 1000, &line);
    assert_int_equal(decode_line(&line, &shelf, &out), SJ_OK);
    for (uint32_t at = 1; at < LONG_EVENTS; at++) {
        const int64_t sound_us = line.time_us[at];
        line.time_us[at] = line.time_us[at - 1] - 1;
        assert_int_equal(decode_line(&line, &shelf, &out), SJ_E_CORRUPT);
        line.time_us[at] = sound_us;
    }
    sj_buf_done(&out);
    sj_shelf_done(&shelf);
}

static void test_what_is_wrong_is_found_everywhere(void **state) {
    (void)state;
    struct sj_random random;
    struct sj_shelf shelf;
    struct sj_buf out;
    struct line line;
    sj_random_init(&random, 11);
    sj_shelf_init(&shelf, sj_alloc_libc());
    sj_buf_init(&out, sj_alloc_libc(), SIZE_MAX / 2);
    for (uint32_t n = 1; n <= LINE_EVENTS; n++) {
        const int64_t from_us = (int64_t)made_below(&random, 1u << 31);
        make_line(&random, n, from_us, &line);
        assert_int_equal(decode_line(&line, &shelf, &out), SJ_OK);
        for (uint32_t at = 0; at < n; at += n < 70 ? 1 : 1 + made_below(&random, 20))
            spoil_line(&line, at, from_us, &shelf, &out);
    }
    sj_buf_done(&out);
    sj_shelf_done(&shelf);
}

/* ---- damage ---- */

#define N_BLOCKS 3

/* A small segment with a bit of everything. */
struct sample {
    struct made_rows made[N_BLOCKS];
    uint8_t kinds[MADE_CODES];
    struct sj_segment_writer writer;
    struct sj_shelf shelf;
};

static int by_first_key(const void *a, const void *b) {
    const struct made_rows *x = *(const struct made_rows *const *)a, *y = *(const struct made_rows *const *)b;
    return sj_key_cmp(x->keys[0], y->keys[0]);
}

/* Blocks of one customer each, so that they can be put in order of keys. The first has every kind and density. */
static struct sample *make_sample(uint32_t events_max) {
    struct sample *s = calloc(1, sizeof *s);
    struct made_rows *order[N_BLOCKS];
    struct sj_random random;
    assert_non_null(s);
    sj_random_init(&random, 5);
    for (int b = 0; b < N_BLOCKS; b++) {
        const struct made_size size = {1, events_max, 300, 5, 77};
        make_rows(&random, &size, &s->made[b]);
        for (uint32_t c = 0; b > 0 && c < MADE_COLUMNS; c++) { /* a column has one kind */
            if (s->made[b].views[c].kind != s->made[0].views[c].kind)
                s->made[b].views[c].n = 0;
        }
        order[b] = &s->made[b];
    }
    kinds_of(&s->made[0].rows, s->kinds);
    sj_shelf_init(&s->shelf, sj_alloc_libc());
    assert_ok(sj_segment_writer_init(&s->writer, sj_alloc_libc(), NULL, -1, err));
    qsort(order, N_BLOCKS, sizeof *order, by_first_key);
    for (int b = 0; b < N_BLOCKS; b++)
        assert_ok(sj_segment_writer_add(&s->writer, &order[b]->rows, err));
    assert_ok(sj_segment_writer_finish(&s->writer, err));
    return s;
}

static void drop_sample(struct sample *s) {
    sj_segment_writer_done(&s->writer);
    sj_shelf_done(&s->shelf);
    free(s);
}

/* Whether decoded rows are those that were written: by key. */
static bool is_original(const struct sample *s, const struct sj_rows *rows) {
    for (int b = 0; b < N_BLOCKS; b++) {
        if (sj_key_cmp(s->made[b].keys[0], rows->keys[0]) == 0)
            return made_same(&s->made[b].rows, rows);
    }
    return false;
}

/* Reads everything, and verifies everything; both say what they found. `status`: of reading. */
static enum sj_status read_all(struct sample *s, const uint8_t *bytes, size_t n, enum sj_status *ret_verify, struct sj_error *err) {
    const struct sj_code_limits limits = limits_of(s->kinds);
    struct sj_segment segment;
    enum sj_status read = sj_segment_open(bytes, n, &segment, err), verify = read;
    for (uint64_t b = 0; read == SJ_OK && b < segment.n_blocks; b++) {
        struct sj_block block;
        struct sj_rows rows;
        read = sj_segment_block(&segment, b, &block, err);
        if (verify == SJ_OK)
            verify = sj_segment_verify_block(&segment, b, 77, &limits, &s->shelf, NULL);
        if (read == SJ_OK)
            read = sj_block_decode(&block, &made_all, &limits, &s->shelf, &rows, err);
        if (read == SJ_OK)
            assert_true(is_original(s, &rows));
    }
    *ret_verify = verify;
    return read;
}

static void test_every_flipped_bit_is_found(void **state) {
    (void)state;
    struct sample *s = make_sample(40);
    const size_t n = s->writer.out.n;
    uint8_t *bytes = malloc(n); /* exactly so long, so that reading past the end is seen */
    enum sj_status verify;
    size_t n_read = 0;
    assert_non_null(bytes);
    memcpy(bytes, s->writer.out.data, n);
    assert_int_equal(read_all(s, bytes, n, &verify, NULL), SJ_OK);
    assert_int_equal(verify, SJ_OK);
    for (size_t bit = 0; bit < n * 8; bit++) {
        struct sj_error error = {0};
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        const enum sj_status read = read_all(s, bytes, n, &verify, &error);
        if (verify != SJ_E_CORRUPT || (read != SJ_OK && read != SJ_E_CORRUPT))
            fail_msg("byte %zu, bit %zu: %s, verify says %s", bit / 8, bit % 8, sj_status_name(read), sj_status_name(verify));
        assert_true(read == SJ_OK || error.message[0] != '\0');
        n_read += read == SJ_OK;
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(n_read > 0); /* padding is no matter for reading, but verify finds it */
    assert_true(n_read < n / 4 * 8);
    free(bytes);
    drop_sample(s);
}

static void test_every_truncation_is_found(void **state) {
    (void)state;
    struct sample *s = make_sample(40);
    enum sj_status verify;
    for (size_t n = 0; n < s->writer.out.n; n++) {
        uint8_t *bytes = malloc(n + (n == 0));
        assert_non_null(bytes);
        memcpy(bytes, s->writer.out.data, n);
        assert_int_equal(read_all(s, bytes, n, &verify, NULL), SJ_E_CORRUPT);
        free(bytes);
    }
    drop_sample(s);
}

/* ---- damage with right checksums: from a hostile hand ---- */

static void reseal_header(uint8_t *bytes) {
    struct sj_disk_header *header = (struct sj_disk_header *)(void *)bytes;
    header->checksum = sj_hash64(header, offsetof(struct sj_disk_header, checksum), 0);
}

static void test_versions_and_flags(void **state) {
    (void)state;
    struct sample *s = make_sample(3);
    struct sj_disk_header *header = (struct sj_disk_header *)(void *)s->writer.out.data;
    struct sj_segment segment;
    struct sj_error error = {0};
    header->version = SJ_SEGMENT_VERSION + 1;
    reseal_header(s->writer.out.data);
    assert_int_equal(sj_segment_open(s->writer.out.data, s->writer.out.n, &segment, &error), SJ_E_VERSION);
    assert_non_null(strstr(error.message, "newer Sojourn"));
    header->version = SJ_SEGMENT_VERSION;
    header->incompatible = 2;
    reseal_header(s->writer.out.data);
    assert_int_equal(sj_segment_open(s->writer.out.data, s->writer.out.n, &segment, NULL), SJ_E_VERSION);
    header->incompatible = 0;
    header->compatible = 2;
    reseal_header(s->writer.out.data);
    assert_ok(sj_segment_open(s->writer.out.data, s->writer.out.n, &segment, err));
    drop_sample(s);
}

/* A customer whom the directory does not name would not be found by it, and the blocks could overlap. */
static void test_a_directory_that_lies_is_found(void **state) {
    (void)state;
    for (uint64_t b = 0; b < N_BLOCKS; b++) {
        struct sample *s = make_sample(3);
        const struct sj_code_limits limits = limits_of(s->kinds);
        uint8_t *bytes = s->writer.out.data;
        const size_t n = s->writer.out.n;
        struct sj_disk_footer *footer = (struct sj_disk_footer *)(void *)(bytes + n - sizeof *footer);
        struct sj_disk_entry *entries = (struct sj_disk_entry *)(void *)(bytes + footer->directory_offset);
        entries[b].first_key_lo ^= 1;
        entries[b].last_key_lo ^= 1; /* the block's only customer */
        footer->directory_checksum = sj_hash64(entries, N_BLOCKS * sizeof *entries, 0);
        footer->checksum = sj_hash64(footer, offsetof(struct sj_disk_footer, checksum), 0);
        struct sj_segment segment;
        struct sj_merge *merge = NULL;
        const struct sj_rows *rows = NULL;
        const struct sj_source source = {.segment = &segment};
        const struct sj_merge_request request = {.sources = &source, .n_sources = 1, .wanted = &made_all, .limits = limits};
        assert_ok(sj_segment_open(bytes, n, &segment, err));
        enum sj_status status = sj_merge_open(sj_alloc_libc(), &request, &merge, NULL);
        while (status == SJ_OK && (status = sj_merge_next(merge, &rows, NULL)) == SJ_OK && rows)
            continue;
        assert_int_equal(status, SJ_E_CORRUPT);
        assert_int_equal(sj_segment_verify_block(&segment, b, 77, &limits, &s->shelf, NULL), SJ_E_CORRUPT);
        sj_merge_close(merge);
        drop_sample(s);
    }
}

/* Large sizes are refused as memory that cannot be had: a damaged count must not take the machine down with it. */
static void *modest_resize(void *ctx, void *ptr, size_t bytes) {
    if (bytes > (size_t)4 << 20)
        return NULL;
    return sj_alloc_libc()->resize(ctx, ptr, bytes);
}

static void change_something(struct sj_random *random, uint8_t *bytes, size_t n) {
    static const uint64_t edges[] = {0, 1, 7, 63, 64, 255, 0x7fff, 0x8000, 0x8005, 32768, UINT32_MAX, UINT64_C(1) << 63, UINT64_MAX};
    const size_t at = made_below(random, n), width = (size_t)1 << made_below(random, 4);
    uint64_t value = edges[made_below(random, sizeof edges / sizeof *edges)];
    if (made_below(random, 3) == 0)
        value = sj_random_u64(random);
    memcpy(bytes + at, &value, at + width <= n ? width : n - at);
}

static void reseal_block(uint8_t *bytes, size_t n) {
    struct sj_disk_block *header = (struct sj_disk_block *)(void *)bytes;
    struct sj_disk_section *sections = (struct sj_disk_section *)(void *)(bytes + sizeof *header);
    const uint64_t n_sections = (n - sizeof *header) / sizeof *sections;
    const uint64_t table = (header->n_sections < n_sections ? header->n_sections : n_sections) * sizeof *sections;
    for (size_t i = 0; i < table / sizeof *sections; i++) {
        if (sections[i].offset <= n && sections[i].bytes <= n - sections[i].offset)
            sections[i].checksum = sj_hash64(bytes + sections[i].offset, sections[i].bytes, 0);
    }
    header->checksum = sj_hash64(sections, table, sj_hash64(header, offsetof(struct sj_disk_block, checksum), 0));
}

/* Whatever stands in a block, reading it ends well: with rows that hold every bound, or with an error. The sums that the loops make
 * are of no interest, only that all that is pointed to can be read. */
static uint64_t walk(const struct sj_rows *rows) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < rows->n_events; i++) {
        assert_true(rows->touchpoint[i] < N_TOUCHPOINTS && rows->channel[i] < N_CHANNELS);
        sum += (uint64_t)rows->time_us[i];
    }
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        assert_true(rows->offsets[c] < rows->offsets[c + 1]);
        for (size_t i = 0; i < rows->identities[c].n; i++)
            sum += (uint8_t)rows->identities[c].p[i];
    }
    assert_int_equal(rows->offsets[rows->n_customers], rows->n_events);
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        for (uint32_t i = 0; i < column->n; i++) {
            assert_true((column->rows ? column->rows[i] : i) < rows->n_events);
            if (column->kind == SJ_KIND_TEXT)
                sum += column->texts[column->values[i]].n;
        }
    }
    return sum;
}

static void test_hostile_blocks(void **state) {
    (void)state;
    static struct made_rows made;
    const struct sj_alloc modest = {.resize = modest_resize};
    uint8_t kinds[MADE_CODES];
    struct sj_random random;
    struct sj_shelf shelf;
    struct sj_buf out;
    size_t n_refused = 0, n_opened = 0;
    sj_random_init(&random, 9);
    const struct made_size size = {5, 8, 300, 5, 77};
    make_rows(&random, &size, &made);
    kinds_of(&made.rows, kinds);
    const struct sj_code_limits limits = limits_of(kinds);
    sj_shelf_init(&shelf, &modest);
    sj_buf_init(&out, sj_alloc_libc(), 1 << 20);
    assert_ok(sj_block_encode(&made.rows, &shelf, &out, err));
    uint8_t *bytes = malloc(out.n);
    assert_non_null(bytes);
    for (int round = 0; round < 20000; round++) {
        struct sj_block block;
        struct sj_rows rows;
        struct sj_error error = {0};
        memcpy(bytes, out.data, out.n);
        for (uint32_t i = made_below(&random, 3) + 1; i > 0; i--)
            change_something(&random, bytes, out.n);
        reseal_block(bytes, out.n);
        enum sj_status status = sj_block_open(bytes, out.n, &block, &error);
        n_opened += status == SJ_OK;
        if (status == SJ_OK) {
            (void)sj_block_verify(&block, out.n, 77, &limits, &shelf, NULL);
            status = sj_block_decode(&block, &made_all, &limits, &shelf, &rows, &error);
        }
        if (status == SJ_OK)
            (void)walk(&rows);
        assert_true(status == SJ_OK || status == SJ_E_CORRUPT || status == SJ_E_MEMORY);
        n_refused += status != SJ_OK;
    }
    assert_true(n_opened > 10000 && n_refused > 1000);
    free(bytes);
    sj_buf_done(&out);
    sj_shelf_done(&shelf);
}

/* A value that belongs to the event behind the last one: one bit of the set is moved there. */
static void test_value_of_no_event(void **state) {
    (void)state;
    static const sj_key key = {1, 2};
    static const struct sj_str identity = {"a", 1};
    static const uint32_t offsets[] = {0, 6}, present[] = {0, 1, 2, 3, 4};
    static const uint16_t touchpoint[6];
    static const uint8_t channel[6], kinds[] = {SJ_KIND_MONEY};
    static const int64_t time_us[6], values[] = {7, 8, 9, 10, 11};
    static const struct sj_rows_column column = {.kind = SJ_KIND_MONEY, .n = 5, .rows = present, .values = values};
    static const struct sj_rows rows = {1, 6, 1, &key, &identity, offsets, touchpoint, channel, time_us, &column};
    const struct sj_code_limits limits = {1, 1, 1, kinds, 0};
    struct sj_shelf shelf;
    struct sj_buf out;
    struct sj_block block;
    struct sj_rows back;
    sj_shelf_init(&shelf, sj_alloc_libc());
    sj_buf_init(&out, sj_alloc_libc(), 1 << 20);
    assert_ok(sj_block_encode(&rows, &shelf, &out, err));
    assert_ok(sj_block_open(out.data, out.n, &block, err));
    uint32_t s = 0;
    while (s < block.n_sections && block.sections[s].part != SJ_PART_BITS)
        s++;
    assert_true(s < block.n_sections);
    uint8_t *bits = out.data + block.sections[s].offset;
    assert_int_equal(bits[0], 0x1f);
    for (unsigned event = 4; event < 8; event++) {
        bits[0] = (uint8_t)(0xf | 1u << event);
        reseal_block(out.data, out.n);
        assert_ok(sj_block_open(out.data, out.n, &block, err));
        const enum sj_status status = sj_block_decode(&block, &made_all, &limits, &shelf, &back, NULL);
        assert_int_equal(status, event < 6 ? SJ_OK : SJ_E_CORRUPT);
    }
    sj_buf_done(&out);
    sj_shelf_done(&shelf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_dictionary),
        cmocka_unit_test(test_what_is_wrong_is_found_everywhere),
        cmocka_unit_test(test_a_fall_of_time_is_found_everywhere),
        cmocka_unit_test(test_every_flipped_bit_is_found),
        cmocka_unit_test(test_every_truncation_is_found),
        cmocka_unit_test(test_versions_and_flags),
        cmocka_unit_test(test_a_directory_that_lies_is_found),
        cmocka_unit_test(test_hostile_blocks),
        cmocka_unit_test(test_value_of_no_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
