/* The tree of a compiled condition. Between where.c, which makes it, and where_apply.c, which runs it. */
#pragma once
#include "lens/where.h"
#include "lens/words.h"

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_CODES, NODE_TEXT, NODE_VALUE, NODE_NUMBER, NODE_KNOWN };
enum comparison { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };

struct node {
    enum node_kind kind;
    struct node **parts; /* AND, OR: two or more; NOT: one */
    size_t n_parts;
    bool channel;   /* CODES: of channels, else of touchpoints */
    uint8_t *meets; /* CODES: by code */
    uint32_t n_codes;
    bool *columns;   /* KNOWN: which columns */
    uint16_t column; /* TEXT, VALUE, NUMBER */
    enum comparison cmp;
    struct sj_str *texts; /* TEXT, sorted */
    int64_t *values;      /* VALUE */
    double *numbers;      /* NUMBER */
    size_t n;             /* of texts, values or numbers: more than one for `in` */
};

struct sj_where {
    struct node *root;
    uint32_t n_columns;
};

/* A comparison with one property, from its name on: the events that meet it, and those that have a value there. */
enum sj_status sj_where_parse_trait(struct sj_words *words, const struct sj_view *view, const struct sj_zone *zone,
                                    struct sj_where **ret_meets, struct sj_where **ret_known);

/* A condition within a text: from the token in hand to the first that cannot belong to it. In the arena of the words. */
enum sj_status sj_where_parse(struct sj_words *words, const struct sj_view *view, const struct sj_zone *zone, struct sj_where **ret_where);
