/* The tree of a compiled condition. Between where.c, which makes it, and where_apply.c, which runs it. */
#pragma once
#include "lens/where.h"

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_CODES, NODE_TEXT, NODE_VALUE, NODE_NUMBER, NODE_KNOWN };
enum comparison { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };

struct node {
    enum node_kind kind;
    struct node **parts; /* AND, OR: two or more; NOT: one */
    size_t n_parts;
    bool channel;    /* CODES: of channels, else of touchpoints */
    uint8_t *meets;  /* CODES: by code */
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
