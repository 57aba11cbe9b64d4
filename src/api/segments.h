/* Saved segments as an answer, and what is checked before one is saved or dropped.
 *
 * Saved conditions may name each other, so that changing one may spoil others: that is refused here, since the store knows no conditions. Who
 * changes them holds the store as its writer from the check on. Threads: one caller; counting uses several of its own. */
#pragma once
#include "base/result.h"
#include "lens/lens.h"
#include "store/saved.h"

struct sj_segments_words {
    struct sj_str name;     /* only this one, and how it hangs together with others; empty: all */
    struct sj_str timezone; /* for dates without offset in conditions */
    unsigned n_threads;     /* 0: all processors */
};

/* The tables: who belongs to which, by all events of the store. One pass for each 64. Errors: SJ_E_NOT_FOUND for a name. */
enum sj_status sj_segments_show(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot,
                                const struct sj_segments_words *words, struct sj_result *result, struct sj_error *err);

/* One customer under a lens that lets some of the events through. */
struct sj_segments_one {
    const struct sj_os *os;
    const struct sj_alloc *mem;
    struct sj_snapshot *snapshot;
    const struct sj_lens_words *words;
    sj_key customer;
};
/* To which saved segments the customer belongs: ret_belongs[view->n_saved], in the arena. To one that cannot be read nobody does. */
enum sj_status sj_segments_of(const struct sj_segments_one *one, struct sj_arena *arena, bool **ret_belongs, struct sj_error *err);

/* How many customers there are, and how many of them belong to it. `condition` as --segment takes it. */
struct sj_segments_count {
    uint64_t n_customers, n_in;
};
enum sj_status sj_segments_count(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot, struct sj_str condition,
                                 const struct sj_segments_words *words, struct sj_segments_count *ret_count, struct sj_error *err);

/* Whether it can be saved: its condition is one, and none of those that name it is spoiled. Errors: those of sj_segment_compile(). */
enum sj_status sj_segments_check(const struct sj_view *view, const struct sj_zone *zone, const struct sj_alloc *mem,
                                 const struct sj_saved_segment *saved, struct sj_error *err);

/* Those whose condition names it, as "a, b"; empty: none. In the arena. */
enum sj_status sj_segments_users(const struct sj_view *view, const struct sj_alloc *mem, struct sj_str name, struct sj_arena *arena,
                                 struct sj_str *ret_users, struct sj_error *err);
