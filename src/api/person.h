/* Everything held about one person, for that person: a zip archive.
 *
 *   index.html     a page to read or print, in the reader's language; nothing is fetched, nothing runs
 *   events.csv     every event with every value (as `sojourn export`)
 *   events.json    the same as one array of objects
 *   summary.json   identities and links, counts, first and last, saved segments, and what the audit record has about them
 *
 * A person may be known under several identities; each is listed with what is held under it. Threads: one. */
#pragma once
#include "api/identity.h"

/* What the files are made of. */
struct sj_person {
    struct sj_snapshot *snapshot;
    const char *store;
    int64_t now_us;
    struct sj_identity_member *identities; /* the one the customer goes by first */
    size_t n_identities;
    const struct sj_link *links; /* between these, as they came */
    size_t n_links;
    struct sj_result shown; /* as `sojourn customer` shows it; its language is the page's */
};

/* Errors: SJ_E_NOT_FOUND where the store has no event of that identity. The snapshot and the texts of `asked` must outlive the person. */
struct sj_person_asked {
    const struct sj_os *os;
    const char *store; /* its name, for the reader */
    struct sj_str identity;
    enum sj_lang lang; /* of the page */
    int64_t now_us;
};
enum sj_status sj_person_open(const struct sj_alloc *mem, struct sj_snapshot *snapshot, const struct sj_person_asked *asked,
                              struct sj_person *ret_person, struct sj_error *err);
void sj_person_close(struct sj_person *person);

/* The archive, into the sink. */
enum sj_status sj_person_export(const struct sj_person *person, const struct sj_alloc *mem,
                                enum sj_status (*sink)(void *ctx, const void *bytes, size_t n, struct sj_error *err), void *ctx,
                                struct sj_error *err);

/* The files but for events.csv, each alone. */
enum sj_status sj_person_page(const struct sj_person *person, struct sj_buf *out, struct sj_error *err);
enum sj_status sj_person_summary(const struct sj_person *person, struct sj_buf *out, struct sj_error *err);
enum sj_status sj_person_events(const struct sj_person *person, const struct sj_alloc *mem, struct sj_buf *out, struct sj_error *err);
