#include "analysis/contact_counts.h"

const int64_t sj_repeat_windows_us[SJ_N_REPEAT_WINDOWS] = {SJ_US_DAY, 3 * SJ_US_DAY, 7 * SJ_US_DAY, 14 * SJ_US_DAY, 30 * SJ_US_DAY};

enum sj_status sj_contact_counts_init(struct sj_contact_counts *counts, const struct sj_alloc *mem, const struct sj_contact_rules *rules,
                                      const struct sj_quantiles_ask *ask, const struct sj_quantile_plan *plan, struct sj_error *err) {
    const size_t n = rules->n_persons;
    SJ_TRY(sj_spread_init(&counts->times, mem, ask, plan, err));
    SJ_TRY(sj_mem_new(mem, n, sizeof *counts->persons, &counts->persons, err));
    SJ_TRY(sj_mem_new(mem, rules->n_selves, sizeof *counts->selves, &counts->selves, err));
    SJ_TRY(sj_mem_new(mem, n * n, sizeof *counts->handovers, &counts->handovers, err));
    return sj_mem_new(mem, rules->n_abouts, sizeof *counts->next, &counts->next, err);
}

void sj_contact_counts_done(struct sj_contact_counts *counts, const struct sj_alloc *mem) {
    sj_mem_free(mem, counts->persons);
    sj_mem_free(mem, counts->selves);
    sj_mem_free(mem, counts->handovers);
    sj_mem_free(mem, counts->next);
    sj_spread_done(&counts->times);
}

/* ---- a journey, from its end ---- */

/* A contact or a visit of which the events from the last one back are read. */
struct stay {
    uint32_t slot; /* 0: none yet */
    int64_t begin_us, end_us;
    uint32_t about;
    uint8_t resolved; /* enum sj_answer_word */
    uint64_t transfers;
};

struct reader {
    const struct sj_contact_rules *rules;
    struct sj_contact_counts *counts;
    const struct sj_batch *batch;
    uint64_t journey;
    struct stay stay;
    uint32_t later_slot; /* of the contact with a person that comes next; 0: none */
    int64_t later_us;    /* its beginning */
};

static enum sj_status end_visit(struct reader *reader, struct sj_error *err) {
    const struct sj_contact_rules *rules = reader->rules;
    const uint32_t self = reader->stay.slot - 1 - rules->n_persons;
    const int64_t age_us = rules->to_us - reader->stay.end_us, wait_us = reader->later_us - reader->stay.end_us;
    struct sj_visit_tally *tally = &reader->counts->selves[self];
    tally->visits++;
    if (age_us >= rules->pause_us) {
        tally->old_pause++;
        tally->contained += reader->later_slot == 0 || wait_us > rules->pause_us;
    }
    if (age_us < rules->within_us)
        return SJ_OK;
    tally->old_within++;
    if (reader->later_slot == 0 || wait_us > rules->within_us)
        return SJ_OK;
    tally->failed++;
    SJ_TRY(sj_spread_add(&reader->counts->times, sj_contact_group_self(self), wait_us, err));
    return sj_spread_add(&reader->counts->times, sj_contact_group_all(rules), wait_us, err);
}

/* Whether the contact comes back: by windows, and for the system that called it resolved. */
static void count_repeats(struct reader *reader, struct sj_contact_tally *tally) {
    const struct stay *stay = &reader->stay;
    const int64_t age_us = reader->rules->to_us - stay->end_us;
    struct sj_contact_sums *sums = &reader->counts->sums;
    if (stay->about == SJ_NO_CODE) {
        sums->n_without_about++;
        return;
    }
    struct sj_contact_next *next = &reader->counts->next[stay->about];
    const bool again = next->journey == reader->journey;
    for (size_t w = 0; w < SJ_N_REPEAT_WINDOWS && age_us >= sj_repeat_windows_us[w]; w++) {
        tally->old[w]++;
        tally->again[w] += again && next->begin_us - stay->end_us <= sj_repeat_windows_us[w];
    }
    if (stay->resolved == SJ_SAYS_YES) {
        const bool old = age_us >= SJ_SYSTEM_AGE_US;
        sums->n_resolved += old;
        sums->n_resolved_alone += old && !again;
    }
    *next = (struct sj_contact_next){reader->journey, stay->begin_us};
}

static enum sj_status end_contact(struct reader *reader, struct sj_error *err) {
    const struct sj_contact_rules *rules = reader->rules;
    const struct stay *stay = &reader->stay;
    struct sj_contact_tally *tally = &reader->counts->persons[stay->slot - 1];
    const int64_t wait_us = reader->later_us - stay->end_us;
    enum sj_status status = SJ_OK;
    tally->contacts++;
    tally->transferred += stay->transfers > 0;
    tally->transfers += stay->transfers;
    count_repeats(reader, tally);
    if (rules->to_us - stay->end_us >= rules->within_us) {
        tally->followed++;
        if (reader->later_slot != 0 && reader->later_slot != stay->slot && wait_us <= rules->within_us) {
            const uint32_t pair = (stay->slot - 1) * rules->n_persons + reader->later_slot - 1;
            reader->counts->handovers[pair]++;
            status = sj_spread_add(&reader->counts->times, sj_contact_group_pair(rules, pair), wait_us, err);
        }
    }
    reader->later_slot = stay->slot;
    reader->later_us = stay->begin_us;
    return status;
}

static enum sj_status end_stay(struct reader *reader, struct sj_error *err) {
    if (reader->stay.slot == 0)
        return SJ_OK;
    return reader->stay.slot > reader->rules->n_persons ? end_visit(reader, err) : end_contact(reader, err);
}

/* What an event adds to its contact. Of several values the last counts, which is read first. */
static void read_values(struct reader *reader, uint32_t event) {
    const struct sj_contact_rules *rules = reader->rules;
    struct stay *stay = &reader->stay;
    stay->transfers += rules->is_transfer[reader->batch->touchpoint[event]];
    if (rules->about != SJ_NO_CODE && stay->about == SJ_NO_CODE)
        stay->about = reader->batch->codes[rules->about][event];
    const uint32_t code = rules->resolved != SJ_NO_CODE ? reader->batch->codes[rules->resolved][event] : SJ_NO_CODE;
    if (code == SJ_NO_CODE)
        return;
    const uint8_t says = rules->resolved_words[code];
    reader->counts->sums.n_resolved_other += says == SJ_SAYS_NOTHING;
    if (stay->resolved == SJ_SAYS_NOTHING)
        stay->resolved = says;
}

static enum sj_status read_event(struct reader *reader, uint32_t event, struct sj_error *err) {
    const struct sj_contact_rules *rules = reader->rules;
    const uint32_t slot = rules->slots[reader->batch->channel[event]];
    const int64_t time_us = reader->batch->time_us[event];
    if (slot == 0)
        return SJ_OK;
    if (slot != reader->stay.slot || reader->stay.begin_us - time_us > rules->pause_us) {
        SJ_TRY(end_stay(reader, err));
        reader->stay = (struct stay){.slot = slot, .end_us = time_us, .about = rules->about != SJ_NO_CODE ? SJ_NO_CODE : 0};
    }
    reader->stay.begin_us = time_us;
    if (slot <= rules->n_persons)
        read_values(reader, event);
    return SJ_OK;
}

/* Answers of customers count by themselves, whatever the channel. */
static void read_confirmed(struct sj_contact_sums *sums, const struct sj_contact_rules *rules, const struct sj_batch *batch) {
    const uint32_t *codes = batch->codes[rules->confirmed];
    for (uint32_t i = 0; i < batch->n_events; i++) {
        if (codes[i] == SJ_NO_CODE)
            continue;
        const uint8_t says = rules->confirmed_words[codes[i]];
        sums->n_yes += says == SJ_SAYS_YES;
        sums->n_no += says == SJ_SAYS_NO;
        sums->n_confirmed_other += says == SJ_SAYS_NOTHING;
    }
}

enum sj_status sj_contact_counts_add(struct sj_contact_counts *counts, const struct sj_contact_rules *rules, const struct sj_batch *batch,
                                     struct sj_error *err) {
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        struct reader reader = {.rules = rules, .counts = counts, .batch = batch, .journey = counts->sums.n_journeys + j + 1};
        for (uint32_t i = batch->offsets[j + 1]; i-- > batch->offsets[j];)
            SJ_TRY(read_event(&reader, i, err));
        SJ_TRY(end_stay(&reader, err));
    }
    if (rules->confirmed != SJ_NO_CODE)
        read_confirmed(&counts->sums, rules, batch);
    counts->sums.n_journeys += batch->n_journeys;
    return sj_spread_flush(&counts->times, err);
}

/* ---- two of them ---- */

void sj_contact_tally_add(struct sj_contact_tally *tally, const struct sj_contact_tally *more) {
    tally->contacts += more->contacts;
    tally->transferred += more->transferred;
    tally->transfers += more->transfers;
    tally->followed += more->followed;
    for (size_t w = 0; w < SJ_N_REPEAT_WINDOWS; w++) {
        tally->old[w] += more->old[w];
        tally->again[w] += more->again[w];
    }
}

void sj_visit_tally_add(struct sj_visit_tally *tally, const struct sj_visit_tally *more) {
    tally->visits += more->visits;
    tally->old_pause += more->old_pause;
    tally->contained += more->contained;
    tally->old_within += more->old_within;
    tally->failed += more->failed;
}

static void add_sums(struct sj_contact_sums *sums, const struct sj_contact_sums *more) {
    sums->n_journeys += more->n_journeys;
    sums->n_without_about += more->n_without_about;
    sums->n_resolved += more->n_resolved;
    sums->n_resolved_alone += more->n_resolved_alone;
    sums->n_yes += more->n_yes;
    sums->n_no += more->n_no;
    sums->n_resolved_other += more->n_resolved_other;
    sums->n_confirmed_other += more->n_confirmed_other;
}

enum sj_status sj_contact_counts_merge(struct sj_contact_counts *counts, struct sj_contact_counts *other,
                                       const struct sj_contact_rules *rules, struct sj_error *err) {
    for (uint32_t i = 0; i < rules->n_persons; i++)
        sj_contact_tally_add(&counts->persons[i], &other->persons[i]);
    for (uint32_t i = 0; i < rules->n_selves; i++)
        sj_visit_tally_add(&counts->selves[i], &other->selves[i]);
    for (uint32_t i = 0; i < rules->n_persons * rules->n_persons; i++)
        counts->handovers[i] += other->handovers[i];
    add_sums(&counts->sums, &other->sums);
    return sj_spread_merge(&counts->times, &other->times, err);
}
