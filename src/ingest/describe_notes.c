/* What a person should know about a file besides the tables: what was assumed, and what looks odd. */
#include "ingest/loader_internal.h"
#include "ingest/roles.h"

static struct sj_str name_of(const struct sj_loader *l, uint32_t column) { return loader_columns(l)[column].name; }

static enum sj_status note_times(const struct sj_loader *l, struct sj_result *result) {
    if (!l->time_is_zoned && l->options->timezone.n == 0)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "times_as_utc",
                       "The times carry no time zone and are read as UTC. If they are local times, say so: --timezone Europe/Amsterdam."));
    if (l->clock == NO_COLUMN && l->likely_clock != NO_COLUMN)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "time_of_day_not_used",
                       "The times are days only. \"%.*s\" looks like the time of day, but its name does not say so, and it could be a "
                       "duration: if it belongs to the time, name it time_of_day in the file.",
                       SJ_ARG(name_of(l, l->likely_clock))));
    return SJ_OK;
}

static enum sj_status note_event_ids(const struct sj_loader *l, struct sj_result *result) {
    const uint32_t column = l->by_role[SJ_ROLE_EVENT_ID], misfit = l->misfits[SJ_ROLE_EVENT_ID].column;
    if (misfit != NO_COLUMN)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "event_id_not_used",
                       "\"%.*s\" has the name of an event id and is not used as one, since its values are missing or come again too often "
                       "in the first rows: rows that were sent twice count twice. If it is one, say so with --event-id.",
                       SJ_ARG(name_of(l, misfit))));
    if (column == NO_COLUMN)
        return SJ_OK;
    SJ_TRY(sj_note(result, SJ_NOTE_INFO, "event_id_counts_once",
                   "Rows of one customer with the same \"%.*s\" count as one event, also across imports.", SJ_ARG(name_of(l, column))));
    if (l->n_event_ids_again > 0)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "event_ids_come_again",
                       "Of the first %zu values of \"%.*s\", %zu have been seen before. If rows with the same value are different events, "
                       "it is no event id: leave it out with --ignore.",
                       l->n_event_ids, SJ_ARG(name_of(l, column)), l->n_event_ids_again));
    return SJ_OK;
}

static enum sj_status note_decimals(const struct sj_loader *l, struct sj_result *result) {
    if (l->open_column != NO_COLUMN && !l->has_decimal)
        SJ_TRY(
            sj_note(result, SJ_NOTE_WARNING, "decimal_sign_open",
                    "Nothing tells whether \"%.*s\" in \"%.*s\" has decimals or a sign for thousands. The point is taken for the decimal "
                    "sign; if that is the comma, say so: --decimal \",\".",
                    shown_n(l->open_text), l->open_text.p, SJ_ARG(name_of(l, l->open_column))));
    if (l->odd_column != NO_COLUMN)
        SJ_TRY(sj_note(result, SJ_NOTE_INFO, "decimal_sign_differs", "The numbers of \"%.*s\" have another decimal sign than the file.",
                       SJ_ARG(name_of(l, l->odd_column))));
    if (l->mixed_column != NO_COLUMN)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "decimal_sign_mixed",
                       "\"%.*s\" has numbers with a decimal comma and others with a decimal point, and is kept as text.",
                       SJ_ARG(name_of(l, l->mixed_column))));
    return SJ_OK;
}

/* A column whose name promises a value that the sample does not have. */
static enum sj_status note_misfits(const struct sj_loader *l, struct sj_result *result) {
    static const struct {
        enum sj_role role;
        const char *code, *wanted;
    } rows[] = {
        {SJ_ROLE_VALUE, "value_does_not_fit", SJ_T("amounts such as 1234.56, without a sign for the currency")},
        {SJ_ROLE_COST, "cost_does_not_fit", SJ_T("amounts such as 1234.56, without a sign for the currency")},
        {SJ_ROLE_DURATION, "duration_does_not_fit", SJ_T("durations such as 90 (seconds), 1h30m or 1:30:00")},
        {SJ_ROLE_SCORE, "score_does_not_fit", SJ_T("numbers")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct misfit *misfit = &l->misfits[rows[i].role];
        if (misfit->column == NO_COLUMN)
            continue;
        const struct loader_column *c = &loader_columns(l)[misfit->column];
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, rows[i].code,
                       "\"%.*s\" has the name of a %s, but its values are no %s: \"%.*s\". It is kept as an ordinary property (%s).",
                       SJ_ARG(c->name), sj_role_name(rows[i].role), sj_text(result->lang, rows[i].wanted), shown_n(misfit->text),
                       misfit->text.p, sj_kind_name(c->kind)));
    }
    return SJ_OK;
}

static enum sj_status note_unseen(const struct sj_loader *l, const struct sj_str *names, size_t n, struct sj_result *result) {
    for (size_t i = 0; i < n; i++)
        if (!loader_has_meant(l, names[i]))
            return sj_note(result, SJ_NOTE_WARNING, "left_out_not_seen",
                           "\"%.*s\" is to be left out, and is not among the columns at the beginning of the file. Is its name right? It "
                           "is left out where it comes later.",
                           SJ_ARG(names[i]));
    return SJ_OK;
}

/* What is left out, and what is not. */
static enum sj_status note_care(const struct sj_loader *l, struct sj_result *result) {
    const struct sj_ingest_options *o = l->options;
    if (!sj_care_is_on(o))
        return SJ_OK;
    SJ_TRY(note_unseen(l, o->drop, o->n_drop, result));
    SJ_TRY(note_unseen(l, o->redact, o->n_redact, result));
    if (o->pseudonym_key != NULL)
        SJ_TRY(
            sj_note(result, SJ_NOTE_INFO, "pseudonyms",
                    o->key_from == SJ_KEY_FROM_FILE
                        ? SJ_T("Customers get pseudonyms that are made with the key in the file: who has that key can tell whose they are.")
                        : SJ_T("Customers get pseudonyms that are made with the secret of the store: who has the store can tell whose "
                               "they are, by trying names out.")));
    if (o->pseudonym_key != NULL && o->key_from == SJ_KEY_FROM_NOWHERE)
        SJ_TRY(sj_note(result, SJ_NOTE_INFO, "pseudonyms_are_examples",
                       "The store is not there yet: the pseudonyms shown here are examples, and will be others."));
    SJ_TRY(sj_note(result, o->pseudonym_key != NULL ? SJ_NOTE_WARNING : SJ_NOTE_INFO, "other_columns_stay",
                   "The other columns and the names of touchpoints are kept as they are, with whatever they say of a person."));
    return sj_note(result, SJ_NOTE_INFO, "rejects_without_text",
                   "The file of rejected rows has their line, column and reason, and nothing of their text.");
}

static enum sj_status list_identities(const struct sj_loader *l, struct sj_buf *list) {
    for (int i = 0; i < l->n_identities; i++) {
        const struct loader_column *c = &loader_columns(l)[l->identity_columns[i]];
        SJ_TRY(sj_buf_print(list, NULL, "%s\"%.*s\" (%s)", i > 0 ? ", " : "", SJ_ARG(c->name), sj_identity_type_name(c->identity_type)));
    }
    return SJ_OK;
}

/* Who is one with whom. */
static enum sj_status note_identities(const struct sj_loader *l, struct sj_result *result) {
    struct sj_buf list;
    if (l->n_identities == 0)
        return SJ_OK;
    sj_buf_init(&list, l->mem, SIZE_MAX / 2);
    enum sj_status status = list_identities(l, &list);
    if (status == SJ_OK)
        status =
            sj_note(result, SJ_NOTE_INFO, "identities_linked",
                    "Other identities of the customer: %.*s. Where the customer is empty, the first of them is the customer; a row that "
                    "has several says that they are one person. `sojourn identity STORE` shows what that changes.",
                    SJ_ARG(sj_buf_str(&list)));
    sj_buf_done(&list);
    return status;
}

static enum sj_status note_touchpoint(const struct sj_loader *l, struct sj_result *result) {
    if (l->touchpoint_else == NO_COLUMN)
        return SJ_OK;
    return sj_note(result, SJ_NOTE_INFO, "touchpoint_filled_in", "Where \"%.*s\" is empty, the touchpoint is that of \"%.*s\".",
                   SJ_ARG(name_of(l, l->by_role[SJ_ROLE_TOUCHPOINT])), SJ_ARG(name_of(l, l->touchpoint_else)));
}

enum sj_status loader_add_notes(const struct sj_loader *l, struct sj_result *result) {
    if (l->options->n_above > 0)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "header_below_the_top",
                       "The names of the columns seem to be in row %zu and are taken from there; what stands above is passed over.",
                       l->options->n_above + 1));
    SJ_TRY(note_times(l, result));
    if (l->by_role[SJ_ROLE_CHANNEL] == NO_COLUMN && l->options->constants[SJ_ROLE_CHANNEL].n == 0)
        SJ_TRY(sj_note(
            result, SJ_NOTE_INFO, "no_channel",
            "No column says through which channel an event came. Name one with --channel, or give all the same: --set channel=web."));
    SJ_TRY(note_identities(l, result));
    SJ_TRY(note_touchpoint(l, result));
    SJ_TRY(note_event_ids(l, result));
    SJ_TRY(note_decimals(l, result));
    SJ_TRY(note_misfits(l, result));
    SJ_TRY(note_care(l, result));
    if (l->n_split_seen > 0)
        SJ_TRY(sj_note(result, SJ_NOTE_WARNING, "cases_are_split",
                       "Cases whose events have different customers: %llu of those at the beginning. Each is split among its customers.",
                       (unsigned long long)l->n_split_seen));
    return SJ_OK;
}
