#include "picture/route.h"

#include "picture/pen.h"

#define ARROW " → "
#define ARROW_COLUMNS 3
#define ELLIPSIS "…"
#define ELLIPSIS_BYTES 3
#define GAP_COLUMNS 13 /* " → …(+1234)…" and one to spare */

struct sj_route_part sj_route_fit(const struct sj_route *route, unsigned room, unsigned gap,
                                  unsigned (*width_of)(const void *ctx, struct sj_str step), const void *ctx) {
    size_t n = route->n_steps, head = 0, tail = 0;
    unsigned used = 0;
    while (head < n && used <= room)
        used += width_of(ctx, route->steps[head++]);
    if (head == n && used <= room)
        return (struct sj_route_part){.n_head = n};
    head = 0;
    used = 0;
    while (head + tail < n) {
        bool from_tail = head > tail;
        unsigned width = width_of(ctx, route->steps[from_tail ? n - 1 - tail : head]);
        bool must = head == 0 || tail == 0;
        if (!must && used + width + gap > room)
            break;
        used += width;
        head += !from_tail;
        tail += from_tail;
    }
    return (struct sj_route_part){head, tail, n - head - tail};
}

static unsigned step_columns(const void *ctx, struct sj_str step) {
    (void)ctx;
    return (unsigned)sj_str_columns(step) + ARROW_COLUMNS;
}

static void draw_steps(struct sj_pen *pen, const struct sj_route *route, const struct sj_route_part *part) {
    for (size_t i = 0; i < part->n_head; i++) {
        sj_pen_text(pen, i > 0 ? ARROW : "");
        sj_pen_str(pen, route->steps[i]);
    }
    if (part->n_left_out > 0)
        sj_pen_print(pen, ARROW "…(+%zu)…", part->n_left_out);
    for (size_t i = route->n_steps - part->n_tail; i < route->n_steps; i++) {
        sj_pen_text(pen, ARROW);
        sj_pen_str(pen, route->steps[i]);
    }
}

/* A copy without control characters, which would move a terminal's cursor or colour it: a space stands for each of their bytes. */
static enum sj_status copy_plain(struct sj_arena *arena, struct sj_str text, struct sj_str *ret_text, struct sj_error *err) {
    char *bytes;
    SJ_TRY(sj_arena_new(arena, text.n + ELLIPSIS_BYTES, 1, &bytes, err));
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool is_c1 = c == 0xC2 && i + 1 < text.n && (unsigned char)text.p[i + 1] >= 0x80 && (unsigned char)text.p[i + 1] < 0xA0;
        bytes[i] = c < 0x20 || c == 0x7F || is_c1 ? ' ' : text.p[i];
        if (is_c1)
            bytes[++i] = ' ';
    }
    *ret_text = (struct sj_str){bytes, text.n};
    return SJ_OK;
}

enum sj_status sj_route_text(const struct sj_route *route, unsigned columns, struct sj_arena *arena, struct sj_str *ret_text,
                             struct sj_error *err) {
    struct sj_route_part part = sj_route_fit(route, columns + ARROW_COLUMNS, GAP_COLUMNS, step_columns, NULL);
    struct sj_buf line;
    sj_buf_init(&line, arena->mem, SIZE_MAX);
    struct sj_pen pen;
    sj_pen_init(&pen, &line, err);
    draw_steps(&pen, route, &part);
    enum sj_status status = pen.status;
    if (status == SJ_OK)
        status = sj_text_cut(sj_buf_str(&line), columns, arena, ret_text, err);
    sj_buf_done(&line);
    return status;
}

static size_t next_character(struct sj_str text, size_t at) {
    do
        at++;
    while (at < text.n && ((unsigned char)text.p[at] & 0xC0) == 0x80);
    return at;
}

enum sj_status sj_text_cut(struct sj_str text, unsigned columns, struct sj_arena *arena, struct sj_str *ret_text, struct sj_error *err) {
    struct sj_str plain;
    SJ_TRY(copy_plain(arena, text, &plain, err));
    if (sj_str_columns(plain) > columns) {
        size_t at = 0, used = 0;
        while (at < plain.n) {
            size_t next = next_character(plain, at);
            used += sj_str_columns((struct sj_str){plain.p + at, next - at});
            if (used + 1 > columns)
                break;
            at = next;
        }
        memcpy((char *)plain.p + at, ELLIPSIS, columns > 0 ? ELLIPSIS_BYTES : 0);
        plain.n = at + (columns > 0 ? ELLIPSIS_BYTES : 0);
    }
    *ret_text = plain;
    return SJ_OK;
}
