/* What an analysis is: one question about journeys, declared in one file, listed in registry.c.
 *
 * The command line, the HTTP interface, the manual and the pictures are made from the declaration. An analysis is a monoid (the
 * second law): start() gives an empty state, absorb() adds a batch, merge() joins two states, and whatever the order and the
 * grouping the answer is the same bit for bit. So sums are integers, and floating point is used in finish() only.
 *
 *   prepare ─ pass 1: start, absorb…, merge… ─ turn ─┬─ finish
 *                 ^      (one state a thread)        │
 *                 └───────── again ──────────────────┘
 *
 * An analysis that needs a second pass over the same journeys (an exact median does) has turn(): it moves what the next pass must
 * know from the merged state into job->plan and says "again"; the next pass begins with fresh states.
 *
 * Analyses are pure: no files, no clock, no threads, no global state. They see base/, stats/, lens/batch.h
 * and lens/match.h, nothing else. */
#pragma once
#include "base/result.h"
#include "base/time.h"
#include "lens/batch.h"
#include "lens/pattern.h"

enum sj_param_type {
    SJ_PARAM_COUNT,       /* a whole number */
    SJ_PARAM_SHARE,       /* "80%" or "0.8": 0 to 1 */
    SJ_PARAM_DURATION,    /* "7d" */
    SJ_PARAM_TRUTH,       /* a switch */
    SJ_PARAM_CHOICE,      /* one of `choices` */
    SJ_PARAM_DIMENSION,   /* "channel" or the name of a property */
    SJ_PARAM_MEASURE,     /* the name of a property that holds numbers, money or durations */
    SJ_PARAM_TOUCHPOINTS, /* a list of names, in order; may be absent where min is 0 */
    SJ_PARAM_CHANNELS,    /* the same with channels */
    SJ_PARAM_ROUTE,       /* an expression of the journey language, or several words, each a step; may be absent where min is 0 */
    SJ_PARAM_SEGMENT,     /* a condition over customers, of the journey language; may be absent */
    SJ_PARAM_TIME,        /* "2026-01-31", in the lens's zone; may be absent */
};

struct sj_param {
    const char *name;
    enum sj_param_type type;
    const char *standard; /* the value as text where none is given; NULL: must be given, or, for a dimension or measure, may be absent */
    const char *help;     /* SJ_T() */
    const char *choices;  /* for SJ_PARAM_CHOICE: "day week month" */
    int64_t min, max;     /* for counts and durations, both included; for lists and routes: how many */
    bool positional;      /* on the command line the words that follow the store */
    bool shows;           /* how much of the answer is shown, not what its rows count: who is behind a row is found with all of it shown */
    const char
        *compares; /* away from its standard, what the rows of this table count depends on other customers; "": of any. NULL: never */
};

/* A parameter's value, checked. */
struct sj_arg {
    bool given;            /* false: the standard value, or a dimension that is absent */
    int64_t i64;           /* count, duration, truth, time; for a choice its place in the list */
    double f64;            /* share */
    uint32_t dimension;    /* index into job->dimensions; SJ_NO_CODE when absent */
    uint32_t measure;      /* index into job->measures; SJ_NO_CODE when absent */
    const uint16_t *codes; /* of touchpoints or channels */
    size_t n_codes;
    uint32_t pattern; /* of a route: index into job->patterns; SJ_NO_CODE when absent */
    uint32_t segment; /* index into batch->members; SJ_NO_CODE when absent */
};

enum { SJ_NEED_TIME = 1, SJ_NEED_CHANNEL = 2, SJ_NEED_IDENTITY = 4, SJ_NEED_PROPERTIES = 8 };

/* One run of an analysis. */
struct sj_job {
    const struct sj_alloc *mem; /* for states */
    struct sj_arena *arena;     /* lives as long as the job: for the plan. Not for use in start, absorb and merge (threads) */
    const struct sj_arg *args;  /* in the order of the parameters */
    const struct sj_str *touchpoints, *channels; /* names by code */
    uint32_t n_touchpoints, n_channels;
    const struct sj_dimension *dimensions;
    uint32_t n_dimensions;
    uint32_t n_properties; /* the last of the dimensions: properties that tell few cases apart, with SJ_NEED_PROPERTIES (lens/lens.h) */
    const struct sj_measure *measures;
    uint32_t n_measures;
    const struct sj_pattern *const *patterns;
    const struct sj_zone *zone; /* of the lens: for days, weeks, months */
    int64_t from_us, to_us;     /* [from, to): the lens's range, cut to what the store holds */
    bool sessions;              /* journeys are cut by pauses: after the last event nobody waits for the next */
    bool alone; /* one of many small answers, to find who is behind a row: no row is put together with others for being rare,
                                 * and no quantiles are looked at */
    void *plan; /* the analysis's own, made by prepare() */
};

struct sj_analysis {
    const char *name;    /* of the command, never translated */
    const char *title;   /* a question, SJ_T() */
    const char *about;   /* definitions and what to look for, SJ_T() */
    const char *example; /* a command line without "sojourn" that works on the sample company, with STORE for the store */
    const struct sj_param *params;
    size_t n_params;
    const struct sj_table_def *tables;
    size_t n_tables;
    unsigned needs;

    enum sj_status (*prepare)(struct sj_job *job, struct sj_error *err); /* may be NULL */
    enum sj_status (*start)(const struct sj_job *job, void **ret_state, struct sj_error *err);
    enum sj_status (*absorb)(const struct sj_job *job, void *state, const struct sj_batch *batch, struct sj_error *err);
    /* Adds `other` to `state`. `other` may be emptied; the caller drops both. */
    enum sj_status (*merge)(const struct sj_job *job, void *state, void *other, struct sj_error *err);
    enum sj_status (*turn)(struct sj_job *job, void *state, bool *ret_again, struct sj_error *err); /* NULL: one pass */
    enum sj_status (*finish)(const struct sj_job *job, const void *state, struct sj_result *result, struct sj_error *err);
    void (*drop)(const struct sj_job *job, void *state);
};

/* All analyses, in the order of the help; ends with NULL. */
extern const struct sj_analysis *const sj_analyses[];
const struct sj_analysis *sj_analysis_find(const char *name); /* NULL: there is none of that name */
