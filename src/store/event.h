/* The event, as it comes in: customer, time, touchpoint, channel, and values in named columns.
 *
 * Columns are store-wide: a name and a kind. The first few are built in, since analyses know them; all others are the customer's
 * own properties. The same name may stand with two kinds (a number here, a text there): they are two columns, and nothing is lost.
 */
#pragma once
#include "base/str.h"

enum sj_kind {
    SJ_KIND_TEXT,
    SJ_KIND_NUMBER,   /* double, finite */
    SJ_KIND_TRUTH,    /* 0 or 1 */
    SJ_KIND_TIME,     /* int64, microseconds UTC */
    SJ_KIND_MONEY,    /* int64, ten-thousandths */
    SJ_KIND_DURATION, /* int64, microseconds */
};
#define SJ_N_KINDS 6
const char *sj_kind_name(enum sj_kind kind);

enum sj_builtin {
    SJ_COLUMN_VALUE,      /* money: what the event brought in */
    SJ_COLUMN_COST,       /* money: what it cost us */
    SJ_COLUMN_DURATION,   /* duration of the event itself */
    SJ_COLUMN_SCORE,      /* number: an answer on a scale */
    SJ_COLUMN_SCORE_KIND, /* text: nps, csat, ces */
    SJ_COLUMN_COMMENT,    /* text */
    SJ_COLUMN_EVENT_ID,   /* text: the same (customer, event id) counts once, for ever */
    SJ_N_BUILTIN,
};
extern const struct sj_builtin_column {
    const char *name;
    enum sj_kind kind;
} sj_builtin_columns[SJ_N_BUILTIN];

/* Limits, checked with a clear error where data comes in. */
#define SJ_TOUCHPOINTS_MAX 65535
#define SJ_CHANNELS_MAX 255
#define SJ_PROPERTIES_MAX 1024           /* columns, the built-in ones included */
#define SJ_TEXT_BYTES_MAX 65536          /* a text value */
#define SJ_NAME_BYTES_MAX 1024           /* the name of a touchpoint, channel or property */
#define SJ_IDENTITY_BYTES_MAX 1024       /* a customer's identity */
#define SJ_CUSTOMER_EVENTS_MAX INT32_MAX /* a customer's events are in memory at once when they are read */

struct sj_value {
    uint16_t column; /* code of the column, which fixes the kind */
    union {
        int64_t i64; /* truth, time, money, duration */
        double f64;  /* number */
        struct sj_str text;
    };
};

/* Channel 0 is the empty name: no channel is known. */
struct sj_event {
    struct sj_str customer; /* identity, not empty */
    int64_t time_us;
    uint16_t touchpoint;
    uint8_t channel;
    const struct sj_value *values; /* at most one for each column */
    size_t n_values;
};
