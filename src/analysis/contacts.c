/* Contacts: whether the first contact with a person settles it, by repeat window and by who says so; whether self-service spares a
 * contact; who is transferred, and who goes on to another channel.
 *
 *   pass 1   all counts (contact_counts.h); histograms of the times to the next contact
 *   pass 2   the same counts again, and the times that the medians need */
#include "analysis/contact_answer.h"

enum { ARG_PERSON, ARG_SELF, ARG_PAUSE, ARG_WITHIN, ARG_ABOUT, ARG_RESOLVED, ARG_CONFIRMED, ARG_TRANSFER };

static const struct sj_param params[] = {
    {.name = "person",
     .type = SJ_PARAM_CHANNELS,
     .min = 1,
     .max = SJ_CONTACT_CHANNELS_MAX,
     .help = SJ_T("a channel in which a person answers; at least one must be given")},
    {.name = "self",
     .type = SJ_PARAM_CHANNELS,
     .min = 0,
     .max = SJ_CONTACT_CHANNELS_MAX,
     .help = SJ_T("a channel in which customers help themselves; none: nothing is said of self-service")},
    {.name = "pause",
     .type = SJ_PARAM_DURATION,
     .standard = "30m",
     .min = 0,
     .max = 3650 * SJ_US_DAY,
     .help = SJ_T("a longer pause ends a contact or a visit; a contact that begins within it after a visit is of the same sitting")},
    {.name = "within",
     .type = SJ_PARAM_DURATION,
     .standard = "24h",
     .min = 0,
     .max = 3650 * SJ_US_DAY,
     .help = SJ_T("self-service has failed, and a contact has moved to another channel, where the next contact begins within this time "
                  "after the end, its last moment included")},
    {.name = "about",
     .type = SJ_PARAM_DIMENSION,
     .help = SJ_T("the property that says what a contact is about: then only a contact about the same comes back")},
    {.name = "resolved", .type = SJ_PARAM_DIMENSION, .help = SJ_T("the property by which the system calls a contact resolved: yes or no")},
    {.name = "confirmed",
     .type = SJ_PARAM_DIMENSION,
     .help = SJ_T("the property by which customers say so themselves: yes or no, at any event")},
    {.name = "transfer",
     .type = SJ_PARAM_TOUCHPOINTS,
     .min = 0,
     .max = 32,
     .help = SJ_T("a touchpoint that marks a transfer within a contact")},
};

static const struct sj_column_def summary_columns[] = {
    {.name = "contacts", .label = SJ_T("Contacts"), .type = SJ_TYPE_COUNT, .help = SJ_T("contacts with a person")},
    {.name = "first_contact",
     .label = SJ_T("Settled at once"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("first-contact resolution by a repeat window of 7 days: of the contacts at least that old, those without another after")},
    {.name = "visits", .label = SJ_T("Visits"), .type = SJ_TYPE_COUNT, .help = SJ_T("visits to self-service")},
    {.name = "contained",
     .label = SJ_T("Contained"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the visits old enough, those after which no contact with a person begins within the pause")},
    {.name = "failed",
     .label = SJ_T("Failed"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("deflection failure: of the visits old enough, those after which a contact with a person begins within the time")},
    {.name = "median",
     .label = SJ_T("Median time"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from the end of a visit that failed to the contact; half of them are quicker")},
};

static const struct sj_column_def self_columns[] = {
    {.name = "channel", .label = SJ_T("Channel"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("the channel")},
    {.name = "visits", .label = SJ_T("Visits"), .type = SJ_TYPE_COUNT, .help = SJ_T("visits to self-service")},
    {.name = "contained",
     .label = SJ_T("Contained"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the visits old enough, those after which no contact with a person begins within the pause")},
    {.name = "failed",
     .label = SJ_T("Failed"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("deflection failure: of the visits old enough, those after which a contact with a person begins within the time"),
     .drawn = true},
    {.name = "median",
     .label = SJ_T("Median time"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from the end of a visit that failed to the contact; half of them are quicker")},
};

/* Without the first column also of the table of all channels together. */
static const struct sj_column_def repeat_columns[] = {
    {.name = "channel", .label = SJ_T("Channel"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("the channel of the first of the two contacts")},
    {.name = "window",
     .label = SJ_T("Window"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from the end of a contact to the beginning of the next, its last moment included")},
    {.name = "contacts",
     .label = SJ_T("Contacts"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("contacts with a person whose end lies at least the window before the end of the data")},
    {.name = "again",
     .label = SJ_T("Again"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of these, those after which another contact with a person, in any channel, begins within the window"),
     .drawn = true},
    {.name = "first_contact",
     .label = SJ_T("Settled at once"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("first-contact resolution by this window: the others")},
};
enum { N_REPEAT_COLUMNS = sizeof repeat_columns / sizeof repeat_columns[0] };

static const struct sj_column_def resolution_columns[] = {
    {.name = "by",
     .label = SJ_T("Judged by"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("by what is judged: repeat_window, no other contact within 7 days; system, resolved and no other contact in the journey; "
                  "customer, what customers answer")},
    {.name = "settled",
     .label = SJ_T("Settled"),
     .type = SJ_TYPE_COUNT,
     .help = SJ_T("contacts that were settled, or answers that say yes")},
    {.name = "first_contact",
     .label = SJ_T("Settled at once"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the contacts at least 7 days old; of those that the system calls resolved and that are at least 30 days old; of the "
                  "answers that say yes or no"),
     .drawn = true},
};

static const struct sj_column_def transfer_columns[] = {
    {.name = "channel", .label = SJ_T("Channel"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("the channel")},
    {.name = "contacts", .label = SJ_T("Contacts"), .type = SJ_TYPE_COUNT, .help = SJ_T("contacts with a person"), .drawn = true},
    {.name = "transferred",
     .label = SJ_T("Transferred"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the contacts, those with at least one transfer; empty without --transfer")},
    {.name = "transfers", .label = SJ_T("Transfers"), .type = SJ_TYPE_COUNT, .help = SJ_T("events that mark a transfer")},
};

static const struct sj_column_def handover_columns[] = {
    {.name = "from", .label = SJ_T("From"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("the channel of a contact")},
    {.name = "to", .label = SJ_T("To"), .type = SJ_TYPE_CHANNEL, .help = SJ_T("the channel of the next contact, another one")},
    {.name = "count", .label = SJ_T("Contacts"), .type = SJ_TYPE_COUNT, .help = SJ_T("how often the next one begins within the time")},
    {.name = "share",
     .label = SJ_T("Share"),
     .type = SJ_TYPE_ESTIMATE,
     .help = SJ_T("of the contacts in the first channel whose end lies at least the time before the end of the data"),
     .drawn = true},
    {.name = "median",
     .label = SJ_T("Median time"),
     .type = SJ_TYPE_DURATION,
     .help = SJ_T("from the end of the one contact to the beginning of the next; half of them are quicker")},
};

static const struct sj_table_def tables[SJ_N_CONTACT_TABLES] = {
    {.name = "summary", .title = SJ_T("All of it together"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(summary_columns)},
    {.name = "self_service", .title = SJ_T("Self-service by channel"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(self_columns)},
    {.name = "repeats",
     .title = SJ_T("Who comes back"),
     .picture = SJ_PICTURE_BARS,
     .columns = repeat_columns + 1,
     .n_columns = N_REPEAT_COLUMNS - 1},
    {.name = "repeats_by_channel", .title = SJ_T("Who comes back, by channel"), .picture = SJ_PICTURE_MATRIX, SJ_COLUMNS(repeat_columns)},
    {.name = "resolution", .title = SJ_T("Settled at the first contact"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(resolution_columns)},
    {.name = "transfers", .title = SJ_T("Contacts by channel"), .picture = SJ_PICTURE_BARS, SJ_COLUMNS(transfer_columns)},
    {.name = "handovers", .title = SJ_T("On to another channel"), .picture = SJ_PICTURE_MATRIX, SJ_COLUMNS(handover_columns)},
};

/* ---- before the passes ---- */

/* The channels of a list, each once, with slots behind those that are taken. */
static enum sj_status take_channels(struct sj_job *job, size_t arg, uint8_t *slots, uint32_t n_before, uint32_t **ret_channels,
                                    uint32_t *ret_n, struct sj_error *err) {
    const struct sj_arg *asked = &job->args[arg];
    uint32_t *channels, n = 0;
    SJ_TRY(sj_arena_new(job->arena, asked->n_codes, sizeof *channels, &channels, err));
    for (size_t i = 0; i < asked->n_codes; i++) {
        const uint16_t code = asked->codes[i];
        if (slots[code] > 0 && slots[code] <= n_before)
            return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is given for person and for self; a channel can be one of them only",
                           SJ_ARG(job->channels[code]));
        if (slots[code] > 0)
            continue;
        channels[n++] = code;
        slots[code] = (uint8_t)(n_before + n);
    }
    *ret_channels = channels;
    *ret_n = n;
    return SJ_OK;
}

static enum sj_answer_word word_of(struct sj_str text) {
    if (sj_str_eq_nocase(text, SJ_LIT("true")) || sj_str_eq_nocase(text, SJ_LIT("yes")) || sj_str_eq(text, SJ_LIT("1")))
        return SJ_SAYS_YES;
    if (sj_str_eq_nocase(text, SJ_LIT("false")) || sj_str_eq_nocase(text, SJ_LIT("no")) || sj_str_eq(text, SJ_LIT("0")))
        return SJ_SAYS_NO;
    return SJ_SAYS_NOTHING;
}

/* What each text of a dimension says; *ret_words stays where it is absent. */
static enum sj_status read_words(struct sj_job *job, uint32_t dimension, const uint8_t **ret_words, struct sj_error *err) {
    uint8_t *words;
    if (dimension == SJ_NO_CODE)
        return SJ_OK;
    const struct sj_dimension *property = &job->dimensions[dimension];
    SJ_TRY(sj_arena_new(job->arena, property->n_texts, sizeof *words, &words, err));
    for (uint32_t code = 0; code < property->n_texts; code++)
        words[code] = (uint8_t)word_of(property->texts[code]);
    *ret_words = words;
    return SJ_OK;
}

static enum sj_status prepare(struct sj_job *job, struct sj_error *err) {
    struct sj_contact_plan *plan;
    uint8_t *slots;
    bool *is_transfer;
    SJ_TRY(sj_arena_new(job->arena, 1, sizeof *plan, &plan, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_channels, sizeof *slots, &slots, err));
    SJ_TRY(sj_arena_new(job->arena, job->n_touchpoints, sizeof *is_transfer, &is_transfer, err));
    struct sj_contact_rules *rules = &plan->rules;
    SJ_TRY(take_channels(job, ARG_PERSON, slots, 0, &plan->persons, &rules->n_persons, err));
    SJ_TRY(take_channels(job, ARG_SELF, slots, rules->n_persons, &plan->selves, &rules->n_selves, err));
    for (size_t i = 0; i < job->args[ARG_TRANSFER].n_codes; i++)
        is_transfer[job->args[ARG_TRANSFER].codes[i]] = true;
    plan->any_transfer = job->args[ARG_TRANSFER].n_codes > 0;
    rules->slots = slots;
    rules->is_transfer = is_transfer;
    rules->pause_us = job->args[ARG_PAUSE].i64;
    rules->within_us = job->args[ARG_WITHIN].i64;
    rules->to_us = job->to_us;
    rules->about = job->args[ARG_ABOUT].dimension;
    rules->resolved = job->args[ARG_RESOLVED].dimension;
    rules->confirmed = job->args[ARG_CONFIRMED].dimension;
    rules->n_abouts = rules->about != SJ_NO_CODE ? job->dimensions[rules->about].n_texts : 1;
    SJ_TRY(read_words(job, rules->resolved, &rules->resolved_words, err));
    SJ_TRY(read_words(job, rules->confirmed, &rules->confirmed_words, err));
    SJ_TRY(sj_arena_new(job->arena, sj_contact_groups(rules), sizeof *plan->medians, &plan->medians, err));
    job->plan = plan;
    return SJ_OK;
}

/* ---- both passes ---- */

static void drop(const struct sj_job *job, void *dropped) {
    struct sj_contact_counts *counts = dropped;
    if (counts == NULL)
        return;
    sj_contact_counts_done(counts, job->mem);
    sj_mem_free(job->mem, counts);
}

static enum sj_status start(const struct sj_job *job, void **ret_state, struct sj_error *err) {
    const struct sj_contact_plan *plan = job->plan;
    const int64_t range_us = job->to_us - job->from_us;
    const struct sj_quantiles_ask ask = {.n_groups = sj_contact_groups(&plan->rules),
                                         .max_value = range_us < plan->rules.within_us ? range_us : plan->rules.within_us,
                                         .unwanted = job->alone,
                                         .n_percents = 1,
                                         .percents = {50}};
    struct sj_contact_counts *counts;
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof *counts, &counts, err));
    const enum sj_status status = sj_contact_counts_init(counts, job->mem, &plan->rules, &ask, plan->times, err);
    if (status == SJ_OK)
        *ret_state = counts;
    else
        drop(job, counts);
    return status;
}

static enum sj_status absorb(const struct sj_job *job, void *absorbing, const struct sj_batch *batch, struct sj_error *err) {
    const struct sj_contact_plan *plan = job->plan;
    return sj_contact_counts_add(absorbing, &plan->rules, batch, err);
}

static enum sj_status merge(const struct sj_job *job, void *merged, void *merging, struct sj_error *err) {
    const struct sj_contact_plan *plan = job->plan;
    return sj_contact_counts_merge(merged, merging, &plan->rules, err);
}

static enum sj_status turn(struct sj_job *job, void *turned, bool *ret_again, struct sj_error *err) {
    struct sj_contact_plan *plan = job->plan;
    struct sj_contact_counts *counts = turned;
    *ret_again = plan->times == NULL;
    if (plan->times == NULL)
        return sj_quantile_plan_new(&counts->times.histograms, job->arena, &plan->times, err);
    struct sj_quantiles quantiles;
    SJ_TRY(sj_quantiles_new(&counts->times.collector, job->arena, &quantiles, err));
    for (uint32_t group = 0; group < sj_contact_groups(&plan->rules); group++)
        (void)sj_quantiles_get(&quantiles, group, sj_contact_group_count(&plan->rules, counts, group), 50, &plan->medians[group]);
    return SJ_OK;
}

static enum sj_status finish(const struct sj_job *job, const void *finished, struct sj_result *result, struct sj_error *err) {
    return sj_contact_answer(job, finished, tables, result, err);
}

const struct sj_analysis sj_contacts = {
    .name = "contacts",
    .title = SJ_T("Is it settled at the first contact, and does self-service spare one?"),
    .about =
        SJ_T("A contact is a run of events in one channel with a person (--person), a visit the same in a channel of self-service "
             "(--self). A pause longer than --pause ends it, and so does an event in another channel of these lists; events in other "
             "channels do not. Whether a contact settled the matter is told in three ways, never mixed: no other contact within a "
             "window, resolved by the system, confirmed by the customer. What ended so late that its window is not over is left out. Ask "
             "about whole histories: where a journey ends, nothing comes back."),
    .example = "contacts STORE --person call_centre --person chat --self app --resolved resolved",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .tables = tables,
    .n_tables = SJ_N_CONTACT_TABLES,
    .needs = SJ_NEED_TIME | SJ_NEED_CHANNEL,
    .prepare = prepare,
    .start = start,
    .absorb = absorb,
    .merge = merge,
    .turn = turn,
    .finish = finish,
    .drop = drop,
};
