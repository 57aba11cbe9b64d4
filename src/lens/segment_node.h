/* The tree of a compiled segment. Between segment.c, which makes it, and segment_apply.c, which runs it. */
#pragma once
#include "lens/route_node.h"
#include "lens/segment.h"
#include "lens/where_node.h"

#define SJ_MATCHED_MAX 16

/* Those from DID on are facts. */
enum fact_kind { FACT_AND, FACT_OR, FACT_NOT, FACT_DID, FACT_SUM, FACT_FIRST, FACT_LAST, FACT_CHANNELS, FACT_MATCHED, FACT_TRAIT };

struct fact {
    enum fact_kind kind;
    struct fact **parts; /* AND, OR: two or more; NOT: one */
    size_t n_parts;
    struct sj_event_set event; /* DID, SUM, FIRST, LAST */
    const uint16_t *codes;     /* the touchpoints of the event; where they are few it is quicker to compare than to look up */
    uint32_t n_codes;
    bool is_few;
    int64_t from_us, to_us; /* DID, SUM: only events in [from, to) */
    uint64_t min, max;      /* DID: how many */
    bool is_counted;        /* something is said of that */
    uint16_t columns[SJ_N_KINDS];
    size_t n_columns; /* SUM: of the property */
    enum comparison cmp;
    int64_t value;                        /* SUM: millionths; FIRST, LAST: time; CHANNELS */
    const struct sj_where *meets, *known; /* TRAIT */
    const struct sj_pattern *pattern;     /* MATCHED */
    size_t matcher;                       /* MATCHED: its place among them */
};

struct sj_segment {
    struct fact *root;
    struct sj_expression events; /* conditions of the event sets */
    const struct fact *matched[SJ_MATCHED_MAX];
    size_t n_matched;
    bool *names;    /* by saved segment of the view: the text itself names it */
    int64_t end_us; /* events from then on are not looked at */
    bool has_end;   /* there are some */
};
