#include "analysis/contact_answer.h"

#include "analysis/common.h"
#include "base/number.h"

uint64_t sj_contact_group_count(const struct sj_contact_rules *rules, const struct sj_contact_counts *counts, uint32_t group) {
    uint64_t n = 0;
    if (group < rules->n_selves)
        return counts->selves[group].failed;
    if (group > rules->n_selves)
        return counts->handovers[group - rules->n_selves - 1];
    for (uint32_t i = 0; i < rules->n_selves; i++)
        n += counts->selves[i].failed;
    return n;
}

struct giving {
    const struct sj_job *job;
    const struct sj_contact_plan *plan;
    const struct sj_contact_counts *counts;
    struct sj_contact_tally persons; /* all together */
    struct sj_visit_tally selves;
    const struct sj_table_def *tables;
    struct sj_shares shares;
    struct sj_result *result;
};

static struct sj_cell median_cell(const struct giving *giving, uint32_t group) {
    const bool known = sj_contact_group_count(&giving->plan->rules, giving->counts, group) > 0;
    return known ? sj_cell_i64(giving->plan->medians[group]) : (struct sj_cell){.known = false};
}

static void give_visits(struct giving *giving, const struct sj_visit_tally *tally, uint32_t group, struct sj_cell *cells) {
    cells[0] = sj_cell_i64((int64_t)tally->visits);
    cells[1] = sj_share_cell(&giving->shares, tally->contained, tally->old_pause);
    cells[2] = sj_share_cell(&giving->shares, tally->failed, tally->old_within);
    cells[3] = median_cell(giving, group);
}

static enum sj_status give_summary(struct giving *giving, struct sj_error *err) {
    const struct sj_contact_tally *all = &giving->persons;
    struct sj_table *table;
    struct sj_cell *cells;
    SJ_TRY(sj_result_table(giving->result, &giving->tables[SJ_CONTACT_TABLE_SUMMARY], &table, err));
    SJ_TRY(sj_result_row(giving->result, table, &cells, err));
    cells[0] = sj_cell_i64((int64_t)all->contacts);
    cells[1] = sj_share_cell(&giving->shares, all->old[SJ_REPEAT_STANDARD] - all->again[SJ_REPEAT_STANDARD], all->old[SJ_REPEAT_STANDARD]);
    if (giving->plan->rules.n_selves > 0)
        give_visits(giving, &giving->selves, sj_contact_group_all(&giving->plan->rules), cells + 2);
    return SJ_OK;
}

static enum sj_status give_self(struct giving *giving, struct sj_error *err) {
    const struct sj_contact_plan *plan = giving->plan;
    struct sj_ranked ranked[SJ_CONTACT_CHANNELS_MAX];
    struct sj_table *table;
    const uint32_t *places;
    size_t n = 0;
    if (plan->rules.n_selves == 0)
        return SJ_OK;
    SJ_TRY(sj_result_table(giving->result, &giving->tables[SJ_CONTACT_TABLE_SELF], &table, err));
    SJ_TRY(sj_name_places(giving->job->arena, giving->job->channels, giving->job->n_channels, &places, err));
    for (uint32_t i = 0; i < plan->rules.n_selves; i++) {
        if (giving->counts->selves[i].visits > 0)
            ranked[n++] = (struct sj_ranked){giving->counts->selves[i].visits, places[plan->selves[i]], i};
    }
    sj_rank(ranked, n);
    for (size_t i = 0; i < n; i++) {
        const uint32_t self = ranked[i].code;
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(giving->result, table, &cells, err));
        SJ_TRY(sj_name_cell(giving->result, giving->job->channels[plan->selves[self]], &cells[0], err));
        give_visits(giving, &giving->counts->selves[self], sj_contact_group_self(self), cells + 1);
    }
    return SJ_OK;
}

/* The channels with persons that occur, the one with most contacts first. */
static enum sj_status rank_persons(const struct giving *giving, struct sj_ranked ranked[SJ_CONTACT_CHANNELS_MAX], size_t *ret_n,
                                   struct sj_error *err) {
    const struct sj_contact_plan *plan = giving->plan;
    const uint32_t *places;
    size_t n = 0;
    SJ_TRY(sj_name_places(giving->job->arena, giving->job->channels, giving->job->n_channels, &places, err));
    for (uint32_t i = 0; i < plan->rules.n_persons; i++) {
        if (giving->counts->persons[i].contacts > 0)
            ranked[n++] = (struct sj_ranked){giving->counts->persons[i].contacts, places[plan->persons[i]], i};
    }
    sj_rank(ranked, n);
    *ret_n = n;
    return SJ_OK;
}

static void give_repeat(struct giving *giving, const struct sj_contact_tally *tally, size_t window, struct sj_cell *cells) {
    const uint64_t old = tally->old[window], again = tally->again[window];
    cells[0] = sj_cell_i64(sj_repeat_windows_us[window]);
    cells[1] = sj_cell_i64((int64_t)old);
    cells[2] = sj_share_cell(&giving->shares, again, old);
    cells[3] = sj_share_cell(&giving->shares, old - again, old);
}

static enum sj_status give_repeats(struct giving *giving, struct sj_error *err) {
    struct sj_table *table;
    SJ_TRY(sj_result_table(giving->result, &giving->tables[SJ_CONTACT_TABLE_REPEATS], &table, err));
    for (size_t window = 0; window < SJ_N_REPEAT_WINDOWS; window++) {
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(giving->result, table, &cells, err));
        give_repeat(giving, &giving->persons, window, cells);
    }
    return SJ_OK;
}

static enum sj_status give_repeats_by_channel(struct giving *giving, const struct sj_ranked *ranked, size_t n, struct sj_error *err) {
    struct sj_table *table;
    SJ_TRY(sj_result_table(giving->result, &giving->tables[SJ_CONTACT_TABLE_CHANNELS], &table, err));
    for (size_t i = 0; i < n * SJ_N_REPEAT_WINDOWS; i++) {
        const uint32_t person = ranked[i / SJ_N_REPEAT_WINDOWS].code;
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(giving->result, table, &cells, err));
        SJ_TRY(sj_name_cell(giving->result, giving->job->channels[giving->plan->persons[person]], &cells[0], err));
        give_repeat(giving, &giving->counts->persons[person], i % SJ_N_REPEAT_WINDOWS, cells + 1);
    }
    return SJ_OK;
}

static enum sj_status give_variant(struct giving *giving, struct sj_table *table, const char *name, uint64_t settled, uint64_t n,
                                   struct sj_error *err) {
    struct sj_cell *cells;
    SJ_TRY(sj_result_row(giving->result, table, &cells, err));
    cells[0] = sj_cell_text(sj_str(name));
    cells[1] = sj_cell_i64((int64_t)settled);
    cells[2] = sj_share_cell(&giving->shares, settled, n);
    return SJ_OK;
}

static enum sj_status give_resolution(struct giving *giving, struct sj_error *err) {
    const struct sj_contact_rules *rules = &giving->plan->rules;
    const struct sj_contact_sums *sums = &giving->counts->sums;
    const uint64_t old = giving->persons.old[SJ_REPEAT_STANDARD], again = giving->persons.again[SJ_REPEAT_STANDARD];
    struct sj_table *table;
    SJ_TRY(sj_result_table(giving->result, &giving->tables[SJ_CONTACT_TABLE_RESOLUTION], &table, err));
    SJ_TRY(give_variant(giving, table, "repeat_window", old - again, old, err));
    if (rules->resolved != SJ_NO_CODE)
        SJ_TRY(give_variant(giving, table, "system", sums->n_resolved_alone, sums->n_resolved, err));
    if (rules->confirmed != SJ_NO_CODE)
        SJ_TRY(give_variant(giving, table, "customer", sums->n_yes, sums->n_yes + sums->n_no, err));
    return SJ_OK;
}

static enum sj_status give_transfers(struct giving *giving, const struct sj_ranked *ranked, size_t n, struct sj_error *err) {
    const struct sj_contact_plan *plan = giving->plan;
    struct sj_table *table;
    SJ_TRY(sj_result_table(giving->result, &giving->tables[SJ_CONTACT_TABLE_TRANSFERS], &table, err));
    for (size_t i = 0; i < n; i++) {
        const struct sj_contact_tally *tally = &giving->counts->persons[ranked[i].code];
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(giving->result, table, &cells, err));
        SJ_TRY(sj_name_cell(giving->result, giving->job->channels[plan->persons[ranked[i].code]], &cells[0], err));
        cells[1] = sj_cell_i64((int64_t)tally->contacts);
        if (!plan->any_transfer)
            continue;
        cells[2] = sj_share_cell(&giving->shares, tally->transferred, tally->contacts);
        cells[3] = sj_cell_i64((int64_t)tally->transfers);
    }
    return SJ_OK;
}

/* The most frequent first, equal ones in the order of the names. */
static enum sj_status give_handovers(struct giving *giving, struct sj_error *err) {
    const struct sj_job *job = giving->job;
    const struct sj_contact_plan *plan = giving->plan;
    const uint32_t n_persons = plan->rules.n_persons, *places;
    struct sj_ranked *ranked;
    struct sj_table *table;
    size_t n = 0;
    SJ_TRY(sj_result_table(giving->result, &giving->tables[SJ_CONTACT_TABLE_HANDOVERS], &table, err));
    SJ_TRY(sj_name_places(job->arena, job->channels, job->n_channels, &places, err));
    SJ_TRY(sj_arena_new(job->arena, (size_t)n_persons * n_persons, sizeof *ranked, &ranked, err));
    for (uint32_t pair = 0; pair < n_persons * n_persons; pair++) {
        const uint32_t from = plan->persons[pair / n_persons], to = plan->persons[pair % n_persons];
        if (giving->counts->handovers[pair] > 0)
            ranked[n++] = (struct sj_ranked){giving->counts->handovers[pair], places[from] * job->n_channels + places[to], pair};
    }
    sj_rank(ranked, n);
    for (size_t i = 0; i < n; i++) {
        const uint32_t pair = ranked[i].code, from = pair / n_persons;
        struct sj_cell *cells;
        SJ_TRY(sj_result_row(giving->result, table, &cells, err));
        SJ_TRY(sj_name_cell(giving->result, job->channels[plan->persons[from]], &cells[0], err));
        SJ_TRY(sj_name_cell(giving->result, job->channels[plan->persons[pair % n_persons]], &cells[1], err));
        cells[2] = sj_cell_i64((int64_t)ranked[i].count);
        cells[3] = sj_share_cell(&giving->shares, ranked[i].count, giving->counts->persons[from].followed);
        cells[4] = median_cell(giving, sj_contact_group_pair(&plan->rules, pair));
    }
    return SJ_OK;
}

/* ---- notes ---- */

struct counted {
    char text[SJ_NUMBER_BYTES];
};
static struct counted counted(const struct giving *giving, uint64_t n) {
    struct counted counted;
    sj_number_count((int64_t)n, giving->result->lang, counted.text);
    return counted;
}

static enum sj_status note_left_out(const struct giving *giving) {
    const struct sj_contact_tally *all = &giving->persons;
    const uint64_t without = giving->counts->sums.n_without_about, young = all->contacts - without - all->old[SJ_N_REPEAT_WINDOWS - 1];
    const uint64_t young_visits = giving->selves.visits - giving->selves.old_within;
    if (without > 0)
        SJ_TRY(sj_note(giving->result, SJ_NOTE_INFO, "without_about",
                       "%s of %s contacts do not say what they are about, and are left out of repeats and resolution",
                       counted(giving, without).text, counted(giving, all->contacts).text));
    if (young > 0)
        SJ_TRY(sj_note(giving->result, SJ_NOTE_INFO, "young_contacts",
                       "%s of %s contacts end less than 30 days before the end of the data, and are left out of the windows that are "
                       "longer than what is known of them",
                       counted(giving, young).text, counted(giving, all->contacts).text));
    if (young_visits > 0)
        SJ_TRY(sj_note(giving->result, SJ_NOTE_INFO, "young_visits",
                       "%s of %s visits end so close to the end of the data that it is not known whether they failed, and are left out "
                       "there",
                       counted(giving, young_visits).text, counted(giving, giving->selves.visits).text));
    return SJ_OK;
}

static enum sj_status note_answers(const struct giving *giving) {
    const struct sj_contact_sums *sums = &giving->counts->sums;
    if (sums->n_resolved_other > 0)
        SJ_TRY(sj_note(giving->result, SJ_NOTE_INFO, "unclear_resolved",
                       "%s values of the property for resolved say neither yes (true, yes, 1) nor no (false, no, 0), and do not count",
                       counted(giving, sums->n_resolved_other).text));
    if (sums->n_confirmed_other > 0)
        SJ_TRY(sj_note(giving->result, SJ_NOTE_INFO, "unclear_confirmed",
                       "%s values of the property for confirmed say neither yes (true, yes, 1) nor no (false, no, 0), and do not count",
                       counted(giving, sums->n_confirmed_other).text));
    return SJ_OK;
}

static enum sj_status give_notes(const struct giving *giving) {
    SJ_TRY(sj_note(giving->result, SJ_NOTE_DEFINITION, "contact_rule",
                   "A contact comes back where another one with a person begins within the window after its end, in whatever channel; its "
                   "last moment counts. A contact or visit counts for a window only where it ended at least that long before the end of "
                   "the data. Contacts of a customer depend on each other, so that intervals are rather too narrow."));
    SJ_TRY(sj_note(giving->result, SJ_NOTE_DEFINITION, "resolution_rule",
                   "repeat_window: of the contacts at least 7 days old, those without another within 7 days. system: of the contacts that "
                   "the system calls resolved and that are at least 30 days old, those without another later in the journey. customer: of "
                   "the answers that say yes or no, those that say yes; each counts by itself. The three measure different things."));
    if (giving->counts->sums.n_journeys > 0 && giving->persons.contacts == 0)
        SJ_TRY(sj_note(giving->result, SJ_NOTE_WARNING, "no_contact", "there is no contact with a person in what is looked at"));
    SJ_TRY(note_left_out(giving));
    SJ_TRY(note_answers(giving));
    return sj_shares_note(&giving->shares, giving->result);
}

enum sj_status sj_contact_answer(const struct sj_job *job, const struct sj_contact_counts *counts, const struct sj_table_def *tables,
                                 struct sj_result *result, struct sj_error *err) {
    struct giving giving = {.job = job, .plan = job->plan, .counts = counts, .tables = tables, .result = result};
    struct sj_ranked ranked[SJ_CONTACT_CHANNELS_MAX];
    size_t n;
    for (uint32_t i = 0; i < giving.plan->rules.n_persons; i++)
        sj_contact_tally_add(&giving.persons, &counts->persons[i]);
    for (uint32_t i = 0; i < giving.plan->rules.n_selves; i++)
        sj_visit_tally_add(&giving.selves, &counts->selves[i]);
    SJ_TRY(rank_persons(&giving, ranked, &n, err));
    SJ_TRY(give_summary(&giving, err));
    SJ_TRY(give_self(&giving, err));
    SJ_TRY(give_repeats(&giving, err));
    SJ_TRY(give_repeats_by_channel(&giving, ranked, n, err));
    SJ_TRY(give_resolution(&giving, err));
    SJ_TRY(give_transfers(&giving, ranked, n, err));
    SJ_TRY(give_handovers(&giving, err));
    return give_notes(&giving);
}
