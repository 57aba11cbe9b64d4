#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <expat.h>

#include "base/failing_alloc.h"
#include "made_results.h"
#include "picture/svg.h"

/* A text that stands on a picture, with a halo. */
struct label {
    int x, y;
    char anchor; /* m, s or e */
    char text[64];
    size_t n;
};

/* A point of a curve; `path` counts the curves. */
struct on_path {
    int x, y, path;
};

struct seen {
    struct on_path points[100000];
    size_t n_points;
    int n_paths;
    struct label labels[400];
    size_t n_labels;
    bool in_label;
    struct sj_buf text; /* of all elements, joined by '\n' */
    int n_elements, n_whiskers;
    bool has_svg;
};

static void add_point(struct seen *seen, double x, double y) {
    if (seen->n_points < sizeof seen->points / sizeof seen->points[0])
        seen->points[seen->n_points++] = (struct on_path){(int)x, (int)y, seen->n_paths};
}

/* The points of a path of M, L and C, in small steps. Other paths (tips of arrows, whiskers) end at what is not understood. */
static void add_curve(struct seen *seen, const char *path) {
    int x = 0, y = 0, n = 0, p[6];
    seen->n_paths++;
    for (; *path != '\0' && strchr(path, 'Z') == NULL; path += n) {
        bool curve = sscanf(path, "C%d %d %d %d %d %d%n", &p[0], &p[1], &p[2], &p[3], &p[4], &p[5], &n) == 6;
        if (!curve && sscanf(path, "%*[ML]%d %d%n", &p[4], &p[5], &n) != 2)
            return;
        for (int i = 0; i < 200 && *path != 'M'; i++) {
            double t = i / 200.0, s = 1 - t, a = 3 * s * s * t, b = 3 * s * t * t;
            if (curve)
                add_point(seen, s * s * s * x + a * p[0] + b * p[2] + t * t * t * p[4],
                          s * s * s * y + a * p[1] + b * p[3] + t * t * t * p[5]);
            else
                add_point(seen, s * x + t * p[4], s * y + t * p[5]);
        }
        x = p[4];
        y = p[5];
    }
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **attributes) {
    struct seen *seen = ctx;
    seen->n_elements++;
    seen->has_svg = seen->has_svg || strcmp(name, "svg") == 0;
    struct label label = {.anchor = 's'};
    seen->in_label = false;
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        const char *value = attributes[i + 1];
        if (strcmp(attributes[i], "x") == 0)
            label.x = atoi(value);
        if (strcmp(attributes[i], "y") == 0)
            label.y = atoi(value);
        if (strcmp(attributes[i], "text-anchor") == 0)
            label.anchor = value[0];
        if (strcmp(attributes[i], "d") == 0)
            add_curve(seen, value);
        seen->in_label = seen->in_label || (strcmp(attributes[i], "class") == 0 && strstr(value, "halo") != NULL);
    }
    if (seen->in_label && seen->n_labels < sizeof seen->labels / sizeof seen->labels[0])
        seen->labels[seen->n_labels++] = label;
    for (size_t i = 0; attributes[i] != NULL; i += 2)
        seen->n_whiskers += strcmp(attributes[i], "class") == 0 && strcmp(attributes[i + 1], "whisker") == 0;
    MADE(sj_buf_append(&seen->text, "\n", 1, NULL));
}

static void on_text(void *ctx, const XML_Char *text, int n) {
    struct seen *seen = ctx;
    MADE(sj_buf_append(&seen->text, text, (size_t)n, NULL));
    struct label *label = seen->n_labels > 0 ? &seen->labels[seen->n_labels - 1] : NULL;
    for (int i = 0; seen->in_label && i < n && label->n + 1 < sizeof label->text; i++)
        label->text[label->n++] = text[i];
}

static void on_end(void *ctx, const XML_Char *name) {
    (void)name;
    ((struct seen *)ctx)->in_label = false;
}

/* Draws the result, and reads the document with a parser that accepts only well-formed XML. */
static void draw(const struct sj_result *result, struct seen *seen) {
    struct sj_look look = {.lang = result->lang, .currency = "EUR"};
    struct sj_error err = {0};
    struct sj_buf svg, again;
    memset(seen, 0, sizeof *seen);
    sj_buf_init(&seen->text, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&svg, sj_alloc_libc(), SIZE_MAX);
    sj_buf_init(&again, sj_alloc_libc(), SIZE_MAX);
    if (sj_picture_svg(result, &look, &svg, &err) != SJ_OK)
        fail_msg("%s", err.message);
    assert_int_equal(sj_picture_svg(result, &look, &again, &err), SJ_OK);
    assert_true(sj_str_eq(sj_buf_str(&svg), sj_buf_str(&again)));
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetUserData(parser, seen);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    if (XML_Parse(parser, (const char *)svg.data, (int)svg.n, 1) != XML_STATUS_OK)
        fail_msg("line %lu: %s", XML_GetCurrentLineNumber(parser), XML_ErrorString(XML_GetErrorCode(parser)));
    XML_ParserFree(parser);
    assert_true(seen->has_svg);
    MADE(sj_buf_append(&seen->text, "", 1, NULL));
    sj_buf_done(&svg);
    sj_buf_done(&again);
}

static bool shows(const struct seen *seen, const char *text) { return strstr((const char *)seen->text.data, text) != NULL; }

static void start_result(struct sj_result *result, enum sj_lang lang) {
    sj_result_init(result, sj_alloc_libc(), lang);
    result->title = "How <do> customers \"travel\" & why?";
}

static void test_all_kinds_are_well_formed_in_all_languages(void **state) {
    (void)state;
    for (int lang = 0; lang < SJ_N_LANGS; lang++) {
        struct sj_result result;
        static struct seen seen;
        start_result(&result, (enum sj_lang)lang);
        made_bars(&result);
        made_figures(&result);
        made_lines(&result, 70);
        made_funnel(&result);
        made_routes(&result);
        made_flow(&result);
        made_matrix(&result, 9);
        made_switches(&result);
        made_sankey(&result, "visit", lang == SJ_NL);
        made_boxes(&result);
        MADE(sj_note(&result, SJ_NOTE_WARNING, "thin", "fewer than %d & not \"many\"", 30));
        draw(&result, &seen);
        assert_true(seen.n_elements > 200);
        assert_true(shows(&seen, "How <do> customers \"travel\" & why?"));
        assert_true(shows(&seen, "checkout <b>&"));
        assert_true(shows(&seen, "购物车"));
        assert_true(shows(&seen, "fewer than 30 & not \"many\""));
        sj_buf_done(&seen.text);
        sj_result_done(&result);
    }
}

static void test_hostile_texts_stay_texts(void **state) {
    (void)state;
    struct sj_result result;
    static struct seen seen;
    start_result(&result, SJ_EN);
    struct sj_table *table = made_table(&result, &made_bars_def);
    static const char *const names[] = {"</text><script>alert(1)</script>",
                                        "a\x01"
                                        "b\033c",
                                        "\xff\xfe\x80",
                                        "]]>",
                                        "&#0;",
                                        ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sj_cell *cells = made_row(&result, table);
        cells[0] = made_text(names[i]);
        cells[1] = made_count((int64_t)i);
    }
    draw(&result, &seen);
    assert_true(shows(&seen, "</text><script>"));
    assert_true(shows(&seen, "\xEF\xBF\xBD"));
    sj_buf_done(&seen.text);
    sj_result_done(&result);
}

static void test_every_estimate_has_its_interval(void **state) {
    (void)state;
    struct sj_result result;
    static struct seen seen;
    start_result(&result, SJ_EN);
    made_funnel(&result);
    draw(&result, &seen);
    assert_int_equal(seen.n_whiskers, 6); /* three steps after the first, two estimates each */
    assert_true(shows(&seen, "65.0 % [64.2, 65.8] n=12,345"));
    assert_true(shows(&seen, "4,321 (35.0 %) stop here"));
    sj_buf_done(&seen.text);
    sj_result_done(&result);
}

static void test_the_flow_shows_counts_times_starts_and_ends(void **state) {
    (void)state;
    struct sj_result result;
    static struct seen seen;
    start_result(&result, SJ_EN);
    made_flow(&result);
    draw(&result, &seen);
    assert_true(shows(&seen, "9,000"));
    assert_true(shows(&seen, "▶ 5,000"));
    assert_true(shows(&seen, "■ 3,100"));
    assert_true(shows(&seen, "↻ 4,100"));
    assert_true(shows(&seen, "drawn: 100.0 %"));
    sj_buf_done(&seen.text);
    sj_result_done(&result);
}

static int n_times(const char *text, const char *part) {
    int n = 0;
    for (; (text = strstr(text, part)) != NULL; text++)
        n++;
    return n;
}

/* Each cell says its whole estimate, those that can still change are marked, and a large matrix says what is left out. */
static void test_a_matrix(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN};
    struct sj_buf svg;
    static struct seen seen;
    start_result(&result, SJ_EN);
    made_matrix(&result, 5);
    sj_buf_init(&svg, sj_alloc_libc(), SIZE_MAX);
    MADE(sj_picture_svg(&result, &look, &svg, NULL));
    MADE(sj_buf_append(&svg, "", 1, NULL));
    assert_int_equal(n_times((const char *)svg.data, " open\"/>"), 5 + 1);    /* the last of each row, and the legend */
    assert_int_equal(n_times((const char *)svg.data, "class=\"h7\""), 5 + 1); /* complete: three of 100 %, two of 50 %; the legend */
    assert_int_equal(n_times((const char *)svg.data, "class=\"h7 thin\""), 2);
    sj_buf_done(&svg);
    draw(&result, &seen);
    assert_true(shows(&seen, "33.3 % [30.6, 36.0] n=1,200"));
    assert_true(shows(&seen, "~60.0"));
    assert_true(shows(&seen, "not complete: can still change"));
    assert_true(shows(&seen, "50.0 and more"));
    sj_buf_done(&seen.text);
    sj_result_done(&result);

    start_result(&result, SJ_EN);
    made_matrix(&result, 90);
    draw(&result, &seen);
    assert_true(shows(&seen, "… and 30 rows more (table cells)"));
    assert_true(shows(&seen, "… and 30 columns more (table cells)"));
    sj_buf_done(&seen.text);
    sj_result_done(&result);
}

/* The x of the first rectangle with the class, and its height. */
static int rect_of(const char *svg, const char *classes, size_t number, int *ret_height) {
    char end[40];
    int x = 0;
    snprintf(end, sizeof end, "class=\"%s\"/>", classes);
    for (const char *at = strstr(svg, end); at != NULL; at = strstr(at + 1, end)) {
        const char *begin = at;
        while (strncmp(begin, "<rect", 5) != 0)
            begin--;
        if (number-- == 0 && sscanf(begin, "<rect x=\"%d\" y=\"%*d\" width=\"%*d\" height=\"%d\"", &x, ret_height) == 2)
            return x;
    }
    fail_msg("no rectangle %s", end);
    return 0;
}

/* A ribbon for each row with its estimate, places as high as their counts, those that are no touchpoint in grey, and the anchor at the
 * left, or, looking back, at the right. */
static void test_a_sankey(void **state) {
    (void)state;
    char anchors[2][600];
    memset(anchors, 'x', sizeof anchors);
    anchors[0][599] = anchors[1][599] = '\0';
    anchors[1][598] = 'y'; /* names that differ at the end only */
    for (int back = 0; back < 2; back++) {
        struct sj_result result;
        struct sj_look look = {.lang = SJ_EN};
        struct sj_buf buf;
        static struct seen seen;
        int height = 0, rest_height = 0;
        start_result(&result, SJ_EN);
        made_sankey(&result, anchors[0], back != 0);
        sj_buf_init(&buf, sj_alloc_libc(), SIZE_MAX);
        MADE(sj_picture_svg(&result, &look, &buf, NULL));
        MADE(sj_buf_append(&buf, "", 1, NULL));
        const char *svg = (const char *)buf.data;
        assert_int_equal(n_times(svg, "class=\"ribbon\""), 2);
        assert_int_equal(n_times(svg, "class=\"ribbon rest\""), 4);
        assert_int_equal(n_times(svg, "class=\"restnode\""), 3); /* (end) twice, (other) */
        const int anchor_x = rect_of(svg, "bar", back ? 2 : 0, &height), far_x = rect_of(svg, "bar", back ? 0 : 2, &rest_height);
        assert_true(back ? anchor_x > far_x : anchor_x < far_x);
        assert_int_equal(back ? far_x : anchor_x, SJ_SVG_MARGIN);
        assert_int_equal(height, 330);     /* 1,000 */
        assert_int_equal(rest_height, 83); /* 250: 82.5 */
        sj_buf_done(&buf);
        draw(&result, &seen);
        assert_true(shows(&seen, "付款 <b>&"));
        assert_true(shows(&seen, "45.0 % [41.9, 48.1] n=1,000"));
        sj_buf_done(&seen.text);
        sj_result_done(&result);
    }
    struct sj_result result;
    struct sj_look look = {.lang = SJ_EN};
    struct sj_buf buf;
    start_result(&result, SJ_EN);
    struct sj_table *table = made_table(&result, &made_sankey_def);
    for (size_t i = 0; i < 2; i++) {
        struct sj_cell *cells = made_row(&result, table);
        cells[0] = sj_cell_i64(1);
        cells[1] = made_text("visit");
        cells[2] = made_text(anchors[i]);
        cells[4] = made_count(10);
    }
    sj_buf_init(&buf, sj_alloc_libc(), SIZE_MAX);
    MADE(sj_picture_svg(&result, &look, &buf, NULL));
    MADE(sj_buf_append(&buf, "", 1, NULL));
    assert_int_equal(n_times((const char *)buf.data, "class=\"bar\""), 3);
    sj_buf_done(&buf);
    sj_result_done(&result);
}

/* A box for each row with times; the interval of the median where it is known, and the figures beside it. */
static void test_boxes(void **state) {
    (void)state;
    struct sj_result result;
    struct sj_buf svg;
    static struct seen seen;
    struct sj_look look = {.lang = SJ_EN};
    start_result(&result, SJ_EN);
    made_boxes(&result);
    draw(&result, &seen);
    assert_true(shows(&seen, "cart <b>& → 付款"));
    assert_true(shows(&seen, "16 min 40 s [8 min 20 s, 33 min 20 s] n=1,200"));
    assert_true(shows(&seen, "~16 min 40 s n=3"));
    sj_buf_done(&seen.text);
    sj_buf_init(&svg, sj_alloc_libc(), SIZE_MAX);
    MADE(sj_picture_svg(&result, &look, &svg, NULL));
    MADE(sj_buf_append(&svg, "", 1, NULL));
    assert_int_equal(n_times((const char *)svg.data, "class=\"bar thin\""), 2);
    assert_int_equal(n_times((const char *)svg.data, "class=\"dot\""), 1);
    sj_buf_done(&svg);
    sj_result_done(&result);
}

static void test_dots_and_scores_below_zero(void **state) {
    (void)state;
    struct sj_result result;
    static struct seen seen;
    start_result(&result, SJ_EN);
    made_dots(&result);
    made_scores(&result);
    draw(&result, &seen);
    assert_true(shows(&seen, "30.0 [10.0, 50.0] n=200"));
    assert_true(shows(&seen, "~-25.0 [-50.0, 0.0] n=40"));
    assert_true(shows(&seen, "~25.0 n=1"));
    assert_true(shows(&seen, "-60")); /* a tick of the axis */
    assert_true(shows(&seen, "60"));
    sj_buf_done(&seen.text);
    sj_result_done(&result);
}

static void test_empty_and_unknown(void **state) {
    (void)state;
    static const struct sj_table_def *const defs[] = {&made_bars_def,   &made_lines_def,   &made_funnel_def, &made_routes_def,
                                                      &made_links_def,  &made_figures_def, &made_matrix_def, &made_switch_def,
                                                      &made_sankey_def, &made_box_def,     &made_dot_def,    &made_score_def};
    for (size_t i = 0; i < sizeof defs / sizeof defs[0]; i++) {
        for (int n_rows = 0; n_rows < 3; n_rows++) {
            struct sj_result result;
            static struct seen seen;
            start_result(&result, SJ_EN);
            struct sj_table *table = made_table(&result, defs[i]);
            for (int row = 0; row < n_rows; row++)
                made_row(&result, table);
            draw(&result, &seen);
            sj_buf_done(&seen.text);
            sj_result_done(&result);
        }
    }
}

/* More nodes and edges than are drawn: what is left out is said, and the document stays small. */
static void test_a_large_flow_says_what_is_left_out(void **state) {
    (void)state;
    struct sj_result result;
    static struct seen seen;
    static char names[120][8];
    start_result(&result, SJ_EN);
    struct sj_table *table = made_table(&result, &made_links_def);
    for (int i = 0; i < 120; i++)
        snprintf(names[i], sizeof names[i], "t%d", i);
    for (int i = 0; i < 120; i++)
        for (int k = 1; k < 30; k++)
            made_link(&result, table, names[i], names[(i * 7 + k) % 120], 1 + (i * 31 + k * 17) % 500);
    draw(&result, &seen);
    assert_false(shows(&seen, "drawn: 100.0 %"));
    assert_true(seen.n_elements < 1500);
    sj_buf_done(&seen.text);
    sj_result_done(&result);
}

static bool overlap(const struct label *a, const struct label *b) {
    const struct label *both[] = {a, b};
    int left[2], right[2];
    for (int i = 0; i < 2; i++) {
        int width = sj_svg_text_width((struct sj_str){both[i]->text, both[i]->n}, 11);
        left[i] = both[i]->x - (both[i]->anchor == 'm' ? width / 2 : both[i]->anchor == 'e' ? width : 0);
        right[i] = left[i] + width;
    }
    return left[0] < right[1] && left[1] < right[0] && abs(a->y - b->y) < 10;
}

/* How many curves run through the label. */
static int n_through(const struct seen *seen, const struct label *label) {
    int n = 0, last = 0, half = sj_svg_text_width((struct sj_str){label->text, label->n}, 11) / 2;
    for (size_t i = 0; i < seen->n_points; i++) {
        const struct on_path *at = &seen->points[i];
        if (at->path == last || abs(at->x - label->x) >= half || at->y > label->y || at->y < label->y - 8)
            continue;
        last = at->path;
        n++;
    }
    return n;
}

/* Many links on little room: a label that has no place is left out, and none stands on another or on a mark beside a box, and at most one
 * other link runs through it. */
static void test_labels_of_a_dense_flow_do_not_overlap(void **state) {
    (void)state;
    struct sj_result result;
    static struct seen seen;
    static char names[14][8];
    start_result(&result, SJ_EN);
    struct sj_table *table = made_table(&result, &made_links_def);
    for (int i = 0; i < 14; i++)
        snprintf(names[i], sizeof names[i], "t%d", i);
    for (int i = 0; i < 14; i++)
        for (int k = 1; k < 5; k++)
            made_link(&result, table, names[i], names[(i * 3 + k) % 14], 1000 + (i * 31 + k * 17) % 500);
    for (int mark = 0; mark < 2; mark++) {
        table = made_table(&result, mark == 0 ? &made_starts_def : &made_ends_def);
        for (int i = 0; i < 14; i++)
            made_mark(&result, table, names[i], 123456 + i);
    }
    draw(&result, &seen);
    assert_in_range(seen.n_labels, 28 + 10, 28 + 2 * 56);
    for (size_t i = 0; i < seen.n_labels; i++)
        if (seen.labels[i].anchor == 'm' && n_through(&seen, &seen.labels[i]) > 2)
            fail_msg("%d links run through \"%s\"", n_through(&seen, &seen.labels[i]), seen.labels[i].text);
    for (size_t i = 0; i < seen.n_labels; i++)
        for (size_t k = i + 1; k < seen.n_labels; k++)
            if (overlap(&seen.labels[i], &seen.labels[k]))
                fail_msg("\"%s\" stands on \"%s\"", seen.labels[i].text, seen.labels[k].text);
    sj_buf_done(&seen.text);
    sj_result_done(&result);
}

static void test_running_out_of_memory_is_an_error(void **state) {
    (void)state;
    struct sj_result result;
    start_result(&result, SJ_EN);
    made_bars(&result);
    made_lines(&result, 30);
    made_routes(&result);
    made_flow(&result);
    made_matrix(&result, 4);
    made_sankey(&result, "visit", false);
    enum sj_status status = SJ_E_MEMORY;
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        struct sj_alloc mem = failing_alloc(&failing);
        struct sj_look look = {.lang = SJ_EN};
        struct sj_buf svg;
        sj_buf_init(&svg, &mem, SIZE_MAX);
        status = sj_picture_svg(&result, &look, &svg, NULL);
        assert_true(status == SJ_OK || status == SJ_E_MEMORY);
        assert_true(n < 2000);
        sj_buf_done(&svg);
        assert_int_equal(failing.n_alive, 0);
    }
    sj_result_done(&result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_kinds_are_well_formed_in_all_languages),
        cmocka_unit_test(test_hostile_texts_stay_texts),
        cmocka_unit_test(test_every_estimate_has_its_interval),
        cmocka_unit_test(test_the_flow_shows_counts_times_starts_and_ends),
        cmocka_unit_test(test_a_matrix),
        cmocka_unit_test(test_a_sankey),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_dots_and_scores_below_zero),
        cmocka_unit_test(test_empty_and_unknown),
        cmocka_unit_test(test_a_large_flow_says_what_is_left_out),
        cmocka_unit_test(test_labels_of_a_dense_flow_do_not_overlap),
        cmocka_unit_test(test_running_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
