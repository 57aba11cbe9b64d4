/* Routes as text: "visit → cart → checkout", shortened in the middle where there is not room for all steps. */
#pragma once
#include "base/mem.h"
#include "base/result.h"

/* How much of a route is shown: the first `n_head` steps and the last `n_tail`; in between `n_left_out` are counted only. */
struct sj_route_part {
    size_t n_head, n_tail, n_left_out;
};

/* The most steps whose total fits in `room`: `width_of(ctx, step)` is what a step takes with its arrow, `gap` what the count of
 * those left out takes. At least the first step and, of a route with more, the last. O(steps shown). */
struct sj_route_part sj_route_fit(const struct sj_route *route, unsigned room, unsigned gap,
                                  unsigned (*width_of)(const void *ctx, struct sj_str step), const void *ctx);

/* The route as one line of at most `columns` of a terminal where that is possible. In the arena. */
enum sj_status sj_route_text(const struct sj_route *route, unsigned columns, struct sj_arena *arena, struct sj_str *ret_text,
                             struct sj_error *err);

/* The beginning of a text that fits in `columns`, with "…" at the end when something is left out. In the arena. */
enum sj_status sj_text_cut(struct sj_str text, unsigned columns, struct sj_arena *arena, struct sj_str *ret_text, struct sj_error *err);
