/* A pen: appends text to a buffer and remembers the first failure, so that drawing code reads as what it draws.
 * After a failure every call does nothing; whoever made the pen asks for `status` once, at the end. */
#pragma once
#include "base/buf.h"

struct sj_pen {
    struct sj_buf *out;
    struct sj_error *err;
    enum sj_status status;
};

void sj_pen_init(struct sj_pen *pen, struct sj_buf *out, struct sj_error *err);
void sj_pen_text(struct sj_pen *pen, const char *text);
void sj_pen_str(struct sj_pen *pen, struct sj_str text);
void sj_pen_repeat(struct sj_pen *pen, const char *text, size_t times);
void sj_pen_print(struct sj_pen *pen, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For the text and the attributes of XML: escapes & < > " ', and replaces what XML 1.0 does not allow, and bytes that are not
 * UTF-8, by U+FFFD. */
void sj_pen_xml(struct sj_pen *pen, struct sj_str text);
