#include "ingest/care.h"

#include <stdio.h>

bool sj_care_means(struct sj_str option, struct sj_str column) {
    if (option.n == 0 || column.n < option.n || !sj_str_eq_nocase(option, (struct sj_str){column.p, option.n}))
        return false;
    return column.n == option.n || column.p[option.n] == '.';
}

static bool is_among(const struct sj_str *names, size_t n, struct sj_str column) {
    for (size_t i = 0; i < n; i++)
        if (sj_care_means(names[i], column))
            return true;
    return false;
}

enum sj_care sj_care_of(const struct sj_ingest_options *o, struct sj_str column) {
    if (is_among(o->drop, o->n_drop, column))
        return SJ_CARE_DROP;
    return is_among(o->redact, o->n_redact, column) ? SJ_CARE_REDACT : SJ_CARE_NONE;
}

bool sj_care_is_on(const struct sj_ingest_options *o) { return o->n_drop > 0 || o->n_redact > 0 || o->pseudonym_key != NULL; }

struct sj_str sj_pseudonym(const uint8_t key[SJ_KEYED_KEY_BYTES], struct sj_str identity, char out[SJ_PSEUDONYM_BYTES]) {
    const struct sj_str type = sj_identity_type_text(identity);
    if (sj_identity_is_placeholder(identity) && identity.n < SJ_PSEUDONYM_BYTES)
        return identity;
    uint8_t hash[SJ_KEYED_BYTES];
    sj_keyed_hash(key, identity, hash);
    int n = snprintf(out, SJ_PSEUDONYM_BYTES, "%.*sp-", SJ_ARG(type));
    for (size_t i = 0; i < SJ_KEYED_BYTES / 2; i++)
        n += snprintf(out + n, SJ_PSEUDONYM_BYTES - (size_t)n, "%02x", hash[i]);
    return (struct sj_str){out, (size_t)n};
}
