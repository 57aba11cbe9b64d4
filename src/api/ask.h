/* Ask: a question in words becomes an answer. The one way in for the command line, the public library and, later, HTTP.
 *
 * ask() finds the analysis, checks and types its arguments, opens the lens, runs the passes over all threads, and adds the notes
 * that belong to every answer (an empty choice and why, events that belong to no journey). */
#pragma once
#include <stdatomic.h>

#include "analysis/analysis.h"
#include "lens/lens.h"

struct sj_word {
    struct sj_str name, text; /* an argument as it was given; a list has the same name several times */
};

/* The same question for each period by itself (api/trend.h); empty texts where it is not asked for. */
struct sj_trend_words {
    struct sj_str over; /* auto, day, week, month; empty: no trend */
    struct sj_str of;   /* "TABLE.COLUMN" or "COLUMN": the figure; empty: the first estimate of the first table, else the first figure */
    const struct sj_str *rows; /* which rows of the table, by their names */
    size_t n_rows;
};

/* The customers behind one figure of one row (api/who.h), which trend.of and trend.rows name. */
struct sj_who_words {
    bool is_asked;
    int64_t limit;       /* how many; 0: as usual */
    struct sj_str after; /* only those behind this customer; empty: from the first */
};

struct sj_question {
    struct sj_str analysis;
    struct sj_lens_words lens;
    struct sj_trend_words trend;
    struct sj_str breakdown; /* the same question within each of several segments (api/breakdown.h); empty: no */
    struct sj_who_words who;
    const struct sj_word *args;
    size_t n_args;
    unsigned n_threads; /* 0: all processors */
    const atomic_bool
        *cancel; /* set by another thread: the answer is not wanted any more, and asking ends with SJ_E_CANCELLED; NULL: never */
};

struct sj_answer {
    struct sj_result result;
    const struct sj_question *question;
    struct sj_arg_text *args; /* every parameter with the value that was used */
    size_t n_args;
    uint64_t n_events; /* of the store */
    int64_t as_of_us;
    const char *currency; /* of money */
    struct sj_scan_counts counts;
    int64_t elapsed_us;
};
struct sj_arg_text {
    const char *name;
    const struct sj_str *words; /* as they were given, or the standard value; none for what is absent */
    size_t n_words;
    bool is_list;
};

/* `answer->result` must have been initialised; everything in the answer lives in its arena. The question must outlive it. */
enum sj_status sj_ask(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot, const struct sj_question *question,
                      struct sj_answer *answer, struct sj_error *err);

/* The answer as one JSON document, as docs/api.md says. */
enum sj_status sj_answer_json(const struct sj_answer *answer, struct sj_buf *out, struct sj_error *err);
/* The first table (or the one named) as CSV by RFC 4180; estimates become four columns. */
enum sj_status sj_answer_csv(const struct sj_answer *answer, const char *table, struct sj_buf *out, struct sj_error *err);
