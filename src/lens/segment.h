/* Segments: conditions over customers, a part of the journey language (docs/language.md).
 *
 *   segment     either { "or" either }
 *   either      part { "and" part }
 *   part        "not" part | "(" segment ")" | fact
 *   fact        "did" "(" event { "," ( number | time ) } ")"
 *             | "sum" "(" property "," event { "," time } ")" sign value
 *             | ( "first" | "last" ) "(" event ")" sign "date"
 *             | "channels" sign number
 *             | "matched" "(" expression ")"
 *             | "trait." property comparison                        of the last event that has a value
 *             | "segment" name                                      what was saved under that name (store/saved.h), as if it stood here
 *   number      ( "at" "least" | "at" "most" | "exactly" ) number   at least 1 where there is none
 *   time        "within" duration | "from" "date" | "to" "date"
 *
 * It looks at all events of a customer before the end of the lens, whatever else the lens leaves out; "within 90d" are the last 90 days
 * before that end. Nesting is at most 50 deep, at most 100 facts, at most 64 KiB.
 *
 * A text that is nothing but the name of a saved segment stands for it: no name can be taken for a condition. A saved condition may name others, at
 * most SJ_SEGMENT_CHAIN deep and never in a circle; their facts count as if they stood in the text itself.
 * Threads: a compiled segment is read-only; each thread has a run of its own. */
#pragma once
#include "lens/match.h"
#include "store/store.h"

struct sj_zone;
struct sj_shelf;
struct sj_segment;

/* `end_us`: the end of the lens. Lives in the arena. Errors: SJ_E_USAGE with the place, what was expected, and the nearest known names. */
enum sj_status sj_segment_compile(struct sj_str text, const struct sj_view *view, const struct sj_zone *zone, int64_t end_us,
                                  struct sj_arena *arena, struct sj_segment **ret_segment, struct sj_error *err);
/* The condition of a saved one, as it is where its name stands for it. */
enum sj_status sj_segment_compile_saved(const struct sj_saved_segment *saved, const struct sj_view *view, const struct sj_zone *zone,
                                        int64_t end_us, struct sj_arena *arena, struct sj_segment **ret_segment, struct sj_error *err);

/* What it looks at besides touchpoints: columns are added to used[code] (view->n_columns long). */
void sj_segment_needs(const struct sj_segment *segment, bool *used, bool *ret_time, bool *ret_channel);

#define SJ_SEGMENT_CHAIN 10
/* Whether the text itself, not only what it names, names the saved segment view->saved[i]. */
bool sj_segment_names(const struct sj_segment *segment, size_t i);

struct sj_segment_run;
enum sj_status sj_segment_run_new(const struct sj_segment *segment, const struct sj_alloc *mem, struct sj_segment_run **ret_run,
                                  struct sj_error *err);
void sj_segment_run_free(struct sj_segment_run *run);
/* in[c] becomes 1 where customer c of the rows belongs to the segment, else 0. Buffers are taken from `scratch`, which the caller resets. */
enum sj_status sj_segment_apply(struct sj_segment_run *run, const struct sj_rows *rows, struct sj_shelf *scratch, uint8_t *in,
                                struct sj_error *err);
