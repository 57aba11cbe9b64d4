/* Identity: the resolver by hand and against plain labels over the whole list of links; the store, which sees its events by them, against
 * a list of events, under any order of loads, links, cuts, flushes and compactions. */
#include "model.h"
#include "store/erase.h"

/* ---- a plain reading of the rules ---- */

enum { LINKS_MAX = 400, NAMES_MAX = 64 };

struct plain_link {
    char a[24], b[24];
    enum sj_link_how how;
    int64_t time_us;
};

struct plain {
    struct plain_link links[LINKS_MAX];
    size_t n_links;
    char names[NAMES_MAX][24]; /* of all identities */
    int label[NAMES_MAX];
    bool erased[NAMES_MAX];
    size_t n_names, n_conflicts;
};

static size_t name_of(struct plain *p, const char *name) {
    for (size_t i = 0; i < p->n_names; i++) {
        if (strcmp(p->names[i], name) == 0)
            return i;
    }
    assert_true(p->n_names < NAMES_MAX);
    snprintf(p->names[p->n_names], sizeof *p->names, "%s", name);
    p->label[p->n_names] = (int)p->n_names;
    return p->n_names++;
}

static int rank_of(const char *name) {
    static const char *const types[] = {"email:", "phone:", "custom:", "device:", "anonymous:"};
    for (int i = 0; i < 5; i++) {
        if (strncmp(name, types[i], strlen(types[i])) == 0 && strlen(name) > strlen(types[i]))
            return i + 1;
    }
    return 0;
}

/* When the pair is linked, as known at a moment: the last statement by hand counts, a cut before a link of the same moment. */
static bool pair_time(const struct plain *p, const struct plain_link *of, int64_t as_of_us, int64_t *ret_us) {
    int64_t seen_us = INT64_MAX, first_us = INT64_MAX, last_us = INT64_MIN, cut_us = INT64_MIN;
    bool seen = false, stated = false, cut = false;
    for (size_t i = 0; i < p->n_links; i++) {
        const struct plain_link *l = &p->links[i];
        if (l->time_us > as_of_us || strcmp(l->a, of->a) != 0 || strcmp(l->b, of->b) != 0)
            continue;
        if (l->how == SJ_LINK_SEEN) {
            seen = true;
            seen_us = l->time_us < seen_us ? l->time_us : seen_us;
        } else if (l->how == SJ_LINK_STATED) {
            stated = true;
            first_us = l->time_us < first_us ? l->time_us : first_us;
            last_us = l->time_us > last_us ? l->time_us : last_us;
        } else {
            cut = true;
            cut_us = l->time_us > cut_us ? l->time_us : cut_us;
        }
    }
    if (cut && (!stated || cut_us >= last_us))
        return false;
    *ret_us = seen_us < first_us ? seen_us : first_us;
    return seen || stated;
}

struct active {
    const struct plain_link *link;
    int64_t time_us;
};

static int by_time(const void *a, const void *b) {
    const struct active *x = a, *y = b;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    const int order = strcmp(x->link->a, y->link->a);
    return order ? order : strcmp(x->link->b, y->link->b);
}

static bool has_user(const struct plain *p, int label) {
    for (size_t i = 0; i < p->n_names; i++) {
        if (p->label[i] == label && rank_of(p->names[i]) == 0)
            return true;
    }
    return false;
}

static void relabel(struct plain *p, int from, int to) {
    for (size_t i = 0; i < p->n_names; i++)
        p->label[i] = p->label[i] == from ? to : p->label[i];
}

static bool is_first(const struct plain *p, size_t i) {
    for (size_t k = 0; k < i; k++) {
        if (strcmp(p->links[k].a, p->links[i].a) == 0 && strcmp(p->links[k].b, p->links[i].b) == 0)
            return false;
    }
    return true;
}

static void plain_resolve(struct plain *p, int64_t as_of_us) {
    struct active active[LINKS_MAX];
    size_t n = 0;
    p->n_conflicts = 0;
    for (size_t i = 0; i < p->n_names; i++)
        p->label[i] = (int)i;
    for (size_t i = 0; i < p->n_links; i++) {
        active[n].link = &p->links[i];
        n += is_first(p, i) && pair_time(p, &p->links[i], as_of_us, &active[n].time_us);
    }
    qsort(active, n, sizeof *active, by_time);
    for (size_t i = 0; i < n; i++) {
        const size_t a = name_of(p, active[i].link->a), b = name_of(p, active[i].link->b);
        const int x = p->label[a], y = p->label[b];
        const bool direct = rank_of(p->names[a]) == 0 && rank_of(p->names[b]) == 0;
        if (x == y)
            continue;
        if (strstr(p->names[a], ":0") || strstr(p->names[b], ":0") || (has_user(p, x) && has_user(p, y) && !direct))
            p->n_conflicts++;
        else
            relabel(p, x, y);
    }
}

/* By which identity the customer goes whom this one belongs to. */
static const char *plain_customer(struct plain *p, const char *name) {
    const int label = p->label[name_of(p, name)];
    const char *best = NULL;
    for (size_t i = 0; i < p->n_names; i++) {
        const int order = best ? rank_of(p->names[i]) - rank_of(best) : -1;
        if (p->label[i] == label && (order < 0 || (order == 0 && strcmp(p->names[i], best) < 0)))
            best = p->names[i];
    }
    return best;
}

/* ---- the resolver by hand ---- */

#define SEED 12345

static struct sj_resolver *resolve(const struct sj_link *links, size_t n, int64_t as_of_us, struct sj_homes *ret_homes) {
    struct sj_resolver *resolver = NULL;
    assert_ok(sj_resolver_new(sj_alloc_libc(), SEED, as_of_us, &resolver, err));
    for (size_t i = 0; i < n; i++)
        assert_ok(sj_resolver_add(resolver, &links[i], err));
    assert_ok(sj_resolver_finish(resolver, ret_homes, err));
    return resolver;
}

static void assert_home(const struct sj_homes *homes, const char *identity, const char *customer) {
    const struct sj_home *home = sj_homes_find(homes, sj_hash128(identity, strlen(identity), SEED));
    const struct sj_str found = home ? sj_home_text(homes, home) : sj_str(identity);
    if (!sj_str_eq(found, sj_str(customer)))
        fail_msg("%s is %.*s, not %s", identity, SJ_ARG(found), customer);
}

#define LINK(x, y, kind, time) \
    { .a = SJ_LIT(x), .b = SJ_LIT(y), .how = SJ_LINK_##kind, .time_us = time }
#define N(list) (sizeof(list) / sizeof *(list))

static void test_types(void **state) {
    (void)state;
    assert_int_equal(sj_identity_type(SJ_LIT("anonymous:x")), SJ_ID_ANONYMOUS);
    assert_int_equal(sj_identity_type(SJ_LIT("email:a@b.c")), SJ_ID_EMAIL);
    assert_int_equal(sj_identity_type(SJ_LIT("user:17")), SJ_ID_USER);
    assert_int_equal(sj_identity_type(SJ_LIT("urn:17")), SJ_ID_USER);
    assert_int_equal(sj_identity_type(SJ_LIT("device:")), SJ_ID_USER); /* nothing behind the colon: a name like another */
    const char *const nobody[] = {"0",  "unknown",         "NULL",  "user:null", "email:undefined", "00000000-0000-0000-0000-000000000000",
                                  "-1", "anonymous:guest", " none "};
    for (size_t i = 0; i < N(nobody); i++)
        assert_true(sj_identity_is_placeholder(sj_str(nobody[i])));
    const char *const somebody[] = {"10", "u0", "unknown soldier", "email:null@example.org", "phone:+31600000000"};
    for (size_t i = 0; i < N(somebody); i++)
        assert_false(sj_identity_is_placeholder(sj_str(somebody[i])));
}

static void test_links_carry_on(void **state) {
    (void)state;
    const struct sj_link links[] = {LINK("anonymous:a", "u1", SEEN, 10), LINK("anonymous:b", "email:x@y.z", SEEN, 30),
                                    LINK("email:x@y.z", "u1", SEEN, 20)};
    struct sj_homes homes;
    struct sj_resolver *resolver = resolve(links, N(links), INT64_MAX, &homes);
    assert_int_equal(homes.n, 3);
    assert_home(&homes, "anonymous:b", "u1");
    assert_home(&homes, "email:x@y.z", "u1");
    struct sj_arena arena;
    struct sj_str *members;
    size_t n;
    sj_arena_init(&arena, sj_alloc_libc());
    assert_ok(sj_resolver_group(resolver, SJ_LIT("anonymous:a"), &arena, &members, &n, err));
    assert_int_equal(n, 4);
    assert_true(sj_str_eq(members[0], SJ_LIT("u1")));
    assert_true(sj_str_eq(members[3], SJ_LIT("anonymous:b")));
    sj_arena_done(&arena);
    sj_resolver_free(resolver);
    resolver = resolve(links, N(links), 20, &homes); /* as known then */
    assert_home(&homes, "anonymous:b", "anonymous:b");
    assert_home(&homes, "email:x@y.z", "u1");
    sj_resolver_free(resolver);
}

static void test_a_shared_device_joins_no_users(void **state) {
    (void)state;
    const struct sj_link links[] = {LINK("device:tablet", "u1", SEEN, 10), LINK("device:tablet", "u2", SEEN, 20),
                                    LINK("u3", "u4", SEEN, 30)};
    struct sj_homes homes;
    size_t n;
    struct sj_resolver *resolver = resolve(links, N(links), INT64_MAX, &homes);
    assert_home(&homes, "device:tablet", "u1"); /* the earlier link stands */
    assert_home(&homes, "u2", "u2");
    assert_home(&homes, "u4", "u3"); /* a direct link says that two names are one person */
    const struct sj_conflict *conflicts = sj_resolver_conflicts(resolver, &n);
    assert_int_equal(n, 1);
    assert_int_equal(conflicts[0].kind, SJ_CONFLICT_TWO_USERS);
    assert_true(sj_str_eq(conflicts[0].user_a, SJ_LIT("u1")) && sj_str_eq(conflicts[0].user_b, SJ_LIT("u2")));
    sj_resolver_free(resolver);
}

static void test_placeholders_are_nobody(void **state) {
    (void)state;
    const struct sj_link links[] = {LINK("anonymous:a", "unknown", SEEN, 10), LINK("anonymous:b", "unknown", SEEN, 20)};
    struct sj_homes homes;
    size_t n;
    struct sj_resolver *resolver = resolve(links, N(links), INT64_MAX, &homes);
    assert_int_equal(homes.n, 0);
    assert_int_equal(sj_resolver_conflicts(resolver, &n)[1].kind, SJ_CONFLICT_PLACEHOLDER);
    assert_int_equal(n, 2);
    sj_resolver_free(resolver);
}

static void test_a_customer_has_so_many_identities(void **state) {
    (void)state;
    struct sj_link links[SJ_IDENTITIES_MAX + 1];
    static char names[SJ_IDENTITIES_MAX + 1][24];
    for (int i = 0; i <= SJ_IDENTITIES_MAX; i++) {
        snprintf(names[i], sizeof names[i], "anonymous:%03d", i + 1);
        links[i] = (struct sj_link){sj_str(names[i]), SJ_LIT("u1"), SJ_LINK_SEEN, i};
    }
    struct sj_homes homes;
    size_t n;
    struct sj_resolver *resolver = resolve(links, N(links), INT64_MAX, &homes);
    assert_int_equal(homes.n, SJ_IDENTITIES_MAX - 1);
    assert_home(&homes, names[SJ_IDENTITIES_MAX - 2], "u1");
    assert_home(&homes, names[SJ_IDENTITIES_MAX - 1], names[SJ_IDENTITIES_MAX - 1]);
    assert_int_equal(sj_resolver_conflicts(resolver, &n)[0].kind, SJ_CONFLICT_TOO_MANY);
    assert_int_equal(n, 2);
    sj_resolver_free(resolver);
}

static void test_the_last_statement_counts(void **state) {
    (void)state;
    const struct sj_link links[] = {LINK("anonymous:a", "u1", SEEN, 10), LINK("anonymous:a", "u1", SEEN, 50),
                                    LINK("anonymous:a", "u1", CUT, 20), LINK("anonymous:b", "u1", STATED, 30),
                                    LINK("anonymous:b", "u1", CUT, 20)};
    struct sj_homes homes;
    struct sj_resolver *resolver = resolve(links, N(links), INT64_MAX, &homes);
    assert_home(&homes, "anonymous:a", "anonymous:a"); /* also though it is seen again */
    assert_home(&homes, "anonymous:b", "u1");
    sj_resolver_free(resolver);
    resolver = resolve(links, N(links), 15, &homes);
    assert_home(&homes, "anonymous:a", "u1");
    sj_resolver_free(resolver);
    const struct sj_link relinked[] = {LINK("anonymous:a", "u1", STATED, 10), LINK("anonymous:a", "u1", CUT, 30),
                                       LINK("anonymous:a", "u1", STATED, 40), LINK("anonymous:a", "u2", STATED, 20)};
    resolver = resolve(relinked, N(relinked), INT64_MAX, &homes); /* a cut that is taken back leaves all as it was */
    assert_home(&homes, "anonymous:a", "u1");
    sj_resolver_free(resolver);
    resolver = resolve(relinked, N(relinked), 35, &homes);
    assert_home(&homes, "anonymous:a", "u2");
    sj_resolver_free(resolver);
}

static void test_erased_is_nobody(void **state) {
    (void)state;
    struct sj_homes homes;
    struct sj_resolver *resolver = NULL;
    assert_ok(sj_resolver_new(sj_alloc_libc(), SEED, INT64_MAX, &resolver, err));
    assert_ok(sj_resolver_erase(resolver, SJ_LIT("u1"), err));
    assert_ok(sj_resolver_finish(resolver, &homes, err));
    assert_home(&homes, "u1", "");
    sj_resolver_free(resolver);
}

/* ---- the store ---- */

struct world {
    struct plain plain;
    struct model model;
    struct sj_random random;
    struct sj_store *store;
    struct sj_store_options options;
    char *path;
};

static void random_name(struct sj_random *random, char name[24]) {
    static const char *const forms[] = {"u%u", "anonymous:%u", "device:%u", "email:%u"};
    snprintf(name, 24, forms[sj_random_below(random, 4)], (unsigned)sj_random_below(random, 7));
}

static struct model_event random_event(struct world *w) {
    struct model_event event = model_random_event(&w->random, 1);
    random_name(&w->random, event.customer);
    (void)name_of(&w->plain, event.customer);
    return event;
}

/* A new random link, noted; false where both are the same. */
static bool random_link(struct world *w, enum sj_link_how how, struct plain_link **ret_link) {
    struct plain_link link = {.how = how, .time_us = (int64_t)sj_random_below(&w->random, 60) * 1000000};
    random_name(&w->random, link.a);
    random_name(&w->random, link.b);
    const int order = strcmp(link.a, link.b);
    if (order == 0 || w->plain.n_links == LINKS_MAX)
        return false;
    if (order > 0) {
        char swap[24];
        memcpy(swap, link.a, sizeof swap);
        memcpy(link.a, link.b, sizeof swap);
        memcpy(link.b, swap, sizeof swap);
    }
    (void)name_of(&w->plain, link.a);
    (void)name_of(&w->plain, link.b);
    w->plain.links[w->plain.n_links] = link;
    *ret_link = &w->plain.links[w->plain.n_links++];
    return true;
}

/* Links of who is erased are not there. */
static void forget_blocked(struct plain *p) {
    size_t kept = 0;
    for (size_t i = 0; i < p->n_links; i++) {
        if (!p->erased[name_of(p, p->links[i].a)] && !p->erased[name_of(p, p->links[i].b)])
            p->links[kept++] = p->links[i];
    }
    p->n_links = kept;
}

static void load(struct world *w, enum sj_load how) {
    struct sj_writer *writer = NULL;
    struct sj_commit commit = {0};
    assert_ok(sj_writer_open(w->store, how, &writer, err));
    for (size_t i = 0, n = sj_random_below(&w->random, 60) + 1; i < n; i++) {
        struct model_event event = random_event(w);
        struct plain_link *link;
        assert_ok(model_write(writer, &event, err));
        if (!w->plain.erased[name_of(&w->plain, event.customer)])
            model_add(&w->model, &event);
        if (sj_random_below(&w->random, 20) == 0 && random_link(w, SJ_LINK_SEEN, &link)) {
            assert_ok(sj_writer_link(writer, sj_str(link->b), sj_str(link->a), link->time_us, err));
            forget_blocked(&w->plain);
        }
    }
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    sj_writer_close(writer);
}

static void link_by_hand(struct world *w, enum sj_link_how how) {
    struct plain_link *link;
    size_t n_new;
    if (!random_link(w, how, &link))
        return;
    const struct sj_link out = {sj_str(link->a), sj_str(link->b), how, link->time_us};
    if (w->plain.erased[name_of(&w->plain, link->a)] || w->plain.erased[name_of(&w->plain, link->b)]) {
        w->plain.n_links--;
        assert_int_equal(sj_store_link(w->store, &out, 1, &n_new, NULL), SJ_E_INPUT);
    } else {
        assert_ok(sj_store_link(w->store, &out, 1, &n_new, err));
    }
}

/* All identities of a customer, by the links of now. */
static void erase(struct world *w) {
    struct sj_str identities[NAMES_MAX];
    struct sj_erased erased;
    size_t n = 0, kept = 0;
    if (w->plain.n_names == 0)
        return;
    plain_resolve(&w->plain, INT64_MAX);
    const int label = w->plain.label[sj_random_below(&w->random, w->plain.n_names)];
    for (size_t i = 0; i < w->plain.n_names; i++) {
        if (w->plain.label[i] != label)
            continue;
        identities[n++] = sj_str(w->plain.names[i]);
        w->plain.erased[i] = true;
    }
    for (size_t i = 0; i < w->model.n; i++) {
        if (!w->plain.erased[name_of(&w->plain, w->model.events[i].customer)])
            w->model.events[kept++] = w->model.events[i];
    }
    const struct sj_erasure erasure = {.identities = identities, .n = n};
    assert_ok(sj_store_erase(w->store, &erasure, &erased, err));
    assert_false(erased.log_kept);
    w->model.n = kept;
    forget_blocked(&w->plain);
}

static const struct sj_snapshot *sorting;
static struct plain *sorting_by;

static int by_place(const void *a, const void *b) {
    const struct model_event *x = *(const struct model_event *const *)a, *y = *(const struct model_event *const *)b;
    const int order = sj_key_cmp(sj_snapshot_key(sorting, sj_str(plain_customer(sorting_by, x->customer))),
                                 sj_snapshot_key(sorting, sj_str(plain_customer(sorting_by, y->customer))));
    if (order != 0)
        return order;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    const int name = strcmp(x->customer, y->customer);
    return name ? name : x->arrival < y->arrival ? -1 : 1;
}

static struct sj_str text_at(const struct sj_snapshot *snapshot, const struct sj_rows *rows, uint32_t event, const char *name) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    for (uint32_t c = 0; c < rows->n_columns; c++) {
        const struct sj_rows_column *column = &rows->columns[c];
        for (uint32_t i = 0; sj_str_eq(view->columns[column->code].name, sj_str(name)) && i < column->n; i++) {
            if ((column->rows ? column->rows[i] : i) == event && column->kind == SJ_KIND_TEXT)
                return column->texts[column->values[i]];
        }
    }
    return (struct sj_str){"", 0};
}

static const char *model_text(const struct model_event *event, const char *name) {
    for (size_t i = 0; i < event->n_values; i++) {
        if (strcmp(event->values[i].name, name) == 0 && event->values[i].kind == SJ_KIND_TEXT)
            return event->values[i].text;
    }
    return "";
}

static void check_rows(struct world *w, const struct sj_snapshot *snapshot, const struct sj_rows *rows, const struct model_event **sorted,
                       size_t *next) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    for (uint32_t c = 0; c < rows->n_customers; c++) {
        for (uint32_t i = rows->offsets[c]; i < rows->offsets[c + 1]; i++, ++*next) {
            assert_true(*next < w->model.n);
            const struct model_event *e = sorted[*next];
            const char *customer = plain_customer(&w->plain, e->customer);
            assert_true(sj_str_eq(rows->identities[c], sj_str(customer)));
            assert_int_equal(rows->time_us[i], e->time_us);
            assert_true(sj_str_eq(view->touchpoints[rows->touchpoint[i]], sj_str(e->touchpoint)));
            assert_true(sj_str_eq(view->channels[rows->channel[i]], sj_str(e->channel)));
            assert_true(sj_str_eq(text_at(snapshot, rows, i, "event_id"), sj_str(model_text(e, "event_id"))));
            assert_true(sj_str_eq(text_at(snapshot, rows, i, "plan"), sj_str(model_text(e, "plan"))));
            const struct sj_str own = text_at(snapshot, rows, i, "@identity");
            assert_true(sj_str_eq(own.n > 0 ? own : rows->identities[c], sj_str(e->customer)));
            assert_true(own.n == 0 || !sj_str_eq(own, rows->identities[c]));
        }
    }
}

/* Everything that the store says at a moment, or now (INT64_MAX), in units of a few events. */
static void check(struct world *w, int64_t as_of_us) {
    struct sj_snapshot *snapshot = NULL;
    struct sj_people *people = NULL;
    struct sj_arena arena;
    sj_key *bounds = NULL;
    size_t n_units = 0, next = 0;
    plain_resolve(&w->plain, as_of_us);
    sj_arena_init(&arena, sj_alloc_libc());
    assert_ok(sj_snapshot_open(w->store, &snapshot, err));
    assert_int_equal(sj_snapshot_view(snapshot)->n_events, w->model.n);
    if (as_of_us != INT64_MAX)
        assert_ok(sj_people_open(snapshot, as_of_us, &people, err));
    const struct model_event **sorted = malloc((w->model.n + 1) * sizeof *sorted);
    assert_non_null(sorted);
    for (size_t i = 0; i < w->model.n; i++)
        sorted[i] = &w->model.events[i];
    sorting = snapshot;
    sorting_by = &w->plain;
    qsort(sorted, w->model.n, sizeof *sorted, by_place);
    const struct sj_wanted all = {.channel = true, .time = true, .identity = true, .all_columns = true, .people = people};
    assert_ok(sj_snapshot_split(snapshot, 50, &arena, &bounds, &n_units, err));
    for (size_t u = 0; u < n_units; u++) {
        struct sj_cursor *cursor = NULL;
        const struct sj_rows *rows = NULL;
        assert_ok(sj_cursor_open(snapshot, &all, bounds[u], u + 1 < n_units ? &bounds[u + 1] : NULL, &cursor, err));
        for (;;) {
            assert_ok(sj_cursor_next(cursor, &rows, err));
            if (!rows)
                break;
            check_rows(w, snapshot, rows, sorted, &next);
        }
        sj_cursor_close(cursor);
    }
    assert_int_equal(next, w->model.n);
    for (size_t i = 0; i < w->plain.n_names; i++) {
        struct sj_str customer;
        assert_ok(sj_snapshot_customer(snapshot, people, sj_str(w->plain.names[i]), &arena, &customer, err));
        assert_true(sj_str_eq(customer, sj_str(plain_customer(&w->plain, w->plain.names[i]))));
    }
    free(sorted);
    sj_arena_done(&arena);
    sj_people_close(people);
    sj_snapshot_close(snapshot);
}

static void reopen(struct world *w) {
    sj_store_close(w->store);
    assert_ok(sj_store_open(&w->options, w->path, true, &w->store, err));
}

static void one_life(uint64_t seed) {
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    sj_random_init(&w->random, seed);
    w->options = model_options();
    w->path = model_folder();
    if (seed % 3 == 0)
        w->options.memory_bytes = 4000; /* runs on disk */
    assert_ok(sj_store_create(&w->options, w->path, NULL, err));
    assert_ok(sj_store_open(&w->options, w->path, true, &w->store, err));
    for (int step = 0; step < 24; step++) {
        switch (sj_random_below(&w->random, 10)) {
        case 0:
        case 1: load(w, SJ_LOAD_BULK); break;
        case 2:
        case 3: load(w, SJ_LOAD_STREAM); break;
        case 4:
        case 5: link_by_hand(w, SJ_LINK_STATED); break;
        case 6: link_by_hand(w, SJ_LINK_CUT); break;
        case 8:
            if (sj_random_below(&w->random, 3) == 0)
                erase(w);
            break;
        case 7: assert_ok(sj_store_compact(w->store, sj_random_below(&w->random, 2) == 0, NULL, NULL, err)); break;
        default: reopen(w); break;
        }
        if (sj_random_below(&w->random, 3) == 0)
            check(w, INT64_MAX);
        if (sj_random_below(&w->random, 6) == 0)
            check(w, (int64_t)sj_random_below(&w->random, 60) * 1000000);
    }
    assert_ok(sj_store_compact(w->store, true, NULL, NULL, err));
    check(w, INT64_MAX);
    check(w, 30000000);
    model_verify(w->store);
    reopen(w);
    check(w, INT64_MAX);
    sj_store_close(w->store);
    model_remove(w->path);
    model_done(&w->model);
    free(w);
}

static void test_lives(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++)
        one_life(seed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_links_carry_on),
        cmocka_unit_test(test_a_shared_device_joins_no_users),
        cmocka_unit_test(test_placeholders_are_nobody),
        cmocka_unit_test(test_a_customer_has_so_many_identities),
        cmocka_unit_test(test_the_last_statement_counts),
        cmocka_unit_test(test_erased_is_nobody),
        cmocka_unit_test(test_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
