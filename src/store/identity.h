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
 *   4. A pair may be linked or cut by hand; the last such statement counts, whatever is seen before or after it.
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
bool sj_identity_is_placeholder(struct sj_str identity); /* without its type: "user:null" is one */

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
