/* Event conditions: `channel = "web" and (value > 100 or plan in ("gold", "silver")) and not coupon is known`.
 *
 *   condition   either { "or" either }
 *   either      part { "and" part }
 *   part        "not" part | "(" condition ")" | name comparison
 *   comparison  = != < <= > >= value | in (value, …) | is known
 *   name        touchpoint, channel, or a property; in backquotes when it is not a plain word: `case:amount`
 *   value       "text" or 'text', a number, true, false, a duration (7d); times are texts: "2026-01-31"
 *
 * A property that holds values of several kinds (numbers in one file, texts in another) meets a comparison when any of them does.
 * An event without a value in a property meets no comparison with it, != included; `not` turns that around. Texts are compared by
 * bytes; < and > are for numbers, money, durations and times. Nesting is at most 50 deep, a condition at most 64 KiB.
 * It is a part of the journey language (docs/language.md). Threads: a compiled condition is read-only. */
#pragma once
#include "store/store.h"

struct sj_zone;
struct sj_where;

/* Errors: SJ_E_USAGE with the place, what was expected, and the nearest known names. Lives in the arena. */
enum sj_status sj_where_compile(struct sj_str text, const struct sj_view *view, const struct sj_zone *zone, struct sj_arena *arena,
                                struct sj_where **ret_where, struct sj_error *err);

/* The columns that it looks at are added to used[code] (view->n_columns long). */
void sj_where_columns(const struct sj_where *where, bool *used);
bool sj_where_needs_channel(const struct sj_where *where);

/* mask[i] becomes 1 where event i meets the condition, else 0. Buffers are taken from `scratch`, which the caller resets. */
struct sj_shelf;
enum sj_status sj_where_apply(const struct sj_where *where, const struct sj_rows *rows, struct sj_shelf *scratch, uint8_t *mask,
                              struct sj_error *err);
