#include "picture/svg.h"

#include <stdio.h>

#include "picture/route.h"

#define NOTE_LINE 17
#define TITLE_LINE 28

/* Dark overrides light; viewers that do not know of media queries show light. */
static const char style[] =
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans','Noto Sans SC','PingFang SC',"
    "'Microsoft YaHei',sans-serif;fill:#1b1f24}"
    ".title{font-size:22px;font-weight:600}.head{font-size:16px;font-weight:600}.body{font-size:13px}"
    ".strong{font-size:13px;font-weight:600}.small{font-size:12px}.tiny{font-size:11px}"
    ".soft{fill:#5a636d}.warn{fill:#a8420a}.page{fill:#fff}.rule{stroke:#d8dde3;stroke-width:1}"
    ".halo{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}"
    ".bar{fill:#0072b2}.thin{fill-opacity:.4}.track{fill:#eef1f4}.fall{fill:#0072b2;fill-opacity:.13}"
    ".whisker{stroke:#1b1f24;stroke-width:1.5;fill:none}.dot{fill:#1b1f24}"
    ".node{fill:#fff;stroke:#8b95a1;stroke-width:1.2}.gate{fill:#1b1f24}.gatetext{fill:#fff}"
    ".flow{stroke:#0072b2;fill:none;stroke-opacity:.5}.tip{fill:#0072b2}"
    ".back{stroke:#d55e00;fill:none;stroke-opacity:.6;stroke-dasharray:7 4}.backtip{fill:#d55e00}"
    ".edge{stroke:#8b95a1;fill:none;stroke-opacity:.55}.edgetip{fill:#8b95a1}"
    ".ribbon{fill:#0072b2;fill-opacity:.22}.rest{fill:#8b95a1}.restnode{fill:#8b95a1}"
    ".line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.band{fill-opacity:.18}"
    ".s0{stroke:#0072b2}.s1{stroke:#d55e00}.s2{stroke:#009e73}.s3{stroke:#cc79a7}.s4{stroke:#e69f00}.s5{stroke:#56b4e9}"
    ".s6{stroke:#8a7f00}"
    ".f0{fill:#0072b2}.f1{fill:#d55e00}.f2{fill:#009e73}.f3{fill:#cc79a7}.f4{fill:#e69f00}.f5{fill:#56b4e9}.f6{fill:#f0e442}"
    ".h0{fill:#eff5fb}.h1{fill:#d6e6f4}.h2{fill:#b5d3ea}.h3{fill:#8bbbdd}.h4{fill:#5c9fcd}.h5{fill:#2a78b0}.h6{fill:#10629d}"
    ".h7{fill:#084a7c}.ink{fill:#fff}.open{fill-opacity:.3;stroke:#5a636d;stroke-width:1.2;stroke-dasharray:3 2}"
    ".later{stroke-dasharray:2 5}"
    ".chip{fill-opacity:.22;stroke-width:1.2}.rare{stroke-dasharray:3 2}"
    "@media(prefers-color-scheme:dark){text{fill:#e6e9ec}.soft{fill:#9aa4af}.warn{fill:#ffa261}.page{fill:#14171a}"
    ".rule{stroke:#333a42}.halo{stroke:#14171a}.bar{fill:#3a9bd9}.track{fill:#22272c}.fall{fill:#3a9bd9}"
    ".whisker{stroke:#e6e9ec}.dot{fill:#e6e9ec}.node{fill:#1c2126;stroke:#6b7580}.gate{fill:#e6e9ec}.gatetext{fill:#14171a}"
    ".flow{stroke:#56b4e9}.tip{fill:#56b4e9}.back{stroke:#ff8c42}.backtip{fill:#ff8c42}"
    ".ribbon{fill:#3a9bd9;fill-opacity:.3}.rest{fill:#6b7580}.restnode{fill:#6b7580}"
    ".s0{stroke:#56b4e9}.f0{fill:#56b4e9}.s1{stroke:#ff8c42}.f1{fill:#ff8c42}.s2{stroke:#2cc79b}.f2{fill:#2cc79b}"
    ".h0{fill:#1d2731}.h1{fill:#213647}.h2{fill:#254863}.h3{fill:#285878}.h4{fill:#2b6794}.h5{fill:#3a8cc4}.h6{fill:#5aa9dd}"
    ".h7{fill:#8accf5}.ink{fill:#14171a}.open{stroke:#9aa4af}"
    ".s5{stroke:#9ad4f5}.f5{fill:#9ad4f5}.s6{stroke:#f0e442}}";

/* In hundredths of the font's size: most sans-serif fonts stay below. */
static int character_width(unsigned char c) {
    if (c >= 0x80)
        return 0; /* counted by its terminal columns */
    if (strchr("iljtfr.,:;'|!()[] ", c) != NULL && c != '\0')
        return 40;
    return strchr("mwMW%@", c) != NULL ? 95 : c >= 'A' && c <= 'Z' ? 74 : 63;
}

int sj_svg_text_width(struct sj_str text, int font_px) {
    long hundredths = 0;
    size_t n_ascii = 0;
    for (size_t i = 0; i < text.n; i++) {
        hundredths += character_width((unsigned char)text.p[i]);
        n_ascii += (unsigned char)text.p[i] < 0x80;
    }
    size_t columns = sj_str_columns(text);
    hundredths += columns > n_ascii ? (long)(columns - n_ascii) * 58 : 0;
    return (int)(hundredths * font_px / 100);
}

/* Bold is wider: taken for a larger size. */
static int font_px(const char *classes) {
    static const struct {
        const char *name;
        int px;
    } sizes[] = {{"title", 26}, {"head", 18}, {"small", 12}, {"tiny", 11}, {"strong", 14}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (strstr(classes, sizes[i].name) != NULL)
            return sizes[i].px;
    return 13;
}

/* Cuts by terminal columns, which are about as wide as a figure. */
static struct sj_str cut(struct sj_svg *svg, struct sj_str text, int px, int room) {
    struct sj_str shorter = text;
    for (size_t columns = sj_str_columns(text); sj_svg_text_width(shorter, px) > room && columns > 1; columns--)
        if (sj_text_cut(text, (unsigned)columns - 1, svg->arena, &shorter, svg->pen.err) != SJ_OK)
            svg->pen.status = SJ_E_MEMORY;
    return shorter;
}

void sj_svg_text(struct sj_svg *svg, int x, int y, const char *classes, enum sj_anchor anchor, struct sj_str text, int room) {
    static const char *const anchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    struct sj_str shown = room > 0 ? cut(svg, text, font_px(classes), room) : text;
    sj_pen_print(&svg->pen, "<text x=\"%d\" y=\"%d\" class=\"%s\"%s>", x, y, classes, anchors[anchor]);
    sj_pen_xml(&svg->pen, shown);
    if (!sj_str_eq(shown, text)) {
        sj_pen_text(&svg->pen, "<title>");
        sj_pen_xml(&svg->pen, text);
        sj_pen_text(&svg->pen, "</title>");
    }
    sj_pen_text(&svg->pen, "</text>\n");
}

void sj_svg_rect(struct sj_svg *svg, int x, int y, int width, int height, const char *classes) {
    if (width <= 0)
        return;
    sj_pen_print(&svg->pen, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\" class=\"%s\"/>\n", x, y, width, height, classes);
}

void sj_svg_line(struct sj_svg *svg, int x1, int y1, int x2, int y2, const char *classes) {
    sj_pen_print(&svg->pen, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"%s\"/>\n", x1, y1, x2, y2, classes);
}

void sj_svg_whisker(struct sj_svg *svg, int low, int value, int high, int y, const char *classes) {
    sj_pen_print(&svg->pen, "<path d=\"M%d %dV%dM%d %dH%dM%d %dV%d\" class=\"%s\"/>", low, y - 4, y + 4, low, y, high, high, y - 4, y + 4,
                 classes);
    sj_pen_print(&svg->pen, "<circle cx=\"%d\" cy=\"%d\" r=\"3\" class=\"dot\"/>\n", value, y);
}

struct sj_str sj_svg_cell(struct sj_svg *svg, const struct sj_table *table, size_t row, size_t column) {
    const struct sj_cell *cell = sj_table_cell(table, row, column);
    enum sj_type type = table->def->columns[column].type;
    struct sj_str text = {"", 0};
    enum sj_status status = SJ_OK;
    if (!cell->known) {
        text = sj_figure_absent(&table->def->columns[column], svg->look->lang);
    } else if (type == SJ_TYPE_ROUTE) {
        status = sj_route_text(&cell->route, 90, svg->arena, &text, svg->pen.err);
    } else if (sj_type_is_text(type)) {
        text = cell->text;
    } else {
        char figure[SJ_FIGURE_BYTES];
        size_t n = sj_figure_cell(cell, type, sj_figure_style(table, column, svg->look), svg->look, figure);
        status = sj_text_cut((struct sj_str){figure, n}, SJ_FIGURE_BYTES, svg->arena, &text, svg->pen.err);
    }
    if (status != SJ_OK)
        svg->pen.status = status;
    return text;
}

int sj_svg_widest(struct sj_svg *svg, const struct sj_table *table, size_t column, size_t n_rows) {
    int widest = 0;
    for (size_t row = 0; row < n_rows; row++) {
        int width = sj_svg_text_width(sj_svg_cell(svg, table, row, column), 14);
        widest = width > widest ? width : widest;
    }
    return widest;
}

size_t sj_svg_drawn(const struct sj_table_def *def) {
    size_t column = 0;
    while (column < def->n_columns &&
           (!def->columns[column].drawn || sj_type_is_text(def->columns[column].type) || def->columns[column].type == SJ_TYPE_ROUTE))
        column++;
    return column;
}

size_t sj_svg_next_estimate(const struct sj_table_def *def, size_t from) {
    while (from < def->n_columns && !sj_type_is_estimate(def->columns[from].type))
        from++;
    return from;
}

struct sj_str sj_svg_share(struct sj_svg *svg, const struct sj_table *table, size_t row) {
    size_t column = sj_svg_next_estimate(table->def, 0);
    if (column == table->def->n_columns || column == sj_svg_drawn(table->def))
        return (struct sj_str){"", 0};
    return sj_svg_cell(svg, table, row, column);
}

size_t sj_svg_arrow(const struct sj_table_def *def) {
    size_t column = 0;
    while (column < def->n_columns && strcmp(def->columns[column].name, "arrow") != 0)
        column++;
    return column;
}

void sj_svg_head(struct sj_svg *svg, const struct sj_table *table, size_t column, int x, enum sj_anchor anchor) {
    char text[SJ_FIGURE_BYTES];
    const size_t n = sj_figure_label(&table->def->columns[column], svg->look, text);
    sj_svg_text(svg, x, svg->y + 10, "tiny soft", anchor, (struct sj_str){text, n}, 0);
}

void sj_svg_left_out(struct sj_svg *svg, size_t n_left_out, const struct sj_table_def *def) {
    if (n_left_out == 0)
        return;
    char figure[SJ_FIGURE_BYTES], text[2 * SJ_FIGURE_BYTES];
    sj_figure_count((int64_t)n_left_out, svg->look->lang, figure);
    snprintf(text, sizeof text, sj_text(svg->look->lang, SJ_T("… and %s rows more (table %s)")), figure, def->name);
    sj_svg_text(svg, SJ_SVG_MARGIN, svg->y + 14, "small soft", SJ_ANCHOR_START, sj_str(text), 0);
    svg->y += 24;
}

static void draw_picture(struct sj_svg *svg, const struct sj_table *table) {
    static void (*const draw[])(struct sj_svg * svg, const struct sj_table *table) = {
        [SJ_PICTURE_NONE] = sj_svg_table,    [SJ_PICTURE_BARS] = sj_svg_bars,     [SJ_PICTURE_LINES] = sj_svg_lines,
        [SJ_PICTURE_FUNNEL] = sj_svg_funnel, [SJ_PICTURE_FLOW] = sj_svg_flow,     [SJ_PICTURE_ROUTES] = sj_svg_routes,
        [SJ_PICTURE_SANKEY] = sj_svg_sankey, [SJ_PICTURE_MATRIX] = sj_svg_matrix, [SJ_PICTURE_BOXES] = sj_svg_boxes,
        [SJ_PICTURE_DOTS] = sj_svg_dots,
    };
    svg->y += 34;
    sj_svg_text(svg, SJ_SVG_MARGIN, svg->y, "head", SJ_ANCHOR_START, sj_str(sj_text(svg->look->lang, table->def->title)), 0);
    svg->y += 16;
    bool drawable = table->def->picture == SJ_PICTURE_NONE || sj_svg_drawn(table->def) < table->def->n_columns;
    if (table->n_rows == 0) {
        sj_svg_text(svg, SJ_SVG_MARGIN, svg->y + 10, "body soft", SJ_ANCHOR_START, sj_str(sj_text(svg->look->lang, SJ_T("(nothing)"))), 0);
        svg->y += 20;
    } else {
        draw[drawable ? table->def->picture : SJ_PICTURE_NONE](svg, table);
    }
}

/* A paragraph, broken at spaces; Chinese text breaks anywhere. */
static void draw_paragraph(struct sj_svg *svg, const char *text, const char *classes, int line) {
    size_t n = strlen(text), from = 0;
    while (from < n) {
        size_t end = from, fits = from;
        while (end < n && sj_svg_text_width((struct sj_str){text + from, end - from}, font_px(classes)) < SJ_SVG_RIGHT - SJ_SVG_MARGIN) {
            fits = (unsigned char)text[end] >= 0xE3 || text[end] == ' ' ? end : fits;
            end++;
        }
        end = end == n || fits == from ? end : fits;
        while (end < n && ((unsigned char)text[end] & 0xC0) == 0x80)
            end++;
        sj_svg_text(svg, SJ_SVG_MARGIN, svg->y, classes, SJ_ANCHOR_START, (struct sj_str){text + from, end - from}, 0);
        svg->y += line;
        from = end + (end < n && text[end] == ' ');
    }
}

static void draw_body(struct sj_svg *svg) {
    const struct sj_result *result = svg->result;
    svg->y = 46;
    draw_paragraph(svg, sj_text(svg->look->lang, result->title != NULL ? result->title : ""), "title", TITLE_LINE);
    svg->y -= TITLE_LINE;
    for (size_t i = 0; i < result->n_tables; i++)
        draw_picture(svg, &result->tables[i]);
    svg->y += 28;
    if (result->n_notes > 0)
        sj_svg_line(svg, SJ_SVG_MARGIN, svg->y - 16, SJ_SVG_RIGHT, svg->y - 16, "rule");
    svg->y += 4;
    for (int level = SJ_NOTE_WARNING; level >= SJ_NOTE_DEFINITION; level--)
        for (size_t i = 0; i < result->n_notes; i++)
            if ((int)result->notes[i].level == level)
                draw_paragraph(svg, result->notes[i].text, level == SJ_NOTE_WARNING ? "small warn" : "small soft", NOTE_LINE);
    svg->y += 10;
}

static enum sj_status write_document(const struct sj_svg *svg, const struct sj_buf *body, struct sj_buf *out, struct sj_error *err) {
    static const char *const tags[SJ_N_LANGS] = {"en", "nl", "zh"};
    struct sj_pen pen;
    sj_pen_init(&pen, out, err);
    sj_pen_text(&pen, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    sj_pen_print(&pen,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
                 "xml:lang=\"%s\">\n<title>",
                 svg->width, svg->y, svg->width, svg->y, tags[svg->look->lang]);
    sj_pen_xml(&pen, sj_str(sj_text(svg->look->lang, svg->result->title ? svg->result->title : "Sojourn")));
    sj_pen_text(&pen, "</title>\n<style>");
    sj_pen_text(&pen, style);
    sj_pen_print(&pen, "</style>\n<rect width=\"%d\" height=\"%d\" class=\"page\"/>\n", svg->width, svg->y);
    sj_pen_str(&pen, sj_buf_str(body));
    sj_pen_text(&pen, "</svg>\n");
    return pen.status;
}

enum sj_status sj_picture_svg(const struct sj_result *result, const struct sj_look *look, struct sj_buf *out, struct sj_error *err) {
    struct sj_buf body;
    struct sj_arena arena;
    sj_buf_init(&body, out->mem, out->max);
    sj_arena_init(&arena, out->mem);
    struct sj_svg svg = {.result = result, .look = look, .arena = &arena, .width = SJ_SVG_WIDTH};
    sj_pen_init(&svg.pen, &body, err);
    draw_body(&svg);
    enum sj_status status = svg.pen.status;
    if (status == SJ_OK)
        status = write_document(&svg, &body, out, err);
    sj_arena_done(&arena);
    sj_buf_done(&body);
    return status;
}
