#include "api/identity.h"

/* ---- tables ---- */

static const struct sj_column_def type_columns[] = {
    {.name = "type", .label = SJ_T("Type"), .type = SJ_TYPE_TEXT, .help = SJ_T("what the word before the colon says; without one a user")},
    {.name = "identities",
     .label = SJ_T("Identities"),
     .type = SJ_TYPE_COUNT,
     .drawn = true,
     .help = SJ_T("of this type that stand in a link")},
    {.name = "joined",
     .label = SJ_T("Joined"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("of these, belonging to a customer of several identities")},
};
static const struct sj_table_def types_def = {
    .name = "identities", .title = SJ_T("Identities in links"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(type_columns)};

static const struct sj_column_def effect_columns[] = {
    {.name = "seen", .label = SJ_T("Seen"), .type = SJ_TYPE_TEXT, .help = SJ_T("how the same events are seen")},
    {.name = "customers", .label = SJ_T("Customers"), .type = SJ_TYPE_COUNT, .help = SJ_T("who have events")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("all of them")},
    {.name = "per_customer", .label = SJ_T("Events per customer"), .type = SJ_TYPE_NUMBER, .help = SJ_T("the mean")},
    {.name = "moved",
     .label = SJ_T("Events of other identities"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("that stand for another identity than the one the customer goes by")},
};
static const struct sj_table_def effect_def = {
    .name = "effect", .title = SJ_T("What the links change"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(effect_columns)};

static const struct sj_column_def member_columns[] = {
    {.name = "identity",
     .label = SJ_T("Identity"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("as the events give it; the first is the one the customer goes by")},
    {.name = "type", .label = SJ_T("Type"), .type = SJ_TYPE_TEXT, .help = SJ_T("what the word before the colon says; without one a user")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .drawn = true, .help = SJ_T("of this identity")},
    {.name = "first", .label = SJ_T("First event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the first event was")},
    {.name = "last", .label = SJ_T("Last event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the last event was")},
};
static const struct sj_table_def members_def = {
    .name = "identities", .title = SJ_T("The customer's identities"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(member_columns)};

static const struct sj_column_def link_columns[] = {
    {.name = "time", .label = SJ_T("When"), .type = SJ_TYPE_TIME, .help = SJ_T("when it was seen or said")},
    {.name = "a", .label = SJ_T("Identity"), .type = SJ_TYPE_TEXT, .help = SJ_T("one of the two")},
    {.name = "b", .label = SJ_T("and"), .type = SJ_TYPE_TEXT, .help = SJ_T("the other")},
    {.name = "how", .label = SJ_T("How"), .type = SJ_TYPE_TEXT, .help = SJ_T("seen in the data, or linked or cut by hand")},
};
static const struct sj_table_def links_def = {
    .name = "links", .title = SJ_T("Why they are one"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(link_columns)};

static const struct sj_column_def conflict_columns[] = {
    {.name = "time", .label = SJ_T("When"), .type = SJ_TYPE_TIME, .help = SJ_T("when it was seen or said")},
    {.name = "a", .label = SJ_T("Identity"), .type = SJ_TYPE_TEXT, .help = SJ_T("one of the two")},
    {.name = "b", .label = SJ_T("and"), .type = SJ_TYPE_TEXT, .help = SJ_T("the other")},
    {.name = "why", .label = SJ_T("Why it does nothing"), .type = SJ_TYPE_TEXT, .help = SJ_T("the rule that it meets")},
    {.name = "user_a", .label = SJ_T("The one is"), .type = SJ_TYPE_TEXT, .help = SJ_T("the user whom the first belongs to")},
    {.name = "user_b", .label = SJ_T("The other is"), .type = SJ_TYPE_TEXT, .help = SJ_T("the user whom the second belongs to")},
};
static const struct sj_table_def conflicts_def = {
    .name = "conflicts", .title = SJ_T("Links that do nothing"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(conflict_columns)};

static const struct sj_column_def preview_columns[] = {
    {.name = "seen", .label = SJ_T("Seen"), .type = SJ_TYPE_TEXT, .help = SJ_T("before or after")},
    {.name = "customer", .label = SJ_T("Customer"), .type = SJ_TYPE_TEXT, .help = SJ_T("the identity by which the customer goes")},
    {.name = "identities", .label = SJ_T("Identities"), .type = SJ_TYPE_COUNT, .help = SJ_T("that the customer has")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("of all of them")},
};
static const struct sj_table_def preview_def = {
    .name = "customers", .title = SJ_T("Before and after"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(preview_columns)};

static enum sj_status put_text(struct sj_result *result, struct sj_cell *cell, struct sj_str text, struct sj_error *err) {
    cell->known = text.n > 0;
    return sj_result_text(result, text, &cell->text, err);
}

/* ---- overview ---- */

static enum sj_status give_types(const struct sj_resolver *resolver, struct sj_result *result, struct sj_error *err) {
    int64_t n[SJ_ID_ANONYMOUS + 1] = {0}, joined[SJ_ID_ANONYMOUS + 1] = {0};
    struct sj_str identity, customer;
    struct sj_table *table;
    uint32_t size;
    for (uint32_t i = 0; sj_resolver_at(resolver, i, &identity, &customer, &size); i++) {
        n[sj_identity_type(identity)]++;
        joined[sj_identity_type(identity)] += size > 1;
    }
    SJ_TRY(sj_result_table(result, &types_def, &table, err));
    for (int type = 0; type <= SJ_ID_ANONYMOUS; type++) {
        struct sj_cell *cells;
        if (n[type] == 0)
            continue;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        cells[0] = sj_cell_text(sj_str(sj_identity_type_name((enum sj_identity_type)type)));
        cells[1] = sj_cell_i64(n[type]);
        cells[2] = sj_cell_i64(joined[type]);
    }
    return SJ_OK;
}

struct seen {
    int64_t customers, events, moved;
};

/* Only keys are decoded, and what says whose an event was. */
static enum sj_status count(struct sj_snapshot *snapshot, const struct sj_people *people, struct seen *ret_seen, struct sj_error *err) {
    const uint16_t column = sj_snapshot_identity_column(snapshot);
    const struct sj_wanted wanted = {.columns = &column, .n_columns = column > 0, .people = people};
    const struct sj_rows *rows = NULL;
    struct sj_cursor *cursor;
    struct seen seen = {0};
    SJ_TRY(sj_cursor_open(snapshot, &wanted, (sj_key){0, 0}, NULL, &cursor, err));
    enum sj_status status;
    while ((status = sj_cursor_next(cursor, &rows, err)) == SJ_OK && rows) {
        const struct sj_rows_column *moved = column > 0 ? sj_rows_find(rows, column) : NULL;
        seen.customers += rows->n_customers;
        seen.events += rows->n_events;
        seen.moved += moved ? moved->n : 0;
    }
    sj_cursor_close(cursor);
    *ret_seen = seen;
    return status;
}

static enum sj_status give_seen(const char *how, const struct seen *seen, struct sj_table *table, struct sj_result *result,
                                struct sj_error *err) {
    struct sj_cell *cells;
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_text(sj_str(sj_text(result->lang, how)));
    cells[1] = sj_cell_i64(seen->customers);
    cells[2] = sj_cell_i64(seen->events);
    if (seen->customers > 0)
        cells[3] = sj_cell_f64((double)seen->events / (double)seen->customers);
    cells[4] = sj_cell_i64(seen->moved);
    return SJ_OK;
}

static enum sj_status give_effect(struct sj_snapshot *snapshot, struct sj_result *result, struct sj_error *err) {
    struct seen with, without;
    struct sj_people *people;
    struct sj_table *table;
    SJ_TRY(sj_people_open(snapshot, INT64_MIN, &people, err));
    enum sj_status status = count(snapshot, people, &without, err);
    sj_people_close(people);
    if (status == SJ_OK)
        status = count(snapshot, NULL, &with, err);
    SJ_TRY(status);
    SJ_TRY(sj_result_table(result, &effect_def, &table, err));
    SJ_TRY(give_seen(SJ_T("each identity by itself"), &without, table, result, err));
    return give_seen(SJ_T("by the links"), &with, table, result, err);
}

static enum sj_status note_conflicts(const struct sj_resolver *resolver, struct sj_result *result) {
    size_t n;
    (void)sj_resolver_conflicts(resolver, &n);
    if (n == 0)
        return SJ_OK;
    return sj_note(result, SJ_NOTE_INFO, "conflicts", "Links that do nothing: %zu; `sojourn identity STORE conflicts` lists them.", n);
}

enum sj_status sj_identity_overview(struct sj_snapshot *snapshot, struct sj_result *result, struct sj_error *err) {
    struct sj_resolver *resolver;
    struct sj_homes homes;
    SJ_TRY(sj_snapshot_resolve(snapshot, INT64_MAX, &resolver, &homes, err));
    enum sj_status status = give_types(resolver, result, err);
    if (status == SJ_OK)
        status = give_effect(snapshot, result, err);
    if (status == SJ_OK)
        status = note_conflicts(resolver, result);
    sj_resolver_free(resolver);
    return status;
}

/* ---- one customer ---- */

static struct sj_identity_member *find_member(const struct sj_identity_customer *c, struct sj_str identity) {
    for (size_t i = 0; i < c->n; i++) {
        if (sj_str_eq(c->members[i].identity, identity))
            return &c->members[i];
    }
    return NULL;
}

static void count_event(struct sj_identity_member *member, int64_t time_us) {
    member->first_us = member->n_events == 0 ? time_us : member->first_us;
    member->last_us = time_us;
    member->n_events++;
}

/* Events stand in order of time, each under the identity that it had. */
static void count_rows(struct sj_identity_customer *c, const struct sj_rows *rows, uint16_t column) {
    const struct sj_rows_column *other = column > 0 ? sj_rows_find(rows, column) : NULL;
    uint32_t next = 0;
    for (uint32_t i = 0; i < rows->n_events; i++) {
        struct sj_str identity = rows->identities[0];
        if (other && next < other->n && (other->rows ? other->rows[next] : next) == i)
            identity = other->texts[other->values[next++]];
        struct sj_identity_member *member = find_member(c, identity);
        if (member)
            count_event(member, rows->time_us[i]);
        c->n_events++;
    }
}

/* `people`: by whom the events are seen; the first member names the customer. */
static enum sj_status count_customer(struct sj_snapshot *snapshot, const struct sj_people *people, struct sj_identity_customer *c,
                                     struct sj_error *err) {
    const uint16_t column = sj_snapshot_identity_column(snapshot);
    const struct sj_wanted wanted = {.time = true, .identity = true, .columns = &column, .n_columns = column > 0, .people = people};
    const sj_key key = sj_snapshot_key(snapshot, c->members[0].identity);
    const struct sj_rows *rows = NULL;
    struct sj_cursor *cursor;
    sj_key end;
    SJ_TRY(sj_cursor_open(snapshot, &wanted, key, sj_key_next(key, &end) ? &end : NULL, &cursor, err));
    const enum sj_status status = sj_cursor_next(cursor, &rows, err);
    if (status == SJ_OK && rows)
        count_rows(c, rows, column);
    sj_cursor_close(cursor);
    return status;
}

static enum sj_status find_customer(const struct sj_resolver *resolver, struct sj_str identity, struct sj_arena *arena,
                                    struct sj_identity_customer *ret_customer, struct sj_error *err) {
    struct sj_str alone[1] = {identity}, *members = alone;
    size_t n = 0;
    SJ_TRY(sj_resolver_group(resolver, identity, arena, &members, &n, err));
    const bool is_linked = n > 0;
    if (n == 0) {
        members = alone;
        n = 1;
    }
    *ret_customer = (struct sj_identity_customer){.n = n, .is_linked = is_linked};
    SJ_TRY(sj_arena_new(arena, n, sizeof *ret_customer->members, &ret_customer->members, err));
    for (size_t i = 0; i < n; i++)
        ret_customer->members[i].identity = members[i];
    return SJ_OK;
}

static enum sj_status give_members(const struct sj_identity_customer *c, struct sj_result *result, struct sj_error *err) {
    struct sj_table *table;
    SJ_TRY(sj_result_table(result, &members_def, &table, err));
    for (size_t i = 0; i < c->n; i++) {
        const struct sj_identity_member *m = &c->members[i];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(result, table, &cells, err));
        SJ_TRY(put_text(result, &cells[0], m->identity, err));
        cells[1] = sj_cell_text(sj_str(sj_identity_type_name(sj_identity_type(m->identity))));
        cells[2] = sj_cell_i64(m->n_events);
        if (m->n_events > 0) {
            cells[3] = sj_cell_i64(m->first_us);
            cells[4] = sj_cell_i64(m->last_us);
        }
    }
    return SJ_OK;
}

const char *const sj_link_hows[] = {SJ_T("seen"), SJ_T("linked by hand"), SJ_T("cut by hand")};

struct listing {
    const struct sj_identity_customer *customer;
    struct sj_result *result;
    struct sj_table *table;
};

static enum sj_status give_link(void *ctx, const struct sj_link *link, struct sj_error *err) {
    const struct listing *l = ctx;
    struct sj_cell *cells;
    if (!find_member(l->customer, link->a) && !find_member(l->customer, link->b))
        return SJ_OK;
    SJ_TRY(sj_result_row(l->result, l->table, &cells, err));
    cells[0] = sj_cell_i64(link->time_us);
    SJ_TRY(put_text(l->result, &cells[1], link->a, err));
    SJ_TRY(put_text(l->result, &cells[2], link->b, err));
    cells[3] = sj_cell_text(sj_str(sj_text(l->result->lang, sj_link_hows[link->how])));
    return SJ_OK;
}

static enum sj_status find_by(struct sj_snapshot *snapshot, const struct sj_resolver *resolver, struct sj_str identity,
                              struct sj_arena *arena, struct sj_identity_customer *ret_customer, struct sj_error *err) {
    SJ_TRY(find_customer(resolver, identity, arena, ret_customer, err));
    SJ_TRY(count_customer(snapshot, NULL, ret_customer, err));
    for (size_t i = 0; i < ret_customer->n; i++) { /* they are the resolver's */
        struct sj_str *own = &ret_customer->members[i].identity;
        SJ_TRY(sj_arena_copy(arena, *own, own, err));
    }
    return SJ_OK;
}

enum sj_status sj_identity_find(struct sj_snapshot *snapshot, const struct sj_resolver *resolver, struct sj_str identity,
                                struct sj_arena *arena, struct sj_identity_customer *ret_customer, struct sj_error *err) {
    struct sj_resolver *mine;
    struct sj_homes homes;
    if (resolver)
        return find_by(snapshot, resolver, identity, arena, ret_customer, err);
    SJ_TRY(sj_snapshot_resolve(snapshot, INT64_MAX, &mine, &homes, err));
    const enum sj_status status = find_by(snapshot, mine, identity, arena, ret_customer, err);
    sj_resolver_free(mine);
    return status;
}

static enum sj_status show(struct sj_snapshot *snapshot, const struct sj_resolver *resolver, struct sj_str identity,
                           struct sj_result *result, struct sj_error *err) {
    struct sj_identity_customer customer;
    struct listing listing = {.customer = &customer, .result = result};
    SJ_TRY(find_customer(resolver, identity, &result->arena, &customer, err));
    SJ_TRY(count_customer(snapshot, NULL, &customer, err));
    if (!customer.is_linked && customer.n_events == 0)
        return sj_fail(err, SJ_E_NOT_FOUND, "there is no event and no link of \"%.*s\" in this store; identities are compared byte by byte",
                       SJ_ARG(identity));
    SJ_TRY(give_members(&customer, result, err));
    SJ_TRY(sj_result_table(result, &links_def, &listing.table, err));
    return sj_snapshot_each_link(snapshot, give_link, &listing, err);
}

enum sj_status sj_identity_show(struct sj_snapshot *snapshot, struct sj_str identity, struct sj_result *result, struct sj_error *err) {
    struct sj_resolver *resolver;
    struct sj_homes homes;
    SJ_TRY(sj_snapshot_resolve(snapshot, INT64_MAX, &resolver, &homes, err));
    const enum sj_status status = show(snapshot, resolver, identity, result, err);
    sj_resolver_free(resolver);
    return status;
}

/* ---- conflicts ---- */

static const char *const conflict_why[] = {SJ_T("one is a placeholder, which is nobody"), SJ_T("they belong to two users"),
                                           SJ_T("the customer would have too many identities")};

static enum sj_status give_conflict(const struct sj_conflict *c, struct sj_table *table, struct sj_result *result, struct sj_error *err) {
    struct sj_cell *cells;
    SJ_TRY(sj_result_row(result, table, &cells, err));
    cells[0] = sj_cell_i64(c->time_us);
    SJ_TRY(put_text(result, &cells[1], c->a, err));
    SJ_TRY(put_text(result, &cells[2], c->b, err));
    cells[3] = sj_cell_text(sj_str(sj_text(result->lang, conflict_why[c->kind])));
    if (c->kind != SJ_CONFLICT_TWO_USERS)
        return SJ_OK;
    SJ_TRY(put_text(result, &cells[4], c->user_a, err));
    return put_text(result, &cells[5], c->user_b, err);
}

enum sj_status sj_identity_conflicts(struct sj_snapshot *snapshot, size_t n_max, struct sj_result *result, struct sj_error *err) {
    struct sj_resolver *resolver;
    struct sj_homes homes;
    struct sj_table *table;
    size_t n;
    SJ_TRY(sj_snapshot_resolve(snapshot, INT64_MAX, &resolver, &homes, err));
    const struct sj_conflict *conflicts = sj_resolver_conflicts(resolver, &n);
    enum sj_status status = sj_result_table(result, &conflicts_def, &table, err);
    for (size_t i = n; i > 0 && n - i < n_max && status == SJ_OK; i--)
        status = give_conflict(&conflicts[i - 1], table, result, err);
    if (status == SJ_OK && n > n_max)
        status = sj_note(result, SJ_NOTE_INFO, "more_rows", "%zu of %zu links that do nothing are shown; --limit shows more.", n_max, n);
    sj_resolver_free(resolver);
    return status;
}

/* ---- before and after ---- */

struct adding {
    struct sj_resolver *resolver;
    const struct sj_link *extra;
    bool done; /* the pair was met */
};

/* All links with one more in its place: those of one pair stand next to each other. */
static enum sj_status add_with(void *ctx, const struct sj_link *link, struct sj_error *err) {
    struct adding *a = ctx;
    const bool same = sj_str_eq(link->a, a->extra->a) && sj_str_eq(link->b, a->extra->b);
    SJ_TRY(sj_resolver_add(a->resolver, link, err));
    if (!same || a->done)
        return SJ_OK;
    a->done = true;
    return sj_resolver_add(a->resolver, a->extra, err);
}

static enum sj_status resolve_with(struct sj_snapshot *snapshot, const struct sj_link *extra, struct sj_resolver *resolver,
                                   struct sj_homes *ret_homes, struct sj_error *err) {
    struct adding adding = {.resolver = resolver, .extra = extra};
    SJ_TRY(sj_snapshot_each_link(snapshot, add_with, &adding, err));
    if (!adding.done && extra->how == SJ_LINK_CUT)
        return sj_fail(err, SJ_E_NOT_FOUND,
                       "there is no link between \"%.*s\" and \"%.*s\" that could be cut; if they are one customer, it is over others "
                       "(`sojourn identity STORE show` lists the links)",
                       SJ_ARG(extra->a), SJ_ARG(extra->b));
    if (!adding.done)
        SJ_TRY(sj_resolver_add(resolver, extra, err));
    return sj_resolver_finish(resolver, ret_homes, err);
}

/* Says so when the link is one that does nothing. */
static enum sj_status note_conflict(const struct sj_resolver *after, const struct sj_link *link, struct sj_result *result) {
    size_t n;
    const struct sj_conflict *conflicts = sj_resolver_conflicts(after, &n);
    for (size_t i = 0; i < n; i++) {
        if (sj_str_eq(conflicts[i].a, link->a) && sj_str_eq(conflicts[i].b, link->b))
            return sj_note(result, SJ_NOTE_WARNING, "does_nothing", "This link does nothing, but stays on record: %s.",
                           sj_text(result->lang, conflict_why[conflicts[i].kind]));
    }
    return SJ_OK;
}

struct previewing {
    struct sj_snapshot *snapshot;
    const struct sj_link *link;
    const struct sj_resolver *before, *after;
    struct sj_table *table;
    struct sj_result *result;
};

/* The two customers, or the one that they are. */
static enum sj_status find_sides(const struct previewing *p, const struct sj_resolver *resolver, struct sj_identity_customer sides[2],
                                 size_t *ret_n, struct sj_error *err) {
    SJ_TRY(find_customer(resolver, p->link->a, &p->result->arena, &sides[0], err));
    SJ_TRY(find_customer(resolver, p->link->b, &p->result->arena, &sides[1], err));
    *ret_n = find_member(&sides[0], p->link->b) ? 1 : 2;
    return SJ_OK;
}

/* The events of a customer are those of its identities, which the store counts by the links as they are. */
static enum sj_status count_side(const struct previewing *p, const struct sj_identity_customer *side, int64_t *ret_n_events,
                                 struct sj_error *err) {
    struct sj_identity_customer known = {.n = 0};
    *ret_n_events = 0;
    for (size_t i = 0; i < side->n; i++) {
        if (!find_member(&known, side->members[i].identity))
            SJ_TRY(sj_identity_find(p->snapshot, p->before, side->members[i].identity, &p->result->arena, &known, err));
        *ret_n_events += find_member(&known, side->members[i].identity)->n_events;
    }
    return SJ_OK;
}

static enum sj_status give_sides(const struct previewing *p, const char *when, const struct sj_identity_customer *sides, size_t n_sides,
                                 struct sj_error *err) {
    for (size_t s = 0; s < n_sides; s++) {
        struct sj_cell *cells;
        int64_t n_events;
        SJ_TRY(count_side(p, &sides[s], &n_events, err));
        SJ_TRY(sj_result_row(p->result, p->table, &cells, err));
        cells[0] = sj_cell_text(sj_str(sj_text(p->result->lang, when)));
        SJ_TRY(put_text(p->result, &cells[1], sides[s].members[0].identity, err));
        cells[2] = sj_cell_i64((int64_t)sides[s].n);
        cells[3] = sj_cell_i64(n_events);
    }
    return SJ_OK;
}

static enum sj_status preview(const struct previewing *p, struct sj_error *err) {
    struct sj_identity_customer before[2], after[2];
    size_t n_before, n_after;
    SJ_TRY(find_sides(p, p->before, before, &n_before, err));
    SJ_TRY(find_sides(p, p->after, after, &n_after, err));
    SJ_TRY(give_sides(p, SJ_T("before"), before, n_before, err));
    SJ_TRY(give_sides(p, SJ_T("after"), after, n_after, err));
    SJ_TRY(note_conflict(p->after, p->link, p->result));
    if (n_before != n_after || before[0].n != after[0].n || before[1].n != after[1].n || p->result->n_notes > 0)
        return SJ_OK;
    return sj_note(p->result, SJ_NOTE_WARNING, "changes_nothing",
                   "This changes nothing: it is so already, a later statement by hand counts, or it is so over other identities. `sojourn "
                   "identity STORE show` lists the links.");
}

enum sj_status sj_identity_preview(struct sj_snapshot *snapshot, const struct sj_link *link, struct sj_result *result,
                                   struct sj_error *err) {
    struct sj_resolver *before = NULL, *after = NULL;
    struct sj_homes homes;
    SJ_TRY(sj_snapshot_resolve(snapshot, INT64_MAX, &before, &homes, err));
    enum sj_status status = sj_resolver_new(result->arena.mem, sj_snapshot_seed(snapshot), INT64_MAX, &after, err);
    if (status == SJ_OK)
        status = resolve_with(snapshot, link, after, &homes, err);
    struct previewing p = {snapshot, link, before, after, NULL, result};
    if (status == SJ_OK)
        status = sj_result_table(result, &preview_def, &p.table, err);
    if (status == SJ_OK)
        status = preview(&p, err);
    sj_resolver_free(after);
    sj_resolver_free(before);
    return status;
}
