/* Ways in: event files of any usual shape become events in the store.
 *
 *   file ─ source (gz, zst, encodings) ─ reader (CSV, JSON Lines, XES) ─ loader (roles, kinds, times) ─ writer
 *                                                                          └─ rejects
 *
 * In two steps: look() reads the beginning and finds out what the file is and how its columns are to be understood; the plan can be
 * shown, and run() then does the whole file by that plan. What cannot be found out for certain is asked for, never guessed.
 * A row that cannot be read is rejected with line, column, reason and raw text; the others go on. More rejects than allowed, or any
 * other failure, and nothing of the file is in the store.
 * Threads: a plan belongs to one thread. */
#pragma once
#include "base/result.h"
#include "base/time.h"
#include "store/keyed.h"
#include "store/store.h"

enum sj_ingest_format { SJ_FORMAT_FIND, SJ_FORMAT_CSV, SJ_FORMAT_JSONL, SJ_FORMAT_XES };

/* What a column of the file is for. */
enum sj_role {
    SJ_ROLE_PROPERTY, /* the standard: kept under its own name */
    SJ_ROLE_IGNORE,
    SJ_ROLE_CUSTOMER,
    SJ_ROLE_TIME,
    SJ_ROLE_TOUCHPOINT,
    SJ_ROLE_CHANNEL,
    SJ_ROLE_VALUE,
    SJ_ROLE_COST,
    SJ_ROLE_DURATION,
    SJ_ROLE_SCORE,
    SJ_ROLE_SCORE_KIND,
    SJ_ROLE_COMMENT,
    SJ_ROLE_EVENT_ID,
    SJ_N_ROLES,
};
const char *sj_role_name(enum sj_role role); /* "customer", "event_id", …: also the flags of the command line */

/* Where the key of pseudonyms is from: for what is told about it. */
enum sj_key_from {
    SJ_KEY_FROM_STORE,
    SJ_KEY_FROM_NOWHERE, /* the store that it will be from is not there yet: it is made up, for an example */
    SJ_KEY_FROM_FILE,
};

struct sj_ingest_options {
    enum sj_ingest_format format;
    struct sj_str columns[SJ_N_ROLES];   /* the file's column for a role; empty: found by its usual names */
    struct sj_str constants[SJ_N_ROLES]; /* the same value for every event ("channel" is "phone"), instead of a column */
    const struct sj_str *identities;     /* "visitor=anonymous": columns with other identities of the customer (store/identity.h); none: */
    size_t n_identities;                 /* found by their usual names, where the customer is */
    struct sj_str customer_type;         /* of customers' identities that do not say it themselves; empty: user */
    const struct sj_str *ignore;         /* columns to leave out */
    size_t n_ignore;
    const struct sj_str *kinds; /* "zip=text": the kind of a property, instead of the one found; a row that does not fit is rejected */
    size_t n_kinds;
    struct sj_str timezone;           /* for times without offset; empty: UTC, and said so */
    struct sj_str time_format;        /* a pattern of base/time.h, or epoch_s epoch_ms epoch_us epoch_ns; empty: found */
    struct sj_str encoding;           /* utf-8, utf-16le, utf-16be, windows-1252, latin-1; empty: found */
    char delimiter, quote;            /* 0: found; quote SJ_INGEST_NO_QUOTE: the file has none */
    char decimal;                     /* of numbers that are texts: '.' or ','; 0: found, column by column */
    int header;                       /* 1: the first row names the columns, 0: it does not (names are column_1 …), -1: found */
    size_t n_above;                   /* rows above the header, passed over; looked for when the header is */
    struct sj_str customer_attribute; /* XES: this attribute is the customer, and cases are journeys (property "case") */
    double max_rejects_share;         /* 0.001 is the standard; the import stops past max(share of the rows, count) */
    uint64_t max_rejects_count;       /* 100 is the standard */
    /* Personal data, see ingest/care.h. */
    const struct sj_str *drop; /* columns that are left out, of what is told about rejected rows too */
    size_t n_drop;
    const struct sj_str *redact; /* properties of which only is kept that they were there */
    size_t n_redact;
    const uint8_t *pseudonym_key; /* SJ_KEYED_KEY_BYTES, read for each row; NULL: customers stand under their own identity */
    enum sj_key_from key_from;
};
/* Set as `quote`: quotes mean nothing in the file. */
#define SJ_INGEST_NO_QUOTE '\n'

void sj_ingest_options_init(struct sj_ingest_options *options);

struct sj_ingest_plan;

/* Reads the beginning of `path` ("-": standard input) and makes the plan. Errors: SJ_E_INPUT and SJ_E_USAGE say what is missing or
 * ambiguous and which flag settles it. The options must outlive the plan. */
enum sj_status sj_ingest_look(const struct sj_os *os, const struct sj_alloc *mem, const char *path, const struct sj_ingest_options *options,
                              struct sj_ingest_plan **ret_plan, struct sj_error *err);
void sj_ingest_plan_free(struct sj_ingest_plan *plan);

/* How the file is understood, to be shown before it is used: tables `file` (what, found), `columns` (column, role, kind, example)
 * and `rows` (the first events as understood), with notes. */
enum sj_status sj_ingest_describe(const struct sj_ingest_plan *plan, struct sj_result *result, struct sj_error *err);
/* The same as a short JSON document, for the record of the import; in the arena. */
enum sj_status sj_ingest_mapping(const struct sj_ingest_plan *plan, struct sj_arena *arena, struct sj_str *ret_json, struct sj_error *err);

/* One row that could not be read. Numbers from 1; 0 where there is none. */
struct sj_reject {
    uint64_t line;
    struct sj_str column; /* name; empty when the row as a whole is meant */
    struct sj_str reason; /* in words */
    struct sj_str raw;
};

struct sj_ingest_watch {
    void *ctx;
    void (*progress)(void *ctx, uint64_t bytes_done, uint64_t bytes_total, uint64_t n_rows);   /* total 0: not known. May be NULL */
    enum sj_status (*reject)(void *ctx, const struct sj_reject *reject, struct sj_error *err); /* may be NULL */
};

struct sj_ingest_summary {
    uint64_t n_rows, n_events, n_rejected;
    struct sj_hash128 digest;         /* of the file's bytes as they lie on disk */
    int64_t min_time_us, max_time_us; /* of the events; min > max when there are none */
    uint64_t n_kept_as_text;          /* values that did not fit the kind found for their property */
    uint64_t n_split_cases;           /* XES with customer_attribute: cases whose events have different customers */
    bool is_over_limit;               /* more rejects than allowed: only after a dry run, since a run fails then */
};

/* Reads the whole file into `writer` (NULL: a dry run, only counts and rejects), once for each plan. The caller commits.
 * Rejects: at the end of the file, more than max(max_rejects_count, max_rejects_share of the rows) are an error; from row 100,000 on,
 * ten times as many of the rows so far end the run early. No event at all is an error too. */
enum sj_status sj_ingest_run(struct sj_ingest_plan *plan, struct sj_writer *writer, const struct sj_ingest_watch *watch,
                             struct sj_ingest_summary *ret_summary, struct sj_error *err);
