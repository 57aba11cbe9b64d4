/* Identity: which identities are one customer.
 *
 * An identity is a text as it stands on events. Its type is the word before a colon, where that is one of these: "anonymous", "user",
 * "email", "phone", "device", "custom"; any other text is a user. A link says that two identities are of one person. Links carry on:
 * what is linked with the linked is the same customer, within these rules.
 *
 *   1. A placeholder ("0", "unknown", "null", …) is nobody: a link with one does nothing.
 *   2. Two users become one only by a direct link between two users. Where they meet over a shared device, browser, address or number,
 *      the earlier link stands and the later one does nothing.
 *   3. A customer has at most SJ_IDENTITIES_MAX identities; a link that would make more does nothing.
 *   4. A pair may be linked or cut by hand; the last such statement counts, whatever is seen before or after it. Linking what was cut takes
 *      the cut back: the pair counts from the first moment that shows it.
 *
 * Links are gone through by time (of equal time by their texts), so that the order in which they arrived says nothing. What a link could
 * not do is a conflict, and can be listed. Rule 2 is what tools with a server for tracking do by default; see docs/guide.md.
 *
 * A customer goes by the identity of the best type (user, email, phone, custom, device, anonymous), of several by the first text. */
#pragma once
#include "base/mem.h"
#include "base/str.h"
#include "store/rows.h"

#define SJ_IDENTITIES_MAX 100

enum sj_identity_type { SJ_ID_USER, SJ_ID_EMAIL, SJ_ID_PHONE, SJ_ID_CUSTOM, SJ_ID_DEVICE, SJ_ID_ANONYMOUS };
enum sj_identity_type sj_identity_type(struct sj_str identity);
const char *sj_identity_type_name(enum sj_identity_type type);
struct sj_str sj_identity_type_text(struct sj_str identity); /* "email:", also "user:"; empty where it says none */
bool sj_identity_is_placeholder(struct sj_str identity);     /* without its type: "user:null" is one */

enum sj_status sj_identity_check(struct sj_str identity,
                                 struct sj_error *err); /* whether it can be linked: a text, not empty, not too long */

enum sj_link_how {
    SJ_LINK_SEEN,   /* two identities on one event, or in a file of links */
    SJ_LINK_STATED, /* by hand */
    SJ_LINK_CUT,    /* by hand: they are not one */
};
struct sj_link {
    struct sj_str a, b; /* a < b */
    enum sj_link_how how;
    int64_t time_us; /* when it was seen or stated */
};

enum sj_conflict_kind { SJ_CONFLICT_PLACEHOLDER, SJ_CONFLICT_TWO_USERS, SJ_CONFLICT_TOO_MANY };
struct sj_conflict { /* a link that did nothing */
    enum sj_conflict_kind kind;
    struct sj_str a, b;
    int64_t time_us;
    struct sj_str user_a, user_b; /* TWO_USERS: whom a and b belong to */
};

/* Whose an identity is: `own` stands for the identity, `home` for the customer it belongs to, both by key. Only where they differ. */
struct sj_home {
    sj_key own, home;
    uint64_t text; /* the customer's identity: its place among the texts, times 65536, and its length; a length of 0: erased, nobody */
};
/* All of them by rising `own`. */
struct sj_homes {
    const struct sj_home *items;
    uint64_t n;
    const char *texts;
    uint64_t n_text_bytes;
};

static inline struct sj_str sj_home_text(const struct sj_homes *homes, const struct sj_home *home) {
    return (struct sj_str){homes->texts + (home->text >> 16), home->text & 0xffff};
}
const struct sj_home *sj_homes_find(const struct sj_homes *homes, sj_key own); /* NULL: the identity is a customer itself */

/* Resolving: links in, homes out. Threads: one resolver, one thread. */
struct sj_resolver;
/* `seed` of the store's keys; links after `as_of_us` are left out. */
enum sj_status sj_resolver_new(const struct sj_alloc *mem, uint64_t seed, int64_t as_of_us, struct sj_resolver **ret_resolver,
                               struct sj_error *err);
void sj_resolver_free(struct sj_resolver *resolver);
/* Links of one pair next to each other. Copies. */
enum sj_status sj_resolver_add(struct sj_resolver *resolver, const struct sj_link *link, struct sj_error *err);
/* An identity that is erased: it is nobody's, and its events are not there. */
enum sj_status sj_resolver_erase(struct sj_resolver *resolver, struct sj_str identity, struct sj_error *err);
/* Once, after all links. The homes and conflicts live in the resolver. O(n log n) in the links. */
enum sj_status sj_resolver_finish(struct sj_resolver *resolver, struct sj_homes *ret_homes, struct sj_error *err);
const struct sj_conflict *sj_resolver_conflicts(const struct sj_resolver *resolver, size_t *ret_n); /* by time */
/* The identities of the links, in no order of use: i from 0 on; false at the end. `size`: how many the customer has. */
bool sj_resolver_at(const struct sj_resolver *resolver, uint32_t i, struct sj_str *ret_identity, struct sj_str *ret_customer,
                    uint32_t *ret_size);
/* All identities of the customer whom this one belongs to, itself included, by type and text; none when it is in no link. */
enum sj_status sj_resolver_group(const struct sj_resolver *resolver, struct sj_str identity, struct sj_arena *arena,
                                 struct sj_str **ret_members, size_t *ret_n, struct sj_error *err);
