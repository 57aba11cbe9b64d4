/* Who calls: by a key in the header Authorization, as "Bearer KEY", or as "Basic" with the key for a name and nothing for a password. */
#include <sodium.h>

#include "server/inside.h"

#define HEADER_BYTES_MAX 512

static bool strip(struct sj_str *text, const char *word) {
    const size_t n = strlen(word);
    if (text->n <= n || !sj_str_eq_nocase((struct sj_str){text->p, n}, sj_str(word)) || text->p[n] != ' ')
        return false;
    *text = sj_str_trim((struct sj_str){text->p + n, text->n - n});
    return true;
}

/* The key that the header holds, perhaps in `out`; empty: none. */
static struct sj_str key_of(struct sj_str header, char out[HEADER_BYTES_MAX]) {
    const struct sj_str none = {"", 0};
    size_t n = 0;
    if (header.n > HEADER_BYTES_MAX)
        return none;
    if (strip(&header, "Bearer"))
        return header;
    if (!strip(&header, "Basic") ||
        sodium_base642bin((unsigned char *)out, HEADER_BYTES_MAX, header.p, header.n, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return none;
    const char *colon = memchr(out, ':', n);
    return (struct sj_str){out, colon ? (size_t)(colon - out) : n};
}

/* A collector's key may stand in the body alone: it is looked for once that is there. */
enum sj_status sj_request_authorize(struct sj_request *r, struct sj_error *err) {
    char text[HEADER_BYTES_MAX];
    const struct sj_str key = key_of(sj_request_header(r, "Authorization"), text);
    if (key.n > 0)
        SJ_TRY(sj_access_find(r->server->access, key, &r->caller, err));
    if (r->endpoint->right == SJ_RIGHT_NONE || r->endpoint->how == SJ_COLLECT)
        return SJ_OK;
    if (r->caller.key == 0) {
        sj_reply_problem(r, 401, "unauthorized", "this needs a key, in the header \"Authorization: Bearer …\"; `sojourn keys` makes one");
        r->refused = true;
    } else if (!sj_key_kind_may(r->caller.kind, r->endpoint->right)) {
        sj_reply_problem(r, 403, "forbidden", "this key is not for that");
        r->refused = true;
    }
    return SJ_OK;
}
