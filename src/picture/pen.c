#include "picture/pen.h"

#include <stdio.h>

void sj_pen_init(struct sj_pen *pen, struct sj_buf *out, struct sj_error *err) {
    *pen = (struct sj_pen){.out = out, .err = err, .status = SJ_OK};
}

void sj_pen_str(struct sj_pen *pen, struct sj_str text) {
    if (pen->status == SJ_OK)
        pen->status = sj_buf_append_str(pen->out, text, pen->err);
}

void sj_pen_text(struct sj_pen *pen, const char *text) { sj_pen_str(pen, sj_str(text)); }

void sj_pen_repeat(struct sj_pen *pen, const char *text, size_t times) {
    for (size_t i = 0; i < times; i++)
        sj_pen_text(pen, text);
}

void sj_pen_print(struct sj_pen *pen, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (pen->status != SJ_OK)
        return;
    if (n < 0 || (size_t)n >= sizeof text)
        pen->status = sj_fail(pen->err, SJ_E_BUG, "a picture could not be drawn: \"%s\" gives too long a text", format);
    else
        sj_pen_str(pen, (struct sj_str){text, (size_t)n});
}

/* The length of the UTF-8 character at `p`, 0 when the bytes there are none that XML 1.0 allows. */
static size_t xml_character(const char *p, size_t n) {
    unsigned char first = (unsigned char)p[0];
    if (first < 0x80)
        return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (length > n || !sj_str_is_utf8((struct sj_str){p, length}))
        return 0;
    bool not_a_character = first == 0xEF && (unsigned char)p[1] == 0xBF && (unsigned char)p[2] >= 0xBE;
    return not_a_character ? 0 : length;
}

static const char *xml_escape(char c) {
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

void sj_pen_xml(struct sj_pen *pen, struct sj_str text) {
    for (size_t at = 0; at < text.n;) {
        size_t length = xml_character(text.p + at, text.n - at);
        const char *escaped = length == 0 ? "\xEF\xBF\xBD" : xml_escape(text.p[at]);
        if (escaped != NULL)
            sj_pen_text(pen, escaped);
        else
            sj_pen_str(pen, (struct sj_str){text.p + at, length});
        at += length > 0 ? length : 1;
    }
}
