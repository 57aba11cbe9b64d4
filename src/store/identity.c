#include "store/identity.h"
#include <stdlib.h>
#include "base/names.h"

static const struct sj_str type_names[] = {{"user", 4}, {"email", 5}, {"phone", 5}, {"custom", 6}, {"device", 6}, {"anonymous", 9}};

enum sj_identity_type sj_identity_type(struct sj_str identity) {
    for (int type = SJ_ID_EMAIL; type <= SJ_ID_ANONYMOUS; type++) {
        const struct sj_str name = type_names[type];
        if (identity.n > name.n + 1 && identity.p[name.n] == ':' && memcmp(identity.p, name.p, name.n) == 0)
            return (enum sj_identity_type)type;
    }
    return SJ_ID_USER;
}

const char *sj_identity_type_name(enum sj_identity_type type) { return type_names[type].p; }

struct sj_str sj_identity_type_text(struct sj_str identity) {
    for (int type = SJ_ID_USER; type <= SJ_ID_ANONYMOUS; type++) {
        const struct sj_str name = type_names[type];
        if (identity.n > name.n && identity.p[name.n] == ':' && memcmp(identity.p, name.p, name.n) == 0)
            return (struct sj_str){identity.p, name.n + 1};
    }
    return (struct sj_str){identity.p, 0};
}

/* What programs write where nobody is known: the lists that tools for tracking publish of what they refuse, taken together. */
bool sj_identity_is_placeholder(struct sj_str identity) {
    static const struct sj_str nobody[] = {{"null", 4},
                                           {"nil", 3},
                                           {"none", 4},
                                           {"nan", 3},
                                           {"undefined", 9},
                                           {"unknown", 7},
                                           {"anonymous", 9},
                                           {"guest", 5},
                                           {"n/a", 3},
                                           {"na", 2},
                                           {"not set", 7},
                                           {"(not set)", 9},
                                           {"empty", 5},
                                           {"true", 4},
                                           {"false", 5},
                                           {"id", 2},
                                           {"userid", 6},
                                           {"user_id", 7},
                                           {"distinct_id", 11},
                                           {"email", 5},
                                           {"anonymousid", 11},
                                           {"anonymous_id", 12},
                                           {"not_authenticated", 17},
                                           {"[object object]", 15},
                                           {"\\n", 2}};
    const size_t n_type = sj_identity_type_text(identity).n;
    identity = sj_str_trim((struct sj_str){identity.p + n_type, identity.n - n_type});
    size_t n_zeros = 0; /* 0, 000, -, 00000000-0000-0000-0000-000000000000, and nothing at all */
    while (n_zeros < identity.n && (identity.p[n_zeros] == '0' || identity.p[n_zeros] == '-' || identity.p[n_zeros] == '.'))
        n_zeros++;
    if (n_zeros == identity.n || sj_str_eq(identity, SJ_LIT("-1")))
        return true;
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        if (identity.n == nobody[i].n && sj_str_eq_nocase(identity, nobody[i]))
            return true;
    }
    return false;
}

enum sj_status sj_identity_check(struct sj_str identity, struct sj_error *err) {
    if (identity.n == 0)
        return sj_fail(err, SJ_E_INPUT, "an identity is empty");
    if (identity.n > SJ_IDENTITY_BYTES_MAX)
        return sj_fail(err, SJ_E_INPUT, "an identity is %zu bytes long; at most %d are possible", identity.n, SJ_IDENTITY_BYTES_MAX);
    if (!sj_str_is_utf8(identity) || memchr(identity.p, 0, identity.n))
        return sj_fail(err, SJ_E_INPUT, "an identity is not valid UTF-8 text");
    return SJ_OK;
}

const struct sj_home *sj_homes_find(const struct sj_homes *homes, sj_key own) {
    uint64_t lo = 0, hi = homes->n;
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        const int order = sj_key_cmp(homes->items[mid].own, own);
        if (order == 0)
            return &homes->items[mid];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* ---- resolving ---- */

/* A pair that is linked, once all that is known of it has been taken together. */
struct pair {
    uint32_t a, b; /* codes of the identities */
    int64_t time_us;
};

/* What is known of the pair in hand. */
struct evidence {
    uint32_t a, b;
    bool any, seen, stated, cut;
    int64_t seen_us, first_us, stated_us, cut_us; /* first and last statement */
};

struct group { /* by the code of its root; others point to it */
    uint32_t parent, size;
    uint32_t next; /* member of the same group, in a ring; of each code */
    uint32_t user; /* its first user in the order of texts, or NOBODY */
    uint32_t best; /* by which the customer goes */
};
#define NOBODY UINT32_MAX

struct sj_resolver {
    const struct sj_alloc *mem;
    struct sj_arena arena;
    uint64_t seed;
    int64_t as_of_us;
    struct sj_names names;
    struct evidence now;
    struct sj_buf pairs;  /* struct pair */
    struct sj_buf erased; /* uint32_t: codes */
    struct group *groups; /* by code */
    struct sj_buf conflicts;
    struct sj_buf homes, texts;
};

enum sj_status sj_resolver_new(const struct sj_alloc *mem, uint64_t seed, int64_t as_of_us, struct sj_resolver **ret_resolver,
                               struct sj_error *err) {
    struct sj_resolver *r;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *r, &r, err));
    r->mem = mem;
    r->seed = seed;
    r->as_of_us = as_of_us;
    sj_arena_init(&r->arena, mem);
    sj_names_init(&r->names, mem, seed);
    struct sj_buf *bufs[] = {&r->pairs, &r->erased, &r->conflicts, &r->homes, &r->texts};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        sj_buf_init(bufs[i], mem, SIZE_MAX / 2);
    *ret_resolver = r;
    return SJ_OK;
}

void sj_resolver_free(struct sj_resolver *r) {
    if (!r)
        return;
    struct sj_buf *bufs[] = {&r->pairs, &r->erased, &r->conflicts, &r->homes, &r->texts};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        sj_buf_done(bufs[i]);
    sj_names_done(&r->names);
    sj_arena_done(&r->arena);
    sj_mem_free(r->mem, r);
}

/* The last statement by hand counts; without one, what was seen. A cut and a link of the same moment: the cut. A pair that is linked is so
 * from the first that says it, also where it was cut in between: linking again takes the cut back. */
static enum sj_status end_pair(struct sj_resolver *r, struct sj_error *err) {
    const struct evidence *e = &r->now;
    const bool stated = e->stated && !(e->cut && e->cut_us >= e->stated_us);
    if (!e->any || (!stated && (e->cut || !e->seen)))
        return SJ_OK;
    struct pair pair = {e->a, e->b, stated ? e->first_us : e->seen_us};
    if (e->seen && e->seen_us < pair.time_us)
        pair.time_us = e->seen_us;
    return sj_buf_append(&r->pairs, &pair, sizeof pair, err);
}

enum sj_status sj_resolver_add(struct sj_resolver *r, const struct sj_link *link, struct sj_error *err) {
    uint32_t a, b;
    if (link->time_us > r->as_of_us || sj_str_eq(link->a, link->b))
        return SJ_OK;
    SJ_TRY(sj_names_add(&r->names, link->a, &a, err));
    SJ_TRY(sj_names_add(&r->names, link->b, &b, err));
    struct evidence *e = &r->now;
    if (!e->any || e->a != a || e->b != b) {
        SJ_TRY(end_pair(r, err));
        *e = (struct evidence){.a = a, .b = b, .any = true};
    }
    switch (link->how) {
    case SJ_LINK_SEEN:
        e->seen_us = e->seen && e->seen_us < link->time_us ? e->seen_us : link->time_us;
        e->seen = true;
        break;
    case SJ_LINK_STATED:
        e->first_us = e->stated && e->first_us < link->time_us ? e->first_us : link->time_us;
        e->stated_us = e->stated && e->stated_us > link->time_us ? e->stated_us : link->time_us;
        e->stated = true;
        break;
    case SJ_LINK_CUT:
        e->cut_us = e->cut && e->cut_us > link->time_us ? e->cut_us : link->time_us;
        e->cut = true;
        break;
    }
    return SJ_OK;
}

enum sj_status sj_resolver_erase(struct sj_resolver *r, struct sj_str identity, struct sj_error *err) {
    uint32_t code;
    SJ_TRY(sj_names_add(&r->names, identity, &code, err));
    return sj_buf_append(&r->erased, &code, sizeof code, err);
}

static int by_time(const void *a, const void *b, void *ctx) {
    const struct pair *x = a, *y = b;
    const struct sj_names *names = ctx;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    const int order = sj_str_cmp(sj_names_at(names, x->a), sj_names_at(names, y->a));
    return order ? order : sj_str_cmp(sj_names_at(names, x->b), sj_names_at(names, y->b));
}

static uint32_t root_of(struct group *groups, uint32_t code) {
    while (groups[code].parent != code) {
        groups[code].parent = groups[groups[code].parent].parent; /* path halving */
        code = groups[code].parent;
    }
    return code;
}

/* The one by which a customer goes who is both. */
static uint32_t better(const struct sj_names *names, uint32_t x, uint32_t y) {
    const struct sj_str a = sj_names_at(names, x), b = sj_names_at(names, y);
    const enum sj_identity_type type_a = sj_identity_type(a), type_b = sj_identity_type(b);
    if (type_a != type_b)
        return type_a < type_b ? x : y;
    return sj_str_cmp(a, b) <= 0 ? x : y;
}

static void join(struct group *groups, const struct sj_names *names, uint32_t x, uint32_t y) {
    if (groups[x].size < groups[y].size) {
        const uint32_t swap = x;
        x = y;
        y = swap;
    }
    groups[y].parent = x;
    const uint32_t next = groups[x].next;
    groups[x].next = groups[y].next;
    groups[y].next = next;
    groups[x].size += groups[y].size;
    groups[x].best = better(names, groups[x].best, groups[y].best);
    if (groups[x].user == NOBODY)
        groups[x].user = groups[y].user;
    else if (groups[y].user != NOBODY)
        groups[x].user = better(names, groups[x].user, groups[y].user);
}

static struct sj_str name_of(const struct sj_resolver *r, uint32_t code) {
    return code == NOBODY ? (struct sj_str){"", 0} : sj_names_at(&r->names, code);
}

/* Follows one link as far as the rules allow. */
static enum sj_status follow(struct sj_resolver *r, const struct pair *pair, struct sj_error *err) {
    const uint32_t x = root_of(r->groups, pair->a), y = root_of(r->groups, pair->b);
    const struct sj_str a = sj_names_at(&r->names, pair->a), b = sj_names_at(&r->names, pair->b);
    struct sj_conflict conflict = {.a = a, .b = b, .time_us = pair->time_us};
    const bool direct = sj_identity_type(a) == SJ_ID_USER && sj_identity_type(b) == SJ_ID_USER;
    if (x == y)
        return SJ_OK;
    conflict.user_a = name_of(r, r->groups[x].user);
    conflict.user_b = name_of(r, r->groups[y].user);
    if (sj_identity_is_placeholder(a) || sj_identity_is_placeholder(b)) {
        conflict.kind = SJ_CONFLICT_PLACEHOLDER;
    } else if (conflict.user_a.n > 0 && conflict.user_b.n > 0 && !direct) {
        conflict.kind = SJ_CONFLICT_TWO_USERS;
    } else if (r->groups[x].size + r->groups[y].size > SJ_IDENTITIES_MAX) {
        conflict.kind = SJ_CONFLICT_TOO_MANY;
    } else {
        join(r->groups, &r->names, x, y);
        return SJ_OK;
    }
    return sj_buf_append(&r->conflicts, &conflict, sizeof conflict, err);
}

static enum sj_status make_groups(struct sj_resolver *r, struct sj_error *err) {
    struct pair *pairs = (struct pair *)(void *)r->pairs.data;
    const size_t n_pairs = r->pairs.n / sizeof *pairs;
    SJ_TRY(sj_arena_new(&r->arena, (size_t)sj_names_count(&r->names) + 1, sizeof *r->groups, &r->groups, err));
    for (uint32_t i = 0; i < sj_names_count(&r->names); i++)
        r->groups[i] = (struct group){
            .parent = i, .size = 1, .next = i, .user = sj_identity_type(sj_names_at(&r->names, i)) == SJ_ID_USER ? i : NOBODY, .best = i};
    if (n_pairs > 0)
        qsort_r(pairs, n_pairs, sizeof *pairs, by_time, &r->names);
    for (size_t i = 0; i < n_pairs; i++)
        SJ_TRY(follow(r, &pairs[i], err));
    return SJ_OK;
}

static sj_key key_of(const struct sj_resolver *r, uint32_t code) {
    const struct sj_str text = sj_names_at(&r->names, code);
    return sj_hash128(text.p, text.n, r->seed);
}

static int by_own(const void *a, const void *b) { return sj_key_cmp(((const struct sj_home *)a)->own, ((const struct sj_home *)b)->own); }

/* `places`: where the text of each customer stands, once it does. */
static enum sj_status put_home(struct sj_resolver *r, uint32_t code, uint64_t *places, struct sj_error *err) {
    const uint32_t best = r->groups[root_of(r->groups, code)].best;
    const struct sj_str text = sj_names_at(&r->names, best);
    if (best == code)
        return SJ_OK;
    if (!places[best]) {
        places[best] = (uint64_t)r->texts.n << 16 | text.n;
        SJ_TRY(sj_buf_append_str(&r->texts, text, err));
    }
    const struct sj_home home = {key_of(r, code), key_of(r, best), places[best]};
    return sj_buf_append(&r->homes, &home, sizeof home, err);
}

static enum sj_status put_homes(struct sj_resolver *r, struct sj_error *err) {
    const uint32_t *erased = (const uint32_t *)(const void *)r->erased.data;
    uint8_t *gone;
    uint64_t *places;
    SJ_TRY(sj_arena_new(&r->arena, (size_t)sj_names_count(&r->names) + 1, 1, &gone, err));
    SJ_TRY(sj_arena_new(&r->arena, (size_t)sj_names_count(&r->names) + 1, sizeof *places, &places, err));
    for (size_t i = 0; i < r->erased.n / sizeof *erased; i++) {
        const struct sj_home home = {key_of(r, erased[i]), key_of(r, erased[i]), 0};
        if (!gone[erased[i]])
            SJ_TRY(sj_buf_append(&r->homes, &home, sizeof home, err));
        gone[erased[i]] = 1;
    }
    for (uint32_t i = 0; i < sj_names_count(&r->names); i++) {
        if (!gone[i])
            SJ_TRY(put_home(r, i, places, err));
    }
    if (r->homes.n > 0)
        qsort(r->homes.data, r->homes.n / sizeof(struct sj_home), sizeof(struct sj_home), by_own);
    return SJ_OK;
}

enum sj_status sj_resolver_finish(struct sj_resolver *r, struct sj_homes *ret_homes, struct sj_error *err) {
    SJ_TRY(end_pair(r, err));
    SJ_TRY(make_groups(r, err));
    SJ_TRY(put_homes(r, err));
    *ret_homes = (struct sj_homes){(const struct sj_home *)(const void *)r->homes.data, r->homes.n / sizeof(struct sj_home),
                                   (const char *)r->texts.data, r->texts.n};
    return SJ_OK;
}

const struct sj_conflict *sj_resolver_conflicts(const struct sj_resolver *r, size_t *ret_n) {
    *ret_n = r->conflicts.n / sizeof(struct sj_conflict);
    return (const struct sj_conflict *)(const void *)r->conflicts.data;
}

bool sj_resolver_at(const struct sj_resolver *r, uint32_t i, struct sj_str *ret_identity, struct sj_str *ret_customer, uint32_t *ret_size) {
    if (i >= sj_names_count(&r->names))
        return false;
    const struct group *group = &r->groups[root_of(r->groups, i)];
    *ret_identity = sj_names_at(&r->names, i);
    *ret_customer = sj_names_at(&r->names, group->best);
    *ret_size = group->size;
    return true;
}

static int by_type(const void *a, const void *b) {
    const enum sj_identity_type x = sj_identity_type(*(const struct sj_str *)a), y = sj_identity_type(*(const struct sj_str *)b);
    return x != y ? (x < y ? -1 : 1) : sj_str_order(a, b);
}

enum sj_status sj_resolver_group(const struct sj_resolver *r, struct sj_str identity, struct sj_arena *arena, struct sj_str **ret_members,
                                 size_t *ret_n, struct sj_error *err) {
    uint32_t code;
    struct sj_str *members;
    size_t n = 0;
    *ret_n = 0;
    if (!sj_names_find(&r->names, identity, &code))
        return SJ_OK;
    SJ_TRY(sj_arena_new(arena, r->groups[root_of(r->groups, code)].size, sizeof *members, &members, err));
    uint32_t i = code;
    do {
        members[n++] = sj_names_at(&r->names, i);
        i = r->groups[i].next;
    } while (i != code);
    qsort(members, n, sizeof *members, by_type);
    *ret_members = members;
    *ret_n = n;
    return SJ_OK;
}
