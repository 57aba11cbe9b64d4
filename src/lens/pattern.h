/* A pattern: an expression of the journey language (docs/language.md), made into an automaton over codes. The lens makes it; match.h runs
 * it over batches.
 *
 * A position is an event that the expression asks for, with repeats written out (Glushkov's automaton: Bruggemann-Klein 1993, Theoretical
 * Computer Science 120:197-213): being in state p means that the last event that was taken stands for position p. An edge leads from
 * the position before to one, and carries what is asked of the way between. Times are kept in clocks: clock 0 is set by the first event of
 * a match; a part with a time of its own sets the clock of its depth when it begins. */
#pragma once
#include "base/mem.h"
#include "base/str.h"

#define SJ_STEPS_MAX 32
#define SJ_POSITIONS_MAX 64
#define SJ_CLOCKS_MAX 8
#define SJ_EXCLUSIONS_MAX 16
#define SJ_NO_LIMIT INT64_MAX

/* What is asked of two events that follow each other. */
struct sj_arrow {
    bool next;                   /* nothing lies between */
    int64_t within_us, after_us; /* SJ_NO_LIMIT, 0; both included */
    uint16_t without;            /* exclusions, as bits: none of these lies between */
};

struct sj_edge {
    uint8_t from;
    uint8_t begins; /* clocks that are set, as bits */
    struct sj_arrow arrow;
};

/* Of several ways to come to a position, those that are kept: of two the one that starts later, unless the other has the better last event
 * for some edge out of it. */
enum sj_keep { SJ_KEEP_START, SJ_KEEP_LATEST, SJ_KEEP_EARLIEST, SJ_KEEP_ALL };

struct sj_position {
    const struct sj_edge *edges; /* that lead here */
    uint32_t n_edges;
    uint8_t step;
    bool first;     /* a match may begin here */
    bool completes; /* its step */
    uint8_t n_clocks;
    int64_t clock_us[SJ_CLOCKS_MAX]; /* how old each may be; that of clock 0 is left to the matcher */
    enum sj_keep keep;
    int64_t reach_us; /* a way here that is older goes no further */
    bool next_only;   /* nor does one after the next event */
    bool moves_on;    /* there are edges out of it */
};

struct sj_step {
    struct sj_str text; /* as it was written */
    bool optional;
};

struct sj_where;
struct sj_pattern {
    const struct sj_position *positions;
    uint32_t n_positions, n_steps;
    const struct sj_step *steps;
    int64_t within_us; /* of the whole; SJ_NO_LIMIT where the expression says nothing */
    int64_t arrows_us; /* of all arrows together, of single events that all have a time between them; else SJ_NO_LIMIT */
    bool from_start, to_end;
    bool plain; /* position i is step i, all arrows are plain: a chain */

    const uint64_t *positions_at;  /* by touchpoint: bit i where an event there may be position i */
    const uint16_t *exclusions_at; /* the same for exclusions */
    const uint16_t *wanted;        /* touchpoints of positions and exclusions */
    uint32_t n_wanted;
    const uint64_t *positions_if; /* by condition: the positions that have it */
    const uint16_t *exclusions_if;
    const struct sj_where *const *conditions;
    uint32_t n_conditions;
    uint32_t first_condition; /* place of the first in batch->meets */
};

/* One text is an expression, whose items are the steps; of several each is a step. A text that is the name of a touchpoint is that. Errors:
 * SJ_E_USAGE with the place, what was expected, and the nearest known names; SJ_E_LIMIT. Lives in the arena. */
struct sj_view;
struct sj_zone;
enum sj_status sj_pattern_compile(const struct sj_str *texts, size_t n_texts, const struct sj_view *view, const struct sj_zone *zone,
                                  struct sj_arena *arena, struct sj_pattern **ret_pattern, struct sj_error *err);
