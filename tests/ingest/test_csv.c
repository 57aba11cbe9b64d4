/* The CSV scanner and rows: csv-spectrum, a plain oracle on random texts, every chunk size, every way to scan. */
#include "collect.h"

#include "base/random.h"
#include "ingest/csv.h"

struct memory {
    struct sj_str left;
    size_t step; /* bytes that one read gives at most; 0: all that is asked for */
};

static enum sj_status read_memory(void *ctx, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    (void)err;
    struct memory *m = ctx;
    n = m->step > 0 && n > m->step ? m->step : n;
    *ret_n = m->left.n < n ? m->left.n : n;
    if (*ret_n > 0)
        memcpy(bytes, m->left.p, *ret_n);
    m->left.p += *ret_n;
    m->left.n -= *ret_n;
    return SJ_OK;
}

/* All rows as text: "line:field|field|…\n", with "!fault" where there is one. */
static void print_rows(struct sj_str text, const struct sj_csv_options *options, size_t step, struct sj_buf *out) {
    struct memory memory = {text, step};
    struct sj_csv csv;
    struct sj_csv_row row;
    sj_csv_init(&csv, sj_alloc_libc(), options, read_memory, &memory);
    for (;;) {
        assert_int_equal(sj_csv_next(&csv, &row, NULL), SJ_OK);
        if (row.fields == NULL)
            break;
        assert_int_equal(sj_buf_print(out, NULL, "%llu:", (unsigned long long)row.line), SJ_OK);
        for (size_t i = 0; i < row.n_fields; i++)
            assert_int_equal(sj_buf_print(out, NULL, "%s%.*s", i > 0 ? "\x1F" : "", SJ_ARG(row.fields[i])), SJ_OK);
        assert_int_equal(sj_buf_print(out, NULL, row.fault != SJ_CSV_SOUND ? "!%d\x1E" : "\x1E", (int)row.fault), SJ_OK);
    }
    sj_csv_done(&csv);
}

/* ---- the oracle: byte by byte, written from the description in csv_index.h alone ---- */

struct oracle {
    struct sj_str text;
    size_t at;
    unsigned long long line;
    struct sj_buf *out;
};

static bool at_line_end(const struct oracle *o) { return o->text.p[o->at] == '\n' || o->text.p[o->at] == '\r'; }

/* One field; true when something stands after its closing quote. */
static bool oracle_field(struct oracle *o, char delimiter, char quote, struct sj_buf *field, bool *ret_open) {
    bool fault = false;
    const bool quoted = o->at < o->text.n && o->text.p[o->at] == quote;
    *ret_open = quoted;
    for (o->at += quoted; quoted && o->at < o->text.n; o->at++) {
        const char c = o->text.p[o->at];
        if (c == quote && o->at + 1 < o->text.n && o->text.p[o->at + 1] == quote) {
            o->at++;
        } else if (c == quote) {
            o->at++;
            *ret_open = false;
            break;
        }
        o->line += c == '\n' || (c == '\r' && (o->at + 1 == o->text.n || o->text.p[o->at + 1] != '\n'));
        assert_int_equal(sj_buf_append(field, &c, 1, NULL), SJ_OK);
    }
    for (; o->at < o->text.n && o->text.p[o->at] != delimiter && !at_line_end(o); o->at++) {
        fault |= quoted;
        if (!quoted)
            assert_int_equal(sj_buf_append(field, &o->text.p[o->at], 1, NULL), SJ_OK);
    }
    return fault;
}

static void oracle_row(struct oracle *o, char delimiter, char quote) {
    struct sj_buf row;
    sj_buf_init(&row, sj_alloc_libc(), SIZE_MAX);
    const unsigned long long line = o->line;
    const size_t from = o->at;
    bool fault = false, open = false, more = true;
    for (size_t n = 0; more; n++) {
        if (n > 0)
            assert_int_equal(sj_buf_append(&row, "\x1F", 1, NULL), SJ_OK);
        fault |= oracle_field(o, delimiter, quote, &row, &open);
        more = o->at < o->text.n && o->text.p[o->at] == delimiter;
        o->at += more;
    }
    const struct sj_str whole = {o->text.p + from, o->at - from};
    const bool is_blank = sj_str_trim(whole).n == 0 && (whole.n == 0 || memchr(whole.p, delimiter, whole.n) == NULL);
    if (o->at < o->text.n) {
        const bool crlf = o->text.p[o->at] == '\r' && o->at + 1 < o->text.n && o->text.p[o->at + 1] == '\n';
        o->at += crlf ? 2 : 1;
        o->line++;
    }
    if (!is_blank) {
        const int code = open ? SJ_CSV_OPEN_QUOTE : fault ? SJ_CSV_AFTER_QUOTE : SJ_CSV_SOUND;
        assert_int_equal(sj_buf_print(o->out, NULL, "%llu:", line), SJ_OK);
        assert_int_equal(sj_buf_append(o->out, row.data, row.n, NULL), SJ_OK);
        assert_int_equal(sj_buf_print(o->out, NULL, code != SJ_CSV_SOUND ? "!%d\x1E" : "\x1E", code), SJ_OK);
    }
    sj_buf_done(&row);
}

static void print_oracle(struct sj_str text, char delimiter, char quote, struct sj_buf *out) {
    struct oracle o = {.text = text, .line = 1, .out = out};
    while (o.at < text.n)
        oracle_row(&o, delimiter, quote);
}

/* What stands in a field that is refused is nobody's promise. */
static void blank_faults(struct sj_buf *rows) {
    char *p = (char *)rows->data, *end = p + rows->n;
    while (p < end) {
        char *stop = memchr(p, '\x1E', (size_t)(end - p));
        if (stop - p > 2 && stop[-2] == '!')
            for (char *c = p; c < stop - 2; c++)
                *c = '?';
        p = stop + 1;
    }
}

static void assert_same_rows(struct sj_buf *got, struct sj_buf *wanted, struct sj_str text) {
    if (got->n != wanted->n || memcmp(got->data, wanted->data, got->n) != 0)
        fail_msg("the text [%.*s] was read as [%.*s], not [%.*s]", SJ_ARG(text), SJ_ARG(sj_buf_str(got)), SJ_ARG(sj_buf_str(wanted)));
}

static void check_against(struct sj_str text, const struct sj_csv_options *options, size_t step, struct sj_buf *wanted) {
    struct sj_buf got;
    sj_buf_init(&got, sj_alloc_libc(), SIZE_MAX);
    print_rows(text, options, step, &got);
    assert_same_rows(&got, wanted, text);
    sj_buf_done(&got);
}

/* Any bytes of a small alphabet, so that quotes, line ends and delimiters meet in every way. */
static void random_text(struct sj_random *random, struct sj_buf *out, size_t n) {
    static const char *const alphabets[] = {"ab,\"\n", "abc,,\"\r\n", "abcdefghij ,\n", "\"\",\n\r",
                                            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,\"\n"};
    const char *alphabet = alphabets[sj_random_below(random, 5)];
    sj_buf_reset(out);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(sj_buf_append(out, &alphabet[sj_random_below(random, strlen(alphabet))], 1, NULL), SJ_OK);
}

static const enum sj_csv_scan scans[] = {SJ_CSV_SCAN_PLAIN, SJ_CSV_SCAN_SSE2, SJ_CSV_SCAN_AVX2, SJ_CSV_SCAN_BEST};

static void all_scanners_agree_with_the_oracle(void **state) {
    (void)state;
    struct sj_random random;
    struct sj_buf text, wanted, got;
    sj_random_init(&random, 7);
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&wanted, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&got, sj_alloc_libc(), SIZE_MAX);
    size_t n_rows = 0;
    for (int round = 0; round < 4000; round++) {
        random_text(&random, &text, sj_random_below(&random, 700));
        sj_buf_reset(&wanted);
        print_oracle(sj_buf_str(&text), ',', '"', &wanted);
        blank_faults(&wanted);
        n_rows += wanted.n > 0;
        for (size_t s = 0; s < sizeof scans / sizeof scans[0]; s++) {
            if (!sj_csv_scan_is_available(scans[s]))
                continue;
            const struct sj_csv_options options = {
                .delimiter = ',', .quote = '"', .scan = scans[s], .chunk_bytes = 1 + sj_random_below(&random, 300)};
            sj_buf_reset(&got);
            print_rows(sj_buf_str(&text), &options, sj_random_below(&random, 3) * 37, &got);
            blank_faults(&got);
            assert_same_rows(&got, &wanted, sj_buf_str(&text));
        }
    }
    assert_true(n_rows > 3000);
    sj_buf_done(&text);
    sj_buf_done(&wanted);
    sj_buf_done(&got);
}

static void put_field(struct sj_buf *out, struct sj_random *random) {
    static const char *const pieces[] = {"a", "bb", "\"", "\"\"", ",", "\n", "\r\n", "é", "客户", " ", ""};
    bool quoted = sj_random_below(random, 2) == 0;
    if (quoted)
        assert_int_equal(sj_buf_append(out, "\"", 1, NULL), SJ_OK);
    for (size_t i = sj_random_below(random, 8); i > 0; i--) {
        const char *piece = quoted ? pieces[sj_random_below(random, 11)] : pieces[sj_random_below(random, 2)];
        for (const char *c = piece; *c != '\0'; c++)
            assert_int_equal(sj_buf_append(out, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1, NULL), SJ_OK);
    }
    if (quoted)
        assert_int_equal(sj_buf_append(out, "\"", 1, NULL), SJ_OK);
}

static void what_is_written_is_read_with_every_chunk_size(void **state) {
    (void)state;
    struct sj_random random;
    struct sj_buf text, wanted;
    sj_random_init(&random, 11);
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&wanted, sj_alloc_libc(), SIZE_MAX);
    for (size_t i = 0; i < 400; i++) {
        put_field(&text, &random);
        const bool ends = sj_random_below(&random, 4) == 0;
        assert_int_equal(sj_buf_append_str(&text, ends ? SJ_LIT("\n") : SJ_LIT(","), NULL), SJ_OK);
    }
    print_oracle(sj_buf_str(&text), ',', '"', &wanted);
    assert_null(memchr(wanted.data, '!', wanted.n));
    for (size_t chunk = 1; chunk <= 200; chunk++)
        for (size_t s = 0; s < 3; s++) {
            const struct sj_csv_options options = {.delimiter = ',', .quote = '"', .scan = scans[s], .chunk_bytes = chunk};
            if (sj_csv_scan_is_available(scans[s]))
                check_against(sj_buf_str(&text), &options, 0, &wanted);
        }
    sj_buf_done(&text);
    sj_buf_done(&wanted);
}

/* ---- csv-spectrum ---- */

static void check_cell(const json_t *object, struct sj_str name, struct sj_str cell, const char *file) {
    char key[64];
    snprintf(key, sizeof key, "%.*s", SJ_ARG(name));
    const char *wanted = json_string_value(json_object_get(object, key));
    if (wanted == NULL || !sj_str_eq(sj_str(wanted), cell))
        fail_msg("%s: %s is [%.*s], not [%s]", file, key, SJ_ARG(cell), wanted != NULL ? wanted : "nothing");
}

static void check_spectrum(const char *dir, const char *name, enum sj_csv_scan scan) {
    char path[800];
    struct sj_buf csv_text, json_text;
    sj_buf_init(&csv_text, sj_alloc_libc(), 1 << 20);
    sj_buf_init(&json_text, sj_alloc_libc(), 1 << 20);
    snprintf(path, sizeof path, "%s/csvs/%s.csv", dir, name);
    assert_int_equal(sj_os_read_file(sj_os_real(), path, &csv_text, NULL), SJ_OK);
    snprintf(path, sizeof path, "%s/json/%s.json", dir, name);
    assert_int_equal(sj_os_read_file(sj_os_real(), path, &json_text, NULL), SJ_OK);
    json_t *rows;
    assert_int_equal(sj_json_parse(sj_buf_str(&json_text), "the answer", &rows, NULL), SJ_OK);
    struct memory memory = {sj_buf_str(&csv_text), 0};
    const struct sj_csv_options options = {.delimiter = ',', .quote = '"', .scan = scan};
    struct sj_csv csv;
    struct sj_csv_row row;
    struct sj_names names;
    sj_names_init(&names, sj_alloc_libc(), 0);
    sj_csv_init(&csv, sj_alloc_libc(), &options, read_memory, &memory);
    assert_int_equal(sj_csv_next(&csv, &row, NULL), SJ_OK);
    uint32_t code;
    for (size_t i = 0; i < row.n_fields; i++)
        assert_int_equal(sj_names_add(&names, row.fields[i], &code, NULL), SJ_OK);
    size_t n = 0;
    while (sj_csv_next(&csv, &row, NULL) == SJ_OK && row.fields != NULL) {
        assert_int_equal(row.fault, SJ_CSV_SOUND);
        assert_int_equal(row.n_fields, sj_names_count(&names));
        for (size_t i = 0; i < row.n_fields; i++)
            check_cell(json_array_get(rows, n), sj_names_at(&names, (uint32_t)i), row.fields[i], name);
        n++;
    }
    assert_int_equal(n, json_array_size(rows));
    sj_csv_done(&csv);
    sj_names_done(&names);
    json_decref(rows);
    sj_buf_done(&csv_text);
    sj_buf_done(&json_text);
}

static void csv_spectrum_is_read_right(void **state) {
    (void)state;
    char path[600];
    if (shared_file("data/csv-spectrum/csvs/simple.csv", path, sizeof path) == NULL)
        skip();
    *strstr(path, "/csvs/") = '\0';
    static const char *const names[] = {
        "comma_in_quotes", "empty",       "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf", "quotes_and_newlines",
        "simple",          "simple_crlf", "utf8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (size_t s = 0; s < 3; s++)
            if (sj_csv_scan_is_available(scans[s]))
                check_spectrum(path, names[i], scans[s]);
}

/* ---- particular cases ---- */

static void check_rows(const char *text, const char *wanted) {
    struct sj_buf out;
    sj_buf_init(&out, sj_alloc_libc(), SIZE_MAX);
    const struct sj_csv_options options = {.delimiter = ',', .quote = '"'};
    print_rows(sj_str(text), &options, 0, &out);
    for (size_t i = 0; i < out.n; i++)
        out.data[i] = out.data[i] == '\x1F' ? '|' : out.data[i] == '\x1E' ? ';' : out.data[i];
    if (!sj_str_eq(sj_buf_str(&out), sj_str(wanted)))
        fail_msg("[%s] was read as [%.*s], not [%s]", text, SJ_ARG(sj_buf_str(&out)), wanted);
    sj_buf_done(&out);
}

static void lines_are_physical_lines(void **state) {
    (void)state;
    check_rows("", "");
    check_rows("\n\r\n\r", "");
    check_rows("a,b\nc,d", "1:a|b;2:c|d;");
    check_rows("a\r\nb\rc\nd\r\n", "1:a;2:b;3:c;4:d;");
    check_rows("a\n\n\nb\n", "1:a;4:b;");
    check_rows("a\r\n\r\nb\r\n", "1:a;3:b;");
    check_rows("a\r\rb", "1:a;3:b;");
    check_rows("\"x\ny\r\nz\",1\nb,2", "1:x\ny\r\nz|1;4:b|2;");
    check_rows("a\n  \nb", "1:a;3:b;");
    check_rows(",\n,", "1:|;2:|;");
    check_rows("\"\"", "1:;");
}

static void quotes_mean_what_the_grammar_says(void **state) {
    (void)state;
    check_rows("5\" pipe,a\n\"b\",c\n", "1:5\" pipe|a;2:b|c;");
    check_rows("\"a\"\"b\",\"\"\"\"\n", "1:a\"b|\";");
    check_rows("a \"b\" c,\"d\n", "1:a \"b\" c|d\n!4;");
    check_rows("\"a\"b,c\nd,e", "1:a|c!1;2:d|e;");
    check_rows("\"he said \"no\" to me\",x\ny,z\n", "1:he said |x!1;2:y|z;");
    check_rows(" \"a,b\"\n", "1: \"a|b\";");
}

static void bad_bytes_are_found(void **state) {
    (void)state;
    const struct sj_csv_options options = {.delimiter = ',', .quote = '"'};
    struct memory memory = {SJ_LIT("a,b\nc\xE9,d\ne,\0f\n\xC3\xA9,g\n"), 0};
    struct sj_csv csv;
    struct sj_csv_row row;
    static const struct {
        enum sj_csv_fault fault;
        size_t at;
    } wanted[] = {{SJ_CSV_SOUND, 0}, {SJ_CSV_NOT_UTF_8, 1}, {SJ_CSV_NUL, 2}, {SJ_CSV_SOUND, 0}};
    sj_csv_init(&csv, sj_alloc_libc(), &options, read_memory, &memory);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(sj_csv_next(&csv, &row, NULL), SJ_OK);
        assert_int_equal(row.fault, wanted[i].fault);
        assert_int_equal(row.fault_at, wanted[i].at);
    }
    sj_csv_done(&csv);
}

struct endless {
    const char *begin;
    size_t at;
};

static enum sj_status read_endless(void *ctx, void *bytes, size_t n, size_t *ret_n, struct sj_error *err) {
    (void)err;
    struct endless *e = ctx;
    memset(bytes, 'x', n);
    if (e->at == 0)
        memcpy(bytes, e->begin, strlen(e->begin));
    e->at += n;
    *ret_n = n;
    return SJ_OK;
}

static void an_endless_row_is_refused(void **state) {
    (void)state;
    static const char *const begins[] = {"a,b\n", "a,b\n1,\"", NULL};
    static const char *const parts[] = {"line 2 does not end within 16 MiB. A text file",
                                        "a quote (\") that opens there probably never closes"};
    for (size_t i = 0; begins[i] != NULL; i++) {
        const struct sj_csv_options options = {.delimiter = ',', .quote = '"'};
        struct endless endless = {begins[i], 0};
        struct sj_csv csv;
        struct sj_csv_row row;
        struct sj_error err = {0};
        sj_csv_init(&csv, sj_alloc_libc(), &options, read_endless, &endless);
        assert_int_equal(sj_csv_next(&csv, &row, &err), SJ_OK);
        assert_int_equal(sj_csv_next(&csv, &row, &err), SJ_E_LIMIT);
        assert_non_null(strstr(err.message, parts[i]));
        assert_true(csv.text.capacity < ((size_t)48 << 20));
        sj_csv_done(&csv);
    }
}

static void long_rows_are_read(void **state) {
    (void)state;
    const size_t n = (size_t)5 << 20;
    char *text = malloc(n + 5);
    assert_non_null(text);
    memset(text, 'y', n);
    memcpy(text + n, ",z\n1\n", 5);
    const struct sj_csv_options options = {.delimiter = ',', .quote = '"', .chunk_bytes = 1000};
    struct memory memory = {{text, n + 5}, 0};
    struct sj_csv csv;
    struct sj_csv_row row;
    sj_csv_init(&csv, sj_alloc_libc(), &options, read_memory, &memory);
    assert_int_equal(sj_csv_next(&csv, &row, NULL), SJ_OK);
    assert_int_equal(row.n_fields, 2);
    assert_int_equal(row.fields[0].n, n);
    assert_int_equal(sj_csv_next(&csv, &row, NULL), SJ_OK);
    assert_int_equal(row.line, 2);
    sj_csv_done(&csv);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_scanners_agree_with_the_oracle), cmocka_unit_test(what_is_written_is_read_with_every_chunk_size),
        cmocka_unit_test(csv_spectrum_is_read_right),         cmocka_unit_test(lines_are_physical_lines),
        cmocka_unit_test(quotes_mean_what_the_grammar_says),  cmocka_unit_test(bad_bytes_are_found),
        cmocka_unit_test(an_endless_row_is_refused),          cmocka_unit_test(long_rows_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
