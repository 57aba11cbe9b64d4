/* Columns that hold another identity of the row's customer: what they are, and what a row says by them. */
#include <string.h>
#include "ingest/loader_internal.h"
#include "ingest/roles.h"

/* ---- deciding ---- */

static bool has_type(struct sj_str name, enum sj_identity_type *ret_type) {
    for (int type = SJ_ID_USER; type <= SJ_ID_ANONYMOUS; type++) {
        if (sj_str_eq_nocase(name, sj_str(sj_identity_type_name((enum sj_identity_type)type)))) {
            *ret_type = (enum sj_identity_type)type;
            return true;
        }
    }
    return false;
}

static enum sj_status find_type(const char *flag, struct sj_str name, enum sj_identity_type *ret_type, struct sj_error *err) {
    return has_type(name, ret_type)
               ? SJ_OK
               : sj_fail(err, SJ_E_USAGE, "%s: \"%.*s\" is no type of identities; expected user, email, phone, custom, device or anonymous",
                         flag, SJ_ARG(name));
}

static enum sj_status add_column(struct sj_loader *l, uint32_t column, enum sj_identity_type type, struct sj_error *err) {
    struct loader_column *c = &loader_columns(l)[column];
    if (l->n_identities == LOADER_IDENTITIES_MAX)
        return sj_fail(err, SJ_E_USAGE, "more than %d columns of identities are not possible", LOADER_IDENTITIES_MAX);
    c->identity = ++l->n_identities;
    c->identity_type = type;
    l->identity_columns[c->identity - 1] = column;
    if (l->options->pseudonym_key != NULL) {
        c->kind = SJ_KIND_TEXT;
        c->is_forced = false;
    }
    return SJ_OK;
}

/* "visitor=anonymous", or the name of a column alone, whose type is told by its name. */
static enum sj_status take_option(struct sj_loader *l, struct sj_str option, struct sj_error *err) {
    const char *equals = memrchr(option.p, '=', option.n);
    const struct sj_str name = {option.p, equals ? (size_t)(equals - option.p) : option.n};
    uint32_t column;
    SJ_TRY(loader_find_column(l, "--identity", name, &column, err));
    const struct loader_column *c = &loader_columns(l)[column];
    enum sj_identity_type type = sj_role_identity_type(c->name);
    if (equals)
        SJ_TRY(find_type("--identity", (struct sj_str){equals + 1, option.n - name.n - 1}, &type, err));
    if (c->role != SJ_ROLE_PROPERTY || c->care != SJ_CARE_NONE || c->identity > 0)
        return sj_fail(err, SJ_E_USAGE, "--identity: the column \"%.*s\" is something else already, or left out", SJ_ARG(c->name));
    return add_column(l, column, type, err);
}

/* Of the columns that stand for a device or a visit the one with the best name. */
static uint32_t find_anonymous(const struct sj_loader *l) {
    uint32_t best = NO_COLUMN;
    size_t best_rank = SJ_ROLE_NO_RANK;
    for (uint32_t i = 0; i < loader_n_columns(l); i++) {
        const struct loader_column *c = &loader_columns(l)[i];
        const size_t rank = sj_role_rank(SJ_ROLE_CUSTOMER, c->name);
        if (c->role != SJ_ROLE_PROPERTY || c->care != SJ_CARE_NONE || !sj_role_is_anonymous(c->name) || rank >= best_rank)
            continue;
        best = i;
        best_rank = rank;
    }
    return best;
}

/* Unless the options say what the customer is, or it is a visit itself. */
static enum sj_status find_by_name(struct sj_loader *l, struct sj_error *err) {
    const uint32_t customer = l->by_role[SJ_ROLE_CUSTOMER];
    if (customer == NO_COLUMN || loader_columns(l)[customer].is_given || sj_role_is_anonymous(loader_columns(l)[customer].name))
        return SJ_OK;
    const uint32_t anonymous = find_anonymous(l);
    if (anonymous != NO_COLUMN)
        SJ_TRY(add_column(l, anonymous, sj_role_identity_type(loader_columns(l)[anonymous].name), err));
    for (uint32_t i = 0; i < loader_n_columns(l); i++) {
        struct loader_column *c = &loader_columns(l)[i];
        if (c->role != SJ_ROLE_PROPERTY || c->care != SJ_CARE_NONE || !sj_role_is_alias(c->name))
            continue;
        c->is_alias = true;
        l->visitor = anonymous;
        return add_column(l, i, SJ_ID_USER, err);
    }
    return SJ_OK;
}

enum sj_status loader_decide_identities(struct sj_loader *l, struct sj_error *err) {
    const struct sj_ingest_options *o = l->options;
    const uint32_t customer = l->by_role[SJ_ROLE_CUSTOMER];
    l->customer_type = SJ_ID_USER;
    if (customer != NO_COLUMN && sj_role_is_anonymous(loader_columns(l)[customer].name))
        l->customer_type = sj_role_identity_type(loader_columns(l)[customer].name);
    if (o->customer_type.n > 0)
        SJ_TRY(find_type("--customer-type", o->customer_type, &l->customer_type, err));
    for (size_t i = 0; i < o->n_identities; i++)
        SJ_TRY(take_option(l, o->identities[i], err));
    return o->n_identities > 0 ? SJ_OK : find_by_name(l, err);
}

/* ---- rows ---- */

struct sj_str loader_identity(const struct sj_loader *l, enum sj_identity_type type, struct sj_str text, char out[LOADER_IDENTITY_BYTES]) {
    if (text.n > 0 && text.n <= SJ_IDENTITY_BYTES_MAX && type != SJ_ID_USER && sj_identity_type_text(text).n == 0) {
        const struct sj_str name = sj_str(sj_identity_type_name(type));
        memcpy(out, name.p, name.n);
        out[name.n] = ':';
        memcpy(out + name.n + 1, text.p, text.n);
        text = (struct sj_str){out, name.n + 1 + text.n};
    }
    if (text.n == 0 || l->options->pseudonym_key == NULL)
        return text;
    char pseudonym[SJ_PSEUDONYM_BYTES];
    const struct sj_str hidden = sj_pseudonym(l->options->pseudonym_key, text, pseudonym);
    memmove(out, hidden.p, hidden.n);
    return (struct sj_str){out, hidden.n};
}

struct sj_str loader_customer(const struct sj_loader *l) {
    const struct sj_str customer = l->event.customer;
    if (customer.n > 0 && (l->n_identities == 0 || !sj_identity_is_placeholder(customer)))
        return customer;
    for (int i = 0; i < l->n_identities; i++)
        if (l->identities[i].n > 0 && !sj_identity_is_placeholder(l->identities[i]))
            return l->identities[i];
    for (int i = 0; i < l->n_identities && customer.n == 0; i++)
        if (l->identities[i].n > 0)
            return l->identities[i];
    return customer;
}

enum sj_status loader_identity_type(struct sj_loader *l, uint32_t column, struct sj_str text, enum sj_identity_type *ret_type,
                                    struct sj_error *err) {
    const struct loader_column *c = &loader_columns(l)[column];
    uint32_t code;
    *ret_type = c->identity_type;
    if (c->is_alias && l->visitor != NO_COLUMN && sj_names_find(&l->visitors, text, &code))
        *ret_type = loader_columns(l)[l->visitor].identity_type;
    return column == l->visitor && text.n > 0 ? sj_names_add(&l->visitors, text, &code, err) : SJ_OK;
}

enum sj_status loader_send_links(struct sj_loader *l, struct sj_error *err) {
    const struct sj_event *event = &l->event;
    if (l->sink == NULL || l->sink->link == NULL)
        return SJ_OK;
    for (int i = 0; i < l->n_identities; i++) {
        const struct sj_str other = l->identities[i];
        if (other.n > 0 && !sj_str_eq(other, event->customer) && !sj_identity_is_placeholder(other) &&
            !sj_identity_is_placeholder(event->customer))
            SJ_TRY(l->sink->link(l->sink->ctx, event->customer, other, event->time_us, err));
    }
    return SJ_OK;
}
