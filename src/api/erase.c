#include "api/erase.h"

#include "base/names.h"

static const struct sj_column_def columns[] = {
    {.name = "customer", .label = SJ_T("Customer"), .type = SJ_TYPE_TEXT, .help = SJ_T("the identity by which the customer goes")},
    {.name = "identities", .label = SJ_T("Identities"), .type = SJ_TYPE_COUNT, .help = SJ_T("that the customer has")},
    {.name = "events", .label = SJ_T("Events"), .type = SJ_TYPE_COUNT, .help = SJ_T("of all of them")},
    {.name = "first", .label = SJ_T("First event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the first event was")},
    {.name = "last", .label = SJ_T("Last event"), .type = SJ_TYPE_TIME, .help = SJ_T("when the last event was")},
};
static const struct sj_table_def customers_def = {
    .name = "customers", .title = SJ_T("Whom it concerns"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(columns)};

struct looking {
    struct sj_snapshot *snapshot;
    struct sj_resolver *resolver;
    struct sj_result *result;
    struct sj_table *table;
    struct sj_names found;
    uint64_t n_events;
    size_t n_unknown;
};

static enum sj_status give_row(struct looking *l, const struct sj_identity_customer *customer, struct sj_error *err) {
    struct sj_cell *cells;
    SJ_TRY(sj_result_row(l->result, l->table, &cells, err));
    cells[0] = sj_cell_text(customer->members[0].identity);
    cells[1] = sj_cell_i64((int64_t)customer->n);
    cells[2] = sj_cell_i64(customer->n_events);
    for (size_t i = 0; i < customer->n; i++) {
        const struct sj_identity_member *member = &customer->members[i];
        if (member->n_events == 0)
            continue;
        cells[3] = cells[3].known && cells[3].i64 < member->first_us ? cells[3] : sj_cell_i64(member->first_us);
        cells[4] = cells[4].known && cells[4].i64 > member->last_us ? cells[4] : sj_cell_i64(member->last_us);
    }
    return SJ_OK;
}

static enum sj_status look_up(struct looking *l, struct sj_str identity, bool must, struct sj_error *err) {
    struct sj_identity_customer customer;
    uint32_t code;
    if (sj_names_find(&l->found, identity, &code))
        return SJ_OK;
    SJ_TRY(sj_identity_find(l->snapshot, l->resolver, identity, &l->result->arena, &customer, err));
    if (!customer.is_linked && customer.n_events == 0 && must)
        return sj_fail(err, SJ_E_NOT_FOUND, "there is no event and no link of \"%.*s\" in this store; identities are compared byte by byte",
                       SJ_ARG(identity));
    if (!customer.is_linked && customer.n_events == 0) {
        l->n_unknown++;
        return SJ_OK;
    }
    for (size_t i = 0; i < customer.n; i++)
        SJ_TRY(sj_names_add(&l->found, customer.members[i].identity, &code, err));
    l->n_events += (uint64_t)customer.n_events;
    return give_row(l, &customer, err);
}

static enum sj_status keep_found(const struct looking *l, struct sj_erase_list *ret_list, struct sj_error *err) {
    *ret_list = (struct sj_erase_list){.n = sj_names_count(&l->found), .n_events = l->n_events};
    SJ_TRY(sj_arena_new(&l->result->arena, ret_list->n + 1, sizeof *ret_list->identities, &ret_list->identities, err));
    for (uint32_t i = 0; i < ret_list->n; i++)
        SJ_TRY(sj_arena_copy(&l->result->arena, sj_names_at(&l->found, i), &ret_list->identities[i], err));
    if (l->n_unknown == 0)
        return SJ_OK;
    if (ret_list->n == 0)
        return sj_fail(err, SJ_E_NOT_FOUND,
                       "of all %zu identities there is no event and no link in this store; they are compared byte by byte", l->n_unknown);
    return sj_note(l->result, SJ_NOTE_WARNING, "unknown_identities", "Identities of which there is no event and no link: %zu.",
                   l->n_unknown);
}

static enum sj_status look_all(struct looking *l, const struct sj_erase_asked *asked, struct sj_error *err) {
    SJ_TRY(sj_result_table(l->result, &customers_def, &l->table, err));
    for (size_t i = 0; i < asked->n; i++)
        SJ_TRY(look_up(l, asked->identities[i], i < asked->n_must, err));
    return SJ_OK;
}

/* Who is linked with them, and not counted as theirs. */
static enum sj_status note_besides(const struct looking *l, struct sj_error *err) {
    struct sj_names besides;
    enum sj_status status = SJ_OK;
    size_t n;
    uint32_t code;
    const struct sj_conflict *conflicts = sj_resolver_conflicts(l->resolver, &n);
    sj_names_init(&besides, l->result->arena.mem, sj_snapshot_seed(l->snapshot));
    for (size_t i = 0; i < n && status == SJ_OK; i++) {
        const bool a = sj_names_find(&l->found, conflicts[i].a, &code), b = sj_names_find(&l->found, conflicts[i].b, &code);
        if (conflicts[i].kind == SJ_CONFLICT_TOO_MANY && a != b)
            status = sj_names_add(&besides, a ? conflicts[i].b : conflicts[i].a, &code, err);
    }
    if (status == SJ_OK && sj_names_count(&besides) > 0)
        status = sj_note(l->result, SJ_NOTE_WARNING, "linked_besides",
                         "Identities that are linked with them, but count as others since a customer has at most %d: %zu. They are not "
                         "erased; `sojourn identity STORE conflicts` lists them.",
                         SJ_IDENTITIES_MAX, (size_t)sj_names_count(&besides));
    sj_names_done(&besides);
    return status;
}

enum sj_status sj_erase_look(struct sj_snapshot *snapshot, const struct sj_erase_asked *asked, struct sj_result *result,
                             struct sj_erase_list *ret_list, struct sj_error *err) {
    struct looking l = {.snapshot = snapshot, .result = result};
    struct sj_homes homes;
    SJ_TRY(sj_snapshot_resolve(snapshot, INT64_MAX, &l.resolver, &homes, err));
    sj_names_init(&l.found, result->arena.mem, sj_snapshot_seed(snapshot));
    enum sj_status status = look_all(&l, asked, err);
    if (status == SJ_OK)
        status = keep_found(&l, ret_list, err);
    if (status == SJ_OK)
        status = note_besides(&l, err);
    sj_names_done(&l.found);
    sj_resolver_free(l.resolver);
    return status;
}
