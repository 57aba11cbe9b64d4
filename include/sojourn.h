/* Sojourn as a library: open a store, put events in, ask, read the answer, close.
 *
 *   sojourn_store *store;
 *   char why[SOJOURN_MESSAGE_BYTES];
 *   if (sojourn_open("shop.sojourn", SOJOURN_READ, &store, why)) …
 *
 * Every call returns 0 when it was done, else the status (the same numbers as the table in docs/api.md), with a message for people
 * in `why` (which may be NULL). Strings are UTF-8. Times are microseconds since 1970-01-01T00:00:00Z.
 * Threads: any number of stores may be open for reading; one handle is used by one thread at a time. One writer for a store. */
#ifndef SOJOURN_H
#define SOJOURN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define SOJOURN_MESSAGE_BYTES 1000

typedef struct sojourn_store sojourn_store;
typedef struct sojourn_load sojourn_load;
typedef struct sojourn_answer sojourn_answer;

/* Segments are read through maps of their files, and of a page that the disk cannot give the system tells by a signal, SIGBUS, which
 * ends the process. After this call such a question returns an error instead. It takes over the signal for the whole process (what is
 * not ours goes to whoever had it before), so it is the program that decides: call it once, at the beginning. */
void sojourn_catch_disk_errors(void);

enum sojourn_mode { SOJOURN_READ, SOJOURN_WRITE, SOJOURN_CREATE /* make it when it is not there, then write */ };

int sojourn_open(const char *path, enum sojourn_mode mode, sojourn_store **ret_store, char why[SOJOURN_MESSAGE_BYTES]);
void sojourn_close(sojourn_store *store);

/* ---- putting events in: nothing is seen before the commit, all of it after ---- */
int sojourn_load_begin(sojourn_store *store, sojourn_load **ret_load, char why[SOJOURN_MESSAGE_BYTES]);

/* One event; then its properties, which belong to the last event. Names are created as they come. */
int sojourn_load_event(sojourn_load *load, const char *customer, int64_t time_us, const char *touchpoint, const char *channel,
                       char why[SOJOURN_MESSAGE_BYTES]);
int sojourn_load_text(sojourn_load *load, const char *name, const char *value, char why[SOJOURN_MESSAGE_BYTES]);
int sojourn_load_number(sojourn_load *load, const char *name, double value, char why[SOJOURN_MESSAGE_BYTES]);

/* Durable and seen when it returns 0. Ends the load either way. ret_events and ret_duplicates may be NULL. */
int sojourn_load_commit(sojourn_load *load, uint64_t *ret_events, uint64_t *ret_duplicates, char why[SOJOURN_MESSAGE_BYTES]);
void sojourn_load_drop(sojourn_load *load);

/* ---- asking ---- */

/* `arguments`: pairs of name and value, ended with NULL: {"steps", "visit", "steps", "purchase", "within", "7d", NULL}. The lens
 * is given by the names from, to, where, segment, journey, as_of, timezone; a trend (docs/api.md) by trend, of, row; a breakdown by
 * breakdown; the customers behind a figure by who ("true"), of, row, who-limit, who-after. */
int sojourn_ask(sojourn_store *store, const char *analysis, const char *const *arguments, sojourn_answer **ret_answer,
                char why[SOJOURN_MESSAGE_BYTES]);

/* The answer as the JSON document that docs/api.md describes; ended with NUL, good until sojourn_answer_free(). */
const char *sojourn_answer_json(const sojourn_answer *answer);

/* Cells of a table: -1 where there is no such table. What is not known is reported as not known, never as zero. */
int64_t sojourn_answer_rows(const sojourn_answer *answer, const char *table);
int sojourn_answer_i64(const sojourn_answer *answer, const char *table, int64_t row, const char *column, int64_t *ret_value);
int sojourn_answer_f64(const sojourn_answer *answer, const char *table, int64_t row, const char *column, double *ret_value);
int sojourn_answer_text(const sojourn_answer *answer, const char *table, int64_t row, const char *column, const char **ret_text);
int sojourn_answer_estimate(const sojourn_answer *answer, const char *table, int64_t row, const char *column, double *ret_value,
                            double *ret_low, double *ret_high, int64_t *ret_n);
void sojourn_answer_free(sojourn_answer *answer);

#ifdef __cplusplus
}
#endif
#endif
